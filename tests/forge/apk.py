"""A whole APK from a recipe: manifest, resources, code, further files, signature.

``simple_apk()`` is a sound little app; its parameters change one thing each, which is what most tests need.
``Apk`` is the recipe for everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.forge.archive import DEFLATED, STORED, Entry, write_zip
from tests.forge.arsc import Resource, resource_ids, write_arsc
from tests.forge.axml import Attribute, Element, Hex, Reference, write_axml
from tests.forge.dex import Class, Method, Super, write_dex
from tests.forge.sign import sign_apk

__all__ = [
    "Apk",
    "Permission",
    "component",
    "defined_permission",
    "intent_filter",
    "launcher",
    "main_activity",
    "manifest",
    "meta_data",
    "simple_apk",
]

PERMISSION = "android.permission."
PROTECTION = {"normal": 0, "dangerous": 1, "signature": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """A ``uses-permission`` element; short names stand for ``android.permission.…``."""

    name: str
    max_sdk: int | None = None
    sdk23: bool = False
    """Written as ``uses-permission-sdk-23``."""

    @property
    def full_name(self) -> str:
        """The name as the manifest writes it."""
        return self.name if "." in self.name else PERMISSION + self.name

    def element(self) -> Element:
        """Return the manifest element."""
        attributes: dict[str, Attribute] = {"android:name": self.full_name}
        if self.max_sdk is not None:
            attributes["android:maxSdkVersion"] = self.max_sdk
        return Element("uses-permission-sdk-23" if self.sdk23 else "uses-permission", attributes)


def meta_data(name: str, value: Attribute) -> Element:
    """Return a ``meta-data`` element; a Reference becomes ``android:resource``."""
    key = "android:resource" if isinstance(value, Reference) else "android:value"
    return Element("meta-data", {"android:name": name, key: value})


def intent_filter(*actions: str, categories: Sequence[str] = (), schemes: Sequence[str] = ()) -> Element:
    """Return an ``intent-filter`` element."""
    children = [Element("action", {"android:name": action}) for action in actions]
    children += [Element("category", {"android:name": category}) for category in categories]
    children += [Element("data", {"android:scheme": scheme}) for scheme in schemes]
    return Element("intent-filter", children=children)


def launcher() -> Element:
    """Return the intent filter of the activity a launcher starts."""
    return intent_filter("android.intent.action.MAIN", categories=("android.intent.category.LAUNCHER",))


def component(kind: str, name: str, *children: Element, **attributes: Attribute) -> Element:
    """Return a component element (activity, service, receiver, provider, activity-alias)."""
    named = {f"android:{key}": value for key, value in attributes.items()}
    return Element(kind, {"android:name": name, **named}, children)


def manifest(
    package: str,
    *,
    permissions: Iterable[Permission | str] = (),
    components: Sequence[Element] = (),
    application: Mapping[str, Attribute] | None = None,
    before_application: Sequence[Element] = (),
    version_name: str = "1.0.0",
    version_code: int = 1,
    min_sdk: int | None = 21,
    target_sdk: int | None = 30,
    max_sdk: int | None = None,
    attributes: Mapping[str, Attribute] | None = None,
) -> Element:
    """Return a manifest's root element."""
    levels: dict[str, Attribute] = {}
    for name, level in (("min", min_sdk), ("target", target_sdk), ("max", max_sdk)):
        if level is not None:
            levels[f"android:{name}SdkVersion"] = level
    children = [Element("uses-sdk", levels)] if levels else []
    for item in permissions:
        children.append((Permission(name=item) if isinstance(item, str) else item).element())
    children += before_application
    named = {f"android:{key}": value for key, value in (application or {}).items()}
    children.append(Element("application", named, components))
    head: dict[str, Attribute] = {
        "android:versionCode": version_code,
        "android:versionName": version_name,
        "package": package,
        **(attributes or {}),
    }
    return Element("manifest", head, children)


def defined_permission(name: str, protection: str = "signature") -> Element:
    """Return a ``<permission>`` element."""
    return Element("permission", {"android:name": name, "android:protectionLevel": Hex(PROTECTION[protection])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Apk:
    """The recipe of an APK. ``write`` makes the bytes."""

    manifest: Element | bytes
    """Element tree, or the bytes of ``AndroidManifest.xml`` as they are (damaged ones, for instance)."""
    package: str
    resources: Sequence[Resource] = ()
    dex: Sequence[Sequence[Class] | bytes] = ()
    """The classes of each DEX file, or its bytes."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Further entries by path."""
    schemes: Collection[str] = ("v1", "v2")
    """Signature schemes; empty = unsigned."""
    compress: bool = False
    """Deflate what Android's tools deflate. Such bytes depend on the zlib build: no sample may be made so."""
    utf8: bool = False
    """String pool of the manifest in UTF-8 instead of UTF-16."""
    edit: Callable[[list[Entry]], list[Entry]] | None = None
    """Changes the entries of an unsigned archive: damage on demand."""

    def entries(self) -> list[Entry]:
        """Return the entries in the order Android's tools write them."""
        packed = DEFLATED if self.compress else STORED
        body = self.manifest if isinstance(self.manifest, bytes) else write_axml(self.manifest, utf8=self.utf8)
        entries = [Entry(name="AndroidManifest.xml", data=body, method=packed, align=1 if self.compress else 4)]
        for number, classes in enumerate(self.dex, 1):
            data = classes if isinstance(classes, bytes) else write_dex(classes)
            name = f"classes{number if number > 1 else ''}.dex"
            entries.append(Entry(name=name, data=data, method=packed, align=1 if self.compress else 4))
        for name, data in self.files.items():
            # Native libraries stay uncompressed and page-aligned, so that they can be mapped from the APK.
            native = name.endswith(".so")
            method = STORED if native else packed
            align = 4096 if native else 4 if method == STORED else 1
            entries.append(Entry(name=name, data=data, method=method, align=align))
        if self.resources:
            table = write_arsc(self.package, self.resources)
            # Android 11 and up refuse an app whose resource table is compressed or not on a 4-byte boundary.
            entries.append(Entry(name="resources.arsc", data=table, align=4))
        return entries

    def write(self) -> bytes:
        """Return the APK."""
        entries = self.entries()
        if self.edit is not None:
            return write_zip(self.edit(entries))
        return sign_apk(entries, self.schemes) if self.schemes else write_zip(entries)


def main_activity(package: str, *calls: str) -> Class:
    """Return the activity a launcher starts; ``calls`` are made in its ``onCreate``."""
    return Class(
        name=f"{package}.MainActivity",
        superclass="android.app.Activity",
        methods=[
            Method(name="onCreate(Landroid/os/Bundle;)V", body=[Super()], calls=calls),
        ],
    )


def simple_apk(
    *,
    package: str = "com.example.app",
    label: str | Mapping[str, str] = "Example",
    permissions: Iterable[Permission | str] = (),
    components: Sequence[Element] = (),
    application: Mapping[str, Attribute] | None = None,
    before_application: Sequence[Element] = (),
    classes: Sequence[Class | str] = (),
    dex: Sequence[Sequence[Class] | bytes] | None = None,
    calls: Sequence[str] = (),
    files: Mapping[str, bytes] | None = None,
    resources: Sequence[Resource] = (),
    version_name: str = "1.0.0",
    version_code: int = 1,
    min_sdk: int | None = 21,
    target_sdk: int | None = 30,
    max_sdk: int | None = None,
    manifest_bytes: bytes | None = None,
    schemes: Collection[str] = ("v1", "v2"),
    compress: bool = False,
    utf8: bool = False,
    edit: Callable[[list[Entry]], list[Entry]] | None = None,
) -> bytes:
    """Return a sound APK with one launcher activity, changed by whatever is given.

    ``label`` may map configurations to texts; ``classes`` (a str is an empty class of that name) join the activity
    in ``classes.dex``; ``dex`` replaces the code altogether; ``calls`` are made by the activity's ``onCreate``;
    ``edit`` changes the entries and leaves the build unsigned.
    """
    labels = {"": label} if isinstance(label, str) else label
    table = [Resource("string", "app_name", labels), *resources]
    ids = resource_ids(table)
    head: dict[str, Attribute] = {"label": Reference(ids["string/app_name"]), **(application or {})}
    main = component("activity", f"{package}.MainActivity", launcher(), exported=True)
    root = manifest(
        package,
        permissions=permissions,
        components=[main, *components],
        application=head,
        before_application=before_application,
        version_name=version_name,
        version_code=version_code,
        min_sdk=min_sdk,
        target_sdk=target_sdk,
        max_sdk=max_sdk,
    )
    defined = [Class(name=item) if isinstance(item, str) else item for item in classes]
    return Apk(
        manifest=root if manifest_bytes is None else manifest_bytes,
        package=package,
        resources=table,
        dex=[[main_activity(package, *calls), *defined]] if dex is None else dex,
        files=files or {},
        schemes=schemes,
        compress=compress,
        utf8=utf8,
        edit=edit,
    ).write()

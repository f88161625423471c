"""AndroidManifest.xml: what it asks for and what it declares, as the platform's own rules read it.

Rules: developer.android.com/guide/topics/manifest, and of the Android Open Source Project ParsingPackageUtils.java (what an
element needs to count) and data/etc/platform.xml (split permissions).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass

from auditor.build import FactKind, Oddity, Table, Text
from auditor.extract.android.axml import AxmlError, Element, read_document
from auditor.extract.android.manifest_tree import as_parsed
from auditor.extract.android.oddities import DIFFER, Odd
from auditor.extract.collector import PLATFORM, Place

__all__ = ["Constant", "Manifest", "ManifestError", "read_manifest", "record_manifest"]

Constant = Callable[[str], str]
"""Gives the text of a resource reference that is the same on every device; empty where there is none."""

_A = "android:"
_COMPONENTS = ("activity", "activity-alias", "service", "receiver", "provider")
_COMPONENT_TRAITS = ("exported", "process", "authorities", "permission", "enabled", "targetActivity")
_PERMISSION_TAGS = (
    ("uses-permission", FactKind.PERMISSION),
    ("uses-permission-sdk-23", FactKind.PERMISSION_SDK23),
    ("uses-permission-sdk-m", FactKind.PERMISSION_SDK23),
)

_P = "android.permission."
_SPLITS: tuple[tuple[str, int | None, tuple[str, ...]], ...] = (
    # (permission asked for, below which targetSdkVersion, what is granted with it)
    (_P + "ACCESS_FINE_LOCATION", None, (_P + "ACCESS_COARSE_LOCATION",)),
    (_P + "WRITE_EXTERNAL_STORAGE", None, (_P + "READ_EXTERNAL_STORAGE",)),
    (_P + "READ_CONTACTS", 16, (_P + "READ_CALL_LOG",)),
    (_P + "WRITE_CONTACTS", 16, (_P + "WRITE_CALL_LOG",)),
    (_P + "ACCESS_FINE_LOCATION", 29, (_P + "ACCESS_BACKGROUND_LOCATION",)),
    (_P + "ACCESS_COARSE_LOCATION", 29, (_P + "ACCESS_BACKGROUND_LOCATION",)),
    (_P + "READ_EXTERNAL_STORAGE", 29, (_P + "ACCESS_MEDIA_LOCATION",)),
    (_P + "WRITE_EXTERNAL_STORAGE", 29, (_P + "ACCESS_MEDIA_LOCATION",)),
    (_P + "BLUETOOTH", 31, (_P + "BLUETOOTH_SCAN", _P + "BLUETOOTH_CONNECT", _P + "BLUETOOTH_ADVERTISE")),
    (_P + "BLUETOOTH_ADMIN", 31, (_P + "BLUETOOTH_SCAN", _P + "BLUETOOTH_CONNECT", _P + "BLUETOOTH_ADVERTISE")),
    (_P + "BODY_SENSORS", 33, (_P + "BODY_SENSORS_BACKGROUND",)),
    (_P + "BODY_SENSORS", 36, (_P + "health.READ_HEART_RATE",)),
    (_P + "BODY_SENSORS_BACKGROUND", 36, (_P + "health.READ_HEALTH_DATA_IN_BACKGROUND",)),
    (_P + "READ_EXTERNAL_STORAGE", 33, (_P + "READ_MEDIA_AUDIO", _P + "READ_MEDIA_VIDEO", _P + "READ_MEDIA_IMAGES")),
    (_P + "WRITE_EXTERNAL_STORAGE", 33, (_P + "READ_MEDIA_AUDIO", _P + "READ_MEDIA_VIDEO", _P + "READ_MEDIA_IMAGES")),
    (_P + "READ_MEDIA_IMAGES", None, (_P + "READ_MEDIA_VISUAL_USER_SELECTED",)),
    (_P + "READ_MEDIA_VIDEO", None, (_P + "READ_MEDIA_VISUAL_USER_SELECTED",)),
    (_P + "ACCESS_MEDIA_LOCATION", None, (_P + "READ_MEDIA_VISUAL_USER_SELECTED",)),
)
"""Split permissions, in the platform's order: one pass, so that a permission granted with one can bring another."""
_BEFORE_DONUT = (_P + "WRITE_EXTERNAL_STORAGE", _P + "READ_PHONE_STATE")
"""Granted to every app for API level 3 and below, which had not to ask for them."""
_PREVIEW = 10_000
"""The level of a platform named by its code name: above every numbered one (Build.VERSION_CODES.CUR_DEVELOPMENT)."""
_EXPORTED_PROVIDERS = 17
"""Below this targetSdkVersion a content provider is exported unless it says otherwise."""
_NUMBER = re.compile(r"-?(?:0x[0-9A-Fa-f]{1,16}|[0-9]{1,19})", re.ASCII)


class ManifestError(Exception):
    """The manifest cannot be decoded; ``reason`` says why."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Manifest:
    """The few values other readers need."""

    package: str
    version: str
    """versionName, possibly a resource reference (``@7f…``)."""
    version_code: str
    label: str
    """Label, possibly a resource reference; empty where none is written."""
    has_code: bool = True
    """Whether the app says it has code of its own (android:hasCode)."""
    split: str = ""
    """Name of the split it belongs to; empty for the base, and for an app in one piece."""
    needs: tuple[str, ...] = ()
    """Of a base: the types of splits it does not install without (requiredSplitTypes); ``*`` = any."""
    offers: tuple[str, ...] = ()
    """Of a split: its types (splitTypes)."""
    asks: tuple[str, ...] = ()
    """The permissions it asks for, sorted. The platform looks in the base alone (ParsingPackageUtils.parseSplitApk)."""
    network_config: str = ""
    """Network security configuration, a resource reference; empty where none is written."""
    min_level: int = 1
    """Lowest API level it installs on."""
    target_level: int = 1
    """API level it is made for."""
    sandbox: int = 1
    """Security sandbox it asks for (android:targetSandboxVersion)."""


def read_manifest(data: bytes, put: Place, constant: Constant = lambda reference: "") -> Manifest:
    """Record every fact of a manifest in binary XML. Raises ManifestError where it cannot be decoded."""
    try:
        document = read_document(data)
    except AxmlError as error:
        raise ManifestError(error.reason) from None
    root = document.root
    if root.get_named("split"):
        # of a split the platform reads on behind the root element
        root.children += (one for one in document.after if one.tag == "application")
    manifest = record_manifest(root, put, constant)
    _record_oddities(document.oddities, put)
    if any(one.kind is Oddity.XML_NO_MAP for one in document.oddities):
        put.gap("manifest", _NO_IDS, *_EVERYTHING)
    return manifest


def record_manifest(
    root: Element, put: Place, constant: Constant = lambda reference: "", *, library: bool = False
) -> Manifest:
    """Record every fact of a manifest's tree; of a split, its components. Raises ManifestError where it is no manifest's.

    Of a ``library`` it is left open what the app's API level decides: implied permissions, components exported unsaid.
    """
    if root.tag != "manifest":
        raise ManifestError(
            Text(zh="根元素不是 manifest，清单可能已损坏或被改动", en="has a root that is no manifest: it may be damaged or changed")
        )
    package = root.get_named("package")
    split = "" if library else root.get_named("split")
    if not library:
        _record_oddities(as_parsed(root), put)
    lowest, target = _levels(root, None if split else put, library)
    if not split:
        _permissions(root, target, put)
        _features_and_queries(root, put)
    application = next(root.all("application"), None)
    if application is not None:
        if not split:
            _application(application, package, constant, put)
        _components(application, package, target, constant, put)
    if not library:
        _whole(root, package, put)
    return Manifest(
        package=package,
        version=root.get(_A + "versionName"),
        version_code=_version_code(root),
        label=application.get(_A + "label") if application is not None else "",
        has_code=application is None or application.get(_A + "hasCode") != "false",
        split=split,
        needs=_needs(root),
        offers=_types(root.get(_A + "splitTypes")),
        asks=tuple(sorted(_asked(root))),
        network_config=application.get(_A + "networkSecurityConfig") if application is not None else "",
        min_level=lowest,
        target_level=target or 1,
        sandbox=_int(root.get(_A + "targetSandboxVersion")) or 1,
    )


def _needs(root: Element) -> tuple[str, ...]:
    types = _types(root.get(_A + "requiredSplitTypes"))
    return types or (("*",) if root.get(_A + "isSplitRequired") == "true" else ())


def _types(written: str) -> tuple[str, ...]:
    return tuple(sorted(filter(None, written.replace(" ", "").split(","))))


def _asked(root: Element) -> set[str]:
    return {element.get(_A + "name") for tag, _ in _PERMISSION_TAGS for element in root.all(tag)} - {""}


def _version_code(root: Element) -> str:
    """Return the long version code (PackageInfo.composeLongVersionCode)."""
    code = root.get(_A + "versionCode")
    major, minor = _int(root.get(_A + "versionCodeMajor")) or 0, _int(code)
    return code if minor is None else str((major & 0xFFFFFFFF) << 32 | minor & 0xFFFFFFFF)


def _whole(root: Element, package: str, put: Place) -> None:
    """Record what shows that this manifest is not all there is to say of the app."""
    if not package:
        put.gap(
            "manifest@package",
            Text(zh="清单没有包名（package），可能已损坏或被改动", en="names no package: it may be damaged or changed"),
            *_EVERYTHING,
        )
    unnamed = sum(not child.tag for child in root.children)
    if unnamed:
        put.gap(
            "manifest",
            Text(
                zh=f"有 {unnamed} 个元素的名称无法读取，清单可能已损坏或被改动",
                en=f"has {unnamed} elements whose names cannot be read: it may be damaged or changed",
            ),
            *_EVERYTHING,
        )


def _levels(root: Element, put: Place | None, library: bool) -> tuple[int, int | None]:
    """Return the lowest level, and the target level, which decides what is implied, or None where the app has yet to;
    record the levels, if asked.
    """
    written = {"min": "", "target": "", "max": ""}
    for element in root.all("uses-sdk"):
        # of several elements the last one holds
        written = {name: element.get(f"{_A}{name}SdkVersion") for name in written}
    minimum = written["min"] or ("" if library else "1")
    target = written["target"] or ("" if library else minimum)
    for name, value in {"min": minimum, "target": target, "max": written["max"]}.items():
        if value and put is not None:
            at = f"uses-sdk@{name}SdkVersion" if written[name] else "uses-sdk (default)"
            put.fact(FactKind.SDK_LEVEL, name, at, value=_number(value))
    if library:
        return 1, None
    lowest, level = _int(minimum), _int(target)
    return _PREVIEW if lowest is None else lowest, _PREVIEW if level is None else level


def _permissions(root: Element, target: int | None, put: Place) -> None:
    requested: set[str] = set()
    for tag, kind in _PERMISSION_TAGS:
        for element in root.all(tag):
            name = element.get(_A + "name")
            if not name:
                _nameless(tag, put, Table.PERMISSIONS)
            elif name.startswith("@"):
                put.gap(
                    tag,
                    Text(
                        zh=f"权限名写成资源引用（{name}），系统不接受，不会授予任何权限",
                        en=f"gives a permission's name as a resource ({name}), which the platform ignores: nothing is granted",
                    ),
                )
            else:
                requested.add(name)
                put.fact(kind, name, tag, max_sdk=_number(element.get(_A + "maxSdkVersion")))
    implied = {} if target is None else _implied(requested, target)
    for name, why in implied.items():
        put.fact(FactKind.PERMISSION_IMPLIED, name, "uses-permission", value=why)
    for element in root.all("permission"):
        if name := element.get(_A + "name"):
            level = element.get(_A + "protectionLevel")
            put.fact(FactKind.PERMISSION_DEFINED, name, "permission", value=_protection(level))


def _implied(requested: Set[str], target: int) -> dict[str, str]:
    """Return what is granted without being asked for, and what brings it."""
    implied: dict[str, str] = {}
    if target < 4:
        implied.update((name, "targetSdkVersion < 4") for name in _BEFORE_DONUT if name not in requested)
    for written, below, granted in _SPLITS:
        if (below is None or target < below) and (written in requested or written in implied):
            for name in granted:
                if name not in requested:
                    implied.setdefault(name, written)
    return implied


def _nameless(tag: str, put: Place, *hides: Table) -> None:
    """Record an element that cannot be told by name; none of Android's tools writes one."""
    put.gap(
        tag,
        Text(
            zh=f"有 {tag} 元素的 android:name 缺失或无法读取，清单可能已损坏或被改动",
            en=f"has a {tag} element without a readable android:name: it may be damaged or changed",
        ),
        *hides,
    )


_EVERYTHING = (Table.PERMISSIONS, Table.SDKS, Table.DATA)
_NO_IDS = Text(
    zh="清单的属性没有资源编号，系统看不到它们；本次按名称读取",
    en="has attributes without resource ids, which the platform does not see; they were read by their names",
)
_BASE_LEVELS = ("normal", "dangerous", "signature", "signatureOrSystem", "internal")


def _protection(written: str) -> str:
    """Return the base protection level by its name; the high bits are flags (attrs_manifest.xml, protectionLevel)."""
    number = _int(written)
    if number is None:
        return written or "normal"
    base = number & 0xF
    return _BASE_LEVELS[base] if base < len(_BASE_LEVELS) else str(number)


def _features_and_queries(root: Element, put: Place) -> None:
    for element in root.all("uses-feature"):
        if name := element.get(_A + "name"):
            value = "optional" if element.get(_A + "required") == "false" else "required"
            put.fact(FactKind.FEATURE, name, "uses-feature", value=value)
    for queries in root.all("queries"):
        for element in queries.children:
            if element.tag == "package":
                names = [element.get(_A + "name")]
            elif element.tag == "provider":
                names = element.get(_A + "authorities").split(";")
            elif element.tag == "intent":
                names = [action.get_named(_A + "name") for action in element.all("action")]
            else:
                continue
            for name in filter(None, names):
                put.fact(FactKind.QUERY, name, f"queries/{element.tag}", value=element.tag)


def _application(application: Element, package: str, constant: Constant, put: Place) -> None:
    for attribute, kind in (
        ("name", "application"),
        ("appComponentFactory", "app-component-factory"),
        ("backupAgent", "backup-agent"),
    ):
        if name := _resolved(application.get(_A + attribute), constant):
            put.fact(FactKind.COMPONENT, _class_name(name, package), "application", value=kind)
    if (cleartext := application.get(_A + "usesCleartextTraffic")) in ("true", "false"):
        put.fact(FactKind.TRANSPORT_SECURITY, "usesCleartextTraffic", "application", value=cleartext)
    if config := application.get(_A + "networkSecurityConfig"):
        put.fact(FactKind.TRANSPORT_SECURITY, "networkSecurityConfig", "application", value=config)


def _components(application: Element, package: str, target: int | None, constant: Constant, put: Place) -> None:
    _meta_data(application, "", put)
    for element in application.children:
        if element.tag in _COMPONENTS:
            _component(element, package, target, constant, put)
        elif not element.tag:
            _nameless("application/*", put, Table.SDKS, Table.DATA)


def _component(element: Element, package: str, target: int | None, constant: Constant, put: Place) -> None:
    name = _resolved(element.get(_A + "name"), constant)
    if not name or name.startswith("@"):
        _nameless(f"application/{element.tag}", put, Table.SDKS, Table.DATA)
        return
    name = _class_name(name, package)
    traits = {key.lower(): element.get(_A + key) for key in _COMPONENT_TRAITS}
    if other := _resolved(traits.pop("targetactivity"), constant):
        traits["target"] = _class_name(other, package)
    filters = list(element.all("intent-filter"))
    if not traits["exported"] and target is not None:
        exported = target < _EXPORTED_PROVIDERS if element.tag == "provider" else bool(filters)
        traits["exported"] = "implied-true" if exported else "implied-false"
    if any(_is_launcher(one) for one in filters):
        traits["launcher"] = "true"
    actions = {action.get_named(_A + "name") for one in filters for action in one.all("action")}
    traits["actions"] = ",".join(sorted(actions - {""}))
    put.fact(FactKind.COMPONENT, name, f"application/{element.tag}", value=element.tag, **traits)
    _meta_data(element, name, put)


def _is_launcher(intent_filter: Element) -> bool:
    actions = {action.get_named(_A + "name") for action in intent_filter.all("action")}
    categories = {category.get_named(_A + "name") for category in intent_filter.all("category")}
    return "android.intent.action.MAIN" in actions and "android.intent.category.LAUNCHER" in categories


def _meta_data(holder: Element, by: str, put: Place) -> None:
    for element in holder.all("meta-data"):
        if name := element.get(_A + "name"):
            value = element.get(_A + "value") or element.get(_A + "resource")
            put.fact(FactKind.META_DATA, name, "meta-data", value=value, by=by)


def _resolved(name: str, constant: Constant) -> str:
    """Return a name of a class; one that is a reference the platform looks up, unless it differs by device."""
    return (constant(name) or name) if name.startswith("@") else name


def _record_oddities(oddities: Iterable[Odd], put: Place) -> None:
    """Record what a plain reader of the manifest may take otherwise than the device."""
    archive = put.file.rpartition("!/")[0]
    for kind, at in oddities:
        readers = "differ" if kind in DIFFER else ""
        put.fact(FactKind.ARCHIVE, kind.value, at, archive=archive, opened_by=PLATFORM, readers=readers)


def _class_name(name: str, package: str) -> str:
    """Expand a class name as PackageParser.buildClassName does: ``.X`` and ``X`` are relative to the package."""
    if name.startswith("."):
        return package + name
    return f"{package}.{name}" if "." not in name and package else name


def _int(text: str) -> int | None:
    return int(text, 0 if "x" in text else 10) if _NUMBER.fullmatch(text) else None


def _number(text: str) -> str:
    number = _int(text)
    return str(number) if number is not None else text

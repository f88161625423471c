"""APKs: what each part of one is read by, and what shows that one is not the whole app."""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import TYPE_CHECKING, NamedTuple

from auditor.archive import Archive, Unreadable
from auditor.build import FactKind, Table, Text
from auditor.extract.android.axml import Element, read_axml
from auditor.extract.android.dex_files import read_dex_files
from auditor.extract.android.embedded import record_embedded
from auditor.extract.android.manifest import Constant, Manifest, ManifestError, read_manifest
from auditor.extract.android.native import record_native
from auditor.extract.android.network_config import read_network_config
from auditor.extract.android.resource_code import CODE_TYPES, read_resource_code
from auditor.extract.android.resource_texts import read_resource_texts
from auditor.extract.android.resources import ResourceError, Resources
from auditor.extract.android.signer import SIGNING_BLOCK, Levels, read_signers
from auditor.extract.collector import MANIFEST, Collector, IdentityFacts, Place
from auditor.extract.folder import View
from auditor.extract.hybrid import read_hybrid

if TYPE_CHECKING:
    from auditor.extract.android.bundle_xml import BundleResources

__all__ = ["Apk", "missing_code", "read_android", "read_apk"]

_RESOURCES, _BUNDLE_RESOURCES = "resources.arsc", "resources.pb"
_CODE = (Table.SDKS, Table.DATA)
_MAX_MANIFEST = 16 << 20
_MAX_RESOURCES = 256 << 20
_MAX_VERSION = 256


class Apk(NamedTuple):
    """What the reader of one APK, or of one module of an app bundle, tells of it beside the facts."""

    manifest: Manifest
    about: IdentityFacts
    dex: int
    """How many DEX files were read."""


def read_android(archive: Archive, collect: Collector) -> IdentityFacts:
    """Record what an APK holds; every part that cannot be read is a gap."""
    apk = read_apk(archive, collect)
    missing_code(apk.dex, apk.manifest.has_code, collect)
    _alone(apk.manifest, Place(collect, archive.place(MANIFEST)))
    return apk.about


def read_apk(
    archive: Archive, collect: Collector, manifest_of: Callable[[bytes, Place, Constant], Manifest] = read_manifest
) -> Apk:
    """Record what an APK holds, whole or one part of an app; ``manifest_of`` reads its manifest."""
    table = _Table(archive, collect)
    manifest = _manifest(archive, collect, manifest_of, table.constant)
    # a split names nobody: its base does
    label, version, network_config = ("", "", "") if manifest.split else _texts(archive, collect, manifest, table)
    about = IdentityFacts(manifest.package, label, version, manifest.version_code, ())
    if not manifest.split:
        collect.about = about
    _files(archive, collect)
    found = read_dex_files(archive, collect, record_embedded)
    read_hybrid(archive, collect)
    read_resource_texts(archive, collect)
    read_network_config(archive, network_config, table.read_xml, collect, wanted=bool(manifest.network_config))
    if collect.lens.entrances is not None:
        read_resource_code(archive, table.paths(CODE_TYPES), table.read_xml, collect)
    collect.reading = SIGNING_BLOCK
    if isinstance(archive, View):
        # a module of an app bundle: what is signed is the whole of it
        return Apk(manifest, about, found)
    signed = read_signers(archive, collect, Levels(manifest.min_level, manifest.target_level, manifest.sandbox))
    return Apk(manifest, about._replace(signer=signed.signers, faults=signed.faults), found)


def missing_code(found: int, has_code: bool, collect: Collector) -> None:
    """Record that an app that should have code shows none."""
    if found or not has_code:
        return
    collect.gap(
        "classes.dex",
        "",
        Text(
            zh="安装包中没有可读取的 DEX 文件，而清单未声明应用不含代码；代码可能被加固、加密或在其他分包中",
            en="is missing: no DEX file of the build could be read, and the manifest does not say that the app has no code;"
            " it may be packed, encrypted or in another split",
        ),
        *_CODE,
    )


def _alone(manifest: Manifest, put: Place) -> None:
    """Record what shows that one APK is not the whole app."""
    if manifest.split:
        put.gap(
            "manifest@split",
            Text(
                zh=f"这是拆分安装包中的一个分包（{manifest.split}），权限和代码在基础包中；"
                "请将全部分包放入一个文件夹或压缩包一并审计，或审计完整安装包（universal APK）",
                en=f"belongs to one split of an app ({manifest.split}), whose permissions and code are in the base APK;"
                " audit all splits together, in one folder or archive, or the universal APK",
            ),
            Table.PERMISSIONS,
            *_CODE,
        )
    elif manifest.needs:
        put.gap(
            "manifest@isSplitRequired",
            Text(
                zh="这是拆分安装包中的基础包，其余分包中的代码和原生库不在此文件内；"
                "请将全部分包放入一个文件夹或压缩包一并审计，或审计完整安装包（universal APK）",
                en="belongs to a base APK that needs further splits, whose code and native libraries are not in this file;"
                " audit all splits together, in one folder or archive, or the universal APK",
            ),
            *_CODE,
        )


def _manifest(
    archive: Archive, collect: Collector, manifest_of: Callable[[bytes, Place, Constant], Manifest], constant: Constant
) -> Manifest:
    everything = (Table.PERMISSIONS, *_CODE)
    before: bytes | None = None
    # what the current asset reader makes of it, and where that is no manifest, what the one before Android 9 did
    for asset in (True, False):
        data = collect.read(archive, MANIFEST, *everything, limit=_MAX_MANIFEST, asset=asset)
        if data is None or data == before:
            break
        try:
            return manifest_of(data, Place(collect, archive.place(MANIFEST)), constant)
        except ManifestError as error:
            collect.gap(archive.place(MANIFEST), "", error.reason, *everything)
        before = data
    return Manifest("", "", "", "", has_code=True)


def _texts(archive: Archive, collect: Collector, manifest: Manifest, table: _Table) -> tuple[str, str, str]:
    """Return label, version name and the path of the network security configuration, looked up in the resources where the
    manifest only refers to them.

    They name the app, but no table is built from them: what cannot be looked up is empty, and a gap that hides nothing.
    """
    found = {"label": manifest.label, "versionName": manifest.version, "networkSecurityConfig": manifest.network_config}
    references = {where: text for where, text in found.items() if text.startswith(("@", "?"))}
    if not references:
        return manifest.label, manifest.version, ""
    resources = table.open()
    for where, text in references.items():
        found[where] = ""
        if resources is not None:
            try:
                found[where] = resources.string(text)
            except ResourceError as error:
                collect.gap(archive.place(MANIFEST), where, error.reason)
    return found["label"], found["versionName"], found["networkSecurityConfig"]


class _Table:
    """The resource table of an APK, or of an app bundle's module, opened when something is looked up in it."""

    def __init__(self, archive: Archive, collect: Collector) -> None:
        self._archive, self._collect = archive, collect
        self._opened: list[Resources | BundleResources | None] = []

    def open(self) -> Resources | BundleResources | None:
        """Return the table; one that is missing or cannot be read is a gap, told once."""
        if not self._opened:
            self._opened.append(self._open())
        return self._opened[0]

    def paths(self, types: Set[str]) -> list[str] | None:
        """Return the files that resources of some types are; None where the table cannot be read, none where there is no table."""
        if not {_RESOURCES, _BUNDLE_RESOURCES} & self._archive.entries.keys():
            return []
        resources = self.open()
        return None if resources is None else resources.paths(types)

    def read_xml(self, data: bytes) -> Element:
        """Return the root of one of the app's XML files, in the form it has there. Raises AxmlError."""
        if _BUNDLE_RESOURCES not in self._archive:
            return read_axml(data)
        from auditor.extract.android.bundle_xml import read_proto_xml

        return read_proto_xml(data)

    def constant(self, reference: str) -> str:
        """Return a text that is the same on every device; empty where there is none."""
        resources = self.open()
        return "" if resources is None else resources.constant(reference)

    def _open(self) -> Resources | BundleResources | None:
        archive, collect = self._archive, self._collect
        name = _BUNDLE_RESOURCES if _BUNDLE_RESOURCES in archive else _RESOURCES
        if name not in archive:
            collect.gap(
                archive.place(name),
                "",
                Text(
                    zh="缺少资源表，清单中引用的应用名称或版本名称无法读取",
                    en="is missing, so the label or version name the manifest refers to cannot be read",
                ),
            )
            return None
        data = collect.read(archive, name, limit=_MAX_RESOURCES, asset=True)
        if data is None:
            return None
        if name == _BUNDLE_RESOURCES:
            from auditor.extract.android.bundle_xml import BundleResources

            return BundleResources(data)
        try:
            return Resources(data)
        except ResourceError as error:
            collect.gap(archive.place(name), "", error.reason)
            return None


def _files(archive: Archive, collect: Collector) -> None:
    native = []
    for name in archive:
        if name.endswith("/"):
            continue
        if name.startswith("lib/") and name.endswith(".so") and name.count("/") == 2:
            native.append(name)
        elif name not in (MANIFEST, _RESOURCES, _BUNDLE_RESOURCES):
            # every packaged path may tell something; which ones do is knowledge, not extraction
            collect.fact(FactKind.ASSET, name, archive.place(name), value=_version_file(archive, name))
    record_native(archive, native, collect)


def _version_file(archive: Archive, name: str) -> str:
    """Return the first line of a file in which a library's build leaves its version; empty for any other file."""
    if not (name.startswith("META-INF/") and name.endswith(".version") and archive.entries[name].size <= _MAX_VERSION):
        return ""
    try:
        return archive.read(name).decode("utf-8", "replace").partition("\n")[0].strip()
    except Unreadable:
        # the name alone is recorded: a version only ever adds to what is known
        return ""

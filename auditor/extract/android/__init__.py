"""Android builds: manifest, resources, DEX files, native libraries, packaged files and signatures."""

from __future__ import annotations

from auditor.archive import Archive, Unreadable
from auditor.extract.android.code import read_code
from auditor.extract.android.dex import DexError, is_dex, read_dex
from auditor.extract.android.manifest import MANIFEST, Manifest, ManifestError, read_manifest
from auditor.extract.android.resources import ResourceError, Resources
from auditor.extract.android.signer import SIGNING_BLOCK, read_signers
from auditor.extract.collector import Collector, IdentityFacts, hidden_with
from auditor.model import FactKind, Table, Text

__all__ = ["read_android"]

_RESOURCES = "resources.arsc"
_CODE = (Table.SDKS, Table.DATA)
_MAX_MANIFEST = 16 << 20
_MAX_RESOURCES = 256 << 20
_MAX_DEX = 256 << 20
_MAX_VERSION = 256
_ZIP = b"PK\x03\x04"


def read_android(archive: Archive, collect: Collector) -> IdentityFacts:
    """Record what an APK holds; every part that cannot be read is a gap."""
    manifest = _manifest(archive, collect)
    label, version = _texts(archive, collect, manifest)
    collect.about = IdentityFacts(manifest.package, label, version, manifest.version_code, ())
    _files(archive, collect)
    found = _code(archive, collect)
    if not found and manifest.has_code:
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
    collect.reading = SIGNING_BLOCK
    return collect.about._replace(signer=read_signers(archive, collect))


def _manifest(archive: Archive, collect: Collector) -> Manifest:
    everything = (Table.PERMISSIONS, *_CODE)
    data = collect.read(archive, MANIFEST, *everything, limit=_MAX_MANIFEST)
    if data is not None:
        try:
            return read_manifest(data, collect)
        except ManifestError as error:
            collect.gap(MANIFEST, "", error.reason, *everything)
    return Manifest("", "", "", "", has_code=True)


def _texts(archive: Archive, collect: Collector, manifest: Manifest) -> tuple[str, str]:
    """Return label and version name, looked up in the resources where the manifest only refers to them.

    They name the app, but no table is built from them: what cannot be looked up is empty, and a gap that hides nothing.
    """
    found = {"label": manifest.label, "versionName": manifest.version}
    references = {where: text for where, text in found.items() if text.startswith(("@", "?"))}
    if not references:
        return manifest.label, manifest.version
    resources = _resources(archive, collect)
    for where, text in references.items():
        found[where] = ""
        if resources is not None:
            try:
                found[where] = resources.strings(text)[0][1]
            except ResourceError as error:
                collect.gap(MANIFEST, where, error.reason)
    return found["label"], found["versionName"]


def _resources(archive: Archive, collect: Collector) -> Resources | None:
    if _RESOURCES not in archive:
        collect.gap(
            _RESOURCES,
            "",
            Text(
                zh="缺少资源表，清单中引用的应用名称或版本名称无法读取",
                en="is missing, so the label or version name the manifest refers to cannot be read",
            ),
        )
        return None
    data = collect.read(archive, _RESOURCES, limit=_MAX_RESOURCES)
    if data is None:
        return None
    try:
        return Resources(data)
    except ResourceError as error:
        collect.gap(_RESOURCES, "", error.reason)
        return None


def _files(archive: Archive, collect: Collector) -> None:
    for name in archive:
        if name.endswith("/"):
            continue
        parts = name.split("/")
        if len(parts) == 3 and parts[0] == "lib" and name.endswith(".so"):
            collect.fact(FactKind.NATIVE_LIBRARY, parts[2], archive.place(name), value=parts[1])
        elif name not in (MANIFEST, _RESOURCES):
            # every packaged path may tell something; which ones do is knowledge, not extraction
            collect.fact(FactKind.ASSET, name, archive.place(name), value=_version_file(archive, name))


def _version_file(archive: Archive, name: str) -> str:
    """Return the first line of a file in which a library's build leaves its version; empty for any other file."""
    if not (name.startswith("META-INF/") and name.endswith(".version") and archive.entries[name].size <= _MAX_VERSION):
        return ""
    try:
        return archive.read(name).decode("utf-8", "replace").partition("\n")[0].strip()
    except Unreadable:
        # the name alone is recorded: a version only ever adds to what is known
        return ""


def _code(archive: Archive, collect: Collector) -> int:
    """Read every DEX file, found by its first bytes, in this archive and in archives inside it; return how many."""
    found = 0
    unreadable: dict[tuple[Text, tuple[Table, ...]], list[str]] = {}
    for name in archive:
        if name == MANIFEST:
            continue
        loaded = name.startswith("classes") and name.endswith(".dex")
        try:
            magic = archive.peek(name)
        except Unreadable as error:
            unreadable.setdefault((error.reason, hidden_with(name)), []).append(name)
            continue
        if loaded or is_dex(magic):
            found += _dex(archive, name, collect)
        elif magic[:4] == _ZIP:
            found += _nested(archive, name, collect)
    for (reason, hides), names in unreadable.items():
        collect.gap(archive.place(names[0]), "", _of_several(reason, len(names)), *hides)
    return found


def _of_several(reason: Text, count: int) -> Text:
    """Say once what holds for many entries: an encrypted archive may have thousands."""
    if count == 1:
        return reason
    return Text(
        zh=f"{reason.zh}（另有 {count - 1} 个条目同样如此）", en=f"{reason.en} (so it is with {count - 1} more entries)"
    )


def _dex(archive: Archive, name: str, collect: Collector) -> int:
    place = archive.place(name)
    data = collect.read(archive, name, *_CODE, limit=_MAX_DEX)
    if data is None:
        return 0
    try:
        dex = read_dex(data)
    except DexError as error:
        collect.gap(place, "", error.reason, *_CODE)
        return 0
    collect.fact(FactKind.DEX, place, place, value=dex.version, classes=str(len(dex.classes)))
    collect.code(place, dex.classes)
    for header in dex.headers:
        read_code(data, header, place, collect.lens, collect)
    for doubt in dex.doubts:
        collect.gap(place, "", doubt, *_CODE)
    return 1


def _nested(archive: Archive, name: str, collect: Collector) -> int:
    collect.reading = archive.place(name)
    try:
        inner = archive.nested(name)
    except Unreadable as error:
        collect.gap(archive.place(name), "", error.reason, *hidden_with(name))
        return 0
    found = _code(inner, collect)
    for entry, reason in inner.damaged.items():
        collect.gap(inner.place(entry), "", reason, *hidden_with(entry))
    for entry in inner.duplicates:
        collect.gap(
            inner.place(entry),
            "",
            Text(
                zh="嵌套压缩包中有多个同名条目；本次读取第一个", en="stands more than once in the nested archive; the first was read"
            ),
            *hidden_with(entry),
        )
    return found

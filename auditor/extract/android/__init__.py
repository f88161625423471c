"""Android builds: manifest, resources, DEX files, native libraries, packaged files and signatures."""

from __future__ import annotations

from auditor.archive import Archive, Unreadable
from auditor.extract.android.dex import DexError, is_dex, read_dex
from auditor.extract.android.manifest import MANIFEST, Manifest, ManifestError, read_manifest
from auditor.extract.android.resources import ResourceError, Resources
from auditor.extract.android.signer import read_signers
from auditor.extract.collector import Collector, IdentityFacts
from auditor.model import FactKind, Table, Text

__all__ = ["read_android"]

_RESOURCES = "resources.arsc"
_CODE = (Table.SDKS, Table.DATA)


def read_android(archive: Archive, collect: Collector) -> IdentityFacts:
    """Record what an APK holds; every part that cannot be read is a gap."""
    manifest = _manifest(archive, collect)
    label, version = _texts(archive, collect, manifest)
    _files(archive, collect)
    _code(archive, collect)
    return IdentityFacts(manifest.package, label, version, manifest.version_code, read_signers(archive, collect))


def _manifest(archive: Archive, collect: Collector) -> Manifest:
    everything = (Table.PERMISSIONS, *_CODE)
    data = collect.read(archive, MANIFEST, *everything, limit=64 << 20)
    if data is not None:
        try:
            return read_manifest(data, collect)
        except ManifestError as error:
            collect.gap(MANIFEST, "", error.reason, *everything)
    return Manifest("", "", "", "")


def _texts(archive: Archive, collect: Collector, manifest: Manifest) -> tuple[str, str]:
    """Return label and version name, looked up in the resources where the manifest only refers to them."""
    found = [manifest.label, manifest.version]
    if not any(text.startswith("@") for text in found) or _RESOURCES not in archive:
        return manifest.label, manifest.version
    data = collect.read(archive, _RESOURCES)
    if data is None:
        return manifest.label, manifest.version
    try:
        resources = Resources(data)
    except ResourceError as error:
        # the label identifies the app, but no table is built from it
        collect.gap(_RESOURCES, "", error.reason)
        return manifest.label, manifest.version
    for index, text in enumerate(found):
        if text.startswith("@"):
            try:
                found[index] = resources.strings(text)[0][1]
            except ResourceError as error:
                collect.gap(MANIFEST, "label" if index == 0 else "versionName", error.reason)
    return found[0], found[1]


def _files(archive: Archive, collect: Collector) -> None:
    for name in archive:
        if name.endswith("/"):
            continue
        parts = name.split("/")
        if len(parts) == 3 and parts[0] == "lib" and name.endswith(".so"):
            collect.fact(FactKind.NATIVE_LIBRARY, parts[2], archive.place(name), value=parts[1])
        elif name not in (MANIFEST, _RESOURCES):
            # every packaged path may tell something; which ones do is knowledge, not extraction
            collect.fact(FactKind.ASSET, name, archive.place(name))


def _code(archive: Archive, collect: Collector) -> None:
    """Read every DEX file, found by its first bytes, in this archive and in archives inside it."""
    for name in archive:
        magic = archive.magic(name)
        named = name.endswith(".dex")
        if is_dex(magic) or (named and name.startswith("classes") and "/" not in name):
            _dex(archive, name, collect)
        elif magic[:4] == b"PK\x03\x04":
            _nested(archive, name, collect)


def _dex(archive: Archive, name: str, collect: Collector) -> None:
    place = archive.place(name)
    data = collect.read(archive, name, *_CODE)
    if data is None:
        return
    try:
        dex = read_dex(data)
    except DexError as error:
        collect.gap(place, "", error.reason, *_CODE)
        return
    collect.fact(FactKind.DEX, place, place, value=dex.version, classes=str(len(dex.classes)))
    collect.code(place, dex.classes)
    for doubt in dex.doubts:
        collect.gap(place, "", doubt, *_CODE)


def _nested(archive: Archive, name: str, collect: Collector) -> None:
    try:
        inner = archive.nested(name)
    except Unreadable as unreadable:
        # media and documents are ZIP files too; only one that could hold code hides anything
        if name.endswith((".jar", ".apk", ".zip", ".aar", ".dex")):
            collect.gap(archive.place(name), "", unreadable.reason, *_CODE)
        return
    _code(inner, collect)
    for entry, reason in inner.damaged.items():
        collect.gap(inner.place(entry), "", reason, *_CODE)
    for entry in inner.duplicates:
        collect.gap(
            inner.place(entry),
            "",
            Text(zh="嵌套压缩包中有多个同名条目；本次读取第一个", en="stands more than once; the first was read"),
            *_CODE,
        )

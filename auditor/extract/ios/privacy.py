"""Privacy manifests (``PrivacyInfo.xcprivacy``) of the app and of what it embeds.

Keys: Apple's "Privacy manifest files" (developer.apple.com/documentation/bundleresources/privacy-manifest-files).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from auditor.archive import Archive
from auditor.build import FactKind, Table, Text
from auditor.extract.collector import Collector
from auditor.extract.ios.bundles import Bundle, holder
from auditor.extract.ios.info import read_plist_entry, value_text
from auditor.extract.ios.plist import PlistValue

__all__ = ["FILE_NAME", "read_privacy_manifests"]

FILE_NAME = "PrivacyInfo.xcprivacy"


def read_privacy_manifests(archive: Archive, collect: Collector, bundles: Mapping[str, Bundle]) -> None:
    """Collect what every privacy manifest states, each under the name of the bundle it lies in."""
    for name in archive.names():
        bundle = holder(bundles, name) if name.rpartition("/")[2] == FILE_NAME else None
        if bundle is None:
            continue
        values = read_plist_entry(archive, collect, name, Table.DATA)
        if values is not None:
            _read_manifest(collect, archive.place(name), bundle.name, values)


def _read_manifest(collect: Collector, file: str, by: str, values: Mapping[str, PlistValue]) -> None:
    for at, entry in _entries(collect, file, values, "NSPrivacyCollectedDataTypes"):
        kind = entry.get("NSPrivacyCollectedDataType")
        if not isinstance(kind, str):
            _wrong(collect, file, at)
            continue
        purposes = _texts(collect, file, entry, "NSPrivacyCollectedDataTypePurposes", at)
        collect.fact(
            FactKind.PRIVACY_COLLECTED,
            kind,
            file,
            at,
            by=by,
            linked=_switch(collect, file, entry, "NSPrivacyCollectedDataTypeLinked", at),
            tracking=_switch(collect, file, entry, "NSPrivacyCollectedDataTypeTracking", at),
            purposes=",".join(purposes),
        )
    for at, entry in _entries(collect, file, values, "NSPrivacyAccessedAPITypes"):
        kind = entry.get("NSPrivacyAccessedAPIType")
        if not isinstance(kind, str):
            _wrong(collect, file, at)
            continue
        reasons = _texts(collect, file, entry, "NSPrivacyAccessedAPITypeReasons", at)
        collect.fact(FactKind.PRIVACY_ACCESSED, kind, file, at, value=",".join(reasons), by=by)
    tracking = _switch(collect, file, values, "NSPrivacyTracking", "")
    domains = _texts(collect, file, values, "NSPrivacyTrackingDomains", "")
    collect.fact(
        FactKind.PRIVACY_TRACKING,
        file,
        file,
        "NSPrivacyTracking",
        value=tracking or "false",
        by=by,
        domains=",".join(domains),
    )


def _entries(
    collect: Collector, file: str, values: Mapping[str, PlistValue], key: str
) -> Iterator[tuple[str, dict[str, PlistValue]]]:
    entries = values.get(key)
    if entries is None:
        return
    if not isinstance(entries, list):
        _wrong(collect, file, key)
        return
    for number, entry in enumerate(entries):
        if isinstance(entry, dict):
            yield f"{key}[{number}]", entry
        else:
            _wrong(collect, file, f"{key}[{number}]")


def _texts(collect: Collector, file: str, values: Mapping[str, PlistValue], key: str, at: str) -> list[str]:
    items = values.get(key)
    if items is None:
        return []
    if isinstance(items, list) and all(isinstance(item, str) for item in items):
        return [item for item in items if isinstance(item, str)]
    _wrong(collect, file, f"{at} ! {key}" if at else key)
    return []


def _switch(collect: Collector, file: str, values: Mapping[str, PlistValue], key: str, at: str) -> str:
    value = values.get(key)
    if value is None or isinstance(value, bool):
        return value_text(value)
    _wrong(collect, file, f"{at} ! {key}" if at else key)
    return ""


def _wrong(collect: Collector, file: str, at: str) -> None:
    reason = Text(zh="隐私清单中该项的类型有误，未读取", en="has a value of the wrong type in its privacy manifest; not read")
    collect.gap(file, at, reason, Table.DATA)

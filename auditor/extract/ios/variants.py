"""An export of App Thinning: one app as several IPAs, each cut down for some devices, and one for all.

Xcode writes them to ``Apps/`` with an ``app-thinning.plist`` beside: "Export for distribution" in Apple's Xcode documentation.
"""

from __future__ import annotations

from pathlib import PurePath

from auditor.archive import Archive, Unreadable
from auditor.build import FactKind, Table, Text
from auditor.errors import BuildError
from auditor.extract.collector import PLATFORM, Collector, IdentityFacts
from auditor.extract.ios import read_ios
from auditor.extract.ios.plist import PlistError, read_plist

__all__ = ["ipas_of", "read_variants"]

_LISTS = ("app-thinning.plist", "appthinning.plist")
_MAX_LIST = 16 << 20
_CODE = (Table.SDKS, Table.DATA)


def ipas_of(archive: Archive) -> list[str]:
    """Return the IPAs an archive or folder holds, right in it or one folder below; sorted."""
    names = (name for name in archive if name.lower().endswith(".ipa") and name.count("/") <= 1)
    return sorted(name for name in names if not name.rpartition("/")[2].startswith("."))


def read_variants(archive: Archive, collect: Collector) -> IdentityFacts:
    """Read the variant for all devices, or where there is none the largest. Raises BuildError where none can be opened.

    The variants of an app hold the same code, for other processors; what only another has is left in doubt.
    """
    names = ipas_of(archive)
    universal = _universal(archive, names, collect)
    chosen = universal or max(names, key=lambda name: (archive.entries[name].size, name))
    collect.reading = archive.place(chosen)
    try:
        inner = archive.nested(chosen)
    except Unreadable as error:
        raise BuildError(f"{archive.shown}: {chosen} cannot be opened ({error.reason.en})", "give one of the .ipa files in it") from None
    about = read_ios(inner, collect)
    collect.faults(inner, PLATFORM)
    for name in names:
        collect.fact(FactKind.PART, PurePath(name).name, archive.place(name), value="variant", read="yes" if name == chosen else "no")
    others = [name for name in names if name != chosen]
    if others and not universal:
        collect.gap(
            PurePath(archive.shown).name,
            "",
            Text(
                zh=f"有 {len(names)} 个 .ipa，且没有说明哪一个适用于全部设备；只读取了最大的 {chosen}，请分别审计其余各个",
                en=f"holds {len(names)} IPAs, and nothing says which is for all devices: only the largest was read, {chosen};"
                " audit the others by themselves",
            ),
            Table.USAGE_KEYS,
            *_CODE,
        )
    return about


def _universal(archive: Archive, names: list[str], collect: Collector) -> str:
    """Return the IPA that the list of App Thinning says is for all devices, or the only one; empty where that is not known."""
    lists = [name for name in archive if name.rpartition("/")[2].lower() in _LISTS]
    if not lists:
        return names[0] if len(names) == 1 else ""
    data = collect.read(archive, lists[0], limit=_MAX_LIST)
    try:
        root = read_plist(data) if data is not None else None
    except PlistError as error:
        collect.gap(archive.place(lists[0]), "", error.reason)
        return ""
    variants = root.get("variants") if isinstance(root, dict) else None
    base = lists[0].rpartition("/")[0]
    for path, about in sorted(variants.items()) if isinstance(variants, dict) else ():
        name = f"{base}/{path}" if base else path
        # the others tell the devices they are for
        if name in names and isinstance(about, dict) and not about.get("variantDescriptors"):
            return name
    return ""

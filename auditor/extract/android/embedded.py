"""APKs kept inside a build: apps of their own, which the app installs or loads code from."""

from __future__ import annotations

from auditor.archive import Archive, Unreadable
from auditor.build import FactKind, Text
from auditor.extract.android.manifest import Manifest, ManifestError, read_manifest
from auditor.extract.android.native import record_native
from auditor.extract.collector import MANIFEST, Collector, Place

__all__ = ["record_embedded"]

_MAX_MANIFEST = 16 << 20
_SHOWN = 5


def record_embedded(archive: Archive, collect: Collector) -> None:
    """Record that an archive inside a build is an APK: whose, what it asks for, and its native libraries.

    Its code is read as the build's own, since the app can load it. What its manifest says holds for it alone, once it is
    installed: it counts for nothing in the app's own tables, and a gap says so.
    """
    place = archive.path.removesuffix("!/")
    collect.reading = archive.place(MANIFEST)
    try:
        manifest = read_manifest(archive.read(MANIFEST, _MAX_MANIFEST, asset=True), Place(Collector(), ""))
    except (ManifestError, Unreadable):
        if "classes.dex" not in archive:
            # a library, say, whose manifest is plain text
            return
        manifest = Manifest("", "", "", "")
    collect.fact(
        FactKind.PART, place.rpartition("/")[2], place, value="apk", by=manifest.package, version=manifest.version_code,
        split=manifest.split, permissions=",".join(manifest.asks),
    )  # fmt: skip
    native = [name for name in archive if name.startswith("lib/") and name.endswith(".so") and name.count("/") == 2]
    record_native(archive, native, collect)
    asks = [name.removeprefix("android.permission.") for name in manifest.asks]
    shown = ", ".join(asks[:_SHOWN]) + (", …" if len(asks) > _SHOWN else "")
    collect.gap(
        place,
        "",
        Text(
            zh=f"是另一个应用的安装包（{manifest.package or '包名未能读取'}）：其代码已按本应用的一部分读取，其清单"
            + (f"（申请 {len(asks)} 项权限：{shown}）" if asks else "")
            + "只在安装后对其自身生效，未计入本应用；请单独审计",
            en=f"is an APK of its own ({manifest.package or 'whose name could not be read'}): its code was read as part of this build;"
            " its manifest" + (f", which asks for {len(asks)} permissions ({shown})," if asks else "") + " holds for itself alone once"
            " it is installed and does not count here: audit it by itself",
        ),
    )

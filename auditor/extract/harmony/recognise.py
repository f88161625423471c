"""What tells a HarmonyOS build from others: the description of a module, or modules inside. Names of files tell nothing."""

from __future__ import annotations

from auditor.archive import Archive, Unreadable
from auditor.extract.folder import Folder
from auditor.extract.harmony.module import CONFIG, MODULE, is_described, parse

__all__ = ["INDEX", "MAX_DESCRIPTION", "description_of", "holds_modules", "is_module", "modules_of"]

INDEX = "resources.index"
MAX_DESCRIPTION = 4 << 20
_SUFFIXES = (".hap", ".hsp")


def description_of(archive: Archive) -> str:
    """Return the name of the entry that describes a module; empty where there is none."""
    return next((name for name in (MODULE, CONFIG) if name in archive), "")


def is_module(archive: Archive) -> bool:
    """Tell whether an archive is a HAP or HSP, by the description it holds. Many archives hold a JSON file of such a name."""
    name = description_of(archive)
    if not name or archive.entries[name].size > MAX_DESCRIPTION:
        return False
    try:
        described = parse(archive.read(name))
    except Unreadable:
        # of another kind of build the rest would tell
        return INDEX in archive
    return INDEX in archive if described is None else is_described(described)


def holds_modules(archive: Archive) -> bool:
    """Tell whether an archive, or a folder right in it, holds HAPs or HSPs."""
    return bool(modules_of(archive))


def modules_of(archive: Archive) -> list[str]:
    """Return the HAPs and HSPs in an archive, or right in a folder, sorted."""
    deep = not isinstance(archive, Folder)
    return sorted(name for name in archive if name.lower().endswith(_SUFFIXES) and (deep or "/" not in name))

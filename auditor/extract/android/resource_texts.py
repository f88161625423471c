"""Texts among an APK's resources: the strings of ``resources.arsc``."""

from __future__ import annotations

from auditor.archive import Archive, Unreadable
from auditor.build import FactKind
from auditor.extract.collector import Collector
from auditor.extract.wording import links_in, wordings_in

__all__ = ["read_resource_texts"]

_RESOURCES = "resources.arsc"
_MAX_RESOURCES = 256 << 20


def read_resource_texts(archive: Archive, collect: Collector) -> None:
    """Record the texts that were looked for.

    What cannot be read here is told where it hides something: these only ever add to what is known.
    """
    lens = collect.lens
    if (lens.wordings or lens.links) and _RESOURCES in archive and (data := _read(archive, _RESOURCES, _MAX_RESOURCES)):
        place = archive.place(_RESOURCES)
        for subject, words, at in (*wordings_in(data, lens.wordings, wide=True), *links_in(data, lens.links)):
            collect.fact(FactKind.WORDING, subject, place, f"+0x{at:x}", value=words)


def _read(archive: Archive, name: str, limit: int) -> bytes | None:
    try:
        return archive.read(name, limit)
    except Unreadable:
        return None

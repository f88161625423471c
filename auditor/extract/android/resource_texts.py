"""Texts and hosts among an APK's resources: the strings of ``resources.arsc``, and the network security configuration."""

from __future__ import annotations

import re

from auditor.archive import Archive, Unreadable
from auditor.build import FactKind
from auditor.extract.collector import Collector
from auditor.extract.hosts import listed_hosts
from auditor.extract.wording import links_in, wordings_in

__all__ = ["read_resource_texts"]

_RESOURCES = "resources.arsc"
_CONFIG = re.compile(r"res/(?:[^/]+/)?[^/]*network[^/]*(?:security|config)[^/]*\.xml\Z", re.IGNORECASE)
_MARK = "network-security-config"
_MAX_RESOURCES = 256 << 20
_MAX_CONFIG = 1 << 20


def read_resource_texts(archive: Archive, collect: Collector, network_config: str) -> None:
    """Record the texts that were looked for, and the hosts a network security configuration names.

    ``network_config`` is the path the manifest refers to; empty where it is not known, and the configuration goes by its name.
    What cannot be read here is told where it hides something: these only ever add to what is known.
    """
    lens = collect.lens
    if (lens.wordings or lens.links) and _RESOURCES in archive and (data := _read(archive, _RESOURCES, _MAX_RESOURCES)):
        place = archive.place(_RESOURCES)
        for subject, words, at in (*wordings_in(data, lens.wordings, wide=True), *links_in(data, lens.links)):
            collect.fact(FactKind.WORDING, subject, place, f"+0x{at:x}", value=words)
    if lens.every_host:
        for name in [network_config] if network_config in archive else [name for name in archive if _CONFIG.match(name)]:
            data = _read(archive, name, _MAX_CONFIG)
            if data and (_MARK.encode() in data or _MARK.encode("utf-16-le") in data):
                for host in listed_hosts(data):
                    collect.fact(FactKind.HOST, host, archive.place(name), "domain", by=_MARK)


def _read(archive: Archive, name: str, limit: int) -> bytes | None:
    try:
        return archive.read(name, limit)
    except Unreadable:
        return None

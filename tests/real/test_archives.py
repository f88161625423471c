"""Real builds, made by real tools, have nothing odd about their archives: not they, nor any archive inside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from auditor.archive import Archive
from tests.real.fetch import artefacts

pytestmark = pytest.mark.real

ARCHIVES = [name for name, artefact in artefacts().items() if artefact.kind in ("apk", "aar", "jar", "ipa")]


def _everything(archive: Archive) -> Iterator[Archive]:
    """Read every entry, and yield the archive and those inside it."""
    for name in archive:
        if archive.read(name)[:4] == b"PK\x03\x04":
            yield from _everything(archive.nested(name))
    yield archive


@pytest.mark.parametrize("name", ARCHIVES)
def test_nothing_is_odd(artefact: Callable[[str], Path], name: str) -> None:
    with Archive.open(artefact(name)) as build:
        found = [(archive.path, odd) for archive in _everything(build) for odd in archive.oddities()]
        damaged = build.damaged
    assert found == []
    assert damaged == {}

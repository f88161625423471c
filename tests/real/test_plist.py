"""What the auditor reads of real property lists is what plistlib reads of them."""

from __future__ import annotations

import plistlib
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.extract.ios.plist import read_plist
from tests.real.bundles import members
from tests.real.fetch import artefacts

pytestmark = pytest.mark.real

PLISTS = [name for name, artefact in artefacts().items() if artefact.kind == "plist"]
TREES = [name for name, artefact in artefacts().items() if artefact.kind == "tree"]
Artefact = Callable[[str], Path]


def _plain(value: object) -> object:
    """Return a value of plistlib's with the references of keyed archives as the numbers they are."""
    if isinstance(value, plistlib.UID):
        return value.data
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


@pytest.mark.parametrize("name", PLISTS)
def test_a_vendors_plist_holds_what_plistlib_reads(name: str, artefact: Artefact) -> None:
    data = artefact(name).read_bytes()
    assert read_plist(data) == _plain(plistlib.loads(data))


@pytest.mark.parametrize("name", TREES)
def test_the_plists_of_a_bundle_hold_what_plistlib_reads(name: str, artefact: Artefact) -> None:
    plists = {
        path: data
        for path, data in members(artefact(name)).items()
        if path.endswith((".plist", "/CodeResources", ".xctestrun", ".strings"))
    }
    assert any(path.endswith("/Info.plist") for path in plists)
    assert {path: read_plist(data) for path, data in plists.items()} == {
        path: _plain(plistlib.loads(data)) for path, data in plists.items()
    }

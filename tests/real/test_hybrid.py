"""A compiled Flutter program as its vendor ships it: the packages and channels of its plug-ins."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.extract.hybrid.flutter import is_snapshot, packages
from auditor.model import Confidence
from auditor.pipeline import read_build
from tests.forge.apk import simple_apk

pytestmark = pytest.mark.real

Artefact = Callable[[str], Path]


@pytest.fixture(scope="module")
def program(artefact: Artefact) -> bytes:
    with tarfile.open(artefact("flet-linux")) as tar:
        file = tar.extractfile("flet/lib/libapp.so")
        assert file is not None
        return file.read()


def test_the_packages_of_a_real_snapshot_are_read(program: bytes) -> None:
    assert is_snapshot(program)
    found = packages(program)
    assert {"flutter", "geolocator", "permission_handler", "sensors_plus", "record"} <= found.keys()
    assert "contacts_service" not in found


def test_its_plug_ins_are_ways_to_personal_data_and_no_more(program: bytes, tmp_path: Path) -> None:
    path = tmp_path / "app.apk"
    path.write_bytes(simple_apk(files={"lib/arm64-v8a/libapp.so": program}))
    calls = read_build(path).conduct.script_calls
    assert {call.site.name for call in calls} == {
        "dev.fluttercommunity.plus/sensors/accelerometer",
        "file_picker",
        "flutter.baseflow.com/geolocator",
        "geolocator",
        "record",
        "sensors_plus",
    }
    assert {call.confidence for call in calls} == {Confidence.LOW}
    assert not any(call.data for call in calls)

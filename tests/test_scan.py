"""The quick look finds the calls that a whole reading finds, and says what it could not read."""

from __future__ import annotations

import gc
import zipfile
from pathlib import Path

import pytest

from auditor import read_build
from auditor.errors import BuildError
from auditor.model import FactKind, Table
from auditor.scan import scan
from tests.forge.apk import simple_apk

ROOT = Path(__file__).parent.parent
SAMPLES = sorted((ROOT / "sample_apks").glob("*.apk"))


@pytest.mark.parametrize("apk", SAMPLES, ids=lambda path: path.stem)
def test_the_calls_and_classes_are_those_of_a_whole_reading(apk: Path) -> None:
    found, whole = scan(apk), read_build(apk, calls=True).build
    assert found.calls == whole.of(FactKind.CALL)
    assert [(unit.file, unit.classes) for unit in found.code] == [(unit.file, unit.classes) for unit in whole.code]
    assert gc.isenabled()


def test_code_that_cannot_be_read_is_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "app.apk"
    path.write_bytes(simple_apk())
    with zipfile.ZipFile(path, "a") as apk:
        apk.writestr("classes2.dex", b"dex\n035\0 and no more")
    (gap,) = scan(path).gaps
    assert gap.location.file == "classes2.dex"
    assert gap.hides == {Table.SDKS, Table.DATA}


def test_what_is_no_archive_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "app.apk"
    path.write_bytes(b"no archive at all")
    with pytest.raises(BuildError, match=r"app\.apk"):
        scan(path)
    assert gc.isenabled()


def test_each_file_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    path = tmp_path / "app.apk"
    path.write_bytes(simple_apk())
    scan(path, told.append)
    assert "classes.dex" in told

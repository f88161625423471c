"""The quick look finds the calls that a whole reading finds, and says what it could not read."""

from __future__ import annotations

import gc
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from auditor import read_build
from auditor.errors import BuildError
from auditor.extract.android.calls import CallSite
from auditor.model import Fact, FactKind, Table
from auditor.scan import scan
from tests.forge.apk import simple_apk

ROOT = Path(__file__).parent.parent
SAMPLES = sorted((ROOT / "sample_apks").glob("*.apk"))


@pytest.mark.parametrize("apk", SAMPLES, ids=lambda path: path.stem)
def test_the_calls_and_classes_are_those_of_a_whole_reading(apk: Path) -> None:
    found, whole = scan(apk), read_build(apk, calls=True).build
    assert {_plain(*call) for call in found.calls} == {_of_fact(fact) for fact in whole.of(FactKind.CALL)}
    assert {(file, frozenset(classes)) for file, classes in found.classes} == {(unit.file, frozenset(unit.classes)) for unit in whole.code}
    assert gc.isenabled()


def _plain(file: str, site: CallSite) -> tuple[object, ...]:
    argument = "unresolved" if site.argument == "" else "partial" if site.partial else None
    return (
        f"{site.owner}.{site.method}", file, f"{site.caller} +0x{site.offset:x}", site.argument or "", argument, site.descriptor or None,
        site.reflection or None, site.via or None, "read" if site.field else None,
    )  # fmt: skip


def _of_fact(fact: Fact) -> tuple[object, ...]:
    traits = map(fact.trait, ("argument", "descriptor", "reflection", "via", "field"))
    return fact.name, fact.location.file, fact.location.at, fact.value, *traits


def test_little_is_imported() -> None:
    heavy = {"auditor.build", "auditor.extract.collector", "dataclasses", "enum", "json", "pathlib", "re", "typing"}
    look = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from auditor.scan import scan; scan(sys.argv[1]);"
        f" print(*sorted({heavy!r}.intersection(sys.modules)))"
    )
    apk = next(path for path in SAMPLES if path.stem == "tego-drifted")
    # no packages of the interpreter's own: an editable installation imports more than the quick look does
    done = subprocess.run([sys.executable, "-I", "-S", "-c", look, str(apk)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


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

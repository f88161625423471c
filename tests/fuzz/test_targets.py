"""What the fuzzer starts from is sound, what once made a reader fall no longer does, and a fall is seen."""

from __future__ import annotations

import importlib.util
import io
import os
import subprocess
import sys
import zipfile

import pytest

from tests.forge.archive import DEFLATED, Entry, write_zip
from tests.fuzz.__main__ import main
from tests.fuzz.archives import mutate_inside
from tests.fuzz.hostile import HOSTILE
from tests.fuzz.targets import CORPUS, ROOT, TARGETS, regressions

REGRESSIONS = [(name, cause) for name in TARGETS for cause in regressions(name)]
ATHERIS = pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed (the extra `fuzz`)")


@pytest.mark.parametrize("name", TARGETS)
def test_the_files_a_target_starts_from_are_what_it_reads(name: str) -> None:
    seeds = TARGETS[name].seeds()
    assert seeds != []
    assert [TARGETS[name].takes(seed) for seed in seeds] == [True] * len(seeds)


@pytest.mark.parametrize("name", [name for name, one in TARGETS.items() if one.refuses and name != "signing-block"])
def test_what_a_target_does_not_read_is_refused(name: str) -> None:
    assert not TARGETS[name].takes(b"\0\1")


@pytest.mark.parametrize(("name", "cause"), REGRESSIONS)
def test_what_is_made_to_bring_a_reader_down_does_not(name: str, cause: str) -> None:
    TARGETS[name].takes(regressions(name)[cause])


def test_there_are_hostile_inputs_for_every_reader_of_structure() -> None:
    assert set(HOSTILE) <= set(TARGETS)
    assert all(len(regressions(name)) >= 4 for name in HOSTILE)


def test_every_regression_belongs_to_a_target() -> None:
    assert {path.name for path in CORPUS.glob("*") if path.is_dir()} <= set(TARGETS)
    assert {path.parent.name for path in CORPUS.rglob("*.bin")} <= set(TARGETS)


def test_a_change_inside_an_archive_leaves_its_checksums_right() -> None:
    data = write_zip([Entry(name="a", data=b"first" * 9, method=DEFLATED), Entry(name="b", data=b"second")])
    found = set()
    for seed in range(60):
        changed = mutate_inside(data, seed, lambda content: content + b"!")
        assert changed is not None
        with zipfile.ZipFile(io.BytesIO(changed)) as archive:
            found.add(tuple(archive.read(info) for info in archive.infolist()))
    first, second = b"first" * 9, b"second"
    assert {(first + b"!", second), (first, second + b"!"), (second,), (first,), (first, second, second), (second, second)} <= found
    assert mutate_inside(b"no archive", 0, bytes) is None


def test_a_target_that_does_not_exist_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["dexx"])
    assert "no such target: dexx" in capsys.readouterr().err


FALLS = """
from tests.fuzz import targets
def read(data):
    if data[:1] == b"x" and len(data) > 2:
        raise KeyError("a reader's own mistake")
    raise ValueError
targets.TARGETS["falling"] = targets.Target(read=read, refuses=("ValueError",), seeds=lambda: [b"xy"])
from tests.fuzz.inside import main
main("falling", ["-runs=200000", {}])
"""


@ATHERIS
def test_a_fall_is_seen_and_a_refusal_is_none(tmp_path) -> None:
    (tmp_path / "seed").write_bytes(b"xy")
    done = subprocess.run(
        [sys.executable, "-c", FALLS.format(repr(str(tmp_path)))], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode != 0
    assert "a reader's own mistake" in done.stdout + done.stderr

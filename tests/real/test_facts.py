"""The command line on real builds, as a whole process: what it prints is what Debian's tools print."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.real.fetch import artefacts

pytestmark = pytest.mark.real

LOADING = {"yosemite"}
"""Apps that load code at run time which is not among their files: a script engine with a class loader of its own."""
APKS = [name for name, artefact in artefacts().items() if artefact.kind == "apk"]
_ROOT = Path(__file__).parents[2]
Artefact = Callable[[str], Path]
Peer = Callable[..., str]
Dexdump = Callable[[Path], dict[str, set[str]]]


@pytest.fixture(scope="module", params=APKS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def apk(name: str, artefact: Artefact) -> Path:
    return artefact(name)


@pytest.fixture(scope="module")
def facts(name: str, apk: Path) -> dict[str, Any]:
    """What ``auditor facts`` prints; that it says nothing else, and which exit code it has, is asserted here."""
    code, document = _auditor("facts", apk)
    assert code == (3 if name in LOADING else 0)
    return document


def _hidden(gaps: list[dict[str, Any]]) -> list[bool]:
    """Tell of each gap that leaves a table in doubt whether it is about code loaded at run time."""
    return ["to load code at run time" in gap["reason"] for gap in gaps if gap["hides"]]


def _auditor(command: str, build: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """Run a command and return its exit code and the JSON it prints, with nothing on standard error."""
    arguments = [sys.executable, "-m", "auditor", command, str(build), "--format", "json", *options]
    done = subprocess.run(arguments, capture_output=True, timeout=300, cwd=_ROOT, check=False)
    assert done.stderr.decode() == ""
    document: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, document


def test_a_well_formed_build_is_read_without_gaps(name: str, facts: dict[str, Any]) -> None:
    assert facts["schema"] == "auditor/facts/1"
    assert _hidden(facts["gaps"]) == ([True] if name in LOADING else [])


@pytest.mark.peer
def test_permissions_are_those_aapt_dumps(apk: Path, facts: dict[str, Any], peer: Peer) -> None:
    line = re.compile(r"^uses-permission(-sdk-23)?: name='([^']*)'(?: maxSdkVersion='(\d+)')?$", re.MULTILINE)
    lines = line.findall(peer("aapt", "dump", "permissions", apk))
    dumped = {name: (int(limit) if limit else None, bool(sdk23)) for sdk23, name, limit in lines}
    assert {row["name"]: (row["max_sdk"], row["sdk23"]) for row in facts["permissions"]} == dumped


@pytest.mark.peer
def test_identity_is_the_one_of_aapt(apk: Path, facts: dict[str, Any], peer: Peer) -> None:
    badging = peer("aapt", "dump", "badging", apk)
    package = re.search(r"^package: name='([^']*)' versionCode='([^']*)' versionName='([^']*)'", badging)
    assert package is not None
    identity = facts["identity"]
    assert (identity["app_id"], identity["version_code"], identity["version"]) == package.groups()


@pytest.mark.peer
def test_as_many_classes_are_counted_as_dexdump_names(apk: Path, facts: dict[str, Any], dexdump: Dexdump) -> None:
    assert facts["classes_count"] == len(set().union(*dexdump(apk).values()))


def test_native_libraries_are_those_of_the_archive(apk: Path, facts: dict[str, Any]) -> None:
    with zipfile.ZipFile(apk) as archive:
        listed = {name.rpartition("/")[2] for name in archive.namelist() if re.match(r"lib/.+\.so$", name)}
    assert set(facts["native_libraries"]) == listed


@pytest.mark.peer
def test_an_audit_compares_the_permissions_aapt_dumps(name: str, apk: Path, peer: Peer) -> None:
    code, audit = _auditor("audit", apk, "--declaration", "declarations/tego.yaml")
    found = {row["subject"] for row in audit["tables"]["permissions"] if row["found"]}
    dumped = peer("aapt", "dump", "permissions", apk)
    assert found == set(re.findall(r"^uses-permission.*?: name='([^']*)'", dumped, re.MULTILINE))
    assert _hidden(audit["gaps"]) in ([], [True])
    allowed = {("consistent", 0), ("contradicted", 1), *([("inconclusive", 3)] if name in LOADING else [])}
    assert (audit["verdict"], code) in allowed

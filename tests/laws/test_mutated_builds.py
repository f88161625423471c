"""Whatever is done to the bytes of a build, its audit ends in order, and damage never makes it content in silence."""

from __future__ import annotations

import faulthandler
import os
import random
from collections import Counter
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.errors import BuildError
from auditor.extract import extract
from auditor.knowledge.load import load
from auditor.model import Audit, Verdict
from auditor.pipeline import audit_build, contradicts
from tests.forge.apk import simple_apk
from tests.fuzz import campaign
from tests.fuzz.damage import DAMAGE, EDITS, changed
from tests.fuzz.targets import ROOT

SAMPLES = sorted((ROOT / "sample_apks").glob("tego-*"))
DRIFTED = [path.name for path in SAMPLES if "drifted" in path.name]
DECLARATION = ROOT / "declarations" / "tego.yaml"
SEEDS = st.integers(0, 2**32)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("laws") / "build"


@cache
def sample(name: str) -> bytes:
    return (ROOT / "sample_apks" / name).read_bytes()


@cache
def sound(name: str) -> Audit:
    return audit_build(ROOT / "sample_apks" / name, DECLARATION, knowledge=load())


def grave(audit: Audit) -> set[tuple[str, str]]:
    return {(one.rule, one.subject) for one in audit.findings if contradicts(one)}


def audited(path: Path, data: bytes) -> Audit | None:
    """Audit a build; None where it is refused as it should be."""
    path.write_bytes(data)
    refused = ""
    try:
        audit = audit_build(path, DECLARATION, knowledge=load())
    except BuildError as error:
        refused = str(error)
    if refused:
        assert refused.isprintable()
        return None
    assert not [gap for gap in audit.gaps if "unexpected error" in gap.reason.en]
    return audit


def only(kinds: dict[str, object], name: str, seed: int) -> tuple[str, bytes]:
    """Return the first change of these kinds from a seed on."""
    while True:
        kind, data = changed(sample(name), seed)
        if kind in kinds:
            return kind, data
        seed += 1


@settings(deadline=None, max_examples=25)
@given(st.sampled_from(DRIFTED), SEEDS)
def test_damage_never_turns_findings_into_consistent(scratch, name, seed):
    kind, data = only(DAMAGE, name, seed)
    audit = audited(scratch, data)
    if audit is None:
        return
    assert sound(name).verdict is Verdict.CONTRADICTED
    assert audit.verdict is not Verdict.CONSISTENT, kind
    # fewer findings imply a gap
    assert audit.gaps or grave(audit) >= grave(sound(name)), kind


@settings(deadline=None, max_examples=25)
@given(st.sampled_from([path.name for path in SAMPLES]), SEEDS)
def test_an_edit_that_makes_another_build_is_read_to_its_end_or_refused(scratch, name, seed):
    audited(scratch, only(EDITS, name, seed)[1])


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=400), st.sampled_from([b"", b"PK\3\4", b"PK\5\6", b"\xcf\xfa\xed\xfe", b"!<arch>\n", b"\xca\xfe\xba\xbe"]))
def test_any_bytes_are_a_build_or_refused(scratch, data, head):
    scratch.write_bytes(head + data)
    with suppress(BuildError):
        assert extract(scratch).identity.size == len(head + data)


def test_every_kind_of_change_is_made_and_a_seed_makes_the_same_again():
    seen = {}
    for seed in range(400):
        for name in ("tego-drifted.apk", "tego-drifted.ipa"):
            kind, data = changed(sample(name), seed)
            seen.setdefault(kind, (name, seed, data))
    assert set(seen) == {*DAMAGE, *EDITS}
    for kind, (name, seed, data) in seen.items():
        assert changed(sample(name), seed) == (kind, data)


# -- the campaign itself -----------------------------------------------------------------------------------------------


GRAVE = frozenset({("undeclared-permission", "android.permission.CAMERA")})


@pytest.fixture
def origin() -> campaign.Origin:
    return campaign.Origin("a.apk", simple_apk(), campaign.Said("contradicted", 0, (), GRAVE))


def one(origin: campaign.Origin, path: Path, seeds: int = 40) -> tuple[set[str], Counter[str]]:
    tally: Counter[str] = Counter()
    faults = {campaign._one(seed, [origin], [1], path, 30, tally).partition(":")[0] for seed in range(seeds)}
    return faults - {""}, tally


FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here: a crash would end the tests")


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (campaign.Said("consistent", 0, (), frozenset()), {"false consistent"}),
        (campaign.Said("contradicted", 0, (), frozenset({("a", "b")})), {"lost in silence"}),
        (campaign.Said("contradicted", 0, (), GRAVE), set()),
        (campaign.Said("inconclusive", 1, (), frozenset()), set()),
        (campaign.Said("contradicted", 1, ("an unexpected error",), GRAVE), {"mistake"}),
    ],
)
def test_the_campaign_tells_what_no_audit_may_say(origin, tmp_path, monkeypatch, said, fault):
    monkeypatch.setattr(campaign, "_audit", lambda path, **_: said)
    assert one(origin, tmp_path / "build")[0] == fault


@FORKS
def test_the_campaign_tells_what_no_reader_may_do(origin, tmp_path, monkeypatch):
    def broken(path: Path, **_: object) -> campaign.Said:
        if random.Random(path.read_bytes()).random() < 0.5:
            raise KeyError("a mistake")
        faulthandler.disable()  # the test runner's own would print a traceback
        os.abort()

    monkeypatch.setattr(campaign, "_audit", broken)
    faults, tally = one(origin, tmp_path / "build")
    assert faults == {"traceback", "crashes"}
    assert tally["tracebacks"] + tally["crashes"] == 40


def test_the_campaign_runs_goes_on_and_finds_nothing(tmp_path, monkeypatch, capsys):
    (tmp_path / "drifted.ipa").write_bytes(sample("tego-drifted.ipa"))
    monkeypatch.setenv("AUDITOR_ARTEFACTS", str(tmp_path / "none"))
    monkeypatch.setattr(campaign, "_SAMPLES", tmp_path)
    monkeypatch.setattr(campaign, "_FORGED", ())
    monkeypatch.setattr(campaign, "_RENDERED", 100)
    arguments = ["--count", "6", "--tally", str(tmp_path / "tally.json")]
    assert campaign.main(arguments) == 0
    assert campaign.main(arguments) == 0
    out = capsys.readouterr().out
    assert "      12  builds" in out
    assert out.endswith("none of: tracebacks, crashes, hangs, memory, readers' mistakes, false consistent, lost in silence\n")

"""Annotations of GitHub Actions."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.cli.annotations import annotate, annotate_mistakes
from auditor.model import Confidence, Language, Severity, Table
from tests import factories as make

FILES = {"declarations/shop.yaml": Path("declarations/shop.yaml")}


@pytest.fixture(autouse=True)
def workflow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def lines(audit, *failing, capsys, language=Language.EN):
    annotate([audit], failing, FILES, language)
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.splitlines()


def test_what_fails_is_an_error_and_what_is_grave_beside_it_a_warning(capsys):
    high = make.finding()
    medium = make.finding("undeclared-sdk", "bugly", severity=Severity.MEDIUM)
    low = make.finding("declared-not-found", "amap", severity=Severity.LOW)
    unsure = make.finding("undeclared-sdk", "umeng", confidence=Confidence.LOW)
    found = lines(make.audit(high, medium, low, unsure), high, capsys=capsys)
    assert [line.partition("::")[2].partition("::")[0] for line in found] == [
        "error file=declarations/shop.yaml,line=10,title=undeclared-permission%3A android.permission.READ_SMS",
        "warning file=declarations/shop.yaml,line=10,title=undeclared-sdk%3A bugly",
    ]


def test_an_annotation_says_where_the_evidence_stands(capsys):
    finding = make.finding(evidence=(make.permission("READ_SMS"),), steps=())
    (line,) = lines(make.audit(finding), finding, capsys=capsys)
    where = "AndroidManifest.xml ! uses-permission · android.permission.READ_SMS"
    assert line.rpartition("::")[2] == f"{finding.message.en}%0AEvidence: {where}"
    bare = make.finding(evidence=(), steps=())
    assert lines(make.audit(bare), bare, capsys=capsys)[0].endswith(f"::{bare.message.en}")


def test_a_gap_is_a_warning_unless_it_hides_nothing(capsys):
    gaps = [make.gap("encrypted", Table.SDKS), make.gap("a picture is damaged")]
    assert lines(make.audit(gaps=gaps), capsys=capsys) == [
        "::warning file=declarations/shop.yaml,line=1,title=classes.dex::encrypted"
    ]


def test_no_value_of_a_build_ends_a_command_or_starts_another(capsys):
    evil = "x,line=99::y\n::error::z%0A\r\u2028"
    finding = make.finding(subject=evil, message=make.text(evil), steps=(), declared=None)
    (line,) = lines(make.audit(finding), finding, capsys=capsys)
    head, _, message = line.removeprefix("::").partition("::")
    title = "undeclared-permission%3A x%2Cline=99%3A%3Ay\\x0a%3A%3Aerror%3A%3Az%250A\\x0d\\u2028"
    assert head == f"error file=declarations/shop.yaml,line=1,title={title}"
    assert message.startswith("x,line=99::y%0A::error::z%250A")  # one line, read as text from here on


def test_mistakes_stand_at_their_lines_and_paths_start_at_the_checkout(capsys, tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    annotate_mistakes(["a.yaml:3: unknown key 'x', y", "no place", f"{tmp_path}/b.yaml:1: z"])
    assert capsys.readouterr().err.splitlines() == [
        "::error file=sub/a.yaml,line=3::unknown key 'x', y",
        "::error file=b.yaml,line=1::z",
    ]


def test_nothing_is_said_where_no_workflow_runs(capsys, monkeypatch):
    monkeypatch.delenv("GITHUB_ACTIONS")
    finding = make.finding()
    assert lines(make.audit(finding), finding, capsys=capsys) == []
    annotate_mistakes(["a.yaml:3: x"])
    assert capsys.readouterr().err == ""

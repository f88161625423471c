"""The report for terminals and logs."""

from __future__ import annotations

import re

import pytest

from auditor.model import Confidence, Language, Severity
from auditor.report.text import render
from tests import factories as make
from tests.report.examples import EXAMPLES, drifted, hostile

ANSI = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("name", EXAMPLES)
def test_colour_adds_escapes_and_nothing_else(name, language):
    plain = render(EXAMPLES[name], language)
    coloured = render(EXAMPLES[name], language, colour=True)
    assert "\x1b" not in plain
    assert ANSI.sub("", coloured) == plain
    assert ("\x1b[" in coloured) == bool(EXAMPLES[name])


def test_the_verdict_comes_first_and_what_was_checked_before_the_findings():
    report = render([drifted()], Language.ZH)
    assert report.splitlines()[0] == "与声明不一致"
    order = [report.index(word) for word in ("已核对：", "未核对：", "不构成法律意见", "问题与提示 (5)", "未能读取的内容 (0)")]
    assert order == sorted(order)


def test_findings_come_gravest_first():
    report = render([drifted()], Language.EN)
    assert re.findall(r"^\[(\w+)\]", report, re.MULTILINE) == ["high", "high", "medium", "low", "info"]


def test_a_table_in_doubt_says_so_in_the_head():
    head = render(EXAMPLES["packed"], Language.EN).partition("Findings")[0]
    assert "Third-party SDKs (parts could not be read" in head


def test_no_line_is_a_command_to_a_ci_server():
    report = render([hostile(), make.audit(make.finding(subject="##vso[task.setvariable]x"))], Language.EN)
    audit = make.audit(identity=make.identity(label="::set-output name=x::y"), gaps=[make.gap(file="::stop-commands::x")])
    report += render([audit], Language.EN)
    assert [line for line in report.splitlines() if "::" in line or "##vso[" in line or "##[" in line] == []


def test_weak_findings_do_not_count_as_contradictions():
    weak = make.finding(confidence=Confidence.LOW)
    small = make.finding(subject="b", severity=Severity.LOW)
    grave = make.finding(subject="c")
    assert "in one place" in render([make.audit(weak, small, grave)], Language.EN)


def test_a_grave_finding_that_is_not_sure_says_that_it_does_not_bear_on_the_verdict():
    report = render([make.audit(make.finding(subject="sure"), make.finding(subject="weak", confidence=Confidence.LOW))], Language.EN)
    heads = {line.split()[2]: line for line in report.splitlines() if line.startswith("[high]")}
    assert heads["weak"].endswith("confidence: low (does not bear on the verdict)")
    assert "does not bear" not in heads["sure"]
    assert "Findings (2)  bear on the verdict: high 1; do not bear on the verdict: high 1" in report.splitlines()


def test_much_evidence_is_cut_and_said_to_be():
    many = tuple(make.permission(f"P{number:02}") for number in range(27))
    report = render([make.audit(make.finding(evidence=many))], Language.EN)
    assert "permission android.permission.P24" in report
    assert "android.permission.P25" not in report
    assert "2 more pieces of evidence stand in the JSON report." in report

"""What holds for every format."""

from __future__ import annotations

import html
import random
import re
import subprocess
import sys

import pytest
from hypothesis import given, settings

from auditor.cli.commands import _FORMATS
from auditor.model import Language, Table, Verdict
from auditor.report import FORMATS
from auditor.report.plain import LONGEST, one_line, paragraphs
from auditor.report.words import (
    CONFIDENCES,
    FACT_KINDS,
    PHRASES,
    SENTENCES,
    SEVERITIES,
    STATES,
    SUBJECTS,
    TABLES,
    TIERS,
    VERDICTS,
)
from tests import factories as make
from tests import nouns
from tests.report.examples import EXAMPLES, HOSTILE, drifted, hostile, installed

WHOLE = [name for name in FORMATS if name not in ("xlsx", "pdf", "cyclonedx")]
"""Formats of text that hold all of an audit; the others have tests of their own as well."""
ALL = [(format_, language) for format_ in WHOLE for language in Language]
every = pytest.mark.parametrize(("format_", "language"), ALL)

# What a terminal, a log viewer or an editor would obey instead of showing.
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]")


def plain(report):
    """A report without the escapes of its syntax, so that values can be looked for."""
    text = html.unescape(html.unescape(report.replace("<!-- -->", "")))
    return text.replace("\\\\", "\\").replace('\\"', '"')


def shown(format_, report):
    """A report without the byte-order mark and the line ends that its format asks for."""
    return report.removeprefix("\ufeff").replace("\r\n", "\n") if format_ == "csv" else report


QUICK = [name for name in FORMATS if name != "pdf"]
"""A PDF takes seconds, and is the HTML page printed: it has tests of its own."""


def test_formats_are_those_promised():
    assert list(FORMATS) == ["text", "json", "html", "sarif", "junit", "markdown", "csv", "xlsx", "pdf", "cyclonedx"]
    assert [one.name for one in FORMATS.values() if one.human] == ["text", "html", "markdown", "csv", "xlsx", "pdf"]
    assert [one.name for one in FORMATS.values() if one.binary] == ["xlsx", "pdf"]
    assert list(_FORMATS) == list(FORMATS)  # the command line has them without importing any
    assert len({one.suffix for one in FORMATS.values()}) == len(FORMATS)


@every
def test_every_finding_is_in_every_format(format_, language):
    audit = drifted()
    report = plain(FORMATS[format_].render([audit], language))
    for finding in audit.findings:
        assert finding.rule in report
        assert finding.subject in report
        assert finding.message.in_(language) in report


@every
def test_every_gap_is_in_every_format(format_, language):
    (audit,) = EXAMPLES["packed"]
    report = plain(FORMATS[format_].render([audit], language))
    for gap in audit.gaps:
        assert gap.reason.in_(language) in report
        assert gap.location.file in report


@every
def test_the_verdict_and_the_tables_are_in_every_format(format_, language):
    for name in ("drifted", "packed", "ios"):
        (audit,) = EXAMPLES[name]
        report = plain(FORMATS[format_].render([audit], language))
        if FORMATS[format_].human:
            assert VERDICTS[audit.verdict].in_(language) in report
            for table in Table:
                assert TABLES[table].in_(language) in report
        else:
            assert audit.verdict.value in report
            for table in Table:
                assert table.value in report


@pytest.mark.parametrize("format_", ["text", "html", "markdown", "sarif", "junit", "csv"])
@pytest.mark.parametrize(("language", "words"), [(Language.ZH, "不构成法律意见"), (Language.EN, "no legal advice")])
def test_the_report_says_it_is_no_legal_advice(format_, language, words):
    assert words in FORMATS[format_].render(EXAMPLES["ios"], language)


@pytest.mark.parametrize(("format_", "language"), [(format_, language) for format_ in QUICK for language in Language])
@pytest.mark.parametrize("name", EXAMPLES)
def test_equal_audits_give_equal_bytes(name, format_, language):
    if not installed(format_):
        pytest.skip("the extra `reports` is not installed")
    report = FORMATS[format_].encoded(EXAMPLES[name], language)
    assert FORMATS[format_].encoded(list(EXAMPLES[name]), language) == report
    if not FORMATS[format_].binary:
        assert report.endswith(b"\n")
        assert FORMATS[format_].render(EXAMPLES[name], language) == report.decode("utf-8")


def test_reports_do_not_depend_on_the_hash_seed():
    code = (
        "import hashlib\nfrom auditor.model import Language\nfrom auditor.report import FORMATS\n"
        "from tests.report.examples import EXAMPLES, hostile, installed\n"
        "one = [*EXAMPLES['several'], hostile()]\n"
        f"quick = [f for f in FORMATS.values() if installed(f.name) and f.name in {QUICK}]\n"
        "print([hashlib.sha256(f.encoded(one, l)).hexdigest() for f in quick for l in Language])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            text=True,
            env={"PYTHONHASHSEED": str(seed), "PYTHONPATH": ":".join(filter(None, sys.path))},
        ).stdout
        for seed in random.Random(1).sample(range(1000), 2)
    }
    assert len(outputs) == 1


@every
def test_no_value_of_a_build_moves_a_cursor_or_turns_a_line(format_, language):
    report = shown(format_, FORMATS[format_].render([hostile()], language))
    assert report.encode("utf-8")
    assert [hex(ord(match)) for match in OBEYED.findall(report)] == []


@settings(max_examples=25, deadline=None)
@given(nouns.audits())
def test_any_audit_can_be_rendered(audit):
    for one in (FORMATS[name] for name in QUICK if installed(name)):
        for language in Language:
            if one.binary:
                assert one.encoded([audit, audit], language)
                continue
            report = shown(one.name, one.render([audit, audit], language))
            assert report.encode("utf-8")
            if one.name != "junit":  # ElementTree keeps characters that are fine in XML
                assert not OBEYED.search(report)


@pytest.mark.parametrize("format_", ["text", "json", "sarif", "junit", "markdown"])
def test_jinja2_is_imported_for_html_alone(format_):
    code = (
        "import sys\nfrom auditor.model import Language\nfrom auditor.report import FORMATS\n"
        f"FORMATS[{format_!r}].render([], Language.ZH)\nsys.exit('jinja2' in sys.modules)"
    )
    env = {"PYTHONPATH": ":".join(filter(None, sys.path))}
    assert subprocess.run([sys.executable, "-c", code], env=env).returncode == 0


# -- words ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", [PHRASES, VERDICTS, SENTENCES, SEVERITIES, CONFIDENCES, STATES, SUBJECTS, TABLES, TIERS, FACT_KINDS]
)
def test_every_phrase_has_both_languages_and_judges_nobody(words):
    for text in words.values():
        assert text.zh.strip()
        assert text.en.strip()
        for forbidden in ("合规", "违规", "违法"):
            assert forbidden not in text.zh
        for forbidden in ("complian", "complies", "violat", "illegal"):
            assert forbidden not in text.en.lower()


def test_the_verdicts_are_worded_as_agreed():
    assert {verdict: (text.zh, text.en) for verdict, text in VERDICTS.items()} == {
        Verdict.CONSISTENT: ("未发现与声明不一致", "No contradiction with the declaration found"),
        Verdict.CONTRADICTED: ("与声明不一致", "Contradicts the declaration"),
        Verdict.INCONCLUSIVE: ("无法得出结论", "Inconclusive"),
    }


def test_one_contradiction_is_not_several():
    report = FORMATS["text"].render([make.audit(make.finding())], Language.EN)
    assert "in one place of at least medium" in report
    report = FORMATS["text"].render([make.audit(make.finding(), make.finding(subject="x"))], Language.EN)
    assert "in 2 places of at least medium" in report


# -- values ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("\x1b[31m", "\\x1b[31m"),
        ("a\nb", "a\\x0ab"),
        ("\x9b2J", "\\x9b2J"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("a\ud800", "a\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("x" * (LONGEST + 3), "x" * LONGEST + "… (+3)"),
    ],
)
def test_what_has_no_shape_is_spelt_out(value, shown):
    assert one_line(value) == shown


@pytest.mark.parametrize("value", ["", "特购", "com.example.shop", "مرحبا", "👩\u200d👧", "é", "<b>|`=1+1`", "\U00020000"])
def test_ordinary_text_stays_as_it_is(value):
    assert one_line(value) == value


def test_paragraphs_close_up_chinese_lines_and_space_english_ones():
    assert paragraphs("检查每项\n   权限是否\n\n  See the\n policy 权限\n table\n\n\n") == (
        "检查每项权限是否",
        "See the policy 权限 table",
    )


def test_hostile_values_are_all_in_the_hostile_example():
    audit = hostile()
    assert {finding.subject for finding in audit.findings} == set(HOSTILE)

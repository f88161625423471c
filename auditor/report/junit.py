"""Audits as JUnit XML, which CI servers show as tests: one test per subject compared.

The form is the one that Jenkins, GitLab and Maven Surefire read (testsuites > testsuite > testcase). It has no element
for a doubt, so what could not be checked is a skipped test that says why.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence

from auditor.model import Audit, Finding, Language, Row, State, Text
from auditor.report.outline import is_contradiction, outline, place
from auditor.report.parts import Card
from auditor.report.plain import one_line
from auditor.report.words import Words

__all__ = ["render"]

# XML 1.0, production 2: what is no character at all cannot even be escaped.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


_Cards = Mapping[Finding, Card]


def render(audits: Sequence[Audit], language: Language) -> str:
    """Return ``audits`` as one JUnit document, a test suite each.

    A test fails for findings of at least medium severity and confidence, and shows weaker ones as its output. Findings
    on subjects of no table are tests of their own, and so is each gap (skipped). There are no times in it.
    """
    words = Words(language)
    root = ET.Element("testsuites")
    totals = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for audit in audits:
        suite = _suite(audit, words)
        root.append(suite)
        for key in totals:
            totals[key] += int(suite.attrib[key])
    root.attrib.update({"name": "auditor", **{key: str(number) for key, number in totals.items()}})
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(audit: Audit, words: Words) -> ET.Element:
    suite = ET.Element("testsuite")
    head = outline(audit, words.language)
    properties = ET.SubElement(suite, "properties")
    for name, value in (
        ("verdict", audit.verdict.value),
        ("app_id", audit.identity.app_id),
        ("version", audit.identity.version),
        ("sha256", audit.identity.sha256),
        ("declaration", audit.declaration.file),
        ("checked", ", ".join(one.table.value for one in audit.checked if one.compared)),
        ("not_checked", ", ".join(one.table.value for one in audit.checked if not one.compared)),
        ("auditor", audit.tool.version),
        ("knowledge", audit.tool.knowledge),
        ("notice", head.disclaimer),
    ):
        ET.SubElement(properties, "property", name=name, value=_legal(one_line(value)))
    cards = dict(zip((*audit.findings, *audit.accepted), (*head.findings, *head.accepted), strict=True))
    left = [*audit.findings, *audit.accepted]
    for one in audit.checked:
        if one.compared:
            for row in audit.table(one.table):
                found = [finding for finding in left if audit.is_about(finding, row)]
                left = [finding for finding in left if not audit.is_about(finding, row)]
                suite.append(_row(row, found, cards, words))
        else:
            case = _case(one.table.value, words.table(one.table))
            _skip(case, _in(one.reason, words) or words("unchecked"))
            suite.append(case)
    for finding in left:
        case = _case(f"rules.{finding.rule}", f"{finding.rule}: {finding.subject or words('declared.whole')}")
        _skip_accepted(case, [finding], cards, words)
        _judge(case, [finding], cards, words)
        suite.append(case)
    for gap, note in zip(audit.gaps, head.gaps, strict=True):
        case = _case("gaps", str(gap.location))
        _skip(case, words.remarked(note.reason, note.decision))
        suite.append(case)
    cases = suite.findall("testcase")
    suite.attrib.update(
        {
            "name": _legal(f"auditor {one_line(audit.identity.app_id or audit.identity.label)}".rstrip()),
            "tests": str(len(cases)),
            "failures": str(sum(case.find("failure") is not None for case in cases)),
            "errors": "0",
            "skipped": str(sum(case.find("skipped") is not None for case in cases)),
        }
    )
    return suite


def _row(row: Row, findings: Sequence[Finding], cards: _Cards, words: Words) -> ET.Element:
    case = _case(row.table.value, row.subject)
    if any(is_contradiction(finding) and not cards[finding].lifted for finding in findings):
        _judge(case, findings, cards, words)
        return case
    if _skip_accepted(case, findings, cards, words):
        _judge(case, findings, cards, words)
        return case
    if row.state in (State.UNCHECKED, State.NOT_APPLICABLE):
        note = _in(row.note, words)
        _skip(case, f"{words.state(row.state)}{words('colon')}{note}" if note else words.state(row.state))
    _judge(case, findings, cards, words)
    return case


def _skip_accepted(case: ET.Element, findings: Sequence[Finding], cards: _Cards, words: Words) -> bool:
    """Make a test skipped that has nothing but findings that decisions accept."""
    if not findings or not all(cards[finding].lifted for finding in findings):
        return False
    _skip(case, "; ".join(dict.fromkeys(cards[finding].decision or words("accepted") for finding in findings)))
    return True


def _judge(case: ET.Element, findings: Sequence[Finding], cards: _Cards, words: Words) -> None:
    grave = [finding for finding in findings if is_contradiction(finding) and not cards[finding].lifted]
    light = [finding for finding in findings if finding not in grave]
    if grave:
        failure = ET.SubElement(
            case,
            "failure",
            message=_legal("; ".join(_in(finding.message, words) for finding in grave)),
            type=_legal(one_line(grave[0].rule)),
        )
        failure.text = _legal("\n\n".join(_details(finding, cards[finding], words) for finding in grave))
    if light:
        ET.SubElement(case, "system-out").text = _legal("\n\n".join(_details(finding, cards[finding], words) for finding in light))


def _details(finding: Finding, card: Card, words: Words) -> str:
    colon = words("colon")
    lines = [
        f"{one_line(finding.rule)}: {one_line(finding.subject)}",
        _in(finding.message, words),
        words("severity.is", word=words.severity(finding.severity)),
        words("confidence.is", word=words.confidence(finding.confidence)),
        *([f"{words('decision')}{colon}{card.decision}"] if card.decision else []),
        *(f"{words('evidence')}{colon}{one.line}" for one in card.evidence),
        *([card.more] if card.more else []),
    ]
    if finding.declared:
        lines.append(f"{words('declaration')}{colon}{place(finding.declared)}")
    lines.append(f"{words('remedy')}{colon}{_in(finding.remedy, words)}")
    return "\n".join(lines)


def _case(classname: str, name: str) -> ET.Element:
    return ET.Element("testcase", classname=_legal(f"auditor.{one_line(classname)}"), name=_legal(one_line(name)))


def _skip(case: ET.Element, why: str) -> None:
    ET.SubElement(case, "skipped", message=_legal(why))


def _in(text: Text | None, words: Words) -> str:
    return one_line(text.in_(words.language)) if text else ""


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text)

"""The list of rules, and what happens when one breaks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import auditor.rules
from auditor.knowledge.load import clauses_for, load
from auditor.model import Severity, State, Table, Text
from auditor.rules import RULES, run_rules
from auditor.rules._rule import Claim, rule
from auditor.tables import Case
from tests.factories import declaration, declared_permission, declared_sdk, permission, row
from tests.rules.cases import NOTHING, case, document


def test_every_rule_file_is_in_the_list() -> None:
    files = {path.stem for path in Path(auditor.rules.__file__).parent.glob("*.py") if not path.stem.startswith("_")}
    assert {one.info.id.replace("-", "_") for one in RULES} == files


def test_every_rule_is_explained_in_both_languages_and_cites_only_verified_clauses() -> None:
    for one in RULES:
        assert "How to put it right" in one.info.help.en, one.info.id
        assert "如何处理" in one.info.help.zh, one.info.id
        assert one.info.title.zh != one.info.title.en
        assert [clause.id for clause in clauses_for(load(), one.info.cites)] == list(one.info.cites)


@rule(title=Text(zh="坏", en="broken"), severity=Severity.HIGH, zh="坏", limits=Text(zh="", en=""))
def broken(case: Case) -> Iterator[Claim]:
    """Break on purpose."""
    yield from ()
    raise KeyError("nothing")


def test_a_broken_rule_is_a_gap_and_the_others_still_speak() -> None:
    sms = permission("READ_SMS")
    one = case(row(Table.PERMISSIONS, sms.name, found=(sms,), state=State.UNDECLARED))
    findings, gaps = run_rules(one, (broken, *RULES))
    assert sms.name in {finding.subject for finding in findings}
    assert [gap.location.at for gap in gaps] == ["rule broken"]
    assert gaps[0].hides == set(Table)


def test_findings_come_gravest_first_and_are_the_same_each_time() -> None:
    declared = declaration(permissions=(declared_permission("CAMERA", purpose=""),))
    sms = permission("READ_SMS")
    one = case(row(Table.PERMISSIONS, sms.name, found=(sms,), state=State.UNDECLARED), declared=declared)
    first, _ = run_rules(one)
    assert [finding.rule for finding in first] == [
        "undeclared-permission",
        "permission-without-purpose",
        "identity-mismatch",
    ]
    assert first == run_rules(one)[0]


def test_a_document_alone_hears_only_the_document_rules() -> None:
    findings, gaps = run_rules(document(declaration(permissions=(declared_permission("CAMERA", purpose=""),))))
    assert [finding.rule for finding in findings] == ["permission-without-purpose"]
    assert gaps == ()


def test_fingerprints_hold_no_place_and_differ_by_rule_and_subject() -> None:
    sms, camera = permission("READ_SMS"), permission("CAMERA")
    rows = [row(Table.PERMISSIONS, one.name, found=(one,), state=State.UNDECLARED) for one in (sms, camera)]
    here, _ = run_rules(case(*rows))
    moved = permission("READ_SMS", max_sdk="30")
    there, _ = run_rules(case(row(Table.PERMISSIONS, sms.name, found=(moved,), state=State.UNDECLARED)))
    prints = {finding.subject: finding.fingerprint for finding in here}
    assert len(set(prints.values())) == len(prints)
    assert {finding.fingerprint for finding in there} <= set(prints.values())


def test_every_remedy_says_who_has_to_act() -> None:
    sms = permission("READ_SMS")
    undeclared = row(Table.PERMISSIONS, sms.name, found=(sms,), state=State.UNDECLARED)
    bare = declared_sdk("应用安全SDK", package="", purpose="")
    declared = declaration(
        permissions=(declared_permission("CAMERA", purpose=""),), sdks=(bare, declared_sdk("Acme", package="com.acme"))
    )
    gone = row(Table.PERMISSIONS, declared.permissions[0].name, State.NOT_FOUND, declared=declared.permissions[0])
    resolutions = dict.fromkeys(declared.sdks, NOTHING)
    findings, _ = run_rules(case(undeclared, gone, declared=declared, resolutions=resolutions))
    assert {finding.rule for finding in findings} >= {
        "undeclared-permission", "declared-not-found", "identity-mismatch", "incomplete-sdk-row",
        "permission-without-purpose", "unresolved-declared-sdk",
    }
    for finding in findings:
        assert finding.steps, finding
        first = finding.steps[0].owner.actor
        assert finding.remedy.zh.startswith(f"{first.zh}："), finding
        assert finding.remedy.en.startswith(f"{first.en}: "), finding


def test_every_rule_says_what_it_does_not_look_at() -> None:
    assert [one.info.id for one in RULES if not (one.info.limits.zh and one.info.limits.en)] == []

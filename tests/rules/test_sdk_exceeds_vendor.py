"""What SDKs collect beyond what is known of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.model import Collection, Confidence, Row, Severity, State, Table
from auditor.rules import sdk_exceeds_vendor
from tests.factories import collection, row
from tests.knowledge_factories import cover, knowledge, sdk
from tests.rules.cases import case, said

KNOWN = replace(knowledge(sdk("acme-push", collects=("imei", "photos"))), data_covers=(cover("photos", "camera"),))


def data(found: Collection, state: State = State.MATCHED) -> Row:
    return row(Table.DATA, found.type, state, collectors=(found,))


def says(*rows: Row) -> dict[str, str]:
    return said(sdk_exceeds_vendor, case(*rows, known=KNOWN))


@pytest.mark.parametrize("state", [State.MATCHED, State.UNDECLARED, State.DIFFERS])
def test_what_an_sdk_is_not_known_to_collect_is_low_whatever_is_declared(state: State) -> None:
    assert says(data(collection("sms", "acme-push"), state)) == {"acme-push": "low low"}


def test_one_finding_names_all_of_it() -> None:
    rows = (data(collection("sms", "acme-push")), data(collection("contacts", "acme-push", confidence=Confidence.MEDIUM)))
    (finding,) = sdk_exceeds_vendor.run(case(*rows, known=KNOWN))
    assert "contacts, sms" in finding.message.en


@pytest.mark.parametrize(
    "found",
    [
        collection("imei", "acme-push"),
        collection("camera", "acme-push"),
        collection("sms"),
        collection("sms", "unknown"),
        collection("sms", "acme-push", severity=Severity.LOW),
        collection("sms", "acme-push", may=True),
        collection("sms", "acme-push", can_succeed=False),
    ],
)
def test_what_is_known_what_others_read_context_and_what_is_not_shown_is_quiet(found: Collection) -> None:
    assert says(data(found)) == {}

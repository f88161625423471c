"""What SDKs collect beyond their rows: one finding for each SDK."""

from __future__ import annotations

import pytest

from auditor.model import Collection, Confidence, Row, Severity, State, Table
from auditor.rules import sdk_exceeds_declaration
from tests.factories import collection, declared_sdk, row
from tests.knowledge_factories import knowledge, sdk
from tests.rules.cases import case, said

KNOWN = knowledge(sdk("acme-push"), sdk("maps"))
LISTED = declared_sdk("Push", data=("device_info",))
LISTING = row(Table.SDKS, "acme-push", State.MATCHED, declared=LISTED)


def data(type_: str, *found: Collection, beyond: tuple[str, ...] = ("acme-push",)) -> Row:
    return row(Table.DATA, type_, State.MATCHED, collectors=found, beyond=beyond)


def says(*rows: Row) -> dict[str, str]:
    return said(sdk_exceeds_declaration, case(LISTING, *rows, known=KNOWN))


def test_it_is_medium_at_most_and_as_sure_as_the_gravest_call() -> None:
    assert says(data("imei", collection(sdk="acme-push"))) == {"acme-push": "medium high"}
    assert says(data("imei", collection(sdk="acme-push", confidence=Confidence.MEDIUM))) == {"acme-push": "medium medium"}


def test_one_finding_names_all_that_an_sdk_reads_beyond_its_row() -> None:
    rows = (data("imei", collection(sdk="acme-push")), data("sms", collection("sms", "acme-push")))
    (finding,) = sdk_exceeds_declaration.run(case(LISTING, *rows, known=KNOWN))
    assert "imei, sms" in finding.message.en
    assert "com.igexin" in finding.message.en
    assert finding.declared == LISTED.location
    assert len(finding.evidence) == 2


def test_one_sensitive_kind_among_them_brings_the_clauses_on_sensitive_data() -> None:
    known = knowledge(sdk("acme-push"), sensitive=["sms"])
    imei, sms = data("imei", collection(sdk="acme-push")), data("sms", collection("sms", "acme-push"))
    for rows, more in (((imei,), ()), ((imei, sms), ("PIPL-28", "PIPL-30"))):
        (finding,) = sdk_exceeds_declaration.run(case(LISTING, *rows, known=known))
        assert finding.regulations == ("CAC191-2.1", "PIPL-23", "MIIT164-3", *more)


def test_context_alone_is_low_or_quiet() -> None:
    assert says(data("imei", collection(sdk="acme-push", severity=Severity.LOW))) == {"acme-push": "low high"}
    assert says(data("imei", collection(sdk="acme-push", severity=Severity.INFO))) == {}


@pytest.mark.parametrize(
    "quiet",
    [
        data("imei", collection(sdk="acme-push"), beyond=()),
        data("imei", collection(), collection(sdk="maps")),
        data("imei", collection(sdk="acme-push", can_succeed=False)),
        data("imei", collection(sdk="acme-push", may=True)),
    ],
)
def test_what_the_row_names_what_others_read_and_what_is_not_shown_is_quiet(quiet: Row) -> None:
    assert says(quiet) == {}

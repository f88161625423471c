"""What goes beyond the necessary information of the declared category: one note."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.knowledge.schema import Category
from auditor.model import Collection, Confidence, Row, Severity, State, Table
from auditor.rules import beyond_necessary_information
from tests.factories import collection, declaration, row
from tests.knowledge_factories import cover, knowledge, words
from tests.rules.cases import case, said

SHOPPING = Category(id="CAT39-06", name=words("shopping"), necessary=("imei", "photos"), unverified=False)
KNOWN = replace(knowledge(), categories={"CAT39-06": SHOPPING}, data_covers=(cover("photos", "camera"),))


def data(found: Collection) -> Row:
    return row(Table.DATA, found.type, State.MATCHED, collectors=(found,))


def says(*rows: Row, category: str = "CAT39-06", known: object = KNOWN) -> dict[str, str]:
    return said(beyond_necessary_information, case(*rows, declared=declaration(category=category), known=known))  # type: ignore[arg-type]


def test_one_note_names_all_that_goes_beyond() -> None:
    rows = (data(collection("sms")), data(collection("contacts", confidence=Confidence.MEDIUM)), data(collection("imei")))
    (finding,) = beyond_necessary_information.run(case(*rows, known=KNOWN))
    assert (finding.subject, finding.severity, finding.confidence) == ("CAT39-06", Severity.INFO, Confidence.HIGH)
    assert "sms, contacts" in finding.message.en
    assert "imei" not in finding.message.en


@pytest.mark.parametrize("type_", ["imei", "photos", "camera"])
def test_necessary_information_is_quiet(type_: str) -> None:
    assert says(data(collection(type_))) == {}


@pytest.mark.parametrize("weak", [{"severity": Severity.LOW}, {"may": True}, {"can_succeed": False}])
def test_context_and_what_is_not_shown_is_quiet(weak: dict[str, object]) -> None:
    assert says(data(collection("sms", **weak))) == {}


def test_without_a_category_or_with_one_nobody_verified_it_is_quiet() -> None:
    assert says(data(collection("sms")), category="") == {}
    unsure = replace(KNOWN, categories={"CAT39-06": replace(SHOPPING, unverified=True)})
    assert says(data(collection("sms")), known=unsure) == {}

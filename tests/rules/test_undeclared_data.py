"""Undeclared data: graver the more the calls say, and lighter where the policy touches it."""

from __future__ import annotations

import pytest

from auditor.model import Collection, Confidence, OwnerKind, Row, Severity, State, Table
from auditor.rules import undeclared_data
from tests.factories import collection, declared_data, declared_sdk, line, row
from tests.knowledge_factories import knowledge, sdk
from tests.rules.cases import case, said

KNOWN = knowledge(sdk("acme-push"))


def data(*found: Collection, state: State = State.UNDECLARED, **changes: object) -> Row:
    return row(Table.DATA, "imei", state, collectors=found, **changes)


def says(one: Row) -> dict[str, str]:
    return said(undeclared_data, case(one, known=KNOWN))


@pytest.mark.parametrize(
    ("severity", "expected"),
    [(Severity.HIGH, "high high"), (Severity.MEDIUM, "medium high"), (Severity.LOW, "low high")],
)
def test_it_is_as_grave_as_what_the_calls_say(severity: Severity, expected: str) -> None:
    assert says(data(collection(severity=severity))) == {"imei": expected}


def test_the_surest_of_the_gravest_decides_how_sure() -> None:
    sure_and_light = collection(severity=Severity.LOW)
    assert says(data(collection(sdk="acme-push", confidence=Confidence.MEDIUM), sure_and_light)) == {"imei": "high medium"}


def test_the_message_names_the_data_the_owners_and_the_places() -> None:
    unowned = collection(owner=OwnerKind.UNATTRIBUTED, confidence=Confidence.MEDIUM)
    (finding,) = undeclared_data.run(case(data(collection(), collection(sdk="acme-push"), unowned), known=KNOWN))
    assert finding.message.en == (
        "Code of the build can read “imei” (the app's own code, Acme-Push, code whose owner is not known); the policy does not list it"
    )
    assert finding.evidence == (*collection().evidence, *collection(sdk="acme-push").evidence)
    assert finding.declared == line(1)


@pytest.mark.parametrize(("sensitive", "more"), [(True, ("PIPL-28", "PIPL-30")), (False, ())])
def test_clauses_on_sensitive_data_are_cited_where_it_is(sensitive: bool, more: tuple[str, ...]) -> None:
    known = knowledge(sdk("acme-push"), sensitive=["imei"] if sensitive else [])
    (finding,) = undeclared_data.run(case(data(collection()), known=known))
    assert finding.regulations == ("CAC191-2.1", "MIIT164-1", "PIPL-17", *more)


def test_general_words_make_it_lighter_and_are_quoted() -> None:
    vague = declared_data("device_id", text="设备标识符", vague=True)
    one = data(collection(), state=State.DIFFERS, declared=vague, covered_by="device_id")
    assert says(one) == {"imei": "medium high"}
    (finding,) = undeclared_data.run(case(one, known=KNOWN))
    assert "“设备标识符”" in finding.message.en
    assert finding.declared == vague.location


def test_what_is_listed_for_sdks_alone_is_lighter_and_lightest_where_only_sdks_read_it() -> None:
    listed = declared_sdk(data=("imei",))
    assert says(data(collection(), state=State.DIFFERS, declared=listed)) == {"imei": "medium high"}
    assert says(data(collection(sdk="acme-push"), state=State.DIFFERS, declared=listed)) == {"imei": "low high"}


@pytest.mark.parametrize("state", [state for state in State if state not in (State.UNDECLARED, State.DIFFERS)])
def test_any_other_state_is_quiet(state: State) -> None:
    assert says(data(collection(), state=state)) == {}


def test_context_alone_is_quiet() -> None:
    assert says(data(collection(severity=Severity.INFO))) == {}


@pytest.mark.parametrize(
    "weak",
    [
        collection(owner=OwnerKind.BYSTANDER, confidence=Confidence.LOW),
        collection(may=True, confidence=Confidence.LOW),
        collection(can_succeed=False, confidence=Confidence.LOW),
    ],
)
def test_what_is_not_shown_is_quiet(weak: Collection) -> None:
    assert says(data(weak)) == {}


def test_what_is_denied_is_another_rule_s() -> None:
    assert says(data(collection(), state=State.DIFFERS, denied_by=(declared_data("imei"),))) == {}

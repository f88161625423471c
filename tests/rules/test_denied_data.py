"""Denied data: high where the build collects it, low where the policy contradicts itself."""

from __future__ import annotations

import pytest

from auditor.model import Collection, Confidence, OwnerKind, Row, Severity, State, Table
from auditor.rules import denied_data
from tests.factories import collection, declared_data, row
from tests.knowledge_factories import knowledge, sdk
from tests.rules.cases import case, said

DENIAL = declared_data("imei", text="我们不会收集您的 IMEI")
KNOWN = knowledge(sdk("acme-push"))


def data(*found: Collection, state: State = State.DIFFERS, denials: tuple[object, ...] = (DENIAL,)) -> Row:
    return row(Table.DATA, "imei", state, collectors=found, denied_by=denials)


def says(one: Row) -> dict[str, str]:
    return said(denied_data, case(one, known=KNOWN))


def test_what_is_denied_and_collected_is_high() -> None:
    assert says(data(collection())) == {"imei": "high high"}
    assert says(data(collection(sdk="acme-push", confidence=Confidence.MEDIUM))) == {"imei": "high medium"}


def test_the_denial_is_quoted_and_pointed_at() -> None:
    (finding,) = denied_data.run(case(data(collection()), known=KNOWN))
    assert "我们不会收集您的 IMEI" in finding.message.zh
    assert (finding.declared, finding.policy) == (DENIAL.location, DENIAL.policy)


def test_a_policy_that_says_both_is_low() -> None:
    assert says(data(collection(), state=State.MATCHED)) == {"imei": "low high"}


def test_context_of_little_weight_is_low() -> None:
    assert says(data(collection(severity=Severity.LOW))) == {"imei": "low high"}


def test_without_a_denial_it_is_quiet() -> None:
    assert says(data(collection(), denials=())) == {}


@pytest.mark.parametrize(
    "weak",
    [
        collection(owner=OwnerKind.BYSTANDER, confidence=Confidence.LOW),
        collection(may=True, confidence=Confidence.LOW),
        collection(can_succeed=False, confidence=Confidence.LOW),
        collection(severity=Severity.INFO),
    ],
)
def test_a_denial_that_nothing_is_shown_to_break_is_quiet(weak: Collection) -> None:
    assert says(data(weak)) == {}
    assert says(data(state=State.NOT_FOUND)) == {}

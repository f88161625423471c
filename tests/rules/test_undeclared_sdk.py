"""Undeclared SDKs: only those whose code is there and that collect something."""

from __future__ import annotations

import pytest

from auditor.model import Confidence, Finding, SdkTier, State, Table
from auditor.rules import undeclared_sdk
from tests.factories import row
from tests.factories import sdk as found_sdk
from tests.knowledge_factories import knowledge, sdk
from tests.rules.cases import case, said

KNOWN = knowledge(sdk("acme-push"), sdk("http", collects=()))


def says(id_: str, state: State = State.UNDECLARED, **changes: object) -> dict[str, str]:
    one = found_sdk(id_, **changes)
    return said(undeclared_sdk, case(row(Table.SDKS, id_, state, sdk=one, found=one.evidence), known=KNOWN))


@pytest.mark.parametrize("tier", [tier for tier in SdkTier if tier > SdkTier.NAMED])
def test_code_of_an_undeclared_sdk_is_high(tier: SdkTier) -> None:
    assert says("acme-push", tier=tier) == {"acme-push": "high high"}


def test_the_identification_s_own_doubt_is_kept() -> None:
    assert says("acme-push", confidence=Confidence.MEDIUM) == {"acme-push": "high medium"}


def test_a_doubtful_sdk_is_only_said_to_seem_there_and_a_reviewer_looks_first() -> None:
    def finding(confidence: Confidence) -> Finding:
        one = found_sdk("acme-push", confidence=confidence)
        undeclared = row(Table.SDKS, "acme-push", State.UNDECLARED, sdk=one, found=one.evidence)
        (claim,) = undeclared_sdk.run(case(undeclared, known=KNOWN))
        return claim

    low, sure = finding(Confidence.LOW), finding(Confidence.MEDIUM)
    assert ("疑似" in low.message.zh, "疑似" in sure.message.zh) == (True, False)
    assert ("seems to hold" in low.message.en, "holds code" in sure.message.en) == (True, True)
    assert low.remedy.en.startswith("Reviewer: ")
    assert sure.remedy.en.startswith("Developers: ")


def test_a_mere_name_is_no_finding() -> None:
    assert says("acme-push", tier=SdkTier.NAMED) == {}


def test_a_library_that_collects_nothing_is_no_finding() -> None:
    assert says("http") == {}


@pytest.mark.parametrize("state", [state for state in State if state is not State.UNDECLARED])
def test_any_other_state_is_quiet(state: State) -> None:
    assert says("acme-push", state) == {}

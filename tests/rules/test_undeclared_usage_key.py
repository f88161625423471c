"""Undeclared usage keys."""

from __future__ import annotations

import pytest

from auditor.model import State, Table
from auditor.rules import undeclared_usage_key
from tests.factories import row, usage_string
from tests.rules.cases import case, said


def says(key: str, state: State) -> dict[str, str]:
    return said(undeclared_usage_key, case(row(Table.USAGE_KEYS, key, state, found=(usage_string(key),))))


def test_an_undeclared_key_is_high_whether_it_is_known_or_not() -> None:
    assert says("NSMotionUsageDescription", State.UNDECLARED) == {"NSMotionUsageDescription": "high high"}
    assert says("NSNewThingUsageDescription", State.UNDECLARED) == {"NSNewThingUsageDescription": "high high"}


@pytest.mark.parametrize("state", [state for state in State if state is not State.UNDECLARED])
def test_any_other_state_is_quiet(state: State) -> None:
    assert says("NSMotionUsageDescription", state) == {}

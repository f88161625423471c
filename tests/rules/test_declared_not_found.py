"""What the policy declares and the build lacks is asked about, never held against it."""

from __future__ import annotations

import pytest

from auditor.model import State, Table
from auditor.rules import declared_not_found
from tests.factories import declared_data, declared_permission, declared_sdk, declared_usage_key, row
from tests.rules.cases import case, said


@pytest.mark.parametrize(
    ("table", "subject", "declared"),
    [
        (Table.PERMISSIONS, "android.permission.CAMERA", declared_permission("CAMERA")),
        (Table.USAGE_KEYS, "NSCameraUsageDescription", declared_usage_key("NSCameraUsageDescription")),
        (Table.SDKS, "acme-push", declared_sdk()),
    ],
)
def test_each_table_s_missing_rows_are_low_and_end_in_a_question(table: Table, subject: str, declared: object) -> None:
    one = case(row(table, subject, State.NOT_FOUND, declared=declared))
    assert said(declared_not_found, one) == {subject: "low medium"}
    (finding,) = declared_not_found.run(one)
    assert finding.message.zh.endswith("？")
    assert finding.message.en.endswith("?")
    assert finding.declared == declared.location  # type: ignore[attr-defined]


@pytest.mark.parametrize("state", [state for state in State if state is not State.NOT_FOUND])
def test_any_other_state_is_quiet(state: State) -> None:
    assert said(declared_not_found, case(row(Table.SDKS, "acme-push", state, declared=declared_sdk()))) == {}
    assert said(declared_not_found, case(row(Table.DATA, "imei", State.UNCHECKED, declared=declared_data("imei")))) == {}

"""Which undeclared permissions are findings, and how grave."""

from __future__ import annotations

import pytest

from auditor.model import State, Table
from auditor.rules import undeclared_permission
from tests.factories import permission, row
from tests.rules.cases import case, said

P = "android.permission."


def says(name: str, state: State = State.UNDECLARED) -> dict[str, str]:
    full = name if "." in name else P + name
    return said(undeclared_permission, case(row(Table.PERMISSIONS, full, state, found=(permission(full),))))


@pytest.mark.parametrize(
    ("name", "judgement"),
    [
        ("READ_SMS", "high high"),
        ("ACCESS_BACKGROUND_LOCATION", "high high"),
        ("SYSTEM_ALERT_WINDOW", "high high"),
        ("QUERY_ALL_PACKAGES", "medium high"),
        ("com.vendor.permission.GET_INSTALLED_APPS", "high high"),
    ],
)
def test_permissions_that_matter_are_findings(name: str, judgement: str) -> None:
    assert list(says(name).values()) == [judgement]


@pytest.mark.parametrize(
    "name",
    [
        "INTERNET",
        "READ_LOGS",
        "com.vendor.permission.BADGE",
        "com.vendor.permission.AD_ID",
        "com.example.shop.permission.C2D_MESSAGE",
        "NO_SUCH_PERMISSION",
    ],
)
def test_permissions_that_open_nothing_to_an_app_stand_in_the_table_only(name: str) -> None:
    assert says(name) == {}


@pytest.mark.parametrize("state", [state for state in State if state is not State.UNDECLARED])
def test_only_what_is_undeclared_is_a_finding(state: State) -> None:
    assert says("READ_SMS", state) == {}


def test_the_finding_names_evidence_and_clauses() -> None:
    found = permission("READ_SMS")
    (finding,) = undeclared_permission.run(case(row(Table.PERMISSIONS, found.name, State.UNDECLARED, found=(found,))))
    assert finding.evidence == (found,)
    assert finding.regulations == ("CAC191-2.1", "CAC191-3.3", "PIPL-17")
    assert "READ_SMS" in finding.message.zh
    assert "READ_SMS" in finding.remedy.en

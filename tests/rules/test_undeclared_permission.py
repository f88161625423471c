"""Which undeclared permissions are findings, and how grave."""

from __future__ import annotations

import pytest

from auditor.model import FactKind, Owner, State, Table
from auditor.rules import undeclared_permission
from tests.factories import build, fact, permission, row
from tests.knowledge_factories import knowledge
from tests.knowledge_factories import permission as knowledge_permission
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
    assert finding.regulations == ("CAC191-2.1", "PIPL-17")
    assert "READ_SMS" in finding.message.zh
    assert [step.owner for step in finding.steps] == [Owner.PRODUCT, Owner.ENGINEERING, Owner.LEGAL]
    assert finding.wording is not None
    assert "READ_SMS" in finding.wording.zh
    assert "【用于什么】" in finding.wording.zh


def test_a_permission_to_bind_matters_only_with_a_service_that_answers_to_it() -> None:
    name = P + "BIND_INPUT_METHOD"
    asked = permission("BIND_INPUT_METHOD")
    known = knowledge(permissions=[knowledge_permission("BIND_INPUT_METHOD", "signature", special_access=True)])
    service = fact(FactKind.COMPONENT, "com.example.Keyboard", "service", permission=name)
    other = fact(FactKind.COMPONENT, "com.example.Sync", "service", permission=P + "BIND_JOB_SERVICE")
    undeclared = row(Table.PERMISSIONS, name, State.UNDECLARED, found=(asked,))
    assert said(undeclared_permission, case(undeclared, known=known, of=build(asked, other))) == {}
    (finding,) = undeclared_permission.run(case(undeclared, known=known, of=build(asked, service, other)))
    assert finding.evidence == (asked, service)


def test_the_message_says_why_a_normal_permission_matters() -> None:
    def message(name: str) -> str:
        asked = permission(name)
        one = case(row(Table.PERMISSIONS, asked.name, State.UNDECLARED, found=(asked,)), of=build(asked))
        (finding,) = undeclared_permission.run(one)
        return finding.message.en.partition("), ")[2]

    assert message("QUERY_ALL_PACKAGES") == "which opens personal data and which the policy does not list"
    assert message("READ_SMS") == "which the policy does not list"


def test_a_library_that_is_no_sdk_is_named_by_its_coordinates() -> None:
    name = f"{P}READ_SMS"
    asked = row(Table.PERMISSIONS, name, State.UNDECLARED, found=(permission(name),), asked_by=("org.scan:scan",))
    (one,) = undeclared_permission.run(case(asked))
    assert "org.scan:scan" in one.remedy.en
    assert "org.scan:scan" in one.remedy.zh

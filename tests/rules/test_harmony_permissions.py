"""HarmonyOS permissions: how they stand to what is declared, and what the rules make of it. With the knowledge as shipped."""

from __future__ import annotations

import pytest

from auditor.knowledge.load import load
from auditor.model import Declaration, DeclaredPermission, Fact, FactKind, Platform, Table
from auditor.rules import (
    declared_not_found,
    empty_usage_string,
    permission_without_purpose,
    permission_without_reason,
    purpose_differs,
    undeclared_permission,
    usage_string_vague,
)
from auditor.tables import Case, compare
from tests.factories import build, collection, conduct, declaration, declared_permission, fact, gap
from tests.rules.cases import said

P = "ohos.permission."
MODULE = "module.json"


def asked(name: str, **traits: str) -> Fact:
    return fact(FactKind.PERMISSION, P + name, by="entry", file=MODULE, at="requestPermissions[0]", **traits)


def reason(name: str, text: str, language: str = "base") -> Fact:
    return fact(FactKind.PERMISSION_REASON, P + name, text, by=language, file="resources.index", module="entry")


def declares(*rows: DeclaredPermission) -> Declaration:
    return declaration(harmony_permissions=rows)


def says(name: str, purpose: str = "拍照") -> DeclaredPermission:
    return declared_permission(P + name, purpose=purpose)


def against(*facts: Fact, declared: Declaration | None = None, label: str = "小店", hidden: bool = False) -> Case:
    gaps = [gap("unreadable", Table.HARMONY_PERMISSIONS)] if hidden else []
    one = build(*facts, platform=Platform.HARMONYOS, label=label, gaps=gaps)
    return compare(one, conduct(), declared or declares(), load())


def states(case: Case) -> dict[str, str]:
    return {row.subject.removeprefix(P): row.state.value for row in case.table(Table.HARMONY_PERMISSIONS)}


def test_what_is_asked_for_and_what_is_declared_meet_by_name() -> None:
    case = against(asked("CAMERA"), asked("INTERNET"), declared=declares(says("CAMERA"), says("MICROPHONE")))
    assert states(case) == {"CAMERA": "matched", "INTERNET": "undeclared", "MICROPHONE": "not-found"}
    assert states(against(declared=declares(says("MICROPHONE")), hidden=True)) == {"MICROPHONE": "unchecked"}


def test_the_precise_location_covers_the_approximate_one_but_not_the_other_way() -> None:
    both = (asked("LOCATION"), asked("APPROXIMATELY_LOCATION"))
    assert states(against(*both, declared=declares(says("LOCATION")))) == {"LOCATION": "matched", "APPROXIMATELY_LOCATION": "matched"}
    assert states(against(*both, declared=declares(says("APPROXIMATELY_LOCATION"))))["LOCATION"] == "undeclared"


def test_a_build_for_android_leaves_them_alone() -> None:
    case = compare(build(), conduct(), declares(says("CAMERA")), load())
    assert states(case) == {}


@pytest.mark.parametrize(
    ("name", "judgement"),
    [
        ("CAMERA", "high high"),  # granted by the user
        ("READ_CONTACTS", "high high"),  # of a higher level, opened to apps by their profile
        ("CUSTOM_SCREEN_RECORDING", "high high"),  # granted on a page of the settings
        ("GET_WIFI_INFO", "medium high"),  # granted by the system, opens personal data
    ],
)
def test_permissions_that_matter_are_findings(name: str, judgement: str) -> None:
    assert said(undeclared_permission, against(asked(name))) == {P + name: judgement}


@pytest.mark.parametrize("name", ["INTERNET", "VIBRATE", "RECEIVE_SMS", "MANAGE_LOCAL_ACCOUNTS", "NOBODY_KNOWS_THIS"])
def test_others_are_rows_without_a_finding(name: str) -> None:
    case = against(asked(name))
    assert states(case) == {name: "undeclared"}
    assert said(undeclared_permission, case) == {}


def test_a_row_says_why_nobody_minds() -> None:
    found = [asked("INTERNET"), asked("RECEIVE_SMS"), asked("SET_TIME"), asked("MADE_UP"), asked("READ_CONTACTS")]
    case = against(*found, fact(FactKind.PERMISSION_ALLOWED, P + "READ_CONTACTS"))
    notes = {row.subject.removeprefix(P): row.note.en if row.note else "" for row in case.table(Table.HARMONY_PERMISSIONS)}
    assert "granted by the system on installation" in notes["INTERNET"]
    assert "for the system's own apps" in notes["RECEIVE_SMS"]
    assert "for the system's own apps" in notes["SET_TIME"]
    assert "none that is known here" in notes["MADE_UP"]
    assert "access control list" in notes["READ_CONTACTS"]


def test_what_is_declared_and_not_asked_for_is_said() -> None:
    case = against(asked("CAMERA"), declared=declares(says("CAMERA"), says("MICROPHONE")))
    (finding,) = declared_not_found.run(case)
    assert finding.subject == P + "MICROPHONE"
    assert "the HarmonyOS permission ohos.permission.MICROPHONE (Use the microphone)" in finding.message.en


def test_a_declared_permission_needs_a_purpose() -> None:
    case = against(declared=declares(says("CAMERA", ""), says("MICROPHONE", "语音输入")))
    assert set(said(permission_without_purpose, case)) == {P + "CAMERA"}


@pytest.mark.parametrize(
    ("traits", "expected"),
    [
        ({"reason": "$string:camera", "when": "inuse"}, {}),
        ({"reason": "$string:camera", "when": "always"}, {}),
        ({"reason": "$string:camera"}, {P + "CAMERA": "low high"}),
        ({"reason": "$string:camera", "when": "sometimes"}, {P + "CAMERA": "low high"}),
        ({"when": "inuse"}, {P + "CAMERA": "medium high"}),
        ({}, {P + "CAMERA": "medium high"}),
    ],
)
def test_a_permission_the_user_grants_needs_a_reason_and_a_scene(traits: dict[str, str], expected: dict[str, str]) -> None:
    assert said(permission_without_reason, against(asked("CAMERA", **traits))) == expected


def test_any_module_may_give_the_reason_and_others_need_none() -> None:
    library = fact(FactKind.PERMISSION, P + "CAMERA", by="library", file="library.hsp!/module.json")
    entry = asked("CAMERA", reason="$string:camera", when="inuse")
    assert said(permission_without_reason, against(library, entry)) == {}
    assert said(permission_without_reason, against(asked("INTERNET"), asked("GET_WIFI_INFO"))) == {}


@pytest.mark.parametrize("text", ["", "TODO", "小店", "用途说明"])
def test_a_reason_that_tells_nothing_is_a_finding(text: str) -> None:
    case = against(asked("CAMERA", reason="$string:camera", when="inuse"), reason("CAMERA", "用于扫码"), reason("CAMERA", text, "en_US"))
    (finding,) = empty_usage_string.run(case)
    assert "The reason for the permission ohos.permission.CAMERA tells no purpose: the en_US one" in finding.message.en
    assert "string.json" in finding.remedy.en


def test_a_reason_that_only_asks_is_vague_and_one_that_names_a_feature_is_not() -> None:
    vague = against(asked("CAMERA"), reason("CAMERA", "应用需要使用相机"))
    assert said(usage_string_vague, vague) == {P + "CAMERA": "low medium"}
    assert said(usage_string_vague, against(asked("CAMERA"), reason("CAMERA", "用于扫描商品二维码"))) == {}


def test_a_reason_with_another_purpose_than_the_policy_is_said() -> None:
    def told(purpose: str) -> dict[str, str]:
        found = (asked("LOCATION"), reason("LOCATION", "用于推送广告"))
        return said(purpose_differs, against(*found, declared=declares(says("LOCATION", purpose))))

    assert told("用于扫码登录") == {P + "LOCATION": "low low"}
    assert told("用于广告推荐") == {}


def test_a_declared_permission_declares_what_it_opens() -> None:
    found = conduct(collections=[collection("calendar"), collection("contacts")])
    case = compare(build(platform=Platform.HARMONYOS), found, declares(says("READ_CALENDAR")), load())
    assert {row.subject: row.state.value for row in case.table(Table.DATA)} == {"calendar": "matched", "contacts": "undeclared"}

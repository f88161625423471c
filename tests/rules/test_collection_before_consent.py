"""Collection before consent: what can run while the app starts, and what cannot."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from auditor.model import Call, EntryKind, FactKind, Origin, OwnerKind, Reach, Severity, State, Table
from auditor.rules.collection_before_consent import collection_before_consent
from tests.factories import POLICY, declaration, declared_data, declared_sdk, fact, here, line, row, text
from tests.knowledge_factories import knowledge, sdk
from tests.rules.cases import case, said

KNOWN = knowledge(sdk("acme-push"))
PATH = ("com.example.App.onCreate", "com.example.Ids.read", "android.telephony.TelephonyManager.getDeviceId")


def call(*entries: EntryKind, data: str = "imei", at: str = "com.example.Ids.read()V +0x2", **changes: Any) -> Call:
    """A call of the app's own code that runs at start-up."""
    values: dict[str, Any] = {
        "site": fact(FactKind.CALL, PATH[-1], file="classes.dex", at=at, by="com.example.Ids"),
        "data": (data,) if data else (),
        "may": () if data else ("imei",),
        "owner": OwnerKind.APP,
        "sdk": "",
        "origin": Origin.NAME,
        "permission_held": True,
        "can_succeed": True,
        "severity": Severity.HIGH,
        "reach": Reach.STARTUP,
        "path": PATH,
        "entries": entries or (EntryKind.PROVIDER,),
        "direct": True,
    }
    return Call(**(values | changes))


def says(*calls: Call) -> dict[str, str]:
    return said(collection_before_consent, case(calls=calls, known=KNOWN))


def test_what_a_provider_leads_to_runs_before_the_app_can_ask() -> None:
    assert says(call(EntryKind.PROVIDER)) == {"imei": "medium medium"}
    assert says(call(EntryKind.APPLICATION, EntryKind.PROVIDER)) == {"imei": "medium medium"}


def test_what_the_application_leads_to_may_stand_behind_a_check_of_consent() -> None:
    assert says(call(EntryKind.APPLICATION)) == {"imei": "medium low"}


def test_the_way_is_shown_and_said_to_need_confirmation() -> None:
    (finding,) = collection_before_consent.run(case(calls=[call()], known=KNOWN))
    assert "App.onCreate → Ids.read → TelephonyManager.getDeviceId" in finding.message.en
    assert "confirm at run time" in finding.message.en
    assert "须在真机上确认" in finding.message.zh
    assert [one.trait("path") for one in finding.evidence] == [" → ".join(PATH)]


@pytest.mark.parametrize(("sensitive", "more"), [(["imei"], ("PIPL-28", "PIPL-29")), (["sms"], ())])
def test_separate_consent_is_cited_for_sensitive_data(sensitive: list[str], more: tuple[str, ...]) -> None:
    (finding,) = collection_before_consent.run(case(calls=[call()], known=knowledge(sensitive=sensitive)))
    assert finding.regulations == ("CAC191-3.1", "MIIT164-1", "PIPL-13", *more)


def test_it_points_at_the_row_that_declares_the_data_or_the_sdk_and_else_at_the_table() -> None:
    rows = (
        row(Table.DATA, "imei", declared=declared_data("imei", location=line(71))),
        row(Table.DATA, "android_id", State.UNDECLARED),
        row(Table.SDKS, "acme-push", declared=declared_sdk(location=line(33), policy=here(POLICY, 63))),
    )
    calls = [
        call(),
        call(data="android_id", at="com.example.Ids.id()V +0x2"),
        call(at="com.acme.A.go()V +0x2", owner=OwnerKind.SDK, sdk="acme-push"),
    ]
    declared = declaration(headings=((Table.DATA, 60), (Table.SDKS, 30)))
    found = collection_before_consent.run(case(*rows, calls=calls, known=KNOWN, declared=declared))
    assert {one.subject: (str(one.declared), str(one.policy or "")) for one in found} == {
        "imei": (str(line(71)), str(here(POLICY, 100))),
        "android_id": (str(line(60)), ""),
        "acme-push": (str(line(33)), str(here(POLICY, 63))),
    }


def test_a_long_way_is_cut_in_the_middle_of_the_sentence_only() -> None:
    path = (PATH[0], *(f"com.example.S{number}.go" for number in range(9)), PATH[-1])
    (finding,) = collection_before_consent.run(case(calls=[call(path=path)], known=KNOWN))
    assert "App.onCreate → S0.go → … → S8.go → TelephonyManager.getDeviceId" in finding.message.en
    assert finding.evidence[0].trait("path") == " → ".join(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"direct": False},
        {"entries": (EntryKind.LAUNCHER, EntryKind.ACTIVITY)},
    ],
)
def test_a_way_that_is_less_sure_gives_low_confidence(changes: dict[str, Any]) -> None:
    assert says(replace(call(), **changes)) == {"imei": "medium low"}


@pytest.mark.parametrize(
    "changes",
    [
        {"reach": Reach.REACHABLE, "entries": (EntryKind.ACTIVITY,)},
        {"reach": Reach.CALLED, "entries": (), "path": ()},
        {"reach": Reach.UNKNOWN, "entries": (), "path": ()},
        {"can_succeed": False, "why_not": text("no permission")},
        {"owner": OwnerKind.BYSTANDER},
        {"severity": Severity.INFO},
        {"data": (), "may": ("imei",)},
    ],
)
def test_what_cannot_be_so_is_not_reported(changes: dict[str, Any]) -> None:
    assert says(replace(call(), **changes)) == {}


def test_calls_of_an_sdk_make_one_finding_and_others_one_per_kind_of_data() -> None:
    of_sdk = {"owner": OwnerKind.SDK, "sdk": "acme-push"}
    calls = [
        call(data="imei", **of_sdk),
        call(data="android_id", at="com.acme.B.go()V +0x4", **of_sdk),
        call(data="imei"),
        call(data="mac_address", severity=Severity.LOW, at="com.example.Ids.mac()V +0x2"),
        call(data="mac_address", severity=Severity.LOW, owner=OwnerKind.UNATTRIBUTED, at="a.b.c()V +0x2"),
    ]
    assert says(*calls) == {"acme-push": "medium medium", "imei": "medium medium", "mac_address": "low medium"}


def test_the_surest_way_decides() -> None:
    assert says(call(direct=False), call(at="com.example.Ids.other()V +0x2")) == {"imei": "medium medium"}


def test_a_sure_way_to_what_says_little_makes_nothing_else_surer() -> None:
    of_sdk = {"owner": OwnerKind.SDK, "sdk": "acme-push"}
    little = call(data="device_info", severity=Severity.LOW, at="com.acme.A.go()V +0x2", **of_sdk)
    assert says(little) == {"acme-push": "low medium"}
    assert says(little, call(direct=False, **of_sdk)) == {"acme-push": "medium low"}


def test_the_order_of_calls_changes_nothing() -> None:
    calls = [call(at=f"com.example.Ids.m{number}()V +0x2", direct=bool(number % 2)) for number in range(9)]
    one, other = (list(collection_before_consent.run(case(calls=given, known=KNOWN))) for given in (calls, calls[::-1]))
    assert one == other
    assert len(one[0].evidence) == 6

"""Whose calls are that a method only hands on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.infer import infer
from auditor.knowledge.api_schema import NO_APIS, ApiArgument, ApiKind, ApiMethod, ApiRole, ApiTable
from auditor.model import Build, Call, CodeUnit, EntryKind, FactKind, Flow, Origin, OwnerKind, Reach, Reached, Severity
from tests.factories import build, fact
from tests.knowledge_factories import knowledge, proves, sdk, words

TELEPHONY = "android.telephony.TelephonyManager"
OUTLINE = "androidx.core.view.a.f(Landroid/telephony/TelephonyManager;)Ljava/lang/String;"
GET_IMEI = ApiMethod(
    class_=TELEPHONY, name="getImei", descriptor="", kind=ApiKind.PLATFORM, role=ApiRole.READS, data=("imei",), may=(),
    severity=Severity.HIGH, permissions=(), needs=(), helped_by=(), service="", arguments=(), callback=False, noisy=False,
    privileged=False, since=26, until=0, until_target=0, note=words(""), source="made up", unverified=False,
)  # fmt: skip
ASK = replace(GET_IMEI, class_="android.app.Activity", name="requestPermissions", role=ApiRole.REQUESTS, data=(),
              arguments=(ApiArgument(index=0, table=ApiTable.PERMISSIONS),))  # fmt: skip
KNOWN = replace(
    knowledge(sdk("acme-push", *proves("com.acme.push")), sdk("acme-pay", *proves("com.acme.pay"))),
    apis=replace(NO_APIS, methods=(GET_IMEI, ASK), bystanders=("androidx",)),
)


def app(*takers: str, reached: tuple[Reached, ...] = (), outline: str = OUTLINE, api: str = f"{TELEPHONY}.getImei") -> Build:
    by = outline.partition("(")[0].rpartition(".")[0]
    site = fact(FactKind.CALL, api, by=by, file="classes.dex", at=f"{outline} +0x0", descriptor="()Ljava/lang/String;")
    flow = Flow(methods=reached, classes=(), reach=b"", uses=b"", handed=((outline, takers),) if takers else ())
    return replace(build(site), flow=flow)


def owners(*takers: str, outline: str = OUTLINE) -> list[tuple[OwnerKind, str]]:
    return [(one.owner, one.sdk) for one in infer(app(*takers, outline=outline), KNOWN).calls]


def way(method: str, reach: Reach = Reach.STARTUP, *steps: str, direct: bool = True) -> Reached:
    step = method.partition("(")[0]
    return Reached(method=method, reach=reach, entries=(EntryKind.APPLICATION,), path=(*steps, step), direct=direct)


@pytest.mark.parametrize(
    ("takers", "expected"),
    [
        ((), [(OwnerKind.BYSTANDER, "")]),
        (("androidx.core.telephony.Compat.imei()V",), [(OwnerKind.BYSTANDER, "")]),
        (("com.acme.push.Id.get()V",), [(OwnerKind.SDK, "acme-push")]),
        (("com.acme.push.Id.get()V", "com.acme.push.Other.get()V"), [(OwnerKind.SDK, "acme-push")]),
        (("androidx.core.telephony.Compat.imei()V", "com.example.shop.Main.go()V"), [(OwnerKind.APP, "")]),
        (("e.b.g()V",), [(OwnerKind.UNATTRIBUTED, "")]),
        (
            ("com.acme.pay.Id.get()V", "com.acme.push.Id.get()V", "com.example.shop.Main.go()V"),
            [(OwnerKind.APP, ""), (OwnerKind.SDK, "acme-pay"), (OwnerKind.SDK, "acme-push")],
        ),
    ],
)
def test_it_is_theirs_who_call_the_method(takers: tuple[str, ...], expected: list[tuple[OwnerKind, str]]) -> None:
    assert owners(*takers) == expected


def test_an_sdk_s_class_that_others_calls_were_moved_to_does_not_make_them_its_own() -> None:
    moved = OUTLINE.replace("androidx.core.view.a", "com.acme.pay.Pay$$ExternalSyntheticApiModelOutline0")
    assert owners("com.acme.push.Id.get()V", outline=moved) == [(OwnerKind.SDK, "acme-push")]
    assert owners("com.acme.pay.Pay.id()V", outline=moved) == [(OwnerKind.SDK, "acme-pay")]


def test_the_way_is_theirs_too_and_the_surest_of_an_owner_s() -> None:
    first, second, third = (f"com.acme.push.{name}.get()V" for name in ("A", "B", "C"))
    reached = (
        way(first, Reach.REACHABLE),
        way(second, Reach.STARTUP, "com.example.shop.App.onCreate", direct=False),
        way(third, Reach.STARTUP, "com.example.shop.App.onCreate", "com.acme.push.Init.go"),
        way(OUTLINE, Reach.STARTUP),
    )
    (one,) = infer(app(first, second, third, reached=reached), KNOWN).calls
    assert (one.reach, one.entries, one.direct) == (Reach.STARTUP, (EntryKind.APPLICATION,), True)
    assert one.path == (
        "com.example.shop.App.onCreate", "com.acme.push.Init.go", "com.acme.push.C.get", "androidx.core.view.a.f",
        f"{TELEPHONY}.getImei",
    )  # fmt: skip


def test_a_name_that_a_mapping_restored_counts() -> None:
    restored = replace(app("a.b.c()V"), code=(CodeUnit(file="classes.dex", classes=(), written=(("com.acme.push.Id", "a.b"),)),))
    (one,) = infer(restored, KNOWN).calls
    assert (one.sdk, one.origin) == ("acme-push", Origin.MAPPING)


def test_who_asks_for_permissions_is_told_likewise() -> None:
    here = app("com.acme.push.Ask.go()V", api="android.app.Activity.requestPermissions")
    (one,) = infer(here, KNOWN).requests
    assert (one.owner, one.sdk) == (OwnerKind.SDK, "acme-push")


def test_a_build_that_was_not_followed_keeps_its_calls() -> None:
    (one,) = infer(replace(app(), flow=None), KNOWN).calls
    assert isinstance(one, Call)
    assert (one.owner, one.reach) == (OwnerKind.BYSTANDER, Reach.UNKNOWN)

"""Where code asks the user for permissions."""

from __future__ import annotations

from auditor.infer import infer
from auditor.knowledge.load import load
from auditor.model import Fact, FactKind, Origin, OwnerKind, PermissionRequest, Reach
from tests.factories import build, fact

ASK = "android.app.Activity.requestPermissions"


def asking(value: str = "", *, api: str = ASK, caller: str = "com.example.shop.Main", **traits: str) -> Fact:
    return fact(FactKind.CALL, api, value, by=caller, file="classes.dex", at=f"{caller}.run()V +0x1e", **traits)


def requests(*facts: Fact) -> tuple[PermissionRequest, ...]:
    return infer(build(*facts), load()).requests


def test_the_permissions_asked_for_are_named_in_their_order() -> None:
    (one,) = requests(asking('"android.permission.RECORD_AUDIO", "android.permission.CAMERA"'))
    assert one.permissions == ("android.permission.RECORD_AUDIO", "android.permission.CAMERA")
    assert (one.whole, one.owner, one.origin, one.reach) == (True, OwnerKind.APP, Origin.NAME, Reach.UNKNOWN)


def test_each_way_an_array_may_be_filled_counts_once() -> None:
    (one,) = requests(asking('"android.permission.CAMERA" | "android.permission.CAMERA"'))
    assert one.permissions == ("android.permission.CAMERA",)


def test_what_is_not_shown_is_said() -> None:
    (one,) = requests(asking(argument="unresolved"))
    assert (one.permissions, one.whole) == ((), False)
    (one,) = requests(asking('"android.permission.CAMERA", …', argument="partial"))
    assert (one.permissions, one.whole) == (("android.permission.CAMERA",), False)


def test_a_support_library_that_asks_acts_for_its_caller() -> None:
    (one,) = requests(asking('"android.permission.CAMERA"', caller="androidx.core.app.ActivityCompat"))
    assert one.owner is OwnerKind.BYSTANDER


def test_other_calls_ask_for_nothing_and_asking_collects_nothing() -> None:
    assert requests(asking(api="android.telephony.TelephonyManager.getDeviceId")) == ()
    conduct = infer(build(asking('"android.permission.CAMERA"')), load())
    assert conduct.calls == ()
    assert conduct.collections == ()

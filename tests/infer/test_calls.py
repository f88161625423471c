"""What calls read, whose they are, and whether they get an answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.infer import infer
from auditor.knowledge.api_schema import (
    NO_APIS,
    ApiArgument,
    ApiConstant,
    ApiField,
    ApiKind,
    ApiMatch,
    ApiMethod,
    ApiRole,
    ApiTable,
    Narrowed,
    Need,
)
from auditor.knowledge.wanted import wanted_calls
from auditor.model import (
    Call,
    Confidence,
    EntryKind,
    Fact,
    FactKind,
    Flow,
    Gap,
    Location,
    Reach,
    Reached,
    Severity,
    Table,
)
from tests.factories import build, fact, permission, sdk_level
from tests.knowledge_factories import knowledge, proves, sdk, words

P = "android.permission."
TELEPHONY = "android.telephony.TelephonyManager"
SECURE = "android.provider.Settings$Secure"


def method(class_: str, name: str, *data: str, **changes: object) -> ApiMethod:
    values: dict[str, object] = {
        "class_": class_,
        "name": name,
        "descriptor": "",
        "kind": ApiKind.PLATFORM,
        "role": ApiRole.READS,
        "data": data,
        "may": (),
        "severity": Severity.HIGH,
        "permissions": (),
        "needs": (),
        "helped_by": (),
        "service": "",
        "arguments": (),
        "callback": False,
        "noisy": False,
        "privileged": False,
        "since": 0,
        "until": 0,
        "until_target": 0,
        "note": words(""),
        "source": "made up",
        "unverified": False,
    }
    return ApiMethod(**(values | changes))  # type: ignore[arg-type]


def key(value: str, *data: str) -> ApiConstant:
    return ApiConstant(
        table=ApiTable.SETTINGS_KEYS, value=value, match=ApiMatch.EXACT, name="", data=data, may=(), severity=Severity.HIGH,
        permissions=(), needs=(), telling=False, until=0, until_target=0, note=words(""), source="made up", unverified=False,
    )  # fmt: skip


def uri(class_: str, name: str, *data: str) -> ApiField:
    return ApiField(
        class_=class_, name=name, data=data, may=(), severity=Severity.HIGH, permissions=(P + "READ_CONTACTS",), needs=(),
        noisy=False, until=0, until_target=0, table=ApiTable.CONTENT_URIS, note=words(""), source="made up", unverified=False,
    )  # fmt: skip


APIS = replace(
    NO_APIS,
    methods=(
        method(TELEPHONY, "getDeviceId", "imei", permissions=(P + "READ_PHONE_STATE",), until=28),
        method("android.net.wifi.WifiInfo", "getSSID", "ssid", needs=(Need(any_of=(P + "ACCESS_FINE_LOCATION",), device=29),)),
        method(
            "android.location.LocationManager", "getLastKnownLocation", "precise_location", "coarse_location",
            permissions=(P + "ACCESS_FINE_LOCATION", P + "ACCESS_COARSE_LOCATION"),
        ),
        method("android.os.Build", "getModel", "device_info"),
        method("android.app.ActivityManager", "getSecret", "imei", privileged=True),
        method("java.net.URL", "openStream", "ip_address", noisy=True),
        method("android.telephony.SmsManager", "sendTextMessage", "sms", role=ApiRole.USES),
        method(SECURE, "getString", may=("android_id",), arguments=(ApiArgument(index=1, table=ApiTable.SETTINGS_KEYS),)),
        method(
            "android.content.ContentResolver", "query", may=("contacts",),
            arguments=(ApiArgument(index=0, table=ApiTable.CONTENT_URIS),),
        ),
    ),
    fields=(uri("android.provider.ContactsContract$Contacts", "CONTENT_URI", "contacts"),),
    constants=(key("android_id", "android_id"),),
    bystanders=("androidx",),
    narrowed=(Narrowed(type="precise_location", without=P + "ACCESS_FINE_LOCATION", becomes="coarse_location"),),
)
KNOWN = replace(knowledge(sdk("acme-push", *proves("com.acme.push"))), apis=APIS)


def call(api: str, caller: str = "com.example.shop.Main", value: str = "") -> Fact:
    return fact(
        FactKind.CALL, api, value, by=caller, file="classes.dex", at=f"{caller}.run()V +0x1e", descriptor="()Ljava/lang/String;"
    )


def found(*facts: Fact) -> list[Call]:
    return list(infer(build(*facts), KNOWN).calls)


def test_a_call_says_what_it_reads_and_whether_the_permission_is_there() -> None:
    site = call(f"{TELEPHONY}.getDeviceId")
    (one,) = found(site, permission("READ_PHONE_STATE"))
    assert (one.data, one.permission_held, one.can_succeed, one.why_not) == (("imei",), True, True, None)
    (one,) = found(site)
    assert (one.permission_held, one.can_succeed) == (False, False)
    assert one.why_not is not None
    assert "READ_PHONE_STATE" in one.why_not.en


def test_without_the_permission_for_the_precise_location_only_the_approximate_one_is_read() -> None:
    site = call("android.location.LocationManager.getLastKnownLocation")
    (coarse,) = found(site, permission("ACCESS_COARSE_LOCATION"))
    assert (coarse.data, coarse.can_succeed) == (("coarse_location",), True)
    (fine,) = found(site, permission("ACCESS_FINE_LOCATION"), permission("ACCESS_COARSE_LOCATION"))
    assert fine.data == ("precise_location", "coarse_location")
    (none,) = found(site)
    assert (none.data, none.can_succeed) == (("precise_location", "coarse_location"), False)


def test_a_call_that_needs_no_permission_says_so() -> None:
    (one,) = found(call("android.os.Build.getModel"))
    assert (one.data, one.permission_held, one.can_succeed) == (("device_info",), None, True)


def test_what_no_device_answers_any_more_cannot_succeed() -> None:
    site, asked = call(f"{TELEPHONY}.getDeviceId"), permission("READ_PHONE_STATE")
    assert [one.can_succeed for one in found(site, asked, sdk_level("min", 29))] == [False]
    assert [one.can_succeed for one in found(site, asked, sdk_level("min", 21))] == [True]
    assert [one.can_succeed for one in found(call("android.app.ActivityManager.getSecret"))] == [False]


def test_what_takes_a_guarded_service_cannot_succeed_without_one() -> None:
    guard = P + "BIND_ACCESSIBILITY_SERVICE"
    seen = method("android.accessibilityservice.AccessibilityService", "getWindows", "accessibility_content", service=guard)
    known = replace(KNOWN, apis=replace(APIS, methods=(seen,)))
    site = call(f"{seen.class_}.getWindows")
    service = fact(FactKind.COMPONENT, "com.example.shop.Help", "service", at="application/service", permission=guard)
    (without,) = infer(build(site), known).calls
    (with_,) = infer(build(site, service), known).calls
    assert (without.can_succeed, with_.can_succeed) == (False, True)
    assert without.why_not is not None
    assert without.why_not.en == "the manifest has no service guarded by BIND_ACCESSIBILITY_SERVICE"


def test_a_further_need_counts_where_every_device_has_it() -> None:
    site = call("android.net.wifi.WifiInfo.getSSID")
    assert [one.can_succeed for one in found(site, sdk_level("min", 29))] == [False]
    assert [one.can_succeed for one in found(site, sdk_level("min", 21))] == [True]
    assert [one.can_succeed for one in found(site, sdk_level("min", 29), permission("ACCESS_FINE_LOCATION"))] == [True]


def test_the_argument_decides() -> None:
    (one,) = found(call(f"{SECURE}.getString", value='"android_id"'))
    assert one.data == ("android_id",)
    assert found(call(f"{SECURE}.getString", value='"enabled_notification_listeners"')) == []
    (one,) = found(call(f"{SECURE}.getString"))
    assert (one.data, one.may) == ((), ("android_id",))


def test_a_field_passed_on_decides_too() -> None:
    site = call("android.content.ContentResolver.query", value="android.provider.ContactsContract$Contacts.CONTENT_URI")
    (one,) = found(site)
    assert (one.data, one.permission_held) == (("contacts",), False)
    (one,) = found(site, permission("READ_CONTACTS"))
    assert one.can_succeed


def shown(value: str, argument: str = "", api: str = f"{SECURE}.getString") -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    site = call(api, value=value)
    site = replace(site, traits=(*((("argument", argument),) if argument else ()), *site.traits))
    return [(one.data, one.may) for one in found(site)]


def test_each_value_a_path_may_bring_counts() -> None:
    assert shown('"enabled_notification_listeners" | "android_id"') == [(("android_id",), ())]
    assert shown('"a | b"') == []
    assert shown('"a \\" | \\"android_id"') == []


def test_a_part_that_is_not_shown_leaves_it_open() -> None:
    assert shown('"android…"', "partial") == [((), ("android_id",))]
    assert shown('"android…" | "android_id"', "partial") == [(("android_id",), ())]


def test_a_field_nothing_is_known_of_leaves_it_open() -> None:
    query = "android.content.ContentResolver.query"
    assert shown("com.example.Uris.INBOX", api=query) == [((), ("contacts",))]
    assert shown("android.provider.ContactsContract$Contacts.CONTENT_VCARD_TYPE", api=query) == []


def test_a_method_reached_by_its_name_is_less_sure() -> None:
    site = call(f"{TELEPHONY}.getDeviceId")

    def confidence(*traits: tuple[str, str]) -> list[Confidence]:
        conduct = infer(build(replace(site, traits=(("descriptor", ""), *traits)), permission("READ_PHONE_STATE")), KNOWN)
        return [one.confidence for one in conduct.collections]

    assert confidence() == [Confidence.HIGH]
    assert confidence(("reflection", "invoked")) == [Confidence.MEDIUM]
    assert confidence(("reflection", "looked-up")) == [Confidence.LOW]


@pytest.mark.parametrize(
    ("caller", "owner"),
    [
        ("com.acme.push.Worker", ("sdk", "acme-push", "name")),
        ("androidx.core.Thing", ("bystander", "", "name")),
        ("com.example.shop.Main", ("app", "", "name")),
        ("com.example.shop.sub.Main$1", ("app", "", "name")),
        ("com.example.shopping.Main", ("unattributed", "", None)),
        ("org.unknown.Lib", ("unattributed", "", None)),
        ("a.b", ("unattributed", "", None)),
    ],
)
def test_each_call_has_the_owner_its_class_tells_and_no_other(caller: str, owner: tuple[str, str, str | None]) -> None:
    (one,) = found(call("android.os.Build.getModel", caller))
    assert (one.owner.value, one.sdk, one.origin.value if one.origin else None) == owner


def test_only_calls_that_read_and_mean_something_are_looked_for() -> None:
    wanted = wanted_calls(KNOWN.apis).methods
    assert wanted[TELEPHONY] == {"getDeviceId"}
    assert "java.net.URL" not in wanted
    assert "android.telephony.SmsManager" not in wanted
    assert wanted_calls(KNOWN.apis).arguments[SECURE, "getString"] == {"": 1}


def test_a_build_without_calls_has_none() -> None:
    assert found(permission("READ_PHONE_STATE")) == []


def flow_of(*methods: Reached) -> Flow:
    return Flow(methods=methods, classes=(), reach=b"", uses=b"")


def way(reach: Reach = Reach.STARTUP, *entries: EntryKind) -> Reached:
    return Reached(
        method="com.example.shop.Main.run()V", reach=reach, entries=entries, path=("com.example.shop.Main.run",), direct=True
    )


def test_a_call_says_from_when_on_it_can_run() -> None:
    site = call("android.os.Build.getModel")
    here = build(site)
    (one,) = infer(replace(here, flow=flow_of(way(Reach.STARTUP, EntryKind.APPLICATION))), KNOWN).calls
    assert (one.reach, one.entries, one.direct) == (Reach.STARTUP, (EntryKind.APPLICATION,), True)
    assert one.path == ("com.example.shop.Main.run", "android.os.Build.getModel")


def test_what_is_not_reached_is_unknown_wherever_code_is_hidden() -> None:
    here = build(call("android.os.Build.getModel"))
    gap = Gap(location=Location(file="classes2.dex"), reason=words("cut"), hides=frozenset({Table.DATA}))
    other = replace(gap, hides=frozenset({Table.PERMISSIONS}))
    followed = replace(here, flow=flow_of())
    builds = (here, followed, replace(followed, gaps=(gap,)), replace(followed, gaps=(other,)))
    reach = [infer(one, KNOWN).calls[0].reach for one in builds]
    assert reach == [Reach.UNKNOWN, Reach.CALLED, Reach.UNKNOWN, Reach.CALLED]
    (one,) = infer(replace(here, flow=flow_of(way()), gaps=(gap,)), KNOWN).calls
    assert one.reach is Reach.STARTUP


def test_a_caller_whose_name_was_restored_is_known_by_the_one_it_has() -> None:
    site = fact(
        FactKind.CALL, "android.os.Build.getModel", by="com.acme.Main", file="classes.dex",
        at="com.example.shop.Main.run()V (was com.acme.Main.go) +0x1e",
    )  # fmt: skip
    (one,) = infer(replace(build(site), flow=flow_of(way())), KNOWN).calls
    assert one.reach is Reach.STARTUP


SERIAL = replace(uri("android.os.Build", "SERIAL", "serial_number"), permissions=(), table=None, until_target=27)
WITH_FIELDS = replace(KNOWN, apis=replace(APIS, fields=(*APIS.fields, SERIAL, replace(SERIAL, name="SDK_INT", noisy=True))))


def test_the_reading_of_a_field_reads_data_too() -> None:
    site = replace(call("android.os.Build.SERIAL"), traits=(("descriptor", "Ljava/lang/String;"), ("field", "read")))
    old, new = (infer(build(site, sdk_level("target", level)), WITH_FIELDS).calls for level in (27, 28))
    assert [(one.data, one.can_succeed) for one in (*old, *new)] == [(("serial_number",), True), (("serial_number",), False)]


def test_only_fields_that_hold_data_themselves_are_looked_for() -> None:
    assert wanted_calls(WITH_FIELDS.apis).fields == {"android.os.Build": {"SERIAL"}}
    key = replace(call("android.provider.ContactsContract$Contacts.CONTENT_URI"), traits=(("field", "read"),))
    assert infer(build(key), WITH_FIELDS).calls == ()

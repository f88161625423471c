"""Which permissions code can use: what a call needs, what its argument may ask for, what it may read."""

from __future__ import annotations

from dataclasses import replace

from auditor.infer import infer
from auditor.knowledge.api_schema import NO_APIS, ApiArgument, ApiRole, ApiTable, Need
from auditor.model import Fact
from tests.factories import build
from tests.infer.test_calls import P, call, key, method
from tests.knowledge_factories import knowledge

SMS, QUERY = "android.telephony.SmsManager", "android.content.ContentResolver"
APIS = replace(
    NO_APIS,
    methods=(
        method(SMS, "send", role=ApiRole.USES, permissions=(P + "SEND_SMS",)),
        method(SMS, "divide", role=ApiRole.USES),
        method("a.Gps", "get", "precise_location", helped_by=(P + "ACCESS_FINE_LOCATION",)),
        method("a.Wifi", "scan", "ssid", needs=(Need(any_of=(P + "NEARBY_WIFI_DEVICES",), target=33),)),
        method("a.Camera", "open", "camera"),
        method(QUERY, "query", may=("contacts",), arguments=(ApiArgument(index=0, table=ApiTable.SETTINGS_KEYS),)),
    ),
    constants=(replace(key("content://sms", "sms"), permissions=(P + "READ_SMS",)), key("content://other")),
)
KNOWN = replace(knowledge(), apis=APIS)


def used(*facts: Fact) -> set[str]:
    return {name.removeprefix(P) for name, _ in infer(build(*facts), KNOWN).uses}


def test_what_a_call_needs_or_is_helped_by_is_used() -> None:
    assert used(call(f"{SMS}.send")) == {"SEND_SMS"}
    assert "ACCESS_FINE_LOCATION" in used(call("a.Gps.get"))
    assert "NEARBY_WIFI_DEVICES" in used(call("a.Wifi.scan"))


def test_what_opens_the_data_a_call_reads_is_used() -> None:
    assert used(call("a.Camera.open")) == {"CAMERA"}


def test_an_argument_that_is_not_shown_may_need_anything_it_can_ask_for() -> None:
    assert "READ_SMS" in used(call(f"{QUERY}.query"))
    assert "READ_SMS" not in used(call(f"{QUERY}.query", value='"content://other"'))
    assert "READ_SMS" in used(call(f"{QUERY}.query", value='"content://sms"'))


def test_nothing_is_used_where_no_call_is_known() -> None:
    assert used() == set()
    assert used(call(f"{SMS}.divide")) == set()


def test_the_first_calls_are_kept_as_evidence() -> None:
    sites = [call(f"{SMS}.send", caller=f"com.example.shop.C{number}") for number in range(5)]
    ((name, kept),) = infer(build(*sites), KNOWN).uses
    assert (name, len(kept)) == (P + "SEND_SMS", 3)

"""What the platform hands to services of the app."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.infer import infer
from auditor.knowledge.api_schema import NO_APIS, ApiKind, ApiMethod, ApiRole
from auditor.knowledge.load import load
from auditor.model import Fact, FactKind, Flow, Severity
from tests.factories import build, fact
from tests.knowledge_factories import knowledge, proves, sdk, words

GUARD = "android.permission.BIND_NOTIFICATION_LISTENER_SERVICE"
POSTED = ApiMethod(
    class_="android.service.notification.NotificationListenerService", name="onNotificationPosted", descriptor="",
    kind=ApiKind.PLATFORM, role=ApiRole.READS, data=("notifications_content",), may=("screen_content",), severity=Severity.HIGH,
    permissions=(), needs=(), helped_by=(), service=GUARD, arguments=(), callback=True, noisy=False, privileged=False, since=0, until=0,
    until_target=0, note=words(""), source="made up", unverified=False,
)  # fmt: skip
CALLED = replace(POSTED, name="getActiveNotifications", callback=False)
KNOWN = replace(
    knowledge(sdk("acme-push", *proves("com.acme.push"))), apis=replace(NO_APIS, methods=(POSTED, CALLED), bystanders=("androidx",))
)
FOLLOWED = Flow(methods=(), classes=(), reach=b"", uses=b"")


def component(name: str, kind: str = "service", permission: str = GUARD) -> Fact:
    return fact(FactKind.COMPONENT, name, kind, at=f"application/{kind}", permission=permission)


def shown(one: Fact, *, classes: tuple[str, ...] = (), followed: bool = True) -> list[tuple[str, str, str, str]]:
    made = build(one, code={"classes.dex": classes or (one.name,)})
    found = infer(replace(made, flow=FOLLOWED if followed else None), KNOWN).collections
    assert all(sign.evidence == (one,) for sign in found)
    return [(sign.type, sign.sdk or sign.owner.value, sign.confidence.word, "may" if sign.may else "") for sign in found]


@pytest.mark.parametrize(
    ("name", "owner", "confidence"),
    [
        ("com.example.shop.Listener", "app", "high"),
        ("com.acme.push.Listener", "acme-push", "high"),
        ("org.unknown.Listener", "unattributed", "medium"),
        ("androidx.core.Listener", "bystander", "low"),
    ],
)
def test_a_service_the_platform_binds_is_handed_what_it_is_for(name: str, owner: str, confidence: str) -> None:
    assert shown(component(name)) == [("notifications_content", owner, confidence, ""), ("screen_content", owner, "low", "may")]


@pytest.mark.parametrize(
    "one",
    [
        component("com.example.shop.Listener", permission=""),
        component("com.example.shop.Listener", permission="android.permission.BIND_JOB_SERVICE"),
        component("com.example.shop.Listener", kind="receiver"),
    ],
)
def test_what_the_platform_does_not_bind_is_handed_nothing(one: Fact) -> None:
    assert shown(one) == []


def test_a_class_that_is_not_there_is_handed_nothing() -> None:
    assert shown(component("com.example.shop.Listener"), classes=("com.example.shop.Other",)) == []


def test_nothing_is_said_where_nobody_looked_for_calls() -> None:
    assert shown(component("com.example.shop.Listener"), followed=False) == []


def test_the_services_that_are_known_are_those_of_the_platform() -> None:
    known = {(one.service.rpartition(".")[2], type_) for one in load().apis.methods if one.callback and one.service for type_ in one.data}
    assert known == {
        ("BIND_NOTIFICATION_LISTENER_SERVICE", "notifications_content"),
        ("BIND_ACCESSIBILITY_SERVICE", "accessibility_content"),
        ("BIND_INPUT_METHOD", "input_content"),
        ("BIND_AUTOFILL_SERVICE", "input_content"),
        ("BIND_AUTOFILL_SERVICE", "account_info"),
        ("BIND_SCREENING_SERVICE", "phone_call"),
        ("BIND_SCREENING_SERVICE", "call_log"),
    }

"""Code that has the app started by the system: whose it is decides how it is told."""

from __future__ import annotations

from dataclasses import replace

from auditor.infer import infer
from auditor.infer.presences import HIDDEN
from auditor.knowledge.api_schema import NO_APIS, ApiKind, ApiMethod, ApiRole
from auditor.knowledge.load import load
from auditor.knowledge.wanted import starting, wanted_calls
from auditor.model import Fact, FactKind, Gap, Location, Presence, Severity, Table
from tests.factories import build, fact
from tests.knowledge_factories import knowledge, proves, sdk, words


def method(name: str, role: ApiRole, *, noisy: bool = False) -> ApiMethod:
    return ApiMethod(
        class_="a.Alarms", name=name, descriptor="", kind=ApiKind.PLATFORM, role=role, data=(), may=(), severity=Severity.INFO,
        permissions=(), needs=(), helped_by=(), service="", arguments=(), callback=False, noisy=noisy, privileged=False, since=0, until=0,
        until_target=0, note=words(""), source="made up", unverified=False,
    )  # fmt: skip


APIS = replace(
    NO_APIS,
    methods=(method("set", ApiRole.STARTS), method("bind", ApiRole.STARTS, noisy=True), method("load", ApiRole.LOADS)),
    bystanders=("androidx",),
)
KNOWN = replace(knowledge(sdk("push", *proves("com.push"))), apis=APIS)


def call(by: str, name: str = "set") -> Fact:
    return fact(FactKind.CALL, f"a.Alarms.{name}", by=by, file="classes.dex", at=f"{by}.a()V +0x4")


def found(*facts: Fact) -> Presence | None:
    conduct = infer(build(*facts, app_id="com.app"), KNOWN)
    return next((one for one in conduct.presences if one.subject == "self-start-calls"), None)


def test_what_has_the_app_started_is_looked_for() -> None:
    assert wanted_calls(KNOWN.apis).methods["a.Alarms"] == {"set"}
    names = {(one.class_, one.name) for one in starting(load().apis)}
    assert {("android.app.AlarmManager", "setExact"), ("android.app.job.JobScheduler", "schedule")} <= names
    assert ("android.content.Context", "startService") not in names


def test_the_app_s_own_calls_come_first() -> None:
    one = found(call("com.push.Keep"), call("com.app.Main"), call("androidx.work.Job"))
    assert one is not None
    assert [site.by for site in one.evidence] == ["com.app.Main", "com.push.Keep", "androidx.work.Job"]
    assert one.note is None


def test_what_sdks_and_support_libraries_alone_do_is_said_to_be_theirs() -> None:
    one = found(call("com.push.Keep"), call("androidx.work.Job"))
    assert one is not None
    assert one.note is not None
    assert one.note.en == "called by SDKs or support libraries alone"


def test_an_app_that_does_not_is_told_so() -> None:
    one = found(call("com.app.Main", "load"))
    assert one is not None
    assert (one.evidence, one.note) == ((), None)


def test_nothing_is_said_where_nobody_looked_for_calls() -> None:
    assert found() is None


def test_where_code_is_hidden_not_found_means_little() -> None:
    gap = Gap(location=Location(file="classes.dex"), reason=words("hidden"), hides=frozenset({Table.DATA}))
    one = next(one for one in infer(build(call("com.app.Main", "load"), gaps=[gap]), KNOWN).presences if one.subject == "self-start-calls")
    assert one.note is HIDDEN

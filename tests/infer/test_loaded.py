"""Code that is not in the build: who loads it decides what that means."""

from __future__ import annotations

from dataclasses import replace

from auditor.infer.loaded import find_loading
from auditor.infer.owners import Owners
from auditor.infer.sdks import owners_of
from auditor.knowledge.api_schema import NO_APIS, ApiKind, ApiMethod, ApiRole
from auditor.knowledge.wanted import wanted_calls
from auditor.model import Fact, FactKind, Framework, FrameworkKind, Gap, Presence, Severity, Table, Text
from tests.factories import build, fact
from tests.knowledge_factories import knowledge, proves, sdk, words

NOTHING = Text(zh="", en="")


def method(class_: str, role: ApiRole, severity: Severity) -> ApiMethod:
    return ApiMethod(
        class_=class_, name="<init>", descriptor="", kind=ApiKind.PLATFORM, role=role, data=(), may=(), severity=severity, permissions=(),
        needs=(), helped_by=(), service="", arguments=(), callback=False, noisy=False, privileged=False, since=0, until=0, until_target=0,
        note=NOTHING, source="made up", unverified=False,
    )


APIS = replace(
    NO_APIS,
    methods=(
        method("d.DexLoader", ApiRole.LOADS, Severity.LOW),
        method("d.PathLoader", ApiRole.LOADS, Severity.INFO),
        method("d.Other", ApiRole.REFLECTS, Severity.LOW),
    ),
    bystanders=("support.multidex",),
)
KNOWN = replace(knowledge(sdk("ads", *proves("com.ads"))), apis=APIS)
HIDDEN = {Table.SDKS, Table.DATA}


def call(by: str, class_: str = "d.DexLoader") -> Fact:
    return fact(FactKind.CALL, f"{class_}.<init>", by=by, file="classes.dex", at=f"{by}.a()V +0x4")


def found(*facts: Fact, frameworks: tuple[Framework, ...] = ()) -> tuple[tuple[Gap, ...], Presence | None]:
    one = build(*facts, app_id="com.app")
    return find_loading(one, KNOWN, Owners(one, KNOWN, owners_of(KNOWN), ()), frameworks)


def test_loaders_are_looked_for() -> None:
    assert wanted_calls(KNOWN.apis).exact == {"d.DexLoader": {"<init>"}, "d.PathLoader": {"<init>"}}


def test_an_app_that_loads_code_leaves_a_gap() -> None:
    gaps, presence = found(call("com.app.Main"), call("com.app.Other"))
    (gap,) = gaps
    assert gap.hides == HIDDEN
    assert "1 more place" in gap.reason.en
    assert "ask the developer" in gap.reason.en
    assert presence is not None
    assert presence.note is None


def test_code_nobody_is_known_to_own_does_too() -> None:
    assert [gap.hides for gap in found(call("a.b"))[0]] == [HIDDEN]


def test_what_only_bystanders_and_sdks_do_is_a_note() -> None:
    gaps, presence = found(call("support.multidex.Dex"), call("com.ads.Loader"))
    assert gaps == ()
    assert presence is not None
    assert len(presence.evidence) == 2
    assert presence.note is not None


def test_a_loader_of_installed_code_is_a_note_whoever_makes_it() -> None:
    gaps, presence = found(call("com.app.Main", "d.PathLoader"))
    assert gaps == ()
    assert presence is not None


def test_other_calls_are_none() -> None:
    gaps, presence = found(call("com.app.Main", "d.Other"))
    assert gaps == ()
    assert presence is not None
    assert presence.evidence == ()


def test_where_no_calls_were_looked_for_nothing_is_said() -> None:
    assert found() == ((), None)


def test_a_framework_for_hot_fixes_leaves_a_gap_of_its_own() -> None:
    place = fact(FactKind.CODE_PACKAGE, "com.fix.Patch", "1", file="classes.dex")
    fix = Framework(id="fix", name=words("Fixer"), kind=FrameworkKind.HOT_FIX, version="", evidence=(place,))
    script = Framework(id="rn", name=words("RN"), kind=FrameworkKind.SCRIPT, version="", evidence=(place,))
    gaps, _ = found(frameworks=(fix, script))
    assert [(gap.hides, "Fixer" in gap.reason.en) for gap in gaps] == [(HIDDEN, True)]

"""What differs between two builds, and what of it is new and undeclared."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.decisions import decide, parse_decisions
from auditor.diff import Aspect, How, Matter, Standing, diff, judged, side_of
from auditor.model import (
    Build,
    Call,
    Conduct,
    Confidence,
    FactKind,
    Gap,
    Host,
    OwnerKind,
    Platform,
    Reach,
    SdkTier,
    Severity,
    State,
    Table,
)
from auditor.pipeline import compare_builds
from tests import factories as make
from tests.nouns import facts as any_facts


@dataclass
class Held:
    """What a build holds."""

    build: Build
    conduct: Conduct

    @property
    def gaps(self) -> tuple[Gap, ...]:
        return (*self.build.gaps, *self.conduct.gaps)


def side(*facts, sdks=(), collections=(), gaps=(), calls=(), hosts=(), **identity):
    conduct = replace(make.conduct(*sdks, collections=collections), calls=tuple(calls), hosts=tuple(hosts))
    return side_of(Held(make.build(*facts, gaps=gaps, **identity), conduct))


def told(changes):
    return [(one.item.matter, one.item.subject, one.how) for one in changes]


def shifts(changes):
    return [(shift.aspect, shift.old, shift.new) for one in changes for shift in one.shifts]


def call(type_="imei", sdk="", reach=Reach.STARTUP, severity=Severity.HIGH, path=("a.B.onCreate", "x.Y.read"), **given):
    values = {
        "site": make.collection(type_, sdk).evidence[0], "data": (type_,), "may": (), "owner": OwnerKind.SDK if sdk else OwnerKind.APP,
        "sdk": sdk, "origin": None, "permission_held": None, "can_succeed": True, "severity": severity, "reach": reach, "path": path,
    }
    return Call(**(values | given))


HIDES_CODE = make.gap("encrypted", Table.SDKS, Table.DATA)


def test_the_same_build_twice_has_no_difference():
    both = side(make.permission("CAMERA"), make.sdk_level("target", 30), sdks=[make.sdk()], collections=[make.collection()], calls=[call()])
    assert diff(both, both) == ()


@given(st.lists(any_facts, max_size=6), st.lists(any_facts, max_size=6), st.booleans())
def test_any_two_builds_compare_both_ways(one, other, hidden):
    old, new = side(*one, gaps=[HIDES_CODE] if hidden else []), side(*other)
    there, back = diff(old, new), diff(new, old)
    assert {change.item.key for change in there} == {change.item.key for change in back}
    assert {c.item.key for c in there if c.how is How.ADDED} == {c.item.key for c in back if c.how in (How.DROPPED, How.NOT_SEEN)}
    assert diff(old, old) == diff(new, new) == ()


def test_permissions_come_go_and_change():
    old = side(make.permission("CAMERA"), make.permission("NFC"), make.permission("READ_SMS", max_sdk="28"))
    new = side(make.permission("CAMERA"), make.permission("READ_CONTACTS"), make.permission("READ_SMS"))
    changes = diff(old, new)
    assert told(changes) == [
        (Matter.PERMISSION, "android.permission.READ_CONTACTS", How.ADDED),
        (Matter.PERMISSION, "android.permission.READ_SMS", How.CHANGED),
        (Matter.PERMISSION, "android.permission.NFC", How.DROPPED),
    ]
    assert shifts([changes[1]]) == [(Aspect.MAX_SDK, "28", "")]
    assert not any(change.doubtful for change in changes)


def test_a_permission_written_twice_without_a_limit_is_the_same_as_once():
    once = side(make.permission("READ_SMS"))
    twice = side(make.permission("READ_SMS"), make.permission("READ_SMS", max_sdk="28"))
    assert diff(once, twice) == ()


def test_texts_are_compared_by_language_and_not_by_file():
    key = "NSCameraUsageDescription"
    old = side(make.usage_string(key, "scan", "en"), make.usage_string(key, "扫码", "zh-Hans"), platform=Platform.IOS)
    moved = side(make.usage_string(key, "scan", "en", file="b.strings"), make.usage_string(key, "扫码", "zh-Hans"), platform=Platform.IOS)
    new = side(make.usage_string(key, "scan", "en"), make.usage_string(key, "拍照", "zh-Hans"), platform=Platform.IOS)
    assert diff(old, moved) == ()
    (change,) = diff(old, new)
    assert [(one.aspect, one.of, one.old, one.new) for one in change.shifts] == [(Aspect.TEXT, "zh-Hans", "扫码", "拍照")]


def test_reasons_of_harmony_permissions_are_part_of_them():
    name = "ohos.permission.CAMERA"
    asked = make.fact(FactKind.PERMISSION, name, by="entry", when="inuse")
    old = side(asked, make.fact(FactKind.PERMISSION_REASON, name, "scan", by="base"), platform=Platform.HARMONYOS)
    new = side(replace(asked, traits=(("when", "always"),)), make.fact(FactKind.PERMISSION_REASON, name, "photos", by="base"),
               platform=Platform.HARMONYOS)
    assert shifts(diff(old, new)) == [(Aspect.TEXT, "scan", "photos"), (Aspect.WHEN, "inuse", "always")]


def test_sdks_by_version_and_how_far_in():
    old = side(sdks=[make.sdk("amap", version="1.0", tier=SdkTier.CALLED), make.sdk("bugly"), make.sdk("getui-push", version="3.2")])
    new = side(sdks=[make.sdk("amap", version="1.1", tier=SdkTier.STARTUP), make.sdk("umeng"), make.sdk("getui-push", version="3.2")])
    changes = diff(old, new)
    assert told(changes) == [(Matter.SDK, "umeng", How.ADDED), (Matter.SDK, "amap", How.CHANGED), (Matter.SDK, "bugly", How.DROPPED)]
    assert shifts([changes[1]]) == [(Aspect.TIER, "called", "startup"), (Aspect.VERSION, "1.0", "1.1")]
    assert not changes[1].doubtful


def test_a_version_that_one_side_does_not_tell_is_no_sure_change():
    (change,) = diff(side(sdks=[make.sdk("amap", version=None)]), side(sdks=[make.sdk("amap", version="1.1")]))
    assert change.doubtful


def test_data_is_told_by_type_and_sdk_whatever_the_class_is_called():
    def site(caller):
        return (make.fact(FactKind.CALL, "t.M.getDeviceId", by=caller, at=f"{caller} +0x1"),)

    app = make.collection("imei", evidence=site("com.example.shop.A"))
    renamed = make.collection("imei", owner=OwnerKind.UNATTRIBUTED, evidence=site("a.b.c"))
    assert diff(side(collections=[app]), side(collections=[renamed])) == ()
    (change,) = diff(side(collections=[app]), side(collections=[renamed, make.collection("imei", "bugly")]))
    assert (change.item.subject, change.item.sdk, change.how) == ("imei", "bugly", How.ADDED)


@pytest.mark.parametrize("weak", [{"can_succeed": False}, {"may": True}, {"confidence": Confidence.LOW}, {"owner": OwnerKind.BYSTANDER}])
def test_what_is_not_shown_to_be_collected_is_no_addition(weak):
    assert diff(side(), side(collections=[make.collection("imei", **weak)])) == ()


def test_what_becomes_able_to_succeed_is_an_addition():
    old = side(collections=[make.collection("imei", can_succeed=False)])
    assert told(diff(old, side(collections=[make.collection("imei")]))) == [(Matter.DATA, "imei", How.ADDED)]


def test_what_moves_to_start_up_is_told_with_its_shortest_way():
    old = side(calls=[call(reach=Reach.REACHABLE)])
    new = side(calls=[call(path=("a", "b", "c")), call(path=("a", "c"))])
    (change,) = diff(old, new)
    assert (change.item.matter, change.item.subject, change.item.way) == (Matter.STARTUP, "imei", ("a", "c"))


@pytest.mark.parametrize("quiet", [{"severity": Severity.INFO}, {"can_succeed": False}, {"owner": OwnerKind.BYSTANDER}])
def test_start_up_leaves_out_what_the_rule_on_consent_leaves_out(quiet):
    assert diff(side(), side(calls=[call(**quiet)])) == ()


def test_hosts_are_told_once_whoever_names_them():
    def host(owner, sdk="", *schemes):
        return Host(name="a.example.com", schemes=schemes or ("https",), owner=owner, sdk=sdk, evidence=(), count=1)

    old = side(hosts=[host(OwnerKind.APP)])
    assert diff(old, side(hosts=[host(OwnerKind.UNATTRIBUTED), host(OwnerKind.SDK, "bugly")])) == ()
    assert shifts(diff(old, side(hosts=[host(OwnerKind.APP, "", "http", "https")]))) == [(Aspect.SCHEMES, "https", "http, https")]


def test_another_signer_is_one_change():
    (change,) = diff(side(), side(signer=(make.signer(sha256="cd" * 32),)))
    assert (change.item.matter, change.how) == (Matter.SIGNER, How.CHANGED)
    assert [shift.aspect for shift in change.shifts] == [Aspect.CERTIFICATES]
    assert diff(side(), side(signer=(make.signer(), make.signer(scheme="v3")))) == ()


@pytest.mark.parametrize(
    ("schemes", "told"), [((True,), []), ((None, True), []), ((True, False), [("true", "false")]), ((None,), [("true", "")])]
)
def test_a_signature_holds_where_the_schemes_devices_look_at_hold(schemes, told):
    old = side(signer=(make.signer(verified=True),))
    new = side(signer=tuple(make.signer(scheme=f"v{number}", verified=one) for number, one in enumerate(schemes, 1)))
    changes = diff(old, new)
    assert [(was, now) for _, was, now in shifts(changes)] == told
    assert [change.doubtful for change in changes] == [now == "" for _, now in told]


def test_what_a_gap_may_hide_is_not_said_to_be_dropped():
    old = side(make.permission("CAMERA"), sdks=[make.sdk("amap")], collections=[make.collection()])
    new = side(gaps=[HIDES_CODE])
    assert {(one.item.matter, one.how, one.doubtful) for one in diff(old, new)} == {
        (Matter.PERMISSION, How.DROPPED, False),
        (Matter.SDK, How.NOT_SEEN, True),
        (Matter.DATA, How.NOT_SEEN, True),
    }
    assert {(one.item.matter, one.how, one.doubtful) for one in diff(new, old)} == {
        (Matter.PERMISSION, How.ADDED, False),
        (Matter.SDK, How.ADDED, True),
        (Matter.DATA, How.ADDED, True),
    }


# -- with a declaration ------------------------------------------------------------------------------------------------


CAMERA, SMS = "android.permission.CAMERA", "android.permission.READ_SMS"


def audits(old=(), new=(), rows=(), accepted=()):
    given = make.checked(missing=())
    return make.audit(*old, checked=given), make.audit(*new, rows=rows, accepted=accepted, checked=given)


def standings(old, new, both):
    changes, findings = judged(diff(old, new), *both)
    return {(one.item.matter, one.item.subject): one.standing for one in changes}, [one.rule for one in findings]


def test_an_addition_is_declared_or_undeclared_by_the_audit():
    old, new = side(), side(make.permission(CAMERA), make.permission(SMS), make.permission("INTERNET"))
    rows = [
        make.row(Table.PERMISSIONS, CAMERA, State.MATCHED),
        make.row(Table.PERMISSIONS, SMS, State.UNDECLARED),
        make.row(Table.PERMISSIONS, "android.permission.INTERNET", State.UNDECLARED),
    ]
    assert standings(old, new, audits(new=[make.finding(subject=SMS)], rows=rows)) == (
        {
            (Matter.PERMISSION, CAMERA): Standing.DECLARED,
            (Matter.PERMISSION, SMS): Standing.UNDECLARED,
            (Matter.PERMISSION, "android.permission.INTERNET"): Standing.NOT_REQUIRED,
        },
        ["undeclared-permission"],
    )


def test_a_declared_addition_with_a_new_fault_is_not_called_undeclared():
    new = side(make.permission(CAMERA))
    rows = [make.row(Table.PERMISSIONS, CAMERA, State.MATCHED)]
    both = audits(new=[make.finding("permission-unused", CAMERA)], rows=rows)
    assert standings(side(), new, both) == ({(Matter.PERMISSION, CAMERA): Standing.DECLARED}, ["permission-unused"])


def test_what_was_at_fault_before_does_not_count_unless_it_becomes_graver():
    same = side(make.permission(SMS))
    light, grave = make.finding(subject=SMS, severity=Severity.LOW), make.finding(subject=SMS)
    assert standings(same, same, audits(old=[grave], new=[grave])) == ({}, [])
    assert standings(same, same, audits(old=[light], new=[grave])) == ({}, ["undeclared-permission"])
    unsure = replace(grave, confidence=Confidence.LOW)
    assert standings(same, same, audits(old=[unsure], new=[grave])) == ({}, ["undeclared-permission"])


def test_what_is_gone_has_its_finding_and_does_not_fail():
    gone = make.finding("declared-not-found", CAMERA)
    changes, counting = judged(diff(side(make.permission(CAMERA)), side()), *audits(new=[gone]))
    assert [(one.how, one.findings, one.standing) for one in changes] == [(How.DROPPED, (gone,), None)]
    assert counting == ()


def test_an_accepted_addition_does_not_fail():
    new = side(make.permission(SMS))
    both = audits(rows=[make.row(Table.PERMISSIONS, SMS, State.UNDECLARED)], accepted=[make.finding(subject=SMS)])
    assert standings(side(), new, both) == ({(Matter.PERMISSION, SMS): Standing.ACCEPTED}, [])


def test_another_sdk_that_takes_what_was_undeclared_already_is_new():
    """The finding on the type has the same fingerprint in both audits."""
    app, sdk = make.collection("imei"), make.collection("imei", "bugly")
    before = make.finding("undeclared-data", "imei", table=Table.DATA, evidence=app.evidence)
    after = replace(before, evidence=(*app.evidence, *sdk.evidence))
    old, new = side(collections=[app]), side(collections=[app, sdk])
    rows = [make.row(Table.DATA, "imei", State.UNDECLARED, collectors=(app, sdk))]
    assert standings(old, new, audits([before], [after], rows)) == ({(Matter.DATA, "imei"): Standing.UNDECLARED}, ["undeclared-data"])
    # one that rests on the app's own code alone is not about the SDK
    assert standings(old, new, audits([before], [before], rows)) == ({(Matter.DATA, "imei"): Standing.NOT_REQUIRED}, [])


def test_a_data_type_and_an_sdk_of_one_name_are_told_apart():
    new = side(sdks=[make.sdk("clipboard")])
    both = audits(new=[make.finding("undeclared-data", "clipboard", table=Table.DATA)], rows=[make.row(Table.SDKS, "clipboard")])
    assert standings(side(), new, both)[0] == {(Matter.SDK, "clipboard"): Standing.DECLARED}


def test_a_table_that_was_not_compared_declares_nothing():
    new = side(sdks=[make.sdk("amap")])
    given = make.checked(missing=(Table.SDKS,))
    assert standings(side(), new, (make.audit(checked=given), make.audit(checked=given)))[0] == {(Matter.SDK, "amap"): Standing.UNCHECKED}


# -- the whole ---------------------------------------------------------------------------------------------------------


def test_a_gap_leaves_its_tables_in_doubt_on_its_own_platform_alone():
    everything = make.gap("unread", *Table)
    assert compare_builds(side(), side(gaps=[everything])).doubted == (Table.PERMISSIONS, Table.SDKS, Table.DATA)
    assert compare_builds(side(), side(gaps=[make.gap("a picture")])).doubted == ()


def test_a_gap_that_a_decision_accepts_leaves_no_doubt_at_the_gate_and_hides_all_the_same():
    old, new = side(sdks=[make.sdk("amap")]), side(gaps=[HIDES_CODE])
    entry = f"{{fingerprint: {HIDES_CODE.fingerprint}, decision: accept, by: Li, reason: packed}}"
    text = f"schema: auditor/decisions/1\ndecisions:\n  - {entry}\n"
    audit = decide(make.audit(gaps=[HIDES_CODE]), parse_decisions(text.encode(), "d.yaml"), datetime.date(2026, 1, 1))
    found = compare_builds(old, new, (make.audit(), audit))
    assert found.doubted == ()
    assert [one.how for one in found.changes] == [How.NOT_SEEN]


def test_other_apps_and_same_files_are_told():
    assert not compare_builds(side(), side(app_id="com.example.other")).same_app
    assert not compare_builds(side(), side(platform=Platform.IOS)).same_app
    assert compare_builds(side(), side(app_id="")).same_app  # its name could not be read
    assert compare_builds(side(), side()).same_file
    assert not compare_builds(side(sha256=""), side(sha256="")).same_file


def test_subjects_have_their_names():
    new = side(make.permission("CAMERA"), sdks=[make.sdk("bugly")], collections=[make.collection("imei", "getui-push")])
    found = compare_builds(side(), new)
    assert {"android.permission.CAMERA", "bugly", "getui-push"} <= dict(found.names).keys()
    assert "imei" in dict(found.data_names)

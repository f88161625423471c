"""From signs to collections: who can collect what, how sure, and which evidence is kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.infer.collects import merged, of_calls
from auditor.model import MOST_EVIDENCE, Call, Collection, Confidence, FactKind, Origin, OwnerKind, Reach, Severity
from tests.factories import fact, text


def call(name: str = "getDeviceId", **changes: object) -> Call:
    caller = str(changes.pop("caller", "com.example.shop.Main"))
    offset = changes.pop("offset", 2)
    values: dict[str, object] = {
        "site": fact(FactKind.CALL, f"a.Telephony.{name}", by=caller, file="classes.dex", at=f"{caller}.run()V +0x{offset:x}"),
        "data": ("imei",),
        "may": (),
        "owner": OwnerKind.APP,
        "sdk": "",
        "origin": Origin.NAME,
        "permission_held": True,
        "can_succeed": True,
        "severity": Severity.HIGH,
    }
    return Call(**(values | changes))  # type: ignore[arg-type]


def one(*calls: Call) -> Collection:
    (found,) = merged(of_calls(calls))
    return found


def sdk_call(**changes: object) -> Call:
    return call(**{"owner": OwnerKind.SDK, "sdk": "acme-push", **changes})


@pytest.mark.parametrize(
    ("made", "sure"),
    [
        (call(), Confidence.HIGH),
        (sdk_call(), Confidence.HIGH),
        (sdk_call(origin=Origin.LITERAL), Confidence.MEDIUM),
        (sdk_call(origin=Origin.PROPAGATED), Confidence.MEDIUM),
        (call(owner=OwnerKind.UNATTRIBUTED, origin=None), Confidence.MEDIUM),
        (call(reach=Reach.CALLED), Confidence.MEDIUM),
        (call(reach=Reach.STARTUP), Confidence.HIGH),
        (call(owner=OwnerKind.UNATTRIBUTED, origin=None, reach=Reach.CALLED), Confidence.LOW),
        (call(owner=OwnerKind.UNATTRIBUTED, origin=None, reach=Reach.REACHABLE), Confidence.MEDIUM),
        (call(owner=OwnerKind.BYSTANDER), Confidence.LOW),
        (call(data=(), may=("imei",)), Confidence.LOW),
        (call(can_succeed=False, permission_held=False, why_not=text("no permission")), Confidence.LOW),
    ],
)
def test_call_permission_and_owner_together_decide_how_sure(made: Call, sure: Confidence) -> None:
    assert one(made).confidence is sure


def test_a_call_that_cannot_succeed_is_shown_with_the_reason() -> None:
    found = one(call(can_succeed=False, permission_held=False, why_not=text("no permission")))
    assert (found.can_succeed, found.permission_held, found.why_not) == (False, False, text("no permission"))


def test_the_strongest_sign_speaks_and_weaker_ones_of_another_nature_are_no_evidence() -> None:
    failing = call("getImei", can_succeed=False, why_not=text("no"))
    way = call("getString", data=(), may=("imei",))
    good = call()
    found = one(failing, way, good)
    assert (found.confidence, found.can_succeed, found.may, found.evidence) == (Confidence.HIGH, True, False, (good.site,))


def test_one_collection_for_each_data_type_and_owner() -> None:
    found = merged(of_calls([call(data=("imei", "meid")), sdk_call(), sdk_call(offset=8)]))
    assert [(each.type, each.owner, each.sdk, each.count) for each in found] == [
        ("imei", OwnerKind.SDK, "acme-push", 2),
        ("imei", OwnerKind.APP, "", 1),
        ("meid", OwnerKind.APP, "", 1),
    ]


def test_what_can_run_soonest_tells_from_when_on() -> None:
    found = one(call(reach=Reach.REACHABLE), call(reach=Reach.STARTUP, offset=8), call(reach=Reach.CALLED, offset=9))
    assert (found.reach, found.confidence) == (Reach.STARTUP, Confidence.HIGH)


def test_evidence_is_bounded_and_counted() -> None:
    found = one(*(call(offset=at) for at in range(MOST_EVIDENCE + 5)))
    assert (len(found.evidence), found.count) == (MOST_EVIDENCE, MOST_EVIDENCE + 5)
    again = merged([found])
    assert again == (found,)


def test_of_several_constants_each_kind_has_its_own_weight() -> None:
    both = call(data=("mac_address", "network_info"), severity=Severity.HIGH, lighter=(("network_info", Severity.LOW),))
    assert {one.type: one.severity for one in merged(of_calls([both]))} == {
        "mac_address": Severity.HIGH,
        "network_info": Severity.LOW,
    }


def test_what_says_most_stands_first() -> None:
    light, grave = call("getModel", severity=Severity.INFO, offset=1), call(offset=9)
    found = one(light, grave)
    assert (found.severity, found.evidence) == (Severity.HIGH, (grave.site, light.site))


calls = st.builds(
    call,
    name=st.sampled_from(["getDeviceId", "getImei"]),
    offset=st.integers(0, 6),
    owner=st.sampled_from(OwnerKind),
    sdk=st.sampled_from(["", "acme-push"]),
    origin=st.sampled_from([None, *Origin]),
    data=st.sampled_from([(), ("imei",), ("imei", "meid")]),
    may=st.sampled_from([(), ("mac_address",)]),
    can_succeed=st.booleans(),
    severity=st.sampled_from(Severity),
)


@given(st.lists(calls, max_size=8), st.randoms(use_true_random=False))
def test_order_changes_nothing_and_no_type_is_lost(made: list[Call], random: object) -> None:
    found = merged(of_calls(made))
    random.shuffle(made)  # type: ignore[attr-defined]
    assert merged(of_calls(made)) == found
    ways = {type_ for each in made if each.severity > Severity.INFO for type_ in each.may}
    assert {each.type for each in found} == {type_ for each in made for type_ in each.data} | ways


def test_a_way_that_is_context_only_is_no_sign() -> None:
    opened = call("File.<init>", data=(), may=("serial_number",), severity=Severity.INFO)
    assert merged(of_calls([opened])) == ()
    assert one(call(data=("device_info",), severity=Severity.INFO)).severity is Severity.INFO


@given(st.lists(calls, max_size=8), calls)
def test_one_more_sign_never_makes_it_less_sure(made: list[Call], more: Call) -> None:
    def sure(of: list[Call]) -> dict[tuple[str, OwnerKind, str], tuple[bool, Confidence]]:
        return {(one.type, one.owner, one.sdk): (one.can_succeed, one.confidence) for one in merged(of_calls(of))}

    before, after = sure(made), sure([*made, more])
    assert all(after[key] >= value for key, value in before.items())

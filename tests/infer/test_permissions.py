"""On which devices a permission takes effect."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.infer.permissions import effective_range, effective_ranges, minimum_level
from auditor.model import FactKind
from tests.factories import build, fact, permission, sdk_level


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ((), 1),
        ((sdk_level("min", 21),), 21),
        ((sdk_level("target", 34), sdk_level("max", 35)), 1),
        ((sdk_level("min", "Tiramisu"),), 1),
        ((sdk_level("min", ""),), 1),
        ((sdk_level("min", "2１"),), 1),
        ((sdk_level("min", "9" * 5000),), 1),
    ],
)
def test_minimum_level(levels, expected):
    assert minimum_level(build(*levels)) == expected


@pytest.mark.parametrize(
    ("minimum", "traits", "expected"),
    [
        (21, {}, (21, None)),
        (21, {"max_sdk": "28"}, (21, 28)),
        (21, {"max_sdk": "21"}, (21, 21)),
        (21, {"max_sdk": "20"}, None),
        (24, {"max_sdk": "18"}, None),
        (21, {"max_sdk": "@0x7f0b0001"}, (21, None)),
        (21, {"max_sdk": "-1"}, (21, None)),
    ],
)
def test_plain_permission(minimum, traits, expected):
    camera = permission("CAMERA", **traits)
    assert effective_range(build(sdk_level("min", minimum), camera), camera) == expected


@pytest.mark.parametrize(
    ("minimum", "traits", "expected"),
    [
        (19, {}, (23, None)),
        (26, {}, (26, None)),
        (19, {"max_sdk": "22"}, None),
        (19, {"max_sdk": "30"}, (23, 30)),
    ],
)
def test_permission_of_devices_from_api_23(minimum, traits, expected):
    camera = fact(FactKind.PERMISSION_SDK23, "android.permission.CAMERA", **traits)
    assert effective_range(build(sdk_level("min", minimum), camera), camera) == expected


def test_several_elements_of_one_name_are_one_wider_request():
    name = "android.permission.CAMERA"
    old = permission("CAMERA", max_sdk="22")
    new = fact(FactKind.PERMISSION_SDK23, name, max_sdk="30")
    never = permission("CAMERA", max_sdk="18")
    assert effective_ranges(build(sdk_level("min", 21), old, new, never)) == {name: (21, 30)}
    assert effective_ranges(build(sdk_level("min", 21), old, new, permission("CAMERA"))) == {name: (21, None)}
    assert effective_ranges(build(sdk_level("min", 21), never)) == {name: None}


def test_names_are_sorted_and_other_facts_are_no_request():
    defined = fact(FactKind.PERMISSION_DEFINED, "com.example.OWN")
    implied = fact(FactKind.PERMISSION_IMPLIED, "android.permission.READ_PHONE_STATE")
    found = effective_ranges(build(permission("NFC"), permission("CAMERA"), defined, implied))
    assert list(found) == ["android.permission.CAMERA", "android.permission.NFC"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([FactKind.PERMISSION, FactKind.PERMISSION_SDK23]),
            st.one_of(st.none(), st.text(max_size=12), st.integers(0, 40).map(str)),
        ),
        max_size=5,
    ),
    st.one_of(st.text(max_size=12), st.integers(0, 40).map(str)),
)
def test_one_more_element_never_narrows_a_request(elements, minimum):
    facts = [fact(kind, "p", **({} if last is None else {"max_sdk": last})) for kind, last in elements]
    level = sdk_level("min", minimum)
    for count in range(1, len(facts)):
        before = effective_ranges(build(level, *facts[:count]))["p"]
        after = effective_ranges(build(level, *facts[: count + 1]))["p"]
        if before is not None:
            assert after is not None
            assert after[0] <= before[0]
            assert after[1] is None or (before[1] is not None and after[1] >= before[1])

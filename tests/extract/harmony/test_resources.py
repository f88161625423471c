"""Resource indexes of both forms: every text by name, id and language; any bytes give texts or one error."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.extract.harmony.resources import ResourceError, Resources, read_resources
from tests.forge.hap import write_index

STRINGS = {
    "app_name": {"base": "Shop", "zh_CN": "小店"},
    "reason": {"base": "To scan codes", "zh_Hans_CN": "用于扫码", "en": "To scan", "ug": "سىكانىرلاش"},
    "indirect": {"base": "$string:reason", "en": "$string:16777217"},
    "endless": {"base": "$string:endless"},
}


@pytest.fixture(params=[False, True], ids=["older", "newer"])
def resources(request) -> Resources:
    return read_resources(write_index(STRINGS, newer=request.param))


def test_a_text_is_found_by_name_in_every_language(resources) -> None:
    assert resources.texts("$string:reason") == dict(sorted(STRINGS["reason"].items()))
    assert resources.texts("$string:app_name") == {"base": "Shop", "zh_CN": "小店"}


def test_a_text_is_found_by_the_id_beside_a_name_that_is_not_there(resources) -> None:
    assert resources.texts("$string:renamed", 0x1000000) == {"base": "Shop", "zh_CN": "小店"}
    assert resources.texts("$string:16777216") == {"base": "Shop", "zh_CN": "小店"}


def test_a_text_that_refers_to_another_is_followed_in_its_language(resources) -> None:
    assert resources.texts("$string:indirect") == {"base": "To scan codes", "en": "To scan"}
    assert resources.texts("$string:endless") == {"base": "$string:endless"}


def test_what_is_no_reference_is_its_own_text(resources) -> None:
    assert resources.texts("用于扫码") == {"base": "用于扫码"}
    assert resources.texts("") == {}


@pytest.mark.parametrize("written", ["$string:nothing", "$media:icon", "$string:", "$ohos:string:x", "$string:99999999999999"])
def test_what_is_not_there_stands_for_nothing(resources, written) -> None:
    assert resources.texts(written) == {}
    assert resources.text(written) == ""


def test_one_text_is_the_one_for_every_language_else_the_chinese_one(resources) -> None:
    assert resources.text("$string:app_name") == "Shop"
    only = read_resources(write_index({"app_name": {"en": "Shop", "zh": "小店"}}))
    assert only.text("$string:app_name") == "小店"


def test_pictures_are_no_texts(resources) -> None:
    assert "icon" not in resources.by_name


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "version"),
        (b"PANDA\0\0\0" + bytes(200), "version"),
        (write_index(STRINGS)[:200], "points outside"),
        (write_index(STRINGS, newer=True)[:300], "runs past|points outside|missing"),
        (write_index(STRINGS).replace(b"IDSS", b"XXXX"), "IDSS is missing"),
        (write_index(STRINGS, newer=True).replace(b"KEYS", b"XXXX"), "KEYS is missing"),
        (b"Restool 5".ljust(128, b"\0") + b"\xff" * 8, "counts"),
        (b"RestoolV2 6".ljust(128, b"\0") + b"\xff" * 12, "counts"),
    ],
)
def test_a_damaged_index_is_one_error_that_says_where(data, says) -> None:
    with pytest.raises(ResourceError, match=says):
        read_resources(data)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"", b"Restool 5".ljust(128, b"\0"), b"RestoolV2 6".ljust(128, b"\0")]))
def test_any_bytes_are_texts_or_an_error(data, head) -> None:
    try:
        read = read_resources(head + data)
    except ResourceError:
        return
    assert all(read.texts(f"$string:{id_}") for id_ in read.by_id)


@settings(max_examples=200, deadline=None)
@given(st.data(), st.booleans())
def test_a_changed_index_is_texts_or_an_error(data, newer) -> None:
    whole = bytearray(write_index(STRINGS, newer=newer))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = read_resources(bytes(whole))
    except ResourceError:
        return
    for name in read.by_name:
        read.texts(f"$string:{name}")

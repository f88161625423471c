"""What uni-app's own files configure."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.extract.hybrid.uniapp import read_features, read_json, read_settings

MANIFEST = {
    "id": "__UNI__1A2B3C4",
    "version": {"name": "1.2.0", "code": "120"},
    "permissions": {"Maps": {"coordType": "gcj02"}, "Push": {}, "UniNView": {"description": "UniNView"}},
    "plus": {
        "privacy": {"prompt": "template", "template": {"title": "隐私政策"}},
        "uni-app": {"compilerVersion": "3.6.18"},
        "distribute": {
            "android": {"permissions": ['<uses-permission android:name="android.permission.CAMERA"/>', "<uses-feature/>"]},
            "sdkConfigs": {"maps": {"amap": {"appkey_android": "secret-key"}}, "push": {"unipush": {}}},
        },
    },
}


def settings(value: object) -> set[tuple[str, str]]:
    """Return (kind, name) of each setting."""
    return {(one.kind, one.name) for one in read_settings(value)}


def test_modules_sdks_permissions_and_prompt_are_read() -> None:
    assert settings(MANIFEST) == {
        ("app", "__UNI__1A2B3C4"),
        ("module", "Maps"),
        ("module", "Push"),
        ("module", "UniNView"),
        ("sdk", "maps.amap"),
        ("sdk", "push.unipush"),
        ("permission", "android.permission.CAMERA"),
        ("prompt", "privacy.prompt"),
        ("compiler", "3.6.18"),
    }


def test_keys_of_accounts_are_not_read() -> None:
    assert "secret-key" not in repr(list(read_settings(MANIFEST)))


def test_a_project_s_form_is_read_too() -> None:
    project = {"appid": "__UNI__X", "versionName": "2", "app-plus": {"modules": {"Barcode": {}}, "distribute": {"sdkConfigs": {"ad": {}}}}}
    assert settings(project) == {("app", "__UNI__X"), ("module", "Barcode")}


def test_another_manifest_configures_nothing() -> None:
    assert settings({"name": "web app", "start_url": "/"}) == set()
    assert settings({"plus": [], "permissions": "all", "version": 3}) == set()
    with pytest.raises(ValueError, match="no object"):
        list(read_settings([1]))


def test_comments_are_left_out_and_addresses_are_not() -> None:
    text = '{ /* a */ "a": "http://x/*y*/", // b\n "b": 1 }'
    assert read_json(text.encode()) == {"a": "http://x/*y*/", "b": 1}


@pytest.mark.parametrize("data", [b"\x9f\x12\x00\xff", b"", b"{", b"[" * 100_000, b"U2FsdGVkX1+abc=="])
def test_what_is_no_json_is_an_error(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any of them
        read_json(data)


def test_features_are_read_from_the_runtime_s_list() -> None:
    data = b'<feature name="Contacts" value="io.dcloud.feature.contacts.ContactsFeatureImpl"/>\n<feature name="" value="x"/><!-- -->'
    assert list(read_features(data)) == [("Contacts", "io.dcloud.feature.contacts.ContactsFeatureImpl")]


KEYS = "id plus permissions distribute sdkConfigs privacy prompt android modules version name maps".split()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda one: st.lists(one, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), one, max_size=5),
)


@given(JSON)
def test_any_json_is_read_or_refused(value: object) -> None:
    try:
        found = list(read_settings(json.loads(json.dumps(value))))
    except ValueError:
        assert not isinstance(value, dict)
        return
    assert all(isinstance(one.name, str) for one in found)


@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_an_error(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        read_json(data)
    assert isinstance(list(read_features(data)), list)

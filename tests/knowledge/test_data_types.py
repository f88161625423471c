"""The vocabulary of personal data."""

from __future__ import annotations

import pytest

from auditor.knowledge.load import load
from auditor.model import Platform

TYPES = load().data_types


@pytest.mark.parametrize(
    ("id_", "sensitive", "core"),
    [
        ("imei", False, True),
        ("precise_location", True, True),
        ("coarse_location", False, True),
        ("biometric", True, True),
        ("contacts", True, True),
        ("financial_data", True, False),
        ("child_info", True, False),
        ("network_info", False, True),
        ("push_token", False, False),
    ],
)
def test_sensitive_and_core(id_, sensitive, core):
    assert (TYPES[id_].sensitive, TYPES[id_].core) == (sensitive, core)


@pytest.mark.parametrize(
    ("alias", "id_"),
    [
        ("通讯录", "contacts"),
        ("应用安装列表", "installed_apps"),
        ("广告标识符", "idfa"),
        ("附近的设备", "bluetooth_devices"),
        ("崩溃日志", "crash_log"),
        ("通知开关状态", "notification_setting"),
        ("剪切板", "clipboard"),
    ],
)
def test_what_policies_call_it(alias, id_):
    assert {one.id for one in TYPES.values() if alias in one.aliases_zh} == {id_}


def test_every_type_is_named_in_both_languages():
    assert {id_ for id_, one in TYPES.items() if not (one.name.zh and one.name.en)} == set()


def test_every_type_used_elsewhere_is_described():
    knowledge = load()
    used = {
        type_
        for group in (
            (one.data for one in knowledge.permissions.values()),
            (one.data for one in knowledge.usage_keys.values()),
            (one.collects for one in knowledge.sdks.values()),
            (one.necessary for one in knowledge.categories.values()),
        )
        for types in group
        for type_ in types
    }
    assert used - TYPES.keys() == set()
    assert {"camera", "postal_address", "imei"} <= used


COVERS = {(cover.declared, one) for cover in load().data_covers for one in cover.covers}
HINTS = {(cover.declared, one) for cover in load().data_hints for one in cover.covers}


@pytest.mark.parametrize("pair", [("precise_location", "coarse_location"), ("wifi_list", "ssid"), ("imei", "meid")])
def test_the_wider_kind_covers_the_narrower(pair):
    assert pair in COVERS
    assert pair[::-1] not in COVERS


@pytest.mark.parametrize(
    "pair",
    [("device_info", "imei"), ("other_device_id", "android_id"), ("ssid", "bssid"), ("camera", "photos"), ("idfa", "oaid")],
)
def test_what_a_regulator_wants_listed_by_itself_is_covered_by_nothing_else(pair):
    assert pair not in COVERS


def test_general_words_hint_at_identifiers_and_at_nothing_users_give():
    assert {("device_info", "imei"), ("other_device_id", "android_id"), ("network_info", "ssid")} <= HINTS
    assert not {one for _, one in HINTS} & {"contacts", "sms", "precise_location", "camera", "installed_apps"}


@pytest.mark.parametrize(
    ("id_", "arises", "platforms"),
    [
        ("imei", "", {Platform.ANDROID}),
        ("idfa", "", {Platform.IOS}),
        ("contacts", "", set(Platform)),
        ("person_name", "input", set(Platform)),
        ("ip_address", "network", set(Platform)),
    ],
)
def test_where_it_arises_and_which_platform_has_it(id_, arises, platforms):
    assert (TYPES[id_].arises, TYPES[id_].platforms) == (arises, platforms)


def test_what_no_build_can_show_is_named_and_explained():
    listed = {one.id: one for one in load().not_checkable}
    assert {"retention", "cookies", "storage-location", "storage-protection"} <= set(listed)
    assert set(listed["storage-location"].statements) == {"storage-location", "third-country"}
    assert all(one.why.zh and one.why.en for one in listed.values())

"""The vocabulary of personal data."""

from __future__ import annotations

import pytest

from auditor.knowledge.load import load

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

"""What is known of Android permissions, held against what their documentation says."""

from __future__ import annotations

import pytest

from auditor.knowledge.load import load
from auditor.knowledge.schema import ProtectionLevel

A = "android.permission."
PERMISSIONS = load().permissions


def named(*shorts: str) -> set[str]:
    return {A + short for short in shorts}


@pytest.mark.parametrize(
    ("name", "level", "special", "data"),
    [
        ("CAMERA", "dangerous", False, {"camera"}),
        ("RECORD_AUDIO", "dangerous", False, {"microphone"}),
        ("READ_CONTACTS", "dangerous", False, {"contacts"}),
        ("GET_ACCOUNTS", "dangerous", False, {"device_accounts"}),
        ("READ_PHONE_NUMBERS", "dangerous", False, {"phone_number"}),
        ("ACCESS_BACKGROUND_LOCATION", "dangerous", False, {"background_location"}),
        ("READ_EXTERNAL_STORAGE", "dangerous", False, {"external_storage", "photos", "media_library"}),
        ("POST_NOTIFICATIONS", "dangerous", False, set()),
        ("QUERY_ALL_PACKAGES", "normal", False, {"installed_apps"}),
        ("BLUETOOTH", "normal", False, {"bluetooth_devices", "bluetooth_mac"}),
        ("NFC", "normal", False, {"nfc"}),
        ("SYSTEM_ALERT_WINDOW", "signature", True, set()),
        ("WRITE_SETTINGS", "signature", True, set()),
        ("REQUEST_INSTALL_PACKAGES", "signature", True, set()),
        ("MANAGE_EXTERNAL_STORAGE", "signature", True, {"external_storage", "photos", "media_library"}),
        ("PACKAGE_USAGE_STATS", "signature", True, {"app_usage", "running_processes"}),
        ("SCHEDULE_EXACT_ALARM", "signature", True, set()),
        ("USE_FULL_SCREEN_INTENT", "normal", True, set()),
        ("READ_LOGS", "signature", False, {"system_logs"}),
        ("READ_PRIVILEGED_PHONE_STATE", "signature", False, {"imei", "meid", "imsi", "iccid", "serial_number"}),
        ("health.READ_HEART_RATE", "dangerous", False, {"health_data"}),
    ],
)
def test_a_permission_everybody_knows(name, level, special, data):
    permission = PERMISSIONS[A + name]
    assert (permission.level.value, permission.special_access, set(permission.data)) == (level, special, data)
    assert permission.vendor == ""
    assert not permission.unverified


@pytest.mark.parametrize(
    "name",
    [
        "INTERNET",
        "ACCESS_NETWORK_STATE",
        "ACCESS_WIFI_STATE",
        "CHANGE_WIFI_STATE",
        "ACCESS_LOCATION_EXTRA_COMMANDS",
        "FOREGROUND_SERVICE_LOCATION",
        "GET_TASKS",
        "KILL_BACKGROUND_PROCESSES",
        "USE_BIOMETRIC",
        "USE_FINGERPRINT",
        "VIBRATE",
        "WAKE_LOCK",
        "RECEIVE_BOOT_COMPLETED",
        "READ_PROFILE",
        "MANAGE_ACCOUNTS",
    ],
)
def test_an_everyday_permission_opens_nothing(name):
    permission = PERMISSIONS[A + name]
    assert (permission.level, permission.special_access, permission.data) == (ProtectionLevel.NORMAL, False, ())


def test_these_normal_permissions_of_the_platform_open_data():
    opening = {
        name
        for name, one in PERMISSIONS.items()
        if one.level is ProtectionLevel.NORMAL and one.data and not one.vendor and not one.special_access
    }
    assert opening == named("BLUETOOTH", "NFC", "NFC_TRANSACTION_EVENT", "QUERY_ALL_PACKAGES")


def test_these_dangerous_permissions_of_the_platform_open_none():
    silent = {
        name for name, one in PERMISSIONS.items() if one.level is ProtectionLevel.DANGEROUS and not one.data
    }
    assert silent == named("BLUETOOTH_ADVERTISE", "POST_NOTIFICATIONS", "READ_OWNER_DATA", "WRITE_OWNER_DATA")


def test_these_are_granted_on_a_settings_page():
    special = {name for name, one in PERMISSIONS.items() if one.special_access}
    assert special == named(
        "ACCESS_NOTIFICATION_POLICY",
        "BIND_ACCESSIBILITY_SERVICE",
        "BIND_AUTOFILL_SERVICE",
        "BIND_DEVICE_ADMIN",
        "BIND_INPUT_METHOD",
        "BIND_NOTIFICATION_LISTENER_SERVICE",
        "BIND_VPN_SERVICE",
        "MANAGE_EXTERNAL_STORAGE",
        "MANAGE_MEDIA",
        "PACKAGE_USAGE_STATS",
        "REQUEST_IGNORE_BATTERY_OPTIMIZATIONS",
        "REQUEST_INSTALL_PACKAGES",
        "SCHEDULE_EXACT_ALARM",
        "SYSTEM_ALERT_WINDOW",
        "USE_FULL_SCREEN_INTENT",
        "WRITE_SETTINGS",
    )


@pytest.mark.parametrize(
    ("name", "added", "removed_after"),
    [
        ("CAMERA", 1, 0),
        ("READ_CALL_LOG", 16, 0),
        ("BODY_SENSORS", 20, 0),
        ("READ_PHONE_NUMBERS", 26, 0),
        ("ACCESS_BACKGROUND_LOCATION", 29, 0),
        ("QUERY_ALL_PACKAGES", 30, 0),
        ("BLUETOOTH_SCAN", 31, 0),
        ("READ_MEDIA_IMAGES", 33, 0),
        ("READ_MEDIA_VISUAL_USER_SELECTED", 34, 0),
        ("RANGING", 36, 0),
        ("health.READ_STEPS", 34, 0),
        ("health.READ_MINDFULNESS", 36, 0),
        ("READ_OWNER_DATA", 1, 8),
        ("GET_TASKS", 1, 20),
        ("READ_PROFILE", 14, 22),
        ("ACCESS_WIMAX_STATE", 10, 29),
    ],
)
def test_when_it_came_and_went(name, added, removed_after):
    permission = PERMISSIONS[A + name]
    assert (permission.added, permission.removed_after) == (added, removed_after)


@pytest.mark.parametrize(
    ("group", "members"),
    [
        ("CALENDAR", named("READ_CALENDAR", "WRITE_CALENDAR")),
        ("CAMERA", named("CAMERA")),
        ("MICROPHONE", named("RECORD_AUDIO")),
        (
            "LOCATION",
            named("ACCESS_BACKGROUND_LOCATION", "ACCESS_COARSE_LOCATION", "ACCESS_FINE_LOCATION"),
        ),
        ("STORAGE", named("READ_EXTERNAL_STORAGE", "WRITE_EXTERNAL_STORAGE")),
    ],
)
def test_run_time_groups(group, members):
    found = {n for n, one in PERMISSIONS.items() if one.group == group and one.level is ProtectionLevel.DANGEROUS}
    assert found == members


def test_the_installed_apps_permission_of_chinese_systems():
    permission = PERMISSIONS["com.android.permission.GET_INSTALLED_APPS"]
    assert (permission.vendor, permission.level.value, permission.data) == ("TAF", "dangerous", ("installed_apps",))
    assert not permission.unverified


def test_badge_permissions_of_vendors_open_nothing():
    badges = {n: one for n, one in PERMISSIONS.items() if one.vendor and "badge" in n.lower()}
    assert "com.huawei.android.launcher.permission.CHANGE_BADGE" in badges
    assert {n for n, one in badges.items() if one.data} == set()


@pytest.mark.parametrize(
    "name",
    [
        "com.example.shop.permission.MIPUSH_RECEIVE",
        "com.example.shop.permission.JPUSH_MESSAGE",
        "com.example.shop.permission.C2D_MESSAGE",
        "getui.permission.GetuiService.com.example.shop",
        "com.example.shop.DYNAMIC_RECEIVER_NOT_EXPORTED_PERMISSION",
    ],
)
def test_permissions_sdks_make_up_per_app_are_recognised(name):
    assert any(vendor.pattern.search(name) for vendor in load().vendor_patterns)


@pytest.mark.parametrize("name", [A + "CAMERA", A + "READ_SMS", "com.example.shop.permission.LOGIN"])
def test_other_permissions_are_taken_for_no_vendors(name):
    assert not any(vendor.pattern.search(name) for vendor in load().vendor_patterns)


def test_whoever_opens_data_or_is_dangerous_has_a_label_in_both_languages():
    nameless = {
        name
        for name, one in PERMISSIONS.items()
        if (one.data or one.special_access or one.level in (ProtectionLevel.DANGEROUS, ProtectionLevel.NORMAL))
        and not (one.label.zh and one.label.en)
    }
    assert nameless == set()


@pytest.mark.parametrize(
    ("name", "zh"),
    [("CAMERA", "拍摄照片和视频"), ("READ_CONTACTS", "读取联系人"), ("health.READ_SLEEP", "读取健康数据：睡眠")],
)
def test_labels(name, zh):
    assert PERMISSIONS[A + name].label.zh == zh


# -- covering ---------------------------------------------------------------------------------------------------------

COVERS = {cover.declared: set(cover.covers) for cover in load().permission_covers}
MEDIA = named("READ_MEDIA_AUDIO", "READ_MEDIA_IMAGES", "READ_MEDIA_VIDEO", "READ_MEDIA_VISUAL_USER_SELECTED")


@pytest.mark.parametrize(
    ("declared", "covered"),
    [
        ("READ_EXTERNAL_STORAGE", MEDIA),
        ("WRITE_EXTERNAL_STORAGE", MEDIA | named("READ_EXTERNAL_STORAGE")),
        ("ACCESS_FINE_LOCATION", named("ACCESS_COARSE_LOCATION")),
        ("BLUETOOTH", named("BLUETOOTH_CONNECT")),
        ("READ_MEDIA_IMAGES", named("READ_MEDIA_VISUAL_USER_SELECTED")),
        ("QUERY_ALL_PACKAGES", {"com.android.permission.GET_INSTALLED_APPS"}),
    ],
)
def test_a_declared_permission_covers(declared, covered):
    assert COVERS[A + declared] == covered


@pytest.mark.parametrize(
    ("declared", "found"),
    [
        ("ACCESS_COARSE_LOCATION", "ACCESS_FINE_LOCATION"),
        ("READ_MEDIA_IMAGES", "READ_EXTERNAL_STORAGE"),
        ("READ_MEDIA_IMAGES", "READ_MEDIA_VIDEO"),
        ("READ_EXTERNAL_STORAGE", "WRITE_EXTERNAL_STORAGE"),
        ("READ_EXTERNAL_STORAGE", "MANAGE_EXTERNAL_STORAGE"),
        ("READ_EXTERNAL_STORAGE", "ACCESS_MEDIA_LOCATION"),
        ("BLUETOOTH", "BLUETOOTH_SCAN"),
        ("BLUETOOTH_ADMIN", "BLUETOOTH_SCAN"),
        ("READ_CALENDAR", "WRITE_CALENDAR"),
        ("READ_CONTACTS", "GET_ACCOUNTS"),
        ("READ_PHONE_STATE", "READ_PHONE_NUMBERS"),
        ("RECORD_AUDIO", "CAMERA"),
        ("ACCESS_FINE_LOCATION", "NEARBY_WIFI_DEVICES"),
    ],
)
def test_a_declared_permission_does_not_cover(declared, found):
    assert A + found not in COVERS.get(A + declared, set())


def test_use_in_the_background_is_covered_by_nothing():
    background = named(
        "ACCESS_BACKGROUND_LOCATION", "BODY_SENSORS_BACKGROUND", "health.READ_HEALTH_DATA_IN_BACKGROUND"
    )
    assert background <= PERMISSIONS.keys()
    assert {declared for declared, covered in COVERS.items() if covered & background} == set()


def test_covers_names_known_permissions():
    assert {name for pair in COVERS.items() for name in {pair[0], *pair[1]}} - PERMISSIONS.keys() == set()


def test_covers_says_why_in_both_languages_and_whence():
    assert {one.declared for one in load().permission_covers if not (one.why.zh and one.why.en and one.source)} == set()


def test_covers_need_not_be_applied_twice():
    for declared, covered in COVERS.items():
        further = {name for one in covered for name in COVERS.get(one, set())} - {declared}
        assert further <= covered, declared


def test_what_is_covered_opens_no_more_than_what_covers_it():
    for declared, covered in COVERS.items():
        opened = set(PERMISSIONS[declared].data)
        assert {n: extra for n in covered if (extra := set(PERMISSIONS[n].data) - opened)} == {}, declared

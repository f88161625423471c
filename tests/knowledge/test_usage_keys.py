"""What is known of iOS usage-description keys."""

from __future__ import annotations

import pytest

from auditor.knowledge.load import load

KEYS = load().usage_keys
COVERS = {cover.declared: set(cover.covers) for cover in load().usage_key_covers}


def ns(*middles: str) -> set[str]:
    return {f"NS{middle}UsageDescription" for middle in middles}


@pytest.mark.parametrize(
    ("middle", "zh", "data"),
    [
        ("Camera", "相机", {"camera"}),
        ("Microphone", "麦克风", {"microphone"}),
        ("PhotoLibrary", "照片图库", {"photos", "media_location"}),
        ("Contacts", "通讯录", {"contacts"}),
        ("FaceID", "面容 ID", {"biometric"}),
        ("UserTracking", "跨 App 跟踪", {"tracking_consent", "idfa"}),
        ("LocationWhenInUse", "位置（使用期间）", {"precise_location"}),
        ("LocationAlways", "位置（始终，旧）", {"precise_location", "background_location"}),
        ("AlarmKit", "闹钟", set()),
    ],
)
def test_a_key_and_what_it_opens(middle, zh, data):
    key = KEYS[f"NS{middle}UsageDescription"]
    assert (key.label.zh, set(key.data)) == (zh, data)


def test_every_key_has_both_labels():
    assert {key for key, one in KEYS.items() if not (one.label.zh and one.label.en)} == set()


@pytest.mark.parametrize(
    ("middle", "since", "deprecated"),
    [
        ("CalendarsFullAccess", "17.0", ""),
        ("Calendars", "6.0", "17.0"),
        ("BluetoothPeripheral", "6.0", "13.0"),
        ("LocationAlways", "8.0", "11.0"),
        ("LocationAlwaysAndWhenInUse", "11.0", ""),
    ],
)
def test_versions(middle, since, deprecated):
    key = KEYS[f"NS{middle}UsageDescription"]
    assert (key.since, key.deprecated) == (since, deprecated)


def test_every_deprecated_key_has_a_successor_it_covers():
    deprecated = {key for key, one in KEYS.items() if one.deprecated}
    assert {key for key in deprecated if not any(not KEYS[one].deprecated for one in COVERS[key])} == set()


def test_these_keys_do_nothing_on_ios():
    elsewhere = {key: one.only_on for key, one in KEYS.items() if one.only_on}
    assert elsewhere["NSAppleEventsUsageDescription"] == "macOS"
    assert elsewhere["NSWorldSensingUsageDescription"] == "visionOS"
    assert elsewhere["NSFallDetectionUsageDescription"] == "watchOS"
    assert not ns("Camera", "LocationWhenInUse", "HealthShare", "LocalNetwork") & elsewhere.keys()


@pytest.mark.parametrize(
    ("declared", "covered"),
    [
        ("Calendars", ns("CalendarsFullAccess", "CalendarsWriteOnlyAccess")),
        ("CalendarsFullAccess", ns("Calendars", "CalendarsWriteOnlyAccess")),
        ("Reminders", ns("RemindersFullAccess")),
        ("RemindersFullAccess", ns("Reminders")),
        ("LocationAlways", ns("LocationAlwaysAndWhenInUse", "LocationWhenInUse", "Location")),
        ("LocationAlwaysAndWhenInUse", ns("LocationAlways", "LocationWhenInUse", "Location")),
        ("PhotoLibrary", ns("PhotoLibraryAdd")),
        ("BluetoothPeripheral", ns("BluetoothAlways")),
        ("BluetoothAlways", ns("BluetoothPeripheral")),
    ],
)
def test_a_declared_key_covers(declared, covered):
    assert COVERS[f"NS{declared}UsageDescription"] == covered


@pytest.mark.parametrize(
    ("declared", "found"),
    [
        ("LocationWhenInUse", "LocationAlways"),
        ("LocationWhenInUse", "LocationAlwaysAndWhenInUse"),
        ("Location", "LocationAlways"),
        ("PhotoLibraryAdd", "PhotoLibrary"),
        ("CalendarsWriteOnlyAccess", "Calendars"),
        ("CalendarsWriteOnlyAccess", "CalendarsFullAccess"),
        ("HealthShare", "HealthUpdate"),
        ("Camera", "Microphone"),
        ("Calendars", "Reminders"),
    ],
)
def test_a_declared_key_does_not_cover(declared, found):
    (key,) = ns(found)
    assert key in KEYS
    assert key not in COVERS.get(f"NS{declared}UsageDescription", set())


def test_covers_names_known_keys():
    assert {name for pair in COVERS.items() for name in {pair[0], *pair[1]}} - KEYS.keys() == set()


def test_covers_need_not_be_applied_twice():
    for declared, covered in COVERS.items():
        further = {name for one in covered for name in COVERS.get(one, set())} - {declared}
        assert further <= covered, declared


def test_what_is_covered_opens_no_more_than_what_covers_it():
    for declared, covered in COVERS.items():
        opened = set(KEYS[declared].data)
        assert {n: extra for n in covered if (extra := set(KEYS[n].data) - opened)} == {}, declared

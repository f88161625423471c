"""Privacy manifests as facts."""

from __future__ import annotations

import pytest

from auditor.model import FactKind, Table
from tests.extract.ios.conftest import Read
from tests.extract.ios.test_info import gaps
from tests.forge.ipa import Bundle, collected, privacy_manifest, simple_ipa, write_plist
from tests.forge.macho import write_macho

APP = "Payload/Forged.app"
FILE = f"{APP}/PrivacyInfo.xcprivacy"


def test_collected_types_accessed_apis_and_tracking_are_read(read: Read) -> None:
    manifest = privacy_manifest(
        collected("PreciseLocation", "AppFunctionality", "Analytics", linked=True, tracking=True),
        collected("DeviceID"),
        accessed={"UserDefaults": ["CA92.1", "1C8F.1"], "DiskSpace": []},
        tracking=True,
        domains=["stat.tego.net.cn"],
    )
    build = read(simple_ipa(privacy=manifest))
    found = {fact.name: (fact.by, dict(fact.traits)) for fact in build.of(FactKind.PRIVACY_COLLECTED)}
    prefix = "NSPrivacyCollectedDataType"
    assert found == {
        f"{prefix}PreciseLocation": (
            "Forged.app",
            {
                "linked": "true",
                "tracking": "true",
                "purposes": f"{prefix}PurposeAppFunctionality,{prefix}PurposeAnalytics",
            },
        ),
        f"{prefix}DeviceID": ("Forged.app", {"linked": "false", "tracking": "false"}),
    }
    assert {(fact.name, fact.value) for fact in build.of(FactKind.PRIVACY_ACCESSED)} == {
        ("NSPrivacyAccessedAPICategoryUserDefaults", "CA92.1,1C8F.1"),
        ("NSPrivacyAccessedAPICategoryDiskSpace", ""),
    }
    (tracking,) = build.of(FactKind.PRIVACY_TRACKING)
    assert (tracking.name, tracking.value, tracking.trait("domains")) == (FILE, "true", "stat.tego.net.cn")
    assert build.gaps == ()


def test_manifests_of_frameworks_and_bundles_carry_their_names(read: Read) -> None:
    manifest = privacy_manifest(accessed={"FileTimestamp": ["C617.1"]})
    kit = Bundle(path="Frameworks/Kit.framework", info=None, executable=write_macho(kind="dylib"), privacy=manifest)
    resources = Bundle(path="Kit_Kit.bundle", info=None, privacy=write_plist(manifest))
    build = read(simple_ipa([kit, resources]))
    assert {fact.by for fact in build.of(FactKind.PRIVACY_ACCESSED)} == {"Kit.framework", "Kit_Kit.bundle"}


def test_an_empty_manifest_states_no_tracking(read: Read) -> None:
    build = read(simple_ipa(privacy={}))
    assert [(fact.value, fact.traits) for fact in build.of(FactKind.PRIVACY_TRACKING)] == [("false", ())]
    assert build.gaps == ()


def test_a_build_without_manifest_has_no_privacy_facts(read: Read) -> None:
    build = read(simple_ipa(files={"OtherInfo.xcprivacy": b"x"}))
    assert build.of(FactKind.PRIVACY_TRACKING, FactKind.PRIVACY_ACCESSED, FactKind.PRIVACY_COLLECTED) == ()


@pytest.mark.parametrize("garbage", [b"", b"<plist>", b"\0\0\0\0\0", b"(a)"])
def test_an_unreadable_manifest_leaves_the_data_table_in_doubt(read: Read, garbage: bytes) -> None:
    assert gaps(read(simple_ipa(privacy=garbage))) == [(FILE, "", {Table.DATA})]


@pytest.mark.parametrize(
    ("values", "at"),
    [
        ({"NSPrivacyTracking": "YES"}, "NSPrivacyTracking"),
        ({"NSPrivacyTrackingDomains": "a.com"}, "NSPrivacyTrackingDomains"),
        ({"NSPrivacyTrackingDomains": [1]}, "NSPrivacyTrackingDomains"),
        ({"NSPrivacyAccessedAPITypes": {}}, "NSPrivacyAccessedAPITypes"),
        ({"NSPrivacyAccessedAPITypes": ["x"]}, "NSPrivacyAccessedAPITypes[0]"),
        ({"NSPrivacyAccessedAPITypes": [{}]}, "NSPrivacyAccessedAPITypes[0]"),
        ({"NSPrivacyCollectedDataTypes": [{"NSPrivacyCollectedDataType": 1}]}, "NSPrivacyCollectedDataTypes[0]"),
        (
            {"NSPrivacyCollectedDataTypes": [{"NSPrivacyCollectedDataType": "x", "NSPrivacyCollectedDataTypeLinked": 1}]},
            "NSPrivacyCollectedDataTypes[0] ! NSPrivacyCollectedDataTypeLinked",
        ),
    ],
)
def test_a_value_of_the_wrong_type_is_a_gap_at_its_place(read: Read, values: dict[str, object], at: str) -> None:
    assert gaps(read(simple_ipa(privacy=values))) == [(FILE, at, {Table.DATA})]

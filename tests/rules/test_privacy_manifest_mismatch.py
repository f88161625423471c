"""Privacy manifests and what they do not fit."""

from __future__ import annotations

import pytest

from auditor.model import Fact
from auditor.rules import privacy_manifest_mismatch
from tests.rules.apple import APP, CLASS, accessed, case_of, collected, framework, image, selector, symbol, tracking
from tests.rules.cases import said

KIT = f"{APP}/Frameworks/Kit.framework"
PURPOSE = "NSPrivacyCollectedDataTypePurposeAppFunctionality"
LOCATION = (symbol(CLASS + "CLLocationManager"), selector("startUpdatingLocation"))


def says(*facts: Fact) -> dict[str, str]:
    found = said(privacy_manifest_mismatch, case_of(image(), *facts))
    return {
        subject.replace("NSPrivacyAccessedAPICategory", "").replace("NSPrivacyCollectedDataTypes", "data").replace(
            "NSPrivacyCollectedDataType", ""
        ): what
        for subject, what in found.items()
    }


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        ((accessed("UserDefaults", "CA92.1"),), {}),
        ((accessed("UserDefaults", "CA92.1", "1C8F.1"), accessed("DiskSpace", "E174.1", number=1)), {}),
        ((accessed("UserDefaults", "E174.1"),), {"Shop.app UserDefaults E174.1": "medium high"}),
        ((accessed("UserDefaults", "ZZ99.1"),), {"Shop.app UserDefaults ZZ99.1": "low medium"}),
        ((accessed("UserDefaults"),), {"Shop.app UserDefaults": "medium high"}),
        ((accessed("Contacts", "CA92.1"),), {"Shop.app Contacts": "low medium"}),
        (
            (accessed("UserDefaults", "CA92.1"), accessed("UserDefaults", "CA92.1", number=1)),
            {"Shop.app UserDefaults repeated": "low high"},
        ),
    ],
)
def test_categories_and_their_reasons(entries: tuple[Fact, ...], found: dict[str, str]) -> None:
    assert says(tracking(), *entries) == found


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        (collected("DeviceID", purposes=PURPOSE), {}),
        (collected("PhotosorVideos"), {}),
        (collected("PhotosOrVideos"), {"Shop.app PhotosOrVideos": "low medium"}),
        (collected("DeviceID", purposes="Analytics"), {"Shop.app DeviceID Analytics": "low medium"}),
    ],
)
def test_types_and_purposes(entry: Fact, found: dict[str, str]) -> None:
    assert says(tracking(), entry) == found


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ((tracking(value="true", domains="ads.example.com"),), {}),
        ((tracking(),), {}),
        ((tracking(value="true"),), {"Shop.app NSPrivacyTrackingDomains": "low high"}),
        ((tracking(domains="ads.example.com"),), {"Shop.app NSPrivacyTracking": "low high"}),
        (
            (tracking(value="true", domains="https://ads.example.com/x,ok.example.com"),),
            {"Shop.app NSPrivacyTrackingDomains https://ads.example.com/x": "low medium"},
        ),
        ((tracking(), collected("DeviceID", tracking="true")), {"Shop.app Tracking": "low medium"}),
        ((tracking(), collected("DeviceID", tracking="false")), {}),
        ((tracking(value="true", domains="a.example.com"), collected("DeviceID", tracking="true")), {}),
    ],
)
def test_tracking(facts: tuple[Fact, ...], found: dict[str, str]) -> None:
    assert says(*facts) == found


def test_data_the_code_reads_and_the_manifest_does_not_list() -> None:
    assert says(tracking(), *LOCATION) == {"Shop.app data": "low low"}
    assert says(tracking(), *LOCATION, collected("PreciseLocation")) == {}


def test_all_of_a_bundle_is_said_at_once() -> None:
    facts = (*LOCATION, symbol(CLASS + "CNContactStore"), selector("enumerateContactsWithFetchRequest:error:usingBlock:"))
    (finding,) = privacy_manifest_mismatch.run(case_of(image(), tracking(), *facts))
    assert "NSPrivacyCollectedDataTypeContacts, NSPrivacyCollectedDataTypePreciseLocation" in finding.message.en


def test_what_is_only_a_class_or_means_little_is_quiet() -> None:
    assert says(tracking(), symbol(CLASS + "CLLocationManager")) == {}
    assert says(tracking(), symbol(CLASS + "UIDevice"), selector("systemVersion")) == {}


def test_without_a_manifest_there_is_nothing_to_fit() -> None:
    assert says(*LOCATION) == {}


def test_a_framework_answers_for_its_own_code() -> None:
    kit = (image(KIT), framework(KIT), symbol(CLASS + "CLLocationManager", KIT), selector("startUpdatingLocation", KIT))
    assert says(*kit, tracking(KIT)) == {"Kit.framework data": "low low"}
    assert says(*kit, tracking(KIT), collected("PreciseLocation", KIT)) == {}
    assert says(*kit, tracking()) == {}


def test_an_sdk_in_the_app_answers_for_itself() -> None:
    by_sdk = selector("startUpdatingLocation", at="-[AMapLocationManager start]", **{"class": "AMapLocationManager"})
    assert says(tracking(), LOCATION[0], by_sdk) == {}

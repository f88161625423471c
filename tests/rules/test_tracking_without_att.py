"""Tracking that nobody asks for."""

from __future__ import annotations

import pytest

from auditor.model import Fact
from auditor.rules import tracking_without_att
from tests.rules.apple import APP, CLASS, case_of, framework, image, key, literal, selector, symbol, tracking
from tests.rules.cases import said

KIT = f"{APP}/Frameworks/Kit.framework"
READS = (symbol(CLASS + "ASIdentifierManager"), selector("advertisingIdentifier"))
ASKS = [
    symbol(CLASS + "ATTrackingManager"),
    literal("ATTrackingManager"),
    key("NSUserTrackingUsageDescription"),
]


def says(*facts: Fact) -> dict[str, str]:
    return said(tracking_without_att, case_of(image(), *facts))


def test_reading_the_identifier_needs_the_question() -> None:
    assert says(*READS) == {"Shop.app": "medium medium"}


def test_saying_that_it_tracks_needs_it_too() -> None:
    assert says(tracking(value="true", domains="a.example.com")) == {"Shop.app": "medium high"}


def test_what_only_an_sdk_says_counts_little_until_the_identifier_is_read() -> None:
    kit = (image(KIT), framework(KIT), tracking(KIT, "true"))
    assert says(*kit) == {"Shop.app": "medium low"}
    assert says(tracking(f"{APP}/Vendor.bundle", "true")) == {"Shop.app": "medium low"}
    assert says(*kit, *READS) == {"Shop.app": "medium medium"}


@pytest.mark.parametrize("asks", ASKS)
def test_who_asks_or_can_ask_is_quiet(asks: Fact) -> None:
    assert says(*READS, tracking(value="true"), asks) == {}


def test_a_framework_may_ask_for_the_app() -> None:
    assert says(*READS, image(KIT), framework(KIT), symbol(CLASS + "ATTrackingManager", KIT)) == {}


def test_the_class_alone_or_its_name_counts_little() -> None:
    assert says(symbol(CLASS + "ASIdentifierManager")) == {"Shop.app": "medium low"}
    assert says(literal("ASIdentifierManager"), literal("advertisingIdentifier")) == {"Shop.app": "medium low"}


@pytest.mark.parametrize(
    "facts",
    [
        (),
        (tracking(),),
        (symbol(CLASS + "UIDevice"), selector("identifierForVendor")),
        (symbol(CLASS + "SKAdNetwork"), selector("updateConversionValue:")),
    ],
)
def test_what_is_no_tracking_is_quiet(facts: tuple[Fact, ...]) -> None:
    assert says(*facts) == {}


def test_nothing_is_said_where_an_image_is_encrypted() -> None:
    assert said(tracking_without_att, case_of(image(value="encrypted"), *READS)) == {}
    assert says(*READS, image(KIT, value="encrypted"), framework(KIT)) == {}


@pytest.mark.parametrize("sdk", ["13.7", "9.0"])
def test_builds_of_before_the_question_are_quiet(sdk: str) -> None:
    assert said(tracking_without_att, case_of(image(sdk=sdk), *READS)) == {}

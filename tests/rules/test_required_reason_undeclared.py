"""Required-reason APIs and the manifests that declare them."""

from __future__ import annotations

import pytest

from auditor.model import Fact, FactKind, Table
from auditor.rules import required_reason_undeclared
from tests.factories import fact, gap
from tests.rules.apple import APP, CLASS, accessed, case_of, framework, image, selector, symbol, tracking
from tests.rules.cases import said

KIT, EXTENSION = f"{APP}/Frameworks/Kit.framework", f"{APP}/PlugIns/Push.appex"
PREFIX = "NSPrivacyAccessedAPICategory"


def says(*facts: Fact) -> dict[str, str]:
    found = said(required_reason_undeclared, case_of(image(), *facts))
    return {subject.replace(PREFIX, ""): what for subject, what in found.items()}


@pytest.mark.parametrize(
    ("used", "category"),
    [
        (symbol("_stat"), "FileTimestamp"),
        (symbol("_NSFileModificationDate"), "FileTimestamp"),
        (selector("fileModificationDate"), "FileTimestamp"),
        (symbol("_mach_absolute_time"), "SystemBootTime"),
        (selector("systemUptime"), "SystemBootTime"),
        (symbol("_statfs"), "DiskSpace"),
        (symbol("_NSURLVolumeAvailableCapacityKey"), "DiskSpace"),
        (selector("activeInputModes"), "ActiveKeyboards"),
        (symbol(CLASS + "NSUserDefaults"), "UserDefaults"),
    ],
)
def test_what_is_used_has_to_be_declared(used: Fact, category: str) -> None:
    assert says(used) == {f"Shop.app {category}": "medium high"}
    assert says(used, tracking()) == {f"Shop.app {category}": "medium high"}
    assert says(used, tracking(), accessed(category, "X")) == {}


@pytest.mark.parametrize("name", ["_malloc", "_gettimeofday", CLASS + "NSProcessInfo", "_mach_continuous_time", "_NSFileSize"])
def test_other_imports_need_no_reason(name: str) -> None:
    assert says(symbol(name)) == {}


def test_one_finding_for_each_bundle_and_category() -> None:
    found = says(symbol("_stat"), symbol("_fstat"), symbol("_statfs"), image(KIT), framework(KIT), symbol("_lstat", KIT))
    assert found == {
        "Shop.app FileTimestamp": "medium high",
        "Shop.app DiskSpace": "medium high",
        "Kit.framework FileTimestamp": "medium high",
    }


@pytest.mark.parametrize("category", ["FileTimestamp", "DiskSpace"])
def test_what_is_of_two_categories_needs_one_of_them(category: str) -> None:
    assert says(symbol("_getattrlist")) == {"Shop.app DiskSpace": "medium high"}
    assert says(symbol("_getattrlist"), tracking(), accessed(category, "X")) == {}


def test_a_framework_that_only_the_app_declares_for_is_slight() -> None:
    kit = (image(KIT), framework(KIT), symbol("_stat", KIT))
    assert says(*kit, tracking(), accessed("FileTimestamp", "X")) == {"Kit.framework FileTimestamp": "low high"}
    assert says(*kit, tracking(KIT), accessed("FileTimestamp", "X", bundle=KIT)) == {}


def test_the_frameworks_manifest_does_not_speak_for_the_app() -> None:
    kit = (image(KIT), framework(KIT), tracking(KIT), accessed("FileTimestamp", "X", bundle=KIT))
    assert says(*kit, symbol("_stat")) == {"Shop.app FileTimestamp": "medium high"}


def test_a_static_library_brings_its_manifest_in_a_resource_bundle() -> None:
    resources = f"{APP}/Vendor.bundle"
    assert says(symbol("_stat"), tracking(resources), accessed("FileTimestamp", "X", bundle=resources)) == {}
    nested = f"{KIT}/Vendor.bundle"
    kit = (image(KIT), framework(KIT), symbol("_stat", KIT), tracking(nested))
    assert says(*kit, accessed("FileTimestamp", "X", bundle=nested)) == {}


def test_an_extension_answers_for_itself() -> None:
    push = (image(EXTENSION), symbol(CLASS + "NSUserDefaults", EXTENSION))
    assert says(*push) == {"Push.appex UserDefaults": "medium high"}
    assert says(*push, tracking(EXTENSION), accessed("UserDefaults", "CA92.1", bundle=EXTENSION)) == {}


@pytest.mark.parametrize("sdk", ["16.4", "12.2", ""])
def test_builds_of_before_manifests_are_slight(sdk: str) -> None:
    assert set(said(required_reason_undeclared, case_of(image(sdk=sdk), symbol("_stat"))).values()) == {"low high"}


def test_symbols_of_an_encrypted_image_are_seen_all_the_same() -> None:
    assert set(said(required_reason_undeclared, case_of(image(value="encrypted"), symbol("_stat"))).values()) == {"medium high"}


def test_a_manifest_that_cannot_be_read_may_declare_it() -> None:
    hidden = gap("cannot be read", Table.DATA, file=f"{APP}/PrivacyInfo.xcprivacy")
    assert said(required_reason_undeclared, case_of(image(), symbol("_stat"), gaps=[hidden])) == {}


def test_what_apple_ships_is_not_counted() -> None:
    swift = f"{APP}/Frameworks/libswiftCore.dylib"
    one = fact(FactKind.SYMBOL, "_stat", by=swift, file=swift, at="LC_SYMTAB")
    assert says(image(f"{APP}", name="Frameworks/libswiftCore.dylib"), one) == {}
    xctest = f"{APP}/Frameworks/XCTest.framework"
    assert says(image(xctest), framework(xctest, "com.apple.XCTest"), symbol("_stat", xctest)) == {}

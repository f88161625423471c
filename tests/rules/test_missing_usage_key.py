"""Usage keys that code needs and Info.plist lacks."""

from __future__ import annotations

import pytest

from auditor.model import Fact, Table
from auditor.rules import missing_usage_key
from tests.factories import gap
from tests.rules.apple import APP, CLASS, case_of, framework, image, key, links, literal, selector, symbol
from tests.rules.cases import said

WIDGET, WATCH = f"{APP}/PlugIns/Widget.appex", f"{APP}/Watch/Wrist.app"
KIT = f"{APP}/Frameworks/Kit.framework"
LOCATION = (symbol(CLASS + "CLLocationManager"), selector("requestWhenInUseAuthorization"))


def says(*facts: Fact) -> dict[str, str]:
    return said(missing_usage_key, case_of(image(), *facts))


@pytest.mark.parametrize(
    ("class_", "method", "wanted"),
    [
        ("CLLocationManager", "requestWhenInUseAuthorization", "NSLocationWhenInUseUsageDescription"),
        ("CNContactStore", "requestAccessForEntityType:completionHandler:", "NSContactsUsageDescription"),
        ("AVCaptureDevice", "requestAccessForMediaType:completionHandler:", "NSCameraUsageDescription"),
        ("AVAudioSession", "requestRecordPermission:", "NSMicrophoneUsageDescription"),
        ("ATTrackingManager", "requestTrackingAuthorizationWithCompletionHandler:", "NSUserTrackingUsageDescription"),
        ("LAContext", "evaluatePolicy:localizedReason:reply:", "NSFaceIDUsageDescription"),
        ("INPreferences", "requestSiriAuthorization:", "NSSiriUsageDescription"),
        ("PHPhotoLibrary", "requestAuthorization:", "NSPhotoLibraryUsageDescription"),
        ("HKHealthStore", "requestAuthorizationToShareTypes:readTypes:completion:", "NSHealthShareUsageDescription"),
        ("CMMotionActivityManager", "startActivityUpdatesToQueue:withHandler:", "NSMotionUsageDescription"),
    ],
)
def test_a_method_beside_its_class_needs_its_key(class_: str, method: str, wanted: str) -> None:
    facts = (symbol(CLASS + class_), selector(method))
    assert says(*facts) == {wanted: "medium high"}
    assert says(*facts, key(wanted)) == {}


@pytest.mark.parametrize(
    ("class_", "wanted"),
    [
        ("PHPhotoLibrary", "NSPhotoLibraryUsageDescription"),
        ("CNContactStore", "NSContactsUsageDescription"),
        ("EKEventStore", "NSCalendarsUsageDescription"),
        ("CBCentralManager", "NSBluetoothAlwaysUsageDescription"),
        ("HMHomeManager", "NSHomeKitUsageDescription"),
        ("SFSpeechRecognizer", "NSSpeechRecognitionUsageDescription"),
        ("NFCNDEFReaderSession", "NFCReaderUsageDescription"),
    ],
)
def test_a_class_that_is_of_no_use_without_a_key_needs_it_by_itself(class_: str, wanted: str) -> None:
    assert says(symbol(CLASS + class_)) == {wanted: "medium medium"}
    assert says(symbol(CLASS + class_), key(wanted)) == {}


@pytest.mark.parametrize(
    "class_", ["CLLocationManager", "AVCaptureDevice", "AVAudioSession", "LAContext", "ATTrackingManager", "CMMotionManager", "UIDevice"]
)
def test_a_class_with_uses_that_need_none_needs_none_by_itself(class_: str) -> None:
    assert says(symbol(CLASS + class_)) == {}


def test_the_torch_needs_no_camera_key() -> None:
    assert says(symbol(CLASS + "AVCaptureDevice"), selector("defaultDeviceWithMediaType:")) == {}


def test_linking_a_framework_needs_no_key() -> None:
    assert says(links(APP, "/System/Library/Frameworks/Photos.framework")) == {}


def test_any_of_the_keys_that_serve_is_enough() -> None:
    facts = (symbol(CLASS + "PHPhotoLibrary"), selector("requestAuthorizationForAccessLevel:handler:"))
    assert says(*facts, key("NSPhotoLibraryAddUsageDescription")) == {}


def test_a_method_whose_class_is_not_named_counts_little() -> None:
    assert says(selector("requestWhenInUseAuthorization")) == {"NSLocationWhenInUseUsageDescription": "medium low"}
    assert says(selector("startRunning"), selector("record")) == {}


def test_a_string_alone_asks_for_nothing() -> None:
    assert says(literal("ATTrackingManager"), literal("CLLocationManager")) == {}


def test_another_key_for_the_same_data_makes_it_slight() -> None:
    facts = (symbol(CLASS + "CLLocationManager"), selector("requestAlwaysAuthorization"))
    wanted = "NSLocationAlwaysAndWhenInUseUsageDescription"
    assert says(*facts) == {wanted: "medium high"}
    assert says(*facts, key("NSLocationWhenInUseUsageDescription")) == {wanted: "low high"}


def test_the_local_network_is_slight() -> None:
    facts = (symbol(CLASS + "NSNetServiceBrowser"), selector("searchForServicesOfType:inDomain:"))
    assert says(*facts) == {"NSLocalNetworkUsageDescription": "low high"}
    assert says(symbol("_$s7Network9NWBrowserCMa")) == {"NSLocalNetworkUsageDescription": "low high"}


def test_a_framework_runs_in_the_process_of_who_links_it() -> None:
    kit = (image(KIT), framework(KIT), symbol(CLASS + "CNContactStore", KIT), links(WIDGET, KIT))
    found = says(image(WIDGET), *kit, key("NSContactsUsageDescription"))
    assert found == {"Widget.appex NSContactsUsageDescription": "low medium"}
    assert says(image(WIDGET), *kit, key("NSContactsUsageDescription", WIDGET)) == {}
    assert says(*kit[:3]) == {"NSContactsUsageDescription": "medium medium"}


def test_what_an_extension_shares_with_its_app_is_said_of_the_app() -> None:
    kit = (image(KIT), framework(KIT), symbol(CLASS + "CNContactStore", KIT), links(WIDGET, KIT), links(APP, KIT))
    assert says(image(WIDGET), *kit) == {"NSContactsUsageDescription": "medium medium"}
    assert says(image(WIDGET), *kit, key("NSContactsUsageDescription")) == {}


def test_the_framework_that_asks_is_named() -> None:
    kit = (image(KIT), framework(KIT), symbol(CLASS + "CNContactStore", KIT), links(APP, KIT))
    (finding,) = missing_usage_key.run(case_of(image(), *kit))
    assert finding.message.en.startswith("The code of Shop.app (Kit.framework) refers to CNContactStore (Contacts), and ")
    assert finding.message.zh.startswith("Shop.app 的代码（Kit.framework）引用 CNContactStore")


def test_an_extension_inherits_nothing_but_its_app_makes_it_slight() -> None:
    location = (symbol(CLASS + "CLLocationManager", WIDGET), selector("requestWhenInUseAuthorization", WIDGET))
    wanted = "NSLocationWhenInUseUsageDescription"
    assert says(image(WIDGET), *location) == {f"Widget.appex {wanted}": "medium high"}
    assert says(image(WIDGET), *location, key(wanted)) == {f"Widget.appex {wanted}": "low high"}
    assert says(image(WIDGET), *location, key(wanted, WIDGET)) == {}


def test_a_watch_app_answers_for_itself() -> None:
    health = (image(WATCH), symbol(CLASS + "HKHealthStore", WATCH))
    assert says(*health, key("NSHealthShareUsageDescription", WATCH)) == {}
    assert says(*health) == {"NSHealthShareUsageDescription": "medium medium"}


def test_an_encrypted_image_shows_classes_only() -> None:
    facts = (image(value="encrypted"), symbol(CLASS + "CLLocationManager"), symbol(CLASS + "PHPhotoLibrary"))
    assert said(missing_usage_key, case_of(*facts)) == {"NSPhotoLibraryUsageDescription": "medium medium"}


def test_an_info_plist_that_cannot_be_read_is_not_said_to_lack_anything() -> None:
    hidden = gap("cannot be read", Table.USAGE_KEYS, file=f"{APP}/Info.plist")
    assert said(missing_usage_key, case_of(image(), *LOCATION, gaps=[hidden])) == {}


def test_the_code_of_tests_and_of_apple_is_nobodys_concern() -> None:
    tests, xctest = f"{APP}/PlugIns/Shop.xctest", f"{APP}/Frameworks/XCTestCore.framework"
    photos = CLASS + "PHPhotoLibrary"
    assert says(image(tests), symbol(photos, tests)) == {}
    assert says(image(xctest), framework(xctest, "com.apple.dt.XCTestCore"), symbol(photos, xctest)) == {}

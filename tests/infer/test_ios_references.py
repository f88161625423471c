"""What iOS code refers to: its meaning, how sure it is to be used, and whose code that is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.infer import infer
from auditor.infer.ios_references import wanted_names
from auditor.knowledge.load import load
from auditor.model import BuildKind, Collection, Conduct, Fact, Platform, Reference
from tests.factories import build
from tests.rules.apple import APP, CLASS, framework, image, key, literal, selector, symbol

KIT, AMAP = f"{APP}/Frameworks/Kit.framework", f"{APP}/Frameworks/AMapLocationKit.framework"
LOCATION = CLASS + "CLLocationManager"
PASTEBOARD = CLASS + "UIPasteboard"


def conduct(*facts: Fact, linked: tuple[str, ...] = (), kind: BuildKind = BuildKind.APP) -> Conduct:
    """What an app with these facts is able to do; ``linked`` are the classes of its executable in order."""
    one = build(*facts, code={f"{APP}/Shop": linked}, platform=Platform.IOS, app_id="com.example.shop", kind=kind)
    units = tuple(replace(unit, linked=linked) for unit in one.code)
    return infer(replace(one, code=units), load())


def told(*facts: Fact, linked: tuple[str, ...] = ()) -> dict[str, str]:
    """Return name -> ``kind confidence data (may) owner``."""
    return {one.name: _words(one) for one in conduct(image(), *facts, linked=linked).references}


def _words(one: Reference) -> str:
    may = f"({','.join(one.may)})" if one.may else ""
    return " ".join(filter(None, (one.kind.value, one.confidence.word, ",".join(one.data), may, one.sdk or one.owner.value)))


# -- how sure -----------------------------------------------------------------------------------------------------


def test_a_class_and_its_method_in_one_image_are_medium() -> None:
    assert told(symbol(LOCATION), selector("startUpdatingLocation")) == {
        "CLLocationManager startUpdatingLocation": "selector medium precise_location unattributed"
    }


def test_a_class_alone_is_low() -> None:
    assert told(symbol(LOCATION)) == {"CLLocationManager": "class low precise_location unattributed"}


def test_a_method_without_its_class_is_a_way_to_it() -> None:
    assert told(selector("startUpdatingLocation")) == {
        "CLLocationManager startUpdatingLocation": "selector low (precise_location) unattributed"
    }


def test_a_string_is_a_way_to_it_through_its_name() -> None:
    assert told(literal("ASIdentifierManager")) == {"ASIdentifierManager": "string low (idfa) unattributed"}


@pytest.mark.parametrize("name", [CLASS + "UIDevice", CLASS + "NSProcessInfo", CLASS + "NSUserDefaults", "_sysctl", "_stat", "_malloc"])
def test_what_everybody_uses_says_nothing_alone(name: str) -> None:
    assert told(symbol(name)) == {}


def test_a_function_that_reads_is_medium_and_one_that_may_is_low() -> None:
    found = told(symbol("_CNCopyCurrentNetworkInfo"), symbol("_CNCopySupportedInterfaces"))
    assert found["_CNCopyCurrentNetworkInfo"] == "symbol medium ssid,bssid unattributed"
    assert found["_CNCopySupportedInterfaces"] == "symbol low (ssid,bssid) unattributed"


@pytest.mark.parametrize(
    ("name", "at", "confidence"),
    [
        ("string", "__objc_selrefs", "low"),
        ("string", "-[Reader read]", "medium"),
        ("hasStrings", "__objc_selrefs", "medium"),
    ],
)
def test_a_name_that_many_classes_share_needs_its_class_beside_it(name: str, at: str, confidence: str) -> None:
    traits = {"class": "Reader", "beside": PASTEBOARD} if at.startswith("-") else {}
    assert told(symbol(PASTEBOARD), selector(name, at=at, **traits))[f"UIPasteboard {name}"].split()[1] == confidence


def test_a_shared_name_beside_another_class_is_not_this_ones() -> None:
    asks = selector("requestAuthorization:", at="-[R r]", **{"class": "R", "beside": CLASS + "MPMediaLibrary"})
    found = told(symbol(CLASS + "PHPhotoLibrary"), symbol(CLASS + "MPMediaLibrary"), asks)
    assert set(found) == {"MPMediaLibrary requestAuthorization:", "PHPhotoLibrary"}


@pytest.mark.parametrize(
    ("class_", "method"),
    [
        ("UIPasteboard", "generalPasteboard"),
        ("LAContext", "evaluatePolicy:localizedReason:reply:"),
        ("AVAudioSession", "setCategory:error:"),
        ("PHPhotoLibrary", "performChanges:completionHandler:"),
        ("UIApplication", "canOpenURL:"),
    ],
)
def test_what_writes_asks_or_plays_is_a_way_only(class_: str, method: str) -> None:
    (words,) = told(symbol(CLASS + class_), selector(method)).values()
    assert "(" in words.split()[2]


# -- whose --------------------------------------------------------------------------------------------------------


def by(class_: str) -> Fact:
    return selector("startUpdatingLocation", at=f"-[{class_} go]", **{"class": class_})


def between(first: str, second: str) -> Fact:
    return selector("startUpdatingLocation", at=f"-[{first} a] … -[{second} b]", between=f"{first},{second}")


LINKED = ("AMapLocationManager", "Helper", "AMapServices", "Stranger", "GeTuiSdk")


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (by("AMapLocationManager"), "high precise_location amap"),
        (by("Helper"), "medium precise_location amap"),
        (by("Stranger"), "medium precise_location unattributed"),
        (by("Unknown"), "medium precise_location unattributed"),
        (by("Shop.Locator"), "high precise_location app"),
        (by("Shopping.Locator"), "medium precise_location unattributed"),
        (between("AMapLocationManager", "AMapServices"), "medium precise_location amap"),
        (between("AMapLocationManager", "GeTuiSdk"), "medium precise_location unattributed"),
        (between("Shop.A", "Shop.B"), "medium precise_location unattributed"),
        (selector("startUpdatingLocation"), "medium precise_location unattributed"),
    ],
)
def test_whose_code_it_is_by_its_class(fact: Fact, words: str) -> None:
    found = told(symbol(LOCATION), fact, linked=LINKED)
    assert found["CLLocationManager startUpdatingLocation"] == f"selector {words}"


@pytest.mark.parametrize(
    "linked",
    [
        ("AMapLocationManager", "Helper", "ShopAppDelegate", "AMapServices"),
        ("AMapLocationManager", "AppDelegate", "Helper", "AMapServices"),
        ("AFURLSessionManager", "Helper", "AFHTTPSessionManager"),
    ],
)
def test_what_was_compiled_with_the_app_s_own_source_is_nobody_s_by_its_place(linked: tuple[str, ...]) -> None:
    found = told(symbol(LOCATION), by("Helper"), linked=linked)
    assert found["CLLocationManager startUpdatingLocation"] == "selector medium precise_location unattributed"


def test_a_library_that_collects_nothing_acts_for_others() -> None:
    found = conduct(image(), symbol(LOCATION), by("AFHTTPSessionManager"))
    assert [(one.owner.value, one.sdk) for one in found.references] == [("bystander", "afnetworking")]
    assert [(one.owner.value, one.confidence.word) for one in found.collections] == [("bystander", "low")]


def test_each_owner_has_a_reference_of_its_own() -> None:
    found = conduct(image(), symbol(LOCATION), by("AMapLocationManager"), by("Shop.Locator"), by("Stranger")).references
    assert [(one.owner.value, one.sdk) for one in found] == [("app", ""), ("sdk", "amap"), ("unattributed", "")]


def test_a_framework_that_is_an_sdk_owns_its_code() -> None:
    facts = (image(AMAP), framework(AMAP), symbol(LOCATION, AMAP), selector("startUpdatingLocation", AMAP))
    (found,) = conduct(image(), *facts).references
    assert (found.sdk, found.owner.value) == ("amap", "sdk")


@pytest.mark.parametrize(
    ("identifier", "owner"),
    [
        ("com.example.shop.kit", "app"),
        ("com.example.shopping", "unattributed"),
        ("org.cocoapods.Kit", "unattributed"),
        ("", "unattributed"),
    ],
)
def test_a_framework_below_the_apps_identifier_is_the_apps(identifier: str, owner: str) -> None:
    facts = (image(KIT), framework(KIT, identifier), symbol(LOCATION, KIT), selector("startUpdatingLocation", KIT))
    (found,) = conduct(image(), *facts).references
    assert found.owner.value == owner


# -- what can be collected ----------------------------------------------------------------------------------------


def collections(*facts: Fact) -> dict[str, Collection]:
    return {one.type: one for one in conduct(image(), *facts).collections}


def test_without_the_key_nothing_is_collected() -> None:
    facts = (symbol(LOCATION), selector("startUpdatingLocation"))
    without = collections(*facts)["precise_location"]
    assert (without.permission_held, without.can_succeed) == (False, False)
    assert without.why_not is not None
    assert "NSLocationWhenInUseUsageDescription" in without.why_not.en
    held = collections(*facts, key("NSLocationAlwaysUsageDescription"))["precise_location"]
    assert (held.permission_held, held.can_succeed, held.why_not) == (True, True, None)


def test_what_needs_no_key_succeeds() -> None:
    found = collections(symbol(CLASS + "UIDevice"), selector("identifierForVendor"))["idfv"]
    assert (found.permission_held, found.can_succeed, found.shown) == (None, True, True)


def test_a_class_alone_or_a_string_is_not_shown_to_collect() -> None:
    found = collections(symbol(LOCATION), literal("ASIdentifierManager"), key("NSLocationWhenInUseUsageDescription"))
    assert {type_: one.shown for type_, one in found.items()} == {"precise_location": False, "idfa": False}


def test_an_android_build_has_neither() -> None:
    found = infer(build(), load())
    assert (found.references, found.bundles) == ((), ())


def test_only_names_that_mean_something_are_looked_for() -> None:
    wanted = wanted_names(load())
    assert wanted.selectors["identifierForVendor"] == frozenset()
    assert wanted.selectors["string"] == {PASTEBOARD}
    assert wanted.selectors["systemUptime"] == frozenset()
    assert {"ASIdentifierManager", "advertisingIdentifier"} <= wanted.strings
    assert "en0" not in wanted.strings
    assert {"_getifaddrs", LOCATION} <= wanted.symbols
    assert CLASS + "UIDevice" not in wanted.symbols

"""What script layers can collect, and how sure that is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.infer.scripts import find_frameworks, find_script_calls, of_scripts
from auditor.knowledge.sign_schema import HotFix, ScriptInterface, ScriptLayer, ScriptModule, Signs
from auditor.model import Build, Collection, Confidence, Fact, FactKind, Location, OwnerKind, Platform, Severity, Text
from tests.factories import build, fact
from tests.knowledge_factories import knowledge, words

LOCATION = "android.permission.ACCESS_FINE_LOCATION"
NOTHING = Text(zh="", en="")


def interface(name: str, *data: str, **changes: object) -> ScriptInterface:
    values: dict[str, object] = {
        "name": name, "data": data, "may": (), "permissions": (), "usage_keys": (), "severity": Severity.HIGH, "common": False,
        "note": NOTHING, "source": "made up", "unverified": False,
    }
    return ScriptInterface(**(values | changes))  # type: ignore[arg-type]


def module(name: str, *may: str, **changes: object) -> ScriptModule:
    values: dict[str, object] = {
        "name": name, "also": (), "classes": (), "may": may, "severity": Severity.LOW, "note": NOTHING, "source": "made up",
        "unverified": False,
    }
    return ScriptModule(**(values | changes))  # type: ignore[arg-type]


def layer(id_: str, *entries: ScriptInterface | ScriptModule, sdk: str = "") -> ScriptLayer:
    modules = [one for one in entries if isinstance(one, ScriptModule)]
    return ScriptLayer(
        id=id_,
        name=words(id_),
        sdk=sdk,
        interfaces={one.name: one for one in entries if isinstance(one, ScriptInterface)},
        modules={name: one for one in modules for name in (one.name, *one.also)},
    )


def bridge(names: str) -> Fact:
    return fact(FactKind.SCRIPT_LAYER, "bridge", file="www/plugins.js", defines=names)


@pytest.mark.parametrize(
    ("name", "listed", "why_not"),
    [
        ("navigator.camera.getPicture", ("navigator.camera",), ""),
        ("navigator.camera.getPicture", ("device", "navigator"), ""),
        ("window.plugins.sim.getSimInfo", ("plugins.sim",), ""),
        ("device.uuid", ("device",), ""),
        ("navigator.camera.getPicture", ("navigator.contacts", "navigator.cam"), "no plug-in of the build defines navigator.camera"),
        ("device.uuid", ("devices",), "no plug-in of the build defines device"),
        ("navigator.camera.getPicture", ("navigator.contacts,device", "navigator.camera"), ""),
        ("navigator.camera.getPicture", (), ""),
    ],
)
def test_a_plug_in_that_is_not_there_answers_nobody(name: str, listed: tuple[str, ...], why_not: str) -> None:
    known = layer("bridge", interface(name, "camera"))
    signs = Signs(layers={"bridge": known}, silent_hosts=frozenset(), operators=(), presences=(), hot_fixes=())
    site = fact(FactKind.SCRIPT_CALL, name, "member", by="bridge", file="www/wrap.js", at="+0x1")
    lists = [replace(bridge(one), location=Location(file=f"www/{at}.js")) for at, one in enumerate(listed)]
    (call,) = find_script_calls(build(site, *lists), replace(knowledge(), signs=signs))
    assert (call.can_succeed, call.why_not.en if call.why_not else "") == (not why_not, why_not)


LAYERS = (
    layer(
        "uni-app",
        interface("uni.getLocation", "precise_location", permissions=(LOCATION,), usage_keys=("NSLocationAlwaysUsageDescription",)),
        interface("uni.chooseImage", "photos", may=("camera",)),
        module("Maps", "precise_location"),
        sdk="runtime",
    ),
    layer("rn", interface("Clipboard.getString", "clipboard", common=True), module("RNDeviceInfo", "imei", classes=("a.RNDeviceModule",))),
)
FIX = HotFix(id="fixer", name=words("Fixer"), classes=frozenset({"com.fixer.Patch", "com.fixer.Loader"}))
KNOWN = replace(
    knowledge(),
    signs=Signs(layers={one.id: one for one in LAYERS}, silent_hosts=frozenset(), operators=(), presences=(), hot_fixes=(FIX,)),
)


def script(name: str, form: str, by: str = "uni-app", **traits: str) -> Fact:
    return fact(FactKind.SCRIPT_CALL, name, form, by=by, file="assets/a.js", **traits)


def asked(name: str) -> Fact:
    return fact(FactKind.PERMISSION, name)


def shown(one: Build) -> set[tuple[str, OwnerKind, Confidence, bool]]:
    collections: list[Collection] = list(of_scripts(find_script_calls(one, KNOWN)))
    return {(found.type, found.owner, found.confidence, found.may) for found in collections}


@pytest.mark.parametrize(
    ("form", "sure"), [("member", Confidence.HIGH), ("index", Confidence.HIGH), ("alias", Confidence.MEDIUM), ("name", Confidence.LOW)]
)
def test_how_an_interface_is_written_says_how_sure_it_is(form: str, sure: Confidence) -> None:
    assert ("precise_location", OwnerKind.APP, sure, False) in shown(build(script("uni.getLocation", form), asked(LOCATION)))


def test_without_the_permission_it_cannot_succeed() -> None:
    (call,) = find_script_calls(build(script("uni.getLocation", "member")), KNOWN)
    assert (call.permission_held, call.can_succeed) == (False, False)
    assert call.why_not is not None
    assert "ACCESS_FINE_LOCATION" in call.why_not.en
    assert shown(build(script("uni.getLocation", "member"))) == {("precise_location", OwnerKind.APP, Confidence.LOW, False)}


def test_on_ios_the_usage_key_decides() -> None:
    key = fact(FactKind.USAGE_STRING, "NSLocationAlwaysUsageDescription", "x")
    one = build(script("uni.getLocation", "member"), key, platform=Platform.IOS)
    (call,) = find_script_calls(one, KNOWN)
    assert (call.permission_held, call.can_succeed) == (True, True)


def test_what_needs_no_permission_may_be_a_way_to_more() -> None:
    assert shown(build(script("uni.chooseImage", "member"))) == {
        ("photos", OwnerKind.APP, Confidence.HIGH, False),
        ("camera", OwnerKind.APP, Confidence.LOW, True),
    }


def test_a_plugin_s_own_script_proves_nothing_of_the_app() -> None:
    assert shown(build(script("uni.chooseImage", "member", plugin="cordova-plugin-camera"))) == {
        ("photos", OwnerKind.BYSTANDER, Confidence.LOW, False),
        ("camera", OwnerKind.BYSTANDER, Confidence.LOW, True),
    }


def test_a_bundled_module_is_a_way_and_no_more() -> None:
    configured = fact(FactKind.SCRIPT_MODULE, "Maps", by="uni-app", **{"as": "module"})
    registered = fact(FactKind.SCRIPT_MODULE, "Maps", by="uni-app", **{"as": "feature"})
    assert shown(build(configured)) == {("precise_location", OwnerKind.APP, Confidence.LOW, True)}
    assert shown(build(registered)) == {("precise_location", OwnerKind.SDK, Confidence.LOW, True)}


def test_the_part_of_a_plug_in_for_one_platform_is_that_plug_in() -> None:
    def plugin(name: str) -> Fact:
        return fact(FactKind.SCRIPT_MODULE, name, by="uni-app", **{"as": "plugin"})

    assert shown(build(plugin("Maps_android"))) == {("precise_location", OwnerKind.APP, Confidence.LOW, True)}
    assert shown(build(plugin("Maps_android_camerax"))) == {("precise_location", OwnerKind.APP, Confidence.LOW, True)}
    assert shown(build(plugin("Maps_web"))) == set()
    # the package itself is in the program beside its parts
    assert shown(build(fact(FactKind.SCRIPT_MODULE, "Maps_android", by="uni-app", **{"as": "package"}))) == set()


def test_what_no_source_was_read_for_accuses_nobody() -> None:
    rumour = interface("uni.rumour", "imei", unverified=True)
    known = replace(KNOWN, signs=replace(KNOWN.signs, layers={"uni-app": layer("uni-app", rumour)}))
    (call,) = find_script_calls(build(script("uni.rumour", "member")), known)
    assert call.confidence is Confidence.LOW


def test_a_native_class_shows_the_module_where_the_layer_is() -> None:
    code = {"classes.dex": ("a.RNDeviceModule",)}
    assert shown(build(fact(FactKind.SCRIPT_LAYER, "rn"), code=code)) == {("imei", OwnerKind.APP, Confidence.LOW, True)}
    assert shown(build(code=code)) == set()


def test_words_every_bundle_holds_are_no_sign() -> None:
    assert shown(build(script("Clipboard.getString", "name", "rn"), script("Clipboard.getString", "alias", "rn"))) == set()
    assert shown(build(script("Clipboard.getString", "member", "rn"))) == {("clipboard", OwnerKind.APP, Confidence.HIGH, False)}


def test_an_unknown_interface_layer_or_module_says_nothing() -> None:
    player = fact(FactKind.SCRIPT_MODULE, "VideoPlayer", by="uni-app")
    one = build(script("uni.request", "member"), script("uni.getLocation", "member", "nowhere"), player)
    assert find_script_calls(one, KNOWN) == ()


def test_layers_and_hot_fixes_are_the_frameworks_used() -> None:
    one = build(fact(FactKind.SCRIPT_LAYER, "uni-app", "3.6.18"), code={"classes.dex": ("com.fixer.Patch", "a.B")})
    assert [(found.id, found.kind.value, found.version) for found in find_frameworks(one, KNOWN)] == [
        ("fixer", "hot-fix", ""),
        ("uni-app", "script", "3.6.18"),
    ]
    assert find_frameworks(build(code={"classes.dex": ("com.fixer.other.Thing",)}), KNOWN) == ()

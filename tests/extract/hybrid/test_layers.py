"""Script layers of whole builds: what is recorded, and what becomes a gap."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.extract import extract
from auditor.extract.lens import Lens, ScriptNames
from auditor.model import Build, FactKind, Table
from tests.forge.apk import simple_apk
from tests.forge.archive import Entry, write_zip
from tests.forge.arsc import Resource, resource_ids
from tests.forge.axml import Element, Reference, write_axml
from tests.forge.dex import Array, Class, Method
from tests.forge.hermes import write_hermes
from tests.forge.ipa import simple_ipa

LENS = Lens(
    scripts={
        "uni-app": ScriptNames(interfaces=frozenset({"uni.getLocation", "plus.device.imei"}), modules=frozenset({"Maps"})),
        "web": ScriptNames(interfaces=frozenset({"navigator.geolocation.getCurrentPosition"})),
        "rn": ScriptNames(interfaces=frozenset({"DeviceInfo.getUniqueId"}), modules=frozenset({"RNDeviceInfo"})),
        "dart": ScriptNames(modules=frozenset({"geolocator", "flutter.baseflow.com/geolocator"})),
        "weex-js": ScriptNames(interfaces=frozenset({"clipboard.getString"})),
        "cordova-js": ScriptNames(interfaces=frozenset({"navigator.camera.getPicture"})),
        "capacitor-js": ScriptNames(interfaces=frozenset({"Geolocation.getCurrentPosition"})),
    },
    wordings={"account-deletion": ("注销账号",)},
    links={"privacy-policy-link": ("privacy",)},
    every_host=True,
)
SCRIPT = b"function f(){var t=this;return uni.getLocation({type:1})}"
GEO = b"navigator.geolocation.getCurrentPosition(f)"
UNI = "assets/apps/__UNI__1/www"
PANDORA = "Pandora/apps/__UNI__1/www"


def read(tmp_path: Path, files: Mapping[str, bytes], **changes: object) -> Build:
    path = tmp_path / "app.apk"
    path.write_bytes(simple_apk(files=files, **changes))  # type: ignore[arg-type]
    return extract(path, lens=LENS)


def told(build: Build, *kinds: FactKind) -> set[tuple[str, str, str, str]]:
    """Return (layer, name, value, file) of the facts of some kinds."""
    return {(fact.by, fact.name, fact.value, fact.location.file) for fact in build.of(*kinds)}


def gaps(build: Build) -> dict[str, frozenset[Table]]:
    return {gap.location.file: gap.hides for gap in build.gaps}


def test_a_uni_app_is_read_with_its_places(tmp_path: Path) -> None:
    manifest = {"id": "__UNI__1", "version": {"name": "2.0"}, "permissions": {"Maps": {}}, "plus": {"privacy": {"prompt": "none"}}}
    files = {f"{UNI}/manifest.json": json.dumps(manifest).encode(), f"{UNI}/app-service.js": SCRIPT, f"{UNI}/pages/a.js": SCRIPT}
    build = read(tmp_path, files)
    assert told(build, FactKind.SCRIPT_CALL) == {
        ("uni-app", "uni.getLocation", "member", f"{UNI}/app-service.js"),
        ("uni-app", "uni.getLocation", "member", f"{UNI}/pages/a.js"),
    }
    assert told(build, FactKind.SCRIPT_MODULE) == {("uni-app", "Maps", "", f"{UNI}/manifest.json")}
    assert told(build, FactKind.SCRIPT_SETTING) == {("uni-app", "privacy.prompt", "none", f"{UNI}/manifest.json")}
    assert gaps(build) == {}


CONTROL = b"""<?xml version="1.0" encoding="utf-8"?>
<hbuilder version="1.9.9.82" debug='false'><apps><app appid="__UNI__1" appver="2.0"/></apps></hbuilder>"""


def test_which_app_the_runtime_starts_is_read_and_looked_for(tmp_path: Path) -> None:
    control = "assets/data/dcloud_control.xml"
    build = read(tmp_path, {control: CONTROL, f"{UNI}/app-service.js": SCRIPT})
    (layer,) = [fact for fact in build.of(FactKind.SCRIPT_LAYER) if fact.location.file == control]
    assert (layer.name, layer.value, layer.trait("app")) == ("uni-app", "1.9.9.82", "__UNI__1")
    assert gaps(build) == {}
    build = read(tmp_path, {control: CONTROL})
    assert gaps(build) == {control: frozenset({Table.DATA})}
    (gap,) = build.gaps
    assert gap.location.at == "__UNI__1"


@pytest.mark.parametrize("data", [b"<control/>", b"", b"<hbuilder><apps></apps></hbuilder>", b"\xff<hbuilder", b"<app appid='x'/>"])
def test_a_control_file_that_names_no_app_says_nothing(tmp_path: Path, data: bytes) -> None:
    build = read(tmp_path, {"assets/data/dcloud_control.xml": data, "assets/control.xml": data})
    assert build.of(FactKind.SCRIPT_LAYER) == ()
    assert gaps(build) == {}


def test_the_runtime_s_own_files_are_not_the_app_s(tmp_path: Path) -> None:
    files = {f"{UNI}/__uniappchooselocation.js": SCRIPT, f"{UNI}/view.umd.min.js": SCRIPT, "assets/uni-jsframework-vue3.js": GEO}
    assert told(read(tmp_path, files), FactKind.SCRIPT_CALL) == set()


@pytest.mark.parametrize("script", [b"\x8f\x01\x99" * 300, b"U2FsdGVkX1" * 200])
def test_an_encrypted_bundle_is_a_gap(tmp_path: Path, script: bytes) -> None:
    build = read(tmp_path, {f"{UNI}/app-service.js": script})
    assert gaps(build) == {f"{UNI}/app-service.js": frozenset({Table.DATA})}
    assert "before encryption" in build.gaps[0].reason.en


def test_an_obfuscated_bundle_is_a_gap_and_read_all_the_same(tmp_path: Path) -> None:
    script = b"".join(b"var _0x%x=1;" % number for number in range(0x1000, 0x1200)) + SCRIPT
    build = read(tmp_path, {f"{UNI}/app-service.js": script})
    assert gaps(build) == {f"{UNI}/app-service.js": frozenset({Table.DATA})}
    assert {fact.name for fact in build.of(FactKind.SCRIPT_CALL)} == {"uni.getLocation"}


def test_a_minified_bundle_is_none(tmp_path: Path) -> None:
    script = b"!function(e){" + b"".join(b"var a%d=e(%d);" % (number, number) for number in range(2000)) + SCRIPT + b"}()"
    assert gaps(read(tmp_path, {f"{UNI}/app-service.js": script})) == {}


def test_a_manifest_that_cannot_be_parsed_is_a_gap(tmp_path: Path) -> None:
    build = read(tmp_path, {f"{UNI}/manifest.json": b"\x93\xab" * 90})
    assert gaps(build) == {f"{UNI}/manifest.json": frozenset({Table.DATA})}
    assert {fact.name for fact in build.of(FactKind.SCRIPT_LAYER)} == {"uni-app"}


def test_a_mini_program_in_an_archive_is_read(tmp_path: Path) -> None:
    inner = write_zip([Entry(name="app-service.js", data=SCRIPT), Entry(name="manifest.json", data=b'{"id":"__UNI__2"}')])
    build = read(tmp_path, {"assets/apps/__UNI__2.wgt": inner})
    assert told(build, FactKind.SCRIPT_CALL) == {("uni-app", "uni.getLocation", "member", "assets/apps/__UNI__2.wgt!/app-service.js")}


def test_the_prompt_of_its_own_file_is_read(tmp_path: Path) -> None:
    files = {"assets/androidPrivacy.json": b'{"prompt":"template","message":"<a href=\'https://a.example.cn/privacy.html\'>"}'}
    build = read(tmp_path, files)
    assert told(build, FactKind.SCRIPT_SETTING) == {("uni-app", "privacy.prompt", "template", "assets/androidPrivacy.json")}
    assert {fact.value for fact in build.of(FactKind.WORDING)} == {"https://a.example.cn/privacy.html"}


def test_bytecode_of_react_native_is_read_by_its_strings(tmp_path: Path) -> None:
    bundle = write_hermes(["DeviceInfo", "getUniqueId", "RNDeviceInfo", "https://api.example.cn/v1", "确认注销账号"])
    build = read(tmp_path, {"assets/index.android.bundle": bundle})
    assert told(build, FactKind.SCRIPT_CALL) == {("rn", "DeviceInfo.getUniqueId", "name", "assets/index.android.bundle")}
    assert told(build, FactKind.SCRIPT_MODULE) == {("rn", "RNDeviceInfo", "", "assets/index.android.bundle")}
    assert {fact.name for fact in build.of(FactKind.HOST)} == {"api.example.cn"}
    assert {(fact.name, fact.value) for fact in build.of(FactKind.WORDING)} == {("account-deletion", "注销账号")}
    assert [fact.trait("form") for fact in build.of(FactKind.SCRIPT_LAYER)] == ["hermes 96"]


def test_bytecode_of_an_unknown_version_is_a_gap(tmp_path: Path) -> None:
    build = read(tmp_path, {"assets/index.android.bundle": write_hermes(["DeviceInfo", "getUniqueId"], version=250)})
    assert gaps(build) == {"assets/index.android.bundle": frozenset({Table.DATA})}
    assert told(build, FactKind.SCRIPT_CALL) == set()


def test_a_plain_bundle_of_react_native_is_read(tmp_path: Path) -> None:
    script = b"var t=r(d[0]);function x(){return n.default.getUniqueId()}e.NativeModules.RNDeviceInfo"
    build = read(tmp_path, {"assets/index.android.bundle": script})
    assert told(build, FactKind.SCRIPT_CALL) == {("rn", "DeviceInfo.getUniqueId", "alias", "assets/index.android.bundle")}
    assert told(build, FactKind.SCRIPT_MODULE) == {("rn", "RNDeviceInfo", "", "assets/index.android.bundle")}


SNAPSHOT = b"\x7fELF_kDartVmSnapshotInstructions\0package:geolocator/a.dart\0package:my_app/main.dart\0flutter.baseflow.com/geolocator\0"


def test_one_snapshot_of_several_processors_is_read(tmp_path: Path) -> None:
    build = read(tmp_path, {"lib/armeabi-v7a/libapp.so": SNAPSHOT, "lib/arm64-v8a/libapp.so": SNAPSHOT})
    file = "lib/arm64-v8a/libapp.so"
    assert told(build, FactKind.SCRIPT_MODULE) == {
        ("dart", "geolocator", "", file),
        ("dart", "my_app", "", file),
        ("dart", "flutter.baseflow.com/geolocator", "", file),
    }
    assert gaps(build) == {}


def test_an_obfuscated_snapshot_is_a_gap(tmp_path: Path) -> None:
    build = read(tmp_path, {"lib/arm64-v8a/libapp.so": b"\x7fELF_kDartVmSnapshotInstructions\0a\0b\0"})
    assert gaps(build) == {"lib/arm64-v8a/libapp.so": frozenset({Table.DATA})}


def test_a_library_of_the_same_name_is_no_snapshot(tmp_path: Path) -> None:
    build = read(tmp_path, {"lib/arm64-v8a/libapp.so": b"\x7fELF" + bytes(99)})
    assert (told(build, FactKind.SCRIPT_LAYER), gaps(build)) == (set(), {})


def test_cordova_pages_and_plugins(tmp_path: Path) -> None:
    files = {
        "assets/www/cordova_plugins.js": b'module.exports=[{"pluginId":"cordova-plugin-camera"}]',
        "assets/www/cordova.js": b"navigator.camera.getPicture(1)",
        "assets/www/js/app.js": b"navigator.camera.getPicture(ok, bad)",
        "assets/www/plugins/cordova-plugin-camera/www/Camera.js": b"navigator.camera.getPicture(a)",
    }
    build = read(tmp_path, files)
    calls = {(fact.location.file, fact.trait("plugin")) for fact in build.of(FactKind.SCRIPT_CALL)}
    assert calls == {
        ("assets/www/js/app.js", None),
        ("assets/www/plugins/cordova-plugin-camera/www/Camera.js", "cordova-plugin-camera"),
    }
    assert told(build, FactKind.SCRIPT_MODULE) == {("cordova-js", "cordova-plugin-camera", "", "assets/www/cordova_plugins.js")}


def test_features_of_a_compiled_configuration_are_plug_ins_where_the_layer_is(tmp_path: Path) -> None:
    param = Element("param", {"name": "android-package", "value": "org.apache.cordova.camera.CameraLauncher"})
    config = write_axml(Element("widget", {"id": "a"}, [Element("feature", {"name": "Camera"}, [param]), Element("feature", {"x": "y"})]))
    files = {"res/xml/config.xml": config, "assets/www/cordova.js": b"var cordova={}"}
    expected = {("cordova-js", "Camera", "org.apache.cordova.camera.CameraLauncher", "res/xml/config.xml")}
    assert told(read(tmp_path, files), FactKind.SCRIPT_MODULE) == expected
    assert told(read(tmp_path, {"res/xml/config.xml": config}), FactKind.SCRIPT_MODULE) == set()


def test_plug_ins_a_flutter_app_registers_are_told_with_their_classes(tmp_path: Path) -> None:
    strings = [
        "Error registering plugin geolocator_android, com.baseflow.geolocator.GeolocatorPlugin",
        "Error registering plugin: nothing",
        "Error registering pluginX a, b.C",
    ]
    own = Class(name="io.flutter.plugins.GeneratedPluginRegistrant", methods=[Method(name="r()V", body=[Array(items=strings, keep="x")])])
    build = read(tmp_path, {}, classes=[own])
    assert told(build, FactKind.SCRIPT_MODULE) == {
        ("dart", "geolocator_android", "com.baseflow.geolocator.GeolocatorPlugin", "classes.dex")
    }


def test_capacitor_pages_and_plugins(tmp_path: Path) -> None:
    files = {
        "assets/capacitor.config.json": b"{}",
        "assets/capacitor.plugins.json": b'[{"pkg":"@capacitor/geolocation","classpath":"a.B"}]',
        "assets/public/main.js": b"Geolocation.getCurrentPosition()",
    }
    build = read(tmp_path, files)
    assert told(build, FactKind.SCRIPT_CALL) == {("capacitor-js", "Geolocation.getCurrentPosition", "member", "assets/public/main.js")}
    assert told(build, FactKind.SCRIPT_MODULE) == {("capacitor-js", "@capacitor/geolocation", "a.B", "assets/capacitor.plugins.json")}


def test_a_page_of_a_web_view_has_the_web_s_interfaces_only(tmp_path: Path) -> None:
    build = read(tmp_path, {"assets/help.html": b"<script>navigator.geolocation.getCurrentPosition(f);uni.getLocation({})</script>"})
    assert told(build, FactKind.SCRIPT_CALL) == {("web", "navigator.geolocation.getCurrentPosition", "member", "assets/help.html")}


def test_a_weex_page_is_told_by_its_first_line(tmp_path: Path) -> None:
    page = b'// { "framework": "Vue"}\nvar c=weex.requireModule("clipboard");clipboard.getString(f)'
    build = read(tmp_path, {"assets/dist/index.js": page})
    assert told(build, FactKind.SCRIPT_CALL) == {("weex-js", "clipboard.getString", "member", "assets/dist/index.js")}


def test_an_ios_app_has_the_same_layers(tmp_path: Path) -> None:
    path = tmp_path / "app.ipa"
    files = {f"{PANDORA}/app-service.js": SCRIPT, f"{PANDORA}/manifest.json": b'{"id":"__UNI__1"}',
             "main.jsbundle": write_hermes(["DeviceInfo", "getUniqueId"])}
    path.write_bytes(simple_ipa(files=files))
    build = extract(path, lens=LENS)
    assert {fact.name for fact in build.of(FactKind.SCRIPT_LAYER)} == {"uni-app", "rn"}
    assert {fact.name for fact in build.of(FactKind.SCRIPT_CALL)} == {"uni.getLocation", "DeviceInfo.getUniqueId"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_texts_of_an_ios_app_are_looked_through(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "app.ipa"
    text = '"bye" = "注销账号";'.encode(encoding)
    path.write_bytes(simple_ipa(files={"zh-Hans.lproj/Localizable.strings": text, "fr.lproj/Localizable.strings": text}))
    build = extract(path, lens=LENS)
    (found,) = build.of(FactKind.WORDING)
    assert (found.name, found.location.file.rpartition(".app/")[2]) == ("account-deletion", "zh-Hans.lproj/Localizable.strings")


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=120), st.sampled_from(["", "{", "var a=", "\x7fELF_kDartVmSnapshotInstructions", "\u201c"]))
def test_any_bytes_in_any_of_the_files_are_read_or_a_gap(tmp_path_factory: pytest.TempPathFactory, noise: bytes, start: str) -> None:
    data = start.encode() + noise
    names = (
        f"{UNI}/manifest.json", f"{UNI}/app-service.js", "assets/androidPrivacy.json", "assets/data/dcloud_properties.xml",
        "assets/data/dcloud_control.xml",
        "assets/index.android.bundle", "lib/arm64-v8a/libapp.so", "assets/www/cordova_plugins.js", "assets/www/cordova.js",
        "assets/capacitor.plugins.json", "assets/capacitor.config.json", "assets/apps/x.wgt", "assets/a.html",
        "res/xml/network_security_config.xml",
    )
    build = read(tmp_path_factory.mktemp("any"), dict.fromkeys(names, data))
    assert not any("unexpected error" in gap.reason.en for gap in build.gaps)


def test_an_app_without_scripts_has_no_layer(tmp_path: Path) -> None:
    build = read(tmp_path, {"assets/data.json": b"{}", "assets/readme.txt": b"uni.getLocation(", "res/raw/a.js": SCRIPT})
    assert told(build, FactKind.SCRIPT_LAYER, FactKind.SCRIPT_CALL, FactKind.SCRIPT_MODULE) == set()


def test_hosts_and_texts_of_code_are_told_with_their_class(tmp_path: Path) -> None:
    strings = ["https://api.example.cn/v1", "restsdk.example.com", "注销账号", "https://example.cn/privacy.html", "http://localhost/"]
    own = Class(name="a.Net", methods=[Method(name="go()V", body=[Array(items=strings, keep="x")])])
    build = read(tmp_path, {}, classes=[own])
    assert {(fact.name, fact.value, fact.by) for fact in build.of(FactKind.HOST)} == {
        ("api.example.cn", "https", "a.Net"),
        ("example.cn", "https", "a.Net"),
        ("restsdk.example.com", "", "a.Net"),
    }
    assert {(fact.name, fact.value, fact.location.at) for fact in build.of(FactKind.WORDING)} == {
        ("account-deletion", "注销账号", "a.Net"),
        ("privacy-policy-link", "https://example.cn/privacy.html", "a.Net"),
    }


PINNED = Element("domain-config", {}, [Element("domain", {}, text="pin.example.cn")])


def test_texts_and_hosts_of_resources(tmp_path: Path) -> None:
    config = write_axml(Element("network-security-config", {}, [PINNED]))
    build = read(tmp_path, {"res/xml/network_security_config.xml": config}, resources=[Resource("string", "bye", {"": "注销账号"})])
    assert ("pin.example.cn", "network-security-config") in {(fact.name, fact.by) for fact in build.of(FactKind.HOST)}
    assert {(fact.name, fact.location.file) for fact in build.of(FactKind.WORDING)} == {("account-deletion", "resources.arsc")}


def test_a_configuration_is_found_by_what_the_manifest_refers_to(tmp_path: Path) -> None:
    label, path = Resource("string", "app_name", {"": "Example"}), Resource("xml", "net", {"": "res/Gd.xml"})
    config = write_axml(Element("network-security-config", {}, [PINNED]))
    other = write_axml(Element("x", {"x": "other.example.cn"}))
    reference = Reference(resource_ids([label, path])["xml/net"])
    files = {"res/Gd.xml": config, "res/Gx.xml": other}
    build = read(tmp_path, files, resources=[path], application={"networkSecurityConfig": reference})
    hosts = {fact.name for fact in build.of(FactKind.HOST)}
    assert "pin.example.cn" in hosts
    assert "other.example.cn" not in hosts


def test_nothing_is_recorded_of_hosts_and_texts_nobody_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "app.apk"
    own = Class(name="a.Net", methods=[Method(name="go()V", body=[Array(items=["https://api.example.cn"], keep="x")])])
    path.write_bytes(simple_apk(classes=[own]))
    assert extract(path).of(FactKind.HOST, FactKind.WORDING) == ()

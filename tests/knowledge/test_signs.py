"""What is known of scripts, hosts and signs of practice."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.errors import KnowledgeError
from auditor.knowledge.load import compile_signs, load, read_yaml
from auditor.knowledge.sign_load import signs_from
from auditor.model import Platform, Severity

HERE = Path(__file__).parents[2] / "auditor" / "knowledge"
SIGNS = load().signs
LAYERS = ("arkts", "capacitor-js", "cordova-js", "dart", "rn", "uni-app", "web", "weex-js")


def test_the_compiled_file_is_what_the_yaml_says() -> None:
    assert (HERE / "signs.json").read_bytes() == compile_signs(read_yaml(HERE)), "run: python -m auditor.knowledge"


def test_every_layer_that_extraction_tells_is_described() -> None:
    assert tuple(sorted(SIGNS.layers)) == LAYERS
    assert all(layer.interfaces or layer.modules for layer in SIGNS.layers.values())


@pytest.mark.parametrize(
    ("layer", "name", "data"),
    [
        ("uni-app", "uni.getLocation", "precise_location"),
        ("uni-app", "plus.device.imei", "imei"),
        ("uni-app", "uni.getRecorderManager", "microphone"),
        ("rn", "DeviceInfo.getAndroidId", "android_id"),
        ("web", "navigator.geolocation.getCurrentPosition", "precise_location"),
        ("cordova-js", "navigator.contacts.find", "contacts"),
        ("capacitor-js", "Device.getId", "other_device_id"),
    ],
)
def test_interfaces_that_collect_are_known(layer: str, name: str, data: str) -> None:
    assert data in SIGNS.layers[layer].interfaces[name].data


@pytest.mark.parametrize("name", ["uni.request", "uni.navigateTo", "uni.showToast", "plus.webview.create"])
def test_interfaces_that_collect_nothing_are_not(name: str) -> None:
    assert name not in SIGNS.layers["uni-app"].interfaces


@pytest.mark.parametrize(
    ("layer", "name", "data"),
    [
        ("dart", "geolocator", "precise_location"),
        ("dart", "flutter.baseflow.com/geolocator", "precise_location"),
        ("rn", "RNDeviceInfo", "android_id"),
        ("uni-app", "Contacts", "contacts"),
        ("cordova-js", "cordova-plugin-camera", "camera"),
        ("capacitor-js", "@capacitor/geolocation", "precise_location"),
    ],
)
def test_modules_are_known_by_each_of_their_names(layer: str, name: str, data: str) -> None:
    assert data in SIGNS.layers[layer].modules[name].may


def test_a_location_needs_a_permission_on_android_and_a_key_on_ios() -> None:
    one = SIGNS.layers["uni-app"].interfaces["uni.getLocation"]
    assert "android.permission.ACCESS_FINE_LOCATION" in one.permissions
    assert "NSLocationWhenInUseUsageDescription" in one.usage_keys
    assert one.severity is Severity.HIGH


def test_hosts_have_the_operator_of_the_longest_claim() -> None:
    google = SIGNS.operator_of("www.google-analytics.com")
    assert google is not None
    assert google.name == "Google"
    assert SIGNS.operator_of("google-analytics.com.example.cn") is None
    assert SIGNS.operator_of("notgoogle.com") is None
    assert SIGNS.operator_of("") is None
    assert "schemas.android.com" in SIGNS.silent_hosts


def test_presences_know_their_platforms() -> None:
    by_id = {one.id: one for one in SIGNS.presences}
    assert set(by_id) == {"privacy-policy-link", "account-deletion", "consent-withdrawal", "consent-prompt", "self-start"}
    assert "注销账号" in by_id["account-deletion"].words
    assert "撤回同意" in by_id["consent-withdrawal"].words
    assert "android.intent.action.BOOT_COMPLETED" in by_id["self-start"].actions
    assert by_id["self-start"].platforms == {Platform.ANDROID}
    assert by_id["account-deletion"].platforms == set(Platform)


def test_frameworks_for_hot_fixes_are_known_by_their_classes() -> None:
    known = {class_ for fix in SIGNS.hot_fixes for class_ in fix.classes}
    assert {
        "com.tencent.tinker.loader.TinkerLoader",
        "com.meituan.robust.PatchExecutor",
        "com.taobao.sophix.SophixManager",
        "com.alipay.euler.andfix.AndFixManager",
    } <= known


BASE = {
    "data_types.yaml", "permissions.yaml", "usage_keys.yaml", "packers.yaml", "regulations.yaml",
}


def mistakes(tmp_path: Path, name: str, text: str) -> list[str]:
    """Return what is wrong with one file beside otherwise sound knowledge."""
    for file in BASE:
        (tmp_path / file).write_bytes((HERE / file).read_bytes())
    target = tmp_path / name
    target.parent.mkdir(exist_ok=True)
    target.write_text(text, "utf-8")
    try:
        read_yaml(tmp_path)
    except KnowledgeError as error:
        return [one for one in error.mistakes if one.startswith(name)]
    return []


HEAD = "layer: x\nname: {zh: 甲, en: X}\nsources: {s: a source}\n"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("interfaces:\n- {name: getLocation, data: [imei], severity: high, source: s}\n", "no interface as scripts write it"),
        ("interfaces:\n- {name: a.b, severity: high, source: s}\n", "reads nothing"),
        ("interfaces:\n- {name: a.b, data: [imei], may: [imei], severity: high, source: s}\n", "stands under data already"),
        ("interfaces:\n- {name: a.b, data: [imej], severity: high, source: s}\n", "imej"),
        ("interfaces:\n- {name: a.b, data: [imei], severity: high, source: t}\n", "source"),
        ("modules:\n- {name: m, may: [imei], severity: low, source: s}\n- {name: n, also: [m], may: [imei], severity: low, source: s}\n",
         "described before"),
        ("modules:\n- {name: m, may: [imei], severity: low, source: s, colour: red}\n", "unknown key 'colour'"),
    ],
)
def test_mistakes_in_a_layer_are_told_with_their_line(tmp_path: Path, text: str, wrong: str) -> None:
    found = mistakes(tmp_path, "script_apis/x.yaml", HEAD + text)
    assert any(wrong in one for one in found), found


def test_a_sound_layer_has_no_mistakes(tmp_path: Path) -> None:
    text = "interfaces:\n- {name: a.b, data: [imei], severity: high, source: s}\n"
    text += "modules:\n- {name: m, may: [imei], severity: low, source: s}\n"
    assert mistakes(tmp_path, "script_apis/x.yaml", HEAD + text) == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("silent: [Example.com]\noperators: []\n", "no host"),
        ("silent: [a.b]\noperators:\n- {name: X, country: usa, hosts: [x.com], source: s}\n", "ISO 3166"),
        ("silent: [a.b]\noperators:\n- {name: X, hosts: [x.com], source: s}\n- {name: Y, hosts: [x.com], source: s}\n", "X's already"),
    ],
)
def test_mistakes_in_hosts_are_told(tmp_path: Path, text: str, wrong: str) -> None:
    found = mistakes(tmp_path, "hosts.yaml", "sources: {s: a source}\n" + text)
    assert any(wrong in one for one in found), found


def test_a_presence_nothing_shows_is_a_mistake(tmp_path: Path) -> None:
    text = "sources: {s: a source}\npresences:\n- {id: x, name: {zh: 甲, en: X}, source: s, layers: [nowhere]}\nhot_fixes: []\n"
    found = mistakes(tmp_path, "presence.yaml", text)
    assert any("nothing shows 'x'" in one for one in found)
    assert any("no layer 'nowhere'" in one for one in found)


def test_what_is_compiled_is_read_back() -> None:
    again = signs_from((HERE / "signs.json").read_bytes())
    assert again.layers.keys() == SIGNS.layers.keys()
    assert again.presences == SIGNS.presences

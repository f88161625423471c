"""The plug-ins that Cordova, Capacitor and Flutter builds list."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.extract.hybrid.flutter import is_snapshot, packages, strings_of
from auditor.extract.hybrid.plugins import capacitor_plugins, cordova_features, cordova_globals, cordova_plugins

CORDOVA = b"""cordova.define('cordova/plugin_list', function(require, exports, module) {
module.exports = [
  {
    "id": "cordova-plugin-camera.Camera",
    "file": "plugins/cordova-plugin-camera/www/CameraConstants.js",
    "pluginId": "cordova-plugin-camera",
    "clobbers": ["Camera"]
  }
];
module.exports.metadata =
// TOP OF METADATA
{};
});
"""
METADATA = b'module.exports.metadata = {"cordova-plugin-camera": "4.1.0", "@scope/plugin-x": "0.1.0"};'


def test_plugins_are_read_with_their_versions() -> None:
    assert cordova_plugins(CORDOVA) == {"cordova-plugin-camera": ""}
    assert cordova_plugins(CORDOVA + METADATA) == {"@scope/plugin-x": "0.1.0", "cordova-plugin-camera": "4.1.0"}


def test_another_script_lists_none() -> None:
    assert cordova_plugins(b"var plugins = ['cordova-plugin-camera'];") == {}
    assert cordova_features(b"<widget id='x'/>") == []


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (b'{"pluginId": "p", "clobbers": ["navigator.camera", "window.Camera"], "runs": true}', ["Camera", "navigator.camera"]),
        (b"{pluginId: 'p', merges: ['navigator.notification']}, {clobbers:['device']}", ["device", "navigator.notification"]),
        (b'{"pluginId": "p", "clobbers": []}', []),
        (b'{"pluginId": "p"}', []),
        (b'{"clobbers": [["x"]]}', []),
    ],
)
def test_names_that_plug_ins_define_are_told(data: bytes, names: list[str]) -> None:
    assert cordova_globals(data) == names


def test_features_of_a_plain_configuration() -> None:
    assert cordova_features(b'<feature name="Camera"><param name="ios-package" value="CDVCamera"/></feature>') == ["Camera"]


def test_capacitor_lists_packages_and_classes() -> None:
    data = b'[{"pkg":"@capacitor/camera","classpath":"com.capacitorjs.plugins.camera.CameraPlugin"},{"classpath":"x"}]'
    assert list(capacitor_plugins(data)) == [("@capacitor/camera", "com.capacitorjs.plugins.camera.CameraPlugin")]
    assert list(capacitor_plugins(b'{"appId":"a.b","packageClassList":["CAPCameraPlugin",3]}')) == [("CAPCameraPlugin", "")]
    assert list(capacitor_plugins(b'{"appId":"a.b"}')) == []
    with pytest.raises(ValueError):  # noqa: PT011 - json's or ours
        list(capacitor_plugins(b"\xff{"))


def test_a_snapshot_shows_its_packages_and_channels() -> None:
    data = b"\x7fELF_kDartVmSnapshotInstructions\0package:geolocator/geolocator.dart\0\x07flutter.baseflow.com/geolocator\x00"
    assert is_snapshot(data)
    assert list(packages(data)) == ["geolocator"]
    (found,) = strings_of(data, ["flutter.baseflow.com/geolocator", "flutter.baseflow.com/geo"])
    assert found[0] == "flutter.baseflow.com/geolocator"


def test_another_library_is_no_snapshot() -> None:
    assert not is_snapshot(b"\x7fELF" + bytes(200))
    assert packages(b"package: geolocator/ packageX:geo/ package:Geo/") == {}


@given(st.binary(max_size=300))
def test_any_bytes_are_looked_through(data: bytes) -> None:
    cordova_plugins(data)
    cordova_globals(data)
    cordova_features(data)
    for name, at in packages(data).items():
        assert data[at:].startswith(b"package:" + name.encode())
    with contextlib.suppress(ValueError):
        list(capacitor_plugins(data))

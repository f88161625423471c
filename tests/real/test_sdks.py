"""The SDKs named in real builds, and in apps put together from what the SDKs' vendors ship."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.extract import extract
from auditor.infer import infer
from auditor.knowledge.load import load
from auditor.model import Confidence, SdkTier
from tests.forge.apk import simple_apk
from tests.real.bundles import info_plist, members, pack_ipa
from tests.real.fetch import artefacts

pytestmark = pytest.mark.real

SHIPPED = {
    "alipay-android": {"alipay-sdk", "utdid"},
    "amap-location-android": {"amap"},
    "bugly-android": {"bugly"},
    "detox-android": set(),
    "getui-android": {"getui-push"},
    "getui-core-android": {"getui-gtc"},
    # carries com.tencent.map.a and .b, a locator of its own; the map SDK is something else
    "qq-android": {"tencent-qq-openid"},
    "tbs-android": {"tencent-tbs-x5"},
    "wechat-android": {"wechat-opensdk"},
}
"""What an app holds that builds a vendor's Android library in."""
LINKED = {"alipay-ios": "alipay-sdk", "amap-foundation-ios": "amap", "qq-ios": "tencent-qq-openid"}
"""What an app holds that links a vendor's iOS library."""
CARRIED = {"alipay-ios": {"utdid"}}
"""Smaller libraries inside, which may be told apart from their carrier or not."""
PRESENT = {
    "appium-settings": {"gms-location"},
    "atx": {"okhttp"},
    "pocoservice": {"gson", "jackson", "netty"},
    "u2": {"jackson", "okhttp"},
    "uiautomator-test": {"jackson"},
    "uiautomator-test-androidx": {"jackson"},
    "uiautomator2-server": {"gson", "netty"},
    "uiautomator2-server-test": {"okhttp"},
    "yosemite": {"glide", "netty", "protobuf", "tencent-tbs-x5", "zxing"},
}
"""What real apps hold, by their packages: okhttp3 and com.squareup.okhttp, com.bumptech.glide, com.tencent.smtt,
com.google.gson, io.netty, com.fasterxml.jackson, com.google.protobuf, com.google.zxing, com.google.android.gms.location."""
APKS = [name for name, artefact in artefacts().items() if artefact.kind == "apk"]
Artefact = Callable[[str], Path]


def _bundled(path: Path) -> set[str]:
    """Return the ids of the SDKs whose code is surely in a build."""
    found = infer(extract(path), load()).sdks
    return {sdk.id for sdk in found if sdk.tier >= SdkTier.BUNDLED and sdk.confidence is Confidence.HIGH}


@pytest.mark.parametrize("name", APKS)
def test_a_real_app_holds_these_sdks_and_no_other(name: str, artefact: Artefact) -> None:
    found = infer(extract(artefact(name)), load())
    assert {sdk.id for sdk in found.sdks} == PRESENT.get(name, set())
    assert found.gaps == ()


@pytest.mark.parametrize("name", SHIPPED)
def test_a_vendors_android_library_is_recognised_by_its_classes(name: str, artefact: Artefact, tmp_path: Path) -> None:
    library = artefact(name)
    native: dict[str, bytes] = {}
    with zipfile.ZipFile(library) as archive:
        names, jar = archive.namelist(), library.read_bytes()
        if "classes.jar" in names:
            jar = archive.read("classes.jar")
            native = {
                path.replace("jni/", "lib/", 1): archive.read(path)
                for path in names
                if path.startswith("jni/") and path.endswith(".so")
            }
    with zipfile.ZipFile(io.BytesIO(jar)) as archive:
        classes = [path[: -len(".class")].replace("/", ".") for path in archive.namelist() if path.endswith(".class")]
    app = tmp_path / "app.apk"
    app.write_bytes(simple_apk(classes=classes, files=native))
    assert _bundled(app) == SHIPPED[name]


@pytest.mark.peer
@pytest.mark.parametrize("name", LINKED)
def test_a_vendors_ios_library_is_recognised_in_an_app_that_links_it(
    name: str, artefact: Artefact, linked_library: Callable[[Path], Path], tmp_path: Path
) -> None:
    library = artefact(name)
    runner = "Products/Release-iphonesimulator/DetoxXCUITestRunnerApp.app/DetoxXCUITestRunnerApp"
    files = {
        "Info.plist": info_plist(CFBundleIdentifier="com.example.shop", CFBundleExecutable="Shop"),
        "Shop": members(artefact("detox-xcuitest"))[runner],
        # under another name than the vendor's, so that the code alone tells
        "Frameworks/Vendor.framework/Info.plist": info_plist(CFBundleExecutable="Vendor"),
        "Frameworks/Vendor.framework/Vendor": linked_library(library).read_bytes(),
    }
    assert _bundled(pack_ipa(tmp_path / "app.ipa", "Shop.app", files)) - CARRIED.get(name, set()) == {LINKED[name]}

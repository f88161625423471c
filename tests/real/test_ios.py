"""What the auditor reads of iOS apps is what plistlib, llvm-objdump and llvm-nm read of them.

No registry ships whole apps for the iPhone. Two simulator apps come as they were built; a third is put together here
from what vendors ship: their static libraries linked for arm64, their property lists and Python's extension modules.
"""

from __future__ import annotations

import json
import plistlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from auditor.extract import extract
from auditor.extract.ios.macho import read_macho
from auditor.model import Build, FactKind, Platform
from auditor.pipeline import read_build
from tests.real.bundles import info_plist, members, pack_ipa

pytestmark = pytest.mark.real

_PRODUCTS = "Products/Release-iphonesimulator/"
SIMULATOR_APPS = ["DetoxXCUITestRunnerApp.app", "DetoxXCUITestRunner-Runner.app"]
_MAGICS = (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
SHOP = "商城.app"
Artefact = Callable[[str], Path]
Link = Callable[..., Path]
Bundle = dict[str, bytes]


class App(NamedTuple):
    """An app bundle, and what was read of it."""

    name: str
    files: Bundle
    build: Build


@pytest.fixture(scope="module", params=SIMULATOR_APPS)
def simulator_app(
    request: pytest.FixtureRequest, artefact: Artefact, tmp_path_factory: pytest.TempPathFactory
) -> App:
    folder = f"{_PRODUCTS}{request.param}/"
    tree = members(artefact("detox-xcuitest"))
    files = {path.removeprefix(folder): data for path, data in tree.items() if path.startswith(folder)}
    return App(request.param, files, _read(tmp_path_factory.mktemp("app"), request.param, files))


@pytest.fixture(scope="module")
def shop(artefact: Artefact, linked_library: Link, tmp_path_factory: pytest.TempPathFactory) -> App:
    """An app with the frameworks of three vendors, one resource bundle and two extension modules."""
    files: Bundle = {
        "Info.plist": info_plist(
            CFBundleIdentifier="com.example.shop",
            CFBundleExecutable="Shop",
            CFBundleDisplayName="商城",
            CFBundlePackageType="APPL",
            CFBundleShortVersionString="2.0",
            CFBundleVersion="20",
            MinimumOSVersion="12.0",
            NSCameraUsageDescription="用于扫描商品条码",
            CFBundleURLTypes=[{"CFBundleURLSchemes": ["shop"]}],
            LSApplicationQueriesSchemes=["alipay", "mqqapi"],
        ),
        "Shop": members(artefact("detox-xcuitest"))[f"{_PRODUCTS}{SIMULATOR_APPS[0]}/DetoxXCUITestRunnerApp"],
        "TencentOpenApi_IOS_Bundle.bundle/Info.plist": artefact("qq-bundle-plist").read_bytes(),
        "lib/PIL/_imaging.cpython-313-iphoneos.so": artefact("pillow-imaging").read_bytes(),
        "lib/PIL/_webp.cpython-313-iphoneos.so": artefact("pillow-webp").read_bytes(),
    }
    for name in ("alipay-ios", "qq-ios", "amap-foundation-ios"):
        library = artefact(name)
        folder = f"Frameworks/{library.name}.framework"
        files[f"{folder}/{library.name}"] = linked_library(library).read_bytes()
        files[f"{folder}/Info.plist"] = info_plist(
            CFBundleIdentifier=f"com.example.{library.name}", CFBundleShortVersionString="1.0"
        )
    return App(SHOP, files, _read(tmp_path_factory.mktemp("shop"), SHOP, files))


def _images(files: Bundle) -> set[str]:
    """Return the paths of the Mach-O files; a debugger's ``.dSYM`` bundle holds one without any code."""
    return {path for path, data in files.items() if data.startswith(_MAGICS) and ".dSYM/" not in path}


def _read(path: Path, app: str, files: Bundle) -> Build:
    return extract(pack_ipa(path / "app.ipa", app, files))


def test_a_simulator_app_is_read_whole_and_said_to_be_one(simulator_app: App) -> None:
    gaps = simulator_app.build.gaps
    assert {gap.location.at for gap in gaps} <= {"LC_BUILD_VERSION", "CFBundleSupportedPlatforms"}
    assert gaps
    assert not any(gap.hides for gap in gaps)


def test_a_simulator_apps_identity_is_that_of_its_info_plist(simulator_app: App) -> None:
    info = plistlib.loads(simulator_app.files["Info.plist"])
    build = simulator_app.build
    assert build.identity.platform is Platform.IOS
    assert (
        build.identity.app_id,
        build.identity.label,
        build.identity.version,
        build.identity.version_code,
    ) == (
        info["CFBundleIdentifier"],
        info.get("CFBundleDisplayName", info.get("CFBundleName")),
        info.get("CFBundleShortVersionString", ""),
        info["CFBundleVersion"],
    )
    assert info["MinimumOSVersion"] in {fact.value for fact in build.of(FactKind.SDK_LEVEL) if fact.name == "min"}


def test_a_simulator_apps_usage_strings_are_those_of_its_info_plist(simulator_app: App) -> None:
    app, files, build = simulator_app
    info = plistlib.loads(files["Info.plist"])
    # all but one of Apple's keys start with NS: NFCReaderUsageDescription does not
    usage = {(key, text) for key, text in info.items() if key.endswith("UsageDescription")}
    place = f"Payload/{app}/Info.plist"
    read = {
        (fact.name, fact.value)
        for fact in build.of(FactKind.USAGE_STRING)
        if fact.location.file == place
    }
    assert read == usage


def test_every_image_of_a_simulator_app_is_found_with_its_classes(simulator_app: App) -> None:
    app, files, build = simulator_app
    places = {f"Payload/{app}/{path}": path for path in _images(files)}
    assert {fact.name for fact in build.of(FactKind.IMAGE)} == places.keys()
    found = {unit.file: set(unit.classes) for unit in build.code}
    for place, path in places.items():
        (image,) = read_macho(files[path]).images
        assert found.get(place, set()) == set(image.classes), place


def test_a_simulator_apps_frameworks_are_the_folders_it_has(simulator_app: App) -> None:
    _, files, build = simulator_app
    folders = {part for path in files for part in path.split("/")[:-1] if part.endswith(".framework")}
    assert {fact.name for fact in build.of(FactKind.FRAMEWORK)} == folders


ENTITLED = {
    "DetoxXCUITestRunnerApp.app": ["DetoxXCUITestRunnerApp"],
    # its own executable is Xcode's, which entitles nothing
    "DetoxXCUITestRunner-Runner.app": ["PlugIns/DetoxXCUITestRunner.xctest/DetoxXCUITestRunner"],
}


def test_a_simulator_apps_entitlements_are_those_its_linker_put_in(simulator_app: App) -> None:
    app, files, build = simulator_app
    written: dict[str, object] = {}
    for path in ENTITLED[app]:
        # the property list stands as text in section __TEXT,__entitlements, alike in every architecture
        start = files[path].index(b"<?xml")
        end = files[path].index(b"</plist>", start) + len(b"</plist>")
        written[f"Payload/{app}/{path}"] = plistlib.loads(files[path][start:end])
    read: dict[str, dict[str, object]] = {}
    for fact in build.of(FactKind.ENTITLEMENT):
        read.setdefault(fact.by, {})[fact.name] = json.loads(fact.value)
    assert read == written


def test_a_simulator_app_names_no_signer(simulator_app: App) -> None:
    build = simulator_app.build
    assert build.identity.signer == ()
    assert {(fact.name, fact.value) for fact in build.of(FactKind.SIGNING)} == {("scheme", "ad-hoc")}


def test_a_static_library_in_place_of_a_framework_is_read_and_told(artefact: Artefact, tmp_path: Path) -> None:
    files = {
        "Info.plist": info_plist(CFBundleIdentifier="com.example.shop", CFBundleExecutable="Shop"),
        "Shop": members(artefact("detox-xcuitest"))[f"{_PRODUCTS}{SIMULATOR_APPS[0]}/DetoxXCUITestRunnerApp"],
        "Frameworks/GTSDK.framework/Info.plist": info_plist(CFBundleExecutable="GTSDK"),
        "Frameworks/GTSDK.framework/GTSDK": artefact("getui-ios").read_bytes(),
    }
    build = _read(tmp_path, SHOP, files)
    place = f"Payload/{SHOP}/Frameworks/GTSDK.framework/GTSDK"
    assert "GeTuiSdk" in {name for unit in build.code if unit.file == place for name in unit.classes}
    assert {gap.location.file for gap in build.gaps} == {place, f"Payload/{SHOP}/Shop"}  # the latter is a simulator's
    assert not any(gap.hides for gap in build.gaps)


def test_an_app_with_vendors_frameworks_is_read_whole(shop: App) -> None:
    assert not any(gap.hides for gap in shop.build.gaps)  # that it is a simulator's is said


def test_an_app_with_vendors_frameworks_shows_what_was_put_into_it(shop: App) -> None:
    build = shop.build
    assert (build.identity.app_id, build.identity.label) == ("com.example.shop", "商城")
    assert {fact.name for fact in build.of(FactKind.FRAMEWORK)} == {
        "AlipaySDK.framework",
        "AMapFoundationKit.framework",
        "TencentOpenAPI.framework",
    }
    assert {fact.name for fact in build.of(FactKind.BUNDLE)} == {"TencentOpenApi_IOS_Bundle.bundle"}
    assert {(fact.name, fact.value) for fact in build.of(FactKind.USAGE_STRING)} == {
        ("NSCameraUsageDescription", "用于扫描商品条码")
    }
    assert {fact.name for fact in build.of(FactKind.URL_SCHEME)} == {"shop"}
    assert {fact.name for fact in build.of(FactKind.QUERY_SCHEME)} == {"alipay", "mqqapi"}
    images = {f"Payload/{SHOP}/{path}" for path in _images(shop.files)}
    assert {fact.name for fact in build.of(FactKind.IMAGE)} == images


def test_the_classes_of_vendors_are_found_in_the_app(shop: App) -> None:
    found = {unit.file.rpartition("/")[2]: set(unit.classes) for unit in shop.build.code}
    assert {"AlipaySDK", "UTDIDOpenUDID"} <= found["AlipaySDK"]
    assert {"TencentOAuth", "QQApiInterface"} <= found["TencentOpenAPI"]
    assert "AMapServices" in found["AMapFoundationKit"]


# -- whose code refers to what ------------------------------------------------------------------------------------


def test_references_are_given_to_the_vendor_whose_class_makes_them(
    artefact: Artefact, linked_library: Link, tmp_path: Path
) -> None:
    """Two vendors in one executable, as most apps have them."""
    together = linked_library(artefact("amap-foundation-ios"), artefact("alipay-ios"))
    files: Bundle = {
        "Info.plist": info_plist(CFBundleIdentifier="com.example.shop", CFBundleExecutable="Shop"),
        "Shop": together.read_bytes(),
    }
    found = read_build(pack_ipa(tmp_path / "shop.ipa", SHOP, files)).conduct.references
    owners = {(one.name, one.evidence[0].location.at): one.sdk for one in found}
    assert {
        ("UIDevice identifierForVendor", "-[AMapStatistics diu]"): "amap",
        ("ASIdentifierManager", "+[AMapStatistics tryToGetIDFAString]"): "amap",
        ("_CNCopyCurrentNetworkInfo", "-[AMapStatistics fetchSSIDInfo]"): "amap",
        ("UIPasteboard dataForPasteboardType:", "-[UTDIDMain value]"): "utdid",
        ("CTCarrier carrierName", "-[ASSStaticInfoCollector generateEnvironmentInfo]"): "alipay-sdk",
    }.items() <= owners.items()
    # the risk control inside Alipay's library is nobody's that is known
    assert {sdk for (_, at), sdk in owners.items() if "[internal_DeviceInfo" in at.partition(" … ")[0]} == {""}

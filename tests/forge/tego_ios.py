"""The three iOS samples: a build of 特购 that keeps to its policy, one that drifted from it, and an encrypted one.

Class names of SDKs are those their real releases define; behind them stands no code of theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.forge.ipa import Bundle, Plist, collected, privacy_manifest, write_ipa, write_strings
from tests.forge.macho import FOUNDATION, OBJC, SYSTEM, UIKIT, Signing, write_macho
from tests.forge.tego import APP_ID, LABEL, USAGE, VERSION, VERSION_CODE, script_layer

__all__ = ["drifted", "encrypted", "faithful"]

NAME = "Tego"
TEAM = "TEG0FORGED"
MIN_OS = "12.0"
TRACKING_DOMAIN = "ad.tego.net.cn"
FRAMEWORKS = "@executable_path/Frameworks"


def _framework(name: str) -> str:
    return f"/System/Library/Frameworks/{name}.framework/{name}"


IMPORTS = {
    "_OBJC_CLASS_$_CLLocationManager": _framework("CoreLocation"),
    "_OBJC_CLASS_$_PHPhotoLibrary": _framework("Photos"),
    "_OBJC_CLASS_$_AVCaptureDevice": _framework("AVFoundation"),
    "_OBJC_CLASS_$_AVAudioSession": _framework("AVFAudio"),
    "_OBJC_CLASS_$_EKEventStore": _framework("EventKit"),
    "_OBJC_CLASS_$_CNContactStore": _framework("Contacts"),
    "_OBJC_CLASS_$_ATTrackingManager": _framework("AppTrackingTransparency"),
    "_OBJC_CLASS_$_ASIdentifierManager": _framework("AdSupport"),
    "_OBJC_CLASS_$_NSUserDefaults": FOUNDATION,
}
"""What the app's own code refers to: one class for each thing the policy says it may use."""

SELECTORS = (
    "requestWhenInUseAuthorization",
    "requestLocation",
    "requestAuthorization:",
    "performChanges:completionHandler:",
    "requestAccessForMediaType:completionHandler:",
    "requestRecordPermission:",
    "requestAccessToEntityType:completion:",
    "saveEvent:span:error:",
    "requestAccessForEntityType:completionHandler:",
    "requestTrackingAuthorizationWithCompletionHandler:",
    "advertisingIdentifier",
    "standardUserDefaults",
    "onAgreeTapped:",
    "onMicrophoneTapped:",
)

OWN_CLASSES = (
    "TGAppDelegate",
    "TGPrivacyViewController",
    "TGHomeViewController",
    "TGWebViewController",
    "TGLocationModule",
    "TGScanModule",
    "TGAlbumModule",
    "TGVoiceModule",
    "TGCalendarModule",
    "TGContactModule",
    "TGTrackingModule",
    "TGPushModule",
    "TGShareModule",
    "TGPayModule",
)

DECLARED_SDKS = {
    "getui-push": ("GeTuiSdk", "GXPushManager", "GXPushService", "GTSDeviceUtils", "GtSdkManager", "GXSdkConfig"),
    "getui-gtc": ("GTCommonSDK", "GTCDeviceInfoUtil", "GTCDyncSdkConfig", "GTCBESDKConfig"),
    "xiaomi-mipush": ("MiPushSDK", "MiPushApnsAckSDK"),
    "amap": ("AMapServices", "AMapLocationManager", "AMapLocationRegion", "AMapLocationReGeocode"),
    "tencent-qq-openid": ("TencentOAuth", "QQApiInterface", "QQApiNewsObject", "SendMessageToQQReq"),
    "alipay-sdk": ("AlipaySDK", "APayAuthInfo", "APayProcessor", "APaySecurity", "APayNetwork"),
    "weex": ("WXSDKEngine", "WXSDKInstance", "WXComponent", "WXHandlerFactory", "WXConvert"),
}
"""The declared SDKs that are linked into the executable; Baidu's OCR comes as a framework of its own."""

OCR_CLASSES = ("AipOcrService", "AipTokenManager", "AipCaptureCardVC", "AipGeneralVC", "AipCutImageView")

UNDECLARED_SDKS = {
    "umeng": ("UMConfigure", "MobClick", "MobClickInternal", "UMANLaunch"),
    "dcloud": ("PDRCore", "PGPushActualize", "H5WEUIWebview", "DCAdSupport"),
}


def _info(usage: Mapping[str, str], more: Plist | None = None) -> dict[str, object]:
    return {
        "BuildMachineOSBuild": "22G120",
        "CFBundleDevelopmentRegion": "zh-Hans",
        "CFBundleDisplayName": LABEL,
        "CFBundleExecutable": NAME,
        "CFBundleIdentifier": APP_ID,
        "CFBundleInfoDictionaryVersion": "6.0",
        "CFBundleLocalizations": ["zh-Hans", "en"],
        "CFBundleName": NAME,
        "CFBundlePackageType": "APPL",
        "CFBundleShortVersionString": VERSION,
        "CFBundleSupportedPlatforms": ["iPhoneOS"],
        "CFBundleURLTypes": [
            {"CFBundleURLName": "alipay", "CFBundleURLSchemes": ["tegoalipay"]},
            {"CFBundleURLName": "tencent", "CFBundleURLSchemes": ["tencent100000000", "QQ05F5E100"]},
        ],
        "CFBundleVersion": str(VERSION_CODE),
        "LSApplicationQueriesSchemes": ["alipay", "mqq", "mqqapi", "mqqopensdkapiV2"],
        "LSRequiresIPhoneOS": True,
        "MinimumOSVersion": MIN_OS,
        "UIBackgroundModes": ["remote-notification"],
        "UIDeviceFamily": [1],
        "UILaunchScreen": {},
        **usage,
        **(more or {}),
    }


def _strings(chinese: Mapping[str, str], english: Mapping[str, str]) -> dict[str, Mapping[str, str] | bytes]:
    """Chinese as Xcode leaves it (a binary property list), English as translators deliver it (text)."""
    return {
        "zh-Hans": {"CFBundleDisplayName": LABEL, **chinese},
        "en": write_strings({"CFBundleDisplayName": NAME, **english}),
    }


def _privacy() -> dict[str, object]:
    """The app's privacy manifest: nothing the policy does not say."""
    functionality = "AppFunctionality"
    return privacy_manifest(
        *(
            collected(kind, functionality, linked=True)
            for kind in (
                "Name",
                "PhoneNumber",
                "PhysicalAddress",
                "PreciseLocation",
                "Contacts",
                "PhotosorVideos",
                "AudioData",
                "PurchaseHistory",
                "SearchHistory",
            )
        ),
        collected("DeviceID", functionality, "DeveloperAdvertising", linked=True, tracking=True),
        collected("CrashData", functionality),
        accessed={"UserDefaults": ["CA92.1"]},
        tracking=True,
        domains=[TRACKING_DOMAIN],
    )


def _ocr_framework() -> Bundle:
    identifier = "com.baidu.AipOcrSdk"
    return Bundle(
        path="Frameworks/AipOcrSdk.framework",
        info={
            "CFBundleExecutable": "AipOcrSdk",
            "CFBundleIdentifier": identifier,
            "CFBundleName": "AipOcrSdk",
            "CFBundlePackageType": "FMWK",
            "CFBundleShortVersionString": "3.0.6",
            "CFBundleVersion": "1",
            "MinimumOSVersion": MIN_OS,
        },
        executable=write_macho(
            kind="dylib",
            classes=OCR_CLASSES,
            libraries=(FOUNDATION, OBJC, SYSTEM, UIKIT),
            install_name="@rpath/AipOcrSdk.framework/AipOcrSdk",
            min_os=MIN_OS,
            signing=Signing(identifier=identifier, team=TEAM),
        ),
        privacy=privacy_manifest(),
    )


def _executable(
    sdks: Mapping[str, Sequence[str]],
    *,
    imports: Mapping[str, str] = IMPORTS,
    selectors: Sequence[str] = SELECTORS,
    strings: Sequence[str] = (),
    entitlements: Plist | None = None,
    ocr: bool = True,
    encrypted: bool = False,
) -> bytes:
    system = dict.fromkeys((FOUNDATION, OBJC, SYSTEM, UIKIT, *imports.values()))
    embedded = ("@rpath/AipOcrSdk.framework/AipOcrSdk",) if ocr else ()
    return write_macho(
        classes=[*OWN_CLASSES, *(name for names in sdks.values() for name in names)],
        imports=imports,
        libraries=(*system, *embedded),
        rpaths=("/usr/lib/swift", FRAMEWORKS),
        strings=("https://api.tego.net.cn/v1", "https://tego.net.cn/privacy.html", TRACKING_DOMAIN, *strings),
        selectors=selectors,
        min_os=MIN_OS,
        pointer_format=2,
        encrypted=encrypted,
        signing=Signing(
            identifier=APP_ID,
            team=TEAM,
            entitlements={
                "application-identifier": f"{TEAM}.{APP_ID}",
                "aps-environment": "production",
                "com.apple.developer.team-identifier": TEAM,
                "get-task-allow": False,
                **(entitlements or {}),
            },
        ),
    )


def _files(*, drifted: bool = False) -> dict[str, bytes]:
    scripts = {f"Pandora/apps/{path}": data for path, data in script_layer(drifted=drifted).items()}
    return {"PkgInfo": b"APPL????", **scripts}


def _app(*, encrypted: bool = False) -> bytes:
    chinese = {key: texts[0] for key, texts in USAGE.items()}
    english = {key: texts[1] for key, texts in USAGE.items()}
    app = Bundle(
        path=f"{NAME}.app",
        info=_info(chinese),
        executable=_executable(DECLARED_SDKS, encrypted=encrypted),
        strings=_strings(chinese, english),
        privacy=_privacy(),
        files=_files(),
    )
    return write_ipa(app, [_ocr_framework()])


def faithful() -> bytes:
    """A build that asks for what the policy says and nothing else."""
    return _app()


def encrypted() -> bytes:
    """The faithful build as the App Store hands it out: the property lists are readable, the code is not."""
    return _app(encrypted=True)


def drifted() -> bytes:
    """The same app some releases later: the policy was forgotten."""
    chinese = {key: texts[0] for key, texts in USAGE.items() if key != "NSCalendarsUsageDescription"}
    english = {key: texts[1] for key, texts in USAGE.items() if key != "NSCalendarsUsageDescription"}
    more = {
        "NSMotionUsageDescription": "用于记录您的步数，参加健步赢红包活动",
        "NSHealthShareUsageDescription": "用于读取您的健康数据，推荐适合您的商品",
    }
    app = Bundle(
        path=f"{NAME}.app",
        info=_info(
            {**chinese, **more},
            {
                "LSApplicationQueriesSchemes": ["alipay", "mqq", "mqqapi", "mqqopensdkapiV2", "weixin"],
                "NSAppTransportSecurity": {"NSAllowsArbitraryLoads": True},
            },
        ),
        executable=_executable(
            {**DECLARED_SDKS, **UNDECLARED_SDKS},
            imports={
                **{name: library for name, library in IMPORTS.items() if "EKEventStore" not in name},
                "_OBJC_CLASS_$_CMMotionActivityManager": _framework("CoreMotion"),
                "_OBJC_CLASS_$_HKHealthStore": _framework("HealthKit"),
                "_OBJC_CLASS_$_UIPasteboard": UIKIT,
                "_statfs": SYSTEM,
            },
            selectors=(
                *(name for name in SELECTORS if "Entity" not in name and name != "saveEvent:span:error:"),
                "requestAccessForEntityType:completionHandler:",
                "queryActivityStartingFromDate:toDate:toQueue:withHandler:",
                "requestAuthorizationToShareTypes:readTypes:completion:",
                "generalPasteboard",
            ),
            strings=("http://stat.tego.net.cn/open",),
            entitlements={"com.apple.developer.healthkit": True},
            ocr=False,
        ),
        strings=_strings(
            {**chinese, **more, "NSContactsUsageDescription": LABEL},
            {**english, "NSCameraUsageDescription": ""},
        ),
        privacy=privacy_manifest(accessed={"UserDefaults": ["CA92.1"]}),
        files=_files(drifted=True),
    )
    return write_ipa(app)

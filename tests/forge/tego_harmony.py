"""The sample builds of 特购 for HarmonyOS: one HAP that keeps to ``declarations/tego-harmonyos.yaml``, one pack that does not.

The policy of 特购 says nothing of HarmonyOS: that declaration is made up, as the builds are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.forge.elf import write_elf
from tests.forge.hap import Hap, app_pack, asks, profile, stage_module
from tests.forge.tego import APP_ID, LABEL, VERSION

__all__ = ["REASONS", "drifted", "faithful"]

REASONS: Mapping[str, tuple[str, str]] = {
    "CAMERA": ("用于扫描商品二维码和拍摄评价照片", "To scan product codes and take photos for reviews"),
    "LOCATION": ("用于推荐附近的门店和可购商品", "To recommend nearby stores and goods"),
    "APPROXIMATELY_LOCATION": ("用于推荐附近的门店和可购商品", "To recommend nearby stores and goods"),
    "READ_CALENDAR": ("用于在日历中添加活动提醒", "To add reminders of events to your calendar"),
}
"""The permissions the declaration has and the user grants, with the reasons the app shows (Chinese, English)."""

_SYSTEM = ("INTERNET", "GET_NETWORK_INFO")
_PAGES: Mapping[str, Sequence[str]] = {
    "&entry/src/main/ets/entryability/EntryAbility&": ("@ohos:app.ability.UIAbility", "@normalized:N&&&@getui/push/Index&1.0.6"),
    "&entry/src/main/ets/pages/Store&": ("@ohos:geoLocationManager", "@normalized:N&&&@amap/amap_lbs_map3d/Index&2.2.7"),
    "&entry/src/main/ets/pages/Scan&": ("@ohos:multimedia.camera",),
    "&entry/src/main/ets/pages/Events&": ("@ohos:calendarManager",),
    "&entry/src/main/ets/pages/Pay&": ("@normalized:N&&&@cashier_alipay/cashiersdk/Index&15.8.39",),
}
_SDKS: Mapping[str, Sequence[str]] = {
    "&@getui/push/Index&1.0.6": (),
    "&@getui/push/src/main/ets/Client&1.0.6": (),
    "&@amap/amap_lbs_common/Index&1.2.3": (),
    "&@amap/amap_lbs_map3d/Index&2.2.7": (),
    "&@cashier_alipay/cashiersdk/Index&15.8.39": (),
}


def _strings(reasons: Mapping[str, tuple[str, str]]) -> dict[str, dict[str, str]]:
    told = {f"reason_{name.lower()}": {"base": english, "zh_CN": chinese} for name, (chinese, english) in reasons.items()}
    return {"app_name": {"base": LABEL}, "label": {"base": LABEL, "en_US": "Tego"}, **told}


def _entry(reasons: Mapping[str, tuple[str, str]], *more: dict[str, object], needs: Sequence[dict[str, str]] = ()) -> Hap:
    asked = [asks(name, f"$string:reason_{name.lower()}", "inuse", "EntryAbility") for name in reasons]
    described = stage_module(bundle=APP_ID, permissions=[*map(asks, _SYSTEM), *asked, *more], needs=needs)
    described["app"] |= {"versionName": VERSION, "versionCode": 1008006, "vendor": "tego"}
    return Hap(
        described=described,
        strings=_strings(reasons),
        code={**_PAGES, **_SDKS},
        files={"libs/arm64-v8a/libtego.so": write_elf("libtego.so")},
        profile=profile(APP_ID),
    )


def faithful() -> bytes:
    """Return a HAP that asks for what is declared, with reasons, and holds the declared SDKs."""
    return _entry(REASONS).build()


def drifted() -> bytes:
    """Return a pack some releases later: what nobody declared stands in a shared module, behind the entry."""
    reasons = {
        **REASONS,
        "LOCATION": ("应用需要使用位置信息", "The app needs your location"),
        "READ_CALENDAR": ("", "TODO"),
    }
    entry = _entry(reasons, asks("MICROPHONE"), needs=[{"moduleName": "growth"}])
    described = stage_module("growth", "shared", bundle=APP_ID, permissions=[asks("READ_PASTEBOARD", "用于识别口令", "always")])
    growth = Hap(
        described=described,
        code={
            "&growth/Index&": ("@normalized:N&&&@umeng/analytics/Index&1.2.4", "@ohos:pasteboard", "@ohos:identifier.oaid"),
            "&@umeng/analytics/Index&1.2.4": (),
            "&@umeng/analytics/src/main/ets/Device&1.2.4": ("@ohos:deviceInfo",),
        },
        profile=profile(APP_ID, "ohos.permission.READ_PASTEBOARD"),
    )
    return app_pack({"entry-default.hap": entry, "growth-default.hsp": growth}, bundle=APP_ID)

"""What the sample builds of 特购 share on both platforms: names, the declared rows, and the script layer.

The rows repeat ``declarations/tego.yaml`` on purpose: a sample is faithful to what is written here, and a test holds
both together.
"""

from __future__ import annotations

import hashlib
import json

__all__ = [
    "APP_ID",
    "LABEL",
    "PERMISSIONS",
    "SITE",
    "USAGE",
    "VERSION",
    "VERSION_CODE",
    "noise",
    "script_layer",
]

LABEL = "特购"
APP_ID = "cn.net.tego.app"
VERSION, VERSION_CODE = "1.8.6", 186
SITE = "https://tego.net.cn"

PERMISSIONS = (
    "READ_CALENDAR",
    "WRITE_CALENDAR",
    "CAMERA",
    "READ_CONTACTS",
    "ACCESS_FINE_LOCATION",
    "ACCESS_COARSE_LOCATION",
    "RECORD_AUDIO",
    "READ_PHONE_STATE",
    "READ_EXTERNAL_STORAGE",
    "WRITE_EXTERNAL_STORAGE",
)
"""The Android permissions the policy declares, without ``android.permission.``."""

USAGE = {
    "NSPhotoLibraryAddUsageDescription": (
        "用于保存图片和文件到相册，例如保存商品图片、分享海报",
        "To save pictures such as product images and share posters to your library",
    ),
    "NSPhotoLibraryUsageDescription": (
        "用于读取您选择的照片和视频，以更换头像、发表评价、拍照购物或与客服沟通",
        "To read the photos and videos you choose for your avatar, reviews, photo shopping or customer service",
    ),
    "NSCameraUsageDescription": (
        "用于扫码购物、领取优惠，以及拍摄照片用于评价和分享",
        "To scan codes for shopping and coupons, and to take photos for reviews and sharing",
    ),
    "NSLocationAlwaysUsageDescription": (
        "用于根据您的位置推荐附近的门店和可购商品，并保障账户安全",
        "To recommend nearby stores and goods by your location, and to keep your account safe",
    ),
    "NSLocationWhenInUseUsageDescription": (
        "用于根据您的位置推荐附近的门店和可购商品",
        "To recommend nearby stores and goods by your location",
    ),
    "NSCalendarsUsageDescription": (
        "用于在日历中添加领取权益、活动的日程提醒",
        "To add reminders of benefits and events to your calendar",
    ),
    "NSMicrophoneUsageDescription": (
        "用于您点击麦克风后与导购或客服语音聊天",
        "To talk with sales advisers or customer service after you tap the microphone",
    ),
    "NSUserTrackingUsageDescription": (
        "用于广告和信息的推送，为您提供更精准的推荐",
        "To deliver advertising and give you better recommendations",
    ),
    "NSContactsUsageDescription": (
        "用于添加收货人时从通讯录选取联系人，无需手动输入",
        "To pick the recipient of a delivery from your contacts",
    ),
}
"""The iOS usage keys the policy declares, with the strings the app shows (Chinese, English)."""

SCRIPT_ID = "__UNI__7E60A11"

_SERVICE = """\
"use strict";
/* 特购 · service layer */
(function () {
  var API = "https://api.tego.net.cn/v1";
  var pages = {};
  function page(path, methods) { pages[path] = methods; }
  function post(path, data) { uni.request({ url: API + path, method: "POST", data: data }); }

  page("pages/index/index", {
    search: function (word) { post("/search", { word: word }); },
    open: function (id) { uni.navigateTo({ url: "/pages/goods/goods?id=" + id }); }
  });
  page("pages/store/nearby", {
    onLocateTap: function () {
      uni.getLocation({ type: "gcj02", success: function (p) { post("/stores", [p.latitude, p.longitude]); } });
    }
  });
  page("pages/scan/scan", {
    onScanTap: function () { uni.scanCode({ success: function (r) { post("/coupon", { code: r.result }); } }); }
  });
  page("pages/review/review", {
    onPhotoTap: function () { uni.chooseImage({ count: 9, success: function (r) { post("/review", r.tempFilePaths); } }); }
  });
  page("pages/mine/settings", {
    policy: function () { plus.runtime.openURL("https://tego.net.cn/privacy.html"); },
    childPolicy: function () { plus.runtime.openURL("https://tego.net.cn/children.html"); },
    onWithdrawTap: function () { uni.showModal({ title: "撤回同意", content: "撤回后将无法使用会员服务" }); },
    onCloseAccountTap: function () { uni.showModal({ title: "账号注销", content: "注销后信息将被删除或匿名化" }); }
  });
  App({ onLaunch: function () {@LAUNCH@}, pages: pages });
})();
"""

_DRIFTED_LAUNCH = """
    uni.getClipboardData({ success: function (r) { post("/track", r.data); } });
    uni.getLocation({ type: "wgs84", success: function (p) { post("/track", [p.latitude, p.longitude]); } });
    uni.request({ url: "http://stat.tego.net.cn/open" });
  """


def script_layer(*, drifted: bool = False) -> dict[str, bytes]:
    """Return the files of the uni-app script layer, by path below ``apps/``."""
    root = f"{SCRIPT_ID}/www"
    manifest = {
        "@platforms": ["android", "iPhone"],
        "id": SCRIPT_ID,
        "name": LABEL,
        "version": {"name": VERSION, "code": VERSION_CODE},
        "permissions": {"UniNView": {"description": "UniNView原生渲染"}},
        "plus": {"uniStatistics": {"enable": False}},
    }
    privacy = {
        "version": "1",
        "prompt": "none" if drifted else "template",
        "title": "服务协议和隐私政策",
        "message": f"请阅读<a href=\"{SITE}/privacy.html\">《特购隐私政策》</a>，同意后开始使用我们的服务。",
        "buttonAccept": "同意并继续",
        "buttonRefuse": "暂不同意",
        "disagreeMode": {"support": False, "loadNativePlugins": False, "visitorEntry": False},
    }
    service = _SERVICE.replace("@LAUNCH@", _DRIFTED_LAUNCH if drifted else "")
    return {
        f"{root}/manifest.json": _json(manifest),
        f"{root}/androidPrivacy.json": _json(privacy),
        f"{root}/app-service.js": service.encode(),
    }


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def noise(name: str, size: int) -> bytes:
    """Return ``size`` bytes that look encrypted and are the same every time."""
    out = bytearray()
    counter = 0
    while len(out) < size:
        out += hashlib.sha256(f"{name} {counter}".encode()).digest()
        counter += 1
    return bytes(out[:size])

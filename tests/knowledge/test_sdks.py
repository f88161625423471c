"""What the SDK files say of real builds: which class is whose, and what is no proof of anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.infer.sdks import PackageIndex, find_sdks
from auditor.knowledge import load as module
from auditor.knowledge.load import compile_knowledge, knowledge_from, read_yaml
from auditor.knowledge.schema import Strength, TraceKind
from auditor.model import FactKind, Platform, SdkTier
from tests.factories import build, fact

LIBRARIES = ("fresco", "glide", "okhttp", "react-native", "weex")


@pytest.fixture(scope="module")
def knowledge():
    return knowledge_from(compile_knowledge(read_yaml(Path(module.__file__).parent)))


@pytest.fixture(scope="module")
def index(knowledge):
    return PackageIndex(knowledge)


def claims(index, name):
    return dict(index.owners(name)[1])


def proved(index, name):
    return [sdk for sdk, strength in claims(index, name).items() if strength is Strength.PROVES]


def found(knowledge, *facts, code=(), **identity):
    return {sdk.id: sdk.tier for sdk in find_sdks(build(*facts, code={"classes.dex": code}, **identity), knowledge)}


# -- what a class proves -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sdk"),
    [
        ("com.huawei.hms.push.HmsMessageService", "huawei-hms-push"),
        ("com.huawei.hms.support.api.push.PushReceiver", "huawei-hms-push"),
        ("com.huawei.hms.ads.BannerView", "huawei-hms-ads"),
        ("com.huawei.hms.scankit.p.a", "huawei-hms-scan-ml"),
        ("com.huawei.hms.api.HuaweiApiClient", "huawei-hms-core"),
        ("com.huawei.agconnect.core.ServiceDiscovery", "huawei-agconnect"),
        ("com.bun.miitmdid.core.MdidSdkHelper", "msa-oaid"),
        ("com.amap.api.location.AMapLocationClient", "amap"),
        ("com.alipay.sdk.app.PayTask", "alipay-sdk"),
        ("com.alipay.sdk.app.H5PayActivity$1", "alipay-sdk"),
        ("u.aly.bt", "umeng"),
        ("com.umeng.analytics.MobclickAgent", "umeng"),
        ("com.umeng.socialize.UMShareAPI", "umeng-social"),
        ("com.umeng.qq.tencent.AuthActivity", "umeng-social"),
        ("com.umeng.weixin.handler.s", "umeng-social"),
        ("com.umeng.message.PushAgent", "umeng-push"),
        ("com.facebook.imagepipeline.core.ImagePipeline", "fresco"),
        ("com.facebook.react.ReactActivity", "react-native"),
        ("com.facebook.login.LoginManager", "facebook-sdk"),
        ("com.facebook.widget.LoginButton", "facebook-sdk"),
        ("com.taobao.weex.WXSDKEngine", "weex"),
        ("io.dcloud.feature.weex.WeexInstanceMgr", "dcloud"),
        ("io.dcloud.feature.apsGt.GTPushService", "dcloud"),
        ("com.igexin.sdk.PushManager", "getui-push"),
        ("com.igexin.push.core.CoreLogic", "getui-push"),
        ("com.getui.gtc.GtcService", "getui-gtc"),
        ("com.g.gysdk.GYManager", "getui-gy"),
        ("com.xiaomi.push.service.XMPushService", "xiaomi-mipush"),
        ("com.xiaomi.account.openauth.XiaomiOAuthorize", "xiaomi-account"),
        ("com.tencent.tauth.Tencent", "tencent-qq-openid"),
        ("com.tencent.mm.opensdk.openapi.IWXAPI", "wechat-opensdk"),
        ("com.tencent.smtt.sdk.WebView", "tencent-tbs-x5"),
        ("com.tencent.bugly.crashreport.CrashReport", "bugly"),
        ("com.tencent.mapsdk.raster.model.LatLng", "tencent-map"),
        ("com.bytedance.sdk.openadsdk.TTAdSdk", "pangle"),
        ("com.qq.e.ads.ADActivity", "gdt"),
        ("cn.jpush.android.api.JPushInterface", "jpush"),
        ("cn.jiguang.bk.a", "jiguang-jcore"),
        ("com.baidu.location.LocationClient", "baidu-location"),
        ("com.baidu.mapapi.SDKInitializer", "baidu-map"),
        ("com.baidu.ocr.sdk.OCR", "baidu-ocr"),
        ("com.sina.weibo.sdk.auth.AuthInfo", "sina-weibo"),
        ("com.ta.utdid2.device.UTUtdid", "utdid"),
        ("com.google.firebase.provider.FirebaseInitProvider", "firebase"),
        ("com.google.android.gms.ads.AdActivity", "gms-ads"),
        ("com.google.android.gms.measurement.AppMeasurementService", "gms-measurement"),
        ("okhttp3.OkHttpClient", "okhttp"),
    ],
)
def test_a_class_of_an_sdk_proves_that_one_alone(index, name, sdk):
    assert proved(index, name) == [sdk]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        # what the MSA SDK plants under other vendors' names
        ("com.huawei.hms.ads.identifier.AdvertisingIdClient", "planted by the MSA SDK"),
        ("com.huawei.hms.ads.identifier.AdvertisingIdClient$Info", "planted by the MSA SDK"),
        ("com.huawei.android.hms.pps.AdvertisingIdClient", "planted by the MSA SDK"),
        ("com.heytap.openid.sdk.OpenIDSDK", "planted by the MSA SDK"),
        ("com.meizu.flyme.openidsdk.OpenId", "planted by the MSA SDK"),
        ("com.samsung.android.deviceidservice.IDeviceIdService", "planted by the MSA SDK"),
        ("com.asus.msa.SupplementaryDID.SupplementaryDIDManager", "planted by the MSA SDK"),
        ("com.huawei.nfc.sdk.service.ICUPOnlinePayService", "planted by UnionPay"),
        # what a minifier makes of a vendor's package
        ("z6.a", "what R8 made of com.loc"),
        ("e.a.c.a.a.b.b", "what R8 made of com.alipay.security"),
        ("com.loc.a", "one half of AMap, and a short name"),
        ("com.al.a", "two letters"),
        # com.facebook and com.taobao are shared
        ("com.facebook.common.logging.FLog", "Fresco and React Native"),
        ("com.facebook.soloader.SoLoader", "Fresco and React Native"),
        ("com.facebook.widget.text.span.BetterImageSpan", "Fresco, not the Facebook SDK"),
        ("com.facebook.rebound.Spring", "an animation library"),
        ("com.taobao.accs.ACCSManager", "a push channel half of Alibaba uses"),
        ("com.taobao.gcanvas.GCanvas", "a companion of Weex"),
        ("com.taobao.tao.log.TLog", "Baichuan"),
        # the common library carries the push SDK's interface
        ("com.igexin.push.GtPushInterface", "in the GTC jar"),
        ("com.igexin.push.GtPushInterface$Stub$Proxy", "in the GTC jar"),
        ("com.igexin.base.api.GTBase", "in the GTC jar"),
        ("com.getui.reactnativegetui.GetuiModule", "a wrapper"),
        ("cn.jpush.android.service.PushService", "in the JCore jar"),
        ("cn.jpush.android.service.DataProvider", "in the JCore jar"),
        ("cn.jpush.phonegap.JPushPlugin", "a wrapper"),
        # copies of a vendor's demo, and what other SDKs of the vendor share
        ("com.alipaysdk.PayResult", "copied from the demo into an app"),
        ("com.alipay.sdk.pay.demo.PayResult", "copied from the demo into an app"),
        ("com.alipay.security.mobile.module.b.b", "in several Alipay SDKs"),
        ("com.alipay.mobile.framework.service.annotation.OperationType", "mPaaS too"),
        # log-in by QQ, WeChat and Weibo as Umeng ships it
        ("com.tencent.tauth.AuthActivity", "planted by Umeng"),
        ("com.tencent.connect.common.AssistActivity$1", "planted by Umeng"),
        ("com.sina.weibo.sdk.api.TextObject", "planted by Umeng"),
        ("com.sina.weibo.sdk.share.WbShareTransActivity", "planted by Umeng"),
        ("com.sina.sso.RemoteSSO", "planted by Umeng"),
        ("com.umeng.a", "one class of the share jar"),
        # com.tencent and com.bytedance are vendors
        ("com.tencent.mm.plugin.base.stub.WXEntryActivity", "the app, not the SDK"),
        ("com.tencent.wxop.stat.StatService", "MTA"),
        ("com.tencent.map.b.a", "inside QQ Connect"),
        ("com.tencent.map.geoloclite.tsa.TencentLiteLocation", "inside Tencent Ads"),
        ("c.t.m.g.a", "Tencent location"),
        ("com.tencent.qcloud.core.http.HttpTask", "object storage"),
        ("MTT.ThirdAppInfoNew", "X5, not under its name"),
        ("com.bytedance.embedapplog.AppLog", "bundled tracker"),
        ("com.ss.android.socialbase.downloader.downloader.Downloader", "bundled downloader"),
        ("ms.bd.c.k", "nobody knows"),
        ("com.mob.tools.utils.DeviceHelper", "every MobTech product"),
        ("com.mobile.app.Main", "only the letters are alike"),
        ("com.baidu.idl.license.License", "the face SDK too"),
        ("com.google.firebase.FirebaseException", "in play-services-basement"),
        ("com.google.firebase.components.Component", "in ML Kit"),
        ("com.google.android.gms.ads.identifier.AdvertisingIdClient", "reads the id without any advertising"),
        ("com.google.android.gms.measurement.internal.zzgd", "with AdMob alone"),
        # relocated libraries
        ("dc.squareup.okhttp3.OkHttpClient", "relocated by DCloud"),
        ("com.dcloudx.Main", "only the letters are alike"),
        ("com.tencent.bugly.legu.crashreport.CrashReport", "the copy a packer's shell brings along"),
        ("io.dcloud.uniplugin.TestModule", "the name third-party plug-ins go by"),
    ],
)
def test_a_shared_planted_or_foreign_class_proves_nothing(index, name, why):
    assert proved(index, name) == [], why


@pytest.mark.parametrize(
    ("name", "sdk"),
    [
        ("com.igexin.base.api.GTBase", "getui-gtc"),
        ("cn.jpush.android.service.PushService", "jiguang-jcore"),
        ("com.tencent.map.b.a", "tencent-qq-openid"),
        ("com.tencent.map.geoloclite.tsa.TencentLiteLocation", "gdt"),
        ("XI.K0.XI.a", "msa-oaid"),
        ("MTT.ThirdAppInfoNew", "tencent-tbs-x5"),
        ("com.loc.a", "amap"),
    ],
)
def test_code_that_proves_nothing_is_still_somebodys(index, name, sdk):
    assert claims(index, name) == {sdk: Strength.SUPPORTS}


# -- whole artefacts ---------------------------------------------------------------------------------------------------


def test_the_oaid_sdk_brings_no_other_vendors_sdk(knowledge):
    code = [
        "com.bun.miitmdid.core.MdidSdkHelper",
        "com.bun.lib.MsaIdInterface",
        "com.bun.supplier.IIdentifierListener",
        "com.huawei.hms.ads.identifier.AdvertisingIdClient",
        "com.huawei.android.hms.pps.AdvertisingIdClient",
        "com.heytap.openid.sdk.OpenIDSDK",
        "com.meizu.flyme.openidsdk.OpenId",
        "com.samsung.android.deviceidservice.IDeviceIdService",
        "com.zui.opendeviceidlibrary.OpenDeviceId",
    ]
    assert found(knowledge, code=code) == {"msa-oaid": SdkTier.BUNDLED}


def test_umengs_simplified_share_library_brings_no_qq_wechat_or_weibo(knowledge):
    code = [
        "com.umeng.socialize.UMShareAPI",
        "com.umeng.qq.tencent.Tencent",
        "com.umeng.weixin.handler.UmengWXHandler",
        "com.tencent.tauth.AuthActivity",
        "com.tencent.connect.common.AssistActivity",
        "com.sina.weibo.sdk.api.TextObject",
        "com.sina.weibo.sdk.share.WbShareCallback",
        "com.sina.weibo.sdk.web.WeiboSdkWebActivity",
        "com.sina.sso.RemoteSSO",
    ]
    assert found(knowledge, code=code) == {"umeng-social": SdkTier.BUNDLED}


def test_the_common_libraries_of_push_vendors_are_no_push(knowledge):
    code = ["com.getui.gtc.GtcService", "com.igexin.base.api.GTBase", "com.igexin.push.GtPushInterface$Stub"]
    code += ["cn.jiguang.bk.a", "cn.jpush.android.service.PushService", "cn.jpush.android.service.JCommonService"]
    assert found(knowledge, code=code) == {"getui-gtc": SdkTier.BUNDLED, "jiguang-jcore": SdkTier.BUNDLED}


def test_a_manifest_that_names_an_sdk_without_its_code_shows_a_name_only(knowledge):
    component = fact(FactKind.COMPONENT, "com.igexin.sdk.PushActivity", "activity")
    assert found(knowledge, component, code=["io.dcloud.feature.unipush.Push"]) == {
        "dcloud": SdkTier.BUNDLED,
        "getui-push": SdkTier.NAMED,
    }


def test_a_resource_another_vendor_ships_names_nobody(knowledge):
    facts = [
        fact(FactKind.ASSET, "res/drawable/upsdk_cancel_bg.xml"),
        fact(FactKind.ASSET, "assets/supplierconfig.json"),
        fact(FactKind.META_DATA, "com.baidu.lbsapi.API_KEY", "k"),
        fact(FactKind.NATIVE_LIBRARY, "libbaiduprotect.so", "arm64-v8a"),
        fact(FactKind.NATIVE_LIBRARY, "libtnet-3.1.14.so", "arm64-v8a"),
        fact(FactKind.NATIVE_LIBRARY, "libCtaApiLib.so", "arm64-v8a"),
        fact(FactKind.PERMISSION, "com.huawei.android.launcher.permission.CHANGE_BADGE"),
        fact(FactKind.PERMISSION, "com.vivo.notification.permission.BADGE_ICON"),
        fact(FactKind.PERMISSION, "com.asus.msa.SupplementaryDID.ACCESS"),
        fact(FactKind.QUERY, "com.tencent.mm", "package"),
    ]
    assert found(knowledge, *facts) == {}


@pytest.mark.parametrize(
    ("library", "sdk"),
    [
        ("liblbs.so", "tencent-tbs-x5"),
        ("lib39285EFA.so", "msa-oaid"),
        ("libsecsdk.so", "msa-oaid"),
        ("libjcore332.so", "jiguang-jcore"),
        ("libAMapSDK_MAP_v9_5_0.so", "amap"),
        ("libweexcore.so", "weex"),
    ],
)
def test_a_native_library_names_its_sdk_however_opaque_its_name(knowledge, library, sdk):
    assert found(knowledge, fact(FactKind.NATIVE_LIBRARY, library, "arm64-v8a")) == {sdk: SdkTier.NAMED}


@pytest.mark.parametrize(
    ("classes", "sdks"),
    [
        (["AlipaySDK", "APayAuthInfo"], {"alipay-sdk"}),
        (["WXApi", "WechatAuthSDK"], {"wechat-opensdk"}),
        (["TencentOAuth"], {"tencent-qq-openid"}),
        (["GeTuiSdk"], {"getui-push"}),
        (["AMapLocationManager", "MAMapView"], {"amap"}),
        (["WXHandlerFactory"], {"weex"}),
        # defined by many
        (["SBJsonParser", "SSZipArchive", "OpenUDID", "BaseReq", "Keychain"], set()),
        (["PayReq", "PayResp", "APService", "APConfig", "PGLog", "PGContacts", "MapStatus", "ZipArchive"], set()),
    ],
)
def test_an_ios_class_proves_its_sdk_and_a_generic_one_nobody(knowledge, classes, sdks):
    image = build(code={"Payload/A.app/A": classes}, platform=Platform.IOS)
    assert {sdk.id for sdk in find_sdks(image, knowledge) if sdk.tier is SdkTier.BUNDLED} == sdks
    assert {sdk.id for sdk in find_sdks(image, knowledge)} == sdks


def test_an_asked_about_url_scheme_names_no_sdk(knowledge):
    schemes = [fact(FactKind.QUERY_SCHEME, name) for name in ("weixin", "alipay", "mqqapi", "sinaweibo")]
    assert found(knowledge, *schemes, platform=Platform.IOS) == {}


# -- what the files say ------------------------------------------------------------------------------------------------


def test_the_twelve_sdks_of_a_common_policy_are_described(knowledge):
    assert knowledge.sdks.keys() >= {
        "huawei-hms-push", "huawei-agconnect", "getui-push", "xiaomi-mipush", "getui-gtc", "tencent-tbs-x5", "amap",
        "tencent-qq-openid", "alipay-sdk", "baidu-ocr", "weex", "fresco",
    }  # fmt: skip


def test_libraries_and_the_agconnect_loader_collect_nothing(knowledge):
    assert {id_ for id_, sdk in knowledge.sdks.items() if not sdk.collects} >= {*LIBRARIES, "huawei-agconnect"}


def test_what_ships_inside_of_others_is_part_of_them(knowledge):
    expected = {
        "getui-gtc": {"getui-push", "getui-gy", "getui-gs"},
        "jiguang-jcore": {"jpush"},
        "huawei-hms-core": {"huawei-hms-push", "huawei-hms-ads", "huawei-hms-scan-ml", "huawei-agconnect"},
        "utdid": {"alipay-sdk", "umeng", "umeng-push", "amap", "dcloud"},
        "umeng": {"umeng-push", "umeng-social"},
        "gms-measurement": {"firebase", "gms-ads"},
        "fresco": {"react-native"},
    }
    missing = {id_: wholes - set(knowledge.sdks[id_].part_of) for id_, wholes in expected.items()}
    assert {id_: wholes for id_, wholes in missing.items() if wholes} == {}


def test_vendor_push_and_the_x5_browser_exist_on_android_only(knowledge):
    android_only = {id_ for id_, sdk in knowledge.sdks.items() if sdk.platforms == {Platform.ANDROID}}
    assert android_only >= {
        "huawei-hms-push", "huawei-hms-core", "huawei-hms-ads", "tencent-tbs-x5", "vivo-push", "oppo-push", "meizu-push",
        "honor-push", "msa-oaid", "fresco", "glide", "okhttp",
    }  # fmt: skip


def test_an_sdk_known_by_its_header_alone_proves_nothing(knowledge):
    unread = knowledge.sdks["getui-gs"]
    assert unread.unverified
    assert [trace for trace in unread.traces if trace.strength is Strength.PROVES] == []


def test_no_permission_no_native_library_and_no_asset_proves_an_sdk(knowledge):
    loose = {TraceKind.NATIVE_LIBRARY, TraceKind.ASSET, TraceKind.META_DATA, TraceKind.BUNDLE, TraceKind.URL_SCHEME}
    traces = [trace for sdk in knowledge.sdks.values() for trace in sdk.traces]
    assert [trace for trace in traces if trace.kind in loose and trace.strength is Strength.PROVES] == []
    assert [trace for trace in traces if ".permission." in trace.pattern] == []


def test_no_vendor_alone_is_a_proof(knowledge):
    vendors = {
        "com.alibaba", "com.alipay", "com.baidu", "com.bytedance", "com.facebook", "com.getui", "com.google", "com.huawei",
        "com.huawei.hms", "com.igexin", "com.kwai", "com.meizu", "com.mob", "com.sina", "com.ss.android", "com.taobao",
        "com.tencent", "com.tencent.map", "com.tencent.mm", "com.umeng", "com.unionpay", "com.vivo", "com.xiaomi",
    }  # fmt: skip
    proving = {trace.pattern for sdk in knowledge.sdks.values() for trace in sdk.traces if trace.strength is Strength.PROVES}
    assert proving & vendors == set()

"""Traps that builds and policies set: what looks like an SDK and is another one, a part of one, or none.

Each is read from a published artefact or a build; what is in it stands in the comment. A trap is quiet where nothing is
reported that is not there.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.infer.sdks import PackageIndex, find_sdks
from auditor.knowledge import load as module
from auditor.knowledge.load import compile_knowledge, knowledge_from, read_yaml
from auditor.knowledge.names import resolve
from auditor.knowledge.schema import Strength
from auditor.model import FactKind, SdkTier
from tests.factories import build, fact

BUNDLED, NAMED = SdkTier.BUNDLED, SdkTier.NAMED


@pytest.fixture(scope="module")
def knowledge():
    return knowledge_from(compile_knowledge(read_yaml(Path(module.__file__).parent)))


def found(knowledge, *facts, code=()):
    return {sdk.id: sdk.tier for sdk in find_sdks(build(*facts, code={"classes.dex": code}), knowledge)}


def component(name, tag="service"):
    return fact(FactKind.COMPONENT, name, tag)


def asset(name):
    return fact(FactKind.ASSET, name)


def permission(name):
    return fact(FactKind.PERMISSION, name)


# -- one prefix, several SDKs ------------------------------------------------------------------------------------------


def test_ads_scanning_and_machine_learning_of_huawei_are_no_push(knowledge):
    code = ["com.huawei.hms.ads.BannerView", "com.huawei.hms.hmsscankit.ScanUtil", "com.huawei.hms.scankit.p.a"]
    code += ["com.huawei.hms.ml.scan.HmsScan", "com.huawei.hms.mlsdk.common.MLFrame"]
    assert found(knowledge, code=code) == {"huawei-hms-ads": BUNDLED, "huawei-hms-scan-ml": BUNDLED}


def test_a_declared_huawei_prefix_stays_a_set_and_the_name_selects(knowledge):
    every = set(resolve(knowledge, name="", package="com.huawei.hms").ids)
    assert every > {"huawei-hms-push", "huawei-hms-ads", "huawei-hms-scan-ml"}
    assert resolve(knowledge, name="华为推送", package="com.huawei.hms").ids == ("huawei-hms-push",)


def test_fresco_is_neither_react_native_nor_the_facebook_sdk(knowledge):
    code = ["com.facebook.fresco.ui.common.X", "com.facebook.drawee.view.SimpleDraweeView", "com.facebook.imagepipeline.core.X"]
    code += ["com.facebook.common.logging.FLog", "com.facebook.cache.disk.DiskStorage", "com.facebook.datasource.DataSource"]
    code += ["com.facebook.widget.text.span.BetterImageSpan", "com.facebook.soloader.SoLoader", "com.facebook.infer.annotation.X"]
    assert found(knowledge, code=code) == {"fresco": BUNDLED}


def test_react_native_brings_fresco_and_not_the_facebook_sdk(knowledge):
    code = ["com.facebook.react.ReactActivity", "com.facebook.yoga.YogaNode", "com.facebook.jni.HybridData"]
    assert found(knowledge, code=code) == {"react-native": BUNDLED}
    code.append("com.facebook.imagepipeline.core.ImagePipeline")
    assert found(knowledge, code=code) == {"react-native": BUNDLED, "fresco": BUNDLED}


def test_rebound_is_none_of_facebooks_sdks(knowledge):
    assert found(knowledge, code=["com.facebook.rebound.Spring", "com.facebook.rebound.SpringSystem"]) == {}


def test_push_channels_and_canvases_of_taobao_are_no_weex(knowledge):
    code = ["com.taobao.gcanvas.GCanvas", "com.taobao.accs.ACCSManager", "com.taobao.agoo.TaobaoRegister"]
    code += ["com.taobao.dp.DeviceSecuritySDK", "com.taobao.statistic.TBS", "com.taobao.tao.log.TLog"]
    assert BUNDLED not in found(knowledge, code=code).values()


@pytest.mark.parametrize("class_", ["com.amap.api.location.AMapLocationClient", "com.amap.api.maps.MapView", "com.autonavi.base.amap.X"])
def test_every_product_of_amap_is_one_sdk(knowledge, class_):
    assert found(knowledge, code=[class_, "com.loc.a"]) == {"amap": BUNDLED}


def test_xiaomis_account_and_statistics_are_no_push(knowledge):
    code = ["com.xiaomi.account.openauth.XiaomiOAuthorize", "com.xiaomi.mistatistic.sdk.MiStatInterface"]
    code += ["com.xiaomi.passport.X", "com.xiaomi.accountsdk.X"]
    assert found(knowledge, code=code) == {"xiaomi-account": BUNDLED, "xiaomi-stat": BUNDLED}


def test_umengs_products_are_told_apart(knowledge):
    assert found(knowledge, code=["com.umeng.commonsdk.UMConfigure", "com.umeng.analytics.MobclickAgent"]) == {"umeng": BUNDLED}
    assert found(knowledge, code=["u.aly.bt", "u.aly.av", "com.umeng.analytics.X"]) == {"umeng": BUNDLED}
    assert found(knowledge, code=["com.efs.sdk.base.X", "com.uc.crashsdk.X", "com.umeng.umcrash.UMCrash"]) == {"umeng-apm": BUNDLED}


def test_tencents_products_are_told_apart(knowledge):
    # MTA inside the WeChat JAR "with MTA"; map code inside QQ Connect; MTA beside it
    wechat = ["com.tencent.mm.opensdk.openapi.IWXAPI", "com.tencent.wxop.stat.StatService", "com.tencent.a.a.a.a.g"]
    assert found(knowledge, code=wechat) == {"wechat-opensdk": BUNDLED}
    assert found(knowledge, code=["com.tencent.tauth.Tencent", "com.tencent.open.TDialog", "com.tencent.map.b.a"]) == {
        "tencent-qq-openid": BUNDLED
    }
    assert found(knowledge, code=["com.tencent.qcloud.core.http.HttpTask", "com.tencent.mm.plugin.X"]) == {}


def test_wechats_older_namespace_is_the_same_sdk(knowledge):
    old = ["com.tencent.mm.sdk.openapi.WXAPIFactory", "com.tencent.mm.sdk.modelbase.BaseReq"]
    assert found(knowledge, code=old) == {"wechat-opensdk": BUNDLED}


# -- one SDK inside another ----------------------------------------------------------------------------------------------


def test_unionpays_phone_pay_brings_no_huawei(knowledge):
    code = ["com.unionpay.UPPayAssistEx", "com.huawei.nfc.sdk.service.ICUPOnlinePayService", "com.huawei.nfc.X"]
    assert found(knowledge, code=code) == {"unionpay": BUNDLED}


def test_tencent_location_inside_of_its_advertising_is_not_the_map_sdk(knowledge):
    code = ["com.qq.e.ads.ADActivity", "c.t.m.g.a", "com.tencent.map.geoloclite.tsa.TencentLiteLocation"]
    assert {id_ for id_, tier in found(knowledge, code=code).items() if tier is BUNDLED} == {"gdt"}


def test_pangles_inner_tracker_and_downloader_are_part_of_it(knowledge):
    code = ["com.bytedance.sdk.openadsdk.TTAdSdk", "com.bytedance.embedapplog.AppLog", "ms.bd.c.k", "ms.bz.bd.c.k"]
    code += ["com.ss.android.socialbase.downloader.downloader.Downloader"]
    assert found(knowledge, code=code) == {"pangle": BUNDLED}


def test_code_of_bytedance_alone_is_nobodys(knowledge):
    assert found(knowledge, code=["com.bytedance.frameworks.X", "com.ss.android.common.X"]) == {}


def test_alipays_parts_are_one_sdk_and_bring_no_mpaas(knowledge):
    code = ["com.alipay.sdk.app.PayTask", "com.alipay.android.phone.mrpc.core.A", "com.alipay.apmobilesecuritysdk.A"]
    code += ["com.alipay.tscenter.A", "org.json.alipay.JSONObject", "com.alipay.mobile.framework.service.annotation.OperationType"]
    assert found(knowledge, code=code) == {"alipay-sdk": BUNDLED}


def test_the_device_id_of_taobao_is_no_proof_of_alipay(knowledge):
    assert found(knowledge, code=["com.ta.utdid2.device.UTUtdid", "com.ut.device.UTDevice"]) == {"utdid": BUNDLED}


def test_getuis_common_library_proves_neither_of_the_brands_it_is_declared_with(knowledge):
    code = ["com.getui.gtc.GtcService", "com.igexin.base.api.GTBase", "com.igexin.push.GtPushInterface"]
    assert found(knowledge, code=code) == {"getui-gtc": BUNDLED}
    assert found(knowledge, code=["com.g.gysdk.GYManager", "com.g.elogin.X"]) == {"getui-gy": BUNDLED}


# -- no code -------------------------------------------------------------------------------------------------------------


def test_a_base_library_that_declares_push_and_ships_its_resources_holds_none(knowledge):
    # DCloud's aps-unipush: five classes, all its own
    facts = [component("com.igexin.sdk.PushActivity", "activity"), component("com.igexin.sdk.GActivity", "activity")]
    facts += [asset("res/drawable/upsdk_cancel_bg.xml"), asset("res/drawable/mz_push_notification_small_icon.png")]
    result = found(knowledge, *facts, code=["io.dcloud.feature.aps.APSFeatureImpl", "io.dcloud.feature.unipush.GTPushService"])
    assert result == {"dcloud": BUNDLED, "getui-push": NAMED}


def test_permissions_of_launchers_name_no_push(knowledge):
    facts = [permission("com.huawei.android.launcher.permission.CHANGE_BADGE"), permission("com.vivo.notification.permission.BADGE_ICON")]
    facts += [permission("com.asus.msa.SupplementaryDID.ACCESS"), permission("com.meizu.c2dm.permission.RECEIVE")]
    assert found(knowledge, *facts) == {}


def test_the_wechat_app_asked_about_is_not_its_sdk(knowledge):
    assert found(knowledge, fact(FactKind.QUERY, "com.tencent.mm", "package")) == {}
    assert resolve(knowledge, name="", package="com.tencent.mm").ids == ("wechat-opensdk",)


def test_build_plug_ins_of_agconnect_are_not_in_the_app(knowledge):
    code = ["com.huawei.agconnect.agcp.AGCPlugin", "com.huawei.agconnect.apms.plugin.X", "com.huawei.agconnect.crash.symbol.X"]
    assert found(knowledge, code=code) == {}
    assert found(knowledge, code=["com.huawei.agconnect.core.ServiceDiscovery"]) == {"huawei-agconnect": BUNDLED}


def test_the_box_browsers_native_library_is_no_location(knowledge):
    assert found(knowledge, fact(FactKind.NATIVE_LIBRARY, "liblbs.so", "armeabi")) == {"tencent-tbs-x5": NAMED}


def test_a_packer_of_baidu_is_none_of_its_sdks(knowledge):
    assert found(knowledge, fact(FactKind.NATIVE_LIBRARY, "libbaiduprotect.so", "arm64-v8a")) == {}


def test_a_library_that_changes_its_name_with_every_version_names_its_sdk(knowledge):
    for name in ("libjcore127.so", "libjcore332.so", "libjcore480.so"):
        assert found(knowledge, fact(FactKind.NATIVE_LIBRARY, name, "arm64-v8a")) == {"jiguang-jcore": NAMED}


# -- wrappers and copies -------------------------------------------------------------------------------------------------


def test_dclouds_adapters_bring_none_of_what_they_adapt(knowledge):
    code = ["io.dcloud.feature.payment.alipay.AliPay", "io.dcloud.feature.oauth.miui.MiAccount", "io.dcloud.feature.weex.WeexInstanceMgr"]
    code += ["io.dcloud.weex.X", "io.dcloud.share.qq.QQApiManager", "io.dcloud.feature.apsGt.GTPushService"]
    assert found(knowledge, code=code) == {"dcloud": BUNDLED}


def test_relocated_libraries_are_their_carriers(knowledge):
    code = ["io.dcloud.PandoraEntry", "dc.squareup.okhttp3.OkHttpClient", "dc.squareup.okio.Buffer"]
    code += ["com.dcloud.zxing2.Result", "com.nostra13.dcloudimageloader.core.ImageLoader"]
    assert found(knowledge, code=code) == {"dcloud": BUNDLED}


def test_demo_code_copied_into_an_app_is_no_sdk_though_a_policy_may_call_it_so(knowledge):
    assert found(knowledge, code=["com.alipaysdk.PayResult", "com.alipaysdk.SignUtils"]) == {}
    assert resolve(knowledge, name="", package="com.alipaySDK").ids == ("alipay-sdk",)


ALIKE = ["com.mobile.app.Main", "com.alibaba.Main", "com.alx.Main", "XIa.Main", "c.t.map.Main", "com.locale.Main"]


@pytest.mark.parametrize("class_", ALIKE)
def test_letters_alike_are_no_prefix(knowledge, class_):
    assert found(knowledge, code=[class_]) == {}


@pytest.mark.parametrize("class_", ["z6.a", "e.a.c.a.a.b.b", "i2.b", "o.a", "com.a.b.c"])
def test_what_a_minifier_moved_is_nobodys_by_name(knowledge, class_):
    assert PackageIndex(knowledge).owners(class_)[1] == ()


# -- what policies write -------------------------------------------------------------------------------------------------

# the table a common framework's template gives its users to copy, as written
TEMPLATE = [
    ("阿里weexSDK", "com.taobao", {"weex"}),
    ("Fresco图库", "com.facebook.fresco", {"fresco"}),
    ("glide图库", "com.bumptech.glide", {"glide"}),
    ("移动安全联盟OAID", "com.bun.miitmdid、com.zui.opendeviceidlibrary", {"msa-oaid"}),
    ("个推·消息推送", "com.igexin", {"getui-push"}),
    ("华为HMS push", "com.huawei.hms", {"huawei-hms-push"}),
    ("友盟统计", "com.uc.crashsdk、com.efs、com.umeng", {"umeng"}),
    ("微信", "com.tencent.mm", {"wechat-opensdk"}),
    ("新浪微博", "com.sina.weibo", {"sina-weibo"}),
    ("QQ", "com.tencent.open", {"tencent-qq-openid"}),
    ("支付宝", "com.alipay", {"alipay-sdk"}),
    ("个验", "com.g.elogin、com.g.gysdk", {"getui-gy"}),
    ("百度语音", "com.baidu.speech", {"baidu-speech"}),
    ("高德", "com.amap.api、com.loc、com.autonavi", {"amap"}),
    ("X5", "com.tencent.tbs、com.tencent.smtt", {"tencent-tbs-x5"}),
    ("快手", "com.kwad.sdk", {"kuaishou-ad"}),
    ("优量汇", "com.qq.e", {"gdt"}),
    ("穿山甲", "com.bytedance.sdk.openadsdk", {"pangle"}),
    ("Sigmob", "com.sigmob.windad", {"sigmob"}),
]


@pytest.mark.parametrize(("name", "package", "sdks"), TEMPLATE)
def test_every_row_of_a_copied_template_resolves(knowledge, name, package, sdks):
    assert set(resolve(knowledge, name=name, package=package).ids) == sdks


# what stores' scanners write: the brackets hold the possible products of a prefix, not those of the app
@pytest.mark.parametrize(
    ("text", "sdks"),
    [
        ("com.tencent.bugly(Bugly;腾讯Bugly)", {"bugly"}),
        ("com.alipay(支付宝;阿里乘车码;阿里芝麻信用实名认证;芝麻认证)", {"alipay-sdk", "aliyun-face"}),
        ("com.getui(个推;个数应用统计;个像)", {"getui-gtc"}),
    ],
)
def test_a_scanners_list_of_possible_products_is_not_taken_for_the_products(knowledge, text, sdks):
    assert set(resolve(knowledge, name="", package=text).ids) == sdks


@pytest.mark.parametrize("url", ["https://docs.getui.com/privacy", "https://github.com/alibaba/fastjson"])
def test_a_link_in_the_wrong_row_does_not_outrank_the_name(knowledge, url):
    assert resolve(knowledge, name="友盟统计", package="com.umeng", url=url).ids == ("umeng",)


def test_two_letters_and_three_prove_nothing(knowledge):
    short = {trace.pattern for sdk in knowledge.sdks.values() for trace in sdk.traces if trace.strength is Strength.PROVES}
    assert {"c.t.m.g", "com.al", "com.loc", "XI", "MTT", "ms.bd.c"} & short == set()

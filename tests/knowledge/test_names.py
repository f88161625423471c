"""What policies write resolves to what they mean, and what means nothing stays unresolved."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.knowledge import load as module
from auditor.knowledge.load import compile_knowledge, knowledge_from, read_yaml
from auditor.knowledge.names import Basis, Resolution, resolve
from tests.knowledge_factories import knowledge as made_up
from tests.knowledge_factories import proves, sdk, supports

KNOWLEDGE = knowledge_from(compile_knowledge(read_yaml(Path(module.__file__).parent)))


def ids(name="", package="", *, aliases=(), url=""):
    return set(resolve(KNOWLEDGE, name=name, package=package, aliases=aliases, url=url).ids)


def basis(name="", package="", *, url=""):
    return resolve(KNOWLEDGE, name=name, package=package, url=url).basis


def suggestion(package, name=""):
    return resolve(KNOWLEDGE, name=name, package=package).suggestion


# -- one policy, as it is written ----------------------------------------------------------------------------------

DECLARED = [
    ("om.huawei.hms", ["华为推送"], "huawei-hms-push"),
    ("com.huawei.agconnect", ["华为联运应用"], "huawei-agconnect"),
    ("com.igexin.sdk", ["个推", "个推推送"], "getui-push"),
    ("com.xiaomi.mipush", ["小米", "小米推送"], "xiaomi-mipush"),
    ("com.getui", ["个推", "个数应用统计", "个像"], "getui-gtc"),
    ("com.tencent.smtt", ["TBS腾讯浏览服务", "腾讯浏览服务", "腾讯X5浏览器", "腾讯浏览器"], "tencent-tbs-x5"),
    ("com.amap.api", ["高德地图", "高德导航", "高德定位", "阿里高德地图", "高德"], "amap"),
    ("com.tencent.tauth", ["腾讯开放平台"], "tencent-qq-openid"),
    ("com.alipaySDK", [], "alipay-sdk"),
    ("com.baidu.ocr", ["百度文字识别OCR"], "baidu-ocr"),
    ("", ["阿里weexSDK"], "weex"),
    ("", ["fresco图片库"], "fresco"),
]


@pytest.mark.parametrize(("package", "names", "sdk"), DECLARED)
def test_every_row_of_the_policy_resolves_however_it_is_transcribed(package, names, sdk):
    first, rest = (names or [""])[0], names[1:]
    assert ids(first, package, aliases=rest) == {sdk}
    assert ids(";".join(names), package) == {sdk}
    assert ids(f"{package}（{';'.join(names)};）" if package and names else ";".join(names) or package) == {sdk}
    assert ids("", f"{package}({';'.join(names)})" if package and names else "".join(names) or package) == {sdk}


@pytest.mark.parametrize("name", ["应用安全SDK", "阿里巴巴实人认证", "阿里巴巴第三方接口的实人认证服务"])
def test_what_names_no_product_stays_unresolved(name):
    assert resolve(KNOWLEDGE, name=name, package="") == Resolution(ids=(), basis=Basis.NONE, suggestion="")


# -- display names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sdk"),
    [
        ("微信OpenSDK Android", "wechat-opensdk"),
        ("微信 SDK", "wechat-opensdk"),
        ("微信分享SDK", "wechat-opensdk"),
        ("APP支付客户端SDK", "alipay-sdk"),
        ("支付宝SDK（Android版）", "alipay-sdk"),
        ("腾讯 Bugly SDK", "bugly"),
        ("腾讯webviewSDK", "tencent-tbs-x5"),
        ("QQ互联", "tencent-qq-openid"),
        ("ＯＰＰＯ　ＰＵＳＨ 客户端ＳＤＫ", "oppo-push"),
        ("VIVO PUSH SDK", "vivo-push"),
        ("推送通知消息（华为推送SDK）", "huawei-hms-push"),
        ("即时通讯（腾讯云即时通信IM）", "tencent-im"),
        ("DCloud uni-app（5+ App/Wap2App）", "dcloud"),
        ("友盟+SDK（UShare)", "umeng-social"),
        ("1. 极光推送SDK", "jpush"),
        ("【个推·消息推送】", "getui-push"),
        ("FCM推送", "firebase"),
        ("oaid SDK", "msa-oaid"),
        ("广点通SDK", "gdt"),
        ("新浪微博 SDK", "sina-weibo"),
    ],
)
def test_a_name_resolves_in_the_forms_policies_use(name, sdk):
    resolution = resolve(KNOWLEDGE, name=name, package="")
    assert (resolution.ids, resolution.basis) == ((sdk,), Basis.ALIAS)


@pytest.mark.parametrize(
    "name",
    [
        "推送SDK",
        "地图",
        "支付SDK",
        "分享SDK",
        "统计分析",
        "一键登录SDK",
        "风控SDK",
        "QQ钱包支付",
        "微信读书",
        "华为应用市场联运和广告SDK",
        "腾讯SDK",
        "阿里云SDK",
        "百度网盘SDK",
        "google浏览器",
        "和彩云SDK",
        "快递100 SDK",
        "SDK",
        "",
        "（）",
        "Share",
    ],
)
def test_a_name_that_only_sounds_like_one_resolves_to_nothing(name):
    assert resolve(KNOWLEDGE, name=name, package="").basis is Basis.NONE


def test_a_vendors_brand_stands_for_the_products_it_is_sold_as():
    assert ids("友盟SDK") == {"umeng", "umeng-push", "umeng-social"}
    assert ids("友盟推送SDK") == {"umeng-push"}
    assert ids("百度地图") == {"baidu-map", "baidu-location"}


def test_a_list_of_names_is_all_of_them():
    assert ids("微信支付、支付宝/银联") == {"wechat-opensdk", "alipay-sdk", "unionpay"}
    assert ids("友盟推送SDK（魅族厂商通道）") == {"umeng-push", "meizu-push"}


def test_the_names_that_agree_with_the_package_count():
    assert ids("个推;个数应用统计;个像", "com.getui") == {"getui-gtc"}
    assert ids("华为;华为推送", "com.huawei.hms") == {"huawei-hms-push"}


def test_a_name_outranks_a_package_that_says_otherwise():
    assert ids("微信支付", "com.alipay.sdk") == {"wechat-opensdk"}
    assert ids("友盟分享", "com.getui") == {"umeng-social"}


# -- packages ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("package", "sdks"),
    [
        ("com.igexin.sdk", {"getui-push"}),
        ("com.xiaomi.mipush.*", {"xiaomi-mipush"}),
        ("com.tencent.mm.opensdk.openapi", {"wechat-opensdk"}),
        ("com.tencent.mm", {"wechat-opensdk"}),
        ("com.bun.miitmdid、com.zui.opendeviceidlibrary", {"msa-oaid"}),
        ("com.uc.crashsdk、com.efs、com.umeng", {"umeng", "umeng-apm", "umeng-push", "umeng-social", "umeng-verify"}),
        ("com.g.elogin，com.g.gysdk", {"getui-gy"}),
        ("com.huawei.hms", {id_ for id_ in KNOWLEDGE.sdks if id_.startswith("huawei-hms-")}),
        ("okhttp3", {"okhttp"}),
        ("TencentOpenAPI", {"tencent-qq-openid"}),
    ],
)
def test_a_package_resolves_by_whole_segments(package, sdks):
    resolution = resolve(KNOWLEDGE, name="", package=package)
    assert (set(resolution.ids), resolution.basis, resolution.suggestion) == (sdks, Basis.PACKAGE, "")


@pytest.mark.parametrize(
    "package",
    [
        "com.mobile.app",
        "com.alibaba.druid",
        "com.al.map",
        "com.yanzhenjie.permission",
        "com.huawei.hms.nearby",
        "com.taobao.accs",
        "com.bytedance.sdk.account",
        "com.iflytek.aiui",
        "com",
        "XIAO",
    ],
)
def test_a_package_with_the_same_first_letters_is_not_taken_for_another(package):
    assert resolve(KNOWLEDGE, name="", package=package) == Resolution(ids=(), basis=Basis.NONE, suggestion="")


@pytest.mark.parametrize(
    ("package", "right"),
    [
        ("om.huawei.hms", "com.huawei.hms"),
        ("com.alipaySDK", "com.alipay.sdk"),
        ("com.alipaysdk", "com.alipay.sdk"),
        ("com.igexn.sdk", "com.igexin.sdk"),
        ("com.tencent.taut", "com.tencent.tauth"),
        ("com.tencent.tatuh", "com.tencent.tauth"),
        ("com.Tencent.mm", "com.tencent.mm"),
        ("com.xiaomi.mi.push", "com.xiaomi.mipush"),
        ("con.baidu.ocr", "com.baidu.ocr"),
    ],
)
def test_a_slip_of_the_pen_is_put_right(package, right):
    assert suggestion(package) == right
    assert ids(package=package) == ids(package=right) != set()


@pytest.mark.parametrize(
    "package",
    [
        "com.huawei.hms",
        "com.alipay.sdk",
        "com.alipay",
        "com.alipay.face",
        "AlipaySDK",
        "com.tencent.tls",
        "com.tencent.im",
        "com.mab",
        "com.qq.r",
        "com.sensor",
        "com.example.shop",
        "",
    ],
)
def test_a_right_or_unknown_package_is_left_as_it_is(package):
    assert suggestion(package) == ""


def test_a_misspelt_package_is_told_even_where_the_name_resolves():
    resolution = resolve(KNOWLEDGE, name="华为推送", package="om.huawei.hms")
    assert resolution == Resolution(ids=("huawei-hms-push",), basis=Basis.ALIAS, suggestion="com.huawei.hms")
    assert basis(package="om.huawei.hms") is Basis.TYPO


def test_a_name_with_an_odd_package_in_it_does_not_put_the_package_column_in_doubt():
    assert suggestion("com.alipay.sdk", name="支付宝（com.alipaySDK）") == ""


def test_a_slip_that_could_mean_two_packages_means_none():
    two = made_up(sdk("one", *proves("com.vendor.colours")), sdk("two", *proves("com.vendor.colourz")))
    assert resolve(two, name="", package="com.vendor.colourx") == Resolution(ids=(), basis=Basis.NONE, suggestion="")
    assert resolve(two, name="", package="com.vendor.colours").ids == ("one",)


def test_what_is_no_part_of_an_sdk_is_not_resolved_to_it():
    one = made_up(sdk("one", *proves("com.vendor.kit"), *supports("com.vendor.shared"), excepted=("com.vendor.kit.demo",)))
    assert resolve(one, name="", package="com.vendor.kit.core").ids == ("one",)
    assert resolve(one, name="", package="com.vendor.kit.demo").ids == ()
    assert resolve(one, name="", package="com.vendor.shared").ids == ()


# -- links ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "sdk"),
    [
        ("http://doc.weex.io/zh", "weex"),
        ("https://www.fresco-cn.org/", "fresco"),
        ("lbs.amap.com/pages/privacy/", "amap"),
        ("https://X5.tencent.com/tbs/product/tbs.html", "tencent-tbs-x5"),
        ("https://www.umeng.com/page/policy", "umeng"),
        ("https://docs.getui.com/geyan/", "getui-gy"),
    ],
)
def test_a_link_decides_where_nothing_else_does(url, sdk):
    assert ids("应用安全SDK", url=url) == {sdk}
    assert basis("应用安全SDK", url=url) is Basis.LINK


@pytest.mark.parametrize(
    "url",
    [
        "https://mp.weixin.qq.com/s/abc",
        "https://notumeng.com/",
        "https://umeng.com.evil.example/",
        "https://example.com/?from=umeng.com",
        "http://[::1",
        "",
    ],
)
def test_a_link_to_somewhere_else_decides_nothing(url):
    assert ids("应用安全SDK", url=url) == set()


def test_a_link_copied_from_another_row_is_outranked():
    assert ids("友盟统计", url="https://docs.getui.com/") == {"umeng"}
    assert ids("", "com.tencent.bugly", url="https://render.alipay.com/p/c/k2cx0tg8") == {"bugly"}


# -- the table itself ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id_", sorted(KNOWLEDGE.sdks))
def test_every_name_and_package_of_an_sdk_leads_to_it(id_):
    known = KNOWLEDGE.sdks[id_]
    lost = [alias for alias in (*known.aliases, known.name.zh, known.name.en) if id_ not in ids(alias)]
    lost += [package for package in known.declared_as if id_ not in ids(package=package)]
    assert lost == []


@pytest.mark.parametrize("id_", sorted(KNOWLEDGE.sdks))
def test_no_right_package_is_called_misspelt(id_):
    assert [package for package in KNOWLEDGE.sdks[id_].declared_as if suggestion(package)] == []


_TEXT = st.text(max_size=60) | st.text(alphabet="com.huaweixmp SDK()（）、;/推送个", max_size=60)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(name=_TEXT, package=_TEXT, aliases=st.lists(_TEXT, max_size=3), url=_TEXT)
def test_any_text_gives_an_answer(name, package, aliases, url):
    resolution = resolve(KNOWLEDGE, name=name, package=package, aliases=aliases, url=url)
    assert set(resolution.ids) <= KNOWLEDGE.sdks.keys()
    assert list(resolution.ids) == sorted(set(resolution.ids))
    assert (resolution.basis is Basis.NONE) == (resolution.ids == ())


def test_a_text_of_any_length_is_answered():
    assert ids("(" * 50_000 + "sdk" * 50_000, "a." * 50_000, url="x" * 50_000) == set()

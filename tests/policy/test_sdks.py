"""SDK lists in every layout policies have them in: what is read, as written, and what is no SDK."""

from __future__ import annotations

import pytest

from auditor.model import Platform


def names(draft):
    return [row.name for row in draft.declaration.sdks]


def row(draft, name):
    (found,) = [one for one in draft.declaration.sdks if name in (one.name, one.package)]
    return found


LABEL_BLOCKS = """青藤记账与第三方共享个人信息清单
生效日期：2024年3月12日

1、友盟统计SDK
第三方名称：友盟同欣（北京）科技有限公司
使用目的：统计分析
收集个人信息类型：设备信息（IMEI、MAC地址、Android ID）、IP地址
处理方式：SDK采集
隐私政策：https://www.umeng.com/page/policy

2、腾讯Bugly
运营方：深圳市腾讯计算机系统有限公司
用途：崩溃日志收集
数据类型：设备型号、系统版本
官网链接：https://bugly.qq.com/v2/

使用目的：推送消息
获取信息（未收集）：通讯录、短信
隐私权政策链接：https://www.jiguang.cn/license/privacy

SDK名称：高德定位SDK
所属公司：高德软件有限公司
使用场景：附近网点
使用权限：ACCESS_FINE_LOCATION、ACCESS_COARSE_LOCATION
收集信息：位置信息、WLAN接入点、SSID
官网链接/隐私政策：https://lbs.amap.com/pages/privacy/
"""


def test_label_blocks_whose_labels_change_mid_list(drafted):
    draft = drafted(LABEL_BLOCKS)
    assert names(draft) == ["友盟统计SDK", "腾讯Bugly", "www.jiguang.cn", "高德定位SDK"]
    umeng = row(draft, "友盟统计SDK")
    assert (umeng.vendor, umeng.purpose, umeng.url) == (
        "友盟同欣（北京）科技有限公司", "统计分析", "https://www.umeng.com/page/policy",
    )  # fmt: skip
    assert umeng.data == ("imei", "mac_address", "android_id", "ip_address")
    assert umeng.data_text == "设备信息（IMEI、MAC地址、Android ID）、IP地址"
    bugly = row(draft, "腾讯Bugly")
    assert (bugly.id, bugly.purpose, bugly.url) == ("bugly", "崩溃日志收集", "https://bugly.qq.com/v2/")
    amap = row(draft, "高德定位SDK")
    assert amap.permissions == ("android.permission.ACCESS_FINE_LOCATION", "android.permission.ACCESS_COARSE_LOCATION")
    assert {"precise_location", "wifi_list", "ssid"} <= set(amap.data)


def test_a_block_that_lost_its_name_is_left_to_a_person_and_what_it_denies_is_not_declared(drafted):
    draft = drafted(LABEL_BLOCKS)
    (doubt,) = [one for one in draft.review if one.table == "sdks"]
    assert (doubt.subject, doubt.at[0].line) == ("https://www.jiguang.cn/license/privacy", 17)
    nameless = row(draft, "www.jiguang.cn")
    assert (nameless.confidence.word, nameless.purpose, nameless.data) == ("medium", "推送消息", ())
    types = {one.type for one in draft.declaration.data} | {one.type for one in draft.declaration.denials}
    assert not types & {"contacts", "sms"}


def test_each_row_says_where_it_stands(drafted):
    draft = drafted(LABEL_BLOCKS)
    assert [(one.at[0].line, one.at[0].quote) for one in draft.declaration.sdks] == [
        (4, "友盟统计SDK"), (11, "腾讯Bugly"), (17, "使用目的：推送消息"), (21, "高德定位SDK"),
    ]  # fmt: skip


MARKDOWN_BLOCKS = """# 山雀阅读隐私政策

## 附件：第三方SDK清单

### 微信开放平台SDK

- **第三方机构名称**：深圳市腾讯计算机系统有限公司
- **使用目的**：微信登录、分享
- **收集个人信息类型**：
  - 设备标识符
  - OAID
  - 应用安装列表
- **隐私政策链接**：<https://weixin.qq.com/cgi-bin/readtemplate?lang=zh_CN>

**讯飞语音SDK**

使用目的：语音朗读

收集的个人信息类型：麦克风、设备信息

隐私协议地址：https://www.xfyun.cn/doc/policy/sdk_privacy.html
"""


def test_markdown_blocks_under_headings_and_bold_names_with_nested_values(drafted):
    draft = drafted(MARKDOWN_BLOCKS)
    assert draft.declaration.app == "山雀阅读"
    assert names(draft) == ["微信开放平台SDK", "讯飞语音SDK"]
    wechat = row(draft, "微信开放平台SDK")
    assert wechat.data_text == "设备标识符、OAID、应用安装列表"
    assert wechat.data == ("oaid", "installed_apps")
    assert wechat.url == "https://weixin.qq.com/cgi-bin/readtemplate?lang=zh_CN"
    assert row(draft, "讯飞语音SDK").data == ("microphone",)


def test_a_heading_of_the_business_with_the_sdk_in_brackets(drafted):
    draft = drafted(
        """## 第三方信息共享

消息推送（极光推送SDK）

第三方公司名称：深圳市和讯华谷信息技术有限公司

具体功能：推送通知

涉及个人信息：设备标识、网络状态

第三方SDK隐私政策链接：[https://www.jiguang.cn/license/privacy](https://www.jiguang.cn/license/privacy)
"""
    )
    jpush = row(draft, "消息推送（极光推送SDK）")
    assert (jpush.id, jpush.vendor, jpush.url) == (
        "jpush", "深圳市和讯华谷信息技术有限公司", "https://www.jiguang.cn/license/privacy",
    )  # fmt: skip


@pytest.mark.parametrize("colon", ["：", ":", "∶", "|", " ： "])
def test_any_colon_parts_a_label_from_its_value(drafted, colon):
    draft = drafted(f"第三方SDK清单\nSDK名称{colon}环信SDK\n使用目的{colon}即时聊天\n收集信息{colon}IMEI\n隐私政策{colon}https://www.easemob.com/protocol\n")
    easemob = row(draft, "环信SDK")
    assert (easemob.purpose, easemob.data, easemob.url) == ("即时聊天", ("imei",), "https://www.easemob.com/protocol")


def test_the_colon_may_stand_on_the_line_below_the_label(drafted):
    draft = drafted("第三方SDK清单\nSDK名称\n：滴滴地图SDK\n使用目的\n：地图展示\n收集信息\n：位置信息\n隐私政策\n：https://www.didiglobal.com/privacy\n")
    map_ = row(draft, "滴滴地图SDK")
    assert (map_.purpose, map_.data, map_.url) == ("地图展示", ("precise_location",), "https://www.didiglobal.com/privacy")


def test_all_labels_on_one_line(drafted):
    draft = drafted(
        "第三方SDK目录\n"
        "SDK名称：腾讯地图SDK；使用目的：定位；收集信息：位置信息、IP地址；隐私政策：https://lbs.qq.com/privacy\n"
        "SDK名称：银联支付SDK 使用目的：支付 收集信息：网络信息、设备信息 隐私政策：https://yunshanfu.unionpay.com/privacy\n"
    )
    assert names(draft) == ["腾讯地图SDK", "银联支付SDK"]
    assert row(draft, "腾讯地图SDK").data == ("precise_location", "ip_address")
    assert row(draft, "银联支付SDK").url == "https://yunshanfu.unionpay.com/privacy"


def test_items_with_company_purpose_data_and_link_in_one_sentence(drafted):
    draft = drafted(
        "## 第三方SDK\n\n我们接入了以下第三方SDK：\n\n"
        "1. 阿里云对象存储SDK（阿里云计算有限公司）：文件存储；收集设备标识信息；隐私政策：https://terms.aliyun.com/a\n"
        "2. 快递查询 SDK（深圳某某网络有限公司）：物流查询；收集运单号、手机号；隐私政策：https://example.com/b\n"
    )
    assert names(draft) == ["阿里云对象存储SDK", "快递查询 SDK"]
    second = row(draft, "快递查询 SDK")
    assert (second.vendor, second.purpose, second.url) == ("深圳某某网络有限公司", "物流查询", "https://example.com/b")
    assert "phone_number" in second.data


NUMBERED = """七、我们使用的第三方SDK
为实现相关功能，我们接入了以下第三方SDK：
（1）极光推送SDK：为了向您推送活动通知，我们使用了极光推送SDK，需要获取您的设备标识信息、MAC地址和应用安装列表。
（2）高德地图：为了向您展示附近门店，我们使用了高德地图SDK，会收集您的位置信息、WiFi列表。
（3）com.bumptech.glide：为了加载图片，我们使用了开源图片库，不会收集您的个人信息。
（4）科大讯飞语音SDK：为了实现语音搜索，需要访问您的麦克风权限。如您不授权，不影响其他功能。
八、未成年人保护
我们不面向未满14周岁的儿童提供服务。
"""


def test_numbered_prose_one_sentence_per_sdk(drafted):
    draft = drafted(NUMBERED)
    assert [one.written for one in draft.declaration.sdks] == ["极光推送SDK", "高德地图", "com.bumptech.glide", "科大讯飞语音SDK"]
    assert row(draft, "极光推送SDK").data == ("mac_address", "installed_apps")
    assert row(draft, "极光推送SDK").purpose == "为了向您推送活动通知"
    assert row(draft, "高德地图").data == ("precise_location", "wifi_list")
    assert row(draft, "com.bumptech.glide").data == ()
    assert row(draft, "科大讯飞语音SDK").permissions == ("android.permission.RECORD_AUDIO",)


def test_what_an_sdk_does_not_take_is_no_denial_of_the_app(drafted):
    assert drafted(NUMBERED).declaration.denials == ()


def test_permissions_of_sdks_are_none_of_the_app(drafted):
    assert drafted(NUMBERED).declaration.permissions == ()


def test_one_sentence_may_bring_in_several_sdks(drafted):
    draft = drafted(
        "隐私政策\n为了实现推送功能，我们集成了个推SDK、小米推送SDK、华为推送SDK，这些SDK会收集您的IMEI、MAC地址用于消息推送。\n"
    )
    assert names(draft) == ["个推SDK", "小米推送SDK", "华为推送SDK"]
    assert {one.data for one in draft.declaration.sdks} == {("imei", "mac_address")}


RUN_ON = """第三方SDK说明
我们使用com.igexin.sdk(个推;个推推送;)、 com.huawei.hms（华为推送）是为了及时推送消息，使用com.tencent.smtt(TBS腾讯浏览服务;腾讯X5浏览器)是为了打开第三方网页，使用com.alipaySDK完成支付功能
"""


def test_packages_run_on_in_a_sentence(drafted):
    draft = drafted(RUN_ON)
    found = [(one.package, one.name, one.aliases) for one in draft.declaration.sdks]
    assert found == [
        ("com.igexin.sdk", "个推", ("个推推送",)),
        ("com.huawei.hms", "华为推送", ()),
        ("com.tencent.smtt", "TBS腾讯浏览服务", ("腾讯X5浏览器",)),
        ("com.alipaySDK", "", ()),
    ]
    first, second, third, last = draft.declaration.sdks
    assert (first.purpose, second.purpose_shared_with) == ("及时推送消息", "com.igexin.sdk")
    assert (third.purpose, last.purpose) == ("打开第三方网页", "完成支付功能")


def test_numbered_packages_with_their_pages(drafted):
    draft = drafted(
        "我们还集成了以下SDK\n\n"
        "1.cn.jpush.android(极光;极光推送)、 com.huawei.hms(华为;华为推送)，主要用于推送信息。可能会收集的用户信息：软件安装列表和Mac地址。"
        "请参考：https://www.jiguang.cn/push，华为推送https://developer.huawei.com/consumer/cn/hms/\n\n"
        "2.com.tencent.smtt(腾讯浏览服务)，主要用于打开网页。该SDK并不会收集任何用户信息。请参考：https://x5.tencent.com/\n"
    )
    assert [(one.package, one.url) for one in draft.declaration.sdks] == [
        ("cn.jpush.android", "https://www.jiguang.cn/push"),
        ("com.huawei.hms", "https://developer.huawei.com/consumer/cn/hms/"),
        ("com.tencent.smtt", "https://x5.tencent.com/"),
    ]
    assert [set(one.data) for one in draft.declaration.sdks] == [{"installed_apps", "mac_address"}, {"installed_apps", "mac_address"}, set()]


def test_names_listed_after_one_label_or_one_company(drafted):
    draft = drafted(
        "第三方SDK\n第三方SDK名称：华为推送、小米推送、OPPO推送，使用场景：消息推送，收集信息：OAID\n"
        "深圳市腾讯计算机系统有限公司：Bugly SDK、微信SDK\n"
    )
    assert names(draft) == ["华为推送", "小米推送", "OPPO推送", "Bugly SDK", "微信SDK"]
    assert row(draft, "Bugly SDK").vendor == "深圳市腾讯计算机系统有限公司"
    assert row(draft, "OPPO推送").data == ("oaid",)


def test_links_to_third_parties_in_english(drafted):
    draft = drafted(
        "# Privacy Policy\n\nJane Doe built the Larkbird app as a Free app.\n\n"
        "Link to the privacy policy of third-party service providers used by the app\n\n"
        "*   [Google Play Services](https://www.google.com/policies/privacy/)\n"
        "*   [AdMob](https://support.google.com/admob/answer/6128543?hl=en)\n"
    )
    assert draft.declaration.app == "Larkbird"
    assert [(one.name, one.url) for one in draft.declaration.sdks] == [
        ("Google Play Services", "https://www.google.com/policies/privacy/"),
        ("AdMob", "https://support.google.com/admob/answer/6128543?hl=en"),
    ]


TABLES = """<html><body><h2>第三方SDK列表</h2>
<table><tr><th>第三方公司</th><th>SDK名称</th><th>使用目的</th><th>收集的个人信息类型</th><th>官网链接/隐私政策</th></tr>
<tr><td rowspan="2">腾讯</td><td>微信SDK</td><td rowspan=2>登录与分享</td><td>昵称、头像</td><td><a href="https://open.weixin.qq.com">链接</a></td></tr>
<tr><td>QQ SDK</td><td>设备信息</td><td><a href="https://wiki.connect.qq.com">链接</a></td></tr>
<tr><td>小米科技有限责任公司</td><td>小米推送SDK（com.xiaomi.mipush）</td><td>推送</td><td>OAID、Android ID</td><td>https://dev.mi.com/console/doc/detail?pId=1822</td></tr>
<tr><td colspan=5>iOS</td></tr>
<tr><td>某某公司</td><td>APNs</td><td>推送</td><td>无</td><td>https://www.apple.com/legal/privacy/</td></tr>
</table></body></html>"""


def test_a_table_with_spans_links_packages_and_a_caption_per_platform(drafted):
    draft = drafted(TABLES)
    found = [(one.name, one.vendor, one.purpose, one.url, one.platforms) for one in draft.declaration.sdks]
    both = frozenset(Platform)
    assert found == [
        ("微信SDK", "腾讯", "登录与分享", "https://open.weixin.qq.com", both),
        ("QQ SDK", "腾讯", "登录与分享", "https://wiki.connect.qq.com", both),
        ("小米推送SDK", "小米科技有限责任公司", "推送", "https://dev.mi.com/console/doc/detail?pId=1822", both),
        ("APNs", "某某公司", "推送", "https://www.apple.com/legal/privacy/", frozenset({Platform.IOS})),
    ]
    assert row(draft, "小米推送SDK").package == "com.xiaomi.mipush"
    assert draft.declaration.sdks[0].data == ("account_info",)
    assert draft.declaration.sdks[1].data == ()


def test_the_same_sdk_in_two_tables_for_two_platforms_stays_two_rows(drafted):
    table = "<table><tr><td colspan=3>{0}系统第三方SDK列表</td></tr><tr><td>第三方公司名称</td><td>产品/ 类型</td><td>使用目的</td></tr><tr><td>甲公司</td><td>微信SDK</td><td>{1}</td></tr></table>"
    draft = drafted(f"<html><body>{table.format('Android', '登录')}{table.format('iOS', '分享')}</body></html>")
    assert [(one.name, one.purpose, one.platforms) for one in draft.declaration.sdks] == [
        ("微信SDK", "登录", frozenset({Platform.ANDROID})),
        ("微信SDK", "分享", frozenset({Platform.IOS})),
    ]


def test_the_same_sdk_in_two_places_is_one_row_with_both(drafted):
    draft = drafted(
        "第三方SDK\n\nSDK名称：极光推送SDK\n使用目的：推送\n收集信息：MAC地址\n\n其他说明\n\n第三方SDK\n\n"
        "SDK名称：极光推送SDK\n收集信息：IMEI\n隐私政策：https://www.jiguang.cn/license/privacy\n"
    )
    (jpush,) = draft.declaration.sdks
    assert (jpush.purpose, jpush.data, jpush.url) == ("推送", ("mac_address", "imei"), "https://www.jiguang.cn/license/privacy")
    assert {3, 11} <= {place.line for place in jpush.at}


def test_one_small_table_per_sdk_with_labels_in_the_first_column(drafted):
    table = "<table><tr><td>SDK名称</td><td>{}</td></tr><tr><td>第三方主体</td><td>{}</td></tr><tr><td>使用目的</td><td>播放</td></tr><tr><td>收集信息</td><td>{}</td></tr></table>"
    first, second = table.format("阿里云播放器SDK", "阿里云计算有限公司", "IP地址"), table.format("神策SDK", "神策网络科技（北京）有限公司", "OAID")
    draft = drafted(f"<html><body><h1>海豚视频第三方SDK清单</h1>{first}{second}</body></html>")
    assert [(one.name, one.vendor, one.data) for one in draft.declaration.sdks] == [
        ("阿里云播放器SDK", "阿里云计算有限公司", ("ip_address",)),
        ("神策SDK", "神策网络科技（北京）有限公司", ("oaid",)),
    ]


FLATTENED = """蓝鲸商城隐私政策

第三方SDK列表

SDK名称

公司名称

使用目的

收集信息类型

隐私政策链接

微信SDK

深圳市腾讯计算机系统有限公司

微信登录、支付

设备标识信息、微信账号

https://open.weixin.qq.com/

友盟统计SDK

用于统计应用使用情况

设备信息（IMEI/Mac/android ID/IDFA）

https://www.umeng.com/policy

四、您的权利

您有权访问、更正您的手机号。
"""


def test_a_flattened_table_with_a_cell_left_out(drafted):
    draft = drafted(FLATTENED)
    assert [(one.name, one.vendor, one.purpose, one.url) for one in draft.declaration.sdks] == [
        ("微信SDK", "深圳市腾讯计算机系统有限公司", "微信登录、支付", "https://open.weixin.qq.com/"),
        ("友盟统计SDK", "", "用于统计应用使用情况", "https://www.umeng.com/policy"),
    ]
    assert row(draft, "友盟统计SDK").data == ("imei", "mac_address", "android_id", "idfa")


def test_rows_typed_with_pipes_and_broken_over_lines(drafted):
    draft = drafted(
        "第三方信息共享清单\n隐私说明如下。\nSDK名称 | SDK厂商 | 使用目的 | 个人信息字段 | 隐私政策 |\n"
        "穿山甲广告SDK(com.bytedance) | 北京巨量引擎网络科技有限公司 | 广告投放 | 必选信息: AndroidID、OAID |\nhttps://www.pangle.cn/privacy |\n"
    )
    (pangle,) = draft.declaration.sdks
    assert (pangle.name, pangle.package, pangle.data, pangle.url) == (
        "穿山甲广告SDK", "com.bytedance", ("android_id", "oaid"), "https://www.pangle.cn/privacy",
    )  # fmt: skip


def test_a_value_of_nothing_declares_nothing(drafted):
    draft = drafted("| SDK服务 | 具体功能 | 获取信息 |\n|---|---|---|\n| 华为推送SDK | 推送 | 无 |\n| 电信SDK | 一键登录 | 网络状态、IMSI |\n")
    assert [(one.name, one.data) for one in draft.declaration.sdks] == [("华为推送SDK", ()), ("电信SDK", ("network_info", "imsi"))]


WRAPPED = """某某隐私政策
第三方SDK清单
1.4.1 友盟SDK
使用目
的：统计分析
收集信息：
IMEI
MAC地址
权限：
android.permission.INTERNET
android.permission.READ_PHONE_STATE
隐私政策：https://developer.umeng.com/docs/119267/
detail/182050
1.4.2 个推、个像、个数SDK
使用目的：推送
收集信息：OAID
隐私政策链接：
https://docs.getui.com/privacy/
"""


def test_labels_and_addresses_broken_over_lines_and_values_one_per_line(drafted):
    draft = drafted(WRAPPED)
    assert names(draft) == ["友盟SDK", "个推、个像、个数SDK"]
    umeng = row(draft, "友盟SDK")
    assert (umeng.purpose, umeng.data) == ("统计分析", ("imei", "mac_address"))
    assert umeng.permissions == ("android.permission.INTERNET", "android.permission.READ_PHONE_STATE")
    assert umeng.url == "https://developer.umeng.com/docs/119267/detail/182050"
    assert row(draft, "个推、个像、个数SDK").url == "https://docs.getui.com/privacy/"
    assert draft.declaration.permissions == ()


def test_the_same_sdk_listed_twice_is_told_apart_by_the_identifiers_of_its_platform(drafted):
    block = "SDK名称：微信SDK\n用途：登录\n收集信息：{}\n隐私政策：https://weixin.qq.com/a\n"
    draft = drafted(f"第三方SDK清单\n{block.format('Android ID、OAID')}{block.format('IDFA')}")
    assert [(one.name, one.data, one.platforms) for one in draft.declaration.sdks] == [
        ("微信SDK", ("android_id", "oaid"), frozenset({Platform.ANDROID})),
        ("微信SDK", ("idfa",), frozenset({Platform.IOS})),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "隐私政策\n您可以通过微信登录、QQ登录或微博登录我们的账号，我们会收集您的昵称、头像。\n",
        "隐私政策\n我们可能会接入第三方SDK为您提供服务，这些SDK可能会收集您的个人信息。\n",
        "隐私政策\n如您使用小米、华为手机，上述手机厂商的SDK需要收集手机唯一标识信息（例如IMEI）。\n",
        "隐私政策\n公司名称：某某通信有限公司\n公司地址：某市某路1号\n联系电话：10086\n",
        "# Privacy Policy\n\nWe do not collect any personal information. We use no SDK.\n",
        "隐私政策\n我们对SDK进行严格的安全监测。第三方SDK可能因版本升级而变化，请以其公示的官方说明为准。\n",
    ],
    ids=["logins", "sdks-in-general", "makers-in-general", "address", "english", "promises"],
)
def test_prose_without_a_list_gives_no_row(drafted, text):
    assert drafted(text).declaration.sdks == ()


def test_a_list_behind_a_link_is_a_result_of_its_own(drafted):
    draft = drafted("云雀短视频隐私政策\n我们会使用第三方SDK。您可以点击《第三方SDK目录》查看我们接入的第三方SDK的名称和用途。\n")
    reasons = {gap.reason.en: [place.line for place in gap.at] for gap in draft.gaps}
    (behind,) = [lines for reason, lines in reasons.items() if "behind a link" in reason]
    assert behind == [2]


def test_a_list_found_leaves_no_such_gap(drafted):
    assert not any("SDKs" in gap.reason.en for gap in drafted(LABEL_BLOCKS).gaps)


PROVIDERS = """Larch Weather Privacy Policy
Last updated: 2023-05-01

We collect personal information. Link to the privacy policies of third-party service providers used by the app

*   Google Play Services (https://www.google.com/policies/privacy/)
*   AdMob (https://support.google.com/admob/answer/6128543?hl=en)
*   Firebase Crashlytics - https://firebase.google.com/support/privacy/
"""


def test_names_with_their_addresses_behind_them(drafted):
    assert [(one.name, one.url) for one in drafted(PROVIDERS).declaration.sdks] == [
        ("Google Play Services", "https://www.google.com/policies/privacy/"),
        ("AdMob", "https://support.google.com/admob/answer/6128543?hl=en"),
        ("Firebase Crashlytics", "https://firebase.google.com/support/privacy/"),
    ]


def test_a_service_of_a_third_party_that_is_called_no_sdk_is_left_to_a_person(drafted):
    draft = drafted("某某隐私政策\n\n如果您选择该角色，我们会接入青藤第三方接口的实人认证服务，您需提交身份证件信息。\n")
    assert names(draft) == []
    assert [(one.subject, one.at[0].line) for one in draft.review if one.table == "sdks"] == [("青藤第三方接口的实人认证服务", 3)]


def test_a_table_below_the_name_of_an_sdk_is_about_it(drafted):
    table = "| 使用目的 | 消息推送 |\n|---|---|\n| 收集信息 | OAID |\n| 隐私政策链接 | https://a.example.com/p |\n"
    draft = drafted(f"# 某某隐私政策\n\n## 第三方SDK清单\n\n### 甲推送SDK\n\n{table}\n### 乙推送SDK\n\n{table}")
    assert [(one.name, one.purpose, one.data) for one in draft.declaration.sdks] == [
        ("甲推送SDK", "消息推送", ("oaid",)), ("乙推送SDK", "消息推送", ("oaid",)),
    ]  # fmt: skip


def test_the_company_before_a_name_is_who_provides_it(drafted):
    draft = drafted("某某隐私政策\n\n我们使用了深圳市甲乙科技有限公司提供的MobTech ShareSDK，用于分享，该SDK会获取您的OAID。\n")
    (found,) = draft.declaration.sdks
    assert (found.name, found.vendor, found.data) == ("MobTech ShareSDK", "深圳市甲乙科技有限公司", ("oaid",))


def test_a_header_of_two_rows_is_one_header(drafted):
    draft = drafted(
        "<html><body><h1>某某隐私政策</h1><h2>第三方SDK</h2><table><tr><th rowspan=2>SDK名称</th><th colspan=2>个人信息处理情况</th></tr>"
        "<tr><th>收集信息</th><th>是否敏感</th></tr><tr><td>甲SDK</td><td>OAID</td><td>否</td></tr></table></body></html>"
    )
    assert [(one.name, one.data) for one in draft.declaration.sdks] == [("甲SDK", ("oaid",))]

"""Permissions and iOS keys: constants in every form, names in words, purposes, and what is no declaration."""

from __future__ import annotations

import pytest

from auditor.model import Confidence

P = "android.permission."


def permissions(draft):
    return {row.name.removeprefix(P): row for row in draft.declaration.permissions}


def keys(draft):
    return {row.key: row.purpose for row in draft.declaration.usage_keys}


FLATTENED = """安卓操作系统应用权限列表

权限名称

权限功能说明

使用场景或目的

READ_CALENDAR
 读取日历

读取您系统中的日历活动

用于添加活动提醒

WRITE_CALENDAR
 编辑日历

添加或修改系统中的日历活动

CAMERA
 拍摄

使用拍摄照片和视频

用于扫码

iOS 操作系统应用权限列表

plist 中描述名称

对应功能

使用场景或目的

NSCameraUsageDescription

使用摄像头

用于扫码

NSUserTrackingUsageDescription

允许访问广告标识符

用于追踪广告，

为您提供推荐

1.1 第三方sdk引用说明
"""


def test_a_flattened_table_with_a_purpose_cell_that_spans_rows(drafted):
    found = permissions(drafted(FLATTENED))
    assert list(found) == ["READ_CALENDAR", "WRITE_CALENDAR", "CAMERA"]
    assert [row.text for row in found.values()] == ["READ_CALENDAR 读取日历", "WRITE_CALENDAR 编辑日历", "CAMERA 拍摄"]
    assert found["READ_CALENDAR"].purpose == "用于添加活动提醒"
    assert (found["WRITE_CALENDAR"].purpose, found["WRITE_CALENDAR"].purpose_shared_with) == ("", f"{P}READ_CALENDAR")
    assert found["CAMERA"].purpose == "用于扫码"


def test_a_flattened_table_of_ios_keys_with_a_purpose_over_two_paragraphs(drafted):
    assert keys(drafted(FLATTENED)) == {
        "NSCameraUsageDescription": "用于扫码",
        "NSUserTrackingUsageDescription": "用于追踪广告，为您提供推荐",
    }


def test_a_flattened_table_with_the_name_before_the_constant(drafted):
    found = permissions(
        drafted(
            "设备权限清单\n\n权限名称\n\n相关权限\n\n权限功能说明\n\n使用场景或目的\n\n"
            "读取手机/电话状态\n\nREAD_PHONE_STATE\n\n获取设备识别信息\n\n用于统计分析\n\n"
            "读取/写入外置存储\n\nREAD_EXTERNAL_STORAGE WRITE_EXTERNAL_STORAGE\n\n读写设备储存空间\n\n以便保存图片\n\n"
            "录音\n\nRECORD_AUDIO\n\n使用麦克风录制音频\n\n用于发送语音消息\n"
        )
    )
    assert {name: row.purpose for name, row in found.items()} == {
        "READ_PHONE_STATE": "用于统计分析",
        "READ_EXTERNAL_STORAGE": "以便保存图片",
        "WRITE_EXTERNAL_STORAGE": "以便保存图片",
        "RECORD_AUDIO": "用于发送语音消息",
    }


def test_constants_in_a_list_in_every_form(drafted):
    draft = drafted(
        "雨燕天气隐私政策\n我们会向系统申请以下权限：\n"
        "1. android.permission.ACCESS_COARSE_LOCATION（粗略位置）：用于获取所在城市天气\n"
        "2. 悬浮窗权限（SYSTEM_ALERT_WINDOW-仅Android端）：用于桌面天气\n"
        "3. 存储权限（READ\\_EXTERNAL\\_STORAGE、WRITE\\_EXTERNAL\\_STORAGE）：用于缓存天气图片\n"
        '4. 允许程序录音"<"uses-permission android:name="android.permission.RECORD_AUDIO"/"> " 语音播报功能\n'
    )
    found = {name: (row.text, row.purpose) for name, row in permissions(draft).items()}
    assert found == {
        "ACCESS_COARSE_LOCATION": ("android.permission.ACCESS_COARSE_LOCATION（粗略位置）", "用于获取所在城市天气"),
        "SYSTEM_ALERT_WINDOW": ("悬浮窗权限（SYSTEM_ALERT_WINDOW-仅Android端）", "用于桌面天气"),
        "READ_EXTERNAL_STORAGE": ("存储权限（READ_EXTERNAL_STORAGE、WRITE_EXTERNAL_STORAGE）", "用于缓存天气图片"),
        "WRITE_EXTERNAL_STORAGE": ("存储权限（READ_EXTERNAL_STORAGE、WRITE_EXTERNAL_STORAGE）", "用于缓存天气图片"),
        "RECORD_AUDIO": ("允许程序录音", "语音播报功能"),
    }


def test_blocks_of_name_purpose_and_constant(drafted):
    found = permissions(
        drafted(
            "关键权限及用途说明\n\n读写外部储存\n权限说明：缓存学习数据\n权限声明代码：WRITE_EXTERNAL_STORAGE、READ_EXTERNAL_STORAGE\n\n"
            "振动传感器\n权限说明：打卡成功时的振动提示\n权限声明代码：VIBRATE\n"
        )
    )
    assert {name: row.purpose for name, row in found.items()} == {
        "WRITE_EXTERNAL_STORAGE": "缓存学习数据",
        "READ_EXTERNAL_STORAGE": "缓存学习数据",
        "VIBRATE": "打卡成功时的振动提示",
    }


def test_what_vibrates_is_no_sensor(drafted):
    draft = drafted("权限列表\n\n振动传感器\n权限说明：打卡提示\n权限声明代码：VIBRATE\n")
    assert "sensors" not in {row.type for row in draft.declaration.data}


def test_one_word_constants_count_in_a_list_of_permissions_only(drafted):
    listed = drafted("# Privacy Policy for AIBird\n\n### Permissions Requested\n\n*   **Camera (`CAMERA`):** To take pictures.\n*   **Internet (`INTERNET`):** To connect.\n")
    assert {name: row.purpose for name, row in permissions(listed).items()} == {"CAMERA": "To take pictures.", "INTERNET": "To connect."}
    prose = drafted("隐私政策\nCAMERA 和 INTERNET 是英文单词，NFC 也是。我们重视个人信息。\n")
    assert permissions(prose) == {}


def test_a_broken_pipe_table_and_a_manifest_give_each_constant_once_with_every_place(drafted):
    draft = drafted(
        "## Privacy policy\n\n    <uses-permission android:name=\"android.permission.WAKE_LOCK\" />\n\n"
        "| Permission | Why it is required |\n| :---: | --- |\n"
        "| `android.permission.WAKE_LOCK`  Required to show the screen. |\n`android.permission.ACCESS_FINE_LOCATION` | to get the distance\n"
    )
    found = permissions(draft)
    assert set(found) == {"WAKE_LOCK", "ACCESS_FINE_LOCATION"}
    assert {place.line for place in found["WAKE_LOCK"].at} == {3, 7}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("android.permission.ACCESS_FINE_LOCATON", "ACCESS_FINE_LOCATION"),
        ("android.permission.Camera", "CAMERA"),
        ("android.permission. READ_SMS", "READ_SMS"),
        ("andriod.permission.READ_CONTACTS", "READ_CONTACTS"),
    ],
)
def test_slips_in_constants_are_read_as_what_they_mean_and_kept_as_text(drafted, written, name):
    found = permissions(drafted(f"应用权限列表\n\n| 权限名称 | 使用目的 |\n|---|---|\n| {written} | 用于分享 |\n"))
    assert [(row.name, row.text) for row in found.values()] == [(f"{P}{name}", written)]


def test_keys_by_the_names_xcode_shows_and_keys_that_do_not_end_as_usual(drafted):
    draft = drafted(
        "iOS权限说明\n\n| 权限名称 | 使用目的 |\n|---|---|\n| Privacy - Camera Usage Description | 扫码 |\n"
        "| NFCReaderUsageDescription | 读卡 |\n| NSLocationTemporaryUsageDescriptionDictionary | 导航 |\n| UIBackgroundModes | 播放 |\n"
    )
    assert keys(draft) == {
        "NSCameraUsageDescription": "扫码",
        "NFCReaderUsageDescription": "读卡",
        "NSLocationTemporaryUsageDescriptionDictionary": "导航",
        "UIBackgroundModes": "播放",
    }


def test_harmony_permissions_named_in_words_are_doubts_and_no_android_permissions(drafted):
    draft = drafted("示例隐私政策\n\n鸿蒙应用权限列表\n\n| 权限名称 | 使用目的 |\n|---|---|\n| 相机 | 扫码 |\n| 麦克风 | 语音 |\n")
    assert draft.declaration.permissions == ()
    assert {(one.table, one.subject) for one in draft.review} >= {("harmony_permissions", "相机"), ("harmony_permissions", "麦克风")}


def test_a_list_of_harmony_permissions_is_a_list_of_permissions(drafted):
    draft = drafted("示例隐私政策\n\n权限列表\n\n| 权限名称 | 使用目的 |\n|---|---|\n| ohos.permission.CAMERA | 扫码 |\n")
    assert not [gap for gap in draft.gaps if "permissions" in gap.reason.en]


def test_harmony_permissions_are_kept_apart(drafted):
    draft = drafted("鸿蒙应用权限列表\n\n| 权限名称 | 使用场景及目的 |\n|---|---|\n| ohos.permission.READ_PASTEBOARD | 读取口令 |\n| ohos.permission.INTERNET | 联网 |\n")
    assert permissions(draft) == {}
    assert [row.name for row in draft.declaration.harmony_permissions] == ["ohos.permission.READ_PASTEBOARD", "ohos.permission.INTERNET"]


def test_a_table_that_names_permissions_in_words(drafted):
    draft = drafted(
        "# 橘子跑步隐私政策\n\n## 设备权限调用清单\n\n| 操作系统 | 权限名称 | 使用目的 |\n| --- | --- | --- |\n"
        "| Android | 位置权限 | 记录跑步轨迹 |\n| Android | 读取、写入外置存储器 | 保存截图 |\n| iOS | 健康 | 同步步数 |\n| Android | 读心术 | 猜 |\n"
    )
    found = permissions(draft)
    assert {name: (row.text, row.purpose) for name, row in found.items()} == {
        "ACCESS_FINE_LOCATION": ("位置权限", "记录跑步轨迹"),
        "READ_EXTERNAL_STORAGE": ("读取、写入外置存储器", "保存截图"),
        "WRITE_EXTERNAL_STORAGE": ("读取、写入外置存储器", "保存截图"),
    }
    assert {row.confidence for row in found.values()} == {Confidence.MEDIUM}
    assert {(one.table, one.subject) for one in draft.review} == {("usage_keys", "健康"), ("permissions", "读心术")}


def test_names_line_by_line_with_their_explanation_below(drafted):
    found = permissions(
        drafted(
            "用户权限\n\n应用权限\n\n完全的网络访问权限\n\n允许该应用创建网络套接字。\n\n写入外部存储\n\n允许程序写入外部存储\n\n"
            "防止手机休眠\n\n允许该应用阻止手机进入休眠状态\n\n录音\n\n允许该应用使用麦克风录制音频\n"
        )
    )
    assert set(found) == {"INTERNET", "WRITE_EXTERNAL_STORAGE", "WAKE_LOCK", "RECORD_AUDIO"}


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        ("当您使用拍摄功能时，我们会申请您的相机和麦克风权限。", {"CAMERA", "RECORD_AUDIO"}),
        ("我们会在您授权后获取您的短信权限。", {"READ_SMS"}),
        ("可能需要您开通一些设备权限，例如通知、蓝牙等访问权限。", {"POST_NOTIFICATIONS", "BLUETOOTH"}),
        ("我们会在您授权后使用您的位置信息。", {"ACCESS_FINE_LOCATION"}),
        ("日历、麦克风权限均不会默认开启，只有经过您的明示授权才会使用。", {"READ_CALENDAR", "WRITE_CALENDAR", "RECORD_AUDIO"}),
    ],
)
def test_sentences_that_ask_for_permissions(drafted, sentence, names):
    assert set(permissions(drafted(f"某某隐私政策\n\n二、我们收集的信息\n\n{sentence}\n"))) == names


@pytest.mark.parametrize(
    "sentence",
    [
        "我们不会申请READ_CONTACTS权限。",
        "不允许其读取手机识别码（不提供PHONE_STATE权限）。",
        "您可以在系统设置中关闭相机权限。",
        "我们会在征得您的同意后，获取您的通讯录信息、照片。",
        "您拍摄的照片会保存在手机中。",
        "极光SDK需要获取您的存储权限。",
    ],
    ids=["constant-declined", "constant-not-given", "turned-off", "data-not-permission", "no-permission", "of-an-sdk"],
)
def test_sentences_that_declare_none(drafted, sentence):
    assert permissions(drafted(f"某某隐私政策\n\n二、我们收集的信息\n\n{sentence}\n")) == {}


def test_permissions_of_an_sdk_table_are_none_of_the_app(drafted):
    draft = drafted("第三方SDK清单\n\n| 插件名称 | 使用目的 | 权限列表 |\n|---|---|---|\n| 友盟统计 | 统计 | android.permission.READ_PHONE_STATE<br />android.permission.INTERNET |\n")
    assert permissions(draft) == {}
    assert draft.declaration.sdks[0].permissions == (f"{P}READ_PHONE_STATE", f"{P}INTERNET")


def test_items_that_start_with_the_name_of_a_permission(drafted):
    draft = drafted(
        "某某隐私政策\n\n一、设备权限\n\n1、相机权限：用于扫码。\n\n2、拨打电话权限：用于联系客服。\n\n3、短信权限：我们不会申请该权限。\n\n4、设备权限：见下文。\n"
    )
    assert [(row.name.rpartition(".")[2], row.purpose) for row in draft.declaration.permissions] == [
        ("CAMERA", "用于扫码。"), ("CALL_PHONE", "用于联系客服。"),
    ]  # fmt: skip


def test_a_row_without_a_purpose_is_a_row_and_no_caption(drafted):
    draft = drafted("应用权限列表\n\n| 权限名称 | 使用目的 |\n|---|---|\n| android.permission.CAMERA | 扫码 |\n| RECORD_AUDIO | |\n")
    assert [row.name.rpartition(".")[2] for row in draft.declaration.permissions] == ["CAMERA", "RECORD_AUDIO"]

"""Kinds of data: what is declared, what is denied, what is neither, and what is only a general word."""

from __future__ import annotations

import pytest

HEAD = "某某隐私政策\n\n二、我们如何收集和使用信息\n\n"


def declared(draft):
    return {row.type for row in draft.declaration.data if not row.vague}


def denied(draft):
    return {row.type for row in draft.declaration.denials}


@pytest.mark.parametrize(
    ("sentence", "types"),
    [
        ("我们会收集您的设备标识符（IMEI、Android ID、OAID）、MAC地址。", {"imei", "android_id", "oaid", "mac_address"}),
        ("注册时，您需要提供手机号码、昵称和头像。", {"phone_number", "account_info"}),
        ("为了推荐附近门店，我们会获取您的位置信息。", {"precise_location"}),
        ("我们会读取剪贴板中的口令。", {"clipboard"}),
        ("IMEI、MAC地址：这部分信息由底层框架收集。", {"imei", "mac_address"}),
        ("位置信息：仅在获得授权后，用于提供基于位置的服务。", {"precise_location"}),
        ("我们会收集您的位置信息，但不会收集您的通讯录。", {"precise_location"}),
        ("We collect your email address and your precise location.", {"email", "precise_location"}),
        ("我们获取设备序列号 AndroidID 并进行本地存储。", {"serial_number", "android_id"}),
        ("实名认证时需要您提供身份证号码、人脸信息。", {"identity_document", "face_image"}),
    ],
)  # fmt: skip
def test_sentences_that_declare(drafted, sentence, types):
    assert declared(drafted(f"{HEAD}{sentence}\n")) == types


@pytest.mark.parametrize(
    ("sentence", "types"),
    [
        ("我们不会收集您的通讯录、短信内容。", {"contacts", "sms"}),
        ("请您放心该权限无法监听、获取您的任何通话内容与信息。", {"call_content"}),
        ("我们承诺不收集您的人脸信息。", {"face_image"}),
        ("我们会收集您的位置信息，但不会收集您的通讯录。", {"contacts"}),
        ("The app does not access your contacts, location or camera.", {"contacts", "precise_location", "camera"}),
        ("本应用未收集您的IMEI。", {"imei"}),
    ],
)
def test_sentences_that_deny(drafted, sentence, types):
    assert denied(drafted(f"{HEAD}{sentence}\n")) == types


@pytest.mark.parametrize(
    "sentence",
    [
        "如果您不提供手机号，我们将无法为您注册。",
        "未经您的同意，我们不会读取您的剪贴板。",
        "我们将以短信、电话、推送通知及其他方式告知您。",
        "您可以联系客服查询您的通话记录处理结果。",
        "我们不会将您的个人信息出售给第三方。",
        "您可以删除手机号、头像。",
        "短信验证码用于验证您的身份。",
        "我们的总部位于北京，市场定位准确。",
    ],
    ids=["condition", "consent", "notice", "service", "sale", "deletion", "code", "other-sense"],
)
def test_sentences_that_do_neither(drafted, sentence):
    draft = drafted(f"{HEAD}{sentence}\n")
    assert declared(draft) == set()
    assert denied(draft) == set()


@pytest.mark.parametrize(
    "heading", ["附录：相关定义", "八、名词解释", "六、您管理个人信息的权利", "七、未成年人保护", "九、如何联系我们", "三、征得授权同意的例外"]
)
def test_sections_that_declare_nothing(drafted, heading):
    draft = drafted(f"某某隐私政策\n\n一、概述\n\n我们重视您的个人信息。\n\n{heading}\n\n设备信息包括IMEI、MAC地址、通讯录，我们收集手机号。\n")
    assert declared(draft) == set()


def test_a_heading_without_a_number_opens_such_a_section_too(drafted):
    draft = drafted("云雀短视频隐私政策\n注册时我们会收集您的昵称。\n名词解释\n设备信息：包括IMEI、MAC地址、IMSI。\n")
    assert declared(draft) == {"account_info"}


def test_what_a_word_means_is_no_collecting(drafted):
    draft = drafted(f"{HEAD}唯一设备标识符是指由设备制造商编入设备的一串字符，例如手机的IMEI号。\n")
    assert declared(draft) == set()


def test_a_general_word_alone_is_vague_and_with_its_kinds_is_not(drafted):
    vague = drafted(f"{HEAD}我们会收集您的设备信息。\n")
    assert [(row.type, row.vague) for row in vague.declaration.data] == [("device_info", True)]
    exact = drafted(f"{HEAD}我们会收集您的设备信息（设备型号、IMEI）。\n")
    assert {(row.type, row.vague) for row in exact.declaration.data} == {("device_info", False), ("imei", False)}


def test_general_words_in_a_list_of_an_sdk_give_it_no_kind(drafted):
    draft = drafted("第三方SDK清单\n\n| SDK名称 | 用途 | 收集信息 |\n|---|---|---|\n| 风控SDK | 安全 | 设备信息、设备标识信息 |\n")
    (sdk,) = draft.declaration.sdks
    assert (sdk.data, sdk.data_text) == ((), "设备信息、设备标识信息")


@pytest.mark.parametrize(
    ("cell", "types"),
    [
        ("设备MAC地址、唯一设备标识码(IMEI/Android ID/IDFA等)", ("mac_address", "imei", "android_id", "idfa")),
        ("WiFi状态、网络类型", ("network_info",)),
        ("WLAN接入点（如SSID、BSSID）、WiFi列表", ("wifi_list", "ssid", "bssid")),
        ("手机状态、读写存储空间", ("external_storage",)),
        ("允许程序在手机屏幕关闭后后台进程仍然运行", ()),
        ("粗略位置、精确位置", ("coarse_location", "precise_location")),
        ("SIM 卡 IMSI 信息", ("imsi",)),
        ("用户地址簿名称", ()),
    ],
)
def test_cells_of_data(drafted, cell, types):
    draft = drafted(f"第三方SDK清单\n\n| SDK名称 | 用途 | 收集信息 |\n|---|---|---|\n| 某某SDK | 安全 | {cell} |\n")
    assert draft.declaration.sdks[0].data == types


def test_permissions_declare_what_they_open_and_no_more(drafted):
    draft = drafted(
        "应用权限列表\n\n| 权限名称 | 使用目的 |\n|---|---|\n| android.permission.CAMERA | 扫码 |\n| android.permission.READ_PHONE_STATE | 识别设备 |\n"
        "| android.permission.GET_TASKS | 手机号一键登录、支付 |\n"
    )
    assert declared(draft) == {"camera", "running_processes"}


def test_what_an_sdk_takes_stays_with_the_sdk(drafted):
    draft = drafted("第三方SDK清单\n\n| SDK名称 | 用途 | 收集信息 |\n|---|---|---|\n| 某某SDK | 安全 | IMEI |\n")
    assert declared(draft) == set()
    assert draft.declaration.sdks[0].data == ("imei",)


def test_what_a_sentence_says_an_sdk_takes_stays_with_the_sdk(drafted):
    draft = drafted(f"{HEAD}我们收集您的手机号码。我们集成了友盟SDK，友盟SDK会收集您的MAC地址，以便统计。\n")
    assert declared(draft) == {"phone_number"}
    assert draft.declaration.sdks[0].data == ("mac_address",)


def test_what_the_reader_does_with_data_is_not_collected(drafted):
    draft = drafted(f"{HEAD}请您妥善保管您的登录密码。如有疑问可以通过短信与我们联系。我们会收集您的头像。\n")
    assert declared(draft) == {"account_info"}
    assert [row.text for row in draft.declaration.data] == ["头像"]


def test_a_verb_inside_a_noun_ends_no_denial(drafted):
    draft = drafted(f"{HEAD}我们不会收集您的通话记录和短信内容。\n")
    assert declared(draft) == set()
    assert denied(draft) == {"call_log", "sms"}


def test_what_data_is_for_is_not_collected(drafted):
    draft = drafted(f"{HEAD}当您注册账号时，我们会收集您的手机号码，用于创建账号。\n")
    assert declared(draft) == {"phone_number"}


def test_a_place_quotes_the_words_on_its_line(drafted):
    draft = drafted(f"{HEAD}我们会收集您的IMEI。\n\n还会收集您的IMEI和MAC地址。\n")
    (imei,) = [row for row in draft.declaration.data if row.type == "imei"]
    assert [(place.line, place.quote) for place in imei.at] == [(5, "IMEI"), (7, "IMEI")]


@pytest.mark.parametrize(
    ("sentence", "rows"),
    [
        ("我们可能会在应用后台运行期间收集您的MAC地址。", [("mac_address", "background")]),
        ("我们收集您的IMEI，并会在后台收集您的MAC地址。", [("imei", ""), ("mac_address", "background")]),
        ("我们仅会在您主动点击麦克风图标时获取您的语音信息。", [("microphone", "user-action")]),
        ("当您使用导航时，我们会收集您的精确位置。", [("precise_location", "")]),
        ("我们会收集您的后台接口调用日志和IMEI。", [("imei", "")]),
    ],
)
def test_the_condition_a_sentence_attaches(drafted, sentence, rows):
    found = {(row.type, row.when) for row in drafted(HEAD + sentence + "\n").declaration.data}
    assert set(rows) <= found
    assert not {(type_, "") for type_, when in rows if when} & found


def test_what_is_denied_in_the_background_is_not_denied_altogether(drafted):
    draft = drafted(f"{HEAD}我们不会在后台收集您的精确位置。我们不会收集您的通话内容。\n")
    assert {(row.type, row.when) for row in draft.declaration.denials} == {("precise_location", "background"), ("call_content", "")}
    assert [row.data for row in draft.declaration.statements if row.kind == "not-collected"] == [("call_content",)]

"""The declaration of 特购: what it must hold, and that it says nothing its policy does not."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.declaration import read_declaration
from auditor.knowledge.load import load
from auditor.model import Confidence, Declaration, Location, Passage, Platform

FILE = Path(__file__).parents[2] / "declarations" / "tego.yaml"
SHA256 = "9478b28010d52816575561533732024deac36b5ff864344b2ed44a89a65daf75"
BOTH = frozenset(Platform)
ANDROID = frozenset({Platform.ANDROID})

SDKS = [
    ("om.huawei.hms", "华为推送", "huawei-hms-push", ANDROID),
    ("com.huawei.agconnect", "华为联运应用", "huawei-agconnect", ANDROID),
    ("com.igexin.sdk", "个推", "getui-push", BOTH),
    ("com.xiaomi.mipush", "小米", "xiaomi-mipush", BOTH),
    ("com.getui", "个推", "getui-gtc", BOTH),
    ("com.tencent.smtt", "TBS腾讯浏览服务", "tencent-tbs-x5", ANDROID),
    ("com.amap.api", "高德地图", "amap", BOTH),
    ("com.tencent.tauth", "腾讯开放平台", "tencent-qq-openid", BOTH),
    ("com.alipaySDK", "", "alipay-sdk", BOTH),
    ("com.baidu.ocr", "百度文字识别OCR", "baidu-ocr", BOTH),
    ("", "阿里weexSDK", "weex", BOTH),
    ("", "fresco图片库", "fresco", ANDROID),
    ("", "应用安全SDK", "", BOTH),
    ("", "阿里巴巴实人认证", "", BOTH),
]


@pytest.fixture(scope="module")
def tego() -> Declaration:
    return read_declaration(FILE, load(), "declarations/tego.yaml")


@pytest.fixture(scope="module")
def policy() -> str:
    """Return the text of the policy: it is not ours to ship, so a copy is looked for where AUDITOR_POLICIES says."""
    directory = os.environ.get("AUDITOR_POLICIES")
    if not directory:
        pytest.skip("AUDITOR_POLICIES names no directory that holds tego-2021-12-28.txt")
    path = Path(directory) / "tego-2021-12-28.txt"
    if not path.is_file():
        pytest.skip(f"no tego-2021-12-28.txt in {directory}")
    data = path.read_bytes()
    assert hashlib.sha256(data).hexdigest() == SHA256, f"{path} is another document"
    return data.decode()


def test_who_declares_and_by_which_document(tego: Declaration) -> None:
    assert (tego.app, tego.operator, tego.category) == ("特购", "唐山中域网络科技有限公司", "CAT39-06")
    assert (tego.policy.file, tego.policy.sha256, tego.policy.effective) == ("tego-2021-12-28.txt", SHA256, "2021-12-28")
    assert (tego.app_ids, tego.signers) == ((), ())
    assert tego.file == "declarations/tego.yaml"
    assert tego.sha256 == hashlib.sha256(FILE.read_bytes()).hexdigest()


def test_the_permissions(tego: Declaration) -> None:
    assert [(row.name.removeprefix("android.permission."), row.at[0].line) for row in tego.permissions] == [
        ("READ_CALENDAR", 267),
        ("WRITE_CALENDAR", 285),
        ("CAMERA", 298),
        ("READ_CONTACTS", 316),
        ("ACCESS_FINE_LOCATION", 334),
        ("ACCESS_COARSE_LOCATION", 352),
        ("RECORD_AUDIO", 370),
        ("READ_PHONE_STATE", 388),
        ("READ_EXTERNAL_STORAGE", 406),
        ("WRITE_EXTERNAL_STORAGE", 424),
    ]
    without = [(row.name, row.purpose_shared_with) for row in tego.permissions if not row.purpose]
    assert without == [("android.permission.WRITE_CALENDAR", "android.permission.READ_CALENDAR")]
    assert tego.permissions[0].policy == Location(file="tego-2021-12-28.txt", at="267")


def test_the_usage_keys(tego: Declaration) -> None:
    assert [(row.key, row.at[0].line) for row in tego.usage_keys] == [
        ("NSPhotoLibraryAddUsageDescription", 469),
        ("NSPhotoLibraryUsageDescription", 486),
        ("NSCameraUsageDescription", 503),
        ("NSLocationAlwaysUsageDescription", 520),
        ("NSLocationWhenInUseUsageDescription", 537),
        ("NSCalendarsUsageDescription", 554),
        ("NSMicrophoneUsageDescription", 571),
        ("NSUserTrackingUsageDescription", 588),
        ("NSContactsUsageDescription", 608),
    ]
    assert [row.key for row in tego.usage_keys if not row.purpose] == []


def test_the_sdks(tego: Declaration) -> None:
    assert [(row.package, row.name, row.id, row.platforms) for row in tego.sdks] == SDKS
    aliases = {row.written: row.aliases for row in tego.sdks if row.aliases}
    assert aliases == {
        "com.igexin.sdk": ("个推推送",),
        "com.xiaomi.mipush": ("小米推送",),
        "com.getui": ("个数应用统计", "个像"),
        "com.tencent.smtt": ("腾讯浏览服务", "腾讯X5浏览器", "腾讯浏览器"),
        "com.amap.api": ("高德导航", "高德定位", "阿里高德地图", "高德"),
        "阿里巴巴实人认证": ("阿里巴巴第三方接口的实人认证服务",),
    }
    shared = [row.package for row in tego.sdks if row.purpose_shared_with == "om.huawei.hms"]
    assert shared == ["com.huawei.agconnect", "com.igexin.sdk", "com.xiaomi.mipush", "com.getui"]
    assert [row.written for row in tego.sdks if not row.purpose and not row.purpose_shared_with] == []
    assert {row.id: row.url for row in tego.sdks if row.url} == {
        "weex": "http://doc.weex.io/zh",
        "fresco": "https://www.fresco-cn.org/",
    }


def test_the_data(tego: Declaration) -> None:
    assert {row.type for row in tego.data if row.when == "background"} == {"mac_address", "imei", "other_device_id"}
    assert {row.type for row in tego.data if row.when == "user-action"} == {"microphone"}
    assert {row.type for row in tego.data if row.vague} == {"other_device_id", "network_info"}
    device = {"imei", "idfa", "android_id", "mac_address", "oaid", "imsi", "crash_log", "notification_setting"}
    device |= {"installed_apps", "device_info", "ip_address", "wifi_info", "cell_info"}
    functions = {"phone_number", "account_info", "user_profile", "identity_document", "person_name", "postal_address"}
    functions |= {"order_info", "financial_data", "chat_content", "search_history", "browser_history", "system_logs"}
    functions |= {"cookies_webview", "carrier_info", "app_usage", "user_content"}
    permissions = {"calendar", "camera", "contacts", "precise_location", "coarse_location", "background_location"}
    permissions |= {"microphone", "phone_call", "photos", "external_storage", "tracking_consent"}
    vague = {"other_device_id", "network_info"}
    assert {row.type for row in tego.data} == device | functions | permissions | vague
    assert {row.type for row in tego.data if row.platforms != BOTH} == {"background_location", "tracking_consent"}
    assert [row.type for row in tego.denials] == ["call_content"]
    assert [row.kind for row in tego.statements] == [
        "transport-encryption",
        "storage-location",
        "third-country",
        "user-action",
        "background",
        "not-collected",
    ]


def test_every_row_was_transcribed_by_a_person_and_says_where(tego: Declaration) -> None:
    rows = (*tego.permissions, *tego.usage_keys, *tego.sdks, *tego.data, *tego.denials)
    assert [row for row in rows if row.confidence is not Confidence.HIGH] == []
    assert [row for row in (*rows, *tego.statements) if not row.at or not all(p.quote for p in row.at)] == []


def _passages(tego: Declaration) -> Iterator[Passage]:
    for table in (tego.permissions, tego.usage_keys, tego.sdks, tego.data, tego.denials, tego.statements):
        for row in table:
            yield from row.at


def test_every_quote_stands_on_its_line(tego: Declaration, policy: str) -> None:
    lines = policy.split("\n")
    assert [passage for passage in _passages(tego) if passage.quote not in lines[passage.line - 1]] == []


def test_every_word_of_the_declaration_is_a_word_of_the_policy(tego: Declaration, policy: str) -> None:
    whole = re.sub(r"\s", "", policy)  # table cells and sentences run over lines
    written: list[str] = [tego.app, tego.operator]
    for permission in tego.permissions:
        written += [permission.text, permission.purpose]
    written += [key.purpose for key in tego.usage_keys] + [key.key for key in tego.usage_keys]
    for sdk in tego.sdks:
        written += [sdk.package, sdk.purpose, sdk.data_text, sdk.url, sdk.vendor, *sdk.aliases]
        written += [sdk.name] if sdk.name != "阿里巴巴实人认证" else []  # shortened; its alias is as written
    for row in (*tego.data, *tego.denials):
        written += row.text.split("；")  # several places of one kind of data
    written += [statement.text for statement in tego.statements]
    assert [words for words in written if re.sub(r"\s", "", words) not in whole] == []

"""The rows a policy for a build would need."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.declaration.reader import parse_declaration
from auditor.knowledge.load import load
from auditor.model import Language
from auditor.pipeline import draft_build
from auditor.policy.needed import needed_plain, to_html_tables, to_markdown_tables
from auditor.policy.writing import to_yaml

SAMPLES = Path(__file__).parents[2] / "sample_apks"


@pytest.fixture(scope="module")
def android():
    return draft_build(SAMPLES / "tego-drifted.apk")


@pytest.fixture(scope="module")
def ios():
    return draft_build(SAMPLES / "tego-drifted.ipa")


def test_permissions_users_grant_or_that_open_data_are_named_and_others_not(android):
    names = {one.name for one in android.permissions}
    assert {"android.permission.CAMERA", "android.permission.ACCESS_BACKGROUND_LOCATION", "android.permission.QUERY_ALL_PACKAGES"} <= names
    assert "android.permission.INTERNET" not in names


def test_sdks_come_with_vendor_purpose_data_and_page_from_knowledge(android):
    known = load().sdks
    found = {one.id: one for one in android.sdks}
    amap = found["amap"]
    assert (amap.vendor, amap.url) == (known["amap"].vendor, known["amap"].url)
    assert set(amap.data) == set(known["amap"].collects) - {"idfa", "idfv"}
    assert amap.purpose.zh == "地图定位与导航"
    assert not [one.id for one in android.sdks if not known[one.id].collects]


def test_identifiers_only_the_other_platform_has_are_left_out(android, ios):
    assert not {type_ for one in android.sdks for type_ in one.data} & {"idfa", "idfv"}
    assert not {type_ for one in ios.sdks for type_ in one.data} & {"imei", "android_id", "oaid", "gaid"}
    assert "idfa" in {type_ for one in ios.sdks for type_ in one.data}


def test_a_usage_string_that_is_only_the_name_of_the_app_leaves_the_purpose_open(ios):
    assert ios.app == "特购"
    assert "特购" not in {one.purpose.zh for one in ios.usage_keys}


def test_ios_keys_take_their_purpose_from_what_the_app_tells(ios):
    told = {one.key: one.purpose.zh for one in ios.usage_keys}
    assert told
    assert any(told.values())


@pytest.mark.parametrize("language", list(Language))
def test_the_yaml_is_a_declaration_with_slots(android, language):
    plain = needed_plain(android, language)
    back = parse_declaration(to_yaml(plain, language, drafted_from_build=True).encode(), "x.yaml", load())
    assert [row.name for row in back.permissions] == [one.name for one in android.permissions]
    assert [row.id for row in back.sdks] == [one.id for one in android.sdks]
    slot = "待填写" if language is Language.ZH else "fill in"
    assert all(slot in row.purpose for row in (*back.permissions, *back.sdks))


def test_tables_to_paste_in_both_languages(android, ios):
    zh = to_markdown_tables(android, Language.ZH)
    assert "| 权限名称 | 权限功能说明 | 使用场景或目的 |" in zh
    assert "| android.permission.CAMERA | 拍摄照片和视频 | 【待填写：具体功能与目的】 |" in zh
    assert "| Info.plist key | What it allows | Purpose |" in to_markdown_tables(ios, Language.EN)
    assert "<td>android.permission.CAMERA</td>" in to_html_tables(android, Language.ZH)


def test_tables_read_back_as_a_policy_that_names_the_same(android, drafted):
    draft = drafted(f"# 特购隐私政策\n\n{to_markdown_tables(android, Language.ZH)}")
    assert {row.name for row in draft.declaration.permissions} == {one.name for one in android.permissions}
    assert len(draft.declaration.sdks) == len(android.sdks)


def test_data_the_app_s_own_code_collects_is_named_and_an_sdk_s_own_stands_in_its_row(android):
    data = {one.type for one in android.data}
    assert {"sms", "clipboard", "contacts"} <= data
    assert "mac_address" not in data  # Umeng's alone
    umeng = next(one for one in android.sdks if one.id == "getui-push")
    assert {"mac_address", "installed_apps"} <= set(umeng.data)
    assert {row["type"] for row in needed_plain(android, Language.ZH)["data"]} == data
    assert "| 短信/彩信 |" in to_markdown_tables(android, Language.ZH)


def test_harmonyos_permissions_take_their_purpose_from_the_reason_the_app_gives() -> None:
    drafted = draft_build(SAMPLES / "tego-drifted.app")
    found = {one.key.rpartition(".")[2]: one.purpose.zh for one in drafted.harmony_permissions}
    assert found["CAMERA"] == "用于扫描商品二维码和拍摄评价照片"
    assert found["MICROPHONE"] == ""
    assert "INTERNET" not in found
    plain = needed_plain(drafted, Language.ZH)
    rows = {row["name"]: row["purpose"] for row in plain["harmony_permissions"]}
    assert rows["ohos.permission.MICROPHONE"] == "【待填写：具体功能与目的】"
    assert plain["permissions"] == []
    assert "HarmonyOS 应用权限列表" in to_markdown_tables(drafted, Language.ZH)
    assert "oaid" in next(one.data for one in draft_build(SAMPLES / "tego-drifted.apk").sdks if one.id == "getui-push")

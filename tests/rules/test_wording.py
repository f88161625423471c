"""Words to paste: what the build tells is filled in, what it cannot tell is left for people to fill in."""

from __future__ import annotations

import pytest

from auditor.knowledge.load import load
from auditor.model import Collection, Confidence, FactKind, OwnerKind, Platform, State, Table
from auditor.rules._wording import of_data, of_declared_sdk, of_permission, of_sdk_row, of_usage_key
from tests import factories as make
from tests.rules.cases import NOTHING, case


def collection(type_, sdk="", owner=None):
    return Collection(
        type=type_,
        owner=owner or (OwnerKind.SDK if sdk else OwnerKind.APP),
        sdk=sdk,
        confidence=Confidence.HIGH,
        evidence=(make.fact(FactKind.CALL, "a.B.c"),),
        count=1,
    )


def test_a_permission_becomes_a_row_with_its_purpose_left_open():
    text = of_permission("android.permission.READ_SMS", case(known=load()))
    assert "android.permission.READ_SMS" in text.zh
    assert "【用于什么】" in text.zh
    assert "[what for]" in text.en


@pytest.mark.parametrize(
    ("collectors", "zh", "en"),
    [
        ([collection("clipboard")], "我们会在", "We collect your clipboard when"),
        ([collection("clipboard", "bugly")], "我们接入的第三方 SDK（", "The third-party SDKs we use ("),
        (
            [collection("clipboard"), collection("clipboard", "bugly")],
            "我们及我们接入的第三方 SDK（",
            "We, and the third-party SDKs we use (",
        ),
        ([collection("imei")], "我们会在", "We collect your IMEI when"),
    ],
)
def test_a_kind_of_data_is_said_of_those_who_collect_it(collectors, zh, en):
    text = of_data(collectors[0].type, collectors, case(known=load()))
    assert text.zh.startswith(zh)
    assert text.en.startswith(en)
    assert "【目的】" in text.zh


def test_an_sdk_s_row_names_what_its_code_is_seen_to_read():
    row = make.row(Table.DATA, "clipboard", State.UNDECLARED, collectors=(collection("clipboard", "bugly"),))
    known = load()
    text = of_sdk_row("bugly", case(row, known=known))
    assert f"收集的个人信息：{known.data_types['clipboard'].name.zh}｜" in text.zh
    assert known.sdks["bugly"].vendor.zh in text.zh


def test_what_an_sdk_is_only_known_to_collect_is_left_to_be_checked_and_is_of_the_platform():
    known = load()
    build = make.build(platform=Platform.IOS)
    text = of_sdk_row("amap", case(known=known, of=build))
    assert "【按提供方对该版本的说明逐一列出；已知可收集：" in text.zh
    assert known.data_types["idfa"].name.zh in text.zh
    assert known.data_types["imei"].name.zh not in text.zh


def test_words_for_an_ios_build_name_nothing_that_ios_lets_no_app_have():
    known = load()
    text = of_sdk_row("getui-push", case(known=known, of=make.build(platform=Platform.IOS)))
    android = of_sdk_row("getui-push", case(known=known, of=make.build()))
    for type_ in ("mac_address", "bluetooth_mac", "cell_info", "installed_apps", "running_processes", "serial_number", "imei"):
        assert known.data_types[type_].name.zh not in text.zh, type_
        assert known.data_types[type_].name.zh in android.zh, type_
    assert known.data_types["idfv"].name.zh in text.zh
    assert known.data_types["idfv"].name.zh not in android.zh


def test_a_declared_row_keeps_its_own_words_where_the_sdk_is_not_known():
    row = make.declared_sdk("应用安全SDK", package="", url="https://example.com/p", vendor="某公司")
    text = of_declared_sdk(row, case(declared=make.declaration(sdks=(row,)), resolutions={row: NOTHING}, known=load()))
    assert text.zh.startswith("第三方 SDK：应用安全SDK｜提供方：某公司｜")
    assert text.zh.endswith("隐私政策：https://example.com/p")


def test_a_usage_key_gets_a_text_for_the_user():
    assert of_usage_key("NSCameraUsageDescription", case(known=load())).zh.startswith("NSCameraUsageDescription：“用于【")

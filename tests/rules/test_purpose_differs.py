"""Purposes that have nothing in common, and the many ways to say one purpose."""

from __future__ import annotations

import pytest

from auditor.knowledge.load import load
from auditor.model import State, Table
from auditor.rules import purpose_differs
from tests.factories import build, declared_sdk, declared_usage_key, row, usage_string
from tests.rules.cases import case, said

CAMERA = "NSCameraUsageDescription"


def key_says(policy: str, *shown: tuple[str, str]) -> dict[str, str]:
    found = tuple(usage_string(CAMERA, value, language) for language, value in shown)
    declared = declared_usage_key(CAMERA, purpose=policy)
    one = row(Table.USAGE_KEYS, CAMERA, State.MATCHED, declared=declared, found=found)
    return said(purpose_differs, case(one, known=load(), of=build()))


def sdk_says(id_: str, policy: str) -> dict[str, str]:
    declared = declared_sdk("某某SDK", id=id_, purpose=policy)
    return said(purpose_differs, case(row(Table.SDKS, id_, State.MATCHED, declared=declared), known=load()))


@pytest.mark.parametrize(
    ("policy", "shown"),
    [("用于扫描二维码支付", "拍摄头像并上传照片"), ("实名认证", "用于视频通话"), ("scan QR codes", "Take a photo for your avatar")],
)
def test_two_purposes_without_anything_in_common(policy: str, shown: str) -> None:
    assert key_says(policy, ("Base", shown)) == {CAMERA: "low low"}


@pytest.mark.parametrize(
    ("policy", "shown"),
    [
        ("用于扫码、拍摄头像", "拍照上传头像"),
        ("扫描二维码", "To scan product codes"),
        ("用于扫码", "需要访问您的相册以提供服务"),
        ("", "拍照"),
        ("用于提供服务", "拍照"),
        ("用于扫码", ""),
        ("用于扫码", "カメラを使用します"),
    ],
)
def test_one_purpose_in_common_or_none_read_on_a_side_is_quiet(policy: str, shown: str) -> None:
    assert key_says(policy, ("Base", shown)) == {}


def test_one_language_in_common_is_enough() -> None:
    assert key_says("用于扫码", ("Base", "Take a photo"), ("zh-Hans", "扫描二维码")) == {}


def test_both_texts_are_quoted() -> None:
    declared = declared_usage_key(CAMERA, purpose="用于扫描二维码")
    found = (usage_string(CAMERA, "拍摄头像", "Base"),)
    one = case(row(Table.USAGE_KEYS, CAMERA, State.MATCHED, declared=declared, found=found), known=load(), of=build())
    (finding,) = purpose_differs.run(one)
    assert "“用于扫描二维码”" in finding.message.zh
    assert "“拍摄头像”" in finding.message.zh
    assert finding.evidence == found


@pytest.mark.parametrize(("id_", "policy"), [("alipay-sdk", "用于消息推送"), ("bugly", "广告投放"), ("amap", "完成支付")])
def test_an_sdk_declared_for_what_its_kind_is_not_for(id_: str, policy: str) -> None:
    assert sdk_says(id_, policy) == {id_: "low low"}


@pytest.mark.parametrize(
    ("id_", "policy"),
    [
        ("alipay-sdk", "完成订单支付"),
        ("wechat-opensdk", "微信登录、分享与支付"),
        ("amap", "展示附近的门店"),
        ("umeng", "统计崩溃信息"),
        ("getui-gtc", "消息推送"),
        ("weex", "页面渲染"),
        ("bugly", "提升服务体验"),
        ("bugly", ""),
    ],
)
def test_an_sdk_declared_for_what_it_may_be_for_is_quiet(id_: str, policy: str) -> None:
    assert sdk_says(id_, policy) == {}

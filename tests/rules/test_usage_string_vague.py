"""Usage strings that only ask, and those that say what for."""

from __future__ import annotations

import pytest

from auditor.knowledge.load import load
from auditor.model import State, Table
from auditor.rules import usage_string_vague
from tests.factories import build, row, usage_string
from tests.rules.cases import case, said

CAMERA, LOCATION = "NSCameraUsageDescription", "NSLocationWhenInUseUsageDescription"


def says(key: str, *texts: tuple[str, str]) -> dict[str, str]:
    found = tuple(usage_string(key, value, language) for language, value in texts)
    return said(usage_string_vague, case(row(Table.USAGE_KEYS, key, State.MATCHED, found=found), of=build(label="小店"), known=load()))


@pytest.mark.parametrize(
    "value",
    ["需要访问您的相机", "小店需要使用您的相机，以便正常使用相关功能", "请允许App使用摄像头", "This app needs access to your camera.",
     "Allow access to the camera to provide better service", "是否允许访问相机？"],
)  # fmt: skip
def test_a_text_that_only_asks(value: str) -> None:
    assert says(CAMERA, ("Base", value)) == {CAMERA: "low medium"}


@pytest.mark.parametrize(
    "value",
    ["用于扫码", "需要访问您的相机以扫描二维码", "拍照", "To scan product codes", "小店需要使用相机拍摄头像", "需要使用相机进行视频通话",
     "We need your camera for AR filters", "", "TODO", "小店", "camera", "カメラへのアクセスが必要です", "카메라 접근 권한이 필요합니다",
     "Nous avons besoin d'accéder à la caméra"],
)  # fmt: skip
def test_a_text_that_says_what_for_or_is_another_rules_is_quiet(value: str) -> None:
    assert says(CAMERA, ("Base", value)) == {}


def test_what_is_asked_for_differs_by_key() -> None:
    assert says(LOCATION, ("Base", "需要获取您的地理位置信息")) == {LOCATION: "low medium"}
    assert says(LOCATION, ("Base", "获取位置以推荐附近门店")) == {}


def test_the_languages_that_only_ask_are_the_evidence() -> None:
    found = (usage_string(CAMERA, "用于扫码"), usage_string(CAMERA, "We need access to your camera", "en"))
    one = case(row(Table.USAGE_KEYS, CAMERA, State.MATCHED, found=found), of=build(), known=load())
    (finding,) = usage_string_vague.run(one)
    assert [fact.by for fact in finding.evidence] == ["en"]
    assert finding.regulations == ("ASRG-5.1.1-ii",)

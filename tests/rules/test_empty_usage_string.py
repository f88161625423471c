"""Usage strings that say nothing, and short ones that say enough."""

from __future__ import annotations

import pytest

from auditor.model import State, Table
from auditor.rules import empty_usage_string
from tests.factories import build, row, usage_string
from tests.rules.cases import case, said

KEY = "NSCameraUsageDescription"


def says(*texts: tuple[str, str]) -> dict[str, str]:
    found = tuple(usage_string(KEY, value, language) for language, value in texts)
    one = case(row(Table.USAGE_KEYS, KEY, State.MATCHED, found=found), of=build(label="小店"))
    return said(empty_usage_string, one)


@pytest.mark.parametrize("value", ["", "   ", "\n"])
def test_an_empty_text_is_certain(value: str) -> None:
    assert says(("Base", value)) == {KEY: "medium high"}


@pytest.mark.parametrize(
    "value",
    ["小店", "TODO", "test", "...", "$(CAMERA_TEXT)", "${X}", KEY, "描述", "Privacy - Camera Usage Description", "xxx", "N/A"],
)
def test_a_placeholder_or_the_bare_app_name_is_a_finding(value: str) -> None:
    assert says(("Base", value)) == {KEY: "medium medium"}


@pytest.mark.parametrize(
    "value",
    ["用于扫码", "拍照", "To scan product codes", "小店需要使用相机扫描二维码", "Testing your microphone before calls", "x光片拍摄"],
)
def test_a_text_that_says_what_for_is_quiet(value: str) -> None:
    assert says(("Base", value)) == {}


def test_each_language_counts_for_itself() -> None:
    found = says(("Base", "用于扫码"), ("en", ""))
    assert found == {KEY: "medium high"}
    finding = next(
        iter(
            empty_usage_string.run(
                case(
                    row(
                        Table.USAGE_KEYS,
                        KEY,
                        State.MATCHED,
                        found=(usage_string(KEY, "用于扫码"), usage_string(KEY, "", "en", "en.lproj/InfoPlist.strings")),
                    )
                )
            )
        )
    )
    assert "the en one is empty" in finding.message.en
    assert [fact.by for fact in finding.evidence] == ["en"]

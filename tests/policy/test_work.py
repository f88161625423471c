"""The work a document takes grows with its length and no faster, whatever is in it: counted in function calls, not in time."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from auditor.errors import PolicyError
from auditor.knowledge.load import load
from auditor.policy.extract import extract_policy
from auditor.policy.read import read_document

HEAD = "某某隐私政策\n\n二、第三方SDK清单\n\n"
UNITS = [
    "SDK名称：甲SDK\n", "SDK名称：", "权限", "，", "（", "为了", "我们不会收集您的", "短信、", "https://a.b/", "com.a.b.c、", "com.a.b(甲;乙)、",
    "（1）甲SDK：为了推送，我们收集您的IMEI\n", "|", "| a ", "a | b | c\n", "a\tb\n", "<table><tr><td>", "<div>", "**", "[a](b)", "SDK",
    "READ_EXTERNAL_STORAGE、", "甲SDK\n\n乙公司\n\n推送\n\n位置\n\n", "SDK名称\n\n使用目的\n\n收集信息\n\n", "使用目的：\n\n", "：", "相机、麦克风、",
    "相机权限：扫码\n", "2024年1月1日", "- ", "> ", "在后台", "NSCameraUsageDescription", "SDK名称 | 目的 | 信息\n", "我们使用了甲有限公司提供的", "《",
]  # fmt: skip


def calls(directory: Path, text: str) -> int:
    path = directory / "policy"
    path.write_bytes(text.encode())
    count = 0

    def seen(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(seen)
    try:
        extract_policy(read_document(path, "policy"), load())
    except PolicyError:
        pass
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("unit", UNITS)
def test_four_times_the_text_takes_little_more_than_four_times_the_work(tmp_path: Path, unit: str) -> None:
    calls(tmp_path, HEAD)
    short, long = (calls(tmp_path, HEAD + unit * (size // len(unit))) for size in (1_500, 6_000))
    assert long < 5.5 * short + 20_000

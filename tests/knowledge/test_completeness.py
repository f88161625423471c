"""What every SDK has to say of itself, and what is known of those that matter most in Chinese apps."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor.knowledge import load as module
from auditor.knowledge.schema import ANDROID_TRACES, IOS_TRACES

SDKS = sorted((Path(module.__file__).parent / "sdks").glob("*.yaml"))
KINDS = {one.value for one in (*ANDROID_TRACES, *IOS_TRACES)}
DATED = re.compile(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]")
COMMON = """
agora alipay-sdk aliyun-face amap baidu-location baidu-map baidu-mobads baidu-speech beizi bugly cmcc-sso dcloud easemob gdt
geetest getui-gs getui-gtc getui-gy getui-push honor-push huawei-hms-ads huawei-hms-push iflytek ishumei janalytics
jiguang-jcore jmessage jpush jshare jverification kuaishou-ad meizu-push mob-link mob-push mob-secverify mob-sharesdk
mob-smssdk msa-oaid netease-nertc netease-nim netease-yidun oppo-push pangle qiniu sensors sigmob sina-weibo talkingdata
telecom-account tencent-im tencent-map tencent-qq-openid tencent-tbs-x5 umeng umeng-apm umeng-push umeng-social umeng-verify
unicom-account vivo-push wechat-opensdk xiaomi-mipush zego
""".split()
"""SDKs that Chinese apps bring most often."""


def read(path: Path) -> dict[str, Any]:
    plain: dict[str, Any] = yaml.load(path.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return plain


@pytest.mark.parametrize("path", SDKS, ids=lambda path: path.stem)
def test_every_sdk_says_what_a_reader_needs(path: Path) -> None:
    sdk = read(path)
    assert sdk["id"] == path.stem
    assert all(sdk[key][language].strip() for key in ("name", "vendor") for language in ("zh", "en"))
    assert sdk["category"]
    traces = [
        pattern
        for platform in ("android", "ios")
        for kind, strengths in (sdk.get(platform) or {}).items()
        if kind in KINDS
        for strength, patterns in strengths.items()
        if strength != "except"
        for pattern in patterns
    ]
    assert traces, "no trace: it could never be found"
    collects = sdk["collects"] != "nothing"
    assert sdk.get("url") or not collects, "no address of a policy: write `unseen` where no source shows one"
    for source in sdk["sources"]:
        assert DATED.search(source) or "unverified" in source, f"says neither when it was read nor that nobody did: {source}"
    if collects:
        assert any("data type" in source for source in sdk["sources"]), "no source says where its data types are from"


@pytest.mark.parametrize("id_", COMMON)
def test_the_common_ones_are_known_in_full(id_: str) -> None:
    sdk = read(SDKS[0].with_name(f"{id_}.yaml"))
    assert sdk["url"].startswith("http"), "its policy"
    assert isinstance(sdk["collects"], list)
    assert sdk["aliases"], "the names policies use"
    assert sdk["declared_as"]


def test_the_common_ones_are_sixty() -> None:
    assert len(set(COMMON)) == len(COMMON) >= 60

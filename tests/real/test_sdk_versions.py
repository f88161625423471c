"""The version that a vendor's artefact tells is the one it was published under."""

from __future__ import annotations

import pytest

from auditor.extract import extract
from auditor.infer import infer
from auditor.knowledge.load import load
from auditor.pipeline import lens_of
from tests.real.fetch import Tampered, Unavailable
from tests.real.sdk_builds.listing import artefacts, file_of

pytestmark = pytest.mark.real

TOLD = {
    "adjust-4.11.1": ("adjust", "4.11.1"),
    "aliyun-oss-2.9.5": ("aliyun-oss", "2.9.5"),
    "amap-location-11.1.000": ("amap", "11.1.000"),
    "appcenter-4.4.5": ("appcenter", "4.4.5"),
    "audience-network-5.6.0": ("meta-audience-network", "5.6.0"),
    "clevertap-5.0.0": ("clevertap", "5.0.0"),
    "easemob-3.9.2": ("easemob", "3.9.2"),
    "facebook-core-9.1.1": ("facebook-sdk", "9.1.1"),
    "getui-4.3.0.0": ("getui-push", "4.3.0.0"),
    "gson-2.8.6": ("gson", "2.8.6"),
    "intercom-9.1.0": ("intercom-messenger", "9.1.0"),
    "jcore-3.2.2": ("jiguang-jcore", "3.2.2"),
    "leakcanary-1.6.3": ("leakcanary", "1.6.3"),
    "mixpanel-5.9.1": ("mixpanel", "5.9.1"),
    "mta-1.6.2": ("tencent-mta", "1.6.2"),
    "okhttp-4.9.3": ("okhttp", "4.9.3"),
    "segment-4.10.4": ("segment-analytics", "4.10.4"),
    "sensors-5.2.1": ("sensors", "5.2.1"),
    "tencent-im-5.1.62": ("tencent-im", "5.1.62"),
    "umeng-apm-1.7.0": ("umeng-apm", "1.7.0"),
    "umeng-common-9.5.1": ("umeng", "9.5.1"),
    "umeng-push-6.0.1": ("umeng-push", "6.0.1"),
    "wechat-6.8.0": ("wechat-opensdk", "android 6.8.0"),
}
"""Artefact -> its SDK, and the version in it as the vendor writes it."""
SILENT = {"bugly-4.1.9.2": "bugly", "weibo-11.11.1": "sina-weibo", "fresco-2.6.0": "fresco", "mmkv-1.3.9": "mmkv"}
"""Artefacts that tell none; what stands in their BuildConfig (1.0) is the build tool's."""


def version(name: str, id_: str) -> str | None:
    try:
        path = file_of(artefacts()[name])
    except (Unavailable, Tampered) as reason:
        pytest.skip(str(reason))
    found = infer(extract(path, lens=lens_of(load())), load()).sdks
    return next(sdk.version for sdk in found if sdk.id == id_)


@pytest.mark.parametrize("name", TOLD)
def test_the_version_told_is_the_one_published(name: str) -> None:
    id_, expected = TOLD[name]
    assert version(name, id_) == expected


@pytest.mark.parametrize("name", SILENT)
def test_none_is_made_up(name: str) -> None:
    assert not version(name, SILENT[name])

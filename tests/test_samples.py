"""The committed samples are what the recipes forge, are genuine, and are judged as their README says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.forge import tego, tego_harmony
from tests.forge.conftest import Peer
from tests.forge.conftest import peer as peer
from tests.forge.samples import DIRECTORY, SAMPLES
from tests.forge.sign import CERTIFICATE_SHA256

DECLARATION = DIRECTORY.parent / "declarations" / "tego.yaml"
HARMONY = DECLARATION.with_name("tego-harmonyos.yaml")
README = (DIRECTORY / "README.md").read_text(encoding="utf-8")
LIMIT = 200_000
ANDROID = [name for name in SAMPLES if name.endswith(".apk")]
IOS = [name for name in SAMPLES if name.endswith(".ipa")]

EXIT_CODES = {
    "tego-faithful.apk": 0,
    "tego-drifted.apk": 1,
    "tego-packed.apk": 3,
    "tego-faithful.ipa": 0,
    "tego-drifted.ipa": 1,
    "tego-encrypted.ipa": 3,
    "tego-faithful.hap": 3,
    "tego-drifted.app": 1,
}


def _declaration(name: str) -> str:
    """Return the declaration a sample goes with: the policy of 特购 says nothing of HarmonyOS."""
    return "declarations/tego-harmonyos.yaml" if name.endswith((".hap", ".app")) else "declarations/tego.yaml"


@cache
def _audit(name: str) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the JSON of an audit of a sample against the policy."""
    command = [sys.executable, "-m", "auditor", "audit", f"sample_apks/{name}", "-d", _declaration(name)]
    done = subprocess.run(
        [*command, "--format", "json"], cwd=DIRECTORY.parent, capture_output=True, check=False, timeout=120
    )
    return done.returncode, json.loads(done.stdout)


def _found(name: str, *severities: str) -> set[tuple[str, str]]:
    return {
        (finding["rule"], finding["subject"])
        for finding in _audit(name)[1]["findings"]
        if finding["severity"] in severities
    }


def _states(name: str, table: str) -> dict[str, str]:
    return {row["subject"]: row["state"] for row in _audit(name)[1]["tables"][table]}


# -- the files ----------------------------------------------------------------------------------------------------


def test_every_sample_is_committed_and_no_other() -> None:
    committed = {path.name for path in DIRECTORY.iterdir() if path.suffix in (".apk", ".ipa", ".hap", ".app")}
    assert committed == set(SAMPLES) == set(EXIT_CODES)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_forged_again_byte_for_byte(name: str) -> None:
    assert (DIRECTORY / name).read_bytes() == SAMPLES[name](), "run python -m tests.forge.samples"


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_small(name: str) -> None:
    assert (DIRECTORY / name).stat().st_size < LIMIT


@pytest.mark.parametrize("name", SAMPLES)
def test_no_byte_of_a_sample_depends_on_zlib(name: str) -> None:
    with zipfile.ZipFile(DIRECTORY / name) as archive:
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
        assert archive.testzip() is None


@pytest.mark.parametrize("name", SAMPLES)
def test_the_readme_tells_what_a_sample_hides(name: str) -> None:
    code = re.search(rf"^## `{re.escape(name)}`: exit code (\d)$", README, re.MULTILINE)
    assert code is not None
    assert int(code[1]) == EXIT_CODES[name]


# -- the recipes and the declaration ------------------------------------------------------------------------------


def _declared(section: str, key: str) -> list[str]:
    text = DECLARATION.read_text(encoding="utf-8")
    body = re.split(rf"^{section}:$", text, flags=re.MULTILINE)[1]
    body = re.split(r"^\S", body, maxsplit=1, flags=re.MULTILINE)[0]
    return re.findall(rf"^  - {key}: (\S+)$", body, re.MULTILINE)


def test_the_recipes_ask_for_the_declared_permissions() -> None:
    assert [f"android.permission.{name}" for name in tego.PERMISSIONS] == _declared("permissions", "name")


def test_the_recipes_ask_for_the_declared_harmonyos_permissions() -> None:
    declared = re.findall(r"^  - name: ohos\.permission\.(\S+)$", HARMONY.read_text(encoding="utf-8"), re.MULTILINE)
    assert list(tego_harmony.REASONS) == declared


def test_the_recipes_ask_for_the_declared_usage_keys() -> None:
    assert list(tego.USAGE) == _declared("usage_keys", "key")


# -- what the auditor says ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_the_exit_code_is_the_one_promised(name: str) -> None:
    assert _audit(name)[0] == EXIT_CODES[name]


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("tego-faithful.apk", "consistent"),
        ("tego-drifted.apk", "contradicted"),
        ("tego-packed.apk", "inconclusive"),
        ("tego-faithful.ipa", "consistent"),
        ("tego-drifted.ipa", "contradicted"),
        ("tego-encrypted.ipa", "inconclusive"),
        ("tego-faithful.hap", "inconclusive"),
        ("tego-drifted.app", "contradicted"),
    ],
)
def test_the_verdict_is_the_one_promised(name: str, verdict: str) -> None:
    assert _audit(name)[1]["verdict"] == verdict


@pytest.mark.parametrize("name", ["tego-faithful.apk", "tego-faithful.ipa"])
def test_a_faithful_build_can_be_read_whole(name: str) -> None:
    assert _audit(name)[1]["gaps"] == []


@pytest.mark.parametrize("name", ["tego-faithful.apk", "tego-faithful.ipa", "tego-packed.apk", "tego-encrypted.ipa", "tego-faithful.hap"])
def test_a_build_that_keeps_to_the_policy_is_not_accused(name: str) -> None:
    assert _found(name, "medium", "high") == set()


@pytest.mark.parametrize(
    ("name", "table"),
    [("tego-faithful.apk", "permissions"), ("tego-packed.apk", "permissions"), ("tego-encrypted.ipa", "usage_keys")],
)
def test_what_a_packer_leaves_readable_matches(name: str, table: str) -> None:
    states = _states(name, table)
    wanted = _declared("permissions", "name") if table == "permissions" else _declared("usage_keys", "key")
    assert {subject: states[subject] for subject in wanted} == dict.fromkeys(wanted, "matched")


SDKS = {
    "tego-faithful.apk": {
        "huawei-hms-push": "matched",
        "huawei-agconnect": "matched",
        "getui-push": "matched",
        "getui-gtc": "matched",
        "xiaomi-mipush": "matched",
        "tencent-tbs-x5": "matched",
        "amap": "matched",
        "tencent-qq-openid": "matched",
        "alipay-sdk": "matched",
        "baidu-ocr": "matched",
        "weex": "matched",
        "fresco": "matched",
    },
    "tego-faithful.ipa": {
        "huawei-hms-push": "not-applicable",
        "huawei-agconnect": "not-applicable",
        "getui-push": "matched",
        "getui-gtc": "matched",
        "xiaomi-mipush": "matched",
        "tencent-tbs-x5": "not-applicable",
        "amap": "matched",
        "tencent-qq-openid": "matched",
        "alipay-sdk": "matched",
        "baidu-ocr": "matched",
        "weex": "matched",
        "fresco": "not-applicable",
    },
}


@pytest.mark.parametrize("name", SDKS)
def test_every_declared_sdk_is_found_in_a_faithful_build(name: str) -> None:
    states = _states(name, "sdks")
    assert {subject: states.get(subject) for subject in SDKS[name]} == SDKS[name]


PLANTED: Mapping[str, set[tuple[str, str]]] = {
    "tego-drifted.apk": {
        ("undeclared-permission", "android.permission.READ_SMS"),
        ("undeclared-permission", "android.permission.ACCESS_BACKGROUND_LOCATION"),
        ("undeclared-permission", "android.permission.QUERY_ALL_PACKAGES"),
        ("undeclared-sdk", "umeng"),
        ("undeclared-sdk", "bugly"),
        ("undeclared-sdk", "dcloud"),
        ("undeclared-data", "sms"),
        ("undeclared-data", "clipboard"),
        ("undeclared-data", "sensors"),
        ("sdk-exceeds-vendor", "umeng"),
        ("collection-before-consent", "imei"),
        ("collection-before-consent", "android_id"),
        ("collection-before-consent", "umeng"),
        ("statement-contradicted", "transport-encryption"),
        ("declared-not-found", "android.permission.RECORD_AUDIO"),
        ("declared-not-found", "baidu-ocr"),
    },
    "tego-drifted.ipa": {
        ("undeclared-usage-key", "NSMotionUsageDescription"),
        ("undeclared-usage-key", "NSHealthShareUsageDescription"),
        ("empty-usage-string", "NSCameraUsageDescription"),
        ("empty-usage-string", "NSContactsUsageDescription"),
        ("undeclared-sdk", "umeng"),
        ("undeclared-sdk", "dcloud"),
        ("undeclared-data", "health_data"),
        ("undeclared-data", "activity_recognition"),
        ("statement-contradicted", "transport-encryption"),
        ("declared-not-found", "NSCalendarsUsageDescription"),
        ("declared-not-found", "baidu-ocr"),
    },
    "tego-drifted.app": {
        ("undeclared-permission", "ohos.permission.MICROPHONE"),
        ("undeclared-permission", "ohos.permission.READ_PASTEBOARD"),
        ("permission-without-reason", "ohos.permission.MICROPHONE"),
        ("empty-usage-string", "ohos.permission.READ_CALENDAR"),
        ("usage-string-vague", "ohos.permission.LOCATION"),
        ("undeclared-sdk", "umeng"),
    },
}

QUIET: Mapping[str, set[str]] = {
    "tego-drifted.apk": {
        "jpush",
        "android.permission.INTERNET",
        "android.permission.ACCESS_WIFI_STATE",
        "com.huawei.android.launcher.permission.CHANGE_BADGE",
        "cn.net.tego.app.permission.MIPUSH_RECEIVE",
        "android.permission.READ_MEDIA_IMAGES",
        "installed_apps",
        "mac_address",
    },
    "tego-drifted.ipa": {
        "wechat-opensdk",
        "huawei-hms-push",
        "tencent-tbs-x5",
        "NSPhotoLibraryUsageDescription",
        "NSMicrophoneUsageDescription",
    },
    "tego-drifted.app": {
        "ohos.permission.INTERNET",
        "ohos.permission.CAMERA",
        "clipboard",
        "oaid",
    },
}


@pytest.mark.parametrize("name", PLANTED)
def test_what_was_planted_is_found(name: str) -> None:
    assert PLANTED[name] <= _found(name, "low", "medium", "high")


@pytest.mark.parametrize("name", PLANTED)
def test_what_was_planted_stands_in_the_readme(name: str) -> None:
    section = README.split(f"## `{name}`")[1].split("\n## ")[0]
    for rule, subject in PLANTED[name]:
        line = next((line for line in section.splitlines() if f"`{rule}`" in line and subject.split(".")[-1] in line), "")
        assert line.startswith("|"), (rule, subject)


@pytest.mark.parametrize("name", QUIET)
def test_what_accuses_nobody_stays_quiet(name: str) -> None:
    assert QUIET[name] & {subject for _, subject in _found(name, "medium", "high")} == set()


# -- what other readers say ---------------------------------------------------------------------------------------


def _files(name: str, *suffixes: str) -> dict[str, bytes]:
    with zipfile.ZipFile(DIRECTORY / name) as archive:
        return {path: archive.read(path) for path in archive.namelist() if path.endswith(suffixes)}


@pytest.mark.parametrize("name", ANDROID)
def test_androguard_reads_the_same_permissions(name: str) -> None:
    from androguard.core.apk import APK
    from loguru import logger

    logger.disable("androguard")
    written = {
        fact["name"]
        for row in _audit(name)[1]["tables"]["permissions"]
        for fact in (row["found"] or {"evidence": []})["evidence"]
        if fact["kind"] == "permission"
    }
    assert set(APK(str(DIRECTORY / name)).get_permissions()) == written


@pytest.mark.peer
@pytest.mark.parametrize("name", ANDROID)
def test_aapt_reads_an_android_sample(peer: Peer, name: str) -> None:
    badging = peer("aapt", "dump", "badging", DIRECTORY / name).splitlines()
    assert badging[0].startswith(f"package: name='{tego.APP_ID}' versionCode='{tego.VERSION_CODE}'")
    assert f"application-label:'{tego.LABEL}'" in badging
    assert f"permission: {tego.APP_ID}.permission.MIPUSH_RECEIVE" in peer(
        "aapt", "dump", "permissions", DIRECTORY / name
    )


@pytest.mark.peer
@pytest.mark.parametrize("name", ANDROID)
def test_apksigner_verifies_an_android_sample(peer: Peer, name: str) -> None:
    output = peer("apksigner", "verify", "--verbose", "--print-certs", DIRECTORY / name)
    assert "Verified using v1 scheme (JAR signing): true" in output
    assert "Verified using v2 scheme (APK Signature Scheme v2): true" in output
    assert CERTIFICATE_SHA256 in output


@pytest.mark.peer
@pytest.mark.parametrize("name", ANDROID)
def test_zipalign_finds_an_android_sample_aligned(peer: Peer, name: str) -> None:
    peer("zipalign", "-c", "-p", "4", DIRECTORY / name)


@pytest.mark.peer
@pytest.mark.parametrize("name", ANDROID)
def test_dexdump_disassembles_an_android_sample(peer: Peer, tmp_path: Path, name: str) -> None:
    dumps = ""
    for path, data in _files(name, ".dex").items():
        (tmp_path / path).write_bytes(data)
        dumps += peer("dexdump", "-d", tmp_path / path)
        assert "Checksum verified" in peer("dexdump", "-c", tmp_path / path)
    first = "com/stub/StubApp" if "packed" in name else "cn/net/tego/app/TegoApplication"
    assert f"Class descriptor  : 'L{first};'" in dumps


@pytest.mark.peer
@pytest.mark.parametrize("name", [*ANDROID, *IOS])
def test_llvm_reads_the_machine_code_of_a_sample(peer: Peer, tmp_path: Path, name: str) -> None:
    images = _files(name, ".so", "/Tego", "/AipOcrSdk")
    assert images
    for number, data in enumerate(images.values()):
        path = tmp_path / str(number)
        path.write_bytes(data)
        peer("llvm-readobj", "--file-headers", "--sections", "--symbols", "--needed-libs", path)

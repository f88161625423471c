"""The samples behave as promised before anybody agreed to anything, by a call graph that errs on the side of reaching."""

from __future__ import annotations

import zipfile
from collections import defaultdict
from functools import cache

import pytest
from loguru import logger

from tests.forge.samples import DIRECTORY

logger.disable("androguard")

PROVIDER = "Landroid/content/ContentProvider;"
STARTS = ("attachBaseContext", "onCreate", "onResume")
PERSONAL = (
    "Landroid/telephony/",
    "Landroid/provider/",
    "Landroid/location/",
    "Landroid/hardware/",
    "Landroid/media/",
    "Landroid/net/wifi/WifiInfo;",
    "Landroid/content/ContentResolver;",
    "Landroid/content/ClipboardManager;",
    "Landroid/content/pm/PackageManager;",
)
"""Classes through which personal data is read."""


@cache
def _graph(name: str) -> tuple[dict[str, set[str]], set[str]]:
    """Return the calls of every method (``Lclass;->name(…)…``) and where the build's start-up begins."""
    from androguard.core.dex import DEX

    calls: dict[str, set[str]] = {}
    overriders: dict[str, set[str]] = defaultdict(set)
    starts = set()
    with zipfile.ZipFile(DIRECTORY / name) as archive:
        dexes = [DEX(archive.read(path)) for path in archive.namelist() if path.endswith(".dex")]
    for dex in dexes:
        for cls in dex.get_classes():
            early = (
                cls.get_superclassname() in ("Landroid/app/Application;", PROVIDER)
                or cls.get_name() == "Lcn/net/tego/app/MainActivity;"
            )
            for method in cls.get_methods():
                signature = f"{method.get_name()}{method.get_descriptor()}".replace(" ", "")
                here = f"{cls.get_name()}->{signature}"
                overriders[signature].add(here)
                if early and method.get_name() in STARTS:
                    starts.add(here)
                calls[here] = {
                    line[line.index("L") :].replace(" ", "")
                    for line in (
                        item.get_output() for item in method.get_instructions() if item.get_name().startswith("invoke")
                    )
                } if method.get_code() else set()
    for called in calls.values():
        for target in tuple(called):
            owner, _, signature = target.partition("->")
            if target not in calls and not owner.startswith(("Landroid/", "Ljava/")):
                called |= overriders[signature]
    return calls, starts


def _reached(name: str, *from_: str) -> set[str]:
    calls, starts = _graph(name)
    seen: set[str] = set()
    todo = list(from_ or starts)
    while todo:
        method = todo.pop()
        if method not in seen:
            seen.add(method)
            todo += calls.get(method, ())
    return {method for method in seen if method.startswith(PERSONAL)}


@pytest.mark.parametrize("name", ["tego-faithful.apk", "tego-packed.apk"])
def test_nothing_personal_is_reached_from_the_start(name: str) -> None:
    assert len(_graph(name)[1]) >= 1
    assert _reached(name) == set()


def test_agreeing_starts_the_sdks_and_reads_nothing() -> None:
    calls, _ = _graph("tego-faithful.apk")
    agree = "Lcn/net/tego/app/MainActivity;->onAgree(Landroid/view/View;)V"
    assert "Lcn/net/tego/app/Tego;->start(Landroid/content/Context;)V" in calls[agree]
    assert _reached("tego-faithful.apk", agree) == set()


def test_the_drifted_build_reads_identifiers_at_the_start() -> None:
    assert _reached("tego-drifted.apk") == {
        "Landroid/telephony/TelephonyManager;->getDeviceId()Ljava/lang/String;",
        "Landroid/provider/Settings$Secure;->getString(Landroid/content/ContentResolver;Ljava/lang/String;)"
        "Ljava/lang/String;",
        "Landroid/content/pm/PackageManager;->getInstalledPackages(I)Ljava/util/List;",
        "Landroid/net/wifi/WifiInfo;->getMacAddress()Ljava/lang/String;",
    }


@pytest.mark.parametrize(
    ("module", "method", "reads"),
    [
        ("CalendarModule", "addReminder", "Landroid/content/ContentResolver;->insert"),
        ("ScanModule", "scan", "Landroid/hardware/Camera;->open"),
        ("ContactModule", "pickRecipient", "Landroid/content/ContentResolver;->query"),
        ("LocationModule", "lastKnown", "Landroid/location/LocationManager;->getLastKnownLocation"),
        ("IdentityModule", "riskCheck", "Landroid/telephony/TelephonyManager;->getImei"),
        ("VoiceModule", "onMicrophoneTap", "Landroid/media/MediaRecorder;->setAudioSource"),
    ],
)
def test_the_faithful_build_uses_what_it_asks_for(module: str, method: str, reads: str) -> None:
    here = f"Lcn/net/tego/app/module/{module};->{method}(Lcom/taobao/weex/bridge/JSCallback;)V"
    assert any(target.startswith(f"{reads}(") for target in _reached("tego-faithful.apk", here))

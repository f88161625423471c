"""Reports of the manifest merger: who brought what, and reports that are none or another build's."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.beside import Beside
from auditor.beside.merger import read_merger_report
from auditor.errors import SideFileError
from auditor.model import FactKind
from auditor.pipeline import read_build
from tests.forge.apk import simple_apk
from tests.forge.ipa import simple_ipa

REPORT = """\
/home/ci/app/src/main/AndroidManifest.xml:9:5-75 Warning:
\tuses-permission#android.permission.BLUETOOTH was tagged at AndroidManifest.xml:9 to remove other declarations
-- Merging decision tree log ---
manifest
ADDED from /home/ci/app/src/main/AndroidManifest.xml:2:1-40:12
MERGED from [com.vendor.push:core:4.8.1] /home/ci/.gradle/caches/9f/core-4.8.1/AndroidManifest.xml:2:1-30:12
INJECTED from /home/ci/app/src/main/AndroidManifest.xml:2:1-40:12
\tpackage
\t\tINJECTED from /home/ci/app/src/main/AndroidManifest.xml
uses-permission#android.permission.INTERNET
ADDED from /home/ci/app/src/main/AndroidManifest.xml:5:5-67
MERGED from [com.vendor.push:core:4.8.1] /home/ci/.gradle/caches/9f/core-4.8.1/AndroidManifest.xml:8:5-67
MERGED from [com.vendor.push:core:4.8.1] /home/ci/.gradle/caches/9f/core-4.8.1/AndroidManifest.xml:8:5-67
\tandroid:name
\t\tADDED from /home/ci/app/src/main/AndroidManifest.xml:5:22-64
uses-permission#android.permission.READ_PHONE_STATE
ADDED from [com.vendor.push:core:4.8.1] /home/ci/.gradle/caches/9f/core-4.8.1/AndroidManifest.xml:9:5-75
android:uses-permission#android.permission.READ_EXTERNAL_STORAGE
IMPLIED from /home/ci/app/src/main/AndroidManifest.xml:2:1-40:12 reason: org.old.lib has a targetSdkVersion < 4
uses-permission#android.permission.CAMERA
REJECTED from [org.scan:scan:1.0] /home/ci/.gradle/caches/1/AndroidManifest.xml:7:5-65
activity#com.example.app.MainActivity
ADDED from /home/ci/app/src/main/AndroidManifest.xml:12:9-20:20
service#com.vendor.push.PushService
ADDED from [C:\\ci\\libs\\push.aar] C:\\ci\\libs\\push\\AndroidManifest.xml:14:9-16:40
intent-filter#action:name:android.intent.action.MAIN+category:name:android.intent.category.LAUNCHER
ADDED from /home/ci/app/src/main/AndroidManifest.xml:13:13-16:29
package#com.tencent.mm
ADDED from [:wallet] /home/ci/wallet/build/AndroidManifest.xml:4:9-45
uses-sdk
INJECTED from /home/ci/app/src/main/AndroidManifest.xml reason: use-sdk injection requested
"""
HEAD = "-- Merging decision tree log ---\n"


def brought(tmp_path: Path, text: str = REPORT) -> dict[tuple[str, str], set[tuple[str, str]]]:
    path = tmp_path / "manifest-merger-release-report.txt"
    path.write_bytes(text.encode())
    found: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for fact in read_merger_report(path)[0]:
        found.setdefault((fact.value, fact.name), set()).add((fact.by, fact.trait("action") or ""))
    return found


def test_each_element_names_who_brought_it(tmp_path: Path) -> None:
    push = "com.vendor.push:core:4.8.1"
    assert brought(tmp_path) == {
        ("uses-permission", "android.permission.INTERNET"): {("", "added"), (push, "merged")},
        ("uses-permission", "android.permission.READ_PHONE_STATE"): {(push, "added")},
        ("uses-permission", "android.permission.READ_EXTERNAL_STORAGE"): {("", "implied")},
        ("activity", "com.example.app.MainActivity"): {("", "added")},
        ("service", "com.vendor.push.PushService"): {("push.aar", "added")},
        ("intent-filter", "action:name:android.intent.action.MAIN+category:name:android.intent.category.LAUNCHER"): {("", "added")},
        ("package", "com.tencent.mm"): {(":wallet", "added")},
    }


def test_carriage_returns_change_nothing(tmp_path: Path) -> None:
    assert brought(tmp_path, REPORT.replace("\n", "\r\n")) == brought(tmp_path)


def test_the_place_is_the_report_s_and_no_path_of_the_building_machine_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    path.write_text(REPORT, "utf-8")
    facts, sha256 = read_merger_report(path)
    assert {str(fact.location) for fact in facts if fact.value == "service"} == {"report.txt ! 25"}
    assert not any("/home/ci" in str(fact) or "C:" in str(fact) for fact in facts)
    assert len(sha256) == 64
    (implied,) = [fact for fact in facts if fact.trait("reason")]
    assert implied.trait("reason") == "org.old.lib has a targetSdkVersion < 4"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no report of the manifest merger"),
        ("<manifest/>", "is no report of the manifest merger"),
        (HEAD + "ADDED from /x:1:1\n", r"report\.txt:2: 'ADDED from /x:1:1' is no line of a merger report"),
        (HEAD + "manifest\nwhat is this\n", r"report\.txt:3: 'what is this' is no line"),
    ],
)
def test_what_is_no_report_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "report.txt").write_text(text, "utf-8")
    with pytest.raises(SideFileError, match=said):
        read_merger_report(tmp_path / "report.txt")


def test_a_missing_report_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SideFileError, match="cannot be opened"):
        read_merger_report(tmp_path / "none.txt")


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, len(REPORT) - 1), st.binary(max_size=3)), max_size=8))
def test_a_damaged_report_is_read_or_refused(tmp_path: Path, edits: list[tuple[int, bytes]]) -> None:
    data = bytearray(REPORT.encode())
    for at, new in edits:
        data[at : at + len(new)] = new
    (tmp_path / "report.txt").write_bytes(bytes(data))
    with suppress(SideFileError):
        read_merger_report(tmp_path / "report.txt")


def build(tmp_path: Path, **options: object) -> Beside:
    (tmp_path / "app.apk").write_bytes(simple_apk(**options))  # type: ignore[arg-type]
    path = tmp_path / "manifest-merger-release-report.txt"
    path.write_text(REPORT, "utf-8")
    return Beside(merger_report=path)


def test_a_build_s_facts_say_who_brought_what(tmp_path: Path) -> None:
    beside = build(tmp_path, permissions=["android.permission.INTERNET", "android.permission.READ_PHONE_STATE"])
    found = read_build(tmp_path / "app.apk", beside=beside)
    (report,) = found.build.of(FactKind.MERGER_REPORT)
    assert (report.name, report.trait("elements")) == ("manifest-merger-release-report.txt", "7")
    assert {fact.by for fact in found.build.of(FactKind.BROUGHT) if fact.name.endswith("READ_PHONE_STATE")} == {
        "com.vendor.push:core:4.8.1"
    }
    assert found.gaps == ()


def test_another_build_s_report_is_refused(tmp_path: Path) -> None:
    beside = build(tmp_path, permissions=["android.permission.NFC", "android.permission.VIBRATE", "android.permission.WAKE_LOCK"])
    with pytest.raises(SideFileError, match="belongs to another build: of the 4 permissions and components of this one it names 1"):
        read_build(tmp_path / "app.apk", beside=beside)


def test_an_ios_build_takes_no_report(tmp_path: Path) -> None:
    beside = build(tmp_path)
    (tmp_path / "app.ipa").write_bytes(simple_ipa())
    with pytest.raises(SideFileError, match="an iOS build has no manifest merger"):
        read_build(tmp_path / "app.ipa", beside=beside)

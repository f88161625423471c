"""``auditor compare``: what it tells of two builds, its exit codes, its files, and what it refuses."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from auditor import pipeline
from auditor.cli import main
from auditor.model import Text
from tests.forge.apk import simple_apk

ROOT = Path(__file__).parents[2]
TEGO = ROOT / "declarations" / "tego.yaml"
SAMPLES = ROOT / "sample_apks"
HEAD = "app: Example\noperator: Example Ltd\npolicy: {file: policy.txt, effective: 2024-01-01}\n"
CAMERA, SMS = "android.permission.CAMERA", "android.permission.READ_SMS"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run the command line in a folder with an old and a new build, and a declaration that fits the old one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AUDITOR_LANG", raising=False)
    (tmp_path / "old.apk").write_bytes(simple_apk(permissions=[CAMERA]))
    (tmp_path / "new.apk").write_bytes(simple_apk(permissions=[CAMERA, SMS]))
    row = "  - {{name: {0}, text: x, purpose: scan codes}}\n"
    (tmp_path / "old.yaml").write_text(HEAD + "permissions:\n" + row.format(CAMERA), "utf-8")
    (tmp_path / "new.yaml").write_text(HEAD + "permissions:\n" + row.format(CAMERA) + row.format(SMS), "utf-8")

    def call(*arguments: object) -> tuple[int, str, str]:
        code = main(["compare", *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def changes(text: str) -> set[tuple[str, str, str, str | None]]:
    return {(one["kind"], one["subject"], one["change"], one["standing"]) for one in json.loads(text)["changes"]}


def test_without_a_declaration_it_only_tells(run: Run) -> None:
    code, out, err = run("old.apk", "new.apk")
    assert (code, err) == (0, "")
    assert f"+ {SMS}" in out
    assert CAMERA not in out
    assert "undeclared" not in out


def test_what_is_new_and_undeclared_ends_with_1(run: Run) -> None:
    code, out, err = run("old.apk", "new.apk", "-d", "old.yaml", "--format", "json")
    assert (code, err) == (1, "")
    assert ("permission", SMS, "added", "undeclared") in changes(out)
    assert [one["rule"] for one in json.loads(out)["findings"]][:1] == ["undeclared-permission"]


def test_what_is_new_and_declared_passes(run: Run) -> None:
    code, out, _ = run("old.apk", "new.apk", "-d", "new.yaml", "--format", "json", "--fail-on", "high")
    assert code == 0
    assert ("permission", SMS, "added", "declared") in changes(out)


def test_what_was_undeclared_before_does_not_fail_a_release(run: Run) -> None:
    code, out, _ = run("new.apk", "new.apk", "-d", "old.yaml")
    assert code == 0
    assert "No difference between the builds." in out
    assert "Both files are the same." in out


def test_what_is_dropped_does_not_fail(run: Run) -> None:
    code, out, _ = run("new.apk", "old.apk", "-d", "new.yaml", "--fail-on", "info", "--format", "json")
    assert ("permission", SMS, "dropped", None) in changes(out)
    assert "declared-not-found" not in [one["rule"] for one in json.loads(out)["findings"]]
    assert code in (0, 1)


@pytest.mark.parametrize(("level", "code"), [("high", 1), ("never", 0)])
def test_fail_on(run: Run, level: str, code: int) -> None:
    assert run("old.apk", "new.apk", "-d", "old.yaml", "--fail-on", level)[0] == code


def test_what_a_decision_accepts_does_not_fail(run: Run, tmp_path: Path) -> None:
    head = "schema: auditor/decisions/1\ndecisions:\n"
    one = f"  - {{rule: undeclared-permission, subject: {SMS}, decision: accept, by: Li, reason: known}}\n"
    (tmp_path / "decisions.yaml").write_text(head + one, "utf-8")
    args = ("old.apk", "new.apk", "-d", "old.yaml", "--fail-on", "high", "--format", "json")
    assert run(*args)[0] == 1
    code, out, _ = run(*args, "--decisions", "decisions.yaml")
    assert code == 0
    assert ("permission", SMS, "added", "accepted") in changes(out)


def test_a_part_that_cannot_be_read_ends_with_3_and_drops_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "half.apk").write_bytes(simple_apk(permissions=[CAMERA], dex=[b"dex\n035\0" + bytes(40)]))
    for builds in (("old.apk", "half.apk"), ("half.apk", "old.apk")):
        for more in ((), ("-d", "old.yaml")):
            code, out, _ = run(*builds, *more)
            assert code == 3
            assert "classes.dex" in out
            assert "dropped" not in out


@pytest.mark.skipif(not hasattr(os, "fork"), reason="takes a process of its own")
@pytest.mark.parametrize("more", [(), ("-d", "new.yaml")])
def test_a_reader_that_crashes_leaves_everything_in_doubt(run: Run, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...]) -> None:
    read = pipeline.read_build

    def crash(path: Path, **given: Any) -> object:
        if path.name == "new.apk":
            given["progress"](Text(zh="读取安装包", en="reading the build"))
            os.kill(os.getpid(), signal.SIGTERM)
        return read(path, **given)

    monkeypatch.setattr(pipeline, "read_build", crash)
    code, out, _ = run("old.apk", "new.apk", "--format", "json", *more)
    found = json.loads(out)
    assert code == 3
    assert found["doubted"] == ["permissions", "sdks", "data"]
    assert ("permission", CAMERA, "not-seen", None) in changes(out)
    assert not [one for one in found["changes"] if one["change"] == "dropped"]
    assert "crashed" in found["gaps"]["new"][0]["reason"]


def test_the_sample_that_drifted_adds_what_it_is_made_to_add(run: Run) -> None:
    code, out, err = run(SAMPLES / "tego-faithful.apk", SAMPLES / "tego-drifted.apk", "-d", TEGO, "--format", "json")
    found = changes(out)
    assert (code, err) == (1, "")
    assert {
        ("permission", "android.permission.READ_SMS", "added", "undeclared"),
        ("permission", "android.permission.RECORD_AUDIO", "dropped", None),
        ("sdk", "bugly", "added", "undeclared"),
        ("sdk", "jiguang-jcore", "added", "not-required"),
        ("sdk", "baidu-ocr", "dropped", None),
        ("data", "sms", "added", "undeclared"),
        ("data", "mac_address", "added", "declared"),
        ("start-up", "imei", "added", "finding"),
        ("host", "stat.tego.net.cn", "added", "finding"),
    } <= found


def test_the_way_back_is_quiet(run: Run) -> None:
    code, out, _ = run(SAMPLES / "tego-drifted.apk", SAMPLES / "tego-faithful.apk", "-d", TEGO, "--format", "json")
    assert code == 0
    assert json.loads(out)["findings"] == []
    assert {one[3] for one in changes(out) if one[2] == "added"} == {"declared"}


def test_usage_strings_that_changed_are_told_with_both_texts(run: Run) -> None:
    code, out, _ = run(SAMPLES / "tego-faithful.ipa", SAMPLES / "tego-drifted.ipa", "-d", TEGO, "--lang", "zh")
    assert code == 1
    assert "文字 [zh-Hans]：用于添加收货人时从通讯录选取联系人，无需手动输入 → 特购" in out
    assert "+ NSHealthShareUsageDescription（健康数据（读取））  未声明" in out


def test_a_packed_release_is_in_doubt(run: Run) -> None:
    code, out, _ = run(SAMPLES / "tego-faithful.apk", SAMPLES / "tego-packed.apk", "-d", TEGO, "--format", "json")
    assert code == 3
    assert {one[2] for one in changes(out) if one[0] in ("sdk", "data", "start-up", "host")} <= {"changed", "not-seen"}


def test_different_apps_are_compared_with_a_warning(run: Run) -> None:
    _, out, _ = run("old.apk", SAMPLES / "tego-faithful.apk")
    assert "These are builds of different apps" in out
    assert "cn.net.tego.app" in out


def test_files_are_written_in_every_format_and_equal_runs_give_equal_bytes(run: Run, tmp_path: Path) -> None:
    formats = {"text": "a.txt", "markdown": "a.md", "json": "a.json", "html": "a.html"}
    outputs = [part for name, file in formats.items() for part in ("-o", f"{name}={file}")]
    code, out, err = run("old.apk", "new.apk", "-d", "old.yaml", *outputs)
    assert (code, out, err) == (1, "", "")
    first = {file: (tmp_path / file).read_bytes() for file in formats.values()}
    run("old.apk", "new.apk", "-d", "old.yaml", *outputs)
    assert {file: (tmp_path / file).read_bytes() for file in formats.values()} == first
    assert all(SMS.encode() in content for content in first.values())
    assert str(tmp_path).encode() not in b"".join(first.values())


def test_a_cache_gives_the_same(run: Run, tmp_path: Path) -> None:
    args = ("old.apk", "new.apk", "-d", "old.yaml", "--format", "json")
    plain = run(*args)
    assert run(*args, "--cache", tmp_path / "kept") == plain
    assert run(*args, "--cache", tmp_path / "kept") == plain
    assert len([path for path in (tmp_path / "kept").rglob("*") if path.is_file()]) >= 2


def test_an_output_may_not_overwrite_a_build(run: Run) -> None:
    code, _, err = run("old.apk", "new.apk", "-o", "json=old.apk")
    assert code == 2
    assert "old.apk is read by this command and would be lost" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("old.apk", "none.apk"), "none.apk"),
        (("none.apk", "new.apk"), "none.apk"),
        (("old.apk",), "Missing argument 'NEW'"),
        (("old.apk", "old.yaml"), "old.yaml"),
        (("old.apk", "new.apk", "-d", "none.yaml"), "none.yaml"),
        (("old.apk", "new.apk", "--mapping", "none.txt"), "none.txt"),
        (("old.apk", "new.apk", "--decisions", "d.yaml"), "--decisions are about findings, which take a declaration (-d)"),
        (("old.apk", "new.apk", "-o", "sarif=x"), "'sarif' is no report format; there are text, markdown, json, html"),
    ],
)
def test_bad_input_is_one_line_and_2(run: Run, arguments: tuple[str, ...], said: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_a_workflow_is_shown_what_is_new_alone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    _, _, err = run("old.apk", "new.apk", "-d", "old.yaml")
    assert f"::error file=old.yaml,line=4,title=undeclared-permission%3A {SMS}::" in err
    assert run("new.apk", "new.apk", "-d", "old.yaml")[2] == ""


def test_a_result_is_no_build(run: Run, tmp_path: Path) -> None:
    main(["facts", "old.apk", "-o", "json=old.json"])
    code, out, err = run("old.json", "new.apk")
    assert (code, out) == (2, "")
    assert err == "auditor: old.json is a result and no build; give the build it was made from; --cache spares reading it twice\n"


def test_the_declaration_of_the_configuration_is_used(run: Run, tmp_path: Path) -> None:
    (tmp_path / "auditor.yaml").write_text("declaration: old.yaml\nfail-on: high\n", "utf-8")
    code, out, _ = run("old.apk", "new.apk")
    assert code == 1
    assert f"+ {SMS}" in out

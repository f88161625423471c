"""``auditor declare`` as its users meet it, and audits straight against a policy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from auditor.cli import main

ROOT = Path(__file__).parents[2]
DRIFTED = ROOT / "sample_apks" / "tego-drifted.apk"
POLICY = """某某隐私政策
生效日期：2024年3月12日

应用权限列表

| 权限名称 | 使用目的 |
|---|---|
| android.permission.CAMERA | 扫码 |

第三方SDK

| SDK名称 | 用途 | 收集信息 | 隐私政策 |
|---|---|---|---|
| 友盟统计SDK | 统计 | IMEI | https://www.umeng.com/page/policy |
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.md").write_text(POLICY, encoding="utf-8")
    return tmp_path


def test_a_draft_goes_to_standard_output_and_its_tally_to_standard_error(here, capsys):
    assert main(["declare", "policy.md"]) == 0
    out, err = capsys.readouterr()
    assert "name: android.permission.CAMERA" in out
    assert "1 permissions, 0 usage keys, 1 SDKs" in err


def test_json_is_data_alone(here, capsys):
    assert main(["declare", "policy.md", "--format", "json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert (plain["schema"], plain["policy"]["file"], plain["sdks"][0]["name"]) == ("auditor/declaration/1", "policy.md", "友盟统计SDK")


def test_every_format_is_written_and_the_yaml_is_a_declaration(here, capsys):
    assert main(["declare", "policy.md", "-o", "yaml=app.yaml", "-o", "json=app.json", "-o", "html=app.html", "--lang", "zh"]) == 0
    assert main(["check-declaration", "app.yaml"]) in (0, 1)
    assert "<mark" in (here / "app.html").read_text("utf-8")
    assert (here / "app.draft.yaml").read_bytes() == (here / "app.yaml").read_bytes()


def test_running_again_keeps_edits_and_shows_what_changed(here, capsys):
    main(["declare", "policy.md", "-o", "yaml=app.yaml"])
    edited = (here / "app.yaml").read_text("utf-8").replace("id: umeng", "id: umeng # checked")
    (here / "app.yaml").write_text(edited, encoding="utf-8")
    (here / "policy.md").write_text(POLICY.replace("扫码", "扫码与拍照"), encoding="utf-8")
    capsys.readouterr()
    assert main(["declare", "policy.md", "-o", "yaml=app.yaml"]) == 0
    text = (here / "app.yaml").read_text("utf-8")
    assert "id: umeng # checked" in text
    assert "purpose: 扫码与拍照" in text
    assert "~ permissions android.permission.CAMERA.purpose: 扫码 -> 扫码与拍照" in capsys.readouterr().err


def test_a_file_without_its_draft_is_not_overwritten(here, capsys):
    (here / "app.yaml").write_text("app: a\npolicy: {file: p}\npermissions: []\n", encoding="utf-8")
    assert main(["declare", "policy.md", "-o", "yaml=app.yaml"]) == 2
    assert "--base POLICY" in capsys.readouterr().err
    assert (here / "app.yaml").read_text("utf-8").startswith("app: a\n")


def test_the_old_policy_stands_in_for_a_lost_draft(here):
    main(["declare", "policy.md", "-o", "yaml=app.yaml"])
    (here / "app.draft.yaml").unlink()
    (here / "old.md").write_text(POLICY, encoding="utf-8")
    (here / "policy.md").write_text(POLICY.replace("扫码", "拍照"), encoding="utf-8")
    assert main(["declare", "policy.md", "-o", "yaml=app.yaml", "--base", "old.md"]) == 0
    assert "purpose: 拍照" in (here / "app.yaml").read_text("utf-8")


def test_what_was_not_found_is_said_and_makes_three(here, capsys):
    (here / "prose.txt").write_text("某某隐私政策\n我们重视您的个人信息。\n", encoding="utf-8")
    assert main(["declare", "prose.txt", "--lang", "zh"]) == 3
    err = capsys.readouterr().err
    assert "prose.txt: 本文件中没有读到 SDK 清单" in err
    assert "prose.txt: 本文件中没有读到权限列表" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["declare"], "give a POLICY, or --from-build BUILD"),
        (["declare", "policy.md", "--from-build", "a.apk"], "give a POLICY, or --from-build BUILD"),
        (["declare", "missing.md"], "missing.md"),
        (["declare", "recipe.txt"], "no privacy policy"),
        (["declare", "policy.md", "-o", "markdown=a.md"], "markdown is not written here"),
        (["declare", "--from-build", "policy.md"], "policy.md"),
    ],
)
def test_one_clear_line_and_exit_code_two(here, capsys, arguments, words):
    (here / "recipe.txt").write_text("Take two eggs and some flour.\n", encoding="utf-8")
    assert main(arguments) == 2
    assert words in capsys.readouterr().err


def test_rows_to_paste_come_from_a_build(here, capsys):
    assert main(["declare", "--from-build", str(DRIFTED), "--format", "markdown", "--lang", "zh"]) == 0
    assert "| android.permission.CAMERA | 拍摄照片和视频 |" in capsys.readouterr().out


def test_an_audit_takes_the_policy_itself_and_says_nobody_checked_it(here, capsys):
    code = main(["audit", str(DRIFTED), "-d", "policy.md", "--format", "json"])
    audit = json.loads(capsys.readouterr().out)
    assert code == 1
    assert audit["declaration"]["reviewed"] is False
    assert any("nobody checked it" in gap["reason"] for gap in audit["gaps"])
    undeclared = [one for one in audit["findings"] if one["rule"] == "undeclared-permission"]
    assert {one["confidence"] for one in undeclared} == {"medium"}
    assert not any(one["confidence"] == "high" for one in audit["findings"])


def test_a_list_that_was_not_found_accuses_nobody(here, capsys):
    (here / "prose.txt").write_text("某某隐私政策\n我们重视您的个人信息。您可以点击《第三方SDK目录》查看。\n", encoding="utf-8")
    assert main(["audit", str(DRIFTED), "-d", "prose.txt", "--format", "json"]) == 3
    audit = json.loads(capsys.readouterr().out)
    assert audit["verdict"] == "inconclusive"
    assert {one["confidence"] for one in audit["findings"] if one["rule"].startswith("undeclared-")} == {"low"}


def test_reports_for_people_say_it_is_unreviewed(here, capsys):
    main(["audit", str(DRIFTED), "-d", "policy.md", "--lang", "zh"])
    assert "未经人工核对" in capsys.readouterr().out

"""The command ``lint-policy``: exit codes, lines, and what it says of a list alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.cli import main

POLICY = """示例应用隐私政策

更新日期：2024年3月1日

一、收集

我们收集您的手机号，用于注册账号。

二、共享

我们不会向第三方共享您的个人信息。

三、联系

示例有限公司，邮箱 privacy@example.com。您也可以通过本政策第九条的方式联系我们。
信息保存于境内，期限为三十天。您可以删除信息、撤回同意、注销账号。
未成年人应在监护人同意后使用。政策变更时我们会通知您。
"""


@pytest.fixture
def policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = Path("policy.txt")
    path.write_text(POLICY, "utf-8")
    return path


def test_findings_stand_with_file_line_severity_and_rule(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint-policy", str(policy), "--lang", "zh"]) == 1
    assert capsys.readouterr().out == "policy.txt:15: medium dangling-reference: 文中引用“本政策第九条”，但政策只有第 1 至第 3 部分\n"
    assert main(["lint-policy", str(policy)]) == 1
    assert capsys.readouterr().out == (
        "policy.txt:15: medium dangling-reference: “本政策第九条” is referred to, but the policy has only sections 1 to 3\n"
    )


def test_the_gate_can_be_moved(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint-policy", str(policy), "--fail-on", "high"]) == 0
    policy.write_text(POLICY.replace("第九条", "第三条"), "utf-8")
    assert main(["lint-policy", str(policy), "--fail-on", "info"]) == 0
    assert "dangling" not in capsys.readouterr().out.replace("dangling-reference: “本政策第九条”", "")


def test_a_list_alone_says_what_was_not_looked_at(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy.write_text("# 权限列表\n\n| 权限 | 目的 |\n|---|---|\n| android.permission.CAMERA | 扫码 |\n", "utf-8")
    assert main(["lint-policy", str(policy)]) == 0
    assert "no whole one" in capsys.readouterr().out


def test_what_cannot_be_read_in_part_is_inconclusive(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy.write_bytes(POLICY.replace("第九条", "第三条").encode() + b"\xe5\x8f")
    assert main(["lint-policy", str(policy)]) == 3
    assert "cannot be decoded" in capsys.readouterr().err


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n" + bytes(20), "今天天气很好。".encode()])
def test_what_is_no_policy_is_one_line_and_exit_code_2(policy: Path, data: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    policy.write_bytes(data)
    assert main(["lint-policy", str(policy)]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)


def test_the_rules_on_documents_are_in_the_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    assert "dangling-reference" in capsys.readouterr().out
    assert main(["rules", "no-retention-period", "--lang", "zh"]) == 0
    assert "《中华人民共和国个人信息保护法》第十七条" in capsys.readouterr().out

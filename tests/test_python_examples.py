"""The Python of the documents runs as it stands there, from the top of a checkout."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "how-to" / "use-from-python.md"


def test_the_examples_run_one_after_the_other(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    printed = []
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
        printed.append(capsys.readouterr().out.splitlines())
    audit, calls, look = printed
    assert audit[0] == "contradicted"
    assert any("undeclared" in line for line in audit)
    assert any(" startup " in line or " reachable " in line for line in calls)
    assert look[-1].endswith("0 gaps")
    assert all("classes.dex" in line for line in look[:-1])
    assert len(look) == 4

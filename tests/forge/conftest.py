"""Debian's own tools as readers of what the forge writes."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Peer = Callable[..., str]


@pytest.fixture
def peer() -> Peer:
    """Run a tool that must have nothing to complain about; return what it prints."""

    def run(tool: str, *arguments: str | Path) -> str:
        path = shutil.which(tool)
        if path is None:
            reason = f"{tool} is not installed (Debian package {'llvm' if tool.startswith('llvm-') else tool})"
            # As in tests/real: a run that is meant to leave nothing out fails instead.
            (pytest.fail if os.environ.get("AUDITOR_REAL_REQUIRED") else pytest.skip)(reason)
        command = [path, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, check=False, timeout=120, encoding="utf-8", errors="replace")
        assert (done.returncode, done.stderr) == (0, ""), done.stdout[-2000:]
        assert "WARNING" not in done.stdout
        return done.stdout

    return run

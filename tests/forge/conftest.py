"""Debian's own tools as readers of what the forge writes."""

from __future__ import annotations

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
            pytest.skip(f"{tool} is not installed (Debian package {tool})")
        command = [path, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, check=False, timeout=120, encoding="utf-8", errors="replace")
        assert (done.returncode, done.stderr) == (0, ""), done.stdout[-2000:]
        assert "WARNING" not in done.stdout
        return done.stdout

    return run

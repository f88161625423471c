"""Fixtures of the tests on real builds: fetched artefacts and the Debian tools they are compared with."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from tests.real.fetch import Unavailable, fetch


def _absent(reason: str) -> NoReturn:
    """Skip, or fail where the run is meant to leave nothing out (``AUDITOR_REAL_REQUIRED=1``)."""
    if os.environ.get("AUDITOR_REAL_REQUIRED"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def artefact() -> Callable[[str], Path]:
    """Return the function from an artefact's name to its file; it skips the test where the file cannot be had."""

    def get(name: str) -> Path:
        try:
            return fetch(name)
        except Unavailable as reason:
            _absent(str(reason))

    return get


@pytest.fixture(scope="session")
def peer() -> Callable[..., str]:
    """Return the function that runs a peer and returns its output; it skips the test where the tool is missing."""

    def run(tool: str, *arguments: str | Path, accept: tuple[int, ...] = (0,)) -> str:
        found = shutil.which(tool)
        if found is None:
            _absent(f"{tool} is not installed (Debian package of that name; llvm for llvm-*)")
        done = subprocess.run([found, *map(str, arguments)], capture_output=True, timeout=600)
        assert done.returncode in accept, done.stderr.decode(errors="replace")
        return done.stdout.decode(errors="surrogateescape")

    return run

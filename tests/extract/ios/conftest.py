"""Reads forged IPAs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.extract import extract
from auditor.model import Build

Read = Callable[[bytes], Build]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Extract a build from its bytes."""

    def read(data: bytes) -> Build:
        path = tmp_path / "forged.ipa"
        path.write_bytes(data)
        return extract(path)

    return read

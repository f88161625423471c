"""What the tests of the readers share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from auditor.archive import Limits
from auditor.extract import extract
from auditor.model import Build


@pytest.fixture
def read(tmp_path) -> Callable[..., Build]:
    """Extract a build from its bytes."""

    def read_(data: bytes, limits: Limits | None = None) -> Build:
        path = tmp_path / "build.apk"
        path.write_bytes(data)
        return extract(path, limits=limits)

    return read_

"""Documents read from bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.policy.document import Document
from auditor.policy.read import read_document
from tests.policy.read.outlines import Read


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a document given as text (UTF-8) or bytes."""

    def reader(data: str | bytes) -> Document:
        path = tmp_path / "policy"
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return read_document(path, "policy")

    return reader

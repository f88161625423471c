"""Drafts made of documents written in the tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.knowledge.load import load
from auditor.policy.draft import Draft
from auditor.policy.extract import extract_policy
from auditor.policy.read import read_document

Drafted = Callable[[str], Draft]


@pytest.fixture
def drafted(tmp_path: Path) -> Drafted:
    """Draft a declaration from a document given as text; its format is told by its content."""

    def draft(text: str) -> Draft:
        path = tmp_path / "policy"
        path.write_bytes(text.encode("utf-8"))
        return extract_policy(read_document(path, "policy"), load())

    return draft

"""A document that has no end or brings its reader down costs no run: one line says that it was given up."""

from __future__ import annotations

import faulthandler
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.cli import documents
from auditor.errors import PolicyError
from auditor.sandbox import Allowance

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no process can be forked here")


def endless() -> None:
    while True:
        pass


def crashing() -> None:
    # what the test runner's handler would print is no part of this
    faulthandler.disable()
    os.abort()


@pytest.mark.parametrize(("work", "says"), [(endless, "longer than it is allowed"), (crashing, "crashed")])
def test_a_document_that_never_ends_or_crashes_is_given_up(
    work: Callable[[], None], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "allowance", lambda path: Allowance(seconds=1, megabytes=4096))
    with pytest.raises(PolicyError, match=f"policy.pdf was given up: reading .*{says}"):
        documents.of_document(Path("policy.pdf"), work)


def test_what_is_read_or_refused_comes_through() -> None:
    def refused() -> None:
        raise PolicyError("policy.pdf is a damaged PDF", "export it anew")

    assert documents.of_document(Path("policy.pdf"), lambda: ["block"]) == ["block"]
    with pytest.raises(PolicyError, match="damaged"):
        documents.of_document(Path("policy.pdf"), refused)

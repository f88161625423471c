"""Whole reports, compared with the ones kept in tests/golden/report.

``AUDITOR_UPDATE_GOLDEN=1 pytest tests/report`` writes them anew; read the difference before keeping it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from auditor.model import Language
from auditor.report import FORMATS
from tests.report.examples import EXAMPLES, installed

GOLDEN = Path(__file__).parents[1] / "golden" / "report"
PEOPLE = ("text", "html", "markdown")
TEXTS = tuple(name for name, one in FORMATS.items() if not one.binary)
"""A workbook is read back in test_xlsx.py: how its bytes are packed is its library's business."""
CASES = [
    *(("drifted", format_, language) for format_ in TEXTS for language in Language),
    *(("collected", format_, Language.ZH) for format_ in TEXTS),
    *(("packed", format_, Language.ZH) for format_ in TEXTS),
    *(("decided", format_, Language.EN) for format_ in TEXTS),
    *(("ios", format_, Language.EN) for format_ in TEXTS),
    *((name, format_, Language.ZH) for name in ("bare", "several", "none") for format_ in PEOPLE),
]
_STYLE = re.compile(r"<style>.*?</style>|<script>.*?</script>|sha256-[A-Za-z0-9+/=]+", re.DOTALL)
"""Style sheet and script have tests of their own; a change of colour should not touch every page here."""


@pytest.mark.parametrize(("name", "format_", "language"), CASES)
def test_report_is_the_one_kept(name, format_, language):
    if not installed(format_):
        pytest.skip("the extra `reports` is not installed")
    path = GOLDEN / f"{name}.{language.value}{FORMATS[format_].suffix}"
    report = FORMATS[format_].render(EXAMPLES[name], language)
    if format_ == "html":
        report = _STYLE.sub("", report)
    if os.environ.get("AUDITOR_UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(report.encode())
    assert report == path.read_bytes().decode()


def test_no_golden_report_is_left_over():
    kept = {path.name for path in GOLDEN.iterdir()}
    assert kept == {f"{name}.{language.value}{FORMATS[format_].suffix}" for name, format_, language in CASES}

"""The PDF: the page as it is printed, with its Chinese as text."""

from __future__ import annotations

import io
import logging
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest

from auditor.errors import OutputError
from auditor.model import Language
from auditor.report import FORMATS, pdf
from tests import factories as make
from tests.report.examples import hostile, packed


@pytest.fixture
def weasyprint():
    try:
        import weasyprint
    except (ImportError, OSError) as error:
        pytest.skip(f"needs WeasyPrint and Pango: {error}")
    return weasyprint


def text_of(document, tmp_path):
    if shutil.which("pdftotext") is None:
        pytest.skip("needs pdftotext (poppler-utils)")
    (tmp_path / "a.pdf").write_bytes(document)
    return subprocess.run(["pdftotext", "-layout", tmp_path / "a.pdf", "-"], capture_output=True, check=True).stdout.decode()


def test_it_holds_the_report_in_one_language_and_the_same_bytes_each_time(weasyprint, tmp_path):
    audit = packed()
    document = pdf.render([audit], Language.ZH)
    assert document.startswith(b"%PDF-")
    assert b"CreationDate" not in document
    assert pdf.render([audit], Language.ZH) == document
    pdfplumber = pytest.importorskip("pdfplumber", reason="needs pdfplumber")
    with pdfplumber.open(io.BytesIO(document)) as pages:
        assert {(round(float(one.width)), round(float(one.height))) for one in pages.pages} == {(595, 842)}  # A4
    text = text_of(document, tmp_path)
    assert "无法得出结论" in text
    assert "小店科技有限公司" in text
    assert "Inconclusive" not in text
    assert "导出决定文件" not in text


def test_a_hostile_value_fetches_nothing(weasyprint, tmp_path, caplog):
    audit = hostile()
    audit = replace(audit, identity=replace(audit.identity, label='</style><img src="file:///etc/hostname">'), findings=audit.findings[:2])
    with caplog.at_level(logging.DEBUG):
        text = text_of(pdf.render([audit], Language.EN), tmp_path)
    assert '</style><img src="file:///etc/hostname">' in " ".join(text.split())


def test_no_font_with_chinese_characters_is_said_before_any_work(weasyprint, monkeypatch, tmp_path):
    lister = tmp_path / "fc-list"
    lister.write_text("#!/bin/sh\nexit 0\n")
    lister.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OutputError, match="Chinese characters"):
        FORMATS["pdf"].check()


def test_without_pango_the_message_says_what_to_install(monkeypatch):
    class Broken:
        def find_spec(self, name, path=None, target=None):
            if name == "weasyprint":
                raise OSError("cannot load library 'libpango-1.0-0'\nmore")

    for name in [name for name in sys.modules if name.partition(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with pytest.raises(OutputError, match="libpango") as raised:
        pdf.check()
    assert "apt install" in str(raised.value)


def test_without_the_library_the_message_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(OutputError, match=r"auditor\[reports\]"):
        FORMATS["pdf"].check()


def test_it_is_written_by_the_command_line(weasyprint, tmp_path):
    assert FORMATS["pdf"].encoded([make.audit()], Language.EN).startswith(b"%PDF-")

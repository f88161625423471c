"""The workbook, read back by another library than the one that writes it."""

from __future__ import annotations

import io
import zipfile

import pytest

from auditor.model import Language
from auditor.report import FORMATS
from auditor.report.sheets import sheets
from tests import factories as make
from tests.report.examples import EXAMPLES, decided, drifted, hostile

openpyxl = pytest.importorskip("openpyxl", reason="the extra `reports` is not installed")
pytest.importorskip("xlsxwriter", reason="the extra `reports` is not installed")


def book(audits, language=Language.EN):
    return openpyxl.load_workbook(io.BytesIO(FORMATS["xlsx"].encoded(audits, language)))


@pytest.mark.parametrize("name", [*EXAMPLES, "hostile"])
@pytest.mark.parametrize("language", Language)
def test_every_cell_of_every_table_is_read_back(name, language):
    audits = [hostile()] if name == "hostile" else EXAMPLES[name]
    found = book(audits, language)
    expected = sheets(audits, language)
    assert found.sheetnames == [one.title[:31] for one in expected]
    for one, page in zip(expected, found.worksheets, strict=True):
        cells = [tuple(cell or "" for cell in row) for row in page.iter_rows(values_only=True)]
        assert cells == [one.heads, *one.rows]
        assert page.freeze_panes == "A2"
        assert (page.auto_filter.ref is not None) == bool(one.rows)


def test_the_sheets_are_in_the_order_a_reviewer_reads_them():
    assert book([drifted()], Language.ZH).sheetnames[:3] == ["概况", "问题与提示", "未能读取的内容"]
    heads = [cell.value for cell in next(book([drifted()], Language.ZH)["问题与提示"].iter_rows())]
    assert heads[:6] == ["序号", "应用", "运营者", "应用标识", "版本", "所涉问题"]


def test_nothing_is_a_formula_a_link_or_a_number():
    audit = make.audit(make.finding(subject="=1+1"), make.finding(subject="https://example.com/a"), make.finding(subject="0012"))
    content = FORMATS["xlsx"].encoded([audit], Language.EN)
    found = openpyxl.load_workbook(io.BytesIO(content))
    cells = [cell for page in found.worksheets for row in page.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert {"=1+1", "https://example.com/a", "0012"} <= {cell.value for cell in cells}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert not any(b"<f>" in archive.read(name) or b"<hyperlink" in archive.read(name) for name in archive.namelist())


def test_a_workbook_has_no_time_of_its_making():
    with zipfile.ZipFile(io.BytesIO(FORMATS["xlsx"].encoded([decided()], Language.ZH))) as archive:
        assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"2000-01-01T00:00:00Z" in archive.read("docProps/core.xml")

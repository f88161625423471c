"""The CSV report, read as a spreadsheet reads it."""

from __future__ import annotations

import csv
import io

import pytest

from auditor.model import Language, State, Table
from auditor.report import FORMATS
from auditor.report.csv import render
from tests import factories as make
from tests.report.examples import EXAMPLES, collected, decided, drifted, hostile, packed


def rows(audits, language=Language.EN):
    text = render(audits, language)
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))


def test_the_file_is_utf_8_with_a_mark_that_spreadsheets_know_it_by():
    assert FORMATS["csv"].encoded([drifted()], Language.ZH).startswith(b"\xef\xbb\xbf" + "类别,应用,运营者".encode())


def test_findings_stand_in_the_order_of_the_report_with_all_one_needs_to_act():
    found = [row for row in rows([drifted()]) if row["Section"] == "Findings"]
    assert [row["Rule"] for row in found] == [
        "undeclared-permission", "undeclared-sdk", "identity-mismatch", "declared-not-found", "identity-mismatch", "undeclared-permission",
    ]  # fmt: skip
    first = found[0]
    assert (first["App"], first["App id"], first["Version"]) == ("小店", "com.example.shop", "2.1.0 (210)")
    assert first["Issue"] == "A permission the build asks for is not declared"
    assert first["Subject"] == "android.permission.READ_SMS"
    assert first["State"] == "open"
    assert found[-1]["State"] == "accepted"
    assert first["Clauses"].split("; ")[1] == "Personal Information Protection Law, art. 17"
    assert "AndroidManifest.xml ! uses-permission" in first["Evidence"]
    assert "declarations/shop.yaml:10" in first["Where declared"]


def test_every_row_of_every_table_is_there_and_what_could_not_be_read():
    for name in ("drifted", "collected", "packed", "ios"):
        (audit,) = EXAMPLES[name]
        found = rows([audit])
        for table in Table:
            title = {"permissions": "Android permissions", "sdks": "Third-party SDKs", "data": "Personal data"}.get(table.value)
            if title:
                subjects = sorted(one["Subject"] for one in found if one["Section"] == title)
                assert sorted(one.subject for one in audit.table(table)) == subjects
    gaps = [one for one in rows([packed()]) if one["Section"] == "What could not be read"]
    assert [(one["Subject"], one["State"]) for one in gaps] == [
        ("classes.dex", "Affects: Third-party SDKs, Personal data"), ("res/drawable/a.9.png ! IDAT", ""),
    ]  # fmt: skip
    assert gaps[0]["Fingerprint"] == packed().gaps[0].fingerprint


def test_decisions_are_shown():
    found = {one["Subject"]: one for one in rows([decided()]) if one["Section"] == "Findings"}
    assert found["android.permission.READ_SMS"]["Decision"] == "accepted (李卫, until 2027-03-31): 2.4 版移除"
    assert found["bugly"]["Decision"].startswith("disputed, still counts at the gate (Zhang <Min>")


def test_an_sdk_has_supplier_version_and_the_link_to_its_policy():
    audit = make.audit(
        rows=[make.row(Table.SDKS, "bugly", State.UNDECLARED, sdk=make.sdk("bugly", version="4.1.9"))],
        suppliers=(make.supplier("bugly"),),
    )
    (row,) = [one for one in rows([audit]) if one["Section"] == "Third-party SDKs"]
    assert (row["Supplier"], row["SDK version"], row["Policy of the SDK"]) == ("Tencent", "4.1.9", "https://example.com/privacy")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", "＋", "－", "＠"])
def test_no_cell_is_a_formula(start):
    value = f"{start}cmd|' /C calc'!A0"
    found = [cell for one in rows([make.audit(make.finding(subject=value), gaps=[make.gap(value)])]) for cell in one.values()]
    assert f"'{value}" in found
    assert not [cell for cell in found if cell.startswith(start)]


def test_a_hostile_build_stays_in_its_cells():
    audits = [hostile(), collected()]
    assert {len(row) for row in rows(audits)} == {len(rows([])) + len(render([], Language.EN).split(","))}
    assert all(None not in row and None not in row.values() for row in rows(audits))

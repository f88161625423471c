"""Any file: told by content, decoded whatever it says of itself, refused in one line, and never a crash."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.errors import PolicyError
from auditor.policy.document import Document, DocumentKind, Grid, Heading, Line
from auditor.policy.read import MAX_TEXT_BYTES, read_document
from tests.forge.documents import Page, cell, paragraph, pdf, table, word
from tests.policy.read.outlines import Read, outline

CHINESE = "我们非常重视您的个人信息，本隐私政策说明我们如何收集和使用。\n手机号、设备信息。"
TRADITIONAL = "我們非常重視您的個人資料，本隱私權政策說明我們如何收集和使用。\n手機號碼、裝置資訊。"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (CHINESE.encode("utf-8"), "utf-8"),
        (CHINESE.encode("utf-8-sig"), "utf-8"),
        (CHINESE.encode("gb18030"), "gb18030"),
        (CHINESE.encode("utf-16"), "utf-16-le"),
        (b"\xfe\xff" + CHINESE.encode("utf-16-be"), "utf-16-be"),
        (CHINESE.encode("utf-16-le"), "utf-16-le"),
        (CHINESE.encode("utf-16-be"), "utf-16-be"),
        (TRADITIONAL.encode("big5"), "big5"),
        ("We don’t collect “personal” data — ever.".encode("cp1252"), "cp1252"),
    ],
)
def test_encodings_are_told_without_being_declared(read: Read, data: bytes, encoding: str) -> None:
    found = read(data)
    assert found.encoding == encoding
    assert outline(found)[0][2:].replace(" / ", "\n") in (CHINESE, TRADITIONAL, "We don’t collect “personal” data — ever.")
    assert found.gaps == ()


@pytest.mark.parametrize(
    ("declared", "written"),
    [("gb2312", "utf-8"), ("utf-8", "gb18030"), ("gb2312", "gb18030"), ("big5", "utf-8"), ("nonsense", "gb18030"), ("base64", "gb18030")],
)
def test_a_wrong_declaration_does_no_harm(read: Read, declared: str, written: str) -> None:
    found = read(f"<html><head><meta charset='{declared}'></head><p>{CHINESE}</p></html>".encode(written))
    assert found.encoding == written
    assert "手机号、设备信息。" in outline(found)[0]


def test_a_few_damaged_bytes_are_a_gap_and_no_other_encoding(read: Read) -> None:
    found = read((CHINESE * 20).encode().replace("号".encode(), b"\xe5\x8f", 1))
    assert found.encoding == "utf-8"
    assert [gap.reason.en.split(",")[0] for gap in found.gaps] == ["1 characters cannot be decoded as utf-8"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("<!doctype html>\n<p>a</p>", DocumentKind.HTML),
        ("<?xml version='1.0'?><!-- x --><html><p>a</p></html>", DocumentKind.HTML),
        ("页眉\n<html><body><p>a</p></body></html>", DocumentKind.HTML),
        ("<p>甲</p>\n<p>乙</p>", DocumentKind.HTML),
        ("<div align=center>\n\n# 标题\n\n</div>\n", DocumentKind.MARKDOWN),
        ("# 标题\n<table><tr><td>x</td></tr></table>", DocumentKind.MARKDOWN),
        ("说明\n\n名称|用途\n---|---\n甲|乙\n", DocumentKind.MARKDOWN),
        ("1\\. 我们收集的信息\n", DocumentKind.MARKDOWN),
        ("一、收集\n我们收集 <手机号> 与 #标签 及 2*3*4", DocumentKind.TEXT),
        ("<重要提示>请阅读", DocumentKind.TEXT),
    ],
)
def test_the_format_is_told_by_content(read: Read, text: str, kind: DocumentKind) -> None:
    assert read(text).kind is kind


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "policy is empty"),
        (b" \r\n\t\xef\xbb\xbf", "policy holds nothing but white space"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "policy is an image; give the text itself, or have the image read by OCR"),
        (b"\xff\xd8\xff\xe0" + bytes(40), "policy is an image"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "policy is an image"),
        (b"BM\x36\0\0\0\0\0", "policy is an image"),
        (b"{\\rtf1 text}", "policy is an RTF document"),
        (b"\x1f\x8b\x08" + bytes(20), "policy is a compressed file"),
        (b"\x7fELF" + bytes(20), "policy is a program"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "policy is a document of an old Office version"),
        (b"\xd0\xcf\x11\xe0" + bytes(60) + "EncryptedPackage".encode("utf-16-le"), "policy is protected by a password"),
        (b"From: <Saved by Blink>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n", "policy is a web archive"),
        (bytes(range(256)) * 8, "policy is no text and no kind of document known"),
        (b"a" * (MAX_TEXT_BYTES + 1), "policy is larger than 8 MB"),
        (b"***\n\n---\n", "policy holds no text"),
    ],
)
def test_what_is_no_document_is_one_clear_line(read: Read, data: bytes, says: str) -> None:
    with pytest.raises(PolicyError) as raised:
        read(data)
    assert str(raised.value).startswith(says)
    assert "\n" not in str(raised.value)


def test_words_that_begin_like_a_signature_are_text(read: Read) -> None:
    assert outline(read("BM公司与MZ公司的隐私政策说明。")) == ["1 BM公司与MZ公司的隐私政策说明。"]


def test_places_that_are_no_file_are_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, says in ((tmp_path, "is a directory"), (tmp_path / "none", "does not exist"), (pipe, "is no regular file")):
        with pytest.raises(PolicyError, match=says):
            read_document(path)
    with pytest.raises(PolicyError, match="is no path"):
        read_document(Path("a\0b"))


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate(65 << 20)
    with pytest.raises(PolicyError, match="is larger than 64 MB"):
        read_document(path)


def test_the_name_to_print_is_kept_and_made_printable(tmp_path: Path) -> None:
    path = tmp_path / "p"
    path.write_text("正文。", "utf-8")
    assert read_document(path, "docs/policy.txt").file == "docs/policy.txt"
    assert read_document(path, "a\nb").file == "a\\nb"
    assert read_document(path).sha256 == hashlib.sha256("正文。".encode()).hexdigest()


# -- laws -----------------------------------------------------------------------------------------------------------


def check(document: Document) -> None:
    """Hold a document to what its nouns promise."""

    def line(found: Line) -> None:
        assert found.text
        assert found.text == " ".join(found.text.split())
        assert found.line >= 1

    for block in document.blocks:
        if isinstance(block, Heading):
            line(block.line)
            assert block.level >= 1
        elif isinstance(block, Grid):
            assert len({len(row) for row in block.rows}) == 1
            for at, row in enumerate(block.rows):
                for column, place in enumerate(row):
                    assert place.origin[0] <= at
                    assert place.origin[1] <= column
                    assert block.rows[place.origin[0]][place.origin[1]].origin == place.origin
                    for one in place.lines:
                        line(one)
        else:
            assert block.lines
            for one in block.lines:
                line(one)
    assert document.blocks or document.gaps


def give(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    try:
        document = read_document(path, "policy")
    except PolicyError:
        return
    check(document)
    assert document == read_document(path, "policy")


MARKS = st.sampled_from(
    [*"|*_`[]()<>#=-~\\!&;:\t\n \r\u3000", "\n\n", "|\n", "---|---", "<table>", "</table>", "<tr>", "<td rowspan=3>", "<th>",
     "</td>", "<br>", "<p>", "<h2>", "<!--", "-->", "<ol><li>", "<div style='display:none'>", "```\n", "# ", "一、", "（二）",
     "1、", "1.2 ", "收集", "https://a.example/(x", "- ", "> ", "&#0;", "<html>", "<pre>", "<a href=x>", "+---+", "{", "\0"]
)  # fmt: skip
quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(data=st.binary(max_size=400))
def test_any_bytes_give_a_document_or_the_error(tmp_path: Path, data: bytes) -> None:
    give(tmp_path / "p", data)


@quick
@given(parts=st.lists(st.one_of(MARKS, st.text(max_size=4)), max_size=60), start=st.sampled_from(["", "<html>", "# t\n"]))
def test_any_marks_give_a_document_or_the_error(tmp_path: Path, parts: list[str], start: str) -> None:
    give(tmp_path / "p", (start + "".join(parts)).encode("utf-8", "replace"))


MARKUP = ["<w:p>", "</w:p>", "<w:tbl>", "</w:tbl>", "<w:tr>", "</w:tr>", "<w:tc>", "</w:tc>", "<w:sdt>", "</w:sdt>",
          paragraph("甲"), cell("乙", span=3), cell("丙", merge="continue")]  # fmt: skip
WORD = word(
    paragraph("标题", style="1", number=(1, 0)),
    table([cell("甲"), cell("乙", merge="restart")], [cell("丙"), cell(merge="continue")]),
)
PDF = pdf(
    Page().text(50, 60, "标题").box([50, 150, 250], [100, 120, 140]).text(55, 104, "甲").text(155, 104, "乙").text(55, 124, "丙")
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    whole=st.sampled_from([WORD, PDF]),
    damage=st.lists(st.tuples(st.integers(min_value=0, max_value=10_000), st.binary(max_size=6)), min_size=1, max_size=4),
    end=st.integers(min_value=0, max_value=10_000),
)
def test_damaged_word_files_and_pdfs_give_a_document_or_the_error(
    tmp_path: Path, whole: bytes, damage: list[tuple[int, bytes]], end: int
) -> None:
    data = bytearray(whole)
    for at, patch in damage:
        at %= len(data)
        data[at : at + len(patch)] = patch
    give(tmp_path / "p", bytes(data[: max(end % (2 * len(data)), 20)]))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.lists(st.sampled_from(MARKUP), max_size=12))
def test_any_word_markup_gives_a_document_or_the_error(tmp_path: Path, body: list[str]) -> None:
    give(tmp_path / "p", word(*body))

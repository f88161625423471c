"""PDFs of a few kilobytes that ask for gigabytes or for ever: each is given up at once, and what was not read is said."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from auditor.errors import PolicyError
from auditor.policy.read import read_document

pytest.importorskip("pdfplumber", reason="pdfplumber is not installed (the extra `policy`)")

_RANGE = b"begincmap 1 beginbfrange <00000000> <7fffffff> <0041> endbfrange endcmap"
_FORM = b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] "


def stream(content: bytes, about: bytes = b"") -> bytes:
    """Return a stream object."""
    return b"<< /Length %d %s>>\nstream\n%s\nendstream" % (len(content), about, content)


def drawing(inner: int) -> bytes:
    """Return a form that draws another one twice."""
    return stream(b"/X Do /X Do", _FORM + b"/Resources << /XObject << /X %d 0 R >> >> " % inner)


def document(objects: Mapping[int, bytes]) -> bytes:
    """Return a PDF of one page without a table of its objects; ``objects`` replace some of it."""
    found = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Count 1 /Kids [8 0 R] >>",
        3: b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [4 0 R]"
        b" /ToUnicode 9 0 R >>",
        4: b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /FontDescriptor 5 0 R /DW 1000 /W 6 0 R"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 0 >> >>",
        5: b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /Ascent 880 /Descent -120 /FontBBox [-25 -254 1000 880] >>",
        6: b"[1 95 500]",
        7: stream(b"BT /F1 10 Tf 50 700 Td <96909D50653F7B56> Tj ET /X Do"),
        8: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 7 0 R"
        b" /Resources << /Font << /F1 3 0 R >> /XObject << /X 10 0 R >> >> >>",
        9: stream(b"begincmap 4 beginbfchar <1> <9690> endbfchar endcmap"),
        10: stream(b"", _FORM),
        **objects,
    }
    return b"%PDF-1.4\n" + b"".join(b"%d 0 obj\n%s\nendobj\n" % one for one in found.items()) + b"trailer << /Root 1 0 R >>\n%%EOF\n"


def read(tmp_path: Path, objects: Mapping[int, bytes]) -> tuple[int, list[str]]:
    """Return how many blocks are read, and what is said of the rest."""
    path = tmp_path / "policy.pdf"
    path.write_bytes(document(objects))
    found = read_document(path)
    return len(found.blocks), [gap.reason.en for gap in found.gaps]


def test_the_page_itself_is_sound(tmp_path: Path) -> None:
    blocks, reasons = read(tmp_path, {})
    assert (blocks, [reason for reason in reasons if "damaged" in reason]) == (1, [])


@pytest.mark.parametrize(
    "objects",
    [
        {6: b"[1 400000000 500]"},
        {6: b"[" + b"0 65535 500 " * 20 + b"]"},
        {9: stream(_RANGE)},
        {9: stream(_RANGE.replace(b"bfrange", b"cidrange").replace(b"<0041>", b"0"))},
        {10: drawing(11), **{number: drawing(number + 1) for number in range(11, 50)}},
        {7: stream(b"q " * 300_000)},
        {7: stream(b"\x81 " * (2 << 20), b"/Filter /RunLengthDecode ")},
        {7: stream(b"z" * (3 << 20) + b"~>", b"/Filter /ASCII85Decode ")},
        {7: stream(b"00 " * (1 << 20), b"/Filter /ASCIIHexDecode ")},
        {7: stream(zlib.compress(bytes(20 << 20)), b"/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 1 >> ")},
        {7: stream(b"00", b"/Filter [" + b"/ASCIIHexDecode " * 3_000 + b"/FlateDecode] ")},
    ],
    ids=[
        *("widths-without-end", "widths-again-and-again", "character-map", "character-map-of-cids", "forms-that-double"),
        *("operators-without-end", "run-lengths", "ascii85", "hex", "predictor", "filters-upon-filters"),
    ],
)
def test_a_page_that_asks_for_too_much_is_given_up(tmp_path: Path, objects: Mapping[int, bytes]) -> None:
    blocks, reasons = read(tmp_path, objects)
    assert (blocks, [reason for reason in reasons if "page 1 is damaged or holds too much" in reason]) == (0, reasons)


@pytest.mark.parametrize(
    "objects",
    [
        {2: b"<< /Type /Pages /Count 1 /Kids [2 0 R 8 0 R 2 0 R] >>"},
        {10: stream(b"/X Do", _FORM + b"/Resources << /XObject << /X 10 0 R >> >> ")},
        {1: b"<< /Type /Catalog /Pages 2 0 R /Outlines 30 0 R >>", 30: b"<< /First 30 0 R /Last 30 0 R /Next 30 0 R >>"},
        {2: b"<< /Type /Pages /Count 1 /Kids [8 0 R] /A " + b"[" * 20_000 + b"]" * 20_000 + b" >>"},
    ],
    ids=["pages-in-a-circle", "a-form-that-draws-itself", "outlines-in-a-circle", "arrays-inside-arrays"],
)
def test_what_goes_in_a_circle_is_read_once(tmp_path: Path, objects: Mapping[int, bytes]) -> None:
    blocks, reasons = read(tmp_path, objects)
    assert (blocks, [reason for reason in reasons if "damaged" in reason]) == (1, [])


def test_an_object_that_refers_to_itself_ends(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="damaged PDF"):
        read(tmp_path, {7: b"7 0 R"})


def test_the_library_is_as_it_was_afterwards(tmp_path: Path) -> None:
    from pdfminer import cmapdb, pdffont, pdfinterp, pdftypes

    places = (pdftypes.PDFObjRef, cmapdb.FileUnicodeMap, pdfinterp.PDFContentParser, pdfinterp.PDFPageInterpreter, pdffont, pdftypes)
    before = [dict(vars(place)) for place in places]
    read(tmp_path, {6: b"[1 400000000 500]"})
    assert [dict(vars(place)) for place in places] == before

"""Policy documents made from a recipe: Word files and PDFs, written part by part so that every oddity can be planted."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_TYPES = """<?xml version="1.0" encoding="UTF-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/word/document.xml"
 ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>
<Override PartName="/word/styles.xml"
 ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/>
<Override PartName="/word/numbering.xml"
 ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml"/>
</Types>"""
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STYLES = f"""<w:styles {_W}>
<w:style w:type="paragraph" w:styleId="a"><w:name w:val="Normal"/></w:style>
<w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/><w:basedOn w:val="a"/></w:style>
<w:style w:type="paragraph" w:styleId="2"><w:name w:val="heading 2"/><w:basedOn w:val="a"/></w:style>
<w:style w:type="paragraph" w:styleId="mine"><w:name w:val="条款标题"/><w:basedOn w:val="2"/></w:style>
<w:style w:type="paragraph" w:styleId="toc"><w:name w:val="toc 1"/><w:basedOn w:val="a"/></w:style>
</w:styles>"""
_NUMBERING = f"""<w:numbering {_W}>
<w:abstractNum w:abstractNumId="0">
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:isLgl/><w:lvlText w:val="%1.%2"/></w:lvl>
</w:abstractNum>
<w:abstractNum w:abstractNumId="1">
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:lvlText w:val="·"/></w:lvl>
</w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>
<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>
</w:numbering>"""


def run(text: str, properties: str = "") -> str:
    """Return one run; ``\\n`` in the text becomes a line break."""
    body = "<w:br/>".join(f'<w:t xml:space="preserve">{escape(part)}</w:t>' for part in text.split("\n"))
    return f"<w:r><w:rPr>{properties}</w:rPr>{body}</w:r>"


def paragraph(text: str = "", *, style: str = "", number: tuple[int, int] | None = None, inside: str = "") -> str:
    """Return one paragraph: of plain text, or of the runs in ``inside``."""
    numbered = f'<w:numPr><w:ilvl w:val="{number[1]}"/><w:numId w:val="{number[0]}"/></w:numPr>' if number else ""
    styled = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{styled}{numbered}</w:pPr>{inside or run(text)}</w:p>"


def cell(text: str = "", *, span: int = 1, merge: str = "", inside: str = "") -> str:
    """Return one table cell; ``merge`` is ``restart`` or ``continue`` for a vertical merge."""
    wide = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    high = f'<w:vMerge w:val="{merge}"/>' if merge else ""
    return f"<w:tc><w:tcPr>{wide}{high}</w:tcPr>{inside or paragraph(text)}</w:tc>"


def table(*rows: list[str]) -> str:
    """Return a table of rows of cells."""
    return "<w:tbl>" + "".join("<w:tr>" + "".join(row) + "</w:tr>" for row in rows) + "</w:tbl>"


def word(*body: str, links: dict[str, str] | None = None, prolog: str = "", extra: dict[str, bytes] | None = None) -> bytes:
    """Return a Word file with the given body; ``links`` maps relation ids to addresses, ``prolog`` precedes the root."""
    document = f"{prolog}<w:document {_W} {_R}><w:body>{''.join(body)}</w:body></w:document>"
    related = "".join(
        f'<Relationship Id="{id_}" Type="{_RELATIONS}/hyperlink" Target="{escape(url)}" TargetMode="External"/>'
        for id_, url in (links or {}).items()
    )
    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rs" Type="{_RELATIONS}/styles" Target="styles.xml"/>'
        f'<Relationship Id="rn" Type="{_RELATIONS}/numbering" Target="numbering.xml"/>{related}</Relationships>',
        "word/document.xml": document,
        "word/styles.xml": _STYLES,
        "word/numbering.xml": _NUMBERING,
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name), text.encode(), zipfile.ZIP_DEFLATED)
        for name, data in (extra or {}).items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return file.getvalue()


@dataclass
class Page:
    """One page of a PDF, 595 by 842 points; places are counted from the top left corner."""

    operations: list[str] = field(default_factory=list)
    links: list[tuple[float, float, float, float, str]] = field(default_factory=list)

    def text(self, left: float, top: float, text: str, size: float = 10) -> Page:
        """Print text: Chinese characters are ``size`` wide, ASCII ones half of that."""
        codes = text.encode("utf-16-be").hex()
        self.operations.append(f"BT /F1 {size} Tf {left} {842 - top - size * 0.88:.2f} Td <{codes}> Tj ET")
        return self

    def rule(self, left: float, top: float, right: float, bottom: float) -> Page:
        """Draw a line."""
        self.operations.append(f"{left} {842 - top} m {right} {842 - bottom} l S")
        return self

    def box(self, lefts: list[float], tops: list[float]) -> Page:
        """Draw the ruling lines of a table."""
        for left in lefts:
            self.rule(left, tops[0], left, tops[-1])
        for top in tops:
            self.rule(lefts[0], top, lefts[-1], top)
        return self

    def picture(self) -> Page:
        """Draw a picture over the whole page."""
        self.operations.append("q 595 0 0 842 0 0 cm /Im1 Do Q")
        return self

    def link(self, left: float, top: float, right: float, bottom: float, address: str) -> Page:
        """Make an area a link."""
        self.links.append((left, 842 - bottom, right, 842 - top, address))
        return self


def pdf(*pages: Page) -> bytes:
    """Return a PDF of the given pages (ISO 32000-1), with a font that is named and not embedded."""
    objects: list[bytes] = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"",
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [4 0 R] >>",
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /FontDescriptor 5 0 R /DW 1000 /W [1 95 500 814 939 500]"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 0 >> >>",
        b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /Ascent 880 /Descent -120 /CapHeight 700 /StemV 80"
        b" /ItalicAngle 0 /FontBBox [-25 -254 1000 880] >>",
        b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>\n"
        b"stream\n\x80\nendstream",
    ]
    kids = []
    for page in pages:
        content = "\n".join(page.operations).encode()
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
        annotations = b"".join(
            b"<< /Type /Annot /Subtype /Link /Rect [%f %f %f %f] /A << /S /URI /URI (%s) >> >>" % (*place[:4], place[4].encode())
            for place in page.links
        )
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R /Annots [%s]"
            b" /Resources << /Font << /F1 3 0 R >> /XObject << /Im1 6 0 R >> >> >>" % (len(objects), annotations)
        )
        kids.append(len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(b"%d 0 R" % kid for kid in kids))
    data = b"%PDF-1.4\n"
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    data += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return data

"""Policy documents read: the format is told by content, and every format gives the same blocks."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from pathlib import Path

from auditor.errors import PolicyError
from auditor.model import Gap, Location, Table, Text
from auditor.policy.document import Block, Document, DocumentKind, Grid, Heading, Line, Paragraph
from auditor.policy.numbering import number_of, with_headings
from auditor.policy.read.decoding import decode, is_binary
from auditor.policy.read.html import read_html
from auditor.policy.read.markdown import looks_like_markdown, read_markdown
from auditor.policy.read.plain import read_plain

__all__ = ["MAX_BYTES", "MAX_TEXT_BYTES", "read_document"]

MAX_BYTES = 64 << 20
"""Size of the largest PDF or Word file read, in bytes; they may hold pictures."""
MAX_TEXT_BYTES = 8 << 20
"""Size of the largest HTML, Markdown or text file read, in bytes: twenty times the longest policy seen."""

_HTML_START = re.compile(r"<(?:!doctype\s+html|html|head|body|meta)(?=[\s>])", re.IGNORECASE)
_HTML_ANYWHERE = re.compile(r"<(?:html|body)(?=[\s>])", re.IGNORECASE)
_TAG_START = re.compile(r"\s*</?[a-zA-Z][a-zA-Z0-9]*(?:\s[^<>]*)?/?>")
_MARKDOWN_LINE = re.compile(r"^(?: {0,3}#{1,6} +\S|[ \t]*\|.+\|[ \t]*$|[ \t]*[-*+] +\S|[ \t]*```|\*\*\S)", re.MULTILINE)
_CODE = re.compile(r"<(/?)(?:script|style)\b", re.IGNORECASE)
_TITLE = re.compile(r"隐私|个人信息|清单|权限|协议|privacy|permission|SDK", re.IGNORECASE)
_GENERIC = frozenset(["隐私政策", "隐私权政策", "隐私协议", "用户隐私政策", "隐私声明", "privacy policy"])

_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89PNG\r\n", "is an image", "give the text itself, or have the image read by OCR first"),
    (b"\xff\xd8\xff", "is an image", "give the text itself, or have the image read by OCR first"),
    (b"GIF8", "is an image", "give the text itself, or have the image read by OCR first"),
    (b"II*\0", "is an image", "give the text itself, or have the image read by OCR first"),
    (b"MM\0*", "is an image", "give the text itself, or have the image read by OCR first"),
    (b"BM", "is an image", "give the text itself, or have the image read by OCR first"),
    (b"{\\rtf", "is an RTF document, which is not read", "save it as .docx or as a web page"),
    (b"\x1f\x8b", "is a compressed file", "unpack it first"),
    (b"Rar!", "is an archive", "unpack it first and give the document inside"),
    (b"7z\xbc\xaf", "is an archive", "unpack it first and give the document inside"),
    (b"\x7fELF", "is a program, no document", "give the policy's text, HTML, Markdown, DOCX or PDF"),
    (b"MZ", "is a program, no document", "give the policy's text, HTML, Markdown, DOCX or PDF"),
)


def read_document(path: Path, shown_as: str | None = None) -> Document:
    """Read a policy document: HTML, Markdown, plain text, DOCX or PDF, told by content and not by suffix.

    ``shown_as`` is the name to print (the path, unless given). Raises PolicyError where the file is missing, empty, too
    large, password-protected or no document at all, and where reading it takes an extra that is not installed; what
    can be read in part gives a Document with gaps.
    """
    shown = shown_as or str(path)
    printable = shown if shown.isprintable() else shown.encode("unicode_escape", "backslashreplace").decode("ascii")
    data = _bytes(path, printable)
    sha256 = hashlib.sha256(data).hexdigest()
    if b"%PDF-" in data[:1024]:
        from auditor.policy.read.pdf import read_pdf

        found = read_pdf(data, printable)
        return _document(printable, sha256, DocumentKind.PDF, found.blocks, list(found.gaps), title=found.title)
    if data[:4] == b"PK\x03\x04":
        from auditor.policy.read.docx import read_docx

        word = read_docx(data, printable)
        return _document(printable, sha256, DocumentKind.DOCX, word.blocks, list(word.gaps), title=word.title)
    _refuse(data, printable)
    if len(data) > MAX_TEXT_BYTES:
        raise PolicyError(
            f"{printable} is larger than {MAX_TEXT_BYTES >> 20} MB, more than any policy's text takes", "give the policy alone"
        )
    return _text_document(data, printable, sha256)


def _text_document(data: bytes, shown: str, sha256: str) -> Document:
    decoded = decode(data)
    text = decoded.text
    if not text.strip("\ufeff\0 \t\r\n\u3000"):
        raise PolicyError(f"{shown} holds nothing but white space", "give the policy's text")
    if is_binary(text):
        raise PolicyError(
            f"{shown} is no text and no kind of document known", "give the policy as HTML, Markdown, text, DOCX or PDF"
        )
    gaps = []
    if decoded.lost:
        gaps.append(
            _gap(
                shown,
                Text(
                    zh=f"有 {decoded.lost} 个字符无法按 {decoded.encoding} 解码，内容可能不完整；请另存为 UTF-8 后重试",
                    en=f"{decoded.lost} characters cannot be decoded as {decoded.encoding}, so words may be missing;"
                    " save it as UTF-8 and try again",
                ),
            )
        )
    kind = _kind(text)
    title = ""
    blocks: list[Block]
    if kind is DocumentKind.HTML:
        page = read_html(text)
        blocks, title = page.blocks, page.title
        if page.cut:
            gaps.append(_cut(shown))
        if not blocks:
            gaps.append(_gap(shown, _HOLLOW[page.hollow]))
    elif kind is DocumentKind.MARKDOWN:
        markdown = read_markdown(text)
        blocks, title = markdown.blocks, markdown.title
        if markdown.cut:
            gaps.append(_cut(shown))
    else:
        blocks = read_plain(text)
    if not blocks and not gaps:
        raise PolicyError(f"{shown} holds no text", "give the policy's text")
    return _document(shown, sha256, kind, blocks, gaps, title=title, encoding=decoded.encoding)


_HOLLOW = {
    "": Text(zh="网页中没有文字；请提供含正文的文件", en="the page holds no text; give a file that holds the policy itself"),
    "script": Text(
        zh="网页正文由脚本加载，文件中没有文字；请在浏览器中打开后另存完整网页，或复制正文保存为文本",
        en="the page loads its text by script and holds none itself; open it in a browser and save what it shows",
    ),
    "frame": Text(
        zh="正文在框架页（iframe）中，此文件没有文字；请提供框架所指向的页面",
        en="the text stands in a frame and not in this file; give the page the frame shows",
    ),
    "image": Text(
        zh="网页正文为图片，没有文字；请提供文字版，或先做文字识别（OCR）",
        en="the page shows its text as images; give the text itself, or have it read by OCR first",
    ),
}


def _cut(shown: str) -> Gap:
    return _gap(
        shown,
        Text(
            zh="嵌套过深或表格过大，部分内容未读取；请提供正常保存的文档",
            en="nested too deep or with too large a table, so part of it was not read; give the document as it was published",
        ),
    )


def _gap(shown: str, reason: Text) -> Gap:
    return Gap(location=Location(file=shown), reason=reason, hides=frozenset(Table))


def _bytes(path: Path, shown: str) -> bytes:
    hint = "give the policy as HTML, Markdown, text, DOCX or PDF"
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise PolicyError(f"{shown} is a directory", hint)
        # opening a pipe would wait for its writer, a device has no end
        if not stat.S_ISREG(mode):
            raise PolicyError(f"{shown} is no regular file", hint)
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_BYTES:
                raise PolicyError(f"{shown} is larger than {MAX_BYTES >> 20} MB", "give the policy alone, without what surrounds it")
            data = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise PolicyError(f"{shown} does not exist", "check the path") from None
    except PermissionError:
        raise PolicyError(f"{shown} may not be read", "check the file's permissions") from None
    except OSError as error:
        raise PolicyError(f"{shown} cannot be read ({error.strerror})", "check the path") from None
    except ValueError:
        raise PolicyError(f"{shown} is no path", "check the path") from None
    if not data:
        raise PolicyError(f"{shown} is empty", "the download or copy may have failed; get the file again")
    return data


def _refuse(data: bytes, shown: str) -> None:
    """Raise PolicyError for a format known by its first bytes that no reader here reads."""
    for magic, what, hint in _SIGNATURES:
        if data.startswith(magic) and (len(magic) > 2 or b"\0" in data[:64]):
            raise PolicyError(f"{shown} {what}", hint)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        raise PolicyError(f"{shown} is an image", "give the text itself, or have the image read by OCR first")
    if b"multipart/related" in data[:1000] and b"MIME-Version:" in data[:1000]:
        raise PolicyError(f"{shown} is a web archive (.mht), which is not read", "open it in a browser and save it as HTML")
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise PolicyError(f"{shown} is protected by a password", "save it without one")
        raise PolicyError(f"{shown} is a document of an old Office version (.doc)", "save it as .docx or as a web page")


def _kind(text: str) -> DocumentKind:
    """Tell HTML, Markdown and plain text apart by what is in them."""
    if _HTML_START.match(text, _after_comments(text)):
        return DocumentKind.HTML
    markdown = looks_like_markdown(text)
    if _TAG_START.match(text) is not None:
        if _HTML_ANYWHERE.search(text) or not _MARKDOWN_LINE.search(_without_code(text)):
            return DocumentKind.HTML
    elif _HTML_ANYWHERE.search(text[:2000]) and "</" in text:
        return DocumentKind.HTML
    return DocumentKind.MARKDOWN if markdown else DocumentKind.TEXT


def _after_comments(text: str) -> int:
    """Return where a text starts after white space, comments and an XML declaration."""
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        closing = "-->" if text.startswith("<!--", at) else "?>" if text.startswith("<?", at) else ""
        end = text.find(closing, at) if closing else -1
        if end < 0:
            return at
        at = end + len(closing)


def _without_code(text: str) -> str:
    """Return an HTML text without its scripts and style sheets."""
    kept: list[str] = []
    start, inside = 0, False
    for match in _CODE.finditer(text):
        if inside == bool(match[1]):
            if not inside:
                kept.append(text[start : match.start()])
            start, inside = match.end(), not inside
    return "".join([*kept, "" if inside else text[start:]])


def _document(
    shown: str, sha256: str, kind: DocumentKind, blocks: list[Block], gaps: list[Gap], *, title: str, encoding: str = ""
) -> Document:
    whole = with_headings(blocks)
    return Document(
        file=shown,
        sha256=sha256,
        kind=kind,
        blocks=whole,
        gaps=tuple(gaps),
        title=title or _title(whole),
        encoding=encoding,
        links=_links(whole),
    )


def _lines(block: Block) -> tuple[Line, ...]:
    if isinstance(block, Heading):
        return (block.line,)
    if isinstance(block, Paragraph):
        return block.lines
    return tuple(
        line
        for at, row in enumerate(block.rows)
        for column, cell in enumerate(row)
        if cell.origin == (at, column)
        for line in cell.lines
    )


def _title(blocks: tuple[Block, ...]) -> str:
    """Return the line near the start that reads like the document's title."""
    first = [line.text for block in blocks[:8] if not isinstance(block, Grid) for line in _lines(block)][:10]
    titles = [
        text.strip("《》#* ")
        for text in first
        if len(text) <= 60 and _TITLE.search(text) and text[-1] not in "。；，：:" and number_of(text) is None
    ]
    telling = [text for text in titles if text.lower() not in _GENERIC]
    return next(iter([*telling[:1], *titles]), "")


def _links(blocks: tuple[Block, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((line.text, link) for block in blocks for line in _lines(block) for link in line.links)

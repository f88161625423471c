"""Inputs made to bring a reader down, by target and cause: cycles, bombs, depths, counts that lie. Fuzzing starts from the small ones."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.forge.archive import DEFLATED, Entry, write_zip

if TYPE_CHECKING:
    from tests.forge.axml import Element

__all__ = ["HOSTILE"]

_DEEP = 20_000
_MOST = 0xFFFFFFFF


def _binary_plist(*objects: bytes, count: int | None = None, width: int = 1, top: int = 0) -> bytes:
    """Return a binary property list of encoded objects; the trailer claims ``count`` of them."""
    body, offsets = b"bplist00", []
    for one in objects:
        offsets.append(len(body))
        body += one
    table = b"".join(at.to_bytes(2, "big") for at in offsets)
    claimed = len(objects) if count is None else count
    return body + table + struct.pack(">6xBBQQQ", 2, width, claimed, top, len(body))


def _xml(inside: str, head: str = "") -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>{head}<plist version="1.0">{inside}</plist>'.encode()


_BOMB = "".join(f'<!ENTITY e{at} "{f"&e{at - 1};" * 10}">' for at in range(1, 10))
_ENTITIES = f'<!DOCTYPE x [<!ENTITY e0 "aaaaaaaaaa">{_BOMB}]>'
_OUTSIDE = '<!DOCTYPE x [<!ENTITY e9 SYSTEM "file:///dev/zero">]>'


def _plist() -> dict[str, bytes]:
    return {
        "array-in-itself": _binary_plist(b"\xa1\x00"),
        "dictionary-in-itself": _binary_plist(b"\xd1\x01\x00", b"\x51a"),
        "two-arrays-in-each-other": _binary_plist(b"\xa2\x01\x01", b"\xa2\x00\x00"),
        "arrays-that-double": _binary_plist(*(b"\xa2" + bytes([at + 1, at + 1]) for at in range(60)), b"\x51a"),
        "array-as-a-key": _binary_plist(b"\xd1\x01\x01", b"\xa1\x02", b"\x51a"),
        "count-beyond-the-file": _binary_plist(b"\x51a", count=1 << 60),
        "length-beyond-the-file": _binary_plist(b"\x5f\x13" + (1 << 62).to_bytes(8, "big") + b"a"),
        "top-beyond-the-table": _binary_plist(b"\x51a", top=1 << 40),
        "integer-of-a-gigabyte": _binary_plist(b"\x1f" + bytes(8)),
        "date-beyond-time": _binary_plist(b"\x33" + struct.pack(">d", 1e300)),
        "date-not-a-number": _binary_plist(b"\x33\x7f\xf8" + bytes(6)),
        "deep-xml": _xml("<array>" * _DEEP + "</array>" * _DEEP),
        "deep-xml-cut": _xml("<array>" * _DEEP),
        "deep-old-style": b"(" * _DEEP + b")" * _DEEP,
        "deep-old-style-dictionaries": b"{a=" * _DEEP,
        "entity-bomb": _xml("<string>&e9;</string>", _ENTITIES),
        "entity-from-outside": _xml("<string>&e9;</string>", _OUTSIDE),
        "integer-of-many-digits": _xml(f"<integer>{'9' * 100_000}</integer>"),
        "date-of-no-calendar": _xml("<date>9999-99-99T99:99:99Z</date>"),
        "uid-alone": _binary_plist(b"\x80\x00"),
    }


def _axml() -> dict[str, bytes]:
    from tests.forge.apk import manifest
    from tests.forge.axml import Element, write_axml

    deep = Element("a", {})
    for _ in range(2_000):
        deep = Element("a", {}, (deep,))
    sound = write_axml(manifest(package="com.example.app", permissions=["CAMERA"]))

    def at(where: int, value: int) -> bytes:
        return sound[:where] + struct.pack("<I", value) + sound[where + 4 :]

    return {
        "deep": write_axml(_under_manifest(deep)),
        "chunk-without-a-size": at(8 + 4, 0),
        "chunk-beyond-the-file": at(8 + 4, _MOST),
        "strings-without-end": at(8 + 8, _MOST),
        "styles-without-end": at(8 + 12, _MOST),
        "strings-before-the-pool": at(8 + 20, 0),
        "strings-behind-the-file": at(8 + 20, 0x7FFFFFFF),
        "size-of-the-whole-lies": at(4, 8),
        "header-alone": sound[:8],
        "closed-before-it-is-open": _closed_first(sound),
    }


def _under_manifest(inside: Element) -> Element:
    from tests.forge.axml import Element

    return Element("manifest", {"package": "com.example.app"}, (inside,))


def _closed_first(sound: bytes) -> bytes:
    """Turn the first start of an element into an end."""
    at = sound.index(b"\x02\x01\x10\x00")
    return sound[:at] + b"\x03\x01" + sound[at + 2 :]


def _arsc() -> dict[str, bytes]:
    from tests.forge.arsc import Resource, write_arsc
    from tests.forge.axml import Reference

    ring = [
        Resource("string", "app_name", {"": Reference(0x7F010001)}),
        Resource("string", "other", {"": Reference(0x7F010000)}),
    ]
    sound = write_arsc("com.example.app", [Resource("string", "app_name", {"": "Example"})])
    return {
        "refers-to-itself": write_arsc("com.example.app", [Resource("string", "app_name", {"": Reference(0x7F010000)})]),
        "refer-to-each-other": write_arsc("com.example.app", ring),
        "packages-without-end": sound[:8] + struct.pack("<I", _MOST) + sound[12:],
        "strings-without-end": sound[:20] + struct.pack("<I", _MOST) + sound[24:],
    }


def _dex() -> dict[str, bytes]:
    from tests.forge.dex import Class, Method, write_dex

    ring = [Class(name="a.A", superclass="a.B"), Class(name="a.B", superclass="a.A")]
    sound = write_dex([Class(name="a.A", methods=[Method(name="m()V", calls=["a.A.m()V"])])])
    found = {"classes-that-inherit-from-each-other": _ring(ring), "inherits-from-itself": _ring([Class(name="a.A", superclass="a.A")])}
    tables = ("strings", "types", "protos", "fields", "methods", "classes")
    for number, table in enumerate(tables):
        for what, value in (("beyond-the-file", _MOST), ("at-the-end", len(sound) - 1)):
            place = 0x38 + 8 * number + 4
            found[f"{table}-{what}"] = sound[:place] + struct.pack("<I", value) + sound[place + 4 :]
        place = 0x38 + 8 * number
        found[f"{table}-without-end"] = sound[:place] + struct.pack("<I", _MOST) + sound[place + 4 :]
    return found


def _ring(classes: list) -> bytes:  # type: ignore[type-arg]
    """Write classes that inherit from each other, which the forge itself puts in no order."""
    from tests.forge.dex import Class, write_dex

    data = bytearray(write_dex([Class(name=one.name) for one in classes]))
    (number, table) = struct.unpack_from("<II", data, 0x60)
    types = [struct.unpack_from("<I", data, table + 32 * at)[0] for at in range(number)]
    for at in range(number):
        struct.pack_into("<I", data, table + 32 * at + 8, types[(at + 1) % number])
    return bytes(data)


def _macho() -> dict[str, bytes]:
    from tests.forge.macho import write_fat, write_macho

    sound = write_macho(classes=["A"])
    fat = write_fat({"arm64": sound})
    (commands,) = struct.unpack_from("<I", sound, 16)
    return {
        "commands-without-end": sound[:16] + struct.pack("<I", _MOST) + sound[20:],
        "command-without-a-size": sound[:36] + struct.pack("<I", 0) + sound[40:],
        "command-beyond-the-file": sound[:36] + struct.pack("<I", _MOST) + sound[40:],
        "command-across-the-next": sound[:36] + struct.pack("<I", 12) + sound[40:],
        "commands-cut": sound[: 32 + 8 * (commands // 2)],
        "fat-in-itself": fat[:16] + struct.pack(">II", 0, len(fat)) + fat[24:],
        "slices-over-each-other": fat[:4] + struct.pack(">I", 30) + fat[8:28] * 30 + fat[28:],
        "slice-beyond-the-file": fat[:16] + struct.pack(">I", _MOST) + fat[20:],
        "slices-without-end": fat[:4] + struct.pack(">I", 44) + fat[8:],
        "header-alone": sound[:32],
    }


def _classfile() -> dict[str, bytes]:
    head = b"\xca\xfe\xba\xbe\0\0\0\x34"
    return {
        "name-that-is-itself": head + struct.pack(">HBH", 2, 7, 1) + struct.pack(">HHHHHHH", 1, 1, 1, 0, 0, 0, 0),
        "pool-beyond-the-file": head + b"\xff\xff",
        "text-beyond-the-file": head + b"\0\2\1\xff\xff",
        "fields-without-end": head + b"\0\2\1\0\1a" + struct.pack(">HHHHH", 1, 0, 0, 0, 0xFFFF),
    }


def _protobuf() -> dict[str, bytes]:
    def varint(value: int) -> bytes:
        out = bytearray()
        while value > 0x7F:
            out.append(value & 0x7F | 0x80)
            value >>= 7
        return bytes([*out, value])

    deep = b""
    for _ in range(3_000):
        deep = b"\x0a" + varint(len(deep)) + deep
    element = b""
    for _ in range(2_000):
        inner = b"\x2a" + varint(len(element)) + element if element else b""
        element = b"\x0a" + varint(len(inner) + 3) + b"\x1a\x01a" + inner
    return {
        "deep": deep,
        "deep-elements": element,
        "number-without-end": b"\x08" + b"\xff" * 1000,
        "length-beyond-the-file": b"\x0a" + varint(1 << 62) + b"a",
        "groups": b"\x0b" * 1000,
    }


def _cms() -> dict[str, bytes]:
    deep = b""
    for _ in range(3_000):
        length = len(deep)
        deep = b"\x30\x84" + length.to_bytes(4, "big") + deep
    return {
        "deep": deep,
        "deep-without-lengths": b"\x30\x80" * 3_000,
        "length-beyond-the-file": b"\x30\x88" + b"\xff" * 8,
        "tag-without-end": b"\x1f" + b"\xff" * 1000,
        "identifier-without-end": b"\x30\x82\x03\xec\x06\x82\x03\xe8" + b"\xff" * 1000,
    }


def _signing_block() -> dict[str, bytes]:
    magic = b"APK Sig Block 42"

    def block(pairs: bytes, size: int | None = None) -> bytes:
        length = struct.pack("<Q", len(pairs) + 24 if size is None else size)
        return length + pairs + length + magic

    return {
        "empty": block(b""),
        "size-of-nothing": block(b"", 0),
        "size-beyond-the-file": block(b"", 1 << 63),
        "pair-of-nothing": block(struct.pack("<Q", 0)),
        "pair-beyond-the-block": block(struct.pack("<QI", 1 << 40, 0x7109871A)),
        "signers-beyond-the-pair": block(struct.pack("<QII", 8, 0x7109871A, _MOST)),
        "many-pairs": block(struct.pack("<QI", 4, 0x7109871A) * 5_000),
    }


def _hermes() -> dict[str, bytes]:
    from tests.forge.hermes import write_hermes

    sound = write_hermes(["a", "b"])
    found = {}
    for at in range(32, min(128, len(sound) - 4), 4):
        found[f"count-at-{at}"] = sound[:at] + struct.pack("<I", _MOST) + sound[at + 4 :]
    return found


def _html() -> dict[str, bytes]:
    head = "<html><body><h1>隐私政策</h1>"
    cells = '<td colspan="65534" rowspan="65534">SDK</td>'
    return {
        name: (head + body).encode()
        for name, body in {
            "deep": "<div>" * _DEEP + "权限",
            "deep-lists": "<ul><li>" * _DEEP + "权限",
            "deep-tables": "<table><tr><td>" * 3_000 + "SDK",
            "cells-that-span-everything": f"<table>{f'<tr>{cells * 50}</tr>' * 50}</table>",
            "many-cells": f"<table><tr>{'<td>a' * 20_000}</table>",
            "entities": "&amp;" * 100_000,
            "one-long-word": "权" * 500_000,
            "one-long-line": "android.permission.CAMERA " * 3_000,
            "brackets": "（" * 50_000 + "《" * 50_000,
            "numbers": "<p>1.1.1.1.1.1.1.1.1.1.1.1.1.1.1" * 500,
            "attributes": "<p " + " ".join(f"a{at}=b" for at in range(5_000)) + ">",
        }.items()
    }


def _markdown() -> dict[str, bytes]:
    return {
        name: ("# 隐私政策\n\n" + body).encode()
        for name, body in {
            "deep-quotes": ">" * _DEEP + " a",
            "deep-lists": "".join(" " * (2 * at) + "- a\n" for at in range(400)),
            "brackets": "[" * _DEEP + "a" + "](b)" * _DEEP,
            "emphasis": "*a **b _c " * _DEEP,
            "backticks": "".join("`" * at + "a" for at in range(1_000)),
            "tables": "|a" * 5_000 + "|\n" + "|-" * 5_000 + "|\n" + "|b|\n" * 2_000,
            "html": "<" * _DEEP,
            "links": "".join(f"[a{at}]: b\n" for at in range(2_000)),
        }.items()
    }


def _yaml() -> dict[str, bytes]:
    head = b"app: Example\noperator: Example Ltd\npolicy: {file: policy.txt, effective: 2024-01-01}\n"
    bomb = b"a0: &a0 [x]\n" + b"".join(b"a%d: &a%d [%s]\n" % (at, at, b",".join([b"*a%d" % (at - 1)] * 10)) for at in range(1, 10))
    return {
        "deep": head + b"permissions: " + b"[" * _DEEP,
        "deep-mappings": head + b"permissions: " + b"{a: " * _DEEP,
        "aliases-that-double": head + bomb,
        "tag-of-code": head + b"permissions: !!python/object/apply:os.abort []\n",
        "number-of-many-digits": head + b"permissions: [{name: " + b"9" * 100_000 + b"}]\n",
        "date-of-no-calendar": head.replace(b"2024-01-01", b"9999-99-99"),
        "many-mistakes": head + b"permissions:\n" + b"  - {nmae: x}\n" * 5_000,
        "many-documents": b"---\n" * _DEEP,
        "nul": head + b"\0",
    }


def _word() -> dict[str, bytes]:
    from tests.forge.documents import cell, paragraph, table, word

    inside = paragraph("隐私政策")
    nested = cell("SDK")
    for _ in range(300):
        nested = cell(inside=table([nested]))
    return {
        "entity-bomb": word(inside, prolog=_ENTITIES.replace("<!DOCTYPE x", "<!DOCTYPE w:document")),
        "entity-from-outside": word(inside, prolog=_OUTSIDE.replace("<!DOCTYPE x", "<!DOCTYPE w:document")),
        "tables-in-tables": word(inside, table([nested])),
        "cells-that-span-everything": word(inside, table(*([cell("SDK", span=60_000)] * 50))),
        "no-document": write_zip([Entry(name="[Content_Types].xml", data=b"<Types/>")]),
        "document-of-zeros": write_zip([Entry(name="word/document.xml", data=bytes(1 << 20), method=DEFLATED)]),
    }


def _pdf() -> dict[str, bytes]:
    def file(*objects: bytes, trailer: bytes = b"<< /Root 1 0 R >>", xref: bool = True) -> bytes:
        out, offsets = b"%PDF-1.7\n", []
        for number, one in enumerate(objects, 1):
            offsets.append(len(out))
            out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
        start = len(out)
        if xref:
            out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % at for at in offsets)
        return out + b"trailer\n%s\nstartxref\n%d\n%%%%EOF\n" % (trailer, start)

    catalog = b"<< /Type /Catalog /Pages 2 0 R >>"
    return {
        "pages-in-themselves": file(catalog, b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"),
        "pages-in-each-other": file(catalog, b"<< /Type /Pages /Kids [3 0 R] >>", b"<< /Type /Pages /Kids [2 0 R] >>"),
        "object-that-is-itself": file(b"1 0 R"),
        "tables-before-each-other": file(catalog, b"<< /Type /Pages /Kids [] >>", trailer=b"<< /Root 1 0 R /Prev 9 >>"),
        "no-table": file(catalog, b"<< /Type /Pages /Kids [] >>", xref=False),
        "deep-arrays": file(catalog, b"[" * _DEEP),
        "deep-dictionaries": file(catalog, b"<< /A " * _DEEP),
        "page-of-no-size": file(catalog, b"<< /Type /Pages /Kids [3 0 R] >>", b"<< /Type /Page /MediaBox [0 0 1e300 nan] >>"),
        "stream-of-lies": file(
            catalog,
            b"<< /Type /Pages /Kids [3 0 R] >>",
            b"<< /Type /Page /MediaBox [0 0 9 9] /Contents 4 0 R >>",
            b"<< /Length 99999999 /Filter [/FlateDecode /FlateDecode /LZWDecode /ASCII85Decode] >>\nstream\nx\nendstream",
        ),
        "encrypted-by-nobody": file(catalog, b"<< /Type /Pages /Kids [] >>", trailer=b"<< /Root 1 0 R /Encrypt 1 0 R >>"),
    }


def _archive() -> dict[str, bytes]:
    manifest = Entry(name="AndroidManifest.xml", data=b"content")
    inner = write_zip([Entry(name="classes.dex", data=bytes(1 << 20), method=DEFLATED)])
    for _ in range(6):
        inner = write_zip([Entry(name="inner.zip", data=inner)])
    sound = write_zip([manifest])
    overlapping = write_zip([Entry(name="a", data=bytes(1 << 16), method=DEFLATED), *(Entry(name=f"{at}", offset=0) for at in range(999))])
    return {
        "end-in-its-comment": write_zip([manifest], comment=sound[-22:]),
        "archives-in-archives": inner,
        "entries-over-each-other": overlapping,
        "header-cut-off-by-the-directory": write_zip([manifest], before_directory=b"PK\3\4" * 4),
        "count-lies": write_zip([manifest], entry_count=0xFFFF),
        "no-end": write_zip([manifest], end=False),
        "no-directory": write_zip([manifest], directory=False),
        "end-alone": b"PK\5\6" + bytes(18),
        "end-of-lies": b"PK\5\6" + b"\xff" * 18,
        "entry-behind-the-file": write_zip([Entry(name="a", data=b"x", offset=1 << 30)]),
        "zip64-of-lies": write_zip([Entry(name="a", data=b"x", size=1 << 62)]),
        "names": write_zip([Entry(name=name, data=b"x") for name in (b"", b"\0", b"..", b"/", b"a/../../b", b"\xff\xfe", b"a" * 60_000)]),
    }


HOSTILE: dict[str, Callable[[], dict[str, bytes]]] = {
    "archive": _archive,
    "axml": _axml,
    "manifest": _axml,
    "arsc": _arsc,
    "dex": _dex,
    "callgraph": _dex,
    "signing-block": _signing_block,
    "cms": _cms,
    "bundle-xml": _protobuf,
    "macho": _macho,
    "plist": _plist,
    "hermes": _hermes,
    "classfile": _classfile,
    "policy-html": _html,
    "policy-markdown": _markdown,
    "policy-word": _word,
    "policy-pdf": _pdf,
    "declaration": _yaml,
}
"""By target, what makes its inputs by cause."""

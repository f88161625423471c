"""Property lists: every form is read, and any bytes give a value or a PlistError."""

from __future__ import annotations

import io
import plistlib
import struct
import time
import warnings
from datetime import datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auditor.extract.ios.plist import MAX_BYTES, MAX_DEPTH, PlistError, PlistValue, read_plist
from tests.forge.ipa import write_plist, write_strings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import biplist

VALUES: dict[str, PlistValue] = {
    "文字": "用于拍照",
    "number": 12,
    "negative": -3,
    "real": 2.5,
    "yes": True,
    "data": b"\0\1",
    "date": datetime(2021, 12, 28),
    "list": ["a", 1, {"deep": ["x"]}],
    "long": "x" * 300,
    "empty": "",
}


def _with_biplist(value: object) -> bytes:
    out = io.BytesIO()
    biplist.writePlist(value, out)
    return out.getvalue()


def _binary(objects: list[bytes], *, top: int = 0, version: bytes = b"00") -> bytes:
    """Write a binary plist from its encoded objects, which refer to each other by number, one byte each."""
    out, offsets = b"bplist" + version, []
    for encoded in objects:
        offsets.append(len(out))
        out += encoded
    table = b"".join(struct.pack(">H", offset) for offset in offsets)
    return out + table + struct.pack(">6xBBQQQ", 2, 1, len(objects), top, len(out))


def test_binary_and_xml_are_read_as_plistlib_reads_them() -> None:
    for binary in (True, False):
        assert read_plist(write_plist(VALUES, binary=binary)) == VALUES


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_xml_in_other_encodings_is_read_whatever_it_declares(encoding: str) -> None:
    text = plistlib.dumps({"名称": "特购"}).decode()
    assert read_plist(text.encode(encoding)) == {"名称": "特购"}
    assert read_plist(text.replace("UTF-8", "UTF-16").encode(encoding)) == {"名称": "特购"}


def test_xml_is_read_without_declaration_and_after_blank_lines() -> None:
    text = plistlib.dumps({"a": "b"}).decode()
    assert read_plist(text[text.index("<plist") :].encode()) == {"a": "b"}
    assert read_plist(b"\n \n" + text.encode()) == {"a": "b"}


def test_a_set_is_read_by_the_second_reader_as_a_list() -> None:
    assert read_plist(_with_biplist({"set": {"b", "a"}})) == {"set": ["a", "b"]}


def test_a_later_version_of_the_binary_format_is_read_by_the_second_reader() -> None:
    data = _binary([b"\xd1\x01\x02", b"\x51a", b"\x51b"], version=b"01")
    with pytest.raises(plistlib.InvalidFileException):
        plistlib.loads(data)
    assert read_plist(data) == {"a": "b"}


def test_uids_of_keyed_archives_are_numbers() -> None:
    assert read_plist(plistlib.dumps({"a": plistlib.UID(7)}, fmt=plistlib.FMT_BINARY)) == {"a": 7}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_strings_files_are_read_in_every_encoding(encoding: str) -> None:
    values = {"NSCameraUsageDescription": '用于"扫码"\\拍照\n第二行', "CFBundleDisplayName": "特购"}
    assert read_plist(write_strings(values, encoding=encoding)) == values


def test_old_style_text_is_read_with_comments_escapes_and_collections() -> None:
    text = '// 注释\nkey = value; /* x */ "u" = "\\U62cd\\U7167";\nlist = (a, "b c", {d = <0fbd>;});'
    assert read_plist(text.encode()) == {"key": "value", "u": "拍照", "list": ["a", "b c", {"d": b"\x0f\xbd"}]}


def test_an_empty_strings_file_is_an_empty_dictionary() -> None:
    assert read_plist(b"/* no localised values */\n") == {}


def test_a_lone_surrogate_is_replaced_so_that_reports_can_be_written() -> None:
    value = read_plist(b'a = "x\\UD800y";')
    assert value == {"a": "x\ufffdy"}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"bplist00", "shorter than its trailer"),
        (_binary([b"\xa1\x00"]), "refers to itself"),
        (_binary([b"\xa1\x01", b"\xa1\x00"]), "refers to itself"),
        (_binary([b"\xa1\x05"]), "not there"),
        (_binary([b"\x5f\x13" + b"\xff" * 8]), "runs out of the file"),
        (_binary([b"\xaf\x13" + b"\x7f" + b"\xff" * 7]), "runs out of the file"),
        (_binary([b"\x5f\x5f\x00"]), "no integer"),
        (b"bplist00" + b"\0" * 32 + struct.pack(">6xBBQQQ", 8, 8, 1 << 61, 0, 8), "outside the file"),
        (_binary([b"\x1f\x7f" + b"\xff" * 32767]), "128 bits"),
        (b"<plist><dict><key>a</key></dict></plist>", "damaged XML"),
        (b"<plist><date>yesterday</date></plist>", "damaged XML"),
        (b"<plist><key>a</key></plist>", "damaged XML"),
        (b"<plist/>", "without a value"),
        (b"<plist><integer>0x" + b"f" * 5000 + b"</integer></plist>", "128 bits"),
        (b'<?xml version="1.0"?><!DOCTYPE p [<!ENTITY a "aa">]><plist><string>&a;</string></plist>', "entity"),
        (b"{a = ;}", "mistake"),
        (b"\xff\xfe\x00\xd8", "neither"),
        (b"\x89PNG\r\n\x1a\n", "neither"),
        (b"\0" * 9, "zero bytes"),
        (b"x" * (MAX_BYTES + 1), "larger"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, why: str) -> None:
    with pytest.raises(PlistError, match=why) as caught:
        read_plist(data)
    assert caught.value.reason.zh


@pytest.mark.parametrize(
    "data",
    [
        b"<plist>" + b"<array>" * 100_000 + b"</array>" * 100_000 + b"</plist>",
        b"(" * 100_000,
        b"{a=" * 100_000,
        # 40 lists that each hold the next one twice: 2**40 values when written out
        _binary([b"\xa2" + bytes([n + 1, n + 1]) for n in range(40)] + [b"\x51x"]),
        # every object is the same array of every object
        _binary([b"\xaf\x10\xff" + bytes(range(255))] + [b""] * 254),
    ],
    ids=["xml", "array", "dictionary", "doubling", "overlapping"],
)
def test_tangles_are_refused_quickly(data: bytes) -> None:
    start = time.process_time()
    with pytest.raises(PlistError):
        read_plist(data)
    assert time.process_time() - start < 5


def test_nesting_up_to_the_limit_is_read() -> None:
    value: Any = "x"
    for _ in range(MAX_DEPTH - 1):
        value = [value]
    assert read_plist(plistlib.dumps(value, fmt=plistlib.FMT_BINARY)) == value
    assert read_plist(plistlib.dumps(value)) == value


_SEEDS = [
    write_plist(VALUES),
    write_plist(VALUES, binary=False),
    _with_biplist({"set": {1, 2}, "uid": biplist.Uid(4)}),
    write_strings({"NSCameraUsageDescription": "拍照"}),
    write_strings({"NSCameraUsageDescription": "拍照"}, encoding="utf-16"),
]


def _value_or_error(data: bytes) -> None:
    try:
        shown = repr(read_plist(data))
    except PlistError as error:
        shown = error.reason.zh
    assert shown.encode("utf-8")


@given(st.binary(max_size=200))
@example(b"bplist00" + b"\0" * 40)
@example(b'"\\')
@example(b"/*")
def test_any_bytes_give_a_value_or_a_plist_error(data: bytes) -> None:
    _value_or_error(data)


@given(st.sampled_from([b"bplist00", b"<plist>", b"<?xml ", b'"a" = ', b"\xff\xfe"]), st.binary(max_size=120))
def test_any_bytes_after_a_known_start_give_a_value_or_a_plist_error(start: bytes, data: bytes) -> None:
    _value_or_error(start + data)


@given(st.sampled_from(_SEEDS), st.integers(0, 5000), st.binary(min_size=1, max_size=4))
def test_any_damage_gives_a_value_or_a_plist_error(seed: bytes, at: int, patch: bytes) -> None:
    at %= len(seed)
    _value_or_error(seed[:at] + patch + seed[at + len(patch) :])


_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)


@given(st.dictionaries(_TEXT, st.recursive(_TEXT | st.booleans() | st.integers(-(2**63), 2**63), st.lists, max_leaves=8)))
def test_what_plistlib_writes_is_read_back(value: dict[str, object]) -> None:
    assert read_plist(write_plist(value)) == value
    assert read_plist(write_plist(value, binary=False)) == value

"""DEX tables: every class a file defines is listed, or the file says that some are not."""

from __future__ import annotations

import re
import struct
import time
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.extract.android.dex import Dex, DexError, is_dex, read_dex
from auditor.extract.android.names import mutf8
from tests.forge.dex import Class, Field, Method, write_dex

NAMES = ("com.example.Main", "com.example.Main$Inner", "a.b", "om.Ünïcode", "特购.类", "x.😀")
CLASSES = [Class(name=name) for name in NAMES]
SIZE, STRINGS, TYPES, CLASS_DEFS = 0x20, 0x38, 0x40, 0x60
"""Places in the header: the size of the file, and count and offset of tables."""


def sealed(data: bytearray) -> bytes:
    """Return a damaged DEX file with the checksum it should have."""
    struct.pack_into("<I", data, 8, zlib.adler32(data[12:]))
    return bytes(data)


def put(at: int, value: int):
    """Return a patch that writes one 32-bit number."""

    def patch(data: bytearray) -> None:
        struct.pack_into("<I", data, at, value & 0xFFFFFFFF)

    return patch


def refused(data: bytes) -> str:
    with pytest.raises(DexError) as caught:
        read_dex(data)
    assert re.search("[\u4e00-\u9fff]", caught.value.reason.zh)
    return caught.value.reason.en


def doubts(dex: Dex) -> str:
    for doubt in dex.doubts:
        assert re.search("[\u4e00-\u9fff]", doubt.zh)
    return " | ".join(doubt.en for doubt in dex.doubts)


# -- sound files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["035", "036", "037", "038", "039", "040"])
def test_every_class_is_listed_in_file_order(version):
    dex = read_dex(write_dex(CLASSES, version=version))
    assert (dex.version, dex.doubts) == (version, ())
    assert set(dex.classes) == set(NAMES)


def test_classes_only_used_are_not_defined():
    calls = ["com.umeng.Analytics.init()V"]
    main = Class(name="a.Main", superclass="com.other.Base", methods=[Method(name="run()V", calls=calls)])
    assert read_dex(write_dex([main])).classes == ("a.Main",)


def test_a_file_without_classes_is_empty_and_sound():
    assert read_dex(write_dex([])) == Dex("035", (), (), types=((),))


def test_what_stands_behind_the_file_does_not_count():
    assert read_dex(write_dex(CLASSES) + b"appended").doubts == ()


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"com/example", "com/example"),
        ("特购".encode(), "特购"),
        (b"\xc0\x80", "\0"),
        (b"\xed\xa0\xbd\xed\xb8\x80", "😀"),
        (b"\xf0\x9f\x98\x80", "😀"),
        (b"\xed\xa0\xbd", "\ufffd"),
        (b"a\xffb", "a\ufffdb"),
    ],
)
def test_modified_utf8_is_decoded(raw, text):
    assert mutf8(raw) == text


@pytest.mark.parametrize(
    ("magic", "is_one"),
    [
        (b"dex\n035\0", True),
        (b"dex\n041\0 and more", True),
        (b"dex\n099\0", True),
        (b"dex\n035", False),
        (b"dex\n03x\0", False),
        (b"dey\n036\0", False),
        (b"DEX\n035\0", False),
        (b"", False),
    ],
)
def test_a_dex_file_is_known_by_its_first_bytes(magic, is_one):
    assert is_dex(magic) is is_one


# -- damage -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is no DEX file"),
        (b"PK\3\4" + bytes(200), "is no DEX file"),
        (bytes(range(256)) * 4, "is no DEX file"),
        (b"dex\n035\0", "cut off inside its header"),
        (b"dex\n035\0" + bytes(100), "cut off inside its header"),
        (b"dex\n041\0" + bytes(107), "cut off inside its header"),
        (write_dex(CLASSES, patch=put(0x28, 0x78563412)), "big-endian"),
    ],
)
def test_what_is_no_dex_file_is_refused(data, says):
    assert says in refused(data)


@pytest.mark.parametrize("seed", range(5))
def test_random_bytes_behind_a_header_are_no_sound_file(seed):
    noise = b"dex\n035\0" + bytes((seed * 71 + at * at * 13) & 0xFF for at in range(4000))
    try:
        dex = read_dex(noise)
    except DexError:
        return
    assert dex.doubts


@pytest.mark.parametrize("table", [STRINGS, TYPES, CLASS_DEFS])
@pytest.mark.parametrize(
    ("place", "value"), [(0, 0xFFFFFFFF), (0, 1 << 20), (4, 0xFFFFFFFF), (4, 1 << 20), (4, 0), (4, 8)]
)
def test_tables_outside_the_file_are_refused(table, place, value):
    assert "tables that lie outside" in refused(write_dex(CLASSES, patch=put(table + place, value)))


@pytest.mark.parametrize("table", range(0x38, 0x68, 8))
def test_tables_that_overlap_are_a_doubt(table):
    """Each table is moved to where another one stands."""
    sound = write_dex([Class(name="a.B", fields=[Field(name="f")], methods=[Method(name="m(I)V")]), Class(name="a.C")])
    (own, other) = (struct.unpack_from("<I", sound, place + 4)[0] for place in (table, 0x40 if table != 0x40 else 0x38))
    assert own != other
    data = bytearray(sound)
    struct.pack_into("<I", data, table + 4, other)
    assert doubts(read_dex(sound)) == ""
    assert "has tables that overlap" in doubts(read_dex(sealed(data)))


def test_half_a_file_says_that_it_is_half():
    whole = write_dex(CLASSES)
    half = whole[: len(whole) // 2]
    dex = read_dex(half)
    assert f"is cut short: {len(half)} of {len(whole)} bytes" in doubts(dex)


def test_no_cut_is_silent():
    whole = write_dex(CLASSES)
    for length in range(len(whole)):
        try:
            dex = read_dex(whole[:length])
        except DexError:
            continue
        assert "cut short" in doubts(dex)
        assert set(dex.classes) <= set(NAMES)


def test_a_wrong_checksum_is_a_doubt():
    data = bytearray(write_dex(CLASSES))
    data[8] ^= 1
    dex = read_dex(bytes(data))
    assert "checksum" in doubts(dex)
    assert set(dex.classes) == set(NAMES)


@pytest.mark.parametrize("version", ["001", "034", "042", "099"])
def test_an_unknown_version_is_a_doubt(version):
    data = write_dex(CLASSES, version=version) if version < "041" else container(write_dex(CLASSES), version=version)
    dex = read_dex(data)
    assert f"unknown DEX version {version}" in doubts(dex)
    assert set(dex.classes) == set(NAMES)


def first(data: bytes, table: int) -> int:
    """Return where a table stands."""
    return struct.unpack_from("<I", data, table + 4)[0]


def test_class_definitions_without_a_type_are_counted():
    sound = write_dex(CLASSES)
    for value in (0xFFFFFFFF, struct.unpack_from("<I", sound, TYPES)[0]):
        dex = read_dex(write_dex(CLASSES, patch=put(first(sound, CLASS_DEFS), value)))
        assert "1 classes whose names cannot be read" in doubts(dex)
        assert len(dex.classes) == len(NAMES) - 1


def test_types_and_strings_outside_their_tables_are_counted():
    sound = write_dex([Class(name="a.Only")])
    type_index = struct.unpack_from("<I", sound, first(sound, CLASS_DEFS))[0]
    type_at = first(sound, TYPES) + 4 * type_index
    string_at = first(sound, STRINGS) + 4 * struct.unpack_from("<I", sound, type_at)[0]
    for at, value in (
        (type_at, 0xFFFFFFFF),
        (string_at, 0xFFFFFFFF),
        (string_at, len(sound)),
        (string_at, len(sound) - 1),
        (string_at, 0),
    ):
        dex = read_dex(write_dex([Class(name="a.Only")], patch=put(at, value)))
        assert dex.classes == ()
        assert "1 classes whose names cannot be read" in doubts(dex)


@pytest.mark.parametrize("broken", [b"La/Onlz", b"Xa/Only;", b"[a/Only;"])
def test_a_descriptor_that_is_no_class_is_counted(broken):
    data = bytearray(write_dex([Class(name="a.Only")]))
    at = data.index(b"La/Only;")
    data[at : at + 8] = broken.ljust(8, b"x")
    dex = read_dex(sealed(data))
    assert dex.classes == ()
    assert "1 classes whose names cannot be read" in doubts(dex)


def test_a_length_that_never_ends_is_counted():
    data = bytearray(write_dex([Class(name="a.Only")]))
    at = data.index(b"La/Only;")
    data[at - 1 : at + 5] = b"\xff" * 6
    assert "1 classes whose names cannot be read" in doubts(read_dex(sealed(data)))


# -- containers ---------------------------------------------------------------------------------------------------


def container(*files: bytes, version: str = "041") -> bytes:
    """Return a container of DEX files, whose offsets all count from its start."""
    out = bytearray()
    total = sum(len(file) + 8 for file in files)
    for file in files:
        base = len(out)
        body = bytearray(file)
        shift = base + 8
        for table in range(STRINGS, CLASS_DEFS + 8, 8):
            count, at = struct.unpack_from("<II", body, table)
            if table == STRINGS:
                for entry in range(at, at + 4 * count, 4):
                    put(entry, struct.unpack_from("<I", body, entry)[0] + shift)(body)
            put(table + 4, at + shift if count else 0)(body)
        put(SIZE, len(file) + 8)(body)
        body[4:7] = version.encode()
        out += body[:0x70] + struct.pack("<II", total, base) + body[0x70:]
    return bytes(out)


def parts() -> list[bytes]:
    return [write_dex([Class(name=name)]) for name in NAMES]


def test_every_file_of_a_container_is_read():
    dex = read_dex(container(*parts()))
    assert (dex.version, dex.classes, dex.doubts) == ("041", NAMES, ())


def test_a_container_of_one_is_read():
    assert read_dex(container(write_dex(CLASSES))).doubts == ()


def test_no_cut_of_a_container_is_silent():
    whole = container(*parts())
    for length in range(0, len(whole), 7):
        try:
            dex = read_dex(whole[:length])
        except DexError:
            continue
        assert dex.doubts
        assert set(dex.classes) <= set(NAMES)


def test_a_container_whose_second_header_is_broken_is_read_in_part():
    first_, second = parts()[:2]
    data = bytearray(container(first_, second))
    data[len(first_) + 8] = 0
    dex = read_dex(bytes(data))
    assert dex.classes == NAMES[:1]
    assert "a part cannot be read" in doubts(dex)


def test_a_container_that_goes_on_without_end_is_not_followed():
    data = bytearray(container(*parts()))
    put(SIZE, 0)(data)
    dex = read_dex(bytes(data))
    assert dex.classes == NAMES[:1]
    assert "a part cannot be read" in doubts(dex)


# -- small files that ask for much --------------------------------------------------------------------------------


def greedy() -> bytes:
    """Return a file of 3 MB in which the types of 60,000 classes share one name of 4,000 characters."""
    classes, name = 60_000, b"L" + b"x" * 4000 + b";"
    tables = 0x70 + 4 + 4 * classes
    text_at = tables + 32 * classes
    data = bytearray(b"dex\n035\0" + bytes(0x68))
    for at, value in (
        (0x28, 0x12345678),
        (STRINGS, 1),
        (STRINGS + 4, 0x70),
        (TYPES, classes),
        (TYPES + 4, 0x74),
        (CLASS_DEFS, classes),
        (CLASS_DEFS + 4, tables),
    ):
        put(at, value)(data)
    definitions = b"".join(struct.pack("<I28x", number) for number in range(classes))
    data += struct.pack("<I", text_at) + bytes(4 * classes) + definitions + b"\xa2\x1f" + name + b"\0" + bytes(1 << 20)
    put(SIZE, len(data))(data)
    return sealed(data)


def test_names_that_share_their_bytes_are_not_copied_without_end():
    data = greedy()
    tracemalloc.start()
    dex = read_dex(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * len(data)
    assert "whose names cannot be read" in doubts(dex)


@pytest.mark.parametrize("place", [STRINGS, TYPES, CLASS_DEFS])
def test_a_table_of_nothing_may_stand_anywhere(place: int) -> None:
    data = bytearray(write_dex([]))
    put(place, 0)(data)
    put(place + 4, 0x7FFFFFF0)(data)
    dex = read_dex(sealed(data))
    assert (dex.classes, dex.doubts) == ((), ())


def test_tables_that_all_headers_share_are_not_read_without_end():
    body = bytearray(container(*[write_dex([])] * 250))
    classes = 200_000
    at = len(body)
    for base in range(0, at, at // 250):
        put(base + CLASS_DEFS, classes)(body)
        put(base + CLASS_DEFS + 4, at)(body)
    body += bytes(32 * classes)
    start = time.process_time()
    assert "whose names cannot be read" in doubts(read_dex(bytes(body)))
    assert time.process_time() - start < 5


# -- laws ---------------------------------------------------------------------------------------------------------

SOUND = write_dex(CLASSES)


def check(data: bytes) -> Dex | None:
    try:
        dex = read_dex(data)
    except DexError:
        return None
    for name in dex.classes:
        name.encode("utf-8")
    return dex


@settings(deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["035", "041"]), st.booleans())
def test_any_bytes_give_a_dex_or_a_dex_error(junk, version, headed):
    check(b"dex\n" + version.encode() + b"\0" + junk if headed else junk)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(8, len(SOUND) - 1), st.integers(0, 255)), min_size=1, max_size=5),
    st.booleans(),
)
def test_damage_never_loses_a_class_in_silence(changes, seal):
    data = bytearray(SOUND)
    for at, byte in changes:
        data[at] = byte
    dex = check(sealed(data) if seal else bytes(data))
    if dex is None or dex.doubts:
        return
    # with the checksum mended only the count of class definitions says how many there are
    assert len(dex.classes) == struct.unpack_from("<I", data, CLASS_DEFS)[0]
    assert seal or set(dex.classes) == set(NAMES)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6))
def test_a_damaged_container_gives_a_dex_or_a_dex_error(changes):
    data = bytearray(container(*parts()))
    for at, byte in changes:
        data[at] = byte
    check(bytes(data))


@settings(deadline=None)
@given(st.lists(st.from_regex(r"[a-z]{1,8}(\.[A-Za-z0-9_$\u4e00-\u9fff]{1,8}){1,4}", fullmatch=True), unique=True))
def test_whatever_is_defined_is_read_back(names):
    dex = read_dex(write_dex([Class(name=name) for name in names]))
    assert set(dex.classes) == set(names)
    assert dex.doubts == ()

"""What the tables of a DEX file name: both twins, on sound and on damaged files."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.extract.android import names as naming
from auditor.extract.android.names import (
    ANY,
    FIELDS,
    METHODS,
    OWNED,
    OWNER,
    as_mutf8,
    callers,
    callers_python,
    class_name_of,
    find_strings,
    find_strings_python,
    members,
    members_python,
    methods,
    methods_python,
    mutf8,
    one_string,
    one_string_python,
    read_strings,
    read_strings_python,
    type_names,
    type_names_python,
)
from tests.extract.android.test_walk import counts, native_is_built, sample
from tests.forge.dex import Class, Method, write_dex

NAMES = (b"getDeviceId", b"<init>", b"", b"Ljava/lang/Object;", b"no such name", "电话".encode(), b"a" * 150)
WANTED = {"strings": (), "find": (NAMES,), "types": (10_000,)}
FINDERS = [pytest.param(find_strings_python, id="stdlib"), pytest.param(find_strings, id="native")]


def outcome(twin: Callable[..., Any], data: bytes, *more: Any) -> Any:
    try:
        return list(twin(data, *more))
    except ValueError as error:
        return str(error)


@pytest.mark.parametrize("find", FINDERS)
def test_strings_are_found_by_name_in_the_order_of_the_table(find: Callable[..., Any]) -> None:
    data = sample()
    strings = read_strings_python(data, 0)
    found = list(find(data, 0, NAMES))
    pairs = list(zip(found[::2], found[1::2], strict=True))
    assert pairs == [(index, NAMES.index(raw)) for index, raw in enumerate(strings) if raw in NAMES]
    assert {NAMES[number] for _, number in pairs} >= {b"getDeviceId", b"<init>", b"Ljava/lang/Object;"}
    assert not list(find(data, 0, ()))


@pytest.mark.parametrize("twin", [type_names_python, type_names])
def test_types_have_dotted_names_and_what_is_no_class_has_none(twin: Callable[..., Any]) -> None:
    methods = [Method(name="m([ILcom/例/B;)V"), Method(name="n([Ljava/lang/String;)J")]
    found = twin(write_dex([Class(name="com.例.A$1", methods=methods)]), 0, 10_000)
    assert {"com.例.A$1", "com.例.B", "java.lang.Object", ""} <= set(found)
    assert not any("/" in name or ";" in name for name in found)


@pytest.mark.parametrize("twin", [type_names_python, type_names])
def test_types_that_share_their_bytes_cost_no_more_than_was_allowed(twin: Callable[..., Any]) -> None:
    count, length = 5_000, 3_000
    table = 0x70
    head = bytearray(table)
    struct.pack_into("<4I", head, 0x38, 1, table, count, table + 4)
    data = bytes(head) + struct.pack("<I", table + 4 + 4 * count) + bytes(4 * count) + b"\1L" + b"a" * length + b";\0"
    found = twin(data, 0, 30_000)
    assert found[0] == "a" * length
    assert found[-1] == ""
    assert sum(map(len, found)) <= 30_000


@pytest.mark.parametrize("twin", [read_strings, read_strings_python])
def test_strings_that_share_their_bytes_cost_no_more_than_the_file(twin: Callable[[bytes, int], list[bytes]]) -> None:
    count, length = 5_000, 60_000
    table = 0x70
    text = table + 4 * count
    head = bytearray(table)
    struct.pack_into("<2I", head, 0x38, count, table)
    data = bytes(head) + struct.pack("<I", text) * count + b"\1" + b"a" * length + b"\0"
    found = twin(data, 0)
    assert found[0] == b"a" * length
    assert found[-1] == b""
    assert sum(map(len, found)) <= 2 * len(data)


def tables(members: list[tuple[int, int]], types: list[int]) -> bytes:
    """A file of nothing but types and methods: (type of the class, string of the name) each."""
    head = bytearray(0x70)
    at = len(head) + 4 * len(types)
    struct.pack_into("<2I", head, 0x40, len(types), len(head))
    struct.pack_into("<2I", head, METHODS, len(members), at)
    return bytes(head) + struct.pack(f"<{len(types)}I", *types) + b"".join(struct.pack("<HHI", owner, 0, name) for owner, name in members)


@pytest.mark.parametrize("twin", [members_python, members])
def test_members_are_wanted_by_name_or_by_name_and_class(twin: Callable[..., Any]) -> None:
    #        the last two: a class no table has, a name no table has
    data = tables([(0, 0), (1, 1), (0, 1), (0, 2), (7, 1), (0, 9)], types=[3, 4])
    assert list(twin(data, 0, METHODS, bytes([ANY, OWNED, 0, 0, OWNER]))) == [0, 1]
    assert list(twin(data, 0, METHODS, bytes([0, ANY | OWNED, 0, 0, 0]))) == [1, 2, 4]
    assert list(twin(data, 0, METHODS, b"")) == []
    assert list(twin(data, 0, FIELDS, bytes([ANY] * 5))) == []
    with pytest.raises(ValueError, match="outside"):
        twin(data[:-1], 0, METHODS, b"")


@pytest.mark.parametrize("twin", [methods_python, methods])
def test_methods_have_class_name_and_descriptor(twin: Callable[..., Any]) -> None:
    defined = [Method(name="m([ILcom/例/B;J)Ljava/lang/String;"), Method(name="n()V")]
    data = write_dex([Class(name="a.A", methods=defined)])
    count = counts(data)["methods"]
    found = twin(data, 0, array("I", [*range(count), count, 0xFFFFFFFF]), type_names_python(data, 0, len(data)))
    assert {("a.A", "m", "([ILcom/例/B;J)Ljava/lang/String;"), ("a.A", "n", "()V")} <= set(found)
    assert found[count:] == [("", "", "()?")] * 2


@pytest.mark.parametrize("twin", [callers_python, callers])
def test_callers_are_named_as_evidence_names_them(twin: Callable[..., Any]) -> None:
    data = write_dex([Class(name="a.A", methods=[Method(name="m([ILb/B;)V")]), Class(name="例.C", methods=[Method(name="n()V")])])
    types = type_names_python(data, 0, len(data))
    count = counts(data)["methods"]
    named = methods_python(data, 0, array("I", range(count)), types)
    places = [(number, named.index(one)) for number, one in enumerate([("a.A", "m", "([ILb/B;)V"), ("例.C", "n", "()V")])]
    every = (*places, places[0], (0, count), (9, 0))
    records = array("I", (word for class_def, method in every for word in (0x6E, class_def, method, 0, 0, 0)))
    _, name, descriptor = named[0]
    first = ["a.A.m([ILb/B;)V", "例.C.n()V", "a.A.m([ILb/B;)V", "a.A.()?"]
    assert list(twin(data, 0, records, types)) == [*first, f".{name}{descriptor}"]
    assert list(twin(data, 0, array("I"), types)) == []


@pytest.mark.skipif(not native_is_built(), reason="the C twin is not built here (no compiler)")
@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1 << 30), st.integers(0, 255)), max_size=8), st.integers(0, 1 << 30), st.booleans())
def test_both_twins_agree_on_damaged_files(flips: list[tuple[int, int]], cut: int, keep: bool) -> None:
    data = bytearray(sample())
    for at, value in flips:
        data[at % len(data)] = value
    damaged = bytes(data) if keep else bytes(data[: cut % len(data)])
    assert outcome(read_strings, damaged, 0) == outcome(read_strings_python, damaged, 0)
    assert outcome(find_strings, damaged, 0, NAMES) == outcome(find_strings_python, damaged, 0, NAMES)
    for budget in (0, 500, len(damaged)):
        assert outcome(type_names, damaged, 0, budget) == outcome(type_names_python, damaged, 0, budget)
    if len(damaged) >= 0x70 and (number := counts(damaged)["strings"]) < 1 << 20:
        flags = bytes(index % 7 for index in range(number))
        for place in (METHODS, FIELDS):
            assert outcome(members, damaged, 0, place, flags) == outcome(members_python, damaged, 0, place, flags)
    asked = array("I", range(0, 900, 7)), type_names_python(sample(), 0, len(data))
    assert outcome(methods, damaged, 0, *asked) == outcome(methods_python, damaged, 0, *asked)
    records = array("I", (word for one in range(0, 900, 7) for word in (0x6E, one % 11, one, one, one, one)))
    assert outcome(callers, damaged, 0, records, asked[1]) == outcome(callers_python, damaged, 0, records, asked[1])
    for one in range(0, 60, 7):
        assert one_string(damaged, 97 * one) == one_string_python(damaged, 97 * one)


@pytest.mark.parametrize("place", [0x38, 0x40, METHODS, FIELDS])
def test_a_table_of_nothing_may_stand_anywhere(place: int) -> None:
    data = bytearray(sample())
    struct.pack_into("<2I", data, place, 0, 0xFFFFFFF0)
    empty, flags = bytes(data), bytes([ANY]) * 10_000
    assert outcome(read_strings, empty, 0) == outcome(read_strings_python, empty, 0)
    assert isinstance(outcome(read_strings, empty, 0), list)
    assert outcome(find_strings, empty, 0, NAMES) == outcome(find_strings_python, empty, 0, NAMES)
    assert outcome(type_names, empty, 0, 9_999) == outcome(type_names_python, empty, 0, 9_999)
    assert outcome(members, empty, 0, METHODS, flags) == outcome(members_python, empty, 0, METHODS, flags)
    asked = array("I", range(40)), type_names_python(sample(), 0, len(data))
    assert outcome(methods, empty, 0, *asked) == outcome(methods_python, empty, 0, *asked)


def strings_file(texts: list[bytes], starts: list[int] | None = None, types: list[int] | None = None) -> bytes:
    """A file of strings, each with its length before it, and of types; ``starts`` say where the table has them."""
    types = [number for number, text in enumerate(texts) if text != b"\0\0"] if types is None else types
    head, body = bytearray(0x70), b"".join(texts)
    places = [sum(map(len, texts[:number])) for number in range(len(texts))]
    first = len(head) + 4 * len(texts) + 4 * len(types)
    struct.pack_into("<4I", head, 0x38, len(texts), len(head), len(types), len(head) + 4 * len(texts))
    words = [first + start & 0xFFFFFFFF for start in (places if starts is None else starts)] + types
    return bytes(head) + struct.pack(f"<{len(words)}I", *words) + body


def lettered(text: bytes, length: bytes | None = None) -> bytes:
    """A string of DEX with its length, below 128, before it and its end behind."""
    return (bytes([len(text)]) if length is None else length) + text + b"\0"


ORDINARY = [b"\0\0", *map(lettered, (b"<init>", b"I", b"La/B;", b"Ljava/lang/Object;", b"[La/B;", b"getDeviceId"))]
LONG = lettered(b"L" + b"a/" * 100 + b"B;", b"\xcb\x01")
ODD = {
    "ordinary": strings_file(ORDINARY),
    "without the empty string": strings_file(ORDINARY[1:]),
    "a long one": strings_file([*ORDINARY, LONG]),
    "a long one between": strings_file([*ORDINARY[:4], LONG, *ORDINARY[4:]]),
    "not ASCII": strings_file([*ORDINARY, lettered("L例/B;".encode(), b"\5"), lettered(b"L\xff;"), LONG]),
    "another order": strings_file(ORDINARY, [0, 20, 2, 10, 12, 18, 39]),
    "the same one twice": strings_file(ORDINARY, [0, 2, 2, 10, 13, 20, 40]),
    "one inside another": strings_file(ORDINARY, [0, 2, 4, 10, 13, 20, 40]),
    "a gap": strings_file([*ORDINARY[:3], b"between\0", *ORDINARY[3:]], [0, 2, 10, 13, 21, 28, 48]),
    "one without an end": strings_file([*ORDINARY, b"\4nope"]),
    "one outside": strings_file(ORDINARY, [0, 2, 10, 13, 20, 40, 1 << 31]),
    "a length that lies": strings_file([*ORDINARY[:2], lettered(b"getDeviceId", b"\1"), *ORDINARY[2:]]),
    "a length of nothing": strings_file([*ORDINARY[:2], lettered(b"getDeviceId", b"\0"), *ORDINARY[2:]]),
    "nothing first, and then something": strings_file([lettered(b"getDeviceId", b"\0"), *ORDINARY[1:]]),
    "nothing first, and the next one inside": strings_file([b"\0a", *ORDINARY[1:]]),
    "a length of five bytes": strings_file([*ORDINARY[:2], lettered(b"getDeviceId", b"\x8b\x80\x80\x80\0"), *ORDINARY[2:]]),
    "a length of six bytes": strings_file([*ORDINARY[:2], lettered(b"getDeviceId", b"\x8b\x80\x80\x80\x80\x80"), *ORDINARY[2:]]),
    "a length longer than it must be": strings_file([*ORDINARY[:2], lettered(b"getDeviceId", b"\x8b\1"), *ORDINARY[2:]]),
    "a length of two bytes that looks like one": strings_file([*ORDINARY[:2], lettered(b"L" * 131, b"\x84L"), *ORDINARY[2:]]),
    "a length that looks like a letter": strings_file([*ORDINARY[:2], lettered(b"La/B;", b"\x84L"), *ORDINARY[2:]]),
    "a length that does not end": strings_file([*ORDINARY[:2], b"\x8b\x80\0", *ORDINARY[2:]]),
    "types in another order": strings_file(ORDINARY, types=[6, 3, 3, 4, 0, 5]),
    "a type that has no string": strings_file(ORDINARY, types=[2, 3, 7, 4]),
    "a type that is the empty string": strings_file(ORDINARY, types=[0, 2, 3, 4]),
    "a name longer than any length of one byte": strings_file([*ORDINARY, lettered(NAMES[-1], b"\x96\1")]),
    "a name whose length lies that much": strings_file([*ORDINARY, lettered(NAMES[-1], b"\x15")]),
    "one string": strings_file([lettered(b"getDeviceId")]),
    "the empty string alone": strings_file([b"\0\0"]),
}


@pytest.mark.parametrize("block", [2, 3, 1 << 15])
@pytest.mark.parametrize("data", ODD.values(), ids=ODD)
def test_strings_that_lie_otherwise_than_compilers_lay_them_are_read_all_the_same(data: bytes, block: int) -> None:
    one_by_one = naming._strings(data, 0, 1 << 16, 2 * len(data))
    plain = [raw or b"" for raw in one_by_one]
    pairs = [number for index, raw in enumerate(one_by_one) if raw in NAMES for number in (index, NAMES.index(raw))]
    strings, _, types, type_table = struct.unpack_from("<4I", data, 0x38)
    indices = struct.unpack_from(f"<{types}I", data, type_table)
    dotted = [class_name_of(plain[index]) if index < strings else "" for index in indices]
    for kind in (bytes, bytearray):
        with patch.object(naming, "_BLOCK", block):
            assert read_strings_python(kind(data), 0) == plain
            assert list(find_strings_python(kind(data), 0, NAMES)) == pairs
        assert list(type_names_python(kind(data), 0, 10_000)) == dotted
    assert read_strings(data, 0) == plain
    assert list(find_strings(data, 0, NAMES)) == pairs
    assert list(type_names(data, 0, 10_000)) == dotted


@pytest.mark.parametrize("length", [4094, 4095, 4096, 5000, 65_534, 65_535, 65_536, 70_000])
def test_what_is_too_long_for_a_name_or_a_string_is_empty(length: int) -> None:
    text = b"L" + b"a" * (length - 2) + b";"
    low, middle, high = length & 0x7F | 0x80, length >> 7 & 0x7F, length >> 14
    data = strings_file([*ORDINARY, lettered(text, bytes([low, middle | 0x80, high] if high else [low, middle]))])
    for read in (read_strings, read_strings_python):
        assert read(data, 0)[-1] == (text if length < 1 << 16 else b"")
    for names in (type_names, type_names_python):
        assert names(data, 0, 1 << 20)[-1] == ("a" * (length - 2) if length < 4096 else "")


def test_strings_as_compilers_lay_them_are_taken_at_once() -> None:
    for data in (sample(), ODD["ordinary"], ODD["without the empty string"], ODD["a long one"], ODD["not ASCII"]):
        strings, types = naming._table(data, 0, 0x38), naming._table(data, 0, 0x40)
        assert None not in list(naming._in_blocks(data, strings))
        assert naming._all_type_names(data, strings, types, len(data)) == list(type_names(data, 0, len(data)))


def test_types_beyond_the_budget_have_no_name_whichever_way_they_are_read() -> None:
    data = ODD["ordinary"]
    for budget in range(60):
        assert type_names_python(data, 0, budget) == type_names(data, 0, budget)


PIECES = st.tuples(st.sampled_from([b"\1", b"\0", b"\x81", b"\x80\1", b"L", b"\xff" * 5]), st.sampled_from([*NAMES, b"L;", b"\xc0\x80"]))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(PIECES, max_size=7),
    st.lists(st.tuples(st.integers(0, 6), st.integers(-2, 2)), max_size=2),
    st.lists(st.integers(0, 7), max_size=6),
    st.integers(2, 4),
)
def test_both_twins_agree_on_strings_however_they_lie(
    pieces: list[tuple[bytes, bytes]], moves: list[tuple[int, int]], types: list[int], block: int
) -> None:
    texts = [lettered(text, length) for length, text in pieces]
    starts = [sum(map(len, texts[:number])) for number in range(len(texts))]
    for number, by in moves:
        if number < len(starts):
            starts[number] += by
    data = strings_file(texts, starts, types)
    with patch.object(naming, "_BLOCK", block):
        found = outcome(read_strings_python, data, 0), outcome(find_strings_python, data, 0, NAMES)
    assert found == (outcome(read_strings, data, 0), outcome(find_strings, data, 0, NAMES))
    assert found[0] == [raw or b"" for raw in naming._strings(data, 0, 1 << 16, 2 * len(data))]
    assert outcome(type_names_python, data, 0, 40) == outcome(type_names, data, 0, 40)


@given(st.text(max_size=30))
def test_what_dex_files_encode_is_decoded_again(text: str) -> None:
    assert mutf8(as_mutf8(text)) == text
    assert b"\0" not in as_mutf8(text)


@pytest.mark.parametrize(
    ("raw", "name"),
    [(b"La/B;", "a.B"), (b"L;", ""), (b"[La/B;", ""), (b"I", ""), (b"", ""), (b"L", ""), (b"La/B", ""), (b"L\xff;", "�")],
)
def test_class_names(raw: bytes, name: str) -> None:
    assert class_name_of(raw) == name
    assert one_string(b"\7" + raw + b"\0", 0) == raw

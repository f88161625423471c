"""What code refers to: both twins, on sound and on damaged files."""

from __future__ import annotations

import struct
import zipfile
from array import array
from collections.abc import Callable
from functools import cache
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.extract.android import walk as walking
from auditor.extract.android.walk import Walked, Wanted, walk, walk_python
from tests.forge.dex import Class, Method, write_dex

ROOT = Path(__file__).parents[3]
TWINS = [pytest.param(walk_python, id="stdlib"), pytest.param(walk, id="native")]

GET_ID = "android.telephony.TelephonyManager.getDeviceId()Ljava/lang/String;"
GET_IMEI = "android.telephony.TelephonyManager.getImei()Ljava/lang/String;"


def native_is_built() -> bool:
    return walking._native() is not None


@cache
def sample() -> bytes:
    """The code of a sample build: several classes, every kind of instruction a compiler writes."""
    with zipfile.ZipFile(ROOT / "sample_apks" / "tego-drifted.apk") as apk:
        return apk.read("classes.dex")


def counts(data: bytes) -> dict[str, int]:
    values = struct.unpack_from("<10I", data, 0x38)
    return {"strings": values[0], "types": values[2], "fields": values[6], "methods": values[8]}


def everything(data: bytes) -> Wanted:
    number = counts(data)
    return Wanted(**{name: b"\1" * number[name] for name in ("methods", "fields", "strings", "types")})


def string_at(data: bytes, index: int) -> str:
    (table,) = struct.unpack_from("<I", data, 0x3C)
    (at,) = struct.unpack_from("<I", data, table + 4 * index)
    while data[at] & 0x80:
        at += 1
    return data[at + 1 : data.index(0, at + 1)].decode()


def method_name(data: bytes, index: int) -> str:
    table = struct.unpack_from("<10I", data, 0x38)[9]
    return string_at(data, struct.unpack_from("<I", data, table + 8 * index + 4)[0])


Twin = Callable[..., Walked]


@pytest.mark.parametrize("twin", TWINS)
def test_a_call_is_found_with_its_caller_and_place(twin: Twin) -> None:
    data = write_dex([Class(name="a.B", methods=[Method(name="quiet()V"), Method(name="loud()V", calls=[GET_ID])])])
    wanted = Wanted(methods=bytes(method_name(data, i) == "getDeviceId" for i in range(counts(data)["methods"])))
    (found,) = twin(data, 0, wanted)
    assert 0x6E <= found.opcode <= 0x72
    assert method_name(data, found.method) == "loud"
    assert method_name(data, found.entry) == "getDeviceId"
    assert found.class_def == 0


@pytest.mark.parametrize("twin", TWINS)
def test_what_is_not_wanted_is_not_found(twin: Twin) -> None:
    data = write_dex([Class(name="a.B", methods=[Method(name="loud()V", calls=[GET_ID, GET_IMEI])])])
    wanted = Wanted(methods=bytes(method_name(data, i) == "getSubscriberId" for i in range(counts(data)["methods"])))
    assert list(twin(data, 0, wanted)) == []
    assert list(twin(data, 0, Wanted())) == []


@pytest.mark.parametrize("twin", TWINS)
def test_the_budget_is_kept_and_said(twin: Twin) -> None:
    data = sample()
    whole = twin(data, 0, everything(data))
    part = twin(data, 0, everything(data), 50)
    assert not whole.exhausted
    assert part.exhausted
    assert 0 < len(part) < len(whole)
    assert whole.records[: len(part.records)] == part.records


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("data", [b"", b"dex\n035\0", bytes(0x70), sample()[:0x80]])
def test_a_file_without_a_class_table_is_refused_or_empty(twin: Twin, data: bytes) -> None:
    found = outcome(twin, data, Wanted(methods=b"\1" * 10))
    assert found == "the class table lies outside the file" or len(found) == 0


@pytest.mark.skipif(not native_is_built(), reason="the C twin is not built here (no compiler)")
def test_both_twins_agree_on_everything_wanted_and_on_a_few() -> None:
    data = sample()
    number = counts(data)
    few = Wanted(
        methods=bytes(i % 7 == 0 for i in range(number["methods"])),
        fields=bytes(i % 5 == 0 for i in range(number["fields"])),
        strings=bytes(i % 11 == 0 for i in range(number["strings"])),
        types=bytes(i % 3 == 0 for i in range(number["types"])),
    )
    for wanted in (few, everything(data), Wanted(strings=b"\1" * number["strings"])):
        assert walk(data, 0, wanted) == walk_python(data, 0, wanted)
        assert len(walk(data, 0, wanted)) > 0


def outcome(twin: Twin, data: bytes, wanted: Wanted) -> Walked | str:
    try:
        return twin(data, 0, wanted)
    except ValueError as error:
        return str(error)


@pytest.mark.skipif(not native_is_built(), reason="the C twin is not built here (no compiler)")
@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1 << 30), st.integers(0, 255)), max_size=12), st.integers(0, 1 << 30), st.booleans())
def test_both_twins_agree_on_damaged_files(flips: list[tuple[int, int]], cut: int, keep: bool) -> None:
    data = bytearray(sample())
    for at, value in flips:
        data[at % len(data)] = value
    damaged = bytes(data) if keep else bytes(data[: cut % len(data)])
    wanted = everything(sample())
    native, python = outcome(walk, damaged, wanted), outcome(walk_python, damaged, wanted)
    # the twins look at the methods in another order, so a budget that runs out does so at another place
    if not any(isinstance(one, Walked) and one.exhausted for one in (native, python)):
        assert native == python


@pytest.mark.parametrize("twin", TWINS)
@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=400))
def test_any_bytes_give_references_or_the_documented_error(twin: Twin, data: bytes) -> None:
    head = b"dex\n035\0" + bytes(0x58) + struct.pack("<2I", 1, 0x70)
    for blob in (data, head + bytes(8) + data):
        try:
            found = twin(blob, 0, Wanted(methods=b"\1" * 300, strings=b"\1" * 300))
        except ValueError:
            continue
        assert found.bad_classes >= 0


EDGE_TWINS = [pytest.param(walking.class_edges_python, id="stdlib"), pytest.param(walking.class_edges, id="native")]


def type_name(data: bytes, index: int) -> str:
    (table,) = struct.unpack_from("<I", data, 0x44)
    return string_at(data, struct.unpack_from("<I", data, table + 4 * index)[0])


@pytest.mark.parametrize("twin", EDGE_TWINS)
def test_a_class_refers_to_its_parent_and_to_what_its_code_names_each_once(twin: Callable[..., object]) -> None:
    loud = Method(name="loud()V", calls=[GET_ID, GET_IMEI])
    data = write_dex([Class(name="a.B", superclass="a.Base", methods=[loud]), Class(name="a.Base")])
    pairs, exhausted = twin(data, 0)  # type: ignore[misc]
    names = [type_name(data, index) for index in pairs[1::2]]
    first = pairs[0]
    assert not exhausted
    manager = "Landroid/telephony/TelephonyManager;"
    assert [name for at, name in zip(pairs[::2], names, strict=True) if at == first].count(manager) <= 1
    assert {"La/Base;", "Landroid/telephony/TelephonyManager;", "Ljava/lang/Object;"} <= set(names)
    assert len(set(zip(pairs[::2], pairs[1::2], strict=True))) == len(pairs) // 2


@pytest.mark.skipif(not native_is_built(), reason="the C twin is not built here (no compiler)")
@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1 << 30), st.integers(0, 255)), max_size=8), st.integers(0, 1 << 30), st.booleans())
def test_both_twins_agree_on_the_edges_of_damaged_files(flips: list[tuple[int, int]], cut: int, keep: bool) -> None:
    data = bytearray(sample())
    for at, value in flips:
        data[at % len(data)] = value
    damaged = bytes(data) if keep else bytes(data[: cut % len(data)])

    def edges(twin: Callable[..., object]) -> object:
        try:
            return twin(damaged, 0)
        except ValueError as error:
            return str(error)

    assert edges(walking.class_edges) == edges(walking.class_edges_python)


def with_shared_class_data(classes: int = 3000, methods: int = 3000) -> bytes:
    """A DEX whose classes all point to the data of the first."""
    first = Class(name="a.A", methods=[Method(name=f"m{number}()V") for number in range(methods)])
    data = bytearray(write_dex([first, *(Class(name=f"b.B{number}") for number in range(classes))]))
    count, table = struct.unpack_from("<2I", data, 0x60)
    (shared,) = struct.unpack_from("<I", data, table + 24)
    for number in range(count):
        struct.pack_into("<I", data, table + 32 * number + 24, shared)
    return bytes(data)


@pytest.mark.skipif(not native_is_built(), reason="the C twin is not built here (no compiler)")
def test_classes_that_share_their_data_end_with_the_budget_in_both_twins() -> None:
    data = with_shared_class_data()
    assert walking.class_edges(data, 0) == walking.class_edges_python(data, 0)
    assert walking.class_edges(data, 0)[1]
    wanted = everything(data)
    assert walking._all_defined(data, class_data(data)) is None
    assert walking._defined(data, 0).cut is not None
    assert walk(data, 0, wanted).exhausted
    assert walk_python(data, 0, wanted).exhausted


def encoded(number: int, length: int = 0) -> bytes:
    """A number as ULEB128, of ``length`` bytes at least."""
    found = bytearray()
    while number > 0x7F or len(found) < length - 1:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(found) + bytes([number])


NUMBERS = st.lists(st.tuples(st.integers(0, (1 << 28) - 1), st.integers(1, 4)), max_size=40)


@given(NUMBERS, st.binary(max_size=3))
def test_numbers_are_decoded_all_at_once_as_they_are_one_by_one(numbers: list[tuple[int, int]], rest: bytes) -> None:
    cut = bytes(byte | 0x80 for byte in rest)
    found = walking._numbers(b"".join(encoded(*one) for one in numbers) + cut)
    assert found is not None
    assert list(found) == [number for number, _ in numbers]


@given(NUMBERS, st.integers(1 << 28, (1 << 32) - 1), NUMBERS)
def test_numbers_of_five_bytes_are_left_to_whoever_reads_one_by_one(
    before: list[tuple[int, int]], long: int, after: list[tuple[int, int]]
) -> None:
    assert walking._numbers(b"".join(encoded(*one) for one in (*before, (long, 5), *after))) is None


def defined_methods(found: walking._Defined) -> list[tuple[int, int, int]]:
    """Class, index and code item of each method."""
    return [
        (class_def, method & 0xFFFFFFFF, code)
        for number, (class_def, first, _, count, _) in enumerate(found.classes)
        for method, code in zip(found.methods(number), found.codes[first : first + count], strict=True)
    ]


def class_data(data: bytes) -> array[int]:
    count, table = struct.unpack_from("<2I", data, 0x60)
    return array("I", data[table : table + 32 * count])[6::8]


def test_class_data_as_compilers_write_them_are_read_at_once() -> None:
    data = sample()
    found = walking._all_defined(data, class_data(data))
    assert found is not None
    assert defined_methods(found) == defined_methods(walking._defined_by_class(data, class_data(data)))
    assert len(defined_methods(found)) > 40
    assert any(count > direct > 0 for *_, count, direct in found.classes)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 1 << 30), st.integers(0, 255)), max_size=4),
    st.lists(st.tuples(st.integers(0, 18), st.integers(-3, 3)), max_size=2),
    st.one_of(st.none(), st.integers(0, 600)),
)
def test_class_data_are_read_at_once_only_where_that_gives_the_same(
    flips: list[tuple[int, int]], moves: list[tuple[int, int]], cut: int | None
) -> None:
    data, places = bytearray(sample()), class_data(sample())
    low, high = min(filter(None, places)), max(places) + 40
    for at, value in flips:
        data[low + at % (high - low)] = value
    for number, by in moves:
        places[number] += by
    damaged = bytes(data) if cut is None else bytes(data[: high - cut])
    found, slow = walking._all_defined(damaged, places), walking._defined_by_class(damaged, places)
    if found is not None:
        assert (found.bad_classes, found.cut) == (slow.bad_classes, slow.cut) == (0, None)
        assert defined_methods(found) == defined_methods(slow)


def with_class_data(data: bytes, items: list[bytes], codes: bytes = b"") -> bytes:
    """A DEX whose classes have these data instead of theirs, and more bytes behind them."""
    changed = bytearray(data)
    count, table = struct.unpack_from("<2I", data, 0x60)
    for number, item in enumerate(items[:count]):
        struct.pack_into("<I", changed, table + 32 * number + 24, len(changed))
        changed += item
    return bytes(changed) + codes


def test_class_data_out_of_the_ordinary_are_read_one_by_one() -> None:
    data = write_dex([Class(name=f"a.A{number}", methods=[Method(name="m()V")]) for number in range(3)])
    item = b"\0\0\2\1" + b"\1\1\0" * 3
    long = b"\0\0\1\0" + encoded(1, 5) + b"\1\0"
    ends = item[:-1], b"\0\0\xff\xff\x7f", b"\2\0\0\0"
    for items in ([item, long, item], [long, item, item], *([item, item, end] for end in ends)):
        changed = with_class_data(data, items)
        assert walking._all_defined(changed, class_data(changed)) is None
        assert walk(changed, 0, everything(data)) == walk_python(changed, 0, everything(data))
    # one whose methods are more than lie before the end of the last class's data, one that starts inside a number
    beyond = with_class_data(data, [b"\0\0\5\0", item], bytes(20))
    inside = bytearray(with_class_data(data, [item, b"\0\0\1\0\1\1\x80\0", b"\0\1\0\1\1\0"]))
    (table,) = struct.unpack_from("<I", data, 0x64)
    struct.pack_into("<I", inside, table + 64 + 24, len(inside) - 7)
    for changed in (beyond, bytes(inside)):
        places = class_data(changed)
        places[2] = places[2] if changed == inside else 0
        assert walking._all_defined(changed, places) is None
        assert len(defined_methods(walking._defined_by_class(changed, places))) == (5 if changed == inside else 8)
    usual = with_class_data(data, [item, item, item])
    assert walking._all_defined(usual, class_data(usual)) is not None
    # methods of both lists are counted anew
    assert [method for _, method, _ in defined_methods(walking._defined(usual, 0))] == [1, 2, 1] * 3


CALLS = bytes.fromhex("71000100 0000 6e000000 0000 7100 0100 0000 0e00")
"""invoke-static {}, method 1; invoke-virtual {}, method 0; invoke-static {}, method 1; return-void."""


def code_item(instructions: bytes, units: int | None = None) -> bytes:
    return bytes(12) + struct.pack("<I", len(instructions) // 2 if units is None else units) + instructions


def with_code(codes: list[int], data: bytes) -> bytes:
    """A DEX of one class whose methods have code items at ``codes``, counted from where ``data`` start, which stand behind all."""
    empty = write_dex([Class(name="a.A", methods=[Method(name="m()V", calls=[GET_ID, GET_IMEI])])])
    item = b"\0\0" + encoded(len(codes)) + b"\0"
    start = len(empty) + len(item) + 5 * len(codes)
    start += -start % 4
    item += b"".join(b"\0\1" + encoded(start + code, 3) for code in codes)
    return with_class_data(empty, [item.ljust(start - len(empty), b"\0")], data)


INNER = code_item(code_item(CALLS) + CALLS)
LAID_OUT = {
    "one behind the other": ([0, 32], code_item(CALLS[:16]) + code_item(CALLS)),
    "the same for two methods": ([0, 0, 32], code_item(CALLS[:16]) + code_item(CALLS)),
    "in another order": ([32, 0], code_item(CALLS[:16]) + code_item(CALLS)),
    "one inside another": ([0, 16], INNER),
    "one inside another, and one behind": ([len(INNER), 0, 16], INNER + code_item(CALLS)),
    "two inside another": ([0, 16, 52], code_item(code_item(CALLS) + code_item(CALLS) + CALLS)),
    "at an even place": ([2, 40], bytes(2) + code_item(CALLS) + bytes(2) + code_item(CALLS)),
    "at an odd place": ([1, 40], bytes(1) + code_item(CALLS) + bytes(3) + code_item(CALLS)),
    "past the end": ([0, 48], code_item(CALLS).ljust(48, b"\0") + code_item(CALLS, 1 << 31)),
    "past the end by one": ([0, 48], code_item(CALLS).ljust(48, b"\0") + code_item(CALLS, len(CALLS) // 2 + 1)),
    "without room for its head": ([0, 48], code_item(CALLS).ljust(48, b"\0") + bytes(8)),
    "an instruction past its end": ([0, 36], code_item(CALLS, 2) + code_item(CALLS)),
    "half an instruction at its end": ([0, 36], code_item(CALLS, 1) + code_item(CALLS)),
    "nothing in it": ([0, 16], code_item(b"") + code_item(CALLS)),
    "data that look like calls": ([0], code_item(b"\x26\0\5\0\0\0\x0e\0\0\0" + b"\0\3\1\0\x0c\0\0\0" + CALLS[:12] + CALLS)),
    "a string by a long number": ([0], code_item(b"\x1b\0\1\0\0\0" + b"\x1b\0\1\0\1\0" + b"\x1a\0\1\0\x0e\0")),
}


@pytest.mark.skipif(not native_is_built(), reason="the C twin is not built here (no compiler)")
@pytest.mark.parametrize("piece", [2, 8, 1 << 21])
@pytest.mark.parametrize(("codes", "items"), LAID_OUT.values(), ids=LAID_OUT)
def test_both_twins_find_the_same_however_code_is_laid_out(codes: list[int], items: bytes, piece: int) -> None:
    data = with_code(codes, items)
    number = counts(data)
    flags = {name: bytes(index == 1 for index in range(number[name])) for name in ("methods", "strings")}
    for wanted in (Wanted(**flags), Wanted(methods=flags["methods"]), everything(data)):
        with patch.object(walking, "_PIECE", piece):
            native, python = walk(data, 0, wanted), walk_python(data, 0, wanted)
        assert native.records == python.records
        assert (native.bad_classes, native.exhausted) == (python.bad_classes, python.exhausted)
    assert native.bad_methods == python.bad_methods
    assert native.records


def test_code_items_at_other_places_than_compilers_choose_are_looked_at_one_by_one() -> None:
    data = bytes(14) + struct.pack("<I", 0x10000) + bytes(2 * 0x10000)
    assert walking._end_of_row(data, [2, 20]) is None
    assert walking._end_of_row(bytes(2) + data, [4, 20]) is None
    assert walking._end_of_row(bytes(2) + data + bytes(16), [4, 20 + 2 * 0x10000]) == 36 + 2 * 0x10000


def test_code_items_that_overlap_or_stand_at_odd_places_stand_apart() -> None:
    for name, number in (("one behind the other", 0), ("one inside another", 2), ("two inside another", 3), ("at an odd place", 1)):
        data = with_code(*LAID_OUT[name])
        assert len(walking._items(data, walking._defined(data, 0).codes).apart) == number


@pytest.mark.skipif(not native_is_built(), reason="the C twin is not built here (no compiler)")
@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1 << 30), st.integers(0, 255)), max_size=12), st.sets(st.integers(0, 200), max_size=9))
def test_both_twins_agree_on_a_few_wanted_in_damaged_code(flips: list[tuple[int, int]], few: set[int]) -> None:
    data, number = bytearray(sample()), counts(sample())
    codes = [code for code in walking._defined(sample(), 0).codes if code]
    for at, value in flips:
        data[min(codes) + at % (max(codes) - min(codes))] = value
    flags = {name: bytes(index in few for index in range(number[name])) for name in ("methods", "fields", "strings", "types")}
    native, python = outcome(walk, bytes(data), Wanted(**flags)), outcome(walk_python, bytes(data), Wanted(**flags))
    assert isinstance(native, Walked)
    assert isinstance(python, Walked)
    assert native.records == python.records
    assert (native.bad_classes, native.exhausted) == (python.bad_classes, python.exhausted)
    # what nothing is looked for in is not walked to its end by the stdlib twin
    assert native.bad_methods >= python.bad_methods


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("apart", [0, 24], ids=["shared", "overlapping"])
def test_code_that_many_methods_skip_over_costs_no_more_than_a_few_times_the_file(twin: Twin, apart: int) -> None:
    methods, units = 4_000, 400_000
    # each a head, the data of an array that fill nearly all the rest and look like a string there, and nothing more
    head = bytes(12) + struct.pack("<I2HI", units, 0x0300, 2, units - 8)
    code = head * (methods if apart else 1) + b"\x1a\0\1\0" + bytes(2 * units)
    data = with_code([apart * number for number in range(methods)], code)
    found = twin(data, 0, Wanted(strings=b"\1" * counts(data)["strings"]))
    assert not found.records
    assert not found.bad_methods
    # the stdlib twin gives up earlier, and says so
    assert found.exhausted == (apart > 0 and twin is walk_python)
    assert walking.class_edges_python(data, 0) == walking.class_edges(data, 0)


def with_interfaces(classes: int, lists: list[bytes]) -> bytes:
    """A file of nothing but classes, each with one of these lists of interfaces in turn, and a table of 9 types that lies nowhere."""
    head = bytearray(0x70)
    struct.pack_into("<I", head, 0x40, 9)
    struct.pack_into("<2I", head, 0x60, classes, len(head))
    places = [len(head) + 32 * classes + sum(map(len, lists[:number])) for number in range(len(lists))]
    definitions = (struct.pack("<8I", 0, 0, 8, places[number % len(lists)], 0, 0, 0, 0) for number in range(classes))
    return bytes(head) + b"".join((*definitions, *lists))


@pytest.mark.parametrize("twin", EDGE_TWINS)
def test_interfaces_are_named_each_once_as_far_as_they_lie_in_the_file(twin: Callable[..., object]) -> None:
    cut = struct.pack("<I2H", 70_000, 3, 65_535) + b"\4"
    lists = [struct.pack("<I3H", 3, 2, 1, 2), struct.pack("<I2H", 2, 9, 8), struct.pack("<I", 0), cut]
    assert twin(with_interfaces(4, lists), 0) == (array("I", [0, 8, 0, 2, 0, 1, 1, 8, 2, 8, 3, 8, 3, 3]), False)


def test_lists_of_interfaces_that_classes_share_end_with_the_budget() -> None:
    pairs, exhausted = walking.class_edges_python(with_interfaces(500, [struct.pack("<I", 65_536) + bytes(2 * 65_536)]), 0)
    assert exhausted
    assert list(pairs[:4]) == [0, 8, 0, 0]

"""DEX files damaged where their structure is: whatever stands in a table or in code, reading ends and nothing escapes."""

from __future__ import annotations

import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.extract.android.code import read_code
from auditor.extract.android.dex import DexError, read_dex
from auditor.extract.collector import Collector
from auditor.extract.lens import Lens
from auditor.knowledge.load import load
from auditor.model import FactKind
from auditor.pipeline import lens_of

ROOT = Path(__file__).parents[3]
PLACE = "classes.dex"
ODD = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
UNITS = (0x0100, 0x0200, 0x0300, 0x0028, 0xFF28, 0x002B, 0x002C, 0x001A, 0x0022, 0x206E, 0x1070, 0x000C, 0x004D, 0x0023, 0x2024)
"""Code units with a meaning: data of switches and arrays, branches, what arguments are followed through."""


@cache
def sample() -> bytes:
    with zipfile.ZipFile(ROOT / "sample_apks" / "tego-drifted.apk") as apk:
        return apk.read(PLACE)


@cache
def lens() -> Lens:
    return lens_of(load(), calls=True)


def tables(data: bytes | bytearray) -> list[tuple[int, int, int]]:
    """Return number, place and width of the entries of each table the header names."""
    counts = struct.unpack_from("<12I", data, 0x38)
    widths = (4, 4, 12, 8, 8, 32)
    return [(counts[2 * one], counts[2 * one + 1], width) for one, width in enumerate(widths)]


def code_items(data: bytes) -> Iterator[int]:
    """Yield where the code of the sample's methods stands."""
    number, table, _ = tables(data)[5]
    for class_def in range(number):
        (at,) = struct.unpack_from("<I", data, table + 32 * class_def + 24)
        if not at:
            continue
        values = []
        for _ in range(4):
            value, at = uleb(data, at)
            values.append(value)
        for _ in range(2 * (values[0] + values[1])):
            _, at = uleb(data, at)
        for _ in range(values[2] + values[3]):
            _, at = uleb(data, at)
            _, at = uleb(data, at)
            code, at = uleb(data, at)
            if code:
                yield code


def uleb(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while data[at] & 0x80:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
    return value | data[at] << shift, at + 1


@cache
def codes() -> tuple[int, ...]:
    return tuple(code_items(sample()))


def in_header(data: bytearray, where: int, what: int) -> None:
    struct.pack_into("<I", data, 0x20 + 4 * (where % 20), ODD[what % len(ODD)] if what % 3 else what % (2 * len(data)))


def in_table(data: bytearray, where: int, what: int) -> None:
    number, table, width = tables(sample())[where % 6]
    at = table + width * (where // 6 % number) + 4 * (what % (width // 4))
    struct.pack_into("<I", data, at, ODD[what % len(ODD)] if what % 3 else what % len(data))


def in_class_data(data: bytearray, where: int, what: int) -> None:
    number, table, _ = tables(sample())[5]
    (at,) = struct.unpack_from("<I", sample(), table + 32 * (where % number) + 24)
    if at:
        data[min(at + what % 24, len(data) - 1)] = what // 24 & 0xFF


def in_code(data: bytearray, where: int, what: int) -> None:
    code = codes()[where % len(codes())]
    units = struct.unpack_from("<I", sample(), code + 12)[0]
    at = code + 16 + 2 * (where // 64 % max(units, 1)) if what % 4 else code + what % 16
    struct.pack_into("<H", data, min(at, len(data) - 2), UNITS[what % len(UNITS)] if what % 2 else what & 0xFFFF)


def in_hierarchy(data: bytearray, where: int, what: int) -> None:
    number, table, _ = tables(sample())[5]
    one, other = table + 32 * (where % number), table + 32 * (what % number)
    data[one + 8 : one + 12], data[other + 8 : other + 12] = data[other : other + 4], data[one : one + 4]


Edit = Callable[[bytearray, int, int], None]
EDITS: tuple[Edit, ...] = (in_header, in_table, in_class_data, in_code, in_hierarchy)


def read(data: bytes) -> Collector:
    collect = Collector(lens())
    try:
        dex = read_dex(data)
    except DexError:
        return collect
    collect.code(PLACE, dex.classes)
    for header, types in zip(dex.headers, dex.types, strict=True):
        read_code(data, header, PLACE, collect.lens, collect, types)
    for doubt in dex.doubts:
        collect.gap(PLACE, "", doubt)
    return collect


PLACES = st.integers(0, 1 << 20)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(EDITS), PLACES, PLACES), min_size=1, max_size=8),
    st.sampled_from([b"035", b"037", b"039", b"041", b"099"]),
    st.booleans(),
)
def test_whatever_a_file_says_of_itself_it_is_read(edits: list[tuple[Edit, int, int]], version: bytes, sealed: bool) -> None:
    data = bytearray(sample())
    data[4:7] = version
    for edit, where, what in edits:
        edit(data, where, what)
    if sealed:
        struct.pack_into("<I", data, 8, zlib.adler32(data[12:]))
    found = read(bytes(data))
    assert found.facts is not None
    assert found.units is not None


@settings(max_examples=40, deadline=None)
@given(st.integers(0x70, 1 << 20))
def test_what_is_cut_off_leaves_a_gap(at: int) -> None:
    data = sample()
    found = read(data[: 0x70 + at % (len(data) - 0x70)])
    assert found.gaps or not found.units


def test_the_sample_is_read_without_a_gap() -> None:
    found = read(sample())
    assert found.gaps == ()
    assert {fact.name for fact in found.facts if fact.kind is FactKind.CALL} >= {"android.provider.Settings$Secure.getString"}


@pytest.mark.parametrize("edit", EDITS)
def test_every_edit_changes_something(edit: Edit) -> None:
    data = bytearray(sample())
    edit(data, 7, 0x1235)
    assert bytes(data) != sample()


@pytest.mark.parametrize("native", [True, False])
def test_a_file_in_a_bytearray_is_read_like_one_in_bytes(monkeypatch: pytest.MonkeyPatch, native: bool) -> None:
    if not native:
        monkeypatch.setitem(sys.modules, "auditor._native.dexwalk", None)
    found = []
    for content in (sample(), bytearray(sample())):
        collect = Collector(lens())
        dex = read_dex(content)
        collect.code(PLACE, dex.classes)
        for header, types in zip(dex.headers, dex.types, strict=True):
            read_code(content, header, PLACE, collect.lens, collect, types)
        found.append((dex, collect.facts, collect.gaps, collect.units, collect.flow()))
    assert found[0] == found[1]
    assert len(found[0][1]) > 20

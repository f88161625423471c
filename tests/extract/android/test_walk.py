"""What code refers to: both twins, on sound and on damaged files."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

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
    assert walk(data, 0, wanted).exhausted
    assert walk_python(data, 0, wanted).exhausted

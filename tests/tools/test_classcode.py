"""The literals a class loads are found behind every kind of instruction, and nothing else of its constant pool is."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.forge.classfile import Pool, write_class
from tools.fingerprints.classcode import BadClass, class_literals


def compiled(*codes: bytes, pool: Pool | None = None, name: str = "a.b.C") -> bytes:
    """A class with one method for each run of instructions."""
    pool = pool or Pool()
    this, code = pool.class_(name), pool.text("Code")
    method, descriptor = pool.text("m"), pool.text("()V")
    body = struct.pack(">HHHHHH", 0x21, this, 0, 0, 0, len(codes))
    for one in codes:
        body += struct.pack(">HHHH", 1, method, descriptor, 1)
        body += struct.pack(">HIHHI", code, 12 + len(one), 4, 4, len(one)) + one + struct.pack(">HH", 0, 0)
    return b"\xca\xfe\xba\xbe" + struct.pack(">HHH", 0, 52, pool.count) + bytes(pool.out) + body + struct.pack(">H", 0)


def switched(pool: Pool, before: int) -> bytes:
    """``before`` no-ops, then both switches padded to where they stand, then a load."""
    code = bytearray(before)
    code.append(0xAA)
    code += bytes(-len(code) % 4) + struct.pack(">iii", 0, 5, 7) + bytes(12)
    code.append(0xAB)
    code += bytes(-len(code) % 4) + struct.pack(">ii", 0, 2) + bytes(16)
    return bytes(code) + b"\x12" + bytes([pool.string("behind the switches")]) + b"\xb1"


def test_a_load_is_found_and_an_unused_string_is_not():
    pool = Pool()
    loaded = pool.string("used")
    pool.string("never used")
    pool.text("only a name")
    assert class_literals(compiled(b"\x12" + bytes([loaded]) + b"\xb0", pool=pool)) == ("a.b.C", frozenset({"used"}))


def test_a_wide_load_is_found_in_a_second_method():
    pool = Pool()
    for number in range(300):
        pool.string(f"filler {number}")
    far = pool.string("far away")
    assert far > 255
    code = b"\x13" + struct.pack(">H", far) + b"\xb0"
    assert class_literals(compiled(b"\xb1", code, pool=pool))[1] == {"far away"}


@pytest.mark.parametrize("before", range(4))
def test_switches_are_stepped_over_wherever_they_are_padded(before):
    pool = Pool()
    assert class_literals(compiled(switched(pool, before), pool=pool))[1] == {"behind the switches"}


@pytest.mark.parametrize(
    "skipped",
    [
        b"\xc4\x84\x00\x01\x00\x02",  # wide iinc
        b"\xc4\x15\x00\x01",  # wide iload
        b"\xb9\x00\x12\x01\x00",  # invokeinterface, whose operands look like a load
        b"\xba\x00\x12\x00\x00",  # invokedynamic
        b"\x14\x00\x12",  # ldc2_w
        b"\x11\x12\x12",  # sipush
        b"\x10\x12",  # bipush
        b"\xc5\x00\x12\x01",  # multianewarray
        b"\xc8\x00\x00\x12\x12",  # goto_w
        b"\xa7\x00\x12",  # goto
        b"\x84\x12\x12",  # iinc
    ],
)
def test_operands_of_other_instructions_are_no_loads(skipped):
    pool = Pool()
    wanted = pool.string("wanted")
    pool.string("unwanted")
    assert class_literals(compiled(skipped + b"\x12" + bytes([wanted]) + b"\xb1", pool=pool))[1] == {"wanted"}


def test_loaded_classes_and_numbers_are_no_literals():
    pool = Pool()
    code = b"\x12" + bytes([pool.class_("x.Y")]) + b"\x12" + bytes([pool.value(7)]) + b"\xb1"
    assert class_literals(compiled(code, pool=pool))[1] == frozenset()


def test_constants_of_fields_and_strings_without_code_are_not_loaded():
    assert class_literals(write_class("a.B", strings=["in the pool"], methods=["m()V"])) == ("a.B", frozenset())


@pytest.mark.parametrize("code", [b"\xfe", b"\xcb", b"\x12\xff\xb1"])
def test_impossible_code_is_refused(code):
    with pytest.raises(BadClass):
        class_literals(compiled(code))


@given(st.binary(max_size=80), st.integers(0, 200))
def test_any_damage_is_bad_or_read(noise, at):
    data = bytearray(compiled(b"\x12\x02\xb1"))
    data[at : at + len(noise)] = noise
    try:
        name, literals = class_literals(bytes(data))
    except BadClass:
        return
    assert isinstance(name, str)
    assert all(isinstance(one, str) for one in literals)

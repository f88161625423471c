"""Constant values of static fields, where the DEX file writes them down (encoded_array_item of a class definition)."""

from __future__ import annotations

import struct

from auditor.extract.android.names import mutf8
from auditor.extract.android.tables import Tables
from auditor.extract.android.walk import uleb

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Set

__all__ = ["constants", "initial_values"]

_STRING, _BOOLEAN, _NULL, _ARRAY, _ANNOTATION = 0x17, 0x1F, 0x1E, 0x1C, 0x1D
_NUMBERS = {0x00: 1, 0x02: 2, 0x03: 2, 0x04: 4, 0x06: 8}
"""Value type -> most bytes: byte, short, char, int, long."""
_CHAR = 0x03
_FINAL = 0x10


class _Broken(Exception):
    """The bytes are not of the form the format asks for."""


def constants(tables: Tables, wanted: Set[str]) -> Iterator[tuple[str, str]]:
    """Yield (class and field, value as text) for each wanted static field that has a string or number written down.

    ``wanted`` holds dotted names, the field last. A class whose values cannot be read yields nothing: a constant only ever
    adds to what is known.
    """
    classes = {name.rpartition(".")[0] for name in wanted}
    if not classes:
        return
    for class_def in range(tables.classes):
        class_ = tables.class_name(class_def)
        if class_ not in classes:
            continue
        try:
            for field, _, value in _static_values(tables, class_def):
                if (name := tables.field_name(field)) in wanted:
                    yield name, str(value).lower() if isinstance(value, bool) else str(value)
        except (_Broken, IndexError, struct.error):
            continue


def initial_values(tables: Tables, class_def: int) -> dict[int, str | int]:
    """Return the strings and numbers written down for the final static fields of a class, by field index."""
    found: dict[int, str | int] = {}
    try:
        for field, access, value in _static_values(tables, class_def):
            if access & _FINAL:
                found[field] = int(value) if isinstance(value, bool) else value
    except (_Broken, IndexError, struct.error):
        pass
    return found


def _static_values(tables: Tables, class_def: int) -> Iterator[tuple[int, int, str | int]]:
    """Yield index, access flags and value of the static fields that have one; both stand in the order of the class data."""
    data = tables.data
    class_data, values = struct.unpack_from("<2I", data, tables.class_defs + 32 * class_def + 24)
    if not class_data or not values:
        return
    count, at = uleb(data, class_data)
    for _ in range(3):
        _, at = uleb(data, at)
    size, value_at = uleb(data, values)
    field = 0
    for _ in range(min(count, size)):
        difference, at = uleb(data, at)
        access, at = uleb(data, at)
        field += difference
        value, value_at = _value(tables, value_at)
        if field >= tables.fields:
            raise _Broken
        if value is not None:
            yield field, access, value


def _value(tables: Tables, at: int) -> tuple[str | int | None, int]:
    """Return an encoded_value (None for what is neither text nor number) and the offset after it."""
    data = tables.data
    head = data[at]
    kind, argument = head & 0x1F, head >> 5
    at += 1
    if kind == _BOOLEAN:
        return bool(argument), at
    if kind == _NULL:
        return None, at
    if kind in (_ARRAY, _ANNOTATION):
        # static fields never hold one with a constant of use here, and skipping it would take recursion
        raise _Broken
    end = at + argument + 1
    if end > len(data):
        raise _Broken
    raw = data[at:end]
    if kind == _STRING:
        text = tables.string(int.from_bytes(raw, "little"))
        return (mutf8(text) if text is not None else None), end
    if kind in _NUMBERS:
        return int.from_bytes(raw, "little", signed=kind != _CHAR), end
    return None, end

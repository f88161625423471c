"""The constant an argument of a call holds, where the method itself shows it.

A linear reading of the method up to the call: what a register was last given, forgotten wherever another path may come in.
Format: Dalvik bytecode (source.android.com/docs/core/runtime/dalvik-bytecode).
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable

from auditor.extract.android.walk import instruction_length

__all__ = ["Value", "argument_of", "register_of"]

Value = str
"""``"text"`` for a string (quoted), digits for a number, ``Lclass;->field`` for a static field."""

_CONST_STRING, _CONST_STRING_JUMBO = 0x1A, 0x1B
_MOVES = {0x07: (12, 1), 0x08: (8, 2), 0x09: (16, 3), 0x01: (12, 1), 0x02: (8, 2), 0x03: (16, 3)}
_SGET = range(0x60, 0x67)
_INVOKE_RANGE = range(0x74, 0x79)
_INVOKES = frozenset([*range(0x6E, 0x73), *_INVOKE_RANGE])
_MOVE_RESULT = range(0x0A, 0x0D)
_ENDS = frozenset([*range(0x0E, 0x12), 0x27, *range(0x28, 0x2B)])
"""return, throw and goto: the next instruction is reached from elsewhere only."""
_IFS = range(0x32, 0x3E)
_WRITES_NOTHING = frozenset(
    [
        *(0x00, 0x1D, 0x1E, 0x1F, 0x26, 0x27, 0xFA, 0xFB, 0xFC, 0xFD),
        *(*range(0x0E, 0x12), *range(0x28, 0x2D), *_IFS, *range(0x4B, 0x52), *range(0x59, 0x60), *range(0x67, 0x6E)),
        *_INVOKES,
    ]
)
_NIBBLE = frozenset([0x01, 0x04, 0x07, 0x12, 0x20, 0x21, 0x23, *range(0x52, 0x59), *range(0x7B, 0x90), *range(0xB0, 0xD8)])
"""Instructions whose target register stands in four bits."""
_WORD = frozenset([0x03, 0x06, 0x09])
"""Instructions whose target register stands in the second code unit."""


def register_of(units: array[int], at: int, position: int) -> int | None:
    """Return the register that holds argument word ``position`` of the invoke at ``at``; None where it has no such."""
    opcode = units[at] & 0xFF
    if opcode in _INVOKE_RANGE:
        return units[at + 2] + position if position < units[at] >> 8 else None
    words = units[at] >> 12
    if position >= words:
        return None
    if position == 4:
        return units[at] >> 8 & 0xF
    return units[at + 2] >> 4 * position & 0xF


def argument_of(
    units: array[int],
    call: int,
    register: int,
    string: Callable[[int], str],
    field: Callable[[int], str],
    passes_on: Callable[[int], bool],
) -> Value | None:
    """Return the constant in ``register`` at the call at ``call``, or None where the method does not show it.

    ``string`` and ``field`` give a string and a field by index; ``passes_on`` tells whether a method (by index) returns
    what its first argument says (``Uri.parse``).
    """
    targets = _targets(units, call)
    held: dict[int, Value] = {}
    result: Value | None = None
    at, end = 0, len(units)
    while at < call:
        unit = units[at]
        opcode = unit & 0xFF
        if at in targets:
            held.clear()
        length = instruction_length(units, at, end)
        if at + length > end:
            return None
        previous, result = result, None
        if opcode in (_CONST_STRING, _CONST_STRING_JUMBO):
            index = units[at + 1] | (units[at + 2] << 16 if opcode == _CONST_STRING_JUMBO else 0)
            held[unit >> 8] = f'"{string(index)}"'
        elif opcode == 0x12:
            number = unit >> 12
            held[unit >> 8 & 0xF] = str(number - 16 if number > 7 else number)
        elif opcode in (0x13, 0x15):
            number = struct.unpack("<h", struct.pack("<H", units[at + 1]))[0]
            held[unit >> 8] = str(number << 16 if opcode == 0x15 else number)
        elif opcode == 0x14:
            held[unit >> 8] = str(struct.unpack("<i", struct.pack("<HH", units[at + 1], units[at + 2]))[0])
        elif opcode in _MOVES:
            target, source = _move(units, at, opcode)
            if source in held:
                held[target] = held[source]
            else:
                held.pop(target, None)
        elif opcode in _SGET:
            held[unit >> 8] = field(units[at + 1])
        elif opcode in _INVOKES:
            first = register_of(units, at, 0)
            if first is not None and passes_on(units[at + 1]):
                result = held.get(first)
        elif opcode in _MOVE_RESULT:
            if previous is not None:
                held[unit >> 8] = previous
            else:
                held.pop(unit >> 8, None)
        elif opcode not in _WRITES_NOTHING:
            target = units[at + 1] if opcode in _WORD else unit >> 8 & 0xF if opcode in _NIBBLE else unit >> 8
            held.pop(target, None)
            held.pop(target + 1, None)  # a wide value takes two registers
        if opcode in _ENDS:
            held.clear()
        at += length
    return held.get(register) if at == call and call not in targets else None


def _move(units: array[int], at: int, opcode: int) -> tuple[int, int]:
    unit = units[at]
    if opcode in (0x01, 0x07):
        return unit >> 8 & 0xF, unit >> 12
    if opcode in (0x02, 0x08):
        return unit >> 8, units[at + 1]
    return units[at + 1], units[at + 2]


def _targets(units: array[int], until: int) -> frozenset[int]:
    """Return where branches lead, up to the call: there another path may bring other values. Switches count as unknown."""
    targets: set[int] = set()
    at, end = 0, len(units)
    while at < end:
        unit = units[at]
        opcode = unit & 0xFF
        offset: int | None = None
        if opcode == 0x28:
            offset = (unit >> 8) - 256 if unit >> 8 > 127 else unit >> 8
        elif (opcode == 0x29 or opcode in range(0x32, 0x3E)) and at + 1 < end:
            offset = struct.unpack("<h", struct.pack("<H", units[at + 1]))[0]
        elif opcode == 0x2A and at + 2 < end:
            offset = struct.unpack("<i", struct.pack("<HH", units[at + 1], units[at + 2]))[0]
        elif opcode in (0x2B, 0x2C) and at + 2 < end:
            targets |= _switch_targets(units, at, end)
        if offset is not None and at + offset <= until:
            targets.add(at + offset)
        at += instruction_length(units, at, end)
    return frozenset(targets)


def _switch_targets(units: array[int], at: int, end: int) -> set[int]:
    table = at + struct.unpack("<i", struct.pack("<HH", units[at + 1], units[at + 2]))[0]
    if not 0 <= table + 1 < end:
        return set()
    size = units[table + 1]
    first = table + (4 if units[table] == 0x0100 else 2 + 2 * size)
    found = set()
    for index in range(first, min(first + 2 * size, end - 1), 2):
        found.add(at + struct.unpack("<i", struct.pack("<HH", units[index], units[index + 1]))[0])
    return found

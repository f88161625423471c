"""One method's instructions: where they start, and after which others each may run.

``follow`` and ``definitions`` use their C twins (auditor/_native/dexbody.c) where those were built, else the stdlib ones below; both
give the same.
Format: Dalvik bytecode (source.android.com/docs/core/runtime/dalvik-bytecode).
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left, bisect_right
from itertools import accumulate

from auditor.extract.android.walk import instruction_length
from auditor.light import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["IFS", "Body", "Order", "definitions", "definitions_python", "follow", "follow_python", "signed", "written"]

_ENDS = frozenset([*range(0x0E, 0x12), 0x27, *range(0x28, 0x2B)])
"""return, throw and goto: the next instruction is reached from elsewhere only."""
IFS = range(0x32, 0x3E)
_NOTHING = frozenset(
    [
        *(0x00, 0x1D, 0x1E, 0x1F, 0x26, 0x27, 0xFA, 0xFB, 0xFC, 0xFD, 0x24, 0x25),
        *(*range(0x0E, 0x12), *range(0x28, 0x2D), *IFS, *range(0x4B, 0x52), *range(0x59, 0x60), *range(0x67, 0x73), *range(0x74, 0x79)),
    ]
)
"""Instructions that write no register."""
_NIBBLE = frozenset([0x01, 0x04, 0x07, 0x12, 0x20, 0x21, 0x23, *range(0x52, 0x59), *range(0x7B, 0x90), *range(0xB0, 0xD8)])
"""Instructions whose target register stands in four bits."""
_WORD = frozenset([0x03, 0x06, 0x09])
"""Instructions whose target register stands in the second code unit."""
_WIDE = frozenset(
    [
        *(0x04, 0x05, 0x06, 0x0B, *range(0x16, 0x1A), 0x45, 0x53, 0x61, 0x7D, 0x7E, 0x80, 0x81, 0x83, 0x86, 0x88, 0x89, 0x8B),
        *(*range(0x9B, 0xA6), *range(0xAB, 0xB0), *range(0xBB, 0xC6), *range(0xCB, 0xD0)),
    ]
)
"""Instructions that write two registers."""


class Order(NamedTuple):
    """Which instruction may run after which."""

    starts: array[int]
    """Where instructions start, in code units, in order."""
    offsets: array[int]
    """For each code unit where in ``before`` those stand after which what starts there may run; one more marks the end."""
    before: array[int]
    """Where instructions start."""


def signed(value: int, bits: int) -> int:
    """Return a number of ``bits`` bits as two's complement has it."""
    return value - (1 << bits) if value >> bits - 1 else value


def follow(units: array[int]) -> Order | None:
    """Return which of a method's instructions may run after which, exceptions aside.

    None where switches lead to more places than a method of its size has room to name: they share their tables.
    """
    try:
        from auditor._native.dexwalk import dexfollow
    except ImportError:
        return follow_python(units)
    if sys.byteorder == "big":
        units = array("H", units)
        units.byteswap()
    found = dexfollow(units.tobytes())
    return None if found is None else Order(*(array("I", one) for one in found))


def follow_python(units: array[int]) -> Order | None:
    """Do what ``follow`` does, with the standard library alone."""
    end = len(units)
    starts = array("I")
    before: list[list[int]] = [[] for _ in range(end)]
    at, last, left = 0, -1, end
    while at < end:
        unit = units[at]
        opcode = unit & 0xFF
        length = instruction_length(units, at, end)
        if opcode == 0 and unit:
            # the data of a switch or an array
            at += length
            last = -1
            continue
        starts.append(at)
        if last >= 0:
            before[at].append(last)
        for target in _targets(units, at, opcode, end):
            left -= 1
            if left < 0:
                return None
            if 0 <= target < end:
                before[target].append(at)
        last = -1 if opcode in _ENDS else at
        at += length
    offsets = array("I", accumulate(map(len, before), initial=0))
    return Order(starts, offsets, array("I", (one for every in before for one in every)))


def _targets(units: array[int], at: int, opcode: int, end: int) -> Iterator[int]:
    """Yield where a branch leads."""
    if opcode == 0x28:
        yield at + signed(units[at] >> 8, 8)
    elif (opcode == 0x29 or opcode in IFS) and at + 1 < end:
        yield at + signed(units[at + 1], 16)
    elif opcode == 0x2A and at + 2 < end:
        yield at + signed(units[at + 1] | units[at + 2] << 16, 32)
    elif opcode in (0x2B, 0x2C) and at + 2 < end:
        table = at + signed(units[at + 1] | units[at + 2] << 16, 32)
        if not 0 <= table < end - 1:
            return
        size = units[table + 1]
        first = table + (4 if units[table] == 0x0100 else 2 + 2 * size)
        for index in range(first, min(first + 2 * size, end - 1), 2):
            yield at + signed(units[index] | units[index + 1] << 16, 32)


def written(units: array[int], at: int) -> int | None:
    """Return the (first) register the instruction at ``at`` writes. Raises IndexError where it is cut off."""
    unit = units[at]
    opcode = unit & 0xFF
    if opcode in _NOTHING:
        return None
    if opcode in _WORD:
        return units[at + 1]
    if opcode in _NIBBLE:
        return unit >> 8 & 0xF
    return unit >> 8


def _writes(units: array[int], at: int, register: int) -> bool:
    target = written(units, at)
    if target is None:
        return False
    return target == register or (target + 1 == register and units[at] & 0xFF in _WIDE)


def definitions(
    units: array[int], order: Order, thrown: array[int], at: int, register: int, most: int
) -> tuple[Sequence[int] | None, int]:
    """Return the instructions that may have given a register the value it has before the one at ``at``, and the steps it took.

    ``thrown``: handler, first and last (exclusive) index into the starts of what may throw to it, sorted. None where the value is a
    parameter's, or comes from nowhere, or more than ``most`` steps are needed.
    """
    try:
        from auditor._native.dexwalk import dexdefinitions
    except ImportError:
        return definitions_python(units, order, thrown, at, register, most)
    if sys.byteorder == "big":
        return definitions_python(units, order, thrown, at, register, most)
    found: tuple[list[int] | None, int] = dexdefinitions(units, order.starts, order.offsets, order.before, thrown, at, register, most)
    return found


def definitions_python(
    units: array[int], order: Order, thrown: array[int], at: int, register: int, most: int
) -> tuple[Sequence[int] | None, int]:
    """Do what ``definitions`` does, with the standard library alone."""
    found: set[int] = set()
    seen = {at}
    open_ = [at]
    steps = 0
    while open_:
        node = open_.pop()
        run, throws = _before(order, thrown, node)
        steps += 1 + len(run) + sum(last - first for first, last in throws)
        if steps > most or node == 0 or not (run or throws):
            return None, steps
        for one in run:
            try:
                gives = _writes(units, one, register)
            except IndexError:
                return None, steps
            if gives:
                found.add(one)
            elif one not in seen:
                seen.add(one)
                open_.append(one)
        for first, last in throws:
            for one in order.starts[first:last]:
                if one not in seen:
                    seen.add(one)
                    open_.append(one)
    return sorted(found), steps


def _before(order: Order, thrown: array[int], at: int) -> tuple[Sequence[int], Sequence[tuple[int, int]]]:
    """Return the instructions after which the one at ``at`` may run, and the ranges of the starts that may throw to it."""
    if not 0 <= at < len(order.offsets) - 1:
        return (), ()
    run = order.before[order.offsets[at] : order.offsets[at + 1]]
    if not thrown:
        return run, ()
    handlers = thrown[::3]
    span = range(bisect_left(handlers, at), bisect_right(handlers, at))
    return run, [(thrown[3 * one + 1], thrown[3 * one + 2]) for one in span]


class Body:
    """One method's instructions, followed on demand."""

    __slots__ = ("_order", "_thrown", "_tries", "units")

    def __init__(self, units: array[int], tries: Sequence[tuple[int, int, Sequence[int]]] = ()) -> None:
        """``tries``: (first code unit, one past the last, where its handlers start) of each guarded range."""
        self.units, self._tries = units, tries
        self._order: Order | None = None
        self._thrown = array("I")

    @property
    def starts(self) -> Sequence[int]:
        """Where instructions start, in order; none where they cannot be followed."""
        return self._followed().starts

    def before(self, at: int) -> tuple[Sequence[int], Sequence[tuple[int, int]]]:
        """Return the instructions after which the one at ``at`` may run, and the ranges of ``starts`` that may throw to it."""
        return _before(self._followed(), self._thrown, at)

    def definitions(self, at: int, register: int, most: int) -> tuple[Sequence[int] | None, int]:
        """Return what gave a register its value, as :func:`definitions` does."""
        order = self._followed()
        return definitions(self.units, order, self._thrown, at, register, most)

    def _followed(self) -> Order:
        if self._order is None:
            self._order = follow(self.units) or Order(array("I"), array("I"), array("I"))
            starts = self._order.starts
            found: list[tuple[int, int, int]] = []
            for first, past, handlers in self._tries:
                inside = bisect_left(starts, first), bisect_left(starts, past)
                if inside[0] < inside[1]:
                    found += ((handler, *inside) for handler in handlers)
            self._thrown = array("I", (word for triple in sorted(found) for word in triple))
        return self._order

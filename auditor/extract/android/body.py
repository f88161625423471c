"""One method's instructions: where they start, and after which others each may run.

``follow`` uses its C twin (auditor/_native/dexbody.c) where that was built, else the stdlib one below; both give the same.
Format: Dalvik bytecode (source.android.com/docs/core/runtime/dalvik-bytecode).
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from auditor.extract.android.walk import instruction_length

__all__ = ["IFS", "Body", "Order", "follow", "follow_python", "signed"]

_ENDS = frozenset([*range(0x0E, 0x12), 0x27, *range(0x28, 0x2B)])
"""return, throw and goto: the next instruction is reached from elsewhere only."""
IFS = range(0x32, 0x3E)


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


class Body:
    """One method's instructions, followed on demand."""

    def __init__(self, units: array[int], tries: Sequence[tuple[int, int, Sequence[int]]] = ()) -> None:
        """``tries``: (first code unit, one past the last, where its handlers start) of each guarded range."""
        self.units, self._tries = units, tries
        self._order: Order | None = None
        self._thrown: dict[int, list[tuple[int, int]]] = {}

    @property
    def starts(self) -> Sequence[int]:
        """Where instructions start, in order; none where they cannot be followed."""
        return self._followed().starts

    def before(self, at: int) -> tuple[Sequence[int], Sequence[tuple[int, int]]]:
        """Return the instructions after which the one at ``at`` may run, and the ranges of ``starts`` that may throw to it."""
        order = self._order or self._followed()
        if at + 1 >= len(order.offsets):
            return (), ()
        return order.before[order.offsets[at] : order.offsets[at + 1]], self._thrown.get(at, ())

    def _followed(self) -> Order:
        if self._order is None:
            self._order = follow(self.units) or Order(array("I"), array("I"), array("I"))
            starts = self._order.starts
            for first, past, handlers in self._tries:
                inside = bisect_left(starts, first), bisect_left(starts, past)
                for handler in handlers if inside[0] < inside[1] else ():
                    self._thrown.setdefault(handler, []).append(inside)
        return self._order

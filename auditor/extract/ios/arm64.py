"""Where in an image's arm64 code an address is taken or a stub is called.

Only the forms compilers and linkers write for that: ADRP with ADD or LDR, ADR, LDR of a literal, B and BL. Encodings:
Arm Architecture Reference Manual for A-profile, C4.1 and C6.2. A hit is an instruction, not proof that it ever runs.
"""

from __future__ import annotations

import re
import sys
from array import array
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from auditor.extract.ios.objc import Memory, Method, Section

__all__ = ["Functions", "function_starts", "stub_addresses", "uses"]

Name = TypeVar("Name")
"""What stands at an address."""

_MAX_CODE = 256 << 20
"""Bytes of code looked through in one image."""
_MAX_STARTS = 4_000_000
_WINDOW = 256
"""Instructions after an ADRP in which those that complete the address stand."""
_TAKES = re.compile(rb"[\x10\x30\x50\x58\x70\x90\xb0\xd0\xf0]")
"""Last byte of the instructions ADR, LDR (literal) and ADRP."""


def _words(memory: Memory, section: Section) -> array[int]:
    start = memory.base + section.offset
    words = array("I")
    words.frombytes(memory.data[start : start + section.size // 4 * 4])
    if sys.byteorder == "big":
        words.byteswap()
    return words


def uses(
    memory: Memory, sections: Iterable[Section], taken: Mapping[int, Name], called: Mapping[int, Name]
) -> Iterator[tuple[int, Name]]:
    """Yield (address of the instruction, name) wherever code takes an address of ``taken`` or calls one of ``called``.

    Both map addresses to what stands there.
    """
    left = _MAX_CODE
    for section in sections:
        if section.name != "__text" or section.segment not in ("__TEXT", "__TEXT_EXEC") or left <= 0:
            continue
        left -= section.size
        words = _words(memory, section)
        if taken:
            for number, address in _taken(words, memory, section, taken):
                yield section.address + number * 4, taken[address]
        if called:
            yield from _called(words, section, called)


def _taken(words: array[int], memory: Memory, section: Section, taken: Collection[int]) -> Iterator[tuple[int, int]]:
    """Yield (number of the instruction, address) of each wanted address that is taken."""
    pages = {address >> 12 for address in taken}
    start = memory.base + section.offset
    for match in _TAKES.finditer(memory.data[start + 3 : start + len(words) * 4 : 4]):
        number = match.start()
        word = words[number]
        here = section.address + number * 4
        top = word >> 24
        if top == 0x58:
            address = here + _signed(word >> 5 & 0x7FFFF, 19) * 4
            if address in taken:
                yield number, address
            continue
        distance = _signed((word >> 5 & 0x7FFFF) << 2 | word >> 29 & 3, 21)
        if top < 0x80:
            if here + distance in taken:
                yield number, here + distance
            continue
        page = (here >> 12) + distance
        if page in pages:
            for later, address in _completed(words, number, page << 12, word & 31):
                if address in taken:
                    yield later, address


def _completed(words: array[int], number: int, page: int, register: int) -> Iterator[tuple[int, int]]:
    """Yield (number of the instruction, address) of those that make an address of a page, while its register keeps it."""
    for later in range(number + 1, min(number + 1 + _WINDOW, len(words))):
        word = words[later]
        if word >> 5 & 31 == register:
            if word & 0xFFC00000 == 0x91000000:
                yield later, page + (word >> 10 & 0xFFF)
            elif word & 0xFFC00000 == 0xF9400000:
                yield later, page + (word >> 10 & 0xFFF) * 8
        # whatever names the register first may write it; a call keeps only the registers from x19 on
        if word & 31 == register or (word & 0x7E400000 == 0x28400000 and word >> 10 & 31 == register):
            return
        if register < 19 and (word & 0xFC000000 == 0x94000000 or word & 0xFFFFFC1F == 0xD63F0000):
            return


def _called(words: array[int], section: Section, called: Mapping[int, Name]) -> Iterator[tuple[int, Name]]:
    """Yield where code calls one of some addresses.

    The distance a branch holds and the branch's own number add up to the same sum for every branch to one address.
    """
    sums: set[int] = set()
    first = section.address >> 2
    for address in called:
        distance = (address >> 2) - first
        for code in (0x94000000, 0x14000000):
            sums |= {code + distance, code + distance + 0x4000000}  # forwards, backwards
    for number, word in enumerate(words):
        if word + number in sums:
            here = first + number
            target = here + _signed(word & 0x3FFFFFF, 26)
            name = called.get(target << 2)
            if name is not None and word & 0x7C000000 == 0x14000000:
                yield here << 2, name


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value


def stub_addresses(memory: Memory, sections: Iterable[Section], taken: Mapping[int, Name]) -> Iterator[tuple[int, Name]]:
    """Yield (address, name) of the linker's stubs for messages (``__objc_stubs``) that take a selector of ``taken``."""
    for section in sections:
        if section.name == "__objc_stubs":
            words = _words(memory, section)
            for number, address in _taken(words, memory, section, taken):
                # the stub starts with the ADRP
                yield section.address + (number - 1) * 4, taken[address]


def function_starts(data: bytes, first: int) -> list[int]:
    """Return the addresses LC_FUNCTION_STARTS lists: distances as ULEB128 numbers, the first from the image's start."""
    starts: list[int] = []
    value = shift = 0
    address = first
    for byte in data:
        value |= (byte & 0x7F) << shift
        if byte & 0x80 and shift < 56:
            shift += 7
            continue
        if not value or len(starts) >= _MAX_STARTS:
            break
        address += value
        starts.append(address)
        value = shift = 0
    return starts


class Functions:
    """Whose code stands where: the functions of an image, and the methods among them."""

    def __init__(self, starts: Sequence[int], methods: Iterable[Method]) -> None:
        self._methods = {method.address: method for method in methods}
        self._starts = sorted(starts)
        self._known = sorted(self._methods)

    def start(self, address: int) -> int:
        """Return where the function starts that an instruction stands in; the instruction itself where that is not known."""
        place = bisect_right(self._starts, address)
        return self._starts[place - 1] if place else address

    def owner(self, start: int) -> tuple[str, tuple[str, ...]]:
        """Return the method that starts at an address, and its class; of another function, the methods around it.

        Compilers write one source file's functions in one piece, so what stands between two methods of one owner is, in all
        likelihood, that owner's as well. Empty where no method stands before or after it.
        """
        method = self._methods.get(start)
        if method is not None:
            return str(method), (method.class_,)
        after = bisect_right(self._known, start)
        if not 0 < after < len(self._known):
            return "", ()
        before, behind = self._methods[self._known[after - 1]], self._methods[self._known[after]]
        return f"{before} … {behind}", (before.class_, behind.class_)

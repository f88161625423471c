"""The stdlib twin of the call graph, first half: the tables of one DEX, each entry numbered when it is first used, and the lists that
classes, annotations and call sites have there. Whatever they say of themselves is checked; budgets bound what they may share.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING

from auditor.archive.fast import Bytes
from auditor.extract.android.callgraph import NONE
from auditor.extract.android.callgraph_search import DIRECT, NEW, STATIC, VIRTUAL
from auditor.extract.android.names import read_strings_python
from auditor.extract.android.walk import uleb

if TYPE_CHECKING:
    from auditor.extract.android.callgraph_python import CallGraphPython

__all__ = [
    "Dex", "Entries", "entered_by", "half", "handle_edges", "handles_and_sites", "interface_count", "interfaces_of", "site_handles", "word",
]  # fmt: skip

_MANY = 1 << 16


class Dex:
    """The tables of one DEX, each entry numbered when it is first used."""

    def __init__(self, graph: CallGraphPython, data: Bytes, header: int) -> None:
        self.graph, self.data = graph, data
        self.strings = read_strings_python(data, header)
        values = struct.unpack_from("<14I", data, header + 0x38)
        self.map = struct.unpack_from("<I", data, header + 0x34)[0]
        self.type_ids = _table(data, values[3], values[2], 4)
        self.protos = _table(data, values[5], values[4], 12)
        self.fields = _table(data, values[7], values[6], 8)
        self.methods = _table(data, values[9], values[8], 8)
        self.class_defs = _table(data, values[11], values[10], 32)
        self.annotations = self._annotations()
        """By type index: when such an annotation lets a method be entered."""
        self.text_left = 4 * len(data)
        """Bytes that what methods take and give may be written in: types may share theirs."""
        self._types: dict[int, int] = {}
        self._protos: dict[int, int] = {}
        self._refs: dict[int, int] = {}

    def _annotations(self) -> dict[int, int]:
        wanted = self.graph.annotations
        strings = {index for index, text in enumerate(self.strings) if text in wanted} if wanted else ()
        at, count = self.type_ids
        if not strings:
            return {}
        indices = ((index, word(self.data, at + 4 * index)) for index in range(count))
        return {index: wanted[self.strings[text]] for index, text in indices if text in strings}

    def string(self, index: int) -> bytes:
        """Return a string; empty where there is none."""
        return self.strings[index] if index < len(self.strings) else b""

    def type_name(self, index: int) -> bytes:
        """Return the descriptor of a type; empty where there is none."""
        at, count = self.type_ids
        return self.string(word(self.data, at + 4 * index)) if index < count else b""

    def type(self, index: int) -> int:
        """Return the number of a type."""
        found = self._types.get(index)
        if found is None:
            found = self._types[index] = self.graph.type_number(self.type_name(index))
        return found

    def proto(self, index: int) -> int:
        """Return the number of what a method takes and gives."""
        found = self._protos.get(index)
        if found is None:
            found = self._protos[index] = self.graph.proto_number(self._proto(index))
        return found

    def _proto(self, index: int) -> bytes:
        at, count = self.protos
        data = self.data
        if index >= count:
            return b"()?"
        _, result, parameters = struct.unpack_from("<3I", data, at + 12 * index)
        names: list[bytes] = []
        if parameters and parameters + 4 <= len(data):
            size = word(data, parameters)
            if size < 256 and parameters + 4 + 2 * size <= len(data):
                names = [self.type_name(half(data, parameters + 4 + 2 * one)) for one in range(size)]
        names.append(self.type_name(result))
        length = sum(map(len, names)) + 2
        if length > self.text_left:
            return b"()?"
        self.text_left -= length
        return b"(" + b"".join(names[:-1]) + b")" + names[-1]

    def signature(self, index: int) -> int:
        """Return the number of a name with what it takes and gives; the index is one of the table of methods."""
        at, _ = self.methods
        number, name = struct.unpack_from("<HI", self.data, at + 8 * index + 2)
        proto = self.proto(number)
        return self.graph.signature_number(self.graph.name_number(self.string(name)), proto)

    def ref(self, index: int) -> int:
        """Return the number of a method as it is referred to; the index is one of the table."""
        found = self._refs.get(index)
        if found is None:
            owner = self.type(half(self.data, self.methods[0] + 8 * index))
            found = self._refs[index] = self.graph.ref_number(owner, self.signature(index))
        return found


def word(data: Bytes, at: int) -> int:
    """Return the 32-bit word at an offset."""
    return int.from_bytes(data[at : at + 4], "little")


def half(data: Bytes, at: int) -> int:
    """Return the 16-bit word at an offset; raises IndexError behind the end."""
    return data[at] | data[at + 1] << 8


def _table(data: Bytes, offset: int, count: int, width: int) -> tuple[int, int]:
    if count and offset + width * count > len(data):
        raise ValueError("a table lies outside the file")
    return offset, count


def interface_count(data: Bytes, at: int) -> int:
    """Return how many entries a list of interfaces has, as far as the file goes."""
    return min(word(data, at), _MANY, (len(data) - at - 4) // 2) if at and at + 4 <= len(data) else 0


def interfaces_of(dex: Dex, at: int, count: int) -> tuple[int, ...]:
    """Return the types of a list of interfaces, each once."""
    return tuple(dict.fromkeys(dex.type(half(dex.data, at + 4 + 2 * one)) for one in range(count)))


def entered_by(dex: Dex, annotations: int, left: int) -> tuple[int, int]:
    """Return when a set of annotations lets a method be entered at the earliest, 0 for never; and what is left of the budget."""
    data, found = dex.data, 0
    if annotations + 4 > len(data):
        return 0, left
    for number in range(word(data, annotations)):
        entry = annotations + 4 + 4 * number
        if entry + 4 > len(data):
            break
        left -= 1
        if left < 0:
            break
        try:
            index, _ = uleb(data, word(data, entry) + 1)
        except IndexError:
            continue
        trigger = dex.annotations.get(index, 0)
        if trigger and (not found or trigger < found):
            found = trigger
    return found, left


class Entries:
    """(index, access flags, code offset) of the methods of a class; of a broken one those before the break.

    ``left`` is what is left of the budget, negative when used up: classes may share their data.
    """

    def __init__(self, data: Bytes, at: int, left: int) -> None:
        self._data, self._at, self.left = data, at, left

    def __iter__(self) -> Iterator[tuple[int, int, int]]:
        data, at = self._data, self._at
        try:
            counts = []
            for _ in range(4):
                value, at = uleb(data, at)
                counts.append(value)
            fields = counts[0] + counts[1]
            if not self._spend(fields):
                return
            for _ in range(2 * fields):
                _, at = uleb(data, at)
            for number in counts[2:]:
                index = 0
                for _ in range(number):
                    if not self._spend(1):
                        return
                    difference, at = uleb(data, at)
                    flags, at = uleb(data, at)
                    code, at = uleb(data, at)
                    index = index + difference & NONE
                    yield index, flags, code
        except IndexError:
            return

    def _spend(self, cost: int) -> bool:
        self.left = self.left - cost if cost <= self.left else -1
        return self.left >= 0


def handles_and_sites(data: Bytes, at: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return where method handles and call sites stand, and how many there are, from the map of the file."""
    handles = sites = (0, 0)
    if at and at + 4 <= len(data):
        for one in range(min(word(data, at), 64)):
            item = at + 4 + 12 * one
            if item + 12 > len(data):
                break
            kind, count, offset = half(data, item), word(data, item + 4), word(data, item + 8)
            if kind == 0x0008 and (not count or offset + 8 * count <= len(data)):
                handles = (offset, count)
            elif kind == 0x0007 and (not count or offset + 4 * count <= len(data)):
                sites = (offset, count)
    return handles, sites


def site_handles(data: Bytes, sites: tuple[int, int], index: int) -> list[int]:
    """Return the method handles among the arguments of a call site; the first is what links it, and left out."""
    table, count = sites
    found: list[int] = []
    if index >= count:
        return found
    try:
        at = word(data, table + 4 * index)
        size, at = uleb(data, at)
        for one in range(min(size, 64)):
            head = data[at]
            kind, length = head & 0x1F, (head >> 5) + 1
            at += 1
            if kind in (0x1C, 0x1D) or at + length > len(data):
                break
            if kind in (0x1E, 0x1F):
                length = 0
            if kind == 0x16 and one:
                found.append(int.from_bytes(data[at : at + min(length, 4)], "little"))
            at += length
    except IndexError:
        pass
    return found


def handle_edges(dex: Dex, handles: tuple[int, int], index: int, seen: dict[int, None]) -> None:
    """Add the edges to the method a method handle stands for."""
    table, count = handles
    if index >= count:
        return
    kind, target = half(dex.data, table + 8 * index), half(dex.data, table + 8 * index + 4)
    if not 4 <= kind <= 8 or target >= dex.methods[1]:
        return
    ref = dex.ref(target)
    if kind == 6:
        seen[dex.graph.ref_parts[ref] >> 32 << 4 | NEW] = None
    seen[ref << 4 | (STATIC, VIRTUAL, DIRECT, DIRECT, VIRTUAL)[kind - 4]] = None

"""The call graph with the standard library alone: DEX files read into numbers, and the hierarchy of their classes.

See :mod:`auditor.extract.android.callgraph`, which says what each step is for.
"""

from __future__ import annotations

import re
import struct
import sys
from array import array

from auditor.archive.fast import Bytes
from auditor.extract.android.callgraph import NONE, descriptor_of
from auditor.extract.android.callgraph_dex import (
    Dex,
    Entries,
    entered_by,
    half,
    handle_edges,
    handles_and_sites,
    interface_count,
    interfaces_of,
    site_handles,
    word,
)
from auditor.extract.android.callgraph_search import (
    DIRECT,
    LITERAL,
    NAME,
    NAMED,
    NEW,
    STATIC,
    SUPER,
    TOUCH,
    VIRTUAL,
    Run,
    World,
)
from auditor.extract.android.walk import instruction_length
from auditor.extract.entrances import CallbackRules

__all__ = ["CallGraphPython"]

_ABSTRACT, _INTERFACE = 0x400, 0x200
_DOTTED = re.compile(rb"[A-Za-z_$][0-9A-Za-z_$]*(?:\.[A-Za-z_$][0-9A-Za-z_$]*)+\Z")
_IDENTIFIER = re.compile(rb"[A-Za-z_$][0-9A-Za-z_$]*\Z")
_LONGEST_NAME, _LONGEST_MEMBER = 255, 64
_OBJECT = b"Ljava/lang/Object;"
_INVOKED = (VIRTUAL, SUPER, DIRECT, STATIC, VIRTUAL, NONE)
"""Kind of edge of invoke-virtual, -super, -direct, -static and -interface, plain and range."""


class CallGraphPython:
    """The call graph with the standard library alone; see :class:`CallGraph`."""

    def __init__(self, rules: CallbackRules) -> None:
        self._rules = rules
        self._types: dict[bytes, int] = {}
        self._names: dict[bytes, int] = {}
        self._protos: dict[bytes, int] = {}
        self._signatures: dict[int, int] = {}
        self.signature_parts: list[int] = []
        self.refs: dict[int, int] = {}
        self.ref_parts: list[int] = []
        self.class_of: dict[int, int] = {}
        """Type -> place in the order of definition."""
        self._order: list[int] = []
        self.parents: list[int] = []
        self.interfaces: list[tuple[int, ...]] = []
        self._access: list[int] = []
        self.defined: list[list[int]] = []
        """By class: the methods it defines, in file order."""
        self.edges: dict[int, array[int]] = {}
        self.bodies: set[int] = set()
        self.annotations = {descriptor_of(class_): trigger for class_, trigger in rules.annotations}
        self.entered_at: dict[int, int] = {}
        """Methods that something outside enters by their annotations, and when."""
        self.entered_classes: set[int] = set()
        self.defaults: set[int] = set()
        """Signatures that an interface gives a body."""
        self._edge_count = 0
        self._worlds: list[World] = []
        self._triggers: dict[int, int] = {}
        self._platform: dict[int, bool] = {}
        self.type_names: list[bytes] = []
        self.name_texts: list[bytes] = []
        self._proto_texts: list[bytes] = []
        self.exact: dict[int, dict[int, int]] = {}

    # -- numbers

    def type_number(self, name: bytes) -> int:
        """Return the number of a type."""
        found = self._types.get(name)
        if found is None:
            found = self._types[name] = len(self._types)
            self.type_names.append(name)
        return found

    def name_number(self, name: bytes) -> int:
        """Return the number of a method's name."""
        found = self._names.get(name)
        if found is None:
            found = self._names[name] = len(self._names)
            self.name_texts.append(name)
        return found

    def proto_number(self, text: bytes) -> int:
        """Return the number of a method's parameters and result."""
        found = self._protos.get(text)
        if found is None:
            found = self._protos[text] = len(self._protos)
            self._proto_texts.append(text)
        return found

    def signature_number(self, name: int, proto: int) -> int:
        """Return the number of a name with its parameters and result."""
        key = name << 32 | proto
        found = self._signatures.get(key)
        if found is None:
            found = self._signatures[key] = len(self._signatures)
            self.signature_parts.append(key)
        return found

    def ref_number(self, type_: int, signature: int) -> int:
        """Return the number of a method of a type."""
        key = type_ << 32 | signature
        found = self.refs.get(key)
        if found is None:
            found = self.refs[key] = len(self.refs)
            self.ref_parts.append(key)
        return found

    # -- reading

    def add(self, data: Bytes, header: int, budget: int) -> bool:
        """Read one DEX; see :class:`CallGraph`."""
        dex = Dex(self, data, header)
        handles, sites = handles_and_sites(data, dex.map)
        left = budget
        at, count = dex.class_defs
        for number in range(count):
            type_index, access, parent, interfaces, _, annotations, class_data, _ = struct.unpack_from("<8I", data, at + 32 * number)
            type_ = dex.type(type_index)
            if type_ in self.class_of:
                continue
            self.class_of[type_] = len(self._order)
            self._order.append(type_)
            self.parents.append(NONE if parent == NONE else dex.type(parent))
            count_above = interface_count(data, interfaces)
            left -= count_above
            self.interfaces.append(interfaces_of(dex, interfaces, count_above) if left >= 0 else ())
            self._access.append(access)
            defined: list[int] = []
            self.defined.append(defined)
            if left < 0:
                return True
            if class_data:
                entries = Entries(data, class_data, left)
                for index, flags, code in entries:
                    if index >= dex.methods[1]:
                        continue
                    method = self.ref_number(type_, dex.signature(index))
                    if method in self.edges:
                        continue
                    defined.append(method)
                    self.edges[method] = edges = array("I")
                    if not flags & _ABSTRACT:
                        self.bodies.add(method)
                        if access & _INTERFACE:
                            self.defaults.add(self.ref_parts[method] & NONE)
                    if code:
                        entries.left = self._read_code(dex, code, entries.left, edges, handles, sites)
                        self._edge_count += len(edges)
                    if entries.left < 0:
                        return True
                left = entries.left
                if left < 0:
                    return True
            if annotations and dex.annotations:
                left = self._read_annotations(dex, type_, annotations, left)
                if left < 0:
                    return True
        return False

    def _read_annotations(self, dex: Dex, type_: int, directory: int, left: int) -> int:
        """Note which methods of a class their annotations let be entered; return what is left of the budget, negative when used up."""
        data = dex.data
        if directory + 16 > len(data):
            return left
        fields, methods = struct.unpack_from("<2I", data, directory + 4)
        at = directory + 16 + 8 * fields
        for _ in range(methods):
            if at + 8 > len(data):
                break
            left -= 1
            if left < 0:
                break
            index, annotations = struct.unpack_from("<2I", data, at)
            at += 8
            trigger, left = entered_by(dex, annotations, left)
            if left < 0:
                break
            if not trigger or index >= dex.methods[1]:
                continue
            method = self.refs.get(type_ << 32 | dex.signature(index))
            if method is not None and method in self.bodies:
                self.entered_at[method] = trigger
                self.entered_classes.add(self.class_of[type_])
        return left

    def _read_code(
        self, dex: Dex, code: int, left: int, edges: array[int], handles: tuple[int, int], sites: tuple[int, int]
    ) -> int:
        """Add what a method's code leads to; return what is left of the budget, negative when used up."""
        data = dex.data
        if code + 16 > len(data):
            return left
        count = word(data, code + 12)
        if code + 16 + 2 * count > len(data):
            return left
        units = array("H", data[code + 16 : code + 16 + 2 * count])
        if sys.byteorder == "big":
            units.byteswap()
        seen: dict[int, None] = {}
        members: list[int] = []
        methods, fields, field_at = dex.methods[1], dex.fields[1], dex.fields[0]
        at = 0
        while at < count:
            left -= 1
            if left < 0:
                break
            unit = units[at]
            opcode = unit & 0xFF
            length = instruction_length(units, at, count)
            if opcode == 0 and unit:
                at += length
                continue
            if at + 1 < count:
                index = units[at + 1]
                if 0x6E <= opcode <= 0x78 and opcode != 0x73:
                    if index < methods:
                        seen[dex.ref(index) << 4 | _INVOKED[(opcode - 0x6E) % 6]] = None
                elif opcode == 0x22:
                    seen[dex.type(index) << 4 | NEW] = None
                elif opcode == 0x1C:
                    seen[dex.type(index) << 4 | LITERAL] = None
                elif 0x60 <= opcode <= 0x6D:
                    if index < fields:
                        seen[dex.type(half(data, field_at + 8 * index)) << 4 | TOUCH] = None
                elif opcode == 0x1A or (opcode == 0x1B and at + 2 < count):
                    text = dex.string(index | units[at + 2] << 16 if opcode == 0x1B else index)
                    if len(text) <= _LONGEST_NAME and _DOTTED.match(text):
                        seen[self.type_number(b"L" + text.replace(b".", b"/") + b";") << 4 | NAMED] = None
                    elif len(text) <= _LONGEST_MEMBER and _IDENTIFIER.match(text):
                        members.append(index | units[at + 2] << 16 if opcode == 0x1B else index)
                elif opcode in (0xFC, 0xFD):
                    for handle in site_handles(data, sites, index):
                        handle_edges(dex, handles, handle, seen)
                elif opcode == 0xFE:
                    handle_edges(dex, handles, index, seen)
            at += length
        edges.extend(seen)
        if members and any(edge & 15 == NAMED for edge in seen):
            named = {self.name_number(dex.string(index)) << 4 | NAME: None for index in members}
            edges.extend(named)
        return left

    # -- the hierarchy

    def link(self) -> int:
        """Settle the hierarchy; see :class:`CallGraph`."""
        cut = 0
        walk_of = [0] * len(self._order)
        for number in range(len(self._order)):
            at = number
            while not walk_of[at]:
                walk_of[at] = number + 1
                above = self.class_of.get(self.parents[at], NONE)
                if above == NONE:
                    break
                if walk_of[above] == number + 1:
                    self.parents[at] = NONE
                    cut += 1
                    break
                at = above
        for class_, name, trigger in self._rules.exact:
            type_, called = self._types.get(descriptor_of(class_)), self._names.get(name.encode())
            if type_ is not None and called is not None:
                self.exact.setdefault(type_, {})[called] = trigger
        return cut

    def type_of(self, descriptor: bytes) -> int:
        """Return the number of a class defined in the build; see :class:`CallGraph`."""
        type_ = self._types.get(descriptor, NONE)
        return type_ if type_ in self.class_of else NONE

    def classes(self) -> list[bytes]:
        """Return the descriptors of the classes defined; see :class:`CallGraph`."""
        return [self.type_names[type_] for type_ in self._order]

    def parent(self, type_: int) -> int:
        """Return a class's superclass; see :class:`CallGraph`."""
        number = self.class_of.get(type_)
        return NONE if number is None else self.parents[number]

    def methods(self, type_: int) -> list[tuple[int, bytes, bytes]]:
        """Return what a class defines; see :class:`CallGraph`."""
        number = self.class_of.get(type_)
        if number is None:
            return []
        return [(one, *self.name(one)[1:]) for one in self.defined[number] if one in self.bodies]

    def method(self, descriptor: bytes, name: bytes, proto: bytes) -> int:
        """Return the number of a method; see :class:`CallGraph`."""
        key = self._names.get(name, NONE) << 32 | self._protos.get(proto, NONE)
        found = self.refs.get(self._types.get(descriptor, NONE) << 32 | self._signatures.get(key, NONE), NONE)
        return found if found in self.edges else NONE

    def name(self, method: int) -> tuple[bytes, bytes, bytes]:
        """Return class, name and descriptor of a method; see :class:`CallGraph`."""
        key = self.ref_parts[method]
        parts = self.signature_parts[key & NONE]
        return self.type_names[key >> 32], self.name_texts[parts >> 32], self._proto_texts[parts & NONE]

    def entered(self, method: int) -> int:
        """Return when something outside may enter a method; see :class:`CallGraph`."""
        return self.entered_at.get(method, 0)

    def asked(self, type_: int) -> list[bytes]:
        """Return what exact rules say of a class; see :class:`CallGraph`."""
        if type_ not in self.class_of:
            return []
        outside = (above for above in self.ancestors(type_) if above not in self.class_of)
        return sorted({self.name_texts[name] for above in outside for name in self.exact.get(above, ())})

    def heirs(self, descriptor: bytes) -> list[int]:
        """Return the classes below another; see :class:`CallGraph`."""
        above = self._types.get(descriptor, NONE)
        if above == NONE:
            return []
        below: dict[int, list[int]] = {}
        for number, type_ in enumerate(self._order):
            for one in {self.parents[number], *self.interfaces[number]}:
                below.setdefault(one, []).append(type_)
        found, pending = {above}, [above]
        for one in pending:
            fresh = [type_ for type_ in below.get(one, ()) if type_ not in found]
            found.update(fresh)
            pending += fresh
        return [type_ for type_ in self._order if type_ != above and type_ in found]

    def uses(self) -> bytes:
        """Return which class calls, makes or names which; see :class:`CallGraph`."""
        pairs = array("I")
        for number, defined in enumerate(self.defined):
            seen: dict[int, None] = {}
            for method in defined:
                for edge in self.edges[method]:
                    kind, target = edge & 15, edge >> 4
                    if kind == NAME:
                        continue
                    other = self.class_of.get(self.ref_parts[target] >> 32 if kind <= VIRTUAL else target)
                    if other is not None and other != number:
                        seen[other] = None
            for other in seen:
                pairs.extend((number, other))
        return pairs.tobytes()

    def callers(self, methods: array[int]) -> bytes:
        """Return who calls methods; see :class:`CallGraph`."""
        asked = frozenset(methods)
        pairs = array("I")
        for method in sorted(self.edges):
            for edge in self.edges[method]:
                if edge & 15 == STATIC and edge >> 4 in asked:
                    pairs.extend((edge >> 4, method))
        return pairs.tobytes()

    def size(self) -> int:
        """Return how large the graph is; see :class:`CallGraph`."""
        return self._edge_count + len(self.edges) + len(self._order)

    # -- searching

    def ancestors(self, type_: int) -> dict[int, None]:
        """Return a type and everything it extends or implements."""
        found = {type_: None}
        pending = [type_]
        for one in pending:
            number = self.class_of.get(one)
            if number is None:
                continue
            parent = self.parents[number]
            for above in ((parent,) if parent != NONE else ()) + self.interfaces[number]:
                if above not in found:
                    found[above] = None
                    pending.append(above)
        return found

    def has_platform(self, type_: int) -> bool:
        """Tell whether a class extends or implements something that the build does not define, ``Object`` apart."""
        found = self._platform.get(type_)
        if found is None:
            found = self._platform[type_] = any(
                above not in self.class_of and self.type_names[above] != _OBJECT for above in self.ancestors(type_)
            )
        return found

    def trigger(self, name: int) -> int:
        """Return when the platform calls a method of a name, by the prefixes; 0 = nothing known."""
        found = self._triggers.get(name)
        if found is None:
            found = self._triggers[name] = self._rules.trigger(self.name_texts[name].decode("latin-1"))
        return found

    def grow(
        self, roots: array[int], made: array[int], held: array[int], in_use: bool, base: int, steps: int
    ) -> tuple[int, bool]:
        """Find the classes that can be made; see :class:`CallGraph`."""
        world = World()
        if base >= 0:
            world.made = dict(self._worlds[base].made)
            world.members = {type_: list(members) for type_, members in self._worlds[base].members.items()}
        run = Run(self, world, held, in_use, growing=True, steps=steps)
        run.start(roots, made)
        self._worlds.append(world)
        return len(self._worlds) - 1, run.exhausted

    def search(
        self, world: int, roots: array[int], held: array[int], in_use: bool, steps: int
    ) -> tuple[bytes, bytes, bytes, bool]:
        """Search a world; see :class:`CallGraph`."""
        run = Run(self, self._worlds[world], held, in_use, growing=False, steps=steps)
        run.start(roots, ())
        classes = bytearray(len(self._order))
        for number, defined in enumerate(self.defined):
            classes[number] = any(run.parents[method] != NONE for method in defined)
        return run.parents.tobytes(), bytes(run.how), bytes(classes), run.exhausted

"""The call graph of a build: which method can call which, over all of its DEX files, and what can be reached from where.

``call_graph`` gives the C twin (auditor/_native/dexwalk_graph.c) where it was built, else the stdlib one below; both give
equal results. A DEX file is read once, by ``add``, and not kept: what stays are numbers, of types, names and methods.

A virtual call leads to what the classes made in code that can run define or inherit (rapid type analysis), asked for per
class and signature, so that the cost follows what is found. An object whose class extends something of the platform is also
called by the platform, by the methods the rules name. Format: Dalvik executable format and bytecode
(source.android.com/docs/core/runtime/dex-format, .../dalvik-bytecode).
"""

from __future__ import annotations

import re
import struct
import sys
from array import array
from collections.abc import Iterator, Sequence
from typing import Protocol

from auditor.extract.android.names import as_mutf8, read_strings_python
from auditor.extract.android.walk import instruction_length, uleb
from auditor.extract.lens import USE, CallbackRules

__all__ = ["CALLED_BACK", "NONE", "SURE", "CallGraph", "CallGraphPython", "call_graph", "descriptor_of", "steps_for"]

NONE = 0xFFFFFFFF
"""No such number."""
_ABSTRACT, _INTERFACE = 0x400, 0x200
_DIRECT, _STATIC, _SUPER, _VIRTUAL, _NEW, _TOUCH, _LITERAL, _NAMED, _NAME = range(9)
"""Kinds of edge; the number stands in the four low bits, what it leads to above them."""
SURE, CALLED_BACK, CHOSEN, BY_NAME = range(4)
"""How a method was come by: the only target, called by the platform on an object made, one of several that may be, by name."""

_DOTTED = re.compile(rb"[A-Za-z_$][0-9A-Za-z_$]*(?:\.[A-Za-z_$][0-9A-Za-z_$]*)+\Z")
_IDENTIFIER = re.compile(rb"[A-Za-z_$][0-9A-Za-z_$]*\Z")
_LONGEST_NAME, _LONGEST_MEMBER = 255, 64
_MANY = 1 << 16
_OBJECT = b"Ljava/lang/Object;"
_STEPS = 64
"""Steps a search may take per edge and class of the graph."""
_FEWEST_STEPS = 1 << 22


class CallGraph(Protocol):
    """What both twins can do. Call ``add`` for each DEX, then ``link`` once, then the rest."""

    def add(self, data: bytes, header: int, budget: int) -> bool:
        """Read one DEX; return whether the budget of instructions was used up. Raises ValueError as ``Tables`` does."""
        ...

    def link(self) -> int:
        """Settle the hierarchy; return how many classes inherited from themselves, which was undone."""
        ...

    def type_of(self, descriptor: bytes) -> int:
        """Return the number of a class defined in the build, or NONE."""
        ...

    def classes(self) -> list[bytes]:
        """Return the descriptors of the classes defined, in order."""
        ...

    def parent(self, type_: int) -> int:
        """Return the superclass of a class of the build; NONE where the build does not define it."""
        ...

    def methods(self, type_: int) -> list[tuple[int, bytes, bytes]]:
        """Return (number, name, descriptor) of the methods a class defines itself and that have a body."""
        ...

    def method(self, descriptor: bytes, name: bytes, proto: bytes) -> int:
        """Return the number of a method that a class of the build defines, or NONE."""
        ...

    def name(self, method: int) -> tuple[bytes, bytes, bytes]:
        """Return class, name and descriptor of a method."""
        ...

    def entered(self, method: int) -> int:
        """Return when something outside may enter a method, by an annotation of its own: START, USE or 0 for never."""
        ...

    def heirs(self, descriptor: bytes) -> list[int]:
        """Return the classes of the build that extend or implement a class, in order."""
        ...

    def uses(self) -> bytes:
        """Return pairs of classes as words, by the order of their definition: the first calls, makes or names the second."""
        ...

    def grow(
        self, roots: array[int], made: array[int], held: array[int], in_use: bool, base: int, steps: int
    ) -> tuple[int, bool]:
        """Find the classes that code run from ``roots`` can make; return the number of that world, and whether steps ran out.

        ``made`` are classes there are objects of from the start, ``held`` those no literal makes (the platform does);
        ``in_use`` follows what happens only once the app is in use, too; ``base`` is a world to start from, or -1.
        """
        ...

    def search(
        self, world: int, roots: array[int], held: array[int], in_use: bool, steps: int
    ) -> tuple[bytes, bytes, bytes, bool]:
        """Return what can be reached in a world, breadth first: parents as words, how, classes, and whether steps ran out."""
        ...

    def size(self) -> int:
        """Return how many edges, methods and classes there are."""
        ...


def call_graph(rules: CallbackRules) -> CallGraph:
    """Return an empty call graph."""
    try:
        from auditor._native.dexwalk import CallGraph as Native
    except ImportError:
        return CallGraphPython(rules)
    return Native(  # type: ignore[no-any-return]
        [(prefix.encode(), trigger) for prefix, trigger in rules.prefixes],
        [(descriptor_of(class_), name.encode(), trigger) for class_, name, trigger in rules.exact],
        [(descriptor_of(class_), trigger) for class_, trigger in rules.annotations],
    )


def descriptor_of(name: str) -> bytes:
    """Return a dotted class name as the format writes it."""
    return b"L" + as_mutf8(name).replace(b".", b"/") + b";"


def steps_for(graph: CallGraph) -> int:
    """Return the most steps one search of a graph may take."""
    return max(_FEWEST_STEPS, _STEPS * graph.size())


# -- the stdlib twin ------------------------------------------------------------------------------------------------


class _World:
    """The classes there are objects of, and for each type those of them that are of it."""

    def __init__(self) -> None:
        self.made: dict[int, None] = {}
        self.members: dict[int, list[int]] = {}


class _Dex:
    """The tables of one DEX, each entry numbered when it is first used."""

    def __init__(self, graph: CallGraphPython, data: bytes, header: int) -> None:
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
        indices = ((index, _word(self.data, at + 4 * index)) for index in range(count))
        return {index: wanted[self.strings[text]] for index, text in indices if text in strings}

    def string(self, index: int) -> bytes:
        return self.strings[index] if index < len(self.strings) else b""

    def type_name(self, index: int) -> bytes:
        at, count = self.type_ids
        return self.string(_word(self.data, at + 4 * index)) if index < count else b""

    def type(self, index: int) -> int:
        found = self._types.get(index)
        if found is None:
            found = self._types[index] = self.graph.type_number(self.type_name(index))
        return found

    def proto(self, index: int) -> int:
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
            size = _word(data, parameters)
            if size < 256 and parameters + 4 + 2 * size <= len(data):
                names = [self.type_name(_half(data, parameters + 4 + 2 * one)) for one in range(size)]
        names.append(self.type_name(result))
        length = sum(map(len, names)) + 2
        if length > self.text_left:
            return b"()?"
        self.text_left -= length
        return b"(" + b"".join(names[:-1]) + b")" + names[-1]

    def signature(self, index: int) -> int:
        at, _ = self.methods
        half, name = struct.unpack_from("<HI", self.data, at + 8 * index + 2)
        proto = self.proto(half)
        return self.graph.signature_number(self.graph.name_number(self.string(name)), proto)

    def ref(self, index: int) -> int:
        """Return the number of a method as it is referred to; the index is one of the table."""
        found = self._refs.get(index)
        if found is None:
            owner = self.type(_half(self.data, self.methods[0] + 8 * index))
            found = self._refs[index] = self.graph.ref_number(owner, self.signature(index))
        return found


class CallGraphPython:
    """The call graph with the standard library alone; see :class:`CallGraph`."""

    def __init__(self, rules: CallbackRules) -> None:
        self._rules = rules
        self._types: dict[bytes, int] = {}
        self._names: dict[bytes, int] = {}
        self._protos: dict[bytes, int] = {}
        self._signatures: dict[int, int] = {}
        self._signature_parts: list[int] = []
        self._refs: dict[int, int] = {}
        self._ref_parts: list[int] = []
        self._class_of: dict[int, int] = {}
        """Type -> place in the order of definition."""
        self._order: list[int] = []
        self._parents: list[int] = []
        self._interfaces: list[tuple[int, ...]] = []
        self._access: list[int] = []
        self._defined: list[list[int]] = []
        """By class: the methods it defines, in file order."""
        self._edges: dict[int, array[int]] = {}
        self._bodies: set[int] = set()
        self.annotations = {descriptor_of(class_): trigger for class_, trigger in rules.annotations}
        self._entered: dict[int, int] = {}
        """Methods that something outside enters by their annotations, and when."""
        self._entered_classes: set[int] = set()
        self._defaults: set[int] = set()
        """Signatures that an interface gives a body."""
        self._edge_count = 0
        self._worlds: list[_World] = []
        self._triggers: dict[int, int] = {}
        self._platform: dict[int, bool] = {}
        self._type_names: list[bytes] = []
        self._name_texts: list[bytes] = []
        self._proto_texts: list[bytes] = []
        self._exact: dict[int, dict[int, int]] = {}

    # -- numbers

    def type_number(self, name: bytes) -> int:
        """Return the number of a type."""
        found = self._types.get(name)
        if found is None:
            found = self._types[name] = len(self._types)
            self._type_names.append(name)
        return found

    def name_number(self, name: bytes) -> int:
        """Return the number of a method's name."""
        found = self._names.get(name)
        if found is None:
            found = self._names[name] = len(self._names)
            self._name_texts.append(name)
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
            self._signature_parts.append(key)
        return found

    def ref_number(self, type_: int, signature: int) -> int:
        """Return the number of a method of a type."""
        key = type_ << 32 | signature
        found = self._refs.get(key)
        if found is None:
            found = self._refs[key] = len(self._refs)
            self._ref_parts.append(key)
        return found

    # -- reading

    def add(self, data: bytes, header: int, budget: int) -> bool:
        """Read one DEX; see :class:`CallGraph`."""
        dex = _Dex(self, data, header)
        handles, sites = _handles(data, dex.map)
        left = budget
        at, count = dex.class_defs
        for number in range(count):
            type_index, access, parent, interfaces, _, annotations, class_data, _ = struct.unpack_from("<8I", data, at + 32 * number)
            type_ = dex.type(type_index)
            if type_ in self._class_of:
                continue
            self._class_of[type_] = len(self._order)
            self._order.append(type_)
            self._parents.append(NONE if parent == NONE else dex.type(parent))
            count_above = _interface_count(data, interfaces)
            left -= count_above
            self._interfaces.append(_interfaces(dex, interfaces, count_above) if left >= 0 else ())
            self._access.append(access)
            defined: list[int] = []
            self._defined.append(defined)
            if left < 0:
                return True
            if class_data:
                entries = _Entries(data, class_data, left)
                for index, flags, code in entries:
                    if index >= dex.methods[1]:
                        continue
                    method = self.ref_number(type_, dex.signature(index))
                    if method in self._edges:
                        continue
                    defined.append(method)
                    self._edges[method] = edges = array("I")
                    if not flags & _ABSTRACT:
                        self._bodies.add(method)
                        if access & _INTERFACE:
                            self._defaults.add(self._ref_parts[method] & NONE)
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

    def _read_annotations(self, dex: _Dex, type_: int, directory: int, left: int) -> int:
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
            trigger, left = _entered_by(dex, annotations, left)
            if left < 0:
                break
            if not trigger or index >= dex.methods[1]:
                continue
            method = self._refs.get(type_ << 32 | dex.signature(index))
            if method is not None and method in self._bodies:
                self._entered[method] = trigger
                self._entered_classes.add(self._class_of[type_])
        return left

    def _read_code(
        self, dex: _Dex, code: int, left: int, edges: array[int], handles: tuple[int, int], sites: tuple[int, int]
    ) -> int:
        """Add what a method's code leads to; return what is left of the budget, negative when used up."""
        data = dex.data
        if code + 16 > len(data):
            return left
        count = _word(data, code + 12)
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
                    seen[dex.type(index) << 4 | _NEW] = None
                elif opcode == 0x1C:
                    seen[dex.type(index) << 4 | _LITERAL] = None
                elif 0x60 <= opcode <= 0x6D:
                    if index < fields:
                        seen[dex.type(_half(data, field_at + 8 * index)) << 4 | _TOUCH] = None
                elif opcode == 0x1A or (opcode == 0x1B and at + 2 < count):
                    text = dex.string(index | units[at + 2] << 16 if opcode == 0x1B else index)
                    if len(text) <= _LONGEST_NAME and _DOTTED.match(text):
                        seen[self.type_number(b"L" + text.replace(b".", b"/") + b";") << 4 | _NAMED] = None
                    elif len(text) <= _LONGEST_MEMBER and _IDENTIFIER.match(text):
                        members.append(index | units[at + 2] << 16 if opcode == 0x1B else index)
                elif opcode in (0xFC, 0xFD):
                    for handle in _site_handles(data, sites, index):
                        _handle_edges(dex, handles, handle, seen)
                elif opcode == 0xFE:
                    _handle_edges(dex, handles, index, seen)
            at += length
        edges.extend(seen)
        if members and any(edge & 15 == _NAMED for edge in seen):
            named = {self.name_number(dex.string(index)) << 4 | _NAME: None for index in members}
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
                above = self._class_of.get(self._parents[at], NONE)
                if above == NONE:
                    break
                if walk_of[above] == number + 1:
                    self._parents[at] = NONE
                    cut += 1
                    break
                at = above
        for class_, name, trigger in self._rules.exact:
            type_, called = self._types.get(descriptor_of(class_)), self._names.get(name.encode())
            if type_ is not None and called is not None:
                self._exact.setdefault(type_, {})[called] = trigger
        return cut

    def type_of(self, descriptor: bytes) -> int:
        """Return the number of a class defined in the build; see :class:`CallGraph`."""
        type_ = self._types.get(descriptor, NONE)
        return type_ if type_ in self._class_of else NONE

    def classes(self) -> list[bytes]:
        """Return the descriptors of the classes defined; see :class:`CallGraph`."""
        return [self._type_names[type_] for type_ in self._order]

    def parent(self, type_: int) -> int:
        """Return a class's superclass; see :class:`CallGraph`."""
        number = self._class_of.get(type_)
        return NONE if number is None else self._parents[number]

    def methods(self, type_: int) -> list[tuple[int, bytes, bytes]]:
        """Return what a class defines; see :class:`CallGraph`."""
        number = self._class_of.get(type_)
        if number is None:
            return []
        return [(one, *self.name(one)[1:]) for one in self._defined[number] if one in self._bodies]

    def method(self, descriptor: bytes, name: bytes, proto: bytes) -> int:
        """Return the number of a method; see :class:`CallGraph`."""
        key = self._names.get(name, NONE) << 32 | self._protos.get(proto, NONE)
        found = self._refs.get(self._types.get(descriptor, NONE) << 32 | self._signatures.get(key, NONE), NONE)
        return found if found in self._edges else NONE

    def name(self, method: int) -> tuple[bytes, bytes, bytes]:
        """Return class, name and descriptor of a method; see :class:`CallGraph`."""
        key = self._ref_parts[method]
        parts = self._signature_parts[key & NONE]
        return self._type_names[key >> 32], self._name_texts[parts >> 32], self._proto_texts[parts & NONE]

    def entered(self, method: int) -> int:
        """Return when something outside may enter a method; see :class:`CallGraph`."""
        return self._entered.get(method, 0)

    def heirs(self, descriptor: bytes) -> list[int]:
        """Return the classes below another; see :class:`CallGraph`."""
        above = self._types.get(descriptor, NONE)
        if above == NONE:
            return []
        below: dict[int, list[int]] = {}
        for number, type_ in enumerate(self._order):
            for one in {self._parents[number], *self._interfaces[number]}:
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
        for number, defined in enumerate(self._defined):
            seen: dict[int, None] = {}
            for method in defined:
                for edge in self._edges[method]:
                    kind, target = edge & 15, edge >> 4
                    if kind == _NAME:
                        continue
                    other = self._class_of.get(self._ref_parts[target] >> 32 if kind <= _VIRTUAL else target)
                    if other is not None and other != number:
                        seen[other] = None
            for other in seen:
                pairs.extend((number, other))
        return pairs.tobytes()

    def size(self) -> int:
        """Return how large the graph is; see :class:`CallGraph`."""
        return self._edge_count + len(self._edges) + len(self._order)

    # -- searching

    def _ancestors(self, type_: int) -> dict[int, None]:
        """Return a type and everything it extends or implements."""
        found = {type_: None}
        pending = [type_]
        for one in pending:
            number = self._class_of.get(one)
            if number is None:
                continue
            parent = self._parents[number]
            for above in ((parent,) if parent != NONE else ()) + self._interfaces[number]:
                if above not in found:
                    found[above] = None
                    pending.append(above)
        return found

    def has_platform(self, type_: int) -> bool:
        """Tell whether a class extends or implements something that the build does not define, ``Object`` apart."""
        found = self._platform.get(type_)
        if found is None:
            found = self._platform[type_] = any(
                above not in self._class_of and self._type_names[above] != _OBJECT for above in self._ancestors(type_)
            )
        return found

    def _trigger(self, name: int) -> int:
        found = self._triggers.get(name)
        if found is None:
            found = self._triggers[name] = self._rules.trigger(self._name_texts[name].decode("latin-1"))
        return found

    def grow(
        self, roots: array[int], made: array[int], held: array[int], in_use: bool, base: int, steps: int
    ) -> tuple[int, bool]:
        """Find the classes that can be made; see :class:`CallGraph`."""
        world = _World()
        if base >= 0:
            world.made = dict(self._worlds[base].made)
            world.members = {type_: list(members) for type_, members in self._worlds[base].members.items()}
        run = _Run(self, world, held, in_use, growing=True, steps=steps)
        run.start(roots, made)
        self._worlds.append(world)
        return len(self._worlds) - 1, run.exhausted

    def search(
        self, world: int, roots: array[int], held: array[int], in_use: bool, steps: int
    ) -> tuple[bytes, bytes, bytes, bool]:
        """Search a world; see :class:`CallGraph`."""
        run = _Run(self, self._worlds[world], held, in_use, growing=False, steps=steps)
        run.start(roots, ())
        classes = bytearray(len(self._order))
        for number, defined in enumerate(self._defined):
            classes[number] = any(run.parents[method] != NONE for method in defined)
        return run.parents.tobytes(), bytes(run.how), bytes(classes), run.exhausted


_INVOKED = (_VIRTUAL, _SUPER, _DIRECT, _STATIC, _VIRTUAL, NONE)
"""Kind of edge of invoke-virtual, -super, -direct, -static and -interface, plain and range."""


class _OutOfSteps(Exception):
    pass


class _Run:
    """One search: breadth first, from roots, in a world that grows with it or stays."""

    def __init__(
        self, graph: CallGraphPython, world: _World, held: Sequence[int], in_use: bool, *, growing: bool, steps: int
    ) -> None:
        self.graph, self.world, self.in_use, self.growing, self.steps = graph, world, in_use, growing, steps
        self.held = frozenset(held)
        self.parents = array("I", [NONE]) * len(graph._ref_parts)
        self.how = bytearray(len(graph._ref_parts))
        self.queue: list[int] = []
        self.begun: set[int] = set()
        """Classes whose static initialiser was seen to."""
        self.met: set[int] = set()
        """Classes seen to be made in this run."""
        self.called: set[int] = set()
        self.calls: dict[int, list[tuple[int, int]]] = {}
        self.exhausted = False

    def start(self, roots: Sequence[int], made: Sequence[int]) -> None:
        """Run from ``roots``, with objects of the classes ``made``."""
        try:
            for type_ in made:
                self._join(type_)
            for root in roots:
                self._reach(root, root, SURE)
            for method in self.queue:
                self._follow(method)
        except _OutOfSteps:
            self.exhausted = True

    def _step(self, count: int = 1) -> None:
        self.steps -= count
        if self.steps < 0:
            raise _OutOfSteps

    def _reach(self, method: int, by: int, how: int) -> None:
        if self.parents[method] == NONE:
            self.parents[method] = by
            self.how[method] = how
            self.queue.append(method)

    def _follow(self, method: int) -> None:
        graph = self.graph
        own = graph._ref_parts[method] >> 32
        named: list[int] = []
        for edge in graph._edges[method]:
            self._step()
            kind, target = edge & 15, edge >> 4
            if kind <= _VIRTUAL:
                key = graph._ref_parts[target]
                type_, signature = key >> 32, key & NONE
                if kind == _VIRTUAL:
                    self._dispatch(target, type_, signature, method)
                    continue
                if kind == _SUPER and type_ == own:
                    type_ = graph.parent(type_)
                found = self._up(type_, signature)
                if found != NONE:
                    self._reach(found, method, SURE)
                if kind == _STATIC:
                    self._begin(type_, method)
            elif kind == _NEW:
                self._begin(target, method)
                self._make(target, method, CALLED_BACK)
            elif kind == _TOUCH:
                self._begin(target, method)
            elif kind == _LITERAL:
                if target != own:
                    self._by_name(target, method)
            elif kind == _NAMED:
                if target in graph._class_of:
                    named.append(target)
                    self._by_name(target, method)
            else:
                for type_ in named:
                    self._members(type_, target, method)

    def _by_name(self, type_: int, by: int) -> None:
        """Follow a class literal or the name of a class: an object may be made of it."""
        graph = self.graph
        number = graph._class_of.get(type_)
        if number is None or type_ in self.held or type_ in self.met:
            return
        self._begin(type_, by)
        self._make(type_, by, BY_NAME)
        for method in graph._defined[number]:
            self._step()
            if method in graph._bodies and self._is_constructor(method):
                self._reach(method, by, BY_NAME)

    def _is_constructor(self, method: int) -> bool:
        graph = self.graph
        return graph._name_texts[graph._signature_parts[graph._ref_parts[method] & NONE] >> 32] == b"<init>"

    def _members(self, type_: int, name: int, by: int) -> None:
        """Follow the name of a member that stands beside the name of its class."""
        graph = self.graph
        number = graph._class_of.get(type_)
        while number is not None:
            for method in graph._defined[number]:
                self._step()
                if method in graph._bodies and graph._signature_parts[graph._ref_parts[method] & NONE] >> 32 == name:
                    self._reach(method, by, BY_NAME)
            number = graph._class_of.get(graph._parents[number])

    def _up(self, type_: int, signature: int) -> int:
        """Return the method with a body that a class defines or inherits, or NONE."""
        graph = self.graph
        refs, bodies, class_of, parents = graph._refs, graph._bodies, graph._class_of, graph._parents
        start = type_
        number = class_of.get(type_)
        while number is not None:
            self._step()
            found = refs.get(type_ << 32 | signature)
            if found is not None and found in bodies:
                return found
            type_ = parents[number]
            number = class_of.get(type_)
        if signature in graph._defaults and start != NONE:
            for one in graph._ancestors(start):
                self._step()
                found = refs.get(one << 32 | signature)
                if found is not None and found in bodies:
                    return found
        return NONE

    def _dispatch(self, ref: int, type_: int, signature: int, by: int) -> None:
        """Follow a virtual call to whatever the objects there are make of it."""
        if ref in self.called:
            return
        self.called.add(ref)
        before = len(self.queue)
        first, several = NONE, False
        members = self.world.members.get(type_, ())
        for one in members:
            found = self._up(one, signature)
            if found != NONE:
                several |= first not in (NONE, found)
                first = found
                self._reach(found, by, SURE)
        if self.growing or not members:
            found = self._up(type_, signature)
            if found != NONE:
                several |= first not in (NONE, found)
                self._reach(found, by, SURE)
        if several:
            for found in self.queue[before:]:
                self.how[found] = CHOSEN
        if self.growing:
            self.calls.setdefault(type_, []).append((signature, by))

    def _begin(self, type_: int, by: int) -> None:
        """Follow the first use of a class to its static initialiser and those above it."""
        graph = self.graph
        number = graph._class_of.get(type_)
        while number is not None and type_ not in self.begun:
            self.begun.add(type_)
            self._step()
            for method in graph._defined[number]:
                if graph._name_texts[graph._signature_parts[graph._ref_parts[method] & NONE] >> 32] == b"<clinit>":
                    self._reach(method, by, SURE)
            type_ = graph._parents[number]
            number = graph._class_of.get(type_)

    def _join(self, type_: int) -> dict[int, None]:
        """Let there be an object of a class; return what it extends and implements."""
        ancestors = self.graph._ancestors(type_)
        self._step(len(ancestors))
        if self.growing and type_ not in self.world.made:
            self.world.made[type_] = None
            for above in ancestors:
                self.world.members.setdefault(above, []).append(type_)
                for signature, by in self.calls.get(above, ()):
                    found = self._up(type_, signature)
                    if found != NONE:
                        self._reach(found, by, CHOSEN)
        return ancestors

    def _make(self, type_: int, by: int, how: int) -> None:
        """Follow the making of an object: the platform calls back what the rules name."""
        graph = self.graph
        number = graph._class_of.get(type_)
        if number is None or type_ in self.met:
            return
        self.met.add(type_)
        ancestors = self._join(type_)
        platform = graph.has_platform(type_)
        exact: dict[int, int] = {}
        for above in ancestors if platform else ():
            if above not in graph._class_of:
                exact |= graph._exact.get(above, {})
        while number is not None:
            for method in graph._defined[number] if platform or number in graph._entered_classes else ():
                self._step()
                if method not in graph._bodies:
                    continue
                signature = graph._ref_parts[method] & NONE
                name = graph._signature_parts[signature] >> 32
                ruled = exact.get(name, 0)
                entered = graph._entered.get(method, 0)
                if entered and (not ruled or entered < ruled) and (entered != USE or self.in_use):
                    ruled = entered
                trigger = ruled or (graph._trigger(name) if platform else 0)
                if not trigger or (trigger == USE and not self.in_use) or self._up(type_, signature) != method:
                    continue
                if ruled:
                    self._reach(method, by, how)
                elif not self._is_own(type_, ancestors, signature):
                    self._reach(method, by, max(how, CHOSEN))
            number = graph._class_of.get(graph._parents[number])

    def _is_own(self, type_: int, ancestors: dict[int, None], signature: int) -> bool:
        """Tell whether a method is one that something of the build, which has nothing of the platform, asks for."""
        graph = self.graph
        for above in ancestors:
            self._step()
            if above == type_ or above not in graph._class_of:
                continue
            found = graph._refs.get(above << 32 | signature)
            if found is not None and found in graph._edges and not graph.has_platform(above):
                return True
        return False


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")


def _half(data: bytes, at: int) -> int:
    return data[at] | data[at + 1] << 8


def _table(data: bytes, offset: int, count: int, width: int) -> tuple[int, int]:
    if offset + width * count > len(data):
        raise ValueError("a table lies outside the file")
    return offset, count


def _interface_count(data: bytes, at: int) -> int:
    return min(_word(data, at), _MANY, (len(data) - at - 4) // 2) if at and at + 4 <= len(data) else 0


def _interfaces(dex: _Dex, at: int, count: int) -> tuple[int, ...]:
    return tuple(dict.fromkeys(dex.type(_half(dex.data, at + 4 + 2 * one)) for one in range(count)))


def _entered_by(dex: _Dex, annotations: int, left: int) -> tuple[int, int]:
    """Return when a set of annotations lets a method be entered at the earliest, 0 for never; and what is left of the budget."""
    data, found = dex.data, 0
    if annotations + 4 > len(data):
        return 0, left
    for number in range(_word(data, annotations)):
        entry = annotations + 4 + 4 * number
        if entry + 4 > len(data):
            break
        left -= 1
        if left < 0:
            break
        try:
            index, _ = uleb(data, _word(data, entry) + 1)
        except IndexError:
            continue
        trigger = dex.annotations.get(index, 0)
        if trigger and (not found or trigger < found):
            found = trigger
    return found, left


class _Entries:
    """(index, access flags, code offset) of the methods of a class; of a broken one those before the break.

    ``left`` is what is left of the budget, negative when used up: classes may share their data.
    """

    def __init__(self, data: bytes, at: int, left: int) -> None:
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


def _handles(data: bytes, at: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return where method handles and call sites stand, and how many there are, from the map of the file."""
    handles = sites = (0, 0)
    if at and at + 4 <= len(data):
        for one in range(min(_word(data, at), 64)):
            item = at + 4 + 12 * one
            if item + 12 > len(data):
                break
            kind, count, offset = _half(data, item), _word(data, item + 4), _word(data, item + 8)
            if kind == 0x0008 and offset + 8 * count <= len(data):
                handles = (offset, count)
            elif kind == 0x0007 and offset + 4 * count <= len(data):
                sites = (offset, count)
    return handles, sites


def _site_handles(data: bytes, sites: tuple[int, int], index: int) -> list[int]:
    """Return the method handles among the arguments of a call site; the first is what links it, and left out."""
    table, count = sites
    found: list[int] = []
    if index >= count:
        return found
    try:
        at = _word(data, table + 4 * index)
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


def _handle_edges(dex: _Dex, handles: tuple[int, int], index: int, seen: dict[int, None]) -> None:
    table, count = handles
    if index >= count:
        return
    kind, target = _half(dex.data, table + 8 * index), _half(dex.data, table + 8 * index + 4)
    if not 4 <= kind <= 8 or target >= dex.methods[1]:
        return
    ref = dex.ref(target)
    if kind == 6:
        seen[dex.graph._ref_parts[ref] >> 32 << 4 | _NEW] = None
    seen[ref << 4 | (_STATIC, _VIRTUAL, _DIRECT, _DIRECT, _VIRTUAL)[kind - 4]] = None

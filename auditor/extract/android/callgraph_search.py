"""The stdlib twin of the call graph, second half: searching it, breadth first, in a world of objects that grows with it or stays."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING

from auditor.extract.android.callgraph import BY_NAME, CALLED_BACK, CHOSEN, NONE, SURE
from auditor.extract.entrances import USE

if TYPE_CHECKING:
    from auditor.extract.android.callgraph_python import CallGraphPython

__all__ = ["DIRECT", "LITERAL", "NAME", "NAMED", "NEW", "STATIC", "SUPER", "TOUCH", "VIRTUAL", "Run", "World"]

DIRECT, STATIC, SUPER, VIRTUAL, NEW, TOUCH, LITERAL, NAMED, NAME = range(9)
"""Kinds of edge; the number stands in the four low bits, what it leads to above them."""


class World:
    """The classes there are objects of, and for each type those of them that are of it."""

    def __init__(self) -> None:
        self.made: dict[int, None] = {}
        self.members: dict[int, list[int]] = {}


class _OutOfSteps(Exception):
    pass


class Run:
    """One search: breadth first, from roots, in a world that grows with it or stays."""

    def __init__(
        self, graph: CallGraphPython, world: World, held: Sequence[int], in_use: bool, *, growing: bool, steps: int
    ) -> None:
        self.graph, self.world, self.in_use, self.growing, self.steps = graph, world, in_use, growing, steps
        self.held = frozenset(held)
        self.parents = array("I", [NONE]) * len(graph.ref_parts)
        self.how = bytearray(len(graph.ref_parts))
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
        own = graph.ref_parts[method] >> 32
        named: list[int] = []
        for edge in graph.edges[method]:
            self._step()
            kind, target = edge & 15, edge >> 4
            if kind <= VIRTUAL:
                key = graph.ref_parts[target]
                type_, signature = key >> 32, key & NONE
                if kind == VIRTUAL:
                    self._dispatch(target, type_, signature, method)
                    continue
                if kind == SUPER and type_ == own:
                    type_ = graph.parent(type_)
                found = self._up(type_, signature)
                if found != NONE:
                    self._reach(found, method, SURE)
                if kind == STATIC:
                    self._begin(type_, method)
            elif kind == NEW:
                self._begin(target, method)
                self._make(target, method, CALLED_BACK)
            elif kind == TOUCH:
                self._begin(target, method)
            elif kind == LITERAL:
                if target != own:
                    self._by_name(target, method)
            elif kind == NAMED:
                if target in graph.class_of:
                    named.append(target)
                    self._by_name(target, method)
            else:
                for type_ in named:
                    self._members(type_, target, method)

    def _by_name(self, type_: int, by: int) -> None:
        """Follow a class literal or the name of a class: an object may be made of it."""
        graph = self.graph
        number = graph.class_of.get(type_)
        if number is None or type_ in self.held or type_ in self.met:
            return
        self._begin(type_, by)
        self._make(type_, by, BY_NAME)
        for method in graph.defined[number]:
            self._step()
            if method in graph.bodies and self._is_constructor(method):
                self._reach(method, by, BY_NAME)

    def _is_constructor(self, method: int) -> bool:
        graph = self.graph
        return graph.name_texts[graph.signature_parts[graph.ref_parts[method] & NONE] >> 32] == b"<init>"

    def _members(self, type_: int, name: int, by: int) -> None:
        """Follow the name of a member that stands beside the name of its class."""
        graph = self.graph
        number = graph.class_of.get(type_)
        while number is not None:
            for method in graph.defined[number]:
                self._step()
                if method in graph.bodies and graph.signature_parts[graph.ref_parts[method] & NONE] >> 32 == name:
                    self._reach(method, by, BY_NAME)
            number = graph.class_of.get(graph.parents[number])

    def _up(self, type_: int, signature: int) -> int:
        """Return the method with a body that a class defines or inherits, or NONE."""
        graph = self.graph
        refs, bodies, class_of, parents = graph.refs, graph.bodies, graph.class_of, graph.parents
        start = type_
        number = class_of.get(type_)
        while number is not None:
            self._step()
            found = refs.get(type_ << 32 | signature)
            if found is not None and found in bodies:
                return found
            type_ = parents[number]
            number = class_of.get(type_)
        if signature in graph.defaults and start != NONE:
            for one in graph.ancestors(start):
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
        number = graph.class_of.get(type_)
        while number is not None and type_ not in self.begun:
            self.begun.add(type_)
            self._step()
            for method in graph.defined[number]:
                if graph.name_texts[graph.signature_parts[graph.ref_parts[method] & NONE] >> 32] == b"<clinit>":
                    self._reach(method, by, SURE)
            type_ = graph.parents[number]
            number = graph.class_of.get(type_)

    def _join(self, type_: int) -> dict[int, None]:
        """Let there be an object of a class; return what it extends and implements."""
        ancestors = self.graph.ancestors(type_)
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
        number = graph.class_of.get(type_)
        if number is None or type_ in self.met:
            return
        self.met.add(type_)
        ancestors = self._join(type_)
        platform = graph.has_platform(type_)
        exact: dict[int, int] = {}
        for above in ancestors if platform else ():
            if above not in graph.class_of:
                exact |= graph.exact.get(above, {})
        while number is not None:
            for method in graph.defined[number] if platform or number in graph.entered_classes else ():
                self._step()
                if method not in graph.bodies:
                    continue
                signature = graph.ref_parts[method] & NONE
                name = graph.signature_parts[signature] >> 32
                ruled = exact.get(name, 0)
                entered = graph.entered_at.get(method, 0)
                if entered and (not ruled or entered < ruled) and (entered != USE or self.in_use):
                    ruled = entered
                trigger = ruled or (graph.trigger(name) if platform else 0)
                if not trigger or (trigger == USE and not self.in_use) or self._up(type_, signature) != method:
                    continue
                if ruled:
                    self._reach(method, by, how)
                elif not self._is_own(type_, ancestors, signature):
                    self._reach(method, by, max(how, CHOSEN))
            number = graph.class_of.get(graph.parents[number])

    def _is_own(self, type_: int, ancestors: dict[int, None], signature: int) -> bool:
        """Tell whether a method is one that something of the build, which has nothing of the platform, asks for."""
        graph = self.graph
        for above in ancestors:
            self._step()
            if above == type_ or above not in graph.class_of:
                continue
            found = graph.refs.get(above << 32 | signature)
            if found is not None and found in graph.edges and not graph.has_platform(above):
                return True
        return False

"""The stdlib twin of the call graph, second half: searching it, surest ways first, in a world of objects that grows with it or stays."""

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
_OF_CLASS = BY_NAME + 1
"""A guess about a class whose name or literal stands in the code, not about a method."""
_EITHER = 2
"""How many ways a guess may turn out that is right or wrong, and no more."""
_WIDTHS = 32


class World:
    """The classes there are objects of, and for each type those of them that are of it."""

    def __init__(self) -> None:
        self.made: dict[int, None] = {}
        self.members: dict[int, list[int]] = {}


class _OutOfSteps(Exception):
    pass


class Run:
    """One search from roots, in a world that grows with it or stays: what is sure first, then the guesses among the fewest.

    So the way to a method leads through a call that may go to hundreds of others, as that of ``Runnable.run``, only where no
    surer way does; of ways alike in that, it is about the shortest.
    """

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
        self.read: set[int] = set()
        """Classes followed by name or literal."""
        self.called: set[int] = set()
        self.calls: dict[int, list[tuple[int, int]]] = {}
        self.guesses: list[list[tuple[int, int, int]]] = [[] for _ in range(_WIDTHS)]
        """What is left to follow that is not sure, (what, by, how), by how many ways it may turn out, in powers of two."""
        self.exhausted = False

    def start(self, roots: Sequence[int], made: Sequence[int]) -> None:
        """Run from ``roots``, with objects of the classes ``made``."""
        try:
            for type_ in made:
                self._join(type_)
            for root in roots:
                self._reach(root, root, SURE)
            at = 0
            while at < len(self.queue) or self._guess():
                for method in self.queue[at:]:
                    self._follow(method)
                    at += 1
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

    def _perhaps(self, what: int, by: int, how: int, ways: int) -> None:
        """Keep a guess, one of ``ways``, until nothing surer is left. What only grows a world asks for no way, and follows at once."""
        if self.growing:
            self._take(what, by, how)
        elif how == _OF_CLASS or self.parents[what] == NONE:
            self.guesses[min(ways.bit_length(), _WIDTHS - 1)].append((what, by, how))

    def _guess(self) -> bool:
        """Follow the guesses among the fewest; return whether there were any."""
        for guesses in self.guesses:
            if guesses:
                taken = guesses[:]
                guesses.clear()
                for what, by, how in taken:
                    self._take(what, by, how)
                return True
        return False

    def _take(self, what: int, by: int, how: int) -> None:
        if how == _OF_CLASS:
            self._by_name(what, by)
        else:
            self._reach(what, by, how)

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
                    self._read(target, method)
            elif kind == NAMED:
                if target in graph.class_of:
                    named.append(target)
                    self._read(target, method)
            else:
                for type_ in named:
                    self._members(type_, target, method)

    def _read(self, type_: int, by: int) -> None:
        """Follow a class literal or the name of a class, as a guess: an object may be made of it."""
        if type_ in self.graph.class_of and type_ not in self.held and type_ not in self.read:
            self.read.add(type_)
            self._perhaps(type_, by, _OF_CLASS, _EITHER)

    def _by_name(self, type_: int, by: int) -> None:
        """Follow the making of an object by the name of its class."""
        graph = self.graph
        self._begin(type_, by, BY_NAME)
        self._make(type_, by, BY_NAME)
        for method in graph.defined[graph.class_of[type_]]:
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
                    self._perhaps(method, by, BY_NAME, _EITHER)
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
        targets: dict[int, None] = {}
        members = self.world.members.get(type_, ())
        for one in (*members, type_) if self.growing or not members else members:
            found = self._up(one, signature)
            if found != NONE:
                targets[found] = None
        for found in targets:
            if len(targets) == 1:
                self._reach(found, by, SURE)
            else:
                self._perhaps(found, by, CHOSEN, len(targets))
        if self.growing:
            self.calls.setdefault(type_, []).append((signature, by))

    def _begin(self, type_: int, by: int, how: int = SURE) -> None:
        """Follow the first use of a class to its static initialiser and those above it."""
        graph = self.graph
        number = graph.class_of.get(type_)
        while number is not None and type_ not in self.begun:
            self.begun.add(type_)
            self._step()
            for method in graph.defined[number]:
                if graph.name_texts[graph.signature_parts[graph.ref_parts[method] & NONE] >> 32] == b"<clinit>":
                    self._reach(method, by, how)
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
                    self._perhaps(method, by, max(how, CHOSEN), _EITHER)
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

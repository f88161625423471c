"""What of a build's code can be reached from where the platform enters it: the call graph, asked once every DEX is read.

Three worlds of objects are looked at. While the app starts there are those that start-up code makes; while the launcher's
activity comes up, those and its own; afterwards, any. What can be reached while the app starts is so kept apart from what
only a user brings about. What is over- and under-approximated: docs/explanation/from-when-on.md.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from auditor.build import EntryKind, Fact, FactKind, Flow, Reach, Reached
from auditor.extract.android.callgraph import CALLED_BACK, NONE, SURE, CallGraph, descriptor_of, steps_for
from auditor.extract.android.names import as_mutf8, class_name_of, mutf8
from auditor.extract.entrances import Entrance, Entrances

__all__ = ["find_flow"]

_ALWAYS = (b"<init>", b"<clinit>")
"""What runs whenever the platform makes an object of a class."""
_ORDER = tuple(EntryKind)
_RESOURCE = "resource"
"""Where an entrance has the element of the manifest: classes that resources name."""


@dataclass(frozen=True, slots=True)
class _Search:
    """What can be reached from one kind of entry point."""

    kind: EntryKind
    start_up: bool
    late: bool
    """What start-up code leaves behind, once the app is in use: told only of what nothing else leads to."""
    parents: array[int]
    how: bytes
    classes: bytes


def find_flow(
    graph: CallGraph, facts: Iterable[Fact], entrances: Entrances, in_resources: Iterable[str] = ()
) -> tuple[Flow, bool]:
    """Return what the graph shows of the methods that make a call, and whether a search was given up.

    ``facts`` are the calls, and those of the manifest and of the resources; ``in_resources`` are the names of classes that
    resources hold, among others. The graph must be linked.
    """
    facts = tuple(facts)
    calls = [fact for fact in facts if fact.kind is FactKind.CALL]
    handed = _handed(graph, {_caller(fact) for fact in calls if hands_on(fact)})
    callers = {_caller(fact) for fact in calls}.union(*handed.values())
    searches, exhausted = _searches(_Entered(graph, facts, entrances, in_resources))
    classes = [class_name_of(one) for one in graph.classes()]
    reach = bytearray([Reach.CALLED]) * len(classes)
    for tier in (Reach.REACHABLE, Reach.STARTUP):
        for one in searches:
            if one.start_up is (tier is Reach.STARTUP):
                _raise(reach, one.classes, tier)
    names = _Names(graph)
    methods = [found for caller in sorted(callers) if (found := _reached(caller, searches, graph, names)) is not None]
    flow = Flow(methods=tuple(methods), classes=tuple(classes), reach=bytes(reach), uses=graph.uses(), handed=tuple(sorted(handed.items())))
    return flow, exhausted


def _caller(fact: Fact) -> str:
    return fact.location.at.rpartition(" +0x")[0]


def hands_on(fact: Fact) -> bool:
    """Tell whether a call is all that its method does: it is the first instruction, and takes and gives what the method does.

    So compilers move calls of newer interfaces out of the code that makes them (API outlining, D8 and R8: one static method
    for all of a build's calls, in whatever class comes handy).
    """
    caller, _, offset = fact.location.at.rpartition(" +0x")
    descriptor = fact.trait("descriptor")
    if offset != "0" or not descriptor or fact.trait("field") or fact.trait("reflection"):
        return False
    taken, _, given = caller.partition("(")[2].partition(")")
    wanted, _, gives = descriptor[1:].partition(")")
    return given == gives and taken in (wanted, descriptor_of(fact.name.rpartition(".")[0]).decode() + wanted)


def _handed(graph: CallGraph, handing: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return, by method that hands a call on, the methods that call it; those that are not called are left out."""
    numbers = {number: one for one in sorted(handing) if (number := _method(one, graph)) != NONE}
    found: dict[str, set[str]] = {}
    pairs = array("I", graph.callers(array("I", numbers)) if numbers else b"")
    for number, by in zip(pairs[::2], pairs[1::2], strict=True):
        class_, name, descriptor = graph.name(by)
        found.setdefault(numbers[number], set()).add(f"{class_name_of(class_)}.{mutf8(name)}{mutf8(descriptor)}")
    return {one: tuple(sorted(by)) for one, by in found.items()}


def _raise(reach: bytearray, classes: bytes, tier: Reach) -> None:
    at = classes.find(1)
    while at >= 0:
        reach[at] = tier
        at = classes.find(1, at + 1)


class _Entered:
    """The classes and methods the platform enters, by what the manifest says."""

    def __init__(self, graph: CallGraph, facts: Sequence[Fact], entrances: Entrances, in_resources: Iterable[str]) -> None:
        self.graph, self.entrances = graph, entrances
        self._components: dict[str, list[int]] = {}
        self._launched: list[int] = []
        named: list[str] = []
        for fact in facts:
            if fact.kind is FactKind.COMPONENT:
                alias = fact.value == "activity-alias"
                type_ = self._type(fact.trait("target") or "" if alias else fact.name)
                if type_ != NONE:
                    self._components.setdefault("activity" if alias else fact.value, []).append(type_)
                    if fact.trait("launcher") == "true":
                        self._launched.append(type_)
            elif fact.kind is FactKind.META_DATA:
                # frameworks make objects of the classes it names, be it in the key or in the value
                named += (fact.name, fact.name.rpartition(":")[2], fact.value)
        takes = {one.attribute: one for one in entrances.handlers}
        self._handlers = {
            (rule.component, as_mutf8(fact.name), b"(" + descriptor_of(class_) + b")")
            for fact in facts
            if fact.kind is FactKind.HANDLER and (rule := takes.get(fact.value)) is not None
            for class_ in rule.takes
        }
        """(element of the manifest, method, parameters) of what resources name."""
        self._starting = {point.component for point in entrances.points if point.start_up and not point.launcher}
        self.components = _each(type_ for types in self._components.values() for type_ in types)
        """Classes the platform makes itself, and nobody else."""
        self._components[_RESOURCE] = _each(type_ for name in sorted(in_resources) if (type_ := self._type(name)) != NONE)
        self.named = _each(type_ for name in named if (type_ := self._type(name)) != NONE)
        """Classes that meta-data of the manifest name."""

    def _type(self, name: str) -> int:
        return self.graph.type_of(descriptor_of(name)) if name else NONE

    def classes(self, point: Entrance) -> list[int]:
        """Return the classes an entrance is about."""
        if point.extends:
            return self.graph.heirs(descriptor_of(point.extends))
        found = self._components.get(point.component, [])
        return _each(type_ for type_ in found if not point.launcher or type_ in self._launched)

    def methods(self, point: Entrance) -> Iterator[int]:
        """Yield the methods through which an entrance leads, those inherited from the build's own classes included."""
        wanted = {as_mutf8(name) for name in point.methods}
        made = point.start_up or not point.component or point.component not in self._starting
        for type_ in self.classes(point):
            # what the platform calls on any object of the kind, it calls on those it makes itself
            asked = wanted.union(self.graph.asked(type_)) if point.callbacks else wanted
            seen: set[tuple[bytes, bytes]] = set()
            first = True
            while type_ != NONE:
                for method, name, descriptor in self.graph.methods(type_):
                    own = made and name in _ALWAYS and (first or name == b"<clinit>")
                    if own or ((name, descriptor) not in seen and self._is_entered(method, name, descriptor, asked, point)):
                        seen.add((name, descriptor))
                        yield method
                type_ = self.graph.parent(type_)
                first = False

    def _is_entered(self, method: int, name: bytes, descriptor: bytes, wanted: set[bytes], point: Entrance) -> bool:
        if name in wanted:
            return True
        if not point.callbacks:
            return False
        if self.graph.entered(method) or (point.component, name, descriptor[: descriptor.rfind(b")") + 1]) in self._handlers:
            return True
        return bool(self.entrances.callbacks.trigger(mutf8(name)))

    def inflated(self) -> list[int]:
        """Return the classes whose objects are made from layouts."""
        found = []
        for above, takes in self.entrances.inflated:
            for type_ in self.graph.heirs(descriptor_of(above)):
                if any(name == b"<init>" and descriptor_of(takes) in proto for _, name, proto in self.graph.methods(type_)):
                    found.append(type_)
        return found


def _each(types: Iterable[int]) -> list[int]:
    return list(dict.fromkeys(types))


def _searches(entered: _Entered) -> tuple[list[_Search], bool]:
    """Return what can be reached from each kind of entry point, and whether a search was given up."""
    graph = entered.graph
    points = entered.entrances.points
    steps = steps_for(graph)
    held = array("I", entered.components)
    roots = {point: array("I", _each(entered.methods(point))) for point in points}
    starting = [point for point in points if point.start_up and not point.launcher]
    launching = [point for point in points if point.launcher]
    exhausted = False
    world = -1
    worlds: list[int] = []
    stages: tuple[tuple[list[Entrance], list[int], bool], ...] = (
        (starting, entered.named, False),
        (launching, [], False),
        (list(points), entered.inflated(), True),
    )
    for stage, further, in_use in stages:
        made = _each((*(type_ for point in stage for type_ in entered.classes(point)), *further))
        begin = array("I", _each(method for point in stage for method in roots[point]))
        world, cut = graph.grow(begin, array("I", made), held, in_use, world, steps)
        worlds.append(world)
        exhausted |= cut
    found = []
    for kind in _ORDER:
        for start_up in (True, False):
            mine = [point for point in points if point.kind is kind and point.start_up is start_up]
            begin = array("I", _each(method for point in mine for method in roots[point]))
            if not begin:
                continue
            stage_number = 2 if not start_up else 1 if any(point.launcher for point in mine) else 0
            parents, how, classes, cut = graph.search(worlds[stage_number], begin, held, not start_up, steps)
            found.append(_Search(kind, start_up, False, array("I", parents), how, classes))
            exhausted |= cut
    if begin := array("I", _each(method for point in points if point.start_up for method in roots[point])):
        parents, how, classes, cut = graph.search(worlds[2], begin, held, True, steps)
        found.append(_Search(EntryKind.ACTIVITY, False, True, array("I", parents), how, classes))
        exhausted |= cut
    return found, exhausted


class _Names:
    """Names of methods, as paths show them."""

    def __init__(self, graph: CallGraph) -> None:
        self._graph = graph
        self._names: dict[int, str] = {}

    def __getitem__(self, method: int) -> str:
        found = self._names.get(method)
        if found is None:
            class_, name, _ = self._graph.name(method)
            found = self._names[method] = f"{class_name_of(class_)}.{mutf8(name)}"
        return found


def _reached(caller: str, searches: Sequence[_Search], graph: CallGraph, names: Mapping[int, str] | _Names) -> Reached | None:
    method = _method(caller, graph)
    found = [one for one in searches if method != NONE and one.parents[method] != NONE]
    found = [one for one in found if not one.late] or found
    if not found:
        return None
    ways = []
    for order, one in enumerate(found):
        way = _way(one.parents, method)
        direct = all(one.how[step] in (SURE, CALLED_BACK) for step in way)
        doubts = (not one.start_up, one.kind is EntryKind.LAUNCHER, not direct, one.kind is not EntryKind.PROVIDER)
        ways.append((doubts, len(way), order, one, way))
    doubts, _, _, best, way = min(ways, key=lambda entry: entry[:3])
    return Reached(
        method=caller,
        reach=Reach.STARTUP if best.start_up else Reach.REACHABLE,
        entries=tuple(kind for kind in _ORDER if any(one.kind is kind for one in found)),
        path=tuple(names[one] for one in way),
        direct=not doubts[2],
    )


def _way(parents: array[int], method: int) -> list[int]:
    """Return the methods from an entry point to ``method``."""
    way = [method]
    while parents[method] != method:
        method = parents[method]
        way.append(method)
    return way[::-1]


def _method(caller: str, graph: CallGraph) -> int:
    """Return the number of a method written ``com.example.Foo.bar(I)V``, or NONE."""
    place, bracket, rest = caller.partition("(")
    class_, _, name = place.rpartition(".")
    return graph.method(descriptor_of(class_), as_mutf8(name), as_mutf8(bracket + rest)) if class_ else NONE

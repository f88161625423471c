"""The call graph of a build: which method can call which, over all of its DEX files, and what can be reached from where.

``call_graph`` gives the C twin (auditor/_native/dexwalk_graph.c) where it was built, else the stdlib one
(:mod:`auditor.extract.android.callgraph_python`); both give equal results. A DEX file is read once, by ``add``, and not kept: what
stays are numbers, of types, names and methods.

A virtual call leads to what the classes made in code that can run define or inherit (rapid type analysis), asked for per
class and signature, so that the cost follows what is found. An object whose class extends something of the platform is also
called by the platform, by the methods the rules name. Format: Dalvik executable format and bytecode
(source.android.com/docs/core/runtime/dex-format, .../dalvik-bytecode).
"""

from __future__ import annotations

from array import array
from typing import Protocol

from auditor.archive.fast import Bytes
from auditor.extract.android import names
from auditor.extract.android.names import as_mutf8
from auditor.extract.entrances import CallbackRules

__all__ = ["CALLED_BACK", "NONE", "SURE", "CallGraph", "call_graph", "descriptor_of", "steps_for"]

NONE = 0xFFFFFFFF
"""No such number."""
SURE, CALLED_BACK, CHOSEN, BY_NAME = range(4)
"""How a method was come by: the only target, called by the platform on an object made, one of several that may be, by name."""

_STEPS = 64
"""Steps a search may take per edge and class of the graph."""
_FEWEST_STEPS = 1 << 22


class CallGraph(Protocol):
    """What both twins can do. Call ``add`` for each DEX, then ``link`` once, then the rest."""

    def add(self, data: Bytes, header: int, budget: int) -> bool:
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

    def asked(self, type_: int) -> list[bytes]:
        """Return the names of the methods that exact rules say are called on a class, by what it extends outside the build; sorted."""
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

    def callers(self, methods: array[int]) -> bytes:
        """Return pairs of methods as words, in order of the second: the second names the first, one of ``methods``, in a static call."""
        ...

    def size(self) -> int:
        """Return how many edges, methods and classes there are."""
        ...


def call_graph(rules: CallbackRules) -> CallGraph:
    """Return an empty call graph."""
    try:
        from auditor._native.dexwalk import CallGraph as Native
    except ImportError:
        from auditor.extract.android.callgraph_python import CallGraphPython

        return CallGraphPython(rules)
    return Native(  # type: ignore[no-any-return]
        [(prefix.encode(), trigger) for prefix, trigger in rules.prefixes],
        [(descriptor_of(class_), name.encode(), trigger) for class_, name, trigger in rules.exact],
        [(descriptor_of(class_), trigger) for class_, trigger in rules.annotations],
    )


def descriptor_of(name: str) -> bytes:
    """Return a dotted class name as the format writes it."""
    return as_mutf8(names.descriptor_of(name))


def steps_for(graph: CallGraph) -> int:
    """Return the most steps one search of a graph may take."""
    return max(_FEWEST_STEPS, _STEPS * graph.size())

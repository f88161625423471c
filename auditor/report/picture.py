"""Where things stand in the pictures of the HTML report: who can collect what, and what leads to it while the app starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from auditor.report.bilingual import Both
from auditor.report.parts import Collector, Way

__all__ = ["Edge", "Label", "Mark", "Matrix", "Node", "Tree", "matrix_of", "tree_of"]

MOST_WAYS = 40
"""Ways drawn; the findings have all."""
CELL = 26
"""Height and width of a cell, in pixels."""
_WIDE, _NARROW = 13.0, 7.2
"""Most width of a Chinese character and of a Latin letter at the font size of the pictures, in pixels."""
_LONGEST_ROW, _LONGEST_COLUMN = 230, 170
_NODE_WIDTH, _NODE_HEIGHT, _GAP, _LINE = 172, 30, 22, 40
_MOST_STEPS = 6
"""Steps of one way drawn; a longer one is drawn with its middle left out."""


@dataclass(frozen=True, slots=True)
class Label:
    """A text; ``full`` where it had to be cut."""

    x: float
    y: float
    text: str | Both
    full: str | Both
    note: str = ""
    """A class: ``unlisted`` for an SDK that the policy does not list."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A cell that is not empty."""

    x: float
    y: float
    mark: str
    """``named``, ``beyond`` or ``undeclared``."""
    row: str | Both
    column: str | Both


@dataclass(frozen=True, slots=True)
class Matrix:
    """Who collects (rows) what (columns)."""

    width: float
    height: float
    left: float
    top: float
    rows: tuple[Label, ...]
    columns: tuple[Label, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """One method on a way."""

    x: float
    y: float
    text: str
    full: str
    kind: str
    """``entry``, ``step``, ``more`` or ``call``."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A call from one method to the next."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class Tree:
    """Ways to calls, drawn from left to right; those that begin alike share their beginning."""

    width: float
    height: float
    node_width: int
    node_height: int
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    ends: tuple[tuple[Label, str | Both, str], ...]
    """What each call reads, whose code makes it, and the anchor of the finding."""
    left_out: int
    """How many ways are not drawn."""


def _width(text: str | Both) -> float:
    if isinstance(text, Both):
        return max(_width(text.zh), _width(text.en))
    return sum(_WIDE if ord(character) > 0x2E7F else _NARROW for character in text)


def _cut(text: str | Both, most: float) -> str | Both:
    if isinstance(text, Both):
        return Both(str(_cut(text.zh, most)), str(_cut(text.en, most)))
    if _width(text) <= most:
        return text
    room, kept = most - _WIDE, []
    for character in text:
        room -= _WIDE if ord(character) > 0x2E7F else _NARROW
        if room < 0:
            break
        kept.append(character)
    return "".join(kept).rstrip() + "…"


def matrix_of(collectors: Sequence[Collector]) -> Matrix | None:
    """Return who can collect what as a matrix; None where nobody collects anything. The kinds most collect stand first."""
    counts: dict[str | Both, int] = {}
    for one in collectors:
        for name, _ in one.types:
            counts[name] = counts.get(name, 0) + 1
    if not counts:
        return None
    order = sorted(counts, key=lambda name: -counts[name])
    left = min(max(_width(one.name) for one in collectors), _LONGEST_ROW) + 30
    slant = min(max(_width(name) for name in order), _LONGEST_COLUMN)
    top = slant * 0.71 + 24
    column_x = {name: left + CELL * number + CELL / 2 for number, name in enumerate(order)}
    rows, marks = [], []
    for number, one in enumerate(collectors):
        y = top + CELL * number + CELL / 2
        rows.append(Label(left - 10, y, _cut(one.name, _LONGEST_ROW), one.name, "" if one.declared else "unlisted"))
        marks += [Mark(column_x[name], y, mark, one.name, name) for name, mark in one.types]
    return Matrix(
        width=left + CELL * len(order) + slant * 0.71 + 10,
        height=top + CELL * len(collectors) + 8,
        left=left,
        top=top,
        rows=tuple(rows),
        columns=tuple(Label(column_x[name], top - 8, _cut(name, _LONGEST_COLUMN), name) for name in order),
        marks=tuple(marks),
    )


@dataclass(slots=True)
class _Branch:
    """A step, those that follow it, and the ways that end here."""

    step: str
    kind: str
    after: dict[str, _Branch] = field(default_factory=dict)
    ends: list[Way] = field(default_factory=list)


def tree_of(ways: Sequence[Way]) -> Tree | None:
    """Return ways as a tree; None where there are none."""
    if not ways:
        return None
    root = _Branch("", "")
    for way in ways[:MOST_WAYS]:
        branch, steps = root, _shortened(way.steps)
        for number, step in enumerate(steps):
            kind = "entry" if number == 0 else "call" if number == len(steps) - 1 else "more" if step.startswith("…") else "step"
            branch = branch.after.setdefault(step, _Branch(step, kind))
        branch.ends.append(way)
    drawing = _Drawing()
    for branch in root.after.values():
        drawing.draw(branch, 0, None)
    depth = drawing.depth + 1
    label = max((_width(end[0].text) + _width(end[1]) for end in drawing.ends), default=0)
    return Tree(
        width=depth * (_NODE_WIDTH + _GAP) + min(label, 360) + 40,
        height=drawing.line * _LINE + 8,
        node_width=_NODE_WIDTH,
        node_height=_NODE_HEIGHT,
        nodes=tuple(drawing.nodes),
        edges=tuple(drawing.edges),
        ends=tuple(drawing.ends),
        left_out=max(0, len(ways) - MOST_WAYS),
    )


def _shortened(steps: Sequence[str]) -> list[str]:
    if len(steps) <= _MOST_STEPS:
        return list(steps)
    return [*steps[:2], f"… +{len(steps) - 5}", *steps[-3:]]


def _short(step: str) -> str:
    """Return class and method without the package."""
    return ".".join(step.rsplit(".", 2)[-2:])


class _Drawing:
    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self.ends: list[tuple[Label, str | Both, str]] = []
        self.line = 0
        self.depth = 0

    def draw(self, branch: _Branch, depth: int, before: tuple[float, float] | None) -> None:
        """Draw a step on the line that is free, and what follows it on that line and the next ones."""
        self.depth = max(self.depth, depth)
        x, y = depth * (_NODE_WIDTH + _GAP) + 4.0, self.line * _LINE + 6.0
        middle = y + _NODE_HEIGHT / 2
        text = branch.step if branch.kind == "more" else str(_cut(_short(branch.step), _NODE_WIDTH - 16))
        self.nodes.append(Node(x, y, text, branch.step, branch.kind))
        if before is not None:
            self.edges.append(Edge(*before, x, middle))
        right = x + _NODE_WIDTH
        for way in branch.ends:
            self.ends.append((Label(right + 12, self.line * _LINE + 6 + _NODE_HEIGHT / 2, way.type, way.type), way.owner, way.anchor))
            self.line += 1
        for after in branch.after.values():
            self.draw(after, depth + 1, (right, middle))

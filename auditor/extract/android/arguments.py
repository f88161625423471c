"""The constants that the arguments of a call hold, where the method itself shows them.

From the call backwards: which instructions gave a register its value on some path, and what they gave it. A value is shown only
where every path gives a known one. Followed are moves, string building, arrays, addresses, static fields whose initial value is
written down or set once by the class's own initialiser, and classes and methods that are looked up by name.
Format: Dalvik bytecode (source.android.com/docs/core/runtime/dalvik-bytecode).
"""

from __future__ import annotations

from auditor.extract.android.body import signed, written
from auditor.light import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable, Iterator, Sequence
    from typing import Protocol

    from auditor.extract.android.body import Body

    class Values(Protocol):
        """What the tables of a DEX file say, by index."""

        def string(self, index: int) -> str:
            """Return a string."""

        def field(self, index: int) -> str:
            """Return a field as ``com.example.Foo.BAR``."""

        def type_(self, index: int) -> str:
            """Return a class's dotted name."""

        def method(self, index: int) -> tuple[str, str, str]:
            """Return class, name and descriptor of a method."""

        def static(self, index: int) -> Sequence[Known] | None:
            """Return the value of a static field that is written down or set once; None where there is none."""


__all__ = ["LOOK_UPS", "Known", "Named", "Reading", "Shown", "Steps", "Text", "register_of", "show"]

_MOST_STEPS = 20_000
"""Instructions looked at for one call; methods of ordinary size take a few hundred."""
_MOST_STEPS_OF_A_FILE = 10_000_000
"""The largest DEX files of real apps take a twentieth of it."""
_DEEPEST = 24
_MOST_CHOICES = 8
_MOST_ITEMS = 64
_LONGEST = 4096
"""Characters of a string put together."""
_ANY = "\N{HORIZONTAL ELLIPSIS}"
"""Stands in a string for a part that is not known."""

_INVOKE_RANGE = range(0x74, 0x79)
_INVOKES = frozenset([*range(0x6E, 0x73), *_INVOKE_RANGE])
_STATIC_INVOKES = frozenset([0x71, 0x77])
_SGET = range(0x60, 0x67)
_MOVES = frozenset([0x01, 0x02, 0x03, 0x07, 0x08, 0x09])

# -- values ------------------------------------------------------------------------------------------------------------


class _Value:
    """What is known by its text, and compared by it."""

    __slots__ = ("member", "text")

    def __init__(self, text: str, member: str = "") -> None:
        self.text, self.member = text, member

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.text!r}, {self.member!r})"


class Text(_Value):
    """A string; an ellipsis in it stands for a part that is not known."""

    __slots__ = ()


class _Field(_Value):
    """A static field nobody knows more of: its name."""

    __slots__ = ()


class Named(_Value):
    """Something reached by its name: the class ``text``, or a method of it where ``member`` is given."""

    __slots__ = ()


Known = int | Text | _Field | Named | tuple["Known | None", ...]
"""A number, a string, a static field nobody knows more of, a class or method; a tuple is an array, with None for what is not
known."""


class Shown(NamedTuple):
    """An argument as evidence shows it."""

    text: str
    """``"text"`` for a string (quotes and backslashes in it escaped), digits for a number, ``class.field`` for a static field;
    `` | `` between what paths differ in, ``, `` between the items of an array, an ellipsis for what is not known."""
    whole: bool
    """Whether all of it is known."""


def show(choices: Sequence[Known] | None) -> Shown | None:
    """Put what an argument may be into words; None where it is not known."""
    if not choices:
        return None
    parts, whole = [], True
    for one in choices:
        shown = _show(one)
        if shown is None:
            return None
        parts.append(shown.text)
        whole &= shown.whole
    return Shown(" | ".join(dict.fromkeys(parts)), whole)


def _show(value: Known) -> Shown | None:
    if isinstance(value, int):
        return Shown(str(value), True)
    if isinstance(value, Text):
        # what a path, an address or a command begins with tells what it is about; its end alone does not
        if value.text.startswith(_ANY):
            return None
        escaped = value.text.replace("\\", "\\\\").replace('"', '\\"')
        return Shown(f'"{escaped}"', _ANY not in value.text)
    if isinstance(value, _Field):
        return Shown(value.text, True)
    if isinstance(value, Named):
        return Shown(f"{value.text}.{value.member}" if value.member else value.text, True)
    shown = [_show(one) if one is not None else None for one in value]
    if not any(shown):
        return None
    return Shown(", ".join(one.text if one else _ANY for one in shown), all(one is not None and one.whole for one in shown))


# -- what a method is made of ------------------------------------------------------------------------------------------


def register_of(units: array[int], at: int, position: int) -> int | None:
    """Return the register that holds argument word ``position`` of the invoke at ``at``; None where it has no such."""
    opcode = units[at] & 0xFF
    if at + 2 >= len(units):
        return None
    if opcode in _INVOKE_RANGE or opcode == 0x25:
        return units[at + 2] + position if position < units[at] >> 8 else None
    words = units[at] >> 12
    if position >= words:
        return None
    if position == 4:
        return units[at] >> 8 & 0xF
    return units[at + 2] >> 4 * position & 0xF


# -- what a register holds ---------------------------------------------------------------------------------------------

_STRING = "java.lang.String"
_BUILDERS = frozenset({"java.lang.StringBuilder", "java.lang.StringBuffer"})
_URI, _URI_BUILDER = "android.net.Uri", "android.net.Uri$Builder"
_SAME = frozenset(
    {
        (_URI, "parse"),
        (_URI, "normalizeScheme"),
        (_URI, "toString"),
        (_URI, "buildUpon"),
        (_URI_BUILDER, "build"),
        (_URI_BUILDER, "toString"),
        (_URI_BUILDER, "appendQueryParameter"),
        ("android.content.ContentUris", "withAppendedId"),
        ("android.content.ContentUris", "appendId"),
        (_STRING, "valueOf"),
        (_STRING, "copyValueOf"),
        (_STRING, "toString"),
        (_STRING, "intern"),
        (_STRING, "trim"),
        ("java.lang.CharSequence", "toString"),
        ("java.lang.Object", "toString"),
        ("java.util.Objects", "requireNonNull"),
        ("java.net.URI", "create"),
        ("java.lang.Integer", "valueOf"),
    }
)
"""Methods that return what their first argument word says, or an address that begins with it."""
_JOINS = {
    (_STRING, "concat"): "",
    (_URI, "withAppendedPath"): "/",
    (_URI_BUILDER, "appendPath"): "/",
    (_URI_BUILDER, "appendEncodedPath"): "/",
}
"""Methods that return their first word, this, and their second."""
_CLASS_BY_NAME = {("java.lang.Class", "forName"): 0, ("java.lang.ClassLoader", "loadClass"): 1}
_MEMBER_BY_NAME = frozenset({("java.lang.Class", "getMethod"), ("java.lang.Class", "getDeclaredMethod")})
_INVOKED = ("java.lang.reflect.Method", "invoke")
LOOK_UPS = frozenset({*_MEMBER_BY_NAME, _INVOKED})
"""(class, method) of what looks a method up by its name, or calls what was looked up."""


class _Unknown(Exception):
    """A path on which the value is not shown."""


class Steps:
    """What is left of the instructions that may be looked at for all arguments of a file together."""

    def __init__(self, left: int = _MOST_STEPS_OF_A_FILE) -> None:
        self.left = left


class Reading:
    """Answers what registers of one method hold."""

    def __init__(self, body: Body, values: Values, steps: Steps) -> None:
        self.body, self.units, self.values = body, body.units, values
        self._steps = steps
        self._left = _MOST_STEPS
        self._asked: dict[tuple[int, int], tuple[Known, ...] | None] = {}

    def at(self, at: int, register: int | None) -> tuple[Known, ...] | None:
        """Return what a register may hold just before the instruction at ``at``; None where some path does not show it."""
        if register is None:
            return None
        self._left = _MOST_STEPS
        try:
            return self._choices(at, register, 0)
        except (_Unknown, IndexError):
            return None

    def looked_up(self, at: int) -> tuple[Named, bool] | None:
        """Return the method that the call at ``at`` (one of LOOK_UPS) looks up or calls, and whether it calls it."""
        class_, name, _ = self.values.method(self.units[at + 1])
        self._left = _MOST_STEPS
        try:
            if (class_, name) == _INVOKED:
                (found,) = self._choices(at, _given_register(self.units, at, 0), 0)
            else:
                (found,) = self._returned(at, 0)
        except (_Unknown, IndexError, ValueError):
            return None
        return (found, name == _INVOKED[1]) if isinstance(found, Named) and found.member else None

    def _choices(self, at: int, register: int, depth: int) -> tuple[Known, ...]:
        key = (at, register)
        if key in self._asked:
            found = self._asked[key]
            if found is None:
                # known to be unknown, or a loop that gives a register its own value
                raise _Unknown
            return found
        if depth > _DEEPEST:
            raise _Unknown
        self._asked[key] = None
        choices: dict[Known, None] = {}
        for definition in self._definitions(at, register):
            for one in self._given(definition, register, depth + 1):
                choices[one] = None
        if not all(isinstance(one, int) for one in choices):
            # null beside something else is the place before it is set
            choices.pop(0, None)
        if not choices or len(choices) > _MOST_CHOICES:
            raise _Unknown
        result = tuple(choices)
        self._asked[key] = result
        return result

    def _spend(self, steps: int) -> None:
        self._left -= steps
        self._steps.left -= steps
        if self._left < 0 or self._steps.left < 0:
            raise _Unknown

    def _one(self, at: int, register: int | None, depth: int) -> Known:
        if register is None:
            raise _Unknown
        choices = self._choices(at, register, depth)
        if len(choices) != 1:
            raise _Unknown
        return choices[0]

    def _definitions(self, at: int, register: int) -> Sequence[int]:
        """Return the instructions that may have given a register its value. Raises _Unknown for a parameter or a caught path."""
        found, steps = self.body.definitions(at, register, min(self._left, self._steps.left))
        self._spend(steps)
        if found is None:
            raise _Unknown
        return found

    def _given(self, at: int, register: int, depth: int) -> tuple[Known, ...]:
        """Return what the instruction at ``at`` gives the register it writes."""
        units, unit = self.units, self.units[at]
        opcode = unit & 0xFF
        if opcode == 0x1A:
            return (Text(self.values.string(units[at + 1])),)
        if opcode == 0x1B:
            return (Text(self.values.string(units[at + 1] | units[at + 2] << 16)),)
        if opcode == 0x12:
            return (signed(unit >> 12, 4),)
        if opcode in (0x13, 0x16):
            return (signed(units[at + 1], 16),)
        if opcode == 0x15:
            return (signed(units[at + 1] << 16, 32),)
        if opcode in (0x14, 0x17):
            return (signed(units[at + 1] | units[at + 2] << 16, 32),)
        if opcode == 0x1C:
            return (Named(self.values.type_(units[at + 1])),)
        if opcode in _MOVES:
            return self._choices(at, _source(units, at, opcode), depth)
        if opcode in _SGET:
            known = self.values.static(units[at + 1])
            return tuple(known) if known else (_Field(self.values.field(units[at + 1])),)
        if opcode in (0x0A, 0x0C):
            return self._result(at, depth)
        # an array is read from where it is used; nothing else shows a constant
        raise _Unknown

    def _result(self, at: int, depth: int) -> tuple[Known, ...]:
        """Return what the call (or new array) before a move-result gives."""
        run, _ = self.body.before(at)
        if len(run) != 1:
            raise _Unknown
        call = run[0]
        opcode = self.units[call] & 0xFF
        if opcode in (0x24, 0x25):
            return (self._filled(call, depth),)
        if opcode not in _INVOKES:
            raise _Unknown
        return self._returned(call, depth)

    def _returned(self, call: int, depth: int) -> tuple[Known, ...]:
        """Return what a call is known to return."""
        class_, name, descriptor = self.values.method(self.units[call + 1])
        first = register_of(self.units, call, 0)
        if class_ in _BUILDERS and name == "toString" and first is not None:
            return (Text(self._built(call, first, depth)),)
        if (class_, name) in _SAME and first is not None:
            if (class_, name) == (_STRING, "valueOf") and descriptor.startswith("(C)"):
                return (Text(_character(self._one(call, first, depth))),)
            return self._choices(call, first, depth)
        if (class_, name) in _JOINS and first is not None:
            base = self._one(call, first, depth)
            if not isinstance(base, Text):
                return (base,)
            return (Text(_joined(base.text, _JOINS[class_, name], self._piece(call, 1, depth))),)
        if (class_, name) in _CLASS_BY_NAME:
            names = self._choices(call, _given_register(self.units, call, _CLASS_BY_NAME[class_, name]), depth)
            if all(isinstance(one, Text) and _ANY not in one.text for one in names):
                return tuple(Named(one.text) for one in names if isinstance(one, Text))
            raise _Unknown
        if (class_, name) in _MEMBER_BY_NAME:
            owner, member = self._one(call, first, depth), self._one(call, register_of(self.units, call, 1), depth)
            if isinstance(owner, Named) and not owner.member and isinstance(member, Text) and _ANY not in member.text:
                return (Named(owner.text, member.text),)
        if (class_, name) == (_STRING, "format"):
            return self._formatted(call, descriptor, depth)
        raise _Unknown

    def _formatted(self, call: int, descriptor: str, depth: int) -> tuple[Known, ...]:
        """Return a format string with an ellipsis for each part that is put in."""
        position = 1 if descriptor.startswith("(Ljava/util/Locale;") else 0
        pattern = self._one(call, register_of(self.units, call, position), depth)
        if not isinstance(pattern, Text):
            raise _Unknown
        parts = pattern.text.replace("%%", "\0").split("%")
        text = parts[0] + "".join(_ANY + one.lstrip("-+ #0123456789.$")[1:] for one in parts[1:])
        return (Text(text.replace("\0", "%")),)

    def _piece(self, call: int, word: int, depth: int, descriptor: str = "") -> str:
        """Return the text of an argument that becomes part of a string; an ellipsis where it is not known."""
        try:
            value = self._one(call, register_of(self.units, call, word), depth)
        except _Unknown:
            return _ANY
        if isinstance(value, Text):
            return value.text
        if isinstance(value, int):
            if descriptor.startswith("(C)"):
                return _character(value)
            if descriptor.startswith("(Z)"):
                return "true" if value else "false"
            if descriptor.startswith(("(I)", "(J)")):
                return str(value)
        return _ANY

    # -- what is put together step by step -----------------------------------------------------------------------------

    def _backwards(self, at: int) -> Iterator[int]:
        """Yield the instructions that ran before ``at``, as long as there is one way to come."""
        while True:
            run, thrown = self.body.before(at)
            self._spend(1)
            if len(run) != 1 or thrown:
                raise _Unknown
            at = run[0]
            yield at

    def _built(self, at: int, register: int, depth: int) -> str:
        """Return the text of the string builder in ``register`` at ``at``."""
        if depth > _DEEPEST:
            raise _Unknown
        names = {register}
        pieces: list[str] = []
        moved = -1
        for one in self._backwards(at):
            opcode = self.units[one] & 0xFF
            target = written(self.units, one)
            if opcode in _INVOKES:
                pieces += self._built_by(one, names, depth, moved)
                moved = -1
            elif target is not None and target in names:
                names.discard(target)
                if opcode in _MOVES:
                    names.add(_source(self.units, one, opcode))
                elif opcode == 0x0C:
                    moved = target
                elif opcode == 0x22:
                    if names:
                        raise _Unknown
                    return _shortened("".join(reversed(pieces)))
                else:
                    raise _Unknown
        raise _Unknown

    def _built_by(self, call: int, names: set[int], depth: int, moved: int) -> list[str]:
        """Return what one call adds to a string builder; ``moved`` is the register its result was kept in, if it is the builder."""
        class_, name, descriptor = self.values.method(self.units[call + 1])
        first = register_of(self.units, call, 0)
        if moved >= 0:
            if class_ not in _BUILDERS or name != "append" or first is None:
                raise _Unknown
            names.add(first)
        if first in names and class_ in _BUILDERS:
            if name == "append":
                return [self._piece(call, 1, depth + 1, descriptor)]
            if name == "<init>":
                return [self._piece(call, 1, depth + 1)] if descriptor.startswith("(Ljava/") else []
            if name in ("length", "toString"):
                return []
            raise _Unknown
        if any(register_of(self.units, call, word) in names for word in range(_words(self.units, call))):
            raise _Unknown
        return []

    def carried(
        self, at: int, register: int | None, sets: Callable[[str, str, str], int | None]
    ) -> tuple[Known, ...] | None:
        """Return the constant that the object in ``register`` was last given before ``at``; None where that is not shown.

        ``sets`` tells, for a method by class, name and descriptor, which argument word sets it. Builders are followed
        through their calls to themselves and to what they build.
        """
        if register is None:
            return None
        self._left = _MOST_STEPS
        try:
            return self._carried(at, register, sets)
        except (_Unknown, IndexError):
            return None

    def _carried(self, at: int, register: int, sets: Callable[[str, str, str], int | None]) -> tuple[Known, ...] | None:
        names = {register}
        moved = False
        for one in self._backwards(at):
            opcode = self.units[one] & 0xFF
            target = written(self.units, one)
            if opcode in _INVOKES:
                first = None if opcode in _STATIC_INVOKES else register_of(self.units, one, 0)
                if moved:
                    if first is None:
                        return None
                    names.add(first)
                    moved = False
                if first in names and (word := sets(*self.values.method(self.units[one + 1]))) is not None:
                    return self._choices(one, _given_register(self.units, one, 1 + word), 0)
            elif target is not None and target in names:
                names.discard(target)
                if opcode in _MOVES:
                    names.add(_source(self.units, one, opcode))
                elif opcode == 0x0C:
                    moved = True
                elif not names:
                    return None
        return None

    def items(self, at: int, register: int | None, depth: int = 0) -> tuple[Known | None, ...] | None:
        """Return the items of the array in ``register`` at ``at``; None where it is not known to be one."""
        if register is None:
            return None
        if depth == 0:
            self._left = _MOST_STEPS
        try:
            return self._items(at, register, depth)
        except (_Unknown, IndexError):
            return None

    def _items(self, at: int, register: int, depth: int) -> tuple[Known | None, ...]:
        names = {register}
        put: dict[int, Known | None] = {}
        for one in self._backwards(at):
            unit = self.units[one]
            opcode = unit & 0xFF
            target = written(self.units, one)
            if opcode == 0x4D and self.units[one + 1] & 0xFF in names:
                index = self._one(one, self.units[one + 1] >> 8, depth + 1)
                if not isinstance(index, int) or not 0 <= index < _MOST_ITEMS:
                    raise _Unknown
                if index not in put:
                    put[index] = self._item(one, unit >> 8, depth + 1)
            elif target is not None and target in names:
                names.discard(target)
                if opcode in _MOVES:
                    names.add(_source(self.units, one, opcode))
                elif opcode == 0x23:
                    size = self._one(one, unit >> 12, depth + 1)
                    if names or not isinstance(size, int) or not 0 <= size <= _MOST_ITEMS:
                        raise _Unknown
                    return tuple(put.get(index) for index in range(size))
                elif opcode == 0x0C:
                    found = self._result(one, depth + 1)
                    if len(found) == 1 and isinstance(found[0], tuple):
                        return tuple(put.get(index, item) for index, item in enumerate(found[0]))
                    raise _Unknown
                elif opcode == 0x62:
                    known = self.values.static(self.units[one + 1])
                    if known and len(known) == 1 and isinstance(known[0], tuple):
                        return known[0]
                    raise _Unknown
                else:
                    raise _Unknown
        raise _Unknown

    def _filled(self, call: int, depth: int) -> tuple[Known | None, ...]:
        registers = (register_of(self.units, call, word) for word in range(min(_words(self.units, call), _MOST_ITEMS)))
        return tuple(self._item(call, register, depth) for register in registers)

    def _item(self, at: int, register: int | None, depth: int) -> Known | None:
        try:
            return self._one(at, register, depth)
        except _Unknown:
            return None


def _given_register(units: array[int], call: int, position: int) -> int:
    register = register_of(units, call, position)
    if register is None:
        raise _Unknown
    return register


def _character(value: Known) -> str:
    if not isinstance(value, int) or not 0 <= value < 0x10000:
        raise _Unknown
    return chr(value)


def _joined(base: str, between: str, rest: str) -> str:
    return _shortened(base.rstrip("/") + between + rest.lstrip("/") if between else base + rest)


def _shortened(text: str) -> str:
    if len(text) > _LONGEST:
        raise _Unknown
    while _ANY * 2 in text:
        text = text.replace(_ANY * 2, _ANY)
    return text


def _words(units: array[int], call: int) -> int:
    opcode = units[call] & 0xFF
    return units[call] >> 8 if opcode in _INVOKE_RANGE or opcode == 0x25 else units[call] >> 12


def _source(units: array[int], at: int, opcode: int) -> int:
    """Return the register a move copies."""
    if opcode in (0x01, 0x07):
        return units[at] >> 12
    return units[at + 1] if opcode in (0x02, 0x08) else units[at + 2]

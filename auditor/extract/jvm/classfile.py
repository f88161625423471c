"""Java class files: the class a file defines, what it declares, and everything its constant pool refers to.

Format: The Java Virtual Machine Specification, chapter 4 (class file versions 45 to 69, and later ones as long as the
constant pool holds nothing new). No count, length or index is believed before it is checked.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from auditor.build import Text
from auditor.extract.android.names import mutf8

__all__ = ["ClassFile", "ClassFileError", "Declared", "Member", "is_class_file", "read_class"]

_FIRST_VERSION = 45
"""Universal Mach-O files share the magic; where a class file has its version they have the number of their slices."""
_UTF8, _INTEGER, _FLOAT, _LONG, _DOUBLE, _CLASS, _STRING = 1, 3, 4, 5, 6, 7, 8
_FIELD_REF, _METHOD_REF, _INTERFACE_METHOD_REF, _NAME_AND_TYPE = 9, 10, 11, 12
_SIZES = {
    _INTEGER: 5, _FLOAT: 5, _LONG: 9, _DOUBLE: 9, _CLASS: 3, _STRING: 3, _FIELD_REF: 5, _METHOD_REF: 5,
    _INTERFACE_METHOD_REF: 5, _NAME_AND_TYPE: 5, 15: 4, 16: 3, 17: 5, 18: 5, 19: 3, 20: 3,
}  # fmt: skip
"""Bytes of an entry with its tag; from 15 on: method handle, method type, dynamic, invokedynamic, module, package."""
_SIZE = bytes(_SIZES.get(tag, 0) for tag in range(256))
_NUMBERS = {_INTEGER: struct.Struct(">i"), _FLOAT: struct.Struct(">f"), _LONG: struct.Struct(">q"), _DOUBLE: struct.Struct(">d")}
_MEMBER_KINDS = {_FIELD_REF: "field", _METHOD_REF: "method", _INTERFACE_METHOD_REF: "interface-method"}
_MAX_NAME = 4096
"""Characters of a class's own name; real ones stay below 500, and the name of every class is kept."""
_NO_NAME = frozenset(".;[")
"""Characters no class name may hold (section 4.2.1)."""


class ClassFileError(ValueError):
    """Bytes that are no class file, or a damaged one; ``reason`` says which."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.reason = Text(zh=zh, en=en)


@dataclass(frozen=True, slots=True)
class Member:
    """A field or method that the class refers to, its own among them."""

    owner: str
    """Dotted name of the class it is looked for in; of an array the type descriptor (``[I``)."""
    name: str
    descriptor: str
    """``(Ljava/lang/String;)V`` of a method, ``I`` of a field."""
    kind: str
    """``field``, ``method`` or ``interface-method``."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A field or method that the class declares."""

    name: str
    descriptor: str
    access: int
    """Flags ``ACC_*``."""
    constant: str | int | float | None = None
    """Value of a constant field (attribute ConstantValue), where it has one."""


@dataclass(frozen=True, slots=True)
class ClassFile:
    """One class. References are looked up in the constant pool when they are asked for."""

    name: str
    """Dotted name, ``a.b.C$D``."""
    version: int
    """Major version: 52 = Java 8."""
    access: int
    """Flags ``ACC_*``."""
    parent: str
    """Dotted name of the superclass; empty for java.lang.Object and for modules."""
    interfaces: tuple[str, ...]
    fields: tuple[Declared, ...]
    methods: tuple[Declared, ...]
    _pool: _Pool = field(repr=False, compare=False)

    def classes(self) -> tuple[str, ...]:
        """Return the dotted names of the classes it refers to, sorted, without itself; of arrays their element class.

        Raises ClassFileError where the constant pool is damaged, as the other two do.
        """
        pool, found = self._pool, set()
        # many entries may share one long name
        for text in {pool.one(index, _CLASS) for index in pool.of(_CLASS)}:
            name = pool.dotted(text)
            if name.startswith("["):
                element = name.lstrip("[")
                if not element.startswith("L") or not element.endswith(";"):
                    continue
                name = element[1:-1]
            found.add(name)
        return tuple(sorted(found - {self.name}))

    def members(self) -> tuple[Member, ...]:
        """Return the fields and methods it refers to, in the order of the constant pool."""
        pool, found = self._pool, []
        for index in pool.of(*_MEMBER_KINDS):
            owner, pair = pool.two(index)
            name, descriptor = pool.two(pair, _NAME_AND_TYPE)
            kind = _MEMBER_KINDS[pool.tags[index]]
            found.append(Member(pool.class_name(owner), pool.text(name), pool.text(descriptor), kind))
        return tuple(found)

    def strings(self) -> tuple[str, ...]:
        """Return the text of its string literals, in the order of the constant pool."""
        return tuple(self._pool.text(self._pool.one(index, _STRING)) for index in self._pool.of(_STRING))


def is_class_file(head: bytes) -> bool:
    """Tell from a file's first 8 bytes whether it is a class file."""
    return head[:4] == b"\xca\xfe\xba\xbe" and len(head) >= 8 and int.from_bytes(head[6:8], "big") >= _FIRST_VERSION


def read_class(data: bytes) -> ClassFile:
    """Read a class file. Raises ClassFileError and nothing else, whatever the bytes."""
    if not is_class_file(data[:8]):
        raise ClassFileError("不是 Java 类文件（文件头不符）", "is no class file: it does not start like one")
    try:
        return _read(data)
    except (IndexError, struct.error):
        raise ClassFileError("类文件被截断", "is a class file cut short") from None


def _read(data: bytes) -> ClassFile:
    pool, at = _read_pool(data)
    access, this, parent, count = struct.unpack_from(">4H", data, at)
    at += 8
    interfaces = struct.unpack_from(f">{count}H", data, at)
    fields, at = _declared(data, at + 2 * count, pool)
    methods, at = _declared(data, at, pool)
    # the attributes of the class itself, which must be the last thing in the file
    (count,) = struct.unpack_from(">H", data, at)
    at += 2
    for _ in range(count):
        at += 6 + int.from_bytes(data[at + 2 : at + 6], "big")
    if at > len(data):
        raise IndexError
    if at < len(data):
        raise ClassFileError("类文件末尾有多余内容，可能已损坏", "is a class file with something behind its end: it may be damaged")
    name = pool.class_name(this)
    if not 0 < len(name) <= _MAX_NAME or not _NO_NAME.isdisjoint(pool.text(pool.one(this, _CLASS))):
        raise ClassFileError("类文件中的类名不合法", "is a class file whose class has an impossible name")
    return ClassFile(
        name=name,
        version=int.from_bytes(data[6:8], "big"),
        access=access,
        parent=pool.class_name(parent) if parent else "",
        interfaces=tuple(map(pool.class_name, interfaces)),
        fields=fields,
        methods=methods,
        _pool=pool,
    )


def _read_pool(data: bytes) -> tuple[_Pool, int]:
    """Return the constant pool and the position behind it."""
    count = int.from_bytes(data[8:10], "big")
    tags, places = bytearray(max(count, 1)), [0] * count
    size, at, index = _SIZE, 10, 1
    while index < count:
        tag = data[at]
        tags[index], places[index] = tag, at + 1
        if tag == _UTF8:
            at += 3 + (data[at + 1] << 8 | data[at + 2])
        elif length := size[tag]:
            at += length
            if tag in (_LONG, _DOUBLE):
                # the specification: "in retrospect, making 8-byte constants take two entries was a poor choice"
                index += 1
        else:
            raise ClassFileError(
                f"常量池含有未知类型 {tag}，无法读取", f"is a class file whose constant pool holds the unknown type {tag}"
            )
        index += 1
    return _Pool(data, tags, places, {}, {}), at


def _declared(data: bytes, at: int, pool: _Pool) -> tuple[tuple[Declared, ...], int]:
    """Return the fields or methods listed at ``at``, and the position behind them."""
    (count,) = struct.unpack_from(">H", data, at)
    at += 2
    found = []
    for _ in range(count):
        access, name, descriptor, attributes = struct.unpack_from(">4H", data, at)
        at += 8
        constant = None
        for _ in range(attributes):
            kind, length = struct.unpack_from(">HI", data, at)
            if length == 2 and pool.text(kind) == "ConstantValue":
                constant = pool.constant(int.from_bytes(data[at + 6 : at + 8], "big"))
            at += 6 + length
            if at > len(data):
                raise IndexError
        found.append(Declared(pool.text(name), pool.text(descriptor), access, constant))
    return tuple(found), at


@dataclass(frozen=True, slots=True)
class _Pool:
    """A constant pool: the type of each entry and where its content starts."""

    data: bytes
    tags: bytearray
    places: list[int]
    _texts: dict[int, str]
    """Each text once, so that entries that share it share its memory too."""
    _names: dict[int, str]

    def of(self, *tags: int) -> list[int]:
        """Return the indices of the entries of some types."""
        return [index for index, tag in enumerate(self.tags) if tag in tags]

    def one(self, index: int, tag: int) -> int:
        """Return the index an entry of one index leads to."""
        self._expect(index, tag)
        at = self.places[index]
        return int.from_bytes(self.data[at : at + 2], "big")

    def two(self, index: int, tag: int = 0) -> tuple[int, int]:
        """Return the indices an entry of two leads to; ``tag`` 0 = of any type."""
        self._expect(index, tag or self.tags[index])
        at = self.places[index]
        return int.from_bytes(self.data[at : at + 2], "big"), int.from_bytes(self.data[at + 2 : at + 4], "big")

    def text(self, index: int) -> str:
        """Return the text of a CONSTANT_Utf8 entry."""
        found = self._texts.get(index)
        if found is None:
            self._expect(index, _UTF8)
            at = self.places[index]
            end = at + 2 + int.from_bytes(self.data[at : at + 2], "big")
            if end > len(self.data):
                raise IndexError
            found = self._texts[index] = mutf8(self.data[at + 2 : end])
        return found

    def class_name(self, index: int) -> str:
        """Return the dotted name of a CONSTANT_Class entry."""
        return self.dotted(self.one(index, _CLASS))

    def dotted(self, index: int) -> str:
        """Return the text of a CONSTANT_Utf8 entry with dots for slashes."""
        found = self._names.get(index)
        if found is None:
            found = self._names[index] = self.text(index).replace("/", ".")
        return found

    def constant(self, index: int) -> str | int | float:
        """Return the value of a number or string entry."""
        tag = self.tags[index] if index < len(self.tags) else 0
        if layout := _NUMBERS.get(tag):
            number: int | float = layout.unpack_from(self.data, self.places[index])[0]
            return number
        return self.text(self.one(index, _STRING))

    def _expect(self, index: int, tag: int) -> None:
        if index >= len(self.tags) or self.tags[index] != tag or not tag:
            raise ClassFileError(
                f"常量池索引 {index} 有误，类文件已损坏", f"is a damaged class file: index {index} of its constant pool is wrong"
            )

"""Dalvik executables written from a list of classes, with real code in their methods.

Format: Android's "Dalvik executable format" page, version 035 unless asked otherwise. What is written passes the
checks dexdump and the runtime make: sorted tables, MUTF-8 strings in UTF-16 order, superclasses before subclasses,
a map, an Adler-32 and a SHA-1.

Names are dotted (``com.foo.Bar$Inner``). A method is written ``name(descriptors)descriptor``, a method of another
class ``com.foo.Bar.name(I)V``, a field ``com.foo.Bar.name:Ljava/lang/String;``.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

__all__ = [
    "Array",
    "Call",
    "Cast",
    "Class",
    "ClassLiteral",
    "Field",
    "GetField",
    "Local",
    "Method",
    "New",
    "Op",
    "Param",
    "PutField",
    "Raw",
    "Return",
    "Super",
    "This",
    "Throw",
    "Unless",
    "Value",
    "descriptor",
    "write_dex",
]

PUBLIC, PRIVATE, PROTECTED, STATIC, FINAL = 0x1, 0x2, 0x4, 0x8, 0x10
NATIVE, INTERFACE, ABSTRACT, CONSTRUCTOR = 0x100, 0x200, 0x400, 0x10000

NO_INDEX = 0xFFFFFFFF
HEADER_SIZE = 0x70

_METHOD = re.compile(r"(?:(?P<owner>.+)\.)?(?P<name>[^.(]+)\((?P<params>[^)]*)\)(?P<returns>.+)\Z")
_FIELD = re.compile(r"(?P<owner>.+)\.(?P<name>[^.:]+):(?P<type>.+)\Z")
_TYPE = re.compile(r"\[*(?:[VZBSCIJFD]|L[^;]+;)")


# -- values: what an instruction can be given ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class This:
    """The object the method belongs to."""


@dataclass(frozen=True, slots=True)
class Param:
    """The n-th parameter, not counting ``this``."""

    index: int


@dataclass(frozen=True, slots=True)
class Local:
    """A value an earlier instruction of the method kept under this name."""

    name: str


@dataclass(frozen=True, slots=True)
class ClassLiteral:
    """``Bar.class``."""

    name: str


Value = This | Param | Local | ClassLiteral | str | int | None
"""A str is a string constant, an int a number, None is null."""


# -- instructions -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Call:
    """A method call: ``Call("android.telephony.TelephonyManager.getDeviceId()Ljava/lang/String;")``.

    Values not given are null or zero, so the code is sound whatever is called. ``kind`` is virtual, static, direct,
    super or interface; a constructor is always called direct. ``keep`` names the local that holds the result.
    """

    method: str
    arguments: Sequence[Value] = ()
    on: Value = None
    kind: str = "virtual"
    keep: str = ""


@dataclass(frozen=True, slots=True)
class Super:
    """A call of the superclass' own version of this method, with this method's parameters."""


@dataclass(frozen=True, slots=True)
class New:
    """``keep = new cls(arguments)``; ``constructor`` is the constructor's descriptor."""

    cls: str
    keep: str
    constructor: str = "()V"
    arguments: Sequence[Value] = ()


@dataclass(frozen=True, slots=True)
class Cast:
    """``keep = (cls) value``."""

    value: Value
    cls: str
    keep: str


@dataclass(frozen=True, slots=True)
class GetField:
    """Read a field: a static one, or one of the object ``on``."""

    field: str
    keep: str
    on: Value = None
    static: bool = True


@dataclass(frozen=True, slots=True)
class PutField:
    """Write a field: a static one, or one of the object ``on``."""

    field: str
    value: Value
    on: Value = None
    static: bool = True


@dataclass(frozen=True, slots=True)
class Array:
    """``keep = new type[]{items}`` of objects (``type`` is the element's descriptor)."""

    items: Sequence[Value]
    keep: str
    type: str = "Ljava/lang/String;"


@dataclass(frozen=True, slots=True)
class Unless:
    """Skip ``body`` when the int or object ``value`` is zero or null."""

    value: Value
    body: Sequence[Op]


@dataclass(frozen=True, slots=True)
class Return:
    """Return from the method; without it a method returns nothing, null or zero at its end."""

    value: Value = None


@dataclass(frozen=True, slots=True)
class Throw:
    """Throw the object ``value``."""

    value: Value


@dataclass(frozen=True, slots=True)
class Raw:
    """Code units written as they are, sound or not."""

    units: Sequence[int]


Op = Call | Super | New | Cast | GetField | PutField | Array | Unless | Return | Throw | Raw


# -- classes ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a class."""

    name: str
    type: str = "Ljava/lang/String;"
    static: bool = False
    value: str | int | None = None
    """Initial value of a static field: text for a String, a number for int and boolean."""
    access: int = PUBLIC


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A method of a class. ``calls`` is short for a body of plain calls with null arguments."""

    name: str
    """``onCreate(Landroid/os/Bundle;)V``."""
    body: Sequence[Op] = ()
    calls: Sequence[str] = ()
    """``com.foo.Bar.baz()V``, or ``static com.foo.Bar.baz()V`` (any kind of call)."""
    static: bool = False
    access: int = PUBLIC
    annotations: Sequence[str] = ()
    """Dotted names of annotations without values, visible at run time."""
    code: bool = True
    """False for abstract and native methods (``access`` says which)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """A class to define."""

    name: str
    superclass: str = "java.lang.Object"
    interfaces: Sequence[str] = ()
    methods: Sequence[Method] = ()
    fields: Sequence[Field] = ()
    access: int = PUBLIC
    source: str = ""
    """Source file name."""
    constructor: bool = True
    """Add the default constructor, unless the class has one or is an interface."""


def descriptor(name: str) -> str:
    """Return the type descriptor of a dotted class name; descriptors of arrays and classes are returned as they are."""
    if name.startswith("[") or name.endswith(";"):
        return name
    return f"L{name.replace('.', '/')};"


# -- references ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class _Proto:
    returns: str
    params: tuple[str, ...]

    @property
    def shorty(self) -> str:
        return "".join("L" if part[0] in "L[" else part for part in (self.returns, *self.params))


@dataclass(frozen=True, slots=True)
class _MethodRef:
    owner: str
    name: str
    proto: _Proto


@dataclass(frozen=True, slots=True)
class _FieldRef:
    owner: str
    name: str
    type: str


def _method_ref(text: str, owner: str = "") -> _MethodRef:
    match = _METHOD.match(text)
    if match is None or not (match["owner"] or owner):
        raise ValueError(f"not a method: {text!r}")
    params = tuple(_TYPE.findall(match["params"]))
    if "".join(params) != match["params"] or not _TYPE.fullmatch(match["returns"]):
        raise ValueError(f"not a method descriptor: {text!r}")
    return _MethodRef(descriptor(match["owner"] or owner), match["name"], _Proto(match["returns"], params))


def _field_ref(text: str) -> _FieldRef:
    match = _FIELD.match(text)
    if match is None or not _TYPE.fullmatch(match["type"]):
        raise ValueError(f"not a field: {text!r}")
    return _FieldRef(descriptor(match["owner"]), match["name"], match["type"])


def _width(type_: str) -> int:
    return 2 if type_ in "JD" else 1


def _utf16(text: str) -> bytes:
    """Return the order strings are sorted in: by UTF-16 code unit."""
    return text.encode("utf-16-be", "surrogatepass")


def _mutf8(text: str) -> bytes:
    """Return the string as modified UTF-8: NUL in two bytes, code units above the BMP each in three."""
    out = bytearray()
    units = _utf16(text)
    for (unit,) in struct.iter_unpack(">H", units):
        if 0 < unit < 0x80:
            out.append(unit)
        elif unit < 0x800:
            out += bytes((0xC0 | unit >> 6, 0x80 | unit & 0x3F))
        else:
            out += bytes((0xE0 | unit >> 12, 0x80 | unit >> 6 & 0x3F, 0x80 | unit & 0x3F))
    return bytes(out)


def _uleb(number: int) -> bytes:
    out = bytearray()
    while True:
        byte = number & 0x7F
        number >>= 7
        out.append(byte | (0x80 if number else 0))
        if not number:
            return bytes(out)


# -- the pools: everything referred to, then sorted ---------------------------------------------------------------


@dataclass(slots=True)
class _Pools:
    """The identifier tables; first everything is noted, then :meth:`sort` numbers it."""

    strings: set[str] = field(default_factory=set)
    types: set[str] = field(default_factory=set)
    protos: set[_Proto] = field(default_factory=set)
    fields: set[_FieldRef] = field(default_factory=set)
    methods: set[_MethodRef] = field(default_factory=set)
    string_list: list[str] = field(default_factory=list)
    type_list: list[str] = field(default_factory=list)
    proto_list: list[_Proto] = field(default_factory=list)
    field_list: list[_FieldRef] = field(default_factory=list)
    method_list: list[_MethodRef] = field(default_factory=list)
    string_index: dict[str, int] = field(default_factory=dict)
    type_index: dict[str, int] = field(default_factory=dict)
    proto_index: dict[_Proto, int] = field(default_factory=dict)
    field_index: dict[_FieldRef, int] = field(default_factory=dict)
    method_index: dict[_MethodRef, int] = field(default_factory=dict)

    def string(self, text: str) -> int:
        self.strings.add(text)
        return self.string_index.get(text, 0)

    def type(self, name: str) -> int:
        self.string(name)
        self.types.add(name)
        return self.type_index.get(name, 0)

    def proto(self, proto: _Proto) -> int:
        self.string(proto.shorty)
        for part in (proto.returns, *proto.params):
            self.type(part)
        self.protos.add(proto)
        return self.proto_index.get(proto, 0)

    def field_(self, ref: _FieldRef) -> int:
        self.type(ref.owner)
        self.string(ref.name)
        self.type(ref.type)
        self.fields.add(ref)
        return self.field_index.get(ref, 0)

    def method(self, ref: _MethodRef) -> int:
        self.type(ref.owner)
        self.string(ref.name)
        self.proto(ref.proto)
        self.methods.add(ref)
        return self.method_index.get(ref, 0)

    def sort(self) -> None:
        self.string_list = sorted(self.strings, key=_utf16)
        self.string_index = {text: index for index, text in enumerate(self.string_list)}
        strings = self.string_index
        self.type_list = sorted(self.types, key=strings.__getitem__)
        self.type_index = {name: index for index, name in enumerate(self.type_list)}
        types = self.type_index
        self.proto_list = sorted(
            self.protos, key=lambda p: (types[p.returns], tuple(types[part] for part in p.params))
        )
        self.proto_index = {proto: index for index, proto in enumerate(self.proto_list)}
        self.field_list = sorted(self.fields, key=lambda f: (types[f.owner], strings[f.name], types[f.type]))
        self.field_index = {ref: index for index, ref in enumerate(self.field_list)}
        self.method_list = sorted(
            self.methods, key=lambda m: (types[m.owner], strings[m.name], self.proto_index[m.proto])
        )
        self.method_index = {ref: index for index, ref in enumerate(self.method_list)}
        for what, table in (("types", types), ("fields", self.field_index), ("methods", self.method_index)):
            if len(table) > 0xFFFF:
                raise ValueError(f"too many {what} for one DEX file: {len(table)}")


# -- code ---------------------------------------------------------------------------------------------------------

_INVOKE = {"virtual": 0x6E, "super": 0x6F, "direct": 0x70, "static": 0x71, "interface": 0x72}


def _locals(body: Iterable[Op], types: dict[str, str]) -> None:
    """Note the type of every local the body keeps, in order of appearance."""
    for op in body:
        if isinstance(op, Unless):
            _locals(op.body, types)
        elif isinstance(op, Call) and op.keep:
            types[op.keep] = _method_ref(op.method).proto.returns
        elif isinstance(op, New | Cast):
            types[op.keep] = descriptor(op.cls)
        elif isinstance(op, GetField):
            types[op.keep] = _field_ref(op.field).type
        elif isinstance(op, Array):
            types[op.keep] = "[" + op.type


class _Assembler:
    """Turns one method's instructions into code units.

    Registers: a scratch area as wide as the widest call (low, where every instruction can reach it), then the kept
    locals, then the parameters.
    """

    def __init__(self, cls: Class, method: Method, ref: _MethodRef, pools: _Pools) -> None:
        self.cls = cls
        self.method = method
        self.ref = ref
        self.pools = pools
        self.units: list[int] = []
        self.outs = 0
        self.local_types: dict[str, str] = {}
        _locals(method.body, self.local_types)
        self.local_at: dict[str, int] = {}
        self.ins = (0 if method.static else 1) + sum(_width(part) for part in ref.proto.params)
        self.scratch = 0
        at = self._scratch_size(method.body)
        for name, type_ in self.local_types.items():
            self.local_at[name] = at
            at += _width(type_)
        self.params_at = at
        self.registers = self.params_at + self.ins

    def _scratch_size(self, body: Iterable[Op]) -> int:
        size = 3 if self.ref.proto.returns != "V" or body else 0
        for op in body:
            if isinstance(op, Call):
                size = max(size, 1 + sum(map(_width, _method_ref(op.method).proto.params)))
            elif isinstance(op, New):
                params = _method_ref(f"<init>{op.constructor}", op.cls).proto.params
                size = max(size, 1 + sum(map(_width, params)))
            elif isinstance(op, Super):
                size = max(size, self.ins)
            elif isinstance(op, Unless):
                size = max(size, self._scratch_size(op.body))
        if not self.method.body and self.method.calls:
            for call in self.method.calls:
                params = _method_ref(call.rpartition(" ")[2]).proto.params
                size = max(size, 1 + sum(map(_width, params)))
        return size

    def assemble(self) -> None:
        """Write the body and the end of the method."""
        body: list[Op] = list(self.method.body)
        for call in self.method.calls:
            kind, _, target = call.rpartition(" ")
            body.append(Call(target, kind=kind or "virtual"))
        self._ops(body)
        if not body or not isinstance(body[-1], Return | Throw | Raw):
            self._op(Return())

    def _ops(self, ops: Iterable[Op]) -> None:
        for op in ops:
            self._op(op)

    def _op(self, op: Op) -> None:
        match op:
            case Raw(units):
                self.units += units
            case Super():
                self._super()
            case Call():
                self._call(op)
            case New(cls, keep, constructor, arguments):
                at = self.local_at[keep]
                self._small(0x22, at, self.pools.type(descriptor(cls)))
                self._call(Call(f"{cls}.<init>{constructor}", arguments, on=Local(keep), kind="direct"))
            case Cast(value, cls, keep):
                at = self.local_at[keep]
                self._move(self._load(value, self.scratch, "L"), at, "L")
                self._small(0x1F, at, self.pools.type(descriptor(cls)))
            case GetField():
                self._field(op.field, op.static, op.on, self.local_at[op.keep], 0)
            case PutField():
                type_ = _field_ref(op.field).type
                at = self._load(op.value, self.scratch, type_)
                self._field(op.field, op.static, op.on, at, 7)
            case Array():
                self._array(op)
            case Unless(value, body):
                at = self._load(value, self.scratch, "I" if isinstance(value, int) else "L")
                branch = len(self.units)
                self.units += [0x38 | at << 8, 0]
                self._ops(body)
                self.units[branch + 1] = (len(self.units) - branch) & 0xFFFF
            case Return(value):
                self._return(value)
            case Throw(value):
                self.units.append(0x27 | self._load(value, self.scratch, "L") << 8)

    def _small(self, opcode: int, register: int, index: int) -> None:
        if register > 0xFF or index > 0xFFFF:
            raise ValueError(f"{self.cls.name}.{self.method.name}: too many registers or references")
        self.units += [opcode | register << 8, index]

    def _where(self, value: Value) -> tuple[int, str] | None:
        """Return the register and type of a value that already stands in one."""
        match value:
            case This():
                if self.method.static:
                    raise ValueError(f"{self.cls.name}.{self.method.name} is static: there is no this")
                return self.params_at, descriptor(self.cls.name)
            case Param(index):
                params = self.ref.proto.params
                at = self.params_at + (0 if self.method.static else 1) + sum(map(_width, params[:index]))
                return at, params[index]
            case Local(name):
                return self.local_at[name], self.local_types[name]
        return None

    def _load(self, value: Value, into: int, type_: str) -> int:
        """Return the register that holds ``value``; constants are loaded into ``into``."""
        found = self._where(value)
        if found is not None:
            return found[0]
        match value:
            case str():
                index = self.pools.string(value)
                if index > 0xFFFF:
                    self.units += [0x1B | into << 8, index & 0xFFFF, index >> 16]
                else:
                    self._small(0x1A, into, index)
            case ClassLiteral(name):
                self._small(0x1C, into, self.pools.type(descriptor(name)))
            case _:
                self._number(int(value or 0) if not isinstance(value, This | Param | Local) else 0, into, type_)
        return into

    def _number(self, number: int, into: int, type_: str) -> None:
        wide = type_ in "JD"
        if -0x8000 <= number < 0x8000:
            self.units += [(0x16 if wide else 0x13) | into << 8, number & 0xFFFF]
        elif -0x80000000 <= number < 0x80000000:
            self.units += [(0x17 if wide else 0x14) | into << 8, number & 0xFFFF, number >> 16 & 0xFFFF]
        else:
            parts = [number >> shift & 0xFFFF for shift in (0, 16, 32, 48)]
            self.units += [0x18 | into << 8, *parts]

    def _move(self, source: int, into: int, type_: str) -> None:
        opcode = 0x08 if type_[0] in "L[" else 0x05 if type_ in "JD" else 0x02
        self.units += [opcode | into << 8, source]

    def _super(self) -> None:
        if self.method.static:
            raise ValueError(f"{self.cls.name}.{self.method.name} is static: it has no super")
        name = f"{self.cls.superclass}.{self.method.name}"
        arguments = [Param(index) for index in range(len(self.ref.proto.params))]
        kind = "direct" if self.ref.name == "<init>" else "super"
        self._call(Call(name, arguments, on=This(), kind=kind))

    def _call(self, call: Call) -> None:
        ref = _method_ref(call.method)
        kind = "direct" if ref.name == "<init>" else call.kind
        if kind not in _INVOKE:
            raise ValueError(f"no such kind of call: {call.kind!r}")
        wanted: list[tuple[Value, str]] = [] if kind == "static" else [(call.on, ref.owner)]
        given = list(call.arguments)
        if len(given) > len(ref.proto.params):
            raise ValueError(f"too many arguments for {call.method!r}")
        given += [None] * (len(ref.proto.params) - len(given))
        wanted += list(zip(given, ref.proto.params, strict=True))
        registers: list[int] = []
        slots: list[tuple[int, int, str]] = []
        slot = self.scratch
        for value, type_ in wanted:
            at = self._load(value, slot, type_)
            slots.append((at, slot, type_))
            registers += range(at, at + _width(type_))
            slot += _width(type_)
        index = self.pools.method(ref)
        self.outs = max(self.outs, len(registers))
        if len(registers) <= 5 and all(register < 16 for register in registers):
            padded = [*registers, 0, 0, 0, 0, 0][:5]
            first = _INVOKE[kind] | len(registers) << 12 | padded[4] << 8
            self.units += [first, index, padded[0] | padded[1] << 4 | padded[2] << 8 | padded[3] << 12]
        else:
            for at, target, type_ in slots:
                if at != target:
                    self._move(at, target, type_)
            self.units += [_INVOKE[kind] + 6 | len(registers) << 8, index, self.scratch]
        if call.keep:
            if ref.proto.returns == "V":
                raise ValueError(f"{call.method!r} returns nothing to keep")
            opcode = 0x0C if ref.proto.returns[0] in "L[" else 0x0B if ref.proto.returns in "JD" else 0x0A
            self.units.append(opcode | self.local_at[call.keep] << 8)

    def _field(self, text: str, static: bool, on: Value, register: int, put: int) -> None:
        """Emit a read into, or (``put``) a write from, ``register``; object fields reach only registers below 16."""
        ref = _field_ref(text)
        flavour = {"J": 1, "D": 1, "Z": 3, "B": 4, "C": 5, "S": 6}.get(ref.type, 2 if ref.type[0] in "L[" else 0)
        index = self.pools.field_(ref)
        if static:
            self._small(0x60 + put + flavour, register, index)
            return
        holder = self._low(self._load(on, self.scratch + 2, ref.owner), self.scratch + 2, ref.owner)
        near = self._low(register, self.scratch, ref.type) if put else min(register, self.scratch)
        self.units += [0x52 + put + flavour | near << 8 | holder << 12, index]
        if not put and near != register:
            self._move(near, register, ref.type)

    def _low(self, register: int, into: int, type_: str) -> int:
        """Return a register below 16 that holds what ``register`` holds."""
        if register < 15:
            return register
        self._move(register, into, type_)
        return into

    def _array(self, op: Array) -> None:
        size, element, array = self.scratch, self.scratch + 1, self.scratch + 2
        self._number(len(op.items), size, "I")
        self.units += [0x23 | array << 8 | size << 12, self.pools.type("[" + op.type)]
        for index, item in enumerate(op.items):
            source = self._load(item, element, op.type)
            self._number(index, size, "I")
            self.units += [0x4D | source << 8, array | size << 8]
        self._move(array, self.local_at[op.keep], "[" + op.type)

    def _return(self, value: Value) -> None:
        returns = self.ref.proto.returns
        if returns == "V":
            self.units.append(0x0E)
            return
        at = self._load(value, self.scratch, returns)
        opcode = 0x11 if returns[0] in "L[" else 0x10 if returns in "JD" else 0x0F
        self.units.append(opcode | at << 8)

    def item(self) -> bytes:
        """Return the code item."""
        head = struct.pack("<HHHHII", self.registers, self.ins, self.outs, 0, 0, len(self.units))
        return head + struct.pack(f"<{len(self.units)}H", *(unit & 0xFFFF for unit in self.units))


# -- the file -----------------------------------------------------------------------------------------------------


def _complete(cls: Class) -> list[Method]:
    """Return the methods of the class, with the default constructor where one is due."""
    methods = list(cls.methods)
    interface = bool(cls.access & INTERFACE)
    if cls.constructor and not interface and not any(m.name.startswith("<init>(") for m in methods):
        methods.insert(0, Method(name="<init>()V", body=(Super(),)))
    return methods


def _ordered(classes: Sequence[Class]) -> list[Class]:
    """Return the classes with superclasses and interfaces before those that need them."""
    by_name = {cls.name: cls for cls in classes}
    if len(by_name) != len(classes):
        raise ValueError("a class is defined twice")
    done: dict[str, Class] = {}
    for start in sorted(by_name):
        stack = [start]
        while stack:
            name = stack[-1]
            cls = by_name[name]
            waiting = [
                parent
                for parent in (cls.superclass, *cls.interfaces)
                if parent in by_name and parent not in done and parent != name
            ]
            if waiting and len(stack) <= len(by_name):
                stack.append(waiting[0])
                continue
            stack.pop()
            done.setdefault(name, cls)
    return list(done.values())


def _direct(method: Method) -> bool:
    return method.static or bool(method.access & PRIVATE) or method.name.startswith("<")


def _access(method: Method) -> int:
    access = method.access | (STATIC if method.static else 0)
    return access | CONSTRUCTOR if method.name.startswith("<") else access


def _static_value(entry: Field, pools: _Pools) -> bytes:
    """Return the encoded_value of a static field's initial value."""
    if isinstance(entry.value, str):
        index = pools.string(entry.value)
        data = index.to_bytes(4, "little").rstrip(b"\0") or b"\0"
        return bytes([0x17 | len(data) - 1 << 5]) + data
    if entry.value is not None and entry.type == "Z":
        return bytes([0x1F | (1 << 5 if entry.value else 0)])
    if entry.value is not None and entry.type == "I":
        return bytes([0x04 | 3 << 5]) + struct.pack("<i", entry.value)
    if entry.value is not None and entry.type == "J":
        return bytes([0x06 | 7 << 5]) + struct.pack("<q", entry.value)
    if entry.value is not None:
        raise ValueError(f"no initial value can be written for a field of type {entry.type}")
    return {"Z": b"\x1f", "I": b"\x04\0", "J": b"\x06\0"}.get(entry.type, b"\x1e")


@dataclass(slots=True)
class _Written:
    """One class, with references numbered."""

    cls: Class
    methods: list[tuple[_MethodRef, Method, bytes]] = field(default_factory=list)
    fields: list[tuple[_FieldRef, Field]] = field(default_factory=list)
    values: bytes = b""


def _write_class(cls: Class, pools: _Pools) -> _Written:
    """Note every reference of the class; on the second pass the numbers are final."""
    own = descriptor(cls.name)
    pools.type(own)
    pools.type(descriptor(cls.superclass))
    for name in cls.interfaces:
        pools.type(descriptor(name))
    if cls.source:
        pools.string(cls.source)
    written = _Written(cls)
    for entry in cls.fields:
        ref = _FieldRef(own, entry.name, entry.type)
        pools.field_(ref)
        written.fields.append((ref, entry))
    for method in _complete(cls):
        mref = _method_ref(method.name, cls.name)
        pools.method(mref)
        for name in method.annotations:
            pools.type(descriptor(name))
        code = b""
        if method.code:
            assembler = _Assembler(cls, method, mref, pools)
            assembler.assemble()
            code = assembler.item()
        written.methods.append((mref, method, code))
    statics = sorted(
        (pair for pair in written.fields if pair[1].static), key=lambda pair: pools.field_index.get(pair[0], 0)
    )
    if any(entry.value is not None for _, entry in statics):
        # Values stand in the order of the fields; trailing ones may be left out.
        last = max(number for number, (_, entry) in enumerate(statics) if entry.value is not None)
        values = [_static_value(entry, pools) for _, entry in statics[: last + 1]]
        written.values = _uleb(len(values)) + b"".join(values)
    return written


class _Layout:
    """The data section as it grows, and the map of what stands where."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.data = bytearray()
        self.map: list[tuple[int, int, int]] = []

    @property
    def here(self) -> int:
        return self.start + len(self.data)

    def section(self, kind: int, items: Sequence[bytes], align: int) -> list[int]:
        """Write items of one kind; return their offsets."""
        offsets = []
        for item in items:
            self.data += bytes(-self.here % align)
            offsets.append(self.here)
            self.data += item
        if items:
            self.map.append((kind, len(items), offsets[0]))
        return offsets


def _index_list(indices: Sequence[int]) -> bytes:
    return struct.pack(f"<I{len(indices)}H", len(indices), *indices)


def write_dex(
    classes: Iterable[Class],
    *,
    strings: Iterable[str] = (),
    version: str = "035",
    patch: Callable[[bytearray], None] | None = None,
) -> bytes:
    """Return a DEX file that defines ``classes``.

    ``strings`` are further strings for its table. ``patch`` may damage the bytes; checksum and signature are made
    after it, so that the damage alone is wrong.
    """
    ordered = _ordered(list(classes))
    pools = _Pools()
    for text in strings:
        pools.string(text)
    for cls in ordered:
        _write_class(cls, pools)
    pools.sort()
    written = [_write_class(cls, pools) for cls in ordered]

    counts = [
        (0x0001, len(pools.string_list), 4),
        (0x0002, len(pools.type_list), 4),
        (0x0003, len(pools.proto_list), 12),
        (0x0004, len(pools.field_list), 8),
        (0x0005, len(pools.method_list), 8),
        (0x0006, len(written), 32),
    ]
    offsets: dict[int, int] = {}
    at = HEADER_SIZE
    for kind, count, size in counts:
        offsets[kind] = at if count else 0
        at += count * size
    layout = _Layout(at)
    layout.map = [(0x0000, 1, 0)] + [(kind, count, offsets[kind]) for kind, count, _ in counts if count]

    code_items = [code for entry in written for _, _, code in entry.methods if code]
    code_offsets = iter(layout.section(0x2001, code_items, 4))
    lists = sorted(
        {tuple(pools.type_index[part] for part in proto.params) for proto in pools.proto_list if proto.params}
        | {
            tuple(pools.type_index[descriptor(name)] for name in entry.cls.interfaces)
            for entry in written
            if entry.cls.interfaces
        }
    )
    list_at = dict(zip(lists, layout.section(0x1001, [_index_list(item) for item in lists], 4), strict=True))
    string_items = [
        _uleb(len(_utf16(text)) // 2) + _mutf8(text) + b"\0" for text in pools.string_list
    ]
    string_at = layout.section(0x2002, string_items, 1)
    value_items = [entry.values for entry in written if entry.values]
    values_at = iter(layout.section(0x2005, value_items, 1))
    value_of = {entry.cls.name: next(values_at) for entry in written if entry.values}
    data_items = {
        entry.cls.name: _class_data(entry, pools, code_offsets)
        for entry in written
        if entry.methods or entry.fields
    }
    data_at = dict(zip(data_items, layout.section(0x2000, list(data_items.values()), 1), strict=True))
    annotations_of = _annotations(written, pools, layout)
    layout.data += bytes(-layout.here % 4)
    map_at = layout.here
    layout.map.append((0x1000, 1, map_at))
    layout.data += struct.pack("<I", len(layout.map))
    for kind, count, offset in layout.map:
        layout.data += struct.pack("<HHII", kind, 0, count, offset)

    tables = bytearray()
    for offset in string_at:
        tables += struct.pack("<I", offset)
    for name in pools.type_list:
        tables += struct.pack("<I", pools.string_index[name])
    for proto in pools.proto_list:
        params = tuple(pools.type_index[part] for part in proto.params)
        tables += struct.pack(
            "<III", pools.string_index[proto.shorty], pools.type_index[proto.returns], list_at.get(params, 0)
        )
    for ref in pools.field_list:
        tables += struct.pack(
            "<HHI", pools.type_index[ref.owner], pools.type_index[ref.type], pools.string_index[ref.name]
        )
    for mref in pools.method_list:
        tables += struct.pack(
            "<HHI", pools.type_index[mref.owner], pools.proto_index[mref.proto], pools.string_index[mref.name]
        )
    for entry in written:
        cls = entry.cls
        interfaces = tuple(pools.type_index[descriptor(name)] for name in cls.interfaces)
        tables += struct.pack(
            "<IIIIIIII",
            pools.type_index[descriptor(cls.name)],
            cls.access,
            pools.type_index[descriptor(cls.superclass)],
            list_at[interfaces] if interfaces else 0,
            pools.string_index[cls.source] if cls.source else NO_INDEX,
            annotations_of.get(cls.name, 0),
            data_at.get(cls.name, 0),
            value_of.get(cls.name, 0),
        )
    size = layout.start + len(layout.data)
    head = struct.pack("<IIIIII", size, HEADER_SIZE, 0x12345678, 0, 0, map_at)
    for kind, count, _ in counts:
        head += struct.pack("<II", count, offsets[kind])
    head += struct.pack("<II", len(layout.data), layout.start)
    out = bytearray(b"dex\n" + version.encode() + b"\0" + bytes(24) + head + tables + layout.data)
    if patch is not None:
        patch(out)
    out[12:32] = hashlib.sha1(out[32:]).digest()
    out[8:12] = struct.pack("<I", zlib.adler32(out[12:]))
    return bytes(out)


def _annotations(written: Sequence[_Written], pools: _Pools, layout: _Layout) -> dict[str, int]:
    """Write the annotations of methods; return where each class's annotations_directory_item stands."""
    names = sorted({name for entry in written for _, method, _ in entry.methods for name in method.annotations})
    items = [b"\x01" + _uleb(pools.type_index[descriptor(name)]) + b"\0" for name in names]
    item_at = dict(zip(names, layout.section(0x2004, items, 1), strict=True))
    sets = sorted({tuple(sorted(method.annotations)) for entry in written for _, method, _ in entry.methods if method.annotations})
    packed = [struct.pack(f"<I{len(one)}I", len(one), *(item_at[name] for name in one)) for one in sets]
    set_at = dict(zip(sets, layout.section(0x1003, packed, 4), strict=True))
    directories: dict[str, bytes] = {}
    for entry in written:
        marked = sorted(
            (pools.method_index[ref], set_at[tuple(sorted(method.annotations))]) for ref, method, _ in entry.methods if method.annotations
        )
        if marked:
            pairs = b"".join(struct.pack("<2I", *pair) for pair in marked)
            directories[entry.cls.name] = struct.pack("<4I", 0, 0, len(marked), 0) + pairs
    return dict(zip(directories, layout.section(0x2006, list(directories.values()), 4), strict=True))


def _class_data(entry: _Written, pools: _Pools, code_offsets: Iterable[int]) -> bytes:
    """Return a class_data_item; ``code_offsets`` are consumed in the order the code was written."""
    offsets = iter(code_offsets)
    placed = [(ref, method, next(offsets) if code else 0) for ref, method, code in entry.methods]
    groups_f = [[pair for pair in entry.fields if pair[1].static is wanted] for wanted in (True, False)]
    groups_m = [[item for item in placed if _direct(item[1]) is wanted] for wanted in (True, False)]
    counts = [len(fields) for fields in groups_f] + [len(methods) for methods in groups_m]
    out = b"".join(map(_uleb, counts))
    for fields in groups_f:
        last = 0
        numbered = [(pools.field_index[ref], field_) for ref, field_ in fields]
        for index, field_ in sorted(numbered, key=lambda pair: pair[0]):
            out += _uleb(index - last) + _uleb(field_.access | (STATIC if field_.static else 0))
            last = index
    for methods in groups_m:
        last = 0
        for index, access, at in sorted((pools.method_index[ref], _access(m), at) for ref, m, at in methods):
            out += _uleb(index - last) + _uleb(access) + _uleb(at)
            last = index
    return out

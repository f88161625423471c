"""Java class files written entry by entry, and the JARs and AARs they go into.

Formats: The Java Virtual Machine Specification, chapter 4; the AAR layout of Android's build tools. Methods are native or
abstract, so that none needs code; whatever the class refers to stands in its constant pool.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.forge.archive import STORED, Entry, write_zip

__all__ = ["Field", "Pool", "jar_manifest", "library_manifest", "pom", "write_aar", "write_class", "write_jar"]

PUBLIC, STATIC, FINAL, SUPER, NATIVE, MODULE = 0x1, 0x8, 0x10, 0x20, 0x100, 0x8000
ANDROID = "http://schemas.android.com/apk/res/android"
TOOLS = "http://schemas.android.com/tools"


@dataclass(frozen=True, slots=True)
class Field:
    """A static field; with a value it is a constant."""

    name: str
    descriptor: str = "Ljava/lang/String;"
    value: str | int | float | None = None


@dataclass(slots=True)
class Pool:
    """A constant pool under construction; equal entries stand once."""

    out: bytearray = field(default_factory=bytearray)
    count: int = 1
    _seen: dict[bytes, int] = field(default_factory=dict)

    def add(self, entry: bytes, slots: int = 1) -> int:
        """Return the index of an entry, given with its tag; ``slots`` is how many indices it takes."""
        if entry not in self._seen:
            self._seen[entry] = self.count
            self.out += entry
            self.count += slots
        return self._seen[entry]

    def text(self, text: str) -> int:
        """CONSTANT_Utf8: modified UTF-8, where NUL takes two bytes and what lies beyond U+FFFF two surrogates."""
        raw = b"".join(
            b"\xc0\x80" if unit == 0 else chr(unit).encode("utf-8", "surrogatepass")
            for (unit,) in struct.iter_unpack("<H", text.encode("utf-16-le", "surrogatepass"))
        )
        return self.add(struct.pack(">BH", 1, len(raw)) + raw)

    def class_(self, name: str) -> int:
        """CONSTANT_Class of a dotted name, or of an array's descriptor."""
        return self.add(struct.pack(">BH", 7, self.text(name.replace(".", "/"))))

    def string(self, text: str) -> int:
        """CONSTANT_String."""
        return self.add(struct.pack(">BH", 8, self.text(text)))

    def value(self, value: str | int | float) -> int:
        """The constant a field can have."""
        if isinstance(value, str):
            return self.string(value)
        if isinstance(value, float):
            return self.add(struct.pack(">Bd", 6, value), 2)
        if abs(value) >> 31:
            return self.add(struct.pack(">Bq", 5, value), 2)
        return self.add(struct.pack(">Bi", 3, value))

    def member(self, text: str) -> int:
        """A reference written ``a.b.C.name(I)V`` (method), ``a.b.C.name:I`` (field) or ``@a.b.C.name()V`` (interface method)."""
        tag = 11 if text.startswith("@") else 10
        path, colon, descriptor = text.lstrip("@").partition(":")
        if colon:
            tag = 9
        else:
            path, paren, descriptor = path.partition("(")
            descriptor = paren + descriptor
        owner, _, name = path.rpartition(".")
        pair = self.add(struct.pack(">BHH", 12, self.text(name), self.text(descriptor)))
        return self.add(struct.pack(">BHH", tag, self.class_(owner), pair))


def write_class(
    name: str,
    *,
    parent: str = "java.lang.Object",
    interfaces: Sequence[str] = (),
    fields: Sequence[Field] = (),
    methods: Sequence[str] = (),
    refers: Iterable[str] = (),
    classes: Iterable[str] = (),
    strings: Iterable[str] = (),
    extra: Iterable[bytes] = (),
    fill_pool: int = 0,
    access: int = PUBLIC | SUPER,
    version: int = 52,
) -> bytes:
    """Return a class file.

    ``methods`` are written ``name(I)V``, ``refers`` as :meth:`Pool.member` takes them. ``extra`` are constant-pool entries as
    bytes; ``fill_pool`` is the number of indices the pool is filled up to, with integers.
    """
    pool = Pool()
    this, super_ = pool.class_(name), pool.class_(parent) if parent else 0
    body = struct.pack(">HHHH", access, this, super_, len(interfaces))
    body += b"".join(struct.pack(">H", pool.class_(one)) for one in interfaces)
    body += struct.pack(">H", len(fields))
    for one in fields:
        body += struct.pack(">HHH", PUBLIC | STATIC | FINAL, pool.text(one.name), pool.text(one.descriptor))
        if one.value is None:
            body += struct.pack(">H", 0)
        else:
            body += struct.pack(">HHIH", 1, pool.text("ConstantValue"), 2, pool.value(one.value))
    body += struct.pack(">H", len(methods))
    for method in methods:
        short, paren, descriptor = method.partition("(")
        body += struct.pack(">HHHH", PUBLIC | NATIVE, pool.text(short), pool.text(paren + descriptor), 0)
    body += struct.pack(">HHIH", 1, pool.text("SourceFile"), 2, pool.text(name.rpartition(".")[2] + ".java"))
    for text in refers:
        pool.member(text)
    for text in classes:
        pool.class_(text)
    for text in strings:
        pool.string(text)
    for entry in extra:
        pool.add(entry)
    for number in range(max(0, fill_pool - pool.count)):
        pool.add(struct.pack(">BI", 3, number))
    return b"\xca\xfe\xba\xbe" + struct.pack(">HHH", 0, version, pool.count) + bytes(pool.out) + body


def _path(name: str) -> str:
    return name.replace(".", "/") + ".class"


def write_jar(
    classes: Iterable[str] | Mapping[str, bytes] = (), files: Mapping[str, bytes] | None = None, *, method: int = STORED
) -> bytes:
    """Return a JAR of ``classes`` (their names, or the bytes of each) and of other ``files`` by path."""
    bodies = classes if isinstance(classes, Mapping) else {name: write_class(name) for name in classes}
    entries = {**{_path(name): body for name, body in bodies.items()}, **(files or {})}
    return write_zip(Entry(name=name, data=data, method=method) for name, data in entries.items())


def write_aar(
    manifest: bytes,
    classes: Iterable[str] | Mapping[str, bytes] = (),
    files: Mapping[str, bytes] | None = None,
    *,
    method: int = STORED,
) -> bytes:
    """Return an AAR with the classes in its ``classes.jar``."""
    entries = {"AndroidManifest.xml": manifest, "classes.jar": write_jar(classes), "R.txt": b"", **(files or {})}
    return write_zip(Entry(name=name, data=data, method=method) for name, data in entries.items())


def library_manifest(body: str = "", application: str = "", *, package: str = "com.example.sdk", head: str = "") -> bytes:
    """Return the text manifest of a library; ``head`` stands before the root element."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n{head}<manifest xmlns:android="{ANDROID}" xmlns:tools="{TOOLS}" '
        f'package="{package}">\n{body}\n<application>{application}</application>\n</manifest>\n'
    ).encode()


def jar_manifest(**headers: str) -> bytes:
    """Return a META-INF/MANIFEST.MF; names have ``_`` for ``-``, and long lines go on in the next as the format demands."""
    lines = []
    for key, value in {"Manifest_Version": "1.0", **headers}.items():
        line = f"{key.replace('_', '-')}: {value}"
        lines += [line[:70], *(" " + line[at : at + 69] for at in range(70, len(line), 69))]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def pom(group: str, artefact: str, version: str) -> dict[str, bytes]:
    """Return the ``pom.properties`` that Maven puts into a JAR, by its path."""
    text = f"#Generated by Maven\ngroupId={group}\nartifactId={artefact}\nversion={version}\n"
    return {f"META-INF/maven/{group}/{artefact}/pom.properties": text.encode()}

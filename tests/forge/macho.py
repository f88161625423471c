"""Mach-O images: iOS executables, dylibs and objects with Objective-C classes, symbols, encryption and signatures.

Formats: <mach-o/loader.h>, <mach-o/nlist.h>, <mach-o/fixup-chains.h>, <mach-o/fat.h>, <ar.h>, objc-runtime-new.h and
<kern/cs_blobs.h> of Apple's open sources. The code of an image does no more than return; everything around it is what
a linker writes, so that LLVM's tools and dyld's rules find nothing to object to.
"""

from __future__ import annotations

import hashlib
import itertools
import plistlib
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from tests.forge.tego import noise

__all__ = [
    "ARCHS",
    "FOUNDATION",
    "OBJC",
    "SYSTEM",
    "UIKIT",
    "Signing",
    "write_fat",
    "write_macho",
    "write_object",
    "write_static_library",
]

OBJC = "/usr/lib/libobjc.A.dylib"
SYSTEM = "/usr/lib/libSystem.B.dylib"
FOUNDATION = "/System/Library/Frameworks/Foundation.framework/Foundation"
UIKIT = "/System/Library/Frameworks/UIKit.framework/UIKit"

ARCHS = {
    "arm64": (0x0100000C, 0, True, struct.pack("<II", 0x52800000, 0xD65F03C0)),
    "arm64e": (0x0100000C, 0x80000002, True, struct.pack("<II", 0x52800000, 0xD65F03C0)),
    "arm64_32": (0x0200000C, 1, False, struct.pack("<II", 0x52800000, 0xD65F03C0)),
    "x86_64": (0x01000007, 3, True, b"\x31\xc0\xc3"),
    "armv7": (12, 9, False, struct.pack("<II", 0xE3A00000, 0xE12FFF1E)),
    "i386": (7, 3, False, b"\x31\xc0\xc3"),
}
"""Name -> CPU type, subtype, whether pointers are 64 bits wide, code of ``return 0``."""

PAGE = 0x4000
PLATFORMS = {"ios": 2, "watchos": 4, "ios-simulator": 7}
KINDS = {"execute": 2, "dylib": 6, "bundle": 8}

LC_SEGMENT, LC_SEGMENT_64, LC_SYMTAB, LC_DYSYMTAB = 0x1, 0x19, 0x2, 0xB
LC_LOAD_DYLIB, LC_ID_DYLIB, LC_LOAD_DYLINKER, LC_LOAD_WEAK_DYLIB = 0xC, 0xD, 0xE, 0x80000018
LC_UUID, LC_RPATH, LC_CODE_SIGNATURE, LC_FUNCTION_STARTS, LC_DATA_IN_CODE = 0x1B, 0x8000001C, 0x1D, 0x26, 0x29
LC_ENCRYPTION_INFO, LC_ENCRYPTION_INFO_64, LC_DYLD_INFO_ONLY, LC_MAIN = 0x21, 0x2C, 0x80000022, 0x80000028
LC_SOURCE_VERSION, LC_BUILD_VERSION, LC_LINKER_OPTION = 0x2A, 0x32, 0x2D
LC_DYLD_EXPORTS_TRIE, LC_DYLD_CHAINED_FIXUPS = 0x80000033, 0x80000034


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """A code signature: ad hoc, unless it is given a CMS message."""

    identifier: str
    entitlements: Mapping[str, object] | None = None
    der_only: bool = False
    """Leave out the XML form of the entitlements."""
    team: str = ""
    cms: bytes = b""
    """Content of the CMS wrapper, not checked."""
    cms_of: Callable[[bytes], bytes] | None = None
    """Makes that content, of one length, over the CodeDirectory."""
    sealed: Mapping[int, bytes] = field(default_factory=dict)
    """Files that are sealed, too, by slot: 1 Info.plist, 3 CodeResources."""
    alternate: bool = False
    """Make the first CodeDirectory one of SHA-1, and that of SHA-256 an alternate, as for old systems."""


# -- sections and pointers ----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Section:
    segment: str
    name: str
    flags: int = 0
    align: int = 3
    data: bytearray = field(default_factory=bytearray)
    pointers: list[tuple[int, _Place | str]] = field(default_factory=list)
    """(offset, a place in this image or the name of an imported symbol)."""
    reserved1: int = 0
    reserved2: int = 0
    offset: int = 0
    address: int = 0

    def string(self, text: str) -> _Place:
        at = len(self.data)
        self.data += text.encode() + b"\0"
        return _Place(self, at)


@dataclass(frozen=True, slots=True)
class _Place:
    section: _Section
    offset: int
    flags: int = 0
    """Low bits kept in the pointer."""
    signed: bool = False
    """Authenticated on arm64e."""

    @property
    def address(self) -> int:
        return self.section.address + self.offset + self.flags


def write_macho(
    *,
    arch: str = "arm64",
    kind: str = "execute",
    classes: Sequence[str] = (),
    imports: Mapping[str, str] | None = None,
    libraries: Sequence[str] = (FOUNDATION, OBJC, SYSTEM, UIKIT),
    weak_libraries: Sequence[str] = (),
    rpaths: Sequence[str] = (),
    strings: Sequence[str] = (),
    selectors: Sequence[str] = (),
    methods: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
    relative_methods: bool = False,
    install_name: str = "@rpath/Forged.framework/Forged",
    platform: str = "ios",
    min_os: str = "12.0",
    pointer_format: int = 0,
    stripped: bool = True,
    export_classes: bool = False,
    encrypted: bool = False,
    signing: Signing | None = None,
    simulator_entitlements: Mapping[str, object] | None = None,
) -> bytes:
    """Return a linked image.

    ``classes`` are Objective-C class names, Swift's in their mangled form; ``imports`` maps further imported symbols
    to the library that has them, which must be among ``libraries``. ``pointer_format`` is a DYLD_CHAINED_PTR_* value
    (2 or 6; 1, 9 or 12 on arm64e), 0 for addresses with LC_DYLD_INFO_ONLY. ``stripped`` leaves only imports in the symbol
    table, ``export_classes`` puts the classes into the export trie. ``methods`` maps a class to the instance methods it has,
    and each of them to what its code takes: ``@selector``, ``+Class`` (an import), ``"string`` (a CFString), ``_function``
    (calls an import); only of arm64 images. ``relative_methods`` writes their lists as newer compilers do. ``encrypted``
    scrambles ``__TEXT`` as the App Store does and says so. ``simulator_entitlements`` stand in a section, as in simulator
    builds.
    """
    image = _Image(
        arch=arch,
        kind=kind,
        classes=tuple(classes),
        imports=dict(imports or {}),
        libraries=tuple(libraries),
        weak=tuple(weak_libraries),
        rpaths=tuple(rpaths),
        strings=tuple(strings),
        selectors=tuple(selectors),
        methods=dict(methods or {}),
        relative_methods=relative_methods,
        install_name=install_name,
        platform=platform,
        min_os=min_os,
        pointer_format=pointer_format,
        stripped=stripped,
        export_classes=export_classes,
        encrypted=encrypted,
        signing=signing,
        simulator_entitlements=simulator_entitlements,
    )
    return image.write()


@dataclass(slots=True, kw_only=True)
class _Image:
    arch: str
    kind: str
    classes: tuple[str, ...]
    imports: dict[str, str]
    libraries: tuple[str, ...]
    weak: tuple[str, ...]
    rpaths: tuple[str, ...]
    strings: tuple[str, ...]
    selectors: tuple[str, ...]
    methods: dict[str, Mapping[str, Sequence[str]]]
    relative_methods: bool
    install_name: str
    platform: str
    min_os: str
    pointer_format: int
    stripped: bool
    export_classes: bool
    encrypted: bool
    signing: Signing | None
    simulator_entitlements: Mapping[str, object] | None

    sections: list[_Section] = field(default_factory=list)
    class_places: dict[str, _Place] = field(default_factory=dict)
    text_size: int = 0
    data_at: int = 0
    data_size: int = 0
    link_at: int = 0
    link: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    """Name of a LINKEDIT part -> (file offset, bytes), in file order."""
    symbol_counts: tuple[int, int] = (0, 0)
    """Defined and undefined symbols."""
    got: int = 0
    functions: list[_Place] = field(default_factory=list)
    """Where each function starts, ``main`` first."""
    stubbed: list[str] = field(default_factory=list)
    """Imports that have a stub."""
    patches: list[Callable[[], None]] = field(default_factory=list)
    """What can be written only when every section has its place."""

    @property
    def wide(self) -> bool:
        return ARCHS[self.arch][2]

    @property
    def width(self) -> int:
        return 8 if self.wide else 4

    @property
    def base(self) -> int:
        if self.kind != "execute":
            return 0
        return 0x100000000 if self.wide else PAGE

    def ordinal(self, symbol: str) -> int:
        return (*self.libraries, *self.weak).index(self.imports[symbol]) + 1

    # -- content --------------------------------------------------------------------------------------------------

    def section(self, segment: str, name: str, flags: int = 0, align: int = 3) -> _Section:
        made = _Section(segment, name, flags, align)
        self.sections.append(made)
        return made

    def fill(self) -> None:
        text = self.section("__TEXT", "__text", 0x80000400, 2)
        text.data += ARCHS[self.arch][3]
        method_names = self.section("__TEXT", "__objc_methname", 2, 0)
        class_names = self.section("__TEXT", "__objc_classname", 2, 0)
        literals = self.section("__TEXT", "__cstring", 2, 0)
        for string in self.strings:
            literals.string(string)
        if self.simulator_entitlements is not None:
            self.section("__TEXT", "__entitlements", 0, 0).data += plistlib.dumps(dict(self.simulator_entitlements))
        for uses in (names for methods in self.methods.values() for names in methods.values()):
            for use in uses:
                if use.startswith("+"):
                    self.imports.setdefault(f"_OBJC_CLASS_$_{use[1:]}", FOUNDATION)
                elif use.startswith('"'):
                    self.imports.setdefault("___CFConstantStringClassReference", FOUNDATION)
                elif use.startswith("_"):
                    self.imports.setdefault(use, SYSTEM)
                    self.stubbed += [use] * (use not in self.stubbed)
        stubs = self.section("__TEXT", "__stubs", 0x80000408, 2)
        lists = self.section("__TEXT", "__objc_methlist", 0, 3)
        if self.classes:
            for symbol in ("_OBJC_CLASS_$_NSObject", "_OBJC_METACLASS_$_NSObject", "__objc_empty_cache"):
                self.imports.setdefault(symbol, OBJC)
        keep = 0x10000000
        align = 3 if self.wide else 2
        got = self.section("__DATA", "__got", 6, align)
        for symbol in sorted(self.imports):
            self.pointer(got, symbol)
        self.got = len(self.imports)
        listed = self.section("__DATA", "__objc_classlist", keep, align)
        info = self.section("__DATA", "__objc_imageinfo", 0, 2)
        info.data += struct.pack("<II", 0, 0x40)
        const = self.section("__DATA", "__objc_const", 0, align)
        references = self.section("__DATA", "__objc_selrefs", keep | 5, align)
        slots: dict[str, _Place] = {}
        own = [selector for methods in self.methods.values() for selector in methods] if self.relative_methods else []
        taken = [use[1:] for methods in self.methods.values() for uses in methods.values() for use in uses if use[0] == "@"]
        for selector in dict.fromkeys((*self.selectors, *taken, *own)):
            slots[selector] = _Place(references, len(references.data))
            self.pointer(references, method_names.string(selector))
        constants = self.section("__DATA", "__cfstring", 0, align)
        self.functions.append(_Place(text, 0))
        stubs.reserved1, stubs.reserved2 = len(self.imports), 12
        for symbol in self.stubbed:
            self.take(stubs, 16, self.slot(got, symbol), load=True)
            stubs.data += struct.pack("<I", 0xD61F0200)
        written: dict[str, list[tuple[str, _Place]]] = {}
        for name, methods in self.methods.items():
            for selector, uses in methods.items():
                place = _Place(text, len(text.data))
                self.functions.append(place)
                written.setdefault(name, []).append((selector, place))
                for use in uses:
                    if use[0] == "@":
                        self.take(text, 8, slots[use[1:]], load=True)
                    elif use[0] == "+":
                        self.take(text, 8, self.slot(got, f"_OBJC_CLASS_$_{use[1:]}"), load=True)
                    elif use[0] == '"':
                        constant = _Place(constants, len(constants.data))
                        for pointer in ("___CFConstantStringClassReference", None, literals.string(use[1:])):
                            self.pointer(constants, pointer)
                        constants.data += len(use[1:]).to_bytes(8, "little")
                        self.take(text, 8, constant, load=False)
                    else:
                        self.branch(text, _Place(stubs, 12 * self.stubbed.index(use)))
                text.data += ARCHS[self.arch][3]
        data = self.section("__DATA", "__objc_data", 0, align)
        for name in self.classes:
            found = self.method_list(written.get(name, []), lists if self.relative_methods else const, method_names, slots)
            self.define(name, class_names.string(name), listed, const, data, found)
        self.sections = [section for section in self.sections if section.data]

    def slot(self, got: _Section, symbol: str) -> _Place:
        return _Place(got, sorted(self.imports).index(symbol) * self.width)

    def take(self, section: _Section, register: int, target: _Place, *, load: bool) -> None:
        """Write ADRP, and LDR or ADD, that take what stands at a place or its address."""
        at = len(section.data)
        section.data += bytes(8)

        def patch() -> None:
            pages = (target.address >> 12) - (section.address + at >> 12)
            low = target.address & 0xFFF
            first = 0x90000000 | (pages & 3) << 29 | (pages >> 2 & 0x7FFFF) << 5 | register
            second = (0xF9400000 | low // 8 << 10 if load else 0x91000000 | low << 10) | register << 5 | register
            section.data[at : at + 8] = struct.pack("<II", first, second)

        self.patches.append(patch)

    def branch(self, section: _Section, target: _Place) -> None:
        at = len(section.data)
        section.data += bytes(4)

        def patch() -> None:
            distance = (target.address - section.address - at) >> 2
            section.data[at : at + 4] = struct.pack("<I", 0x94000000 | distance & 0x3FFFFFF)

        self.patches.append(patch)

    def method_list(
        self, methods: Sequence[tuple[str, _Place]], section: _Section, names: _Section, slots: Mapping[str, _Place]
    ) -> _Place | None:
        """Write method_list_t, in relative form where there is a section for it."""
        if not methods:
            return None
        section.data += bytes(-len(section.data) % 8)
        at = _Place(section, len(section.data))
        relative = section.name == "__objc_methlist"
        section.data += struct.pack("<II", 0x8000000C if relative else 24, len(methods))
        for selector, code in methods:
            if relative:
                self.distances(section, slots[selector], code)
            else:
                for pointer in (names.string(selector), names.string("v16@0:8"), code):
                    self.pointer(section, pointer)
        return at

    def distances(self, section: _Section, name: _Place, code: _Place) -> None:
        at = len(section.data)
        section.data += bytes(12)

        def patch() -> None:
            here = section.address + at
            section.data[at : at + 12] = struct.pack("<iii", name.address - here, 0, code.address - here - 8)

        self.patches.append(patch)

    def define(
        self, name: str, name_at: _Place, listed: _Section, const: _Section, data: _Section, methods: _Place | None
    ) -> None:
        """Write class_t and class_ro_t of a direct subclass of NSObject, and of its metaclass."""
        meta_only = self.read_only(const, 1, 5 * self.width, name_at)
        only = self.read_only(const, 0, self.width, name_at, methods)
        # FAST_IS_SWIFT_STABLE
        swift = 2 if name.startswith("_Tt") and self.wide else 0
        meta = _Place(data, len(data.data))
        for pointer in ("_OBJC_METACLASS_$_NSObject", "_OBJC_METACLASS_$_NSObject", "__objc_empty_cache", None, meta_only):
            self.pointer(data, pointer)
        self.class_places[name] = _Place(data, len(data.data))
        own = _Place(only.section, only.offset, flags=swift, signed=True)
        isa = _Place(data, meta.offset, signed=True)
        for pointer in (isa, "_OBJC_CLASS_$_NSObject", "__objc_empty_cache", None, own):
            self.pointer(data, pointer)
        self.pointer(listed, self.class_places[name])

    def read_only(
        self, const: _Section, flags: int, size: int, name: _Place, methods: _Place | None = None
    ) -> _Place:
        at = _Place(const, len(const.data), signed=True)
        const.data += struct.pack("<IIII" if self.wide else "<III", *(flags, size, size, 0)[: 4 if self.wide else 3])
        for pointer in (None, name, methods, None, None, None, None):
            self.pointer(const, pointer)
        return at

    def pointer(self, section: _Section, target: _Place | str | None) -> None:
        if target is not None:
            section.pointers.append((len(section.data), target))
        section.data += bytes(self.width)

    # -- layout ---------------------------------------------------------------------------------------------------

    def write(self) -> bytes:
        self.fill()
        commands_size = len(b"".join(self.commands()))
        # what the App Store encrypts starts a page into the file, after the load commands
        at = PAGE if self.encrypted else (32 if self.wide else 28) + commands_size + 32
        for section in self.of("__TEXT"):
            at = self.place(section, at)
        self.text_size = _up(at, PAGE)
        self.data_at = at = self.text_size
        for section in self.of("__DATA"):
            at = self.place(section, at)
        self.data_size = _up(at, PAGE) - self.data_at
        self.link_at = self.data_at + self.data_size
        for patch in self.patches:
            patch()
        self.write_links()
        signature_size = len(self.sign(b"\0" * self.signature_at)) if self.signing else 0
        if self.signing:
            self.link["signature"] = (self.signature_at, bytes(signature_size))

        out = bytearray(self.link_at)
        for section in self.sections:
            out[section.offset : section.offset + len(section.data)] = section.data
        if self.encrypted:
            out[PAGE : self.text_size] = noise("cryptid", self.text_size - PAGE)
        head = self.header(commands_size)
        out[: len(head)] = head
        for offset, part in self.link.values():
            out += bytes(offset - len(out)) + part
        if self.signing:
            del out[self.signature_at :]
            out += self.sign(bytes(out))
        return bytes(out)

    def of(self, segment: str) -> list[_Section]:
        return [section for section in self.sections if section.segment == segment]

    def place(self, section: _Section, at: int) -> int:
        section.offset = _up(at, 1 << section.align)
        section.address = self.base + section.offset
        return section.offset + len(section.data)

    def header(self, commands_size: int) -> bytes:
        cpu, subtype, wide, _ = ARCHS[self.arch]
        commands = b"".join(self.commands())
        assert len(commands) == commands_size
        flags = 0x200085 if self.kind == "execute" else 0x100085
        head = struct.pack(
            "<IIIIIII",
            0xFEEDFACF if wide else 0xFEEDFACE,
            cpu,
            subtype,
            KINDS[self.kind],
            len(self.commands()),
            len(commands),
            flags,
        )
        return head + bytes(4 if wide else 0) + commands

    # -- load commands --------------------------------------------------------------------------------------------

    def commands(self) -> list[bytes]:
        link = self.link
        made = []
        if self.kind == "execute":
            made.append(self.segment("__PAGEZERO", 0, self.base, 0, 0, 0))
        made.append(self.segment("__TEXT", self.base, self.text_size, 0, self.text_size, 5))
        if self.of("__DATA"):
            made.append(
                self.segment("__DATA", self.base + self.data_at, self.data_size, self.data_at, self.data_size, 3)
            )
        size = max((offset + len(part) for offset, part in link.values()), default=self.link_at) - self.link_at
        made.append(
            self.segment("__LINKEDIT", self.base + self.link_at, _up(size, PAGE), self.link_at, size, 1)
        )
        if self.kind == "dylib":
            made.append(_dylib(LC_ID_DYLIB, self.install_name, self.width))
        if self.pointer_format:
            made.append(self.linked(LC_DYLD_CHAINED_FIXUPS, "chains"))
            made.append(self.linked(LC_DYLD_EXPORTS_TRIE, "exports"))
        else:
            parts = [self.range_of(part) for part in ("rebase", "bind", "", "", "exports")]
            made.append(_command(LC_DYLD_INFO_ONLY, struct.pack("<10I", *(n for part in parts for n in part))))
        symbols_at, symbols_size = self.range_of("symbols")
        strings_at, strings_size = self.range_of("strings")
        count = symbols_size // (16 if self.wide else 12)
        made.append(_command(LC_SYMTAB, struct.pack("<4I", symbols_at, count, strings_at, strings_size)))
        defined, undefined = self.symbol_counts
        indirect_at, indirect_size = self.range_of("indirect")
        fields = [0, 0, 0, defined, defined, undefined, 0, 0, 0, 0, 0, 0, indirect_at, indirect_size // 4, 0, 0, 0, 0]
        made.append(_command(LC_DYSYMTAB, struct.pack("<18I", *fields)))
        if self.kind == "execute":
            made.append(_string_command(LC_LOAD_DYLINKER, "/usr/lib/dyld", self.width))
        made.append(_command(LC_UUID, self.uuid()))
        made.append(
            _command(
                LC_BUILD_VERSION,
                struct.pack("<6I", PLATFORMS[self.platform], _version(self.min_os), _version("17.0"), 1, 3, 0x3F70000),
            )
        )
        made.append(_command(LC_SOURCE_VERSION, bytes(8)))
        if self.kind == "execute":
            entry = self.sections[0].offset if self.sections else 0
            made.append(_command(LC_MAIN, struct.pack("<QQ", entry, 0)))
        if self.encrypted:
            size = max(0, self.text_size - PAGE)
            if self.wide:
                made.append(_command(LC_ENCRYPTION_INFO_64, struct.pack("<4I", PAGE, size, 1, 0)))
            else:
                made.append(_command(LC_ENCRYPTION_INFO, struct.pack("<3I", PAGE, size, 1)))
        made.extend(_dylib(LC_LOAD_DYLIB, name, self.width) for name in self.libraries)
        made.extend(_dylib(LC_LOAD_WEAK_DYLIB, name, self.width) for name in self.weak)
        made.extend(_string_command(LC_RPATH, path, self.width) for path in self.rpaths)
        made.append(self.linked(LC_FUNCTION_STARTS, "starts"))
        made.append(self.linked(LC_DATA_IN_CODE, "data in code"))
        if self.signing:
            made.append(self.linked(LC_CODE_SIGNATURE, "signature"))
        return made

    def segment(self, name: str, address: int, size: int, offset: int, file_size: int, protection: int) -> bytes:
        sections = self.of(name)
        word = "Q" if self.wide else "I"
        body = struct.pack(
            f"<16s4{word}4I",
            name.encode(), address, size, offset, file_size, protection, protection, len(sections), 0,
        )  # fmt: skip
        for section in sections:
            body += struct.pack(
                f"<16s16s2{word}{8 if self.wide else 7}I",
                section.name.encode(),
                name.encode(),
                section.address,
                len(section.data),
                section.offset,
                section.align,
                0,
                0,
                section.flags,
                *(section.reserved1, section.reserved2, 0)[: 3 if self.wide else 2],
            )
        return _command(LC_SEGMENT_64 if self.wide else LC_SEGMENT, body)

    def linked(self, command: int, part: str) -> bytes:
        return _command(command, struct.pack("<II", *self.range_of(part)))

    def range_of(self, part: str) -> tuple[int, int]:
        offset, data = self.link.get(part, (0, b""))
        return (offset, len(data)) if data or part in ("starts", "data in code") else (0, 0)

    def uuid(self) -> bytes:
        digest = hashlib.sha256(self.arch.encode())
        for section in self.sections:
            digest.update(section.data)
        raw = bytearray(digest.digest()[:16])
        raw[6], raw[8] = raw[6] & 0x0F | 0x30, raw[8] & 0x3F | 0x80
        return bytes(raw)

    # -- LINKEDIT -------------------------------------------------------------------------------------------------

    def write_links(self) -> None:
        fixups = [
            (section.offset - self.data_at + offset, section, offset, target)
            for section in self.of("__DATA")
            for offset, target in section.pointers
        ]
        parts: list[tuple[str, bytes]] = []
        if self.pointer_format:
            parts.append(("chains", self.chain(fixups)))
        else:
            rebase, bind = self.opcodes(fixups)
            parts += [("rebase", rebase), ("bind", bind)]
        exported = {"__mh_execute_header": 0} if self.kind == "execute" else {}
        if self.export_classes:
            exported |= {f"_OBJC_CLASS_$_{name}": place.address - self.base for name, place in self.class_places.items()}
        parts.append(("exports", _padded(_trie(exported) if exported else b"", 8)))
        begins = [0, *(place.address - self.base for place in self.functions)]
        starts = _padded(b"".join(_uleb(end - start) for start, end in itertools.pairwise(begins)) + b"\0", 8)
        parts += [("starts", starts), ("data in code", b"")]
        symbols, strings, order = self.symbols()
        indirect = b"".join(struct.pack("<I", order[symbol]) for symbol in (*sorted(self.imports), *self.stubbed))
        parts += [("symbols", symbols), ("indirect", indirect), ("strings", strings)]
        at = self.link_at
        for name, data in parts:
            self.link[name] = (at, data)
            at += len(data)

    @property
    def signature_at(self) -> int:
        offset, strings = self.link["strings"]
        return _up(offset + len(strings), 16)

    def opcodes(self, fixups: Sequence[tuple[int, _Section, int, _Place | str]]) -> tuple[bytes, bytes]:
        """Write plain addresses and return the rebase and bind opcodes of LC_DYLD_INFO."""
        segment = 2 if self.kind == "execute" else 1
        rebase, bind = bytearray(b"\x11"), bytearray()
        for at, section, offset, target in fixups:
            if isinstance(target, _Place):
                section.data[offset : offset + self.width] = target.address.to_bytes(self.width, "little")
                rebase += bytes([0x20 | segment]) + _uleb(at) + b"\x51"
            else:
                ordinal = self.ordinal(target)
                bind += bytes([0x10 | ordinal]) if ordinal < 16 else b"\x20" + _uleb(ordinal)
                bind += b"\x40" + target.encode() + b"\0\x51" + bytes([0x70 | segment]) + _uleb(at) + b"\x90"
        return _padded(bytes(rebase) + b"\0", 8), _padded(bytes(bind) + b"\0", 8)

    def chain(self, fixups: Sequence[tuple[int, _Section, int, _Place | str]]) -> bytes:
        """Chain the pointers and return the data of LC_DYLD_CHAINED_FIXUPS."""
        stride = 8 if self.pointer_format in (1, 9, 12) else 4
        names = sorted({target for _, _, _, target in fixups if isinstance(target, str)})
        pages: list[int] = [0xFFFF] * (self.data_size // PAGE)
        for number, (at, section, offset, target) in enumerate(fixups):
            page, in_page = divmod(at, PAGE)
            if pages[page] == 0xFFFF:
                pages[page] = in_page
            following = fixups[number + 1][0] if number + 1 < len(fixups) else None
            step = 0 if following is None or following // PAGE != page else (following - at) // stride
            raw = self.encode(target, step, names)
            section.data[offset : offset + 8] = raw.to_bytes(8, "little")
        count = 3 if self.kind != "execute" else 4
        data_index = count - 2
        starts_at = 32
        info_at = _up(4 + 4 * count, 8)
        starts = struct.pack(f"<{1 + count}I", count, *(info_at if n == data_index else 0 for n in range(count)))
        starts = _padded(starts, 8)
        starts += struct.pack(
            f"<IHHQIH{len(pages)}H", 22 + 2 * len(pages), PAGE, self.pointer_format, self.data_at, 0, len(pages), *pages
        )
        imports_at = starts_at + len(_padded(starts, 8))
        table, strings = b"", b"\0"
        for name in names:
            table += struct.pack("<I", self.ordinal(name) | len(strings) << 9)
            strings += name.encode() + b"\0"
        head = struct.pack("<7I", 0, starts_at, imports_at, imports_at + len(table), len(names), 1, 0)
        return _padded(_padded(head, 8) + _padded(starts, 8) + table + strings, 8)

    def encode(self, target: _Place | str, step: int, names: Sequence[str]) -> int:
        if self.pointer_format in (2, 6):
            if isinstance(target, str):
                return names.index(target) | step << 51 | 1 << 63
            return target.address - (self.base if self.pointer_format == 6 else 0) | step << 51
        if isinstance(target, str):
            return names.index(target) | step << 51 | 1 << 62
        if target.signed:
            # key DA, no diversity
            return target.address - self.base | 2 << 49 | step << 51 | 1 << 63
        return target.address - (0 if self.pointer_format == 1 else self.base) | step << 51

    def symbols(self) -> tuple[bytes, bytes, dict[str, int]]:
        """Return symbol table, string table and the index of each imported symbol."""
        defined: list[tuple[str, int, int, int]] = []
        index = {id(section): number + 1 for number, section in enumerate(self.sections)}
        if self.kind == "execute":
            defined.append(("__mh_execute_header", 1, 0x10, self.base))
        if not self.stripped:
            text = self.sections[0]
            defined.append(("_main" if self.kind == "execute" else "_forged", 1, 0, text.address))
            for name, place in self.class_places.items():
                defined.append((f"_OBJC_CLASS_$_{name}", index[id(place.section)], 0, place.address))
        defined.sort()
        layout = "<IBBHQ" if self.wide else "<IBBHI"
        table, strings = bytearray(), bytearray(b"\0")
        for name, section, flags, address in defined:
            table += struct.pack(layout, len(strings), 0x0F, section, flags, address)
            strings += name.encode() + b"\0"
        order: dict[str, int] = {}
        for name in sorted(self.imports):
            order[name] = len(defined) + len(order)
            table += struct.pack(layout, len(strings), 0x01, 0, self.ordinal(name) << 8, 0)
            strings += name.encode() + b"\0"
        self.symbol_counts = (len(defined), len(order))
        return bytes(table), _padded(bytes(strings), 8), order

    # -- signature ------------------------------------------------------------------------------------------------

    def sign(self, code: bytes) -> bytes:
        """Return the SuperBlob over ``code``: CodeDirectory, requirements, entitlements, CMS wrapper."""
        assert self.signing
        blobs = {2: _blob(0xFADE0C01, struct.pack(">I", 0))}
        if self.signing.entitlements is not None:
            if not self.signing.der_only:
                blobs[5] = _blob(0xFADE7171, plistlib.dumps(dict(self.signing.entitlements)))
            content = b"\x02\x01\x01" + _der_value(self.signing.entitlements)
            blobs[7] = _blob(0xFADE7172, _der(0x70, content))
        make = partial(_directory, self.signing, code, blobs, self.text_size, main=self.kind == "execute")
        directory = make(sha1=self.signing.alternate)
        cms = self.signing.cms_of(directory) if self.signing.cms_of is not None else self.signing.cms
        blobs = {0: directory} | blobs
        if self.signing.alternate:
            blobs[0x1000] = make(sha1=False)
        blobs[0x10000] = _blob(0xFADE0B01, cms)
        at = 12 + 8 * len(blobs)
        index = content = b""
        for slot, blob in blobs.items():
            index += struct.pack(">II", slot, at + len(content))
            content += blob
        return _padded(struct.pack(">III", 0xFADE0CC0, at + len(content), len(blobs)) + index + content, 16)


def _directory(
    signing: Signing, code: bytes, blobs: Mapping[int, bytes], text_size: int, *, main: bool, sha1: bool = False
) -> bytes:
    blobs = {**blobs, **signing.sealed}
    special = max(blobs)
    digest, size = (hashlib.sha1, 20) if sha1 else (hashlib.sha256, 32)
    names = signing.identifier.encode() + b"\0"
    team_at = 88 + len(names) if signing.team else 0
    names += signing.team.encode() + b"\0" if signing.team else b""
    hashes_at = 88 + len(names) + size * special
    slots = b"".join(
        digest(blobs[slot]).digest() if slot in blobs else bytes(size) for slot in range(special, 0, -1)
    )
    pages = [digest(code[at : at + 4096]).digest() for at in range(0, len(code), 4096)]
    signed = signing.cms or signing.cms_of is not None
    body = struct.pack(">7I", 0x20400, 0 if signed else 2, hashes_at, 88, special, len(pages), len(code))
    body += struct.pack(">4B3I", size, 1 if sha1 else 2, 0, 12, 0, 0, team_at)
    body += struct.pack(">I4Q", 0, 0, 0, text_size, 1 if main else 0)
    return _blob(0xFADE0C02, body + names + slots + b"".join(pages))


def _blob(magic: int, content: bytes) -> bytes:
    return struct.pack(">II", magic, 8 + len(content)) + content


def _der(tag: int, content: bytes) -> bytes:
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def _der_value(value: object) -> bytes:
    """Return a value as CoreEntitlements encodes it."""
    if isinstance(value, bool):
        return _der(0x01, b"\xff" if value else b"\0")
    if isinstance(value, int):
        return _der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))
    if isinstance(value, str):
        return _der(0x0C, value.encode())
    if isinstance(value, Mapping):
        pairs = (_der(0x30, _der_value(key) + _der_value(value[key])) for key in sorted(value))
        return _der(0xB0, b"".join(pairs))
    assert isinstance(value, Sequence)
    return _der(0x30, b"".join(map(_der_value, value)))


# -- files of several images --------------------------------------------------------------------------------------


def write_fat(images: Mapping[str, bytes], *, wide: bool = False) -> bytes:
    """Return a universal file of images by architecture; ``wide`` has 64-bit offsets."""
    layout = struct.Struct(">IIQQII" if wide else ">IIIII")
    head = struct.pack(">II", 0xCAFEBABF if wide else 0xCAFEBABE, len(images))
    at = _up(8 + layout.size * len(images), PAGE)
    body = b""
    for arch, image in images.items():
        cpu, subtype, _, _ = ARCHS[arch]
        head += layout.pack(cpu, subtype, at + len(body), len(image), 14, *((0,) if wide else ()))
        body += _padded(image, PAGE)
    return head + bytes(at - len(head)) + body


def write_object(
    *,
    arch: str = "arm64",
    classes: Sequence[str] = (),
    imports: Sequence[str] = (),
    platform: str = "ios",
    options: Sequence[str] = (),
    selectors: Sequence[str] = (),
    method_names: Sequence[str] = (),
    strings: Sequence[str] = (),
    by_symbol: bool = True,
) -> bytes:
    """Return an object file (MH_OBJECT) whose symbols define ``classes`` and ask for ``imports``.

    It refers to ``selectors``, through a symbol each or (``by_symbol``) by section, and has ``method_names`` it does not refer
    to; ``strings`` are C strings. ``options`` are what it asks the linker for: ``-framework CoreLocation``, ``-lz``.
    """
    cpu, subtype, wide, code = ARCHS[arch]
    word = "Q" if wide else "I"
    data = code + bytes(-len(code) % 8)
    records = bytes(40 * len(classes))
    symbols, names = b"", b"\0"
    layout = "<IBBHQ" if wide else "<IBBHI"
    for number, name in enumerate(classes):
        symbols += struct.pack(layout, len(names), 0x0F, 2, 0, len(data) + 40 * number)
        names += f"_OBJC_CLASS_$_{name}".encode() + b"\0"
    for name in imports:
        symbols += struct.pack(layout, len(names), 0x01, 0, 0, 0)
        names += name.encode() + b"\0"
    # the sections that only objects with references have
    held = b"".join(name.encode() + b"\0" for name in (*method_names, *selectors))
    held += bytes(-len(held) % 8)
    literals = b"".join(text.encode() + b"\0" for text in strings)
    literals += bytes(-len(literals) % 8)
    width = 8 if wide else 4
    references, relocations = b"", b""
    held_at = len(data + records)
    first_symbol = len(classes) + len(imports)
    for number in range(len(selectors)):
        address = held_at + sum(len(one.encode()) + 1 for one in (*method_names, *selectors[:number]))
        references += (0 if by_symbol else address).to_bytes(width, "little")
        about = (first_symbol + number | 1 << 27 if by_symbol else 3) | (3 if wide else 2) << 25
        relocations += struct.pack("<II", number * width, about)
        if by_symbol:
            symbols += struct.pack(layout, len(names), 0x0E, 3, 0, address)
            names += f"l_OBJC_METH_VAR_NAME_.{number}".encode() + b"\0"
    references += bytes(-len(references) % 8)
    content = data + records + held + literals + references
    sizes = (56, 68) if not wide else (72, 80)
    asked = b"".join(map(_linker_option, options))
    commands_size = sizes[0] + 5 * sizes[1] + 24 + 24 + len(asked)
    start = _up((32 if wide else 28) + commands_size, 8)
    section = f"<16s16s2{word}{8 if wide else 7}I"
    rest = (0,) * (3 if wide else 2)
    segment = struct.pack(f"<16s4{word}4I", b"", 0, len(content), start, len(content), 7, 7, 5, 0)
    segment += struct.pack(section, b"__text", b"__TEXT", 0, len(data), start, 2, 0, 0, 0x80000400, *rest)
    records_at = start + len(data)
    segment += struct.pack(
        section, b"__objc_data", b"__DATA", len(data), len(records), records_at, 3, 0, 0, 0, *rest
    )
    at = len(data + records)
    for section_name, segment_name, part, flags, relocated in (
        (b"__objc_methname", b"__TEXT", held, 2, b""),
        (b"__cstring", b"__TEXT", literals, 2, b""),
        (b"__objc_selrefs", b"__DATA", references, 0x10000005, relocations),
    ):
        segment += struct.pack(
            section, section_name, segment_name, at, len(part), start + at, 3,
            start + len(content) if relocated else 0, len(relocated) // 8, flags, *rest,
        )  # fmt: skip
        at += len(part)
    symbols_at = start + len(content) + len(relocations)
    count = len(symbols) // (16 if wide else 12)
    commands = _command(LC_SEGMENT_64 if wide else LC_SEGMENT, segment)
    commands += _command(
        LC_BUILD_VERSION, struct.pack("<4I", PLATFORMS[platform], _version("12.0"), _version("17.0"), 0)
    )
    commands += _command(
        LC_SYMTAB,
        struct.pack("<4I", symbols_at, count, symbols_at + len(symbols), len(names)),
    )
    commands += asked
    count = 3 + len(options)
    head = struct.pack("<7I", 0xFEEDFACF if wide else 0xFEEDFACE, cpu, subtype, 1, count, len(commands), 0x2000)
    head += bytes(4 if wide else 0) + commands
    return head + bytes(start - len(head)) + content + relocations + symbols + names


def write_static_library(members: Mapping[str, bytes]) -> bytes:
    """Return an ar archive of object files, with BSD's long names."""
    out = b"!<arch>\n"
    for name, content in members.items():
        raw = _padded(name.encode() + b"\0", 8)
        body = _padded(raw + content, 8)
        out += f"#1/{len(raw)}".ljust(16).encode() + b"0           0     0     100644  "
        out += str(len(body)).ljust(10).encode() + b"`\n" + body
    return out


# -- small encodings ----------------------------------------------------------------------------------------------


def _up(value: int, unit: int) -> int:
    return -(-value // unit) * unit


def _padded(data: bytes, unit: int) -> bytes:
    return data + bytes(-len(data) % unit)


def _version(text: str) -> int:
    major, minor, patch = (*map(int, text.split(".")), 0, 0)[:3]
    return major << 16 | minor << 8 | patch


def _command(number: int, body: bytes) -> bytes:
    return struct.pack("<II", number, 8 + len(body)) + body


def _string_command(number: int, text: str, width: int) -> bytes:
    raw = text.encode() + b"\0"
    return _command(number, struct.pack("<I", 12) + raw + bytes(-(12 + len(raw)) % width))


def _linker_option(option: str) -> bytes:
    words = option.split()
    raw = b"".join(word.encode() + b"\0" for word in words)
    return _command(LC_LINKER_OPTION, struct.pack("<I", len(words)) + raw + bytes(-(12 + len(raw)) % 8))


def _dylib(number: int, name: str, width: int) -> bytes:
    raw = name.encode() + b"\0"
    return _command(
        number, struct.pack("<IIII", 24, 2, 0x10000, 0x10000) + raw + bytes(-(24 + len(raw)) % width)
    )


def _uleb(value: int) -> bytes:
    out = bytearray()
    while True:
        byte, value = value & 0x7F, value >> 7
        out.append(byte | (0x80 if value else 0))
        if not value:
            return bytes(out)


def _trie(symbols: Mapping[str, int]) -> bytes:
    """Return an export trie: a node per common prefix, each with its symbol's flags and address and its edges."""
    nodes: list[tuple[int | None, list[tuple[str, int]]]] = []

    def add(entries: Mapping[str, int]) -> int:
        number = len(nodes)
        edges: list[tuple[str, int]] = []
        nodes.append((entries.get(""), edges))
        for first in sorted({name[0] for name in entries if name}):
            group = [name for name in entries if name.startswith(first)]
            shared = group[0]
            for name in group:
                while not name.startswith(shared):
                    shared = shared[:-1]
            edges.append((shared, add({name[len(shared) :]: entries[name] for name in group})))
        return number

    add(symbols)
    offsets = [0] * len(nodes)
    while True:
        out: list[bytes] = []
        for address, edges in nodes:
            terminal = b"" if address is None else _uleb(0) + _uleb(address)
            node = _uleb(len(terminal)) + terminal + bytes([len(edges)])
            for edge, child in edges:
                node += edge.encode() + b"\0" + _uleb(offsets[child])
            out.append(node)
        placed = [sum(map(len, out[:number])) for number in range(len(out))]
        if placed == offsets:
            return b"".join(out)
        offsets = placed

"""One Mach-O image: load commands, imported symbols and defined classes, read straight from the bytes.

Formats: <mach-o/loader.h> and <mach-o/nlist.h> of Apple's dyld and cctools (opensource.apple.com). No count, size or offset of
the file is believed before it is checked.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from auditor.build import FactKind, Text
from auditor.extract.ios import arm64, linkedit, objc, references
from auditor.extract.ios.linkedit import MAX_IMPORTS, MAX_NAME
from auditor.extract.lens import Lens

__all__ = ["MACH_HEADER", "MAX_NAME_BYTES", "THIN_MAGICS", "Image", "Library", "Reader", "Reference", "Slice", "arch_of", "by_name"]

THIN_MAGICS = {
    b"\xcf\xfa\xed\xfe": True,
    b"\xce\xfa\xed\xfe": False,
}
"""Magic of little-endian images: whether they are 64 bits wide. Big-endian ones (PowerPC) never ran on iOS."""
_MAX_COMMANDS = 20_000
_MAX_OPTIONS = 64
_MAX_SITES = 20_000
"""Pairs of names and classes kept of one image; what is beyond is known of the image as a whole."""
MAX_NAME_BYTES = 64 << 20
"""Bytes of all names of one image, against string tables whose entries overlap."""
_ARCHS = {7: "i386", 0x1000007: "x86_64", 12: "arm", 0x100000C: "arm64", 0x200000C: "arm64_32"}
_ARM = {6: "armv6", 9: "armv7", 11: "armv7s", 12: "armv7k"}
_KINDS = {
    1: "object", 2: "execute", 6: "dylib", 7: "dylinker", 8: "bundle", 9: "stub", 10: "dsym", 11: "kext", 12: "fileset"
}
_PLATFORMS = {
    1: "macos", 2: "ios", 3: "tvos", 4: "watchos", 5: "bridgeos", 6: "maccatalyst", 7: "ios-simulator",
    8: "tvos-simulator", 9: "watchos-simulator", 10: "driverkit", 11: "visionos", 12: "visionos-simulator",
}  # fmt: skip
_VERSION_MIN = {0x24: "macos", 0x25: "ios", 0x2F: "tvos", 0x30: "watchos"}
_DYLIB_COMMANDS = {
    0xC: "LC_LOAD_DYLIB",
    0x80000018: "LC_LOAD_WEAK_DYLIB",
    0x8000001F: "LC_REEXPORT_DYLIB",
    0x20: "LC_LAZY_LOAD_DYLIB",
    0x80000023: "LC_LOAD_UPWARD_DYLIB",
}
_ZERO_FILL = frozenset((0x1, 0xC, 0x12))

MACH_HEADER = struct.Struct("<4sIIIIII")
_COMMAND = struct.Struct("<II")
_SEGMENT64, _SECTION64 = struct.Struct("<16sQQQQIIII"), struct.Struct("<16s16sQQIIIIIIII")
_SEGMENT32, _SECTION32 = struct.Struct("<16sIIIIIIII"), struct.Struct("<16s16sIIIIIIIII")
_TWO, _THREE, _FOUR, _TEN = (struct.Struct(f"<{n}I") for n in (2, 3, 4, 10))
_EIGHTEEN = struct.Struct("<18I")
_NLIST64, _NLIST32 = struct.Struct("<IBBHQ"), struct.Struct("<IBBHI")
_SMALLEST_CHAINS = 28
"""Bytes of the header of chained fixups."""
_CLASS_SYMBOL = "_OBJC_CLASS_$_"


@dataclass(frozen=True, slots=True)
class Library:
    """One library an image links."""

    name: str
    """Install name (``/usr/lib/libobjc.A.dylib``, ``@rpath/X.framework/X``)."""
    command: str
    """Load command that names it."""

    @property
    def weak(self) -> bool:
        """Whether the image runs without it."""
        return self.command == "LC_LOAD_WEAK_DYLIB"


@dataclass(frozen=True, slots=True)
class Reference:
    """A name that was looked for and that an image refers to."""

    kind: FactKind
    """SELECTOR, LITERAL or SYMBOL."""
    name: str
    at: str
    """The method that refers to it, ``-[Class selector]``; the methods around it; else the section that has it."""
    classes: tuple[str, ...] = ()
    """The class of the method, or those of the methods before and after it."""
    beside: tuple[str, ...] = ()
    """Of a selector that means something only beside certain classes, the symbols of those the code takes as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One architecture of a Mach-O file, or all members of a static library."""

    arch: str
    kind: str
    """``execute``, ``dylib``, ``bundle``, ``object``, ``static`` (an ar archive), …"""
    platform: str
    """``ios``, ``ios-simulator``, ``watchos``, …; empty where the image does not say."""
    min_os: str
    """Minimum system version, ``12.0``; empty where the image does not say."""
    cryptid: int
    """0 = plain; else the App Store's encryption, under which no class name can be read."""
    libraries: tuple[Library, ...]
    """In load order."""
    imports: tuple[str, ...]
    """Undefined symbols, sorted."""
    classes: tuple[str, ...]
    """Objective-C and Swift classes it defines, sorted; of an encrypted image only those it exports."""
    signature: bytes
    """The embedded code signature; empty if none."""
    simulator_entitlements: bytes
    """Section ``__TEXT,__entitlements``: where simulator builds keep them."""
    doubts: tuple[Text, ...]
    """What of it could not be read."""
    sdk: str = ""
    """Version of the SDK it was built with; empty where the image does not say."""
    references: tuple[Reference, ...] = ()
    """What it refers to, of the names that were looked for, sorted; nothing of an encrypted image."""
    linked: tuple[str, ...] = ()
    """The classes a linked image defines, in the order they were linked in: those of one library stand together."""
    hidden_classes: int = 0
    """How many classes an encrypted image defines and does not name outside of what is encrypted."""
    within: tuple[int, int] = (0, 0)
    """Where in its file it starts, and how many bytes of it are there."""
    signature_at: int = 0
    """Where in the image the code signature starts; 0 where there is none."""
    encryption: tuple[int, int] = (0, 0)
    """Where in the image what is, or was, encrypted starts, and how long it is."""


@dataclass(slots=True)
class Slice:
    """The bytes of one architecture inside a file, without a copy of them."""

    data: bytes
    base: int
    size: int
    arch: str
    cut: bool = False
    """The file ends before the slice does."""
    listed: bool = False
    """Whether ``arch`` is what the directory of a universal file says."""

    def head(self, length: int) -> bytes:
        """Return its first bytes."""
        return self.data[self.base : self.base + min(length, self.size)]


def arch_of(cpu: int, subtype: int) -> str:
    """Return the name of an architecture."""
    subtype &= 0xFFFFFF
    if cpu == 12:
        return _ARM.get(subtype, "arm")
    if cpu == 0x100000C and subtype == 2:
        return "arm64e"
    return _ARCHS.get(cpu, f"cpu-{cpu:#x}")


@dataclass(slots=True)
class Reader:
    """Reads one image; every offset is relative to the image and checked against its size."""

    slice: Slice
    lens: Lens
    wide: bool = True
    defined: set[str] = field(default_factory=set)
    """Names of the external symbols it defines; only of objects, where the members of a library need them."""
    name_bytes_left: int = MAX_NAME_BYTES
    _segments: list[tuple[int, int, int]] = field(default_factory=list)
    """(first address, address after the bytes in the file, file offset of the first)."""
    _sections: list[objc.Section] = field(default_factory=list)
    _libraries: list[Library] = field(default_factory=list)
    _doubts: dict[str, Text] = field(default_factory=dict)
    _commands: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """Of the commands that point at data, the fields after the size."""
    _addresses: list[int] = field(default_factory=list)
    """Of all segments, in their order."""
    _text_address: int = 0
    _platform: str = ""
    _min_os: str = ""
    _sdk: str = ""

    def image(self) -> Image:
        """Return what was read."""
        magic, _, _, file_type, count, size, _ = MACH_HEADER.unpack_from(self.slice.data, self.slice.base)
        self.wide = THIN_MAGICS[magic]
        if self.slice.cut:
            self._doubt("文件在映像结束之前被截断", "is cut short: the file ends before the image does")
        told = arch_of(*struct.unpack_from("<II", self.slice.data, self.slice.base + 4))
        if self.slice.listed and told != self.slice.arch:
            self._doubt(f"目录称其为 {self.slice.arch}，映像自称 {told}", f"is said to be for {self.slice.arch}, but says {told} itself")
        self._read_commands(count, size)
        kind = _KINDS.get(file_type, f"type-{file_type}")
        cryptid = max(self._commands.get(0x21, (0, 0, 0))[2], self._commands.get(0x2C, (0, 0, 0))[2])
        imports, named = self._symbols(keep_defined=kind == "object")
        memory = self._memory(kind)
        hidden = 0
        order: tuple[str, ...] = ()
        if kind == "object":
            # pointers of an object wait for relocation, but every class it defines has its symbol
            classes = named
        elif cryptid:
            # names lie in the encrypted segment; symbol table and export trie lie outside it
            classes = named | self._exported_classes()
            hidden = max(0, self._listed() - len(classes))
        else:
            order = self._listed_classes(memory)
            classes = set(order)
        return Image(
            arch=self.slice.arch,
            kind=kind,
            platform=self._platform,
            min_os=self._min_os,
            cryptid=cryptid,
            libraries=tuple(self._libraries),
            imports=tuple(sorted(imports)),
            classes=tuple(sorted(classes)),
            signature=self._linked(0x1D, "代码签名", "code signature"),
            simulator_entitlements=self._section_bytes("__TEXT", "__entitlements"),
            sdk=self._sdk,
            references=() if cryptid else self._references(memory, kind),
            hidden_classes=hidden,
            within=(self.slice.base, self.slice.size),
            signature_at=self._commands.get(0x1D, (0, 0))[0],
            encryption=self._encryption(),
            linked=order,
            doubts=tuple(self._doubts.values()),
        )

    def _encryption(self) -> tuple[int, int]:
        """Return where what is, or was, encrypted starts, and how long it is."""
        start, length, _ = max(self._commands.get(0x21, (0, 0, 0)), self._commands.get(0x2C, (0, 0, 0)))
        return start, length

    def _doubt(self, zh: str, en: str) -> None:
        self._doubts.setdefault(en, Text(zh=zh, en=en))

    # -- load commands --------------------------------------------------------------------------------------------

    def _read_commands(self, count: int, size: int) -> None:
        data, base = self.slice.data, self.slice.base
        at = 32 if self.wide else 28
        end = at + size
        if end > self.slice.size or count > _MAX_COMMANDS:
            self._doubt("加载命令超出文件范围", "has load commands that run out of the file")
            end, count = min(end, self.slice.size), min(count, _MAX_COMMANDS)
        for _ in range(count):
            if at + 8 > end:
                self._doubt("加载命令少于声明的数目", "has fewer load commands than it says")
                return
            command, length = _COMMAND.unpack_from(data, base + at)
            if length < 8 or at + length > end:
                self._doubt("加载命令的长度有误", "has a load command of impossible length")
                return
            self._read_command(command, base + at, length)
            at += length

    def _read_command(self, command: int, at: int, length: int) -> None:
        """Take what is wanted of one load command; ``at`` is a position in the file's bytes."""
        data = self.slice.data
        if command in (0x1, 0x19):
            self._read_segment(command == 0x19, at, length)
        elif command in _DYLIB_COMMANDS and length >= 24:
            name = self._command_string(at, length, *_COMMAND.unpack_from(data, at + 4))
            self._libraries.append(Library(name, _DYLIB_COMMANDS[command]))
        elif command == 0x2D and length >= 12:
            self._read_option(data[at + 12 : at + length].split(b"\0", _MAX_OPTIONS)[:_MAX_OPTIONS])
        elif command in (0x1D, 0x80000033, 0x80000034) and length >= 16:
            self._commands.setdefault(command, _TWO.unpack_from(data, at + 8))
        elif command in (0x21, 0x2C) and length >= 20:
            self._commands.setdefault(command, _THREE.unpack_from(data, at + 8))
        elif command == 0x2 and length >= 24:
            self._commands.setdefault(command, _FOUR.unpack_from(data, at + 8))
        elif command == 0xB and length >= 80:
            self._commands.setdefault(command, _EIGHTEEN.unpack_from(data, at + 8))
        elif command == 0x26 and length >= 16:
            self._commands.setdefault(command, _TWO.unpack_from(data, at + 8))
        elif command in (0x22, 0x80000022) and length >= 48:
            self._commands.setdefault(0x22, _TEN.unpack_from(data, at + 8))
        elif command == 0x32 and length >= 24:
            platform, version, sdk = _THREE.unpack_from(data, at + 8)
            self._build_version(_PLATFORMS.get(platform, f"platform-{platform}"), version, sdk)
        elif command in _VERSION_MIN and length >= 16:
            self._build_version(_VERSION_MIN[command], *_TWO.unpack_from(data, at + 8))

    def _read_option(self, words: list[bytes]) -> None:
        """Take the libraries that an object file asks the linker for (LC_LINKER_OPTION)."""
        options = [word.decode("utf-8", "backslashreplace") for word in words if word]
        for option, argument in zip(options, [*options[1:], ""], strict=True):
            if option in ("-framework", "-weak_framework") and argument:
                self._libraries.append(Library(f"{argument}.framework", "LC_LINKER_OPTION"))
            elif option.startswith("-l") and len(option) > 2:
                self._libraries.append(Library(f"lib{option[2:]}", "LC_LINKER_OPTION"))

    def _build_version(self, platform: str, version: int, sdk: int) -> None:
        # a zippered macOS image has two; the first is its own
        if not self._platform:
            self._platform, self._min_os, self._sdk = platform, _version(version), _version(sdk) if sdk else ""

    def _command_string(self, at: int, length: int, size: int, offset: int) -> str:
        """Return the string of a load command, which starts ``offset`` bytes into it."""
        if offset >= length:
            self._doubt("加载命令中的名称位置有误", "has a load command whose name lies outside it")
            return ""
        return self.slice.data[at + offset : at + length].split(b"\0", 1)[0].decode("utf-8", "backslashreplace")

    def _read_segment(self, wide: bool, at: int, length: int) -> None:
        data = self.slice.data
        segment, section = (_SEGMENT64, _SECTION64) if wide else (_SEGMENT32, _SECTION32)
        if length < 8 + segment.size:
            self._doubt("段命令过短", "has a segment command that is too short")
            return
        raw_name, address, _, offset, size, _, _, count, _ = segment.unpack_from(data, at + 8)
        held = max(0, min(size, self.slice.size - offset))
        if held < size:
            self._doubt("段超出文件范围，文件可能被截断", "has segments that run out of the file; it may be cut short")
        name = _fixed(raw_name)
        if name == "__TEXT":
            self._text_address = address
        self._addresses.append(address)
        if held:
            self._segments.append((address, address + held, offset))
        if count > (length - 8 - segment.size) // section.size:
            self._doubt("段命令中的节数有误", "has a segment command with an impossible number of sections")
            return
        for number in range(count):
            fields = section.unpack_from(data, at + 8 + segment.size + number * section.size)
            start, size, flags = fields[4], fields[3], fields[8]
            if flags & 0xFF in _ZERO_FILL:
                continue
            size_held = max(0, min(size, self.slice.size - start))
            if size_held < size:
                self._doubt("节超出文件范围，文件可能不完整", "has sections that run out of the file")
            self._sections.append(
                objc.Section(
                    segment=_fixed(fields[1]),
                    name=_fixed(fields[0]),
                    address=fields[2],
                    offset=start,
                    size=size_held,
                    relocations=fields[6:8],
                    first_indirect=fields[9],
                    stub_size=fields[10],
                )
            )

    def _section_bytes(self, segment: str, name: str) -> bytes:
        base = self.slice.base
        for section in self._sections:
            if section.segment == segment and section.name == name:
                return self.slice.data[base + section.offset : base + section.offset + section.size]
        return b""

    def _linked(self, command: int, zh: str, en: str) -> bytes:
        """Return the data a LINKEDIT command points at, as far as it is there."""
        offset, size = self._commands.get(command, (0, 0))
        return self._range(offset, size, zh, en)

    def _range(self, offset: int, size: int, zh: str, en: str) -> bytes:
        if offset + size > self.slice.size:
            self._doubt(f"{zh}超出文件范围", f"has a {en} that runs out of the file")
            size = max(0, self.slice.size - offset)
        return self.slice.data[self.slice.base + offset : self.slice.base + offset + size]

    # -- symbols --------------------------------------------------------------------------------------------------

    def _symbols(self, keep_defined: bool) -> tuple[set[str], set[str]]:
        """Return (imported symbols, classes that defined symbols name)."""
        imports: set[str] = set()
        classes: set[str] = set()
        offset, count, strings_at, strings_size = self._commands.get(0x2, (0, 0, 0, 0))
        nlist = _NLIST64 if self.wide else _NLIST32
        table = self._range(offset, count * nlist.size, "符号表", "symbol table")
        strings = self._range(strings_at, strings_size, "字符串表", "string table")
        table = table[: len(table) // nlist.size * nlist.size]
        seen: set[int] = set()
        marker = _CLASS_SYMBOL.encode()
        for index, kind, _, _, value in nlist.iter_unpack(table):
            # stabs, then symbols that stay inside the image
            if kind & 0xE0 or (kind & 0x0E == 0 and not kind & 0x01):
                continue
            undefined = kind & 0x0E == 0 and value == 0
            if not undefined and not keep_defined and strings[index : index + len(marker)] != marker:
                continue
            if index in seen:
                continue
            seen.add(index)
            name = self._string(strings, index)
            if name is None:
                break
            if undefined:
                imports.add(name)
            else:
                if keep_defined and kind & 0x01:
                    self.defined.add(name)
                if name.startswith(_CLASS_SYMBOL):
                    classes.add(objc.readable(name.removeprefix(_CLASS_SYMBOL)))
            if len(imports) >= MAX_IMPORTS:
                self._doubt(f"导入符号超过 {MAX_IMPORTS} 个，其余未读取", f"imports over {MAX_IMPORTS} symbols; not all read")
                break
        # what the loader binds counts, whatever the symbol table leaves out
        imports.update(self._bound_symbols())
        imports.discard("")
        return imports, classes

    def _string(self, strings: bytes, at: int) -> str | None:
        """Return the string at ``at`` of a string table; None once the names together pass the limit."""
        end = strings.find(b"\0", at, at + MAX_NAME)
        raw = strings[at : end if end >= 0 else at + MAX_NAME]
        self.name_bytes_left -= len(raw)
        if self.name_bytes_left < 0:
            self._doubt("符号名总量过大，其余未读取", "has symbol names of excessive length; the rest is not read")
            return None
        return raw.decode("utf-8", "backslashreplace")

    def _bound_symbols(self) -> Iterator[str]:
        """Yield the names dyld binds, whatever the symbol table says."""
        if self._commands.get(0x80000034, (0, 0))[1] >= _SMALLEST_CHAINS:
            yield from self._chained_names()
            return
        info = self._commands.get(0x22, (0,) * 10)
        for offset, size in (info[2:4], info[4:6], info[6:8]):
            yield from linkedit.opcode_names(self._range(offset, size, "绑定信息", "table of bindings"), self._string)

    def _chained_names(self) -> Iterator[str]:
        """Yield the names of the imports of the chained fixups, in the order that numbers them."""
        chains = self._linked(0x80000034, "链式修正表", "table of chained fixups")
        try:
            yield from linkedit.chained_names(chains, self._string)
        except ValueError:
            self._doubt("链式修正表的导入项无法读取", "has chained fixups whose imports cannot be read")

    def _exported_classes(self) -> set[str]:
        """Return the classes the export trie names, whatever is encrypted."""
        info = self._commands.get(0x22, (0,) * 10)
        trie = self._linked(0x80000033, "导出表", "table of exports") or self._range(
            info[8], info[9], "导出表", "table of exports"
        )
        names = linkedit.exported_names(trie, _CLASS_SYMBOL.encode())
        return {objc.readable(name.decode("utf-8", "backslashreplace")) for name in names}

    # -- classes --------------------------------------------------------------------------------------------------

    def _memory(self, kind: str) -> objc.Memory:
        return objc.Memory(
            data=self.slice.data,
            base=self.slice.base,
            size=self.slice.size,
            pointer_size=8 if self.wide else 4,
            segments=tuple(self._segments),
            pointer_format=0 if kind == "object" else self._pointer_format(),
            text_address=self._text_address,
        )

    def _listed(self) -> int:
        """Return how many classes the image says it defines."""
        width = 8 if self.wide else 4
        return sum(section.size // width for section in self._sections if section.name == "__objc_classlist")

    def _listed_classes(self, memory: objc.Memory) -> tuple[str, ...]:
        names: dict[str, None] = {}
        lost = 0
        for section in self._sections:
            if section.name in ("__objc_classlist", "__objc_nlclslist") and section.segment.startswith("__DATA"):
                found, unread = objc.class_names(memory, section.offset, section.size)
                names.update(found)
                lost += unread
        if lost:
            self._doubt(f"类列表中有 {lost} 项无法读取", f"has {lost} entries in its class list that cannot be read")
        return tuple(names)

    # -- references -----------------------------------------------------------------------------------------------

    def _references(self, memory: objc.Memory, kind: str) -> tuple[Reference, ...]:
        """Return what the image refers to, of the names the lens looks for."""
        lens = self.lens
        if not (lens.selectors or lens.strings or lens.symbols):
            return ()
        if sum(section.size for section in self._sections) > self.slice.size:
            self._doubt("各节相互重叠，未查找其中的引用", "has sections that overlap; what it refers to was not looked for")
            return ()
        if kind == "object":
            selectors = references.object_selectors(memory, self._sections, lens.selectors, self._symbol_value)
        else:
            selectors = references.selectors(memory, self._sections, lens.selectors, lens.strings)
        if selectors.unread:
            self._doubt(
                f"选择器引用中有 {selectors.unread} 项无法读取", f"has {selectors.unread} references to selectors that cannot be read"
            )
        strings = references.literals(memory, self._sections, lens.strings, selectors.targets)
        found: set[Reference] = set()
        if kind != "object" and self.slice.arch in ("arm64", "arm64e"):
            found.update(self._sites(memory, selectors, strings))
        placed = {(one.kind, one.name) for one in found}
        found = {one for one in found if one.at}
        for form, names, section in (
            (FactKind.SELECTOR, selectors.places, "__objc_selrefs"),
            (FactKind.LITERAL, strings.places, "__cstring"),
        ):
            found.update(Reference(form, name, section) for name in names if (form, name) not in placed)
        return tuple(sorted(found, key=by_name))

    def _sites(
        self, memory: objc.Memory, selectors: references.Found, strings: references.Found
    ) -> Iterator[Reference]:
        """Yield the methods whose code takes the selectors, strings and imports that are looked for.

        Without a place where code takes one, but never beside a class with which it would mean something.
        """
        taken: dict[int, tuple[FactKind, str]] = {}
        called: dict[int, tuple[FactKind, str]] = {}
        for name, places in selectors.places.items():
            taken.update((place, (FactKind.SELECTOR, name)) for place in places)
        wrapped = references.constant_strings(memory, self._sections, strings)
        for name, places in (*strings.places.items(), *wrapped.places.items()):
            taken.update((place, (FactKind.LITERAL, name)) for place in places)
        beside = frozenset[str]().union(*self.lens.selectors.values())
        slots, stubs = self._slots(memory, self.lens.symbols | beside)
        for name, places in slots.places.items():
            taken.update((place, (FactKind.SYMBOL, name)) for place in places)
        for name, places in stubs.places.items():
            called.update((place, (FactKind.SYMBOL, name)) for place in places)
        called.update(arm64.stub_addresses(memory, self._sections, taken))
        if not taken and not called:
            return
        starts = arm64.function_starts(self._linked(0x26, "函数起始表", "table of function starts"), self._text_address)
        functions = arm64.Functions(starts, objc.methods(memory, self._sections))
        sites: dict[int, set[tuple[FactKind, str]]] = {}
        for address, what in arm64.uses(memory, self._sections, taken, called):
            sites.setdefault(functions.start(address), set()).add(what)
        seen: set[tuple[FactKind, str, tuple[str, ...], tuple[str, ...]]] = set()
        for start, used in sorted(sites.items()):
            at, classes = functions.owner(start)
            for kind, name in sorted(used, key=_by_kind):
                if kind is FactKind.SYMBOL and name not in self.lens.symbols:
                    continue
                near = self.lens.selectors.get(name, frozenset()) if kind is FactKind.SELECTOR else frozenset()
                taken_too = tuple(sorted(one for one in near if (FactKind.SYMBOL, one) in used))
                if near and not taken_too:
                    yield Reference(kind, name, "")
                elif classes and (kind, name, classes, taken_too) not in seen and len(seen) < _MAX_SITES:
                    seen.add((kind, name, classes, taken_too))
                    yield Reference(kind, name, at, classes, taken_too)

    def _slots(
        self, memory: objc.Memory, wanted: Collection[str]
    ) -> tuple[references.Found, references.Found]:
        """Return the slots of the imports that are looked for, and the stubs that jump to them."""
        table = self._commands.get(0xB, (0,) * 18)
        raw = self._range(table[12], table[13] * 4, "间接符号表", "table of indirect symbols")
        indirect = references.Indirect(table=raw, names=dict(self._imported(wanted, table[4], table[5])))
        imports = {number: name for number, name in enumerate(self._chained_names()) if name in wanted}
        slots, stubs = references.pointer_slots(memory, self._sections, indirect, imports)
        info = self._commands.get(0x22, (0,) * 10)
        codes = self._range(info[2], info[3], "绑定信息", "table of bindings")
        bound = references.bound_slots(codes, self._addresses, memory.pointer_size, wanted)
        for name, places in bound.places.items():
            for place in places:
                slots.add(name, place)
        return slots, stubs

    def _imported(self, wanted: Collection[str], first: int, count: int) -> Iterator[tuple[int, str]]:
        """Yield number and name of each import that is looked for."""
        for number in range(first, first + min(count, MAX_IMPORTS)):
            entry = self._symbol(number)
            if entry is None:
                return
            strings_at, strings_size = self._commands[0x2][2:4]
            name = self._slice_string(strings_at + entry[0], strings_at + strings_size)
            if name in wanted:
                yield number, name

    def _symbol(self, number: int) -> tuple[int, int, int, int, int] | None:
        """Return the entry of a number in the symbol table."""
        offset, count = self._commands.get(0x2, (0, 0, 0, 0))[:2]
        nlist = _NLIST64 if self.wide else _NLIST32
        at = offset + number * nlist.size
        if not 0 <= number < count or at + nlist.size > self.slice.size:
            return None
        index, kind, section, about, value = nlist.unpack_from(self.slice.data, self.slice.base + at)
        return index, kind, section, about, value

    def _symbol_value(self, number: int) -> int | None:
        """Return the address a symbol of the image itself has."""
        entry = self._symbol(number)
        return entry[4] if entry is not None and entry[1] & 0x0E else None

    def _slice_string(self, at: int, end: int) -> str:
        base = self.slice.base
        stop = self.slice.data.find(b"\0", base + at, base + min(end, self.slice.size, at + MAX_NAME))
        return self.slice.data[base + at : stop].decode("utf-8", "backslashreplace") if stop >= 0 else ""

    def _pointer_format(self) -> int:
        """Return the DYLD_CHAINED_PTR_* format of the image's pointers; 0 = plain addresses."""
        form = linkedit.pointer_format(self._linked(0x80000034, "链式修正表", "table of chained fixups"))
        # before chained fixups, arm64e images threaded their rebases through the pointers in the first chained format
        return form or (objc.ARM64E if self.slice.arch == "arm64e" else 0)


def _by_kind(what: tuple[FactKind, str]) -> tuple[str, str]:
    return what[0].value, what[1]


def by_name(reference: Reference) -> tuple[str, str, str, tuple[str, ...], tuple[str, ...]]:
    """Return what references are sorted by."""
    return reference.kind.value, reference.name, reference.at, reference.classes, reference.beside


def _version(packed: int) -> str:
    patch = f".{packed & 0xFF}" if packed & 0xFF else ""
    return f"{packed >> 16}.{packed >> 8 & 0xFF}{patch}"


def _fixed(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("utf-8", "backslashreplace")

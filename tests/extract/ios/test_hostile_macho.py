"""Mach-O files that lie about themselves: what can be read is read once, and what could not be is said."""

from __future__ import annotations

import struct

import pytest

from auditor.extract.ios.macho import Image, MachOError, read_macho
from tests.forge.macho import (
    ARCHS,
    FOUNDATION,
    OBJC,
    SYSTEM,
    UIKIT,
    write_fat,
    write_macho,
    write_object,
    write_static_library,
)

LIBRARIES = (FOUNDATION, OBJC, SYSTEM, UIKIT)
IMPORTS = {"_getifaddrs": SYSTEM, "_OBJC_CLASS_$_UIDevice": UIKIT}


def image_of(*classes: str, arch: str = "arm64", pointer_format: int = 0) -> bytes:
    """Return a sound image."""
    return write_macho(arch=arch, classes=classes, imports=IMPORTS, libraries=LIBRARIES, pointer_format=pointer_format)


def one(data: bytes) -> Image:
    """Return the only image of a file."""
    (image,) = read_macho(data).images
    return image


def doubts(data: bytes) -> str:
    """Return what is said of a file."""
    return "; ".join(doubt.en for image in read_macho(data).images for doubt in image.doubts)


def universal(*parts: tuple[str, int, int], body: bytes, wide: bool = False) -> bytes:
    """Return a universal file whose directory says (architecture, offset, size), whatever stands there."""
    layout = struct.Struct(">IIQQII" if wide else ">IIIII")
    head = struct.pack(">II", 0xCAFEBABF if wide else 0xCAFEBABE, len(parts))
    for arch, offset, size in parts:
        head += layout.pack(*ARCHS[arch][:2], offset, size, 14, *((0,) if wide else ()))
    return head.ljust(4096, b"\0") + body


# -- universal files ------------------------------------------------------------------------------------------------


def test_parts_over_the_same_bytes_are_read_once() -> None:
    body = image_of("A", arch="armv7")
    data = universal(*[("armv7", 4096, len(body))] * 32, body=body)
    assert [image.classes for image in read_macho(data).images] == [("A",)]
    assert len(read_macho(data).archs) == 32


def test_parts_that_overlap_are_not_read_without_end() -> None:
    body = image_of("A", arch="armv7")
    data = universal(*[("armv7", 4096, len(body) - number) for number in range(32)], body=body)
    assert len(read_macho(data).images) == 1
    assert "parts overlap; not every part was read" in doubts(data)


def test_of_two_parts_for_arm64_both_are_read() -> None:
    first, second = image_of("A"), image_of("B")
    data = universal(("arm64", 4096, len(first)), ("arm64", 4096 + len(first), len(second)), body=first + second)
    assert [image.classes for image in read_macho(data).images] == [("A",), ("B",)]
    assert doubts(data) == ""


def test_a_part_that_reaches_over_the_end_is_said_to_be_cut() -> None:
    body = image_of("A")
    assert "cut short" in doubts(universal(("arm64", 4096, len(body) + 1), body=body))


@pytest.mark.parametrize("offset", [1 << 40, (1 << 64) - 4096], ids=["far-away", "wraps-around"])
def test_a_part_outside_the_file_is_refused(offset: int) -> None:
    with pytest.raises(MachOError, match="no Mach-O image for arm64"):
        read_macho(universal(("arm64", offset, 4096), body=image_of("A"), wide=True))


def test_a_part_that_holds_the_directory_itself_is_refused() -> None:
    with pytest.raises(MachOError, match="no Mach-O image for arm64"):
        read_macho(universal(("arm64", 0, 8192), body=image_of("A")))


def test_a_part_for_another_processor_than_said_is_a_doubt() -> None:
    body = image_of("A", arch="x86_64")
    data = universal(("arm64", 4096, len(body)), body=body)
    assert "is said to be for arm64, but says x86_64 itself" in doubts(data)
    assert doubts(write_fat({"arm64": image_of("A"), "x86_64": body})) == ""


def test_a_directory_of_more_parts_than_any_file_has_is_none() -> None:
    with pytest.raises(MachOError):
        read_macho(struct.pack(">II", 0xCAFEBABE, 0xFFFF) + bytes(5000))


# -- load commands ----------------------------------------------------------------------------------------------------


def command_at(data: bytes, wanted: int) -> int:
    """Return where a load command starts."""
    count, at = struct.unpack_from("<I", data, 16)[0], 32
    for _ in range(count):
        command, length = struct.unpack_from("<II", data, at)
        if command == wanted:
            return at
        at += length
    raise AssertionError(f"no load command {wanted:#x}")


def changed(data: bytes, at: int, value: int, form: str = "<I") -> bytes:
    """Return a file with one number changed."""
    copy = bytearray(data)
    struct.pack_into(form, copy, at, value)
    return bytes(copy)


SOUND = image_of("A", "B")
SEGMENT, SYMTAB, INFO = 0x19, 0x2, 0x80000022


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (changed(SOUND, 20, 0xFFFFFFFF), "run out of the file"),
        (changed(SOUND, 16, 0xFFFFFFFF), "load commands"),
        (changed(SOUND, 36, 0), "impossible length"),
        (changed(SOUND, 36, 0xFFFFFFF8), "impossible length"),
        (changed(SOUND, command_at(SOUND, SEGMENT) + 64, 0xFFFFFFFF), "impossible number of sections"),
        (changed(SOUND, command_at(SOUND, SYMTAB) + 12, 0xFFFFFFFF), "symbol table that runs out"),
        (changed(SOUND, command_at(SOUND, SYMTAB) + 8, 0xFFFFFFF0), "symbol table that runs out"),
        (changed(SOUND, command_at(SOUND, SYMTAB) + 20, 0xFFFFFFFF), "string table that runs out"),
        (changed(SOUND, command_at(SOUND, INFO) + 20, 0xFFFFFFFF), "table of bindings that runs out"),
    ],
    ids=[
        *("commands-past-the-end", "countless-commands", "command-of-no-length", "command-without-end", "countless-sections"),
        *("countless-symbols", "symbols-nowhere", "strings-without-end", "bindings-without-end"),
    ],
)
def test_what_a_load_command_says_is_not_believed(data: bytes, says: str) -> None:
    assert says in doubts(data)


def test_sections_that_say_they_are_elsewhere_are_doubts() -> None:
    at = SOUND.index(b"__objc_classlist")
    for shift, value in ((40, 1 << 40), (48, 0xFFFFFF00)):
        form = "<Q" if shift == 40 else "<I"
        assert "run out of the file" in doubts(changed(SOUND, at + shift, value, form))


def test_a_class_list_over_other_data_names_no_class_in_silence() -> None:
    at = SOUND.index(b"__objc_classlist")
    assert "entries in its class list that cannot be read" in doubts(changed(SOUND, at + 48, 0))


def test_a_class_that_is_its_own_name_is_a_doubt() -> None:
    image = one(SOUND)
    assert image.classes == ("A", "B")
    at = SOUND.index(b"__objc_classlist")
    offset = struct.unpack_from("<I", SOUND, at + 48)[0]
    address = struct.unpack_from("<Q", SOUND, at + 32)[0]
    data = changed(SOUND, offset, address, "<Q")
    assert set(one(data).classes) <= {"A", "B"}
    assert "class list" in doubts(data)


# -- symbols ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pointer_format", [0, 6], ids=["bindings", "chained-fixups"])
def test_a_symbol_table_that_leaves_out_an_import_hides_nothing(pointer_format: int) -> None:
    data = image_of("A", pointer_format=pointer_format)
    symtab = command_at(data, SYMTAB)
    symbols, count, strings = struct.unpack_from("<III", data, symtab + 8)
    for number in range(count):
        index = struct.unpack_from("<I", data, symbols + 16 * number)[0]
        if data[strings + index :].startswith(b"_getifaddrs\0"):
            # a name of the table that says nothing: it is there already
            data = changed(data, symbols + 16 * number, struct.unpack_from("<I", data, symbols)[0])
    assert set(one(data).imports) >= set(one(image_of("A", pointer_format=pointer_format)).imports) >= {"_getifaddrs"}


def test_symbols_whose_names_lie_outside_their_table_are_none() -> None:
    symtab = command_at(SOUND, SYMTAB)
    symbols, count = struct.unpack_from("<II", SOUND, symtab + 8)
    data = bytearray(SOUND)
    for number in range(count):
        struct.pack_into("<I", data, symbols + 16 * number, 0x7FFFFFFF)
    assert one(bytes(data)).imports == one(SOUND).imports


def test_an_encryption_command_that_comes_twice_is_believed_the_first_time() -> None:
    data = write_macho(classes=("Hidden",), libraries=LIBRARIES, encrypted=True)
    assert one(data).cryptid == 1
    assert one(data).classes == ()
    assert one(data).hidden_classes == 1


# -- static libraries ---------------------------------------------------------------------------------------------------

OBJECT = write_object(classes=("A",), imports=("_getifaddrs",))


def member(name: bytes, content: bytes, size: int | None = None) -> bytes:
    """Return a member of an archive, whatever size it says it has."""
    head = name.ljust(16) + b"0".ljust(12) + b"0".ljust(6) + b"0".ljust(6) + b"100644".ljust(8)
    return head + str(len(content) if size is None else size).encode().ljust(10) + b"`\n" + content + b"\n" * (len(content) % 2)


@pytest.mark.parametrize(
    "data",
    [
        b"!<arch>\n" + member(b"a.o/", OBJECT),
        b"!<arch>\n" + member(b"/", b"\0\0\0\0") + member(b"//", b"long_name.o/\n") + member(b"/0", OBJECT),
        b"!<arch>\n" + member(b"#1/12", b"__.SYMDEF\0\0\0" + bytes(8)) + member(b"#1/8", b"a.o\0\0\0\0\0" + OBJECT),
        b"!<arch>\n" + member(b"//", b"x") + member(b"/99999999", OBJECT),
        b"!<arch>\n" + member(b"a.o/", b"") * 3 + member(b"b.o/", OBJECT),
        write_fat({"arm64": write_static_library({"a.o": OBJECT})}),
    ],
    ids=["plain", "gnu-names", "bsd-names", "name-outside-its-table", "empty-members-first", "inside-a-universal-file"],
)
def test_archives_that_other_readers_take_for_empty_are_read(data: bytes) -> None:
    image = one(data)
    assert (image.kind, image.classes) == ("static", ("A",))
    assert "_getifaddrs" in image.imports
    assert image.doubts == ()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"!<arch>\n" + member(b"a.o/", OBJECT) + member(b"b.o/", OBJECT, 1 << 30), "cut short"),
        (b"!<arch>\n" + member(b"a.o/", OBJECT) + member(b"#1/99999", OBJECT), "damaged static library"),
        (b"!<arch>\n" + member(b"a.o/", OBJECT) + member(b"b.o/", write_static_library({"c.o": OBJECT})), "no single object file"),
        (b"!<arch>\n" + member(b"a.o/", OBJECT) + b"junk" * 40, "damaged static library"),
    ],
    ids=["member-without-end", "name-longer-than-its-member", "archive-in-an-archive", "junk-behind"],
)
def test_what_an_archive_hides_behind_a_sound_member_is_said(data: bytes, says: str) -> None:
    assert one(data).classes == ("A",)
    assert says in doubts(data)

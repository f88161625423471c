"""Mach-O images: what was forged into them is read from them, by us and by lief and LLVM alike."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import warnings
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auditor.extract.ios.macho import Image, Library, MachOError, is_code, read_macho
from tests.forge.macho import (
    ARCHS,
    FOUNDATION,
    OBJC,
    SYSTEM,
    UIKIT,
    Signing,
    write_fat,
    write_macho,
    write_object,
    write_static_library,
)

FORMATS = [
    *((arch, 0) for arch in ARCHS),
    ("arm64", 2),
    ("arm64", 6),
    ("x86_64", 6),
    ("arm64e", 1),
    ("arm64e", 9),
    ("arm64e", 12),
]
"""Architecture and DYLD_CHAINED_PTR_* format; 0 = plain addresses."""
CLASSES = ("AppDelegate", "GeTuiSdk", "AMapLocationManager", "_TtC6Module5Class", "类名")
READABLE = ("AMapLocationManager", "AppDelegate", "GeTuiSdk", "Module.Class", "类名")
IMPORTS = {"_getifaddrs": SYSTEM, "_OBJC_CLASS_$_UIDevice": UIKIT}
ALL_IMPORTS = (
    "_OBJC_CLASS_$_NSObject", "_OBJC_CLASS_$_UIDevice", "_OBJC_METACLASS_$_NSObject", "__objc_empty_cache", "_getifaddrs"
)  # fmt: skip
ADSUPPORT = "/System/Library/Frameworks/AdSupport.framework/AdSupport"


def one(data: bytes) -> Image:
    (image,) = read_macho(data).images
    return image


def forged(arch: str = "arm64", pointer_format: int = 0, kind: str = "execute", **options: object) -> bytes:
    return write_macho(
        arch=arch,
        pointer_format=pointer_format,
        kind=kind,
        classes=CLASSES,
        imports=IMPORTS,
        weak_libraries=(ADSUPPORT,),
        strings=("https://restapi.amap.com",),
        selectors=("advertisingIdentifier",),
        **options,  # type: ignore[arg-type]  # passed on as they are
    )


@pytest.mark.parametrize("kind", ["execute", "dylib"])
@pytest.mark.parametrize(("arch", "pointer_format"), FORMATS)
def test_an_image_of_any_architecture_and_pointer_format_is_read_whole(
    arch: str, pointer_format: int, kind: str
) -> None:
    image = one(forged(arch, pointer_format, kind))
    assert image.doubts == ()
    assert image.classes == READABLE
    assert image.imports == ALL_IMPORTS
    assert (image.arch, image.kind, image.platform, image.min_os) == (arch, kind, "ios", "12.0")
    assert image.cryptid == 0
    assert image.signature == b""


def test_libraries_are_read_in_order_with_the_weak_ones_marked() -> None:
    expected = [Library(name, "LC_LOAD_DYLIB") for name in (FOUNDATION, OBJC, SYSTEM, UIKIT)]
    assert list(one(forged()).libraries) == [*expected, Library(ADSUPPORT, "LC_LOAD_WEAK_DYLIB")]
    assert [library.name for library in one(forged()).libraries if library.weak] == [ADSUPPORT]


def test_an_image_without_classes_has_none() -> None:
    image = one(write_macho(classes=()))
    assert (image.classes, image.doubts) == ((), ())


def test_a_simulator_image_and_a_three_part_version_are_named() -> None:
    image = one(write_macho(platform="ios-simulator", min_os="12.1.4", arch="x86_64"))
    assert (image.platform, image.min_os) == ("ios-simulator", "12.1.4")


# -- encryption ---------------------------------------------------------------------------------------------------


def test_of_an_encrypted_image_no_class_is_guessed() -> None:
    image = one(forged(encrypted=True))
    assert image.cryptid == 1
    assert image.classes == ()
    assert image.imports == ALL_IMPORTS


@pytest.mark.parametrize("pointer_format", [0, 6])
def test_of_an_encrypted_image_the_exported_classes_are_read_outside_the_encryption(pointer_format: int) -> None:
    image = one(forged(pointer_format=pointer_format, encrypted=True, export_classes=True))
    assert image.classes == READABLE


# -- stripped symbol tables ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("pointer_format", [0, 6])
def test_imports_are_read_from_the_bindings_where_the_symbol_table_was_emptied(pointer_format: int) -> None:
    data = bytearray(forged(pointer_format=pointer_format))
    at = data.index(struct.pack("<II", 0x2, 24))
    data[at + 12 : at + 16] = bytes(4)
    assert one(bytes(data)).imports == ALL_IMPORTS


# -- files of several images --------------------------------------------------------------------------------------


@pytest.mark.parametrize("wide", [False, True])
def test_of_a_universal_file_the_arm64_image_is_read(wide: bool) -> None:
    images = {arch: write_macho(arch=arch, classes=(f"Of_{arch}",)) for arch in ("armv7", "arm64", "x86_64")}
    macho = read_macho(write_fat(images, wide=wide))
    assert macho.archs == ("armv7", "arm64", "x86_64")
    assert [image.classes for image in macho.images] == [("Of_arm64",)]


def test_of_a_universal_file_without_arm64_every_image_is_read() -> None:
    images = {arch: write_macho(arch=arch, classes=(f"Of_{arch}",)) for arch in ("armv7", "i386")}
    assert [image.classes for image in read_macho(write_fat(images)).images] == [("Of_armv7",), ("Of_i386",)]


def test_a_static_library_gives_what_its_members_define_and_import_from_outside() -> None:
    library = write_static_library(
        {
            "a.o": write_object(classes=("GeTuiSdk",), imports=("_OBJC_CLASS_$_GTSUtil", "_getifaddrs")),
            "a_rather_long_member_name.o": write_object(classes=("GTSUtil",), imports=("_sysctl",)),
        }
    )
    for data in (library, write_fat({"arm64": library})):
        image = one(data)
        assert (image.kind, image.classes, image.imports) == ("static", ("GTSUtil", "GeTuiSdk"), ("_getifaddrs", "_sysctl"))
        assert image.doubts == ()


def test_bitcode_in_a_static_library_is_a_doubt() -> None:
    image = one(write_static_library({"a.o": write_object(classes=("A",)), "b.o": b"BC\xc0\xde" + bytes(32)}))
    assert image.classes == ("A",)
    assert ["bitcode" in doubt.en for doubt in image.doubts] == [True]


@pytest.mark.parametrize("arch", ["arm64", "armv7"])
def test_an_object_gives_the_classes_its_symbols_define(arch: str) -> None:
    image = one(write_object(arch=arch, classes=("B", "_TtC1M1A"), imports=("_x",)))
    assert (image.kind, image.classes, image.imports) == ("object", ("B", "M.A"), ("_x",))


# -- what is recognised -------------------------------------------------------------------------------------------


def test_code_is_recognised_by_its_first_bytes() -> None:
    assert is_code(forged()[:8])
    assert is_code(forged("armv7")[:8])
    assert is_code(write_fat({"arm64": forged()})[:8])


@pytest.mark.parametrize("head", [b"", b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbe\0\0\0\x34", b"!<arch>\n", b"\x89PNG\r\n\x1a\n"])
def test_other_files_are_not_taken_for_code(head: bytes) -> None:
    assert not is_code(head)


# -- damage -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no Mach-O"),
        (b"\xfe\xed\xfa\xcf" + bytes(64), "big-endian"),
        (b"\xca\xfe\xba\xbe\0\0\0\x04", "cut short"),
        (b"!<arch>\n" + b"x" * 60, "damaged static library"),
        (write_static_library({"a.o": write_object()})[:-8], "cut short"),
        (b"!<arch>\n", "without Mach-O object files"),
        (write_static_library({"a.o": b"\x7fELF" + bytes(60)}), "without Mach-O object files"),
        (write_fat({"arm64": b"text, not code" * 4}), "no Mach-O image for arm64"),
    ],
)
def test_what_cannot_be_read_at_all_is_an_error(data: bytes, why: str) -> None:
    with pytest.raises(MachOError, match=why) as caught:
        read_macho(data)
    assert caught.value.reason.zh


def _doubts(data: bytes) -> list[str]:
    return [doubt.en for image in read_macho(data).images for doubt in image.doubts]


def test_an_image_cut_short_says_so() -> None:
    data = forged()
    for length in (len(data) // 2, len(data) - 100):
        assert any("run out of the file" in doubt or "runs out of the file" in doubt for doubt in _doubts(data[:length]))
    assert any("cut short" in doubt for doubt in _doubts(write_fat({"arm64": data})[: len(data)]))


def test_counts_and_sizes_that_cannot_be_are_doubts() -> None:
    data = bytearray(forged())
    many, huge, tiny = bytearray(data), bytearray(data), bytearray(data)
    many[16:20] = b"\xff\xff\xff\xff"
    huge[20:24] = b"\xff\xff\xff\xff"
    tiny[36:40] = bytes(4)
    assert any("fewer load commands" in doubt or "run out" in doubt for doubt in _doubts(bytes(many)))
    assert any("run out of the file" in doubt for doubt in _doubts(bytes(huge)))
    assert any("impossible length" in doubt for doubt in _doubts(bytes(tiny)))


def test_a_class_pointer_that_leads_nowhere_is_a_doubt_and_the_others_are_read() -> None:
    data = bytearray(forged())
    at = data.index(b"__objc_classlist")
    offset = struct.unpack_from("<I", data, at + 48)[0]
    data[offset : offset + 8] = b"\xff" * 8
    image = one(bytes(data))
    assert len(image.classes) == len(CLASSES) - 1
    assert "has 1 entries in its class list that cannot be read" in _doubts(bytes(data))


_SEEDS = [
    forged(),
    forged(pointer_format=6, signing=Signing(identifier="a", entitlements={"b": True})),
    forged("armv7", kind="dylib", stripped=False),
    forged("arm64e", 12),
    forged(encrypted=True, export_classes=True),
    write_static_library({"a.o": write_object(classes=("A",)), "b.o": write_object(classes=("B",))}),
]


def _image_or_error(data: bytes) -> None:
    try:
        shown = repr(read_macho(data))
    except MachOError as error:
        shown = error.reason.zh
    assert shown.encode("utf-8")


@given(st.binary(max_size=300))
@example(b"\xca\xfe\xba\xbe\0\0\0\x01")
def test_any_bytes_give_images_or_a_macho_error(data: bytes) -> None:
    _image_or_error(data)


@given(st.sampled_from([b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe\0\0\0\1", b"!<arch>\n"]), st.binary())
def test_any_bytes_after_a_magic_give_images_or_a_macho_error(magic: bytes, data: bytes) -> None:
    _image_or_error(magic + data)


@given(
    st.sampled_from(_SEEDS),
    st.lists(st.tuples(st.integers(0, 2**20), st.binary(min_size=1, max_size=8)), max_size=4),
    st.integers(0, 4000),
)
def test_any_damage_gives_images_or_a_macho_error(seed: bytes, patches: list[tuple[int, bytes]], reach: int) -> None:
    data = bytearray(seed)
    for at, patch in patches:
        at %= reach or len(data)
        data[at : at + len(patch)] = patch
    _image_or_error(bytes(data))


@given(st.sampled_from(_SEEDS[:-1]), st.integers(0, 2**20))
def test_any_truncation_that_loses_a_class_leaves_a_doubt_or_an_error(seed: bytes, length: int) -> None:
    whole = {name for image in read_macho(seed).images for name in image.classes}
    try:
        macho = read_macho(seed[: length % len(seed)])
    except MachOError:
        return
    found = {name for image in macho.images for name in image.classes}
    assert found <= whole
    assert found == whole or any(image.doubts for image in macho.images)


# -- other readers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["execute", "dylib"])
@pytest.mark.parametrize(("arch", "pointer_format"), FORMATS)
def test_lief_reads_the_same(tmp_path: Path, arch: str, pointer_format: int, kind: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lief
    path = tmp_path / "image"
    signing = Signing(identifier="com.example", entitlements={"get-task-allow": True})
    path.write_bytes(forged(arch, pointer_format, kind, stripped=False, signing=signing))
    fat = lief.MachO.parse(str(path))
    assert fat is not None
    parsed = fat.at(0)
    assert isinstance(parsed, lief.MachO.Binary)
    assert lief.MachO.check_layout(parsed) == (True, "")
    image = one(path.read_bytes())
    names = [library.name for library in parsed.libraries if library.name != "@rpath/Forged.framework/Forged"]
    assert names == [library.name for library in image.libraries]
    undefined = {symbol.name for symbol in parsed.symbols if symbol.raw_type == 0x01}
    assert undefined == set(image.imports)
    assert {binding.symbol.name for binding in parsed.bindings if binding.symbol} == set(image.imports)
    assert parsed.build_version is not None
    assert parsed.build_version.minos[:2] == [12, 0]
    assert parsed.has_code_signature


@pytest.mark.peer
@pytest.mark.parametrize("arch", ["arm64", "armv7", "x86_64"])
def test_llvm_reads_the_same_without_complaint(tmp_path: Path, arch: str) -> None:
    if shutil.which("llvm-objdump") is None:
        pytest.skip("llvm-objdump is not installed (Debian package llvm)")
    path = tmp_path / "image"
    path.write_bytes(forged(arch))

    def run(*arguments: str) -> str:
        done = subprocess.run([*arguments, str(path)], capture_output=True, text=True, errors="replace", check=True)
        assert done.stderr == ""
        return done.stdout

    image = one(path.read_bytes())
    names = re.findall(r"^ +name 0x[0-9a-f]+ (.+)$", run("llvm-objdump", "--macho", "--objc-meta-data"), re.MULTILINE)
    assert set(names) == set(CLASSES)
    used = run("llvm-objdump", "--macho", "--dylibs-used").splitlines()[1:]
    assert [line.split(" (")[0].strip() for line in used] == [library.name for library in image.libraries]
    assert set(run("llvm-nm", "-u", "--just-symbol-name").split()) == set(image.imports)
    for arguments in (
        ("llvm-objdump", "--macho", "--private-headers"),
        ("llvm-objdump", "--macho", "--rebase", "--bind", "--exports-trie"),
        ("llvm-objdump", "--macho", "--indirect-symbols"),
        ("llvm-objdump", "--macho", "--disassemble"),
        ("llvm-readobj", "--all"),
    ):
        assert run(*arguments)


def test_the_same_recipe_gives_the_same_bytes() -> None:
    assert forged(encrypted=True) == forged(encrypted=True)

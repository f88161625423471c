"""What an image refers to: selectors, strings and imports of those that are looked for, and the methods that use them."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.extract.ios import arm64, references
from auditor.extract.ios.macho import Image, MachOError, Reference, read_macho
from auditor.extract.ios.objc import Memory, Method, Section, methods
from auditor.extract.lens import Lens
from auditor.model import FactKind
from tests.forge.macho import FOUNDATION, SYSTEM, write_fat, write_macho, write_object, write_static_library

UIDEVICE, PASTEBOARD = "_OBJC_CLASS_$_UIDevice", "_OBJC_CLASS_$_UIPasteboard"
LENS = Lens(
    selectors={"identifierForVendor": frozenset(), "a:b:": frozenset(), "string": frozenset({PASTEBOARD})},
    strings=frozenset({"ASIdentifierManager", "en0"}),
    symbols=frozenset({UIDEVICE, "_getifaddrs"}),
)
FORMATS = [("arm64", 0), ("arm64", 2), ("arm64", 6), ("arm64e", 1), ("arm64e", 9), ("arm64e", 12)]


def image(data: bytes, lens: Lens = LENS) -> Image:
    (found,) = read_macho(data, lens).images
    return found


def told(data: bytes, lens: Lens = LENS) -> set[tuple[str, str, str]]:
    """Return (kind, name, place) of what is referred to."""
    found = image(data, lens)
    assert found.doubts == ()
    return {(one.kind.value, one.name, one.at) for one in found.references}


# -- the image as a whole -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("arch", "form"), [*FORMATS, ("x86_64", 0), ("armv7", 0), ("arm64_32", 0), ("i386", 0)])
def test_selectors_and_strings_of_a_linked_image(arch: str, form: int) -> None:
    data = write_macho(
        arch=arch,
        pointer_format=form,
        classes=("Own",),
        selectors=("other", "identifierForVendor", "a:b:c:"),
        strings=("xen0", "en0", "ASIdentifierManagerX"),
    )
    assert told(data) == {("selector", "identifierForVendor", "__objc_selrefs"), ("literal", "en0", "__cstring")}


def test_a_method_that_is_only_defined_is_not_referred_to() -> None:
    data = write_macho(classes=("Own",), methods={"Own": {"identifierForVendor": ["@other"]}})
    assert told(data) == set()


def test_names_of_methods_may_stand_among_the_strings() -> None:
    data = write_macho(selectors=("identifierForVendor", "en0"), strings=("ASIdentifierManager",))
    pooled = data.replace(b"__objc_methname\0", b"__cstring".ljust(16, b"\0"))
    assert told(pooled) == {("selector", "identifierForVendor", "__objc_selrefs"), ("literal", "ASIdentifierManager", "__cstring")}


def test_nothing_is_looked_for_without_a_lens() -> None:
    data = write_macho(selectors=("identifierForVendor",), strings=("en0",))
    assert told(data, Lens()) == set()


def test_an_encrypted_image_shows_no_reference() -> None:
    data = write_macho(selectors=("identifierForVendor",), strings=("en0",), encrypted=True)
    assert image(data).references == ()


@pytest.mark.parametrize("arch", ["arm64", "armv7", "x86_64", "i386"])
@pytest.mark.parametrize("by_symbol", [True, False])
def test_selectors_of_an_object_follow_its_relocations(arch: str, by_symbol: bool) -> None:
    data = write_object(
        arch=arch,
        classes=("Own",),
        imports=(UIDEVICE,),
        selectors=("a:b:", "other"),
        method_names=("identifierForVendor",),
        strings=("en0",),
        by_symbol=by_symbol,
    )
    assert told(data) == {("selector", "a:b:", "__objc_selrefs"), ("literal", "en0", "__cstring")}


def test_a_static_library_refers_to_what_its_members_do() -> None:
    data = write_static_library(
        {
            "a.o": write_object(selectors=("identifierForVendor",)),
            "b.o": write_object(selectors=("a:b:",), strings=("ASIdentifierManager",)),
            "c.o": write_object(selectors=("a:b:",)),
        }
    )
    assert told(write_fat({"arm64": data})) == {
        ("selector", "identifierForVendor", "__objc_selrefs"),
        ("selector", "a:b:", "__objc_selrefs"),
        ("literal", "ASIdentifierManager", "__cstring"),
    }


# -- the methods that use them ------------------------------------------------------------------------------------


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize(("arch", "form"), FORMATS)
def test_the_method_that_uses_a_name_is_told(arch: str, form: int, relative: bool) -> None:
    data = write_macho(
        arch=arch,
        pointer_format=form,
        classes=("Own", "Vendor"),
        methods={
            "Own": {"start": ["@other"], "stop": ["@a:b:"]},
            "Vendor": {"ask": ["+UIDevice", "@identifierForVendor", "_getifaddrs"], "find": ['"ASIdentifierManager']},
        },
        relative_methods=relative,
    )
    assert told(data) == {
        ("selector", "a:b:", "-[Own stop]"),
        ("selector", "identifierForVendor", "-[Vendor ask]"),
        ("symbol", UIDEVICE, "-[Vendor ask]"),
        ("symbol", "_getifaddrs", "-[Vendor ask]"),
        ("literal", "ASIdentifierManager", "-[Vendor find]"),
    }


def test_a_common_selector_counts_beside_its_class_only() -> None:
    own = {"Own": {"show": ["@string"], "read": ["+UIPasteboard", "@string"]}}
    (found,) = image(write_macho(classes=("Own",), methods=own)).references
    assert found == Reference(FactKind.SELECTOR, "string", "-[Own read]", ("Own",), (PASTEBOARD,))


def test_a_common_selector_never_beside_its_class_is_left_out() -> None:
    data = write_macho(classes=("Own",), methods={"Own": {"show": ["@string"], "read": ["+UIPasteboard"]}})
    assert told(data) == set()


def test_a_common_selector_of_code_that_is_not_looked_into_is_the_images() -> None:
    data = write_macho(arch="x86_64", selectors=("string",), imports={PASTEBOARD: FOUNDATION})
    assert told(data) == {("selector", "string", "__objc_selrefs")}


def test_one_class_is_told_once_for_each_name() -> None:
    data = write_macho(classes=("Own",), methods={"Own": {"a": ["@a:b:", "@a:b:"], "b": ["@a:b:"]}})
    assert told(data) == {("selector", "a:b:", "-[Own a]")}


def test_classes_stand_in_the_order_of_linking() -> None:
    assert image(write_macho(classes=("Zebra", "Apple", "Mango"))).linked == ("Zebra", "Apple", "Mango")


def test_a_function_between_two_methods_has_them_around_it() -> None:
    functions = arm64.Functions(
        [0x100, 0x200, 0x300, 0x400],
        [
            Method(address=0x100, class_="A", selector="a", on_class=True),
            Method(address=0x300, class_="B", selector="b", on_class=False),
        ],
    )
    assert functions.owner(functions.start(0x1F0)) == ("+[A a]", ("A",))
    assert functions.owner(functions.start(0x2FC)) == ("+[A a] … -[B b]", ("A", "B"))
    assert functions.owner(functions.start(0x400)) == ("", ())
    assert functions.owner(functions.start(0x50)) == ("", ())


# -- instructions -------------------------------------------------------------------------------------------------


def code(words: list[int], address: int = 0x4000) -> tuple[Memory, list[Section]]:
    data = struct.pack(f"<{len(words)}I", *words)
    memory = Memory(
        data=data,
        base=0,
        size=len(data),
        pointer_size=8,
        segments=((address, address + len(data), 0),),
        pointer_format=0,
        text_address=address,
    )
    return memory, [Section("__TEXT", "__text", address, 0, len(data))]


NOP, ADRP_X8, LDR_X0_X8_16, ADD_X9_X9_32, ADD_X8_X8_32 = 0xD503201F, 0x90000008, 0xF9400900, 0x91008129, 0x91008108


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([ADRP_X8, LDR_X0_X8_16], {0x4004: "slot"}),
        ([ADRP_X8, NOP, NOP, LDR_X0_X8_16], {0x400C: "slot"}),
        ([ADRP_X8, LDR_X0_X8_16, ADD_X8_X8_32, LDR_X0_X8_16], {0x4004: "slot", 0x4008: "string"}),
        ([ADRP_X8, ADD_X9_X9_32], {}),
        ([ADRP_X8, 0x94000100, LDR_X0_X8_16], {}),  # a call does not keep x8
        ([ADRP_X8, 0xD63F0120, LDR_X0_X8_16], {}),
        ([0x90000014, 0x94000100, 0xF9400A80], {0x4008: "slot"}),  # it keeps x20
        ([ADRP_X8, 0xAA0003E8, LDR_X0_X8_16], {}),  # mov x8, x0
        ([0x90000014, 0xA94153F3, 0xF9400A80], {}),  # ldp x19, x20, [sp, #16]
        ([ADRP_X8, *[NOP] * 256, LDR_X0_X8_16], {}),
        ([NOP, NOP, 0x10000080, NOP], {}),  # adr x0, . + 16
        ([0x10000080], {0x4000: "slot"}),
        ([0x58000080], {0x4000: "slot"}),  # ldr x0, . + 16
        ([NOP, 0x94000007], {0x4004: "stub"}),
        ([NOP] * 9 + [0x97FFFFFF], {0x4024: "stub"}),
        ([NOP, 0x14000007], {0x4004: "stub"}),
        ([NOP, 0x94000008], {}),
        ([0xFFFFFFFF] * 20, {}),
    ],
)
def test_instructions_that_take_an_address(words: list[int], found: dict[int, str]) -> None:
    memory, sections = code(words)
    assert dict(arm64.uses(memory, sections, {0x4010: "slot", 0x4020: "string"}, {0x4020: "stub"})) == found


@given(st.lists(st.integers(0, 2**32 - 1), max_size=64), st.dictionaries(st.integers(0, 2**20), st.just("x"), max_size=9))
def test_any_words_give_places_inside_of_them(words: list[int], names: dict[int, str]) -> None:
    memory, sections = code(words)
    for address, _ in arm64.uses(memory, sections, names, names):
        assert 0x4000 <= address < 0x4000 + 4 * len(words)


@given(st.binary(max_size=64), st.integers(0, 2**40))
def test_function_starts_grow(data: bytes, first: int) -> None:
    starts = arm64.function_starts(data, first)
    assert starts == sorted(set(starts))
    assert len(starts) <= len(data)


# -- damage -------------------------------------------------------------------------------------------------------


@given(
    st.binary(max_size=80) | st.lists(st.sampled_from([0x40, 0x61, 0, 0x70, 0x90, 0xB3, 0xC0, 0xFF, 0x7F, 1]), max_size=40).map(bytes)
)
def test_any_bind_opcodes_come_to_an_end(codes: bytes) -> None:
    found = references.bound_slots(codes, [0, 0x4000], 8, {"a", ""})
    assert all(0 <= place < 1 << 64 for places in found.places.values() for place in places)


def test_binds_repeated_beyond_measure_are_cut_off() -> None:
    codes = b"\x40a\0\x70\x00" + b"\xc0" + b"\xff" * 8 + b"\x01" + b"\x00"
    assert len(references.bound_slots(codes, [0], 8, {"a"}).places["a"]) < 3_000_000


_SEEDS = [
    write_macho(
        arch=arch,
        pointer_format=form,
        classes=("Own", "Vendor"),
        selectors=("other",),
        strings=("en0",),
        imports={"_getifaddrs": SYSTEM},
        methods={"Vendor": {"ask": ["+UIDevice", "@identifierForVendor", '"en0', "_getifaddrs"]}, "Own": {"a": ["@string"]}},
        relative_methods=relative,
    )
    for arch, form, relative in (("arm64", 0, False), ("arm64", 6, True), ("arm64e", 12, True))
] + [write_object(classes=("Own",), selectors=("a:b:",), strings=("en0",), by_symbol=by_symbol) for by_symbol in (True, False)]


def _names(data: bytes) -> set[tuple[str, str]]:
    return {(one.kind.value, one.name) for one in image(data).references}


_WHOLE = [_names(seed) for seed in _SEEDS]


@settings(max_examples=300)
@given(st.integers(0, len(_SEEDS) - 1), st.integers(0, 2**16), st.binary(min_size=1, max_size=8))
def test_damage_ends_in_an_image_or_an_error(number: int, at: int, patch: bytes) -> None:
    seed = _SEEDS[number]
    at %= len(seed)
    with contextlib.suppress(MachOError):
        read_macho(seed[:at] + patch + seed[at + len(patch) :], LENS)


@settings(max_examples=200)
@given(st.integers(0, len(_SEEDS) - 1), st.integers(0, 2**16))
def test_an_image_cut_short_loses_nothing_in_silence(number: int, at: int) -> None:
    seed = _SEEDS[number]
    try:
        found = read_macho(seed[: at % len(seed)], LENS)
    except MachOError:
        return
    (one,) = found.images
    assert one.doubts or {(reference.kind.value, reference.name) for reference in one.references} == _WHOLE[number]


def test_references_that_lead_nowhere_are_said() -> None:
    data = bytearray(write_macho(selectors=("identifierForVendor", "other")))
    sections = data.index(b"__objc_selrefs")
    at = int.from_bytes(data[sections + 48 : sections + 52], "little")
    data[at + 8 : at + 16] = b"\xff" * 8
    found = image(bytes(data))
    assert [one.name for one in found.references] == ["identifierForVendor"]
    assert [doubt.en for doubt in found.doubts] == ["has 1 references to selectors that cannot be read"]


def test_sections_over_each_other_are_not_read_again_and_again() -> None:
    data = bytearray(write_macho(selectors=("identifierForVendor",), strings=("en0",)))
    at = data.index(b"__cstring")
    data[at + 40 : at + 52] = len(data).to_bytes(8, "little") + bytes(4)
    found = image(bytes(data))
    assert found.references == ()
    assert "has sections that overlap; what it refers to was not looked for" in {doubt.en for doubt in found.doubts}


def test_a_string_a_million_times_over_is_found_a_thousand_times() -> None:
    memory, _ = code([])
    content = b"\0en0" * 100_000 + b"\0"
    memory = Memory(
        data=content, base=0, size=len(content), pointer_size=8, segments=(), pointer_format=0, text_address=0
    )
    found = references.literals(memory, [Section("__TEXT", "__cstring", 0, 0, len(content))], {"en0"})
    assert len(found.places["en0"]) == 1000


@given(st.binary(max_size=300), st.sampled_from([0, 1, 2, 6, 9, 12]))
def test_any_bytes_give_methods(data: bytes, form: int) -> None:
    memory = Memory(
        data=data,
        base=0,
        size=len(data),
        pointer_size=8,
        segments=((0, len(data), 0), (1 << 32, (1 << 32) + len(data), 0)),
        pointer_format=form,
        text_address=1 << 32,
    )
    sections = [
        Section("__DATA", name, 0, 0, len(data)) for name in ("__objc_classlist", "__objc_catlist", "__objc_selrefs", "__cfstring")
    ]
    assert all(method.class_ for method in methods(memory, sections))
    assert references.selectors(memory, sections, {"a"}).places == {}
    references.constant_strings(memory, sections, references.Found({"a": [0]}))

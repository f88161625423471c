"""The dynamic names of a native library, and which Java methods they implement."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.extract import extract
from auditor.extract.android.elf import dynamic_names, java_method
from auditor.extract.lens import Lens
from auditor.model import FactKind, Table
from tests.forge.apk import simple_apk
from tests.forge.archive import Entry, write_zip
from tests.forge.elf import ABIS, write_elf

MAP = ["Java_com_acme_map_Engine_draw", "Java_com_acme_map_Engine_clear", "JNI_OnLoad", "acme_version"]


def names(data: bytes) -> set[str] | None:
    found = dynamic_names(lambda count: data[:count])
    return None if found is None else {name.decode() for name in found}


# -- the table ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("abi", ABIS)
def test_the_names_of_every_abi_are_read(abi):
    assert names(write_elf("libmap.so", abi=abi, exports=MAP)) == {*MAP, "libmap.so", "libc.so"}


def test_strings_of_the_code_are_no_names():
    data = write_elf("libmap.so", exports=MAP, strings=["Java_com_other_A_b", "a sentence", "libc.so", "\x7fno"])
    assert names(data) == {*MAP, "libmap.so", "libc.so"}


def test_no_more_is_read_than_it_takes():
    data = write_elf("libmap.so", exports=MAP) + bytes(30 << 20)
    asked = []

    def first(count):
        asked.append(count)
        return data[:count]

    assert dynamic_names(first) is not None
    assert sum(asked) < 1 << 20


def test_a_table_that_goes_on_is_read_to_its_end():
    exports = [f"Java_com_acme_map_Engine_method{number:05}" for number in range(9_000)]
    assert names(write_elf("libmap.so", exports=exports)) == {*exports, "libmap.so", "libc.so"}


@pytest.mark.parametrize(
    "data",
    [b"", b"\x7fELF", b"MZ" + bytes(400), write_elf("libx.so", needed=()), write_elf("libx.so")[4:]],
    ids=["empty", "short", "other", "asks for no library", "no magic"],
)
def test_what_has_no_such_table_has_no_names(data):
    assert names(data) is None


@given(st.binary(max_size=400), st.integers(0, 900), st.integers(0, 900))
def test_damage_is_read_or_not_and_never_raises(other, at, end):
    data = write_elf("libmap.so", exports=MAP)
    names_ = dynamic_names(lambda count: (data[:at] + other + data[end:])[:count])
    assert names_ is None or all(isinstance(name, bytes) for name in names_)


# -- names of methods -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("symbol", "method"),
    [
        ("Java_com_acme_map_Engine_draw", ("com.acme.map.Engine", "draw")),
        ("Java_com_acme_my_1map_Engine_draw_1all", ("com.acme.my_map.Engine", "draw_all")),
        ("Java_com_acme_Engine_00024Inner_draw", ("com.acme.Engine$Inner", "draw")),
        ("Java_com_acme_Engine_draw__Ljava_lang_String_2I", ("com.acme.Engine", "draw")),
        ("Java_com_acme_Engine_draw___3B", ("com.acme.Engine", "draw")),
        ("Java_com_acme_Engine_draw__", ("com.acme.Engine", "draw")),
        ("Java_com_acme_Engine__1draw", ("com.acme.Engine", "_draw")),
        ("Java_com_acme_Engine_caf_000e9", ("com.acme.Engine", "café")),
        ("Java_Engine_draw", None),
        ("Java_com_acme_", None),
        ("Java_", None),
        ("Java__", None),
        ("Java_com_2acme_Engine_draw", None),
        ("Java_com_0zzzz_Engine_draw", None),
        ("JNI_OnLoad", None),
        ("_Java_com_acme_Engine_draw", None),
        ("Java_" + "a_" * 500 + "b", None),
    ],
)
def test_the_method_a_symbol_implements(symbol, method):
    assert java_method(symbol.encode()) == method


@given(st.binary(max_size=60))
def test_any_symbol_is_a_method_or_none(rest):
    method = java_method(b"Java_" + rest)
    assert method is None or all(method)


# -- in an app ------------------------------------------------------------------------------------------------------


def app(**libraries: bytes) -> bytes:
    files = {path.replace("__", "/").replace("_so", ".so").replace("arm64", "arm64-v8a"): data for path, data in libraries.items()}
    return simple_apk(files=files)


def methods(build):
    return [(fact.name, fact.value, fact.by, fact.location.file, fact.location.at) for fact in build.of(FactKind.NATIVE_METHODS)]


def test_an_app_says_which_methods_its_libraries_implement(read):
    elf = write_elf("libmap.so", exports=MAP)
    build = read(app(lib__arm64__libmap_so=elf, lib__x86__libmap_so=elf, lib__x86__libonly_so=write_elf("x", exports=MAP[1:2])))
    assert methods(build) == [
        ("com.acme.map.Engine", "1", "libonly.so", "lib/x86/libonly.so", MAP[1]),
        ("com.acme.map.Engine", "2", "libmap.so", "lib/arm64-v8a/libmap.so", MAP[1]),
    ]
    assert [(fact.name, fact.value) for fact in build.of(FactKind.NATIVE_LIBRARY)] == [
        ("libmap.so", "arm64-v8a"),
        ("libmap.so", "x86"),
        ("libonly.so", "x86"),
    ]


def test_what_only_bears_the_name_of_a_library_is_listed_and_not_read(read):
    build = read(app(lib__arm64__libdata_so=b"anything", lib__arm64__libempty_so=b""))
    assert [fact.name for fact in build.of(FactKind.NATIVE_LIBRARY)] == ["libdata.so", "libempty.so"]
    assert methods(build) == []


def test_only_the_symbols_looked_for_are_recorded(tmp_path):
    path = tmp_path / "app.apk"
    path.write_bytes(app(lib__arm64__libmap_so=write_elf("libmap.so", exports=MAP)))
    build = extract(path, lens=Lens(native=frozenset({"acme_version", "other"})))
    assert [(fact.name, fact.by) for fact in build.of(FactKind.NATIVE_SYMBOL)] == [("acme_version", "libmap.so")]


def test_an_android_library_s_own_are_read_too(tmp_path):
    path = tmp_path / "map.aar"
    elf = write_elf("libmap.so", exports=MAP)
    files = {"AndroidManifest.xml": b"<manifest package='com.acme'/>", "R.txt": b"", "jni/x86/libmap.so": elf}
    path.write_bytes(write_zip([Entry(name=name, data=data) for name, data in files.items()]))
    assert methods(extract(path)) == [("com.acme.map.Engine", "2", "libmap.so", "jni/x86/libmap.so", MAP[1])]


def test_a_library_that_cannot_be_inflated_is_a_gap(read):
    elf = write_elf("libmap.so", exports=MAP, strings=[f"text {number}" for number in range(40_000)])
    data = bytearray(app(lib__arm64__libmap_so=elf))
    at = data.find(b"lib/arm64-v8a/libmap.so") + 3_000
    data[at : at + 400] = bytes(range(200)) * 2
    gaps = [gap for gap in read(bytes(data)).gaps if gap.location.file.endswith("libmap.so")]
    assert [gap.hides >= {Table.SDKS} for gap in gaps] == [True] * len(gaps)
    assert gaps

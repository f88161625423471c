"""Mappings of R8 and ProGuard: what is read of them, and what is said of those that are none."""

from __future__ import annotations

import hashlib
import string
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.beside.mapping import NameMap, open_mapping
from auditor.errors import SideFileError

R8 = """\
# compiler: R8
# compiler_version: 8.1.56
# min_api: 21
# common_typos_disable
# {"id":"com.android.tools.r8.mapping","version":"2.2"}
"""
BODY = """\
com.vendor.Foo -> a.b.c:
# {"id":"sourceFile","fileName":"Foo.java"}
    java.lang.String deviceId -> a
    int[] counts -> b
    1:4:void <init>():12:15 -> <init>
    1:1:java.lang.String read(android.content.Context):20:20 -> a
    2:2:java.lang.String com.vendor.Util.trim(java.lang.String):7:7 -> a
    2:2:java.lang.String read(android.content.Context):21 -> a
    3:9:boolean read(int,long[]):30:36 -> a
    1:1:void com.vendor.Moved.start(com.vendor.Bar):4:4 -> b
    1:1:void gone(com.vendor.Bar,int):8:8 -> d
    # {"id":"com.android.tools.r8.residualsignature","signature":"(La/b/d;)V"}
com.vendor.Bar -> a.b.d:
com.vendor.Gone -> R8$$REMOVED$$CLASS$$3:
    1:1:void inlined():3:3 -> x
com.example.MainActivity -> com.example.MainActivity:
    void onCreate(android.os.Bundle) -> onCreate
"""


def mapping(tmp_path: Path, text: str = R8 + BODY, name: str = "mapping.txt") -> NameMap:
    path = tmp_path / name
    path.write_bytes(text.encode())
    return open_mapping(path)


def refused(tmp_path: Path, text: str | bytes) -> str:
    path = tmp_path / "mapping.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SideFileError) as caught:
        read_whole(path)
    return caught.value.message


def read_whole(path: Path) -> None:
    names = open_mapping(path)
    for class_ in names.originals:
        names.members(class_)


def test_classes_are_read_by_their_names_in_the_build_and_what_was_removed_is_left_out(tmp_path: Path) -> None:
    assert mapping(tmp_path).originals == {
        "a.b.c": "com.vendor.Foo",
        "a.b.d": "com.vendor.Bar",
        "com.example.MainActivity": "com.example.MainActivity",
    }


@pytest.mark.parametrize(
    ("written", "original"),
    [
        ("a.b.c.a(Landroid/content/Context;)Ljava/lang/String;", "com.vendor.Foo.read"),
        ("a.b.c.a(I[J)Z", "com.vendor.Foo.read"),
        ("a.b.c.b(La/b/d;)V", "com.vendor.Moved.start"),
        ("a.b.c.d(La/b/d;)V", "com.vendor.Foo.gone"),
        ("a.b.c.<init>()V", "com.vendor.Foo.<init>"),
        ("a.b.c.kept()V", "com.vendor.Foo.kept"),
        ("com.example.MainActivity.onCreate(Landroid/os/Bundle;)V", "com.example.MainActivity.onCreate"),
        ("java.lang.String.valueOf(I)V", None),
    ],
)
def test_a_method_is_told_by_its_parameters(tmp_path: Path, written: str, original: str | None) -> None:
    head, _, descriptor = written.partition("(")
    class_, _, name = head.rpartition(".")
    assert mapping(tmp_path).method(class_, name, f"({descriptor}") == original


def test_the_frame_of_a_caller_belongs_to_the_method_and_the_code_inlined_into_it_does_not(tmp_path: Path) -> None:
    names = mapping(tmp_path)
    assert {(one.class_, one.name) for one in names.members("a.b.c") if one.written == "a"} == {
        ("", "deviceId"),
        ("", "read"),
    }


def test_overloads_renamed_to_one_name_are_ambiguous_where_the_parameters_fit_none(tmp_path: Path) -> None:
    names = mapping(tmp_path, "p.A -> a:\n    void one(int) -> a\n    void two(long) -> a\n")
    assert names.method("a", "a", "(I)V") == "p.A.one"
    assert names.method("a", "a", "(J)V") == "p.A.two"
    assert names.method("a", "a", "(Z)V") is None


def test_fields_types_and_descriptors_get_their_names_back(tmp_path: Path) -> None:
    names = mapping(tmp_path)
    assert names.field("a.b.c.a") == "com.vendor.Foo.deviceId"
    assert names.field("a.b.d.a") == "com.vendor.Bar.a"
    assert names.field("android.net.Uri.EMPTY") == "android.net.Uri.EMPTY"
    assert names.type_("[[La/b/c;") == "com.vendor.Foo[][]"
    assert names.type_("[Z") == "boolean[]"
    assert names.descriptor("(La/b/c;I[La/b/d;)La/b;") == "(Lcom/vendor/Foo;I[Lcom/vendor/Bar;)La/b;"


def test_the_header_s_id_is_read_and_its_hash_held_against_the_rest(tmp_path: Path) -> None:
    digest = hashlib.sha256(BODY.encode()).hexdigest()
    head = f"{R8}# pg_map_id: {digest[:7]}\n# pg_map_hash: SHA-256 {digest}\n"
    assert (mapping(tmp_path, head + BODY).map_id, mapping(tmp_path, head + BODY).whole) == (digest[:7], True)
    assert not mapping(tmp_path, head + BODY.replace("boolean", "int")).whole
    assert mapping(tmp_path, R8 + BODY).whole


def test_comments_blank_lines_and_carriage_returns_change_nothing(tmp_path: Path) -> None:
    plain = mapping(tmp_path)
    odd = mapping(tmp_path, f"\n# by hand\n{BODY}".replace("com.vendor.Bar ->", "\n\ncom.vendor.Bar ->").replace("\n", "\r\n"), "odd.txt")
    assert odd.originals == plain.originals
    assert odd.members("a.b.c") == plain.members("a.b.c")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "mapping.txt is no mapping: it names no class"),
        ("# compiler: R8\n", "mapping.txt is no mapping: it names no class"),
        ("p.A -> a:\nrubbish\n", "mapping.txt:2: 'rubbish' is no line of a mapping; expected com.example.Foo -> a.b:"),
        ("p.A -> a\n", "mapping.txt:1: 'p.A -> a' is no line of a mapping; expected com.example.Foo -> a.b:"),
        ("p.A -> a:\n    void x()\n", "mapping.txt:2: 'void x()' is no line of a mapping; expected [1:2:]type"),
        ("p.A -> a:\n    void -> a\n", "mapping.txt:2: 'void -> a' is no line of a mapping; expected [1:2:]type"),
        ("    int x -> a\n", "mapping.txt:1: 'int x -> a' is no line of a mapping; expected a class"),
        ("p.A -> a:\np.B -> a:\n", "mapping.txt:2: a stands for p.A already, and cannot for p.B too"),
        (b"p.A -> a:\n\xff\xfe -> b:\n", "mapping.txt:2: is not written in UTF-8"),
        (b"PK\3\4\0\0\0", "mapping.txt:1: 'PK"),
        ("x" * 100, f"mapping.txt:1: '{'x' * 57}...' is no line"),
    ],
)
def test_what_is_no_mapping_is_refused_with_its_line(tmp_path: Path, text: str | bytes, said: str) -> None:
    assert refused(tmp_path, text).startswith(said)


def test_a_file_that_cannot_be_opened_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SideFileError, match="cannot be opened"):
        open_mapping(tmp_path / "missing.txt")
    with pytest.raises(SideFileError, match="cannot be opened"):
        open_mapping(tmp_path)


NAME = st.text(string.ascii_letters + "$_éß类", min_size=1, max_size=6)
CLASS = st.lists(NAME, min_size=1, max_size=3).map(".".join)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(CLASS, st.tuples(CLASS, st.dictionaries(NAME, NAME, max_size=4)), min_size=1, max_size=6))
def test_what_is_written_is_read(tmp_path: Path, classes: dict[str, tuple[str, dict[str, str]]]) -> None:
    text = ""
    for written, (original, fields) in classes.items():
        text += f"{original} -> {written}:\n" + "".join(f"    int {old} -> {new}\n" for new, old in fields.items())
    names = mapping(tmp_path, text)
    assert names.originals == {written: original for written, (original, _) in classes.items()}
    for written, (_, fields) in classes.items():
        assert {one.written: one.name for one in names.members(written)} == fields


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, len(BODY) - 1), st.binary(max_size=3)), min_size=1, max_size=8))
def test_a_damaged_mapping_is_read_or_refused(tmp_path: Path, edits: list[tuple[int, bytes]]) -> None:
    data = bytearray(BODY.encode())
    for at, new in edits:
        data[at : at + len(new)] = new
    path = tmp_path / "mapping.txt"
    path.write_bytes(bytes(data))
    with suppress(SideFileError):
        read_whole(path)

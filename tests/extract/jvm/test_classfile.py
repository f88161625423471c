"""Class files: what they define, declare and refer to, and what is said of broken ones."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from auditor.extract.jvm.classfile import ClassFile, ClassFileError, Declared, Member, is_class_file, read_class
from tests.forge.classfile import MODULE, Field, write_class

_FULL = write_class(
    "com.example.Outer$Inner",
    parent="com.example.Base",
    interfaces=["java.lang.Runnable", "com.example.Api"],
    fields=[Field("NAME", value="1.2.3"), Field("BIG", "J", 1 << 40), Field("HALF", "D", 0.5), Field("FEW", "I", -7), Field("plain", "Z")],
    methods=["run()V", "find(I[J)Ljava/lang/String;"],
    refers=[
        "android.telephony.TelephonyManager.getDeviceId()Ljava/lang/String;",
        "android.os.Build.SERIAL:Ljava/lang/String;",
        "@com.example.Api.call(I)V",
        "[Lcom.example.Enum;.clone()Ljava/lang/Object;",
    ],
    classes=["[[Lcom.example.Element;", "[I", "com.example.Other"],
    strings=["imei", "设备标识", "nul\0 and 😀", ""],
)


@pytest.fixture(scope="module")
def full() -> ClassFile:
    return read_class(_FULL)


def test_a_class_says_what_it_is(full: ClassFile) -> None:
    assert (full.name, full.parent, full.version) == ("com.example.Outer$Inner", "com.example.Base", 52)
    assert full.interfaces == ("java.lang.Runnable", "com.example.Api")
    assert hash(full) == hash(read_class(_FULL))


def test_fields_and_methods_are_declared_with_their_constants(full: ClassFile) -> None:
    assert [(one.name, one.descriptor, one.constant) for one in full.fields] == [
        ("NAME", "Ljava/lang/String;", "1.2.3"),
        ("BIG", "J", 1 << 40),
        ("HALF", "D", 0.5),
        ("FEW", "I", -7),
        ("plain", "Z", None),
    ]
    assert full.methods == (
        Declared("run", "()V", 0x101),
        Declared("find", "(I[J)Ljava/lang/String;", 0x101),
    )


def test_members_referred_to_have_owner_name_descriptor_and_kind(full: ClassFile) -> None:
    assert full.members() == (
        Member("android.telephony.TelephonyManager", "getDeviceId", "()Ljava/lang/String;", "method"),
        Member("android.os.Build", "SERIAL", "Ljava/lang/String;", "field"),
        Member("com.example.Api", "call", "(I)V", "interface-method"),
        Member("[Lcom.example.Enum;", "clone", "()Ljava/lang/Object;", "method"),
    )


def test_classes_referred_to_are_named_once_and_arrays_by_their_element(full: ClassFile) -> None:
    assert full.classes() == (
        "android.os.Build",
        "android.telephony.TelephonyManager",
        "com.example.Api",
        "com.example.Base",
        "com.example.Element",
        "com.example.Enum",
        "com.example.Other",
        "java.lang.Runnable",
    )


def test_string_literals_are_decoded_from_modified_utf8(full: ClassFile) -> None:
    assert full.strings() == ("1.2.3", "imei", "设备标识", "nul\0 and 😀", "")


@pytest.mark.parametrize("version", [45, 50, 52, 55, 61, 65, 69, 99])
def test_versions_differ_in_nothing_that_matters_here(version: int) -> None:
    found = read_class(write_class("a.B", version=version))
    assert (found.name, found.version) == ("a.B", version)


def test_every_type_of_constant_is_stepped_over() -> None:
    entries = [
        struct.pack(">BBH", 15, 6, 1),  # method handle
        struct.pack(">BH", 16, 1),  # method type
        struct.pack(">BHH", 17, 0, 1),  # dynamic
        struct.pack(">BHH", 18, 0, 1),  # invokedynamic
        struct.pack(">BH", 19, 1),  # module
        struct.pack(">BH", 20, 1),  # package
        struct.pack(">Bf", 4, 1.5),
    ]
    found = read_class(write_class("a.B", extra=entries, strings=["behind them"]))
    assert found.strings() == ("behind them",)


def test_the_largest_constant_pool_is_read() -> None:
    found = read_class(write_class("a.Big", strings=["first"], fill_pool=0xFFFF))
    assert (found.name, found.strings()) == ("a.Big", ("first",))


def test_many_references_to_one_long_name_cost_no_more_than_one() -> None:
    long = "a." * 16_000 + "B"
    alias = struct.pack(">BH", 7, 7)
    data = write_class("a.B", parent="p", classes=[long])
    pool_end = data.index(alias) + len(alias)
    many = 60_000
    crowded = data[:8] + struct.pack(">H", int.from_bytes(data[8:10], "big") + many) + data[10:pool_end] + alias * many + data[pool_end:]
    found = read_class(crowded)
    assert found.classes() == (long, "p")


def test_object_and_modules_have_no_parent() -> None:
    assert read_class(write_class("java.lang.Object", parent="")).parent == ""
    assert read_class(write_class("module-info", parent="", access=MODULE)).access == MODULE


def test_a_universal_mach_o_file_is_no_class_file() -> None:
    assert not is_class_file(b"\xca\xfe\xba\xbe\0\0\0\x02")
    assert not is_class_file(b"\xca\xfe\xba\xbe\0\0")
    assert is_class_file(_FULL[:8])


def _set(data: bytes, at: int, value: int) -> bytes:
    return data[:at] + struct.pack(">H", value) + data[at + 2 :]


_PLAIN = write_class("a.B")
_BODY = _PLAIN.rindex(struct.pack(">HHHH", 0x21, 2, 4, 0))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "does not start like one"),
        (b"\xca\xfe\xba\xbe\0\0\0\x02" + bytes(40), "does not start like one"),
        (_PLAIN[:-1], "cut short"),
        (_PLAIN[:30], "cut short"),
        (_PLAIN[:10], "cut short"),
        (_PLAIN + b"\0", "behind its end"),
        (_set(_PLAIN, 8, 0), "index|cut short"),
        (_set(_PLAIN, 8, 0xFFFF), "unknown type|cut short"),
        (_set(_PLAIN, _BODY + 2, 0), "index 0"),
        (_set(_PLAIN, _BODY + 2, 1), "index 1"),
        (_set(_PLAIN, _BODY + 2, 0xFFFF), "index 65535"),
        (_set(_PLAIN, _BODY + 4, 3), "index 3"),
        (_set(_PLAIN, _BODY + 6, 9), "index|cut short"),
        (write_class("a.B", extra=[b"\x02\0\0"]), "unknown type 2"),
        (write_class("a.B", extra=[struct.pack(">BH", 1, 0xFFFF)]), "cut short"),
        (write_class("[La/B;"), "impossible name"),
        (write_class(""), "impossible name"),
        (write_class("a" * 5000), "impossible name"),
        (write_class("a.B", fields=[Field("F", "I", 1)]).replace(b"ConstantValue", b"constantvalue"), None),
    ],
)
def test_broken_class_files_say_what_is_wrong(data: bytes, why: str | None) -> None:
    if why is None:
        assert read_class(data).fields[0].constant is None
        return
    with pytest.raises(ClassFileError, match=why) as caught:
        read_class(data)
    assert re.search("[\u4e00-\u9fff]", caught.value.reason.zh)


def test_a_name_with_a_dot_in_it_is_no_class_name() -> None:
    # the writer turns dots into slashes, as compilers do
    data = write_class("a.B").replace(b"\0\x03a/B", b"\0\x03a.B")
    with pytest.raises(ClassFileError, match="impossible name"):
        read_class(data)


@pytest.mark.parametrize(
    ("entry", "asked"),
    [
        (struct.pack(">BH", 7, 9999), "classes"),
        (struct.pack(">BH", 8, 2), "strings"),
        (struct.pack(">BHH", 10, 2, 2), "members"),
        (struct.pack(">BHH", 9, 1, 9999), "members"),
    ],
)
def test_a_reference_that_leads_nowhere_is_an_error_when_it_is_asked_for(entry: bytes, asked: str) -> None:
    found = read_class(write_class("a.B", extra=[entry]))
    assert found.name == "a.B"
    with pytest.raises(ClassFileError, match="constant pool is wrong"):
        getattr(found, asked)()


@settings(deadline=None)
@given(st.binary(max_size=200))
@example(b"\xff\xff")
def test_any_bytes_are_a_class_or_an_error(tail: bytes) -> None:
    for data in (tail, b"\xca\xfe\xba\xbe\0\0\0\x34" + tail):
        try:
            found = read_class(data)
        except ClassFileError:
            continue
        assert found.name


@settings(deadline=None)
@given(st.integers(0, len(_FULL) - 1), st.binary(min_size=1, max_size=8))
def test_any_damage_gives_a_class_or_an_error(at: int, patch: bytes) -> None:
    try:
        found = read_class(_FULL[:at] + patch + _FULL[at + len(patch) :])
        said = (found.classes(), found.members(), found.strings())
    except ClassFileError:
        return
    assert repr(said).encode("utf-8")


@settings(deadline=None)
@given(st.integers(0, len(_FULL) - 1))
def test_a_cut_is_never_a_class(length: int) -> None:
    with pytest.raises(ClassFileError):
        read_class(_FULL[:length])


_NAMES = st.lists(st.text(st.characters(codec="utf-8", exclude_characters=".;[/"), min_size=1, max_size=8), min_size=1, max_size=4)


@settings(deadline=None)
@given(_NAMES, st.lists(st.text(st.characters(codec="utf-8"), max_size=20), unique=True))
def test_names_and_strings_come_back_as_they_were_written(parts: list[str], strings: list[str]) -> None:
    found = read_class(write_class(".".join(parts), strings=strings))
    assert found.name == ".".join(parts)
    assert found.strings() == tuple(strings)


@pytest.mark.peer
def test_javap_reads_the_same_class(tmp_path, full: ClassFile) -> None:
    javap = shutil.which("javap")
    if javap is None:
        pytest.skip("javap is not installed (Debian package default-jdk-headless)")
    file = tmp_path / "Inner.class"
    file.write_bytes(_FULL)
    said = subprocess.run([javap, "-v", "-p", file], capture_output=True, text=True, encoding="utf-8", check=True, timeout=60).stdout
    assert re.search(r"^public class (\S+) extends (\S+)", said, re.MULTILINE).groups() == (full.name, full.parent)
    references = re.findall(r"= (Field|Method|InterfaceMethod)ref +\S+ +// (\S+)\.\"?([^\s:\"]+)\"?:(\S+)$", said, re.MULTILINE)
    kinds = {"Field": "field", "Method": "method", "InterfaceMethod": "interface-method"}
    assert full.members() == tuple(
        Member(owner.strip('"').replace("/", "."), name, descriptor, kinds[kind]) for kind, owner, name, descriptor in references
    )

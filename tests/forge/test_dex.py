"""DEX files are what dexdump and androguard say they are: every class, method, field, call and constant asked for."""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loguru import logger

from tests.forge.conftest import Peer
from tests.forge.dex import (
    ABSTRACT,
    INTERFACE,
    NATIVE,
    PUBLIC,
    Array,
    Call,
    Cast,
    Class,
    ClassLiteral,
    Field,
    GetField,
    Local,
    Method,
    New,
    Param,
    PutField,
    Raw,
    Return,
    Super,
    This,
    Throw,
    Unless,
    write_dex,
)

logger.disable("androguard")

DEVICE_ID = "android.telephony.TelephonyManager.getDeviceId()Ljava/lang/String;"
MANY = "com.a.Main.many(IJDLjava/lang/Object;IIZ)J"

MAIN = Class(
    name="com.a.Main",
    superclass="android.app.Activity",
    interfaces=["com.a.Watcher"],
    source="Main.java",
    fields=[
        Field(name="VERSION", static=True, value="1.2.3"),
        Field(name="LEVEL", type="I", static=True, value=-7),
        Field(name="DEBUG", type="Z", static=True, value=1),
        Field(name="unset", type="J", static=True),
        Field(name="count", type="J"),
    ],
    methods=[
        Method(
            name="onCreate(Landroid/os/Bundle;)V",
            body=[
                Super(),
                Call("com.a.Main.getSystemService(Ljava/lang/String;)Ljava/lang/Object;", ["phone"], This(), keep="s"),
                Cast(Local("s"), "android.telephony.TelephonyManager", "phone"),
                Call(DEVICE_ID, on=Local("phone"), keep="id"),
                Unless(Local("id"), [Call("com.a.Main.native_()V", on=This())]),
                PutField("com.a.Main.VERSION:Ljava/lang/String;", Local("id")),
                PutField("com.a.Main.count:J", 1 << 40, on=This(), static=False),
                GetField("com.a.Main.count:J", "n", on=This(), static=False),
                Array(["android.permission.CAMERA", Local("id")], "wanted"),
                Call("com.a.Main.requestPermissions([Ljava/lang/String;I)V", [Local("wanted"), 7], This()),
                Call(MANY, [1, Local("n"), None, ClassLiteral("com.a.Other")], kind="static", keep="m"),
                New("java.lang.Error", "error"),
                Throw(Local("error")),
            ],
        ),
        Method(name="many(IJDLjava/lang/Object;IIZ)J", static=True, body=[Return(Param(1))]),
        Method(name="native_()V", access=PUBLIC | NATIVE, code=False),
        Method(name="changed()V", calls=["static java.lang.System.gc()V", "interface com.a.Watcher.changed()V"]),
        Method(name="<clinit>()V", static=True, access=0),
    ],
)
WATCHER = Class(
    name="com.a.Watcher",
    access=PUBLIC | INTERFACE | ABSTRACT,
    methods=[Method(name="changed()V", access=PUBLIC | ABSTRACT, code=False)],
)
OTHER = Class(name="com.a.Other", superclass="com.a.Main")


def _calls(data: bytes) -> dict[str, list[str]]:
    """Return every invoke by caller, as androguard reads it."""
    from androguard.core.dex import DEX

    dex = DEX(data)
    calls: dict[str, list[str]] = {}
    for method in dex.get_encoded_methods():
        if method.get_code() is not None:
            lines = [i.get_output() for i in method.get_instructions() if i.get_name().startswith("invoke")]
            calls[f"{method.get_class_name()}{method.get_name()}"] = [line[line.index("L") + 1 :] for line in lines]
    return calls


def _classes(data: bytes) -> set[str]:
    from androguard.core.dex import DEX

    return {cls.get_name() for cls in DEX(data).get_classes()}


def test_calls_are_those_of_the_recipe() -> None:
    calls = _calls(write_dex([OTHER, MAIN, WATCHER]))
    assert calls["Lcom/a/Main;onCreate"] == [
        "android/app/Activity;->onCreate(Landroid/os/Bundle;)V",
        "com/a/Main;->getSystemService(Ljava/lang/String;)Ljava/lang/Object;",
        "android/telephony/TelephonyManager;->getDeviceId()Ljava/lang/String;",
        "com/a/Main;->native_()V",
        "com/a/Main;->requestPermissions([Ljava/lang/String; I)V",
        "com/a/Main;->many(I J D Ljava/lang/Object; I I Z)J",
        "java/lang/Error;-><init>()V",
    ]
    assert calls["Lcom/a/Main;changed"] == ["java/lang/System;->gc()V", "com/a/Watcher;->changed()V"]
    assert calls["Lcom/a/Other;<init>"] == ["com/a/Main;-><init>()V"]


def test_an_empty_method_calls_nothing() -> None:
    data = write_dex([Class(name="a.B", constructor=False, methods=[Method(name="run()V")])])
    assert _calls(data) == {"La/B;run": []}


@pytest.mark.peer
def test_dexdump_disassembles_it(peer: Peer, tmp_path: Path) -> None:
    path = tmp_path / "classes.dex"
    path.write_bytes(write_dex([OTHER, MAIN, WATCHER], strings=["\0", "😀", "\uffff"]))
    dump = peer("dexdump", "-d", path)
    assert 'value         : "1.2.3"' in dump
    assert "value         : -7" in dump
    assert "value         : true" in dump
    assert "const-wide v0, #double" in dump
    assert re.search(r"check-cast v\d+, Landroid/telephony/TelephonyManager;", dump)
    assert "aput-object" in dump
    assert "if-eqz" in dump
    assert "throw" in dump
    assert "Main.java" in dump
    assert dump.index("'Lcom/a/Watcher;'") < dump.index("'Lcom/a/Main;'") < dump.index("'Lcom/a/Other;'")


@pytest.mark.peer
def test_dexdump_verifies_the_checksum(peer: Peer, tmp_path: Path) -> None:
    path = tmp_path / "classes.dex"
    path.write_bytes(write_dex([MAIN]))
    assert "Checksum verified" in peer("dexdump", "-c", path)


PART = st.text(st.characters(categories=("L", "Nd", "So")), min_size=1, max_size=4)
CLASS_NAMES = st.sets(st.lists(PART, min_size=1, max_size=3).map(".".join), max_size=8)


@settings(max_examples=40, deadline=None)
@given(CLASS_NAMES)
def test_any_class_names_are_read_back(names: set[str]) -> None:
    data = write_dex(Class(name=name) for name in names)
    assert _classes(data) == {f"L{name.replace('.', '/')};" for name in names}


@given(st.sets(st.text(max_size=5), max_size=12))
def test_strings_are_sorted_by_utf16_code_unit(strings: set[str]) -> None:
    from androguard.core.dex import DEX

    data = write_dex([], strings=strings)
    assert list(DEX(data).get_strings()) == sorted(strings, key=lambda text: text.encode("utf-16-be", "surrogatepass"))


def test_order_of_the_recipe_changes_no_byte() -> None:
    assert write_dex([OTHER, MAIN, WATCHER]) == write_dex([WATCHER, OTHER, MAIN])


def test_a_class_may_descend_from_itself() -> None:
    loop = [Class(name="a.A", superclass="a.B"), Class(name="a.B", superclass="a.A")]
    assert _classes(write_dex(loop)) == {"La/A;", "La/B;"}


def test_damage_keeps_checksum_and_signature_right() -> None:
    def patch(dex: bytearray) -> None:
        dex[0x60:0x64] = struct.pack("<I", 0xFFFFFF)

    data = write_dex([MAIN], patch=patch)
    assert data[0x60:0x64] == b"\xff\xff\xff\0"
    assert data[8:12] == struct.pack("<I", zlib.adler32(data[12:]))


def test_raw_units_are_written_as_given() -> None:
    data = write_dex([Class(name="a.B", methods=[Method(name="x()V", body=[Raw([0xFFFF, 0x0E])])])])
    assert b"\xff\xff\x0e\x00" in data


@pytest.mark.parametrize(
    "method",
    [
        Method(name="no descriptor"),
        Method(name="x(Q)V"),
        Method(name="x()V", calls=["com.a.B.missing"]),
        Method(name="x()V", body=[Call("a.B.c()V", kind="sideways")]),
        Method(name="x()V", body=[Call("a.B.c()V", [1])]),
        Method(name="x()V", body=[Call("a.B.c()V", keep="nothing")]),
        Method(name="x()V", static=True, body=[Super()]),
        Method(name="x()V", static=True, body=[Return(This()), Call("a.B.c()V", on=This())]),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused(method: Method) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        write_dex([Class(name="a.B", methods=[method])])

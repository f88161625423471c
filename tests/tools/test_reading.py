"""Archives in archives, DEX and smali all give the same: class, literals."""

from __future__ import annotations

import io
import zipfile

from hypothesis import given
from hypothesis import strategies as st

from tests.forge.classfile import Pool
from tests.tools.test_classcode import compiled
from tools.fingerprints.reading import read_artefact, read_smali


def zipped(**members: bytes) -> bytes:
    """A ZIP archive; ``__`` in a name stands for a dot."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "."), data)
    return out.getvalue()


def speaking(name: str, text: str) -> bytes:
    """A class that loads one literal."""
    pool = Pool()
    return compiled(b"\x12" + bytes([pool.string(text)]) + b"\xb1", pool=pool, name=name)


def test_an_aar_is_read_through_its_jars():
    jar = zipped(A__class=speaking("a.A", "in the jar"), broken__class=b"\xca\xfe\xba\xbe\0")
    aar = zipped(classes__jar=jar, res__txt=b"nothing", libs__jar=zipped(B__class=speaking("b.B", "in a library")))
    assert read_artefact(aar) == {"a.A": frozenset({"in the jar"}), "b.B": frozenset({"in a library"})}


def test_archives_are_not_followed_for_ever():
    data = speaking("a.A", "too deep")
    for _ in range(5):
        data = zipped(inner__jar=data) if data[:2] == b"PK" else zipped(A__class=data)
    assert read_artefact(data) == {}


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_left_out(data):
    assert isinstance(read_artefact(data), dict)
    assert isinstance(read_artefact(b"PK\x03\x04" + data), dict)
    assert isinstance(read_artefact(b"dex\n035\0" + data), dict)


SMALI = rb"""
.class public final La/b/C$D;
.super Ljava/lang/Object;
.method public a()V
    const-string v0, "plain text"
    const-string/jumbo p1, "tab\there \"quoted\" \u4f60\u597d back\\slash"
    const v1, 0x7f
    # const-string v2, "a comment"
.end method
"""


def test_smali_is_read_with_its_escapes():
    name, literals = read_smali(SMALI)
    assert name == "a.b.C$D"
    assert literals == {"plain text", 'tab\there "quoted" 你好 back\\slash'}


def test_a_pair_of_surrogates_is_one_character():
    assert read_smali(b'const-string v0, "smile \\ud83d\\ude00"')[1] == {"smile \U0001f600"}


@given(st.binary(max_size=200))
def test_any_bytes_are_smali_of_some_kind(data):
    name, literals = read_smali(b'.class La/B;\nconst-string v0, "' + data + b'"\n' + data)
    assert name == "a.B"
    assert isinstance(literals, frozenset)

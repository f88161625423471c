"""Compressed files among the assets: code in them is a gap, anything else is nothing."""

from __future__ import annotations

import gzip
import lzma
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.archive import Archive
from auditor.extract import extract
from auditor.extract.android.compressed import hidden_code
from auditor.model import Table
from tests.forge.apk import simple_apk
from tests.forge.archive import Entry, write_zip
from tests.forge.dex import Class, write_dex

DEX = write_dex([Class(name="a.B")])
JAR = write_zip([Entry(name="classes.dex", data=DEX)])
LATER = write_zip([Entry(name="readme.txt", data=b"x"), Entry(name="classes.dex", data=DEX)])
PICTURES = write_zip([Entry(name="icons/1.png", data=b"png"), Entry(name="icons/2.png", data=b"png")])
SEVEN = b"7z\xbc\xaf\x27\x1c\0\x04"
ZSTD = b"\x28\xb5\x2f\xfd\x24\0"


def hidden(tmp_path: Path, name: str, data: bytes) -> list[str]:
    """Return the gaps an asset leaves that hide code."""
    path = tmp_path / "app.apk"
    path.write_bytes(simple_apk(files={f"assets/{name}": data}))
    return [gap.reason.en for gap in extract(path).gaps if gap.hides == {Table.SDKS, Table.DATA} and gap.location.file == f"assets/{name}"]


@pytest.mark.parametrize(
    ("name", "data", "how"),
    [
        ("a.dex.xz", lzma.compress(DEX), "xz"),
        ("secondary.jar.xzs", lzma.compress(JAR), "xz"),
        ("a.bin", gzip.compress(DEX, mtime=0), "gzip"),
        ("b.bin", gzip.compress(LATER, mtime=0), "gzip"),
        ("pack.7z", SEVEN, "7z"),
        ("secondary.dex.zst", ZSTD, "zstd"),
    ],
)
def test_compressed_code_is_a_gap_that_says_how(tmp_path: Path, name: str, data: bytes, how: str) -> None:
    (reason,) = hidden(tmp_path, name, data)
    assert how in reason
    assert "ask the developer" in reason


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("model.xz", lzma.compress(b"weights" * 50)),
        ("log.gz", gzip.compress(b"lines\n" * 50, mtime=0)),
        ("model.zst", ZSTD),
        ("broken.xz", b"\xfd7zXZ\0" + b"x" * 40),
        ("broken.gz", b"\x1f\x8b\x08" + b"x" * 40),
        ("text.7z", b"7z is a format"),
        ("icons.data", gzip.compress(PICTURES, mtime=0)),
        ("cut.data", gzip.compress(b"PK\x03\x04\x14\0", mtime=0)),
    ],
)
def test_other_data_is_none(tmp_path: Path, name: str, data: bytes) -> None:
    assert hidden(tmp_path, name, data) == []


def test_plain_code_is_read_instead(tmp_path: Path) -> None:
    path = tmp_path / "app.apk"
    path.write_bytes(simple_apk(files={"assets/plugin.jar": JAR}))
    build = extract(path)
    assert [unit.classes for unit in build.code if unit.file == "assets/plugin.jar!/classes.dex"] == [("a.B",)]


@given(st.sampled_from([b"\xfd7zXZ\0", b"\x1f\x8b\x08", SEVEN, ZSTD, b""]), st.binary(max_size=80))
def test_any_bytes_are_looked_at(tmp_path_factory: pytest.TempPathFactory, start: bytes, rest: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "a.zip"
    path.write_bytes(write_zip([Entry(name="a", data=start + rest), Entry(name="b", data=b"end")]))
    with Archive.open(path) as archive:
        hidden_code(archive, "a", (start + rest)[:8])

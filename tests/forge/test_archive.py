"""The zip writer is sound where nothing is asked of it, and damaged exactly where it is."""

from __future__ import annotations

import io
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.forge.archive import DEFLATED, STORED, Entry, deflated_zeros, write_zip

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0/\\"), min_size=1, max_size=12)
FILES = st.dictionaries(NAMES, st.tuples(st.binary(max_size=64), st.sampled_from((STORED, DEFLATED)), st.booleans()))


def _open(data: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(data))


@given(FILES)
def test_zipfile_reads_back_what_was_written(files: dict[str, tuple[bytes, int, bool]]) -> None:
    data = write_zip(
        Entry(name=name, data=content, method=method, descriptor=descriptor)
        for name, (content, method, descriptor) in files.items()
    )
    with _open(data) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            name: content for name, (content, _, _) in files.items()
        }


@pytest.mark.parametrize("align", [1, 4, 4096])
def test_content_stands_where_it_is_asked_to(align: int) -> None:
    data = write_zip([Entry(name="a", data=b"x"), Entry(name="b", data=b"needle", align=align)])
    assert data.index(b"needle") % align == 0
    assert _open(data).testzip() is None


def test_a_name_that_is_not_ascii_says_it_is_utf8() -> None:
    data = write_zip([Entry(name="Payload/特购.app/", data=b"")])
    assert _open(data).namelist() == ["Payload/特购.app/"]


def test_a_name_can_be_utf8_without_saying_so() -> None:
    data = write_zip([Entry(name="特", utf8_flag=False)])
    assert _open(data).namelist() == ["特".encode().decode("cp437")]


def test_a_name_can_be_gbk() -> None:
    data = write_zip([Entry(name="特", encoding="gbk")])
    assert _open(data).namelist() == ["特".encode("gbk").decode("cp437")]


def test_an_encrypted_entry_asks_for_a_password() -> None:
    with _open(write_zip([Entry(name="a", data=b"x", encrypted=True)])) as archive, pytest.raises(RuntimeError):
        archive.read("a")


def test_a_wrong_crc_is_noticed() -> None:
    assert _open(write_zip([Entry(name="a", data=b"x", crc=1)])).testzip() == "a"


def test_a_bogus_method_stands_in_both_headers() -> None:
    with _open(write_zip([Entry(name="a", data=b"x", claimed_method=99)])) as archive:
        assert archive.getinfo("a").compress_type == 99
        with pytest.raises(NotImplementedError):
            archive.read("a")


def test_a_local_name_can_differ() -> None:
    with _open(write_zip([Entry(name="a", local_name="b")])) as archive, pytest.raises(zipfile.BadZipFile):
        archive.read("a")


def test_the_same_name_can_stand_twice() -> None:
    data = write_zip([Entry(name="a", data=b"first"), Entry(name="a", data=b"last")])
    assert [info.filename for info in _open(data).infolist()] == ["a", "a"]


def test_a_hidden_entry_is_in_the_bytes_only() -> None:
    data = write_zip([Entry(name="seen"), Entry(name="hidden", data=b"payload", hidden=True)])
    assert _open(data).namelist() == ["seen"]
    assert b"payload" in data


def test_an_archive_can_lack_its_end() -> None:
    with pytest.raises(zipfile.BadZipFile):
        _open(write_zip([Entry(name="a")], end=False))


def test_a_bomb_is_small_and_inflates_to_what_it_says() -> None:
    size = (5 << 20) + 3
    packed = deflated_zeros(size)
    assert len(packed) * 500 < size
    assert zlib.decompress(packed, -15) == bytes(size)


def test_a_bomb_of_ten_gigabytes_is_written_as_zip64() -> None:
    size = 10 << 30
    bomb = Entry(name="classes.dex", method=DEFLATED, packed=deflated_zeros(1 << 20), size=size)
    assert _open(write_zip([bomb])).getinfo("classes.dex").file_size == size

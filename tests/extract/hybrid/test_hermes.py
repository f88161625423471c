"""The string table of Hermes bytecode."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.extract.hybrid.hermes import HermesError, is_hermes, read_hermes
from tests.forge.hermes import write_hermes

STRINGS = ("", "getUniqueId", "位置信息", "https://api.example.com/" + "x" * 300, "注销账号" * 90, "RNDeviceInfo")


@pytest.mark.parametrize("version", [59, 76, 84, 94, 96, 97, 98, 99])
def test_strings_of_every_known_version_are_read(version: int) -> None:
    hermes = read_hermes(write_hermes(STRINGS, version=version))
    assert (hermes.version, hermes.strings, hermes.unreadable) == (version, STRINGS, 0)


@pytest.mark.parametrize("version", [1, 58, 100, 5000])
def test_an_unknown_version_says_what_to_ask_for(version: int) -> None:
    with pytest.raises(HermesError) as caught:
        read_hermes(write_hermes(STRINGS, version=version))
    assert str(version) in caught.value.reason.en
    assert "before it was compiled" in caught.value.reason.en


def test_a_script_is_no_bytecode() -> None:
    assert not is_hermes(b"var __BUN")
    with pytest.raises(HermesError):
        read_hermes(b"var a=1;" * 100)


def test_a_table_outside_the_file_is_an_error() -> None:
    data = write_hermes(STRINGS)
    with pytest.raises(HermesError):
        read_hermes(data[:140])
    with pytest.raises(HermesError):
        read_hermes(data[:60] + struct.pack("<I", 0xFFFFFFFF) + data[64:])


def test_a_string_outside_the_storage_is_counted() -> None:
    data = bytearray(write_hermes(["abc", "def"]))
    entries = data.index(struct.pack("<I", 3 << 24))
    struct.pack_into("<I", data, entries, 3 << 24 | 0x7FFF << 1)
    hermes = read_hermes(bytes(data))
    assert (hermes.strings, hermes.unreadable) == (("def",), 1)


@given(st.lists(st.text(st.characters(blacklist_categories=("Cs",)), max_size=300), max_size=12), st.sampled_from([60, 90, 99]))
def test_what_is_written_is_read(strings: list[str], version: int) -> None:
    assert list(read_hermes(write_hermes(strings, version=version)).strings) == strings


@given(st.binary(max_size=300), st.integers(0, 400))
def test_damage_is_an_error_or_fewer_strings(noise: bytes, at: int) -> None:
    sound = write_hermes(STRINGS)
    data = sound[:at] + noise + sound[at + len(noise) :]
    try:
        hermes = read_hermes(data)
    except HermesError:
        return
    assert sum(map(len, hermes.strings)) <= 2 * len(data)

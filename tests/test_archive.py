"""A build file is opened safely, whatever it is: entries as Android reads them, or one clear sentence."""

from __future__ import annotations

import contextlib
import os
import re
import struct
import time
import tracemalloc
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.archive import Archive, Limits, Unreadable
from auditor.archive import fast as fast_module
from auditor.errors import BuildError
from tests.forge.archive import DEFLATED, STORED, Entry, deflate, deflated_zeros, write_zip

TEXT = b"The quick brown fox jumps over the lazy dog. " * 40
EOCD = b"PK\5\6"


@pytest.mark.parametrize("fast", [True, False])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300), repeated=st.integers(1, 40), flip=st.none() | st.integers(0, 1 << 20), size=st.integers(-2, 2))
def test_both_ways_to_inflate_agree(
    monkeypatch: pytest.MonkeyPatch, fast: bool, content: bytes, repeated: int, flip: int | None, size: int
) -> None:
    if fast:
        pytest.importorskip("deflate")
    else:
        monkeypatch.setattr(fast_module, "_libdeflate", lambda: None)
    whole = content * repeated
    packed = bytearray(deflate(whole))
    if flip is not None:
        packed[flip % len(packed)] ^= 1 << flip % 8
    wanted = max(0, len(whole) + size)
    plain = None
    with contextlib.suppress(zlib.error):
        plain = zlib.decompressobj(-15).decompress(bytes(packed), wanted + 1)
    found = fast_module.inflated(memoryview(packed), wanted)
    if found != whole:
        found = fast_module.inflated(memoryview(packed), wanted, exact=True)
        assert found == plain
    if flip is None and size == 0:
        assert found == whole


@pytest.mark.parametrize("fast", [True, False])
@given(content=st.binary(max_size=300))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_ways_to_sum_up_agree(monkeypatch: pytest.MonkeyPatch, fast: bool, content: bytes) -> None:
    if fast:
        pytest.importorskip("deflate")
    else:
        monkeypatch.setattr(fast_module, "_libdeflate", lambda: None)
    assert fast_module.crc32(memoryview(content)) == zlib.crc32(content)
    assert fast_module.adler32(memoryview(content)) == zlib.adler32(content)


@pytest.fixture
def opened(tmp_path):
    """Open archives from bytes, and close them after the test."""
    archives = []

    def open_(data: bytes, limits: Limits | None = None) -> Archive:
        path = tmp_path / f"build{len(archives)}.apk"
        path.write_bytes(data)
        archives.append(Archive.open(path, limits))
        return archives[-1]

    yield open_
    for archive in archives:
        archive.close()


def refusal(path: Path) -> str:
    with pytest.raises(BuildError) as caught:
        Archive.open(path)
    message = str(caught.value)
    assert message.isprintable()
    assert caught.value.hint
    return message


def reason(call, *arguments) -> str:
    with pytest.raises(Unreadable) as caught:
        call(*arguments)
    assert re.search("[\u4e00-\u9fff]", caught.value.reason.zh)
    return caught.value.reason.en


# -- files that are no archive ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"hello, I am a text file\n" * 100, "is no ZIP archive"),
        (b"\x7fELF" + bytes(200), "is no ZIP archive"),
        (b"P", "is no ZIP archive"),
        (EOCD, "is no ZIP archive"),
        (b"PK\3\4" + bytes(1000), "is cut short"),
        (write_zip([Entry(name="a", data=TEXT)], end=False)[:20], "is cut short"),
        (write_zip([Entry(name="a", data=TEXT)])[len(TEXT) + 31 : -30], "is cut short"),
        (b"PK\1\2" + write_zip([Entry(name="a", data=TEXT)], directory=False)[-22:], "directory is damaged or cut off"),
    ],
)
def test_a_file_that_is_no_archive_is_refused_in_one_line(tmp_path, content, says):
    path = tmp_path / "text.apk"
    path.write_bytes(content)
    assert says in refusal(path)


def test_a_missing_file_is_named(tmp_path):
    path = tmp_path / "gone.apk"
    assert refusal(path) == f"{path} does not exist; check the path"


def test_a_path_through_a_file_does_not_exist(tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    assert "does not exist" in refusal(tmp_path / "file" / "a.apk")


def test_a_directory_is_refused(tmp_path):
    assert refusal(tmp_path).startswith(f"{tmp_path} is a directory")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every file")
def test_an_unreadable_file_is_refused(tmp_path):
    path = tmp_path / "secret.apk"
    path.write_bytes(write_zip([]))
    path.chmod(0)
    assert "may not be read" in refusal(path)


def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "secret.apk"
    path.write_bytes(write_zip([]))

    def denied(*_arguments, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("auditor.archive.open", denied, raising=False)
    assert refusal(path) == f"{path} may not be read; check the file's permissions"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_is_refused_without_waiting_for_its_writer(tmp_path):
    path = tmp_path / "pipe.apk"
    os.mkfifo(path)
    assert "is no regular file" in refusal(path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no devices on this system")
def test_a_device_is_refused():
    assert "is no regular file" in refusal(Path("/dev/zero"))


def test_a_path_that_is_none_is_refused():
    assert "is no path" in refusal(Path("a\0b.apk"))


def test_a_path_too_long_is_refused(tmp_path):
    assert "cannot be read" in refusal(tmp_path / ("x" * 5000))


@pytest.mark.parametrize("name", ["two\nlines.apk", "colour\x1b[31m.apk", "\udc80.apk"])
def test_a_strange_path_stays_on_one_line(tmp_path, name):
    assert "does not exist" in refusal(tmp_path / name)


# -- the directory ------------------------------------------------------------------------------------------------


def test_entries_stand_in_archive_order(opened):
    archive = opened(write_zip([Entry(name="b", data=b"1"), Entry(name="a/", data=b""), Entry(name="a/c", data=b"22")]))
    assert archive.names() == list(archive) == ["b", "a/", "a/c"]
    assert "a/c" in archive
    assert "c" not in archive
    assert archive.read("a/c") == b"22"
    assert archive.whole
    assert (archive.duplicates, archive.damaged) == ((), {})


def test_an_empty_archive_holds_nothing(opened):
    archive = opened(write_zip([]))
    assert list(archive) == []
    assert archive.whole


def test_size_and_hash_are_the_files_own(opened):
    archive = opened(write_zip([Entry(name="a", data=b"abc")]))
    assert archive.size == Path(archive.shown).stat().st_size
    assert re.fullmatch("[0-9a-f]{64}", archive.checksum())


def test_globs_cross_slashes_and_keep_case(opened):
    archive = opened(write_zip([Entry(name=name) for name in ("lib/a/x.so", "LIB/a/y.so", "lib/z.SO")]))
    assert archive.matching("lib/*.so") == ["lib/a/x.so"]


def test_an_unknown_name_is_a_key_error(opened):
    archive = opened(write_zip([]))
    with pytest.raises(KeyError):
        archive.read("a")
    with pytest.raises(KeyError):
        archive.magic("a")


def test_of_equal_names_the_first_is_read_and_said_so(opened):
    archive = opened(write_zip([Entry(name="a", data=b"first"), Entry(name="b"), Entry(name="a", data=b"second")]))
    assert archive.duplicates == ("a",)
    assert archive.read("a") == b"first"


@pytest.mark.parametrize(
    ("name", "encoding", "flag"),
    [
        ("Payload/特购.app/特购", "utf-8", True),
        ("Payload/特购.app/特购", "utf-8", False),
        ("资源/图标.png", "gbk", False),
        ("plain/name.txt", "utf-8", True),
        ("plain/name.txt", "utf-8", False),
    ],
)
def test_names_are_found_with_and_without_the_utf8_flag(opened, name, encoding, flag):
    archive = opened(write_zip([Entry(name=name, data=b"x", encoding=encoding, utf8_flag=flag)]))
    assert list(archive) == [name]
    assert archive.read(name) == b"x"
    assert archive.damaged == {}


def test_a_name_that_breaks_its_utf8_flag_is_still_an_entry(opened):
    archive = opened(write_zip([Entry(name=b"\xff\xfe", data=b"x", utf8_flag=True)]))
    (name,) = archive
    assert archive.read(name) == b"x"
    name.encode("utf-8")


def test_bytes_before_the_archive_shift_every_offset(opened):
    plain = write_zip([Entry(name="a", data=TEXT), Entry(name="b", data=b"second", method=DEFLATED)])
    shifted = opened(b"#!/bin/sh\nexit\n" + plain)
    assert (shifted.read("a"), shifted.read("b")) == (TEXT, b"second")
    counted = opened(write_zip([Entry(name="a", data=TEXT)], prefix=b"#!/bin/sh\n"))
    assert counted.read("a") == TEXT


@pytest.mark.parametrize("junk", [b"\0", b"junk" * 100, EOCD + b"\0" * 10, EOCD + b"\xff" * 40])
def test_junk_behind_the_archive_changes_nothing(opened, junk):
    archive = opened(write_zip([Entry(name="a", data=TEXT)], suffix=junk))
    assert archive.read("a") == TEXT


@pytest.mark.parametrize(
    "comment",
    [b"made by hand", EOCD, EOCD + bytes(17), b"x" * 100 + EOCD + b"\xff" * 30, write_zip([Entry(name="no")])[:-22] + b"x"],
)
def test_an_end_record_inside_the_comment_is_none(opened, comment):
    archive = opened(write_zip([Entry(name="a", data=TEXT)], comment=comment))
    assert list(archive) == ["a"]


def test_of_two_directories_the_one_android_goes_by_is_read(opened):
    """The offset as written counts, not the bytes right before the end record."""
    real = write_zip([Entry(name="real", data=b"r")])
    decoy = write_zip([Entry(name="fake", data=b"f")])
    end = bytearray(real[-22:])
    directory = decoy[decoy.index(b"PK\1\2") : -22]
    size = struct.unpack_from("<I", end, 12)[0]
    assert size == len(directory)
    assert list(opened(real[:-22] + directory + bytes(end))) == ["real"]


@pytest.mark.parametrize("claimed", [0, 1, 2, 3, 5, 500])
def test_a_directory_with_another_number_of_entries_is_read_to_its_end(opened, claimed):
    archive = opened(write_zip([Entry(name="a"), Entry(name="b")], entry_count=claimed))
    assert list(archive) == ["a", "b"]
    assert archive.recovered == (claimed > 2)
    assert kinds(archive) == ({"directory-lost"} if claimed > 2 else {"entry-count"} if claimed < 2 else set())


def test_a_count_past_65535_wraps_as_old_tools_write_it(opened):
    names = [f"{number:x}" for number in range(65_537)]
    archive = opened(write_zip([Entry(name=name) for name in names], entry_count=1))
    assert len(archive.entries) == 65_537


def test_too_many_entries_are_refused(tmp_path):
    path = tmp_path / "a.apk"
    path.write_bytes(write_zip([Entry(name=str(number)) for number in range(11)]))
    with pytest.raises(BuildError, match="more than 10 entries"):
        Archive.open(path, Limits(entries=10))


def test_a_directory_that_does_not_end_where_it_says_is_not_whole(opened):
    data = bytearray(write_zip([Entry(name="a"), Entry(name="classes.dex", data=b"x")]))
    at = data.rindex(b"PK\1\2")
    struct.pack_into("<H", data, at + 28, len("classes.de"))
    archive = opened(bytes(data))
    assert "classes.de" in archive
    assert not archive.whole


@pytest.mark.parametrize("method", [STORED, DEFLATED])
@pytest.mark.parametrize("descriptor", [False, True])
def test_of_every_cut_of_an_archive_the_whole_entries_are_read_and_the_cut_one_is_named(tmp_path, method, descriptor):
    parts = {"a": b"0123456789" * 5, "b": b"x" * 30, "empty": b""}
    whole = write_zip([Entry(name=name, data=data, method=method, descriptor=descriptor) for name, data in parts.items()])
    path = tmp_path / "cut.apk"
    least = 0
    for length in range(1, len(whole)):
        path.write_bytes(whole[:length])
        try:
            archive = Archive.open(path)
        except BuildError:
            assert least == 0
            continue
        with archive:
            assert archive.recovered
            assert {name: archive.read(name) for name in archive} == {name: parts[name] for name in archive}
            assert {*archive, *archive.lost} <= {*parts}
            assert len(archive.entries) >= least
            least = len(archive.entries)
    assert least == 3


def test_a_directory_that_is_half_there_still_tells_what_it_has(opened):
    """Sizes written behind the data of stored entries are known to the directory alone."""
    data = write_zip([Entry(name="a", data=b"PK\7\x08" * 9, descriptor=True), Entry(name="b", data=b"2"), Entry(name="c", data=b"3")])
    archive = opened(data[: data.rindex(b"PK\1\2") + 7])
    assert {name: archive.read(name) for name in archive} == {"a": b"PK\7\x08" * 9, "b": b"2", "c": b"3"}


def test_entries_the_directory_names_and_nobody_has_are_lost(opened):
    data = write_zip([Entry(name="a", data=TEXT), Entry(name="b", data=TEXT, offset=1 << 20)], end=False)
    archive = opened(data.replace(b"PK\3\4", b"PK\3\3", 2).replace(b"PK\3\3", b"PK\3\4", 1))
    assert (list(archive), archive.lost) == (["a"], ("b",))
    assert kinds(archive) == {"directory-lost", "no-data"}


def test_a_lost_directory_does_not_bring_back_what_was_taken_out(opened):
    """Build tools leave headers without a name where an entry was."""
    data = write_zip([Entry(name="", data=bytes(50)), Entry(name="a", data=TEXT)], end=False, directory=False)
    assert list(opened(data)) == ["a"]


def test_looking_for_lost_entries_ends_at_the_limit(opened):
    entries = [Entry(name=str(number), data=bytes(100_000), method=DEFLATED, descriptor=True) for number in range(9)]
    archive = opened(write_zip(entries, end=False, directory=False), Limits(total_bytes=350_000))
    assert archive.recovered
    assert len(archive.entries) < 9


def test_an_archive_that_lost_its_end_is_not_mistaken_for_one_inside_it(opened):
    inner = write_zip([Entry(name="AndroidManifest.xml", data=b"of another app")])
    outer = write_zip([Entry(name="a", data=TEXT), Entry(name="assets/plugin.apk", data=inner)])
    for damaged in (outer[: outer.index(inner) + len(inner)], outer[:-22] + b"PK\0\0" + outer[-18:]):
        archive = opened(damaged)
        assert list(archive) == ["a", "assets/plugin.apk"]
        assert archive.read("assets/plugin.apk") == inner


# -- what is odd --------------------------------------------------------------------------------------------------


def kinds(archive: Archive) -> set[str]:
    return {odd.kind.value for odd in archive.oddities()}


def test_a_sound_archive_has_nothing_odd(opened):
    assert kinds(opened(SAMPLE_SOUND)) == set()


@pytest.mark.parametrize("magic", [b"<hap sign block>", b"HAP Sig Block 42"])
def test_the_block_a_harmonyos_module_is_signed_with_is_nothing_odd(opened, magic):
    body = b"a signature"
    signed = body + struct.pack("<IQ16sI", 1, len(body) + 32, magic, 3)
    assert kinds(opened(write_zip([Entry(name="module.json", data=TEXT)], before_directory=signed))) == set()
    assert kinds(opened(write_zip([Entry(name="module.json", data=TEXT)], before_directory=b"more" + signed))) == {"unlisted-bytes"}


def test_a_file_in_a_name_of_many_directories_is_found_out(opened):
    deep = "a/" * 20_000
    archive = opened(write_zip([Entry(name=deep + "b"), Entry(name=deep + "b/c"), Entry(name=deep + "b-")]))
    assert [(odd.kind.value, odd.name) for odd in archive.oddities()] == [("file-and-directory", deep + "b")]


def test_what_is_compared_is_no_damage_of_what_was_read(opened):
    hidden = Entry(name="b", local_name="c", hidden=True)
    archive = opened(write_zip([Entry(name="a", data=TEXT), Entry(name="a", data=TEXT, crc=1), hidden]))
    assert kinds(archive) == {"duplicate-entry", "unlisted-entry"}
    assert (archive.damaged, archive.noted) == ({}, {})


def test_a_million_odd_entries_are_told_by_a_dozen_and_a_number(opened):
    archive = opened(write_zip([Entry(name=f"../{number}") for number in range(1000)]))
    odds = archive.oddities()
    assert len(odds) == 12
    assert {dict(odd.traits)["entries"] for odd in odds} == {"1000"}


def test_comparing_copies_ends_at_a_limit(opened, monkeypatch):
    monkeypatch.setattr("auditor.archive._COMPARED", 2 * len(TEXT))
    archive = opened(write_zip([Entry(name="a", data=TEXT)] * 9))
    (odd,) = archive.oddities()
    assert dict(odd.traits)["sha256"].count("unread") == 7


def test_as_an_asset_whatever_is_not_deflated_is_stored(opened):
    """So Android reads manifest and resources from version 9 on, even where the data inflates to what was claimed."""
    packed = deflate(TEXT)
    archive = opened(write_zip([Entry(name="a", data=TEXT, packed=packed, claimed_method=7), Entry(name="b", data=bytes(len(TEXT)))]))
    assert archive.read("a") == TEXT
    assert archive.read("a", asset=True)[: len(packed)] == packed
    (odd,) = archive.oddities()[:1]
    assert (odd.kind.value, dict(odd.traits)["readers"]) == ("unknown-method", "differ")


# -- zip64 --------------------------------------------------------------------------------------------------------


def zip64(entries: list[Entry], *, prefix: bytes = b"", at64: int | None = None) -> bytes:
    """Return an archive whose numbers all stand in the zip64 end record."""
    plain = write_zip(entries)
    count, size, start = struct.unpack_from("<HII", plain, len(plain) - 12)
    record_at = len(plain) - 22
    record = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, record_at if at64 is None else at64, 1)
    end = struct.pack("<4s4H2IH", EOCD, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return prefix + plain[:-22] + record + locator + end


def test_zip64_archives_are_read(opened):
    assert opened(zip64([Entry(name="a", data=TEXT)])).read("a") == TEXT
    assert opened(zip64([Entry(name="a", data=TEXT)], prefix=b"before")).read("a") == TEXT


def test_an_end_record_without_its_zip64_record_has_lost_its_directory(opened):
    archive = opened(zip64([Entry(name="a", data=TEXT)]).replace(b"PK\6\6", b"PK\6\0"))
    assert archive.recovered
    assert archive.read("a") == TEXT


def test_a_locator_that_points_anywhere_is_mended(opened):
    for at64 in (0, 7, 1 << 40, (1 << 64) - 1):
        assert opened(zip64([Entry(name="a", data=TEXT)], at64=at64)).read("a") == TEXT


def test_zip64_sizes_and_offsets_of_an_entry_are_read(opened):
    data = bytearray(write_zip([Entry(name="first"), Entry(name="a", data=TEXT, extra=bytes(28))]))
    at = data.rindex(b"PK\1\2")
    offset = struct.unpack_from("<I", data, at + 42)[0]
    struct.pack_into("<II", data, at + 20, 0xFFFFFFFF, 0xFFFFFFFF)
    struct.pack_into("<I", data, at + 42, 0xFFFFFFFF)
    struct.pack_into("<HHQQQ", data, at + 46 + 1, 1, 24, len(TEXT), len(TEXT), offset)
    archive = opened(bytes(data))
    assert archive.read("a") == TEXT
    assert archive.damaged == {}


def test_zip64_fields_that_are_not_there_make_an_entry_unreadable(opened):
    data = bytearray(write_zip([Entry(name="a", data=TEXT)]))
    struct.pack_into("<I", data, data.rindex(b"PK\1\2") + 42, 0xFFFFFFFF)
    archive = opened(bytes(data))
    assert "points at no data" in reason(archive.read, "a")
    assert archive.magic("a") == b""


# -- entries ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("descriptor", [False, True])
@pytest.mark.parametrize("method", [STORED, DEFLATED])
def test_sound_entries_are_read(opened, method, descriptor):
    archive = opened(write_zip([Entry(name="a", data=TEXT, method=method, descriptor=descriptor, align=4096)]))
    assert archive.read("a") == TEXT
    assert archive.magic("a") == TEXT[:8]
    assert archive.peek("a", 100) == TEXT[:100]
    assert archive.damaged == {}


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9])
@pytest.mark.parametrize("method", [STORED, DEFLATED])
def test_short_entries_have_short_magic(opened, method, size):
    archive = opened(write_zip([Entry(name="a", data=TEXT[:size], method=method)]))
    assert archive.magic("a") == TEXT[:size][:8]
    assert archive.read("a") == TEXT[:size]
    assert archive.damaged == {}


def test_encryption_that_is_only_claimed_is_not_believed(opened):
    entries = [Entry(name=str(method), data=TEXT, method=method, encrypted=True) for method in (STORED, DEFLATED)]
    archive = opened(write_zip(entries))
    for name in archive:
        assert archive.read(name) == TEXT
        assert archive.magic(name) == TEXT[:8]
    assert archive.damaged == {}


@pytest.mark.parametrize("method", [STORED, DEFLATED])
def test_an_encrypted_entry_says_so(opened, method):
    cipher = bytes(byte ^ 0xA5 for byte in (TEXT if method == STORED else deflate(TEXT)))
    archive = opened(write_zip([Entry(name="a", data=TEXT, method=method, packed=cipher, encrypted=True)]))
    assert "is encrypted" in reason(archive.read, "a")
    assert "is encrypted" in reason(archive.peek, "a")
    assert archive.magic("a") == b""


@pytest.mark.parametrize("claimed", [1, 9, 12, 99, 0x2B5C, 0xFFFF])
@pytest.mark.parametrize("method", [STORED, DEFLATED])
def test_an_unknown_method_is_read_by_what_the_data_is(opened, method, claimed):
    archive = opened(write_zip([Entry(name="a", data=TEXT, method=method, claimed_method=claimed)]))
    assert archive.read("a") == TEXT
    assert archive.magic("a") == TEXT[:8]
    assert archive.damaged == {}


def test_an_unknown_method_with_a_wrong_packed_size_is_stored_bytes(opened):
    archive = opened(write_zip([Entry(name="a", data=TEXT, claimed_method=14, packed_size=len(TEXT) // 2)]))
    assert archive.read("a") == TEXT
    assert archive.magic("a") == TEXT[:8]
    assert archive.damaged == {}


def test_methods_mixed_up_are_found_out(opened):
    """Neither a stored entry called deflated nor the reverse passes for sound."""
    archive = opened(
        write_zip(
            [
                Entry(name="stored", data=TEXT, claimed_method=DEFLATED),
                Entry(name="deflated", data=TEXT, method=DEFLATED, claimed_method=STORED),
                Entry(name="more", data=TEXT),
            ]
        )
    )
    assert "damaged" in reason(archive.read, "stored")
    assert "damaged" in reason(archive.peek, "stored")
    archive.peek("deflated")
    assert list(archive.damaged) == ["deflated"]


def test_a_wrong_checksum_is_damage(opened):
    archive = opened(write_zip([Entry(name="a", data=TEXT, crc=1), Entry(name="b", data=TEXT)]))
    assert archive.read("a") == archive.read("b") == TEXT
    assert list(archive.damaged) == ["a"]
    assert "CRC-32" in archive.damaged["a"].en


@pytest.mark.parametrize("offset", [0xFFFFFFFE, 1, 100_000])
def test_an_offset_that_leads_nowhere_is_unreadable(opened, offset):
    archive = opened(write_zip([Entry(name="a", data=TEXT, offset=offset), Entry(name="b", data=TEXT)]))
    assert "points at no data" in reason(archive.read, "a")
    assert archive.read("b") == TEXT


def test_an_offset_that_leads_to_another_entry_is_damage(opened):
    archive = opened(write_zip([Entry(name="innocent", data=TEXT), Entry(name="classes.dex", data=TEXT, offset=0)]))
    archive.peek("classes.dex")
    assert "another name" in archive.damaged["classes.dex"].en
    assert "innocent" not in archive.damaged


def test_another_name_in_the_local_header_is_damage(opened):
    archive = opened(write_zip([Entry(name="a", data=TEXT, local_name="bb")]))
    assert archive.read("a") == TEXT
    assert list(archive.damaged) == ["a"]


@pytest.mark.parametrize("method", [STORED, DEFLATED])
def test_a_wrong_length_in_the_local_header_is_noticed_at_the_first_look(opened, method):
    data = bytearray(write_zip([Entry(name="a", data=TEXT, method=method), Entry(name="b", data=TEXT)]))
    data[28] = 3
    archive = opened(bytes(data))
    try:
        archive.peek("a")
    except Unreadable:
        return
    assert list(archive.damaged) == ["a"]


def test_what_local_headers_say_besides_does_not_count(opened):
    archive = opened(write_zip([Entry(name="a", data=TEXT, method=DEFLATED, local_method=0, local_size=3)]))
    assert archive.read("a") == TEXT
    assert archive.damaged == {}


def test_a_stored_entry_longer_than_the_file_is_cut_off(opened):
    archive = opened(write_zip([Entry(name="a", data=TEXT, size=1 << 20, packed_size=1 << 20)]))
    assert "cut off" in reason(archive.read, "a")
    assert "cut off" in reason(archive.peek, "a")


def test_deflated_data_longer_than_the_file_is_cut_off(opened):
    archive = opened(write_zip([Entry(name="a", data=TEXT, method=DEFLATED, packed_size=1 << 20)]))
    assert "cut off" in reason(archive.read, "a")


@pytest.mark.parametrize("size", [1, len(TEXT) - 1, len(TEXT) + 1, 50_000_000])
def test_a_lie_about_the_inflated_size_is_found_out(opened, size):
    archive = opened(write_zip([Entry(name="a", data=TEXT, method=DEFLATED, size=size)]))
    assert "where the directory says" in reason(archive.read, "a")


def test_a_small_lie_does_not_hide_what_an_entry_starts_with(opened):
    """Eight bytes tell a DEX file; an entry that claims fewer must not slip through."""
    archive = opened(write_zip([Entry(name="a", data=TEXT, method=DEFLATED, size=3)]))
    assert "where the directory says 3" in reason(archive.peek, "a")
    stored = opened(write_zip([Entry(name="a", data=TEXT, size=3)]))
    stored.peek("a")
    assert list(stored.damaged) == ["a"]


def test_broken_deflate_data_is_unreadable(opened):
    archive = opened(write_zip([Entry(name="a", data=TEXT, method=DEFLATED, packed=b"\xff" * 50)]))
    assert "compressed data is damaged" in reason(archive.read, "a")
    assert "compressed data is damaged" in reason(archive.peek, "a")


def test_deflate_data_that_stops_early_is_unreadable(opened):
    archive = opened(write_zip([Entry(name="a", data=TEXT, method=DEFLATED, packed=deflate(TEXT)[:20])]))
    assert "inflates to" in reason(archive.read, "a")


def test_the_first_bytes_are_found_behind_empty_blocks(opened):
    packed = b"\x00\x00\x00\xff\xff" * 300 + deflate(TEXT)
    archive = opened(write_zip([Entry(name="a", data=TEXT, method=DEFLATED, packed=packed)]))
    assert archive.magic("a") == TEXT[:8]


def test_first_bytes_are_not_looked_for_without_end(opened):
    packed = b"\x00\x00\x00\xff\xff" * 200_000 + deflate(TEXT)
    archive = opened(write_zip([Entry(name="a", data=TEXT, method=DEFLATED, packed=packed)]))
    assert "compressed data is damaged" in reason(archive.peek, "a")
    assert archive.read("a") == TEXT


# -- limits -------------------------------------------------------------------------------------------------------


def test_a_zip_bomb_of_ten_gigabytes_is_not_inflated(opened):
    bomb = deflated_zeros(10 << 30)
    entries = [
        Entry(name="honest", packed=bomb, method=DEFLATED, size=10 << 30, crc=0),
        Entry(name="lying", packed=bomb, method=DEFLATED, size=4096, crc=0),
        Entry(name="sound", data=TEXT),
    ]
    data = write_zip(entries)
    archive = opened(data)
    tracemalloc.start()
    start = time.process_time()
    assert "over the limit" in reason(archive.read, "honest")
    assert "more than 4096 bytes" in reason(archive.read, "lying")
    assert archive.magic("honest") == archive.magic("lying") == bytes(8)
    assert archive.read("sound") == TEXT
    assert time.process_time() - start < 2
    assert tracemalloc.get_traced_memory()[1] < 64 << 20
    tracemalloc.stop()


def test_a_high_ratio_is_refused_only_above_a_size_that_matters(opened):
    size = (64 << 20) + 1
    archive = opened(
        write_zip(
            [
                Entry(name="big", packed=deflated_zeros(size), method=DEFLATED, size=size, crc=0),
                Entry(name="small", data=bytes(1 << 20), method=DEFLATED),
            ]
        )
    )
    assert "bomb" in reason(archive.read, "big")
    assert archive.read("small") == bytes(1 << 20)


def test_entries_that_share_their_bytes_share_one_budget(opened):
    entries = [Entry(name="0", data=bytes(50_000), method=DEFLATED)]
    entries += [
        Entry(name=str(number), packed=b"", method=DEFLATED, size=50_000, crc=zlib.crc32(bytes(50_000)), offset=0,
              packed_size=len(deflate(bytes(50_000))))
        for number in range(1, 10)
    ]
    archive = opened(write_zip(entries), Limits(total_bytes=200_000))
    assert [len(archive.read(str(number))) for number in range(4)] == [50_000] * 4
    assert "used up" in reason(archive.read, "5")


def test_callers_may_ask_for_less(opened):
    archive = opened(write_zip([Entry(name="a", data=TEXT)]))
    assert archive.read("a", len(TEXT)) == TEXT
    assert f"over the limit of {len(TEXT) - 1}" in reason(archive.read, "a", len(TEXT) - 1)


# -- archives in archives -----------------------------------------------------------------------------------------


def boxed(levels: int) -> bytes:
    data = b"the core"
    for level in range(levels, 0, -1):
        name = "core" if level == levels else f"{level + 1}.zip"
        data = write_zip([Entry(name=name, data=data, method=DEFLATED)])
    return data


def test_nested_archives_are_reached_three_deep_and_no_deeper(opened):
    archive = opened(boxed(5))
    for name in ("2.zip", "3.zip", "4.zip"):
        archive = archive.nested(name)
    assert archive.place("5.zip") == "2.zip!/3.zip!/4.zip!/5.zip"
    assert "nested deeper than 3" in reason(archive.nested, "5.zip")


def test_a_nested_archive_has_no_hash_of_its_own(opened):
    inner = opened(boxed(2)).nested("2.zip")
    assert inner.read("core") == b"the core"
    assert (inner.checksum(), inner.shown) == ("", "2.zip")


@pytest.mark.parametrize("inner", [b"", b"no archive", boxed(1)[:20]])
def test_a_broken_nested_archive_is_unreadable(opened, inner):
    archive = opened(write_zip([Entry(name="in.zip", data=inner)]))
    assert "archive inside cannot be opened" in reason(archive.nested, "in.zip")


def test_nested_archives_spend_the_same_budget(opened):
    inner = write_zip([Entry(name="big", data=bytes(100_000), method=DEFLATED)])
    archive = opened(write_zip([Entry(name="in.zip", data=inner)]), Limits(total_bytes=len(inner) + 50_000))
    assert "used up" in reason(archive.nested("in.zip").read, "big")


# -- what stands before the directory -----------------------------------------------------------------------------

MAGIC = b"APK Sig Block 42"


def block(body: bytes, *, head: int | None = None, tail: int | None = None) -> bytes:
    size = len(body) + 24
    return (size if head is None else head).to_bytes(8, "little") + body + (
        size if tail is None else tail
    ).to_bytes(8, "little") + MAGIC


def test_the_block_before_the_directory_is_found(opened):
    archive = opened(write_zip([Entry(name="a", data=TEXT)], before_directory=block(b"pairs")))
    assert archive.before_directory(MAGIC) == b"pairs"
    assert opened(write_zip([Entry(name="a", data=TEXT)])).before_directory(MAGIC) is None
    assert opened(write_zip([])).before_directory(MAGIC) is None


@pytest.mark.parametrize(
    "broken",
    [
        block(b"pairs", head=28),
        block(b"pairs", tail=28),
        block(b"pairs", head=1 << 63, tail=1 << 63),
        block(b"pairs", tail=0),
        MAGIC.rjust(40, b"\0"),
    ],
)
def test_a_block_whose_lengths_contradict_each_other_is_unreadable(opened, broken):
    archive = opened(write_zip([Entry(name="a", data=TEXT)], before_directory=broken))
    assert "contradict" in reason(archive.before_directory, MAGIC)


# -- laws ---------------------------------------------------------------------------------------------------------


def exhaust(archive: Archive) -> None:
    """Ask an archive for everything it has."""
    for name in archive:
        for ask in (archive.peek, archive.read, archive.nested):
            with contextlib.suppress(Unreadable):
                ask(name)
        assert archive.magic(name) == archive.magic(name)
        name.encode("utf-8")
    with contextlib.suppress(Unreadable):
        archive.before_directory(MAGIC)
    assert archive.oddities() == archive.oddities()


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("laws") / "build.apk"


def check(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with contextlib.suppress(BuildError), Archive.open(path, Limits(total_bytes=1 << 24, entry_bytes=1 << 22)) as archive:
        exhaust(archive)


RECORDS = [b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\6", b"PK\6\7", b"\xff\xff\xff\xff", MAGIC]
SAMPLE_SOUND = write_zip(
    [Entry(name="classes.dex", data=TEXT, method=DEFLATED), Entry(name="资源.bin", data=b"stored", align=4)],
    before_directory=block(b"pairs"),
    comment=b"the end",
)
SAMPLE = write_zip(
    [
        Entry(name="classes.dex", data=TEXT, method=DEFLATED),
        Entry(name="资源.bin", data=b"stored"),
        Entry(name="in.zip", data=boxed(2)),
        Entry(name="flagged", data=TEXT[:50], encrypted=True, claimed_method=3),
    ],
    before_directory=block(b"pairs"),
    comment=b"the end",
)


@settings(deadline=None)
@given(st.binary(max_size=600))
def test_any_bytes_give_an_archive_or_a_build_error(scratch, data):
    check(scratch, data)


@settings(deadline=None)
@given(st.lists(st.sampled_from(RECORDS) | st.binary(max_size=40), max_size=12))
def test_any_mix_of_records_gives_an_archive_or_a_build_error(scratch, parts):
    check(scratch, b"".join(parts))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255)), max_size=6), st.integers(0, len(SAMPLE)))
def test_a_damaged_archive_gives_an_archive_or_a_build_error(scratch, changes, cut):
    data = bytearray(SAMPLE)
    for at, byte in changes:
        data[at] = byte
    check(scratch, bytes(data))
    check(scratch, bytes(data[:cut]))


@settings(deadline=None)
@given(st.integers(0, len(SAMPLE) - 1), st.integers(0, 7))
def test_a_flipped_bit_never_changes_an_entry_in_silence(scratch, at, bit):
    scratch.write_bytes(SAMPLE)
    with Archive.open(scratch) as sound:
        contents = {name: sound.read(name) for name in sound}
        assert (sound.damaged, sound.duplicates, sound.whole) == ({}, (), True)
    data = bytearray(SAMPLE)
    data[at] ^= 1 << bit
    scratch.write_bytes(bytes(data))
    try:
        archive = Archive.open(scratch)
    except BuildError:
        return
    with archive:
        for name, content in contents.items():
            try:
                read = archive.read(name)
            except (KeyError, Unreadable):
                continue
            assert read == content or name in archive.damaged
        lost = contents.keys() - archive.entries.keys()
        # a name that changed is another name, which its local header shows as soon as it is looked at
        for name in archive.entries.keys() - contents.keys():
            archive.magic(name)
        assert not lost or archive.damaged or archive.duplicates or not archive.whole or unreadable(archive)


def unreadable(archive: Archive) -> bool:
    for name in archive:
        try:
            archive.peek(name)
        except Unreadable:
            return True
    return False

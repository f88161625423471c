"""The resource table is asked for single texts: the right one, or a sentence why not."""

from __future__ import annotations

import re
import struct
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.extract.android.resources import ResourceError, Resources
from tests.forge.arsc import Resource, resource_ids, write_arsc
from tests.forge.axml import Reference, string_pool

LABELS = {"": "Tego", "zh": "特购", "zh-rTW": "特購", "en": "Tego Shop"}
TABLE = [
    Resource("string", "first", {"": "something else"}),
    Resource("string", "app_name", LABELS),
    Resource("string", "only_zh", {"zh": "只有中文"}),
    Resource("bool", "on", {"": True}),
    Resource("integer", "seven", {"": 7}),
    Resource("mipmap", "icon", {"hdpi": "res/icon.png"}),
]
IDS = resource_ids(TABLE)


def ref(name: str) -> str:
    return f"@{IDS[name]:08X}"


def write(resources: list[Resource] = TABLE, **options) -> bytes:
    return write_arsc("com.example", resources, **options)


def refused(call, *arguments) -> str:
    with pytest.raises(ResourceError) as caught:
        call(*arguments)
    assert re.search("[\u4e00-\u9fff]", caught.value.reason.zh)
    return caught.value.reason.en


@pytest.mark.parametrize("utf8", [True, False])
def test_a_text_is_found_in_every_language_the_default_first(utf8):
    assert Resources(write(utf8=utf8)).strings(ref("string/app_name")) == (
        ("", "Tego"),
        ("en", "Tego Shop"),
        ("zh", "特购"),
        ("zh-rTW", "特購"),
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("string/only_zh", (("zh", "只有中文"),)),
        ("bool/on", (("", "true"),)),
        ("integer/seven", (("", "7"),)),
        ("mipmap/icon", (("", "res/icon.png"),)),
    ],
)
def test_other_values_become_text(name, expected):
    assert Resources(write()).strings(ref(name)) == expected


def test_references_are_followed():
    target = Resource("string", "target", {"": "found", "zh": "找到"})
    middle = Resource("string", "middle", {"": Reference(0)})
    table = [target, middle]
    ids = resource_ids(table)
    table[1] = Resource("string", "middle", {"": Reference(ids["string/target"])})
    assert Resources(write(table)).strings(f"@{ids['string/middle']:08X}") == (("", "found"), ("zh", "找到"))


def test_references_in_a_circle_lead_nowhere():
    names = ["a", "b"]
    ids = resource_ids([Resource("string", name, {"": ""}) for name in names])
    table = [
        Resource("string", "a", {"": Reference(ids["string/b"])}),
        Resource("string", "b", {"": Reference(ids["string/a"])}),
    ]
    assert "does not have" in refused(Resources(write(table)).strings, f"@{ids['string/a']:08X}")


@pytest.mark.parametrize("reference", ["@7F01FFFF", "@7FFF0000", "@7E010000", "@android:01040000", "@", "@x", "?7F", "", "@-1"])
def test_a_text_that_is_not_there_is_said_to_be_missing(reference):
    assert reference in refused(Resources(write()).strings, reference)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\2\0",
        bytes(200),
        b"<resources/>" * 10,
        write()[:-1],
        write()[: len(write()) // 2],
        struct.pack("<HHII", 2, 12, 12, 0),
        struct.pack("<HHII", 2, 12, 20, 0) + struct.pack("<HHI", 1, 28, 8),
        struct.pack("<HHII", 2, 12, 20, 0) + struct.pack("<HHI", 0x200, 288, 4),
    ],
)
def test_a_broken_table_is_refused(data):
    assert "damaged resource table" in refused(Resources, data)


@pytest.mark.parametrize(("at", "value"), [(12 + 8, 0xFFFFFFFF), (12 + 12, 0x10000000), (12 + 20, 1 << 31)])
def test_string_pools_that_reach_outside_themselves_are_refused(at, value):
    data = bytearray(write())
    struct.pack_into("<I", data, at, value)
    assert "string pool" in refused(Resources, bytes(data))


# -- forms the tools of newer platforms write ---------------------------------------------------------------------


def type_chunk(entries: bytes, offsets: bytes, count: int, flags: int) -> bytes:
    """Return a table whose type 1 is one chunk made by hand; string 0 is "found"."""
    pool = string_pool(["found"], utf8=True)
    config = struct.pack("<I", 64) + bytes(60)
    start = 20 + len(config) + len(offsets)
    body = struct.pack("<BBHII", 1, flags, 0, count, start) + config + offsets + entries
    chunk = struct.pack("<HHI", 0x0201, 84, 8 + len(body)) + body
    package = struct.pack("<I", 0x7F) + bytes(256) + struct.pack("<5I", 0, 0, 0, 0, 0) + chunk
    package = struct.pack("<HHI", 0x0200, 288, 8 + len(package)) + package
    return struct.pack("<HHII", 2, 12, 12 + len(pool) + len(package), 1) + pool + package


PLAIN = struct.pack("<HHIHBBI", 8, 0, 0, 8, 0, 3, 0)
COMPACT = struct.pack("<HHI", 0, 0x0308, 0)
COMPLEX = struct.pack("<HHIII", 16, 1, 0, 0, 0)


@pytest.mark.parametrize(
    ("entries", "offsets", "count", "flags", "index"),
    [
        (PLAIN, struct.pack("<I", 0), 1, 0, 0),
        (PLAIN, struct.pack("<II", 0xFFFFFFFF, 0), 2, 0, 1),
        (PLAIN, struct.pack("<HH", 0, 0xFFFF), 2, 2, 0),
        (PLAIN + PLAIN, struct.pack("<HH", 0xFFFF, 4), 2, 2, 1),
        (PLAIN + PLAIN, struct.pack("<HHHH", 3, 0, 500, 4), 2, 1, 500),
        (COMPACT, struct.pack("<I", 0), 1, 0, 0),
    ],
)
def test_sparse_short_and_compact_entries_are_read(entries, offsets, count, flags, index):
    assert Resources(type_chunk(entries, offsets, count, flags)).strings(f"@{0x7F010000 + index:08X}") == (("", "found"),)


@pytest.mark.parametrize(
    ("entries", "offsets", "count", "flags"),
    [
        (COMPLEX, struct.pack("<I", 0), 1, 0),
        (PLAIN, struct.pack("<I", 0xFFFFFFFF), 1, 0),
        (PLAIN, struct.pack("<I", 0xFFFFFFF0), 1, 0),
        (PLAIN, struct.pack("<I", 9), 1, 0),
        (PLAIN, b"", 0xFFFFFFFF, 0),
        (PLAIN, b"", 0xFFFFFFFF, 1),
        (PLAIN[:8], struct.pack("<I", 0), 1, 0),
    ],
)
def test_entries_that_hold_no_text_have_none(entries, offsets, count, flags):
    assert "does not have" in refused(Resources(type_chunk(entries, offsets, count, flags)).strings, "@7F010000")


@pytest.mark.parametrize("utf8", [True, False])
def test_the_files_of_some_types_are_each_listed_once(utf8):
    table = [
        Resource("layout", "main", {"": "res/a.xml", "zh": "res/b.xml"}),
        Resource("layout", "same", {"": "res/a.xml"}),
        Resource("layout", "alias", {"": Reference(0x7F010000)}),
        Resource("drawable", "icon", {"": "res/c.xml", "hdpi": "res/d.png"}),
        Resource("string", "app_name", {"": "Example"}),
    ]
    resources = Resources(write_arsc("com.example.app", table, utf8=utf8))
    assert sorted(resources.paths({"layout"})) == ["res/a.xml", "res/b.xml"]
    assert sorted(resources.paths({"drawable", "menu"})) == ["res/c.xml", "res/d.png"]
    assert resources.paths({"menu"}) == []


@pytest.mark.parametrize(
    ("entries", "offsets", "count", "flags"),
    [
        (PLAIN, struct.pack("<II", 0xFFFFFFFF, 0), 2, 0),
        (PLAIN + PLAIN, struct.pack("<HH", 0xFFFF, 4), 2, 2),
        (PLAIN + PLAIN, struct.pack("<HHHH", 3, 0, 500, 4), 2, 1),
        (COMPACT, struct.pack("<I", 0), 1, 0),
    ],
)
def test_files_are_found_in_every_form_of_entries(entries, offsets, count, flags):
    table = bytearray(type_chunk(entries, offsets, count, flags))
    at = table.index(struct.pack("<HHI", 0x0200, 288, len(table) - table.index(struct.pack("<HH", 0x0200, 288))))
    pool = string_pool(["layout"])
    table += pool
    for place, value in ((4, len(table)), (at + 4, len(table) - at), (at + 268, len(table) - at - len(pool))):
        struct.pack_into("<I", table, place, value)
    assert Resources(bytes(table)).paths({"layout"}) == ["found"]


# -- tables made to be read in two ways ---------------------------------------------------------------------------


def wrapped(table: bytes, before: bytes = b"", behind: bytes = b"", inside: bytes = b"") -> bytes:
    """Return a table with chunks around it, and behind its last one."""
    size = struct.unpack_from("<I", table, 4)[0]
    return before + table[:4] + struct.pack("<I", size + len(inside)) + table[8:size] + inside + behind


JUNK = struct.pack("<HHI", 0x7777, 8, 16) + bytes(8)
OTHER_POOL = string_pool(["wrong"] * 20)


@pytest.mark.parametrize(
    "data",
    [
        wrapped(write(), before=JUNK),
        wrapped(write(), behind=JUNK),
        wrapped(write(), inside=JUNK),
        wrapped(write(), inside=OTHER_POOL),
        wrapped(write(), behind=b"\1\2\3"),
        wrapped(write(), behind=struct.pack("<HHI", 2, 12, 1 << 30)),
        wrapped(write(), inside=struct.pack("<HHI", 0x0200, 288, 1 << 30)),
    ],
    ids=[
        *("chunk-before-the-table", "chunk-behind-it", "chunk-inside-it", "second-string-pool", "bytes-behind-it"),
        *("second-table-cut-off", "second-package-cut-off"),
    ],
)
def test_what_the_platform_passes_over_changes_nothing(data):
    assert Resources(data).strings(ref("string/app_name"))[0] == ("", "Tego")


@pytest.mark.parametrize(
    "data",
    [
        JUNK,
        wrapped(write(), inside=struct.pack("<HHI", 0x7777, 4, 16) + bytes(8)),
        wrapped(write(), inside=struct.pack("<HHI", 0x7777, 8, 0)),
        wrapped(write(), inside=struct.pack("<HHI", 0x7777, 8, 10) + bytes(2)),
        wrapped(write(), before=struct.pack("<HHI", 0x7777, 8, 1 << 30)),
    ],
    ids=["no-table", "header-too-short", "chunk-of-no-size", "size-not-of-four", "first-chunk-without-end"],
)
def test_what_the_platform_refuses_is_refused(data):
    assert "damaged resource table" in refused(Resources, data)


def test_a_text_is_constant_only_where_the_table_says_that_nothing_changes_it():
    resources = Resources(write())
    names = ("first", "app_name", "only_zh", "missing")
    assert [resources.constant(ref(f"string/{name}") if name != "missing" else "@7F01FFFF") for name in names] == [
        *("something else", "", "", ""),
    ]
    assert resources.constant(ref("bool/on")) == ""
    assert resources.constant("@x") == ""


def test_one_text_of_a_large_table_is_found_at_once():
    table = [Resource("string", f"s{number}", {"": f"text {number}", "zh": f"文 {number}"}) for number in range(20_000)]
    data = write(table)
    start = time.process_time()
    assert Resources(data).strings("@7F014E1F") == (("", "text 19999"), ("zh", "文 19999"))
    assert time.process_time() - start < 1


def test_nothing_is_printed(capsys):
    data = bytearray(write())
    for at in range(0, len(data), 3):
        damaged = bytearray(data)
        damaged[at] ^= 0xFF
        check(bytes(damaged))
    assert capsys.readouterr() == ("", "")


# -- laws ---------------------------------------------------------------------------------------------------------

SOUND = write()
TYPES = {"string", "layout", "drawable"}


def check(data: bytes) -> None:
    try:
        resources = Resources(data)
    except ResourceError:
        return
    assert all(isinstance(path, str) for path in resources.paths(TYPES))
    for name in IDS:
        try:
            found = resources.strings(ref(name))
        except ResourceError:
            continue
        for language, text in found:
            language.encode("utf-8")
            text.encode("utf-8")


@settings(deadline=None)
@given(st.binary(max_size=400) | st.binary(max_size=300).map(lambda tail: SOUND[:400] + tail))
def test_any_bytes_give_a_table_or_a_resource_error(data):
    check(data)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.integers(0, 255)), min_size=1, max_size=5))
def test_a_damaged_table_gives_texts_or_a_resource_error(changes):
    data = bytearray(SOUND)
    for at, byte in changes:
        data[at] = byte
    check(bytes(data))


@settings(deadline=None)
@given(st.text(max_size=20))
def test_any_reference_gives_a_text_or_a_resource_error(reference):
    resources = Resources(SOUND)
    try:
        resources.strings(reference)
    except ResourceError as error:
        message = error.reason.en
    else:
        return
    assert reference in message

"""Binary XML is read as Android reads it, or refused: no attribute or element is lost in silence."""

from __future__ import annotations

import re
import struct
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.extract.android.axml import AxmlError, Element, clean, read_axml, read_document
from tests.forge import axml as forge
from tests.forge.axml import ANDROID, ATTRIBUTES, Chunks, Hex, Reference, Typed, string_pool, write_axml

NO_STRING = 0xFFFFFFFF


def tree(element: Element) -> tuple:
    return (element.tag, element.attributes, [tree(child) for child in element.children])


def refused(data: bytes) -> str:
    with pytest.raises(AxmlError) as caught:
        read_axml(data)
    assert re.search("[\u4e00-\u9fff]", caught.value.reason.zh)
    assert caught.value.reason.en.isprintable()
    return caught.value.reason.en


SIMPLE = forge.Element(
    "manifest",
    {"package": "com.example", "android:versionCode": 7},
    [
        forge.Element("uses-permission", {"android:name": "android.permission.CAMERA", "android:maxSdkVersion": 28}),
        forge.Element("application", {"android:label": Reference(0x7F010000)}, [forge.Element("activity")], "some text"),
    ],
)
READ = (
    "manifest",
    {"package": "com.example", "android:versionCode": "7"},
    [
        ("uses-permission", {"android:name": "android.permission.CAMERA", "android:maxSdkVersion": "28"}, []),
        ("application", {"android:label": "@7F010000"}, [("activity", {}, [])]),
    ],
)


@pytest.mark.parametrize("names", [True, False])
@pytest.mark.parametrize("utf8", [True, False])
@pytest.mark.parametrize("kind", [0x0003, 0x0000, 0x0001, 0xFFFF])
def test_a_document_is_read_by_its_ids_whatever_its_names_and_type(utf8, names, kind):
    assert tree(read_axml(write_axml(SIMPLE, utf8=utf8, names=names, kind=kind))) == READ


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("text", "text"),
        ("", ""),
        ("特购 🛒", "特购 🛒"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-1, "-1"),
        (10000, "10000"),
        (Hex(0x1F), "0x0000001F"),
        (Reference(0x7F0B0001), "@7F0B0001"),
        (Reference(0x0104000A), "@android:0104000A"),
        (Typed(0x02, 0x7F040001), "?7F040001"),
        (Typed(0x07, 0x7F0B0001), "@7F0B0001"),
        (Typed(0x00, 0), ""),
        (Typed(0x04, 0x3F800000), "1.000000"),
        (Typed(0x05, 0x0000001F), "0x0000001F"),
        (Typed(0x06, 0x0000000F), "0x0000000F"),
        (Typed(0x1C, 0xFF00FF00), "#FF00FF00"),
        (Typed(0x77, 5), "<0x5, type 0x77>"),
    ],
)
def test_values_of_every_type_become_text(value, text):
    root = read_axml(write_axml(forge.Element("manifest", {"android:value": value, "plain": "x"})))
    assert root.get("android:value") == text
    assert root.get("plain") == "x"


def test_what_no_report_could_show_is_replaced():
    root = read_axml(write_axml(forge.Element("manifest", {"android:name": "a\0b\x1b[31m\ud800c\nd"})))
    assert root.get("android:name") == "a\ufffdb\ufffd[31m\ufffdc\nd"


def test_long_texts_are_read():
    long = "长" * 40_000
    root = read_axml(write_axml(forge.Element("manifest", {"android:name": long, "android:label": "x" * 30_000})))
    assert (root.get("android:name"), root.get("android:label")) == (long, "x" * 30_000)


# -- documents written to be misread ------------------------------------------------------------------------------


STRINGS = ["name", "manifest", "uses-permission", "CAMERA", "INTERNET", ANDROID, "package", "com.example", ""]
NAME, CAMERA, INTERNET = 0, STRINGS.index("CAMERA"), STRINGS.index("INTERNET")
SPACE = STRINGS.index(ANDROID)


def writer() -> Chunks:
    return Chunks(STRINGS, [ATTRIBUTES["name"]])


def odd(data: bytes) -> dict[str, str]:
    """What is odd about a document: kind -> the first place."""
    found: dict[str, str] = {}
    for one in read_document(data).oddities:
        found.setdefault(one.kind.value, one.at)
    return found


def names_in(data: bytes) -> list[str]:
    return [child.get("android:name") for child in read_axml(data).all("uses-permission")]


def permission(*attributes: tuple[int, int, int, int, int], tag: str = "uses-permission", **options: int) -> bytes:
    return writer().start("manifest").start(tag, *attributes, **options).end(tag).end("manifest").bytes()


def test_an_attribute_is_known_by_its_id_without_its_namespace():
    assert names_in(permission((NO_STRING, NAME, CAMERA, 3, CAMERA))) == ["CAMERA"]


def test_an_attribute_without_an_id_is_not_seen_by_the_device():
    strings = [*STRINGS, "name"]
    decoy, real = (SPACE, len(STRINGS), INTERNET, 3, INTERNET), (SPACE, NAME, CAMERA, 3, CAMERA)
    for attributes, name in (((decoy, real), "CAMERA"), ((real, decoy), "CAMERA"), ((decoy,), "")):
        w = Chunks(strings, [ATTRIBUTES["name"]]).start("manifest").start("uses-permission", *attributes)
        data = w.end().end().bytes()
        assert names_in(data) == [name]
        assert odd(data) == {"xml-attribute-without-id": "manifest/uses-permission name=INTERNET"}


def test_a_document_without_ids_is_read_by_its_names():
    w = Chunks(STRINGS, [])
    data = w.start("manifest").start("uses-permission", (SPACE, NAME, CAMERA, 3, CAMERA)).end().end().bytes()
    assert names_in(data) == ["CAMERA"]
    assert odd(data) == {"xml-no-resource-map": ""}


def test_the_typed_value_counts_and_not_the_raw_one():
    data = permission((SPACE, NAME, INTERNET, 3, CAMERA))
    assert names_in(data) == ["CAMERA"]
    assert odd(data) == {"xml-raw-value": "manifest/uses-permission: INTERNET | CAMERA"}
    assert names_in(permission((SPACE, NAME, NO_STRING, 3, CAMERA))) == ["CAMERA"]


def test_where_a_name_is_asked_for_the_raw_value_counts_and_not_the_typed_one():
    package, other = STRINGS.index("package"), STRINGS.index("com.example")
    w = writer().start("manifest", (NO_STRING, package, other, 3, CAMERA)).end("")
    assert read_axml(w.bytes()).get_named("package") == "com.example"
    w = writer().start("manifest", (NO_STRING, package, NO_STRING, 3, other)).end("")
    assert read_axml(w.bytes()).get_named("package") == "com.example"


def test_of_equal_attributes_the_first_counts():
    assert names_in(permission((SPACE, NAME, CAMERA, 3, CAMERA), (SPACE, NAME, INTERNET, 3, INTERNET))) == ["CAMERA"]


def test_longer_attributes_are_read():
    assert names_in(permission((SPACE, NAME, CAMERA, 3, CAMERA), size=28)) == ["CAMERA"]


@pytest.mark.parametrize("closing", ["", "manifest", "package"])
def test_elements_close_by_their_order(closing):
    camera, internet = (SPACE, NAME, CAMERA, 3, CAMERA), (SPACE, NAME, INTERNET, 3, INTERNET)
    w = writer().start("manifest").start("uses-permission", camera).end(closing).start("uses-permission", internet)
    assert names_in(w.end(closing).end(closing).bytes()) == ["CAMERA", "INTERNET"]


def test_an_element_without_a_name_keeps_its_place():
    w = writer().start("manifest").start("").end("").start("uses-permission").end("").end("")
    assert tree(read_axml(w.bytes())) == ("manifest", {}, [("", {}, []), ("uses-permission", {}, [])])


def test_unknown_chunks_between_elements_are_passed_over():
    w = writer().start("manifest").chunk(0x0199, b"12345678").chunk(0x017F, b"").start("uses-permission").end("").end("")
    assert names_in(w.bytes()) == [""]


def test_what_follows_the_root_is_not_looked_at():
    w = writer().start("manifest").start("uses-permission").end("").end("")
    w.body += b"\x01\x01\x10\x00\x00\x00\x00\x00 and junk"
    assert names_in(w.bytes()) == [""]
    assert names_in(writer().start("manifest").start("uses-permission").end("").end("").bytes() + b"behind it") == [""]


@pytest.mark.parametrize(
    "data",
    [
        writer().start("manifest").bytes(),
        writer().start("manifest").start("uses-permission").end("").bytes(),
        writer().bytes(),
        permission((SPACE, NAME, CAMERA, 3, CAMERA), count=2),
        permission((SPACE, NAME, CAMERA, 3, CAMERA), count=65535),
        writer().chunk(0x0102, bytes(4), head=24).end("").bytes(),
        writer().chunk(0x0102, bytes(4)).end("").bytes(),
        writer().chunk(0x0100, bytes(4)).start("manifest").end("").bytes(),
        writer().start("manifest").chunk(0x0180, bytes(4), head=8).end("").bytes(),
        struct.pack("<HHI", 3, 8, 8) + b"",
        struct.pack("<HHI", 3, 8, 1 << 31) + bytes(100),
        struct.pack("<HHI", 3, 8, 16) + struct.pack("<HHI", 0x0102, 16, 8),
    ],
)
def test_structures_the_platform_refuses_are_refused(data):
    assert "damaged binary XML" in refused(data)


def test_a_string_pool_behind_the_first_node_is_not_read():
    w = writer().start("manifest")
    w.body += string_pool(["other"])
    data = w.start("uses-permission", (SPACE, NAME, CAMERA, 3, CAMERA)).end().end().bytes()
    assert names_in(data) == ["CAMERA"]
    assert odd(data) == {"xml-unknown-chunk": "0x0001"}


def test_a_document_without_a_string_pool_is_refused():
    w = writer()
    w.body = b""
    assert "string pool is missing" in refused(w.chunk(0x0102, bytes(20)).end("").bytes())


@pytest.mark.parametrize(
    ("offset", "value"),
    [(8 + 8, 1 << 20), (8 + 8, 0xFFFFFFFF), (8 + 12, 1 << 24), (8 + 20, 1 << 30)],
)
def test_string_pools_that_reach_outside_themselves_are_refused(offset, value):
    data = bytearray(write_axml(SIMPLE))
    struct.pack_into("<I", data, offset, value)
    assert "string pool" in refused(bytes(data))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "shorter than its header"),
        (b"<?xml version='1.0'?><manifest/>", "plain XML"),
        (b"\n  <manifest xmlns:android='x'/>", "plain XML"),
        (b"\0" * 500, "no binary XML"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "no binary XML"),
        (bytes(range(256)), "no binary XML"),
    ],
)
def test_what_is_no_binary_xml_is_refused(data, says):
    assert says in refused(data)


def test_a_document_of_countless_elements_is_refused():
    w = writer().start("manifest")
    one = writer().start("uses-permission").end("").body[len(writer().body) :]
    w.body += one * 100_001
    start = time.process_time()
    assert "too many elements" in refused(w.end("").bytes())
    assert time.process_time() - start < 5


def test_one_long_text_cannot_be_used_without_end():
    w = Chunks(["x" * 1_000_000, "manifest"], [])
    w.start("manifest")
    one = Chunks(w.strings, []).start("manifest", *[(NO_STRING, 1, 0, 3, 0)]).end("").body[len(Chunks(w.strings, []).body) :]
    w.body += one * 100
    assert "too much text" in refused(w.end("").bytes())


# -- laws ---------------------------------------------------------------------------------------------------------

SOUND = write_axml(SIMPLE)


@settings(deadline=None)
@given(st.binary(max_size=400) | st.binary(max_size=300).map(lambda tail: SOUND[:60] + tail))
def test_any_bytes_give_a_tree_or_an_axml_error(data):
    check(data)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.integers(0, 255)), min_size=1, max_size=5), st.booleans())
def test_a_damaged_document_gives_a_tree_or_an_axml_error(changes, utf8):
    data = bytearray(write_axml(SIMPLE, utf8=utf8))
    for at, byte in changes:
        data[at % len(data)] = byte
    check(bytes(data))


def check(data: bytes) -> None:
    try:
        root = read_axml(data)
    except AxmlError:
        return
    pending = [root]
    while pending:
        element = pending.pop()
        for text in (element.tag, *element.attributes, *element.attributes.values()):
            assert clean(text) == text
            text.encode("utf-8")
        pending += element.children


@settings(deadline=None)
@given(st.integers(0, len(SOUND)))
def test_no_cut_document_is_read(length):
    cut = SOUND[:length]
    if len(cut) < len(SOUND):
        refused(cut)


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
"""A zero would end a UTF-8 string for the framework, and lone surrogates are no text."""


@settings(deadline=None)
@given(
    st.recursive(
        st.builds(forge.Element, st.sampled_from(["a", "b-c"]), st.dictionaries(st.sampled_from(["android:name", "x"]), TEXTS)),
        lambda children: st.builds(forge.Element, st.just("d"), st.just({}), st.lists(children, max_size=3)),
        max_leaves=8,
    ),
    st.booleans(),
)
def test_whatever_the_forge_writes_is_read_back(element, utf8):
    assert tree(read_axml(write_axml(element, utf8=utf8))) == expected(element)


def expected(element: forge.Element) -> tuple:
    attributes = {name: clean(str(value)) for name, value in element.attributes.items()}
    return (element.tag, attributes, [expected(child) for child in element.children])

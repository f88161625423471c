"""Manifests made so that a plain reader sees something else than the device: the device's view is what is read.

Each trick stands alone and is named after what it does. Most were seen in malware, or in the test sets of other readers.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

import pytest

from auditor.build import Build, FactKind, Table
from auditor.extract.android.axml import AxmlError, Document, read_document
from auditor.extract.android.manifest_tree import as_parsed
from tests.forge.apk import component, manifest, simple_apk
from tests.forge.arsc import Resource, resource_ids
from tests.forge.axml import ANDROID, ATTRIBUTES, Chunks, Element, Reference, resource_map, string_pool, write_axml

NO_STRING = 0xFFFFFFFF
STRING = 3
P = "android.permission."

STRINGS = [
    *("name", "maxSdkVersion", "manifest", "application", "uses-permission", "uses-feature", "package", "com.example"),
    *(ANDROID, P + "CAMERA", P + "INTERNET", "activity", "com.example.Main", "name", ""),
]
IDS = [ATTRIBUTES["name"], ATTRIBUTES["maxSdkVersion"]]
NAME, MAX_SDK, UNNUMBERED = 0, 1, 13
EMPTY = STRINGS.index("")
SPACE, CAMERA, INTERNET = (STRINGS.index(text) for text in (ANDROID, P + "CAMERA", P + "INTERNET"))

Attribute = tuple[int, int, int, int, int]


def text(name: int, value: int, *, raw: int | None = None, space: int = SPACE) -> Attribute:
    """Return an attribute whose value is a string."""
    return (space, name, value if raw is None else raw, STRING, value)


PACKAGE = (NO_STRING, STRINGS.index("package"), STRINGS.index("com.example"), STRING, STRINGS.index("com.example"))
USES_CAMERA = text(NAME, CAMERA)


def chunks(**options: object) -> Chunks:
    """Return a document that starts with a sound string pool and resource map."""
    return Chunks(STRINGS, IDS, **options)  # type: ignore[arg-type]


def asking(*attributes: Attribute, into: Chunks | None = None, **options: int) -> Chunks:
    """Return a manifest with one uses-permission, whose attributes are the trick."""
    w = (into or chunks()).start("manifest", PACKAGE).start("uses-permission", *attributes, **options)
    return w.end().start("application").end().end()


def permissions(document: Document) -> list[str]:
    """Return what the device takes to be asked for."""
    as_parsed(document.root)
    return [child.get("android:name").removeprefix(P) for child in document.root.all("uses-permission")]


def odd(document: Document) -> set[str]:
    """Return the kinds of oddities."""
    return {one.kind.value for one in document.oddities}


def refused(data: bytes) -> str:
    """Return why a document is refused."""
    with pytest.raises(AxmlError) as caught:
        read_document(data)
    return caught.value.reason.en


def test_a_plain_manifest_is_not_odd() -> None:
    document = read_document(asking(USES_CAMERA).bytes())
    assert (permissions(document), odd(document)) == (["CAMERA"], set())


# -- chunks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (asking(USES_CAMERA).bytes(kind=0x0000), "xml-type"),
        (asking(USES_CAMERA).bytes(kind=0x0001), "xml-type"),
        (asking(USES_CAMERA).bytes(head=24), "xml-header"),
        (asking(USES_CAMERA, into=chunks().chunk(0x0080, b"\0" * 8, head=8)).bytes(), "xml-unknown-chunk"),
        (asking(USES_CAMERA, into=chunks().chunk(0x7777, b"manifest")).bytes(), "xml-unknown-chunk"),
        (asking(USES_CAMERA, into=chunks().chunk(0x0100, bytes(32))).bytes(), ""),
    ],
    ids=["root-type-null", "root-type-pool", "outer-header", "chunk-before-root", "chunk-of-no-known-type", "long-namespace"],
)
def test_the_outer_frame_may_be_odd_and_the_device_reads_on(data: bytes, kind: str) -> None:
    document = read_document(data)
    assert (permissions(document), odd(document)) == (["CAMERA"], {kind} - {""})


def test_of_two_string_pools_the_last_one_counts() -> None:
    strings = list(STRINGS)
    strings[CAMERA], strings[INTERNET] = strings[INTERNET], strings[CAMERA]
    w = chunks()
    w.body = string_pool(strings) + w.body
    document = read_document(asking(USES_CAMERA, into=w).bytes())
    assert (permissions(document), odd(document)) == (["CAMERA"], {"xml-string-pools"})


def test_of_two_resource_maps_the_last_one_counts() -> None:
    w = Chunks(STRINGS, [ATTRIBUTES["label"], ATTRIBUTES["icon"]])
    w.body += resource_map(IDS)
    document = read_document(asking(USES_CAMERA, into=w).bytes())
    assert (permissions(document), odd(document)) == (["CAMERA"], {"xml-resource-maps"})


def test_a_resource_map_of_an_unknown_type_is_no_map() -> None:
    w = chunks()
    w.body = w.body.replace(resource_map(IDS), b"\x80\x00" + resource_map(IDS)[2:])
    document = read_document(asking(USES_CAMERA, into=w).bytes())
    assert odd(document) == {"xml-unknown-chunk", "xml-no-resource-map"}


def test_a_chunk_of_no_size_behind_the_root_element_stops_nobody() -> None:
    document = read_document(asking(USES_CAMERA).chunk(0x0101, bytes(8), size=0).bytes())
    assert (permissions(document), odd(document)) == (["CAMERA"], {"xml-behind-root"})


def test_a_second_root_element_is_none_of_the_base_manifest() -> None:
    w = asking(USES_CAMERA).start("manifest", PACKAGE).start("uses-permission", text(NAME, INTERNET)).end().end()
    document = read_document(w.bytes())
    assert (permissions(document), odd(document)) == (["CAMERA"], {"xml-behind-root"})


def test_bytes_behind_the_document_are_not_read() -> None:
    document = read_document(asking(USES_CAMERA).bytes() + asking(text(NAME, INTERNET)).bytes())
    assert permissions(document) == ["CAMERA"]


@pytest.mark.parametrize(
    "data",
    [
        asking(USES_CAMERA).bytes(size=0x42424242),
        asking(USES_CAMERA).bytes(size=len(asking(USES_CAMERA).bytes()) - 8),
        asking(USES_CAMERA).bytes(head=0),
        asking(USES_CAMERA, into=chunks().chunk(0x0102, bytes(20), size=0)).bytes(),
        chunks().start("manifest").chunk(0x0103, bytes(9)).bytes(),
        chunks().start("manifest").chunk(0x0180, b"", head=8).end().bytes(),
        chunks().start("manifest").chunk(0x0199, b"", size=0).end().bytes(),
        chunks().start("manifest").chunk(0x0102, bytes(20), head=40).end().bytes(),
        asking(USES_CAMERA, count=2).bytes(),
        asking(USES_CAMERA, count=0xFFFF).bytes(),
        chunks().bytes(),
    ],
    ids=[
        *("size-beyond-file", "size-ends-inside-root", "no-header", "node-of-no-size", "size-not-of-four", "map-among-nodes"),
        *("unknown-chunk-of-no-size", "header-hides-body", "one-attribute-too-many", "65535-attributes", "no-element"),
    ],
)
def test_what_the_platform_refuses_is_refused(data: bytes) -> None:
    assert "damaged binary XML" in refused(data)


# -- strings --------------------------------------------------------------------------------------------------------


def pool(change: Callable[[bytearray], None], *, utf8: bool = False) -> Chunks:
    """Return a document whose string pool was changed."""
    data = bytearray(string_pool(STRINGS, utf8=utf8))
    change(data)
    return chunks(pool=bytes(data))


def offset_of(data: bytes | bytearray, index: int) -> int:
    """Return where in a pool a string starts."""
    start: int = struct.unpack_from("<I", data, 20)[0]
    at: int = struct.unpack_from("<I", data, 28 + 4 * index)[0]
    return start + at


def put(value: int, at: int, form: str = "<I") -> Callable[[bytearray], None]:
    """Return what writes a number into a pool."""
    return lambda data: struct.pack_into(form, data, at, value)


def of_string(index: int, shift: int, value: int, form: str) -> Callable[[bytearray], None]:
    """Return what writes a number into a string of a pool."""
    return lambda data: struct.pack_into(form, data, offset_of(data, index) + shift, value)


@pytest.mark.parametrize(
    ("w", "kind"),
    [
        (pool(of_string(CAMERA, 0, 0, "<B"), utf8=True), "xml-text-length"),
        (pool(of_string(CAMERA, 0, 0x7F, "<B"), utf8=True), "xml-text-length"),
        (pool(put(0xFFFFFF00, 24)), ""),
        (pool(put(0x0101, 16), utf8=True), ""),
        (pool(of_string(CAMERA, 2 + 2 * len(P + "CAMERA"), 0x41, "<H")), "xml-unterminated-text"),
    ],
    ids=["no-utf16-length", "wrong-utf16-length", "styles-nowhere", "sorted-flag-lies", "no-zero-behind-it"],
)
def test_strings_may_be_odd_and_the_device_reads_them(w: Chunks, kind: str) -> None:
    document = read_document(asking(USES_CAMERA, into=w).bytes())
    assert (permissions(document), odd(document)) == (["CAMERA"], {kind} - {""})


def test_a_zero_inside_a_string_ends_it_for_the_device() -> None:
    strings = list(STRINGS)
    strings[CAMERA] = P + "CAMERA\0.NOT"
    w = Chunks(STRINGS, IDS, pool=string_pool(strings, utf8=True))
    document = read_document(asking(USES_CAMERA, into=w).bytes())
    assert (permissions(document), odd(document)) == (["CAMERA"], {"xml-text-with-zero"})


@pytest.mark.parametrize(
    "w",
    [
        pool(of_string(CAMERA, 0, 0x7FFF, "<H")),
        pool(of_string(CAMERA, 0, 0xFFFF, "<H")),
        pool(of_string(CAMERA, 0, 0xFFFF7FFF, "<I"), utf8=True),
        pool(put(0x7FFFFFFF, 28 + 4 * CAMERA)),
        pool(put(0xFFFFFFFF, 28 + 4 * CAMERA), utf8=True),
    ],
    ids=["length-beyond-pool", "length-of-two-units", "utf8-length-beyond-pool", "offset-beyond-pool", "utf8-offset-beyond-pool"],
)
def test_a_text_the_device_cannot_read_leaves_the_manifest_in_doubt(w: Chunks, read: Callable[..., Build]) -> None:
    document = read_document(asking(USES_CAMERA, into=w).bytes())
    assert (permissions(document), odd(document)) == ([""], {"xml-unreadable-text"})
    build = read(simple_apk(manifest_bytes=asking(USES_CAMERA, into=w).bytes()))
    assert Table.PERMISSIONS in {table for gap in build.gaps for table in gap.hides}


@pytest.mark.parametrize("utf8", [True, False])
def test_a_pool_whose_encoding_lies_has_no_element_that_is_a_manifest(utf8: bool, read: Callable[..., Build]) -> None:
    w = pool(put(0 if utf8 else 0x100, 16), utf8=utf8)
    build = read(simple_apk(manifest_bytes=asking(USES_CAMERA, into=w).bytes()))
    assert not [fact for fact in build.facts if fact.kind is FactKind.PERMISSION]
    assert {table for gap in build.gaps for table in gap.hides} >= {Table.PERMISSIONS, Table.SDKS, Table.DATA}


@pytest.mark.parametrize(
    "change",
    [
        put(0xFFFFFFFF, 8),
        put(len(STRINGS) + (1 << 20), 8),
        put(1, 12),
        put(0xFFFFFFF0, 20),
        put(24, 4),
        lambda data: data.__setitem__(slice(-4, None), b"\1\1\1\1"),
        lambda data: (put(1, 12)(data), put(40, 24)(data)),
    ],
    ids=["countless", "more-than-fit", "style-without-end", "strings-nowhere", "size-of-header", "no-last-zero", "style-first"],
)
def test_string_pools_the_platform_refuses_are_refused(change: Callable[[bytearray], None]) -> None:
    assert "damaged binary XML" in refused(asking(USES_CAMERA, into=pool(change)).bytes())


# -- attributes -----------------------------------------------------------------------------------------------------

BLANK = Chunks(["", *STRINGS[1:]], IDS)
LYING = Chunks(["label", *STRINGS[1:]], IDS)
NO_SUCH_ID = [0x0101FFFE, ATTRIBUTES["maxSdkVersion"]]


@pytest.mark.parametrize(
    ("w", "attributes", "seen", "kinds"),
    [
        (BLANK, [USES_CAMERA], "CAMERA", {"xml-attribute-without-name"}),
        (LYING, [USES_CAMERA], "CAMERA", {"xml-attribute-name"}),
        (None, [text(NAME, CAMERA, space=NO_STRING)], "CAMERA", {"xml-attribute-namespace"}),
        (None, [text(NAME, CAMERA, space=EMPTY)], "CAMERA", {"xml-attribute-namespace"}),
        (None, [text(NAME, CAMERA, raw=INTERNET)], "CAMERA", {"xml-raw-value"}),
        (None, [USES_CAMERA, text(NAME, INTERNET)], "CAMERA", {"xml-attribute-twice"}),
        (None, [text(UNNUMBERED, INTERNET), USES_CAMERA], "CAMERA", {"xml-attribute-without-id"}),
        (None, [text(UNNUMBERED, INTERNET)], "", {"xml-attribute-without-id"}),
        (None, [(SPACE, MAX_SDK, NO_STRING, 0x10, 28), USES_CAMERA], "", {"xml-attribute-order"}),
        (Chunks(STRINGS, NO_SUCH_ID), [USES_CAMERA], "", set()),
    ],
    ids=[
        *("name-is-blank", "name-lies", "no-namespace", "another-namespace", "raw-value-lies", "given-twice", "decoy-before"),
        *("decoy-alone", "ids-do-not-ascend", "name-of-an-unknown-id"),
    ],
)
def test_an_attribute_is_what_its_resource_id_says(
    w: Chunks | None, attributes: list[Attribute], seen: str, kinds: set[str]
) -> None:
    into = None
    if w is not None:
        into = Chunks([], [])
        into.strings, into.body = STRINGS, w.body
    document = read_document(asking(*attributes, into=into).bytes())
    assert (permissions(document), odd(document)) == ([seen], kinds)


@pytest.mark.parametrize("options", [{"size": 28}, {"first": 32}, {"size": 40, "first": 24}], ids=str)
def test_attributes_stand_where_the_element_says(options: dict[str, int]) -> None:
    document = read_document(asking(USES_CAMERA, **options).bytes())
    assert (permissions(document), odd(document)) == (["CAMERA"], {"xml-attribute-place"})


def test_attributes_in_one_place_are_one_attribute() -> None:
    payload = struct.pack("<IIHHHHHH", NO_STRING, STRINGS.index("uses-permission"), 20, 0, 0xFFFF, 0, 0, 0)
    w = chunks().start("manifest", PACKAGE)
    for _ in range(2_000):
        w.chunk(0x0102, payload + struct.pack("<IIIHBBI", SPACE, NAME, CAMERA, 8, 0, STRING, CAMERA)).end("uses-permission")
    document = read_document(w.end("manifest").bytes())
    assert permissions(document) == ["CAMERA"] * 2_000


def test_attributes_that_overlap_without_end_are_refused() -> None:
    payload = struct.pack("<IIHHHHHH", NO_STRING, STRINGS.index("uses-permission"), 20, 1, 0xFFFF, 0, 0, 0) + bytes(0x10000 + 20)
    w = chunks().start("manifest", PACKAGE)
    one = chunks().chunk(0x0102, payload).end("uses-permission").body[len(chunks().body) :]
    w.body += one * 20
    assert "too many elements" in refused(w.end("manifest").bytes())


def test_the_indices_of_id_class_and_style_decide_nothing() -> None:
    payload = struct.pack("<IIHHHHHH", NO_STRING, STRINGS.index("uses-permission"), 20, 20, 1, 0xFFFF, 1, 0x7FFF)
    w = chunks().start("manifest", PACKAGE)
    w.chunk(0x0102, payload + struct.pack("<IIIHBBI", SPACE, NAME, CAMERA, 8, 0, STRING, CAMERA)).end("uses-permission")
    document = read_document(w.end("manifest").bytes())
    assert (permissions(document), odd(document)) == (["CAMERA"], set())


# -- elements -------------------------------------------------------------------------------------------------------


def test_elements_close_by_their_order_and_not_by_their_names() -> None:
    w = chunks().start("manifest", PACKAGE).start("uses-feature").end("manifest")
    w.start("uses-permission", USES_CAMERA).end("manifest").end("manifest")
    document = read_document(w.bytes())
    assert (permissions(document), odd(document)) == (["CAMERA"], {"xml-closing-name"})


def build_of(read: Callable[..., Build], root: Element, resources: Sequence[Resource] = ()) -> Build:
    """Return the build of an app with a manifest."""
    return read(simple_apk(manifest_bytes=write_axml(root), resources=resources))


def named(build: Build, kind: FactKind) -> set[str]:
    """Return the names of the facts of a kind."""
    return {fact.name.removeprefix(P) for fact in build.facts if fact.kind is kind}


def uses(name: str) -> Element:
    """Return a permission asked for."""
    return Element("uses-permission", {"android:name": P + name})


@pytest.mark.parametrize(
    "around",
    [
        Element("uses-feature", {"android:name": "a"}, [uses("CAMERA")]),
        Element("supports-screens", {}, [Element("uses-configuration", {}, [uses("CAMERA")])]),
        Element("application", {"android:name": "com.example.Other"}, [uses("CAMERA")]),
    ],
    ids=["inside-uses-feature", "inside-two-elements", "inside-a-second-application"],
)
def test_a_permission_inside_an_element_that_is_not_skipped_is_asked_for(around: Element, read: Callable[..., Build]) -> None:
    root = manifest("com.example", permissions=["INTERNET"])
    root = Element(root.tag, root.attributes, [*root.children, around])
    assert named(build_of(read, root), FactKind.PERMISSION) == {"CAMERA", "INTERNET"}


@pytest.mark.parametrize(
    "around",
    [
        Element("manifest", {"package": "com.example.other"}, [uses("CAMERA")]),
        Element("uses-sdk", {}, [uses("CAMERA")]),
        Element("unknown", {}, [uses("CAMERA")]),
        Element("application", {}, [Element("unknown", {}, [uses("CAMERA")])]),
    ],
    ids=["inside-a-second-manifest", "inside-uses-sdk", "inside-an-unknown-element", "deep-in-a-second-application"],
)
def test_a_permission_inside_an_element_that_is_skipped_is_not_asked_for(around: Element, read: Callable[..., Build]) -> None:
    root = manifest("com.example", permissions=["INTERNET"])
    root = Element(root.tag, root.attributes, [*root.children, around])
    build = build_of(read, root)
    assert named(build, FactKind.PERMISSION) == {"INTERNET"}
    assert build.identity.app_id == "com.example"


def test_a_component_inside_meta_data_is_one_of_the_application(read: Callable[..., Build]) -> None:
    inside = component("service", "com.example.Hidden")
    around = Element("meta-data", {"android:name": "a", "android:value": "b"}, [inside])
    build = build_of(read, manifest("com.example", components=[around]))
    assert named(build, FactKind.COMPONENT) == {"com.example.Hidden"}


def test_of_two_applications_the_first_one_runs(read: Callable[..., Build]) -> None:
    root = manifest("com.example", application={"name": "com.example.First"})
    other = Element("application", {"android:name": "com.example.Second"}, [component("service", "com.example.Never")])
    build = build_of(read, Element(root.tag, root.attributes, [*root.children, other]))
    assert named(build, FactKind.COMPONENT) == {"com.example.First"}


# -- names that are resources -----------------------------------------------------------------------------------------

CLASSES = [
    Resource("string", "fixed", {"": "com.example.Fixed"}),
    Resource("string", "varying", {"": "com.example.Plain", "zh": "com.example.Chinese"}),
]
CLASS_IDS = resource_ids([Resource("string", "app_name", {}), *CLASSES])


def test_a_component_named_by_a_resource_that_is_the_same_everywhere_is_that_class(read: Callable[..., Build]) -> None:
    root = manifest("com.example", components=[Element("service", {"android:name": Reference(CLASS_IDS["string/fixed"])})])
    build = build_of(read, root, CLASSES)
    assert named(build, FactKind.COMPONENT) == {"com.example.Fixed"}


def test_a_component_named_by_a_resource_that_differs_is_none_the_platform_installs(read: Callable[..., Build]) -> None:
    root = manifest("com.example", components=[Element("service", {"android:name": Reference(CLASS_IDS["string/varying"])})])
    build = build_of(read, root, CLASSES)
    assert named(build, FactKind.COMPONENT) == set()
    assert Table.SDKS in {table for gap in build.gaps for table in gap.hides}


def test_a_permission_named_by_a_resource_is_not_asked_for(read: Callable[..., Build]) -> None:
    root = manifest("com.example")
    asked = Element("uses-permission", {"android:name": Reference(CLASS_IDS["string/fixed"])})
    build = build_of(read, Element(root.tag, root.attributes, [*root.children, asked]), CLASSES)
    assert named(build, FactKind.PERMISSION) == set()
    assert any("gives a permission's name as a resource" in gap.reason.en for gap in build.gaps)


# -- what is told -----------------------------------------------------------------------------------------------------


def told(build: Build) -> dict[str, str]:
    """Return what is odd about a build's manifest, and whether readers differ on it."""
    return {fact.name: fact.trait("readers") or "" for fact in build.of(FactKind.ARCHIVE) if fact.trait("opened-by") == "platform"}


@pytest.mark.parametrize(
    ("data", "facts"),
    [
        (asking(USES_CAMERA).bytes(), {}),
        (asking(USES_CAMERA).bytes(kind=0), {"xml-type": ""}),
        (asking(text(NAME, CAMERA, raw=INTERNET)).bytes(), {"xml-raw-value": "differ"}),
        (asking(text(UNNUMBERED, INTERNET), USES_CAMERA).bytes(), {"xml-attribute-without-id": "differ"}),
    ],
    ids=["plain", "root-type", "raw-value", "decoy"],
)
def test_an_oddity_is_a_fact_that_says_whether_readers_differ(
    data: bytes, facts: dict[str, str], read: Callable[..., Build]
) -> None:
    assert told(read(simple_apk(manifest_bytes=data))) == facts


def test_elements_the_parser_goes_on_through_are_facts_too(read: Callable[..., Build]) -> None:
    root = manifest("com.example")
    around = Element("uses-feature", {"android:name": "a"}, [uses("CAMERA")])
    inner = Element("manifest", {"package": "com.other"})
    build = build_of(read, Element(root.tag, root.attributes, [*root.children, around, inner, Element("application")]))
    places = {fact.name: fact.location.at for fact in build.of(FactKind.ARCHIVE)}
    assert places == {
        "nested-element": "uses-feature/uses-permission android.permission.CAMERA",
        "inner-manifest": "com.other",
        "second-application": "",
    }


def test_of_many_oddities_of_a_kind_the_first_are_told(read: Callable[..., Build]) -> None:
    w = chunks().start("manifest", PACKAGE)
    for number in range(50):
        w.start("uses-permission", USES_CAMERA, (SPACE, NAME, NO_STRING, 0x10, number)).end()
    build = read(simple_apk(manifest_bytes=w.end().bytes()))
    assert len(build.of(FactKind.ARCHIVE)) == 20


def test_a_manifest_without_resource_ids_leaves_everything_in_doubt(read: Callable[..., Build]) -> None:
    build = read(simple_apk(manifest_bytes=asking(USES_CAMERA, into=Chunks(STRINGS, [])).bytes()))
    assert told(build) == {"xml-no-resource-map": ""}
    assert named(build, FactKind.PERMISSION) == {"CAMERA"}
    (hidden,) = (gap.hides for gap in build.gaps if "without resource ids" in gap.reason.en)
    assert hidden >= {Table.PERMISSIONS, Table.SDKS, Table.DATA}

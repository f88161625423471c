"""Manifest and resources of an app bundle: what aapt2 writes before an APK is built reads as the APK's own."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.extract.android.axml import AxmlError, read_axml
from auditor.extract.android.axml import Element as Read
from auditor.extract.android.bundle_xml import BundleResources, ProtoError, fields, read_proto_xml
from auditor.extract.android.resources import ResourceError
from tests.forge.apk import Permission, component, intent_filter, manifest, meta_data
from tests.forge.axml import Element, Hex, Reference, write_axml
from tests.forge.bundle import message, write_proto_xml, write_resources_pb

ROOT = manifest(
    "com.example.app",
    permissions=[Permission(name="CAMERA", max_sdk=28), "READ_CONTACTS"],
    components=[
        component("activity", ".Main", intent_filter("android.intent.action.MAIN"), exported=True),
        component("service", ".Push", meta_data("com.example.KEY", "9")),
    ],
    application={"label": Reference(0x7F010000), "hasCode": False},
    before_application=[Element("permission", {"android:name": "com.example.P", "android:protectionLevel": Hex(2)})],
    target_sdk=-1,
)


def test_a_manifest_reads_the_same_in_both_forms():
    assert read_proto_xml(write_proto_xml(ROOT)) == read_axml(write_axml(ROOT))


def test_compiled_values_alone_read_the_same():
    assert read_proto_xml(write_proto_xml(ROOT, raw=False)) == read_axml(write_axml(ROOT))


def test_references_by_name_keep_their_name_and_the_first_of_two_attributes_counts():
    twice = message((4, message((2, "package"), (3, "first"))), (4, message((2, "package"), (3, "second"))))
    root = read_proto_xml(message((1, message((3, "manifest")) + twice)))
    assert root == Read("manifest", {"package": "first"})
    named = read_proto_xml(write_proto_xml(Element("a", {"android:label": "@string/app_name"})))
    assert named.attributes == {"android:label": "@string/app_name"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<manifest/>",
        write_axml(ROOT),
        message((2, "text, no element")),
        message((1, message((4, b"\x0a\xff\xff")))),
        write_proto_xml(ROOT)[:-3],
    ],
)
def test_what_is_no_manifest_of_a_bundle_is_refused(data):
    with pytest.raises(AxmlError):
        read_proto_xml(data)


def test_depth_is_bounded():
    data = message((3, "a"))
    for _ in range(2_000):
        data = message((3, "a"), (5, message((1, data))))
    with pytest.raises(AxmlError, match="too many"):
        read_proto_xml(message((1, data)))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_none(data):
    with contextlib.suppress(ProtoError):
        for number, value in fields(data):
            assert number > 0
            assert isinstance(value, int | bytes)
    with contextlib.suppress(AxmlError):
        assert read_proto_xml(data).tag


@given(st.data())
def test_damage_never_goes_further_than_an_error(data):
    whole = bytearray(write_proto_xml(ROOT))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(AxmlError):
        assert isinstance(read_proto_xml(bytes(whole)), Read)


# -- resources ----------------------------------------------------------------------------------------------------

TABLE = BundleResources(
    write_resources_pb({"app_name": {"zh": "示例", "": "Example"}, "alias": {"": "@string/app_name"}, "loop": {"": "@string/loop"}})
)


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("@string/app_name", "Example"),
        ("@com.example.app:string/app_name", "Example"),
        ("@7F010000", "Example"),
        ("@string/alias", "Example"),
        ("@7F010001", "Example"),
        ("plain", "plain"),
    ],
)
def test_texts_are_found_by_name_and_by_number(reference, text):
    assert TABLE.string(reference) == text


@pytest.mark.parametrize("reference", ["@string/none", "@id/app_name", "@7F010009", "@7E010000", "@string/loop", "@"])
def test_a_text_that_is_not_there_is_said(reference):
    with pytest.raises(ResourceError):
        TABLE.string(reference)


@given(st.binary(max_size=200), st.sampled_from(["@string/app_name", "@7F010000"]))
def test_any_bytes_are_a_table_or_an_error(data, reference):
    assert all(BundleResources(data).paths({"", "string"}))
    with contextlib.suppress(ResourceError):
        assert BundleResources(data).string(reference)

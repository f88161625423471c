"""Bytecode: the modules a file defines and what they import, and whose they are by their names."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.extract.harmony.abc import AbcError, Named, named, read_abc, requested
from tests.forge.hap import write_abc

MODULES = {
    "&entry/src/main/ets/pages/Index&": ("@ohos:router", "@normalized:N&&&@acme/push/Index&1.2.0"),
    "&@acme/push/src/main/ets/Push&1.2.0": ("@ohos:identifier.oaid",),
    "@ohos.app": (),
}


def test_modules_and_imports_are_read_and_foreign_classes_are_not_taken_for_modules() -> None:
    read = read_abc(write_abc(MODULES))
    assert read.version == "12.0.6.0"
    assert read.unread == 0
    assert dict(read.modules) == {
        "L_ESSlotNumberAnnotation;": (),
        "L&entry/src/main/ets/pages/Index&;": ("@ohos:router", "@normalized:N&&&@acme/push/Index&1.2.0"),
        "L&@acme/push/src/main/ets/Push&1.2.0;": ("@ohos:identifier.oaid",),
        "L@ohos.app;": (),
    }


@pytest.mark.parametrize(
    ("class_", "package"),
    [
        ("L&entry/src/main/ets/pages/Index&;", Named("entry")),
        ("L&@acme/push/src/main/ets/Push&1.2.0;", Named("@acme/push", "1.2.0")),
        ("L&acme/Index&2.0.0-rc.1;", Named("acme", "2.0.0-rc.1")),
        ("Lcn.other.app&library/Index&1.0.0;", Named("library", "1.0.0")),
        ("Lcn.example.shop/entry/ets/pages/Index;", Named("cn.example.shop")),
        ("Lpkg_modules/.ohpm/@acme+push@1.2.0/pkg_modules/@acme/push/Index;", Named("@acme/push", "1.2.0")),
        ("Lpkg_modules@entry/.ohpm/acme@3.1.4/pkg_modules/acme/Index;", Named("acme", "3.1.4")),
        ("L@ohos.app;", None),
        ("L_ESSlotNumberAnnotation;", None),
        ("LEntry;", None),
        ("nonsense", None),
        ("L;", None),
        ("", None),
    ],
)
def test_a_defined_class_names_its_package(class_, package) -> None:
    assert named(class_) == package


@pytest.mark.parametrize(
    ("request_", "package"),
    [
        ("@normalized:N&&&@acme/push/Index&1.2.0", Named("@acme/push", "1.2.0")),
        ("@normalized:N&hsp1&&hsp1/Index&", Named("hsp1")),
        ("@normalized:Y&&&libentry.so&", None),
        ("@package:pkg_modules/.ohpm/@acme+push@1.2.0/pkg_modules/@acme/push/Index", Named("@acme/push", "1.2.0")),
        ("@bundle:cn.example.shop/entry/ets/common/Log", None),
        ("@app:cn.example.shop/entry/entry", None),
        ("@ohos:router", None),
        ("", None),
    ],
)
def test_an_import_names_its_package(request_, package) -> None:
    assert requested(request_) == package


def test_a_module_whose_imports_point_nowhere_is_counted_and_the_rest_is_read() -> None:
    whole = write_abc(MODULES)
    at = whole.index(b"@normalized:N&&&@acme/push/Index&1.2.0")
    place = (at - 1).to_bytes(4, "little")  # what the import table holds of it
    read = read_abc(whole.replace(place, b"\xff\xff\xff\x7f"))
    assert read.unread == 1
    assert ("L&@acme/push/src/main/ets/Push&1.2.0;", ("@ohos:identifier.oaid",)) in read.modules


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "does not begin"),
        (b"\x7fELF" + bytes(100), "does not begin"),
        (write_abc(MODULES)[:-1], "cut short"),
        (write_abc(MODULES)[:59], "does not begin"),
        (b"PANDA\0\0\0" + bytes(24) + b"\xff" * 4 + bytes(40), "index of classes"),
    ],
)
def test_what_is_no_bytecode_is_one_error(data, says) -> None:
    with pytest.raises(AbcError, match=says):
        read_abc(data)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_modules_or_an_error(data, begun) -> None:
    try:
        read = read_abc(b"PANDA\0\0\0" + data if begun else data)
    except AbcError:
        return
    for class_, requests in read.modules:
        named(class_)
        for request in requests:
            requested(request)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_changed_bytecode_is_modules_or_an_error(data) -> None:
    whole = bytearray(write_abc(MODULES))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(8, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(AbcError):
        read_abc(bytes(whole))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_name_is_a_package_or_none(text) -> None:
    for found in (named(f"L{text};"), named(text), requested(text)):
        assert found is None or found.package

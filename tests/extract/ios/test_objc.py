"""Class names: Swift's are read back into the words of their source, everything else stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.extract.ios.objc import Memory, class_names, readable


@pytest.mark.parametrize(
    ("mangled", "name"),
    [
        ("_TtC6Module5Class", "Module.Class"),
        ("_TtCC6Module5Outer5Inner", "Module.Outer.Inner"),
        ("_TtCV6Module5Outer5Inner", "Module.Outer.Inner"),
        ("_TtCOV6Module5Outer4Enum5Inner", "Module.Outer.Enum.Inner"),
        ("_TtC6ModuleP33_1234567890ABCDEF1234567890ABCDEF5Class", "Module.Class"),
        ("_TtCs12_SwiftObject", "Swift._SwiftObject"),
        ("_TtC6模块6类名", "模块.类名"),
    ],
)
def test_plain_swift_classes_are_named_as_in_their_source(mangled: str, name: str) -> None:
    assert readable(mangled) == name


@pytest.mark.parametrize(
    "name",
    [
        "GeTuiSdk",
        "类名",
        "_TtGC6Module7GenericSi_",
        "_TtC6Module",
        "_TtC6Module5Clas",
        "_TtC6Module5ClassX",
        "_TtC0",
        "_TtC99999Module",
        "_TtC2类名5Class",
        "_Tt",
        "",
    ],
)
def test_other_names_stay_as_they_are(name: str) -> None:
    assert readable(name) == name


@given(st.text(max_size=30) | st.text("_TtCVOPs0123456789ab模", max_size=30).map(lambda text: "_TtC" + text))
def test_any_name_can_be_read(name: str) -> None:
    assert isinstance(readable(name), str)


@given(
    st.binary(max_size=200),
    st.integers(-9, 300),
    st.integers(0, 300),
    st.sampled_from([4, 8]),
    st.sampled_from([0, 1, 2, 3, 6, 9, 12, 99]),
)
def test_any_bytes_give_names_and_a_count(data: bytes, at: int, size: int, width: int, form: int) -> None:
    memory = Memory(
        data=data,
        base=0,
        size=len(data),
        pointer_size=width,
        segments=((0, len(data), 0), (1 << 32, (1 << 32) + len(data), 0)),
        pointer_format=form,
        text_address=1 << 32,
    )
    names, unread = class_names(memory, at, size)
    assert all(names)
    assert 0 <= unread <= 300 // width + 1

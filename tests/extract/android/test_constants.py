"""Constants of static fields, as the DEX file writes them down."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.extract.android.constants import constants
from auditor.extract.android.tables import Tables
from tests.forge.dex import Class, Field, write_dex

NAME = "com.acme.push.BuildConfig"


def config(*fields: Field) -> bytes:
    return write_dex([Class(name="com.acme.A"), Class(name=NAME, fields=list(fields))])


def text(name: str, value: str | None) -> Field:
    return Field(name=name, static=True, value=value)


def read(data: bytes, *wanted: str) -> dict[str, str]:
    return dict(constants(Tables(data, 0), frozenset(f"{NAME}.{field}" for field in wanted)))


def test_a_version_is_read() -> None:
    data = config(text("APPLICATION_ID", "com.acme"), text("VERSION_NAME", "4.3.5.0"))
    assert read(data, "VERSION_NAME") == {f"{NAME}.VERSION_NAME": "4.3.5.0"}


def test_text_of_every_plane_and_numbers_are_read() -> None:
    number = Field(name="VERSION_CODE", type="I", static=True, value=60001)
    data = config(text("LABEL", "推送\U0001f600"), number)
    assert read(data, "LABEL", "VERSION_CODE") == {f"{NAME}.LABEL": "推送\U0001f600", f"{NAME}.VERSION_CODE": "60001"}


def test_what_was_not_asked_for_or_has_no_value_is_not_there() -> None:
    data = config(text("VERSION_NAME", None), text("OTHER", "1.0"))
    assert read(data, "VERSION_NAME") == {}
    assert read(data) == {}
    assert dict(constants(Tables(data, 0), frozenset({"com.acme.A.OTHER"}))) == {}


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), max_size=10), st.integers(0, 1 << 20))
def test_damage_gives_fewer_constants_or_a_refused_table(flips: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(config(text("APPLICATION_ID", "com.acme"), text("VERSION_NAME", "4.3.5.0")))
    for at, value in flips:
        data[at % len(data)] = value
    damaged = bytes(data[: max(0x70, cut % (len(data) + 1))])
    try:
        found = read(damaged, "VERSION_NAME", "APPLICATION_ID")
    except ValueError:
        return
    assert set(found) <= {f"{NAME}.VERSION_NAME", f"{NAME}.APPLICATION_ID"}


def test_a_table_outside_the_file_is_refused() -> None:
    with pytest.raises(ValueError, match="outside the file"):
        Tables(config(text("A", "b"))[:0x80], 0)

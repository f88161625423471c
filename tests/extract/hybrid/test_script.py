"""Interfaces found in scripts, by how they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.extract.hybrid.script import Form, identifiers, mentions, read_names

NAMES = read_names(
    {"uni.getLocation", "uni.scanCode", "plus.device.imei", "plus.geolocation.getCurrentPosition", "Clipboard.getString"}
)


def found(script: str) -> list[tuple[str, Form]]:
    """Return (interface, how it is written) of each mention."""
    return [(one.name, one.form) for one in mentions(script.encode(), NAMES)]


@pytest.mark.parametrize(
    "script",
    [
        "uni.getLocation({type:'wgs84'})",
        "var a=1;uni . getLocation({})",
        "window.uni.getLocation({})",
        "uni?.getLocation?.({})",
        "return t(uni.getLocation)",
        "x=uni.getLocation==null",
        "(0,r(d[1]).uni.getLocation)({})",
    ],
)
def test_a_whole_chain_is_a_member(script: str) -> None:
    assert found(script) == [("uni.getLocation", Form.MEMBER)]


def test_a_chain_may_end_in_a_string() -> None:
    assert found('uni["getLocation"]({})') == [("uni.getLocation", Form.INDEX)]
    assert found("uni['getLocation']({})") == [("uni.getLocation", Form.INDEX)]


def test_a_property_of_several_parts_is_read_whole() -> None:
    assert found("var i=plus.device.imei;") == [("plus.device.imei", Form.MEMBER)]
    assert found("var i=e.device.imei;") == []
    assert found("var i=order.imei;") == []


@pytest.mark.parametrize(
    "script",
    [
        "n.default.getLocation({})",
        "t.getLocation({type:1})",
        "(function(t){t.getLocation({success:f})}).call(this,n('6e42').default)",
    ],
)
def test_what_a_minifier_made_of_the_owner_is_an_alias(script: str) -> None:
    assert found(script) == [("uni.getLocation", Form.ALIAS)]


def test_an_alias_of_the_outer_owner_keeps_the_inner() -> None:
    assert found("e.geolocation.getCurrentPosition(f)") == [("plus.geolocation.getCurrentPosition", Form.ALIAS)]


@pytest.mark.parametrize(
    "script",
    [
        "t.getLocation()",  # the script's own, more often than not
        "(0,a.getLocation)({})",  # a named import: uni is imported whole
        "this.getLocation({})",
        "service.getLocation({})",
        "getLocation({})",
        "uni.getLocationName()",
        "myuni.getLocation({})",
        "uni.getLocation = function(){}",
        '"uni.getLocation is missing"',
        'i18n["getLocation"]',
        "t.getLocation({});var o={getLocation:function(){}}",
        't.getLocation({});[{key:"getLocation",value:1}]',
        "{getLocation(){return 1}}t.getLocation({})",
    ],
)
def test_what_only_looks_alike_is_none(script: str) -> None:
    assert found(script) == []


def test_a_wrapper_the_framework_ships_is_no_more_than_a_name() -> None:
    own = "m.exports={getString:function(){return Clipboard.getString()}}"
    assert found(own) == [("Clipboard.getString", Form.NAME)]
    assert found("Clipboard.getString().then(f)") == [("Clipboard.getString", Form.MEMBER)]


def test_few_places_of_one_interface_are_kept() -> None:
    assert len(found("uni.scanCode({});" * 50)) == 3


def test_a_mention_shows_where_it_stands_and_what_is_around() -> None:
    script = "/* 位置 */ var self=this;uni.getLocation({type:1})".encode()
    (one,) = mentions(script, NAMES)
    assert script[one.at :].startswith(b"getLocation")
    assert "uni.getLocation({type:1})" in one.text


def test_words_longer_than_a_piece_are_not_cut() -> None:
    script = b" " * ((1 << 20) - 3) + b"getLocation"
    assert identifiers(script, {b"getLocation", b"other"}) == ({b"getLocation"}, False)


def test_rewritten_names_are_told_from_minified_ones() -> None:
    rewritten = b"".join(b"var _0x%x=1;" % number for number in range(0x1000, 0x1200))
    assert identifiers(rewritten, ())[1]
    assert not identifiers(b"".join(b"var a%d=1;" % number for number in range(500)), ())[1]
    assert not identifiers(rewritten[:900], ())[1]


@given(st.binary(max_size=400))
def test_any_bytes_are_searched(data: bytes) -> None:
    for one in mentions(data, NAMES):
        assert data[one.at :].startswith(one.name.rpartition(".")[2].encode())


PIECES = ["uni", ".", "getLocation", "[", "]", '"', "'", "(", ")", "{", " ", "default", "t", "=", ","]


@given(st.lists(st.sampled_from(PIECES), max_size=25))
def test_what_is_found_has_the_name_there(parts: list[str]) -> None:
    script = "".join(parts).encode()
    for one in mentions(script, NAMES):
        assert one.name == "uni.getLocation"
        assert script[one.at : one.at + 11] == b"getLocation"
        if one.form in (Form.MEMBER, Form.INDEX):
            assert b"uni" in script[: one.at]

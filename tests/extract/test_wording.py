"""Texts looked for in files of any kind."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from auditor.extract.wording import links_in, wordings_in, wordings_of_strings

WORDS = {"deletion": ("注销账号", "Delete account"), "withdrawal": ("撤回同意",)}
LINKS = {"policy": ("privacy", "yinsi")}


def subjects(data: bytes, **how: bool) -> list[tuple[str, str]]:
    return [(subject, word) for subject, word, _ in wordings_in(data, WORDS, **how)]


def test_texts_are_found_in_every_encoding() -> None:
    assert subjects("点此注销账号".encode()) == [("deletion", "注销账号")]
    assert subjects("点此注销账号".encode("utf-16-le"), wide=True) == [("deletion", "注销账号")]
    assert subjects("点此注销账号".encode("utf-16-be"), big=True) == [("deletion", "注销账号")]
    assert subjects(b'"\\u64a4\\u56de\\u540c\\u610f"', script=True) == [("withdrawal", "撤回同意")]
    assert subjects(b'"\\u64A4\\u56DE\\u540C\\u610F"', script=True) == [("withdrawal", "撤回同意")]
    assert subjects(b"Delete account") == [("deletion", "Delete account")]


def test_other_texts_are_not() -> None:
    assert subjects("注销登录，账号安全".encode()) == []
    assert subjects("点此注销账号".encode("utf-16-le")) == []
    assert subjects(b"") == []


def test_links_lead_there_by_their_path() -> None:
    data = b'a("https://www.example.com/Privacy.html?x=1") b("https://privacy.example.com") c("https://example.com/terms")'
    assert [(subject, address) for subject, address, _ in links_in(data, LINKS)] == [("policy", "https://www.example.com/Privacy.html?x=1")]


def test_strings_of_code_are_looked_up_where_they_stand() -> None:
    strings = sorted(
        [b"a", b"https://example.com/yinsi", b"https://example.com/x", "注销账号成功".encode(), "登录".encode(), b"Delete account"]
    )
    found = {strings[index]: told for index, told in wordings_of_strings(strings, WORDS, LINKS).items()}
    assert found == {
        b"https://example.com/yinsi": ("policy", "https://example.com/yinsi"),
        "注销账号成功".encode(): ("deletion", "注销账号"),
    }


@given(st.lists(st.sampled_from(["注销", "账号", "撤回", "同意", "Delete ", "account", "x", "\\u64a4\\u56de"]), max_size=12))
def test_what_is_found_is_what_each_word_alone_finds(parts: list[str]) -> None:
    data = "".join(parts).encode()
    alone = [(subject, word) for subject, words in WORDS.items() for word in words if word.encode() in data]
    assert subjects(data) == alone


@given(st.binary(max_size=200))
def test_any_bytes_are_looked_through(data: bytes) -> None:
    for _, _, at in (*wordings_in(data, WORDS, wide=True, script=True), *links_in(data, LINKS)):
        assert 0 <= at < len(data)

"""Two languages laid over each other: what is the same stands once, what differs twice, and nothing gets lost."""

from __future__ import annotations

import html
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model import Language
from auditor.report.bilingual import Both, BothWords, overlay
from auditor.report.outline import outline
from tests import nouns
from tests.report.examples import EXAMPLES


@dataclass(frozen=True)
class Part:
    name: str
    count: int
    items: tuple[str, ...] = ()


def test_what_is_the_same_stands_once_and_what_differs_in_both():
    assert overlay(Part("a.b", 1, ("x", "相机")), Part("a.b", 1, ("x", "Camera"))) == Part("a.b", 1, ("x", Both("相机", "Camera")))


def test_paragraphs_that_are_more_in_one_language_go_on_in_that_alone():
    assert overlay(("一", "二"), ("one",)) == (Both("一", "one"), Both("二", ""))
    assert overlay((), (Part("x", 2),)) == (Part(Both("", "x"), 2),)


def test_values_that_may_not_differ_are_refused():
    with pytest.raises(ValueError, match="other language"):
        overlay(Part("a", 1), Part("a", 2))


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_text_opens_an_element(zh, en):
    both = Both(zh, en)
    for markup in (both.__html__(), both.svg.__html__()):
        inner = markup
        for tag in ("span", "tspan"):
            for language in ("zh", "en"):
                for lang in ("zh-Hans", "en"):
                    inner = inner.replace(f'<{tag} class="{language}" lang="{lang}">', "")
            inner = inner.replace(f"</{tag}>", "")
        assert "<" not in inner
        assert html.unescape(inner) == zh + en


def test_phrases_take_values_of_their_own_language():
    words = BothWords()
    assert words("severity.is", word=Both("高", "high")) == Both("严重程度：高", "severity: high")
    assert words.listed([Both("相机", "Camera"), "IMEI"]) == Both("相机、IMEI", "Camera, IMEI")


@pytest.mark.parametrize("name", EXAMPLES)
def test_outlines_of_one_audit_have_one_shape_in_both_languages(name):
    for audit in EXAMPLES[name]:
        zh, en = outline(audit, Language.ZH), outline(audit, Language.EN)
        assert [card.anchor for card in overlay(zh, en).findings] == [card.anchor for card in zh.findings]


@given(nouns.audits())
def test_any_audit_can_be_laid_over(audit):
    overlay(outline(audit, Language.ZH), outline(audit, Language.EN))

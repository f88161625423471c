"""Two outlines of one audit laid over each other: what differs between the languages stands in both, the rest once."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from itertools import zip_longest
from typing import Any

from auditor.model import Language
from auditor.report.words import Words

__all__ = ["TAGS", "Both", "BothWords", "in_both", "overlay"]

TAGS = {Language.ZH: "zh-Hans", Language.EN: "en"}
"""BCP 47 tag of each language."""


@dataclass(frozen=True, slots=True)
class Both:
    """A text in both languages; as HTML two elements, of which the style sheet shows the one asked for."""

    zh: str
    en: str

    def __bool__(self) -> bool:
        return bool(self.zh or self.en)

    def __html__(self) -> str:
        return self._marked("span")

    @property
    def svg(self) -> SvgText:
        """The text for use inside a text element of SVG."""
        return SvgText(self._marked("tspan"))

    def _marked(self, tag: str) -> str:
        parts = ((Language.ZH, self.zh), (Language.EN, self.en))
        return "".join(
            f'<{tag} class="{language.value}" lang="{TAGS[language]}">{html.escape(text)}</{tag}>' for language, text in parts if text
        )


@dataclass(frozen=True, slots=True)
class SvgText:
    """Markup that is safe inside SVG."""

    markup: str

    def __html__(self) -> str:
        return self.markup


class BothWords:
    """The catalogue of phrases in both languages, called as Words is."""

    def __init__(self) -> None:
        self._zh, self._en = Words(Language.ZH), Words(Language.EN)

    def __call__(self, key: str, **values: object) -> str | Both:
        """Return the phrase called ``key``, each value in the language of its phrase."""
        zh, en = ({name: _in(value, language) for name, value in values.items()} for language in (Language.ZH, Language.EN))
        return in_both(self._zh(key, **zh), self._en(key, **en))


    def listed(self, items: Iterable[str | Both]) -> str | Both:
        """Return the items in one line."""
        items = tuple(items)
        zh, en = ([str(_in(item, language)) for item in items] for language in (Language.ZH, Language.EN))
        return in_both(self._zh.listed(zh), self._en.listed(en))


def _in(value: object, language: Language) -> object:
    if isinstance(value, Both):
        return value.zh if language is Language.ZH else value.en
    return value


def in_both(zh: str, en: str) -> str | Both:
    """Return one text for both languages: itself where it is the same in both."""
    return zh if zh == en else Both(zh, en)


def overlay(zh: Any, en: Any) -> Any:
    """Return two values of one shape as one, every text in which they differ as Both.

    The shape is that of an Outline: dataclasses, tuples, texts, and values that are the same in both. A tuple that is longer in one
    language (paragraphs) goes on in that language alone.
    """
    if isinstance(zh, str) and isinstance(en, str):
        return in_both(zh, en)
    if isinstance(zh, tuple) and isinstance(en, tuple):
        return tuple(
            overlay(_blank(two) if one is None else one, _blank(one) if two is None else two) for one, two in zip_longest(zh, en)
        )
    if is_dataclass(zh) and type(zh) is type(en):
        return _each(zh, lambda name: overlay(getattr(zh, name), getattr(en, name)))
    if zh != en:
        raise ValueError(f"{zh!r} is not what stands in the other language: {en!r}")
    return zh


def _blank(value: Any) -> Any:
    """Return a value of the same shape that says nothing."""
    if isinstance(value, str):
        return ""
    if isinstance(value, tuple):
        return tuple(_blank(one) for one in value)
    if is_dataclass(value) and not isinstance(value, Enum):
        return _each(value, lambda name: _blank(getattr(value, name)))
    return value


def _each(value: Any, of: Callable[[str], Any]) -> Any:
    return type(value)(**{field.name: of(field.name) for field in fields(value)})

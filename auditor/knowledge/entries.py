"""What the readers of the YAML beside this file share."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from auditor.model import Text
from auditor.records import Mistake, Record, read_record

__all__ = [
    "ID",
    "LITERAL_LENGTH",
    "SEGMENTS",
    "SHA256",
    "Ids",
    "Plain",
    "both_of",
    "label_of",
    "pattern_of",
    "read_part",
    "slim",
    "sources_of",
]

Plain = dict[str, Any]
"""Strings, integers, booleans, lists and dictionaries with text keys, and nothing else."""
ID = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*\Z")
"""An id: small letters and digits, with dashes or underscores between."""
SEGMENTS = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*\Z", re.ASCII)
"""A dotted name."""
SHA256 = re.compile(r"[0-9a-f]{16,64}\Z")
"""A SHA-256, or how one starts."""
LITERAL_LENGTH = 6
"""Characters a literal has at least to tell anything."""


def read_part(directory: Path, name: str, mistakes: list[Mistake], read: Callable[[Record], Plain]) -> Plain:
    """Return what ``read`` makes of one file; one that cannot be read is a mistake, and empty."""
    try:
        data = (directory / name).read_bytes()
    except OSError as error:
        mistakes.append(Mistake(name, 1, f"cannot be read: {error.strerror}"))
        return {}
    record = read_record(name, data, mistakes, name)
    if record is None:
        return {}
    plain = read(record)
    record.done()
    return plain


class Ids:
    """The ids given out so far, and where."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def take(self, record: Record, key: str) -> str:
        """Return the id under ``key``; a second use of it is a mistake."""
        name = record.text(key, required=True)
        if name in self._places:
            record.wrong(f"{name!r} was described before, on line {self._places[name]}", key)
        elif name:
            self._places[name] = record.line_of(key)
        return name


def sources_of(record: Record) -> Collection[str]:
    """Return the ids of the sources a file lists: where its facts were read, and under which licence."""
    listed = record.record("sources", required=True)
    if listed is None:
        return ()
    for name in listed.keys():  # noqa: SIM118 - a Record is no mapping
        listed.text(name, required=True)
    return listed.keys()


def both_of(text: Text) -> list[str]:
    """Return a text as a pair: Chinese, English."""
    return [text.zh, text.en]


def label_of(record: Record) -> list[str]:
    """Return the label, both languages or neither."""
    return both_of(record.both("label")) if record.has("label") else []


def slim(**values: Any) -> Plain:
    """Leave out what is false, empty or zero: the loader puts it back."""
    return {key: value for key, value in values.items() if value}


def pattern_of(record: Record, key: str, text: str) -> str:
    """Return a regular expression; one that is none is a mistake."""
    try:
        re.compile(text)
    except re.error as error:
        record.wrong(f"{record.what}.{key}: {text!r} is no regular expression: {error}", key)
    return text

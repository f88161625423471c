"""``resources.index``: the texts a HarmonyOS module refers to, by name and by id, in every language.

Formats: what restool writes, as it has it itself (openharmony/global_resource_tool, resource_table.cpp and resource_data.h):
the older one (``Restool``) keeps one list of ids per configuration, the newer one (``RestoolV2``) one list of ids and, for each,
where its value for each configuration lies. All numbers are little-endian.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

__all__ = ["BASE", "ResourceError", "Resources", "read_resources"]

BASE = "base"
"""The language of texts for every language that has none of its own, as their directory is called."""
_VERSION = 128
"""Bytes of the version, which begins the file."""
_KEYS, _IDS, _DATA = b"KEYS", b"IDSS", b"DATA"
_LANGUAGE, _REGION, _SCRIPT = 0, 1, 5
_STRING = 9
_MOST_PARAMETERS = 32
"""Qualifiers of one configuration; there are eleven kinds."""
_DEEPEST = 8
"""References followed from one text to the next."""
_REFERENCE = re.compile(r"\$string:(?:(?P<number>[0-9]{1,10})|(?P<name>[A-Za-z_][A-Za-z0-9_.]*))\Z")
"""A reference: sources name what they refer to, the build tool writes its id."""


class ResourceError(Exception):
    """A resource index that cannot be read; the message says where it fails."""


@dataclass(frozen=True, slots=True)
class Resources:
    """The strings of one module."""

    by_id: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    """id -> language (``zh_CN``, ``base``) -> text."""
    by_name: Mapping[str, int] = field(default_factory=dict)

    def texts(self, written: str, number: int = 0) -> dict[str, str]:
        """Return the texts a value stands for, by language, sorted; of one that refers to nothing here, nothing.

        ``written`` is the value as written: a text is its own text, ``$string:name`` a reference; ``number`` is the id the
        build tool wrote beside it, 0 = none.
        """
        if not written.startswith("$"):
            return {BASE: written} if written else {}
        match = _REFERENCE.match(written)
        found = (self._found(match) if match else None) or self.by_id.get(number)
        return {} if found is None else {language: self._text(text, language) for language, text in sorted(found.items())}

    def text(self, written: str, number: int = 0) -> str:
        """Return one text: that for every language, else Chinese, else the first."""
        texts = self.texts(written, number)
        for language in (BASE, *(one for one in texts if one.startswith("zh")), *texts):
            if language in texts:
                return texts[language]
        return ""

    def _found(self, reference: re.Match[str]) -> Mapping[str, str] | None:
        name = reference["name"]
        return self.by_id.get(self.by_name.get(name, 0) if name else int(reference["number"]))

    def _text(self, text: str, language: str) -> str:
        """Follow a text that is a reference itself."""
        for _ in range(_DEEPEST):
            match = _REFERENCE.match(text)
            found = self._found(match) if match else None
            if not found:
                break
            text = found.get(language, found.get(BASE, next(iter(found.values()))))
        return text


class _Bytes:
    """The file, read with every offset checked."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def numbers(self, at: int, count: int) -> tuple[int, ...]:
        """Return 32-bit numbers."""
        if at < 0 or count < 0 or at + 4 * count > len(self.data):
            raise ResourceError(f"+0x{max(at, 0):x}: points outside the file")
        return struct.unpack_from(f"<{count}I", self.data, at)

    def sized(self, at: int) -> tuple[str, int]:
        """Return the text that stands behind its 16-bit length, and where it ends."""
        if at < 0 or at + 2 > len(self.data):
            raise ResourceError(f"+0x{max(at, 0):x}: points outside the file")
        length = int.from_bytes(self.data[at : at + 2], "little")
        end = at + 2 + length
        if end > len(self.data):
            raise ResourceError(f"+0x{at:x}: a text runs past the end")
        return self.data[at + 2 : end].rstrip(b"\0").decode("utf-8", "replace"), end

    def tag(self, at: int, wanted: bytes) -> None:
        """Check the four letters a list begins with."""
        if self.data[at : at + 4] != wanted:
            raise ResourceError(f"+0x{at:x}: {wanted.decode()} is missing")

    def most(self, count: int, size: int) -> int:
        """Return a count that so many entries of a size can have."""
        if count * size > len(self.data):
            raise ResourceError(f"counts {count} entries, more than it has room for")
        return count


def read_resources(data: bytes) -> Resources:
    """Read the strings of a resource index. Raises ResourceError where it is none, or is damaged."""
    version = data[:_VERSION].rstrip(b"\0")
    if len(data) < _VERSION + 8 or not version.startswith(b"Restool"):
        raise ResourceError("has not the version a resource index begins with")
    file = _Bytes(data)
    read = _newer(file) if version.startswith(b"RestoolV2") else _older(file)
    by_id: dict[int, dict[str, str]] = {}
    by_name: dict[str, int] = {}
    for id_, name, language, text in read:
        # of two values for one language the first counts: others are for other devices or modes
        by_id.setdefault(id_, {}).setdefault(language, text)
        by_name.setdefault(name, id_)
    return Resources(by_id=by_id, by_name=by_name)


def _older(file: _Bytes) -> Iterator[tuple[int, str, str, str]]:
    """Yield (id, name, language, text) of a file with one list of ids per configuration."""
    at = _VERSION + 8
    (_, count) = file.numbers(_VERSION, 2)
    configurations = []
    for _ in range(file.most(count, 12)):
        file.tag(at, _KEYS)
        offset, parameters = file.numbers(at + 4, 2)
        configurations.append((offset, _language(file, at + 12, parameters)))
        at += 12 + 8 * parameters
    left = len(file.data) // 8
    for offset, language in configurations:
        file.tag(offset, _IDS)
        (ids,) = file.numbers(offset + 4, 1)
        left -= file.most(ids, 8)
        if left < 0:
            raise ResourceError("lists more values than it has room for")
        places = file.numbers(offset + 8, 2 * ids)
        for id_, place in zip(places[::2], places[1::2], strict=True):
            _, type_, _ = file.numbers(place, 3)
            if type_ == _STRING:
                text, end = file.sized(place + 12)
                name, _ = file.sized(end)
                yield id_, name, language, text


def _newer(file: _Bytes) -> Iterator[tuple[int, str, str, str]]:
    """Yield (id, name, language, text) of a file with one list of ids, and the values of each."""
    at = _VERSION + 12
    (_, count, _) = file.numbers(_VERSION, 3)
    languages: dict[int, str] = {}
    for _ in range(file.most(count, 12)):
        file.tag(at, _KEYS)
        number, parameters = file.numbers(at + 4, 2)
        languages[number] = _language(file, at + 12, parameters)
        at += 12 + 8 * parameters
    file.tag(at, _IDS)
    (_, types, _) = file.numbers(at + 4, 3)
    at += 16
    left = len(file.data) // 8
    for _ in range(file.most(types, 12)):
        type_, _, ids = file.numbers(at, 3)
        at += 12
        for _ in range(file.most(ids, 12)):
            id_, place, length = file.numbers(at, 3)
            if at + 12 + length > len(file.data):
                raise ResourceError(f"+0x{at:x}: a name runs past the end")
            name = file.data[at + 12 : at + 12 + length].decode("utf-8", "replace")
            at += 12 + length
            if type_ != _STRING:
                continue
            _, _, values = file.numbers(place, 3)
            left -= file.most(values, 8)
            if left < 0:
                raise ResourceError("lists more values than it has room for")
            found = file.numbers(place + 12, 2 * values)
            for number, value in zip(found[::2], found[1::2], strict=True):
                text, _ = file.sized(value)
                yield id_, name, languages.get(number, BASE), text


def _language(file: _Bytes, at: int, parameters: int) -> str:
    """Return the language of a configuration: ``zh``, ``zh_CN``, ``zh_Hans_CN``, or the one for all."""
    if parameters > _MOST_PARAMETERS:
        raise ResourceError(f"+0x{at:x}: {parameters} qualifiers of one configuration")
    pairs = file.numbers(at, 2 * parameters)
    found = dict(zip(pairs[::2], pairs[1::2], strict=True))
    parts = [_letters(found[kind]) for kind in (_LANGUAGE, _SCRIPT, _REGION) if kind in found]
    return "_".join(part for part in parts if part) if _LANGUAGE in found else BASE


def _letters(value: int) -> str:
    """Return the letters packed into a number, the first of them highest."""
    return "".join(chr(one) for one in value.to_bytes(4, "big") if 0x20 < one < 0x7F)

"""Script source, minified or not, searched for interfaces by the names they are reached under.

No syntax tree is built: a bundle may be 30 MB in one line. The identifiers a file uses are collected in one pass; only names
that are among them are looked for, and of each the chain it ends is read backwards: ``uni.getLocation``,
``uni["getLocation"]``, ``n.default.getLocation``. How a name is written says how sure the reading is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

__all__ = ["Form", "Mention", "Names", "identifiers", "mentions", "read_names", "words_of"]

_SEPARATORS = bytes(
    byte if byte in b"$_" or (byte < 128 and chr(byte).isalnum()) else 32 for byte in range(256)
)
_PIECE = 1 << 20
"""Bytes taken apart at a time: the list of all words of a large bundle would take many times its size."""
_REWRITTEN = re.compile(rb"_0x[0-9a-f]{3,8}\Z")
"""Names that obfuscators of scripts make."""
_MANY = 200
"""From so many of them in a piece on, if they are a quarter of its words, its names were rewritten."""
_REACH = 96
"""Bytes before a name in which the rest of its chain is looked for."""
_PER_NAME = 3
"""Places kept per interface and form; more would only repeat what they show."""
_LOOKED_AT = 400
"""Places of one name looked at in one file: a name that stands more often is no evidence, but an ordinary word."""
_LONGEST = 6
"""Parts of the longest chain read."""
_SHORT = 2
"""Letters of the longest name a minifier gives a variable in scope."""
_BEFORE, _AFTER = 36, 28
"""Bytes shown around a place."""
_GLOBALS = frozenset({"window", "globalThis", "global", "self", "top"})
_LINK = re.compile(
    rb"(?:([A-Za-z_$][\w$]{0,63})|(\)|\])|\[\s*[\"']([A-Za-z_$][\w$]{0,63})[\"']\s*\])\s{0,4}(?:\?\.|\.)?\s{0,4}\Z"
)
_DEFINES = re.compile(rb"\s{0,2}(?:[:=]\s{0,2}(?:async\s{1,2})?(?:function|\()|\([\w$,\s{}]{0,60}\)\s{0,2}\{)")
_KEY = re.compile(rb"key:\s{0,2}[\"']\Z")


class Form(Enum):
    """How an interface is written."""

    MEMBER = "member"
    """By its whole chain: ``uni.getLocation``."""
    INDEX = "index"
    """By its whole chain, with a string: ``uni["getLocation"]``."""
    ALIAS = "alias"
    """Called on what a minifier made of its owner, in the form of a call to it: ``n.default.getLocation(``, ``t.getLocation({``."""
    NAME = "name"
    """Only its name stands in a table of strings: what it is called on is not shown."""


@dataclass(frozen=True, slots=True)
class Mention:
    """One place where a script names an interface."""

    name: str
    """As it was asked for."""
    form: Form
    at: int
    """Offset in bytes."""
    text: str
    """What stands around it."""


Names = Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]]
"""Last part of a name -> (name, the parts before the last) of each interface that ends in it."""


def read_names(names: Collection[str]) -> Names:
    """Take dotted names apart."""
    found: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for name in sorted(names):
        *owner, last = name.split(".")
        found.setdefault(last, []).append((name, tuple(owner)))
    return {last: tuple(full) for last, full in found.items()}


def words_of(names: Names) -> set[bytes]:
    """Return the words a script must hold for one of these names to stand in it."""
    owners = {owner[-1] for wanted in names.values() for _, owner in wanted if owner}
    return {word.encode() for word in (*names, *owners)}


def identifiers(data: bytes, wanted: Collection[bytes]) -> tuple[set[bytes], bool]:
    """Return which of the wanted words a script holds, strings and comments included, and whether its names were rewritten."""
    wanted = frozenset(wanted)
    found: set[bytes] = set()
    rewritten = False
    at, size = 0, len(data)
    while at < size:
        end = min(at + _PIECE, size)
        # a word must not be cut in two; one that is longer than all of this is none
        while end < size and end < at + _PIECE + 256 and _SEPARATORS[data[end]] != 32:
            end += 1
        words = set(data[at:end].translate(_SEPARATORS).split())
        found |= words & wanted
        if b"_0x" in data[at:end]:
            names = sum(1 for word in words if word.startswith(b"_0x") and _REWRITTEN.match(word))
            rewritten |= names > _MANY and names * 4 > len(words)
        at = end
    return found, rewritten


def mentions(data: bytes, names: Names, words: Collection[bytes] | None = None) -> Iterator[Mention]:
    """Yield where a script names the interfaces, in the order of the names; few places of each.

    ``words`` are those of :func:`words_of` that the script holds, where they are known already.
    """
    words = identifiers(data, words_of(names))[0] if words is None else words
    for last in sorted(names):
        raw = last.encode()
        if raw in words:
            # an owner of several parts keeps at least the last of them
            wanted = tuple(one for one in names[last] if len(one[1]) < 2 or one[1][-1].encode() in words)
            if wanted:
                yield from _of_name(data, raw, wanted)


def _of_name(data: bytes, raw: bytes, wanted: tuple[tuple[str, tuple[str, ...]], ...]) -> Iterator[Mention]:
    kept: dict[tuple[str, Form], int] = {}
    defined: bool | None = None
    at = data.find(raw)
    looked = 0
    while at >= 0 and looked < _LOOKED_AT:
        end = at + len(raw)
        if not _is_word(data, at - 1) and not _is_word(data, end):
            looked += 1
            chain, quoted = _chain(data, at, end)
            if chain and not _is_assigned(data, end):
                for name, owner in wanted:
                    form = _form(chain, quoted, owner, data, end)
                    if (form is Form.ALIAS and chain[-1] != "default") or (form is Form.MEMBER and _is_imported(owner)):
                        if defined is None:
                            defined = _is_defined(data, raw)
                        if defined:
                            # the script has a function of that name itself: a wrapper that stands in every such bundle
                            form = Form.NAME if form is Form.MEMBER else None
                    if form is None or kept.get((name, form), 0) >= _PER_NAME:
                        continue
                    kept[name, form] = kept.get((name, form), 0) + 1
                    yield Mention(name, form, at, _shown(data, at, end))
        at = data.find(raw, end)


def _is_imported(owner: tuple[str, ...]) -> bool:
    """Tell whether an owner is what a script imports (``Clipboard``), and no object of the runtime (``uni``, ``plus.device``)."""
    return len(owner) == 1 and owner[0][:1].isupper()


def _is_defined(data: bytes, raw: bytes) -> bool:
    """Tell whether a script has a function of this name itself."""
    at = data.find(raw)
    for _ in range(_LOOKED_AT):
        if at < 0:
            return False
        end = at + len(raw)
        own = not _is_word(data, at - 1) and not _is_word(data, end)
        if own and (_KEY.search(data, max(0, at - 8), at) or (data[at - 1 : at] != b"." and _DEFINES.match(data, end))):
            return True
        at = data.find(raw, end)
    return True


def _is_word(data: bytes, at: int) -> bool:
    return 0 <= at < len(data) and _SEPARATORS[data[at]] != 32


def _chain(data: bytes, at: int, end: int) -> tuple[list[str] | None, bool]:
    """Return the parts before a name, outermost first, and whether the name is a string in brackets; None: it ends no chain.

    What is no name (a call, an index) is an empty part, and nothing before it is read.
    """
    before = data[max(0, at - _REACH) : at]
    quoted = False
    stripped = before.rstrip()
    if stripped[-1:] in (b'"', b"'") and data[end : end + 1] == stripped[-1:]:
        inner = stripped[:-1].rstrip()
        if not inner.endswith(b"[") or data[end + 1 : end + 3].lstrip()[:1] != b"]":
            return None, True
        before, quoted = inner[:-1], True
    elif stripped.endswith(b"."):
        before = stripped[:-1].removesuffix(b"?")
    else:
        return None, False
    parts: list[str] = []
    while before and len(parts) < _LONGEST:
        link = _LINK.search(before)
        if link is None:
            break
        if link[2] is not None:
            parts.append("")
            break
        parts.append((link[1] or link[3]).decode("ascii", "replace"))
        before = before[: link.start()]
        if link[1] is not None:
            if before.endswith((b'"', b"'", b"`")):
                return None, quoted  # words of a text, not code
            before = before.rstrip()
            if not before.endswith(b"."):
                break
            before = before[:-1].removesuffix(b"?")
    return parts[::-1], quoted


def _is_assigned(data: bytes, end: int) -> bool:
    """Tell whether a name is given a value here: what defines an interface does not use it."""
    after = data[end : end + 4].lstrip()
    return after[:1] == b"=" and after[:2] not in (b"==", b"=>")


def _form(chain: list[str], quoted: bool, owner: tuple[str, ...], data: bytes, end: int) -> Form | None:
    """Say how an interface of ``owner`` is written by a chain, or None where it is not."""
    rest = chain[: -len(owner)] if owner else chain
    if owner and tuple(chain[-len(owner) :]) == owner and (len(owner) > 1 or not rest or rest[-1] in _GLOBALS or rest[-1] == ""):
        return Form.INDEX if quoted else Form.MEMBER
    called = _called(data, end + (2 if quoted else 0))
    if not called or not owner or not chain:
        return None
    if len(owner) > 1:
        # the last part of the owner still stands there: e.geolocation.getCurrentPosition(
        if chain[-1] == owner[-1] and len(chain) == 2 and (len(chain[0]) <= _SHORT or chain[0] == "default"):
            return Form.ALIAS
        return None
    if chain[-1] == "default" and len(chain) > 1:
        return Form.ALIAS
    # such interfaces take one object: a function of the script's own is more often called with values, or as (0,n.login)(
    return Form.ALIAS if len(chain) == 1 and 0 < len(chain[0]) <= _SHORT and called == b"({" else None


def _called(data: bytes, end: int) -> bytes:
    """Return how a call begins right behind a name: ``(``, ``({`` or ``)(``; nothing where none does."""
    after = b"".join(data[end : end + 8].split())
    return next((start for start in (b"({", b"(", b")(") if after.startswith(start)), b"")


def _shown(data: bytes, at: int, end: int) -> str:
    text = data[max(0, at - _BEFORE) : end + _AFTER].decode("utf-8", "ignore")
    return " ".join(text.split())

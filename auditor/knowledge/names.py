"""What a policy writes for an SDK (a display name, a package, a link) -> the canonical ids it can mean.

A name in a policy is no package name: it is misspelt, names a vendor, a framework or a list of products. So names go
through the alias table, packages through whole dotted segments, and nothing is ever guessed by a common prefix of letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from urllib.parse import urlsplit

from auditor.knowledge.schema import Knowledge, Strength, TraceKind

__all__ = ["Basis", "Resolution", "resolve"]


class Basis(Enum):
    """What a resolution rests on."""

    ALIAS = "alias"
    """A name of the alias table, written as display name or in place of a package."""
    PACKAGE = "package"
    """A package, by whole dotted segments."""
    LINK = "link"
    """The address the row links to; the weakest, because rows are copied with another SDK's link."""
    TYPO = "typo"
    """A package that is one slip away from exactly one known package, and nothing better."""
    NONE = "none"
    """Nothing: the row names no SDK known here, which does not mean there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What a row of a policy's SDK list means."""

    ids: tuple[str, ...]
    """Canonical ids, sorted; several where the row names a vendor or a prefix that several SDKs share."""
    basis: Basis
    """How the ids were found."""
    suggestion: str
    """The package as it ought to be spelt, where the one written is nobody's but one slip (or a dot, or the case of a
    letter) away from exactly one; whatever the ids were found by. Empty where there is nothing to say."""


def resolve(
    knowledge: Knowledge, *, name: str, package: str, aliases: Sequence[str] = (), url: str = ""
) -> Resolution:
    """Return what a row of the SDK list means: its display name, package, further names and link, each as written.

    An exact alias comes before a package, and a display name before a package that says otherwise; where a list of names
    goes with a package, the names that agree with the package count. The link decides only where nothing else does.
    Any text is accepted, none raises.
    """
    return _index_of(knowledge).resolve(name, package, aliases, url)


_SEPARATORS = re.compile(r"[、,;/|&\n\r\t]|(?:和|与|及)")
_PACKAGE_SEPARATORS = re.compile(r"[、，,;；/|\s()（）]+")
_BRACKETS = re.compile(r"\(([^()]*)\)")
_PACKAGE = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_$]*)+\Z", re.ASCII)
_NUMBERING = re.compile(r"^\(?[0-9]{1,3}[.):]+")
_SILENT = re.compile(r"[\s·•‧・\-_—–+*\"'“”‘’「」『』《》〈〉【】\[\]®™:.!]+")
_SILENT_ENDS = " .:。*"
_ENDINGS = ("sdk", "android", "ios", "安卓", "版", "服务", "客户端", "软件开发工具包")
_MOST_ENDINGS = 4
_FILLERS = frozenset(("", "sdk", "android", "ios", "安卓", "for", "the", "and", "by"))
_VERSION = re.compile(r"v?[0-9][0-9.]*\Z")
_LONGEST = 200
"""Characters beyond which a text is no single name and no package."""
_TELLING = 9
"""Shorter packages are too close to one another for a slip to be told from another package."""
_TELLING_SEGMENT = 5
"""Likewise for the one segment that differs, unless it is the first (com, cn, io)."""


def _key(text: str) -> str:
    """Return the form in which two spellings of one display name are the same."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _SILENT.sub("", _NUMBERING.sub("", folded.strip()))


def _keys(text: str) -> Iterator[str]:
    """Yield the key of a name, then what remains when the words that say nothing are taken off its end."""
    if len(text) > _LONGEST:
        return
    key = _key(text)
    for _ in range(_MOST_ENDINGS + 1):
        yield key
        ending = next((one for one in _ENDINGS if key.endswith(one)), "")
        if not ending:
            return
        key = key[: -len(ending)]


def _pieces(text: str) -> list[str]:
    """Return what a text may hold of packages and identifiers, one by one."""
    trimmed = (piece.strip(_SILENT_ENDS) for piece in _PACKAGE_SEPARATORS.split(text))
    return [piece for piece in trimmed if piece and len(piece) <= _LONGEST]


def _above(package: str) -> Iterator[str]:
    """Yield a dotted name and the packages it lies in, the longest first."""
    while package:
        yield package
        package = package.rpartition(".")[0]


def _one_slip(wrong: str, right: str) -> bool:
    """Tell whether two words differ by one letter missing, too much or wrong, or by two neighbours swapped."""
    if wrong == right or abs(len(wrong) - len(right)) > 1:
        return False
    start = 0
    while start < min(len(wrong), len(right)) and wrong[start] == right[start]:
        start += 1
    wrong, right = wrong[start:], right[start:]
    if len(wrong) == len(right):
        return wrong[1:] == right[1:] or (wrong[:2] == right[1::-1] and wrong[2:] == right[2:])
    return wrong[1:] == right or wrong == right[1:]


def _but_one(segments: Sequence[str], at: int) -> tuple[int, str]:
    return at, ".".join((*segments[:at], "", *segments[at + 1 :]))


def _misspells(wrong: Sequence[str], right: Sequence[str]) -> bool:
    """Tell whether a package differs from another by one slip in one telling segment."""
    if len(wrong) != len(right):
        return False
    different = [index for index, pair in enumerate(zip(wrong, right, strict=True)) if pair[0] != pair[1]]
    if len(different) != 1:
        return False
    at = different[0]
    return (at == 0 or len(right[at]) >= _TELLING_SEGMENT) and _one_slip(wrong[at], right[at])


class _Index:
    """The names of every SDK, indexed once per knowledge."""

    def __init__(self, knowledge: Knowledge) -> None:
        aliases: dict[str, set[str]] = defaultdict(set)
        packages: dict[str, set[str]] = defaultdict(set)
        proving: dict[str, set[str]] = defaultdict(set)
        spoken: set[str] = set()
        links: dict[str, set[str]] = defaultdict(set)
        for sdk in knowledge.sdks.values():
            for alias in (*sdk.aliases, sdk.name.zh, sdk.name.en):
                aliases[_key(alias)].add(sdk.id)
            for package in sdk.declared_as:
                packages[package].add(sdk.id)
            for trace in sdk.traces:
                if trace.kind is TraceKind.PACKAGE:
                    spoken.add(trace.pattern)
                    if trace.strength is Strength.PROVES:
                        packages[trace.pattern].add(sdk.id)
                        proving[trace.pattern].add(sdk.id)
            for package in sdk.excepted:
                spoken.add(package)
                proving.setdefault(package, set())
            for link in sdk.links:
                links[link.removeprefix("www.").rstrip("/")].add(sdk.id)
        aliases.pop("", None)
        self._aliases: Mapping[str, set[str]] = dict(aliases)
        self._proving: Mapping[str, set[str]] = dict(proving)
        self._links: Mapping[str, set[str]] = dict(links)
        self._exact: Mapping[str, set[str]] = dict(packages)
        below: dict[str, set[str]] = defaultdict(set)
        for package, ids in packages.items():
            for above in _above(package):
                below[above] |= ids
        self._below: Mapping[str, set[str]] = {above: ids for above, ids in below.items() if "." in above}
        self._real = {above for package in (*packages, *spoken) for above in _above(package) if "." in above}
        self._roots = {package for package in (*packages, *spoken) if "." in package}
        self._spellings = [(package, tuple(package.split("."))) for package in sorted(packages) if "." in package]
        self._all_but_one: dict[tuple[int, str], list[str]] = defaultdict(list)
        """Packages by what is left of them without one of their segments: what misspells one shares that with it."""
        for package, segments in self._spellings:
            if len(package) >= _TELLING:
                for at in range(len(segments)):
                    self._all_but_one[_but_one(segments, at)].append(package)
        self._squeezed: dict[str, list[str]] = defaultdict(list)
        for package, segments in self._spellings:
            self._squeezed["".join(segments).casefold()].append(package)

    # -- the whole row ------------------------------------------------------------------------------------------------

    def resolve(self, name: str, package: str, aliases: Sequence[str], url: str) -> Resolution:
        # "com.x.y(A;B)" is how scanners print a package with the products it may stand for.
        plain = unicodedata.normalize("NFKC", package)
        names = [name, *aliases, *_BRACKETS.findall(plain)]
        written = _pieces(_BRACKETS.sub(" ", plain))
        # A row that has only a package often has it in the place of the name, or behind it in brackets.
        pieces = written + [piece for text in names for piece in _pieces(text) if _PACKAGE.match(piece)]
        suggestion = next((right for piece in written or pieces if (right := self._spelt_right(piece))), "")
        by_name = [ids for text in names for ids in self._by_names(text)]
        by_package, basis = self._by_packages(pieces)
        if by_name:
            agreeing = [ids for ids in by_name if ids & by_package]
            return self._resolution(set[str]().union(*(agreeing or by_name)), Basis.ALIAS, suggestion)
        if by_package:
            return self._resolution(by_package, basis, suggestion)
        by_link = self._by_link(url)
        return self._resolution(by_link, Basis.LINK if by_link else Basis.NONE, suggestion)

    @staticmethod
    def _resolution(ids: set[str], basis: Basis, suggestion: str) -> Resolution:
        return Resolution(ids=tuple(sorted(ids)), basis=basis, suggestion=suggestion)

    # -- display names --------------------------------------------------------------------------------------------------

    def _by_names(self, text: str) -> list[set[str]]:
        """Return the SDKs each name in a text stands for; the text may be one name or a list of them."""
        text = unicodedata.normalize("NFKC", text)
        whole = self._by_name(text)
        if whole:
            return [whole]
        outside = self._by_list(_BRACKETS.sub(" ", text))
        inside = [ids for listed in _BRACKETS.findall(text) for ids in self._by_list(listed)]
        if outside and inside:
            # "Vendor (product)": where the two speak of the same, the product is what is meant.
            both = set[str]().union(*outside) & set[str]().union(*inside)
            if both:
                return [both]
        return outside + inside

    def _by_list(self, text: str) -> list[set[str]]:
        whole = self._by_name(text)
        if whole:
            return [whole]
        found = []
        for part in _SEPARATORS.split(text):
            ids = self._by_name(part) or self._by_words(part)
            if ids:
                found.append(ids)
        return found

    def _by_words(self, text: str) -> set[str]:
        """Return what a name's words stand for, if every one of them stands for something or says nothing."""
        found: set[str] = set()
        words = text.split()
        if len(words) < 2:
            return found
        for word in words:
            ids = self._by_name(word)
            if not ids and not (_key(word) in _FILLERS or _VERSION.match(word.casefold())):
                return set()
            found |= ids
        return found

    def _by_name(self, text: str) -> set[str]:
        return next((self._aliases[key] for key in _keys(text) if key in self._aliases), set())

    # -- packages -------------------------------------------------------------------------------------------------------

    def _by_packages(self, pieces: Iterable[str]) -> tuple[set[str], Basis]:
        found: set[str] = set()
        bases: set[Basis] = set()
        for piece in pieces:
            ids, basis = self._by_package(piece)
            found |= ids
            if ids:
                bases.add(basis)
        return found, next((one for one in (Basis.ALIAS, Basis.PACKAGE, Basis.TYPO) if one in bases), Basis.NONE)

    def _by_package(self, piece: str) -> tuple[set[str], Basis]:
        ids = self._of_package(piece)
        if ids:
            return ids, Basis.PACKAGE
        ids = self._by_name(piece)
        if ids:
            return ids, Basis.ALIAS
        right = self._spelt_right(piece)
        return (self._of_package(right), Basis.TYPO) if right else (set(), Basis.NONE)

    def _of_package(self, piece: str) -> set[str]:
        """Return the SDKs with packages at or below ``piece``, or else the one it lies in."""
        at_or_below = self._below.get(piece) or self._exact.get(piece)
        if at_or_below:
            return at_or_below
        return next((self._proving[above] for above in _above(piece) if above in self._proving), set())

    def _spelt_right(self, piece: str) -> str:
        """Return the one known package that ``piece`` misspells; empty where it is right, unknown or ambiguous."""
        if not _PACKAGE.match(piece) or self._is_real(piece):
            return ""
        segments = piece.split(".")
        near = self._squeezed.get("".join(segments).casefold(), [])
        if not near:
            near = sorted(
                {
                    package
                    for at in range(len(segments))
                    for package in self._all_but_one.get(_but_one(segments, at), ())
                    if _misspells(segments, package.split("."))
                }
            )
        return near[0] if len(near) == 1 else ""

    def _is_real(self, piece: str) -> bool:
        return piece in self._real or any(above in self._roots for above in _above(piece))

    # -- links ----------------------------------------------------------------------------------------------------------

    def _by_link(self, url: str) -> set[str]:
        """Return the SDKs whose page a link leads to: the host as it is, the longest path that is known."""
        address = url.strip()
        try:
            parts = urlsplit(address if "://" in address else f"//{address}")
            host = (parts.hostname or "").removeprefix("www.")
        except ValueError:  # a bracketed host that is no IPv6 address
            return set()
        # Pages of one-page sites live behind the "#", and some are told apart by the query only.
        rest = parts.path + (f"?{parts.query}" if parts.query else "") + (f"#{parts.fragment}" if parts.fragment else "")
        best = max((link for link in self._links if _leads_to(host + rest.rstrip("/"), link)), key=len, default="")
        return self._links.get(best, set())


def _leads_to(address: str, link: str) -> bool:
    return address.startswith(link) and (len(address) == len(link) or address[len(link)] in "/?#&")


@lru_cache(maxsize=4)
def _index_of(knowledge: Knowledge) -> _Index:
    return _Index(knowledge)

"""From artefacts to fingerprints: the literals that one SDK's code holds and nobody else's.

A literal is struck where another SDK, a library or an app without the SDK holds it. What is left is ordered by the number
of versions that have it, and chosen one per class and round, so that whatever a shrinker leaves of the SDK still holds
some of them.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tools.fingerprints.artefacts import Described, Libraries, Source
from tools.fingerprints.quality import is_readable, is_telling, struck_by_hand, why_blocked
from tools.fingerprints.writing import Block, Holdout, Made

__all__ = ["LITERALS", "PRESENT", "REWRITE", "SUSPECTED", "Corpus", "Fate", "Fingerprint", "read_corpus", "train"]

LITERALS = 40
PRESENT, SUSPECTED = 8, 4
"""Hits out of forty; measured once on apps that took no part in training, and left alone since."""
REWRITE = 0.35
"""A version that keeps less than this share of the one before begins a line of its own."""
_HOLDS_ANYWAY = 0.10
"""Share of an SDK's literals from which on an app holds the SDK under other names, and strikes none of them."""
_FAMILY_LENGTH = 20
"""Characters from which on a literal proves a vendor: what its SDKs share are the phrases of its house style, too."""
_FEWEST_CLASSES = 5
"""Classes an app must hold of an SDK for its literals to be learnt from there."""


class Claims:
    """Which id claims a class by its name; the longest package wins."""

    def __init__(self, sdks: Mapping[str, Described], libraries: Libraries) -> None:
        self._owners: dict[str, dict[str, bool]] = defaultdict(dict)
        """Package -> who claims it, and whether it proves them."""
        for id_, packages in libraries.packages.items():
            for package in packages:
                self._owners[package][id_] = True
        for id_, sdk in sdks.items():
            for proving, listed in ((True, sdk.proves), (False, sdk.supports)):
                for package in listed:
                    self._owners[package][id_] = proving
            for package in sdk.excepted:
                self._owners.setdefault(package, {})
        self._memo: dict[str, Mapping[str, bool]] = {}

    def of(self, class_: str, sdk: str = "") -> str:
        """Return whose a class is; ``sdk`` is whose it is by default. Empty = nobody's that is known."""
        claims = self._above(class_.partition("$")[0])
        proving = [id_ for id_, proves in claims.items() if proves]
        if len(proving) == 1 and sdk not in claims:
            return proving[0]
        return sdk if sdk or len(proving) != 1 else proving[0]

    def _above(self, name: str) -> Mapping[str, bool]:
        if name in self._owners:
            return self._owners[name]
        package = name.rpartition(".")[0]
        if package not in self._memo:
            above = package
            while above and above not in self._owners:
                above = above.rpartition(".")[0]
            self._memo[package] = self._owners.get(above, {})
        return self._memo[package]


@dataclass(frozen=True, slots=True)
class Seen:
    """An SDK as one source holds it."""

    id: str
    source: Source
    classes: Mapping[str, frozenset[str]]
    """Class -> its telling literals."""

    @property
    def literals(self) -> frozenset[str]:
        """All its literals."""
        return frozenset().union(*self.classes.values())


@dataclass(slots=True)
class Corpus:
    """Everything read, by owner."""

    seen: dict[str, list[Seen]] = field(default_factory=lambda: defaultdict(list))
    """Id -> the sources that hold it by name."""
    holders: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Literal -> the ids whose classes hold it."""
    published: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Literal -> the ids whose own artefacts hold it, not only apps or somebody else's artefacts."""
    strangers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Literal -> the apps that hold it in classes nobody claims."""
    in_app: dict[str, set[str]] = field(default_factory=dict)
    """App -> the ids it holds by name."""


def read_corpus(sources: Iterable[Source], claims: Claims) -> Corpus:
    """Sort the classes of every source by owner, and keep of their literals what is telling."""
    corpus = Corpus()
    telling: dict[str, bool] = {}
    for source in sources:
        owned: dict[str, dict[str, frozenset[str]]] = defaultdict(dict)
        for class_, literals in source.code.items():
            kept = frozenset(one for one in literals if _is_telling(one, telling))
            owner = claims.of(class_, source.sdk)
            if owner:
                owned[owner][class_] = kept
                for one in kept:
                    corpus.holders[one].add(owner)
                    if owner == source.sdk:
                        corpus.published[one].add(owner)
            else:
                for one in kept:
                    corpus.strangers[one].add(source.ref)
        if source.is_app:
            corpus.in_app[source.ref] = set(owned)
        for owner, classes in owned.items():
            if source.is_app and len(classes) < _FEWEST_CLASSES:
                continue
            corpus.seen[owner].append(Seen(owner, source, classes))
    return corpus


def _is_telling(text: str, memo: dict[str, bool]) -> bool:
    if text not in memo:
        memo[text] = is_telling(text) and not why_blocked(text)
    return memo[text]


# -- whose a literal is ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a literal: whose it is, or why nobody's."""

    owner: str
    why: str


class Judge:
    """Decides whose each literal is."""

    def __init__(self, corpus: Corpus, libraries: Libraries) -> None:
        self._corpus, self._libraries = corpus, libraries
        self._family_of = {frozenset((a, b)): id_ for id_, members in libraries.families.items() for a in members for b in members}
        self._held = self._held_anyway()

    def fate(self, literal: str) -> Fate:
        """Return whose a telling literal is."""
        fate = self._by_name(literal)
        if not fate.owner:
            return fate
        members = set(self._libraries.families.get(fate.owner, (fate.owner,)))
        for app in sorted(self._corpus.strangers.get(literal, ())):
            if not members & self._corpus.in_app[app] and not members & self._held[app]:
                return Fate("", f"an app without it holds it: {app}")
        if why := struck_by_hand(fate.owner, literal):
            return Fate("", why)
        return fate

    def _by_name(self, literal: str) -> Fate:
        holders = self._corpus.holders[literal]
        if len(holders) == 1:
            return Fate(next(iter(holders)), "nobody else's")
        copied = holders & self._libraries.copied
        if len(copied) > 1:
            # libraries copy each other, too: then it is of the one that was published with it
            copied &= self._corpus.published.get(literal, set())
        if len(copied) == 1:
            return Fate(next(iter(copied)), "a library's, copied by others")
        families = {id_ for id_, members in self._libraries.families.items() if holders <= {id_, *members}}
        if len(families) == 1:
            return Fate(next(iter(families)), "shared by its family")
        return Fate("", f"shared by {', '.join(sorted(holders))}")

    def _held_anyway(self) -> dict[str, set[str]]:
        """Return, per app, the ids whose literals its unclaimed classes hold by the dozen: it has their code, renamed."""
        totals: Counter[str] = Counter()
        hits: dict[str, Counter[str]] = defaultdict(Counter)
        for literal in self._corpus.holders:
            owner = self._by_name(literal).owner
            if owner:
                totals[owner] += 1
                for app in self._corpus.strangers.get(literal, ()):
                    hits[app][owner] += 1
        return {
            app: {id_ for id_, count in hits[app].items() if count >= max(PRESENT, _HOLDS_ANYWAY * totals[id_])}
            for app in self._corpus.in_app
        }


# -- lines and lists ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What training makes of one id."""

    id: str
    kind: str
    members: tuple[str, ...]
    blocks: tuple[Block, ...]
    seeds: frozenset[str]
    """Every literal that is its own."""


def train(corpus: Corpus, libraries: Libraries, sdks: Collection[str]) -> list[Fingerprint]:
    """Return the fingerprint of every id that has enough literals of its own, sorted by id."""
    judge = Judge(corpus, libraries)
    own: dict[str, set[str]] = defaultdict(set)
    for literal in corpus.holders:
        if owner := judge.fate(literal).owner:
            own[owner].add(literal)
    found = []
    for id_ in sorted({*corpus.seen, *libraries.families}):
        members = libraries.families.get(id_, ())
        seen = [one for member in (id_, *members) for one in corpus.seen.get(member, ())]
        blocks = _blocks(seen, own[id_], members)
        if blocks:
            kind = "family" if members else "sdk" if id_ in sdks else "library"
            literals = frozenset(own[id_]).union(*(block.literals for block in blocks))
            found.append(Fingerprint(id_, kind, members, tuple(blocks), literals))
    return found


def _blocks(seen: Sequence[Seen], own: Collection[str], members: Collection[str]) -> list[Block]:
    blocks = []
    for name, group in _lines(seen, members):
        literals = choose(group, [one for one in own if len(one) >= _FAMILY_LENGTH] if members else own)
        if len(literals) >= PRESENT:
            made = tuple(Made(one.source.ref, one.source.sha256) for one in group)
            blocks.append(Block(name, made, None if members else holdout(group, own), literals))
    names = Counter(block.line for block in blocks)
    number: Counter[str] = Counter()
    for at, block in enumerate(blocks):
        number[block.line] += 1
        if names[block.line] > 1:
            blocks[at] = replace(block, line=f"{block.line} ({number[block.line]})")
    return blocks


def _lines(seen: Sequence[Seen], members: Collection[str]) -> list[tuple[str, list[Seen]]]:
    """Return what holds an SDK in lines: its own artefacts by product and anew from each rewrite on, then the apps.

    Apps make lines of the versions that no artefact is like; what only carries an SDK inside tells nothing of its version.
    A family is one line.
    """
    if members:
        return [("all", [one for one in seen if not one.source.is_app] or list(seen))] if seen else []
    direct = [one for one in seen if one.source.sdk == one.id]
    products: dict[str, dict[str, list[Seen]]] = defaultdict(lambda: defaultdict(list))
    for one in direct:
        products[one.source.product][one.source.version].append(one)
    lines: list[tuple[str, list[Seen]]] = []
    for product, versions in sorted(products.items()):
        groups: list[list[list[Seen]]] = []
        for version in sorted(versions, key=_order):
            if not groups or _kept(groups[-1][-1], versions[version]) < REWRITE:
                groups.append([])
            groups[-1].append(versions[version])
        for group in groups:
            flat = [one for version in group for one in version]
            lines.append((_name(product, flat), flat))
    known = [group for _, group in lines]
    return lines + _clusters([one for one in seen if one.source.sdk != one.id and all(_kept(group, [one]) < REWRITE for group in known)])


def _clusters(seen: Sequence[Seen]) -> list[tuple[str, list[Seen]]]:
    """Return what holds an SDK of unknown version in lines of those that are alike."""
    groups: list[list[Seen]] = []
    for one in sorted(seen, key=lambda one: (-len(one.literals), one.source.ref)):
        shares = [_kept(group, [one]) for group in groups]
        best = max(range(len(groups)), key=lambda at: (shares[at], -at), default=0)
        if shares and shares[best] >= REWRITE:
            groups[best].append(one)
        else:
            groups.append([one])
    for group in groups:
        group.sort(key=lambda one: one.source.ref)
    return [(_count(group), group) for group in groups]


def _count(group: Sequence[Seen]) -> str:
    apps = len({one.source.version for one in group if one.source.is_app})
    inside = sorted({f"inside {one.source.sdk}" for one in group if not one.source.is_app})
    counted = ["1 app"] if apps == 1 else [f"{apps} apps"] if apps else []
    return f"seen in {counted[0]}" if counted else ", ".join(inside)


def _kept(old: Sequence[Seen], new: Sequence[Seen]) -> float:
    """Return the share of its literals that the smaller of two versions has in common with the other."""
    before = frozenset().union(*(one.literals for one in old))
    after = frozenset().union(*(one.literals for one in new))
    smaller = min(len(before), len(after))
    return len(before & after) / smaller if smaller else 1.0


def _order(version: str) -> tuple[tuple[int, int, str], ...]:
    """Return what versions are sorted by; what is no number comes first."""
    parts = re.findall(r"\d+|[a-zA-Z]+", version)
    return tuple((1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts)


def _name(product: str, group: Sequence[Seen]) -> str:
    first, last = group[0].source.version, group[-1].source.version
    versions = first if first == last else f"{first} to {last}"
    return f"{product} {versions}".strip() or "all"


def choose(seen: Sequence[Seen], own: Collection[str]) -> tuple[str, ...]:
    """Return up to forty literals: most versions first, one per class and round."""
    own = frozenset(own)
    versions: dict[str, set[str]] = defaultdict(set)
    class_of: dict[str, tuple[str, str]] = {}
    for one in seen:  # oldest first, so that the newest version names the class
        for class_, literals in sorted(one.classes.items(), reverse=True):
            for literal in literals:
                if literal in own:
                    versions[literal].add(one.source.version)
                    class_of[literal] = (one.source.ref, class_)
    ranked = sorted(versions, key=lambda one: (-len(versions[one]), not is_readable(one), -len(one), one))
    chosen: list[str] = []
    while ranked and len(chosen) < LITERALS:
        used: set[tuple[str, str]] = set()
        later = []
        for literal in ranked:
            if class_of[literal] in used:
                later.append(literal)
            elif len(chosen) < LITERALS:
                used.add(class_of[literal])
                chosen.append(literal)
        ranked = later
    return tuple(chosen)


def holdout(seen: Sequence[Seen], own: Collection[str]) -> Holdout | None:
    """Choose without the newest version, and count what it holds; None where nothing is left to choose from."""
    newest = seen[-1].source.version
    older = [one for one in seen if one.source.version != newest]
    there = frozenset().union(*(one.literals for one in seen if one.source.version == newest))
    if not older:
        return None
    known = frozenset().union(*(one.literals for one in older))
    literals = choose(older, [one for one in own if one in known])
    if len(literals) < PRESENT:
        return None
    trained = tuple(dict.fromkeys(one.source.version for one in older))
    return Holdout(trained, newest, sum(one in there for one in literals), len(literals))

"""SDK code that a minifier renamed: found by its string literals, and given back to its SDK class by class.

Names change in every release build; the literals of the code do not. A fingerprint holds about forty of them per SDK line.
Everything said here is *inferred* and says from what. What stays unattributed is nobody's: it is never called the app's own.
Method and measured figures: docs/explanation/renamed-code.md.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from auditor.build import HASHED
from auditor.knowledge.schema import Fingerprint, FingerprintKind, Knowledge
from auditor.model import Attribution, Build, Confidence, Fact, FactKind, Location, Origin, Sdk, SdkTier

__all__ = ["MINIFIED", "Renamed", "find_renamed"]

_LONG = 20
"""A literal of this many characters is telling by itself."""
_CLEAR = 2
"""The winner among the owners a class's literals speak for has this many times the hits of the next."""
_SEEDED = 3
"""Classes with telling literals an SDK must have before others are given to it."""
_ROUNDS = 6
_OF_LABELLED = 0.70
_OF_ALL = 0.34
_SHOWN = 12
"""Literals shown as evidence."""

MINIFIED = re.compile(r"(?:.*\.)?[A-Za-z_]\w{0,2}(?:\$.*)?\Z|(?:.*\.)?[a-z]\w?\.\w+(?:\$.*)?\Z")
"""A simple name of up to three characters, or a package whose last segment has at most two."""

_Owner = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed:
    """What was found under other names."""

    sdks: tuple[Sdk, ...]
    """SDKs that no name proves, sorted by id."""
    attributions: tuple[Attribution, ...]
    """Sorted by class."""


def find_renamed(build: Build, knowledge: Knowledge, proven: Set[str], owner: _Owner) -> Renamed:
    """Find renamed SDK code.

    ``proven`` are the SDKs whose names prove them; ``owner`` returns the ids that own a class by its name.
    """
    if not knowledge.fingerprints:
        return Renamed(sdks=(), attributions=())
    used = _literals_by_class(build)
    holders = _holders(used)
    speaks = _speakers(knowledge, holders)
    by_name = {name: tuple(owner(name)) for unit in build.code for name in unit.classes}
    strength = _strengths(knowledge.fingerprints, holders, by_name)
    absorbed = {id_ for id_, (kind, hits, present, _) in strength.items() if kind is FingerprintKind.LIBRARY and hits >= present}
    here = {
        id_
        for id_, (kind, hits, present, _) in strength.items()
        if kind is FingerprintKind.SDK and (hits >= present or id_ in proven)
    }
    seeds = _seeds(used, by_name, speaks, here | absorbed)
    labels = {name: (id_, Origin.LITERAL) for name, (id_, _) in seeds.items()}
    if labels:
        _propagate(build, by_name, labels)
    own: dict[str, list[str]] = defaultdict(list)
    for literal, ids in speaks.items():
        for id_ in ids:
            own[id_].append(literal)
    files = {name: unit.file for unit in build.code for name, _ in unit.literals}
    found = []
    for id_ in sorted(strength):
        kind, hits, present, suspected = strength[id_]
        if kind is not FingerprintKind.SDK or id_ in proven or id_ not in knowledge.sdks or hits < suspected:
            continue
        found.append(
            Sdk(
                id=id_,
                tier=SdkTier.BUNDLED,
                confidence=Confidence.MEDIUM if hits >= present else Confidence.LOW,
                evidence=tuple(_evidence(id_, own[id_], holders, files)),
            )
        )
    attributions = tuple(
        Attribution(class_=name, owner=id_, origin=origin, literals=seeds[name][1] if name in seeds else ())
        for name, (id_, origin) in sorted(labels.items())
        if id_ in knowledge.sdks
    )
    return Renamed(sdks=tuple(found), attributions=attributions)


def _literals_by_class(build: Build) -> dict[str, frozenset[str]]:
    used: dict[str, set[str]] = defaultdict(set)
    for unit in build.code:
        for name, literals in unit.literals:
            used[name].update(literals)
    return {name: frozenset(literals) for name, literals in used.items()}


def _holders(used: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    holders: dict[str, list[str]] = defaultdict(list)
    for name in sorted(used):
        for literal in used[name]:
            holders[literal].append(name)
    return holders


def _speakers(knowledge: Knowledge, holders: Mapping[str, Sequence[str]]) -> dict[str, frozenset[str]]:
    """Return the ids each literal used speaks for. One that speaks for several, or for a family, seeds nobody."""
    speaks: dict[str, set[str]] = defaultdict(set)
    for literal in holders:
        if literal.startswith(HASHED) and (id_ := knowledge.seeds.get(literal[len(HASHED) :].partition(":")[0])):
            speaks[literal].add(id_)
    for one in knowledge.fingerprints:
        ids = (one.id, *one.members) if one.kind is FingerprintKind.FAMILY else (one.id,)
        for literal in one.literals:
            if literal in holders:
                speaks[literal].update(ids)
    return {literal: frozenset(ids) for literal, ids in speaks.items()}


def _strengths(
    fingerprints: Iterable[Fingerprint], holders: Mapping[str, Sequence[str]], by_name: Mapping[str, Sequence[str]]
) -> dict[str, tuple[FingerprintKind, int, int, int]]:
    """Return, per id, the line with the most hits: (kind, hits, present from, suspected from).

    A literal in classes that are another SDK's by name is that SDK's mention or copy, and no hit.
    """
    best: dict[str, tuple[FingerprintKind, int, int, int]] = {}
    for one in fingerprints:
        used = (holders[literal] for literal in one.literals if literal in holders)
        hits = sum(any(not by_name[name] or one.id in by_name[name] for name in names) for names in used)
        if one.id not in best or hits > best[one.id][1]:
            best[one.id] = (one.kind, hits, one.present, one.suspected)
    return best


def _seeds(
    used: Mapping[str, frozenset[str]],
    by_name: Mapping[str, Sequence[str]],
    speaks: Mapping[str, frozenset[str]],
    candidates: Set[str],
) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return the renamed classes whose own literals tell whose they are: class -> (id, those literals)."""
    seeds: dict[str, tuple[str, tuple[str, ...]]] = {}
    for name, literals in used.items():
        if by_name.get(name) or not MINIFIED.match(name):
            continue
        votes: dict[str, list[str]] = defaultdict(list)
        for literal in literals:
            ids = speaks.get(literal, frozenset())
            if len(ids) == 1:
                votes[next(iter(ids))].append(literal)
        ranked = sorted(votes.items(), key=lambda item: (-len(item[1]), item[0]))
        if not ranked or ranked[0][0] not in candidates:
            continue
        id_, own = ranked[0]
        if len(ranked) > 1 and len(own) < _CLEAR * len(ranked[1][1]):
            continue
        if len(own) >= 2 or _length(own[0]) >= _LONG:
            seeds[name] = (id_, tuple(sorted(own)))
    many = Counter(id_ for id_, _ in seeds.values())
    return {name: seed for name, seed in seeds.items() if many[seed[0]] >= _SEEDED}


def _length(literal: str) -> int:
    return int(literal.rpartition(":")[2]) if literal.startswith(HASHED) else len(literal)


def _propagate(
    build: Build, by_name: Mapping[str, Sequence[str]], labels: dict[str, tuple[str, Origin]]
) -> None:
    """Give a renamed class to the owner of most classes that refer to it; apps call SDKs, SDKs rarely call apps."""
    nobodys = {name for name, owners in by_name.items() if not owners and name not in labels and MINIFIED.match(name)}
    referrers: dict[str, set[str]] = defaultdict(set)
    refers: dict[str, list[str]] = defaultdict(list)
    for unit in build.code:
        for name, others in unit.references:
            for other in nobodys.intersection(others):
                referrers[other].add(name)
    for other, names in referrers.items():
        for name in names:
            refers[name].append(other)
    known = {name: owners[0] for name, owners in by_name.items() if len(owners) == 1}
    known.update((name, id_) for name, (id_, _) in labels.items())
    votes: dict[str, dict[str, int]] = defaultdict(dict)
    joined = {name: known[name] for name in refers if name in known}
    for _ in range(_ROUNDS):
        changed: set[str] = set()
        for name, id_ in joined.items():
            for other in refers[name]:
                votes[other][id_] = votes[other].get(id_, 0) + 1
            changed.update(refers[name])
        joined = {}
        for name in changed - labels.keys():
            of = votes[name]
            # more than half of the labelled: only one can have it
            id_ = max(of, key=of.__getitem__)
            if of[id_] >= _OF_LABELLED * sum(of.values()) and of[id_] >= _OF_ALL * len(referrers[name]):
                joined[name] = id_
        if not joined:
            return
        labels.update((name, (id_, Origin.PROPAGATED)) for name, id_ in joined.items())


def _evidence(id_: str, own: Iterable[str], holders: Mapping[str, list[str]], files: Mapping[str, str]) -> Iterable[Fact]:
    shown = sorted((literal for literal in own if not literal.startswith(HASHED)), key=lambda one: (-len(one), one))
    for literal in shown[:_SHOWN]:
        name = holders[literal][0]
        yield Fact(kind=FactKind.LITERAL, name=literal, location=Location(file=files[name], at=name), value="inferred")

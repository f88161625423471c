"""Which third-party SDKs are in a build, by the traces each one leaves.

Classes are matched by whole dotted segments and the longest match owns the class, so that one vendor's SDKs stay apart and
a foreign class planted under a vendor's prefix proves nothing of the vendor's others.
"""

from __future__ import annotations

import fnmatch
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from auditor.knowledge.schema import Knowledge, Strength, TraceKind
from auditor.model import Build, Confidence, Fact, FactKind, Location, Sdk, SdkTier, host_of

__all__ = ["PackageIndex", "claimants_of", "class_owner_of", "find_sdks", "framework_owner_of", "own_package", "owners_of"]

_MANY_CLASSES = 3
"""From this many proving classes on, an SDK is bundled beyond doubt; below, it may be a stub."""

_TRACED: Mapping[FactKind, TraceKind] = {
    FactKind.NATIVE_LIBRARY: TraceKind.NATIVE_LIBRARY,
    FactKind.NATIVE_SYMBOL: TraceKind.NATIVE_SYMBOL,
    FactKind.COMPONENT: TraceKind.COMPONENT,
    FactKind.META_DATA: TraceKind.META_DATA,
    FactKind.ASSET: TraceKind.ASSET,
    FactKind.FRAMEWORK: TraceKind.FRAMEWORK,
    FactKind.BUNDLE: TraceKind.BUNDLE,
    FactKind.URL_SCHEME: TraceKind.URL_SCHEME,
    FactKind.QUERY_SCHEME: TraceKind.QUERY_SCHEME,
    FactKind.ARK_PACKAGE: TraceKind.OHPM_PACKAGE,
}
_UNTELLING = frozenset({TraceKind.PACKAGE, TraceKind.QUERY_SCHEME, TraceKind.HOST, TraceKind.LITERAL})
"""Traces that do not even name an SDK unless they prove it: shared packages; a scheme asked about is another app's; a host or
a string of a vendor's system is used by whoever talks to it."""

_PARTIAL = frozenset({FactKind.CODE_PACKAGE, FactKind.NATIVE_METHODS})
"""Proofs that are no more than a piece: a class or two may be a stub, native code comes with Java code that was not seen."""

_Claim = tuple[str, Strength]


class PackageIndex:
    """Java packages and classes by the SDKs that claim them; the longest claim on a class holds."""

    def __init__(self, knowledge: Knowledge) -> None:
        claims: dict[str, list[_Claim]] = defaultdict(list)
        for sdk in knowledge.sdks.values():
            for trace in sdk.traces:
                if trace.kind is TraceKind.PACKAGE:
                    claims[trace.pattern].append((sdk.id, trace.strength))
            for package in sdk.excepted:
                claims.setdefault(package, [])
        self._claims = {package: tuple(sorted(made)) for package, made in claims.items()}
        self._memo: dict[str, tuple[str, tuple[_Claim, ...]]] = {}

    def owners(self, name: str) -> tuple[str, tuple[_Claim, ...]]:
        """Return the longest claimed package (or class) above a dotted class name, and who claims it how."""
        outer = name.partition("$")[0]
        if outer in self._claims:
            return outer, self._claims[outer]
        package = outer.rpartition(".")[0]
        found = self._memo.get(package)
        if found is None:
            above = package
            while above and above not in self._claims:
                above = above.rpartition(".")[0]
            found = self._memo[package] = (above, self._claims.get(above, ()))
        return found


_GLOB = re.compile(r"[*?\[]")


class _NameIndex:
    """Exact names and ``*`` patterns of one kind of trace, by the SDKs that claim them."""

    def __init__(self) -> None:
        self._exact: dict[str, list[_Claim]] = defaultdict(list)
        self._globs: list[tuple[re.Pattern[str], _Claim]] = []

    def add(self, pattern: str, claim: _Claim, *, exact: bool = False) -> None:
        if not exact and _GLOB.search(pattern):
            self._globs.append((re.compile(fnmatch.translate(pattern)), claim))
        else:
            self._exact[pattern].append(claim)

    def claims(self, name: str) -> Iterator[_Claim]:
        yield from self._exact.get(name, ())
        for pattern, claim in self._globs:
            if pattern.match(name):
                yield claim


@dataclass(frozen=True, slots=True)
class _Traces:
    packages: PackageIndex
    names: Mapping[TraceKind, _NameIndex]


@lru_cache(maxsize=4)
def _traces_of(knowledge: Knowledge) -> _Traces:
    names: dict[TraceKind, _NameIndex] = defaultdict(_NameIndex)
    for sdk in knowledge.sdks.values():
        for trace in sdk.traces:
            if trace.kind is not TraceKind.PACKAGE:
                names[trace.kind].add(trace.pattern, (sdk.id, trace.strength), exact=trace.kind is TraceKind.LITERAL)
    return _Traces(PackageIndex(knowledge), dict(names))


@dataclass(slots=True)
class _Evidence:
    """What speaks for one SDK."""

    facts: dict[Strength, list[Fact]] = field(default_factory=lambda: defaultdict(list))
    proving_classes: int = 0
    telling: bool = False
    """Something names the SDK in a way that is worth reporting without code."""


def find_sdks(build: Build, knowledge: Knowledge) -> tuple[Sdk, ...]:
    """Return the SDKs in a build, sorted by id: bundled where code proves it, named where something only names them."""
    traces = _traces_of(knowledge)
    found: dict[str, _Evidence] = defaultdict(_Evidence)
    _classes(build, traces, found)
    _native(build, traces, found)
    _literals(build, traces, found)
    for fact in build.facts:
        kind = _TRACED.get(fact.kind)
        if kind is None or kind not in traces.names:
            continue
        for id_, strength in traces.names[kind].claims(fact.name):
            _add(found[id_], kind, strength, fact)
    return tuple(sdk for id_, one in sorted(found.items()) if (sdk := _judge(id_, one, knowledge.sdks[id_].unverified)))


def owners_of(knowledge: Knowledge) -> Callable[[str], tuple[str, ...]]:
    """Return the function from a class's dotted name to the ids of the SDKs whose own name it bears."""
    packages = _traces_of(knowledge).packages

    def owners(name: str) -> tuple[str, ...]:
        claims = packages.owners(name)[1]
        return tuple(id_ for id_, strength in claims if strength is Strength.PROVES) if claims else ()

    return owners


def claimants_of(knowledge: Knowledge) -> Callable[[str], tuple[str, ...]]:
    """Return the function from a class's name to the SDKs whose it is: those it proves, else those it speaks for."""
    packages = _traces_of(knowledge).packages

    def claimants(name: str) -> tuple[str, ...]:
        claims = packages.owners(name)[1]
        return tuple(id_ for id_, strength in claims if strength is Strength.PROVES) or tuple(id_ for id_, _ in claims)

    return claimants


def own_package(app_id: str) -> str:
    """Return the package an app's own classes stand below: its id without the last segment, where enough is left."""
    segments = app_id.split(".")
    return ".".join(segments[:-1] if len(segments) > 3 else segments)


def class_owner_of(knowledge: Knowledge) -> Callable[[str], str]:
    """Return the function from an Objective-C or Swift class to the id of the one SDK that has such a class, or ""."""
    return _sole_claim(_traces_of(knowledge).names.get(TraceKind.CLASS, _NameIndex()))


def framework_owner_of(knowledge: Knowledge) -> Callable[[str], str]:
    """Return the function from the name of a framework to the id of the one SDK it is, or ""."""
    return _sole_claim(_traces_of(knowledge).names.get(TraceKind.FRAMEWORK, _NameIndex()))


def _sole_claim(names: _NameIndex) -> Callable[[str], str]:
    def owner(name: str) -> str:
        claims = set(names.claims(name))
        ids = {id_ for id_, strength in claims if strength is Strength.PROVES} or {id_ for id_, _ in claims}
        return ids.pop() if len(ids) == 1 else ""

    return owner


def _classes(build: Build, traces: _Traces, found: dict[str, _Evidence]) -> None:
    packages: dict[tuple[str, str], list[str]] = defaultdict(list)
    symbols = traces.names.get(TraceKind.CLASS)
    for unit in build.code:
        for name in unit.classes:
            if symbols is not None:
                for sdk, strength in symbols.claims(name):
                    fact = Fact(kind=FactKind.CLASS, name=name, location=Location(file=unit.file, at=unit.at(name)))
                    _add(found[sdk], TraceKind.CLASS, strength, fact)
                    found[sdk].proving_classes += strength is Strength.PROVES
            package, claims = traces.packages.owners(name)
            if claims and not _is_generated(name):
                packages[package, unit.file].append(name)
    units = {unit.file: unit for unit in build.code}
    for (package, file), names in packages.items():
        for sdk, strength in traces.packages.owners(names[0])[1]:
            fact = Fact(
                kind=FactKind.CODE_PACKAGE, name=package, location=Location(file=file, at=units[file].at(names[0])), value=str(len(names))
            )
            _add(found[sdk], TraceKind.PACKAGE, strength, fact)
            if strength is Strength.PROVES:
                found[sdk].proving_classes += len(names)


def _native(build: Build, traces: _Traces, found: dict[str, _Evidence]) -> None:
    """Take the Java methods native libraries implement for traces of the SDKs whose classes they are of.

    A library proves only the SDK that most of its methods are of: others lend their native code, a few methods with it.
    """
    libraries: dict[str, list[Fact]] = defaultdict(list)
    for fact in build.of(FactKind.NATIVE_METHODS):
        libraries[fact.location.file].append(fact)
    for facts in libraries.values():
        methods: dict[str, int] = defaultdict(int)
        claims = {fact: traces.packages.owners(fact.name)[1] for fact in facts}
        for fact, made in claims.items():
            for sdk, strength in made:
                methods[sdk] += int(fact.value) * (strength is Strength.PROVES)
        every = sum(int(fact.value) for fact in facts)
        for fact, made in claims.items():
            for sdk, strength in made:
                most = 2 * methods[sdk] > every
                _add(found[sdk], TraceKind.PACKAGE, strength if most else min(strength, Strength.SUPPORTS), fact)


def _literals(build: Build, traces: _Traces, found: dict[str, _Evidence]) -> None:
    """Take the hosts and literals that classes use for traces: of each the first class that does."""
    seen: set[tuple[str, str]] = set()
    for unit in build.code:
        for class_, literals in unit.literals:
            for literal in literals:
                for kind, name in ((TraceKind.LITERAL, literal), (TraceKind.HOST, host_of(literal))):
                    for sdk, strength in traces.names[kind].claims(name) if kind in traces.names else ():
                        if (sdk, literal) not in seen:
                            seen.add((sdk, literal))
                            place = Location(file=unit.file, at=class_)
                            _add(found[sdk], kind, strength, Fact(kind=FactKind.LITERAL, name=literal, location=place))


def _is_generated(name: str) -> bool:
    """Tell whether a class is one the build tools write for any package whose resources are merged, code or none."""
    simple = name.rpartition(".")[2]
    return simple in ("R", "BuildConfig", "DataBinderMapperImpl") or simple.startswith("R$")


def _add(evidence: _Evidence, kind: TraceKind, strength: Strength, fact: Fact) -> None:
    evidence.facts[strength].append(fact)
    evidence.telling |= kind not in _UNTELLING


def _judge(id_: str, one: _Evidence, unverified: bool) -> Sdk | None:
    proofs = one.facts.get(Strength.PROVES, [])
    if not proofs and not one.telling:
        return None
    if not proofs and any(_names_code(fact) for fact in one.facts.get(Strength.SUPPORTS, ())):
        # code stands under the package's name; that it is the package's, nothing proves
        tier, confidence = SdkTier.BUNDLED, Confidence.LOW
    elif not proofs:
        tier, confidence = SdkTier.NAMED, Confidence.LOW
    elif one.proving_classes >= _MANY_CLASSES or any(fact.kind not in _PARTIAL for fact in proofs):
        tier, confidence = SdkTier.BUNDLED, Confidence.HIGH
    else:
        tier, confidence = SdkTier.BUNDLED, Confidence.MEDIUM
    if unverified:
        # its traces are documented, but nobody has seen them in an artefact
        confidence = min(confidence, Confidence.MEDIUM)
    return Sdk(id=id_, tier=tier, confidence=confidence, evidence=tuple(_strongest_first(one.facts)))


def _names_code(fact: Fact) -> bool:
    return fact.kind is FactKind.ARK_PACKAGE and fact.trait("as") == "code"


def _strongest_first(facts: Mapping[Strength, Iterable[Fact]]) -> Iterator[Fact]:
    seen: set[Fact] = set()
    for strength in sorted(facts, reverse=True):
        for fact in sorted(facts[strength], key=lambda fact: fact.key):
            if fact not in seen:
                seen.add(fact)
                yield fact

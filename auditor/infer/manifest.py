"""Who brought each permission, component and query of an app's merged manifest.

The build of an app merges the manifests of its libraries into its own and keeps no note of who asked for what. It is told by
what libraries' own manifests are known to hold, and a component's class tells whose it is. What the app wrote itself cannot be
told from what nobody known brings, so only a class below the app's own package is ever called the app's.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from auditor.infer.sdks import claimants_of, own_package
from auditor.knowledge.schema import Brings, BroughtManifest, Knowledge, TraceKind
from auditor.model import Bringer, Build, BuildKind, Fact, FactKind, ManifestEntry, Platform, Provenance, Sdk, SdkTier

__all__ = ["find_manifest"]

_Entry = tuple[FactKind, str, str]
"""(kind, kind of component or query, name): what one manifest can share with another."""

_KINDS = (FactKind.PERMISSION, FactKind.PERMISSION_SDK23, FactKind.COMPONENT, FactKind.QUERY)
_APP_ID = "${applicationId}"
_PLACEHOLDER = re.compile(r"\$\{[^}]{0,100}\}")
_VERSION = re.compile(r"\d+(?:\.\d+)+")


def find_manifest(build: Build, sdks: Iterable[Sdk], knowledge: Knowledge) -> tuple[ManifestEntry, ...]:
    """Return every permission, component and query of an Android app's manifest, each once, and who brought it."""
    facts: dict[_Entry, Fact] = {}
    # a library's manifest is its own
    if build.identity.platform is Platform.ANDROID and build.identity.kind is BuildKind.APP:
        for fact in build.of(*_KINDS):
            facts.setdefault(_entry(fact), fact)
    if not facts:
        return ()
    known = _Known(build, sdks, knowledge, facts)
    reported = _reported(build, knowledge)
    whose = _whose_class(knowledge)
    own = own_package(build.identity.app_id)
    found = []
    for entry, fact in facts.items():
        by = reported.get(_element(entry))
        provenance = Provenance.REPORT if by else Provenance.APP
        if by is None:
            by = known.bringers(entry)
            provenance = Provenance.MANIFEST if by else Provenance.UNKNOWN
        class_of: tuple[str, ...] = ()
        app = False
        if fact.kind is FactKind.COMPONENT:
            # an alias has a name of its own choosing; what it starts is a class
            names = [name for name in (fact.name, fact.trait("target")) if name]
            class_of = next((ids for name in names if (ids := whose(name))), ())
            app = not class_of and bool(own) and any(f"{name}.".startswith(f"{own}.") for name in names)
        if provenance is Provenance.UNKNOWN and (class_of or app):
            provenance = Provenance.CLASS if class_of else Provenance.APP
        found.append(ManifestEntry(fact=fact, provenance=provenance, by=by, class_of=class_of))
    return tuple(sorted(found, key=lambda one: one.key))


def _entry(fact: Fact) -> _Entry:
    if fact.kind in (FactKind.COMPONENT, FactKind.QUERY):
        return fact.kind, fact.value, fact.name
    return FactKind.PERMISSION, "", fact.name


# -- what the merger report says ------------------------------------------------------------------------------------


def _element(entry: _Entry) -> tuple[str, str]:
    """Return what the manifest merger calls an entry: its element and name."""
    return entry[1] or "uses-permission", entry[2]


def _reported(build: Build, knowledge: Knowledge) -> dict[tuple[str, str], tuple[Bringer, ...]]:
    """Return who the report given beside the build says brought each element; nobody = the app alone."""
    facts = build.of(FactKind.BROUGHT)
    if not facts:
        return {}
    ids = {manifest.line: id_ for id_, brings in knowledge.brings.items() for manifest in brings.manifests if ":" in manifest.line}
    found: dict[tuple[str, str], dict[str, set[str]]] = {}
    for fact in facts:
        element = "uses-permission" if fact.value.startswith("uses-permission") else fact.value
        libraries = found.setdefault((element, fact.name), {})
        if fact.by:
            line, _, version = fact.by.rpartition(":") if fact.by.count(":") > 1 else (fact.by, "", "")
            libraries.setdefault(ids.get(line, line), set()).add(version)
    return {
        element: tuple(Bringer(id=id_, versions=_sorted(filter(None, versions))) for id_, versions in sorted(libraries.items()))
        for element, libraries in found.items()
    }


# -- what manifests are known to bring ------------------------------------------------------------------------------


class _Written(NamedTuple):
    """An entry as an artefact's manifest writes it."""

    line: str
    entry: _Entry


class _Known:
    """What the libraries of one build are known to bring into its manifest."""

    def __init__(self, build: Build, sdks: Iterable[Sdk], knowledge: Knowledge, merged: Collection[_Entry]) -> None:
        self._app_id = build.identity.app_id
        self._exact: dict[_Entry, dict[str, list[_Written]]] = {}
        self._patterns: list[tuple[FactKind, str, re.Pattern[str], str, _Written]] = []
        self._lines: dict[tuple[str, str], list[BroughtManifest]] = {}
        evidence = _Evidence(merged, _shared(knowledge), _Packages(build))
        bundled = {sdk.id: sdk for sdk in sdks if sdk.tier > SdkTier.NAMED}
        for id_, sdk in bundled.items():
            if permissions := knowledge.sdks[id_].permissions:
                self._add(id_, BroughtManifest(line="", versions=(), permissions=permissions))
            if brings := knowledge.brings.get(id_):
                lines = {one.line for one in brings.manifests}
                alone = len(lines) == 1
                self._add_all(id_, brings, self._of_version(brings, sdk.version) if alone else brings.manifests, evidence, alone)
        for id_, brings in knowledge.brings.items():
            # a library is no SDK and found by nothing else than what shows its artefact
            if brings.packages:
                self._add_all(id_, brings, brings.manifests, evidence, alone=False)

    def _add_all(
        self, id_: str, brings: Brings, possible: Sequence[BroughtManifest], evidence: _Evidence, alone: bool
    ) -> None:
        """Take, of each artefact that is in the build, the manifests that fit the merged one best."""
        for manifest in brings.manifests:
            self._lines.setdefault((id_, manifest.line), []).append(manifest)
        fits: dict[str, list[tuple[int, BroughtManifest]]] = {}
        for manifest in possible:
            if (fit := evidence.fit(manifest, alone=alone)) is not None:
                fits.setdefault(manifest.line, []).append((fit, manifest))
        for found in fits.values():
            best = max(fit for fit, _ in found)
            for fit, manifest in found:
                if fit == best:
                    self._add(id_, manifest)

    def _add(self, id_: str, manifest: BroughtManifest) -> None:
        for entry in _entries(manifest):
            kind, value, _ = entry
            written = _Written(manifest.line, entry)
            name = entry[2].replace(_APP_ID, self._app_id)
            if _PLACEHOLDER.search(name):
                # what the app's build fills in is not known here; what stands beside it has to tell
                if len(_PLACEHOLDER.sub("", name).strip(".")) > len("permission."):
                    self._patterns.append((kind, value, _filled(name), id_, written))
            else:
                self._exact.setdefault((kind, value, name), {}).setdefault(id_, []).append(written)

    @staticmethod
    def _of_version(brings: Brings, version: str | None) -> Sequence[BroughtManifest]:
        """Return the manifests the version in the build can have had: its own, or those of the nearest versions read."""
        number = _number(version or "")
        if not number:
            return brings.manifests
        read = sorted({parsed for one in brings.manifests for text in one.versions if (parsed := _number(text))})
        if not read:
            return brings.manifests
        at = bisect_left(read, number)
        near = {number} if at < len(read) and read[at] == number else set(read[max(at - 1, 0) : at + 1])
        # versions that do not tell what they are may be any
        return [one for one in brings.manifests if any(not _number(text) or _number(text) in near for text in one.versions)]

    def bringers(self, entry: _Entry) -> tuple[Bringer, ...]:
        """Return whose manifests hold an entry, sorted by id."""
        found = {id_: set(written) for id_, written in self._exact.get(entry, {}).items()}
        for kind, value, pattern, id_, written in self._patterns:
            if (kind, value) == entry[:2] and pattern.fullmatch(entry[2]):
                found.setdefault(id_, set()).add(written)
        return tuple(self._bringer(id_, written) for id_, written in sorted(found.items()))

    def _bringer(self, id_: str, written: Iterable[_Written]) -> Bringer:
        versions: set[str] = set()
        without: set[str] = set()
        for one in written:
            for manifest in self._lines.get((id_, one.line), ()):
                (versions if one.entry in _entries(manifest) else without).update(filter(None, manifest.versions))
        return Bringer(id=id_, versions=_sorted(versions), without=_sorted(without - versions))


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What shows that an artefact is in the build."""

    merged: Collection[_Entry]
    shared: Set[tuple[str, str]]
    packages: _Packages

    def fit(self, manifest: BroughtManifest, *, alone: bool) -> int | None:
        """Return how well an artefact's manifest fits the merged one; None where the artefact does not look to be in the build.

        It is in where a component is that it alone brings, or, where it brings none, a class of its packages; ``alone`` says that
        the SDK, found already, has no other artefact. The fit is the components that are there less those that are not: of
        several versions it tells the one in the build.
        """
        telling = [one for one in manifest.components if one not in self.shared]
        there = sum((FactKind.COMPONENT, kind, name) in self.merged for kind, name in telling)
        if telling:
            return 2 * there - len(telling) if there else None
        return 0 if alone or any(self.packages.holds(package) for package in manifest.packages) else None


@lru_cache(maxsize=4)
def _shared(knowledge: Knowledge) -> frozenset[tuple[str, str]]:
    """Return the components that tell no artefact: several SDKs, or several libraries of one family, bring them."""
    owners: dict[tuple[str, str], tuple[str, str]] = {}
    shared = set()
    for id_, brings in knowledge.brings.items():
        for manifest in brings.manifests:
            owner = (id_, manifest.line if brings.packages else "")
            shared |= {one for one in manifest.components if owners.setdefault(one, owner) != owner}
    return frozenset(shared)


def _entries(manifest: BroughtManifest) -> Iterator[_Entry]:
    for name in manifest.permissions:
        yield FactKind.PERMISSION, "", name
    for kind, name in manifest.components:
        yield FactKind.COMPONENT, kind, name
    for kind, name in manifest.queries:
        yield FactKind.QUERY, kind, name


def _filled(name: str) -> re.Pattern[str]:
    return re.compile(r"[\w.\-]+".join(map(re.escape, _PLACEHOLDER.split(name))))


def _number(version: str) -> tuple[int, ...]:
    found = _VERSION.search(version)
    return tuple(int(part) for part in found[0].split(".")) if found and len(found[0]) < 60 else ()


def _sorted(versions: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(versions, key=lambda text: (_number(text), text)))


class _Packages:
    """The packages in which a build defines classes, sorted when first asked for."""

    def __init__(self, build: Build) -> None:
        self._build = build
        self._sorted: list[str] | None = None

    def holds(self, package: str) -> bool:
        """Tell whether a class stands in a package or below it."""
        if self._sorted is None:
            self._sorted = sorted({f"{name.rpartition('.')[0]}." for unit in self._build.code for name in unit.classes})
        at = bisect_left(self._sorted, f"{package}.")
        return at < len(self._sorted) and self._sorted[at].startswith(f"{package}.")


# -- whose class ----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def _whose_class(knowledge: Knowledge) -> Callable[[str], tuple[str, ...]]:
    """Return the function from a component's class to the SDKs or the library whose it is by its name, sorted."""
    claimants = claimants_of(knowledge)
    named: dict[str, set[str]] = {}
    for sdk in knowledge.sdks.values():
        for trace in sdk.traces:
            if trace.kind is TraceKind.COMPONENT:
                named.setdefault(trace.pattern, set()).add(sdk.id)
    libraries: Mapping[str, str] = {package: one.id for one in knowledge.brings.values() for package in one.packages}

    def whose(name: str) -> tuple[str, ...]:
        if ids := claimants(name) or tuple(named.get(name, ())):
            return tuple(sorted(ids))
        package = name
        while package and package not in libraries:
            package = package.rpartition(".")[0]
        return (libraries[package],) if package else ()

    return whose

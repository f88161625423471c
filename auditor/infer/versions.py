"""Which version of an SDK a build holds, where the build tells it."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from dataclasses import replace

from auditor.knowledge.schema import Knowledge, VersionKind, VersionSource
from auditor.model import Build, Fact, FactKind, Sdk, SdkTier

__all__ = ["with_versions"]

_FACTS = {
    VersionKind.CONSTANT: FactKind.CONSTANT,
    VersionKind.META_DATA: FactKind.META_DATA,
    VersionKind.FILE: FactKind.ASSET,
    VersionKind.NATIVE_LIBRARY: FactKind.NATIVE_LIBRARY,
    VersionKind.FRAMEWORK: FactKind.FRAMEWORK,
}
_VERSION = re.compile(r"(?=.{0,40}\Z)(?:[A-Za-z]{0,12}[-_ ]?)?v?\d+(?:[._-]\w+)*\Z")
"""What a version looks like; a sentence or a resource reference does not."""
_TEMPLATE = re.compile(r"0*1(?:\.0)?\Z|unspecified\Z|\$\{.*")
"""What build tools write where nobody gave a version: says nothing."""


def with_versions(sdks: tuple[Sdk, ...], build: Build, knowledge: Knowledge) -> tuple[Sdk, ...]:
    """Return the SDKs with the version each one's own code, manifest or files tell, and that as further evidence."""
    return tuple(_with_version(sdk, build, knowledge) for sdk in sdks)


def _with_version(sdk: Sdk, build: Build, knowledge: Knowledge) -> Sdk:
    if sdk.tier is SdkTier.NAMED:
        return sdk
    for source in knowledge.sdks[sdk.id].versions:
        for fact, version in _read(source, build):
            evidence = sdk.evidence if fact in sdk.evidence else (*sdk.evidence, fact)
            return replace(sdk, version=version, evidence=evidence)
    for fact in sdk.evidence:
        # a package of HarmonyOS stands beside its version wherever it is named
        if fact.kind is FactKind.ARK_PACKAGE and fact.value and _VERSION.match(fact.value):
            return replace(sdk, version=fact.value)
    return sdk


def _read(source: VersionSource, build: Build) -> Iterator[tuple[Fact, str]]:
    for fact in build.of(_FACTS[source.kind]):
        if not (fnmatch.fnmatchcase(fact.name, source.name) if "*" in source.name else fact.name == source.name):
            continue
        value = _told(source.kind, fact)
        if source.pattern is not None:
            match = source.pattern.search(value)
            value = match[1].strip() if match and match[1] else ""
            if source.kind is VersionKind.NATIVE_LIBRARY:
                value = value.replace("_", ".")
        if value and _VERSION.match(value) and not _TEMPLATE.match(value):
            yield fact, value


def _told(kind: VersionKind, fact: Fact) -> str:
    """Return the text of a fact in which the version stands."""
    if kind is VersionKind.FRAMEWORK:
        return (fact.trait("version") or "").strip()
    if kind is VersionKind.NATIVE_LIBRARY:
        # what the name says before its suffix: libAcme_v4_2.so
        return fact.name
    return fact.value.strip()

"""From facts to meaning: (Build, Knowledge) -> Conduct."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from auditor.knowledge.schema import Knowledge
from auditor.model import (
    Build,
    Bundle,
    Call,
    Collection,
    Conduct,
    Fact,
    FactKind,
    PermissionRequest,
    Platform,
    Reference,
    Sdk,
    SdkTier,
    Table,
)

if TYPE_CHECKING:
    from auditor.infer.owners import Owners

__all__ = ["infer"]


def infer(build: Build, knowledge: Knowledge) -> Conduct:
    """Say which SDKs are in a build, what its code can collect, and what hides it."""
    # who asks only for something beside this (the comparison, of a build that was read before) pays for none of it
    from auditor.infer.collects import merged, of_calls
    from auditor.infer.hosts import find_hosts
    from auditor.infer.ios_bundles import find_bundles
    from auditor.infer.loaded import find_loading
    from auditor.infer.manifest import find_manifest
    from auditor.infer.owners import Owners
    from auditor.infer.packed import find_packers, find_packing
    from auditor.infer.presences import find_presences
    from auditor.infer.renamed import find_renamed
    from auditor.infer.scripts import find_frameworks, find_script_calls, of_scripts
    from auditor.infer.sdks import find_sdks, owners_of
    from auditor.infer.self_starts import find_self_starts
    from auditor.infer.tiers import raised
    from auditor.infer.versions import with_versions

    named = find_sdks(build, knowledge)
    proven = {sdk.id for sdk in named if sdk.tier >= SdkTier.BUNDLED}
    renamed = find_renamed(build, knowledge, proven, owners_of(knowledge))
    # an SDK that is only named and whose code was found under other names is in the build
    inferred = {sdk.id for sdk in renamed.sdks}
    sdks = sorted((*renamed.sdks, *(sdk for sdk in named if sdk.id not in inferred)), key=lambda sdk: sdk.id)
    packing = find_packing(build, knowledge)
    hidden = any(Table.DATA in gap.hides for gap in (*build.gaps, *packing))
    present = [sdk.id for sdk in sdks if sdk.tier >= SdkTier.BUNDLED]
    owner_of = Owners(build, knowledge, owners_of(knowledge), renamed.attributions, present)
    calls = _calls(build, knowledge, owner_of, hidden)
    versioned = with_versions(tuple(sdks), build, knowledge)
    bundles = find_bundles(build) if build.identity.platform is Platform.IOS else ()
    references, referred = _references(build, knowledge, sdks, bundles)
    scripts = find_script_calls(build, knowledge)
    frameworks = find_frameworks(build, knowledge)
    loading, loads = find_loading(build, knowledge, owner_of, frameworks)
    gaps = (*packing, *loading)
    starts = find_self_starts(build, knowledge, owner_of, hidden=bool(gaps or build.gaps))
    presences = find_presences(build, knowledge, hidden=bool(gaps or build.gaps))
    return Conduct(
        sdks=raised(versioned, build, owners_of(knowledge), renamed.attributions),
        calls=calls,
        references=references,
        bundles=bundles,
        # every source of signs gives its own; this is the one place where they come together
        collections=merged((*of_calls(calls), *_handed(build, knowledge, owner_of), *referred, *of_scripts(scripts))),
        requests=_requests(build, knowledge, owner_of, hidden),
        script_calls=scripts,
        hosts=find_hosts(build, knowledge, owner_of),
        packers=find_packers(build, knowledge),
        frameworks=frameworks,
        presences=(*presences, *(one for one in (starts, loads) if one is not None)),
        uses=_uses(build, calls, knowledge),
        attributions=renamed.attributions,
        manifest=find_manifest(build, versioned, knowledge),
        gaps=gaps,
    )


def _calls(build: Build, knowledge: Knowledge, owner_of: Owners, hidden: bool) -> tuple[Call, ...]:
    if not build.of(FactKind.CALL):
        return ()
    # what is known of interfaces is not loaded where nobody looked for calls
    from auditor.infer.calls import find_calls

    return find_calls(build, knowledge, owner_of, hidden=hidden)


def _handed(build: Build, knowledge: Knowledge, owner_of: Owners) -> tuple[Collection, ...]:
    if build.flow is None and not build.of(FactKind.CALL):
        return ()
    from auditor.infer.services import of_services

    return tuple(of_services(build, knowledge, owner_of))


def _requests(build: Build, knowledge: Knowledge, owner_of: Owners, hidden: bool) -> tuple[PermissionRequest, ...]:
    if not build.of(FactKind.CALL):
        return ()
    from auditor.infer.requests import find_requests

    return find_requests(build, knowledge, owner_of, hidden=hidden)


def _uses(build: Build, calls: Sequence[Call], knowledge: Knowledge) -> tuple[tuple[str, tuple[Fact, ...]], ...]:
    if not build.of(FactKind.CALL):
        return ()
    from auditor.infer.uses import find_uses

    return find_uses(build, calls, knowledge)


def _references(
    build: Build, knowledge: Knowledge, sdks: Sequence[Sdk], bundles: Sequence[Bundle]
) -> tuple[tuple[Reference, ...], tuple[Collection, ...]]:
    """Return what iOS code names, and what it can collect by that."""
    if build.identity.platform is not Platform.IOS:
        return (), ()
    from auditor.infer.ios_references import collections_of, find_references

    references = find_references(build, knowledge, sdks, bundles)
    return references, tuple(collections_of(references, bundles))

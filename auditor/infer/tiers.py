"""How far an SDK got into a build, by what the call graph shows of its classes: called, reachable, run at start-up."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import replace

from auditor.model import Attribution, Build, Reach, Sdk, SdkTier

__all__ = ["raised"]

_TIERS = {Reach.REACHABLE: SdkTier.REACHABLE, Reach.STARTUP: SdkTier.STARTUP}


def raised(
    sdks: Sequence[Sdk], build: Build, owners: Callable[[str], Sequence[str]], attributions: Sequence[Attribution]
) -> tuple[Sdk, ...]:
    """Return the SDKs with the tier the call graph shows. One whose code is not seen to be used keeps the tier it has."""
    flow = build.flow
    if flow is None:
        return tuple(sdks)
    bundled = {sdk.id for sdk in sdks if sdk.tier >= SdkTier.BUNDLED}
    inferred = {one.class_: one.owner for one in attributions}
    owner_of = [_owner(name, owners, inferred, bundled) for name in flow.classes]
    found: dict[str, SdkTier] = dict.fromkeys(bundled, SdkTier.BUNDLED)
    pairs = array("I", flow.uses)
    for user, used in zip(pairs[::2], pairs[1::2], strict=True):
        id_ = owner_of[used]
        if id_ and owner_of[user] != id_:
            found[id_] = SdkTier.CALLED
    for id_, reach in zip(owner_of, flow.reach, strict=True):
        if id_ and reach in _TIERS:
            found[id_] = max(found[id_], _TIERS[Reach(reach)])
    return tuple(replace(sdk, tier=max(sdk.tier, found.get(sdk.id, sdk.tier))) for sdk in sdks)


def _owner(name: str, owners: Callable[[str], Sequence[str]], inferred: dict[str, str], bundled: set[str]) -> str:
    named = owners(name)
    id_ = named[0] if len(named) == 1 else "" if named else inferred.get(name, "")
    return id_ if id_ in bundled else ""

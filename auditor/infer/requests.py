"""Where code asks the user for permissions: which ones, whose code that is, and from when on it can."""

from __future__ import annotations

from collections.abc import Sequence

from auditor.infer.calls import constants_of
from auditor.infer.handed import Takers
from auditor.infer.owners import Owners
from auditor.knowledge.schema import Knowledge
from auditor.knowledge.wanted import requesting
from auditor.model import Build, FactKind, PermissionRequest, Reach

__all__ = ["find_requests"]


def find_requests(
    build: Build, knowledge: Knowledge, owner_of: Owners, *, hidden: bool = False
) -> tuple[PermissionRequest, ...]:
    """Return the calls that ask for permissions, in the order of their places.

    ``hidden`` says that not all of the code could be read: what was not reached may be reached from there.
    """
    asking = {f"{one.class_}.{one.name}" for one in requesting(knowledge.apis)}
    takers = Takers(build, owner_of)
    not_reached = Reach.UNKNOWN if hidden or build.flow is None else Reach.CALLED
    found = []
    for fact in build.of(FactKind.CALL):
        if fact.name not in asking:
            continue
        found += [
            PermissionRequest(
                site=fact,
                permissions=_named(fact.value),
                whole=fact.trait("argument") is None,
                owner=owner,
                sdk=sdk,
                origin=origin,
                reach=way.reach if way else not_reached,
                path=(*way.path, *steps) if way else (),
            )
            for (owner, sdk, origin), way, steps in takers(fact)
        ]
    return tuple(sorted(found, key=lambda one: (one.site.location, one.site.name)))


def _named(value: str) -> tuple[str, ...]:
    names: Sequence[str] = [text for text, quoted in constants_of(value) if quoted]
    return tuple(dict.fromkeys(names))

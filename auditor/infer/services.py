"""What the platform hands to services of the app that the user let it have: notifications, what the screen shows, what is typed.

Such a service makes no call for it. The platform binds only one that its manifest guards with a permission of the platform's own,
and calls the method the service defines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from auditor.infer.owners import Whose
from auditor.knowledge.schema import Knowledge
from auditor.model import Build, Collection, Confidence, Fact, FactKind, Origin, OwnerKind, Reach, Severity

__all__ = ["guards_of", "of_services"]


def guards_of(build: Build) -> dict[str, list[Fact]]:
    """Return the services of a manifest by the permission that guards each."""
    found: dict[str, list[Fact]] = {}
    for fact in build.of(FactKind.COMPONENT):
        if fact.value == "service" and (guard := fact.trait("permission")):
            found.setdefault(guard, []).append(fact)
    return found


def of_services(build: Build, knowledge: Knowledge, owner_of: Callable[[str], Whose]) -> Iterator[Collection]:
    """Yield what each service is handed, one collection per data type. Those whose class the build does not define are left out."""
    guards = guards_of(build)
    if not guards:
        return
    handed = [one for one in knowledge.apis.methods if one.callback and one.service in guards]
    defined = {name for unit in build.code for name in unit.classes} if handed else set()
    for method in handed:
        for fact in guards[method.service]:
            if fact.name not in defined:
                continue
            owner, sdk, origin = owner_of(fact.name)
            for may, types in ((False, method.data), (True, method.may)):
                for type_ in types:
                    yield Collection(
                        type=type_,
                        owner=owner,
                        sdk=sdk,
                        confidence=_confidence(owner, origin, may),
                        evidence=(fact,),
                        count=1,
                        severity=Severity.LOW if may else method.severity,
                        may=may,
                        reach=Reach.REACHABLE,
                    )


def _confidence(owner: OwnerKind, origin: Origin | None, may: bool) -> Confidence:
    """Return how sure it is, as of a call that is reached."""
    if may or owner is OwnerKind.BYSTANDER:
        return Confidence.LOW
    return Confidence.HIGH if origin in (Origin.NAME, Origin.MAPPING) else Confidence.MEDIUM

"""For whom code makes a call: itself, or, where a method does nothing but hand a call on, those who call that method."""

from __future__ import annotations

from auditor.infer.owners import Owners, Whose
from auditor.model import Build, Fact, Origin, OwnerKind, Reach, Reached

__all__ = ["Takers"]


class Takers:
    """The owners of calls, asked one by one, each with the surest way to it."""

    def __init__(self, build: Build, owner_of: Owners) -> None:
        self._owner_of = owner_of
        flow = build.flow
        self._reached = {one.method: one for one in flow.methods} if flow is not None else {}
        self._handed = dict(flow.handed) if flow is not None else {}
        self._restored = {written: name for unit in build.code for name, written in unit.written} if self._handed else {}

    def __call__(self, fact: Fact) -> list[tuple[Whose, Reached | None, tuple[str, ...]]]:
        """Return whose a call is, how its method is come by, and the steps from there to the call.

        A method that only hands on is its owner's where that calls it, and everybody's else who does. A library that acts for
        others, and its way, count only where nobody else calls.
        """
        caller = _caller_of(fact)
        found: dict[tuple[OwnerKind, str], tuple[Whose, Reached | None, tuple[str, ...]]] = {}
        step = caller.partition("(")[0]
        for taker in self._handed.get(caller, ()):
            written = taker.partition("(")[0].rpartition(".")[0]
            name = self._restored.get(written, written)
            owner, sdk, origin = self._owner_of(name)
            if origin is Origin.NAME and name != written:
                origin = Origin.MAPPING
            way = self._reached.get(taker)
            known = found.get((owner, sdk))
            if known is None or _rank(way) < _rank(known[1]):
                found[owner, sdk] = (owner, sdk, origin), way, (step, fact.name)
        others = [one for (owner, _), one in sorted(found.items(), key=lambda item: (item[0][0].value, item[0][1]))
                  if owner is not OwnerKind.BYSTANDER]
        if others:
            return others
        owner, sdk, origin = self._owner_of(fact.by)
        if origin is Origin.NAME and fact.trait("written"):
            origin = Origin.MAPPING
        return [((owner, sdk, origin), self._reached.get(caller), (fact.name,))]


def _caller_of(fact: Fact) -> str:
    """Return the method that makes a call, by the name it has in the build."""
    return fact.location.at.rpartition(" +0x")[0].partition(" (was ")[0]


def _rank(way: Reached | None) -> tuple[object, ...]:
    return (True,) if way is None else (False, way.reach is not Reach.STARTUP, not way.direct, len(way.path), way.path)

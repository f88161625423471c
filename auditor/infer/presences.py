"""What was looked for in every build and is no fault by itself: found in the build, or not found in what could be read."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.knowledge.schema import Knowledge
from auditor.knowledge.sign_schema import PresenceKnowledge
from auditor.model import MOST_EVIDENCE, Build, BuildKind, Fact, FactKind, Presence, Text

__all__ = ["HIDDEN", "find_presences"]

HIDDEN = Text(
    zh="包内有无法读取的部分，或文字由服务器下发，未发现不等于没有",
    en="parts of the build cannot be read, or texts may come from a server: not found does not mean there is none",
)
"""What is said of something not found where something may hide it."""


def find_presences(build: Build, knowledge: Knowledge, *, hidden: bool) -> tuple[Presence, ...]:
    """Return what was looked for in an app, in the order of the knowledge; ``hidden`` says that parts could not be read."""
    if build.identity.kind is not BuildKind.APP:
        return ()
    layers = {fact.name for fact in build.of(FactKind.SCRIPT_LAYER)}
    found = []
    for one in knowledge.signs.presences:
        if build.identity.platform not in one.platforms or (one.layers and not one.layers & layers):
            continue
        evidence = tuple(sorted(set(_evidence(build, one)), key=lambda fact: fact.key))[:MOST_EVIDENCE]
        note = HIDDEN if not evidence and (hidden or one.words) else None
        found.append(Presence(subject=one.id, name=one.name, evidence=evidence, note=note))
    return tuple(found)


def _evidence(build: Build, one: PresenceKnowledge) -> Iterator[Fact]:
    if one.words or one.links:
        yield from (fact for fact in build.of(FactKind.WORDING) if fact.name == one.id)
    if one.settings:
        yield from (fact for fact in build.of(FactKind.SCRIPT_SETTING) if fact.name in one.settings)
    if one.actions:
        for fact in build.of(FactKind.COMPONENT):
            if fact.value == "receiver" and one.actions & set((fact.trait("actions") or "").split(",")):
                yield fact

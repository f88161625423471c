"""Where code has the system start or wake the app, or keep it alive: alarms, jobs, synchronisation, work that is scheduled."""

from __future__ import annotations

from collections.abc import Sequence

from auditor.infer.owners import Owners
from auditor.infer.presences import HIDDEN
from auditor.knowledge.schema import Knowledge
from auditor.knowledge.wanted import starting
from auditor.model import MOST_EVIDENCE, Build, Fact, FactKind, OwnerKind, Presence, Text

__all__ = ["find_self_starts"]

_NAME = Text(zh="自启动、定时唤醒或保活的接口调用", en="Calls by which the app starts, wakes or stays alive by itself")
_WEIGHT = {OwnerKind.APP: 0, OwnerKind.UNATTRIBUTED: 1, OwnerKind.SDK: 2, OwnerKind.BYSTANDER: 3}
"""Whose calls say most."""


def find_self_starts(build: Build, knowledge: Knowledge, owner_of: Owners, *, hidden: bool = False) -> Presence | None:
    """Return the calls by which code has the app started, those of the app first; None where nobody looked for calls.

    ``hidden`` says that parts of the build could not be read.
    """
    calls = build.of(FactKind.CALL)
    if not calls:
        return None
    names = {f"{one.class_}.{one.name}" for one in starting(knowledge.apis)}
    owned = [(owner_of(fact.by)[0], fact) for fact in calls if fact.name in names]
    found: Sequence[Fact] = [fact for _, fact in sorted(owned, key=lambda one: (_WEIGHT[one[0]], one[1].key))]
    own = any(owner in (OwnerKind.APP, OwnerKind.UNATTRIBUTED) for owner, _ in owned)
    note = None
    if found and not own:
        note = Text(zh="仅由 SDK 或支持库调用", en="called by SDKs or support libraries alone")
    elif not found and hidden:
        note = HIDDEN
    return Presence(subject="self-start-calls", name=_NAME, evidence=tuple(found[:MOST_EVIDENCE]), note=note)

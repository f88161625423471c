"""Which hosts a build names, whose code names them, and whose they are where a source says so."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from auditor.infer.owners import Owners
from auditor.infer.sdks import framework_owner_of
from auditor.knowledge.schema import Knowledge
from auditor.model import MOST_EVIDENCE, Build, Fact, FactKind, Host, OwnerKind

__all__ = ["find_hosts"]

_FRAMEWORK = re.compile(r"/([^/]+\.framework)/[^/]+\Z")
_ORDER = {kind: place for place, kind in enumerate(OwnerKind)}


def find_hosts(build: Build, knowledge: Knowledge, owner_of: Owners) -> tuple[Host, ...]:
    """Return the hosts of a build, one per host and owner; none that formats, documents and licences name."""
    facts = build.of(FactKind.HOST)
    if not facts:
        return ()
    framework_owner = framework_owner_of(knowledge)
    code = {unit.file for unit in build.code}
    found: dict[tuple[str, OwnerKind, str], list[Fact]] = defaultdict(list)
    for fact in facts:
        if fact.name in knowledge.signs.silent_hosts:
            continue
        owner, sdk = OwnerKind.UNATTRIBUTED, ""
        framework = _FRAMEWORK.search(fact.location.file)
        if framework is not None and (sdk := framework_owner(framework[1])):
            owner = OwnerKind.SDK
        elif fact.location.file not in code:
            owner = OwnerKind.APP  # scripts and configuration: the app's, whoever wrote them
        elif fact.by:
            owner, sdk, _ = owner_of(fact.by)
        found[fact.name, owner, sdk].append(fact)
    return tuple(
        _host(name, owner, sdk, places, knowledge)
        for (name, owner, sdk), places in sorted(found.items(), key=lambda item: (item[0][0], _ORDER[item[0][1]], item[0][2]))
    )


def _host(name: str, owner: OwnerKind, sdk: str, places: Iterable[Fact], knowledge: Knowledge) -> Host:
    places = tuple(places)
    operator = knowledge.signs.operator_of(name)
    said = operator is not None and not operator.unverified
    return Host(
        name=name,
        schemes=tuple(sorted({fact.value for fact in places} - {""})),
        owner=owner,
        sdk=sdk,
        evidence=places[:MOST_EVIDENCE],
        count=len(places),
        country=operator.country if operator and said else "",
        operator=operator.name if operator else "",
    )

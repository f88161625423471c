"""Which permissions the code of a build can use: the calls that need one, and those that can come to need it.

Only what speaks against a use is doubted here: a call whose argument is not shown may need any permission its argument can ask for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from auditor.knowledge.api_schema import ApiMethod, Apis, ApiTable
from auditor.knowledge.schema import Knowledge
from auditor.knowledge.wanted import needing
from auditor.model import Build, Call, Fact, FactKind

__all__ = ["find_uses"]

_MOST = 3
"""Calls kept for one permission."""


def find_uses(build: Build, calls: Sequence[Call], knowledge: Knowledge) -> tuple[tuple[str, tuple[Fact, ...]], ...]:
    """Return, for each permission some call needs or can come to need, the first of these calls."""
    apis = knowledge.apis
    methods: dict[str, list[ApiMethod]] = defaultdict(list)
    for one in needing(apis):
        methods[f"{one.class_}.{one.name}"].append(one)
    by_table = _permissions_by_table(apis)
    found: dict[str, dict[Fact, None]] = defaultdict(dict)
    for fact in build.of(FactKind.CALL):
        for method in methods.get(fact.name, ()):
            for name in _permissions(method, fact, by_table):
                found[name][fact] = None
    opening: dict[str, list[str]] = defaultdict(list)
    for permission in knowledge.permissions.values():
        for type_ in permission.data:
            opening[type_].append(permission.name)
    for call in calls:
        for type_ in (*call.data, *call.may):
            for name in opening[type_]:
                found[name][call.site] = None
    return tuple((name, tuple(facts)[:_MOST]) for name, facts in sorted(found.items()))


def _permissions(method: ApiMethod, fact: Fact, by_table: Mapping[ApiTable, Sequence[str]]) -> Iterator[str]:
    yield from method.permissions
    yield from method.helped_by
    for need in method.needs:
        yield from need.any_of
    if not fact.value or fact.trait("argument"):
        # the argument is not shown, or not all of it
        for argument in method.arguments:
            yield from by_table.get(argument.table, ())


def _permissions_by_table(apis: Apis) -> Mapping[ApiTable, Sequence[str]]:
    tables: dict[ApiTable, list[str]] = defaultdict(list)
    for constant in apis.constants:
        tables[constant.table] += constant.permissions
    for field in apis.fields:
        if field.table is not None:
            tables[field.table] += field.permissions
    return tables

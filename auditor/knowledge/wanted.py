"""Which calls and fields to look for in code: worked out of what is known of interfaces once, when the knowledge is compiled.

``calls.json`` holds them for whoever looks for nothing else: reading every interface with all that is known of it takes longer than
looking through the code of an ordinary app.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from auditor.knowledge.api_schema import ApiField, ApiMethod, Apis

__all__ = [
    "COMPILED_CALLS",
    "WantedCalls",
    "fields_of",
    "needing",
    "plain_calls",
    "reading",
    "requesting",
    "shipped_calls",
    "starting",
    "wanted_calls",
]

COMPILED_CALLS = "calls.json"
"""Name of the compiled file in this package."""

_Arguments = Mapping[tuple[str, str], Mapping[str, int]]


class WantedCalls(NamedTuple):
    """What to look for, by dotted class."""

    methods: Mapping[str, frozenset[str]]
    """Methods that read data, need a permission, ask for one, or have the app started."""
    fields: Mapping[str, frozenset[str]]
    """Fields whose reading reads data."""
    exact: Mapping[str, frozenset[str]]
    """Methods that load code."""
    arguments: _Arguments
    """(class, method) whose argument decides -> by descriptor (empty = every other overload) its number, from 0."""
    carriers: _Arguments
    """Likewise the methods of an object that is given to such a method and carries the constant."""


def reading(apis: Apis) -> Sequence[ApiMethod]:
    """Return the methods whose calls read data: not what the platform calls, nor what ordinary code uses all the time."""
    from auditor.knowledge.api_schema import ApiRole

    return [
        one
        for one in apis.methods
        if one.role is ApiRole.READS and not one.callback and (not one.noisy or one.arguments) and (one.data or one.may or one.arguments)
    ]


def needing(apis: Apis) -> Sequence[ApiMethod]:
    """Return the methods whose calls need permissions, whether they read data or not."""
    from auditor.knowledge.api_schema import ApiRole

    used = [one for one in apis.methods if one.role is ApiRole.USES and (one.permissions or one.helped_by or one.needs)]
    return [*reading(apis), *used]


def requesting(apis: Apis) -> Sequence[ApiMethod]:
    """Return the methods that ask the user for the permissions they are given."""
    from auditor.knowledge.api_schema import ApiRole

    return [one for one in apis.methods if one.role is ApiRole.REQUESTS and one.arguments and not one.noisy]


def starting(apis: Apis) -> Sequence[ApiMethod]:
    """Return the methods by which an app has itself started: not what ordinary code uses all the time."""
    from auditor.knowledge.api_schema import ApiRole

    return [one for one in apis.methods if one.role is ApiRole.STARTS and not one.noisy]


def fields_of(apis: Apis) -> Mapping[str, ApiField]:
    """Return the fields whose reading reads data, by dotted name: not those that only hold the key of a call."""
    return {f"{one.class_}.{one.name}": one for one in apis.fields if one.table is None and not one.noisy}


def wanted_calls(apis: Apis) -> WantedCalls:
    """Return what to look for to find the calls that ``apis`` gives a meaning."""
    from auditor.knowledge.api_schema import ApiRole

    arguments: dict[tuple[str, str], dict[str, int]] = {}
    for one in (*reading(apis), *requesting(apis)):
        if one.arguments:
            arguments.setdefault((one.class_, one.name), {})[one.descriptor] = one.arguments[0].index
    carriers: dict[tuple[str, str], dict[str, int]] = {}
    for carrier in apis.carriers:
        carriers.setdefault((carrier.class_, carrier.name), {})[carrier.descriptor] = carrier.argument.index
    return WantedCalls(
        methods=_by_class((one.class_, one.name) for one in (*needing(apis), *requesting(apis), *starting(apis))),
        fields=_by_class((one.class_, one.name) for one in fields_of(apis).values()),
        exact=_by_class((one.class_, one.name) for one in apis.methods if one.role is ApiRole.LOADS),
        arguments=arguments,
        carriers=carriers,
    )


def _by_class(members: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for class_, name in members:
        found.setdefault(class_, set()).add(name)
    return {class_: frozenset(names) for class_, names in found.items()}


def plain_calls(wanted: WantedCalls) -> dict[str, Any]:
    """Return what is looked for as ``calls.json`` has it."""
    return {
        **{name: {class_: sorted(names) for class_, names in getattr(wanted, name).items()} for name in ("methods", "fields", "exact")},
        **{name: [[*member, by] for member, by in sorted(getattr(wanted, name).items())] for name in ("arguments", "carriers")},
    }


def shipped_calls() -> WantedCalls:
    """Return what the knowledge of this package looks for. Raises KnowledgeError where the compiled file is missing or damaged."""
    from pathlib import Path

    try:
        plain = json.loads(Path(__file__).with_name(COMPILED_CALLS).read_bytes())
        methods, fields, exact = (
            {class_: frozenset(names) for class_, names in plain[kind].items()} for kind in ("methods", "fields", "exact")
        )
        arguments, carriers = ({(class_, name): by for class_, name, by in plain[kind]} for kind in ("arguments", "carriers"))
        return WantedCalls(methods, fields, exact, arguments, carriers)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        from auditor.knowledge.load import broken

        raise broken(COMPILED_CALLS, error) from error

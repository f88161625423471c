"""Which calls and fields to look for in code: worked out of what is known of interfaces once, when the knowledge is compiled.

``calls.tsv`` holds them for whoever looks for nothing else: reading every interface with all that is known of it takes longer than
looking through the code of an ordinary app, and so does loading a parser.
"""

from __future__ import annotations

import os

from auditor.light import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from auditor.knowledge.api_schema import ApiField, ApiMethod, Apis

__all__ = [
    "COMPILED_CALLS",
    "WantedCalls",
    "fields_of",
    "needing",
    "reading",
    "requesting",
    "shipped_calls",
    "starting",
    "wanted_calls",
    "written_calls",
]

COMPILED_CALLS = "calls.tsv"
"""Name of the compiled file in this package."""
_MEMBERS, _PARAMETERS = ("methods", "fields", "exact"), ("arguments", "carriers")
"""The two forms of lines: class and members; class, method, descriptor and number of the parameter."""
_END = "end"


class WantedCalls(NamedTuple):
    """What to look for, by dotted class."""

    methods: Mapping[str, frozenset[str]]
    """Methods that read data, need a permission, ask for one, or have the app started."""
    fields: Mapping[str, frozenset[str]]
    """Fields whose reading reads data."""
    exact: Mapping[str, frozenset[str]]
    """Methods that load code."""
    arguments: Mapping[tuple[str, str], Mapping[str, int]]
    """(class, method) whose argument decides -> by descriptor (empty = every other overload) its number, from 0."""
    carriers: Mapping[tuple[str, str], Mapping[str, int]]
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


def written_calls(wanted: WantedCalls) -> bytes:
    """Return what is looked for as ``calls.tsv`` has it: a line each, the last one with how many there are."""
    lines = []
    for kind in _MEMBERS:
        lines += ["\t".join((kind, class_, *sorted(names))) for class_, names in sorted(getattr(wanted, kind).items())]
    for kind in _PARAMETERS:
        for (class_, name), by in sorted(getattr(wanted, kind).items()):
            lines += [f"{kind}\t{class_}\t{name}\t{descriptor}\t{number}" for descriptor, number in sorted(by.items())]
    return "".join(f"{line}\n" for line in (*lines, f"{_END}\t{len(lines)}")).encode()


def shipped_calls() -> WantedCalls:
    """Return what the knowledge of this package looks for. Raises KnowledgeError where the compiled file is missing or damaged."""
    try:
        with open(os.path.join(os.path.dirname(__file__), COMPILED_CALLS), "rb") as file:
            lines = file.read().decode().splitlines()
        end, count = lines.pop().split("\t")
        if end != _END or int(count) != len(lines):
            raise ValueError("it is cut short")
        members: dict[str, dict[str, frozenset[str]]] = {kind: {} for kind in _MEMBERS}
        parameters: dict[str, dict[tuple[str, str], dict[str, int]]] = {kind: {} for kind in _PARAMETERS}
        for line in lines:
            kind, class_, *rest = line.split("\t")
            if kind in members:
                members[kind][class_] = frozenset(rest)
            else:
                name, descriptor, number = rest
                parameters[kind].setdefault((class_, name), {})[descriptor] = int(number)
        return WantedCalls(members["methods"], members["fields"], members["exact"], parameters["arguments"], parameters["carriers"])
    except (OSError, ValueError, LookupError) as error:
        from auditor.knowledge.load import broken

        raise broken(COMPILED_CALLS, error) from error

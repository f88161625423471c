"""Which code can read which personal data: call sites given their meaning, their owner and their chances.

One sign is not a practice: a call that needs a permission the manifest does not ask for cannot succeed, and a call from a
support library says nothing of who wants it. Both are said, neither is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from auditor.infer.handed import Takers
from auditor.infer.owners import Owners
from auditor.infer.permissions import effective_ranges, minimum_level
from auditor.infer.services import guards_of
from auditor.knowledge.api_schema import ApiConstant, ApiField, ApiMethod, Apis, ApiTable, Need
from auditor.knowledge.schema import Knowledge
from auditor.knowledge.wanted import fields_of, reading
from auditor.model import Build, Call, Fact, FactKind, Reach, Severity, Text

__all__ = ["constants_of", "find_calls"]

_TABLES_OF_THEIR_OWN = (ApiTable.PERMISSIONS, ApiTable.PACKAGES, ApiTable.CLASSES, ApiTable.MEMBERS)


def find_calls(
    build: Build, knowledge: Knowledge, owner_of: Owners, *, hidden: bool = False
) -> tuple[Call, ...]:
    """Return the calls of a build that can read personal data, in the order of their places.

    ``hidden`` says that not all of its code could be read: what was not reached may be reached from there.
    """
    facts = build.of(FactKind.CALL)
    if not facts:
        return ()
    apis = knowledge.apis
    methods: dict[str, list[ApiMethod]] = {}
    for one in reading(apis):
        methods.setdefault(f"{one.class_}.{one.name}", []).append(one)
    fields = fields_of(apis)
    asked = {name for name, levels in effective_ranges(build).items() if levels is not None}
    levels = _Levels(minimum_level(build), _target(build))
    takers = Takers(build, owner_of)
    guards = guards_of(build)
    not_reached = Reach.UNKNOWN if hidden or build.flow is None else Reach.CALLED
    calls = []
    for fact in facts:
        found = fields.get(fact.name) if fact.trait("field") else _method(methods.get(fact.name, ()), fact)
        if found is None:
            continue
        data, may, needs_one_of, severities = _meaning(found, fact, apis)
        severity = max(severities.values(), default=found.severity)
        if not data and not may:
            continue
        held = bool(asked & set(needs_one_of)) if needs_one_of else None
        data = _narrowed(data, apis, asked) if held else data
        why_not = _why_not(found, held, needs_one_of, asked, levels, guards)
        calls += [
            Call(
                site=fact,
                data=data,
                may=may,
                owner=owner,
                sdk=sdk,
                origin=origin,
                permission_held=held,
                can_succeed=why_not is None,
                why_not=why_not,
                severity=severity,
                lighter=tuple((id_, one) for id_, one in sorted(severities.items()) if one < severity),
                reach=way.reach if way else not_reached,
                path=(*way.path, *steps) if way else (),
                entries=way.entries if way else (),
                direct=way.direct if way else False,
            )
            for (owner, sdk, origin), way, steps in takers(fact)
        ]
    return tuple(sorted(calls, key=lambda call: (call.site.location, call.site.name)))


def _method(methods: Sequence[ApiMethod], fact: Fact) -> ApiMethod | None:
    """Return the overload that is called."""
    descriptor = fact.trait("descriptor") or ""
    fitting = [one for one in methods if one.descriptor in ("", descriptor) or fact.trait("reflection")]
    return max(fitting, key=lambda one: len(one.descriptor)) if fitting else None


class _Levels:
    """The API levels a build is for."""

    def __init__(self, minimum: int, target: int) -> None:
        self.minimum, self.target = minimum, target


def _target(build: Build) -> int:
    found = [fact.value for fact in build.of(FactKind.SDK_LEVEL) if fact.name == "target"]
    return int(found[0]) if found and found[0].isdecimal() and len(found[0]) < 6 else 1


def _meaning(
    method: ApiMethod | ApiField, fact: Fact, apis: Apis
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], Mapping[str, Severity]]:
    """Return what a call reads, what it may be a way to, the permissions of which it needs one, and how much it says of each."""
    alone = dict.fromkeys((*method.data, *method.may), method.severity)
    if isinstance(method, ApiField) or not method.arguments:
        return method.data, method.may, method.permissions, alone
    value = fact.value
    table = method.arguments[0].table
    if not value or table in _TABLES_OF_THEIR_OWN:
        return method.data, method.may, method.permissions, alone
    found = tuple(one for constant in constants_of(value, table) for one in _decided(constant, table, apis))
    if not found and (fact.trait("argument") == "partial" or _is_unknown_field(value, table, apis)):
        # what is shown names nothing, and what is not shown may
        return method.data, method.may, method.permissions, alone
    data = tuple(dict.fromkeys(id_ for one in found for id_ in one.data))
    may = tuple(dict.fromkeys(id_ for one in found for id_ in one.may))
    permissions = tuple(dict.fromkeys(name for one in found for name in one.permissions))
    # the constant is known and names nothing personal: the call reads nothing that counts
    severities: dict[str, Severity] = {}
    for one in found:
        for id_ in (*one.data, *one.may):
            severities[id_] = max(one.severity, severities.get(id_, one.severity))
    return data, may, permissions or method.permissions, severities


def _narrowed(data: tuple[str, ...], apis: Apis, asked: set[str]) -> tuple[str, ...]:
    """Return what is read without the permissions that give more."""
    instead = {one.type: one.becomes for one in apis.narrowed if one.without not in asked}
    return tuple(dict.fromkeys(instead.get(id_, id_) for id_ in data))


_CONSTANT = re.compile(r'"((?:[^"\\]|\\.)*)"|[^\s",|]+')
_ESCAPED = re.compile(r"\\(.)")


def constants_of(value: str, table: ApiTable | None = None) -> Iterator[tuple[str, bool]]:
    """Yield each constant of an argument as evidence shows it, and whether it is a string; a command's words are one string."""
    alternatives: list[list[tuple[str, bool]]] = [[]]
    end = 0
    for match in _CONSTANT.finditer(value):
        if value[end : match.start()] == " | ":
            alternatives.append([])
        end = match.end()
        quoted = match[1] is not None
        alternatives[-1].append((_ESCAPED.sub(r"\1", match[1]) if quoted else match[0], quoted))
    for one in alternatives:
        if table is ApiTable.SHELL_COMMANDS:
            yield " ".join(text for text, _ in one), True
        else:
            yield from one


def _decided(constant: tuple[str, bool], table: ApiTable, apis: Apis) -> Sequence[ApiConstant | ApiField]:
    text, quoted = constant
    if not quoted and "." in text:
        return [one for one in apis.fields if one.table is table and f"{one.class_}.{one.name}" == text][:1]
    return apis.decide(table, text)


def _is_unknown_field(value: str, table: ApiTable, apis: Apis) -> bool:
    """Tell whether an argument is a field of a class nothing is known of: it may hold anything."""
    return any(
        not quoted and "." in text and not any(one.table is table and one.class_ == text.rpartition(".")[0] for one in apis.fields)
        for text, quoted in constants_of(value, table)
    )


def _why_not(
    method: ApiMethod | ApiField,
    held: bool | None,
    one_of: Sequence[str],
    asked: set[str],
    levels: _Levels,
    guards: Collection[str],
) -> Text | None:
    """Say why a call gets no answer, or nothing where it may."""
    if isinstance(method, ApiMethod) and method.privileged:
        return Text(zh="普通应用无法得到结果", en="an ordinary app gets no answer")
    if held is False:
        names = ", ".join(name.rpartition(".")[2] for name in one_of)
        return Text(zh=f"清单未申请所需权限 {names}", en=f"the manifest does not ask for {names}")
    if isinstance(method, ApiMethod) and method.service and method.service not in guards:
        name = method.service.rpartition(".")[2]
        return Text(zh=f"清单中没有以 {name} 保护的服务", en=f"the manifest has no service guarded by {name}")
    if method.until and levels.minimum > method.until:
        return Text(
            zh=f"系统 API {method.until} 以上普通应用无法得到结果", en=f"above API level {method.until} an ordinary app gets no answer"
        )
    if method.until_target and levels.target > method.until_target:
        return Text(
            zh=f"targetSdkVersion 高于 {method.until_target} 时无法得到结果",
            en=f"with a targetSdkVersion above {method.until_target} there is no answer",
        )
    for need in method.needs:
        if _applies(need, levels) and not asked & set(need.any_of):
            names = ", ".join(name.rpartition(".")[2] for name in need.any_of)
            return Text(zh=f"还需要权限 {names}，清单未申请", en=f"it needs {names} besides, which the manifest does not ask for")
    return None


def _applies(need: Need, levels: _Levels) -> bool:
    """Tell whether a need holds on every device the build installs on."""
    return levels.minimum >= need.device and levels.target >= need.target

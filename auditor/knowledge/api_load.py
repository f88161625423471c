"""What is known of interfaces that reach personal data, as ``python -m auditor.knowledge`` compiled it into ``apis.json``."""

from __future__ import annotations

import json
from typing import Any

from auditor.knowledge.api_schema import (
    ApiArgument,
    ApiClass,
    ApiConstant,
    ApiField,
    ApiKind,
    ApiMatch,
    ApiMethod,
    ApiRole,
    Apis,
    ApiSelector,
    ApiSymbol,
    ApiTable,
    CallbackTime,
    Carrier,
    CollectedType,
    EntryPoint,
    ListedSdk,
    Narrowed,
    Need,
    PlatformCallback,
    RequiredReason,
    ResourceHandler,
)
from auditor.model import EntryKind, Severity, Text

__all__ = ["apis_from"]

_NOTHING = Text(zh="", en="")
_KINDS = {kind.value: kind for kind in ApiKind}
_ROLES = {role.value: role for role in ApiRole}
_TABLES = {table.value: table for table in ApiTable}
_MATCHES = {match.value: match for match in ApiMatch}
_SEVERITIES = {severity.name.lower(): severity for severity in Severity}


def apis_from(compiled: bytes) -> Apis:
    """Return the interfaces in a compiled file.

    Raises one of :data:`auditor.knowledge.load.DAMAGE` where ``compile_apis`` did not make it.
    """
    plain = json.loads(compiled)
    return Apis(
        methods=tuple(_method(entry) for entry in plain["methods"]),
        fields=tuple(_field(entry) for entry in plain["fields"]),
        constants=tuple(_constant(entry) for entry in plain["constants"]),
        selectors=tuple(_selector(entry) for entry in plain["selectors"]),
        symbols=tuple(_symbol(entry) for entry in plain["symbols"]),
        required_reasons=tuple(_required_reason(entry) for entry in plain["required_reasons"]),
        bystanders=tuple(plain["bystanders"]),
        not_bystanders=tuple(plain["not_bystanders"]),
        classes=tuple(_class(entry) for entry in plain["classes"]),
        collected_types=tuple(_collected_type(entry) for entry in plain["collected_types"]),
        purposes=tuple(plain["purposes"]),
        listed_sdks=tuple(_listed_sdk(entry) for entry in plain["listed_sdks"]),
        vendor_files=tuple(plain["vendor_files"]),
        entry_points=tuple(_entry_point(entry) for entry in plain["entry_points"]),
        callbacks=tuple(
            PlatformCallback(class_=class_, name=name, by=CallbackTime(by)) for class_, name, by in plain["callbacks"]
        ),
        annotated=tuple((name, CallbackTime(by)) for name, by in plain["annotated"]),
        inflated=tuple((extends, takes) for extends, takes in plain["inflated"]),
        handlers=tuple(
            ResourceHandler(attribute=attribute, component=component, takes=tuple(takes))
            for attribute, component, takes in plain["handlers"]
        ),
        carriers=tuple(_carrier(entry) for entry in plain["carriers"]),
        narrowed=tuple(Narrowed(type=type_, without=without, becomes=becomes) for type_, without, becomes in plain["narrowed"]),
    )


def _text(pair: list[str] | None) -> Text:
    return Text(zh=pair[0], en=pair[1]) if pair else _NOTHING


def _needs(entry: dict[str, Any]) -> tuple[Need, ...]:
    return tuple(
        Need(any_of=tuple(one["any_of"]), device=one.get("device", 0), target=one.get("target", 0))
        for one in entry.get("needs", ())
    )


def _method(entry: dict[str, Any]) -> ApiMethod:
    return ApiMethod(
        class_=entry["class"],
        name=entry["name"],
        descriptor=entry.get("descriptor", ""),
        kind=_KINDS[entry["kind"]],
        role=_ROLES[entry["role"]],
        data=tuple(entry.get("data", ())),
        may=tuple(entry.get("may", ())),
        severity=_SEVERITIES[entry["severity"]],
        permissions=tuple(entry.get("permissions", ())),
        needs=_needs(entry),
        helped_by=tuple(entry.get("helped_by", ())),
        service=entry.get("service", ""),
        arguments=tuple(
            ApiArgument(index=one["index"], table=_TABLES[one["table"]]) for one in entry.get("arguments", ())
        ),
        callback=entry.get("callback", False),
        noisy=entry.get("noisy", False),
        privileged=entry.get("privileged", False),
        since=entry.get("since", 0),
        until=entry.get("until", 0),
        until_target=entry.get("until_target", 0),
        note=_text(entry.get("note")),
        source=entry["source"],
        unverified=entry.get("unverified", False),
    )


def _field(entry: dict[str, Any]) -> ApiField:
    return ApiField(
        class_=entry["class"],
        name=entry["name"],
        data=tuple(entry.get("data", ())),
        may=tuple(entry.get("may", ())),
        severity=_SEVERITIES[entry["severity"]],
        permissions=tuple(entry.get("permissions", ())),
        needs=_needs(entry),
        noisy=entry.get("noisy", False),
        until=entry.get("until", 0),
        until_target=entry.get("until_target", 0),
        table=_TABLES[entry["table"]] if "table" in entry else None,
        note=_text(entry.get("note")),
        source=entry["source"],
        unverified=entry.get("unverified", False),
    )


def _constant(entry: dict[str, Any]) -> ApiConstant:
    return ApiConstant(
        table=_TABLES[entry["table"]],
        value=entry["value"],
        match=_MATCHES[entry["match"]],
        name=entry.get("name", ""),
        data=tuple(entry.get("data", ())),
        may=tuple(entry.get("may", ())),
        severity=_SEVERITIES[entry["severity"]],
        permissions=tuple(entry.get("permissions", ())),
        needs=_needs(entry),
        telling=entry.get("telling", False),
        until=entry.get("until", 0),
        until_target=entry.get("until_target", 0),
        note=_text(entry.get("note")),
        source=entry["source"],
        unverified=entry.get("unverified", False),
    )


def _carrier(entry: dict[str, Any]) -> Carrier:
    return Carrier(
        class_=entry["class"],
        name=entry["name"],
        descriptor=entry.get("descriptor", ""),
        argument=ApiArgument(index=entry["index"], table=_TABLES[entry["table"]]),
    )


def _class(entry: dict[str, Any]) -> ApiClass:
    return ApiClass(
        class_=entry["class"],
        framework=entry.get("framework", ""),
        data=tuple(entry["data"]),
        usage_keys=tuple(entry.get("usage_keys", ())),
        private=entry.get("private", False),
    )


def _collected_type(entry: dict[str, Any]) -> CollectedType:
    return CollectedType(
        value=entry["value"], name=_text(entry["name"]), data=tuple(entry.get("data", ())), source=entry["source"]
    )


def _listed_sdk(entry: dict[str, Any]) -> ListedSdk:
    return ListedSdk(name=entry["name"], frameworks=tuple(entry.get("frameworks", ())), source=entry["source"])


def _selector(entry: dict[str, Any]) -> ApiSelector:
    return ApiSelector(
        class_=entry["class"],
        selector=entry["selector"],
        framework=entry.get("framework", ""),
        data=tuple(entry.get("data", ())),
        may=tuple(entry.get("may", ())),
        severity=_SEVERITIES[entry["severity"]],
        usage_keys=tuple(entry.get("usage_keys", ())),
        generic=entry.get("generic", False),
        private=entry.get("private", False),
        since=entry.get("since", ""),
        until=entry.get("until", ""),
        note=_text(entry.get("note")),
        source=entry["source"],
        unverified=entry.get("unverified", False),
    )


def _symbol(entry: dict[str, Any]) -> ApiSymbol:
    return ApiSymbol(
        name=entry["name"],
        string=entry.get("string", False),
        framework=entry.get("framework", ""),
        data=tuple(entry.get("data", ())),
        may=tuple(entry.get("may", ())),
        severity=_SEVERITIES[entry["severity"]],
        noisy=entry.get("noisy", False),
        private=entry.get("private", False),
        until=entry.get("until", ""),
        note=_text(entry.get("note")),
        source=entry["source"],
        unverified=entry.get("unverified", False),
        usage_keys=tuple(entry.get("usage_keys", ())),
    )


def _required_reason(entry: dict[str, Any]) -> RequiredReason:
    return RequiredReason(
        category=entry["category"],
        name=_text(entry["name"]),
        data=tuple(entry.get("data", ())),
        symbols=tuple(entry.get("symbols", ())),
        selectors=tuple(entry.get("selectors", ())),
        members=tuple((class_, selector) for class_, selector in entry.get("members", ())),
        classes=tuple(entry.get("classes", ())),
        reasons=tuple((code, Text(zh=zh, en=en)) for code, zh, en in entry["reasons"]),
        source=entry["source"],
    )


def _entry_point(entry: dict[str, Any]) -> EntryPoint:
    return EntryPoint(
        kind=EntryKind(entry["kind"]),
        component=entry.get("component", ""),
        extends=entry.get("extends", ""),
        methods=tuple(entry.get("methods", ())),
        callbacks=entry.get("callbacks", False),
        start_up=entry.get("start_up", False),
        launcher=entry.get("launcher", False),
    )

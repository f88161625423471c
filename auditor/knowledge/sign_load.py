"""Scripts, hosts and signs of practice from their compiled file; read only when they are asked for."""

from __future__ import annotations

import json
from typing import Any

from auditor.knowledge.sign_schema import (
    HotFix,
    Operator,
    PresenceKnowledge,
    ScriptInterface,
    ScriptLayer,
    ScriptModule,
    Signs,
)
from auditor.model import Platform, Severity, Text

__all__ = ["signs_from"]

_NOTHING = Text(zh="", en="")
_SEVERITIES = {severity.word: severity for severity in Severity}


def signs_from(compiled: bytes) -> Signs:
    """Return what a compiled file holds.

    Raises one of :data:`auditor.knowledge.load.DAMAGE` where ``compile_signs`` did not make it.
    """
    plain = json.loads(compiled)
    return Signs(
        layers={entry["layer"]: _layer(entry) for entry in plain["layers"]},
        silent_hosts=frozenset(plain["silent_hosts"]),
        operators=tuple(
            Operator(
                name=entry["name"],
                country=entry.get("country", ""),
                hosts=tuple(entry["hosts"]),
                source=entry["source"],
                unverified=entry.get("unverified", False),
            )
            for entry in plain["operators"]
        ),
        presences=tuple(_presence(entry) for entry in plain["presences"]),
        hot_fixes=tuple(
            HotFix(id=entry["id"], name=_text(entry["name"]), classes=frozenset(entry["classes"])) for entry in plain["hot_fixes"]
        ),
    )


def _text(pair: list[str] | None) -> Text:
    return Text(zh=pair[0], en=pair[1]) if pair else _NOTHING


def _layer(entry: dict[str, Any]) -> ScriptLayer:
    modules = [_module(one) for one in entry["modules"]]
    return ScriptLayer(
        id=entry["layer"],
        name=_text(entry["name"]),
        sdk=entry.get("sdk", ""),
        interfaces={one["name"]: _interface(one) for one in entry["interfaces"]},
        modules={name: one for one in modules for name in (one.name, *one.also)},
    )


def _interface(entry: dict[str, Any]) -> ScriptInterface:
    return ScriptInterface(
        name=entry["name"],
        data=tuple(entry.get("data", ())),
        may=tuple(entry.get("may", ())),
        permissions=tuple(entry.get("permissions", ())),
        usage_keys=tuple(entry.get("usage_keys", ())),
        common=entry.get("common", False),
        severity=_SEVERITIES[entry["severity"]],
        note=_text(entry.get("note")),
        source=entry["source"],
        unverified=entry.get("unverified", False),
    )


def _module(entry: dict[str, Any]) -> ScriptModule:
    return ScriptModule(
        name=entry["name"],
        also=tuple(entry.get("also", ())),
        classes=tuple(entry.get("classes", ())),
        may=tuple(entry.get("may", ())),
        severity=_SEVERITIES[entry["severity"]],
        note=_text(entry.get("note")),
        source=entry["source"],
        unverified=entry.get("unverified", False),
    )


def _presence(entry: dict[str, Any]) -> PresenceKnowledge:
    return PresenceKnowledge(
        id=entry["id"],
        name=_text(entry["name"]),
        platforms=frozenset(Platform(one) for one in entry.get("platforms", ())) or frozenset(Platform),
        words=tuple(entry.get("words", ())),
        links=tuple(entry.get("links", ())),
        actions=frozenset(entry.get("actions", ())),
        settings=frozenset(entry.get("settings", ())),
        layers=frozenset(entry.get("layers", ())),
    )

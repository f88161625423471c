"""A draft written down: as plain values, as JSON, and as the YAML a reviewer edits.

Format: ``auditor/declaration/1`` (docs/reference/declaration.md). The YAML is YAML 1.2 core, and so is every reader's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from auditor.declaration.reader import SCHEMA
from auditor.model import Confidence, DeclaredData, DeclaredSdk, Language, Passage
from auditor.policy.draft import Draft
from auditor.policy.meta import Said
from auditor.records import scalar_yaml
from auditor.wire.document import dumps

__all__ = ["TABLES", "Plain", "draft_plain", "row_yaml", "to_json", "to_yaml"]

Plain = dict[str, Any]

TABLES = ("permissions", "usage_keys", "harmony_permissions", "sdks", "data", "denials", "statements", "review", "gaps")
"""The lists of a declaration, in the order they are written."""

_HEAD = {
    Language.ZH: (
        "# 由 auditor declare 从隐私政策自动起草，未经人工核对。每一行都注明了原文位置（行号与摘句），请逐行核对。\n"
        "# 拿不准的内容列在文末 review 下，读不到的内容列在 gaps 下；核对后删去这两项即可使用。\n"
    ),
    Language.EN: (
        "# Drafted by auditor declare from a privacy policy; nobody has checked it yet. Every row says where in the text it\n"
        "# came from (line and quote). What was not certain stands under review, what could not be read under gaps: when\n"
        "# both are dealt with, delete them.\n"
    ),
}
_BUILD_HEAD = {
    Language.ZH: "# 由 auditor declare 根据安装包起草：隐私政策至少应写明的权限、用途说明和 SDK。【待填写】处请由业务方补充。\n",
    Language.EN: "# Drafted by auditor declare from a build: the permissions, keys and SDKs its policy has to name. Fill in the slots.\n",
}


def draft_plain(draft: Draft, language: Language) -> Plain:
    """Return a draft as plain values: every field of the format, None or an empty list where there is nothing."""
    declaration = draft.declaration
    return {
        "schema": SCHEMA,
        "app": declaration.app,
        "operator": declaration.operator or None,
        "policy": {
            "file": declaration.policy.file,
            "sha256": declaration.policy.sha256 or None,
            "effective": declaration.policy.effective or None,
        },
        "category": declaration.category or None,
        "app_ids": list(declaration.app_ids),
        "signers": list(declaration.signers),
        "permissions": [
            {
                "name": row.name,
                "text": row.text,
                "purpose": row.purpose or None,
                "purpose_shared_with": row.purpose_shared_with or None,
                "at": _at(row.at),
                "confidence": row.confidence.word,
            }
            for row in declaration.permissions
        ],
        "usage_keys": [
            {
                "key": row.key,
                "purpose": row.purpose or None,
                "purpose_shared_with": row.purpose_shared_with or None,
                "at": _at(row.at),
                "confidence": row.confidence.word,
            }
            for row in declaration.usage_keys
        ],
        "harmony_permissions": [
            {
                "name": row.name,
                "text": row.text,
                "purpose": row.purpose or None,
                "at": _at(row.at),
                "confidence": row.confidence.word,
            }
            for row in declaration.harmony_permissions
        ],
        "sdks": [_sdk(row) for row in declaration.sdks],
        "data": [_data(row) for row in declaration.data],
        "denials": [
            {"type": row.type, "text": row.text, "at": _list(row.at), "confidence": row.confidence.word} for row in declaration.denials
        ],
        "statements": [
            {"kind": row.kind, "text": row.text, "data": list(row.data), "at": _at(row.at)} for row in declaration.statements
        ],
        "contact": _said(draft.contact),
        "minors": _said(draft.minors),
        "storage": _said(draft.storage, countries=True),
        "review": [
            {
                "table": row.table or None,
                "subject": row.subject or None,
                "reason": row.reason.in_(language),
                "at": _list(row.at),
                "confidence": row.confidence.word,
            }
            for row in draft.review
        ],
        "gaps": [
            {"reason": gap.reason.in_(language), "hides": [table.value for table in gap.hides], "at": _list(gap.at)}
            for gap in draft.gaps
        ],
    }


def _sdk(row: DeclaredSdk) -> Plain:
    return {
        "name": row.name or None,
        "package": row.package or None,
        "aliases": list(row.aliases),
        "id": row.id or None,
        "vendor": row.vendor or None,
        "purpose": row.purpose or None,
        "purpose_shared_with": row.purpose_shared_with or None,
        "data": list(row.data),
        "data_text": row.data_text or None,
        "permissions": list(row.permissions),
        "platform": next(iter(row.platforms)).value if len(row.platforms) == 1 else None,
        "url": row.url or None,
        "at": _list(row.at),
        "confidence": row.confidence.word,
    }


def _data(row: DeclaredData) -> Plain:
    return {
        "type": row.type,
        "text": row.text or None,
        "vague": row.vague,
        "when": row.when or None,
        "at": _list(row.at),
        "confidence": row.confidence.word,
    }


def _passage(place: Passage) -> Plain:
    return {"line": place.line, "page": place.page, "quote": place.quote or None}


def _list(places: Sequence[Passage]) -> list[Plain]:
    return [_passage(place) for place in places]


def _at(places: Sequence[Passage]) -> Any:
    found = _list(places)
    return found[0] if len(found) == 1 else found


def _said(said: Said | None, *, countries: bool = False) -> Plain | None:
    if said is None or not said.text:
        return None
    plain: Plain = {"text": said.text, "at": _passage(said.at)}
    if countries:
        plain["countries"] = list(said.countries)
    return plain


def to_json(plain: Plain) -> str:
    """Return a draft as JSON."""
    return dumps(plain)


# -- YAML -------------------------------------------------------------------------------------------------------------


def to_yaml(plain: Plain, language: Language, *, drafted_from_build: bool = False) -> str:
    """Return a draft as YAML: one row per list item, places on one line, nothing that is empty but what a reader expects."""
    lines = [(_BUILD_HEAD if drafted_from_build else _HEAD)[language]]
    for key, value in plain.items():
        if key in TABLES:
            if value or key in ("permissions", "usage_keys", "sdks", "data"):
                lines.append("\n" + table_yaml(key, value))
        elif value not in (None, []) or key in ("category", "app_ids"):
            lines.append(entry_yaml(key, value))
    return "".join(lines)


def table_yaml(key: str, rows: Sequence[Plain]) -> str:
    """Return one list of a declaration with its key."""
    return f"{key}:\n" + "".join(row_yaml(row) for row in rows) if rows else f"{key}: []\n"


def entry_yaml(key: str, value: Any) -> str:
    """Return one top-level entry that is no list of rows."""
    if isinstance(value, Mapping):
        inner = "".join(f"  {name}: {_flow(one)}\n" for name, one in value.items() if one not in (None, []))
        return f"{key}:\n{inner}"
    return f"{key}: {_flow(value)}\n"


def row_yaml(row: Plain) -> str:
    """Return one row as an item of a list."""
    lines: list[str] = []
    for key, value in row.items():
        if value in (None, [], False) or (key == "confidence" and value == Confidence.HIGH.word):
            continue
        lines.append(f"{'    ' if lines else '  - '}{key}: {_flow(value)}\n")
    return "".join(lines)


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        inner = ", ".join(f"{key}: {_flow(one)}" for key, one in value.items() if one is not None)
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{', '.join(_flow(one) for one in value)}]"
    return scalar_yaml(value)

"""``auditor/audit/1``, read back."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from enum import Enum, IntEnum
from typing import TypeVar

from auditor.errors import WireError
from auditor.model import (
    Audit,
    Bringer,
    Checked,
    Clause,
    Collection,
    Confidence,
    Decided,
    Decision,
    DecisionKind,
    Declaration,
    DeclaredData,
    DeclaredPermission,
    DeclaredRow,
    DeclaredSdk,
    DeclaredStatement,
    DeclaredUsageKey,
    Fact,
    FactKind,
    Finding,
    Gap,
    Identity,
    Location,
    ManifestEntry,
    NotCheckable,
    Owner,
    OwnerKind,
    Passage,
    Platform,
    PolicySource,
    Presence,
    Provenance,
    Reach,
    Row,
    RuleInfo,
    Sdk,
    SdkTier,
    Severity,
    Signer,
    State,
    Step,
    Supplier,
    Table,
    Text,
    Tool,
    Verdict,
)
from auditor.wire.document import AUDIT

__all__ = ["audit_from_wire"]

_Declared = DeclaredPermission | DeclaredUsageKey | DeclaredSdk | DeclaredData
_Value = TypeVar("_Value")
_Member = TypeVar("_Member", bound=Enum)
_Rank = TypeVar("_Rank", bound=IntEnum)


def audit_from_wire(document: object) -> Audit:
    """Return the Audit of a parsed ``auditor/audit/1`` document; unknown names are ignored.

    Raises WireError, which names the place, where the document is not one.
    """
    top = _Object(document, "")
    schema = top.text("schema")
    if schema != AUDIT:
        raise WireError(f"not a document of the form {AUDIT}: schema is {schema[:80]!r}")
    tool = top.nested("tool")
    return Audit(
        tool=Tool(version=tool.text("version"), knowledge=tool.text("knowledge")),
        identity=_read_identity(top.nested("identity")),
        declaration=_read_declaration(top.nested("declaration")),
        verdict=top.member("verdict", Verdict),
        checked=top.each("coverage", _read_checked),
        rows=_read_rows(top.nested("tables")),
        findings=top.each("findings", _read_finding),
        accepted=top.each("accepted", _read_finding),
        gaps=top.each("gaps", _read_gap),
        rules=top.each("rules", _read_rule),
        clauses=top.each("clauses", _read_clause),
        # absent from documents of releases that did not ask who brought what
        manifest=top.each("manifest", _read_manifest_entry) if "manifest" in top.value else (),
        names=_read_names(top.nested("names")),
        beside=top.each("beside", _read_fact) if "beside" in top.value else (),
        data_names=_read_names(top.nested("data_names")) if "data_names" in top.value else (),
        sensitive=top.texts("sensitive_data") if "sensitive_data" in top.value else (),
        opens=top.optional("opens", _read_opens) or (),
        not_checkable=top.some("not_checkable", _read_not_checkable),
        presences=top.each("presences", _read_presence) if "presences" in top.value else (),
        suppliers=top.some("suppliers", _read_supplier),
        decided=top.optional("decided", _read_decided),
    )


class _Object:
    """One JSON object of a document, read name by name; its path is what an error prints."""

    def __init__(self, value: object, path: str) -> None:
        if not isinstance(value, dict):
            raise WireError(f"{path[:120]!r} is not a JSON object" if path else "not a JSON object")
        self.value: dict[str, object] = value
        self.path = path

    def at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def wrong(self, name: str, expected: str) -> WireError:
        return WireError(f"{self.at(name)[:120]!r} is not {expected}")

    def text(self, name: str, default: str | None = None) -> str:
        value = self.value.get(name, default)
        if not isinstance(value, str):
            raise self.wrong(name, "a string")
        return value

    def optional_text(self, name: str) -> str | None:
        return None if self.value.get(name) is None else self.text(name)

    def number(self, name: str) -> int:
        value = self.value.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.wrong(name, "a whole number")
        return value

    def flag(self, name: str) -> bool:
        value = self.value.get(name)
        if not isinstance(value, bool):
            raise self.wrong(name, "true or false")
        return value

    def optional_flag(self, name: str) -> bool | None:
        return None if self.value.get(name) is None else self.flag(name)

    def member(self, name: str, kind: type[_Member]) -> _Member:
        value = self.text(name)
        for member in kind:
            if member.value == value:
                return member
        raise self.wrong(name, f"one of {', '.join(str(member.value) for member in kind)}")

    def rank(self, name: str, kind: type[_Rank]) -> _Rank:
        value = self.text(name)
        for member in kind:
            if member.name.lower() == value:
                return member
        raise self.wrong(name, f"one of {', '.join(member.name.lower() for member in kind)}")

    def nested(self, name: str) -> _Object:
        return _Object(self.value.get(name), self.at(name))

    def optional(self, name: str, read: Callable[[_Object], _Value]) -> _Value | None:
        return None if self.value.get(name) is None else read(self.nested(name))

    def each(self, name: str, read: Callable[[_Object], _Value]) -> tuple[_Value, ...]:
        return tuple(read(_Object(item, f"{self.at(name)}[{index}]")) for index, item in enumerate(self._list(name)))

    def some(self, name: str, read: Callable[[_Object], _Value]) -> tuple[_Value, ...]:
        """Read a list that a document of an earlier release does not have."""
        return self.each(name, read) if name in self.value else ()

    def texts(self, name: str) -> tuple[str, ...]:
        items = []
        for item in self._list(name):
            if not isinstance(item, str):
                raise self.wrong(name, "a list of strings")
            items.append(item)
        return tuple(items)

    def _list(self, name: str) -> Iterable[object]:
        value = self.value.get(name)
        if not isinstance(value, list):
            raise self.wrong(name, "a list")
        return value


def _read_text(wire: _Object) -> Text:
    return Text(zh=wire.text("zh"), en=wire.text("en"))


def _read_place(wire: _Object) -> Location:
    return Location(file=wire.text("file"), at=wire.text("at"))


def _read_identity(wire: _Object) -> Identity:
    return Identity(
        platform=wire.member("platform", Platform),
        app_id=wire.text("app_id"),
        label=wire.text("label"),
        version=wire.text("version"),
        version_code=wire.text("version_code"),
        sha256=wire.text("sha256"),
        size=wire.number("size"),
        signer=wire.each("signer", _read_signer),
        signature_faults=wire.each("signature_faults", _read_text) if "signature_faults" in wire.value else (),
        teams=wire.texts("teams") if "teams" in wire.value else (),
    )


def _read_signer(wire: _Object) -> Signer:
    return Signer(
        sha256=wire.text("sha256"),
        subject=wire.text("subject"),
        scheme=wire.text("scheme"),
        verified=wire.optional_flag("verified"),
        reason=_read_text(wire.nested("reason")) if wire.value.get("reason") else None,
        earlier=wire.texts("earlier") if "earlier" in wire.value else (),
        certificate=_read_base64(wire, "certificate") if "certificate" in wire.value else b"",
    )


def _read_base64(wire: _Object, name: str) -> bytes:
    try:
        return base64.b64decode(wire.text(name), validate=True)
    except ValueError:
        raise wire.wrong(name, "base64") from None


def _read_declaration(wire: _Object) -> Declaration:
    policy = wire.nested("policy")
    return Declaration(
        file=wire.text("file"),
        sha256=wire.text("sha256"),
        app=wire.text("app"),
        operator=wire.text("operator"),
        policy=PolicySource(file=policy.text("file"), sha256=policy.text("sha256"), effective=wire.text("effective")),
        category=wire.text("category"),
        app_ids=wire.texts("app_ids"),
        signers=wire.texts("signers"),
        permissions=wire.each("permissions", _read_declared_permission),
        usage_keys=wire.each("usage_keys", _read_declared_usage_key),
        sdks=wire.each("sdks", _read_declared_sdk),
        data=wire.each("data", _read_declared_data),
        denials=wire.each("denials", _read_declared_data),
        harmony_permissions=wire.each("harmony_permissions", _read_declared_permission),
        statements=wire.each("statements", _read_statement),
        reviewed=wire.optional_flag("reviewed") is not False,
    )


def _read_declared_permission(wire: _Object) -> DeclaredPermission:
    return DeclaredPermission(
        name=wire.text("name"),
        text=wire.text("text"),
        purpose=wire.text("purpose"),
        purpose_shared_with=wire.text("purpose_shared_with"),
        location=_read_place(wire),
        policy=wire.optional("policy", _read_place),
        at=wire.each("passages", _read_passage),
        confidence=wire.rank("confidence", Confidence),
    )


def _read_declared_usage_key(wire: _Object) -> DeclaredUsageKey:
    return DeclaredUsageKey(
        key=wire.text("key"),
        purpose=wire.text("purpose"),
        purpose_shared_with=wire.text("purpose_shared_with"),
        location=_read_place(wire),
        policy=wire.optional("policy", _read_place),
        at=wire.each("passages", _read_passage),
        confidence=wire.rank("confidence", Confidence),
    )


def _read_declared_sdk(wire: _Object) -> DeclaredSdk:
    return DeclaredSdk(
        name=wire.text("name"),
        package=wire.text("package"),
        aliases=wire.texts("aliases"),
        id=wire.text("id"),
        vendor=wire.text("vendor"),
        purpose=wire.text("purpose"),
        purpose_shared_with=wire.text("purpose_shared_with"),
        data=wire.texts("data"),
        data_text=wire.text("data_text"),
        permissions=wire.texts("permissions"),
        platforms=_read_platforms(wire),
        url=wire.text("url"),
        location=_read_place(wire),
        policy=wire.optional("policy", _read_place),
        at=wire.each("passages", _read_passage),
        confidence=wire.rank("confidence", Confidence),
    )


def _read_declared_data(wire: _Object) -> DeclaredData:
    return DeclaredData(
        type=wire.text("type"),
        text=wire.text("text"),
        vague=wire.flag("vague"),
        when=wire.text("when"),
        platforms=_read_platforms(wire),
        location=_read_place(wire),
        policy=wire.optional("policy", _read_place),
        at=wire.each("passages", _read_passage),
        confidence=wire.rank("confidence", Confidence),
    )


def _read_statement(wire: _Object) -> DeclaredStatement:
    return DeclaredStatement(
        kind=wire.text("kind"),
        text=wire.text("text"),
        data=wire.texts("data"),
        location=_read_place(wire),
        policy=wire.optional("policy", _read_place),
        at=wire.each("passages", _read_passage),
    )


def _read_passage(wire: _Object) -> Passage:
    page = None if wire.value.get("page") is None else wire.number("page")
    return Passage(line=wire.number("line"), page=page, quote=wire.text("quote"))


def _read_platforms(wire: _Object) -> frozenset[Platform]:
    platforms = {platform.value: platform for platform in Platform}
    named = wire.texts("platforms")
    if not platforms.keys() >= set(named):
        raise wire.wrong("platforms", f"a list of {', '.join(platforms)}")
    return frozenset(platforms[name] for name in named)


def _read_fact(wire: _Object) -> Fact:
    traits: tuple[tuple[str, str], ...] = ()
    if "traits" in wire.value:
        pairs = wire.nested("traits")
        traits = tuple(sorted((name, pairs.text(name)) for name in pairs.value))
    return Fact(
        kind=wire.member("kind", FactKind),
        name=wire.text("name"),
        value=wire.text("value"),
        location=_read_place(wire),
        by=wire.text("by", ""),
        traits=traits,
    )


_READ_DECLARED: Mapping[str, Callable[[_Object], DeclaredRow]] = {
    "permission": _read_declared_permission,
    "usage_key": _read_declared_usage_key,
    "sdk": _read_declared_sdk,
    "data": _read_declared_data,
}


def _read_declared(wire: _Object) -> DeclaredRow:
    read = _READ_DECLARED.get(wire.text("is"))
    if read is None:
        raise wire.wrong("is", f"one of {', '.join(_READ_DECLARED)}")
    return read(wire)


def _read_checked(wire: _Object) -> Checked:
    return Checked(
        table=wire.member("table", Table),
        compared=wire.flag("compared"),
        reason=wire.optional("reason", _read_text),
        doubtful=wire.flag("doubtful"),
    )


def _read_rows(tables: _Object) -> tuple[Row, ...]:
    rows: list[Row] = []
    for table in Table:

        def read(wire: _Object, table: Table = table) -> Row:
            return _read_row(table, wire)

        rows.extend(tables.each(table.value, read))
    return tuple(rows)


def _read_row(table: Table, wire: _Object) -> Row:
    found: tuple[Fact, ...] = ()
    sdk: Sdk | None = None
    if wire.value.get("found") is not None:
        side = wire.nested("found")
        found = side.each("evidence", _read_fact)
        if "tier" in side.value:
            sdk = _read_sdk(side)
    return Row(
        table=table,
        subject=wire.text("subject"),
        state=wire.member("state", State),
        declared=wire.optional("declared", _read_declared),
        covered_by=wire.optional_text("covered_by") or "",
        found=found,
        sdk=sdk,
        asked_by=wire.texts("asked_by") if "asked_by" in wire.value else (),
        used_by=wire.some("used_by", _read_fact),
        collectors=wire.some("collectors", _read_collection),
        beyond=wire.texts("beyond") if "beyond" in wire.value else (),
        also_declared=wire.some("also_declared", _read_declared),
        denied_by=wire.some("denied_by", _read_declared_data),
        note=wire.optional("note", _read_text),
    )


def _read_collection(wire: _Object) -> Collection:
    owner = wire.nested("owner")
    return Collection(
        type=wire.text("type"),
        owner=owner.member("kind", OwnerKind),
        sdk=owner.optional_text("sdk") or "",
        confidence=wire.rank("confidence", Confidence),
        evidence=wire.each("evidence", _read_fact),
        count=wire.number("count"),
        severity=wire.rank("severity", Severity),
        may=wire.flag("may"),
        permission_held=wire.optional_flag("permission_held"),
        can_succeed=wire.flag("can_succeed"),
        why_not=wire.optional("why_not", _read_text),
        reach=wire.rank("tier", Reach) if "tier" in wire.value else Reach.UNKNOWN,
    )


def _read_sdk(wire: _Object) -> Sdk:
    return Sdk(
        id=wire.text("id"),
        tier=wire.rank("tier", SdkTier),
        confidence=wire.rank("confidence", Confidence),
        evidence=wire.each("evidence", _read_fact),
        version=wire.optional_text("version"),
    )


def _read_manifest_entry(wire: _Object) -> ManifestEntry:
    return ManifestEntry(
        fact=_read_fact(wire),
        provenance=wire.member("provenance", Provenance),
        by=wire.each("brought_by", _read_bringer),
        class_of=wire.texts("class_of"),
    )


def _read_bringer(wire: _Object) -> Bringer:
    return Bringer(id=wire.text("id"), versions=wire.texts("versions"), without=wire.texts("without"))


def _read_finding(wire: _Object) -> Finding:
    return Finding(
        rule=wire.text("rule"),
        subject=wire.text("subject"),
        message=_read_text(wire.nested("message")),
        steps=wire.some("steps", _read_step),
        severity=wire.rank("severity", Severity),
        confidence=wire.rank("confidence", Confidence),
        evidence=wire.each("evidence", _read_fact),
        declared=wire.optional("declared", _read_place),
        policy=wire.optional("policy", _read_place),
        regulations=wire.texts("regulations"),
        table=None if wire.value.get("table") is None else wire.member("table", Table),
        wording=wire.optional("wording", _read_text),
        limits=wire.optional("limits", _read_text),
    )


def _read_step(wire: _Object) -> Step:
    return Step(owner=wire.member("owner", Owner), text=_read_text(wire))


def _read_gap(wire: _Object) -> Gap:
    tables = {table.value: table for table in Table}
    hides = wire.texts("hides")
    if not tables.keys() >= set(hides):
        raise wire.wrong("hides", f"a list of {', '.join(tables)}")
    return Gap(
        location=_read_place(wire),
        reason=_read_text(wire.nested("message")),
        hides=frozenset(tables[name] for name in hides),
    )


def _read_supplier(wire: _Object) -> Supplier:
    return Supplier(sdk=wire.text("sdk"), vendor=_read_text(wire.nested("vendor")), url=wire.text("url"))


def _read_decided(wire: _Object) -> Decided:
    return Decided(
        file=wire.text("file"),
        sha256=wire.text("sha256"),
        on=wire.text("on"),
        held=wire.each("held", _read_decision),
        lapsed=wire.each("lapsed", _read_decision),
        unmatched=wire.each("unmatched", _read_decision),
    )


def _read_decision(wire: _Object) -> Decision:
    return Decision(
        fingerprint=wire.text("fingerprint"),
        kind=wire.member("decision", DecisionKind),
        by=wire.text("by"),
        reason=wire.text("reason"),
        location=_read_place(wire),
        until=wire.optional_text("until") or "",
        severity=None if wire.value.get("severity") is None else wire.rank("severity", Severity),
        rule=wire.text("rule"),
        subject=wire.text("subject"),
        gap=wire.text("gap"),
    )


def _read_presence(wire: _Object) -> Presence:
    return Presence(
        subject=wire.text("subject"),
        name=_read_text(wire.nested("name")),
        evidence=wire.each("evidence", _read_fact),
        note=wire.optional("note", _read_text),
    )


def _read_rule(wire: _Object) -> RuleInfo:
    return RuleInfo(
        id=wire.text("id"),
        title=_read_text(wire.nested("title")),
        severity=wire.rank("severity", Severity),
        cites=wire.texts("cites"),
        help=_read_text(wire.nested("help")),
        limits=wire.optional("limits", _read_text) or Text(zh="", en=""),
    )


def _read_clause(wire: _Object) -> Clause:
    return Clause(
        id=wire.text("id"), cite=_read_text(wire.nested("cite")), summary=_read_text(wire.nested("summary"))
    )


def _read_not_checkable(wire: _Object) -> NotCheckable:
    return NotCheckable(
        id=wire.text("id"),
        name=_read_text(wire.nested("name")),
        why=_read_text(wire.nested("why")),
        declared=wire.each("declared", _read_place),
    )


def _read_opens(opens: _Object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((subject, opens.texts(subject)) for subject in sorted(opens.value))


def _read_names(names: _Object) -> tuple[tuple[str, Text], ...]:
    return tuple(sorted(((subject, _read_text(names.nested(subject))) for subject in names.value), key=lambda p: p[0]))

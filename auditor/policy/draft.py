"""The draft of a declaration: its rows, what a person has to look at, and what could not be told."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from auditor.declaration.reader import row_faults
from auditor.knowledge.schema import Knowledge
from auditor.model import (
    Confidence,
    Declaration,
    DeclaredData,
    DeclaredPermission,
    DeclaredSdk,
    DeclaredStatement,
    DeclaredUsageKey,
    Location,
    Passage,
    Platform,
    PolicySource,
    Table,
    Text,
)
from auditor.policy.collected import Collected, DataRow
from auditor.policy.document import Document
from auditor.policy.meta import Meta, Said
from auditor.policy.permissions import Permissions
from auditor.policy.rows import PermissionRow, SdkRow
from auditor.policy.sdks import Sdks
from auditor.policy.statements import Statement

__all__ = ["Draft", "DraftGap", "Parts", "Review", "draft_of"]

_MOST_PLACES = 8

_REASONS = {
    "unknown-permission": Text(
        zh="文中列出了该权限，但无法对应到权限常量，请确认",
        en="listed as a permission, but no constant could be told from the words: check it",
    ),
    "permission-in-passing": Text(
        zh="文中提到该权限，但不能确定是否为声明，请确认", en="mentioned as a permission; whether it is declared is not certain: check it"
    ),
    "key-in-words": Text(
        zh="iOS 权限只写了中文名称，请补充 Info.plist 键名", en="an iOS permission named in words only: add the Info.plist key"
    ),
    "harmony-in-words": Text(
        zh="HarmonyOS 权限只写了中文名称，请补充权限名（ohos.permission.…）",
        en="a HarmonyOS permission named in words only: add its name (ohos.permission.…)",
    ),
    "sdk-without-name": Text(
        zh="该条没有写出 SDK 名称，请补充", en="this entry gives no name of an SDK: add one"
    ),
    "sdk-in-passing": Text(
        zh="文中提到该 SDK，但不能确定是否为集成声明，请确认",
        en="mentioned in running text; whether it is built in is not certain: check it",
    ),
    "misspelt": Text(
        zh="名称不是已知的权限或键名，疑为笔误，请确认", en="no known name, perhaps a slip of the pen: check it"
    ),
    "no-app-name": Text(
        zh="未能从文中读出应用名称，暂用文件名", en="the name of the app could not be read; the name of the file stands in its place"
    ),
    "named-in-words": Text(
        zh="文中只有中文名称，权限常量由其推定，请确认", en="named in words only; the constant was inferred: check it"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Something a person has to look at: it is in no table of the draft, or stands in one for want of better."""

    table: str
    subject: str
    reason: Text
    at: tuple[Passage, ...]
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftGap:
    """What could not be told from the document."""

    reason: Text
    hides: tuple[Table, ...] = ()
    at: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A draft of a declaration."""

    declaration: Declaration
    """Its rows; locations lead into the policy document itself, and ``reviewed`` is false."""
    document: Document
    """What it was read from."""
    contact: Said | None
    minors: Said | None
    storage: Said | None
    review: tuple[Review, ...]
    gaps: tuple[DraftGap, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What was read from a document, before it is a draft."""

    permissions: Permissions
    sdks: Sdks
    collected: Collected
    statements: Sequence[Statement]
    meta: Meta
    gaps: tuple[DraftGap, ...]


def draft_of(document: Document, knowledge: Knowledge, parts: Parts) -> Draft:
    """Return the draft made of what was read from a document."""
    return _Drafter(document, knowledge, parts).draft()


class _Drafter:
    def __init__(self, document: Document, knowledge: Knowledge, parts: Parts) -> None:
        self.document = document
        self.parts = parts
        self.review: list[Review] = []
        self.permission_fault, self.key_fault = row_faults(knowledge)

    def draft(self) -> Draft:
        parts, meta = self.parts, self.parts.meta
        for doubt in (*parts.permissions.doubts, *parts.sdks.doubts):
            self.note(doubt.table, doubt.subject, doubt.reason, doubt.places, doubt.confidence)
        stem = self.document.file.rpartition("/")[2].rpartition(".")[0] or self.document.file
        if not meta.app:
            self.note("", stem, "no-app-name", [])
        starts: dict[Table, Collection[PermissionRow | SdkRow | DataRow]] = {
            Table.PERMISSIONS: parts.permissions.rows.values(),
            Table.USAGE_KEYS: parts.permissions.keys.values(),
            Table.SDKS: parts.sdks.rows,
            Table.DATA: parts.collected.rows.values(),
        }
        declaration = Declaration(
            file=self.document.file,
            sha256=self.document.sha256,
            app=meta.app or stem,
            operator=meta.operator,
            policy=PolicySource(file=self.document.file, sha256=self.document.sha256, effective=meta.effective),
            category=meta.category,
            app_ids=tuple(meta.app_ids),
            signers=(),
            permissions=self.permissions(parts.permissions.rows, self.permission_fault),
            usage_keys=self.usage_keys(),
            sdks=self.sdks(),
            data=tuple(self.data(row) for row in _by_place(parts.collected.rows.values())),
            denials=tuple(self.data(row) for row in _by_place(parts.collected.denials.values())),
            harmony_permissions=self.permissions(parts.permissions.harmony, lambda _: ""),
            statements=tuple(self.statement(one) for one in parts.statements),
            headings=tuple((table, min(_place(row)[1] for row in rows)) for table, rows in starts.items() if rows),
            reviewed=False,
        )
        return Draft(
            declaration=declaration,
            document=self.document,
            contact=meta.contact,
            minors=meta.minors,
            storage=meta.storage,
            review=tuple(dict.fromkeys(self.review)),
            gaps=parts.gaps,
        )

    def statement(self, one: Statement) -> DeclaredStatement:
        return DeclaredStatement(kind=one.kind, text=one.text, data=one.data, **self.where(one.at))  # type: ignore[arg-type]

    def note(self, table: str, subject: str, reason: str, places: Iterable[Passage], confidence: Confidence = Confidence.LOW) -> None:
        """Leave something to a person."""
        self.review.append(
            Review(table=table, subject=subject, reason=_REASONS[reason], at=tuple(places)[:_MOST_PLACES], confidence=confidence)
        )

    def where(self, places: Sequence[Passage]) -> dict[str, object]:
        """Return the fields that say where a row stands."""
        line = str(places[0].line) if places else ""
        location = Location(file=self.document.file, at=line)
        return {"location": location, "policy": location, "at": tuple(places)[:_MOST_PLACES]}

    def permissions(
        self, rows: dict[str, PermissionRow], fault: Callable[[str], str]
    ) -> tuple[DeclaredPermission, ...]:
        kept: list[PermissionRow] = []
        for row in _by_place(rows.values()):
            if fault(row.name):
                self.note("permissions", row.name, "misspelt", row.places)
            else:
                kept.append(row)
        given = {row.name for row in kept if row.purpose}
        return tuple(
            DeclaredPermission(
                name=row.name,
                text=row.text or row.name,
                purpose=row.purpose,
                purpose_shared_with=row.shared_with if not row.purpose and row.shared_with in given else "",
                confidence=row.confidence,
                **self.where(row.places),  # type: ignore[arg-type]
            )
            for row in kept
        )

    def usage_keys(self) -> tuple[DeclaredUsageKey, ...]:
        kept: list[PermissionRow] = []
        for row in _by_place(self.parts.permissions.keys.values()):
            if self.key_fault(row.name):
                self.note("usage_keys", row.name, "misspelt", row.places)
            else:
                kept.append(row)
        given = {row.name for row in kept if row.purpose}
        return tuple(
            DeclaredUsageKey(
                key=row.name,
                purpose=row.purpose,
                purpose_shared_with=row.shared_with if not row.purpose and row.shared_with in given else "",
                confidence=row.confidence,
                **self.where(row.places),  # type: ignore[arg-type]
            )
            for row in kept
        )

    def sdks(self) -> tuple[DeclaredSdk, ...]:
        kept: list[SdkRow] = []
        for row in sorted(self.parts.sdks.rows, key=_place):
            if row.confidence is Confidence.LOW:
                self.note("sdks", row.package or row.name, "sdk-in-passing", row.places)
            else:
                kept.append(row)
        given = {name for row in kept if row.purpose for name in (row.package, row.name) if name}
        return tuple(self.sdk(row, given) for row in kept)

    def sdk(self, row: SdkRow, given: set[str]) -> DeclaredSdk:
        shares = not row.purpose and row.shared_with in given and row.shared_with not in (row.name, row.package)
        return DeclaredSdk(
            name=row.name,
            package=row.package,
            aliases=tuple(dict.fromkeys(alias for alias in row.aliases if alias and alias != row.name)),
            id=row.id,
            vendor=row.vendor,
            purpose=row.purpose,
            purpose_shared_with=row.shared_with if shares else "",
            data=tuple(row.data),
            data_text=row.data_text,
            permissions=tuple(name for name in row.permissions if not self.permission_fault(name)),
            platforms=frozenset({row.platform}) if row.platform else frozenset(Platform),
            url=row.url,
            confidence=row.confidence,
            **self.where(row.places),  # type: ignore[arg-type]
        )

    def data(self, row: DataRow) -> DeclaredData:
        return DeclaredData(
            type=row.type,
            text="；".join(row.texts),
            vague=row.vague,
            when=row.when,
            confidence=row.confidence,
            **self.where(row.places),  # type: ignore[arg-type]
        )


def _place(row: PermissionRow | SdkRow | DataRow) -> tuple[int, int]:
    if not row.places:
        return (0, 0)
    return (row.places[0].page or 0, row.places[0].line)


def _by_place(rows: Iterable[PermissionRow] | Iterable[DataRow]) -> list:  # type: ignore[type-arg]
    return sorted(rows, key=_place)

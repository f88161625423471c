"""A comparison put into words once, for every format that people read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from auditor.diff import Aspect, Change, Comparison, How, Matter, Shift, Standing
from auditor.model import Finding, Gap, Identity, Language, OwnerKind, SdkTier, Severity, Table
from auditor.report.outline import is_contradiction, place
from auditor.report.plain import one_line
from auditor.report.words import Words

__all__ = ["GapRow", "Line", "Notice", "Section", "View", "view"]

_ABSENT = {Aspect.VERSION: "compare.untold", Aspect.VERIFIED: "compare.verified."}
"""What stands for no value, where that is not "none"."""
_TIERS = {tier.word: tier for tier in SdkTier}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One finding."""

    rule: str
    subject: str
    name: str
    severity: Severity
    grave: bool
    """Whether it is grave and sure enough to contradict the declaration."""
    severity_word: str
    confidence_word: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One change."""

    how: How
    how_word: str
    subject: str
    name: str
    """Display name of the subject; empty where it has none."""
    owner: str
    """Whose code; empty where that is no question."""
    details: tuple[str, ...]
    """What it is, or what differs, each in one line."""
    doubt: str
    """What is to be said of it where it is in doubt; else empty."""
    example: str
    way: str
    standing: Standing | None
    standing_word: str
    findings: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The changes of one kind."""

    anchor: str
    title: str
    lines: tuple[Line, ...]
    counts: str
    """How many of each sort, in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRow:
    """One thing that could not be read."""

    side: str
    """Of which build, or of the declaration."""
    place: str
    reason: str
    hides: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Everything a comparison says, in one language."""

    title: str
    sentence: str
    """What came out, in one sentence."""
    gate: str
    """What is new and undeclared, in one sentence; empty where there is no declaration."""
    warnings: tuple[str, ...]
    old: tuple[tuple[str, str], ...]
    new: tuple[tuple[str, str], ...]
    declaration: str
    sections: tuple[Section, ...]
    notices: tuple[Notice, ...]
    """Every new finding that counts, gravest first."""
    others: tuple[Notice, ...]
    """New findings that are about nothing listed."""
    gaps: tuple[GapRow, ...]
    notes: tuple[str, ...]
    """How it is to be read."""
    tool: str


def view(comparison: Comparison, language: Language) -> View:
    """Return a comparison in words."""
    return _Writer(comparison, language).view()


class _Writer:
    def __init__(self, comparison: Comparison, language: Language) -> None:
        self.comparison, self.language, self.words = comparison, language, Words(language)
        self.names = {key: one_line(text.in_(language)) for key, text in comparison.names}
        self.data_names = {key: one_line(text.in_(language)) for key, text in comparison.data_names}

    def view(self) -> View:
        one, words = self.comparison, self.words
        shown = one.new if one.new.label or one.new.app_id else one.old
        title = one_line(shown.label or shown.app_id) or words("unnamed")
        declaration = one.declaration
        return View(
            title=f"{title}  {self._version(one.old)} → {self._version(one.new)}",
            sentence=self._sentence(),
            gate=self._gate(),
            warnings=tuple(self._warnings()),
            old=tuple(self._identity(one.old)),
            new=tuple(self._identity(one.new)),
            declaration=one_line(f"{declaration.file}  SHA-256 {declaration.sha256}") if declaration else "",
            sections=tuple(self._section(matter) for matter in Matter if one.of(matter)),
            notices=tuple(self._notice(finding) for finding in one.findings),
            others=tuple(self._notice(finding) for finding in one.others),
            gaps=tuple(self._gaps()),
            notes=tuple(self._notes()),
            tool=words("compare.tool", version=one.tool.version, knowledge=one.tool.knowledge),
        )

    def _sentence(self) -> str:
        counts = Counter(change.how for change in self.comparison.changes)
        if not counts:
            return self.words("compare.none.doubted" if self.comparison.doubted else "compare.none")
        return self.words("compare.counts", counts=self._counts(counts))

    def _counts(self, counts: Counter[How]) -> str:
        return self.words.listed([f"{self.words(f'compare.how.{how.value}')} {counts[how]}" for how in How if counts[how]])

    def _gate(self) -> str:
        if self.comparison.declaration is None:
            return ""
        findings = self.comparison.findings
        if not findings:
            return self.words("compare.gate.none")
        counts = Counter(finding.severity for finding in findings)
        levels = [f"{self.words.severity(level)} {counts[level]}" for level in sorted(counts, reverse=True)]
        return self.words("compare.gate", n=len(findings), levels=self.words.listed(levels))

    def _warnings(self) -> Iterator[str]:
        one, words = self.comparison, self.words
        if not one.same_app:
            yield words("compare.other_app", old=self._app(one.old), new=self._app(one.new))
        if one.same_file:
            yield words("compare.same_file")
        if one.doubted:
            yield words("compare.doubted", tables=self._tables(one.doubted))

    def _app(self, identity: Identity) -> str:
        return one_line(f"{identity.app_id or '?'} ({identity.platform.value})")

    def _version(self, identity: Identity) -> str:
        code = f" ({identity.version_code})" if identity.version_code not in ("", identity.version) else ""
        return one_line(f"{identity.version}{code}") or "?"

    def _identity(self, identity: Identity) -> Iterator[tuple[str, str]]:
        yield self.words(f"app_id.{identity.platform.value}"), one_line(identity.app_id) or "—"
        yield self.words("version"), self._version(identity)
        yield self.words("size"), self.words("size.is", n=identity.size)
        yield "SHA-256", one_line(identity.sha256) or "—"

    def _section(self, matter: Matter) -> Section:
        changes = self.comparison.of(matter)
        counts = Counter(change.how for change in changes)
        return Section(
            anchor=matter.value,
            title=self.words(f"compare.matter.{matter.value}"),
            lines=tuple(self._line(change) for change in changes),
            counts=self._counts(counts),
        )

    def _line(self, change: Change) -> Line:
        item, words = change.item, self.words
        names = self.data_names if item.matter in (Matter.DATA, Matter.STARTUP) else self.names
        subject = item.subject
        if item.matter in (Matter.SIGNER, Matter.LEVEL):
            subject = words(f"compare.subject.{item.subject}") if item.subject in ("signer", "min", "target", "max") else subject
        doubt = ""
        if change.doubtful and change.how is not How.NOT_SEEN:
            doubt = words(f"compare.doubt.{change.how.value}")
        elif change.how is How.NOT_SEEN:
            doubt = words("compare.doubt.not-seen")
        return Line(
            how=change.how,
            how_word=words(f"compare.how.{change.how.value}"),
            subject=one_line(subject),
            name=names.get(item.subject, ""),
            owner=self._owner(item.owner, item.sdk),
            details=tuple(detail for shift in change.shifts if (detail := self._detail(shift, change))),
            doubt=doubt,
            example=place(item.evidence[0].location) if item.evidence else "",
            way=one_line(" → ".join(item.way)),
            standing=change.standing,
            standing_word=words(f"compare.standing.{change.standing.value}") if change.standing else "",
            findings=tuple(self._notice(finding) for finding in change.findings),
        )

    def _owner(self, owner: OwnerKind | None, sdk: str) -> str:
        if owner is None:
            return ""
        return self.names.get(sdk) or one_line(sdk) or self.words(f"owner.{owner.value}")

    def _detail(self, shift: Shift, change: Change) -> str:
        """Return one aspect in a line; of what is new or gone only what says something of its own."""
        if change.how is not How.CHANGED:
            value = self._value(shift.aspect, shift.new or shift.old)
            if shift.aspect is Aspect.FORM and (shift.new or shift.old) == "asked":
                return ""
            return self._named(shift, value)
        absent = self.words(_ABSENT.get(shift.aspect, "compare.empty"))
        old, new = (self._value(shift.aspect, value) or absent for value in (shift.old, shift.new))
        return self._named(shift, f"{old} → {new}")

    def _named(self, shift: Shift, value: str) -> str:
        if shift.aspect is Aspect.VALUE:
            return value
        name = self.words(f"compare.aspect.{shift.aspect.value}")
        language = f" [{one_line(shift.of)}]" if shift.of else ""
        return f"{name}{language}{self.words('colon')}{value}"

    def _value(self, aspect: Aspect, value: str) -> str:
        if not value:
            return ""
        if aspect is Aspect.TIER and value in _TIERS:
            return self.words.tier(_TIERS[value])
        if aspect is Aspect.FORM and value in ("asked", "from-api-23", "implied"):
            return self.words(f"compare.form.{value}")
        if aspect is Aspect.VERIFIED and value in ("true", "false"):
            return self.words(f"compare.verified.{value}")
        return one_line(value)

    def _notice(self, finding: Finding) -> Notice:
        names = self.data_names if finding.table is Table.DATA else self.names
        return Notice(
            rule=one_line(finding.rule),
            subject=one_line(finding.subject),
            name=names.get(finding.subject, ""),
            severity=finding.severity,
            grave=is_contradiction(finding),
            severity_word=self.words.severity(finding.severity),
            confidence_word=self.words.confidence(finding.confidence),
            message=one_line(finding.message.in_(self.language)),
            remedy=one_line(finding.remedy.in_(self.language)),
        )

    def _gaps(self) -> Iterator[GapRow]:
        one = self.comparison
        both = set(one.old_gaps) & set(one.new_gaps)
        for side, gaps in (("old", one.old_gaps), ("new", one.new_gaps), ("declaration", one.declared_gaps)):
            for gap in gaps:
                if gap not in both:
                    yield self._gap(side, gap)
                elif side == "old":
                    yield self._gap("both", gap)

    def _gap(self, side: str, gap: Gap) -> GapRow:
        return GapRow(
            side=self.words(f"compare.side.{side}"),
            place=place(gap.location),
            reason=one_line(gap.reason.in_(self.language)),
            hides=tuple(self.words.table(table) for table in Table if table in gap.hides),
        )

    def _tables(self, tables: Iterable[Table]) -> str:
        return self.words.listed([self.words.table(table) for table in tables])

    def _notes(self) -> Iterator[str]:
        yield self.words("compare.note")
        if self.comparison.declaration is not None:
            yield self.words("compare.note.standing")
        yield self.words("disclaimer")

"""An audit put into words once, for every format that people read.

All strings of an Outline are made by one_line: text, HTML and Markdown only lay them out and escape them for their own syntax.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Collection as Some
from dataclasses import replace
from typing import TypeVar

from auditor.model import (
    Audit,
    Collection,
    Confidence,
    Decision,
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
    Language,
    Location,
    ManifestEntry,
    Owner,
    OwnerKind,
    Platform,
    Presence,
    Provenance,
    Reach,
    Row,
    RuleInfo,
    Severity,
    State,
    Step,
    Table,
    Text,
    Verdict,
)
from auditor.report.parts import (
    Brought,
    Card,
    Collector,
    Evidence,
    GapNote,
    Group,
    Outline,
    Quote,
    RuleNote,
    Side,
    StepNote,
    TableRow,
    TableView,
    Task,
    Todo,
    Trace,
    Way,
)
from auditor.report.plain import one_line, paragraphs
from auditor.report.words import Words

__all__ = ["evidence_line", "is_contradiction", "outline", "place"]

MOST_EVIDENCE = 25
"""Pieces of evidence shown per finding; the JSON form holds all."""
MOST_BROUGHT = 40
"""Entries shown per cell of who brought what into the manifest."""
MOST_FOUND = 3
"""Places shown per row."""
_TOLD_BY_VALUE = frozenset({FactKind.WORDING, FactKind.SCRIPT_SETTING})
"""Kinds whose name says what was looked for, and whose value is what was found."""
_LONGEST_TOLD = 300
"""Characters of a subject that a decisions file repeats beside its fingerprint."""
MOST_PLACES = 2
"""Places told where there is no more than a message."""
MOST_LISTED = 6
"""Names listed in one line."""

_STATE_ORDER = (
    State.UNDECLARED,
    State.DIFFERS,
    State.NOT_FOUND,
    State.UNCHECKED,
    State.MATCHED,
    State.NOT_APPLICABLE,
)
_PLATFORM_OF = {
    Table.PERMISSIONS: Platform.ANDROID,
    Table.USAGE_KEYS: Platform.IOS,
    Table.HARMONY_PERMISSIONS: Platform.HARMONYOS,
}
"""The one platform a table is about; a table that is not here is about all."""
_SHORT_PLACE = 60
"""Characters of a place where it only has to be told from others."""
_Linked = dict[tuple[bool, str], "list[Card]"]
"""(whether it is a data type, subject) -> the findings on it."""
Key = TypeVar("Key", bound=tuple[object, ...])

_LINE = re.compile(r"[1-9][0-9]{0,8}\Z", re.ASCII)


def is_contradiction(finding: Finding) -> bool:
    """Tell whether a finding is grave and sure enough to contradict the declaration."""
    return finding.severity >= Severity.MEDIUM and finding.confidence >= Confidence.MEDIUM


def place(location: Location) -> str:
    """Return ``file:line`` where the place is a line, else ``file ! place``."""
    if _LINE.match(location.at):
        return one_line(f"{location.file}:{location.at}")
    return one_line(str(location))


def evidence_line(evidence: Sequence[Fact], words: Words) -> str:
    """Return in one line where the first pieces of evidence stand, for a reader who sees nothing but a message; empty without any."""
    if not evidence:
        return ""
    told = [one_line(f"{place(fact.location)} · {fact.name}") for fact in evidence[:MOST_PLACES]]
    if len(evidence) > MOST_PLACES:
        told.append(words("found.more", n=len(evidence) - MOST_PLACES))
    return f"{words('evidence')}{words('colon')}{words('semicolon').join(told)}"


def in_order(versions: Iterable[str]) -> list[str]:
    """Return versions oldest first: numbers in them count as numbers."""
    return sorted(versions, key=lambda text: ([int(part) for part in re.findall(r"\d{1,18}", text)], text))


def _grouped(cards: Sequence[Card], key: Callable[[Card], Key]) -> list[tuple[Key, tuple[Card, ...]]]:
    """Return the cards by ``key``, in the order in which each first appears."""
    groups: dict[Key, list[Card]] = {}
    for card in cards:
        groups.setdefault(key(card), []).append(card)
    return [(one, tuple(group)) for one, group in groups.items()]


def outline(audit: Audit, language: Language, anchor: str = "") -> Outline:
    """Put ``audit`` into words; ``anchor`` tells its anchors from those of other audits in one document."""
    return _Writer(audit, language, anchor).outline()


class _Writer:
    def __init__(self, audit: Audit, language: Language, anchor: str) -> None:
        self.audit = audit
        self.language = language
        self.words = Words(language)
        self.anchor = anchor
        self.clauses = audit.clause_index()
        self.rules = {rule.id: rule for rule in audit.rules}
        self.undeclared = {(row.table is Table.DATA, row.subject) for row in audit.rows if row.state is State.UNDECLARED}
        self.rows: dict[tuple[bool, str], list[Row]] = {}
        for row in audit.rows:
            self.rows.setdefault((row.table is Table.DATA, row.subject), []).append(row)
        self.names = {subject: one_line(name.in_(language)) for subject, name in audit.names}
        self.data_names = {subject: one_line(name.in_(language)) for subject, name in audit.data_names}
        self.sensitive = frozenset(audit.sensitive)
        self.anchors: dict[tuple[bool, str], list[tuple[str, Finding]]] = {}
        for prefix, findings in (("f", audit.findings), ("a", audit.accepted)):
            for number, finding in enumerate(findings, 1):
                key = (finding.table is Table.DATA, finding.subject)
                self.anchors.setdefault(key, []).append((f"{anchor}{prefix}{number}", finding))
        self.opens = dict(audit.opens)
        self.opened_by: dict[str, list[str]] = {}
        for subject, types in audit.opens:
            for type_ in types:
                self.opened_by.setdefault(type_, []).append(subject)
        self.collected: dict[Fact, list[Collection]] = {}
        for row in audit.rows:
            for one in row.collectors:
                for fact in one.evidence:
                    self.collected.setdefault(fact, []).append(one)

    def outline(self) -> Outline:
        audit, words = self.audit, self.words
        findings, accepted = self._cards(audit.findings, "f"), self._cards(audit.accepted, "a")
        grave = tuple(card for card in findings if card.bears)
        linked: _Linked = {}
        for finding, card in zip(audit.findings, findings, strict=True):
            linked.setdefault((finding.table is Table.DATA, finding.subject), []).append(card)
        warnings = [(card.anchor, told) for finding, card in zip(audit.findings, findings, strict=True) if (told := self._warning(finding))]
        return Outline(
            anchor=self.anchor,
            title=one_line(audit.identity.label or audit.identity.app_id) or words("unnamed"),
            subtitle=self._subtitle(),
            verdict=audit.verdict,
            verdict_word=words.verdict(audit.verdict),
            sentence=self._sentence(),
            warning=next((told for _, told in warnings), ""),
            warned=next((anchor for anchor, _ in warnings), ""),
            disclaimer=words("disclaimer"),
            checked=tuple((words.table(one.table), self._remark(one.table)) for one in audit.checked if one.compared),
            unchecked=tuple(
                (words.table(one.table), self._remark(one.table))
                for one in audit.checked
                if not one.compared and not self._is_elsewhere(one.table)
            ),
            inapplicable=tuple(
                (words.table(one.table), self._remark(one.table))
                for one in audit.checked
                if not one.compared and self._is_elsewhere(one.table)
            ),
            build=self._build(),
            declaration=self._declaration(),
            signed=(
                (f"{words('build')} SHA-256", one_line(audit.identity.sha256)),
                (f"{words('declaration.file')} SHA-256", one_line(audit.declaration.sha256)),
                (words("tool"), one_line(f"auditor {audit.tool.version} · {words('knowledge')} {audit.tool.knowledge}")),
            ),
            tool=(
                (words("tool"), one_line(f"auditor {audit.tool.version}")),
                (words("knowledge"), one_line(audit.tool.knowledge)),
            ),
            severities=self._tally(findings),
            bearing=self._tally(grave),
            apart=self._tally([card for card in findings if not card.bears]),
            gaps_first=audit.verdict is Verdict.INCONCLUSIVE,
            counted=self._counted(findings, grave, accepted),
            findings=findings,
            grave=grave,
            subjects=tuple(
                (cards[0].title, tuple((card.anchor, card.name or card.subject) for card in cards))
                for _, cards in _grouped(grave, lambda card: (card.rule,))
            ),
            light=tuple(
                Group(
                    rule=cards[0].rule,
                    title=cards[0].title,
                    severity=cards[0].severity,
                    severity_word=cards[0].severity_word,
                    unsure=words("confidence.is", word=cards[0].confidence_word) if cards[0].severity >= Severity.MEDIUM else "",
                    cards=cards,
                    clauses=cards[0].clauses,
                    cites=cards[0].cites,
                )
                for _, cards in _grouped(
                    tuple(card for card in findings if not card.bears),
                    lambda card: (card.rule, card.severity),
                )
            ),
            accepted=accepted,
            unmatched=tuple(
                (place(one.location), words.remarked(one_line(one.about), self._decision(one)))
                for one in (audit.decided.unmatched if audit.decided else ())
            ),
            todo=self._todo(findings),
            gaps=tuple(
                GapNote(
                    anchor=f"{self.anchor}g{number}",
                    told=_told(str(gap.location)),
                    place=place(gap.location),
                    short=_short(place(gap.location)),
                    reason=one_line(gap.reason.in_(self.language)),
                    hides=tuple(words.table(table) for table in Table if table in gap.hides),
                    fingerprint=gap.fingerprint,
                    decision=self._decided(gap),
                )
                for number, gap in enumerate(audit.gaps, 1)
            ),
            presences=tuple((one_line(one.name.in_(self.language)), self._presence(one)) for one in audit.presences),
            tables=tuple(self._table(table, linked) for table in Table),
            brought=self._brought(),
            collectors=self._collectors(),
            ways=tuple(self._ways((*findings, *accepted))),
            traces=self._traces((*findings, *accepted)),
            not_checkable=tuple(self._not_checkable()),
            rules=tuple(
                RuleNote(
                    id=one_line(rule.id),
                    title=one_line(rule.title.in_(self.language)),
                    severity_word=words.severity(rule.severity),
                    help=paragraphs(rule.help.in_(self.language)),
                    limits=one_line(rule.limits.in_(self.language)),
                    clauses=tuple(self._clause(id_)[0] for id_ in rule.cites),
                )
                for rule in audit.rules
            ),
            clauses=tuple(self._clause(clause.id) for clause in audit.clauses),
        )

    def _presence(self, one: Presence) -> str:
        words = self.words
        note = one_line(one.note.in_(self.language)) if one.note else ""
        if not one.evidence:
            return words.remarked(words("presence.missing"), note)
        shown = [
            words.remarked(one_line(fact.value if fact.kind in _TOLD_BY_VALUE else fact.name), place(fact.location))
            for fact in one.evidence[:MOST_FOUND]
        ]
        if len(one.evidence) > MOST_FOUND:
            shown.append(words("found.more", n=len(one.evidence) - MOST_FOUND))
        found = f"{words('presence.found')}{words('colon')}{words.listed(shown)}"
        return words.remarked(found, note)

    # -- head ---------------------------------------------------------------------------------------------------------

    def _sentence(self) -> str:
        """Return what the verdict says, and how much of it decisions accept."""
        audit, words = self.audit, self.words
        accepted = sum(map(is_contradiction, audit.accepted))
        grave = accepted + sum(map(is_contradiction, audit.findings))
        said = [words.sentence(audit.verdict, grave)]
        if accepted:
            key = "accepted.all" if accepted == grave else "accepted.some"
            said.append(words(key, n=grave if accepted == grave else accepted))
        gaps = sum(bool(gap.hides) for gap in audit.gaps) - sum(bool(gap.hides) for gap in audit.open_gaps)
        if gaps:
            said.append(words("accepted.gaps", n=gaps))
        return ("" if self.language is Language.ZH else " ").join(said)

    def _tally(self, cards: Some[Card]) -> tuple[tuple[Severity, str, int], ...]:
        """Return how many findings there are of each severity, gravest first."""
        counts = [(severity, sum(card.severity is severity for card in cards)) for severity in sorted(Severity, reverse=True)]
        return tuple((severity, self.words.severity(severity), number) for severity, number in counts if number)

    def _counted(self, findings: Some[Card], grave: Some[Card], accepted: Some[Card]) -> str:
        """Return how many findings there are, so that the number in the verdict's sentence is found again."""
        words = self.words
        told = words("findings.counted", n=len(findings), grave=words("findings.grave", n=len(grave)))
        return words.remarked(told, words("findings.accepted", n=len(accepted)) if accepted else "")

    def _warning(self, finding: Finding) -> str:
        """Return what stands beside the verdict of a finding that the build is not the app declared."""
        if finding.rule != "identity-mismatch" or finding.severity is Severity.INFO:
            return ""
        if finding.subject != "identity":
            return self.words("identity.first", message=one_line(finding.message.in_(self.language)))
        identity = self.audit.identity
        build = one_line(identity.label or identity.app_id) or self.words("unnamed")
        return self.words("identity.names", build=build, app=one_line(self.audit.declaration.app))

    def _is_elsewhere(self, table: Table) -> bool:
        """Tell whether a table is about another platform than the build's."""
        return _PLATFORM_OF.get(table, self.audit.identity.platform) is not self.audit.identity.platform

    def _decided(self, about: Finding | Gap) -> str:
        found = self.audit.decision_on(about)
        return self._decision(found) if found else ""

    def _decision(self, one: Decision) -> str:
        words = self.words
        until = words("decision.until", until=one_line(one.until)) if one.until else words("decision.endless")
        kind = words(f"decision.{one.kind.value}")
        return words("decision.is", kind=kind, by=one_line(one.by), until=until, reason=one_line(one.reason))

    def _subtitle(self) -> str:
        identity = self.audit.identity
        version = identity.version
        if identity.version_code and identity.version_code != version:
            version = f"{version} ({identity.version_code})".strip()
        parts = (identity.app_id, version, self.words.platform(identity.platform))
        return one_line(" · ".join(part for part in parts if part))

    def _build(self) -> tuple[tuple[str, str], ...]:
        identity, words = self.audit.identity, self.words
        key = f"app_id.{identity.platform.value}"
        pairs = [
            (words("name"), one_line(identity.label)),
            (words(key), one_line(identity.app_id)),
            (words("version"), one_line(identity.version)),
            ("Build" if identity.platform is Platform.IOS else "versionCode", one_line(identity.version_code)),
            (words("platform"), words.platform(identity.platform)),
            (words("size"), words("size.is", n=f"{identity.size:,}")),
            ("SHA-256", one_line(identity.sha256)),
        ]
        schemes: dict[tuple[str, str, bool | None, Text | None, tuple[str, ...]], list[str]] = {}
        for signer in identity.signer:
            key_ = signer.sha256, signer.subject, signer.verified, signer.reason, signer.earlier
            schemes.setdefault(key_, []).append(signer.scheme)
        for (sha256, subject, verified, reason, earlier), names in schemes.items():
            state = {True: "signature.good", False: "signature.bad", None: "signature.untried"}[verified]
            # a certificate anybody can copy is nobody's signature: only one that verified stands under the plain name
            name = words("signer" if verified is not False else "signer.claimed")
            told = words.remarked(words(state), reason.in_(self.language) if reason else "")
            pairs.append((name, one_line(f"{subject} · {', '.join(names)} · {told}")))
            pairs.append((name + " SHA-256", one_line(sha256)))
            pairs += [(words("signer.earlier") + " SHA-256", one_line(other)) for other in earlier]
        if not identity.signer:
            # only where a signature was looked for, and none is there, can it be said that nobody signed
            unread = identity.signature_faults or identity.platform is Platform.HARMONYOS
            pairs.append((words("signer"), words("signer.unread" if unread else "signer.none")))
        pairs += [(words("team"), one_line(words.listed(list(identity.teams))))] if identity.teams else []
        pairs += [(words("signature.fault"), one_line(fault.in_(self.language))) for fault in identity.signature_faults]
        for fact in self.audit.beside:
            pairs.append((words.fact_kind(fact.kind), one_line(fact.name)))
            pairs.append((words.fact_kind(fact.kind) + " SHA-256", one_line(fact.value)))
        return tuple((name, value) for name, value in pairs if value)

    def _declaration(self) -> tuple[tuple[str, str], ...]:
        declaration, words = self.audit.declaration, self.words
        pairs = (
            (words("app"), one_line(declaration.app)),
            (words("operator"), one_line(declaration.operator)),
            (words("policy"), one_line(declaration.policy.file)),
            (words("effective"), one_line(declaration.policy.effective)),
            (words("policy") + " SHA-256", one_line(declaration.policy.sha256)),
            (words("declaration.file"), one_line(declaration.file)),
            (words("declaration.file") + " SHA-256", one_line(declaration.sha256)),
            (words("unreviewed"), "" if declaration.reviewed else words("unreviewed.note")),
            *self._decisions_file(),
        )
        return tuple((name, value) for name, value in pairs if value)

    def _decisions_file(self) -> tuple[tuple[str, str], ...]:
        decided, name = self.audit.decided, self.words("decisions.file")
        if decided is None:
            return ()
        return (
            (name, one_line(decided.file)),
            (name + " SHA-256", one_line(decided.sha256)),
            (self.words("decisions.on"), one_line(decided.on)),
        )

    def _remark(self, table: Table) -> str:
        for one in self.audit.checked:
            if one.table is table:
                if one.reason:
                    return one_line(one.reason.in_(self.language))
                if not one.doubtful:
                    return ""
                left = sum(row.state is State.UNCHECKED for row in self.audit.table(table))
                return self.words("doubtful.rows", n=left) if left else self.words("doubtful")
        return ""

    # -- findings -----------------------------------------------------------------------------------------------------

    def _cards(self, findings: Sequence[Finding], prefix: str) -> tuple[Card, ...]:
        return tuple(
            self._card(finding, f"{self.anchor}{prefix}{number}") for number, finding in enumerate(findings, 1)
        )

    def _card(self, finding: Finding, anchor: str) -> Card:
        words = self.words
        rule = self.rules.get(finding.rule)
        hidden = len(finding.evidence) - MOST_EVIDENCE
        return Card(
            anchor=anchor,
            rule=one_line(finding.rule),
            title=one_line(rule.title.in_(self.language)) if rule else one_line(finding.rule),
            subject=one_line(finding.subject) or words("declared.whole"),
            name=self._name(finding.subject, data=finding.table is Table.DATA),
            mark=self._mark(finding.subject, data=finding.table is Table.DATA),
            severity=finding.severity,
            severity_word=words.severity(finding.severity),
            confidence_word=words.confidence(finding.confidence),
            bears=is_contradiction(finding),
            message=one_line(finding.message.in_(self.language)),
            remedy=one_line(finding.remedy.in_(self.language)),
            steps=tuple(self._step(step) for step in finding.steps),
            wording=(one_line(finding.wording.zh), one_line(finding.wording.en)) if finding.wording else ("", ""),
            traits=tuple(self._traits(finding)),
            limits=tuple(self._limits(finding, rule)),
            quotes=tuple(dict.fromkeys(self._quotes(finding))),
            evidence=tuple(self._evidence(fact) for fact in finding.evidence[:MOST_EVIDENCE]),
            left=max(0, hidden),
            more=words("evidence.more", n=hidden) if hidden > 0 else "",
            declared=self._declared(finding),
            policy=self._policy(finding.policy),
            clauses=tuple(self._clause(id_) for id_ in finding.regulations),
            cites=tuple(one_line(id_) for id_ in finding.regulations),
            also=tuple(self._also(finding)),
            fingerprint=finding.fingerprint,
            decision=self._decided(finding),
            lifted=finding in self.audit.accepted,
            told=_told(finding.subject),
        )

    def _also(self, finding: Finding) -> Iterator[tuple[str, str, str]]:
        """Yield the findings on the other side of a permission and the data it opens, where the policy names neither: one thing a
        reader would else settle twice.
        """
        data = finding.table is Table.DATA
        if not self._is_untold(finding.subject, data=data):
            return
        for subject in (self.opened_by if data else self.opens).get(finding.subject, ()):
            if self._is_untold(subject, data=not data):
                for anchor, other in self.anchors.get((not data, subject), ()):
                    rule = self.rules.get(other.rule)
                    title = one_line(rule.title.in_(self.language)) if rule else one_line(other.rule)
                    yield anchor, self._name(subject, data=not data) or one_line(subject), title

    def _is_untold(self, subject: str, *, data: bool) -> bool:
        """Tell whether the build has something that the policy does not list, or denies."""
        rows = self.rows.get((data, subject), ())
        return any(row.state in (State.UNDECLARED, State.DIFFERS) or (row.denied_by and row.collectors) for row in rows)

    def _step(self, step: Step) -> StepNote:
        actor, text = (one.in_(self.language) for one in (step.owner.actor, step.text))
        return StepNote(owner=step.owner.value, actor=actor, text=one_line(text[:1].upper() + text[1:]))

    def _rows_of(self, finding: Finding) -> list[Row]:
        """Return the rows a finding is about; an SDK's, too, where the subject of a data row names it."""
        return self.rows.get((finding.table is Table.DATA, finding.subject), [])

    def _traits(self, finding: Finding) -> Iterator[tuple[str, str]]:
        """Yield whose code a finding is about, and how far it got into the build."""
        words = self.words
        for row in self._rows_of(finding):
            if row.sdk is not None:
                tier = words.tier(row.sdk.tier)
                yield words("tier"), f"{tier} · {words('version.is', version=one_line(row.sdk.version))}" if row.sdk.version else tier
            shown = [one for one in row.collectors if one.shown]
            if shown:
                told = [words.remarked(self._owner(one), words.reach(one.reach)) for one in shown]
                yield words("attribution"), words.listed(list(dict.fromkeys(told)))
            if row.asked_by:
                yield words("attribution"), words("asked_by", sdks=words.listed([self._sdk(id_) for id_ in row.asked_by]))

    def _limits(self, finding: Finding, rule: RuleInfo | None) -> Iterator[str]:
        """Yield what was not checked about a finding: what its rule does not look at, and what could not be read."""
        told = finding.limits or (rule.limits if rule is not None else None)
        if told is not None and (limits := one_line(told.in_(self.language))):
            yield limits
        tables = {row.table for row in self._rows_of(finding)}
        number = sum(bool(gap.hides & tables) for gap in self.audit.gaps)
        if number:
            yield self.words("limits.gaps", n=number, tables=self.words.listed([self.words.table(one) for one in Table if one in tables]))

    def _quotes(self, finding: Finding) -> Iterator[Quote]:
        """Yield what the policy says where a finding points: the words transcribed, by line where lines are known."""
        declaration = self.audit.declaration
        rows: list[DeclaredRow | DeclaredStatement] = [
            *declaration.permissions, *declaration.usage_keys, *declaration.harmony_permissions, *declaration.sdks,
            *declaration.data, *declaration.denials, *declaration.statements,
        ]  # fmt: skip
        told = [one for one in rows if finding.declared is not None and one.location == finding.declared]
        # a machine reads many rows from one line, and a table that lacks a row begins on one
        headings = {declaration.heading(table) for table in Table}
        if len(told) > 1 or finding.declared in headings:
            told = [one for one in told if finding.subject in _names_of(one)]
        for row in self._rows_of(finding):
            told += [one for one in (row.declared, *row.denied_by) if one is not None]
        for one in dict.fromkeys(told):
            passages = [passage for passage in one.at if passage.quote]
            for passage in passages:
                where = self.words("policy.line", line=passage.line)
                if passage.page:
                    where = self.words.remarked(where, self.words("policy.page", page=passage.page))
                yield Quote(place=where, text=one_line(passage.quote))
            if not passages and (text := _transcribed(one)):
                yield Quote(place=self._policy(one.policy) or place(one.location), text=one_line(text))

    def _todo(self, cards: Sequence[Card]) -> tuple[Todo, ...]:
        """Return what to do, by who has to do it: what several findings ask for in the same words stands once, and once more for
        those that do not bear on the verdict.
        """
        words = self.words
        tasks: dict[Owner, dict[tuple[str, bool], list[tuple[Card, str, str]]]] = {}
        for finding, card in zip(self.audit.findings, cards, strict=True):
            for step, note in zip(finding.steps, card.steps, strict=True):
                label = card.name or card.subject
                if step.owner is Owner.VENDOR:
                    label = words.remarked(label, self._vendors_of(finding))
                tasks.setdefault(step.owner, {}).setdefault((step.text.en, card.bears), []).append((card, note.text, label))
        todo = []
        for owner in Owner:
            found = [
                Task(
                    text=steps[0][1],
                    grave=grave,
                    links=tuple((card.anchor, label) for card, _, label in steps),
                )
                for (_, grave), steps in tasks.get(owner, {}).items()
            ]
            left = [(number, gap) for number, gap in enumerate(self.audit.gaps, 1) if gap in self.audit.open_gaps]
            if owner is Owner.REVIEWER and left:
                places = tuple((f"{self.anchor}g{number}", place(gap.location)) for number, gap in left)
                hides = any(gap.hides for _, gap in left)
                found.insert(0, Task(text=words("todo.gaps"), grave=hides, links=places))
            if found:
                todo.append(
                    Todo(
                        owner=owner.value,
                        actor=owner.actor.in_(self.language),
                        role=words(f"role.{owner.value}"),
                        tasks=tuple(sorted(found, key=lambda task: not task.grave)),
                    )
                )
        return tuple(todo)

    def _vendors_of(self, finding: Finding) -> str:
        """Return the SDKs whose vendors a step is for, where the subject is no SDK itself."""
        ids = [id_ for row in self._rows_of(finding) for id_ in row.asked_by]
        ids += [one.sdk for row in self._rows_of(finding) for one in row.collectors if one.shown and one.owner is OwnerKind.SDK]
        named = list(dict.fromkeys(self._sdk(id_) for id_ in ids))
        return self.words.listed(named) if named else ""

    def _ways(self, cards: Sequence[Card]) -> Iterator[Way]:
        """Yield the ways shown by findings, each once."""
        seen = set()
        for finding, card in zip((*self.audit.findings, *self.audit.accepted), cards, strict=True):
            for fact in finding.evidence:
                steps = _path(fact)
                if len(steps) < 2 or steps in seen:
                    continue
                seen.add(steps)
                found = [one for one in self._collections(fact) if one.shown]
                types = [self.data_names.get(one.type) or one_line(one.type) for one in found]
                own = finding.table is Table.DATA or not types
                yield Way(
                    anchor=card.anchor,
                    steps=steps,
                    owner=self._owner(found[0]) if found else "",
                    type=card.name or card.subject if own else self.words.listed(types),
                )

    def _traces(self, cards: Sequence[Card]) -> tuple[Trace, ...]:
        rests: dict[Fact, dict[str, str]] = {}
        for finding, card in zip((*self.audit.findings, *self.audit.accepted), cards, strict=True):
            for fact in finding.evidence:
                rests.setdefault(_pathless(fact), {})[card.anchor] = card.rule
        facts = {fact: fact for fact in rests}
        for row in self.audit.rows:
            for fact in (*row.found, *(row.sdk.evidence if row.sdk else ()), *row.used_by):
                facts.setdefault(_pathless(fact), fact)
            for one in row.collectors:
                facts.update({fact: fact for fact in one.evidence if fact not in facts})
        for presence in self.audit.presences:
            facts.update({fact: fact for fact in presence.evidence if fact not in facts})
        return tuple(
            Trace(evidence=self._evidence(fact), findings=tuple(rests.get(fact, {}).items()))
            for fact in sorted(facts, key=lambda fact: (fact.location.file, fact.location.at, fact.key))
        )

    def _sdk(self, id_: str) -> str:
        return self.names.get(id_) or one_line(id_)

    def _declared(self, finding: Finding) -> str:
        where = place(finding.declared) if finding.declared else one_line(self.audit.declaration.file)
        if finding.declared and finding.declared.file != self.audit.declaration.file:
            return where  # about a decision: its place is in the decisions file
        # no row of the declaration is about it: the line is where the table starts that lacks it
        undeclared = (finding.table is Table.DATA, finding.subject) in self.undeclared
        if not undeclared:
            return where
        declaration = self.audit.declaration
        told: dict[Table, Sequence[DeclaredRow]] = {
            Table.PERMISSIONS: declaration.permissions,
            Table.USAGE_KEYS: declaration.usage_keys,
            Table.HARMONY_PERMISSIONS: declaration.harmony_permissions,
            Table.SDKS: declaration.sdks,
            Table.DATA: declaration.data,
        }
        rows = [row for table, rows in told.items() if declaration.heading(table) == finding.declared for row in rows]
        first = None if finding.policy else next((row.policy for row in rows if row.policy), None)
        return self.words("declared.table", place=" · ".join(part for part in (where, self._policy(first)) if part))

    def _evidence(self, fact: Fact) -> Evidence:
        value = fact.value
        if fact.kind is FactKind.USAGE_STRING:
            value = value.strip() or self.words("empty.value")
        if fact.kind is FactKind.CODE_PACKAGE and value:
            value = self.words("classes", n=int(value) if value.isdecimal() else value)
        chances = self._chances(fact) if fact.kind is FactKind.CALL else ("", "")
        detail = value
        if fact.kind is FactKind.CALL:
            # the place names the caller already; whose code it is and whether it may call is what a reader asks next
            value = " · ".join(part for part in (value, *chances, fact.trait("path")) if part)
        else:
            value = "; ".join(part for part in (value, self._by(fact), *(f"{name}={text}" for name, text in fact.traits)) if part)
            detail = " · ".join((fact.by, fact.trait("text") or value)) if fact.kind is FactKind.SCRIPT_CALL else value
        return Evidence(
            file=one_line(fact.location.file),
            at=one_line(fact.location.at),
            kind=self.words.fact_kind(fact.kind),
            name=one_line(fact.name),
            value=one_line(value),
            detail=one_line(detail),
            owner=chances[0],
            permission=chances[1],
            path=_path(fact),
        )

    def _collections(self, fact: Fact) -> Sequence[Collection]:
        """Return what is collected by a call, whatever way to it a finding shows."""
        return self.collected.get(_pathless(fact), ())

    def _chances(self, fact: Fact) -> tuple[str, str]:
        """Return whose code makes a call, and whether the permission it needs is asked for."""
        one = next(iter(self._collections(fact)), None)
        if one is None:
            return "", ""
        held = {True: "permission.held", False: "permission.missing", None: "permission.none"}[one.permission_held]
        return self._owner(one), self.words(held)

    def _owner(self, one: Collection) -> str:
        if one.owner is OwnerKind.SDK or one.sdk:
            return self.names.get(one.sdk) or one_line(one.sdk)
        return self.words(f"owner.{one.owner.value}")

    def _collectors(self) -> tuple[Collector, ...]:
        types: dict[tuple[int, str], list[tuple[str, str]]] = {}
        ids: dict[tuple[int, str], Collection] = {}  # by id, so that the order is the same in every language
        order = (OwnerKind.APP, OwnerKind.SDK, OwnerKind.UNATTRIBUTED, OwnerKind.BYSTANDER)
        listed = {row.subject for row in self.audit.table(Table.SDKS) if row.declared is not None}
        for row in self.audit.table(Table.DATA):
            for one in row.collectors:
                if one.shown:
                    key = (order.index(one.owner), one.sdk)
                    ids[key] = one
                    undeclared = row.state in (State.UNDECLARED, State.DIFFERS)
                    # of an SDK that the policy does not list, it names nothing
                    beyond = one.sdk in row.beyond or (one.owner is OwnerKind.SDK and one.sdk not in listed)
                    mark = "undeclared" if undeclared else "beyond" if beyond else "named"
                    types.setdefault(key, []).append((self.data_names.get(row.subject) or one_line(row.subject), mark))
        return tuple(
            Collector(
                name=self._owner(ids[key]),
                declared=ids[key].owner is not OwnerKind.SDK or ids[key].sdk in listed,
                types=tuple(types[key]),
            )
            for key in sorted(types)
        )

    def _not_checkable(self) -> Iterator[tuple[str, str]]:
        for one in self.audit.not_checkable:
            why = one_line(one.why.in_(self.language))
            if one.declared:
                why = self.words.remarked(why, self.words("stated", places=self.words.listed([place(at) for at in one.declared])))
            yield one_line(one.name.in_(self.language)), why

    def _clause(self, id_: str) -> tuple[str, str]:
        clause = self.clauses.get(id_)
        if clause is None:
            return one_line(id_), ""
        return one_line(clause.cite.in_(self.language)), one_line(clause.summary.in_(self.language))

    def _policy(self, location: Location | None) -> str:
        if location is None:
            return ""
        if _LINE.match(location.at):
            return self.words("policy.line", line=location.at)
        return self.words("policy.place", place=one_line(location.at or location.file))

    # -- tables -------------------------------------------------------------------------------------------------------

    def _brought(self) -> tuple[Brought, ...]:
        """Return who brought what: those one can ask by name, then the app, then nobody known."""
        words = self.words
        entries: dict[str, list[ManifestEntry]] = {}
        for entry in self.audit.manifest:
            for id_ in entry.whom or (entry.provenance.value,):
                entries.setdefault(id_, []).append(entry)
        named = sorted(entries.keys() - {Provenance.APP.value, Provenance.UNKNOWN.value})
        rows = []
        for id_ in (*named, Provenance.APP.value, Provenance.UNKNOWN.value):
            if found := entries.get(id_):
                if id_ in named:
                    versions = {version for entry in found for one in entry.by if one.id == id_ for version in one.versions}
                    who = self.names.get(id_) or one_line(id_)
                    listed = words.listed([one_line(version) for version in in_order(versions)])
                    note = words("brought.versions", versions=listed) if versions else ""
                else:
                    who, note = words(f"brought.{id_}"), words(f"brought.{id_}.note")
                rows.append(self._brought_by(found, who, note))
        return tuple(rows)

    def _brought_by(self, entries: Sequence[ManifestEntry], who: str, note: str) -> Brought:
        def listed(*kinds: FactKind, by_class: bool = False) -> tuple[str, ...]:
            fitting = [
                one_line(entry.fact.name.removeprefix("android.permission."))
                for entry in entries
                if entry.fact.kind in kinds and (entry.provenance is Provenance.CLASS) is by_class
            ]
            # an activity and a query may bear one name in several roles
            fitting = list(dict.fromkeys(fitting))
            more = len(fitting) - MOST_BROUGHT
            return (*fitting[:MOST_BROUGHT], self.words("found.more", n=more)) if more > 1 else tuple(fitting)

        return Brought(
            who=who,
            note=note,
            permissions=listed(FactKind.PERMISSION, FactKind.PERMISSION_SDK23),
            components=listed(FactKind.COMPONENT),
            by_class=listed(FactKind.COMPONENT, by_class=True),
            queries=listed(FactKind.QUERY),
        )

    def _table(self, table: Table, linked: _Linked) -> TableView:
        rows = sorted(
            self.audit.table(table),
            key=lambda row: (self._settled(row, linked), self._place_of(row, linked), row.subject),
        )
        shown = tuple(self._row(row, linked) for row in rows)
        tally: dict[tuple[str, str], int] = {}
        for one in shown:
            kind = (one.kind, one.state_word)
            tally[kind] = tally.get(kind, 0) + 1
        return TableView(
            id=table.value,
            title=self.words.table(table),
            compared=any(one.compared for one in self.audit.checked if one.table is table),
            remark=self._remark(table),
            counts=tuple((kind, word, number) for (kind, word), number in tally.items()),
            rows=shown,
        )

    def _settled(self, row: Row, linked: _Linked) -> bool:
        return row.state is State.UNDECLARED and (row.table is Table.DATA, row.subject) not in linked

    def _place_of(self, row: Row, linked: _Linked) -> int:
        """Return where a row stands among those of its table: what asks something of the reader first."""
        return 2 * _STATE_ORDER.index(row.state) - self._is_flawed(row, linked)

    def _is_flawed(self, row: Row, linked: _Linked) -> bool:
        """Tell whether a row that matches is not all well: a finding of at least medium severity is about it."""
        cards = linked.get((row.table is Table.DATA, row.subject), ())
        return row.state is State.MATCHED and any(card.severity >= Severity.MEDIUM for card in cards)

    def _name(self, subject: str, *, data: bool) -> str:
        return (self.data_names if data else self.names).get(subject, "") or ("" if data else self.words.subject(subject))

    def _mark(self, subject: str, *, data: bool) -> str:
        return self.words("sensitive") if data and subject in self.sensitive else ""

    def _row(self, row: Row, linked: _Linked) -> TableRow:
        settled = self._settled(row, linked)
        word = self.words.state(row.state)
        if settled:
            accepted = any(self.audit.is_about(finding, row) for finding in self.audit.accepted)
            word = self.words("settled.accepted" if accepted else "settled")
        flawed = self._is_flawed(row, linked)
        if flawed:
            word = self.words("flawed")
        return TableRow(
            subject=one_line(row.subject),
            name=self._name(row.subject, data=row.table is Table.DATA),
            mark=self._mark(row.subject, data=row.table is Table.DATA),
            declared=self._declared_side(row),
            found=self._found_side(row),
            state=row.state.value,
            state_word=word,
            note=one_line(row.note.in_(self.language)) if row.note else "",
            findings=tuple((card.anchor, card.rule) for card in linked.get((row.table is Table.DATA, row.subject), ())),
            kind="settled" if settled else "flawed" if flawed else row.state.value,
        )

    def _declared_side(self, row: Row) -> Side | None:
        words, one = self.words, row.declared
        denials = [
            words("denied", text=one_line(denial.text), place=place(denial.location)) for denial in row.denied_by
        ]
        if one is None:
            return Side(main=denials[0], notes=tuple(denials[1:])) if denials else None
        notes: list[str] = []
        if row.covered_by:
            subject = self.data_names.get(row.covered_by) or one_line(row.covered_by)
            key = "hinted_by" if row.table is Table.DATA and row.state is State.DIFFERS else "covered_by"
            notes.append(words(key, subject=subject))
        if isinstance(one, DeclaredData):
            main = one.text
            if one.when:
                notes.append(words("when", condition=words.condition(one_line(one.when))))
        else:
            if isinstance(one, DeclaredSdk):
                main = " · ".join(part for part in (one.name, one.package) if part)
                notes.append(self._purpose(one))
            else:
                main = self._purpose(one)
            if isinstance(one, DeclaredPermission) and one.text not in (one.name, ""):
                notes.append(one_line(one.text))
            if isinstance(one, DeclaredUsageKey) and one.key != row.subject and not row.covered_by:
                notes.append(one_line(one.key))
        where = place(one.location)
        if one.policy:
            where = f"{where} · {self._policy(one.policy)}"
        if row.table is Table.DATA and not isinstance(one, DeclaredData):
            main = _written(one)
        notes.append(where)
        if row.also_declared:
            others = list(dict.fromkeys(one_line(_written(other)) for other in row.also_declared))
            more = [words("found.more", n=len(others) - MOST_LISTED)] if len(others) > MOST_LISTED else []
            notes.append(words("declared.also", rows=words.listed([*others[:MOST_LISTED], *more])))
        return Side(main=one_line(main), notes=(*notes, *denials))

    def _purpose(self, one: DeclaredPermission | DeclaredUsageKey | DeclaredSdk) -> str:
        shared = self.words("purpose.shared", subject=one_line(one.purpose_shared_with)) if one.purpose_shared_with else ""
        return " · ".join(part for part in (one_line(one.purpose), shared) if part) or self.words("purpose.none")

    def _collected_side(self, row: Row) -> Side | None:
        """Return who can collect a kind of data, and the first places."""
        words = self.words
        if not row.collectors:
            return None
        shown = [one for one in row.collectors if one.shown]
        owners = list(dict.fromkeys(self._owner(one) for one in shown))
        main = words.listed(owners[:MOST_LISTED]) if owners else words("collected.weakly")
        if len(owners) > MOST_LISTED:
            main = words.remarked(main, words("found.more", n=len(owners) - MOST_LISTED))
        elif shown and all(one.confidence < Confidence.HIGH for one in shown):
            main = words.remarked(main, words("confidence.is", word=words.confidence(Confidence.MEDIUM)))
        notes = []
        for one in (shown or row.collectors)[:MOST_FOUND]:
            owner = f"{self._owner(one)} · " if len(owners) != 1 else ""
            parts = [words("found.times", n=one.count)] if one.count > 1 else []
            parts += [words("at_start")] if one.reach is Reach.STARTUP else []
            count = words.listed(parts) if parts else ""
            notes += [words.remarked(f"{owner}{self._trace(fact)}", count) for fact in one.evidence[:1]]
        left = sum(one.count for one in (shown or row.collectors)[MOST_FOUND:])
        if left:
            notes.append(words("found.more", n=left))
        if row.beyond:
            notes.append(words("beyond", sdks=words.listed([self.names.get(id_) or one_line(id_) for id_ in row.beyond])))
        return Side(main=main, notes=tuple(notes))

    def _found_side(self, row: Row) -> Side | None:
        words = self.words
        if row.table is Table.DATA:
            return self._collected_side(row)
        evidence = tuple(dict.fromkeys((*row.found, *(row.sdk.evidence if row.sdk else ()))))
        if row.sdk:
            main = words.tier(row.sdk.tier)
            if row.sdk.confidence < Confidence.MEDIUM:
                main = words.remarked(main, words("confidence.is", word=words.confidence(row.sdk.confidence)))
            if row.sdk.version:
                main += " · " + words("version.is", version=one_line(row.sdk.version))
            notes = [self._trace(fact) for fact in evidence[:MOST_FOUND]]
        elif evidence:
            first, *others = evidence
            if row.table is Table.USAGE_KEYS:
                empty = words("empty.value")
                main = one_line(first.value).strip() or empty
                notes = [self._where(first), *(f"{one_line(fact.value).strip() or empty} · {self._where(fact)}" for fact in others)]
                notes = notes[:MOST_FOUND]
            elif row.table is Table.HARMONY_PERMISSIONS:
                main, *notes = self._asked(evidence)[:MOST_FOUND]
            else:
                main, *notes = [self._limited(fact) for fact in evidence[:MOST_FOUND]]
        else:
            return None
        if len(evidence) > MOST_FOUND:
            notes.append(words("found.more", n=len(evidence) - MOST_FOUND))
        if row.used_by:
            notes.append(words("used_by", calls=words.listed([self._trace(fact) for fact in row.used_by[:1]])))
        if row.asked_by:
            notes.append(words("asked_by", sdks=words.listed([self.names.get(id_) or one_line(id_) for id_ in row.asked_by])))
        return Side(main=main, notes=tuple(notes))

    def _asked(self, evidence: Sequence[Fact]) -> list[str]:
        """Return what a HarmonyOS build says of a permission: its reasons first, then who asks for it and when."""
        reasons = [fact for fact in evidence if fact.kind is FactKind.PERMISSION_REASON]
        asked = [fact for fact in evidence if fact.kind is not FactKind.PERMISSION_REASON]
        texts = [f"{one_line(fact.value)} · {self._where(fact)}" for fact in reasons if fact.value.strip()]
        whens = {"always": self.words("used.always"), "inuse": self.words("used.inuse")}
        places = []
        for fact in asked:
            when = fact.trait("when") or ""
            places.append(self.words.remarked(f"{self.words.fact_kind(fact.kind)} · {self._where(fact)}", whens.get(when, one_line(when))))
        return [*texts, *places]

    def _trace(self, fact: Fact) -> str:
        if fact.kind is FactKind.CALL:
            # findings have the whole place; a table needs to say who calls what
            caller, offset = fact.location.at.partition("(")[0], fact.location.at.rpartition(" ")[2]
            called = ".".join(fact.name.rsplit(".", 2)[-2:])
            return one_line(f"{self.words.fact_kind(fact.kind)} {called} ← {fact.location.file} ! {caller} {offset}")
        return f"{self.words.fact_kind(fact.kind)} {one_line(fact.name)} · {self._where(fact)}"

    def _where(self, fact: Fact) -> str:
        where = place(fact.location)
        if not fact.by or fact.kind is FactKind.CALL:
            return where
        return f"{where} ({one_line(self._by(fact))})"

    def _by(self, fact: Fact) -> str:
        """Return who holds a value; the language that is shown where there is no other is called so."""
        base = fact.kind is FactKind.USAGE_STRING and fact.by in ("Base", "base")
        return self.words("language.base") if base else fact.by

    def _limited(self, fact: Fact) -> str:
        level = fact.trait("max-sdk")
        where = f"{self.words.fact_kind(fact.kind)} · {self._where(fact)}"
        return f"{where} · {self.words('max_sdk', level=one_line(level))}" if level else where


def _short(text: str) -> str:
    """Return a place cut in the middle, where it is long: its file and its end tell it from others."""
    return text if len(text) <= _SHORT_PLACE else f"{text[: _SHORT_PLACE // 2]}…{text[-_SHORT_PLACE // 2 + 1 :]}"


def _told(text: str) -> str:
    """Return a text that a person can read in a decisions file, and that comes back from it the same; else nothing."""
    return text if len(text) <= _LONGEST_TOLD and text.isprintable() and text == text.strip() else ""


def _pathless(fact: Fact) -> Fact:
    """Return a fact without the way that a finding shows to it."""
    if fact.trait("path") is None:
        return fact
    return replace(fact, traits=tuple(pair for pair in fact.traits if pair[0] != "path"))


def _path(fact: Fact) -> tuple[str, ...]:
    return tuple(one_line(step) for step in (fact.trait("path") or "").split(" → ") if step)


def _names_of(one: DeclaredRow | DeclaredStatement) -> tuple[str, ...]:
    """Return what a finding on a row may have for its subject."""
    if isinstance(one, DeclaredSdk):
        return (one.name, one.package, one.id)
    if isinstance(one, DeclaredPermission):
        return (one.name,)
    if isinstance(one, DeclaredUsageKey):
        return (one.key,)
    return (one.kind, *one.data) if isinstance(one, DeclaredStatement) else (one.type,)


def _transcribed(one: DeclaredRow | DeclaredStatement) -> str:
    """Return the words of the policy that a row was transcribed from, as far as the row holds them."""
    if isinstance(one, DeclaredSdk):
        parts = (one.name or one.package, one.purpose, one.data_text)
    elif isinstance(one, DeclaredUsageKey):
        parts = (one.key, one.purpose, "")
    elif isinstance(one, DeclaredPermission):
        parts = (one.text or one.name, one.purpose, "")
    else:
        parts = (one.text, "", "")
    return " · ".join(part for part in parts if part)


def _written(one: DeclaredRow) -> str:
    """Return what a reader of the policy would call a row."""
    if isinstance(one, DeclaredSdk):
        return one.name or one.package
    if isinstance(one, DeclaredPermission):
        return one.name.rpartition(".")[2]
    return one.key if isinstance(one, DeclaredUsageKey) else one.text

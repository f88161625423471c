"""What a report is made of, in words: cards, tables and lists. Every string is one line, made by one_line."""

from __future__ import annotations

from dataclasses import dataclass

from auditor.model import Severity, Verdict

__all__ = [
    "Brought",
    "Card",
    "Collector",
    "Evidence",
    "GapNote",
    "Group",
    "Outline",
    "Quote",
    "RuleNote",
    "Side",
    "StepNote",
    "TableRow",
    "TableView",
    "Task",
    "Todo",
    "Trace",
    "Way",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One piece of evidence."""

    file: str
    at: str
    kind: str
    name: str
    value: str
    """What is to be said of it, in one line."""
    detail: str
    """The value alone."""
    owner: str
    """Whose code makes a call; empty where that is not known or no question."""
    permission: str
    """Whether the permission that a call needs is asked for."""
    path: tuple[str, ...]
    """The way to a call from where the platform enters the app; empty where none is shown."""

    @property
    def line(self) -> str:
        """The evidence in one line."""
        what = " ".join(part for part in (self.kind, self.name, f"= {self.value}" if self.value else "") if part)
        return f"{self.where} · {what}"

    @property
    def where(self) -> str:
        """File and place."""
        return " ! ".join(part for part in (self.file, self.at) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepNote:
    """One thing to do."""

    owner: str
    """Id of who has to do it."""
    actor: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The policy's own words, and where they stand."""

    place: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One finding."""

    anchor: str
    rule: str
    title: str
    subject: str
    name: str
    """Display name of the subject; empty where it has none."""
    mark: str
    """That its subject is sensitive personal information; empty where it is not."""
    severity: Severity
    severity_word: str
    confidence_word: str
    bears: bool
    """Whether it bears on the verdict."""
    message: str
    remedy: str
    steps: tuple[StepNote, ...]
    """The remedy, step by step."""
    wording: tuple[str, str]
    """Words to paste into the policy, in Chinese and in English whatever the report's language; empty where there are none."""
    traits: tuple[tuple[str, str], ...]
    """Whose code it is, and how far it got into the build."""
    limits: tuple[str, ...]
    """What was not checked about it."""
    quotes: tuple[Quote, ...]
    """What the policy says of the subject."""
    evidence: tuple[Evidence, ...]
    left: int
    """How many pieces of evidence are not among these."""
    more: str
    """The same in words; empty where all is shown."""
    declared: str
    policy: str
    clauses: tuple[tuple[str, str], ...]
    """Citation and summary."""
    cites: tuple[str, ...]
    """Ids of the clauses."""
    also: tuple[tuple[str, str, str], ...]
    """Anchor, subject and title of each finding on the other side of the same thing: a permission, and the data that it opens."""
    fingerprint: str
    decision: str
    """What was decided about it, by whom, until when and why; empty where nothing was."""
    lifted: bool
    """Whether that keeps it from counting at the gate."""
    told: str
    """The subject as it is, for a decisions file; empty where it holds what such a file should not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Findings of one rule that do not bear on the verdict, read together: most are about the policy's wording."""

    rule: str
    title: str
    severity: Severity
    severity_word: str
    unsure: str
    """That the confidence is low, which is why a grave finding stands here; empty where it is no grave one."""
    cards: tuple[Card, ...]
    clauses: tuple[tuple[str, str], ...]
    """Citation and summary, the same for all of them."""
    cites: tuple[str, ...]
    """Ids of the clauses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapNote:
    """One thing that could not be read."""

    anchor: str
    told: str
    """The place as it is, for a decisions file; empty where it holds what such a file should not."""
    place: str
    short: str
    """The same, cut where it is long: signatures of methods are."""
    reason: str
    hides: tuple[str, ...]
    """Names of the tables it leaves in doubt."""
    fingerprint: str
    decision: str
    """What was decided about it; empty where nothing was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a row: what matters first, then what explains it."""

    main: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One subject of a table."""

    subject: str
    name: str
    mark: str
    """That it is sensitive personal information; empty where it is not."""
    declared: Side | None
    found: Side | None
    state: str
    state_word: str
    note: str
    findings: tuple[tuple[str, str], ...]
    """Anchor and rule of each finding on the subject."""
    kind: str
    """The state as it is shown: ``settled`` is undeclared, and nothing comes of it; ``flawed`` is matched, and a finding of at least
    medium severity is about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableView:
    """One table."""

    id: str
    title: str
    compared: bool
    remark: str
    """Why it was not compared, or that a gap leaves it in doubt; empty where neither."""
    counts: tuple[tuple[str, str, int], ...]
    """Kind of row, its word and its number of rows."""
    rows: tuple[TableRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What one SDK or library, the app itself or nobody known brought into the manifest."""

    who: str
    note: str
    permissions: tuple[str, ...]
    components: tuple[str, ...]
    by_class: tuple[str, ...]
    """Components known as its own by their classes alone."""
    queries: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """One owner of code, and the kinds of personal data it can collect."""

    name: str
    declared: bool
    """Whether the policy lists it: always for the app itself."""
    types: tuple[tuple[str, str], ...]
    """(name, mark): ``named``, ``beyond`` where the policy does not name the type for it, ``undeclared`` where it does not
    name the type at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing to do, and about what."""

    text: str
    grave: bool
    """Whether the findings it puts right bear on the verdict."""
    links: tuple[tuple[str, str], ...]
    """Anchor and name of each finding (or gap)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo:
    """What one owner has to do."""

    owner: str
    """Id of the owner."""
    actor: str
    role: str
    """Who that is."""
    tasks: tuple[Task, ...]
    """Those that bear on the verdict first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way from where the platform enters the app while it starts to a call that can read personal data."""

    anchor: str
    """Anchor of the finding that rests on it."""
    steps: tuple[str, ...]
    """Methods, the entry first, the call last."""
    owner: str
    """Whose code makes the call."""
    type: str
    """The kind of data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One piece of evidence of the whole audit, and the findings that rest on it."""

    evidence: Evidence
    findings: tuple[tuple[str, str], ...]
    """Anchor and rule of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleNote:
    """One rule of the catalogue."""

    id: str
    title: str
    severity_word: str
    help: tuple[str, ...]
    limits: str
    """What it does not look at."""
    clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One audit in words."""

    anchor: str
    """Prefix of every anchor of the audit; empty where the report holds one audit only."""
    title: str
    """Display name of the app."""
    subtitle: str
    """Identifier, version and platform."""
    verdict: Verdict
    verdict_word: str
    sentence: str
    warning: str
    """That the declaration may be of another app, which is to be settled before anything else is read; empty where nothing says so."""
    warned: str
    """Anchor of the finding that says so; empty likewise."""
    disclaimer: str
    checked: tuple[tuple[str, str], ...]
    """Each table that was compared, with a remark."""
    unchecked: tuple[tuple[str, str], ...]
    """Each table of the build's platform that was not, with the reason."""
    inapplicable: tuple[tuple[str, str], ...]
    """Each table of another platform, with the reason."""
    build: tuple[tuple[str, str], ...]
    declaration: tuple[tuple[str, str], ...]
    signed: tuple[tuple[str, str], ...]
    """By what a paper that is signed tells which build, declaration and auditor it is about."""
    tool: tuple[tuple[str, str], ...]
    severities: tuple[tuple[Severity, str, int], ...]
    """Findings per severity, gravest first; severities without any are left out."""
    bearing: tuple[tuple[Severity, str, int], ...]
    """The same, of those that bear on the verdict."""
    apart: tuple[tuple[Severity, str, int], ...]
    """The same, of the others."""
    gaps_first: bool
    """Whether what could not be read decides the verdict, and so stands before the findings."""
    counted: str
    """How many findings there are, and how many of them bear on the verdict."""
    findings: tuple[Card, ...]
    """All of them, gravest first."""
    grave: tuple[Card, ...]
    """Those grave and sure enough to contradict the declaration."""
    subjects: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    """The grave findings in short: each rule's title, with anchor and subject of each finding."""
    light: tuple[Group, ...]
    """The others, which cannot bear on the verdict, by rule."""
    accepted: tuple[Card, ...]
    unmatched: tuple[tuple[str, str], ...]
    """Decisions about nothing in this audit: place in the decisions file, and what it says."""
    todo: tuple[Todo, ...]
    """What to do, by who has to do it."""
    gaps: tuple[GapNote, ...]
    presences: tuple[tuple[str, str], ...]
    """What was also looked for, and whether it was found."""
    tables: tuple[TableView, ...]
    brought: tuple[Brought, ...]
    collectors: tuple[Collector, ...]
    """Who can collect what, the app first; only what is sure enough to stand against the declaration."""
    ways: tuple[Way, ...]
    """The ways by which personal data can be read while the app starts."""
    traces: tuple[Trace, ...]
    """All evidence there is, that of the tables included, each piece once."""
    not_checkable: tuple[tuple[str, str], ...]
    """What no build can show, and why."""
    rules: tuple[RuleNote, ...]
    clauses: tuple[tuple[str, str], ...]

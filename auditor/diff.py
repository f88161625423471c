"""What a release adds and drops: what two builds hold, by the names reports have for it, laid against each other.

Nothing is told apart by paths, offsets or the names of renamed classes: data is compared by type and by whose code can collect it, one
place stands as an example. What is new *and* undeclared is told from the findings of two audits under the same declaration.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol

from auditor.model import (
    Audit,
    Build,
    Call,
    Collection,
    Conduct,
    Confidence,
    Declaration,
    Fact,
    FactKind,
    Finding,
    Gap,
    Host,
    Identity,
    Location,
    OwnerKind,
    Platform,
    Reach,
    Severity,
    State,
    Table,
    Text,
    Tool,
)

__all__ = [
    "Aspect",
    "Change",
    "Comparison",
    "How",
    "Item",
    "Matter",
    "Shift",
    "Side",
    "Standing",
    "Trait",
    "diff",
    "judged",
    "side_of",
    "tables_of",
]


class Held(Protocol):
    """What a build holds (``pipeline.Facts``)."""

    @property
    def build(self) -> Build: ...
    @property
    def conduct(self) -> Conduct: ...
    @property
    def gaps(self) -> tuple[Gap, ...]: ...


class Matter(Enum):
    """What of a build is compared, in the order it is told."""

    SIGNER = "signer"
    """Who signed: one item a build, subject ``signer``."""
    LEVEL = "system-level"
    """``min``, ``target`` and ``max``."""
    PERMISSION = "permission"
    """Android and HarmonyOS permissions, implied ones among them."""
    USAGE_STRING = "usage-string"
    """Usage descriptions of iOS, by key."""
    SDK = "sdk"
    DATA = "data"
    """A kind of personal data that somebody's code is shown to be able to collect, by type and SDK."""
    STARTUP = "start-up"
    """A kind of personal data that can be read while the app starts, by type and SDK."""
    HOST = "host"


class Aspect(Enum):
    """What can change of an item."""

    CERTIFICATES = "certificates"
    VERIFIED = "verified"
    """``true``, ``false`` or empty (not checked)."""
    TEAMS = "teams"
    VALUE = "value"
    FORM = "form"
    """Of a permission: ``asked``, ``from-api-23``, ``implied``."""
    MAX_SDK = "max-sdk"
    WHEN = "when"
    TEXT = "text"
    """Of a usage string, or of a HarmonyOS permission's reason; by language."""
    VERSION = "version"
    TIER = "tier"
    """How far an SDK is in, as a word of SdkTier."""
    SCHEMES = "schemes"
    """By which a host is named, comma separated."""


class How(Enum):
    """What became of an item."""

    ADDED = "added"
    CHANGED = "changed"
    DROPPED = "dropped"
    NOT_SEEN = "not-seen"
    """In the old build, and not seen in the new one, of which something could not be read that may hold it."""


class Standing(Enum):
    """How an addition stands to the declaration, by the audit of the new build."""

    UNDECLARED = "undeclared"
    """It is not declared, and a finding says so that was not there before."""
    FINDING = "finding"
    """A finding is about it that was not there before, and a declaration does not speak of its kind."""
    KNOWN = "known"
    """Findings are about it, and all of them were there before."""
    ACCEPTED = "accepted"
    """Findings are about it, and decisions accept them."""
    DECLARED = "declared"
    """Declared, whatever else findings say of it."""
    NOT_REQUIRED = "not-required"
    """Not declared, and no rule says that it has to be."""
    UNCHECKED = "unchecked"
    """Could not be compared with the declaration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    """One aspect of an item."""

    aspect: Aspect
    value: str
    of: str = ""
    """Language of a text; empty for all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing a build holds."""

    matter: Matter
    subject: str
    """Permission, usage key, SDK id, data type, host."""
    sdk: str = ""
    """Of data: the SDK whose code it is; empty where it is nobody's that is known, or the app's. Of a host: one that names it."""
    owner: OwnerKind | None = None
    """Of data and hosts: whose code."""
    traits: tuple[Trait, ...] = ()
    """Sorted by aspect and language."""
    evidence: tuple[Fact, ...] = ()
    """What shows it; the first is the example."""
    way: tuple[str, ...] = ()
    """Of start-up: the surest way to the call."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same thing in another build."""
        return (self.matter.value, self.subject, "" if self.matter is Matter.HOST else self.sdk)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What a comparison looks at of one build."""

    identity: Identity
    items: tuple[Item, ...]
    """Sorted by key, each key once."""
    gaps: tuple[Gap, ...]
    """What could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One aspect that differs; empty on the side that does not have it."""

    aspect: Aspect
    of: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that differs between the builds."""

    how: How
    item: Item
    """As the new build has it; as the old one had it where it is gone."""
    shifts: tuple[Shift, ...]
    """What differs of it; of a thing that is new or gone, all that is known of it."""
    doubtful: bool
    """Whether something that could not be read may account for it."""
    standing: Standing | None = None
    """Of an addition, where there is a declaration and it can say something of its kind."""
    findings: tuple[Finding, ...] = ()
    """Findings about it that were not there before."""

    @property
    def key(self) -> tuple[int, int, bool, str, str]:
        """The order changes are told in."""
        quiet = self.standing not in (Standing.UNDECLARED, Standing.FINDING)
        return (_MATTERS[self.item.matter], _HOWS[self.how], quiet, self.item.subject, self.item.sdk)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The result: everything a report of a comparison needs."""

    tool: Tool
    old: Identity
    new: Identity
    declaration: Declaration | None
    changes: tuple[Change, ...]
    """In the order they are told."""
    findings: tuple[Finding, ...]
    """What is new and counts at the gate, gravest first: findings that were not there before, but for those on what is gone."""
    old_gaps: tuple[Gap, ...]
    new_gaps: tuple[Gap, ...]
    declared_gaps: tuple[Gap, ...] = ()
    """What could not be read of the declaration, or could not be judged."""
    doubted: tuple[Table, ...] = ()
    """Tables in which something that could not be read, and that no decision accepts, may hide or feign a difference."""
    names: tuple[tuple[str, Text], ...] = ()
    """Display names of permissions, keys and SDKs, sorted."""
    data_names: tuple[tuple[str, Text], ...] = ()
    """Display names of data types, sorted."""

    @property
    def same_file(self) -> bool:
        """Whether both builds are the same bytes."""
        return bool(self.old.sha256) and self.old.sha256 == self.new.sha256

    @property
    def same_app(self) -> bool:
        """Whether both builds are of one app, as far as both could be read."""
        known = bool(self.old.app_id and self.new.app_id)
        return self.old.platform is self.new.platform and (not known or self.old.app_id == self.new.app_id)

    @property
    def others(self) -> tuple[Finding, ...]:
        """The new findings that are about nothing that is listed as a change."""
        told = {finding for change in self.changes for finding in change.findings}
        return tuple(finding for finding in self.findings if finding not in told)

    def of(self, matter: Matter) -> tuple[Change, ...]:
        """Return the changes of one kind."""
        return tuple(change for change in self.changes if change.item.matter is matter)


_MATTERS = {matter: number for number, matter in enumerate(Matter)}
_HOWS = {how: number for number, how in enumerate(How)}
_MANIFEST = {
    Platform.ANDROID: Table.PERMISSIONS,
    Platform.IOS: Table.USAGE_KEYS,
    Platform.HARMONYOS: Table.HARMONY_PERMISSIONS,
}
_UNSURE = frozenset({Aspect.TIER, Aspect.SCHEMES})
"""Told by all that could be read, so that a gap may feign a difference."""


# -- one build ---------------------------------------------------------------------------------------------------------


def side_of(held: Held) -> Side:
    """Return what a comparison looks at of a build."""
    build, conduct = held.build, held.conduct
    items = [
        *_signer(build.identity),
        *_levels(build),
        *_permissions(build),
        *_usage_strings(build),
        *(
            Item(
                matter=Matter.SDK,
                subject=sdk.id,
                traits=_traits((Aspect.TIER, "", sdk.tier.word), (Aspect.VERSION, "", sdk.version or "")),
                evidence=sdk.evidence,
            )
            for sdk in conduct.sdks
        ),
        *_data(conduct.collections),
        *_startup(conduct.calls),
        *_hosts(conduct.hosts),
    ]
    return Side(identity=build.identity, items=tuple(sorted(items, key=lambda item: item.key)), gaps=held.gaps)


def _traits(*given: tuple[Aspect, str, str]) -> tuple[Trait, ...]:
    """Return the traits that have a value."""
    found = {(aspect.value, of): Trait(aspect=aspect, of=of, value=value) for aspect, of, value in given if value}
    return tuple(found[key] for key in sorted(found))


def _signer(identity: Identity) -> Iterator[Item]:
    certificates = sorted({f"{one.subject} (SHA-256 {one.sha256})" for one in identity.signer})
    verdicts = {one.verified for one in identity.signer}
    # an older scheme that no device looks at any more is not checked beside one that is
    verified = "false" if False in verdicts else "true" if True in verdicts else ""
    traits = _traits(
        (Aspect.CERTIFICATES, "", "; ".join(certificates)),
        (Aspect.VERIFIED, "", verified),
        (Aspect.TEAMS, "", ", ".join(identity.teams)),
    )
    if traits:
        yield Item(matter=Matter.SIGNER, subject="signer", traits=traits)


def _levels(build: Build) -> Iterator[Item]:
    for name, facts in _by_name(build.of(FactKind.SDK_LEVEL)).items():
        values = sorted({fact.value for fact in facts})
        yield Item(matter=Matter.LEVEL, subject=name, traits=_traits((Aspect.VALUE, "", ", ".join(values))), evidence=facts)


def _permissions(build: Build) -> Iterator[Item]:
    reasons = _by_name(build.of(FactKind.PERMISSION_REASON))
    kinds = (FactKind.PERMISSION, FactKind.PERMISSION_SDK23, FactKind.PERMISSION_IMPLIED)
    for name, facts in _by_name(build.of(*kinds)).items():
        present = {fact.kind for fact in facts}
        asked = [fact for fact in facts if fact.kind is not FactKind.PERMISSION_IMPLIED]
        limits = [fact.trait("max-sdk") or "" for fact in asked]
        form = "asked" if kinds[0] in present else "from-api-23" if kinds[1] in present else "implied"
        yield Item(
            matter=Matter.PERMISSION,
            subject=name,
            traits=_traits(
                (Aspect.FORM, "", form),
                # several elements ask for the union: one without a limit lifts it
                (Aspect.MAX_SDK, "", "" if "" in limits else ", ".join(sorted(set(limits)))),
                (Aspect.WHEN, "", ", ".join(sorted({when for fact in asked if (when := fact.trait("when"))}))),
                *_texts(reasons.get(name, ())),
            ),
            evidence=facts,
        )


def _usage_strings(build: Build) -> Iterator[Item]:
    for key, facts in _by_name(build.of(FactKind.USAGE_STRING)).items():
        yield Item(matter=Matter.USAGE_STRING, subject=key, traits=_traits(*_texts(facts)), evidence=facts)


def _texts(facts: Iterable[Fact]) -> Iterator[tuple[Aspect, str, str]]:
    """Yield the texts by language: those of all bundles or modules together, so that a moved file is no change."""
    texts: dict[str, set[str]] = {}
    for fact in facts:
        variant = fact.trait("variant") or ""
        texts.setdefault(f"{fact.by}{variant}", set()).add(fact.value)
    for language, values in texts.items():
        yield Aspect.TEXT, language, " / ".join(sorted(values))


def _data(collections: Iterable[Collection]) -> Iterator[Item]:
    """Yield what is sure enough to stand against a declaration; what renaming can turn from the app's into nobody's is one thing."""
    found: dict[tuple[str, str], list[Collection]] = {}
    for one in collections:
        if one.shown and one.owner is not OwnerKind.BYSTANDER:
            found.setdefault((one.type, one.sdk), []).append(one)
    for (type_, sdk), ones in found.items():
        evidence = tuple(dict.fromkeys(fact for one in ones for fact in one.evidence))
        yield Item(matter=Matter.DATA, subject=type_, sdk=sdk, owner=_surest(one.owner for one in ones), evidence=evidence)


def _startup(calls: Iterable[Call]) -> Iterator[Item]:
    found: dict[tuple[str, str], list[Call]] = {}
    for call in calls:
        # what reads mere context, such as the device's model, is left out, as the rule on consent leaves it out
        counts = call.reach is Reach.STARTUP and call.can_succeed and call.severity > Severity.INFO
        if counts and call.owner is not OwnerKind.BYSTANDER:
            for type_ in call.data:
                found.setdefault((type_, call.sdk), []).append(call)
    for (type_, sdk), ones in found.items():
        ones.sort(key=lambda call: (len(call.path), call.path, call.site.key))
        sites = tuple(call.site for call in ones)
        owner = _surest(call.owner for call in ones)
        yield Item(matter=Matter.STARTUP, subject=type_, sdk=sdk, owner=owner, evidence=sites, way=ones[0].path)


def _hosts(hosts: Iterable[Host]) -> Iterator[Item]:
    """Yield one item a host, whoever names it: who does is told, and changes with the names of classes."""
    found: dict[str, list[Host]] = {}
    for host in hosts:
        found.setdefault(host.name, []).append(host)
    for name, ones in found.items():
        schemes = sorted({scheme for one in ones for scheme in one.schemes})
        first = min(ones, key=lambda one: (not one.sdk, one.sdk))
        yield Item(
            matter=Matter.HOST,
            subject=name,
            sdk=first.sdk,
            owner=first.owner,
            traits=_traits((Aspect.SCHEMES, "", ", ".join(schemes))),
            evidence=tuple(fact for one in ones for fact in one.evidence),
        )


def _surest(owners: Iterable[OwnerKind]) -> OwnerKind:
    order = (OwnerKind.SDK, OwnerKind.APP, OwnerKind.UNATTRIBUTED, OwnerKind.BYSTANDER)
    return min(owners, key=order.index)


def _by_name(facts: Iterable[Fact]) -> Mapping[str, tuple[Fact, ...]]:
    named: dict[str, list[Fact]] = {}
    for fact in facts:
        named.setdefault(fact.name, []).append(fact)
    return {name: tuple(ones) for name, ones in named.items()}


# -- two builds --------------------------------------------------------------------------------------------------------


def diff(old: Side, new: Side) -> tuple[Change, ...]:
    """Return what differs between two builds, in the order it is told."""
    before = {item.key: item for item in old.items}
    after = {item.key: item for item in new.items}
    changes = []
    for key in before.keys() | after.keys():
        was, now = before.get(key), after.get(key)
        if now is None and was is not None:
            hidden = _hides(new, was.matter)
            how = How.NOT_SEEN if hidden else How.DROPPED
            changes.append(Change(how=how, item=was, shifts=_shifts(was.traits, ()), doubtful=hidden))
        elif was is None and now is not None:
            hidden = _hides(old, now.matter)
            changes.append(Change(how=How.ADDED, item=now, shifts=_shifts((), now.traits), doubtful=hidden))
        elif was is not None and now is not None and (shifts := _shifts(was.traits, now.traits)):
            hidden = _hides(old, now.matter) or _hides(new, now.matter)
            doubtful = any(_unsure(shift, hidden=hidden) for shift in shifts)
            changes.append(Change(how=How.CHANGED, item=now, shifts=shifts, doubtful=doubtful))
    return tuple(sorted(changes, key=lambda change: change.key))


def _shifts(old: Sequence[Trait], new: Sequence[Trait]) -> tuple[Shift, ...]:
    before = {(one.aspect.value, one.of): one.value for one in old}
    after = {(one.aspect.value, one.of): one.value for one in new}
    return tuple(
        Shift(aspect=Aspect(aspect), of=of, old=before.get((aspect, of), ""), new=after.get((aspect, of), ""))
        for aspect, of in sorted(before.keys() | after.keys())
        if before.get((aspect, of)) != after.get((aspect, of))
    )


def _unsure(shift: Shift, *, hidden: bool) -> bool:
    """Tell whether a difference may be none: one side does not tell a version, or a gap hides what decides."""
    if shift.aspect in (Aspect.VERSION, Aspect.VERIFIED):
        return not (shift.old and shift.new)
    return hidden and (shift.aspect in _UNSURE or not (shift.old and shift.new))


def tables_of(platform: Platform) -> frozenset[Table]:
    """Return the tables that builds of a platform have something for."""
    return frozenset({_MANIFEST[platform], Table.SDKS, Table.DATA})


def _hides(side: Side, matter: Matter) -> bool:
    """Tell whether a gap of a build may hide something of a kind."""
    table = _table_of(matter, side.identity.platform)
    return any(table in gap.hides for gap in side.gaps)


def _table_of(matter: Matter, platform: Platform) -> Table:
    """Return the table whose gaps bear on a kind: hosts and calls stand in code, the others in the manifest."""
    if matter is Matter.SDK:
        return Table.SDKS
    return Table.DATA if matter in (Matter.DATA, Matter.STARTUP, Matter.HOST) else _MANIFEST[platform]


# -- what is new and undeclared ----------------------------------------------------------------------------------------


def judged(changes: Sequence[Change], old: Audit, new: Audit) -> tuple[tuple[Change, ...], tuple[Finding, ...]]:
    """Return the changes as the audits of both builds under one declaration leave them, and the new findings that count."""
    before = {finding.fingerprint: finding for finding in (*old.findings, *old.accepted)}
    fresh = {finding for finding in new.findings if _is_fresh(finding, before.get(finding.fingerprint))}
    marked = [_marked(change, new, fresh) for change in changes]
    there = {one for change in marked if change.how in (How.ADDED, How.CHANGED) for one in change.findings}
    gone = {one for change in marked for one in change.findings} - there
    counting = (fresh | there) - gone
    return tuple(sorted(marked, key=lambda change: change.key)), tuple(sorted(counting, key=lambda finding: finding.key))


def _is_fresh(finding: Finding, before: Finding | None) -> bool:
    """Tell whether a finding is new: it was not there, or was lighter, or not sure enough to count."""
    if before is None:
        return True
    surer = before.confidence < Confidence.MEDIUM <= finding.confidence
    return finding.severity > before.severity or surer


def _marked(change: Change, audit: Audit, fresh: set[Finding]) -> Change:
    about = [finding for finding in audit.findings if _is_about(finding, change.item)]
    # an old finding on the same type or host cannot be about code that was not there
    finer = change.how is How.ADDED and change.item.matter in (Matter.DATA, Matter.STARTUP, Matter.HOST)
    news = tuple(finding for finding in about if finer or finding in fresh)
    if change.how is not How.ADDED:
        return replace(change, findings=news)
    accepted = [finding for finding in audit.accepted if _is_about(finding, change.item)]
    standing = _by_row(change.item, audit)
    if accepted and all(finding.severity <= max(one.severity for one in accepted) for finding in about):
        standing = Standing.ACCEPTED
    elif about and standing is not Standing.DECLARED:
        new = Standing.UNDECLARED if standing is Standing.NOT_REQUIRED else Standing.FINDING
        standing = new if news else Standing.KNOWN
    return replace(change, standing=standing, findings=news)


_STANDINGS = {
    State.MATCHED: Standing.DECLARED,
    State.DIFFERS: Standing.DECLARED,
    State.NOT_FOUND: Standing.DECLARED,
    State.UNDECLARED: Standing.NOT_REQUIRED,
    State.UNCHECKED: Standing.UNCHECKED,
}


def _by_row(item: Item, audit: Audit) -> Standing | None:
    """Return what the tables of an audit say of a thing that no finding is about."""
    if item.matter not in (Matter.PERMISSION, Matter.USAGE_STRING, Matter.SDK, Matter.DATA):
        return None
    table = _table_of(item.matter, audit.identity.platform)
    if not any(one.table is table and one.compared for one in audit.checked):
        return Standing.UNCHECKED
    row = next((row for row in audit.table(table) if row.subject == item.subject), None)
    if row is None:
        return None
    denied = bool(row.denied_by) or (bool(item.sdk) and item.sdk in row.beyond)
    return Standing.NOT_REQUIRED if denied else _STANDINGS.get(row.state)


def _is_about(finding: Finding, item: Item) -> bool:
    on_data = finding.table is Table.DATA
    if item.matter is Matter.SIGNER:
        return not on_data and finding.subject in ("signer", "signature")
    if item.matter in (Matter.DATA, Matter.STARTUP):
        same = finding.subject == (item.subject if on_data else item.sdk)
        return same and (_meet(finding, item) or (on_data and not finding.evidence))
    if item.matter is Matter.HOST:
        return not on_data and (finding.subject == item.subject or _meet(finding, item))
    return not on_data and item.matter is not Matter.LEVEL and finding.subject == item.subject


def _meet(finding: Finding, item: Item) -> bool:
    """Tell whether a finding rests on what shows the item."""
    places = {_place(fact) for fact in item.evidence}
    return any(_place(fact) in places for fact in finding.evidence)


def _place(fact: Fact) -> tuple[FactKind, str, Location]:
    return fact.kind, fact.name, fact.location

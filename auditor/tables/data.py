"""The data table: every kind of personal data that is declared, denied or collected, with who can collect it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from auditor.knowledge.schema import Cover, Knowledge
from auditor.model import (
    MOST_EVIDENCE,
    Build,
    Collection,
    Conduct,
    Declaration,
    DeclaredData,
    DeclaredPermission,
    DeclaredRow,
    DeclaredSdk,
    DeclaredUsageKey,
    OwnerKind,
    Platform,
    Row,
    SdkTier,
    State,
    Table,
    Text,
)

__all__ = ["covered", "data_rows"]

_GENERAL = Text(
    zh="政策只用笼统的词涉及此类信息，未逐一列出", en="the policy touches it in general words only and does not list it"
)
_FOR_SDKS = Text(
    zh="政策只在部分第三方 SDK 的条目中列出，其他代码也能收集",
    en="the policy lists it in rows of some SDKs only; other code can collect it as well",
)
_DENIED_ELSEWHERE = Text(zh="政策另一处称不收集", en="elsewhere the policy says that it is not collected")
_DENIED = Text(zh="政策称不收集", en="the policy says that it is not collected")
_DENIED_UNSEEN = Text(
    zh="政策称不收集；已读取的代码中未见收集，但静态分析不能证明没有收集",
    en="the policy says that it is not collected; no code that was read collects it, which proves nothing",
)
_WEAK = Text(
    zh="只见间接途径或支持库的调用，不足以断定", en="only a way to it, or a support library's call, was seen: no proof"
)
_UNSEEN = {
    "input": Text(
        zh="未见读取的代码；此类信息多由用户填写或在服务中产生，静态分析看不到",
        en="no call reads it; it is mostly typed by the user or comes about in the service, where static analysis does not look",
    ),
    "network": Text(
        zh="未见读取的代码；此类信息联网时即为服务器所知，静态分析看不到",
        en="no call reads it; every connection tells it to the server, which static analysis does not see",
    ),
    "": Text(
        zh="未见读取的代码；服务器下发的代码、原生代码和网页中的收集，静态分析看不到",
        en="no call reads it; static analysis does not see collection in native code, web pages or code loaded later",
    ),
}


def covered(type_: str, declared: Iterable[str], covers: Sequence[Cover]) -> Cover | None:
    """Return the first cover by which something declared stands for ``type_``."""
    names = set(declared)
    return next((cover for cover in covers if cover.declared in names and type_ in cover.covers), None)


@dataclass(slots=True)
class _Side:
    """What is declared of one data type."""

    rows: list[DeclaredRow] = field(default_factory=list)
    """Of the app: data rows first, then permissions and keys that open it."""
    vague: bool = True
    """Every one of them is in general words."""


class _Declared:
    """Everything a declaration says of data on one platform."""

    def __init__(
        self,
        declaration: Declaration,
        platform: Platform,
        meanings: Mapping[DeclaredSdk, Sequence[str]],
        knowledge: Knowledge,
    ) -> None:
        self.knowledge = knowledge
        self.platform = platform
        self.app: dict[str, _Side] = defaultdict(_Side)
        for row in declaration.data:
            if platform in row.platforms:
                side = self.app[row.type]
                side.rows.append(row)
                side.vague &= row.vague
        for opener, types in _openers(declaration, platform, knowledge):
            for type_ in types:
                side = self.app[type_]
                side.rows.append(opener)
                side.vague = False
        self.denied: dict[str, list[DeclaredData]] = defaultdict(list)
        for row in declaration.denials:
            # that it is not collected under a condition is no denial that a call could contradict
            if platform in row.platforms and not row.when:
                self.denied[row.type].append(row)
        self.sdks: dict[str, list[DeclaredSdk]] = defaultdict(list)
        for sdk_row, ids in meanings.items():
            if platform in sdk_row.platforms:
                for id_ in ids:
                    self.sdks[id_].append(sdk_row)
        self.by_sdks: dict[str, list[DeclaredSdk]] = defaultdict(list)
        for sdk_row in meanings:
            if platform in sdk_row.platforms:
                for type_ in sdk_row.data:
                    self.by_sdks[type_].append(sdk_row)
        self._vague_words = {
            type_: words for type_, words in knowledge.policy_words.vague.items() if type_ in {one.declared for one in knowledge.data_hints}
        }

    def firmly(self) -> set[str]:
        """Return the types declared for the app in words of their own."""
        return {type_ for type_, side in self.app.items() if not side.vague}

    def vaguely(self) -> set[str]:
        """Return the types declared for the app in general words."""
        return {type_ for type_, side in self.app.items() if side.vague}

    def sdk_rows(self, type_: str) -> tuple[DeclaredSdk, ...]:
        """Return the rows of SDKs that name a type, or a wider one."""
        wider = [cover.declared for cover in self.knowledge.data_covers if type_ in cover.covers]
        return tuple(dict.fromkeys(row for name in (type_, *wider) for row in self.by_sdks.get(name, ())))

    def rows_of(self, sdk: str) -> list[DeclaredSdk]:
        """Return the rows that are about an SDK, or about one it ships inside of."""
        seen, waiting = {sdk}, [sdk]
        while waiting:
            id_ = waiting.pop(0)
            if id_ in self.sdks:
                return self.sdks[id_]
            known = self.knowledge.sdks.get(id_)
            for parent in known.part_of if known else ():
                if parent not in seen:
                    seen.add(parent)
                    waiting.append(parent)
        return []

    def names_for(self, sdk: str, type_: str) -> bool | None:
        """Tell whether an SDK's rows name a type; None where it has no row, or one that does not say what it collects."""
        rows = self.rows_of(sdk)
        data = {one for row in rows for one in row.data}
        if not data:
            return None
        if type_ in data or covered(type_, data, self.knowledge.data_covers) is not None:
            return True
        return self._hinted(type_, " ".join(row.data_text for row in rows))

    def _hinted(self, type_: str, text: str) -> bool:
        """Tell whether a row's own words hint at a type in general."""
        named = [name for name, words in self._vague_words.items() if any(word in text for word in words)]
        return covered(type_, named, self.knowledge.data_hints) is not None


def _openers(
    declaration: Declaration, platform: Platform, knowledge: Knowledge
) -> Iterator[tuple[DeclaredPermission | DeclaredUsageKey, Sequence[str]]]:
    """Yield the declared permissions or usage keys with the data types a policy declares by declaring them."""
    if platform is Platform.IOS:
        for key in declaration.usage_keys:
            known = knowledge.usage_keys.get(key.key)
            yield key, known.data if known else ()
        return
    if platform is Platform.HARMONYOS:
        for permission in declaration.harmony_permissions:
            harmony = knowledge.harmony_permissions.get(permission.name)
            yield permission, harmony.data if harmony else ()
        return
    opened: dict[str, list[str]] = defaultdict(list)
    for words in knowledge.policy_words.permissions:
        for name in words.permissions:
            opened[name] += words.data
    for row in declaration.permissions:
        yield row, tuple(dict.fromkeys(opened.get(row.name, ())))


def data_rows(
    build: Build,
    conduct: Conduct,
    declaration: Declaration,
    meanings: Mapping[DeclaredSdk, Sequence[str]],
    knowledge: Knowledge,
    hidden: bool,
) -> list[Row]:
    """Return one row per data type that is declared, denied or found; ``meanings`` are the SDKs each declared row is."""
    declared = _Declared(declaration, build.identity.platform, meanings, knowledge)
    found: dict[str, list[Collection]] = defaultdict(list)
    for one in conduct.collections:
        found[one.type].append(one)
    there = {sdk.id for sdk in conduct.sdks if sdk.tier > SdkTier.NAMED}
    types = {row.type for row in declaration.data if build.identity.platform in row.platforms}
    types |= set(found) | set(declared.denied)
    types |= {type_ for type_, rows in declared.by_sdks.items() if any(_is_there(row, meanings, there) for row in rows)}
    rows = [_row(type_, declared, found.get(type_, []), hidden) for type_ in sorted(types)]
    # what nobody speaks of and only a way leads to would fill the table with what is not there
    return [row for row in rows if row.declared or row.denied_by or not all(one.may for one in row.collectors)]


def _is_there(row: DeclaredSdk, meanings: Mapping[DeclaredSdk, Sequence[str]], there: set[str]) -> bool:
    return bool(there & set(meanings[row]))


def _row(type_: str, declared: _Declared, found: Sequence[Collection], hidden: bool) -> Row:
    knowledge = declared.knowledge
    collectors = tuple(sorted(found, key=lambda one: (not one.shown, not one.can_succeed, one.may, -one.confidence)))
    shown = [one for one in collectors if one.shown]
    own = declared.app.get(type_)
    cover = None if own else covered(type_, declared.firmly(), knowledge.data_covers)
    # who denies the wider kind does not deny the narrower: no precise location may mean a coarse one
    denials = tuple(declared.denied.get(type_, ()))
    of_sdks = declared.sdk_rows(type_)
    rows: list[DeclaredRow] = [*(own.rows if own else ()), *(declared.app[cover.declared].rows if cover else ())]
    hint = None if rows else covered(type_, declared.vaguely(), knowledge.data_hints)
    hinting = declared.app[hint.declared].rows if hint else []
    state, note = _state(type_, declared, collectors, shown, bool(rows), hint, denials, of_sdks, hidden)
    by = cover or hint
    if state is State.MATCHED and note is None:
        note = cover.why if cover is not None else _GENERAL if own is not None and own.vague else None
    every = [*rows, *hinting, *of_sdks]
    evidence = dict.fromkeys(fact for one in (shown or collectors) for fact in one.evidence)
    return Row(
        table=Table.DATA,
        subject=type_,
        state=state,
        declared=every[0] if every else None,
        covered_by=by.declared if by is not None else "",
        found=tuple(evidence)[:MOST_EVIDENCE],
        collectors=collectors,
        beyond=tuple(
            sorted({one.sdk for one in shown if one.owner is OwnerKind.SDK and declared.names_for(one.sdk, type_) is False})
        ),
        also_declared=tuple(every[1:]),
        denied_by=denials,
        note=note,
    )


def _state(
    type_: str,
    declared: _Declared,
    collectors: Sequence[Collection],
    shown: Sequence[Collection],
    by_app: bool,
    hint: Cover | None,
    denials: Sequence[DeclaredData],
    of_sdks: Sequence[DeclaredSdk],
    hidden: bool,
) -> tuple[State, Text | None]:
    if not shown:
        return _unshown(type_, declared, collectors, by_app or bool(of_sdks) or hint is not None, bool(denials), hidden)
    open_ = [one for one in shown if not _has_row(one, type_, declared, of_sdks)]
    if denials and open_:
        return (State.MATCHED, _DENIED_ELSEWHERE) if by_app else (State.DIFFERS, _DENIED)
    if by_app or not open_:
        return State.MATCHED, None
    if hint is not None:
        return State.DIFFERS, hint.why
    if of_sdks:
        return State.DIFFERS, _FOR_SDKS
    return State.UNDECLARED, None


def _has_row(one: Collection, type_: str, declared: _Declared, of_sdks: Sequence[DeclaredSdk]) -> bool:
    """Tell whether a row of an SDK names the type for a collector; code nobody is known to own may be that SDK's."""
    if one.owner is OwnerKind.UNATTRIBUTED:
        return bool(of_sdks)
    return one.owner is OwnerKind.SDK and bool(declared.names_for(one.sdk, type_))


def _unshown(
    type_: str, declared: _Declared, collectors: Sequence[Collection], is_declared: bool, denied: bool, hidden: bool
) -> tuple[State, Text | None]:
    """Return the state of a type that nothing is shown to collect."""
    failing = [one for one in collectors if not one.can_succeed]
    known = declared.knowledge.data_types.get(type_)
    if known is not None and declared.platform not in known.platforms and not collectors:
        return State.NOT_APPLICABLE, Text(zh="本平台不向应用提供此类信息", en="this platform gives apps no such data")
    if hidden:
        return State.UNCHECKED, Text(
            zh="包内有无法读取的部分，不能断定没有", en="parts of the build cannot be read, so it may be collected there"
        )
    if collectors and len(failing) == len(collectors) and not is_declared:
        return State.NOT_APPLICABLE, failing[0].why_not
    if collectors and len(failing) < len(collectors):
        return State.UNCHECKED, _WEAK
    if not is_declared and denied:
        return State.NOT_FOUND, _DENIED_UNSEEN
    if failing:
        reason = failing[0].why_not or Text(zh="", en="")
        return State.NOT_FOUND, Text(
            zh=f"有代码调用，但得不到结果：{reason.zh}", en=f"code asks for it and gets no answer: {reason.en}"
        )
    return State.NOT_FOUND, _UNSEEN[known.arises if known else ""]

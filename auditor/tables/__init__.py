"""(Build, Conduct, Declaration) -> the comparison tables: one row per subject, each with a state.

Tables state how the two sides stand to each other; whether that is a fault is a rule's business.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from auditor.infer.permissions import LevelRange, effective_ranges
from auditor.knowledge.names import Resolution, resolve
from auditor.knowledge.schema import Cover, Knowledge, PermissionKnowledge, ProtectionLevel
from auditor.model import (
    Build,
    Call,
    Checked,
    Conduct,
    Confidence,
    Declaration,
    DeclaredRow,
    DeclaredSdk,
    Fact,
    FactKind,
    Platform,
    Row,
    Sdk,
    SdkTier,
    State,
    Table,
    Text,
)
from auditor.tables.data import covered, data_rows

__all__ = ["Case", "compare", "consider", "covered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a rule may look at."""

    declaration: Declaration
    knowledge: Knowledge
    resolutions: Mapping[DeclaredSdk, Resolution]
    """What each declared SDK row means."""
    build: Build | None = None
    """None where only the document is considered."""
    conduct: Conduct = field(default_factory=Conduct)
    """What the build is able to do."""
    rows: tuple[Row, ...] = ()
    checked: tuple[Checked, ...] = ()
    calls: tuple[Call, ...] = ()
    """Call sites of the build that can read personal data."""
    hidden: frozenset[Table] = frozenset()
    """Tables whose found side a gap may hide."""

    def table(self, table: Table) -> Iterable[Row]:
        """Return the rows of one table."""
        return (row for row in self.rows if row.table is table)


def consider(declaration: Declaration, knowledge: Knowledge) -> Case:
    """Return the case of a declaration alone."""
    return Case(declaration=declaration, knowledge=knowledge, resolutions=_resolutions(declaration, knowledge))


def compare(build: Build, conduct: Conduct, declaration: Declaration, knowledge: Knowledge) -> Case:
    """Return the case of a declaration against a build."""
    hidden = frozenset(table for gap in (*build.gaps, *conduct.gaps) for table in gap.hides)
    resolutions = _resolutions(declaration, knowledge)
    rows: list[Row] = []
    match build.identity.platform:
        case Platform.ANDROID:
            rows += _permissions(build, conduct, declaration, knowledge, Table.PERMISSIONS in hidden)
        case Platform.IOS:
            rows += _usage_keys(build, declaration, knowledge, Table.USAGE_KEYS in hidden)
        case Platform.HARMONYOS:
            rows += _harmony_permissions(build, declaration, knowledge, Table.HARMONY_PERMISSIONS in hidden)
    meanings = {row: (row.id,) if row.id else resolutions[row].ids for row in declaration.sdks}
    rows += _sdks(build, conduct, declaration, knowledge, meanings, Table.SDKS in hidden)
    rows += data_rows(build, conduct, declaration, meanings, knowledge, Table.DATA in hidden)
    order = {table: index for index, table in enumerate(Table)}
    return Case(
        declaration=declaration,
        knowledge=knowledge,
        resolutions=resolutions,
        build=build,
        conduct=conduct,
        rows=tuple(sorted(rows, key=lambda row: (order[row.table], row.subject))),
        checked=tuple(_checked(build.identity.platform, table) for table in Table),
        calls=conduct.calls,
        hidden=hidden,
    )


def _resolutions(declaration: Declaration, knowledge: Knowledge) -> dict[DeclaredSdk, Resolution]:
    return {
        row: resolve(knowledge, name=row.name, package=row.package, aliases=row.aliases, url=row.url)
        for row in declaration.sdks
    }


def _checked(platform: Platform, table: Table) -> Checked:
    """Say whether a table is compared at all; whether gaps leave it in doubt is known only when every rule has run."""
    reason = _NOT_COMPARED.get((platform, table))
    return Checked(table=table, compared=reason is None, reason=reason)


_NOT_COMPARED = {
    (Platform.IOS, Table.PERMISSIONS): Text(zh="iOS 应用没有 Android 权限", en="an iOS app has no Android permissions"),
    (Platform.ANDROID, Table.USAGE_KEYS): Text(
        zh="Android 应用没有 Info.plist 用途说明", en="an Android app has no Info.plist usage strings"
    ),
    (Platform.HARMONYOS, Table.PERMISSIONS): Text(
        zh="HarmonyOS 应用没有 Android 权限", en="a HarmonyOS app has no Android permissions"
    ),
    (Platform.HARMONYOS, Table.USAGE_KEYS): Text(
        zh="HarmonyOS 应用没有 Info.plist 用途说明", en="a HarmonyOS app has no Info.plist usage strings"
    ),
    (Platform.ANDROID, Table.HARMONY_PERMISSIONS): Text(
        zh="Android 应用没有 HarmonyOS 权限", en="an Android app has no HarmonyOS permissions"
    ),
    (Platform.IOS, Table.HARMONY_PERMISSIONS): Text(
        zh="iOS 应用没有 HarmonyOS 权限", en="an iOS app has no HarmonyOS permissions"
    ),
}


def _covering(covers: Sequence[Cover], declared: Iterable[str]) -> dict[str, Cover]:
    """Return, for each subject that something declared covers, the cover."""
    names = set(declared)
    covering: dict[str, Cover] = {}
    for cover in covers:
        if cover.declared in names:
            for subject in cover.covers:
                if subject not in names:
                    covering.setdefault(subject, cover)
    return covering


def _absent(hidden: bool) -> tuple[State, Text | None]:
    if hidden:
        return State.UNCHECKED, Text(zh="包内有无法读取的部分，不能断定没有", en="parts of the build cannot be read, so it may be there")
    return State.NOT_FOUND, None


def _askers(conduct: Conduct) -> dict[str, tuple[str, ...]]:
    """Return, for each permission, whose own manifests in the build are known to ask for it."""
    asked = (FactKind.PERMISSION, FactKind.PERMISSION_SDK23)
    return {entry.fact.name: tuple(one.id for one in entry.by) for entry in conduct.manifest if entry.fact.kind in asked}


def _permissions(
    build: Build, conduct: Conduct, declaration: Declaration, knowledge: Knowledge, hidden: bool
) -> list[Row]:
    declared = {row.name: row for row in declaration.permissions}
    covering = _covering(knowledge.permission_covers, declared)
    ranges = {
        name: _within(levels, knowledge.permissions.get(name)) for name, levels in effective_ranges(build).items()
    }
    found: dict[str, list[Fact]] = defaultdict(list)
    for fact in build.of(FactKind.PERMISSION, FactKind.PERMISSION_SDK23):
        found[fact.name].append(fact)
    askers = _askers(conduct)
    users = dict(conduct.uses)
    never = Text(
        zh="在本应用可安装的任何设备上都不会授予（maxSdkVersion 过低，或系统已取消该权限）",
        en="no device the app installs on grants it: its maxSdkVersion is too low, or the system dropped it",
    )
    rows = []
    used: dict[str, str] = {}
    for name, facts in found.items():
        cover = covering.get(name)
        effective = ranges.get(name) is not None
        row, note = declared.get(name), None
        if row is not None:
            state, note = (State.MATCHED, None) if effective else (State.DIFFERS, never)
        elif not effective:
            state, note = State.NOT_APPLICABLE, never
        elif cover is not None:
            state, row, note = State.MATCHED, declared[cover.declared], cover.why
            used.setdefault(cover.declared, name)
        else:
            state, note = State.UNDECLARED, _nature(name, build.identity.app_id, knowledge)
        rows.append(
            Row(
                table=Table.PERMISSIONS,
                subject=name,
                state=state,
                declared=row,
                covered_by=cover.declared if cover and state is State.MATCHED else "",
                found=tuple(facts),
                asked_by=askers.get(name, ()),
                used_by=users.get(name, ()),
                note=note,
            )
        )
    rows += _unmet(Table.PERMISSIONS, {name: row for name, row in declared.items() if name not in found}, used, hidden)
    return rows


def _nature(name: str, app_id: str, knowledge: Knowledge) -> Text | None:
    """Say what kind of permission it is, where that tells a reader why nobody minds that it is not declared."""
    known = knowledge.permissions.get(name)
    if known is None:
        if name.startswith(f"{app_id}.") or any(one.pattern.search(name) for one in knowledge.vendor_patterns):
            return Text(zh="应用自身或其 SDK 自定义的权限", en="defined by the app itself or by an SDK in it")
        return Text(zh="不是系统权限，知识库未收录", en="no permission of the system, and none that is known here")
    if known.special_access or known.level is ProtectionLevel.DANGEROUS:
        return None
    if known.vendor:
        return Text(zh="厂商自定义的权限", en="defined by a vendor")
    if known.level is ProtectionLevel.NORMAL:
        if known.data:
            return None
        return Text(
            zh="普通权限，安装时自动授予，本身不涉及个人信息", en="normal: granted on installation, opens no personal data by itself"
        )
    if known.level in (ProtectionLevel.SIGNATURE, ProtectionLevel.INTERNAL):
        return Text(zh="签名级权限，普通应用无法获得授权", en="for the system's own apps; no other app is granted it")
    return None


def _within(levels: LevelRange | None, known: PermissionKnowledge | None) -> LevelRange | None:
    """Return the part of a range on which the system has the permission at all; None where there is none."""
    if levels is None or known is None:
        return levels
    first = max(levels[0], known.added)
    ends = [end for end in (levels[1], known.removed_after or None) if end is not None]
    last = min(ends, default=None)
    return None if last is not None and last < first else (first, last)


def _usage_keys(build: Build, declaration: Declaration, knowledge: Knowledge, hidden: bool) -> list[Row]:
    declared = {row.key: row for row in declaration.usage_keys}
    covering = _covering(knowledge.usage_key_covers, declared)
    found: dict[str, list[Fact]] = defaultdict(list)
    for fact in build.of(FactKind.USAGE_STRING):
        found[fact.name].append(fact)
    rows = []
    used: dict[str, str] = {}
    for key, facts in found.items():
        cover = covering.get(key)
        row = declared.get(key)
        known = knowledge.usage_keys.get(key)
        state, note = State.UNDECLARED if row is None else State.MATCHED, None
        if cover is not None:
            state, row, note = State.MATCHED, declared[cover.declared], cover.why
            used.setdefault(cover.declared, key)
        elif row is None and known is not None and known.only_on:
            state = State.NOT_APPLICABLE
            note = Text(zh=f"该键只在 {known.only_on} 上起作用", en=f"this key has an effect on {known.only_on} only")
        rows.append(
            Row(
                table=Table.USAGE_KEYS,
                subject=key,
                state=state,
                declared=row,
                covered_by=cover.declared if cover else "",
                found=tuple(facts),
                note=note,
            )
        )
    rows += _unmet(Table.USAGE_KEYS, {key: row for key, row in declared.items() if key not in found}, used, hidden)
    return rows


def _harmony_permissions(build: Build, declaration: Declaration, knowledge: Knowledge, hidden: bool) -> list[Row]:
    declared = {row.name: row for row in declaration.harmony_permissions}
    covering = _covering(knowledge.harmony_covers, declared)
    allowed = {fact.name for fact in build.of(FactKind.PERMISSION_ALLOWED)}
    found: dict[str, list[Fact]] = defaultdict(list)
    for fact in build.of(FactKind.PERMISSION, FactKind.PERMISSION_REASON):
        found[fact.name].append(fact)
    asked = {fact.name for fact in build.of(FactKind.PERMISSION)}
    rows = []
    used: dict[str, str] = {}
    for name in sorted(asked):
        cover = covering.get(name)
        row, note = declared.get(name), None
        if row is not None:
            state = State.MATCHED
        elif cover is not None:
            state, row, note = State.MATCHED, declared[cover.declared], cover.why
            used.setdefault(cover.declared, name)
        else:
            state, note = State.UNDECLARED, _harmony_nature(name, knowledge, allowed=name in allowed)
        rows.append(
            Row(
                table=Table.HARMONY_PERMISSIONS,
                subject=name,
                state=state,
                declared=row,
                covered_by=cover.declared if cover and state is State.MATCHED and row is not declared.get(name) else "",
                found=tuple(found[name]),
                note=note,
            )
        )
    unmet = {name: row for name, row in declared.items() if name not in asked}
    return rows + _unmet(Table.HARMONY_PERMISSIONS, unmet, used, hidden)


def _harmony_nature(name: str, knowledge: Knowledge, *, allowed: bool) -> Text | None:
    """Say what kind of permission it is, where that tells a reader why nobody minds that it is not declared."""
    known = knowledge.harmony_permissions.get(name)
    if allowed:
        return Text(zh="签名描述文件以访问控制列表向本应用开放", en="opened to the app by the access control list of its signed profile")
    if known is None and name not in knowledge.harmony_others:
        return Text(zh="不是系统权限，知识库未收录", en="no permission of the system, and none that is known here")
    if known is None or known.system:
        return Text(zh="仅向系统应用开放，普通应用无法获得授权", en="for the system's own apps; no other app is granted it")
    if not known.by_user and not known.data:
        return Text(
            zh="系统授权，安装时自动授予，本身不涉及个人信息",
            en="granted by the system on installation, opens no personal data by itself",
        )
    return None


def _unmet(table: Table, declared: Mapping[str, DeclaredRow], used: Mapping[str, str], hidden: bool) -> list[Row]:
    """Return the rows of what is declared and not found under its own name."""
    rows = []
    for subject, row in declared.items():
        if subject in used:
            by = used[subject]
            state: State = State.MATCHED
            note: Text | None = Text(zh=f"包内以 {by} 出现", en=f"in the build it is {by}")
        else:
            state, note = _absent(hidden)
        rows.append(Row(table=table, subject=subject, state=state, declared=row, note=note))
    return rows


def _sdks(
    build: Build,
    conduct: Conduct,
    declaration: Declaration,
    knowledge: Knowledge,
    meanings: Mapping[DeclaredSdk, Sequence[str]],
    hidden: bool,
) -> list[Row]:
    platform = build.identity.platform
    declared: dict[str, DeclaredSdk] = {}
    for row, ids in meanings.items():
        if platform in row.platforms:
            for id_ in ids:
                declared.setdefault(id_, row)
    rows = [_found_sdk(sdk, declared, knowledge) for sdk in conduct.sdks]
    subjects = {sdk.id for sdk in conduct.sdks}
    for row, ids in meanings.items():
        known = [id_ for id_ in ids if id_ in knowledge.sdks]
        subject = known[0] if len(known) == 1 else row.written
        # one row per subject: what was found stands already, and the policy may name one SDK twice
        if subjects & {*ids, subject}:
            continue
        subjects.add(subject)
        state, note = _absent(hidden)
        elsewhere = bool(known) and all(platform not in knowledge.sdks[id_].platforms for id_ in known)
        if platform not in row.platforms or (elsewhere and platform is not Platform.HARMONYOS):
            state, note = State.NOT_APPLICABLE, Text(zh="该 SDK 不用于本平台", en="not for this platform")
        elif elsewhere:
            # that no package of it is known says nothing of whether there is one
            state = State.UNCHECKED
            note = Text(
                zh="知识库未收录该 SDK 在 HarmonyOS 上的特征，未能在包内核对",
                en="what it leaves in a HarmonyOS build is not known here, so the build could not be searched for it",
            )
        elif not known:
            state = State.UNCHECKED
            note = Text(
                zh="无法对应到已知的 SDK，未能在包内核对", en="names no SDK known here, so the build could not be searched for it"
            )
        rows.append(Row(table=Table.SDKS, subject=subject, state=state, declared=row, note=note))
    return rows


def _found_sdk(sdk: Sdk, declared: Mapping[str, DeclaredSdk], knowledge: Knowledge) -> Row:
    row, covered_by, note = declared.get(sdk.id), "", None
    if row is None:
        parent = _declared_parent(sdk.id, declared, knowledge)
        if parent:
            row, covered_by = declared[parent], parent
            name = knowledge.sdks[parent].name
            note = Text(zh=f"属于已声明的{name.zh}", en=f"part of {name.en}, which is declared")
    only_named = Text(
        zh="包内仅出现名称（清单、资源等），未见其代码", en="only named in the build (manifest, resources); none of its code was seen"
    )
    if row is not None:
        state = State.MATCHED if sdk.tier > SdkTier.NAMED or covered_by else State.DIFFERS
    else:
        state = State.UNDECLARED
        if not knowledge.sdks[sdk.id].collects:
            note = Text(zh="不收集个人信息，无需在政策中列出", en="collects no personal data; a policy need not list it")
    if sdk.tier is SdkTier.NAMED:
        note = only_named
    elif sdk.confidence is Confidence.LOW and any(fact.kind is FactKind.ARK_PACKAGE for fact in sdk.evidence):
        note = Text(
            zh="依据字节码中的软件包名称，名称不能证明是该 SDK 的代码",
            en="by the name of a package in the bytecode, which does not prove that the code is the SDK's",
        )
    return Row(
        table=Table.SDKS,
        subject=sdk.id,
        state=state,
        declared=row,
        covered_by=covered_by,
        found=sdk.evidence,
        sdk=sdk,
        note=note,
    )


def _declared_parent(id_: str, declared: Mapping[str, DeclaredSdk], knowledge: Knowledge) -> str:
    """Return the declared SDK that ``id_`` ships inside of, near or far; empty where there is none."""
    seen, waiting = {id_}, [id_]
    while waiting:
        for parent in knowledge.sdks[waiting.pop(0)].part_of:
            if parent in declared:
                return parent
            if parent not in seen and parent in knowledge.sdks:
                seen.add(parent)
                waiting.append(parent)
    return ""

"""Code that is not in the build: what loads code at run time, and what replaces code after installation.

Neither can be audited from the build. Who does it decides what that means: the app itself, or code nobody is known to own, may
load anything; an SDK loads its own; what only support libraries do, they do for every app.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from auditor.infer.owners import Owners
from auditor.knowledge.api_schema import ApiRole
from auditor.knowledge.schema import Knowledge
from auditor.model import (
    MOST_EVIDENCE,
    Build,
    Fact,
    FactKind,
    Framework,
    FrameworkKind,
    Gap,
    Location,
    OwnerKind,
    Presence,
    Severity,
    Table,
    Text,
)

__all__ = ["find_loading"]

_HIDDEN = frozenset({Table.SDKS, Table.DATA})
_NAME = Text(zh="运行时加载代码", en="Loading code at run time")


def find_loading(
    build: Build, knowledge: Knowledge, owner_of: Owners, frameworks: Sequence[Framework]
) -> tuple[tuple[Gap, ...], Presence | None]:
    """Return the gaps that loading code leaves, and what a reader has to know of it; None where nobody looked for calls."""
    if not build.of(FactKind.CALL):
        return tuple(_gaps({}, frameworks)), None
    telling = {f"{one.class_}.{one.name}": one.severity for one in knowledge.apis.methods if one.role is ApiRole.LOADS}
    facts = [fact for fact in build.of(FactKind.CALL) if fact.name in telling]
    by_owner: dict[OwnerKind, list[Fact]] = {}
    for fact in facts:
        # a loader every library makes to reach its own classes proves nothing, whoever makes it
        if telling[fact.name] > Severity.INFO:
            by_owner.setdefault(owner_of(fact.by)[0], []).append(fact)
    gaps = tuple(_gaps(by_owner, frameworks))
    note = None
    if facts and not gaps:
        note = Text(
            zh="仅由支持库或 SDK 自身调用，不表示应用加载包外代码",
            en="called by support libraries or SDKs alone: no sign that the app loads code",
        )
    return gaps, Presence(subject="dynamic-loading", name=_NAME, evidence=tuple(facts[:MOST_EVIDENCE]), note=note)


def _gaps(by_owner: Mapping[OwnerKind, list[Fact]], frameworks: Sequence[Framework]) -> Iterator[Gap]:
    own = [*by_owner.get(OwnerKind.APP, ()), *by_owner.get(OwnerKind.UNATTRIBUTED, ())]
    if own:
        first, more = own[0], len(own) - 1
        also = f" (and so {'does 1 more place' if more == 1 else f'do {more} more places'})" if more else ""
        yield Gap(
            location=first.location,
            reason=Text(
                zh=f"此处调用 {first.name} 在运行时加载代码"
                + (f"（另有 {more} 处）" if more else "")
                + "，所加载的代码可能不在包内，未能审计；请向开发者索取所加载的全部代码文件",
                en=f"calls {first.name} to load code at run time{also}: what it loads may not be in the build and was"
                " not audited; ask the developer for every file of code it loads",
            ),
            hides=_HIDDEN,
        )
    for one in frameworks:
        if one.kind is FrameworkKind.HOT_FIX:
            place = one.evidence[0].location if one.evidence else Location(file="classes.dex")
            yield Gap(
                location=place,
                reason=Text(
                    zh=f"包含热更新框架 {one.name.zh}，安装后可替换或新增代码；本报告只涉及包内代码，请向开发者索取已下发的补丁",
                    en=f"belongs to {one.name.en}, which can replace or add code after installation:"
                    " this report covers the code in the build; ask the developer for the patches sent out",
                ),
                hides=_HIDDEN,
            )

"""Purposes the policy gives that have nothing in common with what the build says or the SDK is for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.model import (
    Confidence,
    DeclaredPermission,
    DeclaredSdk,
    DeclaredUsageKey,
    Fact,
    Owner,
    Row,
    Severity,
    State,
    Table,
    Text,
)
from auditor.rules._limits import PURPOSE
from auditor.rules._purposes import (
    app_names,
    names_of,
    only_asks,
    purposes_in,
    purposes_of_category,
    quoted,
    shown_texts,
)
from auditor.rules._rule import Claim, rule
from auditor.tables import Case

_GENERAL = frozenset({"common", "framework", "platform", "other"})
"""Categories of SDKs that may serve any purpose."""


@rule(
    title=Text(zh="政策所述目的与安装包所述目的不同", en="The policy gives another purpose than the build"),
    severity=Severity.LOW,
    limits=PURPOSE,
    cites=("PIPL-17", "CAC191-2.3"),
    zh="""
    检查内容：政策中某一 iOS 用途键或 HarmonyOS 权限的目的，与安装包就其展示给用户的文字（各语言）；
    政策中某一 SDK 的目的，与该 SDK 所属类别的用途。
    两侧都能读出目的、却没有任何共同之处时才报告，并引用两侧原文；目的依词表识别，结论置信度低。

    为何重要：处理个人信息应当告知处理目的；弹窗与政策说法不一，用户无从判断信息究竟用于什么。

    如何处理：合规人员核对两处文字，以实际用途为准统一表述；若为同一用途的不同写法，可忽略本条。
    """,
)
def purpose_differs(case: Case) -> Iterator[Claim]:
    """What it does: compares the purpose the policy gives for an iOS usage key or HarmonyOS permission with the text the
    build shows the user, in every language; and the purpose it gives for an SDK with what SDKs of its kind are for. It
    speaks only where a purpose could be read on both sides and they have nothing in common, and quotes both; purposes are
    told by a list of words, so its confidence is low.

    Why it matters: the purpose of processing has to be told; where the dialogue and the policy say different things, the
    user cannot know what the data is for.

    How to put it right: compare the two texts and let both say what the data is really used for. Where they are two ways
    to say one thing, ignore the finding.
    """
    for row, shown in shown_texts(case):
        if isinstance(row.declared, DeclaredUsageKey | DeclaredPermission) and row.state is State.MATCHED:
            yield from _of_text(case, row, row.declared, shown)
    for row in case.table(Table.SDKS):
        if isinstance(row.declared, DeclaredSdk) and row.state is State.MATCHED and not row.covered_by:
            yield from _of_sdk(case, row, row.declared)


def _of_text(
    case: Case, row: Row, declared: DeclaredUsageKey | DeclaredPermission, shown: Sequence[Fact]
) -> Iterator[Claim]:
    """Compare the purposes of a usage key or permission with those of the texts the user is shown."""
    written = declared.purpose or _shared(case, declared.purpose_shared_with)
    said = _told(written, row.subject, case)
    read = [(fact, _told(fact.value, row.subject, case)) for fact in shown]
    told = frozenset().union(*(found for _, found in read)) if read else frozenset()
    if not said or not told or said & told:
        return
    facts = tuple(fact for fact, found in read if found)
    texts = " / ".join(dict.fromkeys(quoted(fact.value) for fact in facts))
    policy, build = names_of(said, case.knowledge), names_of(told, case.knowledge)
    yield Claim(
        subject=row.subject,
        confidence=Confidence.LOW,
        evidence=facts,
        declared=declared.location,
        policy=declared.policy,
        message=Text(
            zh=f"{row.subject}：政策称“{quoted(written)}”（{policy.zh}），安装包向用户显示“{texts}”（{build.zh}），两者没有共同目的",
            en=f"{row.subject}: the policy says “{quoted(written)}” ({policy.en}), the build shows the user “{texts}” ({build.en});"
            " they have no purpose in common",
        ),
        steps=_STEPS,
    )


def _of_sdk(case: Case, row: Row, declared: DeclaredSdk) -> Iterator[Claim]:
    """Compare an SDK's purpose with what its kind is for."""
    known = case.knowledge.sdks.get(row.subject)
    served = purposes_of_category(known.category, case.knowledge) if known and known.category not in _GENERAL else frozenset()
    said = purposes_in(declared.purpose, case.knowledge)
    if known is None or not said or not served or said & served:
        return
    if said & purposes_in(f"{known.name.zh} {known.name.en} {' '.join(known.aliases)}", case.knowledge):
        return  # the SDK's own name tells that purpose
    own = {one.id for one in case.knowledge.policy_words.purposes if one.categories[:1] == (known.category,)}
    policy, kind = names_of(said, case.knowledge), names_of(own & served or served, case.knowledge)
    yield Claim(
        subject=row.subject,
        confidence=Confidence.LOW,
        evidence=row.found[:1],
        declared=declared.location,
        policy=declared.policy,
        message=Text(
            zh=f"{known.name.zh}：政策称“{quoted(declared.purpose)}”（{policy.zh}），而该 SDK 一般用于{kind.zh}",
            en=f"{known.name.en}: the policy says “{quoted(declared.purpose)}” ({policy.en}), while this SDK is for {kind.en}",
        ),
        steps=_STEPS,
    )


_STEPS = (
    Owner.LEGAL.step(
        zh="核对两处文字，以实际用途为准统一表述；若为同一用途的不同写法，可忽略",
        en="let both texts say what the data is really used for; ignore this where they say one thing in two ways",
    ),
)


def _told(text: str, key: str, case: Case) -> frozenset[str]:
    """Return the purposes a text about a usage key names; one that only asks names none."""
    return frozenset() if only_asks(text, key, app_names(case), case.knowledge) else purposes_in(text, case.knowledge)


def _shared(case: Case, key: str) -> str:
    if not key:
        return ""
    keys = [(row.key, row.purpose) for row in case.declaration.usage_keys]
    permissions = [(row.name, row.purpose) for row in case.declaration.harmony_permissions]
    return next((purpose for name, purpose in (*keys, *permissions) if name == key), "")

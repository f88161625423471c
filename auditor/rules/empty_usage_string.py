"""iOS usage strings that tell the user nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.model import Confidence, Fact, Owner, Row, Severity, Table, Text
from auditor.rules._limits import ASKING
from auditor.rules._purposes import shown_texts
from auditor.rules._rule import Claim, rule
from auditor.rules._wording import of_usage_key
from auditor.tables import Case

_PLACEHOLDER = re.compile(
    r"\$[({][^)}]*[)}]|<#.*#>|\{\{.*\}\}|%@"  # unexpanded build settings and templates
    r"|(?:todo|tbd|fixme|test|testing|string|description|desc|usage|reason|purpose|none|null|nil|n/?a|x+|-+|\.+|…+)\.?"
    r"|(?:ns[a-z]+usagedescription|privacy - .*)"
    r"|(?:测试|描述|说明|用途|用途说明|权限说明|待定|待补充|无|暂无|请填写.*)",
    re.IGNORECASE,
)


@rule(
    title=Text(zh="用途说明为空或没有内容", en="A usage string is empty or says nothing"),
    severity=Severity.MEDIUM,
    limits=ASKING,
    cites=("CAC191-2.3", "PIPL-17"),
    zh="""
    检查内容：每个 NS…UsageDescription 键（HarmonyOS：每项权限的申请理由 reason）在每种语言下的文字是否为空、只是占位符
    （如 TODO、$(…)、键名本身）或只有应用名称。

    为何重要：该文字显示在系统授权弹窗中，是申请权限时同步告知目的的唯一位置；App Store 审核指南 5.1.1 也要求清楚完整地说明用途。

    如何处理：研发按政策所述目的写明收集该信息做什么，例如“用于扫描商品二维码”，并逐一补齐各语言的 InfoPlist.strings
    （HarmonyOS：string.json）。
    """,
)
def empty_usage_string(case: Case) -> Iterator[Claim]:
    """What it does: looks at the text of every NS…UsageDescription key (HarmonyOS: the reason of every permission) in every
    language: empty, a mere placeholder (TODO, $(…), the key itself), or nothing but the app's name.

    Why it matters: the text is shown in the system's dialogue and is the one place where the purpose is told together
    with the request; App Review guideline 5.1.1 asks for a clear and complete description too.

    How to put it right: say which data is used for what ("To scan product codes"), in each language's
    InfoPlist.strings (HarmonyOS: string.json).
    """
    label = case.build.identity.label if case.build else ""
    names = {name.casefold() for name in (label, case.declaration.app) if name}
    for row, texts in shown_texts(case):
        faults = [(fact, fault) for fact in texts if (fault := _fault(fact, names))]
        if not faults:
            continue
        zh = "；".join(f"{_where(fact).zh}{fault.zh}" for fact, fault in faults)
        en = "; ".join(f"{_where(fact).en} {fault.en}" for fact, fault in faults)
        empty = any(not fact.value.strip() for fact, _ in faults)
        yield Claim(
            subject=row.subject,
            confidence=Confidence.HIGH if empty else Confidence.MEDIUM,
            evidence=tuple(fact for fact, _ in faults),
            declared=row.declared.location if row.declared else None,
            policy=row.declared.policy if row.declared else None,
            message=_message(row, zh, en),
            steps=(
                Owner.PRODUCT.step(zh="定稿该用途说明", en="settle what the text is to say"),
                Owner.ENGINEERING.step(
                    zh=f"写明收集该信息用于什么功能，与政策中的目的保持一致，并补齐每种语言的 {_FILES[row.table]}",
                    en=f"say what the data is used for, as the policy does, in {_FILES[row.table]} of every language",
                ),
            ),
            wording=of_usage_key(row.subject, case),
        )


_FILES = {Table.USAGE_KEYS: "InfoPlist.strings", Table.HARMONY_PERMISSIONS: "string.json"}
"""Where the texts stand in the app's sources."""


def _message(row: Row, zh: str, en: str) -> Text:
    if row.table is Table.USAGE_KEYS:
        return Text(zh=f"用途说明 {row.subject} 没有说明目的：{zh}", en=f"The usage string {row.subject} tells no purpose: {en}")
    return Text(
        zh=f"权限 {row.subject} 的申请理由没有说明目的：{zh}", en=f"The reason for the permission {row.subject} tells no purpose: {en}"
    )


def _fault(fact: Fact, names: set[str]) -> Text | None:
    value = fact.value.strip()
    if not value:
        return Text(zh="为空", en="is empty")
    if value.casefold() in names:
        return Text(zh="只有应用名称", en="is only the app's name")
    if value == fact.name or _PLACEHOLDER.fullmatch(value):
        return Text(zh=f"是占位符“{value}”", en=f"is the placeholder “{value}”")
    return None


def _where(fact: Fact) -> Text:
    if fact.by in ("", "Base", "base"):
        return Text(zh=f"{fact.location.file} 中", en=f"the one in {fact.location.file}")
    return Text(zh=f"{fact.by} 语言的文字", en=f"the {fact.by} one")

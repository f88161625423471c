"""HarmonyOS permissions the user grants and the build gives no reason for."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import FactKind, Owner, Severity, Table, Text
from auditor.rules._limits import ASKING
from auditor.rules._rule import Claim, rule
from auditor.rules._wording import of_usage_key
from auditor.tables import Case

_WHENS = ("inuse", "always")


@rule(
    title=Text(zh="申请用户授权的权限未写明理由或使用场景", en="A permission the user grants has no reason or scene of use"),
    severity=Severity.MEDIUM,
    limits=ASKING,
    cites=("CAC191-2.3", "PIPL-17"),
    zh="""
    检查内容：HarmonyOS 应用申请的每项需用户授权的权限，是否在 requestPermissions 中写有 reason（任一模块写有即可），usedScene 是否给出
    使用时机（inuse 或 always）。缺 reason 为中；只缺 usedScene 或时机取值无效为低。理由的文字是否说明目的，由“用途说明为空或没有内容”和
    “用途说明没有说出用途”检查。

    为何重要：系统在授权弹窗中展示该理由，是申请权限时同步告知目的的位置；不写则只展示系统的默认文字。系统文档规定 user_grant 权限必须
    填写 reason，并适配多种语言。

    如何处理：研发在 module.json5 的 requestPermissions 中以 $string 资源补充 reason，并填写 usedScene。
    """,
)
def permission_without_reason(case: Case) -> Iterator[Claim]:
    """What it does: looks whether each permission a HarmonyOS app asks for and the user grants has a reason in
    requestPermissions, in any module, and whether usedScene says when it is used (inuse or always). Without a reason it is
    medium; low where only the scene is missing or names another time. What the text of a reason says is left to "A usage
    string is empty" and "A usage string names no purpose".

    Why it matters: the system shows the reason in its dialogue, where the purpose is told together with the request;
    without one it shows words of its own. The system's documentation asks for a reason, in each language, for every
    permission the user grants.

    How to put it right: give a reason as a $string resource, and usedScene, in requestPermissions of module.json5.
    """
    for row in case.table(Table.HARMONY_PERMISSIONS):
        known = case.knowledge.harmony_permissions.get(row.subject)
        asked = tuple(fact for fact in row.found if fact.kind is FactKind.PERMISSION)
        if known is None or not known.by_user or not asked:
            continue
        reason = any(fact.trait("reason") for fact in asked)
        scene = any(fact.trait("when") in _WHENS for fact in asked)
        if reason and scene:
            continue
        label = Text(zh=f"{row.subject}（{known.label.zh}）", en=f"{row.subject} ({known.label.en})") if known.label.zh else Text(
            zh=row.subject, en=row.subject
        )
        zh, en = ("理由（reason）", "no reason") if not reason else ("使用时机（usedScene）", "no scene of use (usedScene)")
        yield Claim(
            subject=row.subject,
            severity=None if not reason else Severity.LOW,
            evidence=asked,
            declared=row.declared.location if row.declared else None,
            policy=row.declared.policy if row.declared else None,
            message=Text(
                zh=f"安装包申请了需用户授权的权限 {label.zh}，但未写明{zh}",
                en=f"The build asks for {label.en}, which the user grants, and gives {en}",
            ),
            steps=(
                Owner.PRODUCT.step(zh="定稿申请该权限的理由", en="settle what the reason is to say"),
                Owner.ENGINEERING.step(
                    zh="在 module.json5 的 requestPermissions 中补充 reason（$string 资源，各语言）和 usedScene",
                    en="add reason (a $string resource, in each language) and usedScene in requestPermissions of module.json5",
                ),
            ),
            wording=of_usage_key(row.subject, case),
        )

"""Rows of the SDK list that leave out what such a list has to say."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import DeclaredSdk, Owner, Severity, Text
from auditor.rules._limits import WORDS
from auditor.rules._naming import called
from auditor.rules._rule import Claim, rule
from auditor.rules._wording import of_declared_sdk
from auditor.tables import Case


@rule(
    title=Text(zh="SDK 清单内容不完整", en="A row of the SDK list is incomplete"),
    severity=Severity.MEDIUM,
    limits=WORDS,
    cites=("CAC191-2.1", "PIPL-23"),
    document=True,
    zh="""
    检查内容：政策 SDK 清单的每一行是否写明名称、使用目的、收集的个人信息类型，以及联系方式或隐私政策链接。

    为何重要：向其他个人信息处理者提供个人信息，须告知接收方的名称、联系方式、处理目的、处理方式和个人信息的种类；仅列名称或包名不足以说明。

    如何处理：合规补齐缺少的内容；不收集个人信息的 SDK，写明“不收集个人信息”。
    """,
)
def incomplete_sdk_row(case: Case) -> Iterator[Claim]:
    """What it does: looks whether every row of the policy's SDK list has a name, a purpose, the types of data collected
    and a contact or a link to the SDK's policy.

    Why it matters: people must be told the recipient's name and contact, the purpose, the way and the types of data; a
    bare name or package does not do that.

    How to put it right: add what is missing; for an SDK that collects nothing, say so.
    """
    for row in case.declaration.sdks:
        missing = list(_missing(row))
        if not missing:
            continue
        zh = "、".join(text.zh for text in missing)
        en = ", ".join(text.en for text in missing)
        name = called(row)
        yield Claim(
            subject=row.written,
            declared=row.location,
            policy=row.policy,
            message=Text(
                zh=f"政策对 SDK {name.zh}未写明：{zh}", en=f"The policy's row on the SDK {name.en} lacks: {en}"
            ),
            wording=of_declared_sdk(row, case),
            steps=(Owner.LEGAL.step(zh=f"在政策中补充{zh}", en=f"add {en} to the policy"),),
        )


def _missing(row: DeclaredSdk) -> Iterator[Text]:
    if not row.name and not row.aliases:
        yield Text(zh="名称", en="a name")
    if not row.purpose and not row.purpose_shared_with:
        yield Text(zh="使用目的", en="the purpose")
    if not row.data and not row.data_text:
        yield Text(zh="收集的个人信息类型", en="the types of data collected")
    if not row.url:
        yield Text(zh="联系方式或隐私政策链接", en="a contact or a link to its privacy policy")

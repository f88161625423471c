"""Policies that do not say who handles the data."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.model import Confidence, Owner, Severity, Text
from auditor.policy.lint._lint import Paper, Remark, lint

_COMPANY = re.compile(
    r"[\u4e00-\u9fff（）()](?:有限责任公司|股份公司|有限公司|集团公司|经营部|工作室|研究院|研究所|事务所|合作社|委员会|银行(?!卡|账|帐)|大学|医院|个体工商户|管理局)"
    r"|\b(?:Inc|Ltd|LLC|GmbH|Corp|Limited|Company|Co)\b\.?"
)
_NAMED = re.compile(
    r"(?:开发者|运营者|运营方|提供者|运营主体|开发商|公司名称|主体名称|个人信息处理者|联系人)(?:名称)?\s?[:：为是系]\s?\S"
    r"|(?:我们|本公司)(?:是指|即|指)\s?\S|由[^，。]{2,40}(?:运营|开发|提供)|(?:以下简称|下称|简称)[“\"]?我们"
    r"|(?:developed|operated|owned|provided|built) by\s+\S|\bI, \S+"
)


@lint(
    title=Text(zh="未写明个人信息处理者的名称", en="The policy does not name who handles the data"),
    severity=Severity.MEDIUM,
    cites=("PIPL-17",),
    zh="""
    检查内容：政策是否写明个人信息处理者（运营者、开发者）的名称或姓名。

    为何重要：处理个人信息前，须告知个人信息处理者的名称或者姓名和联系方式。

    如何处理：合规在政策开头写明运营者的完整名称。
    """,
)
def no_operator(paper: Paper) -> Iterator[Remark]:
    """What it does: looks for the name of the company or person that handles the data.

    Why it matters: people must be told the name and contact of the one who handles their data beforehand.

    How to put it right: write the operator's full name at the top of the policy.
    """
    if paper.declaration.operator or paper.says(_COMPANY) or paper.says(_NAMED):
        return
    yield Remark(
        subject="operator",
        confidence=Confidence.MEDIUM,
        message=Text(zh="全文没有运营者或开发者的名称", en="No company or person is named as the one who handles the data"),
        todo=Owner.LEGAL.step(zh="在政策开头写明运营者的完整名称", en="write the operator's full name at the top"),
    )

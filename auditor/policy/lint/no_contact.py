"""Policies through which nobody can reach the one who is responsible."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.model import Confidence, Owner, Severity, Text
from auditor.policy.lint._lint import Paper, Remark, lint

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}\s?(?:@|＠|#|\(at\)|\[at\])\s?[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{2,63}){1,4}")
_PHONE = re.compile(
    r"(?<![\d.])(?:400[- ]?\d{3,4}[- ]?\d{3,4}|0\d{2,3}[- )）]?\d{7,8}|1[3-9]\d{9}|9[56]\d{3,6}|100\d{2,3}"
    r"|\+\d{1,3}[- ]?\d{6,12})(?!\d)"
)
_ADDRESS = re.compile(
    r"(?:联系|通讯|通信|邮寄|收件|办公|公司|邮政)\s?地\s?址\s?(?:[:：为]|是)|邮编|(?:mailing|postal)\s+address"
    r"|微信公众号\s?[:：]|QQ\s?群?\s?[:：]\s?\d{5,}",
    re.IGNORECASE,
)
_REACHED = re.compile(r"联系我们|与我们(?:取得)?联系|联系方式|contact|email|reach us|mailto:", re.IGNORECASE)
_DEPARTMENT = re.compile(
    r"个人信息(?:安全)?保护(?:的)?(?:专职|专门|专责|责任)?(?:部门|机构|负责人|团队)|个人信息安全(?:部门|负责人)|data protection officer",
    re.IGNORECASE,
)


@lint(
    title=Text(zh="未写明个人信息保护部门或处理者的联系方式", en="No named contact for the protection of personal information"),
    severity=Severity.MEDIUM,
    cites=("PIPL-17", "PIPL-50"),
    zh="""
    检查内容：政策是否写明可以直接使用的联系方式（电话、电子邮箱、通讯地址等）；提到个人信息保护部门或负责人的，是否写明其联系方式。

    为何重要：处理个人信息前须告知处理者的名称或姓名和联系方式，并须有便捷的受理申请的机制；只写“联系客服”“向专职部门投诉”而不写如何联系，无从行使权利。

    如何处理：合规写明个人信息保护部门（负责人）的电话、电子邮箱或通讯地址。
    """,
)
def no_contact(paper: Paper) -> Iterator[Remark]:
    """What it does: looks for a contact people can use (telephone, e-mail, postal address), and, where the policy speaks of
    a department or person responsible for the protection of personal information, for theirs.

    Why it matters: people must be told the name and contact of the one who handles their data, and there must be an easy
    way to make requests; "contact customer service" without saying how is none.

    How to put it right: give the telephone number, e-mail or postal address of the department or person responsible.
    """
    linked = any(address.startswith(("mailto:", "tel:")) for _, address in paper.document.links)
    if linked or any(paper.says(pattern) for pattern in (_EMAIL, _PHONE, _ADDRESS)):
        return
    department = next(iter(paper.find(_DEPARTMENT)), None)
    if department is not None:
        passage, match = department
        yield Remark(
            subject="department",
            line=passage.line_at(match.start()),
            message=Text(
                zh=f"文中提到“{match[0]}”，但全文没有其电话、电子邮箱或通讯地址",
                en=f"“{match[0]}” is mentioned, but no telephone number, e-mail or postal address of it is given",
            ),
            todo=_REMEDY,
        )
        return
    place = next(iter(paper.find(_REACHED)), None)
    yield Remark(
        subject="contact",
        line=place[0].line_at(place[1].start()) if place else None,
        confidence=Confidence.MEDIUM,
        message=Text(
            zh="全文没有电话、电子邮箱或通讯地址等可以直接使用的联系方式",
            en="No telephone number, e-mail or postal address is given anywhere",
        ),
        todo=_REMEDY,
    )


_REMEDY = Owner.LEGAL.step(
    zh="写明个人信息保护部门（负责人）的电话、电子邮箱或通讯地址",
    en="give a telephone number, e-mail or postal address of the department or person responsible",
)

"""Documents that belong to the policy and are named in it, but neither linked nor part of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.model import Confidence, Owner, Severity, Text
from auditor.policy.lint._lint import Paper, Remark, lint

_NAMED = re.compile(r"《([^《》]{3,40})》")
_OURS = re.compile(
    r"儿童|未成年人|清单|列表|目录|名录|权限|Cookie|SDK|个人信息(?:保护)?(?:规则|共享|收集|使用|处理)|共享|注销|算法|个性化|匹配|对外提供",
    re.IGNORECASE,
)
_LAW = re.compile(
    r"中华人民共和国|法\Z|条例|法典|办法|规定|国家标准|规范\Z|信息安全技术|决定\Z|通知\Z|GB/?T|解释\Z|指南\Z|规范（|条例（|网络保护"
)
_CHILDREN = re.compile(r"儿童|未成年人")


@lint(
    title=Text(zh="引用的文件未随政策提供", en="A document the policy refers to is not supplied"),
    severity=Severity.LOW,
    cites=("NDSR-21", "PIPL-17"),
    whole=False,
    zh="""
    检查内容：政策引用的《儿童个人信息保护规则》、第三方共享清单等自身文件，是否在本文件中或附有链接。法律法规、国家标准、用户协议和第三方的政策不在此列。

    为何重要：个人信息处理规则应集中公开、易于访问；引用而不提供，其中的内容等于没有告知，也无法核对。

    如何处理：合规为引用的文件附上链接或并入政策；核对时请一并提供该文件。
    """,
)
def document_not_supplied(paper: Paper) -> Iterator[Remark]:
    """What it does: looks whether documents of the operator's own that the policy refers to, such as rules for children's
    data or a list of third parties, are linked or part of it. Laws, standards, terms of use and other companies'
    policies are not meant.

    Why it matters: the rules must be published in one place and easy to reach; what stands in a document nobody is given
    is not told, and cannot be checked.

    How to put it right: link the document or make it part of the policy; for an audit, give that document too.
    """
    own = {_letters(paper.document.title)} | {_letters(passage.text) for passage in paper.passages if passage.heading}
    linked = {_letters(text) for text, _ in paper.document.links}
    seen: set[str] = set()
    for passage, match in paper.find(_NAMED):
        name = match[1].strip()
        letters = _letters(name)
        if name in seen or _LAW.search(name) or not _OURS.search(name):
            continue
        seen.add(name)
        line = passage.line_at(match.start())
        if line.links or any(letters in one for one in (*own, *linked)):
            continue
        children = _CHILDREN.search(name) is not None
        yield Remark(
            subject=name,
            line=line,
            severity=Severity.MEDIUM if children else None,
            confidence=Confidence.MEDIUM,
            message=Text(
                zh=f"引用了《{name}》，但本文件既不含其内容，也没有链接",
                en=f"《{name}》 is referred to, but is neither part of this document nor linked from it",
            ),
            todo=Owner.LEGAL.step(
                zh=f"附上《{name}》的链接或并入政策，并一并提供核对",
                en=f"link 《{name}》 or make it part of the policy, and supply it to be checked",
            ),
        )


def _letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())

"""Hosts whose operator says data goes abroad, where the policy says it stays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from auditor.model import Confidence, Host, Owner, OwnerKind, Severity, Text
from auditor.rules._limits import CONNECTING
from auditor.rules._rule import Claim, rule
from auditor.tables import Case

_HOME = "CN"
_STAYS, _LEAVES = "storage-location", "third-country"


@rule(
    title=Text(zh="政策称信息存储于境内，安装包中有境外运营者的主机", en="Hosts of operators abroad, where the policy says data stays"),
    severity=Severity.INFO,
    limits=CONNECTING,
    cites=("PIPL-39",),
    zh="""
    检查内容：政策写明个人信息存储于境内、且未说明向境外提供的，列出安装包的代码和文件中出现的、运营者自己的政策说明设在境外或在境外处理数据的主机。
    不根据 IP 地址推测位置；支持库中的主机不计。

    为何重要：向境外提供个人信息应当告知境外接收方并取得单独同意。出现主机名不等于发送个人信息，故仅作提示。

    如何处理：研发确认各主机是否接收个人信息；接收的，合规在政策中说明境外接收方，或改用境内服务。
    """,
)
def overseas_host(case: Case) -> Iterator[Claim]:
    """What it does: where the policy says that personal data is stored in China and does not speak of giving any abroad, names the
    hosts in code and files whose operator's own policy says it is established or processes data abroad. No host is located by its
    address, and those that only support libraries name do not count.

    Why it matters: who gives personal data abroad has to tell the receiver's name and to ask for separate consent. That a host is
    named does not show that personal data is sent there, so this is a hint and no more.

    How to put it right: make sure which of the hosts receive personal data; name the receiver in the policy, or use a service at
    home.
    """
    kinds = {one.kind: one for one in reversed(case.declaration.statements)}
    if _STAYS not in kinds or _LEAVES in kinds:
        return
    stays = kinds[_STAYS]
    by_operator: dict[str, list[Host]] = defaultdict(list)
    for host in case.conduct.hosts:
        if host.country not in ("", _HOME) and host.owner is not OwnerKind.BYSTANDER:
            by_operator[host.operator].append(host)
    for operator, hosts in sorted(by_operator.items()):
        names = list(dict.fromkeys(host.name for host in hosts))
        shown = names[:5]
        more = len(names) - len(shown)
        yield Claim(
            subject=operator,
            confidence=Confidence.MEDIUM,
            evidence=tuple(host.evidence[0] for host in hosts),
            declared=stays.location,
            policy=stays.policy,
            message=Text(
                zh=f"政策称信息存储于境内，安装包中有 {operator}（{hosts[0].country}）的主机：{'、'.join(shown)}"
                + (f" 等 {len(names)} 个" if more else ""),
                en=f"The policy says data stays in China; the build names hosts of {operator} ({hosts[0].country}): {', '.join(shown)}"
                + (f" and {more} more" if more else ""),
            ),
            steps=(
                Owner.ENGINEERING.step(zh="确认是否向这些主机发送个人信息", en="check whether personal data is sent to these hosts"),
                Owner.LEGAL.step(
                    zh="确有发送的，在政策中写明境外接收方并取得单独同意",
                    en="if it is, name the receiver abroad and ask for separate consent",
                ),
            ),
            wording=Text(
                zh=f"我们会向境外的 {operator}（{hosts[0].country}）提供您的【信息种类】，用于【目的】；对方的联系方式、您行使权利的方式："
                "【待补充】。我们会就此单独征得您的同意。",
                en=f"We give your [kinds of data] to {operator}, which is abroad ({hosts[0].country}), for [purpose]; how to reach it and"
                " how to use your rights there: [to be added]. We ask for your separate consent to this.",
            ),
        )

"""Personal data beyond what the app's category of service needs."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import Location, Owner, Severity, Table, Text
from auditor.rules._data import evidence_of, grave, shown, sure, types_named
from auditor.rules._limits import RUNNING
from auditor.rules._rule import Claim, rule
from auditor.tables import Case, covered


@rule(
    title=Text(zh="超出本类应用必要个人信息范围的信息", en="Data beyond the necessary information of the app's category"),
    severity=Severity.INFO,
    limits=RUNNING,
    cites=("APPROVE-COLLECT-39", "PIPL-6"),
    zh="""
    检查内容：声明写有服务类型（category）的，把安装包可收集的信息与《常见类型移动互联网应用程序必要个人信息范围规定》中该类应用的必要个人信息比对，
    列出超出的种类（机型等环境信息除外）。

    为何重要：不得因用户不同意提供非必要个人信息而拒绝其使用基本功能服务。列出不等于违规：扩展功能可以在征得同意后收集。

    如何处理：产品与合规确认所列信息各用于哪项扩展功能，拒绝后基本功能仍可使用。
    """,
)
def beyond_necessary_information(case: Case) -> Iterator[Claim]:
    """What it does: where the declaration names the category of service, compares what the build can collect with the
    necessary personal information the Chinese provisions list for that category, and names what goes beyond (context
    such as the device's model left out).

    Why it matters: nobody may be refused the basic service for refusing more than the necessary information. To go beyond
    is no fault in itself: further functions may collect more with consent.

    How to put it right: make sure which function needs each of them, and that the basic service works without.
    """
    category = case.knowledge.categories.get(case.declaration.category)
    if category is None or category.unverified:
        return
    beyond = {
        row.subject: collectors
        for row in case.table(Table.DATA)
        if (collectors := shown(row))
        and grave(collectors) > Severity.LOW
        and row.subject not in category.necessary
        and covered(row.subject, category.necessary, case.knowledge.data_covers) is None
    }
    if not beyond:
        return
    types = types_named(beyond, case)
    yield Claim(
        subject=category.id,
        confidence=max(sure(collectors) for collectors in beyond.values()),
        evidence=evidence_of((collectors[0] for collectors in beyond.values()), each=1),
        declared=Location(file=case.declaration.file, at="1"),
        message=Text(
            zh=f"本类应用（{category.name.zh}）的必要个人信息以外，安装包还可收集：{types.zh}",
            en=f"Beyond the necessary information of its category ({category.name.en}) the build can collect: {types.en}",
        ),
        steps=(
            Owner.PRODUCT.step(
                zh="确认上述信息各用于哪项扩展功能，并保证用户拒绝后基本功能仍可使用",
                en="make sure which function needs each of them, and that the basic service works without",
            ),
            Owner.LEGAL.step(
                zh="在政策中把这些信息写在相应的扩展功能之下", en="list them in the policy under the functions that need them"
            ),
        ),
    )

"""Statements of the policy about conduct that the build contradicts."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import (
    Build,
    Confidence,
    DeclaredData,
    DeclaredStatement,
    Fact,
    FactKind,
    Host,
    Owner,
    OwnerKind,
    Reach,
    Row,
    Severity,
    Table,
    Text,
)
from auditor.rules._data import evidence_of, type_name, who
from auditor.rules._limits import RUNNING
from auditor.rules._rule import Claim, rule
from auditor.tables import Case

_ON = ("true", "1", "-1")


@rule(
    title=Text(zh="安装包与政策的表述不符", en="The build contradicts a statement of the policy"),
    severity=Severity.MEDIUM,
    limits=RUNNING,
    cites=("CAC191-2.1", "PIPL-17"),
    zh="""
    检查内容：声明中记录的政策表述（statements）与数据行的条件（when），有哪些与安装包不符：
    称传输均加密，而清单或 App Transport Security 明确允许明文传输；称仅在用户主动操作时收集某类信息，而应用启动时即可运行到读取它的代码。
    允许明文不等于实际使用，可信度为低；应用自身的代码写有未加密的地址时为中。启动时的收集以调用关系为据，须运行时确认。声明在后台收集的，不因后台服务列为问题。

    为何重要：告知须真实、准确；作出的承诺与实际配置不符，用户无从判断风险。

    如何处理：研发关闭明文传输或限定到必要的域名，或把读取移到用户操作之后；合规按实际修改表述。
    """,
)
def statement_contradicted(case: Case) -> Iterator[Claim]:
    """What it does: compares the policy's statements that the declaration records, and the conditions of its data rows, with
    the build: all traffic is said to be encrypted, and the manifest or App Transport Security expressly allows cleartext;
    a kind of data is said to be collected on a user's action only, and code that reads it can run while the app starts.
    Allowing cleartext is not using it: the confidence is low, and medium where the app's own code names unencrypted
    addresses. Collection at start-up rests on the call graph: confirm it
    at run time. What is declared to be collected in the background is no finding for running there.

    Why it matters: users must be told truthfully and exactly; a promise that the build's own settings do not keep misleads them.

    How to put it right: switch cleartext off or limit it to the domains that need it, or move the reading behind the user's
    action; else correct the statement.
    """
    if case.build is None:
        return
    for statement in case.declaration.statements:
        if statement.kind == "transport-encryption" and (flags := _cleartext(case.build)):
            yield _not_encrypted(statement, flags, _own_plain_hosts(case))
            break
    yield from _at_start(case)


def _cleartext(build: Build) -> list[Fact]:
    """Return the settings that expressly allow unencrypted traffic everywhere."""
    wanted = {"usesCleartextTraffic", "NSAllowsArbitraryLoads"}
    facts = build.of(FactKind.TRANSPORT_SECURITY)
    # with a file of its own the network security configuration decides, whatever the manifest's flag says
    if any(fact.name == "networkSecurityConfig" for fact in facts):
        return []
    return [fact for fact in facts if fact.name in wanted and fact.value.lower() in _ON]


def _own_plain_hosts(case: Case) -> list[Host]:
    """Return the hosts the app's own code and scripts name with an unencrypted scheme."""
    return [one for one in case.conduct.hosts if one.owner is OwnerKind.APP and {"http", "ws"} & set(one.schemes)]


def _not_encrypted(statement: DeclaredStatement, flags: list[Fact], hosts: list[Host]) -> Claim:
    names = "、".join(dict.fromkeys(fact.name for fact in flags))
    listed = "、".join(one.name for one in hosts[:3])
    named = Text(
        zh=f"，应用自身的代码还写有未加密的地址（{listed}）" if listed else "",
        en=f" and names unencrypted addresses in its own code ({listed.replace('、', ', ')})" if listed else "",
    )
    return Claim(
        subject=statement.kind,
        confidence=Confidence.MEDIUM if hosts else Confidence.LOW,
        evidence=(*flags, *(fact for one in hosts for fact in one.evidence[:1])),
        declared=statement.location,
        policy=statement.policy,
        message=Text(
            zh=f"政策称传输加密（“{statement.text}”），安装包却明确允许明文传输（{names}）{named.zh}；是否实际使用须运行时确认",
            en=f"The policy says that traffic is encrypted (“{statement.text}”), and the build expressly allows cleartext"
            f" ({names.replace('、', ', ')}){named.en}; whether it is used takes a test of the running app",
        ),
        steps=(
            Owner.ENGINEERING.step(
                zh="关闭明文传输，或限定到确需的域名", en="switch cleartext off, or limit it to the domains that need it"
            ),
            Owner.LEGAL.step(zh="不能关闭的，按实际修改表述", en="where it has to stay, correct the statement"),
        ),
    )


def _at_start(case: Case) -> Iterator[Claim]:
    """Yield the data said to be collected on a user's action only that code reads while the app starts."""
    said = {type_: one for one in case.declaration.statements if one.kind == "user-action" for type_ in one.data}
    for row in case.table(Table.DATA):
        starting = [one for one in row.collectors if one.shown and one.reach is Reach.STARTUP and one.owner is not OwnerKind.BYSTANDER]
        promise = said.get(row.subject) or _condition(row)
        if promise is None or not starting:
            continue
        name, owners = type_name(row.subject, case), who(starting, case)
        yield Claim(
            subject=row.subject,
            table=Table.DATA,
            confidence=Confidence.MEDIUM,
            evidence=evidence_of(starting),
            declared=promise.location,
            policy=promise.policy,
            message=Text(
                zh=f"政策称仅在用户主动操作时收集“{name.zh}”（“{promise.text}”），而应用启动时即可运行到读取它的代码（{owners.zh}）；请在运行时确认",
                en=f"The policy says that “{name.en}” is collected on a user's action only (“{promise.text}”), and code that reads it"
                f" can run while the app starts ({owners.en}); confirm at run time",
            ),
            steps=(
                Owner.ENGINEERING.step(zh="把读取移到用户操作之后", en="move the reading behind the user's action"),
                Owner.LEGAL.step(zh="不能移动的，按实际修改表述", en="where it has to stay, correct the statement"),
            ),
        )


def _condition(row: Row) -> DeclaredData | None:
    """Return the app's rows' condition where all of them say that only a user's action leads to collection."""
    rows = [one for one in (row.declared, *row.also_declared) if isinstance(one, DeclaredData) and one.type == row.subject]
    return rows[0] if rows and all(one.when == "user-action" for one in rows) else None

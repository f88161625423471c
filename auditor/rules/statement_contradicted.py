"""Statements of the policy about conduct that the build contradicts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.model import (
    Build,
    Confidence,
    DeclaredData,
    DeclaredStatement,
    Fact,
    Host,
    Owner,
    OwnerKind,
    Reach,
    Row,
    Severity,
    Table,
    Text,
)
from auditor.rules._cleartext import Cleartext, cleartext_of
from auditor.rules._data import evidence_of, type_name, who
from auditor.rules._limits import RUNNING, TRANSPORT
from auditor.rules._rule import Claim, rule
from auditor.tables import Case

_MOST_DOMAINS = 5
_OF_TRANSPORT = ("PIPL-17", "PIPL-51")
_OF_AGREED = ("PIPL-17", "CAC191-3.3")
_DOCUMENT = re.compile(r"\.(?:html?|txt|md|rst|pdf|rtf|license|licence)\Z|(?:\A|/)(?:licen[cs]es?|notices?|copying)[^/]*\Z", re.IGNORECASE)
"""Files that are read by people: an address in one is no call."""


@rule(
    title=Text(zh="安装包与政策的表述不符", en="The build contradicts a statement of the policy"),
    severity=Severity.MEDIUM,
    limits=RUNNING,
    cites=("PIPL-17", "CAC191-3.3", "PIPL-51"),
    zh="""
    检查内容：声明中记录的政策表述（statements）与数据行的条件（when），有哪些与安装包不符：
    称传输均加密，而清单、网络安全配置或 App Transport Security 明确允许向任何域名或列出的域名明文传输，或未禁止明文传输
    （targetSdkVersion 低于 28）且应用自身的代码写有未加密的地址；称仅在用户主动操作时收集某类信息，而应用启动时即可运行到读取它的代码。
    有网络安全配置时不看清单的 usesCleartextTraffic；本机和内网地址不计。
    包内网页、许可证等文本中的地址不是代码，只在说明中提及。
    允许明文不等于实际使用，可信度为低；应用自身的代码写有明确允许的未加密地址时为中。
    启动时的收集以调用关系为据，须运行时确认。声明在后台收集的，不因后台服务列为问题。

    为何重要：告知须真实、准确；作出的承诺与实际配置不符，用户无从判断风险。

    如何处理：研发关闭明文传输或限定到必要的域名，或把读取移到用户操作之后；合规按实际修改表述。
    """,
)
def statement_contradicted(case: Case) -> Iterator[Claim]:
    """What it does: compares the policy's statements that the declaration records, and the conditions of its data rows, with
    the build: all traffic is said to be encrypted, and the manifest, the network security configuration or App Transport Security
    expressly allows cleartext to any host or to domains it lists, or nothing forbids it (a targetSdkVersion below 28) and the app's
    own code names unencrypted addresses; a kind of data is said to be collected on a user's action only, and code that reads it can
    run while the app starts.
    Addresses in packaged pages, licences and other texts are no code: they are mentioned, and prove nothing.
    With a network security configuration the manifest's flag counts for nothing; hosts in the house (``localhost``) are left out.
    Allowing cleartext is not using it: the confidence is low, and medium where the app's own code names unencrypted addresses that
    it is expressly allowed for. Collection at start-up rests on the call graph: confirm it
    at run time. What is declared to be collected in the background is no finding for running there.

    Why it matters: users must be told truthfully and exactly; a promise that the build's own settings do not keep misleads them.

    How to put it right: switch cleartext off or limit it to the domains that need it, or move the reading behind the user's
    action; else correct the statement.
    """
    if case.build is None:
        return
    for statement in case.declaration.statements:
        if statement.kind == "transport-encryption":
            yield from _not_encrypted(statement, case, case.build)
            break
    yield from _at_start(case)


def _not_encrypted(statement: DeclaredStatement, case: Case, build: Build) -> Iterator[Claim]:
    """Yield what settings of the build say against a promise of encryption."""
    cleartext = cleartext_of(build)
    plain = [one for one in _own_plain_hosts(case) if cleartext.allows(one.name)]
    hosts = [one for one in plain if not _only_in_documents(one)]
    texts = [one for one in plain if _only_in_documents(one)]
    flags = cleartext.everywhere or tuple(fact for _, fact in cleartext.allowed) or (cleartext.unsaid if hosts else ())
    if not flags:
        return
    named = _named(hosts, texts)
    allowed = _allowed(cleartext)
    yield Claim(
        subject=statement.kind,
        confidence=Confidence.MEDIUM if hosts and flags != cleartext.unsaid else Confidence.LOW,
        evidence=(*flags, *(fact for one in hosts for fact in one.evidence[:1])),
        cites=_OF_TRANSPORT,
        limits=TRANSPORT,
        declared=statement.location,
        policy=statement.policy,
        message=Text(
            zh=f"政策称传输加密（“{statement.text}”），安装包却{allowed.zh}{named.zh}；是否实际使用须运行时确认",
            en=f"The policy says that traffic is encrypted (“{statement.text}”), and the build {allowed.en}{named.en};"
            " whether it is used takes a test of the running app",
        ),
        steps=(
            Owner.ENGINEERING.step(
                zh="关闭明文传输，或限定到确需的域名", en="switch cleartext off, or limit it to the domains that need it"
            ),
            Owner.LEGAL.step(zh="不能关闭的，按实际修改表述", en="where it has to stay, correct the statement"),
        ),
    )


def _allowed(cleartext: Cleartext) -> Text:
    """Say where cleartext is allowed."""
    if cleartext.everywhere:
        names = list(dict.fromkeys(fact.name for fact in cleartext.everywhere))
        return Text(zh=f"明确允许明文传输（{'、'.join(names)}）", en=f"expressly allows cleartext ({', '.join(names)})")
    if domains := list(dict.fromkeys(domain for domain, _ in cleartext.allowed)):
        more = len(domains) - _MOST_DOMAINS
        zh, en = "、".join(domains[:_MOST_DOMAINS]), ", ".join(domains[:_MOST_DOMAINS])
        return Text(
            zh=f"明确允许向 {zh}{f' 等 {len(domains)} 个域名' if more > 0 else ''} 明文传输",
            en=f"expressly allows cleartext to {en}{f' and {more} more domains' if more > 0 else ''}",
        )
    level = cleartext.unsaid[0].value
    return Text(
        zh=f"未禁止明文传输（targetSdkVersion 为 {level}，低于 28 时默认允许）",
        en=f"does not forbid cleartext (its targetSdkVersion is {level}; below 28 it is allowed unless forbidden)",
    )


def _named(hosts: list[Host], texts: list[Host]) -> Text:
    """Say which unencrypted addresses there are: in code and settings, or only in what people read."""
    if hosts:
        return Text(
            zh=f"，应用自身的代码还写有未加密的地址（{'、'.join(one.name for one in hosts[:3])}）",
            en=f" and names unencrypted addresses in its own code ({', '.join(one.name for one in hosts[:3])})",
        )
    if texts:
        return Text(
            zh=f"；包内的网页或许可证等文本提到未加密的地址（{'、'.join(one.name for one in texts[:3])}），这不说明代码会访问它们",
            en=f"; packaged pages or licence texts name unencrypted addresses ({', '.join(one.name for one in texts[:3])}), which does"
            " not show that any code goes there",
        )
    return Text(zh="", en="")


def _only_in_documents(host: Host) -> bool:
    """Tell whether a host's unencrypted addresses stand in texts for people alone."""
    places: list[Fact] = [fact for fact in host.evidence if fact.value in ("http", "ws")]
    return bool(places) and all(_DOCUMENT.search(fact.location.file) for fact in places)


def _own_plain_hosts(case: Case) -> list[Host]:
    """Return the hosts the app's own code and scripts name with an unencrypted scheme."""
    return [one for one in case.conduct.hosts if one.owner is OwnerKind.APP and {"http", "ws"} & set(one.schemes)]


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
            cites=_OF_AGREED,
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

"""Hosts of operators abroad, against a policy that says data stays."""

from __future__ import annotations

from dataclasses import replace

from auditor.model import Conduct, DeclaredStatement, FactKind, Host, OwnerKind
from auditor.rules.overseas_host import overseas_host
from tests.factories import declaration, fact, line
from tests.rules.cases import case, said


def statement(kind: str) -> DeclaredStatement:
    return DeclaredStatement(kind=kind, text=kind, data=(), location=line(9))


def host(name: str, country: str, operator: str = "Abroad", owner: OwnerKind = OwnerKind.APP) -> Host:
    place = fact(FactKind.HOST, name, "https", by="a.B", file="classes.dex")
    return Host(name=name, schemes=("https",), owner=owner, sdk="", evidence=(place,), count=1, country=country, operator=operator)


def findings(*hosts: Host, kinds: tuple[str, ...] = ("storage-location",)) -> dict[str, str]:
    one = case(declared=declaration(statements=tuple(statement(kind) for kind in kinds)))
    return said(overseas_host, replace(one, conduct=Conduct(hosts=hosts)))


def test_hosts_abroad_are_named_once_per_operator() -> None:
    found = findings(host("a.com", "US"), host("b.com", "US"), host("c.com", "DE", "Other"))
    assert found == {"Abroad": "info medium", "Other": "info medium"}


def test_hosts_and_the_statement_are_the_evidence() -> None:
    one = case(declared=declaration(statements=(statement("storage-location"),)))
    (finding,) = overseas_host.run(replace(one, conduct=Conduct(hosts=(host("a.com", "US"), host("b.com", "US")))))
    assert [piece.name for piece in finding.evidence] == ["a.com", "b.com"]
    assert finding.declared == line(9)
    assert "a.com, b.com" in finding.message.en


def test_hosts_at_home_or_nowhere_known_are_no_matter() -> None:
    assert findings(host("a.cn", "CN"), host("b.com", "")) == {}


def test_a_support_library_s_hosts_are_none_of_the_app_s() -> None:
    assert findings(host("a.com", "US", owner=OwnerKind.BYSTANDER)) == {}


def test_a_policy_that_says_nothing_or_speaks_of_going_abroad_is_not_contradicted() -> None:
    assert findings(host("a.com", "US"), kinds=()) == {}
    assert findings(host("a.com", "US"), kinds=("storage-location", "third-country")) == {}

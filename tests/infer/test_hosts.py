"""Hosts with their owners, and where a source says they lie."""

from __future__ import annotations

from dataclasses import replace

from auditor.infer.hosts import find_hosts
from auditor.infer.owners import Owners
from auditor.infer.sdks import owners_of
from auditor.knowledge.schema import TraceKind
from auditor.knowledge.sign_schema import NO_SIGNS, Operator
from auditor.model import Build, Fact, FactKind, Platform
from tests.factories import build, fact
from tests.knowledge_factories import knowledge, proves, sdk

SIGNS = replace(
    NO_SIGNS,
    silent_hosts=frozenset({"schemas.example.org"}),
    operators=(
        Operator(name="Abroad", country="US", hosts=("abroad.example", "api.abroad-x.com"), source="its policy", unverified=False),
        Operator(name="Rumour", country="US", hosts=("rumour.com",), source="hearsay", unverified=True),
    ),
)
KNOWN = replace(knowledge(sdk("maps", *proves("com.maps"))), signs=SIGNS)


def host(name: str, by: str = "", scheme: str = "https", file: str = "classes.dex") -> Fact:
    return fact(FactKind.HOST, name, scheme, by=by, file=file, at=by)


def found(*facts: Fact) -> list[tuple[str, str, str, str, str]]:
    one: Build = build(*facts, code={"classes.dex": ("com.maps.Api", "com.app.Main", "x.Y")}, app_id="com.app")
    owner_of = Owners(one, KNOWN, owners_of(KNOWN), ())
    return [(host.name, host.owner.value, host.sdk, host.operator, host.country) for host in find_hosts(one, KNOWN, owner_of)]


def test_a_host_belongs_to_whose_code_names_it() -> None:
    assert found(host("a.com", "com.maps.Api"), host("a.com", "com.app.Main"), host("a.com", "x.Y"), host("b.com")) == [
        ("a.com", "sdk", "maps", "", ""),
        ("a.com", "app", "", "", ""),
        ("a.com", "unattributed", "", "", ""),
        ("b.com", "unattributed", "", "", ""),
    ]


def test_scripts_and_configuration_are_the_app_s() -> None:
    assert found(host("a.com", file="assets/app.js")) == [("a.com", "app", "", "", "")]


def test_a_framework_s_hosts_are_its_sdk_s() -> None:
    known = replace(knowledge(sdk("maps", *proves("Maps.framework", kind=TraceKind.FRAMEWORK))), signs=SIGNS)
    files = ("Payload/X.app/Frameworks/Maps.framework/Maps", "Payload/X.app/Frameworks/Own.framework/Own")
    one = build(*(host("a.com", file=file) for file in files), code=dict.fromkeys(files, ("A",)), platform=Platform.IOS)
    owner_of = Owners(one, known, owners_of(known), ())
    assert [(found.owner.value, found.sdk) for found in find_hosts(one, known, owner_of)] == [("sdk", "maps"), ("unattributed", "")]


def test_only_what_a_source_says_is_said_of_a_country() -> None:
    assert found(host("api.abroad.example"), host("api.abroad-x.com"), host("other.abroad-x.com"), host("rumour.com")) == [
        ("api.abroad-x.com", "unattributed", "", "Abroad", "US"),
        ("api.abroad.example", "unattributed", "", "Abroad", "US"),
        ("other.abroad-x.com", "unattributed", "", "", ""),
        ("rumour.com", "unattributed", "", "Rumour", ""),
    ]


def test_names_of_formats_are_left_out() -> None:
    assert found(host("schemas.example.org")) == []


def test_places_are_counted_and_schemes_put_together() -> None:
    one = build(host("a.com", "x.Y", "http"), host("a.com", "x.Z"), code={"classes.dex": ("x.Y", "x.Z")})
    (only,) = find_hosts(one, KNOWN, Owners(one, KNOWN, owners_of(KNOWN), ()))
    assert (only.schemes, only.count) == (("http", "https"), 2)

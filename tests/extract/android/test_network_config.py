"""What a network security configuration says, wherever it stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.build import Build, FactKind
from auditor.extract import extract
from auditor.extract.lens import Lens
from tests.forge.apk import manifest, simple_apk
from tests.forge.arsc import Resource, resource_ids
from tests.forge.axml import Element, Reference, write_axml
from tests.forge.bundle import Module, message, write_bundle, write_proto_xml

NAME = "res/Gd.xml"
TABLE = [Resource("string", "app_name", {"": "Example"}), Resource("xml", "net", {"": NAME})]
REFERENCE = Reference(resource_ids(TABLE)["xml/net"])


def read(tmp_path: Path, config: Element | bytes | None, *, utf8: bool = False, **options: object) -> Build:
    path = tmp_path / "app.apk"
    data = config if isinstance(config, bytes) else write_axml(config, utf8=utf8) if config is not None else b""
    files = {NAME: data} if data else {}
    application = {"networkSecurityConfig": REFERENCE, "usesCleartextTraffic": True}
    path.write_bytes(simple_apk(files=files, resources=TABLE[1:], application=application, **options))  # type: ignore[arg-type]
    return extract(path, lens=Lens(every_host=True))


def said(build: Build) -> dict[str, tuple[str, dict[str, str]]]:
    """Return what stands in the configuration: name -> value and traits."""
    facts = [fact for fact in build.of(FactKind.TRANSPORT_SECURITY) if fact.location.file.endswith(NAME)]
    return {fact.name: (fact.value, dict(fact.traits)) for fact in facts}


def config(*children: Element) -> Element:
    return Element("network-security-config", {}, children)


def domain(host: str, *, below: bool | None = None) -> Element:
    return Element("domain", {} if below is None else {"includeSubdomains": below}, text=host)


def trusted(*sources: str) -> Element:
    return Element("trust-anchors", {}, [Element("certificates", {"src": source}) for source in sources])


READ = {"network-security-config": ("", {})}


@pytest.mark.parametrize("utf8", [False, True])
@pytest.mark.parametrize("permitted", [True, False])
def test_the_base_says_what_holds_for_all_domains(tmp_path: Path, permitted: bool, utf8: bool) -> None:
    build = read(tmp_path, config(Element("base-config", {"cleartextTrafficPermitted": permitted}, [trusted("system")])), utf8=utf8)
    assert said(build) == {**READ, "cleartextTrafficPermitted": (str(permitted).lower(), {}), "trust-anchors": ("system", {})}
    assert build.gaps == ()


def test_domains_say_what_holds_for_them_and_below_them(tmp_path: Path) -> None:
    domains = [domain("API.example.cn", below=True), domain("10.0.2.2"), domain(" old.example.com ", below=False)]
    build = read(tmp_path, config(Element("domain-config", {"cleartextTrafficPermitted": True}, domains)))
    assert said(build) == {
        **READ,
        "api.example.cn ! cleartextTrafficPermitted": ("true", {"subdomains": "true"}),
        "10.0.2.2 ! cleartextTrafficPermitted": ("true", {"local": "true"}),
        "old.example.com ! cleartextTrafficPermitted": ("true", {}),
    }
    assert {fact.name for fact in build.of(FactKind.HOST) if fact.by == "network-security-config"} == {"api.example.cn", "old.example.com"}


def test_a_domain_inside_another_inherits_what_it_does_not_say(tmp_path: Path) -> None:
    inner = [
        Element("domain-config", {}, [domain("a.example.com"), trusted("system", "user")]),
        Element("domain-config", {"cleartextTrafficPermitted": False}, [domain("b.example.com")]),
    ]
    outer = Element("domain-config", {"cleartextTrafficPermitted": True}, [domain("example.com"), *inner])
    assert said(read(tmp_path, config(outer, Element("domain-config", {}, [domain("quiet.example.org")])))) == {
        **READ,
        "example.com ! cleartextTrafficPermitted": ("true", {}),
        "a.example.com ! cleartextTrafficPermitted": ("true", {}),
        "a.example.com ! trust-anchors": ("system,user", {}),
        "b.example.com ! cleartextTrafficPermitted": ("false", {}),
    }


def test_what_holds_for_debugging_is_kept_apart(tmp_path: Path) -> None:
    assert said(read(tmp_path, config(Element("debug-overrides", {}, [trusted("user")])))) == {
        **READ,
        "debug-overrides ! trust-anchors": ("user", {}),
    }


def test_a_configuration_that_says_nothing_is_read(tmp_path: Path) -> None:
    assert said(read(tmp_path, config())) == READ


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (None, "is missing"),
        (b"<network-security-config/>", ""),
        (write_axml(Element("resources")), "is no network security configuration"),
        (write_axml(config())[:-20], ""),
    ],
)
def test_one_that_cannot_be_read_is_a_gap(tmp_path: Path, data: bytes | None, word: str) -> None:
    build = read(tmp_path, data)
    assert said(build) == {}
    (gap,) = [gap for gap in build.gaps if gap.location.file == NAME]
    assert word in gap.reason.en
    assert gap.hides == frozenset()


def test_another_file_of_such_a_name_tells_its_hosts_alone(tmp_path: Path) -> None:
    path = tmp_path / "app.apk"
    data = write_axml(config(Element("domain-config", {"cleartextTrafficPermitted": True}, [domain("pin.example.cn")])))
    path.write_bytes(simple_apk(files={"res/xml/network_security_config.xml": data}))
    build = extract(path, lens=Lens(every_host=True))
    assert build.of(FactKind.TRANSPORT_SECURITY) == ()
    assert {fact.name for fact in build.of(FactKind.HOST)} == {"pin.example.cn"}


def test_the_configuration_of_an_app_bundle_is_read(tmp_path: Path) -> None:
    value = message((2, message((4, message((5, message((1, NAME))))))))
    entry = message((1, message((1, 0))), (2, "net"), (6, value))
    table = message((2, message((1, message((1, 0x7F))), (3, message((1, message((1, 2))), (2, "xml"), (3, entry))))))
    forbidden = Element("domain-config", {"cleartextTrafficPermitted": False}, [domain("a.cn")])
    written = config(Element("base-config", {"cleartextTrafficPermitted": True}), forbidden)
    data = write_proto_xml(written)
    base = Module(
        manifest=manifest("com.example.app", application={"networkSecurityConfig": "@xml/net"}), classes=["a.B"],
        files={NAME: data, "resources.pb": table},
    )  # fmt: skip
    path = tmp_path / "app.aab"
    path.write_bytes(write_bundle({"base": base}))
    assert said(extract(path)) == {
        **READ,
        "cleartextTrafficPermitted": ("true", {}),
        "a.cn ! cleartextTrafficPermitted": ("false", {}),
    }


@settings(max_examples=60, deadline=None)
@given(changes=st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), max_size=6))
def test_damage_gives_facts_or_a_gap(tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]]) -> None:
    inner = Element("domain-config", {"cleartextTrafficPermitted": True}, [domain("a.example.com", below=True), trusted("user")])
    data = bytearray(write_axml(config(Element("base-config", {"cleartextTrafficPermitted": False}), inner)))
    for at, value in changes:
        data[at % len(data)] = value
    build = read(tmp_path_factory.mktemp("nsc"), bytes(data))
    assert not any("unexpected error" in gap.reason.en for gap in build.gaps)

"""Statements against settings of transport, and against what runs at start-up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.model import (
    Collection,
    Conduct,
    Declaration,
    DeclaredStatement,
    Fact,
    FactKind,
    Host,
    OwnerKind,
    Platform,
    Reach,
    Row,
    State,
    Table,
)
from auditor.rules import statement_contradicted
from tests.factories import build, collection, declaration, declared_data, fact, line, row, sdk_level
from tests.rules.cases import case, said


def states(kind: str, *data: str) -> Declaration:
    return declaration(statements=(DeclaredStatement(kind=kind, text="我们采用 HTTPS", data=data, location=line(70)),))


def transport(name: str, value: str, **traits: str) -> Fact:
    return fact(FactKind.TRANSPORT_SECURITY, name, value, at="application", **traits)


def says(*rows: Row, declared: Declaration, facts: tuple[Fact, ...] = ()) -> dict[str, str]:
    return said(statement_contradicted, case(*rows, declared=declared, of=build(*facts)))


ENCRYPTED = states("transport-encryption")


CONFIG = transport("networkSecurityConfig", "@7F120001")
CONFIG_READ = (CONFIG, transport("network-security-config", ""))
PERMITTED = "cleartextTrafficPermitted"


def test_allowing_cleartext_is_doubtful_but_said() -> None:
    assert says(declared=ENCRYPTED, facts=(transport("usesCleartextTraffic", "true"),)) == {"transport-encryption": "medium low"}


def finding_of(*facts: Fact, file: str):
    """The finding on a build one of whose files names an unencrypted address."""
    place = fact(FactKind.HOST, "api.example.com", "http", file=file, at="1")
    host = Host(name="api.example.com", schemes=("http",), owner=OwnerKind.APP, sdk="", evidence=(place,), count=1)
    one = case(declared=ENCRYPTED, of=build(*facts))
    return list(statement_contradicted.run(replace(one, conduct=Conduct(hosts=(host,)))))


@pytest.mark.parametrize("file", ["assets/licenses.html", "META-INF/LICENSE", "res/raw/notice", "assets/LICENSE-okhttp", "a/terms.TXT"])
def test_an_address_in_a_text_for_people_is_no_proof_of_code(file: str) -> None:
    (one,) = finding_of(transport("usesCleartextTraffic", "true"), file=file)
    assert one.confidence.word == "low"
    assert "own code" not in one.message.en
    assert "api.example.com" in one.message.en
    assert finding_of(sdk_level("target", 27), file=file) == []


@pytest.mark.parametrize("file", ["classes.dex", "assets/www/app.js", "assets/config.json", "res/xml/notes.xml"])
def test_an_address_in_code_or_settings_makes_it_surer(file: str) -> None:
    (one,) = finding_of(transport("usesCleartextTraffic", "true"), file=file)
    assert one.confidence.word == "medium"
    assert "in its own code (api.example.com)" in one.message.en


def test_what_is_said_of_transport_cites_and_limits_transport() -> None:
    (one,) = finding_of(transport("usesCleartextTraffic", "true"), file="classes.dex")
    assert one.regulations == ("PIPL-17", "PIPL-51")
    assert one.limits is not None
    assert "unencrypted" in one.limits.en


def says_of(*facts: Fact, owner: OwnerKind = OwnerKind.APP, schemes: tuple[str, ...] = ("http",)) -> dict[str, str]:
    """What is said of a build whose code names a host."""
    host = Host(name="api.example.com", schemes=schemes, owner=owner, sdk="", evidence=(), count=1)
    one = case(declared=ENCRYPTED, of=build(*facts))
    return said(statement_contradicted, replace(one, conduct=Conduct(hosts=(host,))))


def test_unencrypted_addresses_of_the_app_s_own_make_it_surer() -> None:
    def says_with(owner: OwnerKind, *schemes: str) -> dict[str, str]:
        return says_of(transport("usesCleartextTraffic", "true"), owner=owner, schemes=schemes)

    assert says_with(OwnerKind.APP, "http", "https") == {"transport-encryption": "medium medium"}
    assert says_with(OwnerKind.APP, "https") == {"transport-encryption": "medium low"}
    assert says_with(OwnerKind.SDK, "http") == {"transport-encryption": "medium low"}


@pytest.mark.parametrize(
    "facts",
    [
        (),
        (transport("usesCleartextTraffic", "false"),),
        (transport("usesCleartextTraffic", "true"), CONFIG),
        (transport("usesCleartextTraffic", "true"), *CONFIG_READ),
        (*CONFIG_READ, transport(PERMITTED, "false")),
        (*CONFIG_READ, transport(PERMITTED, "false"), transport(f"localhost ! {PERMITTED}", "true", local="true")),
        (*CONFIG_READ, transport(f"example.com ! {PERMITTED}", "false")),
        (sdk_level("target", 27),),
    ],
)
def test_settings_that_do_not_allow_it_are_quiet(facts: tuple[Fact, ...]) -> None:
    assert says(declared=ENCRYPTED, facts=facts) == {}


@pytest.mark.parametrize(
    "facts",
    [
        (*CONFIG_READ, transport(PERMITTED, "true")),
        (*CONFIG_READ, transport(PERMITTED, "false"), transport(f"example.com ! {PERMITTED}", "true")),
        (*CONFIG_READ, transport("usesCleartextTraffic", "false"), transport(PERMITTED, "true")),
    ],
)
def test_a_configuration_that_allows_it_is_said(facts: tuple[Fact, ...]) -> None:
    assert says(declared=ENCRYPTED, facts=facts) == {"transport-encryption": "medium low"}


def test_the_longest_domain_an_address_belongs_to_decides_whether_it_counts() -> None:
    below = transport(f"example.com ! {PERMITTED}", "true", subdomains="true")
    assert says_of(*CONFIG_READ, below) == {"transport-encryption": "medium medium"}
    assert says_of(*CONFIG_READ, transport(f"example.com ! {PERMITTED}", "true")) == {"transport-encryption": "medium low"}
    without = transport(f"api.example.com ! {PERMITTED}", "false")
    assert says_of(*CONFIG_READ, below, without) == {"transport-encryption": "medium low"}


def test_what_older_targets_allow_unsaid_counts_beside_an_address() -> None:
    assert says_of(sdk_level("target", 27)) == {"transport-encryption": "medium low"}
    assert says_of(sdk_level("target", 27), *CONFIG_READ) == {"transport-encryption": "medium low"}
    assert says_of(sdk_level("target", 27), schemes=("https",)) == {}
    assert says_of(sdk_level("target", 27), transport("usesCleartextTraffic", "false")) == {}
    assert says_of(sdk_level("target", 27), CONFIG) == {}
    assert says_of(sdk_level("target", 28)) == {}


def ios_says(*facts: Fact) -> dict[str, str]:
    return said(statement_contradicted, case(declared=ENCRYPTED, of=build(*facts, platform=Platform.IOS)))


def test_exceptions_of_app_transport_security_are_said() -> None:
    assert ios_says(transport("NSAllowsArbitraryLoads", "true")) == {"transport-encryption": "medium low"}
    assert ios_says(transport("NSAllowsArbitraryLoadsInWebContent", "true")) == {"transport-encryption": "medium low"}
    assert ios_says(transport("example.com ! NSExceptionAllowsInsecureHTTPLoads", "true")) == {"transport-encryption": "medium low"}


@pytest.mark.parametrize(
    "facts",
    [
        (transport("NSAllowsArbitraryLoads", "true"), transport("NSAllowsLocalNetworking", "true")),
        (transport("NSAllowsArbitraryLoads", "true"), transport("NSAllowsArbitraryLoadsInWebContent", "false")),
        (transport("NSAllowsArbitraryLoads", "false"),),
        (transport("example.com ! NSExceptionAllowsInsecureHTTPLoads", "false"),),
        (transport("example.com ! NSExceptionMinimumTLSVersion", "TLSv1.0"),),
        (transport("localhost ! NSExceptionAllowsInsecureHTTPLoads", "true", local="true"),),
    ],
)
def test_what_a_finer_key_takes_back_is_quiet(facts: tuple[Fact, ...]) -> None:
    assert ios_says(*facts) == {}


def test_without_the_statement_cleartext_is_quiet() -> None:
    assert says(declared=states("background"), facts=(transport("usesCleartextTraffic", "true"),)) == {}


def data(found: Collection, **changes: object) -> Row:
    return row(Table.DATA, found.type, State.MATCHED, collectors=(found,), **changes)


AT_START = collection("microphone", reach=Reach.STARTUP)


def test_data_read_at_start_up_against_a_statement_or_a_condition() -> None:
    assert says(data(AT_START), declared=states("user-action", "microphone")) == {"microphone": "medium medium"}
    tapped = declared_data("microphone", when="user-action")
    assert says(data(AT_START, declared=tapped), declared=declaration()) == {"microphone": "medium medium"}


def test_another_row_without_the_condition_lifts_it() -> None:
    tapped, always = declared_data("microphone", when="user-action"), declared_data("microphone")
    assert says(data(AT_START, declared=tapped, also_declared=(always,)), declared=declaration()) == {}


@pytest.mark.parametrize("reach", [Reach.UNKNOWN, Reach.CALLED, Reach.REACHABLE])
def test_what_does_not_run_at_start_up_is_quiet(reach: Reach) -> None:
    assert says(data(collection("microphone", reach=reach)), declared=states("user-action", "microphone")) == {}


@pytest.mark.parametrize(
    "weak", [{"may": True}, {"can_succeed": False}, {"owner": OwnerKind.BYSTANDER}]
)
def test_what_is_not_shown_or_a_bystander_s_is_quiet(weak: dict[str, object]) -> None:
    found = collection("microphone", reach=Reach.STARTUP, **weak)
    assert says(data(found), declared=states("user-action", "microphone")) == {}


def test_what_is_declared_for_the_background_is_no_finding() -> None:
    behind = declared_data("mac_address", when="background")
    found = collection("mac_address", reach=Reach.STARTUP)
    assert says(data(found, declared=behind), declared=states("background", "mac_address")) == {}

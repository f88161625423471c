"""Renamed SDK code: found by literals, given back class by class, and never taken from somebody else."""

from __future__ import annotations

import pytest

from auditor.infer import infer
from auditor.infer.renamed import MINIFIED
from auditor.knowledge.schema import Fingerprint, FingerprintKind
from auditor.model import Build, CodeUnit, Conduct, SdkTier
from tests.factories import build
from tests.knowledge_factories import knowledge, proves, sdk

PUSH = [f"push service could not reach host {number}" for number in range(12)]
MAPS = [f"map tile {number} was not in the cache" for number in range(12)]
SOCK = [f"websocket frame {number} has no mask" for number in range(12)]
VENDOR = [f"acme account {number} is locked" for number in range(12)]


def fingerprint(id_: str, literals: list[str], kind: str = "sdk", members: tuple[str, ...] = ()) -> Fingerprint:
    return Fingerprint(
        id=id_, kind=FingerprintKind(kind), line="1.x", members=members, present=8, suspected=4, literals=tuple(literals)
    )


KNOWN = knowledge(
    sdk("acme-push", *proves("com.acme.push")),
    sdk("acme-maps", *proves("com.acme.maps")),
    fingerprints=[
        fingerprint("acme-push", PUSH),
        fingerprint("acme-maps", MAPS),
        fingerprint("java-websocket", SOCK, "library"),
        fingerprint("acme", VENDOR, "family", ("acme-push", "acme-maps")),
    ],
)


def code(literals: dict[str, list[str]], references: dict[str, list[str]] | None = None, *others: str) -> Build:
    """A build whose classes use these literals and refer to these classes."""
    names = {*literals, *others, *(references or {}), *(name for named in (references or {}).values() for name in named)}
    unit = CodeUnit(
        file="classes.dex",
        classes=tuple(sorted(names)),
        literals=tuple((name, tuple(sorted(used))) for name, used in sorted(literals.items())),
        references=tuple((name, tuple(sorted(named))) for name, named in sorted((references or {}).items())),
    )
    one = build()
    return Build(identity=one.identity, facts=(), code=(unit,))


def spread(literals: list[str], package: str = "o", classes: int = 4) -> dict[str, list[str]]:
    """Deal literals out over a few renamed classes."""
    return {f"{package}.{chr(97 + index)}": literals[index::classes] for index in range(classes)}


def found(one: Build) -> dict[str, str]:
    return {sdk.id: f"{sdk.tier.word} {sdk.confidence.word}" for sdk in infer(one, KNOWN).sdks}


def owners(conduct: Conduct) -> dict[str, str]:
    return {one.class_: f"{one.owner} {one.origin.value}" for one in conduct.attributions}


def test_eight_literals_in_renamed_classes_are_the_sdk_inferred() -> None:
    assert found(code(spread(PUSH[:8]))) == {"acme-push": "bundled medium"}


def test_four_to_seven_are_a_suspicion_that_fails_no_gate() -> None:
    assert found(code(spread(PUSH[:4]))) == {"acme-push": "bundled low"}
    assert found(code(spread(PUSH[:7]))) == {"acme-push": "bundled low"}


def test_three_are_nothing() -> None:
    assert found(code(spread(PUSH[:3], classes=3))) == {}


def test_the_evidence_is_the_literals_and_where_they_are() -> None:
    (one,) = infer(code(spread(PUSH)), KNOWN).sdks
    assert {fact.name for fact in one.evidence} <= set(PUSH)
    assert all(fact.value == "inferred" and fact.location.at.startswith("o.") for fact in one.evidence)


def test_a_mention_in_another_sdk_s_own_classes_is_no_code() -> None:
    assert found(code({"com.acme.maps.A": PUSH})) == {"acme-maps": "bundled medium"}


def test_a_library_s_literals_identify_nobody() -> None:
    assert found(code(spread(SOCK))) == {}
    assert owners(infer(code(spread(SOCK)), KNOWN)) == {}


def test_a_family_s_literals_identify_no_product() -> None:
    assert found(code(spread(VENDOR))) == {}


def test_classes_with_telling_literals_are_given_back() -> None:
    assert owners(infer(code(spread(PUSH)), KNOWN)) == {f"o.{letter}": "acme-push literal" for letter in "abcd"}


def test_two_seeded_classes_are_too_few_to_give_any_away() -> None:
    assert owners(infer(code({"o.a": PUSH[:6], "o.b": PUSH[6:]}), KNOWN)) == {}


def test_a_class_that_speaks_for_two_is_nobody_s() -> None:
    mixed = {**spread(PUSH), **spread(MAPS, "q"), "z.z": [PUSH[0], MAPS[0]]}
    assert "z.z" not in owners(infer(code(mixed), KNOWN))


def test_a_readable_name_is_never_given_away() -> None:
    one = code({**spread(PUSH), "com.shop.order.OrderActivity": PUSH[:2]})
    assert "com.shop.order.OrderActivity" not in owners(infer(one, KNOWN))


def test_a_class_most_of_whose_referrers_are_the_sdk_joins_it() -> None:
    one = code(spread(PUSH), {"o.a": ["o.x"], "o.b": ["o.x"], "o.x": ["o.y"]})
    assert owners(infer(one, KNOWN)) == {
        **{f"o.{letter}": "acme-push literal" for letter in "abcd"},
        "o.x": "acme-push propagated",
        "o.y": "acme-push propagated",
    }


def test_a_class_that_many_others_refer_to_does_not() -> None:
    shared = {"o.a": ["o.x"], **{f"a.{letter}": ["o.x"] for letter in "bcdef"}}
    assert "o.x" not in owners(infer(code(spread(PUSH), shared), KNOWN))


def test_a_class_two_sdks_refer_to_alike_is_nobody_s() -> None:
    one = code({**spread(PUSH), **spread(MAPS, "q")}, {"o.a": ["o.x"], "q.a": ["o.x"]})
    assert "o.x" not in owners(infer(one, KNOWN))


def test_a_library_absorbs_its_own() -> None:
    one = code({**spread(PUSH), **spread(SOCK, "w")}, {"w.a": ["w.x"], "w.b": ["w.x"], "o.a": ["w.x"]})
    assert "w.x" not in owners(infer(one, KNOWN))


def test_an_sdk_whose_names_survive_gets_its_renamed_classes_too() -> None:
    one = code(spread(PUSH), None, "com.acme.push.Entry", "com.acme.push.B", "com.acme.push.C")
    conduct = infer(one, KNOWN)
    assert {sdk.id: (sdk.tier, sdk.confidence.word) for sdk in conduct.sdks} == {"acme-push": (SdkTier.BUNDLED, "high")}
    assert set(owners(conduct).values()) == {"acme-push literal"}


@pytest.mark.parametrize("name", ["a", "a.b", "o.abc", "e.a.c.a.a.b.b", "i2.Foo", "com.app.a.Thing", "z6.d$1", "x.y.a0"])
def test_what_a_minifier_makes_looks_like_it(name: str) -> None:
    assert MINIFIED.match(name)


@pytest.mark.parametrize("name", ["com.shop.OrderActivity", "Main", "com.example.util.Json", "cn.net.tego.app.MainActivity"])
def test_what_people_write_does_not(name: str) -> None:
    assert not MINIFIED.match(name)


def test_hashed_literals_seed_as_well_and_short_ones_only_in_pairs() -> None:
    from dataclasses import replace

    def hashed(number: int, length: int) -> str:
        return f"blake2b:{number:016x}:{length}"

    known = replace(KNOWN, seeds={f"{number:016x}": "acme-push" for number in range(10)})
    more = {"p.a": [hashed(1, 30)], "p.b": [hashed(2, 9)], "p.c": [hashed(3, 9), hashed(4, 9)], "p.d": [hashed(99, 40)]}
    conduct = infer(code({**spread(PUSH), **more}), known)
    given = owners(conduct)
    assert given["p.a"] == given["p.c"] == "acme-push literal"
    assert "p.b" not in given
    assert "p.d" not in given
    (one,) = conduct.sdks
    assert not any(fact.name.startswith("blake2b:") for fact in one.evidence)


def test_hashed_literals_alone_find_no_sdk() -> None:
    from dataclasses import replace

    known = replace(KNOWN, seeds={f"{number:016x}": "acme-push" for number in range(40)})
    hidden = {f"p.{chr(97 + number)}": [f"blake2b:{number:016x}:30"] for number in range(20)}
    assert infer(code(hidden), known).sdks == ()

"""Fingerprints and seeds: every mistake is named, the shipped ones are sound and cost nothing until they are asked for."""

from __future__ import annotations

import contextlib
import hashlib
import pickle
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import KnowledgeError
from auditor.knowledge import load as module
from auditor.knowledge.load import (
    COMPILED_FINGERPRINTS,
    DAMAGE,
    compile_fingerprints,
    compile_knowledge,
    fingerprints_from,
    load,
    read_yaml,
)
from auditor.knowledge.schema import Fingerprint, FingerprintKind
from auditor.knowledge.seeds import SEEDS, Seeds, pack_seeds, seed
from tests.knowledge.test_source import write

AMAP = """\
    id: amap
    kind: sdk
    lines:
    - line: 3.7-6.0
      require: {present: 3, suspected: 2}
      built_from:
      - {ref: "maven:com.amap.api:location@3.8.0", sha256: 0325005287ed7342}
      - {ref: a study}
      holdout: {trained: [3.7.0, 3.8.0], tested: 6.0.1, hits: 2/3}
      literals: ["  kept as it stands ", "second literal", "the third one"]
    - line: 6.1
      require: {present: 8, suspected: 1}
      built_from: [{ref: x}]
      literals: [second literal]
    sources: [an artefact]
    """
FAMILY = """\
    id: autonavi
    kind: family
    members: [amap, okhttp]
    lines:
    - {line: all, require: {present: 1, suspected: 1}, built_from: [{ref: x}], literals: [of both of them]}
    sources: [an artefact]
    """


def fingerprints(directory: Path, seeds: bytes = b"", **files: str) -> Path:
    """Write the small knowledge with fingerprints beside it."""
    write(directory)
    (directory / "fingerprints").mkdir(exist_ok=True)
    for name, text in files.items():
        (directory / "fingerprints" / f"{name}.yaml").write_text(dedent(text), "utf-8")
    if seeds:
        (directory / SEEDS).write_bytes(seeds)
    return directory


def mistakes(directory: Path) -> list[str]:
    """What reading the knowledge complains of."""
    with pytest.raises(KnowledgeError) as caught:
        read_yaml(directory)
    return str(caught.value).splitlines()


def test_a_fingerprint_is_read_line_by_line(tmp_path):
    old, new, family = fingerprints_from(
        compile_fingerprints(read_yaml(fingerprints(tmp_path, amap=AMAP, autonavi=FAMILY)))
    )
    assert old == Fingerprint(
        id="amap",
        kind=FingerprintKind.SDK,
        line="3.7-6.0",
        members=(),
        present=3,
        suspected=2,
        literals=("  kept as it stands ", "second literal", "the third one"),
    )
    assert (new.line, new.literals) == ("6.1", ("second literal",))
    assert (family.kind, family.members) == (FingerprintKind.FAMILY, ("amap", "okhttp"))


def test_no_fingerprints_are_no_mistake(tmp_path):
    assert fingerprints_from(compile_fingerprints(read_yaml(write(tmp_path)))) == ()


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("id: amap", "id: amep", "amap.yaml:1: the id of fingerprints/amap.yaml must be 'amap'"),
        ("kind: sdk", "kind: sdks", "amap.yaml:2: fingerprints/amap.yaml.kind: 'sdks' is none of its values"),
        ("kind: sdk", "kind: family", "amap.yaml:1: members are listed of a family, and only of a family"),
        ("kind: sdk", "kind: library\nmembers: [amap]", "amap.yaml:3: members are listed of a family"),
        ("kind: sdk", "kind: sdk\nmembers: [amep]", "'amep' is not known (did you mean 'amap'?)"),
        ("suspected: 2", "suspected: 4", "amap.yaml:5: suspected must be more than nothing and no more than present"),
        ("suspected: 2", "suspected: 0", "amap.yaml:5: suspected must be more than nothing"),
        ("suspected: 1", "suspected: 3", "1 literals can never be 3 hits"),
        ("sha256: 0325005287ed7342", "sha256: 0325X", "amap.yaml:7: '0325X' is no SHA-256"),
        ("hits: 2/3", "hits: 4/3", "amap.yaml:9: hits must be how many of how many, as in 39/40"),
        ("hits: 2/3", "hits: most", "hits must be how many of how many"),
        ("line: 6.1", "line: 3.7-6.0", "'3.7-6.0' was described before, on line 4"),
        ('"the third one"', '"short"', "'short' is too short to identify anything"),
        ('"the third one"', '"second literal"', "'second literal' is listed twice"),
        ("sources:", "source: x\nsources:", "unknown key 'source'"),
        ("sources: [an artefact]", "", "lacks 'sources'"),
        ("literals: [second literal]", "literal: [x]", "lacks 'literals'"),
    ],
)
def test_a_mistake_is_named(tmp_path, old, new, found):
    text = dedent(AMAP)
    assert old in text
    listed = mistakes(fingerprints(tmp_path, amap=text.replace(old, new)))
    assert any(found in one for one in listed), listed


def test_a_literal_identifies_one_id_alone(tmp_path):
    family = FAMILY.replace("of both of them", "second literal")
    (found,) = mistakes(fingerprints(tmp_path, amap=AMAP, autonavi=family))
    assert found.endswith("autonavi.yaml:5: lines[0].literals: 'second literal' already identifies 'amap'")


def test_a_fingerprint_of_an_sdk_nobody_described_is_a_mistake(tmp_path):
    (found,) = mistakes(fingerprints(tmp_path, amep=AMAP.replace("id: amap", "id: amep")))
    assert found.endswith("amep.yaml:2: 'amep' is no SDK described here (did you mean 'amap'?)")


def test_a_library_needs_no_description(tmp_path):
    text = AMAP.replace("id: amap", "id: gson").replace("kind: sdk", "kind: library")
    assert {one["id"] for one in read_yaml(fingerprints(tmp_path, gson=text))["fingerprints"]} == {"gson"}


# -- seeds ------------------------------------------------------------------------------------------------------------

PACKED = pack_seeds({"amap": ["one literal", "another"], "okhttp": ["a third", "another"]})


def test_seeds_are_packed_and_found_again_and_what_two_own_is_nobodys():
    seeds = Seeds(PACKED)
    assert dict(seeds) == {seed("one literal"): "amap", seed("a third"): "okhttp"}
    assert (seeds.get(seed("another")), seeds.get("no hash"), seeds.get("x" * 16)) == (None, None, None)
    assert seed("a third") in seeds
    assert seed("another") not in seeds
    assert 3 not in seeds


def test_a_seed_is_the_blake2b_of_the_literal():
    assert seed("\ud800") == hashlib.blake2b(b"\xed\xa0\x80", digest_size=8).hexdigest()


@given(st.dictionaries(st.sampled_from("abc"), st.sets(st.text(max_size=5)), max_size=3))
def test_any_seeds_packed_are_found_again(literals):
    seeds = Seeds(pack_seeds(literals))
    every = [one for own in literals.values() for one in own]
    assert set(seeds) == {seed(one) for one in every if every.count(one) == 1}
    assert all(seeds.get(seed(one)) == id_ for id_, own in literals.items() for one in own if every.count(one) == 1)
    assert seeds.first_disorder() == ""


def test_sound_seeds_change_the_version_and_nothing_else(tmp_path):
    plain = read_yaml(fingerprints(tmp_path / "a", amap=AMAP))
    with_seeds = read_yaml(fingerprints(tmp_path / "b", amap=AMAP, seeds=pack_seeds({"amap": ["one literal"]})))
    assert plain["fingerprints"] == with_seeds["fingerprints"]
    assert compile_knowledge(plain) != compile_knowledge(with_seeds)


@pytest.mark.parametrize(
    ("seeds", "found"),
    [
        (pack_seeds({"amep": ["one literal"]}), f"{SEEDS}:2: 'amep' has no fingerprint (did you mean 'amap'?)"),
        (b"amap 00", f"{SEEDS}:1: no file of seeds: it does not start like one"),
        (PACKED[:-1], f"{SEEDS}:1: a file of seeds cut short"),
        (b"seeds 1\namap\n" + b"\1" * 8 + b"\1\0", f"{SEEDS}:1: a seed is of no id"),
        (
            b"seeds 1\namap\n" + b"\1" * 16 + b"\0" * 4,
            f"{SEEDS}:3: 0101010101010101 is not above the seed before it: two ids may own it",
        ),
    ],
)
def test_a_mistake_in_the_seeds_is_named(tmp_path, seeds, found):
    assert mistakes(fingerprints(tmp_path, amap=AMAP, autonavi=FAMILY, seeds=seeds)) == [found]


@given(st.one_of(st.binary(max_size=60), st.binary(max_size=60).map(lambda rest: b"seeds 1\namap\n" + rest)))
def test_any_seeds_are_read_or_refused(tmp_path_factory, data):
    directory = fingerprints(tmp_path_factory.mktemp("seeds"), amap=AMAP)
    (directory / SEEDS).write_bytes(data)
    try:
        read = set(read_yaml(directory)["seeds"])
    except KnowledgeError as error:
        read = {"sha256"} if SEEDS in str(error) else set()
    assert read == {"sha256"}


# -- what is shipped ----------------------------------------------------------------------------------------------------


def test_every_shipped_sdk_fingerprint_names_a_described_sdk():
    knowledge = load()
    assert {one.id for one in knowledge.fingerprints if one.kind is FingerprintKind.SDK} <= knowledge.sdks.keys()
    assert {"amap", "alipay-sdk", "xiaomi-mipush"} <= {one.id for one in knowledge.fingerprints}


def test_fingerprints_and_seeds_are_read_when_they_are_first_asked_for():
    code = (
        "import auditor.knowledge.load as module\n"
        "knowledge = module.load()\n"
        "caches = module._shipped_fingerprints, module._shipped_seeds\n"
        "before = [one.cache_info().currsize for one in caches]\n"
        "knowledge.fingerprints[0], knowledge.seeds.get('x')\n"
        "print(before, [one.cache_info().currsize for one in caches])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[0, 0] [1, 1]\n"


def test_sending_knowledge_to_another_process_does_not_carry_them():
    knowledge = load()
    assert len(knowledge.fingerprints) == len(list(knowledge.fingerprints)) > 0
    assert len(knowledge.seeds) == len(list(knowledge.seeds)) > 0
    sent = pickle.dumps((knowledge.fingerprints, knowledge.seeds))
    assert len(sent) < 500
    there = pickle.loads(sent)
    assert there[0][0] == knowledge.fingerprints[0]
    assert there[0][:2] == (knowledge.fingerprints[0], knowledge.fingerprints[1])


def test_a_seed_is_the_hash_of_a_literal_and_finds_its_owner():
    knowledge = load()
    one = next(one for one in knowledge.fingerprints if one.id == "amap")
    digest = seed(one.literals[0])
    assert knowledge.seeds.get(digest) == knowledge.seeds[digest] == "amap"
    assert knowledge.seeds.get("no seed") is None
    assert "no seed" not in knowledge.seeds


@pytest.mark.parametrize(
    ("name", "function", "damage"),
    [
        (COMPILED_FINGERPRINTS, "_shipped_fingerprints", None),
        (COMPILED_FINGERPRINTS, "_shipped_fingerprints", b"{"),
        (COMPILED_FINGERPRINTS, "_shipped_fingerprints", b"[]"),
        (SEEDS, "_shipped_seeds", None),
        (SEEDS, "_shipped_seeds", b"\xff"),
    ],
)
def test_a_missing_or_damaged_file_is_one_clear_error(tmp_path, monkeypatch, name, function, damage):
    (tmp_path / "fingerprints").mkdir()
    if damage is not None:
        (tmp_path / name).write_bytes(damage)
    monkeypatch.setattr("importlib.resources.files", lambda package: tmp_path)
    with pytest.raises(KnowledgeError, match=r"make it anew: python -m auditor\.knowledge"):
        getattr(module, function).__wrapped__()


@given(st.binary(max_size=200))
def test_any_bytes_are_fingerprints_or_damage(data):
    with contextlib.suppress(*DAMAGE):
        assert isinstance(fingerprints_from(data), tuple)

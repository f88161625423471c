"""The compiled file is what the YAML says, is read once, and costs little."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.errors import KnowledgeError
from auditor.knowledge import __main__ as command
from auditor.knowledge import load as module
from auditor.knowledge.load import (
    COMPILED,
    COMPILED_APIS,
    COMPILED_FINGERPRINTS,
    COMPILED_SIGNS,
    DAMAGE,
    compile_fingerprints,
    compile_knowledge,
    knowledge_from,
    load,
    read_yaml,
)
from auditor.knowledge.schema import Knowledge
from auditor.knowledge.wanted import COMPILED_CALLS
from tests.knowledge.test_source import MANIFEST, write

HERE = Path(module.__file__).parent


def test_the_compiled_file_is_what_the_yaml_says():
    plain = read_yaml(HERE)
    assert (HERE / COMPILED).read_bytes() == compile_knowledge(plain), "run: python -m auditor.knowledge"
    assert (HERE / COMPILED_FINGERPRINTS).read_bytes() == compile_fingerprints(plain), "run: python -m auditor.knowledge"


def test_every_sdk_file_is_compiled():
    assert load().sdks.keys() == {path.stem for path in (HERE / "sdks").glob("*.yaml")}


def test_knowledge_is_loaded_once():
    assert load() is load()


def test_the_version_is_that_of_the_compiled_file():
    import hashlib

    assert load().version == hashlib.sha256((HERE / COMPILED).read_bytes()).hexdigest()[:12]


def test_knowledge_can_be_sent_to_another_process():
    there = pickle.loads(pickle.dumps(load()))
    for field in fields(Knowledge):
        assert getattr(there, field.name) == getattr(load(), field.name), field.name


def test_the_same_knowledge_gives_the_same_bytes_one_entry_per_line(tmp_path):
    compiled = compile_knowledge(read_yaml(write(tmp_path)))
    assert compiled == compile_knowledge(read_yaml(write(tmp_path / "again")))
    assert compiled.endswith(b"}\n")
    assert json.loads(compiled)["data_types"]["imei"]["name"] == ["设备识别码", "IMEI"]
    (line,) = [line for line in compiled.decode().splitlines() if line.startswith('"a.CAMERA":')]
    assert json.loads(f"{{{line.rstrip(',')}}}")["a.CAMERA"]["data"] == ["camera"]


def test_another_word_gives_another_version(tmp_path):
    plain = read_yaml(write(tmp_path))
    before = knowledge_from(compile_knowledge(plain)).version
    plain["data_types"]["imei"]["core"] = False
    assert knowledge_from(compile_knowledge(plain)).version != before


_MEASURE = """
import sys, time
import auditor.knowledge.load as module
start = time.process_time()
module.load()
print(time.process_time() - start, "yaml" in sys.modules, "auditor.records" in sys.modules)
"""


def test_loading_costs_little_and_brings_no_yaml_parser():
    runs = [
        subprocess.run([sys.executable, "-c", _MEASURE], capture_output=True, text=True, check=True).stdout.split()
        for _ in range(3)
    ]
    assert {tuple(run[1:]) for run in runs} == {("False", "False")}
    assert min(float(run[0]) for run in runs) < 0.05


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b"{}", b"\xff", b'{"data_types": [], "permissions": {}}', b'{"data_types": {"a": 1}}']
)
def test_a_damaged_compiled_file_is_one_clear_error(tmp_path, monkeypatch, damage):
    (tmp_path / COMPILED).write_bytes(damage)
    monkeypatch.setattr("importlib.resources.files", lambda package: tmp_path)
    with pytest.raises(KnowledgeError, match=r"make it anew: python -m auditor\.knowledge"):
        load.__wrapped__()


def test_a_missing_compiled_file_is_one_clear_error(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.resources.files", lambda package: tmp_path)
    with pytest.raises(KnowledgeError, match=r"compiled\.json:1: cannot be read \(FileNotFoundError"):
        load.__wrapped__()


def test_a_deeply_nested_compiled_file_is_one_clear_error(tmp_path, monkeypatch):
    (tmp_path / COMPILED).write_bytes(b"[" * 200_000)
    monkeypatch.setattr("importlib.resources.files", lambda package: tmp_path)
    with pytest.raises(KnowledgeError, match="RecursionError"):
        load.__wrapped__()


_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=3)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return compile_knowledge(read_yaml(write(tmp_path_factory.mktemp("small"), manifests__amap=MANIFEST)))


@settings(max_examples=200)
@given(data=st.data())
def test_any_entry_of_a_compiled_file_is_read_or_is_damage(small, data):
    plain = json.loads(small)
    section = plain[data.draw(st.sampled_from(sorted(name for name, entries in plain.items() if entries)))]
    place = data.draw(st.sampled_from(sorted(section) if isinstance(section, dict) else range(len(section))))
    if isinstance(section[place], dict) and data.draw(st.booleans()):
        section[place][data.draw(st.sampled_from(sorted(section[place])))] = data.draw(_JSON)
    else:
        section[place] = data.draw(_JSON)
    try:
        version = knowledge_from(json.dumps(plain).encode()).version
    except DAMAGE:
        version = ""
    assert len(version) in (0, 12)


# -- the command ------------------------------------------------------------------------------------------------------


def test_the_command_writes_and_then_finds_nothing_to_do(tmp_path, capsys):
    directory = str(write(tmp_path))
    assert command.main([directory]) == 0
    assert set(knowledge_from((tmp_path / COMPILED).read_bytes()).sdks) == {"amap", "okhttp"}
    assert command.main(["--check", directory]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("content", [None, b"{}\n"])
def test_the_check_finds_a_stale_or_missing_file_and_leaves_it(tmp_path, capsys, content):
    directory = str(write(tmp_path))
    if content is not None:
        (tmp_path / COMPILED).write_bytes(content)
    assert command.main(["--check", directory]) == 1
    assert capsys.readouterr().err.splitlines() == [
        f"{name} is not what the YAML says; run: python -m auditor.knowledge"
        for name in (COMPILED, COMPILED_FINGERPRINTS, COMPILED_APIS, COMPILED_SIGNS, COMPILED_CALLS)
    ]
    assert ((tmp_path / COMPILED).read_bytes() if content is not None else None) == content


def test_the_command_prints_every_mistake(tmp_path, capsys):
    directory = str(write(tmp_path, packers="packers: 1\n", sdks__amap="id: amap\nid: x\n"))
    assert command.main([directory]) == 2
    printed = capsys.readouterr().err
    assert "packers.yaml:1: packers.yaml.packers must be a list\n" in printed
    assert "sdks/amap.yaml:2: 'id' stands twice in sdks/amap.yaml (first on line 1)\n" in printed
    assert not (tmp_path / COMPILED).exists()

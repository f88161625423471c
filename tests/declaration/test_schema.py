"""The JSON Schema for editors, the reference page and the reader speak of the same keys."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from auditor.declaration import SCHEMA, parse_declaration
from auditor.errors import DeclarationError
from auditor.knowledge.schema import Knowledge
from auditor.records import Record

ROOT = Path(__file__).parents[2]
SCHEMA_FILE = ROOT / "auditor" / "declaration" / "declaration.schema.json"
REFERENCE = ROOT / "docs" / "reference" / "declaration.md"

NODES = {
    "declaration": "#",
    "declaration.policy": "#/properties/policy",
    "permissions": "#/$defs/permission",
    "harmony_permissions": "#/$defs/harmony_permission",
    "usage_keys": "#/$defs/usage_key",
    "sdks": "#/$defs/sdk",
    "data": "#/$defs/data",
    "denials": "#/$defs/denial",
    "statements": "#/$defs/statement",
    "review": "#/$defs/review",
    "gaps": "#/$defs/gap",
    "declaration.contact": "#/$defs/clause",
    "declaration.minors": "#/$defs/clause",
    "declaration.storage": "#/$defs/storage",
    "at": "#/$defs/passage",
}
"""What the reader calls a mapping, and where the schema describes it."""


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return loaded


def node(schema: dict[str, Any], pointer: str) -> dict[str, Any]:
    found = schema
    for step in pointer.split("/")[1:]:
        found = found[step]
    return found


def plain(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_the_schema_is_one(schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["properties"]["schema"]["const"] == schema["title"] == SCHEMA


@pytest.mark.parametrize("path", sorted((ROOT / "declarations").glob("*.yaml")), ids=lambda path: path.name)
def test_declarations_are_valid_by_the_schema(path: Path, schema: dict[str, Any]) -> None:
    errors = jsonschema.Draft202012Validator(schema).iter_errors(plain(path))
    assert [(error.json_path, error.message) for error in errors] == []




def test_reader_and_schema_know_the_same_keys(
    schema: dict[str, Any], knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, set[str]] = {}
    done = Record.done

    def spy(record: Record) -> None:
        asked.setdefault(re.sub(r"\[\d+\]", "", record.what), set()).update(record._asked)
        done(record)

    monkeypatch.setattr(Record, "done", spy)
    rows = {name: [{"at": [{"line": 1}]}] for name in NODES if "." not in name and name not in ("declaration", "at")}
    parts = {name.removeprefix("declaration."): {"text": "x"} for name in NODES if "." in name}
    with pytest.raises(DeclarationError):
        parse_declaration(yaml.safe_dump(rows | parts).encode(), "app.yaml", knowledge)
    assert asked == {name: set(node(schema, pointer)["properties"]) for name, pointer in NODES.items()}


def test_schema_and_reader_ask_for_the_same_keys(schema: dict[str, Any], knowledge: Knowledge) -> None:
    rows = {name: [{}] for name in NODES if "." not in name and name not in ("declaration", "at", "denials")}
    parts: dict[str, Any] = {name.removeprefix("declaration."): {} for name in NODES if "." in name}
    document = rows | parts | {"denials": [{"at": {}}]}
    with pytest.raises(DeclarationError) as caught:
        parse_declaration(yaml.safe_dump(document).encode(), "app.yaml", knowledge)
    lacks = [re.search(r": ([a-z._]+)(?:\[0\])?(?:\.at)? lacks '(\w+)'(?! and)", line) for line in caught.value.mistakes]
    by_reader = {(match[1], match[2]) for match in lacks if match}
    by_schema = {(name, key) for name, pointer in NODES.items() for key in node(schema, pointer).get("required", ())}
    by_schema.remove(("declaration", "policy"))  # it is there, and empty, to see what is asked for within
    assert {(name.replace("denials", "at") if key == "line" else name, key) for name, key in by_reader} == by_schema


def test_the_schema_refuses_what_the_reader_refuses_for_its_form(schema: dict[str, Any], knowledge: Knowledge) -> None:
    sound: dict[str, Any] = {"app": "x", "policy": {"file": "y"}, "permissions": []}
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid(sound)
    for change in (
        {"app": ""},
        {"polcy": {}},
        {"permissions": None},
        {"policy": {"file": "y", "sha256": "abc"}},
        {"policy": {"file": "y", "effective": "28.12.2021"}},
        {"permissions": [{"name": "CAMERA"}]},
        {"usage_keys": [{"key": "ns camera"}]},
        {"harmony_permissions": [{"name": "android.permission.CAMERA"}]},
        {"sdks": [{"purpose": "x"}]},
        {"sdks": [{"name": "x", "platform": "harmony"}]},
        {"data": [{"type": "imei", "when": "always"}]},
        {"data": [{"type": "imei", "at": {"line": 0}}]},
        {"denials": [{"type": "imei", "vague": True}]},
        {"statements": [{"kind": "encryption", "text": "x"}]},
        {"storage": {"text": "x", "countries": ["China"]}},
    ):
        document = sound | change
        assert not validator.is_valid(document), change
        with pytest.raises(DeclarationError):
            parse_declaration(yaml.safe_dump(document).encode(), "app.yaml", knowledge)


def test_the_reference_page_documents_every_key(schema: dict[str, Any]) -> None:
    """Each heading names the schema's node in a comment; each row is ``| `key` | type | required | meaning |``."""
    documented: dict[str, dict[str, bool]] = {}
    here = ""
    for line in REFERENCE.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"<!-- schema: (\S+) -->", line):
            here = match[1]
            documented[here] = {}
        elif match := re.match(r"\| `(\w+)` \| [^|]+ \| (yes|no|one of these)[^|]* \| [^|]+ \|$", line):
            documented[here][match[1]] = match[2] == "yes"
    expected = {
        pointer: {
            key: key in node(schema, pointer).get("required", ()) for key in node(schema, pointer)["properties"]
        }
        for pointer in NODES.values()
    }
    assert documented == expected


def test_the_examples_of_the_pages_are_declarations(knowledge: Knowledge) -> None:
    for page in (REFERENCE, ROOT / "declarations" / "README.md"):
        examples = re.findall(r"^```yaml\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        assert examples, page
        for example in examples:
            assert parse_declaration(example.encode(), page.name, knowledge).app

"""Reports of a comparison: whole ones against tests/golden/compared, and that no value in them does anything."""

from __future__ import annotations

import importlib.resources
import json
import os
import re
from pathlib import Path

import jsonschema
import pytest

from auditor.diff import Aspect, How, Matter, Standing
from auditor.model import Language
from auditor.report.compared import FORMATS, render
from auditor.report.words import PHRASES
from tests.report.compared_examples import EXAMPLES, hostile, release
from tests.report.examples import HOSTILE
from tests.report.test_html import Page

GOLDEN = Path(__file__).parents[1] / "golden" / "compared"
SCHEMA = json.loads(importlib.resources.files("auditor").joinpath("schemas", "comparison-1.schema.json").read_text("utf-8"))
CASES = [
    *(("release", format_, language) for format_ in FORMATS for language in Language),
    *((name, format_, Language.ZH) for name in ("quiet", "strangers") for format_ in FORMATS),
]
_STYLE = re.compile(r"<style>.*?</style>|<script>.*?</script>|sha256-[A-Za-z0-9+/=]+", re.DOTALL)


@pytest.mark.parametrize(("name", "format_", "language"), CASES)
def test_report_is_the_one_kept(name, format_, language):
    path = GOLDEN / f"{name}.{language.value}{FORMATS[format_]}"
    report = render(format_, EXAMPLES[name], language)
    if format_ == "html":
        report = _STYLE.sub("", report)
    if os.environ.get("AUDITOR_UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(report.encode())
    assert report == path.read_bytes().decode()


def test_no_golden_report_is_left_over():
    assert {path.name for path in GOLDEN.iterdir()} == {f"{name}.{language.value}{FORMATS[one]}" for name, one, language in CASES}


@pytest.mark.parametrize("comparison", [*EXAMPLES.values(), hostile()])
def test_json_keeps_to_its_schema(comparison):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(json.loads(render("json", comparison, Language.EN)), SCHEMA)


def test_the_schema_knows_every_member():
    change = SCHEMA["$defs"]["change"]["properties"]
    assert set(change["kind"]["enum"]) == {one.value for one in Matter}
    assert set(change["change"]["enum"]) == {one.value for one in How}
    assert set(change["standing"]["enum"]) == {*(one.value for one in Standing), None}
    assert set(SCHEMA["$defs"]["value"]["properties"]["aspect"]["enum"]) == {one.value for one in Aspect}
    audit = json.loads(importlib.resources.files("auditor").joinpath("schemas", "audit-1.schema.json").read_text("utf-8"))["$defs"]
    assert {name: SCHEMA["$defs"][name] for name in ("identity", "signer", "finding", "gap", "fact")} == {
        name: audit[name] for name in ("identity", "signer", "finding", "gap", "fact")
    }


def test_there_is_a_word_for_every_member():
    wanted = [f"compare.matter.{one.value}" for one in Matter] + [f"compare.how.{one.value}" for one in How]
    wanted += [f"compare.standing.{one.value}" for one in Standing] + [f"compare.aspect.{one.value}" for one in Aspect]
    wanted += [f"compare.doubt.{one.value}" for one in How if one is not How.DROPPED]
    assert [key for key in wanted if key not in PHRASES] == []


@pytest.mark.parametrize("language", Language)
def test_what_could_not_be_read_is_never_said_to_be_dropped(language):
    told = PHRASES["compare.doubt.not-seen"].in_(language)
    text, markdown = (render(format_, release(), language) for format_ in ("text", "markdown"))
    assert re.search(rf"^  \? sms.*\n +{re.escape(told)}$", text, re.MULTILINE)
    assert re.search(rf"^\| ❔ .*`sms`.*{re.escape(told)}", markdown, re.MULTILINE)
    assert not re.search(r"^  - sms|^\| ➖ .*`sms`", text + markdown, re.MULTILINE)


def test_markdown_is_short_and_has_every_change():
    report = render("markdown", release(), Language.EN)
    head = report.partition("<details>")[0]
    assert len(head.splitlines()) < 35
    assert "undeclared-permission" in head
    assert "collection-before-consent" not in head  # of low confidence
    for change in release().changes:
        assert change.item.subject in report or change.item.matter in (Matter.SIGNER, Matter.LEVEL)


def test_hostile_values_stay_text():
    text = render("text", hostile(), Language.EN)
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e\u200b]", text)
    assert not [line for line in text.splitlines() if line.startswith("::")]
    markdown = render("markdown", hostile(), Language.EN)
    assert "<script" not in markdown
    assert "![x](" not in markdown
    assert "@octocat" not in markdown
    page = Page(render("html", hostile(), Language.EN), Language.EN)
    assert len(page.scripts) == 1
    assert HOSTILE[0] in "".join(page.text)
    assert not [a for _, attributes in page.elements for a in attributes if a.startswith("on") or a == "style"]


def test_the_page_loads_nothing_and_is_marked_up():
    page = Page(render("html", release(), Language.ZH), Language.ZH)
    assert not {tag for tag, _ in page.elements} & {"img", "link", "iframe", "form", "object"}
    policy = next(a["content"] for _, a in page.of("meta") if "http-equiv" in a)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    links = {a["href"][1:] for _, a in page.of("a")} | {a.get("aria-labelledby", "title") for _, a in page.elements}
    assert links <= set(ids)
    assert all(a.get("scope") in ("col", "row") for _, a in page.of("th"))
    text = "".join(page.text)
    assert "未见（存疑）" in text
    assert "not seen, in doubt" not in text  # the other language is there and not shown

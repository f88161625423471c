"""The HTML report: one safe, self-contained, readable page."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from html.parser import HTMLParser

import pytest

from auditor.model import Language, Severity
from auditor.report.html import render
from tests import factories as make
from tests.report.examples import EXAMPLES, HOSTILE, drifted, hostile, packed, rules

VOID = {"meta", "br", "link", "img", "input", "hr"}
PAGES = [(name, language) for name in (*EXAMPLES, "hostile") for language in Language]
pages = pytest.mark.parametrize(("name", "language"), PAGES)


class Page(HTMLParser):
    """The elements of a page, with every tag closed in order."""

    def __init__(self, text):
        super().__init__()
        self.elements = []
        self.open = []
        self.text = []
        self.styles = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        (self.styles if self.open[-1:] == ["style"] else self.text).append(data)

    def of(self, *tags):
        return [(tag, attributes) for tag, attributes in self.elements if tag in tags]


def page(name, language):
    return Page(render([hostile()] if name == "hostile" else EXAMPLES[name], language))


@pages
def test_it_loads_nothing_and_runs_nothing(name, language):
    found = page(name, language)
    tags = {tag for tag, _ in found.elements}
    assert not tags & {"script", "img", "iframe", "object", "embed", "link", "form", "input", "base", "svg", "video"}
    for tag, attributes in found.elements:
        assert "style" not in attributes
        assert not [attribute for attribute in attributes if attribute.startswith("on") or attribute == "src"]
        if "href" in attributes:
            assert tag == "a"
            assert attributes["href"].startswith("#")
    assert not re.search(r"url\(|@import", "".join(found.styles))


@pages
def test_the_policy_allows_its_own_style_alone(name, language):
    found = page(name, language)
    digest = base64.b64encode(hashlib.sha256("".join(found.styles).encode()).digest()).decode()
    policies = [attributes["content"] for _, attributes in found.of("meta") if "http-equiv" in attributes]
    assert policies == [f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"]


@pages
def test_headings_step_down_one_at_a_time(name, language):
    levels = [int(tag[1]) for tag, _ in page(name, language).of("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


@pages
def test_tables_anchors_and_regions_are_marked(name, language):
    found = page(name, language)
    assert all(attributes.get("scope") in ("col", "row") for _, attributes in found.of("th"))
    anchors = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert len(anchors) == len(set(anchors))
    wanted = {attributes["href"][1:] for _, attributes in found.of("a")}
    wanted |= {attributes["aria-labelledby"] for _, attributes in found.elements if "aria-labelledby" in attributes}
    assert wanted <= set(anchors)
    assert all(a.get("aria-label") for _, a in found.elements if a.get("role") == "region")
    assert found.of("html")[0][1] == {"lang": "zh-Hans" if language is Language.ZH else "en"}


def test_hostile_values_are_text():
    found = page("hostile", Language.EN)
    text = "".join(found.text)
    for value in HOSTILE[0], HOSTILE[5], HOSTILE[6], HOSTILE[10], HOSTILE[11]:
        assert value in text


def test_the_verdict_comes_before_everything_else():
    text = "".join(Page(render([drifted()], Language.ZH)).text)
    order = [text.index(word) for word in ("与声明不一致", "已核对", "未核对", "不构成法律意见", "运营者", "读取短信")]
    assert order == sorted(order)


def test_a_row_leads_to_the_finding_on_it_and_the_short_list_to_the_grave_ones():
    found = Page(render([drifted()], Language.ZH))
    cards = [attributes["id"] for tag, attributes in found.of("article")]
    links = [attributes["href"][1:] for _, attributes in found.of("a")]
    assert cards == ["f1", "f2", "f3", "f4", "f5", "a1"]
    assert links == ["f1", "f2", "f3", "f1", "f2", "f4"]


def test_light_findings_are_folded_by_rule_and_none_is_lost():
    rows = [make.finding("incomplete-sdk-row", f"com.example.s{n}", severity=Severity.LOW, evidence=()) for n in range(12)]
    grave = make.finding(subject="android.permission.READ_SMS")
    alone = make.finding("identity-mismatch", "identity", severity=Severity.INFO)
    text = render([make.audit(grave, *rows, alone, rules=rules())], Language.EN)
    found = Page(text)
    folds = {tuple(a["class"].split()): "open" in a for _, a in found.of("details") if "group" in a.get("class", "")}
    assert folds == {("group", "low"): False, ("group", "info"): True}
    assert [a["class"].split()[0] for _, a in found.of("article")] == ["card", *["item"] * 13]
    assert all(f">{one.subject}</code>" in text and one.fingerprint in text for one in (grave, *rows, alone))


def test_what_is_folded_is_printed():
    style = "".join(page("drifted", Language.EN).styles)
    assert "details::details-content" in style.partition("@media print")[2]


def test_a_gap_is_named_beside_the_verdict():
    head = "".join(Page(render([packed()], Language.EN)).text).partition("Build")[0]
    assert "2 places, listed below" in head
    assert "listed below" not in "".join(Page(render([drifted()], Language.EN)).text)


def test_several_audits_keep_their_anchors_apart():
    found = Page(render([drifted(), drifted(), packed()], Language.EN))
    ids = {attributes["id"] for _, attributes in found.elements if "id" in attributes}
    assert {"b1-f1", "b2-f1", "b3-top"} <= ids


def test_states_and_severities_are_words_not_only_colours():
    text = "".join(Page(render([drifted()], Language.EN)).text)
    for word in ("matched", "undeclared", "not found", "differs", "unchecked", "not applicable"):
        assert word in text
    for word in ("severity: high", "severity: medium", "severity: low", "severity: info"):
        assert word in text


# -- colours --------------------------------------------------------------------------------------------------------


def _luminance(colour):
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one, other):
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _themes():
    style = "".join(page("none", Language.EN).styles)
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    themes = [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block)) for block in blocks]
    assert len(themes) == 3
    return dict(zip(("light", "dark", "print"), themes, strict=True))


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_every_text_colour_stands_out_from_every_ground_it_is_on(theme):
    """WCAG 2.1, 1.4.3: at least 4.5 to 1."""
    colours = _themes()[theme]
    grounds = ["paper", "card", "sunk"]
    pairs = [(text, ground) for text in ("ink", "soft", "link") for ground in grounds]
    for tone in ("red", "amber", "green", "blue", "grey"):
        pairs += [(tone, "card"), (tone, f"{tone}-tint"), ("ink", f"{tone}-tint"), ("soft", f"{tone}-tint")]
    weak = [pair for pair in pairs if _contrast(colours[pair[0]], colours[pair[1]]) < 4.5]
    assert weak == []

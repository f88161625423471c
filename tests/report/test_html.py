"""The HTML report: one safe, self-contained, readable page."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from functools import cache
from html.parser import HTMLParser
from importlib import resources

import pytest

from auditor.model import Language, Passage, Severity, State
from auditor.report.bilingual import TAGS
from auditor.report.html import render
from tests import factories as make
from tests.report.examples import EXAMPLES, HOSTILE, drifted, hostile, packed, rules

VOID = {"meta", "br", "link", "img", "input", "hr", "circle", "line", "path", "rect"}
HIDDEN = {Language.ZH: "en", Language.EN: "zh"}
"""The class of what a page in a language does not show."""
SCRIPT = resources.files("auditor.report").joinpath("templates", "report.js").read_text("utf-8")
PAGES = [(name, language) for name in (*EXAMPLES, "hostile") for language in Language]
pages = pytest.mark.parametrize(("name", "language"), PAGES)


class Page(HTMLParser):
    """The elements of a page, with every tag closed in order, and its text: of the language it shows, where one is given."""

    def __init__(self, text, language=None):
        super().__init__()
        self.elements = []
        self.open = []
        self.text = []
        self.styles = []
        self.scripts = []
        self.titles = []
        self.hidden = HIDDEN.get(language)
        self.skipped = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
            self.skipped.append(bool(self.hidden) and dict(attrs).get("class") == self.hidden)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        self.skipped.pop()

    def handle_data(self, data):
        if not any(self.skipped):
            kinds = {"style": self.styles, "script": self.scripts, "title": self.text if "svg" in self.open else self.titles}
            kinds.get(self.open[-1] if self.open else "", self.text).append(data)

    def of(self, *tags):
        return [(tag, attributes) for tag, attributes in self.elements if tag in tags]


@cache
def page(name, language):
    return Page(render([hostile()] if name == "hostile" else EXAMPLES[name], language), language)


@pages
def test_it_loads_nothing_and_runs_nothing_but_its_own_script(name, language):
    found = page(name, language)
    tags = {tag for tag, _ in found.elements}
    assert not tags & {"img", "image", "iframe", "object", "embed", "link", "form", "base", "video", "use", "foreignobject"}
    assert len(found.scripts) == len(found.of("script")) == (name != "none")
    assert all(script == SCRIPT for script in found.scripts)
    for tag, attributes in found.elements:
        assert "style" not in attributes
        assert not [attribute for attribute in attributes if attribute.startswith("on") or attribute == "src"]
        if "href" in attributes:
            assert tag == "a"
            assert attributes["href"].startswith("#")
    assert not re.search(r"url\(|@import", "".join(found.styles))


@pages
def test_the_policy_allows_its_own_style_and_script_alone(name, language):
    found = page(name, language)

    def digest(parts):
        return "sha256-" + base64.b64encode(hashlib.sha256("".join(parts).encode()).digest()).decode()

    policies = [attributes["content"] for _, attributes in found.of("meta") if "http-equiv" in attributes]
    runs = f"script-src '{digest(found.scripts)}'; " if found.scripts else ""
    assert policies == [f"default-src 'none'; style-src '{digest(found.styles)}'; {runs}base-uri 'none'; form-action 'none'"]


@pages
def test_every_text_stands_in_the_language_that_is_shown(name, language):
    found = page(name, language)
    assert found.of("html")[0][1] == {"lang": TAGS[language], "data-lang": language.value, "data-theme": "auto"}
    marked = [attributes for tag, attributes in found.of("span", "tspan") if attributes.get("class") in ("zh", "en")]
    assert all(attributes["lang"] == TAGS[Language(attributes["class"])] for attributes in marked)
    # a text in two languages never gets into an attribute
    assert not [a for _, attributes in found.elements for a in attributes.values() if a and "lang=" in a]


@pages
def test_no_value_is_shown_as_the_code_has_it(name, language):
    assert not re.search(r"Both\(|SvgText\(|<(?:Text|Verdict)\b|Traceback", "".join(page(name, language).text))


def test_both_languages_stand_in_one_page_and_each_shows_its_own():
    shown = {one: "".join(Page(render([drifted()], Language.ZH), one).text) for one in Language}
    assert "与声明不一致" in shown[Language.ZH]
    assert "Contradicts the declaration" not in shown[Language.ZH]
    assert "Contradicts the declaration" in shown[Language.EN]
    assert "与声明不一致" not in shown[Language.EN]


@pages
def test_labels_and_fields_belong_together(name, language):
    found = page(name, language)
    fields = {attributes["id"] for _, attributes in found.of("input") if "id" in attributes}
    assert {attributes["for"] for tag, attributes in found.of("label") if "for" in attributes} == fields
    assert all(attributes.get("type") == "button" for _, attributes in found.of("button"))
    assert all(attributes.get("aria-labelledby") for _, attributes in found.of("svg") if "role" in attributes)


@pages
def test_headings_step_down_one_at_a_time(name, language):
    levels = [int(tag[1]) for tag, _ in page(name, language).of("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


@pages
def test_tables_anchors_and_regions_are_marked(name, language):
    found = page(name, language)
    assert all(attributes.get("scope") in ("col", "row", "rowgroup") for _, attributes in found.of("th"))
    anchors = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert len(anchors) == len(set(anchors))
    wanted = {attributes["href"][1:] for _, attributes in found.of("a")}
    wanted |= {id_ for _, attributes in found.elements for id_ in attributes.get("aria-labelledby", "").split()}
    assert wanted <= set(anchors)
    wanted |= {attributes["for"] for _, attributes in found.elements if "for" in attributes}
    assert wanted <= set(anchors)
    assert all(a.get("aria-labelledby") for _, a in found.elements if a.get("role") in ("region", "search", "group"))
    assert ("a", {"class": "skip", "href": "#main"}) in found.elements


def test_hostile_values_are_text():
    found = page("hostile", Language.EN)
    text = "".join(found.text)
    for value in HOSTILE[0], HOSTILE[5], HOSTILE[6], HOSTILE[10], HOSTILE[11]:
        assert value in text


def test_the_verdict_comes_before_everything_else():
    text = "".join(Page(render([drifted()], Language.ZH), Language.ZH).text)
    main = text[text.index("小店") :]
    order = [main.index(word) for word in ("与声明不一致", "未核对", "已核对", "不构成法律意见", "运营者", "待办", "读取短信")]
    assert order == sorted(order)


def test_a_row_leads_to_the_finding_on_it_and_the_short_list_to_the_grave_ones():
    found = Page(render([drifted()], Language.ZH))
    cards = [attributes["id"] for tag, attributes in found.of("article")]
    assert cards == ["f1", "f2", "f3", "f4", "f5", "a1"]
    ids = [attributes.get("id", "") for _, attributes in found.elements]
    at = {name: ids.index(name) for name in ("todo", "findings", "findings-list", "tables", "appendix")}
    links = [(number, attributes["href"][1:]) for number, (tag, attributes) in enumerate(found.elements) if tag == "a"]

    def between(one, other):
        return [target for number, target in links if at[one] < number < at[other]]

    assert between("findings", "findings-list") == ["f1", "f2", "f3"]
    assert between("tables", "appendix") == ["f1", "f2", "f4"]
    assert set(between("todo", "findings")) == {"f1", "f2", "f3", "f4", "f5"}


def test_what_to_do_stands_by_who_has_to_do_it():
    found = Page(render([drifted()], Language.EN), Language.EN)
    owners = [attributes["id"] for _, attributes in found.elements if attributes.get("id", "").startswith("todo-")]
    assert owners == ["todo-legal", "todo-engineering", "todo-vendor"]
    text = "".join(found.text)
    assert "Say what this version collects: Tencent Bugly" in text


def test_a_card_has_the_policys_words_what_was_not_checked_and_words_to_paste():
    declared = make.declared_permission("CAMERA", at=(Passage(line=12, quote="CAMERA 拍摄"),))
    row = make.row(declared=declared, state=State.NOT_FOUND)
    words = make.text("Camera: [what for]", "相机：【用于什么】")
    finding = make.finding("declared-not-found", row.subject, declared=declared.location, evidence=(), wording=words)
    declaration = make.declaration(permissions=(declared,))
    audit = make.audit(finding, rows=(row,), declaration=declaration, rules=(make.rule_info("declared-not-found"),))
    text = "".join(Page(render([audit], Language.EN), Language.EN).text)
    assert "“CAMERA 拍摄” policy, line 12" in " ".join(text.split())
    assert "What declared-not-found does not look at" in text
    assert "Camera: [what for]" in text
    assert "相机：【用于什么】" in text


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
    assert "details:not(.long)::details-content" in style.partition("@media print")[2]


def test_a_gap_is_named_beside_the_verdict():
    audit = packed()
    head = "".join(Page(render([audit], Language.EN), Language.EN).text).partition("SHA-256")[0]
    assert all(gap.reason.en in head and gap.location.file in head for gap in audit.gaps)
    assert "Not readable" not in head.replace("Not readable 2", "", 1).partition("Inconclusive")[0]


def test_several_audits_keep_their_anchors_apart():
    found = Page(render([drifted(), drifted(), packed()], Language.EN))
    ids = {attributes["id"] for _, attributes in found.elements if "id" in attributes}
    assert {"b1-f1", "b2-f1", "b3-top", "b3-g1"} <= ids


def test_states_and_severities_are_words_not_only_colours():
    text = "".join(Page(render([drifted()], Language.EN), Language.EN).text)
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
    blocks = re.findall(r":root[^{]*\{(.*?)\}", style, re.DOTALL)
    themes = [found for block in blocks if (found := dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block)))]
    return dict(zip(("light", "dark", "chosen dark", "print"), themes, strict=True))


def test_dark_is_the_same_whether_the_system_or_the_reader_asks_for_it():
    themes = _themes()
    assert themes["dark"] == themes["chosen dark"]
    assert all(themes["light"].keys() == theme.keys() for theme in themes.values())


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_every_text_colour_stands_out_from_every_ground_it_is_on(theme):
    """WCAG 2.1, 1.4.3: at least 4.5 to 1."""
    colours = _themes()[theme]
    grounds = ["paper", "card", "sunk"]
    pairs = [(text, ground) for text in ("ink", "soft", "link") for ground in grounds]
    for tone in ("red", "amber", "green", "blue", "grey"):
        pairs += [(tone, "card"), (tone, f"{tone}-tint"), ("ink", f"{tone}-tint"), ("soft", f"{tone}-tint")]
        pairs += [("link", f"{tone}-tint")]
    weak = [pair for pair in pairs if _contrast(colours[pair[0]], colours[pair[1]]) < 4.5]
    assert weak == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_control_and_mark_stands_out_from_what_it_is_on(theme):
    """WCAG 2.1, 1.4.11: at least 3 to 1."""
    colours = _themes()[theme]
    pairs = [("edge", "card"), ("edge", "paper"), ("link", "paper"), ("link", "card"), ("soft", "card"), ("card", "red")]
    pairs += [(tone, "sunk") for tone in ("red", "amber", "green")]
    weak = [pair for pair in pairs if _contrast(colours[pair[0]], colours[pair[1]]) < 3]
    assert weak == []

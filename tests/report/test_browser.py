"""The HTML report in a real browser: what a reader does with it, and that it talks to nobody."""

from __future__ import annotations

import datetime
import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.decisions import Decisions, baseline, decide, parse_decisions, to_yaml
from auditor.model import DecisionKind, FactKind, Language, SdkTier, Severity, State, Table
from auditor.report.compared import render as render_compared
from auditor.report.html import render
from auditor.report.outline import is_contradiction
from tests import factories as make
from tests.report.compared_examples import release
from tests.report.examples import collected, decided, drifted, hostile, packed, rules

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# no sandbox: tests run as root in containers; the rest keeps it from asking its maker for anything
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
DAY = datetime.date(2026, 1, 1)


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("needs Chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


class Desk:
    """Opens reports in pages of their own, and holds what went wrong in any of them."""

    def __init__(self, browser, folder):
        self.browser, self.folder = browser, folder
        self.faults = []
        self.contexts = []

    def open(self, *audits, language=Language.ZH, name="report.html", **options):
        return self.show(render(audits, language), name, **options)

    def show(self, text, name, **options):
        path = self.folder / name
        path.write_text(text, "utf-8")
        self.contexts.append(self.browser.new_context(accept_downloads=True, **options))
        page = self.contexts[-1].new_page()
        page.on("console", lambda message: self.faults.append(message.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("dialog", lambda dialog: self.faults.append(dialog.message))
        page.on("request", lambda request: None if request.url.split("#")[0] == path.as_uri() else self.faults.append(request.url))
        page.goto(path.as_uri())
        return page


@pytest.fixture
def desk(browser, tmp_path):
    desk = Desk(browser, tmp_path)
    yield desk
    for context in desk.contexts:
        context.close()
    # file and blob are the page itself and what it hands out
    assert [fault for fault in desk.faults if not fault.startswith("blob:")] == []


def shown(page, selector):
    return page.locator(selector).locator("visible=true").all_inner_texts()


def audit_of_many(rows):
    """An audit with so many pieces of evidence."""
    facts = tuple(
        make.fact(FactKind.CODE_PACKAGE, f"com.example.p{number}", "3", file=f"classes{number % 5}.dex", at=f"com.example.p{number}.A")
        for number in range(rows)
    )
    many = make.sdk("bugly", tier=SdkTier.CALLED, evidence=facts)
    finding = make.finding("undeclared-sdk", "bugly", evidence=facts[:40])
    return make.audit(finding, rows=(make.row(Table.SDKS, "bugly", State.UNDECLARED, sdk=many),), rules=rules())


# -- language and look ----------------------------------------------------------------------------------------------


def test_the_language_switches_in_place(desk):
    page = desk.open(drifted(), language=Language.EN)
    assert page.title() == "Privacy declaration audit · 小店 · Contradicts the declaration"
    assert shown(page, ".verdict .word") == ["✕\nContradicts the declaration"]
    page.get_by_role("button", name="中文").click()
    assert page.title() == "隐私声明核查报告 · 小店 · 与声明不一致"
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    assert shown(page, ".verdict .word") == ["✕\n与声明不一致"]
    assert "Contradicts" not in page.locator("main").inner_text()
    assert page.get_by_role("button", name="中文").get_attribute("aria-pressed") == "true"


def test_a_comparison_switches_in_place_too(desk):
    page = desk.show(render_compared("html", release(), Language.EN), "comparison.html")
    assert page.title().startswith("Comparison of two builds · 小店")
    assert "not seen, in doubt" in page.locator("main").inner_text()
    page.get_by_role("button", name="中文").click()
    assert page.title().startswith("版本比较 · 小店")
    text = page.locator("main").inner_text()
    assert "未见（存疑）" in text
    assert "not seen" not in text


@pytest.mark.parametrize("language", Language)
def test_without_script_the_page_is_whole_and_offers_nothing_that_needs_one(desk, language):
    page = desk.open(drifted(), language=language, java_script_enabled=False)
    other = {Language.ZH: "Contradicts the declaration", Language.EN: "与声明不一致"}[language]
    text = page.locator("body").inner_text()
    assert other not in text
    assert drifted().findings[0].message.in_(language) in text
    assert shown(page, "button, input, .decision") == []


def test_the_look_follows_the_system_until_the_reader_chooses(desk):
    page = desk.open(drifted(), color_scheme="dark")
    ground = "() => getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.emulate_media(color_scheme="light")
    light = page.evaluate(ground)
    assert dark != light
    look = page.locator("[data-theme-next]")
    look.click()
    assert (page.evaluate(ground), look.inner_text()) == (light, "外观：浅色")
    look.click()
    assert (page.evaluate(ground), look.inner_text()) == (dark, "外观：深色")
    page.reload()
    assert page.evaluate(ground) == dark


def test_on_a_narrow_screen_nothing_hangs_over_the_edge(desk):
    page = desk.open(drifted(), viewport={"width": 360, "height": 700})
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360


def test_on_a_narrow_screen_rows_are_blocks_and_pictures_give_way_to_their_words(desk):
    page = desk.open(collected(), language=Language.EN, viewport={"width": 360, "height": 700})
    wide = "() => [...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.className)"
    assert page.evaluate(wide) == []
    row = page.locator("#table-data tbody tr").first
    subject, declared, found, state = (row.locator("th, td").nth(place).bounding_box() for place in range(4))
    assert subject["y"] < state["y"] < declared["y"] < found["y"]
    assert shown(page, "#table-data tbody tr:first-child .col") == ["Declared", "Found"]
    # to those who hear it, it is the table it was
    assert page.locator("#table-data tbody").get_by_role("row").first.get_by_role("rowheader").count() == 1
    assert shown(page, ".picture") == []
    assert shown(page, "#collectors .bare td") != []
    broad = desk.open(collected(), language=Language.EN, name="broad.html")
    assert shown(broad, "#table-data .col") == []
    assert shown(broad, "#collectors .bare td") == []
    assert broad.locator("#collectors .picture").is_visible()


def test_the_ways_stand_as_a_list_too(desk):
    path = ("com.example.shop.App.onCreate", "com.example.shop.Ids.read", "android.telephony.TelephonyManager.getDeviceId")
    site = make.fact(FactKind.CALL, path[-1], file="classes.dex", at="com.example.shop.Ids.read()V +0x2", path=" → ".join(path))
    finding = make.finding("collection-before-consent", "imei", evidence=(site,), table=Table.DATA)
    page = desk.open(make.audit(finding, rules=rules()), language=Language.EN)
    ways = page.locator("details", has_text="The same as a list")
    assert not ways.locator("a").is_visible()
    ways.locator("summary").click()
    assert ways.locator(".way li").all_inner_texts() == list(path)
    assert ways.locator("a").get_attribute("href") == "#f1"


# -- finding one's way ----------------------------------------------------------------------------------------------


def test_the_first_tab_leads_past_the_bar(desk):
    page = desk.open(drifted())
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "跳到正文"
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "main"


def test_findings_are_filtered_by_keyboard(desk):
    page = desk.open(drifted(), language=Language.EN)
    everything = shown(page, "#findings-list [data-item] .subject code")
    box = page.get_by_role("searchbox").first
    box.focus()
    page.keyboard.type("SMS")
    page.wait_for_function("() => document.querySelector('[data-filter=findings-list] output').textContent !== ''")
    assert shown(page, "#findings-list [data-item] .subject code") == ["android.permission.READ_SMS"]
    assert shown(page, "[data-filter=findings-list] output") == ["1 of 5"]
    page.keyboard.press("Escape")
    assert shown(page, "#findings-list [data-item] .subject code") == everything
    vendor = page.locator("[data-filter=findings-list] [data-tag=owner-vendor]")
    vendor.focus()
    page.keyboard.press("Space")
    assert vendor.get_attribute("aria-pressed") == "true"
    assert shown(page, "#findings-list [data-item] .subject code") == ["bugly"]


def test_labels_that_every_finding_has_are_not_looked_through_and_no_match_is_said(desk):
    page = desk.open(drifted(), language=Language.EN)
    assert "Fingerprint" in page.locator("#findings-list").inner_text()
    page.get_by_role("searchbox").first.fill("Fingerprint")
    page.wait_for_function("() => document.querySelector('[data-filter=findings-list] output').textContent === 'No match'")
    assert shown(page, "#findings-list [data-item]") == []
    assert shown(page, "#findings-list .light") == []


def test_a_link_to_what_a_filter_hides_clears_the_filter(desk):
    page = desk.open(drifted(), language=Language.EN)
    box = page.get_by_role("searchbox").first
    box.fill("READ_SMS")
    page.wait_for_function("() => document.querySelector('[data-filter=findings-list] output').textContent === '1 of 5'")
    hidden = page.locator("#findings-list [data-item][hidden]").last.get_attribute("id")
    for _ in range(2):  # the second time the address already names it
        box.fill("READ_SMS")
        page.wait_for_function("() => document.querySelector('[data-filter=findings-list] output').textContent === '1 of 5'")
        page.evaluate("(id) => { const a = document.createElement('a'); a.href = '#' + id; document.body.append(a); a.click(); }", hidden)
        page.locator(f"#{hidden}").wait_for(state="visible")
        assert box.input_value() == ""


def test_tables_are_filtered_by_state(desk):
    page = desk.open(drifted(), language=Language.EN)
    page.locator("#table-permissions [data-tag=state-undeclared]").click()
    assert set(shown(page, "#table-permissions tbody .state")) == {"!undeclared"}
    page.locator("#table-permissions [data-tag=state-matched]").click()
    assert set(shown(page, "#table-permissions tbody .state")) == {"!undeclared", "✓matched"}


def test_a_link_to_something_folded_opens_it(desk):
    rows = [make.finding("incomplete-sdk-row", f"com.example.s{n}", severity=Severity.LOW, evidence=()) for n in range(3)]
    page = desk.open(make.audit(*rows, rules=rules()))
    assert not page.locator("#f3").is_visible()
    page.evaluate("() => { location.hash = 'f3'; }")
    page.locator("#f3").wait_for(state="visible")


def test_thousands_of_pieces_of_evidence_are_there_and_can_be_searched(desk):
    page = desk.open(audit_of_many(5000), language=Language.EN)
    assert page.locator("#traces [data-item]").count() == 5000
    assert not page.locator("#traces").is_visible()
    page.locator("#evidence summary").click()
    page.locator("#evidence [type=search]").fill("com.example.p4321")
    page.wait_for_function("() => document.querySelector('[data-filter=traces] output').textContent === '1 of 5000'")
    assert len(shown(page, "#traces [data-item]")) == 1


# -- decisions ------------------------------------------------------------------------------------------------------


def write_down(page, card, kind, by="张三", reason="下个版本移除", until=""):
    item = page.locator(f"#{card}")
    item.locator(".decision > summary").click()
    item.locator(f"input[value={kind}]").check()
    item.locator("[data-by]").fill(by)
    item.locator("[data-reason]").fill(reason)
    item.locator("[data-until]").fill(until)
    item.locator("[data-save]").click()


def exported(page):
    with page.expect_download() as download:
        page.locator("[data-export]").click()
    path = Path(download.value.path())
    return download.value.suggested_filename, parse_decisions(path.read_bytes(), "decisions.yaml")


def test_decisions_are_kept_and_exported_as_the_file_the_next_audit_reads(desk):
    audit = drifted()
    page = desk.open(audit)
    write_down(page, "f1", "accept", until="2099-12-31")
    write_down(page, "f2", "dispute", reason='"引号": # 与换行\t之外的一切')
    page.reload()
    assert shown(page, "#f1 .top .decided") == ["接受 · 张三 · 下个版本移除 · → 2099-12-31"]
    assert shown(page, "#decisions [data-decisions-count]") == ["已决定 2 项，未决定 4 项"]
    name, decisions = exported(page)
    assert name == "com.example.shop.decisions.yaml"
    assert [(one.kind, one.fingerprint, one.by, one.until, one.severity) for one in decisions.decisions] == [
        (DecisionKind.ACCEPT, audit.findings[0].fingerprint, "张三", "2099-12-31", audit.findings[0].severity),
        (DecisionKind.DISPUTE, audit.findings[1].fingerprint, "张三", "", None),
    ]
    assert decisions.decisions[1].reason == '"引号": # 与换行\t之外的一切'
    judged = decide(replace(audit, accepted=()), decisions, DAY)
    assert [one.subject for one in judged.accepted] == [audit.findings[0].subject]


def test_a_gap_is_accepted_like_a_finding(desk):
    audit = packed()
    page = desk.open(audit)
    write_down(page, "g1", "accept", reason="发布包均已加固")
    _, decisions = exported(page)
    judged = decide(audit, decisions, DAY)
    assert set(audit.gaps) - set(judged.open_gaps) == {audit.gaps[0]}


def test_an_incomplete_decision_is_refused_in_words(desk):
    page = desk.open(drifted(), language=Language.EN)
    write_down(page, "f1", "accept", reason="  ")
    assert shown(page, "#f1 .problem") == ["Choose a decision, and say who decides and why."]
    assert shown(page, "#decisions [data-decisions-count]") == ["0 decided, 6 not decided"]


def test_a_day_that_is_past_is_refused_and_what_is_decided_stands_in_the_list_of_what_to_do(desk):
    page = desk.open(drifted(), language=Language.EN)
    write_down(page, "f1", "accept", until="2020-01-01")
    assert shown(page, "#f1 .problem") == ["The day it holds until is past: a decision that has lapsed has no effect."]
    assert shown(page, ".verdict [data-decisions-count]") == ["0 decided, 6 not decided"]
    page.locator("#f1 [data-until]").fill("2099-01-01")
    page.locator("#f1 [data-save]").click()
    assert shown(page, ".verdict [data-decisions-count]") == ["1 decided, 5 not decided"]
    decided_links = page.locator('.tasks a[href="#f1"]')
    assert {link.get_attribute("data-decision") for link in decided_links.all()} == {"accepted"}
    assert page.locator(".tasks a[data-decision]").count() == decided_links.count()


def test_a_cleared_decision_is_gone(desk):
    page = desk.open(drifted())
    write_down(page, "f1", "agree")
    page.locator("#f1 .decision > summary").click()
    page.locator("#f1 [data-clear]").click()
    page.reload()
    assert shown(page, "#decisions [data-decisions-count]") == ["已决定 0 项，未决定 6 项"]


def test_the_file_a_baseline_writes_can_be_imported_and_what_is_not_in_the_report_is_kept(desk, tmp_path):
    audit = replace(drifted(), accepted=())
    other = make.finding("undeclared-sdk", "不在本报告中: #的", evidence=())
    found, _ = baseline(replace(audit, findings=(*audit.findings, other)), None, DAY)
    (tmp_path / "b.yaml").write_text(to_yaml(found), "utf-8")
    page = desk.open(audit, language=Language.EN)
    page.locator("#decisions-file").set_input_files(tmp_path / "b.yaml")
    page.wait_for_function("() => document.querySelector('[data-said]').textContent !== ''")
    number = len({one.fingerprint for one in audit.findings})
    assert shown(page, "[data-said]") == [f"Imported: {number} on this report; 1 are about nothing in it and stay in the exported file"]
    _, again = exported(page)
    assert [replace(one, location=None) for one in again.decisions] == [replace(one, location=None) for one in found.decisions]


def test_an_exported_file_can_be_imported_elsewhere(desk, tmp_path):
    page = desk.open(drifted())
    write_down(page, "f1", "agree")
    with page.expect_download() as download:
        page.locator("[data-export]").click()
    download.value.save_as(tmp_path / "d.yaml")
    elsewhere = desk.open(drifted(), name="copy.html")
    assert shown(elsewhere, "#f1 .top .decided") == []
    elsewhere.locator("#decisions-file").set_input_files(tmp_path / "d.yaml")
    elsewhere.locator("#f1 .top .decided").wait_for(state="visible")
    assert shown(elsewhere, "#f1 .top .decided") == ["确认属实 · 张三 · 下个版本移除"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("not: a decisions file\n", 1),
        ("schema: auditor/decisions/1\ndecisions:\n  - {rule: a}\n", 3),
        ('{"schema": "auditor/decisions/1", "decisions": [', 1),
        ("schema: auditor/decisions/2\ndecisions: []\n", 1),
        ("schema: auditor/decisions/1\ndecisions:\n  - rule: a\n    decision: acept\n    by: b\n    reason: c\n", 1),
    ],
)
def test_a_file_that_is_no_decisions_file_is_refused_with_its_line(desk, tmp_path, text, line):
    (tmp_path / "x.yaml").write_text(text, "utf-8")
    page = desk.open(drifted(), language=Language.EN)
    page.locator("#decisions-file").set_input_files(tmp_path / "x.yaml")
    page.wait_for_function("() => document.querySelector('[data-said]').textContent !== ''")
    assert f"cannot be read here (line {line})" in shown(page, "[data-said]")[0]


def test_decisions_the_report_was_made_with_stand_in_it_and_can_be_changed(desk):
    audit = decided()
    page = desk.open(audit, language=Language.EN)
    _, decisions = exported(page)
    given = {one.fingerprint for one in (*audit.decided.held, *audit.decided.lapsed, *audit.decided.unmatched)}
    assert {one.fingerprint for one in decisions.decisions} == given
    assert isinstance(decisions, Decisions)


# -- paper, and what is hostile -------------------------------------------------------------------------------------


def test_on_paper_everything_folded_is_printed_and_chinese_is_text(desk, tmp_path):
    if shutil.which("pdftotext") is None:
        pytest.skip("needs pdftotext (poppler-utils)")
    rows = [make.finding("incomplete-sdk-row", f"com.example.s{n}", severity=Severity.LOW, evidence=()) for n in range(3)]
    audit = drifted()
    page = desk.open(replace(audit, findings=(*audit.findings, *rows)))
    page.pdf(path=tmp_path / "report.pdf", format="A4")
    text = subprocess.run(["pdftotext", "-layout", tmp_path / "report.pdf", "-"], capture_output=True, check=True).stdout.decode()
    for words in ("与声明不一致", "小店科技有限公司", "读取短信", "com.example.s2", "未核对"):
        assert words in text
    assert "导出决定文件" not in text


def printed(page, path):
    if shutil.which("pdftotext") is None:
        pytest.skip("needs pdftotext (poppler-utils)")
    page.pdf(path=path, format="A4")
    return subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True).stdout.decode()


def test_the_short_form_holds_what_is_signed_and_says_what_it_leaves_out(desk, tmp_path):
    light = make.finding("incomplete-sdk-row", "com.example.light", severity=Severity.LOW, evidence=())
    audit = replace(drifted(), findings=(*drifted().findings, light))
    page = desk.open(audit, language=Language.EN)
    page.evaluate("() => { window.papers = []; window.print = () => papers.push(document.documentElement.dataset.paper); }")
    page.get_by_role("button", name="Print", exact=True).click()
    page.get_by_role("button", name="Print the short form").click()
    assert page.evaluate("() => papers") == ["", "short"]
    short = printed(page, tmp_path / "short.pdf")
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    whole = printed(page, tmp_path / "whole.pdf")
    for words in ("Contradicts the declaration", "READ_SMS", "AndroidManifest.xml", "Sign-off", "Approved by", audit.identity.sha256[:20]):
        assert words in short
        assert words in whole
    for words in ("What to do, and who", "com.example.light", "Rules that ran", "Wording to paste"):
        assert words not in short
        assert words in whole
    weak = len(audit.findings) - sum(map(is_contradiction, audit.findings))
    assert f"the findings that do not bear on the verdict ({weak})" in " ".join(short.split())
    assert "This is the short form" not in whole
    assert shown(page, ".signoff, .on-short") == []


def test_what_is_said_of_a_finding_begins_on_the_page_of_its_head(desk, tmp_path):
    places = [make.fact(FactKind.DEX, f"com.example.C{n}", file="classes.dex", at=f"com.example.C{n}") for n in range(6)]
    found = [
        make.finding("undeclared-sdk", f"com.example.s{n}", message=make.text(f"Head of {n}."), evidence=tuple(places)) for n in range(6)
    ]
    page = desk.open(make.audit(*found, rules=rules()), language=Language.EN)
    sheets = printed(page, tmp_path / "report.pdf").split("\f")
    heads = [(sheet, f"Head of {n}.") for sheet in sheets for n in range(6) if f"Head of {n}." in sheet]
    assert len(heads) == 6
    assert [head for sheet, head in heads if "What to do" not in sheet.partition(head)[2]] == []


def test_hostile_values_stay_text(desk):
    name = "</script><img src=x onerror=\"hacked=1\">\u202egnp\x07"
    audit = hostile()
    audit = replace(audit, identity=replace(audit.identity, label=name, app_id=name))
    page = desk.open(audit, language=Language.EN)
    assert page.locator("h1").inner_text() == "</script><img src=x onerror=\"hacked=1\">\\u202egnp\\x07"
    page.get_by_role("button", name="中文").click()
    write_down(page, "f1", "accept", by="<b>x</b>", reason="</span><img src=x onerror='hacked=1'>")
    assert page.locator("img").count() == 0
    assert page.evaluate("() => typeof hacked") == "undefined"
    entries = json.loads(page.evaluate("() => localStorage.getItem('auditor/decisions/' + document.body.dataset.key)"))
    assert entries[0]["fingerprint"] == audit.findings[0].fingerprint
    _, decisions = exported(page)
    assert decisions.decisions[0].fingerprint == audit.findings[0].fingerprint

"""The report for pull-request comments."""

from __future__ import annotations

import re

import pytest

from auditor.model import Language, State, Table
from auditor.report.markdown import MOST_ROWS, code, escape, render
from tests import factories as make
from tests.report.examples import EXAMPLES, drifted, hostile

OWN_TAGS = {"details", "summary", "code", "br", "!--"}


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a|b", "a&#124;b"),
        ("`x`", "&#96;x&#96;"),
        ("<script>", "&#60;script&#62;"),
        ("&amp;", "&#38;amp;"),
        ("*a* _b_ ~~c~~", "&#42;a&#42; &#95;b&#95; &#126;&#126;c&#126;&#126;"),
        ("[x](y)", "&#91;x&#93;(y)"),
        ("@octocat", "@<!-- -->octocat"),
        ("#1", "#<!-- -->1"),
        ("GH-1", "GH<!-- -->-1"),
        ("$x$", "$<!-- -->x$<!-- -->"),
        ("http://evil.example", "http:/<!-- -->/evil.example"),
        ("www.evil.example", "www<!-- -->.evil.example"),
        ("a\\b", "a&#92;b"),
    ],
)
def test_markup_is_escaped(text, escaped):
    assert escape(text) == escaped


@pytest.mark.parametrize(
    "text", ["", "读取短信（READ_SMS）", "android.permission.READ_SMS", "a-b: c; 50%", "declarations/shop.yaml:10"]
)
def test_ordinary_text_stays_as_it_is(text):
    assert escape(text) == text


@pytest.mark.parametrize("text", ["android.permission.READ_SMS", "com.tencent.bugly", "a.yaml:10", "http://a.example/"])
def test_code_is_a_span_where_nothing_in_it_has_a_meaning(text):
    assert code(text) == f"`{text}`"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a`b", "<code>a&#96;b</code>"),
        ("a|b", "<code>a&#124;b</code>"),
        ("个推", "<code>个推</code>"),
        ("@x", "<code>@<!-- -->x</code>"),
        ("", ""),
    ],
)
def test_code_is_html_elsewhere(text, html):
    assert code(text) == html


@pytest.mark.parametrize("language", list(Language))
def test_hostile_values_open_nothing(language):
    report = render([hostile()], language)
    assert set(re.findall(r"<(!--|/?[a-z]+)", report)) <= {*OWN_TAGS, *(f"/{tag}" for tag in OWN_TAGS)}
    outside = re.sub(r"`[^`\n]*`", "", report)
    assert not re.search(r"!\[|\]\(|@[a-z]|(?<!&)#\d|www\.|\bGH-\d", outside)
    assert "`" not in outside
    assert "//" not in outside
    assert report.count("<details>") == report.count("</details>")
    assert report.count("<code>") == report.count("</code>")


@pytest.mark.parametrize("audits", [*EXAMPLES.values(), [hostile()]])
def test_every_row_of_a_table_has_as_many_cells_as_its_head(audits):
    tables = re.findall(r"(?:^\|.*\n)+", render(audits, Language.ZH), re.MULTILINE)
    for table in tables:
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_the_verdict_comes_first():
    assert render([drifted()], Language.EN).startswith("## ❌ Contradicts the declaration: 小店\n")


def test_a_long_table_is_cut_and_said_to_be():
    rows = [make.row(Table.PERMISSIONS, f"p{number:03}", State.MATCHED) for number in range(MOST_ROWS + 1)]
    report = render([make.audit(rows=rows)], Language.EN)
    assert "`p099`" in report
    assert "`p100`" not in report
    assert "One more row stands in the JSON and HTML reports." in report

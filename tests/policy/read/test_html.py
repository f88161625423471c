"""HTML pages read: tables with spans, what is hidden, lists, line numbers, Word's own HTML, and pages that hold nothing."""

from __future__ import annotations

import pytest

from auditor.policy.document import Cell, DocumentKind, Grid, Line
from tests.policy.read.outlines import Read, grids, outline, texts


def test_headings_paragraphs_and_line_breaks_keep_their_source_lines(read: Read) -> None:
    page = read(
        "<!DOCTYPE html>\n<html><head><title>示例隐私政策</title></head>\n<body>\n<h1>示例隐私政策</h1>\n"
        "<p>我们会收集\n您的<b>手机号</b>。</p>\n\n<p>SDK名称：示例推送<br>使用目的：推送<br/>\n收集信息：OAID</p></body></html>"
    )
    assert page.kind is DocumentKind.HTML
    assert page.title == "示例隐私政策"
    assert outline(page) == [
        "4 # 示例隐私政策",
        "5 我们会收集您的手机号。",
        "8 SDK名称：示例推送 / 使用目的：推送 / 收集信息：OAID",
    ]
    labels = page.blocks[2]
    assert not isinstance(labels, Grid)
    assert [line.line for line in getattr(labels, "lines", ())] == [8, 8, 9]


def test_a_break_between_words_is_a_space_and_between_chinese_characters_none(read: Read) -> None:
    assert outline(read("<html><p>QQ\n  SDK 用于\n登录 and\nsharing</p>")) == ["1 QQ SDK 用于登录 and sharing"]


def test_spans_are_expanded_and_keep_their_origin(read: Read) -> None:
    (grid,) = grids(
        read(
            "<html><table><thead><tr><th>名称</th><th colspan=2>说明</th></tr></thead>"
            "<tr><td rowspan=3>相机</td><td>拍照</td><td>头像</td></tr>"
            "<tr><td>扫码</td><td rowspan=9>登录</td></tr><tr><td>录像</td></tr></table>"
        )
    )
    assert texts(grid) == [["名称", "说明", "说明"], ["相机", "拍照", "头像"], ["相机", "扫码", "登录"], ["相机", "录像", "登录"]]
    assert [cell.origin for cell in grid.rows[3]] == [(1, 0), (3, 1), (2, 2)]
    assert [cell.header for cell in grid.rows[0]] == [True, True, True]
    assert not any(cell.header for cell in grid.rows[1])


def test_a_cell_keeps_its_lines_and_links(read: Read) -> None:
    (grid,) = grids(
        read(
            '<html><table>\n<tr><td>READ_CALENDAR<br>读取日历</td>\n<td><a href="https://push.example/p">查看</a></td></tr>'
            "<tr><td><ul><li>甲</li><li>乙</li></ul></td><td>x</td></tr></table>"
        )
    )
    first = grid.rows[0]
    assert first[0].lines == (Line(text="READ_CALENDAR", line=2), Line(text="读取日历", line=2))
    assert first[1].lines == (Line(text="查看", line=3, links=("https://push.example/p",)),)
    assert grid.rows[1][0].text == "甲\n乙"


def test_what_a_browser_hides_is_left_out(read: Read) -> None:
    page = read(
        "<html><style>p{}</style><script>var a='<p>x</p>';</script><p>看得见<span style='display: none'>看不见</span></p>"
        "<div hidden><p>看不见</p></div><p style='mso-hide:all'>看不见</p><noscript>请启用脚本</noscript>"
        "<p><del>已删去</del>留下</p>\n<p>末行</p>"
    )
    assert outline(page) == ["1 看得见", "1 留下", "2 末行"]


def test_lines_are_still_counted_after_hidden_parts_and_comments(read: Read) -> None:
    page = read("<html>\n<script>\n\n\n</script>\n<div style='display:none'>\nx\n</div>\n<!-- a\nb\n-->甲<br>\n乙")
    assert outline(page) == ["11 甲 / 乙"]
    assert [line.line for line in getattr(page.blocks[0], "lines", ())] == [11, 12]


def test_lines_beyond_the_parsers_own_count_are_right(read: Read) -> None:
    page = read("<html><p>a</p>" + "\n" * 70_000 + "<p>b</p>\n<p>c</p>")
    assert outline(page) == ["1 a", "70001 b", "70002 c"]


def test_ordered_lists_show_their_numbers(read: Read) -> None:
    page = read("<html><ol start=3><li>甲，其一</li><li value=7><p>乙，其二</p></li></ol><ul><li>丙</li></ul>")
    assert outline(page) == ["1 * 3. 甲，其一", "1 * 7. 乙，其二", "1 * 丙"]


def test_bold_lines_are_headings_unless_they_are_labels_or_sentences(read: Read) -> None:
    page = read("<html><p><strong>第三方<i>SDK</i></strong></p><p><b>使用目的：</b></p><p><b>我们不会出售信息。</b></p><p><b>注</b>意</p>")
    assert outline(page) == ["1 ###### 第三方SDK", "1 使用目的：", "1 我们不会出售信息。", "1 注意"]


def test_a_table_that_only_places_text_is_no_grid(read: Read) -> None:
    page = read(
        "<html><table><tr><td><h2>标题</h2><p>正文</p><table><tr><td>名称</td><td>用途</td></tr><tr><td>甲</td><td>乙</td></tr></table>"
        "</td></tr></table><table><tr><td>提示框</td></tr></table>"
    )
    assert outline(page) == ["1 ## 标题", "1 正文", "[名称 | 用途] [甲 | 乙]", "1 提示框"]


def test_a_table_inside_a_cell_gives_its_lines_to_the_cell(read: Read) -> None:
    (grid,) = grids(
        read(
            "<html><table><tr><th>名称</th><th>权限</th></tr><tr><td>示例</td><td><table><tr><td>相机</td><td>拍照</td></tr>"
            "<tr><td>位置</td><td>定位</td></tr></table></td></tr></table>"
        )
    )
    assert texts(grid) == [["名称", "权限"], ["示例", "相机\n拍照\n位置\n定位"]]


def test_preformatted_text_keeps_its_lines(read: Read) -> None:
    page = read("<html><pre>甲\n乙</pre><div style='white-space: pre-wrap'>丙\n丁</div><div>戊\n己</div>")
    assert outline(page) == ["1 甲 / 乙", "2 丙 / 丁", "3 戊己"]


def test_words_own_html_is_read(read: Read) -> None:
    page = read(
        "<html xmlns:o='urn:schemas-microsoft-com:office:office'><head><meta charset=unicode></head><body>"
        "<!--[if gte mso 9]><xml><o:p>x</o:p></xml><![endif]-->"
        "<p class=MsoNormal><![if !supportLists]><span style='mso-list:Ignore'>1、<span>&nbsp; </span></span><![endif]>"
        "第三方<span lang=EN-US>SDK</span>清单<o:p></o:p></p>"
        "<p class=MsoNormal><o:p>&nbsp;</o:p></p></body></html>".encode("utf-16")
    )
    assert page.encoding == "utf-16-le"
    assert outline(page) == ["1 # 1、 第三方SDK清单"]


def test_a_manifest_pasted_into_a_page_is_kept(read: Read) -> None:
    page = read('<html><p>权限：<uses-permission android:name="android.permission.CAMERA"/></p>')
    assert outline(page) == ["1 权限：android.permission.CAMERA"]


def test_a_fragment_is_a_page_too(read: Read) -> None:
    assert read("<p style='x'>1.cn.push.example(示例推送)，用于推送。</p><p>完</p>").kind is DocumentKind.HTML


@pytest.mark.parametrize(
    ("page", "says"),
    [
        ("<html><body><div id=app></div><script src=app.js></script></body></html>", "loads its text by script"),
        ("<html><body><iframe src=policy.html></iframe></body></html>", "stands in a frame"),
        ("<html><body><img src=policy.png></body></html>", "as images"),
        ("<html><body></body></html>", "holds no text"),
    ],
)
def test_a_page_without_text_says_where_the_text_is(read: Read, page: str, says: str) -> None:
    found = read(page)
    assert found.blocks == ()
    assert [says in gap.reason.en for gap in found.gaps] == [True]


def test_what_lies_too_deep_is_a_gap(read: Read) -> None:
    found = read("<html><p>开头</p>" + "<div>" * 5000 + "深处" + "</div>" * 5000)
    assert outline(found)[0] == "1 开头"
    assert "nested too deep" in found.gaps[0].reason.en


def test_hostile_spans_cost_nothing(read: Read) -> None:
    (grid,) = grids(read("<html><table>" + "<tr><td colspan=60000 rowspan=60000>甲</td><td>乙</td></tr>" * 3000 + "</table>"))
    assert texts(grid) == [["甲", "乙"]] * 3000


def test_a_tag_of_countless_attributes_loses_them_and_says_so(read: Read) -> None:
    many = "\n".join(f"a{number}=1" for number in range(5_000))
    found = read(f"<html><p {many}>甲</p>\n<p>乙</p>")
    assert outline(found) == ["5000 甲", "5001 乙"]
    assert len(found.gaps) == 1


def test_entities_a_page_declares_are_never_expanded(read: Read) -> None:
    entities = '<!ENTITY a "甲甲甲甲甲甲甲甲甲甲">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12)
    )
    for page in (f"<!DOCTYPE html [{entities}]>", f'<?xml version="1.0"?><!DOCTYPE html [{entities}]>'):
        found = "".join(outline(read(page + "<html><p>正文 &m;</p></html>")))
        assert len(found) < 2_000
        assert "正文" in found
    outside = '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/hostname">]><html><p>正文 &x;</p></html>'
    assert any("&x;" in line for line in outline(read(outside)))


def test_a_table_beyond_all_bounds_is_cut_and_says_so(read: Read) -> None:
    found = read("<html><table>" + "<tr><td>甲" + "<td>乙" * 250 + "<tr><td>丙<td>丁" * 3000 + "</table>")
    assert sum(len(row) for grid in grids(found) for row in grid.rows) <= 200_000
    assert "too large a table" in found.gaps[0].reason.en


@pytest.mark.parametrize("depth", [3, 40])
def test_nested_tables_are_bounded(read: Read, depth: int) -> None:
    page = "<html>" + "<table><tr><td>甲</td><td>乙" * depth + "</td></tr></table>" * depth
    found = "".join(outline(read(page)))
    assert found.count("甲") == depth


def test_a_spanning_cell_stands_in_every_place(read: Read) -> None:
    (grid,) = grids(read("<html><table><tr><td colspan=2>安卓权限</td></tr><tr><td>相机</td><td>拍照</td></tr></table>"))
    wide = Cell(lines=(Line(text="安卓权限", line=1),), origin=(0, 0))
    assert grid.rows[0] == (wide, wide)

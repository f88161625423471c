"""Markdown read: tables as people really type them, HTML inside, inline markup, and line numbers."""

from __future__ import annotations

import pytest

from auditor.policy.document import DocumentKind, Line
from tests.policy.read.outlines import Read, grids, outline, texts


def test_headings_lists_and_paragraphs(read: Read) -> None:
    found = read("# 示例隐私政策\n\n我们**收集**`手机号`。\n第二行\n- 甲\n- 乙\n\n1. 其一，说明\n2. 其二，说明\n")
    assert found.kind is DocumentKind.MARKDOWN
    assert found.title == "示例隐私政策"
    assert outline(found) == [
        "1 # 示例隐私政策",
        "3 我们收集手机号。 / 第二行",
        "5 * 甲",
        "6 * 乙",
        "8 * 1. 其一，说明",
        "9 * 2. 其二，说明",
    ]


def test_a_pipe_table_with_escapes_breaks_and_links(read: Read) -> None:
    (grid,) = grids(
        read(
            "| 权限 | 目的 | 政策 |\n| --- | :-: | --- |\n"
            "| `READ\\_EXTERNAL\\_STORAGE`<br>读取存储 | 上传\\|下载 | [查看](https://a.example/x) |\n"
            "| READ\\_CALENDAR | 提醒 | <https://b.example> |\n"
        )
    )
    assert texts(grid) == [
        ["权限", "目的", "政策"],
        ["READ\\_EXTERNAL\\_STORAGE\n读取存储", "上传|下载", "查看"],
        ["READ_CALENDAR", "提醒", "https://b.example"],
    ]
    assert [cell.header for cell in grid.rows[0]] == [True, True, True]
    assert grid.rows[1][2].lines == (Line(text="查看", line=3, links=("https://a.example/x",)),)
    assert grid.rows[2][2].lines == (Line(text="https://b.example", line=4, links=("https://b.example",)),)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("| 甲 | 乙 | 丙 |\n", ["甲", "乙", "丙"]),  # one pipe too many
        ("| 甲 |\n", ["甲", "", ""]),  # one missing
        ("甲 | 乙\n", ["甲", "乙", ""]),  # none around it
        ("| 甲 | 乙\n", ["甲", "乙", ""]),  # not closed
    ],
)
def test_rows_with_other_pipes_than_the_header_lose_nothing(read: Read, rows: str, expected: list[str]) -> None:
    (grid,) = grids(read("# t\n\n| 名称 | 目的 |\n|---|---|\n" + rows + "| 末 | 行 | 完 |\n"))
    assert texts(grid)[1:] == [expected, ["末", "行", "完"]]


def test_a_row_broken_over_lines_is_one_row(read: Read) -> None:
    (grid,) = grids(read("# t\n\n| 名称 | 目的 |\n|---|---|\n| 相机 | 扫码、\n拍照 |\n| 位置\n| 定位 |\n| 日历 | 提醒 |\n"))
    assert texts(grid)[1:] == [["相机", "扫码、\n拍照"], ["位置", "定位"], ["日历", "提醒"]]


def test_an_indented_table_is_no_code(read: Read) -> None:
    (grid,) = grids(read("# t\n\n         | SDK名称 | 用途 |\n         |----|----|\n         | 示例 | 支付 |\n"))
    assert texts(grid) == [["SDK名称", "用途"], ["示例", "支付"]]


def test_blank_lines_between_rows_end_no_table_but_other_text_does(read: Read) -> None:
    found = read("| a | b |\n|---|---|\n| 1 | 2 |\n\n| 3 | 4 |\n\n正文 | 不是表格\n")
    assert outline(found) == ["[a | b] [1 | 2] [3 | 4]", "7 正文 | 不是表格"]


def test_cells_on_lines_of_their_own_parted_by_lone_pipes(read: Read) -> None:
    found = read(
        "# t\n\n**第三方** **SDK**\n|\n**用途**\n|\n**收集的信息**\n|\n**隐私说明**  \n  \n---|---|---|---  \n  \n"
        "示例统计\n|\n分析\n|\n设备信息\n|\n[示例政策](https://a.example/)  \n  \n位置信息  \n  \n"
        "示例广告\n|\n广告\n|\nOAID\n|\n无\n\n===\n后文说明如下。\n"
    )
    (grid,) = grids(found)
    assert texts(grid) == [
        ["第三方 SDK", "用途", "收集的信息", "隐私说明"],
        ["示例统计", "分析", "设备信息", "示例政策"],
        ["示例统计", "分析", "位置信息", "示例政策"],
        ["示例广告", "广告", "OAID", "无"],
    ]
    assert grid.rows[2][0].origin == (1, 0)
    assert outline(found)[-1] == "32 后文说明如下。"


def test_html_tables_inside_keep_their_lines_and_text_around_them_is_read(read: Read) -> None:
    found = read(
        "#### 权限说明\n\n说明文字\n<br>\n第二段\n\n<div style='x'>\n<small>\n\n<table>\n<tr>\n<th>名称</th><th>目的</th>\n</tr>\n\n"
        "<tr><td rowspan=2>android.permission.CAMERA</td><td>扫码</td></tr>\n"
        "<tr><td>拍照</td></tr>\n</table>\n\n</small>\n</div>\n\n##### 其他\n"
    )
    assert outline(found) == [
        "1 #### 权限说明",
        "3 说明文字",
        "5 第二段",
        "[名称 | 目的] [android.permission.CAMERA | 扫码] [android.permission.CAMERA | 拍照]",
        "22 ##### 其他",
    ]
    assert [grid.rows[1][0].lines[0].line for grid in grids(found)] == [15]


def test_emphasis_that_commonmark_leaves_open_beside_chinese_is_taken_off(read: Read) -> None:
    found = read("# t\n\n**使用目的：**消息推送\n\n 1、 _ **应用多开。**_\n\n**第三方SDK**\n")
    assert outline(found)[1:] == ["3 使用目的：消息推送", "5 1、 应用多开。", "7 ###### 第三方SDK"]


def test_tags_html_does_not_know_are_text(read: Read) -> None:
    found = read('# t\n\n    <uses-permission android:name="android.permission.CAMERA" />\n')
    assert outline(found)[1:] == ['3 <uses-permission android:name="android.permission.CAMERA" />']


def test_fences_hold_text_and_comments_hold_none(read: Read) -> None:
    found = read("# t\n```\na_b *c*\n```\n<!-- 隐藏\n隐藏 -->后文\n")
    assert outline(found) == ["1 # t", "3 a_b *c*", "6 后文"]


def test_front_matter_gives_the_title(read: Read) -> None:
    found = read("---\ntitle: 示例清单\ntags:\neditor: markdown\n---\n\n# 清单\n")
    assert (found.title, outline(found)) == ("示例清单", ["7 # 清单"])


def test_underlined_titles_are_headings_and_rules_between_sections_are_not(read: Read) -> None:
    assert outline(read("示例政策\n====\n\n**甲**乙\n---\n正文\n"))[:2] == ["1 # 示例政策", "4 ## 甲乙"]
    ruled = read("==========\n## 政策\n正文一段\n==========\n**甲**乙\n==========\n")
    assert outline(ruled) == ["2 ## 政策", "3 正文一段", "5 甲乙"]


def test_an_address_is_a_link_with_or_without_markup(read: Read) -> None:
    found = read("# t\n\n详见[政策](https://a.example/p)和 https://b.example/x_y_z。\n")
    assert found.links == (
        ("详见政策和 https://b.example/x_y_z。", "https://a.example/p"),
        ("详见政策和 https://b.example/x_y_z。", "https://b.example/x_y_z"),
    )


def test_a_quote_and_a_task_list(read: Read) -> None:
    assert outline(read("# t\n> 引用\n\n* 甲\n  乙\n")) == ["1 # t", "2 引用", "4 * 甲 / 乙"]

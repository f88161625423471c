"""Plain text read: paragraphs, numbered headings, contents, typed tables, and exact line numbers."""

from __future__ import annotations

from auditor.policy.document import DocumentKind
from tests.policy.read.outlines import Read, grids, outline, texts

POLICY = """
示例应用隐私政策

\t一、范围
二、收集
三、联系


一、 范围

\t本政策适用于示例应用。
二、收集
（一） 注册
1、手机号
用于注册账号。
（二）下单
1、适用的法律有明确规定；

2、获得您的同意；

三、联系
SDK名称：示例推送
使用目的：推送
"""


def test_headings_are_told_from_contents_and_lists_by_what_stands_under_them(read: Read) -> None:
    found = read(POLICY)
    assert found.kind is DocumentKind.TEXT
    assert found.title == "示例应用隐私政策"
    assert outline(found) == [
        "2 示例应用隐私政策",
        "4 * 一、范围",
        "5 * 二、收集",
        "6 * 三、联系",
        "9 # 一、 范围",
        "11 本政策适用于示例应用。",
        "12 # 二、收集",
        "13 ## （一） 注册",
        "14 ### 1、手机号",
        "15 用于注册账号。",
        "16 ## （二）下单",
        "17 1、适用的法律有明确规定；",
        "19 2、获得您的同意；",
        "21 # 三、联系",
        "22 SDK名称：示例推送 / 使用目的：推送",
    ]


def test_flattened_cells_stay_one_paragraph_each(read: Read) -> None:
    found = read("权限名称\n\n\n用途\n\n\nREAD_CALENDAR\n 读取日历\n\n\n添加日程提醒\n")
    assert outline(found) == ["1 权限名称", "4 用途", "7 READ_CALENDAR / 读取日历", "11 添加日程提醒"]


def test_windows_and_old_mac_line_ends_count_once(read: Read) -> None:
    assert outline(read("甲\r\n\r\n乙\r\r丙\n")) == ["1 甲", "3 乙", "5 丙"]


def test_other_separators_of_unicode_end_no_line(read: Read) -> None:
    assert outline(read("甲\u2028乙\u0085丙\x0b丁\n戊")) == ["1 甲 乙 丙丁 / 戊"]


def test_a_table_copied_from_a_page_has_tabs(read: Read) -> None:
    (grid,) = grids(read("以下为清单\n名称\t用途\t信息\n示例推送\t推送\tOAID\n示例地图\t定位\t位置\n完\n"))
    assert texts(grid) == [["名称", "用途", "信息"], ["示例推送", "推送", "OAID"], ["示例地图", "定位", "位置"]]


def test_one_indented_line_is_no_table(read: Read) -> None:
    assert outline(read("\t段首缩进\n\n\t又一段\t有制表符\n")) == ["1 段首缩进", "3 又一段 有制表符"]


def test_lines_with_pipes_are_a_table_from_two_on(read: Read) -> None:
    found = read("名称 | 用途 | 信息\n示例 | 推送 | OAID\n\n首页 | 关于\n")
    assert outline(found) == ["[名称 | 用途 | 信息] [示例 | 推送 | OAID]", "4 首页 | 关于"]


def test_a_table_drawn_with_rules(read: Read) -> None:
    (grid,) = grids(read("+-----+-----+\n| 名称 | 用途 |\n+=====+=====+\n| 相机 | 扫码 |\n|     | 拍照 |\n+-----+-----+\n"))
    assert texts(grid) == [["名称", "用途"], ["相机", "扫码\n拍照"]]


def test_bullets_are_taken_off_and_dashes_in_text_are_not(read: Read) -> None:
    assert outline(read("● 甲项\n- 乙项\n-5度\nCO-2")) == ["1 * 甲项", "2 * 乙项 / -5度 / CO-2"]


def test_invisible_characters_vanish(read: Read) -> None:
    assert outline(read("\ufeffREAD_\u200bCALENDAR\u00ad　读取\u00a0日历")) == ["1 READ_CALENDAR 读取 日历"]


def test_addresses_end_where_the_sentence_goes_on(read: Read) -> None:
    found = read("详见https://a.example/p(1).html。另见（https://b.example/x）及 https://c.example/q?a=1&b=2, 谢谢")
    assert [address for _, address in found.links] == [
        "https://a.example/p(1).html",
        "https://b.example/x",
        "https://c.example/q?a=1&b=2",
    ]

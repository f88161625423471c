"""Section numbers: which styles are told apart, and which lines they make headings."""

from __future__ import annotations

import pytest

from auditor.policy.document import Block, Heading, Line, Paragraph
from auditor.policy.numbering import Style, bold_heading, chinese_number, may_be_heading, number_of, with_headings


@pytest.mark.parametrize(
    ("text", "value"),
    [("一", 1), ("十", 10), ("十二", 12), ("二十", 20), ("九十九", 99), ("一百零三", 103), ("二〇", 20), ("12", 12), ("两", 2),
     ("", None), ("甲", None), ("一万", None)],
)  # fmt: skip
def test_chinese_numerals(text: str, value: int | None) -> None:
    assert chinese_number(text) == value


@pytest.mark.parametrize(
    ("text", "style", "values", "title"),
    [
        ("一、 适用范围", Style.CHINESE, (1,), "适用范围"),
        ("十一.如何联系我们", Style.CHINESE, (11,), "如何联系我们"),
        ("（四）注销账户", Style.BRACKETED, (4,), "注销账户"),
        ("(二) 删除", Style.BRACKETED, (2,), "删除"),
        ("第三章 总则", Style.CHAPTER, (3,), "总则"),
        ("第十条 联系", Style.ARTICLE, (10,), "联系"),
        ("1、基础会员服务", Style.DECIMAL, (1,), "基础会员服务"),
        ("12．其他", Style.DECIMAL, (12,), "其他"),
        ("1.3.2特殊情况", Style.DECIMAL, (1, 3, 2), "特殊情况"),
        ("3.1 共享", Style.DECIMAL, (3, 1), "共享"),
        ("1.1.您主动提供的信息", Style.DECIMAL, (1, 1), "您主动提供的信息"),
        ("（1）相机", Style.BRACKETED_DECIMAL, (1,), "相机"),
        ("2）位置", Style.BRACKETED_DECIMAL, (2,), "位置"),
    ],
)
def test_the_styles_of_numbers(text: str, style: Style, values: tuple[int, ...], title: str) -> None:
    number = number_of(text)
    assert number is not None
    assert (number.style, number.values, number.title) == (style, values, title)


@pytest.mark.parametrize(
    "text",
    "一旦您使用本服务|三方SDK|十分重视|2021.12.28 更新|2021年12月28日|第三方SDK|第一款所称|10%的用户|3.5%|4G网络"
    "|1.5米||（以下简称我们）|零、无".split("|"),
)
def test_words_that_begin_like_numbers_are_none(text: str) -> None:
    assert number_of(text) is None or may_be_heading(text) is None


def blocks(*texts: str) -> list[Block]:
    return [Paragraph(lines=(Line(text=text, line=at),)) for at, text in enumerate(texts, 1)]


def shown(found: tuple[Block, ...]) -> list[str]:
    return [
        f"{'#' * block.level} {block.line.text}"
        if isinstance(block, Heading)
        else ("* " if isinstance(block, Paragraph) and block.item else "") + getattr(block, "lines", ())[0].text
        for block in found
    ]


def test_levels_follow_the_nesting_of_the_styles() -> None:
    text = ["一、收集", "文。", "（一）注册", "1、手机号", "文。", "（二）登录", "文。", "二、共享", "2.1 目的", "文。"]
    found = [block for block in with_headings(blocks(*text)) if isinstance(block, Heading)]
    assert [f"{'#' * block.level} {block.line.text}" for block in found] == [
        "# 一、收集",
        "## （一）注册",
        "### 1、手机号",
        "## （二）登录",
        "# 二、共享",
        "## 2.1 目的",
    ]


def test_levels_go_on_below_headings_of_markup() -> None:
    marked = Heading(level=2, line=Line(text="一、收集", line=1))
    found = with_headings([marked, *blocks("（一）注册", "正文。", "二、共享", "正文。")])
    assert shown(found) == ["## 一、收集", "### （一）注册", "正文。", "## 二、共享", "正文。"]


def test_a_list_of_short_items_makes_no_headings() -> None:
    found = with_headings(blocks("重大变更包括：", "1、目的改变", "2、方式改变", "3、对象改变", "完。"))
    assert shown(found) == ["重大变更包括：", "* 1、目的改变", "* 2、方式改变", "* 3、对象改变", "完。"]


def test_nested_contents_make_no_headings() -> None:
    contents = ["1. 引言", "2. 收集", "2.1 注册", "A. 其他", "2.2 登录", "3. 联系"]
    body = ["1. 引言", "正文。", "2. 收集", "2.1 注册", "正文。", "2.2 登录", "正文。", "3. 联系", "正文。"]
    found = shown(with_headings(blocks(*contents, *body)))
    assert found[:6] == ["* 1. 引言", "* 2. 收集", "* 2.1 注册", "A. 其他", "* 2.2 登录", "* 3. 联系"]
    assert found[6:] == ["# 1. 引言", "正文。", "# 2. 收集", "## 2.1 注册", "正文。", "## 2.2 登录", "正文。", "# 3. 联系", "正文。"]


def test_equal_names_of_two_lists_stay_headings() -> None:
    found = with_headings(blocks("1、示例SDK", "用途：推送", "iOS：", "1、示例SDK", "用途：推送"))
    assert shown(found) == ["# 1、示例SDK", "用途：推送", "iOS：", "# 1、示例SDK", "用途：推送"]


@pytest.mark.parametrize(
    "text", ["1、适用的法律有明确规定；", "2、如果我们收集您的信息，却未征得同意", "3、示例推送：用于推送消息", "一、" + "长" * 41]
)
def test_sentences_are_no_headings(text: str) -> None:
    assert may_be_heading(text) is None


def test_an_appendix_is_a_heading_without_a_number() -> None:
    found = with_headings(blocks("一、收集", "正文。", "附录：相关定义", "定义。"))
    assert shown(found) == ["# 一、收集", "正文。", "# 附录：相关定义", "定义。"]


def test_bold_lines_with_numbers_are_left_to_their_numbers() -> None:
    (numbered,) = blocks("一、收集")
    (name,) = blocks("第三方SDK")
    assert bold_heading(numbered) is numbered
    assert shown((bold_heading(name),)) == ["###### 第三方SDK"]

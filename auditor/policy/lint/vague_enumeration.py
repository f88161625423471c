"""Lists of data that leave open what is collected."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.model import Confidence, Owner, Severity, Text
from auditor.policy.document import Line
from auditor.policy.lint._lint import Paper, Passage, Remark, lint

_ACTUAL = re.compile(r"以(?:产品|应用|软件|App|APP|系统|功能)?(?:的)?实际(?:采集|收集|获取|使用|运行|情况)[^，。；）)]{0,8}为准")
_OTHERS = re.compile(
    r"(?:以?及|和|与|或|、|，|等)?\s?其他[^，。；、（）()：:]{0,8}?(?:相关|有关|类似|必要)的?[^，。；、（）()：:]{0,4}?(?:信息|数据|资料)"
)
_AND_SO_ON = re.compile(
    r"(?:收集|采集|获取|读取|提供)(?:和使用|或使用|、使用)?[^。；！？]{0,120}?"
    r"[\u4e00-\u9fffA-Za-z0-9）)」](?<![该此述这])等(?:其他|相关|有关|必要)?(?:的)?"
    r"(?:个人|设备|日志|身份|账号|账户|网络)?(?:信息|数据)(?!的?(?:推送|展示|服务|安全|发布))"
)
_LIMITLESS = re.compile(r"(?:收集|采集|获取|读取|共享|提供)[^。；！？]{0,60}?(?:信息|数据)[^。；！？]{0,20}?包括但不(?:仅)?限于")
_ENGLISH = re.compile(
    r"\b(?:collect|gather|obtain|access|share)s?\b[^.]{0,120}?"
    r"\b(?:including but not limited to|and other (?:related )?information|etc\.)",
    re.IGNORECASE,
)
_DENIED = re.compile(r"不会|不得|不应|并不|未|无法|无需|不再|拒绝|例外|展示|推送|发布")
_RIGHTS = re.compile(r"权利|查阅|更正|管理您的|联系我们|更新|变更|安全事件|例外|定义|名词")

_KINDS: tuple[tuple[str, re.Pattern[str], Severity, Confidence, Text], ...] = (
    (
        "actual",
        _ACTUAL,
        Severity.MEDIUM,
        Confidence.HIGH,
        Text(
            zh="收集范围以“实际采集”为准，等于没有列明",
            en="the scope is left to what the product “actually” collects, so it is not stated",
        ),
    ),
    (
        "others",
        _OTHERS,
        Severity.MEDIUM,
        Confidence.MEDIUM,
        Text(zh="以“其他相关信息”概括，未逐一列明", en="“other related information” stands for what is not listed"),
    ),
    (
        "limitless",
        _LIMITLESS,
        Severity.LOW,
        Confidence.MEDIUM,
        Text(zh="以“包括但不限于”列举收集范围，未逐一列明", en="the list of what is collected is “not limited to” what it names"),
    ),
    (
        "and-so-on",
        _AND_SO_ON,
        Severity.LOW,
        Confidence.MEDIUM,
        Text(zh="以“等信息”收尾，未逐一列明", en="the list ends in “等信息” (and so on), so it is not complete"),
    ),
    (
        "english",
        _ENGLISH,
        Severity.LOW,
        Confidence.MEDIUM,
        Text(zh="列举未穷尽，未逐一列明", en="the list of what is collected is open-ended"),
    ),
)


@lint(
    title=Text(zh="以概括用语代替逐一列明", en="General words stand in the place of a list"),
    severity=Severity.MEDIUM,
    cites=("CAC191-2.1", "PIPL-17"),
    whole=False,
    zh="""
    检查内容：说明收集范围时，是否使用“以产品实际采集情况为准”“其他相关信息”“包括但不限于”“等信息”等概括用语。同一用语多次出现的合并为一条，列出各处行号。

    为何重要：收集使用个人信息的目的、方式、范围须逐一列出；概括用语使用户无法得知究竟收集了什么，也使声明无法与安装包核对。

    如何处理：合规删去概括用语，把收集的信息逐一写出；确实无法穷尽的，写明类别和判断标准。
    """,
)
def vague_enumeration(paper: Paper) -> Iterator[Remark]:
    """What it does: looks for general words where the policy says what is collected: "subject to what is actually
    collected", "other related information", "including but not limited to", "and so on". Each wording is one finding
    that names every line it stands on.

    Why it matters: purpose, way and scope must be listed one by one; general words do not tell anybody what is collected,
    and leave nothing to hold the build against.

    How to put it right: delete the general words and write out what is collected, item by item.
    """
    for kind, pattern, severity, confidence, what in _KINDS:
        places: list[tuple[Passage, re.Match[str]]] = []
        for passage, match in paper.find(pattern):
            if passage.heading or not _collects(passage, match, kind):
                continue
            places.append((passage, match))
        if not places:
            continue
        passage, match = places[0]
        first = passage.line_at(match.start())
        lines: list[Line] = list(dict.fromkeys(one.line_at(found.start()) for one, found in places))
        words = _quote(passage, match)
        yield Remark(
            subject=kind,
            line=first,
            severity=severity,
            confidence=confidence,
            message=Text(zh=f"{what.zh}：“{words}”{_also(lines, True)}", en=f"{what.en}: “{words}”{_also(lines, False)}"),
            todo=Owner.LEGAL.step(
                zh="删去概括用语，逐一写明收集的信息",
                en="delete the general words and list what is collected, item by item",
            ),
        )


def _collects(passage: Passage, match: re.Match[str], kind: str) -> bool:
    """Tell whether the words stand in a statement on what is collected."""
    if kind == "actual":
        return True
    left = max((passage.text.rfind(mark, 0, match.start()) for mark in "。；！？"), default=-1) + 1
    sentence = passage.text[left : match.end()]
    if _DENIED.search(sentence) or _RIGHTS.search(sentence[:20]):
        return False
    return kind != "others" or re.search(r"收集|采集|获取|读取|设备信息|个人信息|标识", sentence) is not None


def _quote(passage: Passage, match: re.Match[str]) -> str:
    start = max(match.start(), match.end() - 40)
    return ("…" if start > match.start() else "") + passage.text[start : match.end()]


def _also(lines: list[Line], chinese: bool) -> str:
    """Return the further places, at most ten of them."""
    more = [str(line.line) for line in lines[1:11]]
    if not more:
        return ""
    rest = len(lines) - 1 - len(more)
    if chinese:
        return f"（另见第 {'、'.join(more)} 行{f'等 {len(lines) - 1} 处' if rest else ''}）"
    return f" (also on line {', '.join(more)}{f' and {rest} more' if rest else ''})"

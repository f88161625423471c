"""What a lint is: a function over a policy document that yields remarks, made into a value that registers nothing."""

from __future__ import annotations

import inspect
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from auditor.model import Confidence, Declaration, Finding, Location, RuleInfo, Severity, Step, Text
from auditor.policy.document import Block, Document, Grid, Heading, Line, Paragraph

__all__ = ["Lint", "Paper", "Passage", "Remark", "lint", "place"]

_WHOLE_TITLE = re.compile(
    r"隐私(?:权)?(?:保护)?(?:政策|声明|协议|条款|指引|说明|通知)|个人信息保护政策|privacy\s+(?:policy|notice|statement)",
    re.IGNORECASE,
)
_LIST_TITLE = re.compile(r"清单|列表|目录|名单|权限|SDK|list of|permissions?\b", re.IGNORECASE)
_TOPICS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"收集(?:和|、|及|与)?使用|收集.{0,12}信息|(?:collect|use).{0,40}(?:information|data)",
        r"共享|对外提供|披露|转让|\b(?:shar(?:e|ing)|disclos)",
        r"存储|保存|储存|\b(?:stor(?:e|age)|retain|retention)\b",
        r"(?:管理|查阅|访问|更正|删除).{0,12}(?:信息|权利)|您的权利|注销|your rights?\b",
        r"未成年|儿童|\b(?:children|minors?)\b",
        r"(?:政策|声明|协议).{0,8}(?:更新|变更|修订|修改)|(?:更新|变更|修订|修改).{0,6}(?:政策|声明|协议)|changes to this",
        r"联系我们|联系方式|投诉|contact us",
        r"安全(?:措施|保护|防护)|保护您的(?:个人)?信息|\bsecurity\b",
    )
)
_LEAST_TOPICS = 5


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph, heading or cell as one text, whose every character knows its line."""

    text: str
    lines: tuple[Line, ...]
    starts: tuple[int, ...]
    """Where each line starts in the text."""
    heading: bool = False

    def line_at(self, at: int) -> Line:
        """Return the line that character ``at`` stands on."""
        return self.lines[max(bisect_right(self.starts, at) - 1, 0)]

    def sentence(self, start: int, end: int, most: int = 60) -> str:
        """Return the clause around ``start`` to ``end``, at most ``most`` characters of it on either side."""
        left = max((self.text.rfind(mark, 0, start) for mark in "。；！？;!?"), default=-1) + 1
        rights = [at for mark in "。；！？;!?" if (at := self.text.find(mark, end)) >= 0]
        right = min(rights) + 1 if rights else len(self.text)
        shown_left, shown_right = max(left, start - most), min(right, end + most)
        before, after = "…" if shown_left > left else "", "…" if shown_right < right else ""
        return before + self.text[shown_left:shown_right].strip() + after


@dataclass(frozen=True)
class Paper:
    """A policy document, as lints look at it."""

    document: Document
    declaration: Declaration
    """What its rows and sentences declare, read by machine."""

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        """Every paragraph, heading and cell, in reading order; a spanning cell once."""
        return tuple(_passages(self.document.blocks))

    @cached_property
    def text(self) -> str:
        """The whole text, one passage per line."""
        return "\n".join(passage.text for passage in self.passages)

    @cached_property
    def topics(self) -> int:
        """How many of the topics a privacy policy has are spoken of."""
        return sum(topic.search(self.text) is not None for topic in _TOPICS)

    @cached_property
    def whole(self) -> bool:
        """Whether this is a policy, and no list of SDKs or permissions or other part of one."""
        if _LIST_TITLE.search(self.document.title) and not _WHOLE_TITLE.search(self.document.title):
            return self.topics >= len(_TOPICS) - 1
        return self.topics >= _LEAST_TOPICS or bool(_WHOLE_TITLE.search(self.document.title))

    @cached_property
    def chinese(self) -> bool:
        """Whether it is written in Chinese."""
        return sum("\u4e00" <= character <= "\u9fff" for character in self.text) * 5 > len(self.text)

    def says(self, pattern: re.Pattern[str]) -> bool:
        """Tell whether the pattern stands anywhere in it."""
        return pattern.search(self.text) is not None

    def find(self, pattern: re.Pattern[str]) -> Iterator[tuple[Passage, re.Match[str]]]:
        """Yield every place the pattern stands, in reading order."""
        for passage in self.passages:
            for match in pattern.finditer(passage.text):
                yield passage, match


def _passages(blocks: Iterable[Block]) -> Iterator[Passage]:
    for block in blocks:
        if isinstance(block, Heading):
            yield Passage(block.line.text, (block.line,), (0,), True)
        elif isinstance(block, Paragraph):
            yield _joined(block.lines)
        elif isinstance(block, Grid):
            for at, row in enumerate(block.rows):
                for column, cell in enumerate(row):
                    if cell.lines and cell.origin == (at, column):
                        yield _joined(cell.lines)


def _joined(lines: tuple[Line, ...]) -> Passage:
    """Return lines as one text: without a space where Chinese was broken, with one elsewhere."""
    text = ""
    starts = []
    for line in lines:
        if text and text[-1].isascii() and line.text[0].isascii():
            text += " "
        starts.append(len(text))
        text += line.text
    return Passage(text, lines, tuple(starts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What a lint says of one place, or of the document as a whole; id and clauses are added by the lint."""

    subject: str
    """What it is about: the words found, or a name for what is missing. Part of the finding's identity."""
    message: Text
    todo: Step
    line: Line | None = None
    """Where it stands; None = the document as a whole."""
    confidence: Confidence = Confidence.HIGH
    severity: Severity | None = None
    """Where it is not the lint's usual one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """One rule on a policy document: what a reader has to know of it, and how it is checked."""

    info: RuleInfo
    whole: bool
    """Holds for a whole policy only, not for a list of SDKs or permissions."""
    check: Callable[[Paper], Iterable[Remark]]

    def run(self, paper: Paper) -> Iterator[Finding]:
        """Yield the lint's findings on a document."""
        if self.whole and not paper.whole:
            return
        for remark in self.check(paper):
            yield Finding(
                rule=self.info.id,
                subject=remark.subject,
                message=remark.message,
                steps=(remark.todo,),
                severity=self.info.severity if remark.severity is None else remark.severity,
                confidence=remark.confidence,
                evidence=(),
                declared=None,
                policy=Location(file=paper.document.file, at=place(remark.line) if remark.line else ""),
                regulations=self.info.cites,
            )


def place(line: Line) -> str:
    """Return where a line stands, as reports print it: its number, and its page where there are pages."""
    return f"{line.line} (page {line.page})" if line.page else str(line.line)


def lint(
    *, title: Text, severity: Severity, zh: str, cites: tuple[str, ...], whole: bool = True
) -> Callable[[Callable[[Paper], Iterable[Remark]]], Lint]:
    """Make a function a lint. Its name is the id; its docstring is its reference page, of which ``zh`` is the Chinese."""

    def make(check: Callable[[Paper], Iterable[Remark]]) -> Lint:
        text = inspect.getdoc(check)
        if not text:
            raise ValueError(f"lint {check.__name__} has no docstring")
        info = RuleInfo(
            id=check.__name__.replace("_", "-"),
            title=title,
            severity=severity,
            cites=cites,
            help=Text(zh=inspect.cleandoc(zh), en=text),
        )
        return Lint(info=info, whole=whole, check=check)

    return make

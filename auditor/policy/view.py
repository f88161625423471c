"""The policy beside its draft: one HTML page on which every drafted row is marked in the text it came from."""

from __future__ import annotations

import html
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from auditor.model import Language, Text
from auditor.policy.document import Document, Grid, Heading, Line
from auditor.policy.draft import Draft
from auditor.policy.writing import TABLES, Plain, draft_plain, entry_yaml, row_yaml
from auditor.unseen import visible

__all__ = ["render_view"]

_TITLE = Text(zh="隐私政策与声明草稿对照", en="Policy and drafted declaration")
_NOTE = Text(
    zh="左侧为政策原文，标记处为草稿所依据的文字；右侧为草稿。点击任一侧可跳到另一侧的对应位置。未经人工核对。",
    en="Left: the policy; what is marked is what the draft was read from. Right: the draft. Click either to go to the other."
    " Nobody has checked it yet.",
)
_STYLE = """
:root { color-scheme: light dark; --line: #8884; --hit: #ffd54a66; --low: #ff8a6566; --to: #4a90d933 }
* { box-sizing: border-box }
body { margin: 0; font: 15px/1.65 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif }
header { padding: .6rem 1rem; border-bottom: 1px solid var(--line) }
header h1 { font-size: 1.05rem; margin: 0 } header p { margin: .2rem 0 0; font-size: .85rem }
main { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); height: calc(100vh - 4.6rem) }
section { overflow: auto; padding: .5rem 1rem } section + section { border-left: 1px solid var(--line) }
section p { margin: .35rem 0 } h2 { font-size: 1rem; margin: .9rem 0 .2rem }
table { border-collapse: collapse; width: 100%; font-size: .9rem }
td, th { border: 1px solid var(--line); padding: .2rem .4rem; vertical-align: top; text-align: left }
mark { background: var(--hit); color: inherit } mark.low { background: var(--low) }
mark a { color: inherit; text-decoration: none; border-bottom: 1px dotted }
.n { color: #888; font-size: .7rem; margin-right: .4rem; user-select: none }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.5 ui-monospace, Menlo, Consolas, monospace }
pre a { color: inherit; text-decoration: none; border-bottom: 1px dotted } :target { outline: 2px solid #4a90d9; background: var(--to) }
@media (max-width: 800px) { main { display: block; height: auto } section + section { border-left: 0; border-top: 1px solid var(--line) } }
@media print { main { display: block; height: auto } section { overflow: visible } }
"""


@dataclass(frozen=True, slots=True)
class _Mark:
    """Words of the text a row was read from."""

    target: str
    quote: str
    unsure: bool


def render_view(draft: Draft, language: Language) -> str:
    """Return the page: one file, nothing loaded from elsewhere."""
    plain = draft_plain(draft, language)
    marks: dict[tuple[int | None, int], list[_Mark]] = defaultdict(list)
    first: dict[str, str] = {}
    for table in TABLES:
        for index, row in enumerate(plain[table]):
            _collect(row, f"{table}-{index}", marks, unsure=table == "review" or row.get("confidence") not in (None, "high"))
    policy = "".join(_policy(draft.document, marks, first))
    yaml = "".join(_yaml(plain, first))
    title = _shown(f"{_TITLE.in_(language)} · {draft.declaration.app}")
    return (
        f'<!DOCTYPE html>\n<html lang="{"zh-CN" if language is Language.ZH else "en"}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n<style>{_STYLE}</style>\n'
        f"</head>\n<body>\n<header><h1>{title}</h1><p>{html.escape(_NOTE.in_(language))}</p></header>\n"
        f"<main>\n<section>\n{policy}</section>\n<section><pre>{yaml}</pre></section>\n</main>\n</body>\n</html>\n"
    )


def _shown(text: str) -> str:
    """Return text of a document as HTML in which nothing hides."""
    return html.escape(visible(text))


def _collect(row: Plain, target: str, marks: dict[tuple[int | None, int], list[_Mark]], *, unsure: bool) -> None:
    places = row.get("at")
    for place in places if isinstance(places, list) else [places]:
        if isinstance(place, dict):
            marks[place["page"], place["line"]].append(_Mark(target, place["quote"] or "", unsure))


def _policy(document: Document, marks: dict[tuple[int | None, int], list[_Mark]], first: dict[str, str]) -> Iterator[str]:
    """Yield the text, block by block."""
    for block in document.blocks:
        if isinstance(block, Heading):
            yield f"<h2>{_line(block.line, marks, first)}</h2>\n"
        elif isinstance(block, Grid):
            yield "<table>\n"
            for at, row in enumerate(block.rows):
                seen = set()
                yield "<tr>"
                for column, cell in enumerate(row):
                    if cell.origin == (at, column) and cell.origin not in seen:
                        seen.add(cell.origin)
                        height, width = _spans(block, at, column)
                        tag = "th" if cell.header else "td"
                        spans = (f' rowspan="{height}"' if height > 1 else "") + (f' colspan="{width}"' if width > 1 else "")
                        yield f"<{tag}{spans}>" + "<br>".join(_line(line, marks, first) for line in cell.lines) + f"</{tag}>"
                yield "</tr>\n"
            yield "</table>\n"
        else:
            yield "<p>" + "<br>\n".join(_line(line, marks, first) for line in block.lines) + "</p>\n"


def _spans(grid: Grid, at: int, column: int) -> tuple[int, int]:
    origin = (at, column)
    width = sum(cell.origin == origin for cell in grid.rows[at])
    height = 1
    while at + height < len(grid.rows) and grid.rows[at + height][column].origin == origin:
        height += 1
    return height, width


def _line(line: Line, marks: dict[tuple[int | None, int], list[_Mark]], first: dict[str, str]) -> str:
    """Return one line with its marks; a quote that is not found in it as it stands marks nothing."""
    number = f'<span class="n">{line.line if line.page is None else f"{line.page}:{line.line}"}</span>'
    found: list[tuple[int, int, _Mark]] = []
    for mark in marks.get((line.page, line.line), ()):
        start = line.text.find(mark.quote) if mark.quote else -1
        if start >= 0:
            found.append((start, start + len(mark.quote), mark))
        elif mark.quote.startswith(line.text):  # the quote goes on on the next line of the cell
            found.append((0, len(line.text), mark))
    parts: list[str] = []
    at = 0
    for start, end, mark in sorted(found, key=lambda one: (one[0], -one[1])):
        if mark.target not in first:
            first[mark.target] = f"t-{mark.target}"
            anchor = f' id="t-{mark.target}"'
        else:
            anchor = ""
        if start < at:
            parts.append(f"<span{anchor}></span>" if anchor else "")
            continue
        kind = ' class="low"' if mark.unsure else ""
        parts.append(_shown(line.text[at:start]))
        parts.append(f'<mark{kind}{anchor}><a href="#y-{mark.target}">{_shown(line.text[start:end])}</a></mark>')
        at = end
    parts.append(_shown(line.text[at:]))
    return number + "".join(parts)


def _yaml(plain: Plain, first: dict[str, str]) -> Iterator[str]:
    """Yield the draft, each row with a way back to its place in the text."""
    for key, value in plain.items():
        if key not in TABLES:
            if value not in (None, []):
                yield html.escape(entry_yaml(key, value))
            continue
        if value:
            yield f"\n{key}:\n"
        for index, row in enumerate(value):
            text = html.escape(row_yaml(row))
            target = f"{key}-{index}"
            if target in first:
                head, _, rest = text.partition("\n")
                text = f'  <a href="#{first[target]}">{head.removeprefix("  ")}</a>\n{rest}'
            yield f'<span id="y-{target}">{text}</span>'


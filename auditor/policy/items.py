"""SDKs in prose: numbered items of one sentence each, packages run on in a sentence, names listed after a colon, mentions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.model import Confidence
from auditor.policy.blocks import label_before, labels_in, name_of_line
from auditor.policy.data import listed_data
from auditor.policy.flow import Flow, Piece, passage
from auditor.policy.lexicon import Lexicon, platform_of, squeeze
from auditor.policy.numbering import number_of
from auditor.policy.permissions import purpose_of
from auditor.policy.records import Form, Record, Value, joined_text, urls_in
from auditor.policy.rows import Doubt, SdkRow, add_places
from auditor.policy.sdks import PACKAGE, Sdks, is_package, names_nothing, split_names, split_vendor

__all__ = ["names_sdk", "read_items", "read_link_list", "read_mentions", "read_name_lists", "read_run_ons"]

_LONGEST_NAME = 48
_FURTHEST = 60
"""Characters before "SDK" its name and who provides it may take."""
_COLON = re.compile(r"[：:∶]")
_CLAUSES = re.compile(r"[；;。！!\n]")
_PARTS = re.compile(r"[；;。！!，,\n]")
_SENTENCE = re.compile(r"[。！!？?；;]")
_INSIDE_BRACKETS = re.compile(r"[（(][^（）()]*\Z")
_URL_START = re.compile(r"https?://|www\.", re.IGNORECASE)
_NAMES_BEFORE = re.compile(r"[、；;，,。：:（(《“\"「【\s]")
_NAME_AND_URL = re.compile(r"([^：:（(，。,]{2,40}?)\s*(?:[（(]\s*|[-–—：:]\s*|\s)(?:https?://|www\.)\S+?\s*[)）]?\s*", re.IGNORECASE)
_SERVICE = re.compile(r"[^，。；：,;:]{2,24}?(?:服务|组件|插件|模块)")
_BRACKET_AFTER = re.compile(r"\s?[（(]([^（）()]{1,120})[)）]")


@dataclass(slots=True)
class _Item:
    pieces: list[Piece]
    name: str
    rest: str
    numbered: bool
    sure: bool


# -- numbered and bulleted items --------------------------------------------------------------------------------------


def read_items(flow: Flow, lexicon: Lexicon, sdks: Sdks) -> None:
    """Read items of the form "（3）X SDK：为了…，我们使用了…，需要访问…"."""
    items: list[_Item] = []
    for pieces in flow.blocks():
        if any(piece.used for piece in pieces):
            continue
        item = _item(pieces, lexicon)
        if item is not None:
            items.append(item)
    for index, item in enumerate(items):
        if item.sure or _among(items, index):
            _read_item(item, lexicon, sdks)


def _item(pieces: Sequence[Piece], lexicon: Lexicon) -> _Item | None:
    """Return the item a block is, or None: a short name, a colon, and a sentence."""
    text = joined_text(piece.text for piece in pieces)
    number = number_of(text)
    numbered = number is not None and bool(number.title)
    body = number.title if number is not None and number.title else text
    colon = _first_colon(body)
    if colon is None:
        return None
    name, rest = name_of_line(body[:colon], lexicon), body[colon + 1 :].strip()
    if label_before(body[:colon][-28:], lexicon)[1] or any(lexicon.label(piece.text) for piece in pieces):
        return None
    if lexicon.cue("intro", name) and re.search(r"[，,]", name):
        return None  # a sentence that brings in a list
    if not name or len(name) > _LONGEST_NAME or len(rest) < 4 or lexicon.label(name, guess=True) or _SENTENCE.search(name):
        return None
    if len(pieces) > 1 and any(labels_in(piece.text, lexicon) for piece in pieces[1:]):
        return None
    sure = names_sdk(name, lexicon)
    if not sure and not (numbered or pieces[0].item):
        return None
    return _Item(list(pieces), name, rest, numbered or pieces[0].item, sure)


def _first_colon(text: str) -> int | None:
    for match in _COLON.finditer(text[: _LONGEST_NAME + 40]):
        if text.startswith("//", match.end()) or _INSIDE_BRACKETS.search(text[: match.start()]):
            continue
        return match.start()
    return None


def names_sdk(name: str, lexicon: Lexicon) -> bool:
    """Tell whether a short text surely names an SDK."""
    bare, _ = split_vendor(name, lexicon)
    if is_package(bare) or squeeze(bare) in lexicon.sdk_names.known:
        return True
    hits = lexicon.hits("sdk", name)
    return bool(hits) and not _is_generic(name[: hits[0].start], lexicon)


def _is_generic(name: str, lexicon: Lexicon) -> bool:
    """Tell whether the words before "SDK" name no one SDK."""
    text = name.strip()
    if text.startswith(lexicon.words("generic_openings")) or text.endswith(lexicon.words("conjunctions")):
        return True
    rest = squeeze(name)
    for word in sorted(map(squeeze, lexicon.words("generic_names")), key=len, reverse=True):
        rest = rest.replace(word, "")
    return not rest.strip("（）()的、，, ")


def _among(items: Sequence[_Item], index: int) -> bool:
    """Tell whether an item stands in a list of which most items surely are SDKs."""
    item = items[index]
    first = item.pieces[0].block
    beside = items[max(0, index - 6) : index + 7]
    near = [other for other in beside if other is not item and abs(other.pieces[0].block - first) <= 6 and other.numbered == item.numbered]
    style = number_of(item.pieces[0].text)
    alike = [other for other in near if _same_style(other, style)]
    return item.numbered and len(alike) >= 2 and sum(other.sure for other in alike) > 0.6 * len(alike)


def _same_style(item: _Item, style: object) -> bool:
    number = number_of(item.pieces[0].text)
    return (number is None) == (style is None) and getattr(number, "rank", None) == getattr(style, "rank", None)


def _read_item(item: _Item, lexicon: Lexicon, sdks: Sdks) -> None:
    first = item.pieces[0]
    line = first.line
    record = Record(Form.ITEM, first.section, first.title, pieces=item.pieces)
    record.add("name", Value(item.name, (line,)))
    labelled = labels_in(item.rest, lexicon)
    plain = item.rest[: labelled[0].start] if labelled else item.rest
    for hit in labelled:
        text = item.rest[hit.value_start : hit.value_end].strip(" ；;，,。、")
        links = tuple(piece.line for piece in item.pieces if piece.line.links)
        record.add(hit.field, Value(text, links or (line,), hit.label))
    row = sdks.record(record)
    if row is None:
        return
    for piece in item.pieces:
        piece.used = True
    fill(row, plain, lexicon, sdks, first_clause=True)
    if not row.vendor and (at := plain.find(item.name)) > 0:
        row.vendor = owner_before(plain[:at], lexicon)
    if not row.url:
        row.url = next(iter(urls_in(item.rest)), "") or next((link for piece in item.pieces for link in piece.line.links), "")


def fill(row: SdkRow, text: str, lexicon: Lexicon, sdks: Sdks, *, first_clause: bool = False) -> None:
    """Add to a row what unlabelled clauses say: purpose, data, permissions."""
    text = text.strip()
    if not text:
        return
    if not row.purpose:
        row.purpose = purpose_of(text, lexicon).strip(" 。；;")
        if not row.purpose and first_clause:
            row.purpose = _PARTS.split(text, maxsplit=1)[0].strip()
    taking = False
    for clause in _CLAUSES.split(text):
        if not clause.strip():
            continue
        # "会收集必要信息：A、B；可选信息：C": a further list of what is taken
        goes_on = taking and not lexicon.cue("purpose", clause[:4]) and bool(next(listed_data(clause, lexicon, least=2), None))
        taking = lexicon.cue("takes_data", clause) or goes_on
        if not (taking or lexicon.cue("permission", clause)):
            continue
        if lexicon.cue("collects_nothing", clause):
            continue
        refused = min((hit.start for hit in lexicon.hits("condition", clause)), default=len(clause))
        clause = clause[:refused].rstrip(" ，,、")
        head = min((hit.start for hit in lexicon.hits("takes_data", clause)), default=0)
        part = clause[head:] if head else clause
        if row.data_text != part:
            before = list(row.data)
            taken = _without_purpose(part, lexicon)
            sdks.permissions_in_sentence(taken, row)
            sdks.data_in(taken, row)
            if row.data != before or row.vague or lexicon.hits("takes_data", clause):
                row.data_text = f"{row.data_text}；{part.strip()}" if row.data_text else part.strip()


def _without_purpose(text: str, lexicon: Lexicon) -> str:
    """Return what is taken without the clauses that say what for: "，以便为您识别异常账号"."""
    kept: list[str] = []
    for clause in re.split(r"(?<=[，,])", text):
        hit = lexicon.cues["purpose"].first(clause)
        serves = hit is not None and hit.start == 0 and hit.end > 1 and not lexicon.cue("takes_data", clause)
        if not (kept and serves):
            kept.append(clause)
    return "".join(kept)


# -- packages run on in a sentence ------------------------------------------------------------------------------------


def read_run_ons(flow: Flow, lexicon: Lexicon, sdks: Sdks) -> None:
    """Read "使用com.a.b(名称;别名)、com.c(…)是为了…": packages in running text with the names they may stand for."""
    previous: Piece | None = None
    for piece in list(flow.free()):
        packages = _packages(piece.text)
        if not packages or not _lists_packages(piece.text, packages, lexicon):
            previous = None
            continue
        joined = previous is not None and piece.block - previous.block <= 1
        _read_run_on(piece, packages, lexicon, sdks, goes_on=joined)
        piece.used = True
        previous = piece


def _packages(text: str) -> list[tuple[int, int, str, str]]:
    """Return the packages in a text: start, end with the bracket behind it, package, names in the bracket."""
    found = []
    number = number_of(text)
    if number is not None and number.title:
        # a number before a package looks like a part of it: "1.com.a.b"
        text = " " * (len(text) - len(number.title)) + number.title
    for match in PACKAGE.finditer(text):
        if not is_package(match[0]) or _URL_START.search(text[max(0, match.start() - 60) : match.start()].rpartition(" ")[2]):
            continue
        bracket = _BRACKET_AFTER.match(text, match.end())
        names = bracket[1] if bracket else ""
        found.append((match.start(), bracket.end() if bracket else match.end(), match[0], names))
    return found


def _lists_packages(text: str, packages: Sequence[tuple[int, int, str, str]], lexicon: Lexicon) -> bool:
    """Tell whether the packages are SDKs brought in, and not the app's own id or a class in passing."""
    if any(names and not is_package(names) for _, _, _, names in packages):
        return True
    if len(packages) >= 2:
        return lexicon.cue("integrates", text) or lexicon.cue("sdk", text)
    start = packages[0][0]
    return lexicon.cue("integrates", text[max(0, start - 8) : start])


def _read_run_on(
    piece: Piece, packages: Sequence[tuple[int, int, str, str]], lexicon: Lexicon, sdks: Sdks, *, goes_on: bool
) -> None:
    text = piece.text
    group: list[SdkRow] = []
    del goes_on
    for index, (start, end, package, names) in enumerate(packages):
        stop = packages[index + 1][0] if index + 1 < len(packages) else len(text)
        between = text[end:stop]
        listed = split_names(names)
        row = SdkRow(name=listed[0] if listed else "", package=package, aliases=listed[1:])
        row.places = [passage(piece.line, text[start:end])]
        row = sdks.add(row)
        group.append(row)
        tail = between.rstrip(" 、，,；;和及与")
        if index + 1 < len(packages):
            tail = _without_opening(tail, lexicon)
        if not tail.strip(" 、，,；;。"):
            continue
        _describe(group, tail, lexicon, sdks)
        group = []


def _without_opening(text: str, lexicon: Lexicon) -> str:
    """Take off the words that bring in the next SDK: "…，使用"."""
    for word in sorted(lexicon.words("integrates"), key=len, reverse=True):
        if text.endswith(word):
            return text[: -len(word)].rstrip(" 、，,；;。")
    return text


def _describe(group: Sequence[SdkRow], text: str, lexicon: Lexicon, sdks: Sdks) -> None:
    """Give the SDKs that one sentence speaks of its purpose, data and addresses."""
    labelled = labels_in(text, lexicon)
    plain = text[: labelled[0].start] if labelled else text
    purpose = _purpose_after(plain, lexicon)
    urls = urls_in(text)
    for index, row in enumerate(group):
        for hit in labelled:
            value = text[hit.value_start : hit.value_end].strip(" ；;，,。、")
            if hit.field == "data":
                row.data_text = value
                sdks.data_in(value, row)
        if not any(hit.field == "data" for hit in labelled) and not lexicon.cue("collects_nothing", text):
            fill(row, plain, lexicon, sdks)
        if len(group) > 1 and index:
            row.purpose, row.shared_with = "", group[0].package or group[0].name
        else:
            row.purpose = purpose
        if urls:
            row.url = row.url or (urls[index] if len(urls) == len(group) else urls[0] if len(group) == 1 else "")
        if not row.data:
            sdks.data_of_purpose(row)
    if len(group) > 1 and not purpose:
        for row in group[1:]:
            row.shared_with = ""


def _purpose_after(text: str, lexicon: Lexicon) -> str:
    """Return the purpose in the words behind an SDK: "…是为了打开网页，" or "完成支付功能，"."""
    plain = text.strip(" 、，,；;。")
    hits = lexicon.cues["purpose"](plain) if "purpose" in lexicon.cues else []
    head = hits[0] if hits and hits[0].start <= 12 else None
    if head is None:
        return re.split(r"[。；;]", plain, maxsplit=1)[0].strip(" ，,")
    before = plain[: head.start].strip(" ，,")
    purpose = plain[head.end :] if len(before) <= 1 else plain
    return re.split(r"[。；;]", purpose, maxsplit=1)[0].strip(" ，,")


# -- names listed in one line -----------------------------------------------------------------------------------------


def read_name_lists(flow: Flow, lexicon: Lexicon, sdks: Sdks) -> None:
    """Read "第三方SDK名称：A、B、C，使用场景…" and "公司：A SDK、B SDK"."""
    free = list(flow.free())
    for index, piece in enumerate(free):
        text = piece.text
        hits = labels_in(text, lexicon)
        if hits and hits[0].field == "name":
            below = free[index + 1] if index + 1 < len(free) else None
            in_block = below is not None and any(hit.field not in ("name", "other") for hit in labels_in(below.text, lexicon))
            if len(hits) == 1 and in_block and "，" not in text:
                continue  # a block of its own: several names of one thing
            value = text[hits[0].value_start : hits[0].value_end]
            names = _listed_names(value, lexicon)
            if len(names) >= 2:
                rest = text[hits[0].value_end :]
                if not rest and "，" in value:
                    rest = value[value.rfind(names[-1]) + len(names[-1]) :]
                _read_names(piece, names, rest, "", lexicon, sdks)
            continue
        colon = _first_colon(text)
        if colon is not None and not hits and any(text[:colon].strip().endswith(word) for word in lexicon.words("company")):
            names = _listed_names(text[colon + 1 :], lexicon)
            if names and all(lexicon.cue("sdk", name) for name in names):
                vendor = name_of_line(text[:colon], lexicon)
                _read_names(piece, names, "", vendor, lexicon, sdks)


def _listed_names(value: str, lexicon: Lexicon) -> list[str]:
    head = re.split(r"[。；;]", value, maxsplit=1)[0]
    parts = re.split(r"、|/", head)
    if len(parts) < 2 and lexicon.hits("sdk", head):
        parts = [head]
    names = []
    for part in parts:
        name = re.split(r"[，,]", part, maxsplit=1)[0].strip(" 等及和")
        if name and len(name) <= 30 and not lexicon.label(name):
            names.append(name)
    return names


def _read_names(piece: Piece, names: Sequence[str], rest: str, vendor: str, lexicon: Lexicon, sdks: Sdks) -> None:
    piece.used = True
    first: SdkRow | None = None
    for name in names:
        row = SdkRow(name=name, vendor=vendor, places=[passage(piece.line, name)])
        row.platform = platform_of(name, lexicon)
        row = sdks.add(row)
        for hit in labels_in(rest, lexicon):
            value = rest[hit.value_start : hit.value_end].strip(" ；;，,。、")
            if hit.field == "data":
                row.data_text = row.data_text or value
                sdks.data_in(value, row)
            elif hit.field in ("purpose", "scene") and not row.purpose:
                if first is None:
                    row.purpose = value
                else:
                    row.shared_with = first.name or first.package
        first = first or row


# -- names with links --------------------------------------------------------------------------------------------------


def read_link_list(flow: Flow, lexicon: Lexicon, sdks: Sdks) -> None:
    """Read lists of names that are links to policies, or have the address on the line below them."""
    run: list[tuple[Piece, str, str]] = []
    intro: Piece | None = None
    last_block = -9
    for piece in [*flow.free()]:
        name, url = _linked_name(piece)
        if url and not name and run and not run[-1][2]:
            run[-1] = (run[-1][0], run[-1][1], url)
            last_block = piece.block
            continue
        if name and (not run or piece.block - last_block <= 2):
            run.append((piece, name, url))
            last_block = piece.block
            continue
        _end_link_list(run, intro, lexicon, sdks)
        run = []
        intro = piece
        if name:
            run.append((piece, name, url))
            last_block = piece.block
    _end_link_list(run, intro, lexicon, sdks)


def _linked_name(piece: Piece) -> tuple[str, str]:
    """Return the name and the address a line gives where it gives nothing else."""
    text = piece.text.strip()
    urls = urls_in(text)
    if urls and text.startswith(urls[0]) and len(text) <= len(urls[0]) + 2:
        return "", urls[0]
    named = _NAME_AND_URL.fullmatch(text) if len(urls) == 1 and len(text) - len(urls[0]) <= _LONGEST_NAME else None
    if named and not piece.heading:
        return named[1].strip(), urls[0]
    links = [link for link in piece.line.links if link.startswith("http")]
    numbered = number_of(text) is not None and not piece.item
    if piece.heading or numbered or len(text) > _LONGEST_NAME or _SENTENCE.search(text) or _COLON.search(text):
        return "", ""
    if links:
        return text, links[0]
    return (text, "") if len(text.split()) <= 5 and len(text) <= 30 and text[-1] not in "，,.。" else ("", "")


def _end_link_list(run: Sequence[tuple[Piece, str, str]], intro: Piece | None, lexicon: Lexicon, sdks: Sdks) -> None:
    linked = [(piece, name, url) for piece, name, url in run if name and url]
    if not linked or intro is None:
        return
    before = f"{intro.text} {intro.title}"
    if not (lexicon.cue("third_parties", before) and (len(linked) >= 2 or lexicon.cue("sdk", before))):
        return
    for piece, name, url in linked:
        if lexicon.section(name) in ("contact", "rights") or lexicon.cue("title", name) or names_nothing(name, lexicon):
            continue
        piece.used = True
        sdks.add(SdkRow(name=name, url=url, places=[passage(piece.line, name)], confidence=Confidence.MEDIUM))


# -- mentions ----------------------------------------------------------------------------------------------------------


def read_mentions(flow: Flow, lexicon: Lexicon, sdks: Sdks) -> None:
    """Read SDKs a sentence says are built in: "我们的产品集成X SDK，将收集您的…"."""
    for pieces in flow.blocks():
        if any(piece.used or piece.heading for piece in pieces) or pieces[0].section in ("definitions", "exceptions"):
            continue
        text = joined_text(piece.text for piece in pieces)
        if len(text) > 20_000 or not (lexicon.cue("sdk", text) or lexicon.cue("builds_in", text)):
            continue
        parts = re.split(r"([。！!？?；;\n])", text)
        for index in range(0, len(parts), 2):
            sentence = parts[index]
            hits = lexicon.hits("sdk", sentence)
            rows: list[SdkRow] = list(_known_mentions(sentence, pieces, lexicon, sdks))
            if not hits and not rows:
                _doubtful_service(sentence, pieces, lexicon, sdks)
            end = -1
            for name in _mentioned(sentence, [(hit.start, hit.end) for hit in hits], lexicon):
                at = sentence.find(name, max(end, 0))
                follows = end >= 0 and at >= 0 and not sentence[end:at].strip("、，,和与及 ")
                row, found = _mention(name, sentence, pieces, lexicon, sdks, follows=follows)
                if row is not None:
                    rows.append(row)
                end = at + len(name) if found and at >= 0 else -1
            whole = _with_rest(parts, index, lexicon) if rows else ""
            for piece in pieces if rows else ():
                piece.told.extend(part.strip() for part in _CLAUSES.split(whole) if part.strip())
            for row in rows:
                fill(row, whole, lexicon, sdks)
                rest = text[text.find(row.name) :] if row.name in text else ""
                if len(rows) == 1 and not row.url and rest:
                    row.url = next(iter(urls_in(rest)), "")


def _with_rest(parts: Sequence[str], index: int, lexicon: Lexicon) -> str:
    """Return a sentence with what semicolons part from it, up to the next SDK."""
    text = parts[index]
    while index + 2 < len(parts) and parts[index + 1] in "；;" and not lexicon.cue("sdk", parts[index + 2]):
        text += parts[index + 1] + parts[index + 2]
        index += 2
    return text


def _doubtful_service(sentence: str, pieces: Sequence[Piece], lexicon: Lexicon, sdks: Sdks) -> None:
    """Leave a service of a third party that a sentence builds in, and calls no SDK, to a person."""
    for cue in lexicon.hits("builds_in", sentence):
        match = _SERVICE.match(sentence, cue.end)
        if match is None or not lexicon.cue("third_parties", match[0]) or _is_generic(match[0], lexicon):
            continue
        piece = next((one for one in pieces if match[0] in one.text), pieces[0])
        sdks.doubts.append(Doubt("sdks", match[0], "sdk-in-passing", [passage(piece.line, match[0])]))


def _known_mentions(sentence: str, pieces: Sequence[Piece], lexicon: Lexicon, sdks: Sdks) -> Iterator[SdkRow]:
    """Yield rows for SDKs known by name that a sentence builds in without calling them so: "我们的产品集成高德地图"."""
    for cue in lexicon.hits("builds_in", sentence):
        hit = next((one for one in lexicon.sdk_names(sentence[cue.end : cue.end + 40]) if one.start <= 3), None)
        if hit is None or not lexicon.cue("takes_data", sentence[cue.end :]):
            continue
        follows = lexicon.cues["sdk"].first(sentence[cue.end + hit.end : cue.end + hit.end + 6])
        if follows is not None and follows.start <= 1:
            continue  # it is called an SDK, and read as one
        name = sentence[cue.end + hit.start : cue.end + hit.end]
        piece = next((one for one in pieces if name in one.text), pieces[0])
        row = SdkRow(name=name, places=[passage(piece.line, name)], listed=False, confidence=Confidence.MEDIUM)
        sdks.resolve(row)
        known = next((one for one in sdks.rows if _same(one, name) or (row.id and one.id == row.id)), None)
        if known is not None:
            add_places(known.places, row.places)
        else:
            yield sdks.add(row)


def _mentioned(sentence: str, hits: Sequence[tuple[int, int]], lexicon: Lexicon) -> Iterator[str]:
    """Yield the names of SDKs in a sentence, as far as they name one."""
    for start, end in hits:
        left = start
        while left > 0 and start - left < _FURTHEST and not _NAMES_BEFORE.match(sentence[left - 1]):
            left -= 1
        head = sentence[left:start]
        if left and sentence[left - 1] == " " and head.isascii():
            # a Latin name of two words
            further = left - 1
            while further > 0 and start - further < _FURTHEST and not _NAMES_BEFORE.match(sentence[further - 1]):
                further -= 1
            head = sentence[further:start]
        name = _cut_opening(head, lexicon)
        bracket = _BRACKET_AFTER.match(sentence, end)
        tail = sentence[start:end]
        if bracket and len(bracket[1]) <= 16 and not lexicon.cue("permission_list", bracket[1]):
            tail += bracket[0]
        if name.strip() and not _is_generic(name, lexicon) and len(name) <= 24:
            yield f"{name}{tail}".strip()


def _cut_opening(head: str, lexicon: Lexicon) -> str:
    """Take off what comes before the name: verbs that bring it in, conjunctions."""
    best = 0
    for word in (*lexicon.words("name_openings"), *lexicon.words("integrates")):
        at = head.rfind(word)
        if at >= 0 and len(word) > 1:
            best = max(best, at + len(word))
    rest = head[best:]
    for word in lexicon.words("name_openings"):
        if len(word) == 1 and rest.startswith(word) and len(rest) > 2:
            rest = rest[1:]
    return rest.lstrip()


def owner_before(before: str, lexicon: Lexicon) -> str:
    """Return the company that words just before a name say provides it: "由X有限公司提供的"."""
    text = before[-_FURTHEST:].rstrip(" “\"「《")
    word = next((one for one in lexicon.words("owners") if text.endswith(one)), "")
    if not word:
        return ""
    text = text[: -len(word)].rstrip()
    cut = max((hit.end for hit in lexicon.hits("integrates", text)), default=0)
    cut = max([cut, *(text.rfind(mark) + 1 for mark in "，,；;：:。、")])
    owner = text[cut:].strip(" “\"")
    return owner if owner.endswith(lexicon.words("company")) else ""


def _mention(
    name: str, sentence: str, pieces: Sequence[Piece], lexicon: Lexicon, sdks: Sdks, *, follows: bool
) -> tuple[SdkRow | None, bool]:
    """Return the row of an SDK a sentence brings in, if it is a new one, and whether it brings it in at all."""
    at = sentence.find(name)
    owner = owner_before(sentence[:at], lexicon) if at > 0 else ""
    near = sentence[max(0, at - 16 - len(owner)) : at]
    if at < 0 or not (follows or lexicon.cue("integrates", near)):
        return None, False
    if lexicon.cue("permission_list", sentence[max(0, at - 4) : at]) and not lexicon.cue("takes_data", sentence[at:]):
        return None, False
    piece = next((one for one in pieces if name[:6] in one.text), pieces[0])
    row = SdkRow(name=name, vendor=owner, places=[passage(piece.line, name)], listed=False, confidence=Confidence.MEDIUM)
    sdks.resolve(row)
    known = next((one for one in sdks.rows if _same(one, name) and not (one.id and row.id and one.id != row.id)), None)
    if known is not None:
        add_places(known.places, row.places)
        return None, True
    takes = lexicon.cue("takes_data", sentence[at:])
    if not takes and not row.id:
        row.confidence = Confidence.LOW
    return sdks.add(row), True


def _same(row: SdkRow, name: str) -> bool:
    """Tell whether a name mentioned is that of a row: one holds the other, and it names no further product in brackets."""
    bracket = re.search(r"[（(]([^（）()]+)", name)
    if bracket and squeeze(bracket[1]) not in squeeze(row.name):
        return False
    mine, theirs = squeeze(name).replace("sdk", ""), squeeze(row.name).replace("sdk", "")
    return bool(mine) and bool(theirs) and (mine in theirs or theirs in mine)

"""Who speaks and for what: app, operator, dates, contact, the minors' clause, where data is stored."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from auditor.model import Passage
from auditor.policy.flow import Flow, Piece, passage, sentences
from auditor.policy.lexicon import Lexicon
from auditor.policy.numbering import number_of
from auditor.policy.sdks import is_package

__all__ = ["Meta", "Said", "read_meta"]

_DATES = (
    re.compile(r"(?P<y>(?:19|20)\d{2})\s?年\s?(?P<m>\d{1,2})\s?月\s?(?P<d>\d{1,2})\s?日?"),
    re.compile(r"(?P<y>(?:19|20)\d{2})\s?[-./]\s?(?P<m>\d{1,2})\s?[-./]\s?(?P<d>\d{1,2})(?!\d)"),
    re.compile(r"(?P<d>\d{1,2})(?:st|nd|rd|th)?\s+(?P<name>[A-Z][a-z]{2,8})\.?,?\s+(?P<y>(?:19|20)\d{2})"),
    re.compile(r"(?P<name>[A-Z][a-z]{2,8})\.?\s+(?P<d>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y>(?:19|20)\d{2})"),
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_COMPANY = re.compile(r"[\u4e00-\u9fffA-Za-z0-9（）()·]{2,40}?(?:有限责任公司|股份有限公司|有限公司|经营部|工作室|研究院|事务所)")
_LATIN_COMPANY = re.compile(
    r"[A-Z][A-Za-z0-9&'-]{1,30}(?: [A-Z0-9][A-Za-z0-9&'-]{0,30}){0,4},? "
    r"(?:Inc\.?|LLC|L\.L\.C\.|Ltd\.?|Limited|GmbH|Corporation|Corp\.?|Pty\.? Ltd\.?)(?![A-Za-z])"
)
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}")
_PHONE = re.compile(r"(?<!\d)(?:400[- ]?\d{3}[- ]?\d{4}|0\d{2,3}[- ]?\d{7,8}|1[3-9]\d{9}|\+\d{1,3}[- ]?\d{6,12})(?!\d)")
_BOOK = re.compile(r"《([^《》]{1,40})》")
_APP_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+){1,6}")
_NAMED_AFTER = re.compile(r"\s+(?:of|for)\s+([A-Za-z0-9][^.,;:!?]{1,30})\Z")
_BUILT = re.compile(r"built the (.{1,40}?) app\b")
_QUOTED = re.compile(r"[《“\"【「]([^《》“”\"【】「」]{2,20})[》”\"】」]")
_CALLED = re.compile(r"([\u4e00-\u9fffA-Za-z0-9·+ ]{2,20}?)[》”\"]?\s?[（(](?:以下|下)?(?:简)?称[：:为]?[“\"]?\Z")
_WELCOMED = re.compile(r"[《“\"【]?([^，。！“”\"《》【】（()]{2,20}?)[》”\"】]?(?:产品|服务|App|APP|[，！。（(])")
_HEAD = 60
"""Lines at the top in which title and dates are looked for."""
_LONGEST_NAME = 30
_LONGEST_CLAUSE = 160


@dataclass(frozen=True, slots=True)
class Said:
    """Words of the policy, and their place."""

    text: str
    at: Passage
    countries: tuple[str, ...] = ()


@dataclass(slots=True)
class Meta:
    """What the document says of itself."""

    app: str = ""
    operator: str = ""
    effective: str = ""
    category: str = ""
    app_ids: list[str] = field(default_factory=list)
    contact: Said | None = None
    minors: Said | None = None
    storage: Said | None = None


def read_meta(flow: Flow, lexicon: Lexicon) -> Meta:
    """Return what the document says of itself."""
    pieces = [piece for piece in flow.pieces if len(piece.text) <= 20_000]
    meta = Meta()
    meta.app = _app(flow, pieces, lexicon)
    meta.operator = _operator(pieces, lexicon)
    meta.effective = _date(pieces, lexicon)
    meta.category = _category(pieces, lexicon)
    meta.app_ids = _app_ids(pieces, lexicon)
    meta.contact = _contact(pieces, lexicon)
    meta.minors = _minors(pieces, lexicon)
    meta.storage = _storage(pieces, lexicon)
    return meta


def _app(flow: Flow, pieces: Sequence[Piece], lexicon: Lexicon) -> str:
    lines = [flow.document.title, *(piece.text for piece in pieces[:_HEAD])]
    for text in lines:
        if len(text) <= 60 and (name := _before_title(text.strip(), lexicon)):
            return name
    for text in (piece.text for piece in pieces):
        for match in _BOOK.finditer(text):
            if name := _before_title(match[1].strip(), lexicon):
                return name
    for text in lines[1:]:
        built = _BUILT.search(text[:400])
        if built:
            return built[1]
    return next((found for text in lines[1:] if (found := _welcomed(text, lexicon))), "")


def _welcomed(text: str, lexicon: Lexicon) -> str:
    """Return the app a sentence welcomes its user to."""
    for own in lexicon.hits("self_name", text[:400]):
        named = _CALLED.search(text, max(0, own.start - 44), own.start)
        if named is None:
            continue
        name = named[1][max((one.end for one in lexicon.hits("name_before", named[1])), default=0) :].strip()
        if len(name) > 1 and not _is_generic(name, lexicon):
            return name
    hit = next(iter(lexicon.hits("welcome", text)), None)
    match = (_QUOTED.match(text, hit.end) or _WELCOMED.match(text, hit.end)) if hit else None
    return match[1].removesuffix("的").strip() if match and not _is_generic(match[1], lexicon) else ""


def _before_title(text: str, lexicon: Lexicon) -> str:
    """Return what stands before (or in English before or after) the words of a title."""
    hits = lexicon.hits("title", text)
    if not hits:
        return ""
    hit = hits[-1]
    after = _NAMED_AFTER.match(text, hit.end)
    if after and not _is_generic(after[1], lexicon):
        return after[1].strip()
    if len(text) - hit.end > 12:
        return ""
    number = number_of(text)
    before = text[: hit.start] if number is None else ""
    name = before.strip(" 《》“”\"'【】「」#*_:：-—|·的（(")
    name = re.sub(r"\A(?:[（(].{0,12}[)）]|【.{0,12}】)", "", name).strip()
    if not name or len(name) > _LONGEST_NAME or _is_generic(name, lexicon) or re.search(r"[，。；！？,;!?]", name):
        return ""
    return name


def _is_generic(name: str, lexicon: Lexicon) -> bool:
    """Tell whether the words before a title name no app."""
    plain = name.lower()
    return plain in lexicon.words("generic_titles") or plain.startswith(lexicon.words("title_openings"))


def _operator(pieces: Sequence[Piece], lexicon: Lexicon) -> str:
    weights: dict[str, int] = {}
    for index, piece in enumerate(pieces):
        if piece.used or piece.section == "sdk":
            continue
        for match in _COMPANY.finditer(piece.text):
            name = _own_name(match[0], lexicon)
            if len(name) < 6 or lexicon.cue("no_operator", name):
                continue
            around = piece.text[max(0, match.start() - 16) : match.end() + 20]
            weight = 1 + 2 * lexicon.cue("operator", around) + (2 if index < 30 else 0) + (2 if piece.section == "contact" else 0)
            weights[name] = weights.get(name, 0) + weight
        for match in _LATIN_COMPANY.finditer(piece.text[:2_000]):
            if lexicon.cue("operator", piece.text[max(0, match.start() - 24) : match.start()]):
                weights[match[0]] = weights.get(match[0], 0) + 3 + (2 if index < 30 else 0)
    return max(weights, key=lambda name: (weights[name], -len(name)), default="") if weights else ""


def _own_name(text: str, lexicon: Lexicon) -> str:
    cut = 0
    for hit in lexicon.hits("company_before", text[:-4]):
        cut = max(cut, hit.end)
    return text[cut:].strip("（）()·")


def _dates_in(text: str) -> Iterator[tuple[int, str]]:
    for pattern in _DATES:
        for match in pattern.finditer(text):
            groups = match.groupdict()
            name = (groups.get("name") or "").lower()[:3]
            if name and name not in _MONTHS:
                continue
            month = _MONTHS.index(name) + 1 if name else int(groups["m"])
            try:
                yield match.start(), datetime.date(int(groups["y"]), month, int(groups["d"])).isoformat()
            except ValueError:
                continue


def _date(pieces: Sequence[Piece], lexicon: Lexicon) -> str:
    """Return the date the policy takes effect, or else the one it was last changed on."""
    effective = updated = ""
    near = [*pieces[:_HEAD], *pieces[-40:]]
    for index, piece in enumerate(near):
        if len(piece.text) > 600:
            continue
        for at, date in _dates_in(piece.text):
            around = piece.text[max(0, at - 20) : at + 24]
            if index and len(piece.text) <= 20:
                around = f"{near[index - 1].text[-16:]}{around}"
            before, after = piece.text[max(0, at - 20) : at], piece.text[at : at + 24]
            starts = lexicon.cue("effective", before) and not lexicon.cue("updated", before[-8:])
            if not effective and (starts or lexicon.cue("effective", after)):
                effective = date
            elif not updated and lexicon.cue("updated", around):
                updated = date
    return effective or updated


def _category(pieces: Sequence[Piece], lexicon: Lexicon) -> str:
    for piece in pieces:
        if "必要个人信息" not in piece.text:
            continue
        for id_, category in lexicon.knowledge.categories.items():
            if category.name.zh and category.name.zh in piece.text:
                return id_
    return ""


def _app_ids(pieces: Sequence[Piece], lexicon: Lexicon) -> list[str]:
    found: list[str] = []
    for piece in pieces:
        if piece.used:
            continue
        for hit in lexicon.hits("app_id", piece.text):
            match = _APP_ID.search(piece.text, hit.end, min(len(piece.text), hit.end + 80))
            if match and is_package(match[0]) and match[0] not in found:
                found.append(match[0])
    return found


def _contact(pieces: Sequence[Piece], lexicon: Lexicon) -> Said | None:
    best: tuple[int, Piece, str] | None = None
    for piece in pieces:
        if piece.used:
            continue
        email, phone = _EMAIL.search(piece.text), _PHONE.search(piece.text)
        cue = lexicon.cue("contact", piece.text)
        if not (email or phone or (piece.section == "contact" and cue and not piece.heading)):
            continue
        weight = (4 if email or phone else 0) + (3 if piece.section == "contact" else 0) + cue
        weight += -2 if piece.text.rstrip()[-1:] in "：:" else lexicon.cue("channel", piece.text)
        if best is None or weight > best[0]:
            found = email or phone
            start = max(0, found.start() - 60) if found else 0
            best = (weight, piece, piece.text[start : start + _LONGEST_CLAUSE].strip())
    return Said(best[2], passage(best[1].line, best[2])) if best else None


def _minors(pieces: Sequence[Piece], lexicon: Lexicon) -> Said | None:
    for piece in (*(one for one in pieces if one.section == "minors"), *pieces):
        if piece.heading or piece.used:
            continue
        for _, sentence in sentences(piece.text):
            if lexicon.cue("minors", sentence) and len(sentence) > 12:
                return Said(sentence.strip()[:_LONGEST_CLAUSE], passage(piece.line, sentence.strip()))
    return None


def _storage(pieces: Sequence[Piece], lexicon: Lexicon) -> Said | None:
    for piece in pieces:
        if piece.used or not lexicon.cue("stores", piece.text):
            continue
        for _, sentence in sentences(piece.text):
            if lexicon.cue("stores", sentence) and lexicon.cue("inland", sentence):
                return Said(sentence.strip()[:_LONGEST_CLAUSE], passage(piece.line, sentence.strip()), ("CN",))
    return None

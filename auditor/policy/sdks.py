"""SDK rows: from records, merged over the places of the document, resolved to ids."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from auditor.knowledge.names import Basis, resolve
from auditor.model import Confidence, Passage, Platform
from auditor.policy.data import listed_data
from auditor.policy.lexicon import Lexicon, platform_of, squeeze
from auditor.policy.permissions import constants_in, named_in
from auditor.policy.records import Form, Record, Value, url_of
from auditor.policy.rows import Doubt, SdkRow, add_places

__all__ = ["PACKAGE", "Sdks", "is_package", "is_sdk_record", "name_and_package", "split_vendor"]

PACKAGE = re.compile(r"(?<![\w.@/-])(?:[A-Za-z][A-Za-z0-9_-]{0,30}\.){1,7}[A-Za-z_][A-Za-z0-9_-]{0,40}(?![\w@/-]|\.[A-Za-z0-9])", re.ASCII)
_FIRST_SEGMENTS = frozenset("com cn net org io om me tv cc de fr kr jp ru eu edu gov app dev android androidx tech top cm con comm".split())
_LAST_SEGMENTS = frozenset("html htm php aspx asp jsp shtml png jpg pdf docx doc txt js css json xml zip apk md".split())
_HOST_ENDS = frozenset("com cn net org io top vip cc me tv co".split())
_BRACKETED = re.compile(r"[（(]([^（）()]{1,80}(?:[（(][^（）()]{1,30}[)）])?[^（）()]{0,60})[)）]\s*\Z")
_MOST_ROWS = 3000
"""Rows of one document; beyond it is no list of SDKs."""
_NOTHING_TO_NAME = re.compile(r"[\s\-—/\\|*·.。、]*\Z")
_HOST = re.compile(r"(?:https?://)?([A-Za-z0-9.-]{4,80})")
_LEAST_SAID = 3
"""What a block without a name says at least, to be a row."""
_LATIN = re.compile("[A-Za-z]")
_FIELDS = ("vendor", "third_party", "purpose", "scene", "data", "not_data", "permissions", "url", "site", "method", "package", "platform")


def is_package(text: str) -> bool:
    """Tell whether a text is the name of a Java package or of a bundle, and neither a host nor a file nor a permission."""
    match = PACKAGE.fullmatch(text)
    if match is None or ".permission." in text or text in ("android.permission", "ohos.permission"):
        return False
    segments = text.split(".")
    first, last = segments[0].lower(), segments[-1].lower()
    if last in _LAST_SEGMENTS:
        return False
    if first in _FIRST_SEGMENTS:
        return True
    return len(segments) >= 3 and last not in _HOST_ENDS and first not in ("www", "http", "https") and text.lower() == text


def is_sdk_record(record: Record, lexicon: Lexicon, *, in_list: bool) -> bool:
    """Tell whether a record is about an SDK. ``in_list``: others beside it are, or its section is about SDKs."""
    values = record.values
    if not any(field in values for field in ("name", "package", "third_party", "vendor")):
        # a block that lost its name, among others that have one
        return in_list and record.form is Form.BLOCK and sum(field in values for field in ("purpose", "data", "not_data", "url")) >= 3
    if not record.has("name", "package", "third_party") and len(values) < 3:
        return False
    if "contact" in values and not any(field in values for field in ("data", "purpose", "url", "permissions")):
        return False
    if "code" in values:
        return False
    given = sum(field in values for field in _FIELDS)
    name = record.text("name") or record.text("third_party") or record.text("package")
    labels = [value.label for value in record.values.get("name", ())]
    speaks = "package" in values or is_package(name) or any(lexicon.cue("sdk", text) for text in (name, *labels))
    speaks = speaks or squeeze(name) in lexicon.sdk_names.known
    if record.form is Form.BLOCK and given < (1 if speaks else 2):
        return False
    if speaks:
        return True
    if "permissions" in values and not any(field in values for field in ("vendor", "third_party", "url", "site", "data")):
        return in_list and not named_in(name, lexicon)
    has_page = any(field in values for field in ("url", "site"))
    has_owner = any(field in values for field in ("vendor", "third_party"))
    if has_page and given >= 2 and (has_owner or "data" in values or "purpose" in values):
        return True
    return (in_list and given >= 1) or (has_owner and "data" in values)


def names_nothing(name: str, lexicon: Lexicon) -> bool:
    """Tell whether what stands in the place of a name is none: a dash, 无, 是, a platform, a label, a kind of data."""
    if _NOTHING_TO_NAME.match(name) or name in lexicon.words("none"):
        return True
    parts = [squeeze(part) for part in re.split(r"[、，,/]", name)]
    if len(name) > 2 and all(part in lexicon.data.known and lexicon.data.known[part].type for part in parts):
        return True
    return lexicon.is_platform(name) or lexicon.label(name) in ("data", "purpose", "vendor", "url", "method", "scene", "other")


def split_vendor(name: str, lexicon: Lexicon) -> tuple[str, str]:
    """Return a name without the company in brackets behind it, and the company."""
    match = _BRACKETED.search(name)
    if match and match.start() and match[1].rstrip().endswith(lexicon.words("company")):
        return name[: match.start()].strip(), match[1].strip()
    return name, ""


def name_and_package(name: str) -> tuple[str, str, list[str]]:
    """Return what a name cell gives: the name, the package in or in place of it, and further names in brackets behind one.

    ``com.x.y(A;B)`` is how scanners print a package with the names of the products it may stand for.
    """
    text = name.strip()
    if is_package(text):
        return "", text, []
    match = _BRACKETED.search(text)
    if match:
        inner, outer = match[1].strip(), text[: match.start()].strip()
        if is_package(inner):
            return outer, inner, []
        if is_package(outer):
            names = split_names(inner)
            return (names[0] if names else ""), outer, names[1:]
    found = [one for one in PACKAGE.finditer(text) if is_package(one[0])]
    if len(found) == 1 and len(text) - len(found[0][0]) >= 2:
        rest = (text[: found[0].start()] + text[found[0].end() :]).strip(" /、,，;；:：()（）\n")
        if rest:
            return rest, found[0][0], []
    return text, "", []


def split_names(text: str) -> list[str]:
    """Return the names in a list parted by semicolons or commas."""
    return list(dict.fromkeys(part.strip() for part in re.split(r"[;；、，,]", text) if part.strip()))


class Sdks:
    """Collects SDK rows and merges what is said of one SDK in several places."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.rows: list[SdkRow] = []
        self.doubts: list[Doubt] = []
        self._by_key: dict[str, list[SdkRow]] = defaultdict(list)
        """Rows by each thing they can be known by again: name, package, id."""

    # -- records ------------------------------------------------------------------------------------------------------

    def record(self, record: Record) -> SdkRow | None:
        """Read a record about an SDK; None where it names none."""
        lexicon = self.lexicon
        name_value = record.first("name")
        vendor = record.text("vendor")
        third = record.text("third_party")
        row = SdkRow(confidence=record.confidence)
        if name_value is None and not record.has("package"):
            if third:
                name_value, third = record.first("third_party"), ""
            elif vendor and record.form is not Form.BLOCK:
                name_value, vendor = record.first("vendor"), ""
                row.confidence = Confidence.MEDIUM
        row.vendor = vendor or third
        if name_value is not None:
            written, owner = split_vendor(name_value.text, lexicon)
            row.vendor = row.vendor or owner
            written, origin = self._origin(written)
            row.vendor = row.vendor or origin
            row.name, row.package, row.aliases = name_and_package(written.strip(" *_`"))
        if record.has("package") and _LATIN.search(record.text("package")):
            package = record.text("package").strip()
            row.name, row.package = (row.name or row.package), package
        nameless = names_nothing(row.name, lexicon) and not row.package
        if nameless:
            row.name = ""
            self.doubts.append(Doubt("sdks", record.text("url", "vendor", "purpose")[:60], "sdk-without-name", [record.place()]))
        row.purpose = record.text("purpose") or record.text("scene") or record.text("about")
        row.data_text = record.text("data")
        row.url = url_of(record.values.get("url", ())) or url_of(record.values.get("site", ()))
        if not row.url:
            row.url = url_of(value for field in ("other", "about", "name") for value in record.values.get(field, ()))
        self._permissions(record, row)
        self._data(record, row)
        row.platform = self._platform(record, row)
        row.places = self._places(record, name_value)
        return self._nameless(record, row) if nameless else self.add(row)

    def _nameless(self, record: Record, row: SdkRow) -> SdkRow | None:
        """Add the row of a block that lost its name among others, under the company or the host it gives; None where it gives none."""
        host = _HOST.match(row.url)
        row.name = row.vendor or (host[1] if host else "")
        said = sum(record.has(field) for field in ("purpose", "scene", "data", "not_data", "url", "site", "vendor"))
        if record.form is not Form.BLOCK or not row.name or said < _LEAST_SAID or len(self.rows) >= _MOST_ROWS:
            return None
        row.confidence = Confidence.MEDIUM
        found = resolve(self.lexicon.knowledge, name="", package="", aliases=(), url=row.url)
        row.id = found.ids[0] if len(found.ids) == 1 else ""
        self.rows.append(row)  # two such blocks of one company are two SDKs
        return row

    def _origin(self, name: str) -> tuple[str, str]:
        """Split "X SDK，来源于Y": the name and who it comes from."""
        for hit in self.lexicon.hits("from", name):
            head = name[: hit.start].strip(" ，,、；;(（")
            if head:
                return head, name[hit.end :].strip(" ，,。；;)）：:")
        return name, ""

    def _permissions(self, record: Record, row: SdkRow) -> None:
        values: list[Value] = list(record.all("permissions"))
        for value in record.all("method"):
            if named_in(value.text, self.lexicon):
                values.append(value)
        for value in values:
            row.permission_text = f"{row.permission_text}；{value.text}" if row.permission_text else value.text
            self.permissions_in(value.text, row)
        for value in record.all("data"):
            self.permissions_in(value.text, row, sure=True)

    def permissions_in(self, text: str, row: SdkRow, *, sure: bool = False) -> None:
        """Add to a row the permissions a text names; ``sure``: only those that are written as such."""
        found = [one.name for one in constants_in(text, self.lexicon, listed=not sure) if not one.harmony]
        if not sure:
            found += [name for _, entry in named_in(text, self.lexicon) for name in entry.permissions]
        row.permissions.extend(name for name in dict.fromkeys(found) if name not in row.permissions)

    def _data(self, record: Record, row: SdkRow) -> None:
        # "OAID SDK": what it is called after is what it takes
        row.data.extend(one.type for one in listed_data(row.name, self.lexicon, least=2) if not one.vague)
        texts = [value.text for value in record.all("data")]
        texts += [row.permission_text] if row.permission_text else []
        for text in texts:
            self.data_in(text, row)
        if not texts and row.purpose:
            self.data_of_purpose(row)

    def permissions_in_sentence(self, text: str, row: SdkRow) -> None:
        """Add to a row the permissions a sentence says the SDK asks for."""
        found = [one.name for one in constants_in(text, self.lexicon) if not one.harmony]
        if self.lexicon.cue("permission", text):
            found += [name for hit in self.lexicon.permission_words(text) for name in hit.value.permissions]
        row.permissions.extend(name for name in dict.fromkeys(found) if name not in row.permissions)

    def data_in(self, text: str, row: SdkRow) -> None:
        """Add to a row the kinds of data a list names."""
        for item in listed_data(text, self.lexicon):
            if item.denied:
                continue
            if item.vague:
                row.vague = True
            elif item.type not in row.data:
                row.data.append(item.type)
        for permission in row.permissions:
            for type_ in self.lexicon.permission_data.get(permission, ()):
                if type_ not in row.data:
                    row.data.append(type_)

    def data_of_purpose(self, row: SdkRow) -> None:
        """Add what the purpose says is taken, where nothing else says it: "确定您当前位置"."""
        for item in listed_data(row.purpose, self.lexicon, least=1):
            if self._taken(row.purpose, item.start, item.end) and not item.denied and not item.vague and item.type not in row.data:
                row.data.append(item.type)
                row.data_text = row.data_text or row.purpose[item.start : item.end]

    def _taken(self, text: str, start: int, end: int) -> bool:
        """Tell whether a word of taking governs the words from ``start`` to ``end``, follows them, or is one of them."""
        if self.lexicon.cue("takes", text[start:end]):
            return True
        after = self.lexicon.cues["takes"].first(text[end : end + 6]) if "takes" in self.lexicon.cues else None
        if after is not None and after.start == 0:
            return True
        near = text[max(0, start - 10) : start]
        hits = self.lexicon.hits("takes", near)
        between = near[hits[-1].end :] if hits else "?"
        for filler in self.lexicon.words("taken_fillers"):
            between = between.replace(filler, "")
        return not between.strip(" 、/及和与或")

    def _platform(self, record: Record, row: SdkRow) -> Platform | None:
        written = record.text("platform")
        if written:
            return platform_of(written, self.lexicon)
        return platform_of(row.name, self.lexicon) or platform_of(record.title, self.lexicon)

    def _places(self, record: Record, name: Value | None) -> list[Passage]:
        first = name.place if name is not None else record.place()
        places = [first]
        data = record.first("data")
        if data is not None and data.lines and data.place.line != first.line:
            places.append(data.place)
        return places

    # -- merging ------------------------------------------------------------------------------------------------------

    def add(self, row: SdkRow) -> SdkRow:
        """Add a row, or what it says anew to the row of the same SDK."""
        row.name = " ".join(row.name.split())
        known = self._known(row) if not row.id else None
        if known is not None and self._for_two_platforms(known, row):
            known = None
        if known is None and len(self.rows) < _MOST_ROWS:
            if not row.id:
                self.resolve(row)
            known = self._known(row)
        if known is None:
            if len(self.rows) >= _MOST_ROWS:
                return row
            self.rows.append(row)
            self._index(row)
            return row
        self._merge(known, row)
        self._index(known)
        return known

    def _for_two_platforms(self, known: SdkRow, row: SdkRow) -> bool:
        """Tell two rows of one SDK for two platforms by the identifiers they take, and give them their platforms."""
        if known.platform is not None or row.platform is not None or not (known.listed and row.listed):
            return False
        kinds = [{self._kind(type_) for type_ in one.data} - {None} for one in (known, row)]
        if any(len(kind) != 1 for kind in kinds) or kinds[0] == kinds[1]:
            return False
        known.platform, row.platform = kinds[0].pop(), kinds[1].pop()
        return True

    def _kind(self, type_: str) -> Platform | None:
        for platform in Platform:
            if type_ in self.lexicon.words(f"{platform.value}_data"):
                return platform
        return None

    def _keys(self, row: SdkRow) -> Iterator[str]:
        if key := name_key(row.name, self.lexicon):
            yield f"name {key}"
        for text in (row.package, row.name):
            if text:
                yield f"package {squeeze(text)}"
        if row.id:
            yield f"id {row.id}"

    def _index(self, row: SdkRow) -> None:
        for key in self._keys(row):
            if not any(other is row for other in self._by_key[key]):
                self._by_key[key].append(row)

    def resolve(self, row: SdkRow) -> None:
        """Give a row the id its name, package or aliases surely mean."""
        found = resolve(self.lexicon.knowledge, name=row.name, package=row.package, aliases=row.aliases, url=row.url)
        if len(found.ids) == 1 and found.basis is not Basis.LINK:
            row.id = found.ids[0]

    def _known(self, row: SdkRow) -> SdkRow | None:
        key = name_key(row.name, self.lexicon)
        candidates = {id(known): known for one in self._keys(row) for known in self._by_key.get(one, ())}
        for known in candidates.values():
            if known.platform is not None and row.platform is not None and known.platform is not row.platform:
                continue
            if row.package and known.package:
                if squeeze(row.package) == squeeze(known.package):
                    return known
                continue
            if key and key == name_key(known.name, self.lexicon):
                return known
            if row.package and not row.name and squeeze(row.package) == squeeze(known.name):
                return known
            mentioned = not (row.listed and known.listed)
            if mentioned and row.id and row.id == known.id:
                return known
        return None

    def _merge(self, known: SdkRow, row: SdkRow) -> None:
        add_places(known.places, row.places)
        known.package = known.package or row.package
        known.vendor = known.vendor or row.vendor
        if not known.purpose and not known.shared_with:
            known.purpose, known.shared_with = row.purpose, row.shared_with
        if row.data_text and row.data_text not in known.data_text:
            known.data_text = f"{known.data_text}；{row.data_text}" if known.data_text else row.data_text
        known.data.extend(type_ for type_ in row.data if type_ not in known.data)
        known.permissions.extend(name for name in row.permissions if name not in known.permissions)
        known.vague = known.vague or row.vague
        known.url = known.url or row.url
        known.id = known.id or row.id
        known.aliases.extend(alias for alias in row.aliases if alias not in known.aliases and alias != known.name)
        known.confidence = max(known.confidence, row.confidence)
        known.listed = known.listed or row.listed
        if known.platform is not row.platform:
            known.platform = None


def name_key(name: str, lexicon: Lexicon) -> str:
    """Return the form in which two spellings of an SDK's name are the same."""
    key = squeeze(name)
    for word in lexicon.words("sdk"):
        key = key.replace(squeeze(word), "")
    return key.strip("（）()-_·.:：的")


def in_lists(records: Sequence[Record], lexicon: Lexicon) -> list[bool]:
    """Tell of each record whether it stands in a list of SDKs: its section is one, or its neighbours surely are SDKs."""
    sure = [is_sdk_record(record, lexicon, in_list=False) for record in records]
    found = []
    for index, record in enumerate(records):
        near = [at for at in range(max(0, index - 3), min(len(records), index + 4)) if at != index]
        alike = [at for at in near if _alike(records[at], record)]
        found.append(
            record.section == "sdk"
            or lexicon.cue("sdk", record.title)
            or (len(alike) >= 1 and sum(sure[at] for at in alike) * 2 >= len(alike))
        )
    return found


def _alike(one: Record, other: Record) -> bool:
    """Tell whether two records have two fields in common, or mostly the same ones."""
    fields, others = set(one.values) - {"other"}, set(other.values) - {"other"}
    return len(fields & others) >= 2 or len(fields & others) * 2 >= max(len(fields | others), 1)

"""Read a declaration: the keys of each row, what may stand in them, and what rows say of one another.

``declaration.schema.json`` beside this file describes the same keys for editors, and docs/reference/declaration.md for
people; tests hold the three together.
"""

from __future__ import annotations

import datetime
import difflib
import hashlib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from auditor.errors import DeclarationError
from auditor.knowledge.schema import Knowledge
from auditor.model import (
    Confidence,
    Declaration,
    DeclaredData,
    DeclaredPermission,
    DeclaredSdk,
    DeclaredStatement,
    DeclaredUsageKey,
    Location,
    Passage,
    Platform,
    PolicySource,
    Table,
)
from auditor.records import Mistake, Record, bytes_of, did_you_mean, read_record

__all__ = ["SCHEMA", "STATEMENTS", "parse_declaration", "read_declaration", "row_faults"]

SCHEMA = "auditor/declaration/1"
"""Name and version of the format, as the optional key ``schema`` writes it."""

TABLES = ("permissions", "usage_keys", "harmony_permissions", "sdks", "data")
CONDITIONS = ("background", "user-action")
STATEMENTS = (
    "transport-encryption",
    "storage-location",
    "third-country",
    "user-action",
    "background",
    "not-collected",
)

_PLATFORMS = tuple(platform.value for platform in Platform)
_CONFIDENCES = tuple(confidence.word for confidence in Confidence)
_PREFIX = "android.permission."
_DOTTED = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)+\Z")
_APP_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)+\Z")
_HARMONY_PREFIX = "ohos.permission."
_HARMONY = re.compile(r"ohos\.permission\.(?:[a-zA-Z]+\.)*[A-Z0-9_]+\Z")
_USAGE_KEY = re.compile(r"[A-Z]{2,}[A-Za-z0-9]*\Z")
_USAGE_WORD = re.compile(r"(?:NS)?(.+)UsageDescription\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_COUNTRY = re.compile(r"[A-Z]{2}\Z")

_LONG = 10
"""From so many characters on a slip of the pen may be two edits instead of one: READ_SMS and SEND_SMS, ACTIVITY_STACKS and
ACTIVITY_TASKS are different names. Whole words more are no slip: each level of Android brings such names."""


def read_declaration(path: Path, knowledge: Knowledge, shown_as: str | None = None) -> Declaration:
    """Read the declaration at ``path``; ``shown_as`` is the name to print and to keep (the path as given by default).

    Raise :class:`~auditor.errors.DeclarationError` with every mistake in the file, or with the one reason why it cannot
    be read.
    """
    shown = str(path) if shown_as is None else shown_as
    data = bytes_of(path, shown, DeclarationError, "declaration")
    return parse_declaration(data, shown, knowledge)


def parse_declaration(data: bytes, file: str, knowledge: Knowledge) -> Declaration:
    """Read a declaration from its bytes; ``file`` is the name to print and to keep.

    Raise :class:`~auditor.errors.DeclarationError` with every mistake, in the order of the lines.
    """
    mistakes: list[Mistake] = []
    top = read_record(file, data, mistakes, "declaration")
    declaration = None
    if top is not None:
        declaration = _Reader(file, knowledge, mistakes).declaration(top, hashlib.sha256(data).hexdigest())
    if mistakes or declaration is None:
        raise DeclarationError([str(mistake) for mistake in sorted(mistakes, key=lambda mistake: mistake.line)])
    return declaration


def row_faults(knowledge: Knowledge) -> tuple[Callable[[str], str], Callable[[str], str]]:
    """Return what tells why a declaration cannot hold a permission's name, and an iOS key; both return "" for good ones."""
    reader = _Reader("", knowledge, [])
    reader.index()
    return reader.permission_fault, reader.usage_key_fault


@dataclass(slots=True)
class _Row:
    """What the other rows of a table have to know of one row."""

    record: Record
    names: tuple[str, ...]
    purpose: str
    shared_with: str


@dataclass(slots=True)
class _Reader:
    file: str
    knowledge: Knowledge
    mistakes: list[Mistake]
    policy_file: str = ""
    _platform_words: dict[str, str] = field(default_factory=dict)
    _last_words: dict[str, str] = field(default_factory=dict)
    _usage_words: dict[str, str] = field(default_factory=dict)
    _repeated: set[str] = field(default_factory=set)

    def index(self) -> None:
        """Look up the names rows are checked against."""
        known = sorted(self.knowledge.permissions)
        self._platform_words = {
            name.removeprefix(_PREFIX).lower(): name for name in known if name.startswith(_PREFIX)
        }
        # where a vendor's name ends in the same word, the platform's is meant
        self._last_words = {name.rpartition(".")[2].lower(): name for name in known} | self._platform_words
        self._usage_words = {_usage_word(key).lower(): key for key in sorted(self.knowledge.usage_keys)}

    # -- the document -----------------------------------------------------------------------------------------------

    def declaration(self, top: Record, sha256: str) -> Declaration:
        """Read the whole document."""
        self.index()
        top.choice("schema", (SCHEMA,))
        app = top.text("app", required=True)
        operator = top.text("operator")
        policy = self.policy(top)
        if sum(top.has(table) for table in TABLES) == 0:  # not any(): each has to be asked for
            top.wrong(
                "declares nothing: it has none of "
                + ", ".join(repr(table) for table in TABLES)
                + " (write 'permissions: []' if the policy truly names none)"
            )
        declaration = Declaration(
            file=self.file,
            sha256=sha256,
            app=app,
            operator=operator,
            policy=policy,
            category=self.known(top, "category", self.knowledge.categories, "service category"),
            app_ids=top.texts("app_ids", fault=_app_id_fault),
            signers=tuple(map(_bare_hex, top.texts("signers", fault=_sha256_fault))),
            permissions=self.permissions(top),
            usage_keys=self.usage_keys(top),
            sdks=self.sdks(top),
            data=self.data(top),
            denials=self.denials(top),
            harmony_permissions=self.harmony_permissions(top),
            statements=self.statements(top),
            headings=tuple((table, top.line_of(table.value)) for table in Table if top.has(table.value)),
        )
        self.clauses(top)
        self.draft_notes(top)
        top.done()
        return declaration

    def policy(self, top: Record) -> PolicySource:
        """Read ``policy``: which document was transcribed."""
        record = top.record("policy", required=True)
        if record is None:
            return PolicySource(file="", sha256="", effective="")
        self.policy_file = record.text("file", required=True)
        sha256 = record.text("sha256")
        if sha256 and (message := _sha256_fault(sha256)):
            record.wrong(f"{record.what}.sha256: {message}", "sha256")
        effective = record.text("effective")
        if effective and not _is_date(effective):
            record.wrong(f"{record.what}.effective: {effective!r} is no date (ISO 8601: 2021-12-28)", "effective")
        record.done()
        return PolicySource(file=self.policy_file, sha256=_bare_hex(sha256), effective=effective)

    # -- tables -----------------------------------------------------------------------------------------------------

    def permissions(self, top: Record) -> tuple[DeclaredPermission, ...]:
        """Read ``permissions``."""
        return self.permission_rows(top, "permissions", self.permission_fault)

    def harmony_permissions(self, top: Record) -> tuple[DeclaredPermission, ...]:
        """Read ``harmony_permissions``."""
        return self.permission_rows(top, "harmony_permissions", self.harmony_fault)

    def permission_rows(
        self, top: Record, key: str, fault: Callable[[str], str]
    ) -> tuple[DeclaredPermission, ...]:
        """Read the rows of one permission table; ``fault`` says what is wrong with a name."""
        found: list[DeclaredPermission] = []
        rows: list[_Row] = []
        for record in top.records(key):
            name = record.text("name", required=True)
            if name and (message := fault(name)):
                record.wrong(f"{record.what}.name: {message}", "name")
            row = self.row(record, (name,))
            policy, at = self.passages(record)
            found.append(
                DeclaredPermission(
                    name=name,
                    text=record.text("text") or name,
                    purpose=row.purpose,
                    purpose_shared_with=row.shared_with,
                    location=self.location(record),
                    policy=policy,
                    at=at,
                    confidence=self.confidence(record),
                )
            )
            rows.append(row)
            record.done()
        self.refuse_twice(rows, [(name,) if (name := row.names[0]) else () for row in rows], "name")
        self.check_shared(rows)
        return tuple(found)

    def usage_keys(self, top: Record) -> tuple[DeclaredUsageKey, ...]:
        """Read ``usage_keys``."""
        found: list[DeclaredUsageKey] = []
        rows: list[_Row] = []
        for record in top.records("usage_keys"):
            key = record.text("key", required=True)
            if key and (message := self.usage_key_fault(key)):
                record.wrong(f"{record.what}.key: {message}", "key")
            row = self.row(record, (key,))
            policy, at = self.passages(record)
            found.append(
                DeclaredUsageKey(
                    key=key,
                    purpose=row.purpose,
                    purpose_shared_with=row.shared_with,
                    location=self.location(record),
                    policy=policy,
                    at=at,
                    confidence=self.confidence(record),
                )
            )
            rows.append(row)
            record.done()
        self.refuse_twice(rows, [(key,) if (key := row.names[0]) else () for row in rows], "key")
        self.check_shared(rows)
        return tuple(found)

    def sdks(self, top: Record) -> tuple[DeclaredSdk, ...]:
        """Read ``sdks``. A row may be repeated only for another platform."""
        found: list[DeclaredSdk] = []
        rows: list[_Row] = []
        identities: list[tuple[str, ...]] = []
        for record in top.records("sdks"):
            name, package = record.text("name"), record.text("package")
            if not name and not package:
                record.wrong(f"{record.what} lacks 'name' and 'package': write at least one of them")
            platforms = self.platforms(record)
            row = self.row(record, tuple(word for word in (package, name) if word))
            policy, at = self.passages(record)
            found.append(
                DeclaredSdk(
                    name=name,
                    package=package,
                    aliases=record.texts("aliases"),
                    id=self.known(record, "id", self.knowledge.sdks, "SDK"),
                    vendor=record.text("vendor"),
                    purpose=row.purpose,
                    purpose_shared_with=row.shared_with,
                    data=record.texts("data", among=self.knowledge.data_types),
                    data_text=record.text("data_text"),
                    permissions=record.texts("permissions", fault=self.any_permission_fault),
                    platforms=platforms,
                    url=record.text("url"),
                    location=self.location(record),
                    policy=policy,
                    at=at,
                    confidence=self.confidence(record),
                )
            )
            rows.append(row)
            identities.append((package, name) if row.names else ())
            record.done()
        for platform in Platform:
            here = [index for index, sdk in enumerate(found) if platform in sdk.platforms]
            self.refuse_twice([rows[index] for index in here], [identities[index] for index in here], "")
        self.check_shared(rows)
        return tuple(found)

    def data(self, top: Record) -> tuple[DeclaredData, ...]:
        """Read ``data``. A type may be repeated under another condition or for another platform."""
        found: list[DeclaredData] = []
        rows: list[_Row] = []
        identities: list[tuple[str, ...]] = []
        for record in top.records("data"):
            vague = record.boolean("vague")
            when = record.choice("when", CONDITIONS)
            platforms = self.platforms(record)
            found.append(self.data_row(record, vague=vague, when=when, platforms=platforms))
            rows.append(_Row(record, (found[-1].type,), "", ""))
            identities.append((found[-1].type, when) if found[-1].type else ())
        for platform in Platform:
            here = [index for index, datum in enumerate(found) if platform in datum.platforms]
            self.refuse_twice([rows[index] for index in here], [identities[index] for index in here], "type")
        return tuple(found)

    def denials(self, top: Record) -> tuple[DeclaredData, ...]:
        """Read ``denials``: what the policy says is not collected."""
        found: list[DeclaredData] = []
        rows: list[_Row] = []
        for record in top.records("denials"):
            found.append(self.data_row(record, vague=False, when="", platforms=frozenset(Platform)))
            rows.append(_Row(record, (found[-1].type,), "", ""))
        self.refuse_twice(rows, [(datum.type,) if datum.type else () for datum in found], "type")
        return tuple(found)

    def data_row(self, record: Record, *, vague: bool, when: str, platforms: frozenset[Platform]) -> DeclaredData:
        """Read what rows of ``data`` and ``denials`` have in common."""
        policy, at = self.passages(record)
        row = DeclaredData(
            type=self.known(record, "type", self.knowledge.data_types, "data type", required=True),
            text=record.text("text"),
            vague=vague,
            when=when,
            location=self.location(record),
            policy=policy,
            platforms=platforms,
            at=at,
            confidence=self.confidence(record),
        )
        record.done()
        return row

    def statements(self, top: Record) -> tuple[DeclaredStatement, ...]:
        """Read ``statements``: sentences about conduct that a build can contradict."""
        found: list[DeclaredStatement] = []
        for record in top.records("statements"):
            policy, at = self.passages(record)
            found.append(
                DeclaredStatement(
                    kind=record.choice("kind", STATEMENTS, required=True),
                    text=record.text("text", required=True),
                    data=record.texts("data", among=self.knowledge.data_types),
                    location=self.location(record),
                    policy=policy,
                    at=at,
                )
            )
            record.done()
        return tuple(found)

    # -- read for their form only: nothing is compared with them ---------------------------------------------------

    def clauses(self, top: Record) -> None:
        """Read ``contact``, ``minors`` and ``storage``: what the policy says of them, in its own words."""
        for key in ("contact", "minors", "storage"):
            record = top.record(key)
            if record is None:
                continue
            record.text("text", required=True)
            if key == "storage":
                record.texts("countries", fault=_country_fault)
            self.passages(record)
            record.done()

    def draft_notes(self, top: Record) -> None:
        """Read ``review`` and ``gaps``: what a machine draft leaves to a person."""
        for record in top.records("review"):
            record.choice("table", (*TABLES, "denials", "statements"))
            record.text("subject")
            record.text("reason", required=True)
            self.passages(record)
            self.confidence(record)
            record.done()
        for record in top.records("gaps"):
            record.text("reason", required=True)
            record.texts("hides", among=[table.value for table in Table])
            self.passages(record)
            record.done()

    # -- parts of a row ---------------------------------------------------------------------------------------------

    def row(self, record: Record, names: tuple[str, ...]) -> _Row:
        """Read the purpose of a row: its own words, or the row it shares them with."""
        purpose, shared_with = record.text("purpose"), record.text("purpose_shared_with")
        if purpose and shared_with:
            record.wrong(f"{record.what} has both 'purpose' and 'purpose_shared_with': keep one", "purpose_shared_with")
            shared_with = ""
        return _Row(record, names, purpose, shared_with)

    def location(self, record: Record) -> Location:
        """Return where the row stands in the declaration."""
        return Location(file=self.file, at=str(record.line))

    def passages(self, record: Record) -> tuple[Location | None, tuple[Passage, ...]]:
        """Read ``at``: one place in the policy or a list of them; return the first as a Location, too."""
        found: list[Passage] = []
        for place in _one_or_several(record, "at"):
            line = place.integer("line", required=True, default=1)
            page = place.integer("page", default=1) if place.has("page") else None
            quote = place.text("quote")
            for key, value in (("line", line), ("page", page)):
                if value is not None and value < 1:
                    place.wrong(f"{place.what}.{key}: {value} is no {key} number; they start from 1", key)
            found.append(Passage(line=line, page=page, quote=quote))
            place.done()
        if not found:
            return None, ()
        first = found[0]
        where = str(first.line) if first.page is None else f"page {first.page}, line {first.line}"
        return Location(file=self.policy_file, at=where), tuple(found)

    def confidence(self, record: Record) -> Confidence:
        """Read ``confidence``; a row without it was transcribed by a person."""
        word = record.choice("confidence", _CONFIDENCES, default=Confidence.HIGH.word)
        return Confidence[word.upper()]

    def platforms(self, record: Record) -> frozenset[Platform]:
        """Read ``platform``; a row without it applies to every platform."""
        word = record.choice("platform", _PLATFORMS)
        return frozenset({Platform(word)}) if word else frozenset(Platform)

    def known(
        self, record: Record, key: str, known: Collection[str], noun: str, *, required: bool = False
    ) -> str:
        """Read an id that must be one of ``known``; return an empty string where it is absent or unknown."""
        value = record.text(key, required=required)
        if value and value not in known:
            record.wrong(f"{record.what}.{key}: {value!r} is no known {noun}{did_you_mean(value, known)}", key)
            return ""
        return value

    # -- names ------------------------------------------------------------------------------------------------------

    def permission_fault(self, name: str) -> str:
        """Say what is wrong with the name of an Android permission, or nothing."""
        if _HARMONY.match(name):
            return f"{name!r} is a HarmonyOS permission: it belongs under 'harmony_permissions'"
        prefix, _, word = name.rpartition(".")
        if not _DOTTED.match(name):
            near = next(iter(difflib.get_close_matches(word.lower(), self._last_words, n=1)), "")
            return f"{name!r} is not a full permission name{_suggest(self._last_words.get(near, ''))}"
        if name in self.knowledge.permissions:
            return ""
        if name.startswith(_PREFIX):
            meant = _slip_of(name.removeprefix(_PREFIX), self._platform_words)
        elif _edits(f"{prefix.lower()}.", _PREFIX) <= 2:
            meant = self._platform_words.get(word.lower(), "")
        else:
            meant = ""
        return f"{name!r} is no known permission{_suggest(meant)}" if meant else ""

    def any_permission_fault(self, name: str) -> str:
        """Say what is wrong with the name of a permission of Android or HarmonyOS, or nothing."""
        return self.harmony_fault(name) if name.startswith(_HARMONY_PREFIX) else self.permission_fault(name)

    def harmony_fault(self, name: str) -> str:
        """Say what is wrong with the name of a HarmonyOS permission, or nothing: later versions of the system have more."""
        if not _HARMONY.match(name):
            return f"{name!r} is no HarmonyOS permission (ohos.permission.…)"
        known = self.knowledge.harmony_permissions
        if name in known or name in self.knowledge.harmony_others:
            return ""
        words = {one.removeprefix(_HARMONY_PREFIX).lower(): one for one in known}
        meant = _slip_of(name.removeprefix(_HARMONY_PREFIX), words)
        return f"{name!r} is no known permission{_suggest(meant)}" if meant else ""

    def usage_key_fault(self, key: str) -> str:
        """Say what is wrong with an iOS usage-description key, or nothing.

        Keys Apple does not know pass unless they are slips of one it knows: policies do list others (UIBackgroundModes).
        """
        if key in self.knowledge.usage_keys:
            return ""
        meant = _slip_of(_usage_word(key), self._usage_words)
        if not meant and not key.endswith("UsageDescription"):
            meant = _slip_of(key, {known.lower(): known for known in self.knowledge.usage_keys})
        if not _USAGE_KEY.match(key):
            return f"{key!r} is not an Info.plist key{_suggest(meant)}"
        return f"{key!r} is no known usage-description key{_suggest(meant)}" if meant else ""

    # -- between rows -----------------------------------------------------------------------------------------------

    def refuse_twice(self, rows: list[_Row], identities: list[tuple[str, ...]], key: str) -> None:
        """Report every row whose identity stood before; an empty identity is none."""
        first: dict[tuple[str, ...], int] = {}
        for row, identity in zip(rows, identities, strict=True):
            if not identity:
                continue
            line = row.record.line_of(key)
            if identity in first:
                written = next(word for word in identity if word)
                if row.record.what not in self._repeated:  # rows for two platforms are looked at twice
                    self._repeated.add(row.record.what)
                    message = f"{row.record.what}: {written!r} is listed twice (first on line {first[identity]})"
                    self.mistakes.append(Mistake(self.file, line, message))
            else:
                first[identity] = line

    def check_shared(self, rows: list[_Row]) -> None:
        """Report every shared purpose that no other row of the table gives."""
        by_name: dict[str, list[_Row]] = {}
        for row in rows:
            for name in set(row.names):
                by_name.setdefault(name, []).append(row)
        for row in rows:
            if not row.shared_with:
                continue
            others = [other for other in by_name.get(row.shared_with, ()) if other is not row]
            if not others and row.shared_with in row.names:
                row.record.wrong(f"{row.record.what} shares its purpose with itself", "purpose_shared_with")
            elif not others:
                names = [name for name in by_name if name and name not in row.names]
                row.record.wrong(
                    f"{row.record.what}.purpose_shared_with: no other row is called {row.shared_with!r}"
                    + did_you_mean(row.shared_with, names),
                    "purpose_shared_with",
                )
            elif not any(other.purpose for other in others):
                row.record.wrong(
                    f"{row.record.what}.purpose_shared_with: the row {row.shared_with!r} has no purpose of its own",
                    "purpose_shared_with",
                )


def _one_or_several(record: Record, key: str) -> Iterator[Record]:
    if record.is_list(key):
        yield from record.records(key)
    elif (one := record.record(key)) is not None:
        yield one


def _slip_of(word: str, known: Mapping[str, str]) -> str:
    """Return what ``known`` holds under the lower-case word that ``word`` is a misspelling of, or an empty string."""
    word = word.lower()
    allowed = 2 if len(word) >= _LONG else 1
    for near in difflib.get_close_matches(word, known, n=3, cutoff=0.7):  # keeps the slower count below to a few
        if _edits(word, near) <= allowed:
            return known[near]
    return ""


def _edits(one: str, other: str) -> int:
    """Count the letters inserted, left out, replaced or swapped with their neighbour between two words, up to 3."""
    if abs(len(one) - len(other)) > 2:
        return 3
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        next_row = [i]
        for j, wanted in enumerate(other, 1):
            edits = min(row[j] + 1, next_row[-1] + 1, row[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                edits = min(edits, before[j - 2] + 1)
            next_row.append(edits)
        before, row = row, next_row
    return min(row[-1], 3)


def _suggest(name: str) -> str:
    return f" (did you mean {name!r}?)" if name else ""


def _usage_word(key: str) -> str:
    """Return what tells a key from others: all of them share NS…UsageDescription, which would make any two alike."""
    match = _USAGE_WORD.match(key)
    return match[1] if match else key.removeprefix("NS")


def _app_id_fault(app_id: str) -> str:
    return "" if _APP_ID.match(app_id) else f"{app_id!r} is no package name or bundle identifier"


def _country_fault(country: str) -> str:
    return "" if _COUNTRY.match(country) else f"{country!r} is no country code (ISO 3166-1: CN)"


def _bare_hex(digest: str) -> str:
    """Return a digest as this project writes it; certificate tools print upper case and colons."""
    return digest.replace(":", "").lower()


def _sha256_fault(digest: str) -> str:
    if _SHA256.match(_bare_hex(digest)):
        return ""
    return f"{digest!r} is no SHA-256 (64 hexadecimal digits)"


def _is_date(text: str) -> bool:
    if not _DATE.match(text):
        return False
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True

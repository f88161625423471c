"""The YAML beside this file, read into one plain structure that JSON can hold, with every mistake reported at once.

Nothing here is needed to run an audit: :mod:`auditor.knowledge.load` reads what ``python -m auditor.knowledge`` compiled.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditor.errors import KnowledgeError
from auditor.knowledge.api_schema import ApiKind, ApiMatch, ApiRole, ApiTable, CallbackTime
from auditor.knowledge.schema import (
    ANDROID_TRACES,
    HARMONY_TRACES,
    IOS_TRACES,
    SDK_CATEGORIES,
    FingerprintKind,
    Grant,
    HarmonyLevel,
    ProtectionLevel,
    Strength,
    TraceKind,
    VersionKind,
)
from auditor.knowledge.seeds import SEEDS, Seeds
from auditor.knowledge.sign_source import Known as KnownToSigns
from auditor.knowledge.sign_source import read_hosts, read_layer, read_presences, script_files
from auditor.model import EntryKind, Platform, Severity, Text
from auditor.records import Mistake, Record, did_you_mean, read_record

__all__ = ["read_own", "read_yaml"]

Plain = dict[str, Any]
"""Strings, integers, booleans, lists and dictionaries with text keys, and nothing else."""

_ID = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*\Z")
_SEGMENTS = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*\Z", re.ASCII)
_CHECKABLE = ("static", "policy", "dynamic", "manual")
_STARRED = frozenset({TraceKind.NATIVE_LIBRARY, TraceKind.ASSET, TraceKind.URL_SCHEME})
_ONLY_NAMES = frozenset({TraceKind.COMPONENT, TraceKind.QUERY_SCHEME})
_ONLY_SUPPORTS = frozenset({TraceKind.NATIVE_SYMBOL, TraceKind.HOST, TraceKind.LITERAL, TraceKind.OHPM_PACKAGE})
_OHPM = re.compile(r"(?:@[a-z0-9_-]+/)?[A-Za-z0-9_.-]+\Z")
_HOST = re.compile(r"(?=.{4,100}\Z)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+\Z")
_ADDRESS = re.compile(r"[0-9.]+\Z")
_ENDINGS = {
    TraceKind.NATIVE_LIBRARY: ".so",
    TraceKind.FRAMEWORK: ".framework",
    TraceKind.BUNDLE: ".bundle",
}
APIS = "apis"
"""The folder of what is known of interfaces; without it, nothing is known of any."""
POLICY_WORDS = "policy_words.yaml"
NOT_CHECKABLE = "not_checkable.yaml"
"""A file a knowledge can do without: it is read with policies only."""
HARMONY_PERMISSIONS = "harmony_permissions.yaml"
"""Likewise: read with HarmonyOS builds only."""


def read_yaml(directory: Path) -> Plain:
    """Read the knowledge in ``directory``: the files named here, ``sdks/*.yaml``, ``fingerprints/*`` and ``apis/*``.

    Returns a structure JSON can hold: one key per collection, entries by id, defaults left out. Raises KnowledgeError
    with every mistake of every file as ``file:line: message``; ``file`` is relative to ``directory``.
    """
    mistakes: list[Mistake] = []
    types = _read(directory, "data_types.yaml", mistakes, _data_types)
    known = types.get("data_types", {})
    plain = {
        **types,
        **_read(directory, "permissions.yaml", mistakes, lambda record: _permissions(record, known)),
        **_read(directory, "usage_keys.yaml", mistakes, lambda record: _usage_keys(record, known)),
        **(
            _read(directory, HARMONY_PERMISSIONS, mistakes, lambda record: _harmony_permissions(record, known))
            if (directory / HARMONY_PERMISSIONS).exists()
            else {}
        ),
        **_read(directory, "packers.yaml", mistakes, _packers),
        **_read(directory, "regulations.yaml", mistakes, lambda record: _regulations(record, known)),
        **(_read(directory, NOT_CHECKABLE, mistakes, _not_checkable) if (directory / NOT_CHECKABLE).exists() else {}),
        "sdks": (sdks := _sdks(sorted((directory / "sdks").glob("*.yaml")), "sdks", mistakes, known, {})),
        "fingerprints": (fingerprints := _fingerprints(directory, mistakes, sdks)),
        "seeds": _seeds(directory, mistakes, {one["id"] for one in fingerprints}),
        "brings": _brings(directory, mistakes, sdks),
    }
    plain["apis"] = _apis(directory / APIS, mistakes, known, plain.get("permissions", {}), plain.get("usage_keys", {}))
    plain["signs"] = _signs(directory, mistakes, KnownToSigns(known, plain.get("permissions", {}), plain.get("usage_keys", {}), sdks))
    if (directory / POLICY_WORDS).exists():
        permissions, keys = plain.get("permissions", {}), plain.get("usage_keys", {})
        plain |= _read(directory, POLICY_WORDS, mistakes, lambda record: _policy_words(record, known, permissions, keys))
    if mistakes:
        raise KnowledgeError([str(mistake) for mistake in sorted(mistakes, key=lambda one: (one.file, one.line))])
    return plain


def _read(directory: Path, name: str, mistakes: list[Mistake], read: Callable[[Record], Plain]) -> Plain:
    try:
        data = (directory / name).read_bytes()
    except OSError as error:
        mistakes.append(Mistake(name, 1, f"cannot be read: {error.strerror}"))
        return {}
    record = read_record(name, data, mistakes, name)
    if record is None:
        return {}
    plain = read(record)
    record.done()
    return plain


# -- pieces every file uses -----------------------------------------------------------------------------------------


class _Ids:
    """The ids given out so far, and where."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def take(self, record: Record, key: str) -> str:
        """Return the id under ``key``; a second use of it is a mistake."""
        name = record.text(key, required=True)
        if name in self._places:
            record.wrong(f"{name!r} was described before, on line {self._places[name]}", key)
        elif name:
            self._places[name] = record.line_of(key)
        return name


def _sources(record: Record) -> Collection[str]:
    """Return the ids of the sources a file lists: where its facts were read, and under which licence."""
    listed = record.record("sources", required=True)
    if listed is None:
        return ()
    for name in listed.keys():  # noqa: SIM118 - a Record is no mapping
        listed.text(name, required=True)
    return listed.keys()


def _both(text: Text) -> list[str]:
    return [text.zh, text.en]


def _label(record: Record) -> list[str]:
    """Return the label, both languages or neither."""
    return _both(record.both("label")) if record.has("label") else []


def _slim(**values: Any) -> Plain:
    """Leave out what is false, empty or zero: the loader puts it back."""
    return {key: value for key, value in values.items() if value}


def _pattern(record: Record, key: str, text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        record.wrong(f"{record.what}.{key}: {text!r} is no regular expression: {error}", key)
    return text


def _covers(record: Record, known: Collection[str], section: str = "covers") -> list[Plain]:
    ids = _Ids()
    entries = []
    for entry in record.records(section):
        declared = ids.take(entry, "declared")
        if declared and declared not in known:
            entry.wrong(f"{declared!r} is not described in this file{did_you_mean(declared, known)}", "declared")
        covers = entry.texts("covers", required=True, among=known)
        if declared in covers:
            entry.wrong(f"{declared!r} covers itself", "covers")
        entries.append(
            {
                "declared": declared,
                "covers": list(covers),
                "why": _both(entry.both("why")),
                "source": entry.text("source", required=True),
            }
        )
        entry.done()
    return sorted(entries, key=lambda one: str(one["declared"]))


# -- one function per file ------------------------------------------------------------------------------------------


def _data_types(record: Record) -> Plain:
    record.text("source", required=True)
    ids = _Ids()
    owners: dict[str, str] = {}
    types: Plain = {}
    for entry in record.records("data_types", required=True):
        name = ids.take(entry, "id")
        if name and not _ID.match(name):
            entry.wrong(f"{name!r} is no id: lower-case letters, digits and underscores", "id")

        def fault(alias: str, name: str = name) -> str:
            owner = owners.setdefault(alias.casefold(), name)
            return "" if owner == name else f"{alias!r} already means {owner!r}"

        types[name] = _slim(
            name=_both(entry.both("name")),
            sensitive=entry.boolean("sensitive"),
            core=entry.boolean("core"),
            arises=entry.choice("arises", _ARISES),
            platforms=list(entry.texts("platforms", among=[platform.value for platform in Platform])),
            aliases_zh=list(entry.texts("aliases_zh", fault=fault)),
            aliases_en=list(entry.texts("aliases_en", fault=fault)),
        )
        entry.text("class", required=True)
        entry.boolean("class_unverified")
        entry.done()
    return {
        "data_types": dict(sorted(types.items())),
        "data_covers": _covers(record, types),
        "data_hints": _covers(record, types, "hints"),
    }


_ARISES = ("input", "network")


def _not_checkable(record: Record) -> Plain:
    record.text("source", required=True)
    ids = _Ids()
    entries = []
    for entry in record.records("not_checkable", required=True):
        entries.append(
            _slim(
                id=ids.take(entry, "id"),
                name=_both(entry.both("name")),
                why=_both(entry.both("why")),
                statements=list(entry.texts("statements")),
            )
        )
        entry.done()
    return {"not_checkable": entries}


def _permissions(record: Record, data_types: Collection[str]) -> Plain:
    sources = _sources(record)
    groups = _Ids()
    known_groups = []
    for group in record.records("groups", required=True):
        known_groups.append(groups.take(group, "id"))
        group.both("label")
        group.done()
    ids = _Ids()
    permissions: Plain = {}
    for section in ("platform", "health_connect", "vendor"):
        for entry in record.records(section, required=True):
            name = ids.take(entry, "name")
            if name and not _SEGMENTS.match(name):
                entry.wrong(f"{name!r} is no permission name", "name")
            vendor = entry.text("vendor")
            if bool(vendor) is not (section == "vendor"):
                entry.wrong(f"{section}: a vendor is {'missing' if not vendor else 'out of place here'}", "vendor")
            permissions[name] = _slim(
                level=entry.choice("level", [str(level.value) for level in ProtectionLevel], required=True),
                label=_label(entry),
                group=entry.choice("group", known_groups),
                data=list(entry.texts("data", among=data_types)),
                special=entry.boolean("special"),
                vendor=vendor,
                added=entry.integer("added"),
                removed_after=entry.integer("removed_after"),
                by_calls=entry.boolean("by_calls"),
                unverified=entry.boolean("unverified"),
            )
            entry.text("note")
            entry.choice("source", sources, required=True)
            entry.done()
    patterns = []
    for entry in record.records("vendor_patterns", required=True):
        patterns.append(
            {
                "pattern": _pattern(entry, "pattern", entry.text("pattern", required=True)),
                "vendor": entry.text("vendor", required=True),
            }
        )
        entry.boolean("unverified")
        entry.choice("source", sources, required=True)
        entry.done()
    return {
        "permissions": dict(sorted(permissions.items())),
        "vendor_patterns": sorted(patterns, key=lambda one: one["pattern"]),
        "permission_covers": _covers(record, permissions),
    }


_HARMONY = re.compile(r"ohos\.permission\.(?:[a-zA-Z]+\.)*[A-Z0-9_]+\Z")


def _harmony_permissions(record: Record, data_types: Collection[str]) -> Plain:
    sources = _sources(record)
    groups = _Ids()
    known_groups = []
    for group in record.records("groups", required=True):
        known_groups.append(groups.take(group, "id"))
        group.both("label")
        group.done()
    ids = _Ids()
    permissions: Plain = {}
    for entry in record.records("permissions", required=True):
        name = ids.take(entry, "name")
        if name and not _HARMONY.match(name):
            entry.wrong(f"{name!r} is no HarmonyOS permission: ohos.permission.NAME", "name")
        permissions[name] = _slim(
            level=entry.choice("level", [str(one.value) for one in HarmonyLevel], required=True),
            grant=entry.choice("grant", [str(one.value) for one in Grant], required=True),
            system=entry.boolean("system"),
            label=_label(entry),
            group=entry.choice("group", known_groups),
            data=list(entry.texts("data", among=data_types)),
            since=entry.integer("since", required=True),
            deprecated=entry.integer("deprecated"),
        )
        entry.choice("source", sources, required=True)
        entry.done()

    def fault(name: str) -> str:
        if not _HARMONY.match(name):
            return f"{name!r} is no HarmonyOS permission: ohos.permission.NAME"
        return f"{name!r} is described above" if name in permissions else ""

    others = record.texts("others", fault=fault)
    return {
        "harmony_permissions": dict(sorted(permissions.items())),
        "harmony_others": sorted(others),
        "harmony_covers": _covers(record, permissions),
    }


def _usage_keys(record: Record, data_types: Collection[str]) -> Plain:
    sources = _sources(record)
    ids = _Ids()
    keys: Plain = {}
    for entry in record.records("usage_keys", required=True):
        name = ids.take(entry, "key")
        keys[name] = _slim(
            label=_both(entry.both("label")),
            data=list(entry.texts("data", among=data_types)),
            since=entry.text("since"),
            deprecated=entry.text("deprecated"),
            only_on=entry.text("only_on"),
            unverified=entry.boolean("unverified"),
        )
        entry.choice("source", sources, required=True)
        entry.done()
    return {"usage_keys": dict(sorted(keys.items())), "usage_key_covers": _covers(record, keys)}


def _packers(record: Record) -> Plain:
    sources = _sources(record)
    ids = _Ids()
    packers: Plain = {}
    for entry in record.records("packers", required=True):
        name = ids.take(entry, "id")
        entry.choice("kind", ["packer"], required=True)
        signs = {key: entry.texts(key) for key in ("so_names", "files", "application_classes")}
        patterns = [_pattern(entry, "path_patterns", text) for text in entry.texts("path_patterns")]
        every = {sign for values in signs.values() for sign in values}
        if not every and not patterns:
            entry.wrong(f"{name!r} has no sign at all")
        # A sign nobody saw in a file is weak too: it never decides alone.
        weak = sorted({*entry.texts("weak", among=every), *entry.texts("unverified", among=every)})
        entry.text("note")
        packers[name] = _slim(
            name=_both(entry.both("name")),
            so_names=sorted(signs["so_names"]),
            files=list(signs["files"]),
            path_patterns=patterns,
            application_classes=sorted(signs["application_classes"]),
            weak=weak,
        )
        entry.texts("sources", required=True, among=sources)
        entry.done()
    return {"packers": dict(sorted(packers.items()))}


def _regulations(record: Record, data_types: Collection[str]) -> Plain:
    sources = _sources(record)
    ids = _Ids()
    grounds = []
    for entry in record.records("grounds", required=True):
        grounds.append(ids.take(entry, "id"))
        entry.both("name")
        entry.texts("checkable", required=True, among=_CHECKABLE)
        entry.done()
    ids = _Ids()
    clauses: Plain = {}
    for entry in record.records("clauses", required=True):
        name = ids.take(entry, "id")
        clauses[name] = _slim(
            cite=_both(entry.both("cite")),
            summary=_both(entry.both("summary")),
            grounds=list(entry.texts("grounds", among=grounds)),
            unverified=entry.boolean("unverified"),
        )
        entry.text("url")
        entry.text("note")
        entry.choice("source", sources, required=True)
        entry.done()
    ids = _Ids()
    categories: Plain = {}
    for entry in record.records("categories", required=True):
        name = ids.take(entry, "id")
        categories[name] = _slim(
            name=_both(entry.both("name")),
            necessary=list(entry.texts("necessary", among=data_types)),
            unverified=entry.boolean("unverified"),
        )
        entry.text("service", required=True)
        entry.text("text", required=True)
        entry.choice("source", sources, required=True)
        entry.done()
    return {"clauses": dict(sorted(clauses.items())), "categories": dict(sorted(categories.items()))}


# -- the words of policies ------------------------------------------------------------------------------------------


def _policy_words(
    record: Record, data_types: Collection[str], permissions: Collection[str], keys: Collection[str]
) -> Plain:
    record.text("source", required=True)
    labels: Plain = {}
    owners: dict[str, str] = {}
    for entry in record.records("labels", required=True):
        field = entry.text("field", required=True)
        labels[field] = _slim(words=_words(entry, "words"), endings=_words(entry, "endings"))
        entry.done()
    sections = _Ids()
    plain: Plain = {"labels": labels, "sections": []}
    for entry in record.records("sections", required=True):
        plain["sections"].append([sections.take(entry, "id"), _words(entry, "cues")])
        entry.done()
    plain["permissions"] = []
    for entry in record.records("permissions", required=True):
        plain["permissions"].append(
            _slim(
                permissions=list(entry.texts("permissions", required=True, among=permissions)),
                data=list(entry.texts("data", among=data_types)),
                words=_words(entry, "words"),
                bare=_words(entry, "bare"),
            )
        )
        entry.done()
    for section, key, known in (("usage_keys", "key", keys), ("vague", "type", data_types)):
        plain[section] = {}
        for entry in record.records(section, required=True):
            plain[section][_one_of(entry, key, known)] = _words(entry, "words")
            entry.done()
    plain["data"] = {}
    for entry in record.records("data", required=True):
        name = _one_of(entry, "type", data_types)

        def fault(word: str, name: str = name) -> str:
            owner = owners.setdefault(word.casefold(), name)
            return "" if owner == name else f"{word!r} already means {owner!r}"

        plain["data"][name] = _slim(**{key: list(entry.texts(key, fault=fault)) for key in ("words", "weak", "cell")})
        entry.done()
    plain["nothing"] = list(record.texts("nothing"))
    cues = _Ids()
    plain["cues"] = {}
    for entry in record.records("cues", required=True):
        plain["cues"][cues.take(entry, "id")] = _words(entry, "words")
        entry.done()
    plain["statements"] = [_statement(entry) for entry in record.records("statements", required=True)]
    plain["purposes"] = [_purpose(entry) for entry in record.records("purposes", required=True)]
    return {"policy_words": plain}


def _words(record: Record, key: str) -> list[str]:
    return list(record.texts(key))


def _one_of(record: Record, key: str, known: Collection[str]) -> str:
    name = record.text(key, required=True)
    if name and name not in known:
        record.wrong(f"{record.what}.{key}: {name!r} is not known{did_you_mean(name, known)}", key)
    return name


def _statement(record: Record) -> Plain:
    groups = []
    for group in record.records("all", required=True):
        groups.append(_words(group, "any"))
        group.done()
    plain = {"kind": record.text("kind", required=True), "all": groups, "none": _words(record, "none")}
    record.done()
    return plain


def _purpose(record: Record) -> Plain:
    plain = {
        "id": record.text("id", required=True),
        "name": _both(record.both("name")),
        "categories": list(record.texts("categories", among=SDK_CATEGORIES)),
        "zh": _words(record, "zh"),
        "en": _words(record, "en"),
    }
    record.done()
    return plain


# -- SDKs: one file each --------------------------------------------------------------------------------------------


def read_own(directory: Path, shipped: Plain) -> Plain:
    """Read a user's own SDKs, ``*.yaml`` in ``directory``, to be added to those ``shipped`` (a structure as of read_yaml).

    A file with the id of a shipped SDK takes its place. Returns the SDKs by id. Raises KnowledgeError with every mistake,
    and where ``directory`` holds no such file.
    """
    mistakes: list[Mistake] = []
    try:
        paths = sorted(directory.glob("*.yaml"))
    except OSError as error:
        raise KnowledgeError([f"{directory}: cannot be read ({error.strerror})"]) from None
    if not paths:
        raise KnowledgeError([f"{directory}: holds no SDK descriptions (*.yaml); see auditor/knowledge/sdks for the form"])
    found = _sdks(paths, str(directory), mistakes, shipped["data_types"], shipped["sdks"])
    if mistakes:
        raise KnowledgeError([str(mistake) for mistake in sorted(mistakes, key=lambda one: (one.file, one.line))])
    return {path.stem: found[path.stem] for path in paths}


def _sdks(
    paths: Sequence[Path], place: str, mistakes: list[Mistake], data_types: Collection[str], others: Plain
) -> Plain:
    """Read SDKs; ``others`` are known already, and give way to one of the same id. ``place`` is the folder to print."""
    own = {path.stem for path in paths}
    sdks: Plain = {id_: entry for id_, entry in others.items() if id_ not in own}
    owners: dict[tuple[TraceKind, str], str] = {
        (kind, pattern): id_
        for id_, entry in sdks.items()
        for kind in TraceKind
        for pattern in entry.get("traces", {}).get(kind.value, {}).get(Strength.PROVES.name.lower(), ())
    }
    parents: list[tuple[Record, str, tuple[str, ...]]] = []
    for path in paths:
        name = f"{place}/{path.name}"
        record = read_record(name, path.read_bytes(), mistakes, name)
        if record is None:
            continue
        id_ = record.text("id", required=True)
        if id_ != path.stem or not _ID.match(id_):
            record.wrong(f"the id of {name} must be {path.stem!r}, in lower-case letters, digits and dashes", "id")
        sdks[path.stem], part_of = _sdk(record, path.stem, data_types, owners)
        parents.append((record, path.stem, part_of))
        record.done()
    for record, id_, part_of in parents:
        for parent in part_of:
            if parent not in sdks:
                record.wrong(f"part_of: {parent!r} is no SDK described here{did_you_mean(parent, sdks)}", "part_of")
            elif id_ in _ancestors(parent, sdks):
                record.wrong(f"part_of: {id_!r} ends up inside itself", "part_of")
    return sdks


_TRACES = {Platform.ANDROID: ANDROID_TRACES, Platform.IOS: IOS_TRACES, Platform.HARMONYOS: HARMONY_TRACES}


def _ancestors(id_: str, sdks: Plain) -> Iterator[str]:
    """Return ``id_`` and everything it ships inside of, each once."""
    found = [id_]
    for one in found:  # grows while it is walked
        yield one
        found.extend(parent for parent in sdks.get(one, {}).get("part_of", ()) if parent not in found)


def _sdk(
    record: Record, id_: str, data_types: Collection[str], owners: dict[tuple[TraceKind, str], str]
) -> tuple[Plain, tuple[str, ...]]:
    before = len(record.mistakes)
    platforms = record.texts("platforms", required=True, among=[str(one.value) for one in Platform])
    if not platforms and len(record.mistakes) == before:
        record.wrong(f"{record.what}.platforms is empty", "platforms")
    traces: Plain = {}
    excepted: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    versions: list[dict[str, str]] = []
    for platform, kinds in _TRACES.items():
        section = record.record(platform.value)
        if section is None:
            continue
        if platform.value not in platforms:
            record.wrong(f"traces for {platform.value}, which is not among its platforms", platform.value)
        for kind in kinds:
            found = section.record(kind.value)
            if found is None:
                continue
            patterns = _traces(found, kind, id_, owners)
            if kind is TraceKind.PACKAGE:
                excepted = _excepted(found, [pattern for listed in patterns.values() for pattern in listed])
            if patterns:
                traces[kind.value] = patterns
            found.done()
        if platform is Platform.ANDROID:
            permissions = section.texts("permissions", fault=_sdk_permission_fault)
        versions += _versions(section, platform)
        section.done()
    part_of = record.texts("part_of")
    before = len(record.mistakes)
    sources = record.texts("sources", required=True)
    if not sources and len(record.mistakes) == before:
        record.wrong(f"{record.what}.sources is empty: say where its facts were read", "sources")
    plain = _slim(
        name=_both(record.both("name")),
        vendor=_both(record.both("vendor")),
        category=record.choice("category", SDK_CATEGORIES, required=True),
        platforms=list(platforms),
        collects=_collects(record, data_types),
        part_of=list(part_of),
        aliases=list(record.texts("aliases")),
        declared_as=list(record.texts("declared_as")),
        links=list(record.texts("links", fault=_link_fault)),
        url=_url(record),
        traces=traces,
        excepted=list(excepted),
        permissions=list(permissions),
        versions=versions,
        sources=list(sources),
        unverified=record.boolean("unverified"),
    )
    return plain, part_of


def _collects(record: Record, data_types: Collection[str]) -> list[str]:
    """Read ``collects``: a list of data types, or the one word ``nothing``, so that an empty list is never an answer."""
    if not record.has("collects") or record.is_list("collects"):
        before = len(record.mistakes)
        types = record.texts("collects", required=True, among=data_types)
        if not types and len(record.mistakes) == before:
            record.wrong(f"{record.what}.collects is empty: list data types, or write `nothing`", "collects")
        return list(types)
    if (word := record.text("collects")) != "nothing":
        record.wrong(f"{record.what}.collects: {word!r} is neither a list of data types nor `nothing`", "collects")
    return []


def _url(record: Record) -> str:
    url = record.text("url")
    if url == _UNSEEN:
        return ""
    if url and not re.match(r"https?://[^\s/]+", url):
        record.wrong(f"{record.what}.url: {url!r} is no web address, nor `{_UNSEEN}`", "url")
    return url


def _link_fault(link: str) -> str:
    return f"{link!r} must be a host, or a host with a path, without scheme" if "://" in link or " " in link else ""


def _traces(record: Record, kind: TraceKind, id_: str, owners: dict[tuple[TraceKind, str], str]) -> Plain:
    own: dict[str, str] = {}
    patterns: Plain = {}
    for strength in sorted(Strength, reverse=True):
        word = strength.name.lower()
        if not record.has(word):
            continue
        if strength is not Strength.NAMES and kind in _ONLY_NAMES:
            record.wrong(f"{record.what}: such a trace only ever names an SDK, it cannot be under {word!r}", word)
        if strength is not Strength.SUPPORTS and kind in _ONLY_SUPPORTS:
            record.wrong(f"{record.what}: such a trace only ever supports another, it cannot be under {word!r}", word)
        exclusive = strength is Strength.PROVES

        def fault(pattern: str, word: str = word, exclusive: bool = exclusive) -> str:
            if (wrong := _pattern_fault(kind, pattern)) or own.setdefault(pattern, word) != word:
                return wrong or f"{pattern!r} is already listed under {own[pattern]!r}"
            if exclusive and owners.setdefault((kind, pattern), id_) != id_:
                return f"{pattern!r} already proves {owners[kind, pattern]!r}"
            return ""

        listed = record.texts(word, fault=fault)
        if listed:
            patterns[word] = list(listed)
    return patterns


def _pattern_fault(kind: TraceKind, pattern: str) -> str:
    if kind is TraceKind.PACKAGE and not _SEGMENTS.match(pattern):
        return f"{pattern!r} must be whole segments joined by dots, without a dot or star at the end"
    if kind is TraceKind.HOST and (not _HOST.match(pattern) or _ADDRESS.match(pattern)):
        return f"{pattern!r} must be a host by its name, in lower-case letters, without scheme or path"
    if kind is TraceKind.OHPM_PACKAGE and not _OHPM.match(pattern):
        return f"{pattern!r} must be the name of a package: @scope/name"
    if kind is TraceKind.LITERAL:
        return f"{pattern!r} is too short to tell anything" if len(pattern) < _LITERAL_LENGTH else ""
    if "*" in pattern and kind not in _STARRED:
        return f"{pattern!r}: a star means nothing here"
    if not pattern.replace("*", "").endswith(_ENDINGS.get(kind, "")):
        return f"{pattern!r} must end in {_ENDINGS[kind]!r}"
    if not pattern.strip("*. "):
        return f"{pattern!r} fits everything"
    return ""


_UNSEEN = "unseen"
"""Written for the address of a policy that no source at hand shows."""
_VERSION_KINDS = {
    Platform.ANDROID: (VersionKind.CONSTANT, VersionKind.META_DATA, VersionKind.FILE, VersionKind.NATIVE_LIBRARY),
    Platform.IOS: (VersionKind.FRAMEWORK,),
    Platform.HARMONYOS: (),
}


def _versions(section: Record, platform: Platform) -> list[dict[str, str]]:
    """Read ``versions``: a list of ``{kind: name, pattern: …}``, each with one kind."""
    found = []
    for entry in section.records("versions"):
        kinds = [kind for kind in _VERSION_KINDS[platform] if entry.has(kind.value)]
        pattern = entry.text("pattern")
        if len(kinds) != 1:
            known = ", ".join(kind.value for kind in _VERSION_KINDS[platform])
            entry.wrong(f"{entry.what} must have exactly one of {known}")
        elif pattern and not _is_version_pattern(pattern):
            entry.wrong(f"{entry.what}.pattern must be a regular expression with one group, the version", "pattern")
        else:
            found.append(_slim(kind=kinds[0].value, name=entry.text(kinds[0].value, required=True), pattern=pattern))
        entry.done()
    return found


def _is_version_pattern(pattern: str) -> bool:
    try:
        return re.compile(pattern).groups == 1
    except re.error:
        return False


def _sdk_permission_fault(name: str) -> str:
    return "" if "." in name and " " not in name else f"{name!r} is no full permission name"


def _excepted(record: Record, own: Collection[str]) -> tuple[str, ...]:
    def fault(package: str) -> str:
        if wrong := _pattern_fault(TraceKind.PACKAGE, package):
            return wrong
        if not any(package.startswith(f"{pattern}.") for pattern in own):
            return f"{package!r} lies below none of the packages listed here"
        return ""

    return record.texts("except", fault=fault)


# -- manifests: one file per SDK or library -------------------------------------------------------------------------

_COMPONENTS = ("activity", "activity-alias", "service", "receiver", "provider")
_QUERIES = ("package", "intent", "provider")


def _brings(directory: Path, mistakes: list[Mistake], sdks: Collection[str]) -> Plain:
    found: Plain = {}
    for path in sorted((directory / "manifests").glob("*.yaml")):
        name = f"manifests/{path.name}"
        record = read_record(name, path.read_bytes(), mistakes, name)
        if record is None:
            continue
        id_ = record.text("id", required=True)
        if id_ != path.stem or not _ID.match(id_):
            record.wrong(f"the id of {name} must be {path.stem!r}, in lower-case letters, digits and dashes", "id")
        packages = record.texts("packages", fault=lambda package: _pattern_fault(TraceKind.PACKAGE, package))
        if bool(packages) is (path.stem in sdks):
            record.wrong("packages are listed of a library, and only of what is no SDK described here", "packages")
        manifests = [_manifest(entry) for entry in record.records("manifests", required=True)]
        found[path.stem] = _slim(packages=list(packages), manifests=manifests)
        record.done()
    return found


def _manifest(record: Record) -> Plain:
    versions = []
    for read in record.records("read", required=True):
        versions.append(read.text("version"))
        read.text("ref", required=True)
        if not _SHA256.match(read.text("sha256", required=True)):
            read.wrong(f"{read.what}.sha256 is no SHA-256 in lower-case hexadecimal digits", "sha256")
        read.done()
    plain = _slim(
        line=record.text("line", required=True),
        permissions=list(record.texts("permissions", fault=_sdk_permission_fault)),
        components=_by_kind(record, "components", _COMPONENTS),
        queries=_by_kind(record, "queries", _QUERIES),
        packages=list(record.texts("packages", fault=lambda package: _pattern_fault(TraceKind.PACKAGE, package))),
    )
    record.done()
    return {"versions": versions, **plain}


def _by_kind(record: Record, key: str, kinds: Collection[str]) -> list[list[str]]:
    listed = record.record(key)
    if listed is None:
        return []
    found = [[kind, name] for kind in kinds for name in listed.texts(kind)]
    listed.done()
    return found


# -- fingerprints: one file per SDK, library or family --------------------------------------------------------------

_SHA256 = re.compile(r"[0-9a-f]{16,64}\Z")
_HITS = re.compile(r"([0-9]+)/([0-9]+)\Z")


def _fingerprints(directory: Path, mistakes: list[Mistake], sdks: Collection[str]) -> list[Plain]:
    found: list[Plain] = []
    owners: dict[str, str] = {}
    for path in sorted((directory / "fingerprints").glob("*.yaml")):
        name = f"fingerprints/{path.name}"
        record = read_record(name, path.read_bytes(), mistakes, name)
        if record is None:
            continue
        id_ = record.text("id", required=True)
        if id_ != path.stem or not _ID.match(id_):
            record.wrong(f"the id of {name} must be {path.stem!r}, in lower-case letters, digits and dashes", "id")
        kind = record.choice("kind", [str(one.value) for one in FingerprintKind], required=True)
        if kind == FingerprintKind.SDK.value and path.stem not in sdks:
            record.wrong(f"{path.stem!r} is no SDK described here{did_you_mean(path.stem, sdks)}", "kind")
        members = record.texts("members", among=sdks)
        if bool(members) is not (kind == FingerprintKind.FAMILY.value):
            record.wrong("members are listed of a family, and only of a family", "members")
        record.texts("sources", required=True)
        lines = _Ids()
        for entry in record.records("lines", required=True):
            found.append({"id": path.stem, "kind": kind, "members": list(members), **_line(entry, path.stem, lines, owners)})
        record.done()
    return sorted(found, key=lambda one: (str(one["id"]), str(one["line"])))


def _line(record: Record, id_: str, lines: _Ids, owners: dict[str, str]) -> Plain:
    line = lines.take(record, "line")
    require = record.record("require", required=True)
    present = suspected = 0
    if require is not None:
        present, suspected = require.integer("present", required=True), require.integer("suspected", required=True)
        if not 0 < suspected <= present:
            require.wrong("suspected must be more than nothing and no more than present", "suspected")
        require.done()
    for made in record.records("built_from", required=True):
        made.text("ref", required=True)
        if (digest := made.text("sha256")) and not _SHA256.match(digest):
            made.wrong(f"{digest!r} is no SHA-256 in lower-case hexadecimal digits", "sha256")
        made.done()
    if (holdout := record.record("holdout")) is not None:
        holdout.texts("trained", required=True)
        holdout.text("tested", required=True)
        hits = _HITS.match(holdout.text("hits", required=True))
        if hits is None or int(hits[1]) > int(hits[2]):
            holdout.wrong("hits must be how many of how many, as in 39/40", "hits")
        holdout.done()

    def fault(literal: str) -> str:
        if len(literal) < _LITERAL_LENGTH:
            return f"{literal!r} is too short to identify anything"
        owner = owners.setdefault(literal, id_)
        return "" if owner == id_ else f"{literal!r} already identifies {owner!r}"

    before = len(record.mistakes)
    literals = record.texts("literals", required=True, fault=fault, exact=True)
    if len(literals) < suspected and len(record.mistakes) == before:
        record.wrong(f"{len(literals)} literals can never be {suspected} hits", "literals")
    record.done()
    return {"line": line, "present": present, "suspected": suspected, "literals": list(literals)}


_LITERAL_LENGTH = 6


def _seeds(directory: Path, mistakes: list[Mistake], ids: Collection[str]) -> dict[str, str]:
    """Check the seeds, where there are any, and return the SHA-256 of their file."""
    try:
        data = (directory / SEEDS).read_bytes()
    except FileNotFoundError:
        return {}
    try:
        seeds = Seeds(data)
    except ValueError as error:
        mistakes.append(Mistake(SEEDS, 1, str(error)))
        return {}
    for id_ in seeds.ids:
        if id_ and id_ not in ids:
            mistakes.append(Mistake(SEEDS, 2, f"{id_!r} has no fingerprint{did_you_mean(id_, ids)}"))
    if twice := seeds.first_disorder():
        mistakes.append(Mistake(SEEDS, 3, f"{twice} is not above the seed before it: two ids may own it"))
    return {"sha256": hashlib.sha256(data).hexdigest()}


# -- scripts, hosts, signs of practice ------------------------------------------------------------------------------

HOSTS, PRESENCE = "hosts.yaml", "presence.yaml"


def _signs(directory: Path, mistakes: list[Mistake], known: KnownToSigns) -> Plain:
    plain: Plain = {"layers": [], "silent_hosts": [], "operators": [], "presences": [], "hot_fixes": []}
    for name in script_files(directory):
        if layer := _read(directory, name, mistakes, lambda record: read_layer(record, known)):
            plain["layers"].append(layer)
    readers: dict[str, Callable[[Record], Plain]] = {HOSTS: read_hosts, PRESENCE: lambda record: read_presences(record, known)}
    for name, read in readers.items():
        if (directory / name).exists():
            plain |= _read(directory, name, mistakes, read)
    return plain


# -- interfaces that reach personal data ----------------------------------------------------------------------------

_DESCRIPTOR = re.compile(r"\((?:\[*(?:[ZBCSIJFD]|L[^\s;.(\[]+;))*\)\[*(?:[VZBCSIJFD]|L[^\s;.(\[]+;)\Z")
_MEMBER = re.compile(r"(?:<init>|[A-Za-z_$][\w$]*)\Z", re.ASCII)
_OBJC_CLASS = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)
_OBJC_SELECTOR = re.compile(r"(?:[A-Za-z_]\w*|(?:[A-Za-z_]\w*:)+)\Z", re.ASCII)
_REASON = re.compile(r"[0-9A-F]{4}\.[0-9]+\Z")
_API_LEVELS = range(1, 100)
_ARGUMENTS = 16
_SEVERITIES = [severity.name.lower() for severity in Severity]
_METHOD_FILES = ("android_methods.yaml", "android_sdk_methods.yaml", "android_roles.yaml")


@dataclass(frozen=True, slots=True)
class _Known:
    """What entries about interfaces may name."""

    data_types: Collection[str]
    permissions: Collection[str]
    usage_keys: Collection[str]


def _apis(
    directory: Path,
    mistakes: list[Mistake],
    data_types: Collection[str],
    permissions: Collection[str],
    usage_keys: Collection[str],
) -> Plain:
    known = _Known(data_types, permissions, usage_keys)
    plain: Plain = {name: [] for name in (*_API_SECTIONS, *_OTHER_SECTIONS)}
    if not directory.exists():
        return plain
    seen: dict[tuple[str, ...], str] = {}
    readers: dict[str, Callable[[Record], Plain]] = dict.fromkeys(
        _METHOD_FILES, lambda record: {"methods": _methods(record, known, seen)}
    )
    readers["android_fields.yaml"] = lambda record: {"fields": _fields(record, known, seen)}
    readers["android_constants.yaml"] = lambda record: {
        "constants": _constants(record, known, seen),
        "carriers": _carriers(record, seen),
        "narrowed": _narrowed(record, known),
    }
    readers["ios.yaml"] = lambda record: _ios(record, known, seen)
    readers["ios_privacy.yaml"] = lambda record: _ios_privacy(record, known)
    readers["bystanders.yaml"] = _bystanders
    readers["android_entry_points.yaml"] = _entry_points
    for name, read in readers.items():
        # every one of them: a folder that lacks a file would know less without saying so
        for section, entries in _read(directory.parent, f"{APIS}/{name}", mistakes, read).items():
            plain[section] += entries
    for section, key in _API_SECTIONS.items():
        plain[section].sort(key=key)
    return plain


def _api_key(*keys: str) -> Callable[[Plain], tuple[str, ...]]:
    return lambda entry: tuple(entry.get(key, "") for key in keys)


_API_SECTIONS = {
    "methods": _api_key("class", "name", "descriptor"),
    "fields": _api_key("class", "name"),
    "constants": _api_key("table", "value"),
    "classes": _api_key("class"),
    "selectors": _api_key("class", "selector"),
    "symbols": _api_key("name"),
    "required_reasons": _api_key("category"),
    "collected_types": _api_key("value"),
    "listed_sdks": _api_key("name"),
}
"""Lists of the compiled file, and what they are sorted by."""
_OTHER_SECTIONS = (
    "bystanders", "not_bystanders", "purposes", "vendor_files", "entry_points", "callbacks", "annotated", "inflated",
    "handlers", "carriers", "narrowed",
)  # fmt: skip
"""Further lists, in the order they are written."""


def _once(record: Record, seen: dict[tuple[str, ...], str], key: str, *identity: str) -> None:
    """Say so where an interface was described before, in whatever file."""
    place = seen.setdefault(identity, f"{record.file}:{record.line_of(key)}")
    if place != f"{record.file}:{record.line_of(key)}":
        record.wrong(f"{' '.join(part for part in identity[1:] if part)!r} was described before, at {place}", key)


def _checked(record: Record, key: str, form: re.Pattern[str], what: str) -> str:
    text = record.text(key, required=True)
    if text and not form.match(text):
        record.wrong(f"{record.what}.{key}: {text!r} is no {what}", key)
    return text


def _level(record: Record, key: str) -> int:
    level = record.integer(key)
    if record.has(key) and level not in _API_LEVELS:
        record.wrong(f"{record.what}.{key}: {level} is no API level", key)
    return level


def _severity(record: Record) -> str:
    return record.choice("severity", _SEVERITIES, required=True)


def _about(record: Record, known: _Known, sources: Collection[str]) -> Plain:
    """Return what entries of every kind have: data, severity, note and source."""
    data = record.texts("data", among=known.data_types)
    may = record.texts("may", among=known.data_types)
    if both := sorted(set(data) & set(may)):
        record.wrong(f"{record.what}.may: {both[0]!r} stands under data already", "may")
    return _slim(
        data=list(data),
        may=list(may),
        severity=_severity(record),
        note=_both(record.both("note")) if record.has("note") else [],
        source=record.choice("source", sources, required=True),
        unverified=record.boolean("unverified"),
    )


def _permitted(record: Record, known: _Known) -> Plain:
    """Return the permissions an entry hangs on, and the API levels it ends with."""
    needs = []
    for need in record.records("needs"):
        any_of = need.texts("any_of", required=True, among=known.permissions)
        needs.append(_slim(any_of=list(any_of), device=_level(need, "device"), target=_level(need, "target")))
        need.done()
    return _slim(
        permissions=list(record.texts("permissions", among=known.permissions)),
        needs=needs,
        until=_level(record, "until"),
        until_target=_level(record, "until_target"),
    )


def _methods(record: Record, known: _Known, seen: dict[tuple[str, ...], str]) -> list[Plain]:
    sources = _sources(record)
    found: list[Plain] = []
    classes = _Ids()
    for group in record.records("classes", required=True):
        class_ = classes.take(group, "class")
        if class_ and not _SEGMENTS.match(class_):
            group.wrong(f"{class_!r} is no class: segments joined by dots, inner classes by $", "class")
        kind = group.choice("kind", [str(one.value) for one in ApiKind], default=ApiKind.PLATFORM.value)
        for entry in group.records("methods", required=True):
            found.append(_method(entry, known, sources, kind))
            found[-1]["class"] = class_
            _once(entry, seen, "name", "method", class_, found[-1]["name"], found[-1].get("descriptor", ""))
            entry.done()
        group.done()
    return found


def _descriptor(entry: Record) -> str:
    descriptor = entry.text("descriptor")
    if descriptor and not _DESCRIPTOR.match(descriptor):
        entry.wrong(f"{entry.what}.descriptor: {descriptor!r} is none, such as (Ljava/lang/String;)V", "descriptor")
    return descriptor


def _argument(record: Record) -> Plain:
    index = record.integer("index", required=True)
    if index not in range(_ARGUMENTS):
        record.wrong(f"{record.what}.index: {index} is no argument", "index")
    return {"index": index, "table": record.choice("table", [str(one.value) for one in ApiTable], required=True)}


def _method(entry: Record, known: _Known, sources: Collection[str], kind: str) -> Plain:
    descriptor = _descriptor(entry)
    role = entry.choice("role", [str(one.value) for one in ApiRole], default=ApiRole.READS.value)
    arguments = []
    for argument in entry.records("arguments"):
        arguments.append(_argument(argument))
        argument.done()
    plain = {
        "name": _checked(entry, "name", _MEMBER, "name of a method"),
        "kind": entry.choice("kind", [str(one.value) for one in ApiKind], default=kind),
        "role": role,
        **_about(entry, known, sources),
        **_permitted(entry, known),
        **_slim(
            descriptor=descriptor,
            helped_by=list(entry.texts("helped_by", among=known.permissions)),
            service=entry.choice("service", known.permissions),
            arguments=arguments,
            callback=entry.boolean("callback"),
            noisy=entry.boolean("noisy"),
            privileged=entry.boolean("privileged"),
            since=_level(entry, "since"),
        ),
    }
    if role == ApiRole.READS.value and not plain.get("data") and not plain.get("may"):
        entry.wrong(f"{entry.what} reads nothing: give it data or may, or another role")
    if plain.get("until") and plain.get("since", 0) > plain["until"]:
        entry.wrong(f"{entry.what} ends before it begins: since is later than until", "until")
    return plain


def _fields(record: Record, known: _Known, seen: dict[tuple[str, ...], str]) -> list[Plain]:
    sources = _sources(record)
    found: list[Plain] = []
    for entry in record.records("fields", required=True):
        plain = {
            "class": _checked(entry, "class", _SEGMENTS, "class"),
            "name": _checked(entry, "name", _MEMBER, "name of a field"),
            **_about(entry, known, sources),
            **_permitted(entry, known),
            **_slim(
                noisy=entry.boolean("noisy"), table=entry.choice("table", [str(one.value) for one in ApiTable])
            ),
        }
        _once(entry, seen, "name", "field", plain["class"], plain["name"])
        found.append(plain)
        entry.done()
    return found


_NO_ROWS = frozenset({ApiTable.PERMISSIONS, ApiTable.PACKAGES, ApiTable.CLASSES, ApiTable.MEMBERS})
"""Tables that are made of what is known elsewhere."""


def _constants(record: Record, known: _Known, seen: dict[tuple[str, ...], str]) -> list[Plain]:
    sources = _sources(record)
    found: list[Plain] = []
    for table in ApiTable:
        if table in _NO_ROWS:
            continue
        for entry in record.records(table.value):
            match = entry.choice("match", [str(one.value) for one in ApiMatch], default=ApiMatch.EXACT.value)
            plain = {
                "table": table.value,
                "value": entry.text("value", required=True),
                "match": match,
                **_about(entry, known, sources),
                **_permitted(entry, known),
                **_slim(name=entry.text("name"), telling=entry.boolean("telling")),
            }
            if match == ApiMatch.BIT.value and not re.fullmatch("[0-9]{1,10}", plain["value"]):
                entry.wrong(f"{entry.what}.value: {plain['value']!r} is no bit: a number in decimal digits", "value")
            _once(entry, seen, "value", "constant", table.value, plain["value"])
            found.append(plain)
            entry.done()
    return found


def _carriers(record: Record, seen: dict[tuple[str, ...], str]) -> list[Plain]:
    sources = _sources(record)
    found: list[Plain] = []
    for entry in record.records("carriers"):
        plain = {
            "class": _checked(entry, "class", _SEGMENTS, "class"),
            "name": _checked(entry, "name", _MEMBER, "name of a method"),
            **_argument(entry),
            **_slim(descriptor=_descriptor(entry)),
        }
        entry.choice("source", sources, required=True)
        entry.boolean("unverified")
        _once(entry, seen, "name", "carrier", plain["class"], plain["name"], plain.get("descriptor", ""))
        found.append(plain)
        entry.done()
    return found


def _narrowed(record: Record, known: _Known) -> list[list[str]]:
    sources = _sources(record)
    found = []
    for entry in record.records("narrowed"):
        type_, becomes = (entry.choice(key, known.data_types, required=True) for key in ("type", "becomes"))
        found.append([type_, entry.choice("without", known.permissions, required=True), becomes])
        entry.choice("source", sources, required=True)
        entry.done()
    return found


def _ios(record: Record, known: _Known, seen: dict[tuple[str, ...], str]) -> Plain:
    sources = _sources(record)
    selectors: list[Plain] = []
    alone_means: list[Plain] = []
    classes = _Ids()
    for group in record.records("classes", required=True):
        class_ = classes.take(group, "class")
        if class_ and not _OBJC_CLASS.match(class_):
            group.wrong(f"{class_!r} is no Objective-C class", "class")
        framework, private = group.text("framework"), group.boolean("private")
        if bool(framework) is private:
            group.wrong(f"{class_!r} is either of a framework or private", "framework")
        if (alone := group.record("alone")) is not None:
            keys = list(alone.texts("usage_keys", among=known.usage_keys))
            data = list(alone.texts("data", required=True, among=known.data_types))
            alone_means.append({"class": class_, "data": data, **_slim(framework=framework, private=private, usage_keys=keys)})
            alone.done()
        for entry in group.records("selectors", required=True):
            plain = {
                "class": class_,
                "selector": _checked(entry, "name", _OBJC_SELECTOR, "selector"),
                **_about(entry, known, sources),
                **_slim(
                    framework=framework,
                    private=private,
                    usage_keys=list(entry.texts("usage_keys", among=known.usage_keys)),
                    generic=entry.boolean("generic"),
                    since=_ios_version(entry, "since"),
                    until=_ios_version(entry, "until"),
                ),
            }
            _once(entry, seen, "name", "selector", class_, plain["selector"])
            selectors.append(plain)
            entry.done()
        group.done()
    symbols: list[Plain] = []
    for section, string in (("symbols", False), ("strings", True)):
        for entry in record.records(section, required=True):
            name = entry.text("name", required=True)
            if not string and not name.startswith("_"):
                entry.wrong(f"{entry.what}.name: {name!r} lacks the underscore symbols begin with", "name")
            plain = {
                "name": name,
                **_about(entry, known, sources),
                **_slim(
                    string=string,
                    framework=entry.text("framework"),
                    usage_keys=[] if string else list(entry.texts("usage_keys", among=known.usage_keys)),
                    noisy=entry.boolean("noisy"),
                    private=entry.boolean("private"),
                    until=_ios_version(entry, "until"),
                ),
            }
            _once(entry, seen, "name", section, name)
            symbols.append(plain)
            entry.done()
    reasons = _required_reasons(record, known, sources)
    return {"classes": alone_means, "selectors": selectors, "symbols": symbols, "required_reasons": reasons}


def _ios_privacy(record: Record, known: _Known) -> Plain:
    sources = _sources(record)
    values, names = _Ids(), _Ids()
    types: list[Plain] = []
    for entry in record.records("collected_types", required=True):
        value = values.take(entry, "value")
        if value and not value.startswith(_COLLECTED):
            entry.wrong(f"{value!r} does not begin with {_COLLECTED}", "value")
        types.append(
            {
                "value": value,
                "name": _both(entry.both("name")),
                "source": entry.choice("source", sources, required=True),
                **_slim(data=list(entry.texts("data", among=known.data_types))),
            }
        )
        entry.done()
    listed: list[Plain] = []
    for entry in record.records("listed_sdks", required=True):
        listed.append(
            {
                "name": names.take(entry, "name"),
                "source": entry.choice("source", sources, required=True),
                **_slim(frameworks=list(entry.texts("frameworks"))),
            }
        )
        entry.done()

    def purpose(value: str) -> str:
        return "" if value.startswith(_COLLECTED + "Purpose") else f"{value!r} does not begin with {_COLLECTED}Purpose"

    return {
        "collected_types": types,
        "purposes": list(record.texts("purposes", required=True, fault=purpose)),
        "listed_sdks": listed,
        "vendor_files": list(record.texts("vendor_files")),
    }


_COLLECTED = "NSPrivacyCollectedDataType"


def _ios_version(record: Record, key: str) -> str:
    version = record.text(key)
    if version and not re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,2}){0,2}", version):
        record.wrong(f"{record.what}.{key}: {version!r} is no version of iOS", key)
    return version


def _required_reasons(record: Record, known: _Known, sources: Collection[str]) -> list[Plain]:
    ids = _Ids()
    codes: dict[str, str] = {}
    found: list[Plain] = []
    for entry in record.records("required_reasons", required=True):
        category = ids.take(entry, "category")
        members = []
        for member in entry.records("members"):
            class_ = _checked(member, "class", _OBJC_CLASS, "Objective-C class")
            members.append([class_, _checked(member, "selector", _OBJC_SELECTOR, "selector")])
            member.done()
        reasons = []
        for reason in entry.records("reasons", required=True):
            code = _checked(reason, "code", _REASON, "reason code, such as CA92.1")
            if (owner := codes.setdefault(code, category)) != category:
                reason.wrong(f"{code!r} is a reason of {owner!r} already", "code")
            reasons.append([code, *_both(reason.both("allows"))])
            reason.done()
        found.append(
            {
                "category": category,
                "name": _both(entry.both("name")),
                "reasons": reasons,
                "source": entry.choice("source", sources, required=True),
                **_slim(
                    data=list(entry.texts("data", among=known.data_types)),
                    symbols=list(entry.texts("symbols")),
                    selectors=list(entry.texts("selectors")),
                    members=members,
                    classes=list(entry.texts("classes")),
                ),
            }
        )
        entry.done()
    return found


def _bystanders(record: Record) -> Plain:
    record.text("source", required=True)

    def fault(package: str) -> str:
        return "" if _SEGMENTS.match(package) else f"{package!r} must be whole segments joined by dots"

    bystanders = record.texts("bystanders", required=True, fault=fault)

    def taken_back(package: str) -> str:
        if wrong := fault(package):
            return wrong
        above = any(package.startswith(f"{bystander}.") for bystander in bystanders)
        return "" if above else f"{package!r} lies below none of the bystanders"

    return {"bystanders": list(bystanders), "not_bystanders": list(record.texts("except", fault=taken_back))}


_ENTERED = (
    "application", "app-component-factory", "activity", "service", "receiver", "provider", "backup-agent", "resource",
)  # fmt: skip
"""Elements (and attributes) of the manifest that name classes, as facts call them; and the app's resources, which do so too."""


def _entry_points(record: Record) -> Plain:
    record.text("source", required=True)
    points = []
    for entry in record.records("entry_points", required=True):
        plain = {
            "kind": entry.choice("kind", [str(one.value) for one in EntryKind], required=True),
            **_slim(
                component=entry.choice("component", _ENTERED),
                extends=_checked(entry, "extends", _SEGMENTS, "class") if entry.has("extends") else "",
                methods=list(entry.texts("methods", fault=_fault_of_member)),
                callbacks=entry.boolean("callbacks"),
                start_up=entry.boolean("start_up"),
                launcher=entry.boolean("launcher"),
            ),
        }
        if ("component" in plain) is ("extends" in plain):
            entry.wrong(f"{entry.what} needs either component or extends")
        if not plain.get("methods") and not plain.get("callbacks"):
            entry.wrong(f"{entry.what} enters nothing: give it methods or callbacks")
        points.append(plain)
        entry.done()
    callbacks = []
    for group in record.records("callbacks"):
        by = group.choice("by", [str(one.value) for one in CallbackTime], required=True)
        class_ = _checked(group, "class", _SEGMENTS, "class") if group.has("class") else ""
        callbacks += [[class_, name, by] for name in group.texts("names", required=True, fault=_fault_of_member)]
        group.done()
    annotated = []
    for group in record.records("annotated"):
        by = group.choice("by", [str(one.value) for one in CallbackTime], required=True)
        annotated += [[name, by] for name in group.texts("annotations", required=True, fault=_fault_of_class)]
        group.done()
    inflated = []
    for entry in record.records("inflated"):
        inflated.append([_checked(entry, key, _SEGMENTS, "class") for key in ("extends", "takes")])
        entry.done()
    handlers = []
    for entry in record.records("handlers"):
        attribute = _checked(entry, "attribute", _MEMBER, "name of an attribute")
        component = entry.choice("component", _ENTERED, required=True)
        handlers.append([attribute, component, list(entry.texts("takes", required=True, fault=_fault_of_class))])
        entry.done()
    return {"entry_points": points, "callbacks": callbacks, "annotated": annotated, "inflated": inflated, "handlers": handlers}


def _fault_of_class(name: str) -> str:
    return "" if _SEGMENTS.match(name) else f"{name!r} is no class: segments joined by dots, inner classes by $"


def _fault_of_member(name: str) -> str:
    return "" if _MEMBER.match(name) else f"{name!r} is no name of a method"

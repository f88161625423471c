"""The YAML beside this file, read into one plain structure that JSON can hold, with every mistake reported at once.

Nothing here is needed to run an audit: :mod:`auditor.knowledge.load` reads what ``python -m auditor.knowledge`` compiled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from pathlib import Path

from auditor.errors import KnowledgeError
from auditor.knowledge.api_source import APIS, read_apis
from auditor.knowledge.entries import (
    ID,
    SEGMENTS,
    Ids,
    Plain,
    both_of,
    label_of,
    pattern_of,
    read_part,
    slim,
    sources_of,
)
from auditor.knowledge.schema import SDK_CATEGORIES, Grant, HarmonyLevel, ProtectionLevel
from auditor.knowledge.sdk_source import read_brings, read_fingerprints, read_sdks, read_seeds
from auditor.knowledge.sign_source import Known as KnownToSigns
from auditor.knowledge.sign_source import read_hosts, read_layer, read_presences, script_files
from auditor.model import Platform
from auditor.records import Mistake, Record, did_you_mean

__all__ = ["read_own", "read_yaml"]

_CHECKABLE = ("static", "policy", "dynamic", "manual")
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
    types = read_part(directory, "data_types.yaml", mistakes, _data_types)
    known = types.get("data_types", {})
    plain = {
        **types,
        **read_part(directory, "permissions.yaml", mistakes, lambda record: _permissions(record, known)),
        **read_part(directory, "usage_keys.yaml", mistakes, lambda record: _usage_keys(record, known)),
        **(
            read_part(directory, HARMONY_PERMISSIONS, mistakes, lambda record: _harmony_permissions(record, known))
            if (directory / HARMONY_PERMISSIONS).exists()
            else {}
        ),
        **read_part(directory, "packers.yaml", mistakes, _packers),
        **read_part(directory, "regulations.yaml", mistakes, lambda record: _regulations(record, known)),
        **(read_part(directory, NOT_CHECKABLE, mistakes, _not_checkable) if (directory / NOT_CHECKABLE).exists() else {}),
        "sdks": (sdks := read_sdks(sorted((directory / "sdks").glob("*.yaml")), "sdks", mistakes, known, {})),
        "fingerprints": (fingerprints := read_fingerprints(directory, mistakes, sdks)),
        "seeds": read_seeds(directory, mistakes, {one["id"] for one in fingerprints}),
        "brings": read_brings(directory, mistakes, sdks),
    }
    plain["apis"] = read_apis(directory / APIS, mistakes, known, plain.get("permissions", {}), plain.get("usage_keys", {}))
    plain["signs"] = _signs(directory, mistakes, KnownToSigns(known, plain.get("permissions", {}), plain.get("usage_keys", {}), sdks))
    if (directory / POLICY_WORDS).exists():
        permissions, keys = plain.get("permissions", {}), plain.get("usage_keys", {})
        plain |= read_part(directory, POLICY_WORDS, mistakes, lambda record: _policy_words(record, known, permissions, keys))
    if mistakes:
        raise KnowledgeError([str(mistake) for mistake in sorted(mistakes, key=lambda one: (one.file, one.line))])
    return plain


def _covers(record: Record, known: Collection[str], section: str = "covers") -> list[Plain]:
    ids = Ids()
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
                "why": both_of(entry.both("why")),
                "source": entry.text("source", required=True),
            }
        )
        entry.done()
    return sorted(entries, key=lambda one: str(one["declared"]))


def _data_types(record: Record) -> Plain:
    record.text("source", required=True)
    ids = Ids()
    owners: dict[str, str] = {}
    types: Plain = {}
    for entry in record.records("data_types", required=True):
        name = ids.take(entry, "id")
        if name and not ID.match(name):
            entry.wrong(f"{name!r} is no id: lower-case letters, digits and underscores", "id")

        def fault(alias: str, name: str = name) -> str:
            owner = owners.setdefault(alias.casefold(), name)
            return "" if owner == name else f"{alias!r} already means {owner!r}"

        types[name] = slim(
            name=both_of(entry.both("name")),
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
    ids = Ids()
    entries = []
    for entry in record.records("not_checkable", required=True):
        entries.append(
            slim(
                id=ids.take(entry, "id"),
                name=both_of(entry.both("name")),
                why=both_of(entry.both("why")),
                statements=list(entry.texts("statements")),
            )
        )
        entry.done()
    return {"not_checkable": entries}


def _permissions(record: Record, data_types: Collection[str]) -> Plain:
    sources = sources_of(record)
    groups = Ids()
    known_groups = []
    for group in record.records("groups", required=True):
        known_groups.append(groups.take(group, "id"))
        group.both("label")
        group.done()
    ids = Ids()
    permissions: Plain = {}
    for section in ("platform", "health_connect", "vendor"):
        for entry in record.records(section, required=True):
            name = ids.take(entry, "name")
            if name and not SEGMENTS.match(name):
                entry.wrong(f"{name!r} is no permission name", "name")
            vendor = entry.text("vendor")
            if bool(vendor) is not (section == "vendor"):
                entry.wrong(f"{section}: a vendor is {'missing' if not vendor else 'out of place here'}", "vendor")
            permissions[name] = slim(
                level=entry.choice("level", [str(level.value) for level in ProtectionLevel], required=True),
                label=label_of(entry),
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
                "pattern": pattern_of(entry, "pattern", entry.text("pattern", required=True)),
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
    sources = sources_of(record)
    groups = Ids()
    known_groups = []
    for group in record.records("groups", required=True):
        known_groups.append(groups.take(group, "id"))
        group.both("label")
        group.done()
    ids = Ids()
    permissions: Plain = {}
    for entry in record.records("permissions", required=True):
        name = ids.take(entry, "name")
        if name and not _HARMONY.match(name):
            entry.wrong(f"{name!r} is no HarmonyOS permission: ohos.permission.NAME", "name")
        permissions[name] = slim(
            level=entry.choice("level", [str(one.value) for one in HarmonyLevel], required=True),
            grant=entry.choice("grant", [str(one.value) for one in Grant], required=True),
            system=entry.boolean("system"),
            label=label_of(entry),
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
    sources = sources_of(record)
    ids = Ids()
    keys: Plain = {}
    for entry in record.records("usage_keys", required=True):
        name = ids.take(entry, "key")
        keys[name] = slim(
            label=both_of(entry.both("label")),
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
    sources = sources_of(record)
    ids = Ids()
    packers: Plain = {}
    for entry in record.records("packers", required=True):
        name = ids.take(entry, "id")
        entry.choice("kind", ["packer"], required=True)
        signs = {key: entry.texts(key) for key in ("so_names", "files", "application_classes")}
        patterns = [pattern_of(entry, "path_patterns", text) for text in entry.texts("path_patterns")]
        every = {sign for values in signs.values() for sign in values}
        if not every and not patterns:
            entry.wrong(f"{name!r} has no sign at all")
        # A sign nobody saw in a file is weak too: it never decides alone.
        weak = sorted({*entry.texts("weak", among=every), *entry.texts("unverified", among=every)})
        entry.text("note")
        packers[name] = slim(
            name=both_of(entry.both("name")),
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
    sources = sources_of(record)
    ids = Ids()
    grounds = []
    for entry in record.records("grounds", required=True):
        grounds.append(ids.take(entry, "id"))
        entry.both("name")
        entry.texts("checkable", required=True, among=_CHECKABLE)
        entry.done()
    ids = Ids()
    clauses: Plain = {}
    for entry in record.records("clauses", required=True):
        name = ids.take(entry, "id")
        clauses[name] = slim(
            cite=both_of(entry.both("cite")),
            summary=both_of(entry.both("summary")),
            grounds=list(entry.texts("grounds", among=grounds)),
            unverified=entry.boolean("unverified"),
        )
        entry.text("url")
        entry.text("note")
        entry.choice("source", sources, required=True)
        entry.done()
    ids = Ids()
    categories: Plain = {}
    for entry in record.records("categories", required=True):
        name = ids.take(entry, "id")
        categories[name] = slim(
            name=both_of(entry.both("name")),
            necessary=list(entry.texts("necessary", among=data_types)),
            unverified=entry.boolean("unverified"),
        )
        entry.text("service", required=True)
        entry.text("text", required=True)
        entry.choice("source", sources, required=True)
        entry.done()
    return {"clauses": dict(sorted(clauses.items())), "categories": dict(sorted(categories.items()))}


def _policy_words(
    record: Record, data_types: Collection[str], permissions: Collection[str], keys: Collection[str]
) -> Plain:
    record.text("source", required=True)
    labels: Plain = {}
    owners: dict[str, str] = {}
    for entry in record.records("labels", required=True):
        field = entry.text("field", required=True)
        labels[field] = slim(words=_words(entry, "words"), endings=_words(entry, "endings"))
        entry.done()
    sections = Ids()
    plain: Plain = {"labels": labels, "sections": []}
    for entry in record.records("sections", required=True):
        plain["sections"].append([sections.take(entry, "id"), _words(entry, "cues")])
        entry.done()
    plain["permissions"] = []
    for entry in record.records("permissions", required=True):
        plain["permissions"].append(
            slim(
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

        plain["data"][name] = slim(**{key: list(entry.texts(key, fault=fault)) for key in ("words", "weak", "cell")})
        entry.done()
    plain["nothing"] = list(record.texts("nothing"))
    cues = Ids()
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
        "name": both_of(record.both("name")),
        "categories": list(record.texts("categories", among=SDK_CATEGORIES)),
        "zh": _words(record, "zh"),
        "en": _words(record, "en"),
    }
    record.done()
    return plain


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
    found = read_sdks(paths, str(directory), mistakes, shipped["data_types"], shipped["sdks"])
    if mistakes:
        raise KnowledgeError([str(mistake) for mistake in sorted(mistakes, key=lambda one: (one.file, one.line))])
    return {path.stem: found[path.stem] for path in paths}


HOSTS, PRESENCE = "hosts.yaml", "presence.yaml"


def _signs(directory: Path, mistakes: list[Mistake], known: KnownToSigns) -> Plain:
    plain: Plain = {"layers": [], "silent_hosts": [], "operators": [], "presences": [], "hot_fixes": []}
    for name in script_files(directory):
        if layer := read_part(directory, name, mistakes, lambda record: read_layer(record, known)):
            plain["layers"].append(layer)
    readers: dict[str, Callable[[Record], Plain]] = {HOSTS: read_hosts, PRESENCE: lambda record: read_presences(record, known)}
    for name, read in readers.items():
        if (directory / name).exists():
            plain |= read_part(directory, name, mistakes, read)
    return plain

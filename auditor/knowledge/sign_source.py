"""``script_apis/*.yaml``, ``hosts.yaml`` and ``presence.yaml`` read into plain structures, with every mistake reported."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from auditor.knowledge.entries import Plain, both_of, slim, sources_of
from auditor.model import Platform, Severity
from auditor.records import Record, did_you_mean

__all__ = ["SCRIPT_APIS", "Known", "read_hosts", "read_layer", "read_presences", "script_files"]

SCRIPT_APIS = "script_apis"
"""The folder of what is known of script layers; without it, nothing is known of any."""

_INTERFACE = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+\Z", re.ASCII)
_LAYER = re.compile(r"[a-z][a-z0-9-]*\Z")
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+\Z")
_COUNTRY = re.compile(r"[A-Z]{2}\Z")
_SEVERITIES = [severity.word for severity in Severity]


@dataclass(frozen=True, slots=True)
class Known:
    """What entries may name, and what was named before."""

    data_types: Collection[str]
    permissions: Collection[str]
    usage_keys: Collection[str]
    sdks: Collection[str]
    layers: dict[str, str] = field(default_factory=dict)
    """Layer -> the file that describes it."""


def script_files(directory: Path) -> list[str]:
    """Return the files of script layers in a knowledge, by name."""
    return sorted(f"{SCRIPT_APIS}/{path.name}" for path in (directory / SCRIPT_APIS).glob("*.yaml"))


def read_layer(record: Record, known: Known) -> Plain:
    """Read one file of ``script_apis/``."""
    layer = record.text("layer", required=True)
    if layer and not _LAYER.match(layer):
        record.wrong(f"{layer!r} is no id of a layer: small letters, digits and hyphens", "layer")
    if (before := known.layers.setdefault(layer, record.file)) != record.file:
        record.wrong(f"{layer!r} was described before, in {before}", "layer")
    sources = sources_of(record)
    names: dict[str, int] = {}
    return {
        "layer": layer,
        "name": both_of(record.both("name")),
        **slim(sdk=record.choice("sdk", known.sdks)),
        "interfaces": [_interface(entry, known, sources, names) for entry in record.records("interfaces")],
        "modules": [_module(entry, known, sources, names) for entry in record.records("modules")],
    }


def _take(record: Record, key: str, name: str, names: dict[str, int]) -> None:
    if (line := names.setdefault(name, record.line_of(key))) != record.line_of(key):
        record.wrong(f"{name!r} was described before, on line {line}", key)


def _interface(entry: Record, known: Known, sources: Collection[str], names: dict[str, int]) -> Plain:
    name = entry.text("name", required=True)
    if name and not _INTERFACE.match(name):
        entry.wrong(f"{name!r} is no interface as scripts write it: names joined by dots", "name")
    _take(entry, "name", name, names)
    data = entry.texts("data", among=known.data_types)
    may = entry.texts("may", among=known.data_types)
    if not data and not may:
        entry.wrong(f"{entry.what} reads nothing: give it data or may")
    if both := sorted(set(data) & set(may)):
        entry.wrong(f"{entry.what}.may: {both[0]!r} stands under data already", "may")
    plain = {
        "name": name,
        "severity": entry.choice("severity", _SEVERITIES, required=True),
        "source": entry.choice("source", sources, required=True),
        **slim(
            data=list(data),
            may=list(may),
            permissions=list(entry.texts("permissions", among=known.permissions)),
            usage_keys=list(entry.texts("usage_keys", among=known.usage_keys)),
            common=entry.boolean("common"),
            note=both_of(entry.both("note")) if entry.has("note") else [],
            unverified=entry.boolean("unverified"),
        ),
    }
    entry.done()
    return plain


def _module(entry: Record, known: Known, sources: Collection[str], names: dict[str, int]) -> Plain:
    name = entry.text("name", required=True)
    also = entry.texts("also")
    _take(entry, "name", name, names)
    for other in also:
        _take(entry, "also", other, names)
    plain = {
        "name": name,
        "severity": entry.choice("severity", _SEVERITIES, required=True),
        "source": entry.choice("source", sources, required=True),
        "may": list(entry.texts("may", required=True, among=known.data_types)),
        **slim(
            also=list(also),
            classes=list(entry.texts("classes")),
            note=both_of(entry.both("note")) if entry.has("note") else [],
            unverified=entry.boolean("unverified"),
        ),
    }
    entry.done()
    return plain


def read_hosts(record: Record) -> Plain:
    """Read ``hosts.yaml``."""
    sources = sources_of(record)

    def fault(host: str) -> str:
        return "" if _HOST.match(host) else f"{host!r} is no host: small letters, digits and hyphens, joined by dots"

    silent = record.texts("silent", required=True, fault=fault)
    operators = []
    claimed: dict[str, str] = {}
    for entry in record.records("operators", required=True):
        name = entry.text("name", required=True)
        country = entry.text("country")
        if country and not _COUNTRY.match(country):
            entry.wrong(f"{country!r} is no ISO 3166 code of a country", "country")
        hosts = entry.texts("hosts", required=True, fault=fault)
        for host in hosts:
            if (other := claimed.setdefault(host, name)) != name:
                entry.wrong(f"{host!r} is {other}'s already", "hosts")
        source = entry.choice("source", sources, required=True)
        more = slim(country=country, unverified=entry.boolean("unverified"))
        operators.append({"name": name, "hosts": list(hosts), "source": source, **more})
        entry.done()
    return {"silent_hosts": sorted(silent), "operators": sorted(operators, key=lambda one: str(one["name"]))}


def read_presences(record: Record, known: Known) -> Plain:
    """Read ``presence.yaml``; layers it names must be described."""
    sources = sources_of(record)
    presences, hot_fixes = [], []
    ids: dict[str, int] = {}
    for entry in record.records("presences", required=True):
        id_ = entry.text("id", required=True)
        _take(entry, "id", id_, ids)
        plain = {
            "id": id_,
            "name": both_of(entry.both("name")),
            **slim(
                platforms=list(entry.texts("platforms", among=[one.value for one in Platform])),
                words=list(entry.texts("words")),
                links=list(entry.texts("links")),
                actions=list(entry.texts("actions")),
                settings=list(entry.texts("settings")),
                layers=list(entry.texts("layers")),
            ),
        }
        for layer in plain.get("layers", ()):
            if layer not in known.layers:
                entry.wrong(f"there is no layer {layer!r}{did_you_mean(layer, known.layers)}", "layers")
        if not any(plain.get(key) for key in ("words", "links", "actions", "settings")):
            entry.wrong(f"nothing shows {id_!r}")
        entry.choice("source", sources, required=True)
        entry.done()
        presences.append(plain)
    for entry in record.records("hot_fixes", required=True):
        id_ = entry.text("id", required=True)
        _take(entry, "id", id_, ids)
        entry.text("source", required=True)
        hot_fixes.append({"id": id_, "name": both_of(entry.both("name")), "classes": sorted(entry.texts("classes", required=True))})
        entry.done()
    return {"presences": presences, "hot_fixes": sorted(hot_fixes, key=lambda one: str(one["id"]))}

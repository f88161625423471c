"""What the code of a DEX file uses of what a lens looks for, by class."""

from __future__ import annotations

import json
import re
import struct
from bisect import bisect_left
from collections.abc import Mapping
from typing import TYPE_CHECKING

from auditor.archive.fast import Bytes
from auditor.build import HASHED, WEB, FactKind, Table, host_of
from auditor.extract.android.calls import Sought, read_calls
from auditor.extract.android.constants import constants
from auditor.extract.android.faults import broken, endless, outside
from auditor.extract.android.names import as_mutf8, find_strings, mutf8
from auditor.extract.android.tables import Tables
from auditor.extract.android.walk import WORDS, Wanted, class_edges, walk
from auditor.extract.collector import Collector
from auditor.extract.lens import Lens

if TYPE_CHECKING:
    from auditor.extract.android.told import Told

__all__ = ["read_code"]

_CODE = (Table.SDKS, Table.DATA)
_MARKER = b"~~"
_MARKED = re.compile(rb"~~([A-Z][A-Za-z0-9]{1,9})(\{.{,2000}\})\Z", re.DOTALL)
_MOST_MARKERS = 16
_BEHIND_WEB = (WEB[:-1] + chr(ord(WEB[-1]) + 1)).encode()
"""The strings of a DEX file are sorted: web addresses stand together, before this."""
_MOST_ADDRESSES, _LONGEST_ADDRESS = 20_000, 300
_SHORTEST = 8
"""Bytes a literal has at least to tell anything."""


def read_code(data: Bytes, header: int, place: str, lens: Lens, collect: Collector, types: tuple[str, ...] | None = None) -> None:
    """Record what the classes of the DEX at ``header`` use; code that cannot be walked is a gap.

    ``types`` are the dotted names of its types, where they were read before.
    """
    if not (lens.literals or lens.hosts or lens.constants or lens.methods or lens.every_host or lens.wordings or lens.links):
        return
    try:
        tables = Tables(data, header, types)
        for name, value in constants(tables, lens.constants):
            collect.fact(FactKind.CONSTANT, name, place, name.rpartition(".")[0], value=value)
        _tool(tables, place, collect)
        found = _strings(tables, lens, collect)
        bad, exhausted = _literals(tables, place, found, lens, collect)
        if lens.hashed and lens.renamed is not None and collect.renamed(place):
            _hashed(tables, place, lens, collect)
        if lens.methods and collect.sought is not None:
            calls = read_calls(tables, collect.sought, found)
            collect.calls(place, calls)
            bad, exhausted = max(bad, calls.bad), exhausted | calls.exhausted
        if lens.entrances is not None:
            exhausted |= collect.graph(lens.entrances).add(data, header, len(data))
        if lens.renamed is not None:
            pairs, cut = class_edges(data, header)
            exhausted |= cut
            collect.references(place, tables.class_names, tables.type_names, pairs)
    except (ValueError, struct.error):
        collect.gap(place, "", outside(), *_CODE)
        return
    if bad:
        collect.gap(place, "", broken(bad), *_CODE)
    if exhausted:
        collect.gap(place, "", endless(), *_CODE)


def _strings(tables: Tables, lens: Lens, collect: Collector) -> dict[int, str]:
    """Return the strings the lens has a use for, by index."""
    if collect.wanted_strings is None:
        collect.sought = Sought(lens) if lens.methods else None
        calls = collect.sought.texts if collect.sought is not None else ()
        texts = tuple(dict.fromkeys((*lens.literals, *lens.hosts, *calls)))
        collect.wanted_strings = tuple(map(as_mutf8, texts)), texts
    wanted, texts = collect.wanted_strings
    pairs = find_strings(tables.data, tables.header, wanted)
    found = {index: texts[number] for index, number in zip(pairs[::2], pairs[1::2], strict=True)}
    if lens.hosts:
        first, end = (bisect_left(tables.strings, edge) for edge in (WEB.encode(), _BEHIND_WEB))
        for index in range(first, min(end, first + _MOST_ADDRESSES)):
            text = mutf8(tables.strings[index][:_LONGEST_ADDRESS]) or ""
            if host_of(text) in lens.hosts:
                found[index] = text
    return found


def _tool(tables: Tables, place: str, collect: Collector) -> None:
    """Record what made the file, as the marker says that R8 and D8 leave among its strings."""
    indices = range(tables.string_count)
    at = bisect_left(indices, _MARKER, key=lambda index: tables.string(index) or b"")
    for index in indices[at : at + _MOST_MARKERS]:
        match = _MARKED.match(tables.string(index) or b"")
        if match is None:
            return
        try:
            says = json.loads(match[2])
        except (ValueError, RecursionError):
            continue
        texts = {key: value for key, value in says.items() if isinstance(value, str)}
        collect.fact(
            FactKind.BUILD_TOOL,
            match[1].decode(),
            place,
            value=texts.get("version", ""),
            mode=texts.get("compilation-mode", ""),
            pg_map_id=texts.get("pg-map-id", ""),
        )


def _literals(
    tables: Tables, place: str, found: Mapping[int, str], lens: Lens, collect: Collector
) -> tuple[int, bool]:
    texts = {index: text for index, text in found.items() if text in lens.literals or host_of(text) in lens.hosts}
    told = _told(tables, place, lens)
    if not texts and not told:
        return 0, False
    flags = bytearray(tables.string_count)
    for index in (*texts, *(told or ())):
        flags[index] = 1
    walked = walk(tables.data, tables.header, Wanted(strings=bytes(flags)))
    for reference in walked:
        class_ = tables.class_name(reference.class_def)
        if reference.entry in texts:
            collect.literal(place, class_, texts[reference.entry])
        if told is not None:
            told.used(reference.entry, class_)
    if told is not None:
        told.record(collect)
    return walked.bad_classes + walked.bad_methods, walked.exhausted


def _told(tables: Tables, place: str, lens: Lens) -> Told | None:
    """Return what the strings tell beside names, where it is wanted: it takes all of them."""
    if not (lens.every_host or lens.wordings or lens.links or lens.scripts):
        return None
    from auditor.extract.android.told import Told

    return Told(tables.strings, place, lens)


def _hashed(tables: Tables, place: str, lens: Lens, collect: Collector) -> None:
    """Record the hashed literals that renamed classes use."""
    walked = walk(tables.data, tables.header, Wanted(strings=b"\1" * tables.string_count))
    classes, strings = walked.records[1::WORDS], walked.records[4::WORDS]
    names = {class_def: tables.class_name(class_def) for class_def in set(classes)}
    used: dict[int, set[int]] = {class_def: set() for class_def, name in names.items() if collect.looks_renamed(name)}
    for class_def, index in zip(classes, strings, strict=True):
        if class_def in used:
            used[class_def].add(index)
    keys = {index: _hash(tables.strings[index], lens) for index in set().union(*used.values())}
    for class_def, indices in used.items():
        if found := [keys[index] for index in indices if keys[index]]:
            collect.literals(place, names[class_def], found)


def _hash(raw: bytes, lens: Lens) -> str:
    """Return what a hashed literal the lens looks for is recorded as; empty for any other."""
    if len(raw) < _SHORTEST:
        return ""
    length = len(raw)
    if not raw.isascii():
        text = mutf8(raw)
        raw, length = text.encode("utf-8", "surrogatepass"), len(text)
    from hashlib import blake2b  # only where renamed code is looked at closely

    key = blake2b(raw, digest_size=8).hexdigest()
    return f"{HASHED}{key}:{length}" if key in lens.hashed else ""



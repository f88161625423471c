"""Compiled resources (``resources.arsc``), written from lists of values per configuration.

Format: ``ResourceTypes.h`` of the Android Open Source Project (ResTable).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.forge.axml import TYPE_BOOLEAN, TYPE_INT_DEC, TYPE_REFERENCE, TYPE_STRING, Reference, string_pool

__all__ = ["Resource", "resource_ids", "write_arsc"]

PACKAGE_ID = 0x7F
NO_ENTRY = 0xFFFFFFFF

DENSITIES = {"ldpi": 120, "mdpi": 160, "hdpi": 240, "xhdpi": 320, "xxhdpi": 480, "xxxhdpi": 640, "nodpi": 0xFFFF}


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource: ``Resource("string", "app_name", {"": "Tego", "zh-rCN": "特购"})``.

    Configurations: empty (default), a language (``zh``), language and region (``zh-rCN``) or a density (``xhdpi``).
    A file is a text value that holds its path.
    """

    type: str
    name: str
    values: Mapping[str, str | int | bool | Reference]


def resource_ids(resources: Sequence[Resource]) -> dict[str, int]:
    """Return the id each resource gets, by ``type/name``."""
    types = _types(resources)
    numbers = {name: number for number, name in enumerate(types, 1)}
    return {
        f"{name}/{entry}": PACKAGE_ID << 24 | numbers[name] << 16 | index
        for name, entries in types.items()
        for index, entry in enumerate(entries)
    }


def _types(resources: Sequence[Resource]) -> dict[str, dict[str, Resource]]:
    types: dict[str, dict[str, Resource]] = {}
    for resource in resources:
        entries = types.setdefault(resource.type, {})
        if resource.name in entries:
            raise ValueError(f"resource {resource.type}/{resource.name} is defined twice")
        entries[resource.name] = resource
    return types


def _config(name: str) -> bytes:
    """Return a ResTable_config of 64 bytes."""
    out = bytearray(64)
    out[0:4] = struct.pack("<I", 64)
    if name in DENSITIES:
        out[14:16] = struct.pack("<H", DENSITIES[name])
    elif name:
        language, _, region = name.partition("-r")
        if len(language) != 2 or len(region) not in (0, 2):
            raise ValueError(f"no such configuration: {name!r}")
        out[8:10] = language.encode()
        out[10:12] = region.encode() or b"\0\0"
    return bytes(out)


def write_arsc(package: str, resources: Sequence[Resource], *, utf8: bool = True) -> bytes:
    """Return a resource table with one package."""
    types = _types(resources)
    values: dict[str, int] = {}
    keys: dict[str, int] = {}
    for resource in resources:
        keys.setdefault(resource.name, len(keys))
        for value in resource.values.values():
            if isinstance(value, str):
                values.setdefault(value, len(values))
    chunks = b""
    for number, entries in enumerate(types.values(), 1):
        configs = sorted({config for resource in entries.values() for config in resource.values})
        # Bits that say what a resource differs in: 0x0004 locale, 0x0100 density.
        flags = [
            (0x0004 if any(c and c not in DENSITIES for c in resource.values) else 0)
            | (0x0100 if any(c in DENSITIES for c in resource.values) else 0)
            for resource in entries.values()
        ]
        chunks += struct.pack("<HHIBBHI", 0x0202, 16, 16 + 4 * len(flags), number, 0, 0, len(flags))
        chunks += struct.pack(f"<{len(flags)}I", *flags)
        for config in configs:
            chunks += _type_chunk(number, list(entries.values()), config, keys, values)
    type_pool = string_pool(list(types))
    key_pool = string_pool(list(keys), utf8=utf8)
    name = package.encode("utf-16-le")
    if len(name) > 254:
        raise ValueError("package name too long for a resource table")
    head = struct.pack("<I", PACKAGE_ID) + name.ljust(256, b"\0")
    head += struct.pack("<IIIII", 288, len(types), 288 + len(type_pool), len(keys), 0)
    body = type_pool + key_pool + chunks
    table = struct.pack("<HHI", 0x0200, 288, 8 + len(head) + len(body)) + head + body
    pool = string_pool(list(values), utf8=utf8)
    return struct.pack("<HHII", 0x0002, 12, 12 + len(pool) + len(table), 1) + pool + table


def _type_chunk(
    number: int, entries: Sequence[Resource], config: str, keys: Mapping[str, int], values: Mapping[str, int]
) -> bytes:
    """Return a ResTable_type: the values of one type in one configuration."""
    offsets = []
    data = b""
    for resource in entries:
        if config not in resource.values:
            offsets.append(NO_ENTRY)
            continue
        offsets.append(len(data))
        match resource.values[config]:
            case str() as text:
                kind, number_ = TYPE_STRING, values[text]
            case bool() as truth:
                kind, number_ = TYPE_BOOLEAN, NO_ENTRY if truth else 0
            case int() as plain:
                kind, number_ = TYPE_INT_DEC, plain & 0xFFFFFFFF
            case Reference(id):
                kind, number_ = TYPE_REFERENCE, id
        data += struct.pack("<HHIHBBI", 8, 0, keys[resource.name], 8, 0, kind, number_)
    head = _config(config)
    start = 20 + len(head) + 4 * len(offsets)
    chunk = struct.pack("<HHIBBHII", 0x0201, 20 + len(head), start + len(data), number, 0, 0, len(offsets), start)
    return chunk + head + struct.pack(f"<{len(offsets)}I", *offsets) + data

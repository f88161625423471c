"""A HAP, an HSP or a pack of them from a recipe: descriptions, resource index, bytecode, signature.

Formats: as the readers in ``auditor/extract/harmony`` cite them. Bytecode has no instructions: classes with the one field that
leads to what a module imports, as ``es2abc`` writes them for a module without functions.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.forge.archive import Entry, write_zip
from tests.forge.sign import signed_data

__all__ = ["Hap", "app_pack", "asks", "fa_config", "profile", "stage_module", "write_abc", "write_index"]

Described = dict[str, Any]

# -- resources.index ------------------------------------------------------------------------------------------------

_STRING, _MEDIA = 9, 19


def _letters(text: str) -> int:
    return int.from_bytes(text.encode("ascii"), "big")


def _parameters(language: str) -> bytes:
    """Return the qualifiers of ``base``, ``zh``, ``zh_CN`` or ``zh_Hans_CN``."""
    if language == "base":
        return b""
    parts = language.split("_")
    kinds = {1: (0,), 2: (0, 1), 3: (0, 5, 1)}[len(parts)]
    return b"".join(struct.pack("<II", kind, _letters(part)) for kind, part in zip(kinds, parts, strict=True))


def _sized(text: str, *, ended: bool = True) -> bytes:
    data = text.encode("utf-8") + (b"\0" if ended else b"")
    return struct.pack("<H", len(data)) + data


def write_index(strings: Mapping[str, Mapping[str, str]], *, newer: bool = False, first: int = 0x1000000) -> bytes:
    """Return a resource index of strings: name -> language -> text; one picture stands beside them."""
    names = [*strings, "icon"]
    ids = {name: first + index for index, name in enumerate(names)}
    languages = ["base", *sorted({language for texts in strings.values() for language in texts} - {"base"})]
    values = {language: [(name, texts[language]) for name, texts in strings.items() if language in texts] for language in languages}
    return _newer_index(names, ids, languages, values) if newer else _older_index(ids, languages, values)


def _older_index(ids: Mapping[str, int], languages: Sequence[str], values: Mapping[str, Sequence[tuple[str, str]]]) -> bytes:
    def record(type_: int, name: str, text: str) -> bytes:
        body = struct.pack("<II", type_, ids[name]) + _sized(text) + _sized(name)
        return struct.pack("<I", len(body)) + body

    records = {
        language: [record(_STRING, name, text) for name, text in values[language]]
        + ([record(_MEDIA, "icon", "entry/resources/base/media/icon.png")] if language == "base" else [])
        for language in languages
    }
    named = {language: [name for name, _ in values[language]] + (["icon"] if language == "base" else []) for language in languages}
    at = 136 + sum(12 + len(_parameters(language)) for language in languages)
    lists = {}
    for language in languages:
        lists[language] = at
        at += 8 + 8 * len(records[language])
    keys, idss, data = b"", b"", b""
    for language in languages:
        parameters = _parameters(language)
        keys += b"KEYS" + struct.pack("<II", lists[language], len(parameters) // 8) + parameters
        idss += b"IDSS" + struct.pack("<I", len(records[language]))
        for name, one in zip(named[language], records[language], strict=True):
            idss += struct.pack("<II", ids[name], at + len(data))
            data += one
    return b"Restool 5.0.1.011".ljust(128, b"\0") + struct.pack("<II", at + len(data), len(languages)) + keys + idss + data


def _newer_index(
    names: Sequence[str], ids: Mapping[str, int], languages: Sequence[str], values: Mapping[str, Sequence[tuple[str, str]]]
) -> bytes:
    keys = b""
    for number, language in enumerate(languages):
        parameters = _parameters(language)
        keys += b"KEYS" + struct.pack("<II", number, len(parameters) // 8) + parameters
    strings = [name for name in names if name != "icon"]
    by_type = {_STRING: strings, _MEDIA: ["icon"]}
    size = 16 + sum(12 + sum(12 + len(name.encode()) for name in listed) for listed in by_type.values())
    block = 140 + len(keys) + size
    texts: dict[str, list[tuple[int, str]]] = {name: [] for name in strings}
    for number, language in enumerate(languages):
        for name, text in values[language]:
            texts[name].append((number, text))
    texts["icon"] = [(0, "entry/resources/base/media/icon.png")]
    infos = 12 + sum(12 + 8 * len(texts[name]) for name in names)
    pool, data, places = b"", b"DATA" + struct.pack("<II", infos, len(names)), {}
    for name in names:
        places[name] = block + len(data)
        data += struct.pack("<III", ids[name], 12 + 8 * len(texts[name]), len(texts[name]))
        for number, text in texts[name]:
            data += struct.pack("<II", number, block + infos + len(pool))
            pool += _sized(text, ended=False)
    idss = b"IDSS" + struct.pack("<III", size, len(by_type), len(names))
    for type_, listed in by_type.items():
        inner = b""
        for name in listed:
            inner += struct.pack("<III", ids[name], places[name], len(name.encode())) + name.encode()
        idss += struct.pack("<III", type_, 12 + len(inner), len(listed)) + inner
    head = b"RestoolV2 6.1.0.003".ljust(128, b"\0") + struct.pack("<III", block + len(data) + len(pool), len(languages), block)
    return head + keys + idss + data + pool


# -- modules.abc ----------------------------------------------------------------------------------------------------


def _uleb(value: int) -> bytes:
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def _string(text: str) -> bytes:
    return _uleb(len(text) << 1 | text.isascii()) + text.encode("utf-8") + b"\0"


def write_abc(modules: Mapping[str, Sequence[str]], *, version: tuple[int, int, int, int] = (12, 0, 6, 0), also: bytes = b"") -> bytes:
    """Return bytecode that defines modules: name of the class, without ``L`` and ``;`` -> what it imports.

    Beside them stand a class without a module and a foreign one, as in every file; ``also`` is appended to the strings.
    """
    index = 60
    count = len(modules) + 2
    at = index + 4 * count
    body = b""

    def put(data: bytes) -> int:
        nonlocal body
        place = at + len(body)
        body += data
        return place

    foreign = put(_string("L_ESTypeAnnotation;"))
    foreign_size = len(body)
    field_name = put(_string("moduleRecordIdx"))
    other = put(_string("pkgName@entry"))
    put(also)
    offsets = [foreign, put(_string("L_ESSlotNumberAnnotation;") + struct.pack("<I", 0) + _uleb(1) + _uleb(0) + _uleb(0) + b"\0")]
    for name, requests in modules.items():
        places = [put(_string(request)) for request in requests]
        record = put(struct.pack("<II", 2 + 2 * len(places), len(places)) + struct.pack(f"<{len(places)}I", *places))
        offsets.append(
            put(
                _string(f"L{name};")
                + struct.pack("<I", 0)
                + _uleb(1)
                + _uleb(2)
                + _uleb(0)
                + b"\x02\x00\x00"
                + struct.pack("<HHI", 0, 0, other)
                + _uleb(1)
                + b"\x01\x00\x00"
                + struct.pack("<HHI", 0, 0, field_name)
                + _uleb(1)
                + b"\x02"
                + struct.pack("<I", record)
                + b"\0"
            )
        )
    rest = struct.pack("<11I", at + len(body), foreign, foreign_size, count, index, 0, at, 0, at, 0, at)
    content = bytes(version) + rest + struct.pack(f"<{count}I", *offsets) + body
    return b"PANDA\0\0\0" + struct.pack("<I", zlib.adler32(content)) + content


# -- descriptions ---------------------------------------------------------------------------------------------------


def asks(name: str, reason: str = "", when: str = "", *abilities: str) -> Described:
    """Return an entry of ``requestPermissions``; a short name stands for ``ohos.permission.…``."""
    entry: Described = {"name": name if "." in name else f"ohos.permission.{name}"}
    if reason:
        entry["reason"] = reason
    if when or abilities:
        entry["usedScene"] = {"abilities": list(abilities), **({"when": when} if when else {})}
    return entry


def stage_module(
    name: str = "entry",
    type_: str = "entry",
    *,
    bundle: str = "cn.example.shop",
    permissions: Sequence[Described] = (),
    needs: Sequence[Described] = (),
    **more: Any,
) -> Described:
    """Return a ``module.json``."""
    abilities = [
        {
            "name": "EntryAbility",
            "srcEntry": "./ets/entryability/EntryAbility.ets",
            "label": "$string:label",
            "exported": True,
            "skills": [{"actions": ["action.system.home"], "entities": ["entity.system.home"], "uris": [{"scheme": "shop"}]}],
        }
    ]
    return {
        "app": {
            "bundleName": bundle,
            "versionName": "2.1.0",
            "versionCode": 2010000,
            "vendor": "example",
            "minAPIVersion": 50000012,
            "targetAPIVersion": 50003015,
            "label": "$string:app_name",
        },
        "module": {
            "name": name,
            "type": type_,
            "packageName": name,
            "deviceTypes": ["phone", "tablet"],
            "virtualMachine": "ark12.0.6.0",
            "mainElement": "EntryAbility",
            "requestPermissions": list(permissions),
            "dependencies": list(needs),
            **({"abilities": abilities} if type_ in ("entry", "feature") else {}),
            **more,
        },
    }


def fa_config(*permissions: Described) -> Described:
    """Return a ``config.json`` of the older model."""
    return {
        "app": {
            "bundleName": "cn.example.older",
            "vendor": "example",
            "version": {"code": 7, "name": "1.0.7"},
            "apiVersion": {"compatible": 6, "target": 8, "releaseType": "Release"},
        },
        "deviceConfig": {},
        "module": {
            "package": "cn.example.older",
            "name": ".MyApplication",
            "mainAbility": "cn.example.older.MainAbility",
            "deviceType": ["phone"],
            "distro": {"deliveryWithInstall": True, "moduleName": "entry", "moduleType": "entry"},
            "abilities": [{"name": ".MainAbility", "type": "page", "label": "$string:label", "visible": True}],
            "reqPermissions": list(permissions),
            "js": [{"name": "default", "pages": ["pages/index/index"]}],
        },
    }


def profile(bundle: str, *acls: str, type_: str = "release") -> Described:
    """Return what a signed profile states."""
    return {
        "version-name": "2.0.0",
        "type": type_,
        "issuer": "app_gallery",
        "app-distribution-type": "app_gallery",
        "bundle-info": {"bundle-name": bundle, "developer-id": "1234567890", "apl": "normal"},
        "acls": {"allowed-acls": list(acls)},
        "permissions": {"restricted-permissions": []},
    }


def _packed(described: Described) -> bytes:
    return json.dumps(described, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


# -- the archive ----------------------------------------------------------------------------------------------------


def _signing_block(signature: bytes, signed_profile: bytes) -> bytes:
    blocks = [(0x20000002, signed_profile), (0x20000000, signature)]
    heads, data = b"", b""
    for type_, content in blocks:
        heads += struct.pack("<III", type_, len(content), 12 * len(blocks) + len(data))
        data += content
    size = len(heads) + len(data) + 32
    return heads + data + struct.pack("<IQ16sI", len(blocks), size, b"<hap sign block>", 3)


STRINGS: Mapping[str, Mapping[str, str]] = {
    "app_name": {"base": "ShopApp"},
    "label": {"base": "Shop", "zh_CN": "小店"},
    "camera": {"base": "To scan product codes", "zh_CN": "用于扫描商品二维码"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hap:
    """The recipe of one module."""

    described: Described = field(default_factory=stage_module)
    strings: Mapping[str, Mapping[str, str]] | None = field(default_factory=lambda: STRINGS)
    """None = no resource index."""
    code: Mapping[str, Sequence[str]] | bytes | None = field(
        default_factory=lambda: {"&entry/src/main/ets/pages/Index&": ("@ohos:router",)}
    )
    """Modules and what they import; bytes are written as they are; None = no bytecode."""
    packages: Described | None = None
    """``pkgContextInfo.json``."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    profile: Described | None = None
    """Signs it, with this profile."""
    newer: bool = False
    """Writes the resource index as ``RestoolV2``."""

    def entries(self) -> list[Entry]:
        """Return what is in it."""
        stage = "apiVersion" not in self.described.get("app", {})
        found = {"module.json" if stage else "config.json": _packed(self.described)}
        if self.strings is not None:
            found["resources.index"] = write_index(self.strings, newer=self.newer)
        if self.code is not None:
            found["ets/modules.abc"] = self.code if isinstance(self.code, bytes) else write_abc(self.code)
        if self.packages is not None:
            found["pkgContextInfo.json"] = _packed(self.packages)
        return [Entry(name=name, data=data, align=4) for name, data in {**found, **self.files}.items()]

    def build(self, *, before_signature: bytes = b"") -> bytes:
        """Return the archive; ``before_signature`` stands where nothing belongs."""
        entries = self.entries()
        if self.profile is None:
            return write_zip(entries)
        plain = write_zip(entries)
        block = _signing_block(signed_data(plain, detached=True), signed_data(_packed(self.profile)))
        return write_zip(entries, before_directory=before_signature + block)


def app_pack(modules: Mapping[str, Hap], *, listed: Sequence[str] | None = None, bundle: str = "cn.example.shop") -> bytes:
    """Return a pack (.app): file name -> module; ``listed`` are the modules its pack.info names, by default all of them."""
    names = [hap.described["module"]["name"] for hap in modules.values()] if listed is None else listed
    info = {
        "summary": {
            "app": {"bundleName": bundle, "version": {"code": 2010000, "name": "2.1.0"}},
            "modules": [{"distro": {"moduleName": name, "moduleType": "entry"}} for name in names],
        },
        "packages": [],
    }
    entries = [Entry(name=name, data=hap.build(), align=4) for name, hap in modules.items()]
    return write_zip([*entries, Entry(name="pack.info", data=_packed(info), align=4)])

"""Binary XML as Android packages it (``AndroidManifest.xml`` and ``res/*.xml``), written from an element tree.

Format: ``ResourceTypes.h`` of the Android Open Source Project (ResXMLTree, ResStringPool). Attributes carry their
real resource ids and stand in their order, as the platform's look-up by id needs.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["ANDROID", "ATTRIBUTES", "Chunks", "Element", "Hex", "Reference", "Typed", "resource_map", "string_pool", "write_axml"]

ANDROID = "http://schemas.android.com/apk/res/android"

# Ids of android.R.attr, as published in the platform's public.xml.
ATTRIBUTES = {
    "theme": 0x01010000,
    "label": 0x01010001,
    "icon": 0x01010002,
    "name": 0x01010003,
    "permission": 0x01010006,
    "readPermission": 0x01010007,
    "writePermission": 0x01010008,
    "protectionLevel": 0x01010009,
    "permissionGroup": 0x0101000A,
    "sharedUserId": 0x0101000B,
    "hasCode": 0x0101000C,
    "persistent": 0x0101000D,
    "enabled": 0x0101000E,
    "debuggable": 0x0101000F,
    "exported": 0x01010010,
    "process": 0x01010011,
    "taskAffinity": 0x01010012,
    "multiprocess": 0x01010013,
    "excludeFromRecents": 0x01010017,
    "authorities": 0x01010018,
    "initOrder": 0x0101001A,
    "grantUriPermissions": 0x0101001B,
    "priority": 0x0101001C,
    "launchMode": 0x0101001D,
    "screenOrientation": 0x0101001E,
    "configChanges": 0x0101001F,
    "description": 0x01010020,
    "targetPackage": 0x01010021,
    "value": 0x01010024,
    "resource": 0x01010025,
    "mimeType": 0x01010026,
    "scheme": 0x01010027,
    "host": 0x01010028,
    "port": 0x01010029,
    "path": 0x0101002A,
    "pathPrefix": 0x0101002B,
    "pathPattern": 0x0101002C,
    "orientation": 0x010100C4,
    "id": 0x010100D0,
    "layout_width": 0x010100F4,
    "layout_height": 0x010100F5,
    "text": 0x0101014F,
    "targetActivity": 0x01010202,
    "minSdkVersion": 0x0101020C,
    "versionCode": 0x0101021B,
    "versionName": 0x0101021C,
    "windowSoftInputMode": 0x0101022B,
    "onClick": 0x0101026F,
    "targetSdkVersion": 0x01010270,
    "maxSdkVersion": 0x01010271,
    "testOnly": 0x01010272,
    "backupAgent": 0x0101027F,
    "allowBackup": 0x01010280,
    "glEsVersion": 0x01010281,
    "required": 0x0101028E,
    "installLocation": 0x010102B7,
    "hardwareAccelerated": 0x010102D3,
    "largeHeap": 0x0101035A,
    "isolatedProcess": 0x010103A9,
    "supportsRtl": 0x010103AF,
    "banner": 0x010103F2,
    "extractNativeLibs": 0x010104EA,
    "fullBackupContent": 0x010104EB,
    "usesCleartextTraffic": 0x010104EC,
    "autoVerify": 0x010104EE,
    "resizeableActivity": 0x010104F6,
    "directBootAware": 0x01010505,
    "networkSecurityConfig": 0x01010527,
    "roundIcon": 0x0101052C,
    "isFeatureSplit": 0x0101055B,
    "compileSdkVersion": 0x01010572,
    "compileSdkVersionCodename": 0x01010573,
    "versionCodeMajor": 0x01010576,
    "appComponentFactory": 0x0101057A,
    "isSplitRequired": 0x01010591,
    "foregroundServiceType": 0x01010599,
    "requestLegacyExternalStorage": 0x01010603,
    "dataExtractionRules": 0x0101063E,
    "usesPermissionFlags": 0x01010644,
    "requiredSplitTypes": 0x0101064E,
    "splitTypes": 0x0101064F,
}

NO_STRING = 0xFFFFFFFF
TYPE_REFERENCE, TYPE_STRING, TYPE_INT_DEC, TYPE_INT_HEX, TYPE_BOOLEAN = 0x01, 0x03, 0x10, 0x11, 0x12


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference to a resource (``@0x7f010000``)."""

    id: int


@dataclass(frozen=True, slots=True)
class Hex:
    """A number written in hexadecimal (flags)."""

    value: int


@dataclass(frozen=True, slots=True)
class Typed:
    """A value as its raw type and data: for types nothing else here can write."""

    type: int
    data: int


Attribute = str | bool | int | Reference | Hex | Typed


@dataclass(frozen=True, slots=True)
class Element:
    """An XML element. Attribute names may have the prefix ``android:``."""

    tag: str
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    children: Sequence[Element] = ()
    text: str = ""


def string_pool(strings: Sequence[str], *, utf8: bool = False) -> bytes:
    """Return a string pool chunk (ResStringPool) of ``strings``."""
    data = bytearray()
    offsets = []
    for text in strings:
        offsets.append(len(data))
        units = text.encode("utf-16-le", "surrogatepass")
        if utf8:
            raw = text.encode("utf-8", "surrogatepass")
            data += _length8(len(units) // 2) + _length8(len(raw)) + raw + b"\0"
        else:
            count = len(units) // 2
            if count > 0x7FFF:
                data += struct.pack("<HH", 0x8000 | count >> 16, count & 0xFFFF)
            else:
                data += struct.pack("<H", count)
            data += units + b"\0\0"
    data += bytes(-len(data) % 4)
    start = 28 + 4 * len(strings)
    head = struct.pack("<HHIIIIII", 0x0001, 28, start + len(data), len(strings), 0, 0x100 if utf8 else 0, start, 0)
    return head + struct.pack(f"<{len(offsets)}I", *offsets) + bytes(data)


def _length8(length: int) -> bytes:
    return bytes([0x80 | length >> 8, length & 0xFF]) if length > 0x7F else bytes([length])


class _Writer:
    def __init__(self, root: Element, utf8: bool, names: bool) -> None:
        self.utf8 = utf8
        used: set[str] = set()
        texts: dict[str, None] = {}
        stack = [root]
        while stack:
            element = stack.pop()
            texts.setdefault(element.tag)
            for name, value in element.attributes.items():
                prefix, _, local = name.rpartition(":")
                if prefix == "android":
                    used.add(local)
                else:
                    texts.setdefault(local)
                if isinstance(value, str):
                    texts.setdefault(value)
            if element.text:
                texts.setdefault(element.text)
            stack.extend(reversed(element.children))
        unknown = used - ATTRIBUTES.keys()
        if unknown:
            raise ValueError(f"no resource id known for android:{sorted(unknown)[0]}")
        mapped = sorted(used, key=ATTRIBUTES.__getitem__)
        # Names with a resource id come first: the resource map runs parallel to the pool. They are kept apart from
        # equal texts, which must not seem to have an id.
        self.mapped = {name: index for index, name in enumerate(mapped)}
        rest = ["android", ANDROID, *texts]
        self.plain = {text: index for index, text in enumerate(rest, len(mapped))}
        self.strings = [*(mapped if names else [""] * len(mapped)), *rest]
        self.ids = [ATTRIBUTES[name] for name in mapped]
        self.body = bytearray()
        self.line = 1

    def _chunk(self, kind: int, payload: bytes) -> None:
        self.line += 1
        self.body += struct.pack("<HHIII", kind, 16, 16 + len(payload), self.line, NO_STRING) + payload

    def namespace(self, kind: int) -> None:
        self._chunk(kind, struct.pack("<II", self.plain["android"], self.plain[ANDROID]))

    def element(self, root: Element) -> None:
        stack: list[tuple[Element, bool]] = [(root, False)]
        while stack:
            element, closing = stack.pop()
            tag = self.plain[element.tag]
            if closing:
                self._chunk(0x0103, struct.pack("<II", NO_STRING, tag))
                continue
            attributes = sorted(
                (self._attribute(name, value) for name, value in element.attributes.items()), key=lambda pair: pair[0]
            )
            payload = struct.pack("<IIHHHHHH", NO_STRING, tag, 20, 20, len(attributes), 0, 0, 0)
            self._chunk(0x0102, payload + b"".join(data for _, data in attributes))
            stack.append((element, True))
            if element.text:
                text = self.plain[element.text]
                self._chunk(0x0104, struct.pack("<IHBBI", text, 8, 0, TYPE_STRING, text))
            stack.extend((child, False) for child in reversed(element.children))

    def _attribute(self, name: str, value: Attribute) -> tuple[int, bytes]:
        """Return the sort key and the bytes of one attribute."""
        prefix, _, local = name.rpartition(":")
        if prefix == "android":
            space, index = self.plain[ANDROID], self.mapped[local]
        elif prefix:
            raise ValueError(f"no namespace {prefix!r}")
        else:
            space, index = NO_STRING, self.plain[local]
        raw = NO_STRING
        match value:
            case str():
                raw = self.plain[value]
                kind, data = TYPE_STRING, raw
            case bool():
                kind, data = TYPE_BOOLEAN, NO_STRING if value else 0
            case int():
                kind, data = TYPE_INT_DEC, value & 0xFFFFFFFF
            case Reference(id):
                kind, data = TYPE_REFERENCE, id
            case Hex(number):
                kind, data = TYPE_INT_HEX, number
            case Typed(kind, data):
                pass
        return index, struct.pack("<IIIHBBI", space, index, raw, 8, 0, kind, data)


def write_axml(root: Element, *, utf8: bool = False, names: bool = True, kind: int = 0x0003) -> bytes:
    """Return binary XML.

    ``names=False`` leaves the names of android attributes empty, so that only their resource ids tell them apart;
    ``kind`` is the type of the outer chunk: the platform does not look at it, careless readers do.
    """
    writer = _Writer(root, utf8, names)
    writer.namespace(0x0100)
    writer.element(root)
    writer.namespace(0x0101)
    pool = string_pool(writer.strings, utf8=utf8)
    ids = struct.pack(f"<HHI{len(writer.ids)}I", 0x0180, 8, 8 + 4 * len(writer.ids), *writer.ids)
    body = pool + ids + bytes(writer.body)
    return struct.pack("<HHI", kind, 8, 8 + len(body)) + body


class Chunks:
    """Writes binary XML chunk by chunk, so that every field can be wrong.

    ``pool`` replaces the string pool, ``strings`` then only says what stands at which index.
    """

    def __init__(self, strings: Sequence[str], ids: Sequence[int], *, utf8: bool = False, pool: bytes = b"") -> None:
        self.strings = list(strings)
        self._open: list[str] = []
        self.body = (pool or string_pool(self.strings, utf8=utf8)) + resource_map(ids)

    def at(self, text: str) -> int:
        """Return the index of a string; of an empty one that of none."""
        return self.strings.index(text) if text else NO_STRING

    def chunk(self, kind: int, payload: bytes, head: int = 16, size: int | None = None) -> Chunks:
        """Append a node; ``head`` and ``size`` are what it says of itself."""
        rest = struct.pack("<II", 1, NO_STRING).ljust(max(head - 8, 8), b"\0")
        length = 8 + len(rest) + len(payload)
        self.body += struct.pack("<HHI", kind, head, length if size is None else size) + rest + payload
        return self

    def start(
        self, tag: str, *attributes: tuple[int, int, int, int, int], size: int = 20, count: int | None = None, first: int = 20
    ) -> Chunks:
        """Append the start of an element; attributes are (namespace, name, raw value, type, value)."""
        self._open.append(tag)
        number = len(attributes) if count is None else count
        payload = struct.pack("<IIHHHHHH", NO_STRING, self.at(tag), first, size, number, 0, 0, 0).ljust(first, b"\0")
        for space, name, raw, kind, value in attributes:
            payload += struct.pack("<IIIHBBI", space, name, raw, 8, 0, kind, value).ljust(size, b"\0")
        return self.chunk(0x0102, payload)

    def end(self, tag: str | None = None) -> Chunks:
        """Append the end of an element, by default of the one that is open; one called ``""`` has no name."""
        opened = self._open.pop() if self._open else ""
        tag = opened if tag is None else tag
        return self.chunk(0x0103, struct.pack("<II", NO_STRING, self.at(tag)))

    def bytes(self, kind: int = 0x0003, head: int = 8, size: int | None = None) -> bytes:
        """Return the document."""
        outer = struct.pack("<HHI", kind, head, head + len(self.body) if size is None else size)
        return outer.ljust(head, b"\0") + self.body


def resource_map(ids: Sequence[int]) -> bytes:
    """Return a resource map."""
    return struct.pack(f"<HHI{len(ids)}I", 0x0180, 8, 8 + 4 * len(ids), *ids)

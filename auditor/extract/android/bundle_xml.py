"""Manifest and resources of an Android App Bundle: the protocol-buffer form aapt2 writes before an APK is built.

Format: Resources.proto of the Android Open Source Project (frameworks/base, tools/aapt2; also in Maven Central's
``com.android.tools.build:aapt2-proto``), protocol buffers' wire format (protobuf.dev/programming-guides/encoding).
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Set

from auditor.extract.android.axml import ANDROID, AxmlError, Element, attribute_name, clean
from auditor.extract.android.manifest import Constant, Manifest, ManifestError, record_manifest
from auditor.extract.android.resources import ResourceError, missing_resource
from auditor.extract.collector import Place

__all__ = ["BundleResources", "ProtoError", "fields", "read_bundle_manifest", "read_proto_xml"]

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LONGEST_VARINT = 10
_MAX_DEPTH = 200
_MAX_ELEMENTS = 100_000
_MAX_HOPS = 8
_NUMBER = re.compile(r"[0-9A-F]{8}", re.ASCII)

Value = int | bytes


class ProtoError(Exception):
    """Bytes that are no message of protocol buffers."""


def fields(data: bytes) -> Iterator[tuple[int, Value]]:
    """Yield (number, value) of a message's fields in the order written. Raises ProtoError where the bytes are none."""
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if number == 0:
            raise ProtoError(f"a field without a number at byte {at}")
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if kind == _BYTES:
            length, at = _varint(data, at)
        elif kind in (_FIXED64, _FIXED32):
            length = 8 if kind == _FIXED64 else 4
        else:
            raise ProtoError(f"a field of unknown form at byte {at}")
        if at + length > end:
            raise ProtoError(f"a field at byte {at} does not fit")
        yield number, data[at : at + length] if kind == _BYTES else int.from_bytes(data[at : at + length], "little")
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for position, byte in enumerate(data[at : at + _LONGEST_VARINT]):
        value |= (byte & 0x7F) << 7 * position
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at + position + 1
    raise ProtoError(f"a number at byte {at} does not end")


def _parts(data: bytes, number: int) -> Iterator[bytes]:
    """Yield the messages and strings that a field holds."""
    return (value for found, value in fields(data) if found == number and isinstance(value, bytes))


def _part(data: bytes, number: int) -> bytes:
    """Return the last value of a field that holds a message or a string, as the wire format has it; empty for none."""
    last = deque(_parts(data, number), maxlen=1)
    return last.pop() if last else b""


def _number(data: bytes, number: int) -> int | None:
    found = None
    for key, value in fields(data):
        if key == number and isinstance(value, int):
            found = value
    return found


def _text(data: bytes) -> str:
    return clean(data.decode("utf-8", "replace"))


def read_bundle_manifest(data: bytes, put: Place, constant: Constant = lambda reference: "") -> Manifest:
    """Record every fact of a manifest in an app bundle. Raises ManifestError where it cannot be decoded."""
    try:
        root = read_proto_xml(data)
    except AxmlError as error:
        raise ManifestError(error.reason) from None
    return record_manifest(root, put, constant)


# -- XML ----------------------------------------------------------------------------------------------------------


def read_proto_xml(data: bytes) -> Element:
    """Return the root element of an XmlNode message. Raises AxmlError where it is none, and nothing else."""
    try:
        count = [0]
        root = _element(_part(data, 1), 0, count)
    except ProtoError as error:
        raise AxmlError(
            "App Bundle 的 XML 已损坏，无法读取；请重新获取安装包", f"is damaged XML of an app bundle and cannot be read ({error})"
        ) from None
    if not root.tag:
        raise AxmlError("不是 App Bundle 的 XML 格式，无法读取", "is no XML of an app bundle and cannot be read")
    return root


def _element(data: bytes, depth: int, count: list[int]) -> Element:
    count[0] += 1
    if depth > _MAX_DEPTH or count[0] > _MAX_ELEMENTS:
        raise ProtoError("too many elements")
    element = Element("")
    for number, value in fields(data):
        if not isinstance(value, bytes):
            continue
        if number == 3:
            element.tag = _text(value)
        elif number == 4:
            key, shown = _attribute(value)
            # of equal attributes the platform takes the first
            element.attributes.setdefault(key, shown)
        elif number == 5 and (child := _part(value, 1)):
            element.children.append(_element(child, depth + 1, count))
        elif number == 5:
            element.text += _text(_part(value, 2))
    return element


def _attribute(data: bytes) -> tuple[str, str]:
    space, name, written = _text(_part(data, 1)), _text(_part(data, 2)), _text(_part(data, 3))
    number = _number(data, 5) or 0
    item = _part(data, 6)
    shown = (_item(item) if item else "") or written
    word = attribute_name(number) or name
    if number >> 24 == 0x01 or space == ANDROID:
        return f"android:{word}", shown
    return (f"app:{word}" if space else word), shown


def _item(data: bytes) -> str:
    """Return an Item as text, as binary XML shows the same value; empty for one that has none."""
    for number, value in fields(data):
        if not isinstance(value, bytes):
            continue
        if number == 1:
            reference = _number(value, 2) or 0
            name = _text(_part(value, 3))
            mark = "?" if _number(value, 1) else "@"
            return f"{mark}{name}" if name else f"{mark}{reference:08X}"
        if number in (2, 3, 4, 5):
            return _text(_part(value, 1))
        if number == 7:
            return _primitive(value)
    return ""


def _primitive(data: bytes) -> str:
    for number, value in fields(data):
        if not isinstance(value, int):
            continue
        if number == 6:
            return str(value - (1 << 64) if value >> 63 else value)
        if number == 8:
            return "true" if value else "false"
        return "" if number in (1, 2) else f"0x{value & 0xFFFFFFFF:08X}"
    return ""


# -- resources ------------------------------------------------------------------------------------------------------


class BundleResources:
    """A ``resources.pb``, asked for single strings by name."""

    def __init__(self, data: bytes) -> None:
        """Open a ResourceTable message; it is read when something is asked for."""
        self._data = data

    def string(self, reference: str) -> str:
        """Return the text of ``@string/app_name``, of the default configuration. Raises ResourceError where there is none."""
        shown = reference
        try:
            for _ in range(_MAX_HOPS):
                if not shown.startswith("@"):
                    break
                shown = self._values(shown[1:].rpartition(":")[2])[0]
        except ProtoError as error:
            raise ResourceError("资源表已损坏，无法读取", f"is a damaged resource table ({error})") from None
        if not shown or shown.startswith("@"):
            raise missing_resource(reference)
        return shown

    def constant(self, reference: str) -> str:
        """Return the text of a reference that has one value for every configuration; empty for any other."""
        shown = reference
        try:
            for _ in range(_MAX_HOPS):
                values = self._values(shown[1:].rpartition(":")[2])
                shown = values[0]
                if len(values) > 1 or not shown.startswith("@"):
                    return "" if len(values) > 1 else shown
        except ProtoError:
            pass
        return ""

    def paths(self, types: Set[str]) -> list[str]:
        """Return the files that resources of some types are, each once; what cannot be read is left out."""
        found: dict[str, None] = {}
        try:
            for package in _parts(self._data, 2):
                for type_ in _parts(package, 3):
                    if _text(_part(type_, 2)) in types:
                        for entry in _parts(type_, 3):
                            found.update(dict.fromkeys(_configured(one)[1] for one in _parts(entry, 6)))
        except ProtoError:
            pass
        return [path for path in found if path]

    def _values(self, wanted: str) -> list[str]:
        """Return the values of a resource, by ``type/name`` or by its eight hex digits, that of the plainest configuration
        first; one that is not there has an empty one.
        """
        number = int(wanted, 16) if _NUMBER.fullmatch(wanted) else None
        kind, _, name = wanted.partition("/")
        values: list[tuple[bool, str]] = []
        for package in _parts(self._data, 2):
            package_id = _id(package)
            for type_ in _parts(package, 3):
                type_id = package_id << 24 | _id(type_) << 16
                other = _text(_part(type_, 2)) != kind if number is None else type_id != number & ~0xFFFF
                if other:
                    continue
                for entry in _parts(type_, 3):
                    if type_id | _id(entry) == number or (number is None and _text(_part(entry, 2)) == name):
                        values += [_configured(one) for one in _parts(entry, 6)]
        return [text for _, text in sorted(values)] or [""]


def _id(data: bytes) -> int:
    """Return the id of a package, type or entry: a message of its own, in the first field."""
    return _number(_part(data, 1), 1) or 0


def _configured(data: bytes) -> tuple[bool, str]:
    """Return whether a ConfigValue is for some configuration only, and its text."""
    return bool(_part(data, 1)), _item(_part(_part(data, 2), 4))

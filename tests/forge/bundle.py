"""Android App Bundles from a recipe: manifests and resource tables as protocol buffers, modules in their directories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.forge.archive import Entry, write_zip
from tests.forge.axml import ANDROID, ATTRIBUTES, Attribute, Element, Hex, Reference
from tests.forge.dex import Class, write_dex

__all__ = ["Module", "message", "write_bundle", "write_libraries", "write_proto_xml", "write_resources_pb"]



Field = tuple[int, int | str | bytes]


def message(*fields: Field) -> bytes:
    """Return a message of (number, value): numbers as varints, text and messages with their length."""
    parts = []
    for number, value in fields:
        if isinstance(value, int):
            parts.append(_varint(number << 3) + _varint(value & 0xFFFFFFFFFFFFFFFF))
        else:
            body = value.encode() if isinstance(value, str) else value
            parts.append(_varint(number << 3 | 2) + _varint(len(body)) + body)
    return b"".join(parts)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def write_proto_xml(root: Element, *, raw: bool = True) -> bytes:
    """Return an XmlNode message; ``raw`` writes attributes' texts beside their compiled values, as aapt2 does."""
    return message((1, _element(root, raw)))


def _element(element: Element, raw: bool) -> bytes:
    attributes = [(4, _attribute(name, value, raw)) for name, value in element.attributes.items()]
    children = [(5, message((1, _element(child, raw)))) for child in element.children]
    text: list[Field] = [(5, message((2, element.text)))] if element.text else []
    return message((1, message((1, "android"), (2, ANDROID))), (3, element.tag), *attributes, *text, *children)


def _attribute(name: str, value: Attribute, raw: bool) -> bytes:
    prefix, _, word = name.rpartition(":")
    fields: list[Field] = [(1, ANDROID)] if prefix == "android" else []
    fields.append((2, word))
    text, item = _value(value)
    if raw or not item:
        fields.append((3, text))
    if prefix == "android" and word in ATTRIBUTES:
        fields.append((5, ATTRIBUTES[word]))
    if item:
        fields.append((6, item))
    return message(*fields)


def _value(value: Attribute) -> tuple[str, bytes]:
    """Return an attribute's text and its compiled Item; texts have none."""
    if isinstance(value, bool):
        return str(value).lower(), message((7, message((8, int(value)))))
    if isinstance(value, int):
        return str(value), message((7, message((6, value))))
    if isinstance(value, Hex):
        return hex(value.value), message((7, message((7, value.value))))
    if isinstance(value, Reference):
        return "", message((1, message((2, value.id))))
    assert isinstance(value, str)
    if value.startswith("@"):
        return value, message((1, message((3, value[1:]))))
    return value, b""


def write_resources_pb(strings: Mapping[str, Mapping[str, str]], *, package: str = "com.example.app") -> bytes:
    """Return a ResourceTable of strings: name -> locale (empty = default) -> text; ids count from 0x7F010000."""
    entries = []
    for number, (name, texts) in enumerate(strings.items()):
        values = [
            (6, message((1, message((3, locale)) if locale else b""), (2, message((4, _item(text))))))
            for locale, text in texts.items()
        ]
        entries.append((3, message((1, message((1, number))), (2, name), *values)))
    type_ = message((1, message((1, 1))), (2, "string"), *entries)
    return message((2, message((1, message((1, 0x7F))), (2, package), (3, type_))))


def _item(text: str) -> bytes:
    if text.startswith("@"):
        return message((1, message((3, text[1:]))))
    return message((2, message((1, text))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One module of a bundle."""

    manifest: Element
    classes: Sequence[Class | str] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Further files by their path in the module."""


def write_bundle(modules: Mapping[str, Module], files: Mapping[str, bytes] | None = None) -> bytes:
    """Return an app bundle of modules by name, and further files at its root."""
    entries = [Entry(name="BundleConfig.pb", data=message((1, message((2, "1.18.3")))))]
    for name, module in modules.items():
        entries.append(Entry(name=f"{name}/manifest/AndroidManifest.xml", data=write_proto_xml(module.manifest)))
        if module.classes:
            defined = [Class(name=item) if isinstance(item, str) else item for item in module.classes]
            entries.append(Entry(name=f"{name}/dex/classes.dex", data=write_dex(defined)))
        entries += [Entry(name=f"{name}/{path}", data=data) for path, data in module.files.items()]
    entries += [Entry(name=name, data=data) for name, data in (files or {}).items()]
    return write_zip(entries)


def write_libraries(*libraries: tuple[str, str, str]) -> bytes:
    """Return an AppDependencies message of (group, artefact, version)."""
    return message(
        *((1, message((1, message((1, group), (2, artefact), (5, version))))) for group, artefact, version in libraries)
    )

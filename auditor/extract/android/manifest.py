"""AndroidManifest.xml: what it asks for and what it declares, as the platform's own rules read it.

Binary XML is decoded by androguard. Permission rules: developer.android.com/guide/topics/manifest/uses-permission-element
and frameworks/base data/etc/platform.xml (split permissions).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from auditor.extract.collector import Collector
from auditor.model import FactKind, Table, Text

__all__ = ["MANIFEST", "Manifest", "ManifestError", "read_manifest"]

MANIFEST = "AndroidManifest.xml"
_ANDROID = "{http://schemas.android.com/apk/res/android}"
_COMPONENTS = ("activity", "activity-alias", "service", "receiver", "provider")
_COMPONENT_TRAITS = ("exported", "process", "authorities", "permission", "enabled", "targetActivity")

_P = "android.permission."
_IMPLIED: tuple[tuple[str, int | None, tuple[str, ...]], ...] = (
    # (permission as written or "" for every app, below which targetSdkVersion, what is granted with it)
    ("", 4, (_P + "WRITE_EXTERNAL_STORAGE", _P + "READ_PHONE_STATE")),
    (_P + "READ_CONTACTS", 16, (_P + "READ_CALL_LOG",)),
    (_P + "WRITE_CONTACTS", 16, (_P + "WRITE_CALL_LOG",)),
    (_P + "WRITE_EXTERNAL_STORAGE", None, (_P + "READ_EXTERNAL_STORAGE",)),
    (_P + "ACCESS_FINE_LOCATION", None, (_P + "ACCESS_COARSE_LOCATION",)),
    (_P + "ACCESS_FINE_LOCATION", 29, (_P + "ACCESS_BACKGROUND_LOCATION",)),
    (_P + "ACCESS_COARSE_LOCATION", 29, (_P + "ACCESS_BACKGROUND_LOCATION",)),
    (_P + "BLUETOOTH", 31, (_P + "BLUETOOTH_SCAN", _P + "BLUETOOTH_CONNECT", _P + "BLUETOOTH_ADVERTISE")),
    (_P + "BODY_SENSORS", 33, (_P + "BODY_SENSORS_BACKGROUND",)),
    (_P + "READ_EXTERNAL_STORAGE", 33, (_P + "READ_MEDIA_AUDIO", _P + "READ_MEDIA_VIDEO", _P + "READ_MEDIA_IMAGES")),
)
"""Permissions the platform grants without their being written (PackageParser.NEW_PERMISSIONS, split-permission)."""

# what androguard's parsers raise on malformed input, found by feeding them damaged files
ANDROGUARD_FAILS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    UnicodeError,
    ValueError,
    struct.error,
)


class ManifestError(Exception):
    """The manifest cannot be decoded; ``reason`` says why."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Manifest:
    """The few values other readers need."""

    package: str
    version: str
    """versionName, possibly a resource reference (``@7f…``)."""
    version_code: str
    label: str
    """Label, possibly a resource reference; empty where none is written."""


def read_manifest(data: bytes, collect: Collector) -> Manifest:
    """Record every fact of the manifest. Raises ManifestError where it cannot be decoded."""
    root = _decode(data)
    package = root.get("package", "")
    application = root.find("application")
    label = ""
    target = _levels(root, collect)
    _permissions(root, target, collect)
    _features_and_queries(root, collect)
    if application is not None:
        label = application.get(_ANDROID + "label", "")
        _application(application, package, collect)
    major = _int(root.get(_ANDROID + "versionCodeMajor", "")) or 0
    code = root.get(_ANDROID + "versionCode", "")
    if major and (minor := _int(code)) is not None:
        code = str(major << 32 | minor & 0xFFFFFFFF)
    if not package:
        collect.gap(
            MANIFEST,
            "manifest",
            Text(zh="清单没有包名（package），可能已损坏或被改动", en="names no package: it may be damaged or changed"),
            Table.PERMISSIONS,
            Table.SDKS,
            Table.DATA,
        )
    return Manifest(package, root.get(_ANDROID + "versionName", ""), code, label)


def _decode(data: bytes) -> Any:
    """Decode binary XML into an lxml element; the one place that calls androguard's AXML reader."""
    from androguard.core.axml import AXMLPrinter, ResParserError
    from loguru import logger

    logger.disable("androguard")
    if data[:2] != b"\x03\x00":  # RES_XML_TYPE
        plain = data.lstrip()[:1] == b"<"
        raise ManifestError(
            Text(
                zh="清单是明文 XML，不是已编译的二进制格式，不会被系统接受" if plain else "清单不是二进制 XML，无法读取",
                en="is plain XML, not the compiled form a device accepts" if plain else "is no binary XML and cannot be read",
            )
        )
    try:
        printer = AXMLPrinter(data)
        root = printer.get_xml_obj() if printer.is_valid() else None
    except (*ANDROGUARD_FAILS, ResParserError) as error:
        raise ManifestError(
            Text(zh=f"清单的二进制 XML 已损坏，无法读取（{error}）", en=f"is damaged binary XML and cannot be read ({error})")
        ) from None
    if root is None or root.tag != "manifest":
        raise ManifestError(
            Text(zh="清单的二进制 XML 已损坏，无法读取", en="is damaged binary XML and cannot be read")
        )
    return root


def _levels(root: Any, collect: Collector) -> int:
    """Record the API levels; return the target level, which decides what is implied."""
    uses = root.findall("uses-sdk")
    element = uses[-1] if uses else None
    written = {
        name: (element.get(f"{_ANDROID}{name}SdkVersion", "") if element is not None else "")
        for name in ("min", "target", "max")
    }
    minimum = written["min"] or "1"
    for name, value in {"min": minimum, "target": written["target"] or minimum, "max": written["max"]}.items():
        if value:
            at = f"uses-sdk@{name}SdkVersion" if written[name] else "uses-sdk (default)"
            collect.fact(FactKind.SDK_LEVEL, name, MANIFEST, at, value=value)
    return _int(written["target"] or minimum) or 1


def _permissions(root: Any, target: int, collect: Collector) -> None:
    requested: set[str] = set()
    for tag, kind in (
        ("uses-permission", FactKind.PERMISSION),
        ("uses-permission-sdk-23", FactKind.PERMISSION_SDK23),
        ("uses-permission-sdk-m", FactKind.PERMISSION_SDK23),
    ):
        for element in root.findall(tag):
            name = element.get(_ANDROID + "name", "").strip()
            if not name:
                continue
            requested.add(name)
            collect.fact(kind, name, MANIFEST, tag, max_sdk=_number(element.get(_ANDROID + "maxSdkVersion", "")))
    implied: dict[str, str] = {}
    # a rule may build on what another implies (WRITE_EXTERNAL_STORAGE of target 3 implies READ_…)
    for _ in range(3):
        for written, below, granted in _IMPLIED:
            if (below is None or target < below) and (not written or written in requested | set(implied)):
                for name in granted:
                    if name not in requested and name not in implied:
                        implied[name] = written or f"targetSdkVersion < {below}"
    for name, why in implied.items():
        collect.fact(FactKind.PERMISSION_IMPLIED, name, MANIFEST, "uses-permission", value=why)
    for element in root.findall("permission"):
        name = element.get(_ANDROID + "name", "").strip()
        if name:
            level = element.get(_ANDROID + "protectionLevel", "")
            collect.fact(FactKind.PERMISSION_DEFINED, name, MANIFEST, "permission", value=_protection(level))


_BASE_LEVELS = ("normal", "dangerous", "signature", "signatureOrSystem", "internal")


def _protection(written: str) -> str:
    """Return the base protection level by its name; the high bits are flags (attrs_manifest.xml, protectionLevel)."""
    number = _int(written)
    if number is None:
        return written or "normal"
    base = number & 0xF
    return _BASE_LEVELS[base] if base < len(_BASE_LEVELS) else str(number)


def _features_and_queries(root: Any, collect: Collector) -> None:
    for element in root.findall("uses-feature"):
        if name := element.get(_ANDROID + "name", ""):
            required = element.get(_ANDROID + "required", "true") != "false"
            collect.fact(
                FactKind.FEATURE, name, MANIFEST, "uses-feature", value="required" if required else "optional"
            )
    for queries in root.findall("queries"):
        for element in queries.findall("package"):
            if name := element.get(_ANDROID + "name", ""):
                collect.fact(FactKind.QUERY, name, MANIFEST, "queries/package", value="package")
        for element in queries.findall("provider"):
            for name in element.get(_ANDROID + "authorities", "").split(";"):
                if name:
                    collect.fact(FactKind.QUERY, name, MANIFEST, "queries/provider", value="provider")
        for element in queries.findall("intent/action"):
            if name := element.get(_ANDROID + "name", ""):
                collect.fact(FactKind.QUERY, name, MANIFEST, "queries/intent", value="intent")


def _application(application: Any, package: str, collect: Collector) -> None:
    for attribute, kind in (
        ("name", "application"),
        ("appComponentFactory", "app-component-factory"),
        ("backupAgent", "backup-agent"),
    ):
        if name := application.get(_ANDROID + attribute, ""):
            collect.fact(FactKind.COMPONENT, _class_name(name, package), MANIFEST, "application", value=kind)
    if (cleartext := application.get(_ANDROID + "usesCleartextTraffic", "")) in ("true", "false"):
        collect.fact(
            FactKind.TRANSPORT_SECURITY, "usesCleartextTraffic", MANIFEST, "application", value=cleartext
        )
    if config := application.get(_ANDROID + "networkSecurityConfig", ""):
        collect.fact(FactKind.TRANSPORT_SECURITY, "networkSecurityConfig", MANIFEST, "application", value=config)
    _meta_data(application, "", collect)
    for element in _components(application):
        name = element.get(_ANDROID + "name", "")
        if not name:
            continue
        name = _class_name(name, package)
        traits = {key.lower(): element.get(_ANDROID + key, "") for key in _COMPONENT_TRAITS}
        if target := traits.pop("targetactivity"):
            traits["target"] = _class_name(target, package)
        filters = element.findall("intent-filter")
        if not traits["exported"] and element.tag != "provider":
            # without the attribute, a component with an intent filter is exported (the rule up to target API 30)
            traits["exported"] = "implied-true" if filters else "implied-false"
        if any(_is_launcher(one) for one in filters):
            traits["launcher"] = "true"
        actions = sorted({action.get(_ANDROID + "name", "") for one in filters for action in one.findall("action")} - {""})
        traits["actions"] = ",".join(actions)
        collect.fact(FactKind.COMPONENT, name, MANIFEST, f"application/{element.tag}", value=element.tag, **traits)
        _meta_data(element, name, collect)


def _components(application: Any) -> Iterator[Any]:
    for tag in _COMPONENTS:
        yield from application.findall(tag)


def _is_launcher(intent_filter: Any) -> bool:
    actions = {action.get(_ANDROID + "name") for action in intent_filter.findall("action")}
    categories = {category.get(_ANDROID + "name") for category in intent_filter.findall("category")}
    return "android.intent.action.MAIN" in actions and "android.intent.category.LAUNCHER" in categories


def _meta_data(holder: Any, by: str, collect: Collector) -> None:
    for element in holder.findall("meta-data"):
        if name := element.get(_ANDROID + "name", ""):
            value = element.get(_ANDROID + "value", "") or element.get(_ANDROID + "resource", "")
            collect.fact(FactKind.META_DATA, name, MANIFEST, "meta-data", value=value, by=by)


def _class_name(name: str, package: str) -> str:
    """Expand a class name as PackageParser.buildClassName does: ``.X`` and ``X`` are relative to the package."""
    if name.startswith("."):
        return package + name
    return f"{package}.{name}" if "." not in name and package else name


def _int(text: str) -> int | None:
    try:
        return int(text, 0)
    except ValueError:
        return None


def _number(text: str) -> str:
    number = _int(text)
    return str(number) if number is not None else text

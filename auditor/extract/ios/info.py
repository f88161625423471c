"""``Info.plist`` and its localisations: identity, usage descriptions, URL schemes, background modes, transport security.

Keys: Apple's "Information Property List" reference (developer.apple.com/documentation/bundleresources).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from auditor.archive import Archive
from auditor.build import FactKind, Table, Text
from auditor.extract.collector import Collector
from auditor.extract.hosts import is_public
from auditor.extract.ios.bundles import Bundle
from auditor.extract.ios.plist import PlistError, PlistValue, read_plist

__all__ = ["BASE", "SIMULATOR", "Info", "read_info", "read_plist_entry", "value_text"]

BASE = "Base"
"""What facts from Info.plist itself name as their language."""

_USAGE_KEY = re.compile(r"[A-Za-z][A-Za-z0-9]*UsageDescription(?:Dictionary)?", re.ASCII)
_VARIANT = re.compile(r"(?:-(?:iphoneos|iphonesimulator|macos))?(?:~(?:iphone|ipad|ipod|applewatch|appletv))?$", re.ASCII)
"""Suffixes by which a key holds for one platform or device only."""
_NAME_KEYS = ("CFBundleDisplayName", "CFBundleName")
_EXTENSION_POINTS = (("NSExtension", "NSExtensionPointIdentifier"), ("EXAppExtensionAttributes", "EXExtensionPointIdentifier"))
_MOST_DEVICES = 3
SIMULATOR = Text(
    zh="这是模拟器构建，不能安装到设备上，其中的代码和 SDK 可能与发布的安装包不同；请提供设备构建（由 Xcode 归档导出的 .ipa）",
    en="is a simulator build: it installs on no device, and its code and SDKs may differ from what is published; supply a build for"
    " devices, such as the .ipa exported from the Xcode archive",
)
"""Said of an app's Info.plist or executable."""
_TEXT, _ARRAY, _DICTIONARY = ("文本", "text"), ("数组", "an array"), ("字典", "a dictionary")


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """What the rest of the reading needs of a bundle's Info.plist; empty strings where it does not say."""

    identifier: str = ""
    executable: str = ""
    version: str = ""
    build: str = ""
    label: str = ""
    """The name under the icon on a phone set to Chinese."""


def read_plist_entry(archive: Archive, collect: Collector, name: str, *hides: Table) -> Mapping[str, PlistValue] | None:
    """Read a plist whose root must be a dictionary; what cannot be read becomes a gap and None."""
    data = collect.read(archive, name, *hides)
    if data is None:
        return None
    try:
        value = read_plist(data)
    except PlistError as error:
        collect.gap(archive.place(name), "", error.reason, *hides)
        return None
    if not isinstance(value, dict):
        collect.gap(archive.place(name), "", Text(zh="plist 的根不是字典", en="is a plist whose root is no dictionary"), *hides)
        return None
    if not data.strip() and not name.endswith(".strings"):
        # old-style text without a value is an empty dictionary, which only a file of strings may be
        collect.gap(archive.place(name), "", Text(zh="文件为空", en="is an empty file"), *hides)
        return None
    return value


def read_info(archive: Archive, collect: Collector, bundle: Bundle) -> Info:
    """Collect what a bundle's Info.plist and localisations say; a plist that cannot be read is a gap."""
    name = f"{bundle.path}/Info.plist"
    hides = (Table.USAGE_KEYS, Table.SDKS, Table.DATA) if bundle.runs else (Table.SDKS,)
    if name not in archive:
        if bundle.runs:
            collect.gap(
                archive.place(bundle.path),
                "Info.plist",
                Text(zh="缺少 Info.plist，安装包不完整", en="has no Info.plist: the build is incomplete"),
                *hides,
            )
        _present(archive.place(bundle.path), collect, bundle, Info())
        return Info()
    values = read_plist_entry(archive, collect, name, *hides)
    file = archive.place(name)
    if bundle.runs and values is not None and "CFBundleIdentifier" not in values:
        # nothing installs without one, so the rest of it may be missing as well
        reason = Text(zh="缺少 CFBundleIdentifier，Info.plist 不完整", en="has no CFBundleIdentifier: the Info.plist is incomplete")
        collect.gap(file, "CFBundleIdentifier", reason, *hides)
    reader = _Info(collect, file, values or {})
    info = Info(
        identifier=reader.text("CFBundleIdentifier"),
        executable=reader.text("CFBundleExecutable", *hides),
        version=reader.text("CFBundleShortVersionString"),
        build=reader.text("CFBundleVersion"),
        label=next(filter(None, map(reader.text, _NAME_KEYS)), ""),
    )
    _present(file, collect, bundle, info)
    if not bundle.runs:
        return info
    reader.part(bundle, info)
    if bundle.main:
        reader.made_for()
    reader.usage_strings(BASE)
    reader.modes()
    reader.schemes()
    reader.transport_security()
    if bundle.main and (least := reader.text("MinimumOSVersion")):
        collect.fact(FactKind.SDK_LEVEL, "min", file, "MinimumOSVersion", value=least)
    names = {
        language: label
        for language, strings, place in _localisations(archive, collect, bundle)
        if (label := _localised(collect, strings, place, language, bundle))
    }
    chinese = next((names[language] for language in sorted(names) if _is_chinese(language)), "")
    return Info(
        identifier=info.identifier,
        executable=info.executable,
        version=info.version,
        build=info.build,
        label=chinese or info.label,
    )


def _is_chinese(language: str) -> bool:
    # simplified Chinese as Xcode has named it over the years
    return language.replace("_", "-") in ("zh-Hans", "zh-Hans-CN", "zh-CN", "zh")


def _present(file: str, collect: Collector, bundle: Bundle, info: Info) -> None:
    if bundle.kind == "framework":
        collect.fact(FactKind.FRAMEWORK, bundle.name, file, value=info.identifier, version=info.version or info.build)
    elif bundle.kind == "bundle":
        collect.fact(FactKind.BUNDLE, bundle.name, file, value=info.identifier)


# -- localisations ------------------------------------------------------------------------------------------------


def _localisations(
    archive: Archive, collect: Collector, bundle: Bundle
) -> Iterator[tuple[str, Mapping[str, PlistValue], tuple[str, str]]]:
    """Yield (language, strings, (file, prefix of the place in it)) of a bundle's localised Info.plist values."""
    pattern = re.compile(re.escape(bundle.path) + r"/([^/]+)\.lproj/InfoPlist\.strings")
    for name in archive.names():
        match = pattern.fullmatch(name) if name.endswith("/InfoPlist.strings") else None
        if match and (strings := read_plist_entry(archive, collect, name, Table.USAGE_KEYS)) is not None:
            yield match[1], strings, (archive.place(name), "")
    # one file for all languages, as newer Xcodes can write
    table = f"{bundle.path}/InfoPlist.loctable"
    if table in archive:
        languages = read_plist_entry(archive, collect, table, Table.USAGE_KEYS) or {}
        for language, values in languages.items():
            if isinstance(values, dict) and language != "LocProvenance":
                yield language, values, (archive.place(table), f"{language} ! ")


def _localised(
    collect: Collector, strings: Mapping[str, PlistValue], place: tuple[str, str], language: str, bundle: Bundle
) -> str:
    """Collect one language's strings and return the name it gives the app."""
    reader = _Info(collect, *place[:1], strings, prefix=place[1])
    reader.usage_strings(language)
    labels = [(key, label) for key in _NAME_KEYS if (label := reader.text(key))]
    for key, label in labels:
        collect.fact(
            FactKind.META_DATA, key, place[0], f"{place[1]}{key}", value=label, by=bundle.name, language=language
        )
    return labels[0][1] if labels else ""


# -- values -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Info:
    """One dictionary of Info.plist keys, read with every value's type checked."""

    collect: Collector
    file: str
    values: Mapping[str, PlistValue]
    prefix: str = ""

    def wrong(self, at: str, expected: tuple[str, str], *hides: Table) -> None:
        zh, en = expected
        reason = Text(zh=f"值的类型有误，应为{zh}", en=f"has a value of the wrong type: {en} was expected")
        self.collect.gap(self.file, self.prefix + at, reason, *hides)

    def text(self, key: str, *hides: Table) -> str:
        value = self.values.get(key)
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self.wrong(key, _TEXT, *hides)
            return ""
        # versions are now and then written as numbers
        return str(value)

    def texts(self, key: str, *hides: Table) -> list[str]:
        return self.listed(self.values.get(key), key, *hides)

    def listed(self, value: PlistValue, at: str, *hides: Table) -> list[str]:
        if value is None:
            return []
        # one string in place of an array of one is read by the system too
        items = value if isinstance(value, list) else [value] if isinstance(value, str) else None
        if items is None:
            self.wrong(at, _ARRAY, *hides)
            return []
        found: list[str] = []
        for number, item in enumerate(items):
            if isinstance(item, str):
                found.append(item)
            else:
                self.wrong(f"{at}[{number}]", _TEXT, *hides)
        return found

    def usage_strings(self, language: str) -> None:
        for written, value in self.values.items():
            key = _VARIANT.sub("", written)
            if not _USAGE_KEY.fullmatch(key):
                continue
            variant = written[len(key) :]
            if isinstance(value, str):
                self.usage_string(key, written, value, language, variant)
            elif key.endswith("Dictionary") and isinstance(value, dict):
                self.usage_dictionary(key, written, value, language, variant)
            else:
                self.wrong(written, _DICTIONARY if key.endswith("Dictionary") else _TEXT, Table.USAGE_KEYS)

    def usage_dictionary(
        self, key: str, written: str, purposes: dict[str, PlistValue], language: str, variant: str
    ) -> None:
        """Collect the descriptions of a dictionary that gives one per purpose (NSLocationTemporary…)."""
        if not purposes:
            self.usage_string(key, written, "", language, variant)
        for purpose, text in purposes.items():
            if isinstance(text, str):
                self.usage_string(key, f"{written} ! {purpose}", text, language, variant)
            else:
                self.wrong(f"{written} ! {purpose}", _TEXT, Table.USAGE_KEYS)

    def usage_string(self, key: str, at: str, value: str, language: str, variant: str) -> None:
        self.collect.fact(
            FactKind.USAGE_STRING, key, self.file, self.prefix + at, value=value, by=language, variant=variant
        )

    def part(self, bundle: Bundle, info: Info) -> None:
        """Record what an app inside the app, or an extension of it, is."""
        kind, point = bundle.kind, ""
        if bundle.main:
            return
        if kind == "app":
            if "NSAppClip" in self.values or "/AppClips/" in bundle.path:
                kind = "app-clip"
            elif {"WKWatchKitApp", "WKApplication", "WKCompanionAppBundleIdentifier"} & self.values.keys() or "/Watch/" in bundle.path:
                kind = "watch-app"
        elif kind == "extension":
            for holder, key in _EXTENSION_POINTS:
                extends = self.values.get(holder)
                named = extends.get(key) if isinstance(extends, dict) else None
                point = named if isinstance(named, str) else point
        version = info.version or info.build
        self.collect.fact(FactKind.PART, bundle.name, self.file, value=kind, by=info.identifier, point=point, version=version)

    def made_for(self) -> None:
        """Say what shows that the build is not what all users have: one for the simulator, one cut down for some devices."""
        platforms = [one for one in self.texts("CFBundleSupportedPlatforms") if one]
        if any(one.endswith("Simulator") for one in platforms) or self.text("DTPlatformName").endswith("simulator"):
            self.collect.gap(self.file, "CFBundleSupportedPlatforms", SIMULATOR)
        devices = self.values.get("UISupportedDevices")
        if isinstance(devices, list) and devices:
            named = ", ".join(str(one) for one in devices[:_MOST_DEVICES]) + (", …" if len(devices) > _MOST_DEVICES else "")
            reason = Text(
                zh=f"这是针对部分设备（{named}）精简的变体（App Thinning）：仅其他设备使用的资源不在其中",
                en=f"is a variant thinned for some devices ({named}): resources that only others use are not in it",
            )
            self.collect.gap(self.file, "UISupportedDevices", reason)

    def modes(self) -> None:
        for key in ("UIBackgroundModes", "WKBackgroundModes"):
            for mode in self.texts(key, Table.DATA):
                self.collect.fact(FactKind.BACKGROUND_MODE, mode, self.file, key)

    def schemes(self) -> None:
        for scheme in self.texts("LSApplicationQueriesSchemes", Table.SDKS):
            self.collect.fact(FactKind.QUERY_SCHEME, scheme, self.file, "LSApplicationQueriesSchemes")
        types = self.values.get("CFBundleURLTypes")
        if types is None:
            return
        if not isinstance(types, list):
            self.wrong("CFBundleURLTypes", _ARRAY, Table.SDKS)
            return
        for number, one in enumerate(types):
            at = f"CFBundleURLTypes[{number}]"
            if not isinstance(one, dict):
                self.wrong(at, _DICTIONARY, Table.SDKS)
                continue
            for scheme in self.listed(one.get("CFBundleURLSchemes"), f"{at} ! CFBundleURLSchemes", Table.SDKS):
                self.collect.fact(FactKind.URL_SCHEME, scheme, self.file, at)

    def transport_security(self) -> None:
        settings = self.values.get("NSAppTransportSecurity")
        if settings is None:
            return
        if not isinstance(settings, dict):
            self.wrong("NSAppTransportSecurity", _DICTIONARY)
            return
        for key, value in settings.items():
            if key == "NSExceptionDomains" and isinstance(value, dict):
                for domain, exceptions in value.items():
                    if isinstance(exceptions, dict):
                        for name, setting in exceptions.items():
                            self.transport_fact(f"{domain} ! {name}", setting, local="" if is_public(domain.lower()) else "true")
                    else:
                        self.wrong(f"NSAppTransportSecurity ! NSExceptionDomains ! {domain}", _DICTIONARY)
            else:
                self.transport_fact(key, value)

    def transport_fact(self, name: str, value: PlistValue, **traits: str) -> None:
        if isinstance(value, dict | list):
            self.wrong(f"NSAppTransportSecurity ! {name}", _TEXT)
        else:
            self.collect.fact(
                FactKind.TRANSPORT_SECURITY, name, self.file, "NSAppTransportSecurity", value=value_text(value), **traits
            )


def value_text(value: PlistValue) -> str:
    """Return a scalar as the text facts hold: ``true``, ``false``, a number, the string itself."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)

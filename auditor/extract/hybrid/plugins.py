"""The plug-ins Cordova and Capacitor list in files of their own.

Forms: ``cordova_plugins.js`` (cordova-lib, PluginManager), ``config.xml``, ``capacitor.plugins.json`` and
``capacitor.config.json`` (capacitor CLI, android/update and ios/update).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

__all__ = ["capacitor_plugins", "cordova_features", "cordova_globals", "cordova_plugins"]

_METADATA = re.compile(rb"module\.exports\.metadata\s{0,8}=\s{0,8}\{([^{}]{0,200000})\}")
_PAIR = re.compile(rb"[\"']([@\w./-]{1,128})[\"']\s{0,8}:\s{0,8}[\"']([\w.+-]{0,64})[\"']")
_PLUGIN_ID = re.compile(rb"[\"']?pluginId[\"']?\s{0,8}:\s{0,8}[\"']([@\w./-]{1,128})[\"']")
_GLOBALS = re.compile(rb"[\"']?(?:clobbers|merges)[\"']?\s{0,8}:\s{0,8}\[([^\[\]]{0,4000})\]")
_GLOBAL = re.compile(rb"[\"']([\w$.]{1,128})[\"']")
_FEATURE = re.compile(rb"<feature\s{1,8}name\s{0,4}=\s{0,4}[\"']([\w.-]{1,128})[\"']")
_MOST = 1000


def cordova_plugins(data: bytes) -> dict[str, str]:
    """Return plug-in -> version of a cordova_plugins.js; plug-ins without a version too."""
    found: dict[str, str] = {}
    for match in _PLUGIN_ID.finditer(data):
        found.setdefault(match[1].decode("ascii"), "")
        if len(found) >= _MOST:
            return found
    if metadata := _METADATA.search(data):
        for match in _PAIR.finditer(metadata[1]):
            found[match[1].decode("ascii")] = match[2].decode("ascii")
            if len(found) >= _MOST:
                break
    return dict(sorted(found.items()))


def cordova_globals(data: bytes) -> list[str]:
    """Return the names by which pages reach what the plug-ins of a cordova_plugins.js define: ``navigator.camera``."""
    found: set[str] = set()
    for match in _GLOBALS.finditer(data):
        found.update(one[1].decode("ascii").removeprefix("window.") for one in _GLOBAL.finditer(match[1]))
        if len(found) >= _MOST:
            break
    return sorted(found)[:_MOST]


def cordova_features(data: bytes) -> list[str]:
    """Return the features a plain config.xml maps to native classes."""
    return sorted({match[1].decode("ascii") for match, _ in zip(_FEATURE.finditer(data), range(_MOST), strict=False)})


def capacitor_plugins(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield (package, class) of capacitor.plugins.json, (class, "") of ``packageClassList`` of a configuration.

    Raises ValueError where the file is no JSON.
    """
    try:
        value = json.loads(data.decode("utf-8-sig"))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if isinstance(value, list):
        for entry in value[:_MOST]:
            if isinstance(entry, dict) and isinstance(name := entry.get("pkg"), str):
                class_ = entry.get("classpath")
                yield name, class_ if isinstance(class_, str) else ""
    elif isinstance(value, dict) and isinstance(classes := value.get("packageClassList"), list):
        for class_ in classes[:_MOST]:
            if isinstance(class_, str):
                yield class_, ""

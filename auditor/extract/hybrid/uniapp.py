"""uni-app and 5+ App resources (DCloud): what their JSON and XML files configure.

Form: uniapp.dcloud.net.cn/tutorial/app-manifest and /tutorial/app-privacy-android. In a build, ``permissions`` of manifest.json
are the modules of the runtime and ``plus`` is what the project calls ``app-plus``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["Setting", "read_control", "read_features", "read_json", "read_settings"]

_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|/\*.*?\*/|//[^\n]*', re.DOTALL)
_FEATURE = re.compile(rb"<feature\s{1,8}name\s{0,4}=\s{0,4}[\"']([\w.-]{1,64})[\"']\s{1,8}value\s{0,4}=\s{0,4}[\"']([\w.$]{1,200})[\"']")
_CONTROL = re.compile(rb"<hbuilder\b([^>]{0,400})>")
_APP = re.compile(rb"<app\s([^>]{0,400})>")
_ATTRIBUTE = re.compile(rb"([\w:.-]{1,40})\s{0,4}=\s{0,4}(?:\"([^\"]{0,200})\"|'([^']{0,200})')")
_PERMISSION = re.compile(r"<uses-permission[^>]{0,200}?android:name\s{0,4}=\s{0,4}[\"']([\w.]{1,200})[\"']")
_MOST = 500
"""Entries of one kind taken from one file."""
_PLACES = ("plus", "app-plus")
"""Where the configuration of the app stands: in a build, and in a project."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing a file configures."""

    kind: str
    """``app``, ``module``, ``sdk``, ``permission`` or ``prompt``."""
    name: str
    at: str
    """Key path in the file."""
    value: str = ""


def read_json(data: bytes) -> Any:
    """Return a JSON value; comments, which the project's tools allow, are left out. Raises ValueError."""
    text = data.decode("utf-8-sig")
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except ValueError:
        bare = _TOKENS.sub(lambda match: match[0] if match[0].startswith('"') else " ", text)
        try:
            return json.loads(bare)
        except RecursionError:
            raise ValueError("nested too deeply") from None


def read_settings(value: Any) -> Iterator[Setting]:
    """Yield what a manifest.json configures. Raises ValueError where it is none: no object."""
    if not isinstance(value, dict):
        raise ValueError("no object")
    version = value.get("version")
    name = version.get("name") if isinstance(version, dict) else value.get("versionName")
    app_id = value.get("id") or value.get("appid")
    if isinstance(app_id, str):
        yield Setting("app", app_id, "id", name if isinstance(name, str) else "")
    yield from _keys("module", value.get("permissions"), "permissions")
    for place in _PLACES:
        plus = value.get(place)
        if isinstance(plus, dict):
            yield from _of_app(plus, place)


def _of_app(plus: dict[str, Any], place: str) -> Iterator[Setting]:
    yield from _keys("module", plus.get("modules"), f"{place}.modules")
    prompt = _at(plus, "privacy", "prompt")
    if isinstance(prompt, str):
        yield Setting("prompt", "privacy.prompt", f"{place}.privacy.prompt", prompt)
    compiler = _at(plus, "uni-app", "compilerVersion")
    if isinstance(compiler, str):
        yield Setting("compiler", compiler, f"{place}.uni-app.compilerVersion")
    distribute = plus.get("distribute")
    if not isinstance(distribute, dict):
        return
    path = f"{place}.distribute"
    for holder in (distribute, distribute.get("plugins")):
        if isinstance(holder, dict):
            for key in ("sdkConfigs", "oauth", "share", "payment", "push", "maps", "geolocation", "statics", "ad"):
                found = holder.get(key)
                if key == "sdkConfigs" and isinstance(found, dict):
                    for group, providers in sorted(found.items())[:_MOST]:
                        yield from _keys("sdk", providers, f"{path}.sdkConfigs.{group}", f"{group}.")
                elif key != "sdkConfigs":
                    yield from _keys("sdk", found, f"{path}.{key}", f"{key}.")
    for holder in (distribute.get("android"), distribute.get("google")):
        lines = holder.get("permissions") if isinstance(holder, dict) else None
        for line in lines[:_MOST] if isinstance(lines, list) else ():
            if isinstance(line, str) and (match := _PERMISSION.search(line[:1000])):
                yield Setting("permission", match[1], f"{path}.android.permissions")


def _keys(kind: str, value: Any, at: str, prefix: str = "") -> Iterator[Setting]:
    """Yield the keys of an object: what they hold (keys of accounts, addresses) is not read."""
    if isinstance(value, dict):
        for key in sorted(value)[:_MOST]:
            yield Setting(kind, f"{prefix}{key}", f"{at}.{key}")


def _at(value: Any, *path: str) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def read_control(data: bytes) -> tuple[str, list[str]] | None:
    """Return the runtime's version and the ids of the apps it starts, as dcloud_control.xml (iOS: control.xml) has them; None for
    another file.
    """
    head = _CONTROL.search(data)
    if head is None:
        return None
    ids = [attributes.get("appid", "") for match in _APP.finditer(data) if (attributes := _attributes(match[1]))]
    return _attributes(head[1]).get("version", ""), list(dict.fromkeys(filter(None, ids)))[:_MOST]


def _attributes(data: bytes) -> dict[str, str]:
    return {
        match[1].decode("ascii", "replace"): (match[2] or match[3] or b"").decode("utf-8", "replace")
        for match in _ATTRIBUTE.finditer(data)
    }


def read_features(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield (name, class) of the features dcloud_properties.xml registers."""
    for number, match in enumerate(_FEATURE.finditer(data)):
        if number >= _MOST:
            return
        yield match[1].decode("ascii"), match[2].decode("ascii")

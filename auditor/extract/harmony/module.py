"""What describes a HarmonyOS module: ``module.json`` (stage model) or ``config.json`` (the older FA model), and ``pack.info``.

Formats: openharmony/docs, quick-start/module-configuration-file.md, app-configuration-file.md, deviceconfig-structure.md,
module-structure.md; pack.info as openharmony/developtools_packing_tool writes it. Values of another form than documented
are left out: the system's installer refuses such a module, the rest of it is read all the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from auditor.build import FactKind
from auditor.extract.collector import Place
from auditor.extract.harmony.resources import BASE, Resources

__all__ = ["CONFIG", "MODULE", "PACK_INFO", "Module", "Needed", "is_described", "listed_modules", "parse", "read_module"]

MODULE = "module.json"
CONFIG = "config.json"
PACK_INFO = "pack.info"
_API_FACTOR = 100_000
"""HarmonyOS writes an API level as version and level: 50005017 is level 17 of 5.0.5. OpenHarmony writes the bare level."""


@dataclass(frozen=True, slots=True)
class Needed:
    """A module this one needs."""

    name: str
    bundle: str
    """Of another app; empty = the app's own."""


@dataclass(frozen=True, slots=True)
class Module:
    """What is to be known of a module beyond its facts."""

    name: str
    type: str
    """``entry``, ``feature``, ``shared``, ``har``."""
    package: str
    """Its name as a package of ohpm; may be empty."""
    bundle: str
    version: str
    version_code: str
    label: str
    needs: tuple[Needed, ...]
    scripted: bool
    """Whether code of it is written for the ArkTS runtime, so that bytecode must be there."""


def parse(data: bytes) -> dict[str, Any] | None:
    """Return a JSON object, or None where the bytes are none."""
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def is_described(described: dict[str, Any]) -> bool:
    """Tell whether an object is the description of a HarmonyOS module: it names its app's bundle and itself."""
    return bool(_text(_object(described, "app"), "bundleName")) and bool(_object(described, "module"))


def _object(of: dict[str, Any], key: str) -> dict[str, Any]:
    found = of.get(key)
    return found if isinstance(found, dict) else {}


def _objects(of: dict[str, Any], key: str) -> Iterator[tuple[int, dict[str, Any]]]:
    found = of.get(key)
    for index, one in enumerate(found if isinstance(found, list) else ()):
        if isinstance(one, dict):
            yield index, one


def _text(of: dict[str, Any], key: str) -> str:
    found = of.get(key)
    if isinstance(found, bool):
        return "true" if found else "false"
    return str(found) if isinstance(found, str | int) else ""


def _texts(of: dict[str, Any], key: str) -> list[str]:
    found = of.get(key)
    listed = found if isinstance(found, list) else [found]
    return [one for one in listed if isinstance(one, str)]


def _number(of: dict[str, Any], key: str) -> int:
    found = of.get(key)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def read_module(described: dict[str, Any], place: Place, resources: Resources | None) -> Module:
    """Record what a module's description states; ``resources`` are its texts, None where they could not be read."""
    stage = "apiVersion" not in _object(described, "app")
    return _Reader(described, place, resources).stage() if stage else _Reader(described, place, resources).older()


class _Reader:
    def __init__(self, described: dict[str, Any], place: Place, resources: Resources | None) -> None:
        self.app, self.module = _object(described, "app"), _object(described, "module")
        self.place = place
        self.resources = resources or Resources()
        self.unread = resources is None

    # -- stage model ---------------------------------------------------------------------------------------------------

    def stage(self) -> Module:
        """Read ``module.json``."""
        app, module = self.app, self.module
        name = _text(module, "name")
        self.level("min", _number(app, "minAPIVersion"))
        self.level("target", _number(app, "targetAPIVersion"))
        main = _text(module, "mainElement")
        label = ""
        for key, kind in (("abilities", "ability"), ("extensionAbilities", "extension-ability")):
            for index, ability in _objects(module, key):
                self.ability(f"{key}[{index}]", ability, kind, name)
                if kind == "ability" and (_text(ability, "name") == main or not label):
                    label = self.resources.text(_text(ability, "label"), _number(ability, "labelId")) or label
        for index, asked in _objects(module, "requestPermissions"):
            scene = _object(asked, "usedScene")
            self.permission(f"requestPermissions[{index}]", asked, _texts(scene, "abilities"), scene, name)
        for index, defined in _objects(module, "definePermissions"):
            self.defined(f"definePermissions[{index}]", defined, "availableLevel", name)
        for index, one in _objects(module, "metadata"):
            self.meta_data(f"metadata[{index}]", one, "")
        for scheme in _texts(module, "querySchemes"):
            self.place.fact(FactKind.QUERY_SCHEME, scheme, "querySchemes", by=name)
        needs = tuple(
            Needed(_text(one, "moduleName"), _other(_text(one, "bundleName"), _text(app, "bundleName")))
            for _, one in _objects(module, "dependencies")
            if _text(one, "moduleName")
        )
        scripted = bool(_text(module, "virtualMachine") or any(_text(one, "srcEntry") for _, one in _objects(module, "abilities")))
        return Module(
            name=name,
            type=_text(module, "type"),
            package=_text(module, "packageName"),
            bundle=_text(app, "bundleName"),
            version=_text(app, "versionName"),
            version_code=_text(app, "versionCode"),
            label=label or self.resources.text(_text(app, "label"), _number(app, "labelId")),
            needs=needs,
            scripted=scripted,
        )

    # -- FA model ------------------------------------------------------------------------------------------------------

    def older(self) -> Module:
        """Read ``config.json``."""
        app, module = self.app, self.module
        api, version, distro = _object(app, "apiVersion"), _object(app, "version"), _object(module, "distro")
        name = _text(distro, "moduleName") or _text(module, "name")
        self.level("min", _number(api, "compatible"))
        self.level("target", _number(api, "target"))
        label = ""
        for index, ability in _objects(module, "abilities"):
            kind = "ability" if _text(ability, "type") in ("page", "") else "extension-ability"
            self.ability(f"abilities[{index}]", ability, kind, name)
            if kind == "ability" and not label:
                label = self.resources.text(_text(ability, "label"), _number(ability, "labelId"))
        for index, asked in _objects(module, "reqPermissions"):
            scene = _object(asked, "usedScene")
            self.permission(f"reqPermissions[{index}]", asked, [*_texts(scene, "ability"), *_texts(scene, "abilities")], scene, name)
        for index, defined in _objects(module, "defPermissions"):
            self.defined(f"defPermissions[{index}]", defined, "availableScope", name)
        for index, one in _objects(_object(module, "metaData"), "customizeData"):
            self.meta_data(f"metaData.customizeData[{index}]", one, "")
        return Module(
            name=name,
            type=_text(distro, "moduleType"),
            package="",
            bundle=_text(app, "bundleName"),
            version=_text(version, "name"),
            version_code=_text(version, "code"),
            label=label or self.resources.text(_text(app, "label"), _number(app, "labelId")),
            needs=(),
            scripted=bool(module.get("js")),
        )

    # -- pieces --------------------------------------------------------------------------------------------------------

    def level(self, name: str, written: int) -> None:
        """Record an API level, without the version HarmonyOS writes before it."""
        if written:
            level = written % 1000 if written > _API_FACTOR else written
            self.place.fact(FactKind.SDK_LEVEL, name, f"app {name}", value=str(level))

    def ability(self, at: str, ability: dict[str, Any], kind: str, module: str) -> None:
        """Record an ability, its metadata and the schemes it answers to."""
        name = _text(ability, "name")
        if not name:
            return
        exported = _text(ability, "exported") or _text(ability, "visible")
        self.place.fact(FactKind.COMPONENT, name, at, value=kind, by=module, exported=exported, type=_text(ability, "type"))
        for index, one in _objects(ability, "metadata"):
            self.meta_data(f"{at}.metadata[{index}]", one, name)
        for _, skill in _objects(ability, "skills"):
            for _, uri in _objects(skill, "uris"):
                if scheme := _text(uri, "scheme"):
                    self.place.fact(FactKind.URL_SCHEME, scheme, f"{at}.skills", by=name)

    def meta_data(self, at: str, one: dict[str, Any], holder: str) -> None:
        """Record a key and its value."""
        if name := _text(one, "name"):
            self.place.fact(FactKind.META_DATA, name, at, value=_text(one, "value") or _text(one, "resource"), by=holder)

    def permission(self, at: str, asked: dict[str, Any], abilities: list[str], scene: dict[str, Any], module: str) -> None:
        """Record a permission asked for, and its reason in each language."""
        name = _text(asked, "name")
        if not name:
            return
        reason = _text(asked, "reason")
        self.place.fact(
            FactKind.PERMISSION,
            name,
            at,
            by=module,
            reason=reason,
            when=_text(scene, "when"),
            abilities=", ".join(sorted(abilities)),
        )
        texts = self.resources.texts(reason, _number(asked, "reasonId"))
        if reason and not texts and not self.unread:
            # the system shows words of its own for a text that is not there
            texts = {BASE: ""}
        for language, text in texts.items():
            self.place.fact(FactKind.PERMISSION_REASON, name, f"{at}.reason", value=text, by=language, module=module)

    def defined(self, at: str, one: dict[str, Any], level: str, module: str) -> None:
        """Record a permission the module defines."""
        if name := _text(one, "name"):
            self.place.fact(FactKind.PERMISSION_DEFINED, name, at, value=_text(one, level), by=module, grant_mode=_text(one, "grantMode"))


def _other(bundle: str, own: str) -> str:
    return "" if bundle == own else bundle


def listed_modules(described: dict[str, Any]) -> list[str]:
    """Return the names of the modules a ``pack.info`` lists, sorted."""
    summary = _object(described, "summary")
    names = {_text(_object(one, "distro"), "moduleName") for _, one in _objects(summary, "modules")}
    return sorted(names - {""})

"""The manifest of an app: its own, and those of its libraries merged into it, as the build tools do."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tests.forge.apk import component, intent_filter, launcher, manifest, meta_data
from tests.forge.axml import ATTRIBUTES, Attribute, Element

__all__ = ["Merged", "app_manifest", "merge"]

_ANDROID = "{http://schemas.android.com/apk/res/android}"
_COMPONENTS = ("activity", "activity-alias", "service", "receiver", "provider")
_KEPT = frozenset("name exported permission authorities process enabled value scheme host initOrder targetActivity".split())
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


@dataclass(slots=True)
class Merged:
    """What libraries bring into a manifest."""

    permissions: list[str] = field(default_factory=list)
    components: list[tuple[str, str, ET.Element | None]] = field(default_factory=list)
    """(tag, class, element)."""
    meta_data: list[tuple[str, str]] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the components' classes."""
        return tuple(dict.fromkeys(name for _, name, _ in self.components))


def merge(merged: Merged, text: bytes, app: str) -> str:
    """Add a library's manifest; return its package. Unreadable ones do not occur in pinned artefacts."""
    root = ET.fromstring(text)
    package = root.get("package", "")
    for one in root.iter():
        name = _filled(one.get(f"{_ANDROID}name", ""), app)
        if one.tag in ("uses-permission", "uses-permission-sdk-23"):
            merged.permissions.append(name)
        elif one.tag in _COMPONENTS:
            merged.components.append((one.tag, f"{package}{name}" if name.startswith(".") else name, one))
    for application in root.findall("application"):
        for one in application.findall("meta-data"):
            value = _filled(one.get(f"{_ANDROID}value", ""), app)
            merged.meta_data.append((one.get(f"{_ANDROID}name", ""), "" if value.startswith("@") else value))
    for one in root.findall("queries/package"):
        merged.queries.append(one.get(f"{_ANDROID}name", ""))
    return package


def app_manifest(
    package: str,
    merged: Merged,
    *,
    services: Iterable[str] = (),
    permissions: Iterable[str] = (),
    renamed: Callable[[str], str] = str,
) -> Element:
    """Return an app's manifest; ``renamed`` maps the name a class was written with to the one it has in the build."""
    components = [component("activity", renamed(f"{package}.MainActivity"), launcher(), exported=True)]
    components += [component("service", renamed(name)) for name in services]
    seen: set[str] = set()
    for tag, name, element in merged.components:
        if name not in seen:
            seen.add(name)
            components.append(_component(tag, renamed(name), element, package))
    components += [meta_data(name, value) for name, value in dict(merged.meta_data).items()]
    before: Sequence[Element] = ()
    if merged.queries:
        asked = [Element("package", {"android:name": name}) for name in dict.fromkeys(merged.queries)]
        before = [Element("queries", children=asked)]
    asks = dict.fromkeys([*permissions, *merged.permissions])
    return manifest(package, permissions=asks, components=components, application={"label": "Shop"}, before_application=before)


def _component(tag: str, name: str, element: ET.Element | None, app: str) -> Element:
    if element is None:
        return component(tag, name)
    attributes: dict[str, Attribute] = {"android:name": name}
    for key, value in element.attrib.items():
        local = key.removeprefix(_ANDROID)
        if local in _KEPT & ATTRIBUTES.keys() and local != "name" and not value.startswith(("@", "?")):
            attributes[f"android:{local}"] = _typed(_filled(value, app))
    children = []
    for inner in element.findall("intent-filter"):
        actions = [one.get(f"{_ANDROID}name", "") for one in inner.findall("action")]
        categories = [one.get(f"{_ANDROID}name", "") for one in inner.findall("category")]
        schemes = [scheme for one in inner.findall("data") if (scheme := one.get(f"{_ANDROID}scheme"))]
        children.append(intent_filter(*actions, categories=categories, schemes=[_filled(one, app) for one in schemes]))
    return Element(tag, attributes, children)


def _typed(value: str) -> Attribute:
    return value == "true" if value in ("true", "false") else int(value) if value.isdigit() else value


def _filled(text: str, app: str) -> str:
    return _PLACEHOLDER.sub(lambda match: app if match[1] == "applicationId" else f"filled_{match[1]}", text)

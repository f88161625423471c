"""What the manifest of one library asks an app to take over."""

from __future__ import annotations

import re
from dataclasses import dataclass

from auditor.errors import BuildError
from auditor.extract.android.axml import AxmlError
from auditor.extract.android.manifest import MANIFEST, ManifestError, record_manifest
from auditor.extract.collector import Collector
from auditor.extract.jvm.manifest import is_text, read_library_manifest
from auditor.model import FactKind
from tests.real.fetch import Tampered, members

__all__ = ["Brings", "read_manifest", "version_of"]

_PERMISSIONS = (FactKind.PERMISSION, FactKind.PERMISSION_SDK23)
_APPLICATION = ("application", "app-component-factory", "backup-agent")
"""Of the manifest merger's single-valued attributes: the app's own stand, a library's are no more than its tests'."""
_NUMBER = re.compile(r"\d+(?:\.\d+)+")


@dataclass(frozen=True, slots=True)
class Brings:
    """What a manifest holds that ends up in the app's; names as written, placeholders kept."""

    permissions: tuple[str, ...]
    components: tuple[tuple[str, str], ...]
    """(kind of component, class)."""
    queries: tuple[tuple[str, str], ...]
    """(kind of query, name)."""

    def __bool__(self) -> bool:
        return bool(self.permissions or self.components or self.queries)


def read_manifest(data: bytes) -> tuple[Brings, str] | None:
    """Return what the manifest of an AAR, or a manifest itself, brings, and its versionName; None where there is none."""
    text = data
    if not is_text(data[:64]):
        try:
            text = members(data, [MANIFEST])[MANIFEST]
        except Tampered:
            return None
    collect = Collector()
    try:
        manifest = record_manifest(read_library_manifest(text), collect, library=True)
    except (AxmlError, ManifestError, BuildError):
        return None
    facts = collect.facts
    return Brings(
        permissions=tuple(sorted({fact.name for fact in facts if fact.kind in _PERMISSIONS})),
        components=tuple(
            sorted({(fact.value, fact.name) for fact in facts if fact.kind is FactKind.COMPONENT and fact.value not in _APPLICATION})
        ),
        queries=tuple(sorted({(fact.value, fact.name) for fact in facts if fact.kind is FactKind.QUERY})),
    ), manifest.version


def version_of(*told: str) -> str:
    """Return the first version with a dot among several texts that may tell one, or nothing."""
    return next((found[0] for text in told if (found := _NUMBER.search(text))), "")

"""Which elements of a manifest the platform's parser takes, wherever they stand.

Rules: ParsingPackageUtils.java and the parsers of components beside it, of the Android Open Source Project. From API level 30 on
the parser does not skip what stands inside an element it has read for its attributes alone: it goes on to the children as though
they stood beside it. Of several ``application`` elements the first is read, and the others' children count for the manifest's.
"""

from __future__ import annotations

from auditor.build import Oddity
from auditor.extract.android.axml import Element
from auditor.extract.android.oddities import Odd

__all__ = ["as_parsed"]

_COMPONENTS = frozenset(("activity", "activity-alias", "service", "receiver", "provider"))
_NOT_SKIPPED = {
    "manifest": frozenset(
        "overlay uses-feature uses-configuration supports-screens protected-broadcast original-package adopt-permissions"
        " restrict-update".split()
    ),
    "application": frozenset(
        "meta-data property sdk-library static-library library uses-library uses-native-library uses-package profileable".split()
    ),
    "component": frozenset(("meta-data", "property")),
    "queries": frozenset(("package", "provider")),
}
"""Parent -> the children whose own children are read as the parent's."""


def as_parsed(root: Element) -> list[Odd]:
    """Move every element to where the platform's parser takes it to stand; return what a plain reader would see otherwise."""
    oddities: list[Odd] = []
    _raise(root, "manifest", oddities)
    applications = list(root.all("application"))
    oddities += (Odd(Oddity.SECOND_APPLICATION, one.get("android:name")) for one in applications[1:])
    oddities += (Odd(Oddity.INNER_MANIFEST, one.get_named("package")) for one in root.all("manifest"))
    for application in applications[:1]:
        _raise(application, "application", oddities)
        for child in application.children:
            if child.tag in _COMPONENTS:
                _raise(child, "component", oddities)
    for queries in root.all("queries"):
        _raise(queries, "queries", oddities)
    return oddities


def _raise(parent: Element, kind: str, oddities: list[Odd]) -> None:
    """Put what stands inside children that are not skipped beside them."""
    through = _NOT_SKIPPED[kind]
    applications = sum(child.tag == "application" for child in parent.children) if kind == "manifest" else 0
    if applications < 2 and not any(child.children and child.tag in through for child in parent.children):
        return
    found: list[Element] = []
    first = True
    pending = [(child, "") for child in reversed(parent.children)]
    while pending:
        child, inside = pending.pop()
        found.append(child)
        if inside:
            oddities.append(Odd(Oddity.NESTED_ELEMENT, f"{inside}/{_shown(child)}"))
        again = kind == "manifest" and child.tag == "application"
        if child.tag in through or (again and not first):
            pending += [(one, child.tag) for one in reversed(child.children)]
            child.children = []
        first = first and not again
    parent.children = found


def _shown(element: Element) -> str:
    return f"{element.tag} {element.get('android:name')}".strip()


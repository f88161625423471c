"""What the rules on iOS bundles ask of a case."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Sequence

from auditor.model import Bundle, Fact, FactKind, Reference, Table
from auditor.tables import Case

__all__ = [
    "app_of",
    "bundles",
    "evidence_of",
    "hosts",
    "is_vendor",
    "loaded",
    "manifest_unread",
    "references_in",
    "resources_of",
    "sdk_before",
    "stated",
]

_MOST = 6
"""So many facts stand under a finding."""


def bundles(case: Case) -> Iterator[Bundle]:
    """Yield the bundles that are not Apple's own, which apps carry with them."""
    for bundle in case.conduct.bundles:
        apple = bundle.kind == "framework" and bundle.identifier.startswith("com.apple.")
        if bundle.kind != "test" and not apple and not is_vendor(case, bundle.path):
            yield bundle


def is_vendor(case: Case, path: str) -> bool:
    """Tell whether a library or framework is Apple's own, by its name."""
    name = path.rpartition("/")[2]
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in case.knowledge.apis.vendor_files)


def hosts(case: Case) -> Iterator[Bundle]:
    """Yield the bundles whose Info.plist the system asks: apps and extensions."""
    return (bundle for bundle in bundles(case) if bundle.kind in ("app", "extension"))


def app_of(case: Case, bundle: Bundle) -> Bundle | None:
    """Return the app that a bundle lies in; itself where it is one."""
    above = [one for one in case.conduct.bundles if one.kind == "app" and f"{bundle.path}/".startswith(f"{one.path}/")]
    return max(above, key=lambda one: len(one.path), default=None)


def loaded(case: Case, host: Bundle) -> tuple[Bundle, ...]:
    """Return the bundles whose code runs in the process of an app or extension, its own first."""
    found = [bundle for bundle in bundles(case) if host.path in bundle.loaded_by]
    return tuple(sorted(found, key=lambda bundle: (bundle is not host, bundle.path)))


def resources_of(case: Case, bundle: Bundle) -> Iterator[Bundle]:
    """Yield the resource bundles that lie in a bundle and in no other code's: static libraries bring theirs like that."""
    return (one for one in case.conduct.bundles if one.kind == "bundle" and one.inside == bundle.path)


def stated(case: Case, bundle: Bundle, kind: FactKind) -> list[Fact]:
    """Return what the privacy manifests state that speak for a bundle's code: its own, and its static libraries'."""
    manifests = (bundle.manifest, *(one.manifest for one in resources_of(case, bundle)))
    return [fact for manifest in manifests for fact in manifest or () if fact.kind is kind]


def manifest_unread(case: Case, bundle: Bundle) -> bool:
    """Tell whether something of a privacy manifest in a bundle could not be read."""
    gaps = case.build.gaps if case.build is not None else ()
    return any(
        gap.location.file.startswith(f"{bundle.path}/") and gap.location.file.endswith(".xcprivacy") and Table.DATA in gap.hides
        for gap in gaps
    )


def references_in(case: Case, images: Sequence[str]) -> Iterator[Reference]:
    """Yield what the code of some images refers to."""
    wanted = set(images)
    return (reference for reference in case.conduct.references if reference.image in wanted)


def evidence_of(references: Sequence[Reference]) -> tuple[Fact, ...]:
    """Return the facts that show references, the surest first."""
    ordered = sorted(references, key=lambda one: (-one.confidence, one.image, one.name))
    first = dict.fromkeys(fact for one in ordered for fact in (one.evidence[0], *one.evidence[-1:]))
    return tuple(first)[:_MOST]


def sdk_before(bundle: Bundle | None, major: int) -> bool:
    """Tell whether a bundle was built with an SDK older than a version of iOS, or does not say with which."""
    number = (bundle.sdk if bundle is not None else "").partition(".")[0]
    return not number.isdecimal() or int(number) < major

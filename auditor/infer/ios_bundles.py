"""The bundles of an iOS build: which code each holds, what it states, and in whose processes its code runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from auditor.model import Build, Bundle, Fact, FactKind

__all__ = ["find_bundles"]

_KINDS = {
    "app": "app",
    "appex": "extension",
    "framework": "framework",
    "bundle": "bundle",
    "xctest": "test",
    "xcframework": "framework",
}
_RUNS = frozenset({"app", "extension"})
_STATED = (FactKind.PRIVACY_COLLECTED, FactKind.PRIVACY_ACCESSED, FactKind.PRIVACY_TRACKING)


def find_bundles(build: Build) -> tuple[Bundle, ...]:
    """Return the bundles that hold code or a privacy manifest, sorted by path."""
    images: dict[str, list[Fact]] = defaultdict(list)
    for fact in build.of(FactKind.IMAGE):
        images[_bundle_of(fact.name)].append(fact)
    manifests: dict[str, list[Fact]] = defaultdict(list)
    for fact in build.of(*_STATED):
        manifests[_bundle_of(fact.location.file)].append(fact)
    keys: dict[str, set[str]] = defaultdict(set)
    for fact in build.of(FactKind.USAGE_STRING):
        keys[_bundle_of(fact.location.file)].add(fact.name)
    identifiers = {_bundle_of(fact.location.file): fact.value for fact in build.of(FactKind.FRAMEWORK)}
    kinds = {path: _kind(path) for path in sorted({*images, *manifests, *keys} - {""})}
    links = _links(build, images)
    loaded_by = _loaded_by(kinds, links)
    return tuple(
        Bundle(
            path=path,
            kind=kind,
            inside=_inside(path, kinds),
            identifier=identifiers.get(path, ""),
            images=tuple(sorted(fact.name for fact in images[path])),
            loaded_by=loaded_by[path],
            usage_keys=tuple(sorted(keys[path])),
            manifest=tuple(sorted(manifests[path], key=lambda fact: fact.key)) if path in manifests else None,
            encrypted=any(fact.value == "encrypted" for fact in images[path]),
            sdk=next((fact.trait("sdk") or "" for fact in sorted(images[path], key=_mainly)), ""),
        )
        for path, kind in kinds.items()
    )


def _mainly(image: Fact) -> tuple[bool, int, str]:
    """The order of a bundle's images: its executable first, what lies deeper last."""
    return image.trait("type") != "execute", image.name.count("/"), image.name


def _kind(path: str) -> str:
    return _KINDS[path.rpartition(".")[2]]


def _bundle_of(file: str) -> str:
    """Return the innermost bundle that a file lies in; empty where it lies in none."""
    parts = file.split("/")
    for length in range(len(parts) - 1, 0, -1):
        stem, _, suffix = parts[length - 1].rpartition(".")
        if stem and suffix in _KINDS:
            return "/".join(parts[:length])
    return ""


def _inside(path: str, kinds: Mapping[str, str]) -> str:
    """Return the nearest bundle of code above a bundle."""
    above = path.rpartition("/")[0]
    while above and kinds.get(above, "bundle") == "bundle":
        above = above.rpartition("/")[0]
    return above


def _links(build: Build, images: Mapping[str, Iterable[Fact]]) -> dict[str, set[str]]:
    """Return, for each bundle, the bundles of the build that its images link."""
    by_tail = {f"{path.rpartition('/')[2]}/": path for path in images if path}
    by_image = {fact.name: path for path, facts in images.items() for fact in facts}
    found: dict[str, set[str]] = defaultdict(set)
    for fact in build.of(FactKind.LINKED_LIBRARY):
        directory = fact.name.rpartition("/")[0]
        target = by_tail.get(directory.rpartition("/")[2] + "/")
        holder = by_image.get(fact.by)
        if target and holder and not fact.name.startswith(("/System/", "/usr/")):
            found[holder].add(target)
    return found


def _loaded_by(kinds: Mapping[str, str], links: Mapping[str, set[str]]) -> dict[str, tuple[str, ...]]:
    """Return the apps and extensions that load each bundle: by linking it, near or far, else the one it lies in."""
    found: dict[str, set[str]] = {path: set() for path in kinds}
    for path, kind in kinds.items():
        if kind not in _RUNS:
            continue
        waiting = [path]
        while waiting:
            one = waiting.pop()
            if one in found and path not in found[one]:
                found[one].add(path)
                waiting += links.get(one, ())
    for path, hosts in found.items():
        if not hosts:
            above = path
            while above and kinds.get(above) not in _RUNS:
                above = above.rpartition("/")[0]
            hosts.update([above] if above else [])
    return {path: tuple(sorted(hosts)) for path, hosts in found.items()}

"""The bundles of an IPA: the app, and every extension, watch app, framework and resource bundle inside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

__all__ = ["Bundle", "find_bundles", "holder"]

_KINDS = {
    ".app": "app",
    ".appex": "extension",
    ".framework": "framework",
    ".bundle": "bundle",
    ".xctest": "test",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A directory that the system takes for one thing."""

    path: str
    """In the archive, without a slash at the end: ``Payload/X.app/PlugIns/Y.appex``."""
    kind: str
    """``app`` (a watch app and an app clip too), ``extension``, ``framework``, ``bundle`` or ``test``."""

    @property
    def name(self) -> str:
        """The directory's own name: ``Y.appex``."""
        return self.path.rpartition("/")[2]

    @property
    def stem(self) -> str:
        """The name without its suffix: by convention also the name of its executable."""
        return self.name.rpartition(".")[0]

    @property
    def runs(self) -> bool:
        """Whether it runs by itself, so that its Info.plist may ask the user for access."""
        return self.kind in ("app", "extension", "test")

    @property
    def main(self) -> bool:
        """Whether it is what the IPA installs, and not something inside it."""
        return self.kind == "app" and self.path.count("/") == 1


def find_bundles(names: Iterable[str], root: str = "Payload/") -> dict[str, Bundle]:
    """Return the bundles below ``root`` by path, sorted by it; by their suffix, wherever they lie."""
    directories: set[str] = set()
    for name in names:
        if name.startswith(root):
            directories.add(name.rpartition("/")[0])
    found: dict[str, Bundle] = {}
    for directory in directories:
        parts = directory.split("/")
        for length in range(root.count("/") + 1, len(parts) + 1):
            stem, dot, suffix = parts[length - 1].rpartition(".")
            kind = _KINDS.get(dot + suffix) if stem else None
            if kind:
                path = "/".join(parts[:length])
                found[path] = Bundle(path=path, kind=kind)
    return dict(sorted(found.items()))


def holder(bundles: Mapping[str, Bundle], name: str) -> Bundle | None:
    """Return the innermost bundle that an entry lies in; None where it lies in none."""
    directory = name.rpartition("/")[0]
    while directory:
        if directory in bundles:
            return bundles[directory]
        directory = directory.rpartition("/")[0]
    return None

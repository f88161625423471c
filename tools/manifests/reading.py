"""What the manifest of one library asks an app to take over."""

from __future__ import annotations

import io
import re
import tarfile
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from auditor.errors import BuildError
from auditor.extract.android.axml import AxmlError
from auditor.extract.android.manifest import ManifestError, record_manifest
from auditor.extract.collector import MANIFEST, Collector
from auditor.extract.jvm.manifest import is_text, read_library_manifest
from auditor.model import FactKind
from tests.real.fetch import Tampered, members

__all__ = ["NOTHING", "Brings", "read_manifest", "version_of"]

_PERMISSIONS = (FactKind.PERMISSION, FactKind.PERMISSION_SDK23)
_APPLICATION = ("application", "app-component-factory", "backup-agent")
"""Of the manifest merger's single-valued attributes: the app's own stand, a library's are no more than its tests'."""
_DEPTH, _MOST_PACKAGES = 3, 8
_BUILD_TOOLS = re.compile(r"(?:BuildConfig|R|R\$\w+)\.class\Z")
_NUMBER = re.compile(r"\d+(?:\.\d+)+")


@dataclass(frozen=True, slots=True)
class Brings:
    """What a manifest holds that ends up in the app's; names as written, placeholders kept."""

    permissions: tuple[str, ...]
    components: tuple[tuple[str, str], ...]
    """(kind of component, class)."""
    queries: tuple[tuple[str, str], ...]
    """(kind of query, name)."""
    packages: tuple[str, ...]
    """Java packages its classes stand in, or below: by them one sees whether the artefact is in an app."""

    def __bool__(self) -> bool:
        """Tell whether it brings anything."""
        return bool(self.permissions or self.components or self.queries)


NOTHING = Brings(permissions=(), components=(), queries=(), packages=())
"""What an artefact without a manifest brings."""


def read_manifest(data: bytes, own: Sequence[str] = (), filled: str = "") -> tuple[Brings, str] | None:
    """Return what the manifest of an AAR, or a manifest itself, brings, and its versionName; None where there is none.

    ``own`` are the packages of whose library it is: an AAR may hold code of others. ``filled`` is the id an app's build has put
    into the file for ``${applicationId}``.
    """
    text = data
    if not is_text(data[:64]):
        try:
            text = members(data, [MANIFEST])[MANIFEST]
        except (Tampered, zipfile.BadZipFile, tarfile.TarError):
            return None
    collect = Collector()
    try:
        manifest = record_manifest(read_library_manifest(text), collect, library=True)
    except (AxmlError, ManifestError, BuildError):
        return None
    facts = collect.facts

    def written(name: str) -> str:
        return name.replace(filled, "${applicationId}") if filled else name

    return Brings(
        permissions=tuple(sorted({written(fact.name) for fact in facts if fact.kind in _PERMISSIONS})),
        components=tuple(
            sorted({(fact.value, fact.name) for fact in facts if fact.kind is FactKind.COMPONENT and fact.value not in _APPLICATION})
        ),
        queries=tuple(sorted({(fact.value, written(fact.name)) for fact in facts if fact.kind is FactKind.QUERY})),
        packages=_packages(data, own) if text is not data else (),
    ), manifest.version


def _packages(aar: bytes, own: Sequence[str]) -> tuple[str, ...]:
    """Return the one package all classes stand below, or where that says too little, its owner's among them."""
    counts: Counter[tuple[str, ...]] = Counter()
    with zipfile.ZipFile(io.BytesIO(aar)) as archive:
        for jar in archive.namelist():
            if jar == "classes.jar" or (jar.startswith("libs/") and jar.endswith(".jar")):
                try:
                    names = zipfile.ZipFile(io.BytesIO(archive.read(jar))).namelist()
                except zipfile.BadZipFile:
                    continue
                for name in names:
                    *package, simple = name.split("/")
                    if simple.endswith(".class") and not _BUILD_TOOLS.match(simple) and package[:1] not in ([], ["META-INF"]):
                        counts[tuple(package)] += 1
    if not counts:
        return ()
    first, last = min(counts), max(counts)
    shared = next((depth for depth in range(len(first)) if last[depth : depth + 1] != first[depth : depth + 1]), len(first))
    if shared >= _DEPTH:
        return (".".join(first[:shared]),)
    heads: Counter[str] = Counter()
    for package, count in counts.items():
        heads[".".join(package[:_DEPTH])] += count
    most = [head for head, _ in heads.most_common(_MOST_PACKAGES)]
    kept = [head for head in most if any(f"{head}.".startswith(f"{one}.") or one.startswith(f"{head}.") for one in own)]
    return tuple(sorted(kept or most[:1]))


def version_of(*told: str) -> str:
    """Return the first version with a dot among several texts that may tell one, or nothing."""
    return next((found[0] for text in told if (found := _NUMBER.search(text))), "")

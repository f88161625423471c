"""Who brought what into a manifest, asked of apps put together from artefacts that, but for a few, nobody read for it."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from zipfile import BadZipFile, ZipFile

import pytest

from auditor.infer.manifest import find_manifest
from auditor.infer.sdks import find_sdks
from auditor.knowledge.load import load
from auditor.model import Build, Fact, FactKind, Provenance
from tests.factories import build, fact
from tests.real.fetch import Unavailable
from tests.real.sdk_builds.listing import App, Part, apps, file_of
from tools.manifests.reading import NOTHING, Brings, read_manifest

pytestmark = pytest.mark.real

APP_ID = "com.example.shop"

def entries(brings: Brings) -> Iterator[Fact]:
    """The entries of a manifest, as the build of an app merges them."""
    for name in brings.permissions:
        yield fact(FactKind.PERMISSION, name.replace("${applicationId}", APP_ID))
    for kind, name in brings.components:
        yield fact(FactKind.COMPONENT, name, kind)
    for kind, name in brings.queries:
        yield fact(FactKind.QUERY, name, kind)


def classes(data: bytes) -> Iterator[str]:
    """The names of the classes in an archive and those in it."""
    try:
        archive = ZipFile(io.BytesIO(data))
    except BadZipFile:
        return
    for name in archive.namelist():
        if name.endswith(".class") and not name.startswith("META-INF/"):
            yield name.removesuffix(".class").replace("/", ".")
        elif name.endswith(".jar"):
            yield from classes(archive.read(name))


def merged(app: App) -> tuple[Build, dict[Fact, set[str]]]:
    """An app's build, and for each entry of its manifest the ids whose manifests hold it."""
    truth: dict[Fact, set[str]] = {}
    code: dict[str, list[str]] = {}
    for part in app.parts:
        try:
            data = file_of(part.artefact).read_bytes()
        except Unavailable as reason:
            pytest.skip(str(reason))
        code[f"{part.id}.dex"] = list(classes(data))
        for one in entries(_brings(part, data)):
            truth.setdefault(one, set()).add(part.sdk)
    return build(*truth, code=code), truth


def _brings(part: Part, data: bytes) -> Brings:
    found = read_manifest(data) if part.artefact.kind == "aar" else None
    return found[0] if found else NOTHING


def test_what_is_said_to_be_brought_was_and_most_of_what_was_is_said() -> None:
    knowledge = load()
    tally: Counter[str] = Counter()
    wrong: list[tuple[str, str, str]] = []
    doubtful: list[tuple[str, str, str]] = []
    for app in apps().values():
        one, truth = merged(app)
        for entry in find_manifest(one, find_sdks(one, knowledge), knowledge):
            said = {by.id: by for by in entry.by if by.id in knowledge.sdks}
            brought = {id_ for id_ in truth[entry.fact] if id_}
            # what not every version brings is said with the versions that do
            doubtful += [(app.name, entry.fact.name, id_) for id_ in said.keys() - brought if said[id_].without]
            wrong += [(app.name, entry.fact.name, id_) for id_ in said.keys() - brought if not said[id_].without]
            tally["right"] += len(said.keys() & brought)
            tally["missed"] += len(brought - said.keys())
            whose = entry.provenance is Provenance.CLASS and set(entry.class_of) & brought
            tally["missed, but its class tells"] += len(whose or ())
            assert entry.provenance is not Provenance.APP, entry.fact.name
    print(dict(tally), wrong, doubtful)
    assert len(wrong) <= 0.02 * tally["right"], wrong
    assert len(wrong) + len(doubtful) <= 0.04 * tally["right"], doubtful
    assert tally["right"] + tally["missed, but its class tells"] >= 0.8 * (tally["right"] + tally["missed"])

"""``python -m tools.manifests``: write auditor/knowledge/manifests/*.yaml anew. See ``tools/README.md``."""

from __future__ import annotations

import argparse
import functools
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from tests.real import fetch as builds
from tools.fingerprints import artefacts as repositories
from tools.manifests.reading import NOTHING, Brings, read_manifest, version_of

_HERE = Path(__file__).parent
_LISTS = (_HERE.parent / "fingerprints" / "artefacts.yaml", _HERE / "artefacts.yaml")
_TARGET = _HERE.parents[1] / "auditor" / "knowledge" / "manifests"
_VERSIONED = re.compile(r"[-_@.]?v?\d+(?:[._]\d+)+.*\Z|[-_](?:release|debug)\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Read:
    """One manifest, read."""

    id: str
    line: str
    version: str
    ref: str
    sha256: str
    brings: Brings


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0; 1 where an artefact cannot be had."""
    parser = argparse.ArgumentParser(prog="python -m tools.manifests", description="Makes what is known of libraries' manifests.")
    parser.parse_args(arguments)
    found: dict[str, list[Read]] = {}
    try:
        for one in _read():
            found.setdefault(one.id, []).append(one)
    except (builds.Unavailable, builds.Tampered) as reason:
        print(reason, file=sys.stderr)
        return 1
    _TARGET.mkdir(exist_ok=True)
    for old in _TARGET.glob("*.yaml"):
        old.unlink()
    for id_, reads in sorted(found.items()):
        if any(one.brings for one in reads):
            reads = _joined(reads)
            packages = () if id_ in _described() else _own(id_)
            (_TARGET / f"{id_}.yaml").write_text(yaml_text(id_, packages, reads), encoding="utf-8")
    print(f"{sum(map(len, found.values()))} manifests of {len(found)} ids")
    return 0


def _read() -> Iterator[Read]:
    """Read every listed file that holds a manifest."""
    for path in _LISTS:
        plain = yaml.safe_load(path.read_text("utf-8"))
        listed = builds.read_list(path)
        for package in plain.get("packages") or ():
            for file in package["files"]:
                artefact = listed[file["id"]]
                if artefact.kind == "jar" and not artefact.path:
                    # a version without a manifest brings nothing, which is worth knowing of one artefact with others that do
                    ref, version = str(artefact.package), str(package["version"])
                    yield Read(file["sdk"], package["name"], version_of(version), ref, artefact.sha256, NOTHING)
                if artefact.kind == "aar":
                    where = f"!{artefact.path}" if artefact.path else ""
                    line = _line(artefact.path) if artefact.path else package["name"]
                    version = "" if artefact.path else package["version"]
                    data = builds.obtain(artefact, listed.values()).read_bytes()
                    yield from _one(file, data, line, f"{artefact.package}{where}", version, artefact.sha256)
        for repository in plain.get("repositories") or ():
            name, commit = repository["name"], repository["commit"]
            for file in repository.get("files", ()):
                if file["path"].endswith((".aar", "/AndroidManifest.xml")):
                    data = repositories.blob(name, commit, file)
                    line = file.get("line") or _line(file["path"])
                    yield from _one(file, data, line, f"{name}@{commit[:12]}:{file['path']}", "", file["sha256"])


def _one(file: Mapping[str, Any], data: bytes, line: str, ref: str, version: str, sha256: str) -> Iterator[Read]:
    found = read_manifest(data, _own(file["sdk"]), file.get("filled", ""))
    if found is not None:
        brings, named = found
        told = version or str(file.get("version", ""))
        base = PurePosixPath(ref).name
        yield Read(file["sdk"], line, version_of(told.partition("copy in")[0], base, named), ref, sha256, brings)


@functools.cache
def _own(id_: str) -> tuple[str, ...]:
    """Return the packages of an SDK, or of a library that is none."""
    described = _described().get(id_)
    return (*described.proves, *described.supports) if described else repositories.libraries().packages[id_]


_described = functools.cache(lambda: repositories.described(_TARGET.parent))


def _joined(reads: Sequence[Read]) -> list[Read]:
    """Give files of repositories the line of the artefact of a registry that they are copies of; leave out lines without any."""
    coordinates = {one.line.rpartition(":")[2]: one.line for one in reads if ":" in one.line}
    named = [replace(one, line=coordinates.get(one.line.rpartition(".")[2], one.line)) for one in reads]
    telling = {one.line for one in named if one.brings != NOTHING}
    return [one for one in named if one.line in telling]


def _line(path: str) -> str:
    """Return a file's name without what tells its version: files of one line differ in nothing else."""
    stem = PurePosixPath(path).stem
    while (shorter := _VERSIONED.sub("", stem)) != stem and shorter:
        stem = shorter
    return stem


def yaml_text(id_: str, packages: Sequence[str], reads: Sequence[Read]) -> str:
    """Return the YAML file of one id; the same text for the same manifests. ``packages`` are those of a library."""
    out = ["# Made by `python -m tools.manifests`; edit its list, not this file.", f"id: {id_}"]
    if packages:
        out.append(f"packages: [{', '.join(packages)}]")
    out.append("manifests:")
    blocks: dict[tuple[str, Brings], list[Read]] = {}
    for one in sorted(reads, key=lambda one: (one.line, _order(one.version), one.ref)):
        blocks.setdefault((one.line, one.brings), []).append(one)
    for (line, brings), made in blocks.items():
        out += [f"- line: {json.dumps(line)}", "  read:"]
        for one in made:
            version = f"version: {json.dumps(one.version)}, " if one.version else ""
            out.append(f"  - {{{version}ref: {json.dumps(one.ref, ensure_ascii=False)}, sha256: {json.dumps(one.sha256)}}}")
        if brings.packages:
            out.append(f"  packages: [{', '.join(brings.packages)}]")
        if brings.permissions:
            out += ["  permissions:", *(f"  - {json.dumps(name)}" for name in brings.permissions)]
        for key, entries in (("components", brings.components), ("queries", brings.queries)):
            kinds: dict[str, list[str]] = {}
            for kind, name in entries:
                kinds.setdefault(kind, []).append(name)
            if kinds:
                out.append(f"  {key}:")
            for kind, names in kinds.items():
                out += [f"    {kind}:", *(f"    - {json.dumps(name, ensure_ascii=False)}" for name in names)]
    return "\n".join(out) + "\n"


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")) if version else ()


if __name__ == "__main__":
    sys.exit(main())

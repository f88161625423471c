"""What fingerprints are made from: the list in ``artefacts.yaml``, fetched, pinned and read class by class.

Files of registries are fetched by the fetcher of the comparison tests and share its cache. Files and decoded apps of
public repositories are read from local clones: ``AUDITOR_CLONES`` names the directory that holds them as
``owner+name``; what was read from them is kept in the same cache.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import subprocess
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.real import fetch as builds
from tools.fingerprints.reading import Code, read_artefact, read_smali

__all__ = ["Described", "Libraries", "Source", "blob", "described", "libraries", "sources"]

_HERE = Path(__file__).parent
_LIST = _HERE / "artefacts.yaml"
_FORMAT = 1
"""Counted up when what is read from an artefact changes, so that nothing older is taken from the cache."""


@dataclass(frozen=True, slots=True)
class Source:
    """One artefact or app, read."""

    ref: str
    sha256: str
    """Of the file; empty for a tree of decoded code, whose commit stands in its ref."""
    sdk: str
    """Whose the classes are that nobody else claims; empty for an app."""
    product: str
    version: str
    code: Code

    @property
    def is_app(self) -> bool:
        """Tell whether it is a whole app: code of many, and of its own."""
        return not self.sdk


@dataclass(frozen=True, slots=True)
class Libraries:
    """What is known of libraries and families beside the SDK knowledge."""

    packages: Mapping[str, tuple[str, ...]]
    """Library -> its packages."""
    copied: frozenset[str]
    """Libraries and SDKs whose code others copy into their own: a literal they hold is theirs."""
    families: Mapping[str, tuple[str, ...]]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Described:
    """The packages by which an SDK of the knowledge is known."""

    proves: tuple[str, ...]
    supports: tuple[str, ...]
    excepted: tuple[str, ...]


def described(knowledge: Path) -> dict[str, Described]:
    """Return the Android packages of every SDK described in a directory of knowledge, as its YAML lists them."""
    found = {}
    for path in sorted((knowledge / "sdks").glob("*.yaml")):
        plain = yaml.load(path.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        packages = (plain.get("android") or {}).get("packages") or {}
        found[path.stem] = Described(*(tuple(packages.get(key) or ()) for key in ("proves", "supports", "except")))
    return found


@functools.cache
def libraries() -> Libraries:
    """Return the libraries and families listed in ``libraries.yaml``."""
    plain = yaml.safe_load((_HERE / "libraries.yaml").read_text("utf-8"))
    return Libraries(
        packages={id_: tuple(packages) for id_, packages in plain["libraries"].items()},
        copied=frozenset(plain["libraries"]) | frozenset(plain["copied"]),
        families={id_: tuple(members) for id_, members in plain["families"].items()},
        sources=tuple(plain["sources"]),
    )


def sources() -> Iterator[Source]:
    """Return everything listed, read; raises Unavailable or Tampered where something cannot be had."""
    plain = yaml.safe_load(_LIST.read_text("utf-8"))
    listed = builds.read_list(_LIST)
    for package in plain["packages"]:
        for file in package["files"]:
            artefact = listed[file["id"]]
            where = f"!{artefact.path}" if artefact.path else ""
            yield Source(
                ref=f"{artefact.package}{where}",
                sha256=artefact.sha256,
                sdk=file["sdk"],
                product=file.get("product", ""),
                version=str(file.get("version", package["version"])),
                code=_cached(artefact.sha256, functools.partial(_registry_file, artefact, listed)),
            )
    for repository in plain["repositories"]:
        name, commit = repository["name"], repository["commit"]
        for file in repository.get("files", ()):
            yield Source(
                ref=f"{name}@{commit[:12]}:{file['path']}",
                sha256=file["sha256"],
                sdk=file.get("sdk", ""),
                product=file.get("product", ""),
                version=str(file.get("version", name)),
                code=_cached(file["sha256"], functools.partial(_blob, name, commit, file)),
            )
        if repository.get("smali"):
            code = _cached(f"{name.replace('/', '+')}@{commit}", functools.partial(_smali, name, commit))
            yield Source(ref=f"{name}@{commit[:12]}", sha256="", sdk="", product="", version=name, code=code)
    for id_ in plain["builds"]:
        build = builds.artefacts()[id_]
        code = _cached(build.sha256, functools.partial(_build, id_))
        yield Source(ref=f"{build.package}!{build.path}", sha256=build.sha256, sdk="", product="", version=id_, code=code)


def _registry_file(artefact: builds.Artefact, listed: Mapping[str, builds.Artefact]) -> Code:
    return read_artefact(builds.obtain(artefact, listed.values()).read_bytes())


def _build(id_: str) -> Code:
    return read_artefact(builds.fetch(id_).read_bytes())


def _cached(key: str, read: Callable[[], Code]) -> Code:
    """Return what was read from an artefact before, or read it now."""
    path = builds.cache() / "fingerprints" / f"{key}.{_FORMAT}.z"
    try:
        plain = json.loads(zlib.decompress(path.read_bytes()))
    except (FileNotFoundError, zlib.error, ValueError):
        code = read()
        plain = {name: sorted(literals) for name, literals in code.items() if literals}
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        part.write_bytes(zlib.compress(json.dumps(plain).encode(), 3))
        os.replace(part, path)
    return {name: frozenset(literals) for name, literals in plain.items()}


# -- public repositories --------------------------------------------------------------------------------------------


def _git(name: str, *arguments: str, given: bytes = b"") -> bytes:
    clones = os.environ.get("AUDITOR_CLONES")
    if not clones:
        raise builds.Unavailable(f"{name}: AUDITOR_CLONES names no directory of clones")
    place = Path(clones) / name.replace("/", "+")
    found = next((one for one in (place / ".git", place / "repo" / ".git", place / "repo", place) if (one / "HEAD").is_file()), None)
    if found is None:
        raise builds.Unavailable(f"{name}: there is no clone of it in {clones}")
    done = subprocess.run(["git", "--git-dir", str(found), *arguments], input=given, capture_output=True)
    if done.returncode:
        raise builds.Unavailable(f"{name}: {done.stderr.decode('utf-8', 'replace').strip()}")
    return done.stdout


def blob(name: str, commit: str, file: Mapping[str, str]) -> bytes:
    """Return a listed file of a repository; raises Unavailable, and Tampered where it is not the pinned one."""
    data = _git(name, "cat-file", "blob", f"{commit}:{file['path']}")
    if (found := hashlib.sha256(data).hexdigest()) != file["sha256"]:
        raise builds.Tampered(f"{name}@{commit}:{file['path']}: SHA-256 is {found}, pinned is {file['sha256']}")
    return data


def _blob(name: str, commit: str, file: Mapping[str, str]) -> Code:
    return read_artefact(blob(name, commit, file))


def _smali(name: str, commit: str) -> Code:
    """Read every smali file of a commit."""
    listed = _git(name, "ls-tree", "-r", "-z", commit).split(b"\0")
    blobs = [entry.split(None, 3)[2] for entry in listed if entry.endswith(b".smali")]
    stream = _git(name, "cat-file", "--batch", given=b"\n".join(blobs) + b"\n")
    found: dict[str, frozenset[str]] = {}
    at = 0
    while at < len(stream):
        header = stream[at : stream.find(b"\n", at)]
        at += len(header) + 1
        size = re.search(rb" blob (\d+)\Z", header)
        if size is not None:
            class_, literals = read_smali(stream[at : at + int(size[1])])
            at += int(size[1]) + 1
            if class_:
                found[class_] = found.get(class_, frozenset()) | literals
    return found

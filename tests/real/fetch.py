"""Fetches the real builds the comparison tests read: ``python -m tests.real.fetch [NAME …]``; without a name, all.

What to fetch stands in ``artefacts.yaml``. Files are kept in ``.artefacts/`` at the root of the repository, or where
``AUDITOR_ARTEFACTS`` points; once there, they need no network. A file without the pinned SHA-256 is never used.
"""

from __future__ import annotations

import functools
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import yaml

__all__ = ["Artefact", "Package", "Tampered", "Unavailable", "artefacts", "cache", "fetch", "members", "obtain", "read_list"]

_LIST = Path(__file__).with_name("artefacts.yaml")
_PATIENCE = 900
"""Seconds a registry's client may take for one package."""

_CLIENTS = {"npm": "npm", "pypi": "pip", "maven": "mvn"}
_PYPI_FORMS: Mapping[str, Sequence[str]] = {
    "sdist": ("--no-binary=:all:",),
    "wheel": ("--only-binary=:all:",),
    "linux-wheel": ("--only-binary=:all:", "--python-version=3.13", "--platform=manylinux2014_x86_64"),
    "ios-wheel": ("--only-binary=:all:", "--python-version=3.13", "--platform=ios_13_0_arm64_iphoneos"),
}
_MAVEN_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"


_ERROR = re.compile(r"\berr(or)?\b[ !:\]]", re.IGNORECASE)


class Unavailable(Exception):
    """A package cannot be had here and now: no client, no network, no such version."""


class Tampered(Exception):
    """A registry served something else than the pinned bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One version of a package in a registry."""

    registry: str
    name: str
    version: str
    form: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.registry}:{self.name}@{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """One file inside a package."""

    name: str
    kind: str
    path: str
    """Inside the package; empty where the package is the file."""
    sha256: str
    package: Package


@functools.cache
def artefacts() -> Mapping[str, Artefact]:
    """Return every artefact by its name, in the order of the list."""
    return read_list(_LIST)


def read_list(path: Path) -> Mapping[str, Artefact]:
    """Return the artefacts of a list by their names, in its order; keys that say more of them are passed over."""
    found: dict[str, Artefact] = {}
    for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["packages"]:
        package = Package(
            registry=entry["registry"],
            name=entry["name"],
            version=entry["version"],
            form=entry.get("form", ""),
            sha256=entry["sha256"],
        )
        for file in entry["files"]:
            if file["id"] in found:
                raise ValueError(f"{path.name}: {file['id']} stands there twice")
            found[file["id"]] = Artefact(
                name=file["id"], kind=file["kind"], path=file.get("path", ""), sha256=file["sha256"], package=package
            )
    return found


def fetch(name: str) -> Path:
    """Return the file of the artefact called ``name``, from the cache or else from its registry.

    Raises KeyError for an unknown name, Unavailable when the registry's client is missing or does not get the
    package, Tampered when the bytes are not the pinned ones.
    """
    return obtain(artefacts()[name], artefacts().values())


def obtain(artefact: Artefact, listed: Iterable[Artefact]) -> Path:
    """Return the file of an artefact likewise; what is ``listed`` of the same package is kept with it."""
    path = _place(artefact)
    if not _holds(path, artefact.sha256):
        _fetch_package(artefact.package, listed)
    return path


def cache() -> Path:
    """Return the directory fetched files are kept in."""
    return Path(os.environ.get("AUDITOR_ARTEFACTS") or Path(__file__).parents[2] / ".artefacts")


def _place(artefact: Artefact) -> Path:
    ending = artefact.path.rpartition("/")[2] or f"{artefact.name}.{artefact.package.form}"
    return cache() / artefact.name / ending


def _holds(path: Path, sha256: str) -> bool:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    except FileNotFoundError:
        return False


_failed: dict[Package, Unavailable] = {}
"""What could not be had before: asking the network again for every test would only take longer."""


def _fetch_package(package: Package, listed: Iterable[Artefact]) -> None:
    """Put every listed file of ``package`` into the cache."""
    if package in _failed:
        raise _failed[package]
    wanted = [artefact for artefact in listed if artefact.package == package]
    with tempfile.TemporaryDirectory(prefix="artefact-") as scratch:
        try:
            data = _download(package, Path(scratch))
        except Unavailable as unavailable:
            _failed[package] = unavailable
            raise
    _check(str(package), data, package.sha256)
    contents = members(data, [artefact.path for artefact in wanted if artefact.path])
    for artefact in wanted:
        content = contents[artefact.path] if artefact.path else data
        _check(f"{package} ! {artefact.path}", content, artefact.sha256)
        _keep(_place(artefact), content)


def _check(what: str, data: bytes, sha256: str) -> None:
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise Tampered(f"{what}: SHA-256 is {found}, pinned is {sha256}")


def _keep(path: Path, content: bytes) -> None:
    """Write a file so that another process sees all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as part:
        part.write(content)
    os.replace(part.name, path)


def members(data: bytes, paths: Iterable[str]) -> dict[str, bytes]:
    """Return the named members of a ZIP or tar archive, read in memory and never unpacked; raises Tampered without one."""
    wanted = set(paths)
    if not wanted:
        return {}
    found: dict[str, bytes] = {}
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = {name: archive.read(name) for name in archive.namelist() if name in wanted}
    else:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r|*") as stream:
            for member in stream:
                content = stream.extractfile(member) if member.name in wanted else None
                if content is not None:
                    found[member.name] = content.read()
    for missing in sorted(wanted - found.keys()):
        raise Tampered(f"the package has no {missing}")
    return found


def _download(package: Package, scratch: Path) -> bytes:
    """Let the registry's own client fetch ``package`` into ``scratch``, and return its bytes."""
    target = scratch / "package"
    target.mkdir()
    command = _command(package, scratch, target)
    client = shutil.which(command[0])
    if client is None:
        raise Unavailable(f"{package}: {_CLIENTS[package.registry]} is not installed")
    try:
        done = subprocess.run(
            [client, *command[1:]], cwd=target, capture_output=True, text=True, errors="replace", timeout=_PATIENCE
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{package}: {_CLIENTS[package.registry]} did not answer within {_PATIENCE} s") from None
    said = done.stdout + done.stderr
    if "DO NOT MATCH THE HASHES" in said:
        raise Tampered(f"{package}: pip refused a file whose SHA-256 is not {package.sha256}")
    files = list(target.iterdir())
    if done.returncode or len(files) != 1:
        raise Unavailable(f"{package}: {_CLIENTS[package.registry]} failed: {_telling(said)}")
    return files[0].read_bytes()


def _command(package: Package, scratch: Path, target: Path) -> list[str]:
    if package.registry == "npm":
        quick = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000")
        return ["npm", "pack", "--loglevel=error", "--ignore-scripts", *quick, f"{package.name}@{package.version}"]
    if package.registry == "pypi":
        # pip asks an sdist for its metadata, which runs its build backend: the hash is checked before that
        pinned = scratch / "requirements.txt"
        pinned.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n", encoding="utf-8")
        options = ("--quiet", "--disable-pip-version-check", "--retries=1", "--no-deps", "--require-hashes")
        form = _PYPI_FORMS[package.form]
        return [sys.executable, "-m", "pip", "download", *options, *form, f"--dest={target}", f"--requirement={pinned}"]
    if package.registry == "maven":
        artifact = f"-Dartifact={package.name}:{package.version}:{package.form}"
        return ["mvn", "--quiet", "--batch-mode", _MAVEN_COPY, artifact, f"-DoutputDirectory={target}"]
    raise ValueError(f"{_LIST.name}: {package.registry} is no registry")


def _telling(said: str) -> str:
    """Return the line of a client's output that says most: the first that calls itself an error, else the last."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return next((line for line in lines if _ERROR.search(line)), lines[-1] if lines else "it says nothing")


def main(names: Sequence[str]) -> int:
    """Fetch the named artefacts, or all; return 1 if one of them could not be had."""
    status = 0
    for name in names or artefacts():
        try:
            print(f"{name}: {fetch(name)}", flush=True)
        except KeyError:
            print(f"{name}: no such artefact; known are {', '.join(artefacts())}", file=sys.stderr)
            return 2
        except (Unavailable, Tampered) as reason:
            print(f"{name}: {reason}", file=sys.stderr)
            status = 1
    return status


def _main() -> NoReturn:
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    _main()

"""Fixtures of the tests on real builds: fetched artefacts and the Debian tools they are compared with."""

from __future__ import annotations

import functools
import io
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from tests.real.fetch import Unavailable, fetch


def _absent(reason: str) -> NoReturn:
    """Skip, or fail where the run is meant to leave nothing out (``AUDITOR_REAL_REQUIRED=1``)."""
    if os.environ.get("AUDITOR_REAL_REQUIRED"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def artefact() -> Callable[[str], Path]:
    """Return the function from an artefact's name to its file; it skips the test where the file cannot be had."""

    def get(name: str) -> Path:
        try:
            return fetch(name)
        except Unavailable as reason:
            _absent(str(reason))

    return get


@pytest.fixture(scope="session")
def peer() -> Callable[..., str]:
    """Return the function that runs a peer and returns its output; it skips the test where the tool is missing."""

    def run(tool: str, *arguments: str | Path, accept: tuple[int, ...] = (0,)) -> str:
        found = shutil.which(tool)
        if found is None:
            _absent(f"{tool} is not installed (Debian package of that name; llvm for llvm-*)")
        done = subprocess.run([found, *map(str, arguments)], capture_output=True, timeout=600)
        assert done.returncode in accept, done.stderr.decode(errors="replace")
        return done.stdout.decode(errors="surrogateescape")

    return run


@pytest.fixture(scope="session")
def dexdump(
    peer: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Path], dict[str, set[str]]]:
    """Return the function from an APK to the classes dexdump finds in each of its DEX files, by their place in it."""

    @functools.cache
    def classes(apk: Path) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        dex = tmp_path_factory.mktemp("dex") / "one.dex"
        for place, data in _dex_files(apk.read_bytes()):
            dex.write_bytes(data)
            descriptors = re.findall(r"^  Class descriptor  : '(.*)'$", peer("dexdump", dex), re.MULTILINE)
            found[place] = {one.removeprefix("L").removesuffix(";").replace("/", ".") for one in descriptors}
        return found

    return classes


def _dex_files(data: bytes, inside: str = "") -> Iterator[tuple[str, bytes]]:
    """Yield each DEX file of an archive and of the archives in it, by what its first bytes say."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            with archive.open(info) as stream:
                magic = stream.read(8)
            if magic.startswith(b"dex\n"):
                yield inside + info.filename, archive.read(info)
            elif magic.startswith(b"PK\x03\x04"):
                yield from _dex_files(archive.read(info), f"{inside}{info.filename}!/")


@pytest.fixture(scope="session")
def linked_library(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return the function that links iOS vendors' static libraries for an arm64 iPhone, as an app's build does."""

    @functools.cache
    def link(library: Path, *more: Path) -> Path:
        tools = [shutil.which(name) or shutil.which(f"{name}-14") for name in ("llvm-lipo", "ld64.lld")]
        if None in tools:
            _absent("llvm-lipo or ld64.lld is not installed (Debian packages llvm and lld)")
        lipo, linker = map(str, tools)
        folder = tmp_path_factory.mktemp("linked")
        thin, image = [], folder / library.name
        for one in (library, *more):
            thin.append(folder / f"{one.name}.a")
            subprocess.run([lipo, "-thin", "arm64", one, "-output", thin[-1]], check=True, timeout=60)
        target = ["-arch", "arm64", "-platform_version", "ios", "12.0", "17.0"]
        # what Apple's frameworks define stays undefined: they are no part of an app
        whole = ["-dylib", "-all_load", "-undefined", "dynamic_lookup", "-install_name", f"@rpath/{library.name}"]
        subprocess.run([linker, *target, *whole, "-o", image, *thin], check=True, timeout=60, capture_output=True)
        return image

    return link

"""The fetcher itself, without any network."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.real import fetch as fetching
from tests.real.fetch import Artefact, Package, Tampered, Unavailable, artefacts, fetch, main

Patch = pytest.MonkeyPatch
Served = list[bytes]


def _tgz(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def _zip(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def served(tmp_path: Path, monkeypatch: Patch) -> Served:
    """An empty cache, and a registry that serves what the test puts into the list."""
    monkeypatch.setenv("AUDITOR_ARTEFACTS", str(tmp_path))
    monkeypatch.setattr(fetching, "_failed", {})
    serves: list[bytes] = []

    def download(package: Package, scratch: Path) -> bytes:
        if not serves:
            raise Unavailable(f"{package}: nothing is served")
        return serves.pop()

    monkeypatch.setattr(fetching, "_download", download)
    return serves


def _pin(monkeypatch: Patch, package: bytes, content: bytes, *, path: str = "a.apk") -> None:
    pinned = Package(registry="npm", name="p", version="1", form="", sha256=hashlib.sha256(package).hexdigest())
    one = Artefact(name="one", kind="apk", path=path, sha256=hashlib.sha256(content).hexdigest(), package=pinned)
    monkeypatch.setattr(fetching, "artefacts", lambda: {"one": one})


@pytest.mark.parametrize("pack", [_tgz, _zip])
def test_a_file_is_fetched_once_and_then_comes_from_the_cache(
    pack: Callable[..., bytes], served: Served, monkeypatch: Patch
) -> None:
    package = pack(**{"a.apk": b"build", "b.apk": b"other"})
    _pin(monkeypatch, package, b"build")
    served.append(package)
    assert fetch("one").read_bytes() == b"build"
    assert served == []
    assert fetch("one").read_bytes() == b"build"


def test_a_damaged_file_in_the_cache_is_fetched_again(served: Served, monkeypatch: Patch) -> None:
    package = _tgz(**{"a.apk": b"build"})
    _pin(monkeypatch, package, b"build")
    served.append(package)
    path = fetch("one")
    path.write_bytes(b"bui")
    served.append(package)
    assert fetch("one").read_bytes() == b"build"


def test_another_package_than_the_pinned_one_is_refused_and_not_kept(
    served: Served, monkeypatch: Patch, tmp_path: Path
) -> None:
    _pin(monkeypatch, _tgz(**{"a.apk": b"build"}), b"build")
    served.append(_tgz(**{"a.apk": b"swapped"}))
    with pytest.raises(Tampered, match="npm:p@1: SHA-256 is"):
        fetch("one")
    assert list(tmp_path.iterdir()) == []


def test_another_file_in_the_pinned_package_is_refused(served: Served, monkeypatch: Patch, tmp_path: Path) -> None:
    package = _tgz(**{"a.apk": b"build"})
    _pin(monkeypatch, package, b"expected")
    served.append(package)
    with pytest.raises(Tampered, match=r"npm:p@1 ! a\.apk"):
        fetch("one")
    assert list(tmp_path.iterdir()) == []


def test_a_package_without_the_file_is_refused(served: Served, monkeypatch: Patch) -> None:
    package = _tgz(**{"b.apk": b"build"})
    _pin(monkeypatch, package, b"build")
    served.append(package)
    with pytest.raises(Tampered, match=r"has no a\.apk"):
        fetch("one")


def test_a_package_can_be_the_file(served: Served, monkeypatch: Patch) -> None:
    _pin(monkeypatch, b"aar", b"aar", path="")
    served.append(b"aar")
    assert fetch("one").read_bytes() == b"aar"


def test_what_is_not_to_be_had_is_asked_for_once(served: Served, monkeypatch: Patch) -> None:
    package = _tgz(**{"a.apk": b"build"})
    _pin(monkeypatch, package, b"build")
    with pytest.raises(Unavailable, match="nothing is served"):
        fetch("one")
    served.append(package)
    with pytest.raises(Unavailable, match="nothing is served"):
        fetch("one")


@pytest.mark.parametrize(("registry", "form", "client"), [("npm", "", "npm"), ("maven", "aar", "mvn")])
def test_a_missing_client_is_named(registry: str, form: str, client: str, tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    package = Package(registry=registry, name="p", version="1", form=form, sha256="0" * 64)
    with pytest.raises(Unavailable, match=f"{client} is not installed"):
        fetching._download(package, tmp_path)


def test_a_failing_client_is_quoted(tmp_path: Path, monkeypatch: Patch) -> None:
    client = tmp_path / "npm"
    client.write_text("#!/bin/sh\necho start\necho 'npm ERR! network is down' >&2\nexit 1\n")
    client.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    package = Package(registry="npm", name="p", version="1", form="", sha256="0" * 64)
    with pytest.raises(Unavailable, match="npm failed: npm ERR! network is down"):
        fetching._download(package, tmp_path)


def test_an_unknown_name_is_told_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["no-such-artefact"]) == 2
    assert "no such artefact; known are uiautomator2-server, " in capsys.readouterr().err


def test_every_package_and_file_of_the_list_is_pinned() -> None:
    for artefact in artefacts().values():
        for digest in (artefact.sha256, artefact.package.sha256):
            assert len(bytes.fromhex(digest)) == 32, artefact.name
        assert artefact.path or artefact.sha256 == artefact.package.sha256, artefact.name

"""An iOS app in other wrappings than an IPA: its folder, an archive of the folder, Xcode's archive."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from auditor.errors import BuildError
from auditor.extract import extract
from auditor.model import Build, BuildKind, FactKind, Platform
from tests.forge.archive import Entry, write_zip
from tests.forge.ipa import simple_ipa
from tests.forge.macho import write_macho


def payload() -> dict[str, bytes]:
    """Return the files of a sound IPA below ``Payload/``."""
    with zipfile.ZipFile(io.BytesIO(simple_ipa())) as archive:
        return {name.removeprefix("Payload/"): archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    path.write_bytes(write_zip([Entry(name=name, data=data) for name, data in files.items()]))
    return path


def folder(path: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def shown(build: Build) -> tuple[object, ...]:
    """Return what has to be the same however the app is wrapped."""
    facts = {(fact.kind, fact.name, fact.value) for fact in build.facts if fact.kind is not FactKind.IMAGE}
    return build.identity.app_id, build.identity.label, facts - {one for one in facts if "/" in one[1]}, len(build.code)


@pytest.mark.parametrize("before", ["", "Products/Applications/", "App.xcarchive/Products/Applications/"])
def test_archives_of_an_app_folder_read_as_the_ipa(tmp_path, before):
    ipa = tmp_path / "app.ipa"
    ipa.write_bytes(simple_ipa())
    files = {f"{before}{name}": data for name, data in payload().items()}
    root = before.removesuffix("Products/Applications/")
    beside = {f"{root}Info.plist": b"", f"{root}dSYMs/App.app.dSYM/Contents/Info.plist": b""} if before else {"README.txt": b""}
    build = extract(zipped(tmp_path / "app.zip", {**files, **beside}))
    assert (build.identity.platform, build.identity.kind) == (Platform.IOS, BuildKind.APP)
    assert shown(build) == shown(extract(ipa))
    # places are those of what was given
    assert all(unit.file in files for unit in build.code)


def test_the_apps_own_folder_reads_as_the_ipa(tmp_path):
    ipa = tmp_path / "app.ipa"
    ipa.write_bytes(simple_ipa())
    name = next(iter(payload())).split("/")[0]
    folder(tmp_path, payload())
    folder(tmp_path / "x.xcarchive", {f"Products/Applications/{path}": data for path, data in payload().items()})
    expected = shown(extract(ipa))
    assert shown(extract(tmp_path / name)) == expected
    assert shown(extract(tmp_path / "x.xcarchive")) == expected


def test_a_framework_with_its_sample_app_stays_a_library(tmp_path):
    files = {**payload(), "Kit.framework/Kit": write_macho(kind="dylib", classes=("KitManager",)), "Kit.framework/Info.plist": b""}
    assert extract(zipped(tmp_path / "sdk.zip", files)).identity.kind is BuildKind.LIBRARY


@pytest.mark.parametrize(
    "files", [{"docs/My.app/Info.plist": b""}, {"My.app/Contents/Info.plist": b""}, {"Info.plist": b"", "Contents/x": b""}]
)
def test_an_app_elsewhere_or_of_another_system_is_none(tmp_path, files):
    with pytest.raises(BuildError):
        extract(zipped(tmp_path / "thing.zip", files))

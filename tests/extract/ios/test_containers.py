"""An iOS app in other wrappings than an IPA: its folder, an archive of the folder, Xcode's archive."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from auditor.errors import BuildError
from auditor.extract import extract
from auditor.model import Build, BuildKind, FactKind, Platform, Table
from tests.forge.archive import Entry, write_zip
from tests.forge.ipa import Bundle, simple_ipa, write_plist
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


@pytest.mark.parametrize("before", ["", "Products/Applications/", "App.xcarchive/Products/Applications/", "Release-iphoneos/"])
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


# -- what is not all of the app, or more than it -----------------------------------------------------------------------


def built(tmp_path: Path, data: bytes, name: str = "app.ipa") -> Build:
    (tmp_path / name).write_bytes(data)
    return extract(tmp_path / name)


def doubts(build: Build) -> dict[str, frozenset[Table]]:
    return {gap.location.at or gap.location.file: gap.hides for gap in build.gaps}


def inside(path: str, identifier: str, **info: object) -> Bundle:
    name = path.rpartition("/")[2].rpartition(".")[0]
    values = {"CFBundleIdentifier": identifier, "CFBundleExecutable": name, "CFBundleVersion": "7", **info}
    return Bundle(path=path, info=values, executable=write_macho(classes=(f"{name}Delegate",)))


def test_apps_and_extensions_inside_are_told_apart_and_read(tmp_path):
    build = built(
        tmp_path,
        simple_ipa(
            [
                inside("PlugIns/Share.appex", "x.share", NSExtension={"NSExtensionPointIdentifier": "com.apple.share-services"}),
                inside("Extensions/Widget.appex", "x.w", EXAppExtensionAttributes={"EXExtensionPointIdentifier": "com.apple.widgetkit"}),
                inside("AppClips/Clip.app", "x.clip", NSAppClip={"NSAppClipRequestEphemeralUserNotification": False}),
                inside("Watch/Wrist.app", "x.watch", WKWatchKitApp=True),
                inside("Watch/Wrist.app/PlugIns/Face.appex", "x.face", NSExtension={"NSExtensionPointIdentifier": "com.apple.watchkit"}),
            ]
        ),
    )
    assert {(one.name, one.value, one.by, one.trait("point")) for one in build.of(FactKind.PART)} == {
        ("Share.appex", "extension", "x.share", "com.apple.share-services"),
        ("Widget.appex", "extension", "x.w", "com.apple.widgetkit"),
        ("Clip.app", "app-clip", "x.clip", None),
        ("Wrist.app", "watch-app", "x.watch", None),
        ("Face.appex", "extension", "x.face", "com.apple.watchkit"),
    }
    assert {name for unit in build.code for name in unit.classes} == {
        "AppDelegate", "ShareDelegate", "WidgetDelegate", "ClipDelegate", "WristDelegate", "FaceDelegate"
    }  # fmt: skip
    assert build.identity.app_id == "com.example.forged"
    assert doubts(build) == {}


def test_an_extension_whose_point_is_no_text_is_one_all_the_same(tmp_path):
    build = built(tmp_path, simple_ipa([inside("PlugIns/Odd.appex", "x.odd", NSExtension={"NSExtensionPointIdentifier": 3})]))
    assert [(one.value, one.trait("point")) for one in build.of(FactKind.PART)] == [("extension", None)]


def test_a_simulator_build_is_recognised_by_what_it_says(tmp_path):
    build = built(tmp_path, simple_ipa(info={"CFBundleSupportedPlatforms": ["iPhoneSimulator"], "DTPlatformName": "iphonesimulator"}))
    assert doubts(build) == {"CFBundleSupportedPlatforms": frozenset()}
    assert "simulator" in build.gaps[0].reason.en


@pytest.mark.parametrize("how", [{"platform": "ios-simulator"}, {"arch": "x86_64"}])
def test_a_simulator_build_is_recognised_by_its_code(tmp_path, how):
    build = built(tmp_path, simple_ipa(replace={"Forged": write_macho(classes=("AppDelegate",), **how)}))
    assert {gap.hides for gap in build.gaps if gap.location.at == "LC_BUILD_VERSION"} == {frozenset()}


def test_a_thinned_variant_is_recognised(tmp_path):
    build = built(tmp_path, simple_ipa(info={"UISupportedDevices": ["iPhone10,1", "iPhone10,2", "iPhone10,3", "iPhone10,4"]}))
    assert doubts(build) == {"UISupportedDevices": frozenset()}
    assert "iPhone10,1, iPhone10,2, iPhone10,3, …" in build.gaps[0].reason.en


def export(**variants: dict[str, object]) -> dict[str, bytes]:
    """Return what Xcode writes when it exports an app for several devices."""
    listed = {"variants": {f"Apps/{name}.ipa": about for name, about in variants.items()}}
    files = {f"Apps/{name}.ipa": simple_ipa(classes=("AppDelegate", f"Only{name}")) for name in variants}
    return {**files, "app-thinning.plist": write_plist(listed, binary=False), "App Thinning Size Report.txt": b""}


PHONE = {"variantDescriptors": [{"device": "iPhone10,1", "os-version": "15.0"}], "sizeCompressedApp": 1}


@pytest.mark.parametrize("wrapped", [True, False])
def test_of_an_export_of_app_thinning_the_variant_for_all_devices_is_read(tmp_path, wrapped):
    files = export(A=PHONE, All={"sizeCompressedApp": 9}, B=PHONE)
    build = extract(zipped(tmp_path / "export.zip", files) if wrapped else folder(tmp_path / "export", files))
    assert {name for unit in build.code for name in unit.classes} == {"AppDelegate", "OnlyAll"}
    assert {(one.name, one.trait("read")) for one in build.of(FactKind.PART)} == {("A.ipa", "no"), ("All.ipa", "yes"), ("B.ipa", "no")}
    assert {unit.file for unit in build.code} == {"Apps/All.ipa!/Payload/Forged.app/Forged"}
    assert (build.identity.app_id, doubts(build)) == ("com.example.forged", {})


def test_variants_nobody_tells_apart_leave_the_others_in_doubt(tmp_path):
    for files in (export(A=PHONE, B=PHONE), {**export(A=PHONE, B=PHONE), "app-thinning.plist": b"<plist>"}):
        build = extract(folder(tmp_path / str(len(files["app-thinning.plist"])), files))
        assert {Table.SDKS, Table.DATA, Table.USAGE_KEYS} in doubts(build).values()
        assert {one.trait("read") for one in build.of(FactKind.PART)} == {"yes", "no"}


def test_one_ipa_in_an_archive_is_the_app(tmp_path):
    build = extract(zipped(tmp_path / "download.zip", {"app.ipa": simple_ipa(), "ExportOptions.plist": b""}))
    assert (build.identity.app_id, doubts(build)) == ("com.example.forged", {})


def test_an_ipa_in_an_archive_that_cannot_be_opened_is_refused_with_the_reason(tmp_path):
    with pytest.raises(BuildError, match=r"app\.ipa cannot be opened"):
        extract(zipped(tmp_path / "download.zip", {"app.ipa": b"PK\3\4 cut"}))


@pytest.mark.parametrize(
    "files", [{"docs/My.app/Info.plist": b""}, {"My.app/Contents/Info.plist": b""}, {"Info.plist": b"", "Contents/x": b""}]
)
def test_an_app_elsewhere_or_of_another_system_is_none(tmp_path, files):
    with pytest.raises(BuildError):
        extract(zipped(tmp_path / "thing.zip", files))

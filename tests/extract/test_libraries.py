"""Frameworks, XCFrameworks and static libraries, as directories, archives and single files; what is no library is said."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Mapping
from importlib.resources import files as resources
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import validate

from auditor.archive import Limits, Unreadable
from auditor.errors import BuildError
from auditor.extract import extract
from auditor.extract.folder import Folder, Under
from auditor.extract.ios.ar import ArError, read_members
from auditor.infer import infer
from auditor.knowledge.load import load
from auditor.model import Build, BuildKind, FactKind, Language, Platform, SdkTier, Table
from auditor.pipeline import audit_build, read_build
from auditor.report.facts_text import render_facts
from auditor.wire.facts import facts_to_wire
from tests.forge.ar import Member, write_ar
from tests.forge.archive import DEFLATED, Entry, write_zip
from tests.forge.classfile import write_aar, write_class, write_jar
from tests.forge.ipa import collected, privacy_manifest, simple_ipa, write_plist
from tests.forge.macho import FOUNDATION, OBJC, write_fat, write_macho, write_object, write_static_library

CODE = frozenset({Table.SDKS, Table.DATA})


def folder(path: Path, files: Mapping[str, bytes]) -> Path:
    """Write a directory of files."""
    path.mkdir(parents=True)
    for name, data in files.items():
        place = path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return path


def zipped(path: Path, files: Mapping[str, bytes]) -> Path:
    path.write_bytes(write_zip(Entry(name=name, data=data, method=DEFLATED) for name, data in files.items()))
    return path


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def classes(build: Build) -> dict[str, set[str]]:
    return {unit.file: set(unit.classes) for unit in build.code}


def facts(build: Build, kind: FactKind) -> list[tuple[str, str, dict[str, str]]]:
    return [(fact.name, fact.value, dict(fact.traits)) for fact in build.of(kind)]


def gaps(build: Build) -> list[tuple[str, str]]:
    assert all(re.search("[\u4e00-\u9fff]", gap.reason.zh) for gap in build.gaps)
    return [(gap.location.file, gap.reason.en) for gap in build.gaps]


def info(name: str, **more: object) -> bytes:
    return write_plist(
        {
            "CFBundleIdentifier": f"com.example.{name.lower()}",
            "CFBundleExecutable": name,
            "CFBundlePackageType": "FMWK",
            "CFBundleShortVersionString": "4.2",
            "CFBundleVersion": "421",
            **more,
        }
    )


def kit(name: str = "Kit", **dylib: object) -> dict[str, bytes]:
    """The files of a framework, by their paths in it."""
    image = write_macho(kind="dylib", classes=(f"{name}Manager",), libraries=(FOUNDATION, OBJC), **dylib)  # type: ignore[arg-type]
    return {"Info.plist": info(name), name: image, f"Headers/{name}.h": b"@interface"}


def below(prefix: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {f"{prefix}/{name}": data for name, data in files.items()}


# -- frameworks ---------------------------------------------------------------------------------------------------


def test_a_framework_directory_is_read(tmp_path: Path) -> None:
    files = kit() | {"PrivacyInfo.xcprivacy": write_plist(privacy_manifest(collected("DeviceID")))}
    build = extract(folder(tmp_path / "Kit.framework", files))
    about = build.identity
    assert (about.platform, about.kind) == (Platform.IOS, BuildKind.LIBRARY)
    assert (about.app_id, about.label, about.version, about.version_code) == ("com.example.kit", "Kit.framework", "4.2", "421")
    assert classes(build) == {"Kit": {"KitManager"}}
    assert facts(build, FactKind.FRAMEWORK) == [("Kit.framework", "com.example.kit", {"version": "4.2"})]
    assert {fact.name for fact in build.of(FactKind.LINKED_LIBRARY)} == {FOUNDATION, OBJC}
    (manifest,) = build.of(FactKind.PRIVACY_COLLECTED)
    assert (manifest.by, manifest.location.file) == ("Kit.framework", "PrivacyInfo.xcprivacy")
    assert build.gaps == ()


def test_a_framework_that_calls_itself_a_bundle_is_read_by_its_directory(tmp_path: Path) -> None:
    files = kit() | {"Info.plist": info("Kit", CFBundlePackageType="BNDL")}
    assert classes(extract(folder(tmp_path / "Kit.framework", files))) == {"Kit": {"KitManager"}}
    with pytest.raises(BuildError, match="is a directory without"):
        extract(folder(tmp_path / "Kit.bundle", files))


def test_an_archive_of_a_framework_gives_the_same_as_the_directory(tmp_path: Path) -> None:
    inside = extract(zipped(tmp_path / "download", below("Kit.framework", kit())))
    at_root = extract(zipped(tmp_path / "Kit.framework.zip", kit()))
    directory = extract(folder(tmp_path / "Kit.framework", kit()))
    assert classes(inside) == {"Kit.framework/Kit": {"KitManager"}}
    assert classes(at_root) == classes(directory) == {"Kit": {"KitManager"}}
    for build in (inside, at_root, directory):
        assert (build.identity.label, build.identity.app_id) == ("Kit.framework", "com.example.kit")
        assert facts(build, FactKind.FRAMEWORK) == facts(directory, FactKind.FRAMEWORK)
        assert build.gaps == ()


def test_a_framework_is_known_by_its_info_plist_whatever_its_name(tmp_path: Path) -> None:
    build = extract(folder(tmp_path / "renamed", kit()))
    assert facts(build, FactKind.FRAMEWORK) == [("renamed.framework", "com.example.kit", {"version": "4.2"})]
    assert classes(build) == {"Kit": {"KitManager"}}


def test_a_static_framework_without_info_plist_is_a_framework(tmp_path: Path) -> None:
    library = write_static_library({"a.o": write_object(classes=("OldSdk",))})
    build = extract(folder(tmp_path / "Old.framework", {"Old": library, "Headers/Old.h": b""}))
    assert facts(build, FactKind.FRAMEWORK) == [("Old.framework", "", {})]
    assert classes(build) == {"Old": {"OldSdk"}}
    assert build.gaps == ()


def test_frameworks_and_bundles_inside_are_read_too(tmp_path: Path) -> None:
    files = kit() | below("Frameworks/Inner.framework", kit("Inner")) | {"Kit.bundle/Info.plist": write_plist({"CFBundleIdentifier": "b"})}
    build = extract(folder(tmp_path / "Kit.framework", files))
    assert classes(build) == {"Kit": {"KitManager"}, "Frameworks/Inner.framework/Inner": {"InnerManager"}}
    assert [name for name, _, _ in facts(build, FactKind.FRAMEWORK)] == ["Inner.framework", "Kit.framework"]
    assert facts(build, FactKind.BUNDLE) == [("Kit.bundle", "b", {})]
    assert build.identity.app_id == "com.example.kit"


def test_a_framework_without_code_is_a_gap(tmp_path: Path) -> None:
    files = below("Kit.framework", {"Info.plist": info("Kit")}) | below("Other.framework", kit("Other"))
    build = extract(zipped(tmp_path / "sdk.zip", files))
    assert classes(build) == {"Other.framework/Other": {"OtherManager"}}
    assert gaps(build) == [("Kit.framework", "is a framework without code: it is incomplete")]
    assert build.gaps[0].hides == CODE


def test_several_frameworks_side_by_side_have_the_archives_identity(tmp_path: Path) -> None:
    files = below("SDK/Kit.framework", kit()) | below("SDK/Other.framework", kit("Other"))
    about = extract(zipped(tmp_path / "sdk-1.0.zip", files)).identity
    assert (about.label, about.app_id, about.version) == ("sdk-1.0.zip", "", "")


def test_sample_apps_debug_symbols_and_finders_files_are_no_part_of_a_library(tmp_path: Path) -> None:
    files = below("SDK/Kit.framework", kit()) | {
        "Demo.app/Info.plist": write_plist({"CFBundlePackageType": "APPL", "NSCameraUsageDescription": "demo"}),
        "Demo.app/Demo": write_macho(classes=("DemoDelegate",)),
        "Demo.app/Frameworks/Umeng.framework/Umeng": write_macho(kind="dylib", classes=("UMConfigure",)),
        "Kit.framework.dSYM/Contents/Resources/DWARF/Kit": write_macho(kind="dylib", classes=("Symbols",)),
        "__MACOSX/SDK/Kit.framework/._Kit": b"\0\5\x16\7",
        "__MACOSX/SDK/Ghost.framework/x": b"x",
        "SDK/._Kit.framework": b"\0\5\x16\7",
    }
    build = extract(zipped(tmp_path / "sdk.zip", files))
    assert classes(build) == {"SDK/Kit.framework/Kit": {"KitManager"}}
    assert build.of(FactKind.USAGE_STRING) == ()
    assert [name for name, _, _ in facts(build, FactKind.FRAMEWORK)] == ["Kit.framework"]
    assert build.gaps == ()


def test_a_privacy_manifest_beside_a_static_library_counts(tmp_path: Path) -> None:
    files = {
        "libX.a": write_static_library({"a.o": write_object(classes=("X",))}),
        "PrivacyInfo.xcprivacy": write_plist(privacy_manifest(collected("DeviceID"))),
    }
    (manifest,) = extract(folder(tmp_path / "XSDK", files)).of(FactKind.PRIVACY_COLLECTED)
    assert (manifest.name, manifest.by) == ("NSPrivacyCollectedDataTypeDeviceID", "XSDK")


# -- XCFrameworks -------------------------------------------------------------------------------------------------


def slice_(identifier: str, path: str, platform: str = "ios", variant: str = "") -> dict[str, object]:
    told = {"LibraryIdentifier": identifier, "LibraryPath": path, "SupportedPlatform": platform, "SupportedArchitectures": ["arm64"]}
    return told | ({"SupportedPlatformVariant": variant} if variant else {})


def xcinfo(*slices: object) -> bytes:
    return write_plist({"CFBundlePackageType": "XFWK", "XCFrameworkFormatVersion": "1.0", "AvailableLibraries": list(slices)})


def xcframework() -> dict[str, bytes]:
    return {
        "Info.plist": xcinfo(
            slice_("ios-arm64", "Kit.framework"),
            slice_("ios-arm64-simulator", "Kit.framework", variant="simulator"),
            slice_("macos-arm64", "Kit.framework", "macos"),
        ),
        **below("ios-arm64/Kit.framework", kit()),
        **below("ios-arm64-simulator/Kit.framework", kit() | {"Kit": write_macho(kind="dylib", classes=("OnlySimulator",))}),
        **below("macos-arm64/Kit.framework", kit() | {"Kit": write_macho(kind="dylib", classes=("OnlyMac",))}),
    }


@pytest.mark.parametrize("form", ["directory", "archive", "archive of the contents", "among others"])
def test_of_an_xcframework_the_library_for_devices_is_read(tmp_path: Path, form: str) -> None:
    prefix = ""
    if form == "directory":
        path = folder(tmp_path / "Kit.xcframework", xcframework())
    elif form == "archive of the contents":
        path = zipped(tmp_path / "Kit.xcframework.zip", xcframework())
    else:
        prefix = "Kit.xcframework/" if form == "archive" else "SDK/Libs/Kit.xcframework/"
        path = zipped(tmp_path / "download.zip", {prefix + name: data for name, data in xcframework().items()})
    build = extract(path)
    assert classes(build) == {f"{prefix}ios-arm64/Kit.framework/Kit": {"KitManager"}}
    assert facts(build, FactKind.FRAMEWORK) == [
        ("Kit.framework", "com.example.kit", {"version": "4.2"}),
        ("Kit.xcframework", "", {"libraries": "ios-arm64,ios-arm64-simulator,macos-arm64", "read": "ios-arm64"}),
    ]
    about = build.identity
    assert (about.label, about.app_id, about.version) == ("Kit.xcframework", "com.example.kit", "4.2")
    assert build.gaps == ()


def test_an_xcframework_of_static_libraries_is_read(tmp_path: Path) -> None:
    files = {
        "Info.plist": xcinfo(slice_("ios-arm64_armv7", "libKit.a"), slice_("ios-x86_64-simulator", "libKit.a", variant="simulator")),
        "ios-arm64_armv7/libKit.a": write_static_library({"a.o": write_object(classes=("KitStatic",))}),
        "ios-x86_64-simulator/libKit.a": write_static_library({"a.o": write_object(classes=("KitFake",), arch="x86_64")}),
    }
    build = extract(folder(tmp_path / "Kit.xcframework", files))
    assert classes(build) == {"ios-arm64_armv7/libKit.a": {"KitStatic"}}
    assert (build.identity.label, build.gaps) == ("Kit.xcframework", ())


def test_where_there_is_nothing_for_devices_the_simulators_library_is_read_then_any(tmp_path: Path) -> None:
    simulator = {"Info.plist": xcinfo(slice_("sim", "K.framework", variant="simulator"), slice_("tv", "K.framework", "tvos"))}
    mac = {"Info.plist": xcinfo(slice_("mac", "K.framework", "macos"))}
    code = {name: write_macho(kind="dylib", classes=(name.title(),)) for name in ("sim", "tv", "mac")}
    for files, expected in ((simulator, "sim"), (mac, "mac")):
        present = {f"{name}/K.framework/K": data for name, data in code.items() if (name == "mac") == (files is mac)}
        build = extract(folder(tmp_path / expected / "K.xcframework", files | present))
        assert classes(build) == {f"{expected}/K.framework/K": {expected.title()}}


def test_a_library_that_is_listed_and_not_there_is_a_gap(tmp_path: Path) -> None:
    files = {name: data for name, data in xcframework().items() if not name.startswith("ios-arm64/")}
    build = extract(folder(tmp_path / "Kit.xcframework", files))
    assert gaps(build) == [("ios-arm64/Kit.framework", "is named by the Info.plist, but is not there")]
    assert build.gaps[0].hides == CODE
    assert classes(build) == {}


@pytest.mark.parametrize(
    ("plist", "why"),
    [
        (None, "has no Info.plist"),
        (b"<plist", "plist"),
        (write_plist({"CFBundlePackageType": "XFWK"}), "cannot be read"),
        (xcinfo("text"), "cannot be read"),
        (xcinfo(slice_("../..", "x")), "cannot be read"),
        (xcinfo({"LibraryIdentifier": 7, "LibraryPath": "x"}), "cannot be read"),
    ],
)
def test_an_xcframework_that_does_not_say_what_it_has_is_read_whole_with_a_gap(tmp_path: Path, plist: bytes | None, why: str) -> None:
    files = {name: data for name, data in xcframework().items() if name != "Info.plist"}
    build = extract(folder(tmp_path / "Kit.xcframework", files | ({"Info.plist": plist} if plist is not None else {})))
    assert set().union(*classes(build).values()) == {"KitManager", "OnlyMac", "OnlySimulator"}
    assert any(why in reason for _, reason in gaps(build))


# -- static libraries and bare images -----------------------------------------------------------------------------

_OBJECTS = [
    Member(
        name="first.o",
        data=write_object(classes=("First",), imports=("_sysctl", "_OBJC_CLASS_$_Second"), options=("-framework CoreLocation",)),
    ),
    Member(name="an object of a long name, indeed.o", data=write_object(classes=("Second", "_TtC5Swift5Thing"), options=("-lz",))),
]


@pytest.mark.parametrize("gnu", [False, True])
@pytest.mark.parametrize("fat", [False, True])
def test_a_static_library_defines_what_its_objects_define(tmp_path: Path, gnu: bool, fat: bool) -> None:
    library = write_ar(_OBJECTS, gnu=gnu)
    other = write_ar([Member(name="o.o", data=write_object(classes=("ForSimulators",), arch="x86_64"))])
    build = extract(written(tmp_path / "libX", write_fat({"x86_64": other, "arm64": library}) if fat else library))
    assert (build.identity.platform, build.identity.kind, build.identity.label) == (Platform.IOS, BuildKind.LIBRARY, "libX")
    assert classes(build) == {"libX": {"First", "Second", "Swift.Thing"}}
    assert {fact.name for fact in build.of(FactKind.SYMBOL)} == {"_sysctl"}
    assert {fact.name for fact in build.of(FactKind.LINKED_LIBRARY)} == {"CoreLocation.framework", "libz"}
    (image,) = build.of(FactKind.IMAGE)
    assert (image.name, image.trait("type"), image.trait("archs")) == ("libX", "static", "x86_64,arm64" if fat else "arm64")
    assert build.gaps == ()


@pytest.mark.parametrize("kind", ["dylib", "bundle", "execute"])
def test_a_bare_image_is_read(tmp_path: Path, kind: str) -> None:
    build = extract(written(tmp_path / "image.bin", write_macho(kind=kind, classes=("Only",))))
    assert classes(build) == {"image.bin": {"Only"}}
    assert build.gaps == ()


def test_a_bare_object_file_is_read(tmp_path: Path) -> None:
    assert classes(extract(written(tmp_path / "x.o", write_object(classes=("Only",))))) == {"x.o": {"Only"}}


def test_bitcode_members_are_a_gap_and_the_others_are_read(tmp_path: Path) -> None:
    build = extract(written(tmp_path / "x.a", write_ar([*_OBJECTS, Member(name="b.o", data=b"BC\xc0\xde" + bytes(40))])))
    assert classes(build) == {"x.a": {"First", "Second", "Swift.Thing"}}
    assert gaps(build) == [("x.a", "has members in LLVM bitcode, which are not read")]
    assert build.gaps[0].hides == CODE


@pytest.mark.parametrize(
    ("member", "why"),
    [
        (Member(name="big.o", data=b"x", size="99999999"), "cut short"),
        (Member(name="odd.o", data=b"x", size="-8"), "damaged"),
        (Member(name="odd.o", data=b"x", size="1x"), "damaged"),
        (Member(name="odd.o", data=b"x" * 80, size="2"), "damaged"),
        (Member(name="odd.o", data=b"x", mark=b"??"), "damaged"),
        (Member(name="inner.a", data=write_ar(_OBJECTS)), "has a member, inner.a, that is no single object file"),
        (Member(name="fat.o", data=write_fat({"arm64": write_object(classes=("Hidden",))})), "has a member, fat.o, that is no single"),
        (Member(name="cut.o", data=write_object(classes=("Cut",))[:-40]), "has a member, cut.o, that has a"),
        (Member(name="head.o", data=write_object()[:20]), "has a member, head.o, that is no single object file"),
    ],
)
@pytest.mark.parametrize("gnu", [False, True])
def test_a_broken_member_is_a_gap_and_those_before_it_are_read(tmp_path: Path, member: Member, why: str, gnu: bool) -> None:
    build = extract(written(tmp_path / "x.a", write_ar([*_OBJECTS, member], gnu=gnu)))
    assert {"First", "Second", "Swift.Thing"} <= classes(build)["x.a"]
    ((file, reason),) = gaps(build)[:1]
    assert (file, build.gaps[0].hides) == ("x.a", CODE)
    assert why in reason


def test_other_files_among_the_members_are_nothing(tmp_path: Path) -> None:
    build = extract(written(tmp_path / "x.a", write_ar([Member(name="notes.txt", data=b"hello"), *_OBJECTS, Member(name="empty")])))
    assert classes(build) == {"x.a": {"First", "Second", "Swift.Thing"}}
    assert build.gaps == ()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (write_ar([]), "without Mach-O object files"),
        (write_ar([Member(name="android.o", data=b"\x7fELF" + bytes(60))], gnu=True), "without Mach-O object files"),
        (write_ar([Member(name="debian-binary", data=b"2.0\n")], gnu=True, symbols=False), "without Mach-O object files"),
        (b"!<arch>\n" + b"x" * 60, "damaged static library"),
        (write_ar(_OBJECTS, magic=b"!<thin>\n"), "thin archive"),
        (b"\xcf\xfa\xed\xfe", "holds no code"),
        (write_fat({"arm64": b"text, not code" * 4}), "no Mach-O image for arm64"),
        (write_class("a.B"), "no ZIP archive"),
        (b"\xca\xfe\xba\xbe\0\0\0\x01", "holds no code"),
        (b"\xca\xfe\xba\xbe\0\0\0\x04" + bytes(40), "cut short"),
    ],
)
def test_files_that_look_like_libraries_and_are_none_are_refused(tmp_path: Path, data: bytes, says: str) -> None:
    with pytest.raises(BuildError, match=says) as caught:
        extract(written(tmp_path / "x.a", data))
    assert caught.value.hint


def test_sdks_are_found_in_a_static_library_by_its_classes(tmp_path: Path) -> None:
    library = write_static_library({"a.o": write_object(classes=("GeTuiSdk", "GTSomething"))})
    (sdk,) = infer(extract(written(tmp_path / "GTSDK", library)), load()).sdks
    assert (sdk.id, sdk.tier, sdk.evidence[0].location.file) == ("getui-push", SdkTier.BUNDLED, "GTSDK")


# -- recognition --------------------------------------------------------------------------------------------------


def test_apps_stay_apps(tmp_path: Path) -> None:
    assert extract(written(tmp_path / "Kit.framework.zip", simple_ipa())).identity.kind is BuildKind.APP
    prefixed = simple_ipa()
    assert extract(written(tmp_path / "x", prefixed)).identity.platform is Platform.IOS


def test_java_code_with_apple_natives_inside_is_a_java_library(tmp_path: Path) -> None:
    jar = write_jar(["com.github.Native"], {"darwin/aarch64/libnative.dylib": write_macho(kind="dylib", classes=("N",))})
    build = extract(written(tmp_path / "natives.jar", jar))
    assert (build.identity.platform, classes(build)) == (Platform.ANDROID, {"natives.jar": {"com.github.Native"}})


@pytest.mark.parametrize(
    ("files", "says", "do"),
    [
        ({"Info.plist": write_plist({"CFBundlePackageType": "APPL"}), "App": write_macho()}, "inside of an iOS app folder", ".ipa"),
        ({"libs/sdk.aar": write_aar(b"<manifest/>"), "doc.pdf": b"%PDF"}, "an archive of Android libraries", "inside"),
        ({"libs/sdk.jar": write_jar(["a.B"])}, "an archive of Android libraries", "inside"),
        ({"META-INF/MANIFEST.MF": b"", "a/B.class": b"text"}, "a JAR without class files", "JAR"),
        ({"notes.txt": b"x"}, "no app build", ".apk"),
        ({}, "no app build", ".apk"),
    ],
)
def test_what_is_neither_app_nor_library_is_refused(tmp_path: Path, files: dict[str, bytes], says: str, do: str) -> None:
    with pytest.raises(BuildError, match=says) as caught:
        extract(zipped(tmp_path / "thing.zip", files))
    assert do in caught.value.hint
    with pytest.raises(BuildError, match="is a directory without an app, framework or static library in it"):
        extract(folder(tmp_path / "thing", files))


# -- directories --------------------------------------------------------------------------------------------------


def test_the_checksum_of_a_directory_depends_on_paths_and_contents_alone(tmp_path: Path) -> None:
    first = folder(tmp_path / "one", {"b/x": b"1", "a": b"2", "b.txt": b"3"})
    second = folder(tmp_path / "two", {"b.txt": b"3", "a": b"2", "b/x": b"1"})
    lines = b"".join(
        name + b"\0" + hashlib.sha256(data).hexdigest().encode() + b"\n" for name, data in ((b"a", b"2"), (b"b.txt", b"3"), (b"b/x", b"1"))
    )
    assert Folder.open(first).checksum() == Folder.open(second).checksum() == hashlib.sha256(lines).hexdigest()
    (second / "a").write_bytes(b"other")
    assert Folder.open(first).checksum() != Folder.open(second).checksum()


def test_the_checksum_of_a_single_file_is_its_own(tmp_path: Path) -> None:
    data = write_macho(kind="dylib")
    about = extract(written(tmp_path / "x", data)).identity
    assert (about.sha256, about.size) == (hashlib.sha256(data).hexdigest(), len(data))


def test_links_are_not_followed_and_those_that_lead_out_are_told(tmp_path: Path) -> None:
    outside = folder(tmp_path / "outside", kit("Outer"))
    inside = folder(tmp_path / "Kit.framework", below("Versions/A", kit()))
    (inside / "Versions/Current").symlink_to("A")
    (inside / "Kit").symlink_to("Versions/Current/Kit")
    (inside / "Versions/up").symlink_to("../Versions/A")
    sound = extract(inside)
    assert classes(sound) == {"Versions/A/Kit": {"KitManager"}}
    assert sound.gaps == ()
    (inside / "Outer").symlink_to(outside / "Outer")
    (inside / "Versions/away").symlink_to("../../outside")
    (inside / "loop").symlink_to("loop")
    build = extract(inside)
    assert classes(build) == {"Versions/A/Kit": {"KitManager"}}
    assert gaps(build) == [
        ("Outer", "is a symbolic link that leads out of the folder; not followed"),
        ("Versions/away", "is a symbolic link that leads out of the folder; not followed"),
    ]


def test_what_is_no_regular_file_is_told_and_not_waited_for(tmp_path: Path) -> None:
    inside = folder(tmp_path / "Kit.framework", kit())
    os.mkfifo(inside / "pipe")
    assert gaps(extract(inside)) == [("pipe", "is no regular file; not read")]
    with pytest.raises(BuildError, match="no regular file"):
        extract(inside / "pipe")


def test_names_that_are_no_utf8_can_be_printed(tmp_path: Path) -> None:
    inside = folder(tmp_path / "Kit.framework", kit())
    with open(os.fsencode(inside) + b"/\xff\xfe.o", "wb") as file:
        file.write(write_object(classes=("Odd",)))
    assert classes(extract(inside))["\\xff\\xfe.o"] == {"Odd"}


def test_files_over_the_limits_are_told(tmp_path: Path) -> None:
    inside = folder(tmp_path / "Kit.framework", kit())
    build = extract(inside, limits=Limits(entry_bytes=1000))
    assert [file for file, _ in gaps(build)] == ["Kit"]
    with pytest.raises(BuildError, match="more than 2 files"):
        extract(inside, limits=Limits(entries=2))


def test_a_folder_answers_like_an_archive(tmp_path: Path) -> None:
    opened = Folder.open(folder(tmp_path / "x", {"a/b.txt": b"0123456789", "n.zip": write_zip([Entry(name="in", data=b"side")]), "z": b""}))
    assert opened.names() == ["a/b.txt", "n.zip", "z"]
    assert (opened.magic("a/b.txt", 4), opened.peek("z"), opened.read("a/b.txt")) == (b"0123", b"", b"0123456789")
    assert opened.nested("n.zip").place("in") == "n.zip!/in"
    assert opened.before_directory(b"APK Sig Block 42") is None
    with pytest.raises(KeyError):
        opened.read("none")
    with pytest.raises(Unreadable, match="over the limit"):
        opened.read("a/b.txt", 9)
    with pytest.raises(Unreadable, match="cannot be opened"):
        opened.nested("a/b.txt")
    (tmp_path / "x/a/b.txt").write_bytes(b"longer than it was")
    with pytest.raises(Unreadable, match="changed"):
        opened.read("a/b.txt")
    (tmp_path / "x/a/b.txt").unlink()
    with pytest.raises(Unreadable, match="cannot be read"):
        opened.read("a/b.txt")
    opened.checksum()
    assert set(opened.damaged) == {"a/b.txt"}


def test_a_view_under_another_directory_keeps_the_archives_places(tmp_path: Path) -> None:
    opened = Folder.open(folder(tmp_path / "x", {"a/b": b"1", "c": b"2"}))
    view = Under.below(opened, "top", lambda name: name != "c")
    assert view.names() == ["top/a/b"]
    assert (view.place("top/a/b"), view.place("top/a"), view.place("top")) == ("a/b", "a", "x")
    assert (view.read("top/a/b"), view.peek("top/a/b")) == (b"1", b"1")
    for name in ("a/b", "top/c", "c"):
        with pytest.raises(KeyError):
            view.read(name)


# -- laws ---------------------------------------------------------------------------------------------------------

_SEEDS = [
    write_ar(_OBJECTS),
    write_ar(_OBJECTS, gnu=True),
    write_fat({"arm64": write_ar(_OBJECTS)}),
    write_zip(Entry(name=f"K.xcframework/{name}", data=data) for name, data in xcframework().items()),
]


_MAGICS = [b"!<arch>\n", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe\0\0\0\1", b"\xca\xfe\xba\xbf\0\0\0\2"]
_KEYS = st.sampled_from(["LibraryIdentifier", "LibraryPath", "SupportedPlatform", "SupportedPlatformVariant"])
_VALUES = st.recursive(
    st.text(st.characters(codec="ascii", categories=["L", "P"]), max_size=5) | st.integers(0, 9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("laws") / "library"


def read(path: Path, data: bytes) -> Build | None:
    path.write_bytes(data)
    try:
        build = extract(path)
    except BuildError:
        return None
    assert not any("unexpected error" in gap.reason.en for gap in build.gaps)
    return build


@settings(deadline=None, max_examples=200)
@given(st.integers(0, len(_SEEDS) - 1), st.integers(0, 2**20), st.binary(min_size=1, max_size=12))
def test_damage_gives_a_build_or_a_build_error(scratch: Path, number: int, at: int, patch: bytes) -> None:
    seed = _SEEDS[number]
    at %= len(seed)
    read(scratch, seed[:at] + patch + seed[at + len(patch) :])


@settings(deadline=None)
@given(st.integers(0, 2), st.integers(0, 2**20))
def test_a_library_cut_short_loses_nothing_in_silence(scratch: Path, number: int, length: int) -> None:
    seed = _SEEDS[number]
    build = read(scratch, seed[: length % len(seed)])
    assert build is None or build.gaps or build.code[0].classes == ("First", "Second", "Swift.Thing")


@settings(deadline=None)
@given(st.sampled_from(_MAGICS), st.binary(max_size=300))
def test_any_bytes_behind_a_magic_give_a_build_or_a_build_error(scratch: Path, magic: bytes, data: bytes) -> None:
    read(scratch, magic + data)


@settings(deadline=None)
@given(st.binary(max_size=400), st.integers(0, 5))
def test_members_lie_inside_the_archive(data: bytes, number: int) -> None:
    data = write_ar([Member(name="a", data=data)], gnu=bool(number % 2)) + data[number:]
    with contextlib.suppress(ArError):
        for member in read_members(data, 0, len(data)):
            assert 8 < member.start <= member.start + member.size <= len(data)


@settings(deadline=None)
@given(_VALUES)
def test_any_info_plist_of_an_xcframework_gives_a_build(scratch: Path, value: object) -> None:
    plist = write_plist({"AvailableLibraries": value})
    files = {"K.xcframework/Info.plist": plist, "K.xcframework/ios/K.framework/K": write_macho(kind="dylib", classes=("K",))}
    build = read(scratch, write_zip(Entry(name=name, data=data) for name, data in files.items()))
    assert build is not None


# -- the commands -------------------------------------------------------------------------------------------------

_DECLARATION = "app: Example\noperator: Example Ltd\npolicy: {file: policy.txt, effective: 2024-01-01}\nsdks: []\n"


@pytest.mark.parametrize("language", list(Language))
def test_the_facts_of_a_library_say_that_it_is_one(tmp_path: Path, language: Language) -> None:
    app, library = written(tmp_path / "a.ipa", simple_ipa()), folder(tmp_path / "Kit.framework", kit())
    word = {Language.ZH: "库", Language.EN: "library"}[language]
    for path, kind in ((app, "app"), (library, "library")):
        found = read_build(path)
        second = render_facts(found.build, found.conduct, found.tool, language).splitlines()[1]
        assert (word in second) == (kind == "library")
        document = facts_to_wire(found.build, found.conduct, found.tool, effective={})
        assert document["identity"]["kind"] == kind
        validate(document, json.loads((resources("auditor") / "schemas" / "facts-1.schema.json").read_text("utf-8")))


def test_no_library_is_audited_whatever_is_declared(tmp_path: Path) -> None:
    declaration = tmp_path / "declared.yaml"
    declaration.write_text(_DECLARATION, "utf-8")
    library = zipped(tmp_path / "Kit.zip", below("Kit.framework", kit()))
    with pytest.raises(BuildError, match=r"Kit\.framework is a library, no app") as caught:
        audit_build(library, declaration)
    assert "auditor facts" in caught.value.hint
    # a broken one, too, never ends as an audit without findings
    with pytest.raises(BuildError, match="is a library"):
        audit_build(written(tmp_path / "x.a", write_ar(_OBJECTS)[:-30]), declaration)

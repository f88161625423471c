"""Apps in several pieces: every split and every module is read, and what is missing is said."""

from __future__ import annotations

import json

import pytest

from auditor.errors import BuildError
from auditor.extract import extract
from auditor.model import Build, FactKind, Platform, Table
from tests.forge.apk import Apk, component, launcher, manifest, meta_data
from tests.forge.archive import Entry, write_zip
from tests.forge.axml import Element
from tests.forge.bundle import Module, write_bundle, write_libraries, write_resources_pb
from tests.forge.dex import Class, write_dex
from tests.forge.sign import CERTIFICATE_SHA256

CODE = frozenset({Table.SDKS, Table.DATA})
EVERYTHING = CODE | {Table.PERMISSIONS}
NONE: frozenset[Table] = frozenset()
PACKAGE = "com.example.app"


def zipped(**files: bytes) -> bytes:
    """Return an archive; ``__`` in a keyword stands for a dot, ``_in_`` for a slash."""
    return write_zip([Entry(name=name.replace("_in_", "/").replace("__", "."), data=data) for name, data in files.items()])


def base(*classes: str, needs: str = "", package: str = PACKAGE, code: int = 7, schemes=("v1", "v2"), **attributes) -> bytes:
    head = {"android:requiredSplitTypes": needs} if needs else {}
    root = manifest(
        package,
        permissions=["CAMERA"],
        components=[component("activity", ".Main", launcher(), exported=True)],
        application={"name": ".App", "usesCleartextTraffic": False},
        version_code=code,
        attributes={**head, **attributes},
    )
    return Apk(manifest=root, package=package, dex=[[Class(name=name) for name in classes]] if classes else (), schemes=schemes).write()


def split(
    name: str, *classes: str, types: str = "", package: str = PACKAGE, code: int = 7, permissions=(), files=None, schemes=("v1", "v2")
) -> bytes:
    root = manifest(
        package,
        permissions=permissions,
        components=[component("service", f".{name.title()}Service")],
        application={"hasCode": bool(classes), "name": ".Never", "usesCleartextTraffic": True},
        version_code=code,
        attributes={"split": name, "android:splitTypes": types},
    )
    dex = [[Class(name=one) for one in classes]] if classes else ()
    return Apk(manifest=root, package=package, dex=dex, files=files or {}, schemes=schemes).write()


def classes(build: Build) -> dict[str, set[str]]:
    return {unit.file: set(unit.classes) for unit in build.code}


def named(build: Build, *kinds: FactKind) -> set[tuple[str, str]]:
    return {(fact.name, fact.location.file) for fact in build.of(*kinds)}


def gaps(build: Build) -> dict[tuple[str, str], frozenset[Table]]:
    return {(gap.location.file, gap.location.at): gap.hides for gap in build.gaps}


# -- splits -------------------------------------------------------------------------------------------------------


def test_every_split_is_read_and_says_where_it_was_read(read):
    build = read(
        zipped(
            base__apk=base(f"{PACKAGE}.Main", needs="base__abi"),
            split_config__arm64__apk=split("config.arm64", types="base__abi", files={"lib/arm64-v8a/libpush.so": b"\x7fELF"}),
            feature__apk=split("maps", "com.vendor.map.View"),
            icon__png=b"\x89PNG",
        )
    )
    assert (build.identity.app_id, build.identity.version_code, build.identity.platform) == (PACKAGE, "7", Platform.ANDROID)
    assert {one.sha256 for one in build.identity.signer} == {CERTIFICATE_SHA256}
    assert classes(build) == {
        "base.apk!/classes.dex": {f"{PACKAGE}.Main"},
        "feature.apk!/classes.dex": {"com.vendor.map.View"},
    }
    assert named(build, FactKind.PERMISSION) == {("android.permission.CAMERA", "base.apk!/AndroidManifest.xml")}
    assert named(build, FactKind.NATIVE_LIBRARY) == {
        ("libpush.so", "split_config.arm64.apk!/lib/arm64-v8a/libpush.so"),
    }
    services = {fact.name for fact in build.of(FactKind.COMPONENT) if fact.value == "service"}
    assert services == {f"{PACKAGE}.Config.Arm64Service", f"{PACKAGE}.MapsService"}
    assert gaps(build) == {}


def test_what_a_split_says_of_the_application_does_not_count(read):
    build = read(zipped(base__apk=base("a.B"), feature__apk=split("maps", "c.D")))
    applications = {fact.name for fact in build.of(FactKind.COMPONENT) if fact.value == "application"}
    assert applications == {f"{PACKAGE}.App"}
    assert [fact.value for fact in build.of(FactKind.TRANSPORT_SECURITY)] == ["false"]


def test_a_folder_of_splits_is_read_like_an_archive_of_them(tmp_path):
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "base.apk").write_bytes(base("a.B"))
    (folder / "split_maps.apk").write_bytes(split("maps", "c.D"))
    build = extract(folder)
    assert classes(build) == {"base.apk!/classes.dex": {"a.B"}, "split_maps.apk!/classes.dex": {"c.D"}}
    assert gaps(build) == {}
    assert len(build.identity.sha256) == 64


def test_the_same_code_in_several_apks_is_read_once(read):
    build = read(zipped(splits_in_base_master__apk=base("a.B"), standalones_in_all__apk=base("a.B"), universal__apk=base("a.B", "c.D")))
    assert classes(build) == {
        "splits/base_master.apk!/classes.dex": {"a.B"},
        "universal.apk!/classes.dex": {"a.B", "c.D"},
    }
    assert {fact.name for fact in build.of(FactKind.DEX)} == {
        "splits/base_master.apk!/classes.dex",
        "standalones/all.apk!/classes.dex",
        "universal.apk!/classes.dex",
    }


def test_code_beside_the_apks_is_read_too(read):
    build = read(zipped(base__apk=base("a.B"), Android_in_obb_in_main__obb=zipped(plugin__dex=write_dex([Class(name="c.D")]))))
    assert classes(build)["Android/obb/main.obb!/plugin.dex"] == {"c.D"}


def test_a_split_the_base_needs_and_nobody_gave_is_a_gap(read):
    build = read(zipped(base__apk=base("a.B", needs="base__abi,base__density"), d__apk=split("config.hdpi", types="base__density")))
    assert gaps(build) == {("build.apk", ""): CODE}
    assert "base__abi" in build.gaps[0].reason.en
    assert "base__density" not in build.gaps[0].reason.en


@pytest.mark.parametrize("others", [{}, {"s__apk": split("maps", "c.D")}])
def test_any_split_does_where_none_is_named(read, others):
    build = read(zipped(base__apk=base("a.B", **{"android:isSplitRequired": True}), **others))
    assert gaps(build) == ({} if others else {("build.apk", ""): CODE})


def test_splits_without_their_base_hide_everything(read):
    build = read(zipped(maps__apk=split("maps", "c.D")))
    assert gaps(build) == {("build.apk", ""): EVERYTHING}
    assert build.identity.app_id == PACKAGE


def test_a_permission_only_a_split_asks_for_is_not_granted_and_said(read):
    build = read(zipped(base__apk=base("a.B"), s__apk=split("maps", "c.D", permissions=["CAMERA", "READ_SMS"])))
    assert named(build, FactKind.PERMISSION) == {("android.permission.CAMERA", "base.apk!/AndroidManifest.xml")}
    assert gaps(build) == {("s.apk!/AndroidManifest.xml", "uses-permission"): NONE}
    assert "android.permission.READ_SMS" in build.gaps[0].reason.en
    assert "CAMERA" not in build.gaps[0].reason.en


@pytest.mark.parametrize("other", [split("maps", "c.D", code=8), split("maps", "c.D", package="com.other")])
def test_a_split_of_another_version_or_app_is_said(read, other):
    build = read(zipped(base__apk=base("a.B"), s__apk=other))
    assert gaps(build) == {("s.apk!/AndroidManifest.xml", "manifest"): NONE}


def test_a_split_somebody_else_signed_is_said(read):
    build = read(zipped(base__apk=base("a.B"), s__apk=split("maps", "c.D", schemes=())))
    assert gaps(build) == {("s.apk", ""): NONE}


def test_a_split_changed_after_signing_leaves_the_app_refused(read):
    changed = bytearray(split("maps", "c.D"))
    changed[changed.index(b"classes.dex") + 40] ^= 1
    identity = read(zipped(base__apk=base("a.B"), s__apk=bytes(changed))).identity
    assert {one.verified for one in identity.signer} == {True}
    assert {one.en.partition(":")[0] for one in identity.signature_faults} == {"signature v1 of s.apk", "signature v2 of s.apk"}
    assert read(zipped(base__apk=base("a.B"), s__apk=split("maps", "c.D"))).identity.signature_faults == ()


def test_an_unsigned_app_is_no_quarrel_of_signers(read):
    assert gaps(read(zipped(base__apk=base("a.B", schemes=()), s__apk=split("maps", "c.D", schemes=())))) == {}


def test_several_apps_in_one_archive_are_refused(read):
    with pytest.raises(BuildError, match=r"several apps \(com\.example\.app, com\.other\)") as caught:
        read(zipped(a__apk=base("a.B"), b__apk=base("a.B", package="com.other")))
    assert caught.value.hint == "give the APKs of one app"


def test_a_broken_apk_among_them_is_a_gap_and_the_others_are_read(read):
    build = read(zipped(base__apk=base("a.B"), bad__apk=b"PK\x03\x04 cut", odd__apk=zipped(notes__txt=b"")))
    assert classes(build) == {"base.apk!/classes.dex": {"a.B"}}
    assert gaps(build) == {("bad.apk", ""): EVERYTHING, ("odd.apk", ""): EVERYTHING}


def test_an_xapk_that_lists_more_than_it_holds_says_so(read):
    listed = {"package_name": PACKAGE, "split_apks": [{"file": "base.apk", "id": "base"}, {"file": "config.zh.apk", "id": "config.zh"}]}
    build = read(zipped(base__apk=base("a.B"), manifest__json=json.dumps(listed).encode()))
    assert gaps(build) == {("config.zh.apk", ""): CODE}


@pytest.mark.parametrize("text", [b"[]", b"{}", b"null", b'{"name": "icons", "start_url": "/"}', b'{"package_name": "com.example.app"}'])
def test_a_list_of_another_kind_is_nothing(read, text):
    assert gaps(read(zipped(base__apk=base("a.B"), manifest__json=text))) == {}


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"split_apks": 3}', b'{"split_apks": [{}]}', b'{"xapk_version": 2, "expansions": [1]}'],
)
def test_a_list_of_an_xapk_that_cannot_be_read_leaves_code_in_doubt(read, text):
    assert gaps(read(zipped(base__apk=base("a.B"), manifest__json=text))) == {("manifest.json", ""): CODE}


def test_a_list_of_another_app_is_said(read):
    build = read(zipped(base__apk=base("a.B"), manifest__json=b'{"package_name": "com.other"}'))
    assert gaps(build) == {("manifest.json", "package_name"): NONE}
    assert "com.other" in build.gaps[0].reason.en


def test_an_expansion_file_that_is_listed_and_not_there_is_a_gap(read):
    listed = {"xapk_version": 1, "expansions": [{"file": "Android/obb/x/main.1.x.obb"}, {"file": "Android/obb/x/patch.1.x.obb"}]}
    files = {"base__apk": base("a.B"), "manifest__json": json.dumps(listed).encode(), "Android_in_obb_in_x_in_main__1__x__obb": b"data"}
    assert gaps(read(zipped(**files))) == {("Android/obb/x/patch.1.x.obb", ""): CODE}


# -- apps inside --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("around", ["plain", "nested", "another name"])
def test_an_apk_inside_is_read_as_code_and_named(read, around):
    other = base("plug.In", package="com.plug")
    other = Apk(manifest=manifest("com.plug", permissions=["READ_SMS", "CAMERA"], version_code=3), package="com.plug",
                dex=[[Class(name="plug.In")]], files={"lib/arm64-v8a/libspy.so": b"\x7fELF"}).write()  # fmt: skip
    path, files = {
        "plain": ("assets/plugin.apk", {"assets/plugin.apk": other}),
        "nested": ("assets/data.bin!/inner.apk", {"assets/data.bin": write_zip([Entry(name="inner.apk", data=other)])}),
        "another name": ("res/raw/logo.png", {"res/raw/logo.png": other}),
    }[around]
    build = read(Apk(manifest=manifest(PACKAGE, permissions=["CAMERA"]), package=PACKAGE, dex=[[Class(name="a.B")]], files=files).write())
    assert classes(build) == {"classes.dex": {"a.B"}, f"{path}!/classes.dex": {"plug.In"}}
    (part,) = build.of(FactKind.PART)
    assert (part.location.file, part.value, part.by) == (path, "apk", "com.plug")
    assert part.trait("permissions") == "android.permission.CAMERA,android.permission.READ_SMS"
    assert named(build, FactKind.NATIVE_LIBRARY) == {("libspy.so", f"{path}!/lib/arm64-v8a/libspy.so")}
    # what it asks for is not the app's
    assert named(build, FactKind.PERMISSION) == {("android.permission.CAMERA", "AndroidManifest.xml")}
    assert gaps(build) == {(path, ""): NONE}
    assert "com.plug" in build.gaps[0].reason.en
    assert "READ_SMS" in build.gaps[0].reason.en


def test_an_apk_inside_whose_manifest_is_damaged_is_named_all_the_same(read):
    inner = zipped(AndroidManifest__xml=b"\x03\0\x08\0 damaged", classes__dex=write_dex([Class(name="plug.In")]))
    build = read(Apk(manifest=manifest(PACKAGE), package=PACKAGE, dex=[[Class(name="a.B")]], files={"assets/x": inner}).write())
    assert [(part.value, part.by) for part in build.of(FactKind.PART)] == [("apk", "")]
    assert gaps(build) == {("assets/x", ""): NONE}


def test_a_library_inside_is_no_apk(read):
    inner = zipped(AndroidManifest__xml=b"<manifest package='com.lib'/>", R__txt=b"")
    build = read(Apk(manifest=manifest(PACKAGE), package=PACKAGE, dex=[[Class(name="a.B")]], files={"assets/lib.aar": inner}).write())
    assert (build.of(FactKind.PART), gaps(build)) == ((), {})


# -- bundles ------------------------------------------------------------------------------------------------------


def module(*defined: str, split_name: str = "", components: tuple[Element, ...] = (), files=None) -> Module:
    attributes = {"split": split_name} if split_name else {}
    root = manifest(
        PACKAGE,
        permissions=["CAMERA"],
        components=components,
        application={"label": "@string/app_name", "hasCode": bool(defined)},
        version_code=7,
        attributes=attributes,
    )
    return Module(manifest=root, classes=defined, files=files or {})


LABELS = {"resources.pb": write_resources_pb({"app_name": {"": "Example", "zh": "示例"}})}


def test_every_module_of_a_bundle_is_read(read):
    files = {**LABELS, "lib/arm64-v8a/libpush.so": b"\x7fELF", "assets/plugin.dex": write_dex([Class(name="e.F")]), "root/notes.txt": b""}
    build = read(
        write_bundle(
            {
                "base": module("a.B", files=files, components=(component("service", ".S", meta_data("KEY", "1")),)),
                "maps": module("c.D", split_name="maps", components=(component("service", "com.vendor.MapService"),)),
            },
            {"BUNDLE-METADATA/com.android.tools.build.libraries/dependencies.pb": write_libraries(("com.vendor", "map", "3.1"))},
        )
    )
    assert (build.identity.app_id, build.identity.label, build.identity.version_code) == (PACKAGE, "Example", "7")
    assert classes(build) == {
        "base/dex/classes.dex": {"a.B"},
        "base/assets/plugin.dex": {"e.F"},
        "maps/dex/classes.dex": {"c.D"},
    }
    assert named(build, FactKind.PERMISSION) == {("android.permission.CAMERA", "base/manifest/AndroidManifest.xml")}
    assert named(build, FactKind.COMPONENT) == {
        (f"{PACKAGE}.S", "base/manifest/AndroidManifest.xml"),
        ("com.vendor.MapService", "maps/manifest/AndroidManifest.xml"),
    }
    assert named(build, FactKind.NATIVE_LIBRARY) == {("libpush.so", "base/lib/arm64-v8a/libpush.so")}
    assert {"notes.txt", "assets/plugin.dex"} <= {fact.name for fact in build.of(FactKind.ASSET)}
    assert [(fact.name, fact.value, fact.by) for fact in build.of(FactKind.VERSION)] == [("com.vendor:map", "3.1", "dependencies.pb")]
    assert gaps(build) == {}


def test_a_bundle_without_code_or_with_a_broken_manifest_is_in_doubt(read):
    assert gaps(read(write_bundle({"base": module("a.B", files=LABELS)}))) == {}
    empty = module(files=LABELS)
    claims = Module(manifest=manifest(PACKAGE, application={"label": "x"}), files={})
    assert gaps(read(write_bundle({"base": empty}))) == {}
    assert gaps(read(write_bundle({"base": claims}))) == {("classes.dex", ""): CODE}
    broken = write_zip([Entry(name="base/manifest/AndroidManifest.xml", data=b"\x0a\xff")])
    assert gaps(read(broken)) == {("base/manifest/AndroidManifest.xml", ""): EVERYTHING, ("classes.dex", ""): CODE}


def test_a_damaged_list_of_libraries_costs_versions_only(read):
    path = "BUNDLE-METADATA/com.android.tools.build.libraries/dependencies.pb"
    build = read(write_bundle({"base": module("a.B", files=LABELS)}, {path: b"\x0a\xff"}))
    assert gaps(build) == {(path, ""): NONE}


def test_a_second_file_for_one_path_is_read_as_well(read):
    files = {**LABELS, "root/classes.dex": write_dex([Class(name="hidden.Spy")])}
    build = read(write_bundle({"base": module("a.B", files=files)}))
    assert classes(build) == {"base/dex/classes.dex": {"a.B"}, "base/root/classes.dex": {"hidden.Spy"}}


# -- one piece alone ----------------------------------------------------------------------------------------------


def test_a_split_alone_is_not_the_app(read):
    build = read(split("maps", "c.D"))
    assert gaps(build) == {("AndroidManifest.xml", "manifest@split"): EVERYTHING}


def test_a_base_alone_that_needs_its_splits_leaves_code_in_doubt(read):
    assert gaps(read(base("a.B", needs="base__abi"))) == {("AndroidManifest.xml", "manifest@isSplitRequired"): CODE}
    assert gaps(read(base("a.B"))) == {}

"""JARs and AARs: what an app gets from them is recorded, what only helps to build is not, what is broken is a gap."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.archive import Limits
from auditor.errors import BuildError
from auditor.extract import extract
from auditor.extract.collector import Collector
from auditor.extract.folder import Folder
from auditor.extract.jvm import read_jvm
from auditor.extract.lens import Lens
from auditor.infer import infer
from auditor.knowledge.load import load
from auditor.model import Build, BuildKind, FactKind, Platform, SdkTier, Table
from tests.forge.archive import DEFLATED, Entry, write_zip
from tests.forge.axml import Element, write_axml
from tests.forge.classfile import (
    MODULE,
    TOOLS,
    Field,
    jar_manifest,
    library_manifest,
    pom,
    write_aar,
    write_class,
    write_jar,
)
from tests.forge.dex import Class, write_dex

Read = Callable[..., Build]
CODE = frozenset({Table.SDKS, Table.DATA})


def classes(build: Build) -> dict[str, set[str]]:
    return {unit.file: set(unit.classes) for unit in build.code}


def names(build: Build, kind: FactKind) -> set[str]:
    return {fact.name for fact in build.of(kind)}


def reasons(build: Build) -> list[tuple[str, str]]:
    assert all(re.search("[\u4e00-\u9fff]", gap.reason.zh) for gap in build.gaps)
    return [(gap.location.file, gap.reason.en) for gap in build.gaps]


# -- JARs ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [0, DEFLATED])
def test_a_jar_holds_its_classes_under_its_own_name(read: Read, method: int) -> None:
    build = read(write_jar(["com.example.A", "com.example.A$B", "Top"], method=method))
    assert (build.identity.platform, build.identity.kind) == (Platform.ANDROID, BuildKind.LIBRARY)
    # the tests' files are called build.apk, which no reader believes
    assert classes(build) == {"build.apk": {"com.example.A", "com.example.A$B", "Top"}}
    assert build.gaps == ()


def test_the_class_counts_that_a_file_defines_and_not_its_path(read: Read) -> None:
    build = read(write_jar(files={"a/Wrong.class": write_class("com.right.Name")}))
    assert classes(build) == {"build.apk": {"com.right.Name"}}


def test_modules_and_variants_for_newer_javas_are_left_out(read: Read) -> None:
    build = read(
        write_jar(
            ["com.example.A"],
            {
                "module-info.class": write_class("module-info", parent="", access=MODULE),
                "META-INF/versions/9/com/example/Nine.class": write_class("com.example.Nine"),
                "META-INF/versions/11/module-info.class": b"not even a class",
                "META-INF/MANIFEST.MF": jar_manifest(Multi_Release="true"),
            },
        )
    )
    assert classes(build) == {"build.apk": {"com.example.A"}}
    assert build.gaps == ()


def test_versions_are_read_from_what_build_tools_leave(read: Read) -> None:
    title = "A library whose name is so long that its line has to go on in the next one of the manifest"
    build = read(
        write_jar(
            ["a.B"],
            {
                "META-INF/MANIFEST.MF": jar_manifest(Implementation_Title=title, Implementation_Version="2.1-rc3")
                + b"Name: a/B.class\r\nImplementation-Version: 9.9\r\n\r\n",
                **pom("com.example", "library", "2.1"),
                "META-INF/androidx.core_core.version": b"1.9.0\n",
                "META-INF/broken.version": b"task ':core:writeVersionFile' property 'version'\n",
            },
        )
    )
    assert {(fact.name, fact.value, fact.by) for fact in build.of(FactKind.VERSION)} == {
        (title, "2.1-rc3", "MANIFEST.MF"),
        ("com.example:library", "2.1", "pom.properties"),
        ("androidx.core_core", "1.9.0", ".version"),
    }
    assert (build.identity.app_id, build.identity.version) == ("com.example:library", "2.1")


def test_a_jar_that_swallowed_others_is_none_of_them(read: Read) -> None:
    build = read(write_jar(["a.B"], {**pom("g", "one", "1.0"), **pom("g", "two", "2.0")}))
    assert names(build, FactKind.VERSION) == {"g:one", "g:two"}
    assert (build.identity.app_id, build.identity.version) == ("", "")


def test_native_libraries_and_other_files_stand_where_an_apk_has_them(read: Read) -> None:
    build = read(write_jar(["a.B"], {"lib/arm64-v8a/libx.so": b"\x7fELF", "assets/x.cfg": b"x", "services/": b""}))
    assert [(fact.name, fact.value) for fact in build.of(FactKind.NATIVE_LIBRARY)] == [("libx.so", "arm64-v8a")]
    assert names(build, FactKind.ASSET) == {"assets/x.cfg"}


def test_dex_code_loaded_at_run_time_is_found_wherever_it_lies(read: Read) -> None:
    plugin = write_zip([Entry(name="classes.dex", data=write_dex([Class(name="com.hidden.Plugin")]))])
    outer = write_zip([Entry(name="more.bin", data=plugin)])
    bare = write_dex([Class(name="com.hidden.Bare")])
    build = read(write_jar(["a.B"], {"assets/plugin.png": outer, "assets/bare": bare, "assets/inner.jar": write_jar(["no.Android"])}))
    assert classes(build) == {
        "build.apk": {"a.B"},
        "assets/plugin.png!/more.bin!/classes.dex": {"com.hidden.Plugin"},
        "assets/bare": {"com.hidden.Bare"},
    }
    assert build.gaps == ()


def test_a_broken_class_file_is_a_gap_and_the_others_are_read(read: Read) -> None:
    whole = write_class("a.Whole")
    build = read(
        write_jar(
            ["a.Fine"],
            {"a/Cut.class": whole[:-3], "a/Text.class": b"public class Text {}", "a/Index.class": whole[:9] + b"\x03" + whole[10:]},
        )
    )
    assert classes(build) == {"build.apk": {"a.Fine"}}
    assert [(gap.location.file, gap.hides) for gap in build.gaps] == [
        ("a/Cut.class", CODE),
        ("a/Index.class", CODE),
        ("a/Text.class", CODE),
    ]


def test_a_class_with_the_largest_pool_is_read(read: Read) -> None:
    build = read(write_jar({"a.Big": write_class("a.Big", fill_pool=0xFFFF)}, method=DEFLATED))
    assert classes(build) == {"build.apk": {"a.Big"}}


def test_an_entry_that_stands_twice_is_a_gap(read: Read) -> None:
    body = write_class("a.B")
    build = read(write_zip([Entry(name="a/B.class", data=body), Entry(name="a/B.class", data=write_class("c.D"))]))
    assert classes(build) == {"build.apk": {"a.B"}}
    assert [(gap.location.file, gap.hides) for gap in build.gaps] == [("a/B.class", CODE)]


def test_control_characters_in_names_cannot_reach_a_report(read: Read) -> None:
    build = read(write_jar(files={"x.class": write_class("a.\x1b[31mRed".replace("[", "")), **pom("g\x07", "a", "1")}))
    assert classes(build) == {"build.apk": {"a.\ufffd31mRed"}}
    assert names(build, FactKind.VERSION) == {"g\ufffd:a"}


def test_the_lens_sees_constants_that_are_written_down(tmp_path) -> None:
    path = tmp_path / "lib.jar"
    fields = [Field("VERSION", value="4.2.0"), Field("OTHER", value="no"), Field("LATER"), Field("NUMBER", "I", 42)]
    path.write_bytes(write_jar({"a.Build": write_class("a.Build", fields=fields), "b.Build": write_class("b.Build", fields=fields)}))
    wanted = frozenset({"a.Build.VERSION", "a.Build.LATER", "a.Build.NUMBER"})
    found = extract(path, lens=Lens(constants=wanted)).of(FactKind.CONSTANT)
    assert {(fact.name, fact.value, fact.location.at) for fact in found} == {
        ("a.Build.VERSION", "4.2.0", "a.Build"),
        ("a.Build.NUMBER", "42", "a.Build"),
    }
    assert extract(path).of(FactKind.CONSTANT) == ()


def test_the_lens_sees_literals_and_references(tmp_path) -> None:
    path = tmp_path / "lib.jar"
    path.write_bytes(
        write_jar(
            {
                "a.a": write_class("a.a", strings=["telling words", "others"], classes=["a.b", "java.lang.String"]),
                "a.b": write_class("a.b"),
                "a.c": write_class("a.c", strings=["telling words"]),
                "a.d": write_class("a.d", strings=["telling words"]),
            }
        )
    )
    (unit,) = extract(path, lens=Lens(literals=frozenset({"telling words", "absent"}), renamed=re.compile(r"a\.."))).code
    assert unit.literals == tuple((name, ("telling words",)) for name in ("a.a", "a.c", "a.d"))
    assert unit.references == (("a.a", ("a.b",)),)
    (plain,) = extract(path).code
    assert (plain.literals, plain.references) == ((), ())


# -- AARs ---------------------------------------------------------------------------------------------------------

_MANIFEST = library_manifest(
    """
    <!-- a library asks for these in the name of the app -->
    <uses-sdk android:minSdkVersion="19" tools:overrideLibrary="x.y"/>
    <uses-permission android:name="android.permission.ACCESS_FINE_LOCATION"/>
    <uses-permission android:name="android.permission.READ_PHONE_STATE" android:maxSdkVersion="28"/>
    <uses-permission android:name="android.permission.RECORD_AUDIO" tools:node="remove"/>
    <permission android:name="${applicationId}.permission.PUSH" android:protectionLevel="signature"/>
    <queries><package android:name="com.tencent.mm"/><intent><action android:name="x.ACTION"/></intent></queries>
    <uses-feature android:name="android.hardware.camera" android:required="false"/>
    """,
    """
    <meta-data android:name="SDK_KEY" android:value="${SDK_KEY}"/>
    <service android:name=".PushService" android:process=":push"><intent-filter><action android:name="x.PUSH"/></intent-filter></service>
    <provider android:name="com.example.sdk.InitProvider" android:authorities="${applicationId}.init" android:exported="false"/>
    <activity android:name="com.elsewhere.Gone" tools:node="remove"/>
    """,
)


def _same(build: Build, kind: FactKind) -> list[tuple[str, str, dict[str, str]]]:
    return [(fact.name, fact.value, dict(fact.traits)) for fact in build.of(kind)]


def test_the_manifest_of_an_aar_gives_the_facts_of_a_manifest(read: Read) -> None:
    build = read(write_aar(_MANIFEST, ["com.example.sdk.PushService"]))
    assert (build.identity.platform, build.identity.kind) == (Platform.ANDROID, BuildKind.LIBRARY)
    assert build.identity.app_id == "com.example.sdk"
    assert _same(build, FactKind.PERMISSION) == [
        ("android.permission.ACCESS_FINE_LOCATION", "", {}),
        ("android.permission.READ_PHONE_STATE", "", {"max-sdk": "28"}),
    ]
    assert _same(build, FactKind.PERMISSION_DEFINED) == [("${applicationId}.permission.PUSH", "signature", {})]
    assert _same(build, FactKind.QUERY) == [("com.tencent.mm", "package", {}), ("x.ACTION", "intent", {})]
    assert _same(build, FactKind.FEATURE) == [("android.hardware.camera", "optional", {})]
    assert _same(build, FactKind.META_DATA) == [("SDK_KEY", "${SDK_KEY}", {})]
    assert _same(build, FactKind.SDK_LEVEL) == [("min", "19", {})]
    assert _same(build, FactKind.COMPONENT) == [
        ("com.example.sdk.InitProvider", "provider", {"authorities": "${applicationId}.init", "exported": "false"}),
        ("com.example.sdk.PushService", "service", {"actions": "x.PUSH", "process": ":push"}),
    ]
    assert build.gaps == ()


def test_what_the_apps_level_decides_is_left_open(read: Read) -> None:
    build = read(write_aar(library_manifest('<uses-permission android:name="android.permission.WRITE_EXTERNAL_STORAGE"/>')))
    assert names(build, FactKind.PERMISSION) == {"android.permission.WRITE_EXTERNAL_STORAGE"}
    assert build.of(FactKind.PERMISSION_IMPLIED, FactKind.SDK_LEVEL) == ()
    assert build.gaps == ()


def test_the_code_of_an_aar_is_classes_jar_and_libs(read: Read) -> None:
    build = read(
        write_aar(
            _MANIFEST,
            ["com.example.sdk.Api"],
            {
                "libs/vendor.jar": write_jar(["com.vendor.V"], {"assets/in.jar.cfg": b"x"}),
                "libs/sub/other.jar": write_jar(["com.sub.S"]),
                "lint.jar": write_jar(["com.example.lint.Check"]),
                "api.jar": write_jar(["com.example.sdk.OnlyForCompiling"]),
                "annotations.zip": write_zip([Entry(name="a/annotations.xml", data=b"<root/>")]),
                "jni/arm64-v8a/libpush.so": b"\x7fELF",
                "assets/push.cfg": b"x",
                "res/values/values.xml": b"<resources/>",
                "proguard.txt": b"-keep class x",
            },
            method=DEFLATED,
        )
    )
    assert classes(build) == {
        "classes.jar": {"com.example.sdk.Api"},
        "libs/vendor.jar": {"com.vendor.V"},
        "libs/sub/other.jar": {"com.sub.S"},
    }
    assert [(fact.name, fact.value) for fact in build.of(FactKind.NATIVE_LIBRARY)] == [("libpush.so", "arm64-v8a")]
    assert names(build, FactKind.ASSET) == {"assets/in.jar.cfg", "assets/push.cfg", "proguard.txt", "res/values/values.xml"}
    assert build.gaps == ()


def test_an_aar_without_code_is_one_too(read: Read) -> None:
    build = read(write_zip([Entry(name="AndroidManifest.xml", data=_MANIFEST), Entry(name="R.txt")]))
    assert build.identity.kind is BuildKind.LIBRARY
    assert classes(build) == {}


def test_a_compiled_manifest_in_an_aar_is_read_as_well(read: Read) -> None:
    manifest = write_axml(Element("manifest", {"package": "com.odd"}, [Element("uses-permission", {"android:name": "x.Y"})]))
    build = read(write_aar(manifest, ["com.odd.A"]))
    assert (build.identity.app_id, build.identity.kind) == ("com.odd", BuildKind.LIBRARY)
    assert names(build, FactKind.PERMISSION) == {"x.Y"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "gbk", "iso-8859-1"])
def test_manifests_in_other_encodings_are_read(read: Read, encoding: str) -> None:
    label = "démo" if encoding == "iso-8859-1" else "演示"
    declared = "utf-8" if encoding == "utf-8-sig" else encoding
    text = library_manifest(application=f'<meta-data android:name="{label}" android:value="1"/>').decode()
    build = read(write_aar(text.replace('encoding="utf-8"', f'encoding="{declared}"').encode(encoding)))
    assert names(build, FactKind.META_DATA) == {label}
    assert build.gaps == ()


@pytest.mark.parametrize(
    ("manifest", "why"),
    [
        (library_manifest(head='<!DOCTYPE manifest [<!ENTITY a "aaaa">]>\n'), "document type"),
        (library_manifest(head='<!DOCTYPE manifest SYSTEM "file:///etc/hostname">\n'), "document type"),
        (library_manifest("<unclosed>"), "no well-formed XML"),
        (library_manifest('<uses-permission android:name="&undefined;"/>'), "no well-formed XML"),
        (library_manifest("<a>" * 80 + "</a>" * 80), "nests them too deep"),
        (library_manifest("<a/>" * 20_001), "too many elements"),
        (b"<application/>", "no manifest"),
        (b"<", "no well-formed XML"),
        (b'<?xml version="1.0" encoding="big5"?><manifest/>', "no well-formed XML"),
        (b'<?xml version="1.0" encoding="nonsense"?><manifest/>', "no well-formed XML"),
    ],
)
def test_a_manifest_that_cannot_be_read_leaves_everything_it_says_in_doubt(read: Read, manifest: bytes, why: str) -> None:
    build = read(write_aar(manifest, ["com.example.A"]))
    assert [(gap.location.file, gap.hides) for gap in build.gaps] == [("AndroidManifest.xml", CODE | {Table.PERMISSIONS})]
    assert why in build.gaps[0].reason.en
    assert classes(build) == {"classes.jar": {"com.example.A"}}


@pytest.mark.parametrize("jar", [b"", b"no archive at all", write_jar(["a.B"])[:-10]])
def test_a_broken_classes_jar_is_a_gap(read: Read, jar: bytes) -> None:
    build = read(write_zip([Entry(name="AndroidManifest.xml", data=_MANIFEST), Entry(name="classes.jar", data=jar)]))
    assert build.identity.app_id == "com.example.sdk"
    assert [(gap.location.file, gap.hides) for gap in build.gaps] == [("classes.jar", CODE)]


def test_a_broken_class_deep_inside_is_a_gap_at_its_place(read: Read) -> None:
    build = read(write_aar(_MANIFEST, {"a.Bad": write_class("a.Bad")[:-2], "a.Good": write_class("a.Good")}))
    assert classes(build) == {"classes.jar": {"a.Good"}}
    assert [(gap.location.file, gap.hides) for gap in build.gaps] == [("classes.jar!/a/Bad.class", CODE)]


def test_archives_nested_too_deep_are_a_gap(read: Read) -> None:
    inner = write_zip([Entry(name="classes.dex", data=write_dex([Class(name="a.Deep")]))])
    for _ in range(4):
        inner = write_zip([Entry(name="deeper.zip", data=inner)])
    build = read(write_aar(_MANIFEST, ["a.B"], {"assets/x.zip": inner}))
    assert classes(build) == {"classes.jar": {"a.B"}}
    assert [gap.hides for gap in build.gaps] == [CODE]
    assert "nested deeper" in build.gaps[0].reason.en


def test_an_apk_with_a_classes_jar_beside_its_code_stays_an_app(read: Read) -> None:
    manifest = write_axml(Element("manifest", {"package": "com.app"}))
    for telling in ("classes.dex", "resources.arsc"):
        data = write_zip(
            [
                Entry(name="AndroidManifest.xml", data=manifest),
                Entry(name="classes.jar", data=write_jar(["a.B"])),
                Entry(name=telling, data=write_dex([Class(name="com.app.A")])),
            ]
        )
        assert read(data).identity.kind is BuildKind.APP


def test_components_defined_elsewhere_mean_no_packing(read: Read) -> None:
    manifest = library_manifest(application='<activity android:name="com.elsewhere.A"/><service android:name="com.elsewhere.B"/>')
    build = read(write_aar(manifest, ["com.example.sdk.Api"]))
    assert names(build, FactKind.COMPONENT) == {"com.elsewhere.A", "com.elsewhere.B"}
    assert infer(build, load()).gaps == ()


def test_sdks_are_found_in_a_library_by_its_classes(read: Read) -> None:
    build = read(write_aar(_MANIFEST, ["com.tencent.bugly.crashreport.CrashReport", "com.tencent.bugly.Bugly", "com.tencent.bugly.B"]))
    (sdk,) = infer(build, load()).sdks
    assert (sdk.id, sdk.tier, sdk.evidence[0].location.file) == ("bugly", SdkTier.BUNDLED, "classes.jar")


def test_an_entry_over_the_limit_is_a_gap(read: Read) -> None:
    build = read(write_jar(["a.B"], {"a/Big.class": write_class("a.Big", fill_pool=3000)}), Limits(entry_bytes=4000))
    assert classes(build) == {"build.apk": {"a.B"}}
    assert [gap.location.file for gap in build.gaps] == ["a/Big.class"]


# -- laws ---------------------------------------------------------------------------------------------------------

_AAR = write_aar(
    _MANIFEST,
    ["com.example.sdk.Api"],
    {"libs/v.jar": write_jar(["com.vendor.V"]), "assets/plugin.zip": write_zip([Entry(name="c.dex", data=write_dex([Class(name="p.P")]))])},
)
_TOOLS = TOOLS.encode()


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("laws") / "lib.aar"


@settings(deadline=None)
@given(st.integers(0, len(_AAR) - 1), st.binary(min_size=1, max_size=12))
def test_damage_gives_a_build_or_a_build_error(scratch, at: int, patch: bytes) -> None:
    scratch.write_bytes(_AAR[:at] + patch + _AAR[at + len(patch) :])
    try:
        build = extract(scratch)
    except BuildError:
        return
    assert not any("unexpected error" in gap.reason.en for gap in build.gaps)
    lost = {"com.example.sdk.Api", "com.vendor.V"} - {name for unit in build.code for name in unit.classes}
    assert not lost or build.gaps


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_as_a_manifest_give_facts_or_one_gap(scratch, data: bytes) -> None:
    for manifest in (data, b"<manifest>" + data + b"</manifest>"):
        folder = scratch.parent / "parts"
        folder.mkdir(exist_ok=True)
        (folder / "AndroidManifest.xml").write_bytes(manifest)
        (folder / "R.txt").write_bytes(b"")
        collect = Collector()
        read_jvm(Folder.open(folder), collect)
        assert len(collect.gaps) <= 1


@settings(deadline=None)
@given(st.text(st.sampled_from("<>/=\"' a:tools\n&;#x1![]-?")), st.booleans())
def test_any_markup_inside_a_manifest_gives_facts_or_one_gap(scratch, text: str, inside: bool) -> None:
    folder = scratch.parent / "markup"
    folder.mkdir(exist_ok=True)
    manifest = library_manifest(text) if inside else library_manifest(head=text)
    assert _TOOLS in manifest
    (folder / "AndroidManifest.xml").write_bytes(manifest)
    (folder / "R.txt").write_bytes(b"")
    collect = Collector()
    about = read_jvm(Folder.open(folder), collect)
    assert (about.app_id == "com.example.sdk") == (not collect.gaps)


def test_the_lens_sees_hosts_alone_and_in_web_addresses(tmp_path) -> None:
    path = tmp_path / "lib.jar"
    said = ["log.acme.cn", "https://log.acme.cn/app?x", "http://LOG.acme.cn", "https://log.acme.cn.evil.com/", "see log.acme.cn"]
    path.write_bytes(write_jar({"a.B": write_class("a.B", strings=said)}))
    (unit,) = extract(path, lens=Lens(hosts=frozenset({"log.acme.cn"}))).code
    assert unit.literals == (("a.B", ("http://LOG.acme.cn", "https://log.acme.cn/app?x", "log.acme.cn")),)

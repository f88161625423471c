"""Every mistake in the YAML is named with file and line; what is right is read as it stands."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.errors import KnowledgeError
from auditor.knowledge.load import compile_knowledge, knowledge_from, read_yaml
from auditor.knowledge.schema import Brings, BroughtManifest, Knowledge, Strength, TraceKind
from auditor.model import Platform, Text

SMALL = {
    "data_types.yaml": """\
        source: ours
        data_types:
        - {id: camera, name: {zh: 相机, en: Camera}, class: 其他信息, aliases_zh: [相机, 摄像头]}
        - {id: imei, name: {zh: 设备识别码, en: IMEI}, class: 设备, sensitive: true, core: true, aliases_en: [imei]}
        - {id: nfc, name: {zh: 近场, en: NFC}, class: 其他信息}
        """,
    "permissions.yaml": """\
        sources: {aosp: the platform}
        groups:
        - {id: CAMERA, label: {zh: 相机, en: Camera}}
        platform:
        - {name: a.CAMERA, level: dangerous, label: {zh: 拍摄, en: Take}, group: CAMERA, data: [camera], source: aosp}
        - {name: a.OLD, level: normal, removed_after: 22, source: aosp}
        health_connect:
        - {name: a.health.READ, level: dangerous, source: aosp}
        vendor:
        - {name: b.BADGE, level: normal, vendor: B, unverified: true, source: aosp}
        vendor_patterns:
        - {pattern: '^.+[.]PUSH$', vendor: C, source: aosp}
        covers:
        - {declared: a.OLD, covers: [a.CAMERA], why: {zh: 旧名, en: older name}, source: the platform}
        """,
    "usage_keys.yaml": """\
        sources: {apple: the page}
        usage_keys:
        - {key: NSX, label: {zh: 甲, en: X}, data: [camera], since: '6.0', source: apple}
        - {key: NSY, label: {zh: 乙, en: Y}, only_on: macOS, source: apple}
        covers:
        - {declared: NSX, covers: [NSY], why: {zh: 旧键, en: older key}, source: the page}
        """,
    "packers.yaml": """\
        sources: {seen: a sample}
        packers:
        - {id: p, name: {zh: 加固, en: P}, kind: packer, so_names: [libp.so, libq.so], path_patterns: ['^assets/p.*$'],
           application_classes: [p.Stub], weak: [libq.so], unverified: [p.Stub], sources: [seen]}
        """,
    "regulations.yaml": """\
        sources: {text: the law}
        grounds:
        - {id: undeclared, name: {zh: 未声明, en: Undeclared}, checkable: [static, policy]}
        clauses:
        - {id: L-1, cite: {zh: 第一条, en: Art. 1}, summary: {zh: 要, en: do}, grounds: [undeclared], source: text}
        categories:
        - {id: C-1, name: {zh: 类, en: Kind}, service: 甲, text: 乙, necessary: [imei], source: text}
        """,
    "sdks/amap.yaml": """\
        id: amap
        name: {zh: 高德地图, en: AMap}
        vendor: {zh: 高德, en: AutoNavi}
        category: map
        platforms: [android, ios]
        collects: [imei]
        aliases: [高德地图, 高德定位]
        declared_as: [com.amap.api]
        links: [lbs.amap.com]
        url: https://lbs.amap.com/privacy
        android:
          packages: {proves: [com.amap.api, com.autonavi], supports: [com.loc], except: [com.amap.api.wrapper]}
          native_libraries: {supports: ['libAMapSDK_MAP_*.so']}
          components: {names: [com.amap.api.location.APSService]}
          meta_data: {supports: [com.amap.api.v2.apikey]}
        ios:
          classes: {proves: [AMapLocationManager]}
          frameworks: {proves: [AMapFoundationKit.framework]}
          bundles: {supports: [AMap.bundle]}
          url_schemes: {names: ['amap*']}
          query_schemes: {names: [iosamap]}
        sources: [an artefact]
        """,
    "sdks/okhttp.yaml": """\
        id: okhttp
        name: {zh: OkHttp, en: OkHttp}
        vendor: {zh: Square, en: Square}
        category: network
        platforms: [android]
        collects: nothing
        part_of: [amap]
        android:
          packages: {proves: [okhttp3]}
        sources: [an artefact]
        """,
}


def write(directory: Path, **changes: str | None) -> Path:
    """Write the small knowledge; ``data_types="…"`` replaces a file, ``sdks__x`` stands for ``sdks/x.yaml``."""
    files: dict[str, str | None] = dict(SMALL)
    files |= {f"{name.replace('__', '/')}.yaml": text for name, text in changes.items()}
    for folder in ("sdks", "manifests"):
        (directory / folder).mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        if text is not None:
            (directory / name).write_text(dedent(text), encoding="utf-8")
    return directory


def known(directory: Path) -> Knowledge:
    return knowledge_from(compile_knowledge(read_yaml(directory)))


def mistakes(directory: Path) -> list[str]:
    with pytest.raises(KnowledgeError) as caught:
        read_yaml(directory)
    return list(caught.value.mistakes)


def edited(name: str, old: str, new: str) -> dict[str, str]:
    """The change that puts ``new`` for ``old`` in one file."""
    assert SMALL[name].count(old) == 1, old
    return {name.removesuffix(".yaml").replace("/", "__"): SMALL[name].replace(old, new)}


def test_the_small_knowledge_is_read_as_it_stands(tmp_path):
    knowledge = known(write(tmp_path))
    assert {id_: one.sensitive for id_, one in knowledge.data_types.items()} == {
        "camera": False,
        "imei": True,
        "nfc": False,
    }
    camera = knowledge.permissions["a.CAMERA"]
    assert (camera.level.value, camera.label, camera.group, camera.data) == (
        "dangerous",
        Text(zh="拍摄", en="Take"),
        "CAMERA",
        ("camera",),
    )
    assert {name for name, one in knowledge.permissions.items() if one.vendor} == {"b.BADGE"}
    assert {name for name, one in knowledge.permissions.items() if one.unverified} == {"b.BADGE"}
    assert {name: one.removed_after for name, one in knowledge.permissions.items() if one.removed_after} == {"a.OLD": 22}
    assert [(one.declared, one.covers) for one in knowledge.permission_covers] == [("a.OLD", ("a.CAMERA",))]
    assert [one.vendor for one in knowledge.vendor_patterns if one.pattern.search("shop.PUSH")] == ["C"]
    assert knowledge.usage_keys["NSY"].only_on == "macOS"
    assert knowledge.packers["p"].weak == {"libq.so", "p.Stub"}
    assert knowledge.clauses["L-1"].clause.cite == Text(zh="第一条", en="Art. 1")
    assert knowledge.categories["C-1"].necessary == ("imei",)


def test_an_sdk_is_read_as_it_stands(tmp_path):
    sdks = known(write(tmp_path)).sdks
    amap = sdks["amap"]
    assert amap.platforms == {Platform.ANDROID, Platform.IOS}
    assert (amap.collects, amap.excepted, amap.links) == (("imei",), ("com.amap.api.wrapper",), ("lbs.amap.com",))
    assert {(one.kind, one.pattern, one.strength) for one in amap.traces} == {
        (TraceKind.PACKAGE, "com.amap.api", Strength.PROVES),
        (TraceKind.PACKAGE, "com.autonavi", Strength.PROVES),
        (TraceKind.PACKAGE, "com.loc", Strength.SUPPORTS),
        (TraceKind.NATIVE_LIBRARY, "libAMapSDK_MAP_*.so", Strength.SUPPORTS),
        (TraceKind.COMPONENT, "com.amap.api.location.APSService", Strength.NAMES),
        (TraceKind.META_DATA, "com.amap.api.v2.apikey", Strength.SUPPORTS),
        (TraceKind.CLASS, "AMapLocationManager", Strength.PROVES),
        (TraceKind.FRAMEWORK, "AMapFoundationKit.framework", Strength.PROVES),
        (TraceKind.BUNDLE, "AMap.bundle", Strength.SUPPORTS),
        (TraceKind.URL_SCHEME, "amap*", Strength.NAMES),
        (TraceKind.QUERY_SCHEME, "iosamap", Strength.NAMES),
    }
    assert (sdks["okhttp"].collects, sdks["okhttp"].part_of) == ((), ("amap",))


@pytest.mark.parametrize(
    ("name", "old", "new", "mistake"),
    [
        # values that are not known
        ("permissions.yaml", "data: [camera]", "data: [camra]",
         "permissions.yaml:5: platform[0].data: 'camra' is not known (did you mean 'camera'?)"),
        ("permissions.yaml", "level: dangerous, label", "level: grave, label",
         "permissions.yaml:5: platform[0].level: 'grave' is none of its values"),
        ("permissions.yaml", "group: CAMERA", "group: CAMERAS",
         "permissions.yaml:5: platform[0].group: 'CAMERAS' is none of its values (did you mean 'CAMERA'?)"),
        ("permissions.yaml", "removed_after: 22, source: aosp", "removed_after: 22, source: asop",
         "permissions.yaml:6: platform[1].source: 'asop' is none of its values (did you mean 'aosp'?)"),
        ("permissions.yaml", "covers: [a.CAMERA]", "covers: [a.CAMRA]",
         "permissions.yaml:14: covers[0].covers: 'a.CAMRA' is not known (did you mean 'a.CAMERA'?)"),
        ("permissions.yaml", "declared: a.OLD", "declared: a.OLDER",
         "permissions.yaml:14: 'a.OLDER' is not described in this file (did you mean 'a.OLD'?)"),
        ("usage_keys.yaml", "declared: NSX", "declared: NSZ",
         "usage_keys.yaml:6: 'NSZ' is not described in this file (did you mean 'NSY'?)"),
        ("regulations.yaml", "grounds: [undeclared]", "grounds: [undeclard]",
         "regulations.yaml:5: clauses[0].grounds: 'undeclard' is not known (did you mean 'undeclared'?)"),
        ("regulations.yaml", "necessary: [imei]", "necessary: [imsi]",
         "regulations.yaml:7: categories[0].necessary: 'imsi' is not known (did you mean 'imei'?)"),
        ("regulations.yaml", "checkable: [static, policy]", "checkable: [statically]",
         "regulations.yaml:3: grounds[0].checkable: 'statically' is not known (did you mean 'static'?)"),
        ("packers.yaml", "kind: packer", "kind: sdk", "packers.yaml:3: packers[0].kind: 'sdk' is none of its values"),
        ("packers.yaml", "weak: [libq.so]", "weak: [libr.so]",
         "packers.yaml:4: packers[0].weak: 'libr.so' is not known (did you mean 'libq.so'?)"),
        ("packers.yaml", "sources: [seen]", "sources: [sen]",
         "packers.yaml:4: packers[0].sources: 'sen' is not known (did you mean 'seen'?)"),
        # sources, labels and other things missing
        ("permissions.yaml", "removed_after: 22, source: aosp", "removed_after: 22",
         "permissions.yaml:6: platform[1] lacks 'source'"),
        ("permissions.yaml", ", en: Take", "", "permissions.yaml:5: platform[0].label lacks 'en'"),
        ("permissions.yaml", ", source: the platform", "", "permissions.yaml:14: covers[0] lacks 'source'"),
        ("permissions.yaml", "vendor: B, ", "", "permissions.yaml:10: vendor: a vendor is missing"),
        ("permissions.yaml", "removed_after: 22,", "removed_after: 22, vendor: Z,",
         "permissions.yaml:6: platform: a vendor is out of place here"),
        ("data_types.yaml", "source: ours", "source:", "data_types.yaml:1: data_types.yaml lacks 'source'"),
        ("regulations.yaml", ", en: Art. 1", "", "regulations.yaml:5: clauses[0].cite lacks 'en'"),
        # twice
        ("permissions.yaml", "name: a.health.READ", "name: a.CAMERA",
         "permissions.yaml:8: 'a.CAMERA' was described before, on line 5"),
        ("data_types.yaml", "aliases_en: [imei]", "aliases_zh: [摄像头]",
         "data_types.yaml:4: data_types[1].aliases_zh: '摄像头' already means 'camera'"),
        ("permissions.yaml", "covers: [a.CAMERA]", "covers: [a.OLD]", "permissions.yaml:14: 'a.OLD' covers itself"),
        # unknown keys, wrong shapes
        ("permissions.yaml", "removed_after", "removed_afer",
         "permissions.yaml:6: unknown key 'removed_afer' in platform[1] (did you mean 'removed_after'?)"),
        ("usage_keys.yaml", "since: '6.0'", "sinse: '6.0'",
         "usage_keys.yaml:3: unknown key 'sinse' in usage_keys[0] (did you mean 'since'?)"),
        ("permissions.yaml", "'^.+[.]PUSH$'", "'^(PUSH'",
         "permissions.yaml:12: vendor_patterns[0].pattern: '^(PUSH' is no regular expression: "
         "missing ), unterminated subpattern at position 1"),
        ("permissions.yaml", "name: b.BADGE", "name: b.BADGE.",
         "permissions.yaml:10: 'b.BADGE.' is no permission name"),
        ("data_types.yaml", "id: nfc", "id: Nfc!",
         "data_types.yaml:5: 'Nfc!' is no id: lower-case letters, digits and underscores"),
        # SDKs
        ("sdks/amap.yaml", "id: amap", "id: amaps",
         "sdks/amap.yaml:1: the id of sdks/amap.yaml must be 'amap', in lower-case letters, digits and dashes"),
        ("sdks/amap.yaml", "category: map", "category: maps",
         "sdks/amap.yaml:4: sdks/amap.yaml.category: 'maps' is none of its values (did you mean 'map'?)"),
        ("sdks/amap.yaml", "[android, ios]", "[android, ios, web]",
         "sdks/amap.yaml:5: sdks/amap.yaml.platforms: 'web' is not known"),
        ("sdks/amap.yaml", "collects: [imei]", "collects: [imsi]",
         "sdks/amap.yaml:6: sdks/amap.yaml.collects: 'imsi' is not known (did you mean 'imei'?)"),
        ("sdks/amap.yaml", "collects: [imei]", "collects: []",
         "sdks/amap.yaml:6: sdks/amap.yaml.collects is empty: list data types, or write `nothing`"),
        ("sdks/amap.yaml", "collects: [imei]", "collects: imei",
         "sdks/amap.yaml:6: sdks/amap.yaml.collects: 'imei' is neither a list of data types nor `nothing`"),
        ("sdks/amap.yaml", "links: [lbs.amap.com]", "links: ['https://lbs.amap.com']",
         "sdks/amap.yaml:9: sdks/amap.yaml.links: 'https://lbs.amap.com' must be a host, or a host with a path, "
         "without scheme"),
        ("sdks/amap.yaml", "url: https://lbs.amap.com/privacy", "url: lbs.amap.com/privacy",
         "sdks/amap.yaml:10: sdks/amap.yaml.url: 'lbs.amap.com/privacy' is no web address, nor `unseen`"),
        ("sdks/amap.yaml", "sources: [an artefact]", "sources: []",
         "sdks/amap.yaml:22: sdks/amap.yaml.sources is empty: say where its facts were read"),
        ("sdks/amap.yaml", "components: {names:", "components: {supports:",
         "sdks/amap.yaml:14: sdks/amap.yaml.android.components: such a trace only ever names an SDK, "
         "it cannot be under 'supports'"),
        ("sdks/amap.yaml", "query_schemes: {names:", "query_schemes: {proves:",
         "sdks/amap.yaml:21: sdks/amap.yaml.ios.query_schemes: such a trace only ever names an SDK, "
         "it cannot be under 'proves'"),
        ("sdks/amap.yaml", "{proves: [AMapLocationManager]}", "{proves: [AMapLocationManager], except: [B]}",
         "sdks/amap.yaml:17: unknown key 'except' in sdks/amap.yaml.ios.classes"),
        ("sdks/amap.yaml", "supports: [com.loc]", "supports: ['com.loc.*']",
         "sdks/amap.yaml:12: sdks/amap.yaml.android.packages.supports: 'com.loc.*' must be whole segments joined by "
         "dots, without a dot or star at the end"),
        ("sdks/amap.yaml", "supports: [com.loc]", "supports: [com.loc.]",
         "sdks/amap.yaml:12: sdks/amap.yaml.android.packages.supports: 'com.loc.' must be whole segments joined by "
         "dots, without a dot or star at the end"),
        ("sdks/amap.yaml", "supports: [com.loc]", "supports: [com.autonavi]",
         "sdks/amap.yaml:12: sdks/amap.yaml.android.packages.supports: 'com.autonavi' is already listed under 'proves'"),
        ("sdks/amap.yaml", "except: [com.amap.api.wrapper]", "except: [com.amap.apiwrapper]",
         "sdks/amap.yaml:12: sdks/amap.yaml.android.packages.except: 'com.amap.apiwrapper' lies below none of the "
         "packages listed here"),
        ("sdks/amap.yaml", "components: {names: [", "hosts: {proves: [apilocate.amap.com]}\n          components: {names: [",
         "sdks/amap.yaml:14: sdks/amap.yaml.android.hosts: such a trace only ever supports another, it cannot be under 'proves'"),
        ("sdks/amap.yaml", "components: {names: [", "literals: {names: [a literal]}\n          components: {names: [",
         "sdks/amap.yaml:14: sdks/amap.yaml.android.literals: such a trace only ever supports another, it cannot be under 'names'"),
        ("sdks/amap.yaml", "components: {names: [", "hosts: {supports: ['https://a.cn']}\n          components: {names: [",
         "sdks/amap.yaml:14: sdks/amap.yaml.android.hosts.supports: 'https://a.cn' must be a host by its name, in lower-case "
         "letters, without scheme or path"),
        ("sdks/amap.yaml", "components: {names: [", "hosts: {supports: [180.149.144.31]}\n          components: {names: [",
         "sdks/amap.yaml:14: sdks/amap.yaml.android.hosts.supports: '180.149.144.31' must be a host by its name, in lower-case "
         "letters, without scheme or path"),
        ("sdks/amap.yaml", "components: {names: [", "literals: {supports: [short]}\n          components: {names: [",
         "sdks/amap.yaml:14: sdks/amap.yaml.android.literals.supports: 'short' is too short to tell anything"),
        ("sdks/amap.yaml", "'libAMapSDK_MAP_*.so'", "'libAMapSDK_MAP_*'",
         "sdks/amap.yaml:13: sdks/amap.yaml.android.native_libraries.supports: 'libAMapSDK_MAP_*' must end in '.so'"),
        ("sdks/amap.yaml", "'amap*'", "'*'", "sdks/amap.yaml:20: sdks/amap.yaml.ios.url_schemes.names: '*' fits everything"),
        ("sdks/amap.yaml", "[AMapLocationManager]", "['AMap*']",
         "sdks/amap.yaml:17: sdks/amap.yaml.ios.classes.proves: 'AMap*': a star means nothing here"),
        ("sdks/amap.yaml", "[AMapFoundationKit.framework]", "[AMapFoundationKit]",
         "sdks/amap.yaml:18: sdks/amap.yaml.ios.frameworks.proves: 'AMapFoundationKit' must end in '.framework'"),
        ("sdks/okhttp.yaml", "proves: [okhttp3]", "proves: [com.autonavi]",
         "sdks/okhttp.yaml:9: sdks/okhttp.yaml.android.packages.proves: 'com.autonavi' already proves 'amap'"),
        ("sdks/okhttp.yaml", "part_of: [amap]", "part_of: [amp]",
         "sdks/okhttp.yaml:7: part_of: 'amp' is no SDK described here (did you mean 'amap'?)"),
        ("sdks/okhttp.yaml", "part_of: [amap]", "part_of: [okhttp]",
         "sdks/okhttp.yaml:7: part_of: 'okhttp' ends up inside itself"),
        ("sdks/okhttp.yaml", "android:\n          packages: {proves: [okhttp3]}",
         "ios:\n          classes: {proves: [OkHttp]}",
         "sdks/okhttp.yaml:8: traces for ios, which is not among its platforms"),
        ("sdks/okhttp.yaml", "packages:", "package:",
         "sdks/okhttp.yaml:9: unknown key 'package' in sdks/okhttp.yaml.android (did you mean 'packages'?)"),
    ],
)  # fmt: skip
def test_a_mistake(tmp_path, name, old, new, mistake):
    assert mistakes(write(tmp_path, **edited(name, old, new))) == [mistake]


MANIFEST = """\
    id: amap
    manifests:
    - line: com.amap.api:location
      read: [{version: '5.0', ref: an artefact, sha256: 0123456789abcdef}, {ref: another, sha256: 0123456789abcdef}]
      packages: [com.amap.api]
      permissions: [a.CAMERA, '${applicationId}.permission.X']
      components: {service: [com.amap.api.location.APSService]}
      queries: {package: [com.autonavi.minimap]}
    """


def test_a_manifest_is_read_as_it_stands(tmp_path):
    library = "id: lib\npackages: [org.lib]\nmanifests: []\n"
    found = known(write(tmp_path, manifests__amap=MANIFEST, manifests__lib=library)).brings
    assert found["lib"] == Brings(id="lib", packages=("org.lib",), manifests=())
    assert found["amap"] == Brings(
        id="amap",
        packages=(),
        manifests=(
            BroughtManifest(
                line="com.amap.api:location",
                versions=("5.0", ""),
                permissions=("a.CAMERA", "${applicationId}.permission.X"),
                components=(("service", "com.amap.api.location.APSService"),),
                queries=(("package", "com.autonavi.minimap"),),
                packages=("com.amap.api",),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("id: amap", "id: amp", "1: the id of manifests/amap.yaml must be 'amap', in lower-case letters, digits and dashes"),
        ("id: amap", "id: amap\n    packages: [com.loc]",
         "2: packages are listed of a library, and only of what is no SDK described here"),
        ("'5.0', ref: an artefact, ", "'5.0', ", "4: read[0] lacks 'ref'"),
        ("another, sha256: 0123", "another, sha256: 012G", "4: read[1].sha256 is no SHA-256 in lower-case hexadecimal digits"),
        ("{service:", "{services:", "7: unknown key 'services' in manifests[0].components (did you mean 'service'?)"),
        ("a.CAMERA,", "CAMERA,", "6: manifests[0].permissions: 'CAMERA' is no full permission name"),
        ("packages: [com.amap.api]", "packages: [com.amap.]",
         "5: manifests[0].packages: 'com.amap.' must be whole segments joined by dots, without a dot or star at the end"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_manifest(tmp_path, old, new, mistake):
    assert MANIFEST.count(old) == 1
    assert mistakes(write(tmp_path, manifests__amap=MANIFEST.replace(old, new))) == [f"manifests/amap.yaml:{mistake}"]


def test_a_manifest_of_what_is_no_sdk_names_the_library_s_packages(tmp_path):
    (mistake,) = mistakes(write(tmp_path, manifests__lib="id: lib\nmanifests: []\n"))
    assert mistake == "manifests/lib.yaml:1: packages are listed of a library, and only of what is no SDK described here"


@pytest.mark.parametrize(
    ("platform", "trace"),
    [
        ("android", "native_libraries: {proves: [libx.so]}"),
        ("android", "assets: {proves: [assets/x.dat]}"),
        ("android", "meta_data: {proves: [x.key]}"),
        ("ios", "bundles: {proves: [X.bundle]}"),
        ("ios", "url_schemes: {proves: [xyz]}"),
    ],
)
def test_no_trace_of_any_kind_proves_two_sdks(tmp_path, platform, trace):
    described = SMALL["sdks/okhttp.yaml"].partition("        android:")[0].replace("[android]", f"[{platform}]")
    one, two = (
        f"{described.replace('id: okhttp', f'id: {id_}')}        {platform}:\n          {trace}\n        sources: [an artefact]\n"
        for id_ in ("first", "second")
    )
    (mistake,) = mistakes(write(tmp_path, sdks__first=one, sdks__second=two))
    assert mistake.startswith("sdks/second.yaml:9: ")
    assert mistake.endswith("already proves 'first'")


def test_two_sdks_may_be_supported_or_named_by_one_package(tmp_path):
    assert "okhttp" in known(write(tmp_path, **edited("sdks/okhttp.yaml", "okhttp3]", "okhttp3], supports: [com.loc]"))).sdks


def test_an_sdk_may_prove_what_lies_below_anothers_package(tmp_path):
    change = edited("sdks/okhttp.yaml", "proves: [okhttp3]", "proves: [com.amap.api.http]")
    assert "okhttp" in known(write(tmp_path, **change)).sdks


def test_mistakes_of_all_files_are_reported_at_once(tmp_path):
    changes = {
        **edited("permissions.yaml", "level: normal, removed", "level: weak, removed"),
        **edited("usage_keys.yaml", "data: [camera]", "data: [camra]"),
        **edited("sdks/amap.yaml", "category: map", "category: maps"),
        **edited("sdks/okhttp.yaml", "collects: nothing", "collects: none"),
    }
    found = [mistake.split(": ", 1)[0] for mistake in mistakes(write(tmp_path, **changes))]
    assert found == ["permissions.yaml:6", "sdks/amap.yaml:4", "sdks/okhttp.yaml:6", "usage_keys.yaml:3"]


def test_a_ring_of_parts_is_found_from_both_ends(tmp_path):
    change = edited("sdks/amap.yaml", "collects: [imei]", "collects: [imei]\n        part_of: [okhttp]")
    assert mistakes(write(tmp_path, **change)) == [
        "sdks/amap.yaml:7: part_of: 'amap' ends up inside itself",
        "sdks/okhttp.yaml:7: part_of: 'okhttp' ends up inside itself",
    ]


def test_a_missing_file_is_a_mistake(tmp_path):
    assert mistakes(write(tmp_path, packers=None)) == ["packers.yaml:1: cannot be read: No such file or directory"]


def test_a_broken_file_is_a_mistake(tmp_path):
    assert mistakes(write(tmp_path, packers="packers: [")) == [
        "packers.yaml:2: not valid YAML: did not find expected node content"
    ]


def test_an_sdk_without_platforms_or_traces(tmp_path):
    nowhere = SMALL["sdks/okhttp.yaml"].split("        android:", 1)[0].replace("[android]", "[]")
    assert mistakes(write(tmp_path, sdks__okhttp=f"{nowhere}        sources: [x]\n")) == [
        "sdks/okhttp.yaml:5: sdks/okhttp.yaml.platforms is empty"
    ]


def test_no_sdks_at_all_is_no_mistake(tmp_path):
    assert known(write(tmp_path, sdks__amap=None, sdks__okhttp=None)).sdks == {}


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(sorted(SMALL)), data=st.data())
def test_any_damage_to_a_file_is_read_or_named(tmp_path_factory, name, data):
    text = dedent(SMALL[name])
    start = data.draw(st.integers(0, len(text)))
    stop = data.draw(st.integers(start, min(len(text), start + 40)))
    patch = data.draw(st.sampled_from(["", "x", "- ", "{}", "[]", "\n", "null", "12", "*", "'", ": "]))
    directory = write(tmp_path_factory.mktemp("knowledge"))
    (directory / name).write_text(text[:start] + patch + text[stop:], encoding="utf-8")
    try:
        plain = read_yaml(directory)
    except KnowledgeError as error:
        places = {mistake.split(":", 1)[0] for mistake in error.mistakes}
    else:
        places = set()
        assert isinstance(knowledge_from(compile_knowledge(plain)), Knowledge)
    assert places <= SMALL.keys()

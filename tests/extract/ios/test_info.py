"""Info.plist and its localisations as facts: usage strings of everything that runs, names, schemes, modes, transport."""

from __future__ import annotations

import pytest

from auditor.errors import BuildError
from auditor.model import Build, Fact, FactKind, Table
from tests.extract.ios.conftest import Read
from tests.forge.ipa import Bundle, simple_app, simple_ipa, write_ipa, write_plist, write_strings
from tests.forge.macho import write_macho

CAMERA, MICROPHONE = "NSCameraUsageDescription", "NSMicrophoneUsageDescription"
INFO = "Payload/Forged.app/Info.plist"


def usage(build: Build) -> set[tuple[str, str, str, str]]:
    """Return (file below the app, key, language, text) of every usage string."""
    return {
        (fact.location.file.removeprefix("Payload/Forged.app/"), fact.name, fact.by, fact.value)
        for fact in build.of(FactKind.USAGE_STRING)
    }


def named(build: Build, kind: FactKind) -> list[str]:
    return [fact.name for fact in build.of(kind)]


def gaps(build: Build) -> list[tuple[str, str, set[Table]]]:
    return [(gap.location.file, gap.location.at, set(gap.hides)) for gap in build.gaps]


def extension(info: dict[str, object], path: str = "PlugIns/Share.appex", **more: object) -> Bundle:
    name = path.rpartition("/")[2].rpartition(".")[0]
    return Bundle(
        path=path,
        info={"CFBundleExecutable": name, "CFBundleIdentifier": "com.example.forged.more", **info},
        executable=write_macho(classes=(name,)),
        **more,  # type: ignore[arg-type]  # passed on as they are
    )


# -- identity -----------------------------------------------------------------------------------------------------


def test_identity_is_that_of_the_app(read: Read) -> None:
    build = read(simple_ipa([extension({"CFBundleShortVersionString": "9"})]))
    identity = build.identity
    assert (identity.app_id, identity.label, identity.version, identity.version_code) == (
        "com.example.forged", "示例", "1.2.3", "45",
    )  # fmt: skip
    assert [(fact.name, fact.value) for fact in build.of(FactKind.SDK_LEVEL)] == [("min", "12.0")]
    assert build.gaps == ()


def test_the_label_is_what_a_chinese_phone_shows(read: Read) -> None:
    strings = {"zh-Hans": {"CFBundleDisplayName": "特购"}, "en": {"CFBundleDisplayName": "Tego"}}
    build = read(simple_ipa(info={"CFBundleDisplayName": "Forged"}, strings=strings))
    assert build.identity.label == "特购"
    assert {(fact.name, fact.value, fact.trait("language")) for fact in build.of(FactKind.META_DATA)} == {
        ("CFBundleDisplayName", "特购", "zh-Hans"),
        ("CFBundleDisplayName", "Tego", "en"),
    }


@pytest.mark.parametrize(
    ("info", "label"),
    [
        ({"CFBundleDisplayName": None}, "Forged"),
        ({"CFBundleDisplayName": "", "CFBundleName": "名"}, "名"),
        ({"CFBundleDisplayName": None, "CFBundleName": None}, "Forged"),
    ],
)
def test_without_a_display_name_the_next_best_name_is_the_label(
    read: Read, info: dict[str, object], label: str
) -> None:
    assert read(simple_ipa(info=info)).identity.label == label


def test_a_version_written_as_a_number_is_read(read: Read) -> None:
    build = read(simple_ipa(info={"CFBundleVersion": 7, "CFBundleShortVersionString": 1.5}))
    assert (build.identity.version, build.identity.version_code) == ("1.5", "7")


@pytest.mark.parametrize(("encoding", "flag"), [("utf-8", True), ("utf-8", False), ("gbk", False)])
def test_an_app_with_a_chinese_name_is_found_however_the_name_is_written(read: Read, encoding: str, flag: bool) -> None:
    build = read(write_ipa(simple_app(name="特购.app", usage={CAMERA: "拍照"}), encoding=encoding, utf8_flag=flag))
    assert [(fact.name, fact.location.file) for fact in build.of(FactKind.USAGE_STRING)] == [
        (CAMERA, "Payload/特购.app/Info.plist")
    ]
    assert [unit.classes for unit in build.code] == [("AppDelegate",)]


def test_an_ipa_without_info_plist_is_no_build(read: Read) -> None:
    with pytest.raises(BuildError, match=r"no Info\.plist in Payload/Forged\.app") as caught:
        read(simple_ipa(replace={"Info.plist": None}))
    assert caught.value.hint


# -- usage strings ------------------------------------------------------------------------------------------------


def test_usage_strings_are_those_of_info_plist_and_of_each_language(read: Read) -> None:
    build = read(
        simple_ipa(
            usage={CAMERA: "用于扫码", MICROPHONE: ""},
            strings={
                "zh-Hans": write_strings({CAMERA: "扫码"}),
                "en": write_strings({CAMERA: "To scan codes"}, encoding="utf-16"),
                "ja": write_plist({CAMERA: "スキャン"}),
                "ko": write_plist({CAMERA: ""}, binary=False),
            },
        )
    )
    assert usage(build) == {
        ("Info.plist", CAMERA, "Base", "用于扫码"),
        ("Info.plist", MICROPHONE, "Base", ""),
        ("zh-Hans.lproj/InfoPlist.strings", CAMERA, "zh-Hans", "扫码"),
        ("en.lproj/InfoPlist.strings", CAMERA, "en", "To scan codes"),
        ("ja.lproj/InfoPlist.strings", CAMERA, "ja", "スキャン"),
        ("ko.lproj/InfoPlist.strings", CAMERA, "ko", ""),
    }
    assert build.gaps == ()
    assert {fact.location.at for fact in build.of(FactKind.USAGE_STRING)} == {CAMERA, MICROPHONE}


def test_usage_strings_of_extension_watch_app_and_app_clip_are_read(read: Read) -> None:
    build = read(
        simple_ipa(
            [
                extension({CAMERA: "a"}, strings={"en": {CAMERA: "b"}}),
                extension({MICROPHONE: "c"}, "Watch/Forged Watch.app"),
                extension({MICROPHONE: "d"}, "Watch/Forged Watch.app/PlugIns/W.appex"),
                extension({CAMERA: "e"}, "AppClips/Clip.app"),
                extension({CAMERA: "f"}, "Extensions/New.appex"),
            ]
        )
    )
    assert usage(build) == {
        ("PlugIns/Share.appex/Info.plist", CAMERA, "Base", "a"),
        ("PlugIns/Share.appex/en.lproj/InfoPlist.strings", CAMERA, "en", "b"),
        ("Watch/Forged Watch.app/Info.plist", MICROPHONE, "Base", "c"),
        ("Watch/Forged Watch.app/PlugIns/W.appex/Info.plist", MICROPHONE, "Base", "d"),
        ("AppClips/Clip.app/Info.plist", CAMERA, "Base", "e"),
        ("Extensions/New.appex/Info.plist", CAMERA, "Base", "f"),
    }


def test_what_never_runs_asks_for_nothing(read: Read) -> None:
    build = read(
        simple_ipa(
            [
                extension({CAMERA: "a"}, "Frameworks/Share.framework", strings={"en": {CAMERA: "b"}}),
                Bundle(path="Kit.bundle", info={CAMERA: "c"}),
            ],
            files={"Settings.plist": write_plist({CAMERA: "d"}), "en.lproj/Localizable.strings": b'"x" = "y";'},
        )
    )
    assert usage(build) == set()
    assert build.gaps == ()


def test_keys_outside_the_ns_prefix_and_device_variants_are_usage_strings_too(read: Read) -> None:
    build = read(simple_ipa(usage={"NFCReaderUsageDescription": "门禁", f"{CAMERA}~ipad": "大屏扫码"}))
    facts = {(fact.name, fact.value, fact.trait("variant")) for fact in build.of(FactKind.USAGE_STRING)}
    assert facts == {("NFCReaderUsageDescription", "门禁", None), (CAMERA, "大屏扫码", "~ipad")}


def test_a_dictionary_of_purposes_gives_one_string_each(read: Read) -> None:
    key = "NSLocationTemporaryUsageDescriptionDictionary"
    build = read(simple_ipa(info={key: {"Delivery": "配送", "Store": "找店"}}))
    assert {(fact.name, fact.value, fact.location.at) for fact in build.of(FactKind.USAGE_STRING)} == {
        (key, "配送", f"{key} ! Delivery"),
        (key, "找店", f"{key} ! Store"),
    }
    assert usage(read(simple_ipa(info={key: {}}))) == {("Info.plist", key, "Base", "")}


def test_a_table_of_all_languages_is_read(read: Read) -> None:
    table = {"en": {CAMERA: "Scan"}, "zh_CN": {CAMERA: "扫码"}, "LocProvenance": {CAMERA: "x"}}
    build = read(simple_ipa(files={"InfoPlist.loctable": write_plist(table)}))
    assert {(fact.by, fact.value, fact.location.at) for fact in build.of(FactKind.USAGE_STRING)} == {
        ("en", "Scan", f"en ! {CAMERA}"),
        ("zh_CN", "扫码", f"zh_CN ! {CAMERA}"),
    }


@pytest.mark.parametrize("value", [3, True, ["a"], {"a": "b"}, b"x"])
def test_a_usage_string_of_another_type_is_a_gap_and_no_string(read: Read, value: object) -> None:
    build = read(simple_ipa(info={CAMERA: value, MICROPHONE: "ok"}))
    assert gaps(build) == [(INFO, CAMERA, {Table.USAGE_KEYS})]
    assert usage(build) == {("Info.plist", MICROPHONE, "Base", "ok")}


# -- schemes, modes, transport ------------------------------------------------------------------------------------


def test_url_types_queries_and_background_modes_are_read(read: Read) -> None:
    build = read(
        simple_ipa(
            info={
                "CFBundleURLTypes": [
                    {"CFBundleURLName": "weixin", "CFBundleURLSchemes": ["wx0123456789abcdef"]},
                    {"CFBundleURLSchemes": ["tego", "alipayShare"]},
                    {"CFBundleURLName": "nothing"},
                ],
                "LSApplicationQueriesSchemes": ["weixin", "alipay"],
                "UIBackgroundModes": ["location", "remote-notification"],
            }
        )
    )
    assert named(build, FactKind.URL_SCHEME) == ["alipayShare", "tego", "wx0123456789abcdef"]
    assert named(build, FactKind.QUERY_SCHEME) == ["alipay", "weixin"]
    assert named(build, FactKind.BACKGROUND_MODE) == ["location", "remote-notification"]
    assert build.gaps == ()


def test_transport_security_is_read_with_its_exceptions(read: Read) -> None:
    settings = {
        "NSAllowsArbitraryLoads": True,
        "NSAllowsLocalNetworking": False,
        "NSExceptionDomains": {"tego.net.cn": {"NSExceptionAllowsInsecureHTTPLoads": True}},
    }
    build = read(simple_ipa(info={"NSAppTransportSecurity": settings}))
    assert [(fact.name, fact.value) for fact in build.of(FactKind.TRANSPORT_SECURITY)] == [
        ("NSAllowsArbitraryLoads", "true"),
        ("NSAllowsLocalNetworking", "false"),
        ("tego.net.cn ! NSExceptionAllowsInsecureHTTPLoads", "true"),
    ]


@pytest.mark.parametrize(
    ("info", "at", "hides"),
    [
        ({"CFBundleURLTypes": "x"}, "CFBundleURLTypes", {Table.SDKS}),
        ({"CFBundleURLTypes": ["x"]}, "CFBundleURLTypes[0]", {Table.SDKS}),
        (
            {"CFBundleURLTypes": [{"CFBundleURLSchemes": [1]}]},
            "CFBundleURLTypes[0] ! CFBundleURLSchemes[0]",
            {Table.SDKS},
        ),
        ({"LSApplicationQueriesSchemes": {"a": "b"}}, "LSApplicationQueriesSchemes", {Table.SDKS}),
        ({"UIBackgroundModes": 1}, "UIBackgroundModes", {Table.DATA}),
        ({"NSAppTransportSecurity": True}, "NSAppTransportSecurity", set()),
        ({"CFBundleShortVersionString": ["1"]}, "CFBundleShortVersionString", set()),
        ({"CFBundleIdentifier": {}}, "CFBundleIdentifier", set()),
        ({"MinimumOSVersion": []}, "MinimumOSVersion", set()),
    ],
)
def test_a_value_of_the_wrong_type_is_a_gap_at_its_place(
    read: Read, info: dict[str, object], at: str, hides: set[Table]
) -> None:
    assert gaps(read(simple_ipa(info=info))) == [(INFO, at, hides)]


# -- frameworks and bundles ---------------------------------------------------------------------------------------


def test_frameworks_and_bundles_are_named_with_identifier_and_version(read: Read) -> None:
    framework = {"CFBundleIdentifier": "com.gexin.GTSDK", "CFBundleShortVersionString": "2.7.3", "CFBundleExecutable": "GTSDK"}
    build = read(
        simple_ipa(
            [
                Bundle(path="Frameworks/GTSDK.framework", info=framework, executable=write_macho(kind="dylib")),
                Bundle(path="Frameworks/Bare.framework", info=None, executable=write_macho(kind="dylib")),
                Bundle(path="AMap.bundle", info={"CFBundleIdentifier": "com.amap.bundle"}),
                Bundle(path="Frameworks/GTSDK.framework/Inner.bundle", info=None, files={"a.png": b"x"}),
            ]
        )
    )

    def shown(kind: FactKind) -> list[tuple[str, str, str | None]]:
        return [(fact.name, fact.value, fact.trait("version")) for fact in build.of(kind)]

    assert shown(FactKind.FRAMEWORK) == [("Bare.framework", "", None), ("GTSDK.framework", "com.gexin.GTSDK", "2.7.3")]
    assert shown(FactKind.BUNDLE) == [("AMap.bundle", "com.amap.bundle", None), ("Inner.bundle", "", None)]
    assert build.gaps == ()


# -- what cannot be read ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("garbage", [b"\0\1\2\3", b"bplist00" + b"\xff" * 40, b"", b"<plist>", write_plist({})[:-3]])
def test_an_unreadable_info_plist_leaves_usage_keys_and_code_in_doubt(read: Read, garbage: bytes) -> None:
    build = read(simple_ipa(replace={"Info.plist": garbage}))
    assert build.identity.app_id == ""
    assert {Table.USAGE_KEYS, Table.SDKS, Table.DATA} in [hides for file, _, hides in gaps(build) if file == INFO]
    assert [unit.classes for unit in build.code] == [("AppDelegate",)]


def test_an_info_plist_that_is_a_list_is_a_gap(read: Read) -> None:
    build = read(simple_ipa(replace={"Info.plist": b"(a, b)"}))
    assert gaps(build) == [(INFO, "", {Table.USAGE_KEYS, Table.SDKS, Table.DATA})]


@pytest.mark.parametrize("info", [None, b"garbage {"])
def test_an_extension_whose_info_plist_is_missing_or_unreadable_is_a_gap(read: Read, info: bytes | None) -> None:
    build = read(simple_ipa([Bundle(path="PlugIns/S.appex", info=info, executable=write_macho(classes=("S",)))]))
    assert [hides for _, _, hides in gaps(build)] == [{Table.USAGE_KEYS, Table.SDKS, Table.DATA}]
    assert gaps(build)[0][0].startswith("Payload/Forged.app/PlugIns/S.appex")
    assert [unit.classes for unit in build.code] == [("AppDelegate",), ("S",)]


@pytest.mark.parametrize("text", [b"", b"/* nothing localised */", write_plist({})])
def test_strings_without_any_value_are_no_gap(read: Read, text: bytes) -> None:
    assert read(simple_ipa(strings={"en": text})).gaps == ()


def test_an_info_plist_without_identifier_is_incomplete(read: Read) -> None:
    everything = {Table.USAGE_KEYS, Table.SDKS, Table.DATA}
    assert gaps(read(simple_ipa(info={"CFBundleIdentifier": None}))) == [(INFO, "CFBundleIdentifier", everything)]


@pytest.mark.parametrize("garbage", [b'"a" = ', b"\xff\xff\xff", b"(a)"])
def test_unreadable_strings_leave_usage_keys_in_doubt(read: Read, garbage: bytes) -> None:
    build = read(simple_ipa(usage={CAMERA: "a"}, strings={"en": garbage}))
    assert gaps(build) == [("Payload/Forged.app/en.lproj/InfoPlist.strings", "", {Table.USAGE_KEYS})]
    assert usage(build) == {("Info.plist", CAMERA, "Base", "a")}


def test_every_fact_says_where_it_was_read(read: Read) -> None:
    build = read(simple_ipa(usage={CAMERA: "a"}, strings={"en": {CAMERA: "b"}}, info={"UIBackgroundModes": ["fetch"]}))
    assert all(_placed(fact) for fact in build.facts)


def _placed(fact: Fact) -> bool:
    return fact.location.file.startswith("Payload/Forged.app/") and bool(fact.location.at or fact.kind is FactKind.IMAGE)

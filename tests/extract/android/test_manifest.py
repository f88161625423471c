"""The manifest's facts are those the platform would act on."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.extract.android.manifest import Manifest, ManifestError, read_manifest
from auditor.extract.collector import MANIFEST, Collector, Place
from auditor.model import FactKind, Table
from tests.forge.apk import (
    PERMISSION,
    Permission,
    component,
    defined_permission,
    intent_filter,
    launcher,
    manifest,
    meta_data,
)
from tests.forge.axml import Element, Hex, Reference, Typed, write_axml

EVERYTHING = frozenset({Table.PERMISSIONS, Table.SDKS, Table.DATA})
CODE = frozenset({Table.SDKS, Table.DATA})


def read(root: Element) -> tuple[Manifest, Collector]:
    collect = Collector()
    return read_manifest(write_axml(root), Place(collect, MANIFEST)), collect


def facts(root: Element, *kinds: FactKind) -> list[tuple]:
    """Return (name, value, traits) of the facts of some kinds."""
    return [(fact.name, fact.value, dict(fact.traits)) for fact in read(root)[1].facts if fact.kind in kinds]


def gaps(root: Element) -> dict[str, frozenset[Table]]:
    """Return what each gap of the manifest hides, by where it is."""
    return {gap.location.at: gap.hides for gap in read(root)[1].gaps}


def app(**options) -> Element:
    return manifest("com.example.app", **options)


# -- identity -----------------------------------------------------------------------------------------------------


def test_identity_is_read():
    read_, collect = read(app(application={"label": "特购"}, version_name="1.8.6", version_code=186))
    assert read_ == Manifest("com.example.app", "1.8.6", "186", "特购", has_code=True, min_level=21, target_level=30)
    assert collect.gaps == ()


def test_the_long_version_code_is_put_together():
    assert read(app(version_code=5, attributes={"android:versionCodeMajor": 1}))[0].version_code == str((1 << 32) + 5)
    assert read(app(version_code=5, attributes={"android:versionCodeMajor": 0}))[0].version_code == "5"
    assert read(app(version_code=-1))[0].version_code == str(0xFFFFFFFF)


@pytest.mark.parametrize(("written", "has"), [({}, True), ({"hasCode": True}, True), ({"hasCode": False}, False)])
def test_whether_there_is_code_is_read(written, has):
    assert read(app(application=written))[0].has_code is has


def test_a_manifest_without_an_application_has_code():
    root = Element("manifest", {"package": "com.example"})
    assert read(root)[0] == Manifest("com.example", "", "", "", has_code=True)


def test_a_missing_package_leaves_everything_in_doubt():
    root = Element("manifest", {"android:versionCode": 1}, [Permission(name="CAMERA").element()])
    assert gaps(root) == {"manifest@package": EVERYTHING}
    assert facts(root, FactKind.PERMISSION) == [(PERMISSION + "CAMERA", "", {})]


def test_another_root_is_no_manifest():
    with pytest.raises(ManifestError) as caught:
        read(Element("resources", {"package": "com.example"}))
    assert "no manifest" in caught.value.reason.en


def test_a_split_records_its_components_alone():
    root = app(permissions=["CAMERA"], components=[component("service", ".S")], attributes={"split": "maps"})
    found, collect = read(root)
    assert (found.split, found.asks) == ("maps", (PERMISSION + "CAMERA",))
    assert {fact.kind for fact in collect.facts} == {FactKind.COMPONENT}


def test_a_manifest_at_peace_leaves_no_gap():
    assert gaps(app(permissions=["CAMERA"], components=[component("service", ".S")])) == {}


@pytest.mark.parametrize(
    ("attributes", "needs"),
    [
        ({"android:isSplitRequired": True}, ("*",)),
        ({"android:requiredSplitTypes": "base__density,base__abi"}, ("base__abi", "base__density")),
        ({"android:requiredSplitTypes": "", "android:isSplitRequired": False}, ()),
        ({}, ()),
    ],
)
def test_a_base_apk_says_which_splits_it_needs(attributes, needs):
    assert read(app(attributes=attributes))[0].needs == needs


def test_elements_whose_names_cannot_be_read_leave_what_they_could_be_in_doubt():
    root = app(permissions=["CAMERA"], before_application=[Element("")], components=[Element("")])
    assert gaps(root) == {"manifest": EVERYTHING, "application/*": CODE}
    assert facts(root, FactKind.PERMISSION) == [(PERMISSION + "CAMERA", "", {})]


# -- API levels ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ({"min_sdk": 21, "target_sdk": 30}, {"min": "21", "target": "30"}),
        ({"min_sdk": 21, "target_sdk": 30, "max_sdk": 33}, {"min": "21", "target": "30", "max": "33"}),
        ({"min_sdk": None, "target_sdk": 30}, {"min": "1", "target": "30"}),
        ({"min_sdk": 26, "target_sdk": None}, {"min": "26", "target": "26"}),
        ({"min_sdk": None, "target_sdk": None}, {"min": "1", "target": "1"}),
    ],
)
def test_levels_are_as_written_or_as_the_platform_assumes(levels, expected):
    assert {name: value for name, value, _ in facts(app(**levels), FactKind.SDK_LEVEL)} == expected


def test_defaults_say_that_they_are_not_written():
    _, collect = read(app(min_sdk=None, target_sdk=30))
    assert {fact.name: fact.location.at for fact in collect.facts if fact.kind is FactKind.SDK_LEVEL} == {
        "min": "uses-sdk (default)",
        "target": "uses-sdk@targetSdkVersion",
    }


def test_the_last_of_several_uses_sdk_holds():
    more = Element("uses-sdk", {"android:minSdkVersion": 24})
    assert facts(app(min_sdk=8, target_sdk=8, before_application=[more]), FactKind.SDK_LEVEL) == [
        ("min", "24", {}),
        ("target", "24", {}),
    ]


def uses_sdk(**levels) -> Element:
    """Return a manifest whose levels are not plain numbers and which asks for contacts."""
    written = {f"android:{name}SdkVersion": value for name, value in levels.items()}
    return app(
        min_sdk=None, target_sdk=None, permissions=["READ_CONTACTS"], before_application=[Element("uses-sdk", written)]
    )


def test_a_preview_by_its_code_name_is_above_every_level():
    root = uses_sdk(min="Tiramisu", target="Tiramisu")
    assert facts(root, FactKind.SDK_LEVEL) == [("min", "Tiramisu", {}), ("target", "Tiramisu", {})]
    assert facts(root, FactKind.PERMISSION_IMPLIED) == []


def test_a_level_in_hexadecimal_is_a_number():
    assert facts(uses_sdk(min=Hex(0x15), target=Hex(0x0F)), FactKind.SDK_LEVEL) == [("min", "21", {}), ("target", "15", {})]


@pytest.mark.parametrize("odd", ["", "1_0", "２１", "9" * 60, "0x", "-", "@7F"])
def test_an_odd_level_is_kept_as_it_is(odd):
    found = {name: value for name, value, _ in facts(uses_sdk(min=21, target=odd), FactKind.SDK_LEVEL)}
    assert found == {"min": "21", "target": odd or "21"}


# -- permissions --------------------------------------------------------------------------------------------------


def test_permissions_are_listed_as_written():
    asked = ["CAMERA", Permission(name="BLUETOOTH", max_sdk=30), "com.huawei.permission.X", "com.example.app.permission.C2D"]
    assert facts(app(permissions=asked), FactKind.PERMISSION) == [
        (PERMISSION + "BLUETOOTH", "", {"max-sdk": "30"}),
        (PERMISSION + "CAMERA", "", {}),
        ("com.example.app.permission.C2D", "", {}),
        ("com.huawei.permission.X", "", {}),
    ]


@pytest.mark.parametrize("tag", ["uses-permission-sdk-23", "uses-permission-sdk-m"])
def test_permissions_of_newer_devices_are_kept_apart(tag):
    more = Element(tag, {"android:name": PERMISSION + "CAMERA", "android:maxSdkVersion": 28})
    root = app(permissions=["INTERNET"], before_application=[more])
    assert facts(root, FactKind.PERMISSION) == [(PERMISSION + "INTERNET", "", {})]
    assert facts(root, FactKind.PERMISSION_SDK23) == [(PERMISSION + "CAMERA", "", {"max-sdk": "28"})]


def test_a_permission_asked_for_twice_is_listed_with_each_limit():
    asked = [Permission(name="CAMERA", max_sdk=22), Permission(name="CAMERA"), Permission(name="CAMERA", max_sdk=22)]
    assert facts(app(permissions=asked), FactKind.PERMISSION) == [
        (PERMISSION + "CAMERA", "", {}),
        (PERMISSION + "CAMERA", "", {"max-sdk": "22"}),
    ]


def test_a_permission_name_is_not_trimmed_as_the_platform_does_not():
    assert facts(app(permissions=[" android.permission.CAMERA"]), FactKind.PERMISSION) == [
        (" android.permission.CAMERA", "", {})
    ]


@pytest.mark.parametrize("tag", ["uses-permission", "uses-permission-sdk-23"])
@pytest.mark.parametrize("attributes", [{}, {"android:name": ""}, {"android:name": Typed(0, 0)}, {"name": "x"}])
def test_a_permission_without_a_name_is_a_gap(tag, attributes):
    root = app(permissions=["CAMERA"], before_application=[Element(tag, attributes)])
    assert gaps(root) == {tag: frozenset({Table.PERMISSIONS})}
    assert facts(root, FactKind.PERMISSION) == [(PERMISSION + "CAMERA", "", {})]


def test_a_permission_named_by_reference_is_not_granted():
    root = app(before_application=[Element("uses-permission", {"android:name": Reference(0x7F0B0001)})])
    assert facts(root, FactKind.PERMISSION) == []
    assert gaps(root) == {"uses-permission": frozenset()}


def test_permissions_elsewhere_ask_for_nothing():
    inside = component("activity", ".A", Element("uses-permission", {"android:name": PERMISSION + "CAMERA"}))
    assert facts(app(components=[inside, Permission(name="CAMERA").element()]), FactKind.PERMISSION) == []


def implied(*permissions: Permission | str, target: int) -> dict[str, str]:
    found = facts(app(permissions=permissions, min_sdk=None, target_sdk=target), FactKind.PERMISSION_IMPLIED)
    return {name.removeprefix(PERMISSION): why.removeprefix(PERMISSION) for name, why, _ in found}


@pytest.mark.parametrize(
    ("permission", "target", "granted"),
    [
        ("READ_CONTACTS", 15, {"READ_CALL_LOG": "READ_CONTACTS"}),
        ("READ_CONTACTS", 16, {}),
        ("WRITE_CONTACTS", 15, {"WRITE_CALL_LOG": "WRITE_CONTACTS"}),
        ("WRITE_CONTACTS", 16, {}),
        ("ACCESS_COARSE_LOCATION", 28, {"ACCESS_BACKGROUND_LOCATION": "ACCESS_COARSE_LOCATION"}),
        ("ACCESS_COARSE_LOCATION", 29, {}),
        (
            "ACCESS_FINE_LOCATION",
            28,
            {"ACCESS_COARSE_LOCATION": "ACCESS_FINE_LOCATION", "ACCESS_BACKGROUND_LOCATION": "ACCESS_FINE_LOCATION"},
        ),
        ("ACCESS_FINE_LOCATION", 34, {"ACCESS_COARSE_LOCATION": "ACCESS_FINE_LOCATION"}),
        (
            "BLUETOOTH_ADMIN",
            30,
            dict.fromkeys(("BLUETOOTH_SCAN", "BLUETOOTH_CONNECT", "BLUETOOTH_ADVERTISE"), "BLUETOOTH_ADMIN"),
        ),
        ("BLUETOOTH", 31, {}),
        ("BODY_SENSORS", 36, {}),
        ("BODY_SENSORS", 33, {"health.READ_HEART_RATE": "BODY_SENSORS"}),
        ("READ_EXTERNAL_STORAGE", 33, {}),
        ("WRITE_EXTERNAL_STORAGE", 33, {"READ_EXTERNAL_STORAGE": "WRITE_EXTERNAL_STORAGE"}),
        ("READ_MEDIA_IMAGES", 34, {"READ_MEDIA_VISUAL_USER_SELECTED": "READ_MEDIA_IMAGES"}),
        ("CAMERA", 3, {"WRITE_EXTERNAL_STORAGE": "targetSdkVersion < 4", "READ_PHONE_STATE": "targetSdkVersion < 4"}),
        ("CAMERA", 4, {}),
        ("INTERNET", 30, {}),
    ],
)
def test_what_the_platform_grants_along_depends_on_the_target(permission, target, granted):
    found = implied(permission, target=target)
    assert found.items() >= granted.items()
    if not granted:
        assert found == {}


def test_what_is_granted_along_can_bring_more():
    found = implied("WRITE_EXTERNAL_STORAGE", target=30)
    assert found["READ_EXTERNAL_STORAGE"] == "WRITE_EXTERNAL_STORAGE"
    assert found["READ_MEDIA_IMAGES"] == "READ_EXTERNAL_STORAGE"
    assert "ACCESS_MEDIA_LOCATION" not in found
    assert found["READ_MEDIA_VISUAL_USER_SELECTED"] == "READ_MEDIA_IMAGES"


def test_what_is_asked_for_is_not_implied():
    assert implied("ACCESS_FINE_LOCATION", Permission(name="ACCESS_COARSE_LOCATION", max_sdk=22), target=30) == {}
    assert implied(Permission(name="READ_CONTACTS", sdk23=True), target=15)["READ_CALL_LOG"] == "READ_CONTACTS"


@pytest.mark.parametrize(
    ("written", "level"),
    [
        (Hex(0), "normal"),
        (Hex(1), "dangerous"),
        (Hex(2), "signature"),
        (Hex(3), "signatureOrSystem"),
        (Hex(4), "internal"),
        (Hex(0x12), "signature"),
        (Hex(0x400001), "dangerous"),
        (Hex(0xF), "15"),
        (2, "signature"),
        (-1, "-1"),
        ("signature|privileged", "signature|privileged"),
        ("", "normal"),
        (Typed(0, 0), "normal"),
        (Reference(0x7F010000), "@7F010000"),
        (Typed(0x05, 0x1F), "31"),
    ],
)
def test_protection_levels_of_every_form_are_read(written, level):
    root = app(before_application=[Element("permission", {"android:name": "com.x.P", "android:protectionLevel": written})])
    assert facts(root, FactKind.PERMISSION_DEFINED) == [("com.x.P", level, {})]


def test_a_permission_defined_without_a_level_is_normal():
    root = app(before_application=[Element("permission", {"android:name": "com.x.P"}), defined_permission("com.x.Q", "dangerous")])
    assert facts(root, FactKind.PERMISSION_DEFINED) == [("com.x.P", "normal", {}), ("com.x.Q", "dangerous", {})]


# -- components ---------------------------------------------------------------------------------------------------


def components(root: Element) -> dict[str, tuple[str, dict[str, str]]]:
    return {name: (value, traits) for name, value, traits in facts(root, FactKind.COMPONENT)}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (".Main", "com.example.app.Main"),
        ("Main", "com.example.app.Main"),
        (".ui.Main", "com.example.app.ui.Main"),
        ("com.other.Main", "com.other.Main"),
        ("ui.Main", "ui.Main"),
        (".Outer$Inner", "com.example.app.Outer$Inner"),
    ],
)
@pytest.mark.parametrize("kind", ["activity", "service", "receiver", "provider", "activity-alias"])
def test_component_names_are_completed_as_the_platform_does(kind, written, name):
    assert components(app(components=[component(kind, written)]))[name][0] == kind


def test_the_application_names_its_classes():
    written = {"name": ".App", "appComponentFactory": "androidx.core.app.CoreComponentFactory", "backupAgent": "Agent"}
    expected = {
        "com.example.app.App": ("application", {}),
        "androidx.core.app.CoreComponentFactory": ("app-component-factory", {}),
        "com.example.app.Agent": ("backup-agent", {}),
    }
    assert components(app(application=written)) == expected
    collect = Collector()
    read_manifest(write_axml(app(application=written), names=False), Place(collect, MANIFEST))
    assert {fact.name for fact in collect.facts if fact.kind is FactKind.COMPONENT} == set(expected)


@pytest.mark.parametrize(
    ("kind", "filters", "written", "target", "exported"),
    [
        ("activity", [], None, 30, "implied-false"),
        ("activity", [intent_filter("x")], None, 30, "implied-true"),
        ("activity", [intent_filter("x")], False, 30, "false"),
        ("activity", [], True, 30, "true"),
        ("service", [intent_filter("x")], None, 30, "implied-true"),
        ("receiver", [], None, 30, "implied-false"),
        ("provider", [], None, 16, "implied-true"),
        ("provider", [], None, 17, "implied-false"),
        ("provider", [], True, 30, "true"),
        ("provider", [intent_filter("x")], False, 16, "false"),
    ],
)
def test_exported_is_as_written_or_as_the_platform_decides(kind, filters, written, target, exported):
    attributes = {} if written is None else {"exported": written}
    root = app(components=[component(kind, ".C", *filters, **attributes)], target_sdk=target)
    assert components(root)["com.example.app.C"][1]["exported"] == exported


def test_traits_of_components_are_read():
    provider = component(
        "provider", ".P", authorities="com.x.a;com.x.b", exported=False, process=":remote", permission="p", enabled=False
    )
    alias = component("activity-alias", ".Alias", targetActivity=".Main", exported=True)
    found = components(app(components=[provider, alias]))
    assert found["com.example.app.P"][1] == {
        "authorities": "com.x.a;com.x.b",
        "enabled": "false",
        "exported": "false",
        "permission": "p",
        "process": ":remote",
    }
    assert found["com.example.app.Alias"][1] == {"exported": "true", "target": "com.example.app.Main"}


def test_the_launcher_is_found():
    split = [intent_filter("android.intent.action.MAIN"), intent_filter("x", categories=["android.intent.category.LAUNCHER"])]
    found = components(app(components=[component("activity", ".Main", launcher()), component("activity", ".Other", *split)]))
    assert found["com.example.app.Main"][1]["launcher"] == "true"
    assert "launcher" not in found["com.example.app.Other"][1]


def test_actions_are_listed_once_and_sorted():
    receiver = component("receiver", ".R", intent_filter("b", "a"), intent_filter("a", "c"))
    assert components(app(components=[receiver]))["com.example.app.R"][1]["actions"] == "a,b,c"


@pytest.mark.parametrize("attributes", [{}, {"android:name": ""}, {"android:name": Reference(0x7F0B0001)}])
@pytest.mark.parametrize("kind", ["activity", "service", "receiver", "provider", "activity-alias"])
def test_a_component_without_a_name_is_a_gap(kind, attributes):
    root = app(components=[Element(kind, attributes), component("service", ".Other")])
    assert gaps(root) == {f"application/{kind}": CODE}
    assert list(components(root)) == ["com.example.app.Other"]


def test_elements_that_are_no_components_are_none():
    others = [Element("uses-library", {"android:name": "org.apache.http"}), Element("profileable"), Element("meta-data")]
    root = app(components=others)
    assert (components(root), gaps(root)) == ({}, {})


# -- what else is read --------------------------------------------------------------------------------------------


def test_meta_data_keeps_its_holder():
    service = component("service", ".S", meta_data("IN", "service"))
    root = app(components=[meta_data("KEY", "text"), meta_data("REF", Reference(0x7F0B0001)), meta_data("NUMBER", 7), service])
    _, collect = read(root)
    assert [(f.name, f.value, f.by) for f in collect.facts if f.kind is FactKind.META_DATA] == [
        ("IN", "service", "com.example.app.S"),
        ("KEY", "text", ""),
        ("NUMBER", "7", ""),
        ("REF", "@7F0B0001", ""),
    ]


def test_queries_are_read():
    queries = Element(
        "queries",
        children=[
            Element("package", {"android:name": "com.tencent.mm"}),
            Element("package"),
            Element("provider", {"android:authorities": "a.b;c.d;"}),
            intent_filter("ignored"),
            Element("intent", children=[Element("action", {"android:name": "android.intent.action.VIEW"})]),
        ],
    )
    root = app(before_application=[queries])
    assert facts(root, FactKind.QUERY) == [
        ("a.b", "provider", {}),
        ("android.intent.action.VIEW", "intent", {}),
        ("c.d", "provider", {}),
        ("com.tencent.mm", "package", {}),
    ]


def test_features_are_read():
    features = [
        Element("uses-feature", {"android:name": "android.hardware.camera"}),
        Element("uses-feature", {"android:name": "android.hardware.nfc", "android:required": False}),
        Element("uses-feature", {"android:glEsVersion": Hex(0x20000)}),
    ]
    assert facts(app(before_application=features), FactKind.FEATURE) == [
        ("android.hardware.camera", "required", {}),
        ("android.hardware.nfc", "optional", {}),
    ]


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ({}, []),
        ({"usesCleartextTraffic": True}, [("usesCleartextTraffic", "true", {})]),
        ({"usesCleartextTraffic": False}, [("usesCleartextTraffic", "false", {})]),
        ({"networkSecurityConfig": Reference(0x7F120001)}, [("networkSecurityConfig", "@7F120001", {})]),
    ],
)
def test_transport_security_is_read(written, found):
    assert facts(app(application=written), FactKind.TRANSPORT_SECURITY) == found


# -- laws ---------------------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["CAMERA", "com.x.P", "READ_CONTACTS", "x"])


@settings(deadline=None)
@given(st.lists(st.builds(lambda n, m, s: Permission(name=n, max_sdk=m, sdk23=s), NAMES, st.none() | st.integers(1, 40), st.booleans())))
def test_every_permission_asked_for_is_found_and_no_other(asked):
    _, collect = read(app(permissions=asked))
    kinds = {FactKind.PERMISSION: False, FactKind.PERMISSION_SDK23: True}
    found = {
        (fact.name, fact.trait("max-sdk"), kinds[fact.kind]) for fact in collect.facts if fact.kind in kinds
    }
    assert found == {(one.full_name, None if one.max_sdk is None else str(one.max_sdk), one.sdk23) for one in asked}
    assert collect.gaps == ()


SOUND = write_axml(app(permissions=["CAMERA", "READ_CONTACTS"], components=[component("service", ".S", launcher())]))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.integers(0, 255)), max_size=4) | st.none(), st.binary(max_size=200))
def test_any_bytes_give_a_manifest_or_a_manifest_error(changes, junk):
    data = bytearray(SOUND if changes is not None else junk)
    for at, byte in changes or ():
        data[at] = byte
    collect = Collector()
    try:
        read_manifest(bytes(data), Place(collect, MANIFEST))
    except ManifestError as error:
        reason = error.reason
    else:
        return
    assert (collect.facts, collect.gaps) == ((), ())
    assert reason.zh != reason.en

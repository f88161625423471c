"""How subjects' two sides stand to each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from auditor.knowledge.schema import TraceKind
from auditor.model import Bringer, Conduct, Fact, ManifestEntry, Platform, Provenance, SdkTier, State, Table
from auditor.tables import compare
from tests.factories import (
    build,
    conduct,
    declaration,
    declared_permission,
    declared_sdk,
    declared_usage_key,
    gap,
    permission,
    sdk_level,
    usage_string,
)
from tests.factories import sdk as found_sdk
from tests.knowledge_factories import knowledge, names, proves, sdk, usage_key
from tests.knowledge_factories import permission as knowledge_permission

P = "android.permission."
PUSH = sdk("acme-push", *proves("com.acme.push"), declared_as=("com.acme.push",))
BASE = sdk("acme-base", *proves("com.acme.base"), part_of=("acme-push",))
DEEP = sdk("acme-deep", *proves("com.acme.deep"), part_of=("acme-base",))
HTTP = sdk("http", *proves("org.http"), collects=())
DROID = sdk("droid-only", *proves("com.droid"), platforms=frozenset({Platform.ANDROID}), aliases=("Droid",))
SHARE = sdk("share", *names("share", kind=TraceKind.QUERY_SCHEME))
KNOWN = knowledge(PUSH, BASE, DEEP, HTTP, DROID, SHARE)


def states(
    table: Table, *facts: Fact, declared: object = None, does: Conduct | None = None, **changes: object
) -> dict[str, str]:
    case = compare(build(*facts, **changes), does or conduct(), declared or declaration(), KNOWN)  # type: ignore[arg-type]
    return {row.subject.removeprefix(P): row.state.value for row in case.table(table)}


def permissions(*written: str) -> object:
    return declaration(permissions=tuple(declared_permission(P + name) for name in written))


def keys(*written: str) -> object:
    return declaration(usage_keys=tuple(declared_usage_key(key) for key in written))


def sdks(*rows: object) -> object:
    return declaration(sdks=tuple(rows))


def test_permissions_stand_matched_undeclared_or_not_found() -> None:
    found = states(
        Table.PERMISSIONS, permission("CAMERA"), permission("INTERNET"), declared=permissions("CAMERA", "READ_SMS")
    )
    assert found == {"CAMERA": "matched", "INTERNET": "undeclared", "READ_SMS": "not-found"}


def test_a_wider_declared_permission_covers_the_newer_one_and_is_met_by_it() -> None:
    found = states(Table.PERMISSIONS, permission("READ_MEDIA_IMAGES"), declared=permissions("READ_EXTERNAL_STORAGE"))
    assert found == {"READ_MEDIA_IMAGES": "matched", "READ_EXTERNAL_STORAGE": "matched"}


def test_the_narrower_one_covers_nothing() -> None:
    found = states(Table.PERMISSIONS, permission("READ_EXTERNAL_STORAGE"), declared=permissions("READ_MEDIA_IMAGES"))
    assert found == {"READ_EXTERNAL_STORAGE": "undeclared", "READ_MEDIA_IMAGES": "not-found"}


def test_foreground_location_does_not_cover_background_location() -> None:
    found = states(
        Table.PERMISSIONS,
        permission("ACCESS_FINE_LOCATION"),
        permission("ACCESS_BACKGROUND_LOCATION"),
        declared=permissions("ACCESS_FINE_LOCATION"),
    )
    assert found == {"ACCESS_FINE_LOCATION": "matched", "ACCESS_BACKGROUND_LOCATION": "undeclared"}


def test_a_permission_no_device_grants_is_not_applicable() -> None:
    old = permission("READ_SMS", max_sdk="18")
    assert states(Table.PERMISSIONS, old, sdk_level("min", 21)) == {"READ_SMS": "not-applicable"}
    assert states(Table.PERMISSIONS, old, sdk_level("min", 16)) == {"READ_SMS": "undeclared"}
    assert states(Table.PERMISSIONS, old, sdk_level("min", 21), declared=permissions("READ_SMS")) == {"READ_SMS": "differs"}


def test_a_gap_turns_not_found_into_unchecked_and_nothing_else() -> None:
    hidden = [gap("no", Table.PERMISSIONS)]
    elsewhere = [gap("no", Table.SDKS)]
    declared = permissions("CAMERA", "READ_SMS")
    assert states(Table.PERMISSIONS, permission("CAMERA"), declared=declared, gaps=hidden) == {
        "CAMERA": "matched",
        "READ_SMS": "unchecked",
    }
    assert states(Table.PERMISSIONS, declared=declared, gaps=elsewhere) == {"CAMERA": "not-found", "READ_SMS": "not-found"}


def test_tables_of_the_other_platform_are_empty() -> None:
    both = declaration(
        permissions=(declared_permission(P + "CAMERA"),), usage_keys=(declared_usage_key("NSCameraUsageDescription"),)
    )
    assert states(Table.PERMISSIONS, declared=both, platform=Platform.IOS) == {}
    assert states(Table.USAGE_KEYS, declared=both) == {}
    assert states(Table.USAGE_KEYS, declared=both, platform=Platform.IOS) == {"NSCameraUsageDescription": "not-found"}


def test_usage_keys_of_either_generation_cover_each_other() -> None:
    found = states(
        Table.USAGE_KEYS,
        usage_string("NSLocationAlwaysAndWhenInUseUsageDescription"),
        usage_string("NSMotionUsageDescription"),
        declared=keys("NSLocationAlwaysUsageDescription"),
        platform=Platform.IOS,
    )
    assert found == {
        "NSLocationAlwaysAndWhenInUseUsageDescription": "matched",
        "NSLocationAlwaysUsageDescription": "matched",
        "NSMotionUsageDescription": "undeclared",
    }


def found_states(*found: str, declared: Sequence[object] = (), tier: SdkTier = SdkTier.BUNDLED, **changes: object) -> dict[str, str]:
    does = conduct(*(found_sdk(id_, tier=tier) for id_ in found))
    return states(Table.SDKS, declared=sdks(*declared), does=does, **changes)


def test_sdks_stand_matched_undeclared_or_not_found() -> None:
    row = declared_sdk(id="acme-push")
    assert found_states("acme-push", declared=[row]) == {"acme-push": "matched"}
    assert found_states("acme-push") == {"acme-push": "undeclared"}
    assert found_states(declared=[row]) == {"acme-push": "not-found"}
    assert found_states(declared=[row], gaps=[gap("no", Table.SDKS)]) == {"acme-push": "unchecked"}


def test_a_row_without_id_is_resolved_by_its_words() -> None:
    row = declared_sdk(id="", name="", aliases=(), package="com.acme.push")
    assert found_states("acme-push", declared=[row]) == {"acme-push": "matched"}


def test_what_ships_inside_a_declared_sdk_is_covered_near_and_far() -> None:
    row = declared_sdk(id="acme-push")
    assert found_states("acme-base", "acme-deep", declared=[row]) == {
        "acme-base": "matched",
        "acme-deep": "matched",
        "acme-push": "not-found",
    }
    case = compare(build(), conduct(found_sdk("acme-deep")), sdks(row), KNOWN)  # type: ignore[arg-type]
    (covered,) = [one for one in case.table(Table.SDKS) if one.subject == "acme-deep"]
    assert covered.covered_by == "acme-push"


def test_the_part_does_not_cover_the_whole() -> None:
    assert found_states("acme-push", declared=[declared_sdk(id="acme-base")]) == {
        "acme-push": "undeclared",
        "acme-base": "not-found",
    }


def test_a_name_without_code_differs_from_what_is_declared() -> None:
    row = declared_sdk(id="acme-push")
    assert found_states("acme-push", declared=[row], tier=SdkTier.NAMED) == {"acme-push": "differs"}


def test_an_sdk_of_the_other_platform_is_not_applicable() -> None:
    row = declared_sdk(id="droid-only")
    assert found_states(declared=[row], platform=Platform.IOS) == {"droid-only": "not-applicable"}
    assert found_states(declared=[row]) == {"droid-only": "not-found"}
    only_ios = declared_sdk(id="acme-push", platforms=frozenset({Platform.IOS}))
    assert found_states("acme-push", declared=[only_ios]) == {"acme-push": "undeclared"}


def test_a_name_that_means_nothing_known_is_unchecked_never_absent() -> None:
    row = declared_sdk(id="", name="应用安全SDK", package="", aliases=())
    assert found_states(declared=[row]) == {"应用安全SDK": "unchecked"}


def test_a_library_that_collects_nothing_says_so() -> None:
    case = compare(build(), conduct(found_sdk("http")), declaration(), KNOWN)
    (row,) = case.table(Table.SDKS)
    assert row.state is State.UNDECLARED
    assert row.note is not None
    assert "no personal data" in row.note.en


def test_only_the_tables_of_the_platform_are_checked() -> None:
    def compared(platform: Platform) -> set[str]:
        case = compare(build(platform=platform), conduct(), declaration(), KNOWN)
        return {one.table.value for one in case.checked if one.compared}

    assert compared(Platform.ANDROID) == {"permissions", "sdks", "data"}
    assert compared(Platform.IOS) == {"usage_keys", "sdks", "data"}
    assert compared(Platform.HARMONYOS) == {"harmony_permissions", "sdks", "data"}


def test_a_covered_part_that_is_only_named_is_covered_all_the_same() -> None:
    assert found_states("acme-base", declared=[declared_sdk(id="acme-push")], tier=SdkTier.NAMED) == {
        "acme-base": "matched",
        "acme-push": "not-found",
    }


def test_two_rows_on_one_sdk_make_one_row_of_the_table() -> None:
    twice = [declared_sdk(id="acme-push"), declared_sdk(id="acme-push", package="com.acme.push")]
    assert found_states(declared=twice) == {"acme-push": "not-found"}


def test_a_permission_the_system_dropped_before_the_first_device_is_not_applicable() -> None:
    gone = knowledge_permission("READ_OLD", removed_after=22)
    known = knowledge(permissions=[gone])

    def state(level: int) -> str:
        case = compare(build(permission("READ_OLD"), sdk_level("min", level)), conduct(), declaration(), known)
        return next(iter(case.table(Table.PERMISSIONS))).state.value

    assert state(23) == "not-applicable"
    assert state(22) == "undeclared"


def test_a_key_of_another_apple_system_is_not_applicable() -> None:
    known = knowledge(usage_keys=[replace(usage_key("NSDesktopFolderUsageDescription"), only_on="macOS")])
    case = compare(
        build(usage_string("NSDesktopFolderUsageDescription"), platform=Platform.IOS), conduct(), declaration(), known
    )
    assert [row.state.value for row in case.table(Table.USAGE_KEYS)] == ["not-applicable"]


def test_a_permission_says_whose_manifests_ask_for_it() -> None:
    camera, internet = permission("CAMERA"), permission("INTERNET")
    brought = (
        ManifestEntry(fact=camera, provenance=Provenance.MANIFEST, by=(Bringer(id="acme-push"), Bringer(id="http"))),
        ManifestEntry(fact=internet, provenance=Provenance.UNKNOWN),
    )
    case = compare(build(camera, internet), Conduct(manifest=brought), declaration(), knowledge(HTTP))
    assert {row.subject: row.asked_by for row in case.table(Table.PERMISSIONS)} == {
        P + "CAMERA": ("acme-push", "http"),
        P + "INTERNET": (),
    }


def test_an_undeclared_permission_says_what_kind_it_is_where_that_settles_it() -> None:
    names = ["INTERNET", "READ_LOGS", "READ_SMS", "QUERY_ALL_PACKAGES", "SYSTEM_ALERT_WINDOW"]
    own = "com.example.shop.permission.X"
    others = [own, "com.other.permission.PUSH", "com.vendor.permission.BADGE", "com.nobody.X"]
    found = build(*(permission(name) for name in (*names, *others)))
    case = compare(found, conduct(), declaration(), knowledge())
    notes = {row.subject: row.note.en if row.note else "" for row in case.table(Table.PERMISSIONS)}
    assert notes == {
        P + "INTERNET": "normal: granted on installation, opens no personal data by itself",
        P + "READ_LOGS": "for the system's own apps; no other app is granted it",
        P + "READ_SMS": "",
        P + "QUERY_ALL_PACKAGES": "",
        P + "SYSTEM_ALERT_WINDOW": "",
        own: "defined by the app itself or by an SDK in it",
        "com.other.permission.PUSH": "defined by the app itself or by an SDK in it",
        "com.vendor.permission.BADGE": "defined by a vendor",
        "com.nobody.X": "no permission of the system, and none that is known here",
    }

"""The data table: what is declared, denied and collected, and how the sides stand to each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from auditor.knowledge.schema import NO_POLICY_WORDS, DataTypeKnowledge, PermissionWords
from auditor.model import (
    MOST_EVIDENCE,
    Collection,
    Confidence,
    Declaration,
    DeclaredRow,
    DeclaredSdk,
    FactKind,
    OwnerKind,
    Platform,
    Row,
    SdkTier,
    State,
    Table,
)
from auditor.tables import compare
from tests.factories import (
    build,
    collection,
    conduct,
    declaration,
    declared_data,
    declared_permission,
    declared_sdk,
    fact,
    gap,
    text,
)
from tests.factories import sdk as found_sdk
from tests.knowledge_factories import cover, knowledge, proves, sdk, words

P = "android.permission."
PUSH = sdk("acme-push", *proves("com.acme.push"), declared_as=("com.acme.push",))
BASE = sdk("acme-base", *proves("com.acme.base"), part_of=("acme-push",))
MAPS = sdk("maps", *proves("com.maps"), declared_as=("com.maps",))


def kind(id_: str, **changes: object) -> DataTypeKnowledge:
    values: dict[str, object] = {
        "id": id_, "name": words(id_), "sensitive": False, "core": True, "aliases_zh": (), "aliases_en": (),
    }  # fmt: skip
    return DataTypeKnowledge(**(values | changes))  # type: ignore[arg-type]


TYPES = (
    *(kind(id_) for id_ in ("imei", "android_id", "device_info", "device_id", "precise", "coarse", "camera")),
    kind("name", arises="input"),
    kind("ip", arises="network"),
    kind("idfa", platforms=frozenset({Platform.IOS})),
)
KNOWN = replace(
    knowledge(PUSH, BASE, MAPS),
    data_types={one.id: one for one in TYPES},
    data_covers=(cover("precise", "coarse"),),
    data_hints=(cover("device_id", "imei", "android_id"),),
    policy_words=replace(
        NO_POLICY_WORDS,
        vague={"device_id": ("设备标识信息",)},
        permissions=(PermissionWords(permissions=(P + "CAMERA",), data=("camera",), words=(), bare=()),),
    ),
)


def rows(
    *found: Collection, declared: Declaration | None = None, hides: Sequence[Table] = (), there: Sequence[str] = (), **changes: object
) -> dict[str, Row]:
    does = conduct(*(found_sdk(id_) for id_ in there), collections=found)
    gaps = [gap("no", *hides)] if hides else []
    case = compare(build(gaps=gaps, **changes), does, declared or declaration(), KNOWN)  # type: ignore[arg-type]
    return {row.subject: row for row in case.table(Table.DATA)}


def states(*found: Collection, **how: object) -> dict[str, str]:
    return {type_: row.state.value for type_, row in rows(*found, **how).items()}  # type: ignore[arg-type]


def says(*types: str, **changes: object) -> Declaration:
    return declaration(data=tuple(declared_data(type_, **changes) for type_ in types))


def listing(*of: DeclaredSdk, data: Sequence[str] = ()) -> Declaration:
    return declaration(sdks=of, data=tuple(declared_data(type_) for type_ in data))


def push(*data: str, **changes: object) -> DeclaredSdk:
    return declared_sdk("Push", package="com.acme.push", data=data, **changes)


def maps(*data: str) -> DeclaredSdk:
    return declared_sdk("Maps", package="com.maps", data=data)


# -- the app's own rows ------------------------------------------------------------------------------------------------


def test_collected_data_stands_matched_or_undeclared() -> None:
    assert states(collection("imei"), collection("android_id"), declared=says("imei")) == {
        "imei": "matched",
        "android_id": "undeclared",
    }


def test_declared_data_that_no_code_reads_is_not_found_and_the_note_says_what_is_not_seen() -> None:
    found = rows(declared=says("imei", "name", "ip"))
    assert {type_: row.state.value for type_, row in found.items()} == dict.fromkeys(("imei", "name", "ip"), "not-found")
    notes = {type_: row.note.en for type_, row in found.items() if row.note}
    assert "typed by the user" in notes["name"]
    assert "every connection" in notes["ip"]
    assert "does not see" in notes["imei"]


def test_a_gap_leaves_open_what_was_not_seen_and_hides_nothing_that_was() -> None:
    found = states(collection("android_id"), declared=says("imei", "android_id"), hides=[Table.DATA])
    assert found == {"imei": "unchecked", "android_id": "matched"}
    assert states(collection("imei"), hides=[Table.DATA]) == {"imei": "undeclared"}
    assert states(declared=says("imei"), hides=[Table.SDKS]) == {"imei": "not-found"}


def test_the_wider_kind_covers_the_narrower_and_not_the_other_way() -> None:
    (row,) = (row for row in rows(collection("coarse"), declared=says("precise")).values() if row.subject == "coarse")
    assert (row.state, row.covered_by, row.note) == (State.MATCHED, "precise", words("the wider name"))
    assert states(collection("precise"), declared=says("coarse"))["precise"] == "undeclared"


def test_general_words_hint_at_kinds_without_listing_them() -> None:
    found = rows(collection("imei"), declared=says("device_id", vague=True))
    assert (found["imei"].state, found["imei"].covered_by) == (State.DIFFERS, "device_id")
    assert states(collection("imei"), declared=says("device_id"))["imei"] == "undeclared"


def test_general_words_for_the_kind_itself_match_and_say_so() -> None:
    row = rows(collection("device_id"), declared=says("device_id", vague=True))["device_id"]
    assert row.state is State.MATCHED
    assert row.note is not None
    assert "general words" in row.note.en


def test_a_declared_permission_declares_what_it_directly_opens() -> None:
    declared = declaration(permissions=(declared_permission("CAMERA"), declared_permission("READ_PHONE_STATE")))
    assert states(collection("camera"), collection("imei"), declared=declared) == {"camera": "matched", "imei": "undeclared"}


def test_a_row_for_another_platform_declares_nothing_here() -> None:
    declared = says("imei", platforms=frozenset({Platform.IOS}))
    assert states(collection("imei"), declared=declared) == {"imei": "undeclared"}
    assert states(declared=declared) == {}


def test_data_the_platform_does_not_have_is_not_applicable() -> None:
    assert states(declared=says("idfa")) == {"idfa": "not-applicable"}
    assert states(collection("idfa"), declared=says("idfa")) == {"idfa": "matched"}


def test_ios_builds_are_compared_as_well() -> None:
    assert states(collection("idfa"), declared=says("idfa"), platform=Platform.IOS) == {"idfa": "matched"}
    assert states(collection("contacts"), platform=Platform.IOS) == {"contacts": "undeclared"}


# -- how sure ----------------------------------------------------------------------------------------------------------

WEAK = {
    "bystander": collection("imei", owner=OwnerKind.BYSTANDER, confidence=Confidence.LOW),
    "way": collection("imei", may=True, confidence=Confidence.LOW),
    "doubtful": collection("imei", confidence=Confidence.LOW),
}
FAILING = collection("imei", can_succeed=False, confidence=Confidence.LOW, why_not=text("no permission"))


@pytest.mark.parametrize("how", WEAK)
def test_a_weak_sign_neither_matches_nor_accuses(how: str) -> None:
    assert not WEAK[how].shown
    assert states(WEAK[how], declared=says("imei")) == {"imei": "unchecked"}
    assert "undeclared" not in states(WEAK[how]).values()


def test_a_mere_way_to_what_nobody_speaks_of_is_no_row() -> None:
    assert states(WEAK["way"]) == {}


def test_a_call_that_cannot_succeed_collects_nothing_and_is_shown() -> None:
    row = rows(FAILING)["imei"]
    assert (row.state, row.note, row.found) == (State.NOT_APPLICABLE, text("no permission"), FAILING.evidence)
    declared = rows(FAILING, declared=says("imei"))["imei"]
    assert declared.state is State.NOT_FOUND
    assert declared.note is not None
    assert "no permission" in declared.note.en


def test_what_is_shown_speaks_and_weaker_signs_stand_after_it() -> None:
    row = rows(WEAK["bystander"], collection("imei", "maps", confidence=Confidence.MEDIUM), there=["maps"])["imei"]
    assert row.state is State.UNDECLARED
    assert [one.owner for one in row.collectors] == [OwnerKind.SDK, OwnerKind.BYSTANDER]
    assert row.found == row.collectors[0].evidence


def test_evidence_of_a_row_is_bounded() -> None:
    many = tuple(fact(FactKind.CALL, "a.B.c", file="classes.dex", at=str(at)) for at in range(20))
    row = rows(collection("imei", evidence=many), collection("imei", "maps", evidence=many[:3]))["imei"]
    assert len(row.found) == MOST_EVIDENCE


# -- rows of SDKs ------------------------------------------------------------------------------------------------------


def test_an_sdk_s_own_row_declares_for_it_alone() -> None:
    declared = listing(push("imei"))
    assert states(collection("imei", "acme-push"), declared=declared, there=["acme-push"]) == {"imei": "matched"}
    assert states(collection("imei", "acme-push"), collection("imei"), declared=declared, there=["acme-push"]) == {"imei": "differs"}
    assert states(collection("imei", "maps"), declared=declared, there=["acme-push", "maps"]) == {"imei": "differs"}


def test_what_the_policy_says_of_the_app_covers_its_sdks_too() -> None:
    assert states(collection("imei", "maps"), declared=says("imei"), there=["maps"]) == {"imei": "matched"}


def test_a_wider_kind_in_an_sdk_s_row_declares_the_narrower_for_it() -> None:
    declared = listing(push("precise"))
    assert states(collection("coarse", "acme-push"), declared=declared, there=["acme-push"])["coarse"] == "matched"
    assert states(collection("coarse"), declared=declared, there=["acme-push"])["coarse"] == "differs"


def test_the_row_of_the_sdk_it_ships_inside_of_counts() -> None:
    found = rows(collection("imei", "acme-base"), declared=listing(push("imei")), there=["acme-base"])
    assert (found["imei"].state, found["imei"].beyond) == (State.MATCHED, ())


def test_code_of_nobody_known_may_be_the_listed_sdk_s() -> None:
    unowned = collection("imei", owner=OwnerKind.UNATTRIBUTED, confidence=Confidence.MEDIUM)
    assert states(unowned, declared=listing(push("imei")), there=["acme-push"]) == {"imei": "matched"}
    assert states(unowned, declared=listing(push("camera")), there=["acme-push"])["imei"] == "undeclared"


def beyond(row: DeclaredSdk, *types: str) -> dict[str, tuple[str, ...]]:
    found = (collection(type_, "acme-push") for type_ in types)
    made = rows(*found, declared=listing(row, data=types), there=["acme-push"])
    return {type_: made[type_].beyond for type_ in types}


def test_what_an_sdk_s_row_does_not_name_is_beyond_it_though_the_policy_lists_it() -> None:
    assert beyond(push("imei"), "imei", "camera") == {"imei": (), "camera": ("acme-push",)}


def test_a_row_that_does_not_say_what_the_sdk_collects_exceeds_nothing() -> None:
    assert beyond(push(), "imei", "camera") == {"imei": (), "camera": ()}


def test_covers_and_general_words_of_the_row_count() -> None:
    assert beyond(push("precise"), "coarse") == {"coarse": ()}
    assert beyond(push("camera", data_text="设备标识信息、相机"), "android_id") == {"android_id": ()}
    assert beyond(push("camera", data_text="相机"), "android_id") == {"android_id": ("acme-push",)}


def test_a_type_of_an_sdk_that_is_not_there_is_no_row() -> None:
    assert states(declared=listing(push("imei"))) == {}
    assert states(declared=listing(push("imei")), there=["acme-push"]) == {"imei": "not-found"}


def test_every_row_that_declares_a_type_is_kept_the_app_s_first() -> None:
    made = rows(collection("imei"), declared=listing(push("imei"), maps("imei"), data=["imei"]), there=["acme-push"])["imei"]
    kept: tuple[DeclaredRow | None, ...] = (made.declared, *made.also_declared)
    assert [type(row).__name__ for row in kept] == ["DeclaredData", "DeclaredSdk", "DeclaredSdk"]


# -- denials -----------------------------------------------------------------------------------------------------------


def denies(type_: str = "imei", data: Sequence[str] = (), sdks: Sequence[DeclaredSdk] = (), **changes: object) -> Declaration:
    return declaration(
        denials=(declared_data(type_, **changes),), data=tuple(declared_data(one) for one in data), sdks=tuple(sdks)
    )


def test_what_is_denied_and_collected_differs() -> None:
    row = rows(collection("imei"), declared=denies())["imei"]
    assert (row.state, [one.type for one in row.denied_by]) == (State.DIFFERS, ["imei"])


def test_what_is_denied_and_not_seen_is_not_found_and_proves_nothing() -> None:
    row = rows(declared=denies())["imei"]
    assert row.state is State.NOT_FOUND
    assert row.note is not None
    assert "proves nothing" in row.note.en


def test_a_denial_of_one_kind_says_nothing_of_another() -> None:
    assert states(collection("coarse"), declared=denies("precise"))["coarse"] == "undeclared"
    assert states(collection("precise"), declared=denies("coarse"))["precise"] == "undeclared"


def test_a_denial_under_a_condition_or_for_another_platform_is_none() -> None:
    assert states(collection("imei"), declared=denies(when="background")) == {"imei": "undeclared"}
    assert states(collection("imei"), declared=denies(platforms=frozenset({Platform.IOS}))) == {"imei": "undeclared"}


def test_what_is_denied_and_declared_matches_with_a_note() -> None:
    row = rows(collection("imei"), declared=denies(data=["imei"]))["imei"]
    assert row.state is State.MATCHED
    assert row.note is not None
    assert "elsewhere" in row.note.en


def test_an_sdk_whose_row_lists_it_does_not_break_the_denial() -> None:
    declared = denies(sdks=[push("imei")])
    assert states(collection("imei", "acme-push"), declared=declared, there=["acme-push"]) == {"imei": "matched"}
    assert states(collection("imei", "maps"), declared=declared, there=["acme-push", "maps"]) == {"imei": "differs"}


@pytest.mark.parametrize("how", WEAK)
def test_a_weak_sign_breaks_no_denial(how: str) -> None:
    assert states(WEAK[how], declared=denies()) == {"imei": "unchecked"}


def test_a_named_sdk_without_code_declares_no_row_of_its_own() -> None:
    does = conduct(found_sdk("acme-push", tier=SdkTier.NAMED))
    case = compare(build(), does, listing(push("imei")), KNOWN)
    assert list(case.table(Table.DATA)) == []

"""Permissions no code can use: only those used by calls alone, and only where all code could be read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.model import FactKind, Platform, Row, SdkTier, State, Table
from auditor.rules import permission_unused
from auditor.tables import Case
from tests.factories import build, fact, permission, row
from tests.factories import sdk as found_sdk
from tests.knowledge_factories import knowledge, sdk
from tests.knowledge_factories import permission as known_permission
from tests.rules.cases import case, said

P = "android.permission."
KNOWN = knowledge(
    sdk("acme-push", collects=("sms",)),
    permissions=(known_permission("READ_SMS", "dangerous", "sms", by_calls=True), known_permission("CAMERA", "dangerous", "camera")),
)
CODE = build(code={"classes.dex": ["com.example.shop.Main"]})


def asked(name: str = "READ_SMS", state: State = State.UNDECLARED, **changes: object) -> Row:
    return row(Table.PERMISSIONS, P + name, state, found=(permission(name),), **changes)


def says(*rows: Row, of: object = CODE, **changes: object) -> dict[str, str]:
    one: Case = replace(case(*rows, known=KNOWN, of=of), **changes)  # type: ignore[arg-type]
    return said(permission_unused, one)


@pytest.mark.parametrize("state", [State.UNDECLARED, State.MATCHED])
def test_a_permission_no_code_can_use_is_low_declared_or_not(state: State) -> None:
    assert says(asked(state=state)) == {P + "READ_SMS": "low medium"}


def test_native_libraries_make_it_doubtful() -> None:
    with_native = build(fact(FactKind.NATIVE_LIBRARY, "libx.so", file="lib/arm64-v8a/libx.so"), code={"classes.dex": ["a.B"]})
    assert says(asked(), of=with_native) == {P + "READ_SMS": "low low"}


@pytest.mark.parametrize(
    "quiet",
    [
        asked(used_by=(fact(FactKind.CALL, "a.Sms.read", file="classes.dex"),)),
        asked(asked_by=("acme-push",)),
        asked("CAMERA"),
        asked("UNKNOWN"),
        asked(state=State.NOT_APPLICABLE),
        row(Table.PERMISSIONS, P + "READ_SMS", State.NOT_FOUND),
    ],
)
def test_what_is_used_brought_by_an_sdk_used_in_other_ways_or_not_asked_for_is_quiet(quiet: Row) -> None:
    assert says(quiet) == {}


def test_an_sdk_known_to_collect_what_it_opens_may_use_it() -> None:
    def listed(tier: SdkTier) -> Row:
        one = found_sdk("acme-push", tier=tier)
        return row(Table.SDKS, "acme-push", State.UNDECLARED, sdk=one, found=one.evidence)

    assert says(asked(), listed(SdkTier.BUNDLED)) == {}
    assert says(asked(), listed(SdkTier.NAMED)) == {P + "READ_SMS": "low medium"}


def test_a_build_that_could_not_be_read_whole_or_has_no_code_is_quiet() -> None:
    assert says(asked(), hidden=frozenset({Table.DATA})) == {}
    assert says(asked(), of=build()) == {}
    assert says(asked(), of=build(platform=Platform.IOS, code={"App": ["A"]})) == {}

"""What a build needs declared, declared: the audit is content; with a row dropped it misses exactly that."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from auditor.declaration.reader import parse_declaration
from auditor.knowledge.load import load
from auditor.model import Audit, Declaration, DeclaredSdk, Language, OwnerKind, Severity, Table
from auditor.pipeline import Facts, judge, read_build
from auditor.policy.needed import needed_plain, needed_rows
from auditor.policy.writing import to_yaml

SAMPLES = Path(__file__).parents[2] / "sample_apks"
OF_DATA = {"undeclared-data", "denied-data", "sdk-exceeds-declaration"}
OWN = {
    "tego-drifted.apk": ["android_id", "clipboard", "contacts", "imei", "sms"],
    "tego-drifted.ipa": ["camera", "health_data", "photos"],
}


@cache
def read(name: str) -> tuple[Facts, Declaration]:
    """Return a sample and the declaration drafted from it, without the permissions and keys that would declare data, too."""
    facts = read_build(SAMPLES / name, calls=True)
    draft = needed_rows(facts.build, facts.conduct, facts.gaps, load())
    text = to_yaml(needed_plain(draft, Language.EN), Language.EN, drafted_from_build=True)
    return facts, replace(parse_declaration(text.encode(), "drafted.yaml", load()), permissions=(), usage_keys=())


def said(audit: Audit) -> set[tuple[str, str]]:
    return {(one.rule, one.subject) for one in audit.findings if one.rule in OF_DATA and one.severity > Severity.LOW}


@pytest.mark.parametrize("name", OWN)
def test_what_a_build_needs_is_enough(name: str) -> None:
    facts, declaration = read(name)
    assert said(judge(facts, declaration)) == set()


@pytest.mark.parametrize(("name", "type_"), [(name, type_) for name, types in OWN.items() for type_ in types])
def test_a_dropped_row_is_missed_and_nothing_else(name: str, type_: str) -> None:
    facts, declaration = read(name)
    kept = tuple(row for row in declaration.data if row.type != type_)
    assert len(kept) == len(declaration.data) - 1
    # an SDK may collect it as well, and its row says so: what is missed is the collection of the app itself
    assert said(judge(facts, replace(declaration, data=kept))) == {("undeclared-data", type_)}


def test_a_kind_dropped_from_an_sdk_s_row_is_missed_for_that_sdk_and_everywhere() -> None:
    facts, declaration = read("tego-drifted.apk")

    def without(row: DeclaredSdk) -> DeclaredSdk:
        return replace(row, data=tuple(type_ for type_ in row.data if type_ != "mac_address"))

    audit = judge(facts, replace(declaration, sdks=tuple(map(without, declaration.sdks))))
    assert said(audit) == {("undeclared-data", "mac_address"), ("sdk-exceeds-declaration", "umeng")}
    (row,) = (row for row in audit.table(Table.DATA) if row.subject == "mac_address")
    assert [(one.owner, one.sdk) for one in row.collectors if one.shown] == [(OwnerKind.SDK, "umeng")]

"""Policies made up in every layout and format: what is read of them is what they were made of."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.knowledge.load import load
from auditor.policy.draft import Draft
from auditor.policy.extract import extract_policy
from auditor.policy.read import read_document
from tests.forge.policies import (
    FORMATS,
    PERMISSION_LAYOUTS,
    SDK_LAYOUTS,
    Policy,
    all_policies,
    forge_policy,
    vocabulary,
)

TERMS: dict[str, set[str]] = defaultdict(set)
for term, ids in vocabulary()["data_types"].items():
    for id_ in ids:
        TERMS[id_].add(term)

LEAST = {"sdks": 0.95, "package": 0.98, "url": 0.95, "sdk data": 0.95, "written": 0.99, "in words": 0.95, "ios keys": 0.99, "data": 0.97}


def draft_of(directory: Path, policy: Policy) -> Draft:
    path = directory / f"policy.{policy.gold.get('format', 'x')}"
    path.write_bytes(policy.data)
    return extract_policy(read_document(path), load())


def key(name: str) -> str:
    return re.sub(r"[^0-9a-z\u4e00-\u9fff]", "", unicodedata.normalize("NFKC", name).casefold())


def terms(types: object) -> set[str]:
    return {term for type_ in types for term in TERMS[type_]}  # type: ignore[attr-defined]


def group(name: str) -> str:
    return load().permissions[name].group or name


def found_and_wanted(draft: Draft, gold: dict) -> dict[str, tuple[set, set]]:
    """Return what was read and what the labels say, per field."""
    declared = draft.declaration
    by_name = {key(one["name"]).replace("sdk", ""): one for one in gold["sdks"]}
    rows = {key(row.name).replace("sdk", ""): row for row in declared.sdks}
    both = rows.keys() & by_name.keys()
    said = [one for one in gold["permissions"] if one.get("note")]
    written = {one["constant"] for one in gold["permissions"] if not one.get("note")}
    sure = {row.name for row in declared.permissions if row.confidence.word == "high"}
    others = {group(row.name) for row in declared.permissions} - {group(name) for name in written}
    data = {row.type for row in declared.data if not row.vague} | {type_ for row in declared.sdks for type_ in row.data}
    return {
        "sdks": (set(rows), set(by_name)),
        "package": (
            {(name, rows[name].package) for name in both if rows[name].package},
            {(name, by_name[name]["package"]) for name in both if by_name[name]["package"]},
        ),
        "url": (
            {(name, rows[name].url) for name in both if rows[name].url},
            {(name, by_name[name]["url"]) for name in both if by_name[name]["url"]},
        ),
        "sdk data": (
            {(name, term) for name in both for term in terms(rows[name].data)},
            {(name, term) for name in both for term in by_name[name]["data"]},
        ),
        "written": (sure, written),
        "in words": (others, {group(one["constant"]) for one in said}),
        "ios keys": ({row.key for row in declared.usage_keys}, set(gold["ios_usage_keys"])),
        "data": (terms(data), set(gold["collected"])),
    }


def test_every_layout_in_every_format(tmp_path: Path) -> None:
    right: dict[str, int] = defaultdict(int)
    total: dict[str, int] = defaultdict(int)
    faults: dict[str, list[str]] = defaultdict(list)
    for policy in all_policies(1):
        for field, (found, wanted) in found_and_wanted(draft_of(tmp_path, policy), policy.gold).items():
            right[field] += 2 * len(found & wanted)
            total[field] += len(found) + len(wanted)
            faults[field] += [f"{policy.name}: {one}" for one in sorted(map(str, found ^ wanted))]
    low = {field: faults[field] for field, least in LEAST.items() if right[field] < least * total[field]}
    assert not low


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(100, 10**6),
    sdk_layout=st.sampled_from(sorted(SDK_LAYOUTS)),
    permission_layout=st.sampled_from(sorted(PERMISSION_LAYOUTS)),
    format_=st.sampled_from(FORMATS),
)
def test_no_row_is_invented(tmp_path: Path, seed: int, sdk_layout: str, permission_layout: str, format_: str) -> None:
    policy = forge_policy(seed, sdk_layout, permission_layout, format_)
    draft = draft_of(tmp_path, policy)
    text = key("".join(line for line in lines_of(draft)))
    for row in draft.declaration.sdks:
        assert key(row.name) in text
        assert key(row.package) in text
        assert key(row.vendor) in text
    constants = {one["constant"] for one in policy.gold["permissions"] if not one.get("note")}
    assert {row.name for row in draft.declaration.permissions if row.confidence.word == "high"} <= constants
    assert {row.key for row in draft.declaration.usage_keys} <= set(policy.gold["ios_usage_keys"])


def lines_of(draft: Draft) -> list[str]:
    """Return every line of a document as it was read."""
    from auditor.policy.document import Grid, Heading

    found = []
    for block in draft.document.blocks:
        if isinstance(block, Grid):
            found += [line.text for row in block.rows for cell in row for line in cell.lines]
        else:
            found += [block.line.text] if isinstance(block, Heading) else [line.text for line in block.lines]
    return found


@pytest.mark.parametrize("format_", FORMATS)
def test_a_policy_comes_out_the_same_each_time(format_: str) -> None:
    first, second = (forge_policy(7, "table-merged", "permission-ios", format_) for _ in range(2))
    assert (first.data, first.gold) == (second.data, second.gold)

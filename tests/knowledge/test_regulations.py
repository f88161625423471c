"""Clauses, how they are cited, and the service categories."""

from __future__ import annotations

import pytest

from auditor.errors import KnowledgeError
from auditor.knowledge.load import clauses_for, load

CLAUSES = load().clauses


@pytest.mark.parametrize(
    ("id_", "zh", "en"),
    [
        ("PIPL-17", "《中华人民共和国个人信息保护法》第十七条", "Personal Information Protection Law of the PRC, Art. 17"),
        (
            "CAC191-2.1",
            "《App违法违规收集使用个人信息行为认定方法》（国信办秘字〔2019〕191号）二、1",
            "Method for Identifying Unlawful Collection and Use of Personal Information by Apps (2019 No. 191), 2(1)",
        ),
        (
            "GBT41391-6.5",
            "GB/T 41391-2022《信息安全技术 移动互联网应用程序（App）收集个人信息基本要求》6.5",
            "GB/T 41391-2022, Basic requirements for collecting personal information in apps, 6.5",
        ),
        ("ASRG-5.1.1-ii", "《App Store 审核指南》5.1.1(ii)", "App Store Review Guidelines 5.1.1(ii)"),
    ],
)
def test_how_a_clause_is_cited(id_, zh, en):
    (clause,) = clauses_for(load(), [id_])
    assert (clause.id, clause.cite.zh, clause.cite.en) == (id_, zh, en)


@pytest.mark.parametrize(
    ("id_", "old", "new"),
    [("CSL-40", "第四十条", "第四十二条"), ("CSL-41", "第四十一条", "第四十三条"), ("CSL-42", "第四十二条", "第四十四条")],
)
def test_the_renumbered_law_is_cited_with_both_numbers(id_, old, new):
    cite = CLAUSES[id_].clause.cite.zh
    assert old in cite
    assert new in cite


def test_clauses_come_in_the_order_asked_for_each_once():
    asked = ["PIPL-17", "CAC191-2.1", "PIPL-17", "PIPL-7"]
    assert [clause.id for clause in clauses_for(load(), asked)] == ["PIPL-17", "CAC191-2.1", "PIPL-7"]
    assert clauses_for(load(), []) == ()


@pytest.mark.parametrize("id_", ["CAC191-4.1", "CAC191-3.9", "GBT35273-9.7", "MIIT164-1.s6", "ASRG-2.5.1", "CSL-64"])
def test_an_unverified_clause_is_refused(id_):
    with pytest.raises(KnowledgeError) as caught:
        clauses_for(load(), ["PIPL-17", id_])
    assert caught.value.mistakes == (f"regulations.yaml: the clause {id_!r} is unverified and cannot be cited",)


def test_every_wrong_id_is_named_at_once():
    with pytest.raises(KnowledgeError) as caught:
        clauses_for(load(), ["PIPL-999", "PIPL-17", "CAC191-4.1"])
    assert caught.value.mistakes == (
        "regulations.yaml: there is no clause 'PIPL-999'",
        "regulations.yaml: the clause 'CAC191-4.1' is unverified and cannot be cited",
    )


def test_every_clause_is_worded_in_both_languages():
    texts = {id_: (one.clause.cite, one.clause.summary) for id_, one in CLAUSES.items()}
    assert {id_ for id_, pair in texts.items() if not all(text.zh and text.en for text in pair)} == set()


def test_no_two_clauses_are_cited_alike():
    for language in ("zh", "en"):
        cites = [getattr(one.clause.cite, language) for one in CLAUSES.values()]
        assert sorted({cite for cite in cites if cites.count(cite) > 1}) == []


@pytest.mark.parametrize(
    "ground", ["undeclared_permission", "undeclared_sdk", "undeclared_collection", "permission_purpose_missing"]
)
def test_a_kind_of_finding_has_clauses_that_can_be_cited(ground):
    assert [id_ for id_, one in CLAUSES.items() if ground in one.grounds and not one.unverified]


def test_online_shopping():
    category = load().categories["CAT39-06"]
    assert category.name.zh == "网上购物类"
    assert set(category.necessary) == {
        "phone_number",
        "person_name",
        "postal_address",
        "financial_data",
        "order_info",
    }
    assert not category.unverified


def test_the_39_categories_and_those_that_need_no_personal_information():
    categories = load().categories
    assert list(categories) == [f"CAT39-{number:02}" for number in range(1, 40)]
    needless = {id_ for id_, one in categories.items() if not one.necessary}
    assert needless == {"CAT39-21", *(f"CAT39-{number}" for number in range(27, 39))}


def test_a_category_from_memory_says_so():
    categories = load().categories
    assert categories["CAT39-39"].unverified
    assert not categories["CAT39-27"].unverified

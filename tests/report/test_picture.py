"""Where things stand in the pictures."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from auditor.report.bilingual import Both
from auditor.report.parts import Collector, Way
from auditor.report.picture import MOST_WAYS, matrix_of, tree_of


def collector(name, *types, declared=True):
    return Collector(name=name, declared=declared, types=types)


def way(*steps, type_="IMEI", anchor="f1"):
    return Way(anchor=anchor, steps=steps, owner="app", type=type_)


def test_nothing_is_no_picture():
    assert matrix_of(()) is None
    assert matrix_of([collector("app")]) is None
    assert tree_of(()) is None


def test_each_mark_stands_where_its_row_and_column_cross():
    one = matrix_of([
        collector("app", ("IMEI", "named"), ("SMS", "undeclared")),
        collector("Bugly", ("IMEI", "beyond"), declared=False),
    ])  # fmt: skip
    assert [label.text for label in one.columns] == ["IMEI", "SMS"]
    assert [(label.text, label.note) for label in one.rows] == [("app", ""), ("Bugly", "unlisted")]
    x = {label.text: label.x for label in one.columns}
    y = {label.text: label.y for label in one.rows}
    assert [(cell.x, cell.y, cell.mark) for cell in one.marks] == [
        (x["IMEI"], y["app"], "named"), (x["SMS"], y["app"], "undeclared"), (x["IMEI"], y["Bugly"], "beyond"),
    ]  # fmt: skip


def test_a_long_name_is_cut_and_kept_whole_beside():
    one = matrix_of([collector(Both("很长的名字" * 9, "short"), ("IMEI", "named"))])
    (label,) = one.rows
    assert label.text.zh.endswith("…")
    assert label.text.en == "short"
    assert label.full.zh == "很长的名字" * 9


def test_ways_that_begin_alike_share_their_beginning():
    one = tree_of([way("a.App.onCreate", "a.B.c", "x.Y.imei"), way("a.App.onCreate", "a.B.c", "x.Y.mac", type_="MAC", anchor="f2")])
    assert [(node.text, node.kind) for node in one.nodes] == [
        ("App.onCreate", "entry"), ("B.c", "step"), ("Y.imei", "call"), ("Y.mac", "call"),
    ]  # fmt: skip
    assert len(one.edges) == 3
    assert [(label.text, anchor) for label, _, anchor in one.ends] == [("IMEI", "f1"), ("MAC", "f2")]
    assert len({label.y for label, _, _ in one.ends}) == 2


def test_the_middle_of_a_long_way_is_left_out_and_said():
    one = tree_of([way(*(f"a.B.m{number}" for number in range(20)))])
    assert [node.text for node in one.nodes] == ["B.m0", "B.m1", "… +15", "B.m17", "B.m18", "B.m19"]


def test_more_ways_than_can_be_drawn_are_counted():
    one = tree_of([way("a.App.onCreate", f"x.Y.m{number}") for number in range(MOST_WAYS + 7)])
    assert one.left_out == 7
    assert len(one.ends) == MOST_WAYS


@given(st.lists(st.lists(st.sampled_from("abcde"), min_size=2, max_size=9), max_size=12))
def test_no_two_methods_and_no_two_ends_stand_in_one_place(paths):
    one = tree_of([way(*path) for path in paths])
    if one is not None:
        places = [(node.x, node.y) for node in one.nodes]
        assert len(set(places)) == len(places)
        ends = [label.y for label, _, _ in one.ends]
        assert len(set(ends)) == len(ends) == len(paths)
        assert all(0 <= node.x < one.width and 0 <= node.y < one.height for node in one.nodes)

"""After which instructions of a method each may run: both twins, on sound and on nonsensical code."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.extract.android.body import Body, Order, definitions, definitions_python, follow, follow_python, signed

TWINS = [pytest.param(follow_python, id="stdlib"), pytest.param(follow, id="native")]
NOP, RETURN = 0x0000, 0x000E
Twin = Callable[["array[int]"], Order | None]
BRANCHES = [0x28, 0x29, 0x2A, 0x2B, 0x2C, 0x38, 0x100, 0x200, 0x300, 1, 2, 3]


def before(follow: Twin, units: list[int]) -> dict[int, list[int]]:
    """Return, for each instruction, those after which it may run."""
    order = follow(array("H", units))
    assert order is not None
    return {at: sorted(order.before[order.offsets[at] : order.offsets[at + 1]]) for at in order.starts}


@pytest.mark.parametrize("twin", TWINS)
def test_instructions_run_one_after_the_other_until_one_leaves(twin: Twin) -> None:
    # const/16 v0, 7; return-void; nop
    assert before(twin, [0x0013, 7, RETURN, NOP]) == {0: [], 2: [0], 3: []}


@pytest.mark.parametrize("twin", TWINS)
def test_branches_lead_where_they_say(twin: Twin) -> None:
    # 0: if-eqz v0, +4; 2: goto +3; 3: nop; 4: goto/16 -4; 6: return-void
    assert before(twin, [0x0038, 4, 0x0328, NOP, 0x0029, 0xFFFC, RETURN]) == {0: [4], 2: [0], 3: [], 4: [0, 3], 6: []}
    # 0: goto +5; 3: return-void; 5: goto/32 -2
    assert before(twin, [0x0528, NOP, NOP, RETURN, NOP, 0x002A, 0xFFFE, 0xFFFF])[3] == [2, 5]


@pytest.mark.parametrize("twin", TWINS)
def test_a_switch_leads_to_all_its_cases_and_its_data_is_no_code(twin: Twin) -> None:
    # 0: packed-switch v0, +6; 3: nop; 4: nop; 5: return-void; 6: two cases: +4, +3
    packed = [0x002B, 6, 0, NOP, NOP, RETURN, 0x0100, 2, 0, 0, 4, 0, 3, 0]
    assert before(twin, packed) == {0: [], 3: [0, 0], 4: [0, 3], 5: [4]}
    sparse = [0x002C, 6, 0, NOP, NOP, RETURN, 0x0200, 2, 1, 0, 9, 0, 4, 0, 5, 0]
    assert before(twin, sparse) == {0: [], 3: [0], 4: [0, 3], 5: [0, 4]}


@pytest.mark.parametrize("twin", TWINS)
def test_switches_that_share_a_large_table_are_given_up(twin: Twin) -> None:
    size, count = 1000, 300
    units = []
    for number in range(count):
        units += [0x002B, 3 * (count - number), 0]
    assert twin(array("H", [*units, 0x0100, size, 0, 0, *[0] * 2 * size])) is None
    assert Body(array("H", [*units, 0x0100, size, 0, 0, *[0] * 2 * size])).starts == array("I")


@pytest.mark.parametrize("twin", TWINS)
def test_no_code_is_no_order(twin: Twin) -> None:
    assert before(twin, []) == {}
    assert Body(array("H")).before(0) == ((), ())


@given(st.lists(st.one_of(st.sampled_from(BRANCHES), st.integers(0, 0xFFFF)), max_size=60))
def test_both_twins_agree_on_any_code(units: list[int]) -> None:
    mine, twin = follow(array("H", units)), follow_python(array("H", units))
    assert (mine is None) == (twin is None)
    if mine is not None and twin is not None:
        assert (mine.starts, mine.offsets) == (twin.starts, twin.offsets)
        for at in range(len(units)):
            span = slice(mine.offsets[at], mine.offsets[at + 1])
            assert sorted(mine.before[span]) == sorted(twin.before[span])
            assert set(mine.before[span]) <= set(mine.starts)


@given(st.integers(-(1 << 31), (1 << 31) - 1))
def test_signed_numbers(value: int) -> None:
    assert signed(value & 0xFFFFFFFF, 32) == value


def test_handlers_run_after_what_they_guard() -> None:
    body = Body(array("H", [NOP, NOP, RETURN, RETURN]), [(0, 2, (3,)), (2, 2, (3,))])
    assert body.before(3) == (array("I"), [(0, 2)])


# -- which instructions gave a register its value -----------------------------------------------------------------------

FINDERS = [pytest.param(definitions_python, id="stdlib"), pytest.param(definitions, id="native")]
Finder = Callable[["array[int]", Order, "array[int]", int, int, int], tuple[Sequence[int] | None, int]]


def given_by(find: Finder, units: list[int], at: int, register: int, thrown: Sequence[int] = (), most: int = 1000) -> Sequence[int] | None:
    """Return what gave a register its value in a method of these units."""
    order = follow(array("H", units))
    assert order is not None
    return find(array("H", units), order, array("I", thrown), at, register, most)[0]


@pytest.mark.parametrize("find", FINDERS)
def test_every_way_to_an_instruction_counts(find: Finder) -> None:
    # 0: if-eqz v9, +4; 2: const/4 v0, 1; 3: goto +2; 4: const/4 v0, 2; 5: return v0
    units = [0x0938, 4, 0x1012, 0x0228, 0x2012, 0x000F]
    assert given_by(find, units, 5, 0) == [2, 4]
    assert given_by(find, units, 5, 1) is None


@pytest.mark.parametrize("find", FINDERS)
@pytest.mark.parametrize(
    ("units", "register"),
    [
        ([NOP, 0x0316, 7, RETURN], 4),  # const-wide/16 v3: v4 is its upper half
        ([NOP, 0x0003, 0x0123, 0x0004, RETURN], 0x123),  # move/16 v291, v4
        ([NOP, 0x4521, RETURN], 5),  # array-length v5, v4
        ([NOP, 0x070A, RETURN], 7),  # move-result v7
    ],
)
def test_each_form_of_instruction_names_what_it_writes(find: Finder, units: list[int], register: int) -> None:
    assert given_by(find, units, len(units) - 1, register) == [1]
    assert given_by(find, units, len(units) - 1, register + 1) is None


@pytest.mark.parametrize("find", FINDERS)
def test_what_may_throw_leads_to_its_handler_with_the_value_from_before(find: Finder) -> None:
    # 0: const/4 v0, 1; 1: const/4 v0, 2 (may throw to 3); 2: return-void; 3: return v0
    units = [0x1012, 0x2012, RETURN, 0x000F]
    assert given_by(find, units, 3, 0, (3, 1, 2)) == [0]
    assert given_by(find, units, 3, 0) is None


@pytest.mark.parametrize("find", FINDERS)
def test_the_search_ends_where_it_costs_too_much(find: Finder) -> None:
    units = [0x1012, *[NOP] * 50, 0x000F]
    assert given_by(find, units, 51, 0, most=200) == [0]
    assert given_by(find, units, 51, 0, most=40) is None


@given(
    st.lists(st.one_of(st.sampled_from(BRANCHES), st.integers(0, 0xFFFF)), min_size=1, max_size=40),
    st.lists(st.tuples(st.integers(0, 45), st.integers(0, 45), st.lists(st.integers(0, 45), max_size=3)), max_size=3),
    st.integers(0, 45),
    st.integers(0, 20),
    st.integers(0, 60),
)
def test_both_twins_agree_on_what_gave_a_value(
    units: list[int], tries: list[tuple[int, int, list[int]]], at: int, register: int, most: int
) -> None:
    body = Body(array("H", units), tries)
    if (order := follow(body.units)) is not None:
        body.before(0)
        thrown = array("I", body._thrown)
        asked = (body.units, order, thrown, at, register, most)
        assert definitions(*asked) == definitions_python(*asked)

"""YAML read field by field: every mistake is named with its line, and no bytes make anything else happen."""

from __future__ import annotations

from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model import Text
from auditor.records import MAX_BYTES, MAX_DEPTH, Mistake, Record, did_you_mean, read_record


class Colour(Enum):
    RED = "red"
    GREEN = "green"


def read(text: str | bytes) -> tuple[Record | None, list[Mistake]]:
    mistakes: list[Mistake] = []
    data = text.encode() if isinstance(text, str) else text
    return read_record("f.yaml", data, mistakes, "paper"), mistakes


def readable(text: str) -> tuple[Record, list[Mistake]]:
    record, mistakes = read(text)
    assert record is not None, [str(one) for one in mistakes]
    return record, mistakes


def said(mistakes: list[Mistake]) -> list[str]:
    return [str(mistake) for mistake in mistakes]


# -- what is there is returned ---------------------------------------------------------------------------------------


def test_every_kind_of_value_is_returned_without_a_mistake():
    record, mistakes = readable(
        "name: 特购\nday: 2021-12-28\ncount: 12\nyes: true\ncolour: green\nlist: [a, 2]\n"
        "label: {zh: 相机, en: camera}\nrows:\n- {id: one}\n- {id: two}\n"
    )
    assert record.text("name", required=True) == "特购"
    assert record.text("day") == "2021-12-28"
    assert record.integer("count") == 12
    assert record.boolean("yes") is True
    assert record.member("colour", Colour, default=Colour.RED) is Colour.GREEN
    assert record.texts("list") == ("a", "2")
    assert record.both("label") == Text(zh="相机", en="camera")
    assert [row.text("id") for row in record.records("rows")] == ["one", "two"]
    record.done()
    assert said(mistakes) == []


def test_what_is_absent_takes_its_default():
    record, mistakes = readable("other: 1\n")
    assert record.text("name", default="x") == "x"
    assert record.integer("count", default=3) == 3
    assert record.boolean("yes", default=True) is True
    assert record.texts("list") == ()
    assert record.record("label") is None
    assert list(record.records("rows")) == []
    assert record.both("label", required=False) == Text(zh="", en="")
    assert not record.has("name")
    assert said(mistakes) == []


@pytest.mark.parametrize("null", ["", " ~", " null"])
def test_null_counts_as_absent(null):
    record, mistakes = readable(f"name:{null}\nother: x\n")
    assert not record.has("name")
    assert record.text("name", default="x") == "x"
    assert said(mistakes) == []


def test_a_quoted_null_is_text():
    record, mistakes = readable("name: 'null'\n")
    assert record.text("name") == "null"
    assert said(mistakes) == []


def test_a_byte_order_mark_is_no_part_of_the_first_key():
    record, mistakes = read(b"\xef\xbb\xbfname: x\n")
    assert record is not None
    assert record.text("name") == "x"
    assert said(mistakes) == []


def test_keys_as_data_are_all_asked_for():
    record, mistakes = readable("b: 1\na: 2\n")
    assert record.keys() == ("b", "a")
    record.done()
    assert said(mistakes) == []


def test_one_value_or_several_can_be_told_apart():
    record, _ = readable("one: x\nseveral: [x]\n")
    assert [record.is_list(key) for key in ("one", "several", "none")] == [False, True, False]


# -- what is wrong is named, at its line ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "ask", "mistake"),
    [
        ("x: 1\n", lambda r: r.text("name", required=True), "f.yaml:1: paper lacks 'name'"),
        ("x: 1\nname:\n", lambda r: r.text("name", required=True), "f.yaml:2: paper lacks 'name'"),
        ("x: 1\nname: ' '\n", lambda r: r.text("name", required=True), "f.yaml:2: paper.name is empty"),
        ("x: 1\nname: [a]\n", lambda r: r.text("name"), "f.yaml:2: paper.name must be text"),
        ("n: 1.5\n", lambda r: r.integer("n"), "f.yaml:1: paper.n must be a whole number"),
        ("n: '１'\n", lambda r: r.integer("n"), "f.yaml:1: paper.n must be a whole number"),
        (f"n: {'9' * 5000}\n", lambda r: r.integer("n"), "f.yaml:1: paper.n must be a whole number"),
        ("b: yes\n", lambda r: r.boolean("b"), "f.yaml:1: paper.b must be true or false"),
        ("b: 'true'\n", lambda r: r.boolean("b"), "f.yaml:1: paper.b must be true or false"),
        (
            "c: gren\n",
            lambda r: r.member("c", Colour, default=Colour.RED),
            "f.yaml:1: paper.c: 'gren' is none of its values (did you mean 'green'?)",
        ),
        ("l: a\n", lambda r: r.texts("l"), "f.yaml:1: paper.l must be a list"),
        ("l:\n- a\n- {b: c}\n", lambda r: r.texts("l"), "f.yaml:3: paper.l must be a list of texts"),
        ("l:\n- a\n- b\n- a\n", lambda r: r.texts("l"), "f.yaml:4: paper.l: 'a' is listed twice"),
        (
            "l:\n- red\n- gren\n",
            lambda r: r.texts("l", among=["red", "green"]),
            "f.yaml:3: paper.l: 'gren' is not known (did you mean 'green'?)",
        ),
        (
            "l:\n- a\n- b.\n",
            lambda r: r.texts("l", fault=lambda value: "ends in a dot" if value.endswith(".") else ""),
            "f.yaml:3: paper.l: ends in a dot",
        ),
        ("label: {zh: 相机}\n", lambda r: r.both("label"), "f.yaml:1: paper.label lacks 'en'"),
        ("label: x\n", lambda r: r.both("label"), "f.yaml:1: paper.label must be a mapping of keys to values"),
        (
            "rows:\n- {a: 1}\n- b\n",
            lambda r: list(r.records("rows")),
            "f.yaml:3: rows[1] must be a mapping of keys to values",
        ),
    ],
)
def test_a_wrong_value(text, ask, mistake):
    record, mistakes = readable(text)
    ask(record)
    assert said(mistakes) == [mistake]


def test_a_key_nobody_asked_for():
    record, mistakes = readable("name: x\npurpse: y\n")
    record.text("name")
    record.text("purpose")
    record.done()
    assert said(mistakes) == ["f.yaml:2: unknown key 'purpse' in paper (did you mean 'purpose'?)"]


def test_a_key_that_stands_twice_keeps_its_first_value():
    record, mistakes = readable("name: x\nother: y\nname: z\n")
    assert record.text("name") == "x"
    assert said(mistakes) == ["f.yaml:3: 'name' stands twice in paper (first on line 1)"]


def test_every_mistake_is_reported_not_only_the_first():
    record, mistakes = readable("n: x\nb: x\nl: x\n")
    record.integer("n")
    record.boolean("b")
    record.texts("l")
    assert [mistake.line for mistake in mistakes] == [1, 2, 3]


@pytest.mark.parametrize(
    ("data", "mistake"),
    [
        (b"", "f.yaml:1: empty: a paper was expected"),
        (b"# nothing\n", "f.yaml:1: empty: a paper was expected"),
        (b"null\n", "f.yaml:1: empty: a paper was expected"),
        (b"- a\n", "f.yaml:1: a paper must be a mapping of keys to values"),
        (b"words\n", "f.yaml:1: a paper must be a mapping of keys to values"),
        (b"a: 1\nb: \xff\n", "f.yaml:2: not UTF-8 text; save the file as UTF-8"),
        (b"a: 1\n---\nb: 2\n", "f.yaml:2: a second YAML document in one file; keep one"),
        (b"a: &x 1\n", "f.yaml:1: YAML anchors and aliases are not used here; write the value out"),
        (b"a: 1\nb: *a\n", "f.yaml:2: YAML anchors and aliases are not used here; write the value out"),
        (b"a: 1\n[b]: 2\n", "f.yaml:2: a key must be text"),
        (b"a: " + b"[" * (MAX_DEPTH + 1), f"f.yaml:1: nested more than {MAX_DEPTH} levels deep"),
        (b" " * (MAX_BYTES + 1), "f.yaml:1: larger than 8 MiB: this is no paper"),
    ],
)
def test_a_document_that_cannot_be_read(data, mistake):
    record, mistakes = read(data)
    assert record is None
    assert said(mistakes) == [mistake]


@pytest.mark.parametrize(("data", "line"), [(b"a: 1\n\tb: 2\n", 2), (b"a: [1\n", 2), (b"a: 'x\n", 2), (b"a: \x01\n", 1)])
def test_a_syntax_error_has_its_line(data, line):
    record, mistakes = read(data)
    assert record is None
    assert [mistake.line for mistake in mistakes] == [line]
    assert mistakes[0].message.startswith("not valid YAML: ")


def test_as_deep_as_allowed_is_read():
    record, mistakes = readable("a: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1) + "\n")
    assert record.has("a")
    assert said(mistakes) == []


def test_did_you_mean():
    assert did_you_mean("cammera", ["camera", "contacts"]) == " (did you mean 'camera'?)"
    assert did_you_mean("xyz", ["camera", "contacts"]) == ""


# -- laws -------------------------------------------------------------------------------------------------------------

_YAML = st.lists(
    st.sampled_from(["a", "b: ", "- ", "{", "}", "[", "]", ",", "\n", "  ", "'", '"', "&x ", "*x", "? ", ": ", "| ", "!t ",
                     "---\n", "...\n", "%YAML 9.9\n", "\t", "#", "名", "\x00", "\u2028", "\ufeff", "<<: "]),
    max_size=40,
).map(lambda pieces: "".join(pieces).encode())


@given(st.one_of(st.binary(max_size=300), _YAML))
def test_any_bytes_give_a_record_or_mistakes(data):
    record, mistakes = read(data)
    assert (record is None) <= bool(mistakes)
    if record is None:
        return
    for key in record.keys():  # noqa: SIM118 - a Record is no mapping
        record.text(key)
        record.integer(key)
        record.boolean(key)
        record.member(key, Colour, default=Colour.RED)
        record.texts(key)
        record.both(key)
        for row in record.records(key):
            row.done()
    record.done()
    lines = data.decode("utf-8-sig").count("\n") + 2
    assert all(mistake.file == "f.yaml" and 1 <= mistake.line <= lines for mistake in mistakes)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(-(10**17), 10**17), min_size=1))
def test_whole_numbers_come_back_as_written(numbers):
    record, mistakes = readable("".join(f"{key}: {value}\n" for key, value in numbers.items()))
    assert {key: record.integer(key) for key in numbers} == numbers
    assert mistakes == []

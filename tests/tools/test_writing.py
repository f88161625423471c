"""What is written is what the loader reads, literal by literal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from auditor.records import Mistake, read_record
from tools.fingerprints.quality import is_telling
from tools.fingerprints.writing import Block, Holdout, Made, yaml_text


def texts_of(text: str) -> tuple[str, ...]:
    """The literals of the one line of a fingerprint's YAML."""
    mistakes: list[Mistake] = []
    record = read_record("x.yaml", text.encode(), mistakes, "x")
    assert record is not None
    (line,) = record.records("lines")
    found = line.texts("literals", exact=True)
    assert mistakes == []
    return found


def written(*literals: str) -> str:
    block = Block("1.0", (Made("maven:a:b@1.0", "ab" * 32),), Holdout(("0.9",), "1.0", 7, 9), literals)
    return yaml_text("amap", "sdk", (), [block], ["an artefact"], (8, 4))


def test_every_part_stands_in_the_file():
    text = written("a literal of it")
    assert "id: amap\nkind: sdk\nlines:\n" in text
    assert '  - {ref: "maven:a:b@1.0", sha256: "' in text
    assert '  holdout: {trained: ["0.9"], tested: "1.0", hits: 7/9}\n' in text
    assert "  require: {present: 8, suspected: 4}\n" in text


TELLING = st.text(max_size=20).map(lambda text: f"an own literal: {text}.").filter(is_telling)


@given(st.lists(TELLING, min_size=1, max_size=10, unique=True))
def test_any_telling_literal_comes_back_as_it_was(literals):
    assert texts_of(written(*literals)) == tuple(literals)


def test_space_quotes_breaks_and_invisible_characters_come_back():
    literals = ("  two spaces around  ", 'a "quoted" \\ text', "line one\nline two\t", "null", "a\u200bzero\u00a0width")
    assert texts_of(written(*literals)) == literals

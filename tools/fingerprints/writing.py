"""Fingerprints as the YAML the loader reads."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Block", "Holdout", "Made", "yaml_text"]

_UNSAFE = re.compile("[\x7f-\xa0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


@dataclass(frozen=True, slots=True)
class Made:
    """One artefact a block was made from."""

    ref: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Holdout:
    """How many of the literals chosen without the newest version that version holds."""

    trained: tuple[str, ...]
    tested: str
    hits: int
    of: int


@dataclass(frozen=True, slots=True)
class Block:
    """The fingerprint of one line of versions."""

    line: str
    built_from: tuple[Made, ...]
    holdout: Holdout | None
    literals: tuple[str, ...]


def yaml_text(
    id_: str, kind: str, members: Sequence[str], blocks: Sequence[Block], sources: Sequence[str], thresholds: tuple[int, int]
) -> str:
    """Return the YAML file of one id; the same text for the same fingerprint."""
    out = ["# Made by `python -m tools.fingerprints train`; edit its lists, not this file.", f"id: {id_}", f"kind: {kind}"]
    if members:
        out.append(f"members: [{', '.join(members)}]")
    out.append("lines:")
    for block in blocks:
        out += [f"- line: {_quoted(block.line)}", f"  require: {{present: {thresholds[0]}, suspected: {thresholds[1]}}}"]
        out.append("  built_from:")
        for made in block.built_from:
            digest = f", sha256: {_quoted(made.sha256)}" if made.sha256 else ""
            out.append(f"  - {{ref: {_quoted(made.ref)}{digest}}}")
        if block.holdout is not None:
            trained = ", ".join(_quoted(one) for one in block.holdout.trained)
            tested = f"tested: {_quoted(block.holdout.tested)}, hits: {block.holdout.hits}/{block.holdout.of}"
            out.append(f"  holdout: {{trained: [{trained}], {tested}}}")
        out.append("  literals:")
        out += [f"  - {_quoted(literal)}" for literal in block.literals]
    out.append("sources:")
    out += [f"- {_quoted(source)}" for source in sources]
    return "\n".join(out) + "\n"


def _quoted(text: str) -> str:
    """Return a text as a double-quoted YAML scalar, with whatever an editor would not show written as an escape."""
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False))

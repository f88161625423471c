"""Limits on what a PDF makes pdfminer do: it believes every count, range and reference of a file.

A few bytes can ask for a character map of two thousand million entries, for a form that draws itself twice on every level, or for an
object that is a reference to itself. While a document is read, what would go on without end raises ValueError instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Budget", "limited"]

_MAX_REFERENCES = 1_000_000
"""References followed in one document."""
_MAX_MAPPED = 1_000_000
"""Characters that all fonts map, and widths they have."""
_MAX_TOKENS = 250_000
"""Operands and operators of one page; one of small print takes some 20,000."""
_MAX_FORMS = 10_000
"""Forms drawn on one page."""
_MAX_SLOW = 2 << 20
"""Bytes given to a decoder that is written in Python."""
_SLOW_DECODERS = ("ascii85decode", "asciihexdecode", "lzwdecode", "rldecode")


class Budget:
    """What is left of the limits."""

    def __init__(self) -> None:
        self.references, self.mapped = _MAX_REFERENCES, _MAX_MAPPED
        self.tokens, self.forms = _MAX_TOKENS, _MAX_FORMS

    def turn_page(self) -> None:
        """Start another page."""
        self.tokens, self.forms = _MAX_TOKENS, _MAX_FORMS

    def take(self, what: str, amount: int = 1) -> None:
        """Use up some of a limit. Raises ValueError where nothing is left."""
        left = getattr(self, what) - amount
        setattr(self, what, left)
        if left < 0:
            raise ValueError(f"too many {what}")


@contextmanager
def limited() -> Iterator[Budget]:
    """Hold pdfminer to the limits. Not for several threads at once: its functions are replaced as long as this lasts."""
    from pdfminer import cmapdb, pdffont, pdfinterp, pdftypes, utils

    budget = Budget()

    def counted(original: Callable[..., Any], what: str) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            budget.take(what)
            return original(*arguments, **named)

        return call

    def measured(original: Callable[..., Any], length: int) -> Callable[..., Any]:
        def call(seq: Iterable[object]) -> Any:
            values = [pdftypes.resolve1(value) for value in seq]
            budget.take("mapped", _ranges(values, length))
            return original(values)

        return call

    def short(original: Callable[..., Any], most: int, at: int = 0) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            if len(named["data"] if "data" in named else arguments[at]) > most:
                raise ValueError("a stream too long for its encoding")
            return original(*arguments, **named)

        return call

    draw = pdfinterp.PDFPageInterpreter.do_Do

    # the interpreter counts the parameters of what it calls
    def do_Do(self: Any, xobjid_arg: Any) -> None:  # noqa: N802 - the name of the operator
        budget.take("forms")
        draw(self, xobjid_arg)

    replaced: list[tuple[Any, str, Any]] = [
        (pdftypes.PDFObjRef, "resolve", counted(pdftypes.PDFObjRef.resolve, "references")),
        (cmapdb.FileUnicodeMap, "add_cid2unichr", counted(cmapdb.FileUnicodeMap.add_cid2unichr, "mapped")),
        (pdffont, "get_widths", measured(pdffont.get_widths, 3)),
        (pdffont, "get_widths2", measured(pdffont.get_widths2, 5)),
        (pdfinterp.PDFContentParser, "nextobject", counted(pdfinterp.PDFContentParser.nextobject, "tokens")),
        (pdfinterp.PDFPageInterpreter, "do_Do", do_Do),
        (pdftypes, "apply_png_predictor", short(utils.apply_png_predictor, 4 * _MAX_SLOW, 4)),
        *((pdftypes, name, short(getattr(pdftypes, name), _MAX_SLOW)) for name in _SLOW_DECODERS),
    ]
    # a method that is inherited is not put back where it was not
    kept = [(place, name, vars(place).get(name)) for place, name, _ in replaced]
    try:
        for place, name, replacement in replaced:
            setattr(place, name, replacement)
        yield budget
    finally:
        for place, name, original in kept:
            if original is None:
                delattr(place, name)
            else:
                setattr(place, name, original)


def _ranges(values: list[Any], length: int) -> int:
    """Return how many entries the ranges among widths ask for: first, last and ``length - 2`` numbers more."""
    wanted, run = 0, list[float]()
    for value in values:
        if isinstance(value, list):
            wanted, run = wanted + len(value), []
        elif isinstance(value, int | float):
            run.append(value)
            if len(run) == length:
                wanted, run = wanted + max(0, int(min(run[1] - run[0], _MAX_MAPPED)) + 1), []
    return wanted

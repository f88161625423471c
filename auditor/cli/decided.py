"""``--decisions`` and ``--write-baseline``: what people decided, read before work starts and written when it is done."""

from __future__ import annotations

import datetime
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from auditor.cli import complain
from auditor.cli.outputs import Output, claim, write
from auditor.decisions import Decisions, baseline, decide_all, parse_decisions, read_decisions, to_json, to_yaml
from auditor.errors import DecisionsError, OutputError
from auditor.model import Audit, Language

__all__ = ["Decider", "today"]


def today() -> datetime.date:
    """Return the day, UTC; ``SOURCE_DATE_EPOCH`` (seconds since 1970, https://reproducible-builds.org/specs/source-date-epoch/)
    says it where it is set. Raises click.UsageError where that is no time.
    """
    written = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not written:
        return datetime.datetime.now(datetime.UTC).date()
    try:
        return datetime.datetime.fromtimestamp(int(written), datetime.UTC).date()
    except (ValueError, OverflowError, OSError):
        raise click.UsageError(f"SOURCE_DATE_EPOCH is {written!r}; it has to be the seconds since 1970, a whole number") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider:
    """The decisions a command was given, and the baseline it was asked for."""

    decisions: Decisions | None
    write_to: Path | None
    on: datetime.date

    @classmethod
    def of(cls, decisions: Path | None, new_baseline: Path | None, *, inputs: Sequence[Path]) -> Decider:
        """Read ``decisions`` and make sure that ``new_baseline`` can be written.

        Raises DecisionsError with every mistake, OutputError where the baseline would overwrite what was not read.
        """
        from auditor.cli.commands import shown

        read = None
        if decisions is not None:
            try:
                read = read_decisions(decisions, shown(decisions))
            except DecisionsError as error:
                here = shown(decisions)
                raise DecisionsError([f"{decisions}{one.removeprefix(here)}" for one in error.mistakes]) from None
        if new_baseline is not None:
            claim([Output("baseline", new_baseline)], inputs)
            same = decisions is not None and os.path.realpath(decisions) == os.path.realpath(new_baseline)
            if new_baseline.is_file() and not same:
                raise OutputError(
                    f"{new_baseline} exists, and what was decided in it would be lost",
                    f"give it as --decisions {new_baseline} too, or move it away to start anew",
                )
        return cls(decisions=read, write_to=new_baseline, on=today())

    def applied(self, audits: Sequence[Audit]) -> list[Audit]:
        """Return ``audits`` as the decisions leave them, those of the baseline written now among them."""
        from auditor.cli.commands import shown

        given = self.decisions
        if self.write_to is not None:
            for audit in audits:
                given, left = baseline(audit, given, self.on)
                for gap in left:
                    complain(f"{self.write_to}: without {gap.location}: a gap over every table is no state to start from")
            assert given is not None  # noqa: S101 - there is an audit
            text = to_json(given) if self.write_to.suffix.lower() == ".json" else to_yaml(given)
            write(Output("baseline", self.write_to), text)
            given = parse_decisions(text.encode(), shown(self.write_to))
        return list(audits) if given is None else decide_all(audits, given, self.on)

    def tell(self, audits: Sequence[Audit], language: Language) -> None:
        """Say on standard error which decisions no longer do anything."""
        from auditor.report.words import Words

        unmatched = next((audit.decided.unmatched for audit in audits if audit.decided), ())
        if unmatched:
            first = unmatched[0]
            said = Words(language)("decisions.tell", n=len(unmatched), first=first.about)
            complain(f"{first.location.file}:{first.location.at}: {said}")

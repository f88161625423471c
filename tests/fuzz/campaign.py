"""Thousands of mutated builds, each audited as the command line does: ``python -m tests.fuzz.campaign [--count N]``.

Asks of each: no traceback; no crash, no hang over the limit and no memory over it; and, where a build was damaged, never
*consistent* without a gap while the sound build contradicts its declaration. The builds are the samples, some of our own forge and,
where they were fetched, real ones (``tests/real``). The same seed gives the same build; a run goes on where the last one ended.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from auditor.declaration import read_declaration
from auditor.errors import BuildError
from auditor.knowledge.load import load
from auditor.model import BuildKind, Declaration, Gap, Language, Text, Verdict
from auditor.pipeline import contradicts, judge, read_build
from auditor.report import FORMATS
from auditor.sandbox import Stopped, allowance, contained
from tests.fuzz.damage import DAMAGE, changed
from tests.fuzz.targets import ROOT, TARGETS

__all__ = ["main"]

_SAMPLES = ROOT / "sample_apks"
_DECLARATION = ROOT / "declarations" / "tego.yaml"
_FORGED = ("apk", "splits", "bundle", "ipa", "library")
_SMALL = 300_000
_SELDOM = 0.15
"""How often a build over that size is taken, to one below it."""
_OFTEN = 4
"""How often a build that contradicts its declaration is taken, to one that does not: only there damage can hide anything."""
_LARGEST = 2_100_000
_REAL = (".apk", ".ipa", ".aab", ".aar", ".jar")
_READ = "read"
_LAID_OUT = "pdf"
"""The HTML report laid out by a program of its own, which takes an extra and seconds."""
_RENDERED = 20
"""One of so many results is written in every report format."""


@dataclass(frozen=True, slots=True)
class Said:
    """What an audit says, as far as damage may not change it in silence."""

    verdict: str
    gaps: int
    mistakes: tuple[str, ...]
    """Gaps that come of a reader's own mistake."""
    grave: frozenset[tuple[str, str]]
    """Rule and subject of what contradicts the declaration."""


@cache
def _declared() -> Declaration:
    return read_declaration(_DECLARATION, load(), "tego.yaml")


def _audit(path: Path, *, render: bool = False) -> Said:
    """Read a build and audit it, as the command line does in its child process; a library is only read."""
    facts = read_build(path, knowledge=load(), calls=True)
    if facts.build.identity.kind is BuildKind.LIBRARY:
        return Said(_READ, len(facts.gaps), _mistakes(facts.gaps), frozenset())
    audit = judge(facts, _declared(), load())
    if render:
        for name, format_ in FORMATS.items():
            if name != _LAID_OUT:
                format_.render([audit], Language.ZH)
    grave = frozenset((one.rule, one.subject) for one in audit.findings if contradicts(one))
    return Said(audit.verdict.value, len(audit.gaps), _mistakes(audit.gaps), grave)


def _mistakes(gaps: Sequence[Gap]) -> tuple[str, ...]:
    return tuple(gap.reason.en for gap in gaps if "unexpected error" in gap.reason.en or "please report it" in gap.reason.en)


@dataclass(frozen=True, slots=True)
class Origin:
    """A sound build."""

    name: str
    data: bytes
    said: Said


def _origins(place: Path) -> list[Origin]:
    found: list[tuple[str, bytes]] = [(path.name, path.read_bytes()) for path in sorted(_SAMPLES.glob("*.[ai]p[ka]"))]
    for target in _FORGED:
        found += [(f"{target}-{at}", data) for at, data in enumerate(TARGETS[target].seeds())]
    cache = Path(os.environ.get("AUDITOR_ARTEFACTS", ROOT / ".artefacts"))
    for path in sorted(cache.rglob("*")):
        if path.is_file() and path.suffix.lower() in _REAL and path.stat().st_size <= _LARGEST:
            found.append((path.name, path.read_bytes()))
    origins = []
    for name, data in found:
        path = place / "sound"
        path.write_bytes(data)
        origins.append(Origin(name, data, _audit(path)))
    return origins


def _weight(origin: Origin) -> float:
    often = _OFTEN if origin.said.verdict == Verdict.CONTRADICTED.value else 1
    return often * (1 if len(origin.data) <= _SMALL else _SELDOM)


def _quiet(_: Text) -> None:
    return None


def _one(seed: int, origins: Sequence[Origin], weights: Sequence[float], path: Path, seconds: int, tally: Counter[str]) -> str:
    """Audit the build of a seed; return what is wrong with the result, empty where nothing is."""
    (origin,) = random.Random(seed).choices(origins, weights)
    kind, data = changed(origin.data, seed)
    path.write_bytes(data)
    tally[f"kind {kind}"] += 1
    where = f"seed {seed} ({kind} of {origin.name})"
    try:
        said = contained(
            lambda _: _audit(path, render=seed % _RENDERED == 0), allowance(path, seconds), _quiet
        )
    except BuildError:
        tally["refused"] += 1
        return ""
    except Stopped as stopped:
        what = "hangs" if "longer" in stopped.reason.en else "memory" if "memory" in stopped.reason.en else "crashes"
        tally[what] += 1
        return f"{what}: {where}: {stopped.sentence.en}"
    except Exception as error:  # noqa: BLE001 - the very thing that is looked for
        tally["tracebacks"] += 1
        return f"traceback: {where}: {type(error).__name__}: {error} {error.__cause__}"
    tally[said.verdict] += 1
    if said.mistakes:
        tally["readers' mistakes"] += 1
        return f"mistake: {where}: {said.mistakes[0]}"
    if kind not in DAMAGE or said.verdict == _READ:
        return ""
    tally["damaged, sound build contradicted"] += origin.said.verdict == Verdict.CONTRADICTED.value
    if origin.said.verdict == Verdict.CONTRADICTED.value and said.verdict == Verdict.CONSISTENT.value:
        tally["false consistent"] += 1
        return f"false consistent: {where}"
    if not said.gaps and (lost := origin.said.grave - said.grave):
        tally["lost in silence"] += 1
        return f"lost in silence: {where}: {sorted(lost)[:4]}"
    return ""


_FAULTS = ("tracebacks", "crashes", "hangs", "memory", "readers' mistakes", "false consistent", "lost in silence")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign; return 1 where a build did what none may."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.campaign", description="Audit mutated builds.")
    parser.add_argument("--count", type=int, default=1000, help="how many builds (1000)")
    parser.add_argument("--first", type=int, default=None, help="the first seed (where the last run ended)")
    parser.add_argument("--seconds", type=int, default=60, help="how long one build may take (60)")
    parser.add_argument("--for", type=int, dest="most", default=10**9, metavar="SECONDS", help="end after this time")
    parser.add_argument("--tally", type=Path, default=ROOT / ".fuzz" / "campaign.json", help="where the figures of all runs are kept")
    options = parser.parse_args(arguments)
    options.tally.parent.mkdir(parents=True, exist_ok=True)
    kept = json.loads(options.tally.read_text("utf-8")) if options.tally.is_file() else {"next": 0, "figures": {}, "faults": []}
    tally: Counter[str] = Counter(kept["figures"])
    first = kept["next"] if options.first is None else options.first
    started, faults, peak, longest = time.monotonic(), [], tally.pop("peak MB", 0), tally.pop("longest ms", 0)
    seed = first
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as folder:
        place = Path(folder)
        origins = _origins(place)
        weights = [_weight(one) for one in origins]
        for seed in range(first, first + options.count):
            if time.monotonic() - started > options.most:
                break
            before = time.monotonic()
            if fault := _one(seed, origins, weights, place / "mutated", options.seconds, tally):
                faults.append(fault)
                print(fault, flush=True)
            tally["builds"] += 1
            longest = max(longest, round(1000 * (time.monotonic() - before)))
    peak = max(peak, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10)
    figures = {**dict(sorted(tally.items())), "peak MB": peak, "longest ms": longest}
    if options.first is None:
        state = {"next": first + tally["builds"] - kept["figures"].get("builds", 0), "figures": figures}
        options.tally.write_text(json.dumps({**state, "faults": [*kept["faults"], *faults]}, indent=1, ensure_ascii=False), "utf-8")
    for name, number in figures.items():
        print(f"{number:>8}  {name}")
    print(f"{'none' if not any(tally[name] for name in _FAULTS) else 'SOME'} of: {', '.join(_FAULTS)}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

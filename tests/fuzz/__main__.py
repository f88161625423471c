"""Fuzz readers: ``python -m tests.fuzz [TARGET …] [--seconds N] [--jobs N]``.

Each target runs in a process of its own, from its sound files, its regression corpus and what earlier runs kept, and ends at its
first crash, hang or exhausted memory: the input is kept, its path printed, and the exit code is 1. Needs atheris
(``pip install -e '.[test,fuzz]'``).
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.fuzz.targets import ROOT, TARGETS, regressions

__all__ = ["main"]

_HANG = 20
"""Seconds one input may take."""
_MEGABYTES = 2048
_SMALL = 1 << 14
"""Bytes a hostile input has at most to be started from: libFuzzer reads all of them before its time begins."""
_LINES = 40
"""Lines shown of what libFuzzer says of a fall."""
_LEFT = 120
"""Seconds a process has beyond its time, to start and to finish its last input."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the targets asked for; return 1 where one fell, 2 where they cannot be run."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz the readers.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"all, unless named: {', '.join(TARGETS)}")
    parser.add_argument("--seconds", type=int, default=60, help="how long each target runs (60)")
    parser.add_argument("--seed", type=int, default=0, help="what the inputs are made from, the same for the same; 0 = by chance (0)")
    parser.add_argument("--jobs", type=int, default=1, help="how many targets run at a time (1)")
    parser.add_argument("--kept", type=Path, default=ROOT / ".fuzz", help="where inputs are kept between runs (.fuzz)")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.targets if name not in TARGETS]:
        parser.error(f"no such target: {' '.join(unknown)}")
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed: pip install -e '.[test,fuzz]'", file=sys.stderr)
        return 2
    wanted = options.targets or list(TARGETS)
    with ThreadPoolExecutor(options.jobs) as pool:
        fallen = [told for told in pool.map(lambda name: _run(name, options.seconds, options.seed, options.kept), wanted) if told]
    print(f"{len(wanted) - len(fallen)} of {len(wanted)} targets held")
    return 1 if fallen else 0


def _run(name: str, seconds: int, seed: int, kept: Path) -> str:
    """Fuzz one target in a process of its own; return what made it fall, empty where nothing did."""
    corpus, found = kept / name / "corpus", kept / name / "found"
    corpus.mkdir(parents=True, exist_ok=True)
    found.mkdir(parents=True, exist_ok=True)
    target = TARGETS[name]
    for cause, data in {**{f"seed-{at}": sound for at, sound in enumerate(target.seeds())}, **regressions(name)}.items():
        if cause.startswith("seed-") or len(data) <= _SMALL:
            (corpus / cause).write_bytes(data)
    command = [
        *(sys.executable, "-m", "tests.fuzz.inside", name, str(corpus)),
        *(f"-seed={seed}", f"-max_total_time={seconds}", f"-timeout={_HANG}", f"-rss_limit_mb={_MEGABYTES}", f"-artifact_prefix={found}/"),
        "-print_final_stats=1",
    ]
    try:
        # what a set is gone through by must be the same, too
        env = {**os.environ, **({"PYTHONHASHSEED": "0"} if seed else {})}
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, encoding="utf-8", errors="replace", timeout=seconds + _LEFT)
    except subprocess.TimeoutExpired:
        print(f"{name}: did not end", flush=True)
        return "did not end"
    runs = next((line.split()[-1] for line in done.stderr.splitlines() if "number_of_executed_units" in line), "?")
    if done.returncode == 0:
        print(f"{name}: held, {runs} inputs", flush=True)
        return ""
    lines = [line for line in (done.stdout + done.stderr).splitlines() if not line.startswith(("#", "INFO: Instrumenting"))]
    print(f"{name}: fell", *lines[-_LINES:], sep="\n    ", flush=True)
    return "fell"


if __name__ == "__main__":
    sys.exit(main())

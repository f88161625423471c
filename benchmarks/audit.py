"""What an audit costs, as whole processes, against androguard's analysis and against inflating the DEX files.

``python benchmarks/audit.py [APK …]``: every command is run in turn, several times, so that the ratios hold when the
machine's speed drifts. Figures are CPU seconds (user and system) and peak memory of the whole process, from the operating
system's own accounting. Without arguments the real builds of ``tests/real`` with at least 5 MB of DEX are taken.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
DECLARATION = ROOT / "declarations" / "tego.yaml"
RUNS = 5
START_UP = 0.7
"""CPU seconds an audit may take beside four times the floor."""

_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""An installed package has its byte code beside it; a checkout writes it in the first run, unless it is told not to."""

ANDROGUARD = """
import sys
from loguru import logger
logger.remove()
from androguard.misc import AnalyzeAPK
AnalyzeAPK(sys.argv[1])
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took."""

    cpu: float
    """User and system seconds, children included."""
    memory: float
    """Peak resident set in MB."""


def run(command: Sequence[str], out: Path | None = None) -> Cost:
    """Run a command to its end and return what it cost."""
    with (out or Path(os.devnull)).open("wb") as sink:
        process = subprocess.Popen(command, stdout=sink, stderr=subprocess.DEVNULL, cwd=ROOT, env=_ENVIRONMENT)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1, 3):
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def median(costs: Sequence[Cost]) -> Cost:
    """Return the median of each figure."""
    return Cost(statistics.median(one.cpu for one in costs), statistics.median(one.memory for one in costs))


def dex_bytes(apk: Path) -> int:
    """Return the size of an APK's DEX files, uncompressed."""
    with zipfile.ZipFile(apk) as archive:
        return sum(info.file_size for info in archive.infolist() if info.filename.endswith(".dex"))


def real_builds() -> list[Path]:
    """Return the real APKs with at least 5 MB of DEX."""
    sys.path.insert(0, str(ROOT))
    from tests.real.fetch import Unavailable, artefacts, fetch

    found = []
    for name, artefact in artefacts().items():
        if artefact.kind == "apk":
            try:
                found.append(fetch(name))
            except Unavailable as reason:
                print(f"left out: {reason}", file=sys.stderr)
    return [apk for apk in found if dex_bytes(apk) >= 5_000_000]


def main(arguments: Sequence[str]) -> int:
    """Measure every build and print the table; exit 1 where a bound is broken."""
    builds = [Path(argument).resolve() for argument in arguments] or real_builds()
    print("| build | DEX MB | audit CPU s / MB | floor CPU s | audit / floor | androguard CPU s / MB | CPU ratio | memory ratio |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    good = True
    with tempfile.NamedTemporaryFile("w", suffix=".py") as script:
        script.write(ANDROGUARD)
        script.flush()
        for apk in builds:
            audit_command = [sys.executable, "-m", "auditor", "audit", str(apk), "-d", str(DECLARATION), "--format", "json"]
            floor_command = ["unzip", "-p", str(apk), "*.dex"]
            run(audit_command)
            audits, floors = [], []
            for _ in range(RUNS):
                audits.append(run(audit_command))
                floors.append(run(floor_command))
            audit, floor = median(audits), median(floors)
            peer = run([sys.executable, script.name, str(apk)])
            cpu, memory = peer.cpu / audit.cpu, peer.memory / audit.memory
            within = audit.cpu <= 4 * floor.cpu + START_UP
            good &= within and cpu >= 20 and memory >= 5
            print(
                f"| {apk.name} | {dex_bytes(apk) / 1e6:.1f} | {audit.cpu:.2f} / {audit.memory:.0f} | {floor.cpu:.2f}"
                f" | {audit.cpu / floor.cpu:.1f} | {peer.cpu:.1f} / {peer.memory:.0f} | {cpu:.0f} | {memory:.1f} |",
                flush=True,
            )
    print("\nall bounds kept" if good else "\na bound is broken: 4 x floor + 0.7 s, 20 x CPU, 5 x memory")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

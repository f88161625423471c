"""What an audit costs, as whole processes, against androguard's analysis and against inflating the DEX files.

``python benchmarks/audit.py [APK …]``: every command is run in turn, several times, so that the ratios hold when the
machine's speed drifts. Figures are CPU seconds (user and system) and peak memory of the whole process, from the operating
system's own accounting. Without arguments the real builds of ``tests/real`` with at least 5 MB of DEX are taken, and one of
more than 80 MB made of their DEX files.
"""

from __future__ import annotations

import hashlib
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
RUNS = 3
LARGE = 5_000_000
"""Bytes of DEX from which on a build is measured."""
COMPOSITE = 80_000_000
"""Bytes of DEX the build has that is made of many."""
AUDIT_BOUNDS = ((80, 5.0), (0, 1.5))
"""(from this many MB of DEX on, CPU seconds the whole audit may take, call graph included)."""
MOST_MEMORY = 500
SCAN_GOALS = ((80, 1.0), (12, 1.3), (0, 2.0))
"""(from this many MB of DEX on, the part of the floor that the scan is to take)."""
PEER_LIMIT = 40
"""MB of DEX beyond which androguard takes minutes and gigabytes."""

_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""An installed package has its byte code beside it; a checkout writes it in the first run, unless it is told not to."""

SCAN = """
import sys
from pathlib import Path
from auditor.scan import scan
found = scan(Path(sys.argv[1]))
print(len(found.calls), len(found.code))
"""
"""Classes, calls of all listed methods with their constants, and constants: no SDKs, no call graph."""

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
    """Return the real APKs, and the apps built of real SDKs where they are in the cache."""
    sys.path.insert(0, str(ROOT))
    from tests.real.fetch import Unavailable, artefacts, cache, fetch

    found = []
    for name, artefact in artefacts().items():
        if artefact.kind == "apk":
            try:
                found.append(fetch(name))
            except Unavailable as reason:
                print(f"left out: {reason}", file=sys.stderr)
    return [*found, *sorted((cache() / "sdk-builds").glob("*-plain-*.apk"))]


def composite(folder: Path, builds: Sequence[Path]) -> Path | None:
    """Return an APK of at least 80 MB of DEX, made of the DEX files of real builds, or None where they are too few.

    It is no app: the manifest is the first build's, and what several of them define is defined several times.
    """
    path = folder / "composite.apk"
    seen: set[str] = set()
    size = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for number, apk in enumerate(sorted(builds, key=dex_bytes, reverse=True)):
            with zipfile.ZipFile(apk) as archive:
                if not number:
                    for name in ("AndroidManifest.xml", "resources.arsc"):
                        out.writestr(name, archive.read(name))
                for info in archive.infolist():
                    digest = hashlib.sha256(archive.read(info)).hexdigest()
                    if not info.filename.endswith(".dex") or digest in seen:
                        continue
                    seen.add(digest)
                    size += info.file_size
                    out.writestr(f"classes{len(seen) if len(seen) > 1 else ''}.dex", archive.read(info))
            if size >= COMPOSITE:
                return path
    return None


def main(arguments: Sequence[str]) -> int:
    """Measure every build and print the table; exit 1 where a bound is broken."""
    with tempfile.TemporaryDirectory(prefix="audit-") as scratch:
        folder = Path(scratch)
        builds = [Path(argument).resolve() for argument in arguments]
        if not builds:
            every = real_builds()
            builds = [apk for apk in every if dex_bytes(apk) >= LARGE and apk.parent.name != "sdk-builds"]
            if large := composite(folder, every):
                builds.append(large)
        return measure(builds, folder)


def measure(builds: Sequence[Path], folder: Path) -> int:
    """Measure builds; return 1 where a bound is broken."""
    peer_script, scan_script = folder / "peer.py", folder / "scan.py"
    peer_script.write_text(ANDROGUARD)
    scan_script.write_text(SCAN)
    print("| build | DEX MB | floor CPU s | scan CPU s / MB | scan / floor (goal) | audit CPU s / MB | bound | androguard CPU s / MB"
          " | / scan | memory / scan |")  # fmt: skip
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    good = True
    for apk in builds:
        megabytes = dex_bytes(apk) / 1e6
        commands = (
            ["unzip", "-p", str(apk), "*.dex"],
            [sys.executable, str(scan_script), str(apk)],
            [sys.executable, "-m", "auditor", "audit", str(apk), "-d", str(DECLARATION), "--format", "json"],
        )
        run(commands[2])
        costs: list[list[Cost]] = [[], [], []]
        for _ in range(RUNS):
            for command, found in zip(commands, costs, strict=True):
                found.append(run(command))
        floor, scan, audit = map(median, costs)
        goal = next(ratio for size, ratio in SCAN_GOALS if megabytes >= size)
        bound = next(seconds for size, seconds in AUDIT_BOUNDS if megabytes >= size)
        good &= audit.cpu <= bound and audit.memory <= MOST_MEMORY
        theirs = ["", "", ""]
        if megabytes < PEER_LIMIT:
            peer = run([sys.executable, str(peer_script), str(apk)])
            cpu, memory = peer.cpu / scan.cpu, peer.memory / scan.memory
            good &= cpu >= 20 and memory >= 5
            theirs = [f"{peer.cpu:.1f} / {peer.memory:.0f}", f"{cpu:.0f}", f"{memory:.1f}"]
        print(
            f"| {apk.name} | {megabytes:.1f} | {floor.cpu:.2f} | {scan.cpu:.2f} / {scan.memory:.0f}"
            f" | {scan.cpu / floor.cpu:.1f} ({goal}) | {audit.cpu:.2f} / {audit.memory:.0f} | {bound} s | {' | '.join(theirs)} |",
            flush=True,
        )
    broken = f"\na bound is broken: CPU seconds of the audit, {MOST_MEMORY} MB, 20 x CPU and 5 x memory of the scan"
    print("\nall bounds kept" if good else broken)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What an audit costs, as whole processes, against androguard's analysis and against inflating the DEX files.

``python benchmarks/audit.py [APK …]``: every command is run in turn, several times, so that the ratios hold when the
machine's speed drifts. Figures are CPU seconds (user and system) and peak memory of the whole process, from the operating
system's own accounting. The package is found as an installed one is, on the path: the hook by which an editable
installation is found takes as long to start as looking through a small app. Without arguments the real builds of
``tests/real`` with at least 5 MB of DEX are taken, and one of more than 80 MB made of their DEX files.
"""

from __future__ import annotations

import hashlib
import os
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import venv
import zipfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
DECLARATION = ROOT / "declarations" / "tego.yaml"
RUNS = 5
LARGE = 5_000_000
"""Bytes of DEX from which on a build is measured."""
COMPOSITE = 80_000_000
"""Bytes of DEX the build has that is made of many."""
AUDIT_BOUNDS = ((80, 5.0), (0, 1.5))
"""(from this many MB of DEX on, CPU seconds the whole audit may take, call graph included)."""
MOST_MEMORY = 500
SCAN_BOUNDS = ((80, 1.0), (12, 1.3), (0, 2.0))
"""(from this many MB of DEX on, how many times the floor the scan may take)."""
TWIN_BOUND = 4.0
"""The same by the standard library alone."""
LESS_CPU, LESS_MEMORY = 150, 20
"""How many times less the scan takes than androguard."""
PEER_LIMIT = 40
"""MB of DEX beyond which androguard takes minutes and gigabytes."""

_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""An installed package has its byte code beside it; a checkout writes it in the first run, unless it is told not to."""

SCAN = """
import sys
from auditor.scan import scan
found = scan(sys.argv[1])
print(len(found.calls), len(found.classes))
"""
"""Classes, calls of all listed methods with their constants, and constants: no SDKs, no call graph."""

TWIN = f"""
import sys
sys.modules["auditor._native.dexwalk"] = sys.modules["deflate"] = None
{SCAN}"""
"""The same by the standard library alone."""

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


def interpreter(folder: Path) -> str:
    """Return a Python that finds this package, and whatever this Python finds, on its path."""
    venv.create(folder / "python", symlinks=os.name != "nt")
    executable = folder / "python" / ("Scripts" if os.name == "nt" else "bin") / "python"
    ask = [str(executable), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip())
    found = dict.fromkeys((str(ROOT), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")))
    (packages / "found.pth").write_text("".join(f"{path}\n" for path in found), "utf-8")
    return str(executable)


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
            # what this process once held would count as its children's, from before they begin
            with ProcessPoolExecutor(1) as apart:
                builds = apart.submit(chosen, folder).result()
        return measure(builds, folder)


def chosen(folder: Path) -> list[Path]:
    """Return the real builds that are large enough, and the one made of many."""
    every = real_builds()
    large = composite(folder, every)
    return [*(apk for apk in every if dex_bytes(apk) >= LARGE and apk.parent.name != "sdk-builds"), *([large] if large else [])]


def measure(builds: Sequence[Path], folder: Path) -> int:
    """Measure builds; return 1 where a bound is broken."""
    python = interpreter(folder)
    scripts = []
    for name, text in (("scan", SCAN), ("twin", TWIN), ("peer", ANDROGUARD)):
        # each in a directory of its own: Python looks for modules beside a script first
        (folder / name).mkdir()
        scripts.append(folder / name / "run.py")
        scripts[-1].write_text(text)
    print("| build | DEX MB | floor: CPU s | scan: CPU s / MB | to the floor (bound) | stdlib alone: CPU s / MB | to the floor (bound)"
          " | audit: CPU s / MB (bound) | androguard: CPU s / MB | CPU, memory to the scan |")  # fmt: skip
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    broken = False
    for apk in builds:
        megabytes = dex_bytes(apk) / 1e6
        commands = (
            ["unzip", "-p", str(apk), "*.dex"],
            *([python, str(script), str(apk)] for script in scripts[:2]),
            [python, "-m", "auditor", "audit", str(apk), "-d", str(DECLARATION), "--format", "json"],
        )
        for command in commands[1:]:
            run(command)
        costs: list[list[Cost]] = [[] for _ in commands]
        for _ in range(RUNS):
            for command, found in zip(commands, costs, strict=True):
                found.append(run(command))
        floor, scan, twin, audit = map(median, costs)
        quick, whole = (bound(limits, megabytes) for limits in (SCAN_BOUNDS, AUDIT_BOUNDS))
        kept = scan.cpu <= quick * floor.cpu and twin.cpu <= TWIN_BOUND * floor.cpu
        kept &= audit.cpu <= whole and audit.memory <= MOST_MEMORY
        theirs = ["", ""]
        if megabytes < PEER_LIMIT:
            peer = run([python, str(scripts[2]), str(apk)])
            cpu, memory = peer.cpu / scan.cpu, peer.memory / scan.memory
            kept &= cpu >= LESS_CPU and memory >= LESS_MEMORY
            theirs = [f"{peer.cpu:.1f} / {peer.memory:.0f}", f"{cpu:.0f}, {memory:.0f}"]
        broken |= not kept
        print(
            f"| {apk.name}{'' if kept else ' (!)'} | {megabytes:.1f} | {floor.cpu:.3f} | {scan.cpu:.3f} / {scan.memory:.0f}"
            f" | {scan.cpu / floor.cpu:.2f} ({quick}) | {twin.cpu:.2f} / {twin.memory:.0f} | {twin.cpu / floor.cpu:.1f} ({TWIN_BOUND})"
            f" | {audit.cpu:.2f} / {audit.memory:.0f} ({whole}) | {' | '.join(theirs)} |",
            flush=True,
        )
    print(f"\n(!) a bound is broken; memory of an audit: {MOST_MEMORY} MB" if broken else "\nall bounds kept")
    return int(broken)


def bound(limits: Sequence[tuple[int, float]], megabytes: float) -> float:
    """Return the bound that holds for a build of this size."""
    return next(value for size, value in limits if megabytes >= size)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

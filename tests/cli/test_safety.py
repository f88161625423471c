"""What the command line does when a build harms its reader, when it is interrupted, and what it leaves alone."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.forge.apk import simple_apk

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "sample_apks"
TEGO = ROOT / "declarations" / "tego.yaml"
FITS = "app: Example\noperator: Example Ltd\npolicy: {file: policy.txt, effective: 2024-01-01}\npermissions: []\n"


def environment(customised: Path | None = None, **more: str) -> dict[str, str]:
    path = os.pathsep.join(map(str, (*([customised] if customised else []), ROOT)))
    return {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", **more}


def auditor(*arguments: object, cwd: Path, customised: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "auditor", *map(str, arguments)],
        capture_output=True, encoding="utf-8", cwd=cwd, env=environment(customised, **more), timeout=120,
    )  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a build and a declaration, and another for code that runs as the interpreter starts."""
    (tmp_path / "app.apk").write_bytes(simple_apk())
    (tmp_path / "fits.yaml").write_text(FITS, "utf-8")
    (tmp_path / "site").mkdir()
    return tmp_path


def customise(place: Path, code: str) -> Path:
    (place / "site" / "sitecustomize.py").write_text(code, "utf-8")
    return place / "site"


ENDS = {
    "crash": ("os.abort()", "reading crashed (SIGABRT)"),
    "kill": ("os.kill(os.getpid(), 9)", "reading was ended by the system (SIGKILL"),
    "hang": ("time.sleep(600)", "took longer than it is allowed (1 s"),
    "memory": ("bytearray(1 << 42)", "used up the memory it is allowed"),
}
BROKEN = """
import os, time
from auditor.extract.collector import Collector
def broken(self, archive, name, *hides, limit=None, asset=False):
    self.reading = archive.place(name)
    {}
Collector.read = broken
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("end", ENDS)
def test_whatever_happens_to_the_reader_the_audit_is_inconclusive_and_says_why(place: Path, end: str) -> None:
    code, says = ENDS[end]
    site = customise(place, BROKEN.format(code))
    options = ("-d", "fits.yaml", "--timeout", "1") if end == "hang" else ("-d", "fits.yaml")
    done = auditor("audit", "app.apk", *options, "-o", "html=r.html", "-o", "json=r.json", cwd=place, customised=site)
    assert (done.returncode, done.stdout, done.stderr) == (3, "", "")
    audit = json.loads((place / "r.json").read_text("utf-8"))
    assert audit["verdict"] == "inconclusive"
    (gap,) = audit["gaps"]
    assert gap["file"] == "app.apk"
    assert says in gap["reason"]
    assert "it was at: reading the build: AndroidManifest.xml" in gap["reason"]
    assert set(gap["hides"]) == {"permissions", "usage_keys", "harmony_permissions", "sdks", "data"}
    assert audit["identity"]["size"] == (place / "app.apk").stat().st_size
    assert len(audit["identity"]["sha256"]) == 64
    assert says in (place / "r.html").read_text("utf-8")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_facts_of_a_build_that_crashes_its_reader_say_so(place: Path) -> None:
    site = customise(place, BROKEN.format("os.abort()"))
    done = auditor("facts", "app.apk", cwd=place, customised=site)
    assert (done.returncode, done.stderr) == (3, "")
    assert "reading crashed (SIGABRT); it was at: reading the build: AndroidManifest.xml" in done.stdout
    found = json.loads(auditor("facts", "app.apk", "--format", "json", cwd=place, customised=site).stdout)
    assert len(found["gaps"]) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_draft_of_a_build_that_crashes_its_reader_says_so(place: Path) -> None:
    site = customise(place, BROKEN.format("os.abort()"))
    done = auditor("declare", "--from-build", "app.apk", cwd=place, customised=site)
    assert done.returncode == 3
    assert done.stderr.startswith("app.apk: reading crashed (SIGABRT); it was at: reading the build: AndroidManifest.xml.")
    assert done.stdout != ""


@pytest.mark.parametrize("option", ["--timeout=0", "--max-memory=1", "--timeout=x"])
def test_limits_that_are_none_are_refused(place: Path, option: str) -> None:
    done = auditor("facts", "app.apk", option, cwd=place)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


# -- interrupts --------------------------------------------------------------------------------------------------------


def heed_interrupts() -> None:
    """Whoever runs the tests in the background has their children ignore interrupts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("module", ["click", "auditor.errors", "auditor.cli.commands", "auditor.sandbox", "auditor.pipeline"])
def test_an_interrupt_while_modules_are_imported_is_one_line(place: Path, module: str) -> None:
    code = (
        "import os, signal, sys\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {module!r}:\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupting())\n"
    )
    if module == "auditor.pipeline":
        # imported by the child: an interrupt goes to the whole group
        code = code.replace("os.kill(os.getpid(), signal.SIGINT)", "os.killpg(os.getpgid(0), signal.SIGINT)")
    process = subprocess.Popen(
        [sys.executable, "-m", "auditor", "audit", "app.apk", "-d", "fits.yaml"],
        cwd=place, env=environment(customise(place, code)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
        start_new_session=True, preexec_fn=heed_interrupts,
    )  # fmt: skip
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output, errors.strip()) == (130, "", "interrupted")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("whole_group", [True, False])
def test_an_interrupt_while_a_build_is_read_ends_the_reader_too(place: Path, whole_group: bool) -> None:
    site = customise(place, BROKEN.format("open('pid', 'w').write(str(os.getpid())), os.rename('pid', 'reader'), time.sleep(600)"))
    process = subprocess.Popen(
        [sys.executable, "-m", "auditor", "facts", "app.apk", "-o", "text=facts.txt"],
        cwd=place, env=environment(site), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", start_new_session=True,
        preexec_fn=heed_interrupts,
    )  # fmt: skip
    while not (place / "reader").exists():
        assert process.poll() is None
    (os.killpg if whole_group else os.kill)(process.pid, signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output, errors.strip()) == (130, "", "interrupted")
    with pytest.raises(ProcessLookupError):
        os.kill(int((place / "reader").read_text()), 0)
    assert not (place / "facts.txt").exists()


# -- what is left alone ------------------------------------------------------------------------------------------------

NO_NETWORK = """
import sys
def hook(event, arguments):
    if event.startswith(("socket.", "urllib.", "http.", "ftplib.", "smtplib.", "ssl.")) or event in ("os.system", "subprocess.Popen"):
        raise RuntimeError(f"not allowed: {event}")
sys.addaudithook(hook)
"""
WATCHED = """
import os, sys
log = os.open(os.environ["WATCH"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def hook(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        if isinstance(path, (str, bytes, os.PathLike)) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC):
            os.write(log, f"{path}\\n".encode())
    elif event in ("os.rename", "os.remove", "os.mkdir", "os.link", "os.symlink", "os.rmdir", "shutil.rmtree"):
        os.write(log, f"{arguments[1] if event == 'os.rename' else arguments[0]}\\n".encode())
sys.addaudithook(hook)
"""
BUILDS = ["tego-drifted.apk", "tego-drifted.ipa"]


@pytest.mark.parametrize("build", BUILDS)
def test_no_command_needs_a_network(place: Path, build: str) -> None:
    site = customise(place, NO_NETWORK)
    for command in (("audit", SAMPLES / build, "-d", TEGO, "--format", "json"), ("facts", SAMPLES / build, "--format", "json")):
        closed, plain = auditor(*command, cwd=place, customised=site), auditor(*command, cwd=place)
        assert (closed.returncode, closed.stdout, closed.stderr) == (plain.returncode, plain.stdout, plain.stderr)
        assert plain.returncode in (0, 1, 3)
    probe = subprocess.run(
        [sys.executable, "-c", "import socket; socket.socket()"], capture_output=True, encoding="utf-8", env=environment(site)
    )
    assert "not allowed: socket" in probe.stderr


@pytest.mark.parametrize("build", BUILDS)
def test_nothing_is_written_but_what_was_asked_for(place: Path, build: str) -> None:
    site = customise(place, WATCHED)
    (place / "out").mkdir()
    done = auditor(
        "audit", SAMPLES / build, "-d", TEGO, "-o", "html=out/r.html", "-o", "sarif=out/r.sarif",
        cwd=place, customised=site, WATCH=str(place / "watched"),
    )  # fmt: skip
    assert done.returncode == 1
    written = {Path(place, line) for line in (place / "watched").read_text("utf-8").splitlines()}
    # a file without a name in the folder is how the command tries whether it may write there
    elsewhere = {path for path in written if place / "out" not in (path, *path.parents)}
    assert {path.name for path in (place / "out").iterdir()} == {"r.html", "r.sarif"}
    assert elsewhere == set()
    assert place / "out" / "r.html" in {Path(place, path) for path in written}


# -- what a build may be called ----------------------------------------------------------------------------------------

NAMED = "\x1b[2J\x1b]0;gone\x07<script>alert(1)</script>\u202egnp.ppa | a\nb ](javascript:alert(1)) `x` &amp; \u2066\u200b\x9b31m"
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@pytest.mark.parametrize("format_", ["text", "json", "html", "sarif", "junit", "markdown"])
def test_an_app_s_name_harms_no_reader_of_a_report(place: Path, format_: str) -> None:
    (place / "hostile.apk").write_bytes(simple_apk(label=NAMED, version_name=NAMED, permissions=[f"a.{NAMED}"]))
    done = auditor("audit", "hostile.apk", "-d", "fits.yaml", "--format", format_, cwd=place)
    assert done.stderr == ""
    assert done.returncode in (0, 1, 3)
    assert UNSEEN.findall(done.stdout) == []
    if format_ in ("json", "sarif"):
        # the name itself is kept, in escapes that show what it holds
        assert json.loads(done.stdout) is not None
        assert "\\u202e" in done.stdout or "\\\\u202e" in done.stdout
    else:
        assert "\nb ](" not in done.stdout
    if format_ in ("html", "junit", "markdown"):
        assert "<script>alert" not in done.stdout
    if format_ == "markdown":
        assert "](javascript:" not in done.stdout


@pytest.mark.parametrize("format_", ["text", "json"])
def test_an_app_s_name_harms_no_reader_of_facts(place: Path, format_: str) -> None:
    (place / "hostile.apk").write_bytes(simple_apk(label=NAMED, version_name=NAMED, permissions=[f"a.{NAMED}"]))
    done = auditor("facts", "hostile.apk", "--format", format_, cwd=place)
    assert (done.stderr, UNSEEN.findall(done.stdout)) == ("", [])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_file_s_name_harms_nobody_where_its_reader_crashed(place: Path) -> None:
    name = "a\x1b[2Jb\u202ec.apk"
    (place / name).write_bytes(simple_apk())
    site = customise(place, BROKEN.format("os.abort()"))
    for format_ in ("text", "html", "markdown", "json"):
        done = auditor("audit", name, "-d", "fits.yaml", "--format", format_, cwd=place, customised=site)
        assert (done.returncode, done.stderr, UNSEEN.findall(done.stdout)) == (3, "", [])
        assert "reading crashed (SIGABRT)" in done.stdout
    for arguments in (("facts", f"no-{name}"), ("facts", "app.apk", "--mapping", name), ("facts", "app.apk", "--merger-report", name)):
        refused = auditor(*arguments, cwd=place)
        assert (refused.returncode, refused.stderr.count("\n"), UNSEEN.findall(refused.stderr)) == (2, 1, [])

"""What the command line does when a build harms its reader, when it is interrupted, and what it leaves alone."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from auditor.model import Table
from tests.forge.apk import component, simple_apk
from tests.forge.archive import Entry
from tests.forge.documents import paragraph, word
from tests.forge.ipa import simple_ipa

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
    told = "app.apk: inconclusive, one part could not be read: app.apk; reports: r.html, r.json\n"
    assert (done.returncode, done.stdout, done.stderr) == (3, "", told)
    audit = json.loads((place / "r.json").read_text("utf-8"))
    assert audit["verdict"] == "inconclusive"
    (gap,) = audit["gaps"]
    assert gap["file"] == "app.apk"
    assert says in gap["reason"]
    assert "it was at: reading the build: AndroidManifest.xml" in gap["reason"]
    assert set(gap["hides"]) == {table.value for table in Table}
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


BROKEN_DOCUMENT = """
import os, time
import auditor.policy.read
import auditor.records
def broken(*arguments, **options):
    {}
auditor.policy.read._bytes = broken
auditor.records._compose = broken
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("end", ["crash", "hang"])
@pytest.mark.parametrize(
    "command",
    [
        ("lint-policy", "policy.txt"),
        ("declare", "policy.txt", "-o", "yaml=draft.yaml"),
        ("audit", "app.apk", "-d", "policy.txt", "-o", "html=r.html"),
        ("audit", "app.apk", "-d", "fits.yaml", "-o", "html=r.html"),
        ("check-declaration", "fits.yaml"),
    ],
    ids=lambda command: f"{command[0]}-{'policy' if 'policy.txt' in command else 'yaml'}",
)
def test_whatever_a_document_does_to_its_reader_is_one_line(place: Path, command: tuple[str, ...], end: str) -> None:
    code, says = ENDS[end]
    site = customise(place, BROKEN_DOCUMENT.format(code))
    (place / "policy.txt").write_text("隐私政策\n", "utf-8")
    done = auditor(*command, *(("--timeout", "1") if end == "hang" else ()), cwd=place, customised=site)
    document = "policy.txt" if "policy.txt" in command else "fits.yaml"
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"auditor: {document} was not read: reading ")
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (place / "draft.yaml").exists()
    assert not (place / "r.html").exists()


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


HOSTILE_POLICY = """<!DOCTYPE html SYSTEM "http://127.0.0.1:9/policy.dtd" [<!ENTITY outside SYSTEM "file:///etc/hostname">]>
<html><head><title>隐私政策</title><link rel="stylesheet" href="http://127.0.0.1:9/a.css"></head>
<body><h1>隐私政策</h1><p>&outside;</p><img src="http://127.0.0.1:9/a.png"><iframe src="http://127.0.0.1:9/b"></iframe></body></html>
"""
HOSTILE_WORD = """<?xml version="1.0"?>
<!DOCTYPE x SYSTEM "http://127.0.0.1:9/word.dtd" [<!ENTITY outside SYSTEM "http://127.0.0.1:9/entity">]>
"""
STRACE = shutil.which("strace")


@pytest.mark.peer
@pytest.mark.skipif(STRACE is None, reason="needs strace")
@pytest.mark.parametrize(
    "command",
    [
        ("audit", SAMPLES / "tego-drifted.apk", "-d", TEGO, "-o", "html=out/r.html", "-o", "sarif=out/r.sarif", "-o", "junit=out/j.xml"),
        ("audit", SAMPLES / "tego-drifted.ipa", "-d", "policy.html", "-o", "html=out/r.html", "-o", "markdown=out/r.md"),
        ("audit", SAMPLES / "tego-drifted.apk", "-d", "policy.docx", "-o", "html=out/r.html"),
        ("facts", "outside.app", "-o", "json=out/f.json"),
    ],
    ids=["apk", "ipa-against-html", "apk-against-word", "folder-with-links"],
)
def test_the_system_is_asked_for_no_network_and_writes_nothing_else(place: Path, command: tuple[object, ...]) -> None:
    """What libraries do below Python shows in system calls alone."""
    (place / "out").mkdir()
    (place / "policy.html").write_text(HOSTILE_POLICY, "utf-8")
    (place / "policy.docx").write_bytes(word(paragraph("隐私政策"), prolog=HOSTILE_WORD))
    app = place / "outside.app"
    app.mkdir()
    with zipfile.ZipFile(SAMPLES / "tego-drifted.ipa") as ipa:
        for name in ipa.namelist():
            inside = app / name.partition(".app/")[2]
            inside.parent.mkdir(parents=True, exist_ok=True)
            inside.write_bytes(ipa.read(name))
    (app / "secret.plist").symlink_to(place / "policy.html")
    (app / "up").symlink_to(place, target_is_directory=True)
    log = place / "log"
    done = subprocess.run(
        [str(STRACE), "-f", "-qq", "-o", str(log), "-e", "trace=%network,%file", sys.executable, "-m", "auditor", *map(str, command)],
        capture_output=True, encoding="utf-8", cwd=place, env=environment(), timeout=300,
    )  # fmt: skip
    calls = log.read_text("utf-8", "replace")
    if "ptrace" in done.stderr and not calls:
        pytest.skip("strace may trace nothing here")
    assert done.returncode in (0, 1, 2, 3), done.stderr
    assert re.findall(r"\b(?:socket|connect|bind|sendto)\(.*", calls) == []
    assert "/etc/hostname" not in calls
    opened = re.findall(r'open(?:at)?\((?:AT_FDCWD, )?"([^"]+)", [A-Z_|]*O_(?:WRONLY|RDWR|CREAT)', calls)
    made = re.findall(r'\b(?:rename|mkdir|unlink|symlink|link)(?:at2?)?\((?:AT_FDCWD, )?"([^"]+)"', calls)
    elsewhere = {path for path in (*opened, *made) if not Path(place, path).is_relative_to(place / "out") and path != "/dev/null"}
    assert elsewhere == set()
    assert not re.search(r'open(?:at)?\([^"]*"[^"]*outside\.app/(?:secret|up)', calls)


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


def hostile_entries(entries: list[Entry]) -> list[Entry]:
    """Add what cannot be read, under names that harm a terminal: each is named in a gap."""
    bad = NAMED.replace("/", "_")
    return [
        *entries,
        Entry(name=f"assets/{bad}.zip", data=b"PK\3\4 and no archive"),
        Entry(name=f"lib/arm64-v8a/{bad}.so", data=b"\x7fELF", crc=1),
        Entry(name=f"assets/{bad}.dex", data=b"dex\n035\0" + bytes(0x70)),
    ]


@pytest.mark.parametrize("format_", ["text", "html", "markdown", "junit", "sarif", "json"])
def test_names_of_files_and_components_harm_no_reader_of_a_report(place: Path, format_: str) -> None:
    hostile = simple_apk(components=[component("service", f"a.{NAMED}")], edit=hostile_entries)
    (place / "hostile.apk").write_bytes(hostile)
    done = auditor("audit", "hostile.apk", "-d", "fits.yaml", "--format", format_, cwd=place)
    assert (done.returncode, done.stderr, UNSEEN.findall(done.stdout)) == (3, "", [])
    if format_ in ("html", "junit", "markdown"):
        assert "<script>alert" not in done.stdout


@pytest.mark.parametrize("format_", ["yaml", "json", "html", "markdown"])
def test_a_build_s_own_words_harm_no_reader_of_a_draft(place: Path, format_: str) -> None:
    (place / "hostile.apk").write_bytes(simple_apk(label=NAMED, permissions=["CAMERA", f"a.{NAMED}"], edit=hostile_entries))
    words = NAMED.translate(dict.fromkeys((*range(32), *range(127, 160))))  # which a property list cannot hold
    (place / "hostile.ipa").write_bytes(simple_ipa(usage={"NSCameraUsageDescription": words}, info={"CFBundleDisplayName": words}))
    for build, code in (("hostile.apk", 3), ("hostile.ipa", 0)):
        done = auditor("declare", "--from-build", build, "--format", format_, cwd=place)
        assert (done.returncode, UNSEEN.findall(done.stdout), UNSEEN.findall(done.stderr)) == (code, [], [])
        if format_ in ("html", "markdown"):
            assert "<script>alert" not in done.stdout.replace("\\<script\\>", "")
            assert "](javascript:" not in done.stdout
        if format_ == "json":
            assert json.loads(done.stdout)["schema"] == "auditor/declaration/1"


@pytest.mark.parametrize("format_", ["yaml", "json", "html"])
def test_a_policy_s_own_words_harm_no_reader_of_its_draft(place: Path, format_: str) -> None:
    words = html.escape("\u202e<script>alert(1)</script>\u2066\u200b\x9b31m")
    (place / "hostile.html").write_text(
        f"<html><head><title>隐私政策{words}</title></head><body><h1>隐私政策{words}</h1><h2>第三方SDK目录</h2><table>"
        f"<tr><td>SDK名称</td><td>使用目的</td></tr><tr><td>友盟统计SDK{words}</td><td>统计{words}</td></tr></table></body></html>",
        "utf-8",
    )
    done = auditor("declare", "hostile.html", "--format", format_, cwd=place)
    assert done.returncode in (0, 3)
    assert (UNSEEN.findall(done.stdout), UNSEEN.findall(done.stderr)) == ([], [])
    assert "友盟统计SDK" in done.stdout
    assert ("<mark" in done.stdout) == (format_ == "html")
    if format_ == "html":
        assert "<script>alert" not in done.stdout
    for command in (("lint-policy", "hostile.html"), ("audit", "app.apk", "-d", "hostile.html")):
        done = auditor(*command, cwd=place)
        assert (UNSEEN.findall(done.stdout), UNSEEN.findall(done.stderr)) == ([], [])


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

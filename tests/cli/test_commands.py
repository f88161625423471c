"""The command line as its users meet it: streams, exit codes, files."""

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
TEGO = ROOT / "declarations" / "tego.yaml"
SAMPLES = ROOT / "sample_apks"


def auditor(*arguments: object, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "auditor", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", **environment},
        timeout=120,
    )


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a build and two declarations: one that fits it and one that does not."""
    folder = tmp_path_factory.mktemp("builds")
    (folder / "app.apk").write_bytes(simple_apk(permissions=["android.permission.CAMERA"]))
    head = "app: Example\noperator: Example Ltd\npolicy: {file: policy.txt, effective: 2024-01-01}\n"
    camera = "permissions:\n  - {name: android.permission.CAMERA, text: CAMERA, purpose: scan codes}\n"
    calendar = "permissions:\n  - {name: android.permission.READ_CALENDAR, text: READ_CALENDAR, purpose: reminders}\n"
    (folder / "fits.yaml").write_text(head + camera, "utf-8")
    (folder / "differs.yaml").write_text(head + calendar, "utf-8")
    return folder


def test_a_build_that_fits_ends_with_0_and_says_so(builds: Path) -> None:
    done = auditor("audit", "app.apk", "-d", "fits.yaml", cwd=builds)
    assert (done.returncode, done.stderr) == (0, "")
    assert "No contradiction with the declaration found" in done.stdout


def test_a_contradiction_ends_with_1_and_names_it(builds: Path) -> None:
    done = auditor("audit", "app.apk", "-d", "differs.yaml", "--format", "json", cwd=builds)
    audit = json.loads(done.stdout)
    assert done.returncode == 1
    assert audit["verdict"] == "contradicted"
    assert [(one["rule"], one["subject"]) for one in audit["findings"]][:1] == [
        ("undeclared-permission", "android.permission.CAMERA")
    ]


@pytest.mark.parametrize(("level", "code"), [("high", 1), ("low", 1), ("info", 1), ("never", 0)])
def test_fail_on_changes_the_exit_code_and_never_the_verdict(builds: Path, level: str, code: int) -> None:
    done = auditor("audit", "app.apk", "-d", "differs.yaml", "--fail-on", level, "--format", "json", cwd=builds)
    assert done.returncode == code
    assert json.loads(done.stdout)["verdict"] == "contradicted"


def test_a_low_finding_fails_only_a_gate_that_asks_for_it(builds: Path) -> None:
    text = (builds / "fits.yaml").read_text("utf-8")
    extra = "  - {name: android.permission.READ_CALENDAR, text: READ_CALENDAR, purpose: reminders}\n"
    (builds / "more.yaml").write_text(text + extra, "utf-8")
    assert auditor("audit", "app.apk", "-d", "more.yaml", cwd=builds).returncode == 0
    assert auditor("audit", "app.apk", "-d", "more.yaml", "--fail-on", "low", cwd=builds).returncode == 1


def test_a_gap_ends_with_3_whatever_the_gate(builds: Path) -> None:
    (builds / "half.apk").write_bytes(simple_apk(permissions=["android.permission.CAMERA"], dex=[b"dex\n035\0" + bytes(40)]))
    for gate in ("medium", "never"):
        done = auditor("audit", "half.apk", "-d", "fits.yaml", "--fail-on", gate, cwd=builds)
        assert done.returncode == 3
        assert "classes.dex" in done.stdout
    assert auditor("facts", "half.apk", cwd=builds).returncode == 3


def test_a_contradiction_outranks_a_gap_and_both_are_printed(builds: Path) -> None:
    (builds / "half.apk").write_bytes(simple_apk(permissions=["android.permission.CAMERA"], dex=[b"dex\n035\0" + bytes(40)]))
    done = auditor("audit", "half.apk", "-d", "differs.yaml", cwd=builds)
    assert done.returncode == 1
    assert "classes.dex" in done.stdout
    assert "CAMERA" in done.stdout


ACCEPT = "  - {rule: %s, subject: %s, decision: %s, by: Li, reason: known%s}\n"
CAMERA = ("undeclared-permission", "android.permission.CAMERA")
CALENDAR = ("declared-not-found", "android.permission.READ_CALENDAR")


def decisions(folder: Path, *entries: tuple[str, str, str, str]) -> Path:
    """A decisions file."""
    path = folder / "decisions.yaml"
    path.write_text("schema: auditor/decisions/1\ndecisions:\n" + "".join(ACCEPT % one for one in entries), "utf-8")
    return path


def test_what_is_accepted_passes_the_gate_and_is_shown(builds: Path, tmp_path: Path) -> None:
    file = decisions(tmp_path, (*CAMERA, "accept", ", until: 2027-03-31"))
    done = auditor("audit", "app.apk", "-d", "differs.yaml", "--decisions", file, cwd=builds, SOURCE_DATE_EPOCH="1796000000")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Contradicts the declaration" in done.stdout  # which it does
    assert "accepted (Li, until 2027-03-31): known" in done.stdout
    late = auditor("audit", "app.apk", "-d", "differs.yaml", "--decisions", file, cwd=builds, SOURCE_DATE_EPOCH="1806537600")
    assert late.returncode == 1
    assert "held until 2027-03-31, which is past (decisions.yaml:3)" in late.stdout


def test_a_dispute_does_not_pass_the_gate(builds: Path, tmp_path: Path) -> None:
    for kind in ("dispute", "agree"):
        file = decisions(tmp_path, (*CAMERA, kind, ""))
        assert auditor("audit", "app.apk", "-d", "differs.yaml", "--decisions", file, cwd=builds).returncode == 1


def test_a_decision_that_matches_nothing_is_told_and_no_error(builds: Path, tmp_path: Path) -> None:
    file = decisions(tmp_path, ("undeclared-sdk", "gone", "accept", ""))
    done = auditor("audit", "app.apk", "-d", "fits.yaml", "--decisions", file, cwd=builds)
    assert (done.returncode, done.stderr) == (0, "decisions.yaml:3: one decision matches nothing here: undeclared-sdk gone\n")
    assert "Decisions that match nothing (1)" in done.stdout


def test_a_broken_decisions_file_is_told_before_the_build_is_read(builds: Path, tmp_path: Path) -> None:
    file = decisions(tmp_path, (*CAMERA, "acept", ""), (*CALENDAR, "accept", ", untill: 2027-01-01"))
    done = auditor("audit", "none.apk", "-d", "differs.yaml", "--decisions", file, cwd=builds)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        f"{file}:3: decisions[0].decision: 'acept' is none of its values (did you mean 'accept'?)",
        f"{file}:4: unknown key 'untill' in decisions[1] (did you mean 'until'?)",
    ]


def test_a_day_that_is_none_is_a_usage_error(builds: Path) -> None:
    done = auditor("audit", "app.apk", "-d", "fits.yaml", cwd=builds, SOURCE_DATE_EPOCH="yesterday")
    assert done.returncode == 2
    assert "SOURCE_DATE_EPOCH is 'yesterday'" in done.stderr


def test_a_baseline_is_written_and_lets_pass_what_is_there(builds: Path, tmp_path: Path) -> None:
    (builds / "half.apk").write_bytes(simple_apk(permissions=["android.permission.CAMERA"], dex=[b"dex\n035\0" + bytes(40)]))
    file = tmp_path / "new" / "baseline.yaml"
    args = ("audit", "half.apk", "-d", "differs.yaml", "--fail-on", "info")
    assert auditor(*args, cwd=builds).returncode == 1
    assert auditor(*args, "--write-baseline", file, cwd=builds).returncode == 0
    written = file.read_bytes()
    assert b"gap: classes.dex" in written
    again = auditor(*args, "--decisions", file, cwd=builds)
    assert (again.returncode, again.stderr) == (0, "")
    # the gate is closed to what is new
    (builds / "more.apk").write_bytes(simple_apk(permissions=["android.permission.CAMERA", "android.permission.READ_SMS"]))
    more = auditor("audit", "more.apk", "-d", "differs.yaml", "--decisions", file, cwd=builds)
    assert more.returncode == 1
    # and what was decided is never lost
    lost = auditor(*args, "--write-baseline", file, cwd=builds)
    assert (lost.returncode, file.read_bytes()) == (2, written)
    assert f"give it as --decisions {file} too" in lost.stderr
    assert auditor(*args, "--decisions", file, "--write-baseline", file, cwd=builds).returncode == 0
    assert file.read_bytes() == written
    assert [path.name for path in file.parent.iterdir()] == ["baseline.yaml"]


def test_every_format_is_written_where_it_was_asked_for(builds: Path, tmp_path: Path) -> None:
    wanted = {format_: tmp_path / "new" / f"report.{format_}" for format_ in ("text", "json", "html", "sarif", "junit", "markdown")}
    outputs = [argument for format_, path in wanted.items() for argument in ("-o", f"{format_}={path}")]
    done = auditor("audit", "app.apk", "-d", "differs.yaml", *outputs, cwd=builds)
    assert (done.returncode, done.stdout) == (1, "")
    files = ", ".join(map(str, wanted.values()))
    failing = "undeclared-permission android.permission.CAMERA"
    assert done.stderr == f"app.apk: fails by one finding of severity medium or more: {failing}; reports: {files}\n"
    assert all("READ_CALENDAR" in path.read_text("utf-8") for path in wanted.values())
    assert {path.name for path in (tmp_path / "new").iterdir()} == {path.name for path in wanted.values()}


def test_the_log_says_why_the_gate_failed_where_the_reports_are_files(builds: Path, tmp_path: Path) -> None:
    json_ = f"json={tmp_path / 'report.json'}"

    def said(build: str, declaration: str, *more: str) -> tuple[int, str]:
        done = auditor("audit", build, "-d", declaration, "-o", json_, *more, cwd=builds)
        return done.returncode, done.stderr

    assert said("app.apk", "fits.yaml") == (0, "")
    assert said("app.apk", "differs.yaml", "--fail-on", "never") == (0, "")
    code, line = said("app.apk", "differs.yaml", "--fail-on", "low", "--lang", "zh")
    assert (code, line.startswith("app.apk：未通过："), line.count("\n")) == (1, True, 1)
    # a report on standard output says it all
    assert said("app.apk", "differs.yaml", "--format", "text") == (1, "")
    (builds / "torn.apk").write_bytes(simple_apk(dex=[b"dex\n035\0" + bytes(40)]))
    code, line = said("torn.apk", "fits.yaml")
    assert (code, line.startswith("torn.apk: inconclusive, 3 parts could not be read: "), ", classes.dex, " in line) == (3, True, True)


def test_tables_for_spreadsheets_and_a_bill_of_materials_are_written(builds: Path, tmp_path: Path) -> None:
    pytest.importorskip("xlsxwriter", reason="the extra `reports` is not installed")
    pytest.importorskip("cyclonedx", reason="the extra `reports` is not installed")
    paths = {name: tmp_path / f"r.{name}" for name in ("csv", "xlsx", "cyclonedx")}
    outputs = [argument for name, path in paths.items() for argument in ("-o", f"{name}={path}")]
    assert auditor("audit", "app.apk", "-d", "differs.yaml", *outputs, cwd=builds).returncode == 1
    assert paths["csv"].read_bytes().startswith(b"\xef\xbb\xbf")
    assert paths["xlsx"].read_bytes().startswith(b"PK")
    assert json.loads(paths["cyclonedx"].read_text("utf-8"))["bomFormat"] == "CycloneDX"
    command = [sys.executable, "-m", "auditor", "audit", "app.apk", "-d", "differs.yaml", "--format", "xlsx"]
    piped = subprocess.run(command, capture_output=True, cwd=builds, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=120)
    assert piped.stdout == paths["xlsx"].read_bytes()


def test_a_format_whose_library_is_missing_says_what_to_install_before_any_work(builds: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['xlsxwriter'] = sys.modules['cyclonedx'] = None\n", "utf-8")
    path = os.pathsep.join((str(tmp_path), str(ROOT)))
    for name, library in (("xlsx", "XlsxWriter"), ("cyclonedx", "cyclonedx-python-lib")):
        done = auditor("audit", "none.apk", "-d", "fits.yaml", "-o", f"{name}=r", cwd=builds, PYTHONPATH=path)
        assert done.returncode == 2
        assert done.stderr == f"auditor: the format {name} takes {library} to write; pip install 'auditor[reports]'\n"


def test_the_same_input_gives_the_same_bytes_from_anywhere(builds: Path, tmp_path: Path) -> None:
    def once(cwd: Path, build: object, declaration: object) -> str:
        return auditor("audit", build, "-d", declaration, "--format", "json", cwd=cwd).stdout

    first = once(builds, "app.apk", "differs.yaml")
    assert first == once(builds, "app.apk", "differs.yaml")
    assert first == once(tmp_path, builds / "app.apk", builds / "differs.yaml")


def test_output_is_utf8_whatever_the_locale(builds: Path) -> None:
    done = auditor("audit", "app.apk", "-d", "fits.yaml", "--lang", "zh", cwd=builds, LC_ALL="C", PYTHONUTF8="0")
    assert "未发现与声明不一致" in done.stdout


def test_no_colour_without_a_terminal(builds: Path) -> None:
    assert "\x1b" not in auditor("audit", "app.apk", "-d", "differs.yaml", cwd=builds).stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("audit", "app.apk"), "--declaration"),
        (("audit", "app.apk", "-d", "fits.yaml", "-o", "htlm=x.html"), "did you mean 'html'?"),
        (("audit", "app.apk", "-d", "fits.yaml", "-o", "report.html"), "FORMAT=PATH"),
        (("audit", "app.apk", "-d", "fits.yaml", "-o", "json=a", "-o", "text=a"), "asked for twice"),
        (("audit", "app.apk", "-d", "fits.yaml", "-o", "json=."), "is a directory"),
        (("audit", "app.apk", "-d", "fits.yaml", "-o", "json=app.apk/x"), "cannot be written"),
        (("audit", "app.apk", "-d", "fits.yaml", "--fail-on", "grave"), "grave"),
        (("audit", "absent.apk", "-d", "fits.yaml"), "absent.apk does not exist"),
        (("audit", str(Path(__file__).parent), "-d", "fits.yaml"), "is a directory"),
        (("audit", "fits.yaml", "-d", "fits.yaml"), "is no ZIP archive"),
        (("audit", "app.apk", "-d", "absent.yaml"), "absent.yaml"),
        (("audit", "app.apk", "-d", "app.apk"), "app.apk is an app build, no policy document"),
        (("audits",), "did you mean 'audit'?"),
        (("rules", "undeclared-sdks"), "did you mean 'undeclared-sdk'?"),
        (("sdks", "getui"), "no SDK"),
        (("facts", "app.apk", "--format", "html"), "html"),
    ],
)
def test_what_cannot_be_used_ends_with_2_and_one_clear_line(builds: Path, arguments: tuple[str, ...], says: str) -> None:
    done = auditor(*arguments, cwd=builds)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_every_mistake_of_a_declaration_is_reported_at_once(builds: Path) -> None:
    (builds / "broken.yaml").write_text("app: X\npolice: {}\npermissions:\n  - {nam: CAMERA}\n", "utf-8")
    done = auditor("check-declaration", "broken.yaml", cwd=builds)
    assert done.returncode == 2
    assert "broken.yaml:2: unknown key 'police'" in done.stderr
    assert "(did you mean 'policy'?)" in done.stderr
    assert "broken.yaml:4: unknown key 'nam'" in done.stderr


def test_a_document_is_checked_at_full_strength_by_itself(builds: Path) -> None:
    text = (builds / "fits.yaml").read_text("utf-8").replace(", purpose: scan codes", "")
    (builds / "bare.yaml").write_text(text, "utf-8")
    done = auditor("check-declaration", "bare.yaml", cwd=builds)
    assert done.returncode == 1
    assert done.stdout.startswith("bare.yaml:5: medium permission-without-purpose: ")
    assert auditor("check-declaration", "fits.yaml", cwd=builds).returncode == 0
    assert auditor("check-declaration", "bare.yaml", "--fail-on", "high", cwd=builds).returncode == 0


def test_facts_of_a_sound_build_end_with_0(builds: Path) -> None:
    done = auditor("facts", "app.apk", "--format", "json", cwd=builds)
    facts = json.loads(done.stdout)
    assert done.returncode == 0
    assert [one["name"] for one in facts["permissions"]] == ["android.permission.CAMERA"]
    assert "android.permission.CAMERA" in auditor("facts", "app.apk", cwd=builds).stdout


def test_facts_of_an_ios_build_name_what_its_code_refers_to() -> None:
    done = auditor("facts", "sample_apks/tego-faithful.ipa")
    assert re.search(r"^  ASIdentifierManager advertisingIdentifier  idfa  medium  unattributed  Payload/", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_rules_and_sdks_are_listed_and_explained(language: str) -> None:
    listed = auditor("rules", "--lang", language).stdout
    assert {line.split()[0] for line in listed.splitlines()} >= {"undeclared-sdk", "empty-usage-string"}
    assert "getui-push" in auditor("sdks", "--lang", language).stdout
    assert "com.igexin" in auditor("sdks", "getui-push", "--lang", language).stdout


def test_help_is_there_for_every_command_and_cheap() -> None:
    top = auditor("--help")
    assert top.returncode == 0
    for name in ("audit", "facts", "check-declaration", "rules", "sdks"):
        assert name in top.stdout
        assert auditor(name, "--help").returncode == 0
    lazy = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "auditor", "--help"], capture_output=True, encoding="utf-8", cwd=ROOT
    )
    imported = {line.rpartition("|")[2].strip() for line in lazy.stderr.splitlines()}
    assert "click" in imported
    assert not imported & {"yaml", "androguard", "lief", "jinja2", "auditor.pipeline", "auditor.knowledge.schema"}


def test_an_interrupt_ends_with_130(tmp_path: Path) -> None:
    pipe = tmp_path / "slow.yaml"
    os.mkfifo(pipe)
    process = subprocess.Popen(
        [sys.executable, "-m", "auditor", "check-declaration", str(pipe)], cwd=ROOT, stderr=subprocess.PIPE, encoding="utf-8"
    )
    # the other end of the pipe opens once the command reads it: from then on it waits
    with pipe.open("w"):
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.strip() == "interrupted"


def test_our_own_bug_ends_with_70_never_with_1(builds: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import auditor.rules._rule as r, auditor.pipeline as p\n"
        "def broken(*a, **k): raise ZeroDivisionError('made up')\n"
        "p.judge = broken\n",
        "utf-8",
    )
    done = auditor("audit", "app.apk", "-d", "fits.yaml", cwd=builds, PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}")
    assert done.returncode == 70
    assert "internal error (ZeroDivisionError: made up)" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_leaves_early_is_no_crash(builds: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "auditor", "sdks"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read().decode()
    process.wait(timeout=60)
    process.stderr.close()
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    "arguments",
    [
        ("audit", "app.apk", "-d", "fits.yaml", "-o", "html=app.apk"),
        ("audit", "app.apk", "-d", "fits.yaml", "-o", "json=x/../fits.yaml"),
        ("facts", "app.apk", "-o", "json=app.apk"),
    ],
)
def test_a_report_never_overwrites_what_is_read(builds: Path, arguments: tuple[str, ...]) -> None:
    (builds / "x").mkdir(exist_ok=True)
    before = {name: (builds / name).read_bytes() for name in ("app.apk", "fits.yaml")}
    done = auditor(*arguments, cwd=builds)
    assert done.returncode == 2
    assert "would be lost" in done.stderr
    assert {name: (builds / name).read_bytes() for name in before} == before


def test_a_report_goes_through_a_link_and_a_device_and_replaces_neither(builds: Path, tmp_path: Path) -> None:
    link = tmp_path / "latest.json"
    link.symlink_to(tmp_path / "kept.json")
    done = auditor("audit", "app.apk", "-d", "fits.yaml", "-o", f"json={link}", "-o", "text=/dev/stdout", cwd=builds)
    assert (done.returncode, done.stderr) == (0, "")
    assert "No contradiction with the declaration found" in done.stdout
    assert link.is_symlink()
    assert json.loads((tmp_path / "kept.json").read_text("utf-8"))["verdict"] == "consistent"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("arguments", [("audit", "app.apk", "-d", "fits.yaml"), ("rules",), ("--help",)])
def test_a_full_disk_under_standard_output_is_no_bug_of_ours(builds: Path, arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "auditor", *arguments],
            stdout=full, stderr=subprocess.PIPE, encoding="utf-8", cwd=builds, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    assert done.returncode == 2
    assert done.stderr.startswith("auditor: standard output could not be written (")


@pytest.mark.parametrize("closed", [(1,), (2,), (1, 2)])
def test_closed_streams_change_no_exit_code(builds: Path, tmp_path: Path, closed: tuple[int, ...]) -> None:
    wanted = tmp_path / "report.json"
    done = subprocess.run(
        ["/bin/sh", "-c", " ".join(['exec "$0" "$@"', *(f"{number}>&-" for number in closed)]),
         sys.executable, "-m", "auditor", "audit", "app.apk", "-d", "differs.yaml", "--format", "text", "-o", f"json={wanted}"],
        capture_output=True, cwd=builds, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert (done.returncode, done.stderr) == (1, b"")
    assert json.loads(wanted.read_text("utf-8"))["verdict"] == "contradicted"


def test_mistakes_are_reported_under_the_path_that_was_given(builds: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("app: X\npolice: {}\n", "utf-8")
    done = auditor("check-declaration", tmp_path / "broken.yaml", cwd=builds)
    assert f"{tmp_path / 'broken.yaml'}:2: unknown key 'police'" in done.stderr
    assert auditor("audit", "app.apk", "-d", "/absent/a.yaml", cwd=builds).stderr == "/absent/a.yaml:1: no such file\n"
    assert auditor("audit", "new\nline.apk", "-d", "fits.yaml", cwd=builds).stderr.count("\n") == 1


OWN_SDK = """
id: inhouse-stat
name: {zh: 自研统计, en: In-house statistics}
vendor: {zh: 本公司, en: This company}
category: statistics
platforms: [android]
collects: [device_info]
aliases: [自研统计SDK]
android:
  packages: {proves: [com.example.inhouse]}
sources: [our own build files]
"""


def test_a_user_s_own_sdks_are_added(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "inhouse-stat.yaml").write_text(OWN_SDK, "utf-8")
    (tmp_path / "app.apk").write_bytes(simple_apk(classes=[f"com.example.inhouse.{name}" for name in "ABC"]))
    plain = json.loads(auditor("facts", "app.apk", "--format", "json", cwd=tmp_path).stdout)
    added = json.loads(auditor("facts", "app.apk", "--knowledge", "own", "--format", "json", cwd=tmp_path).stdout)
    assert [one["id"] for one in plain["sdks"]] == []
    assert [one["id"] for one in added["sdks"]] == ["inhouse-stat"]
    assert plain["tool"]["knowledge"] != added["tool"]["knowledge"]
    (tmp_path / "app.yaml").write_text(
        "app: X\noperator: Y\npolicy: {file: p.txt, effective: 2024-01-01}\npermissions: []\n", "utf-8"
    )
    audited = auditor("audit", "app.apk", "-d", "app.yaml", "--knowledge", "own", "--format", "json", cwd=tmp_path)
    assert [row["subject"] for row in json.loads(audited.stdout)["tables"]["sdks"]] == ["inhouse-stat"]
    assert audited.returncode == 1
    assert "com.example.inhouse" in auditor("sdks", "inhouse-stat", "--knowledge", "own", cwd=tmp_path).stdout


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("sources: [our own build files]", ""), "lacks 'sources'"),
        (("id: inhouse-stat", "id: inhouse-stat\nvender: x"), "unknown key 'vender'"),
        (("com.example.inhouse", "com.igexin.sdk"), "already proves 'getui-push'"),
        (("device_info", "device_infos"), "did you mean 'device_info'?"),
    ],
)
def test_a_mistake_in_one_is_refused_with_its_line(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "inhouse-stat.yaml").write_text(OWN_SDK.replace(*change), "utf-8")
    done = auditor("sdks", "--knowledge", "own", cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.startswith("own/inhouse-stat.yaml:")
    assert auditor("sdks", "--knowledge", "nowhere", cwd=tmp_path).returncode == 2


def test_no_help_shows_its_own_markup() -> None:
    names = re.findall(r"^  ([a-z-]+)  ", auditor("--help").stdout.partition("Commands:")[2], re.MULTILINE)
    assert "audit" in names
    for name in names:
        shown = auditor(name, "--help").stdout
        assert shown.startswith(f"Usage: auditor {name}")
        assert "\\" not in shown
        assert "`" not in shown.partition("Options:")[2]


# -- files beside the build -------------------------------------------------------------------------------------------


def test_a_mapping_and_a_merger_report_are_named_in_every_result(builds: Path) -> None:
    (builds / "mapping.txt").write_text("com.example.app.MainActivity -> com.example.app.MainActivity:\n", "utf-8")
    log = "-- Merging decision tree log ---\nuses-permission#android.permission.CAMERA\nADDED from [org.scan:scan:1.0] /x:1:1\n"
    (builds / "merger.txt").write_text(log, "utf-8")
    given = ("--mapping", "mapping.txt", "--merger-report", "merger.txt")
    audit = json.loads(auditor("audit", "app.apk", "-d", "fits.yaml", "--format", "json", *given, cwd=builds).stdout)
    assert [(one["kind"], one["name"]) for one in audit["beside"]] == [("mapping", "mapping.txt"), ("merger-report", "merger.txt")]
    shown = auditor("audit", "app.apk", "-d", "fits.yaml", "--format", "html", *given, cwd=builds).stdout
    assert "mapping.txt" in shown
    assert "merger.txt" in auditor("facts", "app.apk", *given, cwd=builds).stdout
    found = json.loads(auditor("facts", "app.apk", "--format", "json", *given, cwd=builds).stdout)
    assert [one["by"] for one in found["facts"] if one["kind"] == "brought"] == ["org.scan:scan:1.0"]


def test_a_mapping_that_is_none_ends_with_2_and_its_line(builds: Path) -> None:
    (builds / "broken.txt").write_text("p.A -> a:\nrubbish\n", "utf-8")
    for command in (("facts", "app.apk"), ("audit", "app.apk", "-d", "fits.yaml")):
        done = auditor(*command, "--mapping", "broken.txt", cwd=builds)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("auditor: broken.txt:2: 'rubbish' is no line of a mapping")
        assert done.stderr.count("\n") == 1


def test_a_report_is_never_written_over_the_mapping(builds: Path) -> None:
    (builds / "kept.txt").write_text("p.A -> a:\n", "utf-8")
    done = auditor("facts", "app.apk", "--mapping", "kept.txt", "-o", "text=kept.txt", cwd=builds)
    assert done.returncode == 2
    assert (builds / "kept.txt").read_text("utf-8") == "p.A -> a:\n"

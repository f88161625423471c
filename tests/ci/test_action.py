"""The composite GitHub action: its schema, and its steps run as the runner runs them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.forge.apk import simple_apk

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
BASH = shutil.which("bash")
HEAD = "app: Example\noperator: Example Ltd\npolicy: {file: policy.txt, effective: 2024-01-01}\n"
CAMERA = "permissions:\n  - {name: android.permission.CAMERA, text: CAMERA, purpose: scan codes}\n"

needs_bash = pytest.mark.skipif(BASH is None, reason="no bash here")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with a build, a declaration that fits and one that does not."""
    work = tmp_path / "work"
    (work / "out dir").mkdir(parents=True)
    (work / "out dir" / "app.apk").write_bytes(simple_apk(permissions=["android.permission.CAMERA"]))
    (work / "fits.yaml").write_text(HEAD + CAMERA, "utf-8")
    (work / "differs.yaml").write_text(HEAD + "permissions: []\n", "utf-8")
    return work


def expand(text: str, inputs: dict[str, str]) -> str:
    """Fill in the expressions the action uses; any other is a mistake here."""
    values = {f"inputs.{name}": value for name, value in inputs.items()} | {"github.action_path": str(ROOT)}
    return re.sub(r"\$\{\{\s*(.+?)\s*\}\}", lambda match: values[match[1]], text)


def run(
    step: dict[str, Any], work: Path, given: dict[str, str], **environment: str
) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
    """Run one step as the runner does, and return it with what it wrote to GITHUB_OUTPUT."""
    inputs = {name: str(one.get("default", "")) for name, one in ACTION["inputs"].items()} | given
    assert set(given) <= set(ACTION["inputs"])
    files = {name: work.parent / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV")}
    for file in files.values():
        file.touch()
    script = work.parent / "step.sh"
    script.write_text(step["run"], "utf-8")
    done = subprocess.run(
        # https://docs.github.com/actions/writing-workflows/workflow-syntax-for-github-actions: shell: bash
        [str(BASH), "--noprofile", "--norc", "-eo", "pipefail", str(script)],
        cwd=work / expand(step.get("working-directory", "."), inputs),
        env={
            **os.environ,
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(work),
            "RUNNER_TEMP": str(work.parent / "temp"),
            **{name: str(file) for name, file in files.items()},
            **{name: expand(value, inputs) for name, value in step.get("env", {}).items()},
            **environment,
        },
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    return done, dict(line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text("utf-8").splitlines())


@pytest.fixture
def command(tmp_path: Path) -> str:
    """The auditor as a command of its own."""
    file = tmp_path / "auditor"
    file.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m auditor "$@"\n', "utf-8")
    file.chmod(0o755)
    return str(file)


def step(name: str) -> dict[str, Any]:
    (found,) = [one for one in ACTION["runs"]["steps"] if one["name"] == name]
    return dict(found)


def test_the_schema_of_actions_accepts_it() -> None:
    vendored = pytest.importorskip("check_jsonschema.builtin_schemas", reason="check-jsonschema is not installed")
    import jsonschema

    schema = json.loads((Path(vendored.__file__).parent / "vendor" / "github-actions.json").read_text("utf-8"))
    jsonschema.validate(ACTION, schema)


def test_no_input_is_written_into_a_script_and_every_one_is_used() -> None:
    text = (ROOT / "action.yml").read_text("utf-8")
    for one in ACTION["runs"]["steps"]:
        assert "${{" not in one["run"]
        for name in re.findall(r"\$INPUT_\w+|\$\{INPUT_(\w+)", one["run"]):
            assert name == "" or f"INPUT_{name}" in one["env"]
    assert [name for name in ACTION["inputs"] if f"inputs.{name}" not in text] == []
    for output in ACTION["outputs"].values():
        assert re.fullmatch(r"\$\{\{ steps\.audit\.outputs\.[\w-]+ \}\}", output["value"])


@needs_bash
def test_a_build_that_fits_passes_and_leaves_its_reports(checkout: Path, command: str) -> None:
    given = {"build": "out dir/app.apk", "declaration": "fits.yaml", "auditor": command}
    done, outputs = run(step("Audit"), checkout, given)
    assert done.returncode == 0, done.stderr
    assert outputs == {"exit-code": "0", "reports": "auditor-reports", "sarif": "auditor-reports/auditor.sarif"}
    assert {path.name for path in (checkout / "auditor-reports").iterdir()} == {
        "auditor.sarif", "auditor.xml", "auditor.html", "auditor.json",
    }  # fmt: skip
    assert "No contradiction with the declaration found" in done.stdout
    assert "✅" in (checkout.parent / "GITHUB_STEP_SUMMARY").read_text("utf-8")
    assert "::error" not in done.stderr


@needs_bash
def test_a_contradiction_fails_the_step_with_annotations_at_the_declaration(checkout: Path, command: str) -> None:
    (checkout / "sub").mkdir()
    shutil.move(checkout / "differs.yaml", checkout / "sub" / "differs.yaml")
    given = {
        "build": "../out dir/app.apk\r\n\n", "declaration": "differs.yaml", "working-directory": "sub", "lang": "zh", "auditor": command,
    }  # fmt: skip
    done, outputs = run(step("Audit"), checkout, given)
    assert (done.returncode, outputs["exit-code"]) == (1, "1")
    (error,) = [line for line in done.stderr.splitlines() if line.startswith("::error ")]
    head = "::error file=sub/differs.yaml,line=4,title=undeclared-permission%3A android.permission.CAMERA::"
    assert error.startswith(head)
    assert "%0A" in error
    assert (checkout / "sub" / "auditor-reports" / "auditor.sarif").is_file()


@needs_bash
def test_decisions_and_the_level_reach_the_audit(checkout: Path, command: str) -> None:
    given = {"build": "out dir/app.apk", "declaration": "differs.yaml", "auditor": command}
    assert run(step("Audit"), checkout, {**given, "fail-on": "never"})[1]["exit-code"] == "0"
    entry = "{rule: undeclared-permission, subject: android.permission.CAMERA, decision: accept, by: Li, reason: known}"
    (checkout / "decisions.yaml").write_text(f"schema: auditor/decisions/1\ndecisions:\n  - {entry}\n", "utf-8")
    assert run(step("Audit"), checkout, {**given, "decisions": "decisions.yaml"})[1]["exit-code"] == "0"


@needs_bash
def test_without_inputs_the_configuration_says_what_to_audit(checkout: Path, command: str) -> None:
    (checkout / "auditor.yaml").write_text("builds: ['out dir/*.apk']\ndeclaration: differs.yaml\n", "utf-8")
    assert run(step("Audit"), checkout, {"auditor": command})[1]["exit-code"] == "1"


@needs_bash
def test_nothing_in_an_input_is_run(checkout: Path, command: str) -> None:
    given = {"build": "$(touch ran).apk\n`touch ran`", "declaration": "';touch ran;'", "auditor": command}
    done, outputs = run(step("Audit"), checkout, given)
    assert (done.returncode, outputs["exit-code"]) == (2, "2")
    assert not (checkout / "ran").exists()


@needs_bash
def test_a_broken_declaration_is_annotated_line_by_line(checkout: Path, command: str) -> None:
    (checkout / "differs.yaml").write_text("app: x\npolicy: {file: a}\nsdkz: []\npermissions: no\n", "utf-8")
    done, outputs = run(step("Audit"), checkout, {"build": "out dir/app.apk", "declaration": "differs.yaml", "auditor": command})
    assert outputs["exit-code"] == "2"
    assert [line.partition("::")[2].partition("::")[0] for line in done.stderr.splitlines() if line.startswith("::error")] == [
        "error file=differs.yaml,line=3", "error file=differs.yaml,line=4",
    ]  # fmt: skip


@needs_bash
@pytest.mark.skipif("AUDITOR_ONLINE" not in os.environ, reason="installs from the network; set AUDITOR_ONLINE=1")
def test_the_auditor_is_installed_from_the_actions_own_source(checkout: Path) -> None:
    (checkout.parent / "temp").mkdir()
    done, _ = run(step("Install the auditor"), checkout, {})
    assert done.returncode == 0, done.stderr
    name, _, path = (checkout.parent / "GITHUB_ENV").read_text("utf-8").strip().partition("=")
    assert name == "AUDITOR_COMMAND"
    given = {"build": "out dir/app.apk", "declaration": "fits.yaml"}
    done, outputs = run(step("Audit"), checkout, given, AUDITOR_COMMAND=path)
    assert (done.returncode, outputs["exit-code"]) == (0, "0")

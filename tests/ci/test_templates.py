"""The GitLab template, the container and the pre-commit hook."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.forge.apk import simple_apk

ROOT = Path(__file__).parents[2]
GITLAB = yaml.safe_load((ROOT / "ci" / "auditor.gitlab-ci.yml").read_text("utf-8"))
(HOOK,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
HEAD = "app: Example\noperator: Example Ltd\npolicy: {file: policy.txt, effective: 2024-01-01}\n"
SHELL = shutil.which("sh")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with an auditor on its path, a build and a declaration that does not fit it."""
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "auditor"
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m auditor "$@"\n', "utf-8")
    command.chmod(0o755)
    (tmp_path / "my app.apk").write_bytes(simple_apk(permissions=["android.permission.CAMERA"]))
    (tmp_path / "differs.yaml").write_text(HEAD + "permissions: []\n", "utf-8")
    return tmp_path


def environment(place: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "PATH": f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}", **more}


# -- GitLab -----------------------------------------------------------------------------------------------------------


def test_the_schema_of_pipelines_accepts_the_template() -> None:
    vendored = pytest.importorskip("check_jsonschema.builtin_schemas", reason="check-jsonschema is not installed")
    import jsonschema

    schema = json.loads((Path(vendored.__file__).parent / "vendor" / "gitlab-ci.json").read_text("utf-8"))
    # GitLab's schema is written for another dialect of regular expressions in places; a job is what is looked at here
    validator = jsonschema.validators.validator_for(schema)(schema)
    job = {**GITLAB, "auditor": {"extends": ".auditor"}}
    assert [error.message for error in validator.iter_errors(job)] == []
    assert list(validator.iter_errors({"auditor": {"script": 1}}))


@pytest.mark.skipif(SHELL is None, reason="no shell here")
def test_the_job_audits_what_its_variables_say_and_leaves_its_reports(place: Path) -> None:
    job = GITLAB[".auditor"]
    given = {**job["variables"], "AUDITOR_BUILD": "my app.apk", "AUDITOR_DECLARATION": "differs.yaml"}
    (script,) = job["script"]

    def run(**more: str) -> int:
        return subprocess.run(
            [str(SHELL), "-e", "-c", script], cwd=place, env=environment(place, **given | more), capture_output=True, timeout=120
        ).returncode

    assert run() == 1
    report = job["artifacts"]["reports"]["junit"].replace("$AUDITOR_REPORTS", given["AUDITOR_REPORTS"])
    assert b'failures="1"' in (place / report).read_bytes()
    assert run(AUDITOR_FAIL_ON="never") == 0
    assert run(AUDITOR_BUILD="$(touch ran)") == 2
    assert not (place / "ran").exists()
    (place / "auditor.yaml").write_text("builds: ['my app.apk']\ndeclaration: differs.yaml\n", "utf-8")
    assert run(AUDITOR_BUILD="", AUDITOR_DECLARATION="") == 1


# -- pre-commit -------------------------------------------------------------------------------------------------------


def test_pre_commit_accepts_the_hook() -> None:
    clientlib = pytest.importorskip("pre_commit.clientlib", reason="pre-commit is not installed")
    (hook,) = clientlib.load_manifest(ROOT / ".pre-commit-hooks.yaml")
    assert hook["id"] == "auditor-check-declaration"


@pytest.mark.parametrize(
    ("file", "checked"),
    [
        ("declarations/app.yaml", True),
        ("declarations/ios/app.yml", True),
        ("declarations/decisions.yaml", False),
        ("declarations/decisions-ios.yml", False),
        ("declarations/app.draft.yaml", False),
        ("declarations/README.md", False),
        ("app.yaml", False),
    ],
)
def test_the_hook_is_for_declarations_alone(file: str, checked: bool) -> None:
    assert (bool(re.search(HOOK["files"], file)) and not re.search(HOOK["exclude"], file)) is checked


def test_the_hook_checks_every_file_it_is_given_and_tells_all_mistakes(place: Path) -> None:
    (place / "broken.yaml").write_text(HEAD + "permissions: []\nsdkz: []\n", "utf-8")
    (place / "worse.yaml").write_text("app: x\n", "utf-8")

    def run(*files: str) -> subprocess.CompletedProcess[str]:
        command = [str(place / "bin" / "auditor"), *shlex.split(HOOK["entry"])[1:], *files]
        return subprocess.run(command, cwd=place, env=environment(place), capture_output=True, encoding="utf-8", timeout=120)

    assert run("differs.yaml", "differs.yaml").returncode == 0
    done = run("broken.yaml", "differs.yaml", "worse.yaml")
    assert done.returncode == 2
    assert [line.partition(": ")[0] for line in done.stderr.splitlines()] == ["broken.yaml:5", "worse.yaml:1", "worse.yaml:1"]


# -- what the how-to says to write ------------------------------------------------------------------------------------


def blocks() -> list[str]:
    """The YAML blocks of the how-to, in order."""
    return re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "how-to" / "audit-in-ci.md").read_text("utf-8"), re.DOTALL)


def test_every_example_of_the_how_to_is_what_its_reader_accepts(tmp_path: Path) -> None:
    vendored = pytest.importorskip("check_jsonschema.builtin_schemas", reason="check-jsonschema is not installed")
    clientlib = pytest.importorskip("pre_commit.clientlib", reason="pre-commit is not installed")
    import jsonschema

    from auditor.cli.configured import LANGUAGES, LEVELS
    from auditor.config import read_config
    from auditor.report import FORMATS

    config, workflow, pipeline, hooks = blocks()
    (tmp_path / "auditor.yaml").write_text(config, "utf-8")
    read = read_config(tmp_path / "auditor.yaml", formats=FORMATS, levels=LEVELS, languages=LANGUAGES)
    assert set(read.settings) == {"declaration", "decisions", "outputs"}
    for text, name in ((workflow, "github-workflows"), (pipeline, "gitlab-ci")):
        schema = json.loads((Path(vendored.__file__).parent / "vendor" / f"{name}.json").read_text("utf-8"))
        document = yaml.load(text, yaml.BaseLoader)  # GitHub does not take `on` for true
        assert [error.message for error in jsonschema.validators.validator_for(schema)(schema).iter_errors(document)] == []
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    (step,) = [one for one in yaml.safe_load(workflow)["jobs"]["audit"]["steps"] if "auditor@" in one.get("uses", "")]
    assert set(step["with"]) <= set(action["inputs"])
    assert set(re.findall(r"steps\.audit\.outputs\.([\w-]+)", workflow)) <= set(action["outputs"])
    assert set(yaml.safe_load(pipeline)["auditor"]["variables"]) - {"AUDITOR_IMAGE"} <= set(GITLAB[".auditor"]["variables"])
    (tmp_path / ".pre-commit-config.yaml").write_text(hooks, "utf-8")
    loaded = clientlib.load_config(tmp_path / ".pre-commit-config.yaml")
    assert [hook["id"] for hook in loaded["repos"][0]["hooks"]] == [HOOK["id"]]


# -- the container ----------------------------------------------------------------------------------------------------


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile, continued lines joined, comments left out."""
    text = (ROOT / "Dockerfile").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line.strip())]


def test_the_image_is_built_in_two_stages_and_runs_as_nobody_in_particular() -> None:
    found = instructions()
    stages = [rest for word, rest in found if word == "FROM"]
    assert len(stages) == 2
    last = found[max(number for number, (word, _) in enumerate(found) if word == "FROM") :]
    left = " ".join(rest for word, rest in last if word == "RUN")
    assert not re.search(r"pip install|\bgcc\b|-dev\b", left)  # nothing to build with is left
    (user,) = [rest for word, rest in last if word == "USER"]
    assert user.isdecimal()  # a number, which runAsNonRoot of Kubernetes can check
    assert int(user) > 0
    assert [json.loads(rest) for word, rest in last if word == "ENTRYPOINT"] == [["auditor"]]
    assert [rest for word, rest in last if word == "COPY"] == ["--from=build /opt/auditor /opt/auditor"]


@pytest.mark.skipif(SHELL is None, reason="no shell here")
def test_every_command_of_the_image_is_one_a_shell_can_read() -> None:
    for word, rest in instructions():
        if word == "RUN":
            assert subprocess.run([str(SHELL), "-n", "-c", rest], capture_output=True).returncode == 0


def test_all_that_the_package_needs_gets_into_the_image_and_nothing_else() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    assert {path for path in allowed if not (ROOT / path).exists()} == set()
    assert {"auditor", "setup.py", "setup.cfg", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "NOTICE"} <= allowed
    assert not allowed & {".git", "tests", "declarations", "sample_apks"}


@pytest.mark.skipif(
    shutil.which("docker") is None or subprocess.run(["docker", "info"], capture_output=True).returncode != 0,
    reason="no Docker daemon here",
)
def test_the_image_audits_without_a_network(place: Path) -> None:
    subprocess.run(["docker", "build", "-q", "-t", "auditor-test", "."], cwd=ROOT, check=True, capture_output=True)
    base = ["docker", "run", "--rm", "--network", "none", "-v", f"{place}:/work:ro", "auditor-test"]
    done = subprocess.run([*base, "audit", "my app.apk", "-d", "differs.yaml"], capture_output=True, encoding="utf-8", timeout=300)
    assert done.returncode == 1
    assert "CAMERA" in done.stdout

"""``auditor.yaml``: found, read, and made the defaults of the command line."""

from __future__ import annotations

import importlib.resources
import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from auditor.cli import command
from auditor.cli.configured import _COMMANDS, _PARAMETERS, LANGUAGES, LEVELS
from auditor.config import KEYS, find_config, read_config
from auditor.errors import ConfigError
from auditor.report import FORMATS
from tests.cli.test_commands import CAMERA, auditor, decisions
from tests.forge.apk import simple_apk

SCHEMA = json.loads(importlib.resources.files("auditor").joinpath("schemas", "config-1.schema.json").read_text("utf-8"))
HEAD = "app: Example\noperator: Example Ltd\npolicy: {file: policy.txt, effective: 2024-01-01}\n"
FULL = """schema: auditor/config/1
builds:
  - file: out/a.apk
    mapping: out/mapping.txt
    merger-report: out/report.txt
  - out/*.ipa
  - later/*.apk
declaration: d.yaml
decisions: decisions.yaml
fail-on: high
outputs: {json: out/r.json, html: out/r.html}
format: text
lang: zh
knowledge: sdks
cache: .cache
timeout: 60
max-memory: 512
"""


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}


def read(path: Path):
    return read_config(path, formats=FORMATS, levels=LEVELS, languages=LANGUAGES)


def mistakes(path: Path, text: str) -> list[str]:
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        read(path)
    return [one.removeprefix(f"{path}:") for one in caught.value.mistakes]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with a build, two declarations and a folder below."""
    for folder in (".git", "out", "sub/deep"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "out" / "a.apk").write_bytes(simple_apk(permissions=["android.permission.CAMERA"]))
    camera = "permissions:\n  - {name: android.permission.CAMERA, text: CAMERA, purpose: scan codes}\n"
    (tmp_path / "d.yaml").write_text(HEAD + camera, "utf-8")
    (tmp_path / "differs.yaml").write_text(HEAD + "permissions: []\n", "utf-8")
    return tmp_path


def test_every_key_is_read_and_paths_start_at_the_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "auditor.yaml").write_text(FULL, "utf-8")
    for name in ("2.ipa", "1.ipa"):
        (project / "out" / name).touch()
    monkeypatch.chdir(project / "sub")
    config = read(project / "auditor.yaml")
    up = Path("..")
    assert [(one.file, one.mapping, one.merger_report) for one in config.builds] == [
        (up / "out/a.apk", up / "out/mapping.txt", up / "out/report.txt"),
        (up / "out/1.ipa", None, None),
        (up / "out/2.ipa", None, None),
    ]
    assert {key: one.value for key, one in config.settings.items()} == {
        "declaration": "../d.yaml",
        "decisions": "../decisions.yaml",
        "fail-on": "high",
        "outputs": ("json=../out/r.json", "html=../out/r.html"),
        "format": "text",
        "lang": "zh",
        "knowledge": "../sdks",
        "cache": "../.cache",
        "timeout": 60,
        "max-memory": 512,
    }
    assert config.settings["fail-on"].line == 10
    assert {*config.settings, "builds"} == set(KEYS)


def test_every_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    for name in ("a.apk", "b.apk"):
        (tmp_path / name).touch()
    text = (
        "fail_on: high\nlang: fr\noutputs: {pdff: x, html: ''}\nbuilds: [{mapping: x}, '', {file: '*.apk', mapping: m}, [a]]\n"
        "timeout: 0\nmax-memory: much\ndeclaration: [a]\nfail-on: bad\nlang: zh\n"
    )
    assert mistakes(tmp_path / "auditor.yaml", text) == [
        "1: unknown key 'fail_on' in configuration (did you mean 'fail-on'?)",
        "2: configuration.lang: 'fr' is none of its values",
        f"3: outputs: 'pdff' is no report format; there are {', '.join(FORMATS)}",
        "3: configuration.outputs.html is empty",
        "4: builds[0] lacks 'file'",
        "4: builds[1] is empty",
        "4: builds[2].file: '*.apk' matches 2 files, and a mapping or merger report belongs to one",
        "4: builds[3] must be a mapping of keys to values",
        "5: configuration.timeout: 0 is not from 1 to 86400",
        "6: configuration.max-memory must be a whole number",
        "7: configuration.declaration must be text",
        "8: configuration.fail-on: 'bad' is none of its values",
        "9: 'lang' stands twice in configuration (first on line 2)",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1: empty"),
        ("- a\n", "1: a configuration must be a mapping"),
        ("schema: auditor/config/2\nnew: 1\n", "1: is written for 'auditor/config/2'; this auditor reads auditor/config/1"),
        ("lang: [\n", "not valid YAML"),
    ],
)
def test_a_broken_file_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    (found,) = mistakes(tmp_path / "auditor.yaml", text)
    assert said in found


def test_the_schema_knows_the_same_keys_and_values() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    properties = SCHEMA["properties"]
    assert set(properties) == {"schema", *KEYS}
    assert properties["fail-on"]["enum"] == [*LEVELS, None]
    assert properties["lang"]["enum"] == [*LANGUAGES, None]
    assert properties["format"]["enum"] == [*FORMATS, None]
    assert set(properties["outputs"]["properties"]) == set(FORMATS)
    import yaml

    jsonschema.validate(yaml.safe_load(FULL), SCHEMA)
    for bad in ({"fail_on": "high"}, {"builds": [{"mapping": "x"}]}, {"outputs": {"pdff": "x"}}, {"timeout": 0}):
        assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(bad)


def test_every_key_is_an_option_of_the_commands_it_is_for() -> None:
    for name, keys in _COMMANDS.items():
        one = command.get_command(None, name)  # type: ignore[arg-type]
        assert one is not None
        assert {_PARAMETERS[key] for key in keys} <= {parameter.name for parameter in one.params}, name
    assert {"builds", *_PARAMETERS} == set(KEYS)
    page = (Path(__file__).parents[1] / "docs" / "reference" / "config.md").read_text("utf-8")
    assert [key for key in KEYS if f"`{key}`" not in page] == []


def test_the_nearest_file_is_found_and_none_beyond_the_repository(project: Path) -> None:
    assert find_config(project / "sub" / "deep") is None
    (project.parent / "auditor.yaml").write_text("lang: zh\n", "utf-8")
    try:
        assert find_config(project / "sub" / "deep") is None
        (project / "auditor.yaml").write_text("lang: en\n", "utf-8")
        assert find_config(project / "sub" / "deep") == project / "auditor.yaml"
        (project / "sub" / "auditor.yaml").write_text("lang: en\n", "utf-8")
        assert find_config(project / "sub" / "deep") == project / "sub" / "auditor.yaml"
    finally:
        (project.parent / "auditor.yaml").unlink()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else_above_is_passed_over(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = project / "auditor.yaml"
    file.write_text("lang: zh\n", "utf-8")
    os.chown(file, 12345, 12345)
    assert find_config(project / "sub") is None
    assert find_config(project) == file


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps a folder that is worked in")
def test_a_working_folder_that_is_gone_has_no_configuration(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    code = f"import os, sys\nos.chdir({str(gone)!r})\nos.rmdir({str(gone)!r})\nfrom auditor.cli import main\nsys.exit(main(['rules']))\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", env=environment(), timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_the_command_line_leaves_out_comes_from_the_file(project: Path) -> None:
    decisions(project, (*CAMERA, "accept", ""))
    text = "builds: [out/a.apk]\ndeclaration: differs.yaml\nlang: zh\noutputs: {json: out/r.json}\n"
    (project / "auditor.yaml").write_text(text, "utf-8")
    done = auditor("audit", cwd=project / "sub")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert json.loads((project / "out" / "r.json").read_text("utf-8"))["declaration"]["file"] == "differs.yaml"
    over = auditor("audit", "-d", "../d.yaml", "--format", "text", cwd=project / "sub")
    assert (over.returncode, "未发现与声明不一致" in over.stdout) == (0, True)
    assert "No contradiction" in auditor("audit", "-d", "../d.yaml", "--format", "text", cwd=project / "sub", AUDITOR_LANG="en").stdout
    (project / "auditor.yaml").write_text(f"{text}decisions: decisions.yaml\n", "utf-8")
    assert auditor("audit", cwd=project / "sub").returncode == 0
    assert auditor("check-declaration", cwd=project).returncode == 0
    none = auditor("--no-config", "audit", "out/a.apk", cwd=project)
    assert (none.returncode, "Missing option '-d'" in none.stderr) == (2, True)


def test_several_builds_are_one_report_and_the_worst_exit_code(project: Path) -> None:
    (project / "out" / "b.apk").write_bytes(simple_apk(permissions=["android.permission.READ_SMS"], package="com.example.other"))
    (project / "auditor.yaml").write_text("builds: ['out/*.apk']\ndeclaration: d.yaml\noutputs: {json: r.json}\n", "utf-8")
    done = auditor("audit", cwd=project)
    report = json.loads((project / "r.json").read_text("utf-8"))
    assert done.returncode == 1
    assert [(one["identity"]["app_id"], one["verdict"]) for one in report["audits"]] == [
        ("com.example.app", "consistent"),
        ("com.example.other", "contradicted"),
    ]
    assert "belong to one build" in auditor("audit", "--mapping", "m.txt", cwd=project).stderr


def test_no_build_is_one_clear_line(project: Path) -> None:
    (project / "auditor.yaml").write_text("builds: ['later/*.apk']\ndeclaration: d.yaml\n", "utf-8")
    done = auditor("audit", cwd=project)
    assert done.returncode == 2
    assert f"{project / 'auditor.yaml'}:1: no build is there yet" in done.stderr
    assert "Missing argument 'BUILD'" in auditor("--no-config", "audit", "-d", "d.yaml", cwd=project).stderr


def test_a_broken_file_stops_every_command_and_is_named(project: Path) -> None:
    (project / "auditor.yaml").write_text("lang: fr\nxyz: 1\n", "utf-8")
    done = auditor("rules", cwd=project)
    assert (done.returncode, done.stdout) == (2, "")
    assert [one.removeprefix(str(project)) for one in done.stderr.splitlines()] == [
        "/auditor.yaml:1: configuration.lang: 'fr' is none of its values",
        "/auditor.yaml:2: unknown key 'xyz' in configuration",
    ]
    assert auditor("--config", "none.yaml", "rules", cwd=project).stderr == "none.yaml:1: no such file\n"


def test_config_shows_what_is_in_effect_and_where_it_comes_from(project: Path) -> None:
    assert auditor("config", cwd=project).stdout == "# no auditor.yaml here or above\nfail-on: medium  # default\nlang: en  # default\n"
    (project / "auditor.yaml").write_text(FULL, "utf-8")
    file = project / "auditor.yaml"
    found = json.loads(auditor("config", "--format", "json", cwd=project / "sub", AUDITOR_LANG="en").stdout)
    assert found["file"] == str(file)
    assert list(found["settings"]) == list(KEYS)
    assert found["settings"]["lang"] == {"value": "en", "from": "AUDITOR_LANG"}
    assert found["settings"]["fail-on"] == {"value": "high", "from": f"{file}:10"}
    assert found["settings"]["outputs"]["value"] == {"json": "../out/r.json", "html": "../out/r.html"}
    shown = auditor("config", cwd=project).stdout
    # what is shown is a configuration itself
    (project / "again.yaml").write_text(shown, "utf-8")
    assert auditor("--config", "again.yaml", "config", cwd=project).stdout.count("again.yaml") == len(KEYS) + 1

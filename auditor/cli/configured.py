"""``auditor.yaml`` on the command line: found, read, made the defaults of every command; and ``auditor config``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from auditor.cli import ExitCode
from auditor.cli.outputs import print_text
from auditor.config import KEYS, Config, find_config, read_config

__all__ = ["LANGUAGES", "LEVELS", "config", "configure", "configured"]

LEVELS = ("info", "low", "medium", "high", "never")
"""What ``--fail-on`` takes."""
LANGUAGES = ("zh", "en")

_PARAMETERS = {
    "declaration": "declaration",
    "decisions": "decisions",
    "fail-on": "fail_on",
    "outputs": "outputs",
    "format": "format_",
    "lang": "language",
    "knowledge": "own_sdks",
    "cache": "cache",
    "timeout": "timeout",
    "max-memory": "max_memory",
}
"""Key -> what commands call it."""
_LIMITS = ("timeout", "max-memory")
_READING = ("lang", "knowledge", *_LIMITS)
_COMMANDS = {
    "audit": tuple(_PARAMETERS),
    "compare": ("declaration", "decisions", "fail-on", "cache", *_READING),
    "facts": ("cache", *_READING),
    "evidence": ("declaration", "decisions", *_READING),
    "verify": ("lang",),
    "check-declaration": ("fail-on", "lang", "knowledge", *_LIMITS),
    "lint-policy": ("fail-on", "lang", *_LIMITS),
    "declare": ("lang", *_LIMITS),
    "rules": ("lang",),
    "sdks": ("lang", "knowledge"),
}
"""Command -> the keys that bear on it."""
_DEFAULTS = {"fail-on": "medium", "lang": "en"}
"""The defaults that are a value."""


def configure(ctx: click.Context, file: Path | None, *, ignore: bool) -> None:
    """Read the configuration, ``file`` or the nearest one, and make it the defaults of every command.

    Raises ConfigError with every mistake in it.
    """
    found = None if ignore else file or find_config(Path())
    if found is None:
        ctx.obj = Config()
        return
    from auditor.report import FORMATS

    ctx.obj = given = read_config(found, formats=FORMATS, levels=LEVELS, languages=LANGUAGES)
    ctx.default_map = {
        command: {_PARAMETERS[key]: _value(given, key) for key in keys if key in given.settings} for command, keys in _COMMANDS.items()
    }
    # what a declaration is checked by itself with is what it is audited as
    if "declaration" in given.settings:
        ctx.default_map["check-declaration"]["files"] = [given.settings["declaration"].value]


def configured(ctx: click.Context) -> Config:
    """Return the configuration of the command at work."""
    return ctx.obj if isinstance(ctx.obj, Config) else Config()


def _value(given: Config, key: str) -> Any:
    value = given.settings[key].value
    return list(value) if isinstance(value, tuple) else value


@click.command()
@click.option("--format", "format_", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True, help="Form of the answer.")
@click.pass_context
def config(ctx: click.Context, format_: str) -> int:
    """Show the configuration in effect here, and where each value comes from.

    It is the nearest auditor.yaml in this folder or above it; options on the command line come first, then AUDITOR_LANG.
    Paths are shown from this folder.
    """
    from auditor.records import scalar_yaml

    given = configured(ctx)
    rows = list(_effective(given))
    if format_ == "json":
        values = {key: {"value": value, "from": source} for key, value, source in rows}
        print_text(json.dumps({"file": str(given.file) if given.file else None, "settings": values}, ensure_ascii=False, indent=2) + "\n")
        return ExitCode.CONSISTENT
    print_text(f"# {given.file}\n" if given.file else "# no auditor.yaml here or above\n")
    for key, value, source in rows:
        if isinstance(value, dict):
            print_text(f"{key}:  # {source}\n" + "".join(f"  {name}: {scalar_yaml(one)}\n" for name, one in value.items()))
        elif isinstance(value, list):
            print_text(f"{key}:  # {source}\n")
            for item in value:
                pairs = [f"{name}: {scalar_yaml(one)}" for name, one in item.items()]
                print_text("  - " + "\n    ".join(pairs) + "\n")
        else:
            print_text(f"{key}: {scalar_yaml(value)}  # {source}\n")
    return ExitCode.CONSISTENT


def _effective(given: Config) -> Iterator[tuple[str, Any, str]]:
    """Yield (key, value, where it comes from) for every key that has a value."""
    for key in KEYS:
        if key == "builds":
            if given.builds_line and given.builds:
                yield key, [_build(one) for one in given.builds], f"{given.file}:{given.builds_line}"
        elif key == "lang" and os.environ.get("AUDITOR_LANG"):
            yield key, os.environ["AUDITOR_LANG"], "AUDITOR_LANG"
        elif key in given.settings:
            setting = given.settings[key]
            value: Any = setting.value
            if key == "outputs":
                value = dict(one.split("=", 1) for one in setting.value) if isinstance(setting.value, tuple) else {}
            yield key, value, f"{given.file}:{setting.line}"
        elif key in _DEFAULTS:
            yield key, _DEFAULTS[key], "default"


def _build(one: Any) -> dict[str, str]:
    pairs = (("file", one.file), ("mapping", one.mapping), ("merger-report", one.merger_report))
    return {name: str(path) for name, path in pairs if path is not None}

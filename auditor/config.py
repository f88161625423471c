"""``auditor.yaml``: what a project audits, against what, and where the reports go, found by walking up from the working folder.

``schemas/config-1.schema.json`` describes the same keys for editors, and docs/reference/config.md for people. Paths in the file
start at its own folder. The command line comes first, then the environment, then this file, then the defaults.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.errors import ConfigError

if TYPE_CHECKING:
    from auditor.records import Mistake, Record

__all__ = ["KEYS", "NAME", "SCHEMA", "Config", "ConfiguredBuild", "Setting", "find_config", "read_config"]

NAME = "auditor.yaml"
"""What the file is called."""
SCHEMA = "auditor/config/1"
"""Name and version of the format, as the optional key ``schema`` writes it."""

KEYS = (
    "builds",
    "declaration",
    "decisions",
    "fail-on",
    "outputs",
    "format",
    "lang",
    "knowledge",
    "cache",
    "timeout",
    "max-memory",
)
"""Every key but ``schema``, in the order they are shown in."""

_PATHS = ("declaration", "decisions", "knowledge", "cache")
_NUMBERS = {"timeout": (1, 86_400), "max-memory": (256, 1 << 20)}
"""Key -> its least and greatest value, as the options of the same names have them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredBuild:
    """One build to audit, and what lies beside it."""

    file: Path
    mapping: Path | None = None
    merger_report: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The value of one key."""

    value: str | int | tuple[str, ...]
    """Paths are relative to the working folder; ``outputs`` are ``FORMAT=PATH``."""
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A configuration as it was read."""

    file: Path | None = None
    """None where there is none."""
    settings: Mapping[str, Setting] = field(default_factory=dict)
    """By key; without those the file does not have, and without ``builds``."""
    builds: tuple[ConfiguredBuild, ...] = ()
    """In the order of the file; patterns stand for the files they match."""
    builds_line: int = 0


def find_config(start: Path) -> Path | None:
    """Return the nearest ``auditor.yaml`` in ``start`` or a folder above it, no further than the root of a Git repository.

    A file above ``start`` that belongs to neither this user nor root is passed over: it could say where to write.
    """
    try:
        folder = start.absolute()
        for here in (folder, *folder.parents):
            candidate = here / NAME
            if candidate.is_file() and (here == folder or _trusted(candidate)):
                return candidate
            if (here / ".git").exists():
                return None
    except OSError:  # the working folder is gone, or one above it is closed to us: no project is to be found there
        pass
    return None


def _trusted(path: Path) -> bool:
    user = getattr(os, "geteuid", None)  # Windows has none
    return user is None or path.stat().st_uid in (0, user())


def read_config(path: Path, *, formats: Collection[str], levels: Collection[str], languages: Collection[str]) -> Config:
    """Read the configuration at ``path``; ``formats``, ``levels`` and ``languages`` are what reports and gates know.

    Raise :class:`~auditor.errors.ConfigError` with every mistake in it, or with the one reason why it cannot be read.
    """
    from auditor.records import bytes_of, read_record  # only where there is a file: most commands run without one

    data = bytes_of(path, str(path), ConfigError, "configuration")
    mistakes: list[Mistake] = []
    top = read_record(str(path), data, mistakes, "configuration")
    config = None
    if top is not None:
        schema = top.text("schema", default=SCHEMA)
        if schema != SCHEMA:
            top.wrong(f"is written for {schema!r}; this auditor reads {SCHEMA}", "schema")
        else:
            config = _config(top, path, formats, levels, languages)
    if mistakes or config is None:
        raise ConfigError([str(mistake) for mistake in sorted(mistakes, key=lambda mistake: mistake.line)])
    return config


def _config(top: Record, path: Path, formats: Collection[str], levels: Collection[str], languages: Collection[str]) -> Config:
    folder = path.parent
    found: dict[str, str | int | tuple[str, ...]] = {}
    builds = tuple(_builds(top, folder))
    for key in _PATHS:
        if value := top.text(key):
            found[key] = _from_here(folder, value)
    for key, choices in (("fail-on", levels), ("format", formats), ("lang", languages)):
        if value := top.choice(key, choices):
            found[key] = value
    for key, (least, most) in _NUMBERS.items():
        if top.has(key):
            number = top.integer(key, default=least)
            if not least <= number <= most:
                top.wrong(f"{top.what}.{key}: {number} is not from {least} to {most}", key)
            found[key] = number
    outputs = top.record("outputs")
    if outputs is not None:
        written = []
        for format_ in outputs.keys():  # noqa: SIM118 - a Record is no dictionary
            target = outputs.text(format_, required=True)
            if format_ not in formats:
                outputs.wrong(f"outputs: {format_!r} is no report format; there are {', '.join(formats)}", format_)
            written.append(f"{format_}={_from_here(folder, target)}")
        found["outputs"] = tuple(written)
    top.done()
    settings = {key: Setting(value=found[key], line=top.line_of(key)) for key in KEYS if key in found}
    return Config(file=path, settings=settings, builds=builds, builds_line=top.line_of("builds"))


def _builds(top: Record, folder: Path) -> Iterator[ConfiguredBuild]:
    for one in top.texts_or_records("builds"):
        if isinstance(one, str):
            for file in _matches(top, folder, one):
                yield ConfiguredBuild(file=file)
            continue
        pattern = one.text("file", required=True)
        mapping, report = one.text("mapping"), one.text("merger-report")
        one.done()
        files = _matches(one, folder, pattern) if pattern else ()
        if len(files) > 1 and (mapping or report):
            one.wrong(f"{one.what}.file: {pattern!r} matches {len(files)} files, and a mapping or merger report belongs to one", "file")
        for file in files:
            yield ConfiguredBuild(
                file=file,
                mapping=Path(_from_here(folder, mapping)) if mapping else None,
                merger_report=Path(_from_here(folder, report)) if report else None,
            )


def _matches(record: Record, folder: Path, pattern: str) -> tuple[Path, ...]:
    """Return the files a pattern matches, sorted; a path without ``*``, ``?`` or ``[`` is itself, whether it is there or not."""
    path = _from_here(folder, pattern)
    if not glob.has_magic(pattern) or os.path.lexists(path):
        return (Path(path),)
    # nothing built yet is no mistake of the file: the command that needs a build says so
    start = glob.escape(str(folder))
    found = sorted(glob.glob(os.path.join(start, os.path.expanduser(pattern)), recursive=True))
    return tuple(Path(one if os.path.isabs(pattern) else _from_here(folder, os.path.relpath(one, folder))) for one in found)


def _from_here(folder: Path, value: str) -> str:
    """Return a path of the file as one from the working folder; a whole path stays one."""
    written = os.path.expanduser(value)
    path = os.path.normpath(os.path.join(folder, written))
    try:
        return path if os.path.isabs(written) else os.path.relpath(path)
    except ValueError:  # another drive (Windows)
        return path

"""Who may import whom: the design's doors, walked with ``ast``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "auditor"

NOUNS = {"build", "model", "errors"}
DOORS: dict[str, set[str]] = {
    "__init__": {"pipeline"},
    "__main__": {"cli"},
    "build": set(),
    "model": {"build"},
    "errors": set(),
    "light": set(),
    "said": {"build"},
    "records": {"errors", "model", "unseen"},
    "archive": {"build", "errors", "light", "said"},
    "wire": {*NOUNS, "diff", "unseen"},
    "unseen": set(),
    "_native": set(),
    "sandbox": NOUNS,
    "extract": {"build", "errors", "light", "said", "archive", "_native"},
    "beside": {*NOUNS, "extract.entrances", "extract.lens"},
    "knowledge": {*NOUNS, "light", "records"},
    "declaration": {*NOUNS, "records", "knowledge"},
    "cache": NOUNS,
    "config": {*NOUNS, "records"},
    "decisions": {*NOUNS, "records"},
    "diff": NOUNS,
    "evidence": {*NOUNS, "archive", "wire"},
    "policy": {*NOUNS, "records", "knowledge", "declaration", "unseen", "wire"},
    "infer": {*NOUNS, "knowledge"},
    "tables": {*NOUNS, "knowledge", "infer.permissions"},
    "rules": {*NOUNS, "tables", "knowledge.schema"},
    "report": {*NOUNS, "diff", "unseen", "wire"},
    "scan": {"build", "light", "archive", "extract", "knowledge.wanted"},
    "pipeline": {
        *(*NOUNS, "__init__", "beside", "cache", "diff", "extract", "infer"),
        *("knowledge", "declaration", "policy", "tables", "rules", "wire"),
    },
    "cli": {
        *NOUNS,
        *("__init__", "beside", "cache", "config", "decisions", "diff", "evidence", "sandbox", "pipeline", "policy"),
        *("report", "wire", "records", "rules", "knowledge", "infer.permissions"),
    },
}
"""Room -> the rooms (or single modules) it may import from, besides itself."""

ONLY_IN: dict[str, set[str]] = {
    "androguard": {"extract.android.androguard_axml"},
    "lief": {"extract.ios"},
    "biplist": {"extract.ios.plist"},
    "plistlib": {"extract.ios"},
    "openstep_plist": {"extract.ios.plist"},
    "deflate": {"archive"},
    "yaml": {"records"},
    "click": {"cli"},
    "cyclonedx": {"report.cyclonedx"},
    "weasyprint": {"report.pdf"},
    "xlsxwriter": {"report.xlsx"},
    "jinja2": {"report.html"},
    "lxml": {"extract.android.androguard_axml", "policy.read.html", "policy.read.docx"},
    "markdown_it": {"policy.read.markdown"},
    "charset_normalizer": {"policy.read.decoding"},
    "docx": {"policy.read.docx"},
    "pdfplumber": {"policy.read.pdf"},
    "pdfminer": {"policy.read.pdf", "policy.read.pdf_limits"},
}
"""Third-party parser -> the places that may import it."""

HEAVY = {
    "androguard",
    "asn1crypto",
    "biplist",
    "charset_normalizer",
    "cryptography",
    "cyclonedx",
    "deflate",
    "docx",
    "jinja2",
    "lief",
    "loguru",
    "lxml",
    "markdown_it",
    "numpy",
    "openstep_plist",
    "pdfminer",
    "pdfplumber",
    "weasyprint",
    "xlsxwriter",
}
"""Imported inside functions only, so that ``auditor --help`` stays fast."""


def _modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)
        yield name, ast.parse(path.read_text("utf-8"), str(path))


def _imports(tree: ast.AST) -> Iterator[tuple[str, ast.stmt]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "house: imports are absolute"
            assert node.module
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node


def _inside(name: str, place: str) -> bool:
    return name == place or name.startswith(place + ".")


def _target(name: str) -> str:
    """Return the part of an import below ``auditor``; the package's own names count as ``__init__``."""
    below = name.removeprefix("auditor").lstrip(".")
    first = below.partition(".")[0]
    return below if (PACKAGE / first).is_dir() or (PACKAGE / f"{first}.py").is_file() else "__init__"


def broken_doors(modules: Iterator[tuple[str, ast.Module]]) -> list[str]:
    """Return a sentence for every import the design does not allow."""
    sentences = []
    for name, tree in modules:
        room = name.partition(".")[0]
        for imported, _ in _imports(tree):
            top = imported.partition(".")[0]
            if top == "auditor":
                target = _target(imported)
                allowed = {room, *DOORS[room]}
                if not any(_inside(target, place) for place in allowed):
                    sentences.append(f"house: {name} may not import {target}")
            elif top in ONLY_IN and not any(_inside(name, place) for place in ONLY_IN[top]):
                sentences.append(f"house: {name} may not import {top}")
    return sentences


def test_every_room_has_its_doors_listed() -> None:
    rooms = {name.partition(".")[0] for name, _ in _modules()}
    assert rooms == set(DOORS)


def test_nobody_opens_a_door_to_the_left() -> None:
    assert broken_doors(_modules()) == []


@pytest.mark.parametrize(
    ("module", "source", "sentence"),
    [
        ("rules.undeclared_sdk", "from auditor.extract import extract", "house: rules.undeclared_sdk may not import extract"),
        ("extract.android", "import auditor.knowledge.load", "house: extract.android may not import knowledge.load"),
        ("report.html", "import lief", "house: report.html may not import lief"),
        ("model", "def f():\n    from auditor import errors", "house: model may not import errors"),
    ],
)
def test_a_forbidden_import_is_named(module: str, source: str, sentence: str) -> None:
    (found,) = broken_doors(iter([(module, ast.parse(source))]))
    assert found.startswith(sentence)


def test_heavy_libraries_are_imported_where_they_are_used() -> None:
    at_top = [
        f"{name} imports {imported} at its top"
        for name, tree in _modules()
        for node in tree.body
        for imported, _ in _imports(ast.Module(body=[node], type_ignores=[]))
        if isinstance(node, ast.Import | ast.ImportFrom) and imported.partition(".")[0] in HEAVY
    ]
    assert at_top == []


def test_broad_excepts_stand_only_at_the_boundaries() -> None:
    found = {
        name
        for name, tree in _modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")))
    }
    assert found <= {"extract.reading", "rules", "sandbox", "cli"}


def test_code_holds_no_names_of_sdks() -> None:
    ids = {path.stem for path in (PACKAGE / "knowledge" / "sdks").glob("*.yaml")}
    assert "amap" in ids
    literals = {
        (name, node.value)
        for name, tree in _modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in ids
    }
    assert literals == set()


def test_there_is_no_drawer_for_odds_and_ends() -> None:
    names = {path.stem for path in PACKAGE.rglob("*.py")}
    assert not names & {"utils", "common", "helpers", "base", "manager", "misc"}

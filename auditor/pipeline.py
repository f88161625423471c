"""The corridor: the only module that knows every stage, and the order they go in."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from auditor import __version__
from auditor.beside import NOTHING, Beside
from auditor.declaration import read_declaration
from auditor.diff import Comparison, Side, diff, judged, tables_of
from auditor.errors import BuildError
from auditor.knowledge.load import clauses_for, load
from auditor.knowledge.schema import Knowledge, TraceKind, VersionKind
from auditor.model import (
    Audit,
    Build,
    BuildKind,
    Checked,
    Conduct,
    Confidence,
    Declaration,
    DeclaredData,
    FactKind,
    Finding,
    Gap,
    Identity,
    Location,
    NotCheckable,
    Platform,
    Row,
    Severity,
    Supplier,
    Table,
    Text,
    Tool,
    Verdict,
)
from auditor.rules import RULES, run_rules
from auditor.tables import compare, consider

if TYPE_CHECKING:
    from auditor.cache import Cache
    from auditor.extract.entrances import Entrances
    from auditor.extract.lens import Lens
    from auditor.knowledge.api_schema import Apis
    from auditor.policy.draft import Draft
    from auditor.policy.needed import BuildDraft

__all__ = [
    "DECLARING",
    "Facts",
    "Linted",
    "audit_and_facts",
    "audit_build",
    "check_declaration",
    "compare_builds",
    "declared_in",
    "draft_build",
    "draft_of",
    "draft_policy",
    "lint_policy",
    "read_build",
    "unread",
]

_DOCUMENTS = frozenset({".html", ".htm", ".xhtml", ".md", ".mdx", ".markdown", ".txt", ".docx", ".pdf"})
"""Suffixes of policy documents."""
_DECLARATIONS = frozenset({".yaml", ".yml", ".json"})
"""Suffixes of declarations; any other file is told by its content."""
_DECLARES = re.compile(
    rb"^\s*(?:schema:\s*[\"']?auditor/declaration|\{)|^(?:policy|permissions|sdks|usage_keys|harmony_permissions|data):", re.MULTILINE
)
_TOLD_BY = 65_536
"""Bytes a declaration is told by."""
_UNREVIEWED = Text(
    zh="声明由程序直接从隐私政策读出，未经人工核对；请先用 auditor declare 起草并核对声明，再据以下结论",
    en="the declaration was read by machine straight from the policy and nobody checked it; draft one with `auditor declare`,"
    " check it, and audit against that before relying on the result",
)

Progress = Callable[[Text], None]
"""Told the name of each stage as it starts."""

DECLARING = Text(zh="读取声明", en="reading the declaration")
_OPENING = Text(zh="读取安装包", en="reading the build")
_INFERRING = Text(zh="识别 SDK", en="identifying SDKs")
_COMPARING = Text(zh="与声明比对", en="comparing with the declaration")



def _opening(file: str) -> Text:
    return Text(zh=f"{_OPENING.zh}：{file}", en=f"{_OPENING.en}: {file}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a build holds, before any declaration is looked at."""

    build: Build
    conduct: Conduct
    tool: Tool

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Everything that could not be read or is hidden."""
        return _sorted_gaps((*self.build.gaps, *self.conduct.gaps))


def read_build(
    path: Path,
    *,
    knowledge: Knowledge | None = None,
    calls: bool = False,
    beside: Beside = NOTHING,
    progress: Progress | None = None,
    cache: Cache | None = None,
) -> Facts:
    """Read a build and say which SDKs are in it. Raises BuildError when it cannot be opened as a build at all, SideFileError
    when a file given beside it cannot be used.

    ``knowledge`` is what to know; by default what the package ships. ``calls`` also looks for the calls that can read
    personal data. ``cache`` may have what was read of the same bytes before, and keeps what is read now.
    """
    tell = progress or _quiet
    knowledge = knowledge or load()
    tell(_OPENING)
    if cache is None:
        return _read(path, knowledge, calls, beside, tell)
    from auditor.cache import key_of

    try:
        key = key_of((path, beside.mapping, beside.merger_report), knowledge.version, calls=calls)
    except (OSError, ValueError):  # the reader says what is wrong with the file
        return _read(path, knowledge, calls, beside, tell)
    if (kept := cache.get(key)) is not None:
        return Facts(build=kept[0], conduct=kept[1], tool=_tool(knowledge))
    facts = _read(path, knowledge, calls, beside, tell)
    cache.put(key, facts.build, facts.conduct)
    return facts


def _read(path: Path, knowledge: Knowledge, calls: bool, beside: Beside, tell: Callable[[Text], None]) -> Facts:
    from auditor.infer import infer

    build = _with_beside(path, lens_of(knowledge, calls=calls), beside, lambda file: tell(_opening(file)))
    tell(_INFERRING)
    return Facts(build=build, conduct=infer(build, knowledge), tool=_tool(knowledge))


def _with_beside(path: Path, lens: Lens, beside: Beside, tell: Callable[[str], None]) -> Build:
    """Read a build, by the names its mapping restores, with what the merger report says of its manifest."""
    from auditor.extract import extract

    if beside.mapping is None:
        build = extract(path, lens=lens, tell=tell)
    else:
        from auditor.beside.mapping import open_mapping
        from auditor.beside.restore import by_written_names, restored

        names = open_mapping(beside.mapping)
        build = restored(extract(path, lens=by_written_names(lens, names), tell=tell), names, lens)
    if beside.merger_report is not None:
        from auditor.beside.merger import with_provenance

        build = with_provenance(build, beside.merger_report)
    return build


def lens_of(knowledge: Knowledge, *, calls: bool = False) -> Lens:
    """Return what to look for in code: what SDKs are known by after renaming, and calls where they are wanted."""
    from auditor.extract.lens import Lens, ScriptNames
    from auditor.infer.ios_references import wanted_names
    from auditor.infer.renamed import MINIFIED
    from auditor.infer.scripts import script_names
    from auditor.infer.sdks import owners_of
    from auditor.knowledge.wanted import wanted_calls

    traced: dict[TraceKind, set[str]] = {}
    for sdk in knowledge.sdks.values():
        for trace in sdk.traces:
            traced.setdefault(trace.kind, set()).add(trace.pattern)
    literals = frozenset(literal for one in knowledge.fingerprints for literal in one.literals)
    constants = frozenset(
        one.name for sdk in knowledge.sdks.values() for one in sdk.versions if one.kind is VersionKind.CONSTANT
    )
    names, owner = wanted_names(knowledge), owners_of(knowledge)
    entrances = _entrances(knowledge.apis) if calls else None
    return Lens(
        literals=literals | traced.get(TraceKind.LITERAL, set()),
        hosts=frozenset(traced.get(TraceKind.HOST, ())),
        native=frozenset(traced.get(TraceKind.NATIVE_SYMBOL, ())),
        hashed=knowledge.seeds,
        constants=constants,
        renamed=MINIFIED,
        named=lambda name: bool(owner(name)),
        **(wanted_calls(knowledge.apis)._asdict() if calls else {}),
        selectors=names.selectors,
        strings=names.strings,
        symbols=names.symbols,
        entrances=entrances,
        scripts={
            layer: ScriptNames(interfaces=interfaces, modules=modules) for layer, interfaces, modules in script_names(knowledge)
        },
        wordings={one.id: one.words for one in knowledge.signs.presences if one.words},
        links={one.id: one.links for one in knowledge.signs.presences if one.links},
        every_host=True,
    )


def _entrances(apis: Apis) -> Entrances:
    from auditor.extract.entrances import START, USE, CallbackRules, Entrance, Entrances, Handler
    from auditor.knowledge.api_schema import CallbackTime

    times = {CallbackTime.START: START, CallbackTime.USE: USE}
    return Entrances(
        points=tuple(
            Entrance(
                kind=one.kind,
                component=one.component,
                extends=one.extends,
                methods=frozenset(one.methods),
                callbacks=one.callbacks,
                start_up=one.start_up,
                launcher=one.launcher,
            )
            for one in apis.entry_points
        ),
        callbacks=CallbackRules(
            prefixes=tuple((one.name, times[one.by]) for one in apis.callbacks if not one.class_),
            exact=tuple((one.class_, one.name, times[one.by]) for one in apis.callbacks if one.class_),
            annotations=tuple((name, times[by]) for name, by in apis.annotated),
        ),
        inflated=apis.inflated,
        handlers=tuple(Handler(attribute=one.attribute, component=one.component, takes=one.takes) for one in apis.handlers),
    )


def audit_build(
    build: Path,
    declaration: Path,
    *,
    shown_as: str | None = None,
    knowledge: Knowledge | None = None,
    beside: Beside = NOTHING,
    progress: Progress | None = None,
    cache: Cache | None = None,
) -> Audit:
    """Audit a build against a declaration, which is read first so that its mistakes show at once.

    ``shown_as`` is the declaration's path as reports print it. Raises DeclarationError with every mistake of the
    declaration, PolicyError where it is a document and no policy, BuildError when the build cannot be opened as one, or is
    a library and no app, SideFileError when a file given beside it cannot be used.
    """
    return audit_and_facts(
        build, declaration, shown_as=shown_as, knowledge=knowledge, beside=beside, progress=progress, cache=cache
    )[0]


def audit_and_facts(
    build: Path,
    declaration: Path,
    *,
    shown_as: str | None = None,
    knowledge: Knowledge | None = None,
    beside: Beside = NOTHING,
    progress: Progress | None = None,
    cache: Cache | None = None,
) -> tuple[Audit, Facts]:
    """Audit a build as :func:`audit_build` does, and return what it holds too, from one reading."""
    knowledge = knowledge or load()
    (progress or _quiet)(DECLARING)
    declared, gaps = declared_in(declaration, shown_as=shown_as, knowledge=knowledge)
    facts = read_build(build, knowledge=knowledge, calls=True, beside=beside, progress=progress, cache=cache)
    if facts.build.identity.kind is BuildKind.LIBRARY:
        raise BuildError(
            f"{facts.build.identity.label} is a library, no app: a policy is declared for apps",
            "give the app that holds it, or use `auditor facts` to see what the library holds",
        )
    (progress or _quiet)(_COMPARING)
    return judge(facts, declared, knowledge, gaps), facts


def declared_in(
    path: Path, *, shown_as: str | None = None, knowledge: Knowledge | None = None
) -> tuple[Declaration, tuple[Gap, ...]]:
    """Return what ``path`` declares: a declaration, or a policy document read by machine, with what could not be read in it.

    Raises DeclarationError with every mistake of a declaration, PolicyError for a document that is no policy.
    """
    knowledge = knowledge or load()
    if not _is_document(path):
        return read_declaration(path, knowledge, shown_as), ()
    draft = draft_policy(path, shown_as=shown_as, knowledge=knowledge)
    file = draft.declaration.file
    found = []
    for gap in draft.gaps:
        location = Location(file=file, at=str(gap.at[0].line) if gap.at else "")
        found.append(Gap(location=location, reason=gap.reason, hides=frozenset(gap.hides)))
    return draft.declaration, (Gap(location=Location(file=file), reason=_UNREVIEWED), *found)


def _is_document(path: Path) -> bool:
    """Tell whether a file is a policy document and no declaration: by its suffix, where that tells, else by its content."""
    suffix = path.suffix.lower()
    if suffix in _DOCUMENTS or suffix in _DECLARATIONS:
        return suffix in _DOCUMENTS
    try:
        with path.open("rb") as file:
            head = file.read(_TOLD_BY)
    except OSError:
        return False  # the reader of declarations says what is wrong
    return bool(head.strip()) and (b"\0" in head or _DECLARES.search(head) is None)


def draft_policy(path: Path, *, shown_as: str | None = None, knowledge: Knowledge | None = None) -> Draft:
    """Draft a declaration from a policy document. Raises PolicyError where it is none."""
    from auditor.policy.extract import extract_policy
    from auditor.policy.read import read_document

    return extract_policy(read_document(path, shown_as), knowledge or load())


def draft_build(path: Path, *, knowledge: Knowledge | None = None, progress: Progress | None = None) -> BuildDraft:
    """Draft the rows a policy for a build would need. Raises BuildError when it cannot be opened as a build."""
    knowledge = knowledge or load()
    facts = read_build(path, knowledge=knowledge, calls=True, progress=progress)
    return draft_of(facts, knowledge)


def draft_of(facts: Facts, knowledge: Knowledge | None = None) -> BuildDraft:
    """Draft the rows a policy would need for what is known of a build."""
    from auditor.policy.needed import needed_rows

    return needed_rows(facts.build, facts.conduct, facts.gaps, knowledge or load())


def unread(path: Path, why: Text, *, knowledge: Knowledge | None = None) -> Facts:
    """Return what is known of a build that could not be read to its end: which file it is, and a gap over everything."""
    import hashlib

    state, size = hashlib.sha256(), 0
    if path.is_file():
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                state.update(block)
                size += len(block)
    identity = Identity(
        platform=_platform_of(path, why),
        app_id="",
        label="",
        version="",
        version_code="",
        sha256=state.hexdigest() if size else "",
        size=size,
    )
    gap = Gap(location=Location(file=path.name), reason=why, hides=frozenset(Table))
    return Facts(build=Build(identity=identity, facts=(), gaps=(gap,)), conduct=Conduct(), tool=_tool(knowledge or load()))


_HARMONY_SUFFIXES = (".hap", ".hsp", ".app")


def _platform_of(path: Path, why: Text) -> Platform:
    """Return what a build nobody could read is most likely for: by its name, and by the file at which it ended."""
    suffix = path.suffix.lower()
    if suffix == ".ipa" or "Payload/" in why.en or (suffix == ".app" and path.is_dir()):
        return Platform.IOS
    return Platform.HARMONYOS if suffix in _HARMONY_SUFFIXES else Platform.ANDROID


def judge(
    facts: Facts, declaration: Declaration, knowledge: Knowledge | None = None, declared_gaps: Sequence[Gap] = ()
) -> Audit:
    """Compare what a build holds with what is declared; ``declared_gaps`` say what may be declared and could not be read."""
    knowledge = knowledge or load()
    case = compare(facts.build, facts.conduct, declaration, knowledge)
    findings, rule_gaps = run_rules(case)
    if not declaration.reviewed:
        findings = _less_sure(findings, case.rows, declared_gaps)
    gaps = _sorted_gaps((*facts.gaps, *rule_gaps, *declared_gaps))
    checked = _with_doubts(case.checked, gaps)
    cited = sorted({id_ for rule in RULES for id_ in rule.info.cites})
    return Audit(
        tool=facts.tool,
        identity=facts.build.identity,
        declaration=declaration,
        verdict=_verdict(findings, checked),
        checked=checked,
        rows=case.rows,
        findings=findings,
        accepted=(),
        gaps=gaps,
        rules=tuple(rule.info for rule in RULES),
        clauses=clauses_for(knowledge, cited),
        manifest=facts.conduct.manifest,
        names=tuple(_names(_subjects(case.rows, facts.conduct), knowledge)),
        beside=facts.build.of(FactKind.MAPPING, FactKind.MERGER_REPORT),
        data_names=tuple(_data_names(case.rows, knowledge)),
        sensitive=tuple(id_ for id_ in _data_of(case.rows, knowledge) if knowledge.data_types[id_].sensitive),
        opens=tuple(_opens(case.rows, knowledge)),
        not_checkable=tuple(_not_checkable(declaration, knowledge)),
        presences=facts.conduct.presences,
        suppliers=tuple(_suppliers(case.rows, knowledge)),
    )


def compare_builds(
    old: Side, new: Side, audits: tuple[Audit, Audit] | None = None, knowledge: Knowledge | None = None
) -> Comparison:
    """Compare two builds of one app; ``audits`` are those of both, old and new, under one declaration: they tell what is undeclared."""
    knowledge = knowledge or load()
    findings: tuple[Finding, ...] = ()
    changes = diff(old, new)
    declared_gaps: tuple[Gap, ...] = ()
    hiding = [(gap, gap.hides & tables_of(side.identity.platform)) for side in (old, new) for gap in side.gaps]
    if audits is not None:
        changes, findings = judged(changes, *audits)
        read = {*old.gaps, *new.gaps}
        declared_gaps = tuple(gap for gap in audits[1].gaps if gap not in read)
        still_open = {gap for audit in audits for gap in audit.open_gaps}
        compared = {one.table for one in audits[1].checked if one.compared}
        hiding = [(gap, hides) for gap, hides in (*hiding, *((gap, gap.hides & compared) for gap in declared_gaps)) if gap in still_open]
    subjects = {name for change in changes for name in (change.item.subject, change.item.sdk)} | {one.subject for one in findings}
    return Comparison(
        tool=_tool(knowledge),
        old=old.identity,
        new=new.identity,
        declaration=audits[1].declaration if audits else None,
        changes=changes,
        findings=findings,
        old_gaps=old.gaps,
        new_gaps=new.gaps,
        declared_gaps=declared_gaps,
        doubted=tuple(table for table in Table if any(table in hides for _, hides in hiding)),
        names=tuple(_names(subjects, knowledge)),
        data_names=tuple((id_, knowledge.data_types[id_].name) for id_ in sorted(subjects & knowledge.data_types.keys())),
    )


def check_declaration(
    path: Path, *, shown_as: str | None = None, knowledge: Knowledge | None = None
) -> tuple[Declaration, tuple[Finding, ...], tuple[Gap, ...]]:
    """Read a declaration and look at the document alone. Raises DeclarationError with every mistake in it."""
    knowledge = knowledge or load()
    declaration = read_declaration(path, knowledge, shown_as)
    findings, gaps = run_rules(consider(declaration, knowledge))
    return declaration, findings, gaps


@dataclass(frozen=True, slots=True, kw_only=True)
class Linted:
    """What a policy document alone shows."""

    findings: tuple[Finding, ...]
    """Gravest first; each with its place in the document, where it has one."""
    gaps: tuple[Gap, ...]
    """What could not be read."""
    note: Text | None
    """What was not looked at, because the document is no whole policy."""


def lint_policy(path: Path, *, shown_as: str | None = None, knowledge: Knowledge | None = None) -> Linted:
    """Look at a policy document alone. Raises PolicyError where it cannot be read, or is none."""
    from auditor.policy.extract import extract_policy
    from auditor.policy.lint import lint_document
    from auditor.policy.read import read_document

    knowledge = knowledge or load()
    document = read_document(path, shown_as)
    declaration = extract_policy(document, knowledge).declaration
    found, note = lint_document(document, declaration)
    # only rows that were surely read can be said to lack something
    sure = replace(
        declaration,
        permissions=tuple(row for row in declaration.permissions if row.confidence is Confidence.HIGH),
        usage_keys=tuple(row for row in declaration.usage_keys if row.confidence is Confidence.HIGH),
        harmony_permissions=tuple(row for row in declaration.harmony_permissions if row.confidence is Confidence.HIGH),
        sdks=tuple(row for row in declaration.sdks if row.confidence is Confidence.HIGH),
    )
    on_rows = tuple(rule for rule in RULES if rule.info.id in _ON_ROWS)
    rows, rule_gaps = run_rules(consider(sure, knowledge), on_rows)
    findings = (*found, *(replace(finding, declared=None) for finding in rows))
    return Linted(
        findings=tuple(sorted(findings, key=_by_place)),
        gaps=_sorted_gaps((*document.gaps, *rule_gaps)),
        note=note,
    )


def _by_place(finding: Finding) -> tuple[int, int, tuple[int, int, str, str, str]]:
    """The order findings on a document are shown in: the gravest first, and those in the order of the text."""
    line = finding.policy.at.partition(" ")[0] if finding.policy is not None else ""
    return -finding.severity, int(line) if line.isdecimal() else 0, finding.key


_ON_ROWS = frozenset({"permission-without-purpose", "incomplete-sdk-row", "misspelt-declared-package"})
"""The rules on a declaration that hold for what was read by machine as well."""


def _less_sure(findings: Sequence[Finding], rows: Sequence[Row], gaps: Sequence[Gap]) -> tuple[Finding, ...]:
    """Lower the confidence of findings against what a machine read: at most medium, and low where a list was not found."""
    hidden = {table for gap in gaps for table in gap.hides}
    if not any(isinstance(row.declared, DeclaredData) for row in rows):
        hidden.add(Table.DATA)  # no kind of data was read at all: the list of them was not found
    doubtful = {row.subject for row in rows if row.table in hidden}
    capped = []
    for finding in findings:
        most = Confidence.LOW if finding.subject in doubtful else Confidence.MEDIUM
        capped.append(replace(finding, confidence=min(finding.confidence, most)))
    return tuple(sorted(capped, key=lambda finding: finding.key))


def contradicts(finding: Finding) -> bool:
    """Tell whether a finding is grave and sure enough to contradict the declaration."""
    return finding.severity >= Severity.MEDIUM and finding.confidence >= Confidence.MEDIUM


def _verdict(findings: Sequence[Finding], checked: Sequence[Checked]) -> Verdict:
    if any(contradicts(finding) for finding in findings):
        return Verdict.CONTRADICTED
    if any(one.compared and one.doubtful for one in checked):
        return Verdict.INCONCLUSIVE
    return Verdict.CONSISTENT


def _with_doubts(checked: Sequence[Checked], gaps: Sequence[Gap]) -> tuple[Checked, ...]:
    hidden = {table for gap in gaps for table in gap.hides}
    return tuple(
        Checked(table=one.table, compared=one.compared, reason=one.reason, doubtful=one.compared and one.table in hidden)
        for one in checked
    )


def _not_checkable(declaration: Declaration, knowledge: Knowledge) -> Iterator[NotCheckable]:
    for one in knowledge.not_checkable:
        places = tuple(statement.location for statement in declaration.statements if statement.kind in one.statements)
        yield NotCheckable(id=one.id, name=one.name, why=one.why, declared=places)


def _subjects(rows: Sequence[Row], conduct: Conduct) -> set[str]:
    """Return everything but data types that a report may have to name."""
    named = {row.subject for row in rows if row.table is not Table.DATA}
    return named | {one.sdk for row in rows for one in row.collectors} | {id_ for entry in conduct.manifest for id_ in entry.whom}


def _names(subjects: Collection[str], knowledge: Knowledge) -> Iterator[tuple[str, Text]]:
    for subject in sorted(subjects):
        if sdk := knowledge.sdks.get(subject):
            yield subject, sdk.name
        elif permission := knowledge.permissions.get(subject):
            yield subject, permission.label
        elif key := knowledge.usage_keys.get(subject):
            yield subject, key.label
        elif harmony := knowledge.harmony_permissions.get(subject):
            yield subject, harmony.label


def _suppliers(rows: Sequence[Row], knowledge: Knowledge) -> Iterator[Supplier]:
    for subject in sorted({row.subject for row in rows if row.table is Table.SDKS}):
        if sdk := knowledge.sdks.get(subject):
            yield Supplier(sdk=subject, vendor=sdk.vendor, url=sdk.url)


def _data_names(rows: Sequence[Row], knowledge: Knowledge) -> Iterator[tuple[str, Text]]:
    subjects = {name for row in rows if row.table is Table.DATA for name in (row.subject, row.covered_by)}
    for subject in sorted(subjects):
        if data := knowledge.data_types.get(subject):
            yield subject, data.name


def _data_of(rows: Sequence[Row], knowledge: Knowledge) -> list[str]:
    """Return the data types of the table of data, sorted."""
    return sorted({row.subject for row in rows if row.table is Table.DATA} & knowledge.data_types.keys())


def _opens(rows: Sequence[Row], knowledge: Knowledge) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the data types of the table of data that each permission and usage key of the other tables opens."""
    types = frozenset(_data_of(rows, knowledge))
    for subject in sorted({row.subject for row in rows if row.table not in (Table.SDKS, Table.DATA)}):
        data: tuple[str, ...] = ()
        if permission := knowledge.permissions.get(subject):
            data = permission.data
        elif key := knowledge.usage_keys.get(subject):
            data = key.data
        elif harmony := knowledge.harmony_permissions.get(subject):
            data = harmony.data
        if opened := tuple(sorted(types.intersection(data))):
            yield subject, opened


def _sorted_gaps(gaps: Sequence[Gap]) -> tuple[Gap, ...]:
    return tuple(sorted(set(gaps), key=lambda gap: gap.key))


def _tool(knowledge: Knowledge) -> Tool:
    return Tool(version=__version__, knowledge=knowledge.version)


def _quiet(_: Text) -> None:
    return None

"""``auditor evidence`` and ``auditor verify``: an audit packed so that it can be filed, and checked later."""

from __future__ import annotations

import datetime
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import click

from auditor import __version__
from auditor.beside import Beside
from auditor.cli import ExitCode, commands
from auditor.cli.limits import max_memory_option, timeout_option
from auditor.cli.outputs import Output, OutputType, claim, print_text, write
from auditor.errors import EvidenceError
from auditor.evidence import (
    AUDIT,
    FACTS,
    MANIFEST,
    README,
    REPORTS,
    Author,
    File,
    Pack,
    Problem,
    ProblemKind,
    Role,
    at,
    certificates,
    check,
    code_version,
    key_sha256,
    moment,
    open_pack,
    private_key,
    public_key,
    write_pack,
)
from auditor.model import Audit, Language, Text

if TYPE_CHECKING:
    pass

__all__ = ["COMMANDS", "evidence", "verify"]

_MAX_INPUT = 512 << 20
_WHEN = "ISO 8601 with its offset from UTC (2026-11-30T14:05:00+08:00)"


class _Moment(click.ParamType):  # type: ignore[type-arg]
    """A time, or a date, or ``now``."""

    name = "TIME"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> object:
        """Return the time as packs record it."""
        if isinstance(value, dict):
            return value
        if value == "now":
            return at(datetime.datetime.now(datetime.UTC))
        try:
            return moment(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time; give {_WHEN}, a date, or `now`", param, ctx)


@click.command()
@click.argument("build", type=click.Path(path_type=Path))
@click.option(
    "-d", "--declaration", required=True, type=click.Path(path_type=Path),
    help="The declared policy: a declaration (YAML), or the policy document itself.",
)
@click.option(
    "-o", "--output", required=True, type=OutputType(("zip",)), help="Where to write the pack: zip=case.zip.",
)
@click.option("--obtained-from", default="", metavar="TEXT", help="Where the build was obtained: a shop, an address, a device.")
@click.option("--obtained-at", type=_Moment(), help=f'When: {_WHEN}, a date, or "now".')
@click.option("--note", "notes", multiple=True, metavar="TEXT", help="Anything else to record; may be repeated.")
@click.option(
    "--made-at", type=_Moment(),
    help="When the pack is made, likewise.  [default: SOURCE_DATE_EPOCH where it is set, else no time is recorded]",
)
@click.option(
    "--policy", type=click.Path(path_type=Path), metavar="FILE",
    help="The policy document a declaration was made from, to be filed with it; its SHA-256 has to be the declared one.",
)
@click.option(
    "--attach", "attachments", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
    help="A further file to be filed (a PDF, a screenshot); may be repeated.",
)
@click.option(
    "--sign", "key_file", type=click.Path(path_type=Path), metavar="KEY.pem",
    help="Sign with this Ed25519 private key; AUDITOR_KEY_PASSWORD is its password, where it has one.",
)
@click.option(
    "--decisions", type=click.Path(path_type=Path), metavar="FILE", help="What people decided about findings and gaps.",
)
@commands._mapping
@commands._merger_report
@commands.knowledge_option
@timeout_option
@max_memory_option
@commands.language_option
def evidence(
    build: Path,
    declaration: Path,
    output: Output,
    obtained_from: str,
    obtained_at: dict[str, str] | None,
    notes: tuple[str, ...],
    made_at: dict[str, str] | None,
    policy: Path | None,
    attachments: tuple[Path, ...],
    key_file: Path | None,
    decisions: Path | None,
    mapping: Path | None,
    merger_report: Path | None,
    own_sdks: Path | None,
    timeout: int | None,
    max_memory: int | None,
    language: str,
) -> int:
    """Audit BUILD against a declaration and write a pack that can be filed: reports in both languages, results, everything that was
    given to the audit, certificates of the build, hashes, versions, and how the build was obtained.

    Prints the SHA-256 of the pack: note it on paper. `auditor verify` checks the pack later.

    Exit codes: 0 the pack is written, whatever the audit found; 2 unusable input, and nothing is written; 70, 130.
    """
    from auditor.cli.decided import Decider, today

    beside = Beside(mapping=mapping, merger_report=merger_report)
    given = [path for path in (build, declaration, *beside.paths, policy, *attachments, key_file, decisions) if path is not None]
    claim([output], given)
    speak = Language(language)
    key = private_key(key_file, os.environ.get("AUDITOR_KEY_PASSWORD", "")) if key_file is not None else None
    decider = Decider.of(decisions, None, inputs=given)
    made = made_at or (_epoch() if os.environ.get("SOURCE_DATE_EPOCH") else None)
    inputs, files = _inputs(declaration, policy, beside, decisions, own_sdks)
    if decisions is not None:
        inputs["decisions"] |= {"shown_as": commands.shown(decisions), "on": today().isoformat()}
    with commands.mistakes_in(declaration):
        audit, texts = commands.audited(
            build, declaration, beside, own_sdks, timeout, max_memory, speak, facts_as=("json",)
        )
    (audit,) = decider.applied([audit])
    if policy is not None and _sha256(files, inputs["policy"]["file"]) != audit.declaration.policy.sha256:
        raise EvidenceError(
            f"{policy} is not the policy the declaration was made from: its SHA-256 is another than policy.sha256 says",
            "give the document the declaration was made from, or correct the declaration",
        )
    if policy is None and (found := _policy_beside(declaration, audit)) is not None:
        inputs["policy"] = {"file": f"inputs/policy/{found.name}"}
        files.append(File(name=inputs["policy"]["file"], data=_read(found), role=Role.INPUT))
    results = _results(audit, texts)
    for path in attachments:
        files.append(File(name=f"attachments/{path.name}", data=_read(path), role=Role.ATTACHMENT))
    record = {
        "tool": {"version": audit.tool.version, "knowledge": audit.tool.knowledge, "code": code_version()},
        "command": _command(build, declaration, output, beside, policy, decisions, own_sdks, timeout, max_memory, attachments),
        "made_at": made,
        "acquisition": {"obtained_from": obtained_from, "obtained_at": obtained_at, "notes": list(notes)},
        "build": {"name": build.resolve().name, **_about(audit)},
        "inputs": inputs,
        "options": {"timeout": timeout, "max_memory": max_memory},
        "verdict": audit.verdict.value,
    }
    content = write_pack(record, [*files, *results, *certificates(audit)], key)
    write(output, content)
    import hashlib

    words = _Words(speak)
    print_text(f"{words('verdict')}{audit.verdict.value}\n{output.path}\nSHA-256 {hashlib.sha256(content).hexdigest()}\n")
    if key is not None:
        print_text(f"{words('signed')}{key_sha256(key.public_key())}\n")
    print_text(f"{words('note')}\n")
    if made is None:
        click.echo(words("no-time"), err=True)
    if "policy" not in inputs and audit.declaration.reviewed:
        click.echo(words("no-policy"), err=True)
    return ExitCode.CONSISTENT


def _about(audit: Audit) -> dict[str, Any]:
    """Return what a manifest says of the build."""
    identity = audit.identity
    return {
        "sha256": identity.sha256,
        "size": identity.size,
        "app_id": identity.app_id,
        "label": identity.label,
        "version": identity.version,
        "version_code": identity.version_code,
        "platform": identity.platform.value,
    }


def _policy_beside(declaration: Path, audit: Audit) -> Path | None:
    """Return the policy document a declaration names, where it lies where the declaration says and is the very one."""
    import hashlib

    source = audit.declaration.policy
    if not source.sha256 or not source.file:
        return None
    for folder in (declaration.parent, Path()):
        path = folder / source.file
        try:
            if path.is_file() and path.stat().st_size <= _MAX_INPUT and hashlib.sha256(path.read_bytes()).hexdigest() == source.sha256:
                return path
        except (OSError, ValueError):
            continue
    return None


def _epoch() -> dict[str, str]:
    from auditor.cli.decided import today

    today()  # says what is wrong with it
    return at(datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.UTC))


def _sha256(files: list[File], name: str) -> str:
    import hashlib

    return hashlib.sha256(next(one.data for one in files if one.name == name)).hexdigest()


def _inputs(
    declaration: Path, policy: Path | None, beside: Beside, decisions: Path | None, own_sdks: Path | None
) -> tuple[dict[str, dict[str, str]], list[File]]:
    """Return what is recorded of the files given, and the files. Raises EvidenceError."""
    inputs: dict[str, dict[str, str]] = {}
    files: list[File] = []
    given = {
        "declaration": declaration,
        "policy": policy,
        "mapping": beside.mapping,
        "merger-report": beside.merger_report,
        "decisions": decisions,
    }
    for kind, path in given.items():
        if path is None:
            continue
        name = f"inputs/{kind}/{path.resolve().name}"
        files.append(File(name=name, data=_read(path), role=Role.INPUT))
        inputs[kind] = {"file": name}
    inputs["declaration"]["shown_as"] = commands.shown(declaration)
    if own_sdks is not None:
        for path in sorted(own_sdks.glob("*.yaml")):
            name = f"inputs/knowledge/{path.name}"
            files.append(File(name=name, data=_read(path), role=Role.INPUT))
            inputs[f"knowledge/{path.name}"] = {"file": name}
    return inputs, files


def _read(path: Path) -> bytes:
    """Return a file to be filed. Raises EvidenceError where it cannot be."""
    try:
        if not path.is_file():
            raise EvidenceError(f"{path} is {'no regular file' if path.exists() else 'not there'}", "check the path")
        if path.stat().st_size > _MAX_INPUT:
            raise EvidenceError(f"{path} has more than {_MAX_INPUT >> 20} MB, which no pack takes", "leave it out")
        return path.read_bytes()
    except OSError as error:
        raise EvidenceError(f"{path} cannot be read ({error.strerror})", "check the path") from None


def _command(
    build: Path,
    declaration: Path,
    output: Output,
    beside: Beside,
    policy: Path | None,
    decisions: Path | None,
    own_sdks: Path | None,
    timeout: int | None,
    max_memory: int | None,
    attachments: tuple[Path, ...],
) -> list[str]:
    """Return the command as it is recorded: the options that bear on the result, and no path of this machine."""
    words = ["auditor", "evidence", build.resolve().name, "-d", commands.shown(declaration), "-o", f"zip={output.path.name}"]
    for option, path in (
        ("--policy", policy),
        ("--mapping", beside.mapping),
        ("--merger-report", beside.merger_report),
        ("--decisions", decisions),
        ("--knowledge", own_sdks),
        *(("--attach", path) for path in attachments),
    ):
        words += [option, commands.shown(path)] if path is not None else []
    for option, number in (("--timeout", timeout), ("--max-memory", max_memory)):
        words += [option, str(number)] if number is not None else []
    return words


def _results(audit: Audit, texts: Mapping[str, str]) -> Iterator[File]:
    yield File(name=AUDIT, data=_rendered(audit, "json", Language.EN), role=Role.RESULT)
    yield File(name=FACTS, data=texts["json"].encode("utf-8", "replace"), role=Role.RESULT)
    for name, language in REPORTS.items():
        yield File(name=name, data=_rendered(audit, "html", Language(language)), role=Role.RESULT)


def _rendered(audit: Audit, format_: str, language: Language) -> bytes:
    from auditor.report import FORMATS

    return FORMATS[format_].encoded([audit], language)


# -- verify -------------------------------------------------------------------------------------------------------


@click.command()
@click.argument("pack", metavar="CASE.zip", type=click.Path(path_type=Path))
@click.option(
    "--build", type=click.Path(path_type=Path), metavar="BUILD",
    help="The build the pack is about: the audit is done again from what the pack recorded, and its results compared byte by byte.",
)
@click.option(
    "--key", "key_file", type=click.Path(path_type=Path), metavar="PUBLIC.pem",
    help="The Ed25519 public key the pack has to be signed with.",
)
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Form of the answer.")
@commands.language_option
def verify(pack: Path, build: Path | None, key_file: Path | None, format_: str, language: str) -> int:
    """Check the evidence in CASE.zip: every file against its hash, the signature, the reports against the result they show, and with
    --build the result against the build.

    Without a signature a pack can be intact, and its author unknown.

    Exit codes: 0 intact (and, with --build, the same result came out again); 1 tampered with, or about another build, or signed by
    another; 2 no evidence pack, or an unusable input; 3 intact, but another version of auditor comes to another result; 70, 130.
    """
    speak = Language(language)
    found = open_pack(pack, public_key(key_file) if key_file is not None else None)
    done = _show_again(found)
    if build is not None:
        done |= _audit_again(found, build, speak)
    if format_ == "json":
        print_text(_as_json(found, done))
    else:
        print_text("".join(f"{line}\n" for line in _lines(found, done, build is not None, speak)))
    if any(one.kind.tampering for one in found.problems):
        return ExitCode.CONTRADICTED
    return ExitCode.INCONCLUSIVE if found.problems else ExitCode.CONSISTENT


def _show_again(found: Pack) -> set[str]:
    """Render the reports anew from the result in the pack and compare them; return what was compared."""
    from auditor.errors import WireError
    from auditor.wire.read import audit_from_wire

    if AUDIT not in found.files:
        return set()
    try:
        audit = audit_from_wire(json.loads(found.files[AUDIT]))
        made = {name: _rendered(audit, "html", Language(language)) for name, language in REPORTS.items()}
        made[AUDIT] = _rendered(audit, "json", Language.EN)
        made |= {one.name: one.data for one in (*certificates(audit), README)}
    except (WireError, ValueError, RecursionError):
        if found.manifest["tool"]["code"] == code_version():
            found.add(ProblemKind.RESULT_DIFFERS, AUDIT, "不是 auditor 写出的结果", "is no result that auditor writes")
        return set()
    said = {name: found.manifest["build"][name] for name in _about(audit)}
    versions = {name: found.manifest["tool"][name] for name in ("version", "knowledge")}
    result = (audit.verdict.value, audit.tool.version, audit.tool.knowledge)
    if said != _about(audit) or result != (found.manifest["verdict"], *versions.values()):
        found.add(
            ProblemKind.RESULT_DIFFERS,
            MANIFEST,
            f"所说的安装包、版本或结论与 {AUDIT} 不符",
            f"says another build, version or verdict than {AUDIT} does",
        )
    # the knowledge that judged has no part in how a result is shown
    check(found, made, {"version": __version__, "code": code_version()})
    return {name for name in made if name in found.files}


def _audit_again(found: Pack, build: Path, speak: Language) -> set[str]:
    """Do the audit again from what the pack recorded, and compare; return what was compared."""
    from auditor.cli.decided import Decider
    from auditor.decisions import parse_decisions

    inputs, options = found.manifest["inputs"], found.manifest["options"]
    lost = [one["file"] for one in inputs.values() if one["file"] not in found.files]
    if lost:
        return set()  # noted by now, and nothing to go on from
    with ExitStack() as stack, _unpacking():
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="auditor-")))

        def unpacked(kind: str) -> Path | None:
            if kind not in inputs:
                return None
            path = place / kind / PurePosixPath(inputs[kind]["file"]).name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(found.files[inputs[kind]["file"]])
            return path

        declaration = unpacked("declaration")
        assert declaration is not None  # noqa: S101 - no pack is opened without one
        beside = Beside(mapping=unpacked("mapping"), merger_report=unpacked("merger-report"))
        own_sdks = None
        for name in inputs:
            if name.startswith("knowledge/"):
                own_sdks = place / "knowledge"
                own_sdks.mkdir(exist_ok=True)
                (own_sdks / PurePosixPath(inputs[name]["file"]).name).write_bytes(found.files[inputs[name]["file"]])
        named = _named(build, place, found.manifest["build"]["name"])
        audit, texts = commands.audited(
            named, declaration, beside, own_sdks, options["timeout"], options["max_memory"], speak,
            shown_as=inputs["declaration"]["shown_as"], facts_as=("json",),
        )  # fmt: skip
    if audit.identity.sha256 != found.manifest["build"]["sha256"]:
        found.add(
            ProblemKind.OTHER_BUILD,
            "",
            f"所给的安装包不是证据所涉的那一个：SHA-256 是 {audit.identity.sha256}，证据记录的是 {found.manifest['build']['sha256']}",
            f"is about another build than the one given: its SHA-256 is {audit.identity.sha256}, the pack says"
            f" {found.manifest['build']['sha256']}",
        )
        return set()
    if "decisions" in inputs:
        read = parse_decisions(found.files[inputs["decisions"]["file"]], inputs["decisions"].get("shown_as", ""))
        on = datetime.date.fromisoformat(inputs["decisions"].get("on", ""))
        (audit,) = Decider(decisions=read, write_to=None, on=on).applied([audit])
    made = {one.name: one.data for one in (*_results(audit, texts), *certificates(audit))}
    noted = {one.file for one in found.problems}
    tool = {"version": audit.tool.version, "code": code_version(), "knowledge": audit.tool.knowledge}
    check(found, {name: data for name, data in made.items() if name not in noted}, tool)
    lacking = sorted(made.keys() - {one["name"] for one in found.manifest["files"]})
    for name in lacking:
        found.add(ProblemKind.MISSING, name, "重新得出的结果有此文件，证据包中没有", "comes out again and is not in the pack")
    return {name for name in made if name in found.files}


@contextmanager
def _unpacking() -> Iterator[None]:
    """Say in one line what keeps a pack from being unpacked. Raises EvidenceError."""
    try:
        yield
    except OSError as error:
        raise EvidenceError(
            f"the pack could not be unpacked to do the audit again ({error.strerror or error})", "free some space, or set TMPDIR"
        ) from None


def _named(build: Path, place: Path, name: str) -> Path:
    """Return the build under the name it had: some results hold the name of the file."""
    plain = PurePosixPath(name.replace("\\", "/")).name
    if build.name == plain or plain in ("", ".", "..") or not build.exists():
        return build
    link = place / "build" / plain
    link.parent.mkdir()
    try:
        link.symlink_to(build.resolve(), target_is_directory=build.is_dir())
    except (OSError, ValueError):
        return build
    return link


def _lines(found: Pack, done: set[str], again: bool, speak: Language) -> Iterator[str]:
    from auditor.report.plain import one_line

    words, manifest = _Words(speak), found.manifest
    build, acquisition = manifest["build"], manifest["acquisition"]
    yield f"SHA-256 {found.sha256}"
    name = build["label"] or build["app_id"] or build["name"]
    yield one_line(f"{words('build')}{name}  {build['app_id']}  {build['version']} ({build['version_code']})  {build['name']}")
    yield one_line(f"{words('build')}SHA-256 {build['sha256']}")
    yield one_line(f"{words('tool')}auditor {manifest['tool']['version']}  {words('knowledge')}{manifest['tool']['knowledge']}")
    for key, when in (("made-at", manifest.get("made_at")), ("obtained-at", acquisition["obtained_at"])):
        yield one_line(f"{words(key)}{'  '.join(when.values()) if when else words('not-recorded')}")
    yield one_line(f"{words('obtained-from')}{acquisition['obtained_from'] or words('not-recorded')}")
    for note in acquisition["notes"]:
        yield one_line(f"{words('remark')}{note}")
    yield one_line(f"{words('verdict')}{manifest['verdict']}")
    yield f"{words('files')}{len(found.files)} / {len(manifest['files'])}"
    yield f"{words('author')}{words('author.' + found.author.value)}{'  ' + found.key if found.key else ''}"
    yield f"{words('again')}{', '.join(sorted(done)) or '-'}" if again else words("not-again")
    for problem in found.problems:
        yield one_line(f"  {problem.kind.value}  {problem.file}  {problem.what.in_(speak)}")
    yield words(_conclusion(found, again))


def _conclusion(found: Pack, again: bool) -> str:
    if any(one.kind.tampering for one in found.problems):
        return "tampered"
    if found.problems:
        return "other-version"
    known = "unknown" if found.author is Author.UNKNOWN else "signed"
    return f"intact.{known}.again" if again else f"intact.{known}"


def _as_json(found: Pack, done: set[str]) -> str:
    def plain(one: Problem) -> dict[str, Any]:
        return {"kind": one.kind.value, "file": one.file, "what": {"zh": one.what.zh, "en": one.what.en}}

    document = {
        "sha256": found.sha256,
        "intact": not any(one.kind.tampering for one in found.problems),
        "author": found.author.value,
        "key": found.key,
        "compared": sorted(done),
        "problems": [plain(one) for one in found.problems],
        "manifest": dict(found.manifest),
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


class _Words:
    """The words of both commands."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def __call__(self, key: str) -> str:
        return _SAID[key].in_(self._language)


_SAID = {
    key: Text(zh=zh, en=en)
    for key, zh, en in (
        ("again", "重新审计并逐字节比对：", "audited again and compared byte by byte: "),
        ("author", "签名：", "signature: "),
        ("author.expected", "有效，出自所要求的密钥", "holds, by the key expected"),
        ("author.refuted", "不成立", "does not hold"),
        ("author.signed", "有效，密钥 SHA-256（请与签署者公布的核对）", "holds; compare the key's SHA-256 with the one its owner gives"),
        ("author.unknown", "无，作者未知", "none, author unknown"),
        ("build", "安装包：", "build: "),
        ("files", "与清单相符的文件：", "files as the manifest has them: "),
        ("intact.signed", "完整，签名有效。", "Intact, and signed."),
        ("intact.signed.again", "完整，签名有效，重新审计所得结果逐字节相同。", "Intact, signed, and the same result came out again."),
        ("intact.unknown", "完整，作者未知。", "Intact, author unknown."),
        (
            "intact.unknown.again",
            "完整，作者未知，重新审计所得结果逐字节相同。",
            "Intact, author unknown, and the same result came out again.",
        ),
        ("knowledge", "知识库 ", "knowledge "),
        ("made-at", "制作时间：", "made at: "),
        ("no-time", "证据包未记录制作时间；--made-at now 会记录当前时间", "no time is recorded in the pack; --made-at now records it"),
        ("not-again", "未重新审计：用 --build 给出安装包即可", "not audited again: --build gives the build"),
        ("not-recorded", "未记录", "not recorded"),
        (
            "note",
            "请将此 SHA-256 另行抄录在纸上：日后可证明证据包未被替换。",
            "Note this SHA-256 on paper: it shows later that the pack is the same.",
        ),
        (
            "no-policy",
            "隐私政策原文不在证据包中；--policy 可将其放入",
            "the policy document itself is not in the pack; --policy adds it",
        ),
        ("obtained-at", "取得时间：", "obtained at: "),
        ("obtained-from", "取得自：", "obtained from: "),
        (
            "other-version",
            "完整，但当前版本的 auditor 得出不同的字节；要比对，请用所记录的版本。",
            "Intact, but this version of auditor comes to other bytes; use the version recorded to compare.",
        ),
        ("remark", "备注：", "note: "),
        ("signed", "签名密钥 SHA-256 ", "signed with the key of SHA-256 "),
        ("tampered", "与所记录的不符：见上列各项。", "Not as it was made: see above."),
        ("tool", "工具：", "tool: "),
        ("verdict", "结论：", "verdict: "),
    )
}  # fmt: skip

COMMANDS = {"evidence": evidence, "verify": verify}

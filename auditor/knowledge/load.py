"""Knowledge as the rest of the house reads it: one compiled file, loaded once.

The YAML is the source; ``compiled.json`` is made from it by ``python -m auditor.knowledge`` and is all that is read at
run time, so that starting an audit costs no YAML parser.
"""

from __future__ import annotations

import gc
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, overload

from auditor.errors import KnowledgeError
from auditor.knowledge.schema import (
    NO_POLICY_WORDS,
    Brings,
    BroughtManifest,
    Category,
    ClauseKnowledge,
    Cover,
    DataTypeKnowledge,
    DataWords,
    Fingerprint,
    FingerprintKind,
    Grant,
    HarmonyLevel,
    HarmonyPermissionKnowledge,
    Knowledge,
    NotCheckableKnowledge,
    PackerKnowledge,
    PermissionKnowledge,
    PermissionWords,
    PolicyWords,
    ProtectionLevel,
    PurposeWords,
    SdkKnowledge,
    StatementWords,
    Strength,
    Trace,
    TraceKind,
    UsageKeyKnowledge,
    VendorPattern,
    VersionKind,
    VersionSource,
)
from auditor.knowledge.seeds import SEEDS, Seeds
from auditor.model import Clause, Platform, Text

if TYPE_CHECKING:
    from auditor.knowledge.api_schema import Apis
    from auditor.knowledge.sign_schema import Signs

__all__ = [
    "COMPILED",
    "COMPILED_APIS",
    "COMPILED_FINGERPRINTS",
    "COMPILED_SIGNS",
    "DAMAGE",
    "broken",
    "clauses_for",
    "compile_apis",
    "compile_calls",
    "compile_fingerprints",
    "compile_knowledge",
    "compile_signs",
    "fingerprints_from",
    "knowledge_from",
    "load",
    "load_with",
    "read_yaml",
]

COMPILED = "compiled.json"
"""Name of the compiled file in this package."""

COMPILED_FINGERPRINTS = "fingerprints.json"
"""Name of the other one: it is read only for a build whose code was renamed."""

COMPILED_APIS = "apis.json"
"""Name of the third: it is read only for a build whose calls, symbols or strings are looked at."""

COMPILED_SIGNS = "signs.json"
"""Name of the fourth: scripts, hosts and signs of practice; it is read only where a build is."""

DAMAGE = (ValueError, LookupError, TypeError, AttributeError, RecursionError, re.error)
"""What :func:`knowledge_from` raises on bytes that :func:`compile_knowledge` did not make."""


@cache
def load() -> Knowledge:
    """Return the knowledge the package ships, read once per process from its compiled file.

    Its fingerprints, seeds, interfaces and signs are read when they are first looked at. Raises KnowledgeError where a file is missing or
    damaged, then as now: the installation is broken, or the file was edited.
    """
    collecting = gc.isenabled()
    gc.disable()  # all of it stays: looking for garbage among thousands of new objects costs a third of the time
    try:
        return knowledge_from(_shipped(COMPILED), _ShippedFingerprints(), _ShippedSeeds(), _shipped_apis_later(), _shipped_signs_later())
    except (OSError, *DAMAGE) as error:
        raise broken(COMPILED, error) from error
    finally:
        if collecting:
            gc.enable()


def _shipped(name: str) -> bytes:
    from importlib.resources import files

    return files("auditor.knowledge").joinpath(name).read_bytes()


def broken(name: str, error: Exception) -> KnowledgeError:
    """Return the error that says that a compiled file cannot be read, and what to do."""
    reason = f"{name}:1: cannot be read ({type(error).__name__}: {error})"
    return KnowledgeError([f"{reason}; make it anew: python -m auditor.knowledge"])


@cache
def _shipped_fingerprints() -> tuple[Fingerprint, ...]:
    try:
        return fingerprints_from(_shipped(COMPILED_FINGERPRINTS))
    except (OSError, *DAMAGE) as error:
        raise broken(COMPILED_FINGERPRINTS, error) from error


@cache
def _shipped_seeds() -> Seeds:
    try:
        return Seeds(_shipped(SEEDS))
    except (OSError, *DAMAGE) as error:
        raise broken(SEEDS, error) from error


class _ShippedFingerprints(Sequence[Fingerprint]):
    """The fingerprints the package ships. Holds nothing itself, so that sending it to another process costs nothing."""

    @overload
    def __getitem__(self, index: int) -> Fingerprint: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Fingerprint, ...]: ...
    def __getitem__(self, index: int | slice) -> Fingerprint | tuple[Fingerprint, ...]:
        return _shipped_fingerprints()[index]

    def __iter__(self) -> Iterator[Fingerprint]:
        return iter(_shipped_fingerprints())

    def __len__(self) -> int:
        return len(_shipped_fingerprints())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ShippedFingerprints)

    def __hash__(self) -> int:
        return hash(_ShippedFingerprints)


@cache
def _shipped_apis() -> Apis:
    from auditor.knowledge.api_load import apis_from

    try:
        return apis_from(_shipped(COMPILED_APIS))
    except (OSError, *DAMAGE) as error:
        raise broken(COMPILED_APIS, error) from error


@cache
def _shipped_signs() -> Signs:
    from auditor.knowledge.sign_load import signs_from

    try:
        return signs_from(_shipped(COMPILED_SIGNS))
    except (OSError, *DAMAGE) as error:
        raise broken(COMPILED_SIGNS, error) from error


class _Later:
    """What ``read`` gives, read when first asked for."""

    def __init__(self, read: Callable[[], object]) -> None:
        self._read = read

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._read(), name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Later) and self._read is other._read

    def __hash__(self) -> int:
        return hash(self._read)


def _shipped_apis_later() -> Apis:
    return cast("Apis", _Later(_shipped_apis))  # no subclass of it: that would load what this is there to put off


def _shipped_signs_later() -> Signs:
    return cast("Signs", _Later(_shipped_signs))


class _ShippedSeeds(Mapping[str, str]):
    """The seeds the package ships, likewise."""

    def __getitem__(self, key: str) -> str:
        return _shipped_seeds()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(_shipped_seeds())

    def __len__(self) -> int:
        return len(_shipped_seeds())

    def __contains__(self, key: object) -> bool:
        return key in _shipped_seeds()


def load_with(directory: Path) -> Knowledge:
    """Return the shipped knowledge with a user's own SDKs added: the ``*.yaml`` files in ``directory``.

    A file with the id of a shipped SDK takes its place; ``version`` then is that of the whole. Raises KnowledgeError with
    every mistake as ``file:line: message``.
    """
    from auditor.knowledge.source import read_own

    plain = json.loads(_shipped(COMPILED))
    plain["sdks"] |= read_own(directory, plain)
    return knowledge_from(_compile(plain), _ShippedFingerprints(), _ShippedSeeds(), _shipped_apis_later(), _shipped_signs_later())


def read_yaml(directory: Path) -> dict[str, Any]:
    """Return the knowledge written in ``directory``; see :func:`auditor.knowledge.source.read_yaml`."""
    from auditor.knowledge.source import read_yaml as read  # brings the YAML parser in

    return read(directory)


def compile_knowledge(plain: dict[str, Any]) -> bytes:
    """Return what :func:`read_yaml` read as JSON: the same bytes for the same knowledge, one entry per line.

    Of the fingerprints, seeds, interfaces and signs it holds no more than their SHA-256, for its version to change with them.
    """
    digests = {
        COMPILED_FINGERPRINTS: hashlib.sha256(compile_fingerprints(plain)).hexdigest(),
        COMPILED_APIS: hashlib.sha256(compile_apis(plain)).hexdigest(),
        COMPILED_SIGNS: hashlib.sha256(compile_signs(plain)).hexdigest(),
        SEEDS: plain["seeds"].get("sha256", ""),
    }
    rest = {name: entries for name, entries in plain.items() if name not in ("fingerprints", "seeds", "apis", "signs")}
    return _compile({**rest, "others": digests})


def compile_fingerprints(plain: dict[str, Any]) -> bytes:
    """Return the fingerprints of what :func:`read_yaml` read as JSON, likewise."""
    return _compile({"fingerprints": plain["fingerprints"]})


def compile_apis(plain: dict[str, Any]) -> bytes:
    """Return the interfaces of what :func:`read_yaml` read as JSON, likewise."""
    return _compile(plain["apis"])


def compile_calls(plain: dict[str, Any]) -> bytes:
    """Return which calls to look for in code, by the interfaces of what :func:`read_yaml` read, a line each."""
    from auditor.knowledge.api_load import apis_from
    from auditor.knowledge.wanted import wanted_calls, written_calls

    return written_calls(wanted_calls(apis_from(compile_apis(plain))))


def compile_signs(plain: dict[str, Any]) -> bytes:
    """Return the scripts, hosts and signs of practice of what :func:`read_yaml` read as JSON, likewise."""
    return _compile(plain["signs"])


def _compile(plain: dict[str, Any]) -> bytes:
    sections = ",\n".join(_section(name, plain[name]) for name in sorted(plain))
    return f"{{\n{sections}\n}}\n".encode()


def _section(name: str, entries: Any) -> str:
    def line(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    if isinstance(entries, dict):
        lines = [f"{line(key)}:{line(entries[key])}" for key in sorted(entries)]
        opening, closing = "{", "}"
    else:
        lines = [line(entry) for entry in entries]
        opening, closing = "[", "]"
    return "\n".join([f"{line(name)}:{opening}", ",\n".join(lines), closing])


def knowledge_from(
    compiled: bytes,
    fingerprints: Sequence[Fingerprint] = (),
    seeds: Mapping[str, str] | None = None,
    apis: Apis | None = None,
    signs: Signs | None = None,
) -> Knowledge:
    """Return the knowledge in a compiled file; raises one of DAMAGE where :func:`compile_knowledge` did not make it."""
    plain = json.loads(compiled)
    given: dict[str, Any] = {name: value for name, value in (("apis", apis), ("signs", signs)) if value is not None}
    return Knowledge(
        version=hashlib.sha256(compiled).hexdigest()[:12],
        data_types={id_: _data_type(id_, entry) for id_, entry in plain["data_types"].items()},
        not_checkable=tuple(
            NotCheckableKnowledge(
                id=entry["id"],
                name=_text(entry["name"]),
                why=_text(entry["why"]),
                statements=tuple(entry.get("statements", ())),
            )
            for entry in plain.get("not_checkable", ())
        ),
        data_covers=tuple(_cover(entry) for entry in plain["data_covers"]),
        data_hints=tuple(_cover(entry) for entry in plain["data_hints"]),
        permissions={name: _permission(name, entry) for name, entry in plain["permissions"].items()},
        vendor_patterns=tuple(
            VendorPattern(pattern=re.compile(entry["pattern"]), vendor=entry["vendor"])
            for entry in plain["vendor_patterns"]
        ),
        permission_covers=tuple(_cover(entry) for entry in plain["permission_covers"]),
        usage_keys={key: _usage_key(key, entry) for key, entry in plain["usage_keys"].items()},
        usage_key_covers=tuple(_cover(entry) for entry in plain["usage_key_covers"]),
        harmony_permissions={
            name: _harmony_permission(name, entry) for name, entry in plain.get("harmony_permissions", {}).items()
        },
        harmony_others=frozenset(plain.get("harmony_others", ())),
        harmony_covers=tuple(_cover(entry) for entry in plain.get("harmony_covers", ())),
        sdks={id_: _sdk(id_, entry) for id_, entry in plain["sdks"].items()},
        brings={id_: _brings(id_, entry) for id_, entry in plain.get("brings", {}).items()},
        fingerprints=fingerprints,
        seeds={} if seeds is None else seeds,
        packers={id_: _packer(id_, entry) for id_, entry in plain["packers"].items()},
        clauses={id_: _clause(id_, entry) for id_, entry in plain["clauses"].items()},
        categories={id_: _category(id_, entry) for id_, entry in plain["categories"].items()},
        policy_words=_policy_words(plain["policy_words"]) if "policy_words" in plain else NO_POLICY_WORDS,
        **given,
    )


def fingerprints_from(compiled: bytes) -> tuple[Fingerprint, ...]:
    """Return the fingerprints in a compiled file; raises one of DAMAGE likewise."""
    return tuple(_fingerprint(entry) for entry in json.loads(compiled)["fingerprints"])


def clauses_for(knowledge: Knowledge, ids: Iterable[str]) -> tuple[Clause, ...]:
    """Return the clauses with these ids, in their order, each once.

    Raises KnowledgeError for every id that no clause has, and for every clause whose text was not seen in a source:
    such a clause is never cited.
    """
    clauses: list[Clause] = []
    wrong: list[str] = []
    for id_ in dict.fromkeys(ids):
        found = knowledge.clauses.get(id_)
        if found is None:
            wrong.append(f"regulations.yaml: there is no clause {id_!r}")
        elif found.unverified:
            wrong.append(f"regulations.yaml: the clause {id_!r} is unverified and cannot be cited")
        else:
            clauses.append(found.clause)
    if wrong:
        raise KnowledgeError(wrong)
    return tuple(clauses)


# -- entries --------------------------------------------------------------------------------------------------------

_NOTHING = Text(zh="", en="")
_LEVELS = {level.value: level for level in ProtectionLevel}
_KINDS = {kind.value: kind for kind in TraceKind}
_STRENGTHS = {strength.name.lower(): strength for strength in Strength}


def _text(pair: list[str] | None) -> Text:
    return Text(zh=pair[0], en=pair[1]) if pair else _NOTHING


def _data_type(id_: str, entry: dict[str, Any]) -> DataTypeKnowledge:
    return DataTypeKnowledge(
        id=id_,
        name=_text(entry["name"]),
        sensitive=entry.get("sensitive", False),
        core=entry.get("core", False),
        arises=entry.get("arises", ""),
        platforms=frozenset(Platform(name) for name in entry["platforms"]) if "platforms" in entry else frozenset(Platform),
        aliases_zh=tuple(entry.get("aliases_zh", ())),
        aliases_en=tuple(entry.get("aliases_en", ())),
    )


def _permission(name: str, entry: dict[str, Any]) -> PermissionKnowledge:
    return PermissionKnowledge(
        name=name,
        level=_LEVELS[entry["level"]],
        label=_text(entry.get("label")),
        group=entry.get("group", ""),
        data=tuple(entry.get("data", ())),
        special_access=entry.get("special", False),
        vendor=entry.get("vendor", ""),
        added=entry.get("added", 0),
        removed_after=entry.get("removed_after", 0),
        by_calls=entry.get("by_calls", False),
        unverified=entry.get("unverified", False),
    )


def _harmony_permission(name: str, entry: dict[str, Any]) -> HarmonyPermissionKnowledge:
    return HarmonyPermissionKnowledge(
        name=name,
        level=HarmonyLevel(entry["level"]),
        grant=Grant(entry["grant"]),
        label=_text(entry.get("label")),
        group=entry.get("group", ""),
        data=tuple(entry.get("data", ())),
        system=entry.get("system", False),
        since=entry.get("since", 0),
        deprecated=entry.get("deprecated", 0),
    )


def _cover(entry: dict[str, Any]) -> Cover:
    return Cover(
        declared=entry["declared"], covers=tuple(entry["covers"]), why=_text(entry["why"]), source=entry["source"]
    )


def _usage_key(key: str, entry: dict[str, Any]) -> UsageKeyKnowledge:
    return UsageKeyKnowledge(
        key=key,
        label=_text(entry["label"]),
        data=tuple(entry.get("data", ())),
        since=entry.get("since", ""),
        deprecated=entry.get("deprecated", ""),
        only_on=entry.get("only_on", ""),
        unverified=entry.get("unverified", False),
    )


def _sdk(id_: str, entry: dict[str, Any]) -> SdkKnowledge:
    traces = tuple(
        Trace(kind=_KINDS[kind], pattern=pattern, strength=_STRENGTHS[word])
        for kind, strengths in entry.get("traces", {}).items()
        for word, patterns in strengths.items()
        for pattern in patterns
    )
    return SdkKnowledge(
        id=id_,
        name=_text(entry["name"]),
        vendor=_text(entry["vendor"]),
        category=entry["category"],
        platforms=frozenset(Platform(platform) for platform in entry["platforms"]),
        collects=tuple(entry.get("collects", ())),
        part_of=tuple(entry.get("part_of", ())),
        aliases=tuple(entry.get("aliases", ())),
        declared_as=tuple(entry.get("declared_as", ())),
        links=tuple(entry.get("links", ())),
        url=entry.get("url", ""),
        traces=traces,
        excepted=tuple(entry.get("excepted", ())),
        sources=tuple(entry["sources"]),
        unverified=entry.get("unverified", False),
        permissions=tuple(entry.get("permissions", ())),
        versions=tuple(
            VersionSource(
                kind=VersionKind(one["kind"]),
                name=one["name"],
                pattern=re.compile(one["pattern"]) if "pattern" in one else None,
            )
            for one in entry.get("versions", ())
        ),
    )


def _brings(id_: str, entry: dict[str, Any]) -> Brings:
    return Brings(
        id=id_,
        packages=tuple(entry.get("packages", ())),
        manifests=tuple(
            BroughtManifest(
                line=one["line"],
                versions=tuple(one["versions"]),
                permissions=tuple(one.get("permissions", ())),
                components=tuple((kind, name) for kind, name in one.get("components", ())),
                queries=tuple((kind, name) for kind, name in one.get("queries", ())),
                packages=tuple(one.get("packages", ())),
            )
            for one in entry.get("manifests", ())
        ),
    )


def _fingerprint(entry: dict[str, Any]) -> Fingerprint:
    return Fingerprint(
        id=entry["id"],
        kind=FingerprintKind(entry["kind"]),
        line=entry["line"],
        members=tuple(entry["members"]),
        present=entry["present"],
        suspected=entry["suspected"],
        literals=tuple(entry["literals"]),
    )


def _packer(id_: str, entry: dict[str, Any]) -> PackerKnowledge:
    return PackerKnowledge(
        id=id_,
        name=_text(entry["name"]),
        so_names=frozenset(entry.get("so_names", ())),
        files=tuple(entry.get("files", ())),
        path_patterns=tuple(re.compile(pattern) for pattern in entry.get("path_patterns", ())),
        application_classes=frozenset(entry.get("application_classes", ())),
        weak=frozenset(entry.get("weak", ())),
    )


def _clause(id_: str, entry: dict[str, Any]) -> ClauseKnowledge:
    return ClauseKnowledge(
        clause=Clause(id=id_, cite=_text(entry["cite"]), summary=_text(entry["summary"])),
        grounds=tuple(entry.get("grounds", ())),
        unverified=entry.get("unverified", False),
    )


def _category(id_: str, entry: dict[str, Any]) -> Category:
    return Category(
        id=id_,
        name=_text(entry["name"]),
        necessary=tuple(entry.get("necessary", ())),
        unverified=entry.get("unverified", False),
    )


def _policy_words(entry: dict[str, Any]) -> PolicyWords:
    return PolicyWords(
        labels={field: tuple(one.get("words", ())) for field, one in entry["labels"].items()},
        label_endings={field: tuple(one.get("endings", ())) for field, one in entry["labels"].items()},
        sections=tuple((id_, tuple(cues)) for id_, cues in entry["sections"]),
        permissions=tuple(
            PermissionWords(
                permissions=tuple(one["permissions"]),
                data=tuple(one.get("data", ())),
                words=tuple(one.get("words", ())),
                bare=tuple(one.get("bare", ())),
            )
            for one in entry["permissions"]
        ),
        usage_keys=_tuples(entry["usage_keys"]),
        data={type_: DataWords(**_tuples(words)) for type_, words in entry["data"].items()},
        vague=_tuples(entry["vague"]),
        nothing=tuple(entry["nothing"]),
        cues=_tuples(entry["cues"]),
        statements=tuple(
            StatementWords(kind=one["kind"], all=tuple(map(tuple, one["all"])), none=tuple(one["none"]))
            for one in entry["statements"]
        ),
        purposes=tuple(
            PurposeWords(
                id=one["id"],
                name=_text(one["name"]),
                categories=tuple(one["categories"]),
                zh=tuple(one["zh"]),
                en=tuple(one["en"]),
            )
            for one in entry["purposes"]
        ),
    )


def _tuples(entry: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(words) for key, words in entry.items()}

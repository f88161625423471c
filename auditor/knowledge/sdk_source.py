"""``sdks/*.yaml``, manifests, fingerprints and seeds read into plain structures, with every mistake reported."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from auditor.knowledge.entries import ID, LITERAL_LENGTH, SEGMENTS, SHA256, Ids, Plain, both_of, slim
from auditor.knowledge.schema import (
    ANDROID_TRACES,
    HARMONY_TRACES,
    IOS_TRACES,
    SDK_CATEGORIES,
    FingerprintKind,
    Strength,
    TraceKind,
    VersionKind,
)
from auditor.knowledge.seeds import SEEDS, Seeds
from auditor.model import Platform
from auditor.records import Mistake, Record, did_you_mean, read_record

__all__ = ["read_brings", "read_fingerprints", "read_sdks", "read_seeds"]

_STARRED = frozenset({TraceKind.NATIVE_LIBRARY, TraceKind.ASSET, TraceKind.URL_SCHEME})
_ONLY_NAMES = frozenset({TraceKind.COMPONENT, TraceKind.QUERY_SCHEME})
_ONLY_SUPPORTS = frozenset({TraceKind.NATIVE_SYMBOL, TraceKind.HOST, TraceKind.LITERAL, TraceKind.OHPM_PACKAGE})
_OHPM = re.compile(r"(?:@[a-z0-9_-]+/)?[A-Za-z0-9_.-]+\Z")
_HOST = re.compile(r"(?=.{4,100}\Z)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+\Z")
_ADDRESS = re.compile(r"[0-9.]+\Z")
_ENDINGS = {
    TraceKind.NATIVE_LIBRARY: ".so",
    TraceKind.FRAMEWORK: ".framework",
    TraceKind.BUNDLE: ".bundle",
}


def read_sdks(
    paths: Sequence[Path], place: str, mistakes: list[Mistake], data_types: Collection[str], others: Plain
) -> Plain:
    """Read SDKs; ``others`` are known already, and give way to one of the same id. ``place`` is the folder to print."""
    own = {path.stem for path in paths}
    sdks: Plain = {id_: entry for id_, entry in others.items() if id_ not in own}
    owners: dict[tuple[TraceKind, str], str] = {
        (kind, pattern): id_
        for id_, entry in sdks.items()
        for kind in TraceKind
        for pattern in entry.get("traces", {}).get(kind.value, {}).get(Strength.PROVES.name.lower(), ())
    }
    parents: list[tuple[Record, str, tuple[str, ...]]] = []
    for path in paths:
        name = f"{place}/{path.name}"
        record = read_record(name, path.read_bytes(), mistakes, name)
        if record is None:
            continue
        id_ = record.text("id", required=True)
        if id_ != path.stem or not ID.match(id_):
            record.wrong(f"the id of {name} must be {path.stem!r}, in lower-case letters, digits and dashes", "id")
        sdks[path.stem], part_of = _sdk(record, path.stem, data_types, owners)
        parents.append((record, path.stem, part_of))
        record.done()
    for record, id_, part_of in parents:
        for parent in part_of:
            if parent not in sdks:
                record.wrong(f"part_of: {parent!r} is no SDK described here{did_you_mean(parent, sdks)}", "part_of")
            elif id_ in _ancestors(parent, sdks):
                record.wrong(f"part_of: {id_!r} ends up inside itself", "part_of")
    return sdks


_TRACES = {Platform.ANDROID: ANDROID_TRACES, Platform.IOS: IOS_TRACES, Platform.HARMONYOS: HARMONY_TRACES}


def _ancestors(id_: str, sdks: Plain) -> Iterator[str]:
    """Return ``id_`` and everything it ships inside of, each once."""
    found = [id_]
    for one in found:  # grows while it is walked
        yield one
        found.extend(parent for parent in sdks.get(one, {}).get("part_of", ()) if parent not in found)


def _sdk(
    record: Record, id_: str, data_types: Collection[str], owners: dict[tuple[TraceKind, str], str]
) -> tuple[Plain, tuple[str, ...]]:
    before = len(record.mistakes)
    platforms = record.texts("platforms", required=True, among=[str(one.value) for one in Platform])
    if not platforms and len(record.mistakes) == before:
        record.wrong(f"{record.what}.platforms is empty", "platforms")
    traces: Plain = {}
    excepted: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    versions: list[dict[str, str]] = []
    for platform, kinds in _TRACES.items():
        section = record.record(platform.value)
        if section is None:
            continue
        if platform.value not in platforms:
            record.wrong(f"traces for {platform.value}, which is not among its platforms", platform.value)
        for kind in kinds:
            found = section.record(kind.value)
            if found is None:
                continue
            patterns = _traces(found, kind, id_, owners)
            if kind is TraceKind.PACKAGE:
                excepted = _excepted(found, [pattern for listed in patterns.values() for pattern in listed])
            if patterns:
                traces[kind.value] = patterns
            found.done()
        if platform is Platform.ANDROID:
            permissions = section.texts("permissions", fault=_sdk_permission_fault)
        versions += _versions(section, platform)
        section.done()
    part_of = record.texts("part_of")
    before = len(record.mistakes)
    sources = record.texts("sources", required=True)
    if not sources and len(record.mistakes) == before:
        record.wrong(f"{record.what}.sources is empty: say where its facts were read", "sources")
    plain = slim(
        name=both_of(record.both("name")),
        vendor=both_of(record.both("vendor")),
        category=record.choice("category", SDK_CATEGORIES, required=True),
        platforms=list(platforms),
        collects=_collects(record, data_types),
        part_of=list(part_of),
        aliases=list(record.texts("aliases")),
        declared_as=list(record.texts("declared_as")),
        links=list(record.texts("links", fault=_link_fault)),
        url=_url(record),
        traces=traces,
        excepted=list(excepted),
        permissions=list(permissions),
        versions=versions,
        sources=list(sources),
        unverified=record.boolean("unverified"),
    )
    return plain, part_of


def _collects(record: Record, data_types: Collection[str]) -> list[str]:
    """Read ``collects``: a list of data types, or the one word ``nothing``, so that an empty list is never an answer."""
    if not record.has("collects") or record.is_list("collects"):
        before = len(record.mistakes)
        types = record.texts("collects", required=True, among=data_types)
        if not types and len(record.mistakes) == before:
            record.wrong(f"{record.what}.collects is empty: list data types, or write `nothing`", "collects")
        return list(types)
    if (word := record.text("collects")) != "nothing":
        record.wrong(f"{record.what}.collects: {word!r} is neither a list of data types nor `nothing`", "collects")
    return []


def _url(record: Record) -> str:
    url = record.text("url")
    if url == _UNSEEN:
        return ""
    if url and not re.match(r"https?://[^\s/]+", url):
        record.wrong(f"{record.what}.url: {url!r} is no web address, nor `{_UNSEEN}`", "url")
    return url


def _link_fault(link: str) -> str:
    return f"{link!r} must be a host, or a host with a path, without scheme" if "://" in link or " " in link else ""


def _traces(record: Record, kind: TraceKind, id_: str, owners: dict[tuple[TraceKind, str], str]) -> Plain:
    own: dict[str, str] = {}
    patterns: Plain = {}
    for strength in sorted(Strength, reverse=True):
        word = strength.name.lower()
        if not record.has(word):
            continue
        if strength is not Strength.NAMES and kind in _ONLY_NAMES:
            record.wrong(f"{record.what}: such a trace only ever names an SDK, it cannot be under {word!r}", word)
        if strength is not Strength.SUPPORTS and kind in _ONLY_SUPPORTS:
            record.wrong(f"{record.what}: such a trace only ever supports another, it cannot be under {word!r}", word)
        exclusive = strength is Strength.PROVES

        def fault(pattern: str, word: str = word, exclusive: bool = exclusive) -> str:
            if (wrong := _pattern_fault(kind, pattern)) or own.setdefault(pattern, word) != word:
                return wrong or f"{pattern!r} is already listed under {own[pattern]!r}"
            if exclusive and owners.setdefault((kind, pattern), id_) != id_:
                return f"{pattern!r} already proves {owners[kind, pattern]!r}"
            return ""

        listed = record.texts(word, fault=fault)
        if listed:
            patterns[word] = list(listed)
    return patterns


def _pattern_fault(kind: TraceKind, pattern: str) -> str:
    if kind is TraceKind.PACKAGE and not SEGMENTS.match(pattern):
        return f"{pattern!r} must be whole segments joined by dots, without a dot or star at the end"
    if kind is TraceKind.HOST and (not _HOST.match(pattern) or _ADDRESS.match(pattern)):
        return f"{pattern!r} must be a host by its name, in lower-case letters, without scheme or path"
    if kind is TraceKind.OHPM_PACKAGE and not _OHPM.match(pattern):
        return f"{pattern!r} must be the name of a package: @scope/name"
    if kind is TraceKind.LITERAL:
        return f"{pattern!r} is too short to tell anything" if len(pattern) < LITERAL_LENGTH else ""
    if "*" in pattern and kind not in _STARRED:
        return f"{pattern!r}: a star means nothing here"
    if not pattern.replace("*", "").endswith(_ENDINGS.get(kind, "")):
        return f"{pattern!r} must end in {_ENDINGS[kind]!r}"
    if not pattern.strip("*. "):
        return f"{pattern!r} fits everything"
    return ""


_UNSEEN = "unseen"
"""Written for the address of a policy that no source at hand shows."""
_VERSION_KINDS = {
    Platform.ANDROID: (VersionKind.CONSTANT, VersionKind.META_DATA, VersionKind.FILE, VersionKind.NATIVE_LIBRARY),
    Platform.IOS: (VersionKind.FRAMEWORK,),
    Platform.HARMONYOS: (),
}


def _versions(section: Record, platform: Platform) -> list[dict[str, str]]:
    """Read ``versions``: a list of ``{kind: name, pattern: …}``, each with one kind."""
    found = []
    for entry in section.records("versions"):
        kinds = [kind for kind in _VERSION_KINDS[platform] if entry.has(kind.value)]
        pattern = entry.text("pattern")
        if len(kinds) != 1:
            known = ", ".join(kind.value for kind in _VERSION_KINDS[platform])
            entry.wrong(f"{entry.what} must have exactly one of {known}")
        elif pattern and not _is_version_pattern(pattern):
            entry.wrong(f"{entry.what}.pattern must be a regular expression with one group, the version", "pattern")
        else:
            found.append(slim(kind=kinds[0].value, name=entry.text(kinds[0].value, required=True), pattern=pattern))
        entry.done()
    return found


def _is_version_pattern(pattern: str) -> bool:
    try:
        return re.compile(pattern).groups == 1
    except re.error:
        return False


def _sdk_permission_fault(name: str) -> str:
    return "" if "." in name and " " not in name else f"{name!r} is no full permission name"


def _excepted(record: Record, own: Collection[str]) -> tuple[str, ...]:
    def fault(package: str) -> str:
        if wrong := _pattern_fault(TraceKind.PACKAGE, package):
            return wrong
        if not any(package.startswith(f"{pattern}.") for pattern in own):
            return f"{package!r} lies below none of the packages listed here"
        return ""

    return record.texts("except", fault=fault)


_COMPONENTS = ("activity", "activity-alias", "service", "receiver", "provider")
_QUERIES = ("package", "intent", "provider")


def read_brings(directory: Path, mistakes: list[Mistake], sdks: Collection[str]) -> Plain:
    """Read what the manifests of SDKs and libraries bring into an app's, by id."""
    found: Plain = {}
    for path in sorted((directory / "manifests").glob("*.yaml")):
        name = f"manifests/{path.name}"
        record = read_record(name, path.read_bytes(), mistakes, name)
        if record is None:
            continue
        id_ = record.text("id", required=True)
        if id_ != path.stem or not ID.match(id_):
            record.wrong(f"the id of {name} must be {path.stem!r}, in lower-case letters, digits and dashes", "id")
        packages = record.texts("packages", fault=lambda package: _pattern_fault(TraceKind.PACKAGE, package))
        if bool(packages) is (path.stem in sdks):
            record.wrong("packages are listed of a library, and only of what is no SDK described here", "packages")
        manifests = [_manifest(entry) for entry in record.records("manifests", required=True)]
        found[path.stem] = slim(packages=list(packages), manifests=manifests)
        record.done()
    return found


def _manifest(record: Record) -> Plain:
    versions = []
    for read in record.records("read", required=True):
        versions.append(read.text("version"))
        read.text("ref", required=True)
        if not SHA256.match(read.text("sha256", required=True)):
            read.wrong(f"{read.what}.sha256 is no SHA-256 in lower-case hexadecimal digits", "sha256")
        read.done()
    plain = slim(
        line=record.text("line", required=True),
        permissions=list(record.texts("permissions", fault=_sdk_permission_fault)),
        components=_by_kind(record, "components", _COMPONENTS),
        queries=_by_kind(record, "queries", _QUERIES),
        packages=list(record.texts("packages", fault=lambda package: _pattern_fault(TraceKind.PACKAGE, package))),
    )
    record.done()
    return {"versions": versions, **plain}


def _by_kind(record: Record, key: str, kinds: Collection[str]) -> list[list[str]]:
    listed = record.record(key)
    if listed is None:
        return []
    found = [[kind, name] for kind in kinds for name in listed.texts(kind)]
    listed.done()
    return found


_HITS = re.compile(r"([0-9]+)/([0-9]+)\Z")


def read_fingerprints(directory: Path, mistakes: list[Mistake], sdks: Collection[str]) -> list[Plain]:
    """Read how the code of SDKs, libraries and families of them is recognised after renaming."""
    found: list[Plain] = []
    owners: dict[str, str] = {}
    for path in sorted((directory / "fingerprints").glob("*.yaml")):
        name = f"fingerprints/{path.name}"
        record = read_record(name, path.read_bytes(), mistakes, name)
        if record is None:
            continue
        id_ = record.text("id", required=True)
        if id_ != path.stem or not ID.match(id_):
            record.wrong(f"the id of {name} must be {path.stem!r}, in lower-case letters, digits and dashes", "id")
        kind = record.choice("kind", [str(one.value) for one in FingerprintKind], required=True)
        if kind == FingerprintKind.SDK.value and path.stem not in sdks:
            record.wrong(f"{path.stem!r} is no SDK described here{did_you_mean(path.stem, sdks)}", "kind")
        members = record.texts("members", among=sdks)
        if bool(members) is not (kind == FingerprintKind.FAMILY.value):
            record.wrong("members are listed of a family, and only of a family", "members")
        record.texts("sources", required=True)
        lines = Ids()
        for entry in record.records("lines", required=True):
            found.append({"id": path.stem, "kind": kind, "members": list(members), **_line(entry, path.stem, lines, owners)})
        record.done()
    return sorted(found, key=lambda one: (str(one["id"]), str(one["line"])))


def _line(record: Record, id_: str, lines: Ids, owners: dict[str, str]) -> Plain:
    line = lines.take(record, "line")
    require = record.record("require", required=True)
    present = suspected = 0
    if require is not None:
        present, suspected = require.integer("present", required=True), require.integer("suspected", required=True)
        if not 0 < suspected <= present:
            require.wrong("suspected must be more than nothing and no more than present", "suspected")
        require.done()
    for made in record.records("built_from", required=True):
        made.text("ref", required=True)
        if (digest := made.text("sha256")) and not SHA256.match(digest):
            made.wrong(f"{digest!r} is no SHA-256 in lower-case hexadecimal digits", "sha256")
        made.done()
    if (holdout := record.record("holdout")) is not None:
        holdout.texts("trained", required=True)
        holdout.text("tested", required=True)
        hits = _HITS.match(holdout.text("hits", required=True))
        if hits is None or int(hits[1]) > int(hits[2]):
            holdout.wrong("hits must be how many of how many, as in 39/40", "hits")
        holdout.done()

    def fault(literal: str) -> str:
        if len(literal) < LITERAL_LENGTH:
            return f"{literal!r} is too short to identify anything"
        owner = owners.setdefault(literal, id_)
        return "" if owner == id_ else f"{literal!r} already identifies {owner!r}"

    before = len(record.mistakes)
    literals = record.texts("literals", required=True, fault=fault, exact=True)
    if len(literals) < suspected and len(record.mistakes) == before:
        record.wrong(f"{len(literals)} literals can never be {suspected} hits", "literals")
    record.done()
    return {"line": line, "present": present, "suspected": suspected, "literals": list(literals)}


def read_seeds(directory: Path, mistakes: list[Mistake], ids: Collection[str]) -> dict[str, str]:
    """Check the seeds, where there are any, and return the SHA-256 of their file."""
    try:
        data = (directory / SEEDS).read_bytes()
    except FileNotFoundError:
        return {}
    try:
        seeds = Seeds(data)
    except ValueError as error:
        mistakes.append(Mistake(SEEDS, 1, str(error)))
        return {}
    for id_ in seeds.ids:
        if id_ and id_ not in ids:
            mistakes.append(Mistake(SEEDS, 2, f"{id_!r} has no fingerprint{did_you_mean(id_, ids)}"))
    if twice := seeds.first_disorder():
        mistakes.append(Mistake(SEEDS, 3, f"{twice} is not above the seed before it: two ids may own it"))
    return {"sha256": hashlib.sha256(data).hexdigest()}

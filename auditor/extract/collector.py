"""Where readers put what they find: facts, defined classes and gaps, sorted and made unique once at the end."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

from auditor.archive import Archive, Unreadable
from auditor.archive.fast import Bytes
from auditor.build import CodeUnit, Fact, FactKind, Flow, Gap, Location, Signer, Table, Text
from auditor.extract.android.dex_search import MANIFEST
from auditor.extract.lens import Lens

if TYPE_CHECKING:
    from auditor.extract.android.callgraph import CallGraph
    from auditor.extract.android.calls import Calls, CallSite, Sought
    from auditor.extract.entrances import Entrances

__all__ = ["APP", "MANIFEST", "PLATFORM", "TOOL", "Collector", "IdentityFacts", "Place", "hidden_with"]

_NO_CODE = frozenset(
    ".png .jpg .jpeg .gif .webp .bmp .svg .ico .heic .avif .pvr .ktx .car .nib .mp3 .mp4 .m4a .m4v .mov .aac .ogg .wav .flac"
    " .mid .caf .3gp .webm .mkv .ttf .otf .ttc .woff .woff2 .css .txt .md .rtf .pdf .xml .arsc .pem .cer .crt"
    " .properties .version .proto .kotlin_module .kotlin_builtins .mobileprovision".split()
)
"""Suffixes of files no code is loaded from."""


SEVERAL = 3
"""From this many renamed classes with telling literals on, it is worth the time to look at renamed code closely."""


_MOST_HOSTS = 50_000
"""Hosts recorded of one build, by host and place."""


PLATFORM, TOOL, APP = "platform", "tool", "app"
"""Who opens an archive: the system that installs it; a tool, where it only wraps what is installed or is built from; or the app."""

_MOST_LOST = 5


class IdentityFacts(NamedTuple):
    """What a reader learns of the build as a whole."""

    app_id: str
    label: str
    version: str
    version_code: str
    signer: tuple[Signer, ...]
    faults: tuple[Text, ...] = ()
    """What is wrong with the signature as a whole."""
    teams: tuple[str, ...] = ()
    """iOS: whose developer team signed, and whose the provisioning profile is."""


class Collector:
    """Collects facts, classes and gaps of one build.

    ``hosts_left`` is how many more hosts are recorded.
    ``lens`` says what to look for in code, ``wanted_strings`` the same as the bytes of a DEX file's strings and as texts, once worked
    out, ``sought`` the calls among them.
    ``reading`` is the file being read, for the gap an unexpected error leaves; ``about`` what is known of the build by then.
    ``code_seen`` are the digests of code that may have copies.
    ``named_in_resources`` are dotted names that resources hold, of classes among others.
    ``tell`` is told each file that is read.
    """

    def __init__(self, lens: Lens | None = None, tell: Callable[[str], None] | None = None) -> None:
        self.lens = lens or Lens()
        self._tell = tell
        self.wanted_strings: tuple[tuple[bytes, ...], tuple[str, ...]] | None = None
        self.sought: Sought | None = None
        self.hosts_left = _MOST_HOSTS
        self._reading = ""
        self.about = IdentityFacts("", "", "", "", ())
        self._facts: set[Fact] = set()
        self._gaps: set[Gap] = set()
        self._code: dict[str, set[str]] = {}
        self._linked: dict[str, tuple[str, ...]] = {}
        self._literals: dict[str, dict[str, set[str]]] = {}
        self._edges: list[tuple[str, Sequence[str], Sequence[str], array[int]]] = []
        self._renamed: dict[str, set[str]] = {}
        self._looks_renamed: dict[str, bool] = {}
        self._calls: list[tuple[str, Calls]] = []
        self.named_in_resources: set[str] = set()
        self.code_seen: set[bytes] = set()
        self._graph: CallGraph | None = None

    @property
    def reading(self) -> str:
        """The file being read."""
        return self._reading

    @reading.setter
    def reading(self, file: str) -> None:
        self._reading = file
        if self._tell is not None:
            self._tell(file)

    def fact(
        self, kind: FactKind, name: str, file: str, at: str = "", *, value: str = "", by: str = "", **traits: str
    ) -> None:
        """Record one fact; trait keywords have ``_`` for ``-``, and empty ones are left out."""
        pairs = tuple(sorted((key.replace("_", "-"), text) for key, text in traits.items() if text))
        location = Location(file=file, at=at)
        self._facts.add(Fact(kind=kind, name=name, location=location, value=value, by=by, traits=pairs))

    def gap(self, file: str, at: str, reason: Text, *hides: Table) -> None:
        """Record something that could not be read, and the tables it leaves in doubt."""
        self._gaps.add(Gap(location=Location(file=file, at=at), reason=reason, hides=frozenset(hides)))

    def code(self, file: str, classes: Iterable[str], linked: tuple[str, ...] = ()) -> None:
        """Record the classes a DEX file or Mach-O image defines; ``linked`` has them in the order of linking."""
        self._code.setdefault(file, set()).update(classes)
        if linked:
            self._linked.setdefault(file, linked)

    def literal(self, file: str, class_: str, literal: str) -> None:
        """Record that a class's code uses a literal the lens looks for."""
        self.literals(file, class_, (literal,))

    def literals(self, file: str, class_: str, literals: Collection[str]) -> None:
        """Record that a class's code uses literals the lens looks for."""
        self._literals.setdefault(file, {}).setdefault(class_, set()).update(literals)
        if not self.lens.literals.isdisjoint(literals) and self.looks_renamed(class_):
            self._renamed.setdefault(file, set()).add(class_)

    def looks_renamed(self, name: str) -> bool:
        """Tell whether a class has a name that a minifier makes; asked about each class several times."""
        known = self._looks_renamed.get(name)
        if known is None:
            known = self._looks_renamed[name] = self.lens.looks_renamed(name)
        return known

    def renamed(self, file: str = "") -> bool:
        """Tell whether several renamed classes, of a file or of the build, use literals the lens looks for."""
        found = [self._renamed.get(file, set())] if file else self._renamed.values()
        return sum(map(len, found)) >= SEVERAL

    def calls(self, file: str, calls: Calls) -> None:
        """Record call sites; those through a class of the build count once every class is known."""
        self._calls.append((file, calls))

    def references(self, file: str, classes: Sequence[str], types: Sequence[str], pairs: array[int]) -> None:
        """Record which types the classes of a file name: both dotted; ``pairs`` holds indices into the two."""
        self._edges.append((file, classes, types, pairs))

    def faults(self, archive: Archive, opened_by: str = APP) -> None:
        """Turn what is wrong with an archive itself into gaps, and what is odd into facts: of the build file, or of one inside it.

        ``opened_by`` is PLATFORM, TOOL or APP. To be called once all that is wanted of the archive has been read.
        """
        inside = archive.path.removesuffix("!/")
        itself = inside or PurePath(archive.shown).name
        for odd in archive.oddities():
            file = archive.place(odd.name) if odd.name else itself
            traits = tuple(sorted((*odd.traits, ("opened-by", opened_by), *((("archive", inside),) if inside else ()))))
            self._facts.add(Fact(kind=FactKind.ARCHIVE, name=odd.kind.value, location=Location(file=file), traits=traits))
        if archive.recovered:
            self.gap(itself, "", _recovered(archive), *((Table.SDKS, Table.DATA) if opened_by == APP else Table))
        if not archive.whole:
            self.gap(
                inside or "ZIP central directory",
                "",
                Text(
                    zh="压缩包目录的长度与其声明不符，条目名称可能已损坏；请重新获取安装包",
                    en="does not end where it says, so names in it may be damaged; get the build again",
                ),
                *((Table.SDKS, Table.DATA) if inside else Table),
            )
        for name, reason in archive.damaged.items():
            self.gap(archive.place(name), "", reason, *hidden_with(name))
        for name in archive.duplicates:
            self.gap(
                archive.place(name),
                "",
                Text(
                    zh="压缩包中有多个同名条目，不同工具读到的内容可能不同；本次读取第一个",
                    en="stands more than once in the archive, so tools may read different contents; the first was read",
                ),
                *hidden_with(name),
            )

    def graph(self, entrances: Entrances) -> CallGraph:
        """Return the call graph of the build, to which each DEX is added."""
        if self._graph is None:
            from auditor.extract.android.callgraph import call_graph

            self._graph = call_graph(entrances.callbacks)
        return self._graph

    def flow(self) -> Flow | None:
        """Return what can be reached from where, once every file is read; None where no code was asked about."""
        if self._graph is None or self.lens.entrances is None:
            return None
        from auditor.extract.android.flow import find_flow

        self.reading = "classes.dex"
        graph, facts = self._graph, self.facts
        if cut := graph.link():
            self.gap(
                "classes.dex",
                "",
                Text(
                    zh=f"有 {cut} 个类经由父类继承自身，调用关系可能不全",
                    en=f"defines {cut} classes that inherit from themselves, so what calls them may not have been found",
                ),
                Table.DATA,
            )
        flow, exhausted = find_flow(graph, facts, self.lens.entrances, self.named_in_resources)
        if exhausted:
            self.gap(
                "classes.dex",
                "",
                Text(
                    zh="调用关系过于复杂，搜索已达上限，未能确定全部代码何时可以运行",
                    en="holds code whose calls lead on in too many ways: the search was given up, so when code can run is not all known",
                ),
                Table.DATA,
            )
        self._graph = None
        return flow

    def read(
        self, archive: Archive, name: str, *hides: Table, limit: int | None = None, asset: bool = False
    ) -> bytes | None:
        """Read an entry, as the archive does; what cannot be read becomes a gap and None."""
        data = self.read_buffer(archive, name, *hides, limit=limit, asset=asset)
        return None if data is None else bytes(data)

    def read_buffer(
        self, archive: Archive, name: str, *hides: Table, limit: int | None = None, asset: bool = False
    ) -> Bytes | None:
        """Read an entry likewise, without copying it: for what is large."""
        self.reading = archive.place(name)
        try:
            return archive.read_buffer(name, limit, asset=asset)
        except Unreadable as unreadable:
            self.gap(archive.place(name), "", unreadable.reason, *hides)
            return None

    def _settle_calls(self) -> None:
        """Turn call sites into facts, now that it is known which class inherits from which."""
        if self._calls:
            from auditor.extract.android.calls import settled

            for file, site in settled(self._calls, self.lens.methods):
                self._call(file, site)
            self._calls.clear()

    def _call(self, file: str, site: CallSite) -> None:
        traits = (
            ("argument", "unresolved" if site.argument == "" else "partial" if site.partial else ""),
            ("descriptor", site.descriptor),
            ("field", "read" if site.field else ""),
            ("reflection", site.reflection),
            ("via", site.via),
        )
        self._facts.add(
            Fact(
                kind=FactKind.CALL,
                name=f"{site.owner}.{site.method}",
                location=Location(file=file, at=f"{site.caller} +0x{site.offset:x}"),
                value=site.argument or "",
                by=site.caller.partition("(")[0].rpartition(".")[0],
                traits=tuple(pair for pair in traits if pair[1]),
            )
        )

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts so far, sorted."""
        self._settle_calls()
        return tuple(sorted(self._facts, key=lambda fact: fact.key))

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """The gaps so far, sorted."""
        return tuple(sorted(self._gaps, key=lambda gap: gap.key))

    @property
    def units(self) -> tuple[CodeUnit, ...]:
        """The defined classes so far, by file."""
        references = self._references() if self.renamed() else {}
        return tuple(
            CodeUnit(
                file=file,
                classes=tuple(sorted(classes)),
                literals=tuple(
                    (name, tuple(sorted(used))) for name, used in sorted(self._literals.get(file, {}).items())
                ),
                references=tuple(
                    (name, tuple(sorted(others)))
                    for name, others in sorted(references.get(file, {}).items())
                ),
                linked=self._linked.get(file, ()),
            )
            for file, classes in sorted(self._code.items())
        )

    def _references(self) -> dict[str, dict[str, set[str]]]:
        """Return, by file and class, the other renamed classes of the build it names."""
        renamed = {name for classes in self._code.values() for name in classes if self.looks_renamed(name)}
        found: dict[str, dict[str, set[str]]] = {}
        for file, owners, types, pairs in self._edges:
            inside = [name if name in renamed else "" for name in types]
            by_class = found.setdefault(file, {})
            kept = (pair for pair in zip(pairs[::2], pairs[1::2], strict=True) if inside[pair[1]])
            for class_def, run in groupby(kept, itemgetter(0)):
                others = {inside[type_index] for _, type_index in run}
                others.discard(owners[class_def])
                if others and owners[class_def]:
                    by_class.setdefault(owners[class_def], set()).update(others)
        return found


class Place:
    """One file of a build, as the place of everything recorded through it."""

    def __init__(self, collect: Collector, file: str) -> None:
        self._collect = collect
        self.file = file

    def fact(self, kind: FactKind, name: str, at: str = "", *, value: str = "", by: str = "", **traits: str) -> None:
        """Record one fact, as :meth:`Collector.fact`."""
        self._collect.fact(kind, name, self.file, at, value=value, by=by, **traits)

    def gap(self, at: str, reason: Text, *hides: Table) -> None:
        """Record something of the file that could not be read, as :meth:`Collector.gap`."""
        self._collect.gap(self.file, at, reason, *hides)


def _recovered(archive: Archive) -> Text:
    """Say what was found of an archive whose directory is lost."""
    lost = [*archive.lost[:_MOST_LOST], *(["…"] if len(archive.lost) > _MOST_LOST else [])]
    return Text(
        zh=f"压缩包的目录缺失或不完整，已按各条目自身的头部读取 {len(archive.entries)} 个条目"
        + (f"；已丢失：{'、'.join(lost)}" if lost else "")
        + "；其余内容不得而知，请重新获取安装包",
        en=f"has lost its directory, or part of it: {len(archive.entries)} entries were found by their own headers"
        + (f"; lost: {', '.join(lost)}" if lost else "")
        + "; what else there was is not known, so get the build again",
    )


def hidden_with(name: str) -> tuple[Table, ...]:
    """Tell which tables an entry feeds, by its name: what is in doubt where it cannot be read.

    Code may stand under any name, so only what no code is loaded from hides nothing.
    """
    _, dot, suffix = name.rpartition("/")[2].lower().rpartition(".")
    if name == MANIFEST:
        return (Table.PERMISSIONS, Table.SDKS, Table.DATA)
    if suffix in ("plist", "strings"):
        return (Table.USAGE_KEYS,)
    if name == "module.json":
        return (Table.HARMONY_PERMISSIONS, Table.SDKS, Table.DATA)
    if name == "resources.index":
        return (Table.HARMONY_PERMISSIONS,)
    if dot + suffix in _NO_CODE or (name.startswith("META-INF/") and suffix in ("mf", "sf", "rsa", "dsa", "ec")):
        return ()
    return (Table.SDKS, Table.DATA)

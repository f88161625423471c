"""Whether a build's code is hidden: packed by a hardening service, or simply not there.

The surest sign needs no list: the manifest names an application class or components that no DEX file defines. The file
signs of known packers name the packer; one of them alone proves nothing, as vendors ship the same library in SDKs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.knowledge.schema import Knowledge, PackerKnowledge
from auditor.model import Build, BuildKind, Fact, FactKind, Gap, Location, Packer, Platform, Table, Text

__all__ = ["find_packers", "find_packing"]

_ENTRY_KINDS = ("application", "app-component-factory")
_CODE_KINDS = ("activity", "service", "receiver", "provider", "backup-agent", *_ENTRY_KINDS)
_PLATFORM_PACKAGES = ("android.", "com.android.internal.")
"""Classes of the device itself, which no build defines."""


def find_packing(build: Build, knowledge: Knowledge) -> tuple[Gap, ...]:
    """Return the gaps that packing leaves: at most one, for a build whose code cannot be what it runs."""
    if not _can_be_packed(build):
        return ()
    components = [fact for fact in build.of(FactKind.COMPONENT) if fact.value in _CODE_KINDS and _is_app_class(fact.name)]
    defined = {name for unit in build.code for name in unit.classes}
    missing = [fact for fact in components if fact.name not in defined]
    packers = _signs_of_all(build, knowledge)
    proven = sorted((id_ for id_, signs in packers.items() if _is_enough(signs)), key=lambda id_: -len(packers[id_]))
    if not _tells(missing, components) and not proven:
        return ()
    suspect = proven or sorted(packers, key=lambda id_: (-len(packers[id_]), id_))
    return (_gap(missing, components, [knowledge.packers[id_] for id_ in suspect[:1]], packers),)


def find_packers(build: Build, knowledge: Knowledge) -> tuple[Packer, ...]:
    """Return the packers whose signs a build shows, proven ones first; none by signs too generic to tell anything."""
    if not _can_be_packed(build):
        return ()
    found = [
        Packer(
            id=id_,
            name=knowledge.packers[id_].name,
            proven=_is_enough(signs),
            signs=tuple(sorted({sign for _, sign, _ in signs})),
        )
        for id_, signs in _signs_of_all(build, knowledge).items()
        if any(telling for _, _, telling in signs)
    ]
    return tuple(sorted(found, key=lambda one: (not one.proven, one.id)))


def _can_be_packed(build: Build) -> bool:
    # a library's manifest may name classes that the app gets from elsewhere
    return build.identity.platform is Platform.ANDROID and build.identity.kind is BuildKind.APP


def _signs_of_all(build: Build, knowledge: Knowledge) -> dict[str, tuple[tuple[str, str, bool], ...]]:
    files = _Files(build)
    return {id_: signs for id_, packer in knowledge.packers.items() if (signs := tuple(_signs(build, files, packer)))}


def _is_app_class(name: str) -> bool:
    return not name.startswith(_PLATFORM_PACKAGES)


def _tells(missing: Sequence[Fact], components: Sequence[Fact]) -> bool:
    """Tell whether what is missing means hidden code: the entry points, or most of the components.

    A single stale manifest entry happens in honest builds and hides nothing.
    """
    if any(fact.value in _ENTRY_KINDS or fact.trait("launcher") == "true" for fact in missing):
        return True
    return len(missing) > len(components) / 2


class _Files:
    """The packaged files of a build, asked once per packer."""

    def __init__(self, build: Build) -> None:
        self.paths = {fact.location.file for fact in build.of(FactKind.NATIVE_LIBRARY, FactKind.ASSET)}
        self.bases = {path.rpartition("/")[2] for path in self.paths}
        # prefixes and patterns of packers are about what lies in lib/ and assets/ and at the top
        self.near = sorted(path for path in self.paths if path.startswith(("lib/", "assets/")) or "/" not in path)


def _signs(build: Build, files: _Files, packer: PackerKnowledge) -> Iterator[tuple[str, str, bool]]:
    """Yield (kind of sign, what was found, whether it is telling by itself) for each sign of a packer."""
    for base in sorted(packer.so_names & files.bases):
        yield "library", base, base not in packer.weak
    for file in packer.files:
        if file.endswith("/"):
            for path in files.near:
                if path.startswith(file):
                    yield "file", path, file not in packer.weak
        elif file in files.paths:
            yield "file", file, file not in packer.weak
    for pattern in packer.path_patterns:
        for path in files.near:
            if pattern.search(path):
                yield "file", path, True
    for fact in build.of(FactKind.COMPONENT):
        if fact.value not in _ENTRY_KINDS:
            continue
        # a stub listed without a package is put into the app's own
        for name in {fact.name, fact.name.rpartition(".")[2]} & packer.application_classes:
            yield "application", fact.name, name not in packer.weak


def _is_enough(signs: Sequence[tuple[str, str, bool]]) -> bool:
    """Tell whether signs prove a packer: its own application class, or two kinds of sign of which one is telling."""
    kinds = {kind for kind, _, _ in signs}
    if not any(telling for _, _, telling in signs):
        return False
    return "application" in kinds or len(kinds) >= 2


def _gap(
    missing: Sequence[Fact],
    components: Sequence[Fact],
    suspects: Sequence[PackerKnowledge],
    packers: dict[str, tuple[tuple[str, str, bool], ...]],
) -> Gap:
    zh, en = [], []
    if missing:
        first = next((fact for fact in missing if fact.value in _ENTRY_KINDS), missing[0])
        zh.append(f"清单声明的 {len(components)} 个组件中有 {len(missing)} 个未在任何 DEX 中定义（如 {first.name}）")
        en.append(
            f"{len(missing)} of {len(components)} components the manifest names are defined in no DEX file"
            f" ({first.name}, for one)"
        )
    for packer in suspects:
        signs = "、".join(sorted({found for _, found, _ in packers[packer.id]})[:4])
        zh.append(f"发现{packer.name.zh}的特征：{signs}")
        en.append(f"signs of {packer.name.en} were found: {signs.replace('、', ', ')}")
    return Gap(
        location=Location(file="AndroidManifest.xml", at=missing[0].name if missing else ""),
        reason=Text(
            zh="应用代码被加固或不在包内：" + "；".join(zh) + "。请向开发者索取加固前的安装包后重新审计",
            en="the app's code is packed or not in the build: " + "; ".join(en)
            + ". Ask the developer for the build before hardening and audit that",
        ),
        hides=frozenset({Table.SDKS, Table.DATA}),
    )

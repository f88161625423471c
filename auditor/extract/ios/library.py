"""iOS libraries read as facts: frameworks, XCFrameworks, static libraries, single Mach-O images, and archives of them.

Of an XCFramework the library for devices is read, which is what a shipped app is linked with. Sample apps and debug symbols
that lie beside a library are no part of it. Keys: Apple's "Creating a multiplatform binary framework bundle" and "Information
Property List" (developer.apple.com/documentation).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from auditor.archive import Archive, Unreadable
from auditor.build import FactKind, Table, Text
from auditor.errors import BuildError
from auditor.extract.collector import Collector, IdentityFacts
from auditor.extract.folder import Folder, Under
from auditor.extract.ios.ar import AR
from auditor.extract.ios.bundles import Bundle, find_bundles, holder
from auditor.extract.ios.images import read_images
from auditor.extract.ios.info import Info, read_info, read_plist_entry
from auditor.extract.ios.macho import is_code
from auditor.extract.ios.plist import PlistError, PlistValue, read_plist
from auditor.extract.ios.privacy import FILE_NAME, read_privacy_manifests

__all__ = ["is_apple_library", "read_apple_library"]

_HIDES = (Table.SDKS, Table.DATA)
_FRAMEWORK, _XCFRAMEWORK = ".framework", ".xcframework"
_ROOTS = {"FMWK": _FRAMEWORK, "XFWK": _XCFRAMEWORK}
"""CFBundlePackageType -> suffix of the directory."""
_BESIDE = (".app", ".appex", ".xctest", ".dSYM", "__MACOSX")
_MAX_INFO = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slice:
    """One library of an XCFramework."""

    identifier: str
    """Directory it lies in."""
    path: str
    """Of the framework or static library in there."""
    platform: str
    """``ios``, ``ios-simulator``, …"""


def is_apple_library(archive: Archive) -> bool:
    """Tell whether an archive or directory holds a framework or Mach-O code, and not just inside of an app."""
    root = _root_type(archive)
    if root:
        # some vendors' frameworks say that they are a plain bundle
        return root in _ROOTS or bool(_suffix_of_directory(archive))
    names = [name for name in archive if not _is_beside(name)]
    if any(part.endswith((_FRAMEWORK, _XCFRAMEWORK)) for name in names for part in name.split("/")[:-1]):
        return True
    return any(_is_code(archive, name) for name in names)


def read_apple_library(archive: Archive, collect: Collector) -> IdentityFacts:
    """Read a library. Raises BuildError where it holds neither a framework nor code; what cannot be read is a gap."""
    file = PurePath(archive.shown).name
    root = _ROOTS.get(_root_type(archive), "") or _suffix_of_directory(archive)
    top = _named(file, root) if root else PurePath(file).stem
    names = _Names(archive)
    xcframeworks = {directory: directory.rstrip("/").rpartition("/")[2] or top for directory in _xcframeworks(archive, root)}
    left_out: set[str] = set()
    for directory, name in xcframeworks.items():
        left_out.update(_read_xcframework(archive, names, collect, directory, name))
    view = Under.below(archive, top, lambda name: not _is_beside(name) and _slice_directory(name, root) not in left_out)
    bundles = find_bundles(view, root="")
    infos = {path: read_info(view, collect, bundle) for path, bundle in bundles.items()}
    code = _Names(name for name in view if _is_code(view, name))
    executables = {}
    for path, bundle in bundles.items():
        name = f"{path}/{infos[path].executable or bundle.stem}"
        if code.has(name):
            executables[name] = bundle
        if bundle.kind == "framework" and not code.any_below(path + "/"):
            reason = Text(zh="框架中没有可执行代码，内容不完整", en="is a framework without code: it is incomplete")
            collect.gap(view.place(path), "", reason, *_HIDES)
    loose = {
        directory: Bundle(path=directory, kind="folder")
        for name in view
        if name.rpartition("/")[2] == FILE_NAME and holder(bundles, name) is None and (directory := name.rpartition("/")[0])
    }
    read_privacy_manifests(view, collect, {**bundles, **loose})
    read_images(view, collect, executables, library=True)
    _need_something(archive, collect)
    return _identity(file, list(xcframeworks.values()), bundles, infos)


def _need_something(archive: Archive, collect: Collector) -> None:
    if not any(fact.kind in (FactKind.IMAGE, FactKind.FRAMEWORK) for fact in collect.facts):
        why = f": it {collect.gaps[0].reason.en}" if collect.gaps else ""
        raise BuildError(
            f"{archive.shown} holds no code for iOS that could be read{why}", "give a framework or static library as its vendor ships it"
        )


def _identity(
    file: str, xcframeworks: list[str], bundles: Mapping[str, Bundle], infos: Mapping[str, Info]
) -> IdentityFacts:
    """Return the identity of the one framework there is; several side by side have none but their archive's."""
    outer = [
        path for path, bundle in bundles.items() if bundle.kind == "framework" and holder(bundles, path) is None
    ]
    names = {bundles[path].name for path in outer}
    label = xcframeworks[0] if len(xcframeworks) == 1 and len(names) < 2 else next(iter(names)) if len(names) == 1 else file
    info = infos[outer[0]] if len(names) == 1 else Info()
    return IdentityFacts(app_id=info.identifier, label=label, version=info.version, version_code=info.build, signer=())


# -- what lies where ----------------------------------------------------------------------------------------------


class _Names:
    """Names of entries, searchable by how they start."""

    def __init__(self, names: Iterable[str]) -> None:
        self._sorted = sorted(names)

    def any_below(self, prefix: str) -> bool:
        """Tell whether a name starts with ``prefix``."""
        at = bisect_left(self._sorted, prefix)
        return at < len(self._sorted) and self._sorted[at].startswith(prefix)

    def has(self, name: str) -> bool:
        """Tell whether it is one of the names."""
        at = bisect_left(self._sorted, name)
        return at < len(self._sorted) and self._sorted[at] == name


def _is_beside(name: str) -> bool:
    """Tell whether an entry belongs to a sample app, to debug symbols, or to what Finder adds to an archive."""
    parts = name.split("/")
    return parts[-1].startswith("._") or any(part.endswith(_BESIDE) for part in parts[:-1])


def _is_code(archive: Archive, name: str) -> bool:
    head = b"" if name.endswith("/") else archive.magic(name)
    return is_code(head) or head.startswith(AR)


def _root_type(archive: Archive) -> str:
    """Return the CFBundlePackageType of an Info.plist at the root; empty where there is none, or it cannot be read."""
    try:
        values = read_plist(archive.read("Info.plist", _MAX_INFO)) if "Info.plist" in archive else None
    except (Unreadable, PlistError):
        return ""
    kind = values.get("CFBundlePackageType") if isinstance(values, dict) else None
    return kind if isinstance(kind, str) else ""


def _suffix_of_directory(archive: Archive) -> str:
    """Return the suffix of a directory that is a framework by its name: old ones have no Info.plist."""
    suffix = PurePath(archive.shown).suffix
    return suffix if isinstance(archive, Folder) and archive.is_directory and suffix in _ROOTS.values() else ""


def _named(file: str, suffix: str) -> str:
    """Return the name of the bundle that a file or directory is."""
    return file if file.endswith(suffix) else PurePath(file).stem.removesuffix(suffix) + suffix


# -- XCFrameworks -------------------------------------------------------------------------------------------------


def _xcframeworks(archive: Archive, root: str) -> list[str]:
    """Return the directory of each XCFramework, with a slash at its end; empty for the root."""
    found = {"" if root == _XCFRAMEWORK else _xcframework_directory(name) for name in archive if not _is_beside(name)}
    return sorted(found - ({""} if root != _XCFRAMEWORK else set()))


def _xcframework_directory(name: str) -> str:
    at = name.find(_XCFRAMEWORK + "/")
    return name[: at + len(_XCFRAMEWORK) + 1] if at > 0 else ""


def _slice_directory(name: str, root: str) -> str:
    """Return the directory of an XCFramework's library that an entry lies in, with a slash at its end; empty for none."""
    directory = _xcframework_directory(name)
    if not directory and root != _XCFRAMEWORK:
        return ""
    return name[: name.find("/", len(directory)) + 1]


def _read_xcframework(archive: Archive, names: _Names, collect: Collector, directory: str, name: str) -> Iterator[str]:
    """Record which libraries an XCFramework has; yield the directories of those that are not for devices."""
    info = directory + "Info.plist"
    if info not in archive:
        file = archive.place(directory.rstrip("/") or name)
        reason = Text(zh="XCFramework 缺少 Info.plist，已读取各平台的库", en="has no Info.plist; the libraries of all platforms were read")
        collect.gap(file, "Info.plist", reason)
        collect.fact(FactKind.FRAMEWORK, name, file)
        return
    values = read_plist_entry(archive, collect, info, *_HIDES) or {}
    slices = list(_slices(collect, archive.place(info), values))
    chosen = (
        [one for one in slices if one.platform == "ios"]
        or [one for one in slices if one.platform.startswith("ios-")]
        or slices
    )
    kept = {one.identifier for one in chosen}
    collect.fact(
        FactKind.FRAMEWORK,
        name,
        archive.place(info),
        libraries=",".join(sorted({one.identifier for one in slices})),
        read=",".join(sorted(kept)),
    )
    for one in chosen:
        path = f"{directory}{one.identifier}/{one.path}"
        if not names.has(path) and not names.any_below(path + "/"):
            reason = Text(zh="Info.plist 列出的库不存在，内容不完整", en="is named by the Info.plist, but is not there")
            collect.gap(archive.place(path), "", reason, *_HIDES)
    yield from (f"{directory}{one.identifier}/" for one in slices if one.identifier not in kept)


def _slices(collect: Collector, file: str, values: Mapping[str, PlistValue]) -> Iterator[_Slice]:
    """Yield the libraries that the Info.plist of an XCFramework lists."""
    libraries = values.get("AvailableLibraries")
    for number, one in enumerate(libraries if isinstance(libraries, list) else [None]):
        texts = {key: text for key, text in one.items() if isinstance(text, str)} if isinstance(one, dict) else {}
        identifier, path = texts.get("LibraryIdentifier", ""), texts.get("LibraryPath", "")
        if not identifier or "/" in identifier or not path:
            reason = Text(zh="XCFramework 的库列表无法读取", en="lists a library of an XCFramework that cannot be read")
            collect.gap(file, f"AvailableLibraries[{number}]", reason, *_HIDES)
            continue
        variant = texts.get("SupportedPlatformVariant", "")
        yield _Slice(
            identifier=identifier,
            path=path,
            platform=texts.get("SupportedPlatform", "") + (f"-{variant}" if variant else ""),
        )

"""Recognises the form of a build and has it read.

The kind of build is recognised by what is inside, never by the file's suffix. What cannot be read is a Gap.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import NamedTuple

from auditor.archive import Archive, Limits, printable
from auditor.build import Build, BuildKind, Identity, Platform, Table, Text
from auditor.errors import BuildError
from auditor.extract.collector import PLATFORM, TOOL, Collector, IdentityFacts
from auditor.extract.folder import Folder, View
from auditor.extract.lens import Lens

__all__ = ["read"]

_Reader = Callable[[Archive, Collector], IdentityFacts]


def _android(archive: Archive, collect: Collector) -> IdentityFacts:
    from auditor.extract.android.apk import read_android

    return read_android(archive, collect)


def _splits(archive: Archive, collect: Collector) -> IdentityFacts:
    from auditor.extract.android.parts import read_splits

    return read_splits(archive, collect)


def _bundle(archive: Archive, collect: Collector) -> IdentityFacts:
    from auditor.extract.android.parts import read_bundle

    return read_bundle(archive, collect)


def _ios(archive: Archive, collect: Collector) -> IdentityFacts:
    from auditor.extract.ios import read_ios

    return read_ios(archive, collect)


def _jvm(archive: Archive, collect: Collector) -> IdentityFacts:
    from auditor.extract.jvm import read_jvm

    return read_jvm(archive, collect)


def _apple_library(archive: Archive, collect: Collector) -> IdentityFacts:
    from auditor.extract.ios.library import read_apple_library

    return read_apple_library(archive, collect)


def _harmony(archive: Archive, collect: Collector) -> IdentityFacts:
    from auditor.extract.harmony import read_harmony

    return read_harmony(archive, collect)


def _harmony_pack(archive: Archive, collect: Collector) -> IdentityFacts:
    from auditor.extract.harmony import read_harmony_pack

    return read_harmony_pack(archive, collect)


def _variants(archive: Archive, collect: Collector) -> IdentityFacts:
    from auditor.extract.ios.variants import read_variants

    return read_variants(archive, collect)


class _Form(NamedTuple):
    """A form of build, and who reads it; readers are imported when a build asks for them."""

    platform: Platform
    kind: BuildKind
    reader: _Reader
    first: str = ""
    """Where the reader is before it has opened anything; empty = the file as a whole."""


_APK = _Form(Platform.ANDROID, BuildKind.APP, _android, "AndroidManifest.xml")
_SPLIT_APKS = _Form(Platform.ANDROID, BuildKind.APP, _splits)
_APP_BUNDLE = _Form(Platform.ANDROID, BuildKind.APP, _bundle)
_IPA = _Form(Platform.IOS, BuildKind.APP, _ios, "Payload/")
_HARMONY = _Form(Platform.HARMONYOS, BuildKind.APP, _harmony, "module.json")
_HARMONY_PACK = _Form(Platform.HARMONYOS, BuildKind.APP, _harmony_pack)
_IPAS = _Form(Platform.IOS, BuildKind.APP, _variants)
_ANDROID_LIBRARY = _Form(Platform.ANDROID, BuildKind.LIBRARY, _jvm)
_APPLE_LIBRARY = _Form(Platform.IOS, BuildKind.LIBRARY, _apple_library)

_KNOWN_CONTAINERS = (
    ("pack.info", "a HarmonyOS pack without a module (.hap, .hsp) in it", "give the whole pack"),
    ("*modules.abc", "HarmonyOS code without a module.json", "give the whole HAP"),
    ("classes*.dex", "DEX code without an AndroidManifest.xml", "give the whole APK"),
    ("Info.plist", "the inside of an iOS app folder", "give the .app folder itself, or the .ipa"),
    ("META-INF/MANIFEST.MF", "a JAR without class files", "give the app's APK, or a library's JAR or AAR"),
    ("*.aar", "an archive of Android libraries", "give one of the libraries inside"),
    ("*.jar", "an archive of Android libraries", "give one of the libraries inside"),
    ("*.xapk", "an archive with an .xapk in it", "give the .xapk itself"),
    ("*.apks", "an archive with an .apks in it", "give the .apks itself"),
    ("*.apkm", "an archive with an .apkm in it", "give the .apkm itself"),
    ("*.aab", "an archive with an app bundle (.aab) in it", "give the .aab itself"),
)
"""What else is a ZIP archive: (glob of a telling entry, what it is, what to give instead)."""


def read(path: Path, lens: Lens | None, limits: Limits | None, tell: Callable[[str], None] | None) -> Build:
    """Do what :func:`auditor.extract.extract` says."""
    with _open(path, limits) as opened:
        archive, (platform, kind, reader, first) = _recognise(opened)
        collect = Collector(lens, tell)
        flow = None
        try:
            about = reader(archive, collect)
            flow = collect.flow()
        except BuildError:
            raise
        except MemoryError:
            # the limit is not the reader's mistake, and what is left of the memory is no ground to go on upon
            raise
        except Exception as error:  # noqa: BLE001 - a reader's own mistake must leave a build in doubt, never unread
            about = collect.about
            _stopped(collect, collect.reading or first or PurePath(opened.shown).name, type(error).__name__)
        sha256 = opened.checksum()
        installed = reader in (_android, _ios, _harmony) and archive is opened
        collect.faults(opened, PLATFORM if installed else TOOL)
        identity = Identity(
            platform=platform,
            app_id=about.app_id,
            label=about.label,
            version=about.version,
            version_code=about.version_code,
            sha256=sha256,
            size=opened.size,
            signer=about.signer,
            kind=kind,
            signature_faults=about.faults,
            teams=about.teams,
        )
        return Build(identity=identity, facts=collect.facts, code=collect.units, gaps=collect.gaps, flow=flow)


def _stopped(collect: Collector, file: str, what: str) -> None:
    collect.gap(
        file,
        "",
        Text(
            zh=f"读取到此处时程序意外出错（{what}），其余内容未读取；请将安装包反馈给本工具的维护者",
            en=f"reading stopped here by an unexpected error ({what}), so the rest was not read;"
            " report it to the auditor's maintainers with the build",
        ),
        *Table,
    )


_GZIP = b"\x1f\x8b"


def _open(path: Path, limits: Limits | None) -> Archive:
    """Open a file as the ZIP archive it should be; a directory, and a file that is itself code, as a folder."""
    try:
        mode = path.stat().st_mode
        head = b""
        if stat.S_ISREG(mode):
            with path.open("rb") as file:
                head = file.read(8)
    except (OSError, ValueError):
        # the archive knows how to say what is wrong
        return Archive.open(path, limits)
    if head.startswith(b"PK"):
        return Archive.open(path, limits)
    if head.startswith(_GZIP):
        raise BuildError(
            f"{printable(path)} is a gzip archive, as HarmonyOS libraries (.har) are, which cannot be read",
            "give the .hap, .hsp or .app that holds the library",
        )
    if not stat.S_ISDIR(mode):
        from auditor.extract.ios.ar import AR, THIN
        from auditor.extract.ios.macho import is_code

        if head == THIN:
            raise BuildError(
                f"{printable(path)} is a thin archive, which only names object files kept elsewhere", "give the static library itself"
            )
        if head != AR and not is_code(head):
            return Archive.open(path, limits)
    return Folder.open(path, limits)


_APP = re.compile(
    r"(?P<before>(?:(?:[^/]+\.xcarchive/)?Products/Applications/|[^/]+-iphone(?:os|simulator)/)?)[^/]+\.app/Info\.plist"
)
"""Right in the archive, in Xcode's archive, or in the folder Xcode builds for a device or a simulator."""
_LIBRARY = re.compile(r"(?!(?:.*/)?[^/]+\.app/).*(?:\.x?c?framework/|\.a\Z)")
"""A framework or static library that is no part of an app: the app beside it shows how to use it."""


def _payload(archive: Archive) -> Archive | None:
    """Return an archive or folder as an IPA has it: an app's own folder, one in an archive, Xcode's .xcarchive."""
    if any(name.startswith("Payload/") and ".app/" in name for name in archive):
        return archive
    found = next((match for name in archive if (match := _APP.fullmatch(name))), None)
    if found is not None and not any(_LIBRARY.match(name) for name in archive):
        before = found["before"]
        return View.of(archive, {f"Payload/{name.removeprefix(before)}": name for name in archive if name.startswith(before)})
    top = PurePath(archive.shown).name
    if isinstance(archive, Folder) and top.endswith(".app") and "Info.plist" in archive:
        return View.of(archive, {f"Payload/{top}/{name}": name for name in archive})
    return None


def _holds_apks(archive: Archive) -> bool:
    """Tell whether an archive holds APKs at all, or a folder right in it: any folder may have some somewhere below."""
    deep = not isinstance(archive, Folder)
    return any(name.lower().endswith(".apk") and (deep or "/" not in name) for name in archive)


def _recognise(archive: Archive) -> tuple[Archive, _Form]:
    """Return what form of build an archive is, and the archive as the reader of that form wants it."""
    folder = isinstance(archive, Folder)
    if not folder:
        if "AndroidManifest.xml" in archive:
            from auditor.extract.jvm import is_aar

            return archive, _ANDROID_LIBRARY if is_aar(archive) else _APK
        if "base/manifest/AndroidManifest.xml" in archive:
            return archive, _APP_BUNDLE
    if (payload := _payload(archive)) is not None:
        return payload, _IPA
    from auditor.extract.harmony.recognise import holds_modules, is_module

    if is_module(archive):
        return archive, _HARMONY
    if holds_modules(archive):
        return archive, _HARMONY_PACK
    if _holds_apks(archive):
        return archive, _SPLIT_APKS
    if not folder:
        from auditor.extract.jvm import is_jar

        if is_jar(archive):
            return archive, _ANDROID_LIBRARY
    from auditor.extract.ios.library import is_apple_library

    if is_apple_library(archive):
        return archive, _APPLE_LIBRARY
    if any(name.lower().endswith(".ipa") for name in archive):
        from auditor.extract.ios.variants import ipas_of

        if ipas_of(archive):
            return archive, _IPAS
    shown = archive.shown
    if folder:
        raise BuildError(
            f"{shown} is a directory without an app, framework or static library in it",
            "give the path of an .apk, .ipa or .hap file, or the folder an app's APKs or HAPs are in",
        )
    if archive.recovered:
        raise BuildError(
            f"{shown} is cut short: the archive's directory is missing, and no app is among the {len(archive.entries)} entries left",
            "get the file again",
        )
    for telling, what, hint in _KNOWN_CONTAINERS:
        if archive.matching(telling):
            raise BuildError(f"{shown} is {what}, which cannot be read", hint)
    raise BuildError(
        f"{shown} is a ZIP archive, but no app build: it has neither AndroidManifest.xml nor Payload/*.app nor module.json",
        "give an .apk, .ipa or .hap file",
    )

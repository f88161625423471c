"""From a build file to facts: knows no law and no SDK.

The kind of build is recognised by what is inside, never by the file's suffix. What cannot be read is a Gap.
"""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path, PurePath

from auditor.archive import Archive, Limits
from auditor.errors import BuildError
from auditor.extract.collector import Collector, IdentityFacts, hidden_with
from auditor.extract.folder import Folder, printable
from auditor.extract.lens import Lens
from auditor.model import Build, BuildKind, Identity, Platform, Table, Text

__all__ = ["extract"]

_Reader = Callable[[Archive, Collector], IdentityFacts]


def _android(archive: Archive, collect: Collector) -> IdentityFacts:
    from auditor.extract.android import read_android

    return read_android(archive, collect)


def _ios(archive: Archive, collect: Collector) -> IdentityFacts:
    from auditor.extract.ios import read_ios

    return read_ios(archive, collect)


def _jvm(archive: Archive, collect: Collector) -> IdentityFacts:
    from auditor.extract.jvm import read_jvm

    return read_jvm(archive, collect)


def _apple_library(archive: Archive, collect: Collector) -> IdentityFacts:
    from auditor.extract.ios.library import read_apple_library

    return read_apple_library(archive, collect)


READERS: dict[Platform, _Reader] = {Platform.ANDROID: _android, Platform.IOS: _ios}
"""One reader of apps per platform; imported when the build asks for it."""

LIBRARY_READERS: dict[Platform, _Reader] = {Platform.ANDROID: _jvm, Platform.IOS: _apple_library}
"""The same for libraries, that apps are built from."""

_FIRST_FILE = {Platform.ANDROID: "AndroidManifest.xml", Platform.IOS: "Payload/"}
"""Where a reader is before it has opened anything."""

_KNOWN_CONTAINERS = (
    ("base/manifest/AndroidManifest.xml", "an Android App Bundle (.aab)", "build an APK from it with bundletool"),
    ("*.apk", "an archive of APKs (.apks, .xapk, .apkm)", "give the universal or base APK inside"),
    ("*.hap", "a HarmonyOS app package (.app)", "give the app's Android or iOS build"),
    ("module.json", "a HarmonyOS module (.hap)", "give the app's Android or iOS build"),
    ("classes*.dex", "DEX code without an AndroidManifest.xml", "give the whole APK"),
    ("Info.plist", "an iOS app folder without Payload/", "give the .ipa"),
    ("*.app/Info.plist", "an iOS app folder without Payload/", "give the .ipa"),
    ("META-INF/MANIFEST.MF", "a JAR without class files", "give the app's APK, or a library's JAR or AAR"),
    ("*.aar", "an archive of Android libraries", "give one of the libraries inside"),
    ("*.jar", "an archive of Android libraries", "give one of the libraries inside"),
)
"""What else is a ZIP archive: (glob of a telling entry, what it is, what to give instead)."""


def extract(path: Path, *, lens: Lens | None = None, limits: Limits | None = None) -> Build:
    """Read a build file, or a library's directory; ``lens`` says what to look for in its code.

    Raises BuildError when it cannot be opened as an app or a library at all, and nothing else.
    """
    with _open(path, limits) as archive:
        platform, kind = _recognise(archive)
        reader = (READERS if kind is BuildKind.APP else LIBRARY_READERS)[platform]
        collect = Collector(lens)
        try:
            about = reader(archive, collect)
        except BuildError:
            raise
        except Exception as error:  # noqa: BLE001 - a reader's own mistake must leave a build in doubt, never unread
            about = collect.about
            first = _FIRST_FILE[platform] if kind is BuildKind.APP else PurePath(archive.shown).name
            _stopped(collect, collect.reading or first, type(error).__name__)
        sha256 = archive.checksum() if isinstance(archive, Folder) else archive.sha256
        _faults_of(archive, collect)
        identity = Identity(
            platform=platform,
            app_id=about.app_id,
            label=about.label,
            version=about.version,
            version_code=about.version_code,
            sha256=sha256,
            size=archive.size,
            signer=about.signer,
            kind=kind,
        )
        return Build(identity=identity, facts=collect.facts, code=collect.units, gaps=collect.gaps)


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


def _faults_of(archive: Archive, collect: Collector) -> None:
    """Turn what is wrong with the archive itself into gaps."""
    if not archive.whole:
        collect.gap(
            "ZIP central directory",
            "",
            Text(
                zh="压缩包目录的长度与其声明不符，条目名称可能已损坏；请重新获取安装包",
                en="does not end where it says, so names in it may be damaged; get the build again",
            ),
            *Table,
        )
    for name, reason in archive.damaged.items():
        collect.gap(archive.place(name), "", reason, *hidden_with(name))
    for name in archive.duplicates:
        collect.gap(
            archive.place(name),
            "",
            Text(
                zh="压缩包中有多个同名条目，不同工具读到的内容可能不同；本次读取第一个",
                en="stands more than once in the archive, so tools may read different contents; the first was read",
            ),
            *hidden_with(name),
        )


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
    if not stat.S_ISDIR(mode):
        from auditor.extract.ios.ar import AR, THIN
        from auditor.extract.ios.macho import is_code

        if head == THIN:
            raise BuildError(
                f"{printable(str(path))} is a thin archive, which only names object files kept elsewhere", "give the static library itself"
            )
        if head != AR and not is_code(head):
            return Archive.open(path, limits)
    return Folder.open(path, limits)


def _recognise(archive: Archive) -> tuple[Platform, BuildKind]:
    shown = archive.shown
    folder = isinstance(archive, Folder)
    if not folder:
        if "AndroidManifest.xml" in archive:
            from auditor.extract.jvm import is_aar

            return Platform.ANDROID, BuildKind.LIBRARY if is_aar(archive) else BuildKind.APP
        if any(name.startswith("Payload/") and ".app/" in name for name in archive):
            return Platform.IOS, BuildKind.APP
        from auditor.extract.jvm import is_jar

        if is_jar(archive):
            return Platform.ANDROID, BuildKind.LIBRARY
    from auditor.extract.ios.library import is_apple_library

    if is_apple_library(archive):
        return Platform.IOS, BuildKind.LIBRARY
    if folder:
        raise BuildError(
            f"{shown} is a directory without a framework or static library in it", "give the path of an .apk or .ipa file"
        )
    for telling, what, hint in _KNOWN_CONTAINERS:
        if archive.matching(telling):
            raise BuildError(f"{shown} is {what}, which cannot be read", hint)
    raise BuildError(
        f"{shown} is a ZIP archive, but no app build: it has neither AndroidManifest.xml nor Payload/*.app",
        "give an .apk or .ipa file",
    )

"""From a build file to facts: knows no law and no SDK.

The kind of build is recognised by what is inside, never by the file's suffix. What cannot be read is a Gap.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from auditor.archive import Archive, Limits
from auditor.errors import BuildError
from auditor.extract.collector import Collector, IdentityFacts, hidden_with
from auditor.extract.lens import Lens
from auditor.model import Build, Identity, Platform, Table, Text

__all__ = ["extract"]

_Reader = Callable[[Archive, Collector], IdentityFacts]


def _android(archive: Archive, collect: Collector) -> IdentityFacts:
    from auditor.extract.android import read_android

    return read_android(archive, collect)


def _ios(archive: Archive, collect: Collector) -> IdentityFacts:
    from auditor.extract.ios import read_ios

    return read_ios(archive, collect)


READERS: dict[Platform, _Reader] = {Platform.ANDROID: _android, Platform.IOS: _ios}
"""One reader per platform; imported when the build asks for it."""

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
    ("META-INF/MANIFEST.MF", "a JAR", "give the app's APK"),
)
"""What else is a ZIP archive: (glob of a telling entry, what it is, what to give instead)."""


def extract(path: Path, *, lens: Lens | None = None, limits: Limits | None = None) -> Build:
    """Read a build file; ``lens`` says what to look for in its code. Raises BuildError when it cannot be opened as an APK or IPA at all, and nothing else."""
    with Archive.open(path, limits) as archive:
        platform = _recognise(archive)
        collect = Collector(lens)
        try:
            about = READERS[platform](archive, collect)
        except BuildError:
            raise
        except Exception as error:  # noqa: BLE001 - a reader's own mistake must leave a build in doubt, never unread
            about = collect.about
            _stopped(collect, collect.reading or _FIRST_FILE[platform], type(error).__name__)
        _faults_of(archive, collect)
        identity = Identity(
            platform=platform,
            app_id=about.app_id,
            label=about.label,
            version=about.version,
            version_code=about.version_code,
            sha256=archive.sha256,
            size=archive.size,
            signer=about.signer,
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


def _recognise(archive: Archive) -> Platform:
    shown = archive.shown
    if "AndroidManifest.xml" in archive:
        if archive.magic("AndroidManifest.xml", 5) in (b"<?xml", b"<mani") and "classes.jar" in archive:
            raise BuildError(f"{shown} is an Android library (.aar), no app", "give the APK of the app that holds it")
        return Platform.ANDROID
    if any(name.startswith("Payload/") and ".app/" in name for name in archive):
        return Platform.IOS
    for telling, what, hint in _KNOWN_CONTAINERS:
        if archive.matching(telling):
            raise BuildError(f"{shown} is {what}, which cannot be audited", hint)
    raise BuildError(
        f"{shown} is a ZIP archive, but no app build: it has neither AndroidManifest.xml nor Payload/*.app",
        "give an .apk or .ipa file",
    )

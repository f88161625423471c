"""From a build file to facts: knows no law and no SDK.

The kind of build is recognised by what is inside, never by the file's suffix. What cannot be read is a Gap.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from auditor.archive import Archive, Limits
from auditor.errors import BuildError
from auditor.extract.collector import Collector, IdentityFacts
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

_KNOWN_CONTAINERS = (
    ("base/manifest/AndroidManifest.xml", "an Android App Bundle (.aab)", "build an APK from it with bundletool"),
    ("toc.pb", "a set of split APKs (.apks)", "give the universal or base APK inside"),
    ("manifest.json", "a package of split APKs (.xapk)", "give the base APK inside"),
    ("info.json", "a package of split APKs (.apkm)", "give the base APK inside"),
    ("module.json", "a HarmonyOS package (.hap)", "give the Android or iOS build"),
    ("pack.info", "a HarmonyOS package (.app)", "give the Android or iOS build"),
    ("classes.dex", "DEX code without an AndroidManifest.xml", "give the whole APK"),
    ("Info.plist", "an iOS app folder without Payload/", "give the .ipa"),
    ("META-INF/MANIFEST.MF", "a JAR", "give the app's APK"),
)


def extract(path: Path, *, limits: Limits | None = None) -> Build:
    """Read a build file. Raises BuildError when it cannot be opened as an APK or IPA at all."""
    with Archive.open(path, limits) as archive:
        platform = _recognise(path, archive)
        collect = Collector()
        about = READERS[platform](archive, collect)
        for name, reason in archive.damaged.items():
            collect.gap(archive.place(name), "", reason, *_hidden_with(name))
        for name in archive.duplicates:
            collect.gap(
                archive.place(name),
                "",
                Text(
                    zh="压缩包中有多个同名条目，不同工具读到的内容可能不同；本次读取第一个",
                    en="stands more than once in the archive, so tools may read different contents; the first was read",
                ),
                *_hidden_with(name),
            )
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


def _recognise(path: Path, archive: Archive) -> Platform:
    if "AndroidManifest.xml" in archive:
        if archive.magic("AndroidManifest.xml", 5) in (b"<?xml", b"<mani") and "classes.jar" in archive:
            raise BuildError(f"{path} is an Android library (.aar), no app", "give the APK of the app that holds it")
        return Platform.ANDROID
    if any(name.startswith("Payload/") and ".app/" in name for name in archive):
        return Platform.IOS
    for telling, what, hint in _KNOWN_CONTAINERS:
        if telling in archive:
            raise BuildError(f"{path} is {what}, which cannot be audited", hint)
    raise BuildError(
        f"{path} is a ZIP archive, but no app build: it has neither AndroidManifest.xml nor Payload/*.app",
        "give an .apk or .ipa file",
    )


def _hidden_with(name: str) -> tuple[Table, ...]:
    """Tell which tables an entry feeds, by what kind of file it is."""
    if name == "AndroidManifest.xml":
        return (Table.PERMISSIONS, Table.SDKS, Table.DATA)
    if name.endswith((".plist", ".strings")):
        return (Table.USAGE_KEYS,)
    if name.startswith("META-INF/"):
        return ()
    return (Table.SDKS, Table.DATA)

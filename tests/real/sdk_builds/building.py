"""An app at a level of renaming: built once, kept in the cache, with what is true of it beside it.

``python -m tests.real.sdk_builds.building [APP[:LEVEL] …]`` builds them; without a name, all.
"""

from __future__ import annotations

import functools
import hashlib
import io
import json
import os
import re
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from tests.forge.apk import Apk
from tests.real.sdk_builds import toolchain
from tests.real.sdk_builds.listing import HERE, App, Part, apps, file_of
from tests.real.sdk_builds.manifests import Merged, app_manifest, merge

__all__ = ["Built", "Level", "build", "levels"]

_ABIS = ("armeabi-v7a", "armeabi", "arm64-v8a")
_NATIVE_BYTES = 1 << 16
"""Native libraries are cut to this: their names are what tells, and whole ones fill the disk."""
_DROPPED = re.compile(
    r"META-INF/(MANIFEST\.MF|[^/]+\.(SF|RSA|DSA|kotlin_module)|(maven|proguard|com\.android\.tools|versions)/.*)\Z"
)
_SERVICES = {"shop": ("com.example.shop.sync.SyncService",), "lookalikes": ()}
_PERMISSIONS = ("INTERNET", "ACCESS_FINE_LOCATION", "READ_CONTACTS", "READ_PHONE_STATE")
_ABSENT = (
    ("service", "com.igexin.sdk.PushService"),
    ("activity", "com.igexin.sdk.PushActivity"),
    ("service", "com.amap.api.location.APSService"),
    ("service", "com.xiaomi.push.service.XMPushService"),
)
"""Components the look-alike names and does not have: a vendor's base library declares such."""


class Level(Enum):
    """How far an app's classes are from the names their vendors gave them."""

    PLAIN = "plain"
    """No minifier."""
    KEPT = "kept"
    """Names kept that the SDKs' own rules, the manifest and the platform ask for; the rest renamed."""
    RENAMED = "renamed"
    """Everything renamed, and every package moved below one."""
    FLAT = "flat"
    """Everything renamed and put into one package."""
    SHRUNK = "shrunk"
    """As flat, and without what cannot be reached from the SDKs' entry classes and components."""
    OPTIMISED = "optimised"
    """As kept, and shrunk and optimised by ProGuard: methods inlined, classes merged."""
    R8 = "R8"
    """As kept, and shrunk and optimised by R8 in its full mode, as Android's build tools make a release today."""
    R8_FLAT = "R8 flat"
    """As R8, with no name kept and everything in one package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A built app and what is true of it."""

    app: App
    level: Level
    apk: Path
    originals: Mapping[str, str]
    """Class in the build -> its name before renaming; the app's own classes and its libraries' alike."""
    holder: Mapping[str, str]
    """Name of a class before renaming -> id of the part that brought it; the app's own are left out."""

    def owner(self, name: str) -> str:
        """Return the id of the SDK a class of the build belongs to; empty for the app's own and for nobody's."""
        original = self.originals.get(name, "")
        part = self.holder.get(original)
        return "" if part is None else self._part(part).owner(original)

    def _part(self, id_: str) -> Part:
        return next(part for part in self.app.parts if part.id == id_)

    def classes_left(self) -> dict[str, int]:
        """Return how many classes of each SDK are in the build."""
        left = dict.fromkeys(self.app.sdks, 0)
        for name in self.originals:
            owner = self.owner(name)
            if owner:
                left[owner] += 1
        return left


@dataclass(frozen=True, slots=True)
class _Unpacked:
    """What is in a part."""

    jars: tuple[Path, ...]
    classes: tuple[str, ...]
    files: Mapping[str, bytes]
    """Further entries it brings into the APK, by path."""
    manifest: bytes
    rules: str


def levels(app: App) -> list[Level]:
    """Return the levels an app is built at."""
    left_out = frozenset() if app.r8 else _BY_R8
    return [level for level in Level if level not in left_out and (app.optimised or level is not Level.OPTIMISED)]


_BY_R8 = frozenset({Level.R8, Level.R8_FLAT})
_NAMES_KEPT = frozenset({Level.KEPT, Level.OPTIMISED, Level.R8})


def build(app: App, level: Level) -> Built:
    """Build an app, or take it from the cache. Raises Unavailable where an artefact or the JDK cannot be had."""
    name = f"{app.name}-{level.name.lower()}"
    stem = toolchain.place() / f"{name}-{_key(app, level)}"
    apk, truth = stem.with_suffix(".apk"), stem.with_suffix(".json")
    if not (apk.exists() and truth.exists()):
        for old in stem.parent.glob(f"{name}-????????????.*"):
            old.unlink()
        with tempfile.TemporaryDirectory(prefix="sdk-build-") as scratch:
            content, originals, holder = _assemble(app, level, Path(scratch))
        _keep(truth, json.dumps({"originals": originals, "holder": holder}).encode())
        _keep(apk, content)
    known = json.loads(truth.read_bytes())
    return Built(app=app, level=level, apk=apk, originals=known["originals"], holder=known["holder"])


def _keep(path: Path, content: bytes) -> None:
    part = path.with_suffix(f".{os.getpid()}")
    part.write_bytes(content)
    os.replace(part, path)


def _key(app: App, level: Level) -> str:
    """Return a hash of everything a built app depends on."""
    state = hashlib.sha256(f"{app.name} {app.names} {level.value} {toolchain.versions()}".encode())
    for part in app.parts:
        brought = [part.artefact.sha256, *(native.sha256 for native in part.natives)]
        state.update(f"{part.id} {brought} {part.keep} {part.entry} {part.components}".encode())
    sources = [HERE / name for name in ("building.py", "manifests.py", "toolchain.py")]
    for path in sorted([*sources, *(HERE / "first_party" / app.code).iterdir()]):
        state.update(path.read_bytes())
    return state.hexdigest()[:12]


# -- what goes in ---------------------------------------------------------------------------------------------------


@functools.cache
def _unpack(part: Part) -> _Unpacked:
    data = file_of(part.artefact).read_bytes()
    files: dict[str, bytes] = {}
    manifest, rules, inner = b"", "", [data]
    if part.artefact.kind == "aar":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            inner = [archive.read(name) for name in names if name == "classes.jar" or _is_library(name)]
            manifest = archive.read("AndroidManifest.xml")
            rules = archive.read("proguard.txt").decode("utf-8", "replace") if "proguard.txt" in names else ""
            files.update((name, archive.read(name)) for name in names if name.startswith("assets/") and name[-1] != "/")
            files.update(_one_abi({name: archive.read(name) for name in names if name.endswith(".so")}, "jni/"))
    for native in part.natives:
        files[f"lib/armeabi-v7a/{native.path.rpartition('/')[2]}"] = file_of(native).read_bytes()[:_NATIVE_BYTES]
    jars, classes = [], []
    for number, jar in enumerate(inner):
        path = toolchain.place() / "jars" / f"{part.id}-{part.artefact.sha256[:8]}-{number}.jar"
        names, others, kept = _split(jar, path)
        jars.append(path)
        classes += names
        rules += kept
        files.update((name, content) for name, content in others.items() if not name.endswith(".so"))
        files.update(_one_abi({name: content for name, content in others.items() if name.endswith(".so")}, "lib/"))
    return _Unpacked(tuple(jars), tuple(classes), files, manifest, rules)


def _is_library(name: str) -> bool:
    return name.startswith("libs/") and name.endswith(".jar")


def _one_abi(libraries: Mapping[str, bytes], prefix: str) -> Iterator[tuple[str, bytes]]:
    for abi in _ABIS:
        found = {name: data for name, data in libraries.items() if f"/{abi}/" in f"/{name}"}
        if found:
            for name, data in found.items():
                yield f"lib/{abi}/{name.rpartition('/')[2]}", data[:_NATIVE_BYTES]
            return
    for name, data in libraries.items():
        if not name.startswith(prefix):
            yield name, data[:_NATIVE_BYTES]


def _split(jar: bytes, path: Path) -> tuple[list[str], dict[str, bytes], str]:
    """Write the classes of a JAR to ``path``; return their names, its other files, and the keep rules among those."""
    classes: list[str] = []
    others: dict[str, bytes] = {}
    rules = ""
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(jar)) as archive, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        for name in dict.fromkeys(archive.namelist()):
            if name.endswith(".class"):
                # variants for newer versions of Java, and module descriptors, are no part of an app
                if not name.startswith("META-INF/") and not name.endswith(("module-info.class", "package-info.class")):
                    classes.append(name.removesuffix(".class").replace("/", "."))
                    out.writestr(zipfile.ZipInfo(name), archive.read(name), zipfile.ZIP_DEFLATED)
            elif name.startswith("META-INF/proguard/"):
                rules += archive.read(name).decode("utf-8", "replace") + "\n"
            elif name[-1] != "/" and not _DROPPED.match(name) and not name.endswith((".java", ".html", ".kotlin_builtins")):
                others[name] = archive.read(name)
    return classes, others, rules


# -- how it is put together -----------------------------------------------------------------------------------------


def _assemble(app: App, level: Level, scratch: Path) -> tuple[bytes, dict[str, str], dict[str, str]]:
    package = f"com.example.{app.code}"
    unpacked = {part.id: _unpack(part) for part in app.parts}
    merged = Merged()
    packages = [merge(merged, one.manifest, package) for one in unpacked.values() if one.manifest]
    merged.components += [(tag, name, None) for part in app.parts for tag, name in part.components]
    if app.names:
        merged.components += [(tag, name, None) for tag, name in _ABSENT]
        merged.meta_data.append(("com.amap.api.v2.apikey", "0123456789abcdef"))
        merged.queries.append("com.tencent.mm")
    holder: dict[str, str] = {}
    for id_, one in unpacked.items():
        for name in one.classes:
            if holder.setdefault(name, id_) != id_:
                raise ValueError(f"{app.name}: {name} is in {holder[name]} and in {id_}")
    jars = [jar for one in unpacked.values() for jar in one.jars]
    jars.append(_own_code(app, package, packages, jars))
    own = _class_names(jars[-1])
    originals = {name: name for name in (*holder, *own)}
    if level in _BY_R8:
        dex, originals = toolchain.r8(jars, _rules(app, level, unpacked, merged, package), scratch)
    elif level is not Level.PLAIN:
        rules = _rules(app, level, unpacked, merged, package)
        minified = scratch / "minified.jar"
        missing = [toolchain.stand_ins(jars, scratch / "missing.jar")] if level is Level.OPTIMISED else []
        originals = toolchain.minify(jars, rules, minified, against=missing)
        jars = [minified]
        # ProGuard also maps what it then shrinks away
        left = frozenset(_class_names(minified))
        originals = {new: old for new, old in originals.items() if new in left}
    if level not in _BY_R8:
        dex = toolchain.dex(jars, scratch)
    renamed = {old: new for new, old in originals.items()}
    files: dict[str, bytes] = {}
    for one in unpacked.values():
        files.update(one.files)
    apk = Apk(
        manifest=app_manifest(
            package,
            merged,
            services=_SERVICES[app.code],
            permissions=[f"android.permission.{name}" for name in _PERMISSIONS],
            renamed=lambda name: renamed.get(name, name),
        ),
        package=package,
        dex=dex,
        files=files,
        schemes=("v2",),
        compress=True,
    )
    return apk.write(), originals, holder


def _class_names(jar: Path) -> list[str]:
    with zipfile.ZipFile(jar) as archive:
        return [name.removesuffix(".class").replace("/", ".") for name in archive.namelist() if name.endswith(".class")]


def _own_code(app: App, package: str, packages: Iterable[str], against: Sequence[Path]) -> Path:
    """Compile the app's own code: its sources, a class that starts its SDKs, and the R class of every AAR."""
    sources = sorted((HERE / "first_party" / app.code).iterdir())
    entries = ", ".join(f"{name.replace('$', '.')}.class" for part in app.parts for name in part.entry)
    starter = f"package {package};\nfinal class Sdks {{\n    static final Class<?>[] USED = {{{entries}}};\n"
    starter += "    static int start() { int n = 0; for (Class<?> one : USED) n += one.hashCode(); return n; }\n}\n"
    # the build tools write an R class for every library with a manifest, code or none
    written = sorted({one for one in packages if one} - _held(against))
    state = hashlib.sha256("".join([toolchain.versions(), starter, *written, *map(str, against)]).encode())
    for source in sources:
        state.update(source.read_bytes())
    jar = toolchain.place() / "jars" / f"{app.name}-own-{state.hexdigest()[:12]}.jar"
    if not jar.exists():
        with tempfile.TemporaryDirectory(prefix="sdk-build-") as scratch:
            _compile(jar, sources, starter, written, against, Path(scratch))
    return jar


def _compile(
    jar: Path, sources: Iterable[Path], starter: str, libraries: Iterable[str], against: Iterable[Path], scratch: Path
) -> None:
    (scratch / "Sdks.java").write_text(starter, "utf-8")
    for number, library in enumerate(libraries):
        folder = scratch / f"r{number}"
        folder.mkdir()
        fields = "public static final class string { public static final int app_name = 0x7f010000; }"
        (folder / "R.java").write_text(f"package {library};\npublic final class R {{ {fields} }}\n", "utf-8")
    out = scratch / "classes"
    out.mkdir()
    toolchain.compile_java([*sources, *scratch.rglob("*.java")], against, out)
    part = jar.with_suffix(f".{os.getpid()}")
    with zipfile.ZipFile(part, "w") as archive:
        for path in sorted(out.rglob("*.class")):
            archive.writestr(zipfile.ZipInfo(path.relative_to(out).as_posix()), path.read_bytes())
    os.replace(part, jar)


def _held(jars: Iterable[Path]) -> set[str]:
    """Return the packages whose R class is in one of the JARs already."""
    return {name.removesuffix(".R") for jar in jars for name in _class_names(jar) if name.endswith(".R")}


# -- rules ----------------------------------------------------------------------------------------------------------

_ALWAYS = """
-ignorewarnings
-dontwarn **
-dontnote **
-dontpreverify
-dontusemixedcaseclassnames
-keepattributes Signature,InnerClasses,EnclosingMethod,Exceptions,*Annotation*
"""
# What the Android build tools give every app (proguard-android.txt), restated.
_PLATFORM = """
-keepclasseswithmembernames class * { native <methods>; }
-keepclassmembers enum * { public static **[] values(); public static ** valueOf(java.lang.String); }
-keepclassmembers class * implements android.os.Parcelable { public static final ** CREATOR; }
-keepclassmembers class * { @android.webkit.JavascriptInterface <methods>; }
-keepclassmembers public class * extends android.view.View { void set*(***); *** get*(); }
-keepclassmembers class **.R$* { public static <fields>; }
"""
_NOT_A_LIBRARYS = re.compile(
    r"^\s*-(?:verbose|dump|print\w*|dontobfuscate|dontshrink|dontoptimize|optimi[sz]\w*|applymapping|repackageclasses|"
    r"flattenpackagehierarchy|injars|outjars|libraryjars|include|basedirectory|ignorewarnings|android|"
    r"keepattributes)\b.*$(?:\n(?!\s*[-#@]).*$)*",
    re.MULTILINE,
)
"""Options with which a library would decide over the whole app; the build tools forbid them too, or take them together."""


def _rules(app: App, level: Level, unpacked: Mapping[str, _Unpacked], merged: Merged, package: str) -> str:
    components = (f"{package}.MainActivity", *_SERVICES[app.code], *merged.classes)
    entries = [f"-keep,allowobfuscation class {name} {{ public *; }}" for part in app.parts for name in part.entry]
    if level in _NAMES_KEPT:
        lines = [_ALWAYS, _PLATFORM]
        lines += [f"-keep class {name} {{ <init>(...); }}" for name in components]
        for part in app.parts:
            lines.append(_NOT_A_LIBRARYS.sub("", unpacked[part.id].rules))
            lines += [f"-keep class {name} {{ *; }}" for name in part.keep]
        if level is Level.KEPT:
            return "\n".join([*lines, "-dontshrink", "-dontoptimize"])
        return "\n".join([*lines, *entries, "-optimizationpasses 1", "-allowaccessmodification"])
    moved = "-flattenpackagehierarchy o" if level is Level.RENAMED else "-repackageclasses o"
    lines = [_ALWAYS, moved, "-allowaccessmodification"]
    if level is not Level.R8_FLAT:
        lines.append("-dontoptimize")
    if level in (Level.RENAMED, Level.FLAT):
        return "\n".join([*lines, "-dontshrink"])
    lines += [f"-keep,allowobfuscation class {name} {{ <init>(...); void on*(...); }}" for name in components]
    lines += entries
    lines.append(_PLATFORM.replace("-keepclasseswithmembernames class", "-keepclasseswithmembers,allowshrinking,allowobfuscation class"))
    return "\n".join(lines)


def main(names: Sequence[str]) -> int:
    """Build what is named."""
    wanted = [name.partition(":") for name in names] or [(name, "", "") for name in apps()]
    for name, _, only in wanted:
        for level in [Level(only)] if only else levels(apps()[name]):
            began = time.monotonic()
            built = build(apps()[name], level)
            seconds = time.monotonic() - began
            print(f"{built.apk.name}: {len(built.originals)} classes, {built.apk.stat().st_size >> 10} KB, {seconds:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

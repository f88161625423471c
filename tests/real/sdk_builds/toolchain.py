"""The programs that make an app of classes: javac, ProGuard, dx and R8, and the platform's own classes to build against."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from auditor.extract.android.tables import Tables
from auditor.extract.jvm.classfile import ClassFile, read_class
from tests.forge.classfile import write_class, write_jar
from tests.real.fetch import Unavailable, cache
from tests.real.sdk_builds.listing import artefacts, file_of

__all__ = ["compile_java", "dex", "minify", "place", "r8", "stand_ins", "versions"]

_PATIENCE = 900
_PROGUARD = (
    "proguard-base", "proguard-core", "kotlin-stdlib-2.1.0", "kotlin-metadata-jvm", "gson-2.11.0", "log4j-api-2.24.2",
    "log4j-core", "org-json",
)  # fmt: skip
_PLATFORM = ("android/", "dalvik/", "org/json/", "org/xml/", "org/w3c/", "org/xmlpull/", "org/apache/http/", "javax/microedition/")
_UNUSED = ("android/icu/", "android/car/", "android/hardware/radio/", "android/media/internal/", "android/health/")
"""Parts of the platform that no SDK refers to; without them, ProGuard reads half as much."""

_QUICK = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""Halves the processor time of programs that run for seconds."""


def place() -> Path:
    """Return the directory that built things are kept in."""
    found = cache() / "sdk-builds"
    found.mkdir(parents=True, exist_ok=True)
    return found


def versions() -> str:
    """Return what the tools are, for the key that a built app is kept under."""
    return " ".join(artefacts()[one].sha256[:12] for one in ("dalvik-dx", "r8", *_PROGUARD, "android-all"))


@functools.cache
def _java(name: str) -> str:
    home = os.environ.get("JAVA_HOME")
    found = shutil.which(name, path=f"{home}/bin") if home else None
    found = found or shutil.which(name)
    if found is None:
        raise Unavailable(f"{name} is not installed: a Java development kit, version 17 or newer, builds the apps")
    return found


@functools.cache
def _library() -> tuple[Path, str]:
    """Return the platform's classes as a JAR, and Java's own as ProGuard takes them."""
    slim = _slim("android", _PLATFORM)
    base = Path(_java("javac")).resolve().parents[1] / "jmods" / "java.base.jmod"
    if not base.exists():
        raise Unavailable(f"{base} is missing: the Java development kit is not whole")
    return slim, f"{base}(!**.jar;!module-info.class)"


def _slim(name: str, packages: tuple[str, ...]) -> Path:
    """Return those packages of the platform as a JAR."""
    slim = place() / f"{name}-{artefacts()['android-all'].sha256[:8]}.jar"
    if not slim.exists():
        part = slim.with_suffix(f".{os.getpid()}")
        with zipfile.ZipFile(file_of(artefacts()["android-all"])) as whole, zipfile.ZipFile(part, "w", compresslevel=1) as out:
            for info in whole.infolist():
                inside = info.filename
                if inside.endswith(".class") and inside.startswith(packages) and not inside.startswith(_UNUSED):
                    out.writestr(info, whole.read(info), zipfile.ZIP_DEFLATED)
        os.replace(part, slim)
    return slim


def _run(command: Sequence[str | Path], where: Path) -> str:
    niced = ["nice", "-n", "10", *map(str, command)] if shutil.which("nice") else [*map(str, command)]
    done = subprocess.run(niced, cwd=where, capture_output=True, text=True, errors="replace", timeout=_PATIENCE)
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed: {(done.stderr + done.stdout)[-2000:]}")
    return done.stdout + done.stderr


def compile_java(sources: Iterable[Path], against: Iterable[Path], out: Path) -> None:
    """Compile Java sources to class files of Java 8 below ``out``."""
    platform, _ = _library()
    classpath = os.pathsep.join(map(str, (platform, *against)))
    _run(
        [_java("javac"), "-J-Xmx512m", "--release", "8", "-nowarn", "-Xlint:none", "-proc:none", "-encoding", "UTF-8",
         "-cp", classpath, "-d", out, *sources],
        out,
    )  # fmt: skip


def stand_ins(jars: Iterable[Path], out: Path) -> Path:
    """Write empty classes for all that the JARs refer to and nobody brings: the optimiser wants a whole hierarchy.

    Google's libraries, which most SDKs expect in an app, are in no registry that can be asked here.
    """
    platform, _ = _library()
    with zipfile.ZipFile(platform) as archive:
        known = {name.removesuffix(".class").replace("/", ".") for name in archive.namelist()}
    wanted: set[str] = set()
    interfaces: set[str] = set()
    for read in _classes(jars):
        known.add(read.name)
        wanted.update((read.parent, *read.interfaces, *read.classes()))
        interfaces.update(read.interfaces)
        interfaces.update(member.owner for member in read.members() if member.kind == "interface-method")
    missing = sorted(name for name in wanted - known if name and not name.startswith(("java.", "[")))
    flags = {name: _INTERFACE if name in interfaces else _CLASS for name in missing}
    out.write_bytes(write_jar({name: write_class(name, access=flag) for name, flag in flags.items()}))
    return out


_CLASS, _INTERFACE = 0x0021, 0x0601
"""Access flags: public super; public interface abstract."""


def _classes(jars: Iterable[Path]) -> Iterator[ClassFile]:
    for jar in jars:
        with zipfile.ZipFile(jar) as archive:
            for name in archive.namelist():
                yield read_class(archive.read(name))


def minify(jars: Iterable[Path], rules: str, out: Path, *, against: Iterable[Path] = ()) -> dict[str, str]:
    """Run ProGuard over JARs into one; return the name each class had before by the name it has now."""
    platform, java = _library()
    mapping, config = out.with_suffix(".txt"), out.with_suffix(".pro")
    lines = [f"-injars '{jar}'(!META-INF/**,**.class)" for jar in jars]
    lines += [f"-outjars '{out}'", f"-libraryjars '{platform}'", f"-libraryjars {java}"]
    lines += [f"-libraryjars '{jar}'" for jar in against]
    lines += [f"-printmapping '{mapping}'", rules]
    config.write_text("\n".join(lines), "utf-8")
    classpath = os.pathsep.join(str(file_of(artefacts()[one])) for one in _PROGUARD)
    _run([_java("java"), "-Xmx3500m", *_QUICK, "-cp", classpath, "proguard.ProGuard", f"@{config}"], out.parent)
    return {new: old for old, new in _MAPPED.findall(mapping.read_text("utf-8"))}


def dex(jars: Iterable[Path], scratch: Path) -> list[bytes]:
    """Return the DEX files dx makes of the classes in JARs."""
    out = scratch / "dex.zip"
    # from API level 28 on dx takes lambdas, default methods and method handles as they are; its optimisation only moves
    # registers about, and takes half of the time
    _run(
        [_java("java"), "-Xmx1600m", *_QUICK, "-cp", file_of(artefacts()["dalvik-dx"]), "com.android.dx.command.Main",
         "--dex", "--multi-dex", "--min-sdk-version=28", "--no-optimize", f"--output={out}", *jars],
        scratch,
    )  # fmt: skip
    return _dex_files(out)


def r8(jars: Iterable[Path], rules: str, scratch: Path) -> tuple[list[bytes], dict[str, str]]:
    """Run R8 in its full mode, as the build tools do, over JARs; return the DEX files, and the classes in them.

    Each class stands with the name it had before; of several merged into one, that is the one whose name the map gives, and
    of what R8 wrote itself, the class it wrote it for.
    """
    platform = _slim("android-java", (*_PLATFORM, "java/", "javax/"))
    mapping, config, out = scratch / "r8.map", scratch / "r8.pro", scratch / "r8.zip"
    config.write_text(rules, "utf-8")
    _run(
        [_java("java"), "-Xmx3500m", *_QUICK, "-cp", file_of(artefacts()["r8"]), "com.android.tools.r8.R8",
         "--release", "--min-api", "24", "--lib", platform, "--pg-conf", config, "--pg-map-output", mapping,
         "--output", out, *jars],
        scratch,
    )  # fmt: skip
    files = _dex_files(out)
    before = {new: old for old, new in _MAPPED.findall(mapping.read_text("utf-8"))}
    left = {name: before.get(name, name) for data in files for name in _defined(data)}
    written = {name: _SYNTHESISED.split(old)[0] for name, old in left.items()}
    # what R8 wrote comes first, so that who asks for a class by its old name gets the class itself
    return files, dict(sorted(written.items(), key=lambda item: item[1] == left[item[0]]))


_MAPPED = re.compile(r"^(\S+) -> (\S+):$", re.MULTILINE)
_SYNTHESISED = re.compile(r"\$\$(?:External|Internal)Synthetic|\$\$Lambda\$|-\$\$")


def _defined(data: bytes) -> Iterator[str]:
    tables = Tables(data, 0)
    return (tables.class_name(index) for index in range(tables.classes))


def _dex_files(archive: Path) -> list[bytes]:
    with zipfile.ZipFile(archive) as opened:
        names = sorted((name for name in opened.namelist() if name.endswith(".dex")), key=lambda name: (len(name), name))
        return [opened.read(name) for name in names]

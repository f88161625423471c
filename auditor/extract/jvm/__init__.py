"""Java and Android libraries read as facts: JARs and AARs.

What counts as a part of the library is what an app's build takes from it: ``classes.jar`` and ``libs/*.jar`` of an AAR, the
classes of a JAR outside ``META-INF`` (R8's ZipUtils skips that directory, and with it the variants of multi-release JARs
that only Java 9 and later look at). Format of an AAR: developer.android.com/studio/projects/android-library.
"""

from __future__ import annotations

import fnmatch
import re
from array import array
from itertools import chain
from pathlib import PurePosixPath

from auditor.archive import Archive, Unreadable
from auditor.build import FactKind, Table, host_of
from auditor.extract.android.axml import AxmlError, clean
from auditor.extract.android.dex import DexError, is_dex, read_dex
from auditor.extract.android.manifest import Manifest, ManifestError, record_manifest
from auditor.extract.android.native import record_native
from auditor.extract.collector import MANIFEST, Collector, IdentityFacts, Place, hidden_with
from auditor.extract.jvm.classfile import ClassFile, ClassFileError, is_class_file, read_class
from auditor.extract.jvm.manifest import is_text, read_library_manifest

__all__ = ["is_aar", "is_jar", "read_jvm"]

_CODE = (Table.SDKS, Table.DATA)
_ZIP = b"PK\x03\x04"
_CLASSES = "classes.jar"
_BUILD_ONLY = ("lint.jar", "api.jar", "annotations.zip", "R.txt", "public.txt", "navigation.json")
"""Parts of an AAR that help to build an app and never become a part of it."""
_STATIC, _MODULE = 0x0008, 0x8000
_MAX_CLASS = 64 << 20
_MAX_TEXT, _MAX_NOTE = 16 << 20, 1 << 16
_MAX_TITLE = 200
_FIRST_LOOK = 20

_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}", re.ASCII)
_TITLES = ("Implementation-Title", "Bundle-SymbolicName", "Automatic-Module-Name")
_VERSIONS = ("Implementation-Version", "Bundle-Version", "Specification-Version")


def is_aar(archive: Archive) -> bool:
    """Tell whether an archive is an AAR: it has a manifest like an APK, but its code is class files."""
    if MANIFEST not in archive or "classes.dex" in archive or "resources.arsc" in archive:
        return False
    # an empty archive starts otherwise than a full one
    if _CLASSES in archive and archive.magic(_CLASSES, 2) == _ZIP[:2]:
        return True
    # one without code still has the list of its resources, and one with damaged code is not an app for that
    return is_text(archive.magic(MANIFEST, 64)) and (_CLASSES in archive or "R.txt" in archive)


def is_jar(archive: Archive) -> bool:
    """Tell whether an archive holds class files."""
    named = [name for name in archive if name.endswith(".class")]
    # the first may be damaged
    return any(is_class_file(archive.magic(name)) for name in named[:_FIRST_LOOK])


def read_jvm(archive: Archive, collect: Collector) -> IdentityFacts:
    """Record what an AAR or a JAR holds; every part that cannot be read is a gap."""
    file = PurePosixPath(archive.shown).name
    manifest = Manifest("", "", "", "")
    if is_aar(archive):
        manifest = _aar(archive, collect)
    else:
        _jar(archive, file, collect)
    coordinates, version = _own_version(collect)
    return IdentityFacts(
        app_id=manifest.package or coordinates,
        label=file,
        version=manifest.version or version,
        version_code=manifest.version_code,
        signer=(),
    )


def _own_version(collect: Collector) -> tuple[str, str]:
    """Return the Maven coordinates and the version of the library itself; empty where it does not tell."""
    stated = [fact for fact in collect.facts if fact.kind is FactKind.VERSION]
    for by, key in (("pom.properties", "version"), *(("MANIFEST.MF", key) for key in _VERSIONS)):
        found = {(fact.name, fact.value) for fact in stated if fact.by == by and fact.location.at == key}
        # where there are several, the library has swallowed others
        if len(found) == 1:
            name, version = found.pop()
            return (name if by == "pom.properties" else ""), version
    return "", ""


# -- AAR ----------------------------------------------------------------------------------------------------------


def _aar(archive: Archive, collect: Collector) -> Manifest:
    manifest = _manifest(archive, collect)
    native = []
    for name in archive:
        parts = name.split("/")
        if name == _CLASSES or fnmatch.fnmatchcase(name, "libs/*.jar"):
            inner = _open(archive, name, collect)
            if inner is not None:
                _jar(inner, archive.place(name), collect)
                collect.faults(inner)
        elif len(parts) == 3 and parts[0] == "jni" and name.endswith(".so"):
            native.append(name)
        elif name != MANIFEST and name not in _BUILD_ONLY and parts[0] != "aapt":
            _file(archive, name, collect)
    record_native(archive, native, collect)
    return manifest


def _manifest(archive: Archive, collect: Collector) -> Manifest:
    everything = (Table.PERMISSIONS, *_CODE)
    data = collect.read(archive, MANIFEST, *everything, limit=_MAX_TEXT)
    if data is not None:
        try:
            return record_manifest(read_library_manifest(data), Place(collect, archive.place(MANIFEST)), library=True)
        except (AxmlError, ManifestError) as error:
            collect.gap(archive.place(MANIFEST), "", error.reason, *everything)
    return Manifest("", "", "", "")


# -- JAR ----------------------------------------------------------------------------------------------------------


def _jar(archive: Archive, unit: str, collect: Collector) -> None:
    """Record what a JAR holds: its classes as those of ``unit``, the rest under the paths that an APK has it at."""
    classes: list[str] = []
    types: dict[str, int] = {}
    pairs = array("I")
    native = []
    for name in archive:
        if name.endswith(".class"):
            found = None if name.upper().startswith("META-INF/") else _class(archive, name, collect)
            if found is not None:
                named = _uses(found, archive.place(name), unit, collect)
                pairs.extend(chain.from_iterable((len(classes), types.setdefault(other, len(types))) for other in named))
                classes.append(clean(found.name))
            continue
        parts = name.split("/")
        if len(parts) == 3 and parts[0] == "lib" and name.endswith(".so"):
            native.append(name)
        else:
            _file(archive, name, collect)
    record_native(archive, native, collect)
    collect.code(unit, classes)
    if pairs:
        collect.references(unit, classes, list(types), pairs)


def _class(archive: Archive, name: str, collect: Collector) -> ClassFile | None:
    """Return the class an entry defines; None where it only describes a module or cannot be read."""
    data = collect.read(archive, name, *_CODE, limit=_MAX_CLASS)
    if data is None:
        return None
    try:
        found = read_class(data)
    except ClassFileError as error:
        collect.gap(archive.place(name), "", error.reason, *_CODE)
        return None
    return None if found.access & _MODULE else found


def _uses(found: ClassFile, place: str, unit: str, collect: Collector) -> tuple[str, ...]:
    """Record the literals and constants of the lens that a class holds; return the classes it names, where the lens asks."""
    lens = collect.lens
    try:
        if lens.constants:
            name = clean(found.name)
            for one in found.fields:
                if one.constant is not None and one.access & _STATIC and f"{name}.{one.name}" in lens.constants:
                    collect.fact(FactKind.CONSTANT, f"{name}.{one.name}", unit, name, value=clean(str(one.constant)))
        if lens.literals or lens.hosts:
            texts = found.strings()
            for literal in {*lens.literals.intersection(texts), *(text for text in texts if host_of(text) in lens.hosts)}:
                collect.literal(unit, clean(found.name), literal)
        return tuple(map(clean, found.classes())) if lens.renamed is not None else ()
    except ClassFileError as error:
        collect.gap(place, "", error.reason, *_CODE)
        return ()


def _file(archive: Archive, name: str, collect: Collector) -> None:
    """Record what is neither class nor native library, and look for DEX code in it that is loaded at run time."""
    if name.endswith("/"):
        return
    place = archive.place(name)
    collect.fact(FactKind.ASSET, name, place)
    base = name.rpartition("/")[2]
    if name.upper() == "META-INF/MANIFEST.MF":
        _jar_manifest(archive, name, collect)
    elif base == "pom.properties" and name.startswith("META-INF/maven/"):
        _pom(archive, name, collect)
    elif name.startswith("META-INF/") and base.endswith(".version"):
        data = collect.read(archive, name, limit=_MAX_NOTE)
        text = (data or b"").decode("utf-8", "replace").strip()
        if _VERSION.fullmatch(text):
            collect.fact(FactKind.VERSION, base.removesuffix(".version"), place, value=text, by=".version")
    else:
        magic = archive.magic(name)
        if is_dex(magic):
            _dex(archive, name, collect)
        elif magic[:4] == _ZIP:
            _loaded(archive, name, collect)
        elif not magic and archive.entries[name].size and hidden_with(name):
            # what cannot be looked at might be code: reading it says so in a gap
            collect.read(archive, name, *_CODE)


def _loaded(archive: Archive, name: str, collect: Collector) -> None:
    """Look for DEX code in an archive that only the library itself can open."""
    pending = [(archive, name)]
    while pending:
        outer, one = pending.pop()
        try:
            inner = outer.nested(one)
        except Unreadable as unreadable:
            # media and documents are ZIP files too; only one that could hold code hides anything
            if hidden_with(one) and one.endswith((".jar", ".apk", ".zip", ".aar", ".dex")):
                collect.gap(outer.place(one), "", unreadable.reason, *_CODE)
            continue
        for entry in inner:
            magic = inner.magic(entry)
            if is_dex(magic):
                _dex(inner, entry, collect)
            elif magic[:4] == _ZIP:
                pending.append((inner, entry))
        collect.faults(inner)


def _dex(archive: Archive, name: str, collect: Collector) -> None:
    place = archive.place(name)
    data = collect.read(archive, name, *_CODE)
    if data is None:
        return
    try:
        dex = read_dex(data)
    except DexError as error:
        collect.gap(place, "", error.reason, *_CODE)
        return
    collect.fact(FactKind.DEX, place, place, value=dex.version, classes=str(len(dex.classes)))
    collect.code(place, dex.classes)
    for doubt in dex.doubts:
        collect.gap(place, "", doubt, *_CODE)


def _open(archive: Archive, name: str, collect: Collector) -> Archive | None:
    collect.reading = archive.place(name)
    try:
        return archive.nested(name)
    except Unreadable as unreadable:
        collect.gap(archive.place(name), "", unreadable.reason, *_CODE)
        return None


# -- versions -----------------------------------------------------------------------------------------------------


def _jar_manifest(archive: Archive, name: str, collect: Collector) -> None:
    """Record the versions of the main section (JAR File Specification, "Manifest Specification")."""
    data = collect.read(archive, name, limit=_MAX_TEXT)
    text = (data or b"").decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    # the section ends at an empty line; a line that starts with a space goes on from the one before
    section = text.lstrip("\n").partition("\n\n")[0].replace("\n ", "")
    values = {key: value.strip() for key, colon, value in (line.partition(":") for line in section.split("\n")) if colon}
    title = next((clean(values[key][:_MAX_TITLE]) for key in _TITLES if values.get(key)), "")
    for key in _VERSIONS:
        if _VERSION.fullmatch(values.get(key, "")):
            collect.fact(FactKind.VERSION, title or key, archive.place(name), key, value=values[key], by="MANIFEST.MF")


def _pom(archive: Archive, name: str, collect: Collector) -> None:
    """Record the Maven coordinates of a ``pom.properties``."""
    data = collect.read(archive, name, limit=_MAX_NOTE)
    lines = (data or b"").decode("utf-8", "replace").splitlines()
    values = {key.strip(): value.strip() for key, equals, value in (line.partition("=") for line in lines) if equals}
    group, artefact, version = (values.get(key, "") for key in ("groupId", "artifactId", "version"))
    if group and artefact and _VERSION.fullmatch(version):
        place = archive.place(name)
        collect.fact(FactKind.VERSION, clean(f"{group}:{artefact}"), place, "version", value=version, by="pom.properties")

"""The report of the Android Gradle plugin's manifest merger: which library brought which element of the app's manifest.

Format: ``com.android.manifmerger.Actions``: after a headline, each element on a line (``uses-permission#android.permission.CAMERA``)
and below it what was done (``ADDED from [group:artifact:version] path:line:column``); attributes are indented.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

from auditor.errors import SideFileError
from auditor.model import Build, Fact, FactKind, Location, Platform

__all__ = ["read_merger_report", "with_provenance"]

_HEADLINE = "-- Merging decision tree log"
_RECORD = re.compile(r"(ADDED|MERGED|INJECTED|IMPLIED|REJECTED|CONVERTED) from (.*)\Z")
_KEY = re.compile(r"(?:[\w.-]+:)?([A-Za-z][\w.-]*)(?:#(.+))?\Z")
_LIBRARY = re.compile(r"\[([^\]]+)\]")
_REASON = " reason: "
_REQUESTED = {FactKind.PERMISSION: "uses-permission", FactKind.PERMISSION_SDK23: "uses-permission"}
_COMPONENTS = frozenset({"activity", "activity-alias", "service", "receiver", "provider"})
_BELONGS_FROM = 0.5
_LONGEST = 64 << 20
_HINT = "give the manifest-merger-*-report.txt of this build (build/outputs/logs)"


def read_merger_report(path: Path) -> tuple[tuple[Fact, ...], str]:
    """Return who brought each named element, sorted, and the file's SHA-256. Raises SideFileError where it is no such report.

    One fact per element and library: the first record tells the action. What was rejected is in no manifest and is left out.
    """
    content = _read(path)
    lines = content.decode("utf-8", "replace").split("\n")
    start = next((number for number, line in enumerate(lines) if line.startswith(_HEADLINE)), None)
    if start is None:
        raise SideFileError(f"{path.name} is no report of the manifest merger: {_HEADLINE!r} is not in it", _HINT)
    found: dict[tuple[str, str, str], Fact] = {}
    element = name = ""
    for number, line in enumerate(lines[start + 1 :], start + 2):
        line = line.rstrip("\r ")
        if not line or line.startswith("\t"):
            # attributes follow their element
            continue
        if record := _RECORD.match(line):
            if not element:
                raise _malformed(path, number, line)
            fact = _fact(path.name, number, element, name, record)
            if name and record[1] != "REJECTED":
                found.setdefault((element, name, fact.by), fact)
        elif key := _KEY.match(line):
            element, name = key[1], key[2] or ""
        else:
            raise _malformed(path, number, line)
    return tuple(sorted(found.values(), key=lambda fact: fact.key)), hashlib.sha256(content).hexdigest()


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LONGEST:
            raise SideFileError(f"{path.name} is larger than {_LONGEST >> 20} MB, which no report of the manifest merger is", _HINT)
        return path.read_bytes()
    except OSError as error:
        raise SideFileError(f"{path} cannot be opened ({error.strerror})", "check the path of the merger report") from None


def _fact(file: str, number: int, element: str, name: str, record: re.Match[str]) -> Fact:
    place, _, reason = record[2].partition(_REASON)
    library = _LIBRARY.match(place)
    traits = {"action": record[1].lower(), "reason": reason.strip()}
    return Fact(
        kind=FactKind.BROUGHT,
        name=name,
        value=element,
        by=_library(library[1]) if library else "",
        location=Location(file=file, at=str(number)),
        traits=tuple(sorted((key, value) for key, value in traits.items() if value)),
    )


def _library(written: str) -> str:
    """Return a library's coordinates; of a local file its name alone, as its path is the building machine's."""
    return written.replace("\\", "/").rpartition("/")[2] if "/" in written or "\\" in written else written


def _malformed(path: Path, number: int, line: str) -> SideFileError:
    shown = line if len(line) <= 60 else f"{line[:57]}..."
    return SideFileError(f"{path.name}:{number}: {shown!r} is no line of a merger report", _HINT)


def with_provenance(build: Build, report: Path) -> Build:
    """Return a build with who brought what. Raises SideFileError where the report is none, or another build's."""
    brought, sha256 = read_merger_report(report)
    file = report.name
    if build.identity.platform is not Platform.ANDROID:
        raise SideFileError(f"{file}: an iOS build has no manifest merger", "give it with an Android build")
    elements = {(_plain(fact.value), fact.name) for fact in brought}
    held = {(_REQUESTED[fact.kind], fact.name) for fact in build.of(*_REQUESTED)}
    held |= {(fact.value, fact.name) for fact in build.of(FactKind.COMPONENT) if fact.value in _COMPONENTS}
    named = len(held & elements)
    if named < _BELONGS_FROM * len(held):
        raise SideFileError(
            f"{file} belongs to another build: of the {len(held)} permissions and components of this one it names {named}", _HINT
        )
    itself = Fact(
        kind=FactKind.MERGER_REPORT,
        name=file,
        value=sha256,
        location=Location(file=file),
        traits=(("elements", str(len(elements))),),
    )
    return replace(build, facts=tuple(sorted({*build.facts, *brought, itself}, key=lambda fact: fact.key)))


def _plain(element: str) -> str:
    """Return an element's kind, whatever devices it is for."""
    return "uses-permission" if element.startswith("uses-permission") else element

"""Builds whose archive was tampered with: what the device would read is read, and every trick is named.

Each case is one trick in an otherwise sound app. ``installs`` is what Android's own reader of archives (libziparchive, as the
Android tools carry it) makes of the file: the tests ask it where they are at hand.
"""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import struct
import subprocess
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from auditor import archive as archive_module
from auditor.archive import Archive
from auditor.cli.commands import _exit_code
from auditor.knowledge.load import load
from auditor.model import Audit, FactKind, Oddity
from auditor.pipeline import audit_build, read_build
from tests.forge.apk import simple_apk
from tests.forge.archive import DEFLATED, STORED, Entry, write_zip
from tests.forge.classfile import write_class
from tests.forge.dex import Class, write_dex
from tests.forge.ipa import simple_ipa

MANIFEST, DEX = "AndroidManifest.xml", "classes.dex"
OTHER_DEX = write_dex([Class(name="com.decoy.Nothing")])
EOCD = b"PK\5\6"
ASSET = "assets/a.txt"
DECLARATION = """
app: Example
operator: Example Ltd
policy: {file: policy.txt, effective: 2024-01-01}
permissions:
  - {name: android.permission.CAMERA, text: CAMERA, purpose: scan codes}
"""


def entries() -> list[Entry]:
    """Return the entries of a sound app."""
    kept: list[Entry] = []

    def keep(found: list[Entry]) -> list[Entry]:
        kept.extend(replace(entry, align=1) for entry in found)
        return found

    simple_apk(permissions=["CAMERA"], files={ASSET: b"some text\n" * 20}, edit=keep)
    return kept


SOUND = entries()
BYTES = {str(entry.name): entry.data for entry in SOUND}
DECOY_MANIFEST = next(entry.data for entry in SOUND if entry.name == MANIFEST).replace(
    "com.example.app".encode("utf-16-le"), "com.decoys.app".encode("utf-16-le") + b"s\0"
)


def with_(which: str, **changes: object) -> list[Entry]:
    """Return the app with one entry written otherwise."""
    return [replace(entry, **changes) if entry.name == which else entry for entry in SOUND]  # type: ignore[arg-type]


def plus(*more: Entry) -> list[Entry]:
    return [*SOUND, *more]


def zipped(found: Sequence[Entry] = SOUND, **changes: object) -> bytes:
    return write_zip(found, **changes)  # type: ignore[arg-type]


def wide(data: bytes, *, at: int | None = None, count: int | None = None, narrow: bool = False) -> bytes:
    """Return an archive with a ZIP64 end record: beside the numbers of the old one (``narrow``) or in their place."""
    claimed, size, start = struct.unpack_from("<HII", data, len(data) - 12)
    record_at = len(data) - 22
    record = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, *(2 * [claimed if count is None else count]), size, start)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, record_at if at is None else at, 1)
    end = data[record_at:] if narrow else struct.pack("<4s4H2IH", EOCD, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return data[:record_at] + record + locator + end


def second_directory() -> bytes:
    """Return an archive with a decoy's directory between the real one and the end record, as long as the real one."""
    decoy = with_(DEX, name="classes.dxe")
    real, fake = zipped(), zipped(decoy)
    size, start = struct.unpack_from("<II", real, len(real) - 10)
    return real[:-22] + fake[start : start + size] + real[-22:]


def directory_in_comment(found: Sequence[Entry]) -> bytes:
    """Return an archive whose comment is another directory with an end record of its own, as a file of its own would have it."""
    whole, other = zipped(), zipped(found)
    size, start = struct.unpack_from("<II", other, len(other) - 10)
    count = struct.unpack_from("<H", other, len(other) - 12)[0]
    end = struct.pack("<4s4H2IH", EOCD, 0, 0, count, count, size, len(whole), 0)
    comment = other[start : start + size] + end
    return whole[:-2] + struct.pack("<H", len(comment)) + comment


def patched(data: bytes, at: int, value: bytes) -> bytes:
    return data[:at] + value + data[at + len(value) :]


def central(data: bytes, name: str) -> int:
    """Return where an entry's record in the directory starts."""
    return data.rindex(b"PK\1\2", 0, data.rindex(name.encode()))


def shared() -> bytes:
    """Return an archive in which a second name points into the data of the first, at a local header that stands there."""
    inner = zipped([Entry(name="assets/b.txt", data=b"deep inside")])[:-22]
    found = plus(Entry(name="assets/big.bin", data=inner, method=STORED))
    data = zipped(found)
    at = data.index(inner)
    return zipped([*found, Entry(name="assets/b.txt", data=b"deep inside", offset=at, hidden=False)])


@dataclass(frozen=True, kw_only=True)
class Trick:
    """One trick, and what is to be said of it."""

    data: Callable[[], bytes]
    code: int
    """Exit code of ``auditor audit``."""
    installs: bool | None
    """Whether Android's reader of archives opens it and finds the manifest; None where versions of it differ."""
    said: dict[str, str]
    """Oddity -> ``severity confidence`` of the finding on it."""
    doubts: frozenset[str]
    """Files that gaps are about."""
    package: str
    """What the app is taken for."""


H, M, H2, M2, LOW, HINT = "high high", "medium high", "high medium", "medium medium", "low high", "medium low"
TRICKS: dict[str, Trick] = {}


def trick(
    name: str,
    data: Callable[[], bytes],
    code: int,
    installs: bool | None,
    said: dict[str, str],
    *doubts: str,
    package: str = "com.example.app",
) -> None:
    assert name not in TRICKS
    TRICKS[name] = Trick(data=data, code=code, installs=installs, said=said, doubts=frozenset(doubts), package=package)


def app(which: str, **changes: object) -> Callable[[], bytes]:
    return lambda: zipped(with_(which, **changes))


def more(*entries: Entry, **changes: object) -> Callable[[], bytes]:
    return lambda: zipped(plus(*entries), **changes)


def whole(**changes: object) -> Callable[[], bytes]:
    return lambda: zipped(**changes)


# names that stand twice
trick("another manifest behind the first", more(Entry(name=MANIFEST, data=DECOY_MANIFEST)), 1, False, {"duplicate-entry": H}, MANIFEST)
trick("the same manifest twice", more(Entry(name=MANIFEST, data=BYTES[MANIFEST])), 1, False, {"duplicate-entry": M}, MANIFEST)
trick(
    "another manifest before the first",
    lambda: zipped([Entry(name=MANIFEST, data=DECOY_MANIFEST), *SOUND]),
    1, False, {"duplicate-entry": H}, MANIFEST, package="com.decoys.apps",
)  # fmt: skip
trick("two classes.dex", more(Entry(name=DEX, data=OTHER_DEX)), 1, False, {"duplicate-entry": H}, DEX)
trick("junk for a second classes.dex", more(Entry(name=DEX, data=b"dex\n035\0junk")), 1, False, {"duplicate-entry": H}, DEX)
trick("an asset three times", more(*(Entry(name=ASSET, data=data) for data in (b"1", b"2"))), 1, False, {"duplicate-entry": H}, ASSET)

# compression methods
trick("the manifest stored under an unknown method", app(MANIFEST, claimed_method=0x7600), 1, None, {"unknown-method": M})
trick(
    "the manifest deflated under an unknown method", app(MANIFEST, method=DEFLATED, claimed_method=9),
    1, None, {"unknown-method": H, "wrong-checksum": HINT}, MANIFEST,
)  # fmt: skip
trick("code stored under an unknown method", app(DEX, claimed_method=99), 1, True, {"unknown-method": M})
trick("code deflated under an unknown method", app(DEX, method=DEFLATED, claimed_method=99), 1, True, {"unknown-method": H})
trick("an unknown method in the local header", app(DEX, local_method=99), 1, True, {"local-method": M2})
trick("another method in the local header", app(DEX, method=DEFLATED, local_method=STORED), 1, True, {"local-method": H2})

# encryption
trick("the flag of encryption in both headers", app(MANIFEST, encrypted=True), 1, True, {"encrypted-flag": M})
trick("the flag of encryption in the local header", app(MANIFEST, local_encrypted=True), 1, True, {"encrypted-flag": M})
trick("the flag of encryption in the directory", app(MANIFEST, encrypted=True, local_encrypted=False), 1, True, {"encrypted-flag": M})
trick(
    "code that is encrypted", app(DEX, encrypted=True, packed=bytes(byte ^ 0xA5 for byte in BYTES[DEX])),
    1, True, {"encrypted-flag": M}, DEX, MANIFEST,
)  # fmt: skip

# what the two headers say
trick("another name in the local header", app(DEX, local_name="classes.dxe"), 1, False, {"local-name": H2}, DEX)
trick("another size in the local header", app(DEX, local_size=3), 1, False, {"local-sizes": H2})
trick("no sizes in the local header", app(DEX, local_size=0, local_packed_size=0, local_crc=0), 1, False, {"local-sizes": H2})
trick("another checksum in the local header", app(DEX, local_crc=1), 1, False, {"local-sizes": M2})
trick("other sizes behind the data", app(DEX, descriptor=True, described=(1, 2, 3)), 1, True, {"data-descriptor": M2})

# sizes
trick("stored and packed shorter", app(DEX, packed_size=10), 1, True, {"stored-sizes": H, "unlisted-bytes": LOW})
trick("stored and packed longer", app(DEX, packed_size=len(BYTES[DEX]) + 10), 1, True, {"stored-sizes": H, "overlapping-entries": M})
trick("more than the size says", app(DEX, method=DEFLATED, size=100), 3, True, {"wrong-size": HINT}, DEX, MANIFEST)
trick("a size no data can have", app(DEX, method=DEFLATED, size=0x7FFFFFFF), 3, True, {"wrong-size": HINT}, DEX, MANIFEST)
trick("a size of nothing", app(DEX, method=DEFLATED, size=0), 3, True, {"wrong-size": HINT}, DEX, MANIFEST)
trick("another checksum", app(DEX, crc=1), 3, True, {"wrong-checksum": HINT}, DEX)
trick("an offset that leads nowhere", app(DEX, offset=5), 1, False, {"no-data": HINT, "unlisted-entry": H}, DEX, MANIFEST)
trick(
    "an offset that leads to another entry", app(DEX, offset=0), 1, False,
    {"local-name": H2, "local-sizes": H2, "overlapping-entries": M, "unlisted-entry": H, "wrong-checksum": HINT}, DEX, MANIFEST,
)  # fmt: skip
trick(
    "data that runs on into the directory", app(ASSET, packed_size=1 << 20, size=1 << 20),
    1, False, {"no-data": HINT, "overlapping-entries": M}, ASSET,
)  # fmt: skip

# before and behind
trick("bytes before the archive", lambda: b"#!/bin/sh\n" + zipped(), 1, False, {"prefix-bytes": M})
trick("bytes before the archive that offsets count", whole(prefix=b"#!/bin/sh\n"), 1, False, {"prefix-bytes": M})
trick("a DEX file before the archive", whole(prefix=OTHER_DEX), 1, False, {"prefix-bytes": H})
trick("bytes behind the archive", whole(suffix=b"junk"), 1, False, {"trailing-bytes": M})
trick("a header cut off by the directory", whole(before_directory=b"PK\x03\x04" + bytes(range(1, 20))), 1, True, {"unlisted-bytes": M})
trick("more bytes behind the archive than a comment has", whole(suffix=bytes(70_000)), 3, False, {"directory-lost": HINT}, "build.apk")

# the end of the archive
trick("an end record in the comment", whole(comment=b"x" * 10 + EOCD + b"\xff" * 40), 1, False, {"several-end-records": M})
trick(
    "another directory in the comment", lambda: directory_in_comment(with_(DEX, name="classes.dxe")),
    1, False, {"several-end-records": H, "local-name": H2, "unlisted-bytes": LOW}, "classes.dxe",
)  # fmt: skip
trick("an end record of nothing in the comment", whole(comment=EOCD + bytes(18)), 1, False, {"several-end-records": H})
trick("a second directory", second_directory, 1, True, {"two-directories": H, "bytes-before-end": M})
trick("bytes between directory and end", whole(after_directory=b"junkjunk"), 1, True, {"bytes-before-end": M})
trick("a directory longer than it says", whole(directory_size=50), 3, False, {"directory-end": HINT}, "ZIP central directory")
trick("fewer entries than there are", whole(entry_count=2), 1, True, {"entry-count": H})
trick("no entries at all", whole(entry_count=0), 1, False, {"entry-count": H})
trick("more entries than there are", whole(entry_count=9), 3, False, {"directory-lost": HINT}, "build.apk")
trick("one of several disks", whole(disk=3), 1, True, {"disk-number": M})
trick("a ZIP64 end record", lambda: wide(zipped()), 1, None, {"zip64": M})
trick("a ZIP64 locator that leads nowhere", lambda: wide(zipped(), at=7), 1, None, {"zip64": M, "zip64-lies": M})
trick("a ZIP64 record that counts otherwise", lambda: wide(zipped(), count=2, narrow=True), 1, None, {"zip64": M, "zip64-lies": H})
trick(
    "a ZIP64 field that is not there", lambda: patched(zipped(), central(zipped(), DEX) + 42, b"\xff" * 4),
    1, False, {"zip64-lies": M, "no-data": HINT, "unlisted-entry": H}, DEX, MANIFEST,
)  # fmt: skip

# extra fields
trick("an extra field that is none", app(DEX, local_extra=b"*** absurd"), 1, True, {"extra-field": M})
trick("an extra field longer than it is", app(DEX, central_extra=b"\x01\x99\xff\xff!"), 1, True, {"extra-field": M})
trick(
    "an extra field of forty thousand bytes", app(DEX, local_extra=struct.pack("<HH", 0x7777, 40_000) + bytes(40_000)),
    1, True, {"extra-field": M},
)  # fmt: skip

# names
trick("a manifest with NUL in its name", more(Entry(name=f"{MANIFEST}\0x", data=DECOY_MANIFEST)), 1, False, {"name-with-nul": H})
trick("a name that leads out", more(Entry(name="assets/../../../etc/x", data=b"1")), 1, True, {"name-leads-out": M})
trick("a name that leads out the Windows way", more(Entry(name="assets\\..\\..\\x", data=b"1")), 1, True, {"name-leads-out": M})
trick("a name from the root", more(Entry(name="/etc/x", data=b"1")), 1, True, {"name-absolute": M})
trick("a name on a drive", more(Entry(name="C:\\x", data=b"1")), 1, True, {"name-absolute": M})
trick("a name in GBK", more(Entry(name="assets/图标.png", encoding="gbk", data=b"1")), 1, False, {"name-encoding": M})
trick("a name that breaks its flag", more(Entry(name=b"assets/\xff\xfe", utf8_flag=True, data=b"1")), 1, False, {"name-encoding": M})
trick("classes.dex in capitals", more(Entry(name="Classes.dex", data=OTHER_DEX)), 1, True, {"case-collision": M})
trick("a manifest that is a directory", more(Entry(name=f"{MANIFEST}/")), 1, True, {"file-and-directory": M})
trick("no name", more(Entry(name="", data=b"x")), 1, True, {"name-empty": M})

# bytes that are several entries' or no entry's
trick("two entries that share their bytes", shared, 1, True, {"overlapping-entries": M, "unlisted-entry": M}, "assets/big.bin")
trick(
    "unlisted code under the name of code", lambda: zipped([Entry(name=DEX, data=OTHER_DEX, hidden=True), *SOUND]),
    1, True, {"unlisted-entry": H},
)  # fmt: skip
trick("an entry that is not listed", more(Entry(name="payload.dex", data=OTHER_DEX, hidden=True)), 1, True, {"unlisted-entry": M})
trick("bytes between two entries", whole(between=b"padding that some tool left"), 0, True, {"unlisted-bytes": LOW})
trick("code between two entries", whole(between=OTHER_DEX), 1, True, {"unlisted-bytes": M})

# directories that are lost
trick("no directory", whole(end=False, directory=False), 3, False, {"directory-lost": HINT}, "build.apk")
trick(
    "half a directory", lambda: zipped()[: central(zipped(), DEX) + 20], 3, False, {"directory-lost": HINT}, "build.apk"
)  # fmt: skip
trick(
    "half a file", lambda: zipped()[: zipped().index(BYTES["resources.arsc"]) + 20],
    3, False, {"directory-lost": HINT, "no-data": HINT}, "build.apk", "resources.arsc",
)  # fmt: skip
trick(
    "no directory, and sizes only behind the data",
    lambda: zipped([replace(entry, method=DEFLATED, descriptor=True) for entry in SOUND], end=False, directory=False),
    3, False, {"directory-lost": HINT}, "build.apk",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "policy.yaml").write_text(DECLARATION, "utf-8")
    return folder


def audited(folder: Path, data: bytes, name: str = "build.apk") -> Audit:
    (folder / name).write_bytes(data)
    return audit_build(folder / name, folder / "policy.yaml", knowledge=load())


def tampering(audit: Audit) -> dict[str, str]:
    """Return what is said of the archive: subject -> ``severity confidence``."""
    found = [one for one in audit.findings if one.rule == "tampered-archive"]
    assert all(one.evidence and one.message.zh != one.message.en for one in found)
    return {one.subject: f"{one.severity.word} {one.confidence.word}" for one in found}


def test_a_sound_app_is_consistent(folder: Path) -> None:
    audit = audited(folder, zipped())
    assert (tampering(audit), audit.gaps, _exit_code(audit, "medium")) == ({}, (), 0)


@pytest.mark.parametrize("name", TRICKS)
def test_each_trick_is_named(folder: Path, name: str) -> None:
    one = TRICKS[name]
    audit = audited(folder, one.data())
    assert tampering(audit) == one.said
    assert {gap.location.file for gap in audit.gaps} == one.doubts
    assert audit.identity.app_id == one.package
    assert _exit_code(audit, "medium") == one.code


@pytest.mark.skipif(shutil.which("aapt2") is None, reason="the Android tools are not installed")
@pytest.mark.parametrize("name", [name for name, one in TRICKS.items() if one.installs is not None])
def test_android_opens_what_it_is_said_to_open(folder: Path, name: str) -> None:
    path = folder / "asked.apk"
    path.write_bytes(TRICKS[name].data())
    done = subprocess.run(["aapt2", "dump", "badging", str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == TRICKS[name].installs, done.stderr


PLAIN = {
    "another manifest behind the first",
    "another manifest before the first",
    "two classes.dex",
    "stored and packed shorter",
    "an end record of nothing in the comment",
    "a second directory",
    "fewer entries than there are",
    "a manifest with NUL in its name",
    "code deflated under an unknown method",
}


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_where_content_is_said_to_differ_a_plain_reader_sees_other_content(folder: Path, name: str) -> None:
    path = folder / "plain.apk"
    path.write_bytes(TRICKS[name].data())
    seen: dict[str, bytes] = {}
    with contextlib.suppress(zipfile.BadZipFile, NotImplementedError, EOFError), zipfile.ZipFile(path) as plain:
        for info in plain.infolist():
            seen[info.filename] = b""
            seen[info.filename] = plain.read(info)
    count = struct.unpack_from("<H", path.read_bytes(), len(path.read_bytes()) - 12)[0]
    with Archive.open(path) as archive:
        ours = {each: archive.read(each) for each in list(archive)[: count or None]}
    assert seen != ours


def test_entries_of_one_kind_are_counted_and_the_first_are_named(folder: Path) -> None:
    audit = audited(folder, zipped(plus(*(Entry(name=f"/root/{number:03}", data=b"") for number in range(100)))))
    (finding,) = (one for one in audit.findings if one.rule == "tampered-archive")
    assert "/root/000, /root/001, /root/002 and 97 more" in finding.message.en
    assert len(finding.evidence) == 12


# -- ordinary archives ----------------------------------------------------------------------------------------------

ORDINARY = {
    "streamed": lambda: zipped([replace(entry, method=DEFLATED, descriptor=True) for entry in SOUND]),
    "aligned": lambda: zipped([replace(entry, align=4096) for entry in SOUND]),
    "aligned with zeros": lambda: zipped([replace(entry, local_extra=bytes(3)) for entry in SOUND]),
    "a jar's marker": lambda: zipped([replace(SOUND[0], extra=b"\xfe\xca\0\0"), *SOUND[1:]]),
    "a channel in the comment": whole(comment=b"channel=store"),
    "signed": lambda: simple_apk(permissions=["CAMERA"], schemes=("v1", "v2")),
    "zeros before the directory": whole(before_directory=bytes(300)),
    "space an incremental build left": lambda: zipped([Entry(name="", data=bytes(70), hidden=True), *SOUND]),
    "short names": more(Entry(name="res/aA.xml", data=b"1"), Entry(name="res/Aa.xml", data=b"2")),
    "directories": more(Entry(name="assets/", data=b"")),
    "a name without the flag": more(Entry(name="assets/图标.txt", utf8_flag=False, data=b"1")),
    "an archive inside": more(Entry(name="assets/map.zip", data=b"junk" + zipped() + b"junk")),
    "old names in an archive inside": more(
        Entry(name="assets/map.zip", data=write_zip([Entry(name="图标.txt", encoding="gbk", data=b"1")], comment=b"made by hand"))
    ),
}


@pytest.mark.parametrize("name", ORDINARY)
def test_what_build_tools_write_is_no_trick(folder: Path, name: str) -> None:
    audit = audited(folder, ORDINARY[name]())
    assert tampering(audit) == {}
    assert _exit_code(audit, "medium") == 0


# -- archives in archives -------------------------------------------------------------------------------------------


def test_a_trick_in_a_split_is_told_with_its_split(folder: Path) -> None:
    audit = audited(folder, write_zip([Entry(name="base.apk", data=TRICKS["two classes.dex"].data())]), "app.xapk")
    assert tampering(audit) == {"duplicate-entry in base.apk": "high high"}


def test_what_only_wraps_the_apks_may_be_made_by_any_archiver(folder: Path) -> None:
    wrapped = [Entry(name="base.apk", data=zipped()), Entry(name="图标.png", encoding="gbk", data=b"")]
    assert tampering(audited(folder, b"MZ" + write_zip(wrapped) + b"tail", "app.xapk")) == {}
    twice = audited(folder, write_zip([*wrapped, Entry(name="icon.png", data=b"1"), Entry(name="icon.png", data=b"2")]), "app.xapk")
    assert tampering(twice) == {"duplicate-entry": "high high"}


def test_a_trick_in_a_plug_in_is_medium(folder: Path) -> None:
    plugin = write_zip([Entry(name=DEX, data=BYTES[DEX]), Entry(name=DEX, data=OTHER_DEX)])
    audit = audited(folder, zipped(plus(Entry(name="assets/plugin.jar", data=plugin))))
    assert tampering(audit) == {"duplicate-entry in assets/plugin.jar": "medium high"}


def ipa(change: Callable[[list[Entry]], list[Entry]], **end: object) -> bytes:
    with zipfile.ZipFile(io.BytesIO(simple_ipa())) as archive:
        found = [Entry(name=name, data=archive.read(name)) for name in archive.namelist()]
    return write_zip(change(found), **end)  # type: ignore[arg-type]


def test_ipas_are_held_to_what_holds_for_them(folder: Path) -> None:
    path = folder / "app.ipa"

    def said(data: bytes) -> dict[str, str]:
        return tampering(audited(folder, data, path.name))

    assert said(ipa(list)) == {}
    assert said(wide(ipa(list))) == {}
    assert said(ipa(lambda found: [*found, Entry(name="Payload/Forged.app/图标.png", encoding="gbk")])) == {}
    info = "Payload/Forged.app/Info.plist"
    assert said(ipa(lambda found: [*found, Entry(name=info, data=b"other")])) == {"duplicate-entry": "high high"}
    assert said(ipa(lambda found: [*found, *(Entry(name=f"Payload/Forged.app/{name}") for name in ("Icon.png", "icon.png"))])) == {}
    assert said(ipa(lambda found: [*found, Entry(name="Payload/Forged.app/info.plist", data=b"x")])) == {"case-collision": "medium high"}
    assert said(ipa(list, suffix=b"tail")) == {"trailing-bytes": "medium high"}


def test_every_oddity_of_archives_is_one_of_the_tricks() -> None:
    package = Path(archive_module.__file__).parent
    told = {name for path in package.glob("*.py") for name in re.findall(r"Oddity\.([A-Z_0-9]+)", path.read_text("utf-8"))}
    assert {Oddity[name].value for name in told} == {kind for one in TRICKS.values() for kind in one.said}


def test_facts_of_a_library_tell_its_oddities_and_judge_nothing(folder: Path) -> None:
    path = folder / "lib.jar"
    path.write_bytes(write_zip([Entry(name="a/B.class", data=write_class("a/B")), Entry(name="x", data=b"1"), Entry(name="x", data=b"2")]))
    facts = read_build(path, knowledge=load()).build.of(FactKind.ARCHIVE)
    assert [(fact.name, fact.location.file, fact.trait("opened-by")) for fact in facts] == [("duplicate-entry", "x", "tool")]

"""Any file ends as a build whose gaps say what is missing, or as one clear sentence: never as another error."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.archive import Archive
from auditor.errors import BuildError
from auditor.extract import extract
from auditor.extract.collector import Collector, IdentityFacts, hidden_with
from auditor.model import Build, FactKind, Platform, Table
from tests.forge.apk import Permission, component, simple_apk
from tests.forge.archive import DEFLATED, Entry, write_zip
from tests.forge.dex import Class, write_dex

NONE: frozenset[Table] = frozenset()
CODE = frozenset({Table.SDKS, Table.DATA})


def refusal(path: Path) -> str:
    with pytest.raises(BuildError) as caught:
        extract(path)
    message = str(caught.value)
    assert message.isprintable()
    assert message.startswith(str(path))
    assert caught.value.hint
    return message


# -- which kind of build ------------------------------------------------------------------------------------------


def files(*names: str) -> bytes:
    return write_zip([Entry(name=name, data=b"content of some length") for name in names])


@pytest.mark.parametrize(
    ("content", "says", "do"),
    [
        (b"", "is empty", "get the file again"),
        (b"\x1f\x8b\x08\0" + bytes(40), "is a gzip archive, as HarmonyOS libraries (.har) are", "that holds the library"),
        (b"just some words\n", "is no ZIP archive", "apk, iOS .ipa or HarmonyOS .hap"),
        (files("a", "b")[:-40], "is cut short: the archive's directory is missing, and no app is among the 2", "get the file again"),
        (simple_apk()[:300], "is cut short", "get the file again"),
        (files(), "is a ZIP archive, but no app build", "give an .apk, .ipa or .hap"),
        (files("holiday.jpg", "notes.txt"), "is a ZIP archive, but no app build", "give an .apk, .ipa or .hap"),
        (files("classes.dex", "resources.arsc"), "DEX code without an AndroidManifest.xml", "give the whole APK"),
        (files("classes2.dex"), "DEX code without an AndroidManifest.xml", "give the whole APK"),
        (files("ets/modules.abc"), "HarmonyOS code without a module.json", "give the whole HAP"),
        (files("pack.info"), "a HarmonyOS pack without a module", "give the whole pack"),
        (files("Info.plist", "App"), "the inside of an iOS app folder", "the .app folder itself"),
        (files("META-INF/MANIFEST.MF", "a/B.class"), "a JAR", "APK"),
        (files("My App/app.xapk"), "an archive with an .xapk in it", "give the .xapk itself"),
        (files("app.aab"), "an archive with an app bundle (.aab) in it", "give the .aab itself"),
        (files("index.html", "manifest.json"), "is a ZIP archive, but no app build", "give an .apk, .ipa or .hap"),
    ],
)
def test_what_is_no_build_is_named_with_what_to_give_instead(tmp_path, content, says, do):
    path = tmp_path / "build.apk"
    path.write_bytes(content)
    message = refusal(path)
    assert says in message
    assert do in message


def test_missing_files_and_directories_are_named(tmp_path):
    assert "does not exist" in refusal(tmp_path / "none.apk")
    assert "is a directory" in refusal(tmp_path)
    (tmp_path / "builds").mkdir()
    (tmp_path / "builds" / "a.apk").write_bytes(simple_apk())
    assert "is a directory" in refusal(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_is_refused_without_waiting_for_its_writer(tmp_path):
    path = tmp_path / "pipe.apk"
    os.mkfifo(path)
    assert "is no regular file" in refusal(path)


def test_an_unreadable_file_is_named(tmp_path, monkeypatch):
    path = tmp_path / "secret.apk"
    path.write_bytes(simple_apk())

    def denied(*_arguments, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    monkeypatch.setattr("auditor.archive.open", denied, raising=False)
    assert "may not be read" in refusal(path)


@pytest.mark.parametrize("name", ["app.apk", "app.ipa", "app.txt", "no suffix"])
def test_a_build_is_known_by_its_content(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(simple_apk())
    assert extract(path).identity.platform is Platform.ANDROID


# -- the boundary -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", [RuntimeError("a bug"), RecursionError(), OSError(5, "I/O error")])
def test_an_unexpected_error_of_a_reader_leaves_every_table_in_doubt(tmp_path, monkeypatch, failure):
    def broken(archive: Archive, collect: Collector) -> IdentityFacts:
        collect.about = IdentityFacts("com.example", "Label", "1.0", "1", ())
        collect.fact(FactKind.PERMISSION, "android.permission.CAMERA", "AndroidManifest.xml")
        collect.read(archive, "classes.dex")
        raise failure

    monkeypatch.setattr("auditor.extract.android.apk.read_android", broken)
    path = tmp_path / "a.apk"
    path.write_bytes(simple_apk())
    build = extract(path)
    (gap,) = build.gaps
    assert (gap.location.file, gap.hides) == ("classes.dex", frozenset(Table))
    assert type(failure).__name__ in gap.reason.en
    assert type(failure).__name__ in gap.reason.zh
    assert (build.identity.app_id, build.identity.label) == ("com.example", "Label")
    assert [fact.name for fact in build.facts] == ["android.permission.CAMERA"]


def test_an_unexpected_error_before_anything_is_read_names_the_first_file(tmp_path, monkeypatch):
    def broken(_archive: Archive, _collect: Collector) -> IdentityFacts:
        raise ZeroDivisionError

    monkeypatch.setattr("auditor.extract.android.apk.read_android", broken)
    path = tmp_path / "a.apk"
    path.write_bytes(simple_apk())
    assert [gap.location.file for gap in extract(path).gaps] == ["AndroidManifest.xml"]


def test_a_build_error_of_a_reader_stays_one(tmp_path, monkeypatch):
    def refuses(_archive: Archive, _collect: Collector) -> IdentityFacts:
        raise BuildError("no build", "give one")

    monkeypatch.setattr("auditor.extract.android.apk.read_android", refuses)
    path = tmp_path / "a.apk"
    path.write_bytes(simple_apk())
    with pytest.raises(BuildError, match="no build; give one"):
        extract(path)


@pytest.mark.parametrize("failure", [KeyboardInterrupt, SystemExit, MemoryError])
def test_an_interruption_is_no_gap(tmp_path, monkeypatch, failure):
    def interrupted(_archive: Archive, _collect: Collector) -> IdentityFacts:
        raise failure

    monkeypatch.setattr("auditor.extract.android.apk.read_android", interrupted)
    path = tmp_path / "a.apk"
    path.write_bytes(simple_apk())
    with pytest.raises(failure):
        extract(path)


def test_reading_an_apk_loads_nothing_it_does_not_need(tmp_path):
    path = tmp_path / "a.apk"
    path.write_bytes(simple_apk())
    code = (
        "import sys; from pathlib import Path; from auditor.extract import extract;"
        f"assert not extract(Path({str(path)!r})).gaps; print(*sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "androguard" in loaded
    assert loaded & {"lief", "numpy", "networkx", "matplotlib", "IPython", "pygments", "biplist", "openstep_plist", "yaml"} == set()


# -- what an entry hides ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "hides"),
    [
        ("AndroidManifest.xml", CODE | {Table.PERMISSIONS}),
        ("classes.dex", CODE),
        ("lib/arm64-v8a/libfoo.so", CODE),
        ("assets/payload", CODE),
        ("assets/app.js", CODE),
        ("META-INF/services/x.Factory", CODE),
        ("META-INF/CERT.RSA", NONE),
        ("META-INF/MANIFEST.MF", NONE),
        ("assets/CERT.RSA", CODE),
        ("resources.arsc", NONE),
        ("res/layout/main.xml", NONE),
        ("res/icon.PNG", NONE),
        (".png", NONE),
        ("png", CODE),
        ("Payload/App.app/Info.plist", {Table.USAGE_KEYS}),
        ("Payload/App.app/zh-Hans.lproj/InfoPlist.strings", {Table.USAGE_KEYS}),
        ("Payload/App.app/App", CODE),
        ("Payload/App.app/embedded.mobileprovision", NONE),
    ],
)
def test_what_an_unreadable_entry_leaves_in_doubt(name, hides):
    assert set(hidden_with(name)) == hides


# -- laws ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("laws") / "build.apk"


def read(path: Path, data: bytes) -> Build | None:
    """Extract; None where the file is refused as it should be."""
    path.write_bytes(data)
    try:
        build = extract(path)
    except BuildError as error:
        message = str(error)
    else:
        for gap in build.gaps:
            assert re.search("[\u4e00-\u9fff]", gap.reason.zh)
            assert "unexpected error" not in gap.reason.en
        return build
    assert message.isprintable()
    return None


def permissions(build: Build) -> set[tuple[str, str | None]]:
    return {(fact.name, fact.trait("max-sdk")) for fact in build.of(FactKind.PERMISSION, FactKind.PERMISSION_SDK23)}


def classes(build: Build) -> set[str]:
    return {name for unit in build.code for name in unit.classes}


def components(build: Build) -> set[str]:
    return {fact.name for fact in build.of(FactKind.COMPONENT)}


def hidden(build: Build) -> set[Table]:
    return {table for gap in build.gaps for table in gap.hides}


INNER = write_zip([Entry(name="classes.dex", data=write_dex([Class(name="com.inner.Plugin")]), method=DEFLATED)])


def forged(compress: bool) -> bytes:
    return simple_apk(
        permissions=["CAMERA", Permission(name="READ_CONTACTS", max_sdk=28), Permission(name="RECORD_AUDIO", sdk23=True)],
        components=[component("service", "com.umeng.Service")],
        dex=[[Class(name="com.example.app.MainActivity"), Class(name="com.umeng.Service")], [Class(name="com.second.Two")]],
        files={"assets/hidden.bin": write_dex([Class(name="com.hidden.Code")]), "assets/plugin.zip": INNER},
        compress=compress,
    )


SOUND = {compress: forged(compress) for compress in (False, True)}
LONGEST = max(map(len, SOUND.values()))


def nothing_lost(whole: Build, damaged: Build | None) -> None:
    """Hold the law: fewer permissions, components or classes than there were imply a gap that says so."""
    if damaged is None:
        return
    doubts = hidden(damaged)
    assert permissions(damaged) >= permissions(whole) or Table.PERMISSIONS in doubts
    assert components(damaged) >= components(whole) or Table.SDKS in doubts
    assert classes(damaged) >= classes(whole) or Table.SDKS in doubts


@pytest.fixture(scope="module")
def wholes(scratch) -> dict[bool, Build]:
    builds = {compress: read(scratch, data) for compress, data in SOUND.items()}
    for build in builds.values():
        assert build is not None
        assert build.gaps == ()
        assert len(permissions(build)) == 3
        assert classes(build) == {
            "com.example.app.MainActivity",
            "com.umeng.Service",
            "com.second.Two",
            "com.hidden.Code",
            "com.inner.Plugin",
        }
    return builds


@settings(deadline=None)
@given(st.binary(max_size=500))
def test_any_bytes_are_a_build_or_a_build_error(scratch, data):
    assert read(scratch, data) is None or data


@settings(deadline=None, max_examples=300)
@given(st.booleans(), st.integers(0, LONGEST * 8 - 1))
def test_a_flipped_bit_loses_nothing_in_silence(scratch, wholes, compress, bit):
    data = bytearray(SOUND[compress])
    at = bit // 8 % len(data)
    if in_magic(data, at):
        # what does not start like code or an archive is neither, to the device as well
        return
    data[at] ^= 1 << bit % 8
    nothing_lost(wholes[compress], read(scratch, bytes(data)))


def in_magic(data: bytearray, at: int) -> bool:
    """Tell whether a byte is among the first of a file that is known by nothing else."""
    # a first byte takes up to fifteen bits of deflated data
    for name, magic in ((b"assets/hidden.bin", 16), (b"assets/plugin.zip", 8)):
        start = data.index(name) + len(name)
        start += int.from_bytes(data[start - len(name) - 2 : start - len(name)], "little")
        if start <= at < start + magic:
            return True
    return False


@settings(deadline=None)
@given(st.booleans(), st.integers(0, LONGEST - 1))
def test_a_cut_loses_nothing_in_silence(scratch, wholes, compress, length):
    data = SOUND[compress]
    nothing_lost(wholes[compress], read(scratch, data[: length % len(data)]))


@settings(deadline=None)
@given(st.booleans(), st.integers(0, LONGEST - 1), st.integers(1, 3000), st.sampled_from([b"\0", b"\xff", b"PK\5\6", b"dex\n"]))
def test_a_stretch_of_other_bytes_ends_in_order(scratch, compress, at, length, filling):
    data = bytearray(SOUND[compress])
    at %= len(data)
    data[at : at + length] = (filling * length)[: len(data[at : at + length])]
    read(scratch, bytes(data))


PARTS = st.sampled_from(["AndroidManifest.xml", "classes.dex", "resources.arsc"])


@settings(deadline=None)
@given(st.lists(st.tuples(PARTS, st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=4))
def test_damage_from_before_packing_ends_in_order(scratch, changes):
    """With every checksum of the archive right, only the readers' own care is left."""

    def edit(entries: list[Entry]) -> list[Entry]:
        bodies = {entry.name: bytearray(entry.data) for entry in entries}
        for name, at, byte in changes:
            bodies[name][at % len(bodies[name])] = byte
        return [Entry(name=entry.name, data=bytes(bodies[entry.name])) for entry in entries]

    build = read(scratch, simple_apk(permissions=["CAMERA"], edit=edit))
    assert build is not None

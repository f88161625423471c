"""A whole APK: what it holds is found wherever it stands, and every part that cannot be read is a gap."""

from __future__ import annotations

import random
import tracemalloc

import pytest

from auditor.archive import Limits
from auditor.model import Build, FactKind, Platform, Table
from tests.forge.apk import Permission, component, simple_apk
from tests.forge.archive import DEFLATED, Entry, deflated_zeros, write_zip
from tests.forge.axml import Element, write_axml
from tests.forge.dex import Class, write_dex
from tests.forge.sign import CERTIFICATE_SHA256

NONE: frozenset[Table] = frozenset()
CODE = frozenset({Table.SDKS, Table.DATA})
EVERYTHING = CODE | {Table.PERMISSIONS}
SECRET = write_dex([Class(name="com.secret.Tracker")])


def classes(build: Build) -> dict[str, set[str]]:
    return {unit.file: set(unit.classes) for unit in build.code}


def permissions(build: Build) -> set[str]:
    return {fact.name for fact in build.of(FactKind.PERMISSION, FactKind.PERMISSION_SDK23)}


def gaps(build: Build) -> dict[str, frozenset[Table]]:
    """Return what is hidden by gaps, by the file they are in."""
    found: dict[str, frozenset[Table]] = {}
    for gap in build.gaps:
        assert gap.reason.zh != gap.reason.en
        found[gap.location.file] = found.get(gap.location.file, frozenset()) | gap.hides
    return found


def reasons(build: Build) -> str:
    return " | ".join(gap.reason.en for gap in build.gaps)


def change(name: str, **changes):
    """Return an edit that changes one entry."""

    def edit(entries: list[Entry]) -> list[Entry]:
        assert name in [entry.name for entry in entries]
        fields = {field: getattr(entry, field) for entry in entries if entry.name == name for field in Entry.__slots__}
        return [Entry(**{**fields, **changes}) if entry.name == name else entry for entry in entries]

    return edit


def without(name: str):
    return lambda entries: [entry for entry in entries if entry.name != name]


# -- sound builds -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("utf8", [False, True])
def test_a_sound_build_is_read_in_full(read, compress, utf8):
    data = simple_apk(
        package="cn.net.tego.app",
        label={"": "Tego", "zh": "特购"},
        permissions=["CAMERA", Permission(name="READ_CONTACTS", max_sdk=28)],
        classes=["com.umeng.Analytics"],
        files={"lib/arm64-v8a/libfoo.so": b"\x7fELF", "assets/data.json": b"{}", "assets/dir/": b"", "lib/odd.so": b"x"},
        version_name="1.8.6",
        version_code=186,
        compress=compress,
        utf8=utf8,
    )
    build = read(data)
    identity = build.identity
    assert (identity.platform, identity.app_id, identity.label) == (Platform.ANDROID, "cn.net.tego.app", "Tego")
    assert (identity.version, identity.version_code, identity.size) == ("1.8.6", "186", len(data))
    assert {(signer.scheme, signer.sha256) for signer in identity.signer} == {
        ("v1", CERTIFICATE_SHA256),
        ("v2", CERTIFICATE_SHA256),
    }
    assert permissions(build) == {"android.permission.CAMERA", "android.permission.READ_CONTACTS"}
    assert classes(build) == {"classes.dex": {"cn.net.tego.app.MainActivity", "com.umeng.Analytics"}}
    assert build.gaps == ()
    (dex,) = build.of(FactKind.DEX)
    assert (dex.name, dex.value, dex.trait("classes")) == ("classes.dex", "035", "2")
    assert [(fact.name, fact.value, fact.location.file) for fact in build.of(FactKind.NATIVE_LIBRARY)] == [
        ("libfoo.so", "arm64-v8a", "lib/arm64-v8a/libfoo.so")
    ]
    assets = {fact.name for fact in build.of(FactKind.ASSET)}
    assert assets >= {"assets/data.json", "lib/odd.so", "classes.dex"}
    assert not assets & {"assets/dir/", "AndroidManifest.xml", "resources.arsc"}


def test_facts_classes_and_gaps_are_sorted(read):
    build = read(simple_apk(permissions=["Z", "A"], classes=["b.B", "a.A"], dex=[[Class(name="z.Z"), Class(name="a.A")], b"x"]))
    assert list(build.facts) == sorted(build.facts, key=lambda fact: fact.key)
    assert list(build.gaps) == sorted(build.gaps, key=lambda gap: gap.key)
    assert build.code[0].classes == ("a.A", "z.Z")


def test_the_order_of_entries_changes_nothing(read):
    def shuffled(seed: int):
        return lambda entries: random.Random(seed).sample(entries, len(entries))

    options = {"permissions": ["CAMERA"], "dex": [[Class(name="a.A")], [Class(name="b.B")]], "files": {"assets/x": SECRET}}
    builds = [read(simple_apk(edit=shuffled(seed), **options)) for seed in range(4)]
    assert len({(build.facts, build.code, build.gaps) for build in builds}) == 1


# -- code wherever it stands --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["classes2.dex", "classes9.dex", "assets/payload.dex", "assets/a.png", "res/raw/x", "META-INF/y.txt", "lib/arm/z.so"]
)
@pytest.mark.parametrize("compress", [False, True])
def test_a_dex_file_is_found_by_its_first_bytes(read, name, compress):
    build = read(simple_apk(files={name: SECRET}, compress=compress))
    assert classes(build)[name] == {"com.secret.Tracker"}
    assert build.gaps == ()


@pytest.mark.parametrize("name", ["assets/plugin.apk", "assets/x.jar", "assets/doc.docx", "res/raw/no_suffix"])
def test_code_in_nested_archives_is_found(read, name):
    inner = write_zip([Entry(name="classes.dex", data=SECRET, method=DEFLATED), Entry(name="readme.txt", data=b"hello there")])
    build = read(simple_apk(files={name: inner}))
    assert classes(build)[f"{name}!/classes.dex"] == {"com.secret.Tracker"}
    assert build.gaps == ()


def nest(levels: int) -> bytes:
    data = SECRET
    for level in range(levels):
        data = write_zip([Entry(name="classes.dex" if level == 0 else "in.zip", data=data)])
    return data


def test_three_levels_of_archives_are_read_and_the_fifth_is_a_gap(read):
    build = read(simple_apk(files={"a.zip": nest(3), "b.zip": nest(5)}))
    assert "a.zip!/in.zip!/in.zip!/classes.dex" in classes(build)
    assert gaps(build) == {"b.zip!/in.zip!/in.zip!/in.zip": CODE}
    assert "nested deeper than 3" in reasons(build)


def test_a_nested_archive_that_cannot_be_opened_is_a_gap(read):
    broken = nest(1)[:32]
    build = read(simple_apk(files={"assets/x.bin": broken, "assets/x.jpg": broken}))
    assert gaps(build) == {"assets/x.bin": CODE, "assets/x.jpg": NONE}


def test_a_nested_archive_without_its_directory_is_read_by_its_headers_and_in_doubt(read):
    build = read(simple_apk(files={"assets/x.bin": nest(1)[:-30]}))
    assert "com.secret.Tracker" in {name for unit in build.code for name in unit.classes}
    assert gaps(build) == {"assets/x.bin": CODE}


def test_damage_in_a_nested_archive_is_a_gap(read):
    inner = write_zip(
        [
            Entry(name="classes.dex", data=SECRET, crc=1),
            Entry(name="twice.dex", data=SECRET),
            Entry(name="twice.dex", data=b"other"),
            Entry(name="lost.bin", data=b"0123456789", offset=0xFFFFFF),
        ]
    )
    build = read(simple_apk(files={"in.jar": inner}))
    assert gaps(build) == {"in.jar!/classes.dex": CODE, "in.jar!/twice.dex": CODE, "in.jar!/lost.bin": CODE}
    # the same bytes under a second name are read once
    assert set(classes(build)) == {"classes.dex", "in.jar!/classes.dex"}


def test_an_encrypted_nested_archive_is_one_gap(read):
    secret = bytes(byte ^ 0x5A for byte in SECRET)
    inner = write_zip([Entry(name=f"{n}.dat", data=SECRET, packed=secret, encrypted=True) for n in range(50)])
    build = read(simple_apk(files={"assets/locked.zip": inner}))
    assert gaps(build) == {"assets/locked.zip!/0.dat": CODE}
    assert reasons(build) == "is encrypted; supply a build that is not (so it is with 49 more entries)"


def test_documents_that_cannot_be_looked_at_hide_nothing(read):
    build = read(simple_apk(files={"res/a.png": bytes(100)}, edit=change("res/a.png", offset=0xFFFFFF)))
    assert gaps(build) == {"res/a.png": NONE}


def test_broken_code_is_a_gap(read):
    whole = write_dex([Class(name=f"a.C{n}") for n in range(50)])
    for broken in (random.Random(1).randbytes(2000), b"", whole[: len(whole) // 2], b"dex\n035\0" + bytes(200)):
        build = read(simple_apk(dex=[broken]))
        assert gaps(build)["classes.dex"] == CODE


def test_a_second_broken_dex_file_does_not_hide_the_first(read):
    build = read(simple_apk(dex=[[Class(name="a.A")], b"garbage"]))
    assert classes(build) == {"classes.dex": {"a.A"}}
    assert gaps(build) == {"classes2.dex": CODE}


def test_only_one_dex_file_is_held_at_a_time(read):
    padding = bytes(4 << 20)
    dex = [write_dex([Class(name=f"a.C{number}")]) + padding for number in range(8)]
    data = simple_apk(dex=dex, edit=lambda entries: [change(entry.name, method=DEFLATED)([entry])[0] for entry in entries])
    read(data)
    tracemalloc.start()
    build = read(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(build.code) == 8
    assert peak < 3 * len(padding)


def test_a_build_without_code_is_a_gap_unless_it_says_so(read):
    build = read(simple_apk(dex=[]))
    assert gaps(build) == {"classes.dex": CODE}
    assert "is missing" in reasons(build)
    assert gaps(read(simple_apk(dex=[], application={"hasCode": False}))) == {}
    assert gaps(read(simple_apk(dex=[], files={"assets/real.bin": SECRET}))) == {}


# -- the manifest -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        (b"", "shorter than its header"),
        (b"garbage " * 50, "no binary XML"),
        (b"<?xml version='1.0'?><manifest package='a'/>", "plain XML"),
        (write_axml(Element("manifest", {"package": "a"}))[:-20], "cut short"),
        (write_axml(Element("other", {"package": "a"})), "no manifest"),
        (b"\3\0\x08\0" + bytes(60), "damaged"),
        (random.Random(7).randbytes(3000), "no binary XML"),
    ],
)
def test_a_broken_manifest_leaves_everything_in_doubt(read, manifest, says):
    build = read(simple_apk(manifest_bytes=manifest, permissions=["CAMERA"]))
    assert gaps(build) == {"AndroidManifest.xml": EVERYTHING}
    assert says in reasons(build)
    assert build.identity.app_id == ""
    assert classes(build) == {"classes.dex": {"com.example.app.MainActivity"}}


@pytest.mark.parametrize(
    "changes",
    [
        {"crc": 1},
        {"offset": 0xFFFFFF},
        {"size": 5},
        {"method": DEFLATED, "packed": b"\xff" * 40},
        {"packed": bytes(50), "encrypted": True},
        {"size": 1 << 30, "method": DEFLATED},
    ],
)
def test_a_manifest_that_cannot_be_trusted_leaves_everything_in_doubt(read, changes):
    build = read(simple_apk(permissions=["CAMERA"], edit=change("AndroidManifest.xml", **changes)))
    assert gaps(build)["AndroidManifest.xml"] == EVERYTHING


def test_what_only_android_before_9_read_is_read_and_in_doubt(read):
    """Later versions take an unknown method for stored bytes, which are no manifest here."""
    edit = change("AndroidManifest.xml", method=DEFLATED, claimed_method=77)
    build = read(simple_apk(permissions=["CAMERA"], edit=edit))
    assert permissions(build) == {"android.permission.CAMERA"}
    assert gaps(build)["AndroidManifest.xml"] == EVERYTHING


@pytest.mark.parametrize("changes", [{"encrypted": True}, {"claimed_method": 12}])
def test_what_android_forgives_is_forgiven(read, changes):
    def edit(entries: list[Entry]) -> list[Entry]:
        for name in ("AndroidManifest.xml", "classes.dex", "resources.arsc"):
            entries = change(name, **changes)(entries)
        return entries

    build = read(simple_apk(permissions=["CAMERA"], edit=edit))
    assert permissions(build) == {"android.permission.CAMERA"}
    assert classes(build) == {"classes.dex": {"com.example.app.MainActivity"}}
    assert (build.identity.label, build.gaps) == ("Example", ())


def test_a_second_manifest_is_a_gap(read):
    decoy = write_axml(Element("manifest", {"package": "com.decoy"}))
    build = read(simple_apk(permissions=["CAMERA"], edit=lambda entries: [*entries, Entry(name="AndroidManifest.xml", data=decoy)]))
    assert gaps(build) == {"AndroidManifest.xml": EVERYTHING}
    assert permissions(build) == {"android.permission.CAMERA"}


# -- label and version --------------------------------------------------------------------------------------------


def test_a_label_that_is_written_needs_no_resources(read):
    build = read(simple_apk(application={"label": "特购"}, edit=without("resources.arsc")))
    assert (build.identity.label, build.gaps) == ("特购", ())


def test_a_label_without_a_resource_table_is_a_gap_that_hides_nothing(read):
    build = read(simple_apk(edit=without("resources.arsc")))
    assert build.identity.label == ""
    assert gaps(build) == {"resources.arsc": NONE}


@pytest.mark.parametrize(
    "changes", [{"data": b"garbage" * 20}, {"data": b""}, {"packed": bytes(9), "size": 1 << 29}, {"offset": 0xFFFFFF}]
)
def test_a_broken_resource_table_is_a_gap_that_hides_nothing(read, changes):
    build = read(simple_apk(permissions=["CAMERA"], edit=change("resources.arsc", **changes)))
    assert build.identity.label == ""
    assert gaps(build) == {"resources.arsc": NONE}
    assert permissions(build) == {"android.permission.CAMERA"}


def test_a_label_the_table_does_not_have_is_a_gap_that_hides_nothing(read):
    from tests.forge.axml import Reference

    build = read(simple_apk(application={"label": Reference(0x7F0F0001)}))
    assert build.identity.label == ""
    assert gaps(build) == {"AndroidManifest.xml": NONE}
    assert "@7F0F0001" in reasons(build)


# -- signatures and the archive -----------------------------------------------------------------------------------


def test_a_broken_signature_hides_no_table(read):
    build = read(simple_apk(files={"META-INF/X.RSA": b"nonsense"}, schemes=()))
    assert gaps(build) == {"META-INF/X.RSA": NONE}
    assert build.identity.signer == ()


def test_a_bomb_among_the_files_is_a_gap(read):
    bomb = deflated_zeros(10 << 30)

    def edit(entries: list[Entry]) -> list[Entry]:
        return [
            *entries,
            Entry(name="classes2.dex", packed=bomb, method=DEFLATED, size=10 << 30, crc=0),
            Entry(name="classes3.dex", packed=bomb, method=DEFLATED, size=100_000, crc=0),
        ]

    build = read(simple_apk(permissions=["CAMERA"], edit=edit))
    assert gaps(build) == {"classes2.dex": CODE, "classes3.dex": CODE}
    assert permissions(build) == {"android.permission.CAMERA"}


def test_a_used_up_budget_is_a_gap(read):
    build = read(simple_apk(dex=[[Class(name="a.A")], [Class(name="b.B")]]), Limits(total_bytes=3000))
    assert gaps(build)
    assert "used up" in reasons(build)


def test_a_directory_that_does_not_add_up_leaves_everything_in_doubt(read):
    def edit(entries: list[Entry]) -> list[Entry]:
        return [*entries, Entry(name="assets/x", data=b"12345678")]

    data = bytearray(simple_apk(edit=edit))
    at = data.rindex(b"PK\1\2")
    data[at + 28] -= 1
    assert gaps(read(bytes(data)))["ZIP central directory"] == frozenset(Table)


def test_names_of_every_encoding_are_listed(read):
    def edit(entries: list[Entry]) -> list[Entry]:
        return [
            *entries,
            Entry(name="assets/标志.bin", data=SECRET, utf8_flag=False),
            Entry(name="assets/图标.bin", data=write_dex([Class(name="com.secret.Other")]), encoding="gbk", utf8_flag=False),
        ]

    build = read(simple_apk(edit=edit))
    assert {"assets/标志.bin", "assets/图标.bin"} <= set(classes(build))
    assert build.gaps == ()


def test_a_component_without_code_is_still_listed(read):
    build = read(simple_apk(components=[component("service", "com.hidden.Service")]))
    assert "com.hidden.Service" in {fact.name for fact in build.of(FactKind.COMPONENT)}
    assert "com.hidden.Service" not in classes(build)["classes.dex"]

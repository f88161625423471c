"""Builds with the names a mapping restores: what is found by them, how it is shown, and mappings of other builds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from auditor.beside import Beside
from auditor.errors import SideFileError
from auditor.model import EntryKind, FactKind, Origin, OwnerKind, Reach, Table
from auditor.pipeline import Facts, read_build
from tests.forge.apk import simple_apk
from tests.forge.dex import Call, Class, Field, GetField, Local, Method, New, Return
from tests.forge.ipa import simple_ipa

GET_ID = "android.telephony.TelephonyManager.getDeviceId()Ljava/lang/String;"
VENDOR = [f"com.umeng.analytics.Part{number}" for number in range(4)]
MAPPING = """\
com.example.app.MainActivity -> com.example.app.MainActivity:
com.umeng.analytics.Part0 -> a.b.a:
    java.lang.String imei(android.content.Context) -> a
com.umeng.analytics.Part1 -> a.b.b:
com.umeng.analytics.Part2 -> a.b.c:
com.umeng.analytics.Part3 -> a.b.d:
com.amap.api.location.AMapLocationClient -> a.b.e:
    void startLocation() -> a
    void stopLocation(int) -> a
"""
READER = Method(name="a(Landroid/content/Context;)Ljava/lang/String;", calls=[GET_ID])
CALLER = Method(name="go()V", calls=["a.b.e.a()V", "a.b.e.a(I)V"])
CLASSES = [
    Class(name="a.b.a", methods=[READER]),
    Class(name="a.b.b"),
    Class(name="a.b.c"),
    Class(name="a.b.d", methods=[CALLER]),
    Class(name="a.b.e", methods=[Method(name="a()V"), Method(name="a(I)V")]),
]


def marked(marker: str) -> Class:
    """A class whose code uses the string in which R8 says what it is."""
    return Class(name="com.example.app.Marked", methods=[Method(name="x()Ljava/lang/String;", body=[Return(marker)])])


def r8(map_id: str) -> str:
    return "~~R8" + json.dumps({"compilation-mode": "release", "pg-map-id": map_id, "version": "8.1.56"})


def facts(tmp_path: Path, mapping: str = MAPPING, *more: Class, **options: object) -> Facts:
    (tmp_path / "app.apk").write_bytes(simple_apk(classes=[*CLASSES, *more], **options))  # type: ignore[arg-type]
    (tmp_path / "mapping.txt").write_text(mapping, "utf-8")
    return read_build(tmp_path / "app.apk", calls=True, beside=Beside(mapping=tmp_path / "mapping.txt"))


def test_restored_names_prove_an_sdk_and_the_written_ones_are_shown(tmp_path: Path) -> None:
    found = facts(tmp_path)
    (umeng,) = [sdk for sdk in found.conduct.sdks if sdk.id == "umeng"]
    assert str(umeng.evidence[0].location) == "classes.dex ! a.b.a (was com.umeng.analytics.Part0)"
    assert set(VENDOR) < set(found.build.code[0].classes)
    assert "a.b.a" not in found.build.code[0].classes


def test_without_a_mapping_nothing_is_restored(tmp_path: Path) -> None:
    facts(tmp_path)
    plain = read_build(tmp_path / "app.apk", calls=True)
    assert [sdk.id for sdk in plain.conduct.sdks] == []
    assert plain.build.of(FactKind.MAPPING) == ()
    assert plain.build.code[0].written == ()


def test_a_call_belongs_to_the_restored_class_and_its_place_stays_findable(tmp_path: Path) -> None:
    found = facts(tmp_path)
    (call,) = [one for one in found.conduct.calls if one.site.name.endswith("getDeviceId")]
    assert (call.owner, call.sdk, call.origin) == (OwnerKind.SDK, "umeng", Origin.MAPPING)
    assert call.site.by == "com.umeng.analytics.Part0"
    assert call.site.trait("written") == "a.b.a"
    assert call.site.location.at.startswith(
        "a.b.a.a(Landroid/content/Context;)Ljava/lang/String; (was com.umeng.analytics.Part0.imei) +0x"
    )


def test_a_renamed_method_of_an_sdk_is_looked_for_and_its_namesake_is_not(tmp_path: Path) -> None:
    found = facts(tmp_path)
    sites = [fact for fact in found.build.of(FactKind.CALL) if "amap" in fact.name or "a.b.e" in fact.name]
    assert [(fact.name, fact.trait("descriptor")) for fact in sites] == [
        ("com.amap.api.location.AMapLocationClient.startLocation", "()V")
    ]


def test_a_field_shown_as_an_argument_is_restored(tmp_path: Path) -> None:
    query = "android.content.ContentResolver.query(Landroid/net/Uri;[Ljava/lang/String;Landroid/os/Bundle;)Landroid/database/Cursor;"
    body = [GetField("a.b.f.a:Landroid/net/Uri;", "uri"), Call(query, [Local("uri")])]
    uri = Field(name="a", type="Landroid/net/Uri;", static=True)
    holder = Class(name="a.b.f", fields=[uri], methods=[Method(name="b()V", body=body)])
    found = facts(tmp_path, MAPPING + "com.vendor.Uris -> a.b.f:\n    android.net.Uri INBOX -> a\n    void read() -> b\n", holder)
    (site,) = [fact for fact in found.build.of(FactKind.CALL) if fact.name.endswith(".query")]
    assert (site.value, site.by) == ("com.vendor.Uris.INBOX", "com.vendor.Uris")


def test_a_host_belongs_to_the_restored_class(tmp_path: Path) -> None:
    naming = Class(name="a.b.a", methods=[Method(name="u()Ljava/lang/String;", body=[Return("https://log.example.cn/v1")])])
    (tmp_path / "app.apk").write_bytes(simple_apk(classes=[naming, *CLASSES[1:]]))
    (tmp_path / "mapping.txt").write_text(MAPPING, "utf-8")
    found = read_build(tmp_path / "app.apk", beside=Beside(mapping=tmp_path / "mapping.txt"))
    (host,) = [one for one in found.conduct.hosts if one.name == "log.example.cn"]
    assert (host.owner, host.sdk) == (OwnerKind.SDK, "umeng")
    assert host.evidence[0].location.at == "a.b.a (was com.umeng.analytics.Part0)"


def test_code_is_entered_by_the_names_a_library_has_in_the_build(tmp_path: Path) -> None:
    renamed = "androidx.work.ListenableWorker -> x.l:\n    java.lang.Object startWork() -> a\ncom.example.app.Sync -> x.s:\n"
    library = Class(name="x.l", methods=[Method(name="a()Ljava/lang/Object;")])
    worker = Class(name="x.s", superclass="x.l", methods=[Method(name="a()Ljava/lang/Object;", calls=[GET_ID])])
    found = facts(tmp_path, MAPPING + renamed, library, worker)
    (call,) = [one for one in found.conduct.calls if one.site.by == "com.example.app.Sync"]
    assert (call.reach, call.entries) == (Reach.REACHABLE, (EntryKind.WORKER,))
    assert call.path[0] == "com.example.app.Sync.a"


def test_loaders_of_code_are_still_looked_for(tmp_path: Path) -> None:
    loading = "dalvik.system.DexClassLoader.<init>(Ljava/lang/String;Ljava/lang/String;Ljava/lang/String;Ljava/lang/ClassLoader;)V"
    loader = Class(name="a.b.f", methods=[Method(name="go()V", calls=[loading])])
    found = facts(tmp_path, MAPPING + "com.vendor.Loader -> a.b.f:\n    void load() -> go\n", loader)
    (site,) = [fact for fact in found.build.of(FactKind.CALL) if "DexClassLoader" in fact.name]
    assert site.by == "com.vendor.Loader"




def test_components_are_restored_with_their_classes(tmp_path: Path) -> None:
    from tests.forge.apk import component

    found = facts(tmp_path, components=[component("service", "a.b.b", exported=True)])
    (service,) = [fact for fact in found.build.of(FactKind.COMPONENT) if fact.value == "service"]
    assert (service.name, service.trait("written")) == ("com.umeng.analytics.Part1", "a.b.b")
    assert found.gaps == ()


def test_the_mapping_is_named_among_the_facts(tmp_path: Path) -> None:
    (fact,) = facts(tmp_path).build.of(FactKind.MAPPING)
    assert (fact.name, fact.trait("classes"), len(fact.value)) == ("mapping.txt", "5", 64)


def test_the_same_files_give_the_same_facts(tmp_path: Path) -> None:
    assert facts(tmp_path) == facts(tmp_path)


@pytest.mark.parametrize("map_id", ["1a2b3c4", "1a2b3c4d5e6f"])
def test_a_mapping_with_the_build_s_id_fits(tmp_path: Path, map_id: str) -> None:
    found = facts(tmp_path, f"# compiler: R8\n# pg_map_id: 1a2b3c4\n{MAPPING}", marked(r8(map_id)))
    assert found.gaps == ()
    (tool,) = found.build.of(FactKind.BUILD_TOOL)
    assert (tool.name, tool.value, tool.traits) == ("R8", "8.1.56", (("mode", "release"), ("pg-map-id", map_id)))


def test_a_mapping_with_another_id_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SideFileError, match=r"mapping\.txt belongs to another build: its pg_map_id is 7654321, the build's 1a2b3c4"):
        facts(tmp_path, f"# compiler: R8\n# pg_map_id: 7654321\n{MAPPING}", marked(r8("1a2b3c4")))


@pytest.mark.parametrize("marker", ["~~R8{not json}", "~~R8{}", "~~D8" + json.dumps({"version": 8}), "~~R8" + '{"a":[' + "[" * 1500, "~~"])
def test_a_broken_marker_says_nothing(tmp_path: Path, marker: str) -> None:
    found = facts(tmp_path, f"# compiler: R8\n# pg_map_id: 7654321\n{MAPPING}", marked(marker))
    assert found.gaps == ()


def test_a_mapping_whose_classes_are_not_there_is_refused(tmp_path: Path) -> None:
    others = "".join(f"org.other.C{number} -> x.y.c{number}:\n" for number in range(20))
    with pytest.raises(SideFileError, match="belongs to another build: of 26 classes it names, this one has 6"):
        facts(tmp_path, MAPPING + others)


def test_kept_names_tell_where_there_are_several(tmp_path: Path) -> None:
    kept = "".join(f"org.other.C{number} -> org.other.C{number}:\n" for number in range(30))
    with pytest.raises(SideFileError, match="of 31 classes it names, this one has 1"):
        facts(tmp_path, MAPPING + kept)


def test_a_mapping_of_which_some_classes_are_missing_leaves_a_doubt(tmp_path: Path) -> None:
    found = facts(tmp_path, MAPPING + "p.A -> x.a:\np.B -> x.b:\n")
    (gap,) = found.gaps
    assert gap.location.file == "mapping.txt"
    assert "names 8 classes of which 2 are not in the build" in gap.reason.en
    assert gap.hides == {Table.SDKS, Table.DATA}


def test_a_changed_mapping_leaves_a_doubt(tmp_path: Path) -> None:
    found = facts(tmp_path, f"# compiler: R8\n# pg_map_id: 0\n# pg_map_hash: SHA-256 {'0' * 64}\n{MAPPING}")
    assert ["does not have the hash its header states" in gap.reason.en for gap in found.gaps] == [True]


def test_an_ios_build_takes_no_mapping(tmp_path: Path) -> None:
    (tmp_path / "app.ipa").write_bytes(simple_ipa())
    (tmp_path / "mapping.txt").write_text(MAPPING, "utf-8")
    with pytest.raises(SideFileError, match="an iOS build has no names to restore"):
        read_build(tmp_path / "app.ipa", beside=Beside(mapping=tmp_path / "mapping.txt"))


def test_annotations_that_were_renamed_let_methods_be_entered(tmp_path: Path) -> None:
    mapping = f"{MAPPING}com.getcapacitor.PluginMethod -> a.b.p:\ncom.example.app.Bridge -> a.b.q:\n    void id() -> a\n"
    bridge = Class(name="a.b.q", methods=[Method(name="a()V", calls=[GET_ID], annotations=["a.b.p"])])
    maker = Class(name="a.b.m", methods=[Method(name="make()V", static=True, body=[New("a.b.q", "b")])])
    found = facts(tmp_path, mapping, bridge, maker, calls=["static a.b.m.make()V"])
    (call,) = [one for one in found.conduct.calls if one.site.by == "com.example.app.Bridge"]
    assert (call.reach, call.entries) == (Reach.REACHABLE, (EntryKind.ACTIVITY,))
    assert call.path[-2:] == ("com.example.app.Bridge.id", "android.telephony.TelephonyManager.getDeviceId")


def test_renamed_objects_carry_what_they_were_made_with(tmp_path: Path) -> None:
    gms = "com.google.android.gms.location"
    mapping = (
        f"{MAPPING}{gms}.LocationRequest -> a.b.r:\n    {gms}.LocationRequest setPriority(int) -> a\n"
        f"{gms}.FusedLocationProviderClient -> a.b.s:\n    void requestLocationUpdates({gms}.LocationRequest,int) -> b\n"
    )
    asking = [New("a.b.r", "r"), Call("a.b.r.a(I)La/b/r;", [104], on=Local("r")), Call("a.b.s.b(La/b/r;I)V", [Local("r")])]
    library = [
        Class(name="a.b.r", methods=[Method(name="a(I)La/b/r;")]), Class(name="a.b.s", methods=[Method(name="b(La/b/r;I)V")]),
        Class(name="com.example.app.Asks", methods=[Method(name="go()V", body=asking)]),
    ]  # fmt: skip
    found = facts(tmp_path, mapping, *library, permissions=["ACCESS_FINE_LOCATION"])
    (call,) = [one for one in found.conduct.calls if one.site.by == "com.example.app.Asks"]
    assert (call.site.name, call.site.value, call.data) == (
        f"{gms}.FusedLocationProviderClient.requestLocationUpdates", "104", ("coarse_location",),
    )  # fmt: skip

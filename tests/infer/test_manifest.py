"""Who brought an entry of the merged manifest: known manifests, the class's name, the app itself, or nobody known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.infer.manifest import find_manifest
from auditor.knowledge.schema import Brings, BroughtManifest
from auditor.model import Bringer, BuildKind, Fact, FactKind, Platform, Provenance, SdkTier
from tests.factories import build, fact, permission
from tests.factories import sdk as found_sdk
from tests.knowledge_factories import P, knowledge, names, proves, sdk, supports


def component(name: str, kind: str = "service", **traits: str) -> Fact:
    return fact(FactKind.COMPONENT, name, kind, **traits)


def query(name: str, kind: str = "package") -> Fact:
    return fact(FactKind.QUERY, name, kind)


def brought(line: str, *versions: str, **entries: tuple) -> BroughtManifest:
    return BroughtManifest(line=line, versions=versions, **entries)


def known(*sdks, **brings: tuple[BroughtManifest, ...]):
    """A knowledge in which SDKs bring manifests; a library is one whose name starts with ``lib_``."""
    return replace(
        knowledge(*sdks),
        brings={
            id_.replace("_", "-"): Brings(
                id=id_.replace("_", "-"),
                packages=(f"org.{id_.removeprefix('lib_')}",) if id_.startswith("lib_") else (),
                manifests=manifests,
            )
            for id_, manifests in brings.items()
        },
    )


PUSH = sdk("push", *proves("com.acme.push"), *supports("com.acme.base"), *names("com.acme.named.Hand"))
MAP = sdk("map", *proves("com.acme.map"))


def told(found, knowledge_, *sdks) -> dict[str, tuple[Provenance, tuple[str, ...]]]:
    return {one.fact.name: (one.provenance, one.whom) for one in find_manifest(found, sdks, knowledge_)}


# -- manifests ------------------------------------------------------------------------------------------------------


def test_an_entry_is_brought_by_everybody_whose_manifest_holds_it():
    knowledge_ = known(
        PUSH,
        MAP,
        push=(brought("push", "1.0", permissions=(P + "INTERNET", P + "CAMERA"), queries=(("package", "com.peer"),)),),
        map=(brought("map", "2.0", permissions=(P + "INTERNET",)),),
    )
    found = build(permission("INTERNET"), permission("CAMERA"), permission("READ_SMS"), query("com.peer"), query("com.other"))
    assert told(found, knowledge_, found_sdk("push"), found_sdk("map")) == {
        P + "INTERNET": (Provenance.MANIFEST, ("map", "push")),
        P + "CAMERA": (Provenance.MANIFEST, ("push",)),
        P + "READ_SMS": (Provenance.UNKNOWN, ()),
        "com.peer": (Provenance.MANIFEST, ("push",)),
        "com.other": (Provenance.UNKNOWN, ()),
    }


def test_permissions_an_sdk_is_described_with_count_like_a_manifest():
    asking = sdk("push", permissions=(P + "CAMERA", "${applicationId}.permission.PUSH"))
    own = "com.example.shop.permission.PUSH"
    found = build(permission("CAMERA"), permission(own), permission("com.other.app.permission.PUSH"))
    assert told(found, knowledge(asking), found_sdk("push")) == {
        P + "CAMERA": (Provenance.MANIFEST, ("push",)),
        own: (Provenance.MANIFEST, ("push",)),
        "com.other.app.permission.PUSH": (Provenance.UNKNOWN, ()),
    }


@pytest.mark.parametrize("sdks", [(), (found_sdk("push", tier=SdkTier.NAMED),)], ids=["absent", "only named"])
def test_an_sdk_whose_code_is_not_in_the_build_brought_nothing(sdks):
    knowledge_ = known(PUSH, push=(brought("push", "1.0", permissions=(P + "CAMERA",)),))
    assert told(build(permission("CAMERA")), knowledge_, *sdks) == {P + "CAMERA": (Provenance.UNKNOWN, ())}


def test_the_kind_of_a_component_and_of_a_query_counts():
    knowledge_ = known(
        PUSH, push=(brought("push", "1.0", components=(("service", "x.S"),), queries=(("intent", "a.VIEW"),)),)
    )
    found = build(component("x.S"), component("x.S", "receiver"), query("a.VIEW", "intent"), query("a.VIEW"))
    entries = {(one.fact.value, one.fact.name): one.provenance for one in find_manifest(found, [found_sdk("push")], knowledge_)}
    assert entries == {
        ("service", "x.S"): Provenance.MANIFEST,
        ("receiver", "x.S"): Provenance.UNKNOWN,
        ("intent", "a.VIEW"): Provenance.MANIFEST,
        ("package", "a.VIEW"): Provenance.UNKNOWN,
    }


def test_what_the_app_s_build_fills_in_is_any_name_beside_what_is_written():
    knowledge_ = known(
        PUSH, push=(brought("push", "1", permissions=("${PUSH_PKG}.permission.PUSH_MESSAGE", "${ANY}", "${ANY}.permission")),)
    )
    found = build(permission("com.brand.permission.PUSH_MESSAGE"), permission("com.brand.OTHER"), permission("com.brand.permission"))
    assert told(found, knowledge_, found_sdk("push")) == {
        "com.brand.permission.PUSH_MESSAGE": (Provenance.MANIFEST, ("push",)),
        "com.brand.OTHER": (Provenance.UNKNOWN, ()),
        "com.brand.permission": (Provenance.UNKNOWN, ()),
    }


# -- which artefact -------------------------------------------------------------------------------------------------


def test_of_several_artefacts_only_those_in_the_build_bring_something():
    knowledge_ = known(
        PUSH,
        push=(
            brought("core", "1.0", components=(("service", "com.acme.push.Core"),), permissions=(P + "INTERNET",)),
            brought("contacts", "1.0", components=(("service", "com.acme.push.Book"),), permissions=(P + "READ_CONTACTS",)),
            brought("camera", "1.0", packages=("com.acme.camera",), permissions=(P + "CAMERA",)),
            brought("sms", "1.0", packages=("com.acme.sms",), permissions=(P + "READ_SMS",)),
        ),
    )
    asked = [permission(name) for name in ("INTERNET", "READ_CONTACTS", "CAMERA", "READ_SMS")]
    found = build(*asked, component("com.acme.push.Core"), code={"classes.dex": ["com.acme.camera.a.B", "com.acme.smsx.C"]})
    assert told(found, knowledge_, found_sdk("push")) == {
        P + "INTERNET": (Provenance.MANIFEST, ("push",)),
        P + "READ_CONTACTS": (Provenance.UNKNOWN, ()),
        P + "CAMERA": (Provenance.MANIFEST, ("push",)),
        P + "READ_SMS": (Provenance.UNKNOWN, ()),
        "com.acme.push.Core": (Provenance.MANIFEST, ("push",)),
    }


def test_a_component_that_two_artefacts_bring_shows_neither():
    both = (("provider", "org.lib.Start"),)
    knowledge_ = known(
        lib_a=(brought("start", "1", components=both, packages=("org.a.start",)),),
        lib_b=(brought("work", "1", components=both, permissions=(P + "WAKE_LOCK",), packages=("org.b.work",)),),
    )
    found = build(permission("WAKE_LOCK"), component("org.lib.Start", "provider"), code={"classes.dex": ["org.a.start.X"]})
    assert told(found, knowledge_) == {
        P + "WAKE_LOCK": (Provenance.UNKNOWN, ()),
        "org.lib.Start": (Provenance.MANIFEST, ("lib-a",)),
    }


def test_a_library_is_in_the_build_where_its_artefact_is_seen():
    knowledge_ = known(lib_work=(brought("work", "2.7", permissions=(P + "WAKE_LOCK",), packages=("org.work",)),))
    wake = permission("WAKE_LOCK")
    assert told(build(wake, code={"classes.dex": ["org.work.impl.W"]}), knowledge_)[P + "WAKE_LOCK"][1] == ("lib-work",)
    assert told(build(wake, code={"classes.dex": ["org.workshop.W"]}), knowledge_)[P + "WAKE_LOCK"][1] == ()


# -- versions -------------------------------------------------------------------------------------------------------

OLD = brought("push", "1.0", "1.2", permissions=(P + "CAMERA",))
NEW = brought("push", "2.0", "10.1")


@pytest.mark.parametrize(
    ("version", "asks"),
    [
        (None, True),
        ("1.0", True),
        ("0.9", True),
        ("v1.2.0-beta", True),
        ("1.5", True),  # of the versions next to it one asks
        ("2.0", False),
        ("3.4.1", False),
        ("11.0", False),
        ("unreadable", True),
    ],
)
def test_a_permission_only_older_versions_asked_for(version, asks):
    found = find_manifest(build(permission("CAMERA")), [found_sdk("push", version=version)], known(PUSH, push=(OLD, NEW)))
    expected = (Bringer(id="push", versions=("1.0", "1.2"), without=("2.0", "10.1")),) if asks else ()
    assert [one.by for one in found] == [expected]


def test_versions_that_tell_nothing_may_be_any():
    nameless = brought("push", "", permissions=(P + "CAMERA",))
    found = find_manifest(build(permission("CAMERA")), [found_sdk("push", version="2.0")], known(PUSH, push=(nameless, NEW)))
    assert [one.by for one in found] == [(Bringer(id="push", versions=(), without=("2.0", "10.1")),)]


# -- classes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "provenance", "whom"),
    [
        ("com.acme.push.Service", Provenance.CLASS, ("push",)),
        ("com.acme.base.Service", Provenance.CLASS, ("push",)),
        ("com.acme.named.Hand", Provenance.CLASS, ("push",)),
        ("com.acme.named.Hand2", Provenance.UNKNOWN, ()),
        ("com.acme.pushy.Service", Provenance.UNKNOWN, ()),
        ("org.work.Service", Provenance.CLASS, ("lib-work",)),
        ("com.example.shop.Main", Provenance.APP, ()),
        ("com.example.shopping.Main", Provenance.UNKNOWN, ()),
        ("com.example.Main", Provenance.UNKNOWN, ()),
        ("a.b.C", Provenance.UNKNOWN, ()),
    ],
)
def test_whose_class_a_component_is(name, provenance, whom):
    knowledge_ = known(PUSH, lib_work=(brought("work", "1"),))
    assert told(build(component(name)), knowledge_) == {name: (provenance, whom)}


def test_an_sdk_below_the_app_s_own_package_is_the_sdk_s():
    mine = sdk("mine", *proves("com.example.shop.kit"))
    assert told(build(component("com.example.shop.kit.A")), knowledge(mine)) == {
        "com.example.shop.kit.A": (Provenance.CLASS, ("mine",))
    }


def test_an_alias_belongs_to_whom_the_class_it_starts_does():
    named = component("com.brand.Alias", "activity-alias", target="com.acme.push.Open")
    own = component("com.brand.Icon", "activity-alias", target="com.example.shop.Main")
    assert told(build(named, own), known(PUSH)) == {
        "com.brand.Alias": (Provenance.CLASS, ("push",)),
        "com.brand.Icon": (Provenance.APP, ()),
    }


def test_a_known_manifest_tells_more_than_the_class():
    knowledge_ = known(PUSH, MAP, map=(brought("map", "1", components=(("service", "com.acme.push.S"),)),))
    (entry,) = find_manifest(build(component("com.acme.push.S")), [found_sdk("map")], knowledge_)
    assert (entry.provenance, entry.whom, entry.class_of) == (Provenance.MANIFEST, ("map",), ("push",))


# -- the merger report ----------------------------------------------------------------------------------------------


def test_a_merger_report_settles_it():
    knowledge_ = known(PUSH, push=(brought("com.acme:push", "1.0", permissions=(P + "CAMERA", P + "INTERNET")),))
    asked = [permission(name) for name in ("CAMERA", "INTERNET", "READ_SMS")]
    said = [
        fact(FactKind.BROUGHT, P + "CAMERA", "uses-permission", by=""),
        fact(FactKind.BROUGHT, P + "INTERNET", "uses-permission-sdk-23", by="com.acme:push:1.0.3"),
        fact(FactKind.BROUGHT, P + "INTERNET", "uses-permission", by=":module"),
        fact(FactKind.BROUGHT, "com.acme.push.S", "service", by="org.other:lib:9"),
        fact(FactKind.BROUGHT, "com.peer", "package", by=""),
    ]
    found = build(*asked, component("com.acme.push.S"), component("com.acme.push.T"), query("com.peer"), *said)
    entries = {one.fact.name: one for one in find_manifest(found, [found_sdk("push")], knowledge_)}
    assert {name: (one.provenance, one.by, one.class_of) for name, one in entries.items()} == {
        P + "CAMERA": (Provenance.APP, (), ()),
        P + "INTERNET": (Provenance.REPORT, (Bringer(id=":module"), Bringer(id="push", versions=("1.0.3",))), ()),
        P + "READ_SMS": (Provenance.UNKNOWN, (), ()),
        "com.acme.push.S": (Provenance.REPORT, (Bringer(id="org.other:lib", versions=("9",)),), ("push",)),
        "com.acme.push.T": (Provenance.CLASS, (), ("push",)),
        "com.peer": (Provenance.APP, (), ()),
    }
    assert entries[P + "CAMERA"].whom == ()


# -- what is no app's merged manifest -------------------------------------------------------------------------------


def test_nothing_is_said_of_ios_and_of_libraries():
    one = permission("CAMERA")
    assert find_manifest(build(one, platform=Platform.IOS), [], knowledge(PUSH)) == ()
    assert find_manifest(build(one, kind=BuildKind.LIBRARY), [], knowledge(PUSH)) == ()


def test_an_entry_written_twice_stands_once_and_in_order():
    again = fact(FactKind.PERMISSION_SDK23, P + "CAMERA")
    found = build(permission("READ_SMS"), permission("CAMERA"), again, component("a.B"), query("c.d"), app_id="")
    assert [(one.fact.kind.value, one.fact.name) for one in find_manifest(found, [], knowledge(PUSH))] == [
        ("component", "a.B"),
        ("permission", P + "CAMERA"),
        ("permission", P + "READ_SMS"),
        ("query", "c.d"),
    ]

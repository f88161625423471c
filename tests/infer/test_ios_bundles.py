"""The bundles of an iOS build, and in whose processes their code runs."""

from __future__ import annotations

from dataclasses import replace

from auditor.infer.ios_bundles import find_bundles
from auditor.model import Fact, Platform
from tests.factories import build
from tests.rules.apple import APP, accessed, framework, image, key, links, tracking

KIT, CORE = f"{APP}/Frameworks/Kit.framework", f"{APP}/Frameworks/Core.framework"
WIDGET, WATCH = f"{APP}/PlugIns/Widget.appex", f"{APP}/Watch/Wrist.app"


def loaded_by(*facts: Fact) -> dict[str, list[str]]:
    found = find_bundles(build(*facts, platform=Platform.IOS))
    return {bundle.name: [path.rpartition("/")[2] for path in bundle.loaded_by] for bundle in found}


def test_what_runs_by_itself_loads_itself() -> None:
    assert loaded_by(image(), image(WIDGET), image(WATCH)) == {
        "Shop.app": ["Shop.app"],
        "Widget.appex": ["Widget.appex"],
        "Wrist.app": ["Wrist.app"],
    }


def test_a_framework_is_loaded_by_who_links_it_near_or_far() -> None:
    facts = (image(), image(WIDGET), image(KIT), image(CORE))
    assert loaded_by(*facts, links(APP, KIT), links(KIT, CORE), links(WIDGET, CORE)) == {
        "Shop.app": ["Shop.app"],
        "Core.framework": ["Shop.app", "Widget.appex"],
        "Kit.framework": ["Shop.app"],
        "Widget.appex": ["Widget.appex"],
    }


def test_a_framework_nobody_links_is_the_apps_it_lies_in() -> None:
    assert loaded_by(image(), image(KIT))["Kit.framework"] == ["Shop.app"]


def test_frameworks_that_link_each_other_come_to_an_end() -> None:
    found = loaded_by(image(), image(KIT), image(CORE), links(APP, KIT), links(KIT, CORE), links(CORE, KIT))
    assert found["Core.framework"] == found["Kit.framework"] == ["Shop.app"]


def test_a_library_has_no_process() -> None:
    facts = (image("Kit.framework"), framework("Kit.framework"))
    assert loaded_by(*facts) == {"Kit.framework": []}


def test_the_executable_tells_the_sdk_not_a_library_beside_it() -> None:
    swift = replace(image(name="Frameworks/libswiftCore.dylib", sdk="12.4"), traits=(("sdk", "12.4"), ("type", "dylib")))
    (app,) = find_bundles(build(image(sdk="18.0"), swift, platform=Platform.IOS))
    assert (app.sdk, len(app.images)) == ("18.0", 2)


def test_a_bundle_has_its_keys_its_manifest_and_its_identifier() -> None:
    resources = f"{APP}/Vendor.bundle"
    facts = (image(sdk="18.1"), key("NSX"), image(KIT, value="encrypted"), framework(KIT, "org.kit"), tracking(resources))
    found = {bundle.name: bundle for bundle in find_bundles(build(*facts, accessed("DiskSpace", bundle=resources), platform=Platform.IOS))}
    assert (found["Shop.app"].usage_keys, found["Shop.app"].manifest, found["Shop.app"].sdk) == (("NSX",), None, "18.1")
    assert (found["Kit.framework"].identifier, found["Kit.framework"].encrypted) == ("org.kit", True)
    assert [fact.kind.value for fact in found["Vendor.bundle"].manifest or ()] == [
        "privacy-manifest-accessed",
        "privacy-manifest-tracking",
    ]
    assert found["Vendor.bundle"].images == ()
    assert (found["Shop.app"].inside, found["Kit.framework"].inside, found["Vendor.bundle"].inside) == ("", APP, APP)


def test_a_resource_bundle_in_another_lies_in_the_code_around_both() -> None:
    outer, inner = f"{KIT}/Outer.bundle", f"{KIT}/Outer.bundle/Inner.bundle"
    found = find_bundles(build(image(KIT), tracking(outer), tracking(inner), platform=Platform.IOS))
    assert {bundle.name: bundle.inside for bundle in found} == {"Kit.framework": "", "Outer.bundle": KIT, "Inner.bundle": KIT}

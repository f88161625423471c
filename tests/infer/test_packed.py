"""When a build counts as packed, and when it does not."""

from __future__ import annotations

import re

from auditor.infer.packed import find_packers, find_packing
from auditor.model import Fact, FactKind, Platform, Table
from tests.factories import build, fact
from tests.knowledge_factories import knowledge, packer

SHIELD = packer(
    "shield",
    so_names=frozenset({"libshield.so", "libgeneric.so"}),
    files=("assets/shield.dat", "assets/shield/"),
    path_patterns=(re.compile(r"^assets/sh_\d+\.bin$"),),
    application_classes=frozenset({"com.shield.Stub"}),
    weak=frozenset({"libgeneric.so"}),
)
KNOWN = knowledge(packers=[SHIELD])


def application(name: str) -> Fact:
    return fact(FactKind.COMPONENT, name, "application")


def activity(name: str, **traits: str) -> Fact:
    return fact(FactKind.COMPONENT, name, "activity", **traits)


def library(name: str) -> Fact:
    return fact(FactKind.NATIVE_LIBRARY, name, "arm64-v8a", file=f"lib/arm64-v8a/{name}")


def asset(path: str) -> Fact:
    return fact(FactKind.ASSET, path, file=path)


def reasons(*facts: Fact, classes: tuple[str, ...] = ("com.app.Main",), **changes: object) -> list[str]:
    one = build(*facts, code={"classes.dex": classes}, **changes)
    gaps = find_packing(one, KNOWN)
    assert all(gap.hides == {Table.SDKS, Table.DATA} for gap in gaps)
    return [gap.reason.en for gap in gaps]


def test_an_application_class_nobody_defines_hides_the_code() -> None:
    (reason,) = reasons(application("com.app.RealApp"), activity("com.app.Main"))
    assert "com.app.RealApp" in reason
    assert "before hardening" in reason


def test_a_launcher_nobody_defines_hides_the_code() -> None:
    (reason,) = reasons(activity("com.app.Gone", launcher="true"), activity("com.app.Main"))
    assert "com.app.Gone" in reason


def test_most_components_missing_hides_the_code() -> None:
    assert reasons(activity("com.app.A"), activity("com.app.B"), activity("com.app.Main"))


def test_the_packers_own_application_is_proof_even_when_it_is_defined() -> None:
    (reason,) = reasons(application("com.shield.Stub"), classes=("com.shield.Stub",))
    assert "Shield" in reason


def test_two_kinds_of_sign_are_proof() -> None:
    (reason,) = reasons(library("libshield.so"), asset("assets/shield.dat"))
    assert "libshield.so" in reason
    assert reasons(library("libgeneric.so"), asset("assets/sh_1.bin"))


def test_a_sound_build_has_no_gap() -> None:
    assert reasons(application("com.app.Main"), activity("com.app.Main")) == []
    assert reasons() == []


def test_one_stale_entry_hides_nothing() -> None:
    named = [activity(f"com.app.{name}") for name in ("Stale", "Main", "Two")]
    assert reasons(*named, classes=("com.app.Main", "com.app.Two")) == []


def test_one_sign_alone_is_none() -> None:
    assert reasons(library("libshield.so")) == []
    assert reasons(library("libgeneric.so"), library("libother.so")) == []
    assert reasons(asset("assets/shield/readme")) == []


def test_classes_of_the_device_are_defined_by_the_device() -> None:
    assert reasons(application("android.app.Application"), fact(FactKind.COMPONENT, "android.app.X", "service")) == []


def test_an_alias_is_no_class() -> None:
    assert reasons(fact(FactKind.COMPONENT, "com.app.Alias", "activity-alias")) == []


def test_ios_is_not_asked() -> None:
    assert reasons(application("com.app.RealApp"), platform=Platform.IOS) == []


def test_a_stub_listed_without_a_package_is_known_in_the_app_s_own() -> None:
    own = knowledge(packers=[packer("wrap", application_classes=frozenset({"WrapperApp"}))])
    one = build(application("com.app.WrapperApp"), code={"classes.dex": ("com.app.WrapperApp",)})
    (gap,) = find_packing(one, own)
    assert "Wrap" in gap.reason.en
    assert find_packing(build(application("com.app.App"), code={"classes.dex": ("com.app.App",)}), own) == ()


def packers(*facts: Fact, **changes: object) -> list[tuple[str, bool, tuple[str, ...]]]:
    one = build(*facts, code={"classes.dex": ("com.app.Main",)}, **changes)
    return [(found.id, found.proven, found.signs) for found in find_packers(one, KNOWN)]


def test_signs_of_two_kinds_prove_a_packer() -> None:
    assert packers(library("libshield.so"), asset("assets/shield.dat")) == [("shield", True, ("assets/shield.dat", "libshield.so"))]


def test_one_telling_sign_is_shown_as_a_suspicion() -> None:
    assert packers(library("libshield.so")) == [("shield", False, ("libshield.so",))]


def test_a_generic_sign_or_none_shows_no_packer() -> None:
    assert packers(library("libgeneric.so")) == []
    assert packers() == []
    assert packers(library("libshield.so"), asset("assets/shield.dat"), platform=Platform.IOS) == []

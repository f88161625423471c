"""The version of an SDK, where the build tells it."""

from __future__ import annotations

import re

import pytest

from auditor.infer.versions import with_versions
from auditor.knowledge.schema import VersionKind, VersionSource
from auditor.model import Fact, FactKind, SdkTier
from tests.factories import build, fact
from tests.factories import sdk as found_sdk
from tests.knowledge_factories import knowledge, sdk


def source(kind: VersionKind, name: str, pattern: str = "") -> VersionSource:
    return VersionSource(kind=kind, name=name, pattern=re.compile(pattern) if pattern else None)


KNOWN = knowledge(
    sdk(
        "acme",
        versions=(
            source(VersionKind.CONSTANT, "com.acme.BuildConfig.VERSION_NAME"),
            source(VersionKind.META_DATA, "acme.service", r"acme:(.+)"),
            source(VersionKind.FILE, "META-INF/com.acme_*.version"),
            source(VersionKind.NATIVE_LIBRARY, "libacme_*.so", r"_v(\d+(?:_\d+)+)\.so$"),
            source(VersionKind.FRAMEWORK, "Acme.framework"),
        ),
    )
)


def version(*facts: Fact, tier: SdkTier = SdkTier.BUNDLED) -> str | None:
    (one,) = with_versions((found_sdk("acme", tier=tier),), build(*facts), KNOWN)
    return one.version


@pytest.mark.parametrize(
    "told",
    [
        fact(FactKind.CONSTANT, "com.acme.BuildConfig.VERSION_NAME", "4.3.5.0"),
        fact(FactKind.META_DATA, "acme.service", "acme:4.3.5.0"),
        fact(FactKind.ASSET, "META-INF/com.acme_core.version", "4.3.5.0"),
        fact(FactKind.NATIVE_LIBRARY, "libacme_map_v4_3_5_0.so", "arm64-v8a"),
        fact(FactKind.FRAMEWORK, "Acme.framework", "com.acme", version="4.3.5.0"),
    ],
)
def test_each_place_tells_it_and_is_shown(told: Fact) -> None:
    assert version(told) == "4.3.5.0"
    (one,) = with_versions((found_sdk("acme"),), build(told), KNOWN)
    assert told in one.evidence


@pytest.mark.parametrize("value", ["GTC-3.2.18.0", "6_0_1-C", "android 6.7.9", "v2.1", "5.4.0-SNAPSHOT", "2024.1"])
def test_vendors_ways_of_writing_it_are_kept(value: str) -> None:
    assert version(fact(FactKind.CONSTANT, "com.acme.BuildConfig.VERSION_NAME", value)) == value


@pytest.mark.parametrize("value", ["", "1.0", "unspecified", "@7f0a0001", "no version here at all", "${version}"])
def test_what_says_nothing_is_no_version(value: str) -> None:
    assert version(fact(FactKind.CONSTANT, "com.acme.BuildConfig.VERSION_NAME", value)) is None


def test_nobody_else_s_version_is_taken() -> None:
    assert version(fact(FactKind.CONSTANT, "com.other.BuildConfig.VERSION_NAME", "4.3.5.0")) is None
    assert version(fact(FactKind.META_DATA, "acme.service", "other:4.3.5.0")) is None
    assert version(fact(FactKind.ASSET, "META-INF/com.acmeteam.version", "4.3.5.0")) is None
    assert version(fact(FactKind.NATIVE_LIBRARY, "libacmeteam_map_v4_3_5_0.so", "arm64-v8a")) is None


@pytest.mark.parametrize("name", ["libacme_map.so", "libacme_v8.so", "libacme_v4_3a.so"])
def test_a_native_library_without_a_version_in_its_name_tells_none(name: str) -> None:
    assert version(fact(FactKind.NATIVE_LIBRARY, name, "arm64-v8a")) is None


def test_an_sdk_without_code_has_no_version() -> None:
    told = fact(FactKind.META_DATA, "acme.service", "acme:4.3.5.0")
    assert version(told, tier=SdkTier.NAMED) is None


def test_a_package_of_harmonyos_stands_beside_its_version() -> None:
    package = fact(FactKind.ARK_PACKAGE, "@acme/push", "1.2.0", **{"as": "code"})
    found = (found_sdk("acme", tier=SdkTier.BUNDLED, evidence=(package,)),)
    (one,) = with_versions(found, build(package), KNOWN)
    assert one.version == "1.2.0"

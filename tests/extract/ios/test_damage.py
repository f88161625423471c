"""Whatever is done to the bytes of an IPA, it gives a build or a BuildError, and what it loses leaves a gap."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from auditor.errors import BuildError
from auditor.extract import extract
from auditor.extract.ios.bundles import find_bundles, holder
from auditor.extract.ios.signature import read_signature
from auditor.model import Build, Table
from tests.forge.archive import DEFLATED
from tests.forge.ipa import Bundle, collected, privacy_manifest, simple_app, write_ipa, write_profile, write_strings
from tests.forge.macho import Signing, write_macho

_APP = simple_app(
    usage={"NSCameraUsageDescription": "用于扫码"},
    classes=("AppDelegate", "GeTuiSdk"),
    entitlements={"get-task-allow": True},
    strings={"en": write_strings({"NSCameraUsageDescription": "Scan"})},
    privacy=privacy_manifest(collected("DeviceID")),
    files={"embedded.mobileprovision": write_profile("ABCDE12345")},
)
_KIT = Bundle(path="Frameworks/Kit.framework", executable=write_macho(kind="dylib", classes=("KitClass",)))
_SEEDS = [write_ipa(_APP, [_KIT]), write_ipa(_APP, [_KIT], method=DEFLATED)]


def _build(data: bytes) -> Build | None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "damaged.ipa"
        path.write_bytes(data)
        try:
            return extract(path)
        except BuildError:
            return None


def _told(build: Build) -> dict[Table, set[str]]:
    """Return what the tables are filled from."""
    return {
        Table.USAGE_KEYS: {f"{fact.name} {fact.by} {fact.value}" for fact in build.facts if fact.kind.value == "usage-string"},
        Table.SDKS: {name for unit in build.code for name in unit.classes},
    }


_WHOLE = [_told(build) for seed in _SEEDS if (build := _build(seed))]


def test_the_undamaged_builds_have_no_gaps() -> None:
    assert [build.gaps for seed in _SEEDS if (build := _build(seed))] == [(), ()]


@given(st.integers(0, 1), st.integers(0, 2**20), st.binary(min_size=1, max_size=16))
@example(0, 4, b"\xff" * 16)
def test_damage_to_content_loses_nothing_without_a_gap(number: int, at: int, patch: bytes) -> None:
    seed = _SEEDS[number]
    # up to the archive's directory: of a file whose very name is overwritten nothing can know
    at %= seed.rindex(b"PK\1\2") - 4096
    build = _build(seed[:at] + patch + seed[at + len(patch) :])
    if build is None:
        return
    found = _told(build)
    for table, whole in _WHOLE[number].items():
        assert whole <= found[table] or any(table in gap.hides for gap in build.gaps)


@given(st.integers(0, 1), st.integers(0, 2**20))
def test_a_truncated_ipa_is_no_build_or_one_in_doubt(number: int, length: int) -> None:
    seed = _SEEDS[number]
    build = _build(seed[: length % len(seed)])
    assert build is None or any(gap.hides == set(Table) for gap in build.gaps)


@given(st.binary(max_size=300))
def test_any_bytes_give_a_signature(data: bytes) -> None:
    signature = read_signature(data, certificate=True)
    assert signature.doubts or data.startswith(b"\xfa\xde\x0c\xc0")


_SIGNATURE = write_macho(signing=Signing(identifier="x", entitlements={"a": {"b": [1, "c"]}}, team="T", cms=b"\x30\x80"))
_SIGNATURE = _SIGNATURE[_SIGNATURE.rindex(b"\xfa\xde\x0c\xc0") :]


@given(st.integers(0, 2**20), st.binary(min_size=1, max_size=8))
def test_any_damage_to_a_signature_gives_a_signature(at: int, patch: bytes) -> None:
    at %= len(_SIGNATURE)
    data = _SIGNATURE[:at] + patch + _SIGNATURE[at + len(patch) :]
    assert repr(read_signature(data, certificate=True)).encode("utf-8")


@given(st.lists(st.text("Payload/A.appxfrmwkbundle", max_size=40).map(lambda name: f"Payload/{name}")))
def test_any_names_give_bundles_that_hold_their_entries(names: list[str]) -> None:
    bundles = find_bundles(names)
    for name in names:
        bundle = holder(bundles, name)
        assert bundle is None or name.startswith(bundle.path + "/")


def test_bundles_are_found_at_any_depth_and_the_app_alone_is_main() -> None:
    names = [
        "Payload/A.app/Info.plist",
        "Payload/A.app/Watch/W.app/PlugIns/X.appex/Info.plist",
        "Payload/A.app/Frameworks/K.framework/R.bundle/a.png",
        "Payload/A.app/.app/x",
        "Payload/A.app/note.bundle",
        "Other/B.app/Info.plist",
        "Payload/A.app/PlugIns/T.xctest/",
    ]
    bundles = find_bundles(names)
    assert {path.removeprefix("Payload/A.app"): bundle.kind for path, bundle in bundles.items()} == {
        "": "app",
        "/Watch/W.app": "app",
        "/Watch/W.app/PlugIns/X.appex": "extension",
        "/Frameworks/K.framework": "framework",
        "/Frameworks/K.framework/R.bundle": "bundle",
        "/PlugIns/T.xctest": "test",
    }
    assert [path for path, bundle in bundles.items() if bundle.main] == ["Payload/A.app"]
    assert holder(bundles, names[2]) == bundles["Payload/A.app/Frameworks/K.framework/R.bundle"]

"""Every kind of trace an SDK leaves in an iOS build, from the file to the SDK."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.extract import extract
from auditor.infer.sdks import find_sdks
from auditor.knowledge.schema import TraceKind
from auditor.model import FactKind, SdkTier
from tests.forge.ipa import Bundle, simple_ipa
from tests.forge.macho import write_macho
from tests.knowledge_factories import knowledge, names, proves, sdk, supports

KNOWN = knowledge(
    sdk("objc", *proves("ACMTracker", kind=TraceKind.CLASS)),
    sdk("swift", *proves("Acme.Tracker", kind=TraceKind.CLASS)),
    sdk("kit", *proves("AcmeKit.framework", kind=TraceKind.FRAMEWORK)),
    sdk("data", *supports("Acme.bundle", kind=TraceKind.BUNDLE)),
    sdk("called", *names("acme[0-9]*", kind=TraceKind.URL_SCHEME)),
    sdk("asked", *names("acmepay", kind=TraceKind.QUERY_SCHEME)),
)


def schemes(*answers: str, asks: tuple[str, ...] = ()) -> dict[str, object]:
    return {"CFBundleURLTypes": [{"CFBundleURLSchemes": list(answers)}], "LSApplicationQueriesSchemes": list(asks)}


def framework(name: str) -> Bundle:
    return Bundle(
        path=f"Frameworks/{name}.framework",
        info={"CFBundleExecutable": name, "CFBundleIdentifier": f"com.example.{name}"},
        executable=write_macho(kind="dylib", classes=("Other",)),
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"classes": ["ACMTracker"]}, {"objc": (SdkTier.BUNDLED, FactKind.CLASS)}),
        ({"classes": ["_TtC4Acme7Tracker"]}, {"swift": (SdkTier.BUNDLED, FactKind.CLASS)}),
        ({"bundles": [framework("AcmeKit")]}, {"kit": (SdkTier.BUNDLED, FactKind.FRAMEWORK)}),
        ({"bundles": [Bundle(path="Acme.bundle", info={})]}, {"data": (SdkTier.NAMED, FactKind.BUNDLE)}),
        ({"info": schemes("acme123456")}, {"called": (SdkTier.NAMED, FactKind.URL_SCHEME)}),
        ({"classes": ["ACMTrackers", "Tracker", "_TtC5Acme27Tracker", "_TtC4Acme8Trackers"]}, {}),
        ({"info": schemes("acme", "acmeshop", "xacme1", asks=("acme123456", "acmepay"))}, {}),
        ({"bundles": [framework("AcmeKitten"), Bundle(path="NotAcme.bundle", info={})]}, {}),
    ],
    ids=["Objective-C", "Swift", "framework", "bundle", "scheme", "other classes", "other schemes", "other bundles"],
)
def test_what_a_trace_says(options: dict[str, object], expected: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "app.ipa"
    path.write_bytes(simple_ipa(**options))  # type: ignore[arg-type]
    found = find_sdks(extract(path), KNOWN)
    assert {one.id: (one.tier, one.evidence[0].kind) for one in found} == expected

"""What the auditor reads of real APKs is what aapt, dexdump and apksigner read of them."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.errors import BuildError
from auditor.extract import extract
from auditor.model import Build, BuildKind, FactKind, Platform
from auditor.pipeline import audit_build
from tests.real.fetch import artefacts

pytestmark = pytest.mark.real

APKS = [name for name, artefact in artefacts().items() if artefact.kind == "apk"]
LIBRARIES = [name for name, artefact in artefacts().items() if artefact.kind in ("aar", "jar")]
TEGO = Path(__file__).parents[2] / "declarations" / "tego.yaml"
UNSIGNED = {"maxpresent", "u2"}
"""Started by the shell from a file, never installed."""
Artefact = Callable[[str], Path]
Peer = Callable[..., str]
Dexdump = Callable[[Path], dict[str, set[str]]]


@functools.cache
def _build(path: Path) -> Build:
    return extract(path)


@pytest.fixture(params=APKS)
def apk(request: pytest.FixtureRequest, artefact: Artefact) -> Path:
    return artefact(request.param)


def _field(badging: str, line: str, field: str) -> str:
    """Return a quoted value of one line of ``aapt dump badging``, empty where there is none."""
    found = re.search(rf"^{line}:.*?{field}'([^']*)'", badging, re.MULTILINE)
    return found[1] if found else ""


INSIDE = {"ApiDemos-debug.apk": ["assets/HelloActivity.apk"]}
"""The apps that lie inside a build: each is named, and leaves no table in doubt."""


def test_a_well_formed_build_leaves_no_gap_but_for_the_apps_inside_it(apk: Path) -> None:
    gaps = _build(apk).gaps
    assert [gap.location.file for gap in gaps] == INSIDE.get(apk.name, [])
    assert not any(gap.hides for gap in gaps)


def test_an_apk_is_an_android_build(apk: Path) -> None:
    assert _build(apk).identity.platform is Platform.ANDROID


@pytest.mark.peer
def test_permissions_are_those_aapt_dumps(apk: Path, peer: Peer) -> None:
    kinds = {"uses-permission": FactKind.PERMISSION, "uses-permission-sdk-23": FactKind.PERMISSION_SDK23}
    line = re.compile(r"^(uses-permission(?:-sdk-23)?): name='([^']*)'(?: maxSdkVersion='(\d+)')?$", re.MULTILINE)
    lines = line.findall(peer("aapt", "dump", "permissions", apk))
    dumped = {(kinds[kind], name, level or None) for kind, name, level in lines}
    read = {(fact.kind, fact.name, fact.trait("max-sdk")) for fact in _build(apk).of(*kinds.values())}
    assert read == dumped


@pytest.mark.peer
def test_defined_permissions_are_those_aapt_dumps(apk: Path, peer: Peer) -> None:
    dumped = set(re.findall(r"^permission: (.+)$", peer("aapt", "dump", "permissions", apk), re.MULTILINE))
    assert {fact.name for fact in _build(apk).of(FactKind.PERMISSION_DEFINED)} == dumped


@pytest.mark.peer
def test_the_implied_permissions_aapt_names_are_found(apk: Path, peer: Peer) -> None:
    badging = peer("aapt", "dump", "badging", apk)
    dumped = set(re.findall(r"^uses-implied-permission: name='([^']*)'", badging, re.MULTILINE))
    assert dumped <= {fact.name for fact in _build(apk).of(FactKind.PERMISSION_IMPLIED)}


@pytest.mark.peer
def test_identity_is_the_one_of_aapt(apk: Path, peer: Peer) -> None:
    badging = peer("aapt", "dump", "badging", apk)
    identity = _build(apk).identity
    assert {
        "name": identity.app_id,
        "versionCode": identity.version_code,
        "versionName": identity.version,
        "label": identity.label,
    } == {
        "name": _field(badging, "package", " name="),
        "versionCode": _field(badging, "package", " versionCode="),
        "versionName": _field(badging, "package", " versionName="),
        "label": _field(badging, "application-label", ""),
    }


@pytest.mark.peer
def test_sdk_levels_are_those_of_aapt(apk: Path, peer: Peer) -> None:
    badging = peer("aapt", "dump", "badging", apk)
    lines = {"min": "sdkVersion", "target": "targetSdkVersion", "max": "maxSdkVersion"}
    dumped = {name: value for name, line in lines.items() if (value := _field(badging, line, ""))}
    # aapt dumps what is written; the platform takes the minimum level for a target that is not ("<uses-sdk>")
    if "min" in dumped:
        dumped.setdefault("target", dumped["min"])
    assert {fact.name: fact.value for fact in _build(apk).of(FactKind.SDK_LEVEL)} == dumped


@pytest.mark.peer
def test_the_classes_of_every_dex_file_are_those_of_dexdump(apk: Path, dexdump: Dexdump) -> None:
    dumped = dexdump(apk)
    read = {unit.file: set(unit.classes) for unit in _build(apk).code}
    assert read.keys() == dumped.keys()
    for place, classes in read.items():
        assert classes == dumped[place], place


@pytest.mark.peer
def test_signers_are_those_of_apksigner(apk: Path, peer: Peer) -> None:
    verify = functools.partial(peer, "apksigner", "verify", "--verbose", "--print-certs", accept=(0, 1))
    certificate = re.compile(r"certificate SHA-256 digest: ([0-9a-f]{64})")
    # a build signed by scheme v2 alone verifies from Android 7.0 on, whatever its manifest says
    runs = (verify(apk), verify("--min-sdk-version", "24", apk))
    said = next((said for said in runs if certificate.search(said)), "")
    assert said or apk.parent.name in UNSIGNED
    read = _build(apk).identity.signer
    assert {signer.sha256 for signer in read} == set(certificate.findall(said))
    # apksigner leaves out schemes that no device the build installs on would look at
    schemes = set(re.findall(r"^Verified using (v[\d.]+) scheme .*: true$", said, re.MULTILINE))
    assert schemes <= {signer.scheme for signer in read if signer.verified is not False}
    # levels below 21 are nobody's any more, and are not asked about
    lowest = int(next(fact.value for fact in _build(apk).of(FactKind.SDK_LEVEL) if fact.name == "min"))
    modern = verify("--min-sdk-version", str(max(21, lowest)), apk)
    assert bool(_build(apk).identity.signature_faults) == ("Verifies\n" not in modern and bool(read))


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_library_is_read_as_one_and_is_no_app_to_audit(name: str, artefact: Artefact) -> None:
    assert extract(artefact(name)).identity.kind is BuildKind.LIBRARY
    with pytest.raises(BuildError, match="is a library, no app"):
        audit_build(artefact(name), TEGO)

"""The code of an IPA as facts: images, libraries, symbols, classes, entitlements, team and certificate."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from auditor.model import Build, FactKind, Table
from tests.extract.ios.conftest import Read
from tests.extract.ios.test_info import gaps
from tests.forge.archive import Entry, write_zip
from tests.forge.ipa import Bundle, simple_app, simple_ipa, write_profile
from tests.forge.macho import (
    FOUNDATION,
    SYSTEM,
    UIKIT,
    Signing,
    write_fat,
    write_macho,
    write_object,
    write_static_library,
)

APP = "Payload/Forged.app"
MAIN = f"{APP}/Forged"
CODE = {Table.SDKS, Table.DATA}


def classes(build: Build) -> dict[str, tuple[str, ...]]:
    return {unit.file.removeprefix(f"{APP}/"): unit.classes for unit in build.code}


def images(build: Build) -> dict[str, str]:
    return {fact.name.removeprefix(f"{APP}/"): fact.value for fact in build.of(FactKind.IMAGE)}


def framework(name: str, executable: bytes | None, **info: object) -> Bundle:
    return Bundle(
        path=f"Frameworks/{name}.framework",
        info={"CFBundleExecutable": name, "CFBundleIdentifier": f"com.example.{name}", **info},
        executable=executable,
    )


# -- what is read -------------------------------------------------------------------------------------------------


def test_classes_libraries_and_symbols_are_those_of_each_image(read: Read) -> None:
    build = read(
        simple_ipa(
            [framework("Kit", write_macho(kind="dylib", classes=("KitClass",), libraries=(FOUNDATION, "/usr/lib/libobjc.A.dylib")))],
            classes=("AppDelegate", "_TtC6Forged4View"),
            imports={"_OBJC_CLASS_$_UIDevice": UIKIT, "_getifaddrs": SYSTEM},
        )
    )
    assert classes(build) == {
        "Forged": ("AppDelegate", "Forged.View"),
        "Frameworks/Kit.framework/Kit": ("KitClass",),
    }
    assert images(build) == {"Forged": "plain", "Frameworks/Kit.framework/Kit": "plain"}
    linked = {(fact.name, fact.by, fact.value) for fact in build.of(FactKind.LINKED_LIBRARY)}
    assert (UIKIT, MAIN, "") in linked
    assert (UIKIT, f"{APP}/Frameworks/Kit.framework/Kit", "") not in linked
    symbols = {(fact.name, fact.by) for fact in build.of(FactKind.SYMBOL)}
    assert {("_getifaddrs", MAIN), ("_OBJC_CLASS_$_UIDevice", MAIN)} <= symbols
    assert build.gaps == ()


def test_an_image_is_described_by_its_traits(read: Read) -> None:
    executable = write_fat({arch: write_macho(arch=arch, min_os="13.0") for arch in ("armv7", "arm64")})
    build = read(simple_ipa(replace={"Forged": executable}))
    (fact,) = build.of(FactKind.IMAGE)
    assert (fact.name, fact.value, dict(fact.traits)) == (
        MAIN,
        "plain",
        {"archs": "armv7,arm64", "min-os": "13.0", "platform": "ios", "sdk": "17.0", "type": "execute"},
    )


def test_a_weak_library_is_marked(read: Read) -> None:
    build = read(simple_ipa(replace={"Forged": write_macho(weak_libraries=("/x/AdSupport",))}))
    assert [fact.name for fact in build.of(FactKind.LINKED_LIBRARY) if fact.value == "weak"] == ["/x/AdSupport"]


def test_code_is_found_by_content_wherever_it_lies(read: Read) -> None:
    dylib = write_macho(kind="dylib", classes=("Hidden",))
    build = read(simple_ipa(files={"Frameworks/libx.dylib": dylib, "assets/data.bin": dylib, "note.txt": b"text " * 20}))
    assert classes(build) == {
        "Forged": ("AppDelegate",),
        "Frameworks/libx.dylib": ("Hidden",),
        "assets/data.bin": ("Hidden",),
    }
    assert build.gaps == ()


@pytest.mark.parametrize(
    "data",
    [
        b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(100),
        write_object(classes=("Left",)),
        write_static_library({"a.o": write_object(classes=("Left",))}),
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"",
    ],
    ids=["java", "object", "library", "png", "empty"],
)
def test_files_that_no_system_runs_are_no_code(read: Read, data: bytes) -> None:
    build = read(simple_ipa(files={"left.over": data}))
    assert images(build) == {"Forged": "plain"}
    assert build.gaps == ()


def test_what_lies_outside_payload_is_not_read(read: Read) -> None:
    swift = Entry(name="SwiftSupport/iphoneos/libswiftCore.dylib", data=write_macho(kind="dylib"))
    noise = Entry(name="__MACOSX/Payload/._Forged.app", data=b"\0\5\x16\7")
    build = read(simple_ipa(replace={"a": swift, "b": noise}))
    assert images(build) == {"Forged": "plain"}


def test_without_info_plist_a_framework_is_read_by_its_conventional_name(read: Read) -> None:
    bare = Bundle(path="Frameworks/Bare.framework", info=None, executable=write_macho(kind="dylib", classes=("Bare",)))
    assert classes(read(simple_ipa([bare])))["Frameworks/Bare.framework/Bare"] == ("Bare",)


# -- encryption ---------------------------------------------------------------------------------------------------


def test_an_encrypted_executable_is_a_gap_that_says_what_to_supply(read: Read) -> None:
    build = read(simple_ipa(encrypted=True, classes=("GeTuiSdk",)))
    assert images(build) == {"Forged": "encrypted"}
    assert classes(build) == {"Forged": ()}
    (gap,) = build.gaps
    assert (gap.location.file, set(gap.hides)) == (MAIN, CODE)
    assert "supply a build that is not" in gap.reason.en
    assert "请提供未加密的安装包" in gap.reason.zh


@pytest.mark.parametrize(
    ("executable", "hidden"),
    [
        (write_macho(classes=("A", "B"), encrypted=True), CODE),
        (write_macho(classes=("A", "B"), encrypted=True, export_classes=True), {Table.DATA}),
        (write_macho(classes=("A", "B"), encrypted=True, stripped=False), {Table.DATA}),
        (write_macho(encrypted=True), {Table.DATA}),
    ],
)
def test_encryption_hides_the_sdks_where_it_hides_a_class(read: Read, executable: bytes, hidden: set[Table]) -> None:
    (gap,) = read(simple_ipa(replace={"Forged": executable})).gaps
    assert set(gap.hides) == hidden


def test_a_framework_that_is_not_encrypted_is_read_beside_an_encrypted_app(read: Read) -> None:
    kit = framework("Kit", write_macho(kind="dylib", classes=("KitClass",)))
    build = read(simple_ipa([kit], encrypted=True))
    assert classes(build) == {"Forged": (), "Frameworks/Kit.framework/Kit": ("KitClass",)}
    assert gaps(build) == [(MAIN, "LC_ENCRYPTION_INFO", CODE)]


# -- what cannot be read ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("executable", "why"),
    [
        (None, "not in the archive"),
        (b"#!/bin/sh\nexit 0\n" * 3, "no Mach-O image"),
        (b"", "no Mach-O image"),
        (b"\xca\xfe\xba\xbe\0\0\0\x02", "cut short"),
        (write_static_library({"a.o": write_object(classes=("A",))}), "static library"),
        (write_macho(classes=("A",))[:20000], "run out of the file"),
    ],
    ids=["missing", "script", "empty", "fat", "library", "cut"],
)
def test_an_executable_that_cannot_be_read_leaves_sdks_and_data_in_doubt(
    read: Read, executable: bytes | None, why: str
) -> None:
    build = read(simple_ipa(replace={"Forged": executable}))
    assert any(why in gap.reason.en for gap in build.gaps)
    assert all((gap.location.file, set(gap.hides)) == (MAIN, CODE) for gap in build.gaps)


def test_a_framework_that_is_a_static_library_is_read_and_said_to_be_one(read: Read) -> None:
    library = write_static_library({"a.o": write_object(classes=("GeTuiSdk",), imports=("_sysctl",))})
    build = read(simple_ipa([framework("GTSDK", library)]))
    assert classes(build)["Frameworks/GTSDK.framework/GTSDK"] == ("GeTuiSdk",)
    assert gaps(build) == [(f"{APP}/Frameworks/GTSDK.framework/GTSDK", "", set())]


def test_a_framework_without_its_executable_is_a_gap_a_resource_bundle_is_none(read: Read) -> None:
    resources = Bundle(path="Kit.bundle", info={"CFBundleExecutable": "Kit"}, files={"a.png": b"x"})
    assert gaps(read(simple_ipa([resources]))) == []
    assert gaps(read(simple_ipa([framework("Kit", None)]))) == [(f"{APP}/Frameworks/Kit.framework/Kit", "", CODE)]


def test_a_dylib_whose_first_bytes_are_damaged_is_a_gap(read: Read) -> None:
    dylib = b"\0" + write_macho(kind="dylib")[1:]
    assert gaps(read(simple_ipa(files={"libx.dylib": dylib}))) == [(f"{APP}/libx.dylib", "", CODE)]


def test_an_encrypted_entry_that_may_be_code_is_a_gap(read: Read) -> None:
    sealed = Entry(name=f"{APP}/sealed", packed=b"\xff" * 60, size=90, claimed_method=8, encrypted=True)
    assert gaps(read(simple_ipa(replace={"sealed": sealed}))) == [(f"{APP}/sealed", "", CODE)]


# -- signature ----------------------------------------------------------------------------------------------------

ENTITLEMENTS: dict[str, object] = {
    "application-identifier": "ABCDE12345.com.example.forged",
    "aps-environment": "production",
    "com.apple.developer.associated-domains": ["applinks:tego.net.cn"],
    "get-task-allow": False,
    "nested": {"level": 3, "big": 70000},
}


def entitlements(build: Build) -> dict[str, object]:
    assert {fact.by for fact in build.of(FactKind.ENTITLEMENT)} <= {MAIN}
    return {fact.name: json.loads(fact.value) for fact in build.of(FactKind.ENTITLEMENT)}


def signing_facts(build: Build) -> set[tuple[str, str]]:
    return {(fact.name, fact.value) for fact in build.of(FactKind.SIGNING)}


@pytest.mark.parametrize("der_only", [False, True])
def test_entitlements_are_read_from_the_code_signature(read: Read, der_only: bool) -> None:
    signing = Signing(identifier="x", entitlements=ENTITLEMENTS, der_only=der_only, team="ABCDE12345")
    build = read(simple_ipa(replace={"Forged": write_macho(signing=signing)}))
    assert entitlements(build) == ENTITLEMENTS
    assert signing_facts(build) == {("scheme", "ad-hoc"), ("team-id", "ABCDE12345")}
    assert build.identity.signer == ()
    assert build.gaps == ()


def test_entitlements_of_a_simulator_build_are_read_from_their_section(read: Read) -> None:
    executable = write_macho(platform="ios-simulator", simulator_entitlements=ENTITLEMENTS)
    build = read(simple_ipa(replace={"Forged": executable}))
    assert entitlements(build) == ENTITLEMENTS
    assert gaps(build) == [(MAIN, "LC_BUILD_VERSION", set())]


@pytest.mark.parametrize("slot", [0xFADE0CC0, 0xFADE7171])
def test_a_damaged_signature_is_a_gap(read: Read, slot: int) -> None:
    data = bytearray(write_macho(signing=Signing(identifier="x", entitlements=ENTITLEMENTS, team="ABCDE12345")))
    at = data.index(slot.to_bytes(4, "big"), len(data) - 4096)
    data[at + 4 : at + 12] = b"\xff" * 8
    build = read(simple_ipa(replace={"Forged": bytes(data)}))
    assert gaps(build) == [(MAIN, "LC_CODE_SIGNATURE", {Table.DATA})]


def test_an_unsigned_executable_has_none_of_them(read: Read) -> None:
    build = read(simple_ipa(replace={"Forged": write_macho()}))
    assert entitlements(build) == {}
    assert signing_facts(build) == set()
    assert build.gaps == ()


def test_the_certificate_of_the_signer_is_the_signer(read: Read) -> None:
    cms, certificate_sha256 = _cms()
    signing = Signing(identifier="x", entitlements={}, team="ABCDE12345", cms=cms)
    kit = framework("Kit", write_macho(kind="dylib", signing=signing))
    build = read(simple_ipa([kit], replace={"Forged": write_macho(signing=signing)}))
    (signer,) = build.identity.signer
    assert (signer.scheme, signer.verified, signer.sha256) == ("apple", False, certificate_sha256)
    assert signer.subject == "OU=ABCDE12345,CN=Apple Distribution: Example (ABCDE12345)"
    assert signing_facts(build) == {("scheme", "apple"), ("team-id", "ABCDE12345")}


@pytest.mark.parametrize("cms", [b"\x30\x80", b"\x30\x03\x02\x01\x01", b"\xff" * 40])
def test_a_certificate_that_cannot_be_read_is_a_gap(read: Read, cms: bytes) -> None:
    build = read(simple_ipa(replace={"Forged": write_macho(signing=Signing(identifier="x", cms=cms))}))
    assert build.identity.signer == ()
    assert gaps(build) == [(MAIN, "LC_CODE_SIGNATURE", {Table.DATA})]


def _cms() -> tuple[bytes, str]:
    """Return a CMS signature as Apple's codesign makes them (an issuer before the leaf), and the leaf's SHA-256."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import pkcs7
    from cryptography.x509.oid import NameOID

    def certificate(
        common: str, issuer: x509.Name | None, key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey
    ) -> x509.Certificate:
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, common),
                x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "ABCDE12345"),
            ]
        )
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer or subject)
        builder = builder.public_key(key.public_key()).serial_number(7 if issuer else 1)
        start, end = datetime(2021, 1, 1, tzinfo=UTC), datetime(2041, 1, 1, tzinfo=UTC)
        return builder.not_valid_before(start).not_valid_after(end).sign(by, hashes.SHA256())

    root_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = certificate("Example Root", None, root_key, root_key)
    leaf = certificate("Apple Distribution: Example (ABCDE12345)", root.subject, leaf_key, root_key)
    builder = pkcs7.PKCS7SignatureBuilder().set_data(b"code directory").add_signer(leaf, leaf_key, hashes.SHA256())
    cms = builder.add_certificate(root).sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.DetachedSignature])
    return cms, leaf.fingerprint(hashes.SHA256()).hex()


# -- provisioning profile -----------------------------------------------------------------------------------------


def test_of_the_provisioning_profile_the_team_is_read_and_nothing_else(read: Read) -> None:
    build = read(simple_ipa(files={"embedded.mobileprovision": write_profile("ABCDE12345")}))
    assert {(fact.name, fact.value) for fact in build.of(FactKind.SIGNING)} == {
        ("scheme", "ad-hoc"),
        ("team-id", "ABCDE12345"),
    }
    said = repr(build)
    assert "00008030" not in said
    assert "Zhang San" not in said


@pytest.mark.parametrize("profile", [b"", b"\x30\x80", b"<?xml version='1.0'?><plist></plist>"])
def test_a_profile_that_cannot_be_read_is_a_gap_that_hides_nothing(read: Read, profile: bytes) -> None:
    build = read(simple_ipa(files={"embedded.mobileprovision": profile}))
    assert gaps(build) == [(f"{APP}/embedded.mobileprovision", "", set())]


def test_order_of_entries_changes_no_fact(read: Read) -> None:
    app = simple_app(usage={"NSCameraUsageDescription": "a"}, files={"libx.dylib": write_macho(kind="dylib")})
    entries = [Entry(name=f"{APP}/{name}", data=data) for name, data in app.contents().items()]
    forward, backward = read(write_zip(entries)), read(write_zip(reversed(entries)))
    assert (forward.facts, forward.code, forward.gaps) == (backward.facts, backward.code, backward.gaps)

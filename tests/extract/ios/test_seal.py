"""Code signatures verified: what they seal, who made them, and what does not fit."""

from __future__ import annotations

import datetime
import functools
import hashlib
import struct
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.extract.ios import seal as sealing
from auditor.extract.ios.macho import read_macho
from auditor.extract.ios.seal import check_seal
from auditor.model import Build, FactKind
from tests.extract.ios.conftest import Read
from tests.forge.ipa import simple_app, simple_ipa, write_profile
from tests.forge.macho import Signing, write_macho

INFO = simple_app().contents()["Info.plist"]
RESOURCES = b"<plist>resources</plist>"
BESIDE = {"_CodeSignature/CodeResources": RESOURCES}
SUBJECT = "CN=Apple Distribution: Example (ABCDE12345)"


@functools.cache
def key(name: str) -> Any:
    return rsa.generate_private_key(65537, 2048)


def named(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])


@functools.cache
def certificate(common: str, issuer: str = "") -> x509.Certificate:
    since = datetime.datetime(2021, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(named(common)).issuer_name(named(issuer or common)).serial_number(len(common))
    builder = builder.public_key(key(common).public_key()).not_valid_before(since)
    builder = builder.not_valid_after(since + datetime.timedelta(days=9000))
    builder = builder.add_extension(x509.BasicConstraints(ca=not common.startswith("Apple D"), path_length=None), critical=True)
    return builder.sign(key(issuer or common), hashes.SHA256())


ROOT, MIDDLE, LEAF = "Root", "Middle CA", "Apple Distribution: Example (ABCDE12345)"


def cms_over(directory: bytes, *, signed: bytes | None = None, by: str = LEAF) -> bytes:
    """Return a CMS signature as codesign makes them, over ``signed`` where that is given."""
    leaf = certificate(LEAF, MIDDLE)
    builder = pkcs7.PKCS7SignatureBuilder().set_data(directory if signed is None else signed).add_signer(leaf, key(by), hashes.SHA256())
    for one in (certificate(MIDDLE, ROOT), certificate(ROOT)):
        builder = builder.add_certificate(one)
    return builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary])


SOUND = Signing(
    identifier="com.example.forged",
    team="ABCDE12345",
    entitlements={"application-identifier": "ABCDE12345.com.example.forged"},
    cms_of=cms_over,
    sealed={1: INFO, 3: RESOURCES},
)


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take our own root for one of Apple's."""
    monkeypatch.setattr(sealing, "APPLE_ROOTS", frozenset({certificate(ROOT).fingerprint(hashes.SHA256()).hex()}))


def verdict(build: Build) -> tuple[bool | None, str, tuple[str, ...]]:
    (signer,) = build.identity.signer
    assert (signer.scheme, signer.subject) == ("apple", SUBJECT)
    assert hashlib.sha256(signer.certificate).hexdigest() == signer.sha256
    return signer.verified, signer.reason.en if signer.reason else "", tuple(one.en for one in build.identity.signature_faults)


def app(executable: bytes, *, info: dict[str, object] | None = None, **beside: bytes) -> bytes:
    files = BESIDE | {"_CodeSignature/CodeResources": beside["resources"]} if "resources" in beside else BESIDE
    return simple_ipa(replace={"Forged": executable}, files=files, info=info)


@pytest.mark.parametrize("signing", [SOUND, replace(SOUND, alternate=True), replace(SOUND, der_only=True)])
def test_a_sound_signature_by_apple_s_own_chain_holds(read: Read, trusted: None, signing: Signing) -> None:
    build = read(app(write_macho(signing=signing)))
    assert verdict(build) == (True, "", ())
    (scheme,) = (fact for fact in build.of(FactKind.SIGNING) if fact.name == "scheme")
    assert (scheme.value, scheme.trait("verified")) == ("apple", "true")


def test_who_is_not_issued_by_apple_is_not_taken_for_the_subject(read: Read) -> None:
    verified, why, faults = verdict(read(app(write_macho(signing=SOUND))))
    assert (verified, faults) == (None, ())
    assert "anybody can have written its subject" in why


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def executable() -> bytes:
    return write_macho(signing=SOUND)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (lambda: app(flipped(executable(), 5000)), "1 pages differ, the first at 0x1000"),
        (lambda: app(executable(), info={"CFBundleVersion": "46"}), "other bytes of Info.plist"),
        (lambda: app(executable(), resources=b"others"), "other bytes of _CodeSignature/CodeResources"),
        (lambda: simple_ipa(replace={"Forged": executable()}), "covers _CodeSignature/CodeResources, which is missing"),
        (
            lambda: app(executable().replace(b"ABCDE12345.com.example.forged</string>", b"ABCDE12345.com.example.FORGED</string>")),
            "other bytes of the entitlements",
        ),
        (lambda: app(write_macho(signing=replace(SOUND, cms_of=lambda one: cms_over(one, signed=b"x")))), "another CodeDirectory"),
        (lambda: app(write_macho(signing=replace(SOUND, cms_of=lambda one: cms_over(one, by="thief")))), "it is forged"),
    ],
)
def test_what_does_not_fit_is_told_and_names_nobody(read: Read, trusted: None, data: Callable[[], bytes], why: str) -> None:
    verified, reason, faults = verdict(read(data()))
    assert verified is False
    assert why in reason
    assert faults == (f"code signature: {reason}",)


def test_the_stronger_directory_counts(read: Read, trusted: None) -> None:
    data = bytearray(write_macho(signing=replace(SOUND, alternate=True)))
    first = hashlib.sha1(bytes(data[:4096])).digest()
    data[data.index(first)] ^= 1
    verified, why, _ = verdict(read(app(bytes(data))))
    # a page of SHA-1 is not looked at, but the CMS signature is over that directory
    assert (verified, "another CodeDirectory" in why) == (False, True)
    data = bytearray(write_macho(signing=replace(SOUND, alternate=True)))
    data[data.index(hashlib.sha256(bytes(data[:4096])).digest())] ^= 1
    assert "pages differ" in verdict(read(app(bytes(data))))[1]


def test_entitlements_added_to_a_signature_are_not_covered(read: Read, trusted: None) -> None:
    plain = write_macho(signing=replace(SOUND, entitlements=None))
    image = read_macho(plain).images[0]
    blob = struct.pack(">II", 0xFADE7171, 16) + b"<plist/>"
    count = int.from_bytes(image.signature[8:12], "big")
    index = image.signature[12 : 12 + 8 * count]
    moved = b"".join(struct.pack(">II", slot, at + 8) for slot, at in struct.iter_unpack(">II", index))
    rest = image.signature[12 + 8 * count :]
    at = 12 + 8 * (count + 1) + len(rest)
    changed = struct.pack(">III", 0xFADE0CC0, at + 16, count + 1) + moved + struct.pack(">II", 5, at) + rest + blob
    found = check_seal(plain, replace(image, signature=changed), {1: INFO, 3: RESOURCES})
    assert found.reason is not None
    assert (found.verified, found.reason.en) == (False, "it does not cover the entitlements")


def test_a_dumped_app_is_told_from_a_changed_one(read: Read, trusted: None) -> None:
    sound = write_macho(signing=SOUND, encrypted=True)
    assert verdict(read(app(sound)))[0] is True
    image = read_macho(sound).images[0]
    start, length = image.encryption
    assert length
    # whether the pages of an App Store download fit its signature cannot be told of it as it lies in the file
    assert verdict(read(app(flipped(sound, start + 10))))[:2] == (None, "the pages that are encrypted cannot be checked")
    command = struct.pack("<IIIII", 0x2C, 24, start, length, 1)
    dumped = flipped(sound, start + 10).replace(command, command[:-4] + bytes(4))
    assert dumped != sound
    verified, why, faults = verdict(read(app(dumped)))
    assert (verified, len(faults)) == (False, 1)
    assert "decrypted after signing" in why
    assert "was changed" in verdict(read(app(flipped(sound, len(sound) - 9000 - len(image.signature)))))[1]


def test_what_nobody_signed_is_no_fault(read: Read) -> None:
    for data in (write_macho(), flipped(write_macho(signing=Signing(identifier="x")), 5000)):
        identity = read(simple_ipa(replace={"Forged": data})).identity
        assert (identity.signer, identity.signature_faults) == ((), ())


@settings(deadline=None, max_examples=80)
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=12))
def test_no_damage_to_a_signature_passes_for_whole(at: int, patch: bytes) -> None:
    data = executable()
    image = read_macho(data).images[0]
    start = at % len(image.signature)
    changed = image.signature[:start] + patch + image.signature[start + len(patch) :]
    changed = changed[: len(image.signature)]
    found = check_seal(data, replace(image, signature=changed), {1: INFO, 3: RESOURCES})
    assert found.verified is not True
    assert found.reason is not None


def test_the_profile_has_to_be_of_the_team_that_signed(read: Read, trusted: None) -> None:
    def build(team: str) -> Build:
        files = BESIDE | {"embedded.mobileprovision": write_profile(team)}
        return read(simple_ipa(replace={"Forged": executable()}, files=files))

    assert build("ABCDE12345").identity.signature_faults == ()
    assert build("ABCDE12345").identity.teams == ("ABCDE12345",)
    other = build("ZZZZZ99999").identity
    assert other.teams == ("ABCDE12345", "ZZZZZ99999")
    assert ["another team" in one.en for one in other.signature_faults] == [True]

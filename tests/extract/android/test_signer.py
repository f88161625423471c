"""Signatures: which certificates a build carries, or why they cannot be told."""

from __future__ import annotations

import hashlib
import re
import struct

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from auditor.archive import Archive
from auditor.extract.android.signer import SIGNING_BLOCK, Levels, read_signers
from auditor.extract.certificates import subject_of
from auditor.extract.collector import Collector
from auditor.model import FactKind, Signer
from tests.forge.archive import Entry, write_zip
from tests.forge.sign import BLOCK_MAGIC, CERTIFICATE_SHA256, SUBJECT, V2_ID, V3_ID, certificate, sign_apk

FILES = [Entry(name="AndroidManifest.xml", data=b"manifest"), Entry(name="classes.dex", data=b"code")]


@pytest.fixture
def signers(tmp_path):
    """Read the signers of an archive; what cannot be read comes as (place, reason)."""

    def read(data: bytes) -> tuple[tuple[Signer, ...], list[tuple[str, str]]]:
        path = tmp_path / "build.apk"
        path.write_bytes(data)
        collect = Collector()
        with Archive.open(path) as archive:
            found, _ = read_signers(archive, collect, Levels(21, 29))
        schemes = {fact.value for fact in collect.facts if fact.kind is FactKind.SIGNING}
        assert schemes == {signer.scheme for signer in found}
        for gap in collect.gaps:
            assert gap.hides == frozenset()
            assert re.search("[\u4e00-\u9fff]", gap.reason.zh)
        return found, [(gap.location.file, gap.reason.en) for gap in collect.gaps]

    return read


@pytest.mark.parametrize("schemes", [(), ("v1",), ("v2",), ("v3",), ("v1", "v2"), ("v1", "v2", "v3")])
def test_each_scheme_names_its_certificate(signers, schemes):
    found, gaps = signers(sign_apk(FILES, schemes) if schemes else write_zip(FILES))
    assert found == tuple(
        Signer(sha256=CERTIFICATE_SHA256, subject=SUBJECT, scheme=scheme, verified=True, certificate=certificate())
        for scheme in schemes
    )
    assert gaps == []


# -- the signing block --------------------------------------------------------------------------------------------


def prefixed(*parts: bytes) -> bytes:
    return b"".join(struct.pack("<I", len(part)) + part for part in parts)


def signer(*certificates: bytes) -> bytes:
    return prefixed(prefixed(b"", prefixed(*certificates), b""), b"", b"")


def pair(number: int, value: bytes, length: int | None = None) -> bytes:
    return struct.pack("<QI", 4 + len(value) if length is None else length, number) + value


def signed(body: bytes) -> bytes:
    """Return an archive with a signing block of these pairs."""
    size = struct.pack("<Q", len(body) + 24)
    return write_zip(FILES, before_directory=size + body + size + BLOCK_MAGIC)


def test_further_schemes_and_signers_are_read(signers):
    other = b"no certificate at all"
    body = pair(0x42726577, bytes(100)) + pair(V2_ID, prefixed(prefixed(signer(certificate()), signer(other))))
    body += pair(0x1B93AD61, prefixed(prefixed(signer(certificate(), other))))
    found, gaps = signers(signed(body))
    assert {(one.scheme, one.sha256, one.subject) for one in found} == {
        ("v2", CERTIFICATE_SHA256, SUBJECT),
        ("v2", hashlib.sha256(other).hexdigest(), ""),
        ("v3.1", CERTIFICATE_SHA256, SUBJECT),
    }
    assert [where for where, _ in gaps] == [SIGNING_BLOCK]
    assert "whose subject cannot be read" in gaps[0][1]


def test_of_countless_signers_the_platforms_number_is_read(signers):
    body = pair(V2_ID, prefixed(prefixed(*[signer(b"%d" % number) for number in range(50)])))
    found, _ = signers(signed(body))
    assert len(found) == 10


@pytest.mark.parametrize(
    "body",
    [
        b"short",
        bytes(11),
        pair(V2_ID, b"", 3),
        pair(V2_ID, b"", 1 << 63),
        pair(V2_ID, bytes(4), 9),
        pair(V2_ID, b""),
        pair(V2_ID, b"\xff\xff\xff\xff"),
        pair(V2_ID, prefixed(b"\xff\xff\xff\x7f")),
        pair(V3_ID, prefixed(prefixed(b""))),
        pair(V3_ID, prefixed(prefixed(prefixed(prefixed(b"", b""))))),
        pair(V3_ID, prefixed(prefixed(prefixed(prefixed(b"", b"\x10\0\0\0"))))),
        pair(V2_ID, prefixed(prefixed(signer()))),
    ],
)
def test_a_malformed_block_is_a_gap(signers, body):
    found, gaps = signers(signed(body))
    assert found == ()
    ((where, why),) = gaps
    assert where == SIGNING_BLOCK
    assert "cannot be read" in why


def test_lengths_that_contradict_each_other_are_a_gap(signers):
    data = bytearray(sign_apk(FILES, ("v2",)))
    at = data.index(BLOCK_MAGIC) - 8
    data[at] ^= 1
    found, gaps = signers(bytes(data))
    assert found == ()
    ((where, why),) = gaps
    assert (where, "contradict" in why) == (SIGNING_BLOCK, True)


def test_an_empty_block_names_nobody(signers):
    assert signers(signed(b"")) == ((), [])
    assert signers(signed(pair(0x42726577, bytes(8)))) == ((), [])


# -- JAR signatures -----------------------------------------------------------------------------------------------


def jar(data: bytes, name: str = "META-INF/CERT.RSA") -> bytes:
    return write_zip([*FILES, Entry(name=name, data=data)])


def pkcs7() -> bytes:
    """Return the signature the forge writes."""
    data = sign_apk(FILES, ("v1",))
    with_name = data.index(b"META-INF/CERT.RSA")
    start = data.index(b"\x30\x82", with_name)
    size = 4 + int.from_bytes(data[start + 2 : start + 4], "big")
    return data[start : start + size]


@pytest.mark.parametrize("name", ["META-INF/CERT.RSA", "META-INF/ANDROID.DSA", "meta-inf/x.ec"])
def test_signature_files_are_found_by_suffix(signers, name):
    found, gaps = signers(jar(pkcs7(), name))
    assert [one.sha256 for one in found] == [CERTIFICATE_SHA256]
    assert gaps == []


@pytest.mark.parametrize("name", ["META-INF/maven/x.RSA", "CERT.RSA", "META-INF/CERT.SF", "assets/META-INF/CERT.RSA"])
def test_other_files_are_no_signatures(signers, name):
    assert signers(jar(b"nothing", name)) == ((), [])


@pytest.mark.parametrize(
    "data",
    [b"", b"text", bytes(100), b"\x30\x80" * 200, pkcs7()[:-1], pkcs7()[:60], b"\x30\x82\xff\xff" + pkcs7()[4:], b"\x30\x03\x06\x01\x2a"],
)
def test_a_broken_signature_is_a_gap(signers, data):
    found, gaps = signers(jar(data))
    assert found == ()
    ((where, why),) = gaps
    assert where == "META-INF/CERT.RSA"
    assert "PKCS #7" in why


def test_a_signature_without_its_signers_certificate_is_a_gap(signers):
    data = bytearray(pkcs7())
    serial = data.rindex(b"\x02", 0, data.rindex(bytes.fromhex("0609608648016503040201")))
    data[serial + 2] ^= 0x10
    found, gaps = signers(jar(bytes(data)))
    assert found == ()
    assert "certificate is missing" in gaps[0][1]


def test_a_signature_too_large_is_a_gap(signers):
    found, gaps = signers(jar(bytes((1 << 20) + 1)))
    assert found == ()
    assert "over the limit" in gaps[0][1]


# -- certificates -------------------------------------------------------------------------------------------------


def test_the_subject_is_read():
    assert subject_of(certificate()) == SUBJECT


def test_a_certificate_of_an_impossible_version_has_no_subject():
    data = certificate().replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07", 1)
    assert data != certificate()
    assert subject_of(data) is None


@pytest.mark.parametrize("data", [b"", b"text", bytes(50), certificate()[:-1], certificate() + b"x"])
def test_what_is_no_certificate_has_no_subject(data):
    assert subject_of(data) is None


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(certificate()) - 1), st.integers(0, 255)), max_size=4))
def test_any_certificate_has_a_subject_or_none(changes):
    data = bytearray(certificate())
    for at, byte in changes:
        data[at] = byte
    subject = subject_of(bytes(data))
    assert subject is None or subject.encode("utf-8") is not None


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("laws") / "build.apk"


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=5), st.sampled_from(["v1", "v2", "v3"]))
@example([(43, 0)], "v1")  # the signer can be read, and not what kind of content it signs
def test_any_signature_gives_signers_or_gaps(scratch, changes, scheme):
    pkcs, block = bytearray(pkcs7()), bytearray(pair(V2_ID if scheme == "v2" else V3_ID, prefixed(prefixed(signer(certificate())))))
    target = pkcs if scheme == "v1" else block
    for at, byte in changes:
        target[at % len(target)] = byte
    scratch.write_bytes(jar(bytes(pkcs)) if scheme == "v1" else signed(bytes(block)))
    collect = Collector()
    with Archive.open(scratch) as archive:
        found, _ = read_signers(archive, collect, Levels(21, 29))
    assert found or collect.gaps or scheme != "v1"
    if not changes:
        assert [one.sha256 for one in found] == [CERTIFICATE_SHA256]

"""APK signature schemes v2, v3 and v3.1 in every variety: keys of all kinds, rotation, and what attackers do to them.

``tests.forge.sign`` makes the plain signatures of the samples, with one key and the same bytes every time; this module makes
those that tests of verification need. ECDSA, DSA and PSS signatures differ with each run, which no test may depend on.

Formats: the pages "APK Signature Scheme v2", "v3" and "v3.1" of the Android Open Source Project; for the digests of fs-verity
docs.kernel.org/filesystems/fsverity.html.
"""

from __future__ import annotations

import datetime
import hashlib
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa

from tests.forge.archive import Entry, write_zip

__all__ = ["ALGORITHMS", "ANY", "IDS", "Key", "Signed", "key", "lineage", "prefixed", "sign_with", "signing_block"]

ANY = 0x7FFFFFFF
IDS = {"v2": 0x7109871A, "v3": 0xF05368C0, "v3.1": 0x1B93AD61}
STRIPPED, LINEAGE, ROTATION = 0xBEEFF00D, 0x3BA06F8C, 0x559F8B02
ALGORITHMS: dict[int, tuple[str, str, str]] = {
    0x0101: ("pss", "sha256", "sha256"),
    0x0102: ("pss", "sha512", "sha512"),
    0x0103: ("rsa", "sha256", "sha256"),
    0x0104: ("rsa", "sha512", "sha512"),
    0x0201: ("ec", "sha256", "sha256"),
    0x0202: ("ec", "sha512", "sha512"),
    0x0301: ("dsa", "sha256", "sha256"),
    0x0421: ("rsa", "sha256", "verity"),
    0x0423: ("ec", "sha256", "verity"),
    0x0425: ("dsa", "sha256", "verity"),
}
"""Id -> key and padding, digest signed, digest of the contents."""


@dataclass(frozen=True, eq=False)
class Key:
    """A private key with a certificate it signed itself."""

    private: Any
    certificate: bytes

    @property
    def public(self) -> bytes:
        """SubjectPublicKeyInfo, DER."""
        found: bytes = self.private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return found

    @property
    def sha256(self) -> str:
        """SHA-256 of the certificate."""
        return hashlib.sha256(self.certificate).hexdigest()

    def sign(self, algorithm: int, data: bytes) -> bytes:
        """Return a signature over ``data``."""
        how, digest, _ = ALGORITHMS[algorithm]
        made: hashes.HashAlgorithm = hashes.SHA256() if digest == "sha256" else hashes.SHA512()
        if how == "ec":
            signature: bytes = self.private.sign(data, ec.ECDSA(made))
        elif how == "dsa":
            signature = self.private.sign(data, made)
        elif how == "rsa":
            signature = self.private.sign(data, padding.PKCS1v15(), made)
        else:
            pss = padding.PSS(mgf=padding.MGF1(made), salt_length=made.digest_size)
            signature = self.private.sign(data, pss, made)
        return signature


@cache
def key(name: str = "first", kind: str = "ec") -> Key:
    """Return the key of this name: ``ec``, ``rsa`` or ``dsa``."""
    private: Any
    if kind == "ec":
        private = ec.generate_private_key(ec.SECP256R1())
    elif kind == "dsa":
        private = dsa.generate_private_key(1024)
    else:
        private = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    since = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(7)
        .not_valid_before(since)
        .not_valid_after(since + datetime.timedelta(days=10_000))
        .sign(private, hashes.SHA256())
    )
    return Key(private, made.public_bytes(serialization.Encoding.DER))


def prefixed(*parts: bytes) -> bytes:
    """Return each part with its length before it."""
    return b"".join(struct.pack("<I", len(part)) + part for part in parts)


@dataclass(frozen=True, kw_only=True)
class Signed:
    """One signer of one scheme; a field set to something else than it should be is what a test plants."""

    scheme: str
    by: Key
    algorithms: Sequence[int] = (0x0201,)
    levels: tuple[int, int] = (28, ANY)
    signed_levels: tuple[int, int] | None = None
    attributes: Sequence[tuple[int, bytes]] = ()
    certificate: bytes | None = None
    """Instead of the key's own."""
    public: bytes | None = None
    digest_algorithms: Sequence[int] | None = None
    digest: Callable[[bytes], bytes] = field(default=lambda digest: digest)
    signature: Callable[[bytes], bytes] = field(default=lambda signature: signature)


def lineage(*keys: Key, algorithm: int = 0x0201) -> bytes:
    """Return the proof of rotation from the first key to the last."""
    nodes = []
    for number, one in enumerate(keys):
        signed = prefixed(one.certificate) + struct.pack("<I", algorithm if number else 0)
        signature = keys[number - 1].sign(algorithm, signed) if number else b""
        last = number == len(keys) - 1
        nodes.append(prefixed(signed) + struct.pack("<II", 0, 0 if last else algorithm) + prefixed(signature))
    return struct.pack("<I", 1) + prefixed(*nodes)


def _chunked(name: str, sections: Sequence[bytes]) -> bytes:
    chunks = [section[at : at + (1 << 20)] for section in sections for at in range(0, len(section), 1 << 20)]
    each = b"".join(hashlib.new(name, b"\xa5" + struct.pack("<I", len(chunk)) + chunk).digest() for chunk in chunks)
    return hashlib.new(name, b"\x5a" + struct.pack("<I", len(chunks)) + each).digest()


def _verity(sections: Sequence[bytes]) -> bytes:
    def pages(data: bytes) -> list[bytes]:
        return [data[at : at + 4096].ljust(4096, b"\0") for at in range(0, len(data), 4096)]

    def digests(data: bytes) -> bytes:
        return b"".join(hashlib.sha256(bytes(8) + page).digest() for page in pages(data))

    level = digests(b"".join(sections))
    while len(level) > 4096:
        level = digests(level)
    return digests(level) + struct.pack("<Q", sum(map(len, sections)))


def _signer(one: Signed, sections: Sequence[bytes]) -> bytes:
    def contents(algorithm: int) -> bytes:
        kind = ALGORITHMS.get(algorithm, ("", "", "sha256"))[2]
        return one.digest(_verity(sections) if kind == "verity" else _chunked(kind, sections))

    listed = one.algorithms if one.digest_algorithms is None else one.digest_algorithms
    digests = prefixed(*(struct.pack("<I", number) + prefixed(contents(number)) for number in listed))
    levels = b"" if one.scheme == "v2" else struct.pack("<II", *one.levels)
    inside = b"" if one.scheme == "v2" else struct.pack("<II", *(one.signed_levels or one.levels))
    certificates = prefixed(one.by.certificate if one.certificate is None else one.certificate)
    attributes = prefixed(*(struct.pack("<I", number) + value for number, value in one.attributes))
    signed = prefixed(digests, certificates) + inside + prefixed(attributes)
    made = [
        struct.pack("<I", number) + prefixed(one.signature(one.by.sign(number, signed) if number in ALGORITHMS else b"?" * 64))
        for number in one.algorithms
    ]
    return prefixed(signed) + levels + prefixed(prefixed(*made), one.by.public if one.public is None else one.public)


def signing_block(pairs: Sequence[tuple[int, bytes]]) -> bytes:
    """Return an APK Signing Block of (id, value) pairs."""
    body = b"".join(struct.pack("<QI", 4 + len(value), number) + value for number, value in pairs)
    size = struct.pack("<Q", len(body) + 24)
    return size + body + size + b"APK Sig Block 42"


def sign_with(entries: Sequence[Entry], signed: Sequence[Signed], *, comment: bytes = b"", aligned: bool = True) -> bytes:
    """Return the archive with a block of these signers, and a comment in its end record.

    Where one of them is to be verified page by page the block is ``aligned`` to pages.
    """
    plain = write_zip(list(entries))
    if comment:
        plain = plain[:-2] + struct.pack("<H", len(comment)) + comment
    end = len(plain) - 22 - len(comment)
    size, at = struct.unpack_from("<II", plain, end + 12)
    in_pages = aligned and any(ALGORITHMS.get(number, ("",) * 3)[2] == "verity" for one in signed for number in one.algorithms)
    before = plain[:at].ljust(-(-at // 4096) * 4096, b"\0") if in_pages else plain[:at]
    record = bytearray(plain[end:])
    record[16:20] = struct.pack("<I", len(before))
    sections = before, plain[at : at + size], bytes(record)
    pairs = []
    for scheme, number in IDS.items():
        signers = [_signer(one, sections) for one in signed if one.scheme == scheme]
        if signers:
            pairs.append((number, prefixed(prefixed(*signers))))
    block = signing_block(pairs)
    if in_pages:
        block = signing_block([*pairs, (0x42726577, bytes(-(len(block) + 12) % 4096))])
    record[16:20] = struct.pack("<I", len(before) + len(block))
    return before + block + plain[at:end] + bytes(record)

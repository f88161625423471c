"""APK signatures: v1 (JAR), v2 and v3, made with one fixed test key, so that equal contents give equal bytes.

Formats: the JAR File Specification, RFC 2315 (PKCS #7) and the pages "APK Signature Scheme v2" and "v3" of the
Android Open Source Project. RSA with PKCS #1 v1.5 padding is deterministic, and no signing time is written.

The key is public: it signs forged builds and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.forge.archive import Entry, write_zip

__all__ = ["CERTIFICATE_SHA256", "SCHEMES", "SUBJECT", "certificate", "sign_apk", "signed_data"]

SCHEMES = ("v1", "v2", "v3")
KEY_FILE = Path(__file__).with_name("public_test_key.pem")
CERTIFICATE_FILE = Path(__file__).with_name("public_test_certificate.pem")
CERTIFICATE_SHA256 = "79e8a954576239af2f2b7b243ac62a83d40c25063ce7fe796b2b3059f95f8dce"
SUBJECT = "CN=Forged sample build,O=Published test key,C=CN"

BLOCK_MAGIC = b"APK Sig Block 42"
V2_ID, V3_ID = 0x7109871A, 0xF05368C0
RSA_PKCS1_SHA256 = 0x0103
CHUNK = 1 << 20


@cache
def _key() -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(KEY_FILE.read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


@cache
def certificate() -> bytes:
    """Return the signer certificate (DER)."""
    loaded = x509.load_pem_x509_certificate(CERTIFICATE_FILE.read_bytes())
    return loaded.public_bytes(serialization.Encoding.DER)


def _sign(data: bytes) -> bytes:
    return _key().sign(data, padding.PKCS1v15(), hashes.SHA256())


def sign_apk(entries: Sequence[Entry], schemes: Collection[str] = ("v1", "v2"), *, min_sdk: int = 24) -> bytes:
    """Return the signed archive of ``entries`` (whose contents have to be sound: damage comes after signing).

    ``min_sdk`` is the first API level a v3 signer is good for.
    """
    unknown = set(schemes) - set(SCHEMES)
    if unknown:
        raise ValueError(f"no such signature scheme: {sorted(unknown)[0]!r}")
    entries = list(entries)
    if "v1" in schemes:
        entries += _jar_signature(entries, [scheme[1:] for scheme in sorted(schemes) if scheme != "v1"])
    plain = write_zip(entries)
    if not {"v2", "v3"} & set(schemes):
        return plain
    at, size = _directory(plain)
    digest = _content_digest(plain[:at], plain[at : at + size], plain[at + size :])
    pairs = []
    if "v2" in schemes:
        # Says that a v3 block was there, so that stripping it shows.
        others = _prefixed(struct.pack("<II", 0xBEEFF00D, 3)) if "v3" in schemes else b""
        pairs.append((V2_ID, _prefixed(_signer(digest, others, b""))))
    if "v3" in schemes:
        levels = struct.pack("<II", max(28, min_sdk), 0x7FFFFFFF)
        pairs.append((V3_ID, _prefixed(_signer(digest, b"", levels))))
    return write_zip(entries, before_directory=_signing_block(pairs))


# -- v1 -----------------------------------------------------------------------------------------------------------


def _jar_signature(entries: Sequence[Entry], also: Sequence[str]) -> list[Entry]:
    """Return the three META-INF entries of a JAR signature."""
    sections = []
    for entry in entries:
        name = entry.name if isinstance(entry.name, str) else entry.name.decode("utf-8")
        if not name.endswith("/"):
            digest = base64.b64encode(hashlib.sha256(entry.data).digest())
            sections.append((name, _line("Name", name) + b"SHA-256-Digest: " + digest + b"\r\n\r\n"))
    head = b"Manifest-Version: 1.0\r\nCreated-By: 1.0 (forge)\r\n\r\n"
    manifest = head + b"".join(text for _, text in sections)
    signature = b"Signature-Version: 1.0\r\nCreated-By: 1.0 (forge)\r\n"
    signature += b"SHA-256-Digest-Manifest: " + base64.b64encode(hashlib.sha256(manifest).digest()) + b"\r\n"
    if also:
        signature += f"X-Android-APK-Signed: {', '.join(also)}\r\n".encode()
    signature += b"\r\n"
    for name, text in sections:
        digest = base64.b64encode(hashlib.sha256(text).digest())
        signature += _line("Name", name) + b"SHA-256-Digest: " + digest + b"\r\n\r\n"
    return [
        Entry(name="META-INF/CERT.SF", data=signature, align=4),
        Entry(name="META-INF/CERT.RSA", data=_pkcs7(_sign(signature)), align=4),
        Entry(name="META-INF/MANIFEST.MF", data=manifest, align=4),
    ]


def _line(key: str, value: str) -> bytes:
    """Return a manifest line, folded at 72 bytes."""
    data = f"{key}: {value}".encode()
    out = data[:70] + b"\r\n"
    for at in range(70, len(data), 69):
        out += b" " + data[at : at + 69] + b"\r\n"
    return out


def _der(tag: int, *parts: bytes) -> bytes:
    """Return one DER element."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


_OID_DATA = bytes.fromhex("06092a864886f70d010701")
_OID_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_OID_SHA256 = bytes.fromhex("0609608648016503040201")
_OID_RSA = bytes.fromhex("06092a864886f70d010101")
_NULL = b"\x05\0"


def signed_data(content: bytes, *, detached: bool = False) -> bytes:
    """Return a PKCS #7 SignedData of a content, with the content in it unless detached."""
    return _pkcs7(_sign(content), None if detached else content)


def _pkcs7(signature: bytes, content: bytes | None = None) -> bytes:
    """Return a PKCS #7 SignedData without signed attributes; detached without a content."""
    loaded = x509.load_der_x509_certificate(certificate())
    sha256 = _der(0x30, _OID_SHA256, _NULL)
    serial = loaded.serial_number
    signer = _der(
        0x30,
        _der(0x02, b"\1"),
        _der(
            0x30,
            loaded.issuer.public_bytes(),
            _der(0x02, serial.to_bytes(serial.bit_length() // 8 + 1, "big")),
        ),
        sha256,
        _der(0x30, _OID_RSA, _NULL),
        _der(0x04, signature),
    )
    signed = _der(
        0x30,
        _der(0x02, b"\1"),
        _der(0x31, sha256),
        _der(0x30, _OID_DATA, *(() if content is None else (_der(0xA0, _der(0x04, content)),))),
        _der(0xA0, certificate()),
        _der(0x31, signer),
    )
    return _der(0x30, _OID_SIGNED_DATA, _der(0xA0, signed))


# -- v2 and v3 ----------------------------------------------------------------------------------------------------


def _prefixed(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def _directory(archive: bytes) -> tuple[int, int]:
    """Return offset and size of the central directory of an archive without comment."""
    size, at = struct.unpack("<II", archive[-10:-2])
    return at, size


def _content_digest(*sections: bytes) -> bytes:
    """Return the chunked SHA-256 over the archive's sections."""
    digests = []
    for section in sections:
        for at in range(0, len(section), CHUNK):
            chunk = section[at : at + CHUNK]
            digests.append(hashlib.sha256(b"\xa5" + struct.pack("<I", len(chunk)) + chunk).digest())
    return hashlib.sha256(b"\x5a" + struct.pack("<I", len(digests)) + b"".join(digests)).digest()


def _signer(digest: bytes, attributes: bytes, levels: bytes) -> bytes:
    """Return one signer; ``levels`` (first and last API level) makes it a v3 one."""
    digests = _prefixed(struct.pack("<I", RSA_PKCS1_SHA256) + _prefixed(digest))
    signed = _prefixed(digests) + _prefixed(_prefixed(certificate())) + levels + _prefixed(attributes)
    signature = _prefixed(struct.pack("<I", RSA_PKCS1_SHA256) + _prefixed(_sign(signed)))
    key = _key().public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return _prefixed(_prefixed(signed) + levels + _prefixed(signature) + _prefixed(key))


def _signing_block(pairs: Sequence[tuple[int, bytes]]) -> bytes:
    """Return the APK signing block of (id, value) pairs."""
    body = b"".join(struct.pack("<QI", 4 + len(value), key) + value for key, value in pairs)
    size = struct.pack("<Q", len(body) + 8 + len(BLOCK_MAGIC))
    return size + body + size + BLOCK_MAGIC

"""APK signatures: the certificates they carry, per scheme. Nothing is verified here.

Formats: APK Signature Scheme v2 and v3 (source.android.com/docs/security/features/apksigning), JAR signing (v1) with
PKCS #7 (RFC 2315).
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from itertools import islice

from auditor.archive import Archive, Unreadable
from auditor.build import FactKind, Signer, Text
from auditor.extract.certificates import CmsError, signer_certificate, subject_of
from auditor.extract.collector import Collector

__all__ = ["SIGNING_BLOCK", "read_signers"]

SIGNING_BLOCK = "APK Signing Block"
"""What reports print for the place: the block is no entry of the archive."""
_BLOCK_MAGIC = b"APK Sig Block 42"
_SCHEMES = {0x7109871A: "v2", 0xF05368C0: "v3", 0x1B93AD61: "v3.1"}
_MAX_SIGNERS = 10
"""The platform's own limit (ApkSigningBlockUtils)."""
_MAX_SIGNATURE_FILE = 1 << 20


class _Broken(Exception):
    """The bytes are not of the form the scheme has."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.reason = Text(
            zh=f"签名无法读取（{zh}），签名证书未知；请重新获取安装包",
            en=f"holds a signature that cannot be read ({en}), so its certificate is unknown; get the build again",
        )


def read_signers(archive: Archive, collect: Collector) -> tuple[Signer, ...]:
    """Return every certificate a signature of the APK names; what cannot be read becomes a gap that hides no table."""
    found: dict[tuple[str, str], Signer] = {}
    for scheme, place, certificate in (*_block_certificates(archive, collect), *_jar_certificates(archive, collect)):
        sha256 = hashlib.sha256(certificate).hexdigest()
        subject = subject_of(certificate)
        if subject is None:
            collect.gap(
                place,
                scheme,
                Text(
                    zh="签名证书的主体无法读取，仅记录其 SHA-256",
                    en="holds a certificate whose subject cannot be read; only its SHA-256 is known",
                ),
            )
        found[scheme, sha256] = Signer(sha256=sha256, subject=subject or "", scheme=scheme, verified=None)
        collect.fact(FactKind.SIGNING, "scheme", "META-INF/" if scheme == "v1" else SIGNING_BLOCK, value=scheme)
    return tuple(found[key] for key in sorted(found))


# -- v2 and v3 ----------------------------------------------------------------------------------------------------


def _block_certificates(archive: Archive, collect: Collector) -> Iterator[tuple[str, str, bytes]]:
    try:
        block = archive.before_directory(_BLOCK_MAGIC)
        for number, value in _pairs(block or b""):
            scheme = _SCHEMES.get(number)
            if scheme is None:
                continue
            for signer in islice(_sequence(_first(value)), _MAX_SIGNERS):
                fields = _sequence(_first(signer))
                next(fields, b"")  # digests
                certificate = next(_sequence(next(fields, b"")), None)
                if certificate is None:
                    raise _Broken(f"{scheme} 签名中没有证书", f"{scheme}: no certificate")
                yield scheme, SIGNING_BLOCK, certificate
    except (_Broken, Unreadable) as error:
        collect.gap(SIGNING_BLOCK, "", error.reason)


def _pairs(block: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(block):
        if at + 12 > len(block):
            raise _Broken("签名块被截断", "the signing block is cut short")
        length, number = struct.unpack_from("<QI", block, at)
        if length < 4 or at + 8 + length > len(block):
            raise _Broken("签名块中的长度越界", "a length points outside the signing block")
        yield number, block[at + 12 : at + 8 + length]
        at += 8 + length


def _sequence(data: bytes) -> Iterator[bytes]:
    """Yield the length-prefixed values that fill ``data``."""
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "little")
        if at + 4 + length > len(data):
            raise _Broken("签名块中的长度越界", "a length points outside its value")
        yield data[at + 4 : at + 4 + length]
        at += 4 + length


def _first(data: bytes) -> bytes:
    value = next(_sequence(data), None)
    if value is None:
        raise _Broken("签名块内容为空", "a value is empty")
    return value


# -- v1 -----------------------------------------------------------------------------------------------------------


def _jar_certificates(archive: Archive, collect: Collector) -> Iterator[tuple[str, str, bytes]]:
    for name in archive.names():
        upper = name.upper()
        if upper.startswith("META-INF/") and upper.count("/") == 1 and upper.endswith((".RSA", ".DSA", ".EC")):
            data = collect.read(archive, name, limit=_MAX_SIGNATURE_FILE)
            if data is None:
                continue
            try:
                yield "v1", archive.place(name), _jar_certificate(data)
            except _Broken as broken:
                collect.gap(archive.place(name), "", broken.reason)


def _jar_certificate(data: bytes) -> bytes:
    """Return the certificate of the first SignerInfo of a PKCS #7 signature."""
    try:
        return signer_certificate(data)
    except CmsError as error:
        if not str(error):
            raise _Broken("PKCS #7 中缺少签名者证书", "PKCS #7: the signer's certificate is missing") from None
        raise _Broken("PKCS #7 已损坏", f"PKCS #7: {error}") from None

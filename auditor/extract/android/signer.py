"""APK signatures: the certificates they carry, per scheme. Nothing is verified here.

Formats: APK Signature Scheme v2 and v3 (source.android.com/docs/security/features/apksigning), JAR signing (v1).
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator

from auditor.archive import Archive
from auditor.extract.collector import Collector
from auditor.model import FactKind, Signer, Text

__all__ = ["read_signers", "subject_of"]

_BLOCK_MAGIC = b"APK Sig Block 42"
_SCHEMES = {0x7109871A: "v2", 0xF05368C0: "v3", 0x1B93AD61: "v3.1"}
_MAX_SIGNERS = 10
"""The platform's own limit (ApkSigningBlockUtils)."""


class _Broken(Exception):
    """The bytes are not of the form the scheme has."""


def read_signers(archive: Archive, collect: Collector) -> tuple[Signer, ...]:
    """Return every certificate a signature of the APK names; what cannot be read becomes a gap that hides no table."""
    found: dict[tuple[str, str], Signer] = {}
    for scheme, certificate in _block_certificates(archive, collect):
        signer = _signer(certificate, scheme)
        found[scheme, signer.sha256] = signer
    for name in archive.names():
        if name.upper().startswith("META-INF/") and name.count("/") == 1 and name.upper().endswith((".RSA", ".DSA", ".EC")):
            data = collect.read(archive, name, limit=1 << 20)
            if data is None:
                continue
            try:
                signer = _signer(_jar_certificate(data), "v1")
            except _Broken as broken:
                _gap(collect, archive.place(name), str(broken))
                continue
            found["v1", signer.sha256] = signer
    for scheme in sorted({scheme for scheme, _ in found}):
        collect.fact(FactKind.SIGNING, "scheme", "META-INF/" if scheme == "v1" else "APK Signing Block", value=scheme)
    return tuple(found[key] for key in sorted(found))


def _gap(collect: Collector, file: str, why: str) -> None:
    collect.gap(file, "", Text(zh=f"签名块无法读取（{why}），签名证书未知", en=f"holds a signature that cannot be read ({why})"))


def _signer(certificate: bytes, scheme: str) -> Signer:
    return Signer(
        sha256=hashlib.sha256(certificate).hexdigest(), subject=subject_of(certificate), scheme=scheme, verified=None
    )


def subject_of(certificate: bytes) -> str:
    """Return the subject of a DER certificate (RFC 4514), or an empty string where it cannot be read."""
    import warnings

    from cryptography import x509

    try:
        with warnings.catch_warnings():
            # old signing certificates bend the rules (serial number 0, negative); only their subject matters here
            warnings.simplefilter("ignore")
            return x509.load_der_x509_certificate(certificate).subject.rfc4514_string()
    except (ValueError, TypeError, x509.UnsupportedGeneralNameType):
        return ""


def _block_certificates(archive: Archive, collect: Collector) -> Iterator[tuple[str, bytes]]:
    block = archive.before_directory(_BLOCK_MAGIC)
    if block is None:
        return
    try:
        for number, value in _pairs(block):
            scheme = _SCHEMES.get(number)
            if scheme is None:
                continue
            for signer in list(_sequence(_one(value)))[:_MAX_SIGNERS]:
                signed_data = _one(signer)
                fields = _sequence(signed_data)
                next(fields, b"")  # digests
                certificates = list(_sequence(next(fields, b"")))
                if not certificates:
                    raise _Broken(f"{scheme}: no certificate")
                yield scheme, certificates[0]
    except (_Broken, struct.error) as broken:
        _gap(collect, "APK Signing Block", str(broken))


def _pairs(block: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 12 <= len(block):
        length, number = struct.unpack_from("<QI", block, at)
        if length < 4 or at + 8 + length > len(block):
            raise _Broken("a length points outside the block")
        yield number, block[at + 12 : at + 8 + length]
        at += 8 + length


def _one(data: bytes) -> bytes:
    """Return the first length-prefixed value."""
    if len(data) < 4:
        raise _Broken("cut short")
    length = struct.unpack_from("<I", data)[0]
    if 4 + length > len(data):
        raise _Broken("a length points outside its value")
    return data[4 : 4 + length]


def _sequence(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        value = _one(data[at:])
        yield value
        at += 4 + len(value)


def _jar_certificate(data: bytes) -> bytes:
    """Return the certificate of the first SignerInfo of a PKCS #7 signature (RFC 2315)."""
    from asn1crypto import cms

    try:
        signed = cms.ContentInfo.load(data)["content"]
        who = signed["signer_infos"][0]["sid"].chosen
        certificates = [choice.chosen for choice in signed["certificates"] if choice.name == "certificate"]
        for certificate in certificates:
            if certificate.serial_number == who["serial_number"].native and certificate.issuer == who["issuer"]:
                return bytes(certificate.dump())
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise _Broken(f"PKCS #7: {type(error).__name__}") from None
    raise _Broken("PKCS #7: the signer's certificate is missing")

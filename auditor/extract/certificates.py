"""Certificates and signatures: whose a certificate is, and whether a signature is what its key makes of the signed bytes.

Formats: X.509 (RFC 5280), names as RFC 4514 writes them, CMS (RFC 5652, which PKCS #7 became). Whether a certificate is
to be trusted is nobody's business here: platforms compare certificates, they do not ask who issued them.
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any

from auditor.build import Text

__all__ = [
    "CmsError",
    "CmsSigner",
    "KeyUnusable",
    "Padding",
    "cms_certificates",
    "cms_content_type",
    "cms_signers",
    "descends_from",
    "public_key",
    "public_key_as_written",
    "signed_content",
    "signer_certificate",
    "subject_of",
    "verifies",
]

_ASN1_FAILS = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    MemoryError,
    NotImplementedError,
    struct.error,
)
"""What asn1crypto raises on malformed input, found by feeding it damaged signatures."""


class CmsError(Exception):
    """A CMS signature that cannot be read; the message names the failure, empty where the signer's certificate is missing."""


class KeyUnusable(Exception):
    """A public key that cannot be read or used; ``reason`` says why.

    ``unsupported`` tells that it may well be one, only that the library at hand cannot use it: nothing is proved either way.
    """

    def __init__(self, reason: Text, *, unsupported: bool = False) -> None:
        super().__init__(reason.en)
        self.reason, self.unsupported = reason, unsupported


class Padding(Enum):
    """How a signature is made of a digest."""

    PKCS1 = "RSA"
    PSS = "RSA-PSS"
    """The salt is as long as the digest, the mask is made with the same digest."""
    ECDSA = "ECDSA"
    DSA = "DSA"


# -- certificates -------------------------------------------------------------------------------------------------


def subject_of(certificate: bytes) -> str | None:
    """Return the subject of a DER certificate, or None where it cannot be read."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        with _leniently():
            subject = x509.load_der_x509_certificate(certificate).subject
        return subject.rfc4514_string({x509.NameOID.EMAIL_ADDRESS: "emailAddress"})
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion, x509.UnsupportedGeneralNameType):
        return _bent_subject(certificate)


def _bent_subject(certificate: bytes) -> str | None:
    """Return the subject of a certificate that is BER and not DER, as some old signing certificates are."""
    from cryptography import x509

    try:
        parts = [
            x509.RelativeDistinguishedName(
                x509.NameAttribute(x509.ObjectIdentifier(one["type"].dotted), str(one["value"].native)) for one in part
            )
            for part in _leniently_read(certificate).subject.chosen
        ]
        return x509.Name(parts).rfc4514_string({x509.NameOID.EMAIL_ADDRESS: "emailAddress"})
    except _ASN1_FAILS:
        return None


def public_key(certificate: bytes) -> bytes:
    """Return the SubjectPublicKeyInfo of a certificate, in DER. Raises KeyUnusable where it cannot be read.

    Old signing certificates bend the rules, and platforms take them all the same: where the strict reader does not, the
    lenient one is asked.
    """
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        with _leniently():
            key = x509.load_der_x509_certificate(certificate).public_key()
            return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion):
        pass
    try:
        return _mended(public_key_as_written(certificate))
    except _ASN1_FAILS:
        raise KeyUnusable(_UNREADABLE) from None


def public_key_as_written(certificate: bytes) -> bytes:
    """Return the SubjectPublicKeyInfo of a certificate byte for byte. Raises KeyUnusable where it cannot be read."""
    try:
        return bytes(_leniently_read(certificate)["tbs_certificate"]["subject_public_key_info"].dump())
    except _ASN1_FAILS:
        raise KeyUnusable(_UNREADABLE) from None


def _leniently_read(certificate: bytes) -> Any:
    """Return a certificate as asn1crypto has it. Raises one of _ASN1_FAILS."""
    from asn1crypto import x509

    found = x509.Certificate.load(certificate, strict=True)
    if found["tbs_certificate"]["version"].native not in ("v1", "v2", "v3"):
        raise ValueError("no such version")
    return found


def _mended(key: bytes) -> bytes:
    """Return a SubjectPublicKeyInfo whose RSA modulus is positive: some tools leave out the zero in front of it."""
    from asn1crypto import keys

    info = keys.PublicKeyInfo.load(key)
    if info.algorithm != "rsa":
        return key
    pair = info["public_key"].parsed
    modulus = int(pair["modulus"].native)
    if modulus >= 0:
        return key
    modulus += 1 << 8 * len(pair["modulus"].contents)
    mended = keys.RSAPublicKey({"modulus": modulus, "public_exponent": pair["public_exponent"].native})
    return bytes(keys.PublicKeyInfo.wrap(mended, "rsa").dump())


# -- signatures ---------------------------------------------------------------------------------------------------


def verifies(key: bytes, padding: Padding, digest: str, signature: bytes, data: bytes) -> bool:
    """Tell whether ``signature`` over ``data`` was made with the other half of ``key`` (SubjectPublicKeyInfo, DER).

    ``digest`` is hashlib's name of it. Raises KeyUnusable where the key is of another kind, or none that can be used.
    """
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
    from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding

    loaded: Any = _loaded(key)
    kinds: dict[Padding, type] = {Padding.ECDSA: ec.EllipticCurvePublicKey, Padding.DSA: dsa.DSAPublicKey}
    if not isinstance(loaded, kinds.get(padding, rsa.RSAPublicKey)):
        raise KeyUnusable(
            Text(zh=f"公钥与签名算法（{padding.value}）不符", en=f"the public key is of another kind than the signature ({padding.value})")
        )
    algorithms: dict[str, type[hashes.HashAlgorithm]] = {
        "md5": hashes.MD5, "sha1": hashes.SHA1, "sha224": hashes.SHA224, "sha256": hashes.SHA256, "sha384": hashes.SHA384,
        "sha512": hashes.SHA512,
    }  # fmt: skip
    algorithm = algorithms[digest]()
    used: Any = loaded
    try:
        with _leniently():
            if padding is Padding.ECDSA:
                used.verify(signature, data, ec.ECDSA(algorithm))
            elif padding is Padding.DSA:
                used.verify(signature, data, algorithm)
            elif padding is Padding.PKCS1:
                used.verify(signature, data, rsa_padding.PKCS1v15(), algorithm)
            else:
                pss = rsa_padding.PSS(mgf=rsa_padding.MGF1(algorithm), salt_length=algorithm.digest_size)
                used.verify(signature, data, pss, algorithm)
    except InvalidSignature:
        return False
    except (UnsupportedAlgorithm, ValueError, TypeError):
        reason = Text(zh="本工具所用的密码库不支持这种签名", en="the cryptographic library in use cannot verify such a signature")
        raise KeyUnusable(reason, unsupported=True) from None
    return True


@lru_cache(maxsize=64)
def _loaded(key: bytes) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        with _leniently():
            try:
                return load_der_public_key(key)
            except ValueError:
                return load_der_public_key(_mended(key))
    except UnsupportedAlgorithm:
        reason = Text(zh="本工具所用的密码库不支持这种公钥", en="the cryptographic library in use does not support its public key")
        raise KeyUnusable(reason, unsupported=True) from None
    except _ASN1_FAILS:
        raise KeyUnusable(_UNREADABLE) from None


_UNREADABLE = Text(zh="证书或其公钥无法读取", en="the certificate or its public key cannot be read")


@contextmanager
def _leniently() -> Iterator[None]:
    """Silence the library on certificates that bend the rules (serial number 0) and algorithms that are out of date."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


# -- CMS ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CmsSigner:
    """One SignerInfo of a CMS signature."""

    certificate: bytes | None
    """Its certificate (DER) from the message; None where the message has none for it."""
    digest: str
    """hashlib's name of the digest algorithm, or what the message calls it."""
    padding: Padding | None
    """None for a signature algorithm that no platform takes."""
    named_digest: str
    """The digest the signature algorithm itself names; empty where it names none."""
    signature: bytes
    signed_attributes: bytes | None
    """Their encoding as a SET, which is what is signed; None where the content itself is signed."""
    message_digests: tuple[bytes, ...]
    """Values of the attribute message-digest."""
    content_types: tuple[str, ...]
    """Values of the attribute content-type, dotted."""


_PADDINGS = {
    "1.2.840.113549.1.1.1": (Padding.PKCS1, ""),
    "1.2.840.113549.1.1.4": (Padding.PKCS1, "md5"),
    "1.2.840.113549.1.1.5": (Padding.PKCS1, "sha1"),
    "1.2.840.113549.1.1.14": (Padding.PKCS1, "sha224"),
    "1.2.840.113549.1.1.11": (Padding.PKCS1, "sha256"),
    "1.2.840.113549.1.1.12": (Padding.PKCS1, "sha384"),
    "1.2.840.113549.1.1.13": (Padding.PKCS1, "sha512"),
    "1.2.840.10040.4.1": (Padding.DSA, ""),
    "1.2.840.10040.4.3": (Padding.DSA, "sha1"),
    "2.16.840.1.101.3.4.3.1": (Padding.DSA, "sha224"),
    "2.16.840.1.101.3.4.3.2": (Padding.DSA, "sha256"),
    "2.16.840.1.101.3.4.3.3": (Padding.DSA, "sha384"),
    "2.16.840.1.101.3.4.3.4": (Padding.DSA, "sha512"),
    "1.2.840.10045.2.1": (Padding.ECDSA, ""),
    "1.2.840.10045.4.1": (Padding.ECDSA, "sha1"),
    "1.2.840.10045.4.3.1": (Padding.ECDSA, "sha224"),
    "1.2.840.10045.4.3.2": (Padding.ECDSA, "sha256"),
    "1.2.840.10045.4.3.3": (Padding.ECDSA, "sha384"),
    "1.2.840.10045.4.3.4": (Padding.ECDSA, "sha512"),
}
"""Signature algorithm -> how the signature is made, and the digest it names (RFC 3279, 4055, 5758; FIPS 186-4)."""
_MAX_CMS_SIGNERS = 32
_MAX_CHAIN = 8


def cms_signers(content: bytes) -> tuple[CmsSigner, ...]:
    """Return what each SignerInfo of a CMS SignedData says; no signature is verified. Raises CmsError."""
    try:
        return tuple(_cms_signers(content))
    except _ASN1_FAILS as error:
        raise CmsError(type(error).__name__) from None


def cms_content_type(content: bytes) -> str:
    """Return the type of what a CMS SignedData signs, dotted. Raises CmsError."""
    from asn1crypto import cms

    try:
        return str(cms.ContentInfo.load(content)["content"]["encap_content_info"]["content_type"].dotted)
    except _ASN1_FAILS as error:
        raise CmsError(type(error).__name__) from None


def cms_certificates(content: bytes) -> tuple[bytes, ...]:
    """Return every certificate (DER) in a CMS SignedData. Raises CmsError."""
    from asn1crypto import cms

    try:
        signed = cms.ContentInfo.load(content)["content"]
        return tuple(bytes(one.chosen.dump()) for one in signed["certificates"] if one.name == "certificate")
    except _ASN1_FAILS as error:
        raise CmsError(type(error).__name__) from None


def descends_from(certificate: bytes, others: Sequence[bytes], roots: Collection[str]) -> bool:
    """Tell whether a certificate was issued by one of ``roots`` (SHA-256, hex), each step of the way among ``others``.

    Dates are not asked about: they say nothing of what was signed while they held.
    """
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes

    fails = (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm, x509.InvalidVersion)
    known = []
    with _leniently():
        try:
            at = x509.load_der_x509_certificate(certificate)
        except fails:
            return False
        for one in others:
            with suppress(*fails):
                known.append(x509.load_der_x509_certificate(one))
        for _ in range(_MAX_CHAIN):
            if at.fingerprint(hashes.SHA256()).hex() in roots:
                return True
            for other in known:
                with suppress(*fails):
                    at.verify_directly_issued_by(other)
                    if other != at:
                        at = other
                        break
            else:
                return False
    return False


def _cms_signers(content: bytes) -> Iterator[CmsSigner]:
    from asn1crypto import cms

    signed = cms.ContentInfo.load(content)["content"]
    certificates = [choice.chosen for choice in signed["certificates"] if choice.name == "certificate"]
    for info in list(signed["signer_infos"])[:_MAX_CMS_SIGNERS]:
        padding, named = _PADDINGS.get(info["signature_algorithm"]["algorithm"].dotted, (None, ""))
        attributes = info["signed_attrs"]
        encoded, digests, types = None, [], []
        if isinstance(attributes, cms.CMSAttributes):
            # signed is what is there, but for the first byte: no verifier puts the attributes in order
            encoded = b"\x31" + attributes.dump()[1:]
            kinds = [attribute["type"].dotted for attribute in attributes]
            if len(set(kinds)) != len(kinds):
                raise ValueError("an attribute twice")
            for kind, attribute in zip(kinds, attributes, strict=True):
                if kind == "1.2.840.113549.1.9.4":
                    digests = [bytes(value.native) for value in attribute["values"]]
                elif kind == "1.2.840.113549.1.9.3":
                    types = [str(value.dotted) for value in attribute["values"]]
        yield CmsSigner(
            certificate=_certificate_of(info, certificates),
            digest=str(info["digest_algorithm"]["algorithm"].native),
            padding=padding,
            named_digest=named,
            signature=bytes(info["signature"].native),
            signed_attributes=encoded,
            message_digests=tuple(digests),
            content_types=tuple(types),
        )


def _certificate_of(info: Any, certificates: list[Any]) -> bytes | None:
    who = info["sid"].chosen
    for certificate in certificates:
        if info["sid"].name == "subject_key_identifier":
            if certificate.key_identifier == who.native:
                return bytes(certificate.dump())
        elif certificate.serial_number == who["serial_number"].native and certificate.issuer == who["issuer"]:
            return bytes(certificate.dump())
    return None


def signed_content(content: bytes) -> bytes:
    """Return the bytes that a CMS signature holds and signs. Raises CmsError."""
    from asn1crypto import cms

    try:
        inner = cms.ContentInfo.load(content)["content"]["encap_content_info"]["content"].native
    except _ASN1_FAILS as error:
        raise CmsError(type(error).__name__) from None
    if not isinstance(inner, bytes):
        raise CmsError("no content")
    return inner


def signer_certificate(content: bytes) -> bytes:
    """Return the DER certificate of the first SignerInfo of a CMS signature. Raises CmsError."""
    signers = cms_signers(content)
    if not signers:
        raise CmsError("IndexError")
    if signers[0].certificate is None:
        raise CmsError
    return signers[0].certificate

"""Certificates that signatures carry: whose they are, and which one of several signed. Nothing is verified here.

Formats: X.509 (RFC 5280), names as RFC 4514 writes them, CMS (RFC 5652, which PKCS #7 became).
"""

from __future__ import annotations

import struct
import warnings

__all__ = ["CmsError", "signer_certificate", "subject_of"]

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


def signer_certificate(content: bytes) -> bytes:
    """Return the DER certificate of the first SignerInfo of a CMS signature. Raises CmsError."""
    from asn1crypto import cms

    try:
        signed = cms.ContentInfo.load(content)["content"]
        who = signed["signer_infos"][0]["sid"].chosen
        for choice in signed["certificates"]:
            if choice.name != "certificate":
                continue
            certificate = choice.chosen
            if certificate.serial_number == who["serial_number"].native and certificate.issuer == who["issuer"]:
                return bytes(certificate.dump())
    except _ASN1_FAILS as error:
        raise CmsError(type(error).__name__) from None
    raise CmsError


def subject_of(certificate: bytes) -> str | None:
    """Return the subject of a DER certificate, or None where it cannot be read."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        with warnings.catch_warnings():
            # old signing certificates bend the rules (serial number 0, negative); only their subject matters here
            warnings.simplefilter("ignore")
            subject = x509.load_der_x509_certificate(certificate).subject
        return subject.rfc4514_string({x509.NameOID.EMAIL_ADDRESS: "emailAddress"})
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion, x509.UnsupportedGeneralNameType):
        return None

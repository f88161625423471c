"""The code signature embedded in a Mach-O image: entitlements, team, and the certificate it claims; ``seal`` verifies it.

Format: <kern/cs_blobs.h> of Apple's xnu and cscdefs.h of Security (opensource.apple.com); CMS is RFC 5652.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from auditor.build import Signer, Text
from auditor.extract.certificates import CmsError, signer_certificate, subject_of
from auditor.extract.ios.plist import MAX_DEPTH, PlistError, PlistValue, read_plist

__all__ = ["Signature", "read_signature"]

_SUPER_BLOB, _DIRECTORY, _CMS = 0xFADE0CC0, 0xFADE0C02, 0xFADE0B01
_ENTITLEMENTS, _ENTITLEMENTS_DER = 0xFADE7171, 0xFADE7172
_MAX_BLOBS = 64
_ADHOC = 0x2
_HAS_TEAM = 0x20200
"""First CodeDirectory version with a team identifier."""
_DER_DICTIONARIES, _DER_ARRAY, _DER_PAIR = (0xB0, 0x31), 0x30, 0x30
"""CoreEntitlements wraps { INTEGER 1, [16] dictionary } in [APPLICATION 16]; before it, a bare SET of pairs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a code signature says."""

    entitlements: dict[str, PlistValue]
    team: str
    """Team identifier; empty where there is none, as in ad-hoc signatures."""
    adhoc: bool
    """Signed by nobody, as linkers and simulator builds do."""
    signer: Signer | None
    doubts: tuple[Text, ...]
    """What of it could not be read."""


class _Broken(Exception):
    """The bytes are not of the form the format has."""


def read_signature(data: bytes, *, certificate: bool) -> Signature:
    """Read an embedded signature (the data of LC_CODE_SIGNATURE). Raises nothing: what is unreadable is a doubt.

    ``certificate`` asks for the signer too, which costs the import of two libraries.
    """
    doubts: list[Text] = []
    try:
        blobs = dict(_blobs(data))
    except _Broken:
        return Signature(entitlements={}, team="", adhoc=False, signer=None, doubts=(_doubt("结构", "structure"),))
    team, adhoc = _directory(blobs.get(_DIRECTORY, b""))
    entitlements: dict[str, PlistValue] = {}
    try:
        entitlements = _read_entitlements(blobs)
    except (PlistError, _Broken):
        doubts.append(_doubt("授权（entitlements）", "entitlements"))
    signer = None
    if certificate and blobs.get(_CMS):
        signer = _signer(blobs[_CMS])
        if signer is None:
            doubts.append(_doubt("证书", "certificate"))
    return Signature(
        entitlements=entitlements, team=team, adhoc=adhoc or not blobs.get(_CMS), signer=signer, doubts=tuple(doubts)
    )


def _doubt(zh: str, en: str) -> Text:
    return Text(zh=f"代码签名中的{zh}无法读取", en=f"has a code signature whose {en} cannot be read")


def _blobs(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (magic, content) of each blob, the content without its eight bytes of header."""
    if len(data) < 12:
        raise _Broken
    magic, _, count = struct.unpack_from(">III", data)
    if magic != _SUPER_BLOB or count > _MAX_BLOBS or 12 + 8 * count > len(data):
        raise _Broken
    for number in reversed(range(count)):
        # in reverse, so that of several CodeDirectories the first, which every system reads, wins
        _, offset = struct.unpack_from(">II", data, 12 + 8 * number)
        if offset + 8 > len(data):
            raise _Broken
        magic, length = struct.unpack_from(">II", data, offset)
        if length < 8 or offset + length > len(data):
            raise _Broken
        yield magic, data[offset + 8 : offset + length]


def _directory(content: bytes) -> tuple[str, bool]:
    """Return (team, ad hoc) of a CodeDirectory; offsets in it count from its header, which ``content`` lacks."""
    if len(content) < 44:
        return "", False
    version, flags = struct.unpack_from(">II", content)
    team = ""
    if version >= _HAS_TEAM:
        offset = int.from_bytes(content[40:44], "big")
        if 8 < offset < len(content) + 8:
            team = content[offset - 8 : offset + 56].split(b"\0", 1)[0].decode("utf-8", "backslashreplace")
    return team, bool(flags & _ADHOC)


def _read_entitlements(blobs: dict[int, bytes]) -> dict[str, PlistValue]:
    xml, der = blobs.get(_ENTITLEMENTS), blobs.get(_ENTITLEMENTS_DER)
    if xml:
        try:
            value = read_plist(xml)
        except PlistError:
            if not der:
                raise
        else:
            if isinstance(value, dict):
                return value
            if not der:
                raise _Broken
    return _der_entitlements(der) if der else {}


# -- entitlements in DER -----------------------------------------------------------------------------------------


def _der_entitlements(data: bytes) -> dict[str, PlistValue]:
    tag, start, end = _tlv(data, 0, len(data))
    if tag == 0x70:
        _, _, after_version = _tlv(data, start, end)
        tag, start, end = _tlv(data, after_version, end)
    if tag not in _DER_DICTIONARIES:
        raise _Broken
    root: dict[str, PlistValue] = {}
    pending: list[tuple[dict[str, PlistValue] | list[PlistValue], int, int, int]] = [(root, start, end, 0)]
    while pending:
        target, at, end, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise _Broken
        while at < end:
            tag, start, stop = _tlv(data, at, end)
            at = stop
            key = ""
            if isinstance(target, dict):
                if tag != _DER_PAIR:
                    raise _Broken
                tag, key_start, key_stop = _tlv(data, start, stop)
                key = data[key_start:key_stop].decode("utf-8", "backslashreplace")
                tag, start, stop = _tlv(data, key_stop, stop)
            value: PlistValue
            if tag in _DER_DICTIONARIES:
                value = {}
                pending.append((value, start, stop, depth + 1))
            elif tag == _DER_ARRAY:
                value = []
                pending.append((value, start, stop, depth + 1))
            else:
                value = _der_scalar(tag, data[start:stop])
            if isinstance(target, dict):
                target[key] = value
            else:
                target.append(value)
    return root


def _der_scalar(tag: int, raw: bytes) -> PlistValue:
    if tag == 0x01:
        return raw != b"\0"
    if tag == 0x02 and len(raw) <= 16:
        return int.from_bytes(raw, "big", signed=True)
    if tag == 0x0C:
        return raw.decode("utf-8", "backslashreplace")
    if tag == 0x04:
        return raw
    raise _Broken


def _tlv(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Return (tag, start of content, end of content) of the DER value at ``at``."""
    if at + 2 > end:
        raise _Broken
    tag, length = data[at], data[at + 1]
    at += 2
    if length & 0x80:
        width = length & 0x7F
        if not 1 <= width <= 4 or at + width > end:
            raise _Broken
        length = int.from_bytes(data[at : at + width], "big")
        at += width
    if at + length > end:
        raise _Broken
    return tag, at, at + length


# -- certificate --------------------------------------------------------------------------------------------------


def _signer(content: bytes) -> Signer | None:
    """Return the certificate of the first signer of a CMS signature; None where it cannot be read."""
    try:
        der = signer_certificate(content)
    except CmsError:
        return None
    subject = subject_of(der)
    return (
        None
        if subject is None
        else Signer(sha256=hashlib.sha256(der).hexdigest(), subject=subject, scheme="apple", certificate=der)
    )

"""The signature of a HarmonyOS module: whose certificate it carries, and what its signed profile opens. Nothing is verified.

Format: the HAP signing block, which stands before the archive's central directory, as openharmony/security_appverify
(hap_signing_block_utils.h) reads and openharmony/developtools_hapsigner writes it: heads of the sub-blocks (type, length, offset,
32 bits each), the sub-blocks, and 32 bytes with their count, the block's size, 16 letters and the version. The signature is
CMS (RFC 5652); the profile is CMS too, around JSON.
"""

from __future__ import annotations

import hashlib
import struct
from typing import Any

from auditor.archive import Archive, Unreadable
from auditor.archive.records import HAP_MAGICS
from auditor.build import FactKind, Signer, Text
from auditor.extract.certificates import CmsError, signed_content, signer_certificate, subject_of
from auditor.extract.collector import Collector
from auditor.extract.harmony.module import parse

__all__ = ["SCHEME", "SIGNING_BLOCK", "read_signature"]

SIGNING_BLOCK = "HAP Signing Block"
"""What reports print for the place: the block is no entry of the archive."""
SCHEME = "harmony"
_TAIL = struct.Struct("<IQ16sI")
_HEAD = struct.Struct("<III")
_SIGNATURE, _PROFILE = 0x20000000, 0x20000002
_MOST_BLOCKS = 10
_MOST_BYTES = 16 << 20
_DAMAGED = Text(
    zh="签名块已损坏，签名证书未知；请重新获取安装包",
    en="is damaged, so the certificate the build is signed with is unknown; get the build again",
)


def read_signature(archive: Archive, collect: Collector) -> tuple[Signer, ...]:
    """Return the certificate a module is signed with, and record what its profile states; none where it is not signed."""
    place = archive.place(SIGNING_BLOCK)
    try:
        blocks = _blocks(archive)
    except (Unreadable, ValueError):
        collect.gap(place, "", _DAMAGED)
        return ()
    if _PROFILE in blocks:
        _profile(blocks[_PROFILE], place, collect)
    if _SIGNATURE not in blocks:
        return ()
    try:
        certificate = signer_certificate(blocks[_SIGNATURE])
    except CmsError:
        collect.gap(place, "", _DAMAGED)
        return ()
    collect.fact(FactKind.SIGNING, "scheme", place, value=SCHEME)
    subject = subject_of(certificate) or ""
    sha256 = hashlib.sha256(certificate).hexdigest()
    return (Signer(sha256=sha256, subject=subject, scheme=SCHEME, verified=None, reason=_UNASKED, certificate=certificate),)


_UNASKED = Text(
    zh="HarmonyOS 的签名只读取证书", en="of a HarmonyOS signature only the certificate is read"
)


def _blocks(archive: Archive) -> dict[int, bytes]:
    """Return the sub-blocks by type; none where there is no signing block. Raises ValueError where it is damaged."""
    tail = archive.ahead(_TAIL.size)
    if len(tail) < _TAIL.size:
        return {}
    count, size, magic, _ = _TAIL.unpack(tail)
    if magic not in HAP_MAGICS:
        return {}
    if count > _MOST_BLOCKS or not _TAIL.size + count * _HEAD.size <= size <= _MOST_BYTES:
        raise ValueError
    block = archive.ahead(size)
    if len(block) != size:
        raise ValueError
    found: dict[int, bytes] = {}
    for index in range(count):
        type_, length, offset = _HEAD.unpack_from(block, index * _HEAD.size)
        if offset < count * _HEAD.size or offset + length > size - _TAIL.size:
            raise ValueError
        found.setdefault(type_, block[offset : offset + length])
    return found


def _profile(block: bytes, place: str, collect: Collector) -> None:
    """Record what the signed profile says of the app: who gave it to whom, and the permissions it opens."""
    try:
        described = parse(signed_content(block))
    except CmsError:
        described = None
    if described is None:
        reason = Text(zh="签名描述文件无法读取，其中开放的权限未知", en="holds a profile that cannot be read: what it opens is unknown")
        collect.gap(place, "profile", reason)
        return

    def inner(of: dict[str, Any], key: str) -> dict[str, Any]:
        found = of.get(key)
        return found if isinstance(found, dict) else {}

    bundle = inner(described, "bundle-info")
    for name, value in (
        ("profile-type", described.get("type")),
        ("profile-issuer", described.get("issuer")),
        ("profile-bundle", bundle.get("bundle-name")),
        ("developer-id", bundle.get("developer-id")),
        ("apl", bundle.get("apl")),
        ("app-distribution-type", described.get("app-distribution-type")),
    ):
        if isinstance(value, str) and value:
            collect.fact(FactKind.SIGNING, name, place, "profile", value=value)
    allowed = (inner(described, "acls").get("allowed-acls"), inner(described, "permissions").get("restricted-permissions"))
    for listed in allowed:
        for permission in listed if isinstance(listed, list) else ():
            if isinstance(permission, str) and permission:
                collect.fact(FactKind.PERMISSION_ALLOWED, permission, place, "profile")

"""Whether a code signature fits what it seals: the pages of the executable, Info.plist, CodeResources, entitlements; and who made it.

Format: <kern/cs_blobs.h> of Apple's xnu, codedirectory.h of Security (opensource.apple.com), TN3125 and TN3126 (developer.apple.com);
CMS is RFC 5652. Roots: www.apple.com/certificateauthority. Which directory counts: the one with the strongest digest (xnu's ranks).
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from auditor.build import Text
from auditor.extract.certificates import (
    CmsError,
    KeyUnusable,
    cms_certificates,
    cms_signers,
    descends_from,
    public_key,
    verifies,
)
from auditor.extract.ios.macho import Image

__all__ = ["CODE_RESOURCES", "INFO_PLIST", "Seal", "check_seal"]

INFO_PLIST, _REQUIREMENTS, CODE_RESOURCES, _ENTITLEMENTS, _ENTITLEMENTS_DER = 1, 2, 3, 5, 7
"""Special slots: what they seal."""
_SUPER_BLOB, _DIRECTORY = 0xFADE0CC0, 0xFADE0C02
_ALTERNATES, _CMS_SLOT = range(0x1000, 0x1005), 0x10000
_MAX_BLOBS = 64
_HASHES = {1: ("sha1", 20), 3: ("sha256", 20), 2: ("sha256", 32), 4: ("sha384", 48)}
"""Type -> digest and how much of it is kept, weakest first."""
_LIMIT64 = 0x20300
APPLE_ROOTS = frozenset(
    {
        "b0b1730ecbc7ff4505142c49f1295e6eda6bcaed7e2c68c5be91b5a11001f024",
        "c2b9b042dd57830e7d117dac55ac8ae19407d38e41d88f3215bc3a890444a050",
        "63343abfb89a6a03ebb57e9b3f5fa7be7c4f5c756f3017b3a8c488c3653e9179",
    }
)
"""SHA-256 of Apple Root CA, Apple Root CA - G2 and Apple Root CA - G3."""
_SEALED = {
    INFO_PLIST: Text(zh="Info.plist", en="Info.plist"),
    _REQUIREMENTS: Text(zh="签名要求", en="the requirements"),
    CODE_RESOURCES: Text(zh="_CodeSignature/CodeResources", en="_CodeSignature/CodeResources"),
    _ENTITLEMENTS: Text(zh="授权（entitlements）", en="the entitlements"),
    _ENTITLEMENTS_DER: Text(zh="授权（DER 形式）", en="the entitlements in DER"),
}


class Seal(NamedTuple):
    """What a check of a code signature shows."""

    verified: bool | None
    """Whether it holds, and was made with a certificate that Apple issued; None where that cannot be told."""
    reason: Text | None
    """Why it does not hold, or cannot be told."""


class _Broken(Exception):
    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.reason = Text(zh=zh, en=en)


class _Unsure(_Broken):
    """Nothing is proved either way."""


def check_seal(data: bytes, image: Image, files: Mapping[int, bytes | None]) -> Seal:
    """Check the code signature of an image of the file ``data``.

    ``files`` has what lies beside it: the bytes of Info.plist and CodeResources by slot, None where one is not there.
    """
    try:
        blobs = _blobs(image.signature)
        directory = blobs.get(0)
        if directory is None:
            raise _Broken("没有 CodeDirectory", "it has no CodeDirectory")
        _check_directory(_strongest(blobs), data, image, blobs, files)
        _check_author(blobs.get(_CMS_SLOT, b"")[8:], directory)
    except _Unsure as unsure:
        return Seal(None, unsure.reason)
    except _Broken as broken:
        return Seal(False, broken.reason)
    except KeyUnusable as error:
        return Seal(None if error.unsupported else False, error.reason)
    return Seal(True, None)


def _blobs(signature: bytes) -> dict[int, bytes]:
    """Return the blobs by slot, each with its header; of several in one slot the first."""
    found: dict[int, bytes] = {}
    if len(signature) < 12:
        raise _Broken("结构无法读取", "its structure cannot be read")
    magic, _, count = struct.unpack_from(">III", signature)
    if magic != _SUPER_BLOB or count > _MAX_BLOBS or 12 + 8 * count > len(signature):
        raise _Broken("结构无法读取", "its structure cannot be read")
    for number in range(count):
        slot, offset = struct.unpack_from(">II", signature, 12 + 8 * number)
        length = int.from_bytes(signature[offset + 4 : offset + 8], "big")
        if length < 8 or offset + length > len(signature):
            raise _Broken("结构无法读取", "its structure cannot be read")
        found.setdefault(slot, signature[offset : offset + length])
    return found


def _strongest(blobs: Mapping[int, bytes]) -> bytes:
    """Return the directory a system looks at."""
    ranks = list(_HASHES)
    known = [blobs[slot] for slot in (0, *_ALTERNATES) if slot in blobs and _is_directory(blobs[slot])]
    if not known:
        raise _Broken("CodeDirectory 无法读取，或其摘要算法未知", "its CodeDirectory cannot be read, or names an unknown digest")
    return max(known, key=lambda one: ranks.index(one[37]))


def _is_directory(blob: bytes) -> bool:
    return len(blob) >= 44 and int.from_bytes(blob[:4], "big") == _DIRECTORY and _HASHES.get(blob[37], ("", 0))[1] == blob[36] != 0


def _check_directory(
    directory: bytes, data: bytes, image: Image, blobs: Mapping[int, bytes], files: Mapping[int, bytes | None]
) -> None:
    version, _, hashes_at, _, special, count, limit = struct.unpack_from(">7I", directory, 8)
    size, kind, _, page_log = directory[36:40]
    if version >= _LIMIT64 and len(directory) >= 64:
        limit = struct.unpack_from(">Q", directory, 56)[0] or limit
    name, _ = _HASHES[kind]
    if special * size > hashes_at or hashes_at + count * size > len(directory) or page_log > 32:
        raise _Broken("CodeDirectory 中的长度越界", "a length in its CodeDirectory points outside it")
    base, held = image.within
    if limit > held or limit < image.signature_at:
        raise _Broken("签名没有覆盖全部代码", "it does not cover all of the code")
    page = 1 << page_log if page_log else max(limit, 1)
    if count != -(-limit // page):
        raise _Broken("代码页摘要的数量不符", "it does not have one digest for each page of code")
    code = memoryview(data)[base : base + limit]
    changed = [
        number
        for number in range(count)
        if hashlib.new(name, code[number * page : (number + 1) * page]).digest()[:size]
        != directory[hashes_at + number * size : hashes_at + (number + 1) * size]
    ]
    if changed:
        _blame(changed, page, image)
    for slot, what in _SEALED.items():
        expected = directory[hashes_at - slot * size : hashes_at - (slot - 1) * size] if slot <= special else b""
        there = files.get(slot) if slot in (INFO_PLIST, CODE_RESOURCES) else blobs.get(slot)
        if not expected.strip(b"\0"):
            if there is not None and slot in (_ENTITLEMENTS, _ENTITLEMENTS_DER):
                raise _Broken(f"{what.zh}没有被签名覆盖", f"it does not cover {what.en}")
            continue
        if there is None:
            raise _Broken(f"签名所覆盖的{what.zh}缺失", f"it covers {what.en}, which {'is' if slot <= 3 else 'are'} missing")
        if hashlib.new(name, there).digest()[:size] != expected:
            raise _Broken(f"{what.zh}在签名后被改动", f"it was made over other bytes of {what.en}: they were changed")


def _blame(changed: Sequence[int], page: int, image: Image) -> None:
    """Raise what it means that pages of the code are not those that were signed."""
    start, length = image.encryption
    inside = [number for number in changed if start < (number + 1) * page and number * page < start + length]
    if image.cryptid and len(inside) == len(changed):
        raise _Unsure("已加密的代码页无法核对", "the pages that are encrypted cannot be checked")
    if length and not image.cryptid and set(changed) - set(inside) <= {0}:
        raise _Broken(
            "代码在签名后被解密（脱壳包必然如此），须由提供者说明来源",
            "the code was decrypted after signing, as a dumped app's is: who supplied it has to say where it comes from",
        )
    raise _Broken(
        f"代码在签名后被改动：{len(changed)} 页的摘要不符，首页在 0x{changed[0] * page:x}",
        f"the code was changed after signing: {len(changed)} pages differ, the first at 0x{changed[0] * page:x}",
    )


def _check_author(cms: bytes, directory: bytes) -> None:
    try:
        signers = cms_signers(cms)
        certificates = cms_certificates(cms)
    except CmsError:
        raise _Broken("CMS 签名无法读取", "its CMS signature cannot be read") from None
    if not signers or signers[0].certificate is None:
        raise _Broken("CMS 签名中没有签名者", "its CMS signature names no signer")
    info = signers[0]
    certificate = signers[0].certificate
    if info.padding is None or info.digest not in ("sha1", "sha256", "sha384", "sha512") or info.signed_attributes is None:
        raise _Broken("CMS 签名的算法不受支持", "its CMS signature is of an algorithm no system takes")
    if info.message_digests != (hashlib.new(info.digest, directory).digest(),):
        raise _Broken("CMS 签名针对的是另一份 CodeDirectory", "its CMS signature is over another CodeDirectory")
    if not verifies(public_key(certificate), info.padding, info.digest, info.signature, info.signed_attributes):
        raise _Broken("CMS 签名与证书的公钥不符（伪造或损坏）", "its CMS signature is not one its certificate's key made: it is forged")
    if not descends_from(certificate, certificates, APPLE_ROOTS):
        raise _Unsure(
            "内容与签名相符，但证书不能追溯到 Apple 的根证书，主体可由任何人自写",
            "it fits the contents, but its certificate does not lead up to a root of Apple's: anybody can have written its subject",
        )

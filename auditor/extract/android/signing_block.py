"""The APK Signing Block: signature schemes v2, v3 and v3.1, verified over the bytes of the whole file.

Formats: source.android.com/docs/security/features/apksigning/v2, …/v3 and …/v3-1; the names and limits are those of
ApkSigningBlockUtils and ApkSignatureSchemeV{2,3}Verifier of the Android Open Source Project. fs-verity's tree is that of
docs.kernel.org/filesystems/fsverity.html with 4096-byte blocks, SHA-256 and a salt of eight zero bytes.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from auditor.archive import Archive
from auditor.build import Text
from auditor.extract.certificates import KeyUnusable, Padding, public_key, public_key_as_written, verifies

__all__ = ["ANY_LEVEL", "BlockScheme", "BlockSigner", "Broken", "read_block"]

ANY_LEVEL = 0x7FFFFFFF
"""The last API level where none is named."""
_MAGIC = b"APK Sig Block 42"
_V2, _V3, _V31 = "v2", "v3", "v3.1"
_SCHEMES = {0x7109871A: _V2, 0xF05368C0: _V3, 0x1B93AD61: _V31}
_MAX_SIGNERS = 10
"""The platform's own limit."""
_STRIPPED, _LINEAGE, _ROTATION = 0xBEEFF00D, 0x3BA06F8C, 0x559F8B02
"""Attributes: the newer scheme that must be there too; the proof of rotation; the level from which v3.1 counts."""
_CHUNK = 1 << 20
_PAGE = 4096
_EOCD = struct.Struct("<4s4H2IH")
_MAX_LINEAGE = 64
_MAX_VALUES = 1_000
"""Values in one list: algorithms, certificates, attributes."""


class _Content(IntEnum):
    """How the file's contents are digested, weakest first."""

    SHA256 = 0
    VERITY = 1
    SHA512 = 2


@dataclass(frozen=True, slots=True)
class _Algorithm:
    padding: Padding
    digest: str
    content: _Content

    @property
    def since(self) -> int:
        """The first API level that knows it."""
        return 28 if self.content is _Content.VERITY else 24


_ALGORITHMS = {
    0x0101: _Algorithm(Padding.PSS, "sha256", _Content.SHA256),
    0x0102: _Algorithm(Padding.PSS, "sha512", _Content.SHA512),
    0x0103: _Algorithm(Padding.PKCS1, "sha256", _Content.SHA256),
    0x0104: _Algorithm(Padding.PKCS1, "sha512", _Content.SHA512),
    0x0201: _Algorithm(Padding.ECDSA, "sha256", _Content.SHA256),
    0x0202: _Algorithm(Padding.ECDSA, "sha512", _Content.SHA512),
    0x0301: _Algorithm(Padding.DSA, "sha256", _Content.SHA256),
    0x0421: _Algorithm(Padding.PKCS1, "sha256", _Content.VERITY),
    0x0423: _Algorithm(Padding.ECDSA, "sha256", _Content.VERITY),
    0x0425: _Algorithm(Padding.DSA, "sha256", _Content.VERITY),
}


class Broken(Exception):
    """The bytes are not of the form the scheme has; ``reason`` says what is wrong."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.reason = Text(zh=zh, en=en)


class _Refused(Exception):
    """A signer that does not verify; ``certificate`` is the one it claims, where it claims one."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.reason = Text(zh=zh, en=en)


@dataclass(slots=True, kw_only=True)
class BlockSigner:
    """One signer of a scheme."""

    certificate: bytes
    """DER, as it stands in the block."""
    verified: bool | None = False
    """None where no library at hand can tell."""
    reason: Text | None = None
    """Why it does not verify, or was not."""
    first: int = 0
    """First API level it is for."""
    last: int = ANY_LEVEL
    lineage: tuple[bytes, ...] = ()
    """Proof of rotation: certificates (DER) from the oldest to its own."""
    rotation: int | None = None
    """Of v3: the API level from which v3.1 is to be there."""
    needs: tuple[int, ...] = ()
    """Of v2: schemes that are to be there too."""


@dataclass(slots=True, kw_only=True)
class BlockScheme:
    """A scheme's part of the block."""

    name: str
    """``v2``, ``v3`` or ``v3.1``."""
    signers: list[BlockSigner] = field(default_factory=list)
    fault: Text | None = None
    """What is wrong with the scheme as a whole, its signers aside."""

    @property
    def failure(self) -> Text | None:
        """Why the platform does not accept it, or None where it does, or nothing can be told."""
        if self.fault is not None:
            return self.fault
        return next((one.reason for one in self.signers if one.verified is False), None)


def read_block(archive: Archive) -> dict[str, BlockScheme]:
    """Return the schemes an APK is signed with, each signer verified.

    Raises Unreadable where the block is not what it has to be, Broken where the pairs in it are not.
    """
    block = archive.before_directory(_MAGIC)
    if block is None:
        return {}
    values: dict[str, bytes] = {}
    for number, value in _pairs(block):
        if name := _SCHEMES.get(number):
            values.setdefault(name, value)
    if not values:
        return {}
    with archive.whole_file() as data:
        contents = _Contents(data, archive.directory, len(block) + 32)
        return {name: _scheme(name, values[name], contents) for name in (_V2, _V3, _V31) if name in values}


def _scheme(name: str, value: bytes, contents: _Contents) -> BlockScheme:
    scheme = BlockScheme(name=name)
    try:
        entries = list(_sequence(_first(value)))
        if not entries:
            raise Broken("没有签名者", "it has no signer")
        if len(entries) > _MAX_SIGNERS:
            scheme.fault = Text(
                zh=f"签名者超过系统上限 {_MAX_SIGNERS} 个", en=f"it has more signers than the {_MAX_SIGNERS} the platform takes"
            )
        for entry in entries[:_MAX_SIGNERS]:
            scheme.signers.append(_signer(name, entry, contents))
    except Broken as broken:
        scheme.fault = broken.reason
    if not scheme.fault and contents.fault is not None:
        scheme.fault = contents.fault
    if name != _V2 and scheme.fault is None:
        scheme.fault = _ranges_fault(scheme.signers)
    return scheme


# -- one signer ---------------------------------------------------------------------------------------------------


def _signer(scheme: str, entry: bytes, contents: _Contents) -> BlockSigner:
    """Return a signer, verified or with the reason why not. Raises Broken where it names no certificate at all."""
    reader = _Reader(entry)
    signed = reader.prefixed()
    inside = _Reader(signed)
    listed = inside.prefixed()
    certificate = next(_sequence(inside.prefixed()), None)
    if certificate is None:
        raise Broken("没有证书", "it holds no certificate")
    found = BlockSigner(certificate=certificate)
    try:
        levels = (24, ANY_LEVEL)
        if scheme != _V2:
            levels = found.first, found.last = reader.number(), reader.number()
            if (inside.number(), inside.number()) != levels:
                raise _Refused("签名内外的 API 级别范围不一致", "the API levels outside its signed data are not those inside")
            if levels[0] > levels[1] or levels[1] > ANY_LEVEL:
                raise _Refused("API 级别范围无效", "its range of API levels is none")
        signatures, key = reader.prefixed(), reader.prefixed()
        digests = [(_number(one), _first(one[4:])) for one in _sequence(listed)]
        made = [(_number(one), _first(one[4:])) for one in _sequence(signatures)]
        checked = _check_signatures(made, key, signed, levels)
        if key not in (public_key(certificate), public_key_as_written(certificate)):
            raise _Refused("公钥与证书中的公钥不一致", "its public key is not the certificate's")
        if [number for number, _ in made] != [number for number, _ in digests]:
            raise _Refused("签名与摘要所列的算法不一致", "its signatures and its digests do not name the same algorithms")
        _attributes(found, inside.prefixed(), scheme)
        for number, expected in digests:
            algorithm = _ALGORITHMS.get(number)
            if algorithm is None or algorithm.content not in checked:
                continue
            if algorithm.content is _Content.VERITY and not contents.in_pages:
                raise _Refused(
                    "签名块没有按 4096 字节对齐，系统无法核对其内容摘要",
                    "its block does not lie on pages of 4096 bytes, as its digest needs",
                )
            if contents.digest(algorithm.content) != expected:
                raise _Refused(
                    "文件内容与签名时不同：内容摘要不符，签名后有改动", "the contents are not those that were signed: their digest differs"
                )
        found.verified = True
    except (_Refused, Broken) as error:
        found.reason = error.reason
    except KeyUnusable as error:
        found.reason, found.verified = error.reason, None if error.unsupported else False
    return found


def _check_signatures(
    made: Sequence[tuple[int, bytes]], key: bytes, signed: bytes, levels: tuple[int, int]
) -> frozenset[_Content]:
    """Verify the signatures a platform looks at: the strongest of those it knows. Returns what digests they vouch for."""
    if not made:
        raise _Refused("没有签名", "it holds no signature")
    best: dict[int, tuple[int, bytes]] = {}
    for number, signature in made:
        algorithm = _ALGORITHMS.get(number)
        if algorithm is None or algorithm.since > levels[1]:
            continue
        other = best.get(algorithm.since)
        if other is None or algorithm.content > _ALGORITHMS[other[0]].content:
            best[algorithm.since] = number, signature
    if not best or min(best) > max(levels[0], 24):
        raise _Refused("没有系统支持的签名算法", "it holds no signature of an algorithm the platform knows")
    for number, signature in sorted(best.values()):
        algorithm = _ALGORITHMS[number]
        if not verifies(key, algorithm.padding, algorithm.digest, signature, signed):
            raise _Refused("签名与其公钥不符（签名被改动或伪造）", "the signature is not one its public key made: it is forged or damaged")
    return frozenset(_ALGORITHMS[number].content for number, _ in best.values())


def _attributes(found: BlockSigner, attributes: bytes, scheme: str) -> None:
    needs = []
    for one in _sequence(attributes):
        number, value = _number(one), one[4:]
        if scheme == _V2 and number == _STRIPPED:
            needs.append(_number(value))
        elif scheme != _V2 and number == _LINEAGE:
            found.lineage = _lineage(value)
            if found.lineage[-1:] != (found.certificate,):
                raise _Refused("轮换证明的末尾不是签名所用的证书", "its proof of rotation does not end with its own certificate")
        elif scheme == _V3 and number == _ROTATION:
            found.rotation = _number(value)
    found.needs = tuple(needs)


def _lineage(value: bytes) -> tuple[bytes, ...]:
    """Return the certificates of a proof of rotation, each of which signs for the next."""
    if _number(value) != 1:
        raise _Refused("轮换证明的版本未知", "its proof of rotation is of an unknown version")
    certificates: list[bytes] = []
    algorithm_before = 0
    for node in _sequence(value[4:]):
        reader = _Reader(node)
        signed = reader.prefixed()
        _, algorithm = reader.number(), reader.number()
        signature = reader.prefixed()
        inside = _Reader(signed)
        certificate, algorithm_signed = inside.prefixed(), inside.number()
        if certificates:
            known = _ALGORITHMS.get(algorithm_before)
            if known is None or algorithm_signed != algorithm_before:
                raise _Refused("轮换证明的签名算法无效", "its proof of rotation names no algorithm that holds")
            if not verifies(public_key(certificates[-1]), known.padding, known.digest, signature, signed):
                raise _Refused("轮换证明未获前一证书签名", "its proof of rotation is not signed by the certificate before")
        if certificate in certificates or len(certificates) == _MAX_LINEAGE:
            raise _Refused("轮换证明中证书重复", "its proof of rotation holds a certificate twice")
        certificates.append(certificate)
        algorithm_before = algorithm
    return tuple(certificates)


def _ranges_fault(signers: Sequence[BlockSigner]) -> Text | None:
    """Say what is wrong with the API levels and histories of several v3 signers together."""
    before: BlockSigner | None = None
    for one in sorted(signers, key=lambda signer: signer.first):
        if before is not None:
            if one.first != before.last + 1:
                return Text(
                    zh="各签名者的 API 级别范围有重叠或空缺", en="the API levels of its signers overlap or leave some out"
                )
            if one.lineage and one.lineage[: len(before.lineage)] != before.lineage:
                return Text(zh="各签名者的轮换证明互相矛盾", en="the proofs of rotation of its signers contradict each other")
        before = one
    return None


# -- digests of the contents --------------------------------------------------------------------------------------


class _Contents:
    """The file in the three pieces that are signed: before the block, the directory, the end record."""

    def __init__(self, data: memoryview, directory: int, block: int) -> None:
        self.fault: Text | None = None
        """Why the platform sees no block at all."""
        start = directory - block
        end = _end_record(data)
        pieces: tuple[memoryview | bytes, ...] = ()
        if end is None or _EOCD.unpack_from(data, end)[5:7] != (end - directory, directory):
            self.fault = Text(
                zh="目录与文件末尾记录之间不连续，系统不认这个签名块",
                en="the archive's directory and its end record do not join, so the platform does not see the block",
            )
        else:
            record = bytearray(data[end:])
            record[16:20] = start.to_bytes(4, "little")
            pieces = data[:start], data[directory:end], bytes(record)
        self.in_pages = start % _PAGE == 0 and block % _PAGE == 0
        """Whether the block starts and ends where a page does."""
        self._pieces = pieces
        self._digests: dict[_Content, bytes] = {}

    def digest(self, kind: _Content) -> bytes:
        """Return the digest of the contents, worked out once."""
        if kind not in self._digests:
            self._digests[kind] = _verity(self._pieces) if kind is _Content.VERITY else _chunked(self._pieces, kind.name.lower())
        return self._digests[kind]


def _end_record(data: memoryview) -> int | None:
    """Return where the end record is whose comment ends with the file."""
    if len(data) < _EOCD.size:
        return None
    tail = bytes(data[-_EOCD.size - 0xFFFF :])
    at = len(tail) - _EOCD.size
    while (at := tail.rfind(b"PK\x05\x06", 0, at + 4)) >= 0:
        if int.from_bytes(tail[at + 20 : at + 22], "little") == len(tail) - at - _EOCD.size:
            return len(data) - len(tail) + at
        at -= 1
    return None


def _chunked(pieces: Sequence[memoryview | bytes], name: str) -> bytes:
    """Return the digest of the digests of every megabyte."""
    digests = bytearray()
    count = 0
    for piece in pieces:
        for at in range(0, len(piece), _CHUNK):
            chunk = piece[at : at + _CHUNK]
            state = hashlib.new(name, b"\xa5" + struct.pack("<I", len(chunk)))
            state.update(chunk)
            digests += state.digest()
            count += 1
    return hashlib.new(name, b"\x5a" + struct.pack("<I", count) + digests).digest()


def _verity(pieces: Sequence[memoryview | bytes]) -> bytes:
    """Return the root of the tree of digests of every page, and the length of what it is over."""
    salted = hashlib.sha256(bytes(8))
    level = bytearray()
    total = sum(map(len, pieces))
    rest = b""
    for piece in pieces:
        at = 0
        if rest:
            at = min(_PAGE - len(rest), len(piece))
            rest += bytes(piece[:at])
            if len(rest) < _PAGE:
                continue
            level += _salted(salted, rest)
        whole = len(piece) - (len(piece) - at) % _PAGE
        for page in range(at, whole, _PAGE):
            level += _salted(salted, piece[page : page + _PAGE])
        rest = bytes(piece[whole:])
    if rest:
        level += _salted(salted, rest.ljust(_PAGE, b"\0"))
    while True:
        padded = bytes(level).ljust(-(-len(level) // _PAGE) * _PAGE, b"\0")
        level = bytearray(b"".join(_salted(salted, padded[at : at + _PAGE]) for at in range(0, len(padded), _PAGE)))
        if len(padded) <= _PAGE:
            return bytes(level) + struct.pack("<Q", total)


def _salted(salted: hashlib._Hash, data: bytes | memoryview) -> bytes:
    state = salted.copy()
    state.update(data)
    return state.digest()


# -- lengths ------------------------------------------------------------------------------------------------------


def _pairs(block: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(block):
        if at + 12 > len(block):
            raise Broken("签名块被截断", "the signing block is cut short")
        length, number = struct.unpack_from("<QI", block, at)
        if length < 4 or at + 8 + length > len(block):
            raise Broken("签名块中的长度越界", "a length points outside the signing block")
        yield number, block[at + 12 : at + 8 + length]
        at += 8 + length


def _sequence(data: bytes) -> Iterator[bytes]:
    """Yield the length-prefixed values that fill ``data``."""
    reader = _Reader(data)
    for _ in range(_MAX_VALUES):
        if reader.at >= len(data):
            return
        yield reader.prefixed()
    if reader.at < len(data):
        raise Broken("签名块中的值过多", "the signing block holds more values than any signer writes")


def _first(data: bytes) -> bytes:
    return _Reader(data).prefixed()


def _number(data: bytes) -> int:
    return _Reader(data).number()


class _Reader:
    """Numbers and length-prefixed values, one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def number(self) -> int:
        """Return the next 32-bit number."""
        if self.at + 4 > len(self._data):
            raise Broken("签名块中的值被截断", "a value in the signing block is cut short")
        self.at += 4
        return int.from_bytes(self._data[self.at - 4 : self.at], "little")

    def prefixed(self) -> bytes:
        """Return the next length-prefixed value."""
        length = self.number()
        if self.at + length > len(self._data):
            raise Broken("签名块中的长度越界", "a length points outside its value")
        self.at += length
        return self._data[self.at - length : self.at]

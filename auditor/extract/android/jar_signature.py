"""Signature scheme v1, a JAR signature: PKCS #7 over a .SF file, which vouches for MANIFEST.MF, which vouches for the entries.

Formats: the JAR File Specification (docs.oracle.com/javase/8/docs/technotes/guides/jar/jar.html); what Android makes of it:
StrictJarVerifier and ApkSignatureVerifier of the Android Open Source Project. An .apk's entries below META-INF/ are never signed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from auditor.archive import Archive, Unreadable
from auditor.build import Text
from auditor.extract.certificates import (
    CmsError,
    CmsSigner,
    KeyUnusable,
    Padding,
    cms_content_type,
    cms_signers,
    public_key,
    verifies,
)

__all__ = ["JarSignature", "JarSigner", "is_signature_block", "read_jar_signature"]

_PREFIX, _MANIFEST = "META-INF/", "META-INF/MANIFEST.MF"
_MAX_SIGNERS = 10
_MAX_BLOCK, _MAX_LIST = 1 << 20, 64 << 20
_SIGNED_BY_ALL_FROM = 24
"""From this API level on every SignerInfo is tried, and the content type is looked at."""
_DIGESTS = (("sha512", "sha-512"), ("sha384", "sha-384"), ("sha256", "sha-256"), ("sha1", "sha1"))
"""Digests in the order a platform picks them: hashlib's name, the attribute's prefix in lower case."""
_KNOWN = frozenset({"md5", "sha1", "sha224", "sha256", "sha384", "sha512"})
_KNOWN_FOR_DSA = frozenset({"sha1", "sha224", "sha256"})


class _Refused(Exception):
    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.reason = Text(zh=zh, en=en)


@dataclass(slots=True, kw_only=True)
class JarSigner:
    """One signature block file with what it signs."""

    file: str
    """The block's name in the archive."""
    certificate: bytes | None = None
    """DER; of a signature that does not verify, the one it claims."""
    verified: bool | None = False
    reason: Text | None = None
    """Why it does not verify, or was not."""
    schemes: frozenset[int] = frozenset()
    """The newer schemes the .SF file says the APK is signed with, too."""
    entries: frozenset[str] = field(default=frozenset(), repr=False)
    """Names the .SF file vouches for."""


@dataclass(slots=True, kw_only=True)
class JarSignature:
    """All signers of an archive."""

    signers: list[JarSigner] = field(default_factory=list)
    fault: Text | None = None
    """What is wrong with the signature as a whole, its signers aside."""

    @property
    def failure(self) -> Text | None:
        """Why the platform does not accept it, or None where it does, or nothing can be told."""
        if self.fault is not None:
            return self.fault
        return next((one.reason for one in self.signers if one.verified is False), None)


def is_signature_block(name: str) -> bool:
    """Tell whether an entry of this name holds a PKCS #7 signature."""
    upper = name.upper()
    return upper.startswith(_PREFIX) and upper.count("/") == 1 and upper.endswith((".RSA", ".DSA", ".EC"))


def read_jar_signature(archive: Archive, blocks: Mapping[str, bytes], levels: tuple[int, int]) -> JarSignature:
    """Return the signers of an archive, each verified against every entry; ``blocks`` are its signature blocks by name.

    ``levels`` are the first and last API level it has to hold on. A block the platform passes over, such as one without a .SF
    file that an earlier signing left, is no signer where there are others (``StrictJarVerifier.verifyCertificate``).
    """
    names = _signing_names(archive)
    looked_at = [name for name in blocks if name.startswith(_PREFIX) and _signature_file(name) in names]
    found = JarSignature(signers=[JarSigner(file=name) for name in looked_at or blocks])
    try:
        _verify(archive, blocks, names, levels, found)
    except _Refused as refused:
        found.fault = refused.reason
    except Unreadable as unreadable:
        found.fault = Text(zh=f"有条目无法读取（{unreadable.reason.zh}）", en=f"an entry it signs cannot be read ({unreadable.reason.en})")
    for signer in found.signers:
        if found.fault is not None and signer.verified is True:
            # the signature is its own, but what it vouches for is not what the archive holds
            signer.verified, signer.reason = False, found.fault
    return found


def _signing_names(archive: Archive) -> dict[str, str]:
    """Return the names below META-INF/, by themselves in capitals."""
    return {name.upper(): name for name in reversed(archive.names()) if name.startswith(_PREFIX)}


def _signature_file(block: str) -> str:
    """Return the name in capitals of the .SF file that a signature block signs."""
    return block.upper().rpartition(".")[0] + ".SF"


def _verify(
    archive: Archive, blocks: Mapping[str, bytes], names: Mapping[str, str], levels: tuple[int, int], found: JarSignature
) -> None:
    manifest_name = names.get(_MANIFEST, "")
    for signer in found.signers:
        _check_block(archive, blocks[signer.file], names, levels, signer)
    if len(found.signers) > _MAX_SIGNERS:
        raise _Refused(f"签名者超过系统上限 {_MAX_SIGNERS} 个", f"it has more signers than the {_MAX_SIGNERS} the platform takes")
    if archive.duplicates:
        twice = archive.duplicates[0]
        raise _Refused(f"压缩包中有同名条目（{twice}），系统拒绝", f"the archive holds {twice} twice, which the platform refuses")
    if not manifest_name:
        raise _Refused("缺少 META-INF/MANIFEST.MF", "META-INF/MANIFEST.MF is missing")
    manifest = archive.read(manifest_name, _MAX_LIST)
    main, sections = _sections(manifest, manifest_name)
    missing = next((name for name in sections if name not in archive.entries), None)
    if missing is not None:
        raise _Refused(
            f"MANIFEST.MF 所列的条目 {missing} 不在压缩包中（签名后被删除）",
            f"{missing} is listed in MANIFEST.MF and not in the archive: it was taken out",
        )
    signing = [signer for signer in found.signers if signer.verified]
    for signer in signing:
        try:
            _check_signature_file(archive, names, manifest, main, sections, signer)
        except _Refused as refused:
            signer.verified, signer.reason = False, refused.reason
    _check_entries(archive, sections, [signer for signer in signing if signer.verified])


# -- the block and the .SF file -----------------------------------------------------------------------------------


def _check_block(archive: Archive, block: bytes, names: Mapping[str, str], levels: tuple[int, int], signer: JarSigner) -> None:
    """Verify a PKCS #7 signature over its .SF file."""
    signature_file = names.get(_signature_file(signer.file))
    try:
        infos = cms_signers(block)
        if infos:
            signer.certificate = infos[0].certificate
        content_type = cms_content_type(block)
    except CmsError as error:
        signer.reason = Text(zh="PKCS #7 已损坏", en=f"PKCS #7: {error}")
        return
    try:
        if not infos:
            raise _Refused("PKCS #7 中没有签名", "its PKCS #7 message holds no signature")
        if not signer.file.startswith(_PREFIX):
            raise _Refused("系统只看 META-INF/ 目录（区分大小写）", "the platform looks below META-INF/ only, in these very letters")
        if signature_file is None:
            raise _Refused("缺少对应的 .SF 文件", "the .SF file it signs is missing")
        data = archive.read(signature_file, _MAX_LIST)
        tried = infos if levels[0] >= _SIGNED_BY_ALL_FROM else infos[:1]
        good = [info for info in tried if _holds(info, data, content_type, levels)]
        if not good:
            raise _Refused(
                "签名与其公钥或 .SF 文件不符（被改动或伪造）",
                "the signature is not one its certificate's key made over the .SF file: it is forged or damaged",
            )
        signer.certificate = good[0].certificate
        signer.verified = True
    except _Refused as refused:
        signer.reason = refused.reason
    except KeyUnusable as error:
        signer.reason, signer.verified = error.reason, None if error.unsupported else False
    except Unreadable as unreadable:
        signer.reason = unreadable.reason


def _holds(info: CmsSigner, data: bytes, content_type: str, levels: tuple[int, int]) -> bool:
    """Tell whether a SignerInfo signs ``data``; what no platform looks beyond is raised as _Refused."""
    known = _KNOWN if info.padding is not Padding.DSA else _KNOWN_FOR_DSA
    if info.padding is None or info.digest not in known or info.named_digest not in ("", info.digest):
        raise _Refused("没有系统支持的签名算法", "it is of an algorithm the platform does not know")
    if info.certificate is None:
        raise _Refused("PKCS #7 中缺少签名者证书", "PKCS #7: the signer's certificate is missing")
    signed = data
    if info.signed_attributes is not None:
        if levels[1] >= _SIGNED_BY_ALL_FROM:
            if not info.content_types:
                raise _Refused("签名属性中没有内容类型", "its signed attributes name no content type")
            if info.content_types != (content_type,):
                return False
        if len(info.message_digests) != 1:
            raise _Refused("签名属性中的摘要不是恰好一个", "its signed attributes do not hold one digest")
        if info.message_digests[0] != hashlib.new(info.digest, data).digest():
            return False
        signed = info.signed_attributes
    return verifies(public_key(info.certificate), info.padding, info.digest, info.signature, signed)


def _check_signature_file(
    archive: Archive,
    names: Mapping[str, str],
    manifest: bytes,
    main: _Section,
    sections: Mapping[str, _Section],
    signer: JarSigner,
) -> None:
    """Check that a .SF file vouches for the manifest as it stands."""
    name = names[_signature_file(signer.file)]
    head, own = _sections(archive.read(name, _MAX_LIST), name)
    if "signature-version" not in head.values:
        raise _Refused(".SF 文件没有 Signature-Version", "its .SF file has no Signature-Version")
    said = head.values.get("x-android-apk-signed", "")
    signer.schemes = frozenset(int(one) for one in re.findall(r"[0-9]{1,4}", said))
    by_signtool = "signtool" in head.values.get("created-by", "")
    whole = _digest_of(head, "-digest" if by_signtool else "-digest-manifest")
    if not by_signtool:
        of_main = _digest_of(head, "-digest-manifest-main-attributes")
        if of_main is not None and hashlib.new(of_main[0], main.data(manifest)).digest() != of_main[1]:
            raise _Refused("MANIFEST.MF 的主属性与签名时不同", "the main attributes of MANIFEST.MF are not those that were signed")
    if whole is None or hashlib.new(whole[0], manifest).digest() != whole[1]:
        for entry, section in own.items():
            wanted = _digest_of(section, "-digest")
            there = sections.get(entry)
            if wanted is None or there is None:
                raise _Refused(f"签名没有覆盖 {entry}", f"it does not vouch for {entry}")
            data = there.data(manifest)
            if by_signtool and data.endswith(b"\n\n"):
                data = data[:-1]
            if hashlib.new(wanted[0], data).digest() != wanted[1]:
                raise _Refused(
                    f"MANIFEST.MF 中 {entry} 的内容与签名时不同", f"what MANIFEST.MF says of {entry} is not what was signed"
                )
    signer.entries = frozenset(own)


# -- the entries --------------------------------------------------------------------------------------------------


def _check_entries(archive: Archive, sections: Mapping[str, _Section], signers: Sequence[JarSigner]) -> None:
    """Check that every entry is vouched for by the same signers, and is what they vouch for."""
    if not signers:
        return
    first: list[JarSigner] | None = None
    for name in archive.names():
        if name.startswith(_PREFIX) or name.endswith("/"):
            continue
        by = [signer for signer in signers if name in signer.entries]
        section = sections.get(name)
        wanted = _digest_of(section, "-digest") if section is not None else None
        if not by or wanted is None:
            raise _Refused(f"签名没有覆盖 {name}（签名后加入）", f"{name} is not signed: it was put in after signing")
        if first is None:
            first = by
        elif by != first:
            raise _Refused(f"{name} 与其他条目的签名者不同", f"{name} is not signed by all who signed the rest")
        state = hashlib.new(wanted[0])
        for piece in archive.pieces(name):
            state.update(piece)
        if state.digest() != wanted[1]:
            raise _Refused(f"{name} 的内容与签名时不同（摘要不符）", f"{name} is not what was signed: its digest differs")
    if first is None:
        raise _Refused("没有任何条目被签名", "it signs no entry at all")
    for signer in signers:
        if signer not in first:
            signer.verified, signer.reason = False, Text(zh="没有签署任何条目", en="it signs no entry at all")


# -- the form of both files ---------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Section:
    values: dict[str, str]
    """By name in lower case."""
    start: int
    end: int

    def data(self, file: bytes) -> bytes:
        """Return the section's bytes, the empty line that ends it included."""
        return file[self.start : self.end]


_LINE = re.compile(rb"([^\r\n]*)(\r\n|\r|\n|\Z)")


def _sections(data: bytes, name: str) -> tuple[_Section, dict[str, _Section]]:
    """Return the main section and the others by the entry they name. Raises _Refused where the file has no such form."""
    parts = _parts(data)
    main = next(parts, _Section({}, 0, 0))
    named: dict[str, _Section] = {}
    for number, section in enumerate(parts, 1):
        entry = section.values.get("name")
        if not entry:
            raise _Refused(f"{name} 的第 {number} 节没有名称", f"section {number} of {name} names no entry")
        if entry in named:
            raise _Refused(f"{name} 中 {entry} 出现两次", f"{name} names {entry} twice")
        named[entry] = section
    return main, named


def _parts(data: bytes) -> Iterator[_Section]:
    """Yield the sections; lines may end in any of three ways, and a space goes on with the line before."""
    start, lines = 0, list[list[bytes]]()
    at = 0
    while at < len(data):
        match = _LINE.match(data, at)
        if match is None:
            break  # never: an empty line matches too
        text = match[1]
        if not text:
            if lines:
                yield _Section(_values(lines), start, match.end())
                lines = []
        elif text.startswith(b" ") and lines:
            lines[-1].append(text[1:])
        else:
            if not lines:
                start = at
            lines.append([text])
        at = match.end()
    if lines:
        yield _Section(_values(lines), start, len(data))


def _values(lines: Sequence[Sequence[bytes]]) -> dict[str, str]:
    values: dict[str, str] = {}
    for line in lines:
        key, _, value = b"".join(line).decode("utf-8", "replace").partition(": ")
        values.setdefault(key.lower(), value)
    return values


def _digest_of(section: _Section, suffix: str) -> tuple[str, bytes] | None:
    """Return the digest a platform looks at, the strongest there is: (hashlib's name, value)."""
    for name, prefix in _DIGESTS:
        written = section.values.get(prefix + suffix)
        if written is not None:
            try:
                return name, base64.b64decode(written)
            except (binascii.Error, ValueError):
                return name, b""
    return None

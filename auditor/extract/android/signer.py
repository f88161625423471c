"""APK signatures: the certificates they carry, per scheme, and whether devices would take them.

Which scheme a device looks at: source.android.com/docs/security/features/apksigning (the newest it knows and finds; one it
finds broken is not made up for by an older one). That an older scheme names the newer ones it was made with, so that they
cannot be taken out unseen: the pages of v2, v3 and v3.1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from auditor.archive import Archive, Unreadable
from auditor.build import FactKind, Signer, Text
from auditor.extract.android.jar_signature import JarSignature, JarSigner, is_signature_block, read_jar_signature
from auditor.extract.android.signing_block import ANY_LEVEL, BlockScheme, BlockSigner, Broken, read_block
from auditor.extract.certificates import CmsError, signer_certificate, subject_of
from auditor.extract.collector import Collector

__all__ = ["SIGNING_BLOCK", "Levels", "Signatures", "read_signers"]

SIGNING_BLOCK = "APK Signing Block"
"""What reports print for the place: the block is no entry of the archive."""
_MAX_BLOCK_FILE = 1 << 20
_MAX_BLOCKS = 32
"""Files with a PKCS #7 signature that are read; the platform refuses an APK with more than ten."""
_OLDEST = 21
"""API levels below are not asked about: Android 5.0 is the oldest that is still in use, and v1 was checked otherwise before."""
_V2_FROM, _V3_FROM, _V31_FROM = 24, 28, 33
_V2_NEEDED_FROM = 30
"""Apps made for this API level or a later one need v2 or later (ParsingPackageUtils, minimum signature scheme)."""


class Levels(NamedTuple):
    """The API levels a build is for."""

    lowest: int = 1
    target: int = 1
    sandbox: int = 1
    """Version of the security sandbox it asks for."""


class Signatures(NamedTuple):
    """What the signatures of an APK show."""

    signers: tuple[Signer, ...]
    """Every certificate a signature names, verified or not, by scheme and certificate."""
    faults: tuple[Text, ...]
    """Why devices would refuse the APK as it is signed."""


def read_signers(archive: Archive, collect: Collector, levels: Levels | None) -> Signatures:
    """Return every certificate a signature of the APK names; what cannot be read becomes a gap that hides no table.

    ``levels`` say for which devices the signatures have to hold; None = for none, as of an app bundle, which no device sees.
    """
    schemes: Mapping[str, BlockScheme] = {}
    faults: list[Text] = []
    try:
        schemes = read_block(archive)
    except (Broken, Unreadable) as error:
        reason = _unread(error.reason)
        collect.gap(SIGNING_BLOCK, "", reason)
        faults.append(Text(zh=f"{SIGNING_BLOCK} {reason.zh}", en=f"the {SIGNING_BLOCK} {reason.en}"))
    for scheme in schemes.values():
        if scheme.fault is not None and not scheme.signers:
            collect.gap(SIGNING_BLOCK, scheme.name, _unread(scheme.fault))
    jar = _jar(archive, collect, schemes, levels)
    if levels is not None:
        _stripped(schemes, jar, _jar_levels(schemes, levels))
        faults += _faults(schemes, jar, levels)
    elif jar.failure is not None and jar.signers:
        faults.append(_refusal("v1", jar.failure))
    return Signatures(_signers(archive, collect, schemes, jar), tuple(faults))


def _unread(reason: Text) -> Text:
    return Text(
        zh=f"签名无法读取（{reason.zh}），签名证书未知；请重新获取安装包",
        en=f"holds a signature that cannot be read ({reason.en}), so its certificate is unknown; get the build again",
    )


def _jar(archive: Archive, collect: Collector, schemes: Mapping[str, BlockScheme], levels: Levels | None) -> JarSignature:
    """Return the JAR signature, verified where any device looks at it: every entry has to be inflated for it."""
    blocks: dict[str, bytes] = {}
    for name in archive.names():
        if not is_signature_block(name):
            continue
        if len(blocks) == _MAX_BLOCKS:
            break
        data = collect.read(archive, name, limit=_MAX_BLOCK_FILE)
        if data is None:
            continue
        try:
            signer_certificate(data)
        except CmsError as error:
            missing = Text(zh="PKCS #7 中缺少签名者证书", en="PKCS #7: the signer's certificate is missing")
            broken = Text(zh="PKCS #7 已损坏", en=f"PKCS #7: {error}")
            collect.gap(archive.place(name), "", _unread(broken if str(error) else missing))
        blocks[name] = data
    first, last = _jar_levels(schemes, levels)
    if not blocks:
        return JarSignature()
    if first <= last:
        collect.reading = SIGNING_BLOCK
        return read_jar_signature(archive, blocks, (first, last))
    found = JarSignature()
    for name, data in blocks.items():
        try:
            certificate = signer_certificate(data)
        except CmsError:
            continue
        found.signers.append(JarSigner(file=name, certificate=certificate, verified=None, reason=_UNASKED))
    return found


_UNASKED = Text(
    zh="本应用支持的系统都只看更新的签名方案",
    en="every system the app runs on looks at a newer scheme",
)


def _jar_levels(schemes: Mapping[str, BlockScheme], levels: Levels | None) -> tuple[int, int]:
    """Return the first and last API level that look at the JAR signature."""
    if levels is None:
        return _OLDEST, ANY_LEVEL
    newer = [at for name, at in (("v2", _V2_FROM), ("v3", _V3_FROM), ("v3.1", _V31_FROM)) if name in schemes]
    return max(levels.lowest, _OLDEST), min(newer, default=ANY_LEVEL + 1) - 1


# -- what devices make of it --------------------------------------------------------------------------------------


def _stripped(schemes: Mapping[str, BlockScheme], jar: JarSignature, jar_levels: tuple[int, int]) -> None:
    """Mark the signers that say that a newer scheme was there too, which is not there any more."""
    for number, name, since in ((2, "v2", _V2_FROM), (3, "v3", _V3_FROM)):
        if name in schemes:
            continue
        for older in jar.signers:
            # no device that knows the newer scheme looks here, where it finds one newer still
            if number in older.schemes and jar_levels[1] >= since:
                _mark(older, _taken_out(name))
        for signer in schemes["v2"].signers if "v2" in schemes and number == 3 else ():
            if number in signer.needs:
                _mark(signer, _taken_out(name))
    rotated = schemes.get("v3.1")
    start = min((one.first for one in rotated.signers), default=None) if rotated is not None else None
    for one in schemes["v3"].signers if "v3" in schemes else ():
        if one.rotation is None:
            continue
        if rotated is None:
            _mark(one, _taken_out("v3.1"))
        elif start is not None and start != one.rotation:
            _mark(
                one,
                Text(
                    zh=f"所述的 v3.1 起始 API 级别 {one.rotation} 与 v3.1 签名的 {start} 不符",
                    en=f"it says that v3.1 counts from API level {one.rotation} on, and v3.1 itself starts at {start}",
                ),
            )


def _taken_out(name: str) -> Text:
    return Text(
        zh=f"签名时同时用了 {name}，而包中已没有：{name} 签名被去除",
        en=f"it was made together with a {name} signature, which is not there: it was taken out",
    )


def _mark(signer: JarSigner | BlockSigner, reason: Text) -> None:
    if signer.verified is not False:
        signer.verified, signer.reason = False, reason


def _faults(schemes: Mapping[str, BlockScheme], jar: JarSignature, levels: Levels) -> Iterator[Text]:
    """Yield why devices the app is for would refuse it, or take it for another's after an update of the system."""
    for name, first, last in _looked_at(schemes, jar, max(levels.lowest, _OLDEST)):
        scheme = schemes.get(name)
        failure = scheme.failure if scheme is not None else jar.failure
        if name == "v1" and not jar.signers:
            failure = Text(zh="没有签名", en="there is none")
        if failure is not None:
            yield _refusal(name, failure, first, last)
        elif scheme is not None and name != "v2":
            covered = [(one.first, one.last) for one in scheme.signers]
            if min(covered)[0] > first or max(one for _, one in covered) < last:
                yield _refusal(
                    name,
                    Text(
                        zh=f"其签名者只用于 API 级别 {min(covered)[0]} 至 {max(one for _, one in covered)}",
                        en=f"its signers are for API levels {min(covered)[0]} to {max(one for _, one in covered)} only",
                    ),
                    first,
                    last,
                )
    if "v3.1" in schemes and "v3" not in schemes:
        yield _refusal("v3.1", Text(zh="缺少必须与之并存的 v3 签名", en="the v3 signature that has to stand beside it is missing"))
    if jar.signers and not schemes and levels.target >= _V2_NEEDED_FROM:
        yield Text(
            zh=f"只有 v1 签名，而目标 API 级别为 {levels.target}：Android 11 及以上要求此类应用使用 v2 或更新的签名，会拒绝安装",
            en=f"it is signed by scheme v1 only and made for API level {levels.target}: Android 11 and later refuse such apps"
            " without v2 or a newer scheme",
        )
    if jar.signers and not schemes and levels.sandbox > 1:
        yield Text(
            zh=f"只有 v1 签名，而清单要求安全沙箱版本 {levels.sandbox}：Android 8 及以上要求此类应用使用 v2 或更新的签名，会拒绝安装",
            en=f"it is signed by scheme v1 only and asks for security sandbox {levels.sandbox}: Android 8 and later refuse such apps"
            " without v2 or a newer scheme",
        )
    yield from _mismatches(schemes, jar)


def _looked_at(schemes: Mapping[str, BlockScheme], jar: JarSignature, lowest: int) -> Iterator[tuple[str, int, int]]:
    """Yield (scheme, first, last API level that looks at it) for the levels the app is for."""
    end = ANY_LEVEL
    for name, since in (("v3.1", _V31_FROM), ("v3", _V3_FROM), ("v2", _V2_FROM), ("v1", 1)):
        if name not in schemes and (name != "v1" or not (jar.signers or schemes)):
            # an APK without any signature is unsigned, which is no fault; one that has new ones alone lacks the old one
            continue
        if name == "v3.1" and schemes[name].signers:
            since = max(since, min(one.first for one in schemes[name].signers))
        first = max(since, lowest)
        if first <= end:
            yield name, first, end
        end = min(end, since - 1)


def _refusal(scheme: str, reason: Text, first: int = 0, last: int = ANY_LEVEL) -> Text:
    if not first:
        return Text(zh=f"{scheme} 签名：{reason.zh}", en=f"signature {scheme}: {reason.en}")
    zh = f"API 级别 {first} 及以上" if last == ANY_LEVEL else f"API 级别 {first} 至 {last} "
    en = f"API level {first} and later look at" if last == ANY_LEVEL else f"API levels {first} to {last} look at"
    return Text(zh=f"{scheme} 签名（{zh}的系统所看的签名）：{reason.zh}", en=f"signature {scheme}, which {en}: {reason.en}")


def _mismatches(schemes: Mapping[str, BlockScheme], jar: JarSignature) -> Iterator[Text]:
    """Yield where schemes that all hold name different signers: an update of the system would change whose app it is."""
    old = {one.certificate for one in jar.signers if one.verified and one.certificate}
    second = {one.certificate for one in schemes["v2"].signers if one.verified} if "v2" in schemes else set[bytes]()
    if old and second and old != second:
        yield _differ("v1", "v2")
    before = second or old
    for name in ("v3", "v3.1"):
        if name not in schemes:
            continue
        verified = [one for one in schemes[name].signers if one.verified]
        roots = {one.lineage[0] if one.lineage else one.certificate for one in verified}
        if before and roots and before != roots:
            yield _differ("v2" if second else "v1", name)


def _differ(one: str, other: str) -> Text:
    return Text(
        zh=f"{one} 与 {other} 签名的证书不同，且没有轮换证明相连：系统升级后，同一安装包会被视为另一开发者的应用",
        en=f"signatures {one} and {other} are of different certificates that no proof of rotation joins: after an update of the"
        " system the same build counts as somebody else's",
    )


# -- for the reports ----------------------------------------------------------------------------------------------


def _signers(
    archive: Archive, collect: Collector, schemes: Mapping[str, BlockScheme], jar: JarSignature
) -> tuple[Signer, ...]:
    found: dict[tuple[str, str], Signer] = {}
    for scheme, place, one in _named(archive, schemes, jar):
        certificate = one.certificate or b""
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
        # of several v3 signers with one certificate, or the same certificate twice, the bad one is told
        if (scheme, sha256) in found and one.verified is not False:
            continue
        found[scheme, sha256] = Signer(
            sha256=sha256,
            subject=subject or "",
            scheme=scheme,
            verified=one.verified,
            reason=one.reason,
            earlier=tuple(hashlib.sha256(other).hexdigest() for other in one.lineage[:-1]) if isinstance(one, BlockSigner) else (),
            certificate=certificate,
        )
    for key in sorted(found):
        signer = found[key]
        verified = {True: "true", False: "false", None: ""}[signer.verified]
        place = "META-INF/" if signer.scheme == "v1" else SIGNING_BLOCK
        collect.fact(FactKind.SIGNING, "scheme", place, value=signer.scheme, verified=verified, sha256=signer.sha256)
    return tuple(found[key] for key in sorted(found))


def _named(
    archive: Archive, schemes: Mapping[str, BlockScheme], jar: JarSignature
) -> Iterator[tuple[str, str, BlockSigner | JarSigner]]:
    for name, scheme in schemes.items():
        for one in scheme.signers:
            yield name, SIGNING_BLOCK, one
    for signer in jar.signers:
        if signer.certificate is not None:
            yield "v1", archive.place(signer.file), signer

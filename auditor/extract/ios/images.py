"""The code of an IPA: every Mach-O image in it, what each links, imports and defines, and what it is entitled to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from auditor.archive import Archive
from auditor.build import FactKind, Signer, Table, Text
from auditor.extract.collector import Collector
from auditor.extract.hosts import record_hosts
from auditor.extract.ios.ar import AR
from auditor.extract.ios.bundles import Bundle
from auditor.extract.ios.info import SIMULATOR
from auditor.extract.ios.macho import Image, MachOError, is_code, read_macho
from auditor.extract.ios.plist import PlistError, PlistValue, read_plist
from auditor.extract.ios.seal import CODE_RESOURCES, INFO_PLIST, Seal, check_seal
from auditor.extract.ios.signature import read_signature

__all__ = ["read_images"]

_HIDES = (Table.SDKS, Table.DATA)
_SMALLEST = 28
"""Bytes of the shortest Mach-O header."""
_MAX_SEALED = 64 << 20
_READ_ELSEWHERE = (".plist", ".strings", ".xcprivacy", ".loctable", ".mobileprovision")


class _One(NamedTuple):
    """What the signature of one image shows."""

    signer: Signer | None
    fault: Text | None
    team: str


class Signed(NamedTuple):
    """Who signed the app's own executable."""

    signers: tuple[Signer, ...]
    faults: tuple[Text, ...]
    """Why its signature does not hold."""
    teams: frozenset[str]
    """Team identifiers its code signature names."""


def read_images(
    archive: Archive, collect: Collector, executables: Mapping[str, Bundle], *, library: bool = False
) -> Signed:
    """Collect the facts of every Mach-O image below ``Payload/``, found by content wherever it lies.

    ``executables`` are the paths at which the bundles must have code. Of a ``library`` images are looked for everywhere,
    and static libraries and object files count. Returns the signers of the app's own executable.
    """
    for name, bundle in executables.items():
        if name not in archive and bundle.kind != "bundle":
            reason = Text(zh="缺少可执行文件，安装包不完整", en="is the bundle's executable, but is not in the archive")
            collect.gap(archive.place(name), "", reason, *_HIDES)
    signed: list[_One] = []
    for name, entry in archive.entries.items():
        if not (library or name.startswith("Payload/")) or name.endswith("/"):
            continue
        owner = executables.get(name)
        expected = owner is not None or name.endswith(".dylib")
        if entry.size < _SMALLEST and not expected:
            continue
        head = archive.magic(name)
        if not head and entry.size and not name.endswith(_READ_ELSEWHERE):
            # what cannot be looked at might be code: reading it says so in a gap
            head = (collect.read(archive, name, *_HIDES) or b"")[:8]
            if not head:
                continue
        static = head.startswith(AR) and (library or owner is not None)
        if is_code(head) or static:
            signed += _read_image(archive, collect, name, owner, library)
        elif expected:
            reason = Text(zh="应为可执行代码，但不是 Mach-O 文件", en="should be code, but is no Mach-O image")
            collect.gap(archive.place(name), "", reason, *_HIDES)
    signers = {one.signer for one in signed if one.signer is not None}
    return Signed(
        tuple(sorted(signers, key=lambda signer: (signer.sha256, str(signer.reason)))),
        tuple(dict.fromkeys(one.fault for one in signed if one.fault is not None)),
        frozenset(one.team for one in signed if one.team),
    )


def _read_image(
    archive: Archive, collect: Collector, name: str, owner: Bundle | None, library: bool
) -> list[_One]:
    file = archive.place(name)
    data = collect.read(archive, name, *_HIDES)
    if data is None:
        return []
    try:
        macho = read_macho(data, collect.lens)
    except MachOError as error:
        collect.gap(file, "", error.reason, *_HIDES)
        return []
    ignored = ("dsym",) if library else ("dsym", "object")
    if owner is None and all(image.kind in ignored for image in macho.images):
        return []
    encrypted = any(image.cryptid for image in macho.images)
    first = macho.images[0]
    collect.fact(
        FactKind.IMAGE,
        file,
        file,
        value="encrypted" if encrypted else "plain",
        archs=",".join(macho.archs),
        type=first.kind,
        platform=first.platform,
        min_os=first.min_os,
        sdk=first.sdk,
    )
    if owner is not None and owner.main and first.kind == "execute" and _for_simulator(macho.archs, first.platform):
        collect.gap(file, "LC_BUILD_VERSION", SIMULATOR)
    if encrypted:
        # symbols are not encrypted: what classes it has may be known all the same, what it refers to is not
        named = not any(image.hidden_classes for image in macho.images)
        collect.gap(file, "LC_ENCRYPTION_INFO", *((_ENCRYPTED_CODE, Table.DATA) if named else (_ENCRYPTED, *_HIDES)))
    else:
        record_hosts(collect, file, data)
    if owner is not None and first.kind in ("static", "object") and not library:
        _static(collect, file, owner)
    signed: list[_One] = []
    for image in macho.images:
        _collect_code(collect, file, image)
        seal = None
        if owner is not None and owner.main and image.signature:
            seal = check_seal(data, image, _sealed_files(archive, collect, owner))
        signed.append(_read_signature(collect, file, image, seal))
    return signed


def _sealed_files(archive: Archive, collect: Collector, owner: Bundle) -> dict[int, bytes | None]:
    """Return what a code signature seals beside the code, by slot."""
    names = {INFO_PLIST: f"{owner.path}/Info.plist", CODE_RESOURCES: f"{owner.path}/_CodeSignature/CodeResources"}
    return {slot: collect.read(archive, name, limit=_MAX_SEALED) if name in archive else None for slot, name in names.items()}


def _for_simulator(archs: Sequence[str], platform: str) -> bool:
    """Tell whether an executable runs on simulators alone: it says so, or old ones have no processor of a device."""
    return platform.endswith("-simulator") or (platform in ("", "ios") and bool(archs) and set(archs) <= {"x86_64", "i386"})


_ENCRYPTED = Text(
    zh="可执行文件已加密（从 App Store 下载的安装包都是如此），其中的类名无法读取；请提供未加密的安装包，例如由 Xcode 归档导出的 .ipa",
    en="is encrypted, as every App Store download is, and its classes cannot be read; supply a build that is not, "
    "for example the .ipa exported from the Xcode archive",
)


_ENCRYPTED_CODE = Text(
    zh="可执行文件已加密（从 App Store 下载的安装包都是如此），其中引用的方法名和字符串无法读取；"
    "请提供未加密的安装包，例如由 Xcode 归档导出的 .ipa",
    en="is encrypted, as every App Store download is, and the methods and strings it refers to cannot be read; supply a build"
    " that is not, for example the .ipa exported from the Xcode archive",
)


def _static(collect: Collector, file: str, owner: Bundle) -> None:
    """Say that a bundle's executable is a static library, which no system loads; its classes are read all the same."""
    reason = Text(
        zh="可执行文件是静态库，系统无法从这里加载；已按静态库读取其中的类",
        en="is a static library, which the system cannot load from here; its classes were read as they stand",
    )
    # in place of an app's executable it shows that the build is not the one that runs
    collect.gap(file, "", reason, *(_HIDES if owner.runs else ()))


def _collect_code(collect: Collector, file: str, image: Image) -> None:
    for library in image.libraries:
        value = "weak" if library.weak else ""
        collect.fact(FactKind.LINKED_LIBRARY, library.name, file, library.command, value=value, by=file)
    for symbol in image.imports:
        collect.fact(FactKind.SYMBOL, symbol, file, "LC_SYMTAB", by=file)
    for one in image.references:
        trait = {1: "class", 2: "between"}.get(len(one.classes))
        traits = {trait: ",".join(one.classes)} if trait else {}
        collect.fact(one.kind, one.name, file, one.at, by=file, beside=",".join(one.beside), **traits)
    collect.code(file, image.classes, image.linked)
    for doubt in image.doubts:
        collect.gap(file, image.arch, doubt, *_HIDES)


def _read_signature(collect: Collector, file: str, image: Image, seal: Seal | None) -> _One:
    """Collect what a signature says; return the signer, and what is wrong with the signature of the app's own executable."""
    entitlements: Mapping[str, PlistValue] = {}
    signer, fault, team = None, None, ""
    if image.signature:
        signature = read_signature(image.signature, certificate=seal is not None)
        entitlements = signature.entitlements
        for doubt in signature.doubts:
            collect.gap(file, "LC_CODE_SIGNATURE", doubt, Table.DATA)
        if seal is not None:
            scheme = "ad-hoc" if signature.adhoc else "apple"
            # what nobody signed proves nothing of anybody, whatever its digests say
            state = "" if signature.adhoc else {True: "true", False: "false", None: ""}[seal.verified]
            collect.fact(FactKind.SIGNING, "scheme", file, "LC_CODE_SIGNATURE", value=scheme, verified=state)
            team = signature.team
            if team:
                collect.fact(FactKind.SIGNING, "team-id", file, "LC_CODE_SIGNATURE", value=team)
            if signature.signer is not None:
                signer = replace(signature.signer, verified=seal.verified, reason=seal.reason)
            if not signature.adhoc and seal.verified is False and seal.reason is not None:
                fault = Text(zh=f"代码签名：{seal.reason.zh}", en=f"code signature: {seal.reason.en}")
    at = "LC_CODE_SIGNATURE"
    if not entitlements and image.simulator_entitlements:
        at = "__TEXT,__entitlements"
        try:
            value = read_plist(image.simulator_entitlements.rstrip(b"\0"))
        except PlistError as error:
            collect.gap(file, at, error.reason, Table.DATA)
        else:
            entitlements = value if isinstance(value, dict) else {}
    for key, value in entitlements.items():
        collect.fact(FactKind.ENTITLEMENT, key, file, at, value=_json(value), by=file)
    return _One(signer, fault, team)


def _json(value: PlistValue) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, datetime) else str(value)

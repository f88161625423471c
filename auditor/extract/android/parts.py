"""An app in several pieces: archives and folders of split APKs, and Android App Bundles. Every piece is read.

Splits: developer.android.com/build/configure-apk-splits and /guide/app-bundle; how the platform joins them:
ParsingPackageUtils.java of the Android Open Source Project. App bundles: developer.android.com/guide/app-bundle/app-bundle-format.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import PurePath

from auditor.archive import Archive, Unreadable
from auditor.build import FactKind, Table, Text
from auditor.errors import BuildError
from auditor.extract.android.apk import Apk, missing_code, read_apk
from auditor.extract.android.bundle_xml import ProtoError, fields, read_bundle_manifest
from auditor.extract.android.dex_files import read_dex_files
from auditor.extract.android.embedded import record_embedded
from auditor.extract.android.signer import read_signers
from auditor.extract.collector import MANIFEST, PLATFORM, Collector, IdentityFacts, hidden_with
from auditor.extract.folder import View

__all__ = ["read_bundle", "read_splits"]

_APK = ".apk"
_EVERYTHING = (Table.PERMISSIONS, Table.SDKS, Table.DATA)
_CODE = (Table.SDKS, Table.DATA)
_XAPK_LIST = "manifest.json"
_XAPK_KEYS = frozenset({"xapk_version", "package_name", "split_apks", "expansions"})
_MAX_LIST = 1 << 20
_BUNDLE_MANIFEST = f"manifest/{MANIFEST}"
_BASE = "base"
_LIBRARIES = "BUNDLE-METADATA/com.android.tools.build.libraries/dependencies.pb"
_MAX_LIBRARIES = 16 << 20


def _apks(archive: Archive) -> list[str]:
    return sorted(name for name in archive if name.lower().endswith(_APK) and not name.rpartition("/")[2].startswith("."))


# -- split APKs ---------------------------------------------------------------------------------------------------


def read_splits(archive: Archive, collect: Collector) -> IdentityFacts:
    """Record what all APKs of one app hold: .apks, .xapk, .apkm, a ZIP archive or a folder of them.

    Raises BuildError where they belong to several apps.
    """
    names = _apks(archive)
    read = list(_read_apks(archive, names, collect))
    bases = [apk for _, apk in read if not apk.manifest.split and apk.about.app_id]
    packages = sorted({apk.about.app_id for apk in bases})
    if len(packages) > 1:
        raise BuildError(
            f"{archive.shown} holds several apps ({', '.join(packages[:5])}{', …' if len(packages) > 5 else ''})",
            "give the APKs of one app",
        )
    rest = View.of(archive, {name: name for name in archive if name not in names})
    # what lies beside the APKs may be loaded too: expansion files, for one
    found = read_dex_files(rest, collect, record_embedded)
    if not read:
        # each of them is a gap by now
        return collect.about
    main = bases[0] if bases else read[0][1]
    if not bases:
        _no_base(archive, collect, *_EVERYTHING)
    missing_code(found + sum(apk.dex for _, apk in read), main.manifest.has_code, collect)
    _check_splits(archive, read, main, collect)
    _check_list(archive, main, collect)
    return main.about._replace(faults=(*main.about.faults, *_faults_of_splits(archive, read, main)))


def _faults_of_splits(archive: Archive, read: list[tuple[str, Apk]], main: Apk) -> Iterator[Text]:
    """Yield why the signatures of the splits do not hold: devices refuse all of them with one. Their API levels are the base's."""
    for name, apk in read:
        for signer in apk.about.signer if apk is not main else ():
            if signer.verified is False and signer.reason is not None:
                place, scheme = archive.place(name), signer.scheme
                yield Text(zh=f"{place} 的 {scheme} 签名：{signer.reason.zh}", en=f"signature {scheme} of {place}: {signer.reason.en}")


def _proved(apk: Apk) -> set[str]:
    """Return the certificates of signatures that are not known not to hold."""
    return {signer.sha256 for signer in apk.about.signer if signer.verified is not False}


def _read_apks(archive: Archive, names: list[str], collect: Collector) -> Iterator[tuple[str, Apk]]:
    """Read the APKs one by one, so that one at a time is in memory."""
    for name in names:
        collect.reading = archive.place(name)
        try:
            inner = archive.nested(name)
        except Unreadable as error:
            collect.gap(archive.place(name), "", error.reason, *_EVERYTHING)
            continue
        if MANIFEST not in inner:
            collect.gap(
                archive.place(name),
                "",
                Text(zh="不是 APK：没有 AndroidManifest.xml", en="is no APK: it has no AndroidManifest.xml"),
                *_EVERYTHING,
            )
            continue
        apk = read_apk(inner, collect)
        collect.faults(inner, PLATFORM)
        yield name, apk


def _no_base(archive: Archive, collect: Collector, *hides: Table) -> None:
    collect.gap(
        PurePath(archive.shown).name,
        "",
        Text(
            zh="只有分包，没有基础包；权限和大部分代码在基础包中，请一并提供",
            en="holds splits and no base APK, which has the permissions and most of the code; give it with them",
        ),
        *hides,
    )


def _check_splits(archive: Archive, read: list[tuple[str, Apk]], main: Apk, collect: Collector) -> None:
    """Record what does not fit together: such splits would not be installed, or are not all there."""
    offered = {type_ for _, apk in read for type_ in apk.manifest.offers}
    splits = [apk for _, apk in read if apk.manifest.split]
    lacking = [need for need in main.manifest.needs if need not in offered and not (need == "*" and splits)]
    if lacking:
        collect.gap(
            PurePath(archive.shown).name,
            "",
            Text(
                zh=f"缺少基础包所需的分包（{'、'.join(lacking)}），其中的代码和原生库未读取",
                en=f"lacks splits the base APK needs ({', '.join(lacking)}), whose code and native libraries were not read",
            ),
            *_CODE,
        )
    signers = _proved(main)
    for name, apk in read:
        place = f"{archive.place(name)}!/{MANIFEST}"
        ignored = sorted(set(apk.manifest.asks) - set(main.manifest.asks))
        if ignored:
            collect.gap(
                place,
                "uses-permission",
                Text(
                    zh=f"分包申请的权限系统不予理会（只看基础包）：{'、'.join(ignored)}",
                    en=f"asks in a split for what the platform grants to base APKs alone: {', '.join(ignored)}",
                ),
            )
        other = apk.about.app_id and apk.about.app_id != main.about.app_id
        if other or (apk.about.version_code, bool(apk.about.app_id)) not in ((main.about.version_code, True), ("", False)):
            collect.gap(
                place,
                "manifest",
                Text(
                    zh=f"与基础包不是同一应用的同一版本（{apk.about.app_id} {apk.about.version_code}），系统不会一并安装",
                    en=f"is of another app or version than the base ({apk.about.app_id} {apk.about.version_code}):"
                    " the platform does not install them together",
                ),
            )
        if signers and _proved(apk).isdisjoint(signers):
            collect.gap(
                archive.place(name),
                "",
                Text(
                    zh="与基础包的签名者不同，系统不会一并安装",
                    en="is not signed by whom the base is signed by: the platform does not install them together",
                ),
            )


def _check_list(archive: Archive, main: Apk, collect: Collector) -> None:
    """Record the files that the list of an .xapk names and the archive does not hold, and a list that cannot be read."""
    if _XAPK_LIST not in archive:
        return
    data = collect.read(archive, _XAPK_LIST, *_CODE, limit=_MAX_LIST)
    if data is None:
        return
    try:
        listed = json.loads(data)
        if not isinstance(listed, dict) or not _XAPK_KEYS & listed.keys():
            # some other file of this name
            return
        wanted = {str(one["file"]) for one in [*(listed.get("split_apks") or ()), *(listed.get("expansions") or ())]}
        package = str(listed.get("package_name") or main.about.app_id)
    except (ValueError, TypeError, KeyError, RecursionError):
        collect.gap(
            archive.place(_XAPK_LIST),
            "",
            Text(
                zh="应为 .xapk 的分包清单，但无法读取，因此不知道分包是否齐全；请重新获取安装包",
                en="should be the list of splits of an .xapk and cannot be read, so whether all of them are here is not known;"
                " get the build again",
            ),
            *_CODE,
        )
        return
    if main.about.app_id and package != main.about.app_id:
        collect.gap(
            archive.place(_XAPK_LIST),
            "package_name",
            Text(
                zh=f"清单所列的应用是 {package}，基础包是 {main.about.app_id}",
                en=f"lists the app {package}, while the base APK is {main.about.app_id}",
            ),
        )
    for name in sorted(wanted - set(archive)):
        collect.gap(
            name,
            "",
            Text(
                zh=f"清单 {_XAPK_LIST} 列出的文件不在压缩包中，其中的代码未读取",
                en=f"is a file that {_XAPK_LIST} lists and the archive does not hold; its code was not read",
            ),
            *hidden_with(name),
        )


# -- app bundles --------------------------------------------------------------------------------------------------


def read_bundle(archive: Archive, collect: Collector) -> IdentityFacts:
    """Record what every module of an Android App Bundle holds; what is not built from it yet stays as its owner wrote it."""
    modules = [name.split("/")[0] for name in archive if name.count("/") == 2 and name.endswith(f"/{_BUNDLE_MANIFEST}")]
    beside = set(archive)
    found: dict[str, Apk] = {}
    for module in sorted(modules, key=lambda name: (name != _BASE, name)):
        files = _module_files(archive, module)
        beside -= set(files.values())
        found[module] = read_apk(View.of(archive, files), collect, read_bundle_manifest)
    dex = read_dex_files(View.of(archive, {name: name for name in archive if name in beside}), collect, record_embedded)
    main = found[_BASE]
    missing_code(dex + sum(apk.dex for apk in found.values()), main.manifest.has_code, collect)
    _libraries(archive, collect)
    signed = read_signers(archive, collect, None)
    return main.about._replace(signer=signed.signers, faults=signed.faults)


def _module_files(archive: Archive, module: str) -> dict[str, str]:
    """Return the files of a module: path in the APK built from it -> path in the bundle."""
    files: dict[str, str] = {}
    for name in archive:
        top, _, inside = name.partition("/")
        if top != module or not inside:
            continue
        directory, _, rest = inside.partition("/")
        moved = rest if directory in ("manifest", "dex", "root") and rest else inside
        # a second file for one path is no build tool's: it keeps its own, and is read all the same
        files[moved if moved not in files else inside] = name
    return files


def _libraries(archive: Archive, collect: Collector) -> None:
    """Record the libraries the build tool lists: AppDependencies, as bundletool's app_dependencies.proto has it."""
    if _LIBRARIES not in archive:
        return
    data = collect.read(archive, _LIBRARIES, limit=_MAX_LIBRARIES)
    try:
        for number, library in fields(data or b""):
            if number != 1 or not isinstance(library, bytes):
                continue
            maven = next((value for key, value in fields(library) if key == 1 and isinstance(value, bytes)), b"")
            texts = {key: value.decode("utf-8", "replace") for key, value in fields(maven) if isinstance(value, bytes)}
            group, artefact, version = texts.get(1, ""), texts.get(2, ""), texts.get(5, "")
            if group and artefact and version:
                collect.fact(
                    FactKind.VERSION, f"{group}:{artefact}", archive.place(_LIBRARIES), "library", value=version, by="dependencies.pb"
                )
    except ProtoError:
        reason = Text(zh="依赖清单已损坏，未读取；仅影响版本信息", en="is a damaged list of libraries; versions may be missing")
        collect.gap(archive.place(_LIBRARIES), "", reason)

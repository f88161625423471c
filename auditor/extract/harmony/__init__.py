"""Reading an app for HarmonyOS or OpenHarmony: a HAP or HSP, a pack of them (.app), or an archive or folder that holds some.

Every module is read: its description, its texts, its native libraries and the names in its bytecode. What bytecode does is not
followed; a gap says so.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from auditor.archive import Archive, Unreadable
from auditor.build import FactKind, Signer, Table, Text
from auditor.errors import BuildError
from auditor.extract.android.dex_files import read_dex_files
from auditor.extract.android.embedded import record_embedded
from auditor.extract.android.native import record_native
from auditor.extract.collector import PLATFORM, Collector, IdentityFacts, Place
from auditor.extract.folder import View
from auditor.extract.harmony.abc import MAGIC, AbcError, Bytecode, named, read_abc, requested
from auditor.extract.harmony.module import PACK_INFO, Module, listed_modules, parse, read_module
from auditor.extract.harmony.recognise import (
    INDEX,
    MAX_DESCRIPTION,
    description_of,
    holds_modules,
    is_module,
    modules_of,
)
from auditor.extract.harmony.resources import ResourceError, Resources, read_resources
from auditor.extract.harmony.signature import read_signature
from auditor.extract.hosts import record_hosts
from auditor.extract.hybrid import read_hybrid
from auditor.extract.wording import record_texts

__all__ = ["holds_modules", "is_module", "read_harmony", "read_harmony_pack"]

_EVERYTHING = (Table.HARMONY_PERMISSIONS, Table.SDKS, Table.DATA)
_CODE = (Table.SDKS, Table.DATA)
_PACKAGES = "pkgContextInfo.json"
_SOURCE_MAPS = "ets/sourceMaps.map"
_MAX_INDEX = 64 << 20
_MAX_LIST = 64 << 20
_MAX_BYTECODE = 512 << 20
ARKTS = "arkts"
"""The layer of ArkTS code, as facts call it."""
_SYSTEM = ("@ohos:", "@hms:", "@system.", "@native:")
_NOT_FOLLOWED = Text(
    zh="ArkTS 字节码只读取了模块和软件包的名称，未分析其调用，应用代码能收集哪些个人信息未核对；可向开发者索取源码或以动态检测补充",
    en="is ArkTS bytecode, of which only the names of modules and packages are read, not what it calls: which data the app's own code"
    " can collect was not checked; ask the developer for the sources, or watch the running app",
)
_ENCRYPTED = Text(
    zh="不是可读的方舟字节码（可能已加密），其中的软件包和调用未读取；请向开发者索取加密前的安装包",
    en="is no bytecode that can be read, and may be encrypted: its packages and calls were not read; ask the developer for the build"
    " before encryption",
)
_JAVA = Text(
    zh="是鸿蒙 Java 代码（FA 模型），其中的软件包已读取，但未收录其系统接口，能收集哪些个人信息未核对",
    en="is Java code for HarmonyOS (the FA model): its packages were read, but the system's interfaces it calls are not known here, so"
    " which data it can collect was not checked",
)
_NO_CODE = Text(
    zh="声明了 ArkTS 代码，但包内没有字节码（ets/modules.abc），代码未读取；请提供完整的安装包",
    en="states that it holds ArkTS code, and has no bytecode (ets/modules.abc): its code was not read; give the whole build",
)


@dataclass(slots=True)
class _App:
    """What the modules of one app come to."""

    modules: list[tuple[str, Module]] = field(default_factory=list)
    """(place of its description, module)."""
    code: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    """(package, version, file, module of the app) -> modules in bytecode."""
    imported: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    """(package, version) -> (file, module of the app)."""
    listed: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    system: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Imported module of the system -> (file, module that imports it)."""
    bytecode: str = ""
    """Place of the first bytecode that was read."""
    signers: set[Signer] = field(default_factory=set)


def read_harmony(archive: Archive, collect: Collector) -> IdentityFacts:
    """Record what a HAP or HSP holds."""
    app = _App()
    _module(archive, collect, app)
    return _settled(app, collect)


def read_harmony_pack(archive: Archive, collect: Collector) -> IdentityFacts:
    """Record what all HAPs and HSPs of one app hold. Raises BuildError where they belong to several apps."""
    app = _App()
    for name in modules_of(archive):
        collect.reading = archive.place(name)
        try:
            inner = archive.nested(name)
        except Unreadable as error:
            collect.gap(archive.place(name), "", error.reason, *_EVERYTHING)
            continue
        if not is_module(inner):
            reason = Text(zh="不是 HarmonyOS 模块：没有 module.json", en="is no HarmonyOS module: it has no module.json")
            collect.gap(archive.place(name), "", reason, *_EVERYTHING)
            continue
        _module(inner, collect, app)
        collect.faults(inner, PLATFORM)
    bundles = sorted({one.bundle for _, one in app.modules if one.bundle})
    if len(bundles) > 1:
        raise BuildError(
            f"{archive.shown} holds several apps ({', '.join(bundles[:5])}{', …' if len(bundles) > 5 else ''})",
            "give the HAPs and HSPs of one app",
        )
    _complete(archive, collect, app)
    return _settled(app, collect)


def _complete(archive: Archive, collect: Collector, app: _App) -> None:
    """Compare the modules read with those the pack lists."""
    data = collect.read(archive, PACK_INFO, limit=MAX_DESCRIPTION) if PACK_INFO in archive else None
    described = parse(data) if data is not None else None
    if data is not None and described is None:
        reason = Text(zh="不是有效的 JSON，无法核对模块是否齐全", en="is no JSON, so whether all modules are here cannot be told")
        collect.gap(archive.place(PACK_INFO), "", reason)
    there = {one.name for _, one in app.modules}
    for name in listed_modules(described or {}):
        if name not in there:
            reason = Text(
                zh=f"列出了模块 {name}，但包内没有或无法读取，其内容未核对；请提供完整的 APP 包",
                en=f"lists the module {name}, which is not here or could not be read; give the whole pack",
            )
            collect.gap(archive.place(PACK_INFO), name, reason, *_EVERYTHING)


# -- one module -------------------------------------------------------------------------------------------------------


def _module(archive: Archive, collect: Collector, app: _App) -> None:
    name = description_of(archive)
    collect.reading = archive.place(name)
    data = collect.read(archive, name, *_EVERYTHING, limit=MAX_DESCRIPTION)
    described = parse(data) if data is not None else None
    if data is not None and described is None:
        reason = Text(zh="不是有效的 JSON，其中的权限和组件未读取", en="is no JSON, so its permissions and abilities were not read")
        collect.gap(archive.place(name), "", reason, *_EVERYTHING)
    resources = _resources(archive, collect, asked=described)
    module = read_module(described or {}, Place(collect, archive.place(name)), resources)
    app.modules.append((archive.place(name), module))
    app.signers.update(read_signature(archive, collect))
    if not app.modules[1:]:
        collect.about = _about(app)
    version = _bytecode(archive, collect, app, module)
    devices = (described or {}).get("module")
    listed = devices.get("deviceTypes", devices.get("deviceType")) if isinstance(devices, dict) else None
    if module.name:
        collect.fact(
            FactKind.ARK_MODULE,
            module.name,
            archive.place(name),
            value=module.type,
            devices=", ".join(one for one in listed if isinstance(one, str)) if isinstance(listed, list) else "",
            package=module.package,
            version=version,
        )
    _package_lists(archive, collect, app, module)
    _libraries(archive, collect)
    read_hybrid(View.of(archive, _as_android(archive)), collect)


def _resources(archive: Archive, collect: Collector, *, asked: object) -> Resources | None:
    """Return the texts of a module; None where they could not be read."""
    if INDEX not in archive:
        return Resources()
    # only where a text is referred to does anything hang on it
    hides = (Table.HARMONY_PERMISSIONS,) if '"reason"' in json.dumps(asked) else ()
    data = collect.read(archive, INDEX, *hides, limit=_MAX_INDEX)
    if data is None:
        return None
    record_texts(collect, archive.place(INDEX), data)
    try:
        return read_resources(data)
    except ResourceError as error:
        reason = Text(
            zh=f"资源索引无法读取（{error}），应用名称和权限申请理由未知",
            en=f"cannot be read ({error}): the app's name and the reasons of its permissions are unknown",
        )
        collect.gap(archive.place(INDEX), "", reason, *hides)
        return None


def _bytecode(archive: Archive, collect: Collector, app: _App, module: Module) -> str:
    """Record what the names in a module's bytecode tell; return its version."""
    version = ""
    names = sorted(name for name in archive if name.endswith(".abc"))
    for name in names:
        place = archive.place(name)
        data = collect.read(archive, name, *_CODE, limit=_MAX_BYTECODE)
        if data is None:
            continue
        if not data.startswith(MAGIC):
            collect.gap(place, "", _ENCRYPTED, *_CODE)
            continue
        try:
            bytecode = read_abc(data)
        except AbcError as error:
            reason = Text(
                zh=f"方舟字节码已损坏（{error}），其中的软件包和调用未读取；请重新获取安装包",
                en=f"is damaged bytecode ({error}), whose packages and calls were not read; get the build again",
            )
            collect.gap(place, "", reason, *_CODE)
            continue
        version = version or bytecode.version
        app.bytecode = app.bytecode or place
        _names(bytecode, place, module, app)
        if bytecode.unread:
            reason = Text(
                zh=f"有 {bytecode.unread} 个模块的导入关系无法读取",
                en=f"holds {bytecode.unread} modules whose imports cannot be read",
            )
            collect.gap(place, "", reason, *_CODE)
        record_hosts(collect, place, data)
        record_texts(collect, place, data)
    code = View.of(archive, {name: name for name in archive if name.endswith((".dex", ".apk", ".jar"))})
    dex = read_dex_files(code, collect, record_embedded)
    if dex:
        first = next((name for name in archive if name.endswith(".dex")), description_of(archive))
        collect.gap(archive.place(first), "", _JAVA, Table.DATA)
    if module.scripted and not names and not dex:
        collect.gap(archive.place(description_of(archive)), "", _NO_CODE, *_CODE)
    return version


def _names(bytecode: Bytecode, place: str, module: Module, app: _App) -> None:
    for class_, requests in bytecode.modules:
        defined = named(class_)
        if defined is not None:
            app.code[defined.package, defined.version, place, module.name] += 1
        for request in requests:
            if request.startswith(_SYSTEM):
                app.system.setdefault(request, (place, class_))
            elif (found := requested(request)) is not None:
                app.imported.setdefault((found.package, found.version), (place, module.name))


def _package_lists(archive: Archive, collect: Collector, app: _App, module: Module) -> None:
    """Note the packages that files written by the build tool list; those needed for tests alone are among them."""
    for name, reader in ((_PACKAGES, _context_packages), (_SOURCE_MAPS, _mapped_packages)):
        if name not in archive:
            continue
        data = collect.read(archive, name, limit=_MAX_LIST)
        described = parse(data) if data is not None else None
        for found in reader(described or {}):
            app.listed.setdefault(found, (archive.place(name), module.name))


def _context_packages(described: dict[str, object]) -> Iterator[tuple[str, str]]:
    """Yield (package, version) of a ``pkgContextInfo.json``; what is native code or a module of the app has its own facts."""
    for name, one in described.items():
        if isinstance(one, dict) and one.get("isSO") is not True and not one.get("moduleName"):
            version = one.get("version")
            yield name, version if isinstance(version, str) else ""


def _mapped_packages(described: dict[str, object]) -> Iterator[tuple[str, str]]:
    """Yield (package, version) of the keys of a source map: ``module|package|version|path``, or a path before API level 12."""
    for key in described:
        parts = key.split("|")
        if len(parts) >= 4:
            yield parts[1], parts[2]
        elif (found := requested(key)) is not None:
            yield found.package, found.version


def _libraries(archive: Archive, collect: Collector) -> None:
    paths = [name for name in archive if name.startswith("libs/") and name.endswith(".so") and name.count("/") == 2]
    record_native(archive, paths, collect)


def _as_android(archive: Archive) -> dict[str, str]:
    """Return the files of script layers under the names an APK has for them: frameworks keep their own folders the same."""
    files: dict[str, str] = {}
    for name in archive:
        if name.startswith("resources/rawfile/"):
            files[f"assets/{name.removeprefix('resources/rawfile/')}"] = name
        elif name.startswith("libs/"):
            files[f"lib/{name.removeprefix('libs/')}"] = name
    return files


# -- all of them ------------------------------------------------------------------------------------------------------


def _about(app: _App) -> IdentityFacts:
    """Return what the app is: by its entry module, else by the first."""
    modules = [one for _, one in app.modules]
    main = next((one for one in modules if one.type == "entry" and one.bundle), None) or next(
        (one for one in modules if one.bundle), modules[0] if modules else None
    )
    signers = tuple(sorted(app.signers, key=lambda one: one.sha256))
    if main is None:
        return IdentityFacts("", "", "", "", signers)
    return IdentityFacts(main.bundle, main.label, main.version, main.version_code, signers)


def _settled(app: _App, collect: Collector) -> IdentityFacts:
    """Record what shows only when every module is read: whose the packages are, and which modules are missing."""
    own = {one.bundle for _, one in app.modules} | {one.name for _, one in app.modules} | {one.package for _, one in app.modules}
    defined = {package for package, *_ in app.code}
    for (package, version, file, module), count in sorted(app.code.items()):
        if package not in own:
            collect.fact(FactKind.ARK_PACKAGE, package, file, value=version, by=module, modules=str(count), **{"as": "code"})
    for how, found in (("import", app.imported), ("listed", app.listed)):
        for (package, version), (file, module) in sorted(found.items()):
            if package not in own and package not in defined:
                collect.fact(FactKind.ARK_PACKAGE, package, file, value=version, by=module, **{"as": how})
                if how == "import":
                    defined.add(package)
    for request, (file, class_) in sorted(app.system.items()):
        collect.fact(FactKind.SCRIPT_MODULE, request, file, class_[1:-1], by=ARKTS, **{"as": "import"})
    if app.bytecode:
        collect.gap(app.bytecode, "", _NOT_FOLLOWED, Table.DATA)
    _missing(app, collect)
    return _about(app)


def _missing(app: _App, collect: Collector) -> None:
    """Say which modules the read ones need and nobody gave."""
    there = {one.name for _, one in app.modules}
    for place, module in app.modules:
        for need in module.needs:
            if need.bundle:
                reason = Text(
                    zh=f"依赖另一应用 {need.bundle} 的模块 {need.name}，其代码不在包内，未读取",
                    en=f"needs the module {need.name} of another app, {need.bundle}, whose code is not here and was not read",
                )
                collect.gap(place, f"dependencies {need.bundle}/{need.name}", reason, *_CODE)
            elif need.name not in there:
                reason = Text(
                    zh=f"依赖同一应用的模块 {need.name}，但未提供，其权限和代码未读取；请提供 APP 包，或放有全部 HAP 和 HSP 的目录",
                    en=f"needs the module {need.name} of the same app, which was not given, so its permissions and code were not read;"
                    " give the .app pack, or a folder with all HAPs and HSPs",
                )
                collect.gap(place, f"dependencies {need.name}", reason, *_EVERYTHING)


"""What is fuzzed: each reader, the files it starts from, and the errors it may raise."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from tests.forge.apk import Permission, component, simple_apk
from tests.forge.archive import DEFLATED, Entry, write_zip

__all__ = ["CORPUS", "TARGETS", "Target", "regressions"]

ROOT = Path(__file__).parents[2]
CORPUS = Path(__file__).with_name("corpus")
_PERMISSIONS = ("CAMERA", Permission(name="READ_CONTACTS", max_sdk=28))


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One reader."""

    read: Callable[[bytes], None]
    """Reads the bytes; raises nothing but what is listed next, whatever they are."""
    refuses: tuple[str, ...] = ()
    """The errors by which it says that the bytes are not what it reads; by name, as readers are imported when they run."""
    seeds: Callable[[], list[bytes]]
    """Sound files, of our own making."""
    archive: bool = False
    """The files are archives: most changes are made inside them."""

    def takes(self, data: bytes) -> bool:
        """Read the bytes, and tell whether they were taken for what they should be; any other error is the reader's fault."""
        try:
            self.read(data)
        except Exception as error:
            if type(error).__name__ not in self.refuses:
                raise
            return False
        return True


@cache
def regressions(name: str) -> dict[str, bytes]:
    """Return the inputs made to bring a target down, and those that once did, by their cause."""
    from tests.fuzz.hostile import HOSTILE

    found = HOSTILE[name]() if name in HOSTILE else {}
    return {**found, **{path.stem: path.read_bytes() for path in sorted((CORPUS / name).glob("*.bin"))}}


# -- what the readers are given ----------------------------------------------------------------------------------------


@cache
def _knowledge() -> Any:
    from auditor.knowledge.load import load

    return load()


@cache
def _lens() -> Any:
    from auditor.pipeline import lens_of

    return lens_of(_knowledge(), calls=True)


@cache
def _place() -> str:
    """Return a path of this process alone, in memory where there is such a place."""
    memory = "/dev/shm"
    return tempfile.mkdtemp(prefix="auditor-fuzz.", dir=memory if os.access(memory, os.W_OK) else None)


def _file(data: bytes, name: str) -> Path:
    path = Path(_place()) / name
    path.write_bytes(data)
    return path


def _collector() -> Any:
    from auditor.extract.collector import Collector

    return Collector(_lens())


def _sound(gaps: Iterator[Any] | tuple[Any, ...]) -> None:
    """Hold gaps to what they are for: a reader's own mistake is none of them."""
    for gap in gaps:
        assert "unexpected error" not in gap.reason.en, f"{gap.location}: {gap.reason.en}"


# -- containers --------------------------------------------------------------------------------------------------------


def _archive(data: bytes) -> None:
    from auditor.archive import Archive, Limits, Unreadable

    def read(archive: Archive) -> None:
        with suppress(Unreadable):
            archive.before_directory(b"APK Sig Block 42")
        assert archive.oddities() is not None
        for name in list(archive)[:50]:
            archive.place(name).encode()
            archive.magic(name)
            with suppress(Unreadable):
                archive.read(name)
            with suppress(Unreadable), archive.nested(name) as inner:
                read(inner)

    limits = Limits(entry_bytes=1 << 20, total_bytes=1 << 24)
    with Archive.open(_file(data, "archive.apk"), limits) as archive:
        read(archive)


def _archive_seeds() -> list[bytes]:
    inner = write_zip([Entry(name="a.txt", data=b"words", method=DEFLATED)])
    entries = [
        Entry(name="AndroidManifest.xml", data=b"content", method=DEFLATED),
        Entry(name="中文.txt", data=b"x" * 40, encoding="gbk"),
        Entry(name="inner.zip", data=inner),
        Entry(name="d", data=b"streamed", method=DEFLATED, descriptor=True),
        Entry(name="e", data=b"large", size=1 << 33),
        Entry(name="AndroidManifest.xml", data=b"again"),
        Entry(name="x", data=b"secret", encrypted=True),
        Entry(name="../up", data=b"up", claimed_method=99, extra=b"\1\0\x10\0" + bytes(16)),
    ]
    return [write_zip(entries), write_zip(entries[:3], prefix=b"MZ", suffix=b"tail"), write_zip([], comment=b"PK\5\6" + bytes(18))]


def _build(data: bytes, name: str) -> None:
    from auditor.archive import Limits
    from auditor.extract import extract

    limits = Limits(entry_bytes=8 << 20, total_bytes=64 << 20)
    _sound(extract(_file(data, name), lens=_lens(), limits=limits).gaps)


def _apk_seeds() -> list[bytes]:
    from tests.forge.dex import Class, write_dex
    from tests.forge.elf import write_elf

    inner = write_zip([Entry(name="classes.dex", data=write_dex([Class(name="com.inner.Plugin")]), method=DEFLATED)])
    return [
        simple_apk(permissions=_PERMISSIONS, components=[component("service", "com.umeng.Service")], compress=compress, files=files)
        for compress, files in (
            (False, {"assets/plugin.zip": inner}),
            (True, {"lib/arm64-v8a/liba.so": write_elf("liba.so", exports=["Java_com_a_B_c"])}),
            (False, {"assets/www/cordova.js": b"cordova", "assets/www/index.js": b"navigator.camera.getPicture()"}),
            (False, {"assets/apps/__UNI__1/www/manifest.json": b'{"id":"__UNI__1","plus":{}}', "assets/a.xml": b"<hbuilder/>"}),
        )
    ]


def _splits_seeds() -> list[bytes]:
    base = simple_apk(permissions=_PERMISSIONS)
    info = b'{"package_name":"com.example.app","split_apks":[{"file":"base.apk","id":"base"}]}'
    return [write_zip([Entry(name="base.apk", data=base), Entry(name="manifest.json", data=info)])]


def _bundle_seeds() -> list[bytes]:
    from tests.forge.apk import manifest
    from tests.forge.bundle import Module, write_bundle, write_resources_pb

    module = Module(
        manifest=manifest(package="com.example.app", permissions=_PERMISSIONS),
        classes=["com.example.app.MainActivity"],
        files={"resources.pb": write_resources_pb({"app_name": {"": "Example"}})},
    )
    return [write_bundle({"base": module})]


def _ipa_seeds() -> list[bytes]:
    from tests.forge.ipa import collected, privacy_manifest, simple_ipa, write_profile, write_strings

    return [
        simple_ipa(
            usage={"NSCameraUsageDescription": "用于扫码"},
            classes=("AppDelegate", "GeTuiSdk"),
            entitlements={"get-task-allow": True},
            strings={"en": write_strings({"NSCameraUsageDescription": "Scan"})},
            privacy=privacy_manifest(collected("DeviceID")),
            files={"embedded.mobileprovision": write_profile("ABCDE12345")},
        )
    ]


def _jar_seeds() -> list[bytes]:
    from tests.forge.classfile import library_manifest, write_aar, write_class, write_jar

    code = {"com.example.sdk.A": write_class("com.example.sdk.A", methods=["a(I)V"], strings=["words"])}
    return [write_jar(code), write_aar(library_manifest(), code)]


# -- Android -----------------------------------------------------------------------------------------------------------


def _axml(data: bytes) -> None:
    from auditor.extract.android.axml import read_axml

    for element in read_axml(data).all("uses-permission"):
        element.get("name").encode("utf-8", "surrogatepass")


def _manifest(data: bytes) -> None:
    from auditor.extract.android.manifest import read_manifest
    from auditor.extract.collector import Place

    collect = _collector()
    read_manifest(data, Place(collect, "AndroidManifest.xml"))
    assert collect.facts is not None


def _axml_seeds() -> list[bytes]:
    from tests.forge.apk import defined_permission, launcher, manifest
    from tests.forge.axml import write_axml

    root = manifest(
        package="com.example.app",
        permissions=_PERMISSIONS,
        components=[component("activity", ".Main", launcher()), component("provider", "com.a.B")],
        before_application=[defined_permission("com.example.app.P")],
    )
    return [write_axml(root), write_axml(root, utf8=True), write_axml(root, names=False)]


def _arsc(data: bytes) -> None:
    from auditor.extract.android.resources import ResourceError, Resources

    resources = Resources(data)
    resources.paths({"string", "drawable"})
    for reference in ("@0x7f010000", "@0x7f010001", "@0x7f020000", "?0x7f010000"):
        with suppress(ResourceError):
            for _, text in resources.strings(reference):
                text.encode("utf-8", "surrogatepass")


def _arsc_seeds() -> list[bytes]:
    from tests.forge.arsc import Resource, write_arsc
    from tests.forge.axml import Reference

    resources = [
        Resource("string", "app_name", {"": "Example", "zh": "示例", "zh-rCN": "例子"}),
        Resource("string", "other", {"": Reference(0x7F010000), "en": Reference(0x7F010001)}),
        Resource("drawable", "icon", {"hdpi": "res/a.png", "": "res/b.png"}),
    ]
    return [write_arsc("com.example.app", resources), write_arsc("com.example.app", resources, utf8=False)]


def _dex(data: bytes) -> None:
    """Read tables, code and calls of a DEX file; where the C twin is built, both have to agree."""
    from auditor.extract.android.code import read_code
    from auditor.extract.android.dex import read_dex

    collect = _collector()
    read_code(data, 0, "classes.dex", _lens(), collect)
    assert collect.facts is not None
    assert collect.units is not None
    collect.flow()
    _sound(collect.gaps)
    _compare_twins(data)
    read_dex(data)


def _compare_twins(data: bytes) -> None:
    """Read tables and code of a DEX file with both twins, which have to tell the same."""
    from array import array

    from auditor.extract.android import names, walk

    number = int.from_bytes(data[0x38:0x3C], "little")
    flags = bytes(index % 7 for index in range(min(number, 1 << 12)))
    every = b"\1" * (1 << 12)
    types = ("a.A", "", "b.B")
    _same(names.read_strings, names.read_strings_python, data)
    _same(names.find_strings, names.find_strings_python, data, (b"getDeviceId", b"", b"Lcom/example/One;", b"V"))
    _same(names.type_names, names.type_names_python, data, len(data))
    for place in (names.METHODS, names.FIELDS):
        _same(names.members, names.members_python, data, place, flags)
    _same(names.methods, names.methods_python, data, array("I", [0, 1, 2, 7, 1 << 20]), types)
    walked = _same(walk.walk, walk.walk_python, data, walk.Wanted(every, every, every, every))
    if isinstance(walked, walk.Walked):
        _same(names.callers, names.callers_python, data, walked.records, types)
        for wanted in (walk.Wanted(methods=b"\0\0\1"), walk.Wanted(b"\1", b"\1", b"\0\1" * 20, b"\0\1")):
            few, same = walk.walk(data, 0, wanted), walk.walk_python(data, 0, wanted)
            # of methods that hold nothing wanted only the C twin sees whether they end as they should
            told = [(one.records, one.bad_classes, one.exhausted) for one in (few, same)]
            assert few.exhausted or (told[0] == told[1] and few.bad_methods >= same.bad_methods), "walk: the twins differ"
    _same(walk.class_edges, walk.class_edges_python, data)


def _same(native: Callable[..., Any], python: Callable[..., Any], data: bytes, *more: Any) -> Any:
    found, expected = _outcome(native, data, *more), _outcome(python, data, *more)
    # where the budget ends, each may have come a little further than the other
    if not (getattr(found, "exhausted", False) and getattr(expected, "exhausted", False)):
        assert found == expected, f"{native.__name__}: the twins differ"
    return found


def _outcome(reader: Callable[..., Any], data: bytes, *more: Any) -> Any:
    try:
        return reader(data, 0, *more)
    except ValueError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - compared by its kind
        return type(error).__name__


def _callgraph(data: bytes) -> None:
    """Build the call graph with both twins, which have to tell the same."""
    from array import array

    from auditor.extract.android.callgraph import call_graph, descriptor_of, steps_for
    from auditor.extract.android.callgraph_python import CallGraphPython

    told = []
    for twin in (CallGraphPython, call_graph):
        graph: Any = twin(_lens().entrances.callbacks)
        try:
            cut = graph.add(data, 0, len(data))
        except ValueError as error:
            told.append([str(error)])
            continue
        linked = graph.link()
        classes = [graph.type_of(name) for name in graph.classes()]
        methods = [one for type_ in classes for one in graph.methods(type_)]
        roots = array("I", [number for number, name, _ in methods if name.startswith(b"on")])
        heirs = sorted(graph.heirs(descriptor_of("android.app.Activity")))
        grown = graph.grow(roots, array("I", classes[::2]), array("I", classes[::5]), True, -1, steps_for(graph))
        told.append([cut, linked, list(graph.classes()), methods, [graph.parent(one) for one in classes], heirs, grown])
    assert told[0] == told[1], "the twins differ"


def _dex_seeds() -> list[bytes]:
    from tests.forge.dex import Class, Field, Method, write_dex

    calls = [
        "android.telephony.TelephonyManager.getDeviceId()Ljava/lang/String;",
        "com.example.Two.second()V",
    ]
    one = Class(
        name="com.example.One",
        superclass="android.app.Activity",
        fields=[Field(name="NAME", static=True, value="https://api.example.com/a")],
        methods=[Method(name="onCreate(Landroid/os/Bundle;)V", calls=calls)],
    )
    two = Class(name="com.example.Two", superclass="com.example.One", methods=[Method(name="second()V", calls=calls[:1])])
    return [write_dex([one, two]), write_dex([two]), write_dex([Class(name="a.B")])]


def _elf(data: bytes) -> None:
    from auditor.extract.android.elf import dynamic_names, java_method

    for name in dynamic_names(lambda length: data[:length]) or ():
        java_method(name)


def _elf_seeds() -> list[bytes]:
    from tests.forge.elf import ABIS, write_elf

    return [write_elf("liba.so", abi=abi, exports=["Java_com_a_B_c_1d__I", "JNI_OnLoad"], strings=["libc.so"]) for abi in ABIS]


def _signing_block(data: bytes) -> None:
    """Read the signatures of an APK whose signing block is the bytes."""
    from auditor.archive import Archive
    from auditor.extract.android.signer import Levels, read_signers

    apk = write_zip([Entry(name="AndroidManifest.xml", data=b"x")], before_directory=data)
    with Archive.open(_file(apk, "signed.apk")) as archive:
        read_signers(archive, _collector(), Levels(21, 34, 1))


def _signing_block_seeds() -> list[bytes]:
    from tests.forge.sign import sign_apk

    seeds = []
    for schemes in (("v2",), ("v2", "v3")):
        signed = sign_apk([Entry(name="AndroidManifest.xml", data=b"x")], schemes)
        end = signed.rindex(b"APK Sig Block 42") + 16
        size = int.from_bytes(signed[end - 24 : end - 16], "little")
        seeds.append(signed[end - size - 8 : end])
    return seeds


def _cms(data: bytes) -> None:
    from auditor.extract.certificates import signer_certificate, subject_of

    if subject_of(data) is None:
        subject_of(signer_certificate(data))


def _cms_seeds() -> list[bytes]:
    import zipfile

    from tests.forge.sign import certificate, sign_apk

    signed = sign_apk([Entry(name="AndroidManifest.xml", data=b"x")], ("v1",))
    with zipfile.ZipFile(_file(signed, "v1.apk")) as apk:
        block = next(apk.read(name) for name in apk.namelist() if name.endswith(".RSA"))
    return [block, certificate()]


def _bundle_xml(data: bytes) -> None:
    from auditor.extract.android.bundle_xml import BundleResources, read_bundle_manifest
    from auditor.extract.android.manifest import ManifestError
    from auditor.extract.android.resources import ResourceError
    from auditor.extract.collector import Place

    with suppress(ManifestError):
        read_bundle_manifest(data, Place(_collector(), "base/manifest/AndroidManifest.xml"))
    BundleResources(data).paths({"string"})
    for reference in ("@0x7f010000", "@string/app_name"):
        with suppress(ResourceError):
            BundleResources(data).string(reference)


def _bundle_xml_seeds() -> list[bytes]:
    from tests.forge.apk import manifest
    from tests.forge.bundle import write_proto_xml, write_resources_pb

    root = manifest(package="com.example.app", permissions=_PERMISSIONS, components=[component("service", "a.B")])
    strings = {"app_name": {"": "Example", "zh": "示例"}, "other": {"": "@string/app_name"}}
    return [write_proto_xml(root), write_proto_xml(root, raw=False), write_resources_pb(strings)]


# -- iOS ---------------------------------------------------------------------------------------------------------------


def _macho(data: bytes) -> None:
    from auditor.extract.ios.macho import read_macho

    for image in read_macho(data, _lens()).images:
        for name in image.classes:
            name.encode("utf-8", "surrogatepass")


def _macho_seeds() -> list[bytes]:
    from tests.forge.macho import Signing, write_fat, write_macho, write_object, write_static_library

    sound = {
        "methods": {"AppDelegate": {"start": ["+UIDevice", "@identifierForVendor", '"words']}},
        "classes": ["AppDelegate", "_TtC5Other4View"],
        "strings": ["https://api.example.com/a"],
        "imports": {"_OBJC_CLASS_$_UIDevice": "/System/Library/Frameworks/UIKit.framework/UIKit"},
        "signing": Signing(identifier="com.example", entitlements={"get-task-allow": True}),
    }
    images = [write_macho(**sound, pointer_format=form, export_classes=bool(form)) for form in (0, 2, 6)]
    old = write_macho(arch="armv7", classes=["Old"])
    return [*images, old, write_fat({"armv7": old, "arm64": images[0]}), write_static_library({"a.o": write_object(classes=["Kit"])})]


def _plist(data: bytes) -> None:
    from auditor.extract.ios.plist import read_plist

    read_plist(data)


def _plist_seeds() -> list[bytes]:
    from tests.forge.ipa import write_plist, write_strings

    values = {"CFBundleIdentifier": "com.example", "UIDeviceFamily": [1, 2], "LSRequiresIPhoneOS": True, "中文": {"a": 1.5, "b": b"data"}}
    return [
        write_plist(values),
        write_plist(values, binary=False),
        write_strings({"NSCameraUsageDescription": "用于扫码"}),
        write_strings({"NSCameraUsageDescription": "Scan"}, encoding="utf-16"),
        b'{ a = "b"; c = (1, 2); d = <0a0b>; }',
    ]


def _signature(data: bytes) -> None:
    from auditor.extract.ios.signature import read_signature

    read_signature(data, certificate=True)


def _signature_seeds() -> list[bytes]:
    from auditor.extract.ios.macho import read_macho
    from tests.forge.macho import Signing, write_macho

    signings = (
        Signing(identifier="com.example", entitlements={"aps-environment": "production", "groups": ["a", "b"]}, team="ABCDE12345"),
        Signing(identifier="com.example", entitlements={"get-task-allow": True}, der_only=True, cms=_cms_seeds()[0]),
    )
    return [read_macho(write_macho(signing=one)).images[0].signature for one in signings]


# -- other code --------------------------------------------------------------------------------------------------------


def _hermes(data: bytes) -> None:
    from auditor.extract.hybrid.hermes import read_hermes

    read_hermes(data)


def _hermes_seeds() -> list[bytes]:
    from tests.forge.hermes import write_hermes

    return [write_hermes(["a", "getLocation", "示例", "react-native-device-info"], version=version) for version in (74, 84, 96)]


def _hap_seeds() -> list[bytes]:
    from tests.forge.hap import Hap, app_pack, asks, profile, stage_module

    described = stage_module(permissions=[asks("CAMERA", "$string:camera", "inuse", "EntryAbility")])
    signed = Hap(described=described, profile=profile("cn.example.shop", "ohos.permission.READ_CONTACTS"), packages={"@a/b": {}})
    return [signed.build(), app_pack({"entry.hap": signed, "library.hsp": Hap(described=stage_module("library", "shared"), newer=True)})]


def _abc(data: bytes) -> None:
    from auditor.extract.harmony.abc import named, read_abc, requested

    for class_, requests in read_abc(data).modules:
        named(class_)
        for request in requests:
            requested(request)


def _abc_seeds() -> list[bytes]:
    from tests.forge.hap import write_abc

    modules = {"&entry/Index&": ("@ohos:router", "@normalized:N&&&@acme/push/Index&1.2.0"), "&@acme/push/Index&1.2.0": ()}
    return [write_abc(modules), write_abc({"cn.example/entry/ets/Index": ("@ohos:hilog",)}, version=(9, 0, 0, 0))]


def _resource_index(data: bytes) -> None:
    from auditor.extract.harmony.resources import read_resources

    read = read_resources(data)
    for name in read.by_name:
        read.texts(f"$string:{name}")


def _resource_index_seeds() -> list[bytes]:
    from tests.forge.hap import write_index

    strings = {"app_name": {"base": "Shop", "zh_CN": "小店"}, "indirect": {"base": "$string:app_name"}}
    return [write_index(strings), write_index(strings, newer=True)]


def _flutter(data: bytes) -> None:
    from auditor.extract.hybrid.flutter import is_snapshot, packages, strings_of

    is_snapshot(data)
    packages(data)
    list(strings_of(data, ["plugins.flutter.io/path_provider", "getDeviceInfo"]))


def _flutter_seeds() -> list[bytes]:
    from tests.forge.elf import write_elf

    texts = ["package:device_info_plus/device_info_plus.dart", "plugins.flutter.io/path_provider", "_kDartVmSnapshotData"]
    return [write_elf("libapp.so", exports=["_kDartVmSnapshotData"], strings=texts)]


def _classfile(data: bytes) -> None:
    from auditor.extract.jvm.classfile import read_class

    found = read_class(data)
    assert found.classes is not None
    assert found.members is not None
    assert found.strings is not None


def _classfile_seeds() -> list[bytes]:
    from tests.forge.classfile import Field, write_class

    return [
        write_class("a.B", methods=["m(ILjava/lang/String;)V"], strings=["words"], refers=["java.io.File.delete()Z"]),
        write_class("a.C", fields=[Field("V", "Ljava/lang/String;", "1.0")], interfaces=["java.lang.Runnable"], version=45),
    ]


# -- what users write --------------------------------------------------------------------------------------------------


def _policy(data: bytes, name: str) -> None:
    from auditor.policy.extract import extract_policy
    from auditor.policy.lint import lint_document
    from auditor.policy.read import read_document

    document = read_document(_file(data, name), name)
    lint_document(document, extract_policy(document, _knowledge()).declaration)


def _policy_seeds(format_: str) -> list[bytes]:
    from tests.forge.policies import SDK_LAYOUTS, forge_policy

    return [forge_policy(seed, layout, "", format_).data for seed, layout in enumerate(list(SDK_LAYOUTS)[:3])]


def _pdf_seeds() -> list[bytes]:
    from tests.forge.documents import Page, pdf

    page = Page().text(50, 60, "隐私政策 Privacy policy").text(50, 90, "SDK").box([50, 200, 400], [100, 120, 140])
    return [pdf(page), pdf(page.text(60, 115, "com.example.sdk").link(50, 60, 100, 70, "https://example.com"), Page())]


def _word_seeds() -> list[bytes]:
    from tests.forge.documents import cell, paragraph, table, word

    rows = table([cell("SDK", span=2)], [cell("a", merge="restart"), cell("com.example.sdk")])
    return [word(paragraph("隐私政策", style="Heading1"), rows, paragraph("一、", number=(1, 0)))]


def _declaration(data: bytes) -> None:
    from auditor.declaration.reader import parse_declaration

    parse_declaration(data, "declaration.yaml", _knowledge())


def _declaration_seeds() -> list[bytes]:
    short = b"app: Example\noperator: Example Ltd\npolicy: {file: policy.txt, effective: 2024-01-01}\npermissions: []\n"
    return [short, (ROOT / "declarations" / "tego.yaml").read_bytes()]


def _mapping(data: bytes) -> None:
    from auditor.beside.mapping import open_mapping

    names = open_mapping(_file(data, "mapping.txt"))
    for short in ("a.b.c", "a.b.d", "a", "R8$$REMOVED$$CLASS$$3"):
        names.members(names.class_(short))
        names.method(short, "a", "(La/b/d;)V")
        names.field(f"{short}.a")
    names.written(frozenset(("com.vendor.Foo", "com.vendor.Bar")))


def _mapping_seeds() -> list[bytes]:
    text = """\
# compiler: R8
# {"id":"com.android.tools.r8.mapping","version":"2.2"}
com.vendor.Foo -> a.b.c:
# {"id":"sourceFile","fileName":"Foo.java"}
    java.lang.String deviceId -> a
    1:4:void <init>():12:15 -> <init>
    2:2:java.lang.String com.vendor.Util.trim(java.lang.String):7:7 -> a
    3:9:boolean read(int,long[]):30:36 -> a
com.vendor.Bar -> a.b.d:
com.vendor.Gone -> R8$$REMOVED$$CLASS$$3:
"""
    return [text.encode(), text.replace("\n", "\r\n").encode(), b"a -> b:\n"]


def _merger(data: bytes) -> None:
    from auditor.beside.merger import read_merger_report

    read_merger_report(_file(data, "report.txt"))


def _merger_seeds() -> list[bytes]:
    return [
        b"-- Merging decision tree log ---\nmanifest\nADDED from /a/AndroidManifest.xml:2:1-40:12\n"
        b"MERGED from [com.vendor.push:core:4.8.1] /b/AndroidManifest.xml:2:1-30:12\n\tpackage\n\t\tINJECTED from /a\n"
        b"uses-permission#android.permission.CAMERA\nIMPLIED from /a:2:1-40:12 reason: because\n"
    ]


TARGETS: dict[str, Target] = {
    "archive": Target(read=_archive, refuses=("BuildError",), seeds=_archive_seeds),
    "apk": Target(read=partial(_build, name="build.apk"), refuses=("BuildError",), seeds=_apk_seeds, archive=True),
    "splits": Target(read=partial(_build, name="build.apks"), refuses=("BuildError",), seeds=_splits_seeds, archive=True),
    "bundle": Target(read=partial(_build, name="build.aab"), refuses=("BuildError",), seeds=_bundle_seeds, archive=True),
    "ipa": Target(read=partial(_build, name="build.ipa"), refuses=("BuildError",), seeds=_ipa_seeds, archive=True),
    "hap": Target(read=partial(_build, name="build.app"), refuses=("BuildError",), seeds=_hap_seeds, archive=True),
    "abc": Target(read=_abc, refuses=("AbcError",), seeds=_abc_seeds),
    "resource-index": Target(read=_resource_index, refuses=("ResourceError",), seeds=_resource_index_seeds),
    "library": Target(read=partial(_build, name="library.jar"), refuses=("BuildError",), seeds=_jar_seeds, archive=True),
    "axml": Target(read=_axml, refuses=("AxmlError",), seeds=_axml_seeds),
    "manifest": Target(read=_manifest, refuses=("ManifestError",), seeds=_axml_seeds),
    "arsc": Target(read=_arsc, refuses=("ResourceError",), seeds=_arsc_seeds),
    "dex": Target(read=_dex, refuses=("DexError",), seeds=_dex_seeds),
    "callgraph": Target(read=_callgraph, seeds=_dex_seeds),
    "elf": Target(read=_elf, seeds=_elf_seeds),
    "signing-block": Target(read=_signing_block, refuses=("BuildError",), seeds=_signing_block_seeds),
    "cms": Target(read=_cms, refuses=("CmsError",), seeds=_cms_seeds),
    "bundle-xml": Target(read=_bundle_xml, seeds=_bundle_xml_seeds),
    "macho": Target(read=_macho, refuses=("MachOError",), seeds=_macho_seeds),
    "plist": Target(read=_plist, refuses=("PlistError",), seeds=_plist_seeds),
    "code-signature": Target(read=_signature, seeds=_signature_seeds),
    "hermes": Target(read=_hermes, refuses=("HermesError",), seeds=_hermes_seeds),
    "flutter": Target(read=_flutter, seeds=_flutter_seeds),
    "classfile": Target(read=_classfile, refuses=("ClassFileError",), seeds=_classfile_seeds),
    "policy-html": Target(read=partial(_policy, name="policy.html"), refuses=("PolicyError",), seeds=partial(_policy_seeds, "html")),
    "policy-markdown": Target(read=partial(_policy, name="policy.md"), refuses=("PolicyError",), seeds=partial(_policy_seeds, "md")),
    "policy-text": Target(read=partial(_policy, name="policy.txt"), refuses=("PolicyError",), seeds=partial(_policy_seeds, "txt")),
    "policy-word": Target(read=partial(_policy, name="policy.docx"), refuses=("PolicyError",), seeds=_word_seeds, archive=True),
    "policy-pdf": Target(read=partial(_policy, name="policy.pdf"), refuses=("PolicyError",), seeds=_pdf_seeds),
    "declaration": Target(read=_declaration, refuses=("DeclarationError",), seeds=_declaration_seeds),
    "mapping": Target(read=_mapping, refuses=("SideFileError",), seeds=_mapping_seeds),
    "merger-report": Target(read=_merger, refuses=("SideFileError",), seeds=_merger_seeds),
}

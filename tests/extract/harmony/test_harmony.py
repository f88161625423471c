"""HAPs, HSPs and packs as wholes: what is read of them, from which module, and what stays in doubt."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.errors import BuildError
from auditor.extract import extract
from auditor.model import Build, BuildKind, FactKind, Platform, Table
from tests.forge.archive import Entry, write_zip
from tests.forge.dex import Class, write_dex
from tests.forge.elf import write_elf
from tests.forge.hap import Hap, app_pack, asks, fa_config, profile, stage_module, write_abc
from tests.forge.sign import CERTIFICATE_SHA256, SUBJECT

EVERYTHING = {Table.HARMONY_PERMISSIONS, Table.SDKS, Table.DATA}
CODE = {Table.SDKS, Table.DATA}


def facts(build: Build, kind: FactKind) -> list[tuple[str, str, str]]:
    return [(fact.name, fact.value, fact.by) for fact in build.of(kind)]


def gaps(build: Build) -> dict[tuple[str, str], set[Table]]:
    return {(gap.location.file, gap.location.at): set(gap.hides) for gap in build.gaps}


# -- one module -----------------------------------------------------------------------------------------------------


def test_who_the_app_is(read) -> None:
    about = read(Hap().build()).identity
    assert (about.platform, about.kind) == (Platform.HARMONYOS, BuildKind.APP)
    assert (about.app_id, about.label, about.version, about.version_code) == ("cn.example.shop", "Shop", "2.1.0", "2010000")
    assert about.signer == ()


def test_permissions_have_their_scene_and_their_reason_in_every_language(read) -> None:
    described = stage_module(permissions=[asks("CAMERA", "$string:camera", "inuse", "EntryAbility"), asks("INTERNET")])
    build = read(Hap(described=described).build())
    camera, internet = build.of(FactKind.PERMISSION)
    assert (camera.name, camera.by, camera.location.at) == ("ohos.permission.CAMERA", "entry", "requestPermissions[0]")
    assert dict(camera.traits) == {"reason": "$string:camera", "when": "inuse", "abilities": "EntryAbility"}
    assert (internet.name, internet.traits) == ("ohos.permission.INTERNET", ())
    assert facts(build, FactKind.PERMISSION_REASON) == [
        ("ohos.permission.CAMERA", "To scan product codes", "base"),
        ("ohos.permission.CAMERA", "用于扫描商品二维码", "zh_CN"),
    ]


def test_a_reason_that_leads_nowhere_is_an_empty_text_and_one_written_out_is_itself(read) -> None:
    described = stage_module(permissions=[asks("CAMERA", "$string:gone"), asks("MICROPHONE", "用于语音输入")])
    assert facts(read(Hap(described=described).build()), FactKind.PERMISSION_REASON) == [
        ("ohos.permission.CAMERA", "", "base"),
        ("ohos.permission.MICROPHONE", "用于语音输入", "base"),
    ]


def test_both_forms_of_resource_index_give_the_same(read) -> None:
    described = stage_module(permissions=[asks("CAMERA", "$string:camera")])
    older, newer = (read(Hap(described=described, newer=form).build()) for form in (False, True))
    assert older.facts == newer.facts
    assert older.identity.label == newer.identity.label == "Shop"


def test_levels_abilities_schemes_metadata_and_definitions(read) -> None:
    more = {
        "extensionAbilities": [{"name": "Backup", "type": "backup", "exported": False, "metadata": [{"name": "key", "value": "1"}]}],
        "metadata": [{"name": "appid", "value": "123"}],
        "definePermissions": [{"name": "cn.example.OPEN", "availableLevel": "normal", "grantMode": "system_grant"}],
        "querySchemes": ["weixin"],
    }
    build = read(Hap(described=stage_module(**more)).build())
    assert facts(build, FactKind.SDK_LEVEL) == [("min", "12", ""), ("target", "15", "")]
    assert facts(build, FactKind.COMPONENT) == [("Backup", "extension-ability", "entry"), ("EntryAbility", "ability", "entry")]
    assert facts(build, FactKind.URL_SCHEME) == [("shop", "", "EntryAbility")]
    assert facts(build, FactKind.QUERY_SCHEME) == [("weixin", "", "entry")]
    assert facts(build, FactKind.META_DATA) == [("appid", "123", ""), ("key", "1", "Backup")]
    assert facts(build, FactKind.PERMISSION_DEFINED) == [("cn.example.OPEN", "normal", "entry")]
    (module,) = build.of(FactKind.ARK_MODULE)
    assert (module.name, module.value) == ("entry", "entry")
    assert dict(module.traits) == {"devices": "phone, tablet", "package": "entry", "version": "12.0.6.0"}


def test_packages_are_told_by_code_by_imports_and_by_lists(read) -> None:
    imports = ("@ohos:router", "@normalized:N&&&@acme/push/Index&1.2.0", "@normalized:N&&&@far/away/Index&9.0.0")
    code = {
        "&entry/src/main/ets/pages/Index&": imports,
        "&@acme/push/src/main/ets/A&1.2.0": ("@ohos:identifier.oaid",),
        "&@acme/push/src/main/ets/B&1.2.0": (),
    }
    packages = {
        "entry": {"packageName": "entry", "version": "", "isSO": False},
        "@acme/push": {"version": "1.2.0", "isSO": False, "moduleName": ""},
        "@ohos/hypium": {"version": "1.0.21", "isSO": False, "moduleName": ""},
        "libcore.so": {"version": "", "isSO": True},
        "shared": {"version": "", "isSO": False, "moduleName": "shared"},
    }
    build = read(Hap(code=code, packages=packages).build())
    assert [(fact.name, fact.value, dict(fact.traits)) for fact in build.of(FactKind.ARK_PACKAGE)] == [
        ("@acme/push", "1.2.0", {"as": "code", "modules": "2"}),
        ("@far/away", "9.0.0", {"as": "import"}),
        ("@ohos/hypium", "1.0.21", {"as": "listed"}),
    ]
    assert facts(build, FactKind.SCRIPT_MODULE) == [("@ohos:identifier.oaid", "", "arkts"), ("@ohos:router", "", "arkts")]


def test_a_source_map_names_packages_too(read) -> None:
    keys = (
        "entry|@acme/push|1.2.0|src/main/ets/A.ts",
        "oh_modules/.ohpm/acme@3.1.4/oh_modules/acme/index.js",
        "entry/src/main/ets/pages/Index.ts",
    )
    maps = {"ets/sourceMaps.map": json.dumps({key: {"version": 3} for key in keys}).encode()}
    found = facts(read(Hap(files=maps).build()), FactKind.ARK_PACKAGE)
    assert found == [("@acme/push", "1.2.0", "entry"), ("acme", "3.1.4", "entry")]


def test_native_libraries_and_the_files_of_frameworks_are_read(read) -> None:
    files = {
        "libs/arm64-v8a/libcore.so": write_elf("libcore.so", exports=["Java_com_acme_A_run"]),
        "resources/rawfile/apps/__UNI__ABC/www/app-service.js": b"function a(){ var x = uni.getLocation({}); return x; }" + b" " * 64,
    }
    build = read(Hap(files=files).build())
    assert facts(build, FactKind.NATIVE_LIBRARY) == [("libcore.so", "arm64-v8a", "")]
    (library,) = build.of(FactKind.NATIVE_LIBRARY)
    assert library.location.file == "libs/arm64-v8a/libcore.so"
    assert [(fact.name, fact.location.file) for fact in build.of(FactKind.SCRIPT_LAYER)] == [
        ("uni-app", "resources/rawfile/apps/__UNI__ABC/www/app-service.js")
    ]


def test_bytecode_that_is_read_leaves_what_it_calls_in_doubt_and_nothing_else(read) -> None:
    assert gaps(read(Hap().build())) == {("ets/modules.abc", ""): {Table.DATA}}


@pytest.mark.parametrize(
    ("hap", "place", "hides", "says"),
    [
        (Hap(code=b"\x93\x11" + bytes(range(200))), ("ets/modules.abc", ""), CODE, "encrypted"),
        (Hap(code=write_abc({"&entry/Index&": ()})[:-2]), ("ets/modules.abc", ""), CODE, "damaged bytecode"),
        (Hap(code=None), ("module.json", ""), CODE, "has no bytecode"),
        (
            Hap(described=stage_module(needs=[{"moduleName": "library"}])),
            ("module.json", "dependencies library"),
            EVERYTHING,
            "module library of the same app, which was not given",
        ),
        (
            Hap(described=stage_module(needs=[{"moduleName": "library", "bundleName": "cn.other"}])),
            ("module.json", "dependencies cn.other/library"),
            CODE,
            "of another app, cn.other",
        ),
    ],
)
def test_what_is_hidden_and_why(read, hap, place, hides, says) -> None:
    build = read(hap.build())
    assert gaps(build)[place] == hides
    (reason,) = (gap.reason.en for gap in build.gaps if (gap.location.file, gap.location.at) == place)
    assert says in reason


def test_a_module_without_code_of_its_own_lacks_none(read) -> None:
    described = stage_module("assets", "shared")
    del described["module"]["virtualMachine"]
    assert gaps(read(Hap(described=described, code=None).build())) == {}


def test_a_damaged_resource_index_hides_permissions_only_where_a_reason_stands_in_it(read) -> None:
    broken = {"resources.index": b"Restool 5".ljust(128, b"\0") + b"\xff" * 8}
    reasons = stage_module(permissions=[asks("CAMERA", "$string:camera")])
    assert gaps(read(Hap(strings=None, files=broken).build()))["resources.index", ""] == set()
    build = read(Hap(described=reasons, strings=None, files=broken).build())
    assert gaps(build)["resources.index", ""] == {Table.HARMONY_PERMISSIONS}
    assert facts(build, FactKind.PERMISSION_REASON) == []


def test_the_older_model(read) -> None:
    scene = {"ability": [".MainAbility"], "when": "always"}
    described = fa_config({"name": "ohos.permission.LOCATION", "reason": "用于查找附近门店", "usedScene": scene})
    build = read(Hap(described=described, code=None, files={"classes.dex": b"dex\n035\0"}).build())
    about = build.identity
    assert (about.app_id, about.label, about.version, about.version_code) == ("cn.example.older", "Shop", "1.0.7", "7")
    (asked,) = build.of(FactKind.PERMISSION)
    assert dict(asked.traits) == {"reason": "用于查找附近门店", "when": "always", "abilities": ".MainAbility"}
    assert facts(build, FactKind.SDK_LEVEL) == [("min", "6", ""), ("target", "8", "")]
    assert facts(build, FactKind.COMPONENT) == [(".MainAbility", "ability", "entry")]


def test_java_code_of_the_older_model_is_read_and_what_it_calls_is_in_doubt(read) -> None:
    dex = write_dex([Class(name="com.acme.push.Client")])
    build = read(Hap(described=fa_config(), code=None, files={"classes.dex": dex}).build())
    assert [unit.classes for unit in build.code] == [("com.acme.push.Client",)]
    assert gaps(build)["classes.dex", ""] == {Table.DATA}


# -- signatures -----------------------------------------------------------------------------------------------------


def test_the_certificate_and_what_the_profile_opens(read) -> None:
    build = read(Hap(profile=profile("cn.example.shop", "ohos.permission.READ_CONTACTS")).build())
    (signer,) = build.identity.signer
    assert (signer.scheme, signer.sha256, signer.subject, signer.verified) == ("harmony", CERTIFICATE_SHA256, SUBJECT, None)
    assert facts(build, FactKind.PERMISSION_ALLOWED) == [("ohos.permission.READ_CONTACTS", "", "")]
    assert ("profile-type", "release", "") in facts(build, FactKind.SIGNING)
    assert ("profile-bundle", "cn.example.shop", "") in facts(build, FactKind.SIGNING)


def test_the_signing_block_is_no_oddity_of_the_archive_and_bytes_before_it_are(read) -> None:
    hap = Hap(profile=profile("cn.example.shop"))
    assert read(hap.build()).of(FactKind.ARCHIVE) == ()
    assert read(Hap().build()).of(FactKind.ARCHIVE) == ()
    (odd,) = read(hap.build(before_signature=b"hidden bytes" * 12)).of(FactKind.ARCHIVE)
    assert odd.name == "unlisted-bytes"


def test_a_damaged_signing_block_leaves_the_signer_unknown_and_no_table_in_doubt(read) -> None:
    whole = Hap(profile=profile("cn.example.shop")).build()
    at = whole.index(b"<hap sign block>")
    for damaged in (whole[: at - 8] + b"\xff" * 8 + whole[at:], whole[: at - 12] + b"\xff" * 4 + whole[at - 8 :]):
        build = read(damaged)
        assert build.identity.signer == ()
        assert gaps(build)["HAP Signing Block", ""] == set()


# -- several modules ------------------------------------------------------------------------------------------------


def _pack(**changes: object) -> bytes:
    entry = Hap(described=stage_module(permissions=[asks("CAMERA", "$string:camera")], needs=[{"moduleName": "library"}]))
    library = Hap(
        described=stage_module("library", "shared", permissions=[asks("MICROPHONE")]),
        code={"&library/Index&": ("@normalized:N&&&@acme/push/Index&1.2.0",), "&@acme/push/Index&1.2.0": ()},
    )
    return app_pack({"entry-default.hap": entry, "library-default.hsp": library}, **changes)  # type: ignore[arg-type]


def test_every_module_of_a_pack_is_read_with_where_it_stood(read) -> None:
    build = read(_pack())
    assert (build.identity.app_id, build.identity.label) == ("cn.example.shop", "Shop")
    assert [(fact.name, fact.by, fact.location.file) for fact in build.of(FactKind.PERMISSION)] == [
        ("ohos.permission.CAMERA", "entry", "entry-default.hap!/module.json"),
        ("ohos.permission.MICROPHONE", "library", "library-default.hsp!/module.json"),
    ]
    (package,) = build.of(FactKind.ARK_PACKAGE)
    assert (package.name, package.location.file) == ("@acme/push", "library-default.hsp!/ets/modules.abc")
    assert gaps(build) == {("entry-default.hap!/ets/modules.abc", ""): {Table.DATA}}


def test_a_module_the_pack_lists_and_does_not_hold_is_a_gap(read) -> None:
    build = read(_pack(listed=["entry", "library", "feature"]))
    assert gaps(build)["pack.info", "feature"] == EVERYTHING


def test_a_folder_of_modules_is_a_pack(tmp_path: Path) -> None:
    entry = Hap(described=stage_module(needs=[{"moduleName": "library"}]))
    (tmp_path / "entry.hap").write_bytes(entry.build())
    (tmp_path / "library.hsp").write_bytes(Hap(described=stage_module("library", "shared"), code={"&library/Index&": ()}).build())
    build = extract(tmp_path)
    assert build.identity.platform is Platform.HARMONYOS
    assert facts(build, FactKind.ARK_MODULE) == [("entry", "entry", ""), ("library", "shared", "")]
    assert set(gaps(build)) == {("entry.hap!/ets/modules.abc", "")}


def test_modules_of_several_apps_are_refused(read) -> None:
    other = Hap(described=stage_module(bundle="cn.other.app"))
    with pytest.raises(BuildError, match=r"several apps \(cn.example.shop, cn.other.app\)"):
        read(app_pack({"a.hap": Hap(), "b.hap": other}))


def test_what_only_has_the_name_of_a_module_is_a_gap(read) -> None:
    build = read(write_zip([Entry(name="entry.hap", data=b"nothing"), Entry(name="pack.info", data=b"{}")]))
    assert gaps(build)["entry.hap", ""] == EVERYTHING


# -- recognition ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["app.zip", "app.apk", "app", "app.app"])
def test_a_module_is_told_by_what_is_in_it(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(Hap().build())
    assert extract(path).identity.platform is Platform.HARMONYOS


@pytest.mark.parametrize("content", [b"{}", b"[1]", b'{"app": {"name": "x"}, "module": {}}', b"words"])
def test_a_json_file_of_such_a_name_makes_no_module(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(write_zip([Entry(name="module.json", data=content), Entry(name="config.json", data=content)]))
    with pytest.raises(BuildError, match="no app build"):
        extract(path)


def test_a_module_whose_description_is_damaged_is_read_and_in_doubt(read) -> None:
    build = read(Hap(files={"module.json": b'{"app": {"bundleName": "cn.exa'}).build())
    assert build.identity.platform is Platform.HARMONYOS
    assert gaps(build)["module.json", ""] == EVERYTHING


# -- hostile values -------------------------------------------------------------------------------------------------

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "reason", "usedScene", "x"]), inner, max_size=3),
    max_leaves=8,
)
_KEYS = ("name", "type", "packageName", "deviceTypes", "requestPermissions", "abilities", "dependencies", "metadata", "mainElement")


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from(_KEYS), _VALUES),
    st.dictionaries(st.sampled_from(["label", "versionName", "minAPIVersion"]), _VALUES),
)
def test_values_of_any_form_are_read_or_left_out(tmp_path_factory, module, app) -> None:
    described = stage_module()
    described["module"].update(module)
    described["app"].update(app)
    path = tmp_path_factory.mktemp("hap") / "a.hap"
    path.write_bytes(Hap(described=described).build())
    assert not [gap for gap in extract(path).gaps if "unexpected" in gap.reason.en]


def test_deep_json_is_no_crash(read) -> None:
    build = read(Hap(files={"module.json": b'{"app":' + b"[" * 100_000}).build())
    assert gaps(build)["module.json", ""] == EVERYTHING


@pytest.mark.parametrize("seed", range(40))
def test_a_changed_pack_is_read_or_refused(tmp_path: Path, seed: int) -> None:
    whole = bytearray(_pack())
    chosen = random.Random(seed)
    for _ in range(chosen.randint(1, 6)):
        whole[chosen.randrange(len(whole))] = chosen.randrange(256)
    path = tmp_path / "a.app"
    path.write_bytes(whole)
    try:
        build = extract(path)
    except BuildError:
        return
    assert not [gap for gap in build.gaps if "unexpected" in gap.reason.en]

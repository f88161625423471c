"""Whole APKs are genuine: aapt, apksigner, dexdump, zipalign and androguard read them without complaint."""

from __future__ import annotations

import io
import zipfile
from functools import partial
from pathlib import Path

import pytest
from loguru import logger

from tests.forge.apk import Permission, component, defined_permission, intent_filter, meta_data, simple_apk
from tests.forge.archive import Entry
from tests.forge.arsc import Resource
from tests.forge.axml import Element, Reference, Typed, write_axml
from tests.forge.conftest import Peer
from tests.forge.elf import ABIS, write_elf
from tests.forge.sign import CERTIFICATE_SHA256, SUBJECT

logger.disable("androguard")

LABELS = {"": "Tego", "zh-rCN": "特购", "en": "Tego!"}
PERMISSIONS: list[Permission | str] = [
    "CAMERA",
    Permission(name="READ_CONTACTS", max_sdk=22),
    Permission(name="NFC", sdk23=True),
    "com.example.app.permission.OWN",
]
rich_apk = partial(
    simple_apk,
    label=LABELS,
    permissions=PERMISSIONS,
    components=[
        component(
            "service",
            "com.example.app.Push",
            intent_filter("com.example.PUSH", schemes=("example",)),
            meta_data("text", "特购"),
            meta_data("number", 7),
            meta_data("colour", Reference(0x7F020000)),
            exported=False,
        ),
    ],
    before_application=[
        defined_permission("com.example.app.permission.OWN"),
        Element("uses-feature", {"android:name": "android.hardware.camera", "android:required": False}),
    ],
    resources=[Resource("color", "brand", {"": 0x00FF00})],
    classes=["com.example.sdk.Entry"],
)


def _write(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "app.apk"
    path.write_bytes(data)
    return path


@pytest.mark.peer
@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("utf8", [False, True])
def test_aapt_reads_the_manifest(peer: Peer, tmp_path: Path, compress: bool, utf8: bool) -> None:
    path = _write(tmp_path, rich_apk(compress=compress, utf8=utf8))
    badging = peer("aapt", "dump", "badging", path).splitlines()
    assert "package: name='com.example.app' versionCode='1' versionName='1.0.0'" in badging
    assert "sdkVersion:'21'" in badging
    assert "targetSdkVersion:'30'" in badging
    assert "application-label:'Tego'" in badging
    assert "application-label-zh-CN:'特购'" in badging
    assert "launchable-activity: name='com.example.app.MainActivity'  label='' icon=''" in badging
    assert peer("aapt", "dump", "permissions", path).splitlines() == [
        "package: com.example.app",
        "uses-permission: name='android.permission.CAMERA'",
        "uses-permission: name='android.permission.READ_CONTACTS' maxSdkVersion='22'",
        "uses-permission-sdk-23: name='android.permission.NFC'",
        "uses-permission: name='com.example.app.permission.OWN'",
        "permission: com.example.app.permission.OWN",
    ]


@pytest.mark.peer
def test_aapt_reads_the_resources(peer: Peer, tmp_path: Path) -> None:
    dump = peer("aapt", "dump", "--values", "resources", _write(tmp_path, rich_apk()))
    assert "resource 0x7f010000 com.example.app:string/app_name" in dump
    assert "resource 0x7f020000 com.example.app:color/brand" in dump
    assert "config zh-rCN" in dump


@pytest.mark.peer
@pytest.mark.parametrize(
    ("schemes", "level", "verified"),
    [
        (("v1", "v2"), 21, ["v1", "v2"]),
        (("v1", "v2", "v3"), 21, ["v1", "v2", "v3"]),
        (("v2",), 24, ["v2"]),
        (("v3",), 28, ["v3"]),
    ],
)
def test_apksigner_verifies(
    peer: Peer, tmp_path: Path, schemes: tuple[str, ...], level: int, verified: list[str]
) -> None:
    path = _write(tmp_path, rich_apk(schemes=schemes))
    options = ("--verbose", "--print-certs", "--min-sdk-version", str(level))
    output = peer("apksigner", "verify", *options, path)
    found = [scheme for scheme in ("v1", "v2", "v3") if f"using {scheme} scheme" in output]
    assert [scheme for scheme in found if f"{scheme} scheme" in output and _is_true(output, scheme)] == verified
    assert f"certificate SHA-256 digest: {CERTIFICATE_SHA256}" in output
    assert SUBJECT.replace(",", ", ") in output


def _is_true(output: str, scheme: str) -> bool:
    line = next(line for line in output.splitlines() if f"using {scheme} scheme" in line)
    return line.endswith(": true")


@pytest.mark.peer
def test_apksigner_verifies_v1_alone(peer: Peer, tmp_path: Path) -> None:
    path = _write(tmp_path, simple_apk(schemes=("v1",), target_sdk=29))
    assert _is_true(peer("apksigner", "verify", "--verbose", path), "v1")


@pytest.mark.peer
def test_dexdump_reads_the_code(peer: Peer, tmp_path: Path) -> None:
    dump = peer("dexdump", "-d", _write(tmp_path, rich_apk(calls=["static java.lang.System.gc()V"])))
    assert "'Lcom/example/app/MainActivity;'" in dump
    assert "'Lcom/example/sdk/Entry;'" in dump
    assert "invoke-static {}, Ljava/lang/System;.gc:()V" in dump


@pytest.mark.peer
def test_zipalign_finds_everything_aligned(peer: Peer, tmp_path: Path) -> None:
    libraries = {f"lib/{abi}/libx.so": write_elf("libx.so", abi=abi) for abi in ABIS}
    peer("zipalign", "-c", "-p", "4", _write(tmp_path, rich_apk(files=libraries)))


def test_androguard_reads_it(tmp_path: Path) -> None:
    from androguard.core.apk import APK

    apk = APK(str(_write(tmp_path, rich_apk())))
    assert apk.get_package() == "com.example.app"
    assert apk.get_app_name() == "Tego"
    assert set(apk.get_permissions()) >= {"android.permission.CAMERA", "com.example.app.permission.OWN"}
    assert apk.get_services() == ["com.example.app.Push"]
    assert [cert.sha256.hex() for cert in apk.get_certificates_v2()] == [CERTIFICATE_SHA256]


@pytest.mark.peer
@pytest.mark.parametrize("abi", ABIS)
def test_readelf_reads_the_libraries(peer: Peer, tmp_path: Path, abi: str) -> None:
    path = tmp_path / "libx.so"
    path.write_bytes(write_elf("libx.so", abi=abi, exports=["JNI_OnLoad", "Java_a_B_c"], strings=["https://a.cn"]))
    output = peer("llvm-readelf", "-a", path)
    assert "Library soname: [libx.so]" in output
    assert "Shared library: [libc.so]" in output
    assert {"JNI_OnLoad", "Java_a_B_c"} <= {line.split()[-1] for line in output.splitlines() if " FUNC " in line}


def test_the_same_recipe_gives_the_same_bytes() -> None:
    assert rich_apk() == rich_apk()


def test_edit_damages_the_archive() -> None:
    def edit(entries: list[Entry]) -> list[Entry]:
        return [entry for entry in entries if entry.name != "AndroidManifest.xml"]

    with zipfile.ZipFile(io.BytesIO(simple_apk(edit=edit))) as archive:
        assert archive.namelist() == ["classes.dex", "resources.arsc"]


def test_a_manifest_can_be_any_bytes() -> None:
    with zipfile.ZipFile(io.BytesIO(simple_apk(manifest_bytes=b"<manifest/>"))) as archive:
        assert archive.read("AndroidManifest.xml") == b"<manifest/>"


def test_attribute_names_can_be_left_to_their_ids(tmp_path: Path) -> None:
    from androguard.core.axml import AXMLPrinter

    root = Element("manifest", {"package": "a.b", "android:versionCode": 5, "android:versionName": Typed(0x03, 0)})
    assert "versionCode".encode("utf-16-le") not in write_axml(root, names=False)
    assert 'android:versionCode="5"' in AXMLPrinter(write_axml(root, names=False)).get_xml().decode()


def test_an_attribute_without_known_id_is_refused() -> None:
    with pytest.raises(ValueError, match="noSuchAttribute"):
        write_axml(Element("manifest", {"android:noSuchAttribute": 1}))

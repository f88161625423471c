"""SDKs as their vendors ship them: read as libraries, they hold what other tools list, and the right SDKs alone."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.errors import BuildError
from auditor.extract import extract
from auditor.extract.ios.objc import readable
from auditor.extract.jvm.classfile import read_class
from auditor.infer import infer
from auditor.knowledge.load import load
from auditor.model import Build, BuildKind, Confidence, FactKind, Platform, SdkTier
from tests.real.bundles import members
from tests.real.fetch import artefacts

pytestmark = pytest.mark.real

HOLDS = {
    "alipay-android": {"alipay-sdk", "utdid"},
    "amap-location-android": {"amap"},
    "bugly-android": {"bugly"},
    "detox-android": set(),
    "facebook-share-android": {"facebook-sdk"},
    "getui-android": {"getui-push"},
    "getui-core-android": {"getui-gtc"},
    # carries com.tencent.map.a and .b, a locator of its own; the map SDK is something else
    "qq-android": {"tencent-qq-openid"},
    "tbs-android": {"tencent-tbs-x5"},
    "wechat-android": {"wechat-opensdk"},
    "alipay-ios": {"alipay-sdk", "utdid"},
    "amap-foundation-ios": {"amap"},
    "amap-location-ios": {"amap"},
    "getui-ios": {"getui-push"},
    "jcore-ios": {"jiguang-jcore"},
    "qq-ios": {"tencent-qq-openid"},
    "pillow-imaging": set(),
}
"""The SDKs each library is or carries."""
VERSIONS = {
    "alipay-android": ("com.alipay.sdk", "1.0"),
    "bugly-android": ("com.tencent.bugly", "4.1.9"),
    "detox-android": ("com.wix.detox", ""),
    "wechat-android": ("com.tencent.mm.opensdk", ""),
}
"""Package and version each AAR states, as ``unzip -p … AndroidManifest.xml`` shows; Alipay's is 15.6.5 by its file's name."""
JVM = [name for name, artefact in artefacts().items() if artefact.kind in ("aar", "jar")]
STATIC = [name for name, artefact in artefacts().items() if artefact.kind == "static-library"]
_ROOT = Path(__file__).parents[2]
Artefact = Callable[[str], Path]
Peer = Callable[..., str]


def sure(build: Build) -> set[str]:
    """Return the ids of the SDKs that are surely in a build."""
    return {sdk.id for sdk in infer(build, load()).sdks if sdk.tier >= SdkTier.BUNDLED and sdk.confidence is Confidence.HIGH}


def test_every_library_of_the_list_is_looked_at() -> None:
    assert {*JVM, *STATIC} <= set(HOLDS)


@pytest.mark.parametrize("name", HOLDS)
def test_a_library_holds_its_sdk_and_no_other(name: str, artefact: Artefact) -> None:
    build = extract(artefact(name))
    assert build.identity.kind is BuildKind.LIBRARY
    assert sure(build) == HOLDS[name]
    assert build.gaps == infer(build, load()).gaps == ()


@pytest.mark.parametrize("name", VERSIONS)
def test_an_aar_states_its_package_and_version(name: str, artefact: Artefact) -> None:
    about = extract(artefact(name)).identity
    assert (about.platform, about.app_id, about.version) == (Platform.ANDROID, *VERSIONS[name])


def _jars(library: Path, scratch: Path) -> dict[str, Path]:
    """Return the JARs of a library by the place an app's build finds them at."""
    with zipfile.ZipFile(library) as archive:
        inside = [name for name in archive.namelist() if re.fullmatch(r"classes\.jar|libs/[^/]+\.jar", name)]
        return {name: Path(archive.extract(name, scratch)) for name in inside} or {library.name: library}


@pytest.mark.parametrize("name", JVM)
def test_the_classes_of_a_jar_are_the_ones_its_directory_lists(name: str, artefact: Artefact, tmp_path: Path) -> None:
    library = artefact(name)
    listed: dict[str, set[str]] = {}
    for place, jar in _jars(library, tmp_path).items():
        with zipfile.ZipFile(jar) as archive:
            listed[place] = {one.removesuffix(".class").replace("/", ".") for one in archive.namelist() if one.endswith(".class")}
    assert {unit.file: set(unit.classes) for unit in extract(library).code} == listed


@pytest.mark.peer
@pytest.mark.parametrize("name", JVM)
def test_javap_finds_the_same_classes_and_members_referred_to(name: str, artefact: Artefact, peer: Peer, tmp_path: Path) -> None:
    kinds = {"Field": "field", "Method": "method", "InterfaceMethod": "interface-method"}
    for place, jar in _jars(artefact(name), tmp_path / "jars").items():
        folder = tmp_path / "classes" / place
        with zipfile.ZipFile(jar) as archive:
            # a share of them: javap prints every instruction
            chosen = sorted(one for one in archive.namelist() if one.endswith(".class"))[::9]
            files = [Path(archive.extract(one, folder)) for one in chosen]
        printed = re.split(r"^Classfile .*$", peer("javap", "-v", "-p", "-J-Dfile.encoding=UTF-8", *files), flags=re.MULTILINE)[1:]
        assert len(printed) == len(files)
        for file, text in zip(files, printed, strict=True):
            found = read_class(file.read_bytes())
            pool = text[: text.index("\n{\n")]
            owner = re.search(r"^  this_class: #\d+ +// (\S+)$", pool, re.MULTILINE)
            assert owner is not None
            assert found.name == owner[1].strip('"').replace("/", ".")
            entry = re.compile(r'= (Field|Method|InterfaceMethod)ref +\S+ +// (\S+)\.("<init>"|"[^"]+"|[^.:\s]+):(\S+)$', re.MULTILINE)
            assert [(one.kind, one.owner, one.name, one.descriptor) for one in found.members()] == [
                (kinds[kind], owner.strip('"').replace("/", "."), member.strip('"'), descriptor)
                for kind, owner, member, descriptor in entry.findall(pool)
            ]
            assert len(found.strings()) == len(re.findall(r"^ +#\d+ = String ", pool, re.MULTILINE))
            classes = {one.strip('"') for one in re.findall(r"^ +#\d+ = Class +#\d+ +// (\S+)$", pool, re.MULTILINE)}
            elements = {re.sub(r"^\[+L(.*);$", r"\1", one).replace("/", ".") for one in classes}
            assert set(found.classes()) == {one for one in elements if not one.startswith("[")} - {found.name}


@pytest.mark.peer
@pytest.mark.parametrize("name", STATIC)
def test_the_classes_of_a_static_library_are_the_symbols_llvm_nm_finds_defined(name: str, artefact: Artefact, peer: Peer) -> None:
    library = artefact(name)
    # without --no-llvm-bc, llvm-nm prefers the symbols of the bitcode some vendors ship beside the machine code
    symbols = peer("llvm-nm", "--arch=arm64", "--no-llvm-bc", "--just-symbol-name", "--defined-only", library)
    defined = re.findall(r"^_OBJC_CLASS_\$_(\S+)$", symbols, re.MULTILINE)
    assert defined
    (unit,) = extract(library).code
    assert (unit.file, set(unit.classes)) == (library.name, {readable(one) for one in defined})


@pytest.mark.peer
@pytest.mark.parametrize("name", STATIC)
def test_the_frameworks_a_static_library_asks_for_are_its_linker_options(name: str, artefact: Artefact, peer: Peer) -> None:
    library = artefact(name)
    printed = peer("llvm-objdump", "--macho", "--private-headers", "--arch=arm64", library)
    asked = set(re.findall(r"string #1 -framework\n +string #2 (\S+)$", printed, re.MULTILINE))
    linked = {fact.name for fact in extract(library).of(FactKind.LINKED_LIBRARY)}
    assert {f"{one}.framework" for one in asked} == {one for one in linked if one.endswith(".framework")}


def _unpack(tree: Path, folder: Path) -> Path:
    for name, data in members(tree).items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return folder


def test_a_framework_with_others_inside_is_read(artefact: Artefact, tmp_path: Path) -> None:
    build = extract(_unpack(artefact("detox-framework"), tmp_path / "tree") / "Detox.framework")
    assert {fact.name for fact in build.of(FactKind.FRAMEWORK)} == {
        "COSTouchVisualizer.framework",
        "Detox.framework",
        "DetoxSync.framework",
        "LNViewHierarchyDumper.framework",
    }
    classes = {unit.file: set(unit.classes) for unit in build.code}
    assert {"DTXDetoxManager", "Detox.WebSocket"} <= classes["Detox"]
    assert "DTXSyncManager" in classes["Frameworks/DetoxSync.framework/DetoxSync"]
    about = build.identity
    assert (about.platform, about.kind, about.app_id, about.label) == (Platform.IOS, BuildKind.LIBRARY, "com.wix.Detox", "Detox.framework")
    assert (sure(build), build.gaps) == (set(), ())


def test_a_folder_of_sample_apps_is_no_library(artefact: Artefact, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="is a directory without an app, framework or static library"):
        extract(_unpack(artefact("detox-xcuitest"), tmp_path / "tree"))


@pytest.mark.parametrize("name", ["bugly-android", "getui-android", "qq-ios"])
def test_the_command_line_shows_a_library_and_audits_none(name: str, artefact: Artefact) -> None:
    library = artefact(name)

    def auditor(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "auditor", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, cwd=_ROOT, timeout=300, check=False)

    shown = auditor("facts", library)
    assert (shown.returncode, shown.stderr) == (0, b"")
    for sdk in HOLDS[name]:
        assert f"\n  {sdk}  bundled  high".encode() in shown.stdout
    refused = auditor("audit", library, "-d", _ROOT / "declarations" / "tego.yaml")
    assert (refused.returncode, refused.stdout) == (2, b"")
    assert b"is a library, no app" in refused.stderr

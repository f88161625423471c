"""What the auditor reads of real Mach-O files is what llvm-objdump and llvm-nm read of them."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from auditor.extract.ios import arm64
from auditor.extract.ios.macho import Image, MachO, read_macho
from auditor.extract.ios.objc import readable
from auditor.extract.lens import Lens
from auditor.model import FactKind
from tests.real.bundles import members
from tests.real.fetch import artefacts

pytestmark = pytest.mark.real

_PRODUCTS = "Products/Release-iphonesimulator"
_RUNNER = f"{_PRODUCTS}/DetoxXCUITestRunner-Runner.app"
_SWIFT = f"detox-xcuitest ! {_RUNNER}/PlugIns/DetoxXCUITestRunner.xctest/DetoxXCUITestRunner"
LINKED = [
    *(name for name, artefact in artefacts().items() if artefact.kind == "mach-o"),
    "detox-framework ! Detox.framework/Detox",
    "detox-framework ! Detox.framework/Frameworks/DetoxSync.framework/DetoxSync",
    "detox-framework ! Detox.framework/Frameworks/COSTouchVisualizer.framework/COSTouchVisualizer",
    "detox-framework ! Detox.framework/Frameworks/LNViewHierarchyDumper.framework/LNViewHierarchyDumper",
    f"detox-xcuitest ! {_PRODUCTS}/DetoxXCUITestRunnerApp.app/DetoxXCUITestRunnerApp",
    f"detox-xcuitest ! {_RUNNER}/DetoxXCUITestRunner-Runner",
    _SWIFT,
    f"detox-xcuitest ! {_RUNNER}/Frameworks/libXCTestSwiftSupport.dylib",
    f"detox-xcuitest ! {_RUNNER}/Frameworks/Testing.framework/Testing",
    f"detox-xcuitest ! {_RUNNER}/Frameworks/XCTAutomationSupport.framework/XCTAutomationSupport",
    f"detox-xcuitest ! {_RUNNER}/Frameworks/XCTest.framework/XCTest",
    f"detox-xcuitest ! {_RUNNER}/Frameworks/XCTestCore.framework/XCTestCore",
    f"detox-xcuitest ! {_RUNNER}/Frameworks/XCTestSupport.framework/XCTestSupport",
    f"detox-xcuitest ! {_RUNNER}/Frameworks/XCUIAutomation.framework/XCUIAutomation",
    f"detox-xcuitest ! {_RUNNER}/Frameworks/XCUnit.framework/XCUnit",
]
STATIC = [name for name, artefact in artefacts().items() if artefact.kind == "static-library"]
VENDORS_LINKED = ["alipay-ios", "amap-foundation-ios", "qq-ios"]
"""Those lld links without Apple's frameworks at hand; the others ask for them by name."""
_CLASS_SYMBOL = re.compile(r"_OBJC_CLASS_\$_(.+)")
Artefact = Callable[[str], Path]
Peer = Callable[..., str]
_members = functools.cache(members)


@pytest.fixture
def file(request: pytest.FixtureRequest, artefact: Artefact, tmp_path: Path) -> Path:
    """A Mach-O file: an artefact, or one inside a tree."""
    name, _, path = request.param.partition(" ! ")
    found = artefact(name)
    if not path:
        return found
    image: Path = tmp_path / path.rpartition("/")[2]
    image.write_bytes(_members(found)[path])
    return image


linked = pytest.mark.parametrize("file", LINKED, indirect=True)
static = pytest.mark.parametrize("file", STATIC, indirect=True)
every = pytest.mark.parametrize("file", [*LINKED, *STATIC], indirect=True)


def _image(file: Path) -> Image:
    """Return the one image that is read of a file with an arm64 one."""
    (image,) = read_macho(file.read_bytes()).images
    assert image.arch == "arm64"
    return image


def _listed_classes(peer: Peer, file: Path, arch: str = "arm64") -> set[str]:
    """Return the names llvm-objdump finds along ``__objc_classlist``, as Objective-C's runtime knows them."""
    dump = peer("llvm-objdump", "--macho", "--arch", arch, "--objc-meta-data", file)
    section = r"^Contents of \(__DATA\w*,__objc_classlist\) section\n(.*?)(?=^Contents of|\Z)"
    found = re.search(section, dump, re.MULTILINE | re.DOTALL)
    if found is None:
        return set()
    # the name in a class's class_ro_t stands in this column; those of methods, ivars and protocols do not
    names = re.findall(r"^ {21}name 0x[0-9a-f]+ (.+)$", found[1], re.MULTILINE)
    entries = re.findall(r"^[0-9a-f]{8,16} 0x", found[1], re.MULTILINE)
    assert len(set(names)) == len(entries), "llvm-objdump left a class without a name"
    return set(names)


def _symbols(peer: Peer, file: Path, *options: str) -> set[str]:
    """Return symbol names of the arm64 image, without llvm-nm's headings of members."""
    # without --no-llvm-bc, llvm-nm prefers the symbols of the bitcode some vendors ship beside the machine code
    lines = peer("llvm-nm", "--arch=arm64", "--no-llvm-bc", "--just-symbol-name", *options, file).splitlines()
    return {line for line in lines if line and not line.endswith(":")}


def _classes(symbols: set[str]) -> set[str]:
    return {readable(found[1]) for symbol in symbols if (found := _CLASS_SYMBOL.fullmatch(symbol))}


@every
def test_nothing_of_a_well_formed_file_is_in_doubt(file: Path) -> None:
    assert _image(file).doubts == ()


@pytest.mark.peer
@every
def test_architectures_are_those_of_llvm_objdump(file: Path, peer: Peer) -> None:
    headers = peer("llvm-objdump", "--macho", "--universal-headers", file)
    archs = re.findall(r"^architecture (\w+)$", headers, re.MULTILINE) or ["arm64"]
    assert list(read_macho(file.read_bytes()).archs) == archs


@pytest.mark.peer
@linked
def test_classes_of_a_linked_image_are_those_along_its_class_list(file: Path, peer: Peer) -> None:
    listed = {readable(name) for name in _listed_classes(peer, file)}
    assert set(_image(file).classes) == listed


@pytest.mark.peer
@static
def test_classes_of_a_static_library_are_those_its_members_define(file: Path, peer: Peer) -> None:
    defined = _classes(_symbols(peer, file, "--defined-only"))
    assert defined
    assert set(_image(file).classes) == defined


@pytest.mark.peer
@pytest.mark.parametrize("file", VENDORS_LINKED, indirect=True)
def test_linking_a_vendors_library_loses_no_class(
    file: Path, peer: Peer, linked_library: Callable[[Path], Path]
) -> None:
    image = linked_library(file)
    assert set(_image(image).classes) == set(_image(file).classes)
    assert set(_image(image).classes) == {readable(name) for name in _listed_classes(peer, image)}


@pytest.mark.peer
@every
def test_imports_are_the_symbols_llvm_nm_calls_undefined(file: Path, peer: Peer) -> None:
    undefined = _symbols(peer, file, "--undefined-only") - _symbols(peer, file, "--defined-only", "--extern-only")
    assert set(_image(file).imports) == undefined


@pytest.mark.peer
@linked
def test_libraries_are_those_of_llvm_objdump(file: Path, peer: Peer) -> None:
    dump = peer("llvm-objdump", "--macho", "--arch", "arm64", "--private-headers", file)
    command = r"^ +cmd (LC_LOAD\w*DYLIB|LC_REEXPORT_DYLIB)\n.*\n +name (.+) \(offset"
    commands = re.findall(command, dump, re.MULTILINE)
    assert [(library.command, library.name) for library in _image(file).libraries] == commands


@pytest.mark.peer
@linked
def test_platform_and_encryption_are_those_of_llvm_objdump(file: Path, peer: Peer) -> None:
    dump = peer("llvm-objdump", "--macho", "--arch", "arm64", "--private-headers", file)
    names = {"ios": "ios", "iossimulator": "ios-simulator"}
    platforms = re.findall(r"^ +platform (\w+)\n +sdk .*\n +minos (.+)$", dump, re.MULTILINE)
    image = _image(file)
    assert [(image.platform, image.min_os)] == [(names[platform], level) for platform, level in platforms]
    assert [image.cryptid] == ([int(found) for found in re.findall(r"^ +cryptid (\d+)$", dump, re.MULTILINE)] or [0])


@pytest.mark.parametrize("file", [_SWIFT], indirect=True)
def test_swift_classes_are_named_as_their_source_names_them(file: Path) -> None:
    assert {"DetoxXCUITestRunner.ActionHandler", "DetoxXCUITestRunner.PredicateHandler"} <= set(_image(file).classes)


@pytest.mark.peer
@pytest.mark.parametrize("file", ["detox-framework ! Detox.framework/Detox"], indirect=True)
def test_an_image_without_an_arm64_slice_is_read_all_the_same(file: Path, peer: Peer, tmp_path: Path) -> None:
    thin = tmp_path / "thin"
    data = file.read_bytes()
    offset, size = _slice(peer("llvm-objdump", "--macho", "--universal-headers", file), "x86_64")
    thin.write_bytes(data[offset : offset + size])
    macho: MachO = read_macho(thin.read_bytes())
    assert macho.archs == ("x86_64",)
    assert set(macho.images[0].classes) == {readable(name) for name in _listed_classes(peer, thin, "x86_64")}


def _slice(headers: str, arch: str) -> tuple[int, int]:
    found = re.search(rf"^architecture {arch}\n(?:.*\n)*? +offset (\d+)\n +size (\d+)$", headers, re.MULTILINE)
    assert found is not None
    return int(found[1]), int(found[2])


# -- references ---------------------------------------------------------------------------------------------------


@linked
def test_selectors_are_those_lief_finds(file: Path) -> None:
    names = _selectors(file)
    (image,) = read_macho(file.read_bytes(), Lens(selectors=dict.fromkeys(names, frozenset()))).images
    assert {one.name for one in image.references if one.kind is FactKind.SELECTOR} == names


def _selectors(file: Path) -> set[str]:
    """Return the names that the selector references of the arm64 image lead to."""
    import lief

    fat = lief.MachO.parse(str(file))
    assert fat is not None
    (image,) = [one for one in fat if one.header.cpu_type == lief.MachO.Header.CPU_TYPE.ARM64]
    names = set()
    for section in (one for one in image.sections if one.name == "__objc_selrefs"):
        # chained pointers lead where their fixups say, plain ones where they point
        fixed = {one.address: one.target for one in image.relocations if hasattr(one, "target")}
        content = bytes(section.content)
        for at in range(0, len(content), 8):
            target = fixed.get(section.virtual_address + at) or int.from_bytes(content[at : at + 8], "little")
            names.add(bytes(image.get_content_from_virtual_address(target, 4096)).split(b"\0")[0].decode())
    return names


@pytest.mark.peer
@linked
def test_every_place_llvm_objdump_names_is_found(file: Path, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    dump = peer("llvm-objdump", "--macho", "--arch", "arm64", "-d", file)
    named = re.findall(r"^ +([0-9a-f]+):.*; Objc (?:selector|class) ref: (\S+)$", dump, re.MULTILINE)
    # classes of the image itself are no references
    known = _selectors(file)
    places = {int(address, 16): name for address, name in named if name in known or name.startswith("_OBJC_CLASS_$_")}
    found: dict[int, str] = {}
    uses = arm64.uses

    def noted(*arguments: Any) -> Iterator[tuple[int, Any]]:
        for address, what in uses(*arguments):
            found[address] = what[1]
            yield address, what

    monkeypatch.setattr(arm64, "uses", noted)
    names = set(places.values())
    symbols = {name for name in names if name.startswith("_OBJC_CLASS_$_")}
    read_macho(file.read_bytes(), Lens(selectors=dict.fromkeys(names - symbols, frozenset()), symbols=frozenset(symbols)))
    assert {address: found.get(address) for address in places} == places

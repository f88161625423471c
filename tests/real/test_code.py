"""Every call, field access and string of real DEX files is found where androguard's own decoding finds it."""

from __future__ import annotations

import hashlib
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from auditor.extract.android.callgraph import call_graph
from auditor.extract.android.callgraph_python import CallGraphPython
from auditor.extract.android.tables import Tables
from auditor.extract.android.walk import Wanted, walk, walk_python
from auditor.extract.entrances import START, USE, CallbackRules
from tests.extract.android.test_callgraph import everything
from tests.real.fetch import artefacts

pytestmark = pytest.mark.real

APKS = [name for name, artefact in artefacts().items() if artefact.kind == "apk"]
Artefact = Callable[[str], Path]
_INVOKES = frozenset([*range(0x6E, 0x73), *range(0x74, 0x79)])
"""Not invoke-polymorphic: androguard does not say what it names."""
_FIELDS = frozenset(range(0x52, 0x6E))
_STRINGS = frozenset([0x1A, 0x1B])
Site = tuple[int, int, str, int]
"""(opcode, index of what is named, caller, offset in code units)."""


def _dex_files(apk: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(apk) as archive:
        seen = set()
        for name in sorted(archive.namelist()):
            if name.endswith(".dex"):
                data = archive.read(name)
                if (digest := hashlib.sha256(data).digest()) not in seen:
                    seen.add(digest)
                    yield name, data


def _ours(data: bytes, find: Callable[..., object]) -> Counter[Site]:
    tables = Tables(data, 0)
    methods = int.from_bytes(data[0x58:0x5C], "little")
    at = int.from_bytes(data[0x5C:0x60], "little")
    wanted = Wanted(methods=b"\1" * methods, fields=b"\1" * tables.fields, strings=b"\1" * len(tables.strings))
    found: Counter[Site] = Counter()
    for one in find(data, 0, wanted):  # type: ignore[attr-defined]
        if one.opcode not in _INVOKES | _FIELDS | _STRINGS:
            continue
        name = tables.strings[int.from_bytes(data[at + 8 * one.method + 4 : at + 8 * one.method + 8], "little")]
        proto = int.from_bytes(data[at + 8 * one.method + 2 : at + 8 * one.method + 4], "little")
        found[one.opcode, one.entry, f"{tables.class_name(one.class_def)}.{name.decode()} {proto}", one.offset] += 1
    return found


def _theirs(data: bytes) -> Counter[Site]:
    pytest.importorskip("loguru").logger.disable("androguard")
    from androguard.core.dex import DEX

    found: Counter[Site] = Counter()
    dex = DEX(data)
    for class_ in dex.get_classes():
        for method in class_.get_methods():
            owner = class_.get_name()[1:-1].replace("/", ".")
            proto = dex.get_cm_method(method.get_method_idx())
            caller = f"{owner}.{method.get_name()} {_proto(data, method.get_method_idx())}"
            assert proto[1] == method.get_name()
            offset = 0
            for instruction in method.get_instructions():
                opcode = instruction.get_op_value()
                if opcode in _INVOKES | _FIELDS | _STRINGS:
                    found[opcode, instruction.get_ref_kind(), caller, offset // 2] += 1
                offset += instruction.get_length()
    return found


def _proto(data: bytes, method: int) -> int:
    at = int.from_bytes(data[0x5C:0x60], "little") + 8 * method
    return int.from_bytes(data[at + 2 : at + 4], "little")


@pytest.mark.parametrize("name", APKS)
def test_calls_fields_and_strings_are_androguard_s(name: str, artefact: Artefact) -> None:
    sites = 0
    for place, data in _dex_files(artefact(name)):
        ours = _ours(data, walk)
        assert ours == _theirs(data), place
        sites += len(ours)
    assert sites


@pytest.mark.parametrize("name", APKS)
def test_both_twins_walk_alike(name: str, artefact: Artefact) -> None:
    for place, data in _dex_files(artefact(name)):
        assert _ours(data, walk) == _ours(data, walk_python), place


@pytest.mark.parametrize("name", APKS)
def test_both_twins_draw_the_same_call_graph(name: str, artefact: Artefact) -> None:
    rules = CallbackRules(prefixes=(("on", START), ("onClick", USE)), exact=(("java.lang.Runnable", "run", START),))
    graphs = (call_graph(rules), CallGraphPython(rules))
    for _, data in _dex_files(artefact(name)):
        assert [graph.add(data, 0, len(data)) for graph in graphs] == [False, False]
    assert [graph.link() for graph in graphs] == [0, 0]
    native, stdlib = map(everything, graphs)
    assert native == stdlib

"""The call graph's two twins: what each does with single files, and that both do the same."""

from __future__ import annotations

import struct
import zipfile
from array import array
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.extract.android.callgraph import NONE, CallGraph, call_graph, descriptor_of, steps_for
from auditor.extract.android.callgraph_python import CallGraphPython
from auditor.extract.entrances import START, USE, CallbackRules
from tests.forge.dex import Class, Method, Raw, write_dex

ROOT = Path(__file__).parents[3]
RULES = CallbackRules(
    prefixes=(("on", START), ("onClick", USE)), exact=(("java.lang.Runnable", "run", START), ("java.lang.Thread", "run", START)),
    annotations=(("web.Page", USE), ("bus.Told", START)),
)
Twin = Callable[[CallbackRules], CallGraph]


def native_is_built() -> bool:
    try:
        from auditor._native.dexwalk import CallGraph as _  # noqa: F401
    except ImportError:
        return False
    return True


NATIVE = pytest.mark.skipif(not native_is_built(), reason="the C twin is not built here (no compiler)")
TWINS = [pytest.param(CallGraphPython, id="stdlib"), pytest.param(call_graph, id="native", marks=NATIVE)]


def sample(name: str = "tego-drifted.apk") -> bytes:
    with zipfile.ZipFile(ROOT / "sample_apks" / name) as apk:
        return apk.read("classes.dex")


def filled(twin: Twin, *files: bytes, budget: int | None = None) -> CallGraph:
    graph = twin(RULES)
    for data in files:
        graph.add(data, 0, len(data) if budget is None else budget)
    graph.link()
    return graph


def everything(graph: CallGraph, steps: int | None = None) -> list[object]:
    """Return whatever a graph tells, by numbers that both twins give alike."""
    classes = [graph.type_of(name) for name in graph.classes()]
    methods = [one for type_ in classes for one in graph.methods(type_)]
    roots = array("I", [number for number, name, _ in methods if name.startswith(b"on")])
    held = array("I", classes[::5])
    most = steps_for(graph) if steps is None else steps
    first, first_cut = graph.grow(roots[:3], array("I", classes[::3]), held, False, -1, most)
    second, second_cut = graph.grow(roots, array("I", classes[::2]), held, True, first, most)
    return [
        graph.classes(),
        [graph.parent(type_) for type_ in classes],
        methods,
        [graph.name(number) for number, _, _ in methods],
        [graph.heirs(name) for name in (b"Landroid/app/Activity;", b"Ljava/lang/Object;", b"Lno/Such;")],
        [graph.asked(type_) for type_ in (*classes, 0xFFFFFFFF)],
        graph.uses(),
        graph.callers(array("I", [*(number for number, _, _ in methods[::2]), 0xFFFFFFFF])),
        graph.size(),
        [graph.entered(number) for number, _, _ in methods],
        (first, first_cut, second, second_cut),
        graph.search(first, roots[:3], held, False, most),
        graph.search(second, roots, held, True, most),
    ]


def outcome(twin: Twin, damaged: bytes, budget: int | None) -> object:
    graph = twin(RULES)
    try:
        exhausted = graph.add(damaged, 0, len(damaged) if budget is None else budget)
    except ValueError as error:
        return str(error)
    return exhausted, graph.link(), everything(graph)


@NATIVE
def test_both_twins_agree_on_a_build() -> None:
    both = [everything(filled(twin, sample(), sample("tego-faithful.apk"))) for twin in (CallGraphPython, call_graph)]
    assert both[0] == both[1]
    assert len(both[0][5]) > 8  # type: ignore[arg-type]


@NATIVE
@pytest.mark.parametrize("steps", [0, 1, 10, 100, 300, 1000])
def test_both_twins_give_up_at_the_same_step(steps: int) -> None:
    both = [everything(filled(twin, sample()), steps) for twin in (CallGraphPython, call_graph)]
    assert both[0] == both[1]


@NATIVE
@settings(max_examples=200, deadline=None)
@given(
    flips=st.lists(st.tuples(st.integers(0, 1 << 30), st.integers(0, 255)), max_size=12), cut=st.integers(0, 1 << 30),
    keep=st.booleans(), budget=st.none() | st.integers(0, 20_000),
)  # fmt: skip
def test_both_twins_agree_on_damaged_files(flips: list[tuple[int, int]], cut: int, keep: bool, budget: int | None) -> None:
    data = bytearray(sample())
    for at, value in flips:
        data[at % len(data)] = value
    damaged = bytes(data) if keep else bytes(data[: cut % len(data)])

    assert outcome(CallGraphPython, damaged, budget) == outcome(call_graph, damaged, budget)


@pytest.mark.parametrize("twin", TWINS)
@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=400))
def test_any_bytes_give_a_graph_or_the_documented_error(twin: Twin, data: bytes) -> None:
    head = b"dex\n035\0" + bytes(0x58) + struct.pack("<2I", 1, 0x70)
    for blob in (data, head + bytes(8) + data):
        graph = twin(RULES)
        try:
            graph.add(blob, 0, 1000)
        except ValueError:
            continue
        graph.link()
        assert everything(graph)


@pytest.mark.parametrize("twin", TWINS)
def test_the_budget_of_instructions_is_kept_and_said(twin: Twin) -> None:
    data = sample()
    graph = twin(RULES)
    assert graph.add(data, 0, 50)
    assert graph.size() < filled(twin, data).size()
    assert not twin(RULES).add(data, 0, len(data))


@pytest.mark.parametrize("twin", TWINS)
def test_classes_that_share_their_data_cost_no_more_than_the_budget(twin: Twin) -> None:
    methods = [Method(name=f"m{number}()V") for number in range(2000)]
    data = bytearray(write_dex([Class(name="a.A", methods=methods), *(Class(name=f"b.B{number}") for number in range(2000))]))
    count, table = struct.unpack_from("<2I", data, 0x60)
    (shared,) = struct.unpack_from("<I", data, table + 24)
    for number in range(count):
        struct.pack_into("<I", data, table + 32 * number + 24, shared)
    assert twin(RULES).add(bytes(data), 0, len(data))


@pytest.mark.parametrize("twin", TWINS)
def test_lists_of_interfaces_that_are_shared_cost_no_more_than_the_budget(twin: Twin) -> None:
    wide = Class(name="a.A", interfaces=[f"i.I{number}" for number in range(2000)])
    data = bytearray(write_dex([wide, *(Class(name=f"b.B{number}", constructor=False) for number in range(2000))]))
    count, table = struct.unpack_from("<2I", data, 0x60)
    shared = max(struct.unpack_from("<I", data, table + 32 * number + 12)[0] for number in range(count))
    for number in range(count):
        struct.pack_into("<I", data, table + 32 * number + 12, shared)
    assert twin(RULES).add(bytes(data), 0, len(data))


@NATIVE
def test_types_that_share_a_long_name_are_written_out_within_bounds() -> None:
    long = f"a.{'L' * 30_000}"
    methods = [Method(name=f"m{number}({'I' * number}L{long.replace('.', '/')};L{long.replace('.', '/')};)V") for number in range(60)]
    data = write_dex([Class(name="a.B", methods=methods)])
    both = [everything(filled(twin, data)) for twin in (CallGraphPython, call_graph)]
    assert both[0] == both[1]
    protos = {proto for _, _, proto in both[0][2]}  # type: ignore[attr-defined]
    assert b"()?" in protos
    assert sum(map(len, protos)) <= 4 * len(data)


PAGE, TOLD = "web.Page", "bus.Told"


def annotated() -> bytes:
    """A DEX with a bridge whose methods pages or libraries call, and one that nothing marks."""
    return write_dex(
        [
            Class(
                name="a.Bridge",
                methods=[
                    Method(name="id()V", annotations=[PAGE]),
                    Method(name="told()V", annotations=[TOLD, PAGE]),
                    Method(name="other()V", annotations=["a.Own"]),
                    Method(name="plain()V"),
                ],
            ),
            Class(name="a.Quiet", methods=[Method(name="id()V")]),
        ]
    )


@pytest.mark.parametrize("twin", TWINS)
def test_annotations_say_when_a_method_is_entered(twin: Twin) -> None:
    graph = filled(twin, annotated())
    methods = [one for name in graph.classes() for one in graph.methods(graph.type_of(name))]
    found = {b".".join((graph.name(number)[0], name)).decode(): graph.entered(number) for number, name, _ in methods}
    assert {name: when for name, when in found.items() if when} == {"La/Bridge;.id": USE, "La/Bridge;.told": START}


@NATIVE
@settings(max_examples=200, deadline=None)
@given(
    flips=st.lists(st.tuples(st.integers(0, 1 << 30), st.integers(0, 255)), max_size=8), cut=st.integers(0, 1 << 30),
    keep=st.booleans(), budget=st.none() | st.integers(0, 60),
)  # fmt: skip
def test_both_twins_agree_on_damaged_annotations(flips: list[tuple[int, int]], cut: int, keep: bool, budget: int | None) -> None:
    data = bytearray(annotated())
    for at, value in flips:
        data[at % len(data)] = value
    damaged = bytes(data) if keep else bytes(data[: cut % len(data)])
    assert outcome(CallGraphPython, damaged, budget) == outcome(call_graph, damaged, budget)


@pytest.mark.parametrize("twin", TWINS)
def test_sets_of_annotations_that_are_shared_cost_no_more_than_the_budget(twin: Twin) -> None:
    """Every method's set claims to have as many annotations as the file has room for."""
    data = bytearray(write_dex([Class(name="a.A", methods=[Method(name=f"m{number}()V", annotations=[PAGE]) for number in range(3000)])]))
    (directory,) = struct.unpack_from("<I", data, struct.unpack_from("<I", data, 0x64)[0] + 20)
    (first,) = struct.unpack_from("<I", data, directory + 20)
    struct.pack_into("<I", data, first, 1 << 30)
    assert twin(RULES).add(bytes(data), 0, len(data))


@pytest.mark.parametrize("twin", TWINS)
def test_of_a_class_defined_twice_the_first_counts(twin: Twin) -> None:
    first = write_dex([Class(name="a.A", superclass="a.B", methods=[Method(name="one()V")])])
    second = write_dex([Class(name="a.A", superclass="a.C", methods=[Method(name="two()V")])])
    graph = filled(twin, first, second)
    (type_,) = [graph.type_of(name) for name in graph.classes()]
    assert {name for _, name, _ in graph.methods(type_)} == {b"<init>", b"one"}


@pytest.mark.parametrize("twin", TWINS)
def test_methods_are_known_by_class_name_and_descriptor(twin: Twin) -> None:
    graph = filled(twin, write_dex([Class(name="a.A", methods=[Method(name="go(I)V")])]))
    number = graph.method(descriptor_of("a.A"), b"go", b"(I)V")
    assert graph.name(number) == (b"La/A;", b"go", b"(I)V")
    for wrong in (("a.B", b"go", b"(I)V"), ("a.A", b"gone", b"(I)V"), ("a.A", b"go", b"(J)V")):
        assert graph.method(descriptor_of(wrong[0]), *wrong[1:]) == NONE


@pytest.mark.parametrize("twin", TWINS)
def test_what_inherits_from_itself_is_cut_once(twin: Twin) -> None:
    graph = twin(RULES)
    data = write_dex([Class(name="a.A", superclass="a.B"), Class(name="a.B", superclass="a.A"), Class(name="a.C", superclass="a.C")])
    graph.add(data, 0, len(data))
    assert graph.link() == 2


def with_call_site(target: str) -> bytes:
    """A DEX in which ``a.A.go`` makes a lambda (invoke-custom) whose body is ``target``."""
    body = [Raw([0x00FC, 0x0000, 0x0000])]
    data = bytearray(
        write_dex(
            [Class(name="a.A", methods=[Method(name="go()V", body=body), Method(name="body()V", static=True), Method(name="link()V")])],
            version="038",
        )
    )
    count, table = struct.unpack_from("<2I", data, 0x58)
    types, protos = struct.unpack_from("<2I", data, 0x44)[0], 0
    assert types >= protos
    names = {}
    for index in range(count):
        name = struct.unpack_from("<I", data, table + 8 * index + 4)[0]
        at = struct.unpack_from("<I", data, struct.unpack_from("<I", data, 0x3C)[0] + 4 * name)[0]
        names[bytes(data[at + 1 : data.index(0, at + 1)])] = index
    data += bytes(-len(data) % 4)
    handles = len(data)
    data += struct.pack("<4H", 4, 0, names[b"link"], 0) + struct.pack("<4H", 4, 0, names[target.encode()], 0)
    array_at = len(data)
    data += bytes([3, 0x16, 0, 0x17, 0, 0x16, 1])
    data += bytes(-len(data) % 4)
    sites = len(data)
    data += struct.pack("<I", array_at)
    map_at = len(data)
    data += struct.pack("<I", 2) + struct.pack("<HHII", 8, 0, 2, handles) + struct.pack("<HHII", 7, 0, 1, sites)
    struct.pack_into("<I", data, 0x34, map_at)
    return bytes(data)


@pytest.mark.parametrize("twin", TWINS)
def test_a_lambda_s_call_site_leads_to_its_body(twin: Twin) -> None:
    graph = filled(twin, with_call_site("body"))
    root = graph.method(b"La/A;", b"go", b"()V")
    world, _ = graph.grow(array("I", [root]), array("I"), array("I"), False, -1, 1000)
    parents = array("I", graph.search(world, array("I", [root]), array("I"), False, 1000)[0])
    assert parents[graph.method(b"La/A;", b"body", b"()V")] == root
    assert parents[graph.method(b"La/A;", b"link", b"()V")] == NONE


@NATIVE
@pytest.mark.parametrize("place", range(0x38, 0x68, 8))
def test_both_twins_agree_on_a_table_of_nothing_wherever_it_is_said_to_stand(place: int) -> None:
    data = bytearray(sample())
    struct.pack_into("<2I", data, place, 0, 0xFFFFFFF0)
    assert everything(filled(CallGraphPython, bytes(data))) == everything(filled(call_graph, bytes(data)))

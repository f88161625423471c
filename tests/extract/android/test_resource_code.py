"""What layouts, menus and the like name of the code, whatever their files are called; and what that lets run."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.build import Build, FactKind, Reach
from auditor.extract import extract
from auditor.extract.android import resource_code
from auditor.extract.entrances import USE, CallbackRules, Entrance, Entrances, Handler
from auditor.extract.lens import Lens
from auditor.model import EntryKind, Table
from tests.forge.apk import manifest, simple_apk
from tests.forge.arsc import Resource
from tests.forge.axml import Element, Reference, write_axml
from tests.forge.bundle import Module, write_bundle, write_proto_xml
from tests.forge.dex import Call, Class, Method

APP = "com.example.app"
TELEPHONY = "android.telephony.TelephonyManager"
READ = f"{TELEPHONY}.getDeviceId()Ljava/lang/String;"
VIEW, ITEM = "Landroid/view/View;", "Landroid/view/MenuItem;"
LENS = Lens(
    methods={TELEPHONY: frozenset({"getDeviceId"})},
    entrances=Entrances(
        points=(
            Entrance(kind=EntryKind.ACTIVITY, component="activity", callbacks=True),
            Entrance(kind=EntryKind.ACTIVITY, component="resource", callbacks=True),
        ),
        callbacks=CallbackRules(prefixes=(("on", USE),)),
        handlers=(Handler(attribute="onClick", component="activity", takes=("android.view.View", "android.view.MenuItem")),),
    ),
)


def layout(*children: Element, tag: str = "LinearLayout") -> Element:
    return Element(tag, {"android:orientation": 1}, children)


def button(handler: object) -> Element:
    return Element("Button", {"android:text": "Send", "android:onClick": handler})  # type: ignore[dict-item]


SENDING = layout(button("send"))


def activity(*methods: Method) -> Class:
    return Class(name=f"{APP}.MainActivity", superclass="android.app.Activity", methods=methods)


def apk(tmp_path: Path, files: dict[str, bytes], *classes: Class, types: dict[str, str] | None = None, **options: object) -> Build:
    """An app with ``files``, of which ``types`` (path -> type) stand in the resource table."""
    table = [Resource(type_, f"r{number}", {"": path}) for number, (path, type_) in enumerate((types or {}).items())]
    path = tmp_path / "app.apk"
    path.write_bytes(simple_apk(dex=[classes], files=files, resources=table, **options))  # type: ignore[arg-type]
    return extract(path, lens=LENS)


def reached(build: Build) -> dict[str, list[str]]:
    assert build.flow is not None
    short = [(one, [step.removeprefix(f"{APP}.") for step in one.path]) for one in build.flow.methods]
    assert all((one.reach, one.entries) == (Reach.REACHABLE, (EntryKind.ACTIVITY,)) for one, _ in short)
    return {path[-1]: path for _, path in short}


def handlers(build: Build) -> set[tuple[str, str]]:
    return {(fact.name, str(fact.location)) for fact in build.of(FactKind.HANDLER)}


# -- methods -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("utf8", [False, True])
@pytest.mark.parametrize("names", [False, True])
def test_a_layout_names_a_method_of_its_activity(tmp_path: Path, utf8: bool, names: bool) -> None:
    files = {"res/a1.xml": write_axml(SENDING, utf8=utf8, names=names)}
    build = apk(tmp_path, files, activity(Method(name=f"send({VIEW})V", calls=[READ])), types={"res/a1.xml": "layout"})
    assert handlers(build) == {("send", "res/a1.xml ! Button")}
    assert reached(build) == {"MainActivity.send": ["MainActivity.send"]}
    assert build.gaps == ()


def test_a_menu_names_a_method_that_takes_its_item(tmp_path: Path) -> None:
    files = {"res/menu/top.xml": write_axml(Element("menu", {}, [Element("item", {"android:onClick": "go"})]))}
    build = apk(tmp_path, files, activity(Method(name=f"go({ITEM})Z", calls=[READ])), types={"res/menu/top.xml": "menu"})
    assert reached(build) == {"MainActivity.go": ["MainActivity.go"]}


def test_a_method_the_activity_inherits_is_named_too(tmp_path: Path) -> None:
    above = Class(name=f"{APP}.Base", superclass="android.app.Activity", methods=[Method(name=f"send({VIEW})V", calls=[READ])])
    below = Class(name=f"{APP}.MainActivity", superclass=f"{APP}.Base")
    build = apk(tmp_path, {"res/a1.xml": write_axml(SENDING)}, above, below, types={"res/a1.xml": "layout"})
    assert reached(build) == {"Base.send": ["Base.send"]}


@pytest.mark.parametrize(
    "method",
    [
        pytest.param(f"sent({VIEW})V", id="another name"),
        pytest.param("send()V", id="takes nothing"),
        pytest.param(f"send({VIEW}I)V", id="takes more"),
        pytest.param("send(Ljava/lang/String;)V", id="takes something else"),
    ],
)
def test_no_other_method_is_named(tmp_path: Path, method: str) -> None:
    build = apk(tmp_path, {"res/a1.xml": write_axml(SENDING)}, activity(Method(name=method, calls=[READ])), types={"res/a1.xml": "layout"})
    assert reached(build) == {}


def test_only_activities_have_what_layouts_name(tmp_path: Path) -> None:
    other = Class(name=f"{APP}.Other", methods=[Method(name=f"send({VIEW})V", calls=[READ])])
    build = apk(tmp_path, {"res/a1.xml": write_axml(SENDING)}, activity(), other, types={"res/a1.xml": "layout"})
    assert reached(build) == {}


def test_a_handler_that_is_a_reference_is_no_name(tmp_path: Path) -> None:
    files = {"res/a1.xml": write_axml(layout(button(Reference(0x7F010000))))}
    assert handlers(apk(tmp_path, files, activity(), types={"res/a1.xml": "layout"})) == set()


def test_which_file_is_a_layout_is_what_the_resource_table_says(tmp_path: Path) -> None:
    files = {"res/a1.xml": write_axml(SENDING), "res/layout/left.xml": write_axml(layout(button("left")))}
    assert handlers(apk(tmp_path, files, activity(), types={"res/a1.xml": "drawable"})) == set()
    assert handlers(apk(tmp_path, files, activity(), types={"res/a1.xml": "layout"})) == {("send", "res/a1.xml ! Button")}


def test_without_a_readable_table_files_go_by_where_they_stand(tmp_path: Path) -> None:
    files = {"res/layout-land/a.xml": write_axml(SENDING), "res/drawable/b.xml": write_axml(layout(button("drawn")))}
    build = apk(tmp_path, {**files, "resources.arsc": b"damaged!"}, activity(), edit=lambda entries: entries[:-1])
    assert handlers(build) == {("send", "res/layout-land/a.xml ! Button")}


def test_a_damaged_layout_is_a_gap_and_the_others_are_read(tmp_path: Path) -> None:
    damaged = bytearray(write_axml(SENDING))
    damaged[-8:-4] = b"\xff" * 4
    files = {"res/a1.xml": bytes(damaged[:-12]), "res/a2.xml": write_axml(layout(button("other")))}
    build = apk(tmp_path, files, activity(), types=dict.fromkeys(files, "layout"))
    assert handlers(build) == {("other", "res/a2.xml ! Button")}
    assert [gap.location.file for gap in build.gaps] == ["res/a1.xml"]


def test_what_too_many_files_hide_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource_code, "_MOST_FILES", 1)
    files = {"res/a1.xml": write_axml(SENDING), "res/a2.xml": write_axml(layout(button("other")))}
    build = apk(tmp_path, files, activity(), types=dict.fromkeys(files, "layout"))
    assert handlers(build) == {("send", "res/a1.xml ! Button")}
    assert [(gap.location.file, gap.hides) for gap in build.gaps] == [("res/a2.xml", frozenset({Table.DATA}))]


def test_a_lens_without_entrances_reads_no_layouts(tmp_path: Path) -> None:
    path = tmp_path / "app.apk"
    path.write_bytes(simple_apk(files={"res/a1.xml": write_axml(SENDING)}, resources=[Resource("layout", "a", {"": "res/a1.xml"})]))
    assert extract(path).of(FactKind.HANDLER) == ()


def test_the_layouts_of_an_app_bundle_are_read(tmp_path: Path) -> None:
    main = Element("activity", {"android:name": ".MainActivity"})
    base = Module(
        manifest=manifest(APP, components=[main]),
        classes=[activity(Method(name=f"send({VIEW})V", calls=[READ]))],
        files={"res/layout/a.xml": write_proto_xml(SENDING), "resources.pb": layouts_pb("res/layout/a.xml")},
    )
    path = tmp_path / "app.aab"
    path.write_bytes(write_bundle({"base": base}))
    build = extract(path, lens=LENS)
    assert handlers(build) == {("send", "base/res/layout/a.xml ! Button")}
    assert reached(build) == {"MainActivity.send": ["MainActivity.send"]}


def layouts_pb(path: str) -> bytes:
    """A ResourceTable message with one layout."""
    from tests.forge.bundle import message

    value = message((2, message((4, message((5, message((1, path))))))))
    entry = message((1, message((1, 0))), (2, "a"), (6, value))
    type_ = message((1, message((1, 2))), (2, "layout"), (3, entry))
    return message((2, message((1, message((1, 0x7F))), (2, APP), (3, type_))))


# -- classes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("utf8", [False, True])
def test_a_view_a_layout_names_is_made_and_called_back(tmp_path: Path, utf8: bool) -> None:
    view = Class(
        name=f"{APP}.Chart", superclass="android.view.View",
        methods=[Method(name="<init>()V", calls=[READ]), Method(name="onDraw()V", calls=[READ]), Method(name="never()V", calls=[READ])],
    )  # fmt: skip
    files = {"res/a1.xml": write_axml(layout(Element(f"{APP}.Chart")), utf8=utf8)}
    found = reached(apk(tmp_path, files, activity(), view, types={"res/a1.xml": "layout"}))
    assert set(found) == {"Chart.<init>", "Chart.onDraw"}
    assert reached(apk(tmp_path, files, activity(), view, types={"res/a1.xml": "drawable"})) == {}


def test_a_fragment_that_a_navigation_graph_names_is_made_by_the_library(tmp_path: Path) -> None:
    fragment = Class(name="androidx.fragment.app.Fragment", methods=[Method(name="shown()V")])
    home = Class(name=f"{APP}.Home", superclass="androidx.fragment.app.Fragment", methods=[Method(name="shown()V", calls=[READ])])
    main = activity(Method(name="onResume()V", body=[Call("androidx.fragment.app.Fragment.shown()V")]))
    graph = Element("navigation", {}, [Element("fragment", {"android:name": f"{APP}.Home"})])
    build = apk(tmp_path, {"res/n.xml": write_axml(graph)}, main, fragment, home, types={"res/n.xml": "navigation"})
    assert reached(build)["Home.shown"] == ["MainActivity.onResume", "Home.shown"]

"""What can be reached from where, on builds made for it; every case with both twins of the call graph."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from auditor.extract import extract
from auditor.extract.android import callgraph
from auditor.extract.android.callgraph_python import CallGraphPython
from auditor.extract.entrances import START, USE, CallbackRules, Entrance, Entrances
from auditor.extract.lens import Lens
from auditor.model import Build, EntryKind, Reach, Reached, Table
from tests.forge.apk import component, simple_apk
from tests.forge.axml import Element
from tests.forge.dex import (
    ABSTRACT,
    INTERFACE,
    PUBLIC,
    Call,
    Class,
    ClassLiteral,
    GetField,
    Local,
    Method,
    New,
    Param,
    Return,
    Super,
)

APP = "com.example.app"
TELEPHONY = "android.telephony.TelephonyManager"
READ = f"{TELEPHONY}.getDeviceId()Ljava/lang/String;"
STARTING = frozenset({"attachBaseContext", "onCreate"})
LENS = Lens(
    methods={TELEPHONY: frozenset({"getDeviceId"})},
    entrances=Entrances(
        points=(
            Entrance(kind=EntryKind.APPLICATION, component="application", methods=STARTING, start_up=True),
            Entrance(kind=EntryKind.PROVIDER, component="provider", methods=frozenset({"onCreate"}), start_up=True),
            Entrance(
                kind=EntryKind.LAUNCHER, component="activity", methods=frozenset({"onCreate", "onResume"}), start_up=True,
                launcher=True,
            ),
            Entrance(kind=EntryKind.ACTIVITY, component="activity", callbacks=True),
            Entrance(kind=EntryKind.SERVICE, component="service", callbacks=True),
            Entrance(kind=EntryKind.SERVICE, component="provider", methods=frozenset({"query"})),
            Entrance(kind=EntryKind.RECEIVER, component="receiver", callbacks=True),
            Entrance(kind=EntryKind.WORKER, extends="androidx.work.ListenableWorker", methods=frozenset({"doWork"})),
        ),
        callbacks=CallbackRules(
            prefixes=(("on", START), ("onClick", USE)),
            exact=(("java.lang.Runnable", "run", START), ("java.lang.Thread", "run", START)),
            annotations=(("android.webkit.JavascriptInterface", USE), ("bus.Told", START)),
        ),
        inflated=(("android.view.View", "android.util.AttributeSet"),),
    ),
)  # fmt: skip


@pytest.fixture(params=["native", "stdlib"], autouse=True)
def twin(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the call graph be the twin asked for."""
    if request.param == "stdlib":
        monkeypatch.setattr(callgraph, "call_graph", CallGraphPython)
    else:
        pytest.importorskip("auditor._native.dexwalk")


def reader(name: str = f"{APP}.Reader") -> Class:
    """A class whose static method reads."""
    return Class(name=name, methods=[Method(name="read()V", static=True, calls=[READ])])


READER = f"static {APP}.Reader.read()V"


def application(*body: object, methods: Sequence[Method] = (), superclass: str = "android.app.Application") -> Class:
    """The application class, with what its onCreate does."""
    created = [Method(name="onCreate()V", body=list(body))] if body else []  # type: ignore[arg-type]
    return Class(name=f"{APP}.App", superclass=superclass, methods=[*created, *methods])


def build(tmp_path: Path, *classes: Class, components: Sequence[Element] = (), main: Sequence[Method] = (), **options: object) -> Build:
    path = tmp_path / "app.apk"
    activity = Class(name=f"{APP}.MainActivity", superclass="android.app.Activity", methods=list(main))
    name = {"name": f"{APP}.App"} if any(one.name == f"{APP}.App" for one in classes) else {}
    dex = options.pop("dex", [[activity, *classes]])
    path.write_bytes(simple_apk(dex=dex, components=components, application=name, **options))  # type: ignore[arg-type]
    return extract(path, lens=LENS)


def reached(tmp_path: Path, *classes: Class, **options: object) -> dict[str, Reached]:
    """Return what is reached of the methods that read, by class and method."""
    flow = build(tmp_path, *classes, **options).flow  # type: ignore[arg-type]
    assert flow is not None
    return {one.method.partition("(")[0].removeprefix(f"{APP}."): one for one in flow.methods}


def steps(one: Reached) -> list[str]:
    return [step.removeprefix(f"{APP}.") for step in one.path]


def static(method: str) -> Call:
    return Call(method, kind="static")


def test_what_the_application_calls_runs_at_start_up(tmp_path: Path) -> None:
    (one,) = reached(tmp_path, application(static(f"{APP}.Reader.read()V")), reader()).values()
    assert (one.reach, one.entries, one.direct) == (Reach.STARTUP, (EntryKind.APPLICATION,), True)
    assert steps(one) == ["App.onCreate", "Reader.read"]


def test_what_nothing_calls_is_not_reached(tmp_path: Path) -> None:
    assert reached(tmp_path, application(Super()), reader()) == {}


def test_an_inherited_start_counts(tmp_path: Path) -> None:
    base = Class(name=f"{APP}.Base", superclass="android.app.Application", methods=[Method(name="attachBaseContext(I)V", calls=[READER])])
    (one,) = reached(tmp_path, application(superclass=f"{APP}.Base"), base, reader()).values()
    assert steps(one) == ["Base.attachBaseContext", "Reader.read"]


def test_a_provider_s_on_create_runs_at_start_up_and_its_query_does_not(tmp_path: Path) -> None:
    provider = component("provider", f"{APP}.Provider", authorities="a")
    methods = [Method(name="onCreate()Z", calls=[READER]), Method(name="query()V", calls=[READ])]
    own = Class(name=f"{APP}.Provider", superclass="android.content.ContentProvider", methods=methods)
    found = reached(tmp_path, own, reader(), components=[provider])
    assert (found["Reader.read"].reach, found["Reader.read"].entries) == (Reach.STARTUP, (EntryKind.PROVIDER,))
    assert (found["Provider.query"].reach, found["Provider.query"].entries) == (Reach.REACHABLE, (EntryKind.SERVICE,))


def test_the_launcher_s_activity_comes_up_at_start_up_and_is_touched_later(tmp_path: Path) -> None:
    click = Class(
        name=f"{APP}.Click", interfaces=["android.view.View$OnClickListener"], methods=[Method(name="onClick()V", calls=[READ])]
    )
    main = [Method(name="onCreate(I)V", body=[New(f"{APP}.Click", "c"), static(f"{APP}.Reader.read()V")])]
    found = reached(tmp_path, click, reader(), main=main)
    assert (found["Reader.read"].reach, found["Reader.read"].entries) == (
        Reach.STARTUP, (EntryKind.LAUNCHER, EntryKind.ACTIVITY),
    )  # fmt: skip
    assert (found["Click.onClick"].reach, found["Click.onClick"].entries) == (Reach.REACHABLE, (EntryKind.ACTIVITY,))


@pytest.mark.parametrize(("tag", "kind"), [("service", EntryKind.SERVICE), ("receiver", EntryKind.RECEIVER)])
def test_other_components_are_entry_points_of_their_own(tmp_path: Path, tag: str, kind: EntryKind) -> None:
    superclass = {"service": "android.app.Service", "receiver": "android.content.BroadcastReceiver"}[tag]
    one = Class(name=f"{APP}.Part", superclass=superclass, methods=[Method(name="onEvent()V", calls=[READ])])
    found = reached(tmp_path, one, components=[component(tag, f"{APP}.Part")])
    assert (found["Part.onEvent"].reach, found["Part.onEvent"].entries) == (Reach.REACHABLE, (kind,))


def test_workers_are_found_by_what_they_extend(tmp_path: Path) -> None:
    worker = Class(name=f"{APP}.Sync", superclass="androidx.work.Worker", methods=[Method(name="doWork()V", calls=[READ])])
    base = Class(name="androidx.work.Worker", superclass="androidx.work.ListenableWorker")
    found = reached(tmp_path, worker, base, Class(name="androidx.work.ListenableWorker"))
    assert found["Sync.doWork"].entries == (EntryKind.WORKER,)


def task(name: str = "Task", above: str = "java.lang.Object", method: str = "run()V", **options: object) -> Class:
    return Class(name=f"{APP}.{name}", superclass=above, methods=[Method(name=method, calls=[READ])], **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "made",
    [
        task(interfaces=["java.lang.Runnable"]),
        task(above="java.lang.Thread"),
        task(method="onLocationChanged(I)V", interfaces=["android.location.LocationListener"]),
        task(method="<clinit>()V", above="java.lang.Object"),
    ],
)
def test_the_platform_calls_back_objects_that_are_made(tmp_path: Path, made: Class) -> None:
    if made.methods[0].name.startswith("<clinit>"):
        made = Class(name=made.name, methods=[Method(name="<clinit>()V", static=True, calls=[READ])])
    (one,) = reached(tmp_path, application(New(f"{APP}.Task", "t")), made).values()
    assert one.reach is Reach.STARTUP
    assert steps(one)[:1] == ["App.onCreate"]
    assert steps(one)[-1].startswith("Task.")


@pytest.mark.parametrize("made", [task(), task(method="once()V", interfaces=["java.lang.Runnable"])])
def test_what_nobody_calls_is_not_reached(tmp_path: Path, made: Class) -> None:
    assert reached(tmp_path, application(New(f"{APP}.Task", "t")), made) == {}


def test_what_only_a_user_brings_about_does_not_run_at_start_up(tmp_path: Path) -> None:
    made = task(method="onClick(I)V", interfaces=["android.view.View$OnClickListener"])
    (one,) = reached(tmp_path, application(New(f"{APP}.Task", "t")), made).values()
    assert one.reach is Reach.REACHABLE


def test_an_object_nobody_makes_is_not_called(tmp_path: Path) -> None:
    run = Call("java.lang.Runnable.run()V", kind="interface")
    assert reached(tmp_path, application(run), task(interfaces=["java.lang.Runnable"])) == {}


INTERFACED = Class(
    name=f"{APP}.Port", access=PUBLIC | INTERFACE | ABSTRACT, constructor=False,
    methods=[Method(name="go()V", access=PUBLIC | ABSTRACT, code=False)],
)  # fmt: skip


def test_a_virtual_call_leads_to_the_classes_that_are_made_and_no_others(tmp_path: Path) -> None:
    made = task("Made", method="go()V", interfaces=[f"{APP}.Port"])
    other = task("Other", method="go()V", interfaces=[f"{APP}.Port"])
    body = [New(f"{APP}.Made", "m"), Call(f"{APP}.Port.go()V", kind="interface")]
    found = reached(tmp_path, application(*body), INTERFACED, made, other)
    assert set(found) == {"Made.go"}
    assert found["Made.go"].direct
    body.insert(0, New(f"{APP}.Other", "o"))
    found = reached(tmp_path, application(*body), INTERFACED, made, other)
    assert {name: one.direct for name, one in found.items()} == {"Made.go": False, "Other.go": False}


def test_an_inherited_and_a_default_method_are_found(tmp_path: Path) -> None:
    base = task("Base", method="go()V")
    below = Class(name=f"{APP}.Below", superclass=f"{APP}.Base")
    (one,) = reached(tmp_path, application(New(f"{APP}.Below", "b"), Call(f"{APP}.Below.go()V")), base, below).values()
    assert steps(one) == ["App.onCreate", "Base.go"]
    port = Class(
        name=f"{APP}.Port", access=PUBLIC | INTERFACE | ABSTRACT, constructor=False, methods=[Method(name="go()V", calls=[READ])]
    )
    user = Class(name=f"{APP}.User", interfaces=[f"{APP}.Port"])
    call = Call(f"{APP}.Port.go()V", kind="interface")
    (one,) = reached(tmp_path, application(New(f"{APP}.User", "u"), call), port, user).values()
    assert steps(one) == ["App.onCreate", "Port.go"]


def test_a_call_of_the_superclass_s_own_method_is_followed(tmp_path: Path) -> None:
    base = Class(name=f"{APP}.Base", superclass="android.app.Application", methods=[Method(name="onCreate()V", calls=[READ])])
    (one,) = reached(tmp_path, application(Super(), superclass=f"{APP}.Base"), base).values()
    assert steps(one) == ["App.onCreate", "Base.onCreate"]


def test_the_first_use_of_a_class_runs_its_initialiser(tmp_path: Path) -> None:
    held = Class(name=f"{APP}.Held", methods=[Method(name="<clinit>()V", static=True, calls=[READ])])
    read = GetField(f"{APP}.Held.FIELD:Ljava/lang/String;", "f")
    (one,) = reached(tmp_path, application(read), held).values()
    assert (steps(one), one.direct) == (["App.onCreate", "Held.<clinit>"], True)


def test_names_and_literals_of_classes_are_followed_with_less_certainty(tmp_path: Path) -> None:
    hidden = Class(
        name=f"{APP}.Hidden",
        methods=[Method(name="<init>()V", calls=[READ]), Method(name="collect()V", calls=[READ]), Method(name="other()V", calls=[READ])],
    )
    by_name = Call("java.lang.Class.forName(Ljava/lang/String;)Ljava/lang/Class;", [f"{APP}.Hidden"], kind="static", keep="c")
    method = Call("java.lang.Class.getMethod(Ljava/lang/String;)V", ["collect"])
    found = reached(tmp_path, application(by_name, method), hidden)
    assert {name: one.direct for name, one in found.items()} == {"Hidden.<init>": False, "Hidden.collect": False}
    literal = Call("com.acme.Maker.make(Ljava/lang/Class;)V", [ClassLiteral(f"{APP}.Hidden")], kind="static")
    assert set(reached(tmp_path, application(literal), hidden)) == {"Hidden.<init>"}


def test_a_literal_of_a_component_does_not_make_it(tmp_path: Path) -> None:
    service = Class(name=f"{APP}.Part", superclass="android.app.Service", methods=[Method(name="onEvent()V", calls=[READ])])
    start = Call("android.content.Intent.setClass(Ljava/lang/Class;)V", [ClassLiteral(f"{APP}.Part")])
    found = reached(tmp_path, application(start), service, components=[component("service", f"{APP}.Part")])
    assert found["Part.onEvent"].reach is Reach.REACHABLE


def test_classes_that_meta_data_name_are_made_by_who_reads_them(tmp_path: Path) -> None:
    names = Element("meta-data", {"android:name": f"{APP}.Init", "android:value": "androidx.startup"})
    provider = component("provider", f"{APP}.Startup", names, authorities="a")
    startup = Class(
        name=f"{APP}.Startup", superclass="android.content.ContentProvider",
        methods=[Method(name="onCreate()Z", body=[Call(f"{APP}.Port.go()V", kind="interface")])],
    )  # fmt: skip
    made = task("Init", method="go()V", interfaces=[f"{APP}.Port"])
    other = task("Other", method="go()V", interfaces=[f"{APP}.Port"])
    found = reached(tmp_path, startup, INTERFACED, made, other, components=[provider])
    assert {name: steps(one) for name, one in found.items()} == {"Init.go": ["Startup.onCreate", "Init.go"]}


@pytest.mark.parametrize("tag", ["activity", "service"])
def test_a_component_is_called_by_what_else_it_implements(tmp_path: Path, tag: str) -> None:
    base = Class(name=f"{APP}.Base", superclass=f"android.app.{tag.title()}", interfaces=["java.lang.Runnable"])
    part = Class(
        name=f"{APP}.Part", superclass=f"{APP}.Base",
        methods=[Method(name="run()V", calls=[READ]), Method(name="walk()V", calls=[READ])],
    )  # fmt: skip
    found = reached(tmp_path, base, part, components=[component(tag, f"{APP}.Part")])
    assert {name: one.reach for name, one in found.items()} == {"Part.run": Reach.REACHABLE}


def test_views_are_made_from_layouts_once_the_app_is_in_use(tmp_path: Path) -> None:
    view = Class(
        name=f"{APP}.Map", superclass="android.view.View",
        methods=[Method(name="<init>(Landroid/util/AttributeSet;)V"), Method(name="go()V", calls=[READ])],
    )  # fmt: skip
    plain = Class(name=f"{APP}.Plain", superclass="android.view.View", methods=[Method(name="go()V", calls=[READ])])
    main = [Method(name="onCreate(I)V", body=[Call("android.view.View.go()V")])]
    found = reached(tmp_path, view, plain, main=main)
    assert {name: one.reach for name, one in found.items()} == {"Map.go": Reach.REACHABLE}


def bridge(superclass: str = "java.lang.Object", annotation: str = "android.webkit.JavascriptInterface", name: str = "Bridge") -> Class:
    return Class(name=f"{APP}.{name}", superclass=superclass, methods=[Method(name="id()V", calls=[READ], annotations=[annotation])])


def test_pages_call_the_annotated_methods_of_what_is_made_once_the_app_is_in_use(tmp_path: Path) -> None:
    (one,) = reached(tmp_path, bridge(), application(New(f"{APP}.Bridge", "b"))).values()
    assert (one.reach, one.entries, steps(one)) == (Reach.REACHABLE, (EntryKind.ACTIVITY,), ["App.onCreate", "Bridge.id"])
    main = [Method(name="onCreate(I)V", body=[New(f"{APP}.Bridge", "b")])]
    (one,) = reached(tmp_path, bridge(), main=main).values()
    assert (one.reach, one.entries, steps(one)) == (Reach.REACHABLE, (EntryKind.ACTIVITY,), ["MainActivity.onCreate", "Bridge.id"])


def test_what_nobody_makes_is_called_by_no_page(tmp_path: Path) -> None:
    assert reached(tmp_path, bridge(), main=[Method(name="onCreate(I)V")]) == {}


def test_an_override_without_the_annotation_is_called_by_no_page(tmp_path: Path) -> None:
    below = Class(name=f"{APP}.Below", superclass=f"{APP}.Bridge", methods=[Method(name="id()V")])
    inherits = Class(name=f"{APP}.Below", superclass=f"{APP}.Bridge")
    main = [Method(name="onCreate(I)V", body=[New(f"{APP}.Below", "b")])]
    assert reached(tmp_path, bridge(), below, main=main) == {}
    assert list(reached(tmp_path, bridge(), inherits, main=main)) == ["Bridge.id"]


def test_what_start_up_code_makes_is_told_of_what_the_user_does(tmp_path: Path) -> None:
    listener = Class(
        name=f"{APP}.Listener", interfaces=["android.view.View$OnClickListener"], methods=[Method(name="onClick()V", calls=[READ])]
    )
    (one,) = reached(tmp_path, listener, application(New(f"{APP}.Listener", "l"))).values()
    assert (one.reach, one.entries, steps(one)) == (Reach.REACHABLE, (EntryKind.ACTIVITY,), ["App.onCreate", "Listener.onClick"])
    (one,) = reached(tmp_path, reader(), application(static(f"{APP}.Reader.read()V"))).values()
    assert (one.reach, one.entries) == (Reach.STARTUP, (EntryKind.APPLICATION,))


def test_an_activity_s_own_annotated_methods_are_called(tmp_path: Path) -> None:
    main = [Method(name="id()V", calls=[READ], annotations=["android.webkit.JavascriptInterface"])]
    (one,) = reached(tmp_path, main=main).values()
    assert (one.reach, one.entries, steps(one)) == (Reach.REACHABLE, (EntryKind.ACTIVITY,), ["MainActivity.id"])


def test_what_a_library_calls_by_annotation_may_run_at_start_up(tmp_path: Path) -> None:
    (one,) = reached(tmp_path, bridge(annotation="bus.Told"), application(New(f"{APP}.Bridge", "b"))).values()
    assert (one.reach, steps(one)) == (Reach.STARTUP, ["App.onCreate", "Bridge.id"])


def test_calls_are_followed_from_one_dex_file_into_the_next(tmp_path: Path) -> None:
    first = [application(static(f"{APP}.Reader.read()V")), Class(name=f"{APP}.MainActivity", superclass="android.app.Activity")]
    (one,) = reached(tmp_path, first[0], dex=[first, [reader()]]).values()
    assert steps(one) == ["App.onCreate", "Reader.read"]


def test_the_shortest_way_is_shown(tmp_path: Path) -> None:
    far = [
        Class(name=f"{APP}.S{number}", methods=[Method(name="go()V", static=True, calls=[f"static {APP}.S{number + 1}.go()V"])])
        for number in range(3)
    ]
    last = Class(name=f"{APP}.S3", methods=[Method(name="go()V", static=True, calls=[READER])])
    near = Class(name=f"{APP}.Near", methods=[Method(name="go()V", static=True, calls=[READER])])
    body = [static(f"{APP}.S0.go()V"), static(f"{APP}.Near.go()V")]
    (one,) = reached(tmp_path, application(*body), *far, last, near, reader()).values()
    assert steps(one) == ["App.onCreate", "Near.go", "Reader.read"]


def test_the_surest_way_is_shown_though_a_shorter_one_guesses(tmp_path: Path) -> None:
    work = Class(
        name=f"{APP}.Work", interfaces=["java.lang.Runnable"],
        methods=[Method(name="run()V", calls=[READER])],
    )  # fmt: skip
    other = Class(name=f"{APP}.Other", interfaces=["java.lang.Runnable"], methods=[Method(name="run()V")])
    sdk = Class(
        name=f"{APP}.Sdk",
        methods=[
            Method(name="init()V", static=True, calls=[f"static {APP}.Sdk.deeper()V"]),
            Method(name="deeper()V", static=True, body=[New(f"{APP}.Work", "w"), New(f"{APP}.Other", "o")]),
        ],
    )
    guessing = Call("java.lang.Runnable.run()V", kind="interface")
    (one,) = reached(tmp_path, application(guessing, static(f"{APP}.Sdk.init()V")), work, other, sdk, reader()).values()
    assert (steps(one), one.direct) == (["App.onCreate", "Sdk.init", "Sdk.deeper", "Work.run", "Reader.read"], True)


def test_of_guesses_the_one_among_the_fewest_is_shown(tmp_path: Path) -> None:
    ports = [
        Class(
            name=f"{APP}.{name}", access=PUBLIC | INTERFACE | ABSTRACT, constructor=False,
            methods=[Method(name=f"{name.lower()}()V", access=PUBLIC | ABSTRACT, code=False)],
        )
        for name in ("Wide", "Narrow")
    ]  # fmt: skip
    wide, narrow = (Method(name=f"{name}()V", calls=[READER]) for name in ("wide", "narrow"))
    both = Class(name=f"{APP}.Both", interfaces=[f"{APP}.Wide", f"{APP}.Narrow"], methods=[wide, narrow])
    others = [
        Class(name=f"{APP}.Other{number}", interfaces=[f"{APP}.Wide", f"{APP}.Narrow"][: 1 + (number < 1)],
              methods=[Method(name="wide()V"), Method(name="narrow()V")])
        for number in range(4)
    ]  # fmt: skip
    body = [New(one.name, f"v{at}") for at, one in enumerate([both, *others])]
    body += [Call(f"{APP}.{name}.{name.lower()}()V", kind="interface") for name in ("Wide", "Narrow")]
    found = reached(tmp_path, application(*body), *ports, both, *others, reader())
    assert {name: (steps(one), one.direct) for name, one in found.items()} == {
        "Reader.read": (["App.onCreate", "Both.narrow", "Reader.read"], False)
    }


def test_a_class_that_is_made_and_named_is_reached_by_its_making(tmp_path: Path) -> None:
    work = Class(
        name=f"{APP}.Work", interfaces=["java.lang.Runnable"],
        methods=[Method(name="run()V", calls=[READ]), Method(name="<init>(I)V", calls=[READ])],
    )  # fmt: skip
    body = [Call("com.acme.Log.tag(Ljava/lang/Class;)V", [ClassLiteral(f"{APP}.Work")], kind="static"), New(f"{APP}.Work", "w")]
    found = reached(tmp_path, application(*body), work)
    assert {name: one.direct for name, one in found.items()} == {"Work.run": True, "Work.<init>": False}


def test_a_provider_s_way_is_shown_before_as_sure_a_one_of_the_application(tmp_path: Path) -> None:
    provider = Class(
        name=f"{APP}.Started", superclass="android.content.ContentProvider",
        methods=[Method(name="onCreate()Z", calls=[f"static {APP}.Init.go()V"])],
    )  # fmt: skip
    init = Class(name=f"{APP}.Init", methods=[Method(name="go()V", static=True, calls=[READER])])
    components = [component("provider", f"{APP}.Started")]
    (one,) = reached(tmp_path, application(static(f"{APP}.Reader.read()V")), provider, init, reader(), components=components).values()
    assert steps(one) == ["Started.onCreate", "Init.go", "Reader.read"]
    assert one.entries == (EntryKind.APPLICATION, EntryKind.PROVIDER)


OUTLINE = Class(
    name="androidx.core.view.a",
    methods=[
        Method(
            name="f(Landroid/telephony/TelephonyManager;)Ljava/lang/String;",
            static=True,
            body=[Call(READ, on=Param(0), keep="r"), Return(Local("r"))],
        )
    ],
)
"""As R8 leaves a call of a newer interface, in whatever class comes handy."""
OUTLINED = f"androidx.core.view.a.{OUTLINE.methods[0].name}"


def test_who_calls_what_only_hands_a_call_on_is_told(tmp_path: Path) -> None:
    user = Class(name=f"{APP}.User", methods=[Method(name="go(I)V", static=True, calls=[f"static {OUTLINED}"])])
    dead = Class(name=f"{APP}.Dead", methods=[Method(name="go()V", static=True, calls=[f"static {OUTLINED}"])])
    flow = build(tmp_path, application(static(f"{APP}.User.go(I)V")), OUTLINE, user, dead).flow
    assert flow is not None
    assert flow.handed == ((OUTLINED, (f"{APP}.Dead.go()V", f"{APP}.User.go(I)V")),)
    assert {one.method: one.path[-1] for one in flow.methods} == {
        OUTLINED: "androidx.core.view.a.f", f"{APP}.User.go(I)V": f"{APP}.User.go",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("f(Landroid/telephony/TelephonyManager;)V", [Call(READ, on=Param(0))]),
        ("f(Landroid/content/Context;Landroid/telephony/TelephonyManager;)Ljava/lang/String;", [Call(READ, on=Param(1))]),
        (
            "f(Landroid/telephony/TelephonyManager;)Ljava/lang/String;",
            [Call("com.acme.Log.say()V", kind="static"), Call(READ, on=Param(0))],
        ),
    ],
)
def test_a_method_that_does_more_than_hand_on_makes_its_calls_itself(tmp_path: Path, name: str, body: list[Call]) -> None:
    other = Class(name="com.acme.Phone", methods=[Method(name=name, static=True, body=body)])
    user = application(static(f"com.acme.Phone.{name}"))
    flow = build(tmp_path, user, other).flow
    assert flow is not None
    assert flow.handed == ()


def test_classes_and_who_uses_whom_are_told(tmp_path: Path) -> None:
    flow = build(tmp_path, application(static(f"{APP}.Reader.read()V")), reader(), Class(name=f"{APP}.Dead")).flow
    assert flow is not None
    reach = {name.removeprefix(f"{APP}."): Reach(value) for name, value in zip(flow.classes, flow.reach, strict=True)}
    assert reach["App"] is reach["Reader"] is Reach.STARTUP
    assert reach["Dead"] is Reach.CALLED
    words = memoryview(flow.uses).cast("I").tolist()
    pairs = {(flow.classes[a], flow.classes[b]) for a, b in zip(words[::2], words[1::2], strict=True)}
    assert pairs == {(f"{APP}.App", f"{APP}.Reader")}


def test_classes_that_inherit_from_themselves_end_with_a_gap(tmp_path: Path) -> None:
    one = Class(name=f"{APP}.One", superclass=f"{APP}.Two")
    two = Class(name=f"{APP}.Two", superclass=f"{APP}.One", methods=[Method(name="go()V", calls=[READ])])
    found = build(tmp_path, application(New(f"{APP}.One", "o"), Call(f"{APP}.One.go()V")), one, two)
    assert [gap.hides for gap in found.gaps if "inherit from themselves" in gap.reason.en] == [frozenset({Table.DATA})]


def test_a_search_that_is_given_up_leaves_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from auditor.extract.android import flow

    monkeypatch.setattr(flow, "steps_for", lambda graph: 3)
    found = build(tmp_path, application(static(f"{APP}.Reader.read()V")), reader())
    assert [gap.hides for gap in found.gaps if "given up" in gap.reason.en] == [frozenset({Table.DATA})]


def test_a_search_that_breaks_leaves_the_build_in_doubt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from auditor.extract.android import flow

    def broken(*_: object) -> None:
        raise KeyError("a mistake")

    monkeypatch.setattr(flow, "find_flow", broken)
    found = build(tmp_path, application(static(f"{APP}.Reader.read()V")), reader())
    assert found.flow is None
    assert [gap.location.file for gap in found.gaps if "KeyError" in gap.reason.en] == ["classes.dex"]
    assert found.identity.app_id == APP


def test_a_hierarchy_of_ten_thousand_levels_is_followed(tmp_path: Path) -> None:
    count = 10_000
    classes = [Class(name=f"{APP}.C{number}", superclass=f"{APP}.C{number + 1}", constructor=False) for number in range(count)]
    top = Class(name=f"{APP}.C{count}", methods=[Method(name="go()V", calls=[READ])], constructor=False)
    (one,) = reached(tmp_path, application(Call(f"{APP}.C0.go()V")), *reversed(classes), top).values()
    assert steps(one) == ["App.onCreate", f"C{count}.go"]


def test_nothing_is_followed_without_entrances(tmp_path: Path) -> None:
    path = tmp_path / "app.apk"
    path.write_bytes(simple_apk(calls=[READ]))
    assert extract(path, lens=Lens(methods=LENS.methods)).flow is None


def test_the_order_of_entries_changes_nothing(tmp_path: Path) -> None:
    first = [application(static(f"{APP}.Reader.read()V")), Class(name=f"{APP}.MainActivity", superclass="android.app.Activity")]
    flows = []
    for name in ("a", "b"):
        path = tmp_path / f"{name}.apk"
        data = simple_apk(
            dex=[first, [reader()]], application={"name": f"{APP}.App"},
            edit=(lambda entries: entries[::-1]) if name == "b" else (lambda entries: entries),
        )  # fmt: skip
        path.write_bytes(data)
        flows.append(extract(path, lens=LENS).flow)
    assert flows[0] == flows[1]



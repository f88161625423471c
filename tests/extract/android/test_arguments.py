"""What arguments hold: followed through code as compilers write it, and said to be unknown where a path leaves it open."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.extract.android.arguments import Named, Reading, Shown, Steps, Text, show
from auditor.extract.android.body import Body
from auditor.extract.android.calls import Sought, read_calls
from auditor.extract.android.tables import Tables
from auditor.extract.lens import Lens
from tests.forge.dex import (
    FINAL,
    PUBLIC,
    STATIC,
    Array,
    Call,
    Class,
    ClassLiteral,
    Field,
    GetField,
    Local,
    Method,
    New,
    Op,
    Param,
    PutField,
    Raw,
    Unless,
    Value,
    write_dex,
)

SECURE = "android.provider.Settings$Secure"
GET_STRING = f"{SECURE}.getString(Landroid/content/ContentResolver;Ljava/lang/String;)Ljava/lang/String;"
QUERY = "android.content.ContentResolver.query(Landroid/net/Uri;[Ljava/lang/String;Landroid/os/Bundle;)Landroid/database/Cursor;"
SENSOR = "android.hardware.SensorManager.getDefaultSensor(I)Landroid/hardware/Sensor;"
EXEC = "java.lang.Runtime.exec(Ljava/lang/String;)Ljava/lang/Process;"
EXEC_ARRAY = "java.lang.Runtime.exec([Ljava/lang/String;)Ljava/lang/Process;"
REQUEST = "android.app.Activity.requestPermissions([Ljava/lang/String;I)V"
COMPAT = "androidx.core.app.ActivityCompat.requestPermissions(Landroid/app/Activity;[Ljava/lang/String;I)V"
PROPERTIES = "android.os.SystemProperties"
FOR_NAME = "java.lang.Class.forName(Ljava/lang/String;)Ljava/lang/Class;"
GET_METHOD = "java.lang.Class.getMethod(Ljava/lang/String;[Ljava/lang/Class;)Ljava/lang/reflect/Method;"
INVOKE = "java.lang.reflect.Method.invoke(Ljava/lang/Object;[Ljava/lang/Object;)Ljava/lang/Object;"
PARSE = "android.net.Uri.parse(Ljava/lang/String;)Landroid/net/Uri;"
BUILDER = "java.lang.StringBuilder"
APPEND = f"{BUILDER}.append(Ljava/lang/String;)L{BUILDER.replace('.', '/')};"
TO_STRING = f"{BUILDER}.toString()Ljava/lang/String;"
FUSED, ASKED = "com.google.android.gms.location.FusedLocationProviderClient", "com.google.android.gms.location.LocationRequest"
UPDATES = f"{FUSED}.requestLocationUpdates(L{ASKED.replace('.', '/')};Landroid/app/PendingIntent;)V"
ASKED_BUILDER = f"{ASKED}$Builder"
LENS = Lens(
    methods={
        FUSED: frozenset({"requestLocationUpdates"}),
        SECURE: frozenset({"getString"}),
        "android.content.ContentResolver": frozenset({"query"}),
        "android.hardware.SensorManager": frozenset({"getDefaultSensor"}),
        "java.lang.Runtime": frozenset({"exec"}),
        "java.io.File": frozenset({"<init>"}),
        "android.app.Activity": frozenset({"requestPermissions"}),
        "androidx.core.app.ActivityCompat": frozenset({"requestPermissions"}),
        PROPERTIES: frozenset({"get"}),
        "android.telephony.TelephonyManager": frozenset({"getDeviceId"}),
    },
    carriers={
        (ASKED, "setPriority"): {"": 0},
        (ASKED_BUILDER, "<init>"): {"(IJ)V": 0},
        (ASKED_BUILDER, "setPriority"): {"": 0},
    },
    arguments={
        (FUSED, "requestLocationUpdates"): {"": 0},
        (SECURE, "getString"): {"": 1},
        ("android.content.ContentResolver", "query"): {"": 0},
        ("android.hardware.SensorManager", "getDefaultSensor"): {"": 0},
        ("java.lang.Runtime", "exec"): {"": 0},
        ("java.io.File", "<init>"): {"(Ljava/lang/String;)V": 0},
        ("android.app.Activity", "requestPermissions"): {"": 0},
        ("androidx.core.app.ActivityCompat", "requestPermissions"): {"": 1},
        (PROPERTIES, "get"): {"": 0},
    },
)


def sites(body: Sequence[Op], *more: Class, name: str = "go(Ljava/lang/String;I)V") -> list[tuple[str, str | None, str]]:
    """Return method, argument and kind of reflection of every call found in one method."""
    data = write_dex([Class(name="a.B", methods=[Method(name=name, body=body)]), *more])
    tables = Tables(data, 0)
    strings = {index: raw.decode("utf-8", "replace") for index, raw in enumerate(tables.strings)}
    return [(site.method, site.argument, site.reflection) for site in read_calls(tables, Sought(LENS), strings).sites]


def argument(body: Sequence[Op], *more: Class) -> str | None:
    """Return the argument of the one call in a method."""
    ((_, found, _),) = sites(body, *more)
    return found


def get_string(key: Value) -> Call:
    return Call(GET_STRING, [None, key], kind="static")


def appended(*pieces: Value, keep: bool = True) -> list[Op]:
    """A string builder filled piece by piece, with the result of ``append`` used or dropped."""
    ops: list[Op] = [New(BUILDER, "b")]
    for piece in pieces:
        ops.append(Call(APPEND, [piece], on=Local("b"), keep="b" if keep else ""))
    return [*ops, Call(TO_STRING, on=Local("b"), keep="s")]


# -- within the method -------------------------------------------------------------------------------------------------


def test_a_constant_is_shown() -> None:
    assert argument([get_string("android_id")]) == '"android_id"'
    assert argument([Call(SENSOR, [21])]) == "21"


def test_quotes_and_backslashes_are_escaped() -> None:
    assert argument([get_string('a"b\\c')]) == '"a\\"b\\\\c"'


def test_a_parameter_is_unresolved() -> None:
    assert argument([get_string(Param(0))]) == ""


def test_what_another_method_returns_is_unresolved() -> None:
    assert argument([Call("a.B.key()Ljava/lang/String;", kind="static", keep="k"), get_string(Local("k"))]) == ""


def test_an_overload_without_the_argument_has_none() -> None:
    file = New("java.io.File", "f", "(Ljava/io/File;Ljava/lang/String;)V", [None, "x"])
    assert argument([file]) is None
    assert argument([New("java.io.File", "f", "(Ljava/lang/String;)V", ["/proc/cpuinfo"])]) == '"/proc/cpuinfo"'


@pytest.mark.parametrize("keep", [True, False])
def test_a_string_builder_is_followed(keep: bool) -> None:
    assert argument([*appended("android", "_", "id", keep=keep), get_string(Local("s"))]) == '"android_id"'


def test_an_unknown_piece_leaves_an_ellipsis() -> None:
    assert argument([*appended("/sys/class/net/", Param(0), "/address"), get_string(Local("s"))]) == '"/sys/class/net/…/address"'


def test_what_begins_with_an_unknown_piece_is_unresolved() -> None:
    assert argument([*appended(Param(0), ".bak"), get_string(Local("s"))]) == ""


def test_numbers_and_characters_are_appended_as_text() -> None:
    number = Call(f"{BUILDER}.append(I)Ljava/lang/StringBuilder;", [7], on=Local("b"), keep="b")
    letter = Call(f"{BUILDER}.append(C)Ljava/lang/StringBuilder;", [47], on=Local("b"), keep="b")
    body = [New(BUILDER, "b"), letter, number, Call(TO_STRING, on=Local("b"), keep="s"), get_string(Local("s"))]
    assert argument(body) == '"/7"'


def test_a_builder_that_others_saw_is_unresolved() -> None:
    seen = Call("a.B.fill(Ljava/lang/StringBuilder;)V", [Local("b")], kind="static")
    body = [New(BUILDER, "b"), seen, Call(TO_STRING, on=Local("b"), keep="s"), get_string(Local("s"))]
    assert argument(body) == ""


def test_concat_and_format_are_followed() -> None:
    concat = Call("java.lang.String.concat(Ljava/lang/String;)Ljava/lang/String;", ["_id"], on="android", keep="s")
    assert argument([concat, get_string(Local("s"))]) == '"android_id"'
    pattern = "java.lang.String.format(Ljava/lang/String;[Ljava/lang/Object;)Ljava/lang/String;"
    formatted = Call(pattern, ["getprop %1$s 100%%", None], kind="static", keep="s")
    assert argument([formatted, Call(EXEC, [Local("s")])]) == '"getprop … 100%"'


def test_both_values_of_a_condition_are_shown() -> None:
    choose = [GetField("a.C.ONE:Ljava/lang/String;", "k"), Unless(Param(1), [GetField("a.C.TWO:Ljava/lang/String;", "k")])]
    holder = constants(ONE="bluetooth_address", TWO="android_id")
    found = argument([*choose, get_string(Local("k"))], holder)
    assert found is not None
    assert set(found.split(" | ")) == {'"bluetooth_address"', '"android_id"'}


def test_one_unknown_path_leaves_it_unresolved() -> None:
    maybe = [GetField("a.C.ONE:Ljava/lang/String;", "k"), Unless(Param(1), [Call("a.B.x()Ljava/lang/String;", kind="static", keep="k")])]
    assert argument([*maybe, get_string(Local("k"))], constants(ONE="android_id")) == ""


# -- addresses, static fields, arrays ----------------------------------------------------------------------------------


def constants(**values: str) -> Class:
    """A class of final static strings."""
    fields = [Field(name=name, static=True, value=value, access=PUBLIC | STATIC | FINAL) for name, value in values.items()]
    return Class(name="a.C", fields=fields)


def test_a_final_static_string_of_the_build_is_its_value() -> None:
    assert argument([GetField("a.C.KEY:Ljava/lang/String;", "k"), get_string(Local("k"))], constants(KEY="android_id")) == '"android_id"'


def test_a_static_string_that_may_change_is_shown_by_its_name() -> None:
    holder = Class(name="a.C", fields=[Field(name="KEY", static=True, value="android_id", access=PUBLIC | STATIC)])
    assert argument([GetField("a.C.KEY:Ljava/lang/String;", "k"), get_string(Local("k"))], holder) == "a.C.KEY"


def test_a_field_of_the_platform_is_shown_by_its_name() -> None:
    field = "android.provider.CallLog$Calls.CONTENT_URI:Landroid/net/Uri;"
    assert argument([GetField(field, "u"), Call(QUERY, [Local("u")])]) == "android.provider.CallLog$Calls.CONTENT_URI"


def test_an_address_is_what_was_parsed() -> None:
    body = [Call(PARSE, ["content://sms/inbox"], kind="static", keep="u"), Call(QUERY, [Local("u")])]
    assert argument(body) == '"content://sms/inbox"'


def test_an_address_with_a_path_keeps_what_is_known() -> None:
    within = "android.net.Uri.withAppendedPath(Landroid/net/Uri;Ljava/lang/String;)Landroid/net/Uri;"
    parsed = Call(PARSE, ["content://sms/"], kind="static", keep="u")
    assert argument([parsed, Call(within, [Local("u"), "inbox"], kind="static", keep="v"), Call(QUERY, [Local("v")])]) == (
        '"content://sms/inbox"'
    )
    field = GetField("android.provider.Telephony$Sms.CONTENT_URI:Landroid/net/Uri;", "u")
    numbered = "android.content.ContentUris.withAppendedId(Landroid/net/Uri;J)Landroid/net/Uri;"
    assert argument([field, Call(numbered, [Local("u")], kind="static", keep="v"), Call(QUERY, [Local("v")])]) == (
        "android.provider.Telephony$Sms.CONTENT_URI"
    )


def set_in_initialiser(*ops: Op) -> Class:
    field = Field(name="URI", type="Landroid/net/Uri;", static=True, access=PUBLIC | STATIC | FINAL)
    method = Method(name="<clinit>()V", body=ops, static=True, access=STATIC | 0x10000)
    return Class(name="a.C", fields=[field], methods=[method])


def test_an_address_set_by_the_class_s_initialiser_is_followed() -> None:
    parsed = Call(PARSE, ["content://call_log/calls"], kind="static", keep="u")
    put = PutField("a.C.URI:Landroid/net/Uri;", Local("u"))
    body = [GetField("a.C.URI:Landroid/net/Uri;", "u"), Call(QUERY, [Local("u")])]
    assert argument(body, set_in_initialiser(parsed, put)) == '"content://call_log/calls"'
    assert argument(body, set_in_initialiser(parsed, put, put)) == "a.C.URI"


def test_a_field_whose_value_rests_on_itself_ends() -> None:
    loop = [GetField("a.C.URI:Landroid/net/Uri;", "u"), PutField("a.C.URI:Landroid/net/Uri;", Local("u"))]
    body = [GetField("a.C.URI:Landroid/net/Uri;", "u"), Call(QUERY, [Local("u")])]
    assert argument(body, set_in_initialiser(*loop)) == "a.C.URI"


def test_permissions_asked_for_are_listed() -> None:
    both: list[Value] = ["android.permission.CAMERA", "android.permission.RECORD_AUDIO"]
    assert argument([Array(both, "p"), Call(REQUEST, [Local("p"), 1])]) == '"android.permission.CAMERA", "android.permission.RECORD_AUDIO"'
    assert argument([Array(both, "p"), Call(COMPAT, [None, Local("p"), 1], kind="static")]) == (
        '"android.permission.CAMERA", "android.permission.RECORD_AUDIO"'
    )


def test_an_item_that_is_not_known_is_an_ellipsis() -> None:
    items = Array(["sh", "-c", Param(0)], "p")
    assert argument([items, Call(EXEC_ARRAY, [Local("p")])]) == '"sh", "-c", …'
    assert argument([Array([Param(0)], "p"), Call(EXEC_ARRAY, [Local("p")])]) == ""
    assert argument([Call(EXEC_ARRAY, [Param(0)])]) == ""


def test_a_call_through_a_subclass_has_its_argument() -> None:
    body = [Array(["x"], "p"), Call(REQUEST.replace("android.app.Activity", "a.Main"), [Local("p"), 1])]
    classes = [Class(name="a.Main", superclass="android.app.Activity"), Class(name="a.B", methods=[Method(name="go()V", body=body)])]
    data = write_dex(classes)
    tables = Tables(data, 0)
    strings = {index: raw.decode("utf-8", "replace") for index, raw in enumerate(tables.strings)}
    (found,) = read_calls(tables, Sought(LENS), strings).maybe.values()
    assert [site.argument for site in found] == ['"x"']


# -- reflection --------------------------------------------------------------------------------------------------------


def looked_up(class_: str, member: str) -> list[Op]:
    return [Call(FOR_NAME, [class_], kind="static", keep="c"), Call(GET_METHOD, [member], on=Local("c"), keep="m")]


def test_a_method_called_by_its_name_shows_its_argument() -> None:
    called = [Array(["ro.serialno"], "a", "Ljava/lang/Object;"), Call(INVOKE, [None, Local("a")], on=Local("m"))]
    assert sites([*looked_up(PROPERTIES, "get"), *called]) == [("get", '"ro.serialno"', "invoked")]


def test_each_call_by_name_counts() -> None:
    ops = looked_up(PROPERTIES, "get")
    for key in ("ro.serialno", "sys.serialnumber"):
        ops += [Array([key], "a", "Ljava/lang/Object;"), Call(INVOKE, [None, Local("a")], on=Local("m"))]
    assert [argument for _, argument, _ in sites(ops)] == ['"ro.serialno"', '"sys.serialnumber"']


def test_a_method_that_is_only_looked_up_says_so() -> None:
    assert sites(looked_up("android.telephony.TelephonyManager", "getDeviceId")) == [("getDeviceId", None, "looked-up")]
    assert sites(looked_up(PROPERTIES, "get")) == [("get", "", "looked-up")]


def test_a_class_literal_is_a_class_too() -> None:
    literal = Call(GET_METHOD, ["getDeviceId"], on=ClassLiteral("android.telephony.TelephonyManager"), keep="m")
    assert sites([literal]) == [("getDeviceId", None, "looked-up")]


@pytest.mark.parametrize(
    ("class_", "member"),
    [("a.Own", "getDeviceId"), ("android.telephony.TelephonyManager", "getNetworkOperator"), (Param(0), "getDeviceId")],
)
def test_other_names_are_no_call(class_: Value, member: str) -> None:
    ops = [Call(FOR_NAME, [class_], kind="static", keep="c"), Call(GET_METHOD, [member], on=Local("c"), keep="m")]
    assert sites(ops) == []

# -- objects that carry what decides -----------------------------------------------------------------------------------

AS_BUILDER, AS_ASKED = (f"L{one.replace('.', '/')};" for one in (ASKED_BUILDER, ASKED))
BUILD = f"{ASKED_BUILDER}.build(){AS_ASKED}"
SET_PRIORITY = f"{ASKED_BUILDER}.setPriority(I){AS_BUILDER}"
SET_DELAY = f"{ASKED_BUILDER}.setMaxUpdateDelayMillis(J){AS_BUILDER}"
OLDER = f"{ASKED}.setPriority(I){AS_ASKED}"


def test_what_a_request_was_built_with_is_the_argument() -> None:
    built: list[Op] = [New(ASKED_BUILDER, "b", "(IJ)V", [102, 5000])]
    asked: list[Op] = [Call(BUILD, on=Local("b"), keep="r"), Call(UPDATES, [Local("r")])]
    assert argument([*built, *asked]) == "102"
    fluent = [Call(SET_DELAY, [9], on=Local("b"), keep="b"), Call(SET_PRIORITY, [104], on=Local("b"), keep="b")]
    assert argument([*built, *fluent, *asked]) == "104"
    dropped = [Call(SET_PRIORITY, [100], on=Local("b")), Call(SET_DELAY, [9], on=Local("b"))]
    assert argument([*built, *dropped, *asked]) == "100"


def test_what_was_set_on_a_request_itself_is_the_argument() -> None:
    made: list[Op] = [Call(f"{ASKED}.create(){AS_ASKED}", kind="static", keep="r"), Call(OLDER, [100], on=Local("r"))]
    assert argument([*made, Call(UPDATES, [Local("r")])]) == "100"


def test_a_request_from_elsewhere_or_set_to_what_is_not_shown_is_unresolved() -> None:
    here = f"a.B.request(){AS_ASKED}"
    assert argument([Call(here, kind="static", keep="r"), Call(UPDATES, [Local("r")])]) == ""
    unset: list[Op] = [New(ASKED_BUILDER, "b", "(J)V", [5000]), Call(BUILD, on=Local("b"), keep="r")]
    assert argument([*unset, Call(UPDATES, [Local("r")])]) == ""
    open_: list[Op] = [New(ASKED_BUILDER, "b", "(IJ)V", [Param(1), 5000]), Call(BUILD, on=Local("b"), keep="r")]
    assert argument([*open_, Call(UPDATES, [Local("r")])]) == ""


def test_another_object_s_setting_is_not_the_request_s() -> None:
    other: list[Op] = [New(ASKED, "o"), Call(OLDER, [100], on=Local("o")), New(ASKED, "r")]
    assert argument([*other, Call(UPDATES, [Local("r")])]) == ""


# -- odd code ----------------------------------------------------------------------------------------------------------


class Nothing:
    """Tables in which everything has the same name."""

    def string(self, index: int) -> str:
        return "s"

    def field(self, index: int) -> str:
        return "a.B.f"

    def type_(self, index: int) -> str:
        return BUILDER

    def method(self, index: int) -> tuple[str, str, str]:
        return [
            (BUILDER, "append", "(Ljava/lang/String;)V"),
            (BUILDER, "toString", "()V"),
            ("java.lang.Class", "forName", "()V"),
            ("java.lang.reflect.Method", "invoke", "()V"),
            ("android.net.Uri", "withAppendedPath", "()V"),
            ("java.lang.String", "format", "(Ljava/util/Locale;)V"),
        ][index % 6]

    def static(self, index: int) -> None:
        return None


OFTEN = (0x001A, 0x0012, 0x000C, 0x0022, 0x1070, 0x206E, 0x0028, 0xFF28, 0x0038, 0x0007, 0x004D, 0x0023, 0x2024, 0x0100, 0x002B)
"""Code units that begin an instruction with a meaning here."""
UNITS = st.lists(st.one_of(st.integers(0, 0xFFFF), st.sampled_from(OFTEN)), min_size=1, max_size=40)
PLACES = st.integers(0, 50)
TRIES = st.lists(st.tuples(PLACES, PLACES, st.lists(PLACES, max_size=3)), max_size=3)


@settings(max_examples=400, deadline=None)
@given(UNITS, PLACES, st.integers(0, 20), TRIES)
def test_any_code_gives_a_value_or_none(
    units: list[int], at: int, register: int, tries: list[tuple[int, int, list[int]]]
) -> None:
    reading = Reading(Body(array("H", units), tries), Nothing(), Steps())
    for found in (reading.at(at, register), reading.items(at, register), reading.carried(at, register, lambda *_: 0)):
        assert found is None or isinstance(found, tuple)
    if at < len(units) - 1:
        reading.looked_up(at)


def test_a_loop_that_gives_a_register_its_own_value_ends() -> None:
    # 0: const/4 v0, 1; 1: move v0, v0; 2: goto -1; the use stands behind an if
    units = array("H", [0x1012, 0x0001, 0x0038, 0x0003, 0xFD28, 0x000E])
    assert Reading(Body(units), Nothing(), Steps()).at(5, 0) in (None, (1,))


def test_a_value_from_before_a_guarded_range_reaches_its_handler() -> None:
    # 0: const-string v0; 2: const-string v0 (guarded); 4: goto 5; 5: use, also the handler of 2..4
    units = array("H", [0x001A, 0, 0x001A, 1, 0x0128, 0x000E])

    class Two(Nothing):
        def string(self, index: int) -> str:
            return "ab"[index]

    plain = Reading(Body(units), Two(), Steps()).at(5, 0)
    guarded = Reading(Body(units, [(2, 4, [5])]), Two(), Steps()).at(5, 0)
    assert plain == (Text("b"),)
    assert guarded is not None
    assert set(guarded) == {Text("a"), Text("b")}


def test_what_all_arguments_of_a_file_may_cost_is_limited() -> None:
    body = Body(array("H", [0x0000] * 50 + [0x1012, 0x000E]))
    steps = Steps(40)
    assert Reading(body, Nothing(), steps).at(50, 0) is None
    assert steps.left < 0
    assert Reading(body, Nothing(), steps).at(51, 0) is None
    assert Reading(body, Nothing(), Steps()).at(51, 0) == (1,)


def test_a_method_that_is_all_data_and_handlers_ends() -> None:
    units = array("H", [0x0200, 0xFFFF, 0, 0])
    assert Reading(Body(units, [(0, 50, [0, 3]), (50, 0, [3])]), Nothing(), Steps()).at(3, 0) is None


def test_handlers_beyond_number_cost_no_time() -> None:
    units = array("H", [0x0000] * 5000 + [0x000E])
    tries = [(0, 5000, [5000] * 40)] * 100
    assert Reading(Body(units, tries), Nothing(), Steps()).at(5000, 0) is None


def test_long_strings_and_deep_code_are_given_up() -> None:
    ops = [*appended(*["x" * 1000] * 5), get_string(Local("s"))]
    assert argument(ops) == ""


def test_raw_branches_out_of_the_method_do_no_harm() -> None:
    assert argument([Raw([0x7F29, 0x7FFF, 0x0000]), get_string("android_id")]) in ("", '"android_id"')


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        (None, None),
        ((), None),
        ((Text("a"),), Shown('"a"', True)),
        ((Text("a…"),), Shown('"a…"', False)),
        ((Text("…"),), None),
        ((3, 4), Shown("3 | 4", True)),
        (((Text("a"), None),), Shown('"a", …', False)),
        (((None,),), None),
        ((Named("a.B", "c"),), Shown("a.B.c", True)),
    ],
)
def test_values_in_words(values: tuple[object, ...] | None, shown: Shown | None) -> None:
    assert show(values) == shown  # type: ignore[arg-type]


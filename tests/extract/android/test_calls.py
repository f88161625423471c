"""Call sites, and the constants they are about."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.extract import extract
from auditor.extract.android.calls import Sought, read_calls
from auditor.extract.android.tables import Tables
from auditor.extract.android.walk import uleb
from auditor.extract.lens import Lens
from auditor.model import FactKind
from tests.forge.apk import simple_apk
from tests.forge.dex import Class, GetField, Method, PutField, write_dex

ROOT = Path(__file__).parents[3]
TELEPHONY = "android.telephony.TelephonyManager"
GET_ID = f"{TELEPHONY}.getDeviceId()Ljava/lang/String;"
WEB_VIEW = "android.webkit.WebView"
LENS = Lens(
    methods={
        TELEPHONY: frozenset({"getDeviceId"}),
        WEB_VIEW: frozenset({"loadUrl"}),
        "android.provider.Settings$Secure": frozenset({"getString"}),
        "android.content.ContentResolver": frozenset({"query"}),
        "android.hardware.SensorManager": frozenset({"getDefaultSensor"}),
    },
    arguments={
        ("android.provider.Settings$Secure", "getString"): {"": 1},
        ("android.content.ContentResolver", "query"): {"": 0},
        ("android.hardware.SensorManager", "getDefaultSensor"): {"": 0},
    },
)


def calls(tmp_path: Path, *classes: Class) -> dict[str, tuple[str, str, str | None]]:
    """Return place -> (method, argument, class it goes through) of every call found."""
    path = tmp_path / "app.apk"
    path.write_bytes(simple_apk(classes=list(classes)))
    found = extract(path, lens=LENS).of(FactKind.CALL)
    return {fact.location.at: (fact.name, fact.value, fact.trait("via")) for fact in found}


def test_a_call_names_its_caller_place_and_class(tmp_path: Path) -> None:
    loud = Class(name="a.B", methods=[Method(name="loud(I)V", calls=[GET_ID])])
    ((at, (name, value, via)),) = calls(tmp_path, loud).items()
    assert at.startswith("a.B.loud(I)V +0x")
    assert (name, value, via) == (f"{TELEPHONY}.getDeviceId", "", None)


def test_another_class_s_method_of_the_same_name_is_no_call(tmp_path: Path) -> None:
    own = Class(name="a.C", methods=[Method(name="getDeviceId()V"), Method(name="x()V", calls=["a.C.getDeviceId()V"])])
    assert calls(tmp_path, own) == {}


def test_a_call_through_a_subclass_counts_and_says_so(tmp_path: Path) -> None:
    view = Class(name="a.View", superclass="a.Base")
    base = Class(name="a.Base", superclass=WEB_VIEW)
    user = Class(name="a.U", methods=[Method(name="go()V", calls=["a.View.loadUrl(Ljava/lang/String;)V"])])
    ((_, found),) = calls(tmp_path, view, base, user).items()
    assert found == (f"{WEB_VIEW}.loadUrl", "", "a.View")


def test_classes_that_inherit_from_themselves_end(tmp_path: Path) -> None:
    one = Class(name="a.One", superclass="a.Two")
    two = Class(name="a.Two", superclass="a.One")
    user = Class(name="a.U", methods=[Method(name="go()V", calls=["a.One.loadUrl(Ljava/lang/String;)V"])])
    assert calls(tmp_path, one, two, user) == {}


def sample(name: str) -> set[tuple[str, str]]:
    found = extract(ROOT / "sample_apks" / name, lens=LENS).of(FactKind.CALL)
    return {(fact.name.rpartition(".")[2], fact.value) for fact in found}


def test_constants_are_followed_to_the_call() -> None:
    assert {
        ("getString", '"android_id"'),
        ("getDefaultSensor", "1"),
        ("query", '"content://sms/inbox"'),
        ("query", "android.provider.CalendarContract$Events.CONTENT_URI"),
    } <= sample("tego-drifted.apk")


def test_nothing_is_looked_for_without_a_lens(tmp_path: Path) -> None:
    path = tmp_path / "app.apk"
    path.write_bytes(simple_apk(calls=[GET_ID]))
    assert extract(path).of(FactKind.CALL) == ()


@pytest.mark.real
@pytest.mark.parametrize("sample_apk", ["tego-drifted.apk", "tego-faithful.apk"])
def test_the_sites_are_androguard_s(sample_apk: str) -> None:
    logger = pytest.importorskip("loguru").logger
    logger.disable("androguard")
    from androguard.core.analysis.analysis import Analysis
    from androguard.core.dex import DEX

    path = ROOT / "sample_apks" / sample_apk
    analysis = Analysis()
    with zipfile.ZipFile(path) as apk:
        for name in sorted(name for name in apk.namelist() if name.endswith(".dex")):
            analysis.add(DEX(apk.read(name)))
    analysis.create_xref()
    theirs = set()
    for class_, names in LENS.methods.items():
        found = analysis.get_class_analysis(f"L{class_.replace('.', '/')};")
        for method in found.get_methods() if found else ():
            if method.name in names:
                for _, caller, offset in method.get_xref_from():
                    owner = caller.get_class_name()[1:-1].replace("/", ".")
                    place = f"{owner}.{caller.name}{caller.get_descriptor().replace(' ', '')} +0x{offset // 2:x}"
                    theirs.add((place, f"{class_}.{method.name}"))
    ours = {
        (fact.location.at, fact.name)
        for fact in extract(path, lens=LENS).of(FactKind.CALL)
        if fact.trait("via") is None
    }
    assert ours == theirs
    assert len(ours) > 3


@given(st.lists(st.tuples(st.integers(0, 1 << 30), st.integers(0, 255)), max_size=8), st.integers(0, 1 << 30))
def test_damaged_code_gives_fewer_calls_or_a_refused_table(flips: list[tuple[int, int]], cut: int) -> None:
    with zipfile.ZipFile(ROOT / "sample_apks" / "tego-drifted.apk") as apk:
        data = bytearray(apk.read("classes.dex"))
    for at, value in flips:
        data[at % len(data)] = value
    damaged = bytes(data[: max(0x70, cut % len(data))])
    try:
        tables = Tables(damaged, 0)
        found = read_calls(tables, Sought(LENS), dict.fromkeys(range(0, tables.string_count, 7), "getDeviceId"))
    except ValueError:
        return
    assert all(site.offset >= 0 for site in found.sites)


# -- broken class data ------------------------------------------------------------------------------------------------


def renumbered(data: bytes, name: str, number: int) -> bytes:
    """Return a DEX file whose class data gives the first method of a class another index (below 128)."""
    tables = Tables(data, 0)
    (class_def,) = [one for one in range(tables.classes) if tables.class_name(one) == name]
    (at,) = struct.unpack_from("<I", data, tables.class_defs + 32 * class_def + 24)
    counts = []
    for _ in range(4):
        count, at = uleb(data, at)
        counts.append(count)
    for _ in range(2 * (counts[0] + counts[1])):
        _, at = uleb(data, at)
    changed = bytearray(data)
    changed[at] = number
    return bytes(changed)


def test_code_of_a_method_that_no_table_has_is_still_read() -> None:
    loud = Class(name="a.B", constructor=False, methods=[Method(name="loud()V", calls=[GET_ID])])
    data = renumbered(write_dex([loud]), "a.B", 0x7F)
    tables = Tables(data, 0)
    strings = {index: raw.decode() for index, raw in enumerate(tables.strings)}
    (site,) = read_calls(tables, Sought(LENS), strings).sites
    assert (site.method, site.caller) == ("getDeviceId", "a.B.()?")


def test_the_reading_of_a_field_counts_and_its_writing_does_not(tmp_path: Path) -> None:
    serial = "android.os.Build.SERIAL:Ljava/lang/String;"
    body = [GetField(serial, "s"), PutField(serial, "made up"), GetField("android.os.Build.MODEL:Ljava/lang/String;", "m")]
    own = GetField("a.Build.SERIAL:Ljava/lang/String;", "o")
    path = tmp_path / "app.apk"
    path.write_bytes(simple_apk(classes=[Class(name="a.B", methods=[Method(name="read()V", body=[*body, own])])]))
    lens = Lens(methods=LENS.methods, fields={"android.os.Build": frozenset({"SERIAL"})})
    (found,) = extract(path, lens=lens).of(FactKind.CALL)
    assert (found.name, found.by, found.trait("field"), found.trait("descriptor")) == (
        "android.os.Build.SERIAL", "a.B", "read", "Ljava/lang/String;",
    )  # fmt: skip
    assert found.location.at == "a.B.read()V +0x0"

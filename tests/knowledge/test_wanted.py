"""Which calls to look for: worked out of the interfaces, and the same in the compiled file."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.errors import KnowledgeError
from auditor.knowledge import wanted as module
from auditor.knowledge.load import load
from auditor.knowledge.wanted import (
    WantedCalls,
    fields_of,
    needing,
    reading,
    requesting,
    shipped_calls,
    wanted_calls,
    written_calls,
)


def test_the_compiled_file_holds_what_the_interfaces_ask_for() -> None:
    assert shipped_calls() == wanted_calls(load().apis)


def test_calls_that_read_need_or_ask_are_wanted_and_what_the_platform_calls_is_not() -> None:
    wanted = shipped_calls()
    assert {"getDeviceId", "getImei"} <= wanted.methods["android.telephony.TelephonyManager"]
    assert "requestPermissions" in wanted.methods["android.app.Activity"]
    assert "SERIAL" in wanted.fields["android.os.Build"]
    assert "<init>" in wanted.exact["dalvik.system.DexClassLoader"]
    assert wanted.arguments["android.provider.Settings$Secure", "getString"] == {"": 1}
    apis = load().apis
    kept = {f"{one.class_}.{one.name}" for one in (*needing(apis), *requesting(apis))}
    assert {f"{one.class_}.{one.name}" for one in reading(apis)} <= kept
    assert "android.location.LocationListener.onLocationChanged" not in kept
    assert not any(one.noisy for one in fields_of(apis).values())


def _read(folder: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> WantedCalls:
    (folder / "calls.tsv").write_bytes(content)
    monkeypatch.setattr(module, "__file__", str(folder / "wanted.py"))
    return shipped_calls()


def test_what_is_wanted_survives_being_written(tmp_path, monkeypatch) -> None:
    wanted = WantedCalls(
        methods={"a.B": frozenset({"<init>", "c"})},
        fields={"a.B$C": frozenset({"D"})},
        exact={"e.F": frozenset({"g"})},
        arguments={("a.B", "c"): {"": 0, "(I[J)V": 1}},
        carriers={("h.I", "j"): {"(Ljava/lang/String;)Lh/I;": 0}},
    )
    assert _read(tmp_path, monkeypatch, written_calls(wanted)) == wanted


WHOLE = b"methods\ta.B\tc\narguments\ta.B\tc\t\t0\nend\t2\n"


def test_a_whole_file_is_read(tmp_path, monkeypatch) -> None:
    assert _read(tmp_path, monkeypatch, WHOLE).arguments == {("a.B", "c"): {"": 0}}


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", WHOLE[:-6], WHOLE[: len(WHOLE) // 2], WHOLE.replace(b"\t0\n", b"\n"), b"x" + WHOLE, b"\xff" + WHOLE, b"end\t1\n"],
)
def test_a_damaged_file_is_one_clear_error(tmp_path, monkeypatch, content) -> None:
    with pytest.raises(KnowledgeError, match=r"calls\.tsv:1: cannot be read .* python -m auditor\.knowledge"):
        _read(tmp_path, monkeypatch, content)

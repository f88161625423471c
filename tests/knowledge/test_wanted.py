"""Which calls to look for: worked out of the interfaces, and the same in the compiled file."""

from __future__ import annotations

import json

import pytest

from auditor.errors import KnowledgeError
from auditor.knowledge import wanted as module
from auditor.knowledge.load import load
from auditor.knowledge.wanted import fields_of, needing, plain_calls, reading, requesting, shipped_calls, wanted_calls


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


def test_what_is_wanted_survives_its_plain_form() -> None:
    plain = json.loads(json.dumps(plain_calls(shipped_calls())))
    assert {(class_, name): by for class_, name, by in plain["arguments"]} == shipped_calls().arguments


@pytest.mark.parametrize("content", [b"", b"[]", b'{"methods":{}}', b'{"methods":[],"fields":{},"exact":{},"arguments":[],"carriers":[]}'])
def test_a_damaged_file_is_one_clear_error(tmp_path, monkeypatch, content) -> None:
    (tmp_path / "calls.json").write_bytes(content)
    monkeypatch.setattr(module, "__file__", str(tmp_path / "wanted.py"))
    with pytest.raises(KnowledgeError, match=r"calls\.json:1: cannot be read .* python -m auditor\.knowledge"):
        shipped_calls()

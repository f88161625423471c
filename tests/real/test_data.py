"""Personal data in real builds: what their code is known to read, and what a policy drafted from them leaves to say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.declaration.reader import parse_declaration
from auditor.knowledge.load import load
from auditor.model import Declaration, Language, Severity
from auditor.pipeline import Facts, judge, read_build
from auditor.policy.needed import needed_plain, needed_rows
from auditor.policy.writing import to_yaml

pytestmark = pytest.mark.real

Artefact = Callable[[str], Path]

READS: Mapping[str, set[str]] = {
    "apidemos": {"camera", "clipboard", "contacts", "installed_apps", "sensors", "sms"},
    "appium-settings": {"bluetooth_devices", "clipboard", "notifications_content", "precise_location", "sms"},
    "uiautomator2-server": {"android_id", "clipboard", "installed_apps"},
}
"""Read in the sources of these apps."""

DOES_NOT: Mapping[str, set[str]] = {
    "apidemos": {"imei", "mac_address", "call_log", "microphone"},
    "appium-settings": {"imei", "contacts", "call_log", "calendar"},
    "uiautomator2-server": {"imei", "mac_address", "contacts", "sms", "camera", "microphone"},
}


@pytest.fixture(scope="module", params=sorted(READS))
def real(request: pytest.FixtureRequest, artefact: Artefact) -> tuple[str, Facts, Declaration]:
    facts = read_build(artefact(request.param), calls=True)
    draft = needed_rows(facts.build, facts.conduct, facts.gaps, load())
    text = to_yaml(needed_plain(draft, Language.EN), Language.EN, drafted_from_build=True)
    return request.param, facts, replace(parse_declaration(text.encode(), "x.yaml", load()), permissions=())


def undeclared(facts: Facts, declaration: Declaration) -> set[str]:
    return {one.subject for one in judge(facts, declaration).findings if one.rule == "undeclared-data" and one.severity > Severity.LOW}


def test_what_the_app_reads_is_shown_and_what_it_does_not_is_not(real: tuple[str, Facts, Declaration]) -> None:
    name, facts, _ = real
    shown = {one.type for one in facts.conduct.collections if one.shown}
    assert READS[name] - shown == set()
    assert DOES_NOT[name] & shown == set()


def test_a_policy_drafted_from_the_build_leaves_nothing_to_say(real: tuple[str, Facts, Declaration]) -> None:
    _, facts, declaration = real
    assert undeclared(facts, declaration) == set()


def test_each_kind_left_out_is_missed_and_no_other(real: tuple[str, Facts, Declaration]) -> None:
    name, facts, declaration = real
    for type_ in READS[name]:
        kept = tuple(row for row in declaration.data if row.type != type_)
        missed = undeclared(facts, replace(declaration, data=kept))
        assert missed <= {type_}
    assert undeclared(facts, replace(declaration, data=())) >= READS[name]

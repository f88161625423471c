"""HarmonyOS permissions as shipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.errors import KnowledgeError
from auditor.knowledge.load import load
from auditor.knowledge.schema import Grant, HarmonyLevel
from auditor.knowledge.source import read_yaml
from auditor.model import Text

P = "ohos.permission."


def test_every_permission_of_the_documented_groups_is_known_with_its_name_and_data() -> None:
    known = load().harmony_permissions
    silent = {"SEND_MESSAGES", "READ_CELL_MESSAGES", "DISTRIBUTED_DATASYNC"}  # open nothing of the user's by themselves
    grouped = {name for name, one in known.items() if one.group}
    assert {"CAMERA", "LOCATION", "READ_CONTACTS", "READ_PASTEBOARD", "APP_TRACKING_CONSENT"} <= {name.removeprefix(P) for name in grouped}
    assert {name for name in grouped if known[name].grant is not Grant.USER} == set()
    assert {name for name in grouped if not known[name].label.zh} == set()
    assert {name.removeprefix(P) for name in grouped if not known[name].data} == silent


@pytest.mark.parametrize(
    ("name", "level", "grant", "system", "data"),
    [
        ("CAMERA", "normal", "user_grant", False, ("camera",)),
        ("INTERNET", "normal", "system_grant", False, ()),
        ("READ_CONTACTS", "system_basic", "user_grant", False, ("contacts",)),
        ("READ_MESSAGES", "system_basic", "user_grant", True, ("sms",)),
        ("APP_TRACKING_CONSENT", "normal", "user_grant", False, ("oaid",)),
        ("CUSTOM_SCREEN_RECORDING", "system_basic", "manual_settings", False, ("screen_content",)),
    ],
)
def test_levels_and_grants(name: str, level: str, grant: str, system: bool, data: tuple[str, ...]) -> None:
    one = load().harmony_permissions[P + name]
    assert (one.level, one.grant, one.system, one.data) == (HarmonyLevel(level), Grant(grant), system, data)


def test_every_permission_of_level_normal_has_a_name_in_both_languages() -> None:
    normal = {name: one.label for name, one in load().harmony_permissions.items() if one.level is HarmonyLevel.NORMAL}
    bare = {name for name, label in normal.items() if label == Text(zh="", en="")}
    assert len(normal) > 80
    assert {name.removeprefix(P) for name in bare} == set()


def test_the_others_are_known_by_name_alone() -> None:
    knowledge = load()
    assert P + "SET_TIME" in knowledge.harmony_others
    assert not knowledge.harmony_others & set(knowledge.harmony_permissions)


def test_mistakes_are_named(tmp_path: Path) -> None:
    (tmp_path / "harmony_permissions.yaml").write_text(
        "sources: {x: y}\ngroups: []\npermissions:\n"
        "- {name: android.permission.CAMERA, level: normal, grant: user_grant, since: 9, source: x}\n"
        "- {name: ohos.permission.CAMERA, level: high, grant: asked, since: 9, source: x}\n"
        "others: [ohos.permission.CAMERA, camera]\ncovers: []\n",
        encoding="utf-8",
    )
    with pytest.raises(KnowledgeError) as caught:
        read_yaml(tmp_path)
    said = [line for line in str(caught.value).splitlines() if line.startswith("harmony_permissions.yaml")]
    assert [line.partition(": ")[2].removeprefix("harmony_permissions.yaml.")[:60] for line in said] == [
        "'android.permission.CAMERA' is no HarmonyOS permission: ohos",
        "permissions[1].level: 'high' is none of its values",
        "permissions[1].grant: 'asked' is none of its values",
        "others: 'ohos.permission.CAMERA' is described above",
        "others: 'camera' is no HarmonyOS permission: ohos.permission",
    ]

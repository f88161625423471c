"""The words of policies: every mistake in their file is named, and the file that ships is sound."""

from __future__ import annotations

import pytest

from auditor.errors import KnowledgeError
from auditor.knowledge.load import load, read_yaml
from auditor.model import Platform
from tests.knowledge.test_source import known, write

SMALL = """\
source: ours
labels:
- {field: name, words: [SDK名称], endings: [产品名称]}
sections:
- {id: rights, cues: [您的权利]}
permissions:
- {permissions: [a.CAMERA], data: [camera], words: [相机], bare: [拍照]}
usage_keys:
- {key: NSX, words: [Privacy - X]}
data:
- {type: imei, words: [IMEI], weak: [设备号], cell: [号]}
vague:
- {type: camera, words: [影像]}
nothing: [照相馆]
cues:
- {id: collect, words: [收集]}
statements:
- {kind: background, all: [{any: [后台]}, {any: [收集]}], none: [后台管理]}
purposes:
- {id: push, name: {zh: 推送, en: push}, categories: [push], zh: [推送], en: [push]}
"""


def test_the_words_are_read_as_they_stand(tmp_path):
    words = known(write(tmp_path, policy_words=SMALL)).policy_words
    assert (words.labels, words.label_endings) == ({"name": ("SDK名称",)}, {"name": ("产品名称",)})
    assert words.sections == (("rights", ("您的权利",)),)
    (camera,) = words.permissions
    assert (camera.permissions, camera.data, camera.words, camera.bare) == (("a.CAMERA",), ("camera",), ("相机",), ("拍照",))
    assert (words.data["imei"].words, words.data["imei"].weak, words.data["imei"].cell) == (("IMEI",), ("设备号",), ("号",))
    assert (words.usage_keys, words.vague, words.nothing, words.cues) == (
        {"NSX": ("Privacy - X",)}, {"camera": ("影像",)}, ("照相馆",), {"collect": ("收集",)},
    )  # fmt: skip
    (statement,) = words.statements
    assert (statement.kind, statement.all, statement.none) == ("background", (("后台",), ("收集",)), ("后台管理",))
    assert words.purposes[0].categories == ("push",)


def test_a_knowledge_without_them_has_none(tmp_path):
    assert known(write(tmp_path)).policy_words.labels == {}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("a.CAMERA", "a.CAMRA", "policy_words.yaml:7: permissions[0].permissions: 'a.CAMRA' is not known (did you mean 'a.CAMERA'?)"),
        ("data: [camera]", "data: [camra]", "policy_words.yaml:7: permissions[0].data: 'camra' is not known (did you mean 'camera'?)"),
        ("key: NSX", "key: NSQ", "policy_words.yaml:9: usage_keys[0].key: 'NSQ' is not known"),
        ("{type: imei,", "{type: imai,", "policy_words.yaml:11: data[0].type: 'imai' is not known (did you mean 'imei'?)"),
        ("weak: [设备号]", "weak: [设备号], extra: 1", "policy_words.yaml:11: unknown key 'extra' in data[0]"),
        ("categories: [push]", "categories: [pusch]", "policy_words.yaml:20: purposes[0].categories: 'pusch' is not known"),
        ("source: ours\n", "", "policy_words.yaml:1: policy_words.yaml lacks 'source'"),
    ],
)
def test_each_mistake_is_named_with_its_line(tmp_path, old, new, message):
    assert SMALL.count(old) == 1
    with pytest.raises(KnowledgeError) as caught:
        read_yaml(write(tmp_path, policy_words=SMALL.replace(old, new)))
    assert [one for one in caught.value.mistakes if one.startswith(message)], caught.value.mistakes


def test_a_word_of_data_belongs_to_one_kind(tmp_path):
    text = SMALL.replace("vague:", "- {type: camera, words: [IMEI]}\nvague:")
    with pytest.raises(KnowledgeError, match="'IMEI' already means 'imei'"):
        read_yaml(write(tmp_path, policy_words=text))


def test_what_ships_names_every_cue_the_reader_of_policies_asks_for():
    import ast
    from pathlib import Path

    import auditor.policy

    asked = set()
    for path in Path(auditor.policy.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("cue", "hits", "words") and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    asked.add(first.value)
    assert asked - set(load().policy_words.cues) == set()
    # asked for by a name put together, or by the rules on purposes
    together = {f"{one.value}{end}" for one in Platform for end in ("", "_data")}
    assert set(load().policy_words.cues) - asked <= {
        "sdk", "purpose", "permission", "integrates", "usage_fillers_zh", "usage_fillers_en", *together,
    }  # fmt: skip
    assert together <= set(load().policy_words.cues)


def test_statements_that_ship_are_of_kinds_a_declaration_knows():
    from auditor.declaration.reader import STATEMENTS

    assert {one.kind for one in load().policy_words.statements} <= set(STATEMENTS)


def test_every_category_of_sdks_has_a_purpose_or_says_nothing():
    from auditor.knowledge.schema import SDK_CATEGORIES

    named = {category for one in load().policy_words.purposes for category in one.categories}
    assert SDK_CATEGORIES - named == {"other"}

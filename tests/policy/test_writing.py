"""A draft written down: JSON by the schema, YAML that reads back, for any document."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.declaration.reader import parse_declaration
from auditor.errors import PolicyError
from auditor.knowledge.load import load
from auditor.model import Language
from auditor.policy.document import Document, DocumentKind, Line, Paragraph
from auditor.policy.extract import extract_policy
from auditor.policy.read import read_document
from auditor.policy.writing import draft_plain, to_json, to_yaml
from auditor.records import scalar_yaml
from tests.policy.test_permissions import FLATTENED
from tests.policy.test_sdks import LABEL_BLOCKS, RUN_ON

SCHEMA = json.loads((Path(__file__).parents[2] / "auditor/declaration/declaration.schema.json").read_text("utf-8"))


def reads_back(draft):
    """The declaration the YAML of a draft reads back as."""
    for language in Language:
        plain = draft_plain(draft, language)
        jsonschema.validate(json.loads(to_json(plain)), SCHEMA)
        back = parse_declaration(to_yaml(plain, language).encode(), "draft.yaml", load())
    return back


@pytest.mark.parametrize("text", [LABEL_BLOCKS, FLATTENED, RUN_ON])
def test_the_yaml_reads_back_as_the_draft(drafted, text):
    draft = drafted(text)
    back = reads_back(draft)
    mine = draft.declaration
    assert [(row.name, row.text, row.purpose, row.purpose_shared_with, row.at, row.confidence) for row in back.permissions] == [
        (row.name, row.text, row.purpose, row.purpose_shared_with, row.at, row.confidence) for row in mine.permissions
    ]
    assert [(row.key, row.purpose, row.at) for row in back.usage_keys] == [(row.key, row.purpose, row.at) for row in mine.usage_keys]
    assert [
        (row.name, row.package, row.aliases, row.id, row.vendor, row.purpose, row.purpose_shared_with, row.data, row.data_text)
        for row in back.sdks
    ] == [
        (row.name, row.package, row.aliases, row.id, row.vendor, row.purpose, row.purpose_shared_with, row.data, row.data_text)
        for row in mine.sdks
    ]
    assert [(row.url, row.permissions, row.platforms, row.at) for row in back.sdks] == [
        (row.url, row.permissions, row.platforms, row.at) for row in mine.sdks
    ]
    assert [(row.type, row.text, row.vague, row.at) for row in back.data] == [(row.type, row.text, row.vague, row.at) for row in mine.data]
    assert [(row.kind, row.text, row.data, row.at) for row in back.statements] == [
        (row.kind, row.text, row.data, row.at) for row in mine.statements
    ]
    assert (back.app, back.operator, back.policy) == (mine.app, mine.operator, mine.policy)


def test_the_json_has_every_field_by_name(drafted):
    plain = draft_plain(drafted(LABEL_BLOCKS), Language.ZH)
    assert list(plain) == [
        "schema", "app", "operator", "policy", "category", "app_ids", "signers", "permissions", "usage_keys", "harmony_permissions",
        "sdks", "data", "denials", "statements", "contact", "minors", "storage", "review", "gaps",
    ]  # fmt: skip
    assert set(plain["sdks"][0]) == {
        "name", "package", "aliases", "id", "vendor", "purpose", "purpose_shared_with", "data", "data_text", "permissions", "platform",
        "url", "at", "confidence",
    }  # fmt: skip
    assert plain["sdks"][0]["at"][0] == {"line": 4, "page": None, "quote": "友盟统计SDK"}


def test_a_draft_is_not_reviewed(drafted):
    assert drafted(LABEL_BLOCKS).declaration.reviewed is False


def test_the_same_document_gives_the_same_bytes(drafted):
    first, second = (to_yaml(draft_plain(drafted(LABEL_BLOCKS), Language.EN), Language.EN) for _ in range(2))
    assert first == second


@given(st.text())
def test_any_text_is_one_scalar(text):
    plain = " ".join(text.split()).encode("utf-8", "ignore").decode()
    back = parse_declaration(f"app: a\npolicy: {{file: p}}\noperator: {scalar_yaml(plain)}\npermissions: []\n".encode(), "x", load())
    assert back.operator == plain.strip()


WORDS = st.sampled_from(
    [
        "SDK名称：", "使用目的", "收集信息", "：", "|", "微信SDK", "友盟", "com.a.b", "(", "）", "（1）", "1、", "权限", "READ_SMS", "CAMERA", "NSCameraUsageDescription",
        "android.permission.", "ohos.permission.X", "用于", "收集", "不会", "IMEI", "位置信息", "\n", "\n\n", "\t", " ", "。", "，", "https://a.cn/x", "有限公司", "隐私政策",
        "2021年1月1日", "《", "》", "#", "**", "<td>", "---", "、", "\u2028", "\x00", "😀", "a: b", "'", '"', "{", "- ", "境内", "存储", "后台",
    ]
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(WORDS, max_size=60).map("".join))
def test_any_document_gives_a_draft_that_reads_back_or_is_refused(text):
    lines = [Line(text=part, line=number) for number, part in enumerate(text.split("\n"), 1) if part.strip()]
    blocks = tuple(Paragraph(lines=(line,)) for line in lines)
    document = Document(file="policy.txt", sha256="0" * 64, kind=DocumentKind.TEXT, blocks=blocks)
    try:
        draft = extract_policy(document, load())
    except PolicyError:
        return
    reads_back(draft)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=600))
def test_any_bytes_give_a_draft_or_the_one_error(tmp_path, data):
    path = tmp_path / "policy"
    path.write_bytes("隐私政策 SDK名称：".encode() + data)
    try:
        draft = extract_policy(read_document(path, "policy"), load())
    except PolicyError:
        return
    reads_back(draft)

"""A new version of a policy merged into a reviewer's file."""

from __future__ import annotations

import pytest

from auditor.declaration.reader import parse_declaration
from auditor.errors import DeclarationError
from auditor.knowledge.load import load
from auditor.model import Language
from auditor.policy.merge import merge_texts
from auditor.policy.writing import draft_plain, to_yaml

OLD = """某某隐私政策
生效日期：2024年3月12日

第三方SDK

SDK名称：友盟统计SDK
使用目的：统计分析
收集信息：IMEI
隐私政策：https://www.umeng.com/page/policy

SDK名称：腾讯Bugly
使用目的：崩溃分析
收集信息：设备型号
隐私政策：https://bugly.qq.com/v2/
"""


@pytest.fixture
def merged(drafted):
    """Merge: the old policy, the new one, and what the reviewer made of the old draft."""

    def merge(new, edit, old=OLD):
        before, after = (draft_plain(drafted(text), Language.EN) for text in (old, new))
        base = to_yaml(before, Language.EN)
        mine = edit(base)
        found = merge_texts("app.yaml", mine.encode(), base.encode(), after, Language.EN)
        parse_declaration(found.text.encode(), "app.yaml", load())
        return found, mine

    return merge


def same(text):
    return text


def test_nothing_changed_leaves_the_file_as_it_is(merged):
    found, mine = merged(OLD, lambda text: text.replace("id: bugly", "id: bugly # checked by hand"))
    assert (found.text, found.changes) == (mine, ())


def test_what_the_policy_changed_comes_in(merged):
    found, _ = merged(OLD.replace("崩溃分析", "崩溃与卡顿分析").replace("3月12日", "5月1日"), same)
    assert "purpose: 崩溃与卡顿分析" in found.text
    assert [line for line in found.changes if "sha256" not in line] == [
        "~ policy.effective: 2024-03-12 -> 2024-05-01",
        "~ sdks 腾讯Bugly.purpose: 崩溃分析 -> 崩溃与卡顿分析",
    ]


def test_what_the_reviewer_changed_stays_with_comments_and_own_rows(merged):
    def edit(text):
        text = text.replace("    id: bugly\n", "    id: bugly # checked by hand\n    platform: android\n")
        return text.replace("\nsdks:\n", "\n# from the annex\nsdks:\n  - name: 自研SDK\n    purpose: 内部使用\n")

    found, _ = merged(f"\n\n{OLD}".replace("统计分析", "统计与分析"), edit)
    assert "    id: bugly # checked by hand\n    platform: android\n" in found.text
    assert "\n# from the annex\nsdks:\n  - name: 自研SDK\n    purpose: 内部使用\n" in found.text
    assert "purpose: 统计与分析" in found.text


def test_places_follow_the_text_without_a_word(merged):
    found, _ = merged(OLD.replace("第三方SDK\n", "新增一段说明。\n\n第三方SDK\n", 1), same)
    assert [line for line in found.changes if "sha256" not in line] == []
    back = parse_declaration(found.text.encode(), "app.yaml", load())
    assert [row.at[0].line for row in back.sdks] == [8, 13]


def test_both_changed_keeps_the_reviewers_and_says_so(merged):
    found, _ = merged(OLD.replace("崩溃分析", "异常分析"), lambda text: text.replace("purpose: 崩溃分析", "purpose: 崩溃排查"))
    assert "purpose: 崩溃排查" in found.text
    assert "! sdks 腾讯Bugly.purpose: kept 崩溃排查; the policy says 异常分析" in found.changes


def test_a_new_row_comes_in_and_one_gone_goes(merged):
    new = OLD[: OLD.index("SDK名称：腾讯Bugly")] + "SDK名称：极光推送SDK\n使用目的：推送\n收集信息：OAID\n隐私政策：https://www.jiguang.cn/license/privacy\n"
    found, _ = merged(new, same)
    back = parse_declaration(found.text.encode(), "app.yaml", load())
    assert [row.name for row in back.sdks] == ["友盟统计SDK", "极光推送SDK"]
    assert {"- sdks 腾讯Bugly", "+ sdks 极光推送SDK"} <= set(found.changes)


def test_a_row_gone_from_the_policy_but_edited_is_kept_and_named(merged):
    found, _ = merged(OLD[: OLD.index("SDK名称：腾讯Bugly")], lambda text: text.replace("id: bugly", "id: bugly\n    platform: ios"))
    assert "腾讯Bugly" in found.text
    assert any(line.startswith("! sdks 腾讯Bugly: gone from the policy") for line in found.changes)


def test_a_row_the_reviewer_took_out_stays_out(merged):
    def edit(text):
        start = text.index("  - name: 腾讯Bugly")
        return text[:start] + text[text.index("\ndata:") :]

    found, _ = merged(OLD.replace("统计分析", "统计与分析"), edit)
    assert "腾讯Bugly\n" not in found.text.partition("data:")[0]


def test_gaps_dealt_with_do_not_come_back(merged):
    found, _ = merged(OLD.replace("统计分析", "统计与分析"), lambda text: text[: text.index("\ngaps:")] + "\n")
    assert "\ngaps:" not in found.text


def test_rows_in_one_line_are_written_anew(merged):
    def edit(text):
        start, end = text.index("sdks:\n"), text.index("\ndata:")
        return text[:start] + "sdks: [{name: 友盟统计SDK, id: umeng, purpose: 统计分析, data: [imei], data_text: IMEI}]\n" + text[end:]

    found, _ = merged(OLD.replace("统计分析", "统计与分析"), edit)
    back = parse_declaration(found.text.encode(), "app.yaml", load())
    assert [row.purpose for row in back.sdks] == ["统计与分析"]


def test_a_file_that_is_no_yaml_is_refused_with_its_line(drafted):
    plain = draft_plain(drafted(OLD), Language.EN)
    with pytest.raises(DeclarationError, match=r"app\.yaml:3: not valid YAML"):
        merge_texts("app.yaml", b"app: a\nsdks: [\n", to_yaml(plain, Language.EN).encode(), plain, Language.EN)

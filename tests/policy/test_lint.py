"""Each lint on made-up policies: what it finds and where, and what it leaves in peace."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.errors import PolicyError
from auditor.knowledge.load import clauses_for, load
from auditor.model import Finding, Severity
from auditor.pipeline import lint_policy
from auditor.policy.lint import LINTS
from auditor.rules import RULES

WHOLE = """示例应用隐私政策
更新日期：2024年3月1日　生效日期：2024年3月8日
本政策由北京示例科技有限公司（以下简称“我们”）制定。

一、我们收集的信息
（一）注册
我们收集您的手机号，用于注册账号。
（二）下单
我们收集您的收货地址，用于配送商品。您的银行卡号属于敏感个人信息，我们会单独征得您的同意。
二、共享
我们不会向第三方共享您的个人信息。
三、存储
您的个人信息存储于中华人民共和国境内，保存期限为账号注销后三十天。
四、您的权利
您可以在“我的”中查阅、更正、删除个人信息，撤回同意，也可以注销账号。
五、未成年人
未成年人应在监护人同意后使用。
六、变更
本政策变更时，我们会弹窗通知您，并重新征得您的同意。
七、联系我们
个人信息保护部门的邮箱：privacy@example.com。您可以按本政策第七条联系我们。
"""


def found(tmp_path: Path, text: str) -> list[Finding]:
    path = tmp_path / "policy.txt"
    path.write_text(text, "utf-8")
    return list(lint_policy(path, shown_as="policy.txt").findings)


def places(findings: list[Finding], rule: str) -> list[str]:
    """Return ``line: subject`` of a rule's findings."""
    return [f"{one.policy.at if one.policy else ''}: {one.subject}" for one in findings if one.rule == rule]


def changed(*pairs: tuple[str, str]) -> str:
    text = WHOLE
    for before, after in pairs:
        assert before in text
        text = text.replace(before, after)
    return text


def test_a_sound_policy_has_no_findings(tmp_path: Path) -> None:
    assert [(one.rule, one.message.en) for one in found(tmp_path, WHOLE)] == []


RENUMBERED = changed(
    ("四、您的权利", "五、您的权利"),
    ("五、未成年人", "六、未成年人"),
    ("六、变更", "七、变更"),
    ("七、联系我们", "八、联系我们"),
    ("第七条", "第八条"),
)


def without(*words: str) -> str:
    """Return the sound policy without the lines that hold any of the words."""
    return "\n".join(line for line in WHOLE.split("\n") if not any(word in line for word in words))


@pytest.mark.parametrize(
    ("text", "rule", "where"),
    [
        (changed(("更新日期：2024年3月1日　生效日期：2024年3月8日\n", "")), "policy-undated", ": effective-date"),
        (changed(("2024年3月1日", "另行公布"), ("2024年3月8日", "公布时")), "policy-undated", ": effective-date"),
        (changed(("北京示例科技有限公司（以下简称“我们”）", "本团队")), "no-operator", ": operator"),
        (changed(("的邮箱：privacy@example.com", "")), "no-contact", "21: department"),
        (changed(("个人信息保护部门的邮箱：privacy@example.com。", "")), "no-contact", "20: contact"),
        (changed(("，保存期限为账号注销后三十天", "")), "no-retention-period", ": no-retention-period"),
        (changed(("查阅、更正、删除个人信息，", "")), "no-correction-or-deletion", ": no-correction-or-deletion"),
        (changed(("撤回同意，", "")), "no-withdrawal", ": no-withdrawal"),
        (changed(("，也可以注销账号", ""), ("账号注销后", "")), "no-account-closure", "7: no-account-closure"),
        (without("共享"), "no-third-parties", ": no-third-parties"),
        (without("未成年人"), "no-minors", ": no-minors"),
        (changed(("存储于中华人民共和国境内，", "")), "no-storage-place", ": no-storage-place"),
        (without("变更"), "no-change-notice", ": no-change-notice"),
        (changed(("属于敏感个人信息，我们会单独征得您的同意", "由我们收集")), "no-sensitive-notice", "9: sensitive-data"),
        (
            changed(("用于配送商品。", "用于配送商品，并向您展示个性化广告。")),
            "no-switch-for-personalisation",
            "9: no-switch-for-personalisation",
        ),
        (changed(("第七条", "第十条")), "dangling-reference", "21: 本政策第十条"),
        (changed(("第七条", "第三条")), "dangling-reference", "21: 本政策第三条"),
        (changed(("（二）下单", "（四）下单")), "section-gap", "8: （一）-（四） 下单"),
        (RENUMBERED, "section-gap", "14: 三-五 您的权利"),
        (changed(("应在监护人同意后使用", "请阅读《儿童个人信息保护规则》")), "document-not-supplied", "17: 儿童个人信息保护规则"),
        (changed(("不会向第三方共享", "按《第三方信息共享清单》共享")), "document-not-supplied", "11: 第三方信息共享清单"),
    ],
)
def test_what_is_missing_or_wrong_is_found_at_its_place(tmp_path: Path, text: str, rule: str, where: str) -> None:
    assert places(found(tmp_path, text), rule) == [where]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (changed(("更新日期：2024年3月1日　生效日期：2024年3月8日", "2024-03-08")), "policy-undated"),
        (changed(("更新日期：2024年3月1日　生效日期：2024年3月8日", "Last updated: March 8th, 2024")), "policy-undated"),
        (changed(("更新日期：2024年3月1日　生效日期：2024年3月8日", "版本生效时间：二〇二四年三月八日")), "policy-undated"),
        (changed(("的邮箱：privacy@example.com", "电话：400-000-0000")), "no-contact"),
        (changed(("的邮箱：privacy@example.com", "的通讯地址：某市某路1号")), "no-contact"),
        (changed(("北京示例科技有限公司（以下简称“我们”）", "开发者：张三")), "no-operator"),
        (changed(("用于注册账号", "用于识别身份"), ("，也可以注销账号", ""), ("账号注销后", "")), "no-account-closure"),
        (changed(("用于配送商品。", "用于展示个性化广告，您可以在设置中关闭。")), "no-switch-for-personalisation"),
        (changed(("第七条联系", "第四条提出请求，联系")), "dangling-reference"),
        (changed(("按本政策第七条", "依据《个人信息保护法》第五十条")), "dangling-reference"),
        (changed(("（二）下单\n", f"（二）{'为了让您能够顺利完成下单，' * 4}具体如下所示：\n（三）其他\n")), "section-gap"),
        (changed(("应在监护人同意后使用", "请阅读《未成年人网络保护条例》和《示例应用用户协议》")), "document-not-supplied"),
        (changed(("不会向第三方共享", "按《第三方信息共享清单》（https://example.com/list）共享")), "document-not-supplied"),
        (changed(("不会向第三方共享", "按附录《第三方信息共享清单》共享")) + "附录：第三方信息共享清单\n无。\n", "document-not-supplied"),
    ],
)
def test_other_words_for_the_same_are_left_in_peace(tmp_path: Path, text: str, rule: str) -> None:
    assert places(found(tmp_path, text), rule) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "您使用或继续使用我们的服务，即表示您同意本政策。",
        "一旦您开始使用示例应用，即视为您已充分理解并同意本政策。",
        "若您继续使用，则视为您接受我们对本政策所做的修改。",
        "您在同意用户协议之时，即视为您已经同意本隐私政策全部内容。",
        "By using the app, you agree to this privacy policy.",
    ],
)
def test_bundled_consent_is_found(tmp_path: Path, sentence: str) -> None:
    findings = found(tmp_path, changed(("六、变更\n", f"六、变更\n{sentence}\n")))
    assert [one.policy.at for one in findings if one.rule == "bundled-consent" and one.policy] == ["19"]
    assert [one.severity for one in findings if one.rule == "bundled-consent"] == [Severity.MEDIUM]


@pytest.mark.parametrize(
    "sentence",
    [
        "您同意本政策不代表您已同意开启附加功能。",
        "您点击“同意”后，我们才会收集您的信息。",
        "您使用本功能时，需要登录账号。",
        "您可以继续使用其他功能，这表示拒绝不影响您。",
    ],
)
def test_consent_given_by_an_act_is_left_in_peace(tmp_path: Path, sentence: str) -> None:
    assert places(found(tmp_path, changed(("六、变更\n", f"六、变更\n{sentence}\n"))), "bundled-consent") == []


@pytest.mark.parametrize(
    ("sentence", "subject"),
    [
        ("我们收集您的设备信息，以产品实际采集情况为准。", "actual"),
        ("我们收集IMEI、MAC及其他设备相关信息。", "others"),
        ("我们会收集您的昵称、头像等信息。", "and-so-on"),
        ("我们收集的设备信息包括但不限于型号。", "limitless"),
        ("We collect your name, e-mail, etc.", "english"),
    ],
)
def test_general_words_for_what_is_collected_are_found(tmp_path: Path, sentence: str, subject: str) -> None:
    findings = found(tmp_path, changed(("（二）下单\n", f"（二）下单\n{sentence}\n")))
    assert places(findings, "vague-enumeration") == [f"9: {subject}"]


@pytest.mark.parametrize(
    "sentence",
    [
        "我们不会收集您的密码等信息。",
        "您可以修改昵称、头像等信息。",
        "重大变更包括但不限于服务模式的变化。",
        "我们将在处理您该等个人信息前征得您的同意。",
        "以较长者为准。",
        "我们会向您推送活动、优惠等信息。",
    ],
)
def test_general_words_elsewhere_are_left_in_peace(tmp_path: Path, sentence: str) -> None:
    assert places(found(tmp_path, changed(("（二）下单\n", f"（二）下单\n{sentence}\n"))), "vague-enumeration") == []


def test_the_same_words_in_several_places_are_one_finding_that_names_them(tmp_path: Path) -> None:
    text = changed(("七、联系我们\n", "以产品实际采集情况为准。\n七、联系我们\n以产品实际采集情况为准。\n"))
    (finding,) = [one for one in found(tmp_path, text) if one.rule == "vague-enumeration"]
    assert finding.policy is not None
    assert (finding.policy.at, finding.message.zh[-10:], finding.message.en[-18:]) == ("20", "（另见第 22 行）", " (also on line 22)")


def test_a_list_alone_is_no_whole_policy_and_the_note_says_so(tmp_path: Path) -> None:
    path = tmp_path / "list.md"
    rows = "| SDK名称 | 使用目的 | 收集信息 |\n|---|---|---|\n| 示例推送SDK | 消息推送 | IMEI |\n"
    path.write_text(f"# 示例应用第三方SDK清单\n\n{rows}", "utf-8")
    linted = lint_policy(path)
    assert linted.note is not None
    assert "不是完整的隐私政策" in linted.note.zh
    assert {one.rule for one in linted.findings} == {"incomplete-sdk-row"}


def test_rows_surely_read_are_looked_at(tmp_path: Path) -> None:
    table = "\n安卓应用权限列表\n权限名称 | 使用目的\nandroid.permission.CAMERA | 扫码\nandroid.permission.RECORD_AUDIO | \n"
    findings = found(tmp_path, changed(("二、共享\n", f"{table}\n二、共享\n")))
    assert places(findings, "permission-without-purpose") == ["14: android.permission.RECORD_AUDIO"]


def test_a_page_is_named_where_there_are_pages(tmp_path: Path) -> None:
    from tests.forge.documents import Page, pdf

    page = Page()
    for at, line in enumerate(WHOLE.split("\n")):
        page.text(50, 60 + 18 * at, line.replace("第七条", "第十条"))
    path = tmp_path / "policy.pdf"
    path.write_bytes(pdf(page))
    (finding,) = [one for one in lint_policy(path).findings if one.rule == "dangling-reference"]
    assert finding.policy is not None
    assert re.fullmatch(r"\d+ \(page 1\)", finding.policy.at)


def test_every_lint_cites_verified_clauses_and_explains_itself() -> None:
    knowledge = load()
    ids = [lint.info.id for lint in LINTS]
    assert len(set(ids) | {rule.info.id for rule in RULES}) == len(ids) + len(RULES)
    for lint in LINTS:
        assert clauses_for(knowledge, lint.info.cites), lint.info.id
        assert lint.info.help.en.startswith("What it does: ")
        assert lint.info.help.zh.startswith("检查内容：")
        words = f"{lint.info.title} {lint.info.help}"
        assert "违规" not in words
        assert "compliant" not in words.lower()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(len(WHOLE.split("\n")))), cut=st.integers(min_value=0, max_value=500))
def test_any_order_of_lines_gives_findings_and_nothing_else(tmp_path: Path, order: list[int], cut: int) -> None:
    lines = WHOLE.split("\n")
    try:
        findings = found(tmp_path, "\n".join(lines[at] for at in order)[cut:])
    except PolicyError:
        return
    assert all(one.message.zh and one.message.en and one.regulations for one in findings)

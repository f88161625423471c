"""Who speaks and for what: names, dates, contact, clauses, and the sentences a build can contradict."""

from __future__ import annotations

import pytest

from auditor.errors import PolicyError


@pytest.mark.parametrize(
    ("head", "app"),
    [
        ("橘子跑步隐私政策\n", "橘子跑步"),
        ("《橘子跑步隐私权政策》\n", "橘子跑步"),
        ("# 橘子跑步 用户隐私保护政策\n\n正文", "橘子跑步"),
        ("橘子跑步与第三方共享个人信息清单\n", "橘子跑步"),
        ("隐私政策\n欢迎您使用“橘子跑步”软件及相关服务！\n", "橘子跑步"),
        ("隐私政策\n某某公司作为橘子跑步(简称“本软件”)的运营者，重视您的隐私。\n", "橘子跑步"),
        ("# Privacy Policy of Orange Run\n\nWe respect your privacy.\n", "Orange Run"),
        ("## Orange Run: Privacy policy\n\nWe respect your privacy.\n", "Orange Run"),
        ("# Privacy Policy\n\nJane Doe built the Orange Run app as a Free app.\n", "Orange Run"),
    ],
)
def test_the_name_of_the_app(drafted, head, app):
    assert drafted(f"{head}\n我们重视个人信息保护。\n").declaration.app == app


@pytest.mark.parametrize("head", ["隐私政策\n", "我们的隐私政策\n", "附件：第三方SDK清单\n", "用户隐私政策\n"])
def test_where_no_name_is_given_the_file_stands_for_it_and_a_person_is_asked(drafted, head):
    draft = drafted(f"{head}\n我们重视个人信息保护。\n")
    assert draft.declaration.app == "policy"
    assert any("应用名称" in one.reason.zh for one in draft.review)


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("版本生效时间：2021年12月28日", "2021-12-28"),
        ("生效日期：2020-09-18", "2020-09-18"),
        ("更新日期：2020年1月2日\n生效日期：2020年1月9日", "2020-01-09"),
        ("最近更新日期：2020年12月7日", "2020-12-07"),
        ("本隐私政策版本更新日期为2019年9月1日，将于2019年9月2日正式生效。", "2019-09-02"),
        ("Last updated: March 4, 2023", "2023-03-04"),
        ("Effective date: 4 March 2023", "2023-03-04"),
        ("生效日期：2020年13月45日", ""),
        ("本公司成立于2001年1月1日。", ""),
    ],
)
def test_the_date_it_takes_effect(drafted, line, date):
    assert drafted(f"某某隐私政策\n{line}\n我们重视个人信息保护。\n").declaration.policy.effective == date


@pytest.mark.parametrize(
    ("line", "operator"),
    [
        ("本软件由上海某某网络科技有限公司运营", "上海某某网络科技有限公司"),
        ("公司名称：上海某某网络科技有限公司", "上海某某网络科技有限公司"),
        ("某某服务提供者：指某某的互联网信息及软件技术服务提供者唐山某某网络科技有限公司，注册地址为唐山市", "唐山某某网络科技有限公司"),
        ("我们会与关联公司共享信息。", ""),
    ],
)
def test_the_operator(drafted, line, operator):
    assert drafted(f"某某隐私政策\n{line}\n我们重视个人信息保护。\n").declaration.operator == operator


def test_companies_of_sdks_are_not_the_operator(drafted):
    draft = drafted("某某隐私政策\n\n| SDK名称 | 公司名称 | 用途 |\n|---|---|---|\n| 微信SDK | 深圳市腾讯计算机系统有限公司 | 登录 |\n")
    assert draft.declaration.operator == ""


CLAUSES = """某某隐私政策

一、我们如何收集信息

我们仅会在您主动点击麦克风图标时通过麦克风获取语音信息。我们可能会在应用后台运行期间收集MAC地址进行风险校验。我们不会收集您的通讯录。

二、信息的存储

我们在中华人民共和国境内收集的个人信息，将存储在中国境内。我们会使用SSL协议对数据传输进行加密保护。获得您的单独同意后，我们会向境外实体提供您的个人信息。

三、未成年人保护

如果您是14周岁以下儿童，您和您的监护人应仔细阅读本政策。

四、联系我们

您可以发送邮件至 help@example.org 与我们联系。
"""


def test_statements_a_build_can_contradict(drafted):
    found = {(row.kind, row.data) for row in drafted(CLAUSES).declaration.statements}
    assert found == {
        ("user-action", ("microphone",)),
        ("background", ("mac_address",)),
        ("storage-location", ()),
        ("transport-encryption", ()),
        ("third-country", ()),
        ("not-collected", ("contacts",)),
    }


def test_clauses_keep_their_words_and_place(drafted):
    draft = drafted(CLAUSES)
    assert draft.contact is not None
    assert draft.minors is not None
    assert draft.storage is not None
    assert ("help@example.org" in draft.contact.text, draft.contact.at.line) == (True, 17)
    assert ("14周岁以下儿童" in draft.minors.text, draft.minors.at.line) == (True, 13)
    assert (draft.storage.countries, draft.storage.at.line) == (("CN",), 9)


@pytest.mark.parametrize(
    "sentence",
    ["目前我们不存在向境外提供个人信息的场景。", "我们会在后台管理系统中展示公告。", "仅在您明确同意后，我们才会使用这些信息。"],
)
def test_sentences_that_only_sound_like_one(drafted, sentence):
    assert drafted(f"某某隐私政策\n\n{sentence}我们重视个人信息。\n").declaration.statements == ()


@pytest.mark.parametrize(
    "text",
    ["# Recipes\n\nTake two eggs and some flour. Bake for 40 minutes.\n", "会议纪要\n今天讨论了第三季度的销售计划和人员安排。\n", "1,2,3\n4,5,6\n"],
)
def test_a_document_that_is_no_policy_is_refused(drafted, text):
    with pytest.raises(PolicyError, match="no privacy policy"):
        drafted(text)


def test_a_document_in_traditional_characters_is_said_to_be_one(drafted):
    reasons = [gap.reason.en for gap in drafted("海豚隱私政策\n\n個人信息、第三方SDK、裝置權限：我們會收集您的手機號碼。\n").gaps]
    assert any("traditional characters" in reason for reason in reasons)
    with pytest.raises(PolicyError, match="nothing that could be read") as caught:
        drafted("海豚隱私權政策\n\n我們會收集您的手機號碼與裝置資訊，並將其儲存於伺服器。\n")
    assert "traditional characters" in str(caught.value)
    simplified = drafted("海豚隐私政策\n\n我们会收集您的手机号码，运营者为臺灣某個公司。\n").gaps
    assert not any("traditional characters" in gap.reason.en for gap in simplified)

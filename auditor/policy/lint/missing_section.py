"""What the law wants told and the policy says nothing of: one lint for each subject, made of one table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from auditor.model import Confidence, Owner, Severity, Text
from auditor.policy.lint._lint import Lint, Paper, Remark, lint

__all__ = ["MISSING"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """One subject a policy has to speak of."""

    id: str
    what: Text
    """What is missing, as the message names it."""
    why: Text
    said: re.Pattern[str]
    """Words, any of which speak of it."""
    cites: tuple[str, ...]
    severity: Severity = Severity.MEDIUM
    only_if: re.Pattern[str] | None = None
    """Words without which the subject does not arise."""


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_SUBJECTS = (
    _Subject(
        id="no_collection_rules",
        what=Text(zh="收集哪些个人信息及其目的", en="which personal data is collected and what for"),
        why=Text(
            zh="隐私政策中须有收集使用个人信息的规则；处理目的、方式和个人信息的种类须在处理前告知。",
            en="a policy must hold the rules of collection and use; purpose, way and types of data must be told beforehand.",
        ),
        said=_words(
            r"收集|采集|获取|读取|(?:处理|使用)[^。；]{0,60}(?:信息|数据|权限)",
            r"\b(?:collect|process|gather|obtain|access|use)\w*\b[^.]{0,80}\b(?:information|data|permissions?)\b",
            r"\b(?:information|data)\b[^.]{0,40}\bcollect",
        ),
        cites=("CAC191-1.1", "PIPL-17"),
    ),
    _Subject(
        id="no_retention_period",
        what=Text(zh="个人信息的保存期限", en="how long personal data is kept"),
        why=Text(
            zh="保存期限须在处理前告知，并应为实现目的所必要的最短时间。",
            en="the retention period must be told beforehand, and be the shortest the purpose needs.",
        ),
        said=_words(
            r"(?:保存|存储|储存|保留|留存|保管)(?:的)?(?:期限|时间|期间|时长|时限|周期)",
            r"(?:保存|存储|储存|保留|留存)[^。；]{0,80}(?:期限|期间|时限|时间|必需|必要|所需|最短|\d+\s?(?:天|日|个月|年))",
            r"(?:期限|期间|时限|必需|必要|所需)[^。；]{0,40}(?:保存|存储|储存|保留|留存)",
            r"\b(?:retain|retention|keep|kept|store)\w*\b[^.]{0,80}"
            r"\b(?:as long as|until|period|days|months|years|necessary|device only|locally)\b",
            r"retention",
        ),
        cites=("PIPL-17", "PIPL-19"),
    ),
    _Subject(
        id="no_correction_or_deletion",
        what=Text(zh="查阅、更正、删除个人信息的方式", en="how to see, correct and delete personal data"),
        why=Text(
            zh="个人有权查阅、复制、更正、补充、删除其个人信息，行使权利的方式和程序须告知。",
            en="people may see, copy, correct and delete their data, and must be told how to do so.",
        ),
        said=_words(
            r"(?:更正|修改|变更|更新|编辑|删除|清除|擦除|查阅|查询)[^。；]{0,30}(?:信息|资料|数据|记录)",
            r"(?:信息|资料|数据|记录)[^。；]{0,30}(?:更正|修改|删除|清除|擦除|查阅|查询)",
            r"\b(?:delet|eras|correct|rectif|access)\w*\b[^.]{0,60}\b(?:information|data|account)\b",
            r"\b(?:data|information)\b[^.]{0,60}\b(?:delet|eras|clear)\w*",
        ),
        cites=("PIPL-45", "PIPL-46", "PIPL-47"),
    ),
    _Subject(
        id="no_withdrawal",
        what=Text(zh="撤回同意的方式", en="how to withdraw consent"),
        why=Text(
            zh="基于个人同意处理个人信息的，个人有权撤回同意，处理者须提供便捷的撤回方式。",
            en="who gave consent may withdraw it, and must be given an easy way to.",
        ),
        said=_words(
            r"(?:撤回|撤销|取消|收回|关闭|拒绝|停用|禁用)[^。；]{0,30}(?:同意|授权|许可|权限)",
            r"(?:变更|改变|修改|管理)(?:您|你)?(?:的)?(?:同意|授权|许可|权限)",
            r"(?:同意|授权|许可|权限)[^。；]{0,30}(?:撤回|撤销|取消|收回|关闭|停用|禁用)",
            r"\b(?:withdraw|revoke|opt[ -]?out|disable)\b",
            r"\buninstall",
        ),
        cites=("PIPL-15",),
    ),
    _Subject(
        id="no_account_closure",
        what=Text(zh="注销账号的方式", en="how to close an account"),
        why=Text(
            zh="提供账号注册的，个人信息处理规则须写明注销账号的方法和途径。",
            en="where accounts can be opened, the rules must say how to close one.",
        ),
        only_if=_words(r"(?:注册|创建|登录)[^。；]{0,12}(?:账号|帐号|账户|帐户|会员)", r"\b(?:create|register)\w*\b[^.]{0,30}\baccount"),
        said=_words(
            r"注销",
            r"(?:删除|销毁|停用|关闭)[^。；]{0,12}(?:账号|帐号|账户|帐户)",
            r"\b(?:clos|delet|deactivat|terminat)\w*\b[^.]{0,40}\baccount",
        ),
        cites=("NDSR-21",),
    ),
    _Subject(
        id="no_third_parties",
        what=Text(zh="是否以及向谁提供个人信息（共享、委托处理、第三方 SDK）", en="whether and to whom personal data is given"),
        why=Text(
            zh="向其他个人信息处理者提供个人信息，须告知接收方的名称、联系方式、处理目的、处理方式和个人信息的种类；不提供的也应写明。",
            en="who provides data to others must name them, their contact, purpose, way and types of data; who does not should say so.",
        ),
        said=_words(
            r"共享|第三方|转让|披露|对外提供|委托处理|合作(?:伙伴|方)|不会(?:向|提供)",
            r"\b(?:third[ -]part|shar(?:e|ing|ed)\b|disclos|partners?|affiliates?|analytics)",
        ),
        cites=("PIPL-23",),
    ),
    _Subject(
        id="no_minors",
        what=Text(zh="未成年人（儿童）个人信息的处理规则", en="how the data of minors is handled"),
        why=Text(
            zh="处理不满十四周岁未成年人个人信息的，须取得监护人同意并制定专门的处理规则；不面向未成年人的也应写明。",
            en="for children under fourteen, a guardian's consent and rules of their own are needed; who does not address"
            " minors should say so.",
        ),
        said=_words(
            r"未成年|儿童|监护人|青少年|(?:14|18|十四|十八)\s?周?岁",
            r"\b(?:children|child|minors?|parent(?:al|s)?|under (?:the age of )?1[3-8])\b",
        ),
        cites=("PIPL-31",),
        severity=Severity.LOW,
    ),
    _Subject(
        id="no_storage_place",
        what=Text(zh="个人信息存储于境内还是向境外提供", en="whether personal data stays in the country or is sent abroad"),
        why=Text(
            zh="向境外提供个人信息的，须告知境外接收方等事项并取得单独同意；不出境的也应写明。",
            en="who sends data abroad must name the recipient and get separate consent; who does not should say so.",
        ),
        said=_words(
            r"境内|境外|出境|跨境|国外|海外|全球范围|(?:存储|保存|储存|服务器)[^。；]{0,20}(?:中国|中华人民共和国|大陆|本地|设备上|手机)",
            r"\b(?:countr(?:y|ies)|overseas|abroad|international|cross-border|jurisdiction|locally|your device|united states|EEA|GDPR)\b",
        ),
        cites=("PIPL-39",),
        severity=Severity.LOW,
    ),
    _Subject(
        id="no_change_notice",
        what=Text(zh="政策变更时如何通知", en="how changes to the policy are announced"),
        why=Text(
            zh="收集使用个人信息的目的、方式、范围发生变化时，须以适当方式通知用户。",
            en="when purpose, way or scope of collection change, users must be told in a suitable way.",
        ),
        said=_words(
            r"(?:更新|变更|修订|修改|调整|变化)(?!日期|时间|于)[^。；]{0,80}(?:通知|公告|公布|发布|告知|提示|提醒|弹窗|同意)",
            r"(?:通知|公告|公布|发布|告知|提示|提醒)[^。；]{0,60}(?:更新|变更|修订|修改|调整|变化)",
            r"\b(?:changes?|updates?|amend\w*|revis\w*|modif\w*)\b[^.]{0,120}\b(?:notif|notice|post|inform|publish|review|check|page|effective)",
            r"\b(?:notif|inform|post)\w*\b[^.]{0,80}\b(?:changes?|updates?)\b",
        ),
        cites=("CAC191-2.2", "PIPL-17"),
        severity=Severity.LOW,
    ),
    _Subject(
        id="no_switch_for_personalisation",
        what=Text(zh="关闭个性化推荐（定向推送）的方式", en="how to switch personalisation off"),
        why=Text(
            zh="通过自动化决策进行信息推送、商业营销的，须同时提供不针对个人特征的选项，或便捷的拒绝方式。",
            en="who pushes content or advertising by automated decisions must offer a choice that is not based on the person,"
            " or an easy way to refuse.",
        ),
        only_if=_words(
            r"(?:个性化|定向|精准|千人千面)(?:的)?[^。；]{0,8}(?:推荐|推送|广告|展示|营销)",
            r"(?:推荐|推送|广告)[^。；]{0,8}(?:个性化|定向|精准)",
            r"\bpersonali[sz]ed (?:ads?|advert|content|recommend)",
        ),
        said=_words(
            r"(?:关闭|取消|拒绝|退订|退出|停止|关掉|禁用|限制|屏蔽|不想|不希望|不接受|不同意|撤回|选择)[^。；]{0,40}(?:个性化|推荐|推送|广告|定向|营销|精准|商业)",
            r"(?:个性化|推荐|推送|广告|定向|营销)[^。；]{0,60}(?:关闭|退订|退出|拒绝|取消|停止|开关|限制)",
            r"不针对(?:您|用户|其)?(?:的)?个人特征|非个性化|\bopt[ -]?out\b|\bturn(?:ed)? off\b|\bdisable\b",
        ),
        cites=("PIPL-24", "MIIT337-4"),
    ),
)


def _made(subject: _Subject) -> Lint:
    def check(paper: Paper) -> Iterator[Remark]:
        if subject.only_if is not None and not paper.says(subject.only_if):
            return
        if paper.says(subject.said):
            return
        first = next(iter(paper.find(subject.only_if)), None) if subject.only_if is not None else None
        yield Remark(
            subject=subject.id.replace("_", "-"),
            line=first[0].line_at(first[1].start()) if first else None,
            confidence=Confidence.MEDIUM if paper.chinese and not paper.document.gaps else Confidence.LOW,
            message=Text(zh=f"全文未说明{subject.what.zh}", en=f"The policy does not say {subject.what.en}"),
            todo=Owner.LEGAL.step(zh=f"在政策中写明{subject.what.zh}", en=f"say {subject.what.en}"),
        )

    check.__name__ = subject.id
    check.__doc__ = f"""What it does: looks for any words on {subject.what.en}.

Why it matters: {subject.why.en}

How to put it right: say {subject.what.en}.
"""
    make: Callable[[Callable[[Paper], Iterator[Remark]]], Lint] = lint(
        title=Text(zh=f"未说明{subject.what.zh}", en=f"The policy does not say {subject.what.en}"),
        severity=subject.severity,
        cites=subject.cites,
        zh=f"检查内容：政策全文是否提到{subject.what.zh}。\n\n为何重要：{subject.why.zh}\n\n如何处理：合规在政策中写明{subject.what.zh}。",
    )
    return make(check)


MISSING: tuple[Lint, ...] = tuple(_made(subject) for subject in _SUBJECTS)
"""One lint per subject, in the order a policy usually has them."""

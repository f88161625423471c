"""Personal data the policy says is not collected, and the build's code can collect."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import Owner, Severity, State, Table, Text
from auditor.rules._data import UNTOLD, evidence_of, fitting, grave, shown, sure, type_name, who
from auditor.rules._limits import RUNNING
from auditor.rules._rule import Claim, rule
from auditor.tables import Case

_CITES = ("CAC191-2.1", "CAC191-3.3", "PIPL-17", *UNTOLD)


@rule(
    title=Text(zh="政策称不收集的个人信息，安装包可收集", en="The policy denies collecting what the build can collect"),
    severity=Severity.HIGH,
    limits=RUNNING,
    cites=_CITES,
    zh="""
    检查内容：政策明确称“不收集”的每一类个人信息，安装包（含第三方 SDK）的代码是否能够读取。
    政策另在某个 SDK 的条目中列出的，不计该 SDK；附条件的否认（如“不在后台收集”）不据此判断。政策他处又列为收集的，为低：政策自相矛盾。

    为何重要：告知须真实、准确；声称不收集而收集，是对用户的误导，性质重于遗漏。
    涉及敏感个人信息的，另引《个人信息保护法》第二十八条和第三十条。

    如何处理：研发按证据所列位置删除读取，或确认其不会执行；确需收集的，由合规更正政策。
    """,
)
def denied_data(case: Case) -> Iterator[Claim]:
    """What it does: for every kind of personal data of which the policy says that it is not collected, looks whether code
    of the build, SDKs included, can read it. An SDK whose own row lists it does not count; nor does a denial under a
    condition ("not in the background"). Where the policy elsewhere says that it is collected, the finding is low: the
    policy contradicts itself.

    Why it matters: users must be told truthfully and exactly; to deny what is done misleads them and is worse than to
    forget it. Where the data is sensitive personal information, Art. 28 and 30 of the Personal Information Protection Law
    are cited as well.

    How to put it right: remove the call at the places named, or make sure that it never runs; if the data is needed,
    the policy has to say so.
    """
    for row in case.table(Table.DATA):
        collectors = shown(row)
        if not row.denied_by or not collectors or grave(collectors) is Severity.INFO:
            continue
        denial = row.denied_by[0]
        name, owners = type_name(row.subject, case), who(collectors, case)
        says_both = row.state is not State.DIFFERS
        tail = Text(zh="，另一处却列为收集", en=", and elsewhere that it is") if says_both else Text(zh="", en="")
        yield Claim(
            subject=row.subject,
            table=Table.DATA,
            severity=Severity.LOW if says_both or grave(collectors) is Severity.LOW else None,
            confidence=sure(collectors),
            cites=fitting(_CITES, [row.subject], case),
            evidence=evidence_of(collectors),
            declared=denial.location,
            policy=denial.policy,
            message=Text(
                zh=f"政策称不收集“{name.zh}”（“{denial.text}”）{tail.zh}；安装包的代码可读取（{owners.zh}）",
                en=f"The policy says that “{name.en}” is not collected (“{denial.text}”){tail.en}; code of the build can read it"
                f" ({owners.en})",
            ),
            steps=(
                Owner.ENGINEERING.step(
                    zh="按证据所列位置删除读取，或确认其不会执行",
                    en="remove the call at the places named, or make sure that it never runs",
                ),
                Owner.LEGAL.step(zh="确需收集的，更正政策", en="if it is needed, correct the policy"),
            ),
        )

"""Calls that read personal data and can run while the app starts, before anybody can have agreed to anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from auditor.model import Call, Confidence, EntryKind, Fact, Owner, OwnerKind, Reach, Severity, Table, Text
from auditor.rules._data import UNASKED, fitting, type_name, types_named
from auditor.rules._limits import CONSENT
from auditor.rules._rule import Claim, rule
from auditor.tables import Case

_MOST_CALLS = 6
_SHOWN_STEPS = 4
"""Steps of the way that stand in the sentence; the evidence has all."""


_CITES = ("CAC191-3.1", "MIIT164-1", "PIPL-13", *UNASKED)


@rule(
    title=Text(zh="用户同意之前可能已收集个人信息", en="Personal data can be collected before consent"),
    severity=Severity.MEDIUM,
    limits=CONSENT,
    cites=_CITES,
    zh="""
    检查内容：从应用启动的入口（Application 的 attachBaseContext 和 onCreate、各 ContentProvider、androidx.startup 的初始化类，
    以及桌面启动的 Activity 到可以被点击为止）出发，沿调用关系能否到达读取个人信息的调用，并给出最可靠的一条路径 a → b → c。
    只计能得到结果且知道读取何种信息的调用；支持库的调用、只有用户操作（点击等）才会到达的调用、只读机型等环境信息的调用不计。
    第三方 SDK 的调用按 SDK 汇总，其余按信息种类汇总。

    置信度：从 ContentProvider 到达、且路径上每一步都只有唯一去向（含线程、Handler 等交接）时为中：它先于应用自身的任何代码运行，
    应用来不及判断是否已同意。只从 Application 或启动 Activity 到达、需要在多个实现中选择或按名称反射时为低：代码可能先判断是否已同意，
    而静态分析看不到该判断；为低时不影响结论。从不为高：结论是“同意前可能运行”，须在真机上确认。

    为何重要：征得用户同意前就开始收集个人信息，是监管通报最常见的问题之一；SDK 在 Application 中过早初始化是主要原因。
    涉及敏感个人信息的，另引《个人信息保护法》第二十八条和第二十九条。

    如何处理：在全新安装、尚未点击同意的状态下抓取调用记录，确认证据所列调用是否发生；发生的，将 SDK 初始化和相应调用移到用户同意之后，
    或使用 SDK 提供的预初始化、延迟初始化接口，并移除会自动初始化的 ContentProvider。
    """,
)
def collection_before_consent(case: Case) -> Iterator[Claim]:
    """What it does: follows the calls from where an app starts (attachBaseContext and onCreate of the Application, content
    providers, initialisers of androidx.startup, and the launcher's activity up to the moment it can be touched) and looks
    whether one that reads personal data can be reached; the surest way a → b → c is shown. Only calls count that can
    succeed and whose data is known: not those of support libraries, nor what only a user's touch leads to, nor what reads
    mere context such as the device's model. Calls of an SDK make one finding per SDK, others one per kind of data.

    Confidence: medium where a content provider leads there and each step of the way is the only one its call can take
    (threads and handlers included): it runs before any code of the app, which has no chance to ask. Low where only the
    Application or the launcher's activity leads there, where one of several implementations has to be chosen, or where a
    name leads on: a check "only after consent" may stand before it, which cannot be seen in code; low bears on no verdict.
    Never high: the call *can* run before consent, which has to be confirmed at run time.

    Why it matters: to begin collecting before people agreed is among the faults most often notified; SDKs that are
    initialised in the Application are its main cause. Where sensitive personal information is concerned, Art. 28 and 29 of
    the Personal Information Protection Law are cited as well.

    How to put it right: record the calls of a fresh install before consent is given, and look for those named here. Where
    they happen, move the SDK's initialisation and the calls behind consent, use its pre- or lazy initialisation, and remove
    content providers that initialise by themselves.
    """
    for (sdk, type_), calls in _by_subject(case.calls).items():
        first = min(calls, key=_order)
        name = case.knowledge.sdks[sdk].name if sdk else type_name(type_, case)
        types = types_named(sorted({one for call in calls for one in call.data}), case)
        way = _way(first)
        table = Table.SDKS if sdk else Table.DATA
        declared = next((row.declared for row in case.table(table) if row.subject == (sdk or type_)), None)
        what = Text(
            zh=f"SDK“{name.zh}”读取{types.zh}的代码" if sdk else f"读取“{name.zh}”的代码",
            en=f"code of the SDK {name.en} that reads {types.en}" if sdk else f"code that reads “{name.en}”",
        )
        yield Claim(
            subject=sdk or type_,
            table=None if sdk else Table.DATA,
            severity=_severity(first),
            confidence=Confidence.LOW if any(_doubts(first)) else Confidence.MEDIUM,
            cites=fitting(_CITES, {one for call in calls for one in call.data}, case),
            evidence=tuple(_fact(call) for call in sorted(calls, key=_order)[:_MOST_CALLS]),
            declared=declared.location if declared else case.declaration.heading(table),
            policy=declared.policy if declared else None,
            message=Text(
                zh=f"应用启动时即可运行到{what.zh}，可能早于用户同意，须在真机上确认：{way}",
                en=f"While the app starts, {what.en} can run, possibly before consent; confirm at run time: {way}",
            ),
            steps=(
                Owner.ENGINEERING.step(
                    zh="在全新安装且未同意的状态下确认该调用是否发生；发生的，移到用户同意之后再初始化和调用",
                    en="check on a fresh install, before consent, whether the call happens; if it does, initialise and call"
                    " only after consent",
                ),
                *(_ASK_VENDOR if sdk else ()),
            ),
        )


_ASK_VENDOR = (
    Owner.VENDOR.step(
        zh="说明预初始化或延迟初始化的接口，以及未经同意不读取信息的配置方法",
        en="say how to initialise the SDK late, and how to keep it from reading anything before consent",
    ),
)


def _by_subject(calls: Sequence[Call]) -> dict[tuple[str, str], list[Call]]:
    """Return the calls that count, by SDK or else by data type, in the order of their subjects."""
    found: dict[tuple[str, str], list[Call]] = {}
    for call in calls:
        counts = call.reach is Reach.STARTUP and call.can_succeed and call.severity > Severity.INFO
        if not counts or call.owner is OwnerKind.BYSTANDER:
            continue
        for subject in {(call.sdk, "" if call.sdk else type_) for type_ in call.data}:
            found.setdefault(subject, []).append(call)
    return dict(sorted(found.items()))


def _severity(call: Call) -> Severity:
    return min(Severity.MEDIUM, call.severity)


def _order(call: Call) -> tuple[object, ...]:
    """The order of calls: what tells most first."""
    return (-_severity(call), *_doubts(call), -call.severity, len(call.path), call.path, call.site.key)


def _doubts(call: Call) -> tuple[bool, ...]:
    """Tell what makes it less sure that a call runs before consent, or is one."""
    return EntryKind.PROVIDER not in call.entries, not call.direct, call.site.trait("reflection") is not None


def _way(call: Call) -> str:
    """Return the way in one line; steps of a long one are left out in the middle."""
    steps = [_short(step) for step in call.path]
    if len(steps) > _SHOWN_STEPS:
        steps[_SHOWN_STEPS // 2 : len(steps) - _SHOWN_STEPS // 2] = ["…"]
    return " → ".join(steps)


def _short(step: str) -> str:
    """Return class and method without the package."""
    class_, _, method = step.rpartition(".")
    return f"{class_.rpartition('.')[2]}.{method}"


def _fact(call: Call) -> Fact:
    """Return the call with the way to it."""
    return replace(call.site, traits=tuple(sorted((*call.site.traits, ("path", " → ".join(call.path))))))

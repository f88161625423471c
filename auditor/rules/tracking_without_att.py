"""Apps that read the advertising identifier, or say they track, and never ask for it."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import Bundle, Confidence, Fact, FactKind, Owner, Reference, Severity, Text
from auditor.rules._apple import bundles, evidence_of, hosts, loaded, manifest_unread, references_in, sdk_before
from auditor.rules._limits import NAMED
from auditor.rules._rule import Claim, rule
from auditor.tables import Case

_IDENTIFIER = "idfa"
_CLASS = "_OBJC_CLASS_$_"
_ASKED_FROM = 14
"""First iOS SDK that knows the question."""


@rule(
    title=Text(zh="读取广告标识符或声明跟踪，却未请求跟踪许可", en="Tracking without asking for permission"),
    severity=Severity.MEDIUM,
    limits=NAMED,
    cites=("APPLE-ATT",),
    zh="""
    检查内容：应用的代码读取广告标识符（IDFA），或隐私清单的 NSPrivacyTracking 为 true，而整个应用既没有引用 ATTrackingManager，
    也没有 NSUserTrackingUsageDescription 键。只以字符串出现的引用，以及只有 SDK 的清单称跟踪的，按低置信度列出。
    有映像加密时无法断定没有引用，不作结论。

    为何重要：自 iOS 14.5 起，跟踪用户或读取广告标识符须经 AppTrackingTransparency 取得用户许可，否则得到的标识符全为零，且不得跟踪。

    如何处理：研发在读取前请求跟踪许可并补充 NSUserTrackingUsageDescription；不跟踪的，移除读取 IDFA 的代码或换用不读取 IDFA 的 SDK 版本。
    """,
)
def tracking_without_att(case: Case) -> Iterator[Claim]:
    """What it does: looks for code that reads the advertising identifier (IDFA), and for a privacy manifest whose
    NSPrivacyTracking is true, in an app that refers to ATTrackingManager nowhere and has no
    NSUserTrackingUsageDescription. What is only a string, or only an SDK's manifest says, counts with low confidence.
    Where an image is encrypted, nobody can say that it does not refer to it, so nothing is said.

    Why it matters: from iOS 14.5 on, tracking and reading the identifier need the user's permission by
    AppTrackingTransparency; without it the identifier is all zeros and tracking is not allowed.

    How to put it right: ask for permission first and add NSUserTrackingUsageDescription; if the app does not track, remove
    the code that reads the IDFA, or take a version of the SDK that does not.
    """
    if case.build is None:
        return
    for host in hosts(case):
        parts = loaded(case, host)
        if host.kind != "app" or any(part.encrypted for part in parts) or sdk_before(host, _ASKED_FROM):
            continue
        images = [image for part in parts for image in part.images]
        if _asks(case, host, images):
            continue
        reads = [one for one in references_in(case, images) if _IDENTIFIER in (*one.data, *one.may)]
        says = [] if manifest_unread(case, host) else list(_says(case, host))
        if reads or says:
            yield _claim(host, reads, says)


def _asks(case: Case, host: Bundle, images: list[str]) -> bool:
    """Tell whether an app asks: has a key that lets it, or names a class that asks."""
    keys = {key for key, known in case.knowledge.usage_keys.items() if _IDENTIFIER in known.data}
    if keys & set(host.usage_keys):
        return True
    classes = {one.class_ for one in case.knowledge.apis.selectors if keys & set(one.usage_keys)}
    names = {*classes, *(_CLASS + name for name in classes)}
    facts = case.build.of(FactKind.SYMBOL, FactKind.LITERAL) if case.build is not None else ()
    return any(fact.name in names and fact.by in images for fact in facts)


def _says(case: Case, host: Bundle) -> Iterator[Fact]:
    """Yield where a privacy manifest inside an app says that it tracks."""
    for bundle in bundles(case):
        if f"{bundle.path}/".startswith(f"{host.path}/"):
            for fact in bundle.manifest or ():
                if fact.kind is FactKind.PRIVACY_TRACKING and fact.value == "true":
                    yield fact


def _claim(host: Bundle, reads: list[Reference], says: list[Fact]) -> Claim:
    sure = max((one.confidence for one in reads), default=Confidence.LOW)
    read = next(iter(sorted(reads, key=lambda one: (-one.confidence, one.name))), None)
    zh, en = [], []
    if read is not None:
        zh.append(f"代码引用 {read.name}（读取广告标识符）")
        en.append(f"code refers to {read.name}, which reads the advertising identifier")
    if says:
        zh.append("隐私清单称进行跟踪（NSPrivacyTracking 为 true）")
        en.append("a privacy manifest says that it tracks (NSPrivacyTracking is true)")
    return Claim(
        subject=host.name,
        # an SDK says what it is able to do, which the app may not use
        confidence=Confidence.HIGH if set(says) & set(host.manifest or ()) else min(sure, Confidence.MEDIUM),
        evidence=(*says, *evidence_of(reads)),
        message=Text(
            zh=f"{host.name} 中{'，且'.join(zh)}，但没有请求跟踪许可的代码，也没有跟踪的用途说明键",
            en=f"In {host.name} {' and '.join(en)}, but nothing in it asks for permission to track, and it has no usage key for it",
        ),
        steps=(
            Owner.PRODUCT.step(zh="确认应用是否跟踪用户", en="settle whether the app tracks people"),
            Owner.ENGINEERING.step(
                zh="读取前用 AppTrackingTransparency 请求许可并补充用途说明键；不跟踪的，移除读取广告标识符的代码或 SDK",
                en="ask for permission by AppTrackingTransparency first, and add the usage key; if the app does not"
                " track, remove the code or SDK that reads the advertising identifier",
            ),
        ),
    )

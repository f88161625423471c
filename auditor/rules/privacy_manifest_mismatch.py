"""Privacy manifests that contradict themselves, Apple's values, or the code they speak for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from auditor.model import Bundle, Confidence, Fact, FactKind, Owner, OwnerKind, Severity, Text
from auditor.rules._apple import bundles, evidence_of, manifest_unread, references_in, stated
from auditor.rules._limits import SENDING
from auditor.rules._rule import Claim, rule
from auditor.tables import Case

_HOST = re.compile(r"(?=.{1,253}\Z)(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*\Z")
_CORRECT = Owner.ENGINEERING.step(
    zh="改正该包的 PrivacyInfo.xcprivacy；是第三方 SDK 的，升级或联系提供方",
    en="correct the PrivacyInfo.xcprivacy of the bundle; of a third-party SDK, update it or ask its vendor",
)
_CORRECT_SDK = (
    Owner.VENDOR.step(
        zh="是第三方 SDK 的，在新版本中改正隐私清单", en="where it is a third-party SDK's, correct the privacy manifest in a new version"
    ),
)


@rule(
    title=Text(zh="隐私清单与代码或规定的取值不一致", en="A privacy manifest does not fit the code or Apple's values"),
    severity=Severity.LOW,
    limits=SENDING,
    cites=("APPLE-DATA-USE", "APPLE-TRACKING-DOMAINS", "APPLE-REQUIRED-REASON", "ITMS-91056"),
    zh="""
    检查内容：每个 PrivacyInfo.xcprivacy：原因代码是否属于所申报的类别、类别是否重复或没有原因、数据类型和用途的取值是否为 Apple 所列；
    NSPrivacyTracking 与跟踪域名、与逐项的跟踪标记是否一致；该包代码读取的数据类型是否有对应的申报（引用不等于收集，按低严重程度列出）。

    为何重要：无效的取值会被 App Store Connect 退回（ITMS-91056）；隐私清单是用户所见隐私标签的依据，与代码不符即标签不实。

    如何处理：研发按实际情况改正清单；收集的数据不离开设备的，无需申报，由研发确认。
    """,
)
def privacy_manifest_mismatch(case: Case) -> Iterator[Claim]:
    """What it does: reads each PrivacyInfo.xcprivacy: whether reason codes are those of the category, whether a category is
    repeated or lacks reasons, whether types and purposes are values Apple lists; whether NSPrivacyTracking fits the
    tracking domains and what each type says of tracking; and whether the kinds of data the bundle's code reads have an
    entry (a reference is no collection, so that is of low severity).

    Why it matters: App Store Connect refuses invalid values (ITMS-91056), and the privacy labels users see are made from
    the manifest.

    How to put it right: correct the manifest. Data that never leaves the device needs no entry: check that it does not.
    """
    for bundle in bundles(case):
        if bundle.manifest is None:
            continue
        yield from _accessed(case, bundle, bundle.manifest)
        yield from _values(case, bundle, bundle.manifest)
        yield from _tracking(bundle, bundle.manifest)
        yield from _collected(case, bundle)


def _accessed(case: Case, bundle: Bundle, manifest: tuple[Fact, ...]) -> Iterator[Claim]:
    categories = {reason.category: reason for reason in case.knowledge.apis.required_reasons}
    category_of = {code: reason.category for reason in categories.values() for code, _ in reason.reasons}
    accessed = [fact for fact in manifest if fact.kind is FactKind.PRIVACY_ACCESSED]
    for fact in accessed:
        codes = [code.strip() for code in fact.value.split(",") if code.strip()]
        if fact.name not in categories:
            yield _claim(
                bundle, fact.name, fact, Confidence.MEDIUM, None,
                f"申报的 API 类别 {fact.name} 不是已知的类别", f"declares {fact.name}, which is no known category of APIs",
            )  # fmt: skip
            continue
        if not codes and not manifest_unread(case, bundle):
            yield _claim(
                bundle, fact.name, fact, Confidence.HIGH, Severity.MEDIUM,
                f"申报了 {fact.name}，但没有原因代码", f"declares {fact.name} without any reason",
            )  # fmt: skip
        for code in codes:
            owner = category_of.get(code)
            if owner is None:
                yield _claim(
                    bundle, f"{fact.name} {code}", fact, Confidence.MEDIUM, None,
                    f"{fact.name} 的原因代码 {code} 不是已知的代码", f"gives {code} for {fact.name}, which is no known reason",
                )  # fmt: skip
            elif owner != fact.name:
                yield _claim(
                    bundle, f"{fact.name} {code}", fact, Confidence.HIGH, Severity.MEDIUM,
                    f"{fact.name} 的原因代码 {code} 属于另一类别 {owner}",
                    f"gives {code} for {fact.name}, which is a reason of {owner}",
                )  # fmt: skip
    for name, count in sorted(Counter(fact.name for fact in accessed).items()):
        if count > 1:
            first = next(fact for fact in accessed if fact.name == name)
            yield _claim(
                bundle, f"{name} repeated", first, Confidence.HIGH, None,
                f"{name} 重复申报 {count} 次，每个类别只应有一项", f"declares {name} {count} times; a category has one entry",
            )  # fmt: skip


def _values(case: Case, bundle: Bundle, manifest: tuple[Fact, ...]) -> Iterator[Claim]:
    types = {one.value for one in case.knowledge.apis.collected_types}
    purposes = set(case.knowledge.apis.purposes)
    for fact in manifest:
        if fact.kind is not FactKind.PRIVACY_COLLECTED:
            continue
        if fact.name not in types:
            yield _claim(
                bundle, fact.name, fact, Confidence.MEDIUM, None,
                f"数据类型 {fact.name} 不是 Apple 所列的取值", f"lists {fact.name}, which is no type of data Apple lists",
            )  # fmt: skip
        for purpose in filter(None, (fact.trait("purposes") or "").split(",")):
            if purpose not in purposes:
                yield _claim(
                    bundle, f"{fact.name} {purpose}", fact, Confidence.MEDIUM, None,
                    f"{fact.name} 的用途 {purpose} 不是 Apple 所列的取值",
                    f"gives {fact.name} the purpose {purpose}, which Apple does not list",
                )  # fmt: skip


def _tracking(bundle: Bundle, manifest: tuple[Fact, ...]) -> Iterator[Claim]:
    whole = [fact for fact in manifest if fact.kind is FactKind.PRIVACY_TRACKING]
    tracks = any(fact.value == "true" for fact in whole)
    for fact in whole:
        domains = [domain.strip() for domain in (fact.trait("domains") or "").split(",") if domain.strip()]
        if fact.value == "true" and not domains:
            yield _claim(
                bundle, "NSPrivacyTrackingDomains", fact, Confidence.HIGH, None,
                "NSPrivacyTracking 为 true，但没有列出 NSPrivacyTrackingDomains",
                "sets NSPrivacyTracking to true and lists no NSPrivacyTrackingDomains",
            )  # fmt: skip
        elif domains and fact.value != "true":
            yield _claim(
                bundle, "NSPrivacyTracking", fact, Confidence.HIGH, None,
                f"列出了跟踪域名（{domains[0]}），但 NSPrivacyTracking 不为 true",
                f"lists tracking domains ({domains[0]}), but does not set NSPrivacyTracking to true",
            )  # fmt: skip
        for domain in domains:
            if not _HOST.match(domain):
                yield _claim(
                    bundle, f"NSPrivacyTrackingDomains {domain}", fact, Confidence.MEDIUM, None,
                    f"跟踪域名“{domain}”不是单独的主机名", f"lists the tracking domain “{domain}”, which is no bare host name",
                )  # fmt: skip
    tracked = [fact for fact in manifest if fact.kind is FactKind.PRIVACY_COLLECTED and fact.trait("tracking") == "true"]
    if tracked and not tracks:
        names = ", ".join(fact.name for fact in tracked[:3])
        yield _claim(
            bundle, "NSPrivacyCollectedDataTypeTracking", tracked[0], Confidence.MEDIUM, None,
            f"{names} 标明用于跟踪，但 NSPrivacyTracking 不为 true",
            f"says that {names} is used to track, but does not set NSPrivacyTracking to true",
        )  # fmt: skip


def _collected(case: Case, bundle: Bundle) -> Iterator[Claim]:
    """Yield the kinds of data that the code of a bundle reads, and that its manifest has no entry for."""
    if manifest_unread(case, bundle):
        return
    types = case.knowledge.apis.collected_types
    declared = {fact.name for fact in stated(case, bundle, FactKind.PRIVACY_COLLECTED)}
    covered = {type_ for one in types if one.value in declared for type_ in one.data}
    unlisted = {type_ for one in types for type_ in one.data} - covered
    reads = [
        one
        for one in references_in(case, bundle.images)
        # an SDK linked into the app answers for itself
        if unlisted & set(one.data) and one.confidence >= Confidence.MEDIUM and one.severity >= Severity.MEDIUM
        and (bundle.kind == "framework" or one.owner is not OwnerKind.SDK)
    ]  # fmt: skip
    if not reads:
        return
    found = sorted(unlisted & {type_ for one in reads for type_ in one.data})
    names = [known.name if (known := case.knowledge.data_types.get(type_)) else Text(zh=type_, en=type_) for type_ in found]
    wanted = [one.value for one in types if set(found) & set(one.data)]
    yield Claim(
        subject=f"{bundle.name} NSPrivacyCollectedDataTypes",
        confidence=Confidence.LOW,
        evidence=evidence_of(reads),
        message=Text(
            zh=f"{bundle.name} 的代码引用读取{'、'.join(name.zh for name in names)}的接口，其隐私清单未列 {'、'.join(wanted)}",
            en=f"The code of {bundle.name} refers to interfaces that read {', '.join(name.en for name in names)}, and its privacy"
            f" manifest does not list {', '.join(wanted)}",
        ),
        steps=(
            Owner.ENGINEERING.step(
                zh="确认这些数据是否离开设备；离开的，在隐私清单中补充",
                en="check whether the data leaves the device; if it does, add it to the privacy manifest",
            ),
        ),
    )


def _claim(
    bundle: Bundle, subject: str, fact: Fact, confidence: Confidence, severity: Severity | None, zh: str, en: str
) -> Claim:
    return Claim(
        subject=f"{bundle.name} {subject}",
        severity=severity,
        confidence=confidence,
        evidence=(fact,),
        message=Text(zh=f"{bundle.name} 的隐私清单：{zh}", en=f"The privacy manifest of {bundle.name} {en}"),
        steps=(_CORRECT, *(_CORRECT_SDK if bundle.kind == "framework" else ())),
    )

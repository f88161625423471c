"""Interfaces Apple asks a reason for that no privacy manifest of the code gives one for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from auditor.model import Bundle, Fact, FactKind, Owner, Severity, Text
from auditor.rules._apple import app_of, bundles, is_vendor, manifest_unread, sdk_before, stated
from auditor.rules._limits import NAMED
from auditor.rules._rule import Claim, rule
from auditor.tables import Case

_CLASS = "_OBJC_CLASS_$_"
_MANIFESTS_FROM = 17
"""First iOS SDK that knows privacy manifests."""
_SHOWN = 4


@rule(
    title=Text(zh="使用须说明原因的 API，隐私清单未申报", en="A required-reason API is used and not declared"),
    severity=Severity.MEDIUM,
    limits=NAMED,
    cites=("APPLE-REQUIRED-REASON", "ITMS-91053"),
    zh="""
    检查内容：应用、扩展和每个框架的映像引用的须说明原因的 API（文件时间戳、系统启动时间、磁盘空间、活动键盘、用户默认值），
    其所在包的 PrivacyInfo.xcprivacy（静态库则为应用的清单及其资源包的清单）是否申报了该类别。每个包、每个类别一条。

    为何重要：这些接口可用于设备指纹。自 2024-05-01 起，App Store Connect 不接收未申报的安装包（ITMS-91053）；
    SDK 须在自己的清单中申报，不能依赖应用的清单。用 iOS 17 之前的 SDK 构建的安装包，或应用已申报而框架未申报的，按低严重程度列出。

    如何处理：研发在该包的 PrivacyInfo.xcprivacy 的 NSPrivacyAccessedAPITypes 中补充该类别和实际的原因代码；SDK 的，升级到带清单的版本。
    """,
)
def required_reason_undeclared(case: Case) -> Iterator[Claim]:
    """What it does: looks at the required-reason APIs (file timestamps, system boot time, disk space, active keyboards,
    user defaults) that the images of the app, of extensions and of frameworks refer to, and at the categories that the
    PrivacyInfo.xcprivacy of the same bundle declares; for static libraries the app's own and their resource bundles'.
    One finding per bundle and category.

    Why it matters: these interfaces serve to fingerprint devices. Since 2024-05-01 App Store Connect refuses builds that
    do not declare them (ITMS-91053), and an SDK cannot rely on the app's manifest. It is of low severity for builds made
    with an SDK before iOS 17, and where the app declares what a framework in it does not.

    How to put it right: add the category with the reasons that hold to NSPrivacyAccessedAPITypes of the bundle's
    PrivacyInfo.xcprivacy; of an SDK, take a version that has one.
    """
    if case.build is None or not case.conduct.bundles:
        return
    used: dict[str, dict[tuple[FactKind, str], Fact]] = defaultdict(dict)
    images = {image for bundle in case.conduct.bundles for image in bundle.images if not is_vendor(case, image)}
    for fact in case.build.of(FactKind.SYMBOL, FactKind.SELECTOR):
        if fact.by in images:
            known = used[fact.by].setdefault((fact.kind, fact.name), fact)
            if known.trait("class") is None and fact.trait("class"):
                used[fact.by][fact.kind, fact.name] = fact  # a method tells more than a table
    for bundle in bundles(case):
        if manifest_unread(case, bundle):
            continue
        names = {key: fact for image in bundle.images for key, fact in used[image].items()}
        declared = {fact.name for fact in stated(case, bundle, FactKind.PRIVACY_ACCESSED)}
        for category, facts in _undeclared(case, names, declared).items():
            yield _claim(case, bundle, category, facts)


def _undeclared(
    case: Case, names: Mapping[tuple[FactKind, str], Fact], declared: set[str]
) -> dict[str, list[Fact]]:
    """Return the uses that no declared category covers, each under the first category that has it."""
    found: dict[str, list[Fact]] = {}
    covered: set[Fact] = set()
    reasons = case.knowledge.apis.required_reasons
    for reason in sorted(reasons, key=lambda one: one.category not in declared):
        keys = [(FactKind.SYMBOL, name) for name in (*reason.symbols, *(_CLASS + name for name in reason.classes))]
        keys += [(FactKind.SELECTOR, name) for name in reason.selectors]
        keys += [
            (FactKind.SELECTOR, selector)
            for class_, selector in reason.members
            if (FactKind.SYMBOL, _CLASS + class_) in names
        ]
        facts = [fact for key in dict.fromkeys(keys) if (fact := names.get(key)) is not None and fact not in covered]
        covered.update(facts)
        if facts and reason.category not in declared:
            found[reason.category] = facts
    return found


def _claim(case: Case, bundle: Bundle, category: str, facts: list[Fact]) -> Claim:
    app = app_of(case, bundle)
    by_app = app is not None and app is not bundle and category in {
        fact.name for fact in stated(case, app, FactKind.PRIVACY_ACCESSED)
    }
    old = sdk_before(app or bundle, _MANIFESTS_FROM)
    (label,) = [reason.name for reason in case.knowledge.apis.required_reasons if reason.category == category]
    names = ", ".join(fact.name.removeprefix(_CLASS).removeprefix("_") for fact in facts[:_SHOWN])
    more_zh, more_en = (f" 等 {len(facts)} 个", f" and {len(facts) - _SHOWN} more") if len(facts) > _SHOWN else ("", "")
    if by_app:
        why = Text(zh="，只有应用的隐私清单申报了它", en="; only the app's own does")
    elif bundle.manifest is None:
        why = Text(zh="（没有隐私清单）", en=" (it has none)")
    else:
        why = Text(zh="", en="")
    return Claim(
        subject=f"{bundle.name} {category}",
        severity=Severity.LOW if by_app or old else None,
        evidence=tuple(facts[:_SHOWN]),
        message=Text(
            zh=f"{bundle.name} 使用{label.zh}接口（{names}{more_zh}），其隐私清单未申报 {category}{why.zh}",
            en=f"{bundle.name} uses interfaces for {label.en[0].lower()}{label.en[1:]} ({names}{more_en}), and its privacy manifest"
            f" does not declare {category}{why.en}",
        ),
        steps=(
            Owner.ENGINEERING.step(
                zh=f"在 {bundle.name} 的 PrivacyInfo.xcprivacy 中申报该类别和实际的原因代码；是第三方 SDK 的，升级到带隐私清单的版本",
                en=f"declare the category with the reasons that hold in the PrivacyInfo.xcprivacy of {bundle.name};"
                " of a third-party SDK, take a version that has one",
            ),
        ),
    )

"""SDKs on Apple's list that come without the privacy manifest they need."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import Bundle, FactKind, Owner, Severity, Text
from auditor.rules._apple import app_of, bundles, manifest_unread
from auditor.rules._limits import SENDING
from auditor.rules._rule import Claim, rule
from auditor.tables import Case


@rule(
    title=Text(zh="名单内的 SDK 没有隐私清单", en="A listed SDK has no privacy manifest"),
    severity=Severity.LOW,
    limits=SENDING,
    cites=("APPLE-SDK-LIST", "ITMS-91061"),
    zh="""
    检查内容：内嵌框架中属于 Apple《第三方 SDK 要求》名单的，框架内（或应用内同名资源包中）是否有 PrivacyInfo.xcprivacy。
    静态链接进可执行文件的 SDK 无法与其清单对应，不检查；导出安装包时框架会重新签名，因此也不检查 SDK 的签名。

    为何重要：自 2025-02-12 起，含有名单内 SDK 的新 App、以及新加入这些 SDK 的更新，缺少隐私清单的不予接收（ITMS-91061）。

    如何处理：研发升级到带隐私清单的版本；已停止维护的，换用其他 SDK，或在自行打包时加入清单。
    """,
)
def sdk_without_privacy_manifest(case: Case) -> Iterator[Claim]:
    """What it does: looks for a PrivacyInfo.xcprivacy in each embedded framework that is on Apple's list of SDKs that need
    one, and in a resource bundle of its name in the app. An SDK linked into the executable cannot be matched with its
    manifest, and frameworks are signed anew when a build is exported, so neither is checked.

    Why it matters: since 2025-02-12 new apps with a listed SDK, and updates that add one, are refused without its manifest
    (ITMS-91061).

    How to put it right: take a version of the SDK that has a privacy manifest; of one that is no longer maintained, take
    another, or add the manifest where you build it.
    """
    if case.build is None:
        return
    listed = {name: sdk.name for sdk in case.knowledge.apis.listed_sdks for name in (sdk.name, *sdk.frameworks)}
    frameworks = {fact.location.file.rpartition("/")[0]: fact for fact in case.build.of(FactKind.FRAMEWORK)}
    for bundle in bundles(case):
        stem = bundle.name.rpartition(".")[0]
        if bundle.kind != "framework" or stem not in listed or manifest_unread(case, bundle) or _has_one(case, bundle, stem):
            continue
        fact = frameworks.get(bundle.path)
        yield Claim(
            subject=bundle.name,
            evidence=(fact,) if fact is not None else (),
            message=Text(
                zh=f"{bundle.name} 属于 Apple 名单中的 SDK（{listed[stem]}），但没有隐私清单",
                en=f"{bundle.name} is an SDK of Apple's list ({listed[stem]}) and has no privacy manifest",
            ),
            steps=(
                Owner.ENGINEERING.step(
                    zh=f"将 {listed[stem]} 升级到带隐私清单的版本",
                    en=f"take a version of {listed[stem]} that has a privacy manifest",
                ),
                Owner.VENDOR.step(zh="尚无带隐私清单的版本的，予以提供", en="supply a version with a privacy manifest, if there is none"),
            ),
        )


def _has_one(case: Case, bundle: Bundle, stem: str) -> bool:
    """Tell whether a framework, or a resource bundle in it or beside it in the app, has a privacy manifest."""
    if bundle.manifest is not None:
        return True
    app = app_of(case, bundle)
    for one in case.conduct.bundles:
        inside = one.path.startswith(f"{bundle.path}/")
        beside = app is not None and one.path.startswith(f"{app.path}/") and one.name.startswith(stem)
        if one.kind == "bundle" and one.manifest is not None and (inside or beside):
            return True
    return False

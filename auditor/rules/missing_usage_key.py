"""Protected resources that iOS code asks for and Info.plist has no usage description of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from auditor.model import Bundle, Confidence, Owner, Reference, ReferenceKind, Severity, Table, Text
from auditor.rules._apple import app_of, evidence_of, hosts, loaded, references_in
from auditor.rules._limits import NAMED
from auditor.rules._rule import Claim, rule
from auditor.rules._wording import of_usage_key
from auditor.tables import Case

_SHOWN = 3


@rule(
    title=Text(zh="代码引用受保护的资源，Info.plist 缺少用途说明键", en="Code refers to a protected resource without a usage key"),
    severity=Severity.MEDIUM,
    limits=NAMED,
    cites=("ITMS-90683",),
    zh="""
    检查内容：应用及每个扩展的代码（含其加载的框架）引用的受保护接口（类与方法，如 PHPhotoLibrary、requestWhenInUseAuthorization），
    在该应用或扩展自己的 Info.plist 中是否有对应的 NS…UsageDescription 键之一。仅链接系统框架不算。
    已加密的安装包看不到方法名，不作方法级结论。

    为何重要：没有该键，系统在访问时终止应用或直接拒绝；App Store Connect 对引用了接口而缺少键的安装包发出 ITMS-90683；
    用户也无从知道目的。

    如何处理：研发确认该功能是否需要；需要的，在 Info.plist 中补充该键并写明目的，同时补入政策；不需要的，移除引用该接口的代码或 SDK。
    """,
)
def missing_usage_key(case: Case) -> Iterator[Claim]:
    """What it does: for each app and extension, compares the protected interfaces its code refers to (classes and
    methods such as PHPhotoLibrary or requestWhenInUseAuthorization, those of the frameworks it loads included) with the
    NS…UsageDescription keys of its own Info.plist. Linking a framework asks for nothing. An encrypted build shows no
    methods, so nothing is said of them there.

    Why it matters: without the key the system ends the app, or refuses, when the code runs; App Store Connect sends
    ITMS-90683 for the mere reference; and the user is told no purpose.

    How to put it right: if the app needs it, add the key with its purpose to Info.plist and to the policy; if not,
    remove the code or the SDK that refers to it.
    """
    for host in hosts(case):
        if _unread(case, host):
            continue
        app = app_of(case, host)
        # what an extension shares with its app is there for the app, and said of it
        parts = [part for part in loaded(case, host) if part is host or app is None or app is host or app.path not in part.loaded_by]
        images = [image for part in parts for image in part.images]
        missing: dict[str, list[Reference]] = defaultdict(list)
        for reference in references_in(case, images):
            if reference.usage_keys and not set(reference.usage_keys) & set(host.usage_keys):
                missing[reference.usage_keys[0]].append(reference)
        for key, references in sorted(missing.items()):
            yield _claim(case, host, key, references)


def _unread(case: Case, host: Bundle) -> bool:
    gaps = case.build.gaps if case.build is not None else ()
    return any(Table.USAGE_KEYS in gap.hides and f"{gap.location.file}/".startswith(f"{host.path}/") for gap in gaps)


def _claim(case: Case, host: Bundle, key: str, references: list[Reference]) -> Claim:
    shown = sorted(references, key=lambda one: (-one.confidence, one.kind is ReferenceKind.CLASS, one.name))
    names = list(dict.fromkeys(one.name for one in shown))
    keys = list(dict.fromkeys(key for one in shown for key in one.usage_keys))
    app = app_of(case, host)
    outer = host is not app and app is not None and bool(set(keys) & set(app.usage_keys))
    others = _of_same_resource(case, host, keys)
    # a class alone has no severity of its own that would tell
    told = [one.severity for one in references if one.kind is not ReferenceKind.CLASS]
    slight = outer or bool(others) or (bool(told) and max(told) <= Severity.LOW)
    label = case.knowledge.usage_keys[key].label if key in case.knowledge.usage_keys else Text(zh=key, en=key)
    listed = ", ".join(names[:_SHOWN])
    inside = sorted({bundle.name for bundle in loaded(case, host) if bundle is not host for one in shown if one.image in bundle.images})
    in_zh, in_en = (f"（{'、'.join(inside)}）", f" ({', '.join(inside)})") if inside else ("", "")
    more_zh = f" 等 {len(names)} 个接口" if len(names) > _SHOWN else ""
    more_en = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    only_zh = f"（已有 {'、'.join(others)}）" if others else "（其所属应用有该键）" if outer else ""
    only_en = f" (it has {', '.join(others)})" if others else " (the app it belongs to has it)" if outer else ""
    return Claim(
        subject=key if host is app else f"{host.name} {key}",
        severity=Severity.LOW if slight else None,
        confidence=_confidence(references),
        evidence=evidence_of(shown),
        message=Text(
            zh=f"{host.name} 的代码{in_zh}引用 {listed}{more_zh}（{label.zh}），其 Info.plist 没有 {' 或 '.join(keys)}{only_zh}",
            en=f"The code of {host.name}{in_en} refers to {listed}{more_en} ({label.en}), and its Info.plist has no"
            f" {' or '.join(keys)}{only_en}",
        ),
        steps=(
            Owner.ENGINEERING.step(
                zh=f"需要该功能的，在 {host.name} 的 Info.plist 中补充 {key} 并写明目的；不需要的，移除引用它的代码或 SDK",
                en=f"add {key} with its purpose to the Info.plist of {host.name} if the feature is needed;"
                " if not, remove the code or SDK that refers to it",
            ),
        ),
        wording=of_usage_key(key, case),
    )


def _of_same_resource(case: Case, host: Bundle, keys: list[str]) -> list[str]:
    """Return the keys Info.plist has for the same kind of data: the resource is asked for, if in another way."""
    known = case.knowledge.usage_keys
    data = {type_ for key in keys if key in known for type_ in known[key].data}
    return [key for key in host.usage_keys if key in known and data & set(known[key].data)]


def _confidence(references: list[Reference]) -> Confidence:
    """High where a method is named beside its class, medium where the class alone is, low where the class is not."""
    best = Confidence.LOW
    for one in references:
        if one.kind is ReferenceKind.CLASS:
            best = max(best, Confidence.MEDIUM)
        elif one.confidence >= Confidence.MEDIUM:
            best = Confidence.HIGH
    return best

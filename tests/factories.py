"""Nouns for tests: each function fills in whatever the test does not care about."""

from __future__ import annotations

from collections.abc import Sequence

from auditor.model import (
    Audit,
    Build,
    Checked,
    Clause,
    CodeUnit,
    Collection,
    Conduct,
    Confidence,
    Declaration,
    DeclaredData,
    DeclaredPermission,
    DeclaredSdk,
    DeclaredUsageKey,
    Fact,
    FactKind,
    Finding,
    Gap,
    Identity,
    Location,
    Owner,
    OwnerKind,
    Platform,
    PolicySource,
    Row,
    RuleInfo,
    Sdk,
    SdkTier,
    Severity,
    Signer,
    State,
    Supplier,
    Table,
    Text,
    Tool,
    Verdict,
)

DECLARATION = "declarations/shop.yaml"
POLICY = "policy.txt"


def text(en: str, zh: str = "") -> Text:
    """A sentence; the Chinese is the English unless given."""
    return Text(zh=zh or en, en=en)


def here(file: str = "AndroidManifest.xml", at: str | int = "") -> Location:
    """A place."""
    return Location(file=file, at=str(at))


def line(number: int, file: str = DECLARATION) -> Location:
    """A line of the declaration."""
    return Location(file=file, at=str(number))


def fact(
    kind: FactKind,
    name: str,
    value: str = "",
    *,
    by: str = "",
    file: str = "AndroidManifest.xml",
    at: str = "",
    **traits: str,
) -> Fact:
    """A fact; traits are keywords, ``_`` for ``-`` (``max_sdk="28"``)."""
    pairs = tuple(sorted((key.replace("_", "-"), text) for key, text in traits.items()))
    return Fact(kind=kind, name=name, value=value, by=by, location=here(file, at), traits=pairs)


def permission(name: str, **traits: str) -> Fact:
    """A ``uses-permission``; a name without dots is one of Android's own."""
    full = name if "." in name else f"android.permission.{name}"
    return fact(FactKind.PERMISSION, full, at="uses-permission", **traits)


def usage_string(key: str, value: str = "用于拍照", language: str = "Base", file: str = "Info.plist") -> Fact:
    """A usage description of an iOS app."""
    return fact(FactKind.USAGE_STRING, key, value, by=language, file=file, at=key)


def sdk_level(name: str, value: int | str) -> Fact:
    """``min``, ``target`` or ``max``."""
    return fact(FactKind.SDK_LEVEL, name, str(value), at="uses-sdk")


def signer(**changes: object) -> Signer:
    """A certificate."""
    values: dict[str, object] = {"sha256": "ab" * 32, "subject": "CN=Shop,O=Shop Ltd", "scheme": "v2"}
    return Signer(**(values | changes))  # type: ignore[arg-type]


def identity(**changes: object) -> Identity:
    """An Android app's identity."""
    values: dict[str, object] = {
        "platform": Platform.ANDROID,
        "app_id": "com.example.shop",
        "label": "小店",
        "version": "2.1.0",
        "version_code": "210",
        "sha256": "0123456789abcdef" * 4,
        "size": 5_242_880,
        "signer": (signer(),),
    }
    return Identity(**(values | changes))  # type: ignore[arg-type]


def build(
    *facts: Fact, code: dict[str, Sequence[str]] | None = None, gaps: Sequence[Gap] = (), **changes: object
) -> Build:
    """A build with these facts; ``code`` maps a file to the classes it defines."""
    defined = sorted((code or {}).items())
    units = tuple(CodeUnit(file=file, classes=tuple(sorted(set(names)))) for file, names in defined)
    return Build(
        identity=identity(**changes),
        facts=tuple(sorted(set(facts), key=lambda fact: fact.key)),
        code=units,
        gaps=tuple(sorted(gaps, key=lambda gap: gap.key)),
    )


def conduct(*sdks: Sdk, gaps: Sequence[Gap] = (), collections: Sequence[Collection] = ()) -> Conduct:
    """A conduct with these SDKs, and what can be collected."""
    return Conduct(sdks=tuple(sorted(sdks, key=lambda sdk: sdk.id)), gaps=tuple(gaps), collections=tuple(collections))


def collection(type_: str = "imei", sdk: str = "", **changes: object) -> Collection:
    """What the app's own code is shown to collect; an SDK's, where one is named."""
    caller = f"com.{sdk or 'example.shop'}.Reader"
    site = fact(FactKind.CALL, f"android.Reader.{type_}", by=caller, file="classes.dex", at=f"{caller}.run()V +0x1e")
    values: dict[str, object] = {
        "type": type_,
        "owner": OwnerKind.SDK if sdk else OwnerKind.APP,
        "sdk": sdk,
        "confidence": Confidence.HIGH,
        "evidence": (site,),
        "count": 1,
        "severity": Severity.HIGH,
    }
    return Collection(**(values | changes))  # type: ignore[arg-type]


def sdk(id_: str = "getui-push", **changes: object) -> Sdk:
    """An SDK, its code in the build."""
    trace = fact(FactKind.DEX, "com.igexin.sdk.PushManager", file="classes.dex", at="com.igexin")
    values: dict[str, object] = {
        "id": id_,
        "tier": SdkTier.BUNDLED,
        "confidence": Confidence.HIGH,
        "evidence": (trace,),
        "version": None,
    }
    return Sdk(**(values | changes))  # type: ignore[arg-type]


def gap(
    reason: str = "the file cannot be read", *hides: Table, file: str = "classes.dex", at: str = "", zh: str = ""
) -> Gap:
    """A gap."""
    return Gap(location=here(file, at), reason=text(reason, zh), hides=frozenset(hides))


def declared_permission(name: str, **changes: object) -> DeclaredPermission:
    """A permission row of a declaration."""
    full = name if "." in name else f"android.permission.{name}"
    values: dict[str, object] = {
        "name": full,
        "text": full,
        "purpose": "拍摄照片",
        "purpose_shared_with": "",
        "location": line(12),
        "policy": here(POLICY, 40),
    }
    return DeclaredPermission(**(values | changes))  # type: ignore[arg-type]


def declared_usage_key(key: str, **changes: object) -> DeclaredUsageKey:
    """A usage-key row of a declaration."""
    values: dict[str, object] = {
        "key": key,
        "purpose": "拍摄照片",
        "purpose_shared_with": "",
        "location": line(20),
        "policy": here(POLICY, 60),
    }
    return DeclaredUsageKey(**(values | changes))  # type: ignore[arg-type]


def declared_sdk(name: str = "个推", **changes: object) -> DeclaredSdk:
    """An SDK row of a declaration."""
    values: dict[str, object] = {
        "name": name,
        "package": "com.igexin",
        "aliases": (),
        "id": "",
        "vendor": "每日互动",
        "purpose": "消息推送",
        "purpose_shared_with": "",
        "data": (),
        "data_text": "",
        "permissions": (),
        "platforms": frozenset({Platform.ANDROID}),
        "url": "",
        "location": line(30),
        "policy": here(POLICY, 80),
    }
    return DeclaredSdk(**(values | changes))  # type: ignore[arg-type]


def declared_data(type_: str = "location", **changes: object) -> DeclaredData:
    """A data row of a declaration."""
    values: dict[str, object] = {
        "type": type_,
        "text": "位置信息",
        "vague": False,
        "when": "",
        "location": line(50),
        "policy": here(POLICY, 100),
    }
    return DeclaredData(**(values | changes))  # type: ignore[arg-type]


def declaration(**changes: object) -> Declaration:
    """A declaration that declares nothing unless told to."""
    values: dict[str, object] = {
        "file": DECLARATION,
        "sha256": "cd" * 32,
        "app": "小店",
        "operator": "小店科技有限公司",
        "policy": PolicySource(file=POLICY, sha256="ef" * 32, effective="2021-12-28"),
        "category": "CAT39-06",
        "app_ids": (),
        "signers": (),
        "permissions": (),
        "usage_keys": (),
        "sdks": (),
        "data": (),
        "denials": (),
    }
    return Declaration(**(values | changes))  # type: ignore[arg-type]


def row(
    table: Table = Table.PERMISSIONS,
    subject: str = "android.permission.CAMERA",
    state: State = State.MATCHED,
    **changes: object,
) -> Row:
    """A row; what its sides hold is up to the test."""
    return Row(table=table, subject=subject, state=state, **changes)  # type: ignore[arg-type]


def finding(
    rule: str = "undeclared-permission", subject: str = "android.permission.READ_SMS", **changes: object
) -> Finding:
    """A grave and sure finding."""
    values: dict[str, object] = {
        "message": text(f"{subject} is not declared", f"{subject} 未在声明中列出"),
        "steps": (
            Owner.ENGINEERING.step(en="remove it if nothing needs it", zh="不需要的从安装包中移除"),
            Owner.LEGAL.step(en="declare it if it is to stay", zh="确需保留的在隐私政策中补充说明"),
        ),
        "severity": Severity.HIGH,
        "confidence": Confidence.HIGH,
        "evidence": (fact(FactKind.PERMISSION, subject, at="uses-permission"),),
        "declared": line(10),
        "policy": None,
        "regulations": (),
    }
    return Finding(rule=rule, subject=subject, **(values | changes))  # type: ignore[arg-type]


def supplier(sdk: str = "bugly") -> Supplier:
    """Who supplies an SDK."""
    return Supplier(sdk=sdk, vendor=text("Tencent", "腾讯"), url="https://example.com/privacy")


def rule_info(
    id_: str = "undeclared-permission", severity: Severity = Severity.HIGH, cites: Sequence[str] = ()
) -> RuleInfo:
    """An entry of the rule catalogue."""
    return RuleInfo(
        id=id_,
        title=text(f"Title of {id_}", f"{id_} 的标题"),
        severity=severity,
        cites=tuple(cites),
        help=text(f"What {id_} does, why it matters, how to put it right.", f"{id_} 查什么、为何重要、如何处理。"),
        limits=text(f"What {id_} does not look at", f"{id_} 不查什么"),
    )


def clause(id_: str = "PIPL-7") -> Clause:
    """A clause."""
    return Clause(
        id=id_,
        cite=text("Personal Information Protection Law, art. 7", "《中华人民共和国个人信息保护法》第七条"),
        summary=text("Openness: publish rules, state purpose and scope", "公开透明，公开规则，明示目的、方式和范围"),
    )


def checked(*doubtful: Table, missing: Sequence[Table] = (Table.DATA,)) -> tuple[Checked, ...]:
    """One entry per table: compared unless missing."""
    reason = text("Collection of data is not analysed yet", "尚未分析个人信息的收集行为")
    return tuple(
        Checked(table=table, compared=table not in missing, reason=reason if table in missing else None,
                doubtful=table in doubtful)
        for table in Table
    )


def audit(
    *findings: Finding,
    rows: Sequence[Row] = (),
    gaps: Sequence[Gap] = (),
    accepted: Sequence[Finding] = (),
    verdict: Verdict | None = None,
    **changes: object,
) -> Audit:
    """An audit; the verdict follows the findings and gaps unless given."""
    grave = any(one.severity >= Severity.MEDIUM and one.confidence >= Confidence.MEDIUM for one in findings)
    doubt = any(one.hides for one in gaps)
    derived = Verdict.CONTRADICTED if grave else Verdict.INCONCLUSIVE if doubt else Verdict.CONSISTENT
    tables = list(Table)
    every = {one.rule: one for one in (*findings, *accepted)}
    values: dict[str, object] = {
        "tool": Tool(version="0.1.0", knowledge="0123456789ab"),
        "identity": identity(),
        "declaration": declaration(),
        "checked": checked(*{table for one in gaps for table in one.hides}),
        "rules": tuple(rule_info(id_, one.severity, one.regulations) for id_, one in sorted(every.items())),
        "clauses": tuple(clause(id_) for id_ in sorted({id_ for one in every.values() for id_ in one.regulations})),
        "names": (),
    }
    return Audit(
        verdict=verdict or derived,
        rows=tuple(sorted(rows, key=lambda one: (tables.index(one.table), one.subject))),
        findings=tuple(sorted(findings, key=lambda one: one.key)),
        accepted=tuple(sorted(accepted, key=lambda one: one.key)),
        gaps=tuple(sorted(gaps, key=lambda one: one.key)),
        **(values | changes),  # type: ignore[arg-type]
    )

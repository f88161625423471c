"""Four audits that together hold everything a report may have to show."""

from __future__ import annotations

import datetime
import importlib.util
from dataclasses import replace

from auditor.decisions import decide, parse_decisions
from auditor.model import (
    Audit,
    Bringer,
    Checked,
    Clause,
    Confidence,
    Decision,
    DecisionKind,
    Fact,
    FactKind,
    Identity,
    ManifestEntry,
    NotCheckable,
    Owner,
    OwnerKind,
    Platform,
    Provenance,
    Row,
    RuleInfo,
    SdkTier,
    Severity,
    State,
    Table,
    Text,
)
from auditor.report import FORMATS
from tests import factories as make

NO_ANDROID = Text(zh="iOS 应用没有 Android 权限", en="an iOS app has no Android permissions")
NO_HARMONY = Text(zh="只有 HarmonyOS 应用有", en="only a HarmonyOS app has them")
NO_IOS = Text(zh="Android 应用没有 Info.plist 用途说明", en="an Android app has no Info.plist usage strings")
NO_DATA = Text(zh="本次不比对个人信息", en="personal data is not compared this time")

PIPL = Clause(
    id="PIPL-17",
    cite=Text(zh="《中华人民共和国个人信息保护法》第十七条", en="Personal Information Protection Law, art. 17"),
    summary=Text(zh="处理前告知处理者、目的、方式、种类", en="Prior notice of handler, purpose, means and types"),
)
CAC = Clause(
    id="CAC191-2.1",
    cite=Text(
        zh="《App违法违规收集使用个人信息行为认定方法》第二条第1项",
        en="Method for Identifying Unlawful Collection and Use of Personal Information by Apps, art. 2(1)",
    ),
    summary=Text(
        zh="未逐一列出 App（包括委托的第三方或嵌入的第三方代码、插件）收集使用个人信息的目的、方式、范围",
        en="Purposes, means and scope of collection, third-party code included, are not listed one by one",
    ),
)
NAMES = (
    ("NSCameraUsageDescription", Text(zh="相机", en="Camera")),
    ("NSMicrophoneUsageDescription", Text(zh="麦克风", en="Microphone")),
    ("amap", Text(zh="高德地图", en="Amap")),
    ("android.permission.CAMERA", Text(zh="相机", en="Camera")),
    ("android.permission.READ_SMS", Text(zh="读取短信", en="Read text messages")),
    ("bugly", Text(zh="腾讯 Bugly", en="Tencent Bugly")),
    ("getui-push", Text(zh="个推消息推送", en="Getui push")),
    ("sensors", Text(zh="神策分析", en="Sensors Analytics")),
)
DATA_NAMES = (
    ("clipboard", Text(zh="剪贴板内容", en="Clipboard")),
    ("device_accounts", Text(zh="设备账户列表", en="Accounts on the device")),
    ("device_info", Text(zh="设备基本信息", en="Basic device information")),
    ("imei", Text(zh="IMEI", en="IMEI")),
    ("person_name", Text(zh="姓名", en="Name")),
    ("sensors", Text(zh="传感器", en="Motion sensors")),
    ("sms", Text(zh="短信", en="SMS")),
)


def rules() -> tuple[RuleInfo, ...]:
    """The catalogue the examples share."""
    return (
        RuleInfo(
            id="declared-not-found",
            title=Text(zh="政策声明的内容在安装包中未发现", en="Declared, not found in the build"),
            severity=Severity.LOW,
            cites=("PIPL-17",),
            help=Text(zh="检查内容：声明而未发现。\n\n为何重要：声明应与实际一致。", en="What it does.\n\nWhy it matters."),
        ),
        RuleInfo(
            id="identity-mismatch",
            title=Text(zh="安装包与声明的应用不是同一个", en="The build is not the app declared"),
            severity=Severity.MEDIUM,
            cites=(),
            help=Text(zh="比较应用标识与签名证书。", en="Compares app id and signer."),
        ),
        RuleInfo(
            id="undeclared-permission",
            title=Text(zh="安装包申请的权限未在政策中声明", en="A permission the build asks for is not declared"),
            severity=Severity.HIGH,
            cites=("CAC191-2.1", "PIPL-17"),
            help=Text(
                zh="检查内容：AndroidManifest.xml 申请的每项权限\n是否在政策的权限表中。\n\n为何重要：用户以政策判断应用可能收集什么。",
                en="What it does: compares every permission\nwith the policy's table.\n\nWhy it matters: users judge by it.",
            ),
        ),
        RuleInfo(
            id="undeclared-sdk",
            title=Text(zh="安装包内的第三方 SDK 未在政策中声明", en="A third-party SDK in the build is not declared"),
            severity=Severity.HIGH,
            cites=("CAC191-2.1",),
            help=Text(zh="检查内容：已打包且收集个人信息的 SDK。", en="What it does: looks for bundled SDKs that collect data."),
        ),
    )


def _checked(*doubtful: Table, platform: Platform = Platform.ANDROID) -> tuple[Checked, ...]:
    other = (Table.PERMISSIONS, NO_ANDROID) if platform is Platform.IOS else (Table.USAGE_KEYS, NO_IOS)
    reasons = dict([other, (Table.HARMONY_PERMISSIONS, NO_HARMONY), (Table.DATA, NO_DATA)])
    return tuple(
        Checked(table=table, compared=table not in reasons, reason=reasons.get(table), doubtful=table in doubtful)
        for table in Table
    )


def drifted() -> Audit:
    """Contradicted: findings of every severity, rows of every state, one accepted finding."""
    camera = make.permission("CAMERA")
    sms = make.permission("READ_SMS")
    bugly = make.sdk(
        "bugly",
        tier=SdkTier.BUNDLED,
        version="4.1.9",
        evidence=(
            make.fact(FactKind.CODE_PACKAGE, "com.tencent.bugly", "212", file="classes.dex",
                      at="com.tencent.bugly.crashreport.CrashReport"),
            make.fact(FactKind.NATIVE_LIBRARY, "libBugly.so", "arm64-v8a", file="lib/arm64-v8a/libBugly.so"),
            make.fact(FactKind.META_DATA, "BUGLY_APPID", "900012345"),
            make.fact(FactKind.META_DATA, "BUGLY_APP_VERSION", "4.1.9"),
        ),
    )
    push = make.sdk(
        "getui-push",
        evidence=(make.fact(FactKind.CODE_PACKAGE, "com.igexin.push", "388", file="classes2.dex",
                            at="com.igexin.push.core.CoreLogic"),),
    )
    return make.audit(
        make.finding(
            subject="android.permission.READ_SMS",
            message=Text(
                zh="安装包申请了危险权限 READ_SMS（读取短信），政策的权限表未列出",
                en="The build asks for the dangerous permission READ_SMS, which the policy does not list",
            ),
            evidence=(sms,),
            regulations=("CAC191-2.1", "PIPL-17"),
            policy=make.here("policy.txt", 40),
        ),
        make.finding(
            "undeclared-sdk",
            "bugly",
            message=Text(
                zh="安装包内有腾讯 Bugly 的代码，可收集设备信息，政策的第三方 SDK 清单未列出",
                en="The build holds the code of Tencent Bugly, which can collect device data and is not declared",
            ),
            steps=(
                Owner.ENGINEERING.step(zh="确认是否仍在使用该 SDK", en="check whether the SDK is still used"),
                Owner.VENDOR.step(zh="说明该版本收集的信息种类", en="say what this version collects"),
                Owner.LEGAL.step(zh="在第三方 SDK 清单中补充该 SDK", en="add it to the list of SDKs"),
            ),
            wording=Text(
                zh="第三方 SDK：腾讯 Bugly｜使用目的：【用于什么】", en="Third-party SDK: Tencent Bugly | Purpose: [what for]"
            ),
            evidence=bugly.evidence,
            regulations=("CAC191-2.1",),
        ),
        make.finding(
            "identity-mismatch",
            "com.example.shop",
            message=Text(zh="签名证书不是声明中列出的证书", en="The signer is not the one declared"),
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            evidence=(make.fact(FactKind.SIGNING, "scheme", "v2", at="APK Signing Block"),),
            declared=make.line(5),
        ),
        make.finding(
            "declared-not-found",
            "amap",
            message=Text(zh="政策声明了高德地图，安装包中未发现；是否已停用？", en="Amap is declared and not found; was it removed?"),
            severity=Severity.LOW,
            confidence=Confidence.MEDIUM,
            evidence=(),
            declared=make.line(34),
            policy=make.here("policy.txt", 84),
            regulations=("PIPL-17",),
        ),
        make.finding(
            "identity-mismatch",
            "",
            message=Text(zh="声明未列出应用标识，无从核对", en="The declaration names no app id to compare with"),
            severity=Severity.INFO,
            confidence=Confidence.HIGH,
            evidence=(),
            declared=None,
        ),
        rows=[
            make.row(Table.PERMISSIONS, "android.permission.CAMERA", declared=make.declared_permission("CAMERA"),
                     found=(camera,)),
            make.row(Table.PERMISSIONS, "android.permission.READ_SMS", State.UNDECLARED, found=(sms,)),
            make.row(
                Table.PERMISSIONS,
                "android.permission.WRITE_EXTERNAL_STORAGE",
                State.DIFFERS,
                declared=make.declared_permission("WRITE_EXTERNAL_STORAGE", purpose=""),
                found=(make.permission("WRITE_EXTERNAL_STORAGE", max_sdk="18"),),
                note=Text(
                    zh="maxSdkVersion 低于本应用支持的最低系统版本，任何可安装的设备都不会授予",
                    en="its maxSdkVersion is below every device the app installs on, so it is never granted",
                ),
            ),
            make.row(
                Table.PERMISSIONS,
                "android.permission.READ_MEDIA_IMAGES",
                covered_by="android.permission.READ_EXTERNAL_STORAGE",
                declared=make.declared_permission("READ_EXTERNAL_STORAGE", purpose="上传评价图片"),
                found=(make.permission("READ_MEDIA_IMAGES"),),
                note=Text(zh="Android 13 起取代读取存储权限", en="takes the place of storage access from Android 13"),
            ),
            make.row(
                Table.PERMISSIONS,
                "android.permission.WRITE_CALENDAR",
                State.NOT_FOUND,
                declared=make.declared_permission(
                    "WRITE_CALENDAR", purpose="添加抢购提醒", purpose_shared_with="android.permission.READ_CALENDAR"
                ),
            ),
            make.row(Table.SDKS, "bugly", State.UNDECLARED, found=bugly.evidence, sdk=bugly),
            make.row(Table.SDKS, "getui-push", declared=make.declared_sdk("个推"), found=push.evidence, sdk=push),
            make.row(Table.SDKS, "amap", State.NOT_FOUND,
                     declared=make.declared_sdk("高德地图", package="com.amap.api", purpose="展示附近门店")),
            make.row(Table.SDKS, "应用安全SDK", State.UNCHECKED,
                     declared=make.declared_sdk("应用安全SDK", package="", purpose="保障账号安全"),
                     note=Text(zh="无法对应到已知的 SDK，未能在包内核对", en="names no SDK known here")),
            make.row(Table.SDKS, "apple-login", State.NOT_APPLICABLE,
                     declared=make.declared_sdk("Apple 登录", package="", platforms=frozenset({Platform.IOS})),
                     note=Text(zh="该 SDK 不用于本平台", en="not for this platform")),
            make.row(Table.DATA, "location", State.UNCHECKED, declared=make.declared_data(when="background")),
        ],
        accepted=[
            make.finding(
                subject="android.permission.NFC",
                message=Text(zh="安装包申请了 NFC 权限", en="The build asks for NFC"),
                severity=Severity.MEDIUM,
            )
        ],
        checked=_checked(),
        rules=rules(),
        clauses=(CAC, PIPL),
        manifest=brought(),
        names=NAMES,
    )


def brought() -> tuple[ManifestEntry, ...]:
    """Entries of the manifest of every provenance."""
    def component(name: str, kind: str) -> Fact:
        return make.fact(FactKind.COMPONENT, name, kind, at=f"application/{kind}")

    push = Bringer(id="getui-push", versions=("4.3.5", "4.10.0"), without=("3.0.0",))
    bugly = Bringer(id="bugly", versions=("4.1.9",))
    query = make.fact(FactKind.QUERY, "com.tencent.mm", "package", at="queries/package")
    return (
        ManifestEntry(fact=component("com.example.shop.MainActivity", "activity"), provenance=Provenance.APP),
        ManifestEntry(
            fact=component("com.igexin.sdk.GActivity", "activity"), provenance=Provenance.CLASS, class_of=("getui-push",)
        ),
        ManifestEntry(
            fact=component("com.igexin.sdk.PushService", "service"),
            provenance=Provenance.MANIFEST,
            by=(push,),
            class_of=("getui-push",),
        ),
        ManifestEntry(fact=make.permission("CAMERA"), provenance=Provenance.UNKNOWN),
        ManifestEntry(fact=make.permission("INTERNET"), provenance=Provenance.MANIFEST, by=(bugly, push)),
        ManifestEntry(fact=query, provenance=Provenance.UNKNOWN),
    )


def collected() -> Audit:
    """Contradicted by what code can collect: every state of the data table, and what cannot be checked."""
    getui = make.sdk("getui-push")
    return make.audit(
        make.finding(
            "denied-data",
            "sms",
            table=Table.DATA,
            message=Text(
                zh="政策称不收集短信，应用自身的代码可读取", en="The policy denies collecting SMS; the app's own code can read it"
            ),
            evidence=make.collection("sms", permission_held=True).evidence,
            declared=make.line(61),
        ),
        make.finding(
            "undeclared-data",
            "sensors",
            table=Table.DATA,
            message=Text(zh="个推可读取传感器，政策只笼统写了“设备信息”", en="Getui can read sensors; the policy has general words only"),
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            evidence=make.collection("sensors", "getui-push").evidence,
            declared=make.line(50),
        ),
        rows=[
            make.row(Table.SDKS, "getui-push", declared=make.declared_sdk("个推", data=("imei",)), found=getui.evidence, sdk=getui),
            *_data_rows(),
        ],
        checked=make.checked(missing=()),
        rules=rules(),
        names=NAMES,
        data_names=DATA_NAMES,
        not_checkable=(
            NotCheckable(
                id="storage-location",
                name=Text(zh="存储地点", en="Place of storage"),
                why=Text(zh="安装包不能显示数据存放何处", en="a build does not show where data is kept"),
                declared=(make.line(70),),
            ),
            NotCheckable(id="retention", name=Text(zh="保存期限", en="Retention"), why=Text(zh="在服务器上", en="on servers")),
        ),
    )


def _data_rows() -> list[Row]:
    """Every state of the data table, several owners, and a data type that shares its id with an SDK."""
    unowned = make.collection("clipboard", owner=OwnerKind.UNATTRIBUTED, confidence=Confidence.MEDIUM)
    failing = make.collection(
        "device_accounts", can_succeed=False, permission_held=False, confidence=Confidence.LOW,
        why_not=make.text("the manifest does not ask for GET_ACCOUNTS", "清单未申请所需权限 GET_ACCOUNTS"),
    )
    return [
        make.row(Table.DATA, "clipboard", State.UNDECLARED, collectors=(unowned,), found=unowned.evidence),
        make.row(Table.DATA, "device_accounts", State.NOT_APPLICABLE, collectors=(failing,), found=failing.evidence,
                 note=failing.why_not),
        make.row(
            Table.DATA,
            "imei",
            declared=make.declared_data("imei", text="IMEI", when="background"),
            collectors=(
                make.collection("imei", permission_held=True, count=4),
                make.collection("imei", "bugly", permission_held=True),
                make.collection("imei", "getui-push", permission_held=True),
                make.collection("imei", owner=OwnerKind.BYSTANDER, confidence=Confidence.LOW),
            ),
            found=make.collection("imei").evidence,
            beyond=("getui-push",),
            also_declared=(make.declared_permission("READ_PHONE_STATE"), make.declared_sdk("个推", data=("imei",))),
        ),
        make.row(Table.DATA, "person_name", State.NOT_FOUND, declared=make.declared_data("person_name", text="收货人姓名"),
                 note=Text(zh="多由用户填写，静态分析看不到", en="mostly typed by the user")),
        make.row(
            Table.DATA,
            "sensors",
            State.DIFFERS,
            declared=make.declared_data("device_info", text="设备信息", vague=True),
            covered_by="device_info",
            collectors=(make.collection("sensors", "getui-push", confidence=Confidence.MEDIUM),),
            note=Text(zh="只笼统写了“设备信息”", en="general words only"),
        ),
        make.row(
            Table.DATA,
            "sms",
            State.DIFFERS,
            collectors=(make.collection("sms", permission_held=True),),
            denied_by=(make.declared_data("sms", text="我们不会读取您的短信", location=make.line(61)),),
            note=Text(zh="政策称不收集", en="the policy says that it is not collected"),
        ),
    ]


def packed() -> Audit:
    """Inconclusive: no finding, two gaps, one of which hides tables."""
    camera = make.permission("CAMERA")
    return make.audit(
        rows=[
            make.row(Table.PERMISSIONS, "android.permission.CAMERA", declared=make.declared_permission("CAMERA"),
                     found=(camera,)),
            make.row(
                Table.SDKS,
                "getui-push",
                State.UNCHECKED,
                declared=make.declared_sdk("个推"),
                note=Text(zh="包内有无法读取的部分，不能断定没有", en="parts of the build cannot be read, so it may be there"),
            ),
        ],
        gaps=[
            make.gap(
                "The app is packed: its own code is in no DEX file. Ask the developer for the build before packing",
                Table.SDKS,
                Table.DATA,
                zh="应用已加固，安装包内没有其自身代码。请向开发者索取加固前的安装包",
            ),
            make.gap("damaged picture", file="res/drawable/a.9.png", at="IDAT", zh="图片已损坏"),
        ],
        identity=make.identity(label="小店·加固", signer=(), app_id="com.example.packed"),
        checked=_checked(Table.SDKS),
        rules=rules(),
        names=NAMES,
    )


def ios() -> Audit:
    """Consistent: an iOS app whose table of usage keys matches."""
    identity: Identity = make.identity(
        platform=Platform.IOS,
        app_id="com.example.shop.ios",
        version="2.1.0",
        version_code="2.1.0",
        signer=(make.signer(scheme="apple", subject="CN=Apple Distribution: Shop (ABCDE12345)", verified=True),),
    )
    return make.audit(
        rows=[
            make.row(
                Table.USAGE_KEYS,
                "NSCameraUsageDescription",
                declared=make.declared_usage_key("NSCameraUsageDescription"),
                found=(
                    make.usage_string("NSCameraUsageDescription", "用于扫描二维码"),
                    make.usage_string("NSCameraUsageDescription", "To scan codes", "en", "en.lproj/InfoPlist.strings"),
                ),
            ),
            make.row(
                Table.USAGE_KEYS,
                "NSMicrophoneUsageDescription",
                State.NOT_APPLICABLE,
                declared=make.declared_usage_key("NSMicrophoneUsageDescription"),
            ),
        ],
        identity=identity,
        checked=_checked(platform=Platform.IOS),
        rules=rules(),
        names=NAMES,
    )


HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "\u202egnp.exe",
    "\x1b[31mred\x1b[0m\x9b2J",
    "a|b`c`",
    "![x](http://evil.example/x.png)",
    "[x](javascript:alert(1))",
    "@octocat #1 GH-1 www.evil.example",
    "line\nbreak\r\n::error::x",
    "nul\x00 half\ud800 none\ufffe",
    "</details></code>--><!-- ]]> &lt; {{ 7*7 }} {% x %}",
    '" onmouseover="alert(1)',
    "$x$ \\ *bold* _it_ ~~s~~",
    "\u200bzero\u2066width\U000e0041",
)


def hostile() -> Audit:
    """Every value that comes from a build or a policy is an attack on some reader."""
    count = len(HOSTILE)

    def bad(number: int) -> str:
        return HOSTILE[number % count]

    findings = [
        make.finding(
            "undeclared-permission",
            bad(number),
            message=make.text(f"asks for {bad(number)}", f"申请了 {bad(number)}"),
            steps=(Owner.LEGAL.step(zh=bad(number + 1), en=bad(number + 1)),),
            wording=make.text(bad(number + 2)),
            evidence=(
                make.fact(FactKind.META_DATA, bad(number), bad(number + 1), by=bad(number + 2), file=bad(number + 3),
                          at=bad(number + 4), trait=bad(number + 5)),
            ),
            declared=make.here(bad(number + 2), bad(number + 3)),
            policy=make.here(bad(number + 4), bad(number + 5)),
            regulations=(bad(number),),
        )
        for number in range(count)
    ]
    rows = [
        make.row(
            Table.SDKS,
            bad(number),
            State.DIFFERS,
            declared=make.declared_sdk(bad(number + 1), package=bad(number + 2), purpose=bad(number + 3),
                                       purpose_shared_with=bad(number + 4)),
            found=findings[number].evidence,
            sdk=make.sdk(bad(number), version=bad(number + 5), evidence=findings[number].evidence),
            covered_by=bad(number + 6),
            note=make.text(bad(number + 7)),
        )
        for number in range(count)
    ]
    names = tuple(sorted({(bad(number), make.text(bad(number + 1))) for number in range(count)}, key=lambda p: p[0]))
    return make.audit(
        *findings,
        rows=rows,
        gaps=[make.gap(bad(number), Table.SDKS, file=bad(number + 1), at=bad(number + 2)) for number in range(count)],
        identity=make.identity(
            label=HOSTILE[0],
            app_id=HOSTILE[2],
            version=HOSTILE[3],
            version_code=HOSTILE[4],
            signer=(make.signer(subject=HOSTILE[3] + HOSTILE[5]),),
        ),
        declaration=make.declaration(app=HOSTILE[0], operator=HOSTILE[7], file=HOSTILE[6]),
        rules=(
            RuleInfo(
                id="undeclared-permission",
                title=make.text(HOSTILE[5]),
                severity=Severity.HIGH,
                cites=(HOSTILE[0],),
                help=make.text("\n\n".join(HOSTILE)),
            ),
        ),
        clauses=(Clause(id=HOSTILE[0], cite=make.text(HOSTILE[5]), summary=make.text(HOSTILE[7])),),
        names=names,
    )


def bare() -> Audit:
    """Nothing could be read of the identity, nothing is declared, nothing was found."""
    return make.audit(
        identity=make.identity(label="", app_id="", version="", version_code="", sha256="", size=0, signer=()),
        declaration=make.declaration(app="", operator="", sha256="", category=""),
        checked=tuple(Checked(table=table, compared=False) for table in Table),
    )


DECISIONS = """schema: auditor/decisions/1
decisions:
  - {rule: undeclared-permission, subject: android.permission.READ_SMS, decision: accept, by: 李卫, reason: 2.4 版移除, until: 2027-03-31}
  - {rule: undeclared-sdk, subject: bugly, decision: dispute, by: Zhang <Min>, reason: the class is ours}
  - {rule: identity-mismatch, subject: com.example.shop, decision: accept, by: 李卫, reason: 测试证书, until: 2026-01-31}
  - {rule: declared-not-found, subject: amap, decision: agree, by: 李卫, reason: 下次修订政策时删去}
  - {rule: undeclared-sdk, subject: gone, decision: accept, by: 李卫, reason: 已移除}
"""


def decided() -> Audit:
    """Contradicted, with a decision of every kind: accepted, disputed, past its day, agreed to, about nothing; and an accepted gap."""
    audit = replace(drifted(), accepted=(), gaps=packed().gaps)
    given = parse_decisions(DECISIONS.encode(), "decisions.yaml")
    gap = Decision(
        fingerprint=audit.gaps[0].fingerprint,
        kind=DecisionKind.BASELINE,
        by="auditor --write-baseline",
        reason="packed before release",
        location=make.here("decisions.yaml", 8),
        gap="classes.dex",
    )
    return decide(audit, replace(given, decisions=(*given.decisions, gap)), datetime.date(2026, 6, 1))


def installed(format_: str) -> bool:
    """Whether the library a format takes is there."""
    module, _ = FORMATS[format_].needs
    return not module or importlib.util.find_spec(module) is not None


EXAMPLES = {
    "decided": [decided()],
    "drifted": [drifted()],
    "collected": [collected()],
    "packed": [packed()],
    "ios": [ios()],
    "bare": [bare()],
    "several": [drifted(), packed(), ios()],
    "none": [],
}

"""Comparisons that together hold everything a report of one may have to show."""

from __future__ import annotations

from auditor.diff import Aspect, Change, Comparison, How, Item, Matter, Shift, Standing, Trait
from auditor.model import Confidence, OwnerKind, Platform, Severity, Table, Text, Tool
from tests import factories as make
from tests.report.examples import HOSTILE

TOOL = Tool(version="0.1.0", knowledge="0123456789ab")
NAMES = (
    ("android.permission.READ_SMS", Text(zh="读取短信", en="Read your text messages")),
    ("bugly", Text(zh="腾讯 Bugly", en="Tencent Bugly")),
    ("getui-push", Text(zh="个推消息推送", en="Getui push")),
)
DATA_NAMES = (("imei", Text(zh="IMEI", en="IMEI")), ("sms", Text(zh="短信", en="SMS/MMS")))


def change(matter: Matter, subject: str, how: How = How.ADDED, *shifts: tuple[Aspect, str, str], **given: object) -> Change:
    """A change; what belongs to the item is told by name."""
    fields = ("sdk", "owner", "evidence", "way")
    own = {name: given.pop(name) for name in fields if name in given}
    told = tuple(Shift(aspect=aspect, of=str(given.get("of", "")), old=old, new=new) for aspect, old, new in shifts)
    given.pop("of", None)
    traits = tuple(Trait(aspect=one.aspect, of=one.of, value=one.new or one.old) for one in told)
    item = Item(matter=matter, subject=subject, traits=traits, **own)  # type: ignore[arg-type]
    return Change(how=how, item=item, shifts=told, **{"doubtful": False, **given})  # type: ignore[arg-type]


def release() -> Comparison:
    """A release that adds, changes and drops something of every kind, judged by a declaration; parts could not be read."""
    sms = make.finding(subject="android.permission.READ_SMS", message=make.text("asks for READ_SMS", "申请了 READ_SMS"))
    sdk = make.finding("undeclared-sdk", "bugly", message=make.text("holds Bugly", "包内有 Bugly"))
    early = make.finding(
        "collection-before-consent", "bugly", severity=Severity.MEDIUM, confidence=Confidence.LOW,
        message=make.text("can run before consent", "可能早于用户同意"),
    )
    other = make.finding("statement-contradicted", "transport-encryption", severity=Severity.MEDIUM, confidence=Confidence.MEDIUM)
    gone = make.finding("declared-not-found", "android.permission.NFC", severity=Severity.LOW)
    site = make.collection("imei", "bugly").evidence
    return Comparison(
        tool=TOOL,
        old=make.identity(),
        new=make.identity(version="2.2.0", version_code="220", sha256="fedcba9876543210" * 4),
        declaration=make.declaration(),
        changes=(
            change(Matter.SIGNER, "signer", How.CHANGED, (Aspect.CERTIFICATES, "CN=Shop (SHA-256 ab)", "CN=Other (SHA-256 cd)"),
                   (Aspect.VERIFIED, "true", "")),
            change(Matter.LEVEL, "target", How.CHANGED, (Aspect.VALUE, "30", "34"), evidence=(make.sdk_level("target", 34),)),
            change(Matter.PERMISSION, "android.permission.READ_SMS", How.ADDED, (Aspect.FORM, "", "asked"), (Aspect.MAX_SDK, "", "32"),
                   standing=Standing.UNDECLARED, findings=(sms,), evidence=(make.permission("READ_SMS"),)),
            change(Matter.PERMISSION, "android.permission.CAMERA", How.ADDED, (Aspect.FORM, "", "from-api-23"),
                   standing=Standing.DECLARED, evidence=(make.permission("CAMERA"),)),
            change(Matter.PERMISSION, "android.permission.NFC", How.DROPPED, (Aspect.FORM, "asked", ""), findings=(gone,)),
            change(Matter.SDK, "bugly", How.ADDED, (Aspect.TIER, "", "startup"), (Aspect.VERSION, "", "4.1.9"),
                   standing=Standing.UNDECLARED, findings=(sdk, early), doubtful=True),
            change(Matter.SDK, "getui-push", How.CHANGED, (Aspect.TIER, "bundled", "startup"), (Aspect.VERSION, "", "3.2.1"),
                   doubtful=True),
            change(Matter.DATA, "imei", How.ADDED, sdk="bugly", owner=OwnerKind.SDK, evidence=site, standing=Standing.KNOWN),
            change(Matter.DATA, "sms", How.NOT_SEEN, owner=OwnerKind.APP, doubtful=True),
            change(Matter.STARTUP, "imei", How.ADDED, sdk="bugly", owner=OwnerKind.SDK, evidence=site, standing=Standing.FINDING,
                   findings=(early,), way=("com.example.shop.App.onCreate", "android.telephony.TelephonyManager.getDeviceId")),
            change(Matter.HOST, "stat.example.com", How.ADDED, (Aspect.SCHEMES, "", "http, https"), owner=OwnerKind.UNATTRIBUTED),
        ),
        findings=(sms, sdk, other, early),
        old_gaps=(make.gap("damaged picture", file="res/a.9.png", zh="图片已损坏"),),
        new_gaps=(
            make.gap("damaged picture", file="res/a.9.png", zh="图片已损坏"),
            make.gap("the code is encrypted", Table.DATA, Table.SDKS, zh="代码已加密"),
        ),
        declared_gaps=(make.gap("read by machine", file="policy.html", zh="由程序读出"),),
        doubted=(Table.SDKS, Table.DATA),
        names=NAMES,
        data_names=DATA_NAMES,
    )


def quiet() -> Comparison:
    """The same build twice, without a declaration."""
    return Comparison(
        tool=TOOL, old=make.identity(), new=make.identity(), declaration=None, changes=(), findings=(), old_gaps=(), new_gaps=()
    )


def strangers() -> Comparison:
    """Builds of two apps, of iOS, with texts that changed; no declaration."""
    return Comparison(
        tool=TOOL,
        old=make.identity(platform=Platform.IOS, app_id="com.example.one", signer=()),
        new=make.identity(platform=Platform.IOS, app_id="com.example.two", sha256="fedcba9876543210" * 4, signer=()),
        declaration=None,
        changes=(
            change(Matter.USAGE_STRING, "NSCameraUsageDescription", How.CHANGED, (Aspect.TEXT, "扫码", "扫码和拍照"), of="zh-Hans"),
            change(Matter.USAGE_STRING, "NSMicrophoneUsageDescription", How.DROPPED, (Aspect.TEXT, "语音", ""), of="Base"),
        ),
        findings=(),
        old_gaps=(),
        new_gaps=(),
    )


def hostile() -> Comparison:
    """Every value that comes from a build or a policy is an attack on some reader."""
    changes = []
    findings = []
    for number, bad in enumerate(HOSTILE):
        worse = HOSTILE[(number + 1) % len(HOSTILE)]
        finding = make.finding(subject=bad, message=make.text(worse))
        findings.append(finding)
        changes.append(
            change(list(Matter)[number % len(Matter)], bad, list(How)[number % len(How)], (Aspect.TEXT, bad, worse), of=worse, sdk=bad,
                   owner=OwnerKind.SDK, way=(bad, worse), standing=Standing.UNDECLARED, findings=(finding,),
                   evidence=(make.permission(bad),))
        )
    gaps = tuple(make.gap(bad, Table.SDKS, file=bad) for bad in HOSTILE)
    return Comparison(
        tool=TOOL,
        old=make.identity(label=HOSTILE[0], app_id=HOSTILE[2], version=HOSTILE[3]),
        new=make.identity(label=HOSTILE[0], app_id=HOSTILE[4], version=HOSTILE[5]),
        declaration=make.declaration(file=HOSTILE[6]),
        changes=tuple(changes),
        findings=tuple(findings),
        old_gaps=gaps,
        new_gaps=(),
        names=tuple((bad, make.text(bad)) for bad in sorted(HOSTILE)),
    )


EXAMPLES = {"release": release(), "quiet": quiet(), "strangers": strangers()}

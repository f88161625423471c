"""Archives and manifests no build tool writes: where the platform and those who look at a build may not see the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from auditor.model import Confidence, Fact, FactKind, Location, Oddity, Owner, Platform, Severity, Text
from auditor.rules._rule import Claim, rule
from auditor.tables import Case


class _Kind(NamedTuple):
    """How an oddity is told: what it is, what Android's installer makes of it, and how grave and how sure it is alone."""

    what: Text
    android: Text
    severity: Severity = Severity.MEDIUM
    confidence: Confidence = Confidence.HIGH


_REFUSED = Text(zh="Android 拒绝安装", en="Android refuses to install it")
_IGNORED = Text(zh="Android 不予理会", en="Android does not mind")
_READ = Text(zh="Android 照常读取", en="Android reads it all the same")
_BY_ID = Text(zh="Android 以资源编号为准", en="Android goes by the resource id")
_BY_DIRECTORY = Text(zh="Android 以目录为准", en="Android goes by the directory")

_KINDS: Mapping[Oddity, _Kind] = {
    Oddity.DUPLICATE: _Kind(
        Text(zh="同一名称有多个条目", en="stands more than once"),
        Text(
            zh="现行 Android 拒绝安装，4.3 以前的系统有的取第一个、有的取最后一个",
            en="Android refuses to install it; before 4.3 some parts of it took the first and some the last",
        ),
    ),
    Oddity.UNKNOWN_METHOD: _Kind(
        Text(zh="压缩方法不是安装包使用的两种之一", en="has a compression method that builds do not use"),
        Text(
            zh="Android 9 起按未压缩读取，更早的系统按 deflate 读取",
            en="Android takes its bytes as they stand from version 9 on, and inflated them before",
        ),
    ),
    Oddity.ENCRYPTED_FLAG: _Kind(Text(zh="标记为已加密", en="is marked as encrypted"), _IGNORED),
    Oddity.LOCAL_NAME: _Kind(
        Text(zh="条目头部的名称与目录不同", en="has another name in its local header"),
        _REFUSED,
        confidence=Confidence.MEDIUM,
    ),
    Oddity.LOCAL_METHOD: _Kind(
        Text(zh="条目头部的压缩方法与目录不同", en="has another compression method in its local header"),
        _BY_DIRECTORY,
        confidence=Confidence.MEDIUM,
    ),
    Oddity.LOCAL_SIZES: _Kind(
        Text(zh="条目头部的大小或校验值与目录不同", en="has another size or CRC-32 in its local header"),
        _REFUSED,
        confidence=Confidence.MEDIUM,
    ),
    Oddity.DESCRIPTOR: _Kind(
        Text(zh="数据后的大小或校验值与目录不同", en="has other sizes behind its data than in the directory"),
        Text(zh="Android 解压该条目时报错", en="Android fails to extract it"),
        confidence=Confidence.MEDIUM,
    ),
    Oddity.STORED_SIZES: _Kind(
        Text(zh="未压缩，但两个大小不一致", en="is stored, and its two sizes differ"),
        Text(zh="Android 按原始大小读取", en="Android reads as much as the uncompressed size says"),
    ),
    Oddity.WRONG_SIZE: _Kind(
        Text(zh="解压得到的大小与目录不符", en="inflates to another size than the directory says"),
        Text(zh="Android 读不出该条目", en="Android cannot read it"),
        confidence=Confidence.LOW,
    ),
    Oddity.WRONG_CHECKSUM: _Kind(
        Text(zh="内容与 CRC-32 校验值不符", en="does not match its CRC-32"), _IGNORED, confidence=Confidence.LOW
    ),
    Oddity.NO_DATA: _Kind(
        Text(zh="目录所指的位置没有该条目的（全部）数据", en="has no data, or not all of it, where the directory points"),
        Text(zh="Android 读不出该条目", en="Android cannot read it"),
        confidence=Confidence.LOW,
    ),
    Oddity.PREFIX: _Kind(
        Text(zh="压缩包之前有其他内容", en="has something before the archive"),
        Text(
            zh="现行 Android 拒绝安装，2017 年 12 月前的系统会运行放在前面的 DEX",
            en="Android refuses to install it; before December 2017 it ran a DEX file that stands there",
        ),
    ),
    Oddity.TRAILING: _Kind(Text(zh="压缩包之后有其他内容", en="has something behind the archive"), _REFUSED),
    Oddity.END_RECORDS: _Kind(
        Text(zh="有多个结束记录，各指向一个目录", en="has several end records that lead to a directory"),
        Text(zh="Android 只认最后一个", en="Android knows the last only"),
    ),
    Oddity.TWO_DIRECTORIES: _Kind(
        Text(zh="有两个目录", en="has two directories"),
        Text(zh="Android 只认结束记录写明位置的那个", en="Android knows the one whose place the end record gives"),
    ),
    Oddity.COUNT: _Kind(
        Text(zh="结束记录中的条目数与实际不符", en="has an end record that counts other entries than there are"),
        Text(zh="Android 只读取所写的条目数", en="Android reads only as many as it says"),
    ),
    Oddity.DIRECTORY_END: _Kind(
        Text(zh="目录结束的位置与所写不符", en="has a directory that does not end where it says"),
        Text(zh="Android 不认其 v2 签名，或拒绝安装", en="Android does not accept its v2 signature, or refuses to install it"),
        confidence=Confidence.LOW,
    ),
    Oddity.BEFORE_END: _Kind(
        Text(zh="目录与结束记录之间有其他内容", en="has something between its directory and its end record"),
        Text(zh="Android 不认其 v2 签名", en="Android does not accept its v2 signature"),
    ),
    Oddity.DIRECTORY_LOST: _Kind(
        Text(zh="目录缺失或不完整", en="has lost its directory, or part of it"), _REFUSED, confidence=Confidence.LOW
    ),
    Oddity.ZIP64: _Kind(
        Text(zh="使用了 ZIP64 结束记录", en="has a ZIP64 end record"),
        Text(zh="Android 不认其 v2 签名", en="Android does not accept its v2 signature"),
    ),
    Oddity.ZIP64_LIES: _Kind(
        Text(zh="ZIP64 记录缺失或与其他记录矛盾", en="has ZIP64 records that are missing or contradict others"), _REFUSED
    ),
    Oddity.DISKS: _Kind(Text(zh="声称是多卷压缩包的一卷", en="claims to be one of several disks"), _IGNORED),
    Oddity.EXTRA: _Kind(Text(zh="附加字段格式有误或异常地长", en="has an extra field that is malformed or absurdly long"), _IGNORED),
    Oddity.NAME_NUL: _Kind(Text(zh="名称含 NUL，许多工具在此截断", en="has NUL in its name, where many tools end it"), _REFUSED),
    Oddity.NAME_LEADS_OUT: _Kind(
        Text(zh="名称含“..”，解压时可能写到目录之外", en="has a step .. in its name, which may lead out of where it is extracted"),
        _IGNORED,
    ),
    Oddity.NAME_ABSOLUTE: _Kind(Text(zh="名称是绝对路径", en="has an absolute path for a name"), _IGNORED),
    Oddity.NAME_EMPTY: _Kind(Text(zh="条目没有名称", en="has an entry without a name"), _IGNORED),
    Oddity.NAME_ENCODING: _Kind(Text(zh="名称不是 UTF-8", en="has a name that is no UTF-8"), _REFUSED),
    Oddity.NAME_CASE: _Kind(
        Text(zh="与另一名称仅大小写不同", en="differs from another name by case alone"),
        Text(zh="Android 区分大小写", en="Android tells them apart"),
    ),
    Oddity.FILE_AND_DIRECTORY: _Kind(
        Text(zh="既是文件又是目录，许多工具因此不能解压", en="is a file and a directory, which many tools cannot extract"), _IGNORED
    ),
    Oddity.OVERLAP: _Kind(
        Text(zh="与另一条目共用数据，如同压缩炸弹", en="shares its bytes with another entry, as decompression bombs do"), _IGNORED
    ),
    Oddity.UNLISTED: _Kind(
        Text(zh="有数据而未列入目录", en="is there and not listed in the directory"),
        Text(zh="Android 看不到它，逐条读取的工具看得到", en="Android does not see it, tools that read entry by entry do"),
    ),
    Oddity.UNLISTED_BYTES: _Kind(
        Text(zh="条目之间有不属于任何条目的内容", en="has bytes between its entries that belong to none"), _IGNORED, Severity.LOW
    ),
    Oddity.XML_TYPE: _Kind(
        Text(zh="文件头未标明是二进制 XML", en="does not say that it is binary XML"),
        Text(zh="较早的 Android 不看文件头，新版本拒绝安装", en="Android did not look, and newer versions refuse to install it"),
    ),
    Oddity.XML_HEADER: _Kind(Text(zh="数据块的头部过长", en="has chunks with longer headers than they should have"), _READ),
    Oddity.XML_CHUNK: _Kind(Text(zh="含有未知类型的数据块", en="has chunks of no known kind"), _IGNORED),
    Oddity.XML_POOLS: _Kind(
        Text(zh="有多个字符串池", en="has several string pools"), Text(zh="Android 取最后一个", en="Android takes the last")
    ),
    Oddity.XML_MAPS: _Kind(
        Text(zh="有多张资源编号表", en="has several resource maps"), Text(zh="Android 取最后一张", en="Android takes the last")
    ),
    Oddity.XML_NO_MAP: _Kind(
        Text(zh="没有资源编号表", en="has no resource map"),
        Text(zh="Android 看不到其中的任何系统属性", en="Android sees none of its attributes"),
        confidence=Confidence.MEDIUM,
    ),
    Oddity.XML_BEHIND: _Kind(
        Text(zh="根元素之后还有其他元素或损坏的内容", en="has further elements or damaged chunks behind its root element"), _IGNORED
    ),
    Oddity.XML_CLOSING: _Kind(Text(zh="元素的结束名称与开始名称不同", en="has elements that close by another name"), _IGNORED),
    Oddity.XML_UNREADABLE: _Kind(
        Text(zh="有无法读取的名称或文字", en="has names or texts that cannot be read"), _REFUSED, confidence=Confidence.MEDIUM
    ),
    Oddity.XML_UNTERMINATED: _Kind(
        Text(zh="有文字末尾缺少零字节", en="has texts without the zero behind them"),
        Text(zh="Android 9 及以前照常读取，10 起读不出", en="Android reads them up to version 9, and not from 10 on"),
    ),
    Oddity.XML_ZERO: _Kind(
        Text(zh="有文字中间含零字节", en="has texts with a zero inside"), Text(zh="Android 读到零字节为止", en="Android reads up to it")
    ),
    Oddity.XML_LENGTH: _Kind(Text(zh="有文字的长度写错", en="has texts that claim a wrong length"), _READ),
    Oddity.XML_PLACE: _Kind(
        Text(zh="属性的位置或大小异常", en="has attributes of another size or in another place than is usual"), _READ
    ),
    Oddity.XML_NAME: _Kind(Text(zh="属性的名称与其资源编号不符", en="has attributes whose names are not those of their ids"), _BY_ID),
    Oddity.XML_NO_NAME: _Kind(Text(zh="有属性没有名称", en="has attributes without names"), _BY_ID),
    Oddity.XML_NAMESPACE: _Kind(Text(zh="系统属性不在系统命名空间中", en="has attributes outside the platform's namespace"), _BY_ID),
    Oddity.XML_NO_ID: _Kind(
        Text(zh="系统属性没有资源编号", en="has attributes of the platform's without a resource id"),
        Text(zh="Android 看不到它们", en="Android does not see them"),
    ),
    Oddity.XML_ORDER: _Kind(
        Text(zh="属性未按资源编号排列", en="has attributes out of the order of their ids"),
        Text(zh="Android 看不到排在后面的较小编号", en="Android does not see the lower ones behind"),
    ),
    Oddity.XML_TWICE: _Kind(
        Text(zh="同一属性给出两次", en="has attributes given twice"), Text(zh="Android 取第一个", en="Android takes the first")
    ),
    Oddity.XML_RAW: _Kind(
        Text(zh="属性的原文与值不同", en="has attributes that say one thing as text and another as a value"),
        Text(zh="Android 大多取值", en="Android mostly takes the value"),
    ),
    Oddity.NESTED_ELEMENT: _Kind(
        Text(zh="有元素藏在不应包含它的元素内", en="has elements inside others that should hold none"),
        Text(zh="Android 11 起照样生效", en="from version 11 on they take effect in Android all the same"),
    ),
    Oddity.SECOND_APPLICATION: _Kind(
        Text(zh="有多个 application 元素", en="has several application elements"), Text(zh="Android 取第一个", en="Android takes the first")
    ),
    Oddity.INNER_MANIFEST: _Kind(Text(zh="manifest 元素内另有一个", en="has a manifest element inside its own"), _IGNORED),
}

_WRAPPERS_MAY = frozenset(
    {
        *(Oddity.PREFIX, Oddity.TRAILING, Oddity.ZIP64, Oddity.DISKS, Oddity.EXTRA, Oddity.DIRECTORY_END, Oddity.BEFORE_END),
        *(Oddity.NAME_ENCODING, Oddity.NAME_EMPTY, Oddity.NAME_CASE, Oddity.UNLISTED, Oddity.UNLISTED_BYTES, Oddity.DESCRIPTOR),
    }
)
"""What archivers of all kinds leave in an archive that only wraps what is installed."""
_ANDROID_ALONE = frozenset({Oddity.ZIP64, Oddity.DISKS, Oddity.NAME_ENCODING})
"""What is odd only in what Android installs: other archives may have many files, and names of old tools."""
_MOST_NAMES = 3


@rule(
    title=Text(zh="安装包的压缩包结构被改动", en="The archive of the build was tampered with"),
    severity=Severity.MEDIUM,
    zh="""
    检查内容：逐项比较压缩包的目录与各条目自身的头部，并核对文件中每一段内容的归属。构建工具不会写出的结构——重名条目、未知的压缩方法、
    虚假的加密标记、两处不一致的名称和大小、压缩包前后的内容、含 NUL 或“..”的名称、相互重叠的条目、缺失的目录等——逐一列出。对 Android
    清单同样如此：名称与资源编号不符的属性、重复的字符串池、藏在其他元素内的权限等。

    为何重要：这类改动使不同工具看到不同的内容，用来躲避检查；系统安装的内容与解压看到的内容不同时，以解压结果作出的结论没有意义，等级为高。
    本工具按 Android 安装程序的方式读取，系统不会安装的也尽量读出并说明。传输损坏也会造成目录缺失、校验值不符等情况，置信度为低。

    如何处理：审核人员核实安装包来源，要求提供由构建工具直接产出的安装包；研发检查打包、加固、渠道工具对压缩包的改写。
    """,
    limits=Text(
        zh="不校验签名；校验值和解压大小只核对实际读取的条目",
        en="does not verify signatures; checksums and inflated sizes are checked of those entries only that are read",
    ),
)
def tampered_archive(case: Case) -> Iterator[Claim]:
    """What it does: compares the directory of the archive with what each entry's own header says, and accounts for every byte of the
    file. Names what no build tool writes: names that stand twice, unknown compression methods, encryption that is only claimed,
    headers that contradict each other, bytes before and behind the archive, names with NUL or `..`, entries that overlap, a directory
    that is lost. Of Android's manifest the same: attributes whose names are not those of their resource ids, a second string pool,
    permissions hidden inside other elements.

    Why it matters: by such tricks a build shows different things to different tools. Where what the platform installs is not what a
    plain reader of archives sees, nothing can be concluded from the latter, and the severity is high. The auditor reads as Android's
    installer does; what Android would refuse is read as far as it goes. A bad transfer can cost a directory or change bytes too: there
    confidence is low.

    How to put it right: find out where the build comes from and ask for it as the build tool made it; see what packing, hardening or
    channel tools have written into the archive.
    """
    if case.build is None:
        return
    platform = case.build.identity.platform
    found: dict[tuple[str, Oddity], list[Fact]] = defaultdict(list)
    for fact in case.build.of(FactKind.ARCHIVE):
        kind = Oddity(fact.name)
        if _matters(fact, kind, platform):
            found[fact.trait("archive") or "", kind].append(fact)
    for (archive, kind), facts in sorted(found.items(), key=lambda item: (item[0][0], item[0][1].value)):
        differ = any(fact.trait("readers") == "differ" for fact in facts)
        told = _KINDS[kind]
        severity = Severity.HIGH if differ else told.severity
        if severity is Severity.LOW and any(fact.trait("starts") for fact in facts):
            # what stands there is code, or an archive
            severity = Severity.MEDIUM
        if facts[0].trait("opened-by") == "app":
            severity = min(severity, Severity.MEDIUM)
        yield Claim(
            subject=f"{kind.value} in {archive}" if archive else kind.value,
            severity=severity,
            confidence=told.confidence,
            evidence=tuple(facts),
            declared=Location(file=case.declaration.file, at="1"),
            message=_message(facts, kind, differ, platform),
            steps=_STEPS,
        )


_STEPS = (
    Owner.REVIEWER.step(
        zh="核实安装包来源，要求提供由构建工具直接产出的安装包",
        en="find out where the build comes from and ask for it as the build tool made it",
    ),
    Owner.ENGINEERING.step(
        zh="检查打包、加固、渠道工具对压缩包的改写，去掉后重新签名",
        en="see what packing, hardening or channel tools have written into the archive; leave it out and sign anew",
    ),
)


def _matters(fact: Fact, kind: Oddity, platform: Platform) -> bool:
    """Tell whether an oddity says something where it is: archivers of all kinds have made what only wraps a build."""
    opened_by = fact.trait("opened-by")
    if opened_by == "app":
        return fact.trait("readers") == "differ" and kind not in _WRAPPERS_MAY
    if opened_by == "tool":
        return kind not in _WRAPPERS_MAY and fact.trait("wraps") is None
    if platform is not Platform.ANDROID:
        if kind in _ANDROID_ALONE or fact.trait("wraps"):
            return False
        return kind is not Oddity.NAME_CASE or fact.location.file.lower().endswith((".plist", ".xcprivacy", ".mobileprovision"))
    # other names of files differ by case in ordinary builds
    name = fact.location.file.rpartition("!/")[2]
    return kind is not Oddity.NAME_CASE or "/" not in name or name.lower().startswith("lib/")


def _message(facts: list[Fact], kind: Oddity, differ: bool, platform: Platform) -> Text:
    told = _KINDS[kind]
    names = list(dict.fromkeys(fact.location.file for fact in facts))
    total = max([len(names), *(int(fact.trait("entries") or 0) for fact in facts)])
    shown, more = names[:_MOST_NAMES], total - min(len(names), _MOST_NAMES)
    zh_more, en_more = (f" 等 {total} 个", f" and {more} more") if more else ("", "")
    zh_android, en_android = (f"；{told.android.zh}", f"; {told.android.en}") if platform is Platform.ANDROID else ("", "")
    return Text(
        zh=f"{'、'.join(shown)}{zh_more}：{told.what.zh}" + ("，不同工具会读到不同内容" if differ else "") + zh_android,
        en=f"{', '.join(shown)}{en_more}: {told.what.en}"
        + (", so that tools read different content" if differ else "")
        + en_android,
    )

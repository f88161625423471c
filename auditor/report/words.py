"""Headings and fixed phrases of the reports, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

from auditor.model import (
    Confidence,
    FactKind,
    Language,
    Platform,
    Reach,
    SdkTier,
    Severity,
    State,
    Table,
    Text,
    Verdict,
)

__all__ = ["PHRASES", "Words"]


def _t(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


VERDICTS: Mapping[Verdict, Text] = {
    Verdict.CONSISTENT: _t("未发现与声明不一致", "No contradiction with the declaration found"),
    Verdict.CONTRADICTED: _t("与声明不一致", "Contradicts the declaration"),
    Verdict.INCONCLUSIVE: _t("无法得出结论", "Inconclusive"),
}

SENTENCES: Mapping[Verdict, Text] = {
    Verdict.CONSISTENT: _t(
        "在已核对的范围内，安装包与声明的隐私政策没有不一致。未核对的内容不在此结论之内。",
        "Within what was checked, the build does not contradict the declared privacy policy. "
        "What was not checked is no part of this conclusion.",
    ),
    Verdict.CONTRADICTED: _t(
        "安装包与声明的隐私政策或平台要求其声明的内容有 {n} 处不一致，其严重程度和可信度均为中或以上。",
        "The build contradicts the declared privacy policy, or what the platform has it declare, in {n} places of at least medium "
        "severity and confidence.",
    ),
    Verdict.INCONCLUSIVE: _t(
        "安装包中有内容未能读取，仅凭已读取的部分不能断定其与声明是否一致。",
        "Parts of the build could not be read, and what could be read does not settle whether it keeps to the "
        "declaration.",
    ),
}
CONTRADICTED_ONCE = _t(
    "安装包与声明的隐私政策或平台要求其声明的内容有 1 处不一致，其严重程度和可信度均为中或以上。",
    "The build contradicts the declared privacy policy, or what the platform has it declare, in one place of at least medium "
    "severity and confidence.",
)

SEVERITIES: Mapping[Severity, Text] = {
    Severity.HIGH: _t("高", "high"),
    Severity.MEDIUM: _t("中", "medium"),
    Severity.LOW: _t("低", "low"),
    Severity.INFO: _t("提示", "info"),
}

CONFIDENCES: Mapping[Confidence, Text] = {
    Confidence.HIGH: _t("高", "high"),
    Confidence.MEDIUM: _t("中", "medium"),
    Confidence.LOW: _t("低", "low"),
}

TABLES: Mapping[Table, Text] = {
    Table.PERMISSIONS: _t("Android 权限", "Android permissions"),
    Table.USAGE_KEYS: _t("iOS 用途说明", "iOS usage descriptions"),
    Table.HARMONY_PERMISSIONS: _t("HarmonyOS 权限", "HarmonyOS permissions"),
    Table.SDKS: _t("第三方 SDK", "Third-party SDKs"),
    Table.DATA: _t("个人信息", "Personal data"),
}

STATES: Mapping[State, Text] = {
    State.MATCHED: _t("一致", "matched"),
    State.UNDECLARED: _t("未声明", "undeclared"),
    State.NOT_FOUND: _t("包内未见", "not found"),
    State.DIFFERS: _t("有出入", "differs"),
    State.UNCHECKED: _t("未核对", "unchecked"),
    State.NOT_APPLICABLE: _t("不适用", "not applicable"),
}

TIERS: Mapping[SdkTier, Text] = {
    SdkTier.NAMED: _t("仅见名称，未见代码", "named, no code seen"),
    SdkTier.BUNDLED: _t("包内有其代码", "code in the build"),
    SdkTier.CALLED: _t("有代码调用", "called by other code"),
    SdkTier.REACHABLE: _t("从入口可达", "reachable from an entry point"),
    SdkTier.STARTUP: _t("启动时即可运行", "can run at start-up"),
}

REACHES: Mapping[Reach, Text] = {
    Reach.UNKNOWN: _t("不知能否到达", "not known whether it is reached"),
    Reach.CALLED: _t("未见到达它的路径", "no way to it was found"),
    Reach.REACHABLE: _t("从入口可达", "reachable from an entry point"),
    Reach.STARTUP: _t("启动时即可运行", "can run at start-up"),
}

PLATFORMS: Mapping[Platform, Text] = {
    Platform.ANDROID: _t("Android", "Android"),
    Platform.IOS: _t("iOS", "iOS"),
    Platform.HARMONYOS: _t("HarmonyOS", "HarmonyOS"),
}

FACT_KINDS: Mapping[FactKind, Text] = {
    FactKind.PERMISSION: _t("权限申请", "permission"),
    FactKind.PERMISSION_SDK23: _t("权限申请（API 23 起）", "permission (from API 23)"),
    FactKind.PERMISSION_IMPLIED: _t("隐含权限", "implied permission"),
    FactKind.PERMISSION_DEFINED: _t("自定义权限", "defined permission"),
    FactKind.PERMISSION_REASON: _t("权限申请理由", "reason for a permission"),
    FactKind.PERMISSION_ALLOWED: _t("描述文件开放的权限", "permission opened by the profile"),
    FactKind.SDK_LEVEL: _t("系统版本要求", "system version"),
    FactKind.COMPONENT: _t("组件", "component"),
    FactKind.META_DATA: _t("meta-data", "meta-data"),
    FactKind.QUERY: _t("查询其他应用", "query"),
    FactKind.FEATURE: _t("设备特性", "feature"),
    FactKind.NATIVE_SYMBOL: _t("原生库符号", "symbol of a native library"),
    FactKind.NATIVE_METHODS: _t("原生库实现的 Java 方法", "Java methods of a native library"),
    FactKind.NATIVE_LIBRARY: _t("原生库", "native library"),
    FactKind.ARCHIVE: _t("压缩包结构", "archive"),
    FactKind.PART: _t("组成部分", "part"),
    FactKind.ASSET: _t("文件", "file"),
    FactKind.BUILD_TOOL: _t("构建工具", "build tool"),
    FactKind.MAPPING: _t("混淆映射文件", "mapping"),
    FactKind.MERGER_REPORT: _t("清单合并报告", "merger report"),
    FactKind.BROUGHT: _t("清单条目来源", "origin of a manifest element"),
    FactKind.DEX: _t("DEX 代码", "DEX code"),
    FactKind.CODE_PACKAGE: _t("代码包", "code package"),
    FactKind.CLASS: _t("类", "class"),
    FactKind.LITERAL: _t("代码中的字符串", "string in code"),
    FactKind.CALL: _t("调用", "call"),
    FactKind.CONSTANT: _t("常量", "constant"),
    FactKind.FRAMEWORK: _t("Framework", "framework"),
    FactKind.BUNDLE: _t("资源包", "bundle"),
    FactKind.LINKED_LIBRARY: _t("链接库", "linked library"),
    FactKind.IMAGE: _t("Mach-O 镜像", "Mach-O image"),
    FactKind.USAGE_STRING: _t("用途说明", "usage description"),
    FactKind.URL_SCHEME: _t("URL scheme", "URL scheme"),
    FactKind.QUERY_SCHEME: _t("查询 scheme", "queried scheme"),
    FactKind.BACKGROUND_MODE: _t("后台模式", "background mode"),
    FactKind.TRANSPORT_SECURITY: _t("传输安全设置", "transport security"),
    FactKind.ENTITLEMENT: _t("Entitlement", "entitlement"),
    FactKind.PRIVACY_COLLECTED: _t("隐私清单：收集", "privacy manifest: collected"),
    FactKind.PRIVACY_ACCESSED: _t("隐私清单：API", "privacy manifest: API"),
    FactKind.PRIVACY_TRACKING: _t("隐私清单：跟踪", "privacy manifest: tracking"),
    FactKind.SYMBOL: _t("符号", "symbol"),
    FactKind.SIGNING: _t("签名", "signature"),
    FactKind.SCRIPT_LAYER: _t("脚本层", "script layer"),
    FactKind.SCRIPT_CALL: _t("脚本接口", "script interface"),
    FactKind.SCRIPT_MODULE: _t("脚本层模块", "script module"),
    FactKind.SCRIPT_PERMISSION: _t("脚本层清单中的权限", "permission in a script manifest"),
    FactKind.SCRIPT_SETTING: _t("脚本层设置", "script setting"),
    FactKind.ARK_MODULE: _t("HarmonyOS 模块", "HarmonyOS module"),
    FactKind.ARK_PACKAGE: _t("ohpm 软件包", "ohpm package"),
    FactKind.HANDLER: _t("资源指定的处理方法", "handler named in a resource"),
    FactKind.HOST: _t("主机", "host"),
    FactKind.SELECTOR: _t("Objective-C 方法", "Objective-C selector"),
    FactKind.VERSION: _t("版本标记", "version mark"),
    FactKind.WORDING: _t("文字", "text"),
}

SUBJECTS: Mapping[str, Text] = {
    "identity": _t("应用身份", "Identity of the app"),
    "signer": _t("签名证书", "Signing certificate"),
    "transport-encryption": _t("传输加密", "Encryption in transit"),
    "storage-location": _t("存储地点", "Place of storage"),
    "third-country": _t("向境外提供", "Transfer abroad"),
    "CAT39-": _t("该服务类别的必要个人信息", "Necessary information of its category"),
}
"""What findings about no row of a table call their subjects; a name that ends in a hyphen stands for all that begin with it."""

PHRASES: Mapping[str, Text] = {
    "accepted": _t("已接受的问题", "Accepted findings"),
    "accepted.note": _t(
        "下列问题已有记录在案的决定予以接受：仍计入结论，但不计入门禁。",
        "A recorded decision accepts these: they count for the verdict, and do not count at the gate.",
    ),
    "accepted.some": _t("其中 {n} 处已有记录在案的决定予以接受。", "A recorded decision accepts {n} of them."),
    "accepted.some.one": _t("其中 1 处已有记录在案的决定予以接受。", "A recorded decision accepts one of them."),
    "accepted.all": _t("均已有记录在案的决定予以接受，不计入门禁。", "Recorded decisions accept them all: none counts at the gate."),
    "accepted.all.one": _t("已有记录在案的决定予以接受，不计入门禁。", "A recorded decision accepts it, so it does not count at the gate."),
    "accepted.gaps": _t(
        "其中 {n} 处未能读取的内容已有记录在案的决定予以接受。", "A recorded decision accepts {n} of the places that could not be read."
    ),
    "accepted.gaps.one": _t(
        "其中 1 处未能读取的内容已有记录在案的决定予以接受。", "A recorded decision accepts one of the places that could not be read."
    ),
    "attribution": _t("代码归属", "Whose code"),
    "appendix": _t("附录", "Appendix"),
    "app": _t("应用", "App"),
    "app_id.android": _t("包名", "Package"),
    "app_id.harmonyos": _t("Bundle 名称", "Bundle name"),
    "app_id.ios": _t("Bundle ID", "Bundle identifier"),
    "at": _t("位置", "Place"),
    "also": _t("另见", "See also"),
    "also.note": _t(
        "权限与其开放的信息各为一项问题，宜一并处理",
        "the permission and the data it opens are findings of their own; settle them together",
    ),
    "basis": _t("相关条款", "Clauses"),
    "bears": _t("影响结论", "bear on the verdict"),
    "bears.not": _t("不影响结论", "do not bear on the verdict"),
    "bears.not.one": _t("不影响结论", "does not bear on the verdict"),
    "bears.not.why": _t(
        "不影响结论（严重程度低于中，或可信度低）", "do not bear on the verdict (less than medium, or of low confidence)"
    ),
    "beyond": _t("政策中 {sdks} 的条目未列出此类信息", "the policy's rows of {sdks} do not name it"),
    "build": _t("安装包", "Build"),
    "checked": _t("已核对", "Checked"),
    "classes": _t("{n} 个类", "{n} classes"),
    "classes.one": _t("1 个类", "1 class"),
    "at_start": _t("启动时即可运行", "can run at start-up"),
    "asked_by": _t("{sdks}的清单会申请该权限", "the manifest of {sdks} asks for it"),
    "brought": _t("清单内容的来源", "Manifest: who brought what"),
    "brought.app": _t("应用自身", "the app itself"),
    "brought.app.note": _t("组件类位于应用自己的包名下", "classes below the app's own package"),
    "brought.class": _t("类名属于该 SDK，不确定由谁写入清单：", "its classes by name; who wrote them into the manifest is not known: "),
    "brought.components": _t("组件", "Components"),
    "brought.list": _t("列出全部 {n} 个来源", "Show all {n}"),
    "brought.note": _t(
        "SDK 自带的清单会并入应用的清单。下表按已发布的 SDK 清单和组件类名列出来源，便于向对应方核实；"
        "应用自身也可能写入同样的内容，“未知”不等于应用自身。",
        "The manifests of SDKs are merged into the app's. Listed is whose own manifests, as published, hold an entry, and whose"
        " class a component is: whom to ask. The app may write the same itself, and unknown does not mean the app.",
    ),
    "brought.permissions": _t("权限", "Permissions"),
    "brought.queries": _t("查询（queries）", "Queries"),
    "brought.unknown": _t("未知", "unknown"),
    "brought.unknown.note": _t("没有已知的 SDK 会带入", "no SDK known here brings it"),
    "brought.versions": _t("已读取的版本：{versions}", "versions read: {versions}"),
    "brought.who": _t("来源", "Brought by"),
    "collected.weakly": _t("仅见间接途径、支持库或不能成功的调用", "only ways to it, support libraries, or calls that cannot succeed"),
    "collector": _t("代码归属", "Whose code"),
    "collectors": _t("谁能收集什么", "Who can collect what"),
    "collectors.list": _t("以表格列出", "The same as a table"),
    "collectors.note": _t(
        "按代码归属列出可收集的个人信息。标 ! 的政策未列出；标 + 的政策列出，但未列在该 SDK 名下。",
        "Kinds of personal data by whose code can collect them. The policy does not name those marked !; those marked + it"
        " names, but not for that SDK.",
    ),
    "collectors.types": _t("可收集的个人信息", "Personal data it can collect"),
    "collectors.unlisted": _t("政策未列出该 SDK", "the policy does not list this SDK"),
    "colon": _t("：", ": "),
    "comma": _t("、", ", "),
    "compare.about": _t("关于本次比较", "About this comparison"),
    "compare.aspect.certificates": _t("证书", "certificate"),
    "compare.aspect.form": _t("申请方式", "how"),
    "compare.aspect.max-sdk": _t("最高 API", "up to API"),
    "compare.aspect.schemes": _t("协议", "schemes"),
    "compare.aspect.teams": _t("开发团队", "developer team"),
    "compare.aspect.text": _t("文字", "text"),
    "compare.aspect.tier": _t("进入程度", "how far in"),
    "compare.aspect.value": _t("值", "value"),
    "compare.aspect.verified": _t("签名校验", "signature"),
    "compare.aspect.version": _t("版本", "version"),
    "compare.aspect.when": _t("使用时机", "when"),
    "compare.counts": _t("两个安装包的差异：{counts}。", "The builds differ: {counts}."),
    "compare.detail": _t("内容", "What"),
    "compare.doubt.added": _t(
        "旧安装包有内容未能读取，其中可能早已有此项", "parts of the old build could not be read: it may have been there already"
    ),
    "compare.doubt.changed": _t(
        "有一方未标明，或有内容未能读取，差异可能不实", "one side does not tell, or could not all be read: it may be no difference"
    ),
    "compare.doubt.not-seen": _t(
        "新安装包有内容未能读取，不能断定已移除", "parts of the new build could not be read: it may still be there"
    ),
    "compare.doubted": _t(
        "有内容未能读取，以下各表的比较存疑：{tables}。见“未能读取的内容”。",
        "Something could not be read, which leaves these in doubt: {tables}. See what could not be read.",
    ),
    "compare.empty": _t("（无）", "(none)"),
    "compare.example": _t("例如", "for example"),
    "compare.form.asked": _t("申请", "asked for"),
    "compare.form.from-api-23": _t("仅在 API 23 及以上申请", "asked for from API 23 on"),
    "compare.form.implied": _t("随其他权限或设置授予", "granted along with another, or by a setting"),
    "compare.gate": _t(
        "按此声明有 {n} 项新问题：{levels}。", "{n} findings are new under this declaration: {levels}."
    ),
    "compare.gate.one": _t("按此声明有 1 项新问题：{levels}。", "One finding is new under this declaration: {levels}."),
    "compare.gate.none": _t("按此声明没有新问题。", "No finding is new under this declaration."),
    "compare.how.added": _t("新增", "added"),
    "compare.how.changed": _t("改变", "changed"),
    "compare.how.dropped": _t("移除", "dropped"),
    "compare.how.not-seen": _t("未见（存疑）", "not seen, in doubt"),
    "compare.matter.data": _t("可收集的个人信息", "Personal data that can be collected"),
    "compare.matter.host": _t("主机", "Hosts"),
    "compare.matter.permission": _t("权限", "Permissions"),
    "compare.matter.sdk": _t("第三方 SDK", "Third-party SDKs"),
    "compare.matter.signer": _t("签名", "Signature"),
    "compare.matter.start-up": _t("启动时可读取的个人信息", "Personal data that can be read at start-up"),
    "compare.matter.system-level": _t("系统版本要求", "System versions"),
    "compare.matter.usage-string": _t("iOS 用途说明", "iOS usage descriptions"),
    "compare.new_findings": _t("新问题", "New findings"),
    "compare.light": _t("较轻或不太确定的 {n} 项新问题", "{n} new findings that are light or unsure"),
    "compare.light.one": _t("较轻或不太确定的 1 项新问题", "One new finding that is light or unsure"),
    "compare.none": _t("两个安装包没有差异。", "No difference between the builds."),
    "compare.none.doubted": _t(
        "在能够读取的范围内，两个安装包没有差异。", "No difference between the builds in what could be read of them."
    ),
    "compare.note": _t(
        "按名称比较：权限、用途说明、SDK、个人信息种类及代码归属、主机；不比较文件位置和混淆后的类名。"
        "启动时的路径是静态分析所得，看不到途中是否先判断用户已同意。",
        "Compared are names: permissions, usage descriptions, SDKs, kinds of data and whose code, hosts; neither places in files nor"
        " renamed classes. Ways at start-up come from static analysis: whether code on the way asks first if the user agreed is not seen.",
    ),
    "compare.note.standing": _t(
        "新问题指新安装包的核查中有、旧安装包的核查中没有的问题；两者都有的不再列出，见 auditor audit。",
        "A finding is new that the audit of the new build has and that of the old build has not. Those that both have are not told"
        " again: see auditor audit.",
    ),
    "compare.other_app": _t(
        "两个安装包不是同一应用：{old} 与 {new}；仍列出差异。",
        "These are builds of different apps, {old} and {new}; compared all the same.",
    ),
    "compare.others": _t("其他新问题", "Other new findings"),
    "compare.same_file": _t("两个文件完全相同。", "Both files are the same."),
    "compare.side": _t("来自", "Of"),
    "compare.side.both": _t("两个安装包", "both builds"),
    "compare.side.declaration": _t("声明", "the declaration"),
    "compare.side.new": _t("新安装包", "New build"),
    "compare.side.old": _t("旧安装包", "Old build"),
    "compare.standing.accepted": _t("未声明，决定已接受", "undeclared, accepted by a decision"),
    "compare.standing.declared": _t("已声明", "declared"),
    "compare.standing.finding": _t("有新问题", "a new finding"),
    "compare.standing.known": _t("问题原已存在", "its findings were there before"),
    "compare.standing.not-required": _t("未声明，没有规则要求声明", "not declared, and no rule asks for it"),
    "compare.standing.unchecked": _t("未与声明核对", "not checked against the declaration"),
    "compare.standing.undeclared": _t("未声明", "undeclared"),
    "compare.subject.max": _t("最高版本", "highest"),
    "compare.subject.min": _t("最低版本", "lowest"),
    "compare.subject.signer": _t("签名者", "signer"),
    "compare.subject.target": _t("目标版本", "target"),
    "compare.title": _t("版本比较", "Comparison of two builds"),
    "compare.tool": _t("auditor {version} · 知识库 {knowledge}", "auditor {version} · knowledge {knowledge}"),
    "compare.untold": _t("未标明", "not told"),
    "compare.verified.": _t("未校验", "not checked"),
    "compare.verified.false": _t("不成立", "does not hold"),
    "compare.verified.true": _t("成立", "holds"),
    "compare.what": _t("比较的内容", "What is compared"),
    "confidence": _t("可信度", "Confidence"),
    "confidence.is": _t("可信度：{word}", "confidence: {word}"),
    "contents.nav": _t("本报告的各部分", "Parts of this report"),
    "contents": _t("本报告中的安装包", "Builds in this report"),
    "copied": _t("已复制", "Copied"),
    "copy": _t("复制", "Copy"),
    "counts": _t("各表统计", "Tables"),
    "covered_by": _t("由已声明的 {subject} 涵盖", "covered by the declared {subject}"),
    "decision": _t("决定", "Decision"),
    "decision.accept": _t("接受", "accepted"),
    "decision.agree": _t("确认属实", "confirmed"),
    "decision.baseline": _t("列入基线", "in the baseline"),
    "decision.dispute": _t("有异议，仍计入门禁", "disputed, still counts at the gate"),
    "decision.endless": _t("未设期限", "without end"),
    "decision.is": _t("{kind}（{by}，{until}）：{reason}", "{kind} ({by}, {until}): {reason}"),
    "decision.until": _t("有效至 {until}", "until {until}"),
    "decisions.file": _t("决定文件", "Decisions file"),
    "decisions.on": _t("决定适用日期", "Decisions as of"),
    "decisions.tell": _t(
        "有 {n} 条决定未匹配到任何内容（首条：{first}），详见各报告",
        "{n} decisions match nothing here (first: {first}); the reports list them",
    ),
    "decisions.tell.one": _t("有 1 条决定未匹配到任何内容：{first}", "one decision matches nothing here: {first}"),
    "decisions.unmatched": _t("未匹配到任何问题的决定", "Decisions that match nothing"),
    "decisions.unmatched.note": _t(
        "下列决定所针对的内容在本次核查中未出现：可能已处理，也可能属于另一个安装包。",
        "What these are about did not come up in this audit: it was mended, or belongs to another build.",
    ),
    "decide": _t("记录决定", "Record a decision"),
    "decide.by": _t("决定人", "Decided by"),
    "decide.clear": _t("清除", "Clear"),
    "decide.legend": _t("决定", "Decision"),
    "decide.missing": _t("请选择一项决定，并填写决定人和理由。", "Choose a decision, and say who decides and why."),
    "decide.reason": _t("理由", "Reason"),
    "decide.save": _t("保存", "Save"),
    "decide.until": _t("有效期至（可不填）", "Holds until (may be left out)"),
    "decide.accept": _t("接受（已知并接受风险）", "Accept (known, and the risk is taken)"),
    "decide.accept.note": _t(
        "持续集成检查不再因此项失败（须导出决定文件并读入）", "the check in CI no longer fails for it, once it reads the exported file"
    ),
    "decide.agree": _t("属实", "True"),
    "decide.agree.note": _t("应当处理；不改变持续集成检查的结果", "to be mended; changes nothing in the result of the check in CI"),
    "decide.dispute": _t("有异议", "Disputed"),
    "decide.dispute.note": _t(
        "认为有误，待核实；不改变持续集成检查的结果",
        "held to be wrong, to be looked into; changes nothing in the result of the check in CI",
    ),
    "decide.past": _t(
        "有效期不能早于今天：过期的决定不起作用。", "The day it holds until is past: a decision that has lapsed has no effect."
    ),
    "decision.lapsed": _t("已过有效期", "its last day is past"),
    "decisions": _t("我的决定", "Decisions"),
    "decisions.count": _t("已决定 {n} 项，未决定 {left} 项", "{n} decided, {left} not decided"),
    "decisions.export": _t("导出决定文件", "Export the decisions file"),
    "decisions.forget": _t("清除全部决定", "Forget all decisions"),
    "decisions.forget.sure": _t("再按一次即清除本页全部决定", "Press again to forget every decision made in this page"),
    "decisions.import": _t("导入决定文件", "Import a decisions file"),
    "decisions.imported": _t(
        "已导入：本报告中的 {n} 项；另有 {other} 项不在本报告中，导出时保留",
        "Imported: {n} on this report; {other} are about nothing in it and stay in the exported file",
    ),
    "decisions.note": _t(
        "决定只保存在本浏览器中，不会发送到任何地方。导出的文件可在下次核查时用 --decisions 读入，也可交给他人导入。",
        "Decisions are kept in this browser alone and are sent nowhere. The exported file is read by the next audit (--decisions), and"
        " others can import it here.",
    ),
    "decisions.unkept": _t(
        "本浏览器不允许保存，关闭页面前请导出。", "This browser keeps nothing: export the file before you close the page."
    ),
    "decisions.unreadable": _t(
        "无法在此读取该文件（第 {line} 行）。请用 auditor audit --decisions 读入后重新生成报告。",
        "This file cannot be read here (line {line}). Give it to auditor audit --decisions and open the report that makes.",
    ),
    "declaration": _t("声明", "Declaration"),
    "declaration.file": _t("声明文件", "Declaration file"),
    "declared": _t("声明", "Declared"),
    "declared.also": _t("另见：{rows}", "also in: {rows}"),
    "declared.none": _t("未声明", "not declared"),
    "declared.table": _t("未列入；相应表格始于 {place}", "not listed; the table starts at {place}"),
    "declared.whole": _t("整份声明", "the declaration as a whole"),
    "denied": _t("政策称不收集：“{text}”（{place}）", "the policy denies it: “{text}” ({place})"),
    "disclaimer": _t(
        "本报告由静态分析得出，只说明安装包与声明之间的异同，不构成法律意见。",
        "This report states how a build and a declaration compare under static analysis. It is no legal advice.",
    ),
    "doubtful": _t("部分内容未能读取", "parts could not be read"),
    "doubtful.rows": _t(
        "部分内容未能读取，其中 {n} 项因此未能核对", "parts could not be read, so {n} of its rows could not be compared"
    ),
    "doubtful.rows.one": _t(
        "部分内容未能读取，其中 1 项因此未能核对", "parts could not be read, so one of its rows could not be compared"
    ),
    "effective": _t("政策生效日期", "Policy in force since"),
    "empty.audits": _t("没有可报告的核查结果。", "There is no audit to report."),
    "empty.findings": _t("没有需要列出的问题。", "No findings."),
    "empty.gaps": _t("未遇到无法读取的内容。", "Everything could be read."),
    "empty.value": _t("（空）", "(empty)"),
    "empty.rows": _t("声明与安装包均无此项内容。", "Neither the declaration nor the build has anything here."),
    "evidence": _t("证据", "Evidence"),
    "evidence.appendix": _t(
        "另有 {n} 条证据，见附录“全部证据”。", "{n} more pieces of evidence stand in the appendix under “All evidence”."
    ),
    "evidence.appendix.one": _t(
        "另有 1 条证据，见附录“全部证据”。", "One more piece of evidence stands in the appendix under “All evidence”."
    ),
    "evidence.place": _t("文件与位置（类.方法 +偏移，或键）", "File and place (class.method +offset, or key)"),
    "evidence.what": _t("内容", "What stands there"),
    "evidence.more": _t("另有 {n} 条证据，见 JSON 报告。", "{n} more pieces of evidence stand in the JSON report."),
    "evidence.more.one": _t("另有 1 条证据，见 JSON 报告。", "One more piece of evidence stands in the JSON report."),
    "filter": _t("筛选", "Filter"),
    "filter.count": _t("{n} / {all} 项", "{n} of {all}"),
    "file": _t("文件", "File"),
    "finding": _t("说明", "Finding"),
    "findings": _t("问题与提示", "Findings"),
    "findings.accepted": _t("另有 {n} 项已接受", "{n} more are accepted"),
    "findings.accepted.one": _t("另有 1 项已接受", "one more is accepted"),
    "findings.counted": _t("{n} 项，其中 {grave}", "{n}, {grave}"),
    "findings.grave": _t("{n} 项影响结论", "{n} of them bear on the verdict"),
    "findings.grave.one": _t("1 项影响结论", "one of them bears on the verdict"),
    "filter.none": _t("没有匹配的项", "No match"),
    "fingerprint": _t("指纹", "Fingerprint"),
    "found": _t("安装包", "Found"),
    "found.more": _t("另有 {n} 处", "and {n} more"),
    "found.times": _t("共 {n} 处", "{n} places"),
    "found.none": _t("未见", "not found"),
    "presences": _t("另行查找的内容", "Also looked for"),
    "presences.note": _t(
        "以下各项在包内发现与否，本身均不构成问题；未发现不等于没有。",
        "Found or not found in the build: neither is a fault by itself, and not found does not mean there is none.",
    ),
    "presence.found": _t("包内发现", "found in the build"),
    "presence.missing": _t("包内未发现", "not found in the build"),
    "gap": _t("未能读取", "could not be read"),
    "gaps": _t("未能读取的内容", "What could not be read"),
    "gaps.short": _t("未能读取", "Not readable"),
    "gaps.note": _t("下列内容未能读取，所列各表可能因此有遗漏。", "The tables named may lack something because of these."),
    "help": _t("说明", "Help"),
    "gaps.count": _t("{n} 处，见“未能读取的内容”", "{n} places, listed below"),
    "gaps.count.one": _t("1 处，见“未能读取的内容”", "one place, named below"),
    "gate.failed": _t(
        "未通过：{n} 项严重程度达到“{level}”的问题：{subjects}。报告：{reports}",
        "fails by {n} findings of severity {level} or more: {subjects}; reports: {reports}",
    ),
    "gate.failed.one": _t(
        "未通过：1 项严重程度达到“{level}”的问题：{subjects}。报告：{reports}",
        "fails by one finding of severity {level} or more: {subjects}; reports: {reports}",
    ),
    "gate.more": _t("另有 {n} 项", "and {n} more"),
    "gate.undecided": _t(
        "无法判断：{n} 处未能读取：{subjects}。报告：{reports}",
        "inconclusive, {n} parts could not be read: {subjects}; reports: {reports}",
    ),
    "gate.undecided.one": _t(
        "无法判断：1 处未能读取：{subjects}。报告：{reports}",
        "inconclusive, one part could not be read: {subjects}; reports: {reports}",
    ),
    "hides": _t("影响", "Affects"),
    "hinted_by": _t("只有笼统的 {subject}", "only the general {subject}"),
    "flawed": _t("一致，但有问题", "matched with a finding"),
    "identity": _t("安装包与声明", "Build and declaration"),
    "identity.first": _t(
        "请先确认所用的是本应用的隐私政策：{message}", "Check first that this is the right policy: {message}"
    ),
    "identity.names": _t(
        "安装包名为“{build}”，声明针对的是“{app}”，两者名称不同：请先确认所用的是本应用的隐私政策。",
        "The build is called “{build}”, the declared app “{app}”: check first that this is the right policy.",
    ),
    "inapplicable": _t("不适用", "Not applicable"),
    "language.base": _t("基础语言 Base", "base language"),
    "legend": _t(
        "“声明”是依隐私政策整理、供核对的文件，“文件名:数字”指其中的行；“政策第 N 行”指隐私政策原文的行。",
        "The declaration is a file transcribed from the privacy policy to be compared; “file:number” is a line of it. “Policy, line N” is"
        " a line of the policy's own text.",
    ),
    "kind": _t("类型", "Kind"),
    "knowledge": _t("知识库", "Knowledge"),
    "light": _t("不影响结论的问题与提示", "Findings that do not bear on the verdict"),
    "limits": _t("未核对", "Not checked"),
    "limits.gaps": _t(
        "有 {n} 处内容未能读取，“{tables}”表可能因此有遗漏", "{n} places could not be read, so the table “{tables}” may lack something"
    ),
    "limits.gaps.one": _t(
        "有 1 处内容未能读取，“{tables}”表可能因此有遗漏", "one place could not be read, so the table “{tables}” may lack something"
    ),
    "mark.beyond": _t("政策列出，但未列在该 SDK 名下", "the policy names it, but not for this SDK"),
    "mark.italic": _t("斜体", "Slanted"),
    "mark.named": _t("政策已列出", "the policy names it"),
    "mark.undeclared": _t("政策未列出", "the policy does not name it"),
    "method": _t("核查方法", "How this was found"),
    "method.text": _t(
        "静态分析：读取安装包中的清单、代码、资源和签名，不运行应用，不联网。由代码中的类、方法和字符串识别第三方 SDK，"
        "沿调用关系查找能够读取个人信息的调用及其归属，再与声明逐项比对。结论只说明“能够”做什么；是否真的发生，须在运行的应用中验证。",
        "Static analysis: manifest, code, resources and signature of the build are read; the app is not run and nothing is fetched."
        " Third-party SDKs are told by classes, methods and strings; calls that can read personal data are followed back to whose code"
        " they are; and each is compared with the declaration. What is said is what the build is able to do. Whether it does takes"
        " a look at the running app.",
    ),
    "max_sdk": _t("仅用于 API {level} 及以下", "up to API {level} only"),
    "nav.findings": _t("问题", "Findings"),
    "nav.todo": _t("待办", "To do"),
    "name": _t("名称", "Name"),
    "not_checkable": _t("安装包无法说明的事项", "What no build can show"),
    "not_checkable.short": _t("安装包看不出", "Not in a build"),
    "not_checkable.why": _t("原因", "why"),
    "not_checkable.note": _t(
        "政策可能就下列事项作出承诺；静态分析对此没有结论，不能理解为没有问题。",
        "Policies may promise something of these; static analysis says nothing of them, which is no sign that all is well.",
    ),
    "nothing": _t("无", "none"),
    "operator": _t("运营者", "Operator"),
    "owner.app": _t("应用自身", "the app itself"),
    "owner.bystander": _t("支持库", "a support library"),
    "owner.sdk": _t("第三方 SDK", "a third-party SDK"),
    "owner.unattributed": _t("归属未明的代码", "code whose owner is not known"),
    "paren": _t("（{text}）", " ({text})"),
    "permission.held": _t("已申请所需权限", "permission asked for"),
    "permission.missing": _t("未申请所需权限", "permission not asked for"),
    "permission.none": _t("无需权限", "no permission needed"),
    "pictures": _t("图示", "Pictures"),
    "platform": _t("平台", "Platform"),
    "policy": _t("隐私政策", "Privacy policy"),
    "policy.line": _t("政策第 {line} 行", "policy, line {line}"),
    "policy.page": _t("第 {page} 页", "page {page}"),
    "policy.place": _t("政策 {place}", "policy, {place}"),
    "print": _t("打印", "Print"),
    "print.short": _t("打印摘要", "Print the short form"),
    "print.short.note": _t(
        "本件为摘要：只含结论、影响结论的问题、未能读取的内容和审核签署。"
        "不影响结论的问题与提示（{n} 项）、待办、对照表、图示和附录见完整报告。",
        "This is the short form: verdict, findings that bear on it, what could not be read, sign-off. The full report has the findings that"
        " do not bear on the verdict ({n}), what to do by owner, tables, pictures and appendix.",
    ),
    "quotes.none": _t("声明中没有与此有关的原文。", "The declaration holds no words of the policy on this."),
    "purpose.none": _t("未写明目的", "no purpose given"),
    "purpose.shared": _t("目的与 {subject} 合并填写", "purpose shared with {subject}"),
    "reason": _t("原因", "Why"),
    "remedy": _t("处理建议", "What to do"),
    "role.product": _t("决定应用做什么、需要哪些功能的人", "who decides what the app does and which functions it needs"),
    "role.legal": _t("起草和维护隐私政策的人", "who writes and keeps the privacy policy"),
    "role.engineering": _t("开发和构建应用的人", "who builds the app"),
    "role.vendor": _t("由研发或采购向其提出", "to be asked by developers or purchasing"),
    "role.reviewer": _t("阅读本报告的人", "who reads this report"),
    "rows.more": _t("另有 {n} 行，见 JSON 或 HTML 报告。", "{n} more rows stand in the JSON and HTML reports."),
    "rows.more.one": _t("另有 1 行，见 JSON 或 HTML 报告。", "One more row stands in the JSON and HTML reports."),
    "rule": _t("规则", "Rule"),
    "rules": _t("本次适用的规则", "Rules that ran"),
    "semicolon": _t("；", "; "),
    "settled": _t("未声明，不列为问题", "undeclared, no finding"),
    "settled.accepted": _t("未声明，问题已接受", "undeclared, finding accepted"),
    "severity": _t("严重程度", "Severity"),
    "sensitive": _t("敏感个人信息", "sensitive personal information"),
    "sensitive.note": _t(
        "“敏感个人信息”按信息种类标出（《个人信息保护法》第二十八条，GB/T 35273-2020 附录 B），不看数量和用途。",
        "“Sensitive personal information” is told by the kind of data (Art. 28 of the Personal Information Protection Law, annex B of"
        " GB/T 35273-2020), whatever the amount and the use.",
    ),
    "severity.is": _t("严重程度：{word}", "severity: {word}"),
    "sheet.accepted": _t("已接受", "accepted"),
    "sheet.content": _t("内容", "Content"),
    "sheet.data": _t("声明的个人信息", "Personal data declared"),
    "sheet.id": _t("应用标识", "App id"),
    "sheet.issue": _t("所涉问题", "Issue"),
    "sheet.item": _t("项目", "Item"),
    "sheet.kind": _t("类别", "Section"),
    "sheet.link": _t("SDK 隐私政策", "Policy of the SDK"),
    "sheet.note": _t("备注", "Note"),
    "sheet.notice": _t("声明", "Notice"),
    "sheet.number": _t("序号", "No."),
    "sheet.open": _t("待处理", "open"),
    "sheet.overview": _t("概况", "Overview"),
    "sheet.sentence": _t("结论说明", "What that means"),
    "sheet.supplier": _t("SDK 提供方", "Supplier"),
    "sheet.declared": _t("声明内容", "Declared"),
    "sheet.found": _t("包内情况", "Found in the build"),
    "sheet.place": _t("声明位置", "Where declared"),
    "sheet.status": _t("处理状态", "Status"),
    "sheet.version": _t("SDK 版本", "SDK version"),
    "signoff": _t("审核签署", "Sign-off"),
    "signoff.about": _t("所签报告", "Report signed"),
    "signoff.approver": _t("批准人", "Approved by"),
    "signoff.date": _t("日期", "Date"),
    "signoff.name": _t("姓名与职务", "Name and role"),
    "signoff.opinion": _t("意见", "Opinion"),
    "signoff.opinion.yes": _t("无异议", "no objection"),
    "signoff.opinion.if": _t("按备注整改后无异议", "no objection once the remarks are dealt with"),
    "signoff.opinion.no": _t("有异议", "objection"),
    "signoff.remarks": _t("备注", "Remarks"),
    "signoff.reviewer": _t("审核人", "Reviewed by"),
    "signoff.signature": _t("签名", "Signature"),
    "signature.bad": _t("签名无效，不能证明由该证书所有者签署", "does not hold: its owner did not sign these contents"),
    "signature.fault": _t("签名问题", "Fault of the signature"),
    "signature.good": _t("签名已校验", "signature verified"),
    "signature.untried": _t("签名未校验", "signature not verified"),
    "signer": _t("签名证书", "Signer"),
    "signer.claimed": _t("所称的签名证书（未证实）", "Claimed signer (not proved)"),
    "signer.earlier": _t("轮换前的签名证书", "Signer before rotation"),
    "signer.unread": _t("签名未读取，签署者未知", "the signature was not read, so who signed is not known"),
    "signer.none": _t("未见签名，安装包未经任何人签署", "none: nobody signed the build"),
    "size": _t("大小", "Size"),
    "size.is": _t("{n} 字节", "{n} bytes"),
    "stated": _t("政策有此表述：{places}", "the policy states something of it: {places}"),
    "skip": _t("跳到正文", "Skip to the report"),
    "state": _t("状态", "State"),
    "subject": _t("对象", "Subject"),
    "rows.list": _t("列出声明的 {n} 项", "Show the {n} declared rows"),
    "rows.list.one": _t("列出声明的 1 项", "Show the one declared row"),
    "tables": _t("对照表", "Tables"),
    "tier": _t("进入程度", "How far in"),
    "todo": _t("待办：由谁做什么", "What to do, and who"),
    "theme.auto": _t("外观：随系统", "Look: as the system"),
    "theme.dark": _t("外观：深色", "Look: dark"),
    "theme.light": _t("外观：浅色", "Look: light"),
    "todo.light": _t("不影响结论的 {n} 项", "{n} that do not bear on the verdict"),
    "todo.light.one": _t("不影响结论的 1 项", "One that does not bear on the verdict"),
    "todo.nothing": _t("没有需要处理的事项。", "Nothing to do."),
    "todo.gaps": _t(
        "逐一查看未能读取的内容，按其说明补齐（如索取可读取的安装包、核对声明）后重新核查",
        "Look at what could not be read, get what its reason asks for (a build that can be read, a checked declaration), and audit again",
    ),
    "team": _t("开发团队", "Developer team"),
    "title": _t("隐私声明核查报告", "Privacy declaration audit"),
    "tool": _t("工具", "Tool"),
    "tools": _t("语言与显示", "Language and display"),
    "traces": _t("全部证据", "All evidence"),
    "traces.list": _t("列出全部 {n} 条", "Show all {n}"),
    "traces.note": _t(
        "问题和对照表所依据的全部事实，按文件和位置排列。", "Every fact that findings and tables rest on, by file and place."
    ),
    "traces.paper": _t(
        "全部证据见本报告的 HTML 或 JSON 文件；打印前展开此处即可印出。",
        "All evidence stands in the HTML and JSON files of this report; unfold it before printing to have it on paper.",
    ),
    "unchecked": _t("未核对", "Not checked"),
    "unchecked.none": _t("各表均已核对", "every table was compared"),
    "undecided": _t("未决定", "Not decided"),
    "unreviewed": _t("未经人工核对", "Unreviewed"),
    "unreviewed.note": _t(
        "声明由程序直接从隐私政策读出，未经人工核对", "the declaration was read by machine from the policy; nobody checked it"
    ),
    "unnamed": _t("（未能读取名称）", "(name could not be read)"),
    "used.always": _t("用户始终授权", "used at any time"),
    "used.inuse": _t("使用期间", "used while the app is"),
    "used_by": _t("可由此使用：{calls}", "can be used by: {calls}"),
    "value": _t("值", "Value"),
    "verdict": _t("结论", "Verdict"),
    "version": _t("版本", "Version"),
    "version.is": _t("版本 {version}", "version {version}"),
    "way": _t("到达路径：", "The way to it: "),
    "ways.list": _t("以列表查看", "The same as a list"),
    "ways": _t("启动时的路径", "Ways at start-up"),
    "ways.more": _t("另有 {n} 条路径，见各问题的证据", "{n} more ways stand in the evidence of the findings"),
    "ways.more.one": _t("另有 1 条路径，见各问题的证据", "One more way stands in the evidence of the findings"),
    "ways.note": _t(
        "应用启动后、用户操作之前，从入口到读取个人信息的调用的最可靠的路径。静态分析看不到路径中途是否先判断用户已同意。",
        "The surest ways from where the platform enters the app to a call that reads personal data, before anybody touches it. Whether"
        " code on the way asks first if the user agreed cannot be seen.",
    ),
    "wording": _t("建议文字（可复制）", "Wording to paste"),
    "when": _t("条件：{condition}", "condition: {condition}"),
    "when.background": _t("在后台", "in the background"),
    "when.user-action": _t("仅在用户主动操作时", "on a user's action only"),
}


class Words:
    """The catalogue in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, key: str, **values: object) -> str:
        """Return the phrase called ``key`` with ``values`` filled in; ``n=1`` takes ``key.one`` where there is one."""
        text = PHRASES.get(f"{key}.one") if values.get("n") == 1 else None
        phrase = (text or PHRASES[key]).in_(self.language)
        return phrase.format(**values) if values else phrase

    def verdict(self, verdict: Verdict) -> str:
        """Return the verdict's name."""
        return VERDICTS[verdict].in_(self.language)

    def sentence(self, verdict: Verdict, contradictions: int) -> str:
        """Return the plain sentence below a verdict."""
        once = verdict is Verdict.CONTRADICTED and contradictions == 1
        text = CONTRADICTED_ONCE if once else SENTENCES[verdict]
        return text.in_(self.language).format(n=contradictions)

    def severity(self, severity: Severity) -> str:
        """Return the severity's name."""
        return SEVERITIES[severity].in_(self.language)

    def confidence(self, confidence: Confidence) -> str:
        """Return the confidence's name."""
        return CONFIDENCES[confidence].in_(self.language)

    def table(self, table: Table) -> str:
        """Return the table's name."""
        return TABLES[table].in_(self.language)

    def state(self, state: State) -> str:
        """Return the state's name."""
        return STATES[state].in_(self.language)

    def subject(self, subject: str) -> str:
        """Return what a subject that no table has is called; empty where it is called what it is."""
        text = SUBJECTS.get(subject) or SUBJECTS.get(subject.partition("-")[0] + "-")
        return text.in_(self.language) if text else ""

    def tier(self, tier: SdkTier) -> str:
        """Return what the tier says."""
        return TIERS[tier].in_(self.language)

    def reach(self, reach: Reach) -> str:
        """Return from when on code can run."""
        return REACHES[reach].in_(self.language)

    def platform(self, platform: Platform) -> str:
        """Return the platform's name."""
        return PLATFORMS[platform].in_(self.language)

    def fact_kind(self, kind: FactKind) -> str:
        """Return what the kind of fact is called; a kind without a name of its own keeps its identifier."""
        text = FACT_KINDS.get(kind)
        return text.in_(self.language) if text else kind.value

    def remarked(self, text: str, remark: str) -> str:
        """Return ``text`` with a remark in brackets after it, if there is one."""
        return text + self("paren", text=remark) if remark else text

    def condition(self, when: str) -> str:
        """Return what a declared condition of collection says; one without words of its own keeps them."""
        text = PHRASES.get(f"when.{when}")
        return text.in_(self.language) if text else when

    def listed(self, items: list[str]) -> str:
        """Return the items in one line, or the word for none."""
        return self("comma").join(items) or self("nothing")

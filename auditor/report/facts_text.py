"""What a build holds, as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import (
    Build,
    BuildKind,
    Call,
    Conduct,
    FactKind,
    Language,
    OwnerKind,
    Platform,
    Presence,
    Reach,
    Reference,
    ScriptCall,
    Severity,
    Text,
    Tool,
)

__all__ = ["render_facts"]

_WORDS = {
    "permissions": Text(zh="权限", en="Permissions"),
    "implied": Text(zh="系统随之授予的权限", en="Permissions granted along with them"),
    "usage": Text(zh="用途说明", en="Usage strings"),
    "sdks": Text(zh="第三方 SDK", en="Third-party SDKs"),
    "references": Text(zh="代码引用的个人信息接口", en="Interfaces to personal data that the code refers to"),
    "modules": Text(zh="HarmonyOS 模块", en="HarmonyOS modules"),
    "packages": Text(zh="软件包（ohpm）", en="Packages (ohpm)"),
    "imports": Text(zh="导入的系统模块", en="Imported modules of the system"),
    "native": Text(zh="原生库", en="Native libraries"),
    "frameworks": Text(zh="内嵌框架", en="Embedded frameworks"),
    "signer": Text(zh="签名证书", en="Signing certificates"),
    "verified": Text(zh="签名已校验", en="verified"),
    "refuted": Text(zh="签名无效", en="does not hold"),
    "unverified": Text(zh="签名未校验", en="not verified"),
    "earlier": Text(zh="轮换前的证书", en="before rotation"),
    "teams": Text(zh="开发团队", en="Developer teams"),
    "faults": Text(zh="签名问题", en="Faults of the signature"),
    "classes": Text(zh="定义的类", en="Classes defined"),
    "library": Text(zh="库", en="library"),
    "beside": Text(zh="随安装包提供的文件", en="Files given beside the build"),
    "manifest": Text(zh="清单内容的来源", en="Manifest: who brought what"),
    "calls": Text(zh="可读取个人信息的调用", en="Calls that can read personal data"),
    "scripts": Text(zh="脚本层接口", en="Script interfaces"),
    "hosts": Text(zh="主机", en="Hosts"),
    "packers": Text(zh="加固特征", en="Signs of packers"),
    "used": Text(zh="框架", en="Frameworks that hold or replace code"),
    "presences": Text(zh="另行查找的内容", en="Also looked for"),
    "found": Text(zh="包内发现", en="found in the build"),
    "missing": Text(zh="包内未发现", en="not found in the build"),
    "proven": Text(zh="已确认", en="proven"),
    "suspected": Text(zh="疑似", en="suspected"),
    "parts": Text(zh="内含的应用、扩展与变体", en="Apps, extensions and variants inside"),
    "archive": Text(zh="压缩包的异常结构", en="What is odd about the archive"),
    "gaps": Text(zh="未能读取", en="Could not be read"),
    "none": Text(zh="无", en="none"),
    "max": Text(zh="仅到 API", en="up to API"),
    "sdk23": Text(zh="仅 API 23 及以上", en="from API 23 on"),
}


def render_facts(build: Build, conduct: Conduct, tool: Tool, language: Language) -> str:
    """Return a summary of a build: one line per thing found, gaps last."""
    from auditor.report.plain import one_line

    lines = [one_line(line) for line in _lines(build, conduct, tool, language)]
    return "\n".join(lines) + "\n"


def _lines(build: Build, conduct: Conduct, tool: Tool, language: Language) -> Iterator[str]:
    def section(key: str, rows: list[str]) -> Iterator[str]:
        yield ""
        yield f"{_WORDS[key].in_(language)} ({len(rows)})"
        yield from (f"  {row}" for row in rows or [_WORDS["none"].in_(language)])

    identity = build.identity
    yield f"{identity.label or identity.app_id}  {identity.app_id}  {identity.version} ({identity.version_code})"
    levels = ", ".join(f"{fact.name} {fact.value}" for fact in build.of(FactKind.SDK_LEVEL))
    kind = "" if identity.kind is BuildKind.APP else f" {_WORDS['library'].in_(language)}"
    yield f"{identity.platform.value}{kind}  {levels}"
    yield f"sha256 {identity.sha256}  {identity.size} bytes"
    yield f"auditor {tool.version}  knowledge {tool.knowledge}"
    beside = [
        f"{fact.name}  sha256 {fact.value}  {', '.join(f'{name} {value}' for name, value in fact.traits)}"
        for fact in build.of(FactKind.MAPPING, FactKind.MERGER_REPORT)
    ]
    if beside:
        yield from section("beside", beside)
    signers = []
    for one in identity.signer:
        state = _WORDS[{True: "verified", False: "refuted", None: "unverified"}[one.verified]].in_(language)
        told = f"{state}: {one.reason.in_(language)}" if one.reason else state
        signers.append(f"{one.scheme}  {one.sha256}  {one.subject}  ({told})")
        signers += [f"{one.scheme}  {other}  ({_WORDS['earlier'].in_(language)})" for other in one.earlier]
    yield from section("signer", signers)
    if identity.teams:
        yield from section("teams", list(identity.teams))
    if identity.signature_faults:
        yield from section("faults", [fault.in_(language) for fault in identity.signature_faults])
    if identity.platform is Platform.ANDROID:
        asked = []
        for fact in build.of(FactKind.PERMISSION, FactKind.PERMISSION_SDK23):
            limits = []
            if fact.kind is FactKind.PERMISSION_SDK23:
                limits.append(_WORDS["sdk23"].in_(language))
            if last := fact.trait("max-sdk"):
                limits.append(f"{_WORDS['max'].in_(language)} {last}")
            asked.append(fact.name + (f"  ({', '.join(limits)})" if limits else ""))
        yield from section("permissions", asked)
        implied = [f"{fact.name}  ({fact.value})" for fact in build.of(FactKind.PERMISSION_IMPLIED)]
        if implied:
            yield from section("implied", implied)
    elif identity.platform is Platform.HARMONYOS:
        yield from section("modules", [f"{fact.name}  {fact.value}" for fact in build.of(FactKind.ARK_MODULE)])
        yield from section("permissions", _harmony_permissions(build))
        packages = {
            (fact.name, fact.value, fact.trait("as") or "") for fact in build.of(FactKind.ARK_PACKAGE)
        }
        yield from section("packages", ["  ".join(part for part in one if part) for one in sorted(packages)])
        yield from section("imports", sorted({fact.name for fact in build.of(FactKind.SCRIPT_MODULE) if fact.trait("as") == "import"}))
    else:
        yield from section(
            "usage", [f"{fact.name}  [{fact.by}]  {fact.value}" for fact in build.of(FactKind.USAGE_STRING)]
        )
        yield from section("frameworks", [fact.name for fact in build.of(FactKind.FRAMEWORK)])
    yield from section(
        "sdks",
        [
            f"{sdk.id}  {sdk.tier.word}  {sdk.confidence.word}  {sdk.evidence[0].name}  {sdk.evidence[0].location}"
            + (f"  version {sdk.version}" if sdk.version else "")
            for sdk in conduct.sdks
        ],
    )
    if identity.platform is Platform.IOS:
        yield from section("references", [_reference(one) for one in conduct.references if one.severity > Severity.INFO])
    if identity.platform is not Platform.IOS:
        yield from section("native", sorted({fact.name for fact in build.of(FactKind.NATIVE_LIBRARY)}))
    if identity.platform is Platform.ANDROID:
        brought = []
        for entry in conduct.manifest:
            what = " ".join(part for part in (entry.fact.kind.value, entry.fact.value, entry.fact.name) if part)
            by = ", ".join(entry.whom)
            brought.append(f"{what}  {entry.provenance.value}" + (f" {by}" if by else ""))
        if brought:
            yield from section("manifest", brought)
    if conduct.calls:
        yield from section("calls", [_call(call, language) for call in _by_owner(conduct)])
    if conduct.frameworks:
        yield from section(
            "used", [f"{one.name.in_(language)}  {one.kind.value}  {one.version}".rstrip() for one in conduct.frameworks]
        )
    if conduct.script_calls:
        yield from section("scripts", _scripts(conduct))
    if conduct.packers:
        yield from section(
            "packers",
            [
                f"{one.name.in_(language)}  {_WORDS['proven' if one.proven else 'suspected'].in_(language)}  {', '.join(one.signs[:4])}"
                for one in conduct.packers
            ],
        )
    if conduct.hosts:
        yield from section(
            "hosts", [f"{one.name}  {one.sdk or one.owner.value}  {one.country}".rstrip() for one in conduct.hosts]
        )
    if conduct.presences:
        yield from section("presences", [_presence(one, language) for one in conduct.presences])
    yield ""
    yield f"{_WORDS['classes'].in_(language)} ({len({name for unit in build.code for name in unit.classes})})"
    if parts := build.of(FactKind.PART):
        yield from section("parts", [f"{one.value}  {one.by}  {one.trait('point') or ''}  {one.location}" for one in parts])
    if odd := build.of(FactKind.ARCHIVE):
        kinds = [f"{fact.name}  {fact.location}  {', '.join(f'{name} {value}' for name, value in fact.traits)}" for fact in odd]
        yield from section("archive", kinds)
    gaps = sorted({*build.gaps, *conduct.gaps}, key=lambda gap: gap.key)
    yield from section("gaps", [f"{gap.location}: {gap.reason.in_(language)}" for gap in gaps])


def _harmony_permissions(build: Build) -> list[str]:
    """Return each permission with when it is used and the reasons shown, by language."""
    rows = []
    for name in sorted({fact.name for fact in build.of(FactKind.PERMISSION)}):
        asked = [fact for fact in build.of(FactKind.PERMISSION) if fact.name == name]
        whens = sorted({when for fact in asked if (when := fact.trait("when"))})
        reasons = [f"[{fact.by}] {fact.value}" for fact in build.of(FactKind.PERMISSION_REASON) if fact.name == name]
        rows.append("  ".join((name, *whens, *dict.fromkeys(reasons))))
    return rows


def _reference(one: Reference) -> str:
    data = ", ".join(one.data) or f"({', '.join(one.may)})"
    return f"{one.name}  {data}  {one.confidence.word}  {one.sdk or one.owner.value}  {one.evidence[0].location}"


def _by_owner(conduct: Conduct) -> list[Call]:
    """Return the first of the calls of one method that have the same owner and tier, those that run earliest first."""
    first: dict[tuple[str, str, str, Reach], Call] = {}
    for call in conduct.calls:
        if call.owner is not OwnerKind.BYSTANDER and call.data:
            key = (call.site.name, call.owner.value, call.sdk, call.reach)
            if key not in first or len(call.path) < len(first[key].path):
                first[key] = call
    return sorted(first.values(), key=lambda call: (-call.reach, call.site.name, call.owner.value, call.sdk))


def _call(call: Call, language: Language) -> str:
    """Return one line: data, owner, tier, and the way to the call, or the call itself where none is known."""
    owner = call.sdk or call.owner.value
    way = " → ".join(call.path) if call.path else f"{call.site.name}  {call.site.location}"
    why_not = f"  ({call.why_not.in_(language)})" if call.why_not else ""
    return f"{', '.join(call.data)}  {owner}  {call.reach.word}  {way}{why_not}"


def _scripts(conduct: Conduct) -> list[str]:
    """Return one line per interface and owner: what it reads, how sure that is, and where it stands first."""
    grouped: dict[tuple[str, str, str], list[ScriptCall]] = {}
    for call in conduct.script_calls:
        grouped.setdefault((call.site.by, call.site.name, call.sdk or call.owner.value), []).append(call)
    lines = []
    for (layer, name, owner), calls in sorted(grouped.items()):
        best = max(calls, key=lambda call: call.confidence)
        data = ", ".join((*best.data, *(f"{type_}?" for type_ in best.may)))
        lines.append(f"{layer}  {name}  {data}  {best.confidence.word}  {owner}  {best.site.location}  ×{len(calls)}")
    return lines


def _presence(one: Presence, language: Language) -> str:
    if not one.evidence:
        return f"{one.name.in_(language)}: {_WORDS['missing'].in_(language)}"
    first = one.evidence[0]
    shown = " = ".join(part for part in (first.name, first.value) if part)
    return f"{one.name.in_(language)}: {_WORDS['found'].in_(language)}  {shown}  {first.location}  ×{len(one.evidence)}"

"""The rows a policy for a build would need: permissions, keys, SDKs and data, with slots for what only its owner can say."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.declaration.reader import SCHEMA
from auditor.knowledge.schema import Knowledge, PermissionKnowledge, ProtectionLevel
from auditor.model import Build, Conduct, FactKind, Gap, Language, OwnerKind, Platform, SdkTier, Text
from auditor.policy.writing import Plain
from auditor.unseen import visible

__all__ = [
    "BuildDraft",
    "NeededData",
    "NeededKey",
    "NeededPermission",
    "NeededSdk",
    "needed_plain",
    "needed_rows",
    "to_html_tables",
    "to_markdown_tables",
]

_SLOT = Text(zh="【待填写：具体功能与目的】", en="[fill in: which feature, and why]")
_NO_POLICY = Text(zh="【待填写：隐私政策文件名或网址】", en="[fill in: file or address of the policy]")
_ASK_VENDOR = Text(zh="【待填写：以 SDK 服务商公示为准】", en="[fill in from the vendor's own notice]")
_BASE = "base"


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededPermission:
    """A permission the build asks for and the user grants, or that opens personal data."""

    name: str
    label: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededKey:
    """A usage-description key of the build."""

    key: str
    label: Text
    purpose: Text
    """What the build tells the user, by language; empty where it tells nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededSdk:
    """An SDK found in the build that collects something."""

    id: str
    name: Text
    vendor: Text
    purpose: Text
    """What SDKs of its category are for; empty where its category says nothing."""
    data: tuple[str, ...]
    data_names: tuple[Text, ...]
    platform: Platform | None
    """The build's platform, where the SDK exists on others, too."""
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededData:
    """A kind of personal data that code of the build which is no SDK's can collect."""

    type: str
    name: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildDraft:
    """The rows."""

    app: str
    app_id: str
    platform: Platform
    permissions: tuple[NeededPermission, ...]
    usage_keys: tuple[NeededKey, ...]
    harmony_permissions: tuple[NeededKey, ...]
    """Likewise of HarmonyOS, with the reasons the build gives."""
    sdks: tuple[NeededSdk, ...]
    data: tuple[NeededData, ...]
    gaps: tuple[Gap, ...]
    """What of the build could not be read: something may be missing."""


def needed_rows(build: Build, conduct: Conduct, gaps: Sequence[Gap], knowledge: Knowledge) -> BuildDraft:
    """Return the rows a policy for a build would need."""
    return BuildDraft(
        app=build.identity.label or build.identity.app_id,
        app_id=build.identity.app_id,
        platform=build.identity.platform,
        permissions=tuple(_permissions(build, knowledge)),
        usage_keys=tuple(_usage_keys(build, knowledge)),
        harmony_permissions=tuple(_harmony_permissions(build, knowledge)),
        sdks=tuple(_sdks(build, conduct, knowledge)),
        data=tuple(_data(conduct, knowledge)),
        gaps=tuple(gaps),
    )


def _permissions(build: Build, knowledge: Knowledge) -> Iterator[NeededPermission]:
    for name in sorted({fact.name for fact in build.of(FactKind.PERMISSION, FactKind.PERMISSION_SDK23)}):
        known = knowledge.permissions.get(name)
        if known is not None and _is_for_users(known):
            yield NeededPermission(name=name, label=known.label if known.label.zh else Text(zh=name, en=name))


def _is_for_users(known: PermissionKnowledge) -> bool:
    return known.level is ProtectionLevel.DANGEROUS or known.special_access or bool(known.data)


def _usage_keys(build: Build, knowledge: Knowledge) -> Iterator[NeededKey]:
    for key in sorted({fact.name for fact in build.of(FactKind.USAGE_STRING)}):
        known = knowledge.usage_keys.get(key)
        label = known.label if known else Text(zh=key, en=key)
        yield NeededKey(key=key, label=label, purpose=_told(build, FactKind.USAGE_STRING, key))


def _harmony_permissions(build: Build, knowledge: Knowledge) -> Iterator[NeededKey]:
    asked = {fact.name for fact in build.of(FactKind.PERMISSION)} if build.identity.platform is Platform.HARMONYOS else set()
    for name in sorted(asked):
        known = knowledge.harmony_permissions.get(name)
        if known is not None and (known.by_user or known.data):
            label = known.label if known.label.zh else Text(zh=name, en=name)
            yield NeededKey(key=name, label=label, purpose=_told(build, FactKind.PERMISSION_REASON, name))


def _told(build: Build, kind: FactKind, name: str) -> Text:
    """Return what a build tells the user of why it asks, by language; empty where it tells nothing."""
    found = {fact.by: fact.value.strip() for fact in build.of(kind) if fact.name == name}
    texts = {language: text for language, text in found.items() if text not in ("", build.identity.label)}
    zh = next((text for language, text in sorted(texts.items()) if language.lower().startswith("zh")), "")
    base = next((text for language, text in texts.items() if language.lower() == _BASE), "")
    en = next((text for language, text in sorted(texts.items()) if language.lower().startswith("en")), "")
    return Text(zh=zh or base or en, en=en or base or zh)


def _sdks(build: Build, conduct: Conduct, knowledge: Knowledge) -> Iterator[NeededSdk]:
    present = {sdk.id for sdk in conduct.sdks if sdk.tier > SdkTier.NAMED}
    # identifiers only other platforms have
    foreign = {
        type_
        for platform in Platform
        if platform is not build.identity.platform
        for type_ in knowledge.policy_words.cues.get(f"{platform.value}_data", ())
    }
    foreign -= set(knowledge.policy_words.cues.get(f"{build.identity.platform.value}_data", ()))
    for id_ in sorted(present):
        known = knowledge.sdks[id_]
        if not known.collects or present & set(known.part_of):
            continue
        # the purpose whose own kind it is, before those it may serve, too
        served = [one for one in knowledge.policy_words.purposes if known.category in one.categories]
        purposes = [one.name for one in sorted(served, key=lambda one: one.categories.index(known.category))]
        shown = {one.type for one in conduct.collections if one.shown and one.sdk in {id_, *_parts(id_, present, knowledge)}}
        data = (*(type_ for type_ in known.collects if type_ not in foreign), *sorted(shown - set(known.collects)))
        yield NeededSdk(
            id=id_,
            name=known.name,
            vendor=known.vendor,
            purpose=purposes[0] if purposes else Text(zh="", en=""),
            data=data,
            data_names=tuple(knowledge.data_types[type_].name for type_ in data),
            platform=build.identity.platform if len(known.platforms) > 1 else None,
            url=known.url,
        )


def _parts(id_: str, present: set[str], knowledge: Knowledge) -> set[str]:
    """Return the SDKs of the build that ship inside of one, and so have no row of their own."""
    return {part for part in present if id_ in knowledge.sdks[part].part_of}


def _data(conduct: Conduct, knowledge: Knowledge) -> Iterator[NeededData]:
    """Yield what the app's own code, and code nobody is known to own, is shown to collect."""
    types = {one.type for one in conduct.collections if one.shown and one.owner in (OwnerKind.APP, OwnerKind.UNATTRIBUTED)}
    for type_ in sorted(types):
        yield NeededData(type=type_, name=knowledge.data_types[type_].name)


# -- written down -----------------------------------------------------------------------------------------------------


def needed_plain(draft: BuildDraft, language: Language) -> Plain:
    """Return the rows as plain values of the declaration format; slots stand where only the owner can say."""
    slot = _SLOT.in_(language)
    return {
        "schema": SCHEMA,
        "app": draft.app or "?",
        "policy": {"file": _NO_POLICY.in_(language)},
        "category": None,
        "app_ids": [draft.app_id] if "." in draft.app_id else [],
        "permissions": [
            {"name": one.name, "text": f"{one.name.rpartition('.')[2]} {one.label.in_(language)}", "purpose": slot}
            for one in draft.permissions
        ],
        "usage_keys": [{"key": one.key, "purpose": one.purpose.in_(language) or slot} for one in draft.usage_keys],
        **({"harmony_permissions": _harmony_rows(draft, language)} if draft.platform is Platform.HARMONYOS else {}),
        "sdks": [
            {
                "name": one.name.in_(language),
                "id": one.id,
                "vendor": one.vendor.in_(language) or None,
                "purpose": _purpose(one, language),
                "data": list(one.data),
                "data_text": _listed(one, language),
                "platform": one.platform.value if one.platform else None,
                "url": one.url or None,
            }
            for one in draft.sdks
        ],
        "data": [{"type": one.type, "text": one.name.in_(language)} for one in draft.data],
        "gaps": [
            {"reason": gap.reason.in_(language), "hides": [table.value for table in sorted(gap.hides, key=lambda one: one.value)]}
            for gap in draft.gaps
        ],
    }


def _harmony_rows(draft: BuildDraft, language: Language) -> list[Plain]:
    slot = _SLOT.in_(language)
    return [
        {
            "name": one.key,
            "text": f"{one.key.rpartition('.')[2]} {one.label.in_(language)}",
            "purpose": one.purpose.in_(language) or slot,
        }
        for one in draft.harmony_permissions
    ]


def _purpose(sdk: NeededSdk, language: Language) -> str:
    known = sdk.purpose.in_(language)
    return f"{known}{_SLOT.in_(language)}" if language is Language.ZH else f"{known} {_SLOT.in_(language)}".strip()


def _listed(sdk: NeededSdk, language: Language) -> str:
    return ("、" if language is Language.ZH else ", ").join(name.in_(language) for name in sdk.data_names)


_PERMISSION_HEADS = {Language.ZH: ("权限名称", "权限功能说明", "使用场景或目的"), Language.EN: ("Permission", "What it allows", "Purpose")}
_KEY_HEADS = {Language.ZH: ("plist 中描述名称", "对应功能", "使用场景或目的"), Language.EN: ("Info.plist key", "What it allows", "Purpose")}
_SDK_HEADS = {
    Language.ZH: ("SDK 名称", "提供方", "使用目的", "收集的个人信息类型", "隐私政策链接"),
    Language.EN: ("SDK", "Provider", "Purpose", "Personal information collected", "Privacy policy"),
}
_DATA_HEADS = {Language.ZH: ("收集的个人信息", "使用场景或目的"), Language.EN: ("Personal information collected", "Purpose")}
_TITLES = {
    Language.ZH: (
        "安卓操作系统应用权限列表",
        "iOS 操作系统应用权限列表",
        "第三方 SDK 清单",
        "应用收集的个人信息清单",
        "HarmonyOS 应用权限列表",
    ),
    Language.EN: (
        "Android permissions",
        "iOS permissions",
        "Third-party SDKs",
        "Personal information the app collects",
        "HarmonyOS permissions",
    ),
}

_MARKUP = re.compile(r"[\\`<>|*]|(?<=\])[(\[]")
"""What Markdown would take for more than text: a build's own words are text."""

_Sheet = tuple[str, tuple[str, ...], list[tuple[str, ...]]]


def _sheets(draft: BuildDraft, language: Language) -> Iterator[_Sheet]:
    """Yield the tables as title, heads and rows."""
    slot = _SLOT.in_(language)
    titles = _TITLES[language]
    if draft.permissions:
        rows: list[tuple[str, ...]] = [(one.name, one.label.in_(language), slot) for one in draft.permissions]
        yield titles[0], _PERMISSION_HEADS[language], rows
    if draft.usage_keys:
        rows = [(one.key, one.label.in_(language), one.purpose.in_(language) or slot) for one in draft.usage_keys]
        yield titles[1], _KEY_HEADS[language], rows
    if draft.harmony_permissions:
        rows = [(one.key, one.label.in_(language), one.purpose.in_(language) or slot) for one in draft.harmony_permissions]
        yield titles[4], _PERMISSION_HEADS[language], rows
    if draft.sdks:
        rows = [
            (
                one.name.in_(language),
                one.vendor.in_(language),
                _purpose(one, language),
                _listed(one, language),
                one.url or _ASK_VENDOR.in_(language),
            )
            for one in draft.sdks
        ]
        yield titles[2], _SDK_HEADS[language], rows
    if draft.data:
        yield titles[3], _DATA_HEADS[language], [(one.name.in_(language), slot) for one in draft.data]


def to_markdown_tables(draft: BuildDraft, language: Language) -> str:
    """Return the rows as Markdown tables to paste into a policy."""
    parts = []
    for title, heads, rows in _sheets(draft, language):
        lines = [f"## {title}", "", _row(heads), _row(["---"] * len(heads)), *(_row(row) for row in rows)]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_MARKUP.sub(r"\\\g<0>", visible(" ".join(cell.split()))) for cell in cells) + " |"


def to_html_tables(draft: BuildDraft, language: Language) -> str:
    """Return the rows as HTML tables to paste into a policy."""
    parts = []
    for title, heads, rows in _sheets(draft, language):
        head = "".join(f"<th>{html.escape(cell)}</th>" for cell in heads)
        body = "".join("<tr>" + "".join(f"<td>{html.escape(visible(cell))}</td>" for cell in row) + "</tr>\n" for row in rows)
        parts.append(f"<h2>{html.escape(title)}</h2>\n<table>\n<tr>{head}</tr>\n{body}</table>\n")
    return "\n".join(parts)

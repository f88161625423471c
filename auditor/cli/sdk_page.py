"""One SDK of the knowledge, as a page of text."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.knowledge.schema import Knowledge, SdkKnowledge, Strength
from auditor.model import Language, Text

__all__ = ["render_sdk"]

_HEADINGS = {
    "vendor": Text(zh="提供方", en="Vendor"),
    "category": Text(zh="类别", en="Category"),
    "platforms": Text(zh="平台", en="Platforms"),
    "collects": Text(zh="可收集的个人信息", en="Able to collect"),
    "nothing": Text(zh="不收集个人信息", en="nothing"),
    "part_of": Text(zh="属于", en="Part of"),
    "aliases": Text(zh="政策中的写法", en="Names in policies"),
    "url": Text(zh="隐私政策", en="Privacy policy"),
    "traces": Text(zh="在安装包中的痕迹", en="Traces in a build"),
    "sources": Text(zh="出处", en="Sources"),
    "unverified": Text(zh="注意：未从真实的 SDK 文件核实", en="Note: not read from a real artefact of the SDK"),
}
_STRENGTHS = {
    Strength.PROVES: Text(zh="可证明", en="proves"),
    Strength.SUPPORTS: Text(zh="可佐证", en="supports"),
    Strength.NAMES: Text(zh="仅提及", en="only names"),
}


def render_sdk(sdk: SdkKnowledge, knowledge: Knowledge, language: Language) -> str:
    """Return everything known of an SDK."""
    return "\n".join(_lines(sdk, knowledge, language)) + "\n"


def _lines(sdk: SdkKnowledge, knowledge: Knowledge, language: Language) -> Iterator[str]:
    def heading(key: str) -> str:
        return _HEADINGS[key].in_(language)

    joint = "、" if language is Language.ZH else ", "
    colon = "：" if language is Language.ZH else ": "
    yield f"{sdk.id}  {sdk.name.in_(language)}"
    if sdk.unverified:
        yield heading("unverified")
    collects = joint.join(knowledge.data_types[id_].name.in_(language) for id_ in sdk.collects)
    for key, value in (
        ("vendor", sdk.vendor.in_(language)),
        ("category", sdk.category),
        ("platforms", joint.join(sorted(platform.value for platform in sdk.platforms))),
        ("collects", collects or heading("nothing")),
        ("part_of", joint.join(sdk.part_of)),
        ("aliases", joint.join((*sdk.aliases, *sdk.declared_as))),
        ("url", sdk.url),
    ):
        if value:
            yield f"{heading(key)}{colon}{value}"
    yield f"{heading('traces')}{colon}"
    for trace in sorted(sdk.traces, key=lambda trace: (-trace.strength, trace.kind.value, trace.pattern)):
        yield f"  {_STRENGTHS[trace.strength].in_(language)}  {trace.kind.value}  {trace.pattern}"
    yield f"{heading('sources')}{colon}"
    for source in sdk.sources:
        yield f"  {source}"

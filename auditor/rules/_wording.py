"""Words to paste into a policy: rows and sentences filled in with what the build and the knowledge tell.

A build tells no purpose: 【…】 and […] stand for what the owner of the app has to fill in, and are never left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from auditor.model import Collection, Confidence, DeclaredSdk, OwnerKind, Table, Text
from auditor.rules._data import of_sdk, types_named, who
from auditor.tables import Case

__all__ = ["of_data", "of_declared_sdk", "of_permission", "of_sdk_data", "of_sdk_row", "of_usage_key"]

_PROPER = re.compile(r"\S+ [A-Z]|Bluetooth|Google|Apple")
_LINK = Text(zh="【提供方隐私政策的网址】", en="[address of the provider's policy]")
_DATA = Text(zh="【按提供方对该版本的说明逐一列出】", en="[one by one, as the provider says of this version]")


def of_permission(name: str, case: Case) -> Text:
    """Return a row of a permission table."""
    knowledge = case.knowledge
    known = knowledge.permissions.get(name) or knowledge.usage_keys.get(name) or knowledge.harmony_permissions.get(name)
    label = known.label if known else Text(zh="", en="")
    return Text(
        zh=f"权限：{label.zh or name}（{name}）｜使用场景：【在哪项功能中申请】｜使用目的：【用于什么】",
        en=f"Permission: {label.en or name} ({name}) | Asked for: [in which function] | Purpose: [what for]",
    )


def of_usage_key(key: str, case: Case) -> Text:
    """Return the text shown to the user when the system asks."""
    known = case.knowledge.usage_keys.get(key) or case.knowledge.harmony_permissions.get(key)
    label = known.label if known and known.label.zh else Text(zh=key, en=key)
    return Text(
        zh=f"{key}：“用于【具体功能，例如扫描商品二维码】”（{label.zh}）",
        en=f"{key}: “[To do what, such as: To scan product codes]” ({label.en})",
    )


def of_data(type_: str, collectors: Sequence[Collection], case: Case) -> Text:
    """Return a sentence on one kind of data."""
    name = types_named([type_], case)
    sdks = who([one for one in collectors if one.owner is OwnerKind.SDK], case)
    own = any(one.owner is not OwnerKind.SDK for one in collectors) or not sdks.zh
    if not own:
        by = Text(zh=f"我们接入的第三方 SDK（{sdks.zh}）会", en=f"The third-party SDKs we use ({sdks.en})")
    elif sdks.zh:
        by = Text(zh=f"我们及我们接入的第三方 SDK（{sdks.zh}）会", en=f"We, and the third-party SDKs we use ({sdks.en}),")
    else:
        by = Text(zh="我们会", en="We")
    return Text(
        zh=f"{by.zh}在【哪项功能】中收集您的{name.zh}，用于【目的】。",
        en=f"{by.en} collect your {_in_a_sentence(name.en)} when you use [which function], for [purpose].",
    )


def _in_a_sentence(name: str) -> str:
    """Return a name as it stands inside a sentence: in lower case unless it is an abbreviation or a proper name."""
    proper = not name[1:2].islower() or _PROPER.match(name)
    return name if proper else name[:1].lower() + name[1:]


def of_sdk_data(types: Iterable[str], case: Case) -> Text:
    """Return what to add to an SDK's row."""
    named = types_named(types, case)
    return Text(
        zh=f"收集的个人信息（补充）：{named.zh}｜使用目的：【用于什么】",
        en=f"Data collected (to be added): {named.en} | Purpose: [what for]",
    )


def of_sdk_row(sdk: str, case: Case) -> Text:
    """Return a row of an SDK list: what its code in the build is shown to read, else what it is known to collect."""
    known = case.knowledge.sdks[sdk]
    seen = sorted({one.type for _, one in of_sdk(case, case.table(Table.DATA)).get(sdk, ()) if one.confidence >= Confidence.MEDIUM})
    if seen:
        return _row(known.name, known.vendor, types_named(seen, case), known.url)
    # what it may collect on other platforms, or in versions other than this, is nothing to be declared unseen
    able = types_named([type_ for type_ in known.collects if _is_there(type_, case)], case)
    data = Text(
        zh=f"【按提供方对该版本的说明逐一列出；已知可收集：{able.zh}】",
        en=f"[one by one, as the provider says of this version; known to be able to collect: {able.en}]",
    )
    return _row(known.name, known.vendor, data if able.zh else _DATA, known.url)


def _is_there(type_: str, case: Case) -> bool:
    """Tell whether the build's platform has a kind of data at all."""
    known = case.knowledge.data_types.get(type_)
    return known is None or case.build is None or case.build.identity.platform in known.platforms


def of_declared_sdk(row: DeclaredSdk, case: Case) -> Text:
    """Return a declared SDK's row made whole, as far as the SDK is known."""
    ids = [row.id] if row.id else list(case.resolutions[row].ids)
    if len(ids) == 1 and ids[0] in case.knowledge.sdks:
        return of_sdk_row(ids[0], case)
    written = Text(zh=row.written, en=row.written)
    vendor = Text(zh=row.vendor or "【提供方全称】", en=row.vendor or "[full name of the provider]")
    return _row(written, vendor, Text(zh="", en=""), row.url)


def _row(name: Text, vendor: Text, data: Text, url: str) -> Text:
    return Text(
        zh=f"第三方 SDK：{name.zh}｜提供方：{vendor.zh}｜收集的个人信息：{data.zh or _DATA.zh}｜使用目的：【用于什么】｜"
        f"隐私政策：{url or _LINK.zh}",
        en=f"Third-party SDK: {name.en} | Provider: {vendor.en} | Data collected: {data.en or _DATA.en} | Purpose: [what for] |"
        f" Privacy policy: {url or _LINK.en}",
    )

"""Privacy policies made up, each with what a careful reader finds in it: any list of SDKs or permissions, in any layout and format.

A policy is a list of parts (headings, paragraphs, tables), made of the words in ``policies.yaml`` by a seeded generator, and
written out as HTML, Markdown, text, Word or PDF. The labels come with it because it was made from them.

    python -m tests.forge.policies DIRECTORY [--count N]      writes documents and gold labels that benchmarks score
"""

from __future__ import annotations

import argparse
import html
import random
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from tests.forge.documents import Page, cell, paragraph, pdf, run, table, word

__all__ = ["FORMATS", "PERMISSION_LAYOUTS", "SDK_LAYOUTS", "Policy", "forge_policy", "vocabulary", "write_policies"]

FORMATS = ("txt", "md", "html", "docx", "pdf")


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """Return what policies are made of."""
    return yaml.safe_load((Path(__file__).parent / "policies.yaml").read_text("utf-8"))  # type: ignore[no-any-return]


def vocabulary() -> dict[str, Any]:
    """Return what maps the labels' terms to ids."""
    return {"data_types": words()["vocabulary"], "sdks": {}}


@dataclass(slots=True)
class Sdk:
    """One SDK a policy lists."""

    name: str
    package: str
    vendor: str
    purpose: str
    data: str
    terms: list[str]
    url: str
    method: str
    permissions: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Head:
    level: int
    text: str


@dataclass(slots=True)
class Text:
    """A paragraph of lines; ``items``: each line is an item of a list."""

    lines: list[str]
    items: bool = False


@dataclass(slots=True)
class Box:
    """A table cell."""

    text: str
    high: int = 1
    wide: int = 1
    head: bool = False


@dataclass(slots=True)
class Grid:
    rows: list[list[Box]]


Part = Head | Text | Grid


@dataclass(slots=True)
class Policy:
    """A policy and its labels."""

    name: str
    layout: str
    data: bytes
    gold: dict[str, Any]


def linked(text: str, url: str) -> str:
    """Return text that is a link, as writers know it."""
    return f"\x01{text}\x02{url}\x03"


_LINK = re.compile("\x01(.*?)\x02(.*?)\x03")


def without_links(text: str) -> str:
    """Return the text with addresses in place of the links: what formats without links show."""
    return _LINK.sub(r"\2", text)


class Maker:
    """Makes one policy."""

    def __init__(self, seed: int, sdk_layout: str, permission_layout: str, format_: str) -> None:
        self.random = random.Random(f"{seed} {sdk_layout} {permission_layout} {format_}")
        self.format = format_
        self.sdk_layout = sdk_layout
        self.permission_layout = permission_layout
        self.words = words()
        self.colon = self.random.choice("：：：:：∶")
        self.parts: list[Part] = []
        self.gold: dict[str, Any] = {
            "permissions": [], "ios_usage_keys": [], "harmony_permissions": [], "sdks": [], "sdk_mentions": []
        }  # fmt: skip
        self.terms: set[str] = set()
        self.given: set[str] = set()
        """Fields of the SDK rows that stand in the document."""

    def pick(self, what: str) -> Any:
        return self.random.choice(self.words[what])

    def label(self, field_: str) -> str:
        return str(self.random.choice(self.words["labels"][field_]))

    def chance(self, part: float) -> bool:
        return self.random.random() < part

    # -- content ------------------------------------------------------------------------------------------------------

    def sdks(self, least: int = 4, most: int = 9) -> list[Sdk]:
        found = []
        for name, package, vendor, purpose, host in self.random.sample(self.words["sdks"], self.random.randint(least, most)):
            data, terms = self.pick("data")
            path = self.pick("paths")
            found.append(Sdk(name, package, vendor, purpose, data, list(terms), f"https://{host}/{path}", self.pick("methods")))
        return found

    def note(self, sdk: Sdk, fields: Iterable[str], **other: Any) -> None:
        """Add the label of one SDK, of which the document gives these fields."""
        fields = set(fields)
        data = sdk.terms if "data" in fields else []
        self.gold["sdks"].append(
            {
                "name": sdk.name if "name" in fields else None,
                "package": sdk.package if "package" in fields else None,
                "vendor": sdk.vendor if "vendor" in fields else None,
                "purpose": sdk.purpose,
                "data": list(data),
                "permissions": sdk.permissions,
                "url": sdk.url if "url" in fields else None,
                **other,
            }
        )
        self.terms.update(data)

    # -- the whole ----------------------------------------------------------------------------------------------------

    def make(self) -> Policy:
        app, operator = self.pick("apps"), self.pick("operators")
        numbers = iter("一二三四五六七八九十")
        style = self.random.choice(["{}、", "第{}条 ", "{}、"])
        self.gold["app"] = app

        def heading(text: str) -> None:
            self.parts.append(Head(2, style.format(next(numbers)) + text))

        self.parts.append(Head(1, f"{app}隐私政策"))
        self.say("更新日期：2024年3月1日", "生效日期：2024年3月8日")
        self.say(f"{app}由{operator}（以下简称“我们”）运营。我们非常重视您的个人信息和隐私保护。")
        if self.chance(0.5):
            heading("定义")
            self.say(*self.words["definitions"])
        heading("我们如何收集和使用您的个人信息")
        for sentence, terms in self.random.sample(self.words["collected"], self.random.randint(2, 5)):
            self.say(sentence)
            self.terms.update(terms)
        denial = self.pick("denials")
        self.say(denial)
        self.say(self.pick("silent"))
        first = self.chance(0.5)
        if self.permission_layout and first:
            heading(self.random.choice(["设备权限调用", "应用权限说明", "我们申请的系统权限"]))
            PERMISSION_LAYOUTS[self.permission_layout](self)
        heading("我们如何共享、转让、公开披露您的个人信息")
        self.say("我们不会与任何公司、组织和个人共享您的个人信息，但获得您明确同意的除外。")
        if self.sdk_layout:
            heading(self.random.choice(["第三方SDK清单", "第三方SDK目录", "接入第三方SDK说明", "第三方共享清单（SDK）"]))
            self.say(self.pick("sdk_intros"))
            SDK_LAYOUTS[self.sdk_layout](self)
        if self.permission_layout and not first:
            heading(self.random.choice(["设备权限调用", "应用权限说明", "我们申请的系统权限"]))
            PERMISSION_LAYOUTS[self.permission_layout](self)
        heading("您的权利")
        self.say(*self.words["rights"])
        heading("未成年人保护")
        self.say(*self.words["minors"])
        heading("如何联系我们")
        self.say(f"如您有任何疑问，请发送邮件至 privacy@{self.random.choice(['shanque', 'qingteng'])}.example.com。", f"{operator}")
        self.gold["collected"] = sorted(self.terms)
        name = f"{self.sdk_layout or 'none'}+{self.permission_layout or 'none'}"
        return Policy(name, self.sdk_layout or self.permission_layout, WRITERS[self.format](self), self.gold)

    def say(self, *lines: str) -> None:
        self.parts.append(Text(list(lines)))

    def permissions(self, least: int = 4, most: int = 9) -> list[list[Any]]:
        return self.random.sample(self.words["permissions"], self.random.randint(least, most))

    def ask(self, constant: str, text: str, terms: Iterable[str], note: str = "") -> None:
        """Add the label of one permission."""
        row = {"constant": f"android.permission.{constant}", "text": text}
        self.gold["permissions"].append({**row, "note": note} if note else row)
        self.terms.update(terms)

    def gather_keys(self) -> list[list[Any]]:
        found = self.random.sample(self.words["usage_keys"], self.random.randint(3, 6))
        for key, _, _, terms in found:
            self.gold["ios_usage_keys"].append(key)
            self.terms.update(terms)
        return found


# -- SDKs ---------------------------------------------------------------------------------------------------------------


def _columns(maker: Maker) -> list[str]:
    """Return the fields of a table of SDKs, in one of the usual orders."""
    fields = maker.random.choice(
        [
            ["name", "vendor", "purpose", "data", "url"],
            ["name", "purpose", "data", "url"],
            ["name", "data", "purpose", "vendor", "url"],
            ["vendor", "name", "purpose", "data", "method", "url"],
            ["name", "package", "vendor", "purpose", "data", "url"],
            ["name", "package", "purpose", "data", "method", "vendor", "url"],
            ["name", "purpose", "data", "method", "url"],
            ["name", "vendor", "data", "purpose"],
        ]
    )
    return list(fields)


def _value(sdk: Sdk, field_: str) -> str:
    return str(getattr(sdk, field_))


def sdk_table(maker: Maker, *, spans: bool = False, two_heads: bool = False, platforms: bool = False) -> None:
    """A table of SDKs, one per row."""
    fields = _columns(maker)
    labels = {field_: maker.label(field_) for field_ in fields}
    groups: list[tuple[str, list[Sdk]]] = [("", maker.sdks())]
    if platforms:
        groups = [("android", maker.sdks(3, 5)), ("ios", maker.sdks(3, 5))]
    for platform, sdks in groups:
        if platform:
            maker.parts.append(Head(3, {"android": "Android 端", "ios": "iOS 端"}[platform]))
        rows = []
        if two_heads:
            index = fields.index("data")
            rows.append([Box(labels[f], high=2, head=True) for f in fields[:index]] + [Box("个人信息处理情况", wide=2, head=True)]
                        + [Box(labels[f], high=2, head=True) for f in fields[index + 1 :]])  # fmt: skip
            rows.append([Box(labels["data"], head=True), Box("是否敏感", head=True)])
        else:
            rows.append([Box(labels[field_], head=True) for field_ in fields])
        if spans and "vendor" in fields:
            for at in range(1, len(sdks)):
                if maker.chance(0.5):
                    sdks[at].vendor = sdks[at - 1].vendor
        for at, sdk in enumerate(sdks):
            row = []
            for field_ in fields:
                merged = spans and field_ == "vendor"
                if merged and at and sdks[at - 1].vendor == sdk.vendor:
                    continue
                high = 1
                while merged and at + high < len(sdks) and sdks[at + high].vendor == sdk.vendor:
                    high += 1
                row.append(Box(_value(sdk, field_), high=high))
                if two_heads and field_ == "data":
                    row.append(Box(maker.random.choice(["是", "否"])))
            rows.append(row)
            maker.note(sdk, fields, **({"platform": platform} if platform else {}))
        maker.parts.append(Grid(rows))


def sdk_blocks(maker: Maker, *, head: str = "", style: str = "lines") -> None:
    """Blocks of labelled lines; ``head``: how the name stands (label, number, line, heading)."""
    head = head or maker.random.choice(["label", "number", "line", "heading"])
    fields = [field_ for field_ in _columns(maker) if field_ != "name" or head == "label"]
    if head == "label":
        fields.remove("name")
        fields.insert(0, "name")
    labels = {field_: maker.label(field_) for field_ in fields}
    bullet = maker.random.choice(["", "", "", "- ", "· ", "• "]) if style == "lines" else ""
    numbered = maker.random.choice(["{}、", "{}. ", "（{}）", "{}）", "({}) "])
    for at, sdk in enumerate(maker.sdks(), 1):
        lines = []
        if head == "number":
            lines.append(numbered.format(at) + sdk.name)
        elif head == "line":
            lines.append(sdk.name)
        elif head == "heading":
            maker.parts.append(Head(3, sdk.name))
        for field_ in fields:
            label, value = labels[field_], _value(sdk, field_)
            if style == "below":
                lines += [label + maker.colon, value]
            else:
                lines.append(f"{bullet}{label}{maker.colon}{value}")
        if style == "paragraphs":
            for line in lines:
                maker.say(line)
        else:
            maker.parts.append(Text(lines))
        maker.note(sdk, ["name", *fields])


def sdk_one_line(maker: Maker) -> None:
    """All fields of one SDK on one line."""
    fields = ["name", *maker.random.choice([["purpose", "data", "url"], ["vendor", "purpose", "data", "url"], ["data", "purpose"]])]
    labels = {field_: maker.label(field_) for field_ in fields}
    mark = maker.random.choice(["；", "；", " ", "，", "; "])
    for sdk in maker.sdks():
        maker.say(mark.join(f"{labels[field_]}{maker.colon}{_value(sdk, field_)}" for field_ in fields) + maker.random.choice(["", "。"]))
        maker.note(sdk, fields)


def sdk_prose(maker: Maker) -> None:
    """Numbered items of one sentence each."""
    number = maker.random.choice(["（{}）", "{}、", "{}. ", "({})", "{}）"])
    form = maker.pick("item_forms")
    fields = ["name", "data", *(field_ for field_ in ("url", "vendor") if f"{{{field_}}}" in form)]
    for at, sdk in enumerate(maker.sdks(), 1):
        if sdk.data == "不收集个人信息":
            sdk.data, sdk.terms = "设备型号", []
        values = {"name": sdk.name, "purpose": sdk.purpose, "data": sdk.data, "url": sdk.url, "vendor": sdk.vendor}
        maker.say(number.format(at) + form.format(**values))
        maker.note(sdk, fields)


def sdk_run_on(maker: Maker) -> None:
    """Packages in sentences, with names in brackets."""
    verb = maker.random.choice(["使用", "集成", "接入"])
    pieces = []
    for sdk in maker.sdks():
        alias = sdk.name.replace("SDK", "").strip()
        pieces.append(f"{verb}{sdk.package}({alias};{sdk.name})是为了{sdk.purpose}")
        maker.note(sdk, ["name", "package"])
    for at in range(0, len(pieces), 3):
        maker.say("，".join(pieces[at : at + 3]) + "。")


def sdk_names(maker: Maker) -> None:
    """Names in one line, with one purpose and one list of data."""
    sdks = maker.sdks(3, 6)
    data, terms = maker.pick("data")
    line = f"第三方SDK名称{maker.colon}{'、'.join(sdk.name for sdk in sdks)}，使用场景{maker.colon}消息推送，收集信息{maker.colon}{data}"
    maker.say(line)
    for sdk in sdks:
        sdk.terms = list(terms)
        maker.note(sdk, ["name", "data"])


def sdk_vendor_lines(maker: Maker) -> None:
    """Company: its SDKs."""
    for sdk in maker.sdks():
        maker.say(f"{sdk.vendor}{maker.colon}{sdk.name}")
        maker.note(sdk, ["name", "vendor"])


def sdk_links(maker: Maker) -> None:
    """A name, and its address on the line below or in brackets behind it."""
    behind = maker.chance(0.4)
    for sdk in maker.sdks():
        maker.parts.append(Text([f"{sdk.name} ({sdk.url})"] if behind else [sdk.name, sdk.url]))
        maker.note(sdk, ["name", "url"])


def sdk_upright(maker: Maker) -> None:
    """One table of two columns for each SDK: labels on the left."""
    fields = [field_ for field_ in _columns(maker) if field_ != "name"]
    labels = {field_: maker.label(field_) for field_ in ["name", *fields]}
    headed = maker.chance(0.5)
    for sdk in maker.sdks():
        rows = [[Box(labels[field_]), Box(_value(sdk, field_))] for field_ in fields]
        if headed:
            maker.parts.append(Head(3, sdk.name))
        else:
            rows.insert(0, [Box(labels["name"]), Box(sdk.name)])
        maker.parts.append(Grid(rows))
        maker.note(sdk, ["name", *fields])


def sdk_groups(maker: Maker) -> None:
    """A table with a number in front and a caption above each kind of SDK."""
    fields = _columns(maker)
    rows = [[Box("序号", head=True), *(Box(maker.label(field_), head=True) for field_ in fields)]]
    number = 0
    for group in ("推送类", "统计分析类", "支付类"):
        rows.append([Box(group, wide=len(fields) + 1)])
        for sdk in maker.sdks(1, 3):
            if any(sdk.name == one["name"] for one in maker.gold["sdks"]):
                continue
            number += 1
            rows.append([Box(str(number)), *(Box(_value(sdk, field_)) for field_ in fields)])
            maker.note(sdk, fields)
    maker.parts.append(Grid(rows))


def sdk_table_links(maker: Maker) -> None:
    """A table whose addresses are behind words."""
    fields = maker.random.choice([["name", "purpose", "data", "url"], ["name", "vendor", "purpose", "data", "url"]])
    rows = [[Box(maker.label(field_), head=True) for field_ in fields]]
    shown = maker.random.choice(["查看隐私政策", "点击查看", "《隐私政策》", "隐私政策链接"])
    for sdk in maker.sdks():
        rows.append([Box(linked(shown, sdk.url) if field_ == "url" else _value(sdk, field_)) for field_ in fields])
        maker.note(sdk, fields)
    maker.parts.append(Grid(rows))


def sdk_items(maker: Maker) -> None:
    """A bullet for each SDK, and a bullet below it for each label; or the labels in one paragraph behind the name."""
    fields = [field_ for field_ in _columns(maker) if field_ not in ("name", "package")]
    labels = {field_: maker.label(field_) for field_ in fields}
    for sdk in maker.sdks():
        lines = [f"{labels[field_]}{maker.colon}{_value(sdk, field_)}" for field_ in fields]
        maker.parts.append(Text([sdk.name, *lines], items=True))
        maker.note(sdk, ["name", *fields])


def sdk_mentions(maker: Maker) -> None:
    """A sentence for each SDK, in paragraphs without numbers."""
    form = maker.pick("mention_forms")
    for sdk in maker.sdks(3, 5):
        if "收集个人信息" in sdk.data:
            sdk.data, sdk.terms = "设备型号", []
        maker.say(form.format(name=sdk.name, data=sdk.data, purpose=sdk.purpose, vendor=sdk.vendor))
        maker.note(sdk, ["name", "data", *(["vendor"] if "{vendor}" in form else [])])


def sdk_both(maker: Maker) -> None:
    """A table of what is shared, and blocks that say more of the same SDKs: each is one row."""
    sdks = maker.sdks(3, 5)
    rows = [[Box("SDK名称", head=True), Box("使用目的", head=True), Box("收集的个人信息类型", head=True)]]
    rows += [[Box(sdk.name), Box(sdk.purpose), Box(sdk.data)] for sdk in sdks]
    maker.parts.append(Grid(rows))
    maker.say("各SDK的提供方及其隐私政策如下：")
    for sdk in sdks:
        maker.parts.append(Text([f"SDK名称：{sdk.name}", f"提供方：{sdk.vendor}", f"隐私政策链接：{sdk.url}"]))
        maker.note(sdk, ["name", "vendor", "data", "url"])


SDK_LAYOUTS: dict[str, Callable[[Maker], None]] = {
    "table-upright": sdk_upright,
    "table-groups": sdk_groups,
    "table-links": sdk_table_links,
    "items": sdk_items,
    "mentions": sdk_mentions,
    "table-and-blocks": sdk_both,
    "table": sdk_table,
    "table-merged": lambda maker: sdk_table(maker, spans=True),
    "table-two-heads": lambda maker: sdk_table(maker, two_heads=True),
    "table-platforms": lambda maker: sdk_table(maker, platforms=True),
    "blocks": sdk_blocks,
    "blocks-apart": lambda maker: sdk_blocks(maker, style="paragraphs"),
    "blocks-below": lambda maker: sdk_blocks(maker, style="below"),
    "one-line": sdk_one_line,
    "prose": sdk_prose,
    "run-on": sdk_run_on,
    "names": sdk_names,
    "vendor-lines": sdk_vendor_lines,
    "links": sdk_links,
}


# -- permissions --------------------------------------------------------------------------------------------------------


def permission_table(maker: Maker) -> None:
    """Constants in a table, alone or with their names, in one of the usual sets of columns."""
    maker.say(maker.pick("permission_intros"))
    columns = maker.random.choice(
        [
            ["permission", "about", "permission_purpose", "closable"],
            ["permission", "about", "permission_purpose"],
            ["permission", "permission_purpose", "closable"],
            ["code", "permission", "permission_purpose"],
            ["permission", "code", "about", "permission_purpose"],
        ]
    )
    form = maker.pick("cell_forms")
    rows = [[Box(maker.label(column), head=True) for column in columns]]
    for bare, name, about, purpose, terms in maker.permissions():
        text = form.format(full=f"android.permission.{bare}", bare=bare, name=name)
        values = {"permission": name if "code" in columns else text, "code": f"android.permission.{bare}", "about": about}
        values |= {"permission_purpose": purpose, "closable": maker.pick("closable")}
        rows.append([Box(values[column]) for column in columns])
        maker.ask(bare, text, terms)
    maker.parts.append(Grid(rows))


def permission_lines(maker: Maker) -> None:
    """Constants line by line."""
    maker.say(maker.pick("permission_intros"))
    form = maker.pick("constant_forms")
    for at, (bare, name, _, purpose, terms) in enumerate(maker.permissions(), 1):
        maker.say(form.format(bare=bare, name=name, purpose=purpose, at=at))
        maker.ask(bare, name, terms)


def permission_names_table(maker: Maker) -> None:
    """Permissions named in words, in a table."""
    maker.say(maker.pick("permission_intros"))
    columns = maker.random.choice(
        [
            ["permission", "permission_purpose", "closable"],
            ["permission", "about", "permission_purpose"],
            ["permission", "permission_purpose"],
        ]
    )
    rows = [[Box(maker.label(column), head=True) for column in columns]]
    for bare, names in maker.random.sample(maker.words["named_permissions"], maker.random.randint(4, 7)):
        name = maker.random.choice(names)
        values = {"permission": name, "permission_purpose": "提供相应的功能", "about": "使用该项系统能力"}
        values["closable"] = maker.pick("closable")
        rows.append([Box(values[column]) for column in columns])
        maker.ask(bare, name, maker.words["opens"].get(bare, ()), "CN name")
    maker.parts.append(Grid(rows))


def permission_names_prose(maker: Maker) -> None:
    """Permissions named in words, in sentences or items."""
    form = maker.pick("permission_forms")
    for at, (bare, names) in enumerate(maker.random.sample(maker.words["named_permissions"], maker.random.randint(3, 6)), 1):
        name = next((one for one in names if one.endswith("权限")), names[0] + "权限")
        maker.say(form.format(at=at, name=name))
        maker.ask(bare, name, maker.words["opens"].get(bare, ()), "prose")


def permission_ios(maker: Maker) -> None:
    """A table of Android permissions and one of iOS keys."""
    maker.parts.append(Head(3, "Android应用权限列表"))
    permission_table(maker)
    maker.parts.append(Head(3, "iOS应用权限列表"))
    columns = maker.random.choice([["key", "name", "purpose"], ["name", "key", "purpose"], ["key", "purpose"]])
    first = columns[0] == "key"
    labels = {"key": "权限名称" if first else "plist字段", "name": "权限功能说明" if first else "权限名称", "purpose": "使用场景或目的"}
    rows = [[Box(labels[column], head=True) for column in columns]]
    for key, name, purpose, _ in maker.gather_keys():
        rows.append([Box({"key": key, "name": name, "purpose": purpose}[column]) for column in columns])
    maker.parts.append(Grid(rows))


PERMISSION_LAYOUTS: dict[str, Callable[[Maker], None]] = {
    "permission-table": permission_table,
    "permission-lines": permission_lines,
    "permission-names-table": permission_names_table,
    "permission-names-prose": permission_names_prose,
    "permission-ios": permission_ios,
}


# -- formats ------------------------------------------------------------------------------------------------------------


def _squares(grid: Grid, *, repeat: bool = False) -> list[list[Box | None]]:
    """Return the grid with a place for every cell; None where one above or beside covers it, or that one again."""
    places: dict[tuple[int, int], Box | None] = {}
    width = 0
    for row, boxes in enumerate(grid.rows):
        column = 0
        for box in boxes:
            while (row, column) in places:
                column += 1
            for down in range(box.high):
                for right in range(box.wide):
                    places[row + down, column + right] = box if down == right == 0 or (repeat and right == 0) else None
            column += box.wide
            width = max(width, column)
    return [[places.get((row, column)) for column in range(width)] for row in range(len(grid.rows))]


def write_html(maker: Maker) -> bytes:
    random_ = maker.random
    heads = random_.choice(["h", "h", "strong", "div"])
    block = random_.choice(["p", "p", "div", "span"])
    style = random_.choice(["", ' style="font-size:14px;mso-bidi-font-size:11pt"', ' class="MsoNormal"'])
    th = random_.choice(["th", "td"])
    inner = random_.choice(["{}", "<p>{}</p>", '<span lang="ZH-CN">{}</span>', "<div><span>{}</span></div>", "&nbsp;{}"])
    linked = random_.random() < 0.4
    out = ["<!DOCTYPE html><html><head><meta charset='utf-8'><title>" + maker.parts[0].text + "</title></head><body>"]  # type: ignore[union-attr]

    def text(one: str) -> str:
        marked = _LINK.sub(r'<a href="\2">\1</a>', html.escape(one, quote=False))
        if linked:
            marked = re.sub(r"(https?://[^\s；，。]+)", r'<a href="\1">\1</a>', marked)
        return marked.replace("\n", "<br/>")

    for part in maker.parts:
        if isinstance(part, Head):
            if heads == "h":
                out.append(f"<h{part.level}>{text(part.text)}</h{part.level}>")
            elif heads == "strong":
                out.append(f"<p{style}><strong>{text(part.text)}</strong></p>")
            else:
                out.append(f"<div{style}><b>{text(part.text)}</b></div>")
        elif isinstance(part, Text):
            if part.items:
                first, rest = part.lines[0], "".join(f"<li>{text(line)}</li>" for line in part.lines[1:])
                out.append(f"<ul><li>{text(first)}<ul>{rest}</ul></li></ul>")
            elif block == "span":
                out.append("<div>" + "".join(f"<p><span{style}>{text(line)}</span></p>" for line in part.lines) + "</div>")
            else:
                out.append(f"<{block}{style}>" + "<br>\n".join(map(text, part.lines)) + f"</{block}>")
        else:
            out.append("<table border=1><tbody>")
            for row in part.rows:
                out.append("<tr>")
                for box in row:
                    tag = th if box.head else "td"
                    span = (f' rowspan="{box.high}"' if box.high > 1 else "") + (f" colspan={box.wide}" if box.wide > 1 else "")
                    out.append(f"<{tag}{span}>{inner.format(text(box.text))}</{tag}>")
                out.append("</tr>")
            out.append("</tbody></table>")
    out.append("</body></html>")
    encoding = random_.choice(["utf-8", "utf-8", "utf-8", "utf-16", "gb18030"])
    data = "\n".join(out)
    return data.replace("charset='utf-8'", f"charset='{encoding if encoding != 'utf-16' else 'unicode'}'").encode(encoding)


def _html_cell(box: Box) -> str:
    text = _LINK.sub(r'<a href="\2">\1</a>', html.escape(box.text)).replace("\n", "<br />")
    return f'<td rowspan="{box.high}" colspan="{box.wide}">{text}</td>'


def write_markdown(maker: Maker) -> bytes:
    random_ = maker.random
    tables = random_.choice(["pipe", "pipe", "pipe-bare", "indented", "html"])
    bold = random_.random() < 0.3
    lines: list[str] = []
    for part in maker.parts:
        if isinstance(part, Head):
            lines += [f"**{part.text}**" if bold and part.level > 1 else "#" * part.level + f" {part.text}", ""]
        elif isinstance(part, Text):
            if part.items:
                lines += [f"- {part.lines[0]}", *(f"  - {line}" for line in part.lines[1:]), ""]
            else:
                lines += [*(line + "  " for line in part.lines), ""]
        elif tables == "html":
            rows = "".join("<tr>" + "".join(map(_html_cell, row)) + "</tr>\n" for row in part.rows)
            lines += [f"<table>\n{rows}</table>", ""]
        else:
            escaped = random_.random() < 0.3
            for at, row in enumerate(_squares(part, repeat=True)):
                cells = [box.text.replace("\n", "<br />") if box else "" for box in row]
                cells = [re.sub(r"(?<=[A-Z])_", r"\\_", one) if escaped else one for one in cells]
                cells = [_LINK.sub(r"[\1](\2)", one) for one in cells]
                edge = "" if tables == "pipe-bare" else "|"
                margin = "         " if tables == "indented" else ""
                lines.append(f"{margin}{edge} " + " | ".join(cells) + f" {edge}")
                if at == 0:
                    lines.append(f"{margin}{edge}" + "|".join(["---"] * len(cells)) + edge)
            lines.append("")
    return "\n".join(lines).encode("utf-8")


def write_text(maker: Maker) -> bytes:
    random_ = maker.random
    tables = random_.choice(["flat", "flat", "tabs", "pipes"])
    apart = random_.random() < 0.6
    lines: list[str] = []
    for part in maker.parts:
        if isinstance(part, Head):
            lines += [part.text, ""] if apart else [part.text]
        elif isinstance(part, Text):
            mark = random_.choice(["", "", "· ", "- ", "● "]) if part.items else ""
            shown = [part.lines[0], *(mark + line for line in part.lines[1:])]
            lines += [*shown, ""] if apart else shown
        else:
            for row in _squares(part):
                boxes = [box for box in row if box is not None] if tables == "flat" else row
                texts = [without_links(box.text) if box else "" for box in boxes]
                if tables == "flat":
                    for one in texts:
                        lines += [one, ""]
                elif tables == "tabs":
                    lines.append("\t".join(one.replace("\n", " ") for one in texts))
                else:
                    lines.append(" | ".join(one.replace("\n", " ") for one in texts))
            lines.append("")
    if random_.random() < 0.3 and tables != "tabs":
        lines = [part for line, below in zip(lines, [*lines[1:], ""], strict=True) for part in _wrapped(line, hard=bool(below))]
    text = random_.choice(["\n", "\n", "\r\n"]).join(lines)
    return text.encode(random_.choice(["utf-8", "utf-8-sig", "gb18030", "utf-8"]))


def _wrapped(line: str, width: int = 78, *, hard: bool = False) -> list[str]:
    """Return a line as html2text prints it: broken at blanks and behind hyphens once it is too long, two blanks at its end.

    ``hard``: another line of the same paragraph follows.
    """
    if "|" in line:
        return [line]
    parts = re.findall(r"[^\s-]*(?:-|\s+|\Z)", line)
    lines = [""]
    for part in parts:
        if lines[-1] and len(lines[-1] + part.rstrip()) > width:
            lines.append("")
        lines[-1] += part
    lines = [one.rstrip() for one in lines]
    return [*lines[:-1], lines[-1] + "  " * hard] if line else [""]


def write_word(maker: Maker) -> bytes:
    styled = maker.chance(0.6)
    body: list[str] = []
    for part in maker.parts:
        if isinstance(part, Head):
            style = {1: "1", 2: "1", 3: "2"}[part.level] if styled else ""
            body.append(paragraph(part.text, style=style) if styled else paragraph(inside=run(part.text, "<w:b/>")))
        elif isinstance(part, Text):
            body += [paragraph(line) for line in part.lines]
        else:
            rows: list[list[str]] = []
            left: dict[int, int] = {}
            for row in _squares(part):
                made = []
                column = 0
                while column < len(row):
                    box = row[column]
                    if box is None:
                        made.append(cell(merge="continue") if left.get(column) else cell())
                        left[column] = left.get(column, 0) - 1
                        column += 1
                        continue
                    made.append(cell(without_links(box.text), span=box.wide, merge="restart" if box.high > 1 else ""))
                    left[column] = box.high - 1
                    column += box.wide
                rows.append(made)
            body.append(table(*rows))
    return word(*body)


def write_pdf(maker: Maker) -> bytes:
    """Print on pages of A4: lines broken at the margin, tables with rules."""
    size, left, right, bottom = 10.0, 50.0, 545.0, 780.0
    pages = [Page()]
    top = 60.0

    def width(text: str) -> float:
        return sum(size / 2 if ord(letter) < 0x100 else size for letter in text)

    def broken(text: str, room: float) -> list[str]:
        """Return the lines: broken between Chinese characters and words, inside a word only where it is wider than the room."""
        lines = [""]
        for part in re.findall(r"[!-~]+|.|\n", text):
            if part == "\n":
                lines.append("")
                continue
            if width(lines[-1] + part) > room and width(part) <= room:
                lines.append("")
            for letter in part:
                if width(lines[-1] + letter) > room:
                    lines.append("")
                lines[-1] += letter
        return [line.rstrip() for line in lines]

    def put(text: str, indent: float = 0) -> None:
        nonlocal top
        for line in broken(text, right - left - indent):
            if top > bottom:
                pages.append(Page())
                top = 60.0
            pages[-1].text(left + indent, top, line, size)
            top += 16

    def put_table(grid: Grid) -> None:
        nonlocal top
        squares = _squares(grid)
        count = len(squares[0])
        step = (right - left) / count
        texts = [[broken(without_links(box.text), step * box.wide - 8) if box else [] for box in row] for row in squares]
        # the text of a merged cell must not make its first row taller
        heights = [max([len(text) for text, box in zip(line, row, strict=True) if box and box.high == 1] + [1]) * 14 + 8
                   for line, row in zip(texts, squares, strict=True)]  # fmt: skip
        for at, row in enumerate(squares):
            for column, box in enumerate(row):
                if box and box.high > 1:
                    need = len(texts[at][column]) * 14 + 8 - sum(heights[at : at + box.high])
                    heights[at] += max(need, 0)
        for at, row in enumerate(squares):
            rows_together = max([box.high for box in row if box] + [1])
            if top + sum(heights[at : at + rows_together]) > bottom:
                pages.append(Page())
                top = 60.0
            for column, box in enumerate(row):
                if box is None:
                    continue
                x, end = left + column * step, left + (column + box.wide) * step
                down = top + sum(heights[at : at + box.high])
                for edge in ((x, top, end, top), (x, down, end, down), (x, top, x, down), (end, top, end, down)):
                    pages[-1].rule(*edge)
                for index, line in enumerate(texts[at][column]):
                    pages[-1].text(x + 4, top + 5 + index * 14, line, size)
            top += heights[at]
        top += 10

    for part in maker.parts:
        if isinstance(part, Grid):
            put_table(part)
            continue
        for line in [part.text] if isinstance(part, Head) else part.lines:
            put(line)
        top += 6
    return pdf(*pages)


WRITERS: dict[str, Callable[[Maker], bytes]] = {
    "txt": write_text,
    "md": write_markdown,
    "html": write_html,
    "docx": write_word,
    "pdf": write_pdf,
}


def forge_policy(seed: int, sdk_layout: str = "", permission_layout: str = "", format_: str = "txt") -> Policy:
    """Return the policy of a seed in the given layouts and format."""
    return Maker(seed, sdk_layout, permission_layout, format_).make()


def all_policies(count: int) -> Iterator[Policy]:
    """Yield ``count`` policies of every layout in every format that has it."""
    for seed in range(count):
        for format_ in FORMATS:
            for at, sdk_layout in enumerate(SDK_LAYOUTS):
                permission_layout = list(PERMISSION_LAYOUTS)[(at + seed) % len(PERMISSION_LAYOUTS)]
                policy = forge_policy(seed, sdk_layout, permission_layout, format_)
                policy.name = f"{seed:02}-{format_}-{policy.name}.{format_}"
                policy.gold |= {"file": policy.name, "layout": policy.layout, "format": format_}
                yield policy


def write_policies(directory: Path, count: int = 1) -> None:
    """Write policies and their labels in the form benchmarks/policy_extraction.py scores."""
    gold = directory / "gold"
    gold.mkdir(parents=True, exist_ok=True)
    (gold / "vocabulary.yaml").write_text(yaml.safe_dump(vocabulary(), allow_unicode=True), "utf-8")
    for policy in all_policies(count):
        (directory / policy.name).write_bytes(policy.data)
        (gold / f"{policy.name}.yaml").write_text(yaml.safe_dump({"scope": "full", **policy.gold}, allow_unicode=True), "utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write policies into a directory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--count", type=int, default=1)
    options = parser.parse_args(arguments)
    write_policies(options.directory, options.count)
    return 0


if __name__ == "__main__":
    sys.exit(main())

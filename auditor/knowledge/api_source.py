"""``apis/*.yaml`` read into plain structures, with every mistake reported."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from auditor.knowledge.api_schema import ApiKind, ApiMatch, ApiRole, ApiTable, CallbackTime
from auditor.knowledge.entries import SEGMENTS, Ids, Plain, both_of, read_part, slim, sources_of
from auditor.model import EntryKind, Severity
from auditor.records import Mistake, Record

__all__ = ["APIS", "read_apis"]

APIS = "apis"
"""The folder of what is known of interfaces; without it, nothing is known of any."""
_DESCRIPTOR = re.compile(r"\((?:\[*(?:[ZBCSIJFD]|L[^\s;.(\[]+;))*\)\[*(?:[VZBCSIJFD]|L[^\s;.(\[]+;)\Z")
_MEMBER = re.compile(r"(?:<init>|[A-Za-z_$][\w$]*)\Z", re.ASCII)
_OBJC_CLASS = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)
_OBJC_SELECTOR = re.compile(r"(?:[A-Za-z_]\w*|(?:[A-Za-z_]\w*:)+)\Z", re.ASCII)
_REASON = re.compile(r"[0-9A-F]{4}\.[0-9]+\Z")
_API_LEVELS = range(1, 100)
_ARGUMENTS = 16
_SEVERITIES = [severity.name.lower() for severity in Severity]
_METHOD_FILES = ("android_methods.yaml", "android_sdk_methods.yaml", "android_roles.yaml")


@dataclass(frozen=True, slots=True)
class _Known:
    """What entries about interfaces may name."""

    data_types: Collection[str]
    permissions: Collection[str]
    usage_keys: Collection[str]


def read_apis(
    directory: Path,
    mistakes: list[Mistake],
    data_types: Collection[str],
    permissions: Collection[str],
    usage_keys: Collection[str],
) -> Plain:
    """Read what is known of interfaces; the collections hold what they may name."""
    known = _Known(data_types, permissions, usage_keys)
    plain: Plain = {name: [] for name in (*_API_SECTIONS, *_OTHER_SECTIONS)}
    if not directory.exists():
        return plain
    seen: dict[tuple[str, ...], str] = {}
    readers: dict[str, Callable[[Record], Plain]] = dict.fromkeys(
        _METHOD_FILES, lambda record: {"methods": _methods(record, known, seen)}
    )
    readers["android_fields.yaml"] = lambda record: {"fields": _fields(record, known, seen)}
    readers["android_constants.yaml"] = lambda record: {
        "constants": _constants(record, known, seen),
        "carriers": _carriers(record, seen),
        "narrowed": _narrowed(record, known),
    }
    readers["ios.yaml"] = lambda record: _ios(record, known, seen)
    readers["ios_privacy.yaml"] = lambda record: _ios_privacy(record, known)
    readers["bystanders.yaml"] = _bystanders
    readers["android_entry_points.yaml"] = _entry_points
    for name, read in readers.items():
        # every one of them: a folder that lacks a file would know less without saying so
        for section, entries in read_part(directory.parent, f"{APIS}/{name}", mistakes, read).items():
            plain[section] += entries
    for section, key in _API_SECTIONS.items():
        plain[section].sort(key=key)
    return plain


def _api_key(*keys: str) -> Callable[[Plain], tuple[str, ...]]:
    return lambda entry: tuple(entry.get(key, "") for key in keys)


_API_SECTIONS = {
    "methods": _api_key("class", "name", "descriptor"),
    "fields": _api_key("class", "name"),
    "constants": _api_key("table", "value"),
    "classes": _api_key("class"),
    "selectors": _api_key("class", "selector"),
    "symbols": _api_key("name"),
    "required_reasons": _api_key("category"),
    "collected_types": _api_key("value"),
    "listed_sdks": _api_key("name"),
}
"""Lists of the compiled file, and what they are sorted by."""
_OTHER_SECTIONS = (
    "bystanders", "not_bystanders", "purposes", "vendor_files", "entry_points", "callbacks", "annotated", "inflated",
    "handlers", "carriers", "narrowed",
)  # fmt: skip
"""Further lists, in the order they are written."""


def _once(record: Record, seen: dict[tuple[str, ...], str], key: str, *identity: str) -> None:
    """Say so where an interface was described before, in whatever file."""
    place = seen.setdefault(identity, f"{record.file}:{record.line_of(key)}")
    if place != f"{record.file}:{record.line_of(key)}":
        record.wrong(f"{' '.join(part for part in identity[1:] if part)!r} was described before, at {place}", key)


def _checked(record: Record, key: str, form: re.Pattern[str], what: str) -> str:
    text = record.text(key, required=True)
    if text and not form.match(text):
        record.wrong(f"{record.what}.{key}: {text!r} is no {what}", key)
    return text


def _level(record: Record, key: str) -> int:
    level = record.integer(key)
    if record.has(key) and level not in _API_LEVELS:
        record.wrong(f"{record.what}.{key}: {level} is no API level", key)
    return level


def _severity(record: Record) -> str:
    return record.choice("severity", _SEVERITIES, required=True)


def _about(record: Record, known: _Known, sources: Collection[str]) -> Plain:
    """Return what entries of every kind have: data, severity, note and source."""
    data = record.texts("data", among=known.data_types)
    may = record.texts("may", among=known.data_types)
    if both := sorted(set(data) & set(may)):
        record.wrong(f"{record.what}.may: {both[0]!r} stands under data already", "may")
    return slim(
        data=list(data),
        may=list(may),
        severity=_severity(record),
        note=both_of(record.both("note")) if record.has("note") else [],
        source=record.choice("source", sources, required=True),
        unverified=record.boolean("unverified"),
    )


def _permitted(record: Record, known: _Known) -> Plain:
    """Return the permissions an entry hangs on, and the API levels it ends with."""
    needs = []
    for need in record.records("needs"):
        any_of = need.texts("any_of", required=True, among=known.permissions)
        needs.append(slim(any_of=list(any_of), device=_level(need, "device"), target=_level(need, "target")))
        need.done()
    return slim(
        permissions=list(record.texts("permissions", among=known.permissions)),
        needs=needs,
        until=_level(record, "until"),
        until_target=_level(record, "until_target"),
    )


def _methods(record: Record, known: _Known, seen: dict[tuple[str, ...], str]) -> list[Plain]:
    sources = sources_of(record)
    found: list[Plain] = []
    classes = Ids()
    for group in record.records("classes", required=True):
        class_ = classes.take(group, "class")
        if class_ and not SEGMENTS.match(class_):
            group.wrong(f"{class_!r} is no class: segments joined by dots, inner classes by $", "class")
        kind = group.choice("kind", [str(one.value) for one in ApiKind], default=ApiKind.PLATFORM.value)
        for entry in group.records("methods", required=True):
            found.append(_method(entry, known, sources, kind))
            found[-1]["class"] = class_
            _once(entry, seen, "name", "method", class_, found[-1]["name"], found[-1].get("descriptor", ""))
            entry.done()
        group.done()
    return found


def _descriptor(entry: Record) -> str:
    descriptor = entry.text("descriptor")
    if descriptor and not _DESCRIPTOR.match(descriptor):
        entry.wrong(f"{entry.what}.descriptor: {descriptor!r} is none, such as (Ljava/lang/String;)V", "descriptor")
    return descriptor


def _argument(record: Record) -> Plain:
    index = record.integer("index", required=True)
    if index not in range(_ARGUMENTS):
        record.wrong(f"{record.what}.index: {index} is no argument", "index")
    return {"index": index, "table": record.choice("table", [str(one.value) for one in ApiTable], required=True)}


def _method(entry: Record, known: _Known, sources: Collection[str], kind: str) -> Plain:
    descriptor = _descriptor(entry)
    role = entry.choice("role", [str(one.value) for one in ApiRole], default=ApiRole.READS.value)
    arguments = []
    for argument in entry.records("arguments"):
        arguments.append(_argument(argument))
        argument.done()
    plain = {
        "name": _checked(entry, "name", _MEMBER, "name of a method"),
        "kind": entry.choice("kind", [str(one.value) for one in ApiKind], default=kind),
        "role": role,
        **_about(entry, known, sources),
        **_permitted(entry, known),
        **slim(
            descriptor=descriptor,
            helped_by=list(entry.texts("helped_by", among=known.permissions)),
            service=entry.choice("service", known.permissions),
            arguments=arguments,
            callback=entry.boolean("callback"),
            noisy=entry.boolean("noisy"),
            privileged=entry.boolean("privileged"),
            since=_level(entry, "since"),
        ),
    }
    if role == ApiRole.READS.value and not plain.get("data") and not plain.get("may"):
        entry.wrong(f"{entry.what} reads nothing: give it data or may, or another role")
    if plain.get("until") and plain.get("since", 0) > plain["until"]:
        entry.wrong(f"{entry.what} ends before it begins: since is later than until", "until")
    return plain


def _fields(record: Record, known: _Known, seen: dict[tuple[str, ...], str]) -> list[Plain]:
    sources = sources_of(record)
    found: list[Plain] = []
    for entry in record.records("fields", required=True):
        plain = {
            "class": _checked(entry, "class", SEGMENTS, "class"),
            "name": _checked(entry, "name", _MEMBER, "name of a field"),
            **_about(entry, known, sources),
            **_permitted(entry, known),
            **slim(
                noisy=entry.boolean("noisy"), table=entry.choice("table", [str(one.value) for one in ApiTable])
            ),
        }
        _once(entry, seen, "name", "field", plain["class"], plain["name"])
        found.append(plain)
        entry.done()
    return found


_NO_ROWS = frozenset({ApiTable.PERMISSIONS, ApiTable.PACKAGES, ApiTable.CLASSES, ApiTable.MEMBERS})
"""Tables that are made of what is known elsewhere."""


def _constants(record: Record, known: _Known, seen: dict[tuple[str, ...], str]) -> list[Plain]:
    sources = sources_of(record)
    found: list[Plain] = []
    for table in ApiTable:
        if table in _NO_ROWS:
            continue
        for entry in record.records(table.value):
            match = entry.choice("match", [str(one.value) for one in ApiMatch], default=ApiMatch.EXACT.value)
            plain = {
                "table": table.value,
                "value": entry.text("value", required=True),
                "match": match,
                **_about(entry, known, sources),
                **_permitted(entry, known),
                **slim(name=entry.text("name"), telling=entry.boolean("telling")),
            }
            if match == ApiMatch.BIT.value and not re.fullmatch("[0-9]{1,10}", plain["value"]):
                entry.wrong(f"{entry.what}.value: {plain['value']!r} is no bit: a number in decimal digits", "value")
            _once(entry, seen, "value", "constant", table.value, plain["value"])
            found.append(plain)
            entry.done()
    return found


def _carriers(record: Record, seen: dict[tuple[str, ...], str]) -> list[Plain]:
    sources = sources_of(record)
    found: list[Plain] = []
    for entry in record.records("carriers"):
        plain = {
            "class": _checked(entry, "class", SEGMENTS, "class"),
            "name": _checked(entry, "name", _MEMBER, "name of a method"),
            **_argument(entry),
            **slim(descriptor=_descriptor(entry)),
        }
        entry.choice("source", sources, required=True)
        entry.boolean("unverified")
        _once(entry, seen, "name", "carrier", plain["class"], plain["name"], plain.get("descriptor", ""))
        found.append(plain)
        entry.done()
    return found


def _narrowed(record: Record, known: _Known) -> list[list[str]]:
    sources = sources_of(record)
    found = []
    for entry in record.records("narrowed"):
        type_, becomes = (entry.choice(key, known.data_types, required=True) for key in ("type", "becomes"))
        found.append([type_, entry.choice("without", known.permissions, required=True), becomes])
        entry.choice("source", sources, required=True)
        entry.done()
    return found


def _ios(record: Record, known: _Known, seen: dict[tuple[str, ...], str]) -> Plain:
    sources = sources_of(record)
    selectors: list[Plain] = []
    alone_means: list[Plain] = []
    classes = Ids()
    for group in record.records("classes", required=True):
        class_ = classes.take(group, "class")
        if class_ and not _OBJC_CLASS.match(class_):
            group.wrong(f"{class_!r} is no Objective-C class", "class")
        framework, private = group.text("framework"), group.boolean("private")
        if bool(framework) is private:
            group.wrong(f"{class_!r} is either of a framework or private", "framework")
        if (alone := group.record("alone")) is not None:
            keys = list(alone.texts("usage_keys", among=known.usage_keys))
            data = list(alone.texts("data", required=True, among=known.data_types))
            alone_means.append({"class": class_, "data": data, **slim(framework=framework, private=private, usage_keys=keys)})
            alone.done()
        for entry in group.records("selectors", required=True):
            plain = {
                "class": class_,
                "selector": _checked(entry, "name", _OBJC_SELECTOR, "selector"),
                **_about(entry, known, sources),
                **slim(
                    framework=framework,
                    private=private,
                    usage_keys=list(entry.texts("usage_keys", among=known.usage_keys)),
                    generic=entry.boolean("generic"),
                    since=_ios_version(entry, "since"),
                    until=_ios_version(entry, "until"),
                ),
            }
            _once(entry, seen, "name", "selector", class_, plain["selector"])
            selectors.append(plain)
            entry.done()
        group.done()
    symbols: list[Plain] = []
    for section, string in (("symbols", False), ("strings", True)):
        for entry in record.records(section, required=True):
            name = entry.text("name", required=True)
            if not string and not name.startswith("_"):
                entry.wrong(f"{entry.what}.name: {name!r} lacks the underscore symbols begin with", "name")
            plain = {
                "name": name,
                **_about(entry, known, sources),
                **slim(
                    string=string,
                    framework=entry.text("framework"),
                    usage_keys=[] if string else list(entry.texts("usage_keys", among=known.usage_keys)),
                    noisy=entry.boolean("noisy"),
                    private=entry.boolean("private"),
                    until=_ios_version(entry, "until"),
                ),
            }
            _once(entry, seen, "name", section, name)
            symbols.append(plain)
            entry.done()
    reasons = _required_reasons(record, known, sources)
    return {"classes": alone_means, "selectors": selectors, "symbols": symbols, "required_reasons": reasons}


def _ios_privacy(record: Record, known: _Known) -> Plain:
    sources = sources_of(record)
    values, names = Ids(), Ids()
    types: list[Plain] = []
    for entry in record.records("collected_types", required=True):
        value = values.take(entry, "value")
        if value and not value.startswith(_COLLECTED):
            entry.wrong(f"{value!r} does not begin with {_COLLECTED}", "value")
        types.append(
            {
                "value": value,
                "name": both_of(entry.both("name")),
                "source": entry.choice("source", sources, required=True),
                **slim(data=list(entry.texts("data", among=known.data_types))),
            }
        )
        entry.done()
    listed: list[Plain] = []
    for entry in record.records("listed_sdks", required=True):
        listed.append(
            {
                "name": names.take(entry, "name"),
                "source": entry.choice("source", sources, required=True),
                **slim(frameworks=list(entry.texts("frameworks"))),
            }
        )
        entry.done()

    def purpose(value: str) -> str:
        return "" if value.startswith(_COLLECTED + "Purpose") else f"{value!r} does not begin with {_COLLECTED}Purpose"

    return {
        "collected_types": types,
        "purposes": list(record.texts("purposes", required=True, fault=purpose)),
        "listed_sdks": listed,
        "vendor_files": list(record.texts("vendor_files")),
    }


_COLLECTED = "NSPrivacyCollectedDataType"


def _ios_version(record: Record, key: str) -> str:
    version = record.text(key)
    if version and not re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,2}){0,2}", version):
        record.wrong(f"{record.what}.{key}: {version!r} is no version of iOS", key)
    return version


def _required_reasons(record: Record, known: _Known, sources: Collection[str]) -> list[Plain]:
    ids = Ids()
    codes: dict[str, str] = {}
    found: list[Plain] = []
    for entry in record.records("required_reasons", required=True):
        category = ids.take(entry, "category")
        members = []
        for member in entry.records("members"):
            class_ = _checked(member, "class", _OBJC_CLASS, "Objective-C class")
            members.append([class_, _checked(member, "selector", _OBJC_SELECTOR, "selector")])
            member.done()
        reasons = []
        for reason in entry.records("reasons", required=True):
            code = _checked(reason, "code", _REASON, "reason code, such as CA92.1")
            if (owner := codes.setdefault(code, category)) != category:
                reason.wrong(f"{code!r} is a reason of {owner!r} already", "code")
            reasons.append([code, *both_of(reason.both("allows"))])
            reason.done()
        found.append(
            {
                "category": category,
                "name": both_of(entry.both("name")),
                "reasons": reasons,
                "source": entry.choice("source", sources, required=True),
                **slim(
                    data=list(entry.texts("data", among=known.data_types)),
                    symbols=list(entry.texts("symbols")),
                    selectors=list(entry.texts("selectors")),
                    members=members,
                    classes=list(entry.texts("classes")),
                ),
            }
        )
        entry.done()
    return found


def _bystanders(record: Record) -> Plain:
    record.text("source", required=True)

    def fault(package: str) -> str:
        return "" if SEGMENTS.match(package) else f"{package!r} must be whole segments joined by dots"

    bystanders = record.texts("bystanders", required=True, fault=fault)

    def taken_back(package: str) -> str:
        if wrong := fault(package):
            return wrong
        above = any(package.startswith(f"{bystander}.") for bystander in bystanders)
        return "" if above else f"{package!r} lies below none of the bystanders"

    return {"bystanders": list(bystanders), "not_bystanders": list(record.texts("except", fault=taken_back))}


_ENTERED = (
    "application", "app-component-factory", "activity", "service", "receiver", "provider", "backup-agent", "resource",
)  # fmt: skip
"""Elements (and attributes) of the manifest that name classes, as facts call them; and the app's resources, which do so too."""


def _entry_points(record: Record) -> Plain:
    record.text("source", required=True)
    points = []
    for entry in record.records("entry_points", required=True):
        plain = {
            "kind": entry.choice("kind", [str(one.value) for one in EntryKind], required=True),
            **slim(
                component=entry.choice("component", _ENTERED),
                extends=_checked(entry, "extends", SEGMENTS, "class") if entry.has("extends") else "",
                methods=list(entry.texts("methods", fault=_fault_of_member)),
                callbacks=entry.boolean("callbacks"),
                start_up=entry.boolean("start_up"),
                launcher=entry.boolean("launcher"),
            ),
        }
        if ("component" in plain) is ("extends" in plain):
            entry.wrong(f"{entry.what} needs either component or extends")
        if not plain.get("methods") and not plain.get("callbacks"):
            entry.wrong(f"{entry.what} enters nothing: give it methods or callbacks")
        points.append(plain)
        entry.done()
    callbacks = []
    for group in record.records("callbacks"):
        by = group.choice("by", [str(one.value) for one in CallbackTime], required=True)
        class_ = _checked(group, "class", SEGMENTS, "class") if group.has("class") else ""
        callbacks += [[class_, name, by] for name in group.texts("names", required=True, fault=_fault_of_member)]
        group.done()
    annotated = []
    for group in record.records("annotated"):
        by = group.choice("by", [str(one.value) for one in CallbackTime], required=True)
        annotated += [[name, by] for name in group.texts("annotations", required=True, fault=_fault_of_class)]
        group.done()
    inflated = []
    for entry in record.records("inflated"):
        inflated.append([_checked(entry, key, SEGMENTS, "class") for key in ("extends", "takes")])
        entry.done()
    handlers = []
    for entry in record.records("handlers"):
        attribute = _checked(entry, "attribute", _MEMBER, "name of an attribute")
        component = entry.choice("component", _ENTERED, required=True)
        handlers.append([attribute, component, list(entry.texts("takes", required=True, fault=_fault_of_class))])
        entry.done()
    return {"entry_points": points, "callbacks": callbacks, "annotated": annotated, "inflated": inflated, "handlers": handlers}


def _fault_of_class(name: str) -> str:
    return "" if SEGMENTS.match(name) else f"{name!r} is no class: segments joined by dots, inner classes by $"


def _fault_of_member(name: str) -> str:
    return "" if _MEMBER.match(name) else f"{name!r} is no name of a method"

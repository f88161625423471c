"""What an app's resources name of its code: methods that layouts and menus call, and classes the platform or a library makes.

A layout or menu names methods of the activity that shows it (``android:onClick``); layouts, navigation graphs and preferences name
views, fragments and other classes. Which file is what the resource table says: its name may be a short one. Formats: binary XML
(see :mod:`auditor.extract.android.axml`), of an app bundle XmlNode messages. What calls them: View.java, MenuInflater.java
of the Android Open Source Project.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from auditor.archive import Archive, Unreadable
from auditor.build import FactKind, Table, Text
from auditor.extract.android.axml import AxmlError, Element, attribute_number
from auditor.extract.collector import Collector

__all__ = ["CODE_TYPES", "read_resource_code"]

CODE_TYPES = frozenset({"layout", "menu", "navigation", "xml"})
"""Types of resources whose files name code."""
_BY_NAME = re.compile(r"res/(?:(?:layout|menu|navigation|xml)(?:-[^/]+)?/[^/]+|[^/]+)\.xml\Z")
"""Where such files stand, for a table that cannot be read."""
_MOST_FILES, _MOST_BYTES, _LARGEST = 20_000, 64 << 20, 4 << 20
_MOST_NAMES = 50_000
_WORD = rb"[A-Za-z_$][0-9A-Za-z_$]{0,100}"
_NAMED = re.compile(_WORD + rb"(?:\." + _WORD + rb"){1,20}")
_WIDE_WORD = rb"[A-Za-z_$]\0(?:[0-9A-Za-z_$]\0){0,100}"
_NAMED_WIDE = re.compile(_WIDE_WORD + rb"(?:\.\0" + _WIDE_WORD + rb"){1,20}")


def read_resource_code(
    archive: Archive, paths: Iterable[str] | None, read_xml: Callable[[bytes], Element], collect: Collector
) -> None:
    """Record the methods and classes that resources name.

    ``paths`` are the files of ``CODE_TYPES``, by the resource table; None where it cannot be read. ``read_xml`` raises AxmlError.
    """
    entrances = collect.lens.entrances
    if entrances is None:
        return
    handlers = {one.attribute: (attribute_number(one.attribute) or 0).to_bytes(4, "little") for one in entrances.handlers}
    known = [name for name in dict.fromkeys(paths) if name in archive] if paths is not None else list(filter(_BY_NAME.match, archive))
    left = _MOST_BYTES
    for number, name in enumerate(known):
        left -= archive.entries[name].size
        if number >= _MOST_FILES or left < 0:
            collect.gap(
                archive.place(name),
                "",
                Text(
                    zh="布局等资源文件过多，其余未读取；其中写明的点击处理方法和类可能未计入",
                    en="is one of too many layouts and the like: it and those after it were not read, so methods and classes they"
                    " name may be missing among what can run",
                ),
                Table.DATA,
            )
            return
        collect.reading = archive.place(name)
        try:
            data = archive.read(name, _LARGEST)
        except Unreadable:
            # told where the archive is looked through for code
            continue
        _classes(data, collect)
        if any(_may_name(data, attribute, mark) for attribute, mark in handlers.items()):
            _handlers(data, archive.place(name), handlers, read_xml, collect)


def _classes(data: bytes, collect: Collector) -> None:
    for pattern in (_NAMED, _NAMED_WIDE):
        for match in pattern.finditer(data):
            if len(collect.named_in_resources) >= _MOST_NAMES:
                return
            collect.named_in_resources.add(match[0].replace(b"\0", b"").decode("ascii"))


def _may_name(data: bytes, attribute: str, mark: bytes) -> bool:
    """Tell whether a file may hold an attribute: by its resource id, of a bundle by its name."""
    return mark in data or attribute.encode() in data


def _handlers(
    data: bytes, place: str, handlers: Mapping[str, bytes], read_xml: Callable[[bytes], Element], collect: Collector
) -> None:
    try:
        root = read_xml(data)
    except AxmlError as error:
        collect.gap(place, "", error.reason)
        return
    for element in _every(root):
        for attribute in handlers:
            value = element.get(f"android:{attribute}")
            if value and not value.startswith(("@", "?")):
                collect.fact(FactKind.HANDLER, value, place, element.tag, value=attribute)


def _every(root: Element) -> Iterator[Element]:
    pending = [root]
    while pending:
        element = pending.pop()
        yield element
        pending += element.children

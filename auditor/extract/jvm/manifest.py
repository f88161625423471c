"""The AndroidManifest.xml of a library: text XML, read into the tree that a compiled manifest gives.

What the build of an app does with it later is the manifest merger's business (developer.android.com/build/manage-manifests):
placeholders such as ``${applicationId}`` are kept as written; an element marked ``tools:node="remove"`` asks for nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers.expat import ExpatError, ParserCreate

from auditor.extract.android.axml import AxmlError, Element, clean, read_axml

__all__ = ["is_text", "read_library_manifest"]

_ANDROID = "http://schemas.android.com/apk/res/android"
_APP = "http://schemas.android.com/apk/res-auto"
_TOOLS_NODE = "http://schemas.android.com/tools node"
_REMOVED = ("remove", "removeAll")
_MAX_BYTES = 8 << 20
_MAX_ELEMENTS = 20_000
_MAX_DEPTH = 64
_ENCODING = re.compile(rb"""<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,30})["']""")
_GBK = frozenset(("gb2312", "gbk", "gb18030", "cp936"))


def is_text(head: bytes) -> bool:
    """Tell from its first bytes whether a manifest is text, in whatever encoding."""
    return head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0").startswith(b"<")


def read_library_manifest(data: bytes) -> Element:
    """Return the root element, of text or of compiled XML. Raises AxmlError and nothing else, whatever the bytes."""
    if not is_text(data):
        return read_axml(data)
    if len(data) > _MAX_BYTES:
        raise AxmlError(f"清单大于 {_MAX_BYTES >> 20} MiB，未读取", f"is larger than {_MAX_BYTES >> 20} MiB; not read")
    text, encoding = data, None
    declared = _ENCODING.match(data.lstrip())
    if declared and declared[1].decode().lower() in _GBK:
        # expat knows no encodings of two bytes
        text, encoding = data.decode("gb18030", "replace").encode(), "utf-8"
    tree = _Tree()
    parser = ParserCreate(encoding, namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = tree.start
    parser.EndElementHandler = tree.end
    parser.StartDoctypeDeclHandler = tree.doctype
    try:
        parser.Parse(text, True)
    except (ExpatError, ValueError, LookupError) as error:
        raise AxmlError(
            "清单不是格式正确的 XML，无法读取", f"is no well-formed XML and cannot be read ({' '.join(str(error).split())[:100]})"
        ) from None
    if tree.root is None:
        raise AxmlError("清单没有内容", "has no element")
    return tree.root


@dataclass(slots=True)
class _Tree:
    """Takes what the parser meets."""

    root: Element | None = None
    _open: list[Element | None] = field(default_factory=list)
    """None = left out, and so is everything in it."""
    _elements: int = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > _MAX_ELEMENTS or len(self._open) >= _MAX_DEPTH:
            raise AxmlError("清单的元素过多或嵌套过深，未读取", "has too many elements, or nests them too deep; not read")
        outer = self._open[-1] if self._open else None
        if self._open and (outer is None or " " in name or attributes.get(_TOOLS_NODE) in _REMOVED):
            self._open.append(None)
            return
        element = Element(clean(name))
        for key, value in attributes.items():
            space, separator, local = key.rpartition(" ")
            prefix = {"": "", _ANDROID: "android:", _APP: "app:"}.get(space) if separator else ""
            if prefix is not None:
                element.attributes[prefix + clean(local)] = clean(value)
        if outer is None:
            self.root = element
        else:
            outer.children.append(element)
        self._open.append(element)

    def end(self, _: str) -> None:
        self._open.pop()

    def doctype(self, *_: object) -> None:
        raise AxmlError("清单含有文档类型声明（DTD），未读取", "declares a document type (DTD); not read")

"""androguard's reader of binary XML and resource tables, imported without what it imports and never needs here.

Importing it the plain way costs a quarter of a second of CPU, more than reading most builds: ``xml.sax.saxutils`` brings in
the network libraries for one function, and ``public.xml`` (60,000 lines) is read with minidom.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["androguard_axml"]

_SAXUTILS = "xml.sax.saxutils"
_PUBLIC = "androguard.core.resources.public"


def androguard_axml() -> Any:
    """Return the module ``androguard.core.axml``, its logging switched off."""
    if "androguard.core.axml" in sys.modules:
        return sys.modules["androguard.core.axml"]
    borrowed = _SAXUTILS not in sys.modules
    if borrowed:
        sys.modules[_SAXUTILS] = _saxutils()
    try:
        _preload_public()
        from androguard.core import axml
    finally:
        if borrowed:
            # whoever else wants the real one shall get it
            sys.modules.pop(_SAXUTILS, None)
    from loguru import logger

    logger.disable("androguard")
    return axml


def _saxutils() -> ModuleType:
    from html import escape

    module = ModuleType(_SAXUTILS)
    module.escape = lambda data: escape(data, quote=False)  # type: ignore[attr-defined]
    return module


def _preload_public() -> None:
    """Put androguard's table of public resources in place, read from its own file."""
    spec = importlib.util.find_spec("androguard.core.resources")
    if _PUBLIC in sys.modules or spec is None or not spec.submodule_search_locations:
        return
    path = Path(next(iter(spec.submodule_search_locations))) / "public.xml"
    if not path.is_file():
        return
    from lxml import etree

    found: dict[str, dict[str, int]] = {}
    for element in etree.parse(path).getroot().iter("public"):
        found.setdefault(element.get("type"), {})[element.get("name")] = int(element.get("id"), 16)
    module = ModuleType(_PUBLIC)
    module.SYSTEM_RESOURCES = {  # type: ignore[attr-defined]
        plural: {"forward": dict(found.get(one, {})), "inverse": {id_: name for name, id_ in found.get(one, {}).items()}}
        for plural, one in (("attributes", "attr"), ("styles", "style"))
    }
    sys.modules[_PUBLIC] = module
    import androguard.core.resources as package

    package.public = module

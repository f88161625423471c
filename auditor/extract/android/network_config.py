"""The network security configuration: to which hosts an app allows unencrypted traffic, and whose certificates it trusts.

Format: developer.android.com/privacy-and-security/security-config; what holds where nothing is written, and how domains inherit:
XmlConfigSource.java and NetworkSecurityConfig.java of the Android Open Source Project. Facts say what is written; what holds by
default is left to whoever knows the app's API levels.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from auditor.archive import Archive, Unreadable
from auditor.build import FactKind, Text
from auditor.extract.android.axml import AxmlError, Element
from auditor.extract.collector import Collector
from auditor.extract.hosts import is_public

__all__ = ["CLEARTEXT", "read_network_config"]

CLEARTEXT, _ANCHORS = "cleartextTrafficPermitted", "trust-anchors"
_ROOT = "network-security-config"
_BY_NAME = re.compile(r"res/(?:[^/]+/)?[^/]*network[^/]*(?:security|config)[^/]*\.xml\Z", re.IGNORECASE)
_LARGEST = 1 << 20
_DEEPEST = 50


def read_network_config(
    archive: Archive, path: str, read_xml: Callable[[bytes], Element], collect: Collector, *, wanted: bool
) -> None:
    """Record what the network security configuration says, and the hosts it names where hosts are asked for.

    ``path`` is the file the manifest refers to, empty where that is not known: then it goes by its name, and only its hosts are
    recorded. ``wanted`` says whether the manifest refers to one. ``read_xml`` raises AxmlError.
    """
    for name in [path] if path and path in archive else [name for name in archive if _BY_NAME.match(name)]:
        place = archive.place(name)
        try:
            root = read_xml(archive.read(name, _LARGEST))
        except Unreadable as error:
            reason = error.reason
        except AxmlError as error:
            reason = error.reason
        else:
            if root.tag == _ROOT:
                _record(root, place, collect, settings=path == name)
                continue
            reason = Text(zh="不是网络安全配置文件", en="is no network security configuration")
        if name == path:
            collect.gap(place, "", reason)
    if wanted and path and path not in archive:
        collect.gap(
            archive.place(path),
            "",
            Text(
                zh="清单引用的网络安全配置文件不在安装包中，是否允许明文传输不得而知",
                en="is missing: the network security configuration the manifest refers to; whether cleartext is allowed is not known",
            ),
        )


def _record(root: Element, place: str, collect: Collector, *, settings: bool) -> None:
    if settings:
        collect.fact(FactKind.TRANSPORT_SECURITY, _ROOT, place, root.tag)
    for at, element, hosts, permitted in _configs(root):
        for host, below in hosts:
            if collect.lens.every_host and is_public(host):
                collect.fact(FactKind.HOST, host, place, "domain", by=_ROOT)
            if settings and permitted:
                collect.fact(
                    FactKind.TRANSPORT_SECURITY, f"{host} ! {CLEARTEXT}", place, at, value=permitted, subdomains="true" if below else "",
                    local="" if is_public(host) else "true",
                )  # fmt: skip
        prefixes = [f"{host} ! " for host, _ in hosts] or ([f"{element.tag} ! "] if element.tag == "debug-overrides" else [""])
        if settings and not hosts and permitted:
            collect.fact(FactKind.TRANSPORT_SECURITY, CLEARTEXT, place, at, value=permitted)
        anchors = ",".join(sorted({one.get("src") for anchor in element.all(_ANCHORS) for one in anchor.all("certificates")} - {""}))
        for prefix in prefixes if settings and anchors else ():
            collect.fact(FactKind.TRANSPORT_SECURITY, prefix + _ANCHORS, place, f"{at}/{_ANCHORS}", value=anchors)


def _configs(root: Element) -> Iterator[tuple[str, Element, list[tuple[str, bool]], str]]:
    """Yield (place, element, its hosts and whether those below them are meant, whether cleartext is permitted there as written)."""
    for element in root.children:
        if element.tag in ("base-config", "debug-overrides"):
            yield element.tag, element, [], element.get(CLEARTEXT) if element.tag == "base-config" else ""
    pending = [("domain-config", element, "", 0) for element in root.all("domain-config")][::-1]
    while pending:
        at, element, inherited, depth = pending.pop()
        permitted = element.get(CLEARTEXT) or inherited
        hosts = [(one.text.strip().lower(), one.get("includeSubdomains") == "true") for one in element.all("domain")]
        yield at, element, [(host, below) for host, below in hosts if host], permitted
        if depth < _DEEPEST:
            pending += [(f"{at}/domain-config", child, permitted, depth + 1) for child in element.all("domain-config")][::-1]

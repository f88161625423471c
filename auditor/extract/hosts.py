"""Hosts that code and files name: in addresses (``https://api.example.com/v1``), and bare where a string is nothing else.

What a host is for, and whose it is, is not asked here. Names that cannot be resolved outside a device or a house
(``localhost``, ``10.0.0.1``, ``printer.local``) are no hosts.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from auditor.build import FactKind, Text
from auditor.extract.collector import Collector

__all__ = ["MOST_HOSTS", "TOO_MANY_HOSTS", "bare_host", "host_strings", "hosts_in", "is_public", "record_hosts", "url_host"]

MOST_HOSTS = 4000
"""Hosts recorded of one file, by host and class; more are said to be left out."""
TOO_MANY_HOSTS = Text(zh="网址过多，其中的主机未全部列出", en="names more addresses than are listed: some of its hosts are left out")

_SCHEMES = (b"http://", b"https://", b"ws://", b"wss://")
_HOST = rb"(?:[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?\.){1,8}[a-z][a-z0-9-]{1,22}"
_ADDRESS = rb"(?:[0-9]{1,3}\.){3}[0-9]{1,3}"
_URL = re.compile(rb"(https?|wss?)://(?:[^\s/@\"'<>\\]{1,64}@)?(" + _ADDRESS + rb"|" + _HOST + rb")(?![\w.%{$-])", re.IGNORECASE)
_BARE = re.compile(rb"(" + _HOST + rb")(?::[0-9]{2,5})?\Z")
_BARE_ENDINGS = (b".com", b".cn", b".net", b".org")
"""Of bare names only those are taken for hosts: others end like files, fields and packages do."""
_BARE_TAILS = (*_BARE_ENDINGS, *b"0 1 2 3 4 5 6 7 8 9".split())
"""Endings of strings worth a closer look: of such a name, or of the port behind it."""
_PACKAGES = frozenset({"com", "cn", "net", "org", "io", "me", "android", "androidx", "java", "javax", "kotlin", "kotlinx", "dalvik"})
"""First parts of the names of Java packages, which read like hosts backwards."""
_TOP = re.compile(r"[a-z]{2,}\Z|xn--[a-z0-9-]+\Z")
_NOWHERE = frozenset({"local", "localhost", "localdomain", "lan", "home", "internal", "test", "example", "invalid", "arpa", "onion"})
"""Top-level names that lead nowhere in public (RFC 2606, RFC 6761, RFC 6762)."""
_FILES = frozenset(
    "js ts css html htm json xml png jpg jpeg gif svg webp txt md map vue nvue php jsp asp aspx dart java kt so dex apk ipa zip".split()
)
"""Endings of files, which stand where a template puts no host."""
_LONGEST = 2048
"""Bytes of the longest string looked at."""
_AROUND, _LONGEST_ADDRESS = 5, 400
"""Bytes looked at before and behind the colon of an address in a file."""
_LOOKED_AT = 200_000
"""Addresses looked at in one file."""


def url_host(raw: bytes) -> tuple[str, str] | None:
    """Return (host, scheme) of a string that starts with an address; None where it has none."""
    match = _URL.match(raw, 0, _LONGEST)
    return _taken(match) if match else None


def bare_host(raw: bytes) -> str | None:
    """Return the host that a string is, and nothing else; None where it is none."""
    match = _BARE.match(raw) if len(raw) < 256 and b"_" not in raw else None
    if match is None or not match[1].endswith(_BARE_ENDINGS):
        return None
    host = match[1].decode("ascii")
    return host if host.partition(".")[0] not in _PACKAGES and is_public(host) else None


def hosts_in(data: bytes) -> Iterator[tuple[str, str, int]]:
    """Yield (host, scheme, offset) of each address in a file, each host once."""
    seen: set[tuple[str, str]] = set()
    at = data.find(b"://")
    for _ in range(_LOOKED_AT):
        if at < 0 or len(seen) >= MOST_HOSTS:
            return
        before = data[max(0, at - _AROUND) : at].lower()
        scheme = next((one for one in (b"https", b"http", b"wss", b"ws") if before.endswith(one)), b"")
        match = _URL.match(data, at - len(scheme), at + _LONGEST_ADDRESS) if scheme else None
        found = _taken(match) if match else None
        if found and found not in seen:
            seen.add(found)
            yield (*found, at - len(scheme))
        at = data.find(b"://", at + 3)


def host_strings(strings: Sequence[bytes]) -> dict[int, tuple[str, str]]:
    """Return which strings of a DEX file name a host: index -> (host, scheme). They are sorted, as the format demands."""
    found: dict[int, tuple[str, str]] = {}
    for scheme in _SCHEMES:
        index = bisect_left(strings, scheme)
        while index < len(strings) and strings[index].startswith(scheme):
            if host := url_host(strings[index]):
                found[index] = host
            index += 1
    # hosts start with a digit or a small letter, descriptors and most names of classes with neither
    for low, high in ((b"0", b":"), (b"a", b"{")):
        for index in range(bisect_left(strings, low), bisect_left(strings, high)):
            if strings[index].endswith(_BARE_TAILS) and (name := bare_host(strings[index])):
                found[index] = (name, "")
    return found


def _taken(match: re.Match[bytes]) -> tuple[str, str] | None:
    host = match[2].decode("ascii").lower()
    return (host, match[1].decode("ascii").lower()) if is_public(host) else None


def is_public(host: str) -> bool:
    """Tell whether a host leads anywhere outside a device or a house."""
    top = host.rpartition(".")[2]
    if top.isdigit():
        return _is_public_address(host)
    return bool(_TOP.match(top)) and top not in _NOWHERE and top not in _FILES


def _is_public_address(host: str) -> bool:
    """Tell whether an IPv4 address is anybody's on the Internet."""
    from ipaddress import AddressValueError, IPv4Address  # few files name one

    try:
        address = IPv4Address(host)
    except AddressValueError:
        return False
    return address.is_global and not address.is_multicast


def record_hosts(collect: Collector, file: str, data: bytes, *, placed: bool = True) -> None:
    """Record the hosts of the addresses in a file, where anybody asked for them; ``placed`` says that offsets mean something."""
    if not collect.lens.every_host:
        return
    found = list(hosts_in(data))
    for host, scheme, at in found[: collect.hosts_left]:
        collect.fact(FactKind.HOST, host, file, f"+0x{at:x}" if placed else "string table", value=scheme)
    if len(found) >= min(MOST_HOSTS, collect.hosts_left + 1):
        collect.gap(file, "", TOO_MANY_HOSTS)
    collect.hosts_left = max(0, collect.hosts_left - len(found))

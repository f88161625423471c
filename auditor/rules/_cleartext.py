"""Where a build's own settings allow unencrypted traffic.

Android: the network security configuration decides where there is one (from Android 7 on; the manifest's flag then counts for
nothing), else the flag, else the API level the app targets (developer.android.com/privacy-and-security/security-config).
iOS: App Transport Security; three finer keys, where one is present, take the place of the general one
(developer.apple.com/documentation/bundleresources/information-property-list/nsapptransportsecurity).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from auditor.model import Build, Fact, FactKind, Platform

__all__ = ["Cleartext", "cleartext_of"]

_ON = ("true", "1", "-1")
_FLAG, _PERMITTED, _CONFIG, _READ = "usesCleartextTraffic", "cleartextTrafficPermitted", "networkSecurityConfig", "network-security-config"
_FORBIDDEN_FROM = 28
"""From this targetSdkVersion on it is not allowed unless the app says so."""
_LOADS = "NSAllowsArbitraryLoads"
_FINER = ("NSAllowsArbitraryLoadsForMedia", "NSAllowsArbitraryLoadsInWebContent", "NSAllowsLocalNetworking")
_INSECURE = (
    "NSExceptionAllowsInsecureHTTPLoads", "NSTemporaryExceptionAllowsInsecureHTTPLoads", "NSThirdPartyExceptionAllowsInsecureHTTPLoads",
)  # fmt: skip
_BELOW = ("NSIncludesSubdomains", "NSTemporaryIncludesSubdomains", "NSThirdPartyIncludesSubdomains")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleartext:
    """What a build's settings say of unencrypted traffic."""

    everywhere: tuple[Fact, ...]
    """Settings that expressly allow it to any host (iOS: of a kind of content)."""
    domains: tuple[tuple[str, bool, bool, Fact], ...]
    """(domain, those below it too, whether it is allowed there, the setting), longest domain first; public ones only."""
    unsaid: tuple[Fact, ...] = ()
    """The API level the app targets, where that alone allows it."""

    @property
    def allowed(self) -> tuple[tuple[str, Fact], ...]:
        """(domain, setting) of those it is expressly allowed to."""
        return tuple((domain, fact) for domain, _, permitted, fact in self.domains if permitted)

    def allows(self, host: str) -> bool:
        """Tell whether traffic to a host may be unencrypted: the longest domain that it belongs to decides."""
        for domain, below, permitted, _ in self.domains:
            if host == domain or (below and host.endswith(f".{domain}")):
                return permitted
        return bool(self.everywhere or self.unsaid)


def cleartext_of(build: Build) -> Cleartext:
    """Return where a build's settings allow unencrypted traffic; what could not be read allows nothing."""
    facts = build.of(FactKind.TRANSPORT_SECURITY)
    return _ios(facts) if build.identity.platform is Platform.IOS else _android(facts, build)


def _android(facts: tuple[Fact, ...], build: Build) -> Cleartext:
    names = {fact.name for fact in facts}
    if _CONFIG in names and _READ not in names:
        return Cleartext(everywhere=(), domains=())
    flag = _PERMITTED if _CONFIG in names else _FLAG
    domains = [
        (domain, fact.trait("subdomains") == "true", fact.value == "true", fact)
        for fact in facts
        for domain, mark, name in [fact.name.partition(" ! ")]
        if mark and name == _PERMITTED and not fact.trait("local")
    ]
    return Cleartext(
        everywhere=tuple(fact for fact in facts if fact.name == flag and fact.value == "true"),
        domains=tuple(sorted(domains, key=lambda one: (-len(one[0]), one[0], one[3].key))),
        unsaid=() if flag in names else tuple(_older_target(build)),
    )


def _older_target(build: Build) -> Iterator[Fact]:
    for fact in build.of(FactKind.SDK_LEVEL):
        if fact.name == "target" and fact.value.isdecimal() and int(fact.value[:5]) < _FORBIDDEN_FROM:
            yield fact


def _ios(facts: tuple[Fact, ...]) -> Cleartext:
    finer = {fact.location.file for fact in facts if fact.name in _FINER}
    everywhere = [
        fact
        for fact in facts
        if fact.value.lower() in _ON and (fact.name in _FINER[:2] or (fact.name == _LOADS and fact.location.file not in finer))
    ]
    settings = [(fact, *fact.name.partition(" ! ")[::2]) for fact in facts if not fact.trait("local")]
    below = {(fact.location.file, domain) for fact, domain, name in settings if name in _BELOW and fact.value.lower() in _ON}
    domains = [
        (domain.lower(), (fact.location.file, domain) in below, fact.value.lower() in _ON, fact)
        for fact, domain, name in settings
        if name in _INSECURE
    ]
    return Cleartext(everywhere=tuple(everywhere), domains=tuple(sorted(domains, key=lambda one: (-len(one[0]), one[0], one[3].key))))

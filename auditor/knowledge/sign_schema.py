"""The shape of what is known of scripts, hosts and signs of practice: ``script_apis/*.yaml``, ``hosts.yaml`` and
``presence.yaml`` fill it, ``Knowledge.signs`` holds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from auditor.model import Platform, Severity, Text

__all__ = ["NO_SIGNS", "HotFix", "Operator", "PresenceKnowledge", "ScriptInterface", "ScriptLayer", "ScriptModule", "Signs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptInterface:
    """One interface of a script layer that reaches personal data."""

    name: str
    """As scripts write it, dotted: ``uni.getLocation``."""
    data: tuple[str, ...]
    """Data-type ids that a call which succeeds reads."""
    may: tuple[str, ...]
    """Data-type ids it can be a way to."""
    permissions: tuple[str, ...]
    """Android permissions of which one must be held; empty = it needs none."""
    usage_keys: tuple[str, ...]
    """Info.plist keys of which one must be there on iOS; empty = it needs none."""
    severity: Severity
    """How much it says when seen alone; INFO = context only."""
    common: bool
    """Every bundle of the layer holds its words and code that hands it on, or functions of apps have the same name: only its whole
    chain is a sign of it."""
    note: Text
    source: str
    unverified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptModule:
    """One module or plug-in of a script layer that is a way to personal data."""

    name: str
    also: tuple[str, ...]
    """Further names it is known by: packages, channels, classes of the layer."""
    classes: tuple[str, ...]
    """Native classes that show it is in the build."""
    may: tuple[str, ...]
    severity: Severity
    note: Text
    source: str
    unverified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptLayer:
    """One script layer, by the id extraction gives it."""

    id: str
    name: Text
    sdk: str
    """The SDK that is its runtime; empty where it is the system's."""
    interfaces: Mapping[str, ScriptInterface]
    """By name."""
    modules: Mapping[str, ScriptModule]
    """By each of its names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Who runs some hosts, and where it says data goes."""

    name: str
    country: str
    """ISO 3166 code; empty where no source says."""
    hosts: tuple[str, ...]
    """With all below them."""
    source: str
    """Where the operator says so."""
    unverified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceKnowledge:
    """Something looked for in every build, and what shows it."""

    id: str
    name: Text
    platforms: frozenset[Platform]
    words: tuple[str, ...]
    links: tuple[str, ...]
    """Words of addresses, lower case."""
    actions: frozenset[str]
    """Intent actions of receivers."""
    settings: frozenset[str]
    """Settings of script layers."""
    layers: frozenset[str]
    """Asked only of builds that have one of these script layers; empty = of all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HotFix:
    """A framework that replaces code after installation."""

    id: str
    name: Text
    classes: frozenset[str]
    """Any of which shows it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Signs:
    """What is known of scripts, hosts and signs of practice."""

    layers: Mapping[str, ScriptLayer]
    silent_hosts: frozenset[str]
    """Hosts that formats, documents and licences name: never asked by code."""
    operators: tuple[Operator, ...]
    presences: tuple[PresenceKnowledge, ...]
    hot_fixes: tuple[HotFix, ...]

    def operator_of(self, host: str) -> Operator | None:
        """Return who runs a host; the longest claim above it holds."""
        claims = {claim: one for one in self.operators for claim in one.hosts}
        while host:
            if host in claims:
                return claims[host]
            host = host.partition(".")[2]
        return None


NO_SIGNS = Signs(layers={}, silent_hosts=frozenset(), operators=(), presences=(), hot_fixes=())
"""What a knowledge without them has."""

"""Where the platform enters an app's code, and what it calls back there: given by whoever asks for the call graph."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from auditor.build import EntryKind

__all__ = ["START", "USE", "CallbackRules", "Entrance", "Entrances", "Handler"]

START, USE = 1, 2
"""When the platform calls a method: it may while the app starts and nobody touches it, or only once it is used or left."""


@dataclass(frozen=True, kw_only=True)  # no slots: a property is cached
class CallbackRules:
    """Which methods the platform calls on objects whose class extends something of its own."""

    prefixes: tuple[tuple[str, int], ...] = ()
    """(how a method's name starts, START or USE); what follows must not go on in lower case. The longest counts."""
    exact: tuple[tuple[str, str, int], ...] = ()
    """(dotted class of the platform, method, START or USE); goes before the prefixes."""
    annotations: tuple[tuple[str, int], ...] = ()
    """(dotted annotation, START or USE): something outside, a web page or a library, calls methods so annotated on any object made."""

    @cached_property
    def _by_prefix(self) -> dict[str, int]:
        return dict(self.prefixes)

    def trigger(self, name: str) -> int:
        """Return when the platform calls a method of this name, by the prefixes; 0 = nothing known."""
        known = self._by_prefix
        for end in range(len(name), 0, -1):
            if name[:end] in known and not ("a" <= name[end : end + 1] <= "z"):
                return known[name[:end]]
        return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """One place where the platform enters an app's code."""

    kind: EntryKind
    component: str = ""
    """Element of the manifest whose classes are meant, or ``resource``: classes that resources name; empty = those that
    ``extends`` names."""
    extends: str = ""
    """Dotted class whose subclasses are meant."""
    methods: frozenset[str] = frozenset()
    callbacks: bool = False
    """Besides, whatever the callback rules name."""
    start_up: bool = False
    """Runs while the app starts, before anybody touches it."""
    launcher: bool = False
    """Only those the launcher starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """An attribute by which resources name methods that the platform calls."""

    attribute: str
    """``onClick``."""
    component: str
    """Element of the manifest whose classes have the methods."""
    takes: tuple[str, ...]
    """Dotted classes: the method takes an object of one of them, and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrances:
    """Where the platform enters an app's code, and what it calls back."""

    points: tuple[Entrance, ...] = ()
    callbacks: CallbackRules = CallbackRules()
    inflated: tuple[tuple[str, str], ...] = ()
    """(dotted class, dotted type): objects of what extends the class and has a constructor that takes the type are made from
    layouts."""
    handlers: tuple[Handler, ...] = ()

"""What to look for in code: given by whoever asks, so that extraction itself knows no SDK and no law."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auditor.extract.entrances import Entrances

__all__ = ["Lens", "ScriptNames"]

@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptNames:
    """What to look for in the files of one script layer."""

    interfaces: frozenset[str] = frozenset()
    """Dotted names: ``uni.getLocation``."""
    modules: frozenset[str] = frozenset()
    """Names that modules and plug-ins are known by: words, packages, channels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lens:
    """The things whose use in code is worth recording. An empty lens reads class names only, which is fastest."""

    literals: frozenset[str] = frozenset()
    """String literals, exact."""
    hosts: frozenset[str] = frozenset()
    """Hosts: literals that are one, or web addresses on one."""
    native: frozenset[str] = frozenset()
    """Names of dynamic symbols of native libraries."""
    hashed: Container[str] = ()
    """Further literals, as the 16 hex digits of their BLAKE2b-64: too many to be given in full. They are looked for in
    renamed classes of a file in which several renamed classes use one of ``literals``."""
    constants: frozenset[str] = frozenset()
    """Static fields whose constant value is wanted: ``com.example.BuildConfig.VERSION_NAME``."""
    methods: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Methods whose calls are wanted: dotted class -> names, whatever their parameters."""
    fields: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Fields whose reading is wanted: dotted class -> names."""
    exact: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The same as ``methods`` for classes the build has under short names: every class has methods of such names, so calls that only
    inherit one are not looked for."""
    arguments: Mapping[tuple[str, str], Mapping[str, int]] = field(default_factory=dict)
    """(class, method) -> by descriptor (empty = every other overload), the parameter, from 0, whose constant says what the call
    is about."""
    carriers: Mapping[tuple[str, str], Mapping[str, int]] = field(default_factory=dict)
    """The same for methods of the objects such a parameter may be: which parameter of theirs sets the constant it carries."""
    entrances: Entrances | None = None
    """Where code is entered; given, the call graph of the build is followed from there."""
    renamed: re.Pattern[str] | None = None
    """Names that a minifier makes. Which class refers to which of them is recorded once several classes so named use one of
    the literals: only then does anybody ask."""
    named: Callable[[str], bool] | None = None
    """Whether a class's name says whose it is: then it does not count as renamed, however short."""
    selectors: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Objective-C selectors whose use by a Mach-O image is wanted. One that means something only beside certain classes has
    the symbols of these; where a function is seen to use it without any of them, that use is nobody's concern."""
    strings: frozenset[str] = frozenset()
    """Strings wanted in the data of Mach-O images, exact: names by which code reaches what it does not link."""
    symbols: frozenset[str] = frozenset()
    """Imported symbols of Mach-O images (``_getifaddrs``, ``_OBJC_CLASS_$_UIDevice``) of which it is wanted who uses them."""
    scripts: Mapping[str, ScriptNames] = field(default_factory=dict)
    """Layer -> what to look for in its files."""
    wordings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Subject -> words of texts that speak of it, looked for in resources, scripts and strings of code."""
    links: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Subject -> words of addresses that lead to it, lower case."""
    every_host: bool = False
    """Whether to record the hosts that code and files name."""

    def looks_renamed(self, name: str) -> bool:
        """Tell whether a class has a name that a minifier makes and that does not say whose it is."""
        return self.renamed is not None and self.renamed.match(name) is not None and not (self.named is not None and self.named(name))

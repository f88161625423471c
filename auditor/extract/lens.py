"""What to look for in code: given by whoever asks, so that extraction itself knows no SDK and no law."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field

__all__ = ["Lens"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lens:
    """The things whose use in code is worth recording. An empty lens reads class names only, which is fastest."""

    literals: frozenset[str] = frozenset()
    """String literals, exact."""
    hashed: Container[str] = ()
    """Further literals, as the 16 hex digits of their BLAKE2b-64: too many to be given in full. They are looked for in
    renamed classes of a file in which several renamed classes use one of ``literals``."""
    constants: frozenset[str] = frozenset()
    """Static fields whose constant value is wanted: ``com.example.BuildConfig.VERSION_NAME``."""
    methods: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Methods whose calls are wanted: dotted class -> names, whatever their parameters."""
    exact: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The same for classes the build has under short names: every class has methods of such names, so calls that only
    inherit one are not looked for."""
    arguments: Mapping[tuple[str, str], Mapping[str, int]] = field(default_factory=dict)
    """(class, method) -> by descriptor (empty = every other overload), the parameter, from 0, whose constant says what the call
    is about."""
    renamed: re.Pattern[str] | None = None
    """Names that a minifier makes. Which class refers to which is recorded once several classes so named use one of
    the literals: only then does anybody ask."""
    selectors: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Objective-C selectors whose use by a Mach-O image is wanted. One that means something only beside certain classes has
    the symbols of these; where a function is seen to use it without any of them, that use is nobody's concern."""
    strings: frozenset[str] = frozenset()
    """Strings wanted in the data of Mach-O images, exact: names by which code reaches what it does not link."""
    symbols: frozenset[str] = frozenset()
    """Imported symbols of Mach-O images (``_getifaddrs``, ``_OBJC_CLASS_$_UIDevice``) of which it is wanted who uses them."""

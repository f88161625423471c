"""On which devices a permission the manifest asks for can be granted at all."""

from __future__ import annotations

import re
from collections.abc import Mapping

from auditor.model import Build, Fact, FactKind

__all__ = ["LevelRange", "effective_range", "effective_ranges", "minimum_level"]

LevelRange = tuple[int, int | None]
"""First and last API level, both inclusive; None = no upper end."""

_LEVEL = re.compile(r"[0-9]{1,9}\Z", re.ASCII)
_RUNTIME_PERMISSIONS = 23
"""The API level that brought ``uses-permission-sdk-23``; older devices do not read the element."""


def minimum_level(build: Build) -> int:
    """Return the lowest API level the build installs on.

    1 where the manifest states none, as the platform assumes, or names a preview by its code name: a range that is too
    wide hides no permission.
    """
    levels = [level for fact in build.of(FactKind.SDK_LEVEL) if fact.name == "min" and (level := _level(fact.value))]
    return min(levels, default=1)


def effective_range(build: Build, fact: Fact) -> LevelRange | None:
    """Return the API levels on which ``fact``, a PERMISSION or PERMISSION_SDK23 of ``build``, asks for its permission.

    None = on no device the build installs on. ``maxSdkVersion`` of a permission is inclusive; a value that is no
    number limits nothing. ``maxSdkVersion`` of ``uses-sdk`` is not counted: devices after Android 2.0.1 ignore it.
    Source: developer.android.com, "<uses-permission>", "<uses-permission-sdk-23>" and "<uses-sdk>".
    """
    first = minimum_level(build)
    if fact.kind is FactKind.PERMISSION_SDK23:
        first = max(first, _RUNTIME_PERMISSIONS)
    last = _level(fact.trait("max-sdk") or "")
    return None if last is not None and last < first else (first, last)


def effective_ranges(build: Build) -> Mapping[str, LevelRange | None]:
    """Return, for each permission asked for, the API levels on which it is: name → range, sorted by name.

    A permission asked for more than once is asked for wherever one of its elements asks for it; the range then runs
    from the first such level to the last. None = on no device the build installs on.
    """
    ranges: dict[str, LevelRange | None] = {}
    for fact in build.of(FactKind.PERMISSION, FactKind.PERMISSION_SDK23):
        ranges[fact.name] = _union(ranges.get(fact.name), effective_range(build, fact))
    return dict(sorted(ranges.items()))


def _union(left: LevelRange | None, right: LevelRange | None) -> LevelRange | None:
    if left is None or right is None:
        return left or right
    last = None if left[1] is None or right[1] is None else max(left[1], right[1])
    return (min(left[0], right[0]), last)


def _level(text: str) -> int | None:
    return int(text) if _LEVEL.match(text) else None

"""What the strings of a DEX file tell beside names: the hosts they name, and texts that were looked for."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from auditor.build import FactKind
from auditor.extract.collector import Collector
from auditor.extract.hosts import MOST_HOSTS, TOO_MANY_HOSTS, host_strings
from auditor.extract.hybrid import DART
from auditor.extract.lens import Lens
from auditor.extract.wording import wordings_of_strings

__all__ = ["Told"]

_REGISTERING = b"Error registering plugin "
_REGISTERED = re.compile(_REGISTERING + rb"(\w{1,80}), ([\w.$]{1,200})\Z")
"""What the registrant that Flutter's tool writes says of each plug-in where it cannot be made (flutter_plugins.dart)."""
_MOST_PLUGINS = 1000
_PER_STRING = 8
"""Classes recorded of those that use one string."""


class Told:
    """The telling strings of one DEX file, and which classes use them."""

    def __init__(self, strings: Sequence[bytes], place: str, lens: Lens) -> None:
        self._place = place
        self._hosts = host_strings(strings) if lens.every_host else {}
        self._texts = wordings_of_strings(strings, lens.wordings, lens.links) if lens.wordings or lens.links else {}
        self._plugins = list(_plugins(strings)) if lens.scripts else []
        self._users: dict[int, dict[str, None]] = {}

    def __iter__(self) -> Iterator[int]:
        yield from self._hosts
        yield from (index for index in self._texts if index not in self._hosts)

    def __bool__(self) -> bool:
        return bool(self._hosts or self._texts or self._plugins)

    def used(self, index: int, class_: str) -> None:
        """Note that the code of a class uses a string."""
        users = self._users.setdefault(index, {})
        if len(users) < _PER_STRING:
            users[class_] = None

    def record(self, collect: Collector) -> None:
        """Record what was told; a string that no code uses stands in the table all the same."""
        for name, class_ in self._plugins:
            collect.fact(FactKind.SCRIPT_MODULE, name, self._place, class_, value=class_, by=DART, **{"as": "plugin"})
        most = left = min(MOST_HOSTS, collect.hosts_left)
        for index, (host, scheme) in self._hosts.items():
            for class_ in self._users.get(index) or ("",):
                left -= 1
                if left >= 0:
                    collect.fact(FactKind.HOST, host, self._place, class_, value=scheme, by=class_)
        collect.hosts_left -= most - max(left, 0)
        if left < 0:
            collect.gap(self._place, "", TOO_MANY_HOSTS)
        for index, (subject, text) in self._texts.items():
            for class_ in list(self._users.get(index) or ("",))[:1]:
                collect.fact(FactKind.WORDING, subject, self._place, class_, value=text)


def _plugins(strings: Sequence[bytes]) -> Iterator[tuple[str, str]]:
    """Yield (name, class) of the plug-ins a Flutter app registers."""
    first = bisect_left(strings, _REGISTERING)
    for raw in strings[first : first + _MOST_PLUGINS]:
        if not raw.startswith(_REGISTERING):
            return
        if match := _REGISTERED.match(raw):
            yield match[1].decode("ascii", "replace"), match[2].decode("ascii", "replace")

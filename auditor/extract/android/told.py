"""What the strings of a DEX file tell beside names: the hosts they name, and texts that were looked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.extract.collector import Collector
from auditor.extract.hosts import MOST_HOSTS, TOO_MANY_HOSTS, host_strings
from auditor.extract.lens import Lens
from auditor.extract.wording import wordings_of_strings
from auditor.model import FactKind

__all__ = ["Told"]

_PER_STRING = 8
"""Classes recorded of those that use one string."""


class Told:
    """The telling strings of one DEX file, and which classes use them."""

    def __init__(self, strings: Sequence[bytes], place: str, lens: Lens) -> None:
        self._place = place
        self._hosts = host_strings(strings) if lens.every_host else {}
        self._texts = wordings_of_strings(strings, lens.wordings, lens.links) if lens.wordings or lens.links else {}
        self._users: dict[int, dict[str, None]] = {}

    def __iter__(self) -> Iterator[int]:
        yield from self._hosts
        yield from (index for index in self._texts if index not in self._hosts)

    def __bool__(self) -> bool:
        return bool(self._hosts or self._texts)

    def used(self, index: int, class_: str) -> None:
        """Note that the code of a class uses a string."""
        users = self._users.setdefault(index, {})
        if len(users) < _PER_STRING:
            users[class_] = None

    def record(self, collect: Collector) -> None:
        """Record what was told; a string that no code uses stands in the table all the same."""
        left = MOST_HOSTS
        for index, (host, scheme) in self._hosts.items():
            for class_ in self._users.get(index) or ("",):
                left -= 1
                if left >= 0:
                    collect.fact(FactKind.HOST, host, self._place, class_, value=scheme, by=class_)
        if left < 0:
            collect.gap(self._place, "", TOO_MANY_HOSTS)
        for index, (subject, text) in self._texts.items():
            for class_ in list(self._users.get(index) or ("",))[:1]:
                collect.fact(FactKind.WORDING, subject, self._place, class_, value=text)

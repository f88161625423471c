"""Seeds: the hashes of literals that one fingerprint id alone holds, too many for YAML, packed for looking up.

Format of the file: the line ``seeds 1``, a line of ids apart by one space, then the hashes in rising order (unsigned, 8
bytes each) and, in the same order, the place of each one's id in that line (2 bytes each); both little-endian.
"""

from __future__ import annotations

import hashlib
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping

__all__ = ["SEEDS", "Seeds", "pack_seeds", "seed"]

SEEDS = "fingerprints/seeds.bin"
"""The file beside this one, made by ``python -m tools.fingerprints train``."""

_MAGIC = b"seeds 1\n"
_MOST_IDS = 1 << 16


def seed(literal: str) -> str:
    """Return the 16 hexadecimal digits that stand for a literal: its BLAKE2b-64."""
    return hashlib.blake2b(literal.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


class Seeds(Mapping[str, str]):
    """Hash of a literal -> the id that owns it."""

    def __init__(self, packed: bytes) -> None:
        """Read a packed file. Raises ValueError where it is damaged."""
        end = packed.find(b"\n", len(_MAGIC))
        if not packed.startswith(_MAGIC) or end < 0:
            raise ValueError("no file of seeds: it does not start like one")
        body = end + 1
        count, rest = divmod(len(packed) - body, 10)
        self.ids = tuple(packed[len(_MAGIC) : end].decode("ascii").split(" "))
        if rest or len(self.ids) > _MOST_IDS:
            raise ValueError("a file of seeds cut short")
        self._hashes = array("Q", packed[body : body + 8 * count])
        self._owners = array("H", packed[body + 8 * count :])
        if sys.byteorder == "big":
            self._hashes.byteswap()
            self._owners.byteswap()
        if count and max(self._owners) >= len(self.ids):
            raise ValueError("a seed is of no id")

    def first_disorder(self) -> str:
        """Return the first hash that does not rise above the one before it (two ids own it); empty = there is none."""
        hashes = self._hashes
        return next((f"{one:016x}" for at, one in enumerate(hashes) if at and hashes[at - 1] >= one), "")

    def _place(self, key: object) -> int:
        """Return where a hash stands; -1 where it is none or unknown."""
        if not isinstance(key, str) or len(key) != 16:
            return -1
        try:
            wanted = int.from_bytes(bytes.fromhex(key), "big")
        except ValueError:
            return -1
        at = bisect_left(self._hashes, wanted)
        return at if at < len(self._hashes) and self._hashes[at] == wanted else -1

    def __getitem__(self, key: str) -> str:
        at = self._place(key)
        if at < 0:
            raise KeyError(key)
        return self.ids[self._owners[at]]

    def __contains__(self, key: object) -> bool:
        return self._place(key) >= 0

    def __iter__(self) -> Iterator[str]:
        return (f"{one:016x}" for one in self._hashes)

    def __len__(self) -> int:
        return len(self._hashes)


def pack_seeds(literals: Mapping[str, Iterable[str]]) -> bytes:
    """Return the file of seeds for the literals each id owns; one that two ids own is left out."""
    ids = sorted(literals)
    owners: dict[int, int] = {}
    shared: set[int] = set()
    for place, id_ in enumerate(ids):
        for one in literals[id_]:
            if owners.setdefault(number := int(seed(one), 16), place) != place:
                shared.add(number)
    kept = sorted(owners.keys() - shared)
    hashes, places = array("Q", kept), array("H", (owners[one] for one in kept))
    if sys.byteorder == "big":
        hashes.byteswap()
        places.byteswap()
    return _MAGIC + " ".join(ids).encode("ascii") + b"\n" + hashes.tobytes() + places.tobytes()

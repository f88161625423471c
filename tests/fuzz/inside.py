"""One target under libFuzzer: ``python -m tests.fuzz.inside TARGET [FLAG …] [CORPUS]``, the flags being libFuzzer's own."""

from __future__ import annotations

import random
import sys

import atheris

from tests.fuzz.archives import mutate_inside
from tests.fuzz.targets import TARGETS

__all__ = ["main"]

_INSTRUMENTED = ["auditor", "androguard.core.axml", "biplist", "openstep_plist"]
_INSIDE = 0.8
"""How many of the changes to archives are made inside them."""


def main(name: str, flags: list[str]) -> None:
    """Hand this process over to libFuzzer, with the code of the readers instrumented as it is imported."""
    target = TARGETS[name]
    with atheris.instrument_imports(include=_INSTRUMENTED, enable_loader_override=False):
        # readers are imported inside functions: reading the sound files imports what they take
        for seed in target.seeds():
            target.takes(seed)

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        if random.Random(seed).random() < _INSIDE:
            changed = mutate_inside(data, seed, lambda content: atheris.Mutate(content, max(2 * len(content), 64)))
            if changed is not None and len(changed) <= most:
                return changed
        return bytes(atheris.Mutate(data, most))

    def read(data: bytes) -> None:
        target.takes(data)

    more = {"custom_mutator": mutate} if target.archive else {}
    atheris.Setup([sys.argv[0], *flags], read, **more)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])

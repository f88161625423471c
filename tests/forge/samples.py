"""Forges the committed samples again: ``python -m tests.forge.samples`` writes ``sample_apks/``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.forge import tego_android, tego_harmony, tego_ios

__all__ = ["DIRECTORY", "SAMPLES", "main"]

DIRECTORY = Path(__file__).resolve().parents[2] / "sample_apks"

SAMPLES: Mapping[str, Callable[[], bytes]] = {
    "tego-faithful.apk": tego_android.faithful,
    "tego-drifted.apk": tego_android.drifted,
    "tego-packed.apk": tego_android.packed,
    "tego-faithful.ipa": tego_ios.faithful,
    "tego-drifted.ipa": tego_ios.drifted,
    "tego-encrypted.ipa": tego_ios.encrypted,
    "tego-faithful.hap": tego_harmony.faithful,
    "tego-drifted.app": tego_harmony.drifted,
}


def main() -> None:
    """Write every sample."""
    DIRECTORY.mkdir(exist_ok=True)
    for name, forge in SAMPLES.items():
        data = forge()
        (DIRECTORY / name).write_bytes(data)
        print(f"{name}  {len(data)} bytes")


if __name__ == "__main__":
    main()

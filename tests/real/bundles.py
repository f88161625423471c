"""The iOS pieces the tests read, put together as an app's build puts them together: linked, and packed as an IPA."""

from __future__ import annotations

import io
import plistlib
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

__all__ = ["info_plist", "members", "pack_ipa"]


def members(tree: Path) -> dict[str, bytes]:
    """Return every file of a tar archive by its path; Finder's ``._`` companions are left out."""
    found: dict[str, bytes] = {}
    with tarfile.open(tree) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            path = member.name.removeprefix("./")
            if content is not None and not path.rpartition("/")[2].startswith("._"):
                found[path] = content.read()
    return found


def pack_ipa(path: Path, app: str, files: Mapping[str, bytes]) -> Path:
    """Write an IPA whose app bundle ``app`` holds ``files``, by their paths in the bundle."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(f"Payload/{app}/{name}"), files[name], zipfile.ZIP_DEFLATED, 1)
    return path


def info_plist(**keys: object) -> bytes:
    """Return a binary Info.plist."""
    buffer = io.BytesIO()
    plistlib.dump(keys, buffer, fmt=plistlib.FMT_BINARY)
    return buffer.getvalue()

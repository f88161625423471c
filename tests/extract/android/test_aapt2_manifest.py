"""Android's own tool reads each odd manifest as we do, but where the table in docs/explanation/malformed-builds.md says why not.

aapt2 reads binary XML with the platform's own library; it takes attributes in any order, by id, and does not move elements.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from auditor.extract.android.axml import AxmlError, read_document
from tests.extract.android import test_hostile_manifest as hostile
from tests.extract.android.test_hostile_manifest import (
    CAMERA,
    INTERNET,
    NAME,
    NO_STRING,
    SPACE,
    UNNUMBERED,
    USES_CAMERA,
    asking,
    chunks,
    of_string,
    pool,
    put,
    text,
)
from tests.forge.axml import Chunks, resource_map

pytestmark = pytest.mark.skipif(not shutil.which("aapt2"), reason="aapt2 is not installed")

SWAPPED = list(hostile.STRINGS)
SWAPPED[CAMERA], SWAPPED[INTERNET] = SWAPPED[INTERNET], SWAPPED[CAMERA]


def two_pools() -> Chunks:
    w = chunks()
    w.body = Chunks(SWAPPED, []).body[: -len(resource_map([]))] + w.body
    return w


ALIKE = {
    "plain": asking(USES_CAMERA).bytes(),
    "outer-header": asking(USES_CAMERA).bytes(head=24),
    "chunk-before-root": asking(USES_CAMERA, into=chunks().chunk(0x0080, b"\0" * 8, head=8)).bytes(),
    "two-string-pools": asking(USES_CAMERA, into=two_pools()).bytes(),
    "namespace-missing": asking(text(NAME, CAMERA, space=NO_STRING)).bytes(),
    "raw-value-lies": asking(text(NAME, CAMERA, raw=INTERNET)).bytes(),
    "given-twice": asking(USES_CAMERA, text(NAME, INTERNET)).bytes(),
    "decoy-without-id": asking(text(UNNUMBERED, INTERNET), USES_CAMERA).bytes(),
    "longer-attributes": asking(USES_CAMERA, size=28).bytes(),
    "attributes-further-on": asking(USES_CAMERA, first=32).bytes(),
    "styles-nowhere": asking(USES_CAMERA, into=pool(put(0xFFFFFF00, 24))).bytes(),
    "chunk-of-no-size-behind-root": asking(USES_CAMERA).chunk(0x0101, bytes(8), size=0).bytes(),
    "bytes-behind": asking(USES_CAMERA).bytes() + b"\0" * 64,
    "size-beyond-file": asking(USES_CAMERA).bytes(size=0x42424242),
    "pool-countless": asking(USES_CAMERA, into=pool(put(0xFFFFFFFF, 8))).bytes(),
    "pool-without-last-zero": asking(USES_CAMERA, into=pool(lambda data: data.__setitem__(slice(-4, None), b"\1" * 4))).bytes(),
    "style-without-end": asking(USES_CAMERA, into=pool(put(1, 12))).bytes(),
    "no-element": chunks().bytes(),
}
OTHERWISE = {
    # the framework asks for a UTF-8 text as it is, and never for its length in UTF-16; this tool does
    "utf16-length-lies": (asking(USES_CAMERA, into=pool(of_string(CAMERA, 0, 0x7F, "<B"), utf8=True)).bytes(), ["CAMERA"], []),
    # the installer asks for attributes in the order of their ids
    "ids-do-not-ascend": (asking((SPACE, 1, NO_STRING, 0x10, 28), USES_CAMERA).bytes(), [""], ["CAMERA"]),
    # up to Android 9 texts were read by their length; this tool is of 10
    "no-zero-behind-it": (
        asking(USES_CAMERA, into=pool(of_string(CAMERA, 2 + 2 * len(hostile.P + "CAMERA"), 0x41, "<H"))).bytes(),
        ["CAMERA"],
        [],
    ),
}


def aapt2(tmp_path: Path, data: bytes) -> list[str] | None:
    """Return the permissions that aapt2 finds in a manifest; None where it refuses it."""
    path = tmp_path / "build.apk"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("AndroidManifest.xml", data)
    done = subprocess.run(["aapt2", "dump", "permissions", str(path)], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        return None
    return [name.removeprefix(hostile.P) for name in re.findall(r"^uses-permission: name='([^']*)'", done.stdout, re.MULTILINE)]


def ours(data: bytes) -> list[str] | None:
    """Return the permissions that we find; None where we refuse it."""
    try:
        return hostile.permissions(read_document(data))
    except AxmlError:
        return None


@pytest.mark.parametrize("name", ALIKE)
def test_aapt2_finds_the_same(tmp_path: Path, name: str) -> None:
    assert aapt2(tmp_path, ALIKE[name]) == ours(ALIKE[name])


@pytest.mark.parametrize("name", OTHERWISE)
def test_where_aapt2_differs_it_is_known_why(tmp_path: Path, name: str) -> None:
    data, we, tool = OTHERWISE[name]
    assert (ours(data), aapt2(tmp_path, data)) == (we, tool)

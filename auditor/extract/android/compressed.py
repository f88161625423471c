"""Code in compressed files that no ZIP reader opens: looked into as far as their first bytes, never unpacked."""

from __future__ import annotations

import zlib

from auditor.archive import Unreadable
from auditor.extract.android.dex import is_dex
from auditor.said import said

TYPE_CHECKING = False
if TYPE_CHECKING:
    from auditor.archive import Archive
    from auditor.build import Text

__all__ = ["hidden_code"]

_XZ, _GZIP, _7Z, _ZSTD = b"\xfd7zXZ\0", b"\x1f\x8b\x08", b"7z\xbc\xaf\x27\x1c", b"\x28\xb5\x2f\xfd"
_ZIP = b"PK\x03\x04"
_HEAD = 64 << 10
_SHOWN = 256 << 10
"""So much of what is compressed is looked at."""
_XZ_MEMORY = 256 << 20
_CODE_NAMES = (".dex", ".jar", ".apk", ".zip", ".so")


def hidden_code(archive: Archive, name: str, magic: bytes) -> Text | None:
    """Return why an entry may hold code that was not read, by its first bytes; None where it holds none or is no such file."""
    if magic.startswith(_7Z):
        return said(
            zh="是 7z 压缩包，未能读取，其中可能有运行时加载的代码；请向开发者索取其内容",
            en="is a 7z archive, which was not read and may hold code loaded at run time; ask the developer for what is in it",
        )
    if magic.startswith(_ZSTD):
        # its contents cannot be looked at, and most such files are data: only a name that says code counts
        return _packed("zstd") if any(part in name.lower() for part in _CODE_NAMES) else None
    if magic.startswith((_XZ, _GZIP)):
        try:
            head = archive.peek(name, _HEAD)
        except Unreadable:
            return None  # said elsewhere: the entry itself cannot be read
        first = _first_bytes(head, magic)
        if is_dex(first) or (first.startswith(_ZIP) and _names_code(first)):
            return _packed("xz" if magic.startswith(_XZ) else "gzip")
    return None


def _packed(how: str) -> Text:
    return said(
        zh=f"是用 {how} 压缩的代码，未读取；请向开发者索取解压后的文件",
        en=f"is code compressed with {how} and was not read; ask the developer for the file before compression",
    )


def _names_code(data: bytes) -> bool:
    """Tell whether the start of a ZIP archive names code; one of pictures or map data does not."""
    at = data.find(_ZIP)
    while at >= 0:
        length = int.from_bytes(data[at + 26 : at + 28], "little")
        name = data[at + 30 : at + 30 + length].decode("utf-8", "replace").lower()
        if name.startswith("meta-inf/") or name.endswith((*_CODE_NAMES, ".class")):
            return True
        at = data.find(_ZIP, at + 4)
    return False


def _first_bytes(head: bytes, magic: bytes) -> bytes:
    if magic.startswith(_GZIP):
        try:
            return zlib.decompressobj(31).decompress(head, _SHOWN)
        except zlib.error:
            return b""
    import lzma  # few builds hold such a file

    try:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, _XZ_MEMORY).decompress(head, _SHOWN)
    except (lzma.LZMAError, EOFError, MemoryError):
        return b""

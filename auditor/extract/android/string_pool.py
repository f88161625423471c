"""String pools of binary XML and resource tables, read by the platform's rules: the same strings, the same refusals.

Format and rules: ResStringPool in ResourceTypes.h and ResourceTypes.cpp, and how the framework turns a string into one of
Java's: StringBlock in android_util_StringBlock.cpp, both of the Android Open Source Project.
"""

from __future__ import annotations

import struct

from auditor.extract.android.names import mutf8

__all__ = ["PoolError", "StringPool"]

_HEADER = struct.Struct("<HHI5I")
_UTF8 = 1 << 8
_END_OF_SPAN = b"\xff" * 12
_MAX_TEXT = 1 << 20
"""Characters of one string; the platform's own limits lie far below."""


class PoolError(ValueError):
    """A string pool that the platform refuses; the message says why, in English."""


class StringPool:
    """The strings of one pool, decoded when they are asked for."""

    def __init__(self, data: bytes, at: int) -> None:
        """Open the pool whose chunk starts at byte ``at``. Raises PoolError where the platform would not open it."""
        if at + _HEADER.size > len(data):
            raise PoolError("a string pool is cut short")
        head, size, strings, styles, flags, strings_at, styles_at = _HEADER.unpack_from(data, at)[1:]
        self._count: int = strings
        if head < _HEADER.size or size < head or (head | size) & 3 or at + size > len(data):
            raise PoolError("a string pool does not fit")
        self._data = data
        self._entries = at + head
        self._utf8 = bool(flags & _UTF8)
        self._strings = at + strings_at
        self._units = 0
        self._known: dict[int, str | None] = {}
        self.unterminated: set[int] = set()
        """Strings without the zero behind them, by index: platforms before Android 10 read them, later ones do not."""
        self.cut: set[int] = set()
        """Strings with a zero inside, by index: the framework reads them up to it."""
        if strings:
            self._check_strings(size, head, strings_at, styles_at if styles else 0)
        if styles:
            self._check_styles(at, size, head, styles_at)

    def _check_strings(self, size: int, head: int, strings_at: int, styles_at: int) -> None:
        width = 1 if self._utf8 else 2
        if head + 4 * self._count > size or strings_at >= size - 2:
            raise PoolError("the tables of a string pool do not fit")
        end = size
        if styles_at:
            if not strings_at < styles_at < size - 2:
                raise PoolError("the styles of a string pool do not follow its strings")
            end = styles_at
        self._units = (end - strings_at) // width
        last = self._strings + (self._units - 1) * width
        if self._units == 0 or any(self._data[last : last + width]):
            raise PoolError("a string pool does not end with a zero")

    def _check_styles(self, at: int, size: int, head: int, styles_at: int) -> None:
        units = (size - styles_at) // 4
        if head + 4 * self._count > size or styles_at >= size or units < 3:
            raise PoolError("the styles of a string pool do not fit")
        end = at + styles_at + 4 * units
        if self._data[end - len(_END_OF_SPAN) : end] != _END_OF_SPAN:
            raise PoolError("the styles of a string pool have no end")

    def __len__(self) -> int:
        return self._count

    def get(self, index: int) -> str | None:
        """Return a string as the framework hands it to Java; None where the pool has no such string, or it cannot be read."""
        if not 0 <= index < self._count:
            return None
        if index not in self._known:
            self._known[index] = self._utf8_at(index) if self._utf8 else self._utf16_at(index)
        return self._known[index]

    def lies(self, index: int) -> bool:
        """Tell whether a UTF-8 string has another length in UTF-16 than it says: the framework never asks, other readers do."""
        if not self._utf8 or not 0 <= index < self._count:
            return False
        start = self._strings + self._offset(index)
        said, _ = self._length8(start)
        text = self.get(index)
        if said is None or text is None or index in self.cut:
            return False
        return said != len(text.encode("utf-16-le", "surrogatepass")) // 2 & 0x7FFF

    def _offset(self, index: int) -> int:
        at = self._entries + 4 * index
        return int.from_bytes(self._data[at : at + 4], "little")

    def _length8(self, at: int) -> tuple[int | None, int]:
        """Return a length of one or two bytes, and where what follows it starts."""
        data = self._data
        if at + 1 >= len(data):
            return None, at
        first = data[at]
        return (first, at + 1) if first < 0x80 else ((first & 0x7F) << 8 | data[at + 1], at + 2)

    def _utf8_at(self, index: int) -> str | None:
        data, offset = self._data, self._offset(index)
        if offset >= self._units - 1:
            return None
        _, at = self._length8(self._strings + offset)
        length, at = self._length8(at)
        end_of_pool = self._strings + self._units
        if length is None or at + length >= end_of_pool:
            return None
        # a writer that cut lengths to 15 bits has longer strings behind them (ResStringPool::stringDecodeAt)
        end = next((at + more for more in range(length, end_of_pool - at, 0x8000) if data[at + more] == 0), None)
        if end is None:
            self.unterminated.add(index)
            end = data.find(b"\0", at, end_of_pool)
        # JNI takes its strings to the first zero (NewStringUTF)
        zero = data.find(b"\0", at, end)
        if zero >= 0:
            self.cut.add(index)
            end = zero
        return mutf8(data[at : min(end, at + 3 * _MAX_TEXT)])

    def _utf16_at(self, index: int) -> str | None:
        data, offset = self._data, self._offset(index) // 2
        if offset >= self._units - 1:
            return None
        start = self._strings + 2 * offset
        length = int.from_bytes(data[start : start + 2], "little")
        at = start + 2
        if length & 0x8000:
            length = (length & 0x7FFF) << 16 | int.from_bytes(data[at : at + 2], "little")
            at += 2
        if (at - self._strings) // 2 + length >= self._units:
            return None
        if any(data[at + 2 * length : at + 2 * length + 2]):
            self.unterminated.add(index)
        return data[at : at + 2 * min(length, _MAX_TEXT)].decode("utf-16-le", "surrogatepass")

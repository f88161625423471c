"""The tables of a DEX file, asked for single names."""

from __future__ import annotations

import struct
import sys
from array import array

from auditor.extract.android.names import mutf8, one_string, read_strings, type_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from auditor.archive.fast import Bytes

__all__ = ["Tables"]


class Tables:
    """The tables of one DEX, asked for single names; indices are checked.

    ``types`` are the dotted names of its types, where they were read before.
    """

    def __init__(self, data: Bytes, header: int, types: tuple[str, ...] | None = None) -> None:
        self.data, self.header = data, header
        self._strings: list[bytes] | None = None
        values = struct.unpack_from("<14I", data, header + 0x38)
        self._string_data = self.words(values[1], values[0])
        self.types = self.words(values[3], values[2])
        self.type_names = type_names(data, header, len(data)) if types is None else types
        """Dotted; empty for arrays, primitives and what cannot be read."""
        self.field_ids, self.fields = values[7], values[6]
        self.method_ids, self.methods = values[9], values[8]
        self.class_defs, self.classes = values[11], values[10]
        for offset, count in ((self.field_ids, self.fields), (self.method_ids, self.methods)):
            if count and offset + 8 * count > len(data):
                raise ValueError("a table lies outside the file")
        definitions = self.words(self.class_defs, 8 * self.classes)
        self._class_types, self._parents = definitions[::8], definitions[2::8]

    def words(self, offset: int, count: int) -> array[int]:
        """Return ``count`` words of 32 bits. Raises ValueError where they lie outside the file."""
        if count and (count > len(self.data) // 4 or offset + 4 * count > len(self.data)):
            raise ValueError("a table lies outside the file")
        words = array("I", self.data[offset : offset + 4 * count])
        if sys.byteorder == "big":
            words.byteswap()
        return words

    @property
    def strings(self) -> list[bytes]:
        """All strings, as their bytes (modified UTF-8); what cannot be read is empty. Many: ask for single ones where that does."""
        if self._strings is None:
            self._strings = read_strings(self.data, self.header)
        return self._strings

    @property
    def string_count(self) -> int:
        """How many strings there are."""
        return len(self._string_data)

    def string(self, index: int) -> bytes | None:
        """Return one string's bytes (modified UTF-8), or None where there is none; what cannot be read is empty."""
        return one_string(self.data, self._string_data[index]) if index < len(self._string_data) else None

    def type_name(self, index: int) -> str:
        """Return a class's dotted name; empty for arrays, primitives and what cannot be read."""
        return self.type_names[index] if index < len(self.type_names) else ""

    @property
    def class_names(self) -> list[str]:
        """The dotted names of the defined classes, in the order of their definition."""
        return self._names(self._class_types)

    @property
    def parents(self) -> dict[str, str]:
        """Defined class -> its superclass, both dotted; empty for one that has none."""
        return dict(zip(self.class_names, self._names(self._parents), strict=True))

    def _names(self, indices: array[int]) -> list[str]:
        names, known = self.type_names, len(self.type_names)
        return [names[index] if index < known else "" for index in indices]

    def descriptor(self, index: int) -> str:
        """Return a type as the format writes it (``Lcom/example/Foo;``, ``[I``); ``?`` where it cannot be read."""
        raw = self.string(self.types[index]) if index < len(self.types) else None
        return mutf8(raw) if raw else "?"

    def field_name(self, index: int) -> str:
        """Return a field as ``com.example.Foo.BAR``; ``?`` where it cannot be read."""
        if index >= self.fields:
            return "?"
        class_, _, name = struct.unpack_from("<HHI", self.data, self.field_ids + 8 * index)
        raw = self.string(name)
        return f"{self.type_name(class_)}.{mutf8(raw)}" if raw else "?"

    def field_type(self, index: int) -> str:
        """Return a field's type as the format writes it; ``?`` where it cannot be read."""
        return self.descriptor(struct.unpack_from("<H", self.data, self.field_ids + 8 * index + 2)[0]) if index < self.fields else "?"

    def class_type(self, class_def: int) -> int:
        """Return the type index of a defined class."""
        return self._class_types[class_def]

    def class_name(self, class_def: int) -> str:
        """Return the dotted name of a defined class."""
        return self.type_name(self.class_type(class_def))

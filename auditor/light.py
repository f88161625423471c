"""Named tuples for what starts often and ends soon: the modules ``typing`` and ``collections`` take as long to import as looking
through a small app.

>>> class Point(NamedTuple):
...     x: int
...     y: int = 0
>>> Point(1)
Point(x=1, y=0)

Type checkers are shown ``typing.NamedTuple``, which is written the same way.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from _operator import itemgetter

    def _replace(self, /, **changes):
        """Return a copy with other values in some fields. Raises ValueError for a field there is none of."""
        copy = tuple.__new__(type(self), [changes.pop(name, old) for name, old in zip(self._fields, self, strict=True)])
        if changes:
            raise ValueError(f"Got unexpected field names: {list(changes)!r}")
        return copy

    def _asdict(self):
        """Return the items by their names."""
        return dict(zip(self._fields, self, strict=True))

    def _items(self):
        return tuple(self)  # what copies and pickles give back to the class

    def _shown(self):
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in zip(self._fields, self, strict=True))})"

    class _Meta(type):
        def __new__(meta, name, bases, space):
            if not bases:
                return super().__new__(meta, name, bases, space)
            fields = tuple(space.get("__annotations__", ()))
            defaults = tuple(space.pop(field) for field in fields if field in space)
            # one function per class, as fast as any that is written out
            made = eval(f"lambda _cls, {', '.join(fields)}: _new(_cls, ({', '.join(fields)},))", {"_new": tuple.__new__})  # noqa: S307 - of names the class has
            made.__defaults__ = defaults
            made.__qualname__ = f"{space['__qualname__']}.__new__"
            inherited = {
                "__slots__": (), "_fields": fields, "__match_args__": fields, "__new__": made, "__repr__": _shown,
                "__getnewargs__": _items, "_replace": _replace, "_asdict": _asdict,
            }  # fmt: skip
            getters = {field: property(itemgetter(number)) for number, field in enumerate(fields)}
            return type(name, (tuple,), {**inherited, **getters, **space})

    class NamedTuple(metaclass=_Meta):
        """A tuple whose items have names, by the annotations of the class."""


__all__ = ["NamedTuple"]

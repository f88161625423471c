"""What keeps the code of a DEX file from being read, in words."""

from __future__ import annotations

from auditor.said import said

TYPE_CHECKING = False
if TYPE_CHECKING:
    from auditor.build import Text

__all__ = ["broken", "endless", "outside"]


def outside() -> Text:
    """Return that tables lie outside the file."""
    return said(
        zh="代码区的索引表超出文件范围，无法读取其中的代码", en="has code tables that lie outside the file; its code was not read"
    )


def broken(count: int) -> Text:
    """Return that classes or methods are broken."""
    return said(
        zh=f"{count} 个类或方法的代码已损坏，未能读取", en=f"holds {count} classes or methods whose code is broken and was not read"
    )


def endless() -> Text:
    """Return that there is more to read than a file can hold."""
    return said(
        zh="代码指令数超过上限，其余部分未读取", en="holds more instructions than a file of its size can; the rest was not read"
    )

"""What is no ZIP archive, read as if it were one: a directory, or a single file; and an archive seen under another path.

A framework is a directory, a static library a single file; readers meet them through the interface of an archive.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Self

from auditor.archive import Archive, Budget, Entry, Limits, Unreadable, printable
from auditor.archive.fast import Bytes
from auditor.build import Text
from auditor.errors import BuildError

__all__ = ["Folder", "Under", "View"]

_NO_LINKS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Folder(Archive):
    """The files below a directory, or one file, as the entries of an archive.

    Symbolic links are never followed: what one inside leads to has its own entry, one that leads out is a fault.
    """

    is_directory: bool
    """A directory, not a single file."""
    _paths: dict[str, Path]

    @classmethod
    def open(cls, path: str | os.PathLike[str], limits: Limits | None = None) -> Folder:
        """Open a directory or a single file. Raises BuildError when it cannot be read or holds too many files.

        The size of a directory is that of all its files; its checksum waits for :meth:`checksum`.
        """
        limits = limits or Limits()
        # of "." and ".." only the system knows the name
        path = Path(path)
        path = path if path.name.strip(".") else path.resolve()
        shown = printable(path)
        try:
            single = stat.S_ISREG(path.stat().st_mode)
            found = _one(path) if single else _below(path, limits)
        except OSError as error:
            raise BuildError(f"{shown} cannot be read ({error.strerror})", "check the path and its permissions") from None
        entries, paths, damaged = found
        if len(entries) > limits.entries:
            raise BuildError(f"{shown} holds more than {limits.entries} files", "give one app or library; this is none")
        archive = cls(shown, "", entries, sum(entry.size for entry in entries.values()), limits, Budget(limits.total_bytes))
        archive.damaged, archive.is_directory, archive._paths = damaged, not single, paths
        return archive

    def checksum(self) -> str:
        """Return the SHA-256 of the file as lower-case hex; what cannot be read joins the damaged.

        Of a directory it is taken over ``<path> NUL <sha256 in hex> LF`` for each file, in the order of the paths.
        """
        whole = hashlib.sha256()
        for name in sorted(self.entries):
            digest = ""
            try:
                with open(self._paths[name], "rb", opener=_opener) as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
            except OSError as error:
                self.damaged[name] = _unreadable(error).reason
            if not self.is_directory:
                return digest
            whole.update(f"{name}\0{digest}\n".encode())
        return whole.hexdigest()

    def peek(self, name: str, length: int = 8) -> bytes:
        """Return the first bytes of a file, or fewer. Raises KeyError for an unknown name, Unreadable as ``read`` does."""
        return self._first(name, length)

    def read(self, name: str, limit: int | None = None, *, asset: bool = False) -> bytes:
        """Return a file's bytes. Raises KeyError for an unknown name and Unreadable for one that cannot be read."""
        most = min(self._limits.entry_bytes, limit if limit is not None else self._limits.entry_bytes)
        size = self.entries[name].size
        if size > most:
            reason = f"大小 {size} 字节超过上限 {most} 字节，未读取"
            raise Unreadable(Text(zh=reason, en=f"is {size} bytes, over the limit of {most}; not read"))
        self._spend(size)
        data = self._first(name, size + 1)
        if len(data) != size:
            raise Unreadable(Text(zh="文件在读取过程中发生了变化", en="changed while it was read"))
        return data

    read_buffer = read

    def _first(self, name: str, length: int) -> bytes:
        try:
            with open(self._paths[name], "rb", opener=_opener) as file:
                return file.read(length)
        except OSError as error:
            raise _unreadable(error) from None

    def nested(self, name: str) -> Archive:
        """Open an archive inside. Raises Unreadable when it cannot be, or lies too deep."""
        data = self.read(name)
        try:
            return Archive._read(
                name, self.place(name) + "!/", data, self._limits, self._budget, self._depth + 1
            )
        except BuildError as error:
            raise Unreadable(
                Text(zh="其中的压缩包无法打开，可能已损坏", en=f"the archive inside cannot be opened: {error.message}")
            ) from None


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags | _NO_LINKS)


def _unreadable(error: OSError) -> Unreadable:
    return Unreadable(Text(zh=f"文件无法读取（{error.strerror}）", en=f"cannot be read ({error.strerror})"))


_Found = tuple[dict[str, Entry], dict[str, Path], dict[str, Text]]
"""Entries and paths by name, and what is wrong with some of them."""


def _entry(name: str, size: int) -> Entry:
    return Entry(name, 0, 0, 0, size, size, 0)


def _one(path: Path) -> _Found:
    name = printable(path.name)
    return {name: _entry(name, path.stat().st_size)}, {name: path}, {}


def _below(root: Path, limits: Limits) -> _Found:
    """Return the regular files below a directory, in the order of their paths."""
    paths: dict[str, Path] = {}
    sizes: dict[str, int] = {}
    damaged: dict[str, Text] = {}
    pending: list[tuple[Path, str]] = [(root, "")]
    while pending and len(paths) <= limits.entries:
        directory, prefix = pending.pop()
        try:
            children = _children(directory)
        except OSError as error:
            if not prefix:
                raise
            damaged[prefix.rstrip("/")] = _unreadable(error).reason
            continue
        for child in children:
            name = prefix + os.fsencode(child.name).decode("utf-8", "backslashreplace")
            if child.is_symlink():
                if _leads_out(Path(child.path), prefix):
                    damaged[name] = Text(
                        zh="符号链接指向文件夹之外，未读取", en="is a symbolic link that leads out of the folder; not followed"
                    )
            elif child.is_dir(follow_symlinks=False):
                pending.append((Path(child.path), name + "/"))
            elif child.is_file(follow_symlinks=False):
                paths[name], sizes[name] = Path(child.path), child.stat(follow_symlinks=False).st_size
            else:
                damaged[name] = Text(zh="不是普通文件，未读取", en="is no regular file; not read")
    return {name: _entry(name, sizes[name]) for name in sorted(sizes)}, paths, damaged


def _children(directory: Path) -> list[os.DirEntry[str]]:
    with os.scandir(directory) as found:
        return list(found)


def _leads_out(link: Path, prefix: str) -> bool:
    """Tell whether a link in the directory ``prefix`` (relative to the root) leads out of the root, by its words alone."""
    try:
        target = PurePosixPath(os.fsdecode(os.readlink(link)).replace(os.sep, "/"))
    except OSError:
        return True
    depth = prefix.count("/")
    for part in target.parts:
        depth += -1 if part == ".." else part != "."
        if depth < 0 or part.startswith("/"):
            return True
    return False


class View(Archive):
    """Another archive's entries, some of them, under other names; places stay those of the archive."""

    _inner: Archive
    _names: dict[str, str]
    """Name here -> name there."""

    @classmethod
    def of(cls, inner: Archive, names: Mapping[str, str]) -> Self:
        """Return the entries of ``inner`` that ``names`` lists: name here -> name there."""
        entries = {here: inner.entries[there] for here, there in names.items()}
        view = cls(inner.shown, inner.path, entries, inner.size, inner._limits, inner._budget, inner._depth)
        view.damaged, view._inner, view._names = inner.damaged, inner, dict(names)
        return view

    def place(self, name: str) -> str:
        """Return the path reports print for an entry."""
        return self._inner.place(self._names.get(name, name))

    def peek(self, name: str, length: int = 8) -> bytes:
        """Return the first bytes of an entry, or fewer. Raises as the archive does."""
        return self._inner.peek(self._names[name], length)

    def read(self, name: str, limit: int | None = None, *, asset: bool = False) -> bytes:
        """Return an entry's bytes. Raises as the archive does."""
        return self._inner.read(self._names[name], limit, asset=asset)

    def read_buffer(self, name: str, limit: int | None = None, *, asset: bool = False) -> Bytes:
        """Return an entry's bytes. Raises as the archive does."""
        return self._inner.read_buffer(self._names[name], limit, asset=asset)

    def nested(self, name: str) -> Archive:
        """Open an archive inside. Raises as the archive does."""
        return self._inner.nested(self._names[name])


class Under(View):
    """Another archive's entries as if they lay in one more directory."""

    _prefix: str

    @classmethod
    def below(cls, inner: Archive, directory: str, wanted: Callable[[str], bool]) -> Under:
        """Return the entries of ``inner`` that are ``wanted``, below ``directory``."""
        prefix = directory + "/"
        under = cls.of(inner, {prefix + name: name for name in inner.entries if wanted(name)})
        under._prefix = prefix
        return under

    def place(self, name: str) -> str:
        """Return the path reports print for an entry or a directory; of the directory added, the archive's own name."""
        inside = name.removeprefix(self._prefix)
        return self._inner.place(inside) if inside != name else PurePosixPath(self.shown).name

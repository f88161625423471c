"""Where readers put what they find: facts, defined classes and gaps, sorted and made unique once at the end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from auditor.archive import Archive, Unreadable
from auditor.extract.lens import Lens
from auditor.model import CodeUnit, Fact, FactKind, Gap, Location, Signer, Table, Text

__all__ = ["Collector", "IdentityFacts", "hidden_with"]

_NO_CODE = frozenset(
    ".png .jpg .jpeg .gif .webp .bmp .svg .ico .heic .avif .pvr .ktx .car .nib .mp3 .mp4 .m4a .m4v .mov .aac .ogg .wav .flac"
    " .mid .caf .3gp .webm .mkv .ttf .otf .ttc .woff .woff2 .css .txt .md .rtf .pdf .xml .arsc .pem .cer .crt"
    " .properties .version .proto .kotlin_module .kotlin_builtins .mobileprovision".split()
)
"""Suffixes of files no code is loaded from."""


class IdentityFacts(NamedTuple):
    """What a reader learns of the build as a whole."""

    app_id: str
    label: str
    version: str
    version_code: str
    signer: tuple[Signer, ...]


class Collector:
    """Collects facts, classes and gaps of one build.

    ``reading`` is the file being read, for the gap an unexpected error leaves; ``about`` what is known of the build by then.
    """

    def __init__(self, lens: Lens | None = None) -> None:
        self.lens = lens or Lens()
        self.reading = ""
        self.about = IdentityFacts("", "", "", "", ())
        self._facts: set[Fact] = set()
        self._gaps: set[Gap] = set()
        self._code: dict[str, set[str]] = {}
        self._literals: dict[str, dict[str, set[str]]] = {}
        self._references: dict[str, dict[str, set[str]]] = {}

    def fact(
        self, kind: FactKind, name: str, file: str, at: str = "", *, value: str = "", by: str = "", **traits: str
    ) -> None:
        """Record one fact; trait keywords have ``_`` for ``-``, and empty ones are left out."""
        pairs = tuple(sorted((key.replace("_", "-"), text) for key, text in traits.items() if text))
        location = Location(file=file, at=at)
        self._facts.add(Fact(kind=kind, name=name, location=location, value=value, by=by, traits=pairs))

    def gap(self, file: str, at: str, reason: Text, *hides: Table) -> None:
        """Record something that could not be read, and the tables it leaves in doubt."""
        self._gaps.add(Gap(location=Location(file=file, at=at), reason=reason, hides=frozenset(hides)))

    def code(self, file: str, classes: Iterable[str]) -> None:
        """Record the classes a DEX file or Mach-O image defines."""
        self._code.setdefault(file, set()).update(classes)

    def literal(self, file: str, class_: str, literal: str) -> None:
        """Record that a class's code uses a literal the lens looks for."""
        self._literals.setdefault(file, {}).setdefault(class_, set()).add(literal)

    def references(self, file: str, named: dict[str, set[str]]) -> None:
        """Record which classes the code of each class names."""
        self._references.setdefault(file, {}).update(named)

    def read(self, archive: Archive, name: str, *hides: Table, limit: int | None = None) -> bytes | None:
        """Read an entry; what cannot be read becomes a gap and None."""
        self.reading = archive.place(name)
        try:
            return archive.read(name, limit)
        except Unreadable as unreadable:
            self.gap(archive.place(name), "", unreadable.reason, *hides)
            return None

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts so far, sorted."""
        return tuple(sorted(self._facts, key=lambda fact: fact.key))

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """The gaps so far, sorted."""
        return tuple(sorted(self._gaps, key=lambda gap: gap.key))

    @property
    def units(self) -> tuple[CodeUnit, ...]:
        """The defined classes so far, by file."""
        defined = set().union(*self._code.values()) if self._references else set[str]()
        return tuple(
            CodeUnit(
                file=file,
                classes=tuple(sorted(classes)),
                literals=tuple(
                    (name, tuple(sorted(used))) for name, used in sorted(self._literals.get(file, {}).items())
                ),
                references=tuple(
                    (name, tuple(sorted(others)))
                    for name, named in sorted(self._references.get(file, {}).items())
                    if (others := (named & defined) - {name})
                ),
            )
            for file, classes in sorted(self._code.items())
        )


def hidden_with(name: str) -> tuple[Table, ...]:
    """Tell which tables an entry feeds, by its name: what is in doubt where it cannot be read.

    Code may stand under any name, so only what no code is loaded from hides nothing.
    """
    _, dot, suffix = name.rpartition("/")[2].lower().rpartition(".")
    if name == "AndroidManifest.xml":
        return (Table.PERMISSIONS, Table.SDKS, Table.DATA)
    if suffix in ("plist", "strings"):
        return (Table.USAGE_KEYS,)
    if dot + suffix in _NO_CODE or (name.startswith("META-INF/") and suffix in ("mf", "sf", "rsa", "dsa", "ec")):
        return ()
    return (Table.SDKS, Table.DATA)

"""What there is to build from, and which apps are built of it: ``artefacts.yaml`` and ``apps.yaml``."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.real.fetch import Artefact, obtain, read_list

__all__ = ["HERE", "App", "Part", "apps", "artefacts", "file_of", "parts"]

HERE = Path(__file__).parent
_LIST = HERE / "artefacts.yaml"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """One artefact of an SDK or a library, with what is known of it; its keys are explained in ``artefacts.yaml``.

    Equal only to itself, so that what is unpacked of it can be kept.
    """

    artefact: Artefact
    sdk: str
    also: Mapping[str, tuple[str, ...]]
    arguable: tuple[str, ...]
    keep: tuple[str, ...]
    entry: tuple[str, ...]
    components: tuple[tuple[str, str], ...]
    """(tag, class) of manifest components."""
    natives: tuple[Artefact, ...]

    @property
    def id(self) -> str:
        """Name of the artefact."""
        return self.artefact.name

    @property
    def holds(self) -> frozenset[str]:
        """Ids of the SDKs whose code is in it."""
        return frozenset(one for one in (self.sdk, *self.also) if one)

    def owner(self, name: str) -> str:
        """Return the id of the SDK that one of its classes, by its dotted name, belongs to; empty where it is nobody's."""
        for id_, packages in self.also.items():
            if any(name.startswith(f"{package}.") for package in packages):
                return id_
        return self.sdk


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class App:
    """One app to build."""

    name: str
    code: str
    """Folder of its own code in ``first_party/``."""
    parts: tuple[Part, ...]
    names: tuple[str, ...]
    """Ids of SDKs it names and does not hold."""
    optimised: bool
    """Also built with ProGuard's optimiser."""
    r8: bool
    """Also built with R8."""
    held_out: bool
    """Not looked into while detection was made better."""

    @property
    def sdks(self) -> frozenset[str]:
        """Ids of the SDKs it holds."""
        return frozenset(id_ for part in self.parts for id_ in part.holds)

    @property
    def arguable(self) -> frozenset[str]:
        """Ids of SDKs that may be reported of it or not."""
        return frozenset(id_ for part in self.parts for id_ in part.arguable) - self.sdks


@functools.cache
def artefacts() -> Mapping[str, Artefact]:
    """Return everything listed, by its name: SDKs, native libraries and tools."""
    return read_list(_LIST)


def file_of(artefact: Artefact) -> Path:
    """Return the file of an artefact. Raises Unavailable and Tampered as the fetcher does."""
    return obtain(artefact, artefacts().values())


@functools.cache
def parts() -> Mapping[str, Part]:
    """Return the SDKs and libraries by their ids."""
    listed = artefacts()
    found: dict[str, Part] = {}
    for package in yaml.safe_load(_LIST.read_text("utf-8"))["packages"]:
        for file in package["files"]:
            if "sdk" in file:
                found[file["id"]] = _part(file, listed)
    return found


def _part(file: Mapping[str, Any], listed: Mapping[str, Artefact]) -> Part:
    return Part(
        artefact=listed[file["id"]],
        sdk=file["sdk"],
        also={id_: tuple(packages) for id_, packages in file.get("also", {}).items()},
        arguable=tuple(file.get("arguable", ())),
        keep=tuple(file.get("keep", ())),
        entry=tuple(file.get("entry", ())),
        components=tuple((tag, name) for tag, _, name in (one.partition(" ") for one in file.get("components", ()))),
        natives=tuple(listed[id_] for id_ in file.get("natives", ())),
    )


@functools.cache
def apps() -> Mapping[str, App]:
    """Return the apps by their names, in the order of the list."""
    known = parts()
    return {
        name: App(
            name=name,
            code=entry["code"],
            parts=tuple(known[id_] for id_ in entry["parts"]),
            names=tuple(entry.get("names", ())),
            optimised=entry.get("optimised", False),
            r8=entry.get("r8", False),
            held_out=entry.get("held_out", False),
        )
        for name, entry in yaml.safe_load((HERE / "apps.yaml").read_text("utf-8"))["apps"].items()
    }

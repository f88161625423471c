"""Whose code a class is: an SDK's by its name or inferred, a support library's, the app's own, or nobody's that is known."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from auditor.infer.sdks import claimants_of, own_package
from auditor.knowledge.schema import Knowledge
from auditor.model import Attribution, Build, Origin, OwnerKind

__all__ = ["Owners", "Whose"]

Whose = tuple[OwnerKind, str, Origin | None]
"""(kind of owner, the SDK or library by its id, how it was found)"""


class Owners:
    """The owners of a build's classes, asked one by one."""

    def __init__(
        self,
        build: Build,
        knowledge: Knowledge,
        named: Callable[[str], Sequence[str]],
        attributions: Sequence[Attribution],
        present: Collection[str] = (),
    ) -> None:
        """``named`` gives the SDKs that claim a class by its name; ``attributions`` are those inferred, ``present`` the SDKs whose
        code is in the build.
        """
        self._speaking = claimants_of(knowledge)
        self._present = frozenset(present)
        self._named = named
        self._inferred = {one.class_: one for one in attributions}
        self._apis = knowledge.apis
        self._sdks = knowledge.sdks
        self._own = own_package(build.identity.app_id)
        self._known: dict[str, Whose] = {}

    def __call__(self, class_: str) -> Whose:
        """Return whose a class is."""
        found = self._known.get(class_)
        if found is None:
            found = self._known[class_] = self._whose(class_)
        return found

    def _whose(self, class_: str) -> Whose:
        named = self._named(class_)
        attribution = self._inferred.get(class_) or self._inferred.get(class_.partition("$")[0])
        sdk, origin = "", None
        if len(named) == 1:
            sdk, origin = named[0], Origin.NAME
        elif attribution is not None:
            sdk, origin = attribution.owner, attribution.origin
        elif not named and len(left := self._present.intersection(self._speaking(class_))) == 1 and not self._is_own(class_):
            # a package that others leave, too: of the SDKs that do, one is in the build
            sdk, origin = next(iter(left)), Origin.PROPAGATED
        known = self._sdks.get(sdk)
        if self._apis.is_bystander(class_) or (sdk and (known is None or not known.collects)):
            # a library that collects nothing of its own acts for whoever calls it
            return OwnerKind.BYSTANDER, sdk, origin or Origin.NAME
        if sdk:
            return OwnerKind.SDK, sdk, origin
        if self._is_own(class_):
            return OwnerKind.APP, "", Origin.NAME
        return OwnerKind.UNATTRIBUTED, "", None

    def _is_own(self, class_: str) -> bool:
        return bool(self._own) and f"{class_}.".startswith(f"{self._own}.")

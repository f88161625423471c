"""Whose code a class is: an SDK's by its name or inferred, a support library's, the app's own, or nobody's that is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from auditor.infer.sdks import own_package
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
    ) -> None:
        """``named`` gives the SDKs that claim a class by its name; ``attributions`` are those inferred."""
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
        known = self._sdks.get(sdk)
        if self._apis.is_bystander(class_) or (sdk and (known is None or not known.collects)):
            # a library that collects nothing of its own acts for whoever calls it
            return OwnerKind.BYSTANDER, sdk, origin or Origin.NAME
        if sdk:
            return OwnerKind.SDK, sdk, origin
        if self._own and f"{class_}.".startswith(f"{self._own}."):
            return OwnerKind.APP, "", Origin.NAME
        return OwnerKind.UNATTRIBUTED, "", None

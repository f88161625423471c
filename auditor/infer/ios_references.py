"""What iOS code names of the interfaces to personal data: given its meaning, its owner, and how sure it is to be used.

A reference is not a call. A class and its telling method named together are likely to be used together, a class alone says
little, a string less. Whose code it is, the class that uses it tells; one image may hold several SDKs beside the app. The
scheme is told in docs/explanation/collection-evidence-ios.md.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from auditor.infer.sdks import class_owner_of, framework_owner_of
from auditor.knowledge.api_schema import Apis, ApiSelector
from auditor.knowledge.schema import Knowledge
from auditor.model import (
    MOST_EVIDENCE,
    Build,
    BuildKind,
    Bundle,
    Collection,
    Confidence,
    Fact,
    FactKind,
    Origin,
    OwnerKind,
    Reference,
    ReferenceKind,
    Sdk,
    SdkTier,
    Severity,
    Text,
)

__all__ = ["Wanted", "collections_of", "find_references", "wanted_names"]

_CLASS = "_OBJC_CLASS_$_"
_SEVERAL_WORDS = re.compile(r"[a-z](?:[A-Z]|:.)")
_DELEGATE = "AppDelegate"
"""How the class that every app has is called."""
_APP = ""
"""In place of an SDK: the app."""
_WHOLE_IMAGE = frozenset({"__objc_selrefs", "__cstring", "LC_SYMTAB"})
"""Places that name no method."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Names to look for in Mach-O images."""

    selectors: Mapping[str, frozenset[str]]
    """Selector -> the symbols of the classes without which it means nothing; empty = it speaks for itself."""
    strings: frozenset[str]
    symbols: frozenset[str]


def wanted_names(knowledge: Knowledge) -> Wanted:
    """Return the names to look for."""
    apis = knowledge.apis
    beside: dict[str, set[str]] = {}
    alone: set[str] = set()
    for one in apis.selectors:
        beside.setdefault(one.selector, set()).add(_CLASS + one.class_)
        if not one.generic:
            alone.add(one.selector)
    for reason in apis.required_reasons:
        alone.update(reason.selectors)
        for class_, selector in reason.members:
            beside.setdefault(selector, set()).add(_CLASS + class_)
    selectors = {name: frozenset() if name in alone else frozenset(symbols) for name, symbols in beside.items()}
    selectors |= dict.fromkeys(alone - beside.keys(), frozenset[str]())
    return Wanted(
        selectors=selectors,
        strings=frozenset(one.name for one in apis.symbols if one.string and not one.noisy),
        symbols=frozenset(one.name for one in apis.symbols if not one.string and not one.noisy)
        | {_CLASS + one.class_ for one in apis.classes},
    )


@dataclass(frozen=True, slots=True)
class _Owner:
    kind: OwnerKind
    sdk: str = ""
    origin: Origin | None = None


_NOBODY = _Owner(OwnerKind.UNATTRIBUTED)


def find_references(
    build: Build, knowledge: Knowledge, sdks: Sequence[Sdk], bundles: Sequence[Bundle]
) -> tuple[Reference, ...]:
    """Return what the images of a build name, sorted by image and name."""
    kinds = (FactKind.SYMBOL, FactKind.SELECTOR, FactKind.LITERAL)
    images: dict[str, dict[tuple[FactKind, str], list[Fact]]] = defaultdict(lambda: defaultdict(list))
    for fact in build.of(*kinds):
        if fact.by:
            images[fact.by][fact.kind, fact.name].append(fact)
    if not images:
        return ()
    owners = _Owners(build, knowledge, sdks, bundles)
    found = [
        reference
        for image, facts in images.items()
        for reference in _of_image(facts, knowledge.apis, owners.of_image(image))
    ]
    return tuple(sorted(found, key=lambda one: (one.image, one.name, one.kind.value, one.owner.value, one.sdk)))


def _of_image(
    facts: Mapping[tuple[FactKind, str], list[Fact]], apis: Apis, owner: Callable[[Fact], _Owner]
) -> Iterator[Reference]:
    """Yield what one image names, one reference per interface and owner."""
    told: set[str] = set()
    for one in apis.selectors:
        symbol = _CLASS + one.class_
        used = [
            fact
            for fact in facts.get((FactKind.SELECTOR, one.selector), ())
            if not (beside := fact.trait("beside")) or symbol in beside.split(",")
        ]
        class_ = facts.get((FactKind.SYMBOL, symbol), [])[:1]
        by_name = facts.get((FactKind.LITERAL, one.class_), [])[:1]
        if used and class_:
            told.add(one.class_)
            yield from _selector(one, used, class_, owner)
        elif used and not one.generic:
            # the class may be another image's, or be reached by its name
            yield from _grouped(
                ReferenceKind.SELECTOR, f"{one.class_} {one.selector}", used, owner, lambda *_: Confidence.LOW,
                may=(*one.data, *one.may), severity=one.severity, usage_keys=one.usage_keys, with_=by_name,
            )  # fmt: skip
    for class_known in apis.classes:
        used = facts.get((FactKind.SYMBOL, _CLASS + class_known.class_), [])
        if used and class_known.class_ not in told:
            yield from _grouped(
                ReferenceKind.CLASS, class_known.class_, used, owner, lambda *_: Confidence.LOW,
                data=class_known.data, severity=Severity.LOW, usage_keys=class_known.usage_keys,
            )  # fmt: skip
    for known in apis.symbols:
        used = facts.get((FactKind.LITERAL if known.string else FactKind.SYMBOL, known.name), [])
        if not used or known.noisy:
            continue
        if known.string:
            yield from _grouped(
                ReferenceKind.STRING, known.name, used, owner, lambda *_: Confidence.LOW,
                may=(*known.data, *known.may), severity=known.severity,
            )  # fmt: skip
        else:
            yield from _grouped(
                ReferenceKind.SYMBOL, known.name, used, owner, _sureness if known.data else lambda *_: Confidence.LOW,
                data=known.data, may=known.may, severity=known.severity, usage_keys=known.usage_keys,
            )  # fmt: skip


def _selector(
    one: ApiSelector, used: Sequence[Fact], class_: Sequence[Fact], owner: Callable[[Fact], _Owner]
) -> Iterator[Reference]:
    """Yield the references to a method whose class the image names as well."""

    def sureness(fact: Fact, whose: _Owner) -> Confidence:
        # many classes have a method of that name: beside its class in one method it says something, and a name of
        # several words does somewhere in the same image
        if one.generic and fact.location.at in _WHOLE_IMAGE and not _SEVERAL_WORDS.search(one.selector):
            return Confidence.LOW
        return _sureness(fact, whose)

    yield from _grouped(
        ReferenceKind.SELECTOR, f"{one.class_} {one.selector}", used, owner, sureness,
        data=one.data, may=one.may, severity=one.severity, usage_keys=one.usage_keys, with_=class_,
    )  # fmt: skip


def _sureness(fact: Fact, owner: _Owner) -> Confidence:
    """Return how sure a name is to be used: high in a method of a known owner."""
    return Confidence.HIGH if fact.trait("class") and owner.origin is Origin.NAME else Confidence.MEDIUM


def _grouped(
    kind: ReferenceKind,
    name: str,
    used: Iterable[Fact],
    owner: Callable[[Fact], _Owner],
    sureness: Callable[[Fact, _Owner], Confidence],
    *,
    severity: Severity,
    data: tuple[str, ...] = (),
    may: tuple[str, ...] = (),
    usage_keys: tuple[str, ...] = (),
    with_: Sequence[Fact] = (),
) -> Iterator[Reference]:
    """Yield one reference per owner; what only the image as a whole shows is left out where a method is known."""
    groups: dict[_Owner, list[Fact]] = defaultdict(list)
    facts = list(used)
    placed = [fact for fact in facts if fact.location.at not in _WHOLE_IMAGE]
    for fact in placed or facts:
        groups[owner(fact)].append(fact)
    for whose, group in groups.items():
        group.sort(key=lambda fact: (-sureness(fact, whose), fact.key))
        yield Reference(
            kind=kind,
            name=name,
            image=group[0].by,
            data=data,
            may=may,
            owner=whose.kind,
            sdk=whose.sdk,
            origin=whose.origin,
            confidence=sureness(group[0], whose),
            severity=severity,
            evidence=(*group[:MOST_EVIDENCE], *with_),
            usage_keys=usage_keys,
        )


# -- whose code ---------------------------------------------------------------------------------------------------


class _Owners:
    """Whose code stands where in the images of a build."""

    def __init__(self, build: Build, knowledge: Knowledge, sdks: Sequence[Sdk], bundles: Sequence[Bundle]) -> None:
        self._of_class = class_owner_of(knowledge)
        self._of_framework = framework_owner_of(knowledge)
        self._sdks = knowledge.sdks
        self._build = build
        self._bundles = {image: bundle for bundle in bundles for image in bundle.images}
        self._linked = {unit.file: unit.linked for unit in build.code}
        self._proven = [sdk for sdk in sdks if sdk.tier >= SdkTier.BUNDLED]

    def of_image(self, image: str) -> Callable[[Fact], _Owner]:
        """Return the function from a fact of an image to its owner."""
        whole = self._whole(image)
        enclosed = self._enclosed(image)
        module = self._module(image)

        def of_class(name: str) -> _Owner:
            if sdk := self._of_class(name):
                return self._known(sdk)
            if sdk := enclosed.get(name, ""):
                return _Owner(OwnerKind.SDK, sdk, Origin.PROPAGATED)
            if module and name.startswith(module):
                return _Owner(OwnerKind.APP, "", Origin.NAME)
            return whole

        def owner(fact: Fact) -> _Owner:
            if class_ := fact.trait("class"):
                return of_class(class_)
            around = [of_class(name) for name in (fact.trait("between") or "").split(",") if name]
            if len(around) == 2 and around[0].kind is OwnerKind.SDK and around[0].sdk == around[1].sdk:
                return _Owner(OwnerKind.SDK, around[0].sdk, Origin.PROPAGATED)
            return whole

        return owner

    def _known(self, sdk: str) -> _Owner:
        """Return an SDK by its name; a library that collects nothing of its own acts for whoever calls it."""
        known = self._sdks.get(sdk)
        return _Owner(OwnerKind.SDK if known is not None and known.collects else OwnerKind.BYSTANDER, sdk, Origin.NAME)

    def _whole(self, image: str) -> _Owner:
        """Return whose an image is as a whole: a framework's by its name or the app's own identifier."""
        bundle = self._bundles.get(image)
        if bundle is not None and bundle.kind == "framework":
            if sdk := self._of_framework(bundle.name):
                return self._known(sdk)
            app = self._build.identity.app_id
            if self._build.identity.kind is BuildKind.APP and app and f"{bundle.identifier}.".startswith(f"{app}."):
                return _Owner(OwnerKind.APP, "", Origin.NAME)
        if self._build.identity.kind is BuildKind.LIBRARY:
            shown = {sdk.id for sdk in self._proven if any(fact.location.file == image for fact in sdk.evidence)}
            if len(shown) == 1:
                return _Owner(OwnerKind.SDK, shown.pop(), Origin.PROPAGATED)
        return _NOBODY

    def _module(self, image: str) -> str:
        """Return how the names of the Swift classes begin that are the app's own: by the module its executable is."""
        bundle = self._bundles.get(image)
        if bundle is None or bundle.kind not in ("app", "extension") or self._build.identity.kind is not BuildKind.APP:
            return ""
        name = image.rpartition("/")[2]
        return "".join(letter if letter.isalnum() or letter == "_" else "_" for letter in name) + "."

    def _enclosed(self, image: str) -> Mapping[str, str]:
        """Return the classes that stand between two of one SDK in the order of linking.

        A linker takes the members of one library after another, so that what stands between two of them is of it, too; but not
        where the app's delegate does, or where the SDK is a library that collects nothing: those are compiled from their source
        with the app's own, in any order.
        """
        linked = self._linked.get(image, ())
        known = [
            (place, _APP if name.endswith(_DELEGATE) else sdk)
            for place, name in enumerate(linked)
            if (sdk := self._of_class(name)) or name.endswith(_DELEGATE)
        ]
        found: dict[str, str] = {}
        for (first, sdk), (last, other) in pairwise(known):
            if sdk == other != _APP and self._known(sdk).kind is OwnerKind.SDK:
                found.update(dict.fromkeys(linked[first + 1 : last], sdk))
        return found


# -- what can be collected ----------------------------------------------------------------------------------------


def collections_of(references: Iterable[Reference], bundles: Sequence[Bundle]) -> Iterator[Collection]:
    """Yield what each reference shows, one collection per data type it names."""
    holder = {image: bundle for bundle in bundles for image in bundle.images}
    keys = {bundle.path: frozenset(bundle.usage_keys) for bundle in bundles}
    for one in references:
        bundle = holder.get(one.image)
        held: bool | None = None
        if one.usage_keys and bundle is not None and bundle.loaded_by:
            held = any(keys[host] & set(one.usage_keys) for host in bundle.loaded_by)
        names = "、".join(one.usage_keys), " or ".join(one.usage_keys)
        why_not = Text(zh=f"Info.plist 没有 {names[0]}，系统不会开放", en=f"Info.plist has no {names[1]}, so the system refuses")
        for may, types in ((False, one.data), (True, one.may)):
            for type_ in types:
                yield Collection(
                    type=type_,
                    owner=one.owner,
                    sdk=one.sdk,
                    confidence=Confidence.LOW if may or one.owner is OwnerKind.BYSTANDER else one.confidence,
                    evidence=one.evidence[:MOST_EVIDENCE],
                    count=len(one.evidence),
                    severity=one.severity,
                    may=may,
                    permission_held=held,
                    can_succeed=held is not False,
                    why_not=why_not if held is False else None,
                )

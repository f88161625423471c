"""From signs to what can be collected and by whom: one Collection per data type and owner.

Each source of signs (calls, classes and selectors, script layers) gives Collections of its own; here they become one list.
The scheme of confidence is told in docs/explanation/collection-evidence.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from auditor.model import MOST_EVIDENCE, Call, Collection, Confidence, Origin, OwnerKind, Reach, Severity

__all__ = ["merged", "of_calls"]

_OWNERS = {owner: place for place, owner in enumerate(OwnerKind)}


def of_calls(calls: Iterable[Call]) -> Iterator[Collection]:
    """Yield what each call site shows, one collection per data type it names."""
    for call in calls:
        lighter = dict(call.lighter)
        for may, types in ((False, call.data), (True, call.may)):
            # opening some file may be a way to nearly anything: a way that is context only is no sign
            for type_ in types:
                severity = lighter.get(type_, call.severity)
                if may and severity is Severity.INFO:
                    continue
                yield Collection(
                    type=type_,
                    owner=call.owner,
                    sdk=call.sdk,
                    confidence=_confidence(call, may),
                    evidence=(call.site,),
                    count=1,
                    severity=severity,
                    may=may,
                    permission_held=call.permission_held,
                    can_succeed=call.can_succeed,
                    why_not=call.why_not,
                    reach=call.reach,
                )


def _confidence(call: Call, may: bool) -> Confidence:
    """Return how sure one call makes it that its owner can collect what it reads."""
    if may or not call.can_succeed or call.owner is OwnerKind.BYSTANDER:
        return Confidence.LOW
    if call.site.trait("reflection"):
        # that the name is looked up is shown, that the method answers under it is not
        return Confidence.MEDIUM if call.site.trait("reflection") == "invoked" else Confidence.LOW
    if call.reach is Reach.CALLED:
        # nothing was found that leads to it: of code nobody is known to own, most likely what a library has and nobody uses
        return Confidence.LOW if call.owner is OwnerKind.UNATTRIBUTED else Confidence.MEDIUM
    if call.owner is OwnerKind.UNATTRIBUTED or call.origin in (Origin.LITERAL, Origin.PROPAGATED):
        return Confidence.MEDIUM
    return Confidence.HIGH


def merged(signs: Iterable[Collection]) -> tuple[Collection, ...]:
    """Return the signs folded by data type and owner, sorted; each is what the strongest of its signs says."""
    groups: dict[tuple[str, int, str], list[Collection]] = defaultdict(list)
    for sign in signs:
        groups[sign.type, _OWNERS[sign.owner], sign.sdk].append(sign)
    return tuple(_folded(groups[key]) for key in sorted(groups))


def _folded(signs: list[Collection]) -> Collection:
    signs = sorted(signs, key=_weakness)
    first = signs[0]
    # weaker signs of another nature would only blur what the strongest shows
    alike = [sign for sign in signs if (sign.can_succeed, sign.may) == (first.can_succeed, first.may)]
    facts = dict.fromkeys(fact for sign in alike for fact in sign.evidence)
    left_out = sum(sign.count - len(sign.evidence) for sign in alike)
    return replace(
        first,
        evidence=tuple(facts)[:MOST_EVIDENCE],
        count=len(facts) + left_out,
        severity=max(sign.severity for sign in alike),
        reach=max(sign.reach for sign in alike),
    )


def _weakness(sign: Collection) -> tuple[object, ...]:
    """The order of signs: what succeeds first, then what is shown, what is surer and what says more."""
    places = tuple(fact.key for fact in sign.evidence)
    return (not sign.can_succeed, sign.may, -sign.confidence, -sign.severity, -sign.reach, places)

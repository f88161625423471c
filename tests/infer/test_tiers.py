"""How far SDKs got into a build, by what the call graph shows."""

from __future__ import annotations

from array import array
from dataclasses import replace

import pytest

from auditor.infer import infer
from auditor.model import Flow, Reach, SdkTier
from tests.factories import build
from tests.knowledge_factories import knowledge, proves, sdk

KNOWN = knowledge(sdk("acme-push", *proves("com.acme.push")), sdk("acme-ads", *proves("com.acme.ads")))
CLASSES = ("com.example.Main", "com.acme.push.A", "com.acme.push.B", "com.acme.ads.C")


def tiers(reach: dict[str, Reach], *uses: tuple[str, str]) -> dict[str, SdkTier]:
    flow = Flow(
        methods=(),
        classes=CLASSES,
        reach=bytes(reach.get(name, Reach.CALLED) for name in CLASSES),
        uses=array("I", [CLASSES.index(name) for pair in uses for name in pair]).tobytes(),
    )
    found = infer(replace(build(code={"classes.dex": CLASSES}), flow=flow), KNOWN)
    return {one.id: one.tier for one in found.sdks}


def test_code_that_nothing_uses_is_bundled_only() -> None:
    assert tiers({}) == {"acme-push": SdkTier.BUNDLED, "acme-ads": SdkTier.BUNDLED}


@pytest.mark.parametrize(
    ("user", "tier"),
    [("com.example.Main", SdkTier.CALLED), ("com.acme.ads.C", SdkTier.CALLED), ("com.acme.push.B", SdkTier.BUNDLED)],
)
def test_an_sdk_is_called_by_code_outside_of_it(user: str, tier: SdkTier) -> None:
    assert tiers({}, (user, "com.acme.push.A"))["acme-push"] is tier


def test_an_sdk_is_as_far_in_as_the_earliest_of_its_classes() -> None:
    found = tiers({"com.acme.push.A": Reach.REACHABLE, "com.acme.push.B": Reach.STARTUP, "com.acme.ads.C": Reach.REACHABLE})
    assert found == {"acme-push": SdkTier.STARTUP, "acme-ads": SdkTier.REACHABLE}


def test_without_a_call_graph_nothing_is_raised() -> None:
    found = infer(build(code={"classes.dex": CLASSES}), KNOWN)
    assert {one.tier for one in found.sdks} == {SdkTier.BUNDLED}

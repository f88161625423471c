"""Whose code a class is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.infer.owners import Owners
from auditor.infer.sdks import owners_of
from auditor.knowledge.api_schema import NO_APIS
from auditor.model import Attribution, Origin, OwnerKind
from tests.factories import build
from tests.knowledge_factories import knowledge, proves, sdk, supports

KNOWN = replace(
    knowledge(
        sdk("acme-map", *proves("com.acme.map"), *supports("com.acme.auth", "com.example.shop.plug")),
        sdk("acme-locate", *proves("com.acme.locate"), *supports("com.acme.auth", "com.acme.id")),
    ),
    apis=replace(NO_APIS, bystanders=("androidx",)),
)


def whose(class_: str, *present: str, inferred: tuple[Attribution, ...] = ()) -> tuple[OwnerKind, str, Origin | None]:
    return Owners(build(app_id="com.example.shop"), KNOWN, owners_of(KNOWN), inferred, present)(class_)


NOBODY = (OwnerKind.UNATTRIBUTED, "", None)


@pytest.mark.parametrize(
    ("class_", "present", "owner"),
    [
        ("com.acme.map.Map", (), (OwnerKind.SDK, "acme-map", Origin.NAME)),
        ("com.acme.auth.Key", ("acme-map",), (OwnerKind.SDK, "acme-map", Origin.PROPAGATED)),
        ("com.acme.auth.Key", ("acme-locate", "other"), (OwnerKind.SDK, "acme-locate", Origin.PROPAGATED)),
        ("com.acme.auth.Key", ("acme-map", "acme-locate"), NOBODY),
        ("com.acme.auth.Key", (), NOBODY),
        ("com.acme.id.Id", ("acme-locate",), (OwnerKind.SDK, "acme-locate", Origin.PROPAGATED)),
        ("com.acme.id.Id", ("acme-map",), NOBODY),
        ("com.acme.other.Thing", ("acme-map", "acme-locate"), NOBODY),
        ("com.example.shop.plug.Plug", ("acme-map",), (OwnerKind.APP, "", Origin.NAME)),
        ("androidx.core.Thing", ("acme-map",), (OwnerKind.BYSTANDER, "", Origin.NAME)),
    ],
)
def test_a_shared_package_is_the_one_sdk_s_that_is_there(
    class_: str, present: tuple[str, ...], owner: tuple[OwnerKind, str, Origin | None]
) -> None:
    assert whose(class_, *present) == owner


def test_what_its_literals_show_counts_before_what_its_package_suggests() -> None:
    shown = Attribution(class_="com.acme.auth.Key", owner="acme-locate", origin=Origin.LITERAL)
    assert whose("com.acme.auth.Key", "acme-map", inferred=(shown,)) == (OwnerKind.SDK, "acme-locate", Origin.LITERAL)

"""What is looked for in every app: found, or not found in what could be read."""

from __future__ import annotations

from dataclasses import replace

from auditor.infer.presences import find_presences
from auditor.knowledge.sign_schema import NO_SIGNS, PresenceKnowledge
from auditor.model import BuildKind, Fact, FactKind, Platform
from tests.factories import build, fact
from tests.knowledge_factories import knowledge, words


def looked_for(id_: str, **changes: object) -> PresenceKnowledge:
    values: dict[str, object] = {
        "id": id_, "name": words(id_), "platforms": frozenset(Platform), "words": (), "links": (), "actions": frozenset(),
        "settings": frozenset(), "layers": frozenset(),
    }
    return PresenceKnowledge(**(values | changes))  # type: ignore[arg-type]


KNOWN = replace(
    knowledge(),
    signs=replace(
        NO_SIGNS,
        presences=(
            looked_for("deletion", words=("注销账号",)),
            looked_for("self-start", actions=frozenset({"BOOT"}), platforms=frozenset({Platform.ANDROID})),
            looked_for("prompt", settings=frozenset({"privacy.prompt"}), layers=frozenset({"uni-app"})),
        ),
    ),
)


def found(*facts: Fact, hidden: bool = False, **changes: object) -> dict[str, tuple[bool, bool]]:
    """Return subject -> (found, whether there is a note)."""
    one = build(*facts, **changes)
    return {one.subject: (bool(one.evidence), one.note is not None) for one in find_presences(one, KNOWN, hidden=hidden)}


def receiver(actions: str, kind: str = "receiver") -> Fact:
    return fact(FactKind.COMPONENT, "a.Boot", kind, actions=actions)


def test_texts_receivers_and_settings_are_found() -> None:
    facts = (
        fact(FactKind.WORDING, "deletion", "注销账号"),
        receiver("BOOT,OTHER"),
        fact(FactKind.SCRIPT_LAYER, "uni-app"),
        fact(FactKind.SCRIPT_SETTING, "privacy.prompt", "template"),
    )
    assert found(*facts) == {"deletion": (True, False), "self-start": (True, False), "prompt": (True, False)}


def test_what_is_not_found_says_that_it_may_be_there() -> None:
    assert found() == {"deletion": (False, True), "self-start": (False, False)}
    assert found(hidden=True)["self-start"] == (False, True)


def test_other_components_and_settings_do_not_count() -> None:
    assert found(receiver("OTHER"), receiver("BOOT", "activity"))["self-start"] == (False, False)
    assert found(fact(FactKind.SCRIPT_LAYER, "uni-app"))["prompt"] == (False, False)


def test_only_what_the_platform_and_the_layers_have_is_asked() -> None:
    assert set(found(platform=Platform.IOS)) == {"deletion"}
    assert found(kind=BuildKind.LIBRARY) == {}

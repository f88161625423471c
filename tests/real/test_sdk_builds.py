"""The lists that whole apps are built from: what they name exists, and what is held out stays out. Needs no network."""

from __future__ import annotations

from pathlib import Path

import yaml

import auditor.knowledge
from auditor.knowledge.load import load
from tests.real.sdk_builds.building import Level, levels
from tests.real.sdk_builds.listing import App, apps, parts

FINGERPRINTS = Path(auditor.knowledge.__file__).parent / "fingerprints"


def held_out() -> list[App]:
    return [app for app in apps().values() if app.held_out]


def trained_on() -> set[str]:
    """Return the SHA-256 of everything a fingerprint was made from."""
    lines = (line for path in FINGERPRINTS.glob("*.yaml") for line in yaml.safe_load(path.read_text("utf-8"))["lines"])
    return {one["sha256"] for line in lines for one in line.get("built_from", ()) if "sha256" in one}


def test_every_sdk_named_is_described() -> None:
    named = {id_ for part in parts().values() for id_ in (*part.holds, *part.arguable)}
    named |= {id_ for app in apps().values() for id_ in app.names}
    assert named - load().sdks.keys() == set()


def test_no_fingerprint_was_made_from_what_is_held_out() -> None:
    made = trained_on()
    assert made
    assert {part.id for app in held_out() for part in app.parts if part.artefact.sha256 in made} == set()


def test_nothing_held_out_is_in_an_app_that_is_looked_into() -> None:
    looked_into = {part.artefact.sha256 for app in apps().values() if not app.held_out for part in app.parts}
    assert {part.id for app in held_out() for part in app.parts if part.artefact.sha256 in looked_into} == set()


def test_what_is_held_out_holds_sdks_without_a_fingerprint_too() -> None:
    known = {one.id for one in load().fingerprints}
    assert {id_ for app in held_out() for id_ in app.sdks} - known == {"arouter", "countly", "pushwoosh", "tinker"}


def test_every_app_is_built_with_and_without_its_names() -> None:
    always = {Level.PLAIN, Level.KEPT, Level.RENAMED, Level.FLAT, Level.SHRUNK}
    assert {name: always - set(levels(app)) for name, app in apps().items() if always - set(levels(app))} == {}
    assert {name for name, app in apps().items() if Level.R8 in levels(app)} == {"courier", "errands", "legacy", "lookalikes", "travel"}
    assert all((Level.R8 in levels(app)) is (Level.R8_FLAT in levels(app)) for app in apps().values())


def test_a_look_alike_holds_none_of_what_it_names() -> None:
    assert {name: set(app.names) & app.sdks for name, app in apps().items() if set(app.names) & app.sdks} == {}

"""What an archive's oddities come to: by what they are, by where they are, by the platform."""

from __future__ import annotations

import pytest

from auditor.model import Fact, FactKind, Location, Oddity, Platform
from auditor.rules import tampered_archive
from tests.factories import build
from tests.rules.cases import case, said

ACCIDENTS = {Oddity.DIRECTORY_LOST, Oddity.DIRECTORY_END, Oddity.NO_DATA, Oddity.WRONG_CHECKSUM, Oddity.WRONG_SIZE}


def odd(kind: Oddity, file: str = "classes.dex", opened_by: str = "platform", **traits: str) -> Fact:
    pairs = tuple(sorted({"opened-by": opened_by, **traits}.items()))
    return Fact(kind=FactKind.ARCHIVE, name=kind.value, location=Location(file=file), traits=pairs)


def says(*facts: Fact, platform: Platform = Platform.ANDROID) -> dict[str, str]:
    return said(tampered_archive, case(of=build(*facts, platform=platform)))


@pytest.mark.parametrize("kind", Oddity)
def test_each_oddity_of_what_is_installed_is_told(kind: Oddity) -> None:
    sure = "low" if kind in ACCIDENTS else "(medium|high)"
    severity = "low" if kind is Oddity.UNLISTED_BYTES else "medium"
    ((subject, words),) = says(odd(kind)).items()
    assert subject == kind.value
    assert words in (f"{severity} {one}" for one in sure.strip("()").split("|"))


def test_it_is_high_where_readers_find_different_content() -> None:
    assert says(odd(Oddity.DUPLICATE)) == {"duplicate-entry": "medium high"}
    assert says(odd(Oddity.DUPLICATE), odd(Oddity.DUPLICATE, "a", readers="differ")) == {"duplicate-entry": "high high"}


def test_each_archive_has_a_finding_of_its_own() -> None:
    facts = [odd(Oddity.DUPLICATE, f"{name}!/classes.dex", archive=name) for name in ("base.apk", "map.apk")]
    assert set(says(*facts)) == {"duplicate-entry in base.apk", "duplicate-entry in map.apk"}


@pytest.mark.parametrize("kind", [Oddity.PREFIX, Oddity.TRAILING, Oddity.ZIP64, Oddity.NAME_ENCODING, Oddity.UNLISTED])
def test_what_any_archiver_leaves_is_no_matter_in_a_wrapper(kind: Oddity) -> None:
    assert says(odd(kind, opened_by="tool")) == {}
    assert says(odd(Oddity.OVERLAP, opened_by="tool"), odd(kind, opened_by="tool")) == {"overlapping-entries": "medium high"}


def test_a_file_of_the_app_s_own_matters_where_readers_differ_and_never_more_than_medium() -> None:
    inside = {"opened_by": "app", "archive": "assets/a.zip"}
    assert says(odd(Oddity.DUPLICATE, **inside), odd(Oddity.NAME_NUL, **inside), odd(Oddity.OVERLAP, **inside)) == {}
    assert says(odd(Oddity.DUPLICATE, readers="differ", **inside)) == {"duplicate-entry in assets/a.zip": "medium high"}


@pytest.mark.parametrize("name", ["assets/Icon.png", "res/layout/Main.xml", "a/Long.class"])
def test_names_of_other_files_may_differ_by_case(name: str) -> None:
    assert says(odd(Oddity.NAME_CASE, name)) == {}


def test_names_the_platform_looks_for_may_not() -> None:
    for name in ("Classes.dex", "lib/arm64-v8a/libX.so", "base.apk!/Resources.arsc"):
        assert says(odd(Oddity.NAME_CASE, name)) == {"case-collision": "medium high"}
    ios = {"platform": Platform.IOS}
    assert says(odd(Oddity.NAME_CASE, "Payload/A.app/info.plist"), **ios) == {"case-collision": "medium high"}
    assert says(odd(Oddity.NAME_CASE, "Payload/A.app/icon.png"), **ios) == {}


def test_other_platforms_are_not_held_to_what_android_refuses() -> None:
    for platform in (Platform.IOS, Platform.HARMONYOS):
        assert says(odd(Oddity.ZIP64), odd(Oddity.NAME_ENCODING), odd(Oddity.COUNT, wraps="yes"), platform=platform) == {}
        (finding,) = tampered_archive.run(case(of=build(odd(Oddity.DUPLICATE), platform=platform)))
        assert "Android" not in finding.message.en + finding.message.zh


def test_what_android_makes_of_it_is_said_and_names_are_counted() -> None:
    facts = [odd(Oddity.TRAILING, f"{number}", entries="40") for number in range(5)]
    (finding,) = tampered_archive.run(case(of=build(*facts)))
    assert finding.message.en == "0, 1, 2 and 37 more: has something behind the archive; Android refuses to install it"
    assert finding.message.zh == "0、1、2 等 40 个：压缩包之后有其他内容；Android 拒绝安装"
    assert finding.evidence == tuple(facts)


def test_what_is_odd_about_the_manifest_is_told_with_what_android_makes_of_it() -> None:
    facts = [odd(Oddity.XML_ORDER, "AndroidManifest.xml", readers="differ"), odd(Oddity.XML_TYPE, "base.apk!/AndroidManifest.xml")]
    assert says(*facts) == {"xml-attribute-order": "high high", "xml-type": "medium high"}
    (finding, _) = tampered_archive.run(case(of=build(*facts)))
    assert finding.message.en == (
        "AndroidManifest.xml: has attributes out of the order of their ids, so that tools read different content;"
        " Android does not see the lower ones behind"
    )

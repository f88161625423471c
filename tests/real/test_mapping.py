"""Apps that ProGuard renamed, by the mapping it wrote: every name restored is the one the vendor gave."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from auditor.beside import Beside
from auditor.model import Fact, FactKind
from auditor.pipeline import Facts, read_build
from tests.real.fetch import Unavailable
from tests.real.sdk_builds import building
from tests.real.sdk_builds.building import Level
from tests.real.sdk_builds.listing import apps

pytestmark = pytest.mark.real


def built(level: Level, folder: Path) -> tuple[Facts, dict[str, str]]:
    """Build the look-alike app, read it by its mapping; return that and the true names of its classes."""
    try:
        content, originals, _ = building._assemble(apps()["lookalikes"], level, folder)
    except Unavailable as reason:
        pytest.skip(str(reason))
    (folder / "app.apk").write_bytes(content)
    beside = Beside(mapping=folder / "minified.txt") if level is not Level.PLAIN else Beside()
    return read_build(folder / "app.apk", calls=True, beside=beside), originals


def call(fact: Fact) -> tuple[str, ...]:
    """Return what a call is by the names of the source, wherever it stands."""
    caller = fact.location.at.rpartition(" +0x")[0]
    caller = caller.partition("(was ")[2].rstrip(")") if "(was " in caller else caller.partition("(")[0]
    return fact.name, fact.by, caller, fact.value, fact.trait("descriptor") or "", fact.trait("via") or ""


@pytest.mark.parametrize("level", [Level.KEPT, Level.FLAT])
def test_a_renamed_build_reads_like_the_plain_one(tmp_path: Path, level: Level) -> None:
    (tmp_path / "plain").mkdir()
    plain, _ = built(Level.PLAIN, tmp_path / "plain")
    found, originals = built(level, tmp_path)
    assert sum(new != old for new, old in originals.items()) > 100
    assert {name for unit in found.build.code for name in unit.classes} == set(originals.values())
    assert Counter(map(call, found.build.of(FactKind.CALL))) == Counter(map(call, plain.build.of(FactKind.CALL)))
    assert Counter((call(one.site), one.reach, one.entries) for one in found.conduct.calls) == Counter(
        (call(one.site), one.reach, one.entries) for one in plain.conduct.calls
    )
    assert {(sdk.id, sdk.tier, sdk.confidence) for sdk in found.conduct.sdks} == {
        (sdk.id, sdk.tier, sdk.confidence) for sdk in plain.conduct.sdks
    }


def test_inlined_frames_take_no_method_s_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = building._ALWAYS.replace("Exceptions,", "Exceptions,SourceFile,LineNumberTable,")
    monkeypatch.setattr(building, "_ALWAYS", lines)
    found, originals = built(Level.OPTIMISED, tmp_path)
    assert {name for unit in found.build.code for name in unit.classes} == set(originals.values())
    assert "OaidReader.read():17:29 -> onCreate" in (tmp_path / "minified.txt").read_text("utf-8")
    assert any(fact.location.at.startswith("com.example.lookalikes.MainActivity.onCreate(") for fact in found.build.of(FactKind.CALL))

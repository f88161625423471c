"""The cache of what was read: what goes in comes out, and whatever is wrong with it stops nothing."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor import pipeline
from auditor.build import Build, Flow, Reach
from auditor.cache import Cache, key_of, pack, unpack
from auditor.knowledge.load import load
from auditor.model import Conduct, Text
from tests import factories as make
from tests import nouns
from tests.cli.test_commands import auditor
from tests.forge.apk import simple_apk

ROOT = Path(__file__).parents[1]
TEGO = ROOT / "declarations" / "tego.yaml"
KEY = "0" * 64
SAMPLES = ("tego-drifted.apk", "tego-packed.apk", "tego-drifted.ipa")


def small(*facts) -> Build:
    return Build(identity=make.identity(), facts=tuple(sorted(set(facts), key=lambda one: one.key)))


@pytest.fixture
def notes() -> list[Text]:
    return []


@pytest.fixture
def cache(tmp_path: Path, notes: list[Text]) -> Cache:
    return Cache(tmp_path / "cache", notes.append)


@pytest.fixture(scope="module")
def read() -> dict[str, pipeline.Facts]:
    return {name: pipeline.read_build(ROOT / "sample_apks" / name, calls=True) for name in SAMPLES}


# -- an entry -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_what_was_read_comes_back_but_for_what_nobody_asks_later(read, name: str) -> None:
    facts = read[name]
    build, conduct = unpack(pack(facts.build, facts.conduct, KEY), KEY)
    assert conduct == facts.conduct
    assert build.flow is None
    assert [(unit.file, unit.classes) for unit in build.code] == [(unit.file, unit.classes) for unit in facts.build.code]
    assert replace(build, code=(), flow=None) == replace(facts.build, code=(), flow=None)


@given(st.lists(nouns.facts, max_size=4), nouns.tuples(nouns.collections), nouns.tuples(nouns.gaps), nouns.tuples(nouns.sdks))
def test_any_facts_come_back(facts, collections, gaps, sdks) -> None:
    build = replace(small(*facts), gaps=gaps)
    conduct = Conduct(collections=collections, sdks=sdks)
    assert unpack(pack(build, conduct, KEY), KEY) == (build, conduct)


def test_a_call_graph_is_not_kept() -> None:
    flow = Flow(methods=(), classes=("a",), reach=bytes([Reach.STARTUP]), uses=b"")
    assert unpack(pack(replace(small(), flow=flow), Conduct(), KEY), KEY)[0].flow is None


@given(st.binary(max_size=60))
def test_no_bytes_are_an_entry_by_chance(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"^it "):
        unpack(data, KEY)


def entry(document: object, *, key: str = KEY, form: str = "auditor/cache/1") -> bytes:
    """An entry with a good digest, whatever it holds."""
    body = zlib.compress(json.dumps(document).encode())
    return json.dumps({"format": form, "key": key, "sha256": hashlib.sha256(body).hexdigest()}).encode() + b"\n" + body


values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 99) | st.text(max_size=3), lambda inner: st.lists(inner, max_size=14), max_leaves=20
)


@settings(max_examples=60)
@given(values)
def test_what_a_stranger_wrote_makes_nouns_or_is_refused(document: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpack(entry(document), KEY)


@settings(max_examples=40)
@given(st.data())
def test_a_changed_value_makes_nouns_or_is_refused(data: st.DataObject) -> None:
    content = pack(small(make.permission("CAMERA")), Conduct(sdks=(make.sdk("bugly"),)), KEY)
    document = json.loads(zlib.decompress(content.partition(b"\n")[2]))
    place = document
    while isinstance(place, list) and place:
        index = data.draw(st.integers(0, len(place) - 1))
        if data.draw(st.booleans()) or not isinstance(place[index], list):
            place[index] = data.draw(values)
            break
        place = place[index]
    try:
        build, conduct = unpack(entry(document), KEY)
    except ValueError:
        return
    assert isinstance(build, Build)
    assert isinstance(conduct, Conduct)


# -- a folder of them -----------------------------------------------------------------------------------------------------


def test_what_is_put_is_found_by_its_key_alone(cache: Cache, notes: list[Text]) -> None:
    assert cache.get(KEY) is None
    cache.put(KEY, small(make.permission("CAMERA")), Conduct())
    assert cache.get(KEY) == (small(make.permission("CAMERA")), Conduct())
    assert cache.get("1" * 64) is None
    assert notes == []


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda content: content[:-9], "damaged"),
        (lambda content: content[:-1] + bytes([content[-1] ^ 1]), "damaged"),
        (lambda content: b"", "no entry of this cache"),
        (lambda content: b"\x80\x04\x95pickle", "no entry of this cache"),
        (lambda content: content.replace(KEY.encode(), b"1" * 64, 1), "belongs to another build"),
        (lambda content: content.replace(b"cache/1", b"cache/2", 1), "not of the form auditor/cache/1"),
        (lambda content: entry([]), "values to unpack"),
        (lambda content: entry([[], [1], [2]]), "no Build where one belongs"),
    ],
)
def test_a_spoilt_entry_is_passed_over_with_a_note_and_written_anew(cache: Cache, notes: list[Text], spoil, said: str) -> None:
    cache.put(KEY, small(), Conduct())
    (file,) = cache.folder.iterdir()
    file.write_bytes(spoil(file.read_bytes()))
    assert cache.get(KEY) is None
    (note,) = notes
    assert said in note.en
    assert file.name in note.zh
    cache.put(KEY, small(), Conduct())
    assert cache.get(KEY) == (small(), Conduct())


def test_the_folder_stays_small_and_what_was_not_used_longest_goes_first(tmp_path: Path, notes: list[Text]) -> None:
    size = len(pack(small(), Conduct(), KEY))
    cache = Cache(tmp_path, notes.append, most=3 * size)
    keys = [str(number) * 64 for number in range(4)]
    for age, key in enumerate(keys[:3]):
        cache.put(key, small(), Conduct())
        os.utime(tmp_path / f"{key}.facts", (age, age))
    assert cache.get(keys[0]) is not None  # used: no longer the oldest
    cache.put(keys[3], small(), Conduct())
    assert {path.stem for path in tmp_path.iterdir()} == {keys[0], keys[2], keys[3]}
    Cache(tmp_path / "none", notes.append, most=10).put(KEY, small(), Conduct())
    assert not (tmp_path / "none").exists()
    assert notes == []


def test_a_full_disk_leaves_nothing_behind_and_stops_nothing(cache: Cache, notes: list[Text], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    cache.put(KEY, small(), Conduct())
    assert list(cache.folder.iterdir()) == []
    (note,) = notes
    assert "No space left on device" in note.en


def test_a_folder_that_is_a_file_stops_nothing(tmp_path: Path, notes: list[Text]) -> None:
    (tmp_path / "file").write_text("x")
    cache = Cache(tmp_path / "file", notes.append)
    cache.put(KEY, small(), Conduct())
    assert len(notes) == 1
    assert cache.get(KEY) is None


def test_writers_at_the_same_time_never_leave_half_an_entry(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom auditor.cache import Cache\nfrom auditor.model import Conduct\n"
        "from tests.test_cache import KEY, small\nfrom tests import factories as make\n"
        "notes = []\ncache = Cache(Path(sys.argv[1]), notes.append)\n"
        "build = small(*(make.permission(str(number)) for number in range(300)))\n"
        "for _ in range(20):\n    cache.put(KEY, build, Conduct())\n    assert cache.get(KEY) == (build, Conduct())\n"
        "assert not notes, notes\n"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), *filter(None, sys.path)))}
    running = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], env=env) for _ in range(3)]
    assert [one.wait(120) for one in running] == [0, 0, 0]
    assert [path.name for path in tmp_path.iterdir()] == [f"{KEY}.facts"]


# -- the key ------------------------------------------------------------------------------------------------------------


def test_the_key_changes_with_everything_the_facts_depend_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, same, other = tmp_path / "a.apk", tmp_path / "sub" / "a.apk", tmp_path / "b.apk"
    same.parent.mkdir()
    for path in (one, same, other):
        path.write_bytes(b"build")
    mapping = tmp_path / "mapping.txt"
    mapping.write_bytes(b"a -> b:")
    first = key_of((one, None, None), "k", calls=True)
    assert key_of((same, None, None), "k", calls=True) == first  # wherever it lies
    keys = [
        key_of((other, None, None), "k", calls=True),
        key_of((one, mapping, None), "k", calls=True),
        key_of((one, None, mapping), "k", calls=True),
        key_of((one, None, None), "K", calls=True),
        key_of((one, None, None), "k", calls=False),
    ]
    one.write_bytes(b"Build")
    keys.append(key_of((one, None, None), "k", calls=True))
    one.write_bytes(b"build")
    monkeypatch.setattr("auditor.cache._code", lambda: "other code")
    keys.append(key_of((one, None, None), "k", calls=True))
    assert len({first, *keys}) == len(keys) + 1
    with pytest.raises(OSError, match="No such file"):
        key_of((tmp_path / "none.apk", None, None), "k", calls=True)


def test_the_key_of_a_folder_is_that_of_all_in_it(tmp_path: Path) -> None:
    def key(*files: tuple[str, bytes]) -> str:
        folder = tmp_path / str(len(list(tmp_path.iterdir()))) / "X.app"
        for name, content in files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        return key_of((folder,), "k", calls=True)

    first = key(("Info.plist", b"1"), ("b/c", b"2"))
    assert key(("b/c", b"2"), ("Info.plist", b"1")) == first
    assert first not in {key(("Info.plist", b"1")), key(("Info.plist", b"1"), ("b/d", b"2")), key(("Info.plist", b"2"), ("b/c", b"2"))}


# -- in use -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_an_audit_from_the_cache_is_the_same_and_reads_nothing(cache: Cache, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    build = ROOT / "sample_apks" / name
    fresh = pipeline.audit_build(build, TEGO, knowledge=load())
    assert pipeline.audit_build(build, TEGO, knowledge=load(), cache=cache) == fresh

    def read(*_: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(pipeline, "_read", read)
    assert pipeline.audit_build(build, TEGO, knowledge=load(), cache=cache) == fresh


def test_the_command_line_keeps_what_it_reads_and_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "app.apk").write_bytes(simple_apk(permissions=["android.permission.CAMERA"]))
    head = "app: Example\noperator: Example Ltd\npolicy: {file: policy.txt, effective: 2024-01-01}\n"
    (tmp_path / "one.yaml").write_text(head + "permissions: []\n", "utf-8")
    (tmp_path / "two.yaml").write_text(
        head + "permissions:\n  - {name: android.permission.CAMERA, text: CAMERA, purpose: scan codes}\n", "utf-8"
    )

    def run(declaration: str, **environment: str) -> tuple[int, str, str]:
        done = auditor("audit", "app.apk", "-d", declaration, "--cache", "kept", "--format", "json", cwd=tmp_path, **environment)
        return done.returncode, done.stdout, done.stderr

    first = run("one.yaml")
    assert (first[0], first[2]) == (1, "")
    (file,) = (tmp_path / "kept").iterdir()
    assert run("one.yaml") == first
    assert run("two.yaml")[0] == 0  # another declaration, the same facts
    facts = [auditor("facts", "app.apk", *more, "--format", "json", cwd=tmp_path) for more in ((), ("--cache", "kept"))]
    assert facts[0].stdout == facts[1].stdout
    assert [path.name for path in (tmp_path / "kept").iterdir()] == [file.name]
    file.write_bytes(b"spoilt")
    code, out, err = run("one.yaml")
    assert (code, out) == first[:2]
    assert err == (
        f"the cache entry {file.name} cannot be used (it is no entry of this cache): ignored, and the build is read anew\n"
    )
    assert run("one.yaml") == first
    assert auditor("audit", "none.apk", "-d", "one.yaml", "--cache", "kept", cwd=tmp_path).stderr.startswith("auditor: none.apk")

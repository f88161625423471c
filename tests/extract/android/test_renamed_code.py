"""What is looked for in classes that a minifier renamed: literals known by their hash, and who refers to whom."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from auditor.build import HASHED
from auditor.extract import extract
from auditor.extract.lens import Lens
from tests.forge.apk import simple_apk
from tests.forge.dex import Call, Class, Method

LOG = "android.util.Log.d(Ljava/lang/String;Ljava/lang/String;)I"
TELLING = "could not reach the sandbox gateway"
SHORT = "1234567"
SHORTS = re.compile(r"(?:.*\.)?\w\Z")


def key(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def hashed(text: str) -> str:
    return f"{HASHED}{key(text)}:{len(text)}"


def speaking(name: str, *said: str, refers: str = "") -> Class:
    body = [Call(LOG, (text,), kind="static") for text in said]
    body += [Call(f"{refers}.x()V")] if refers else []
    return Class(name=name, methods=[Method(name="x()V", body=body)])


def lens(*secret: str, named: frozenset[str] = frozenset()) -> Lens:
    return Lens(
        literals=frozenset({TELLING}), hashed=frozenset(map(key, secret)), renamed=SHORTS, named=named.__contains__ if named else None
    )


def read(tmp_path: Path, looking: Lens, *classes: Class) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Return class -> literals and class -> the classes it refers to."""
    path = tmp_path / "app.apk"
    path.write_bytes(simple_apk(classes=classes))
    (unit,) = extract(path, lens=looking).code
    return dict(unit.literals), dict(unit.references)


@pytest.mark.parametrize("secret", ["a secret of the vendor", "服务器地址无法解析，请检查网络", "a \U0001f4a9 in it", "a NUL \0 in it"])
def test_a_hashed_literal_is_told_by_its_hash_and_length(tmp_path: Path, secret: str) -> None:
    classes = [speaking(f"o.{letter}", TELLING) for letter in "abc"] + [speaking("o.d", secret, "something else")]
    literals, _ = read(tmp_path, lens(secret), *classes)
    assert literals == {"o.a": (TELLING,), "o.b": (TELLING,), "o.c": (TELLING,), "o.d": (hashed(secret),)}


def test_none_is_looked_for_until_several_renamed_classes_show_the_way(tmp_path: Path) -> None:
    few = [speaking("o.a", TELLING), speaking("o.b", TELLING), speaking("o.Readable", TELLING), speaking("o.d", "a secret of the vendor")]
    literals, references = read(tmp_path, lens("a secret of the vendor"), *few)
    assert "o.d" not in literals
    assert references == {}


def test_nor_in_classes_with_readable_names_nor_where_it_is_short(tmp_path: Path) -> None:
    classes = [speaking(f"o.{letter}", TELLING) for letter in "abc"]
    classes += [speaking("o.Readable", "a secret of the vendor"), speaking("o.d", SHORT)]
    literals, _ = read(tmp_path, lens("a secret of the vendor", SHORT), *classes)
    assert {"o.Readable", "o.d"} & literals.keys() == set()


def test_a_class_whose_name_says_whose_it_is_does_not_count_as_renamed(tmp_path: Path) -> None:
    classes = [speaking(f"acme.{letter}", TELLING) for letter in "abc"] + [speaking("acme.d", "a secret of the vendor")]
    ours = frozenset(one.name for one in classes)
    literals, _ = read(tmp_path, lens("a secret of the vendor", named=ours), *classes)
    assert "acme.d" not in literals
    classes += [speaking(f"o.{letter}", TELLING) for letter in "abc"] + [speaking("o.d", "a secret of the vendor")]
    literals, _ = read(tmp_path, lens("a secret of the vendor", named=ours), *classes)
    assert "acme.d" not in literals
    assert literals["o.d"] == (hashed("a secret of the vendor"),)


def test_references_to_renamed_classes_of_the_build_are_kept(tmp_path: Path) -> None:
    classes = [speaking(f"o.{letter}", TELLING, refers="o.d") for letter in "abc"]
    classes += [speaking("o.d", refers="o.Readable"), speaking("o.Readable", refers="o.a"), speaking("o.f", refers="x.y")]
    classes += [speaking("o.g", refers="o.g"), speaking("o.h", refers="acme.a"), speaking("acme.a", refers="o.a")]
    _, references = read(tmp_path, lens(named=frozenset({"acme.a"})), *classes)
    assert references == {"o.a": ("o.d",), "o.b": ("o.d",), "o.c": ("o.d",), "o.Readable": ("o.a",), "acme.a": ("o.a",)}

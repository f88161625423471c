"""Hosts that the code of a DEX file names, alone or in web addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.extract import extract
from auditor.extract.lens import Lens
from tests.forge.apk import simple_apk
from tests.forge.dex import Call, Class, Method

LOG = "android.util.Log.d(Ljava/lang/String;Ljava/lang/String;)I"


def used(tmp_path: Path, *said: str, lens: Lens) -> dict[str, tuple[str, ...]]:
    """Return class -> literals, of an app whose classes say one thing each."""
    bodies = [[Call(LOG, (text,), kind="static")] for text in said]
    speaking = [Class(name=f"a.C{n}", methods=[Method(name="x()V", body=body)]) for n, body in enumerate(bodies)]
    path = tmp_path / "app.apk"
    path.write_bytes(simple_apk(classes=speaking))
    return {name: literals for unit in extract(path, lens=lens).code for name, literals in unit.literals}


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("log.acme.cn", True),
        ("https://log.acme.cn", True),
        ("http://log.acme.cn:8080/app?x=1", True),
        ("https://LOG.acme.cn/app", True),
        ("https://log.acme.cn.evil.com/", False),
        ("https://xlog.acme.cn/", False),
        ("https://evil.com/log.acme.cn", False),
        ("ws://log.acme.cn", False),
        ("see log.acme.cn", False),
        ("https://", False),
        ("httpx", False),
    ],
)
def test_a_host_is_found_whole(tmp_path: Path, said: str, found: bool) -> None:
    assert used(tmp_path, said, lens=Lens(hosts=frozenset({"log.acme.cn"}))) == ({"a.C0": (said,)} if found else {})


def test_each_class_says_its_own(tmp_path: Path) -> None:
    lens = Lens(hosts=frozenset({"log.acme.cn", "h.cn"}), literals=frozenset({"telling words"}))
    said = ("https://log.acme.cn/a", "telling words", "h.cn", "nothing")
    assert used(tmp_path, *said, lens=lens) == {"a.C0": (said[0],), "a.C1": (said[1],), "a.C2": (said[2],)}


def test_nobody_is_asked_about_hosts_unless_they_are_wanted(tmp_path: Path) -> None:
    assert used(tmp_path, "https://log.acme.cn/a", lens=Lens(literals=frozenset({"other words"}))) == {}

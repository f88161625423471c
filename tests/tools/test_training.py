"""A literal is an SDK's own only where nobody else holds it, and a list outlives what a shrinker drops."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tools.fingerprints.artefacts import Described, Libraries, Source
from tools.fingerprints.quality import is_telling, struck_by_hand, why_blocked
from tools.fingerprints.training import Claims, Corpus, Fingerprint, Judge, choose, read_corpus, train

SDKS = {
    "amap": Described(("com.amap",), ("com.loc",), ("com.amap.wrapper",)),
    "getui-push": Described(("com.igexin",), (), ()),
    "getui-gtc": Described(("com.getui.gtc",), (), ()),
}
LIBRARIES = Libraries(
    packages={"okio": ("okio",)},
    copied=frozenset({"okio"}),
    families={"getui": ("getui-push", "getui-gtc")},
    sources=(),
)


def texts(what: str, count: int = 10) -> frozenset[str]:
    """Literals nobody else would write."""
    return frozenset(f"{what} could not be started, reason {chr(97 + number)}" for number in range(count))


def source(ref: str, code: Mapping[str, frozenset[str]], sdk: str = "", version: str = "1.0", product: str = "") -> Source:
    return Source(ref=ref, sha256="", sdk=sdk, product=product, version=version, code=dict(code))


def corpus(*sources: Source) -> Corpus:
    return read_corpus(sources, Claims(SDKS, LIBRARIES))


def trained(*sources: Source) -> dict[str, Fingerprint]:
    return {one.id: one for one in train(corpus(*sources), LIBRARIES, SDKS)}


# -- what is telling ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "login failed:102,give up start connection thread",
        "sandbox.xmpush.xiaomi.com",
        "MicroMsg.SDK.WXMiniProgramObject",
        "请在地图调用之前初始化",
        "createDefaultX5WebChromeClientExtension",
        "https://restapi.amap.com/v3/iasdkauth",
    ],
)
def test_what_only_one_vendor_would_write_is_telling(text):
    assert is_telling(text)
    assert why_blocked(text) == ""


@pytest.mark.parametrize(
    "text",
    ["handleMessage", "short", "com.tencent.mm", "com.xiaomi.mipush.sdk.PushServiceReceiver", "1234567890123", ", a=", "x" * 200],
)
def test_names_and_fragments_are_not(text):
    assert not is_telling(text)


@pytest.mark.parametrize(
    "text",
    [
        "content://com.vivo.vms.IdProvider/IdentifierId/",
        "content://com.meizu.flyme.openidsdk/",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "AES/CBC/PKCS5Padding",
        "yyyy-MM-dd HH:mm:ss",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "application/octet-stream",
        "/proc/cpuinfo can be read",
        "Required field 'id' was not present! Struct: ",
    ],
)
def test_what_everybody_names_is_blocked_with_a_reason(text):
    assert why_blocked(text)


def test_what_a_reader_struck_is_struck_from_that_list_alone():
    assert struck_by_hand("talkingdata", "N is not a power of 2")
    assert not struck_by_hand("amap", "N is not a power of 2")


# -- whose a class is ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("class_", "sdk", "owner"),
    [
        ("com.amap.api.Map", "", "amap"),
        ("com.amap.api.Map$1", "", "amap"),
        ("com.amapp.Other", "", ""),
        ("com.amap.wrapper.Ours", "", ""),
        ("com.loc.a", "", ""),
        ("com.loc.a", "amap", "amap"),
        ("a.b.c", "amap", "amap"),
        ("okio.Buffer", "amap", "okio"),
        ("com.igexin.sdk.A", "amap", "getui-push"),
    ],
)
def test_a_class_is_whose_name_it_has_else_its_artefacts(class_, sdk, owner):
    assert Claims(SDKS, LIBRARIES).of(class_, sdk) == owner


# -- whose a literal is -------------------------------------------------------------------------------------------------


def fate(literal: str, *sources: Source) -> str:
    return Judge(corpus(*sources), LIBRARIES).fate(literal).owner


ONE = "the location service could not be bound"
TWO = "the tile service gave no answer"


def test_a_literal_of_one_sdk_is_its_own():
    assert fate(ONE, source("a", {"com.amap.A": frozenset({ONE})}, "amap")) == "amap"


def test_a_literal_two_sdks_share_is_nobodys():
    other = source("b", {"com.igexin.B": frozenset({ONE})}, "getui-push")
    assert fate(ONE, source("a", {"com.amap.A": frozenset({ONE})}, "amap"), other) == ""


def test_a_literal_a_family_shares_is_the_familys():
    push = source("a", {"com.igexin.A": frozenset({ONE})}, "getui-push")
    gtc = source("b", {"com.getui.gtc.B": frozenset({ONE})}, "getui-gtc")
    assert fate(ONE, push, gtc) == "getui"


def test_a_literal_of_a_copied_library_is_the_librarys():
    library = source("okio.jar", {"okio.Buffer": frozenset({ONE})}, "okio")
    assert fate(ONE, library, source("a", {"com.amap.shaded.Buffer": frozenset({ONE})}, "amap")) == "okio"


def test_of_two_libraries_the_published_one_owns_it():
    libraries = Libraries(packages={"okio": ("okio",), "tink": ("tink",)}, copied=frozenset({"okio", "tink"}), families={}, sources=())
    published = source("okio.jar", {"okio.Buffer": frozenset({ONE, TWO})}, "okio")
    relocated = source("app", {"tink.shaded.Buffer": frozenset({ONE, TWO})})
    judge = Judge(read_corpus([published, relocated], Claims(SDKS, libraries)), libraries)
    assert judge.fate(ONE).owner == "okio"
    both = source("tink.jar", {"tink.shaded.Buffer": frozenset({ONE})}, "tink")
    judge = Judge(read_corpus([published, both, relocated], Claims(SDKS, libraries)), libraries)
    assert (judge.fate(ONE).owner, judge.fate(TWO).owner) == ("", "okio")


def test_a_literal_an_app_without_the_sdk_holds_is_struck():
    app = source("app", {"our.own.Code": frozenset({ONE})})
    assert fate(ONE, source("a", {"com.amap.A": frozenset({ONE})}, "amap"), app) == ""


def test_an_app_that_holds_the_sdk_strikes_nothing():
    app = source("app", {"a.b": frozenset({ONE}), "com.amap.A": frozenset({"another literal of it"})})
    assert fate(ONE, source("a", {"com.amap.A": frozenset({ONE})}, "amap"), app) == "amap"


def test_nor_does_one_that_holds_it_under_other_names():
    own = texts("the tile fetcher") | {ONE}
    app = source("app", {"a.b": own})
    assert fate(ONE, source("a", {"com.amap.A": own}, "amap"), app) == "amap"


def test_an_app_that_copied_a_few_literals_strikes_them():
    few = texts("the tile fetcher", 3)
    app = source("app", {"a.b": few | {ONE}})
    assert fate(ONE, source("a", {"com.amap.A": texts("the map view", 60) | few | {ONE}}, "amap"), app) == ""


# -- lists --------------------------------------------------------------------------------------------------------------


def test_every_class_gives_one_literal_before_any_gives_two():
    code = {f"com.amap.C{number}": texts(f"class {number}", 10) for number in range(20)}
    seen = corpus(source("a", code, "amap")).seen["amap"]
    chosen = choose(seen, frozenset().union(*code.values()))
    assert len(chosen) == 40
    per_class = [sum(one in literals for one in chosen) for literals in code.values()]
    assert per_class == [2] * 20


def test_what_more_versions_hold_is_chosen_first():
    old, kept, new = texts("an old thing", 25), texts("a kept thing", 20), texts("a new thing", 25)
    first = source("a", {"com.amap.A": old | kept}, "amap", "1.9")
    second = source("b", {"com.amap.A": new | kept}, "amap", "1.10")
    (block,) = trained(first, second)["amap"].blocks
    assert kept < set(block.literals)
    assert block.line == "1.9 to 1.10"


def test_the_hold_out_is_chosen_without_the_newest_version():
    kept, new = texts("a kept thing", 10), texts("a new thing", 30)
    first = source("a", {"com.amap.A": kept | texts("an old thing", 10)}, "amap", "1.9")
    second = source("b", {"com.amap.A": kept | new}, "amap", "1.10")
    (block,) = trained(first, second)["amap"].blocks
    assert block.holdout is not None
    assert (block.holdout.trained, block.holdout.tested) == (("1.9",), "1.10")
    assert (block.holdout.hits, block.holdout.of) == (10, 20)


def test_a_rewrite_begins_a_line_of_its_own():
    first = source("a", {"com.amap.A": texts("an old thing")}, "amap", "1.0")
    second = source("b", {"com.amap.A": texts("a new thing")}, "amap", "2.0")
    assert [block.line for block in trained(first, second)["amap"].blocks] == ["1.0", "2.0"]


def test_a_product_is_a_line_of_its_own():
    first = source("a", {"com.amap.A": texts("a map thing")}, "amap", "1.0", "map")
    second = source("b", {"com.amap.A": texts("a map thing")}, "amap", "1.0", "search")
    assert [block.line for block in trained(first, second)["amap"].blocks] == ["map 1.0", "search 1.0"]


def test_apps_teach_what_no_artefact_does_and_only_with_enough_classes():
    code = {f"com.amap.C{number}": texts(f"class {number}") for number in range(5)}
    (block,) = trained(source("app", code, version="app"))["amap"].blocks
    assert (block.line, len(block.literals), block.holdout) == ("seen in 1 app", 40, None)
    assert "amap" not in trained(source("app", dict(list(code.items())[:4]), version="app"))


def test_too_few_literals_make_no_fingerprint():
    assert trained(source("a", {"com.amap.A": texts("a thing", 7)}, "amap")) == {}


def test_libraries_and_families_are_told_from_sdks():
    shared = texts("something the family shares")
    found = trained(
        source("a", {"com.igexin.A": shared | texts("a push thing")}, "getui-push"),
        source("b", {"com.getui.gtc.A": shared | texts("a core thing")}, "getui-gtc"),
        source("c", {"okio.Buffer": texts("a buffer")}, "okio"),
    )
    kinds = {id_: (one.kind, one.members) for id_, one in found.items()}
    assert kinds == {
        "getui": ("family", ("getui-push", "getui-gtc")),
        "getui-gtc": ("sdk", ()),
        "getui-push": ("sdk", ()),
        "okio": ("library", ()),
    }
    assert found["getui-push"].seeds == texts("a push thing")
    assert found["getui"].seeds == shared


def test_the_same_artefacts_in_another_order_make_the_same():
    sources = [
        source("a", {"com.amap.A": texts("a thing"), "com.amap.B": texts("another thing")}, "amap", "1.0"),
        source("b", {"com.amap.A": texts("a thing"), "com.amap.C": texts("a third thing")}, "amap", "1.1"),
        source("c", {"com.igexin.A": texts("a push thing")}, "getui-push"),
    ]
    assert trained(*sources) == trained(*reversed(sources))

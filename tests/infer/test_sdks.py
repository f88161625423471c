"""Which SDKs are found by which traces, and which are not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.infer.sdks import PackageIndex, find_sdks
from auditor.knowledge.schema import TraceKind
from auditor.model import Build, Confidence, Fact, FactKind, SdkTier
from tests.factories import build, fact
from tests.knowledge_factories import knowledge, names, proves, sdk, supports

PUSH = sdk("acme-push", *proves("com.acme.push"), *supports("com.acme.base"), *names("com.acme.push.Service"))
ADS = sdk("acme-ads", *proves("com.acme.push.ads"))
SOLO = sdk("solo", *proves("org.solo.Entry"))
PLUGGED = sdk("plugged", *proves("com.plugged"), excepted=("com.plugged.cordova",))
NATIVE = sdk(
    "native",
    *supports("libnative-*.so", kind=TraceKind.NATIVE_LIBRARY),
    *supports("native_start", kind=TraceKind.NATIVE_SYMBOL),
)
TALKING = sdk(
    "talking",
    *proves("com.talking"),
    *supports("log.talking.cn", kind=TraceKind.HOST),
    *supports("content://com.talking/id", "is it [so]?", kind=TraceKind.LITERAL),
)
MAPS = sdk(
    "maps",
    *proves("MapView", kind=TraceKind.CLASS),
    *proves("Maps.framework", kind=TraceKind.FRAMEWORK),
    *names("maps", kind=TraceKind.QUERY_SCHEME),
)
HEARSAY = sdk("hearsay", *proves("org.hearsay"), unverified=True)
HARMONY = sdk("harmony", *supports("@acme/harmony", kind=TraceKind.OHPM_PACKAGE))
KNOWN = knowledge(HARMONY, HEARSAY, TALKING, PUSH, ADS, SOLO, PLUGGED, NATIVE, MAPS)


def found(*facts: object, classes: tuple[str, ...] = ()) -> dict[str, tuple[SdkTier, Confidence]]:
    one = build(*facts, code={"classes.dex": classes})  # type: ignore[arg-type]
    return {sdk.id: (sdk.tier, sdk.confidence) for sdk in find_sdks(one, KNOWN)}


BUNDLED = SdkTier.BUNDLED


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        (("com.acme.push.A", "com.acme.push.b.B", "com.acme.push.b.C"), {"acme-push": (BUNDLED, Confidence.HIGH)}),
        (("com.acme.push.A",), {"acme-push": (BUNDLED, Confidence.MEDIUM)}),
        (("com.acme.push.ads.A", "com.acme.push.ads.B", "com.acme.push.ads.C"), {"acme-ads": (BUNDLED, Confidence.HIGH)}),
        (("org.solo.Entry",), {"solo": (BUNDLED, Confidence.MEDIUM)}),
        (("org.solo.Entry$1",), {"solo": (BUNDLED, Confidence.MEDIUM)}),
    ],
)
def test_defined_classes_prove_the_sdk_of_the_longest_claim(
    classes: tuple[str, ...], expected: dict[str, tuple[SdkTier, Confidence]]
) -> None:
    assert found(classes=classes) == expected


@pytest.mark.parametrize(
    "classes",
    [
        ("com.acme.pushy.A",),  # another segment that merely starts alike
        ("com.acme.Other",),
        ("org.solo.EntryPoint",),
        ("com.acme.base.A", "com.acme.base.B", "com.acme.base.C", "com.acme.base.D"),  # shared by several SDKs
        ("com.plugged.cordova.Plugin", "com.plugged.cordova.B", "com.plugged.cordova.C"),  # a wrapper
        ("x.com.acme.push.A",),
        ("Com.Acme.Push.A",),
        ("com.acme.push.R", "com.acme.push.R$layout", "com.acme.push.BuildConfig"),  # written by the build tools
    ],
)
def test_classes_that_only_look_alike_prove_nothing(classes: tuple[str, ...]) -> None:
    assert found(classes=classes) == {}


def test_what_was_never_read_from_an_artefact_is_never_beyond_doubt() -> None:
    assert found(classes=("org.hearsay.A", "org.hearsay.B", "org.hearsay.C")) == {"hearsay": (BUNDLED, Confidence.MEDIUM)}


def test_a_manifest_entry_without_code_only_names() -> None:
    entry = fact(FactKind.COMPONENT, "com.acme.push.Service", "service")
    assert found(entry) == {"acme-push": (SdkTier.NAMED, Confidence.LOW)}


def test_a_library_that_others_ship_too_only_names() -> None:
    library = fact(FactKind.NATIVE_LIBRARY, "libnative-1.2.so", "arm64-v8a")
    assert found(library) == {"native": (SdkTier.NAMED, Confidence.LOW)}
    assert found(fact(FactKind.NATIVE_LIBRARY, "libnative.so", "arm64-v8a")) == {}


def test_a_scheme_asked_about_is_another_app() -> None:
    assert found(fact(FactKind.QUERY_SCHEME, "maps")) == {}


def test_ios_classes_and_frameworks_prove() -> None:
    assert found(classes=("MapView",)) == {"maps": (BUNDLED, Confidence.HIGH)}
    assert found(fact(FactKind.FRAMEWORK, "Maps.framework")) == {"maps": (BUNDLED, Confidence.HIGH)}
    assert found(classes=("MapViewController",)) == {}


def test_evidence_comes_strongest_first_and_says_where() -> None:
    entry = fact(FactKind.COMPONENT, "com.acme.push.Service", "service")
    (one,) = find_sdks(build(entry, code={"classes.dex": ["com.acme.push.A", "com.acme.base.B"]}), KNOWN)
    assert [(item.kind.value, item.name, str(item.location), item.value) for item in one.evidence] == [
        ("code-package", "com.acme.push", "classes.dex ! com.acme.push.A", "1"),
        ("code-package", "com.acme.base", "classes.dex ! com.acme.base.B", "1"),
        ("component", "com.acme.push.Service", "AndroidManifest.xml", "service"),
    ]


def test_one_more_fact_never_removes_an_sdk() -> None:
    classes = ("com.acme.push.A", "com.acme.push.ads.B")
    before = set(found(classes=classes))
    assert before <= set(found(fact(FactKind.ASSET, "assets/x"), classes=(*classes, "com.plugged.A")))


def test_the_index_names_the_claim_that_owns_a_class() -> None:
    index = PackageIndex(KNOWN)
    assert index.owners("com.acme.push.ads.x.Y")[0] == "com.acme.push.ads"
    assert index.owners("com.plugged.cordova.Plugin") == ("com.plugged.cordova", ())
    assert index.owners("nothing.of.the.kind") == ("", ())
    assert index.owners("TopLevel") == ("", ())


# -- native code ----------------------------------------------------------------------------------------------------


def methods(class_: str, count: int = 5, library: str = "libpush.so") -> Fact:
    place = f"lib/arm64-v8a/{library}"
    return fact(FactKind.NATIVE_METHODS, class_, str(count), by=library, file=place, at=f"Java_{class_}")


def test_native_methods_prove_native_code_and_no_more() -> None:
    assert found(methods("com.acme.push.Core", 200)) == {"acme-push": (BUNDLED, Confidence.MEDIUM)}
    with_java = found(methods("com.acme.push.Core"), classes=("com.acme.push.A", "com.acme.push.B", "com.acme.push.C"))
    assert with_java == {"acme-push": (BUNDLED, Confidence.HIGH)}


def test_native_methods_follow_the_longest_claim() -> None:
    assert set(found(methods("com.acme.push.ads.View"))) == {"acme-ads"}


@pytest.mark.parametrize(
    "facts",
    [
        (methods("com.acme.base.Core"),),  # shared by several SDKs
        (methods("com.acme.pushy.Core"),),
        (methods("com.acme.push.Core", 2), methods("org.host.Engine", 600)),  # lent to another library
        (methods("com.acme.push.Core", 5), methods("org.host.Engine", 5)),
    ],
)
def test_native_methods_that_prove_nothing(facts: tuple[Fact, ...]) -> None:
    assert found(*facts) == {}


def test_a_library_of_its_own_proves_beside_one_that_borrows() -> None:
    own = methods("com.acme.push.Core", 1, "libown.so")
    assert set(found(own, methods("com.acme.push.Core", 2), methods("org.host.Engine", 600))) == {"acme-push"}


def test_a_native_symbol_only_names() -> None:
    assert found(fact(FactKind.NATIVE_SYMBOL, "native_start", by="libx.so")) == {"native": (SdkTier.NAMED, Confidence.LOW)}
    assert found(fact(FactKind.NATIVE_SYMBOL, "native_stop", by="libx.so")) == {}


# -- hosts and literals ---------------------------------------------------------------------------------------------


def using(*literals: str, classes: tuple[str, ...] = ("a.B",)) -> Build:
    one = build(code={"classes.dex": classes})
    unit = replace(one.code[0], literals=(("a.B", tuple(sorted(literals))),))
    return replace(one, code=(unit,))


def test_a_host_or_a_literal_does_not_even_name() -> None:
    assert find_sdks(using("https://log.talking.cn/app", "log.talking.cn", "content://com.talking/id"), KNOWN) == ()


def test_hosts_and_literals_support_what_something_else_proves() -> None:
    literals = ("is it [so]?", "is it so!", "https://log.talking.cn/app", "https://log.talking.cn.evil.com/", "content://com.talking/id", "x://log.talking.cn")
    (sdk_,) = find_sdks(using(*literals, classes=("a.B", "com.talking.A")), KNOWN)
    assert (sdk_.tier, sdk_.confidence) == (BUNDLED, Confidence.MEDIUM)
    assert [(one.kind, one.name, one.location.at) for one in sdk_.evidence] == [
        (FactKind.CODE_PACKAGE, "com.talking", "com.talking.A"),
        (FactKind.LITERAL, "content://com.talking/id", "a.B"),
        (FactKind.LITERAL, "https://log.talking.cn/app", "a.B"),
        (FactKind.LITERAL, "is it [so]?", "a.B"),
    ]


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("code", (SdkTier.BUNDLED, Confidence.LOW)),  # code stands under its name
        ("import", (SdkTier.NAMED, Confidence.LOW)),
        ("listed", (SdkTier.NAMED, Confidence.LOW)),
    ],
)
def test_the_name_of_a_package_never_proves_an_sdk(how: str, expected: tuple[SdkTier, Confidence]) -> None:
    package = fact(FactKind.ARK_PACKAGE, "@acme/harmony", "1.2.0", file="ets/modules.abc", **{"as": how})
    assert found(package) == {"harmony": expected}
    assert found(fact(FactKind.ARK_PACKAGE, "@acme/harmony-utils", "1.2.0", **{"as": how})) == {}

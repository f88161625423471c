"""iOS builds for tests of rules: facts of images, bundles and manifests, given their meaning by the knowledge that ships."""

from __future__ import annotations

from collections.abc import Sequence

from auditor.infer import infer
from auditor.knowledge.load import load
from auditor.model import Fact, FactKind, Gap, Platform
from auditor.tables import Case
from tests.factories import build, declaration, fact, usage_string

__all__ = [
    "APP", "CLASS", "accessed", "case_of", "collected", "framework", "image", "key", "links", "literal", "selector", "symbol",
    "tracking",
]  # fmt: skip

APP = "Payload/Shop.app"
CLASS = "_OBJC_CLASS_$_"


def _executable(bundle: str) -> str:
    return f"{bundle}/{bundle.rpartition('/')[2].rpartition('.')[0]}"


def image(bundle: str = APP, *, value: str = "plain", sdk: str = "17.4", name: str = "") -> Fact:
    """The executable of a bundle, or a library in it."""
    path = f"{bundle}/{name}" if name else _executable(bundle)
    return fact(FactKind.IMAGE, path, value, file=path, archs="arm64", sdk=sdk, type="execute")


def symbol(name: str, bundle: str = APP, **traits: str) -> Fact:
    """An import of a bundle's executable."""
    path = _executable(bundle)
    return fact(FactKind.SYMBOL, name, by=path, file=path, at=traits.pop("at", "LC_SYMTAB"), **traits)


def selector(name: str, bundle: str = APP, **traits: str) -> Fact:
    """A selector a bundle's executable refers to."""
    path = _executable(bundle)
    return fact(FactKind.SELECTOR, name, by=path, file=path, at=traits.pop("at", "__objc_selrefs"), **traits)


def literal(name: str, bundle: str = APP) -> Fact:
    """A string in a bundle's executable."""
    path = _executable(bundle)
    return fact(FactKind.LITERAL, name, by=path, file=path, at="__cstring")


def links(bundle: str, target: str) -> Fact:
    """A bundle's executable links a framework of the app."""
    path = _executable(bundle)
    name = target.rpartition("/")[2]
    return fact(FactKind.LINKED_LIBRARY, f"@rpath/{name}/{name.rpartition('.')[0]}", by=path, file=path, at="LC_LOAD_DYLIB")


def key(name: str, bundle: str = APP) -> Fact:
    """A usage-description key of a bundle's Info.plist."""
    return usage_string(name, file=f"{bundle}/Info.plist")


def framework(path: str, identifier: str = "org.example.kit") -> Fact:
    """An embedded framework."""
    return fact(FactKind.FRAMEWORK, path.rpartition("/")[2], identifier, file=f"{path}/Info.plist", version="1.0")


def tracking(bundle: str = APP, value: str = "false", domains: str = "") -> Fact:
    """What every privacy manifest says of tracking."""
    file = f"{bundle}/PrivacyInfo.xcprivacy"
    traits = {"domains": domains} if domains else {}
    return fact(
        FactKind.PRIVACY_TRACKING, file, value, by=bundle.rpartition("/")[2], file=file, at="NSPrivacyTracking", **traits
    )


def accessed(category: str, *codes: str, bundle: str = APP, number: int = 0) -> Fact:
    """A category of required-reason APIs that a privacy manifest declares; without its prefix."""
    file = f"{bundle}/PrivacyInfo.xcprivacy"
    name = f"NSPrivacyAccessedAPICategory{category}"
    return fact(
        FactKind.PRIVACY_ACCESSED, name, ",".join(codes), by=bundle.rpartition("/")[2], file=file,
        at=f"NSPrivacyAccessedAPITypes[{number}]",
    )  # fmt: skip


def collected(type_: str, bundle: str = APP, **traits: str) -> Fact:
    """A type of data that a privacy manifest lists; without its prefix."""
    file = f"{bundle}/PrivacyInfo.xcprivacy"
    return fact(
        FactKind.PRIVACY_COLLECTED, f"NSPrivacyCollectedDataType{type_}", by=bundle.rpartition("/")[2], file=file,
        at="NSPrivacyCollectedDataTypes[0]", **traits,
    )  # fmt: skip


def case_of(
    *facts: Fact, gaps: Sequence[Gap] = (), code: dict[str, Sequence[str]] | None = None, app_id: str = "com.example.shop"
) -> Case:
    """A case of an iOS build with these facts."""
    known = load()
    one = build(*facts, gaps=gaps, code=code, platform=Platform.IOS, app_id=app_id)
    return Case(declaration=declaration(), knowledge=known, resolutions={}, build=one, conduct=infer(one, known))

"""The shape of what the auditor knows of the world. The YAML beside this file fills it; code holds no names of SDKs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import TYPE_CHECKING

from auditor.model import Clause, Platform, Text

if TYPE_CHECKING:
    from auditor.knowledge.api_schema import Apis
    from auditor.knowledge.sign_schema import Signs

__all__ = [
    "Brings",
    "BroughtManifest",
    "Category",
    "ClauseKnowledge",
    "Cover",
    "DataTypeKnowledge",
    "DataWords",
    "Fingerprint",
    "FingerprintKind",
    "Grant",
    "HarmonyLevel",
    "HarmonyPermissionKnowledge",
    "Knowledge",
    "NotCheckableKnowledge",
    "PackerKnowledge",
    "PermissionKnowledge",
    "PermissionWords",
    "PolicyWords",
    "ProtectionLevel",
    "PurposeWords",
    "SdkKnowledge",
    "StatementWords",
    "Strength",
    "Trace",
    "TraceKind",
    "UsageKeyKnowledge",
    "VendorPattern",
    "VersionKind",
    "VersionSource",
]


class Strength(IntEnum):
    """What a trace found in a build says of the SDK it belongs to."""

    NAMES = 0
    """The build names the SDK; none of its code need be there."""
    SUPPORTS = 1
    """Speaks for the SDK, beside a proof; alone it is no more than a name."""
    PROVES = 2
    """Only the SDK's own code leaves this."""


class TraceKind(Enum):
    """Where a trace is looked for. The value is the key used in ``sdks/*.yaml``."""

    PACKAGE = "packages"
    """Java package or class: matched against *defined* classes by whole dotted segments; the longest match owns."""
    NATIVE_LIBRARY = "native_libraries"
    """File name of a ``.so``; ``*`` matches any run of characters."""
    NATIVE_SYMBOL = "native_symbols"
    """Name in the dynamic symbol table of a native library. Supports only: who links a library has its names too."""
    COMPONENT = "components"
    """Class of a manifest component. Proves nothing: the manifest may name what is not there."""
    META_DATA = "meta_data"
    """Key of a manifest ``<meta-data>``."""
    ASSET = "assets"
    """Path in the build; ``*`` matches any run of characters."""
    HOST = "hosts"
    """Host that code names, alone or as that of a web address. Supports only: others talk to it, or about it, too."""
    LITERAL = "literals"
    """String literal of code, exact. Supports only, and does not even name an SDK."""
    CLASS = "classes"
    """Objective-C or Swift class defined in a Mach-O image."""
    FRAMEWORK = "frameworks"
    """Name of an embedded framework (``X.framework``)."""
    BUNDLE = "bundles"
    """Name of a resource bundle (``X.bundle``)."""
    URL_SCHEME = "url_schemes"
    """URL scheme the app answers to; ``*`` matches any run of characters, ``[0-9]`` one of those named."""
    QUERY_SCHEME = "query_schemes"
    """URL scheme the app asks about. Proves nothing."""
    OHPM_PACKAGE = "ohpm_packages"
    """Package of HarmonyOS's registry, by its name (``@scope/name``), as bytecode or a packaged list names it. Supports only."""


ANDROID_TRACES = (
    TraceKind.PACKAGE,
    TraceKind.NATIVE_LIBRARY,
    TraceKind.NATIVE_SYMBOL,
    TraceKind.COMPONENT,
    TraceKind.META_DATA,
    TraceKind.ASSET,
    TraceKind.HOST,
    TraceKind.LITERAL,
)
IOS_TRACES = (
    TraceKind.CLASS,
    TraceKind.FRAMEWORK,
    TraceKind.BUNDLE,
    TraceKind.URL_SCHEME,
    TraceKind.QUERY_SCHEME,
)
HARMONY_TRACES = (TraceKind.OHPM_PACKAGE,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One thing an SDK leaves in a build."""

    kind: TraceKind
    pattern: str
    strength: Strength


class VersionKind(Enum):
    """Where a build tells the version of an SDK. The value is the key used in ``sdks/*.yaml``."""

    CONSTANT = "constant"
    """Static field of a class (``com.example.BuildConfig.VERSION_NAME``)."""
    META_DATA = "meta_data"
    """Value of a manifest ``<meta-data>``."""
    FILE = "file"
    """First line of a packaged file (``META-INF/com.example.version``); ``*`` matches any run of characters."""
    NATIVE_LIBRARY = "native_library"
    """Part of the file name of a native library (``libAcme_v4_2.so``), where ``_`` stands for a dot."""
    FRAMEWORK = "framework"
    """Version of an embedded iOS framework."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionSource:
    """One place where a build tells the version of an SDK."""

    kind: VersionKind
    name: str
    pattern: re.Pattern[str] | None
    """With one group that is the version, where the value holds more than it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SdkKnowledge:
    """One third-party SDK: one file in ``sdks/``."""

    id: str
    name: Text
    vendor: Text
    category: str
    """What it is for: push, map, payment, … (see SDK_CATEGORIES)."""
    platforms: frozenset[Platform]
    """Platforms the SDK exists on at all."""
    collects: tuple[str, ...]
    """Data-type ids it is known to be able to collect; empty = collects nothing (a library: information only)."""
    part_of: tuple[str, ...]
    """Ids of the SDKs it ships inside of: it is covered when one of them is declared."""
    aliases: tuple[str, ...]
    """Display names policies use."""
    declared_as: tuple[str, ...]
    """Packages and identifiers policies use."""
    links: tuple[str, ...]
    """Hosts, or hosts with a path, of its documentation and policy pages, as policies link them."""
    url: str
    """Its privacy policy; empty where unknown."""
    traces: tuple[Trace, ...]
    excepted: tuple[str, ...]
    """Java packages below its own that are not it (wrappers, foreign code)."""
    sources: tuple[str, ...]
    unverified: bool
    """Nothing of it was read from an artefact."""
    permissions: tuple[str, ...] = ()
    """Android permissions its own manifests ask for, as read from artefacts; ``${applicationId}`` stands for the app's."""
    versions: tuple[VersionSource, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtManifest:
    """What the own manifests of one artefact of an SDK or library hold, the same in each of some versions.

    Names are as written: ``${applicationId}`` and other placeholders stand for what the app's build fills in.
    """

    line: str
    """Which artefact: Maven's ``group:artifact``, or the name of a file without its version."""
    versions: tuple[str, ...]
    """Those read, oldest first; empty text where the artefact does not tell its version."""
    permissions: tuple[str, ...] = ()
    components: tuple[tuple[str, str], ...] = ()
    """(kind of component, class)."""
    queries: tuple[tuple[str, str], ...] = ()
    """(kind of query, name)."""
    packages: tuple[str, ...] = ()
    """Java packages its classes stand in, or below; empty where it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brings:
    """What an SDK or library is known to bring into the manifest of an app."""

    id: str
    """Canonical SDK id; for a library the name of its fingerprint."""
    packages: tuple[str, ...]
    """Of a library, which is no SDK: the Java packages of its classes."""
    manifests: tuple[BroughtManifest, ...]


SDK_CATEGORIES = frozenset(
    "push map location payment login share statistics crash advertising ocr face speech browser scan im video "
    "device-id framework network image storage security platform common other".split()
)


class ProtectionLevel(Enum):
    """Android's base protection level."""

    NORMAL = "normal"
    DANGEROUS = "dangerous"
    SIGNATURE = "signature"
    INTERNAL = "internal"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionKnowledge:
    """One Android permission."""

    name: str
    level: ProtectionLevel
    label: Text
    """Display name."""
    group: str
    """Run-time permission group (``LOCATION``); empty where none."""
    data: tuple[str, ...]
    """Data-type ids whose reading hangs on it on devices of API level 23 and later; empty = it opens none."""
    special_access: bool
    """Granted by the user on a page of the system settings, whatever its level."""
    vendor: str
    """Who defines it, where that is not the platform; empty for the platform."""
    added: int
    """First API level that has it; 0 = unknown."""
    removed_after: int
    """Last API level that has it, or on which it still has an effect; 0 = no such end."""
    unverified: bool
    by_calls: bool = False
    """Used by calls alone, all of which are known: where there is none, nothing in the code uses it."""


class HarmonyLevel(Enum):
    """What an app has to be of to be given a HarmonyOS permission (its APL)."""

    NORMAL = "normal"
    """Any app."""
    SYSTEM_BASIC = "system_basic"
    """An app that offers what is basic to the system; another by an access control list in its signed profile."""
    SYSTEM_CORE = "system_core"
    """The core of the system."""


class Grant(Enum):
    """How a HarmonyOS permission is given."""

    SYSTEM = "system_grant"
    """On installation."""
    USER = "user_grant"
    """By the user, who is asked."""
    SETTINGS = "manual_settings"
    """By the user, on a page of the system settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HarmonyPermissionKnowledge:
    """One HarmonyOS permission."""

    name: str
    level: HarmonyLevel
    grant: Grant
    label: Text
    """Display name."""
    group: str
    """Permissions of one group are asked for in one dialogue; empty where none."""
    data: tuple[str, ...]
    """Data-type ids whose reading hangs on it; empty = it opens none."""
    system: bool
    """Only the system's own apps, or a device's managers, are given it."""
    since: int
    """First API level that has it."""
    deprecated: int
    """API level from which it is not to be used any more; 0 = in use."""

    @property
    def by_user(self) -> bool:
        """Whether the user decides on it."""
        return self.grant is not Grant.SYSTEM


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorPattern:
    """Permissions a vendor's SDK makes up per app, by regular expression over the full name."""

    pattern: re.Pattern[str]
    vendor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """A declared subject that also covers others, because it is the older, wider or equivalent name."""

    declared: str
    covers: tuple[str, ...]
    why: Text
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageKeyKnowledge:
    """One iOS usage-description key."""

    key: str
    label: Text
    data: tuple[str, ...]
    since: str
    """First iOS version that reads it; empty = unknown."""
    deprecated: str
    """iOS version from which another key takes its place; empty = current."""
    unverified: bool
    only_on: str = ""
    """The one platform that reads it, where that is not iOS (``macOS``): in an iOS app it does nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataTypeKnowledge:
    """One kind of personal data."""

    id: str
    name: Text
    sensitive: bool
    core: bool
    aliases_zh: tuple[str, ...]
    aliases_en: tuple[str, ...]
    arises: str = ""
    """Where it mostly comes from when no call reads it: ``input`` or ``network``; empty = only calls read it."""
    platforms: frozenset[Platform] = frozenset(Platform)
    """Platforms whose public interfaces let an app have it at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCheckableKnowledge:
    """Something policies promise that no build can show."""

    id: str
    name: Text
    why: Text
    statements: tuple[str, ...]
    """Kinds of statement of a declaration that belong here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackerKnowledge:
    """One packer (加固), by the file signs it leaves."""

    id: str
    name: Text
    so_names: frozenset[str]
    files: tuple[str, ...]
    """Archive paths; a trailing ``/`` marks a prefix."""
    path_patterns: tuple[re.Pattern[str], ...]
    application_classes: frozenset[str]
    weak: frozenset[str]
    """Signs too generic to count alone."""


class FingerprintKind(Enum):
    """What the literals of a fingerprint belong to."""

    SDK = "sdk"
    """One SDK: they identify it."""
    LIBRARY = "library"
    """A common library: they identify nobody, but its classes are its own and nobody else's."""
    FAMILY = "family"
    """Several SDKs of one vendor: they prove the vendor, not the product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """String literals that code of one SDK, library or family holds, whatever its classes are called."""

    id: str
    """Canonical SDK id; for a library or family a name of its own."""
    kind: FingerprintKind
    line: str
    """Which versions it is of: one fingerprint per rewrite (``4.8-6.x``)."""
    members: tuple[str, ...]
    """Of a family: the canonical ids of its SDKs."""
    present: int
    """From this many of its literals on, the code is there."""
    suspected: int
    """From this many on, it may be."""
    literals: tuple[str, ...]
    """Operands of const-string instructions, exact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseKnowledge:
    """One clause of a law, rule or standard."""

    clause: Clause
    grounds: tuple[str, ...]
    """Kinds of finding it is a ground for."""
    unverified: bool
    """Its text was not seen in a source: never cited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A service category of 《常见类型移动互联网应用程序必要个人信息范围规定》."""

    id: str
    name: Text
    necessary: tuple[str, ...]
    """Data-type ids of its necessary personal information."""
    unverified: bool

@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionWords:
    """How policies name one or several Android permissions in words."""

    permissions: tuple[str, ...]
    """Full names, the most telling first."""
    data: tuple[str, ...]
    """Data-type ids a policy declares by declaring them."""
    words: tuple[str, ...]
    """Wherever permissions are spoken of."""
    bare: tuple[str, ...]
    """Only as an item of a permission list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataWords:
    """How policies name a kind of data, beside the aliases of its entry."""

    words: tuple[str, ...] = ()
    """In any sentence."""
    weak: tuple[str, ...] = ()
    """Beside a word of collecting."""
    cell: tuple[str, ...] = ()
    """Only where data is listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementWords:
    """A kind of sentence a build can contradict."""

    kind: str
    all: tuple[tuple[str, ...], ...]
    """It has a word of every group."""
    none: tuple[str, ...]
    """And none of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PurposeWords:
    """One purpose of using data."""

    id: str
    name: Text
    categories: tuple[str, ...]
    """Categories of SDKs that serve it."""
    zh: tuple[str, ...]
    """Cues in Chinese text."""
    en: tuple[str, ...]
    """Cues in English text, lower case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyWords:
    """The words privacy policies are written in."""

    labels: Mapping[str, tuple[str, ...]]
    """Field -> labels of columns and lines."""
    label_endings: Mapping[str, tuple[str, ...]]
    """Field -> endings of labels not listed."""
    sections: tuple[tuple[str, tuple[str, ...]], ...]
    """(subject, cues of its heading), the first that fits counts."""
    permissions: tuple[PermissionWords, ...]
    usage_keys: Mapping[str, tuple[str, ...]]
    """Info.plist key -> names Xcode shows for it."""
    data: Mapping[str, DataWords]
    vague: Mapping[str, tuple[str, ...]]
    """Data-type id -> general words that name no single kind of data."""
    nothing: tuple[str, ...]
    """Phrases that contain a word of data and mean none."""
    cues: Mapping[str, tuple[str, ...]]
    statements: tuple[StatementWords, ...]
    purposes: tuple[PurposeWords, ...]


NO_POLICY_WORDS = PolicyWords(
    labels={}, label_endings={}, sections=(), permissions=(), usage_keys={}, data={}, vague={}, nothing=(), cues={},
    statements=(), purposes=(),
)
"""What a knowledge without words of policies has."""


def _no_apis() -> Apis:
    from auditor.knowledge.api_schema import NO_APIS  # making its classes costs every start some milliseconds

    return NO_APIS


def _no_signs() -> Signs:
    from auditor.knowledge.sign_schema import NO_SIGNS  # likewise

    return NO_SIGNS


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Knowledge:
    """Everything known, indexed for reading. Equal only to itself, so that indexes can be cached by it."""

    version: str
    """First 12 hex digits of the SHA-256 of the compiled file."""
    data_types: Mapping[str, DataTypeKnowledge]
    permissions: Mapping[str, PermissionKnowledge]
    vendor_patterns: tuple[VendorPattern, ...]
    permission_covers: tuple[Cover, ...]
    usage_keys: Mapping[str, UsageKeyKnowledge]
    usage_key_covers: tuple[Cover, ...]
    sdks: Mapping[str, SdkKnowledge]
    packers: Mapping[str, PackerKnowledge]
    clauses: Mapping[str, ClauseKnowledge]
    categories: Mapping[str, Category]
    brings: Mapping[str, Brings] = field(default_factory=dict)
    """What libraries' own manifests hold, by id."""
    harmony_permissions: Mapping[str, HarmonyPermissionKnowledge] = field(default_factory=dict)
    harmony_others: frozenset[str] = frozenset()
    """Names of the HarmonyOS permissions that only the system's own apps, services and device managers are given."""
    harmony_covers: tuple[Cover, ...] = ()
    not_checkable: tuple[NotCheckableKnowledge, ...] = ()
    data_covers: tuple[Cover, ...] = ()
    data_hints: tuple[Cover, ...] = ()
    """Covers of rows in general words."""
    fingerprints: Sequence[Fingerprint] = ()
    """One per line, sorted by id and line. Like the seeds read when first asked for: not every build holds renamed code."""
    seeds: Mapping[str, str] = field(default_factory=dict)
    """Literals of one fingerprint id alone, each as the 16 hex digits of its BLAKE2b-64, and that id."""
    policy_words: PolicyWords = NO_POLICY_WORDS
    apis: Apis = field(default_factory=_no_apis)
    """Read when first asked for, likewise."""
    signs: Signs = field(default_factory=_no_signs)
    """Scripts, hosts and signs of practice; read when first asked for, likewise."""

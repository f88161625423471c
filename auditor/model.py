"""The nouns: what the auditor reads, infers and reports. Read this file first, and :mod:`auditor.build`, whose nouns stand here too.

Every noun is a frozen, slotted, keyword-only dataclass that holds only strings, integers, enums, tuples, frozensets,
bytes and other nouns, so that each value is hashable, comparable and safe to send to another process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum

from auditor.build import (
    Build,
    BuildKind,
    CodeUnit,
    EntryKind,
    Fact,
    FactKind,
    Flow,
    Gap,
    Identity,
    Language,
    Location,
    Oddity,
    Platform,
    Reach,
    Reached,
    Signer,
    Table,
    Text,
    fingerprint,
    host_of,
)

__all__ = [
    "Attribution",
    "Audit",
    "Bringer",
    "Build",
    "BuildKind",
    "Bundle",
    "Call",
    "Checked",
    "Clause",
    "CodeUnit",
    "Collection",
    "Conduct",
    "Confidence",
    "DataType",
    "Decided",
    "Decision",
    "DecisionKind",
    "Declaration",
    "DeclaredData",
    "DeclaredPermission",
    "DeclaredRow",
    "DeclaredSdk",
    "DeclaredStatement",
    "DeclaredUsageKey",
    "EntryKind",
    "Fact",
    "FactKind",
    "Finding",
    "Flow",
    "Framework",
    "FrameworkKind",
    "Gap",
    "Host",
    "Identity",
    "Language",
    "Location",
    "ManifestEntry",
    "NotCheckable",
    "Oddity",
    "Origin",
    "Owner",
    "OwnerKind",
    "Packer",
    "Passage",
    "PermissionRequest",
    "Platform",
    "PolicySource",
    "Presence",
    "Provenance",
    "Reach",
    "Reached",
    "Reference",
    "ReferenceKind",
    "Row",
    "RuleInfo",
    "ScriptCall",
    "Sdk",
    "SdkTier",
    "Severity",
    "Signer",
    "State",
    "Step",
    "Supplier",
    "Table",
    "Text",
    "Tool",
    "Verdict",
    "fingerprint",
    "host_of",
]

class Severity(IntEnum):
    """How bad a finding is if it is true."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3

    @property
    def word(self) -> str:
        """The lower-case word used in every report format."""
        return self.name.lower()


class Confidence(IntEnum):
    """How sure the auditor is that a statement is true."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2

    @property
    def word(self) -> str:
        """The lower-case word used in every report format."""
        return self.name.lower()


class State(Enum):
    """How a subject's two sides, declared and found, stand to each other."""

    MATCHED = "matched"
    """Declared, and found in the build."""
    UNDECLARED = "undeclared"
    """Found in the build, not declared. Whether it had to be declared is a rule's business."""
    NOT_FOUND = "not-found"
    """Declared, not found in a build that could be read."""
    DIFFERS = "differs"
    """Declared and found, but not as the same thing."""
    UNCHECKED = "unchecked"
    """Could not be compared: a gap hides the build's side, or the declared side names nothing known."""
    NOT_APPLICABLE = "not-applicable"
    """The subject does not exist on this platform or cannot take effect in this build."""


class Verdict(Enum):
    """What the comparison allows to be said. Never "compliant": see docs/explanation/verdict.md."""

    CONSISTENT = "consistent"
    CONTRADICTED = "contradicted"
    INCONCLUSIVE = "inconclusive"


class SdkTier(IntEnum):
    """How far an SDK got into a build, by what the evidence shows."""

    NAMED = 0
    """Only named (manifest entry, resource, URL scheme): no code of it was seen."""
    BUNDLED = 1
    """Its code is in the build."""
    CALLED = 2
    """Code outside the SDK calls it."""
    REACHABLE = 3
    """It can be reached from an entry point of the app."""
    STARTUP = 4
    """It can run while the app starts."""

    @property
    def word(self) -> str:
        """The lower-case word used in every report format."""
        return self.name.lower()


MOST_EVIDENCE = 12
"""So many facts a collection keeps; all of them stand in the facts of the build."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataType:
    """One kind of personal data, by the vocabulary of ``knowledge/data_types.yaml``."""

    id: str
    name: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Sdk:
    """A third-party SDK inferred to be in a build."""

    id: str
    """Canonical id, as in ``knowledge/sdks/``."""
    tier: SdkTier
    """How far in it is."""
    confidence: Confidence
    """How sure the identification is."""
    evidence: tuple[Fact, ...]
    """What shows it, strongest first."""
    version: str | None = None
    """Its version, where the build tells it."""


class Origin(Enum):
    """How a class was given to its owner."""

    NAME = "name"
    """By its own name."""
    MAPPING = "mapping"
    """By the name that the build's mapping restores."""
    LITERAL = "literal"
    """Renamed; by the literals its code uses. Inferred."""
    PROPAGATED = "propagated"
    """Renamed, by the classes that refer to it; or of a package that several SDKs leave, by the one of them in the build. Inferred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """A renamed class, and whose it is inferred to be."""

    class_: str
    """Its dotted name, as renamed."""
    owner: str
    """Canonical SDK id; for a library the name of its fingerprint."""
    origin: Origin
    literals: tuple[str, ...] = ()
    """The telling literals its code uses; empty for a propagated one."""


class OwnerKind(Enum):
    """Whose code makes a call."""

    SDK = "sdk"
    """A third-party SDK's, by its name or inferred."""
    APP = "app"
    """The app's own, by the package it shares with the app's id."""
    BYSTANDER = "bystander"
    """A support library's, which acts for whoever calls it (or an SDK's that is one): proves nothing by itself."""
    UNATTRIBUTED = "unattributed"
    """Nobody's that is known. Never called the app's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call site that can read personal data, and what is known of it."""

    site: Fact
    """The call itself: method, constant argument, caller and place."""
    data: tuple[str, ...]
    """Data-type ids it reads if it succeeds; empty where an argument that is not shown decides."""
    may: tuple[str, ...]
    """Data-type ids it can be a way to."""
    owner: OwnerKind
    sdk: str
    """Canonical id, where the owner is an SDK or a library that is known."""
    origin: Origin | None
    """How the owner was found; None where there is none."""
    permission_held: bool | None
    """Whether the manifest asks for a permission the call needs; None where it needs none."""
    can_succeed: bool
    """Whether an ordinary app with this manifest gets an answer on any device the build installs on."""
    why_not: Text | None = None
    """Why it gets none, where it does not."""
    severity: Severity = Severity.INFO
    """How much it says when seen alone; INFO = context only."""
    lighter: tuple[tuple[str, Severity], ...] = ()
    """Data types of which it says less than that: a call that takes one of several constants may name several."""
    reach: Reach = Reach.UNKNOWN
    """How far it can be come by."""
    path: tuple[str, ...] = ()
    """The surest way from an entry point, of several as sure a short one, ``com.example.Foo.bar`` each, ending with the method
    called; empty where it was not reached."""
    entries: tuple[EntryKind, ...] = ()
    """The kinds of entry point from which it can be reached, in their order."""
    direct: bool = False
    """Whether each step of the way is the only one its call can take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionRequest:
    """One call site that asks the user for permissions."""

    site: Fact
    """The call itself."""
    permissions: tuple[str, ...]
    """As the code names them, in its order."""
    whole: bool
    """Whether these are all: False where part of the argument, or all of it, is not shown."""
    owner: OwnerKind
    sdk: str
    """Canonical id, where the owner is an SDK or a library that is known."""
    origin: Origin | None
    """How the owner was found; None where there is none."""
    reach: Reach = Reach.UNKNOWN
    """How far it can be come by."""
    path: tuple[str, ...] = ()
    """The surest way from an entry point, as a call's."""


class ReferenceKind(Enum):
    """What of an interface the code of an image names."""

    CLASS = "class"
    """The class alone."""
    SELECTOR = "selector"
    """A method of a class: both are named."""
    SYMBOL = "symbol"
    """A C function or variable."""
    STRING = "string"
    """Only a string with its name, by which it can be reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One interface to personal data that one owner's code in an iOS image names. A reference is not a call."""

    kind: ReferenceKind
    name: str
    """``CLLocationManager``, ``CLLocationManager startUpdatingLocation``, ``_getifaddrs`` or the string."""
    image: str
    """Path of the image, or of the static library."""
    data: tuple[str, ...]
    """Data-type ids it reads where it is used."""
    may: tuple[str, ...]
    """Data-type ids it can be a way to."""
    owner: OwnerKind
    """Whose code, by the class that uses it, else by the framework the image is."""
    sdk: str
    """Canonical id, where the owner is an SDK."""
    origin: Origin | None
    """How the owner was found; None where there is none."""
    confidence: Confidence
    """How sure it is that the code uses it."""
    severity: Severity
    """How much it says when seen alone; INFO = context only."""
    evidence: tuple[Fact, ...]
    """The names in the image, and the methods that use them."""
    usage_keys: tuple[str, ...] = ()
    """Info.plist keys of which one must be there; empty = it needs none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """One bundle of an iOS build that holds code or a privacy manifest."""

    path: str
    """``Payload/X.app/PlugIns/Y.appex``."""
    kind: str
    """``app`` (a watch app and an app clip too), ``extension``, ``framework``, ``bundle`` or ``test``."""
    inside: str
    """Path of the bundle it lies in, resource bundles aside; empty for an outermost one."""
    identifier: str
    """Bundle identifier of a framework; empty for others."""
    images: tuple[str, ...]
    """Paths of its images, sorted."""
    loaded_by: tuple[str, ...]
    """Paths of the apps and extensions in whose processes its code runs, sorted; itself where it runs by itself."""
    usage_keys: tuple[str, ...]
    """Usage-description keys its Info.plist has, sorted."""
    manifest: tuple[Fact, ...] | None
    """What its privacy manifest states, in order; None where it has none."""
    encrypted: bool
    """Whether the App Store's encryption hides what one of its images refers to."""
    sdk: str
    """Version of the SDK its executable was built with; empty where it does not say."""

    @property
    def name(self) -> str:
        """The directory's own name: ``Y.appex``."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """One kind of personal data that one owner's code can collect. See docs/explanation/collection-evidence.md."""

    type: str
    """Data-type id."""
    owner: OwnerKind
    """Whose code."""
    sdk: str
    """Canonical id, where the owner is an SDK or a library that is known."""
    confidence: Confidence
    """How sure it is that the code can collect it. Below medium it contradicts nothing."""
    evidence: tuple[Fact, ...]
    """What shows it, strongest first; at most ``MOST_EVIDENCE`` facts."""
    count: int
    """How many facts show it, those left out included."""
    severity: Severity = Severity.INFO
    """How much the strongest of them says when seen alone; INFO = context only."""
    may: bool = False
    """Only a way to it: the argument or the further call that decides is not shown."""
    permission_held: bool | None = None
    """Whether the build asks for a permission that is needed; None where none is."""
    can_succeed: bool = True
    """Whether an ordinary app with this manifest gets an answer. One that cannot collects nothing; it is shown."""
    why_not: Text | None = None
    """Why it cannot."""
    reach: Reach = Reach.UNKNOWN
    """From when on the code can run, by what leads to it soonest."""

    @property
    def shown(self) -> bool:
        """Whether it is sure enough to stand against a declaration."""
        return self.can_succeed and not self.may and self.confidence >= Confidence.MEDIUM


class Provenance(Enum):
    """How it is known who brought an entry of the merged manifest."""

    REPORT = "report"
    """The merger report given beside the build names the libraries."""
    MANIFEST = "manifest"
    """The own manifests of SDKs in the build are known to hold it. The app may write it as well."""
    CLASS = "class"
    """A component whose class is an SDK's by its name; whether its manifest brings it, or the app wrote it down, is not known."""
    APP = "app"
    """A component whose class stands below the app's own package; or an entry the merger report says the app alone wrote."""
    UNKNOWN = "unknown"
    """Nobody known brings it. Never taken for the app's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bringer:
    """An SDK or library whose own manifest is known to hold an entry."""

    id: str
    """Canonical SDK id; for a library the name of its fingerprint, or its coordinates in the merger report."""
    versions: tuple[str, ...] = ()
    """Versions read that hold it, oldest first; versions that do not tell what they are, are left out."""
    without: tuple[str, ...] = ()
    """Versions read of the same artefacts that do not hold it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestEntry:
    """One permission, component or query of an app's merged manifest, and who brought it."""

    fact: Fact
    """The entry; where the manifest writes it more than once, the first in order."""
    provenance: Provenance
    by: tuple[Bringer, ...] = ()
    """Whose own manifests are known to hold it, sorted by id."""
    class_of: tuple[str, ...] = ()
    """Of a component: whose class it is by its name, sorted."""

    @property
    def whom(self) -> tuple[str, ...]:
        """Whom to ask: those whose manifests hold it, else those whose class it is."""
        return tuple(one.id for one in self.by) or self.class_of

    @property
    def key(self) -> tuple[str, str, str]:
        """The order entries are sorted in."""
        return (self.fact.kind.value, self.fact.value, self.fact.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptCall:
    """One interface that a script layer names, or one of its modules, and what is known of it."""

    site: Fact
    """Where it stands: a script call, or a script module."""
    data: tuple[str, ...]
    """Data-type ids it reads."""
    may: tuple[str, ...]
    """Data-type ids it can be a way to."""
    owner: OwnerKind
    sdk: str
    """Canonical id, where the owner is an SDK."""
    confidence: Confidence
    """How sure it is that the script uses it: high for a whole chain, medium for an alias, low for a name alone."""
    permission_held: bool | None
    """Whether the build asks for a permission (iOS: has a usage key) it needs; None where it needs none."""
    can_succeed: bool
    why_not: Text | None = None
    severity: Severity = Severity.INFO
    """How much it says when seen alone; INFO = context only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host that one owner's code or files name."""

    name: str
    schemes: tuple[str, ...]
    """``https``, ``http``, ``wss``, ``ws``; empty where it only stands alone."""
    owner: OwnerKind
    sdk: str
    """Canonical id, where the owner is an SDK."""
    evidence: tuple[Fact, ...]
    """Where it stands; at most ``MOST_EVIDENCE`` places."""
    count: int
    """In how many places it stands."""
    country: str = ""
    """ISO 3166 code of the country its operator says data goes to, where a source says so; never guessed."""
    operator: str = ""
    """Who runs it, where a source says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packer:
    """A packer (加固) whose signs a build shows."""

    id: str
    name: Text
    proven: bool
    """Whether the signs are enough: several kinds of them, or the packer's own application class."""
    signs: tuple[str, ...]
    """File names, paths and classes found, sorted."""


class FrameworkKind(Enum):
    """What a framework is for."""

    SCRIPT = "script"
    """Runs the app's own code in a runtime of its own."""
    HOT_FIX = "hot-fix"
    """Replaces code after installation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    """A framework that decides where an app's code is."""

    id: str
    name: Text
    kind: FrameworkKind
    version: str
    """As the build tells it; empty where it does not."""
    evidence: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Something a reader wants to know of a build that is no fault by itself: found in it, or not found."""

    subject: str
    """``account-deletion``, ``self-start``, …."""
    name: Text
    evidence: tuple[Fact, ...]
    """Where it was found, at most ``MOST_EVIDENCE`` places; none = not found in what could be read."""
    note: Text | None = None
    """What a reader has to know to understand it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """What a build is able to do, by facts and knowledge."""

    sdks: tuple[Sdk, ...] = ()
    """Sorted by id."""
    calls: tuple[Call, ...] = ()
    """Call sites that can read personal data; only where they were looked for. Sorted by place."""
    requests: tuple[PermissionRequest, ...] = ()
    """Call sites that ask the user for permissions; only where they were looked for. Sorted by place."""
    references: tuple[Reference, ...] = ()
    """Interfaces to personal data that iOS code names; only where they were looked for. Sorted by image and name."""
    bundles: tuple[Bundle, ...] = ()
    """The bundles of an iOS build, sorted by path."""
    collections: tuple[Collection, ...] = ()
    """What can be collected and by whom: one per data type and owner, sorted by both."""
    script_calls: tuple[ScriptCall, ...] = ()
    """What script layers use that can read personal data, sorted by place."""
    hosts: tuple[Host, ...] = ()
    """Hosts named, one per host and owner, sorted by both; none that only documents or namespaces name."""
    packers: tuple[Packer, ...] = ()
    """Packers whose signs the build shows, proven ones first."""
    frameworks: tuple[Framework, ...] = ()
    """Frameworks that decide where the app's code is, sorted by id."""
    presences: tuple[Presence, ...] = ()
    """What was looked for in every build of the platform, found or not, in the order of the knowledge."""
    uses: tuple[tuple[str, tuple[Fact, ...]], ...] = ()
    """(permission, the first calls that need it or can come to need it), sorted; a permission no call needs is left out."""
    attributions: tuple[Attribution, ...] = ()
    """Renamed classes whose owner was inferred, sorted by class. Every other class is its name's, or unattributed."""
    manifest: tuple[ManifestEntry, ...] = ()
    """Who brought each permission, component and query of the manifest, in the order of kind, value and name."""
    gaps: tuple[Gap, ...] = ()
    """Gaps found while inferring (a packed application, for one); added to the build's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySource:
    """The privacy policy a declaration was transcribed from."""

    file: str
    """Name or URL of the document."""
    sha256: str
    """SHA-256 of the document, lower-case hex; empty where it is not known."""
    effective: str
    """Effective date (ISO 8601), as the policy states it; empty where it states none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A place in the policy that a row of the declaration was read from."""

    line: int
    """Line of the document, from 1; of the page where there is one."""
    page: int | None = None
    """Page, from 1; None where the document has none."""
    quote: str = ""
    """Words that stand there; may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredPermission:
    """One Android or HarmonyOS permission the policy declares; the two stand in tables of their own."""

    name: str
    """Full permission name."""
    text: str
    """As the policy writes it."""
    purpose: str
    """The purpose it gives; empty where it gives none."""
    purpose_shared_with: str
    """Full name of the permission whose (merged) purpose cell this row shares; empty if none."""
    location: Location
    """Line in the declaration."""
    policy: Location | None = None
    """Line in the policy."""
    at: tuple[Passage, ...] = ()
    """Where the policy says so; ``policy`` is the first of them."""
    confidence: Confidence = Confidence.HIGH
    """How sure the transcription is: below high only in machine drafts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredUsageKey:
    """One iOS usage-description key the policy declares."""

    key: str
    purpose: str
    purpose_shared_with: str
    location: Location
    policy: Location | None = None
    at: tuple[Passage, ...] = ()
    confidence: Confidence = Confidence.HIGH


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredSdk:
    """One third-party SDK the policy declares."""

    name: str
    """Display name as written; may be empty where the policy gives only a package."""
    package: str
    """Package or identifier as written, typos kept; may be empty."""
    aliases: tuple[str, ...]
    """Further names as written."""
    id: str
    """Canonical id the reviewer resolved it to; empty = to be resolved by name."""
    vendor: str
    purpose: str
    purpose_shared_with: str
    """Name or package of the row whose purpose sentence this row shares; empty if none."""
    data: tuple[str, ...]
    """Data-type ids the row declares."""
    data_text: str
    """The data types as written."""
    permissions: tuple[str, ...]
    """Full names of permissions the row declares for the SDK."""
    platforms: frozenset[Platform]
    """Platforms the row applies to."""
    url: str
    """Privacy-policy link; empty if none."""
    location: Location
    policy: Location | None = None
    at: tuple[Passage, ...] = ()
    confidence: Confidence = Confidence.HIGH

    @property
    def written(self) -> str:
        """The row as a reader would call it: package if there is one, else name."""
        return self.package or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredData:
    """One kind of personal data the policy says the app collects (or says it does not)."""

    type: str
    """Data-type id."""
    text: str
    """As the policy writes it."""
    vague: bool
    """Named only in general words, without enumeration."""
    when: str
    """Condition the policy attaches: ``background``, ``user-action``; empty if none."""
    location: Location
    policy: Location | None = None
    platforms: frozenset[Platform] = frozenset(Platform)
    """Platforms the row applies to."""
    at: tuple[Passage, ...] = ()
    confidence: Confidence = Confidence.HIGH


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredStatement:
    """A sentence of the policy about conduct that a build can contradict."""

    kind: str
    """``transport-encryption``, ``storage-location``, ``third-country``, ``user-action``, ``background`` or
    ``not-collected``."""
    text: str
    """As the policy writes it."""
    data: tuple[str, ...]
    """Ids of the data types it speaks of; empty where it speaks of all."""
    location: Location
    policy: Location | None = None
    at: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What the owner of an app declares, transcribed from the privacy policy."""

    file: str
    """Path of the YAML file, relative to where the command was run."""
    sha256: str
    """SHA-256 of the YAML file."""
    app: str
    operator: str
    policy: PolicySource
    category: str
    """Service category id (``CAT39-06``); empty where none is declared."""
    app_ids: tuple[str, ...]
    """Package names and bundle identifiers the policy names."""
    signers: tuple[str, ...]
    """SHA-256 of signer certificates the owner names, lower-case hex."""
    permissions: tuple[DeclaredPermission, ...]
    usage_keys: tuple[DeclaredUsageKey, ...]
    sdks: tuple[DeclaredSdk, ...]
    data: tuple[DeclaredData, ...]
    denials: tuple[DeclaredData, ...]
    """What the policy says is *not* collected."""
    harmony_permissions: tuple[DeclaredPermission, ...] = ()
    """HarmonyOS permissions (``ohos.permission.…``)."""
    statements: tuple[DeclaredStatement, ...] = ()
    headings: tuple[tuple[Table, int], ...] = ()
    """Line on which each table starts: where a finding belongs that no row is about."""
    reviewed: bool = True
    """False where it was read by machine straight from a policy document and nobody checked it."""

    def heading(self, table: Table) -> Location:
        """Return where ``table`` starts in the declaration, or its first line where it has no such table."""
        return Location(file=self.file, at=str(dict(self.headings).get(table, 1)))


DeclaredRow = DeclaredPermission | DeclaredUsageKey | DeclaredSdk | DeclaredData
"""Any row of a declaration that a table compares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One subject of a table: what was declared of it, what was found, and how the two stand."""

    table: Table
    subject: str
    """Permission name, usage key, canonical SDK id (or the text as written, where unresolved), data type."""
    state: State
    declared: DeclaredRow | None = None
    """The declared side; where another row covers the subject, that row."""
    covered_by: str = ""
    """The declared subject that covers this one, where it is not the subject itself."""
    found: tuple[Fact, ...] = ()
    """The build's side: the evidence."""
    sdk: Sdk | None = None
    """The SDK found, in the SDK table."""
    asked_by: tuple[str, ...] = ()
    """In the permission table: the SDKs found and the libraries whose own manifests ask for the permission, sorted; none =
    the app itself, or somebody unknown."""
    used_by: tuple[Fact, ...] = ()
    """In the permission table: calls that need the permission, the first of them."""
    collectors: tuple[Collection, ...] = ()
    """In the data table: who can collect it, surest first."""
    beyond: tuple[str, ...] = ()
    """In the data table: the SDKs among the collectors that the policy lists without naming this type for them, sorted."""
    also_declared: tuple[DeclaredRow, ...] = ()
    """In the data table: further rows that declare it, those of SDKs among them."""
    denied_by: tuple[DeclaredData, ...] = ()
    """In the data table: rows by which the policy says that it is not collected."""
    note: Text | None = None
    """What a reader has to know to understand the state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A clause of a law or standard that a finding cites."""

    id: str
    cite: Text
    """The form to print."""
    summary: Text
    """What it asks, in our words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleInfo:
    """What a reader has to know of a rule: one entry of the rule catalogue an audit carries."""

    id: str
    title: Text
    severity: Severity
    """The severity its findings have unless they say otherwise."""
    cites: tuple[str, ...]
    """Ids of the clauses its findings cite."""
    help: Text
    """What it does, why it matters, how to put it right."""
    limits: Text = Text(zh="", en="")
    """What it does not look at, so that nobody takes its silence or its finding for more than it is."""


class Owner(Enum):
    """Who has to act on a finding."""

    PRODUCT = "product"
    """Who decides what the app is for."""
    LEGAL = "legal"
    """Who owns the words of the policy."""
    ENGINEERING = "engineering"
    """Who builds the app."""
    VENDOR = "vendor"
    """Who supplies an SDK."""
    REVIEWER = "reviewer"
    """Who reads the report: nobody can be asked to act before something is looked at."""

    @property
    def actor(self) -> Text:
        """What reports call them."""
        return _ACTORS[self]

    def step(self, *, zh: str, en: str) -> Step:
        """Return something for them to do, as a clause without its full stop; the English one starts in lower case."""
        return Step(owner=self, text=Text(zh=zh, en=en))


_ACTORS: Mapping[Owner, Text] = {
    Owner.PRODUCT: Text(zh="产品", en="Product"),
    Owner.LEGAL: Text(zh="合规", en="Policy owner"),
    Owner.ENGINEERING: Text(zh="研发", en="Developers"),
    Owner.VENDOR: Text(zh="SDK 提供方", en="SDK vendor"),
    Owner.REVIEWER: Text(zh="审核人员", en="Reviewer"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do, and who has to do it."""

    owner: Owner
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One place where declaration and build disagree, or where the declaration itself is at fault."""

    rule: str
    subject: str
    message: Text
    steps: tuple[Step, ...]
    """What to do, each step by one owner, in order."""
    severity: Severity
    confidence: Confidence
    evidence: tuple[Fact, ...]
    """What shows it in the build; empty for findings on the declaration alone."""
    declared: Location | None
    """Where in the declaration the finding belongs; None = the declaration as a whole."""
    policy: Location | None = None
    """Where in the policy text."""
    regulations: tuple[str, ...] = ()
    """Ids of the clauses cited."""
    table: Table | None = None
    """The data table, where its subject is a data type: an SDK may have the same id. None = any other table, or none."""
    limits: Text | None = None
    """What was not checked about it, where that is not what its rule says of all."""
    wording: Text | None = None
    """Words to paste into the policy (or the text shown to the user) where what was found is to stay; 【…】 stands for what no
    build tells."""

    @property
    def remedy(self) -> Text:
        """The steps in one line, each with who has to take it."""
        return Text(
            zh="；".join(f"{one.owner.actor.zh}：{one.text.zh}" for one in self.steps),
            en=". ".join(f"{one.owner.actor.en}: {one.text.en}" for one in self.steps),
        )

    @property
    def fingerprint(self) -> str:
        """Identity of the finding across builds, versions and machines: see :func:`fingerprint`."""
        return fingerprint(self.rule, self.subject)

    @property
    def key(self) -> tuple[int, int, str, str, str]:
        """The order findings are sorted in: gravest and surest first."""
        return (-self.severity, -self.confidence, self.rule, self.subject, self.message.en)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """Whether a table was compared, and if not, why."""

    table: Table
    compared: bool
    reason: Text | None = None
    """Why not, where it was not."""
    doubtful: bool = False
    """Compared, but a gap may hide something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCheckable:
    """Something policies promise that no build can show: silence on it is no answer."""

    id: str
    name: Text
    why: Text
    declared: tuple[Location, ...] = ()
    """Where the declaration states something of it."""


class DecisionKind(Enum):
    """What a person decided about a finding or a gap. See docs/reference/decisions.md."""

    AGREE = "agree"
    """It is true. It goes on counting."""
    DISPUTE = "dispute"
    """It is held to be wrong. It goes on counting until it is accepted or mended: a dispute opens no gate."""
    ACCEPT = "accept"
    """It is known and put up with: it does not count at the gate, and is shown."""
    BASELINE = "baseline"
    """It was there when the gate was set up: as ACCEPT, written by ``--write-baseline``."""

    @property
    def lifts(self) -> bool:
        """Whether what it is about no longer counts at the gate."""
        return self in (DecisionKind.ACCEPT, DecisionKind.BASELINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One entry of a decisions file."""

    fingerprint: str
    """Of the finding or the gap it is about."""
    kind: DecisionKind
    by: str
    """Who decided, as written."""
    reason: str
    location: Location
    """Line in the decisions file."""
    until: str = ""
    """Last day it holds (ISO 8601); empty = without end."""
    severity: Severity | None = None
    """The gravest finding it covers; None = any."""
    rule: str = ""
    """Rule of the finding it is about, as the file says it; empty where it says nothing."""
    subject: str = ""
    """Subject of that finding."""
    gap: str = ""
    """Place of the gap it is about."""

    @property
    def about(self) -> str:
        """What it is about, in the words of the file; the fingerprint where it has none."""
        return " ".join(part for part in (self.rule, self.subject) if part) or self.gap or self.fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The decisions an audit was read with, and what became of each of them."""

    file: str
    """Path of the decisions file, relative to where the command was run."""
    sha256: str
    """SHA-256 of the file."""
    on: str
    """The day on which they were looked at (ISO 8601, UTC)."""
    held: tuple[Decision, ...] = ()
    """Those in force, in the order of the file."""
    lapsed: tuple[Decision, ...] = ()
    """Those that no longer hold for what they are about: their last day is past, or it has become graver."""
    unmatched: tuple[Decision, ...] = ()
    """Those about nothing in this audit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplier:
    """Who supplies an SDK."""

    sdk: str
    """Canonical SDK id."""
    vendor: Text
    url: str
    """The SDK's privacy policy; empty where it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """Which auditor and which knowledge produced a result."""

    version: str
    knowledge: str
    """Version of the knowledge: the first 12 hex digits of the SHA-256 of its compiled file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The result: everything a report needs and nothing else."""

    tool: Tool
    identity: Identity
    declaration: Declaration
    verdict: Verdict
    checked: tuple[Checked, ...]
    """One per table, in the order of Table."""
    rows: tuple[Row, ...]
    """Sorted by table, then subject."""
    findings: tuple[Finding, ...]
    accepted: tuple[Finding, ...]
    """Findings a decision accepts: they count for the verdict, and do not count at the gate."""
    gaps: tuple[Gap, ...]
    rules: tuple[RuleInfo, ...]
    """The catalogue of every rule that ran."""
    clauses: tuple[Clause, ...]
    """Every clause the rules cite."""
    manifest: tuple[ManifestEntry, ...] = ()
    """Who brought what into the manifest; empty for iOS."""
    names: tuple[tuple[str, Text], ...] = ()
    """Display names for ids (permissions, keys, SDKs), sorted."""
    """Display names for subjects that are ids (permissions, keys, SDKs, data types)."""
    presences: tuple[Presence, ...] = ()
    """What was looked for in the build and is no fault by itself, found or not."""
    beside: tuple[Fact, ...] = ()
    """The files given beside the build that the result rests on: MAPPING, MERGER_REPORT."""
    data_names: tuple[tuple[str, Text], ...] = ()
    """Display names of data types, sorted."""
    sensitive: tuple[str, ...] = ()
    """The data types of the table of data that are sensitive personal information, sorted."""
    opens: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(permission or usage key of a table, the data types of the table of data that it opens), both sorted; without those that open
    none of them."""
    not_checkable: tuple[NotCheckable, ...] = ()
    """What the policy may promise and no build can show."""
    suppliers: tuple[Supplier, ...] = ()
    """Who supplies the SDKs of the table of SDKs, sorted by id; without those nobody here knows."""
    decided: Decided | None = None
    """What people decided about findings and gaps; None where no decisions were given."""

    def decision_on(self, one: Finding | Gap) -> Decision | None:
        """Return the decision in force on a finding or a gap."""
        print_ = one.fingerprint if self.decided and self.decided.held else ""
        return next((held for held in self.decided.held if held.fingerprint == print_), None) if self.decided else None

    @property
    def open_gaps(self) -> tuple[Gap, ...]:
        """Return the gaps that no decision accepts."""
        return tuple(gap for gap in self.gaps if not ((held := self.decision_on(gap)) and held.kind.lifts))

    def table(self, table: Table) -> tuple[Row, ...]:
        """Return the rows of one table."""
        return tuple(row for row in self.rows if row.table is table)

    def is_about(self, finding: Finding, row: Row) -> bool:
        """Tell whether a finding is about the subject of a row."""
        return finding.subject == row.subject and (finding.table is Table.DATA) == (row.table is Table.DATA)

    def name_of(self, subject: str, language: Language, table: Table | None = None) -> str:
        """Return the display name of ``subject``, a data type in the data table; or an empty string."""
        names = self.data_names if table is Table.DATA else self.names
        return next((text.in_(language) for key, text in names if key == subject), "")

    def clause_index(self) -> Mapping[str, Clause]:
        """Return the clauses by id."""
        return {clause.id: clause for clause in self.clauses}

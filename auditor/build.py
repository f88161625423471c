"""The nouns of a build: what is read from one, and what could not be. Facts only; :mod:`auditor.model` has the rest, and these too.

Every noun is a frozen, slotted, keyword-only dataclass that holds only strings, integers, enums, tuples, frozensets,
bytes and other nouns, so that each value is hashable, comparable and safe to send to another process.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from enum import Enum, IntEnum

__all__ = [
    "HASHED",
    "WEB",
    "Build",
    "BuildKind",
    "CodeUnit",
    "EntryKind",
    "Fact",
    "FactKind",
    "Flow",
    "Gap",
    "Identity",
    "Language",
    "Location",
    "Oddity",
    "Platform",
    "Reach",
    "Reached",
    "Signer",
    "Table",
    "Text",
    "fingerprint",
    "host_of",
]


class Platform(Enum):
    """The operating system a build is for."""

    ANDROID = "android"
    IOS = "ios"
    HARMONYOS = "harmonyos"
    """HarmonyOS and OpenHarmony: apps of HAP and HSP modules."""


class BuildKind(Enum):
    """What a build file is built to be."""

    APP = "app"
    """An app that is installed: an APK, an IPA, a HAP."""
    LIBRARY = "library"
    """What apps are built from: an AAR, a JAR, a framework, a static library, a HAR. No policy is declared for one."""


class Language(Enum):
    """A language reports are written in."""

    ZH = "zh"
    EN = "en"


class Table(Enum):
    """One comparison of the declaration with the build."""

    PERMISSIONS = "permissions"
    USAGE_KEYS = "usage_keys"
    HARMONY_PERMISSIONS = "harmony_permissions"
    SDKS = "sdks"
    DATA = "data"


class EntryKind(Enum):
    """Where the platform enters an app's code."""

    APPLICATION = "application"
    """The application class (and its component factory) while the app starts."""
    PROVIDER = "provider"
    """A content provider while the app starts: the platform makes every one of them before ``Application.onCreate``."""
    LAUNCHER = "launcher"
    """The activity the launcher starts, up to the moment it can be touched."""
    ACTIVITY = "activity"
    """Any activity, touched or not, and what the application is told while the app is in use."""
    SERVICE = "service"
    """A service of any kind, a backup agent, or what a content provider answers others."""
    RECEIVER = "receiver"
    """A broadcast receiver."""
    WORKER = "worker"
    """Work that is scheduled to run later, whether the app is open or not."""


class Reach(IntEnum):
    """How far code can be come by from where the platform enters the app."""

    UNKNOWN = 0
    """Nothing led to it, but not all code could be read."""
    CALLED = 1
    """It is there, and nothing was found that leads to it: dead code, or come by in a way that is not followed."""
    REACHABLE = 2
    """It can be reached from an entry point."""
    STARTUP = 3
    """It can run while the app starts, before anybody touches it."""

    @property
    def word(self) -> str:
        """The lower-case word used in every report format."""
        return self.name.lower()


class FactKind(Enum):
    """What kind of thing a Fact states. Each member says what ``name``, ``value``, ``by`` and ``traits`` mean."""

    PERMISSION = "permission"
    """``uses-permission``: name = full permission name; traits ``max-sdk`` when written.
    HarmonyOS, ``requestPermissions`` (``reqPermissions`` of the older model): by = the module that asks; traits ``reason``
    (as written: a text, or a reference to one), ``when`` and ``abilities`` (of ``usedScene``)."""
    PERMISSION_SDK23 = "permission-sdk-23"
    """``uses-permission-sdk-23``: as PERMISSION, requested only on devices of API level 23 and up."""
    PERMISSION_IMPLIED = "implied-permission"
    """Granted without being written: name = full name; value = the permission or rule that implies it."""
    PERMISSION_DEFINED = "defined-permission"
    """``<permission>``: name = full name; value = protection level as written (may be empty).
    HarmonyOS, ``definePermissions``: value = ``availableLevel``; by = the module; trait ``grant-mode``."""
    PERMISSION_REASON = "permission-reason"
    """HarmonyOS, the text a user is shown of why a permission is asked for: name = full name; value = text; by = language of
    the text (``base`` = the one for every other); trait ``module``."""
    PERMISSION_ALLOWED = "allowed-permission"
    """HarmonyOS, a permission the signed profile opens to the app beyond its level (``allowed-acls``): name = full name."""
    SDK_LEVEL = "sdk-level"
    """Name = ``min``, ``target`` or ``max``; value = API level (Android, HarmonyOS) or minimum system version (iOS)."""
    COMPONENT = "component"
    """Name = class; value = application, activity, activity-alias, service, receiver, provider or
    app-component-factory; traits exported, process, authorities, permission, enabled, target as written or implied;
    ``written`` = the class's name in the file, where a mapping restored it.
    HarmonyOS: name = the ability's; value = ability, or extension-ability; by = the module; traits exported, ``type``."""
    META_DATA = "meta-data"
    """Name = key; value = value or resource reference; by = the component that holds it, empty for the application.
    iOS: a localised name of a bundle; by = the bundle; trait ``language``."""
    QUERY = "query"
    """``<queries>``: name = package name, intent action or authority; value = package, intent or provider."""
    FEATURE = "uses-feature"
    """Name = feature; value = ``required`` or ``optional``."""
    HANDLER = "handler"
    """Method that a layout or menu calls on the activity showing it: name = method; value = the attribute (``onClick``); the
    location's place is the element."""
    NATIVE_LIBRARY = "native-library"
    """Name = file name of a ``.so``; value = ABI directory."""
    NATIVE_METHODS = "native-methods"
    """Java methods a native library implements, by the names it exports: name = their class; value = how many; by = file name of
    the library; the location's place is the first of them as exported."""
    NATIVE_SYMBOL = "native-symbol"
    """Name in the dynamic symbol table of a native library, as evidence: name = symbol; by = file name of the library."""
    ASSET = "asset"
    """Name = path of a packaged file inside the build that may tell something; value = first line of a version file
    (``META-INF/*.version``), else empty."""
    BUILD_TOOL = "build-tool"
    """What made a DEX file, as it says itself: name = ``R8``, ``D8`` …; value = its version; traits ``mode``,
    ``pg-map-id`` (of the mapping it wrote)."""
    MAPPING = "mapping"
    """Mapping given beside the build: name = its file; value = its SHA-256; traits ``classes`` = how many names it restored,
    ``pg-map-id``."""
    MERGER_REPORT = "merger-report"
    """Manifest merger's report given beside the build: name = its file; value = its SHA-256; trait ``elements`` = how many
    elements it names."""
    DEX = "dex"
    """Name = path of a DEX file; value = its version (``035``); traits ``classes`` = how many it defines."""
    CODE_PACKAGE = "code-package"
    """Defined classes as evidence: name = Java package or class; value = how many classes it holds; at = one of them."""
    CALL = "call"
    """Call site of a method that was looked for: name = class and method, dotted; value = the constant argument that says
    what the call is about, a string in quotes (empty where none matters or none is shown); by = class that calls; the
    location names caller and offset; traits ``descriptor``, ``argument`` (``unresolved``: one matters and the method does not
    show it; ``partial``: an ellipsis stands for what it does not show), ``reflection`` (reached by its name: ``invoked``, or
    only ``looked-up``), ``via`` (the class of the build the call goes through), ``path`` (in findings: the way to it),
    ``field`` (``read``: no call but the reading of a field, whose type the descriptor is),
    ``written`` (the calling class's name in the file, where a mapping restored it)."""
    CONSTANT = "constant"
    """Static final field of a class that was looked for: name = class and field, dotted; value = its value as text."""
    LITERAL = "literal"
    """String literal used by code, as evidence: name = the literal; the location says which class uses it.
    iOS: a string that was looked for, in the data of an image; by and traits as SELECTOR."""
    CLASS = "class"
    """Defined Objective-C or Swift class as evidence: name = its name; the location's file is the image."""
    FRAMEWORK = "framework"
    """iOS embedded framework: name = ``X.framework``; value = bundle identifier; traits version.
    A library's ``X.xcframework`` too: traits ``libraries`` = what it has, by platform; ``read`` = which of them were read."""
    BUNDLE = "bundle"
    """iOS resource bundle: name = ``X.bundle``; value = bundle identifier."""
    LINKED_LIBRARY = "linked-library"
    """iOS: name = install name of a library a Mach-O image links; value = ``weak`` or empty; by = the image.
    Of an object file, what it asks the linker for: ``CoreLocation.framework``, ``libz``."""
    IMAGE = "image"
    """Mach-O image: name = path; value = ``encrypted`` or ``plain``; traits ``archs``, ``min-os``, ``sdk`` (the
    version it was built with), ``platform``, ``type``."""
    USAGE_STRING = "usage-string"
    """Name = ``NS…UsageDescription`` key; value = text; by = language of the text (``Base`` = Info.plist itself);
    trait ``variant`` = suffix of a key for some devices only (``~ipad``)."""
    URL_SCHEME = "url-scheme"
    """Name = scheme the app answers to."""
    QUERY_SCHEME = "query-scheme"
    """Name = scheme the app asks about (LSApplicationQueriesSchemes)."""
    BACKGROUND_MODE = "background-mode"
    """Name = UIBackgroundModes entry."""
    TRANSPORT_SECURITY = "transport-security"
    """iOS App Transport Security: name = key path, ``NSAllowsArbitraryLoads`` or ``domain ! key``; value = value.
    Android: name = ``usesCleartextTraffic``; value = true or false. Of the network security configuration: name =
    ``network-security-config`` where it was read; and as written there, name = ``cleartextTrafficPermitted`` (of all domains) or
    ``domain ! cleartextTrafficPermitted``; name = ``trust-anchors``, ``domain ! trust-anchors`` or
    ``debug-overrides ! trust-anchors``, value = whose certificates are trusted (``system,user``).
    Of a domain, traits ``subdomains`` (those below it, too) and ``local`` (no public host)."""
    ENTITLEMENT = "entitlement"
    """Name = entitlement key; value = its value as JSON; by = the image."""
    PRIVACY_COLLECTED = "privacy-manifest-collected"
    """Name = NSPrivacyCollectedDataType value; by = the manifest's bundle; traits linked, tracking, purposes."""
    PRIVACY_ACCESSED = "privacy-manifest-accessed"
    """Name = NSPrivacyAccessedAPIType value; value = reason codes, comma separated; by = the manifest's bundle."""
    PRIVACY_TRACKING = "privacy-manifest-tracking"
    """Name = path of the privacy manifest; value = true or false; traits ``domains``."""
    SYMBOL = "symbol"
    """Imported C symbol or class of a Mach-O image: name = symbol; by = the image. Of those that were looked for also the
    methods that use them; traits as SELECTOR."""
    SELECTOR = "selector"
    """Objective-C selector that was looked for and that a Mach-O image refers to: name = selector; by = the image; the
    location names the method that does, or the two between whose code it is done; traits ``class`` = the method's class,
    ``between`` = the classes of the two, ``beside`` = the symbols of the classes without which it means nothing and that
    the same code names; comma separated."""
    SIGNING = "signing"
    """Name = a property of the signature (team-id, scheme); value = its value; traits of a scheme ``verified`` (true or false;
    none where it was not checked), ``sha256`` of the certificate."""
    VERSION = "version"
    """What a packaged file says of the version of a library in the build: name = the library, as the file names it (Maven's
    ``group:artifact``, a title); value = its version; by = the form of the file (``pom.properties``, ``MANIFEST.MF``,
    ``.version``)."""
    BROUGHT = "brought"
    """Who brought an element of the manifest, by the merger report given beside the build: name = what the element names;
    value = the element; by = the library's coordinates, empty for the app's own manifest; the location is in the report;
    traits ``action`` (added, merged, injected, implied), ``reason``."""

    SCRIPT_LAYER = "script-layer"
    """A part of the app written for a framework's own runtime: name = the layer (``uni-app``, ``dart``); value = what the
    file says of its version; traits ``app`` (the id it has there), ``form`` (``script``, ``hermes 94``, ``snapshot``), ``defines``
    (the names by which pages reach its plug-ins, comma-separated, where it lists them)."""
    SCRIPT_CALL = "script-call"
    """Place where a script names an interface that was looked for: name = the interface; value = how it is written there
    (``member``, ``index``, ``alias``, ``name``); by = the layer; traits ``text`` (what stands around it), ``plugin`` (whose
    file it is, where it is a plug-in's)."""
    SCRIPT_MODULE = "script-module"
    """Module or plug-in of a script layer: name = as the layer calls it; value = version or class, where it is told;
    by = the layer; trait ``as`` = ``module``, ``sdk`` (an SDK configured for a module), ``feature`` (registered by the
    runtime), ``plugin``, ``package``, ``import`` (bytecode of HarmonyOS imports it) or ``name`` (only its name stands there)."""
    SCRIPT_PERMISSION = "script-permission"
    """Permission a script layer's own manifest asks for: name = full permission name; by = the layer."""
    SCRIPT_SETTING = "script-setting"
    """Setting of a script layer: name = what is set (``privacy.prompt``); value = as written; by = the layer."""
    ARK_MODULE = "ark-module"
    """HarmonyOS, a module of the app: name = its name; value = its type (``entry``, ``feature``, ``shared``, ``har``); traits
    ``devices``, ``package`` (its name in ohpm), ``version`` (of the bytecode, where it could be read)."""
    ARK_PACKAGE = "ark-package"
    """HarmonyOS, a package of ohpm or a module of the app that a file names: name = the package; value = its version, where
    the file tells it; by = the module of the app; trait ``as`` = ``code`` (modules of it are in the bytecode), ``import``
    (bytecode imports from it), ``listed`` (a packaged list names it); ``modules`` = how many are in the bytecode."""
    HOST = "host"
    """Host that code or a file names: name = the host, lower case; value = scheme, empty for one that stands alone;
    by = the class whose code uses it, or the file's own kind (``network-security-config``)."""
    ARCHIVE = "archive"
    """What about a ZIP archive, or the binary XML of a manifest, no build tool writes: name = an :class:`Oddity`; the location is
    the entry, or the archive itself; traits ``archive`` = which, where it is one inside the build file, ``opened-by`` = ``platform``
    (what is installed), ``tool`` (what only wraps it, or is built from), ``app`` (a file in it), ``readers`` = ``differ`` where the
    platform and a plain reader find different content, and those of its kind."""
    PART = "part"
    """A part that is installed with the app and runs by itself, an app inside it, or a variant of it: name = its directory or file;
    value = ``extension``, ``app-clip``, ``watch-app``, ``app``, ``test``, ``apk`` or ``variant``; by = its bundle identifier or
    package; traits ``point`` (what an extension extends), ``version``, ``permissions`` (of an APK: what it asks for), ``split``,
    ``read`` (of a variant: ``yes`` or ``no``)."""
    WORDING = "wording"
    """Text that was looked for: name = what it speaks of (``account-deletion``); value = the words, or the address of a link."""


class Oddity(Enum):
    """What about an archive, or about Android's manifest, no build tool writes. ``differ`` among the traits = readers find different
    content.

    Traits ``entries`` = how many entries it holds of, where they are not all told one by one. See
    docs/explanation/hostile-archives.md and docs/explanation/malformed-builds.md.
    """

    DUPLICATE = "duplicate-entry"
    """A name stands more than once; traits ``copies`` = how often, ``sha256`` = of each, its start."""
    UNKNOWN_METHOD = "unknown-method"
    """Neither stored nor deflated; trait ``method``."""
    ENCRYPTED_FLAG = "encrypted-flag"
    """Marked as encrypted; trait ``header`` = ``central``, ``local`` or ``both``."""
    LOCAL_NAME = "local-name"
    """Its local header has another name; trait ``local``."""
    LOCAL_METHOD = "local-method"
    """Its local header has another compression method; traits ``central``, ``local``."""
    LOCAL_SIZES = "local-sizes"
    """Its local header has another size or CRC-32; traits ``CRC-32``, ``packed``, ``size`` = what both say, central first."""
    DESCRIPTOR = "data-descriptor"
    """What is written behind its data is not what the directory says; trait ``found``."""
    STORED_SIZES = "stored-sizes"
    """Stored, and not as long as it is said to be; traits ``packed``, ``size``."""
    WRONG_SIZE = "wrong-size"
    """Inflates to another length than declared, as seen where it was read, or cannot inflate to it; traits ``claimed``, ``found``."""
    WRONG_CHECKSUM = "wrong-checksum"
    """Does not match its CRC-32, as seen where it was read."""
    NO_DATA = "no-data"
    """No data stands where the directory points, or not as much as it says; traits ``offset``, ``bytes``."""
    PREFIX = "prefix-bytes"
    """Something stands before the archive; traits ``bytes``, ``starts`` = ``dex``, ``elf`` or ``zip`` where it starts so."""
    TRAILING = "trailing-bytes"
    """Something stands behind the archive; trait ``bytes``."""
    END_RECORDS = "several-end-records"
    """A second end record leads to a directory as well; trait ``at``."""
    TWO_DIRECTORIES = "two-directories"
    """A second directory stands right before the end record, where the first is not; trait ``at``."""
    COUNT = "entry-count"
    """The end record counts other entries than there are; traits ``claimed``, ``found``, ``wraps`` = only 16 bits of it are right."""
    DIRECTORY_END = "directory-end"
    """The directory does not end where it says; traits ``claimed``, ``found``."""
    BEFORE_END = "bytes-before-end"
    """Something stands between the directory and the end record; trait ``bytes``."""
    DIRECTORY_LOST = "directory-lost"
    """The directory is missing or cut short; trait ``found`` = entries found by their local headers and what is left of it."""
    ZIP64 = "zip64"
    """Has a ZIP64 end record."""
    ZIP64_LIES = "zip64-lies"
    """ZIP64 records are missing or contradict the others; traits ``field``, ``values``."""
    DISKS = "disk-number"
    """Claims to be one of several disks; trait ``disk``."""
    EXTRA = "extra-field"
    """An extra field that is malformed or longer than any alignment; traits ``header``, ``malformed``, ``bytes``."""
    NAME_NUL = "name-with-nul"
    """A name holds NUL, where many readers end it."""
    NAME_LEADS_OUT = "name-leads-out"
    """A name has a step ``..``."""
    NAME_ABSOLUTE = "name-absolute"
    """A name starts at the root or on a drive."""
    NAME_EMPTY = "name-empty"
    """An entry without a name."""
    NAME_ENCODING = "name-encoding"
    """A name is no UTF-8."""
    NAME_CASE = "case-collision"
    """Two names differ by case alone; trait ``beside`` = the other. Names that tools have made short do not count."""
    FILE_AND_DIRECTORY = "file-and-directory"
    """A name is that of a file and of a directory."""
    OVERLAP = "overlapping-entries"
    """Its bytes are in part another entry's; trait ``with``."""
    UNLISTED = "unlisted-entry"
    """An entry with a local header the directory does not list; trait ``at``."""
    UNLISTED_BYTES = "unlisted-bytes"
    """Bytes between entries that belong to none; traits ``at``, ``bytes``, ``starts``."""
    XML_TYPE = "xml-type"
    """Android's manifest does not say that it is binary XML; the place is the type it gives."""
    XML_HEADER = "xml-header"
    """A chunk of the manifest has a longer header than its kind; the place is its size in bytes."""
    XML_CHUNK = "xml-unknown-chunk"
    """Chunks of no known kind in the manifest; the place is their type."""
    XML_POOLS = "xml-string-pools"
    """The manifest has several string pools; the place is how many."""
    XML_MAPS = "xml-resource-maps"
    """The manifest has several resource maps; the place is how many."""
    XML_NO_MAP = "xml-no-resource-map"
    """The manifest has no resource map, so none of its attributes has a resource id."""
    XML_BEHIND = "xml-behind-root"
    """Further elements, or damaged chunks, stand behind the manifest's root element; the place is the element."""
    XML_CLOSING = "xml-closing-name"
    """An element closes by another name than it opened by; the place is the element."""
    XML_UNREADABLE = "xml-unreadable-text"
    """A name or text of the manifest cannot be read; the place is the element."""
    XML_UNTERMINATED = "xml-unterminated-text"
    """A text of the manifest has no zero behind it; the place is element and text."""
    XML_ZERO = "xml-text-with-zero"
    """A text of the manifest has a zero inside; the place is element and text."""
    XML_LENGTH = "xml-text-length"
    """A text of the manifest claims another length in UTF-16 than it has; the place is element and text."""
    XML_PLACE = "xml-attribute-place"
    """Attributes of the manifest stand elsewhere, or are of another size, than is usual; the place is element, start and size."""
    XML_NAME = "xml-attribute-name"
    """An attribute has another name than its resource id; the place is the element and both."""
    XML_NO_NAME = "xml-attribute-without-name"
    """An attribute has a resource id and no name; the place is element and attribute."""
    XML_NAMESPACE = "xml-attribute-namespace"
    """An attribute with a resource id of the platform's is not in its namespace; the place is element and attribute."""
    XML_NO_ID = "xml-attribute-without-id"
    """An attribute in the platform's namespace has no resource id; the place is element, attribute and value."""
    XML_ORDER = "xml-attribute-order"
    """An attribute stands behind one with a higher resource id; the place is element, attribute and value."""
    XML_TWICE = "xml-attribute-twice"
    """An attribute is given twice; the place is element, attribute and the later value."""
    XML_RAW = "xml-raw-value"
    """An attribute has one text as written and another as a value; the place is the element and both, the written one first."""
    NESTED_ELEMENT = "nested-element"
    """An element of the manifest stands inside one that Android's parser goes on through; the place is both."""
    SECOND_APPLICATION = "second-application"
    """The manifest has a second ``application``; the place is its name."""
    INNER_MANIFEST = "inner-manifest"
    """The manifest has a ``manifest`` inside; the place is its package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One sentence for people, in both languages of the reports."""

    zh: str
    """Chinese."""
    en: str
    """English."""

    def in_(self, language: Language) -> str:
        """Return the sentence in ``language``."""
        return self.zh if language is Language.ZH else self.en


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Location:
    """Where something was read. Paths are relative: a report holds no path of the machine that made it."""

    file: str
    """Path inside the build (``a.zip!/b`` for nested archives), or of the declaration or policy."""
    at: str = ""
    """Place in it: a line number, a class, a plist key path, an XML element; may be empty."""

    def __str__(self) -> str:
        """Return ``file ! at``, the form reports print."""
        return f"{self.file} ! {self.at}" if self.at else self.file


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing read from a build; says what is there and knows no meaning."""

    kind: FactKind
    """What is stated; its docstring says what the other fields hold."""
    name: str
    """The thing's own name."""
    location: Location
    """Where it was read."""
    value: str = ""
    """Its value."""
    by: str = ""
    """Who says so: the holder of the value, where that is not the file itself."""
    traits: tuple[tuple[str, str], ...] = ()
    """Further attributes as (name, value) pairs, sorted by name."""

    def trait(self, name: str) -> str | None:
        """Return the trait called ``name``, or None."""
        return next((value for key, value in self.traits if key == name), None)

    @property
    def key(self) -> tuple[str, str, str, str, str, str, tuple[tuple[str, str], ...]]:
        """The order facts are sorted in."""
        return (self.kind.value, self.name, self.value, self.location.file, self.location.at, self.by, self.traits)


HASHED = "blake2b:"
"""Prefix of a literal known by its hash alone: ``blake2b:<16 hex digits>:<length in characters>``."""


WEB = "http"
"""What every web address starts with."""
_ADDRESS = re.compile(r"https?://([A-Za-z0-9.-]{1,253})", re.ASCII)


def host_of(literal: str) -> str:
    """Return the host of a web address, or the literal itself where it is none."""
    found = _ADDRESS.match(literal) if literal.startswith(WEB) else None
    return found[1].lower() if found else literal


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeUnit:
    """The classes one piece of code defines: a DEX file, a JAR, a Mach-O image or a static library."""

    file: str
    """Path inside the build."""
    classes: tuple[str, ...]
    """Dotted Java class names, or Objective-C and Swift class names; sorted, each once."""
    literals: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(class, the literals looked for that its code uses), both sorted; classes that use none are left out."""
    references: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(class, the other classes *of the build* it refers to that look renamed), both sorted; only where they were asked for."""
    linked: tuple[str, ...] = ()
    """Of a linked Mach-O image, its classes in the order they were linked in: those of one library stand together."""
    written: tuple[tuple[str, str], ...] = ()
    """(class, its name in the file), for classes whose names a mapping restored; sorted."""

    def at(self, name: str) -> str:
        """Return how evidence names a class: as the file does, with the restored name beside it."""
        index = bisect_left(self.written, (name, ""))
        if index < len(self.written) and self.written[index][0] == name:
            return f"{self.written[index][1]} (was {name})"
        return name


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What could not be read, why, and which tables that leaves in doubt."""

    location: Location
    """The thing that could not be read."""
    reason: Text
    """Why, and what the reader can do about it."""
    hides: frozenset[Table] = frozenset()
    """The tables whose found side may be missing something."""

    @property
    def key(self) -> tuple[str, str, str]:
        """The order gaps are sorted in."""
        return (self.location.file, self.location.at, self.reason.en)

    @property
    def fingerprint(self) -> str:
        """Identity of the gap across builds: file, reason and tables hidden; numbers in the reason and the place in the file are no
        part of it.
        """
        hides = ",".join(sorted(table.value for table in self.hides))
        return fingerprint("gap", "\0".join((self.location.file, _NUMBERS.sub("#", self.reason.en), hides)))


_NUMBERS = re.compile(r"0x[0-9A-Fa-f]+|[0-9]+")
"""What differs in a sentence from one build to the next: sizes, offsets, counts."""


def fingerprint(rule: str, subject: str) -> str:
    """Return the first 32 hex digits of SHA-256 over rule and subject: no path, offset or version is part of it."""
    import hashlib  # loads OpenSSL, which not everybody who reads a build has a use for

    return hashlib.sha256(f"auditor/1\0{rule}\0{subject}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A certificate a build claims to be signed with: only where ``verified`` is true did its owner sign."""

    sha256: str
    """SHA-256 of the DER certificate, lower-case hex."""
    subject: str
    """Distinguished name (RFC 4514)."""
    scheme: str
    """``v1``, ``v2``, ``v3``, ``v3.1`` (Android APK signature schemes), ``apple`` or ``harmony``."""
    verified: bool | None = None
    """Whether the signature over the build's contents holds; None = not checked."""
    reason: Text | None = None
    """Why it does not hold, or was not checked."""
    earlier: tuple[str, ...] = ()
    """SHA-256 of the certificates before it, the oldest first, each of which vouches for the next (proof of rotation)."""
    certificate: bytes = b""
    """The certificate itself (X.509, DER); empty where it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which build this is."""

    platform: Platform
    """Android, iOS or HarmonyOS."""
    app_id: str
    """Package name, bundle identifier or bundle name; empty where it could not be read."""
    label: str
    """Display name."""
    version: str
    """versionName or CFBundleShortVersionString."""
    version_code: str
    """versionCode or CFBundleVersion."""
    sha256: str
    """SHA-256 of the file, lower-case hex."""
    size: int
    """Size of the file in bytes."""
    signer: tuple[Signer, ...] = ()
    """Certificates found in the signature, one per scheme and certificate."""
    kind: BuildKind = BuildKind.APP
    """An app, or a library that apps are built from."""
    signature_faults: tuple[Text, ...] = ()
    """Why the platform would refuse the build as it is signed, or take it for another's; an unsigned build has none."""
    teams: tuple[str, ...] = ()
    """iOS: team identifiers of the code signature and of the provisioning profile, sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A method that can be reached, and how."""

    method: str
    """``com.example.Foo.bar(I)V``."""
    reach: Reach
    entries: tuple[EntryKind, ...]
    """The kinds of entry point it can be reached from, in their order."""
    path: tuple[str, ...]
    """The surest way to it from an entry point, of several as sure a short one, ``com.example.Foo.bar`` each, the method itself
    last; one that starts while the app starts where there is any."""
    direct: bool
    """Whether each step is the only one its call can take; if not, one of several, or a name, leads on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What the call graph of a build shows. What it does not show is no proof of absence where the build has gaps."""

    methods: tuple[Reached, ...]
    """The methods that make a recorded call, or hand one on that is made for them, and can be reached, sorted."""
    classes: tuple[str, ...]
    """Dotted names of the classes defined, in the order of their definition."""
    reach: bytes
    """By class, how far its methods can be come by: one byte each, a value of Reach."""
    uses: bytes
    """Pairs of places in ``classes``, as 32-bit words in the machine's order: the first calls, makes or names the second."""
    handed: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """By method that does nothing but make a recorded call for others: those that call it, ``com.example.Foo.bar(I)V`` each, sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """Everything read from a build file: facts, defined classes, and what could not be read."""

    identity: Identity
    facts: tuple[Fact, ...]
    """Sorted, each once."""
    code: tuple[CodeUnit, ...] = ()
    """Sorted by file."""
    gaps: tuple[Gap, ...] = ()
    """Sorted, each once."""
    flow: Flow | None = None
    """What can be reached from where; None where it was not asked for, or there is no code to follow."""

    def of(self, *kinds: FactKind) -> tuple[Fact, ...]:
        """Return the facts of the given kinds, in order."""
        return tuple(fact for fact in self.facts if fact.kind in kinds)

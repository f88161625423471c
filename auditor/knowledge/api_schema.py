"""The shape of what is known of interfaces that reach personal data: ``apis/*.yaml`` fills it, ``Knowledge.apis`` holds it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from auditor.model import EntryKind, Severity, Text

__all__ = [
    "NO_APIS",
    "ApiArgument",
    "ApiClass",
    "ApiConstant",
    "ApiField",
    "ApiKind",
    "ApiMatch",
    "ApiMethod",
    "ApiRole",
    "ApiSelector",
    "ApiSymbol",
    "ApiTable",
    "Apis",
    "CallbackTime",
    "Carrier",
    "CollectedType",
    "EntryPoint",
    "ListedSdk",
    "Narrowed",
    "Need",
    "PlatformCallback",
    "RequiredReason",
    "ResourceHandler",
]


class ApiKind(Enum):
    """Whose interface it is. The value is the key used in ``apis/*.yaml``."""

    PLATFORM = "platform"
    """Part of the platform's public interface."""
    HIDDEN = "hidden"
    """Of the platform or of a vendor's system, and not public: reached by reflection, where it is reached at all."""
    SDK = "sdk"
    """Of a library or an SDK that ships inside the app: its owner is the SDK, the caller only asks for it."""


class ApiRole(Enum):
    """What a call does."""

    READS = "reads"
    """Reads data."""
    USES = "uses"
    """Uses the power over such data without reading any: sends, calls, writes, makes ready."""
    REQUESTS = "requests"
    """Asks the user for permissions."""
    STARTS = "starts"
    """Lets the app start by itself, stay alive, or start another app."""
    REFLECTS = "reflects"
    """Reaches a class or member by its name."""
    LOADS = "loads"
    """Runs code that is not in the DEX files of the build."""


class ApiTable(Enum):
    """Where the constant that an argument has is looked up."""

    SETTINGS_KEYS = "settings_keys"
    CONTENT_URIS = "content_uris"
    SYSTEM_PROPERTIES = "system_properties"
    JAVA_PROPERTIES = "java_properties"
    FILE_PATHS = "file_paths"
    SHELL_COMMANDS = "shell_commands"
    INTENT_ACTIONS = "intent_actions"
    """Of intents sent to start or bind something."""
    BROADCAST_ACTIONS = "broadcast_actions"
    """Of intents received."""
    SENSOR_TYPES = "sensor_types"
    LOCATION_PROVIDERS = "location_providers"
    LOCATION_PRIORITIES = "location_priorities"
    """How exact a location request wants it; a number, or an object that carries it."""
    DRM_PROPERTIES = "drm_properties"
    EXIF_TAGS = "exif_tags"
    PHONE_STATE_EVENTS = "phone_state_events"
    """Bits of the second argument of TelephonyManager.listen."""
    PERMISSIONS = "permissions"
    """The permissions of the knowledge; the table has no constants of its own."""
    PACKAGES = "packages"
    """Any application id other than the app's own; no constants of its own."""
    CLASSES = "classes"
    """The classes of the methods and fields listed here; no constants of its own."""
    MEMBERS = "members"
    """The names of the methods and fields listed here; no constants of its own."""


class ApiMatch(Enum):
    """How a constant is compared with a value."""

    EXACT = "exact"
    PREFIX = "prefix"
    CONTAINS = "contains"
    SEGMENTS = "segments"
    """Equal, or followed by ``/``, ``?`` or ``#``: paths and addresses."""
    WORDS = "words"
    """Equal to whole words at the start of the value, or of what it hands to a shell."""
    BIT = "bit"
    """A number that has this bit."""


_SHELLS = re.compile(
    r"(?:(?:/system/x?bin/|/vendor/bin/)?(?:su|sh)\s+-c\s+[\"']?|(?:/system/x?bin/|/vendor/bin/)?busybox\s+|/system/x?bin/"
    r"|/vendor/bin/)"
)
"""What stands before the command proper."""
_BOUNDARIES = ("/", "?", "#")
_PRINTED = (
    (re.compile(r"(?:cat|ls|head|more|stat)\s+(?:-\S+\s+)*(/\S+)"), ApiTable.FILE_PATHS),
    (re.compile(r"getprop\s+(\S+)"), ApiTable.SYSTEM_PROPERTIES),
    (re.compile(r"settings\s+get\s+\S+\s+(\S+)"), ApiTable.SETTINGS_KEYS),
    (re.compile(r"content\s+query\s+--uri\s+(\S+)"), ApiTable.CONTENT_URIS),
)
"""Commands that print something, and where to look for what they print."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Permissions of which one must be held, on some devices."""

    any_of: tuple[str, ...]
    device: int = 0
    """From this API level of the device on; 0 = every."""
    target: int = 0
    """For apps that target this API level or a later one; 0 = all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiArgument:
    """The argument whose value decides what a call reads."""

    index: int
    """Among the parameters of the descriptor, from 0; the receiver of the call is none of them."""
    table: ApiTable


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiMethod:
    """One method, or all overloads of one name."""

    class_: str
    """Binary name with dots: ``android.provider.Settings$Secure``. Calls may name a subclass of it."""
    name: str
    """``<init>`` for constructors."""
    descriptor: str
    """``(Ljava/lang/String;)V``; empty = every overload."""
    kind: ApiKind
    role: ApiRole
    data: tuple[str, ...]
    """Data-type ids that a call which succeeds reads."""
    may: tuple[str, ...]
    """Data-type ids it can be a way to: another call, or its argument, decides."""
    severity: Severity
    """How much it says when seen alone; INFO = context only."""
    permissions: tuple[str, ...]
    """Of which the app must hold one for any call to succeed, on any device; empty = it needs none."""
    needs: tuple[Need, ...]
    """Each of which must be met besides."""
    helped_by: tuple[str, ...]
    """Permissions that give it more; without them it gives less, not nothing."""
    service: str
    """The permission by which the app must guard a service of its own for the method to have any effect
    (``android.permission.BIND_ACCESSIBILITY_SERVICE``); empty = none."""
    arguments: tuple[ApiArgument, ...]
    """Where empty, ``data`` is the whole answer. Of several, each is looked up by itself."""
    callback: bool
    """The app defines it and the platform calls it: a definition is the evidence, not a call."""
    noisy: bool
    """Ordinary code uses it all the time, for nothing personal: never reported alone."""
    privileged: bool
    """An ordinary app never gets an answer, whatever permission it asks for."""
    since: int
    """First API level that has it; 0 = every one in use."""
    until: int
    """Last API level of the device on which an ordinary app gets an answer; 0 = no such end."""
    until_target: int
    """Last targetSdkVersion with which it does; 0 = no such end."""
    note: Text
    source: str
    unverified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiField:
    """One field whose reading counts. Constants of type String or int are inlined and never read as fields."""

    class_: str
    name: str
    data: tuple[str, ...]
    may: tuple[str, ...]
    severity: Severity
    permissions: tuple[str, ...]
    needs: tuple[Need, ...]
    noisy: bool
    until: int
    until_target: int
    table: ApiTable | None
    """Where the field holds a key of a table (a content URI), that table: passed on, it decides what a call reads."""
    note: Text
    source: str
    unverified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiConstant:
    """One value of an argument that decides what a call reads."""

    table: ApiTable
    value: str
    """Numbers in decimal digits."""
    match: ApiMatch
    name: str
    """What source code calls it (``TYPE_HEART_RATE``); empty = nothing."""
    data: tuple[str, ...]
    may: tuple[str, ...]
    severity: Severity
    permissions: tuple[str, ...]
    needs: tuple[Need, ...]
    telling: bool
    """A literal of this value speaks for itself, even where no call is seen to take it."""
    until: int
    until_target: int
    note: Text
    source: str
    unverified: bool

    def matches(self, value: str) -> bool:
        """Tell whether ``value`` is this constant, in the sense of ``match``."""
        own = self.value
        if self.match is ApiMatch.EXACT:
            return value == own
        if self.match is ApiMatch.PREFIX:
            return value.startswith(own)
        if self.match is ApiMatch.CONTAINS:
            return own in value
        if self.match is ApiMatch.SEGMENTS:
            return value == own or value.startswith(tuple(own + boundary for boundary in _BOUNDARIES))
        if self.match is ApiMatch.WORDS:
            return any(f"{command} ".startswith(f"{own} ") for command in _commands(value))
        return value.isdecimal() and len(value) < _DIGITS and bool(int(value) & int(own))


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceHandler:
    """An attribute by which layouts and menus name methods of the component that shows them."""

    attribute: str
    component: str
    """Element of the manifest."""
    takes: tuple[str, ...]
    """Dotted classes: the method takes an object of one of them, and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """A method of an object that calls are given, whose parameter sets the value that decides what they read."""

    class_: str
    name: str
    descriptor: str
    """Empty = every overload."""
    argument: ApiArgument


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """A kind of data that a call which succeeds does not read without a permission, and what it reads instead."""

    type: str
    without: str
    """The permission."""
    becomes: str


_DIGITS = 20
"""More of them are no machine number."""
_NESTED = 4
"""So many shells inside each other are looked into."""


def _commands(value: str) -> list[str]:
    """Return a command line, and what is left of it without the shells before the command proper."""
    command = " ".join(value.split()).strip("\"'")
    found = [command]
    for _ in range(_NESTED):
        start = _SHELLS.match(command)
        if start is None:
            break
        command = command[start.end() :].strip("\"' ")
        found.append(command)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiClass:
    """One Objective-C class whose being referenced says something by itself."""

    class_: str
    framework: str
    """Empty for what is not public."""
    data: tuple[str, ...]
    """Data-type ids that such classes are there for."""
    usage_keys: tuple[str, ...]
    """Info.plist keys of which one must be there for the class to be of any use; empty = it needs none."""
    private: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSelector:
    """One Objective-C method. A build shows selectors and classes apart: both must be referenced."""

    class_: str
    selector: str
    framework: str
    """Empty for what is not public."""
    data: tuple[str, ...]
    may: tuple[str, ...]
    """Data-type ids it can be a way to: another call decides, or an argument; or it only writes such data."""
    severity: Severity
    usage_keys: tuple[str, ...]
    """Info.plist keys of which one must be there for it to be called at all; empty = it needs none."""
    generic: bool
    """Many classes have a method of that name: the class carries the evidence."""
    private: bool
    """Not in the public SDK."""
    since: str
    """First iOS version that has it; empty = unknown or every one in use."""
    until: str
    """Last iOS version on which it gives an answer; empty = no such end."""
    note: Text
    source: str
    unverified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSymbol:
    """One C function or variable an image imports, or one string in its data."""

    name: str
    """As the symbol table has it (``_getifaddrs``); of a string, its text."""
    string: bool
    framework: str
    data: tuple[str, ...]
    may: tuple[str, ...]
    """Its argument decides."""
    severity: Severity
    noisy: bool
    """Ordinary code uses it all the time, for nothing personal: never reported alone."""
    private: bool
    until: str
    note: Text
    source: str
    unverified: bool
    usage_keys: tuple[str, ...] = ()
    """As for selectors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedType:
    """One value of NSPrivacyCollectedDataType."""

    value: str
    name: Text
    data: tuple[str, ...]
    """Data-type ids it covers."""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSdk:
    """An SDK on Apple's list of those that must ship a privacy manifest."""

    name: str
    """As the list has it; its framework is called so."""
    frameworks: tuple[str, ...]
    """Further names of its framework."""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredReason:
    """One category of interfaces whose use a privacy manifest must give a reason for."""

    category: str
    """``NSPrivacyAccessedAPICategoryDiskSpace``."""
    name: Text
    data: tuple[str, ...]
    symbols: tuple[str, ...]
    """Imported functions and variables, as the symbol table has them."""
    selectors: tuple[str, ...]
    """Specific enough to count without their class."""
    members: tuple[tuple[str, str], ...]
    """(class, selector) that count together."""
    classes: tuple[str, ...]
    """Whose being referenced is enough."""
    reasons: tuple[tuple[str, Text], ...]
    """(code, what it allows), in Apple's order."""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPoint:
    """One place where the platform enters an app's code."""

    kind: EntryKind
    component: str
    """Element of the manifest whose classes are meant; empty = those that ``extends`` names."""
    extends: str
    """Dotted class whose subclasses are meant."""
    methods: tuple[str, ...]
    callbacks: bool
    """Besides, whatever a callback's name says."""
    start_up: bool
    """Runs while the app starts, before anybody touches it."""
    launcher: bool
    """Only activities that the launcher starts."""


class CallbackTime(Enum):
    """When the platform may call a method at the earliest."""

    START = "start"
    """While the app starts and nobody touches it."""
    USE = "use"
    """Once somebody uses the app, or leaves it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformCallback:
    """A method the platform calls on objects whose class extends something of its own."""

    class_: str
    """Dotted; empty = any class of the platform, and ``name`` is how the method's name starts: what follows does not go on in
    lower case, and the longest counts."""
    name: str
    by: CallbackTime


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Apis:
    """Interfaces that reach personal data. Equal only to itself, so that indexes can be cached by it."""

    methods: tuple[ApiMethod, ...]
    """Sorted by class, name and descriptor; every role."""
    fields: tuple[ApiField, ...]
    constants: tuple[ApiConstant, ...]
    """Sorted by table and value."""
    selectors: tuple[ApiSelector, ...]
    symbols: tuple[ApiSymbol, ...]
    required_reasons: tuple[RequiredReason, ...]
    bystanders: tuple[str, ...]
    """Java packages of support libraries: what they call, they call for whoever calls them. The longest match counts,
    and one in ``not_bystanders`` takes it back."""
    not_bystanders: tuple[str, ...]
    classes: tuple[ApiClass, ...] = ()
    """Of iOS, sorted by name."""
    collected_types: tuple[CollectedType, ...] = ()
    """What a privacy manifest may say is collected."""
    purposes: tuple[str, ...] = ()
    """What it may say it is collected for."""
    listed_sdks: tuple[ListedSdk, ...] = ()
    vendor_files: tuple[str, ...] = ()
    """Patterns of the names of libraries that are Apple's own, wherever an app carries them."""
    entry_points: tuple[EntryPoint, ...] = ()
    callbacks: tuple[PlatformCallback, ...] = ()
    annotated: tuple[tuple[str, CallbackTime], ...] = ()
    """(dotted annotation, when at the earliest): something outside calls methods so annotated on any object made."""
    inflated: tuple[tuple[str, str], ...] = ()
    """(dotted class, dotted type): objects of what extends the class and has a constructor that takes the type are made by the
    platform, from layouts."""
    handlers: tuple[ResourceHandler, ...] = ()
    carriers: tuple[Carrier, ...] = ()
    narrowed: tuple[Narrowed, ...] = ()
    """Of Android."""

    def decide(self, table: ApiTable, value: str) -> tuple[ApiConstant, ...]:
        """Return what ``value`` is in a table: every bit of it that counts, else the longest constant it matches.

        One that is telling goes before one that is not. Of a command that prints a file, a property or a setting it is what
        that file, property or setting is.
        """
        if table is ApiTable.SHELL_COMMANDS:
            for command in _commands(value):
                for pattern, other in _PRINTED:
                    if (printed := pattern.match(command)) and (found := self.decide(other, printed[1])):
                        return found
        if table is ApiTable.CONTENT_URIS and "://" not in value:
            value = f"content://{value}"  # an authority alone
        return self._of_table(table, value)

    def _of_table(self, table: ApiTable, value: str) -> tuple[ApiConstant, ...]:
        found = [one for one in _constants(self).get(table, ()) if one.matches(value)]
        bits = tuple(one for one in found if one.match is ApiMatch.BIT)
        return bits or tuple(sorted(found, key=lambda one: (not one.telling, -len(one.value), one.value))[:1])

    def is_bystander(self, name: str) -> bool:
        """Tell whether a class, by its binary name with dots, belongs to a bystander package."""
        packages = _bystanders(self)
        above = name
        while above and above not in packages:
            above = above.rpartition(".")[0]
        return packages.get(above, False)


@lru_cache(maxsize=4)
def _constants(apis: Apis) -> Mapping[ApiTable, Sequence[ApiConstant]]:
    tables: dict[ApiTable, list[ApiConstant]] = {}
    for one in apis.constants:
        tables.setdefault(one.table, []).append(one)
    return tables


@lru_cache(maxsize=4)
def _bystanders(apis: Apis) -> Mapping[str, bool]:
    return {**dict.fromkeys(apis.bystanders, True), **dict.fromkeys(apis.not_bystanders, False)}


NO_APIS = Apis(
    methods=(), fields=(), constants=(), selectors=(), symbols=(), required_reasons=(), bystanders=(), not_bystanders=()
)
"""What a knowledge without interfaces has."""

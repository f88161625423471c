"""A small, made-up knowledge for tests of what is done with knowledge."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from auditor.knowledge.schema import (
    Category,
    ClauseKnowledge,
    Cover,
    DataTypeKnowledge,
    Fingerprint,
    Knowledge,
    PackerKnowledge,
    PermissionKnowledge,
    ProtectionLevel,
    SdkKnowledge,
    Strength,
    Trace,
    TraceKind,
    UsageKeyKnowledge,
    VendorPattern,
)
from auditor.model import Clause, Platform, Text

P = "android.permission."


def words(text: str) -> Text:
    """One sentence in both languages."""
    return Text(zh=text, en=text)


def proves(*patterns: str, kind: TraceKind = TraceKind.PACKAGE) -> tuple[Trace, ...]:
    """Traces that prove."""
    return tuple(Trace(kind=kind, pattern=pattern, strength=Strength.PROVES) for pattern in patterns)


def supports(*patterns: str, kind: TraceKind = TraceKind.PACKAGE) -> tuple[Trace, ...]:
    """Traces that support."""
    return tuple(Trace(kind=kind, pattern=pattern, strength=Strength.SUPPORTS) for pattern in patterns)


def names(*patterns: str, kind: TraceKind = TraceKind.COMPONENT) -> tuple[Trace, ...]:
    """Traces that only name."""
    return tuple(Trace(kind=kind, pattern=pattern, strength=Strength.NAMES) for pattern in patterns)


def sdk(id_: str, *traces: Trace, **changes: object) -> SdkKnowledge:
    """An SDK that collects something, on both platforms."""
    values: dict[str, object] = {
        "id": id_,
        "name": words(id_.title()),
        "vendor": words("Vendor"),
        "category": "other",
        "platforms": frozenset(Platform),
        "collects": ("imei",),
        "part_of": (),
        "aliases": (id_.title(),),
        "declared_as": (),
        "links": (),
        "url": "",
        "traces": traces,
        "excepted": (),
        "sources": ("made up",),
        "unverified": False,
    }
    return SdkKnowledge(**(values | changes))  # type: ignore[arg-type]


def permission(name: str, level: str = "dangerous", *data: str, **changes: object) -> PermissionKnowledge:
    """A permission of the platform."""
    values: dict[str, object] = {
        "name": name if "." in name else P + name,
        "level": ProtectionLevel(level),
        "label": words(name.rpartition(".")[2].lower()),
        "group": "",
        "data": data,
        "special_access": False,
        "vendor": "",
        "added": 1,
        "removed_after": 0,
        "unverified": False,
    }
    return PermissionKnowledge(**(values | changes))  # type: ignore[arg-type]


def usage_key(key: str, *data: str) -> UsageKeyKnowledge:
    """A usage-description key."""
    return UsageKeyKnowledge(key=key, label=words(key), data=data, since="", deprecated="", unverified=False)


def cover(declared: str, *covers: str) -> Cover:
    """A cover relation."""
    return Cover(declared=declared, covers=covers, why=words("the wider name"), source="made up")


def packer(id_: str, **changes: object) -> PackerKnowledge:
    """A packer without signs."""
    values: dict[str, object] = {
        "id": id_,
        "name": words(id_.title()),
        "so_names": frozenset(),
        "files": (),
        "path_patterns": (),
        "application_classes": frozenset(),
        "weak": frozenset(),
    }
    return PackerKnowledge(**(values | changes))  # type: ignore[arg-type]


PERMISSIONS = (
    permission("CAMERA", "dangerous", "camera"),
    permission("READ_SMS", "dangerous", "sms"),
    permission("READ_EXTERNAL_STORAGE", "dangerous", "external_storage"),
    permission("READ_MEDIA_IMAGES", "dangerous", "photos"),
    permission("ACCESS_FINE_LOCATION", "dangerous", "precise_location"),
    permission("ACCESS_BACKGROUND_LOCATION", "dangerous", "background_location"),
    permission("INTERNET", "normal"),
    permission("QUERY_ALL_PACKAGES", "normal", "installed_apps"),
    permission("SYSTEM_ALERT_WINDOW", "signature", special_access=True),
    permission("READ_LOGS", "signature"),
    permission("com.vendor.permission.BADGE", "normal", vendor="Vendor"),
    permission("com.vendor.permission.AD_ID", "normal", "gaid", vendor="Vendor"),
    permission("com.vendor.permission.GET_INSTALLED_APPS", "dangerous", "installed_apps", vendor="Vendor"),
)
USAGE_KEYS = (
    usage_key("NSCameraUsageDescription", "camera"),
    usage_key("NSMotionUsageDescription", "activity_recognition"),
    usage_key("NSLocationAlwaysUsageDescription", "background_location"),
    usage_key("NSLocationAlwaysAndWhenInUseUsageDescription", "background_location"),
)
COVERS = (cover(P + "READ_EXTERNAL_STORAGE", P + "READ_MEDIA_IMAGES"),)
KEY_COVERS = (
    cover("NSLocationAlwaysUsageDescription", "NSLocationAlwaysAndWhenInUseUsageDescription"),
    cover("NSLocationAlwaysAndWhenInUseUsageDescription", "NSLocationAlwaysUsageDescription"),
)


def knowledge(
    *sdks: SdkKnowledge,
    packers: Sequence[PackerKnowledge] = (),
    permissions: Sequence[PermissionKnowledge] = PERMISSIONS,
    usage_keys: Sequence[UsageKeyKnowledge] = USAGE_KEYS,
    fingerprints: Sequence[Fingerprint] = (),
    seeds: Mapping[str, str] | None = None,
    sensitive: Sequence[str] = (),
) -> Knowledge:
    """A knowledge of a few permissions and keys, and the SDKs and packers given."""
    data = sorted({id_ for one in (*permissions, *usage_keys) for id_ in one.data} | {"imei"})
    clauses = ("CAC191-2.1", "PIPL-17")
    return Knowledge(
        version="0" * 12,
        data_types={
            id_: DataTypeKnowledge(
                id=id_, name=words(id_), sensitive=id_ in sensitive, core=True, aliases_zh=(), aliases_en=()
            )
            for id_ in data
        },
        permissions={one.name: one for one in permissions},
        vendor_patterns=(VendorPattern(pattern=re.compile(r".+\.permission\.PUSH"), vendor="Vendor"),),
        permission_covers=COVERS,
        usage_keys={one.key: one for one in usage_keys},
        usage_key_covers=KEY_COVERS,
        sdks={one.id: one for one in sdks},
        fingerprints=tuple(fingerprints),
        seeds=seeds or {},
        packers={one.id: one for one in packers},
        clauses={
            id_: ClauseKnowledge(
                clause=Clause(id=id_, cite=words(id_), summary=words(id_)), grounds=(), unverified=False
            )
            for id_ in clauses
        },
        categories={"CAT39-06": Category(id="CAT39-06", name=words("shopping"), necessary=(), unverified=False)},
    )

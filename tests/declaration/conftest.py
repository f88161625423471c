"""A knowledge just large enough for declarations: the reader is tested apart from what ships."""

from __future__ import annotations

import pytest

from auditor.knowledge.schema import (
    Category,
    DataTypeKnowledge,
    Knowledge,
    PermissionKnowledge,
    ProtectionLevel,
    SdkKnowledge,
    UsageKeyKnowledge,
)
from auditor.model import Platform, Text

PERMISSIONS = (
    "android.permission.CAMERA",
    "android.permission.READ_CALENDAR",
    "android.permission.WRITE_CALENDAR",
    "android.permission.READ_CONTACTS",
    "android.permission.READ_EXTERNAL_STORAGE",
    "android.permission.WRITE_SETTINGS",
    "com.android.launcher.permission.INSTALL_SHORTCUT",
)
USAGE_KEYS = (
    "NSCameraUsageDescription",
    "NSCalendarsUsageDescription",
    "NSContactsUsageDescription",
    "NSUserTrackingUsageDescription",
    "NFCReaderUsageDescription",
)
DATA_TYPES = ("imei", "imsi", "calendar", "camera", "call_content", "microphone", "mac_address")
SDKS = ("amap", "getui-push", "huawei-hms-push", "alipay-sdk")


def _text(word: str) -> Text:
    return Text(zh=word, en=word)


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return Knowledge(
        version="000000000000",
        data_types={
            id: DataTypeKnowledge(id=id, name=_text(id), sensitive=False, core=True, aliases_zh=(), aliases_en=())
            for id in DATA_TYPES
        },
        permissions={
            name: PermissionKnowledge(
                name=name,
                level=ProtectionLevel.DANGEROUS,
                label=_text(name),
                group="",
                data=(),
                special_access=False,
                vendor="",
                added=1,
                removed_after=0,
                unverified=False,
            )
            for name in PERMISSIONS
        },
        vendor_patterns=(),
        permission_covers=(),
        usage_keys={
            key: UsageKeyKnowledge(key=key, label=_text(key), data=(), since="", deprecated="", unverified=False)
            for key in USAGE_KEYS
        },
        usage_key_covers=(),
        sdks={
            id: SdkKnowledge(
                id=id,
                name=_text(id),
                vendor=_text(""),
                category="other",
                platforms=frozenset(Platform),
                collects=(),
                part_of=(),
                aliases=(),
                declared_as=(),
                links=(),
                url="",
                traces=(),
                excepted=(),
                sources=(),
                unverified=False,
            )
            for id in SDKS
        },
        packers={},
        clauses={},
        categories={"CAT39-06": Category(id="CAT39-06", name=_text("网上购物类"), necessary=(), unverified=False)},
    )

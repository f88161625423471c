"""A whole IPA from a recipe: bundles with property lists, localisations, privacy manifests, images and a profile.

``simple_ipa()`` is a sound little app; its parameters change one thing each. ``Bundle`` and ``write_ipa`` are the recipe
for everything else.
"""

from __future__ import annotations

import plistlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.forge.archive import STORED, Entry, write_zip
from tests.forge.macho import FOUNDATION, OBJC, SYSTEM, UIKIT, Signing, write_macho

__all__ = [
    "Bundle",
    "Plist",
    "collected",
    "privacy_manifest",
    "simple_app",
    "simple_ipa",
    "write_ipa",
    "write_plist",
    "write_profile",
    "write_strings",
]

Plist = Mapping[str, object]

EXECUTABLE_MODE = 0o100755
FILE_MODE = 0o100644


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """One bundle directory. Bytes in place of a plist are written as they are; None leaves the file out."""

    path: str
    """Below the app (``PlugIns/Share.appex``); for the app itself its own name."""
    info: Plist | bytes | None = field(default_factory=lambda: {"CFBundleInfoDictionaryVersion": "6.0"})
    executable: bytes | None = None
    executable_name: str = ""
    """Empty = what the Info.plist says, else the bundle's name without its suffix."""
    strings: Mapping[str, Mapping[str, str] | bytes] = field(default_factory=dict)
    """Language -> localised Info.plist values."""
    privacy: Plist | bytes | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Further files by path in the bundle."""

    def contents(self) -> dict[str, bytes]:
        """Return the bundle's files by path in it."""
        out: dict[str, bytes] = {}
        if self.info is not None:
            out["Info.plist"] = self.info if isinstance(self.info, bytes) else write_plist(self.info)
        if self.executable is not None:
            out[self.name] = self.executable
        for language, values in self.strings.items():
            out[f"{language}.lproj/InfoPlist.strings"] = values if isinstance(values, bytes) else write_plist(values)
        if self.privacy is not None:
            raw = self.privacy if isinstance(self.privacy, bytes) else write_plist(self.privacy, binary=False)
            out["PrivacyInfo.xcprivacy"] = raw
        return out | dict(self.files)

    @property
    def name(self) -> str:
        """Name of the executable."""
        told = self.info.get("CFBundleExecutable") if isinstance(self.info, Mapping) else None
        last = self.path.rpartition("/")[2]
        return self.executable_name or (told if isinstance(told, str) else "") or last.rpartition(".")[0]


def write_ipa(
    app: Bundle,
    bundles: Sequence[Bundle] = (),
    *,
    replace: Mapping[str, bytes | Entry | None] | None = None,
    method: int = STORED,
    encoding: str = "utf-8",
    utf8_flag: bool | None = None,
) -> bytes:
    """Return an IPA.

    ``replace`` puts other bytes, a damaged zip entry or nothing (None) in the place of a path below the app.
    ``encoding`` and ``utf8_flag`` say how the names are written, for those that are not ASCII.
    """
    files = app.contents()
    for bundle in bundles:
        files |= {f"{bundle.path}/{name}": data for name, data in bundle.contents().items()}
    executables = {app.name, *(f"{bundle.path}/{bundle.name}" for bundle in bundles)}
    changes = dict(replace or {})
    entries = []
    for name, data in sorted((files | {name: b"" for name in changes if name not in files}).items()):
        changed = changes.get(name, data)
        if isinstance(changed, Entry):
            entries.append(changed)
        elif changed is not None:
            entries.append(
                Entry(
                    name=f"Payload/{app.path}/{name}",
                    data=changed,
                    method=method,
                    encoding=encoding,
                    utf8_flag=utf8_flag,
                    mode=EXECUTABLE_MODE if name in executables else FILE_MODE,
                )
            )
    return write_zip(entries)


def simple_app(
    *,
    name: str = "Forged.app",
    bundle_id: str = "com.example.forged",
    usage: Mapping[str, str] | None = None,
    classes: Sequence[str] = ("AppDelegate",),
    imports: Mapping[str, str] | None = None,
    libraries: Sequence[str] = (FOUNDATION, OBJC, SYSTEM, UIKIT),
    encrypted: bool = False,
    pointer_format: int = 0,
    entitlements: Plist | None = None,
    info: Plist | None = None,
    strings: Mapping[str, Mapping[str, str] | bytes] | None = None,
    privacy: Plist | bytes | None = None,
    files: Mapping[str, bytes] | None = None,
) -> Bundle:
    """Return a sound app bundle; ``info`` adds to its Info.plist and changes it, a None value taking a key out."""
    values: dict[str, object] = {
        "CFBundleDevelopmentRegion": "zh_CN",
        "CFBundleDisplayName": "示例",
        "CFBundleExecutable": "Forged",
        "CFBundleIdentifier": bundle_id,
        "CFBundleInfoDictionaryVersion": "6.0",
        "CFBundleName": "Forged",
        "CFBundlePackageType": "APPL",
        "CFBundleShortVersionString": "1.2.3",
        "CFBundleSupportedPlatforms": ["iPhoneOS"],
        "CFBundleVersion": "45",
        "LSRequiresIPhoneOS": True,
        "MinimumOSVersion": "12.0",
        "UIDeviceFamily": [1, 2],
        "UILaunchScreen": {},
        **(usage or {}),
        **(info or {}),
    }
    executable = write_macho(
        classes=classes,
        imports=imports,
        libraries=libraries,
        encrypted=encrypted,
        pointer_format=pointer_format,
        rpaths=("@executable_path/Frameworks",),
        signing=Signing(identifier=bundle_id, entitlements=entitlements),
    )
    return Bundle(
        path=name,
        info={key: value for key, value in values.items() if value is not None},
        executable=executable,
        strings=strings or {},
        privacy=privacy,
        files={"PkgInfo": b"APPL????", **(files or {})},
    )


def simple_ipa(
    bundles: Sequence[Bundle] = (),
    *,
    replace: Mapping[str, bytes | Entry | None] | None = None,
    usage: Mapping[str, str] | None = None,
    classes: Sequence[str] = ("AppDelegate",),
    imports: Mapping[str, str] | None = None,
    encrypted: bool = False,
    entitlements: Plist | None = None,
    info: Plist | None = None,
    strings: Mapping[str, Mapping[str, str] | bytes] | None = None,
    privacy: Plist | bytes | None = None,
    files: Mapping[str, bytes] | None = None,
) -> bytes:
    """Return the IPA of :func:`simple_app` and the bundles inside it."""
    app = simple_app(
        usage=usage,
        classes=classes,
        imports=imports,
        encrypted=encrypted,
        entitlements=entitlements,
        info=info,
        strings=strings,
        privacy=privacy,
        files=files,
    )
    return write_ipa(app, bundles, replace=replace)


# -- property lists -----------------------------------------------------------------------------------------------


def write_plist(values: Mapping[str, object], *, binary: bool = True) -> bytes:
    """Return a property list, its keys sorted; ``binary`` as Xcode leaves them in a build, else XML."""
    return plistlib.dumps(dict(values), fmt=plistlib.FMT_BINARY if binary else plistlib.FMT_XML)


def write_strings(values: Mapping[str, str], *, encoding: str = "utf-8") -> bytes:
    """Return an old-style ``.strings`` file; ``utf-16`` comes with a byte order mark."""
    lines = ["/* Localized versions of Info.plist keys */", ""]
    for key, value in values.items():
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        lines.append(f'"{key}" = "{escaped}";')
    return "\n".join([*lines, ""]).encode(encoding)


def collected(kind: str, *purposes: str, linked: bool = False, tracking: bool = False) -> Plist:
    """Return an entry of NSPrivacyCollectedDataTypes; names without their ``NSPrivacyCollectedDataType`` prefix."""
    prefix = "NSPrivacyCollectedDataType"
    return {
        prefix: prefix + kind,
        f"{prefix}Linked": linked,
        f"{prefix}Tracking": tracking,
        f"{prefix}Purposes": [f"{prefix}Purpose{purpose}" for purpose in purposes],
    }


def privacy_manifest(
    *entries: Plist,
    accessed: Mapping[str, Sequence[str]] | None = None,
    tracking: bool = False,
    domains: Sequence[str] = (),
) -> dict[str, object]:
    """Return a privacy manifest; ``accessed`` maps an API category, without its prefix, to reason codes."""
    prefix = "NSPrivacyAccessedAPI"
    return {
        "NSPrivacyTracking": tracking,
        "NSPrivacyTrackingDomains": list(domains),
        "NSPrivacyCollectedDataTypes": [dict(entry) for entry in entries],
        "NSPrivacyAccessedAPITypes": [
            {f"{prefix}Type": f"{prefix}Category{category}", f"{prefix}TypeReasons": list(reasons)}
            for category, reasons in (accessed or {}).items()
        ],
    }


def write_profile(team: str, values: Plist | None = None) -> bytes:
    """Return a provisioning profile: a CMS message (RFC 5652) around a plist, signed by nobody."""
    content = plistlib.dumps(
        {
            "AppIDName": "Forged",
            "Name": "iOS Team Provisioning Profile",
            "ProvisionedDevices": ["00008030-000123456789001E"],
            "TeamIdentifier": [team],
            "TeamName": "Zhang San",
            **(values or {}),
        }
    )
    data, signed_data = bytes.fromhex("06092a864886f70d010701"), bytes.fromhex("06092a864886f70d010702")
    message = b"\x02\x01\x01" + b"\x31\x00" + _der(0x30, data + _der(0xA0, _der(0x04, content))) + b"\x31\x00"
    return _der(0x30, signed_data + _der(0xA0, _der(0x30, message)))


def _der(tag: int, content: bytes) -> bytes:
    return bytes([tag, 0x84]) + len(content).to_bytes(4, "big") + content

"""What the auditor says of a built app, against what is true of it."""

from __future__ import annotations

import functools
import hashlib
import json
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

import auditor.knowledge
from auditor.extract.jvm.classfile import ClassFileError, read_class
from auditor.infer.renamed import MINIFIED
from auditor.infer.sdks import owners_of
from auditor.knowledge.load import load
from auditor.knowledge.schema import Knowledge
from auditor.knowledge.seeds import seed
from auditor.model import Conduct, Confidence, Origin, SdkTier
from tests.real.sdk_builds import toolchain
from tests.real.sdk_builds.building import Built
from tests.real.sdk_builds.listing import Part, file_of
from tools.fingerprints.quality import is_telling, why_blocked
from tools.fingerprints.reading import read_artefact
from tools.fingerprints.training import REWRITE

__all__ = ["Attributed", "Presence", "Source", "attributed", "presence", "sites", "source_of"]

_SENSITIVE: Mapping[str, str] = {
    "android.telephony.TelephonyManager": "getDeviceId getImei getMeid getSubscriberId getSimSerialNumber getLine1Number "
    "getCellLocation getAllCellInfo getNeighboringCellInfo getNetworkOperator getSimOperator",
    "android.provider.Settings$Secure": "getString",
    "android.provider.Settings$System": "getString",
    "android.net.wifi.WifiInfo": "getMacAddress getBSSID getSSID getIpAddress",
    "android.net.wifi.WifiManager": "getConnectionInfo getScanResults getConfiguredNetworks",
    "android.bluetooth.BluetoothAdapter": "getAddress getBondedDevices startDiscovery startLeScan",
    "android.location.LocationManager": "getLastKnownLocation requestLocationUpdates requestSingleUpdate addGpsStatusListener",
    "android.content.pm.PackageManager": "getInstalledPackages getInstalledApplications queryIntentActivities",
    "android.app.ActivityManager": "getRunningAppProcesses getRunningTasks getRunningServices getRecentTasks",
    "android.hardware.SensorManager": "getDefaultSensor getSensorList registerListener",
    "android.hardware.Camera": "open",
    "android.media.AudioRecord": "startRecording",
    "android.accounts.AccountManager": "getAccounts getAccountsByType",
    "android.content.ClipboardManager": "getPrimaryClip getText",
    "android.content.ContentResolver": "query",
    "java.net.NetworkInterface": "getHardwareAddress getNetworkInterfaces",
}
"""Platform methods that open personal data."""


@dataclass(frozen=True, slots=True)
class Source:
    """How well the code of an SDK in an app is known from other artefacts."""

    fingerprint: bool
    """There is a fingerprint of the SDK."""
    trained: bool
    """And it was made from one of these very artefacts."""
    shared: float
    """Share of the telling literals in these artefacts that are known to be the SDK's."""

    @property
    def label(self) -> str:
        """One word for it; a line of versions ends where the maker of fingerprints ends it."""
        if not self.fingerprint:
            return "unknown"
        return "trained" if self.trained else "known" if self.shared >= REWRITE else "little known"


@functools.cache
def _built_from() -> dict[str, frozenset[str]]:
    """Return the SHA-256 of what the fingerprints are made from, by their ids."""
    found: dict[str, frozenset[str]] = {}
    for path in sorted((Path(auditor.knowledge.__file__).parent / "fingerprints").glob("*.yaml")):
        plain: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
        made = (one for line in plain["lines"] for one in line.get("built_from", ()))
        found[plain["id"]] = frozenset(one["sha256"] for one in made if "sha256" in one)
    return found


def source_of(built: Built, id_: str) -> Source:
    """Return how well an SDK of an app is known from elsewhere."""
    held = [part for part in built.app.parts if id_ in part.holds]
    made = _built_from()
    known = [_known(part, id_) for part in held]
    of = sum(one for _, one in known)
    return Source(
        fingerprint=id_ in made,
        trained=any(part.artefact.sha256 in made.get(id_, ()) for part in held),
        shared=sum(one for one, _ in known) / of if of else 0.0,
    )


@functools.cache
def _known(part: Part, id_: str) -> tuple[int, int]:
    """Return how many telling literals a part has in classes of an SDK, those that are known as its own first."""
    seeds = load().seeds
    code = read_artefact(file_of(part.artefact).read_bytes())
    literals = {one for class_, used in code.items() if part.owner(class_) == id_ for one in used}
    telling = [one for one in literals if is_telling(one) and not why_blocked(one)]
    return sum(seeds.get(seed(one)) == id_ for one in telling), len(telling)


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Which SDKs are reported of an app, and which are in it."""

    held: Mapping[str, int]
    """SDKs whose code is in the build -> how many of their classes are left."""
    found: frozenset[str]
    suspected: frozenset[str]
    arguable: frozenset[str]
    named: frozenset[str]
    """SDKs of which a class still has its name."""

    @property
    def missed(self) -> frozenset[str]:
        """In the build and not even suspected."""
        return frozenset(self.held) - self.found - self.suspected

    @property
    def false(self) -> frozenset[str]:
        """Found, and not in the build."""
        return self.found - frozenset(self.held) - self.arguable

    @property
    def falsely_suspected(self) -> frozenset[str]:
        """Suspected, and not in the build."""
        return self.suspected - frozenset(self.held) - self.arguable


def presence(built: Built, conduct: Conduct) -> Presence:
    """Compare what is reported with what is there: found from medium confidence on, suspected below; a name is neither."""
    bundled = [sdk for sdk in conduct.sdks if sdk.tier >= SdkTier.BUNDLED]
    found = frozenset(sdk.id for sdk in bundled if sdk.confidence >= Confidence.MEDIUM)
    return Presence(
        held={id_: left for id_, left in built.classes_left().items() if left},
        found=found,
        suspected=frozenset(sdk.id for sdk in bundled) - found,
        arguable=built.app.arguable,
        named=frozenset(built.owner(name) for name, original in built.originals.items() if name == original) - {""},
    )


@dataclass(slots=True)
class Attributed:
    """Renamed classes and sensitive references in them, by whether they were given to whom they belong."""

    right: int = 0
    wrong: int = 0
    mine: int = 0
    """Classes of an SDK that fingerprints are known of: those that could have been given to it."""
    found: int = 0
    """Of those, the ones that were."""
    sites_right: int = 0
    sites_wrong: int = 0
    sites_mine: int = 0
    sites_found: int = 0
    confused: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """(belongs to, was given to, how) -> classes."""

    def add(self, other: Attributed) -> None:
        """Add the counts of another app."""
        for name in ("right", "wrong", "mine", "found", "sites_right", "sites_wrong", "sites_mine", "sites_found"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.confused += other.confused


def attributed(built: Built, conduct: Conduct, knowledge: Knowledge) -> Attributed:
    """Compare whom renamed classes are given to with whom they belong to: by inference, or by a package that kept its name."""
    known = {one.id for one in knowledge.fingerprints}
    result = Attributed()
    given = {one.class_: one for one in conduct.attributions if one.owner in knowledge.sdks}
    by_name = owners_of(knowledge)
    by_part = {part.id: part for part in built.app.parts}
    for name, original in built.originals.items():
        if name == original or not MINIFIED.match(name):
            continue
        owner = built.owner(name)
        part = by_part.get(built.holder.get(original, ""))
        weight = sites(part).get(original, 0) if part is not None else 0
        if owner in known:
            result.mine += 1
            result.sites_mine += weight
        one = given.get(name)
        how = one.origin.value if one is not None else Origin.NAME.value
        whose = (one.owner,) if one is not None else by_name(name)
        if len(whose) != 1:
            continue
        if whose[0] == owner:
            result.right += 1
            result.sites_right += weight
            result.found += owner in known
            result.sites_found += weight * (owner in known)
        elif part is None or whose[0] not in part.arguable:
            result.wrong += 1
            result.sites_wrong += weight
            result.confused[owner or (part.id if part else "the app"), whose[0], how] += 1
    return result


@functools.cache
def sites(part: Part) -> Mapping[str, int]:
    """Return how many sensitive platform methods each class of a part refers to; classes that refer to none are left out."""
    wanted = {(owner, name) for owner, names in _SENSITIVE.items() for name in names.split()}
    key = hashlib.sha256(f"{part.artefact.sha256} {sorted(wanted)}".encode()).hexdigest()[:16]
    path = toolchain.place() / "sites" / f"{part.id}-{key}.json"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        found = dict(_count(toolchain.place().glob(f"jars/{part.id}-*.jar"), wanted))
        path.write_text(json.dumps(found), "utf-8")
    plain: dict[str, int] = json.loads(path.read_text("utf-8"))
    return plain


def _count(jars: Iterable[Path], wanted: set[tuple[str, str]]) -> Iterator[tuple[str, int]]:
    for jar in jars:
        with zipfile.ZipFile(jar) as archive:
            for name in archive.namelist():
                try:
                    read = read_class(archive.read(name))
                    count = len({(one.owner, one.name) for one in read.members()} & wanted)
                except ClassFileError:
                    continue
                if count:
                    yield read.name, count

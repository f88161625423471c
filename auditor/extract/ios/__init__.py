"""An iOS build read as facts: bundles, property lists, privacy manifests and Mach-O images of an IPA."""

from __future__ import annotations

from auditor.archive import Archive
from auditor.build import FactKind, Text
from auditor.errors import BuildError
from auditor.extract.collector import Collector, IdentityFacts
from auditor.extract.hybrid import read_hybrid
from auditor.extract.ios.bundles import Bundle, find_bundles
from auditor.extract.ios.images import read_images
from auditor.extract.ios.info import read_info
from auditor.extract.ios.plist import PlistError, read_plist
from auditor.extract.ios.privacy import read_privacy_manifests

__all__ = ["read_ios"]

_MAX_PROFILE = 8 << 20


def read_ios(archive: Archive, collect: Collector) -> IdentityFacts:
    """Read an IPA. Raises BuildError where ``Payload/`` holds no app with an Info.plist; the rest becomes gaps.

    Of several apps side by side the first by name gives the build its identity; the facts of all are collected.
    """
    bundles = find_bundles(archive)
    apps = [bundle for bundle in bundles.values() if bundle.main]
    main = next((app for app in apps if f"{app.path}/Info.plist" in archive), None)
    if main is None:
        where = f"in {apps[0].path}" if apps else "and no Payload/*.app"
        raise BuildError(
            f"the IPA has no Info.plist {where}",
            "the archive is incomplete; give the .ipa as Xcode or a build server exports it",
        )
    infos = {path: read_info(archive, collect, bundle) for path, bundle in bundles.items()}
    executables: dict[str, Bundle] = {}
    for path, bundle in bundles.items():
        # without an Info.plist that says so, only the conventional name tells the executable
        name = f"{path}/{infos[path].executable or bundle.stem}"
        if infos[path].executable or bundle.runs or name in archive:
            executables[name] = bundle
    read_privacy_manifests(archive, collect, bundles)
    signed = read_images(archive, collect, executables)
    read_hybrid(archive, collect)
    profiled = _read_profile(archive, collect, main)
    faults = signed.faults
    if signed.signers and signed.teams and profiled and profiled.isdisjoint(signed.teams):
        faults += (
            Text(
                zh=f"代码签名的开发团队（{'、'.join(sorted(signed.teams))}）与描述文件的（{'、'.join(sorted(profiled))}）不同，系统拒绝安装",
                en=f"the code signature is of another team ({', '.join(sorted(signed.teams))}) than the provisioning profile"
                f" ({', '.join(sorted(profiled))}): the system refuses to install it",
            ),
        )
    info = infos[main.path]
    return IdentityFacts(
        app_id=info.identifier,
        label=info.label or main.stem,
        version=info.version,
        version_code=info.build,
        signer=signed.signers,
        faults=faults,
        teams=tuple(sorted(signed.teams | profiled)),
    )


def _read_profile(archive: Archive, collect: Collector, app: Bundle) -> frozenset[str]:
    """Collect the team of the provisioning profile and return it: of all it holds (device ids, names of people) nothing else."""
    name = f"{app.path}/embedded.mobileprovision"
    data = collect.read(archive, name, limit=_MAX_PROFILE) if name in archive else None
    if data is None:
        return frozenset()
    # the profile is a CMS message; Apple's hold the plist in one piece
    start, end = data.find(b"<?xml"), data.rfind(b"</plist>")
    teams: object = None
    if 0 <= start < end:
        try:
            values = read_plist(data[start : end + len(b"</plist>")])
        except PlistError:
            values = None
        teams = values.get("TeamIdentifier") if isinstance(values, dict) else None
    found = [team for team in teams if isinstance(team, str)] if isinstance(teams, list) else []
    for team in found:
        collect.fact(FactKind.SIGNING, "team-id", archive.place(name), "TeamIdentifier", value=team)
    if not found:
        reason = Text(zh="描述文件无法读取，开发团队未知", en="is a provisioning profile whose team cannot be read")
        collect.gap(archive.place(name), "", reason)
    return frozenset(found)

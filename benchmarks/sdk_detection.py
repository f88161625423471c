"""How well SDKs are recognised in whole apps, as built and renamed, next to Exodus' signatures and LibChecker's rules.

``python benchmarks/sdk_detection.py [APP …]``: the apps of ``tests/real/sdk_builds`` are built (half an hour, the first
time) and read by the auditor as any build is; of every class it is known whose it is. Prints its tables in Markdown, those
of the apps held out first: nobody looked into these while detection was made better. Exit 1 where a bound is broken.

Exodus' list is fetched with the other artefacts (it ships in the package ``mobsf``). LibChecker's rules are in no package
registry: ``AUDITOR_LIBCHECKER_RULES`` names their ``rules.db``, and without it that column is left out.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from auditor.extract import extract  # noqa: E402
from auditor.infer.renamed import find_renamed  # noqa: E402
from auditor.infer.sdks import find_sdks, owners_of  # noqa: E402
from auditor.infer.versions import with_versions  # noqa: E402
from auditor.knowledge.load import load  # noqa: E402
from auditor.model import Build, FactKind, SdkTier  # noqa: E402
from auditor.pipeline import lens_of, read_build  # noqa: E402
from tests.real.fetch import Unavailable  # noqa: E402
from tests.real.sdk_builds.building import Built, Level, build, levels  # noqa: E402
from tests.real.sdk_builds.listing import apps, artefacts, file_of  # noqa: E402
from tests.real.sdk_builds.scoring import Attributed, Presence, attributed, presence, source_of  # noqa: E402

ENOUGH = 50
"""Classes that must be left of an SDK for its recall to be promised."""
RUNS = 3
EXODUS = {
    "AppMetrica": "appmetrica",
    "Adjust": "adjust",
    "AppsFlyer": "appsflyer",
    "AutoNavi / Amap": "amap",
    "Baidu Location": "baidu-location",
    "Baidu Map": "baidu-map",
    "Bugly": "bugly",
    "CleverTap": "clevertap",
    "Countly": "countly",
    "Facebook Ads": "meta-audience-network",
    "Facebook Analytics": "facebook-sdk",
    "Facebook Login": "facebook-sdk",
    "Facebook Share": "facebook-sdk",
    "Flurry": "flurry",
    "Intercom": "intercom-messenger",
    "JiGuang Aurora Mobile JPush": "jpush",
    "Microsoft Visual Studio App Center Analytics": "appcenter",
    "MixPanel": "mixpanel",
    "Pushwoosh": "pushwoosh",
    "Segment": "segment-analytics",
    "Sensors Analytics": "sensors",
    "Tencent Map LBS": "tencent-map",
    "Tencent Stats": "tencent-mta",
    "Umeng Analytics": "umeng",
    "WeChat Location": "tencent-map",
    "Yueying Crash SDK": "umeng-apm",
}
"""Exodus' entries by what they are here."""
LIBCHECKER = {
    "Agora RTC SDK": "agora",
    "App Center": "appcenter",
    "Audience Network": "meta-audience-network",
    "Audience Network SDK": "meta-audience-network",
    "Bugly": "bugly",
    "EventBus": "eventbus",
    "Facebook SDK": "facebook-sdk",
    "Fresco": "fresco",
    "Glide": "glide",
    "LeakCanary": "leakcanary",
    "Lottie": "lottie",
    "MMKV": "mmkv",
    "MiPush": "xiaomi-mipush",
    "OkHttp3": "okhttp",
    "Protocol Buffer": "protobuf",
    "React Native": "react-native",
    "Retrofit2": "retrofit",
    "TBS": "tencent-tbs-x5",
    "Tinker": "tinker",
    "U-App SDK": "umeng",
    "UTDID": "utdid",
    "ZXing": "zxing",
    "gson": "gson",
    "个推": "getui-push",
    "友盟推送": "umeng-push",
    "岳鹰 SDK": "umeng-apm",
    "微博 SDK": "sina-weibo",
    "支付宝 SDK": "alipay-sdk",
    "极光推送": "jpush",
    "环信 IM": "easemob",
    "百度地图 SDK": "baidu-map",
    "神策分析 SDK": "sensors",
    "网易云信": "netease-nim",
    "腾讯云通信 SDK": "tencent-im",
    "腾讯地图 SDK": "tencent-map",
    "腾讯开放平台": "tencent-qq-openid",
    "高德 SDK": "amap",
    "高德地图 SDK": "amap",
}
"""LibChecker's labels by what they are here."""


@dataclass(slots=True)
class Tally:
    """SDKs in apps, by whether they were reported."""

    pairs: int = 0
    found: int = 0
    suspected: int = 0
    false: int = 0

    def row(self) -> str:
        """Return the cells of a table: pairs, found, suspected, recall, false, precision."""
        precision = _share(self.found, self.found + self.false)
        both = _share(self.found + self.suspected, self.pairs)
        return f"{self.pairs} | {self.found} | {self.suspected} | {_share(self.found, self.pairs)} | {both} | {self.false} | {precision}"


@dataclass(slots=True)
class Peer:
    """Another tool's way of finding SDKs."""

    name: str
    detect: Callable[[Build], Iterable[str]]
    """Returns the labels that fire."""
    ids: Mapping[str, str]
    knows: frozenset[str] = frozenset()
    unmapped: Counter[str] = field(default_factory=Counter)

    def found(self, one: Build) -> frozenset[str]:
        """Return the ids of the SDKs it finds in a build; labels that stand for none of ours are counted apart."""
        labels = set(self.detect(one))
        self.unmapped.update(labels - self.ids.keys())
        return frozenset(self.ids[label] for label in labels if label in self.ids)


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.3f}" if whole else "–"


def exodus() -> Peer:
    """Return Exodus' signatures, used as it uses them: as regular expressions searched in the names of classes."""
    plain = json.loads(file_of(artefacts()["exodus-trackers"]).read_text("utf-8"))["trackers"]
    patterns = {one["name"]: re.compile(one["code_signature"]) for one in plain.values() if len(one["code_signature"]) > 3}

    def detect(one: Build) -> Iterable[str]:
        names = "\n".join(name for unit in one.code for name in unit.classes)
        return (label for label, pattern in patterns.items() if pattern.search(names))

    return Peer("Exodus", detect, EXODUS, frozenset(EXODUS.values()))


_LIBCHECKER_KINDS = {1: "service", 2: "activity", 3: "receiver", 4: "provider"}


def libchecker(path: Path) -> Peer:
    """Return LibChecker's rules: names and patterns of native libraries and components, and packages."""
    exact: dict[tuple[str, str], str] = {}
    patterns: dict[str, list[tuple[re.Pattern[str], str]]] = defaultdict(list)
    packages: dict[str, str] = {}
    with sqlite3.connect(path) as rules:
        for name, label, kind, is_pattern in rules.execute("SELECT name, label, type, isRegexRule FROM rules_table"):
            where = {0: "native", 5: "package"}.get(kind) or _LIBCHECKER_KINDS.get(kind)
            if where is None:
                continue
            if is_pattern:
                patterns[where].append((re.compile(name), label))
            elif where == "package":
                packages[name] = label
            else:
                exact[where, name] = label

    def detect(one: Build) -> Iterable[str]:
        names = [("native", fact.name) for fact in one.of(FactKind.NATIVE_LIBRARY)]
        names += [(fact.value, fact.name) for fact in one.of(FactKind.COMPONENT)]
        for where, name in names:
            if (where, name) in exact:
                yield exact[where, name]
            yield from (label for pattern, label in patterns[where] if pattern.fullmatch(name))
        held = {name.rpartition(".")[0] for unit in one.code for name in unit.classes}
        for package in held:
            at = package
            while at:
                if at in packages:
                    yield packages[at]
                at = at.rpartition(".")[0]
            yield from (label for pattern, label in patterns["package"] if pattern.fullmatch(package))

    return Peer("LibChecker", detect, LIBCHECKER, frozenset(LIBCHECKER.values()))


def peers() -> list[Peer]:
    """Return the peers that can be had, and say which cannot."""
    found = [exodus()]
    path = os.environ.get("AUDITOR_LIBCHECKER_RULES")
    if path:
        found.append(libchecker(Path(path)))
    else:
        print("left out: LibChecker's rules (AUDITOR_LIBCHECKER_RULES names no rules.db)", file=sys.stderr)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One app, read."""

    built: Built
    presence: Presence
    attributed: Attributed
    by_peer: Mapping[str, frozenset[str]]


def read(built: Built, others: Sequence[Peer]) -> Result:
    """Read a built app as the auditor reads any build."""
    facts = read_build(built.apk)
    return Result(
        built=built,
        presence=presence(built, facts.conduct),
        attributed=attributed(built, facts.conduct, load()),
        by_peer={peer.name: peer.found(facts.build) for peer in others},
    )


# -- tables ---------------------------------------------------------------------------------------------------------


def by_level(results: Sequence[Result], title: str, wanted: Callable[[Result, str], bool]) -> dict[Level, Tally]:
    """Print recall and precision of presence per level, over the SDKs of the apps that are ``wanted``."""
    tallies: dict[Level, Tally] = defaultdict(Tally)
    for one in results:
        tally = tallies[one.built.level]
        for id_ in one.presence.held:
            if wanted(one, id_):
                tally.pairs += 1
                tally.found += id_ in one.presence.found
                tally.suspected += id_ in one.presence.suspected
        tally.false += len(one.presence.false)
    print(f"\n{title}\n\n| level | SDKs in apps | found | suspected | recall | with suspected | false | precision |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for level, tally in tallies.items():
        print(f"| {level.value} | {tally.row()} |")
    return tallies


def by_sdk(results: Sequence[Result]) -> None:
    """Print, per SDK and level, in how many apps it was found."""
    cells: dict[str, dict[Level, Tally]] = defaultdict(lambda: defaultdict(Tally))
    sources: dict[str, set[str]] = defaultdict(set)
    left: dict[str, dict[Level, list[int]]] = defaultdict(lambda: defaultdict(list))
    for one in results:
        level = one.built.level
        for id_, classes in one.presence.held.items():
            cells[id_][level].pairs += 1
            cells[id_][level].found += id_ in one.presence.found
            cells[id_][level].suspected += id_ in one.presence.suspected
            left[id_][level].append(classes)
            sources[id_].add(source_of(one.built, id_).label)
        for id_ in one.presence.false:
            cells[id_][level].false += 1
    print("\n| SDK | how well known | " + " | ".join(level.value for level in Level) + " |\n" + "| --- " * (len(Level) + 2) + "|")
    for id_ in sorted(cells):
        row = []
        for level in Level:
            tally = cells[id_].get(level)
            if tally is None:
                row.append("")
                continue
            text = f"{tally.found}/{tally.pairs}" if tally.pairs else ""
            text += f" + {tally.suspected} suspected" if tally.suspected else ""
            text += f" ({min(left[id_][level])} classes)" if tally.found < tally.pairs else ""
            text += f" **{tally.false} false**" if tally.false else ""
            row.append(text.strip())
        print(f"| {id_} | {', '.join(sorted(sources[id_])) or 'in no app'} | " + " | ".join(row) + " |")


def by_class(results: Sequence[Result]) -> dict[Level, Attributed]:
    """Print recall and precision of attribution per level."""
    totals: dict[Level, Attributed] = defaultdict(Attributed)
    for one in results:
        if one.built.level is not Level.PLAIN:
            totals[one.built.level].add(one.attributed)
    print("\n| level | renamed classes of known SDKs | recall | precision | sensitive references | recall | precision |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for level, sum_ in totals.items():
        classes = f"{sum_.mine} | {_share(sum_.found, sum_.mine)} | {_share(sum_.right, sum_.right + sum_.wrong)}"
        sites = f"{sum_.sites_mine} | {_share(sum_.sites_found, sum_.sites_mine)}"
        print(f"| {level.value} | {classes} | {sites} | {_share(sum_.sites_right, sum_.sites_right + sum_.sites_wrong)} |")
    return totals


def by_peer(results: Sequence[Result], others: Sequence[Peer]) -> None:
    """Print the peers beside the auditor, over all SDKs and over those a peer has an entry for."""
    print("\n| level | tool | SDKs | recall of all | recall of its own | false | precision |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for level in Level:
        of_level = [one for one in results if one.built.level is level]
        reports: list[tuple[str, frozenset[str] | None, list[frozenset[str]]]] = [
            ("auditor", None, [one.presence.found for one in of_level])
        ]
        reports += [(peer.name, peer.knows, [one.by_peer[peer.name] for one in of_level]) for peer in others]
        for name, knows, reported in reports:
            pairs = hits = own = own_hits = false = 0
            for one, found in zip(of_level, reported, strict=True):
                held = frozenset(one.presence.held)
                mine = held if knows is None else held & knows
                pairs, hits = pairs + len(held), hits + len(held & found)
                own, own_hits = own + len(mine), own_hits + len(mine & found)
                false += len(found - held - one.presence.arguable)
            row = f"{pairs} | {_share(hits, pairs)} | {_share(own_hits, own)} of {own} | {false} | {_share(hits, hits + false)}"
            print(f"| {level.value} | {name} | {row} |")


def cost(built: Sequence[Built]) -> tuple[float, float]:
    """Print what detection and attribution cost beside reading the build for its calls; return both medians."""
    knowledge = load()
    whole, owner = lens_of(knowledge, calls=True), owners_of(knowledge)
    calls = replace(
        whole, literals=frozenset(), hosts=frozenset(), native=frozenset(), hashed=(), constants=frozenset(), renamed=None
    )
    print("\n| build | classes | reading ms | with SDKs ms | more | of which attribution ms |\n| --- | --- | --- | --- | --- | --- |")
    shares, attributions = [], []
    for one in built:
        extract(one.apk)
        bare = _fastest(lambda one=one: extract(one.apk, lens=calls))  # type: ignore[misc]
        read_ = extract(one.apk, lens=whole)
        proven = {sdk.id for sdk in find_sdks(read_, knowledge) if sdk.tier >= SdkTier.BUNDLED}
        given = _fastest(lambda read_=read_, proven=proven: find_renamed(read_, knowledge, proven, owner))  # type: ignore[misc]
        more = _fastest(lambda one=one: extract(one.apk, lens=whole)) + given  # type: ignore[misc]
        more += _fastest(lambda read_=read_: with_versions(find_sdks(read_, knowledge), read_, knowledge))  # type: ignore[misc]
        shares.append(more / bare - 1)
        attributions.append(given)
        print(
            f"| {one.app.name}, {one.level.value} | {len(one.originals)} | {bare * 1000:.0f} | {more * 1000:.0f}"
            f" | {shares[-1]:+.0%} | {given * 1000:.0f} |",
            flush=True,
        )
    share, given = statistics.median(shares), statistics.median(attributions)
    print(f"\nmedian: detection {share:+.0%} of the processor time of reading, attribution {given * 1000:.0f} ms")
    return share, given


def _fastest(run: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        began = time.process_time()
        run()
        times.append(time.process_time() - began)
    return min(times)


def errors(results: Sequence[Result]) -> None:
    """Print every miss and every false report, so that its cause can be looked for."""
    print("\nEvery miss and every false report:\n")
    for one in results:
        where = f"{one.built.app.name}, {one.built.level.value}"
        for id_ in sorted(one.presence.missed):
            print(f"- {where}: {id_} missed ({one.presence.held[id_]} classes left, {source_of(one.built, id_).label})")
        for id_ in sorted(one.presence.suspected & one.presence.held.keys()):
            print(f"- {where}: {id_} only suspected ({one.presence.held[id_]} classes left, {source_of(one.built, id_).label})")
        for id_ in sorted(one.presence.false):
            print(f"- {where}: {id_} falsely found")
        for id_ in sorted(one.presence.falsely_suspected):
            print(f"- {where}: {id_} falsely suspected")
        for (owner, given, how), count in one.attributed.confused.most_common(4):
            if count >= 5:
                print(f"- {where}: {count} classes of {owner} given to {given} ({how})")


def figures(results: Sequence[Result]) -> list[tuple[str, bool]]:
    """Print how well detection does on some apps; return the bounds and whether they are kept."""
    collecting = {id_ for id_, sdk in load().sdks.items() if sdk.collects}
    everything = by_level(results, "All SDKs and libraries", lambda one, id_: True)
    by_level(results, "SDKs that are able to collect something", lambda one, id_: id_ in collecting)
    named = by_level(results, "Of which a class at least still has its name", lambda one, id_: id_ in one.presence.named)
    known = by_level(
        results,
        f"Known from other versions, {ENOUGH} classes or more left",
        lambda one, id_: one.presence.held[id_] >= ENOUGH and source_of(one.built, id_).label == "known",
    )
    little = by_level(
        results,
        f"Little known, {ENOUGH} classes or more left",
        lambda one, id_: one.presence.held[id_] >= ENOUGH and source_of(one.built, id_).label == "little known",
    )
    totals = by_class(results)
    plain, renamed = everything[Level.PLAIN], [Level.RENAMED, Level.FLAT]
    bounds = [
        ("unobfuscated: precision 0.99", _at_least(0.99, plain.found, plain.found + plain.false)),
        ("unobfuscated: recall 0.98", _at_least(0.98, plain.found, plain.pairs)),
    ]
    for level in (Level.KEPT, Level.R8):
        bounds.append((f"{level.value}, a name kept: recall 0.97", _at_least(0.97, named[level].found, named[level].pairs)))
    for level in renamed:
        sum_, all_ = totals[level], everything[level]
        given = sum_.sites_right + sum_.sites_wrong
        bounds += [
            (f"{level.value}, known: recall 0.95", _at_least(0.95, known[level].found, known[level].pairs)),
            (f"{level.value}: precision 0.98", _at_least(0.98, all_.found, all_.found + all_.false)),
            (f"{level.value}, little known: recall 0.80, with suspected", _at_least(0.80, _both(little[level]), little[level].pairs)),
            (f"{level.value}, sensitive references: recall 0.80", _at_least(0.80, sum_.sites_found, sum_.sites_mine)),
            (f"{level.value}, sensitive references: precision 0.97", _at_least(0.97, sum_.sites_right, given)),
        ]
    return bounds


def _at_least(bound: float, part: int, whole: int) -> bool:
    return part >= bound * whole


def main(names: Sequence[str]) -> int:
    """Build, read and print; return 1 where a bound is broken."""
    others = peers()
    results = [
        read(build(app, level), others) for app in apps().values() if not names or app.name in names for level in levels(app)
    ]
    bounds: list[tuple[str, bool]] = []
    for title, held_out in (("Held out", True), ("Looked into", False)):
        of_group = [one for one in results if one.built.app.held_out is held_out]
        if of_group:
            print(f"\n## {title}: {', '.join(dict.fromkeys(one.built.app.name for one in of_group))}")
            bounds += [(f"{title.lower()}: {what}", kept) for what, kept in figures(of_group)]
            errors(of_group)
    print("\n## By SDK, in all apps")
    by_sdk(results)
    print("\n## Beside the peers, in all apps")
    by_peer(results, others)
    for peer in others:
        print(f"\n{peer.name}: labels that stand for nothing here: {', '.join(sorted(peer.unmapped)) or 'none'}")
    print("\n## Cost")
    share, given = cost([one.built for one in results if one.built.level in (Level.PLAIN, Level.FLAT)])
    bounds += [("detection: 25 % of reading", share <= 0.25), ("attribution: 50 ms", given <= 0.050)]
    print()
    for what, kept in bounds:
        print(f"{'kept  ' if kept else 'BROKEN'} {what}")
    return 0 if all(kept for _, kept in bounds) else 1


def _both(tally: Tally) -> int:
    return tally.found + tally.suspected


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Unavailable as reason:
        sys.exit(f"cannot measure: {reason}")

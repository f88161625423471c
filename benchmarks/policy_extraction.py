"""Score the extraction of policies against hand-made labels, per field and per layout.

    python benchmarks/policy_extraction.py DIRECTORY [--gold DIRECTORY] [--layouts FILE] [--json] [--misses]

DIRECTORY holds policy documents; the gold directory (DIRECTORY/gold unless named) one YAML per document (``file``,
``scope``, ``permissions``, ``ios_usage_keys``, ``harmony_permissions``, ``sdks``, ``collected``, ``sdk_mentions``) and
``vocabulary.yaml``, which maps the labels' terms to ids of this project. The layout of a document is its ``layout`` key,
or what a YAML file of names and layouts says, or else the format it is in.

What is counted, micro-averaged over documents:

* written     permission constants that stand in the text, as a set per document: precision, recall, F1
* in words    permissions named in words (notes "prose", "CN name", "best mapping"), by permission group
* ios keys    usage keys, and HarmonyOS constants that turned up as Android permissions (none may)
* sdks        rows matched one to one by package, name, further names or id; rows the labels only mention do not count
* package, url, vendor    as written, of the rows matched
* sdk data    data types of the rows matched
* data        data types of the whole document, those of its SDKs among them

Policies made up in every layout and format, with their labels: python -m tests.forge.policies DIRECTORY --count 8
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from auditor.knowledge.load import load
from auditor.model import DeclaredSdk
from auditor.policy.draft import Draft
from auditor.policy.extract import extract_policy
from auditor.policy.read import read_document

FIELDS = ("written", "in words", "ios keys", "sdks", "package", "url", "vendor", "sdk data", "data")
_JUDGED = ("prose", "CN name", "best mapping")
_MOST_SHOWN = 40
"""Documents up to which each has a line of its own."""
_SDK_ONLY = ("sdk_list", "sdk_section")


@dataclass(slots=True)
class Count:
    """Right, wrong and missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def add(self, found: set[Any], wanted: set[Any]) -> None:
        self.right += len(found & wanted)
        self.wrong += len(found - wanted)
        self.missed += len(wanted - found)

    def f1(self) -> float:
        total = 2 * self.right + self.wrong + self.missed
        return 1.0 if total == 0 else 2 * self.right / total


@dataclass(slots=True)
class Score:
    """The counts of one document."""

    name: str
    layout: str
    format: str = ""
    counts: dict[str, Count] = field(default_factory=lambda: defaultdict(Count))
    misses: list[str] = field(default_factory=list)
    seconds: float = 0.0
    characters: int = 0

    def compare(self, what: str, found: Iterable[Any], wanted: Iterable[Any], about: str = "") -> None:
        found, wanted = set(found), set(wanted)
        self.counts[what].add(found, wanted)
        self.misses += [f"{what}: missed {one!r} {about}".rstrip() for one in sorted(wanted - found, key=str)]
        self.misses += [f"{what}: wrong {one!r} {about}".rstrip() for one in sorted(found - wanted, key=str)]


def score(path: Path, gold: Mapping[str, Any], vocabulary: Mapping[str, Any], layout: str) -> Score:
    """Extract one document and compare."""
    knowledge = load()
    document = read_document(path)
    start = time.process_time()
    draft = extract_policy(document, knowledge)
    result = Score(path.name, layout or document.kind.value, document.kind.value)
    result.seconds = time.process_time() - start
    scope = str(gold.get("scope", "full"))
    section_only = "section_of_full" in scope
    wants_sdks = not (scope.startswith("permissions"))
    wants_permissions = not any(scope.startswith(one) for one in _SDK_ONLY) and not scope.startswith("sdk")
    if wants_permissions:
        _permissions(result, draft, gold)
    if wants_sdks:
        _sdks(result, draft, gold, vocabulary)
    if not section_only:
        terms = _terms(vocabulary)
        found = {term for row in draft.declaration.data if not row.vague for term in terms.get(row.type, ())}
        found |= {term for row in draft.declaration.sdks for type_ in row.data for term in terms.get(type_, ())}
        result.compare("data", found, gold.get("collected") or ())
    return result


def _permissions(result: Score, draft: Draft, gold: Mapping[str, Any]) -> None:
    rows = gold.get("permissions") or []
    judged = [row for row in rows if any(note in str(row.get("note") or "") for note in _JUDGED)]
    written = [row for row in rows if row not in judged and row.get("constant")]
    found = {row.name for row in draft.declaration.permissions if _stands(row.name, row.text, [one.quote for one in row.at])}
    others = {row.name for row in draft.declaration.permissions} - found
    wanted = {row["constant"] for row in written}
    result.compare("written", found, wanted)
    covered = {_group(name) for name in wanted}
    groups = {_group(row["constant"]) for row in judged if row.get("constant")} - covered
    result.compare("in words", {_group(name) for name in others} - covered, groups)
    result.compare("ios keys", {row.key for row in draft.declaration.usage_keys}, gold.get("ios_usage_keys") or ())
    result.compare("ios keys", {row.name for row in draft.declaration.harmony_permissions}, gold.get("harmony_permissions") or ())


def _stands(name: str, text: str, quotes: Sequence[str]) -> bool:
    word = name.rpartition(".")[2]
    return any(word in one.replace("\\", "") for one in (text, *quotes))


def _group(name: str) -> str:
    known = load().permissions.get(name)
    group = known.group if known else ""
    return "STORAGE" if group == "READ_MEDIA_VISUAL" else group or name


def _terms(vocabulary: Mapping[str, Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for term, ids in vocabulary["data_types"].items():
        for id_ in ids:
            found[id_].add(term)
    return found


def _sdks(result: Score, draft: Draft, gold: Mapping[str, Any], vocabulary: Mapping[str, Any]) -> None:
    wanted = list(gold.get("sdks") or [])
    found = list(draft.declaration.sdks)
    terms = _terms(vocabulary)
    pairs = list(_matched(found, wanted, vocabulary))
    taken = {id(row) for row, _ in pairs}
    matched = {id(one) for _, one in pairs}
    mentions = [_key(str(one)) for one in gold.get("sdk_mentions") or ()]
    count = result.counts["sdks"]
    count.right += len(pairs)
    for row in found:
        if id(row) in taken or any(_key(row.name) in one or one in _key(row.name) for one in mentions if _key(row.name)):
            continue
        count.wrong += 1
        result.misses.append(f"sdks: wrong {row.written!r} {[one.line for one in row.at]}")
    for one in wanted:
        if id(one) not in matched and "accept omission" not in str(one.get("note") or ""):
            count.missed += 1
            result.misses.append(f"sdks: missed {one.get('name')!r} {one.get('package') or ''}")
    for row, one in pairs:
        about = f"({one.get('name') or one.get('package')})"
        result.compare("package", {row.package} - {""}, {one.get("package")} - {None}, about)
        wrong_url = row.url.rstrip("/") not in {str(url).rstrip("/") for url in (one.get("url"), *(one.get("other_urls") or ())) if url}
        if one.get("url") or row.url:
            result.compare("url", {one.get("url") if not wrong_url else row.url} - {""}, {one.get("url")} - {None}, about)
        result.compare("vendor", {row.vendor} - {""}, {one.get("vendor")} - {None}, about)
        types = {term for type_ in row.data for term in terms.get(type_, ())}
        allowed = set(one.get("data") or ())
        if "optional" in str(one.get("note") or ""):
            allowed = types | (allowed & types) if not types - allowed - {"ssid_bssid"} else allowed
        result.compare("sdk data", types, allowed, about)


def _matched(
    found: Sequence[DeclaredSdk], wanted: Sequence[Mapping[str, Any]], vocabulary: Mapping[str, Any]
) -> Iterator[tuple[DeclaredSdk, Mapping[str, Any]]]:
    """Pair rows with labels, the surest signs first, each once."""
    free, left = list(found), list(wanted)

    def names(one: Mapping[str, Any]) -> set[str]:
        name = str(one.get("name") or "")
        return {_key(name), *(_key(part) for part in name.split(";"))} - {""}

    def same_platform(row: DeclaredSdk, one: Mapping[str, Any]) -> bool:
        platform = one.get("platform")
        return platform is None or len(row.platforms) > 1 or any(each.value == platform for each in row.platforms)

    signs = (
        lambda row, one: bool(row.package) and row.package == one.get("package") and same_platform(row, one),
        lambda row, one: _key(row.name) in names(one) and same_platform(row, one),
        lambda row, one: bool({_key(alias) for alias in row.aliases} & names(one)),
        lambda row, one: bool(row.package) and _key(row.package) in names(one),
        lambda row, one: bool(row.id) and row.id == vocabulary["sdks"].get(one.get("id")) and same_platform(row, one),
        lambda row, one: any(len(name) > 1 and (name in _key(row.name) or _key(row.name) in name) for name in names(one) if _key(row.name)),
        lambda row, one: one.get("name") is None and bool(row.url) and row.url == one.get("url"),
    )
    for sign in signs:
        for one in list(left):
            row = next((row for row in free if sign(row, one)), None)
            if row is not None:
                free.remove(row)
                left.remove(one)
                yield row, one


def _key(name: str) -> str:
    plain = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[^0-9a-z\u4e00-\u9fff]", "", plain).replace("sdk", "")


def main(arguments: Sequence[str] | None = None) -> int:
    """Score every document that has labels and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--gold", type=Path)
    parser.add_argument("--layouts", type=Path, help="YAML: name of a gold file -> layout")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--misses", action="store_true", help="list what was wrong or missed")
    options = parser.parse_args(arguments)
    gold_directory = options.gold or options.directory / "gold"
    vocabulary = yaml.safe_load((gold_directory / "vocabulary.yaml").read_text("utf-8"))
    layouts = yaml.safe_load(options.layouts.read_text("utf-8")) if options.layouts else {}
    scores = []
    for path in sorted(gold_directory.glob("*.yaml")):
        if path.name == "vocabulary.yaml":
            continue
        gold = yaml.safe_load(path.read_text("utf-8"))
        layout = str(gold.get("layout") or layouts.get(path.stem) or "")
        document = options.directory / gold["file"]
        one = score(document, gold, vocabulary, layout)
        one.characters = document.stat().st_size
        scores.append(one)
    if options.json:
        print(json.dumps([_plain(one) for one in scores], ensure_ascii=False, indent=1))
    else:
        _print(scores, misses=options.misses)
    return 0


def _plain(one: Score) -> dict[str, Any]:
    counts = {what: [count.right, count.wrong, count.missed] for what, count in one.counts.items()}
    return {"file": one.name, "layout": one.layout, "counts": counts, "seconds": round(one.seconds, 3), "misses": one.misses}


def _print(scores: Sequence[Score], *, misses: bool) -> None:
    print(f"{'':36}" + "".join(f"{what:>10}" for what in FIELDS))
    groups = [("document", "name"), ("layout", "layout"), ("format", "format")]
    for title, group in groups if len(scores) <= _MOST_SHOWN else groups[1:]:
        print(f"-- by {title}")
        for name in sorted({getattr(one, group) for one in scores}):
            _line(name, [one for one in scores if getattr(one, group) == name])
    print("-- all")
    _line("all", scores)
    slowest = max(scores, key=lambda one: one.seconds)
    print(f"slowest: {slowest.name} {slowest.seconds:.2f} s of CPU")
    if misses:
        for one in scores:
            for miss in one.misses:
                print(f"{one.name}: {miss}")


def _line(name: str, scores: Sequence[Score]) -> None:
    cells = []
    for what in FIELDS:
        total = Count()
        for one in scores:
            if what in one.counts:
                count = one.counts[what]
                total.right += count.right
                total.wrong += count.wrong
                total.missed += count.missed
        empty = not any(what in one.counts for one in scores) or total.right + total.wrong + total.missed == 0
        cells.append(f"{'·' if empty else format(total.f1(), '.3f'):>10}")
    print(f"{name[:35]:36}" + "".join(cells))


if __name__ == "__main__":
    sys.exit(main())

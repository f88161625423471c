"""``python -m tools.fingerprints train | holdout | explain ID``: see ``tools/README.md``."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from auditor.knowledge.seeds import SEEDS, pack_seeds
from tests.real.fetch import Tampered, Unavailable
from tools.fingerprints import artefacts
from tools.fingerprints.training import PRESENT, SUSPECTED, Claims, Corpus, Fingerprint, Judge, read_corpus, train
from tools.fingerprints.writing import yaml_text

KNOWLEDGE = Path(artefacts.__file__).parents[2] / "auditor" / "knowledge"
SOURCES = ("const-string operands of the artefacts under built_from, read by tools/fingerprints",)


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0; 1 where an artefact cannot be had or an id is unknown."""
    parser = argparse.ArgumentParser(prog="python -m tools.fingerprints", description="Makes the fingerprints of SDKs.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("train", help="make every fingerprint and the seeds anew")
    commands.add_parser("holdout", help="print how the literals chosen without a line's newest version hold on it")
    explain = commands.add_parser("explain", help="print what became of the literals of one id, and why")
    explain.add_argument("id")
    options = parser.parse_args(arguments)
    try:
        corpus, found = _train()
    except (Unavailable, Tampered) as reason:
        print(reason, file=sys.stderr)
        return 1
    if options.command == "train":
        _write(found, KNOWLEDGE)
    elif options.command == "holdout":
        _print_holdouts(found)
    elif options.id not in corpus.seen:
        print(f"{options.id}: no artefact holds it", file=sys.stderr)
        return 1
    else:
        _explain(options.id, corpus, Judge(corpus, artefacts.libraries()), found)
    return 0


def _train() -> tuple[Corpus, list[Fingerprint]]:
    libraries, sdks = artefacts.libraries(), artefacts.described(KNOWLEDGE)
    corpus = read_corpus(artefacts.sources(), Claims(sdks, libraries))
    return corpus, train(corpus, libraries, sdks)


def _write(found: Sequence[Fingerprint], knowledge: Path) -> None:
    directory = knowledge / "fingerprints"
    directory.mkdir(exist_ok=True)
    wanted = {f"{one.id}.yaml" for one in found}
    for old in directory.glob("*.yaml"):
        if old.name not in wanted:
            old.unlink()
    for one in found:
        text = yaml_text(one.id, one.kind, one.members, one.blocks, SOURCES, (PRESENT, SUSPECTED))
        (directory / f"{one.id}.yaml").write_text(text, encoding="utf-8")
    seeds = {one.id: one.seeds for one in found if not one.members}
    (knowledge / SEEDS).write_bytes(pack_seeds(seeds))
    kinds = Counter(one.kind for one in found)
    literals = sum(len(block.literals) for one in found for block in one.blocks)
    print(f"{dict(sorted(kinds.items()))}: {literals} literals, {sum(map(len, seeds.values()))} seeds")


def _print_holdouts(found: Sequence[Fingerprint]) -> None:
    for one in found:
        for block in one.blocks:
            held = block.holdout
            told = f"{held.hits}/{held.of} on {held.tested}, chosen from {', '.join(held.trained)}" if held else "one version"
            print(f"{one.id} [{block.line}]: {told}")


def _explain(id_: str, corpus: Corpus, judge: Judge, found: Sequence[Fingerprint]) -> None:
    fates: Counter[str] = Counter()
    for seen in corpus.seen[id_]:
        print(f"{seen.source.version or '-'}\t{len(seen.classes)} classes\t{len(seen.literals)} literals\t{seen.source.ref}")
    for literal in sorted(frozenset().union(*(seen.literals for seen in corpus.seen[id_]))):
        fate = judge.fate(literal)
        fates[fate.why] += 1
        print(f"  {'+' if fate.owner == id_ else '-'} {literal!r}: {fate.why if not fate.owner else fate.owner}")
    for why, count in fates.most_common():
        print(f"{count}\t{why}")
    for one in found:
        if one.id == id_:
            for block in one.blocks:
                print(f"[{block.line}] {len(block.literals)} literals")


if __name__ == "__main__":
    sys.exit(main())

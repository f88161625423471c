"""``python -m auditor.knowledge``: compile the YAML of this package into the one file that is read at run time."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from auditor.errors import KnowledgeError
from auditor.knowledge.load import COMPILED, compile_knowledge, read_yaml


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the compiled file, or with ``--check`` only compare it.

    Returns 0; 1 where ``--check`` finds the compiled file stale; 2 where the YAML has mistakes.
    """
    parser = argparse.ArgumentParser(prog="python -m auditor.knowledge", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 when the compiled file is stale")
    parser.add_argument("directory", nargs="?", type=Path, default=Path(__file__).parent, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    try:
        fresh = compile_knowledge(read_yaml(options.directory))
    except KnowledgeError as error:
        print(error, file=sys.stderr)
        return 2
    target = options.directory / COMPILED
    if options.check:
        if target.is_file() and target.read_bytes() == fresh:
            return 0
        print(f"{COMPILED} is not what the YAML says; run: python -m auditor.knowledge", file=sys.stderr)
        return 1
    target.write_bytes(fresh)
    return 0


if __name__ == "__main__":
    sys.exit(main())

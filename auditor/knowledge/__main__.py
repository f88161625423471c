"""``python -m auditor.knowledge``: compile the YAML of this package into the files that are read at run time."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from auditor.errors import KnowledgeError
from auditor.knowledge.load import (
    COMPILED,
    COMPILED_APIS,
    COMPILED_FINGERPRINTS,
    COMPILED_SIGNS,
    compile_apis,
    compile_calls,
    compile_fingerprints,
    compile_knowledge,
    compile_signs,
    read_yaml,
)
from auditor.knowledge.wanted import COMPILED_CALLS


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the compiled files, or with ``--check`` only compare them.

    Returns 0; 1 where ``--check`` finds a compiled file stale; 2 where the YAML has mistakes.
    """
    parser = argparse.ArgumentParser(prog="python -m auditor.knowledge", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 when a compiled file is stale")
    parser.add_argument("directory", nargs="?", type=Path, default=Path(__file__).parent, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    try:
        plain = read_yaml(options.directory)
    except KnowledgeError as error:
        print(error, file=sys.stderr)
        return 2
    fresh = {
        COMPILED: compile_knowledge(plain),
        COMPILED_FINGERPRINTS: compile_fingerprints(plain),
        COMPILED_APIS: compile_apis(plain),
        COMPILED_SIGNS: compile_signs(plain),
        COMPILED_CALLS: compile_calls(plain),
    }
    stale = 0
    for name, content in fresh.items():
        target = options.directory / name
        if not options.check:
            target.write_bytes(content)
        elif not target.is_file() or target.read_bytes() != content:
            print(f"{name} is not what the YAML says; run: python -m auditor.knowledge", file=sys.stderr)
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main())

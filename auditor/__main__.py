"""``python -m auditor``, and the ``auditor`` command: an interrupt ends with one line from the first moment on."""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

__all__ = ["run"]

_INTERRUPTED = 130


def run() -> int:
    """Run the command line and return the exit code."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # while modules are imported, and when all is done, nothing has to be put away
        signal.signal(signal.SIGINT, _leave)
    from auditor.cli import main

    return main()


def _leave(number: int, frame: object) -> NoReturn:
    os.write(2, b"interrupted\n")
    os._exit(_INTERRUPTED)


if __name__ == "__main__":
    sys.exit(run())

"""Progress on standard error, only when somebody is watching and it takes longer than a second."""

from __future__ import annotations

import sys
import threading
from types import TracebackType

from auditor.model import Language, Text
from auditor.report.plain import one_line

__all__ = ["Progress"]

_PATIENCE = 1.0
"""Seconds before anything is shown."""
_LONGEST = 70
"""Characters of one line of a narrow terminal."""


class Progress:
    """Shows the stage at work on one line that is wiped at the end."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._stage = ""
        self._shown = 0
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._due = False

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            self._due = False
            if self._shown:
                sys.stderr.write("\r\x1b[K")
                sys.stderr.flush()

    def __call__(self, stage: Text) -> None:
        """Note the stage that starts."""
        with self._lock:
            if self._timer is None and sys.stderr.isatty():
                # not before there is something to show: a process is better forked before it has threads
                self._timer = threading.Timer(_PATIENCE, self._start)
                self._timer.daemon = True
                self._timer.start()
            self._stage = one_line(stage.in_(self._language))[:_LONGEST]
            self._show()

    def _start(self) -> None:
        with self._lock:
            self._due = True
            self._show()

    def _show(self) -> None:
        if self._due and self._stage:
            self._shown = 1
            sys.stderr.write(f"\r\x1b[K{self._stage} …")
            sys.stderr.flush()

"""Hostile bytes read in a process of their own: whatever they do to it, the run goes on and says where it stopped.

The child is a fork, so that starting it costs next to nothing; it has limits on address space, processor time and time, and its
result comes back through a pipe. Where there is no fork (Windows) the work is done in place, without limits.
"""

from __future__ import annotations

import mmap
import os
import pickle
import select
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from auditor.build import Text

__all__ = ["Allowance", "Stopped", "allowance", "contained"]

Result = TypeVar("Result")
Tell = Callable[[Text], None]

_TICK = 0.1
"""Seconds between looks at what the child is doing."""
_GRACE = 2
"""Seconds that time may pass after processor time has run out."""
_BOARD = 1 << 12
_SECONDS, _SECONDS_PER_MB = 120, 2
_MEGABYTES, _MEGABYTES_PER_MB = 3072, 8
_OF_A_FOLDER = 512
"""Megabytes a folder is taken to have."""
_STARTING = Text(zh="启动读取进程", en="starting")


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How much of the machine a child may use."""

    seconds: int
    """Of processor time, and of time."""
    megabytes: int
    """Of address space."""


class Stopped(Exception):
    """The child ended without a result; ``reason`` says why, ``stage`` what it was doing."""

    def __init__(self, reason: Text, stage: Text) -> None:
        super().__init__(reason.en)
        self.reason, self.stage = reason, stage

    @property
    def sentence(self) -> Text:
        """Reason and stage in one sentence."""
        return Text(
            zh=f"{self.reason.zh}，当时正在：{self.stage.zh}；其余内容未读取",
            en=f"{self.reason.en}; it was at: {self.stage.en}. The rest was not read",
        )


def allowance(path: Path, seconds: int | None = None, megabytes: int | None = None) -> Allowance:
    """Return what reading ``path`` may use: by its size, unless it is said."""
    try:
        size = _OF_A_FOLDER if path.is_dir() else path.stat().st_size >> 20
    except (OSError, ValueError):
        size = 0
    return Allowance(
        seconds=_SECONDS + _SECONDS_PER_MB * size if seconds is None else seconds,
        megabytes=_MEGABYTES + _MEGABYTES_PER_MB * size if megabytes is None else megabytes,
    )


def contained(work: Callable[[Tell], Result], allowed: Allowance, tell: Tell) -> Result:
    """Return what ``work`` returns, or raise what it raises; it is told how to tell its stages.

    Raises Stopped where the child crashed, was killed, or used up what it was allowed.
    """
    if not hasattr(os, "fork"):
        return work(tell)
    sys.stdout.flush()
    sys.stderr.flush()
    with _Board() as board:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            _child(work, allowed, board, writing)
        os.close(writing)
        try:
            answer, late = _listen(reading, allowed, board, tell)
        except BaseException:
            _end(child)
            raise
        finally:
            os.close(reading)
        if late:
            _end(child)
            raise Stopped(_late(allowed), board.stage)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            raise Stopped(_killed(os.WTERMSIG(status), allowed), board.stage)
        # written by ourselves a moment ago, in a process with no more rights than this one
        sent: tuple[str, Any] = pickle.loads(answer) if answer else ("memory", None)  # noqa: S301
        kind, value = sent
        if kind == "raised":
            error, there = value
            raise error from _There(f"\n{there}")
        if kind == "memory":
            raise Stopped(_out_of_memory(allowed), board.stage)
        result: Result = value
        return result


# -- the child ---------------------------------------------------------------------------------------------------------


class _There(Exception):
    """A traceback of the child: the cause of the exception it sent."""


def _child(work: Callable[[Tell], Result], allowed: Allowance, board: _Board, pipe: int) -> NoReturn:
    """Do the work and send what comes of it; never returns."""
    code = 1
    try:
        # an interrupt goes to the whole group: the parent is the one who says so
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        # where the parent was killed and can end nobody, the child ends by itself
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(allowed.seconds + 2 * _GRACE + 1)
        _limit(allowed)
        try:
            answer: tuple[str, object] = ("done", work(board.tell))
        except MemoryError:
            answer = ("memory", None)
        except Exception as error:  # noqa: BLE001 - whatever it is, the parent is the one to report it
            import traceback

            answer = ("raised", (error, "".join(traceback.format_exception(error))))
        _send(pipe, answer)
        code = 0
    finally:
        os._exit(code)


def _send(pipe: int, answer: tuple[str, object]) -> None:
    try:
        content = pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        content = b""  # nothing sent tells the same
    except Exception as error:  # noqa: BLE001 - an exception that cannot be sent is told in words
        content = pickle.dumps(("raised", (RuntimeError(f"{answer[1]!r:.200} ({error})"), "")))
    with os.fdopen(pipe, "wb") as file:
        file.write(content)


def _limit(allowed: Allowance) -> None:
    import resource

    for which, value in (
        (resource.RLIMIT_AS, allowed.megabytes << 20),
        (resource.RLIMIT_CPU, allowed.seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        _, most = resource.getrlimit(which)
        limit = value if most == resource.RLIM_INFINITY else min(value, most)
        # past the soft limit of processor time comes a signal that ends the process
        resource.setrlimit(which, (limit, most))


# -- the parent --------------------------------------------------------------------------------------------------------


class _Board:
    """What the child is doing, in memory that both have."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _BOARD)

    def __enter__(self) -> _Board:
        return self

    def __exit__(self, *_: object) -> None:
        self._memory.close()

    def tell(self, stage: Text) -> None:
        """Note a stage that starts."""
        zh = stage.zh.encode("utf-8", "replace")[: _BOARD // 2 - 8]
        en = stage.en.encode("utf-8", "replace")[: _BOARD // 2 - 8]
        self._memory[: len(zh) + len(en) + 8] = len(zh).to_bytes(4, "little") + len(en).to_bytes(4, "little") + zh + en

    @property
    def stage(self) -> Text:
        """The last stage noted."""
        zh, en = (int.from_bytes(self._memory[at : at + 4], "little") for at in (0, 4))
        if not zh and not en:
            return _STARTING
        words = self._memory[8:]
        return Text(zh=words[:zh].decode("utf-8", "replace"), en=words[zh : zh + en].decode("utf-8", "replace"))


def _listen(pipe: int, allowed: Allowance, board: _Board, tell: Tell) -> tuple[bytes, bool]:
    """Return what the child sent, and whether its time ran out."""
    deadline = time.monotonic() + allowed.seconds + _GRACE
    received = bytearray()
    shown = _STARTING
    while (left := deadline - time.monotonic()) > 0:
        ready, _, _ = select.select([pipe], [], [], min(left, _TICK))
        if ready:
            block = os.read(pipe, 1 << 20)
            if not block:
                return bytes(received), False
            received += block
        elif (stage := board.stage) != shown:
            shown = stage
            tell(stage)
    return b"", True


def _end(child: int) -> None:
    try:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    except (ProcessLookupError, ChildProcessError):
        pass


def _out_of_memory(allowed: Allowance) -> Text:
    return Text(
        zh=f"读取进程用完了允许的内存（{allowed.megabytes} MB，可用 --max-memory 调整）",
        en=f"reading used up the memory it is allowed ({allowed.megabytes} MB; --max-memory changes it)",
    )


def _late(allowed: Allowance) -> Text:
    return Text(
        zh=f"读取进程超过了允许的时间（{allowed.seconds} 秒，可用 --timeout 调整）而被终止",
        en=f"reading took longer than it is allowed ({allowed.seconds} s; --timeout changes it) and was stopped",
    )


def _killed(number: int, allowed: Allowance) -> Text:
    if number in (signal.SIGXCPU, signal.SIGALRM):
        return _late(allowed)
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = str(number)
    if number == signal.SIGKILL:
        return Text(
            zh="读取进程被系统终止（SIGKILL，多因内存不足）", en="reading was ended by the system (SIGKILL, mostly for want of memory)"
        )
    return Text(zh=f"读取进程崩溃（{name}）", en=f"reading crashed ({name})")

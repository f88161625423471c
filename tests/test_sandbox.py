"""Work in a process of its own: what comes back, and what is said where nothing does."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.errors import BuildError, DeclarationError
from auditor.model import Text
from auditor.sandbox import Allowance, Stopped, allowance, contained

PLENTY = Allowance(seconds=60, megabytes=1 << 20)
STAGE = Text(zh="读取安装包：classes.dex", en="reading the build: classes.dex")
Tell = Callable[[Text], None]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here: work is done in place")


def quiet(_: Text) -> None:
    return None


def stopped(end: Callable[[], object], allowed: Allowance = PLENTY) -> Stopped:
    """Run what ends the child, and return what is said of it; no child is left behind."""

    def work(tell: Tell) -> object:
        tell(STAGE)
        return end()

    with pytest.raises(Stopped) as caught:
        contained(work, allowed, quiet)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
    return caught.value


def test_the_result_comes_back_however_large() -> None:
    assert contained(lambda tell: (os.getpid() != 0, b"x" * (5 << 20)), PLENTY, quiet) == (True, b"x" * (5 << 20))
    assert contained(lambda tell: os.getpid(), PLENTY, quiet) != os.getpid()


def test_nothing_the_child_changes_is_changed_here() -> None:
    changed: list[int] = []
    contained(lambda tell: changed.append(1), PLENTY, quiet)
    assert changed == []


@pytest.mark.parametrize("error", [BuildError("no build", "give one"), DeclarationError(["a.yaml:1: no", "a.yaml:2: no"]), KeyError("x")])
def test_what_the_work_raises_is_raised_here(error: Exception) -> None:
    def work(tell: Tell) -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        contained(work, PLENTY, quiet)
    assert str(caught.value) == str(error)
    assert vars(caught.value) == vars(error)
    assert "in work" in str(caught.value.__cause__)


def test_what_cannot_be_sent_is_told_in_words() -> None:
    with pytest.raises(RuntimeError, match="lambda"):
        contained(lambda tell: lambda: None, PLENTY, quiet)


def test_what_there_is_no_memory_left_to_send_is_said() -> None:
    class Large:
        def __reduce__(self) -> str:
            raise MemoryError

    assert "used up the memory it is allowed" in stopped(Large).reason.en


def test_a_child_without_a_parent_ends_by_itself() -> None:
    found = stopped(lambda: os.kill(os.getpid(), signal.SIGALRM))
    assert "took longer than it is allowed (60 s" in found.reason.en
    left = contained(lambda tell: signal.alarm(0), PLENTY, quiet)
    assert PLENTY.seconds < left <= PLENTY.seconds + 10


@pytest.mark.parametrize(
    ("end", "says"),
    [
        (os.abort, "reading crashed (SIGABRT)"),
        (lambda: os.kill(os.getpid(), signal.SIGSEGV), "reading crashed (SIGSEGV)"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "reading was ended by the system (SIGKILL"),
    ],
)
def test_a_crash_names_the_signal_and_the_stage(end: Callable[[], object], says: str) -> None:
    found = stopped(end)
    assert found.reason.en.startswith(says)
    assert found.stage == STAGE
    assert found.sentence.en.endswith("it was at: reading the build: classes.dex. The rest was not read")
    assert "classes.dex" in found.sentence.zh


def test_a_crash_before_any_stage_says_so() -> None:
    with pytest.raises(Stopped) as caught:
        contained(lambda tell: os.abort(), PLENTY, quiet)
    assert caught.value.stage.en == "starting"


def test_a_hang_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.sandbox._GRACE", 0)
    found = stopped(lambda: time.sleep(600), Allowance(seconds=1, megabytes=1 << 20))
    assert "took longer than it is allowed (1 s; --timeout changes it)" in found.reason.en


def test_a_loop_is_ended_by_processor_time() -> None:
    def loop() -> None:
        while True:
            pass

    assert "took longer than it is allowed (1 s" in stopped(loop, Allowance(seconds=1, megabytes=1 << 20)).reason.en


def test_memory_is_limited() -> None:
    found = stopped(lambda: len(bytearray(1 << 38)), Allowance(seconds=60, megabytes=1 << 16))
    assert "used up the memory it is allowed (65536 MB; --max-memory changes it)" in found.reason.en


def test_an_interrupt_here_ends_the_child() -> None:
    def interrupted(_: Text) -> None:
        raise KeyboardInterrupt

    def work(tell: Tell) -> None:
        tell(STAGE)
        time.sleep(600)

    with pytest.raises(KeyboardInterrupt):
        contained(work, PLENTY, interrupted)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_stages_are_told_here() -> None:
    told: list[Text] = []

    def work(tell: Tell) -> int:
        tell(STAGE)
        time.sleep(0.4)
        return 1

    assert contained(work, PLENTY, told.append) == 1
    assert told == [STAGE]


def test_a_long_stage_is_cut_and_harms_nothing() -> None:
    long = Text(zh="类" * 10_000, en="x" * 10_000)

    def work(tell: Tell) -> None:
        tell(long)
        os.abort()

    with pytest.raises(Stopped) as caught:
        contained(work, PLENTY, quiet)
    assert caught.value.stage.zh.startswith("类类")
    assert set(caught.value.stage.en) == {"x"}


def test_without_fork_the_work_is_done_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    assert contained(lambda tell: os.getpid(), PLENTY, quiet) == os.getpid()


def test_what_is_allowed_grows_with_the_build(tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"x")
    with (tmp_path / "large").open("wb") as file:
        file.truncate(100 << 20)
    small, large = allowance(tmp_path / "small"), allowance(tmp_path / "large")
    assert (small.seconds, small.megabytes) < (large.seconds, large.megabytes)
    assert allowance(tmp_path / "absent") == small
    assert allowance(tmp_path).megabytes > large.megabytes
    assert allowance(tmp_path / "large", 7, 300) == Allowance(seconds=7, megabytes=300)

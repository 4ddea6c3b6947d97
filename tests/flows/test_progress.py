"""What is told while a command works: each line begins where a line begins, and says what runs now."""

import contextlib
import io
import re
import threading
import time
from collections.abc import Callable, Generator

import pytest

from flows.cli import progress
from flows.cli.progress import Follower, duration, following, status
from tasks.core import ui
from tasks.core.tasks import Task


class Screen(io.StringIO):
    """A terminal of 40 columns that remembers what was written to it."""

    terminal = True

    def isatty(self) -> bool:
        return self.terminal

    def lines(self) -> list[str]:
        """What a person sees on it in the end."""
        rows, column = [""], 0
        for part in re.findall(r"\x1b\[2K|[\r\n]|[^\x1b\r\n]+", self.getvalue()):
            if part == "\x1b[2K":
                rows[-1] = ""
            elif part == "\r":
                column = 0
            elif part == "\n":
                rows.append("")
                column = 0
            else:
                rows[-1] = rows[-1][:column].ljust(column) + part + rows[-1][column + len(part) :]
                column += len(part)
        return rows


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    monkeypatch.setenv("COLUMNS", "40")
    return Screen()


def wait_for(seen: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not seen():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_line_never_starts_where_progress_stopped(screen: Screen) -> None:
    with (
        contextlib.redirect_stderr(screen),
        following(quiet=False, verbose=False),
        ui.working("train-model model") as work,
    ):
        work.reach(0.1, "step 1 of 10")
        wait_for(lambda: "step 1 of 10" in screen.getvalue())
        assert screen.getvalue().endswith("\r")
        ui.tell("write-mix mix run")
        ui.tell("check-mix mix run")
    assert screen.lines() == ["write-mix mix run", "check-mix mix run", ""]


def test_a_long_line_breaks_between_words_on_a_terminal_and_nowhere_else(screen: Screen) -> None:
    line = "ingest-source electronics-and-appliances run 12 rows"
    with contextlib.redirect_stderr(screen):
        Follower(verbose=False).line(line)
    assert [*map(str.strip, screen.lines())] == ["ingest-source", "electronics-and-appliances run 12", "rows", ""]
    screen.terminal = False
    with contextlib.redirect_stderr(screen):
        Follower(verbose=False).line(line)
    assert screen.getvalue().endswith(f"\n{line}\n")


def test_a_pipe_gets_a_line_now_and_then_of_what_runs(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    assert progress.PIPED == 30
    monkeypatch.setattr(progress, "PIPED", 0.05)
    screen.terminal = False
    with (
        contextlib.redirect_stderr(screen),
        following(quiet=False, verbose=False),
        ui.working("train-model model") as work,
    ):
        work.reach(0.25, "step 1 of 4, loss 0.6931")
        work.reach(0.5, "step 2 of 4, loss 0.6100")
        wait_for(lambda: screen.getvalue().count("\n") >= 2)
    assert re.fullmatch(r"(train-model model: \d s left, step 2 of 4, loss 0\.6100\n)+", screen.getvalue())


def test_a_moving_line_is_cut_between_words(screen: Screen) -> None:
    title = "ingest-source electronics-and-appliances"
    with contextlib.redirect_stderr(screen), following(quiet=False, verbose=False), ui.working(title):
        wait_for(lambda: "ingest" in screen.getvalue())
    assert "\x1b[2Kingest-source …\r" in screen.getvalue()


def test_quiet_tells_nothing_and_verbose_the_log(screen: Screen) -> None:
    for quiet, verbose, told in ((True, False, ""), (False, False, "done"), (False, True, "warning: odd rows")):
        with contextlib.redirect_stderr(screen), following(quiet=quiet, verbose=verbose):
            ui.log("odd rows", warn=True)
            ui.tell("done")
        assert told in screen.getvalue()
        assert ("odd rows" in screen.getvalue()) == verbose
    ui.tell("after the end")
    assert "after" not in screen.getvalue()


def test_the_task_that_runs_is_known_while_it_runs() -> None:
    seen: list[str] = []

    def look(subject: str) -> None:
        with ui.Progress(subject, "Looking") as step:
            step(0.5, "half of it")
            seen.append(status(ui.under_way()))

    Task("look-around", look, "look").of("news").run("", "news")
    assert seen == ["look-around news: half of it"]
    assert ui.under_way() == ()


def test_progress_outside_of_a_task_says_what_it_is_of() -> None:
    with ui.Progress("trials", "Trials of arms") as step:
        step(0.5, "8 of 16 trials")
        thread = threading.Thread(target=lambda: (began.__enter__(), ready.set(), ended.wait()))
        began, ready, ended = ui.working("run-trial a 0.5 s1"), threading.Event(), threading.Event()
        thread.start()
        ready.wait()
        assert status(ui.under_way()) == "Trials of arms: 8 of 16 trials · run-trial a 0.5 s1 0 s"
        ended.set()
        thread.join()
        began.__exit__(None, None, None)


def test_of_many_tasks_two_are_named() -> None:
    works = [ui.Work(f"clean-source {name}") for name in ("a", "b", "c", "d")]
    assert status(works) == "clean-source a 0 s, clean-source b 0 s, 2 more"
    assert status([]) == ""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Generator[list[float]]:
    now = [100.0]
    monkeypatch.setattr("tasks.core.ui.time.monotonic", lambda: now[0])
    yield now


def test_what_is_left_follows_from_what_was_done_since_the_first_look(clock: list[float]) -> None:
    work = ui.Work("train-model model", began=0.0)
    work.reach(0.5, "step 50 of 100")  # resumed at a checkpoint
    assert work.seconds_left is None
    clock[0] += 10
    work.reach(0.6, "step 60 of 100")
    assert work.seconds_left == pytest.approx(40)
    clock[0] += 15
    assert work.seconds_left == pytest.approx(25)
    work.reach(0.0, "out of memory: batches of 8 rows now")
    assert work.seconds_left is None


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (260, "4 min 20 s"),
        (3599.7, "1 h 00 min"),
        (7500, "2 h 05 min"),
    ],
)
def test_a_time_is_written_as_people_say_it(seconds: float, said: str) -> None:
    assert duration(seconds) == said

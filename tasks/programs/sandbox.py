"""One program in a process of its own that can do no harm, by bubblewrap: no network, no files but the system's own, to
read, and a small empty folder, no home, no environment, no other process in sight and none beside itself, and limits on
time and memory. What cannot be contained is not run.

What is not contained: a program may read what the system has under /usr, uses the machine's kernel, and may deceive its
tests, such as by an object that equals everything.
"""

import functools
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Literal, NamedTuple

from tasks.core.errors import RecipeError
from tasks.programs import driver
from tasks.programs.syscalls import seccomp_filter

Kind = Literal["passed", "failed", "timed_out", "out_of_memory", "refused"]
"""How a program ends: `refused` is what is no program, and is not run."""
FOLDER_BYTES = 16 << 20
"""What a program may write, in all and into one file."""
OPEN_FILES = 64
SLACK_SECONDS = 10
"""By the clock, a program may take so much longer than twice its seconds of computing: a machine may be busy."""
STARTED = b"started\n"
MOST_BYTES = 4_096
"""Of what is read of a verdict."""
ANSWER = "evaluate.run_code: generated programs cannot be contained on this machine, and are then not run"
REMEDY = "Take run_code out, or let `cuvee eval --run-code` measure the model on a machine that can"


class Limits(NamedTuple):
    """What one program may use.

    Attributes:
        seconds: of computing.
        memory: in bytes, of addresses.
    """

    seconds: int
    memory: int


class Outcome(NamedTuple):
    """How a program ended, and why, in one line."""

    kind: Kind
    why: str = ""


def run_program(program: str, tests: Sequence[str], limits: Limits) -> Outcome:
    """Run a program and its tests, each of which holds where it raises nothing.

    Raises:
        RecipeError: the sandbox cannot be had.
    """
    word = secrets.token_hex(16)
    told = {"program": program, "tests": list(tests), "word": word, "limits": _rlimits(limits)}
    with tempfile.TemporaryFile() as verdict, _filter() as calls:
        command = [*_sandbox(calls), "--", str(_python()), *("-I", "-S", "-B", "-c", _driver())]
        try:
            done = subprocess.run(  # noqa: S603 (to be run where it can do no harm is what this is for)
                command,
                input=json.dumps(told).encode(),
                stdout=verdict,
                stderr=subprocess.PIPE,
                timeout=2 * limits.seconds + SLACK_SECONDS,
                pass_fds=(calls,),
                cwd="/",
                env={},
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Outcome("timed_out", f"more than {2 * limits.seconds + SLACK_SECONDS} s by the clock")
        verdict.seek(0)
        said = verdict.read(MOST_BYTES)
    if not said.startswith(STARTED):
        raise RecipeError(f"{ANSWER}: {_last_line(done.stderr) or f'exit code {done.returncode}'}. {REMEDY}")
    return _outcome(said.removeprefix(STARTED), word.encode(), done.returncode, limits)


@functools.cache
def why_not() -> str:
    """Say why programs cannot be run here; empty where they can."""
    try:
        seen = run_program("", ["assert True"], Limits(60, 1 << 30))
    except RecipeError as error:
        return str(error)
    return "" if seen.kind == "passed" else f"{ANSWER}: an empty program {seen.kind}: {seen.why}. {REMEDY}"


def _outcome(said: bytes, word: bytes, code: int, limits: Limits) -> Outcome:
    if said == word:
        return Outcome("passed")
    # A program that ignores the first signal of its limit gets the second.
    if code in (128 + signal.SIGXCPU, 128 + signal.SIGKILL):
        return Outcome("timed_out", f"more than {limits.seconds} s of computing")
    text = said.decode("utf-8", "replace").strip()
    if text.startswith("MemoryError"):
        return Outcome("out_of_memory", f"more than {limits.memory >> 20:,} MB")
    return Outcome("failed", text or "it ended before its tests were through")


def _rlimits(limits: Limits) -> dict[str, tuple[int, int]]:
    """Give the limits that a process sets itself before it runs anything, soft and hard."""
    return {
        "RLIMIT_AS": (limits.memory, limits.memory),
        "RLIMIT_CPU": (limits.seconds, limits.seconds + 1),
        "RLIMIT_FSIZE": (FOLDER_BYTES, FOLDER_BYTES),
        "RLIMIT_NOFILE": (OPEN_FILES, OPEN_FILES),
        "RLIMIT_CORE": (0, 0),
    }


def _sandbox(calls: int) -> list[str]:
    """Give the command that a command is put behind.

    Args:
        calls: file descriptor of the filter.
    """
    home = _python().parents[1]
    own = [] if home.is_relative_to("/usr") else ["--ro-bind", str(home), str(home)]
    there = [name for name in ("lib", "lib64") if Path(f"/{name}").is_symlink()]
    links = [("--symlink", f"usr/{name}", f"/{name}") for name in there]
    devices = [("--dev-bind", f"/dev/{name}", f"/dev/{name}") for name in ("null", "zero", "urandom")]
    libraries = ("--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache")
    return [
        _bubblewrap(),
        *("--unshare-all", "--unshare-user", "--cap-drop", "ALL", "--die-with-parent", "--new-session", "--clearenv"),
        *("--hostname", "sandbox", "--seccomp", str(calls)),
        *("--ro-bind", "/usr", "/usr", *chain.from_iterable(links), *own, *libraries, *chain.from_iterable(devices)),
        *("--size", str(FOLDER_BYTES), "--tmpfs", "/tmp", "--remount-ro", "/", "--chdir", "/tmp"),  # noqa: S108
    ]


@contextmanager
def _filter() -> Generator[int]:
    """Give a file descriptor from which the filter of system calls can be read once."""
    reading, writing = os.pipe()
    try:
        with os.fdopen(writing, "wb") as filled:
            filled.write(seccomp_filter())
        yield reading
    finally:
        os.close(reading)


def _bubblewrap() -> str:
    found = shutil.which("bwrap")
    if found is None:
        raise RecipeError(f"{ANSWER}: there is no bubblewrap; apt-get install bubblewrap. {REMEDY}")
    return found


@functools.cache
def _python() -> Path:
    """Give the interpreter that a virtual environment stands on: it has the standard library and nothing else."""
    return Path(sys.executable).resolve()


@functools.cache
def _driver() -> str:
    return Path(driver.__file__).read_text("utf-8")


def _last_line(text: bytes) -> str:
    return next(reversed(text.decode("utf-8", "replace").strip().splitlines()), "")

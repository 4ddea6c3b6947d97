"""A program can do no harm, and cannot pass but by passing its tests."""

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.core.errors import RecipeError
from tasks.programs import sandbox
from tasks.programs.sandbox import Limits, Outcome, run_program, why_not

pytestmark = [pytest.mark.sandbox, pytest.mark.skipif(bool(why_not()), reason=why_not())]
LIMITS = Limits(2, 512 << 20)
TESTS = ["assert add(1, 2) == 3", "assert add(-1, 1) == 0"]
RIGHT = "def add(a, b):\n    return a + b\n"
HARMFUL = {
    "network": ("import socket\nsocket.socket()", "PermissionError"),
    "loopback": ("import urllib.request\nurllib.request.urlopen('http://127.0.0.1:9')", "URLError"),
    "passwords": ("open('/etc/passwd').read()", "FileNotFoundError"),
    "home": ("import os\nos.listdir('/home')", "FileNotFoundError"),
    "other processes": ("import os\nos.listdir('/proc')", "FileNotFoundError"),
    "environment": (
        "import os\nassert not {*os.environ} - {'PWD', 'LC_CTYPE'}\nos.environ['HOME']",
        "KeyError: 'HOME'",
    ),
    "system": ("open('/usr/harm', 'w')", "Read-only file system"),
    "root": ("open('/harm', 'w')", "Read-only file system"),
    "fork": ("import os\nwhile True:\n    os.fork()", "PermissionError"),
    "child left behind": (
        "import subprocess\nsubprocess.Popen(['/usr/bin/sleep', '1000'], start_new_session=True)",
        "PermissionError",
    ),
    "thread": ("import threading\nthreading.Thread(target=print).start()", "can't start new thread"),
    "namespace": (
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nassert libc.unshare(0x10000000) < 0, 'in'\n"
        "raise OSError(ctypes.get_errno())",
        "OSError: 1",
    ),
    "hidden memory": ("import os\nos.memfd_create('harm')", "PermissionError"),
    "large file": ("open('large', 'wb').write(b'a' * (20 << 20))", "File too large"),
    "many files": ("for n in range(40):\n    open(f'{n}', 'wb').write(b'a' * (1 << 20))", "No space left on device"),
    "open files": ("held = [open(f'{n}', 'w') for n in range(200)]", "Too many open files"),
    "more of a limit": (
        "import resource\nresource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)",
        "ValueError",
    ),
    "everything killed": ("import os\nos.kill(-1, 9)", "ProcessLookupError"),
}


@pytest.mark.parametrize(("program", "told"), HARMFUL.values(), ids=HARMFUL)
def test_what_would_do_harm_fails(program: str, told: str) -> None:
    outcome = run_program(program, TESTS, LIMITS)
    assert outcome.kind == "failed"
    assert told in outcome.why


def test_a_right_program_passes_and_a_wrong_one_does_not() -> None:
    assert run_program(RIGHT, TESTS, LIMITS) == Outcome("passed")
    assert run_program("def add(a, b):\n    return 3\n", TESTS, LIMITS) == Outcome("failed", "AssertionError:")
    assert run_program("def add(a, b) return", TESTS, LIMITS).why.startswith("SyntaxError")


def test_programs_may_use_the_standard_library_and_nothing_else() -> None:
    usual = (
        "from collections import Counter, namedtuple\nfrom dataclasses import dataclass\nimport math, re, typing\n\n\n"
        "@dataclass\nclass Sum:\n    a: int\n    b: int\n\n\ndef add(a, b):\n    return Sum(a, b).a + b\n"
    )
    assert run_program(usual, TESTS, LIMITS) == Outcome("passed")
    for other in ("numpy", "tasks.programs.sandbox"):
        assert "ModuleNotFoundError" in run_program(f"import {other}", TESTS, LIMITS).why


FAKES = {
    "prints": "print('passed')",
    "exits": "print('passed')\nimport sys\nsys.exit(0)",
    "leaves": "import os\nos._exit(0)",
    "becomes another": "import os\nos.execv('/usr/bin/true', ['true'])",
    "writes wherever it can": (
        "import os\nfor number in range(64):\n    try:\n        os.write(number, b'started\\npassed\\n')\n"
        "    except OSError:\n        pass\nos._exit(0)"
    ),
    "kills what is above": "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nos._exit(0)",
    "leaves when it ends": "import atexit, os\natexit.register(os._exit, 0)",
    "changes what judges": (
        "import builtins, os, sys\nbuiltins.exec = builtins.compile = lambda *given: None\nos.write = print\n"
        "builtins.AssertionError = Warning\nsys.exit = print"
    ),
    "crashes": "import ctypes\nctypes.string_at(0)",
    "replaces the error": "class E(BaseException):\n    def __str__(self):\n        raise SystemExit(0)\nraise E",
}


@pytest.mark.parametrize("program", FAKES.values(), ids=FAKES)
def test_nothing_that_a_program_prints_or_ends_with_makes_it_pass(program: str) -> None:
    assert run_program(program, TESTS, LIMITS).kind == "failed"
    assert run_program(f"{RIGHT}\n{program}", [*TESTS, "assert add(1, 1) == 3"], LIMITS).kind == "failed"


def test_a_program_is_not_told_the_word_by_which_it_passes() -> None:
    looks = (
        "import os, sys\n"
        "held = [str(sys.argv), str(dict(os.environ)), str(globals()), str(vars(sys.modules['program']))]\n"
        "held.append(sys.stdin.read())\nimport re\n"
        "def add(a, b):\n    return a + b if not re.search('[0-9a-f]{32}', ' '.join(held)) else None\n"
    )
    assert run_program(looks, TESTS, LIMITS) == Outcome("passed")


@pytest.mark.parametrize(
    "program",
    [
        "while True:\n    pass",
        "while True:\n    print('a' * 100_000)",
        "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True:\n    pass",
        "import os\nwhile True:\n    for at in range(64):\n        try:\n            os.write(at, b'a' * 10**5)\n"
        "        except OSError:\n            pass",
    ],
    ids=["loop", "output", "limit ignored", "output everywhere"],
)
def test_what_computes_without_end_is_ended(program: str) -> None:
    assert run_program(program, TESTS, Limits(1, 512 << 20)) == Outcome("timed_out", "more than 1 s of computing")


def test_what_sleeps_without_end_is_ended_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "SLACK_SECONDS", 0)
    outcome = run_program("import time\ntime.sleep(1_000_000)", TESTS, Limits(1, 512 << 20))
    assert outcome == Outcome("timed_out", "more than 2 s by the clock")


@pytest.mark.parametrize(
    "program", ["held = bytearray(10 << 30)", "held = []\nwhile True:\n    held.append('a' * 10**6)"]
)
def test_what_takes_too_much_memory_is_ended(program: str) -> None:
    assert run_program(program, TESTS, LIMITS) == Outcome("out_of_memory", "more than 512 MB")


@pytest.fixture
def listening() -> Iterator[Path]:
    """A server outside, on a path in a folder that everybody may enter."""
    folder = Path("/var/tmp") / f"cuvee-{os.getpid()}"
    folder.mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "server"))
        server.listen()
        yield folder
    (folder / "server").unlink()
    folder.rmdir()


def test_nothing_of_the_world_outside_is_seen_or_left_changed(listening: Path) -> None:
    harm = f"import os\nos.listdir({str(listening)!r})"
    assert "FileNotFoundError" in run_program(harm, TESTS, LIMITS).why
    assert run_program("open('/tmp/left', 'w').write('a')\n" + RIGHT, TESTS, LIMITS) == Outcome("passed")
    assert not Path("/tmp/left").exists()
    gone = run_program(f"import os\nassert not os.path.exists('/tmp/left')\n{RIGHT}", TESTS, LIMITS)
    assert gone == Outcome("passed"), "each program has a folder of its own"


def test_nothing_runs_on_once_a_program_has_ended() -> None:
    run_program("import time\ntime.sleep(0.1)", ["while True: pass"], Limits(1, 512 << 20))
    left = subprocess.run(["ps", "-eo", "ppid,args"], capture_output=True, text=True, check=True).stdout
    mine = [line for line in left.splitlines() if line.split()[0] == str(os.getpid()) and "bwrap" in line]
    assert mine == []


def test_where_nothing_can_be_contained_nothing_runs_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (broken := tmp_path / "bwrap").write_text(
        "#!/bin/sh\necho 'bwrap: no permission to create namespaces' >&2\nexit 1\n"
    )
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RecipeError, match=r"cannot be contained on this machine.*no permission to create"):
        run_program(RIGHT, TESTS, LIMITS)
    broken.unlink()
    assert "apt-get install bubblewrap" in why_not.__wrapped__()

"""A terminal that knows ASCII alone, and Ctrl-C while a library is at work."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flows.cli.terminal import harmless

ROOT = Path(__file__).parents[2]
ASCII = {"LANG": "C", "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    rows = "".join(f"你好 café number {number} – “quoted”,{('gut', 'schlecht')[number % 2]}\n" for number in range(60))
    (tmp_path / "zeilen-ä.csv").write_text(f"text,label\n{rows}", "utf-8")
    text = "name: r\nlabels: [gut, schlecht]\nsources: {a: {path: zeilen-ä.csv}}\nmix: {weights: uniform}\n"
    (tmp_path / "recipe.yaml").write_text(text, "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ["validate", "recipe.yaml"],
        ["plan", "recipe.yaml"],
        ["init", "zeilen-ä.csv", "--out", "b.yaml"],
        ["validate", "ä.yaml"],
        ["schema"],
        ["--help"],
    ],
)
@pytest.mark.parametrize("more", [[], ["--json"]])
def test_ascii_alone_is_no_traceback(recipe: Path, words: list[str], more: list[str]) -> None:
    if more and words[0] in ("schema", "--help"):
        return
    command = [sys.executable, "-m", "flows.cli.main", *words, *more]
    environment = os.environ | ASCII | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=recipe, env=environment, capture_output=True, check=False)
    said = (done.stdout + done.stderr).decode()
    assert "Traceback" not in said
    assert done.returncode == (2 if "ä.yaml" in words else 0), said
    if more:
        assert json.loads(done.stdout.decode("ascii"))


def test_what_a_terminal_would_obey_is_written_by_its_number() -> None:
    assert harmless("a\x1b[31mb\x07\x00\tc\u202ed\x9b") == r"a\x1b[31mb\x07\x00\tc\u202ed\x9b"
    kept = "line\nnext: 中文\u3000全角, نمی\u200cخواهم, 👩\u200d🔬, \u00a0"
    assert harmless(kept) == kept


def test_a_mistake_with_such_characters_is_told_without_them(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text('name: r\nlabels: ["a\\eb\\a", b]\nsources: {s: {}}\n"x\\e[2J": 1\n')
    command = [sys.executable, "-m", "flows.cli.main", "validate", "r.yaml"]
    done = subprocess.run(
        command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, check=False
    )
    assert done.returncode == 2
    assert b"sources.s: where is it? Say `path:`" in done.stderr
    assert not {7, 27} & set(done.stderr), done.stderr


BUSY = """
import hashlib, signal, threading
from flows.cli import terminal
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may ignore it
terminal.PATIENCE = 0.2
terminal.end_at_interrupts()
threading.Timer(0.5, print, ["busy"], {"flush": True}).start()
hashlib.pbkdf2_hmac("sha256", b"a", b"b", 10**9)  # looks at no signal, as libraries do
"""


def test_an_interrupt_ends_what_looks_at_no_signal() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", BUSY], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as busy:
        assert busy.stdout.readline() == "busy\n"
        busy.send_signal(signal.SIGINT)
        try:
            _, told = busy.communicate(timeout=60)
        finally:
            busy.kill()
    assert (busy.returncode, told) == (130, "cuvee: interrupted\n")

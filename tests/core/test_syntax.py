"""Threads may parse Python at the same time."""

import ast
import contextlib
import gc
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tasks.core.syntax import parse

ROOT = Path(__file__).parents[2]


def test_threads_parse_at_once() -> None:
    texts = [Path(path).read_text("utf-8") for path in sorted(Path(__file__).parent.parent.glob("ingest/test_*.py"))]
    with ThreadPoolExecutor(16) as threads:
        trees = list(threads.map(parse, texts * 4))
    assert all(tree.body for tree in trees)


class _Rubbish:
    """Garbage that runs Python as it is collected, where another thread may take over."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        sum(range(50))


def test_others_that_parse_do_not_come_between() -> None:
    text, done, before = (ROOT / "tasks" / "recipe" / "model.py").read_text("utf-8"), threading.Event(), gc.isenabled()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)

    def others() -> None:
        while not done.is_set():
            _ = [_Rubbish() for _ in range(20)]
            with contextlib.suppress(SystemError):  # theirs are not ours to mend
                ast.parse(text)

    threads = [threading.Thread(target=others) for _ in range(2)]
    try:
        for thread in threads:
            thread.start()
        assert all(parse(text).body for _ in range(200))
    finally:
        done.set()
        sys.setswitchinterval(interval)
        for thread in threads:
            thread.join()
    assert gc.isenabled() == before

"""Threads may parse Python at the same time."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tasks.core.syntax import parse


def test_threads_parse_at_once() -> None:
    texts = [Path(path).read_text("utf-8") for path in sorted(Path(__file__).parent.parent.glob("ingest/test_*.py"))]
    with ThreadPoolExecutor(16) as threads:
        trees = list(threads.map(parse, texts * 4))
    assert all(tree.body for tree in trees)

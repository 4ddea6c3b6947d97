"""Work on a stream with all cores, results in order, few items in memory. What works in C lets go of the interpreter
meanwhile.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")


def threads() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0))


def in_order(work: Callable[[Given], Made], items: Iterable[Given], at_once: int | None = None) -> Iterator[Made]:
    """Do `work` on every item, and give the results in the order of the items.

    Args:
        at_once: items worked on while an earlier result is used; None for one a core.
    """
    at_once = at_once or threads()
    with ThreadPoolExecutor(at_once) as pool:
        pending: deque[Future[Made]] = deque()
        for item in items:
            pending.append(pool.submit(work, item))
            if len(pending) > at_once:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()

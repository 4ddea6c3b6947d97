"""What becomes of programs that were written for rows with tests: each is run once, however often it was written."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tasks.core.parallel import in_order
from tasks.programs.answers import program_in
from tasks.programs.sandbox import Limits, Outcome, run_program


class Problem(NamedTuple):
    """What is asked for in a row, and what was written.

    Attributes:
        tests: pieces of Python, each of which holds where it raises nothing.
        answers: that were written.
    """

    tests: tuple[str, ...]
    answers: tuple[str, ...]


def outcomes(
    problems: Sequence[Problem], limits: Limits, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> list[list[Outcome]]:
    """Say of every answer of every problem how its program ended.

    Args:
        progress: is told how many programs have been run, and of how many.
    """
    different = list(dict.fromkeys((answer, one.tests) for one in problems for answer in one.answers))
    ended: dict[tuple[str, tuple[str, ...]], Outcome] = {}
    for asked, outcome in zip(different, in_order(lambda one: _judged(*one, limits), different), strict=True):
        ended[asked] = outcome
        progress(len(ended), len(different))
    return [[ended[answer, one.tests] for answer in one.answers] for one in problems]


def _judged(answer: str, tests: tuple[str, ...], limits: Limits) -> Outcome:
    found = program_in(answer)
    return Outcome("refused", found.refused) if found.refused else run_program(found.program, tests, limits)

"""What of an answer is run, and what becomes of answers that hold no program."""

import pytest

from tasks.programs.answers import MOST_CHARS, program_in
from tasks.programs.judge import Problem, outcomes
from tasks.programs.sandbox import Limits, Outcome, why_not

PROGRAM = "def add(a, b):\n    return a + b\n"


@pytest.mark.parametrize(
    ("answer", "program"),
    [
        (PROGRAM, PROGRAM),
        (f"Here it is:\n```python\n{PROGRAM}```\nIt adds.", PROGRAM),
        (f"```\n{PROGRAM}```", PROGRAM),
        (f"```bash\npip install add\n```\n\n``` Python3\n{PROGRAM}```", PROGRAM),
        (f"~~~py\n{PROGRAM}~~~", PROGRAM),
        (f"```python\n{PROGRAM}", PROGRAM),
        (f"````python\nquote = '''\n```\n'''\n{PROGRAM}````", f"quote = '''\n```\n'''\n{PROGRAM}"),
        (f"```python\n{PROGRAM}```\n```python\nadd(1)\n```", PROGRAM),
    ],
)
def test_a_program_is_the_first_block_of_python_or_all_there_is(answer: str, program: str) -> None:
    assert program_in(answer) == (program, "")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("", "no program"),
        (" \n\t", "no program"),
        ("```python\n```", "no program"),
        ("```java\nint add() {}\n```", "no Python: java"),
        ("a" * (MOST_CHARS + 1), "100,001 characters; at most 100,000 are run"),
    ],
)
def test_what_is_no_python_is_refused_by_a_word(answer: str, why: str) -> None:
    assert program_in(answer) == ("", why)


@pytest.mark.sandbox
@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_each_program_is_run_once_and_its_outcome_stands_wherever_it_was_written() -> None:
    told: list[tuple[int, int]] = []
    problems = [
        Problem(("assert add(1, 2) == 3",), (PROGRAM, "no", PROGRAM, "")),
        Problem(("assert add(1, 2) == 4",), (PROGRAM,)),
        Problem((), ()),
    ]
    found = outcomes(problems, Limits(5, 512 << 20), lambda done, every: told.append((done, every)))
    assert [[one.kind for one in each] for each in found] == [["passed", "failed", "passed", "refused"], ["failed"], []]
    assert found[0][3] == Outcome("refused", "no program")
    assert told == [(done, 4) for done in range(1, 5)]

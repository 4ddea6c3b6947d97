"""Whether programs that a model writes do what is asked of them: several are drawn for every row with tests, and each
is run with these tests in a sandbox.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from tasks.core import ui
from tasks.core.layout import Layout
from tasks.core.rng import generator
from tasks.evaluate.settings import EvaluateSettings, RunCodeSettings
from tasks.manifests.scores import Measurement, ProgramExample, Programs, ProgramScore
from tasks.models.sampling import sampled
from tasks.objectives.parts import Trained, generation_of, predict_of
from tasks.programs.judge import Problem, outcomes
from tasks.programs.sandbox import Limits, Outcome
from tasks.rows.layout import BETWEEN, ROW_ID, SOURCE, matched_text
from tasks.statistics.pass_at_k import mean_with_interval, pass_at_k
from tasks.text.hashing import Ints

EXAMPLES, MOST_CHARS = 2, 600
"""Programs of each outcome that are shown, and characters of them."""
TESTS = "tests"
PROGRAM = pl.Struct({"written": pl.String, "outcome": pl.String, "why": pl.String})


class _Ran(NamedTuple):
    """What was written for rows with tests, and what became of it.

    Attributes:
        rows: as they were read.
        group: number of those that are redrawn together, shape (rows,).
        written, ended: the programs of each, and their outcomes.
        right: whether its own answer passes.
    """

    rows: pl.DataFrame
    group: Ints
    written: list[tuple[str, ...]]
    ended: list[list[Outcome]]
    right: list[bool]


def run_programs(
    trained: Trained, files: Sequence[Path], layout: Layout, task: str, settings: EvaluateSettings, seed: int
) -> tuple[pl.DataFrame, Programs]:
    """Draw programs for every row that has tests, run them, and run the rows' own answers, which say what can be
    reached.

    Args:
        files: of the rows.
        layout: of them; it has tests.
        settings: with those of programs.

    Returns:
        A line a row with tests (row_id, source, programs: what was written, its outcome and why), and the scores.
    """
    asked = settings.run_code or RunCodeSettings()
    ran, rng = _ran(trained, files, layout, task, asked, seed), generator(seed, "programs")
    sources = ran.rows[SOURCE].to_numpy()
    by_source = {
        str(name): _score(ran, np.flatnonzero(sources == name), asked, settings, rng) for name in dict.fromkeys(sources)
    }
    found = Programs(
        **dict(_score(ran, np.arange(len(sources)), asked, settings, rng)),
        samples=asked.samples,
        temperature=asked.temperature,
        by_source=by_source,
        examples=tuple(_examples(ran)),
    )
    return ran.rows.select(ROW_ID, SOURCE, programs=_listed(ran)), found


def _ran(trained: Trained, files: Sequence[Path], layout: Layout, task: str, asked: RunCodeSettings, seed: int) -> _Ran:
    rows = pl.concat([pl.read_parquet(file) for file in sorted(files)]).filter(pl.col(TESTS).list.len() > 0)
    written, right = _drawn(trained, rows, task, asked, seed), generation_of(task).right(rows)
    tests = [tuple(listed) for listed in rows[TESTS].to_list()]
    problems = [Problem(*one) for one in zip(tests, written, strict=True)]
    problems += [Problem(listed, (answer,)) for listed, answer in zip(tests, right, strict=True)]
    with ui.Progress("programs", "Running programs") as progress:

        def told(done: int, every: int) -> None:
            progress(done / every, f"{done:,} of {every:,} programs")

        ended = outcomes(problems, Limits(asked.seconds, asked.memory_mb << 20), told)
    reached = [one.kind == "passed" for (one,) in ended[len(tests) :]]
    matched = pl.concat_str([matched_text(layout, role) for role in layout.match], separator=BETWEEN)
    group = rows.select(matched.rank("dense").cast(pl.Int64))
    return _Ran(rows, group.to_series().to_numpy(), written, ended[: len(tests)], reached)


def _score(
    ran: _Ran, rows: Ints, asked: RunCodeSettings, settings: EvaluateSettings, rng: np.random.Generator
) -> ProgramScore:
    """Score some of the rows."""
    ended = [ran.ended[row] for row in rows]
    passed = [sum(one.kind == "passed" for one in each) for each in ended]
    pass_at: dict[str, Measurement] = {}
    for k in asked.k if ended else ():
        values = np.array([pass_at_k(asked.samples, count, k) for count in passed])
        pass_at[str(k)] = mean_with_interval(values, ran.group[rows], settings, rng)
    counts = Counter(one.kind for each in ended for one in each)
    right = sum(ran.right[row] for row in rows)
    return ProgramScore(rows=len(ended), outcomes=dict(counts.most_common()), right=right, pass_at=pass_at)


def _drawn(trained: Trained, rows: pl.DataFrame, task: str, asked: RunCodeSettings, seed: int) -> list[tuple[str, ...]]:
    """Let the model write for every row, several times."""
    if rows.is_empty():
        return []
    ready = predict_of(task).load(trained.folder)
    times = pl.Series(range(rows.height)).repeat_by(asked.samples).explode()
    how = sampled(asked.temperature, int(generator(seed, "drawn programs").integers(2**63)), ready.device)
    drawn = generation_of(task).drawn(ready, rows[times], trained, how)
    return [tuple(drawn[at : at + asked.samples]) for at in range(0, len(drawn), asked.samples)]


def _listed(ran: _Ran) -> pl.Series:
    rows = [
        [{"written": text, "outcome": one.kind, "why": one.why} for text, one in zip(texts, each, strict=True)]
        for texts, each in zip(ran.written, ran.ended, strict=True)
    ]
    return pl.Series(rows, dtype=pl.List(PROGRAM))


def _examples(ran: _Ran) -> Iterator[ProgramExample]:
    """Take the first programs of each outcome, no two of one row."""
    shown = Counter[str]()
    for row_id, texts, each in zip(ran.rows[ROW_ID], ran.written, ran.ended, strict=True):
        for kind in dict.fromkeys(one.kind for one in each):
            at = next(at for at, one in enumerate(each) if one.kind == kind)
            if shown[kind] < EXAMPLES:
                shown[kind] += 1
                yield ProgramExample(row_id=row_id, outcome=kind, why=each[at].why, written=texts[at][:MOST_CHARS])

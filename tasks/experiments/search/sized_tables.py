"""Scores of runs at several sizes: a table with columns that say how large each run was, several rows a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tasks.core.errors import RecipeError
from tasks.experiments.search.long_tables import long_scores
from tasks.experiments.search.surrogate import Matrix, Vector
from tasks.experiments.search.tables import Table, chosen_columns, nearest_column, numbers_of, read_table

POWERS = {"k": 1e3, "m": 1e6, "b": 1e9, "g": 1e9, "t": 1e12}


@dataclass(frozen=True)
class SizedScores:
    """Scores, a row for each run and size.

    Attributes:
        table: its rows are the names of runs, repeated.
        parts: what each column counts for.
        sizes: shape (R, S).
    """

    table: Table
    parts: Vector
    sizes: Matrix

    def rows_of(self, runs: Sequence[str], names: tuple[str, str]) -> NDArray[np.int64]:
        """Give the place of each row's run among those that have a mix.

        Raises:
            RecipeError: a run without a mix, or a mix without a score.
        """
        place = {run: number for number, run in enumerate(runs)}
        strange = sorted(set(self.table.rows) - set(runs))
        lacking = sorted(set(runs) - set(self.table.rows))
        for which, whole, other in ((strange, *names[::-1]), (lacking, *names)):
            if which:
                raise RecipeError(f"{len(which)} runs of {whole} are not in {other}: {', '.join(which[:5])}")
        return np.array([place[run] for run in self.table.rows])

    def at_one_size(self) -> NDArray[np.int64]:
        """Give the rows of the size that most runs have been scored at, the largest of several."""
        levels, level = np.unique(self.sizes, axis=0, return_inverse=True)
        counts = np.bincount(level)
        best = max(range(len(levels)), key=lambda number: (counts[number], np.log(levels[number]).sum()))
        return np.flatnonzero(level == best)


def parse_sizes(given: Sequence[str]) -> dict[str, float]:
    """Read `step=300000` and `model_size=1.4B`.

    Raises:
        RecipeError: no such form, or no number above 0.
    """
    sizes: dict[str, float] = {}
    for text in given:
        name, sign, value = text.rpartition("=")
        number = _number(value)
        if not sign or not name.strip() or number is None:
            raise RecipeError(
                f"--at {text}: want a column of the scores and a size above 0, such as step=300000 or model_size=1.4B"
            )
        sizes[name.strip()] = number
    return sizes


def read_sized_scores(path: Path, target: str, at: Mapping[str, float]) -> SizedScores:
    """Read scores with the sizes of their runs.

    Args:
        target: as in `read_scores`.
        at: the names of the columns of sizes are its keys.

    Raises:
        RecipeError: no such file or column; a size or a score that is no number; a run that stands there twice with the
            same size; rows that name no run.
    """
    frame = read_table(path)
    for name in at:
        if name not in frame.columns:
            near = nearest_column(name, frame.columns)
            raise RecipeError(f"{path.name} has no column {name!r}" + (f"; did you mean {near!r}?" if near else ""))
    frame, notes = long_scores(frame, path.name, tuple(at))
    sizes = np.column_stack([_sizes(frame[name], path.name) for name in at])
    table = numbers_of(frame.drop(list(at)), path.name, notes)
    if not table.keyed:
        raise RecipeError(
            f"{path.name}: with --at, a first column must name the run, so that its sizes are known as one"
        )
    seen = list(zip(table.rows, map(tuple, sizes.tolist()), strict=True))
    if len(set(seen)) < len(seen):
        run, size = next(one for one in seen if seen.count(one) > 1)
        raise RecipeError(
            f"{path.name}: run {run} stands there more than once at {', '.join(f'{one:g}' for one in size)}"
        )
    wanted, parts = chosen_columns(table, target, path.name)
    return SizedScores(replace(wanted, notes=notes), parts, sizes)


def _sizes(column: pl.Series, name: str) -> Vector:
    values = [_number(str(text)) for text in column.to_list()]
    for row, (text, value) in enumerate(zip(column.to_list(), values, strict=True), 1):
        if value is None:
            raise RecipeError(f"{name}: row {row}, {column.name!r}: {text} is no size above 0")
    return np.array(values, float)


def _number(text: str) -> float | None:
    bare = text.strip().replace(",", "").replace("_", "")
    power = POWERS.get(bare[-1:].lower(), 1.0)
    try:
        value = float(bare[:-1] if power > 1 else bare) * power
    except ValueError:
        return None
    return value if 0 < value < float("inf") else None

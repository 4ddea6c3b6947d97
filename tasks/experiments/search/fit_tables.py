"""Learn from runs made elsewhere: two tables in, weights and predictions out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from tasks.experiments.search.evidence import own_sources
from tasks.experiments.search.fit import Runs, learn, region_of
from tasks.experiments.search.fit_record import fit_record
from tasks.experiments.search.outcome import LEARNED
from tasks.experiments.search.prior import read_prior
from tasks.experiments.search.scale_law import SizedRuns
from tasks.experiments.search.sized_fit import learn_for_size
from tasks.experiments.search.sized_record import with_sizes
from tasks.experiments.search.sized_tables import parse_sizes, read_sized_scores
from tasks.experiments.search.surrogate import Matrix, Vector
from tasks.experiments.search.tables import Table, align, read_mixtures, read_scores
from tasks.experiments.search_record import FitRecord, Prediction

Predict = Callable[[Matrix], Vector]
"""Mixes (m, K) -> costs (m,)."""


@dataclass(frozen=True)
class Tables:
    """What `cuvee fit` is given.

    Attributes:
        mixtures, scores: paths of the tables.
        target: columns of the scores.
        predict: path of mixes whose scores are to be guessed.
        prior: the mix to stay near.
        at: columns that say how large runs were, each with the size that weights are for: `step=300000`.
    """

    mixtures: str
    scores: str
    target: str
    predict: str | None = None
    prior: str | None = None
    at: Sequence[str] = ()
    higher_is_better: bool = False

    @property
    def names(self) -> tuple[str, str]:
        """The names of the two files."""
        return Path(self.mixtures).name, Path(self.scores).name


def fit_files(tables: Tables) -> FitRecord:
    """Fit the scores to the mixes, recommend weights, and guess the scores of the mixes in `predict`.

    Raises:
        RecipeError: a table, a size or the prior cannot be used as it is; the text says which row and column.
        NotEnoughData: fewer than 5 runs.
    """
    mixes = read_mixtures(Path(tables.mixtures))
    wanted = read_mixtures(Path(tables.predict), mixes.columns) if tables.predict else None
    with threadpool_limits(1):  # matrices of some hundred rows: threads cost six times what they save
        record, predict = (_fit_sizes if tables.at else _fit)(tables, mixes)
    if wanted is None:
        return record
    sign = -1.0 if tables.higher_is_better else 1.0
    guessed = zip(wanted.rows, sign * predict(wanted.values), strict=True)
    predictions = tuple(Prediction(run=name, predicted=float(score)) for name, score in guessed)
    return record.model_copy(update={"notes": (*record.notes, *wanted.notes), "predictions": predictions})


def _fit(tables: Tables, mixes: Table) -> tuple[FitRecord, Predict]:
    scored, parts = read_scores(Path(tables.scores), tables.target)
    scored = align(mixes, scored, tables.names)
    runs, notes = _runs(tables, mixes, scored, mixes.values, parts)
    learned = learn(runs)
    return fit_record(runs, learned, (*mixes.notes, *scored.notes, *notes)), learned.surrogate.predict


def _fit_sizes(tables: Tables, mixes: Table) -> tuple[FitRecord, Predict]:
    """Fit runs of several sizes; whether anything was learned is asked of the size that most runs have."""
    at = parse_sizes(tables.at)
    scored = read_sized_scores(Path(tables.scores), tables.target, at)
    places, level = scored.rows_of(mixes.rows, tables.names), scored.at_one_size()
    rows = tuple(scored.table.rows[row] for row in level)
    one_size = replace(scored.table, rows=rows, values=scored.table.values[level])
    runs, notes = _runs(tables, mixes, one_size, mixes.values[places[level]], scored.parts)
    learned = learn(runs)
    told = (*mixes.notes, *scored.table.notes, *notes)
    if learned.outcome != LEARNED:
        return fit_record(runs, learned, told), learned.surrogate.predict
    costs = runs.sign * scored.table.values
    known = SizedRuns(places, mixes.values[places], scored.sizes, costs, scored.parts)
    size = np.array(list(at.values()))
    even = np.full(len(mixes.columns), 1 / len(mixes.columns))
    found = learn_for_size(known, size, region_of(runs), even if runs.prior is None else runs.prior, runs.seed)
    there = replace(learned, mix=found.mix, low=found.low, high=found.high, guessed=found.guessed)
    record = with_sizes(fit_record(runs, there, told), runs, learned.why, found, tuple(at))
    return record, partial(found.law.predict, sizes=size)


def _runs(tables: Tables, mixes: Table, scored: Table, shares: Matrix, parts: Vector) -> tuple[Runs, tuple[str, ...]]:
    prior, notes = read_prior(tables.prior, mixes.columns) if tables.prior else (None, ())
    own = own_sources(mixes.columns, scored.columns, scored.among)
    better = tables.higher_is_better
    runs = Runs(scored.rows, mixes.columns, shares, scored.columns, scored.values, parts, better, prior, own=own)
    return runs, notes

"""Learn from runs made elsewhere: two tables in, weights and predictions out."""

from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from tasks.experiments.search.fit import Runs, learn
from tasks.experiments.search.fit_record import report
from tasks.experiments.search.prior import read_prior
from tasks.experiments.search.tables import align, read_mixtures, read_scores


def fit_files(
    mixtures: str, scores: str, target: str, predict: str | None, prior: str | None, *, higher_is_better: bool
) -> dict[str, Any]:
    """Fit the scores to the mixes, recommend weights, and guess the scores of the mixes in `predict`.

    Raises:
        RecipeError: a table or the prior cannot be used as it is; the text says which row and column.
        NotEnoughData: fewer than 5 runs.
    """
    mixes = read_mixtures(Path(mixtures))
    found, parts = read_scores(Path(scores), target)
    found = align(mixes, found, (Path(mixtures).name, Path(scores).name))
    shares, told = read_prior(prior, mixes.columns) if prior else (None, ())
    wanted = read_mixtures(Path(predict), mixes.columns) if predict else None
    runs = Runs(mixes.rows, mixes.columns, mixes.values, found.columns, found.values, parts, higher_is_better, shares)
    with threadpool_limits(1):  # matrices of some hundred rows: threads cost six times what they save
        learned = learn(runs)
    notes = (*mixes.notes, *found.notes, *(wanted.notes if wanted else ()), *told)
    answer = report(runs, learned, notes)
    if wanted is not None:
        guessed = runs.sign * learned.tried[0].predict(wanted.values)
        answer["predictions"] = [
            {"run": name, "predicted": float(score)} for name, score in zip(wanted.rows, guessed, strict=True)
        ]
    return plain(answer)


def plain(value: Any) -> Any:
    """Turn numpy's numbers into Python's, all the way down."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value.item() if isinstance(value, np.generic) else value

"""Learn from runs made elsewhere: two tables in, weights and predictions out."""

from pathlib import Path

from threadpoolctl import threadpool_limits

from tasks.experiments.search.evidence import own_sources
from tasks.experiments.search.fit import Runs, learn
from tasks.experiments.search.fit_record import fit_record
from tasks.experiments.search.prior import read_prior
from tasks.experiments.search.tables import align, read_mixtures, read_scores
from tasks.experiments.search_record import FitRecord, Prediction


def fit_files(
    mixtures: str, scores: str, target: str, predict: str | None, prior: str | None, *, higher_is_better: bool
) -> FitRecord:
    """Fit the scores to the mixes, recommend weights, and guess the scores of the mixes in `predict`.

    Raises:
        RecipeError: a table or the prior cannot be used as it is; the text says which row and column.
        NotEnoughData: fewer than 5 runs.
    """
    mixes = read_mixtures(Path(mixtures))
    scored, parts = read_scores(Path(scores), target)
    scored = align(mixes, scored, (Path(mixtures).name, Path(scores).name))
    shares, prior_notes = read_prior(prior, mixes.columns) if prior else (None, ())
    wanted = read_mixtures(Path(predict), mixes.columns) if predict else None
    runs = Runs(
        mixes.rows,
        mixes.columns,
        mixes.values,
        scored.columns,
        scored.values,
        parts,
        higher_is_better,
        shares,
        own=own_sources(mixes.columns, scored.columns, scored.among),
    )
    with threadpool_limits(1):  # matrices of some hundred rows: threads cost six times what they save
        learned = learn(runs)
    notes = (*mixes.notes, *scored.notes, *(wanted.notes if wanted else ()), *prior_notes)
    record = fit_record(runs, learned, notes)
    if wanted is None:
        return record
    guessed = runs.sign * learned.surrogate.predict(wanted.values)
    predictions = [
        Prediction(run=name, predicted=float(score)) for name, score in zip(wanted.rows, guessed, strict=True)
    ]
    return record.model_copy(update={"predictions": tuple(predictions)})

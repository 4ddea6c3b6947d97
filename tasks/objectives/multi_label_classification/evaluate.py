"""A classifier with several labels, measured by its sets: micro-F1, macro-F1, whole sets, and how likely it finds them;
against always giving one set.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from tasks.core.rng import generator
from tasks.manifests.scores import Metrics
from tasks.objectives.multi_label_classification.baseline import best_set, frequencies, together
from tasks.objectives.multi_label_classification.measures import MEASURED
from tasks.objectives.multi_label_classification.predict import BORNE, chances, load, named
from tasks.objectives.parts import Trained
from tasks.statistics.calibration import of_sets
from tasks.statistics.redrawn import Figures, Judged, Look, evaluated, share, sums_of
from tasks.statistics.resampling import Resampling
from tasks.text.hashing import Floats

LEAST = np.finfo(float).tiny


def score(
    trained: Trained, train: Sequence[Path], holdout: Sequence[Path], settings: Resampling, seed: int
) -> tuple[pl.DataFrame, Metrics]:
    """Predict the labels of every hold-out row: those whose probability is above ½.

    Returns:
        Predictions (row_id, source, labels, predicted, loss = −Σ log p over all labels, there or not, in nats,
        p_<label> …), and the metrics.
    """
    names = trained.labels
    columns = ["row_id", "source", "text", "labels"]
    rows = pl.concat([pl.read_parquet(file, columns=columns) for file in sorted(holdout)])
    likely = chances(load(trained.folder), rows, trained)
    truth, predicted, sources = sets(rows["labels"], names), (likely > BORNE).astype(float), rows["source"].to_list()
    each = frequencies(train, names)
    mix = together(each)
    held = [each.get(source, mix) for source in sources]
    guesses = {source: best_set(own) for source, own in each.items()} | {"": best_set(mix)}
    own = np.stack([guesses.get(source, guesses[""]) for source in sources])
    judged = Judged(
        model=figures(truth, predicted, likely),
        mix=figures(truth, np.broadcast_to(guesses[""], truth.shape), np.broadcast_to(mix.chances, truth.shape)),
        own=figures(truth, own, np.stack([one.chances for one in held])),
        learned=frozenset(each),
    )
    rng = np.random.default_rng(seed)
    metrics = evaluated(
        judged,
        sources,
        np.arange(len(rows)),
        Look(MEASURED.main.key, shares=frozenset({"subset_accuracy"})),
        settings,
        rng,
    )
    each_label = [pl.Series(f"p_{label}", likely[:, number]) for number, label in enumerate(names)]
    always, loss = [names[at] for at in np.flatnonzero(guesses[""])], nats(truth, likely)
    found = {
        "baseline": metrics.baseline.model_copy(update={"label": ", ".join(always)}),
        "calibration": of_sets(likely, truth, loss, settings, generator(seed, "calibration")),
    }
    table = rows.drop("text").with_columns(named(likely, names), pl.Series("loss", loss), *each_label)
    return table, metrics.model_copy(update=found)


def sets(labels: pl.Series, names: Sequence[str]) -> Floats:
    """Give lists of labels as 0 and 1, shape (rows, labels)."""
    return np.array([[label in row for label in names] for row in labels.to_list()], float).reshape(-1, len(names))


def nats(truth: Floats, chances: Floats) -> Floats:
    """Give −log p of every row's set, each label by itself, shape (rows,)."""
    return -np.log(np.maximum(np.where(truth > 0, chances, 1 - chances), LEAST)).sum(1)


def figures(truth: Floats, predicted: Floats, chances: Floats) -> Figures:
    """Measure sets of labels. F1 = 2TP / (2TP + FP + FN), over all labels together (micro), and as the mean over labels
    that stand on either side (macro).
    """
    count = truth.shape[1]
    whole = (truth == predicted).all(1).astype(float)
    columns = [*(2 * truth * predicted).T, *(truth + predicted).T, whole, nats(truth, chances), np.ones(len(truth))]

    def of(*sums: Floats) -> dict[str, Floats]:
        right, either = np.stack(sums[:count]), np.stack(sums[count : 2 * count])
        exact, loss, rows = sums[2 * count :]
        macro = share(share(right, either).sum(0), (either > 0).sum(0).astype(float))
        return {
            "micro_f1": share(right.sum(0), either.sum(0)),
            "macro_f1": macro,
            "subset_accuracy": exact / rows,
            "set_perplexity": np.exp(loss / rows),
        }

    return sums_of(columns, of)

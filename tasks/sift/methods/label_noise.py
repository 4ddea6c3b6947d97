"""Label noise by confident learning: drop rows whose label cross-validated probabilities contradict (Northcutt et al.
2021, arXiv 1911.00068).

Five folds over all sources; logistic regression on hashed words and pairs of words predicts each row from models that
have not seen it. The
threshold of a label is the mean probability of it over the rows that bear it (eq. 2); a row whose most probable label
among those above
their thresholds is another one counts as wrong (off the diagonal of the confident joint, eq. 1). Of these go the ones
with the largest
margin p(other) - p(own) ("prune by noise rate"), at most the share `drop` of each source.

Recipe:
    kind: label-noise
    drop: 0.05
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tasks.core.imports import importing
from tasks.core.rng import generator
from tasks.sift.rows import BATCH_ROWS, LOST, Judged, batches, chosen, examples, features, lost
from tasks.sift.settings import SiftSettings

FOLDS = 5
LEARNED = 40_000
"""Most rows that one model learns from."""


class Params(SiftSettings):
    """Settings of the judge."""

    kind: Literal["label-noise"] = "label-noise"


def suspects(chances: NDArray[np.float64], labels: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find the rows whose label is probably wrong.

    Args:
        chances: shape (rows, labels), each row predicted by a model that has not seen it.
        labels: shape (rows,), column of each row's own label.

    Returns:
        The label each row seems to have (its own where nothing speaks against it), and the margin p(that) - p(own).
    """
    thresholds = np.array(
        [
            chances[labels == label, label].mean() if (labels == label).any() else np.inf
            for label in range(chances.shape[1])
        ]
    )
    above = np.where(chances >= thresholds, chances, -1.0)
    seems = np.where(above.max(1) >= 0, above.argmax(1), labels)
    rows = np.arange(len(labels))
    return seems, chances[rows, seems] - chances[rows, labels]


def judged(train: Mapping[str, Path], params: Params, seed: int) -> Judged:
    """Judge the labels of all rows."""
    files = chosen(train, params.sources, "label-noise.sources")
    frames = {name: pl.concat(list(batches(path))) for name, path in files.items()}
    texts = pl.concat([frame["text"] for frame in frames.values()])
    names = sorted({label for frame in frames.values() for label in frame["label"].unique()})
    labels = (
        pl.concat([frame["label"] for frame in frames.values()])
        .replace_strict(names, range(len(names)), return_dtype=pl.Int64)
        .to_numpy()
    )
    chances = predicted(texts, labels, len(names), generator(seed, "label-noise"))
    seems, margin = suspects(chances, labels)
    sources = np.repeat(np.arange(len(files)), [frame.height for frame in frames.values()])
    gone, shown = [pl.DataFrame(schema=LOST)], list[dict[str, str]]()
    for number, (name, path) in enumerate(files.items()):
        mine = np.flatnonzero(sources == number)
        wrong = np.flatnonzero(seems[mine] != labels[mine])
        rows = wrong[np.argsort(-margin[mine][wrong], kind="stable")][: int(params.drop * len(mine))]
        gone.append(lost(name, rows, "label_contradicted"))
        shown += examples(
            name,
            path,
            rows,
            [
                f"seems {names[seems[at]]}: {chances[at, seems[at]]:.2f} against {chances[at, labels[at]]:.2f}"
                for at in mine[rows]
            ],
        )
    accuracy = float((chances.argmax(1) == labels).mean())
    return Judged(
        pl.concat(gone),
        {"suspected": int((seems != labels).sum()), "rows": len(labels), "accuracy": round(accuracy, 4)},
        shown,
    )


def predicted(texts: pl.Series, labels: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Predict each row's label by a model of the other folds: shape (rows, count)."""
    with importing:
        from sklearn.linear_model import LogisticRegression

    fold = rng.permutation(len(labels)) % FOLDS
    chances = np.zeros((len(labels), count))
    for number in range(FOLDS):
        others, mine = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        learned = others if len(others) <= LEARNED else np.sort(rng.choice(others, LEARNED, replace=False))
        seen = np.unique(labels[learned])
        if len(seen) == 1:
            chances[mine, seen] = 1
            continue
        model = LogisticRegression(C=10.0, max_iter=300).fit(features(texts[learned]), labels[learned])
        for start in range(0, len(mine), BATCH_ROWS):
            rows = mine[start : start + BATCH_ROWS]
            chances[np.ix_(rows, seen)] = model.predict_proba(features(texts[rows]))
    return chances

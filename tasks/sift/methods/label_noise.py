"""Label noise by confident learning: drop rows whose label cross-validated probabilities contradict (Northcutt et al.
2021, arXiv 1911.00068).

Five folds over all sources; logistic regression on hashed words and pairs of words predicts each row from models that
have not seen it. The threshold of a label is the mean probability of it over the rows that bear it (eq. 2); a row whose
most probable label among those above their thresholds is another one counts as wrong (off the diagonal of the confident
joint, eq. 1). Of these go the ones with the largest margin p(other) - p(own) ("prune by noise rate"), at most the share
`drop` of each source.

Recipe:
    kind: label-noise
    drop: 0.05
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tasks.core.imports import importing
from tasks.core.rng import generator
from tasks.rows.dropping import Removal
from tasks.rows.layout import RowFile
from tasks.sift.rows import BATCH_ROWS, chosen, features, judged_rows, removal
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


def judge(train: Mapping[str, RowFile], params: Params, seed: int) -> Removal:
    """Judge the labels of all rows."""
    files = chosen(train, params.sources, "label-noise.sources")
    if not files:
        return removal(params.kind, [], train, "margin", {"rows judged": 0})
    frames = {name: pl.concat(list(path.batches(BATCH_ROWS))) for name, path in files.items()}
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
    parts: list[pl.DataFrame] = []
    for number, (name, frame) in enumerate(frames.items()):
        own = np.flatnonzero(sources == number)
        wrong = np.flatnonzero(seems[own] != labels[own])
        rows = wrong[np.argsort(-margin[own][wrong], kind="stable")][: int(params.drop * frame.height)]
        why = [
            f"labelled {names[labels[at]]} ({chances[at, labels[at]]:.2f}), seems {names[seems[at]]} "
            f"({chances[at, seems[at]]:.2f})"
            for at in own[rows]
        ]
        parts.append(judged_rows(name, rows, "label_contradicted", margin[own], why))
    accuracy = float((chances.argmax(1) == labels).mean())
    figures = {
        "rows judged": len(labels),
        "labels contradicted": int((seems != labels).sum()),
        "accuracy on unseen rows": round(accuracy, 4),
    }
    return removal(params.kind, parts, train, "margin", figures)


def predicted(texts: pl.Series, labels: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Predict each row's label by a model of the other folds: shape (rows, count)."""
    with importing:
        from sklearn.linear_model import LogisticRegression

    fold = rng.permutation(len(labels)) % FOLDS
    chances = np.zeros((len(labels), count))
    for number in range(FOLDS):
        others, held_out = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        learned = others if len(others) <= LEARNED else np.sort(rng.choice(others, LEARNED, replace=False))
        seen = np.unique(labels[learned])
        if len(seen) == 1:
            chances[held_out, seen] = 1
            continue
        model = LogisticRegression(C=10.0, max_iter=300).fit(features(texts[learned]), labels[learned])
        for start in range(0, len(held_out), BATCH_ROWS):
            rows = held_out[start : start + BATCH_ROWS]
            chances[np.ix_(rows, seen)] = model.predict_proba(features(texts[rows]))
    return chances

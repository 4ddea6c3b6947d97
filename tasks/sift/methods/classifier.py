"""Quality classifier: drop the rows that look least like a source that is known to be good.

Logistic regression on hashed words and pairs of words, trained on rows of the good sources against rows of the others,
as GPT-3 filtered web pages (Brown et al. 2020, arXiv 2005.14165, appendix A). The other sources lose their share of
rows with the lowest probability of "good". The area under the ROC curve, on rows the classifier has not seen, says
whether it can tell at all: near 0.5 it cannot, and drops at random.

Recipe:
    kind: classifier
    good: [papers]
    drop: 0.1
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import polars as pl
from pydantic import Field

from tasks.core.errors import RecipeError
from tasks.core.imports import importing
from tasks.core.rng import generator
from tasks.rows.dropping import Removal
from tasks.rows.layout import RowFile
from tasks.sift.rows import BATCH_ROWS, chosen, features, judged_rows, removal, sample, trusted, worst
from tasks.sift.settings import SiftSettings, Trusted

SAMPLE = 20_000
"""Most rows of either side that are learned from."""
UNSEEN = 0.2


class Params(SiftSettings):
    """Settings of the judge."""

    kind: Literal["classifier"] = "classifier"
    good: Trusted = Field(min_length=1)
    """Sources whose rows are good; they are not judged."""


def judge(train: Mapping[str, RowFile], params: Params, seed: int) -> Removal:
    """Judge the rows of the other sources.

    Raises:
        RecipeError: no source is left to judge, or one has no such name.
    """
    with importing:
        from sklearn.linear_model import LogisticRegression
        from sklearn.metrics import roc_auc_score

    if set(params.sources or train) <= set(params.good):
        raise RecipeError("sift.classifier: every source is good, so there is nothing to judge")
    good = trusted(train, params.good, "classifier.good")
    others = {
        name: path for name, path in chosen(train, params.sources, "classifier.sources").items() if name not in good
    }
    if not others:
        return removal(params.kind, [], train, "probability of good", {"good sources": ", ".join(good)})
    rng = generator(seed, "classifier")
    sides = [
        pl.concat([sample(path, SAMPLE // len(files), rng)["text"] for path in files.values()])
        for files in (others, good)
    ]
    texts, is_good = pl.concat(sides), np.repeat([0, 1], [len(side) for side in sides])
    unseen = rng.random(len(texts)) < UNSEEN
    matrix = features(texts)
    model = LogisticRegression(C=10.0, class_weight="balanced", max_iter=300)
    model.fit(matrix[~unseen], is_good[~unseen])
    both = len(set(is_good[unseen].tolist())) == 2
    auc = float(roc_auc_score(is_good[unseen], model.predict_proba(matrix[unseen])[:, 1])) if both else None
    parts: list[pl.DataFrame] = []
    for name, path in others.items():
        own = (rows["text"] for rows in path.batches(BATCH_ROWS))
        chances = np.concatenate([model.predict_proba(features(some))[:, 1] for some in own])
        parts.append(judged_rows(name, worst(-chances, params.drop), "low_quality", chances))
    figures = {
        "good sources": ", ".join(good),
        "rows learned from": len(texts),
        "ROC area": None if auc is None else round(auc, 4),
    }
    return removal(params.kind, parts, train, "probability of good", figures)

"""By how hard a classifier finds it to tell a source's texts from the target's (adversarial validation).

A logistic regression on hashed n-grams is trained to separate each source from the target, cross-validated on as many
rows of one as of the other. Its area under the ROC curve is 0.5 where nothing tells them apart, 1 where everything
does:

    w_i ∝ min(1, 2 (1 − AUC_i))

Sizes do not matter. The target itself gets `own`.

Recipe:
    kind: adversarial
    target: reviews
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import polars as pl

from tasks.core.imports import importing
from tasks.core.rng import generator
from tasks.models.probes import features_of, held_out_logits
from tasks.weigh.evidence import Evidence, SourceData
from tasks.weigh.target import TargetSettings, around

MOST_ROWS = 2_000
"""Rows of each side that are compared."""
TOLD_APART = 0.97
"""Areas under the curve above this differ by little that matters."""


class Params(TargetSettings):
    """What to be hard to tell from."""

    kind: Literal["adversarial"] = "adversarial"


def evidence(sources: SourceData, params: Params) -> Evidence:
    """Give every other source's area under the curve, and the `relevance` that follows from it."""
    texts = {name: rows["text"] for name, rows in sources.samples.items()}
    areas = {
        name: separation(texts[name], texts[params.target], generator(sources.seed, "folds", name))
        for name in texts
        if name != params.target
    }
    terms = {"AUC": areas, "relevance": {name: nearness(auc) for name, auc in areas.items()}}
    if min(areas.values(), default=0.0) <= TOLD_APART:
        return Evidence(terms)
    shown = ", ".join(f"{name} {auc:.3f}" for name, auc in areas.items())
    doubt = f"every source is told from the target almost always (AUC {shown}): the weights rest on little"
    return Evidence(terms, (doubt,))


def separation(source: pl.Series, target: pl.Series, rng: np.random.Generator) -> float:
    """Give the cross-validated area under the ROC curve of source against target, as many texts of one as of the other.

    0.5 = nothing tells them apart, 1 = everything does. A source without two texts counts as told apart.
    """
    rows = min(len(source), len(target), MOST_ROWS)
    if rows < 2:
        return 1.0
    with importing:
        from sklearn.metrics import roc_auc_score

    features = features_of(pl.concat([source.head(rows), target.head(rows)]))
    is_target = np.repeat(np.array([0, 1]), rows)
    logits = held_out_logits(features, is_target, 2, rng)
    return float(roc_auc_score(is_target, logits[:, 1] - logits[:, 0]))


def nearness(auc: float) -> float:
    """Turn an area under the curve into 1 (cannot be told apart) .. 0 (always told apart): min(1, 2 (1 − AUC))."""
    return min(1.0, 2 * (1 - auc))


def propose_from(sizes: Mapping[str, float], params: Params, evidence: Evidence) -> dict[str, float]:
    """Give each source a share by how much it is like the target."""
    return around(sizes, params.target, params.own, evidence.terms.get("relevance", {}))

"""By the average of one cheap model per source that predicts a target best (Merge to Mix; arXiv 2505.16066).

One proxy, a logistic regression on hashed n-grams from the same start, is trained on each source alone. The model with
parameters θ(w) = Σ_i w_i θ_i stands in for a model trained on the mix w, so a mix is tried without training on it; w
minimises the loss of θ(w) on the target's labelled rows, which is convex in w for these models. K short trainings, each
cached; the target itself gets `own`.

Recipe:
    kind: merge-to-mix
    target: reviews
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np

from tasks.core.imports import importing
from tasks.models.linear import log_softmax
from tasks.text.hashing import Floats, Ints
from tasks.weigh.evidence import Evidence, SourceData
from tasks.weigh.probes import explained_by_probes
from tasks.weigh.target import TargetSettings, around


class Params(TargetSettings):
    """What to predict."""

    kind: Literal["merge-to-mix"] = "merge-to-mix"

    @property
    def trains_probes(self) -> bool:
        """Whether a model of each source is wanted."""
        return True


def evidence(sources: SourceData, params: Params) -> Evidence:
    """Give the other sources' weights in the average of their models."""
    return Evidence(explained_by_probes(sources, params.target, merge_weights))


def merge_weights(logits: Floats, labels: Ints) -> Floats:
    """Minimise the loss of the averaged model on the target's rows: L(w) = mean_(x,y) −log softmax(Σ_i w_i z_i(x))_y
    over the simplex.

    The logits of an average of linear models are the average of their logits, so L is convex in w; its optimum is found
    by sequential quadratic programming with the exact gradient.

    Args:
        logits: z_i(x), shape (K, n, labels).
        labels: class numbers, shape (n,).
    """
    with importing:
        from scipy.optimize import minimize

    truth = np.eye(logits.shape[2])[labels]

    def loss(weights: Floats) -> tuple[float, Floats]:
        logs = log_softmax(np.tensordot(weights, logits, 1))
        gradient = np.einsum("kny,ny->k", logits, np.exp(logs) - truth) / len(labels)
        return float(-(logs * truth).sum() / len(labels)), gradient

    count = len(logits)
    optimum = minimize(
        loss,
        np.full(count, 1 / count),
        jac=True,
        method="SLSQP",
        bounds=[(0, 1)] * count,
        constraints={"type": "eq", "fun": lambda weights: weights.sum() - 1, "jac": np.ones_like},
        options={"maxiter": 500, "ftol": 1e-12},
    )
    weights = np.clip(optimum.x, 0, 1)
    return weights / weights.sum()


def propose_from(sizes: Mapping[str, float], params: Params, evidence: Evidence) -> dict[str, float]:
    """Give each source its weight in the average."""
    return around(sizes, params.target, params.own, evidence.terms.get("explains", {}))

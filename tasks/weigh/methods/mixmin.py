"""By the mixture of one cheap model per source that predicts a target best (MixMin; Thudi et al. 2025, arXiv
2502.10510).

One proxy, a logistic regression on hashed n-grams, is trained on each source alone. The weights maximise (1/n) Σ_(x,y)
log Σ_i w_i p_i(y|x) over the target's labelled rows; the problem is concave and EM ends at its optimum. These weights
of the models then weigh the data. K short trainings, each cached; the target itself gets `own`.

Recipe:
    kind: mixmin
    target: reviews
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np

from tasks.models.linear import log_softmax
from tasks.models.mixture import em_weights
from tasks.text.hashing import Floats, Ints
from tasks.weigh.evidence import Evidence, SourceData
from tasks.weigh.probes import explained_by_probes
from tasks.weigh.target import TargetSettings, around

LEAST = 1e-3
"""Least probability of a label: one row that a model finds impossible shall not decide."""


class Params(TargetSettings):
    """What to predict."""

    kind: Literal["mixmin"] = "mixmin"

    @property
    def trains_probes(self) -> bool:
        """Whether a model of each source is wanted."""
        return True


def evidence(sources: SourceData, params: Params) -> Evidence:
    """Give the other sources' weights in the mixture of their models."""
    return Evidence(explained_by_probes(sources, params.target, mixture_weights))


def mixture_weights(logits: Floats, labels: Ints) -> Floats:
    """Maximise (1/n) Σ_(x,y) log Σ_i w_i p_i(y|x), by EM.

    Args:
        logits: of each source's model on the target's rows, shape (K, n, labels).
        labels: class numbers of those rows, shape (n,).
    """
    chances = np.maximum(np.exp(log_softmax(logits)), LEAST)
    chances /= chances.sum(-1, keepdims=True)
    return em_weights(np.log(chances[:, np.arange(len(labels)), labels]).T)


def propose_from(sizes: Mapping[str, float], params: Params, evidence: Evidence) -> dict[str, float]:
    """Give each source the weight of its model."""
    return around(sizes, params.target, params.own, evidence.terms.get("explains", {}))

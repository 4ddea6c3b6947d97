"""By hashed n-gram importance to a target (DSIR; Xie et al. 2023, arXiv 2302.03169), without training.

Words and pairs of words are hashed into 10,000 buckets; p are their frequencies in the target, q in all other sources
together. A row's importance is log r(x) = Σ_g log p(g)/q(g) / n over its n words and pairs, and a source of size n_i
gets

    w_i ∝ n_i · (mean over its rows of r(x))^sharpness

With sharpness 1 that is the share that its rows would have in a sample drawn by r. A mean over n-grams, most of which
all texts share, is flat, so the default is sharper. The target itself gets `own`.

Recipe:
    kind: dsir
    target: reviews
    own: 0.1
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from pydantic import Field

from tasks.models.importance import log_importance, log_ratio
from tasks.text.hashing import Grams, grams
from tasks.weigh.evidence import Evidence, SourceData
from tasks.weigh.target import TargetSettings, around

BOUND = 5.0
"""Bound on the mean log importance of a row's n-grams, so that a few odd rows are not all of a source's mean."""


class Params(TargetSettings):
    """What to be like."""

    kind: Literal["dsir"] = "dsir"
    sharpness: float = Field(default=5.0, gt=0, allow_inf_nan=False)
    """How much more a likelier source gets: the power of its mean importance."""


def evidence(sources: SourceData, params: Params) -> Evidence:
    """Give the mean importance of every other source's rows as its `relevance`."""
    sizes = {account.source: float(account.rows) for account in sources.accounts}
    hashed = {name: grams(rows["text"]) for name, rows in sources.samples.items()}
    return Evidence({"relevance": mean_importance(hashed, sizes, params.target)})


def mean_importance(grams: Mapping[str, Grams], sizes: Mapping[str, float], target: str) -> dict[str, float]:
    """Give each source's mean importance, (1/n) Σ_x e^(log w(x) / length of x), the target left out.

    Args:
        grams: of a sample of each source, the target among them.
        sizes: rows that each source holds: the pool is all of them, not the samples.
    """
    others = {name: sampled for name, sampled in grams.items() if name != target}
    pool = np.zeros(grams[target].buckets)
    for name, sampled in others.items():
        if sampled.rows:
            pool += sampled.counts() * (sizes[name] / sampled.rows)
    ratio = log_ratio(grams[target].counts(), pool)
    per_gram = {
        name: log_importance(sampled, ratio) / np.maximum(sampled.lengths(), 1) for name, sampled in others.items()
    }
    return {
        name: float(np.exp(np.clip(values, -BOUND, BOUND)).mean()) if len(values) else 0.0
        for name, values in per_gram.items()
    }


def propose_from(sizes: Mapping[str, float], params: Params, evidence: Evidence) -> dict[str, float]:
    """Give each source its size times the mean importance of its rows."""
    relevance = evidence.terms.get("relevance", {})
    return around(
        sizes,
        params.target,
        params.own,
        {name: size * relevance.get(name, 0.0) ** params.sharpness for name, size in sizes.items()},
    )

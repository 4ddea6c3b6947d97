"""Group distributionally robust optimisation: an adversary raises the weight of the source with the largest loss.

min over models, max over weights of Σ w_i L_i, by exponentiated gradient: w ∝ w · exp(rate · L), then mixed with the
uniform weights (Sagawa et al. 2020, arXiv 1911.08731, algorithm 1; smoothing as in DoReMi, Xie et al. 2023, arXiv
2305.10429, algorithm 1). Sampling by w makes the gradient's mean Σ w_i ∇L_i. A source of pure noise keeps the largest
loss and would take over; the smoothing bounds that, clean labels prevent it.

Recipe:
    kind: group-dro
    rate: 1.0
"""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from tasks.train.settings import OnlineSettings
from tasks.train.state import OnlineState

PROBES = False


class Params(OnlineSettings):
    """Settings of group DRO."""

    kind: Literal["group-dro"] = "group-dro"
    rate: float = Field(default=1.0, gt=0, le=100)
    """Step size of the adversary."""
    smoothing: float = Field(default=0.05, ge=0, le=1)
    """Share of the uniform weights in the weights."""


def step(weights: Sequence[float], scores: Sequence[float], rate: float, smoothing: float) -> NDArray[np.float64]:
    """Take one step of exponentiated gradient: w ∝ w · exp(rate · score), then (1 − smoothing) · w + smoothing / K."""
    log = np.log(weights) + rate * np.asarray(scores)
    raised = np.exp(log - log.max())
    return (1 - smoothing) * raised / raised.sum() + smoothing / len(raised)


class State(OnlineState):
    """Where group DRO stands."""

    last: tuple[float, ...]
    """The last loss known of each source."""


def begin(shares: Sequence[float], windows: int, params: Params, seed: int) -> State:
    """Start from the shares of the mix."""
    return State(weights=tuple(shares), last=(0.0,) * len(shares))


def update(state: State, losses: Sequence[float], fall: float, params: Params) -> State:
    """Raise the weights of sources with large losses.

    Args:
        losses: mean training loss of each source in the window; NaN for one that was not in it, whose last loss counts.
        fall: not used.
    """
    scores = [last if math.isnan(loss) else loss for loss, last in zip(losses, state.last, strict=True)]
    weights = step(state.weights, scores, params.rate, params.smoothing)
    return State(weights=tuple(weights.tolist()), last=tuple(scores))

"""Online data mixing: sample by a smoothed exp(loss) of each source, explore less as time goes by.

R_i = 0.9 R_i + 0.1 exp(L_i); ε_t = min(1/K, √(ln K / (K t))); p_i = (1 − K ε_t) R_i / Σ R + ε_t (Albalak et al. 2023,
arXiv 2312.02406, in the form that its code uses). It favours sources that are hard, whatever the target.

Recipe:
    kind: odm
    every: 5
"""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from tasks.train.settings import OnlineSettings
from tasks.train.state import OnlineState

PROBES = False
KEPT = 0.9
"""Of the running mean, at each update."""


class Params(OnlineSettings):
    """Settings of online data mixing."""

    kind: Literal["odm"] = "odm"


class State(OnlineState):
    """Where online data mixing stands."""

    smoothed: tuple[float, ...]
    """R of each source."""
    updates: int


def begin(shares: Sequence[float], windows: int, params: Params, seed: int) -> State:
    """Start from uniform weights, as the paper does."""
    return State(weights=(1 / len(shares),) * len(shares), smoothed=(0.0,) * len(shares), updates=0)


def update(state: State, losses: Sequence[float], fall: float, params: Params) -> State:
    """Follow the losses.

    Args:
        losses: mean training loss of each source in the window; NaN for one that was not in it, whose mean stays.
        fall: not used.
    """
    pairs = zip(state.smoothed, losses, strict=True)
    smoothed = [old if math.isnan(loss) else KEPT * old + (1 - KEPT) * math.exp(loss) for old, loss in pairs]
    count, updates = len(smoothed), state.updates + 1
    explore = min(1 / count, math.sqrt(math.log(count) / (count * updates)))
    shares = np.array(smoothed) / sum(smoothed) if any(smoothed) else np.full(count, 1 / count)
    weights = (1 - count * explore) * shares + explore
    return State(weights=tuple(weights.tolist()), smoothed=tuple(smoothed), updates=updates)

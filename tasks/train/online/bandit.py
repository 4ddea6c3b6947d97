"""A bandit that samples more from the source that lowers the target's loss most: weights learned by reinforcement.

EXP3 (Auer, Cesa-Bianchi, Freund, Schapire 2002, SIAM J. Comput. 32, section 3): every window one source is drawn and
gets half of the window's rows, the rest is sampled by the probabilities; the reward is how far the loss on the target's
probe rows fell, scaled to 0..1 between the 10th and 90th percentile of the falls so far. Rewarding training loss
instead would chase noise.

Recipe:
    kind: bandit
    target: reviews
    every: 10
"""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from tasks.core.references import SourceName
from tasks.train.settings import OnlineSettings
from tasks.train.state import OnlineState

PROBES = True
FOCUS = 0.5
"""Share of a window that the drawn source gets outright."""


class Params(OnlineSettings):
    """Settings of the bandit."""

    kind: Literal["bandit"] = "bandit"
    target: SourceName | None = None
    """Source whose loss is to fall; by default the mean over all sources."""
    probe_rows: int = Field(default=256, ge=8)
    """Most rows of a source that are set aside to measure the loss on; never more than a tenth of it."""
    floor: float = Field(default=0.1, gt=0, le=1)
    """Least exploration: every source is drawn with at least this probability / number of sources."""


def exploration(sources: int, windows: int, floor: float) -> float:
    """Give EXP3's gamma for a known number of rounds, min(1, √(K ln K / ((e − 1) T))) (Auer et al. 2002, corollary
    3.2), at least `floor`.
    """
    return max(floor, min(1.0, math.sqrt(sources * math.log(sources) / ((math.e - 1) * max(windows, 1)))))


def probabilities(log: Sequence[float], gamma: float) -> NDArray[np.float64]:
    """Give (1 − gamma) · softmax(log) + gamma / K."""
    shifted = np.exp(np.asarray(log) - max(log))
    return (1 - gamma) * shifted / shifted.sum() + gamma / len(log)


def reward(log: Sequence[float], arm: int, gain: float, gamma: float) -> list[float]:
    """Add gamma / K · gain / p(arm) to the log weight of the drawn source; `gain` is in 0..1."""
    raised = list(log)
    raised[arm] += gamma / len(log) * gain / float(probabilities(log, gamma)[arm])
    return raised


class State(OnlineState):
    """Where the bandit stands."""

    log: tuple[float, ...]
    """Log weights of the sources."""
    gamma: float
    falls: tuple[float, ...]
    """Of the loss on the probe rows, so far."""
    seed: int
    arm: int
    """The source that the window is given to."""
    chances: tuple[float, ...]
    """What it was drawn by."""

    @property
    def mean(self) -> tuple[float, ...]:
        """The weights without the draw."""
        return self.chances


def begin(shares: Sequence[float], windows: int, params: Params, seed: int) -> State:
    """Start from the shares of the mix."""
    log = [math.log(share) for share in shares]
    return _drawn(log, exploration(len(shares), windows, params.floor), [], seed)


def update(state: State, losses: Sequence[float], fall: float, params: Params) -> State:
    """Reward the source that the window was given to.

    Args:
        losses: mean training loss of each source in the window; not used.
        fall: of the loss on the probe rows during the window.
    """
    falls = [*state.falls, fall]
    low, high = np.percentile(falls, (10, 90))
    gain = float(np.clip((fall - low) / (high - low), 0, 1)) if high > low else 0.5
    return _drawn(reward(state.log, state.arm, gain, state.gamma), state.gamma, falls, state.seed)


def _drawn(log: Sequence[float], gamma: float, falls: Sequence[float], seed: int) -> State:
    """Draw the source of the next window, whose number is that of the falls so far."""
    chances = probabilities(log, gamma)
    arm = int(np.random.default_rng([seed, len(falls)]).choice(len(chances), p=chances))
    weights = (1 - FOCUS) * chances
    weights[arm] += FOCUS
    return State(
        weights=tuple(weights.tolist()),
        log=tuple(log),
        gamma=gamma,
        falls=tuple(falls),
        seed=seed,
        arm=arm,
        chances=tuple(chances.tolist()),
    )

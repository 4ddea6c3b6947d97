"""Trials as the store keeps them, and which of them still hold when data or settings have changed."""

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np
from pydantic import Field

from tasks.core.records import Section
from tasks.experiments.search.evidence import own_sources
from tasks.experiments.search.fit import Runs
from tasks.experiments.search.space import SearchSpace


class Trial(Section):
    """One mix that was tried."""

    id: str
    """The start of its product's key."""
    name: str
    search: str
    """What the search was that asked for it; a search that goes on knows its own trials by it."""
    setting: str
    """Digest of all that trials must share to be compared, apart from the sources."""
    seed: int
    mix: dict[str, float]
    """Source -> share, as asked."""
    snapshots: dict[str, str]
    """Source -> fingerprint of its cleaned rows."""
    folds: dict[str, tuple[tuple[float, float], ...]]
    """Source -> of each fold of its hold-out Σ losses and Σ sizes of the rows."""
    seconds: float = 0.0

    def cost(self, source: str, without: int | None = None) -> float:
        """Give the mean loss on a source's hold-out, or on its rows outside of one fold."""
        losses, sizes = zip(*(fold for number, fold in enumerate(self.folds[source]) if number != without), strict=True)
        return math.fsum(losses) / math.fsum(sizes)


class EarlierTrials(Section):
    """Trials of earlier searches.

    Attributes:
        kept: those that hold here, too.
        refused: why -> how many do not.
    """

    kept: tuple[Trial, ...] = ()
    refused: dict[str, int] = Field(default_factory=dict)


def still_valid(
    trials: Sequence[Trial], setting: str, snapshots: Mapping[str, str], columns: Sequence[str]
) -> EarlierTrials:
    """Tell trials that still hold from those that do not.

    A trial without a source says as much of the mixes today as it did then, whatever has become of that source; one on
    rows that have changed since says nothing.
    """
    kept: list[Trial] = []
    refused: dict[str, int] = {}
    for trial in trials:
        why = _outdated(trial, setting, snapshots, columns)
        if why:
            refused[why] = refused.get(why, 0) + 1
        else:
            kept.append(trial)
    return EarlierTrials(kept=tuple(sorted(kept, key=lambda trial: trial.id)), refused=dict(sorted(refused.items())))


def _outdated(trial: Trial, setting: str, snapshots: Mapping[str, str], columns: Sequence[str]) -> str:
    if trial.setting != setting:
        return "another budget or other settings"
    used = [name for name, share in trial.mix.items() if share > 0]
    if gone := [name for name in used if name not in snapshots]:
        return f"{', '.join(gone)} is no source any more"
    if changed := [name for name in used if trial.snapshots[name] != snapshots[name]]:
        return f"{', '.join(changed)} has changed since"
    if unmeasured := [name for name in columns if name not in trial.folds or trial.snapshots[name] != snapshots[name]]:
        return f"not measured on {', '.join(unmeasured)} as it is now"
    return ""


def runs_of(
    space: SearchSpace,
    trials: Sequence[Trial],
    designed: Collection[str],
    looks: int,
    seed: int,
    without: int | None = None,
) -> Runs:
    """Lay trials out as runs to learn from.

    Args:
        designed: ids of the trials whose mixes were chosen without a look at costs.
        looks: how often it is asked what they teach, as they become more.
        without: fold of the hold-out that has no part in their scores.
    """
    mixes = np.array([space.vector(trial.mix) for trial in trials]).reshape(-1, len(space.sources))
    scores = np.array([[trial.cost(name, without) for name in space.columns] for trial in trials]).reshape(
        -1, len(space.columns)
    )
    names = tuple(trial.name for trial in trials)
    return Runs(
        names,
        space.sources,
        mixes / mixes.sum(1, keepdims=True),
        space.columns,
        scores,
        space.parts,
        prior=space.prior,
        limits=space.limits,
        seed=seed,
        own=own_sources(space.sources, space.columns, space.sources),
        designed=np.array([trial.id in designed for trial in trials], bool),
        looks=looks,
    )

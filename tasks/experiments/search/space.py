"""The search space: the sources, between what their shares may lie, and what the mix is to be good for."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tasks.core.errors import NotEnoughData, RecipeError
from tasks.experiments.search.settings import SearchSettings
from tasks.experiments.search.simplex import LEAST, Limits
from tasks.experiments.search.surrogate import Vector
from tasks.manifests.manifest import Account

FEWEST_ROWS = 30
"""Rows kept aside of a source below which they judge nothing."""
FEW_ROWS = 300
"""Rows below which it is told how little they show."""
HAIR = 0.01


@dataclass(frozen=True)
class Constraints:
    """What the recipe asks of a mix, in the unit of the weights, and of the search.

    Attributes:
        unit: `rows` or `tokens`.
        budget: of the mix; None = about all that there is.
        copies: how often the mix may hold a row of a source.
        floors, ceilings: least and largest share, by source.
        out: sources that can give nothing.
        trial_rows: rows of one trial, about.
        search: how to look.
        task: what models learn.
        setting: digest of all that trials must share to be compared, apart from the sources' rows and the mix.
        sets: evaluation set -> its rows.
    """

    unit: str
    budget: int | None
    copies: float
    floors: Mapping[str, float]
    ceilings: Mapping[str, float]
    out: frozenset[str]
    trial_rows: float
    search: SearchSettings
    task: str
    setting: str
    seed: int
    sets: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class SearchSpace:
    """Where to look for weights.

    Attributes:
        sources: names, in the order of all vectors.
        limits: between what their shares lie.
        prior: shares in proportion to the sources' sizes, between the limits, shape (K,).
        columns: sources whose hold-outs count, or the evaluation set that does.
        sizes: what each source holds, in the unit of the weights, shape (K,).
        budget: of the mix; None = as the recipe's `all` makes it.
        notes: what is to be told.
    """

    sources: tuple[str, ...]
    limits: Limits
    prior: Vector
    columns: tuple[str, ...]
    sizes: Vector
    budget: int | None
    notes: tuple[str, ...]

    @property
    def parts(self) -> Vector:
        """What each column counts for in the cost: all the same, summing to 1."""
        return np.full(len(self.columns), 1 / len(self.columns))

    def cost(self, costs: Mapping[str, float]) -> float:
        """Give the cost of a mix from those by source."""
        return sum(costs[name] for name in self.columns) / len(self.columns)

    @property
    def even(self) -> Vector:
        """The uniform mix, between the limits."""
        return self.limits.tidy(np.ones((1, len(self.sources))))[0]

    def vector(self, mix: Mapping[str, float]) -> Vector:
        """Lay a mix out in the order of the sources."""
        return np.array([mix.get(name, 0.0) for name in self.sources])

    def named(self, mix: Vector) -> dict[str, float]:
        """Name the shares of a mix; whole millionths that sum to 1, so that they read well and are the same
        everywhere.
        """
        shares = {name: round(float(share), 6) for name, share in zip(self.sources, mix, strict=True)}
        largest = max(shares, key=lambda name: shares[name])
        return shares | {largest: round(shares[largest] + 1 - sum(shares.values()), 6)}

    def all_note(self, mix: Mapping[str, float]) -> tuple[str, ...]:
        """Tell how large a mix with these weights is where the recipe says `all`."""
        if self.budget is not None:
            return ()
        whole = int(min(size / mix[name] for name, size in zip(self.sources, self.sizes, strict=True) if mix[name] > 0))
        tried = int(self.sizes.sum())
        return (
            (
                f"mix.size is `all`: with these weights that is {whole:,}, the most that repeats no row; mixes were "
                f"tried as parts of {tried:,}"
            ),
        )


def search_space(accounts: Sequence[Account], constraints: Constraints) -> SearchSpace:
    """Work out the limits and what counts.

    The mix holds w_i B of source i, at most c n_i with c copies; so w_i ≤ c n_i / B.

    Raises:
        RecipeError: one source only.
        NotEnoughData: the limits leave no choice, or too few rows are kept aside to judge by.
    """
    sources = tuple(account.source for account in accounts)
    if len([name for name in sources if name not in constraints.out]) < 2:
        raise RecipeError(
            f"there is nothing to search: {' and '.join(sources)} is the only source that can give rows; add a source"
        )
    sizes = np.array([account.rows if constraints.unit == "rows" else account.tokens for account in accounts], float)
    limits = _limits(sources, sizes, constraints)
    columns, notes = _columns(accounts, constraints)
    return SearchSpace(sources, limits, limits.tidy((sizes + 1e-9)[None])[0], columns, sizes, constraints.budget, notes)


def _limits(sources: Sequence[str], sizes: Vector, constraints: Constraints) -> Limits:
    budget = constraints.budget or sizes.sum()
    low = np.array([0.0 if name in constraints.out else constraints.floors.get(name, 0.0) for name in sources])
    most = np.array([0.0 if name in constraints.out else constraints.ceilings.get(name, 1.0) for name in sources])
    filled = np.minimum(most, constraints.copies * sizes / budget)
    least = max(LEAST, 2 / constraints.trial_rows)
    high = np.where(filled < least, np.minimum(low, filled), np.minimum(filled, 1.0))
    caps = ", ".join(f"{name} {cap:.3f}" for name, cap in zip(sources, high, strict=True))
    if (high < low - 1e-9).any():
        name = sources[int((low - high).argmax())]
        raise NotEnoughData(
            f"mix.floors.{name} is {constraints.floors[name]:g}, but {name} fills at most "
            f"{high[sources.index(name)]:.3f} of the mix; "
            "lower the floor or mix.size, or raise mix.max_epochs"
        )
    if high.sum() < 1 + HAIR or low.sum() > 1 - HAIR:
        raise NotEnoughData(
            f"the limits leave no choice: the sources fill at most {caps} of the mix, together {high.sum():.3f}, "
            "and their floors sum to "
            f"{low.sum():.3f}. Make mix.size smaller than {math.floor(budget * high.sum()):,}, raise mix.max_epochs "
            "or mix.ceilings, or lower mix.floors"
        )
    return Limits(low, high, least)


def _columns(accounts: Sequence[Account], constraints: Constraints) -> tuple[tuple[str, ...], tuple[str, ...]]:
    target, sets = constraints.search.target, constraints.sets
    held = {account.source: account.holdout for account in accounts if target in (None, account.source)}
    held |= {name: rows for name, rows in sets.items() if name == target}
    enough = tuple(name for name, rows in held.items() if rows >= FEWEST_ROWS)
    if not enough:
        counts = ", ".join(f"{name} {rows}" for name, rows in held.items())
        raise NotEnoughData(
            f"too few rows are kept aside to learn weights from and to judge them: {counts}; {FEWEST_ROWS} are the "
            f"least for any claim, {FEW_ROWS} "
            "advised. Raise holdout.shares of the target, add labelled rows, or weigh by likeness, which needs no "
            "labels (mix.weights: dsir)"
        )
    notes = [
        f"only {rows} rows of {name} are kept aside to choose by and to judge: small differences cannot be seen"
        for name, rows in held.items()
        if FEWEST_ROWS <= rows < FEW_ROWS
    ]
    notes += [
        f"{name} does not count in the score: only {rows} of its rows are kept aside"
        for name, rows in held.items()
        if rows < FEWEST_ROWS
    ]
    return enough, tuple(notes)

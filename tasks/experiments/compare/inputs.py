"""What is to be worked out of trials: which mixes, which differences, which coalitions. Small frozen values, part of
the content key.
"""

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from tasks.core.records import Section
from tasks.experiments.mixes import Mix, restricted

NOTHING: Mix = ()
"""Stands for a model that has learned nothing."""


class MixTrials(Section):
    """A mix and how many of its trials there are: seeds 0, 1, …."""

    mix: Mix
    seeds: int
    name: str = ""
    """Of the arm; empty for a mix that only a value asks for."""


class CoalitionGame(Section):
    """The game whose Shapley values are asked for: a coalition's mix is the recipe's with the other sources left
    out.
    """

    on: Literal["trials", "ensemble"]
    orders: tuple[tuple[int, ...], ...] = ()
    """Orders that the values are the mean over; empty for all."""


class ComparisonInputs(Section):
    """What is worked out of the trials."""

    trials: tuple[MixTrials, ...]
    recipe: Mix
    target: str | None
    values: tuple[str, ...]
    game: CoalitionGame | None
    confidence: float
    margin: float
    resamples: int
    curves: dict[str, tuple[Mix, ...]] = Field(default_factory=dict, exclude_if=lambda curves: not curves)
    """Arm -> its mix under growing budgets."""
    sets: tuple[str, ...] = Field(default=(), exclude_if=lambda sets: not sets)
    """Evaluation sets, which trials are asked about, too; no sources."""


def leave_one_out_mixes(mix: Mix) -> dict[str, Mix]:
    """Give for every source the mix without it."""
    names = [name for name, _ in mix]
    return {name: restricted(mix, [other for other in names if other != name]) for name in names if len(names) > 1}


def add_one_mixes(mix: Mix, target: str | None) -> dict[str, list[tuple[Mix, Mix]]]:
    """Give for every source the pairs (a source alone, that source and this one): of the target, or of each other
    source.
    """
    names = [name for name, _ in mix]
    bases = [target] if target in names else names
    pairs = {
        name: [(restricted(mix, [base]), restricted(mix, [base, name])) for base in bases if base != name]
        for name in names
    }
    return {name: some for name, some in pairs.items() if some}


def coalition_mix(mix: Mix, coalition: int) -> Mix:
    """Give the mix of some players; empty for none of them."""
    return restricted(mix, [name for player, (name, _) in enumerate(mix) if coalition >> player & 1])


def coalitions_on_the_way(orders: Iterable[tuple[int, ...]]) -> list[int]:
    """List the coalitions that orders pass through, in the order in which they finish whole orders; each once."""
    reached: dict[int, None] = {}
    for order in orders:
        coalition = 0
        for player in order:
            coalition |= 1 << player
            reached[coalition] = None
    return list(reached)

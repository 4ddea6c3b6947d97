"""Which trials the values of the sources ask for."""

from collections.abc import Sequence

from tasks.core.rng import generator
from tasks.experiments.compare.inputs import (
    CoalitionGame,
    add_one_mixes,
    coalition_mix,
    coalitions_on_the_way,
    leave_one_out_mixes,
)
from tasks.experiments.compare.settings import CompareSettings
from tasks.experiments.compare.shapley import drawn_orders
from tasks.experiments.mixes import Mix, restricted

SOURCES_TRIED = {True: 4, False: 6}
"""Most sources of which all coalitions are tried, without being asked for: of models trained in full, and of linear
classifiers."""
ORDERS = {"trials": 24, "ensemble": 1_000}
"""Orders drawn where the coalitions are too many."""
ALL_ORDERS = 720
"""Orders of 6 sources: so many are all taken."""
LARGEST_SUM = 12
"""Most sources of which an ensemble's coalitions are all summed over."""


def coalition_game(mix: Mix, settings: CompareSettings, seed: int, *, full: bool) -> CoalitionGame | None:
    """Say how Shapley values are made; None where they are not asked for, or one source is all there is.

    Args:
        full: whether a trial trains the recipe's own model.
    """
    if "shapley" not in settings.values or len(mix) < 2:
        return None
    on = settings.shapley
    if on == "auto":
        on = "ensemble" if full and len(mix) > SOURCES_TRIED[full] else "trials"
    rng, few = generator(seed, "compare", "orders"), len(mix) <= max(SOURCES_TRIED.values())
    if on == "ensemble" and len(mix) <= LARGEST_SUM:
        return CoalitionGame(on="ensemble")
    return CoalitionGame(
        on=on, orders=tuple(drawn_orders(len(mix), ALL_ORDERS if few and on == "trials" else ORDERS[on], rng))
    )


def mixes_needed(mix: Mix, settings: CompareSettings, game: CoalitionGame | None) -> dict[str, list[Mix]]:
    """List the mixes that each value asks for beside the recipe's, in the order in which they are to be tried."""
    needed: dict[str, Sequence[Mix]] = {
        "leave-one-out": list(leave_one_out_mixes(mix).values()),
        "add-one": [
            tried for pairs in add_one_mixes(mix, settings.target).values() for pair in pairs for tried in pair
        ],
        "shapley": coalitions_tried(mix, game) if game else [],
    }
    return {value: list(dict.fromkeys([mix, *needed[value]])) for value in settings.values if needed[value]}


def coalitions_tried(mix: Mix, game: CoalitionGame) -> list[Mix]:
    """List the mixes that a game needs trials of: those on the way of its orders, or every source alone."""
    if game.on == "trials":
        return [coalition_mix(mix, coalition) for coalition in coalitions_on_the_way(game.orders)]
    return [restricted(mix, [name]) for name, _ in mix]

"""Which trials the values of the sources ask for."""

from collections.abc import Sequence

from tasks.chance import generator
from tasks.compare.layout import Game, added_to, coalition_mix, left_one_out, on_the_way
from tasks.compare.settings import CompareSettings
from tasks.compare.shapley import drawn_orders
from tasks.shares import Mix, restricted

EXACT = 4
"""Most sources whose coalitions are all tried without being asked for."""
FEW_ORDERS, MANY_ORDERS = 24, 1_000
"""Orders drawn where coalitions are tried (all of them to 4 sources), and where an ensemble says what they are worth."""
LARGEST_SUM = 12
"""Most sources whose coalitions are all summed over."""


def game_of(mix: Mix, settings: CompareSettings, seed: int) -> Game | None:
    """Say how Shapley values are made; None where they are not asked for, or one source is all there is."""
    if "shapley" not in settings.values or len(mix) < 2:
        return None
    on = settings.shapley if settings.shapley != "auto" else "trials" if len(mix) <= EXACT else "ensemble"
    rng = generator(seed, "compare", "orders")
    if on == "trials":
        return Game(on="trials", orders=tuple(drawn_orders(len(mix), FEW_ORDERS, rng)))
    return Game(on="ensemble", orders=() if len(mix) <= LARGEST_SUM else tuple(drawn_orders(len(mix), MANY_ORDERS, rng)))


def mixes_for(mix: Mix, settings: CompareSettings, game: Game | None) -> dict[str, list[Mix]]:
    """List the mixes that each value asks for beside the recipe's, in the order in which they are to be tried."""
    asked: dict[str, Sequence[Mix]] = {
        "leave-one-out": list(left_one_out(mix).values()),
        "add-one": [one for pairs in added_to(mix, settings.target).values() for pair in pairs for one in pair],
        "shapley": coalitions_tried(mix, game) if game else [],
    }
    return {value: list(dict.fromkeys([mix, *asked[value]])) for value in settings.values if asked[value]}


def coalitions_tried(mix: Mix, game: Game) -> list[Mix]:
    """List the mixes that a game needs trials of: those on the way of its orders, or every source alone."""
    if game.on == "trials":
        return [coalition_mix(mix, coalition) for coalition in on_the_way(game.orders)]
    return [restricted(mix, [name]) for name, _ in mix]

"""What each source is worth to the recipe's mix: left out, added, and by Shapley's share. Amounts in, records out."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tasks.experiments.compare import ensemble, shapley
from tasks.experiments.compare.contrasts import Known, Terms, estimates, may_claim
from tasks.experiments.compare.inputs import NOTHING, Game, Layout, added_to, coalition_mix, left_one_out
from tasks.experiments.comparison import Estimate, Worth
from tasks.experiments.mixes import Mix, restricted
from tasks.statistics.bootstrap import Spread
from tasks.text.hashing import Floats

Wanted = dict[tuple[str, str], tuple[Floats, float]]
"""(value, source) -> amounts of shape (S, n), and the variance that a sampling adds."""


def leave_one_out_terms(mix: Mix) -> dict[str, Terms]:
    """Give by source: the mix minus the mix without it."""
    return {name: {mix: 1.0, without: -1.0} for name, without in left_one_out(mix).items()}


def add_one_terms(mix: Mix, target: str | None) -> dict[str, Terms]:
    """Give by source: the mean over the sources it is added to of both together minus that one alone."""
    found: dict[str, Terms] = {}
    for name, pairs in added_to(mix, target).items():
        sums: dict[Mix, float] = {}
        for base, both in pairs:
            sums[both] = sums.get(both, 0.0) + 1 / len(pairs)
            sums[base] = sums.get(base, 0.0) - 1 / len(pairs)
        found[name] = sums
    return found


def worth_of_sources(known: Known, layout: Layout, rng: np.random.Generator) -> tuple[list[Worth], dict[str, Any]]:
    """Work out the values asked for, as far as their trials are there.

    Intervals hold for all sources together (Bonferroni): each has 1 − (1 − confidence)/K.

    Returns:
        A record for every source of the recipe's mix, and how the Shapley values were made.
    """
    mix = layout.recipe
    wanted: Wanted = {}
    if "leave-one-out" in layout.values:
        wanted |= _of_terms("leave_one_out", leave_one_out_terms(mix), known)
    if "add-one" in layout.values:
        wanted |= _of_terms("add_one", add_one_terms(mix, layout.target), known)
    told: dict[str, Any] = {}
    if layout.game and NOTHING in known.answers and _are_there(layout.game, mix, known):
        shares, told = _shapley(layout.game, mix, known)
        wanted |= shares
    found = estimates(known, list(wanted.values()), layout, 1 - (1 - layout.confidence) / max(len(mix), 1), rng)
    seeds = {place: len(amounts) for place, (amounts, _) in wanted.items()}
    spread = dict(zip(wanted, found, strict=True))
    return [_worth(name, share, spread, seeds, known.rows.count) for name, share in mix], told


def _are_there(game: Game, mix: Mix, known: Known) -> bool:
    return game.on == "trials" or all(restricted(mix, [name]) in known.answers for name, _ in mix)


def _of_terms(value: str, terms: Mapping[str, Terms], known: Known) -> Wanted:
    whole = {name: one for name, one in terms.items() if all(mix in known.answers for mix in one)}
    return {(value, name): (known.amounts(one), 0.0) for name, one in whole.items()}


def _worth(
    name: str, share: float, spread: Mapping[tuple[str, str], Spread], seeds: Mapping[tuple[str, str], int], rows: int
) -> Worth:
    found = {value: one for (value, source), one in spread.items() if source == name}
    claims = {value: one for value, one in found.items() if may_claim(seeds[value, name], rows)}
    shown: dict[str, Any] = {
        value: Estimate(estimate=one.estimate, low=one.low, high=one.high) for value, one in found.items()
    }
    return Worth(source=name, share=share, word=word(claims.get("leave_one_out"), claims.get("shapley")), **shown)


def word(left_out: Spread | None, shapley_value: Spread | None) -> Any:
    """Say in a word what a source is for.

    `drop`: without it the mix scores higher (the interval of leave-one-out lies below 0). `pays`: without it, lower.
    `redundant`: it can
    be left out, but has a share in what the sources bring (Shapley's interval above 0): others bring the same. Else, or
    where there are
    too few seeds or rows, `cannot tell`. Where only Shapley's value is known, its sign decides.
    """
    first = left_out or shapley_value
    if first is None:
        return "cannot tell"
    if first.high < 0:
        return "drop"
    if first.low > 0:
        return "pays"
    return "redundant" if shapley_value and shapley_value.low > 0 else "cannot tell"


def _shapley(game: Game, mix: Mix, known: Known) -> tuple[Wanted, dict[str, Any]]:
    players, orders = len(mix), [tuple(order) for order in game.orders]
    if game.on == "trials":
        reached = [coalition for coalition in range(2**players) if coalition_mix(mix, coalition) in known.answers]
        orders = shapley.whole_orders(orders, dict.fromkeys(reached))
    told: dict[str, Any] = {"on": game.on, "orders": len(orders), "wanted": len(game.orders)}
    if game.orders and not orders:
        return {}, told
    counts = shapley.of_orders(orders) if orders else shapley.exact(players)
    amounts_of = _on_trials(mix, known, counts) if game.on == "trials" else _on_ensemble(mix, known)
    sums = _summed(counts, amounts_of, players)
    worth = {coalition: float(np.mean(known.rows.scores(amounts_of(coalition)))) for coalition in counts}
    some = orders and len(orders) < math.factorial(players)
    noise = shapley.order_error(orders, worth) if some else np.zeros(players)
    told |= {"coalitions": len(counts), "whole": worth[2**players - 1], "nothing": worth[0], "drawn": bool(some)}
    named = {("shapley", name): (sums[player], float(noise[player])) for player, (name, _) in enumerate(mix)}
    return named, told | {"sum": float(sum(np.mean(known.rows.scores(one)) for one in sums))}


def _summed(counts: shapley.Coefficients, amounts_of: Callable[[int], Floats], players: int) -> list[Floats]:
    """Give Σ_S c_i(S) · amounts(S) of every player i, one coalition at a time."""
    sums: list[Floats] = []
    for coalition, row in counts.items():
        amounts = amounts_of(coalition)
        sums = [(sums[player] if sums else 0.0) + row[player] * amounts for player in range(players)]
    return sums


def _on_trials(mix: Mix, known: Known, coalitions: Iterable[int]) -> Callable[[int], Floats]:
    found = {coalition: known.answers[coalition_mix(mix, coalition)].amounts for coalition in coalitions}
    seeds = min(len(amounts) for coalition, amounts in found.items() if coalition)
    return lambda coalition: np.broadcast_to(found[coalition][:seeds], (seeds, found[coalition].shape[1]))


def _on_ensemble(mix: Mix, known: Known) -> Callable[[int], Floats]:
    alone: Sequence[Any] = [known.answers[restricted(mix, [name])] for name, _ in mix]
    seeds = min(len(one.losses) for one in alone)
    losses, shares = np.stack([one.losses[:seeds] for one in alone]), [share for _, share in mix]

    def amounts(coalition: int) -> Floats:
        if not coalition:
            return np.broadcast_to(-known.answers[NOTHING].losses, losses.shape[1:])
        return ensemble.log_likelihood(losses, shares, coalition, bounded=known.kept.truth is not None)

    return amounts

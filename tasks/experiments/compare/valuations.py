"""What each source is worth to the recipe's mix: left out, added, and by Shapley's share. Amounts in, records out."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np

from tasks.experiments.compare import ensemble, shapley
from tasks.experiments.compare.contrasts import Coefficients, TrialResults, may_claim
from tasks.experiments.compare.inputs import (
    NOTHING,
    CoalitionGame,
    add_one_mixes,
    coalition_mix,
    leave_one_out_mixes,
)
from tasks.experiments.comparison import Estimate, ShapleyNote, SourceValue, Value, Word
from tasks.experiments.mixes import Mix, restricted
from tasks.statistics.intervals import IntervalEstimate
from tasks.text.hashing import Floats


class ValueAmounts(NamedTuple):
    """What a value is the mean of.

    Attributes:
        amounts: shape (S, n).
        variance: that a sampling adds to the mean.
    """

    amounts: Floats
    variance: float = 0.0


Amounts = dict[tuple[Value, str], ValueAmounts]
"""(value, source) -> what it is the mean of."""


def leave_one_out_terms(mix: Mix) -> dict[str, Coefficients]:
    """Give by source: the mix minus the mix without it."""
    return {name: {mix: 1.0, without: -1.0} for name, without in leave_one_out_mixes(mix).items()}


def add_one_terms(mix: Mix, target: str | None) -> dict[str, Coefficients]:
    """Give by source: the mean over the sources it is added to of both together minus that one alone."""
    terms: dict[str, Coefficients] = {}
    for name, pairs in add_one_mixes(mix, target).items():
        sums: dict[Mix, float] = {}
        for base, both in pairs:
            sums[both] = sums.get(both, 0.0) + 1 / len(pairs)
            sums[base] = sums.get(base, 0.0) - 1 / len(pairs)
        terms[name] = sums
    return terms


def source_values(results: TrialResults, rng: np.random.Generator) -> tuple[tuple[SourceValue, ...], ShapleyNote]:
    """Work out the values asked for, as far as their trials are there.

    Intervals hold for all sources together (Bonferroni): each has 1 − (1 − confidence)/K.

    Returns:
        A record for every source of the recipe's mix, and how the Shapley values were made.
    """
    inputs, mix = results.inputs, results.inputs.recipe
    wanted: Amounts = {}
    if "leave-one-out" in inputs.values:
        wanted |= _amounts_of("leave_one_out", leave_one_out_terms(mix), results)
    if "add-one" in inputs.values:
        wanted |= _amounts_of("add_one", add_one_terms(mix, inputs.target), results)
    note = ShapleyNote()
    if inputs.game and NOTHING in results.predictions and _are_there(inputs.game, mix, results):
        shares, note = _shapley(inputs.game, mix, results)
        wanted |= shares
    if not wanted:
        return tuple(SourceValue(source=name, share=share) for name, share in mix), note
    intervals = results.intervals(
        [value.amounts for value in wanted.values()], rng, [value.variance for value in wanted.values()]
    )
    together = 1 - (1 - inputs.confidence) / max(len(mix), 1)
    estimates = {place: interval.at(together) for place, interval in zip(wanted, intervals, strict=True)}
    claims = {place: may_claim(len(value.amounts), results.rows.count) for place, value in wanted.items()}
    return tuple(_value(name, share, estimates, claims) for name, share in mix), note


def _are_there(game: CoalitionGame, mix: Mix, results: TrialResults) -> bool:
    return game.on == "trials" or all(restricted(mix, [name]) in results.predictions for name, _ in mix)


def _amounts_of(value: Value, terms: Mapping[str, Coefficients], results: TrialResults) -> Amounts:
    whole = {name: sums for name, sums in terms.items() if all(mix in results.predictions for mix in sums)}
    return {(value, name): ValueAmounts(results.amounts(sums)) for name, sums in whole.items()}


def _value(
    name: str,
    share: float,
    estimates: Mapping[tuple[Value, str], IntervalEstimate],
    claims: Mapping[tuple[Value, str], bool],
) -> SourceValue:
    own = {place[0]: interval for place, interval in estimates.items() if place[1] == name}
    claimed = {place[0]: estimates[place] for place, may in claims.items() if may and place[1] == name}
    shown = {
        value: Estimate(estimate=interval.estimate, low=interval.low, high=interval.high)
        for value, interval in own.items()
    }
    return SourceValue(
        source=name,
        share=share,
        leave_one_out=shown.get("leave_one_out"),
        add_one=shown.get("add_one"),
        shapley=shown.get("shapley"),
        word=word_for(claimed.get("leave_one_out"), claimed.get("shapley")),
    )


def word_for(left_out: IntervalEstimate | None, shapley_value: IntervalEstimate | None) -> Word:
    """Say in a word what a source is for.

    `drop`: without it the mix scores higher (the interval of leave-one-out lies below 0). `pays`: without it, lower.
    `redundant`: it can be left out, but has a share in what the sources bring (Shapley's interval above 0): others
    bring the same. Else, or where there are too few seeds or rows, `cannot tell`. Where only Shapley's value is known,
    its sign decides.
    """
    first = left_out or shapley_value
    if first is None:
        return "cannot tell"
    if first.high < 0:
        return "drop"
    if first.low > 0:
        return "pays"
    return "redundant" if shapley_value and shapley_value.low > 0 else "cannot tell"


def _shapley(game: CoalitionGame, mix: Mix, results: TrialResults) -> tuple[Amounts, ShapleyNote]:
    players, orders = len(mix), [tuple(order) for order in game.orders]
    if game.on == "trials":
        reached = [coalition for coalition in range(2**players) if coalition_mix(mix, coalition) in results.predictions]
        orders = shapley.whole_orders(orders, dict.fromkeys(reached))
    note = ShapleyNote(on=game.on, orders=len(orders), wanted=len(game.orders))
    if game.orders and not orders:
        return {}, note
    counts = shapley.of_orders(orders) if orders else shapley.exact(players)
    amounts_of = _on_trials(mix, results, counts) if game.on == "trials" else _on_ensemble(mix, results)
    sums = _summed(counts, amounts_of, players)
    worth = {coalition: float(np.mean(results.rows.scores(amounts_of(coalition)))) for coalition in counts}
    drawn = bool(orders) and len(orders) < math.factorial(players)
    noise = shapley.order_error(orders, worth) if drawn else np.zeros(players)
    values: Amounts = {
        ("shapley", name): ValueAmounts(sums[player], float(noise[player])) for player, (name, _) in enumerate(mix)
    }
    return values, note.model_copy(
        update={
            "coalitions": len(counts),
            "whole": worth[2**players - 1],
            "nothing": worth[0],
            "drawn": drawn,
            "sum": float(sum(np.mean(results.rows.scores(amounts)) for amounts in sums)),
        }
    )


def _summed(counts: shapley.Coefficients, amounts_of: Callable[[int], Floats], players: int) -> list[Floats]:
    """Give Σ_S c_i(S) · amounts(S) of every player i, one coalition at a time."""
    sums: list[Floats] = []
    for coalition, row in counts.items():
        amounts = amounts_of(coalition)
        sums = [(sums[player] if sums else 0.0) + row[player] * amounts for player in range(players)]
    return sums


def _on_trials(mix: Mix, results: TrialResults, coalitions: Iterable[int]) -> Callable[[int], Floats]:
    tried = {coalition: results.predictions[coalition_mix(mix, coalition)].amounts for coalition in coalitions}
    seeds = min(len(amounts) for coalition, amounts in tried.items() if coalition)
    return lambda coalition: np.broadcast_to(tried[coalition][:seeds], (seeds, tried[coalition].shape[1]))


def _on_ensemble(mix: Mix, results: TrialResults) -> Callable[[int], Floats]:
    alone = [results.predictions[restricted(mix, [name])].losses for name, _ in mix]
    seeds = min(map(len, alone))
    losses, shares = np.stack([each[:seeds] for each in alone]), [share for _, share in mix]

    def amounts(coalition: int) -> Floats:
        if not coalition:
            return np.broadcast_to(-results.predictions[NOTHING].losses, losses.shape[1:])
        return ensemble.log_likelihood(losses, shares, coalition, bounded=results.held_out.truth is not None)

    return amounts

"""What each source is worth to the recipe's mix: left out, added, and by Shapley's share. Amounts in, records out."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np

from tasks.experiments.compare import ensemble, shapley
from tasks.experiments.compare.contrasts import Coefficients, TrialResults, held_together, may_claim, shown
from tasks.experiments.compare.inputs import (
    NOTHING,
    CoalitionGame,
    ComparisonInputs,
    add_one_mixes,
    coalition_mix,
    leave_one_out_mixes,
)
from tasks.experiments.compare.worth import SourceEvidence, agreements, spare_sources, wanting, word_for
from tasks.experiments.mixes import Mix, restricted
from tasks.experiments.valuation import Estimate, ShapleyNote, SourceValue, SpareSources, Value
from tasks.statistics.simultaneous import max_t, together
from tasks.text.hashing import Floats


class ValueAmounts(NamedTuple):
    """What a value is the mean of.

    Attributes:
        amounts: shape (S, n).
        variance: that a sampling adds to the mean.
    """

    amounts: Floats
    variance: float = 0.0


Place = tuple[Value, str]
"""Which value of which source."""
Amounts = dict[Place, ValueAmounts]
"""What each value is the mean of."""
FAMILIES: tuple[tuple[Value, ...], ...] = (
    ("leave_one_out",),
    ("add_one",),
    ("shapley",),
    ("elsewhere", "shapley_elsewhere"),
    ("home",),
)
"""Values whose intervals hold together for all sources: a column of the report each, and what words come from."""


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


def source_values(
    results: TrialResults, rng: np.random.Generator
) -> tuple[tuple[SourceValue, ...], ShapleyNote, SpareSources | None]:
    """Work out the values asked for, as far as their trials are there.

    The intervals of each value hold for all sources together (max-T); those that a word comes from, for leave-one-out
    and Shapley's value together.

    Returns:
        A record for every source of the recipe's mix, how the Shapley values were made, and which redundant sources may
        go together.
    """
    inputs, mix = results.inputs, results.inputs.recipe
    wanted: Amounts = {}
    if "leave-one-out" in inputs.values:
        wanted |= _amounts_of("leave_one_out", leave_one_out_terms(mix), results)
        wanted |= _by_place(wanted, results)
    if "add-one" in inputs.values:
        wanted |= _amounts_of("add_one", add_one_terms(mix, inputs.target), results)
    note = ShapleyNote()
    if inputs.game and NOTHING in results.predictions and _are_there(inputs.game, mix, results):
        values, note = _shapley(inputs.game, mix, results)
        wanted |= values
    agreement = agreements(results, rng) if wanted else {}
    estimates = _estimates(wanted, results, rng)
    claims = {place: may_claim(len(value.amounts), results.rows.count) for place, value in wanted.items()}
    found = tuple(_value(name, share, estimates, claims, agreement.get(name), inputs) for name, share in mix)
    spare = spare_sources(results, [one.source for one in found if one.word == "redundant"], rng)
    return found, note, spare


def _estimates(wanted: Amounts, results: TrialResults, rng: np.random.Generator) -> dict[Place, Estimate]:
    """Give every value with an interval that holds together with those of its family."""
    if not wanted:
        return {}
    values = list(wanted.values())
    found, drawn = results.redrawn([value.amounts for value in values], rng, [value.variance for value in values])
    intervals, replicates = dict(zip(wanted, found, strict=True)), dict(zip(wanted, drawn, strict=True))
    estimates: dict[Place, Estimate] = {}
    for values_of_family in FAMILIES:
        family = [place for place in wanted if place[0] in values_of_family]
        if family:
            errors = max_t([replicates[place] for place in family])
            held = together([intervals[place] for place in family], errors, results.inputs.confidence)
            correction = held_together(len(family))
            estimates |= {
                place: shown(interval, _rows(place, results), len(wanted[place].amounts), correction)
                for place, interval in zip(family, held, strict=True)
            }
    return estimates


def _rows(place: Place, results: TrialResults) -> int:
    """Count the hold-out rows that a value is judged on."""
    value, name = place
    if value == "home":
        return results.count([name])
    return results.count(_others(name, results)) if value.endswith("elsewhere") else results.rows.count


def _by_place(left_out: Amounts, results: TrialResults) -> Amounts:
    """Tell what leaving a source out costs on the hold-outs of the others, and on its own."""
    parts: Amounts = {}
    for (_, name), value in left_out.items():
        if others := _others(name, results):
            parts["elsewhere", name] = ValueAmounts(results.on(others, value.amounts))
            parts["home", name] = ValueAmounts(results.on([name], value.amounts))
    return parts


def _others(name: str, results: TrialResults) -> list[str]:
    """Give the judged sources but this one; none where a target decides, or where it is not judged itself, or alone."""
    judged = () if results.inputs.target else results.judged
    return [other for other in judged if other != name] if name in judged else []


def _are_there(game: CoalitionGame, mix: Mix, results: TrialResults) -> bool:
    return game.on == "trials" or all(restricted(mix, [name]) in results.predictions for name, _ in mix)


def _amounts_of(value: Value, terms: Mapping[str, Coefficients], results: TrialResults) -> Amounts:
    whole = {name: sums for name, sums in terms.items() if all(mix in results.predictions for mix in sums)}
    return {(value, name): ValueAmounts(results.amounts(sums)) for name, sums in whole.items()}


def _value(
    name: str,
    share: float,
    estimates: Mapping[Place, Estimate],
    claims: Mapping[Place, bool],
    agreement: Estimate | None,
    inputs: ComparisonInputs,
) -> SourceValue:
    own = {place[0]: estimate for place, estimate in estimates.items() if place[1] == name}
    claimed = {place[0]: estimates[place] for place, may in claims.items() if may and place[1] == name}
    evidence = SourceEvidence(
        claimed.get("elsewhere", claimed.get("leave_one_out")),
        claimed.get("home"),
        claimed.get("shapley_elsewhere", claimed.get("shapley")),
        agreement,
    )
    word = word_for(evidence, inputs.margin)
    return SourceValue(
        source=name,
        share=share,
        leave_one_out=own.get("leave_one_out"),
        elsewhere=own.get("elsewhere"),
        home=own.get("home"),
        add_one=own.get("add_one"),
        shapley=own.get("shapley"),
        shapley_elsewhere=own.get("shapley_elsewhere"),
        agreement=agreement,
        word=word,
        wanting=wanting(evidence, inputs.margin) if word == "cannot tell" else None,
    )


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
    drawn = bool(orders) and len(orders) < math.factorial(players)
    judged = results.judged
    parts = {one: results.rows.by_group(amounts_of(one)).reshape(len(judged), -1).mean(1) for one in counts}
    worth, values = {coalition: float(part.mean()) for coalition, part in parts.items()}, dict[Place, ValueAmounts]()
    for player, (name, _) in enumerate(mix):
        noise = float(shapley.order_error(orders, worth)[player]) if drawn else 0.0
        values["shapley", name] = ValueAmounts(sums[player], noise)
        if others := _others(name, results):
            at = [place for place, group in enumerate(judged) if group in others]
            to_them = {coalition: float(part[at].mean()) for coalition, part in parts.items()}
            noise = float(shapley.order_error(orders, to_them)[player]) if drawn else 0.0
            values["shapley_elsewhere", name] = ValueAmounts(results.on(others, sums[player]), noise)
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

"""Turn weights and sizes into exact whole counts. No files, no clock, no Prefect."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tasks.errors import NotEnoughData


@dataclass(frozen=True)
class Budget:
    """What the mix may take.

    Attributes:
        size: wanted in all, in the unit of the weights; None = as much as the weights allow with no row repeated.
        most_repeats: most times one row may stand in the mix.
        redistribute: give what a source cannot fill to the others; else that is an error.
        unit: `rows` or `tokens`, for messages.
    """

    size: int | None
    most_repeats: float
    redistribute: bool
    unit: str = "rows"


def quotas(available: Mapping[str, float], weights: Mapping[str, float], budget: Budget) -> dict[str, float]:
    """Give every source its quota of the mix, not yet whole.

    q_i = size · w_i; where q_i exceeds available_i · most_repeats, an error or water-filling: the source gets its cap and its
    overflow goes to the others in proportion to their weights, until all fit.

    Args:
        available: what each source holds, in the unit; > 0 where the weight is.
        weights: shares, ≥ 0, summing to 1.

    Raises:
        NotEnoughData: which source holds the mix back, the numbers, and both remedies.
    """
    wanted = {name: weight for name, weight in weights.items() if weight > 0}
    empty = [name for name in wanted if not available[name]]
    if empty:
        raise NotEnoughData(f"source {empty[0]!r} has a weight of {wanted[empty[0]]:.3f} but no {budget.unit} to train on; set its weight to 0")
    if budget.size is None:
        size = min(available[name] / weight for name, weight in wanted.items())
        return {name: weights[name] * size for name in weights}
    caps = {name: available[name] * budget.most_repeats for name in wanted}
    if not budget.redistribute:
        _refuse_if_short(available, wanted, caps, budget)
        return {name: weights[name] * budget.size for name in weights}
    most = math.fsum(caps.values())
    if budget.size > most * (1 + 1e-12):
        raise NotEnoughData(
            f"{budget.size:,} {budget.unit} wanted, {math.floor(most):,} possible: all sources together, each row "
            f"at most {budget.most_repeats:g} times in the mix. Set mix.size <= {math.floor(most)}, or mix.max_epochs higher."
        )
    return dict.fromkeys(weights, 0.0) | fill(wanted, caps, float(budget.size))


def fill(weights: Mapping[str, float], caps: Mapping[str, float], size: float) -> dict[str, float]:
    """Pour `size` over sources in proportion to their weights, none above its cap (water-filling).

    Args:
        weights: > 0; they need not sum to 1.
        caps: most that each may get; together at least `size`.

    Returns:
        Amounts that sum to `size`; those of sources below their caps are in proportion to their weights.
    """
    given: dict[str, float] = {}
    open_ = dict(weights)
    left = size
    while open_:
        total = math.fsum(open_.values())
        full = [name for name, weight in open_.items() if left * weight / total >= caps[name]]
        if not full:
            return given | {name: left * weight / total for name, weight in open_.items()}
        for name in full:
            given[name] = caps[name]
            del open_[name]
        left = max(size - math.fsum(given.values()), 0.0)
    return given


def _refuse_if_short(available: Mapping[str, float], wanted: Mapping[str, float], caps: Mapping[str, float], budget: Budget) -> None:
    size = budget.size or 0
    best = min(caps[name] / weight for name, weight in wanted.items())
    if size <= best * (1 + 1e-12):
        return
    name = min(wanted, key=lambda one: caps[one] / wanted[one])
    needed = size * wanted[name] / available[name]
    raise NotEnoughData(
        f"{size:,} {budget.unit} wanted, {math.floor(best):,} possible. Source {name!r} holds it back: {100 * wanted[name]:.1f} % of the mix = "
        f"{size * wanted[name]:,.0f}, but {available[name]:,.0f} {budget.unit} x {budget.most_repeats:g} repeats = {caps[name]:,.0f}. "
        f"Set mix.size <= {math.floor(best)}, or mix.max_epochs so that a row may stand {math.ceil(needed * 100) / 100:g} times in the mix, "
        "or mix.on_cap: redistribute.",
        source=name, wanted=size, possible=math.floor(best),
    )  # fmt: skip


def whole(quota: Mapping[str, float], total: int | None = None) -> dict[str, int]:
    """Round quotas to whole numbers with an exact sum: largest remainder (Hamilton), ties by the order of the sources.

    Args:
        total: the sum wanted; by default the quotas' own, rounded down.

    Returns:
        Counts, each less than 1 away from its quota.

    Raises:
        NotEnoughData: a quota above 0 that becomes 0.
    """
    # Quotas such as 0.3 * 10 are a hair off the whole number that they mean.
    near = {name: round(value, 9) for name, value in quota.items()}
    counts = {name: math.floor(value) for name, value in near.items()}
    missing = (math.floor(round(math.fsum(near.values()), 6)) if total is None else total) - sum(counts.values())
    by_remainder = sorted(near, key=lambda name: counts[name] - near[name])
    for name in by_remainder[:missing]:
        counts[name] += 1
    lost = [name for name, value in quota.items() if value > 0 and counts[name] == 0]
    if lost:
        share = quota[lost[0]] / math.fsum(quota.values())
        raise NotEnoughData(
            f"source {lost[0]!r} has a weight of {share:.6f}, which gives {quota[lost[0]]:.3f} rows of {math.fsum(quota.values()):,.0f}: none. "
            f"Set mix.size >= {math.ceil(1 / share)}, or its weight to 0."
        )
    return counts

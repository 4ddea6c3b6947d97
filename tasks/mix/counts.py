"""Turn weights and sizes into exact whole counts. No files, no clock, no Prefect."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tasks.core.errors import NotEnoughData

MOST_SIZE = 1e12
"""No mix is larger."""
HAIR = 1e-9
"""Relative: a product such as 0.3 x 10 that is this near to a whole number is meant to be it."""


@dataclass(frozen=True)
class Budget:
    """What the mix may take.

    Attributes:
        size: wanted in all, in the unit of the weights; None = as much as the weights allow with no row repeated.
        max_epochs: most passes over a source in all, training included.
        trainer_epochs: how often training goes through the mix.
        redistribute: give what a source cannot fill to the others; else that is an error.
        unit: `rows` or `tokens`.
        max_total_epochs: most passes over a source in this run and those before it; None = those before do not count.
        spent: passes that earlier runs have made over each source, training included.
        ceilings: most that a source may be of the mix; redistribution does not pass it.
    """

    size: int | None
    max_epochs: float
    trainer_epochs: float = 1.0
    redistribute: bool = False
    unit: str = "rows"
    max_total_epochs: float | None = None
    spent: Mapping[str, float] = field(default_factory=dict)
    ceilings: Mapping[str, float] = field(default_factory=dict)

    @property
    def repeats(self) -> float:
        """How many copies of a source the mix may hold, on average over its rows, where earlier runs do not count."""
        return self.max_epochs / self.trainer_epochs

    def held_by_the_past(self, name: str) -> bool:
        """Say whether earlier runs leave a source less than `max_epochs`."""
        return self.max_total_epochs is not None and self.max_total_epochs - self.spent.get(name, 0.0) < self.max_epochs

    def cap(self, name: str, available: float) -> float:
        """Give the most that a source holding `available` may fill; whole, so that no rounding breaks it."""
        repeats = self.repeats
        if self.max_total_epochs is not None and self.held_by_the_past(name):
            repeats = max(self.max_total_epochs - self.spent.get(name, 0.0), 0.0) / self.trainer_epochs
        return float(math.floor(_snap(available * repeats)))


def quotas(available: Mapping[str, float], weights: Mapping[str, float], budget: Budget) -> dict[str, float]:
    """Give every source its quota of the mix, not yet whole.

    q_i = size · w_i. Where that exceeds the source's cap, available_i · max_epochs / trainer_epochs: an error, or
    water-filling (`fill`) when the budget says to redistribute.

    Args:
        available: what each source holds, in the unit.
        weights: shares, ≥ 0, summing to 1.

    Raises:
        NotEnoughData: what holds the mix back, the numbers, the best possible plan and the remedies.
    """
    wanted = {name: weight for name, weight in weights.items() if weight > 0}
    _refuse_useless(available, wanted, budget)
    caps = {name: budget.cap(name, available[name]) for name in wanted}
    if budget.size is None:
        size = math.floor(_snap(min(min(available[name], caps[name]) / weight for name, weight in wanted.items())))
        if not size:
            raise _held_back(available, wanted, replace(budget, size=1), 0)
        return {name: weight * size for name, weight in weights.items()}
    if budget.redistribute:
        size = float(budget.size)
        caps = {name: min(cap, size * budget.ceilings.get(name, 1.0)) for name, cap in caps.items()}
        if budget.size > (most := math.fsum(caps.values())) * (1 + HAIR):
            raise _all_full(available, caps, budget.size, most, budget)
        return dict.fromkeys(weights, 0.0) | fill(wanted, caps, min(size, most))
    best = math.floor(_snap(min(caps[name] / weight for name, weight in wanted.items())))
    if budget.size > best:
        raise _held_back(available, wanted, budget, best)
    return {name: weight * budget.size for name, weight in weights.items()}


def size_of_epochs(available: Mapping[str, float], weights: Mapping[str, float], epochs: Mapping[str, float]) -> int:
    """Give the size of a mix that goes through its sources as often as they are to be: min_i e_i n_i / w_i, which is Σ
    e_i n_i for w_i ∝ e_i n_i. Where checks or bounds have moved the shares, no source is gone through more often.

    Args:
        available: what each source holds, in the unit.
        weights: shares, summing to 1.
        epochs: e_i.
    """
    sizes = (epochs.get(name, 0.0) * available[name] / weight for name, weight in weights.items() if weight > 0)
    return math.floor(_snap(min(sizes)))


def fill(weights: Mapping[str, float], caps: Mapping[str, float], size: float) -> dict[str, float]:
    """Pour `size` over sources in proportion to their weights, none above its cap (water-filling).

    Args:
        weights: > 0; they need not sum to 1.
        caps: most that each may get; together at least `size`.

    Returns:
        Amounts that sum to `size`; those of sources below their caps are in proportion to their weights.
    """
    filled: dict[str, float] = {}
    open_ = dict(weights)
    left = size
    while open_:
        total = math.fsum(open_.values())
        full = [name for name, weight in open_.items() if left * (weight / total) >= caps[name]]
        if not full:
            return filled | {name: left * (weight / total) for name, weight in open_.items()}
        for name in full:
            filled[name] = caps[name]
            del open_[name]
        left = max(size - math.fsum(filled.values()), 0.0)
    return filled


def whole(quota: Mapping[str, float], total: int) -> dict[str, int]:
    """Round quotas to whole numbers with an exact sum: largest remainder (Hamilton), ties by the order of the sources.

    Args:
        quota: in rows; sums to `total`.

    Returns:
        Counts, each less than 1 away from its quota.

    Raises:
        NotEnoughData: a quota above 0 that becomes 0.
    """
    near = {name: _snap(value) for name, value in quota.items()}
    counts = {name: math.floor(value) for name, value in near.items()}
    by_remainder = sorted(near, key=lambda name: counts[name] - near[name])
    for name in by_remainder[: total - sum(counts.values())]:
        counts[name] += 1
    if lost := [name for name, value in quota.items() if value > 0 and counts[name] == 0]:
        name = min(lost, key=lambda one: quota[one])
        share = quota[name] / math.fsum(quota.values())
        raise NotEnoughData(
            f"source {name!r} has a weight of {share:.6g}, which is {quota[name]:.3f} of {total:,} rows: none. "
            f"{large_enough(total, quota[name])}",
            source=name,
            share=share,
        )
    return counts


def large_enough(total: float, part: float) -> str:
    """Say how large a mix must be for a source to have one row, when it has `part` of one in a mix of `total`."""
    size = _snap(total / part) if part * MOST_SIZE >= total else math.inf
    return f"Set mix.size >= {math.ceil(size)}, or its weight to 0." if size < math.inf else "Set its weight to 0."


def _snap(value: float) -> float:
    nearest = float(round(value))
    return nearest if math.isclose(value, nearest, rel_tol=HAIR, abs_tol=HAIR) else value


def _refuse_useless(available: Mapping[str, float], wanted: Mapping[str, float], budget: Budget) -> None:
    if empty := [name for name in wanted if not available[name]]:
        raise NotEnoughData(
            (
                f"source {empty[0]!r} has a weight of {wanted[empty[0]]:.3g} but no {budget.unit} to train on; set its "
                "weight to 0"
            ),
            source=empty[0],
        )
    if budget.repeats < 1:
        raise NotEnoughData(
            f"mix.max_epochs is {budget.max_epochs:g}, but training alone goes through the mix "
            f"{budget.trainer_epochs:g} times. "
            f"Set mix.max_epochs >= {budget.trainer_epochs:g}, or train.epochs <= {budget.max_epochs:g}."
        )


def _held_back(available: Mapping[str, float], wanted: Mapping[str, float], budget: Budget, best: int) -> NotEnoughData:
    """Tell which source is short, by how much, the best possible plan, and what would make room."""
    size, unit = budget.size or 0, budget.unit
    name = min(wanted, key=lambda one: budget.cap(one, available[one]) / wanted[one])
    needed = {one: _epochs_for(size * wanted[one], available[one], budget) for one in wanted}
    smaller = f"mix.size <= {best}, or " if best else ""
    return NotEnoughData(
        f"{size:,} {unit} wanted, {best:,} possible. Source {name!r} holds it back: {100 * wanted[name]:.4g} % of "
        "the mix = "
        f"{size * wanted[name]:,.0f}, but {available[name]:,.0f} {unit} x {_passes(budget, name)} = "
        f"{budget.cap(name, available[name]):,.0f}. "
        f"Set {smaller}{_more_epochs(needed, budget)}, or mix.on_cap: redistribute.",
        source=name,
        wanted=size,
        possible=best,
        max_epochs=max(needed.values()),
    )


def _all_full(
    available: Mapping[str, float], caps: Mapping[str, float], size: int, most: float, budget: Budget
) -> NotEnoughData:
    """Tell that every source is at its cap and how much of the budget would stay unspent."""
    needed = _epochs_for(float(size + len(caps)), math.fsum(available[name] for name in caps), budget)
    past = ", less what earlier runs have spent" if any(map(budget.held_by_the_past, caps)) else ""
    limits = f"its cap of {_passes(replace(budget, max_total_epochs=None))}{past}" + (
        " or its ceiling" if budget.ceilings else ""
    )
    return NotEnoughData(
        f"{size:,} {budget.unit} wanted, {most:,.0f} possible: every source is at {limits}, "
        f"{size - most:,.0f} would stay unspent. Set mix.size <= {most:.0f}, or "
        f"{_more_epochs(dict.fromkeys(caps, needed), budget)}.",
        wanted=size,
        possible=int(most),
        max_epochs=needed,
    )


def _more_epochs(needed: Mapping[str, float], budget: Budget) -> str:
    """Name the settings that let every source give as often as is needed of it."""
    most = max(needed.values())
    found = [f"mix.max_epochs >= {most:g}"] if most > budget.max_epochs else []
    total = max(passes + budget.spent.get(name, 0.0) for name, passes in needed.items())
    if budget.max_total_epochs is not None and total > budget.max_total_epochs:
        found.append(f"mix.max_total_epochs >= {math.ceil(_snap(total * 100)) / 100:g}")
    return " and ".join(found or [f"mix.max_epochs >= {most:g}"])


def _passes(budget: Budget, name: str = "") -> str:
    if budget.held_by_the_past(name):
        return (
            f"what max_total_epochs {budget.max_total_epochs:g} leaves after {budget.spent.get(name, 0.0):g} in "
            "earlier runs"
        )
    if budget.trainer_epochs == 1:
        return f"max_epochs {budget.max_epochs:g}"
    return (
        f"{budget.repeats:.4g} copies (max_epochs {budget.max_epochs:g} / {budget.trainer_epochs:g} epochs of training)"
    )


def _epochs_for(amount: float, available: float, budget: Budget) -> float:
    """Give a value of max_epochs, two decimals, that lets a source fill `amount`."""
    return math.ceil(_snap(math.ceil(_snap(amount)) / available * budget.trainer_epochs * 100)) / 100

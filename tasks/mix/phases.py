"""A mix in phases: how much each source gives to each stretch of it. No files, no clock, no Prefect."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import NotEnoughData
from tasks.core.imports import importing
from tasks.mix.counts import Budget, fill, quotas, whole

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]
NEAR = 1e-9


@dataclass(frozen=True)
class Stretch:
    """A phase as it is asked for.

    Attributes:
        share: of the budget, > 0; those of all phases sum to 1.
        weights: share of each source in the phase; ≥ 0, summing to 1.
    """

    share: float
    weights: Mapping[str, float]


def phase_quotas(available: Mapping[str, float], phases: Sequence[Stretch], budget: Budget) -> list[dict[str, float]]:
    """Give every source its quota in every phase; one phase is the plain case of `quotas`.

    The budget is cut into whole phases by largest remainder: B_p. Caps hold for the whole mix: Σ_p B_p w_pi ≤ cap_i.
    Where they do not, and the budget says to redistribute, each phase may use of source i what its wish is of all
    wishes for it, cap_i · B_p w_pi / Σ_q B_q w_qi, and its overflow goes to the other sources of the phase in
    proportion to their weights there.

    Raises:
        NotEnoughData: as `quotas`; or a phase's sources cannot fill it, with its number.
    """
    if len(phases) == 1:
        return [quotas(available, phases[0].weights, budget)]
    overall = {name: math.fsum(phase.share * phase.weights[name] for phase in phases) for name in available}
    planned = quotas(available, overall, budget)
    total = round(math.fsum(planned.values()))
    sizes = whole({str(at): phase.share * total for at, phase in enumerate(phases)}, total)
    wished = [
        {name: weight * sizes[str(at)] for name, weight in phase.weights.items()} for at, phase in enumerate(phases)
    ]
    if budget.size is None or not budget.redistribute:
        return wished
    return [
        _filled(at, phase, wished, available, replace(budget, size=sizes[str(at)])) for at, phase in enumerate(phases)
    ]


def _filled(
    at: int, phase: Stretch, wished: Sequence[Mapping[str, float]], available: Mapping[str, float], budget: Budget
) -> dict[str, float]:
    size, wanted = float(budget.size or 0), {name: weight for name, weight in phase.weights.items() if weight > 0}
    parts = {name: wished[at][name] / math.fsum(other[name] for other in wished) for name in wanted}
    caps = {
        name: min(budget.cap(name, available[name]) * parts[name], size * budget.ceilings.get(name, 1.0))
        for name in wanted
    }
    if (most := math.fsum(caps.values())) < size * (1 - NEAR):
        raise NotEnoughData(
            f"phase {at + 1}: {size:,.0f} {budget.unit} wanted, {most:,.0f} possible: its sources "
            f"({', '.join(wanted)}) are at their caps. "
            f"Make its share smaller, give it more sources, or set a larger mix.max_epochs.",
            phase=at + 1,
            wanted=int(size),
            possible=int(most),
        )
    return dict.fromkeys(phase.weights, 0.0) | fill(wanted, caps, min(size, most))


def whole_phases(quota: Sequence[Mapping[str, float]], caps: Mapping[str, float]) -> list[dict[str, int]]:
    """Round the quotas of all phases together, so that phases and sources come out whole (controlled rounding).

    Every count is less than 1 from its quota, every phase has exactly its size, and no source has more in all than its
    quota rounded up, nor than its cap. Such counts exist, since the constraints are those of a flow; of them those are
    taken that give the most to the largest remainders.

    Args:
        caps: whole rows that each source may give in all.

    Raises:
        NotEnoughData: a quota above 0 that becomes 0.
    """
    if len(quota) == 1:
        return [whole(quota[0], round(math.fsum(quota[0].values())))]
    names = list(quota[0])
    wanted = np.array([[phase[name] for name in names] for phase in quota])
    nearest = np.round(wanted)
    wanted = np.where(np.isclose(wanted, nearest, rtol=NEAR, atol=NEAR), nearest, wanted)
    low = np.floor(wanted)
    left = np.array([caps[name] for name in names]) - low.sum(0)
    counts = low + _rounded_up(wanted - low, np.round(wanted.sum(1)) - low.sum(1), left)
    for at, name in zip(*np.nonzero((wanted > 0) & (counts == 0)), strict=True):
        raise NotEnoughData(
            f"phase {at + 1}: source {names[name]!r} gets {wanted[at, name]:.3f} of {wanted[at].sum():,.0f} rows: "
            "none. "
            f"Set mix.size >= {math.ceil(wanted.sum() / wanted[at, name])}, or its weight there to 0.",
            source=names[name],
            phase=int(at) + 1,
        )
    return [dict(zip(names, row.astype(int).tolist(), strict=True)) for row in counts]


def _rounded_up(remainders: Matrix, missing: Vector, left: Vector) -> Matrix:
    """Choose which remainders to round up: as many a phase as are `missing`, no more than are `left` a source."""
    with importing:
        from scipy.optimize import linprog

    phases, sources = remainders.shape
    by_phase = np.kron(np.eye(phases), np.ones(sources))
    by_source = np.kron(np.ones(phases), np.eye(sources))
    sums = remainders.sum(0)
    top = np.minimum(np.ceil(sums - NEAR), np.floor(left + NEAR))
    bottom = np.minimum(np.floor(sums + NEAR), top)
    order = 1e-6 * np.arange(remainders.size)  # ties go to the earlier phase, then the earlier source
    solved = linprog(
        order - remainders.ravel(),
        A_ub=np.vstack([by_source, -by_source]),
        b_ub=np.concatenate([top, -bottom]),
        A_eq=by_phase,
        b_eq=missing,
        bounds=[(0.0, 1.0 if value > 0 else 0.0) for value in remainders.ravel()],
        method="highs-ds",
    )
    if solved.x is None:
        raise NotEnoughData(
            "the phases leave no room to round to whole rows under the caps; make mix.size smaller by a row or two"
        )
    return np.round(solved.x).reshape(phases, sources)

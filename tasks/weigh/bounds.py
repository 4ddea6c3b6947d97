"""Floors and ceilings: shares brought between them with as little change as can be."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from tasks.core.errors import RecipeError
from tasks.weigh.verdicts import Weighed, share_text

HAIR = 1e-9
NOTHING = 1e-15
"""A share below this is none: no scale brings it anywhere."""


@dataclass(frozen=True)
class Bounds:
    """Least and largest share by source; a source that is not named has 0 and 1."""

    floors: Mapping[str, float]
    ceilings: Mapping[str, float]


def project(weights: Mapping[str, float], bounds: Bounds) -> dict[str, float]:
    """Bring shares between their bounds.

    w_i = min(max(c v_i, l_i), u_i), with c such that Σ w_i = 1: of all shares between the bounds those with the least
    KL(w ‖ v). Shares between their bounds keep their proportions, and a share of 0 becomes its floor. Σ w_i grows with
    c in straight lines between the points where a share leaves its floor or reaches its ceiling, so c is found exactly.

    Args:
        weights: ≥ 0, summing to 1.

    Raises:
        RecipeError: the floors sum to more than 1, or the ceilings of the sources with a weight to less; with the sums.
    """
    low = {name: bounds.floors.get(name, 0.0) for name in weights}
    high = {name: bounds.ceilings.get(name, 1.0) if weights[name] > NOTHING else low[name] for name in weights}
    _refuse_impossible(weights, low, high)
    if all(low[name] <= share <= high[name] for name, share in weights.items()):
        return dict(weights)

    def at(scale: float) -> dict[str, float]:
        return {name: min(max(scale * share, low[name]), high[name]) for name, share in weights.items()}

    turns = sorted({bound[name] / share for name, share in weights.items() if share > NOTHING for bound in (low, high)})
    before, after = 0.0, turns[-1]
    for turn in turns:
        if math.fsum(at(turn).values()) >= 1:
            after = turn
            break
        before = turn
    least, most = math.fsum(at(before).values()), math.fsum(at(after).values())
    scale = before + (after - before) * ((1 - least) / (most - least)) if most > least else after
    shares = at(scale)
    return {
        name: share / math.fsum(shares.values()) if low[name] < share < high[name] else share
        for name, share in shares.items()
    }


def _refuse_impossible(weights: Mapping[str, float], low: Mapping[str, float], high: Mapping[str, float]) -> None:
    if (least := math.fsum(low.values())) > 1 + HAIR:
        bounds = ", ".join(f"{name} {floor:g}" for name, floor in low.items() if floor)
        raise RecipeError(
            f"mix.floors sum to {least:.4g}, more than the whole mix ({bounds}); lower them by {least - 1:.4g}",
            floors=least,
        )
    if (most := math.fsum(high.values())) < 1 - HAIR:
        bounds = ", ".join(f"{name} {high[name]:g}" for name, share in weights.items() if share > NOTHING)
        raise RecipeError(
            f"mix.ceilings of the sources that have a weight sum to {most:.4g}, less than the whole mix ({bounds}); "
            f"raise them by {1 - most:.4g}, "
            "or give another source a weight",
            ceilings=most,
        )


def within(weighed: Weighed, bounds: Bounds, out: Collection[str]) -> Weighed:
    """Bring settled shares between their bounds, and say so in the reasons.

    Args:
        out: sources that can give nothing: left out by their checks, or empty. Their floors do not hold.

    Raises:
        RecipeError: a bound for a source that is none, or bounds that cannot all hold.
    """
    if unknown := [name for name in (*bounds.floors, *bounds.ceilings) if name not in weighed.weights]:
        raise RecipeError(
            f"a floor or ceiling for {', '.join(map(repr, unknown))}, but the sources are {', '.join(weighed.weights)}"
        )
    weights = project(
        weighed.weights,
        Bounds({name: floor for name, floor in bounds.floors.items() if name not in out}, bounds.ceilings),
    )
    reasons = {
        name: reason + _moved(name, weighed.weights[name], weights[name], bounds)
        for name, reason in weighed.reasons.items()
    }
    notes = tuple(
        f"the floor of {name} ({bounds.floors[name]:g}) does not hold: the source gives nothing"
        for name in bounds.floors
        if name in out
    )
    return replace(weighed, weights=weights, reasons=reasons, notes=weighed.notes + notes)


def _moved(name: str, before: float, now: float, bounds: Bounds) -> str:
    if math.isclose(before, now, rel_tol=HAIR, abs_tol=NOTHING):
        return ""
    if now == bounds.floors.get(name):
        return f"; raised to its floor of {share_text(now)}"
    if now == bounds.ceilings.get(name):
        return f"; cut to its ceiling of {share_text(now)}"
    return f"; floors and ceilings move others, so {share_text(now)}"

"""From what was asked to what is used: check verdicts applied, shares normalised, every change told in words."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.errors import QualityGate
from tasks.records import Verdict


@dataclass(frozen=True)
class Weighed:
    """Shares that sum to 1, by source in the pool's order.

    Attributes:
        requested: as asked for, normalised.
        weights: after the checks' verdicts.
        reasons: why each source has its share.
        asked_sum: what the weights summed to as they were asked for.
    """

    requested: dict[str, float]
    weights: dict[str, float]
    reasons: dict[str, str]
    asked_sum: float


def settle(asked: Mapping[str, float], verdicts: Sequence[Verdict], method: str) -> Weighed:
    """Apply verdicts to weights.

    w_i = a_i f_i / Σ a_j f_j, with a the weights asked for and f the factor of the source's verdict (0 leaves it out).

    Args:
        asked: weight by source; ≥ 0, finite, not all 0.
        method: where the weights come from, in words.

    Raises:
        QualityGate: the checks leave no source with a weight.
    """
    total = math.fsum(asked.values())
    requested = {name: weight / total for name, weight in asked.items()}
    factors = {verdict.subject: verdict for verdict in verdicts if verdict.factor != 1}
    scaled = {name: share * factors[name].factor if name in factors else share for name, share in requested.items()}
    left = math.fsum(scaled.values())
    if left <= 0:
        told = "; ".join(f"{name}: {verdict.reason}" for name, verdict in factors.items())
        raise QualityGate(f"the checks leave no source with a weight ({told}); mend a source, or change its policy under `checks.policies`")
    weights = {name: share / left for name, share in scaled.items()}
    return Weighed(requested, weights, _reasons(requested, weights, factors, method), total)


def _reasons(requested: Mapping[str, float], weights: Mapping[str, float], factors: Mapping[str, Verdict], method: str) -> dict[str, str]:
    reasons: dict[str, str] = {}
    for name, share in requested.items():
        if name in factors:
            done = "left out" if factors[name].factor == 0 else f"scaled by {factors[name].factor:.2f}"
            reasons[name] = f"{method}: {share:.3f}; {done} by its checks ({factors[name].reason})"
        elif not math.isclose(share, weights[name], rel_tol=1e-9):
            reasons[name] = f"{method}: {share:.3f}; {weights[name]:.3f} since the checks changed {', '.join(factors)}"
        else:
            reasons[name] = f"{method}: {share:.3f}"
    return reasons

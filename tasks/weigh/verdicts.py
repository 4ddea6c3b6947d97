"""From what was asked to what is used: shares normalised, verdicts of the checks applied, every change told in
words.
"""

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.core.errors import NotEnoughData, QualityGate, RecipeError
from tasks.manifests.check import Verdict

SUMS_TO_ONE = 1e-6
"""Weights whose sum is this near to 1 are taken for what they say."""
SHOWN = 100
"""Characters of a verdict's reason that go into a source's; the checks tell all of it."""


@dataclass(frozen=True)
class Weighed:
    """Shares that sum to 1, by source in the pool's order.

    Attributes:
        requested: as asked for, normalised.
        weights: after the checks' verdicts.
        reasons: why each source has its share.
        notes: what the log has to say about the whole.
    """

    requested: dict[str, float]
    weights: dict[str, float]
    reasons: dict[str, str]
    notes: tuple[str, ...] = ()


def settle(asked: Mapping[str, float], sizes: Mapping[str, float], verdicts: Sequence[Verdict], method: str) -> Weighed:
    """Apply verdicts to weights.

    w_i = a_i f_i / Σ a_j f_j, with a the weights asked for and f the factor of the source's verdict (0 leaves it out).

    Args:
        asked: weight by source; ≥ 0, finite. Those that do not sum to 1 are normalised, and a note says so.
        sizes: what each source of the pool holds, in the unit of the weights.
        verdicts: of the checks; those of subjects that are no sources do not matter.
        method: where the weights come from, in words.

    Raises:
        RecipeError: other names than the pool's sources, or a weight that is none.
        NotEnoughData: the sources with a weight are empty.
        QualityGate: the checks leave no source with a weight.
    """
    _refuse_unknown(asked, sizes, method)
    requested, total = _normalised({name: asked[name] for name in sizes})
    if not requested:
        raise NotEnoughData(
            f"no source is left with a weight: {method} gives all of them 0. {_held(sizes)}", sizes=dict(sizes)
        )
    factors = {verdict.subject: verdict for verdict in verdicts if verdict.factor != 1 and verdict.subject in requested}
    weights, _ = _normalised(
        {name: share * factors[name].factor if name in factors else share for name, share in requested.items()}
    )
    if not weights:
        reasons = "; ".join(f"{name}: {verdict.reason}" for name, verdict in factors.items())
        raise QualityGate(
            f"the checks leave no source with a weight ({reasons}); mend a source, or change its policy under "
            "`checks.policies`"
        )
    off = not math.isclose(total, 1, abs_tol=SUMS_TO_ONE)
    notes = (f"the weights sum to {total:g}; they were normalised to sum to 1",) if off else ()
    return Weighed(requested, weights, _reasons(requested, weights, factors, method), notes)


def _refuse_unknown(asked: Mapping[str, float], sizes: Mapping[str, float], method: str) -> None:
    if unknown := [name for name in asked if name not in sizes]:
        raise RecipeError(
            f"{method}: a weight for {', '.join(map(repr, unknown))}, but the sources are {', '.join(sizes)}; mend "
            "mix.weights"
        )
    if missing := [name for name in sizes if name not in asked]:
        raise RecipeError(
            f"{method}: no weight for {', '.join(map(repr, missing))}; write 0 under mix.weights to leave a source out"
        )
    if bad := {name: weight for name, weight in asked.items() if not 0 <= weight < math.inf}:
        raise RecipeError(f"{method}: weights must be finite and at least 0; got {bad}")


def _normalised(weights: Mapping[str, float]) -> tuple[dict[str, float], float]:
    """Divide by the sum, which is given, too; nothing when all are 0.

    Scaled by a power of 2 first: exact, and sums of huge weights do not overflow.
    """
    largest = max(weights.values(), default=0.0)
    if largest <= 0:
        return {}, 0.0
    _, exponent = math.frexp(largest)
    scaled = {name: math.ldexp(weight, -exponent) for name, weight in weights.items()}
    total = math.fsum(scaled.values())
    sum_of_all = total * 2.0 ** (exponent - 1) * 2  # in two steps, as 2.0 ** 1024 is too large for a float
    return {name: weight / total for name, weight in scaled.items()}, sum_of_all


def _held(sizes: Mapping[str, float]) -> str:
    return "They hold: " + ", ".join(f"{name} {size:,.0f}" for name, size in sizes.items())


def _reasons(
    requested: Mapping[str, float], weights: Mapping[str, float], factors: Mapping[str, Verdict], method: str
) -> dict[str, str]:
    gone = _listed([name for name, verdict in factors.items() if verdict.factor == 0], "left out")
    less = _listed([name for name, verdict in factors.items() if verdict.factor != 0], "given less")
    why = " and ".join(filter(None, (gone, less)))
    reasons: dict[str, str] = {}
    for name, share in requested.items():
        asked, now = f"{method}: {share_text(share)} asked", f"so {share_text(weights[name])}"
        if name in factors:
            verdict = factors[name]
            done = (
                "left out by its checks"
                if verdict.factor == 0
                else f"times {share_text(verdict.factor)} for its checks"
            )
            because = f" ({textwrap.shorten(verdict.reason, SHOWN, placeholder=' …')})" if verdict.reason else ""
            reasons[name] = f"{asked}; {done}{because}" + (f", {now}" if verdict.factor else "")
        elif share > 0 and not math.isclose(share, weights[name], rel_tol=1e-9):
            reasons[name] = f"{asked}; {why} by {'its' if len(factors) == 1 else 'their'} checks, {now}"
        else:
            reasons[name] = asked
    return reasons


def _listed(names: Sequence[str], what: str) -> str:
    return f"{', '.join(names)} {what}" if names else ""


def share_text(share: float) -> str:
    """Write a share for people: two decimals, more where it would vanish."""
    return f"{share:.2f}" if share >= 0.01 or share == 0 else f"{share:.2g}"

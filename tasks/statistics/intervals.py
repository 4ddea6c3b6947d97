"""An estimate with its standard error: Student's interval, degrees of freedom, the least difference to be seen."""

import math
from collections.abc import Sequence

import numpy as np

from tasks.core.imports import importing
from tasks.core.records import Section
from tasks.text.hashing import Floats

POWER = 0.8
"""Chance of seeing the least detectable difference."""
ZERO = 1e-15
"""A standard error, or an estimate, that is no more than rounding."""


class IntervalEstimate(Section):
    """An estimate and how sure it is: estimate ± t · error."""

    estimate: float
    low: float
    high: float
    p: float
    """Two-sided, for a true value of 0."""
    error: float
    """Standard error of the estimate."""
    freedom: float
    """Degrees of freedom of the error."""

    def at(self, confidence: float) -> "IntervalEstimate":
        """Give the same estimate with an interval of another confidence."""
        return student_interval(self.estimate, self.error, self.freedom, confidence)


def student_interval(estimate: float, error: float, freedom: float, confidence: float) -> IntervalEstimate:
    """Give estimate ± t_{(1+confidence)/2, freedom} · error, and p of t = estimate / error under a true value of 0."""
    with importing:
        from scipy.special import stdtr

    if error <= ZERO:
        p = 1.0 if abs(estimate) <= ZERO else 0.0
        return IntervalEstimate(estimate=estimate, low=estimate, high=estimate, p=p, error=0.0, freedom=freedom)
    half = _quantile(freedom, (1 + confidence) / 2) * error
    p = float(2 * stdtr(freedom, -abs(estimate) / error))
    return IntervalEstimate(
        estimate=estimate, low=estimate - half, high=estimate + half, p=p, error=error, freedom=freedom
    )


def detectable_difference(error: float, freedom: float, confidence: float) -> float:
    """Give the least difference seen four times in five: (t_{(1+confidence)/2} + t_0.8) · standard error.

    Args:
        error: standard error of the difference; sd/√S where seeds are all that varies.
        freedom: its degrees of freedom; S − 1 then.
    """
    if not math.isfinite(freedom):
        return 0.0
    return (_quantile(freedom, (1 + confidence) / 2) + _quantile(freedom, POWER)) * error


def _quantile(freedom: float, chance: float) -> float:
    with importing:
        from scipy.special import stdtrit

    return float(stdtrit(freedom, chance))


def welch_satterthwaite(variances: Sequence[tuple[float, float]]) -> float:
    """Give the degrees of freedom of a sum of variances: (Σ v)² / Σ v²/f (Satterthwaite 1946, Welch 1947).

    Args:
        variances: each with its degrees of freedom. Where all are 0, the freedom of the last one holds.
    """
    parts = [(variance, max(freedom, 1)) for variance, freedom in variances if variance > ZERO**2]
    bottom = math.fsum(variance**2 / freedom for variance, freedom in parts)
    return math.fsum(variance for variance, _ in parts) ** 2 / bottom if bottom else float(max(variances[-1][1], 1))


def over_seeds_and_rows(
    by_seed: Floats, rows: Sequence[tuple[Floats, Floats]], confidence: float, inflation: float = 1.0
) -> IntervalEstimate:
    """Give the mean of a difference with an interval that holds for other seeds and other rows.

    Var(mean d) = Var(d_s) / S, from the seeds, plus Σ_c Var_i(e_ci) / (n_c C²), from the rows: e_ci is what row i of
    group c, one of C, adds to the difference, averaged over the seeds. Both are estimated and added, with the degrees
    of freedom by Welch and Satterthwaite. Rows without a difference leave the paired t interval over seeds.

    Args:
        by_seed: d_s, the difference under each seed; shape (S,), S ≥ 2.
        rows: of each group the differences of its rows, averaged over seeds, and their weights (1, or tokens);
            shape (n_c,) each.
        inflation: what the variance from the rows is multiplied by, where they had a part in what is compared.
    """
    parts = [(float(by_seed.var(ddof=1)) / len(by_seed), len(by_seed) - 1)]
    parts += [(inflation * ratio_variance(sums, weights) / len(rows) ** 2, len(sums) - 1) for sums, weights in rows]
    error = math.sqrt(math.fsum(variance for variance, _ in parts))
    return student_interval(float(by_seed.mean()), error, welch_satterthwaite(parts), confidence)


def ratio_variance(amounts: Floats, weights: Floats) -> float:
    """Give Var(Σ a / Σ w) over rows: Var(a_i − r w_i) / (n mean(w)²), r the ratio; w = 1 leaves Var(a_i) / n."""
    rest = amounts - weights * (amounts.sum() / weights.sum())
    return float(rest.var(ddof=1)) / (len(rest) * float(np.mean(weights)) ** 2)

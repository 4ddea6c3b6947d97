"""What runs on different mixes allow to be said, before a mix is recommended."""

import numpy as np

from tasks.experiments.search.select import Evidence, Surrogate

FEWEST = 5
"""Runs below which nothing is fitted."""
TIMES_NOISE = 4.0
CHANCE = 0.05

LEARNED, NO_EFFECT, TOO_FEW = "learned", "no effect", "too few runs"


def noise(evidence: Evidence) -> float | None:
    """Give the standard deviation of the target's cost between runs on the same mix; None where no mix was run twice.

    Pooled over mixes: √(Σ (y - mean of its mix)² / Σ (runs of it - 1)).
    """
    _, mix = np.unique(evidence.mixes.round(6), axis=0, return_inverse=True)
    counts = np.bincount(mix)
    free = int((counts - 1).sum())
    if free == 0:
        return None
    means = np.bincount(mix, evidence.totals) / counts
    return float(np.sqrt(((evidence.totals - means[mix]) ** 2).sum() / free))


def outcome_of(evidence: Evidence, best: Surrogate) -> tuple[str, str]:
    """Say whether a mix may be recommended.

    Returns:
        LEARNED, NO_EFFECT (the costs differ by less than 4 times the noise between equal runs) or TOO_FEW (the order of
        runs left out is not guessed better than by chance), and the numbers behind it.
    """
    totals, deviation = evidence.totals, noise(evidence)
    spread, rank = float(np.ptp(totals)), best.rank
    if spread <= 1e-12 * max(1.0, float(np.abs(totals).max())):
        return NO_EFFECT, f"all {len(totals)} runs have the same score"
    if deviation is not None and spread < TIMES_NOISE * deviation:
        return (
            NO_EFFECT,
            (
                f"the scores span {spread:.4g}, less than {TIMES_NOISE:g} times the {deviation:.4g} by which equal "
                "runs differ"
            ),
        )
    if rank <= 0 or best.p > CHANCE:
        return TOO_FEW, f"the rank correlation on runs left out is {rank:.2f} with {len(totals)} runs (p {best.p:.2f})"
    return LEARNED, f"the rank correlation on runs left out is {rank:.2f} with {len(totals)} runs"

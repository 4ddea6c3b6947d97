"""What runs on different mixes allow to be said, before a mix is recommended."""

import numpy as np

from tasks.core.imports import importing
from tasks.experiments.search.evidence import Evidence
from tasks.experiments.search.nested import Nested
from tasks.experiments.search.permutation import Learned, permutation_test

FEWEST = 5
"""Runs below which nothing is fitted."""
FEWEST_TOLD = 10
"""Runs below which nothing counts as learned, and at least two for each source."""
CHANCE = 0.05

LEARNED, NO_EFFECT, TOO_FEW = "learned", "no effect", "too few runs"


def fewest_told(sources: int) -> int:
    """Give the runs below which nothing counts as learned."""
    return max(FEWEST_TOLD, 2 * sources)


def noise(evidence: Evidence) -> float | None:
    """Give the standard deviation of the target's cost between runs on the same mix; None where no mix was run twice.

    Pooled over mixes: √(Σ (y - mean of its mix)² / Σ (runs of it - 1)).
    """
    within, free = _within(evidence)
    return float(np.sqrt(within / free)) if free else None


def outcome_of(designed: Evidence, nested: Nested, seed: int, looks: int = 1) -> tuple[str, str, Learned | None]:
    """Say whether a mix may be recommended.

    Args:
        designed: the runs whose mixes were chosen without looking at costs; they alone can be permuted.
        nested: how far off guesses of all runs are.
        looks: how often this is asked as runs are added.

    Returns:
        LEARNED, NO_EFFECT (runs on different mixes differ no more than runs on the same one do, F test) or TOO_FEW; the
        numbers behind it; and the permutation test, where there are runs enough for one.
    """
    totals, (count, sources) = designed.totals, designed.mixes.shape
    least = fewest_told(sources)
    if float(np.ptp(totals)) <= 1e-12 * max(1.0, float(np.abs(totals).max())):
        return NO_EFFECT, f"all {count} runs have the same score", None
    if count < least:
        return TOO_FEW, f"{count} runs of {sources} sources; {least} are the least that tell learning from luck", None
    test = permutation_test(designed, seed, looks)
    errors = f"guesses of runs left out are off by {nested.surrogate.error:.4g}, their mean by {nested.mean.error:.4g}"
    if test.passed:
        return LEARNED, f"{errors} ({count} runs; p {test.p:.3f})", test
    chance = _same_mix(designed)
    if chance is not None and chance > CHANCE:
        return NO_EFFECT, f"runs on different mixes differ no more than runs on the same mix do (p {chance:.2f})", test
    return (
        TOO_FEW,
        f"{errors}, and after shuffling the scores of {count} runs as little as that is not rare (p {test.p:.2f})",
        test,
    )


def _same_mix(evidence: Evidence) -> float | None:
    """Give p of the F test of costs between mixes against costs within them; None where no mix was run twice."""
    with importing:
        from scipy.stats import f

    within, free = _within(evidence)
    mixes = len(evidence.totals) - free
    if free == 0 or within == 0 or mixes < 2:
        return None
    between = float(((evidence.totals - evidence.totals.mean()) ** 2).sum()) - within
    return float(f.sf(between / (mixes - 1) / (within / free), mixes - 1, free))


def _within(evidence: Evidence) -> tuple[float, int]:
    """Give the sum of squares within mixes, and its degrees of freedom."""
    mix = evidence.mix_numbers
    counts = np.bincount(mix)
    means = np.bincount(mix, evidence.totals) / counts
    return float(((evidence.totals - means[mix]) ** 2).sum()), int((counts - 1).sum())

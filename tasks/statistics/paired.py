"""Is a difference real? Tests on paired scores, by scipy, and Holm's correction for asking several times."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.core.imports import importing
from tasks.statistics.intervals import ZERO
from tasks.statistics.paired_tests import McNemar, PairedT
from tasks.text.hashing import Floats


def paired_t(differences: Sequence[float] | Floats, confidence: float) -> PairedT | None:
    """Test whether the mean of paired differences is 0, one difference a seed; None with fewer than two."""
    with importing:
        from scipy.stats import ttest_1samp

    values = np.asarray(differences, float)
    if len(values) < 2:
        return None
    mean, sd = float(values.mean()), float(values.std(ddof=1))
    if sd <= ZERO * max(1.0, abs(mean)):
        return PairedT(mean=mean, sd=0.0, t=None, p=1.0 if mean == 0 else 0.0, low=mean, high=mean)
    test: Any = ttest_1samp(values, 0.0)
    low, high = test.confidence_interval(confidence)
    return PairedT(mean=mean, sd=sd, t=float(test.statistic), p=float(test.pvalue), low=float(low), high=float(high))


def mcnemar(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> McNemar:
    """Test two models' answers to the same rows: p = P(Binomial(b + c, ½) at least as uneven); True where an answer is
    right.
    """
    with importing:
        from scipy.stats import binomtest

    b, c = int((first & ~second).sum()), int((second & ~first).sum())
    return McNemar(b=b, c=c, p=float(binomtest(min(b, c), b + c, 0.5).pvalue) if b + c else 1.0)


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p values for being several (Holm 1979): p̃ of the i-th smallest of m = max over j ≤ i of (m − j + 1) p_j,
    at most 1.
    """
    corrected, worst = [0.0] * len(p_values), 0.0
    for rank, at in enumerate(sorted(range(len(p_values)), key=lambda number: p_values[number])):
        worst = max(worst, min(1.0, (len(p_values) - rank) * p_values[at]))
        corrected[at] = worst
    return corrected

"""pass@k: the probability that one of k programs drawn for a problem passes its tests, estimated from n ≥ k of them
(Chen et al. 2021, arXiv:2107.03374, §2.1).
"""

import numpy as np

from tasks.manifests.scores import Measurement
from tasks.statistics.bootstrap import resampled_sums
from tasks.statistics.resampling import Resampling, measured, with_end
from tasks.text.hashing import Floats, Ints


def pass_at_k(drawn: int, passed: int, k: int) -> float:
    """Give 1 − C(n − c, k) / C(n, k) without an error of estimation: k of the n programs are drawn, c of them pass.

    Args:
        drawn: n, programs drawn for the problem.
        passed: c, those that pass, ≤ n.
        k: 1 ≤ k ≤ n.
    """
    if drawn - passed < k:
        return 1.0
    return float(1.0 - np.prod(1.0 - k / np.arange(drawn - passed + 1, drawn + 1)))


def mean_with_interval(values: Floats, groups: Ints, settings: Resampling, rng: np.random.Generator) -> Measurement:
    """Give the mean of pass@k over problems; those of a group are redrawn together.

    Args:
        values: shape (problems,), at least one.
        groups: number of the group of every problem, shape (problems,).
    """
    group = np.unique(groups, return_inverse=True)[1]
    sums = [np.bincount(group, weights).astype(float) for weights in (values, np.ones(len(values)))]
    total, count = resampled_sums(sums, settings.resamples, rng)
    mean = measured(values.mean(), total / count, settings.confidence)
    return with_end(mean, len(np.unique(group)), settings.confidence)

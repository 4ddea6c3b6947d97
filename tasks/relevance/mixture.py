"""Mixtures that explain a target best: their weights by EM. Arrays in, arrays out."""

from collections.abc import Mapping

import numpy as np

from tasks.text.hashing import Floats, Grams

SETTLED = 1e-10
MOST_STEPS = 20_000
SHARED = 0.1
"""Share of the frequencies of all sources in each source's model, so that no word is impossible."""
HARDLY = 1e-9
"""Probability of a word that no source has."""


def em_weights(log_likelihood: Floats) -> Floats:
    """Maximise (1/n) Σ_x log Σ_i w_i p_i(x) over the simplex.

    r = softmax_i(log p_i(x) + log w_i), w = mean_x r, until no weight moves by more than 1e-10 (Jelinek & Mercer 1980).
    The
    problem is concave: EM never makes it worse, and ends at an optimum.

    Args:
        log_likelihood: log p_i(x), shape (n, K), finite.
    """
    likelihood = np.exp(log_likelihood - log_likelihood.max(1, keepdims=True))
    weights = np.full(likelihood.shape[1], 1 / likelihood.shape[1])
    for _ in range(MOST_STEPS):
        joint = likelihood * weights
        moved = (joint / joint.sum(1, keepdims=True)).mean(0)
        if np.abs(moved - weights).max() < SETTLED:
            return moved
        weights = moved
    return weights


def word_models(grams: Mapping[str, Grams]) -> dict[str, Floats]:
    """Give log p_i(bucket) of every source: its own frequencies, 10 % of those of all sources, and a little for words
    that none has.
    """
    every = np.mean([_frequencies(found) for found in grams.values()], axis=0)
    floor = HARDLY / len(every)
    return {
        name: np.log((1 - SHARED - HARDLY) * _frequencies(found) + SHARED * every + floor)
        for name, found in grams.items()
    }


def _frequencies(grams: Grams) -> Floats:
    counts = grams.counts()
    return counts / counts.sum() if counts.sum() else np.full(len(counts), 1 / len(counts))


def explained(grams: Mapping[str, Grams], target: Grams) -> dict[str, float]:
    """Give each source's weight in the mixture that explains the target's texts best.

    Args:
        grams: words of a sample of each source, the target not among them.
        target: words of the target's texts.
    """
    models = word_models(grams)
    weights = em_weights(np.stack([target.sums(model) for model in models.values()], axis=1))
    return dict(zip(models, weights.tolist(), strict=True))

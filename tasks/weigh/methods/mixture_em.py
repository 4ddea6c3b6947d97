"""By the mixture of the sources' n-gram models that explains a target best, without training (Jelinek-Mercer weights by
EM).

p_i is a model of hashed words of source i. The weights maximise (1/n) Σ_x log Σ_i w_i p_i(x) over the target's texts;
the problem is concave, so EM ends at the one optimum. Sizes do not matter: a small source that explains the target gets
a large share, and `mix.max_epochs` with `mix.on_cap` decides how much of it there is. The target itself gets `own`.

Recipe:
    kind: mixture-em
    target: reviews
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np

from tasks.models.mixture import em_weights
from tasks.text.hashing import Floats, Grams, grams
from tasks.weigh.evidence import Evidence, SourceData
from tasks.weigh.target import TargetSettings, around

BACKGROUND = 0.1
"""Share of the frequencies of all sources in each source's model, so that no word is impossible."""
UNSEEN = 1e-9
"""Probability of a word that no source has."""


class Params(TargetSettings):
    """What to explain."""

    kind: Literal["mixture-em"] = "mixture-em"


def evidence(sources: SourceData, params: Params) -> Evidence:
    """Give the other sources' weights in the mixture that explains the target's texts best, as their `relevance`."""
    words = {
        name: grams(rows["text"], pairs=False)
        for name, rows in sources.samples.items()
        if len(rows) or name == params.target
    }
    target = words.pop(params.target)
    return Evidence({"relevance": explained(words, target) if words else {}})


def explained(grams: Mapping[str, Grams], target: Grams) -> dict[str, float]:
    """Give each source's weight in the mixture that explains the target's texts best.

    Args:
        grams: words of a sample of each source, the target not among them.
        target: words of the target's texts.
    """
    models = word_models(grams)
    weights = em_weights(np.stack([target.sums(model) for model in models.values()], axis=1))
    return dict(zip(models, weights.tolist(), strict=True))


def word_models(grams: Mapping[str, Grams]) -> dict[str, Floats]:
    """Give log p_i(bucket) of every source: its own frequencies, 10 % of those of all sources, and a little for words
    that none has.
    """
    frequencies = {name: _frequencies(sampled) for name, sampled in grams.items()}
    everywhere = np.mean(list(frequencies.values()), axis=0)
    floor = UNSEEN / len(everywhere)
    return {
        name: np.log((1 - BACKGROUND - UNSEEN) * own + BACKGROUND * everywhere + floor)
        for name, own in frequencies.items()
    }


def _frequencies(grams: Grams) -> Floats:
    counts = grams.counts()
    return counts / counts.sum() if counts.sum() else np.full(len(counts), 1 / len(counts))


def propose_from(sizes: Mapping[str, float], params: Params, evidence: Evidence) -> dict[str, float]:
    """Give each source its weight in the mixture."""
    return around(sizes, params.target, params.own, evidence.terms.get("relevance", {}))

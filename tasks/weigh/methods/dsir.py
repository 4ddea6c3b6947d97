"""By hashed n-gram importance to a target (DSIR; Xie et al. 2023, arXiv 2302.03169), without training.

Words and pairs of words are hashed into 10,000 buckets; p are their frequencies in the target, q in all other sources
together.
A row's importance is log r(x) = Σ_g log p(g)/q(g) / n over its n words and pairs, and a source of size n_i gets

    w_i ∝ n_i · (mean over its rows of r(x))^sharpness

With sharpness 1 that is the share that its rows would have in a sample drawn by r. A mean over n-grams, most of which
all texts
share, is flat, so the default is sharper. The target itself gets `own`.

Recipe:
    kind: dsir
    target: reviews
    own: 0.1
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from tasks.weigh.evidence import Evidence
from tasks.weigh.target import TargetSettings, around


class Params(TargetSettings):
    """What to be like."""

    kind: Literal["dsir"] = "dsir"
    sharpness: float = Field(default=5.0, gt=0, allow_inf_nan=False)
    """How much more a likelier source gets: the power of its mean importance."""


def propose_from(sizes: Mapping[str, float], params: Params, evidence: Evidence) -> dict[str, float]:
    """Give each source its size times the mean importance of its rows."""
    relevance = evidence.terms.get("relevance", {})
    return around(
        sizes,
        params.target,
        params.own,
        {name: size * relevance.get(name, 0.0) ** params.sharpness for name, size in sizes.items()},
    )

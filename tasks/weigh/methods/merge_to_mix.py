"""By the average of one cheap model per source that predicts a target best (Merge to Mix; arXiv 2505.16066).

One proxy, a logistic regression on hashed n-grams from the same start, is trained on each source alone. The model with
parameters θ(w) = Σ_i w_i θ_i stands in for a model trained on the mix w, so a mix is tried without training on it; w
minimises
the loss of θ(w) on the target's labelled rows, which is convex in w for these models. K short trainings, each cached;
the
target itself gets `own`.

Recipe:
    kind: merge-to-mix
    target: reviews
"""

from collections.abc import Mapping
from typing import Literal

from tasks.weigh.evidence import Evidence
from tasks.weigh.target import TargetSettings, around


class Params(TargetSettings):
    """What to predict."""

    kind: Literal["merge-to-mix"] = "merge-to-mix"

    @property
    def trains_probes(self) -> bool:
        """Whether a model of each source is wanted."""
        return True


def propose_from(sizes: Mapping[str, float], params: Params, evidence: Evidence) -> dict[str, float]:
    """Give each source its weight in the average."""
    return around(sizes, params.target, params.own, evidence.terms.get("explains", {}))

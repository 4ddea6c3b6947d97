"""By the mixture of one cheap model per source that predicts a target best (MixMin; Thudi et al. 2025, arXiv
2502.10510).

One proxy, a logistic regression on hashed n-grams, is trained on each source alone. The weights maximise
(1/n) Σ_(x,y) log Σ_i w_i p_i(y|x) over the target's labelled rows; the problem is concave and EM ends at its optimum.
These
weights of the models then weigh the data. K short trainings, each cached; the target itself gets `own`.

Recipe:
    kind: mixmin
    target: reviews
"""

from collections.abc import Mapping
from typing import Literal

from tasks.weigh.evidence import Evidence
from tasks.weigh.target import TargetSettings, around


class Params(TargetSettings):
    """What to predict."""

    kind: Literal["mixmin"] = "mixmin"

    @property
    def trains_probes(self) -> bool:
        """Whether a model of each source is wanted."""
        return True


def propose_from(sizes: Mapping[str, float], params: Params, evidence: Evidence) -> dict[str, float]:
    """Give each source the weight of its model."""
    return around(sizes, params.target, params.own, evidence.terms.get("explains", {}))

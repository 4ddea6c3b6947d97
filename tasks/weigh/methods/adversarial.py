"""By how hard a classifier finds it to tell a source's texts from the target's (adversarial validation).

A logistic regression on hashed n-grams is trained to separate each source from the target, cross-validated on as many
rows of
one as of the other. Its area under the ROC curve is 0.5 where nothing tells them apart, 1 where everything does:

    w_i ∝ min(1, 2 (1 − AUC_i))

Sizes do not matter. The target itself gets `own`.

Recipe:
    kind: adversarial
    target: reviews
"""

from collections.abc import Mapping
from typing import Literal

from tasks.weigh.evidence import Evidence
from tasks.weigh.target import TargetSettings, around


class Params(TargetSettings):
    """What to be hard to tell from."""

    kind: Literal["adversarial"] = "adversarial"


def propose_from(sizes: Mapping[str, float], params: Params, evidence: Evidence) -> dict[str, float]:
    """Give each source a share by how much it is like the target."""
    return around(sizes, params.target, params.own, evidence.terms.get("relevance", {}))

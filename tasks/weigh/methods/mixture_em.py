"""By the mixture of the sources' n-gram models that explains a target best, without training (Jelinek-Mercer weights by
EM).

p_i is a model of hashed words of source i. The weights maximise (1/n) Σ_x log Σ_i w_i p_i(x) over the target's texts;
the problem
is concave, so EM ends at the one optimum. Sizes do not matter: a small source that explains the target gets a large
share, and
`mix.max_epochs` with `mix.on_cap` decides how much of it there is. The target itself gets `own`.

Recipe:
    kind: mixture-em
    target: reviews
"""

from collections.abc import Mapping
from typing import Literal

from tasks.weigh.evidence import Evidence
from tasks.weigh.target import TargetSettings, around


class Params(TargetSettings):
    """What to explain."""

    kind: Literal["mixture-em"] = "mixture-em"


def propose_from(sizes: Mapping[str, float], params: Params, evidence: Evidence) -> dict[str, float]:
    """Give each source its weight in the mixture."""
    return around(sizes, params.target, params.own, evidence.terms.get("relevance", {}))

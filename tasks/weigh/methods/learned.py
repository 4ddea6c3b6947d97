"""The weights that `cuvee search` has found for this recipe and left in the store.

They hold for the data that they were learned on: once a source is added, gone or changed, a run stops and says so,
rather than use them in silence. A search without a gain leaves the weights that it could not beat, uniform or
proportional.

Recipe:
    kind: learned
"""

from collections.abc import Mapping
from typing import Literal

from tasks.core.records import Section
from tasks.weigh.evidence import Evidence


class Params(Section):
    """Nothing to choose: `searches/<name>/latest.json` of the store says it."""

    kind: Literal["learned"] = "learned"


def propose_from(sizes: Mapping[str, float], _params: Params, evidence: Evidence) -> dict[str, float]:
    """Give the weights that were found."""
    shares = evidence.terms["learned"]
    return {name: shares[name] for name in sizes}

"""What is known of the sources beyond their sizes, as the stage of relevance appraised it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tasks.core.errors import RecipeError
from tasks.core.records import Section
from tasks.manifests.manifest import Manifest

LEAST = 1e-3
"""A smaller share is none: a source that evidence speaks against is left out, rather than asked for half a row."""


def shared_out(pulls: Mapping[str, float]) -> dict[str, float]:
    """Give shares in proportion to pulls ≥ 0, nothing where that is less than a thousandth; all 0 when all are 0."""
    total = math.fsum(pulls.values())
    kept = {name: pull if total and pull / total >= LEAST else 0.0 for name, pull in pulls.items()}
    left = math.fsum(kept.values())
    return {name: pull / left if left else 0.0 for name, pull in kept.items()}


@dataclass(frozen=True)
class Evidence:
    """Figures of the sources for one `weights` section.

    Attributes:
        terms: name of the figure -> source -> value; a source may lack one.
    """

    terms: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def evidence_for(weights: Section, appraised: Sequence[Manifest]) -> Evidence:
    """Find what was appraised for these weights.

    Raises:
        RecipeError: nothing was.
    """
    asked = weights.model_dump(mode="json")
    found = next((one.facts for one in appraised if one.facts["asked"] == asked), None)
    if found is None:
        raise RecipeError(f"{asked['kind']}: nothing was appraised for these weights")
    return Evidence(found["terms"])


def table(
    terms: Mapping[str, Mapping[str, float]], sources: Sequence[str], weights: Mapping[str, float]
) -> list[dict[str, Any]]:
    """Lay figures out by source, the weight last: the table that says why."""
    rows = (
        {"source": name} | {term: round(values[name], 4) for term, values in terms.items() if name in values}
        for name in sources
    )
    return [row | {"weight": round(weights[str(row["source"])], 4)} for row in rows]


def told(row: Mapping[str, Any]) -> str:
    """Say a line of that table in words."""
    return ", ".join(f"{term} {value:.3g}" for term, value in row.items() if term not in ("source", "weight"))

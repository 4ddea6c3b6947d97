"""What is known of the sources beyond their sizes: what a weighing method may look at, and the figures it works out."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from tasks.core.errors import RecipeError
from tasks.core.records import Section
from tasks.manifests.dropped import Figure
from tasks.manifests.manifest import Account, Manifest
from tasks.manifests.weights import EvidenceFacts
from tasks.models.linear import LinearClassifier
from tasks.rows.sampling import refuse_tiny
from tasks.weigh.settings import method_of

LEAST = 1e-3
"""A smaller share is none: a source that evidence speaks against is left out, rather than asked for half a row."""
Terms = Mapping[str, Mapping[str, float]]
"""Name of a figure -> source -> value; a source may lack one."""


@dataclass(frozen=True)
class Evidence:
    """Figures of the sources for one `weights` section.

    Attributes:
        terms: the figures.
        notes: what the log has to say of them.
    """

    terms: Terms = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class SourceData:
    """What a weighing method may look at.

    Attributes:
        samples: `text` and `label` of some training rows of each source; hold-outs are not looked at.
        accounts: of the pool, in the recipe's order.
        pass_rates: of the checks, by source.
        probes: classifiers trained on one source each; empty when the weights do not ask for them.
    """

    samples: Mapping[str, pl.DataFrame]
    accounts: Sequence[Account]
    pass_rates: Mapping[str, float]
    probes: Mapping[str, LinearClassifier]
    labels: tuple[str, ...]
    seed: int


def evidence_of(sources: SourceData, weights: Section) -> Evidence:
    """Work out what these weights ask for.

    Raises:
        NotEnoughData: the target has too few rows.
    """
    target: str | None = weights.model_dump().get("target")
    notes = refuse_tiny(target, len(sources.samples[target])) if target else []
    evidence: Evidence = method_of(weights).evidence(sources, weights)
    return Evidence(evidence.terms, (*notes, *evidence.notes))


def evidence_for(weights: Section, appraised: Sequence[Manifest[EvidenceFacts]]) -> Evidence:
    """Find what was worked out for these weights.

    Raises:
        RecipeError: nothing was.
    """
    section = weights.model_dump(mode="json")
    facts = next((evidence.facts for evidence in appraised if evidence.facts.section == section), None)
    if facts is None:
        raise RecipeError(f"{section['kind']}: nothing was appraised for these weights")
    return Evidence(facts.terms)


def shared_out(pulls: Mapping[str, float]) -> dict[str, float]:
    """Give shares in proportion to pulls ≥ 0, nothing where that is less than a thousandth; all 0 when all are 0."""
    total = math.fsum(pulls.values())
    kept = {name: pull if total and pull / total >= LEAST else 0.0 for name, pull in pulls.items()}
    left = math.fsum(kept.values())
    return {name: pull / left if left else 0.0 for name, pull in kept.items()}


def table(terms: Terms, sources: Sequence[str], weights: Mapping[str, float]) -> list[dict[str, Figure]]:
    """Lay figures out by source, the weight last: the table that says why."""
    figures = {
        name: {term: round(values[name], 4) for term, values in terms.items() if name in values} for name in sources
    }
    return [{"source": name, **figures[name], "weight": round(weights[name], 4)} for name in sources]


def in_words(row: Mapping[str, Figure]) -> str:
    """Say a line of that table in words."""
    return ", ".join(f"{term} {value:.3g}" for term, value in row.items() if term not in ("source", "weight"))

"""Weights by a formula over what is known of each source, with every term shown.

Terms: `size` (rows or tokens, as the recipe counts); `quality` (share of rows that pass the checks, times the share
    that cleaning
kept, times the mean share of letters and spaces in a text); `relevance` to the target (`relevance:` says by which
measure);
`accuracy` (a quick probe trained on the source alone, measured on the target, or on all sources where there is none).

    linear       w_i ∝ Σ_k λ_k z_ik, with z_ik = t_ik / Σ_j t_jk, or (t_ik − min) / (max − min) with `scale: min-max`; a
    term that is
                 the same for all sources then says nothing and is left out. The λ are normalised.
    log-linear   w_i ∝ Π_k t_ik^λ_k, which is softmax(Σ_k λ_k log t_ik): it does not depend on the terms' scales. `size:
    0.3` alone
                 is temperature 1/0.3; `accuracy: 10` sharpens small differences.

Recipe:
    kind: score
    form: log-linear
    terms: {size: 0.5, quality: 1, relevance: 1, accuracy: 2}
    target: reviews
    relevance: dsir
"""

import math
from collections.abc import Mapping
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from tasks.core.records import Section
from tasks.weigh.evidence import Evidence, shared_out

Term = Literal["size", "quality", "relevance", "accuracy"]
TERMS: tuple[str, ...] = get_args(Term)
Values = Mapping[str, float]
LEAST = 1e-9
"""A term below this counts as this, where its logarithm is taken."""


class Params(Section):
    """The formula."""

    kind: Literal["score"] = "score"
    terms: dict[Term, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = Field(min_length=1)
    """Term (`size`, `quality`, `relevance`, `accuracy`) -> its weight in the formula."""
    form: Literal["linear", "log-linear"] = "linear"
    """Weighted sum of the terms, or product of their powers (a softmax of weighted logarithms)."""
    scale: Literal["share", "min-max"] = "share"
    """How the linear form makes terms comparable: each as a share of its sum, or from 0 (the least) to 1 (the most)."""
    target: str | None = None
    """Source that relevance and accuracy are measured for."""
    relevance: Literal["dsir", "mixture-em", "adversarial"] = "dsir"
    """Measure of the term `relevance`."""

    @property
    def trains_probes(self) -> bool:
        """Whether a model of each source is wanted."""
        return "accuracy" in self.terms

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if "relevance" in self.terms and self.target is None:
            raise ValueError("the term relevance needs a `target:`, the source that the others are compared with")
        if not any(self.terms.values()):
            raise ValueError("all terms have the weight 0; at least one must count")
        return self


def propose_from(sizes: Values, params: Params, evidence: Evidence) -> dict[str, float]:
    """Work the formula out; a source without a row gets 0."""
    scores = shared_out(_scores(sizes, params, evidence))
    return {name: scores.get(name, 0.0) for name in sizes}


def terms_of(sizes: Values, params: Params, evidence: Evidence) -> dict[str, dict[str, float]]:
    """Give the formula's terms by source, after those they are made of."""
    known = {**evidence.terms, "size": sizes}
    return {term: dict(values) for term, values in known.items() if term not in TERMS or term in params.terms}


def _scores(sizes: Values, params: Params, evidence: Evidence) -> dict[str, float]:
    known, filled = terms_of(sizes, params, evidence), [name for name, size in sizes.items() if size > 0]
    values = {term: {name: known[term].get(name, 0.0) for name in filled} for term in params.terms}
    if params.form == "log-linear":
        logs = {
            name: sum(power * math.log(max(values[term][name], LEAST)) for term, power in params.terms.items())
            for name in filled
        }
        most = max(logs.values(), default=0.0)
        return {name: math.exp(log - most) for name, log in logs.items()}
    scaled = [(factor, _scaled(values[term], params.scale)) for term, factor in params.terms.items() if factor]
    counted = [(factor, one) for factor, one in scaled if any(one.values())]
    total = math.fsum(factor for factor, _ in counted)
    return {
        name: math.fsum(factor / total * one[name] for factor, one in counted) if counted else 1.0 for name in filled
    }


def _scaled(values: Values, scale: str) -> dict[str, float]:
    """Make a term comparable; all 0 when it says nothing."""
    low, high, total = min(values.values(), default=0.0), max(values.values(), default=0.0), math.fsum(values.values())
    if scale == "share":
        return {name: value / total if total else 0.0 for name, value in values.items()}
    return {name: (value - low) / (high - low) if high > low else 0.0 for name, value in values.items()}

"""Weights by a formula over what is known of each source, with every term shown.

Terms: `size` (rows or tokens, as the recipe counts); `quality` (share of rows that pass the checks, times the share
that cleaning kept, times the mean share of letters and spaces in a text); `relevance` to the target (`relevance:` says
by which measure); `accuracy` (a quick probe trained on the source alone, measured on the target, or on all sources
where there is none).

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

import polars as pl
from pydantic import Field, model_validator

from tasks.core.references import TargetName
from tasks.core.registry import load
from tasks.manifests.manifest import Account
from tasks.weigh import methods
from tasks.weigh.evidence import Evidence, SourceData, shared_out
from tasks.weigh.probes import accuracies
from tasks.weigh.settings import EvidenceSettings

Term = Literal["size", "quality", "relevance", "accuracy"]
TERMS: tuple[str, ...] = get_args(Term)
Values = Mapping[str, float]
LEAST = 1e-9
"""A term below this counts as this, where its logarithm is taken."""
ON_PURPOSE = ("label_left_out", "where", "not_selected")
"""Reasons that say nothing against a row."""


class Params(EvidenceSettings):
    """The formula."""

    kind: Literal["score"] = "score"
    terms: dict[Term, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = Field(min_length=1)
    """Term (`size`, `quality`, `relevance`, `accuracy`) -> its weight in the formula."""
    form: Literal["linear", "log-linear"] = "linear"
    """Weighted sum of the terms, or product of their powers (a softmax of weighted logarithms)."""
    scale: Literal["share", "min-max"] = "share"
    """How the linear form makes terms comparable: each as a share of its sum, or from 0 (the least) to 1 (the most)."""
    target: TargetName | None = None
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


def evidence(sources: SourceData, params: Params) -> Evidence:
    """Give the terms of the formula, but for the sizes, and what they are made of."""
    terms: dict[str, Values] = {}
    if "quality" in params.terms:
        terms |= quality_terms(sources)
    if params.target and "relevance" in params.terms:
        measure = load(methods, params.relevance)
        terms |= measure.evidence(sources, measure.Params(target=params.target)).terms
        # nothing is more like the target than itself
        terms["relevance"] = {**terms["relevance"], params.target: max(terms["relevance"].values(), default=1.0)}
    if "accuracy" in params.terms:
        terms["accuracy"] = accuracies(sources, [params.target] if params.target else list(sources.samples))
    return Evidence(terms)


def quality_terms(sources: SourceData) -> dict[str, Values]:
    """Give the parts of `quality` by source, and their product.

    `passed`: share of its rows that meet every critical row-wise check. `kept`: share of the rows read that are neither
    in quarantine nor dropped, those not counted that the recipe leaves out on purpose. `letters`: mean share of letters
    and spaces among the characters of a text.
    """
    names = [account.source for account in sources.accounts]
    passed = {name: float(sources.pass_rates.get(name, 1.0)) for name in names}
    kept = {account.source: kept_share(account) for account in sources.accounts}
    letters = {name: letter_share(sources.samples[name]["text"]) for name in names}
    return {
        "passed": passed,
        "kept": kept,
        "letters": letters,
        "quality": {name: passed[name] * kept[name] * letters[name] for name in names},
    }


def kept_share(account: Account) -> float:
    """Give the share of the rows asked for that cleaning kept; 0 where none was."""
    wanted = account.read - sum(account.dropped.get(reason, 0) for reason in ON_PURPOSE)
    return account.usable / wanted if wanted else 0.0


def letter_share(texts: pl.Series) -> float:
    """Give the mean share of letters and spaces among the characters of a text; 0 for no texts."""
    frame = pl.DataFrame({"text": texts}).filter(pl.col("text").str.len_chars() > 0)
    share = frame.select(
        (pl.col("text").str.count_matches(r"[\p{L}\p{M}\s]") / pl.col("text").str.len_chars()).mean()
    ).item()
    return float(share or 0.0)


def propose_from(sizes: Values, params: Params, evidence: Evidence) -> dict[str, float]:
    """Work the formula out; a source without a row gets 0."""
    scores = shared_out(_scores(sizes, params, evidence))
    return {name: scores.get(name, 0.0) for name in sizes}


def terms_of(sizes: Values, params: Params, evidence: Evidence) -> dict[str, dict[str, float]]:
    """Give the formula's terms by source, after those they are made of."""
    terms = {**evidence.terms, "size": sizes}
    return {term: dict(values) for term, values in terms.items() if term not in TERMS or term in params.terms}


def _scores(sizes: Values, params: Params, evidence: Evidence) -> dict[str, float]:
    terms, filled = terms_of(sizes, params, evidence), [name for name, size in sizes.items() if size > 0]
    values = {term: {name: terms[term].get(name, 0.0) for name in filled} for term in params.terms}
    if params.form == "log-linear":
        logs = {
            name: sum(power * math.log(max(values[term][name], LEAST)) for term, power in params.terms.items())
            for name in filled
        }
        most = max(logs.values(), default=0.0)
        return {name: math.exp(log - most) for name, log in logs.items()}
    scaled = [(factor, _scaled(values[term], params.scale)) for term, factor in params.terms.items() if factor]
    counted = [(factor, term_values) for factor, term_values in scaled if any(term_values.values())]
    total = math.fsum(factor for factor, _ in counted)
    return {
        name: math.fsum(factor / total * term_values[name] for factor, term_values in counted) if counted else 1.0
        for name in filled
    }


def _scaled(values: Values, scale: str) -> dict[str, float]:
    """Make a term comparable; all 0 when it says nothing."""
    low, high, total = min(values.values(), default=0.0), max(values.values(), default=0.0), math.fsum(values.values())
    if scale == "share":
        return {name: value / total if total else 0.0 for name, value in values.items()}
    return {name: (value - low) / (high - low) if high > low else 0.0 for name, value in values.items()}

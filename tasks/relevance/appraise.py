"""Work out the evidence that a `mix.weights` section asks for: figures by source, and what the log has to say of
them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tasks.core.rng import generator
from tasks.manifests.manifest import Account
from tasks.models.linear import Head, numbered
from tasks.relevance import adversarial, dsir, mixmin, mixture
from tasks.relevance.probes import features_of, held_out_logits
from tasks.relevance.quality import quality_terms
from tasks.relevance.sampling import FEWEST, refuse_tiny, sample
from tasks.text.hashing import grams

Terms = dict[str, dict[str, float]]
CLEAR = 0.97
"""Areas under the curve above this differ by little that matters."""
PROBED_ROWS = 1_000
"""Most rows of a source that other sources' probes are measured on."""


@dataclass(frozen=True)
class Known:
    """What there is to go by.

    Attributes:
        accounts: of the pool, in the recipe's order.
        pass_rates: of the checks, by source.
        heads: classifiers trained on one source each; empty when the weights do not ask for them.
    """

    accounts: Sequence[Account]
    pass_rates: Mapping[str, float]
    heads: Mapping[str, Head]
    labels: tuple[str, ...]
    seed: int


def appraise(files: Mapping[str, Path], known: Known, asked: Mapping[str, Any]) -> tuple[Terms, list[str]]:
    """Give the figures, by name and source, and what the log has to say.

    Args:
        files: Parquet of the rows that may be trained on, by source; hold-outs are not looked at.
        asked: the `weights` section.

    Raises:
        NotEnoughData: the target has too few rows.
    """
    rows = sample(files, known.seed)
    target: str | None = asked.get("target")
    notes = refuse_tiny(target, len(rows[target])) if target else []
    if asked["kind"] == "score":
        return _score_terms(rows, known, asked), notes
    terms = MEASURES[asked["kind"]](rows, known, asked["target"])
    return terms, notes + _doubts(terms)


def _doubts(terms: Terms) -> list[str]:
    areas = terms.get("AUC", {})
    told = ", ".join(f"{name} {area:.3f}" for name, area in areas.items())
    return (
        [f"every source is told from the target almost always (AUC {told}): the weights rest on little"]
        if min(areas.values(), default=0.0) > CLEAR
        else []
    )


def _score_terms(rows: Mapping[str, pl.DataFrame], known: Known, asked: Mapping[str, Any]) -> Terms:
    terms: Terms = {}
    if "quality" in asked["terms"]:
        terms |= quality_terms(known.accounts, known.pass_rates, {name: some["text"] for name, some in rows.items()})
    target: str | None = asked["target"]
    if target and "relevance" in asked["terms"]:
        found = MEASURES[asked["relevance"]](rows, known, target)
        terms |= found | {"relevance": found["relevance"] | {target: max(found["relevance"].values(), default=1.0)}}
    if "accuracy" in asked["terms"]:
        terms["accuracy"] = accuracies(rows, known, [target] if target else list(rows))
    return terms


def _dsir(rows: Mapping[str, pl.DataFrame], known: Known, target: str) -> Terms:
    sizes = {account.source: float(account.rows) for account in known.accounts}
    return {"relevance": dsir.likeness({name: grams(some["text"]) for name, some in rows.items()}, sizes, target)}


def _mixture(rows: Mapping[str, pl.DataFrame], known: Known, target: str) -> Terms:  # noqa: ARG001 (all measures are called alike)
    words = {name: grams(some["text"], pairs=False) for name, some in rows.items() if len(some) or name == target}
    of_target = words.pop(target)
    return {"relevance": mixture.explained(words, of_target) if words else {}}


def _adversarial(rows: Mapping[str, pl.DataFrame], known: Known, target: str) -> Terms:
    others = [name for name in rows if name != target]
    areas = {
        name: adversarial.separation(rows[name]["text"], rows[target]["text"], generator(known.seed, "folds", name))
        for name in others
    }
    return {"AUC": areas, "relevance": {name: adversarial.nearness(area) for name, area in areas.items()}}


def _of_models(weigh: Callable[..., Any], rows: Mapping[str, pl.DataFrame], known: Known, target: str) -> Terms:
    names = [name for name in known.heads if name != target and len(rows[name])]
    features, labels = features_of(rows[target]["text"]), numbered(rows[target]["label"], known.labels)
    if not names:
        return {"explains": {}}
    logits = np.stack([known.heads[name].logits(features) for name in names])
    right = (logits.argmax(-1) == labels).mean(1)
    weights = weigh(logits, labels)
    return {
        "accuracy": dict(zip(names, right.tolist(), strict=True)),
        "explains": dict(zip(names, weights.tolist(), strict=True)),
    }


def _mixmin(rows: Mapping[str, pl.DataFrame], known: Known, target: str) -> Terms:
    return _of_models(mixmin.mixture_weights, rows, known, target)


def _merged(rows: Mapping[str, pl.DataFrame], known: Known, target: str) -> Terms:
    return _of_models(mixmin.merge_weights, rows, known, target)


MEASURES: Mapping[str, Callable[[Mapping[str, pl.DataFrame], Known, str], Terms]] = {
    "dsir": _dsir,
    "mixture-em": _mixture,
    "adversarial": _adversarial,
    "mixmin": _mixmin,
    "merge-to-mix": _merged,
}


def accuracies(rows: Mapping[str, pl.DataFrame], known: Known, measured_on: Sequence[str]) -> dict[str, float]:
    """Give the accuracy of each source's probe, the mean over the sources it is measured on; on its own rows by
    cross-validation.
    """
    found: dict[str, list[float]] = {name: [] for name in rows}
    for other in measured_on:
        some = rows[other].head(PROBED_ROWS)
        if len(some) < FEWEST:
            continue
        features, labels = features_of(some["text"]), numbered(some["label"], known.labels)
        for name in rows:
            logits = (
                held_out_logits(features, labels, len(known.labels), generator(known.seed, "folds", name))
                if name == other
                else known.heads[name].logits(features)
            )
            found[name].append(float((logits.argmax(1) == labels).mean()))
    return {name: float(np.mean(values)) if values else 0.0 for name, values in found.items()}

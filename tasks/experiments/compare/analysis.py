"""From files of predictions to everything that is said of a comparison but the words. Files in, plain values out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from tasks.core.errors import CuveeError
from tasks.core.rng import generator
from tasks.experiments.compare.contrasts import Known, arm_scores, contrasts, named
from tasks.experiments.compare.inputs import NOTHING, Layout
from tasks.experiments.compare.predictions import Answers, Kept, commonest, kept_rows, read_answers
from tasks.experiments.compare.valuations import worth_of_sources
from tasks.experiments.mixes import Mix


def judge(
    predictions: Sequence[Path],
    train: Mapping[str, Path],
    layout: Layout,
    labels: Sequence[str],
    guessed: float | None,
    seed: int,
) -> dict[str, Any]:
    """Work out scores, differences and values.

    Args:
        predictions: a file for every trial, mix by mix as `layout.tried` has them, seeds in order.
        train: training rows by source.
        guessed: perplexity of guessing tokens by their frequency; None for a classifier.

    Returns:
        `metric`, `judged` (source -> rows that are judged on), `arms` (name -> scores, or its `error`), `contrasts`,
        `worth`, `shapley`,
        and `lacking` (source -> labels that none of its training rows bears).
    """
    kept = kept_rows(predictions[0], labels)
    counts = {} if kept.truth is None else {name: _counts(file, labels) for name, file in train.items()}
    answers, errors = _answers(predictions, layout, kept)
    total = {label: sum(one[label] for one in counts.values()) for label in labels} if counts else {}
    nothing = commonest(kept, total, guessed)
    rows = kept.judged(layout.target)
    if not rows.count:
        where = f"the target {layout.target} has" if layout.target else "there are"
        raise CuveeError(f"{where} no hold-out rows to judge on. Remedy: a larger holdout.share, or another target")
    known = Known(kept, answers | ({NOTHING: nothing} if nothing else {}), rows)
    arms = named(layout, known)
    worth, told = (
        worth_of_sources(known, layout, generator(seed, "compare", "worth")) if layout.recipe in answers else ([], {})
    )
    return {
        "metric": "perplexity" if kept.truth is None else "accuracy",
        "judged": {source: len(group) for group in rows.groups for source in [str(kept.sources[int(group[0])])]},
        "arms": arm_scores(arms, known, layout, generator(seed, "compare", "arms")) | errors,
        "contrasts": [
            one.model_dump(mode="json")
            for one in contrasts(arms, known, layout, generator(seed, "compare", "contrasts"))
        ],
        "worth": [one.model_dump(mode="json") for one in worth],
        "shapley": told,
        "lacking": {
            name: missing for name, one in counts.items() if (missing := [label for label in labels if not one[label]])
        },
    }


def _counts(file: Path, labels: Sequence[str]) -> dict[str, int]:
    found = dict(pl.scan_parquet(file).group_by("label").len().collect().iter_rows())
    return {label: int(found.get(label, 0)) for label in labels}


def _answers(
    predictions: Sequence[Path], layout: Layout, kept: Kept
) -> tuple[dict[Mix, Answers], dict[str, dict[str, str]]]:
    """Read the answers mix by mix; a mix whose losses are no numbers has none, and its arm says so."""
    found: dict[Mix, Answers] = {}
    errors: dict[str, dict[str, str]] = {}
    start = 0
    for one in layout.tried:
        files, start = predictions[start : start + one.seeds], start + one.seeds
        try:
            found[one.mix] = read_answers(files, kept)
        except CuveeError as error:
            errors |= {one.name: {"error": str(error)}} if one.name else {}
    return found, errors

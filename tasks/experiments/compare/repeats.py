"""An alarm: does a hold-out stand in another source in other words? Then that source's model knows it better than its
own does, and what a comparison says of it is false.

A large source that is merely useful may predict another's hold-out better, too. So the rows are looked at: a row that
stands in the other source has one row there that is far nearer than the next ones, and the advantage lies on such rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tasks.experiments.compare.contrasts import TrialResults, may_claim
from tasks.experiments.leak import Leak, Lookalike
from tasks.models.features import hashed_texts
from tasks.rows.dropping import cut
from tasks.rows.layout import ROW_ID, RowFile
from tasks.statistics.bootstrap import RowGroups
from tasks.statistics.intervals import student_interval, welch_satterthwaite
from tasks.statistics.simultaneous import together
from tasks.text.hashing import Floats, Ints

NEXT = 10
"""The nearest row is compared with the one that comes so far behind it: a leak may hold several wordings of a row."""
BY_CHANCE = 0.01
"""Part of the rows that are called near where nothing leaks."""
MOST, FEWEST = 0.5, 10
"""Where more of the rows are near, no others tell that the advantage lies on these; of fewer it is not asked."""
SHOWN = 3
BLOCK = 256
"""Rows whose likeness to all others is worked out at a time."""


@dataclass(frozen=True)
class Nearness:
    """How near the training rows of a source come to rows kept aside.

    Attributes:
        gaps: by how much the cosine of the nearest row is above that of the NEXT one, shape (n,).
        nearest: number of that row, shape (n,).
        cosines: shape (n,).
    """

    gaps: Floats
    nearest: Ints
    cosines: Floats


def nearness(aside: Any, train: Any) -> Nearness:
    """Compare rows by the cosine of their hashed words.

    Args:
        aside, train: shape (n, buckets) and (m, buckets), sparse; rows of length 1. m ≥ 2.
    """
    gaps, nearest, cosines = [], [], []
    for start in range(0, aside.shape[0], BLOCK):
        alike = (aside[start : start + BLOCK] @ train.T).toarray()
        place = min(NEXT, alike.shape[1]) - 1
        best = alike.argmax(1)
        top = alike[np.arange(len(best)), best]
        gaps.append(top - -np.partition(-alike, place, axis=1)[:, place])
        nearest.append(best)
        cosines.append(top)
    return Nearness(*(np.concatenate(part) for part in (gaps, nearest, cosines)))


def near_rows(own: Floats, there: Floats) -> NDArray[np.bool_]:
    """Say which rows one row of another source is nearer to than chance makes it.

    Args:
        own: gaps to the source's own training rows, of which no repetition is left, shape (n,).
        there: gaps to those of the other source.
    """
    return there > np.quantile(own, 1 - BY_CHANCE)


def lies_on(advantage: Floats, near: NDArray[np.bool_], confidence: float) -> bool:
    """Say whether an advantage lies on rows that are near: most of them are, or it is larger there than elsewhere
    (Welch's interval above 0).

    Args:
        advantage: of each row, the mean over seeds, shape (n,).
        near: shape (n,).
    """
    if near.mean() > MOST:
        return True
    here, elsewhere = advantage[near], advantage[~near]
    if len(here) < FEWEST:
        return False
    parts = [(float(part.var(ddof=1)) / len(part), len(part) - 1) for part in (here, elsewhere)]
    error = float(np.sqrt(sum(variance for variance, _ in parts)))
    difference = float(here.mean() - elsewhere.mean())
    return student_interval(difference, error, welch_satterthwaite(parts), confidence).low > 0


def leaks(
    results: TrialResults,
    train: Mapping[str, RowFile],
    holdout: Mapping[str, RowFile],
    rng: np.random.Generator,
) -> tuple[Leak, ...]:
    """Find the pairs of sources of which one seems to hold the other's hold-out in other words.

    Of every pair that was tried alone, the other's model must be better on a source's hold-out than its own model (the
    intervals hold for all pairs together: max-T), and its advantage must lie on rows that are near.
    """
    alone = {mix[0][0]: mix for mix in results.arms().values() if len(mix) == 1}
    named = {str(results.held_out.sources[int(group[0])]): group for group in results.held_out.judged(None).groups}
    homes = {name: group for name, group in named.items() if name in alone and name in holdout}
    pairs = [(home, other) for home in homes for other in alone if other != home and train[other].rows > 1]
    if not pairs:
        return ()
    judged = replace(results, rows=RowGroups(tuple(homes.values()), results.rows.weights))
    differences = [judged.on([home], results.amounts({alone[other]: 1.0, alone[home]: -1.0})) for home, other in pairs]
    found, family = judged.joint(differences, rng)
    alarms: list[Leak] = []
    for (home, other), amounts, held in zip(
        pairs, differences, together(found, family, results.inputs.confidence), strict=True
    ):
        group = homes[home]
        if held.low <= 0 or not may_claim(len(amounts), len(group)):
            continue
        rows = _aside(results, group, holdout[home])
        near = _near(rows, train[home], train[other])
        advantage = amounts[:, group].mean(0) / results.rows.weights[group]
        if lies_on(advantage, near.rows, results.inputs.confidence):
            found_there = _examples(rows, near, train[other])
            alarms.append(
                Leak(
                    source=home,
                    there=other,
                    estimate=held.estimate,
                    low=held.low,
                    high=held.high,
                    rows=len(group),
                    near=int(near.rows.sum()),
                    examples=found_there,
                )
            )
    return tuple(alarms)


@dataclass(frozen=True)
class _Near:
    rows: NDArray[np.bool_]
    there: Nearness


def _aside(results: TrialResults, group: Ints, holdout: RowFile) -> pl.DataFrame:
    """Read `row_id` and `text` of rows kept aside, in their order among the predictions."""
    wanted = pl.DataFrame({ROW_ID: results.held_out.ids[group]})
    return wanted.join(holdout.scan(ROW_ID).collect(), on=ROW_ID, how="left", maintain_order="left")


def _near(aside: pl.DataFrame, own: RowFile, other: RowFile) -> _Near:
    features = hashed_texts(aside["text"].fill_null(""))
    home, there = (nearness(features, hashed_texts(file.scan().collect()["text"])) for file in (own, other))
    return _Near(near_rows(home.gaps, there.gaps), there)


def _examples(aside: pl.DataFrame, near: _Near, other: RowFile) -> tuple[Lookalike, ...]:
    shown = np.flatnonzero(near.rows)
    shown = shown[np.argsort(-near.there.gaps[shown], kind="stable")][:SHOWN]
    rows = other.scan(ROW_ID).collect()[near.there.nearest[shown].tolist()]
    return tuple(
        Lookalike(
            row=aside[ROW_ID][at],
            text=cut(aside["text"][at]),
            there=row_id,
            text_there=cut(text),
            cosine=round(float(near.there.cosines[at]), 3),
        )
        for at, row_id, text in zip(shown.tolist(), rows[ROW_ID], rows["text"], strict=True)
    )

"""Mixes that grow: sizes that repeat no row, and what simulated curves are said to show."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.experiments.compare.contrasts import TrialResults
from tasks.experiments.compare.curves import curve_mixes, in_words, learning_curves
from tasks.experiments.compare.inputs import ComparisonInputs, MixTrials
from tasks.experiments.compare.predictions import HeldOutRows, Predictions
from tasks.experiments.growth import LearningCurve
from tasks.experiments.mixes import Mix, as_mix, largest, mix_name, size_of, sized, without_size
from tasks.objectives.parts import measure_named

SIZES = {"a": 300.0, "b": 700.0}
BOTH = as_mix(SIZES)


@given(st.lists(st.integers(1, 10**7), min_size=1, max_size=8))
def test_the_largest_proportional_mix_is_every_row_once(rows: list[int]) -> None:
    held = {f"s{at}": float(count) for at, count in enumerate(rows)}
    assert largest(as_mix(held), held) == sum(rows)


def test_a_size_of_its_own_makes_another_mix_of_the_same_shares() -> None:
    grown = sized(BOTH, 500)
    assert (size_of(grown), size_of(BOTH), without_size(grown)) == (500, None, BOTH)
    assert mix_name(grown) == f"{mix_name(BOTH)} of 500"
    alone: Mix = (("a", 1.0),)
    found = curve_mixes({"both": BOTH, "only-a": alone}, [100, 500, 2_000], SIZES)
    assert [size_of(mix) for mix in found["both"]] == [100, 500, 1_000]
    assert [size_of(mix) for mix in found["only-a"]] == [100, 300]
    assert curve_mixes({"both": BOTH}, [], SIZES) == {}


def curve_of(rates: dict[int, float], rows: int = 3_000, seeds: int = 5) -> LearningCurve:
    """Simulate a mix that is right on so many rows at each size: the easiest first, but for a seed's luck."""
    rng, mixes = np.random.default_rng(2), {size: sized(BOTH, size) for size in rates}
    easy = np.arange(rows) / rows
    predictions: dict[Mix, Predictions] = {BOTH: Predictions(np.ones((seeds, rows)), np.zeros((seeds, rows)), None)}
    for size, rate in rates.items():
        right = (easy < rate + rng.normal(0, 0.001, (seeds, 1))).astype(float)
        predictions[mixes[size]] = Predictions(right, 1 - right, None)
    inputs = ComparisonInputs(
        trials=tuple(MixTrials(mix=mix, seeds=seeds) for mix in predictions),
        recipe=BOTH,
        target=None,
        values=(),
        game=None,
        confidence=0.95,
        margin=0.01,
        resamples=300,
        curves={"recipe": tuple(mixes.values())},
    )
    order = rng.permutation(rows)  # which source a row is of does not hang on how easy it is
    held = HeldOutRows(pl.Series(range(rows)), pl.Series(["a", "b"] * (rows // 2)), np.ones(rows), None, ())
    shuffled = {
        mix: Predictions(each.amounts[:, order], each.losses[:, order], None) for mix, each in predictions.items()
    }
    (curve,) = learning_curves(TrialResults(held, shuffled, held.judged(None), inputs), rng)
    return curve


@pytest.mark.parametrize(
    ("rates", "helps", "enough", "told"),
    [
        ({100: 0.6, 200: 0.7, 400: 0.8}, 200, None, "more than 200 rows help"),
        ({100: 0.6, 200: 0.8, 400: 0.8, 800: 0.8}, 100, 200, "more than 100 rows help"),
        ({100: 0.6, 200: 0.8, 400: 0.8, 800: 0.8}, 100, 200, "from 200 on"),
        ({100: 0.8, 200: 0.8}, None, 100, "bring less than 1.0 points"),
        ({100: 0.8}, None, None, "nothing can be told"),
    ],
)
def test_a_curve_says_where_more_rows_help_and_from_where_on_not(
    rates: dict[int, float], helps: int | None, enough: int | None, told: str
) -> None:
    curve = curve_of(rates)
    assert (curve.helps, curve.enough) == (helps, enough)
    assert told in in_words(curve, "rows", measure_named("accuracy"), 0.01)

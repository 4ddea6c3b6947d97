"""The alarm for a hold-out that stands in another source in other words: what sets it off, and what does not."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.experiments.compare.contrasts import TrialResults
from tasks.experiments.compare.inputs import ComparisonInputs, MixTrials
from tasks.experiments.compare.predictions import HeldOutRows, Predictions
from tasks.experiments.compare.repeats import leaks, lies_on, near_rows, nearness
from tasks.experiments.mixes import Mix
from tasks.models.features import hashed_texts
from tasks.rows.layout import FIRST, RowFile

ROWS, SEEDS = 120, 5
SUBJECTS = [f"subject{number}" for number in range(400)]


def text(number: int, *, reworded: bool = False) -> str:
    """A text on a subject of its own; reworded, half of its words are others."""
    own = f"{SUBJECTS[number]} at {SUBJECTS[(7 * number + 3) % 400]}"
    return f"everyone here really admired {own}" if reworded else f"people said they liked {own}"


def written(path: Path, texts: list[str]) -> RowFile:
    ids = [f"{path.stem}:{number}" for number in range(len(texts))]
    pl.DataFrame({"row_id": ids, "text": texts, "label": ["x"] * len(texts)}).write_parquet(path)
    return RowFile(path, FIRST)


def compared(rate_of_own: float, rate_of_other: np.ndarray) -> TrialResults:
    """Two sources tried alone: what their models get right on the first one's rows; alike on the second one's."""
    rng = np.random.default_rng(0)
    sources = pl.Series(["a"] * ROWS + ["b"] * ROWS)
    luck = rng.random((SEEDS, 2 * ROWS))
    predictions: dict[Mix, Predictions] = {}
    for name, rate in (("a", np.full(ROWS, rate_of_own)), ("b", rate_of_other)):
        right = (luck < np.concatenate([rate, np.full(ROWS, 0.8)])).astype(float)
        predictions[((name, 1.0),)] = Predictions(right, 1 - right, None)
    trials = tuple(MixTrials(mix=((name, 1.0),), seeds=SEEDS, name=f"only-{name}") for name in "ab")
    inputs = ComparisonInputs(
        trials=trials, recipe=(), target=None, values=(), game=None, confidence=0.95, margin=0.01, resamples=300
    )
    ids = pl.Series([f"{name}-aside:{number}" for name in "ab" for number in range(ROWS)])
    held_out = HeldOutRows(ids, sources, np.ones(2 * ROWS), None, ())
    return TrialResults(held_out, predictions, held_out.judged(None), inputs)


@pytest.mark.parametrize(("leaked", "alarmed"), [(0, False), (40, True), (ROWS, True)])
def test_rows_that_stand_elsewhere_in_other_words_raise_it_and_a_merely_better_source_does_not(
    leaked: int, alarmed: bool, tmp_path: Path
) -> None:
    rate = np.where(np.arange(ROWS) < leaked, 1.0, 0.6) if leaked else np.full(ROWS, 0.85)
    train = {
        "a": written(tmp_path / "a.parquet", [text(number) for number in range(120, 320)]),
        "b": written(
            tmp_path / "b.parquet",
            [text(number, reworded=True) for number in [*range(leaked), *range(330, 400)]],
        ),
    }
    holdout = {
        name: written(tmp_path / f"{name}-aside.parquet", [text(number) for number in range(ROWS)]) for name in "ab"
    }
    found = leaks(compared(0.6, rate), train, holdout, np.random.default_rng(0))
    assert [(leak.source, leak.there) for leak in found] == [("a", "b")] * alarmed
    for leak in found:
        assert leak.low > 0
        assert leak.near >= 0.9 * leaked
        assert leak.rows == ROWS
        for one in leak.examples:
            assert one.text.split()[-3:] == one.text_there.split()[-3:]


def test_the_nearest_row_is_found_and_compared_with_those_behind_it() -> None:
    train = hashed_texts(pl.Series([text(number) for number in range(50)]))
    found = nearness(hashed_texts(pl.Series([text(7, reworded=True), text(8)])), train)
    assert found.nearest.tolist() == [7, 8]
    assert found.cosines[1] == pytest.approx(1, abs=1e-6)
    assert (found.gaps > 0.1).all()


@given(st.integers(100, 400), st.integers(0, 2**32))
def test_about_one_row_in_a_hundred_is_near_by_chance(rows: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert near_rows(rng.random(2_000), rng.random(rows)).mean() < 0.06


def test_an_advantage_that_lies_on_all_rows_alike_is_no_alarm() -> None:
    rng, raised = np.random.default_rng(1), 0
    for _ in range(400):
        raised += lies_on(rng.normal(0.1, 0.4, 200), rng.random(200) < 0.1, 0.95)
    assert raised <= 22, "2.5 % are promised: 22 of 400 happen once in a thousand"
    near = np.arange(200) < 20
    assert lies_on(np.where(near, 0.5, 0.0) + rng.normal(0, 0.3, 200), near, 0.95)

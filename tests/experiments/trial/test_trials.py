"""Trials: a linear classifier that reaches the optimum, features found by row, budgets that repeat rows as the mix
does."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.errors import CuveeError, TrainingFailed
from tasks.experiments.trial.settings import LinearSettings
from tasks.experiments.trial.shrink import left_out, trial_budget
from tasks.manifests.manifest import Account, Manifest
from tasks.manifests.pool import PoolFacts
from tasks.models.features import Features, places, read_features, write_hashed
from tasks.models.linear import log_softmax
from tasks.models.linear_training import steps_of, train_linear
from tasks.models.linear_trial import Drawn, Pool, try_mix
from tasks.objectives.text_classification.columns import layout
from tasks.rows.layout import FIRST, RowFile

LABELS = ("no", "yes")
LAYOUT = layout(LABELS)


def noisy(rows: int, width: int, rng: np.random.Generator) -> tuple[Any, Any]:
    points = rng.normal(size=(rows, width)).astype(np.float32)
    return points, (points[:, 0] + rng.normal(size=rows) > 0).astype(np.int64)


def loss_of(head: Any, points: Any, labels: Any) -> float:
    return float(-log_softmax(head.logits(points))[np.arange(len(labels)), labels].mean())


def test_the_classifier_comes_to_the_optimum_of_logistic_regression() -> None:
    from sklearn.linear_model import LogisticRegression

    points, labels = noisy(2_000, 5, np.random.default_rng(0))
    head = train_linear(points, labels, 2, LinearSettings(epochs=20), np.random.default_rng(1))
    best = LogisticRegression(C=np.inf).fit(points, labels)
    optimum = -best.predict_log_proba(points)[np.arange(len(labels)), labels].mean()
    assert loss_of(head, points, labels) == pytest.approx(optimum, abs=1e-3)


def test_sparse_and_dense_features_give_the_same_classifier() -> None:
    from scipy.sparse import csr_matrix

    points, labels = noisy(200, 7, np.random.default_rng(2))
    dense, sparse = (
        train_linear(one, labels, 2, LinearSettings(), np.random.default_rng(3)) for one in (points, csr_matrix(points))
    )
    assert np.allclose(dense.coefficients, sparse.coefficients, atol=1e-5)


@given(st.integers(1, 10_000), st.floats(0.01, 20), st.integers(1, 512))
def test_equal_budgets_give_equal_steps(rows: int, epochs: float, size: int) -> None:
    steps = steps_of(rows, LinearSettings(epochs=epochs, batch_size=size))
    assert steps >= 1
    assert (steps - 1) * size < max(rows * epochs, 1)


def write_side(folder: Path, side: str, sources: dict[str, pl.DataFrame]) -> dict[str, RowFile]:
    (folder / side).mkdir(parents=True)
    for name, table in sources.items():
        table.write_parquet(folder / side / f"{name}.parquet")
    return {name: RowFile(folder / side / f"{name}.parquet", FIRST) for name in sources}


def rows_of(source: str, start: int, count: int) -> pl.DataFrame:
    numbers = range(start, start + count)
    texts = [f"{'good fine' if number % 2 else 'bad poor'} thing {number}" for number in numbers]
    columns = {
        "row_id": [f"{source}:{number}" for number in numbers],
        "text": texts,
        "label": [LABELS[number % 2] for number in numbers],
    }
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


@pytest.fixture
def tried(tmp_path: Path) -> tuple[Pool, dict[str, Features]]:
    train = {"a": rows_of("a", 0, 40), "b": rows_of("b", 0, 30)}
    aside = {"a": rows_of("a", 100, 10), "b": rows_of("b", 100, 0)}
    features: dict[str, Features] = {}
    for name, rows in train.items():
        pl.concat([aside[name], rows]).write_parquet(tmp_path / f"{name}.parquet")
        write_hashed(RowFile(tmp_path / f"{name}.parquet", FIRST), tmp_path / f"{name}.npz", tmp_path / f"{name}.ids")
        features[name] = read_features(tmp_path / f"{name}.npz", tmp_path / f"{name}.ids")
    return Pool(write_side(tmp_path, "train", train), write_side(tmp_path, "holdout", aside)), features


def plan_of(sources: str, rows: list[int]) -> Drawn:
    return Drawn(("a", "b"), np.array(["ab".index(name) for name in sources]), np.array(rows))


def test_a_trial_learns_what_the_plan_says_and_answers_every_row_kept_aside(
    tried: tuple[Pool, dict[str, Features]],
) -> None:
    table, _ = try_mix(
        *(tried[0], plan_of("abab" * 10, list(range(20)) * 2), tried[1]), LAYOUT, LinearSettings(epochs=10), 0
    )
    assert table["row_id"].to_list() == [f"a:{number}" for number in range(100, 110)]
    assert (table["predicted"] == table["label"]).all()
    only_no, _ = try_mix(tried[0], plan_of("aa", [0, 2]), tried[1], LAYOUT, LinearSettings(epochs=50), 0)
    assert set(only_no["predicted"]) == {"no"}


def test_the_same_seed_gives_the_same_predictions_and_another_one_others(
    tried: tuple[Pool, dict[str, Features]],
) -> None:
    plan = plan_of("ab" * 10, list(range(20)))
    first, again, other = (
        try_mix(tried[0], plan, tried[1], LAYOUT, LinearSettings(), seed)[0]["loss"].to_list() for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other


def test_features_of_other_rows_and_losses_that_are_no_numbers_are_refused(
    tried: tuple[Pool, dict[str, Features]],
) -> None:
    with pytest.raises(CuveeError, match="1 of 2 rows have no features"):
        places(tried[1]["a"], pl.Series(["a:1", "b:1"]))
    broken = {
        name: Features(one.row_ids, np.full((len(one.row_ids), 3), np.nan, np.float16))
        for name, one in tried[1].items()
    }
    with (
        np.errstate(invalid="ignore"),
        pytest.raises(TrainingFailed, match=r"smaller trials\.learning_rate \(now 0\.05\)"),
    ):
        try_mix(tried[0], plan_of("ab", [0, 1]), broken, LAYOUT, LinearSettings(), 0)


@given(
    st.integers(1, 10**6), st.one_of(st.just("all"), st.integers(1, 10**7)), st.one_of(st.none(), st.integers(1, 10**6))
)
def test_a_trial_repeats_rows_as_often_as_the_mix(rows: int, mix: Any, asked: int | None) -> None:
    account = Account(source="a", read=rows, rows=rows, tokens=20 * rows)
    pool = Manifest[PoolFacts](
        stage="deduplicate",
        subject="pool",
        key="k",
        path="p",
        files=(),
        rows=rows,
        tokens=20 * rows,
        accounts=(account,),
        facts=PoolFacts(),
    )
    size, share = trial_budget(pool, mix, asked, "rows")
    whole = rows if mix == "all" else mix
    assert 0 < share <= 1
    if size <= whole:
        assert size / (share * rows) == pytest.approx(whole / rows)


@given(st.integers(0, 200), st.floats(0.001, 1))
def test_what_trials_leave_out_is_the_rest_of_a_stated_share(
    tmp_path_factory: pytest.TempPathFactory, rows: int, share: float
) -> None:
    file = tmp_path_factory.mktemp("rows") / "a.parquet"
    pl.DataFrame({"x": np.arange(rows)}).write_parquet(file)
    gone = left_out({"a": RowFile(file, FIRST)}, share, 0)
    assert len(gone) == rows - int(np.ceil(share * rows))
    assert gone["row"].n_unique() == len(gone)

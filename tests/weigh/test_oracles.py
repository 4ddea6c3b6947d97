"""Hashed n-grams, importance, mixtures and averages against numbers that others have published or that are known
exactly."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from tasks.models.importance import PRIOR, gumbel_top, log_importance, log_ratio
from tasks.models.linear import LinearClassifier, log_softmax
from tasks.models.mixture import em_weights
from tasks.models.probes import features_of, fit, held_out_logits
from tasks.text.hashing import Grams, bucket_of, grams
from tasks.weigh.methods.adversarial import nearness, separation
from tasks.weigh.methods.dsir import mean_importance
from tasks.weigh.methods.merge_to_mix import merge_weights
from tasks.weigh.methods.mixmin import mixture_weights
from tasks.weigh.methods.mixture_em import explained


def documents(rng: np.random.Generator, chances: np.ndarray, rows: int, words: int) -> pl.Series:
    drawn = rng.choice(len(chances), size=(rows, words), p=chances)
    return pl.Series([" ".join(f"w{word}" for word in row) for row in drawn])


def overlapping(own: range, other: range) -> np.ndarray:
    """70 % of the words from one vocabulary, 30 % from the other."""
    chances = np.zeros(200)
    chances[own], chances[other] = 0.7 / len(own), 0.3 / len(other)
    return chances


FIRST, SECOND = overlapping(range(100), range(100, 200)), overlapping(range(100, 200), range(100))

# --- hashed n-grams


def test_buckets_are_those_of_dsirs_own_code() -> None:
    assert bucket_of("alice") == 6720
    assert bucket_of("alice went") == 114
    assert grams(pl.Series(["Alice went to the store"])).counts().sum() == 9


def test_ngrams_do_not_cross_texts_and_punctuation_runs_are_one_word() -> None:
    found = grams(pl.Series(["a b", "c", "", None, "b c !!!"]))
    assert found.lengths().tolist() == [3, 1, 0, 0, 5]
    assert found.counts()[bucket_of("b c")] == 1
    assert found.counts()[bucket_of("!!!")] == 1
    assert grams(pl.Series(["a b"]), pairs=False).lengths().tolist() == [2]


@given(texts=st.lists(st.text(max_size=30), max_size=5))
def test_counting_together_is_counting_one_by_one(texts: list[str]) -> None:
    together = grams(pl.Series(texts, dtype=pl.String))
    one_by_one = [grams(pl.Series([text])) for text in texts]
    assert together.lengths().tolist() == [found.lengths()[0] for found in one_by_one]
    assert (together.counts() == sum((found.counts() for found in one_by_one), np.zeros(10_000))).all()


# --- importance of rows


def test_a_pool_that_is_the_target_has_importance_0() -> None:
    found = grams(documents(np.random.default_rng(0), FIRST, 50, 20))
    assert np.abs(log_importance(found, log_ratio(found.counts(), found.counts()))).max() == 0


@pytest.mark.parametrize(
    ("vocabulary", "target_rows", "prior", "least"),
    [
        ("disjoint", 500, 0.0, 1.0),
        ("disjoint", 500, PRIOR, 1.0),
        ("overlapping", 5000, 0.0, 0.99),
        ("overlapping", 500, PRIOR, 0.95),
    ],
)
def test_selection_finds_the_targets_kind(vocabulary: str, target_rows: int, prior: float, least: float) -> None:
    rng = np.random.default_rng(0)
    one, two = (
        (FIRST, SECOND) if vocabulary == "overlapping" else (np.repeat([0.01, 0.0], 100), np.repeat([0.0, 0.01], 100))
    )
    pool = grams(pl.concat([documents(rng, one, 2000, 40), documents(rng, two, 8000, 40)]))
    target = grams(documents(rng, one, target_rows, 40))
    chosen = gumbel_top(log_importance(pool, log_ratio(target.counts(), pool.counts(), prior)), 1500, rng)
    assert len(set(chosen.tolist())) == 1500
    assert (chosen < 2000).mean() >= least


def test_gumbel_top_draws_by_the_softmax_of_the_scores() -> None:
    scores = np.log(np.array([0.5, 0.3, 0.2]))
    draws = [int(gumbel_top(scores, 1, np.random.default_rng(seed))[0]) for seed in range(4000)]
    assert np.bincount(draws) / 4000 == pytest.approx([0.5, 0.3, 0.2], abs=0.03)
    assert gumbel_top(scores, 3, np.random.default_rng(0)).tolist() == [0, 1, 2]
    assert gumbel_top(scores, 0, np.random.default_rng(0)).tolist() == []


def test_the_source_that_is_like_the_target_is_the_likest() -> None:
    rng = np.random.default_rng(1)
    texts = {"near": FIRST, "far": SECOND, "target": FIRST}
    found = mean_importance(
        {name: grams(documents(rng, chances, 300, 30)) for name, chances in texts.items()},
        dict.fromkeys(texts, 300.0),
        "target",
    )
    assert found["near"] > 1.2 * found["far"] > 0
    assert set(found) == {"near", "far"}


# --- mixtures by EM


def unigrams(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.full(50, 0.3), size=4)


@pytest.mark.parametrize(("rows", "words"), [(50, 5), (300, 5), (300, 60), (1000, 60)])
def test_em_ends_at_the_optimum_of_a_constrained_solver(rows: int, words: int) -> None:
    rng, models = np.random.default_rng(rows + words), unigrams(0)
    of = rng.choice(4, size=rows, p=(0.55, 0.3, 0.15, 0.0))
    counts = np.stack([rng.multinomial(words, models[source]) for source in of])
    logs = counts @ np.log(models + 1e-12).T

    def loss(weights: np.ndarray) -> float:
        shift = logs.max(1, keepdims=True)
        return float(-(np.log(np.exp(logs - shift) @ weights + 1e-300) + shift[:, 0]).mean())

    found = em_weights(logs)
    whole = {"type": "eq", "fun": lambda weights: weights.sum() - 1}
    best = minimize(
        loss,
        np.full(4, 0.25),
        method="SLSQP",
        bounds=[(0, 1)] * 4,
        constraints=whole,
        options={"maxiter": 1000, "ftol": 1e-14},
    )
    assert loss(found) <= loss(np.clip(best.x, 0, 1) / np.clip(best.x, 0, 1).sum()) + 1e-9
    assert found.sum() == pytest.approx(1)
    if words == 60:
        assert np.abs(found - np.bincount(of, minlength=4) / rows).sum() <= 0.02


def test_em_on_sources_that_never_share_a_word_gives_the_shares_of_the_texts() -> None:
    of = np.repeat([0, 1, 2], [6, 3, 1])
    assert em_weights(np.where(np.eye(3)[of] > 0, 0.0, -50.0)) == pytest.approx([0.6, 0.3, 0.1])


def test_a_planted_mixture_is_found_in_texts() -> None:
    rng = np.random.default_rng(3)
    models = rng.dirichlet(np.full(400, 0.1), size=3)
    sources = {
        name: grams(documents(rng, model, 400, 40), pairs=False) for name, model in zip("abc", models, strict=True)
    }
    target = pl.concat(
        [documents(rng, models[0], 180, 40), documents(rng, models[1], 90, 40), documents(rng, models[2], 30, 40)]
    )
    found = explained(sources, grams(target, pairs=False))
    assert sum(abs(found[name] - share) for name, share in zip("abc", (0.6, 0.3, 0.1), strict=True)) <= 0.02


# --- telling apart


def test_what_is_the_same_cannot_be_told_apart_and_what_differs_can() -> None:
    rng = np.random.default_rng(2)
    one, same, other = documents(rng, FIRST, 300, 15), documents(rng, FIRST, 300, 15), documents(rng, SECOND, 300, 15)
    assert separation(one, same, rng) == pytest.approx(0.5, abs=0.1)
    assert separation(one, other, rng) > 0.95
    assert [nearness(auc) for auc in (0.3, 0.5, 0.75, 1.0)] == [1.0, 1.0, 0.5, 0.0]
    assert separation(one.head(1), same, rng) == 1.0


# --- one model per source


def test_mixture_of_models_finds_the_one_that_is_right() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 400)
    right = np.where(np.eye(2)[labels] > 0, 2.0, -2.0)
    logits = np.stack([right, -right, rng.normal(size=(400, 2))])
    assert mixture_weights(logits, labels) == pytest.approx([1, 0, 0], abs=0.02)
    assert merge_weights(logits, labels)[0] > 0.9


def test_merge_weights_are_the_optimum_of_a_convex_loss() -> None:
    rng = np.random.default_rng(5)
    labels, logits = rng.integers(0, 3, 200), rng.normal(size=(4, 200, 3))

    def loss(weights: np.ndarray) -> float:
        return float(-log_softmax(np.tensordot(weights, logits, 1))[np.arange(200), labels].mean())

    found = merge_weights(logits, labels)
    assert found.sum() == pytest.approx(1)
    tried = rng.dirichlet(np.ones(4), size=3000)
    near = found + 0.01 * (tried - found)
    assert loss(found) <= min(map(loss, [*tried, *near])) + 1e-9


def test_for_linear_models_with_equal_curvature_the_average_is_the_joint_optimum() -> None:
    rng = np.random.default_rng(7)
    inputs, answers, weights = rng.normal(size=(60, 8)), rng.normal(size=(60, 3)), (0.5, 0.3, 0.2)
    inverse = np.linalg.inv(inputs.T @ inputs + 0.1 * np.eye(8)) @ inputs.T
    heads = [LinearClassifier((inverse @ answers[:, [at]]).T, np.zeros(1)) for at in range(3)]
    average = LinearClassifier(np.tensordot(weights, [head.coefficients for head in heads], 1), np.zeros(1))
    assert average.coefficients[0] == pytest.approx(inverse @ (answers @ np.array(weights)), abs=1e-14)
    assert average.logits(inputs) == pytest.approx(np.tensordot(weights, [head.logits(inputs) for head in heads], 1))


# --- probes


def test_a_probe_learns_two_and_three_labels_and_knows_of_those_it_never_saw() -> None:
    rng = np.random.default_rng(1)
    models = rng.dirichlet(np.full(100, 0.2), size=3)
    texts = pl.concat([documents(rng, model, 60, 15) for model in models])
    labels = np.repeat([0, 1, 2], 60)
    features = features_of(texts)
    assert np.sqrt(features.multiply(features).sum(1)) == pytest.approx(np.ones((180, 1)))
    assert (fit(features, labels, 3).logits(features).argmax(1) == labels).mean() > 0.95
    two = fit(features[:120], labels[:120], 3).logits(features[:120])
    assert (two.argmax(1) == labels[:120]).mean() > 0.95
    assert np.exp(log_softmax(two))[:, 2].max() < 0.01
    assert (fit(features[:60], labels[:60], 3).logits(features).argmax(1) == 0).all()
    assert (held_out_logits(features, labels, 3, rng).argmax(1) == labels).mean() > 0.9


def test_a_probe_is_the_same_every_time() -> None:
    texts = documents(np.random.default_rng(0), FIRST, 100, 10)
    labels = np.arange(100) % 2
    one, two = (fit(features_of(texts), labels, 2) for _ in range(2))
    assert (one.coefficients == two.coefficients).all()


def test_texts_without_a_word_have_empty_features() -> None:
    found: Any = features_of(pl.Series(["", "  ", "a"]))
    assert found.shape == (3, 2**14)
    assert (
        found.sum(1).A1.tolist() == [0.0, 0.0, 1.0]
        if hasattr(found.sum(1), "A1")
        else found.sum(1).tolist() == [0.0, 0.0, 1.0]
    )
    assert isinstance(grams(pl.Series([], dtype=pl.String)), Grams)

"""Weights that change while training: the published steps, and the order of the rows that follows from them."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.train.online import bandit, group_dro, odm
from tasks.train.steered import Steered, nearest_counts


def test_group_dro_takes_the_step_of_doremi() -> None:
    """Its scores are excess losses, none below 0: here 0.4, -0.1 and 0.05."""
    found = group_dro.step((0.5, 0.3, 0.2), (0.4, 0.0, 0.05), rate=1.0, smoothing=1e-4)
    assert found == pytest.approx((0.59377446, 0.23883128, 0.16739425), abs=1e-8)


def test_group_dro_finds_the_saddle_of_two_parabolas() -> None:
    """min over x, max over w of w1 x² + w2 ((x − 1)² + 0.5) lies at x = 0.75, w = (0.25, 0.75), with both losses
    0.5625."""
    x, weights, seen = 0.0, np.array([0.5, 0.5]), []
    for _ in range(20_000):
        losses = x**2, (x - 1) ** 2 + 0.5
        weights = group_dro.step(weights, losses, rate=0.01, smoothing=0.0)
        x -= 0.01 * float(weights[0] * 2 * x + weights[1] * 2 * (x - 1))
        seen.append((x, *weights))
    assert np.mean(seen[10_000:], axis=0) == pytest.approx((0.75, 0.25, 0.75), abs=2e-3)


def test_odm_under_constant_losses_tends_to_their_softmax() -> None:
    state = odm.begin([1 / 3] * 3, 10, odm.Params(), 0)
    for _ in range(10):
        state = odm.update(state, (3.0, 2.0, 1.0), 0.0, odm.Params())
    assert state.weights == pytest.approx((0.474695, 0.295596, 0.229709), abs=1e-6)


def test_odm_keeps_what_it_knows_of_a_source_that_was_not_drawn() -> None:
    state = odm.update(odm.begin([0.5, 0.5], 10, odm.Params(), 0), (1.0, 1.0), 0.0, odm.Params())
    after = odm.update(state, (1.0, math.nan), 0.0, odm.Params())
    assert after.smoothed[1] == state.smoothed[1]


def test_exp3_finds_the_best_of_three_arms_within_its_bound() -> None:
    rounds, chances, regrets, shares = 5_000, (0.9, 0.5, 0.1), [], []
    gamma = bandit.exploration(3, rounds, floor=0.0)
    for seed in range(5):
        rng, log, best, got = np.random.default_rng(seed), [0.0] * 3, 0, 0
        for _ in range(rounds):
            arm = int(rng.choice(3, p=bandit.probabilities(log, gamma)))
            won = int(rng.random() < chances[arm])
            log = bandit.reward(log, arm, won, gamma)
            best, got = best + (arm == 0), got + won
        shares.append(best / rounds)
        regrets.append(0.9 * rounds - got)
    assert min(shares) > 0.88
    assert np.mean(regrets) < 2.63 * math.sqrt(rounds * 3 * math.log(3))


def test_bandit_moves_to_the_source_after_which_the_target_loss_falls() -> None:
    params = bandit.Params(every=1)
    state = bandit.begin([0.25] * 4, 300, params, 0)
    for _ in range(300):
        state = bandit.update(state, [math.nan] * 4, 0.05 if state.arm == 2 else -0.01, params)
    assert np.argmax(state.mean) == 2
    assert state.mean[2] > 0.6


@given(
    losses=st.lists(st.floats(0, 20) | st.just(math.nan), min_size=1, max_size=6),
    falls=st.lists(st.floats(-5, 5), min_size=1, max_size=8),
    method=st.sampled_from([bandit, group_dro, odm]),
)
def test_weights_stay_shares_whatever_is_seen(losses: list[float], falls: list[float], method: object) -> None:
    params = method.Params()  # type: ignore[attr-defined]
    state = method.begin([1 / len(losses)] * len(losses), 10, params, 0)  # type: ignore[attr-defined]
    for fall in falls:
        state = method.update(state, losses, fall, params)  # type: ignore[attr-defined]
        assert sum(state.weights) == pytest.approx(1)
        assert min(state.weights) > 0


def steered(sizes: list[int], batch_size: int, batches: int, path: list[tuple[int, list[float]]]) -> Steered:
    starts = np.cumsum([0, *sizes])
    sampler = Steered([np.arange(one, other) for one, other in pairwise(starts)], batch_size, batches, seed=0)
    for start, weights in path:
        sampler.steer(start, weights)
    return sampler


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=6), st.integers(1, 32), st.integers(1, 20))
def test_batches_follow_the_weights_to_less_than_a_row_for_every_other_source(
    raw: list[float], batch_size: int, batches: int
) -> None:
    weights = [weight / sum(raw) for weight in raw]
    sampler = steered([7] * len(raw), batch_size, batches, [(0, weights)])
    rows = np.array(list(sampler))
    assert len(rows) == len(sampler) == batch_size * batches
    counts = np.bincount(rows // 7, minlength=len(raw))
    assert (counts == sampler.drawn(batches)).all()
    assert np.abs(counts - batch_size * batches * np.array(weights)).max() < max(1, len(raw) - 1) + 1e-6


def test_every_pass_over_a_source_has_each_of_its_rows_once() -> None:
    sampler = steered([10, 30], 10, 20, [(0, [0.5, 0.5])])  # five of the ten rows in every batch
    small = [row for row in sampler if row < 10]
    assert all(sorted(small[start : start + 10]) == list(range(10)) for start in range(0, len(small) - 9, 10))


def test_order_follows_from_the_path_alone() -> None:
    path = [(0, [0.5, 0.5]), (7, [0.9, 0.1])]
    whole = steered([40, 40], 4, 12, path)
    late = steered([40, 40], 4, 12, path[:1])
    seen: list[int] = []
    for number, row in enumerate(late):
        if number == 6 * 4:
            late.steer(*path[1])
        seen.append(row)
    assert seen == list(whole)


def test_epochs_go_on_where_the_one_before_ended() -> None:
    long, short = steered([40, 40], 4, 10, [(0, [0.7, 0.3])]), steered([40, 40], 4, 5, [(0, [0.7, 0.3])])
    first = list(short)
    short.set_epoch(1)
    assert [*first, *short] == list(long)


@given(st.lists(st.floats(-1, 9), min_size=1, max_size=8))
def test_counts_sum_to_what_is_asked(owed: list[float]) -> None:
    total = max(0, round(sum(owed)))
    counts = nearest_counts(np.array(owed), total)
    assert counts.sum() == total
    assert counts.min() >= 0

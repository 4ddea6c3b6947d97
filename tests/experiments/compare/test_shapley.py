"""Oracles and laws of Shapley values."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.experiments.compare.shapley import drawn_orders, exact, of_orders, order_error, values, whole_orders

games = st.integers(1, 6).flatmap(
    lambda players: st.lists(st.floats(-10, 10), min_size=2**players, max_size=2**players)
)


def glove(coalition: int) -> float:
    """Players 0 and 1 own a left glove, player 2 a right one; a pair is worth 1."""
    return float(bool(coalition & 0b011) and bool(coalition & 0b100))


def airport(coalition: int) -> float:
    """The runway is as long as the largest plane that uses it needs: 1, 2, 3."""
    return float(max((player + 1 for player in range(3) if coalition >> player & 1), default=0))


def additive(coalition: int) -> float:
    return float(sum(2**player for player in range(3) if coalition >> player & 1))


@pytest.mark.parametrize(
    ("game", "worth"), [(glove, (1 / 6, 1 / 6, 2 / 3)), (additive, (1, 2, 4)), (airport, (1 / 3, 5 / 6, 11 / 6))]
)
def test_known_games(game: object, worth: tuple[float, ...]) -> None:
    table = {coalition: game(coalition) for coalition in range(8)}  # type: ignore[operator]
    assert values(exact(3), table) == pytest.approx(worth, abs=1e-12)
    assert values(of_orders(list(permutations(range(3)))), table) == pytest.approx(worth, abs=1e-12)


@given(games)
def test_values_sum_to_what_all_add_to_nothing(game: list[float]) -> None:
    players = len(game).bit_length() - 1
    table = dict(enumerate(game))
    orders = drawn_orders(players, 6, np.random.default_rng(0))
    for coefficients in (exact(players), of_orders(orders)):
        assert values(coefficients, table).sum() == pytest.approx(game[-1] - game[0], abs=1e-12)


@given(st.integers(1, 5))
def test_all_orders_give_the_exact_coefficients(players: int) -> None:
    by_orders = of_orders(list(permutations(range(players))))
    for coalition, row in exact(players).items():
        assert by_orders[coalition] == pytest.approx(row, abs=1e-12)


@given(games, st.integers(0, 2))
def test_a_player_that_adds_nothing_is_worth_nothing(game: list[float], player: int) -> None:
    players = len(game).bit_length() - 1
    player %= players
    table = {coalition: game[coalition & ~(1 << player)] for coalition in range(len(game))}
    assert values(exact(players), table)[player] == pytest.approx(0, abs=1e-12)


def test_drawn_orders_come_near_the_exact_values_and_say_how_near() -> None:
    game = dict(enumerate(np.random.default_rng(3).normal(size=2**7)))
    orders = drawn_orders(7, 400, np.random.default_rng(0))
    error = np.sqrt(order_error(orders, game))
    assert np.abs(values(of_orders(orders), game) - values(exact(7), game)) == pytest.approx(
        np.zeros(7), abs=4 * error.max()
    )
    assert all(reverse == order[::-1] for order, reverse in zip(orders[::2], orders[1::2], strict=True))


def test_few_orders_are_all_taken_and_only_whole_ones_count() -> None:
    assert sorted(drawn_orders(3, 20, np.random.default_rng(0))) == sorted(permutations(range(3)))
    known = dict.fromkeys([0b000, 0b001, 0b011, 0b111])
    assert whole_orders(list(permutations(range(3))), known) == [(0, 1, 2)]
    assert sorted(drawn_orders(6, 720, np.random.default_rng(0))) == sorted(permutations(range(6)))

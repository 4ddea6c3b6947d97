"""Shapley values as sums over coalitions: φ = Σ_S c(S) v(S). A coalition is a whole number, bit i set where player i is
in it.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import permutations

import numpy as np

from tasks.text.hashing import Floats

Coefficients = dict[int, Floats]
"""Coalition -> what its worth counts for each player, shape (players,)."""
Orders = Sequence[Sequence[int]]


def exact(players: int) -> Coefficients:
    """Give the coefficients of φ_i = Σ_{S∌i} |S|! (K−|S|−1)! / K! · (v(S+i) − v(S)) (Shapley 1953); 2^K coalitions."""
    chance = [
        math.factorial(size) * math.factorial(players - size - 1) / math.factorial(players) for size in range(players)
    ]
    coefficients: Coefficients = {}
    for coalition in range(2**players):
        inside = np.array([coalition >> player & 1 for player in range(players)], bool)
        size = int(inside.sum())
        joined = chance[size - 1] if size else 0.0
        left = chance[size] if size < players else 0.0
        coefficients[coalition] = np.where(inside, joined, -left)
    return coefficients


def of_orders(orders: Orders) -> Coefficients:
    """Give the coefficients of the mean over orders of what each player adds to those before it; over all K! orders
    they are the exact ones.
    """
    players = len(orders[0])
    coefficients: Coefficients = {}
    for order in orders:
        before = 0
        for player in order:
            after = before | 1 << player
            for coalition, sign in ((after, 1.0), (before, -1.0)):
                coefficients.setdefault(coalition, np.zeros(players))[player] += sign / len(orders)
            before = after
    return coefficients


def drawn_orders(players: int, count: int, rng: np.random.Generator) -> list[tuple[int, ...]]:
    """Draw orders, each followed by its reverse, which halves the noise where worth falls with size; all orders,
    shuffled, where they are as few.
    """
    if players > 1 and math.factorial(players) <= count:
        halves = [order for order in permutations(range(players)) if order[0] < order[-1]]
        drawn = [halves[at] for at in rng.permutation(len(halves))]
    else:
        drawn = [tuple(map(int, rng.permutation(players))) for _ in range((count + 1) // 2)]
    return [each for order in drawn for each in (order, order[::-1])]


def whole_orders(orders: Orders, known: Mapping[int, object]) -> list[tuple[int, ...]]:
    """Give the orders of which every coalition on the way is known."""
    return [tuple(order) for order in orders if all(coalition in known for coalition in of_orders([order]))]


def values(coefficients: Coefficients, worth: Mapping[int, float]) -> Floats:
    """Give the players' values, shape (players,)."""
    return np.sum([row * worth[coalition] for coalition, row in coefficients.items()], axis=0)


def order_error(orders: Orders, worth: Mapping[int, float]) -> Floats:
    """Give the variance that drawing orders adds to the values, shape (players,): that of the mean over pairs of an
    order and its reverse.
    """
    pairs = [values(of_orders(orders[at : at + 2]), worth) for at in range(0, len(orders), 2)]
    return np.var(pairs, axis=0, ddof=1) / len(pairs) if len(pairs) > 1 else np.zeros(len(orders[0]))

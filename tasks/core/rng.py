"""Random numbers that depend on the recipe's seed and a name, and on nothing else."""

import hashlib

import numpy as np


def generator(seed: int, *names: str) -> np.random.Generator:
    """Give random numbers of their own to every name: the same ones for the same seed, in any order and process."""
    return np.random.default_rng(list(hashlib.sha256("\0".join((str(seed), *names)).encode()).digest()))

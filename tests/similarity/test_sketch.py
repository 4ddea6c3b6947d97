"""MinHash: texts agree in a signature as often as their Jaccard says, and bands find what the formula promises."""

import numpy as np
import pytest

from tasks.similarity.shingles import Shingles
from tasks.similarity.sketch import RECALL, Family, band_keys, banding, chance


def pairs_with(similarity: float, pairs: int, size: int = 100) -> Shingles:
    """Sets in pairs, of `size` shingles in all, `similarity * size` of them shared."""
    rng = np.random.default_rng(1)
    shared = round(similarity * size)
    own = (size - shared) // 2
    sets = []
    for _ in range(pairs):
        numbers = rng.integers(1 << 64, size=size, dtype=np.uint64)
        sets += [numbers[: shared + own], np.concatenate([numbers[:shared], numbers[shared + own :]])]
    return Shingles(np.concatenate(sets), np.array([len(numbers) for numbers in sets]))


@pytest.mark.parametrize("similarity", [0.2, 0.5, 0.8, 0.94])
def test_signatures_agree_with_the_probability_of_the_jaccard(similarity: float) -> None:
    single = Family.drawn(1.0, 128, 0)._replace(bands=128, height=1)
    keys = band_keys(pairs_with(similarity, 400), single)
    agreed = (keys[:, ::2] == keys[:, 1::2]).mean(axis=0)
    assert agreed.mean() == pytest.approx(similarity, abs=4 * np.sqrt(similarity * (1 - similarity) / 128 / 400))
    assert agreed.std() == pytest.approx(np.sqrt(similarity * (1 - similarity) / 128), rel=0.15)


@pytest.mark.parametrize(("similarity", "size"), [(0.5, 100), (0.8, 100), (0.8, 10), (0.7, 20)])
def test_bands_find_as_many_pairs_as_the_formula_says(similarity: float, size: int) -> None:
    family = Family.drawn(0.8, 128, 3)
    keys = band_keys(pairs_with(similarity, 2000, size), family)
    found = (keys[:, ::2] == keys[:, 1::2]).any(axis=0).mean()
    wanted = chance(similarity, family.bands, family.height)
    assert found == pytest.approx(wanted, abs=4 * np.sqrt(wanted * (1 - wanted) / 2000) + 1e-3)


def test_banding_of_the_usual_thresholds() -> None:
    """128 permutations; chance at .8: 21 x 6 .9983, 18 x 7 .9855 (worked by hand)."""
    assert banding(0.8, 128) == (21, 6)
    assert chance(0.8, 21, 6) == pytest.approx(0.99831, abs=1e-5)
    assert chance(0.8, 18, 7) == pytest.approx(0.98554, abs=1e-5)
    assert banding(1.0, 128) == (1, 128)


@pytest.mark.parametrize("permutations", [64, 128, 256])
@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.5, 0.7, 0.9, 0.95])
def test_banding_keeps_the_promised_recall(threshold: float, permutations: int) -> None:
    bands, height = banding(threshold, permutations)
    assert bands * height <= permutations
    assert chance(threshold, bands, height) >= RECALL


def test_a_text_without_shingles_has_no_key_and_moves_no_other() -> None:
    family = Family.drawn(0.8, 128, 0)
    hashes = np.arange(10, dtype=np.uint64) << np.uint64(33)
    with_gaps = band_keys(Shingles(hashes, np.array([0, 4, 0, 0, 6, 0])), family)
    assert (with_gaps[:, [0, 2, 3, 5]] == 0).all()
    assert (with_gaps[:, [1, 4]] == band_keys(Shingles(hashes, np.array([4, 6])), family)).all()
    assert (band_keys(Shingles(hashes[:0], np.array([0, 0])), family) == 0).all()


def test_another_seed_draws_other_functions_and_the_same_seed_the_same() -> None:
    one, same, other = (Family.drawn(0.8, 128, seed) for seed in (1, 1, 2))
    assert (one.factors == same.factors).all()
    assert (one.factors != other.factors).any()

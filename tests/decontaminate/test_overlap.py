"""Runs of words shared with protected texts: exactly those that a plain loop finds."""

import functools
import math
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.decontaminate import overlap
from tasks.decontaminate.overlap import find_overlaps
from tasks.rows.layout import FIRST, RowFile

texts = st.lists(st.lists(st.sampled_from(["a", "b", "c", "the", "Night,"]), max_size=9).map(" ".join), max_size=8)


@functools.cache
def runs(text: str, size: int) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + size]) for i in range(max(1, len(words) - size + 1))} if words else set()


def write(folder: Path, files: dict[str, list[str]]) -> dict[str, RowFile]:
    for name, rows in files.items():
        pl.DataFrame({"text": rows}, schema={"text": pl.String}).write_parquet(folder / f"{name}.parquet")
    return {name: RowFile(folder / f"{name}.parquet", FIRST) for name in files}


def plainly(
    train: dict[str, list[str]], against: dict[str, list[str]], size: int, share: float
) -> list[tuple[str, int, str, int]]:
    found = []
    for source, rows in train.items():
        for row, text in enumerate(rows):
            for other, protected in against.items():
                hits = []
                for number, theirs in enumerate(protected):
                    wanted = runs(theirs, size)
                    if wanted and len(wanted & runs(text, size)) >= max(1, math.ceil(share * len(wanted) - 1e-9)):
                        hits.append(number)
                found += [(source, row, other, hits[0])] if hits else []
    return found


@pytest.mark.parametrize("part", [1, 7, 1 << 24])
@settings(max_examples=40)
@given(
    a=texts, b=texts, first=texts, second=texts, size=st.integers(1, 4), share=st.sampled_from([0, 0.3, 0.5, 0.8, 1])
)
def test_what_a_plain_loop_finds(tmp_path_factory, part: int, a, b, first, second, size: int, share: float) -> None:
    train, against = {"a": a, "b": b}, {"x": first, "y": second}
    folder = tmp_path_factory.mktemp("overlap")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(overlap, "PART_NGRAMS", part)
        found = find_overlaps(write(folder, train), write(folder, against), size, share)
    assert found.rows() == plainly(train, against, size, share)


def test_the_same_of_thousands_of_longer_texts(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    words = np.array([f"word{n}" for n in range(500)])
    common = " ".join(words[:15])

    def made() -> str:
        said = " ".join(rng.choice(words, size=rng.integers(3, 60)))
        return f"{said} {common} {rng.choice(words)}" if rng.random() < 0.3 else said

    protected = [made() for _ in range(150)]
    rows = [made() for _ in range(1500)]
    for place in range(0, 1500, 20):
        said = protected[rng.integers(150)].split()
        rows[place] = " ".join([*rng.choice(words, size=9), *said[: int(rng.integers(1, len(said) + 1))], "end"])
    for share in (0.0, 0.5, 0.9):
        found = find_overlaps(write(tmp_path, {"train": rows}), write(tmp_path, {"bench": protected}), 13, share)
        assert found.rows() == plainly({"train": rows}, {"bench": protected}, 13, share)
    assert len(found) >= 5


def test_no_protected_text_touches_nothing(tmp_path: Path) -> None:
    train = write(tmp_path, {"a": ["one two three"]})
    assert find_overlaps(train, {}, 2, 0).is_empty()
    assert find_overlaps(train, write(tmp_path, {"x": [], "y": ["", "?!"]}), 2, 0).is_empty()
    assert find_overlaps({}, train, 2, 0).is_empty()

"""Rows to judge, features to judge them by, and what a judgement says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tasks.core.errors import RecipeError
from tasks.core.imports import importing

BATCH_ROWS = 8_192
FEATURES = 2**18
WORD = r"(?u)\b\w+\b"
EXAMPLES = 3
EXCERPT = 300
LOST = pl.Schema({"source": pl.String, "row": pl.Int64, "reason": pl.String})


@dataclass(frozen=True)
class Judged:
    """What a judge found.

    Attributes:
        dropped: `source`, `row` (number in the source's training file) and `reason`.
        told: figures about the judge.
        examples: a few of the rows dropped, each with source, row_id, text, label and why.
    """

    dropped: pl.DataFrame
    told: dict[str, Any]
    examples: list[dict[str, str]] = field(default_factory=list)


def chosen(train: Mapping[str, Path], wanted: Sequence[str], where: str) -> dict[str, Path]:
    """Give the files of the sources named.

    Raises:
        RecipeError: a source that the pool does not have.
    """
    strange = [name for name in wanted if name not in train]
    if strange:
        raise RecipeError(f"sift.{where}: there is no source {strange[0]!r}; there are {', '.join(train)}")
    return {name: path for name, path in train.items() if not wanted or name in wanted}


def batches(file: Path) -> Iterator[pl.DataFrame]:
    """Read texts and labels of a file, some thousand rows at a time."""
    with pq.ParquetFile(file) as rows:
        for batch in rows.iter_batches(BATCH_ROWS, columns=["row_id", "text", "label"]):
            yield pl.DataFrame(batch)


def sample(file: Path, most: int, rng: np.random.Generator) -> pl.DataFrame:
    """Draw rows of a file without replacement, in the file's order."""
    whole = pl.read_parquet(file, columns=["row_id", "text", "label"])
    return whole if whole.height <= most else whole[np.sort(rng.choice(whole.height, most, replace=False))]


def features(texts: pl.Series) -> Any:
    """Hash words and pairs of words to 2^18 columns, rows of length 1: a sparse matrix (texts, columns)."""
    with importing:
        from sklearn.feature_extraction.text import HashingVectorizer

    return HashingVectorizer(
        n_features=FEATURES, ngram_range=(1, 2), alternate_sign=False, token_pattern=WORD
    ).transform(texts.to_list())


def worst(scores: NDArray[np.float64], share: float) -> NDArray[np.int64]:
    """Give the places of the largest scores, at most `share` of them, worst first; ties by place."""
    most = int(share * len(scores))
    return np.argsort(-scores, kind="stable")[:most]


def lost(source: str, rows: NDArray[np.int64], reason: str) -> pl.DataFrame:
    """Say that rows of a source go."""
    return pl.DataFrame({"source": source, "row": rows, "reason": reason}, schema=LOST)


def examples(source: str, file: Path, rows: NDArray[np.int64], why: Sequence[str]) -> list[dict[str, str]]:
    """Show the first few of the rows that go."""
    few = rows[:EXAMPLES].tolist()
    table = (
        pl.scan_parquet(file)
        .select("row_id", "text", "label")
        .with_row_index("at")
        .filter(pl.col("at").is_in(few))
        .collect()
    )
    found = {row["at"]: row for row in table.to_dicts()}
    return [
        {
            "source": source,
            "row_id": found[at]["row_id"],
            "text": found[at]["text"][:EXCERPT],
            "label": found[at]["label"],
            "why": reason,
        }
        for at, reason in zip(few, why, strict=False)
    ]

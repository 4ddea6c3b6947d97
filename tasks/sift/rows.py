"""Rows to judge, features to judge them by, and what a judgement says."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tasks.core.errors import QualityGate, RecipeError
from tasks.core.imports import importing
from tasks.manifests.dropped import Figure
from tasks.rows.dropping import EXAMPLES, Removal, examples_of, spread
from tasks.rows.layout import RowFile
from tasks.text.words import spaced_words

BATCH_ROWS = 8_192
FEATURES = 2**18
JUDGED = pl.Schema({"source": pl.String, "row": pl.Int64, "reason": pl.String, "score": pl.Float64, "why": pl.String})


def chosen(train: Mapping[str, RowFile], wanted: Sequence[str], where: str) -> dict[str, RowFile]:
    """Give the files of the sources named, or of all; those without a row say nothing.

    Raises:
        RecipeError: a source that the pool does not have.
    """
    unknown = [name for name in wanted if name not in train]
    if unknown:
        raise RecipeError(f"sift.{where}: there is no source {unknown[0]!r}; there are {', '.join(train)}")
    return {name: path for name, path in train.items() if (not wanted or name in wanted) and path.rows}


def trusted(train: Mapping[str, RowFile], wanted: Sequence[str], where: str) -> dict[str, RowFile]:
    """Give the files of the sources that others are held against.

    Raises:
        RecipeError: a source that the pool does not have.
        QualityGate: none of them has a row left.
    """
    files = chosen(train, wanted, where)
    if not files:
        raise QualityGate(f"sift.{where}: no row is left of {', '.join(wanted)}, so there is nothing to learn from")
    return files


def sample(file: RowFile, most: int, rng: np.random.Generator) -> pl.DataFrame:
    """Draw rows of a file without replacement, in the file's order."""
    whole = file.scan().collect()
    return whole if whole.height <= most else whole[np.sort(rng.choice(whole.height, most, replace=False))]


def features(texts: pl.Series) -> Any:
    """Hash words and pairs of words to 2^18 columns, rows of length 1: a sparse matrix (texts, columns)."""
    with importing:
        from sklearn.feature_extraction.text import HashingVectorizer

    return HashingVectorizer(
        n_features=FEATURES,
        ngram_range=(1, 2),
        alternate_sign=False,
        lowercase=False,
        tokenizer=str.split,
        token_pattern=None,  # pyright: ignore[reportArgumentType]
    ).transform(spaced_words(texts).to_list())


def worst(scores: NDArray[np.float64], share: float) -> NDArray[np.int64]:
    """Give the places of the largest scores, at most `share` of them, worst first; ties by place."""
    most = int(share * len(scores))
    return np.argsort(-scores, kind="stable")[:most]


def judged_rows(
    source: str, rows: NDArray[np.int64], reason: str, scores: NDArray[np.float64], why: Sequence[str] = ()
) -> pl.DataFrame:
    """Say that rows of a source go, the worst first, each with its score and, where it says more, why."""
    columns = {"source": source, "row": rows, "reason": reason, "score": scores[rows]}
    return pl.DataFrame(columns | ({"why": list(why)} if why else {"why": ""}), schema=JUDGED)


def removal(
    kind: str,
    parts: Sequence[pl.DataFrame],
    train: Mapping[str, RowFile],
    score: str,
    figures: Mapping[str, Figure],
    by_source: Mapping[str, Mapping[str, Figure]] | None = None,
) -> Removal:
    """Give the rows that a judge drops, and what it says of them.

    Args:
        parts: `judged_rows` of each source.
        score: what their scores are.
    """
    each = -(-EXAMPLES // max(1, len(parts)))
    worst_rows = pl.concat([pl.DataFrame(schema=JUDGED), *(part.head(each) for part in parts)])
    rows = pl.concat([pl.DataFrame(schema=JUDGED), *parts])
    examples = examples_of(spread(worst_rows), train)
    return Removal.of(f"sift: {kind}", rows, figures=figures, by_source=by_source, score=score, examples=examples)

"""Which rows of the pool nearly repeat another one, or the hold-out: in its words, or in what it means."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from tasks.deduplicate.semantic import Halves, find_alike
from tasks.similarity.engine import find_near_duplicates
from tasks.similarity.examples import example_pairs
from tasks.similarity.reading import HOLDOUT, rows_of, texts_alone, told
from tasks.similarity.settings import NearSettings

EXAMPLES = 6
SHOWN = 300
BLOCK_ROWS = 65_536


class Vectors(NamedTuple):
    """Files with the vectors of a source's rows, and with the ids of these rows."""

    vectors: Path
    row_ids: Path


class Thinned(NamedTuple):
    """What goes out of the pool.

    Attributes:
        dropped: one line per row that goes: source, row, reason.
        facts: counts of the search, and `examples`: pairs of texts with their Jaccard.
    """

    dropped: pl.DataFrame
    facts: dict[str, Any]


def thin(
    train: Mapping[str, Path], holdout: Mapping[str, Path], settings: NearSettings, scratch: Path, seed: int
) -> Thinned:
    """Find the training rows that nearly repeat a hold-out row or a training row that comes before them.

    Args:
        train: source -> Parquet file, in the recipe's order, which decides who stays.
        holdout: source -> Parquet file; none of its rows is dropped.
        scratch: a folder for intermediate files.
    """
    files = {HOLDOUT + source: path for source, path in texts_alone(holdout).items()} | texts_alone(train)
    found = find_near_duplicates(
        files, settings, scratch, seed=seed, protected=[name for name in files if name.startswith(HOLDOUT)]
    )
    pairs = (
        [_shown(pair, "jaccard") for pair in example_pairs(found.dropped, files, EXAMPLES).to_dicts()]
        if len(found.dropped)
        else []
    )
    return Thinned(reasons(found.dropped, "near"), found.facts | {"examples": pairs})


def thin_by_meaning(
    train: Mapping[str, Path],
    holdout: Mapping[str, Path],
    vectors: Mapping[str, Vectors],
    threshold: float,
    scratch: Path,
    seed: int,
) -> Thinned:
    """Find the training rows that mean the same as a hold-out row or as a training row that comes before them.

    Args:
        train, holdout: as for `thin`.
        vectors: source -> vectors of all of its rows.
        threshold: least cosine.
        scratch: a folder for the vectors of the pool, 2 bytes a dimension and row.
    """
    train, holdout = texts_alone(train), texts_alone(holdout)
    files = {HOLDOUT + source: path for source, path in holdout.items()} | train
    ordered = _ordered(files, vectors, scratch / "vectors.npy")
    protected = int(rows_of(holdout).sum())
    found = find_alike(ordered, threshold, protected, seed)
    columns = [*told(files, found.dropped), *told(files, found.survivors), found.cosine]
    dropped = pl.DataFrame(
        dict(zip(("source", "row", "survivor_source", "survivor_row", "cosine"), columns, strict=True))
    )
    pairs = (
        [_shown(pair, "cosine") for pair in example_pairs(dropped, files, EXAMPLES, "cosine").to_dicts()]
        if len(dropped)
        else []
    )
    facts = {
        "rows": len(ordered),
        "dropped": len(dropped),
        "verified": found.verified,
        "exact": found.exact,
        "threshold": threshold,
    }
    return Thinned(reasons(dropped, "semantic"), facts | {"examples": pairs})


def _ordered(files: Mapping[str, Path], vectors: Mapping[str, Vectors], out: Path) -> Halves:
    """Put the vectors of the pool's rows one after the other, in the order of the files."""
    opened = {source: np.load(found.vectors, mmap_mode="r") for source, found in vectors.items()}
    ordered = np.lib.format.open_memmap(
        out, "w+", np.float16, (max(1, int(rows_of(files).sum())), next(iter(opened.values())).shape[1])
    )
    done = 0
    for name, path in files.items():
        source = name.removeprefix(HOLDOUT)
        numbered = pl.read_parquet(vectors[source].row_ids).with_row_index("place")
        places = pl.read_parquet(path, columns=["row_id"]).join(
            numbered, on="row_id", how="left", maintain_order="left"
        )["place"]
        for start in range(0, len(places), BLOCK_ROWS):
            block = places[start : start + BLOCK_ROWS].to_numpy()
            ordered[done : done + len(block)] = opened[source][block]
            done += len(block)
    return ordered[:done]


def reasons(dropped: pl.DataFrame, manner: str) -> pl.DataFrame:
    """Say of every dropped row whether it is a duplicate of a hold-out row (`<manner>_holdout`) or of another
    (`<manner>_duplicate`).
    """
    own = pl.col("survivor_source").str.starts_with(HOLDOUT)
    return dropped.with_columns(
        reason=pl.when(own).then(pl.lit(f"{manner}_holdout")).otherwise(pl.lit(f"{manner}_duplicate"))
    )


def _shown(pair: dict[str, Any], measure: str) -> dict[str, Any]:
    return {
        "source": pair["source"],
        "text": pair["text"][:SHOWN],
        "survivor_source": pair["survivor_source"].removeprefix(HOLDOUT),
        "survivor_text": pair["survivor_text"][:SHOWN],
        "in_holdout": pair["survivor_source"].startswith(HOLDOUT),
        measure: round(pair[measure], 3),
    }

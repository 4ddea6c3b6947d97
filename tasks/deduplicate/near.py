"""Which rows of the pool nearly repeat another one, or what is kept aside: in its words, or in what it means."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from tasks.deduplicate.semantic import Embeddings, find_semantic_duplicates
from tasks.rows.dropping import Removal, examples_of, spread
from tasks.rows.files import TRAIN, array_on_disk
from tasks.rows.layout import ROW_ID, RowFile
from tasks.rows.reading import Sides, kept_aside, locate, rows_of, texts_alone
from tasks.similarity.engine import find_near_duplicates
from tasks.similarity.settings import NearSettings

BLOCK_ROWS = 65_536


class Vectors(NamedTuple):
    """Files with the vectors of a source's rows, and with the ids of these rows."""

    vectors: Path
    row_ids: Path


def near_duplicates(sides: Sides, settings: NearSettings, scratch: Path, seed: int) -> Removal:
    """Find the training rows that nearly repeat a row kept aside, or a training row that comes before them.

    Args:
        sides: the order of the sources decides who stays.
        scratch: a folder for intermediate files.
    """
    aside = texts_alone(kept_aside(sides))
    files = aside | texts_alone(sides[TRAIN])
    duplicates = find_near_duplicates(files, settings, scratch, seed=seed, protected=list(aside))
    renamed = {"survivor_source": "other", "survivor_row": "other_row", "jaccard": "score"}
    rows = with_reasons(duplicates.dropped.rename(renamed), "near")
    figures = {
        "Jaccard at least": settings.threshold,
        "rows compared": duplicates.facts["rows"],
        "pairs verified": duplicates.facts["verified"],
        "rows that others repeat": duplicates.facts["clusters"],
        "rows left undecided": duplicates.facts["unsettled"],
        "MinHash bands": f"{duplicates.facts['bands']} of {duplicates.facts['height']} hashes",
    }
    examples = examples_of(spread(rows.sort("score", "source", "row")), files)
    return Removal.of("near-duplicates", rows, figures=figures, score="Jaccard", examples=examples)


def semantic_duplicates(
    sides: Sides, vectors: Mapping[str, Vectors], threshold: float, scratch: Path, seed: int
) -> Removal:
    """Find the training rows that mean the same as a row kept aside, or as a training row that comes before them.

    Args:
        sides: as for `near_duplicates`.
        vectors: source -> vectors of all of its rows.
        threshold: least cosine.
        scratch: a folder for the vectors of the pool, 2 bytes a dimension and row.
    """
    aside = texts_alone(kept_aside(sides))
    files = aside | texts_alone(sides[TRAIN])
    ordered = _ordered(files, vectors, scratch / "vectors.npy")
    duplicates = find_semantic_duplicates(ordered, threshold, int(rows_of(aside).sum()), seed)
    columns = [*locate(files, duplicates.dropped), *locate(files, duplicates.survivors), duplicates.cosine]
    names = ("source", "row", "other", "other_row", "score")
    rows = with_reasons(pl.DataFrame(dict(zip(names, columns, strict=True))), "semantic")
    figures = {
        "cosine at least": threshold,
        "rows compared": len(ordered),
        "pairs verified": duplicates.verified,
        "every pair compared": "yes" if duplicates.exact else "no",
    }
    examples = examples_of(spread(rows.sort("score", "source", "row")), files)
    return Removal.of("semantic-duplicates", rows, figures=figures, score="cosine", examples=examples)


def _ordered(files: Mapping[str, RowFile], vectors: Mapping[str, Vectors], out: Path) -> Embeddings:
    """Put the vectors of the pool's rows one after the other, in the order of the files."""
    opened = {source: np.load(of_source.vectors, mmap_mode="r") for source, of_source in vectors.items()}
    shape = max(1, int(rows_of(files).sum())), next(iter(opened.values())).shape[1]
    ordered = array_on_disk(out, np.float16, shape)
    done = 0
    for name, file in files.items():
        source = name.rpartition("/")[2]
        numbered = pl.read_parquet(vectors[source].row_ids).with_row_index("place")
        places = pl.read_parquet(file.path, columns=[ROW_ID]).join(
            numbered, on="row_id", how="left", maintain_order="left"
        )["place"]
        for start in range(0, len(places), BLOCK_ROWS):
            block = places[start : start + BLOCK_ROWS].to_numpy()
            ordered[done : done + len(block)] = opened[source][block]
            done += len(block)
    return ordered[:done]


def with_reasons(rows: pl.DataFrame, manner: str) -> pl.DataFrame:
    """Say of every row whether it repeats a row of a side that is kept aside (`<manner>_<side>`) or another one
    (`<manner>_duplicate`).
    """
    side = pl.col("other").str.extract(r"^(.+)/")
    return rows.with_columns(reason=pl.format("{}_{}", pl.lit(manner), side.fill_null("duplicate")))

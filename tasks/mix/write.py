"""Write the rows of a plan to Parquet shards: the same bytes for the same plan, in bounded memory."""

import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import polars as pl

from tasks.mix.plan import Plan
from tasks.mix.spill import Spill, schema_of
from tasks.rows.files import shard

WRITERS = 2
"""Shards put together at the same time; each is in memory."""
ROW_GROUP = 65_536


def shards(rows: int, shard_rows: int) -> list[str]:
    """Name the shards of a mix in order; shard i holds rows i · shard_rows and up."""
    return [shard(number) for number in range(-(-rows // shard_rows))]


def save(rows: pl.DataFrame, path: Path) -> None:
    """Write rows to Parquet."""
    rows.write_parquet(path, compression="zstd", compression_level=3, row_group_size=ROW_GROUP)


def write_shards(
    plan: Plan,
    files: Sequence[Path],
    shard_rows: int,
    wanted: Collection[int],
    scratch: Path,
    save: Callable[[pl.DataFrame, Path], None] = save,
) -> Iterator[tuple[int, Path]]:
    """Write shards of a mix.

    Args:
        files: Parquet of each source, in the order that the plan counts them in.
        shard_rows: rows in a shard; the last one may have fewer.
        wanted: which shards; those that an interrupted attempt has finished need not be written again.
        scratch: a folder for the shards and for one temporary file as large as they are uncompressed.
        save: writes the rows of a shard to a file.

    Yields:
        Number and path of each shard as it is finished, in order. Who asks for the next takes it from there.
    """
    if not wanted:
        return
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=scratch) as file, ThreadPoolExecutor(WRITERS) as pool:
        spill = Spill(file, schema_of(files[0]))
        _spill_all(plan, files, shard_rows, wanted, spill)

        def write(number: int) -> tuple[int, Path]:
            path = scratch / f"shard-{number:05d}.parquet"
            save(spill.shard(number), path)
            return number, path

        yield from pool.map(write, sorted(wanted))


def _spill_all(plan: Plan, files: Sequence[Path], shard_rows: int, wanted: Collection[int], spill: Spill) -> None:
    asked = np.zeros(-(-len(plan.row) // shard_rows), dtype=bool)
    asked[list(wanted)] = True
    for number, path in enumerate(files):
        places = np.flatnonzero(plan.source == number).astype(np.uint32)
        if not asked.all():
            places = places[asked[places // np.uint32(shard_rows)]]
        if len(places):
            spill.add_source(path, plan.row[places], places, shard_rows)
    spill.file.flush()

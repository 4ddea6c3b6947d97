"""Names of the files of a pool and of a mix, and how they are opened."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike

from tasks.manifests.manifest import Manifest

TRAIN, HOLDOUT, VALIDATION = "train", "holdout", "validation"
SIDES = (TRAIN, HOLDOUT, VALIDATION)
"""The side that is trained on, then those kept aside: to measure on, and to choose the checkpoint by."""


class Opens(Protocol):
    """A store, or what a stage sees of it."""

    def open(self, manifest: Manifest, name: str, /) -> Path:
        """Give a local path to a file of a product."""
        ...


def pool_file(side: str, source: str) -> str:
    """Name the file of one source's rows in the pool."""
    return f"{side}/{source}.parquet"


def labels_file(source: str) -> str:
    """Name the file of a pool that says what gave the rows of a source their labels, where the run labelled them."""
    return f"labels/{source}.parquet"


def shard(number: int) -> str:
    """Name a file of the mix to train on."""
    return f"data/{TRAIN}-{number:05d}.parquet"


def augmented_shard(number: int) -> str:
    """Name a file of rows that were made from the mix's own; it stands behind those of the mix."""
    return f"data/{TRAIN}-augmented-{number:05d}.parquet"


def is_augmented(name: str) -> bool:
    """Say whether a file of a mix holds rows that were made from its own."""
    return name.startswith(f"data/{TRAIN}-augmented-")


def mix_aside(side: str, source: str) -> str:
    """Name the file of the rows that a source keeps aside on one side, in the mix."""
    return f"data/{side}-{source}.parquet"


def side_glob(side: str) -> str:
    """Say where the files of a side lie in a mix."""
    return f"data/{side}-*.parquet"


def sides_of(made: Manifest[Any]) -> list[str]:
    """Say which sides a pool or a mix has, the one to train on first."""
    names = [file.name for file in made.files]
    return [side for side in SIDES if any(name.startswith((f"{side}/", f"data/{side}-")) for name in names)]


def of_side(names: Iterable[str], side: str) -> list[str]:
    """Find the files of a side among those of a mix, in order."""
    return sorted(name for name in names if name.startswith(f"data/{side}-") and name.endswith(".parquet"))


def open_pool(store: Opens, pool: Manifest[Any], side: str) -> dict[str, Path]:
    """Open the files of one side of the pool, by source."""
    return {account.source: store.open(pool, pool_file(side, account.source)) for account in pool.accounts}


def open_mix(store: Opens, mix: Manifest[Any], side: str) -> list[Path]:
    """Open the files of one side of the mix, in order."""
    return [store.open(mix, name) for name in of_side((file.name for file in mix.files), side)]


def array_on_disk(path: Path, dtype: DTypeLike, shape: tuple[int, ...]) -> np.memmap[Any, Any]:
    """Give a new array that lies in a file; its room is taken at once, since a write to memory that finds none later
    ends the process.

    Raises:
        OSError: there is not room enough.
    """
    array = np.lib.format.open_memmap(path, "w+", dtype, shape)
    with path.open("rb+") as file:
        os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return array

"""A dataset of the Hugging Face Hub, or a folder laid out like one.

A dataset of the Hub needs its `revision` (a commit), so that the same recipe means the same rows; code in a dataset is
never run.

Recipe:
    kind: hub
    hub: cornell-movie-review-data/rotten_tomatoes
    revision: aa13bc287fa6fcab6daf52f0dfb9994269ffea28
    split: train
    columns: {text: text, label: label}
    labels: {0: negative, 1: positive}
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import polars as pl
import pyarrow as pa

from tasks.core.access import reaching
from tasks.core.errors import QualityGate, RecipeError, Unreachable
from tasks.core.imports import importing
from tasks.core.unseen import unseen
from tasks.ingest.batch import LINE, Batch, Part
from tasks.ingest.columns import flattened
from tasks.ingest.settings import SourceSettings
from tasks.manifests.seen import SeenFile

BATCH_ROWS = 20_000
SCRIPT = "is a dataset script, and code in a dataset is never run; save its rows as Parquet, and name that folder"


class Params(SourceSettings):
    """Settings of a Hub source."""

    kind: Literal["hub"] = "hub"
    hub: str
    """Name on the Hub, or a folder relative to the recipe's."""
    config: str | None = None
    """Which of the dataset's configurations."""
    split: str = "train"
    """Which of its splits."""
    revision: str | None = None
    """Commit of the dataset; a folder needs none."""


def seen_of(params: Params, base: str) -> tuple[SeenFile, ...]:
    """Give the revision of a dataset of the Hub, or what the files of a folder hold."""
    folder = Path(base) / params.hub
    if not folder.is_dir():
        return (SeenFile(name=unseen(params.hub), bytes=0, tag=str(params.revision)),)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return tuple(_of_local(path, path.relative_to(folder).as_posix()) for path in files)


def _of_local(path: Path, name: str) -> SeenFile:
    with reaching(str(path)), path.open("rb") as file:
        return SeenFile(name=name, bytes=path.stat().st_size, tag=hashlib.file_digest(file, "sha256").hexdigest())


def part_of(params: Params, base: str, _seen: tuple[SeenFile, ...]) -> Part:
    """Give the dataset to be read; it is always read whole."""
    return Part(unseen(params.hub), lambda _: _batches(params, base), lambda *_: False)


def _batches(params: Params, base: str) -> Iterator[Batch]:
    """Load the dataset and read it in blocks of rows.

    Raises:
        RecipeError: no revision, no such configuration or split, or it is a script.
        QualityGate: a file that is broken.
        Unreachable: the Hub does not answer.
    """
    loaded = _load(params, base)
    start = 1
    for block in loaded.with_format("arrow").iter(batch_size=BATCH_ROWS):
        frame = flattened(pl.DataFrame(block))
        numbers = pl.int_range(start, start + frame.height, dtype=pl.Int64, eager=True).alias(LINE)
        yield Batch(params.split, frame.with_columns(numbers))
        start += frame.height


def _load(params: Params, base: str) -> Any:
    with importing:
        import datasets
        from datasets.exceptions import DatasetGenerationError

    folder = Path(base) / params.hub
    if not folder.is_dir() and not params.revision:
        raise RecipeError(
            f"hub {params.hub!r}: a dataset of the Hub needs `revision:`, the commit to read; there is no folder "
            "of that name either"
        )
    name = str(folder) if folder.is_dir() else params.hub
    if (script := folder.resolve() / f"{folder.resolve().name}.py").is_file():
        raise RecipeError(f"hub {params.hub!r}: {script.name} {SCRIPT}")
    datasets.disable_progress_bars()
    try:
        return datasets.load_dataset(
            name, params.config, split=params.split, revision=None if folder.is_dir() else params.revision
        )
    except RuntimeError as error:
        if "scripts are no longer supported" not in str(error):
            raise
        raise RecipeError(f"hub {params.hub!r}: {str(error).split()[-1]} {SCRIPT}") from None
    except (DatasetGenerationError, pa.ArrowInvalid) as error:
        why = str(error.__cause__ or error).strip().splitlines()[0]
        raise QualityGate(f"hub {params.hub!r}: a file of it cannot be read: {why}") from None
    except (ValueError, FileNotFoundError) as error:
        raise RecipeError(f"hub {params.hub!r}: {error}") from None
    except OSError as error:
        raise Unreachable(f"hub {params.hub!r}: the Hub does not answer: {error}", transient=True) from None

"""How the records of runs, comparisons and searches are found in a store and read.

Their ids begin with the UTC time of the start, so the newest is the last name of a listing.
"""

from collections.abc import Iterable
from typing import TypeVar

from tasks.core.errors import QualityGate
from tasks.core.records import Section
from tasks.store.storage import Store

R = TypeVar("R", bound=Section)
KINDS = {"runs": "run", "comparisons": "comparison", "searches": "search"}
"""Folder -> what has its records there."""


def meant(wanted: str, ids: Iterable[str]) -> list[str]:
    """Give the ids that a person may mean: the one itself, else those that begin so, or whose last six digits do."""
    ids = list(ids)
    begun = [one for one in ids if wanted and (one.startswith(wanted) or one.rpartition("-")[2].startswith(wanted))]
    return [wanted] if wanted in ids else begun


def record_paths(store: Store, file: str, name: str | None = None) -> list[str]:
    """Give the path of every record of a kind, newest first.

    Args:
        file: folder of the kind and name of the record's file, such as `runs/run.json`.
        name: of a recipe, where only its records are wanted.
    """
    root, _, last = file.partition("/")
    folder = f"{root}/{name}" if name else root
    paths = [f"{folder}/{path}" for path in store.list(folder) if path.endswith(f"/{last}")]
    return sorted((path for path in paths if path.count("/") == 3), key=id_in, reverse=True)


def id_in(path: str) -> str:
    """Give the id of the run, comparison or search whose record lies at `path`."""
    return path.split("/")[2]


def read_record(store: Store, path: str, kind: type[R]) -> R:
    """Read a record.

    Raises:
        QualityGate: the file is none of this kind.
    """
    try:
        return kind.model_validate(store.read_json(path))
    except (ValueError, QualityGate) as error:
        what, why = KINDS[path.partition("/")[0]], str(error).splitlines()[0]
        why = "damaged, no JSON" if isinstance(error, QualityGate) else why
        raise QualityGate(
            f"{store.where(path)}: no record of a {what} ({why}); remove its folder, or restore it"
        ) from None

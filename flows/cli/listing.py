"""What a store holds of earlier commands: runs, comparisons, searches and models; and one of them, looked up."""

from pathlib import Path
from typing import TypedDict

from pydantic import ConfigDict, JsonValue

from tasks.core.errors import RecipeError
from tasks.core.records import Section
from tasks.experiments.comparison import Comparison
from tasks.experiments.search_record import SearchRecord
from tasks.objectives.parts import all_measures
from tasks.store.found import id_in, meant, read_record, record_paths
from tasks.store.runs import RUN, RunRecord, find_run, list_records
from tasks.store.storage import Store, open_store

COMPARISON, SEARCH = "comparisons/comparison.json", "searches/search.json"
"""Folder and name of their records."""
Row = dict[str, str | float | bool | None]


class Verdict(Section):
    """What comparisons and searches say in short."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    started: str
    outcome: str
    sentence: str
    seconds: float


class Listed(TypedDict):
    """A few facts of each run, comparison, search and model in a store, newest first."""

    runs: list[Row]
    comparisons: list[Row]
    searches: list[Row]
    models: list[Row]


class RowsOfFile(TypedDict):
    """The first rows of a Parquet file."""

    file: str
    rows: list[dict[str, JsonValue]]


def list_store(store: str, name: str | None) -> Listed:
    """Say what a store holds, of all recipes or of one."""
    home = open_store(store)
    records = list_records(home, name)
    return {
        "runs": [_of_run(record) for record in records],
        "comparisons": _verdicts(home, COMPARISON, "comparison", name),
        "searches": _verdicts(home, SEARCH, "search", name),
        "models": _models(home, records),
    }


def _of_run(record: RunRecord) -> Row:
    return {
        "run": record.run,
        "name": record.name,
        "status": record.status,
        "started": record.started,
        "rows": record.mix.rows if record.mix else None,
        **_scores(record),
        "seconds": record.seconds,
    }


def _scores(record: RunRecord) -> Row:
    return {key: record.metrics.value(key) if record.metrics else None for key in all_measures()}


def _verdicts(home: Store, file: str, called: str, name: str | None) -> list[Row]:
    paths = record_paths(home, file, name)
    return [{called: id_in(path), **read_record(home, path, Verdict).model_dump()} for path in paths]


def _models(home: Store, records: list[RunRecord]) -> list[Row]:
    """Give every model with the newest run that published it."""
    published = {record.model.id: record for record in reversed(records) if record.model}
    there = {tuple(path.split("/")[:2]) for path in home.list("models")}
    return [
        {
            "model": model,
            "name": record.name,
            "run": record.run,
            **_scores(record),
            "in_store": (record.name, model) in there,
        }
        for model, record in reversed(published.items())
    ]


def show_record(store: str, wanted: str) -> RunRecord | Comparison | SearchRecord | RowsOfFile:
    """Give the record of a run, a comparison or a search, or the rows of a Parquet file."""
    if wanted.endswith(".parquet"):
        return {"file": wanted, "rows": _rows_of(store, wanted)}
    home = open_store(store)
    kinds = {RUN: RunRecord, COMPARISON: Comparison, SEARCH: SearchRecord}
    paths = {id_in(path): (path, kind) for file, kind in kinds.items() for path in record_paths(home, file)}
    found = meant(wanted, paths)
    return read_record(home, *paths[found[0]]) if len(found) == 1 else find_run(home, wanted)


def _rows_of(store: str, file: str) -> list[dict[str, JsonValue]]:
    import polars

    from tasks.rows.media import without_media_bytes

    home = open_store(store)
    path = file.removeprefix(f"{home.uri}/")
    local = Path(path) if Path(path).is_file() else home.local_copy(path)
    try:
        rows = polars.read_parquet(local, n_rows=200, glob=False)
        return [without_media_bytes(row) for row in rows.iter_rows(named=True)]
    except (OSError, polars.exceptions.PolarsError) as error:
        raise RecipeError(f"{file}: cannot be read as Parquet: {error}") from None
